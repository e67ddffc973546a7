"""月度会商 of the example: five parts that say something, and every number stands where its mark leads."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from docx import Document
from tests.app.conftest import Example

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HEADS = ("一、发生了什么", "二、为什么", "三、还剩多少", "四、预计如何", "五、建议", "附：数字出处")
MARK = re.compile(r"\[\d+\]")
NUMBER = re.compile(r"\d{4}-\d\d-\d\d|\d+(?:\.\d+)?")
NAMES = re.compile(r"PM2\.5|PM₂\.₅|PM10|O3|SO2|NO2|R²|日最大\s*8\s*小时")
"""Words with a figure in them."""


def words(node: Any) -> str:
    return "".join(part.text or "" for part in node.iter(f"{W}t"))


def numbers(text: str) -> set[object]:
    """The figures and days of a text, whatever the zeros behind them; 2026年11月1日 is 2026-11-01."""
    days = re.sub(r"(\d{4})年(\d+)月(\d+)日", lambda day: f"{day[1]}-{int(day[2]):02d}-{int(day[3]):02d}", text)
    found = NUMBER.findall(NAMES.sub(" ", days))
    return {item if "-" in item else Decimal(item) for item in found}


@cache
def stands(out: Path, page: str) -> frozenset[object]:
    """The numbers of a page of the site (with its hints) or of a table."""
    if page.startswith("results/"):
        return frozenset(numbers(str(pq.read_table(out / page).to_pylist())))
    raw = (out / "site" / page).read_text("utf-8")
    hints = " ".join(re.findall(r'title="([^"]*)"', raw))
    seen = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style)\b.*?</\1>", " ", raw, flags=re.S))
    told = html.unescape(f"{hints} {seen}")
    parts = {Decimal(part) for day in re.findall(r"\d{4}-\d\d-\d\d|\d{4}-\d\d", told) for part in day.split("-")}
    return frozenset(numbers(told) | parts)


class Told:
    """The document: what each part says, with the pages that its marks lead to."""

    def __init__(self, out: Path) -> None:
        self.out = out
        document = Document(str(out / "月度会商.docx"))
        lines = [[words(cell) for cell in row.iter(f"{W}tc")] for row in document.tables[-1]._tbl.iter(f"{W}tr")]
        self.index = {line[0]: line[3].partition("#")[0] for line in lines[1:]}
        self.parts: dict[str, list[str]] = {}
        head = ""
        for node in document.element.body:
            text = words(node)
            if text in HEADS:
                head = text
            elif node.tag == f"{W}p":
                self.parts.setdefault(head, []).append(re.sub(r"^\d+\.(?!\d)", "", text))
            elif head != HEADS[-1]:
                rows = list(node.iter(f"{W}tr"))[1:]
                self.parts.setdefault(head, []).extend("　".join(map(words, row.iter(f"{W}tc"))) for row in rows)

    def untraced(self, text: str) -> set[object]:
        """The numbers of a line that stand on none of the pages it leads to."""
        pages: Sequence[str] = [self.index[mark] for mark in MARK.findall(text)]
        known = frozenset[object]().union(*(stands(self.out, page) for page in pages))
        return numbers(MARK.sub("", text)) - known


@pytest.fixture(scope="module")
def told(example: Example) -> Told:
    return Told(example.out)


@pytest.mark.parametrize("head", HEADS[:-1])
def test_each_part_says_something_that_is_traced(told: Told, head: str) -> None:
    assert [line for line in told.parts[head] if MARK.search(line)]


@pytest.mark.parametrize("head", HEADS[:-1])
def test_every_number_stands_where_its_mark_leads(told: Told, head: str) -> None:
    lost = {line: told.untraced(line) for line in told.parts[head] if MARK.search(line)}
    assert {line: missing for line, missing in lost.items() if missing} == {}


def test_a_number_that_stands_nowhere_would_be_found(told: Told) -> None:
    line = next(line for line in told.parts[HEADS[0]] if line.startswith("空气。"))
    assert told.untraced(line) == set()
    assert told.untraced(line.replace("年累计 ", "年累计 9")) != set()


def test_the_heavy_days_of_the_year_are_named_with_what_led_them(told: Told, example: Example) -> None:
    year = str(example.results.run["as_of"])[:4]
    rows = example.results.rows("air_city_days", where={"subject": "990100", "series": "measured"})
    heavy = [row for row in rows if str(row["day"])[:4] == year and int(str(row["level"] or 0)) >= 5]
    line = next(line for line in told.parts["二、为什么"] if line.startswith("重污染日（实测）。"))
    assert line.count("AQI") == len(heavy) > 0
    for row in heavy:
        assert f"{row['day']:%Y}年{row['day'].month}月{row['day'].day}日 AQI {row['aqi']}（" in line


def test_no_word_of_the_other_language_and_no_empty_place_is_printed(told: Told) -> None:
    body = "\n".join(line for lines in told.parts.values() for line in lines)
    assert not re.search(r"internal|packaged|\bNone\b|nan|，，|；；|（）|[-−]0%|/\(km2", body)
    assert not re.search(r"\d{4}-\d\d-\d\d/\d{4}-\d\d-\d\d", body), "periods are told in words"
    assert "～" in body
    same = [span for span in re.findall(r"([\d.]+)～([\d.]+)", body) if span[0] == span[1]]
    assert same == [], "a range of one value is printed once"
