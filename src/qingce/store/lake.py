"""The lake: immutable Parquet segments, a manifest, two clocks and a chain. 湖。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from qingce.core.blocks import HourBlock
from qingce.core.errors import StoreError, complain
from qingce.core.ports import Receipt, Unpacking
from qingce.core.records import Fault
from qingce.core.tables import shape
from qingce.store.chain import digests, head_after, verify_kind
from qingce.store.compaction import Compactor, sweep
from qingce.store.digest import batch_digest, column_digest, constant
from qingce.store.forms import located
from qingce.store.gathering import days_after, extent_of, keys_after
from qingce.store.hours import HourReader
from qingce.store.kinds import KINDS, ROW, SEQ, Kind, kind_named
from qingce.store.manifest import Batch, Manifest, Segment, head_of, list_batch, list_segment
from qingce.store.reading import Engine, Question, Statement, answer_schema, everything, in_force, relevant
from qingce.store.segments import bounds, describe, disk_errors, make_folder, segment_name, write_parquet, write_whole
from qingce.store.times import Clock, from_micros, local, micros, utc, utc_now

__all__ = ["Growth", "SegmentLake"]

_T = TypeVar("_T")
Ask = Callable[[], Sequence[Segment]]
_TRIES = 5
"""How often a reader asks again when a file it was told of has been swept meanwhile."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What came after a batch: the last batch now, its head, and the days touched; None if the batch is not known."""

    seq: int
    head: str
    days: tuple[date, ...] | None


