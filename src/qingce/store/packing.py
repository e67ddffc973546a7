"""Packing: plain hourly rows of many sites become a grid of whole days, without a word lost. 打包。

Rows are scattered into arrays as they come, in any order. The rows of a time and site are packed together when each is
the only one of its key, plain, and of one origin; any others stay rows, beside the grid.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.absence import Review
from qingce.store.arrays import fixed, integers, numbers, places, there, whole_values, worded
from qingce.store.forms import BREAK, NOTHING, Column, Form
from qingce.store.kinds import ROW, SEQ, Grid
from qingce.store.segments import readable
from qingce.store.times import SECOND

__all__ = ["Codes", "FORM", "Packed", "Stretch", "form_of", "grid_of", "stretch_of", "write_packed"]

START, SITES, FORM = b"qingce.start", b"qingce.sites", b"qingce.form"
"""What a packed file says of itself: its first time [s since 1970], its sites as JSON, its form."""
_MARKED = ("flag", "absent", "reason")
_SILENT = BREAK.join([NOTHING] * len(_MARKED))
_WORDS = ("review", "source", "batch")
_GROUP = 250_000
_NO_MARK = -1
_DIGITS = 6
_SMALL = ((2, np.int16), (4, np.int32), (8, np.int64))


@dataclass(slots=True)
class Codes:
    """Words and their numbers, in the order in which they came."""

    known: dict[Any, int] = field(default_factory=dict)

    def of(self, column: pa.ChunkedArray) -> NDArray[np.int32]:
        """Return the number of each cell of a text column; nothing is a word too."""
        indices, words = places(column)
        mapped = np.array([self.known.setdefault(word, len(self.known)) for word in words], np.int32)
        return mapped[indices]

    @property
    def words(self) -> list[Any]:
        """The words by their numbers."""
        return list(self.known)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole days from `start` [s since 1970] at some sites, sorted."""

    start: int
    hours: int
    sites: tuple[str, ...]

    @property
    def cells(self) -> int:
        """How many times and sites there are."""
        return self.hours * len(self.sites)


