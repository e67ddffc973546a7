"""PDF with text: columns in order, headers, footers and page numbers out, lines joined to paragraphs. PDF 文档。"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.plans.formats.picture import joined, recognise, require_ocr
from qingce.plans.formats.source import Scan

__all__ = ["Line", "paragraphs", "pdf_text"]

_PAGE_NUMBER = re.compile(r"^[-—–·\s]*(?:第?\s*\d{1,4}\s*页?|[ivxIVX]{1,5})(?:\s*[/共]\s*\d{1,4}\s*页?)?[-—–·\s]*$")
_EDGE = 0.12
_GUTTER = 0.5
_FULL = 1.7
_INDENT = 1.2
_LEVEL = 0.5
_GAP = 2.5
_WORD = 0.15


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: its box in points (y upward), the size of its characters, its page."""

    text: str
    x0: float
    x1: float
    y0: float
    y1: float
    size: float
    page: int


def pdf_text(path: Path) -> str | Scan:
    """Return the text, a line a paragraph, or what a scan shows.

    Raises QC303 (encrypted), QC304 (images only and no extra `ocr`), QC309 (corrupt).
    """
    _check(path)
    pages = _pages(path)
    if not any(line.text.strip() for _, _, lines in pages for line in lines):
        return _recognised(path)
    return paragraphs(_body(pages))


def _check(path: Path) -> None:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        locked = reader.is_encrypted and not reader.decrypt("")
        count = 0 if locked else len(reader.pages)
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise complain("QC309", str(path), {"reason": str(error) or type(error).__name__}) from error
    if locked:
        raise complain("QC303", str(path))
    if not count:
        raise complain("QC309", str(path), {"reason": "no pages"})


