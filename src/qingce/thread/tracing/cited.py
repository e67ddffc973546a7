"""Which numbers that went out in a letter have changed since. 函件引用核对。"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from qingce.core.errors import complain
from qingce.core.rounding import round_gbt8170
from qingce.thread.tracing.steps import Trail

__all__ = ["Flag", "cited_then"]

_SHAPES = "V:indicator:scope:period:series, F:subject:quantity:period:series, T-doc-001"


@dataclass(frozen=True, slots=True)
class Flag:
    """A cited number that the tables no longer give."""

    id: str
    cited: Decimal
    current: Decimal | None
    text: str


def cited_then(cited: Iterable[tuple[str, Decimal | int]], tables: Mapping[str, pa.Table]) -> tuple[Flag, ...]:
    """Return a flag for every (id, value) cited in a letter whose value differs now, compared as precisely as cited.

    Raises QC405 for an id that is nowhere.
    """
    trail = Trail(tables, None)
    flags = []
    for identifier, number in cited:
        then = Decimal(number)
        found, now = _current(identifier, trail)
        if not found:
            raise complain("QC405", words={"id": identifier, "allowed": _SHAPES})
        if now is None or _as_cited(now, then) != then:
            words = "现无有效数值" if now is None else f"现为 {format(now.normalize(), 'f')}"
            flags.append(Flag(identifier, then, now, f"函件引用 {then}，{words}，须更正"))
    return tuple(flags)


def _current(identifier: str, trail: Trail) -> tuple[bool, Decimal | None]:
    """Return whether the id is known, and its number now."""
    if identifier in trail.rows.values:
        return True, _number(trail.rows.values[identifier]["value"])
    if identifier in trail.rows.targets:
        row = trail.rows.targets[identifier]
        official = row["official_value"]
        return True, _number(official if official is not None else row["own_value"])
    number = trail.number(identifier)
    return number is not None, None if number is None else _number(number[0])


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, Decimal | int) else None


def _as_cited(value: Decimal, then: Decimal) -> Decimal:
    """Round to the decimals of the letter, ties to even."""
    return round_gbt8170(value, Decimal(1).scaleb(min(0, int(then.as_tuple().exponent))))