class Packed:
    """The arrays of one stretch: what came for each parameter at each time and site."""

    def __init__(self, grid: Grid, stretch: Stretch) -> None:
        shape = (len(grid.parameters), stretch.cells)
        self.grid, self.stretch = grid, stretch
        self.exists, self.valued = np.zeros(shape, bool), np.zeros(shape, bool)
        self.value, self.line, self.row = (np.zeros(shape, np.int64) for _ in range(3))
        self.mark = np.full(shape, _NO_MARK, np.int32)
        self.seen, self.bad, self.unlined = (np.zeros(stretch.cells, bool) for _ in range(3))
        self.known, self.seq = (np.zeros(stretch.cells, np.int64) for _ in range(2))
        self.origin = {name: np.zeros(stretch.cells, np.int32) for name in _WORDS}
        self.words = {name: Codes() for name in _WORDS}
        self.marks = Codes()
        self._sites = {site: place for place, site in enumerate(stretch.sites)}
        self._last = np.zeros(shape[0] * shape[1], np.int32)

    @property
    def count(self) -> int:
        """How many rows are packed; known after `close`."""
        return int(self.exists.sum())

    def take(self, table: pa.Table) -> None:
        """Scatter some rows; all of them lie in the stretch, on its step, and are of its parameters."""
        rows = table.num_rows
        number, cell = self._places(table)
        marks, plain = self._marks(table)
        index = number * self.stretch.cells + cell
        flat = self.exists.reshape(-1)
        self._last[index] = np.arange(rows, dtype=np.int32)
        double = flat[index] | (self._last[index] != np.arange(rows, dtype=np.int32))
        flat[index] = True
        value, there = whole_values(table["value"])
        lines, lined = numbers(table["line"])
        for array, given in ((self.value, value), (self.valued, there), (self.mark, marks), (self.line, lines)):
            array.reshape(-1)[index] = given
        self.row.reshape(-1)[index] = integers(table[ROW])
        self.bad[cell[double | ~plain | self._differs(table, cell, ~lined)]] = True

    def close(self) -> None:
        """Leave out every time and site where something stood in the way."""
        self.exists &= ~self.bad
        self.valued &= self.exists

    def limits(self) -> dict[str, int | None]:
        """Return the least and greatest time, known time and batch of what is packed, as the manifest keeps them."""
        some = self.exists.any(axis=0)
        hours = np.flatnonzero(some) // len(self.stretch.sites)
        first, last = (self.stretch.start + int(hours[place]) * self.grid.step for place in (0, -1))
        found: dict[str, int | None] = {"first_time": first * SECOND, "last_time": last * SECOND}
        for name, array in (("known", self.known[some]), ("seq", self.seq[some])):
            found |= {f"first_{name}": int(array.min()), f"last_{name}": int(array.max())}
        return found

    def _places(self, table: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the parameter and the cell of each row."""
        names = {name: place for place, name in enumerate(self.grid.parameters)}
        found = []
        for column, known in (("parameter", names), ("site", self._sites)):
            indices, words = places(table[column])
            found.append(np.array([known[word] for word in words], np.int64)[indices])
        hour = (integers(table["time"]) - self.stretch.start) // self.grid.step
        return found[0], hour * len(self.stretch.sites) + found[1]

    def _marks(self, table: pa.Table) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return the mark of each row, and whether the row is one that value and mark can tell."""
        valued = there(table["value"])
        parts = [places(table[name]) for name in _MARKED]
        combined = np.zeros(table.num_rows, np.int64)
        for indices, words in parts:
            combined = combined * len(words) + indices
        found, back = np.unique(combined, return_inverse=True)
        said = [_said(code, [words for _, words in parts]) for code in found.tolist()]
        codes = np.array([self.marks.known.setdefault(mark, len(self.marks.known)) for mark, _ in said], np.int32)
        sound = np.array([plain for _, plain in said], bool)
        marks = codes[back]
        marks[valued & (marks == self.marks.known.get(_SILENT, _NO_MARK))] = _NO_MARK
        return marks, sound[back] & ~(there(table["absent"]) & valued) & ~there(table["detection_limit"])

    def _differs(self, table: pa.Table, cell: NDArray[np.int64], unlined: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether a row is of another origin than the first of its time and site; note the origin of new ones."""
        new = cell[~self.seen[cell]]
        fresh = ~self.seen[cell]
        self.seen[new] = True
        given: list[tuple[NDArray[Any], NDArray[Any]]] = [
            (self.known, integers(table["known_at"])),
            (self.seq, integers(table[SEQ])),
            (self.unlined, unlined),
        ]
        given += [(self.origin[name], self.words[name].of(table[name])) for name in _WORDS]
        differs = np.zeros(len(cell), bool)
        for kept, values in given:
            kept[new] = values[fresh]
            differs |= kept[cell] != values
        usual = np.array([word in set(Review) for word in self.words["review"].words], bool)
        strange: NDArray[np.bool_] = ~usual[given[3][1]]
        return differs | strange


def _said(code: int, lists: Sequence[Sequence[str | None]]) -> tuple[str, bool]:
    """Return the mark of a combination of words, and whether its words can be told apart in it again."""
    words: list[str | None] = []
    for each in reversed(lists):
        code, place = divmod(code, len(each))
        words.insert(0, each[place])
    plain = not any(sign in word for word in words if word is not None for sign in (BREAK, NOTHING))
    return BREAK.join(NOTHING if word is None else word for word in words), plain


def grid_of(path: Path) -> Stretch:
    """Return the times and sites that a packed file says it holds; raises QC504, QC510."""
    import pyarrow.parquet as pq

    with readable(path), pq.ParquetFile(path) as file:
        return stretch_of(file.metadata)


def stretch_of(meta: Any) -> Stretch:
    """Return the times and sites that the metadata of a packed file tell."""
    sites = tuple(json.loads(meta.metadata[SITES]))
    return Stretch(int(meta.metadata[START]), meta.num_rows // len(sites), sites)


def form_of(band: Packed) -> Form:
    """Return the narrowest form that tells every value of a closed band exactly."""
    columns = []
    for number, name in enumerate(band.grid.parameters):
        if band.exists[number].any():
            values = band.value[number][band.valued[number]]
            digits = next(n for n in range(_DIGITS + 1) if not (values % 10 ** (_DIGITS - n)).any())
            most = int(np.abs(values).max(initial=0)) // 10 ** (_DIGITS - digits)
            columns.append(Column(name, digits, next(w for w, kind in _SMALL if most <= np.iinfo(kind).max)))
    return Form(tuple(columns))


def write_packed(band: Packed, form: Form, sink: BinaryIO) -> None:
    """Write a closed band as one file of `form`."""
    import pyarrow.parquet as pq

    hours = range(0, band.stretch.hours, _hours_a_group(band))
    tables = (_lines(band, form, slice(begin, min(begin + hours.step, hours.stop))) for begin in hours)
    first = next(tables)
    with pq.ParquetWriter(sink, first.schema, **_how(form)) as writer:
        for table in chain([first], tables):
            writer.write_table(table, row_group_size=table.num_rows)


def _hours_a_group(band: Packed) -> int:
    """Return a number of whole days [h] whose lines are not too many to be decoded at once."""
    return 24 * max(1, _GROUP // (24 * len(band.stretch.sites)))


def _how(form: Form) -> dict[str, Any]:
    """Return how the columns are encoded; measured: deltas are read fastest and are smallest."""
    deltas = [column.parameter for column in form.columns] + ["line", ROW]
    others = ["time", "site", *_WORDS, "known_at", SEQ]
    others += [f"{column.parameter}:{part}" for column in form.columns for part in ("mark", "line", "row")]
    return {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": others,
        "column_encoding": dict.fromkeys(deltas, "DELTA_BINARY_PACKED"),
        "write_page_checksum": True,
    }


def _lines(band: Packed, form: Form, hours: slice) -> pa.Table:
    """Return some hours of a band as lines of a packed file."""
    stretch = band.stretch
    width = len(stretch.sites)
    cut = slice(hours.start * width, hours.stop * width)
    exists = band.exists[:, cut]
    some: NDArray[np.bool_] = np.asarray(exists.any(axis=0))
    first = exists.argmax(axis=0)
    lined = some & ~band.unlined[cut]
    base = {
        name: np.take_along_axis(array[:, cut], first[None], 0)[0]
        for name, array in (("line", band.line), ("row", band.row))
    }
    time = np.repeat(stretch.start + np.arange(hours.start, hours.stop) * band.grid.step, width)
    made: dict[str, pa.Array] = {
        "time": fixed(time, pa.timestamp("s")),
        "site": worded(np.tile(np.arange(width, dtype=np.int32), hours.stop - hours.start), stretch.sites),
    }
    for name in _WORDS:
        made[name] = worded(band.origin[name][cut], band.words[name].words, some)
    made["line"] = fixed(base["line"], pa.int64(), lined)
    made["known_at"] = fixed(band.known[cut], pa.timestamp("us"), some)
    made[SEQ] = fixed(band.seq[cut], pa.int64(), some)
    made[ROW] = fixed(base["row"], pa.int64(), some)
    for column in form.columns:
        number = band.grid.parameters.index(column.parameter)
        made |= _cells(band, column, number, cut=cut, base=base, lined=lined)
    sites = json.dumps(stretch.sites, ensure_ascii=False)
    meta = {START: str(stretch.start), SITES: sites, FORM: form.text}
    schema = pa.schema([pa.field(name, array.type) for name, array in made.items()], metadata=meta)
    return pa.Table.from_arrays(list(made.values()), schema=schema)


def _cells(
    band: Packed, column: Column, number: int, *, cut: slice, base: dict[str, Any], lined: NDArray[np.bool_]
) -> dict[str, pa.Array]:
    """Return the four columns of one parameter."""
    name = column.parameter
    arrays: tuple[Any, ...] = (band.exists, band.valued, band.mark, band.value)
    exists, valued, mark, value = (array[number, cut] for array in arrays)
    whole = {2: pa.int16(), 4: pa.int32(), 8: pa.int64()}[column.width]
    return {
        name: fixed(value // 10 ** (_DIGITS - column.digits), whole, valued),
        f"{name}:mark": worded(mark, band.marks.words, exists & (mark != _NO_MARK)),
        f"{name}:line": fixed(band.line[number, cut] - base["line"], pa.int64(), exists & lined),
        f"{name}:row": fixed(band.row[number, cut] - base["row"], pa.int64(), exists),
    }
