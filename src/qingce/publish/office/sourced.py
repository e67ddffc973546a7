"""Numbers of a document with where each comes from: a raised mark, and a row in the index at the end. 溯源标注。"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from qingce.publish.office.grid import Cell, Column, Toned
from qingce.publish.office.word import add_link, add_paragraph, set_font, style_facts
from qingce.publish.office.word_table import add_table
from qingce.publish.results import Results
from qingce.publish.rows import Row, slug, text

__all__ = ["Source", "Sources"]

_MINUS = re.compile(r"(?<![\w-])-(?=\d)")
"""A hyphen for a minus: a line may break behind it, behind a minus it may not."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number stands: what it is, the id that `qingce why` or a page knows, and the page of the site.

    What is on no page names its table below `results/` instead.
    """

    what: str
    identity: str
    page: str


@dataclass
class Sources:
    """The numbered sources of one document, each once."""

    results: Results
    _numbers: dict[Source, int] = field(default_factory=dict)

    def number(self, source: Source) -> int:
        """Return the number of a source, a new one the first time."""
        return self._numbers.setdefault(source, len(self._numbers) + 1)

    def cell(self, *sources: Source) -> Toned:
        """Return a cell of a table that leads to the sources in the index."""
        numbers = [self.number(source) for source in sources]
        return Toned("".join(f"[{number}]" for number in numbers), link=f"#source_{numbers[0]}")

    def say(self, document: Any, *parts: str | Source, head: str = "") -> Any:
        """Add a paragraph of words and the marks of their sources, with a run-in head in 楷体 if there is one."""
        size = style_facts()["size"]["body"]
        paragraph = add_paragraph(document, indent=2)
        if head:
            set_font(paragraph.add_run(head), "second", size=size)
        for part in parts:
            if isinstance(part, Source):
                number = self.number(part)
                add_link(paragraph, f"[{number}]", f"#source_{number}", size=size, raised=True)
            else:
                set_font(paragraph.add_run(_MINUS.sub("−", part)), "body", size=size)
        return paragraph

    def target(self, row: Row) -> Source:
        """The source of a target's figures: its page, which leads on to the tree of `why`."""
        identity = text(row, "target_id")
        what = f"目标：{text(row, 'indicator_name')}{text(row, 'target_text')}（{text(row, 'document_number')}）"
        return Source(what, identity, f"targets/{slug(identity)}.html")

    def outlook(self, row: Row) -> Source:
        """The source of a chance and its range: the outlook on the target's page."""
        identity = text(row, "target_id")
        model = text(row, "model_name") or text(row, "model")
        told = (f"研判（内部）：{text(row, 'indicator_name')}", model, f"{text(row, 'made_on')} 作出")
        what = "，".join(part for part in told if part)
        return Source(what, identity, f"targets/{slug(identity)}.html#outlook")

    def place(self, row: Row, *, key: str, what: str) -> Source:
        """The source of a figure of a city, site or section: its own page."""
        identity = text(row, key)
        return Source(what, identity, f"sites/{slug(identity)}.html")

    def page(self, what: str, page: str) -> Source:
        """The source of a figure that a page of the site shows as a whole."""
        return Source(what, page.partition(".")[0], page)

    def add_index(self, document: Any, *, site: str = "site/") -> None:
        """Add the index: number, what, id, and the page as a link relative to the document."""
        columns = (
            Column("序号", 7, "center"),
            Column("数字的出处", 46),
            Column("编号", 30),
            Column("网页或数据表（可点开）", 34),
        )
        rows: list[list[Cell]] = [
            [
                Toned(f"[{number}]", mark=f"source_{number}"),
                source.what,
                source.identity,
                Toned(source.page, link=source.page if source.page.startswith("results/") else f"{site}{source.page}"),
            ]
            for source, number in self._numbers.items()
        ]
        add_table(document, columns, rows=rows, size=style_facts()["size"]["table"] + 0.5)
