"""From a value, a goal and a quota to a status in plain words. 状态。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal, fixed, round_gbt8170
from qingce.outlook import Quota
from qingce.thread.binding import REASON_ZH
from qingce.thread.goal import Goal

__all__ = ["Facts", "STATUS_ZH", "Status", "figure_decimals", "judge", "printed_places", "shown"]

STATUS_ZH = {
    "met": "达标",
    "not_met": "未达标",
    "lost": "已失守",
    "at_risk": "有风险",
    "on_track": "进度正常",
    "safe": "已稳妥",
    "awaiting": "待数据",
    "unbound": "未绑定",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one target on a day.

    `persisted`: the year's figure if the rest repeats last year's rest; `passing`: that year is not the deadline's, so
    what is lost or safe in it is neither for the target.
    """

    goal: Goal
    step: Decimal | None
    value: Fraction | None
    source: str
    final: bool
    deadline: date | None
    quota: Quota | None = None
    persisted: Fraction | None = None
    rest: Fraction | None = None
    decimals: int = 2
    names: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""
    detail: str = ""
    passing: bool = False
    months: str = ""
    """The period in words where it is not a year: a quarter, a season."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status with its words, and the reason where there is no verdict."""

    code: str
    text: str
    reason: str = ""
    reason_text: str = ""


def judge(facts: Facts) -> Status:
    """Return the status of a target; a verdict 达标/未达标 is given at its deadline only, 年度进展 before."""
    if facts.goal.reason and facts.goal.value is None:
        return _waiting(facts.goal.reason, facts.goal.detail)
    if facts.value is None:
        return _waiting(facts.reason or "no_data", facts.detail)
    if facts.goal.reason:
        return _waiting(facts.goal.reason, f"{shown(facts.value, facts.decimals)}，目标 {facts.goal.text}")
    met = facts.goal.met_by(facts.value, facts.step)
    if facts.final:
        code = "met" if met else "not_met"
        return Status(code, f"{STATUS_ZH[code]}：{_compared(facts, met)}（{facts.source}）")
    code, words = _interim(facts, met)
    year = f"年度进展（时限 {facts.deadline.year} 年）" if facts.deadline else "年度进展"
    year = f"时段进展（{facts.months}）" if facts.months else year
    return Status(code, f"{year}：{STATUS_ZH[code]}，{words}")


def figure_decimals(indicator: Indicator) -> int:
    """Return how many decimals a figure is told in: a class whole, anything else with two at least."""
    return 0 if indicator.unit == "class" else max(2, indicator.decimals)


def printed_places(value: Fraction | None) -> int:
    """Return the decimals a value needs, as its decider printed it.

    Examples
    --------
    >>> printed_places(Fraction(2710)), printed_places(Fraction(1186, 10))
    (0, 1)
    """
    exponent = as_decimal(value or 0).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def shown(value: Fraction | Decimal, decimals: int = 2) -> str:
    """Print an exact value with fixed decimals, rounded once.

    Examples
    --------
    >>> shown(Fraction(6341, 151))
    '41.99'
    """
    return fixed(value, decimals)


def _waiting(reason: str, detail: str) -> Status:
    words = REASON_ZH.get(reason, reason)
    text = words + (f"（{detail}）" if detail else "")
    code = "unbound" if reason in ("no_data", "ambiguous", "qualitative") else "awaiting"
    return Status(code, f"{STATUS_ZH[code]}：{text}", reason, text)


def _interim(facts: Facts, met: bool) -> tuple[str, str]:
    quota, now = facts.quota, _compared(facts, met)
    if quota is not None and quota.state in ("lost", "safe"):
        code = {"lost": "at_risk", "safe": "on_track"}[quota.state] if facts.passing else quota.state
        return code, f"{now}；{quota.text}"
    left = f"；{quota.text}" if quota is not None else ""
    if facts.persisted is None:
        return ("on_track" if met else "at_risk"), f"目前 {now}{left}"
    good = facts.goal.met_by(facts.persisted, facts.step)
    rest = (
        f"余下与去年同期相同（{shown(facts.rest, facts.decimals)}）" if facts.rest is not None else "余下与去年同期相同"
    )
    whole = "全时段" if facts.months else "全年"
    outcome = f"若{rest}，{whole} {shown(facts.persisted, facts.decimals)}，{'可' if good else '不'}达标"
    return ("on_track" if good else "at_risk"), f"目前 {now}；{outcome}{left}"


def _named(value: Fraction, facts: Facts) -> str:
    """Return the name of a class, nothing for a number."""
    return facts.names.get(int(value), "") if value.denominator == 1 else ""


def _compared(facts: Facts, met: bool) -> str:
    """Print the comparison that decides: `35.87 ≤ 39`, with the rounding done before it."""
    goal, value = facts.goal, facts.value
    if value is None:
        return ""
    figure = _named(value, facts) or shown(value, facts.decimals)
    if facts.step is not None:
        figure += f"（修约为 {format(round_gbt8170(value, facts.step), 'f')}）"
    if isinstance(goal.value, tuple):
        low, high = (format(as_decimal(part, 3).normalize(), "f") for part in goal.value)
        return f"{figure} {'在' if met else '不在'} {low}–{high} 之间"
    level = "" if goal.value is None else _named(goal.value, facts)
    level = level or ("" if goal.value is None else format(as_decimal(goal.value, 3).normalize(), "f"))
    signs = {"<=": "≤>", "<": "<≥", ">=": "≥<", ">": ">≤", "==": "=≠", "~": "≈≠"}[goal.comparator]
    sign = signs[0 if met else 1]
    if sign == "≠" and goal.comparator == "==" and goal.value is not None:
        sign = "<" if value < goal.value else ">"
    return f"{figure} {sign} {level}"