@dataclass(frozen=True, slots=True)
class _Char:
    text: str
    x0: float
    x1: float
    y0: float
    y1: float

    @property
    def size(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def _pages(path: Path) -> list[tuple[float, float, list[Line]]]:
    """Lines of each page with its width and height, put together from its characters."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.pdfexceptions import PDFException
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage
    from pdfminer.psexceptions import PSException

    pages = []
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources)
    interpreter = PDFPageInterpreter(resources, device)
    try:
        with path.open("rb") as stream:
            for number, page in enumerate(PDFPage.get_pages(stream)):
                interpreter.process_page(page)
                layout = device.get_result()
                pages.append((layout.width, layout.height, _lines(_chars(layout), number)))
    except (PDFException, PSException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise complain("QC309", str(path), {"reason": str(error) or type(error).__name__}) from error
    return pages


def _chars(node: Any) -> list[_Char]:
    """The characters of a page, those inside figures too."""
    found = []
    for child in node:
        if hasattr(child, "get_text") and hasattr(child, "fontname"):
            found.append(_Char(child.get_text(), child.x0, child.x1, child.y0, child.y1))
        elif hasattr(child, "__iter__"):
            found += _chars(child)
    return found


def _lines(chars: list[_Char], page: int) -> list[Line]:
    """Put characters together whose middles are level; a fallback font may be taller. A wide gap parts two lines."""
    rows: list[list[_Char]] = []
    for char in sorted((c for c in chars if c.text.strip()), key=lambda c: -c.middle):
        if rows and abs(_level(rows[-1]) - char.middle) < _LEVEL * min(char.size, rows[-1][0].size):
            rows[-1].append(char)
        else:
            rows.append([char])
    return [_line(piece, page) for row in rows for piece in _pieces(sorted(row, key=lambda c: c.x0))]


def _level(row: list[_Char]) -> float:
    return row[len(row) // 2].middle


def _pieces(row: list[_Char]) -> list[list[_Char]]:
    pieces = [[row[0]]]
    for char in row[1:]:
        if char.x0 - pieces[-1][-1].x1 > _GAP * char.size:
            pieces.append([char])
        else:
            pieces[-1].append(char)
    return pieces


def _line(piece: list[_Char], page: int) -> Line:
    text = piece[0].text
    for before, char in pairwise(piece):
        latin = before.text[-1:].isascii() and char.text[:1].isascii() and (before.text[-1:] + char.text[:1]).isalpha()
        text += (" " if latin and char.x0 - before.x1 > _WORD * char.size else "") + char.text
    size = sorted(char.size for char in piece)[len(piece) // 2]
    bottom, top = min(char.y0 for char in piece), max(char.y1 for char in piece)
    return Line(text.strip(), piece[0].x0, piece[-1].x1, bottom, top, size, page)


def _body(pages: list[tuple[float, float, list[Line]]]) -> list[Line]:
    """Leave out page numbers and what repeats at the edges; read columns left to right."""
    repeated: Counter[str] = Counter()
    for _, height, lines in pages:
        repeated.update({_bare(line.text) for line in lines if _at_edge(line, height)})
    often = max(2, len(pages) // 2)
    body = []
    for width, height, lines in pages:
        kept = [one for one in lines if not (_at_edge(one, height) and _is_margin(one.text, repeated, often=often))]
        body += _columns(kept, width)
    return body


def _bare(text: str) -> str:
    return re.sub(r"\d+|\s", "", text)


def _at_edge(line: Line, height: float) -> bool:
    return line.y0 > height * (1 - _EDGE) or line.y1 < height * _EDGE


def _is_margin(text: str, repeated: Counter[str], *, often: int) -> bool:
    return bool(_PAGE_NUMBER.match(text)) or (len(_bare(text)) > 1 and repeated[_bare(text)] > often)


def _columns(lines: list[Line], width: float) -> list[Line]:
    """Order lines; where hardly any crosses the middle, the left half comes first."""
    down = sorted(lines, key=lambda line: (-line.y0, line.x0))
    middle = width * _GUTTER
    left = [line for line in down if line.x1 <= middle + line.size]
    right = [line for line in down if line.x0 >= middle - line.size]
    across = [line for line in down if line not in left and line not in right]
    if len(left) < 5 or len(right) < 5 or len(across) > 0.2 * len(down):
        return down
    top = max(line.y1 for line in [*left, *right])
    head = [line for line in across if line.y0 >= top - line.size]
    return [*head, *left, *right, *(line for line in across if line not in head)]


def paragraphs(lines: list[Line]) -> str:
    """Join the lines of a paragraph: a full line goes on in the next one, unless that is indented."""
    margins = _margins(lines)
    out: list[str] = []
    for i, line in enumerate(lines):
        if i and _goes_on(lines[i - 1], line, margins=(margins[i - 1], margins[i])):
            gap = " " if re.search(r"[A-Za-z]$", out[-1]) and re.match(r"[A-Za-z]", line.text) else ""
            out[-1] += gap + line.text
        else:
            out.append(line.text)
    return "\n".join(out)


_Margin = tuple[float, float]


def _goes_on(before: Line, line: Line, *, margins: tuple[_Margin, _Margin]) -> bool:
    """Whether `line` continues the paragraph of the one before, by the margins of its column."""
    full = margins[0][1] - before.x1 < _FULL * before.size
    indented = line.x0 - margins[1][0] > _INDENT * line.size
    return full and not indented and abs(before.size - line.size) < 0.2 * line.size


def _margins(lines: list[Line]) -> list[_Margin]:
    """Left and right margin of the column each line stands in, from the lines of its page that overlap it."""
    pages = grouped(lines, lambda line: line.page)
    found = []
    for line in lines:
        beside = [one for one in pages[line.page] if one.x0 < line.x1 and one.x1 > line.x0]
        found.append((min(one.x0 for one in beside), max(one.x1 for one in beside)))
    return found


def _recognised(path: Path) -> Scan:
    """Read the images of the pages with the extra `ocr`; raises QC304 where there is none."""
    from pypdf import PdfReader

    require_ocr(path)
    images = [image.data for page in PdfReader(path).pages for image in page.images]
    if not images:
        raise complain("QC304", str(path))
    return joined(recognise(image, path) for image in images)
