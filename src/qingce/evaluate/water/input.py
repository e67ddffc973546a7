"""Observations of water as exact readings: one for each section, parameter, span and time. 地表水数据。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa

from qingce.core.absence import Absent
from qingce.core.errors import complain
from qingce.evaluate.long_rows import LongRows
from qingce.evaluate.water.rules import Lawbook

__all__ = ["Place", "Reading", "places_named", "places_of", "read_readings"]

_NEEDED = ("site", "parameter", "time", "value")
_MANUAL = ("sample", "P1M")
"""Spans of what people sampled; any other span is a station's (`PT1H`, `PT4H`, `P1D`)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading [millionths of the inside unit]; `micro` None with the reason why; `automatic` from a station."""

    section: str
    parameter: str
    time: datetime
    automatic: bool
    micro: int | Fraction | None
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
    """Read the water parameters of a long table; the later known of two rows stands. Raises QC250, QC251, QC252.

    A value below its detection limit counts with the share of the limit that the method says (half).

    References
    ----------
    [HBJCH2020-82]_ item 7.
    """
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise complain("QC250", words={"reason": f"缺列 no column: {', '.join(missing)}"})
    rows = _Rows(table, span=_MANUAL[0])
    kept: dict[tuple[object, ...], int] = {}
    for number, key in enumerate(zip(rows.site, rows.parameter, rows.span, rows.time, strict=True)):
        if key[3] is not None and key[1] in lawbook.on(_day(key[3])).items:
            kept[key] = number if key not in kept else rows.later(kept[key], number, key)
    return [rows.reading(number, lawbook) for number in kept.values()]


class _Rows(LongRows):
    """Rows of the table as readings."""

    def reading(self, number: int, lawbook: Lawbook) -> Reading:
        """Return one row as a reading."""
        time, reason = self.time[number], self.absent[number]
        micro: int | Fraction | None = self.value[number]
        if reason == Absent.BELOW_DETECTION:
            limit = self.limit[number]
            micro = None if limit is None else limit * lawbook.on(_day(time)).detection_share
        elif reason:
            micro = None
        return Reading(
            section=str(self.site[number]),
            parameter=self.parameter[number],
            time=time if isinstance(time, datetime) else datetime.combine(time, datetime.min.time()),
            automatic=self.span[number] not in _MANUAL,
            micro=micro,
            reason="" if micro is not None else reason or Absent.NOT_REPORTED.value,
            review=self.review[number],
        )


def places_of(sites: pa.Table | None, readings: Sequence[Reading]) -> dict[str, Place]:
    """Return every section of the register and of the readings; one that is not registered is a river's."""
    return places_named(sites, dict.fromkeys(reading.section for reading in readings))


def places_named(sites: pa.Table | None, names: Iterable[str]) -> dict[str, Place]:
    """Return every section of the register and every other one named."""
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
    for name in names:
        if name not in found:
            found[name] = Place(name, name, "", None, date.max, date.max)
    return found


def _sections(sites: pa.Table | None) -> Iterator[Mapping[str, object]]:
    if sites is not None:
        yield from (row for row in sites.to_pylist() if row.get("kind") in (None, "", "section"))


def _day(time: object) -> date:
    if isinstance(time, datetime):
        return time.date()
    if isinstance(time, date):
        return time
    raise complain("QC252", words={"time": time})


def _bound(day: object, otherwise: date) -> date:
    return day if isinstance(day, date) else otherwise
