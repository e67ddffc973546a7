"""The value cells of one frame: read, placed in time and space, and each fault kept with its cell. 单元格。"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog import Catalog
from qingce.catalog.feeds import Recipe
from qingce.core.absence import REVIEW_ZH, Absent, Review
from qingce.core.errors import QingceError, complain
from qingce.core.records import Feed, Rejected
from qingce.observe.files import reason_of, shown
from qingce.observe.frame import Frame
from qingce.observe.layouts import Laid, key_places, lay_out, settle
from qingce.observe.numbers import BELOW, EMPTY, NOT_NUMBER, OK, TOO_LARGE, read_numbers
from qingce.observe.places import Named, Places, named_by, named_places
from qingce.observe.times import Times, read_times, serials_of, told_serials

__all__ = ["Cells", "read_cells"]

Longs = NDArray[np.int64]
Codes = NDArray[np.int32]
Bools = NDArray[np.bool_]

_VALID = "valid"
_Form = tuple[Fraction, frozenset[str], tuple[tuple[str, str], ...]]
"""What tells two readings of one text apart: the factor, the words for no value, the words that stand for numbers."""


@dataclass
class Cells:
    """Every value cell that is not empty, by number; `problem` is 0 or the place of its fault in `problems`."""

    frame: Frame
    laid: Laid
    texts: pa.Array
    text: Codes
    row: Codes
    column: Codes
    """Place in `laid.values`."""
    rule: Codes
    micro: Longs
    kind: NDArray[np.int8]
    limit: Longs
    time: Longs
    site: Codes
    sites: list[str]
    problem: Codes
    flag: Codes
    flags: list[str]
    absent: NDArray[np.int8]
    """0 present, else 1 + place in Absent."""
    review: Codes
    reviews: list[str]
    total: int
    empty: int
    rounded: int
    left_out: int = 0
    """Cells of places nobody asked for."""
    named: list[Named] = field(default_factory=list)
    """Sites whose city the file itself tells."""
    problems: list[tuple[str, dict[str, object]]] = field(default_factory=lambda: [("", {})])
    strange: list[Rejected] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.text)

    def refuse(self, which: Bools, code: str, words: dict[str, object]) -> None:
        """Give the fault to the cells that have none yet; a missing `text` is the cell's own."""
        which = which & (self.problem == 0)
        if which.any():
            self.problems.append((code, words))
            self.problem[which] = len(self.problems) - 1

    def refuse_each(self, fault: Codes, faults: Sequence[tuple[str, dict[str, object]]]) -> None:
        """Give each cell the fault of its number (-1 none), unless it has one."""
        which = (fault >= 0) & (self.problem == 0)
        if which.any():
            first = len(self.problems)
            self.problems.extend(faults)
            self.problem[which] = first + fault[which]

    def rejected(self) -> list[Rejected]:
        """Return one record for each refused cell, and the columns nobody declared."""
        found = list(self.strange)
        messages: dict[tuple[int, int], str] = {}
        names = [self.frame.names[place] for place in self.laid.values]
        lines = self.frame.lines.to_numpy(zero_copy_only=False)
        texts = self.texts.to_pylist()
        for cell in np.flatnonzero(self.problem).tolist():
            key = (int(self.problem[cell]), int(self.text[cell]))
            code, words = self.problems[key[0]]
            text = texts[key[1]]
            if key not in messages:
                messages[key] = reason_of(complain(code, words={"text": shown(text), **words}))
            line, column = int(lines[self.row[cell]]), names[self.column[cell]]
            found.append(
                Rejected(self.frame.file, self.frame.sheet, line, column, shown(text), code, messages[key])
            )  # fmt: skip
        return found


