"""Small tables row by row: official values, events, sites; a row is taken in or refused with its place. 登记表。"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from qingce.catalog import Catalog
from qingce.catalog.feeds import Recipe, TimeRule, recipe_of
from qingce.core.errors import QingceError, complain
from qingce.core.grouping import grouped
from qingce.core.records import Rejected
from qingce.observe.files import Needs, open_frames, reason_of, shown
from qingce.observe.frame import Frame, fold, pick, split_unit
from qingce.observe.layouts import key_places
from qingce.observe.places import region_of
from qingce.observe.settling import settled
from qingce.observe.times import from_serial, parse_time, serials_of, told_serials

__all__ = ["Entry", "Register", "Tell", "names_of", "read_register", "untold"]

Tell = Callable[[str], object]
"""Takes a note of what was done on the way in."""

_PLACE_KIND = re.compile(r".+(省|市|区|县|州|盟|旗|地区)")


@dataclass
class Entry:
    """One row of a register: its cells by field, its place, and the faults found in it."""

    file: str
    sheet: str
    line: int
    cells: dict[str, str]
    headers: dict[str, str]
    recipe: Recipe
    faults: list[Rejected] = field(default_factory=list)
    epoch: date | None = None
    shared: frozenset[str] = frozenset()
    """Fields whose cell is merged over several rows or columns: refused, and read as empty."""
    serials: list[tuple[str, str, int]] = field(default_factory=list)

    def text(self, name: str, *, required: bool = False) -> str:
        """Return a cell, by its meaning where the register translates words; QC215 for a required one left empty."""
        text = self.cells.get(name, "")
        if required and not text and name not in self.shared:
            self.refuse(name, complain("QC215", words={"column": self.headers.get(name, name)}))
        return self.recipe.words.get(name, {}).get(text, text)

    def one_of(self, name: str, allowed: Sequence[str], *, default: str) -> str:
        """Return a cell out of a closed list; QC216."""
        text = self.text(name) or default
        if text not in allowed:
            spoken = [word for word, meaning in self.recipe.words.get(name, {}).items() if meaning in allowed]
            self._expected(name, " | ".join(dict.fromkeys([*spoken, *allowed])))
        return text

    def day(self, name: str, *, required: bool = False) -> date | None:
        """Return a cell as a day; QC215, QC209."""
        text = self.text(name, required=required)
        if not text:
            return None
        system = serials_of(self.epoch, self.recipe.sheet)
        meaning = from_serial(text, system) if system else None
        when = parse_time(meaning or text, TimeRule())
        if when is None:
            self.refuse(name, complain("QC209", words={"text": text}))
        elif meaning:
            self.serials.append((text, meaning, 1))
        return when.date() if when else None

    def number(self, name: str, *, low: float, high: float) -> float | None:
        """Return a coordinate [degree]; QC206, QC216."""
        text = self.text(name)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            self.refuse(name, complain("QC206", words={"text": text}))
            return None
        if not low <= value <= high:
            self._expected(name, f"{low}–{high}")
        return value

    def whole(self, name: str, *, low: int, high: int) -> int | None:
        """Return a whole number; QC216."""
        text = self.text(name)
        if not text:
            return None
        if not re.fullmatch(r"\d+", text) or not low <= int(text) <= high:
            self._expected(name, f"{low}–{high}")
            return None
        return int(text)

    def region(self, name: str, catalog: Catalog, *, within: str = "") -> tuple[str, str]:
        """Return code and name of the region that a cell means, or nothing; QC211."""
        text = self.text(name)
        if not text:
            return "", ""
        try:
            inside = catalog.regions.find(text, within=within) if within and not text.isdigit() else ()
            levels = ("city", "province", "county")
            row = inside[-1] if len(inside) == 1 else region_of(text, regions=catalog.regions, levels=levels)
        except QingceError as error:
            self.refuse(name, error)
            return "", ""
        return row.code, row.name

    def scope(self, name: str, catalog: Catalog) -> str:
        """Return the code of a region, or a site as it stands; a code or a name of a region that is none is QC211."""
        text = self.text(name, required=True)
        looks_like_region = bool(re.fullmatch(r"\d{6}", text) or _PLACE_KIND.fullmatch(text))
        try:
            return region_of(text, regions=catalog.regions, levels=("city", "province", "county")).code if text else ""
        except QingceError as error:
            if looks_like_region:
                self.refuse(name, error)
            return text

    def refuse(self, name: str, error: QingceError) -> None:
        """Keep a fault of this row with its column."""
        column, text = self.headers.get(name, name), shown(self.cells.get(name, ""))
        self.faults.append(Rejected(self.file, self.sheet, self.line, column, text, error.code, reason_of(error)))

    def _expected(self, name: str, expected: str) -> None:
        text = self.cells.get(name, "")
        words: dict[str, object] = {"column": self.headers.get(name, name), "text": text, "expected": expected}
        self.refuse(name, complain("QC216", words=words))


@dataclass
class Register:
    """The rows of a register file and what was refused before any row was read."""

    entries: list[Entry]
    rejected: list[Rejected]
    notes: list[str] = field(default_factory=list)

    def told(self) -> Iterator[str]:
        """Yield what was done to the sheets on the way in: merged cells carried, sums left out, dates made of numbers.

        To be asked when the rows are read.
        """
        yield from self.notes
        for place, entries in grouped(self.entries, lambda entry: f"{entry.file}[{entry.sheet}]").items():
            found = [serial for entry in entries for serial in entry.serials]
            yield from told_serials(found, place=place, epoch=entries[0].epoch)

    def rows(self, make: Callable[[Entry], dict[str, object]], *, key: Sequence[str]) -> list[dict[str, object]]:
        """Return the rows without fault; a second row of a key is refused (QC220) at the key's first column."""
        kept: list[dict[str, object]] = []
        seen: dict[tuple[object, ...], int] = {}
        for entry in self.entries:
            row = make(entry)
            name = tuple(row[part] for part in key)
            if not entry.faults and name in seen:
                column = key[0] if key[0] in entry.headers else next(iter(entry.headers))
                entry.refuse(column, complain("QC220", words={"key": row[key[0]], "line": seen[name]}))
            if entry.faults:
                self.rejected.extend(entry.faults)
                continue
            seen[name] = entry.line
            kept.append(row)
        return kept


