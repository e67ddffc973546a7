"""A reading as the JSON of the public contract (DESIGN 8). 公开格式。"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from qingce.core.records import Reading

__all__ = ["reading_to_dict"]


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
    }


def _value(value: Decimal | tuple[Decimal, Decimal] | None) -> int | float | list[int | float] | None:
    if value is None:
        return None
    if isinstance(value, tuple):
        return [_number(part) for part in value]
    return _number(value)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
