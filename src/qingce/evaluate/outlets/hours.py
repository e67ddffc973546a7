"""Hours of an outlet from its minutes, and days from its hours, as the specifications ask. 污染源时均与日均。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from qingce.catalog.standards import is_met
from qingce.core.absence import Absent, lowest
from qingce.core.grouping import grouped
from qingce.core.records import Limit
from qingce.evaluate.outlets.rules import Kind, OutletBook, OutletRules, told_as
from qingce.evaluate.readings import Point, Reading, commonest, review_of

__all__ = ["Figure", "OutletDay", "days_of", "hours_of", "verdict_of"]

_MINUTES, _DAY, _CAP = ("PT1M", "PT10M"), "P1D", "le"


@dataclass(frozen=True, slots=True)
class Figure:
    """One mean [inside unit], as measured and at the reference oxygen, from `n` values; or why it is not there."""

    value: Fraction | None
    converted: Fraction | None
    n: int
    absent: str
    review: str | None
    how: str = ""
    volume: Fraction | None = None


@dataclass(slots=True)
class OutletDay:
    """One outlet on one day: the hours of every parameter, and the means of the day."""

    point: Point
    kind: Kind
    day: date
    rules: OutletRules
    hours: dict[str, dict[datetime, Figure]] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)


def days_of(readings: Sequence[Reading], points: Mapping[str, Point], book: OutletBook) -> Iterator[OutletDay]:
    """Yield every outlet and day that has a reading, with its hours and its means."""
    groups = grouped(readings, lambda reading: (reading.site, reading.time.date()))
    for (site, day), found in sorted(groups.items(), key=lambda item: item[0]):
        kind = book.kinds[points[site].category]
        rules = book.on(kind.family, day)
        one = OutletDay(points[site], kind, day, rules, hours=hours_of(found, kind, rules))
        for name in dict.fromkeys(reading.parameter for reading in found if reading.parameter in rules.judged):
            whole = [r for r in found if r.parameter == name and r.span == _DAY]
            one.figures[name] = _as_given(whole) if whole else _mean_of_day(one, name)
        yield one


def hours_of(readings: Sequence[Reading], kind: Kind, rules: OutletRules) -> dict[str, dict[datetime, Figure]]:
    """Return each parameter's hours: as reported, else from at least so many valid minutes.

    References
    ----------
    [HJ75-2017]_ (HJ 212-2017 annex D.2, formulas 23 and 24).
    """
    pots: dict[tuple[str, datetime], list[Reading]] = {}
    for one in readings:
        if one.span != _DAY:
            pots.setdefault((one.parameter, one.time.replace(minute=0, second=0)), []).append(one)
    plain: dict[str, dict[datetime, Figure]] = {}
    for (name, hour), found in sorted(pots.items(), key=lambda item: (item[0][1], item[0][0])):
        whole = [one for one in found if one.span not in _MINUTES]
        plain.setdefault(name, {})[hour] = _as_given(whole) if whole else _mean_of_hour(found, name, rules=rules)
    oxygen = plain.get(rules.oxygen, {})
    for name in set(rules.judged) & set(plain):
        for hour, figure in plain[name].items():
            plain[name][hour] = _at_reference(figure, oxygen.get(hour), kind, rules=rules)
    return plain


def _as_given(readings: Sequence[Reading]) -> Figure:
    there = [one.value for one in readings if one.value is not None]
    value = there[0] if there else None
    return Figure(value, value, len(there), "" if there else commonest(readings), review_of(readings))


def _mean_of_hour(readings: Sequence[Reading], name: str, *, rules: OutletRules) -> Figure:
    values = [one.value for one in readings if one.value is not None]
    if len(values) < rules.minutes:
        reason = Absent.TOO_FEW.value if values else commonest(readings)
        return Figure(None, None, len(values), reason, None)
    total = sum(values, Fraction(0))
    mean = total if rules.hour_weighted and name == rules.flow else total / len(values)
    return Figure(mean, mean, len(values), "", review_of(readings))


def _at_reference(figure: Figure, oxygen: Figure | None, kind: Kind, *, rules: OutletRules) -> Figure:
    if figure.value is None or not rules.converts or kind.oxygen is None:
        return figure
    converted = rules.converted(figure.value, oxygen.value if oxygen else None, kind.oxygen)
    return Figure(figure.value, converted, figure.n, figure.absent, figure.review, figure.how)


def _mean_of_day(day: OutletDay, name: str) -> Figure:
    """Return the mean of a day: of at least so many hours, weighted by flow where the method asks and flow is there.

    References
    ----------
    [HJ75-2017]_ (HJ 212-2017 annex D.2, formula 25); [HJ356-2019]_ (annex D.1).
    """
    rules, hours = day.rules, day.hours.get(name, {})
    there = {hour: one for hour, one in hours.items() if one.value is not None}
    flows = {hour: one.value for hour, one in day.hours.get(rules.flow, {}).items() if one.value is not None}
    volume = sum(flows.values(), Fraction(0)) if flows else None
    if len(there) < rules.hours:
        reason = Absent.TOO_FEW.value if there else _first_reason(hours)
        return Figure(None, None, len(there), reason, None, "", volume)
    value, how = _weighted(there, flows, rules=rules, name=name)
    known = [one.converted for one in there.values() if one.converted is not None]
    converted = sum(known, Fraction(0)) / len(known) if len(known) >= rules.hours else None
    review = lowest(one.review for one in there.values() if one.review)
    if not rules.converts or day.kind.oxygen is None:
        converted = value
    return Figure(value, converted, len(there), "", review, how, volume)


def _weighted(
    there: Mapping[datetime, Figure], flows: Mapping[datetime, Fraction], *, rules: OutletRules, name: str
) -> tuple[Fraction, str]:
    values = {hour: one.value for hour, one in there.items() if one.value is not None}
    if name in rules.median:
        ordered = sorted(values.values())
        middle = len(ordered) // 2
        return (ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2), "median"
    if rules.weighted and all(hour in flows for hour in values):
        total = sum((flows[hour] for hour in values), Fraction(0))
        if total:
            return sum((value * flows[hour] for hour, value in values.items()), Fraction(0)) / total, "flow_weighted"
    return sum(values.values(), Fraction(0)) / len(values), "mean"


def _first_reason(hours: Mapping[datetime, Figure]) -> str:
    return next((one.absent for one in hours.values() if one.absent), Absent.NOT_REPORTED.value)


def verdict_of(
    value: Fraction | None, name: str, day: OutletDay, *, book: OutletBook
) -> tuple[Limit | None, bool | None, Fraction | None]:
    """Return the limit of a parameter, whether the value keeps it and how many times it exceeds; None where unknown.

    Where the limit depends on the water's temperature and that is not known, the verdict stands only if both agree.
    """
    site = day.point.site
    limit = book.limit(name, day.kind.kind, site=site, day=day.day)
    cold = book.limit(name, day.kind.kind, site=site, day=day.day, place="cold")
    companion, bound = day.rules.cold
    if limit is None or value is None:
        return limit, None, None
    if cold is not None and cold is not limit:
        warmth = [one.value for one in day.hours.get(companion, {}).values() if one.value is not None]
        if warmth:
            limit = cold if sum(warmth, Fraction(0)) / len(warmth) <= bound else limit
        elif _kept(limit, value) != _kept(cold, value):
            return None, None, None
    met = _kept(limit, value)
    over = value / Fraction(limit.value) - 1
    return limit, met, None if met or limit.bound != _CAP else over


def _kept(limit: Limit, value: Fraction) -> bool:
    return is_met(limit, told_as(limit, value) if limit.bound == _CAP else value)
