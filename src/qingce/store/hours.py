"""Reading hours as a dense block: grids decoded side by side, rows beside them laid over. 逐时读取。

A grid goes into the planes as it stands, in two threads, each decoding groups of whole days. Every other row of the
days, from the tail not yet merged or beside a grid, is put to the engine first: the last known of each key wins.
Values that are absent and values below zero are `MISSING` in a block; the lake keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.absence import Review
from qingce.core.blocks import MISSING, HourBlock
from qingce.core.ports import Unpacker, Unpacking
from qingce.store.arrays import integers, numbers, places, there, whole_values
from qingce.store.blocks import NO_REVIEW, Cells, Filling
from qingce.store.forms import Column, Form, located
from qingce.store.kinds import Grid, Kind
from qingce.store.manifest import Segment
from qingce.store.packing import stretch_of
from qingce.store.pages import chunk_of, filled
from qingce.store.reading import Engine, Question, contested
from qingce.store.segments import readable
from qingce.store.times import DAY, SECOND, micros

__all__ = ["HourReader"]

_THREADS = 2
_NOTHING = np.int16(MISSING)
_ASKED = ("site", "parameter", "time", "value", "absent", "review")
_RANKS = {review.value: review.rank for review in Review}


@dataclass(frozen=True, slots=True)
class _Group:
    """One group of lines of a packed file: whole days at the sites of the file."""

    path: Path
    number: int
    form: Form
    start: int
    hours: int
    sites: tuple[str, ...]
    meta: Any
    columns: Mapping[str, int]
    """The number of each column in the file."""


class HourReader:
    """Reads blocks of one kind from segments in force."""

    def __init__(self, engine: Engine, folder: Path, *, kind: Kind, unpacking: Unpacking | None = None) -> None:
        self._engine, self._folder, self._kind = engine, folder, kind
        self._unpacking = unpacking
        self._grid = kind.grid or Grid((), "", 1)

    def read(
        self,
        segments: Sequence[Segment],
        parameters: Sequence[str],
        *,
        days: tuple[date, date],
        known_at: datetime | None,
    ) -> HourBlock:
        """Return the block of some days; `segments` are those that may hold something of them. Raises QC5xx."""
        start, end = (datetime.combine(day, datetime.min.time()) for day in days)
        grids, rest = self._divided(segments, known_at)
        table = self._beside(grids, rest, parameters, times=(start, end), known_at=known_at)
        begin, hours = micros(start) // SECOND, int((end - start) / timedelta(hours=1))
        groups = [group for grid in grids for group in self._groups(grid) if _within(group, begin, hours)]
        words = places(table["site"])[1] if table.num_rows else []
        lists = {id(group.sites): group.sites for group in groups}
        sites = sorted(set(words).union(*lists.values()))
        cells = _cells(table, sites, parameters, begin=begin)
        filling = self._filling(groups, cells, parameters, sites=sites, hours=hours)
        unpacker = self._unpacking(hours * len(sites) * len(parameters)) if self._unpacking else None
        decode = partial(_decode, filling=filling, parameters=parameters, begin=begin, unpacker=unpacker)
        with ThreadPoolExecutor(_THREADS) as threads:
            for _ in threads.map(decode, groups):
                pass
        filling.blank()
        if len(cells.hour):
            filling.lay(cells)
        return filling.block(parameters, days[0])

    def _divided(self, segments: Sequence[Segment], known_at: datetime | None) -> tuple[list[Segment], list[Segment]]:
        """Return the grids that can be read as they stand, no two of them of one day, and all other segments."""
        known = None if known_at is None else micros(known_at)
        grids: list[Segment] = []
        rest: list[Segment] = []
        for segment in sorted(segments, key=lambda each: -each.count):
            plain = segment.form and (known is None or segment.last_known <= known)
            apart = all(not _share_a_day(segment, other) for other in grids)
            (grids if plain and apart else rest).append(segment)
        return grids, rest

    def _beside(
        self,
        grids: Sequence[Segment],
        rest: Sequence[Segment],
        parameters: Sequence[str],
        *,
        times: tuple[datetime, datetime],
        known_at: datetime | None,
    ) -> pa.Table:
        """Return the rows in force of every key that stands in another segment than a grid."""
        where = {"span": self._grid.span, "parameter": list(parameters)}
        question = Question(_ASKED, where, times[0], times[1], known_at)
        rivals = [grid for grid in grids if any(_may_win(grid, other) for other in rest)]
        statement = contested(self._kind, question, rivals, rest=rest, folder=self._folder)
        schema = pa.schema([self._kind.physical.field(name) for name in _ASKED])
        if not rest:
            return pa.Table.from_batches([], schema)
        return self._engine.table(statement, located(self._folder, [*rest, *rivals]), schema=schema)

    def _groups(self, segment: Segment) -> list[_Group]:
        import pyarrow.parquet as pq

        path, form = self._folder / segment.name, Form.read(segment.form)
        with readable(path), pq.ParquetFile(path) as file:
            meta, stretch = file.metadata, stretch_of(file.metadata)
        columns = {meta.schema.column(number).path: number for number in range(meta.num_columns)}
        groups, start = [], stretch.start
        for number in range(meta.num_row_groups):
            hours = meta.row_group(number).num_rows // len(stretch.sites)
            groups.append(_Group(path, number, form, start, hours, stretch.sites, meta, columns))
            start += hours * self._grid.step
        return groups

    def _filling(
        self, groups: Sequence[_Group], cells: Cells, parameters: Sequence[str], *, sites: Sequence[str], hours: int
    ) -> Filling:
        """Return planes wide enough for all that is to go into them."""
        digits, widths = [], []
        for number, name in enumerate(parameters):
            columns = {column for group in groups if (column := group.form.column(name)) is not None}
            finest = max([column.digits for column in columns] + [cells.digits(number)])
            most = cells.value[cells.plane == number].max(initial=0) // 10 ** (6 - finest)
            same = all(column.digits == finest for column in columns) and most <= np.iinfo(np.int16).max
            digits.append(finest)
            widths.append(max([column.width for column in columns] + [2]) if same else 8)
        return Filling(sites, hours, digits=digits, widths=widths)


def _share_a_day(one: Segment, other: Segment) -> bool:
    (first, last), (begin, end) = _days(one), _days(other)
    return first <= end and begin <= last


def _days(segment: Segment) -> tuple[int, int]:
    return (segment.first_time or 0) // SECOND // DAY, (segment.last_time or 0) // SECOND // DAY


def _may_win(grid: Segment, other: Segment) -> bool:
    """Whether a row of a grid may be known later than one of another segment of the same key."""
    apart = grid.family == other.family or not _share_a_day(grid, other)
    return not apart and other.first_known <= grid.last_known


def _within(group: _Group, begin: int, hours: int) -> bool:
    return group.start < begin + hours * 3600 and group.start + group.hours * 3600 > begin


def _cells(table: pa.Table, sites: Sequence[str], parameters: Sequence[str], *, begin: int) -> Cells:
    """Return rows as cells; those of no whole hour have no place in a block."""
    if not table.num_rows:
        nothing = np.empty(0, np.int64)
        return Cells(nothing, nothing, nothing, nothing, nothing.astype(np.int8))
    found: list[NDArray[Any]] = []
    lists: tuple[dict[Any, int], ...] = (_numbered(parameters), _numbered(sites), _RANKS)
    for name, known in zip(("parameter", "site", "review"), lists, strict=True):
        indices, words = places(table[name])
        found.append(np.array([known.get(word, 0) for word in words], np.int64)[indices])
    seconds = integers(table["time"]) - begin
    value, valued = whole_values(table["value"])
    value = np.where(valued & ~there(table["absent"]) & (value >= 0), value, MISSING)
    whole = seconds % 3600 == 0
    plane, site, rank = (each[whole] for each in found)
    return Cells(plane, seconds[whole] // 3600, site, value[whole], rank.astype(np.int8))


def _numbered(words: Sequence[str]) -> dict[Any, int]:
    return {word: number for number, word in enumerate(words)}


@dataclass(frozen=True, slots=True)
class _Window:
    """Where a group of lines goes: its rows from `first` on into the planes' hours `low` to `high`, at some sites."""

    group: _Group
    filling: Filling
    first: int
    low: int
    high: int
    place: slice | NDArray[np.int64]

    def cut(self, lines: NDArray[Any]) -> NDArray[Any]:
        """Return those of the group's lines that go into the planes, `[hour, site]`."""
        return lines.reshape(-1, len(self.group.sites))[self.low - self.first : self.high - self.first]

    def room(self, number: int, column: Column) -> NDArray[np.int16] | None:
        """Return where the group's lines may be unpacked: in the plane itself where they fit; None if not at all."""
        plane = self.filling.planes[number]
        if plane.dtype != np.int16 or column.digits != self.filling.digits[number]:
            return None
        lines = self.group.hours * len(self.group.sites)
        here = plane[self.low : self.high].reshape(-1)
        return here if here.size == lines and isinstance(self.place, slice) else np.empty(lines, np.int16)


