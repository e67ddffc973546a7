"""From a block of hours to days and rolling windows: sums and counts, never a float. 小时到日。

A block is time-major, `[hour, site]`; its first hour is 00:00 and it holds whole days.
"""

from __future__ import annotations

from math import lcm

import numpy as np
from numpy.typing import NDArray

from qingce.evaluate.kernels.exact import Bools, Ints, Ratios, product

__all__ = ["day_maximum", "day_mean", "day_window_maximum", "rolling_mean"]

_HOURS = 24
Counts = NDArray[np.int64]


def day_mean(values: Ints, ok: Bools, *, scale: int) -> tuple[Ratios, Counts]:
    """Return the mean of each natural day's hours and how many there were.

    `values` are whole multiples of 1 / `scale`. Validity is judged by the caller.
    """
    block, there = _days(values), _days(ok)
    count = there.sum(axis=1)
    some = count > 0
    summed = np.where(there, block, 0).sum(axis=1)
    return Ratios(summed, np.where(some, count, 1) * scale, some), count


def day_maximum(values: Ints, ok: Bools, *, scale: int) -> tuple[Ratios, Counts]:
    """Return the largest hour of each natural day and how many hours there were."""
    block, there = _days(values), _days(ok)
    count = there.sum(axis=1)
    some = count > 0
    lowest = int(block.min()) if block.size else 0
    largest = np.where(there, block, lowest).max(axis=1)
    return Ratios(np.where(some, largest, 0), np.full(largest.shape, scale, np.int64), some), count


def day_window_maximum(
    values: Ints, ok: Bools, *, scale: int, window: int, at_least: int, ends: tuple[int, int]
) -> tuple[Ratios, Counts]:
    """Return the largest mean of `window` hours within each natural day, and how many windows were valid.

    Windows end at the hours `ends` (first, last), e.g. 8 and 24; one counts with `at_least` of its hours.
    The maximum of means is compared at the common denominator of all possible counts.
    """
    block, there = _days(values), _days(ok)
    sums = _running(np.where(there, block, 0))
    counts = _running(there.astype(np.int64))
    common = lcm(*range(at_least, window + 1))
    weight = np.array([0] + [common // n if n >= at_least else 0 for n in range(1, window + 1)], np.int64)
    valid = np.zeros(block.shape[::2], np.int64)
    best: Ints = valid
    for end in range(ends[0], ends[1] + 1):
        n = counts[:, end] - counts[:, end - window]
        here = n >= at_least
        scaled = product(sums[:, end] - sums[:, end - window], weight[n])
        best = np.where(here & ((valid == 0) | (scaled > best)), scaled, best)
        valid += here
    some = valid > 0
    num = np.where(some, best, 0)
    return Ratios(num, np.where(some, common * scale, 1), some), valid


def rolling_mean(values: Ints, ok: Bools, *, scale: int, window: int) -> tuple[Ratios, Counts]:
    """Return for each hour the mean of the `window` hours that end with it, and how many there were."""
    padding = np.zeros((window, values.shape[1]), np.int64)
    sums = np.concatenate([padding, np.cumsum(np.where(ok, values, 0), axis=0)])
    counts = np.concatenate([padding, np.cumsum(ok, axis=0, dtype=np.int64)])
    count = counts[window:] - counts[:-window]
    some = count > 0
    return Ratios(sums[window:] - sums[:-window], np.where(some, count, 1) * scale, some), count


def _days(block: NDArray[np.generic]) -> Ints:
    return block.reshape(-1, _HOURS, block.shape[1])


def _running(block: Ints) -> Ints:
    padded = np.zeros((block.shape[0], _HOURS + 1, block.shape[2]), np.int64)
    np.cumsum(block, axis=1, out=padded[:, 1:])
    return padded
