"""Statistics of many rows at once: mean and percentile of each row of exact values `[row, day]`. 逐行统计。"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from qingce.evaluate.kernels.exact import Bools, Ratios, reduced
from qingce.evaluate.kernels.statistics import mean_of, percentile_of

__all__ = ["Rows", "row_means", "row_percentiles"]

Longs = NDArray[np.int64]
_ROOM = 2**62
_WIDE = 40
"""Counts up to this have a common multiple that fits 64 bits with room to spare."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Values num / (unit · count) where ok, `[row, day]`; `unit` 0 says that nothing is known of the denominators."""

    values: Ratios
    count: Longs
    unit: int


def row_means(rows: Rows) -> Ratios:
    """Return the mean of each row's values that are there."""
    whole = _whole(rows, lambda n: np.maximum(n, 1))
    if whole is None:
        return _one_by_one(rows, mean_of)
    scaled, common, n = whole
    some = n > 0
    return reduced(Ratios(scaled.sum(axis=1), np.where(some, n, 1) * common, some))


def row_percentiles(rows: Rows, percent: Fraction) -> Ratios:
    """Return the linear percentile of each row: rank 1 + (n − 1)·p of the sorted values, neighbours interpolated.

    References
    ----------
    [HJ663-2013]_ A.6.
    """
    step = 100 * percent.denominator
    whole = _whole(rows, lambda n: np.full(n.shape, step, np.int64))
    if whole is None:
        return _one_by_one(rows, lambda values: percentile_of(values, percent))
    scaled, common, n = whole
    some = n > 0
    ordered = np.sort(np.where(rows.values.ok, scaled, _ROOM), axis=1)
    place, rest = np.divmod(np.maximum(n - 1, 0) * percent.numerator, step)
    low = np.take_along_axis(ordered, place[:, None], axis=1)[:, 0] if ordered.shape[1] else n
    high_place = np.minimum(place + 1, np.maximum(n - 1, 0))
    high = np.take_along_axis(ordered, high_place[:, None], axis=1)[:, 0] if ordered.shape[1] else n
    low, high = np.where(some, low, 0), np.where(some, high, 0)
    return reduced(Ratios(low * step + (high - low) * rest, common * step, some))


def _whole(rows: Rows, factor: Callable[[Longs], Longs]) -> tuple[Longs, Longs, Longs] | None:
    """Return values as whole numbers over a denominator of each row, and how many; None where they would not fit."""
    values = rows.values
    n = np.asarray(values.ok.sum(axis=1), np.int64)
    if rows.unit <= 0 or object in {values.num.dtype, values.den.dtype} or rows.count.max(initial=0) > _WIDE:
        return None
    count = np.where(values.ok, rows.count, 1)
    common = _multiples(count)
    largest = np.abs(values.num).max(axis=1, initial=0)
    need = (largest.astype(float) + 1) * common * np.maximum(factor(n), n)
    if need.max(initial=0) >= _ROOM or (common.astype(float) * rows.unit * factor(n)).max(initial=0) >= _ROOM:
        return None
    return np.where(values.ok, values.num, 0) * (common[:, None] // count), common * rows.unit, n


def _multiples(count: Longs) -> Longs:
    """Return the least common multiple of each row of small counts."""
    common = np.ones(count.shape[0], np.int64)
    for size in range(2, int(count.max(initial=1)) + 1):
        here: Bools = np.asarray((count == size).any(axis=1))
        common = np.lcm(common, np.where(here, size, 1))
    return common


def _one_by_one(rows: Rows, ask: Callable[[Ratios], Fraction | None]) -> Ratios:
    found = [ask(rows.values.at(row)) for row in range(rows.values.num.shape[0])]
    ok = np.array([value is not None for value in found], bool)
    nums = [0 if value is None else value.numerator for value in found]
    dens = [1 if value is None else value.denominator for value in found]
    return reduced(Ratios(np.array(nums, object), np.array(dens, object), ok))
