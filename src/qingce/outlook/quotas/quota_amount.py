"""What is left of an amount or a ratio: tonnes, counts, ratio points; the share that days left must reach. 余额。"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from qingce.core.rounding import Exact, as_decimal
from qingce.outlook.quotas.quota import Quota
from qingce.outlook.quotas.split import split
from qingce.outlook.verdict import bound_of

__all__ = ["amount_parts", "amount_quota", "share_quota"]

POINTS = "points"


def amount_quota(
    value: Exact,
    *,
    target: Exact,
    comparator: str,
    step: Decimal | None,
    unit: str,
    shown: str = "",
    per: Fraction = Fraction(1),
    kind: str = "amount",
    over: bool = False,
) -> Quota:
    """Return what is missing to a floor, or the room below a cap [unit]; `kind` is amount (t, numbers) or points [%].

    `shown` is the unit that the words name, `per` how many of `unit` it is: 万吨 is 10000 t.
    `allowed` is positive while something is missing (floor) or left (cap), and negative beyond. `over` says that the
    period has ended: the state is then safe or lost; before, nothing is final. Raises QC400.

    Examples
    --------
    >>> amount_quota(620, target=1000, comparator=">=", step=None, unit="t").text
    '距目标还差 380 t'
    >>> amount_quota(Decimal("86.8"), target=Decimal("86.2"), comparator=">=", step=None, unit="%", kind="points").text
    '已达到，高出 0.6 个百分点'
    """
    bound = bound_of(target, comparator, step)
    floor = bound.sense == ">="
    left = bound.value - Fraction(value)
    met = bound.accepts(value)
    number = _number(abs(left) / per, shown or unit)
    words = {
        (True, False): f"距目标还差 {number}",
        (True, True): f"已达到，高出 {number}" if left else "正好达到",
        (False, True): f"距上限还有 {number}",
        (False, False): f"已超出上限 {number}",
    }
    state = ("safe" if met else "lost") if over else "open"
    rule = "strict" if step is None else "rounded"
    return Quota(kind, rule, state, 0, 0, left, bound.inclusive, bound.sense, unit, words[floor, met])


def amount_parts(
    quota: Quota,
    weights: dict[str, Exact],
    *,
    step: Decimal,
    names: dict[str, str],
    shown: str = "",
    per: Fraction = Fraction(1),
) -> tuple[Quota, ...]:
    """Split an amount over named parts in multiples of `step`; they sum exactly to the whole, the odd rest with the
    first part. Nothing is split where nothing is missing or left. `shown` and `per` as of `amount_quota`. Raises QC402.
    """
    if quota.allowed is None or quota.allowed <= 0:
        return ()
    units = quota.allowed / Fraction(step)
    whole = units.numerator // units.denominator * Fraction(step)
    shares = [Fraction(share) for share in split(whole, list(weights.values()), step=step)]
    shares[0] += quota.allowed - whole
    word = "须完成" if quota.sense == ">=" else "可用"
    return tuple(
        replace(
            quota,
            allowed=share,
            part=part,
            text=f"{names.get(part, part)}：{word} {_number(share / per, shown or quota.unit)}",
        )
        for part, share in zip(weights, shares, strict=True)
    )


def share_quota(days: Quota, *, good: bool) -> Quota | None:
    """Return the share of the days left [%] that must be good (`good`) or may be bad, from a quota of days.

    None where it is settled or nothing is left.
    """
    if days.state != "open" or days.allowed is None or not days.remaining:
        return None
    bad = 100 * days.allowed / days.remaining
    share = 100 - bad if good else bad
    sense, sign = (">=", "≥") if good else ("<=", "≤")
    text = f"剩余 {days.remaining} 天{'达标' if good else '超标'}比例 {sign} {as_decimal(share, 1):f}%"
    return replace(days, kind=POINTS, allowed=share, inclusive=True, sense=sense, unit="%", text=text)


def _number(value: Fraction, unit: str) -> str:
    """Write an amount with its unit, of a ratio the points."""
    return f"{as_decimal(value, 3).normalize():f} {unit}".replace(" %", " 个百分点")