def read_cells(
    frame: Frame, feed: Feed, recipe: Recipe, *,
    catalog: Catalog, known: Collection[str] | None = None, only: Collection[str] | None = None,
) -> Cells:  # fmt: skip
    """Read every value cell of a frame, or those of the places in `only`; raises QC219 for a register.

    The texts of the columns are let go: what is refused is told by the distinct texts, the names and the lines.
    """
    frame = settle(frame, recipe)
    laid = lay_out(frame, feed, recipe, catalog=catalog)
    serials = serials_of(frame.epoch, recipe.sheet)
    times = read_times([frame.columns[p] for p in key_places(frame, recipe.time.columns)], recipe.time, serials)
    frame = replace(frame, notes=(*frame.notes, *told_serials(times.serials, place=frame.place(), epoch=frame.epoch)))
    places = _places(frame, laid, recipe, catalog=catalog, times=times, known=known)
    left_out = 0
    if only is not None:
        before = frame.rows * len(laid.values)
        frame, laid, times, places = _restricted(frame, laid, times=times, places=places, only=only)
        left_out = before - frame.rows * len(laid.values)
    cells = _gather(frame, laid, recipe)
    cells.left_out = left_out
    cells.named = _named(frame, places, recipe, catalog=catalog)
    cells.time = times.seconds[cells.row]
    shifts = np.array([*(rule.shift for rule in laid.rules), 0], np.int64)
    if shifts.any():
        cells.time -= shifts[np.where(cells.rule >= 0, cells.rule, -1)]
    cells.site = places.codes[cells.column if laid.place_of_column else cells.row]
    cells.sites = places.keys
    if (times.bad >= 0).any():
        cells.refuse_each(times.bad[cells.row], [("QC209", {"text": shown(text)}) for text in times.texts])
    if places.faults:
        _refuse_places(cells, places)
    if laid.faults:
        cells.refuse_each(-1 - cells.rule, [(fault.code, dict(fault.words)) for fault in laid.faults])
    _refuse_numbers(cells)
    _refuse_doubtful(cells)
    _read_flags(cells, recipe, feed=feed)
    _read_reviews(cells)
    cells.strange = [_strange(cells, name, error) for name, error in laid.strange]
    cells.frame = replace(frame, columns=())
    return cells


def _places(
    frame: Frame, laid: Laid, recipe: Recipe, *,
    catalog: Catalog, times: Times, known: Collection[str] | None,
) -> Places:  # fmt: skip
    good = times.seconds[times.bad < 0]
    day = date(1970, 1, 1) + timedelta(seconds=int(good.min())) if len(good) else None
    if laid.place_of_column:
        names = [pa.array([frame.names[place] for place in laid.values], pa.string())]
    else:
        names = [frame.columns[place] for place in key_places(frame, recipe.site.columns)]
    return named_places(names, recipe.site, regions=lambda: catalog.regions, day=day, known=known)


def _named(frame: Frame, places: Places, recipe: Recipe, *, catalog: Catalog) -> list[Named]:
    rule = recipe.site
    found = [key_places(frame, (choice,)) for choice in (rule.name, rule.city, rule.city_name, rule.category)]
    columns = [frame.columns[place[0]] if place else None for place in found]
    return named_by(columns, places, rule, regions=lambda: catalog.regions)


def _restricted(
    frame: Frame, laid: Laid, *, times: Times, places: Places, only: Collection[str]
) -> tuple[Frame, Laid, Times, Places]:
    """Keep the columns (pivot) or rows of the places asked for; the others are not even read."""
    wanted = np.array([key in only and number not in places.faults for number, key in enumerate(places.keys)], bool)
    kept = np.flatnonzero(wanted[places.codes]) if len(places.codes) else np.zeros(0, np.int64)
    places = Places(places.keys, {}, places.codes[kept])
    if laid.place_of_column:
        return frame, replace(laid, values=tuple(laid.values[place] for place in kept)), times, places
    rows = laid.rule_of_row[kept] if laid.rule_of_row is not None else None
    times = times._replace(seconds=times.seconds[kept], bad=times.bad[kept])
    return frame.only(pa.array(kept)), replace(laid, rule_of_row=rows), times, places


def _refuse_places(cells: Cells, places: Places) -> None:
    numbers = np.full(max(len(places.keys), 1), -1, np.int32)
    for number, place in enumerate(places.faults):
        numbers[place] = number
    cells.refuse_each(numbers[cells.site], [(error.code, dict(error.words)) for error in places.faults.values()])


