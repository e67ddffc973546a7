"""Workbooks as offices keep them: sheets as rows of text, what is merged, from which day they count. 工作簿。"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from qingce.core.errors import complain

__all__ = ["Merged", "Sheet", "open_workbook", "sheet_rows"]

_OLE = b"\xd0\xcf\x11\xe0"
_PIECE = 1 << 20
_SPOKEN = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')
"""What a number format prints or hides as it stands: words in quotes, colours and languages, escaped letters."""


class Merged(NamedTuple):
    """One merged cell: its lines from 1 and its columns from 0, both ends within."""

    top: int
    bottom: int
    left: int
    right: int


class Sheet(NamedTuple):
    """One sheet: its rows as text, what is merged, and the day from which its serial numbers count."""

    title: str
    rows: list[list[str]]
    merged: tuple[Merged, ...]
    epoch: date


def sheet_rows(path: Path, *, rows: int) -> list[list[str]]:
    """Return the first rows of every sheet; a midnight that shows its hour has one here."""
    return [row for sheet in open_workbook(path, rows=rows) for row in sheet.rows]


def open_workbook(path: Path, *, rows: int | None = None) -> list[Sheet]:
    """Read the sheets of a workbook, or a glimpse of their first `rows`; raises QC200 for what is none.

    A size that the file gives wrongly is not believed: every row there is, is read.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _refuse_old(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            merged = rows is None and _anything_merged(path)
            book = load_workbook(path, read_only=not merged, data_only=True)
            try:
                return [_sheet(sheet, rows=rows, merged=merged) for sheet in book.worksheets]
            finally:
                book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise complain("QC200", path.name, {"reason": f"{type(error).__name__}: {error}"}) from error


def _refuse_old(path: Path) -> None:
    """Name what only looks like a workbook of today: the old format, or one behind a password."""
    with path.open("rb") as stream:
        if stream.read(len(_OLE)) == _OLE:
            reason = "旧式 .xls 或加了密码的工作簿 an old .xls or a workbook with a password"
            raise complain("QC200", path.name, {"reason": reason})


def _anything_merged(path: Path) -> bool:
    """Say whether any sheet has merged cells: only then is it worth reading the workbook the dear way."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(_holds(archive, name, b"mergeCell ") for name in sheets)


def _holds(archive: zipfile.ZipFile, name: str, word: bytes) -> bool:
    tail = b""
    with archive.open(name) as stream:
        while piece := stream.read(_PIECE):
            if word in tail + piece:
                return True
            tail = piece[-len(word) :]
    return False


def _sheet(sheet: Any, *, rows: int | None, merged: bool) -> Sheet:
    if not merged:
        sheet.reset_dimensions()
    ranges = sheet.merged_cells.ranges if merged else ()
    blocks = sorted(Merged(area.min_row, area.max_row, area.min_col - 1, area.max_col - 1) for area in ranges)
    texts = [[_cell(cell, clock=rows is not None) for cell in row] for row in _rows(sheet.iter_rows(), rows)]
    width = max(map(len, texts), default=0)
    texts = [[*row, *[""] * (width - len(row))] for row in texts]
    return Sheet(sheet.title, texts, tuple(blocks), sheet.parent.epoch.date())


def _rows(found: Iterable[Iterable[Any]], rows: int | None) -> Iterator[Iterable[Any]]:
    for number, row in enumerate(found):
        if rows is not None and number >= rows:
            return
        yield row


def _cell(cell: Any, *, clock: bool) -> str:
    """Return a cell as text; numbers by their shortest exact form, times to the nearest second.

    Excel keeps a time as a fraction of a day, so 08:00 may come as 07:59:59.997. Midnight is written as the date alone,
    so that a column of dates can be joined with a column of hours, but with `clock` where its format shows hours; a
    date that shows its month or year only is that month or year, a number that shows as per cent is written so.
    """
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        nearest = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        bare = nearest.time() == time() and not (clock and "h" in _shown(cell))
        return _day(nearest.date(), cell) if bare else nearest.isoformat(" ")
    if isinstance(value, date):
        return _day(value, cell)
    if isinstance(value, float | int) and not isinstance(value, bool):
        number = Decimal(repr(value))
        if _shown(cell).endswith("%"):
            return f"{_plain(number * 100)}%"
        return _plain(number)
    return str(value).strip()


def _shown(cell: Any) -> str:
    """What a number format shows of a cell: its letters without words, colours and languages."""
    return _SPOKEN.sub("", (cell.number_format or "").split(";")[0]).lower()


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(day: date, cell: Any) -> str:
    """Return a day, or only its month or year where its format shows no more and it is the first of them."""
    shown = _shown(cell)
    if "y" not in shown or "d" in shown or day.day != 1:
        return day.isoformat()
    if "m" in shown:
        return f"{day:%Y-%m}"
    return f"{day:%Y}" if day.month == 1 else day.isoformat()
