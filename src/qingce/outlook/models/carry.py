"""How far this year's difference from an earlier year carries on into the coming months, and how surely. 延续。

The months so far are known, the coming ones follow by the best linear estimate: their D shares the level with all, and
with near months what has not yet faded. What all subjects of a panel share is told by all of them, what sets one apart
by itself: the mean of many subjects and a subject's distance from it are estimated one by one and added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qingce.catalog.outlooks import History
from qingce.evaluate.kernels.exact import Bools
from qingce.outlook.models.past import YEAR, Floats, Future, Longs, Past, month_of
from qingce.outlook.models.spread import Part, Spread, log_means

__all__ = ["Carried", "Together", "carried", "so_far", "together"]

_FULL = 30  # days of a whole month
_LEAST = 1e-7  # a variance is never nothing
_TINY = 1e-12  # nor is what is known quite sure: equal months would have no inverse


@dataclass(frozen=True, slots=True)
class Carried:
    """Of the log of the coming months against a year before: the estimate [quantity, month] and its covariance.

    `covariance` is that of what all subjects share, `apart` that of what sets this one apart.
    """

    mean: Floats
    covariance: Floats
    apart: Floats


@dataclass(frozen=True, slots=True)
class Together:
    """The mean over all subjects of D so far by years back, with the mean days behind it and how many subjects told it.

    Each is [quantity, month]; the quantities are named.
    """

    quantities: tuple[str, ...]
    by: Mapping[int, tuple[Floats, Floats, Floats]]

    def of(self, back: int, quantities: Sequence[str]) -> tuple[Floats, Floats, Floats] | None:
        """Return D, days and subjects of some quantities against a year so far back, None where nothing is known."""
        if back not in self.by:
            return None
        rows = [self.quantities.index(name) for name in quantities]
        d, days, many = (part[rows] for part in self.by[back])
        return d, days, many


def so_far(past: Past, future: Future, *, years: int, history: History) -> tuple[Longs, Floats, Floats]:
    """Return the months [since 1970-01] so far, their D against `years` before and the days behind it; NaN for none."""
    days = np.arange(min(future.begin, past.last - history.level_days + 1), past.last + 1)
    now, then = _picked(past, days), _picked(past, days - int(years * YEAR + 1 / 2))
    both = ~np.isnan(now) & ~np.isnan(then)
    months = month_of(days)
    place = months - months[0]
    (first, count), (second, _) = (log_means(np.where(both, part, np.nan), place) for part in (now, then))
    return np.unique(months), first - second, count


def together(
    pasts: Iterable[Past], future: Future, *, quantities: Sequence[str], years: int, history: History
) -> Together:
    """Return what all subjects have in common of D so far, against each of the `years` before."""
    found: dict[int, tuple[Floats, Floats, Floats]] = {}
    for past in pasts:
        if not past.values.size:
            continue
        rows = [quantities.index(name) for name in past.quantities]
        for back in range(1, years + 1):
            months, d, days = so_far(past, future, years=back, history=history)
            shape = len(quantities), months.size
            sums = found.setdefault(back, (np.zeros(shape), np.zeros(shape), np.zeros(shape)))
            known = ~np.isnan(d) & (days > 0)
            for place, part in enumerate((np.where(known, d, 0.0), np.where(known, days, 0), known)):
                sums[place][rows] += part
    told = {back: _means(*sums) for back, sums in found.items() if sums[2].any()}
    return Together(tuple(quantities), told)


def _means(d: Floats, days: Floats, many: Floats) -> tuple[Floats, Floats, Floats]:
    least = np.maximum(many, 1)
    return np.where(many > 0, d / least, np.nan), days / least, many


def carried(
    past: Past,
    future: Future,
    spread: Spread,
    *,
    years: Sequence[int],
    allowed: Bools,
    history: History,
    others: Together | None = None,
) -> tuple[Floats, Carried]:
    """Return what carries on against each earlier year [year, quantity, month], and against the mean of those allowed.

    A month's own difference is half this year's and half the earlier years', which shrinks with their number.
    """
    coming = np.unique(month_of(future.days))
    share = (1 + 1 / allowed.sum(axis=0)) / 2
    found = []
    for back in years:
        seen = so_far(past, future, years=back, history=history)
        shared = None if others is None else others.of(back, past.quantities)
        lines = [_both(seen, shared, coming, spread=spread, row=row, back=back, share=share)
                 for row in range(len(past.quantities))]  # fmt: skip
        found.append([np.stack([line[place] for line in lines]) for place in range(3)])
    each, covariances, aparts = (np.stack([one[place] for one in found]) for place in range(3))
    weight = allowed / allowed.sum(axis=0)
    common = (each * weight[:, None, :]).sum(axis=0)
    both = np.sqrt(weight[:, :, None] * weight[:, None, :])
    whole, rest = ((part * both[:, None]).sum(axis=0) for part in (covariances, aparts))
    return each, Carried(common, np.stack([_sound(one) for one in whole]), np.stack([_sound(one) for one in rest]))


def _both(
    seen: tuple[Longs, Floats, Floats],
    shared: tuple[Floats, Floats, Floats] | None,
    coming: Longs,
    *,
    spread: Spread,
    row: int,
    back: int,
    share: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Return one quantity's coming D against a year `back`, and the covariance of its common part and of its own.

    Half the variance is taken off the mean of the log, so that a coming month is expected where an earlier one was.
    """
    months, d, days = seen[0], seen[1][row], seen[2][row]
    drift = back * spread.drift[row]
    mean, mean_days, many = (d, days, 1.0) if shared is None else _row(shared, row)
    mixed = (spread.common, 1.0), (spread.apart, 1 / many)
    first, covariance, fair = _estimate(
        (months, mean - drift, mean_days), coming, spread, parts=mixed, row=row, share=share
    )
    if many <= 1:
        return drift + first - fair, covariance, np.zeros_like(covariance)
    rest = [(spread.apart, 1 - 1 / many)]
    second, apart, more = _estimate((months, d - mean, days), coming, spread, parts=rest, row=row, share=share)
    return drift + first + second - fair - more, covariance, apart


