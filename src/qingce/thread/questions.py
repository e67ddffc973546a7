"""What the outlook is asked about a bound target. 向研判提出的问题。"""

from __future__ import annotations

from datetime import date

from qingce.outlook.question import Question
from qingce.thread.binding import Binding, assessed_period
from qingce.thread.goal import Goal
from qingce.thread.values import carried_period

__all__ = ["question_of"]

ASKED = ("region", "regions", "each", "sections")
MEAN = "regions"
"""The kind of scope that is judged by the mean of its regions."""


def question_of(binding: Binding, goal: Goal | None, *, as_of: date) -> Question | None:
    """Return the question of a target whose period is not over, else of the year that carries its level on.

    None for a target that is not bound or that has no single level. One that neither days nor months answer is asked of
    what was reported; one of several regions is asked of their mean.
    """
    indicator, scope, basis = binding.indicator, binding.scope, binding.basis
    if goal is None or indicator is None or scope is None or basis is None or not binding.bound:
        return None
    side = goal.one_sided(indicator.direction)
    period = carried_period(binding, as_of) or assessed_period(binding, as_of)
    if side is None or period is None or scope.kind not in ASKED:
        return None
    if not period.start <= as_of < period.end:
        return None
    level, comparator = side
    return Question(
        target_id=binding.target.id,
        indicator=indicator,
        scope=scope.code,
        period=period,
        comparator=comparator,
        target_value=level,
        step=basis.step,
        series="measured" if scope.kind == "sections" else basis.series,
        subjects=scope.subjects,
        mean=scope.kind == MEAN,
        unit=binding.target.unit,
    )