def _gather(frame: Frame, laid: Laid, recipe: Recipe) -> Cells:
    """Encode the texts of all value columns, read each distinct text once, leave the empty cells out."""
    dictionary, codes = _encoded(frame, laid)
    rows, size = frame.rows, len(codes)
    if laid.values and laid.rule_of_column is not None and laid.rule_of_row is not None:
        rule = laid.rule_of_column.reshape(len(laid.values), -1)[:, laid.rule_of_row].ravel()
    elif laid.rule_of_column is not None:
        rule = np.repeat(laid.rule_of_column, rows)
    else:
        rule = np.tile(laid.rule_of_row if laid.rule_of_row is not None else np.zeros(rows, np.int32), len(laid.values))
    micro, kind = np.zeros(size, np.int64), np.zeros(size, np.int8)
    limit, rounded = _filled(-1, size, np.int64), 0
    forms: dict[_Form, list[int]] = {(Fraction(1), frozenset(), ()): [-1]}
    for place, item in enumerate(laid.rules):
        forms.setdefault((item.factor, item.missing, item.words), []).append(place)
    for (factor, missing, words), members in forms.items():
        here = _members(
            rule, members, single=len(forms) == 1 or (not laid.faults and len(members) == len(laid.rules) + 1)
        )
        used = np.unique(codes[here]) if not isinstance(here, slice) else np.arange(len(dictionary))
        if not len(used):
            continue
        texts = _spoken(dictionary.take(pa.array(used)), dict(words))
        numbers = read_numbers(texts, rule=recipe.values, missing=missing, factor=factor)
        back = np.zeros(len(dictionary), np.int32)
        back[used] = np.arange(len(used))
        at = back[codes[here]]
        micro[here], kind[here] = numbers.micro[at], numbers.kind[at]
        if (numbers.limit >= 0).any():
            limit = limit if limit.flags.writeable else limit.copy()
            limit[here] = numbers.limit[at]
        if numbers.rounded.any():
            rounded += int((numbers.rounded[at] & (numbers.kind[at] != EMPTY)).sum())
        del at
    keep = kind != EMPTY
    if laid.flag is not None:
        keep |= np.tile(_not_blank(frame.columns[laid.flag]), len(laid.values))
    chosen: NDArray[np.intp] | slice = slice(None) if keep.all() else np.flatnonzero(keep)
    left = int(keep.sum())
    limits = limit[chosen] if limit.flags.writeable else _filled(-1, left, np.int64)
    row, column = _grid(rows, len(laid.values), chosen)
    return Cells(
        frame=frame, laid=laid, texts=dictionary, text=codes[chosen], row=row, column=column, rule=rule[chosen],
        micro=micro[chosen], kind=kind[chosen], limit=limits, time=np.zeros(0, np.int64),
        site=np.zeros(0, np.int32), sites=[], problem=np.zeros(left, np.int32), flag=_filled(-1, left, np.int32),
        flags=[], absent=np.zeros(left, np.int8), review=_filled(-1, left, np.int32), reviews=[], total=size,
        empty=size - left, rounded=rounded,
    )  # fmt: skip


def _spoken(texts: pa.Array, words: Mapping[str, str]) -> pa.Array:
    """Put the number in place of each word that stands for one."""
    if not words:
        return texts
    return pa.array([words.get(text.strip(), text) for text in texts.to_pylist()], pa.string())


