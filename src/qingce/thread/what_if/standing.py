"""Where a target stands, in a what-if and without one: figure, quota, verdict. 目前所处。"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qingce.outlook import Quota, meets
from qingce.outlook.question import Question
from qingce.thread.status import figure_decimals, shown

__all__ = ["NOWHERE", "Standing", "standing_of"]

VERDICT_ZH = {
    "lost": "已失守",
    "safe": "已稳妥",
    "met": "达标",
    "not_met": "未达标",
    "met_so_far": "目前达标",
    "not_met_so_far": "目前未达标",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a target stands: figure to date, quota of the rest, verdict (lost | safe | met | not_met, … _so_far)."""

    value: Fraction | None
    text: str
    quota: Quota | None
    verdict: str

    @property
    def verdict_text(self) -> str:
        """The verdict in words."""
        return VERDICT_ZH.get(self.verdict, "")


NOWHERE = Standing(None, "", None, "")
"""Where a target stands of which nothing is known yet."""


def standing_of(question: Question, value: Fraction, quota: Quota | None, *, left: int) -> Standing:
    """Return where a figure leaves a target; `left` are the days or months that may still change it."""
    goal = question.target_value
    met = isinstance(goal, Fraction) and meets(value, goal, question.comparator, step=question.step)
    verdict = ("met" if met else "not_met") + ("_so_far" if left else "")
    if left and quota is not None and quota.state in ("lost", "safe"):
        verdict = quota.state
    return Standing(value, shown(value, figure_decimals(question.indicator)), quota, verdict)
