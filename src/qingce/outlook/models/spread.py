"""How much a month differs between years, pooled over subjects, and how far this year's level carries on. 年际离散。

D is the log of a month's mean less that of the same month of an earlier year. Over subjects and months it has a
variance; what two different months of one year share is the variance of the level, the rest is the month's own.
Few years of history make both uncertain: they are shrunk to the figures that the content declares, which come from
other years and places than those judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qingce.catalog.outlooks import History, Outlooks
from qingce.catalog.outlooks import Spread as Prior
from qingce.outlook.models.past import YEAR, Floats, Future, Past, month_of

__all__ = ["Level", "Spread", "levels", "monthly", "pooled"]

_FLOOR = 1e-6  # a variance is never taken as less: a history of equal days stays practically certain
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Spread:
    """Pooled variances of D by quantity, and the correlation of the quantities' D."""

    quantities: tuple[str, ...]
    month: Floats
    level: Floats
    correlation: Floats

    def of(self, quantities: Sequence[str]) -> Spread:
        """Pick some of the quantities."""
        rows = [self.quantities.index(name) for name in quantities]
        return Spread(tuple(quantities), self.month[rows], self.level[rows], self.correlation[np.ix_(rows, rows)])


@dataclass(frozen=True, slots=True)
class Level:
    """How this year stands to an earlier one, by quantity: so far, carried on, and the variance of what is carried."""

    so_far: Floats
    carried: Floats
    variance: Floats


def monthly(past: Past, history: History) -> tuple[int, Floats]:
    """Return the first month [since 1970-01] and the log mean of each quantity and month; NaN for too few days."""
    months = month_of(np.arange(past.start, past.last + 1))
    place = months - months[0]
    there = ~np.isnan(past.values)
    size = int(place[-1]) + 1
    logs = np.full((len(past.quantities), size), np.nan)
    for row, known in enumerate(there):
        count = np.bincount(place[known], minlength=size)
        total = np.bincount(place[known], weights=past.values[row, known], minlength=size)
        good = (count >= history.month_days) & (total > 0)
        logs[row, good] = np.log(total[good] / count[good])
    return int(months[0]), logs


def pooled(pasts: Iterable[Past], outlooks: Outlooks, *, quantities: Sequence[str]) -> Spread:
    """Estimate the spread from every pair of consecutive years that the pasts hold, shrunk to the declared one.

    A month that many subjects share counts once: they breathe the same weather.
    """
    pairs: dict[int, list[Floats]] = {}
    for past in pasts:
        if past.values.shape[1]:
            for year, differences in _differences(past, outlooks.history, quantities):
                pairs.setdefault(year, []).append(differences)
    stacks = {year: np.stack(found) for year, found in sorted(pairs.items())}
    month, level = np.empty(len(quantities)), np.empty(len(quantities))
    for row, name in enumerate(quantities):
        prior = outlooks.spread.get(name, outlooks.spread[_OTHER])
        month[row], level[row] = _components([stack[:, row] for stack in stacks.values()], prior)
    return Spread(
        tuple(quantities),
        month,
        level,
        _correlation(list(stacks.values()), len(quantities), outlooks.history.independence),
    )


def levels(past: Past, future: Future, spread: Spread, *, years: int, history: History) -> Level:
    """Compare the season so far with the same months `years` before and carry the difference on as far as it keeps.

    The best linear estimate: level / (level + month / n) of the mean difference of n months.
    """
    last = past.last
    first = min(future.begin, last - history.level_days + 1)
    days = np.arange(first, last + 1)
    now, then = _picked(past, days), _picked(past, days - int(years * YEAR + 1 / 2))
    both = ~np.isnan(now) & ~np.isnan(then)
    n = both.sum(axis=1) / 30
    with np.errstate(invalid="ignore", divide="ignore"):
        so_far = np.log(np.where(both, now, 0).sum(axis=1) / np.where(both, then, 0).sum(axis=1))
    so_far = np.where(np.isfinite(so_far), so_far, 0.0)
    kept = spread.level / (spread.level + spread.month / np.maximum(n, _FLOOR))
    return Level(so_far, kept * so_far, spread.level * (1 - kept))


def _picked(past: Past, days: np.ndarray) -> Floats:
    """Return the values of some days, NaN outside the past."""
    place = days - past.start
    inside = (place >= 0) & (place < past.values.shape[1])
    found = np.full((len(past.quantities), len(days)), np.nan)
    found[:, inside] = past.values[:, place[inside]]
    return found


def _differences(past: Past, history: History, quantities: Sequence[str]) -> Iterator[tuple[int, Floats]]:
    """Yield for each pair of years (the later one named) D as [quantity, 12 months], NaN where either lacks it."""
    first, logs = monthly(past, history)
    by_year: dict[int, Floats] = {}
    rows = [past.quantities.index(name) if name in past.quantities else -1 for name in quantities]
    for offset in range(logs.shape[1]):
        year, month = divmod(first + offset, 12)
        line = by_year.setdefault(year, np.full((len(quantities), 12), np.nan))
        for place, row in enumerate(rows):
            if row >= 0:
                line[place, month] = logs[row, offset]
    for before, after in pairwise(sorted(by_year)):
        if after == before + 1:
            yield after, by_year[after] - by_year[before]


def _components(stacks: Sequence[Floats], prior: Prior) -> tuple[float, float]:
    """Return the variance of a month and of the level from D by pair of years, [subject, month] each."""
    square, product, months, couples = 0.0, 0.0, 0.0, 0.0
    for stack in stacks:
        known = ~np.isnan(stack)
        n = known.sum(axis=1)
        filled = np.where(known, stack, 0.0)
        subjects = max(1, int((n > 0).sum()))
        square += float((filled**2).sum()) / subjects
        months += float(n.sum()) / subjects
        several = n > 1
        cross = filled.sum(axis=1) ** 2 - (filled**2).sum(axis=1)
        if several.any():
            mine = float((n * (n - 1))[several].sum()) / subjects
            # a pair of years tells as much about the level as it has months, not as it has couples of months
            product += float(cross[several].sum()) / subjects / mine * float(n[several].mean())
            couples += float(n[several].mean())
    total = prior.month + prior.level
    variance = (prior.weight * total + square) / (prior.weight + months)
    level = (prior.weight * prior.level + product) / (prior.weight + couples)
    level = min(max(level, _FLOOR), variance)
    return max(variance - level, _FLOOR), level


def _correlation(stacks: Sequence[Floats], size: int, weight: float) -> Floats:
    """Return the correlation of the quantities' D, shrunk to none and made sound where little is known."""
    lines = [stack.transpose(1, 0, 2).reshape(size, -1) for stack in stacks]
    joined = np.concatenate(lines, axis=1) if lines else np.zeros((size, 0))
    joined = joined[:, ~np.isnan(joined).any(axis=0)]
    found = np.eye(size)
    if joined.shape[1] > size:
        scale = np.sqrt((joined**2).mean(axis=1))
        if (scale > 0).all():
            found = (joined @ joined.T) / joined.shape[1] / np.outer(scale, scale)
    mixed: Floats = (1 - weight) * found + weight * np.eye(size)
    return mixed


def by_name(spread: Spread) -> Mapping[str, tuple[float, float]]:
    """Return the variances of month and level by quantity, for print."""
    return {
        name: (float(m), float(v)) for name, m, v in zip(spread.quantities, spread.month, spread.level, strict=True)
    }
