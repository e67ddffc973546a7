"""Exact values of many futures at once: their quantiles, and how many keep a bound. 成员值。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from qingce.evaluate.kernels.exact import Bools, Ints, product
from qingce.outlook.verdict import Bound, bound_of

__all__ = ["Members", "RESOLUTION", "accepted", "mid_quantiles", "most_of", "quantiles"]

RESOLUTION = 1000
"""A simulated value is a whole number of this part of its unit: finer than any printed concentration."""


@dataclass(frozen=True, slots=True)
class Members:
    """The statistic of every member: num / den, exact; `den` is positive."""

    num: Ints
    den: int

    def __len__(self) -> int:
        return len(self.num)

    def at(self, place: int) -> Fraction:
        """Return one member's value."""
        return Fraction(int(self.num[place]), self.den)


def quantiles(members: Members, percents: Sequence[int]) -> tuple[Fraction, ...]:
    """Return exact quantiles: the smallest member that at least that share of the members does not exceed."""
    order = np.sort(members.num)
    size = len(order)
    return tuple(Fraction(int(order[max(0, -(-percent * size // 100) - 1)]), members.den) for percent in percents)


def mid_quantiles(members: Members, percents: Sequence[int]) -> tuple[Fraction, ...]:
    """Return exact quantiles of the mid-distribution, for a statistic that counts whole days.

    A value stands for the middle of its own share of the members; between two values it is interpolated, beyond the
    first and the last there is no other. An interval between plain quantiles of a count holds both its ends whole, so
    that it covers more than it says.

    References
    ----------
    Ma, Genton and Parzen 2011, Asymptotic properties of sample quantiles of discrete distributions, section 2.
    """
    values, counts = np.unique(members.num, return_counts=True)
    middles = 2 * np.cumsum(counts) - counts  # in halves of a member
    found = []
    for percent in percents:
        want = Fraction(2 * percent * len(members), 100)
        after = int(np.searchsorted(middles, float(want)))
        low, high = max(after - 1, 0), min(after, len(values) - 1)
        at = Fraction(int(values[low]))
        if low < high:
            width = int(values[high]) - int(values[low])
            at += (want - int(middles[low])) * width / (int(middles[high]) - int(middles[low]))
        found.append(at / members.den)
    return tuple(found)


def accepted(
    members: Members, target: Fraction | tuple[Fraction, Fraction], comparator: str, *, step: Decimal | None
) -> Bools:
    """Say which members meet a target after the verdict's rounding; a pair is a range, ends included. Raises QC400."""
    if isinstance(target, tuple):
        low, high = sorted(target)
        return _within(members, bound_of(low, ">=", step)) & _within(members, bound_of(high, "<=", step))
    return _within(members, bound_of(target, comparator, step))


def most_of(bound: Bound) -> int:
    """Return the largest simulated whole number that an upper bound accepts."""
    scaled = bound.value * RESOLUTION
    whole = scaled.numerator // scaled.denominator
    return whole - (scaled.denominator == 1 and not bound.inclusive)


def _within(members: Members, bound: Bound) -> Bools:
    ours = product(np.asarray(members.num), bound.value.denominator)
    limit = bound.value.numerator * members.den
    if bound.sense == "<=":
        return np.asarray(ours <= limit if bound.inclusive else ours < limit, bool)
    return np.asarray(ours >= limit if bound.inclusive else ours > limit, bool)
