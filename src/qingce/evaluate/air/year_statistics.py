"""Every air indicator of many areas at once: the verbs of `indicators` over arrays `[area, day]`. 多城市指标。

The verbs mean what they mean there, and a property test holds both to the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.evaluate.air.cells import Cell, code_of
from qingce.evaluate.air.indicators import limit_of, need_of
from qingce.evaluate.air.input import NO_REVIEW, PRESENT, Codes, Longs, month_of
from qingce.evaluate.air.rules import AqiRules, PeriodRules
from qingce.evaluate.kernels.exact import Bools, Ratios, product, rounded
from qingce.evaluate.kernels.index import NONE
from qingce.evaluate.kernels.rows import Rows, row_means, row_percentiles

__all__ = ["Answer", "AreaStretch", "VERBS", "answers"]


@dataclass(frozen=True, slots=True)
class AreaStretch:
    """The days of a period for all areas: cells `[area, day]`, units of their sums, index spans, lowest review."""

    period: Period
    as_of: date
    days: Longs
    cells: Mapping[str, Cell]
    units: Mapping[str, int]
    indices: Sequence[tuple[slice, AqiRules]]
    best: Longs
    missing: Codes
    review: Codes
    rules: PeriodRules
    catalog: Catalog
    edition: str
    known: dict[tuple[str, Fraction | None], Ratios] = field(default_factory=dict)

    def statistic(self, quantity: str, percent: Fraction | None = None) -> Ratios:
        """Return the mean, or a percentile, of a quantity's days, computed once."""
        if (quantity, percent) not in self.known:
            cell = self.cells[quantity]
            rows = Rows(cell.values, cell.n, self.units[quantity])
            self.known[quantity, percent] = row_means(rows) if percent is None else row_percentiles(rows, percent)
        return self.known[quantity, percent]


@dataclass(frozen=True, slots=True)
class Answer:
    """One indicator for every area: exact value, how many days, code of absence (0: none), lowest review."""

    indicator: Indicator
    exact: Ratios
    decimals: int
    n: Longs
    need: int
    absent: Codes
    review: Codes
    method: str
    limits: str


@dataclass(frozen=True, slots=True)
class _Found:
    exact: Ratios
    used: Bools
    decimals: int
    absent: Codes
    methods: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


def answers(stretch: AreaStretch, indicators: Sequence[Indicator]) -> list[Answer]:
    """Answer every indicator for every area of the stretch."""
    return [_answer(stretch, indicator) for indicator in indicators]


def _answer(stretch: AreaStretch, indicator: Indicator) -> Answer:
    found = VERBS[str(indicator.statistic.get("verb", ""))](stretch, indicator)
    need = need_of(stretch.period, stretch.rules)
    n = np.asarray(found.used.sum(axis=1), np.int64)
    absent = found.absent.copy()
    if stretch.as_of >= stretch.period.end and need.enforced:
        short = (n < need.total) | _short_month(found.used, month_of(stretch.days), need.months)
        absent[short & (absent == PRESENT)] = code_of(Absent.TOO_FEW)
    review = np.where(found.used, stretch.review, NO_REVIEW).min(axis=1, initial=NO_REVIEW).astype(np.int8)
    return Answer(
        indicator, found.exact.masked(absent == PRESENT), found.decimals, n, need.total, absent, review,
        "+".join(dict.fromkeys((stretch.rules.id, *found.methods))), "+".join(dict.fromkeys(found.limits)),
    )  # fmt: skip


def _short_month(used: Bools, months: Longs, need: Mapping[int, int]) -> Bools:
    """Say which areas have a month with fewer days than it needs; days stand in order."""
    starts = np.flatnonzero(np.diff(months, prepend=-1))
    had = np.add.reduceat(used, starts, axis=1, dtype=np.int64) if starts.size else np.zeros((len(used), 0), np.int64)
    least = [need.get(int(months[start]), 0) for start in starts]
    lacking = any(count > 0 for month, count in need.items() if month not in months[starts])
    short: Bools = np.asarray((had < np.array(least, np.int64)).any(axis=1))
    return short | lacking


def _number(indicator: Indicator, name: str) -> Fraction:
    value = indicator.statistic.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise complain("QC103", indicator.id, {"key": f"statistic.{name}"})
    return Fraction(value)


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def _mean(stretch: AreaStretch, indicator: Indicator) -> _Found:
    name = str(indicator.statistic.get("parameter", ""))
    ok = stretch.cells[name].values.ok
    return _Found(stretch.statistic(name), ok, stretch.rules.decimals[name], _why_none(stretch, (name,)))


def _percentile(stretch: AreaStretch, indicator: Indicator) -> _Found:
    name = str(indicator.statistic.get("parameter", ""))
    exact = stretch.statistic(name, _number(indicator, "percent"))
    ok = stretch.cells[name].values.ok
    return _Found(exact, ok, stretch.rules.decimals[name], _why_none(stretch, (name,)))