class SegmentLake:
    """A lake in a folder; `core.ports.Lake` says what each method promises. Safe for threads and processes."""

    def __init__(
        self,
        folder: Path,
        *,
        offset: str = "+08:00",
        grace: timedelta = timedelta(hours=6),
        patience: float = 60,
        memory: str = "2GB",
        now: Clock = utc_now,
        unpacking: Unpacking | None = None,
    ) -> None:
        self.folder = folder
        with disk_errors(folder):
            make_folder(folder)
        self._manifest = Manifest(folder, offset=offset, patience=patience)
        self._offset = self._manifest.offset
        self._engine = Engine(memory=memory)
        self.grace = grace
        self._now = now
        self._unpacking = unpacking

    def append(self, kind: str, rows: pa.Table, *, source: str) -> Receipt:
        """Write rows durably as one segment and list it; raises QC500, QC503, QC505, QC506, QC507, QC512.

        A null `known_at` becomes the instant of this append, later than any known time of its kind even if the
        clock went back. A `known_at` that is given is the caller's word for when the row was known, and is kept.
        """
        form = kind_named(kind)
        table = _prepared(form, rows)
        hashed = digests(form, table, leave="known_at")
        with self._manifest.writing() as connection:
            last = head_of(connection.execute("SELECT seq, known, head FROM heads WHERE kind = ?", [kind]).fetchall())
            seq, stamp = last[0] + 1, max(micros(self._now()), last[1] + 1)
            table = _stamped(form, table, stamp=stamp, seq=seq)
            known = max(last[1], _latest(table, stamp))
            hashed["known_at"] = column_digest("known_at", table["known_at"])
            said: dict[str, object] = {"kind": kind, "seq": seq, "known": known, "count": table.num_rows}
            said |= {"source": source, "digest": batch_digest(form.readable.names, hashed)}
            segment = _written(self.folder, form, table, seq=seq) if table.num_rows else None
            list_batch(connection, Batch(**said, head=head_after(last[2], said)))  # type: ignore[arg-type]
            if segment is not None:
                list_segment(connection, segment)
        name = "" if segment is None else segment.name
        return Receipt(name, table.num_rows, from_micros(_latest(table, stamp)), head_after(last[2], said))

    def scan(
        self,
        kind: str,
        *,
        columns: Sequence[str] | None = None,
        where: Mapping[str, object] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        known_at: datetime | None = None,
    ) -> pa.Table:
        """Return the rows in force, sorted by key: the last known (not after `known_at`) of each key.

        `where` maps a column to one value or several; `start` <= time < `end` [local time of the lake]. Raises QC500,
        QC504, QC508, QC509, QC514.
        """
        form = kind_named(kind)
        begin, until = (None if each is None else local(each, self._offset) for each in (start, end))
        known = None if known_at is None else utc(known_at)
        question = Question(columns, where or {}, begin, until, known)
        schema = answer_schema(form, question)
        in_force(form, question, [], folder=self.folder)  # a question that cannot be asked is refused even of nothing
        return _answer(
            self,
            schema,
            ask=lambda: relevant(form, self._manifest.live(kind), question),
            state=lambda segments: in_force(form, question, segments, folder=self.folder),
        )

    def history(self, kind: str, where: Mapping[str, object]) -> pa.Table:
        """Return every row ever written that fits `where`, oldest known first, with its `known_at`. Raises QC5xx."""
        form = kind_named(kind)
        everything(form, where, [], folder=self.folder)
        return _answer(
            self,
            form.readable,
            ask=lambda: self._manifest.live(kind),
            state=lambda segments: everything(form, where, segments, folder=self.folder),
        )

    def hours(
        self, parameters: Sequence[str], *, start: date, end: date, known_at: datetime | None = None
    ) -> HourBlock:
        """Return the hourly values in force on the days `start` <= day < `end` as a dense block.

        Only sites with a value are in it; what is absent, and what is below zero, is missing there and kept in the
        lake. Raises QC504, QC507, QC510, QC514, QC515 (no such parameter in a block).
        """
        form = kind_named("observation")
        strange = [name for name in parameters if form.grid is None or name not in form.grid.parameters]
        if strange or start > end:
            allowed = "" if form.grid is None else ", ".join(form.grid.parameters)
            raise complain("QC515", words={"asked": ", ".join(strange) or f"{start}..{end}", "allowed": allowed})
        reader = HourReader(self._engine, self.folder, kind=form, unpacking=self._unpacking)
        begin, until = (datetime.combine(day, datetime.min.time()) for day in (start, end))
        known = None if known_at is None else utc(known_at)
        question = Question(start=begin, end=until, known_at=known)
        return _steadily(
            self,
            lambda: relevant(form, self._manifest.live(form.name), question),
            lambda segments: reader.read(segments, parameters, days=(start, end), known_at=known),
        )

    def version(self, kind: str) -> str:
        """Return the head of the chain of `kind`; raises QC500."""
        return self._manifest.head(kind_named(kind).name)[2]

    def heads(self) -> dict[str, str]:
        """Return the head of every chain, to be printed where nobody can change it."""
        return {kind: self._manifest.head(kind)[2] for kind in KINDS}

    def known_until(self, kind: str) -> datetime | None:
        """Return the last known time of `kind` [UTC]: what was known at it or before never changes again."""
        seq, known, _ = self._manifest.head(kind_named(kind).name)
        return from_micros(known) if seq else None

    def since(self, kind: str, seq: int, *, head: str) -> Growth:
        """Return what came after batch `seq`, if that is a batch of this lake and ended its chain at `head`.

        The days are those of rows that a grid may hold. Raises QC500, QC504, QC507, QC510, QC514.
        """
        form = kind_named(kind)
        last, _, now = self._manifest.head(kind)
        if head != self._manifest.head_at(kind, seq):
            return Growth(last, now, None)
        schema = pa.schema([("day", pa.date32())])
        table = _answer(
            self,
            schema,
            ask=lambda: [segment for segment in self._manifest.live(kind) if segment.last_seq > seq],
            state=lambda segments: days_after(form, segments, seq, folder=self.folder),
        )
        return Growth(last, now, tuple(table["day"].to_pylist()))

    def changed(self, kind: str, *, head: str) -> pa.Table | None:
        """Return the `site` and `day` of every row appended after the chain ended at `head`, each pair once.

        None when the chain never ended there. Raises QC500, QC504, QC507, QC510, QC514.
        """
        form = kind_named(kind)
        seq = self._manifest.seq_of(form.name, head)
        if seq is None:
            return None
        return _answer(
            self,
            pa.schema([("site", pa.string()), ("day", pa.date32())]),
            ask=lambda: [segment for segment in self._manifest.live(kind) if segment.last_seq > seq],
            state=lambda segments: keys_after(form, segments, seq, folder=self.folder),
        )

    def extent(self, kind: str, by: Sequence[str], *, end: datetime | None = None) -> pa.Table:
        """Return what stands in some columns of all rows ever written, with the `first` and `last` time of each.

        `end` leaves out what lies at it or later. No row is sorted: this is much cheaper than a scan. Of key columns it
        is what is in force; of others it may be more. Raises QC500, QC504, QC508, QC509, QC510, QC514.
        """
        form = kind_named(kind)
        question = Question(by, end=None if end is None else local(end, self._offset))
        asked = answer_schema(form, question)
        if not form.time:
            raise complain("QC509", words={"kind": form.name})
        time = form.physical.field(form.time).type
        return _answer(
            self,
            pa.schema([*asked, ("first", time), ("last", time)]),
            ask=lambda: self._manifest.live(kind),
            state=lambda segments: extent_of(form, by, segments, end=question.end, folder=self.folder),
        )

    def files(self, kind: str) -> list[Path]:
        """Return the live segment files of `kind`; raises QC500."""
        return [self.folder / segment.name for segment in self._manifest.live(kind_named(kind).name)]

    def compact(self, kind: str) -> int:
        """Merge small segments by day then month, delete what was retired long ago; returns how many were retired."""
        form = kind_named(kind)
        retired = Compactor(self.folder, self._manifest, engine=self._engine, now=self._now).run(form)
        with disk_errors(self.folder):
            sweep(self.folder, self._manifest, now=self._now(), grace=self.grace)
        return retired

    def verify(self, printed: Mapping[str, str] | None = None) -> list[Fault]:
        """Recompute every chain from the rows and return what does not fit; nothing means nothing was changed.

        `printed` maps a kind to a head noted earlier, which must still be in its chain. Raises QC502.
        """
        faults: list[Fault] = []
        for kind in KINDS.values():
            head = (printed or {}).get(kind.name, "")
            faults += verify_kind(kind, self.folder, manifest=self._manifest, engine=self._engine, printed=head)
        return faults

    def close(self) -> None:
        """Release what is open."""
        self._engine.close()
        self._manifest.close()


