"""What is taken as known though it is not: days, indices, months, reports set by hand, for a what-if. 情景给定值。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from qingce.core.periods import Period

__all__ = ["Given", "INDEX"]

INDEX = "aqi"
"""The name under which a day's index is given, beside the quantities."""
Named = Mapping[tuple[str, str], Mapping[date, Fraction]]


@dataclass(frozen=True, slots=True)
class Given:
    """Values that stand in the place of drawn or known ones, exact, in the inside unit.

    `days`: (subject, quantity) → coming day → concentration. `index`: (target, subject) → any day → index; each target
    counts days by its own limit. `months`: (section, parameter) → `2026-11` → mean, of months over or to come.
    `reports`: (indicator, scope) → period → what a report of it says [the indicator's unit].
    """

    days: Named = field(default_factory=dict)
    index: Named = field(default_factory=dict)
    months: Mapping[tuple[str, str], Mapping[str, Fraction]] = field(default_factory=dict)
    reports: Mapping[tuple[str, str], Mapping[Period, Fraction]] = field(default_factory=dict)

    def of(self, target: str, subject: str) -> dict[str, Mapping[date, Fraction]]:
        """Return what is given of one subject for a target, by quantity, with the index under its own name."""
        found = {name: values for (place, name), values in self.days.items() if place == subject and values}
        index = self.index.get((target, subject))
        return found | ({INDEX: index} if index else {})
