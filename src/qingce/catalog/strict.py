"""Strict reading of TOML and CSV content: line numbers, no unknown keys, Decimal for numbers. 严格读取。"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from qingce.core.errors import complain

__all__ = ["Row", "Table", "read_rows", "read_table"]


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML file: its content and where each key stands."""

    path: Path
    content: Mapping[str, object]
    lines: Mapping[str, int]

    def place(self, key: str = "") -> str:
        """Return `file:line` of a key (its last part), or of the file."""
        return f"{self.path}:{self.lines.get(key, 1)}"


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

    def day(self, key: str) -> date | None:
        """Return the cell as a date, None when empty; raises QC107."""
        if not self.cells[key]:
            return None
        try:
            return date.fromisoformat(self.cells[key])
        except ValueError as error:
            words: dict[str, object] = {"key": key, "value": self.cells[key], "expected": "YYYY-MM-DD"}
            raise complain("QC107", self.place, words) from error


def read_table(path: Path, *, required: Collection[str] = (), optional: Collection[str] | None = None) -> Table:
    """Read a TOML file; refuse unknown (QC102), missing (QC103) and duplicate (QC101) top-level keys.

    With `optional` None any further key is allowed.
    """
    text = path.read_text("utf-8")
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise complain("QC101", str(path), {"reason": str(error)}) from error
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*\[*\s*([\w.-]+)\s*\]*\s*(=|$)", line)
        if match:
            lines.setdefault(match[1].split(".")[-1], number)
    table = Table(path, content, lines)
    for key in required:
        if key not in content:
            raise complain("QC103", table.place(), {"key": key})
    for key in content:
        if optional is not None and key not in required and key not in optional:
            raise complain("QC102", table.place(key), {"key": key, "allowed": ", ".join([*required, *optional])})
    return table


def read_rows(path: Path, *, required: Collection[str], optional: Collection[str] = ()) -> list[Row]:
    """Read a CSV file; refuse unknown or missing columns and rows of the wrong width (QC101, QC102, QC103)."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        for key in required:
            if key not in header:
                raise complain("QC103", f"{path}:1", {"key": key})
        for key in header:
            if key not in required and key not in optional:
                raise complain("QC102", f"{path}:1", {"key": key, "allowed": ", ".join([*required, *optional])})
        rows = []
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                reason = f"{len(cells)} cells, {len(header)} columns"
                raise complain("QC101", f"{path}:{reader.line_num}", {"reason": reason})
            filled = dict.fromkeys(optional, "") | dict(zip(header, (c.strip() for c in cells), strict=True))
            rows.append(Row(path, reader.line_num, filled))
    return rows
