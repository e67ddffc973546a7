"""Grids as Word tables: fixed widths, heads repeated on each page, rows kept whole, tones with words. 写 Word 表格。"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qingce.publish.office.grid import TONES, Cell, Column, Grid, Toned, plain_text
from qingce.publish.office.labels import SAMPLE
from qingce.publish.office.word import add_field, add_paragraph, element, set_font, style_facts

__all__ = ["add_grid", "add_table", "page_marks"]

_EMU_PER_MM = 36_000
_TWIPS_PER_MM = 1440 / 25.4


def add_grid(document: Any, grid: Grid, *, size: float | None = None) -> None:
    """Add a grid with its title, subtitle and notes, as wide as the page allows."""
    sizes = style_facts()["size"]
    add_paragraph(document, grid.title, face="title", size=18, align="center", line=28)
    if grid.subtitle:
        add_paragraph(document, grid.subtitle, face="table", size=sizes["note"], align="center", line=16)
    if grid.rows:
        shown = [index for index, column in enumerate(grid.columns) if not column.hidden]
        rows = [[row[index] for index in shown] for row in grid.rows]
        add_table(document, grid.shown, rows=rows, size=size or sizes["table"])
    else:
        add_paragraph(document, grid.empty, face="table", size=sizes["table"], align="center", line=24)
    for note in grid.notes:
        add_paragraph(document, f"注：{note}", face="table", size=sizes["note"], line=13)


def add_table(document: Any, columns: Sequence[Column], *, rows: Sequence[Sequence[Cell]], size: float) -> Any:
    """Add a bordered table; column widths share the page in the grid's proportion."""
    section = document.sections[-1]
    room = (section.page_width - section.left_margin - section.right_margin) / _EMU_PER_MM
    share = room / sum(column.width for column in columns)
    widths = [column.width * share for column in columns]
    table = document.add_table(rows=0, cols=len(columns))
    table.style, table.autofit = "Table Grid", False
    _fix_widths(table, widths)
    head: list[Cell] = [column.name for column in columns]
    for number, row in enumerate([head, *rows]):
        _add_row(table, row, columns=columns, widths=widths, size=size, head=number == 0)
    return table


def page_marks(section: Any, *, sample: bool, footer: str = "", plain: bool = False) -> None:
    """Give a section its page number — 1 — behind `footer`, and the mark 示例数据 on top where it is one.

    `plain` leaves the number out.
    """
    sizes = style_facts()["size"]
    section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
    top, bottom = section.header.paragraphs[0], section.footer.paragraphs[0]
    top.alignment = 2
    if sample:
        set_font(top.add_run(SAMPLE), "table", size=sizes["note"], color="9C0006")
    bottom.alignment = 1
    small = sizes["note"] if footer else sizes["page_number"]
    if footer:
        set_font(bottom.add_run(footer + ("" if plain else "　　")), "table", size=small)
    if not plain:
        set_font(bottom.add_run("— "), "table", size=small)
        add_field(bottom, "PAGE", size=small)
        set_font(bottom.add_run(" —"), "table", size=small)


def _fix_widths(table: Any, widths: Sequence[float]) -> None:
    properties = table._tbl.tblPr
    properties.append(element("tblLayout", type="fixed"))
    margins = element("tblCellMar")
    for side, room in (("top", "30"), ("left", "50"), ("bottom", "30"), ("right", "50")):
        margins.append(element(side, w=room, type="dxa"))
    properties.append(margins)
    for column, width in zip(table._tbl.tblGrid, widths, strict=True):
        column.set("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}w", str(int(width * _TWIPS_PER_MM)))


def _add_row(
    table: Any, row: Sequence[Cell], *, columns: Sequence[Column], widths: Sequence[float], size: float, head: bool
) -> None:
    line = table.add_row()
    properties = line._tr.get_or_add_trPr()
    properties.append(element("cantSplit"))
    if head:
        properties.append(element("tblHeader"))
    for cell, value, column, width in zip(line.cells, row, columns, widths, strict=True):
        cell.width = int(width * _EMU_PER_MM)
        cell.vertical_alignment = 1
        _fill(cell, value, column=column, size=size, head=head)


def _fill(cell: Any, value: Cell, *, column: Column, size: float, head: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    ink, ground = "", "E3ECE6" if head else ""
    if isinstance(value, Toned):
        ink, ground = TONES.get(value.tone, ("", ""))
        ground = value.fill or ground
    if ground:
        cell._tc.get_or_add_tcPr().append(element("shd", val="clear", color="auto", fill=ground))
    align = "center" if head else column.align
    for number, line in enumerate(plain_text(value).split("\n")):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        shape = paragraph.paragraph_format
        shape.space_before = shape.space_after = Pt(0)
        shape.line_spacing, shape.alignment = Pt(size * 1.35), getattr(WD_ALIGN_PARAGRAPH, align.upper())
        set_font(paragraph.add_run(line), "first" if head else "table", size=size, color=ink)