def _share(stretch: AreaStretch, indicator: Indicator) -> _Found:
    """Count the days at most at a level, or above it, in per cent of the days that count."""
    used, chosen, absent, methods = _judged(stretch, indicator)
    n = used.sum(axis=1)
    exact = Ratios(100 * chosen, np.where(n > 0, n, 1).astype(np.int64), n > 0)
    return _Found(exact, used, stretch.rules.share_decimals, absent, methods)


def _count(stretch: AreaStretch, indicator: Indicator) -> _Found:
    """Count the days at most at a level, or above it."""
    used, chosen, absent, methods = _judged(stretch, indicator)
    exact = Ratios(chosen, np.ones(chosen.shape, np.int64), np.asarray(used.any(axis=1)))
    return _Found(exact, used, indicator.decimals, absent, methods)


def _judged(stretch: AreaStretch, indicator: Indicator) -> tuple[Bools, Longs, Codes, tuple[str, ...]]:
    """Return which days count, how many are as asked, why none can be judged, by which methods."""
    good = "at_most" in indicator.statistic
    limit = _floor(_number(indicator, "at_most" if good else "above"))
    best = stretch.best
    used = ((stretch.missing == PRESENT) & (best != NONE)) | (best > stretch.rules.incomplete_above)
    chosen = np.asarray((((best <= limit) == good) & used).sum(axis=1), np.int64)
    absent = _never_there(stretch)
    absent[(absent == PRESENT) & ~used.any(axis=1)] = code_of(Absent.NOT_REPORTED)
    return used, chosen, absent, tuple(rules.id for _, rules in stretch.indices)


def _never_there(stretch: AreaStretch) -> Codes:
    """Return the reason of the first item of the index that no day of the period has; then no day can be judged."""
    absent = np.zeros(stretch.best.shape[0], np.int8)
    event = code_of(Absent.EXCLUDED_EVENT)
    for rows, rules in stretch.indices:
        for item in rules.day:
            cell = stretch.cells[item.quantity]
            ok, reason = cell.values.ok[:, rows], cell.reason[:, rows]
            if not reason.shape[1]:
                continue
            never = ~ok.any(axis=1)
            if never.any():
                never &= ~(reason == event).any(axis=1)
                if item.waived_by:
                    never &= ~stretch.cells[item.waived_by].values.ok[:, rows].any(axis=1)
                absent = np.where(never & (absent == PRESENT), reason[:, 0], absent).astype(np.int8)
    return absent


def _composite(stretch: AreaStretch, indicator: Indicator) -> _Found:
    scheme = str(indicator.statistic.get("scheme", ""))
    terms = stretch.rules.schemes[scheme] if scheme else stretch.rules.composite
    step = 10 ** max(term.decimals for term in terms) * int(np.lcm.reduce([term.weight.denominator for term in terms]))
    areas = stretch.best.shape[0]
    total, ok, used = np.zeros(areas, np.int64), np.ones(areas, bool), np.ones(stretch.best.shape, bool)
    limits = []
    for term in terms:
        found = stretch.statistic(term.parameter, None if term.verb == "mean" else term.percent)
        limit, name = limit_of(term, stretch.catalog, day=stretch.period.end, edition=stretch.edition)
        limits.append(name)
        share = Ratios(product(found.num, limit.denominator), product(found.den, limit.numerator), found.ok)
        part = rounded(share, term.decimals)
        total += part.num * (step * term.weight.numerator // (term.weight.denominator * 10**term.decimals))
        ok &= found.ok
        used &= stretch.cells[term.parameter].values.ok
    exact = Ratios(np.where(ok, total, 0), np.where(ok, step, 1), ok)
    names = tuple(term.parameter for term in terms)
    return _Found(exact, used, stretch.rules.composite_decimals, _why_none(stretch, names), limits=tuple(limits))


def _why_none(stretch: AreaStretch, names: Sequence[str]) -> Codes:
    """Return the reason of the first quantity without any value; 0 where all have some."""
    absent = np.zeros(stretch.best.shape[0], np.int8)
    for name in names:
        cell = stretch.cells[name]
        none = ~cell.values.ok.any(axis=1)
        if none.any():
            first = cell.reason[:, 0] if cell.reason.shape[1] else code_of(Absent.NOT_REPORTED)
            absent = np.where(none & (absent == PRESENT), first, absent).astype(np.int8)
    return absent


VERBS: Mapping[str, Callable[[AreaStretch, Indicator], _Found]] = {
    "mean": _mean,
    "percentile": _percentile,
    "day_share": _share,
    "day_share_above": _share,
    "day_count": _count,
    "composite": _composite,
}
"""The same closed table as `indicators.VERBS`."""
