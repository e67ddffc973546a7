"""Means of a month from its samples and station days, and of longer periods from their months. 均值与合并。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache

from qingce.core.absence import Absent, lowest
from qingce.core.periods import Period
from qingce.core.tables import SCALE
from qingce.evaluate.water.classes import Verdict, judge
from qingce.evaluate.water.input import Place, Reading
from qingce.evaluate.water.rules import Lawbook, WaterRules

__all__ = [
    "AUTOMATIC",
    "Assessed",
    "MANUAL",
    "Mean",
    "assess_months",
    "assess_period",
    "assess_samples",
    "months_needed",
]

AUTOMATIC, MANUAL = "automatic", "manual"


@dataclass(frozen=True, slots=True)
class Mean:
    """An exact mean [inside unit] of `n` samples, station days or months, and from which of them it came."""

    value: Fraction
    n: int
    how: str
    review: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """One section in one period, or at one time, judged."""

    place: Place
    period: Period
    verdict: Verdict
    means: Mapping[str, Mean]
    absent: str
    review: str
    rules: WaterRules
    limits: str
    months: int = 0
    needed: int = 0
    time: datetime | None = None


@dataclass(slots=True)
class _Pot:
    """The readings of one parameter in one section-month."""

    days: dict[date, list[Reading]] = field(default_factory=dict)
    samples: list[Reading] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, reading: Reading) -> None:
        if reading.micro is None:
            self.reasons.append(reading.reason)
        elif reading.automatic:
            self.days.setdefault(reading.time.date(), []).append(reading)
        else:
            self.samples.append(reading)


def assess_months(readings: Iterable[Reading], places: Mapping[str, Place], lawbook: Lawbook) -> Iterator[Assessed]:
    """Judge each section in each month, in order; a registered section without data is absent with the reason.

    A value of a station stands before a manual one: the mean of its days, each the mean of its values.

    References
    ----------
    [HBJCH2020-82]_; [HBJCH2020-714]_; [HB2011-22]_ (mean of the month's samples).
    """
    pots: dict[tuple[str, Period], dict[str, _Pot]] = {}
    for reading in readings:
        pots.setdefault((reading.section, _month_of(reading.time.year, reading.time.month)), {}).setdefault(
            reading.parameter, _Pot()
        ).add(reading)
    months = sorted({month for _, month in pots})
    for section, place in sorted(places.items()):
        for month in _all_months(months):
            found = pots.get((section, month))
            if found is not None or (place.first <= month.end and place.last >= month.start):
                yield _assess_month(found or {}, place, month=month, lawbook=lawbook)


def assess_samples(readings: Iterable[Reading], places: Mapping[str, Place], lawbook: Lawbook) -> Iterator[Assessed]:
    """Judge each section at each time that has a reading, by the readings of that time alone."""
    times: dict[tuple[str, datetime], dict[str, _Pot]] = {}
    for reading in readings:
        times.setdefault((reading.section, reading.time), {}).setdefault(reading.parameter, _Pot()).add(reading)
    for (section, time), pots in sorted(times.items(), key=lambda item: item[0]):
        day = Period(time.date(), time.date())
        rules = lawbook.on(day.end)
        means = {name: mean for name, pot in pots.items() if (mean := _mean(pot, rules, needed=(1, 1))) is not None}
        yield _judged(places[section], day, means, lawbook=lawbook, absent=_reason(pots.values()), time=time)


def assess_period(months: Sequence[Assessed], period: Period, lawbook: Lawbook, *, as_of: date) -> Assessed:
    """Judge one section over a period by the mean of its monthly means, never by averaging classes.

    A period that is over on `as_of` and has too few months is absent; one that is not over is told to date.

    References
    ----------
    [HB2011-22]_ (yearly and cumulative assessment).
    """
    inside = [month for month in months if month.period.end in period]
    means = {}
    for name in dict.fromkeys(name for month in inside for name in month.means):
        parts = [month.means[name] for month in inside if name in month.means]
        review = lowest(part.review for part in parts if part.review)
        means[name] = Mean(sum((p.value for p in parts), Fraction(0)) / len(parts), len(parts), "", review or "")
    valid = [month for month in inside if month.verdict.grade is not None]
    needed = months_needed(inside, period, lawbook.on(period.end))
    absent = _first(month.absent for month in inside if month.absent)
    if valid and len(valid) < needed and period.end <= as_of and period.kind != "window":
        absent, means = Absent.TOO_FEW.value, {}
    return _judged(months[0].place, period, means, lawbook=lawbook, absent=absent, months=(len(valid), needed))


def months_needed(inside: Sequence[Assessed], period: Period, rules: WaterRules) -> int:
    """Return how many months a period asks for; fewer in a year where the others could not be sampled."""
    whole = _whole_months(period)
    if period.kind == "year":
        sampled = [month for month in inside if month.absent != Absent.NOT_MONITORED.value]
        frozen = len(inside) == whole and len(sampled) < rules.year_months
        return rules.frozen_months if frozen else rules.year_months
    return rules.quarter_months if period.kind == "quarter" else whole


def _assess_month(pots: Mapping[str, _Pot], place: Place, *, month: Period, lawbook: Lawbook) -> Assessed:
    rules = lawbook.on(month.end)
    needed = rules.days_needed, rules.samples_needed
    found = {name: _mean(pot, rules, needed=needed) for name, pot in pots.items()}
    means = {name: found[name] for name in rules.items if found.get(name) is not None}
    short = any(pot.days or pot.samples for pot in pots.values())
    reason = Absent.TOO_FEW.value if short else _reason(pots.values())
    return _judged(place, month, {name: mean for name, mean in means.items() if mean}, lawbook=lawbook, absent=reason)


def _mean(pot: _Pot, rules: WaterRules, *, needed: tuple[int, int]) -> Mean | None:
    """Return the mean of one parameter, by the source that the method prefers and the other if that has too little."""
    days = [_average(readings) for readings in pot.days.values()]
    station = (days, AUTOMATIC, [reading for day in pot.days.values() for reading in day], needed[0])
    manual = ([r.micro for r in pot.samples if r.micro is not None], MANUAL, pot.samples, needed[1])
    for values, how, readings, least in (station, manual) if rules.automatic_first else (manual, station):
        if values and len(values) >= least:
            review = lowest({reading.review for reading in readings if reading.review})
            return Mean(Fraction(sum(values)) / (len(values) * SCALE), len(values), how, review or "")
    return None


def _judged(
    place: Place,
    period: Period,
    means: Mapping[str, Mean],
    *,
    lawbook: Lawbook,
    absent: str,
    time: datetime | None = None,
    months: tuple[int, int] = (0, 0),
) -> Assessed:
    rules = lawbook.on(period.end)
    limits = lawbook.limits(period.end, rules.kinds.get(place.kind, rules.kinds[""]))
    verdict = judge({name: mean.value for name, mean in means.items()}, rules, limits)
    reviews = [means[name].review for name in verdict.grades if means[name].review]
    reason = "" if verdict.grade is not None else absent or Absent.NOT_REPORTED.value
    editions = dict.fromkeys(limit.edition for limit in next(iter(limits.values()), ()))
    return Assessed(
        place, period, verdict, means, reason, lowest(reviews) or "", rules, "+".join(editions), *months, time
    )  # fmt: skip


def _average(readings: Sequence[Reading]) -> Fraction:
    """Return the mean of a day [millionths]."""
    values = [reading.micro for reading in readings if reading.micro is not None]
    return Fraction(sum(values)) / len(values)


def _reason(pots: Iterable[_Pot]) -> str:
    return _first(reason for pot in pots for reason in pot.reasons)


def _first(words: Iterable[str]) -> str:
    """Return the most frequent word, of equals the one in the order of `Absent`; empty for none."""
    given = list(words)
    order = [reason.value for reason in Absent]
    return min(set(given), key=lambda word: (-given.count(word), order.index(word)), default="")


def _all_months(months: Sequence[Period]) -> Iterator[Period]:
    """Yield every month from the first to the last."""
    if months:
        day = months[0].start
        while day <= months[-1].start:
            month = Period.month(day.year, day.month)
            yield month
            day = month.end + timedelta(1)


@cache
def _month_of(year: int, month: int) -> Period:
    return Period.month(year, month)


def _whole_months(period: Period) -> int:
    """Return how many months end in the period."""
    first = Period.month(period.start.year, period.start.month)
    return sum(month.end in period for month in _all_months([first, Period.month(period.end.year, period.end.month)]))