def _decode(
    group: _Group, *, filling: Filling, parameters: Sequence[str], begin: int, unpacker: Unpacker | None
) -> None:
    """Decode one group of lines into the planes."""
    first = (group.start - begin) // 3600
    low, high = max(first, 0), min(first + group.hours, filling.rank.shape[0])
    window = _Window(group, filling, first, low, high, _places(group.sites, filling.sites))
    found = {} if unpacker is None else _unpacked(window, parameters, unpacker)
    review = _review(group)
    left = [name for name in parameters if name not in found and group.form.column(name) is not None]
    table = _lines(group, left if review is not None else [*left, "review"])
    nothing = np.full((high - low, len(group.sites)), _NOTHING)
    for number, name in enumerate(parameters):
        target = filling.planes[number][low:high]
        column = group.form.column(name)
        if column is None or not isinstance(window.place, slice):
            target[:] = MISSING
        if column is not None:
            step = 10 ** (filling.digits[number] - column.digits)
            lines = found[name] if name in found else _values(table[name], target.dtype, step)
            cells = window.cut(lines)
            if not np.may_share_memory(cells, target):
                target[:, window.place] = cells
            nothing &= cells if cells.dtype == np.int16 else np.where(cells < 0, _NOTHING, np.int16(0))
    _rank(window, nothing < 0, review if review is not None else _ranks(table["review"]))


