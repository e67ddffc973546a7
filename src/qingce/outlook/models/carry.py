"""How far this year's difference from an earlier year carries on into the coming months, and how surely. 延续。

The months so far are known, the coming ones follow by the best linear estimate: their D shares the level with all, and
with near months what has not yet faded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qingce.catalog.outlooks import History
from qingce.evaluate.kernels.exact import Bools
from qingce.outlook.models.past import YEAR, Floats, Future, Longs, Past, month_of
from qingce.outlook.models.spread import Spread, log_means

__all__ = ["Carried", "carried", "so_far"]

_FULL = 30  # days of a whole month
_LEAST = 1e-7  # a variance is never nothing


@dataclass(frozen=True, slots=True)
class Carried:
    """Of the log of the coming months against a year before: the estimate [quantity, month] and its covariance."""

    mean: Floats
    covariance: Floats


def so_far(past: Past, future: Future, *, years: int, history: History) -> tuple[Longs, Floats, Floats]:
    """Return the months [since 1970-01] so far, their D against `years` before and the days behind it; NaN for none."""
    days = np.arange(min(future.begin, past.last - history.level_days + 1), past.last + 1)
    now, then = _picked(past, days), _picked(past, days - int(years * YEAR + 1 / 2))
    both = ~np.isnan(now) & ~np.isnan(then)
    months = month_of(days)
    place = months - months[0]
    (first, count), (second, _) = (log_means(np.where(both, part, np.nan), place) for part in (now, then))
    return np.unique(months), first - second, count


def carried(
    past: Past, future: Future, spread: Spread, *, years: Sequence[int], allowed: Bools, history: History
) -> tuple[Floats, Carried]:
    """Return what carries on against each earlier year [year, quantity, month], and against the mean of those allowed.

    A month's own difference is half this year's and half the earlier years', which shrinks with their number.
    """
    coming = np.unique(month_of(future.days))
    share = (1 + 1 / allowed.sum(axis=0)) / 2
    means, covariances = [], []
    for back in years:
        seen = so_far(past, future, years=back, history=history)
        rows = [_estimate(seen, coming, spread, row=row, back=back, share=share) for row in range(len(past.quantities))]
        means.append(np.stack([mean for mean, _ in rows]))
        covariances.append(np.stack([covariance for _, covariance in rows]))
    each = np.stack(means)
    weight = allowed / allowed.sum(axis=0)
    common = (each * weight[:, None, :]).sum(axis=0)
    both = np.sqrt(weight[:, :, None] * weight[:, None, :])
    whole = (np.stack(covariances) * both[:, None]).sum(axis=0)
    return each, Carried(common, np.stack([_sound(one) for one in whole]))


def _estimate(
    seen: tuple[Longs, Floats, Floats], coming: Longs, spread: Spread, *, row: int, back: int, share: Floats
) -> tuple[Floats, Floats]:
    """Return the best linear estimate of one quantity's coming D against a year `back`, and its covariance.

    The earlier months hold chance of their own. Half the variance is taken off the mean of the log, so that a coming
    month is expected where an earlier one was, not above it.
    """
    months, d, days = seen[0], seen[1][row], seen[2][row]
    drift = back * spread.drift[row]
    known = ~np.isnan(d) & (days > 0)
    every = np.concatenate([months[known], coming])
    size = int(known.sum())
    rough = np.sqrt(spread.season[row][every % 12])
    own = spread.month[row] * np.outer(rough, rough) * spread.memory[row] ** np.abs(every[:, None] - every[None, :])
    whole = spread.level[row] + own
    noise = spread.month[row] * rough[:size] ** 2 * np.maximum(0.0, _FULL / np.maximum(days[known], 1) - 1)
    cross = whole[size:, :size]
    weights = np.linalg.solve(whole[:size, :size] + np.diag(noise), cross.T).T if size else np.zeros_like(cross)
    half = np.sqrt(np.outer(share, share))
    left = spread.level[row] + half * own[size:, size:] - weights @ cross.T
    fair = np.diag(half * own[size:, size:]) / 2
    return drift + weights @ (d[known] - drift) - fair, left


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
