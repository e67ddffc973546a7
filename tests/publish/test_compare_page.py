"""The page of comparisons and the section of histories: sentences as printed, places marked, both languages."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from qingce.publish import Results, render
from qingce.publish.alone import render_alone
from qingce.publish.results import SCHEMAS
from qingce.publish.views.compare import comparison_groups, histories

UP = "云山省方案。到2027年，全省森林覆盖率达到41%。其他。"
DOWN = "青溪市方案。到2027年，全市森林覆盖率达到42%；其他。"


def side(name: str, document: str, text: str, *, quote: str) -> dict[str, object]:
    start = text.index(quote)
    return {
        f"{name}_document": document, f"{name}_target": f"T-{document}-001", f"{name}_quote": quote,
        f"{name}_start": start, f"{name}_end": start + len(quote), f"{name}_comparator": ">=",
        f"{name}_value": quote[-3:-1], f"{name}_unit": "%", f"{name}_deadline": "2027",
    }  # fmt: skip


def table(name: str, *rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCHEMAS[name])


@pytest.fixture
def results() -> Results:
    first = side("first", "up", UP, quote="森林覆盖率达到41%")
    second = side("second", "down", DOWN, quote="森林覆盖率达到42%")
    said: dict[str, object] = {
        "kind": "stricter",
        "indicator": "森林覆盖率",
        "text": "严于上级（层层加码）",
        "text_en": "stricter",
    }
    alone: dict[str, object] = {
        "kind": "missing",
        "indicator": "湿地",
        "text": "没有对应目标",
        "text_en": "missing",
        "note": "<b>",
    }
    steps: list[dict[str, object]] = [
        {"key": "k", "indicator": "森林覆盖率", "place": "青溪市", "deadline": "2027", "document_id": document,
         "change": change, "target_id": target, "superseded_by": by, "note": note, "value_text": ">= 41 %"}
        for document, change, target, by, note in (
            ("up", "set", "T-up-001", "T-down-001", "已由《青溪市方案》改为"),
            ("down", "changed", "T-down-001", "", ""),
        )
    ]  # fmt: skip
    tables = {
        "documents": table(
            "documents",
            {"id": "up", "title": "云山省方案", "number": "云政发〔2024〕1号", "date": "2024-05-01", "text": UP},
            {"id": "down", "title": "青溪市方案", "number": "", "date": "2024-08-01", "text": DOWN},
        ),
        "comparisons": table("comparisons", {**said, **first, **second}, {**alone, **first, "second_document": "down"}),
        "history": table("history", *steps),
    }
    return Results(tables, {"campaign": "比对", "sample": False})


def test_the_sentence_around_a_target_ends_where_it_ends(results: Results) -> None:
    (row,) = comparison_groups(results)[0]["rows"]  # type: ignore[misc]
    first, second = row["first"], row["second"]
    assert (first["before"], first["marked"], first["after"]) == ("到2027年，全省", "森林覆盖率达到41%", "")
    assert (second["before"], second["marked"], second["after"]) == ("到2027年，全市", "森林覆盖率达到42%", "")
    assert comparison_groups(results)[1]["rows"][0]["second"] is None  # type: ignore[index]


def test_the_page_and_its_twin(results: Results) -> None:
    page = render("compare.html", results)[0].decode()
    assert '到2027年，全省<mark class="h-target">森林覆盖率达到41%</mark>' in page
    assert "&lt;b&gt;" in page
    assert page.index("层层加码") < page.index("没有对应目标")
    twin = json.loads(render("compare.json", results)[0])
    assert [group["kind"] for group in twin["groups"]] == ["stricter", "missing"]
    english = render("en/compare.html", results)[0].decode()
    assert "<h2>stricter" in english
    assert "Documents compared" in english


def test_nothing_to_compare_is_said(results: Results) -> None:
    bare = Results({"documents": results["documents"]}, {"campaign": "比对"})
    assert "没有发现需要核对之处" in render("compare.html", bare)[0].decode()
    assert "目标沿革" not in render("plans.html", bare)[0].decode()


def test_what_no_longer_holds_is_shown_with_what_took_its_place(results: Results) -> None:
    (line,) = histories(results)
    assert [step["change"] for step in line["steps"]] == ["set", "changed"]  # type: ignore[index]
    page = render("plans.html", results)[0].decode()
    assert '<li class="muted">2024-05-01 <strong>提出</strong>' in page
    assert "已由《青溪市方案》改为" in page
    assert "</strong> ≥ 41 % <a" in page, "a comparator is printed as people write it"
    assert 'href="compare.html#stricter"' in page


def test_the_page_alone_leads_nowhere(results: Results) -> None:
    page = render_alone("compare.html", results)
    assert 'href="plans' not in page
    assert "<style>" in page