def _answer(
    lake: SegmentLake, schema: pa.Schema, *, ask: Ask, state: Callable[[Sequence[Segment]], Statement]
) -> pa.Table:
    """Answer over the files listed now; when one was swept meanwhile, over those listed then."""

    def answer(segments: Sequence[Segment]) -> pa.Table:
        return lake._engine.table(state(segments), located(lake.folder, segments), schema=schema)

    return _steadily(lake, ask, answer)


def _steadily(lake: SegmentLake, ask: Ask, read: Callable[[Sequence[Segment]], _T]) -> _T:
    """Read the segments listed now; when one was swept meanwhile, those listed then."""
    for _ in range(_TRIES):
        segments = ask()
        try:
            return read(segments)
        except StoreError as error:
            if error.code != "QC510" or set(segments) <= set(ask()):
                raise
    raise complain("QC507", str(lake.folder), {"seconds": lake.grace.total_seconds()})


def _written(folder: Path, kind: Kind, table: pa.Table, *, seq: int) -> Segment:
    name = segment_name(kind.name, seq=seq)
    size = write_whole(folder / name, lambda sink: write_parquet(table, sink))
    return describe(kind, name, level=0, count=table.num_rows, size=size, limits=bounds(kind, table))


def _prepared(kind: Kind, rows: pa.Table) -> pa.Table:
    """Put rows into the kind's columns and types; raises QC505, QC506."""
    try:
        table = shape(rows, kind.readable).combine_chunks()
    except (pa.ArrowException, ValueError) as error:
        raise complain("QC505", words={"kind": kind.name, "reason": str(error).splitlines()[0]}) from error
    strange = [name for name in rows.column_names if name not in kind.readable.names]
    if strange:
        raise complain("QC505", words={"kind": kind.name, "reason": f"no such column: {', '.join(strange)}"})
    for column in kind.key:
        if table[column].null_count:
            words: dict[str, object] = {"column": column, "rows": table[column].null_count, "key": ", ".join(kind.key)}
            raise complain("QC506", words=words)
    return table


def _stamped(kind: Kind, table: pa.Table, *, stamp: int, seq: int) -> pa.Table:
    """Fill what only the lake knows: known time where null, number of the batch, row within it."""
    rows = table.num_rows
    place = table.column_names.index("known_at")
    known = pc.coalesce(table["known_at"], constant(stamp, rows, pa.timestamp("us")))
    table = table.set_column(place, kind.physical.field("known_at"), known)
    table = table.append_column(kind.physical.field(SEQ), constant(seq, rows, pa.int64()))
    return table.append_column(kind.physical.field(ROW), pa.arange(0, rows))


def _latest(table: pa.Table, stamp: int) -> int:
    latest = pc.max(table["known_at"]).as_py()
    return stamp if latest is None else micros(latest)
