"""Records as canonical JSON: the same text for the same value, and exact values back. 记录的规范文本。"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from qingce.core.errors import complain

__all__ = ["read_value", "write_value"]

_DECIMAL, _DAY, _INSTANT = "$decimal", "$date", "$datetime"


def write_value(shelf: str, key: str, *, value: Mapping[str, object]) -> str:
    """Write a record as sorted JSON; Decimal and dates keep their type. Raises QC522 for what cannot be kept."""
    try:
        return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise complain("QC522", words={"shelf": shelf, "key": key, "reason": error}) from error


def read_value(text: str) -> dict[str, object]:
    """Read a record back."""
    value = json.loads(text, object_hook=_typed)
    if not isinstance(value, dict):
        raise TypeError(text)
    return value


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {_name(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return {_DECIMAL: _finite(value)}
    if isinstance(value, datetime):
        return {_INSTANT: value.isoformat()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise TypeError(f"{type(value).__name__} {value!r}")


def _name(name: object) -> str:
    if not isinstance(name, str) or name.startswith("$"):
        raise TypeError(f"key {name!r}")
    return name


def _finite(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"Decimal {value}")
    return str(value)


def _typed(found: dict[str, object]) -> object:
    if len(found) != 1:
        return found
    ((name, text),) = found.items()
    if name == _DECIMAL:
        return Decimal(str(text))
    if name == _DAY:
        return date.fromisoformat(str(text))
    return datetime.fromisoformat(str(text)) if name == _INSTANT else found