def read_register(path: Path, feed: str, *, catalog: Catalog, required: Sequence[str]) -> Register:
    """Read the rows of a register by the headers of its feed; raises QC200, QC201, QC202, QC204 for an unfit file."""
    recipe = recipe_of(catalog.feeds[feed])
    needs = tuple(recipe.fields[name] for name in required)
    register = Register([], [])
    for opened in open_frames(path, rule=recipe.file, needs=needs, feed=feed):
        frame = _settled(opened, recipe, needs)
        register.notes.extend(frame.notes)
        register.rejected.extend(frame.broken)
        register.entries.extend(_entries(frame, recipe))
        register.rejected.extend(_strange(frame, recipe, feed))
    return register


def untold(note: str) -> None:
    """Take a note that nobody asked for."""


def names_of(text: str) -> list[str]:
    """Split a cell that holds several names.

    Examples
    --------
    >>> names_of("PM10、PM2.5; O3")
    ['PM10', 'PM2.5', 'O3']
    """
    return [word for word in (part.strip() for part in re.split(r"[、,，;；/|]+", text)) if word]


def _places(frame: Frame, recipe: Recipe) -> dict[str, int]:
    bare = [split_unit(name)[0] for name in frame.names]
    found = {}
    for name, headers in recipe.fields.items():
        place = pick(frame.names, headers)
        place = pick(bare, headers) if place is None else place
        if place is not None and name != "ignore":
            found[name] = place
    return found


def _settled(frame: Frame, recipe: Recipe, needs: Needs) -> Frame:
    """Carry merged cells, but for fields that speak for one row, and leave rows of sums and remarks out."""
    carried = {place for name, place in _places(frame, recipe).items() if name not in recipe.sheet.single}
    return settled(frame, recipe.sheet, carried=carried, needed=key_places(frame, needs))


def _entries(frame: Frame, recipe: Recipe) -> Iterator[Entry]:
    places = _places(frame, recipe)
    names = {place: name for name, place in places.items()}
    shared: dict[int, set[str]] = {}
    for row, column in frame.doubtful:
        if column in names:
            shared.setdefault(row, set()).add(names[column])
    headers = {name: frame.names[place] for name, place in places.items()}
    columns = {name: [_plain(value) for value in frame.columns[place].to_pylist()] for name, place in places.items()}
    for row, line in enumerate(frame.lines.to_pylist()):
        cells = {name: column[row] for name, column in columns.items()}
        if any(cells.values()):
            entry = Entry(frame.file, frame.sheet, line, cells, headers, recipe, epoch=frame.epoch)
            yield _without_shared(entry, shared[row]) if row in shared else entry


def _without_shared(entry: Entry, names: set[str]) -> Entry:
    """Refuse the cells that are merged over several rows or columns, and empty them (QC222)."""
    filled = sorted(name for name in names if entry.cells[name])
    for name in filled:
        entry.refuse(name, complain("QC222", words={"text": entry.cells[name]}))
        entry.cells[name] = ""
    entry.shared = frozenset(filled)
    return entry


def _plain(value: object) -> str:
    text = "" if value is None else str(value).strip()
    return "" if text in ("--", "—", "/", "nan", "None") else text


def _strange(frame: Frame, recipe: Recipe, feed: str) -> Iterator[Rejected]:
    known = {fold(header) for headers in recipe.fields.values() for header in headers}
    for name in frame.names:
        if name.strip() and fold(name) not in known and fold(split_unit(name)[0]) not in known:
            error = complain("QC205", words={"name": name, "feed": feed})
            yield Rejected(frame.file, frame.sheet, frame.header_line, name, "", error.code, reason_of(error))