def _row(shared: tuple[Floats, Floats, Floats], row: int) -> tuple[Floats, Floats, float]:
    """Return the mean of one quantity, its days and how many subjects tell it: of the month that fewest do."""
    d, days, many = (part[row] for part in shared)
    return d, days, float(many[many > 0].min()) if many.any() else 1.0


def _estimate(
    seen: tuple[Longs, Floats, Floats],
    coming: Longs,
    spread: Spread,
    *,
    parts: Sequence[tuple[Part, float]],
    row: int,
    share: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Return the best linear estimate of one quantity's coming D, its covariance and half its months' own variance.

    The D so far are a sum of `parts`, each with its share of their variance; few days of a month hold chance as well.
    """
    months, d, days = seen
    known = ~np.isnan(d) & (days > 0)
    every = np.concatenate([months[known], coming])
    size = int(known.sum())
    rough = np.sqrt(spread.season[row][every % 12])
    levels, owns = np.zeros((every.size, every.size)), np.zeros((every.size, every.size))
    for part, weight in parts:
        level, own = part.covariance(every, rough, row=row)
        levels, owns = levels + weight * level, owns + weight * own
    whole = levels + owns
    noise = np.diag(owns)[:size] * np.maximum(0.0, _FULL / np.maximum(days[known], 1) - 1)
    cross = whole[size:, :size]
    known_part = whole[:size, :size] + np.diag(np.maximum(noise, _TINY))
    weights = np.linalg.solve(known_part, cross.T).T if size else np.zeros_like(cross)
    half = np.sqrt(np.outer(share, share)) * owns[size:, size:]
    left = levels[size:, size:] + half - weights @ cross.T
    return weights @ d[known], left, np.diag(half) / 2


def _sound(covariance: Floats) -> Floats:
    """Return the covariance made positive: no combination of months is surer than a tenth of the surest month."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    floor = max(float(np.diag(covariance).min()) / 10, _LEAST)
    sound: Floats = (vectors * np.maximum(values, floor)) @ vectors.T
    return sound


def _picked(past: Past, days: Longs) -> Floats:
    """Return the values of some days, NaN outside the past."""
    place = days - past.start
    inside = (place >= 0) & (place < past.values.shape[1])
    found = np.full((len(past.quantities), len(days)), np.nan)
    found[:, inside] = past.values[:, place[inside]]
    return found
