"""An allowance split over months or counties: the parts sum exactly to the whole. 分解到月、到县。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from qingce.core.errors import complain
from qingce.core.rounding import Exact, fixed
from qingce.outlook.quotas.quota import Quota

__all__ = ["day_parts", "mean_parts", "split", "weighted_mean_parts"]


def split(total: Exact, weights: Sequence[Exact], *, step: Decimal = Decimal(1)) -> tuple[Decimal, ...]:
    """Split `total` by weights into multiples of `step` that sum exactly to it, by the largest remainder.

    Ties go to the earlier part. A negative total is split like its opposite. Raises QC402.

    Examples
    --------
    >>> split(10, [1, 1, 1])
    (Decimal('4'), Decimal('3'), Decimal('3'))
    """
    units = Fraction(total) / Fraction(step)
    shares = [Fraction(weight) for weight in weights]
    whole = sum(shares, Fraction(0))
    if units.denominator != 1 or not whole or min(shares) < 0:
        raise complain("QC402", words={"reason": f"total={total}, step={step}, weights={[str(w) for w in weights]}"})
    sign, count = (-1 if units < 0 else 1), abs(units.numerator)
    exact = [count * share / whole for share in shares]
    parts = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: count - sum(parts)]:
        parts[i] += 1
    return tuple(sign * part * step for part in parts)


def day_parts(quota: Quota, weights: Mapping[str, Exact]) -> tuple[Quota, ...]:
    """Split a quota of days over named parts (months, counties); their days sum exactly to the whole."""
    if quota.allowed is None or quota.allowed < 0:
        return ()
    shares = split(int(quota.allowed), list(weights.values()))
    return tuple(
        replace(quota, allowed=Fraction(share), part=part, text=f"{part}：还可有 {share} 天")
        for part, share in zip(weights, shares, strict=True)
    )


def mean_parts(
    quota: Quota, days: Mapping[str, int], *, shape: Mapping[str, Exact] | None = None, decimals: int = 2
) -> tuple[Quota, ...]:
    """Split a quota of a mean over parts of `days` days each, following `shape` (e.g. last year's means) or evenly.

    The parts weighted by their days sum exactly to the whole. Raises QC402.
    """
    if quota.state != "open" or quota.allowed is None:
        return ()
    form = {part: Fraction(1 if shape is None else shape.get(part, 0)) for part in days}
    weight = sum((days[part] * form[part] for part in days), Fraction(0))
    if not weight or sum(days.values()) != quota.remaining or min(form.values()) < 0:
        raise complain("QC402", words={"reason": f"days={dict(days)}, remaining={quota.remaining}"})
    factor = quota.allowed * quota.remaining / weight
    found = []
    for part in days:
        allowed = factor * form[part]
        shown = fixed(allowed, decimals)
        text = f"{part}：{days[part]} 天均值 {_sign(quota)} {shown}"
        found.append(replace(quota, allowed=allowed, remaining=days[part], part=part, text=text))
    return tuple(found)


def weighted_mean_parts(
    quota: Quota,
    weights: Mapping[str, int],
    *,
    shape: Mapping[str, Exact],
    names: Mapping[str, str],
    decimals: int = 2,
) -> tuple[Quota, ...]:
    """Split a quota of a mean over places, whose means weighted by `weights` (their sites) average exactly to it.

    `shape` is the level of each place against the others. Raises QC402.
    """
    if quota.state != "open" or quota.allowed is None:
        return ()
    form = {part: Fraction(shape.get(part, 0)) for part in weights}
    whole = sum((weights[part] * form[part] for part in weights), Fraction(0))
    if not whole or min(form.values()) < 0 or min(weights.values()) < 0:
        raise complain("QC402", words={"reason": f"weights={dict(weights)}"})
    factor = quota.allowed * sum(weights.values()) / whole
    found = []
    for part in weights:
        shown = fixed(factor * form[part], decimals)
        text = f"{names[part]}：{quota.remaining} 天均值 {_sign(quota)} {shown}"
        found.append(replace(quota, allowed=factor * form[part], part=part, text=text))
    return tuple(found)


def _sign(quota: Quota) -> str:
    return "" if quota.bound is None else quota.bound.sign
