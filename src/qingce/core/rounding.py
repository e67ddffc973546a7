"""Rounding to the letter of GB/T 8170, on exact numbers only. 数值修约。

Scalars are `Decimal` or `Fraction`; arrays are int64 numerators and denominators, so nothing is ever a binary float.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from qingce.core.errors import complain

__all__ = ["Exact", "as_decimal", "ceil_ratio", "fixed", "half_even_ratio", "round_gbt8170"]

Exact = Decimal | Fraction | int
Integers = NDArray[np.int64]
_PRECISE = 10**27


def round_gbt8170(value: Exact, step: Decimal) -> Decimal:
    """Round once to a multiple of `step`, ties to the even neighbour 四舍六入五成双.

    `step` is a positive power of ten. Raises QC107 for any other step.

    References
    ----------
    [GBT8170-2008]_ clause 3.2; no second rounding 3.3.

    Examples
    --------
    >>> round_gbt8170(Decimal("0.35"), Decimal("0.1"))
    Decimal('0.4')
    >>> round_gbt8170(Decimal("2500"), Decimal("1000"))
    Decimal('2000')
    """
    _check_step(step)
    return _multiple(round(Fraction(value) / Fraction(step)), step)


def fixed(value: Exact, decimals: int) -> str:
    """Print an exact value with so many decimals, rounded once.

    Examples
    --------
    >>> fixed(Fraction(6341, 151), 2)
    '41.99'
    """
    return format(as_decimal(value, decimals), f".{decimals}f")


def as_decimal(value: Exact, places: int = 6) -> Decimal:
    """Show an exact value with at most `places` decimals, ties to even; for storage and display.

    Examples
    --------
    >>> as_decimal(Fraction(1, 3), 4)
    Decimal('0.3333')
    """
    return round_gbt8170(value, Decimal(1).scaleb(-places))


def half_even_ratio(numerator: Integers, denominator: Integers) -> Integers:
    """Divide int64 arrays elementwise to whole numbers, ties to even; denominators must be positive."""
    quotient: Integers = np.floor_divide(numerator, denominator)
    twice = 2 * (numerator - quotient * denominator)
    up = (twice > denominator) | ((twice == denominator) & (quotient % 2 == 1))
    rounded: Integers = quotient + up.astype(np.int64)
    return rounded


def ceil_ratio(numerator: Integers, denominator: Integers) -> Integers:
    """Divide int64 arrays elementwise, rounding up; denominators must be positive."""
    floor: Integers = np.floor_divide(-numerator, denominator)
    return -floor


def _check_step(step: Decimal) -> None:
    if step <= 0 or step.normalize().as_tuple().digits != (1,):
        raise complain("QC107", words={"key": "step", "value": step, "expected": "10 的整数次幂 a power of ten"})


def _multiple(count: int, step: Decimal) -> Decimal:
    """Return the product exactly: Decimal's own multiplication keeps 28 digits, its constructor all of them."""
    if step >= 1:
        return Decimal(count * int(step))
    return Decimal(count) * step.normalize() if abs(count) < _PRECISE else Decimal(f"{count}E{step.adjusted()}")
