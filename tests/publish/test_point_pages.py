"""A point's own page: what it was found to be, the newest first, with the way to why; nothing is computed for it."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from qingce.core.errors import QingceError
from qingce.core.tables import POINT_FINDING, SITE
from qingce.publish.results import Results
from qingce.publish.site import ROUTES, render
from qingce.publish.views import place as views_place

TRACED = "F:G1:class:2026-01-01/2026-05-31:measured"


def finding(subject: str, quantity: str, period: str, **more: object) -> dict[str, object]:
    first, _, last = period.partition("/")
    return {
        "id": f"F:{subject}:{quantity}:{period}:measured", "subject": subject, "subject_name": "城南井",
        "city": "990100", "quantity": quantity, "period": period, "start": date.fromisoformat(first),
        "end": date.fromisoformat(last or first), "review": "provincial", "limits": "", "note": "", **more,
    }  # fmt: skip


FINDINGS = [
    finding("G1", "class", "2025-01-01/2025-12-31", medium="groundwater", value=Decimal(4), text="Ⅳ类", n=12,
            items="nh3n", edition="gbt14848-2017"),
    finding("G1", "class", "2026-01-01/2026-05-31", medium="groundwater", value=Decimal(3), text="Ⅲ类", n=11,
            items="nh3n,codmn,unheard", edition="gbt14848-2017", review="preliminary"),
    finding("G1", "class", "2024-01-01/2024-12-31", medium="groundwater", value=None, text="", n=0, items="",
            absent="too_few", edition="gbt14848-2017"),
    finding("D1", "dustfall", "2026-05-01/2026-05-31", medium="dustfall", value=Decimal("6.100000"), text="6.1",
            unit="t/(km2.30d)", n=1, items="dustfall", edition="dustfall-2018"),
    finding("N1", "met_night", "2026-05-18", medium="noise", value=Decimal(0), text="58 dB(A)，限值 50", n=1,
            items="ln", edition="hj640-2012"),
]  # fmt: skip
PLACES = [{"site": code, "name": name, "kind": "point", "city": "990100", "county_name": "云东县"}
          for code, name in (("G1", "城南井"), ("D1", "县政府降尘点"), ("E1", "未评价点"))]  # fmt: skip


@pytest.fixture(scope="module")
def points(sample: Results) -> Results:
    sites = pa.concat_tables([sample["sites"].select(SITE.names), pa.Table.from_pylist(PLACES, SITE)])
    tree = json.dumps({"id": TRACED, "down": {"id": TRACED, "kind": "finding", "title": "城南井 水质类别"}})
    whys = pa.table({"id": [*sample["whys"]["id"].to_pylist(), TRACED],
                     "tree": [*sample["whys"]["tree"].to_pylist(), tree]})  # fmt: skip
    found = pa.Table.from_pylist(FINDINGS, POINT_FINDING)
    return sample.with_tables({"sites": sites, "points": found, "whys": whys})


def paths(results: Results) -> set[str]:
    return {route.path(ids) for route in ROUTES for ids in route.ids(results)}


def body(path: str, results: Results) -> str:
    return render(path, results)[0].decode()


def test_findings_stand_newest_first_with_reason_review_and_edition(points: Results) -> None:
    view = views_place.site(points, "G1")
    rows: list[dict[str, object]] = view["findings"]  # type: ignore[assignment]
    assert (view["kind"], view["media"]) == ("point", ["groundwater"])
    assert [row["period"][:4] for row in rows] == ["2026", "2025", "2024"]  # type: ignore[index]
    assert [row["why"] for row in rows] == [True, False, False]
    assert rows[0]["review"] == {"code": "preliminary", "zh": "初审", "unreviewed": True}
    assert rows[2]["absent"] == {"code": "too_few", "zh": "有效数据不足"}
    assert [(row["value"], row["text"], row["n"]) for row in rows] == [
        ("3", "Ⅲ类", 11),
        ("4", "Ⅳ类", 12),
        (None, "", 0),
    ]
    items: list[dict[str, object]] = rows[0]["items"]  # type: ignore[assignment]
    assert [(one["id"], one["zh"]) for one in items] == [
        ("nh3n", "氨氮"), ("codmn", "高锰酸盐指数"), ("unheard", None)
    ]  # fmt: skip


def test_a_point_stands_among_the_sites_and_leads_to_its_page(points: Results) -> None:
    text = body("sites.html", points)
    assert "点位" in text
    for code in ("G1", "D1", "E1"):
        assert f"sites/{code}.html" in text
        assert f"sites/{code}.html" in paths(points)


def test_the_newest_finding_leads_to_why_and_why_back_to_the_point(points: Results) -> None:
    links = re.findall(r'href="\.\./(why/[^"]+)"', body("sites/G1.html", points))
    assert len(links) == 1
    assert links[0] in paths(points)
    assert 'href="../sites/G1.html"' in body(links[0], points)


def test_a_value_that_is_missing_says_why_and_is_no_number(points: Results) -> None:
    row = next(part for part in body("sites/G1.html", points).split("<tr data-row>") if "2024-01-01" in part)
    assert "有效数据不足" in row
    assert ">0</span>" not in row


def test_a_broken_night_shows_level_and_limit_though_no_list_names_the_point(points: Results) -> None:
    text = body("sites/N1.html", points)
    assert "58 dB(A)，限值 50" in text
    assert "夜间达标判定" in text
    assert "Kept at night" in body("en/sites/N1.html", points)
    assert "sites/N1.html" in paths(points)


def test_a_point_without_findings_has_a_page_that_says_so(points: Results) -> None:
    assert views_place.site(points, "E1")["kind"] == "empty"
    assert "结果里没有这个站点的评价值" in body("sites/E1.html", points)


@pytest.mark.parametrize("code", ["G1", "D1", "N1", "E1"])
def test_the_twin_says_what_the_page_says(points: Results, code: str) -> None:
    twin = json.loads(body(f"sites/{code}.json", points))
    assert twin["ok"] is True
    assert twin["site"]["site"] == code
    view = views_place.site(points, code)
    assert {name: twin[name] for name in view} == json.loads(json.dumps(view))


def test_every_number_of_the_view_is_one_of_the_table(points: Results) -> None:
    known = {format(row["value"].normalize(), "f") for row in FINDINGS if isinstance(row["value"], Decimal)}
    shown = [row["value"] for code in ("G1", "D1", "N1") for row in views_place.site(points, code)["findings"]]  # type: ignore[attr-defined]
    assert {value for value in shown if value is not None} == known


def test_a_point_that_is_nowhere_is_refused(points: Results) -> None:
    with pytest.raises(QingceError, match="QC554"):
        views_place.site(points, "X9")


def test_a_point_sampled_now_and_then_lacks_no_days(points: Results) -> None:
    """A noise point measured once a quarter was once told to hold 3 % of its days."""
    facts = {"site": "G1", "parameter": "nh3n", "span": "P1D", "month": "2026-05", "expected": 31, "received": 1}
    quality = pa.concat_tables([points["quality"], pa.Table.from_pylist([facts], points["quality"].schema)])
    assert views_place.site(points.with_tables({"quality": quality}), "G1")["quality"] == []
