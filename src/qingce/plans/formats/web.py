"""Web pages: the article without the furniture of the site. 网页。"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qingce.core.errors import complain
from qingce.plans.formats.plain import decode

__all__ = ["html_text"]

_DROPPED = "script|style|noscript|template|nav|header|footer|aside|form|button|select|iframe|svg|head|figure"
_FURNITURE = re.compile(
    r"(?:^|[-_ ])(?:nav|menu|header|footer|foot|sidebar|side|share|breadcrumb|crumb|related|recommend|comment|"
    r"copyright|toolbar|pagination|advert|ad|ads|banner|login|search|position|tips?)(?:$|[-_ ])",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "blockquote",
        "pre",
        "dd",
        "dt",
        "dl",
        "main",
        "body",
        "center",
    ]
)
_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.I)


def html_text(data: bytes, path: Path) -> str:
    """Take the article out of a page: a line a block, tabs between cells, ordered lists numbered."""
    from lxml import etree, html

    source = _decoded(data, path)
    try:
        root = html.document_fromstring(source)
    except (etree.ParserError, ValueError) as error:
        raise complain("QC300", str(path)) from error
    for node in list(root.iter()):
        dropped = not isinstance(node.tag, str) or re.fullmatch(_DROPPED, node.tag) or _is_furniture(node)
        if dropped and node.getparent() is not None and node.tag != "body":
            node.drop_tree()
    body = _article(root)
    out: list[str] = []
    _walk(body, out)
    lines = [re.sub(r"[ \xa0\u3000]+", " ", line).strip(" ") for line in "".join(out).split("\n")]
    return "\n".join(line for line in lines if line.strip())


def _decoded(data: bytes, path: Path) -> str:
    declared = _CHARSET.search(data[:2000])
    if declared and declared[1].lower() in {b"gb2312", b"gbk", b"gb18030"}:
        return data.decode("gb18030", "replace")
    text = decode(data, path)
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)


def _is_furniture(node: Any) -> bool:
    names = f"{node.get('class', '')} {node.get('id', '')}"
    return (
        node.tag not in {"html", "body", "main", "article"}
        and bool(names.strip())
        and _FURNITURE.search(names) is not None
    )


def _article(root: Any) -> Any:
    """The `article` or `main` with the most text, else the body."""
    bodies = root.xpath("//body") or [root]
    found = root.xpath("//article | //main | //*[@role='main']")
    best = max(found, key=lambda node: len(node.text_content()), default=None)
    whole = len(bodies[0].text_content())
    return best if best is not None and len(best.text_content()) > whole / 2 else bodies[0]


def _walk(node: Any, out: list[str]) -> None:
    """Write the text of a node and what follows inside it, in document order."""
    if node.tag == "br":
        out.append("\n")
    elif node.tag == "table":
        out += ["\n", "\n".join(_rows(node)), "\n"]
        return
    block = node.tag in _BLOCKS
    if block:
        out.append("\n")
    if node.tag == "li" and node.getparent() is not None and node.getparent().tag == "ol":
        out.append(f"{_ordinal(node)}.")
    out.append(_flat(node.text))
    for child in node:
        if isinstance(child.tag, str):
            _walk(child, out)
        out.append(_flat(child.tail))
    if block:
        out.append("\n")


def _flat(text: str | None) -> str:
    return re.sub(r"[\r\n\t]+\s*", "", text or "")


def _ordinal(node: Any) -> int:
    siblings = [child for child in node.getparent() if child.tag == "li"]
    first = node.getparent().get("start", "1")
    return siblings.index(node) + (int(first) if first.isdigit() else 1)


def _rows(table: Any) -> list[str]:
    """Rows of a table as tab-separated lines; a cell over several rows is filled down, over columns across."""
    held: dict[int, tuple[int, str]] = {}
    lines = []
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in [c for c in row if c.tag in {"td", "th"}]:
            _fill(cells, held)
            text = re.sub(r"\s+", " ", cell.text_content()).strip()
            rows, columns = _spans(cell)
            for _ in range(columns):
                if rows > 1:
                    held[len(cells)] = (rows - 1, text)
                cells.append(text)
        _fill(cells, held)
        lines.append("\t".join(cells))
    return lines


def _spans(cell: Any) -> tuple[int, int]:
    spans = [cell.get(name, "1") for name in ("rowspan", "colspan")]
    rows, columns = (min(int(span), 200) if span.isdigit() and int(span) else 1 for span in spans)
    return rows, columns


def _fill(cells: list[str], held: dict[int, tuple[int, str]]) -> None:
    """Put the cells that reach down from rows above where they belong."""
    while len(cells) in held:
        place = len(cells)
        left, text = held.pop(place)
        cells.append(text)
        if left > 1:
            held[place] = (left - 1, text)
