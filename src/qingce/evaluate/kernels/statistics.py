"""Statistics over exact values: mean, percentile, counts. 统计。"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from qingce.evaluate.kernels.exact import Ratios, common_denominator, mean, product

__all__ = ["mean_of", "percentile_of"]


def mean_of(values: Ratios) -> Fraction | None:
    """Return the mean of the values that are there; None for none."""
    result = mean(Ratios(values.num[None, :], values.den[None, :], values.ok[None, :]))
    return Fraction(int(result.num[0]), int(result.den[0])) if result.ok[0] else None


def percentile_of(values: Ratios, percent: Fraction) -> Fraction | None:
    """Return the linear percentile: rank k = 1 + (n − 1)·p of the sorted values, neighbours interpolated.

    References
    ----------
    [HJ663-2013]_ A.6.
    """
    there = values.at(values.ok)
    if not there.num.size:
        return None
    common = common_denominator(there)
    scaled = np.sort(product(there.num, common // there.den.astype(object)))
    rank = (len(scaled) - 1) * percent / 100
    below = rank.numerator // rank.denominator
    low = int(scaled[below])
    high = int(scaled[min(below + 1, len(scaled) - 1)])
    return (low + (high - low) * (rank - below)) / common
