"""Compaction: many small segments become one of a day, then one of a month, sorted by key. 合并。

Plain hourly rows of many sites are packed (`store.packing`); the others stay rows, in a segment of the same family. The
new is listed and the old retired in one transaction, so a reader sees either. Rows, batches and the chain stay as they
were; retired files are deleted after a grace longer than any reader.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial, reduce
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from qingce.core.errors import StoreError, complain
from qingce.store.forms import located, rows_of
from qingce.store.gathering import Packer, beside_packed
from qingce.store.kinds import Kind
from qingce.store.manifest import Manifest, Segment, list_segment, retire
from qingce.store.packing import form_of, write_packed
from qingce.store.reading import ORDER, Engine, Statement
from qingce.store.segments import SUFFIX, bounds, describe, segment_name, write_whole
from qingce.store.times import SECOND, Clock, from_micros, micros

__all__ = ["Compactor", "Merge", "plan_bulk", "plan_days", "plan_months", "sweep"]

DAY, MONTH = 1, 2
_PERIOD = "_period"
_LARGE = 2_000_000
"""Rows at which a segment is no longer small and is left as it is."""
_BULK = 100_000
"""Rows from which a segment as appended is packed, though it be alone and its month not over."""
_MANY = 8
"""So many segments are merged whatever their sizes; fewer only if that adds a quarter, so that a late row does not
rewrite its whole month."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Segments that become one of a day or month; or, without a period, one for each month they touch."""

    level: int
    period: str
    segments: tuple[Segment, ...]


def plan_days(kind: Kind, segments: Sequence[Segment]) -> list[Merge]:
    """Group what lies within one day of the month still growing."""
    groups: dict[str, list[Segment]] = {}
    newest = max((_span(kind, segment)[1][:7] for segment in segments), default="")
    for segment in _small(segments):
        first, last = _span(kind, segment)
        if first == last and first[:7] == newest:
            groups.setdefault(first, []).append(segment)
    return [Merge(DAY, period, tuple(group)) for period, group in sorted(groups.items()) if _worth(group)]


def plan_bulk(kind: Kind, segments: Sequence[Segment]) -> list[Merge]:
    """Group what was appended in bulk and may be packed, so that what shares a month is packed together."""
    bulk = [each for each in segments if kind.grid is not None and each.level == 0 and each.count >= _BULK]
    groups: list[list[Segment]] = []
    until = ""
    for segment in sorted(bulk, key=lambda each: _span(kind, each)):
        first, last = (day[:7] for day in _span(kind, segment))
        if first > until:
            groups.append([])
        groups[-1].append(segment)
        until = max(until, last)
    return [Merge(MONTH, "", tuple(group)) for group in groups]


def plan_months(kind: Kind, segments: Sequence[Segment]) -> list[Merge]:
    """Group what lies within one finished month, and what crosses months if it has become much."""
    groups: dict[str, list[Segment]] = {}
    newest = max((_span(kind, segment)[1][:7] for segment in segments), default="")
    for segment in _small(segments):
        first, last = (day[:7] for day in _span(kind, segment))
        if first != last or first < newest:
            groups.setdefault(first if first == last else "", []).append(segment)
    wide = groups.pop("", [])
    merges = [Merge(MONTH, period, tuple(group)) for period, group in sorted(groups.items()) if _worth(group)]
    return [*merges, Merge(MONTH, "", tuple(wide))] if len(wide) >= _MANY else merges


