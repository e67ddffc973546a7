"""Which rows of some segments may be packed, and bringing them together. 打包的取数。"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from qingce.store.forms import literal, located, rows_of
from qingce.store.kinds import SEQ, Grid, Kind
from qingce.store.manifest import Segment
from qingce.store.packing import Packed, Stretch
from qingce.store.reading import Engine, Statement
from qingce.store.times import DAY, SECOND

__all__ = ["Packer", "beside_packed", "candidates", "days_after", "extent_of", "keys_after"]

_CELLS = 1_500_000
"""Times and sites packed at a time: a month of two thousand sites."""


class Packer:
    """Brings the rows of segments of one kind into grids."""

    def __init__(self, engine: Engine, folder: Path, *, kind: Kind) -> None:
        self._engine, self._folder, self._kind = engine, folder, kind

    def stretches(self, segments: Sequence[Segment]) -> Iterator[Stretch]:
        """Yield the stretches in which enough stands to be packed: a month at most, cut where it would be too large."""
        grid = self._kind.grid
        if grid is None:
            return
        rows, values = rows_of(self._kind, segments, self._folder)
        text = (
            f"SELECT strftime(time, '%Y-%m') AS month, site, epoch(min(time))::BIGINT AS first,"
            f" epoch(max(time))::BIGINT AS last, count(*) AS count"
            f" FROM ({rows}) WHERE {candidates(grid)} GROUP BY month, site ORDER BY month, site"
        )
        names = ("first", "last", "count")
        schema = pa.schema([("month", pa.string()), ("site", pa.string()), *((name, pa.int64()) for name in names)])
        found = self._engine.table(Statement(text, values), located(self._folder, segments), schema=schema).to_pylist()
        for month in dict.fromkeys(row["month"] for row in found):
            here = [row for row in found if row["month"] == month]
            start = min(row["first"] for row in here) // DAY * DAY
            hours = (max(row["last"] for row in here) // DAY * DAY + DAY - start) // grid.step
            whole = Stretch(start, hours, tuple(row["site"] for row in here))
            if 2 * sum(row["count"] for row in here) >= whole.cells:
                yield from _cut(whole, grid)

    def packed(self, segments: Sequence[Segment], stretch: Stretch) -> Packed:
        """Return the grid of a stretch, with every row that can be packed."""
        grid = self._kind.grid or Grid((), "", 1)
        end = stretch.start + stretch.hours * grid.step
        begin, until = stretch.start * SECOND, end * SECOND
        touched = [s for s in segments if (s.first_time or 0) < until and (s.last_time or 0) >= begin]
        rows, values = rows_of(self._kind, touched, self._folder)
        within = f"time >= make_timestamp(?) AND time < make_timestamp(?) AND {candidates(grid)}"
        text = f"SELECT * FROM ({rows}) WHERE {within}"
        band = Packed(grid, stretch)
        statement = Statement(text, [*values, begin, until])
        for table in self._engine.stream(statement, located(self._folder, touched), schema=self._kind.physical):
            band.take(table)
        band.close()
        return band


def candidates(grid: Grid) -> str:
    """Return the SQL of the rows that may stand in a grid."""
    names = ", ".join(f"'{name}'" for name in grid.parameters)
    return f"span = '{grid.span}' AND parameter IN ({names}) AND epoch(time)::BIGINT % {grid.step} = 0"


def days_after(kind: Kind, segments: Sequence[Segment], seq: int, *, folder: Path) -> Statement:
    """Return the SQL of the days of the rows in later batches than `seq` that may stand in a grid."""
    grid = kind.grid or Grid((), "", 1)
    rows, values = rows_of(kind, segments, folder)
    text = (
        f"SELECT DISTINCT CAST(time AS DATE) AS day FROM ({rows}) WHERE {SEQ} > ? AND {candidates(grid)} ORDER BY day"
    )
    return Statement(text, [*values, seq])


def keys_after(kind: Kind, segments: Sequence[Segment], seq: int, *, folder: Path) -> Statement:
    """Return the SQL of the sites and days of all rows in later batches than `seq`."""
    rows, values = rows_of(kind, segments, folder)
    text = f"SELECT DISTINCT site, CAST({kind.time} AS DATE) AS day FROM ({rows}) WHERE {SEQ} > ? ORDER BY site, day"
    return Statement(text, [*values, seq])


def extent_of(kind: Kind, by: Sequence[str], segments: Sequence[Segment], *, end: object, folder: Path) -> Statement:
    """Return the SQL of what stands in some columns of all rows before `end`, with the first and last time of each."""
    rows, values = rows_of(kind, segments, folder)
    names, time = ", ".join(f'"{name}"' for name in by), f'"{kind.time}"'
    before = f" WHERE {time} < ?" if end is not None else ""
    text = f"SELECT {names}, min({time}) AS first, max({time}) AS last FROM ({rows}){before}"
    return Statement(f"{text} GROUP BY {names} ORDER BY {names}", [*values, *([] if end is None else [end])])


def beside_packed(kind: Kind, packed: Sequence[Segment], folder: Path) -> tuple[str, list[object]]:
    """Return the SQL of the rows (`rows`) that do not stand in packed segments, and the files it binds."""
    grid = kind.grid or Grid((), "", 1)
    there = "SELECT 1 FROM read_parquet(?) AS lines WHERE lines.time = rows.time AND lines.site = rows.site"
    files = [literal(path) for path in located(folder, packed)]
    return f"NOT ({candidates(grid)} AND EXISTS ({there} AND lines.{SEQ} IS NOT NULL))", [files]


def _cut(whole: Stretch, grid: Grid) -> Iterator[Stretch]:
    """Cut a stretch into whole days of which none is too large."""
    day = DAY // grid.step
    step = day * max(1, _CELLS // (day * len(whole.sites)))
    for begin in range(0, whole.hours, step):
        yield replace(whole, start=whole.start + begin * grid.step, hours=min(step, whole.hours - begin))
