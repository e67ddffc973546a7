"""Grids to an Excel workbook: frozen heads, filters, print set-up for A4, tones with words. 写 Excel。"""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from qingce.publish.office.files import write_whole
from qingce.publish.office.grid import Cell, Column, Grid, colours, lines_of, plain_text
from qingce.publish.office.labels import SAMPLE
from qingce.publish.office.word import style_facts

__all__ = ["HEADER_ROW", "write_workbook"]

HEADER_ROW = 2
"""Zero-based row of the column heads: above it stand the title and the line with region, cut-off and 示例数据."""

_LINE = 12.0
_FIT = 1.15
"""A column is measured in digits of the default face at 11 pt; the text stands at 9 pt."""

_ROOM = 4.0
_TALLEST = 400.0


class _Styles:
    """The formats of one workbook, made once each."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Any] = {}
        fonts = style_facts()["fonts"]
        self._plain, self._bold, self._title = fonts["table"][0], fonts["first"][0], fonts["title"][0]

    def _of(self, **wanted: object) -> Any:
        key = tuple(sorted(wanted.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": self._plain, "font_size": 9, **wanted})
        return self._made[key]

    def title(self) -> Any:
        """The line on top."""
        return self._of(font_name=self._title, font_size=16, align="center", valign="vcenter")

    def subtitle(self) -> Any:
        """The line with region and cut-off."""
        return self._of(align="center", valign="vcenter", font_color="#444444")

    def head(self) -> Any:
        """A column's head."""
        return self._of(
            font_name=self._bold, align="center", valign="vcenter", text_wrap=True, border=1, bg_color="#E3ECE6"
        )

    def note(self) -> Any:
        """A note under the table."""
        return self._of(text_wrap=True, valign="top", font_color="#444444")

    def body(self, column: Column, cell: Cell) -> Any:
        """A cell by its column and tone."""
        wanted: dict[str, object] = {
            "align": column.align, "valign": "vcenter", "text_wrap": True, "border": 1, "border_color": "#9AA5A0",
        }  # fmt: skip
        ink, ground = colours(cell)
        wanted |= {"font_color": f"#{ink}"} if ink else {}
        wanted |= {"bg_color": f"#{ground}"} if ground else {}
        return self._of(**wanted)


def write_workbook(grids: Sequence[Grid], path: Path, *, title: str, sample: bool = False) -> None:
    """Write each grid as a sheet of one workbook; raises QC570.

    The same grids give the same bytes. `sample` prints 示例数据 in header and footer of every page.
    """
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "author": "qingce 青策", "created": datetime.datetime(2000, 1, 1)})
    styles = _Styles(book)
    for grid in grids:
        sheet = book.add_worksheet(grid.sheet)
        _write_grid(sheet, grid, styles)
        _set_up_print(sheet, grid, sample=sample)
    book.close()
    write_whole(path, stream.getvalue())


def _write_grid(sheet: Any, grid: Grid, styles: _Styles) -> None:
    last = len(grid.shown) - 1
    for index, column in enumerate(grid.columns):
        sheet.set_column(index, index, column.width, None, {"hidden": True} if column.hidden else {})
        sheet.write_string(HEADER_ROW, index, column.name, styles.head())
    _across(sheet, 0, last=last, text=grid.title, style=styles.title())
    _across(sheet, 1, last=last, text=grid.subtitle, style=styles.subtitle())
    sheet.set_row(0, 30)
    sheet.set_row(1, 16)
    sheet.set_row(HEADER_ROW, _ROOM + _LINE * max(lines_of(c.name, c.width) for c in grid.shown))
    first = HEADER_ROW + 1
    for number, row in enumerate(grid.rows, first):
        _write_row(sheet, number, row=row, grid=grid, styles=styles)
    end = first + len(grid.rows)
    if not grid.rows:
        _across(sheet, end, last=last, text=grid.empty, style=styles.subtitle())
        end += 1
    for number, note in enumerate(grid.notes, end):
        _across(sheet, number, last=last, text=f"注：{note}", style=styles.note())
    sheet.freeze_panes(first, 1 if grid.columns[0].width >= _ROOM * 3 else 0)
    sheet.autofilter(HEADER_ROW, 0, max(first, first + len(grid.rows) - 1), len(grid.columns) - 1)
    _offer_choices(sheet, grid)


def _write_row(sheet: Any, number: int, *, row: Sequence[Cell], grid: Grid, styles: _Styles) -> None:
    tallest = 1
    for index, (column, cell) in enumerate(zip(grid.columns, row, strict=True)):
        style = styles.body(column, cell)
        if isinstance(cell, int | Decimal):
            sheet.write_number(number, index, cell, style)
        elif plain_text(cell):
            sheet.write_string(number, index, plain_text(cell), style)
        else:
            sheet.write_blank(number, index, None, style)
        if not column.hidden:
            tallest = max(tallest, lines_of(plain_text(cell), column.width * _FIT))
    sheet.set_row(number, min(_TALLEST, _ROOM + _LINE * tallest))


def _across(sheet: Any, row: int, *, last: int, text: str, style: Any) -> None:
    """Write one line over the printed columns."""
    if last:
        sheet.merge_range(row, 0, row, last, text, style)
    else:
        sheet.write_string(row, 0, text, style)


def _offer_choices(sheet: Any, grid: Grid) -> None:
    for index, column in enumerate(grid.columns):
        if column.choices and grid.rows:
            end = HEADER_ROW + len(grid.rows)
            sheet.data_validation(
                HEADER_ROW + 1, index, end, index, {"validate": "list", "source": list(column.choices)}
            )


def _set_up_print(sheet: Any, grid: Grid, *, sample: bool) -> None:
    """A4, one page wide, heads repeated, page numbers, 示例数据 above and below when it is one."""
    if grid.landscape:
        sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.center_horizontally()
    sheet.repeat_rows(0, HEADER_ROW)
    mark = SAMPLE if sample else ""
    sheet.set_header(f"&L&8{mark}&R&8{mark}")
    sheet.set_footer(f"&L&8青策 qingce{'　' + mark if mark else ''}&C&9第 &P 页，共 &N 页&R&8{grid.sheet}")
