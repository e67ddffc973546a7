"""From tables of readings, long or wide, to dense blocks per pollutant. 读数表到时序块。

A block is time-major: `[hour, site]` or `[day, site]`, whole numbers of 1 / `scale` of the inside unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from math import gcd

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.core.absence import Absent, Review
from qingce.core.errors import complain
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools

__all__ = [
    "Block",
    "HOURS",
    "NO_REVIEW",
    "PRESENT",
    "QUANTITIES",
    "REASONS",
    "Readings",
    "SPANS",
    "Stretch",
    "day_number",
    "month_of",
    "read_long",
    "read_wide",
]

QUANTITIES = ("so2", "no2", "co", "o3", "o3_8h", "pm10", "pm2_5")
"""Columns of the contract (DESIGN 8), in order."""
HOURS = 24
REASONS = tuple(Absent)
PRESENT = 0
"""Code of a value that is there; an absent one has 1 + the place of its reason in `REASONS`."""
NO_REVIEW = 127
_EPOCH = date(1970, 1, 1)
SPANS = {"PT1H": 1, "P1D": HOURS}
_PER_HOUR = {"s": 3600, "ms": 3_600_000, "us": 3_600_000_000, "ns": 3_600_000_000_000}
_LOCAL_HOURS = 8  # hours of local standard time ahead of UTC (DESIGN 8: local time)

Longs = NDArray[np.int64]
Codes = NDArray[np.int8]


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - _EPOCH).days


def month_of(days: Longs) -> Longs:
    """Return months since 1970-01 of days since 1970-01-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


@dataclass(frozen=True, slots=True)
class Block:
    """Dense readings of one pollutant: values / scale where `ok`; reason and review, as a rule of each day."""

    values: Longs
    ok: Bools
    scale: int
    reason: Codes
    review: Codes


