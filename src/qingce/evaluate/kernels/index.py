"""From concentrations to sub-indices, index and primary pollutants, in whole numbers. 分指数与指数。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qingce.core.rounding import ceil_ratio
from qingce.evaluate.kernels.exact import Bools, Ints, Ratios, product

__all__ = ["NONE", "Scale", "greatest", "leaders", "sub_index"]

Longs = NDArray[np.int64]
NONE = -1
"""No sub-index: the value is absent, or beyond a table that ends without one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A column of the breakpoint table: concentrations (whole multiples of 1 / `unit`) and their index."""

    points: tuple[int, ...]
    index: tuple[int, ...]
    unit: int = 1


def sub_index(values: Ratios, scale: Scale, *, beyond: str) -> Longs:
    """Return the sub-index, rounded up, of each value; NONE where there is none.

    Above the last breakpoint the last index holds (`beyond` "hold") or there is none ("none").

    References
    ----------
    [HJ633-2012]_ formula (1); [HJ633-2026]_ formula (1), 4.2.3.
    """
    result = np.full(values.shape, NONE, np.int64)
    num, den = product(values.num, scale.unit), values.den
    result[values.ok & (num <= 0)] = scale.index[0]
    spans = zip(scale.points, scale.points[1:], scale.index, scale.index[1:], strict=False)
    for low, high, first, last in spans:
        here = values.ok & _above(num, den, low) & ~_above(num, den, high)
        result[here] = first + _up(num[here], den[here], (low, high, last - first))
    if beyond == "hold":
        result[values.ok & _above(num, den, scale.points[-1])] = scale.index[-1]
    return result


def greatest(parts: Sequence[Longs]) -> Longs:
    """Return the largest sub-index of each element; NONE where there is none at all."""
    best: Longs = np.max(np.stack(parts), axis=0)
    return best


def leaders(parts: Sequence[Longs], index: Longs, *, above: int) -> Longs:
    """Return a bit mask of the sub-indices that equal an index above the threshold; ties set several bits."""
    mask = np.zeros(index.shape, np.int64)
    for bit, part in enumerate(parts):
        mask |= ((part == index) & (index > above)).astype(np.int64) << bit
    return mask


def _above(num: Ints, den: Ints, point: int) -> Bools:
    return np.asarray(num > product(den, point), bool)


def _up(num: Ints, den: Ints, span: tuple[int, int, int]) -> Longs:
    low, high, rise = span
    over = num - product(den, low)
    top, bottom = product(over, rise), product(den, high - low)
    if object in {top.dtype, bottom.dtype}:
        top, bottom = top.astype(object), bottom.astype(object)
    return ceil_ratio(top, bottom).astype(np.int64)
