"""Observations of water as exact readings: one for each section, parameter, span and time. 地表水数据。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.core.absence import Absent
from qingce.core.errors import complain
from qingce.evaluate.water_rules import Lawbook

__all__ = ["Place", "Reading", "places_of", "read_readings"]

_NEEDED = ("site", "parameter", "time", "value")
_USED = (*_NEEDED, "span", "absent", "detection_limit", "review", "known_at")
_MANUAL = ("sample", "P1M")
"""Spans of what people sampled; any other span is a station's (`PT1H`, `PT4H`, `P1D`)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading in the inside unit; `value` None with the reason why; `automatic` from a station."""

    section: str
    parameter: str
    time: datetime
    automatic: bool
    value: Fraction | None
    reason: str
    review: str


@dataclass(frozen=True, slots=True)
class Place:
    """A section 断面: its name, kind of water, target class and the days on which it is one."""

    section: str
    name: str
    kind: str
    target: int | None
    first: date
    last: date


def read_readings(table: pa.Table, lawbook: Lawbook) -> list[Reading]:
    """Read the water parameters of a long table; the later known of two rows stands. Raises QC250, QC251.

    A value below its detection limit counts with the share of the limit that the method says (half).

    References
    ----------
    [HBJCH2020-82]_ item 7.
    """
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise complain("QC250", words={"reason": f"缺列 no column: {', '.join(missing)}"})
    columns = {name: table[name].to_pylist() for name in _USED if name in table.column_names}
    kept: dict[tuple[object, ...], dict[str, object]] = {}
    for number in range(table.num_rows):
        row = {name: cells[number] for name, cells in columns.items()}
        if row["time"] is not None and row["parameter"] in lawbook.on(_day(row["time"])).items:
            key = row["site"], row["parameter"], row.get("span") or _MANUAL[0], row["time"]
            kept[key] = _later(kept.get(key), row, key)
    return [_reading(row, lawbook) for row in kept.values()]


def places_of(sites: pa.Table | None, readings: Sequence[Reading]) -> dict[str, Place]:
    """Return every section of the register and of the readings; one that is not registered is a river's."""
    found: dict[str, Place] = {}
    for row in _sections(sites):
        target = row.get("target_class")
        section = str(row["site"])
        found[section] = Place(
            section,
            str(row.get("name") or section),
            str(row.get("water_kind") or ""),
            target if isinstance(target, int) else None,
            _bound(row.get("valid_from"), date.min),
            _bound(row.get("valid_until"), date.max),
        )
    for reading in readings:
        if reading.section not in found:
            found[reading.section] = Place(reading.section, reading.section, "", None, date.max, date.max)
    return found


def _sections(sites: pa.Table | None) -> Iterator[Mapping[str, object]]:
    if sites is not None:
        yield from (row for row in sites.to_pylist() if row.get("kind") in (None, "", "section"))


def _reading(row: Mapping[str, object], lawbook: Lawbook) -> Reading:
    time = row["time"]
    value, reason = _exact(row["value"]), str(row.get("absent") or "")
    if reason == Absent.BELOW_DETECTION:
        limit = _exact(row.get("detection_limit"))
        value = None if limit is None else limit * lawbook.on(_day(time)).detection_share
    elif reason:
        value = None
    return Reading(
        section=str(row["site"]),
        parameter=str(row["parameter"]),
        time=time if isinstance(time, datetime) else datetime.combine(_day(time), datetime.min.time()),
        automatic=(row.get("span") or _MANUAL[0]) not in _MANUAL,
        value=value,
        reason="" if value is not None else reason or Absent.NOT_REPORTED.value,
        review=str(row.get("review") or ""),
    )


def _later(one: dict[str, object] | None, other: dict[str, object], key: tuple[object, ...]) -> dict[str, object]:
    if one is None:
        return other
    known, then = other.get("known_at"), one.get("known_at")
    if isinstance(known, datetime) and isinstance(then, datetime) and known != then:
        return other if known > then else one
    if any(one.get(name) != other.get(name) for name in ("value", "absent", "detection_limit")):
        words: dict[str, object] = {"key": " ".join(str(part) for part in key)}
        raise complain("QC251", words=words | {"values": f"{one['value']}、{other['value']}"})
    return one


def _exact(value: object) -> Fraction | None:
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return Fraction(number) if number.is_finite() else None


def _day(time: object) -> date:
    if isinstance(time, datetime):
        return time.date()
    if isinstance(time, date):
        return time
    raise complain("QC252", words={"time": time})


def _bound(day: object, otherwise: date) -> date:
    return day if isinstance(day, date) else otherwise
