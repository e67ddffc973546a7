"""Arrays of exact fractions: int64 where it fits, whole Python numbers where it does not. 精确分数数组。"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qingce.core.rounding import half_even_ratio
from qingce.core.tables import SCALE

__all__ = [
    "Bools",
    "Ints",
    "Ratios",
    "common_denominator",
    "greater",
    "mean",
    "micro",
    "nothing",
    "product",
    "reduced",
    "rounded",
    "select",
    "total",
]

Ints = NDArray[Any]
"""int64, or object holding Python integers where int64 would overflow."""
Bools = NDArray[np.bool_]

_ROOM = 2**62


@dataclass(frozen=True, slots=True)
class Ratios:
    """Exact values num / den, elementwise, where `ok`; elsewhere 0 / 1. Denominators are positive."""

    num: Ints
    den: Ints
    ok: Bools

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the arrays."""
        return self.num.shape

    def at(self, index: Any) -> Ratios:
        """Return the part that a NumPy index picks."""
        return Ratios(self.num[index], self.den[index], self.ok[index])

    def masked(self, ok: Bools) -> Ratios:
        """Keep only what is also `ok`."""
        both = self.ok & ok
        return Ratios(np.where(both, self.num, 0), np.where(both, self.den, 1), both)


def nothing(shape: tuple[int, ...]) -> Ratios:
    """Return an array of absent values."""
    return Ratios(np.zeros(shape, np.int64), np.ones(shape, np.int64), np.zeros(shape, bool))


def select(choice: Bools, first: Ratios, second: Ratios) -> Ratios:
    """Return `first` where `choice`, else `second`."""
    num = np.where(choice, first.num, second.num)
    den = np.where(choice, first.den, second.den)
    return Ratios(num, den, np.where(choice, first.ok, second.ok))


def product(first: Ints, second: Ints | int) -> Ints:
    """Multiply without overflow: the result is of Python integers where int64 is too small."""
    other = second if isinstance(second, np.ndarray) else np.asarray(second, object if abs(second) > _ROOM else None)
    if _peak(first) * _peak(other) <= _ROOM:
        return np.asarray(first * other)
    return np.asarray(first.astype(object) * other.astype(object))


def total(values: Ints, axis: int) -> Ints:
    """Sum along an axis without overflow."""
    if _peak(values) * max(1, values.shape[axis]) <= _ROOM:
        return np.asarray(values.sum(axis=axis))
    return np.asarray(values.astype(object).sum(axis=axis))


def common_denominator(parts: Ratios) -> int:
    """Return the least common denominator of the values that are there."""
    return lcm(*(int(den) for den in np.unique(parts.den[parts.ok])))


def mean(parts: Ratios) -> Ratios:
    """Return the mean along the last axis of the values that are there, as one exact fraction each."""
    common = common_denominator(parts)
    weight = common // (parts.den if common <= _ROOM else parts.den.astype(object))
    summed = total(product(np.where(parts.ok, parts.num, 0), np.where(parts.ok, weight, 0)), -1)
    count = parts.ok.sum(axis=-1)
    there = count > 0
    return reduced(Ratios(summed, product(np.where(there, count, 1), common), there))


def reduced(parts: Ratios) -> Ratios:
    """Cancel what numerator and denominator share, and return to int64 where that fits."""
    shared = np.gcd(parts.num, parts.den)
    num, den = parts.num // shared, parts.den // shared
    return Ratios(_narrow(np.where(parts.ok, num, 0)), _narrow(np.where(parts.ok, den, 1)), parts.ok)


def rounded(parts: Ratios, decimals: int) -> Ratios:
    """Round to `decimals` places, ties to even.

    References
    ----------
    [GBT8170-2008]_ clause 3.2.
    """
    step = 10**decimals
    whole = _divided(product(parts.num, step), parts.den)
    return Ratios(_narrow(whole), np.full(parts.shape, step, np.int64), parts.ok)


def micro(parts: Ratios) -> NDArray[np.int64]:
    """Return the values in millionths, ties to even, as `core.tables` stores them."""
    return np.asarray(_divided(product(parts.num, SCALE), parts.den), np.int64)


def greater(parts: Ratios, than: tuple[Ints, Ints]) -> Bools:
    """Say where a value is there and exceeds the fraction (numerators, denominators)."""
    num, den = than
    return np.asarray(product(parts.num, den) > product(num, parts.den), bool) & parts.ok


def _divided(num: Ints, den: Ints) -> Ints:
    if object in {num.dtype, den.dtype} or 2 * max(_peak(num), _peak(den)) > _ROOM:
        num, den = num.astype(object), den.astype(object)
    return half_even_ratio(num, den)


def _narrow(values: Ints) -> Ints:
    if values.dtype != object or _peak(values) > _ROOM:
        return values
    return values.astype(np.int64)


def _peak(values: Ints) -> int:
    if values.size == 0:
        return 1
    return max(1, int(values.max()), -int(values.min()))