def _filled(value: int, size: int, kind: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """One number for every cell, held once; copy it before writing."""
    return np.broadcast_to(np.array(value, kind), (size,))


def _grid(rows: int, columns: int, chosen: NDArray[np.intp] | slice) -> tuple[Codes, Codes]:
    """The row and the column of each cell, column by column."""
    if isinstance(chosen, slice):
        return np.tile(np.arange(rows, dtype=np.int32), columns), np.repeat(np.arange(columns, dtype=np.int32), rows)
    return (chosen % max(rows, 1)).astype(np.int32), (chosen // max(rows, 1)).astype(np.int32)


def _members(rule: Codes, members: list[int], *, single: bool) -> Bools | slice:
    """The cells of some rules; faults count with the plain form."""
    if single:
        return slice(None)
    chosen = np.isin(rule, [place for place in members if place >= 0])
    return chosen | (rule < 0) if -1 in members else chosen


def _encoded(frame: Frame, laid: Laid) -> tuple[pa.Array, Codes]:
    if not laid.values or not frame.rows:
        return pa.array([], pa.string()), np.zeros(0, np.int32)
    columns = [pc.fill_null(frame.columns[place].cast(pa.string()), "") for place in laid.values]
    encoded = pa.chunked_array(columns).dictionary_encode().unify_dictionaries()
    codes = np.concatenate([chunk.indices.to_numpy(zero_copy_only=False) for chunk in encoded.chunks])
    return encoded.chunk(0).dictionary, codes.astype(np.int32)


def _not_blank(column: pa.Array) -> Bools:
    text = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
    result: Bools = pc.not_equal(text, "").to_numpy(zero_copy_only=False)
    return result


def _refuse_numbers(cells: Cells) -> None:
    """Refuse what is no number, negative where nothing is, or outside what the catalog holds possible."""
    cells.refuse(cells.kind == NOT_NUMBER, "QC206", {})
    shown_values = (cells.kind == OK) | (cells.kind == TOO_LARGE)
    for place, rule in enumerate(cells.laid.rules):
        low, high = rule.parameter.minimum, rule.parameter.maximum
        here = shown_values & (cells.rule == place)
        words: dict[str, object] = {"parameter": rule.parameter.zh}
        outside = here & (cells.kind == TOO_LARGE)
        if low is not None:
            if low >= 0:
                cells.refuse(here & (cells.micro < 0), "QC207", words)
            outside |= here & (cells.micro < int(low * 1_000_000))
        if high is not None:
            outside |= here & (cells.micro > int(high * 1_000_000))
        bounds: dict[str, object] = {"low": "" if low is None else low, "high": "" if high is None else high}
        cells.refuse(outside, "QC208", words | bounds | {"unit": rule.parameter.unit})


def _refuse_doubtful(cells: Cells) -> None:
    """Refuse the values that are merged over several rows or columns."""
    if cells.frame.doubtful:
        width = len(cells.frame.names)
        place = np.array(cells.laid.values, np.int64)[cells.column] if len(cells) else np.zeros(0, np.int64)
        wanted = [row * width + column for row, column in cells.frame.doubtful]
        cells.refuse(np.isin(cells.row.astype(np.int64) * width + place, wanted), "QC222", {})


def _read_flags(cells: Cells, recipe: Recipe, *, feed: Feed) -> None:
    """Turn non-detects and flags into reasons of absence; a raw value under an invalid flag stays beside it."""
    below = 1 + list(Absent).index(Absent.BELOW_DETECTION)
    cells.absent[cells.kind == BELOW] = below
    if cells.laid.flag is None:
        return
    column = cells.frame.columns[cells.laid.flag]
    encoded = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), "")).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)[cells.row]
    cells.flags = encoded.dictionary.to_pylist()
    cells.flag = codes
    for place, text in enumerate(cells.flags):
        here = codes == place
        meaning = recipe.flags.get(text, _VALID if not text else "")
        if not meaning:
            cells.refuse(here, "QC217", {"text": text, "feed": feed.id})
        elif meaning == Absent.BELOW_DETECTION:
            printed = here & (cells.kind == OK)
            cells.limit = cells.limit if cells.limit.flags.writeable else cells.limit.copy()
            cells.limit[printed] = cells.micro[printed]
            cells.kind[printed] = BELOW
            cells.absent[here] = below
        elif meaning != _VALID:
            cells.absent[here] = 1 + list(Absent).index(Absent(meaning))


def _read_reviews(cells: Cells) -> None:
    if cells.laid.review is None:
        return
    column = cells.frame.columns[cells.laid.review]
    encoded = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), "")).dictionary_encode()
    spoken = {zh: state.value for state, zh in REVIEW_ZH.items()} | {state.value: state.value for state in Review}
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)[cells.row]
    names = encoded.dictionary.to_pylist()
    cells.reviews = [spoken.get(text, "") for text in names]
    cells.review = codes
    for place, text in enumerate(names):
        if text and text not in spoken:
            words: dict[str, object] = {"column": "review", "text": text, "expected": " | ".join(Review)}
            cells.refuse(codes == place, "QC216", words)


def _strange(cells: Cells, name: str, error: QingceError) -> Rejected:
    place = cells.frame.names.index(name)
    filled = int(_not_blank(cells.frame.columns[place]).sum())
    message = f"{reason_of(error)}（该列有 {filled} 格未收 {filled} cells not taken）"
    return Rejected(cells.frame.file, cells.frame.sheet, cells.frame.header_line, name, "", error.code, message)
