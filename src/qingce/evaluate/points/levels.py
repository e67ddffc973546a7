"""Sound levels: energy means and level-exceeded percentiles to a declared precision, never in binary. 声级。

A level is 10·lg of an energy. Decimal powers and logarithms are taken to 50 digits and the result is cut to 24 places,
so that equal levels give that level itself and a level at its limit is judged as standing on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

__all__ = ["PLACES", "PRECISION", "energy_mean", "natural_log"]

PRECISION = 50
"""Digits of every power and logarithm."""
PLACES = 24
"""Decimals to which a result holds."""
_CONTEXT = Context(prec=PRECISION)
_TEN = Decimal(10)
_STEP = Decimal(1).scaleb(-PLACES)


def energy_mean(levels: Sequence[Fraction]) -> Fraction:
    """Return 10·lg(mean(10^(L/10))) [dB] of at least one level [dB], to 24 places.

    References
    ----------
    [HJ640-2012]_; [HJ906-2017]_ clause 3.

    Examples
    --------
    >>> energy_mean([Fraction("54.3"), Fraction("54.3")])
    Fraction(543, 10)
    """
    total = Decimal(0)
    for level in levels:
        total = _CONTEXT.add(total, _energy(level))
    mean = _CONTEXT.divide(total, Decimal(len(levels)))
    return _cut(_CONTEXT.multiply(_TEN, _CONTEXT.log10(mean)))


def natural_log(value: Fraction) -> Fraction:
    """Return ln of a positive value, to 24 places.

    Examples
    --------
    >>> natural_log(Fraction(1))
    Fraction(0, 1)
    """
    return _cut(_CONTEXT.ln(_decimal(value)))


@lru_cache(maxsize=65536)
def _energy(level: Fraction) -> Decimal:
    return _CONTEXT.power(_TEN, _decimal(level / 10))


def _decimal(value: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _cut(value: Decimal) -> Fraction:
    return Fraction(value.quantize(_STEP, context=Context(prec=2 * PRECISION)))
