"""From a file or folder to observations, with every cell that could not be taken in. 入库前的读入。"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.catalog.feeds import Recipe, recipe_of
from qingce.core.absence import Absent, Review
from qingce.core.errors import QingceError, complain
from qingce.core.records import Feed, Rejected
from qingce.core.tables import OBSERVATION, REJECTED, SITE, VALUE_TYPE, empty
from qingce.observe.cells import Cells, read_cells
from qingce.observe.checks import Joined, check_doubles, check_medians, join, missing_months
from qingce.observe.files import open_frames, reason_of
from qingce.observe.layouts import needs_of
from qingce.observe.numbers import BELOW, OK, as_values
from qingce.observe.places import named_sites

__all__ = ["Ingest", "as_rejected", "ingest", "ingest_files"]

_BLOCK = 1 << 16
"""Rows that share one block of a column of one value."""


@dataclass(frozen=True)
class Ingest:
    """What became of a source: `cells` = observations + `empty` + `collapsed` + `refused`.

    `rows` are the data rows read, `broken` among them; `left_out` cells belong to places nobody asked for. `places` are
    SITE rows of the sites whose city the source itself tells, in the role that the feed declares.
    """

    observations: pa.Table
    rejected: pa.Table
    notes: tuple[str, ...]
    rows: int
    cells: int = 0
    empty: int = 0
    collapsed: int = 0
    refused: int = 0
    broken: int = 0
    left_out: int = 0
    files: tuple[str, ...] = ()
    places: pa.Table = field(default_factory=lambda: empty(SITE))


def ingest(
    path: Path,
    *,
    feed: Feed,
    catalog: Catalog,
    review: str | None = None,
    known_at: datetime | None = None,
    sites: Collection[str] | None = None,
    only: Collection[str] | None = None,
) -> Ingest:
    """Read a file, or every file of a folder, into OBSERVATION rows.

    `review` is the state of the values, else the file's own column, else the feed's. `known_at` is left to the store
    when None. With `sites` a place outside it is refused; with `only` it is passed over (a few cities of a national
    archive). A fault of one cell, line or file of several is listed in
    `rejected`; raises QC200 to QC204, QC218, QC219, QC221 when nothing of the source can be read.
    """
    asked = _asked(path, feed, catalog=catalog, review=review, known_at=known_at, sites=sites, only=only)
    parts: list[Cells] = []
    faults: list[Rejected] = []
    names = _files(path, asked.recipe)
    for file in names:
        found, fault = _read(file, asked, alone=len(names) == 1)
        parts.extend(found)
        faults.extend(fault)
    return _result(parts, faults, asked, files=names)


def ingest_files(
    path: Path,
    *,
    feed: Feed,
    catalog: Catalog,
    review: str | None = None,
    known_at: datetime | None = None,
    sites: Collection[str] | None = None,
    only: Collection[str] | None = None,
) -> Iterator[Ingest]:
    """Yield what became of each file of a folder (or of the one file), holding one at a time; arguments as `ingest`.

    Doubles and missing months are seen within a file only; between files the lake decides by what was known last.
    A file that cannot be read yields its fault in `rejected`; raises as `ingest` for a lone file.
    """
    asked = _asked(path, feed, catalog=catalog, review=review, known_at=known_at, sites=sites, only=only)
    names = _files(path, asked.recipe)
    for file in names:
        yield _of_file(file, asked, alone=len(names) == 1)


class _Asked(NamedTuple):
    """What the caller asked for."""

    feed: Feed
    recipe: Recipe
    catalog: Catalog
    review: str | None
    known_at: datetime | None
    sites: Collection[str] | None
    only: Collection[str] | None


def _asked(
    path: Path, feed: Feed, *,
    catalog: Catalog, review: str | None, known_at: datetime | None,
    sites: Collection[str] | None, only: Collection[str] | None,
) -> _Asked:  # fmt: skip
    """Check the request; raises QC107 for an unknown review state and QC219 for a register."""
    recipe = recipe_of(feed)
    if recipe.layout == "register":
        raise complain("QC219", path.name, {"feed": feed.id, "kind": recipe.layout})
    if review is not None and review not in set(Review):
        raise complain("QC107", words={"key": "review", "value": review, "expected": " | ".join(Review)})
    return _Asked(feed, recipe, catalog, review, known_at, sites, only)


def _read(file: Path, asked: _Asked, *, alone: bool) -> tuple[list[Cells], list[Rejected]]:
    """Read the cells of one file; its fault is raised if it is `alone`, else handed back."""
    recipe = asked.recipe
    try:
        frames = open_frames(file, rule=recipe.file, needs=needs_of(recipe), feed=asked.feed.id)
        cells = [
            read_cells(frame, asked.feed, recipe, catalog=asked.catalog, known=asked.sites, only=asked.only)
            for frame in frames
        ]
    except QingceError as error:
        if alone:
            raise
        reason = f"{error.place} {reason_of(error)}".strip()
        return [], [Rejected(file.name, "", 0, "", "", error.code, reason)]
    return cells, []


def _of_file(file: Path, asked: _Asked, *, alone: bool) -> Ingest:
    found, fault = _read(file, asked, alone=alone)
    return _result(found, fault, asked, files=[file])


def _result(parts: Sequence[Cells], faults: Sequence[Rejected], asked: _Asked, *, files: Sequence[Path]) -> Ingest:
    """Look at all cells together and make the tables."""
    notes = [note for cells in parts for note in _notes(cells, asked.recipe)]
    passed = sum(cells.left_out for cells in parts)
    if passed:
        notes.append(f"范围以外的站点未收：{passed} 格 {passed} cells of other places passed over")
    named = [place for cells in parts for place in cells.named]
    places, told = named_sites(named, medium=asked.feed.medium, roles=asked.recipe.site.roles)
    joined = join(parts)
    stay, collapsed = check_doubles(joined, parts)
    joined = joined if stay.all() else joined.at(stay)
    if collapsed:
        notes.append(f"{collapsed} 个完全相同的重复值合并为一 {collapsed} identical doubles collapsed")
    notes += [*told, *missing_months(joined)]
    refused = [item for cells in parts for item in (*cells.rejected(), *cells.frame.broken)]
    return Ingest(
        observations=_observations(joined, parts, asked),
        rejected=as_rejected([*faults, *refused]),
        notes=tuple(notes),
        rows=sum(cells.frame.rows + len(cells.frame.broken) for cells in parts),
        cells=sum(cells.total for cells in parts),
        empty=sum(cells.empty for cells in parts),
        collapsed=collapsed,
        refused=sum(int((cells.problem > 0).sum()) for cells in parts),
        broken=sum(len(cells.frame.broken) for cells in parts),
        left_out=passed,
        files=tuple(file.name for file in files),
        places=places,
    )


def as_rejected(items: Sequence[Rejected]) -> pa.Table:
    """Return refused cells as a REJECTED table, by file and line."""
    rows = sorted(items, key=lambda item: (item.file, item.sheet, item.line))
    names = REJECTED.names
    return pa.table({name: [getattr(row, name) for row in rows] for name in names}, schema=REJECTED)


def _files(path: Path, recipe: Recipe) -> list[Path]:
    """The file, or the files of a folder by name; raises QC200 when there is none and QC221 for an empty folder."""
    if path.is_dir():
        found = sorted({file for name in recipe.file.names for file in path.rglob(name) if file.is_file()})
        if not found:
            raise complain("QC221", path.name, {"names": " ".join(recipe.file.names)})
        return found
    if not path.is_file():
        raise complain("QC200", path.name, {"reason": "没有这个文件 no such file"})
    return [path]


def _notes(cells: Cells, recipe: Recipe) -> Iterator[str]:
    if not cells.frame.rows and not cells.frame.broken:
        yield f"{cells.frame.place()}：只有表头，没有数据行 header only, no data row"
    yield from cells.frame.notes
    yield from check_medians(cells, recipe.medians)
    if cells.rounded:
        count = cells.rounded
        yield f"{cells.frame.file}：{count} 个值超过六位小数，按六位收入 {count} values kept to six decimals"


def _observations(joined: Joined, parts: Sequence[Cells], asked: _Asked) -> pa.Table:
    """Make the OBSERVATION table of the cells that stay."""
    feed, review, known_at = asked.feed, asked.review, asked.known_at
    if not len(joined):
        return empty(OBSERVATION)
    tables = []
    for number, cells in enumerate(parts):
        here = slice(None) if len(parts) == 1 else joined.part == number
        chosen = joined.cell[here]
        size = len(chosen)
        kind, absent = cells.kind[chosen], cells.absent[chosen]
        columns = {
            "site": _words(joined.sites, joined.site[here]),
            "parameter": _words(joined.parameters, joined.parameter[here]),
            "time": pa.array(joined.time[here], pa.timestamp("s")),
            "span": _words(joined.spans, joined.span[here]),
            "value": as_values(cells.micro[chosen], kind == OK),
            "flag": _optional(cells.flags, cells.flag, chosen),
            "absent": _words([None, *Absent], absent) if absent.any() else _same(None, pa.string(), size),
            "detection_limit": _limits(cells, chosen),
            "review": _reviews(cells, chosen, given=review, usual=str(feed.options["review"])),
            "source": _same(feed.id, pa.string(), size),
            "batch": _same(_batch(cells), pa.string(), size),
            "line": cells.frame.lines.take(pa.array(cells.row[chosen])),
            "reason": _same(None, pa.string(), size),
            "known_at": _same(known_at, pa.timestamp("us"), size),
        }
        tables.append(pa.Table.from_arrays([columns[name] for name in OBSERVATION.names], schema=OBSERVATION))
    return pa.concat_tables(tables)


def _batch(cells: Cells) -> str:
    return f"{cells.frame.file}[{cells.frame.sheet}]" if cells.frame.sheet else cells.frame.file


def _same(value: object, kind: pa.DataType, size: int) -> pa.ChunkedArray:
    """One value for every row; the rows share one block of memory."""
    block = pa.repeat(pa.scalar(value, kind), min(size, _BLOCK))
    whole, rest = divmod(size, _BLOCK)
    return pa.chunked_array([block] * whole + ([block.slice(0, rest)] if rest else []), kind)


def _words(words: Sequence[str | None], codes: np.ndarray) -> pa.Array | pa.ChunkedArray:
    if len(words) == 1:
        return _same(words[0], pa.string(), len(codes))
    return pa.array(words, pa.string()).take(pa.array(codes))


def _optional(words: Sequence[str], codes: np.ndarray, chosen: np.ndarray) -> pa.Array | pa.ChunkedArray:
    if not words:
        return _same(None, pa.string(), len(chosen))
    texts = pa.array([word or None for word in words], pa.string())
    return texts.take(pa.array(codes[chosen]))


def _limits(cells: Cells, chosen: np.ndarray) -> pa.Array | pa.ChunkedArray:
    """The detection limits of what was not detected."""
    if not (cells.kind == BELOW).any():
        return _same(None, VALUE_TYPE, len(chosen))
    limit = cells.limit[chosen]
    return as_values(limit, (cells.kind[chosen] == BELOW) & (limit >= 0))


def _reviews(cells: Cells, chosen: np.ndarray, *, given: str | None, usual: str) -> pa.Array | pa.ChunkedArray:
    """The state given for the whole source, else the row's own, else the feed's."""
    if given is not None or not cells.reviews:
        return _same(given or usual, pa.string(), len(chosen))
    own = pa.array([word or usual for word in cells.reviews], pa.string())
    return pc.fill_null(own.take(pa.array(cells.review[chosen])), usual)