def _rank(window: _Window, nothing: NDArray[np.bool_], review: int | NDArray[np.int8]) -> None:
    """Tell the rank of review of a group's hours: of the whole group, or of each of its lines."""
    target = window.filling.rank[window.low : window.high]
    whole = isinstance(window.place, slice)
    ranks = target if whole else np.empty(nothing.shape, np.int8)
    ranks[:] = review if isinstance(review, int) else window.cut(review)
    np.copyto(ranks, np.int8(NO_REVIEW), where=nothing)
    if not whole:
        target[:] = NO_REVIEW
        target[:, window.place] = ranks
    window.filling.tell(window.low, window.high)


def _unpacked(window: _Window, parameters: Sequence[str], unpacker: Unpacker) -> dict[str, NDArray[np.int16]]:
    """Return the lines of those parameters that can be unpacked without Arrow."""
    group, chunks = window.group, {}
    for number, name in enumerate(parameters):
        column = group.form.column(name)
        out = None if column is None else window.room(number, column)
        chunk = None if out is None else chunk_of(group.meta, group.number, group.columns[name], out=out)
        if chunk is not None:
            chunks[name] = chunk
    if not chunks:
        return {}
    with readable(group.path), group.path.open("rb", buffering=0) as file:
        sound = filled(unpacker, file, list(chunks.values()))
    return {name: chunk.out for name, chunk in chunks.items()} if sound else {}


def _lines(group: _Group, columns: Sequence[str]) -> pa.Table:
    import pyarrow.parquet as pq

    if not columns:
        return pa.table({})
    with readable(group.path):
        how = {"metadata": group.meta, "memory_map": True, "pre_buffer": False, "read_dictionary": ["review"]}
        how |= {"page_checksum_verification": True}
        with pq.ParquetFile(group.path, **how) as file:
            return file.read_row_group(group.number, columns=list(columns), use_threads=False)


def _places(sites: tuple[str, ...], among: tuple[str, ...]) -> slice | NDArray[np.int64]:
    """Return where sites stand among others; all of them, in order, is the rule."""
    if sites == among:
        return slice(None)
    known = _numbered(among)
    return np.array([known[site] for site in sites], np.int64)


def _values(column: pa.ChunkedArray, kind: Any, step: int) -> NDArray[Any]:
    """Return the values of a column in another scale, `MISSING` where one is null or below zero."""
    values = integers(column)
    if step > 1 or values.dtype != kind:
        values = values.astype(kind) * kind.type(step)
    if column.null_count:  # v * 1 + 1 - 1 or v * 0 + 0 - 1: half the time of choosing; what overflows comes back
        kept = there(column).view(np.int8)
        values = values * kept
        values += kept
        values -= kind.type(1)
    told: NDArray[Any] = np.maximum(values, kind.type(MISSING))
    return told


def _review(group: _Group) -> int | None:
    """Return the rank of review of a whole group if its statistics say that it has but one."""
    lines = group.meta.row_group(group.number)
    numbers = range(lines.num_columns)
    place = next(number for number in numbers if lines.column(number).path_in_schema == "review")
    told = lines.column(place).statistics
    if told is None or not told.has_min_max or told.min != told.max:
        return None
    return _RANKS.get(told.min)


def _ranks(column: pa.ChunkedArray) -> NDArray[np.int8]:
    """Return the rank of review of each line."""
    parts = []
    for chunk in column.chunks:
        ranks = np.array([_RANKS.get(word, 0) for word in chunk.dictionary.to_pylist()] or [0], np.int8)
        indices, valid = numbers(pa.chunked_array([chunk.indices]))
        parts.append(np.where(valid, ranks[indices], NO_REVIEW))
    return np.concatenate(parts).astype(np.int8)
