"""区县月排名 as a page: rows as in the table, flagged below the review state, empty, on a desk and a phone."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.publish.browsing import chromium, fresh, listened

from qingce.publish import Results, render, write_site
from qingce.publish.results import SCHEMAS

PAGE = "counties.html"


def row(place: int | None, name: str, **more: object) -> dict[str, object]:
    return {
        "place": place, "scope": f"99010{len(name)}", "scope_name": name, "period": "2026-05", "text": "31.0",
        "value": Decimal("31"), "unit": "ug/m3", "last_text": "33", "change": Decimal("-6.1"), "n": 31,
        "change_text": "下降6.1%", "base_text": "35.0", "base_change_text": "下降11.4%", "good_measured": "83.9",
        "good_deducted": "87.1", "heavy": "1", "composite": "3.43", "review": "national", "unreviewed": 0,
        "edition": "hj663-2026", "limits": "gb3095-2026-transition", "note": "规则未核：综合指数",
    } | more  # fmt: skip


def with_rows(sample: Results, *rows: dict[str, object]) -> Results:
    return sample.with_tables({"air_counties": pa.Table.from_pylist(list(rows), SCHEMAS["air_counties"])})


def html(results: Results, lang: str = "zh") -> str:
    return render(PAGE, results, lang)[0].decode("utf-8")


def twin(results: Results) -> Any:
    return json.loads(render("counties.json", results)[0])


@pytest.fixture
def three(sample: Results) -> Results:
    late = row(None, "云泽新区", text=None, composite=None, absent="too_few", change_text=None, base_change_text=None)
    return with_rows(sample, row(1, "泽南县", composite="3.10"), row(2, "云西"), late)


def test_the_rows_are_those_of_the_table_in_its_order(three: Results) -> None:
    found = twin(three)
    assert [(one["place"], one["scope_name"], one["composite"]) for one in found["rows"]] == [
        (1, "泽南县", "3.10"), (2, "云西", "3.43"), (None, "云泽新区", None),
    ]  # fmt: skip
    assert (found["period"], found["unit"], found["preview"]) == ("2026-05", "ug/m3", False)
    assert found["rows"][2]["absent"] == {"code": "too_few", "zh": "有效数据不足"}
    assert found["notes"] == [{"text": "规则未核：综合指数", "counties": ["泽南县", "云西", "云泽新区"]}]


def test_only_the_last_month_there_is(sample: Results) -> None:
    results = with_rows(sample, row(1, "泽南县", period="2026-04"), row(1, "云西"))
    assert [one["scope_name"] for one in twin(results)["rows"]] == ["云西"]


@pytest.mark.parametrize(("review", "unreviewed"), [("preliminary", 1), ("provincial", 1), ("national", 0)])
def test_below_the_review_state_of_a_ranking_the_page_is_a_preview(
    sample: Results, review: str, unreviewed: int
) -> None:
    results = with_rows(sample, row(1, "泽南县"), row(2, "云西", review=review, unreviewed=unreviewed))
    shown, english = html(results), html(results, "en")
    assert ("不对外提供。有区县未达到" in shown) == ("预排名，不得通报和公开" in shown)
    assert ("预排名，不得通报和公开" in shown) == bool(unreviewed) == twin(results)["preview"]
    assert ("not for letters or publication" in english) == bool(unreviewed)
    assert ('class="review unreviewed"' in shown) == bool(unreviewed)


def test_what_is_not_there_is_a_dash_with_its_reason(three: Results) -> None:
    last = html(three).split("<tr data-row>")[-1]
    assert "有效数据不足" in last
    assert ">0<" not in last
    assert "Too few" in html(three, "en") or "too few" in html(three, "en").lower()


def test_nothing_to_rank_says_so_and_is_not_offered_on_the_scoreboard(sample: Results, three: Results) -> None:
    empty = with_rows(sample)
    assert "没有区县数据" in html(empty)
    assert "No counties" in html(empty, "en")
    assert twin(empty)["rows"] == []
    assert "区县月排名 3 个" in render("index.html", three, "zh")[0].decode()
    assert PAGE not in render("index.html", empty, "zh")[0].decode()
    for page in ("outlook.html", "today.html", "month.html"):
        assert f'href="{PAGE}"' in render(page, empty, "zh")[0].decode()


def water(place: int | None, name: str, **more: object) -> dict[str, object]:
    return {
        "place": place, "scope": f"99010{len(name)}", "scope_name": name, "period": "2026-01-01/2026-05-31",
        "text": "4.2131", "value": Decimal("4.2131"), "last_text": "4.5012", "change": Decimal("-6.4"),
        "change_text": "改善 6.40%", "change_place": 1, "sections": 3, "missing": "化学需氧量", "review": "national",
        "unreviewed": 0, "edition": "cwqi-2017", "note": "规则未核：缺项",
    } | more  # fmt: skip


def with_water(sample: Results, *rows: dict[str, object]) -> Results:
    return sample.with_tables({"water_counties": pa.Table.from_pylist(list(rows), SCHEMAS["water_counties"])})


def test_the_water_quality_index_of_counties_stands_below_as_its_table_says(sample: Results) -> None:
    results = with_water(with_rows(sample), water(1, "泽南县"), water(2, "云西", exempt="yes", change_place=None))
    shown, english = html(results), html(results, "en")
    assert "区县水质指数（CWQI）" in shown
    assert "没有区县数据" not in shown
    assert shown.count("<tr data-water>") == 2
    first, second = shown.split("<tr data-water>")[1:]
    assert "4.2131" in first
    assert "由 4.5012" in first
    assert "不参加" in second
    assert "Water quality index of counties" in english
    assert "Exempt" in english
    told = twin(results)["water"]
    assert [(one["place"], one["scope_name"], one["text"]) for one in told["rows"]] == [
        (1, "泽南县", "4.2131"), (2, "云西", "4.2131"),
    ]  # fmt: skip
    assert told["preview"] is False
    assert told["notes"] == [{"text": "规则未核：缺项", "counties": ["泽南县", "云西"]}]


def test_an_unreviewed_water_ranking_is_a_preview_and_not_public(sample: Results) -> None:
    results = with_water(with_rows(sample), water(1, "泽南县"), water(2, "云西", review="preliminary", unreviewed=1))
    assert "预排名，不得通报和公开" in html(results)
    assert [row["scope_name"] for row in results.public().rows("water_counties")] == ["泽南县"]
    assert twin(with_rows(sample))["water"]["rows"] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample: Results) -> Path:
    out = tmp_path_factory.mktemp("counties")
    write_site(with_rows(sample, row(1, "泽南县"), row(2, "云西", review="preliminary", unreviewed=1)), out)
    return out


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
@pytest.mark.parametrize("folder", ["", "en/"], ids=["zh", "en"])
def test_the_page_fits_a_desk_and_a_phone(site: Path, width: int, height: int, folder: str) -> None:
    with chromium() as browser:
        _, page = fresh(browser)
        page.set_viewport_size({"width": width, "height": height})
        said = listened(page)
        page.goto((site / (folder + PAGE)).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        inside = "(table) => table.getBoundingClientRect().right <= table.parentElement.getBoundingClientRect().right"
        assert page.locator("#ranking table").evaluate(inside), "the table ends within its block"
        assert page.locator("tr[data-row]").count() == 2
        units = page.locator("tr[data-row] .cardonly")
        assert [one.is_visible() for one in units.all()] == [width < 720] * 4, "a card has no head that names units"
    assert said == []
