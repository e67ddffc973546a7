"""What is asked of the outlook: a bound target's statistic, its goal and the rounding of its verdict. 研判的问题。"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.core.periods import Period
from qingce.core.records import Indicator

__all__ = ["OutlookTables", "Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """One target: does the indicator meet `comparator target_value` over `period` in every one of `subjects`?

    With `mean` it is asked of the mean of the subjects instead; `unit` is the one that the plan prints.
    `subjects` are cities, counties or sections; `scope` is the code that is printed. `step` is the rounding of the
    verdict, None for none; `target_value` is a pair for a range, None where only the distribution is asked for.
    """

    target_id: str
    indicator: Indicator
    scope: str
    period: Period
    comparator: str
    target_value: Fraction | tuple[Fraction, Fraction] | None
    step: Decimal | None = None
    series: str = "measured"
    subjects: tuple[str, ...] = ()
    mean: bool = False
    unit: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """The subjects, the scope itself where none are named."""
        return self.subjects or (self.scope,)

    @property
    def verb(self) -> str:
        """The declared statistic."""
        return str(self.indicator.statistic.get("verb", "none"))


@dataclass(frozen=True, slots=True)
class OutlookTables:
    """OUTLOOK, one row a target and model, and OUTLOOK_PATH, the fans."""

    outlook: pa.Table
    paths: pa.Table
