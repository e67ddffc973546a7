"""Verifying the chain: every batch hashed again from what the segments hold today. 链条校验。"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from qingce.core.errors import QingceError, StoreError, complain
from qingce.core.records import Fault
from qingce.store.digest import GENESIS, batch_digest, column_digest, link
from qingce.store.forms import literal, located, rows_of
from qingce.store.kinds import ROW, SEQ, Grid, Kind
from qingce.store.manifest import Batch, Manifest, Segment
from qingce.store.packing import grid_of
from qingce.store.reading import Engine, Statement
from qingce.store.times import DAY, SECOND

__all__ = ["digests", "head_after", "verify_kind"]

_WINDOW = 500_000
"""Rows hashed at a time."""


def digests(kind: Kind, table: pa.Table, *, leave: str = "") -> dict[str, bytes]:
    """Hash the columns of a batch, but for one that is not yet known."""
    return {name: column_digest(name, table[name]) for name in kind.readable.names if name != leave}


def head_after(before: str, batch: Mapping[str, object]) -> str:
    """Return the head after a batch, which binds everything that the manifest says of it."""
    return link(before, [batch[name] for name in ("kind", "seq", "known", "count", "source", "digest")])


def verify_kind(kind: Kind, folder: Path, *, manifest: Manifest, engine: Engine, printed: str = "") -> list[Fault]:
    """Recompute the chain of `kind` and return what does not fit; `printed` is a head that must occur in it."""
    batches = manifest.batches(kind.name)
    segments = manifest.live(kind.name)
    path = str(manifest.path)
    faults = list(_links(batches, path, manifest.head(kind.name)))
    if printed and printed not in {GENESIS, *(batch.head for batch in batches)}:
        faults.append(_fault(path, 0, f"the printed head {printed} of '{kind.name}' is not in the chain"))
    counted = sum(segment.count for segment in segments), sum(batch.count for batch in batches)
    if counted[0] != counted[1]:
        faults.append(_fault(path, 0, f"{counted[1]} rows of '{kind.name}' appended, {counted[0]} rows in segments"))
    for segment in segments:
        faults += _within_bounds(kind, segment, folder=folder, engine=engine)
    if not any(fault.code in ("QC504", "QC510") for fault in faults):
        for window in _windows(batches):
            faults += _contents(kind, window, segments=segments, folder=folder, engine=engine)
    return faults


def _links(batches: Sequence[Batch], path: str, head: tuple[int, int, str]) -> Iterator[Fault]:
    before, known = GENESIS, None
    for number, batch in enumerate(batches, 1):
        said = {name: getattr(batch, name) for name in ("kind", "seq", "known", "count", "source", "digest")}
        if batch.seq != number:
            yield _fault(path, batch.seq, f"batch {number} of '{batch.kind}' is missing")
            return
        if batch.head != head_after(before, said):
            yield _fault(path, batch.seq, f"the entry of batch {batch.seq} of '{batch.kind}' was changed")
        before = batch.head
        known = batch.known if known is None else max(known, batch.known)
    if head[0] != len(batches) or head[2] != before:
        yield _fault(path, head[0], f"the head is of batch {head[0]}, the last batch is {len(batches)}")


def _windows(batches: Sequence[Batch]) -> Iterator[list[Batch]]:
    window: list[Batch] = []
    for batch in batches:
        if window and sum(each.count for each in window) + batch.count > _WINDOW:
            yield window
            window = []
        window.append(batch)
    if window:
        yield window


def _contents(
    kind: Kind, window: Sequence[Batch], *, segments: Sequence[Segment], folder: Path, engine: Engine
) -> Iterator[Fault]:
    """Hash the rows of some batches again."""
    first, last = window[0].seq, window[-1].seq
    touched = [s for s in segments if s.first_seq <= last and s.last_seq >= first]
    rows_text, values = rows_of(kind, touched, folder)
    text = f"SELECT * FROM ({rows_text}) WHERE {SEQ} BETWEEN ? AND ? ORDER BY {SEQ}, {ROW}"
    try:
        rows = engine.table(Statement(text, [*values, first, last]), located(folder, touched), schema=kind.physical)
    except StoreError as error:
        yield _said(error, str(folder), first)
        return
    counts = Counter(rows[SEQ].to_pylist())
    place = 0
    for batch in window:
        count = counts[batch.seq]
        part = rows.slice(place, count)
        place += count
        if count != batch.count:
            yield _fault(
                str(folder),
                batch.seq,
                f"batch {batch.seq} of '{kind.name}': {batch.count} rows appended, {count} found",
            )
        elif batch_digest(kind.readable.names, digests(kind, part)) != batch.digest:
            yield _fault(
                str(folder), batch.seq, f"a row of batch {batch.seq} of '{kind.name}' was changed ({batch.source})"
            )


def _within_bounds(kind: Kind, segment: Segment, *, folder: Path, engine: Engine) -> Iterator[Fault]:
    """A bound that was narrowed would hide rows from readers without touching one."""
    path = folder / segment.name
    time = f"epoch_us({kind.time}::TIMESTAMP)" if kind.time else "NULL::BIGINT"
    lowest = ", ".join(f"{each}({column})" for column in (time, "epoch_us(known_at)", SEQ) for each in ("min", "max"))
    schema = pa.schema([(name, pa.int64()) for name in ["count", "t0", "t1", "k0", "k1", "s0", "s1"]])
    try:
        text, values = rows_of(kind, [segment], folder)
        answer = engine.table(Statement(f"SELECT count(*), {lowest} FROM ({text})", values), [path], schema=schema)
    except StoreError as error:
        yield _said(error, str(path), 0)
        return
    found = list(answer.to_pylist()[0].values())
    listed = [segment.count, segment.first_time, segment.last_time, segment.first_known, segment.last_known]
    listed += [segment.first_seq, segment.last_seq]
    if found != listed:
        yield _fault(str(path), 0, f"listed with bounds {listed}, holds {found}")
    if segment.form:
        yield from _grid(kind, segment, path=path, engine=engine)


def _grid(kind: Kind, segment: Segment, *, path: Path, engine: Engine) -> Iterator[Fault]:
    """Who reads a grid by its shape trusts what the file says of its sites and times: hold it against the lines."""
    grid = kind.grid or Grid((), "", 1)
    said = grid_of(path)
    width = len(said.sites)
    text = (
        "SELECT count(*), coalesce(sum((lines.site IS DISTINCT FROM named.site OR epoch(time)::BIGINT IS DISTINCT FROM"
        " ?::BIGINT + file_row_number // ? * ?)::INT), 0)::BIGINT FROM read_parquet(?, file_row_number = true) AS lines"
        " LEFT JOIN (SELECT unnest(?::VARCHAR[]) AS site, unnest(range(?)) AS place) AS named"
        " ON named.place = file_row_number % ?"
    )
    values = [said.start, width, grid.step, [literal(path)], list(said.sites), width, width]
    schema = pa.schema([("lines", pa.int64()), ("strange", pa.int64())])
    (found,) = engine.table(Statement(text, values), [path], schema=schema).to_pylist()
    first = (segment.first_time or 0) // SECOND // DAY * DAY
    if found["strange"] or said.start != first or found["lines"] != said.hours * width:
        yield _fault(str(path), 0, "the sites and times that the file tells of its grid are not those of its lines")


def _fault(path: str, line: int, reason: str) -> Fault:
    return _said(complain("QC511", words={"reason": reason}), path, line)


def _said(error: QingceError, path: str, line: int) -> Fault:
    return Fault(error.code, path, line, str(error))
