"""A reading as the JSON of the public contract (DESIGN 8). 公开格式。"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from qingce.core.records import Document, Reading, Target
from qingce.plans.differences import Difference
from qingce.plans.feasibility import feasibility

__all__ = ["difference_to_dict", "reading_to_dict"]


def reading_to_dict(reading: Reading) -> dict[str, Any]:
    """Return the reading as plain values, ready for `json.dump`; a Decimal becomes int or float for display only."""
    return {
        "document": asdict(reading.document),
        "clauses": [asdict(clause) for clause in reading.clauses],
        "targets": [asdict(target) | {"value": _value(target.value)} for target in reading.targets],
        "deadlines": [asdict(deadline) for deadline in reading.deadlines],
        "tasks": [asdict(task) for task in reading.tasks],
        "mechanisms": [asdict(mechanism) for mechanism in reading.mechanisms],
        "repairs": [asdict(repair) for repair in reading.repairs],
        "flags": [difference_to_dict(flag, reading.document, reading.document) for flag in feasibility(reading)],
    }


def difference_to_dict(found: Difference, first: Document, second: Document) -> dict[str, Any]:
    """Return one row of a comparison as plain values; a side without a target is None."""
    return {
        "kind": found.kind,
        "indicator_id": found.indicator_id,
        "indicator": found.indicator,
        "first": _side(found.first, first),
        "second": _side(found.second, second),
        "text": found.text,
        "text_en": found.text_en,
        "note": found.note,
    }


_SIDE = ("id", "quote", "start", "end", "scope", "comparator", "value", "unit", "base_year", "deadline")


def _side(target: Target | None, document: Document) -> dict[str, Any] | None:
    if target is None:
        return None
    fields = {name: getattr(target, name) for name in _SIDE}
    return {"document": document.id} | fields | {"value": _value(target.value)}


def _value(value: Decimal | tuple[Decimal, Decimal] | None) -> int | float | list[int | float] | None:
    if value is None:
        return None
    if isinstance(value, tuple):
        return [_number(part) for part in value]
    return _number(value)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
