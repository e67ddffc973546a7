"""The English pages of the example: Chinese stands only in names and what documents say, and is marked as Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from tests.app.conftest import Example

HAN = re.compile(r"[\u4e00-\u9fff]")
RAW, BARE = {"script", "style", "textarea"}, {"option", "title"}
VOID = {"meta", "link", "input", "br", "hr", "img", "col"}
NAMED = {
    "sites": ("name", "city_name", "county_name"),
    "regions": ("name",),
    "progress": ("scope_name", "owners", "indicator_name"),
    "documents": ("title", "number", "issuer"),
    "targets": ("scope", "indicator"),
    "clauses": ("marker", "title", "path"),
    "tasks": ("path", "title", "lead", "support", "responsible", "measures"),
    "official": ("issuer", "number"),
    "exceptions": ("issuer", "number", "evidence"),
    "editions": ("title", "number", "question"),
    "indicators": ("note",),
    "values": ("note",),
    "points": ("note",),
    "air_counties": ("note",),
    "water_counties": ("note",),
    "forecasts": ("issuer",),
    "promises": ("indicator",),
    "comparisons": ("first_scope", "second_scope"),
}
"""Names, and what documents and content say word for word: rules not read stay as their open questions."""
WORDS = ("青策", "示例数据", "中文", "国考", "省考")


class Texts(HTMLParser):
    """The texts of a page with whether they stand in Chinese."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.found: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        language = dict(attrs).get("lang") or ""
        inside = bool(self.open) and self.open[-1][1]
        if tag not in VOID:
            self.open.append((tag, inside or language.startswith("zh")))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, chinese = self.open[-1] if self.open else ("", False)
        if tag not in RAW and HAN.search(data):
            self.found.append((data.strip(), chinese or tag in BARE))


def bare(text: object) -> str:
    return re.sub(r"[\s…]", "", str(text))


@pytest.fixture(scope="module")
def texts(example: Example) -> dict[str, list[tuple[str, bool]]]:
    root = example.site / "en"
    files = sorted(root.rglob("*.html"))
    assert len(files) > 300
    return {file.relative_to(root).as_posix(): Texts(file.read_text("utf-8")).found for file in files}


def declared(example: Example) -> Iterator[str]:
    yield from WORDS
    yield bare(example.results.run["campaign"])
    for name in example.results.run["files"]:  # type: ignore[attr-defined]
        yield from (bare(name), re.sub(r"[-.].*", "", name))
    for table, columns in NAMED.items():
        for row in example.results.rows(table):
            for column in columns:
                said = str(row.get(column) or "")
                yield bare(said)
                yield from map(bare, re.split("[、；，;]", said))


def test_no_chinese_stands_unmarked_on_an_english_page(texts: dict[str, list[tuple[str, bool]]]) -> None:
    assert {page: [text for text, marked in found if not marked] for page, found in texts.items()} == {
        page: [] for page in texts
    }


def test_what_stays_chinese_is_a_name_or_what_a_document_says(
    texts: dict[str, list[tuple[str, bool]]], example: Example
) -> None:
    said = "\n".join(bare(row["text"]) for row in example.results.rows("documents"))
    names = sorted({name for name in declared(example) if HAN.search(name)}, key=len, reverse=True)
    everything = "\n".join((said, *names))
    left: dict[str, str] = {}
    for text, page in {(bare(text), page) for page, found in texts.items() for text, _ in found}:
        rest = text if text not in everything else ""
        for name in names if rest else ():
            rest = rest.replace(name, "")
        if any(HAN.search(part) and part not in everything for part in re.split("[、，；：()（）“”]", rest)):
            left[text] = page
    assert left == {}


def test_the_pages_of_the_outlook_keep_names_only(texts: dict[str, list[tuple[str, bool]]], example: Example) -> None:
    """No sentence of ours: sites, counties, scopes of the plan, issuers of forecasts, the campaign's own name."""
    places = [row["name"] for row in (*example.results.rows("sites"), *example.results.rows("regions"))]
    scopes = [row["scope_name"] for row in example.results.rows("progress")]
    issuers = [row["issuer"] for row in example.results.rows("forecasts")]
    names = {bare(name) for name in (*places, *scopes, *issuers, *WORDS, example.results.run["campaign"]) if name}
    for page in ("outlook.html", "today.html", "month.html", "what-if.html"):
        titled = [text.partition("·")[2] or text for text, _ in texts[page]]
        assert [text for text in titled if not ({bare(text)} <= names or {*map(bare, text.split("、"))} <= names)] == []
