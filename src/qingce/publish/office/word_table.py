"""Grids as Word tables: fixed widths, heads repeated on each page, rows kept whole, tones with words. 写 Word 表格。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape

from qingce.publish.office.grid import Cell, Column, Grid, Toned, colours, plain_text
from qingce.publish.office.labels import SAMPLE
from qingce.publish.office.word import LINK_INK, add_field, add_paragraph, link_address, set_font, style_facts

__all__ = ["add_grid", "add_table", "page_marks"]

_EMU_PER_TWIP = 635
_HEAD_FILL = "E3ECE6"
_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TABLE = (
    '<w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/><w:tblLayout w:type="fixed"/><w:tblCellMar>'
    '<w:top w:w="30" w:type="dxa"/><w:left w:w="50" w:type="dxa"/><w:bottom w:w="30" w:type="dxa"/>'
    '<w:right w:w="50" w:type="dxa"/></w:tblCellMar></w:tblPr>'
)


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


def add_table(document: Any, columns: Sequence[Column], *, rows: Sequence[Sequence[Cell]], size: float) -> None:
    """Add a bordered table; column widths share the page in the grid's proportion.

    The table is written as one piece of WordprocessingML: cell by cell through the document model takes seconds.
    """
    from docx.oxml import parse_xml

    section = document.sections[-1]
    room = (section.page_width - section.left_margin - section.right_margin) / _EMU_PER_TWIP
    share = room / sum(column.width for column in columns)
    widths = [int(column.width * share) for column in columns]
    head: list[Cell] = [Toned(column.name, fill=_HEAD_FILL) for column in columns]
    centred = [replace(column, align="center") for column in columns]
    lines = [_row(head, centred, widths=widths, size=size, head=True)]
    rows = [[_led(document.part, cell) for cell in row] for row in rows]
    lines += [_row(row, columns, widths=widths, size=size) for row in rows]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    spaces = f'xmlns:w="{_SPACE}" xmlns:r="{_RELATIONS}"'
    table = f"<w:tbl {spaces}>{_TABLE}<w:tblGrid>{grid}</w:tblGrid>{''.join(lines)}</w:tbl>"
    document.element.body.insert_element_before(parse_xml(table), "w:sectPr")


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


def _led(part: Any, cell: Cell) -> Cell:
    """Turn where a cell leads into the attribute that Word follows."""
    if not isinstance(cell, Toned) or not cell.link:
        return cell
    address = " ".join(f'{name}="{escape(value)}"' for name, value in link_address(part, cell.link).items())
    return replace(cell, link=address)


def _row(
    row: Sequence[Cell], columns: Sequence[Column], *, widths: Sequence[int], size: float, head: bool = False
) -> str:
    """One row: never split over pages, repeated on each page when it is the head."""
    cells = "".join(
        _cell(value, column.align, width=width, size=size, face="first" if head else "table")
        for value, column, width in zip(row, columns, widths, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>{cells}</w:tr>"


def _cell(value: Cell, align: str, *, width: int, size: float, face: str) -> str:
    ink, ground = colours(value)
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{ground}"/>' if ground else ""
    fonts = style_facts()["fonts"]
    latin, chinese = fonts["latin"][0], fonts[face][0]
    if isinstance(value, Toned) and value.link:
        ink = LINK_INK
    look = (
        f'<w:rPr><w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}"/>'
        f'{f"""<w:color w:val="{ink}"/>""" if ink else ""}<w:sz w:val="{int(size * 2)}"/></w:rPr>'
    )
    spacing = f'<w:spacing w:before="0" w:after="0" w:line="{int(size * 27)}" w:lineRule="exact"/>'
    shape = f'<w:pPr>{spacing}<w:jc w:val="{align}"/></w:pPr>'
    runs = [
        f'<w:r>{look}<w:t xml:space="preserve">{_escaped(line)}</w:t></w:r>' for line in plain_text(value).split("\n")
    ]
    if isinstance(value, Toned) and value.link:
        runs = [f"<w:hyperlink {value.link}>{run}</w:hyperlink>" for run in runs]
    if isinstance(value, Toned) and value.mark:
        runs[0] = _bookmark(value.mark) + runs[0]
    lines = "".join(f"<w:p>{shape}{run}</w:p>" for run in runs)
    place = f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>'
    return f"<w:tc>{place}{lines}</w:tc>"


def _bookmark(name: str) -> str:
    """Make a place that a link may lead to; its number is taken from its name."""
    number = "".join(letter for letter in name if letter.isdigit()) or "0"
    return f'<w:bookmarkStart w:id="{number}" w:name="{escape(name)}"/><w:bookmarkEnd w:id="{number}"/>'


def _escaped(line: str) -> str:
    """Escape a text for XML; control characters, which XML cannot hold, are left out."""
    return escape("".join(letter for letter in line if letter >= " "))
