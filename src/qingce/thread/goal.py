"""What a target asks, as a level in the indicator's own unit: change against a base year becomes a level. 目标值。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal
from qingce.outlook import meets, one_sided
from qingce.thread.binding import Binding

__all__ = ["Goal", "class_names", "goal_of", "printed_value"]

_SIGNS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">", "==": "=", "~": "≈", "range": "介于"}


@dataclass(frozen=True, slots=True)
class Goal:
    """A level to compare with: `comparator` is one of <= >= < > == ~ range. `value` None is a base year not known."""

    comparator: str
    value: Fraction | tuple[Fraction, Fraction] | None
    text: str
    reason: str = ""
    detail: str = ""

    def met_by(self, value: Fraction, step: Decimal | None) -> bool:
        """Say whether a value meets the goal after the verdict's rounding."""
        if self.value is None:
            return False
        return meets(value, self.value, self.comparator, step=step)

    def one_sided(self, direction: str) -> tuple[Fraction, str] | None:
        """Return the level and its single comparison, None where no quota can be counted."""
        if not isinstance(self.value, Fraction) or self.comparator in ("~", "range"):
            return None
        if self.comparator == "==" and direction not in ("lower", "higher"):
            return None
        return self.value, one_sided(self.comparator, direction)


def class_names(indicator: Indicator | None, catalog: Catalog, day: date | None) -> Mapping[int, str]:
    """Return what the classes of water are called, 3 → Ⅲ类; nothing for an indicator that is no class."""
    if indicator is None or indicator.unit != "class" or day is None:
        return {}
    rows = catalog.method("surface_water", day=day).tables.get("classes", [])
    return {int(row.cells["class"]): row.cells["zh"] for row in rows}


def goal_of(binding: Binding, catalog: Catalog, *, base: Fraction | None = None, reported: str = "") -> Goal:
    """Return the level a bound target asks [indicator's unit]; a relative one needs `base`, the base year's value.

    Without it the goal has the reason `awaiting_baseline`. `reported` is the unit of the official value: where the
    decider reports the change itself, it is compared as it is.
    """
    target, indicator = binding.target, binding.indicator
    printed = _printed(binding, catalog)
    if indicator is None or target.value is None:
        return Goal("==", None, printed, "qualitative")
    if binding.relative:
        return _relative(binding, printed, base=base, reported=reported or indicator.unit)
    factor = _factor(target.unit, indicator.unit, catalog)
    if factor is None:
        return Goal(target.comparator, None, printed, "ambiguous", f"单位“{target.unit}”不能换算为“{indicator.unit}”")
    if isinstance(target.value, tuple):
        low, high = sorted(Fraction(value) * factor for value in target.value)
        return Goal("range", (low, high), printed)
    level = Fraction(target.value) * factor
    if target.comparator == "~":
        return Goal("~", level, printed, "approximate")
    return Goal(target.comparator, level, printed)


def _relative(binding: Binding, printed: str, *, base: Fraction | None, reported: str) -> Goal:
    target, indicator = binding.target, binding.indicator
    change = target.value[0] if isinstance(target.value, tuple) else target.value
    if indicator is None or change is None:
        return Goal("==", None, printed, "qualitative")
    if binding.verb == "none" and reported == target.unit:
        return Goal(">=", Fraction(change), printed)
    if base is None:
        year = f"{target.base_year}年" if target.base_year else "基准年未写明"
        return Goal("<=", None, printed, "awaiting_baseline", f"{indicator.zh}，{year}")
    down = target.comparator == "decrease_by"
    share = target.unit in ("%", "％", "percent") and "百分点" not in target.value_text
    moved = base * Fraction(change) / 100 if share else Fraction(change)
    level = base - moved if down else base + moved
    shown = format(as_decimal(level, 3).normalize(), "f")
    return Goal("<=" if down else ">=", level, f"{printed}（即 {'≤' if down else '≥'} {shown}）")


def _printed(binding: Binding, catalog: Catalog) -> str:
    target = binding.target
    names = class_names(binding.indicator, catalog, binding.deadline_day)
    if isinstance(target.value, Decimal) and names.get(int(target.value)):
        return f"{_SIGNS.get(target.comparator, '')} {names[int(target.value)]}".strip()
    number = printed_value(target.value) or target.value_text
    if binding.relative:
        word = "下降" if target.comparator == "decrease_by" else "提高"
        return f"比{target.base_year or '基准'}年{word} {number}{target.unit}"
    return f"{_SIGNS.get(target.comparator, '')} {number} {target.unit}".strip()


def printed_value(value: Decimal | tuple[Decimal, Decimal] | None) -> str:
    """Write a target's value as printed, a range as two numbers, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "–".join(format(part, "f") for part in value)
    return format(value, "f")


def _factor(given: str, inside: str, catalog: Catalog) -> Fraction | None:
    """Return what brings a printed unit to the indicator's; 1 where either has none."""
    if not given or not inside or given == inside:
        return Fraction(1)
    try:
        return Fraction(catalog.units.factor(given, inside))
    except QingceError:
        return None
