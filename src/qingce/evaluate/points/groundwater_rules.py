"""The rules of groundwater, read once from the method and the limits it names. 地下水规则。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.records import Limit
from qingce.evaluate.method_options import chosen, number, open_questions, whole
from qingce.evaluate.readings import Reading

__all__ = ["FAMILY", "GroundItem", "GroundRules", "ground_items", "ground_rules"]

FAMILY = "groundwater"
_SHARES = {"half_detection_limit": Fraction(1, 2)}
_UNDETECTED = ("half", "zero")


@dataclass(frozen=True, slots=True)
class GroundItem:
    """One item: its group of the standard, what a non-detect counts as, and the worst class it can have."""

    parameter: str
    group: str
    undetected: str
    worst: int


@dataclass(frozen=True, slots=True)
class GroundRules:
    """One method of the family with the limits of its items, best class first."""

    id: str
    standard: str
    items: Mapping[str, GroundItem]
    limits: Mapping[str, tuple[Limit, ...]]
    names: Mapping[int, str]
    worst: int
    detection_share: Fraction
    worse_than: int
    goal: Fraction
    questions: Mapping[str, str]

    def counted(self, reading: Reading) -> Fraction | None:
        """Return the value a reading counts with [inside unit]; None where it has none."""
        if not reading.below:
            return reading.value
        if self.items[reading.parameter].undetected == "zero":
            return Fraction(0)
        return None if reading.limit is None else reading.limit * self.detection_share


def ground_items(method: Method) -> dict[str, GroundItem]:
    """Return the items of a method in its order; raises QC103, QC107."""
    items = {}
    for row in sorted(method.tables["items"], key=lambda row: row.whole("order")):
        name, undetected = row.text("parameter"), row.one_of("undetected", _UNDETECTED)
        items[name] = GroundItem(name, row.text("group"), undetected, row.whole("worst"))
    return items


def ground_rules(method: Method, catalog: Catalog, *, day: date, edition: str) -> GroundRules:
    """Read a method with the limits of a day; `edition` other than "auto" is a what-if. Raises QC103–QC105, QC107."""
    chosen(method, ("class", "verb"), {"best_met": True})
    chosen(method, ("statistics", "verb"), {"mean": True})
    items = ground_items(method)
    return GroundRules(
        id=method.id,
        standard=str(method.option("standard", "code")),
        items=items,
        limits={name: _limits(method, item, catalog, day=day, edition=edition) for name, item in items.items()},
        names={row.whole("class"): row.text("zh") for row in method.tables["classes"]},
        worst=whole(method, "class", "worst"),
        detection_share=chosen(method, ("non_detect", "verb"), _SHARES),
        worse_than=whole(method, "share", "worse_than"),
        goal=number(method, "share", "goal_percent"),
        questions=open_questions(method),
    )


def _limits(method: Method, item: GroundItem, catalog: Catalog, *, day: date, edition: str) -> tuple[Limit, ...]:
    """Return the limits of every class but the worst, best first; raises QC104, QC105."""
    averaging, place = str(method.option("standard", "averaging")), str(method.option("standard", "place"))
    return tuple(
        catalog.limit(item.parameter, averaging, str(grade), day=day, place=place, edition=edition)
        for grade in range(1, item.worst)
    )
