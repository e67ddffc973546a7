"""What one model says of one question. 一个模型的回答。"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from qingce.evaluate.kernels.exact import Bools
from qingce.outlook.members import Members, accepted
from qingce.outlook.question import Question
from qingce.outlook.verdict import one_sided

__all__ = ["Answer", "CERTAIN", "FAN", "chance", "meeting"]

CERTAIN = {"lost": 0.0, "safe": 1.0}
"""The chance of what exact arithmetic has already decided."""
FAN = (10, 50, 90)
"""The percentiles of the fan."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's distribution of the statistic at the end: its 10, 50 and 90 per cent, the chance, the fan.

    `words` are the ends as they are said, unit and all, where a number would not do: Ⅲ类.
    """

    model: str
    state: str
    probability: float | None
    ends: tuple[Fraction, ...]
    fan: tuple[tuple[date, tuple[Fraction, ...]], ...]
    decimals: int
    members: int
    history: int
    reason: str = ""
    words: tuple[str, ...] = ()


def meeting(question: Question, members: Members) -> Bools | None:
    """Say which members meet the target; None where the question has none. Raises QC400."""
    side, target = question.comparator, question.target_value
    if target is None:
        return None
    if not isinstance(target, tuple):
        side = one_sided(side, question.indicator.direction)
    return accepted(members, target, side, step=question.step)


def chance(met: int, members: int) -> float:
    """Return the chance that `met` of the members tell; of many futures none or all is never wholly sure.

    A single future is a naive yes or no.
    """
    return float(met) if members == 1 else (met + 1 / 2) / (members + 1)