class Compactor:
    """Merges the segments of one kind; several may run at once, and then one of them gives way."""

    def __init__(self, folder: Path, manifest: Manifest, *, engine: Engine, now: Clock) -> None:
        self._folder = folder
        self._manifest = manifest
        self._engine = engine
        self._now = now

    def run(self, kind: Kind) -> int:
        """Pack what came in bulk, merge days, then months; returns how many segments were retired. Raises QC5xx."""
        plans = (plan_bulk, plan_days, plan_months)
        return sum(self._merge(kind, merge) for plan in plans for merge in plan(kind, self._manifest.live(kind.name)))

    def _merge(self, kind: Kind, merge: Merge) -> int:
        made: list[Segment] = []
        retired = 0
        try:
            made.extend(self._write(kind, merge))
            retired = self._exchange(merge, made)
        except StoreError:
            if self._in_force(merge):
                raise
        finally:
            if not retired:
                for segment in made:
                    (self._folder / segment.name).unlink(missing_ok=True)
        return retired

    def _write(self, kind: Kind, merge: Merge) -> Iterator[Segment]:
        """Write the rows anew: packed where that is worth it, all others sorted by key, one segment for each period."""
        family = secrets.token_hex(6)
        packed: list[Segment] = []
        for segment in self._pack(kind, merge, family=family):
            packed.append(segment)
            yield segment
        if sum(segment.count for segment in packed) < sum(segment.count for segment in merge.segments):
            yield from self._sort(kind, merge, packed=packed, family=family)

    def _pack(self, kind: Kind, merge: Merge, *, family: str) -> Iterator[Segment]:
        if kind.grid is None:
            return
        packer = Packer(self._engine, self._folder, kind=kind)
        for stretch in packer.stretches(merge.segments):
            band = packer.packed(merge.segments, stretch)
            if not band.count or 2 * band.count < band.exists.any(axis=1).sum() * stretch.cells:
                continue
            form, label = form_of(band), merge.period or from_micros(stretch.start * SECOND).strftime("%Y-%m")
            name = segment_name(kind.name, seq=merge.segments[-1].last_seq, label=label)
            size = write_whole(self._folder / name, partial(write_packed, band, form))
            limits = band.limits()
            made = describe(kind, name, level=merge.level, count=band.count, size=size, limits=limits)
            yield replace(made, form=form.text, family=family, alone=1)

    def _sort(self, kind: Kind, merge: Merge, *, packed: Sequence[Segment], family: str) -> Iterator[Segment]:
        """Write the rows that are not packed, as one segment or as one for each month; in one reading."""
        label = f"'{merge.period}'" if merge.period else f"strftime({kind.clock}, '%Y-%m')"
        columns, key = (", ".join(f'"{name}"' for name in names) for names in (kind.physical.names, kind.key))
        rows, values = rows_of(kind, merge.segments, self._folder)
        if packed:
            beside, more = beside_packed(kind, packed, self._folder)
            rows, values = f"SELECT * FROM ({rows}) AS rows WHERE {beside}", [*values, *more]
        text = f"SELECT {columns}, {label} AS {_PERIOD} FROM ({rows}) ORDER BY {_PERIOD}, {key}, {ORDER}"
        schema = kind.physical.append(pa.field(_PERIOD, pa.string()))
        tables = self._engine.stream(Statement(text, values), located(self._folder, merge.segments), schema=schema)
        for period, parts in groupby(_cut(tables), key=itemgetter(0)):
            name = segment_name(kind.name, seq=merge.segments[-1].last_seq, label=period)
            tally = _Tally(kind)
            size = write_whole(self._folder / name, partial(tally.fill, parts))
            made = describe(kind, name, level=merge.level, count=tally.count, size=size, limits=tally.limits)
            yield replace(made, family=family, alone=int(tally.alone))

    def _exchange(self, merge: Merge, made: Sequence[Segment]) -> int:
        """List the new and retire the old at once; nothing if another compactor was first."""
        kept, given = sum(segment.count for segment in made), sum(segment.count for segment in merge.segments)
        if kept != given:
            reason = f"{given} rows listed, {kept} rows found"
            raise complain("QC504", str(self._folder / merge.segments[0].name), {"reason": reason})
        names = [segment.name for segment in merge.segments]
        with self._manifest.writing() as connection:
            there = all((self._folder / segment.name).is_file() for segment in made)
            if not there or not _all_in_force(connection, names):
                return 0
            for segment in made:
                list_segment(connection, segment)
            return retire(connection, names, at=micros(self._now()))

    def _in_force(self, merge: Merge) -> bool:
        with self._manifest.writing() as connection:
            return _all_in_force(connection, [segment.name for segment in merge.segments])


