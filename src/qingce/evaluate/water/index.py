"""The water quality index of some sections: each item's ratio to its limit, by rivers and by lakes. 水质指数。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from qingce.catalog.methods import Method
from qingce.core.records import Limit
from qingce.evaluate.method_options import chosen, whole
from qingce.evaluate.water.periods import Assessed
from qingce.evaluate.water.rules import LAKE, RIVER, Lawbook

__all__ = ["FAMILY", "WaterIndex", "is_steady", "item_index", "share_of_base", "water_index"]

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
    chosen(method, ("index", "verb"), {"sum_of_ratios": True})
    chosen(method, ("index", "missing"), {"left_out": True})
    chosen(method, ("city", "verb"), {"weighted_by_number": True})
    kinds: dict[str, list[Assessed]] = {RIVER: [], LAKE: []}
    for section in sections:
        if section.means:
            rules = lawbook.on(section.period.end)
            lake = rules.kinds.get(section.place.kind, "") == rules.kinds[LAKE]
            kinds[LAKE if lake else RIVER].append(section)
    found = {kind: _index(rows, lawbook, kind, method=method) for kind, rows in kinds.items() if rows}
    counts = {kind: len(kinds[kind]) for kind in found}
    total = sum((counts[kind] * index for kind, (index, _) in found.items()), Fraction(0))
    missing = dict.fromkeys(name for _, names in found.values() for name in names)
    parts = {kind: index for kind, (index, _) in found.items()}
    return WaterIndex(total / sum(counts.values()) if counts else None, parts, counts, tuple(missing))


def share_of_base(now: Fraction | None, before: Fraction | None, *, method: Method) -> Fraction | None:
    """Return the change of an index against its base [%], negative is better; None without one of them."""
    chosen(method, ("change", "verb"), {"share_of_base": True})
    return None if now is None or not before else 100 * (now - before) / before


def item_index(parameter: str, value: Fraction, limit: Limit, *, neutral: Fraction) -> Fraction | None:
    """Return one item's index by how its limit bounds it; None where a floor is compared with nothing at all.

    References
    ----------
    [HBJC2017-51]_: C/Cs; Cs/C for oxygen; the distance of pH from neutral in that of its bound.
    """
    bound = Fraction(limit.value)
    if limit.low is not None:
        low = Fraction(limit.low)
        return (neutral - value) / (neutral - low) if value <= neutral else (value - neutral) / (bound - neutral)
    if limit.bound == "ge":
        return bound / value if value else None
    return value / bound


def is_steady(sections: Sequence[Assessed], method: Method) -> bool:
    """Say whether every section with a class is good and keeps its target: such a city has little to gain."""
    grade = whole(method, "change", "exempt_at_most")
    known = [(s.verdict.grade, s.place.target) for s in sections if s.verdict.grade is not None]
    return bool(known) and all(found <= min(grade, target or grade) for found, target in known)


def _index(sections: Sequence[Assessed], lawbook: Lawbook, kind: str, *, method: Method) -> tuple[Fraction, list[str]]:
    """Return the index of sections of one kind of water and the items that none of them has."""
    day = sections[0].period.end
    rules = lawbook.on(day)
    limits = lawbook.limits(day, rules.kinds[kind])
    grade, neutral = whole(method, "index", "reference_class"), Fraction(whole(method, "index", "neutral"))
    total, missing = Fraction(0), []
    for name in rules.evaluated:
        values = [section.means[name].value for section in sections if name in section.means]
        mean = sum(values, Fraction(0)) / len(values) if values else None
        index = None if mean is None else item_index(name, mean, limits[name][grade - 1], neutral=neutral)
        if index is None:
            missing.append(name)
        else:
            total += index
    return total, missing
