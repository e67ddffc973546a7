"""What a build says of its standards and methods: stages by name, and every question that is still open."""

from __future__ import annotations

from datetime import date

import pytest

from qingce.app.lists import catalogue_tables
from qingce.catalog import Catalog, load_catalog
from qingce.publish import Results
from qingce.publish.views.content import content

AS_OF = date(2026, 10, 31)
Row = dict[str, object]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def editions(catalog: Catalog) -> dict[tuple[str, str], Row]:
    table = catalogue_tables(catalog, as_of=AS_OF, region="140100", judged={})["editions"]
    return {(row["kind"], row["id"]): row for row in table.to_pylist()}


def test_stages_of_a_standard_go_by_their_names(editions: dict[tuple[str, str], Row]) -> None:
    transition = editions["standard", "gb3095-2026-transition"]
    final = editions["standard", "gb3095-2026-final"]
    assert transition["title"] == "环境空气质量标准　过渡阶段（2026-03-01 至 2030-12-31）"
    assert (transition["in_force"], final["in_force"]) == (True, False)
    assert (transition["number"], transition["start"], final["start"]) == (
        "GB 3095-2026",
        date(2026, 3, 1),
        date(2031, 1, 1),
    )


def test_a_standard_counts_no_days_where_none_name_it(editions: dict[tuple[str, str], Row]) -> None:
    assert editions["standard", "gb3838-2002"]["used_days"] is None


def test_a_method_with_open_sections_says_which(catalog: Catalog, editions: dict[tuple[str, str], Row]) -> None:
    row = editions["method", "hj663-2026"]
    assert (row["status"], row["number"]) == ("open", "HJ 663-2026")
    for section in ("city", "period", "day_share", "composite"):
        assert str(catalog.methods["hj663-2026"].option(section, "question")) in str(row["question"])


def test_every_open_question_of_a_method_is_on_its_row(catalog: Catalog, editions: dict[tuple[str, str], Row]) -> None:
    asked = {
        (method.id, str(part["question"]))
        for method in catalog.methods.values()
        for part in method.options.values()
        if isinstance(part, dict) and part.get("status") == "unread"
    }
    assert len(asked) > 10
    for method, question in asked:
        assert question in str(editions["method", method]["question"])
        assert editions["method", method]["status"] in {"open", "unread"}


def test_the_page_counts_what_is_open(catalog: Catalog) -> None:
    tables = catalogue_tables(catalog, as_of=AS_OF, region="140100", judged={})
    found = content(Results(tables, {}))["unread"]
    told = {(row["id"], row["start"]) for row in found}  # type: ignore[attr-defined]
    rows = tables["editions"].to_pylist()  # limits of one standard that start on other days stand on rows of their own
    assert told == {(row["id"], str(row["start"])) for row in rows if row["status"] in {"open", "unread"}}
    assert len(told) > 10
