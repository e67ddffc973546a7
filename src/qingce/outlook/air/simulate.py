"""The official statistic of each simulated future: whole numbers, by the rules and rounding of `evaluate`. 统计量模拟。

What has happened is exact and fixed; a simulated value is a whole number of 1 / `RESOLUTION` of the unit. Everything
after that is integer arithmetic, so that a verdict at a limit falls as the official one would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import lcm

import numpy as np

from qingce.catalog.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import half_even_ratio
from qingce.evaluate.air.indicator_days import SubjectDays, index_by_day
from qingce.evaluate.air.indicators import VERBS as VALUES
from qingce.evaluate.air.indicators import Asked, ask
from qingce.evaluate.air.input import day_number
from qingce.evaluate.air.rules import AQI, LIMITS, AqiItem, AqiRules, Span, Term, aqi_rules, edition_of, spans
from qingce.evaluate.kernels.exact import Ints, product
from qingce.outlook.given import INDEX
from qingce.outlook.members import RESOLUTION, Members, mid_quantiles, most_of, quantiles
from qingce.outlook.models.past import Longs, month_of
from qingce.outlook.verdict import bound_of

__all__ = [
    "AirCase",
    "COUNTED",
    "Drawn",
    "SORTED",
    "STATISTICS",
    "air_case",
    "ends_of",
    "quantities_of",
    "running",
    "statistic",
]

_ROOM = 2**62
_SCALE_ROOM = 10**11  # a common denominator beyond this is not worth the overflow: values are then told to 1e-6
_MICRO = 10**6
_OPEN = -1  # a coming day of which nothing is given
_COUNTED = ("day_share", "day_share_above", "day_count")

Drawn = Mapping[str, Ints]
"""Quantity → whole numbers of 1 / `RESOLUTION` of its unit, [member, day]."""


@dataclass(frozen=True, slots=True)
class AirCase:
    """An indicator over a period, seen on a day: the question put to `evaluate`, and the days still to come.

    `months` are those (since 1970-01) of the valid days so far, one a day; `fixed` is the statistic of these alone.
    `given` holds what a what-if sets on coming days, -1 where nothing: whole numbers of 1 / `RESOLUTION`, of the index
    whole numbers.
    """

    asked: Asked
    ahead: Longs
    items: tuple[tuple[slice, tuple[AqiItem, ...]], ...]
    months: Longs
    fixed: Fraction | None
    decimals: int
    given: Mapping[str, Longs] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many days so far are valid."""
        return int(self.months.size)

    @property
    def verb(self) -> str:
        """The declared statistic."""
        return self.asked.text("verb")


def air_case(
    indicator: Indicator,
    subject: SubjectDays,
    *,
    period: Period,
    as_of: int,
    catalog: Catalog,
    edition: str = "auto",
    upto: int = 0,
    given: Mapping[str, Mapping[date, Fraction]] | None = None,
) -> AirCase:
    """Put the days so far of one subject and the days still to come together.

    `as_of` is the last known day [days since 1970]; `upto` keeps that many coming days only (0: all). `given` is what
    a what-if sets, by quantity: coming days, of the index also days that are over. Raises QC255.
    """
    first, last = _numbers(period)
    known = _rows(subject, first, min(as_of, last))
    asked = ask(indicator, known, period=period, as_of=_day(as_of), catalog=catalog, edition=edition)
    verb = asked.text("verb")
    if verb not in STATISTICS:
        raise complain("QC255", words={"indicator": indicator.id, "verb": verb})
    ahead = np.arange(max(as_of + 1, first), last + 1)
    ahead = ahead[:upto] if upto else ahead
    found = []
    if ahead.size and "quantity" in indicator.statistic:
        days = _day(int(ahead[0])), _day(int(ahead[-1]))
        found = spans(catalog, AQI, days=days, edition=edition, read=aqi_rules)
    items = tuple((_columns(span, ahead), _told_by(subject, span.rules.day)) for span in found)
    outcome = VALUES[verb](asked)
    fixed, months = outcome.exact, asked.days.months[outcome.used]
    told = {day_number(day): value for day, value in (given or {}).get(INDEX, {}).items()}
    over = {day: _up(value) for day, value in told.items() if first <= day <= min(as_of, last)}
    if over and verb in _COUNTED:
        fixed, months = _recounted(asked, outcome.used, over)
    ways = {name: _laid(values, ahead, index=name == INDEX) for name, values in (given or {}).items()}
    return AirCase(asked, ahead, items, months, fixed, outcome.decimals, ways)