@dataclass(slots=True)
class _Tally:
    """What has been written to one new segment."""

    kind: Kind
    count: int = 0
    limits: dict[str, int | None] = field(default_factory=dict)
    alone: bool = True
    _last: pa.Table | None = None

    def fill(self, parts: Iterable[tuple[str, pa.Table]], sink: BinaryIO) -> None:
        """Write the parts of one period as one Parquet file."""
        import pyarrow.parquet as pq

        with pq.ParquetWriter(
            sink, self.kind.physical, compression="zstd", compression_level=3, write_page_checksum=True
        ) as writer:
            for _, table in parts:
                writer.write_table(table)
                self._widen(bounds(self.kind, table))
                self._compare(table)
                self.count += table.num_rows

    def _compare(self, table: pa.Table) -> None:
        """Note whether a key follows itself; rows come sorted by key."""
        keys = table.select(self.kind.key)
        keys = keys if self._last is None else pa.concat_tables([self._last, keys])
        same = [pc.equal(keys[name].slice(1), keys[name].slice(0, keys.num_rows - 1)) for name in self.kind.key]
        self.alone = self.alone and not pc.any(reduce(pc.and_, same)).as_py()
        self._last = keys.slice(keys.num_rows - 1)

    def _widen(self, more: dict[str, int | None]) -> None:
        for name, value in more.items():
            here = self.limits.get(name)
            wider = min if name.startswith("first") else max
            self.limits[name] = value if here is None else here if value is None else wider(here, value)


def sweep(folder: Path, manifest: Manifest, *, now: datetime, grace: timedelta) -> int:
    """Delete files retired, or left unlisted by a killed writer, longer than `grace` ago; returns how many."""
    limit = micros(now - grace)
    with manifest.writing() as connection:
        found = connection.execute("SELECT name FROM segments WHERE retired_at < ?", [limit]).fetchall()
        connection.execute("DELETE FROM segments WHERE retired_at < ?", [limit])
    gone = {str(name) for (name,) in found}
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    return len(gone) + sum(_sweep_orphan(folder, manifest, path=path) for path in _old_files(folder, grace))


def _sweep_orphan(folder: Path, manifest: Manifest, *, path: Path) -> bool:
    """Delete one old file that no transaction has listed or can still list."""
    name = path.relative_to(folder).as_posix()
    with manifest.writing() as connection:
        if connection.execute("SELECT 1 FROM segments WHERE name = ?", [name]).fetchone():
            return False
        path.unlink(missing_ok=True)
    return True


def _old_files(folder: Path, grace: timedelta) -> list[Path]:
    """Return the files older than `grace` by the disk's own clock that look like segments or unfinished ones."""
    oldest = time.time() - grace.total_seconds()
    found = []
    for path in (folder / "segments").rglob(f"*{SUFFIX}*"):
        try:
            if path.stat().st_mtime < oldest:
                found.append(path)
        except FileNotFoundError:  # another sweeper was quicker
            continue
    return found


def _all_in_force(connection: sqlite3.Connection, names: Sequence[str]) -> bool:
    marks = ", ".join("?" * len(names))
    statement = f"SELECT count(*) FROM segments WHERE retired_at IS NULL AND name IN ({marks})"
    return bool(connection.execute(statement, list(names)).fetchone()[0] == len(names))


def _cut(tables: Iterable[pa.Table]) -> Iterator[tuple[str, pa.Table]]:
    """Cut tables sorted by period where the period changes, and take that column off."""
    for table in tables:
        runs = pc.run_end_encode(table[_PERIOD].combine_chunks())
        place = 0
        for period, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield period, table.slice(place, end - place).drop_columns([_PERIOD])
            place = end


def _small(segments: Sequence[Segment]) -> list[Segment]:
    return [segment for segment in segments if segment.count < _LARGE]


def _worth(group: Sequence[Segment]) -> bool:
    """Whether merging pays for the rows it writes again."""
    if len({segment.family or segment.name for segment in group}) == 1:  # what one merge left is merged already
        return False
    counts = [segment.count for segment in group]
    return len(group) >= _MANY or (len(group) > 1 and 4 * (sum(counts) - max(counts)) >= max(counts))


def _span(kind: Kind, segment: Segment) -> tuple[str, str]:
    """Return the first and last day that a segment holds, `2026-05-31`."""
    first, last = segment.first_known, segment.last_known
    if kind.clock == kind.time and segment.first_time is not None and segment.last_time is not None:
        first, last = segment.first_time, segment.last_time
    return from_micros(first).strftime("%Y-%m-%d"), from_micros(last).strftime("%Y-%m-%d")
