"""PDF with text: columns in order, headers, footers and page numbers out, lines joined to paragraphs. PDF 文档。"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qingce.core.errors import complain
from qingce.plans.formats.picture import recognise

__all__ = ["Line", "paragraphs", "pdf_text"]

_PAGE_NUMBER = re.compile(r"^[-—–·\s]*(?:第?\s*\d{1,4}\s*页?|[ivxIVX]{1,5})(?:\s*[/共]\s*\d{1,4}\s*页?)?[-—–·\s]*$")
_EDGE = 0.12
_GUTTER = 0.5
_FULL = 1.7
_INDENT = 1.2


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


def pdf_text(path: Path) -> str:
    """Return the text, a line a paragraph; raises QC303 (encrypted), QC304 (images only), QC309 (corrupt)."""
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


def _pages(path: Path) -> list[tuple[float, float, list[Line]]]:
    """Lines of each page with its width and height."""
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LAParams, LTTextLine
    from pdfminer.pdfexceptions import PDFException
    from pdfminer.psexceptions import PSException

    pages = []
    try:
        for number, page in enumerate(extract_pages(path, laparams=LAParams(char_margin=3.0, boxes_flow=None))):
            lines = [_line(item, number) for item in _lines(page, LTTextLine)]
            pages.append((page.width, page.height, _merged([line for line in lines if line.text])))
    except (PDFException, PSException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise complain("QC309", str(path), {"reason": str(error) or type(error).__name__}) from error
    return pages


def _lines(node: Any, kind: Any) -> list[Any]:
    if isinstance(node, kind):
        return [node]
    return [line for child in node for line in _lines(child, kind)] if hasattr(node, "__iter__") else []


def _line(item: Any, page: int) -> Line:
    sizes = [char.size for char in item if hasattr(char, "size")]
    size = sorted(sizes)[len(sizes) // 2] if sizes else item.height
    return Line(item.get_text().strip(), item.x0, item.x1, item.y0, item.y1, size, page)


def _merged(lines: list[Line]) -> list[Line]:
    """Join pieces of one printed line that stand close on the same base."""
    merged: list[Line] = []
    for line in sorted(lines, key=lambda one: (-one.y0, one.x0)):
        last = merged[-1] if merged else None
        if last and abs(last.y0 - line.y0) < 0.3 * line.size and 0 <= line.x0 - last.x1 < 2 * line.size:
            text = last.text + line.text
            merged[-1] = Line(
                text, last.x0, line.x1, min(last.y0, line.y0), max(last.y1, line.y1), last.size, last.page
            )
        else:
            merged.append(line)
    return merged


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
    pages: dict[int, list[Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    found = []
    for line in lines:
        beside = [one for one in pages[line.page] if one.x0 < line.x1 and one.x1 > line.x0]
        found.append((min(one.x0 for one in beside), max(one.x1 for one in beside)))
    return found


def _recognised(path: Path) -> str:
    """Read the images of the pages with the extra `ocr`; raises QC304 where there is none."""
    from pypdf import PdfReader

    images = [image.data for page in PdfReader(path).pages for image in page.images]
    if not images:
        raise complain("QC304", str(path))
    return "\n".join(recognise(image, path) for image in images)
