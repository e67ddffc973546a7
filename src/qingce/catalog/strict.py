"""Strict reading of TOML and CSV content: line numbers, no unknown keys, Decimal for numbers. 严格读取。

Every reader takes `report`: loading refuses at the first fault, checking collects them all. The same code does both.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from qingce.core.errors import QingceError, complain

__all__ = ["Report", "Row", "Table", "check_keys", "guarded", "read_rows", "read_table", "refuse"]

Report = Callable[[QingceError], None]
_KEY_OR_HEADER = re.compile(r'\s*(?:\[+([^\]]+)\]|"?([\w-]+)"?\s*[.=])')


def refuse(error: QingceError) -> None:
    """Raise the fault: what loading does with it."""
    raise error


@contextmanager
def guarded(report: Report) -> Iterator[None]:
    """Hand a numbered error of the block to `report` instead of leaving the reader."""
    try:
        yield
    except QingceError as error:
        report(error)


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML file: its content and its text, from which the line of a key is found when asked."""

    path: Path
    content: Mapping[str, object]
    source_text: str = ""

    def place(self, key: str = "", *, section: str = "") -> str:
        """Return `file:line` of a key (in a section, if named), of a section's header, or of the file."""
        if not key and not section:
            return f"{self.path}:1"
        lines = _lines(self.source_text)
        line = lines.get((section, key)) if section else lines.get(("*", key))
        return f"{self.path}:{line or lines.get((section, ''), 1)}"

    def text(self, key: str, default: str = "") -> str:
        """Return a text; raises QC107 for another type."""
        value = self.content.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, value, "文字 a text")
        return value

    def whole(self, key: str, default: int = 0) -> int:
        """Return a whole number; raises QC107 for another type."""
        value = self.content.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, value, "整数 a whole number")
        return value

    def day(self, key: str) -> date | None:
        """Return a date or None when it is not given; raises QC107 for another type."""
        value = self.content.get(key)
        if value is not None and type(value) is not date:
            raise self.wrong(key, value, "YYYY-MM-DD")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; raises QC107 for another type."""
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, value, "文字列表 a list of texts")
        return tuple(value)

    def wrong(self, key: str, value: object, expected: str) -> QingceError:
        """Return the fault QC107 of a value that is not what the key asks for; the caller raises it."""
        return complain("QC107", self.place(key), {"key": key, "value": value, "expected": expected})


@dataclass(frozen=True, slots=True)
class Row:
    """A CSV row: its cells as text and where it stands. An empty cell is an empty string."""

    path: Path
    line: int
    cells: Mapping[str, str]

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.path}:{self.line}"

    def text(self, key: str) -> str:
        """Return the cell's text; raises QC103 if it is empty."""
        if not self.cells[key]:
            raise complain("QC103", self.place, {"key": key})
        return self.cells[key]

    def decimal(self, key: str) -> Decimal:
        """Return the cell as a Decimal; raises QC107."""
        try:
            value = Decimal(self.cells[key])
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            words: dict[str, object] = {"key": key, "value": self.cells[key], "expected": "数字 a number"}
            raise complain("QC107", self.place, words)
        return value

    def decimal_or_none(self, key: str) -> Decimal | None:
        """Return the cell as a Decimal, None when empty; raises QC107."""
        return self.decimal(key) if self.cells[key] else None

    def whole(self, key: str) -> int:
        """Return the cell as a whole number; raises QC107."""
        if not re.fullmatch(r"-?\d+", self.cells[key]):
            words: dict[str, object] = {"key": key, "value": self.cells[key], "expected": "整数 a whole number"}
            raise complain("QC107", self.place, words)
        return int(self.cells[key])

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        """Return the cell if it is one of the allowed words; raises QC107."""
        if self.cells[key] not in allowed:
            expected = " | ".join(word or "（空）" for word in allowed)
            raise complain("QC107", self.place, {"key": key, "value": self.cells[key], "expected": expected})
        return self.cells[key]

    def day(self, key: str) -> date | None:
        """Return the cell as a date, None when empty; raises QC107."""
        if not self.cells[key]:
            return None
        try:
            return date.fromisoformat(self.cells[key])
        except ValueError as error:
            words: dict[str, object] = {"key": key, "value": self.cells[key], "expected": "YYYY-MM-DD"}
            raise complain("QC107", self.place, words) from error