@dataclass(frozen=True, slots=True)
class _Cells:
    """Readings of one pollutant and span as they came: one element a row."""

    site: NDArray[np.int32]
    hour: Longs
    micro: Longs
    ok: Bools
    reason: Codes
    review: Codes
    known: Longs

    def at(self, index: NDArray[np.integer] | Bools) -> _Cells:
        return _Cells(
            self.site[index], self.hour[index], self.micro[index], self.ok[index],
            self.reason[index], self.review[index], self.known[index],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which sites, sorted, and which whole days: from the day number `first` on."""

    sites: tuple[str, ...]
    first: int
    days: int

    @property
    def start(self) -> date:
        """The first day."""
        return _EPOCH + timedelta(self.first)

    @property
    def end(self) -> date:
        """The last day."""
        return _EPOCH + timedelta(self.first + self.days - 1)

    def rows(self, start: date, end: date, *, steps: int = 1) -> slice:
        """Return the rows from one day to another, both included, in an array of `steps` rows a day."""
        first = day_number(start) - self.first
        return slice(first * steps, (day_number(end) - self.first + 1) * steps)


@dataclass(frozen=True, slots=True)
class Readings(Stretch):
    """Every reading of a table by (pollutant, hours of its span); sites sorted; whole days."""

    cells: Mapping[tuple[str, int], _Cells]

    def over(self, start: date, end: date) -> Readings:
        """Return the same readings laid over more days, both included."""
        first = min(self.first, day_number(start))
        return replace(self, first=first, days=max(self.first + self.days, day_number(end) + 1) - first)

    def has(self, parameter: str, span: int) -> bool:
        """Say whether there are readings of the pollutant with this span [h]."""
        return (parameter, span) in self.cells

    def block(self, parameter: str, span: int, *, states: int = HOURS) -> Block:
        """Lay the readings out in time and by site; raises QC251 for two values of one time.

        Reason and review are kept for every `states` hours.
        """
        cells = self.cells.get((parameter, span))
        shape, daily = ((self.days * HOURS // step, len(self.sites)) for step in (span, states))
        if cells is None:
            nothing = np.zeros(shape, np.int64), np.zeros(shape, bool)
            return Block(*nothing, 1, np.zeros(daily, np.int8), np.full(daily, NO_REVIEW, np.int8))
        place = (cells.hour - self.first * HOURS) // span * len(self.sites) + cells.site
        place, cells = self.in_force(place, cells, label=f"{parameter}")
        quantum = _quantum(cells.micro[cells.ok])
        values, ok = np.zeros(shape, np.int64), np.zeros(shape, bool)
        values.reshape(-1)[place[cells.ok]] = cells.micro[cells.ok] // quantum
        ok.reshape(-1)[place[cells.ok]] = True
        of_day = (cells.hour - self.first * HOURS) // states * len(self.sites) + cells.site
        reason = _paint(daily, of_day[~cells.ok], cells.reason[~cells.ok], start=PRESENT)
        review = _paint(daily, of_day[cells.ok], -cells.review[cells.ok], start=-NO_REVIEW)
        return Block(values, ok, SCALE // quantum, reason, -review)

    def reported(self) -> Bools:
        """Say at which hour and site a row stands, whatever it holds."""
        seen = np.zeros((self.days * HOURS, len(self.sites)), bool)
        for (_, span), cells in self.cells.items():
            if span == 1:
                seen[cells.hour - self.first * HOURS, cells.site] = True
        return seen

    def in_force(self, place: Longs, cells: _Cells, *, label: str) -> tuple[Longs, _Cells]:
        """Keep one row a place, the row known last; raises QC251 for two values known at one time."""
        order = np.lexsort((cells.known, place)) if _doubled(place) else None
        if order is None:
            return place, cells
        place, cells = place[order], cells.at(order)
        last = np.append(place[1:] != place[:-1], True)
        same = ~last[:-1] & (cells.known[1:] == cells.known[:-1])
        differs = (cells.ok[1:] != cells.ok[:-1]) | (cells.ok[1:] & (cells.micro[1:] != cells.micro[:-1]))
        differs |= ~cells.ok[1:] & (cells.reason[1:] != cells.reason[:-1])
        clash = np.flatnonzero(same & differs)
        if clash.size:
            raise self._conflict(cells, int(clash[0]), label)
        return place[last], cells.at(last)

    def _conflict(self, cells: _Cells, row: int, label: str) -> Exception:
        day, hour = divmod(int(cells.hour[row]), HOURS)
        when = f"{_EPOCH + timedelta(day)} {hour:02d}:00"
        pair = [_plain(int(cells.micro[i])) if cells.ok[i] else REASONS[cells.reason[i] - 1] for i in (row, row + 1)]
        key = f"{self.sites[cells.site[row]]} {label} {when}"
        return complain("QC251", words={"key": key, "values": "、".join(sorted(pair))})


def read_long(table: pa.Table) -> Readings:
    """Take the air pollutants of an OBSERVATION table; rows of other parameters and spans are left out.

    A row counts as a value when it has one and no reason of absence. Raises QC250, QC252.
    """
    table = table.filter(pc.is_in(table["parameter"], value_set=arrow.text(QUANTITIES)))
    if not table.num_rows:
        raise complain("QC250", words={"reason": "没有空气参数的行 no row of an air pollutant"})
    parameter, parameters = arrow.codes(table["parameter"])
    span, lengths = arrow.codes(_column(table, "span", "PT1H"))
    site, sites = arrow.codes(table["site"])
    micro, ok = arrow.micro_of(table["value"])
    reason = _reasons(table)
    everything = _Cells(
        site, _hours(table["time"]), micro, ok & (reason == PRESENT),
        np.where(reason == PRESENT, _code(Absent.NOT_REPORTED), reason).astype(np.int8), _reviews(table), _known(table),
    )  # fmt: skip
    cells = {}
    for p, name in enumerate(parameters):
        for s, length in enumerate(lengths):
            here = (parameter == p) & (span == s)
            if length in SPANS and here.any():
                cells[str(name), SPANS[length]] = everything if here.all() else everything.at(here)
    return _readings([str(name) for name in sites], cells)


def read_wide(table: pa.Table, *, daily: bool, key: str = "site") -> Readings:
    """Take a wide table, one column a pollutant; an empty cell is a value that was not reported.

    Raises QC250 without a pollutant's column, QC252, QC253.
    """
    names = [name for name in QUANTITIES if name in table.column_names]
    if not names or not table.num_rows:
        raise complain("QC250", words={"reason": "没有行或没有污染物的列 no row, or no pollutant's column"})
    site, sites = arrow.codes(table[key])
    hour, review, known = _hours(table["time"]), _reviews(table), _known(table)
    cells = {}
    for name in names:
        kind = table.schema.field(name).type
        if not _numeric(kind):
            raise complain("QC253", words={"column": name, "kind": kind})
        micro, ok = arrow.micro_of(table[name])
        reason = np.full(len(micro), _code(Absent.NOT_REPORTED), np.int8)
        cells[name, HOURS if daily else 1] = _Cells(site, hour, micro, ok, reason, review, known)
    return _readings([str(name) for name in sites], cells)


def _readings(sites: Sequence[str], cells: Mapping[tuple[str, int], _Cells]) -> Readings:
    if not cells:
        raise complain("QC250", words={"reason": "没有小时值或日值 neither hourly nor daily values"})
    first = min(int(part.hour.min()) for part in cells.values()) // HOURS
    last = max(int(part.hour.max()) for part in cells.values()) // HOURS
    return Readings(tuple(sites), first, last - first + 1, cells)


def _hours(column: pa.ChunkedArray) -> Longs:
    kind = column.type
    raw = arrow.whole(column)
    if pa.types.is_date32(kind):
        return raw * HOURS
    per_hour = _PER_HOUR[kind.unit]
    if np.any(raw % per_hour):
        bad = int(np.flatnonzero(raw % per_hour)[0])
        raise complain("QC252", words={"time": column[bad].as_py()})
    return raw // per_hour + (_LOCAL_HOURS if kind.tz else 0)


def _reasons(table: pa.Table) -> Codes:
    if "absent" not in table.column_names:
        return np.zeros(table.num_rows, np.int8)
    code, words = arrow.codes(table["absent"])
    known = np.array([*(_code(Absent(str(word))) for word in words), PRESENT], np.int8)
    return known[code]


def _reviews(table: pa.Table) -> Codes:
    if "review" not in table.column_names:
        return np.zeros(table.num_rows, np.int8)
    code, words = arrow.codes(table["review"])
    return np.array([*(Review(str(word)).rank for word in words), 0], np.int8)[code]


def _known(table: pa.Table) -> Longs:
    if "known_at" not in table.column_names or table["known_at"].null_count == table.num_rows:
        return np.zeros(table.num_rows, np.int64)
    return np.where(arrow.validity(table["known_at"]), arrow.whole(table["known_at"]), 0)


def _plain(micro: int) -> str:
    return f"{Decimal(micro).scaleb(-6).normalize():f}"


def _column(table: pa.Table, name: str, default: str) -> pa.ChunkedArray:
    if name in table.column_names:
        return table[name]
    return pa.chunked_array([arrow.words(np.zeros(table.num_rows, np.int32), [default])])


def _code(reason: Absent) -> int:
    return 1 + REASONS.index(reason)


def _numeric(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind))


def _doubled(place: Longs) -> bool:
    if not place.size:
        return False
    low = int(place.min())
    return bool(np.bincount(place - low).max() > 1)


def _quantum(micro: Longs) -> int:
    """Return the largest step of which every value and the unit are whole multiples."""
    return gcd(SCALE, int(np.gcd.reduce(micro))) if micro.size else SCALE


def _paint(shape: tuple[int, int], place: Longs, codes: Codes, *, start: int) -> Codes:
    """Return for each place the largest code that falls on it."""
    canvas = np.full(shape, start, np.int8)
    flat = canvas.reshape(-1)
    for code in _ascending(codes):
        flat[place[codes == code]] = max(code, start)
    return canvas


def _ascending(codes: Codes) -> Iterator[int]:
    return (int(code) for code in np.unique(codes))
