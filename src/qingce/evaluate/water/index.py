"""The water quality index of some sections: each item's ratio to its limit, by rivers and by lakes. 水质指数。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm

from qingce.catalog.methods import Method
from qingce.evaluate.method_options import chosen, whole
from qingce.evaluate.water.periods import Assessed
from qingce.evaluate.water.rules import LAKE, RIVER, Lawbook

__all__ = [
    "FAMILY",
    "ItemRule",
    "WaterIndex",
    "by_number",
    "is_steady",
    "item_sum",
    "items_of",
    "kind_of",
    "share_of_base",
    "water_index",
]

FAMILY = "cwqi"


@dataclass(frozen=True, slots=True)
class WaterIndex:
    """The index of some sections, of their rivers and lakes apart, and the items that none of a kind has."""

    value: Fraction | None
    parts: Mapping[str, Fraction]
    counts: Mapping[str, int]
    missing: tuple[str, ...]


def water_index(sections: Sequence[Assessed], lawbook: Lawbook, *, method: Method) -> WaterIndex:
    """Return the index of sections judged over one period; None where none of them has a mean. Raises QC103, QC107.

    References
    ----------
    [HBJC2017-51]_; [GB3838-2002]_ table 1, class III.
    """
    kinds: dict[str, list[Assessed]] = {RIVER: [], LAKE: []}
    for section in sections:
        if section.means:
            kinds[kind_of(section.place.kind, section.period.end, lawbook)].append(section)
    found = {
        kind: item_sum(_item_means(rows), items_of(kind, rows[0].period.end, lawbook, method=method))
        for kind, rows in kinds.items()
        if rows
    }
    parts, counts = {kind: index for kind, (index, _) in found.items()}, {kind: len(kinds[kind]) for kind in found}
    missing = dict.fromkeys(name for _, names in found.values() for name in names)
    return WaterIndex(by_number(parts, counts, method=method), parts, counts, tuple(missing))


def by_number(parts: Mapping[str, Fraction], counts: Mapping[str, int], *, method: Method) -> Fraction | None:
    """Return the index of all waters from those of the rivers and the lakes by their numbers; None without any."""
    chosen(method, ("city", "verb"), {"weighted_by_number": True})
    total = sum((counts[kind] * index for kind, index in parts.items()), Fraction(0))
    return total / sum(counts.values()) if counts else None


def kind_of(kind: str, day: date, lawbook: Lawbook) -> str:
    """Return whether a kind of water counts as a river or as a lake."""
    rules = lawbook.on(day)
    return LAKE if rules.kinds.get(kind, "") == rules.kinds[LAKE] else RIVER


@dataclass(frozen=True, slots=True)
class ItemRule:
    """By what one item's mean is divided: its class III limit [inside unit], a floor, or the ends of a range."""

    limit: Fraction
    low: Fraction | None
    floor: bool
    neutral: Fraction

    @property
    def falls(self) -> bool:
        """Whether more of the item may lower its index: a floor, or the ends of a range."""
        return self.floor or self.low is not None

    def index(self, value: Fraction) -> Fraction | None:
        """Return the item's index; None where a floor is compared with nothing at all.

        References
        ----------
        [HBJC2017-51]_: C/Cs; Cs/C for oxygen; the distance of pH from neutral in that of its bound.
        """
        if self.low is not None:
            end = self.low if value <= self.neutral else self.limit
            return (value - self.neutral) / (end - self.neutral)
        if self.floor:
            return self.limit / value if value else None
        return value / self.limit


def items_of(kind: str, day: date, lawbook: Lawbook, *, method: Method) -> dict[str, ItemRule]:
    """Return the items of the index of rivers or of lakes on a day, in order; raises QC103, QC107."""
    chosen(method, ("index", "verb"), {"sum_of_ratios": True})
    chosen(method, ("index", "missing"), {"left_out": True})
    rules = lawbook.on(day)
    limits = lawbook.limits(day, rules.kinds[kind])
    grade, neutral = whole(method, "index", "reference_class"), Fraction(whole(method, "index", "neutral"))
    found = {}
    for name in rules.evaluated:
        limit = limits[name][grade - 1]
        low = None if limit.low is None else Fraction(limit.low)
        found[name] = ItemRule(Fraction(limit.value), low, limit.bound == "ge", neutral)
    return found


def item_sum(means: Mapping[str, Fraction], items: Mapping[str, ItemRule]) -> tuple[Fraction, list[str]]:
    """Return the sum of the items' indices and the items that have none."""
    told = {name: rule.index(means[name]) if name in means else None for name, rule in items.items()}
    there = [index for index in told.values() if index is not None]
    whole = lcm(*(index.denominator for index in there))  # one denominator, reduced once
    total = Fraction(sum(index.numerator * (whole // index.denominator) for index in there), whole)
    return total, [name for name, index in told.items() if index is None]


def share_of_base(now: Fraction | None, before: Fraction | None, *, method: Method) -> Fraction | None:
    """Return the change of an index against its base [%], negative is better; None without one of them."""
    chosen(method, ("change", "verb"), {"share_of_base": True})
    return None if now is None or not before else 100 * (now - before) / before


def is_steady(sections: Sequence[Assessed], method: Method) -> bool:
    """Say whether every section with a class is good and keeps its target: such a city has little to gain."""
    grade = whole(method, "change", "exempt_at_most")
    known = [(s.verdict.grade, s.place.target) for s in sections if s.verdict.grade is not None]
    return bool(known) and all(found <= min(grade, target or grade) for found, target in known)


def _item_means(sections: Sequence[Assessed]) -> dict[str, Fraction]:
    """Return the mean of each item over the sections that have it."""
    values: dict[str, list[Fraction]] = {}
    for section in sections:
        for name, mean in section.means.items():
            values.setdefault(name, []).append(mean.value)
    return {name: sum(found, Fraction(0)) / len(found) for name, found in values.items()}