def _told_by(subject: SubjectDays, items: Sequence[AqiItem]) -> tuple[AqiItem, ...]:
    """Leave out the items that the subject never reports and whose absence another of its items waives."""
    reported = {name for name, cell in subject.cells.items() if cell.values.ok.any()}
    return tuple(item for item in items if item.quantity in reported or item.waived_by not in reported)


def _recounted(asked: Asked, used: np.ndarray, given: Mapping[int, int]) -> tuple[Fraction, Longs]:
    """Return the figure of an indicator that counts days, and its days' months, with some days' indices given."""
    index = index_by_day(asked.days, catalog=asked.catalog, edition=asked.edition)
    pairs = zip(asked.days.days[used].tolist(), index.best[used].tolist(), strict=True)
    known = dict(sorted((dict(pairs) | dict(given)).items()))
    good = "at_most" in asked.indicator.statistic
    level = asked.index("at_most" if good else "above")
    hits = sum((best <= level) == good for best in known.values())
    share = Fraction(hits) if asked.text("verb") == "day_count" else Fraction(100 * hits, len(known))
    return share, month_of(np.array(list(known), np.int64))


def _laid(values: Mapping[date, Fraction], ahead: Longs, *, index: bool) -> Longs:
    """Lay what is given over the coming days."""
    whole = {day_number(day): _up(value) if index else _floor(value * RESOLUTION) for day, value in values.items()}
    return np.array([whole.get(int(day), _OPEN) for day in ahead], np.int64)