def read_table(
    path: Path,
    *,
    required: Collection[str] = (),
    optional: Collection[str] | None = None,
    report: Report = refuse,
) -> Table:
    """Read a TOML file; refuse unknown (QC102), missing (QC103) and duplicate (QC101) top-level keys.

    With `optional` None any further key is allowed.
    """
    text = _read_text(path, report)
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        report(complain("QC101", f"{path}:{line[1] if line else 1}", {"reason": str(error)}))
        return Table(path, {}, text)
    table = Table(path, content, text)
    check_keys(table, required=required, optional=optional, report=report)
    return table


def check_keys(
    table: Table, *, required: Collection[str], optional: Collection[str] | None, report: Report = refuse
) -> None:
    """Refuse unknown (QC102) and missing (QC103) top-level keys; with `optional` None any further key is allowed."""
    for key in required:
        if key not in table.content:
            report(complain("QC103", table.place(), {"key": key}))
    for key in table.content:
        if optional is not None and key not in required and key not in optional:
            words: dict[str, object] = {"key": key, "allowed": ", ".join([*required, *optional])}
            report(complain("QC102", table.place(key), words))


def read_rows(
    path: Path, *, required: Collection[str], optional: Collection[str] = (), report: Report = refuse
) -> list[Row]:
    """Read a CSV file; refuse unknown or missing columns and rows of the wrong width (QC101, QC102, QC103, QC108)."""
    reader = csv.reader(_read_text(path, report).splitlines(keepends=True), strict=True)
    header = [cell.strip() for cell in next(reader, [])]
    if not _check_header(path, header, required=required, optional=optional, report=report):
        return []
    blank = dict.fromkeys((*required, *optional), "")
    rows = []
    try:
        for cells in reader:
            if cells and len(cells) != len(header):
                reason = f"{len(cells)} cells, {len(header)} columns"
                report(complain("QC101", f"{path}:{reader.line_num}", {"reason": reason}))
            elif cells:
                filled = blank | dict(zip(header, (cell.strip() for cell in cells), strict=True))
                rows.append(Row(path, reader.line_num, filled))
    except csv.Error as error:
        report(complain("QC101", f"{path}:{reader.line_num}", {"reason": str(error)}))
    return rows


@lru_cache(maxsize=512)
def _lines(text: str) -> dict[tuple[str, str], int]:
    """Line of each (section, key) and (section, ""); under section "*" the first place of a key or header."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = _KEY_OR_HEADER.match(line)
        if match is None:
            continue
        if match[1]:
            section = match[1].strip(' "')
            found.setdefault((section, ""), number)
            found.setdefault(("*", section.split(".")[-1]), number)
        else:
            found.setdefault((section, match[2]), number)
            found.setdefault(("*", match[2]), number)
    return found


def _read_text(path: Path, report: Report) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        report(complain("QC101", f"{path}:{line}", {"reason": "不是 UTF-8 not UTF-8"}))
        return ""


def _check_header(
    path: Path, header: list[str], *, required: Collection[str], optional: Collection[str], report: Report
) -> bool:
    missing = [key for key in required if key not in header]
    for key in missing:
        report(complain("QC103", f"{path}:1", {"key": key}))
    for key in dict.fromkeys(header):
        if key not in required and key not in optional:
            report(complain("QC102", f"{path}:1", {"key": key, "allowed": ", ".join([*required, *optional])}))
        if header.count(key) > 1:
            report(complain("QC108", f"{path}:1", {"key": key}))
    return not missing
