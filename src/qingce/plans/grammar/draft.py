"""A target while it is read, and what the rules need to see. 目标草稿。"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from qingce.plans.grammar.dates import DateMark
from qingce.plans.grammar.quantities import Quantity, find_quantities
from qingce.plans.phrases import Phrases
from qingce.plans.segments import Clause

__all__ = ["Draft", "Page", "Scene", "Value"]

_BEFORE = 10
Value = Decimal | tuple[Decimal, Decimal] | None


@dataclass(slots=True)
class Draft:
    """One target in places of the view; the reader turns it into a record."""

    start: int
    end: int
    indicator: str = ""
    scope: str = ""
    comparator: str = ""
    value: Value = None
    value_start: int | None = None
    value_end: int = 0
    unit: str = ""
    base_year: int | None = None
    deadline: str = ""
    strength: str = ""
    kind: str = "level"
    confidence: float = 0.95
    binds: bool = True
    by_direction: bool = False
    reasons: list[tuple[str, int, int, str]] = field(default_factory=list)

    def because(self, name: str, start: int, end: int, *, rule: str) -> None:
        """Note the words of the view and the rule a field came from."""
        self.reasons.append((name, start, end, rule))


@dataclass(frozen=True, eq=False)
class Page:
    """The whole view as the grammar sees it: `flat` hides brackets, `bare` hides dates too."""

    text: str
    flat: str
    bare: str
    marks: tuple[DateMark, ...]
    phrases: Phrases


@dataclass(frozen=True, eq=False)
class Scene:
    """One clause, what was read before it in its sentence, and whether a date governs it."""

    page: Page
    clause: Clause
    before: tuple[Draft, ...] = ()
    dated: bool = False

    def text(self, start: int, end: int) -> str:
        """Return words as printed (after repair)."""
        return self.page.text[start:end]

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every number of the clause, found once for all rules."""
        return tuple(find_quantities(self.bare, self.clause.start, self.clause.end, phrases=self.page.phrases))

    @property
    def bare(self) -> str:
        """The page without brackets and dates."""
        return self.page.bare

    @property
    def base_year(self) -> int | None:
        """The base year printed in the clause or just before it: 比2020年; 与2020年相比，."""
        clause = self.clause
        first = bisect_left(self.page.marks, clause.start - _BEFORE, key=lambda mark: mark.start)
        last = bisect_left(self.page.marks, clause.end, key=lambda mark: mark.start)
        years = [m.year for m in self.page.marks[first:last] if m.kind == "base"]
        return years[0] if years else None