def _up(value: Fraction) -> int:
    """Return the whole index that is beyond the same levels: an index is compared with whole numbers."""
    return -(-value.numerator // value.denominator)


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def quantities_of(case: AirCase) -> tuple[str, ...]:
    """Name the quantities whose coming days the statistic needs."""
    if case.verb == "composite":
        return tuple(dict.fromkeys(term.parameter for term in _terms(case.asked)))
    if case.verb in ("mean", "percentile"):
        return (case.asked.text("parameter"),)
    return tuple(dict.fromkeys(item.quantity for _, items in case.items for item in items))


def statistic(case: AirCase, drawn: Drawn, *, days: int | None = None) -> Members:
    """Return every member's exact statistic over the days so far and the first `days` coming ones (all if None)."""
    kept = {name: values[:, :days] for name, values in _with_given(case, drawn).items()}
    return STATISTICS[case.verb](case, kept)


def _with_given(case: AirCase, drawn: Drawn) -> Drawn:
    """Put what is given in the place of what was drawn."""
    if not case.given:
        return drawn
    found = {}
    for name, values in drawn.items():
        given = case.given.get(name)
        part = None if given is None else given[: values.shape[1]]
        found[name] = values if part is None else np.where(part == _OPEN, values, part)
    return found


def running(case: AirCase, drawn: Drawn, counts: Sequence[int]) -> Iterator[Members]:
    """Yield the statistic over the days so far and the first n coming ones, for each n; days are judged only once."""
    if case.verb not in _COUNTED:
        yield from (statistic(case, drawn, days=days) for days in counts)
        return
    hits = np.cumsum(_coming_days(case, _with_given(case, drawn)), axis=1, dtype=np.int64)
    for days in counts:
        if case.verb == "day_count":
            yield Members(hits[:, days - 1] + int(case.fixed or 0), 1)
        else:
            yield _share_of(case, hits[:, days - 1], days)


def ends_of(case: AirCase, members: Members, percents: Sequence[int]) -> tuple[Fraction, ...]:
    """Return the quantiles of a statistic: of the mid-distribution where it counts whole days."""
    return (mid_quantiles if case.verb in COUNTED else quantiles)(members, percents)


def _mean(case: AirCase, drawn: Drawn) -> Members:
    return _mean_of(case, case.asked.text("parameter"), drawn)


def _mean_of(case: AirCase, name: str, drawn: Drawn) -> Members:
    values = case.asked.days.cells[name].values
    coming = drawn[name]
    done = int(values.ok.sum())
    fixed = _sum(values.num[values.ok], values.den[values.ok])
    top = product(coming.sum(axis=1), fixed.denominator) + fixed.numerator * RESOLUTION
    return Members(top, fixed.denominator * RESOLUTION * (done + coming.shape[1]))


def _percentile(case: AirCase, drawn: Drawn) -> Members:
    return _percentile_of(case, case.asked.text("parameter"), drawn, percent=case.asked.argument("percent"))


def _percentile_of(case: AirCase, name: str, drawn: Drawn, *, percent: Fraction) -> Members:
    values = case.asked.days.cells[name].values
    coming = drawn[name]
    num, den = values.num[values.ok], values.den[values.ok]
    scale = lcm(RESOLUTION, *(int(part) for part in np.unique(den)))
    scale = scale if scale <= _SCALE_ROOM else _MICRO
    fixed = half_even_ratio(product(num, scale), den).astype(np.int64)
    size = fixed.size + coming.shape[1]
    rank = (size - 1) * percent / 100
    low = rank.numerator // rank.denominator
    high = min(low + 1, size - 1)
    both = np.empty((coming.shape[0], size), np.int64)
    both[:, : fixed.size], both[:, fixed.size :] = fixed, coming * (scale // RESOLUTION)
    both.partition((low, high), axis=1)
    part = rank - low
    top = both[:, low] * (part.denominator - part.numerator) + both[:, high] * part.numerator
    return Members(top, scale * part.denominator)


def _share(case: AirCase, drawn: Drawn) -> Members:
    """Share of days at most at a level, or above one [%]."""
    coming = _coming_days(case, drawn)
    return _share_of(case, coming.sum(axis=1), coming.shape[1])


def _share_of(case: AirCase, hits: Ints, coming: int) -> Members:
    before = (case.fixed or Fraction(0)) * case.count / 100
    return Members(product(hits, 100) + int(100 * before), case.count + coming)


def _count(case: AirCase, drawn: Drawn) -> Members:
    return Members(_coming_days(case, drawn).sum(axis=1) + int(case.fixed or 0), 1)


def _coming_days(case: AirCase, drawn: Drawn) -> np.ndarray:
    """Say of every coming day of every member whether it counts: at most at the level, or above it."""
    good = "at_most" in case.asked.indicator.statistic
    level = case.asked.index("at_most" if good else "above")
    width = next(iter(drawn.values())).shape[1]
    over = np.zeros((next(iter(drawn.values())).shape[0], width), bool)
    for columns, items in case.items:
        part = slice(columns.start, min(columns.stop, width))
        for item in items:
            if part.start < width:
                over[:, part] |= drawn[item.quantity][:, part] > _last_within(item, level)
    given = case.given.get(INDEX)
    if given is not None:
        over = np.where(given[:width] == _OPEN, over, given[:width] > level)
    return ~over if good else over


@cache
def _last_within(item: AqiItem, level: int) -> int:
    """Return the largest simulated value whose sub-index, rounded up, is at most `level`.

    References
    ----------
    [HJ633-2012]_ formula (1); [HJ633-2026]_ formula (1), 4.2.2 (rounding before the index).
    """
    points, index = item.scale.points, item.scale.index
    at = Fraction(points[-1], item.scale.unit) if level >= index[-1] else Fraction(0)
    for low, high, first, last in zip(points, points[1:], index, index[1:], strict=False):
        if first <= level < last:
            at = (low + Fraction((level - first) * (high - low), last - first)) / item.scale.unit
    if level >= index[-1]:
        return _ROOM
    step = None if item.decimals is None else Decimal(1).scaleb(-item.decimals)
    return most_of(bound_of(at, "<=", step))


def _composite(case: AirCase, drawn: Drawn) -> Members:
    """Sum of each term's ratio to its limit, rounded, times its weight."""
    terms = _terms(case.asked)
    places = max(term.decimals for term in terms)
    unit = lcm(*(term.weight.denominator for term in terms)) * 10**places
    top: Ints = np.zeros(next(iter(drawn.values())).shape[0], np.int64)
    for term in terms:
        found = (
            _mean_of(case, term.parameter, drawn)
            if term.verb == "mean"
            else _percentile_of(case, term.parameter, drawn, percent=term.percent)
        )
        limit = _limit(case.asked, term)
        step = 10**term.decimals
        ratio = half_even_ratio(
            np.asarray(found.num, object) * (step * limit.denominator), np.asarray(found.den * limit.numerator, object)
        ).astype(np.int64)
        weight = term.weight * unit / step
        top = top + ratio * int(weight)
    return Members(top, unit)


def _limit(asked: Asked, term: Term) -> Fraction:
    if term.limit is not None:
        return term.limit
    edition = edition_of(asked.catalog, LIMITS, asked.edition)
    found = asked.catalog.limit(
        term.limit_parameter, term.limit_averaging, term.limit_grade, day=asked.period.end, edition=edition
    )
    return Fraction(found.value)


STATISTICS: Mapping[str, Callable[[AirCase, Drawn], Members]] = {
    "mean": _mean,
    "percentile": _percentile,
    "day_share": _share,
    "day_share_above": _share,
    "day_count": _count,
    "composite": _composite,
}
"""The verbs of `evaluate.indicators`, each over many futures at once; a test holds every one to the single way."""


COUNTED = ("day_share", "day_share_above", "day_count")
"""Verbs that count whole days: their quantiles are those of the mid-distribution."""

SORTED = ("percentile", "composite")
"""Verbs that sort all days of every member."""


def _terms(asked: Asked) -> tuple[Term, ...]:
    scheme = asked.text("scheme")
    return asked.rules.schemes[scheme] if scheme else asked.rules.composite


def _numbers(period: Period) -> tuple[int, int]:
    return day_number(period.start), day_number(period.end)


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(int(number))


def _columns(span: Span[AqiRules], ahead: Longs) -> slice:  # the coming days on which one edition holds
    first, last = day_number(span.start), day_number(span.end)
    return slice(int(np.searchsorted(ahead, first)), int(np.searchsorted(ahead, last, side="right")))


def _rows(subject: SubjectDays, first: int, last: int) -> SubjectDays:
    """Return the days of a subject from `first` to `last`, none where last lies before first."""
    rows = slice(int(np.searchsorted(subject.days, first)), int(np.searchsorted(subject.days, last, side="right")))
    rows = rows if last >= first else slice(0, 0)
    cells = {name: cell.at(rows) for name, cell in subject.cells.items()}
    return replace(
        subject,
        days=subject.days[rows],
        cells=cells,
        review=subject.review[rows],
        short=subject.short[rows],
        excluded=subject.excluded[rows],
    )


def _sum(num: Ints, den: Ints) -> Fraction:
    """Return the exact sum of fractions."""
    common = lcm(1, *(int(part) for part in np.unique(den)))
    weight = (common // np.asarray(den, object)) if common > 1 else 1
    return Fraction(int((np.asarray(num, object) * weight).sum()) if num.size else 0, common)
