"""Word documents: automatic numbers, tables, text boxes, footnotes, changes accepted. Word 文档。"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qingce.core.errors import complain
from qingce.plans.formats.numbering import Numbering, W

__all__ = ["docx_text"]

_SKIPPED = {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}pPr", f"{W}rPr", f"{W}delText", f"{W}txbxContent"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PLAIN = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": " ", f"{W}noBreakHyphen": "-"}
_PARTS = ("word/document.xml", "word/numbering.xml", "word/styles.xml", "word/footnotes.xml", "word/endnotes.xml")
_MOST_PART = 200_000_000


def docx_text(path: Path) -> str:
    """Return the text as printed: a line a paragraph, tabs between cells; raises QC302 for a corrupt file."""
    parts = _parts(path)
    numbering = Numbering(parts.get("word/numbering.xml"), parts.get("word/styles.xml"))
    body = parts["word/document.xml"].find(f"{W}body")
    lines = list(_blocks(body, numbering)) if body is not None else []
    for name in ("word/footnotes.xml", "word/endnotes.xml"):
        lines += _notes(parts.get(name))
    return "\n".join(lines)


def _parts(path: Path) -> dict[str, Any]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in _PARTS:
                if name in archive.namelist():
                    if archive.getinfo(name).file_size > _MOST_PART:
                        raise complain("QC302", str(path), {"reason": f"{name} > {_MOST_PART} bytes"})
                    found[name] = etree.fromstring(archive.read(name), parser)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, RuntimeError, OSError, EOFError, NotImplementedError) as error:
        raise complain("QC302", str(path), {"reason": str(error)}) from error
    if "word/document.xml" not in found:
        raise complain("QC302", str(path), {"reason": "word/document.xml"})
    return found


def _blocks(parent: Any, numbering: Numbering) -> Iterator[str]:
    """Yield a line for each paragraph and table row below `parent`, text boxes after their paragraph."""
    for child in parent:
        if child.tag == f"{W}p":
            yield from (numbering.label(child) + _words(child)).split("\n")
            for box in _boxes(child):
                yield from _blocks(box, numbering)
        elif child.tag == f"{W}tbl":
            yield from _rows(child, numbering)
        elif child.tag == f"{W}sdt":
            content = child.find(f"{W}sdtContent")
            if content is not None:
                yield from _blocks(content, numbering)
        elif child.tag in {f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag"}:
            yield from _blocks(child, numbering)


def _boxes(paragraph: Any) -> Iterator[Any]:
    for box in paragraph.iter(f"{W}txbxContent"):
        if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
            yield box


def _words(node: Any) -> str:
    """The text of a paragraph with its changes accepted."""
    out = []
    for child in node:
        if child.tag == f"{W}t":
            out.append(child.text or "")
        elif child.tag in _PLAIN:
            out.append(_PLAIN[child.tag])
        elif child.tag == f"{W}sym":
            out.append("")
        elif child.tag not in _SKIPPED and child.tag != _FALLBACK and isinstance(child.tag, str):
            out.append(_words(child))
    return "".join(out)


def _rows(table: Any, numbering: Numbering) -> Iterator[str]:
    """Rows as tab-separated lines; merged cells are filled down and across."""
    above: dict[int, str] = {}
    for row in table.iter(f"{W}tr"):
        if next(row.iterancestors(f"{W}tbl")) is not table:
            continue
        cells: list[str] = []
        for cell in row.iter(f"{W}tc"):
            if next(cell.iterancestors(f"{W}tr")) is not row:
                continue
            width, merged = _shape(cell)
            text = above.get(len(cells), "") if merged else _cell(cell, numbering)
            for _ in range(width):
                above[len(cells)] = text
                cells.append(text)
        yield "\t".join(cells)


def _cell(cell: Any, numbering: Numbering) -> str:
    return re.sub(r"\s+", " ", " ".join(line for line in _blocks(cell, numbering) if line.strip())).strip()


def _shape(cell: Any) -> tuple[int, bool]:
    """How many columns a cell spans and whether it continues the one above."""
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    width = int(span.get(f"{W}val", "1")) if span is not None and span.get(f"{W}val", "1").isdigit() else 1
    return min(width, 200), merge is not None and merge.get(f"{W}val", "continue") != "restart"


def _notes(root: Any) -> Iterator[str]:
    """Footnotes and endnotes, after the text."""
    for note in root if root is not None else ():
        if note.get(f"{W}type") in {None, "normal"}:
            words = "".join(_words(paragraph) for paragraph in note.iter(f"{W}p")).strip()
            if words:
                yield f"附注：{words}"
