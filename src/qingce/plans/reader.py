"""From a document to everything it assigns: the order of the steps, nothing else. 读取。"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from qingce.core.records import Document, Indicator, Reading
from qingce.plans.deadlines import read_deadlines
from qingce.plans.doubts import lowered, with_doubts
from qingce.plans.formats import Doubt, load
from qingce.plans.grammar.dates import DateMark, find_dates
from qingce.plans.grammar.draft import Page
from qingce.plans.heading import Heading, read_heading
from qingce.plans.indicators import Finder, Named
from qingce.plans.mechanisms import find_mechanisms
from qingce.plans.outline import Node, outline
from qingce.plans.phrases import Phrases, load_phrases
from qingce.plans.repairs import find_repairs
from qingce.plans.segments import flatten
from qingce.plans.tables import table_targets, table_tasks
from qingce.plans.targets import Ground, draft_targets, number_targets
from qingce.plans.tasks import read_clauses, read_tasks
from qingce.plans.view import build_view, fold_width, join_breaks

__all__ = ["CatalogLike", "read_document", "read_text"]


class CatalogLike(Protocol):
    """What the reader asks of the catalog."""

    @property
    def phrases_dir(self) -> tuple[Path, ...]:
        """Folders of the grammar's words, the packaged one first."""
        ...

    def find_indicator(self, printed_name: str, *, unit: str = "") -> tuple[Indicator | None, str]:
        """Return the indicator a printed name stands for and why, or None and why not."""
        ...


def read_document(path: Path, catalog: CatalogLike) -> Reading:
    """Read one document of any supported format; raises QC300 to QC309.

    Offsets are characters of `document.text`; for a text file that is the file's text, unchanged.
    """
    source = load(path)
    return read_text(
        source.text,
        catalog,
        name=path.name,
        sha256=source.sha256,
        markdown=source.markdown,
        doubts=source.doubts,
    )


def read_text(
    text: str,
    catalog: CatalogLike,
    *,
    name: str = "text.txt",
    sha256: str = "",
    markdown: bool = False,
    doubts: Sequence[Doubt] = (),
) -> Reading:
    """Read a text that is already at hand, as `read_document` does a file; `doubts` are digits of a scan to review."""
    phrases = load_phrases(catalog.phrases_dir)
    heading = read_heading(text, phrases, name=Path(name).stem)
    folded = fold_width(text)
    breaks = join_breaks(folded)
    repairs = find_repairs(text, folded, phrases, joined=breaks)
    view = build_view(text, folded, repairs, markdown=markdown)
    nodes = outline(view.text, phrases)
    page = make_page(view.text, phrases, issued=heading.date, breaks=[node.start for node in nodes])
    document = _document(text, heading, name=name, sha256=sha256)
    ground = Ground(document.id, heading.kind, heading.date, heading.scope, text, view, tuple(nodes))
    find = finder(catalog)
    drafts = [*draft_targets(page, ground), *table_targets(page, find, issued=heading.date)]
    targets = number_targets(page, ground, sorted(drafts, key=lambda d: (d.start, d.value_start or 0)), find=find)
    deadlines = read_deadlines(page, view, text)
    clauses = read_clauses(view, nodes, document.id, page=page)
    rows = table_tasks(page, view, lambda start: _chapter(nodes, start), issued=heading.date)
    tasks = (*read_tasks(view, nodes, page, deadlines=deadlines), *rows)
    return Reading(
        document,
        clauses,
        lowered(targets, doubts),
        deadlines,
        tasks,
        find_mechanisms(view, phrases),
        with_doubts(repairs, doubts, text),
    )


def _chapter(nodes: list[Node], start: int) -> str:
    """The path of the heading a place stands under."""
    at = bisect_right([node.start for node in nodes], start) - 1
    return nodes[at].path if at >= 0 else ""


def make_page(text: str, phrases: Phrases, *, issued: str = "", breaks: Iterable[int] = ()) -> Page:
    """Prepare the view's text for the grammar: brackets hidden, a break at each marker, then dates hidden too."""
    chars = list(flatten(text))
    for place in breaks:
        chars[place] = "\n"
    flat = "".join(chars)
    marks = tuple(find_dates(text, phrases, issued=issued))
    return Page(text, flat, _without_dates(flat, marks), marks, phrases)


def _without_dates(flat: str, marks: tuple[DateMark, ...]) -> str:
    pieces, place = [], 0
    for mark in marks:
        pieces += [flat[place : mark.start], "\x03" * (mark.end - mark.start)]
        place = mark.end
    return "".join([*pieces, flat[place:]])


def finder(catalog: CatalogLike) -> Finder:
    """Wrap the catalog's look-up as the grammar wants it, each question asked once."""
    known: dict[tuple[str, str], Named | None] = {}

    def find(printed: str, unit: str) -> Named | None:
        key = (printed, unit)
        if key not in known:
            found, _ = catalog.find_indicator(printed, unit=unit)
            known[key] = Named(found.id, found.zh, found.battle, "catalog-alias", found.direction) if found else None
        return known[key]

    return find


def _document(text: str, heading: Heading, *, name: str, sha256: str) -> Document:
    return Document(
        id=_slug(name),
        title=heading.title,
        issuer=heading.issuer,
        level=heading.level,
        date=heading.date,
        sha256=sha256 or hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        text=text,
        number=heading.number,
        kind=heading.kind,
        file=name,
    )


def _slug(name: str) -> str:
    """A short id from the file's name: its words if they are plain, else a digest of the name."""
    stem = Path(name).stem
    words = re.findall(r"[a-z0-9]+", stem.lower())
    if words and stem.isascii():
        return "-".join(words)[:24].strip("-")
    return hashlib.sha256(stem.encode("utf-8", "surrogatepass")).hexdigest()[:8]
