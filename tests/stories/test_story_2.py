"""Story 2: a day is reviewed; what was said then stays known, and a letter that cited it is flagged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import pytest
from tests.stories.folders import SITES, Row, built, facts, only, page, qingce, write_campaign, write_rows

from qingce.store.lake import SegmentLake

CITY, DAY = "140100", "2026-04-10"
DAILY = (73, 58, 60, 57, 57)
LOW = {"so2": 5, "no2": 20, "co": 1, "o3": 60, "pm10": 60}
INDEX, FINE = f"F:{CITY}:aqi:{DAY}:measured", f"F:{CITY}:pm2_5:{DAY}:measured"
PLAN = (
    "示例市空气质量方案（示例数据）\n\n一、主要目标\n到2026年，全市细颗粒物（PM2.5）年均浓度降至39微克/立方米以下。\n"
)
WIDE = ["site", "time", *LOW, "pm2_5"]
LONG = ["site", "parameter", "time", "value", "unit", "flag"]


def hours(day: str, values: dict[str, int], *, upto: int = 24) -> Iterator[Row]:
    for site, value in values.items():
        for hour in range(upto):
            yield {"site": site, "time": f"{day}T{hour:02d}:00:00+08:00", **LOW, "pm2_5": value}


def make(folder: Path, rows: Iterator[Row], *, feeds: tuple[Row, ...] = ()) -> Path:
    sites = [
        {"site": f"A{i}", "name": f"示例{i}号站", "kind": "air_site", "city": CITY, "city_name": "示例市",
         "roles": "评价点"}
        for i in range(1, 6)
    ]  # fmt: skip
    write_rows(folder / "data" / "sites.csv", SITES, sites)
    write_rows(folder / "data" / "hours.csv", WIDE, rows)
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "plans" / "方案.txt").write_text(PLAN, "utf-8")
    return campaign(folder, feeds=feeds)


def campaign(folder: Path, *, feeds: tuple[Row, ...] = ()) -> Path:
    first = {"path": "data/hours.csv", "feed": "canonical-air-wide", "review": "preliminary"}
    return write_campaign(
        folder, region=CITY, sample=True, as_of=date.fromisoformat(DAY), sites="data/sites.csv", feeds=[first, *feeds]
    )


def built_on(folder: Path, moment: datetime) -> None:
    """Build while the lake's clock stands at a moment [UTC]."""

    def opened(path: Path) -> SegmentLake:
        return SegmentLake(path, now=lambda: moment.replace(tzinfo=None))

    with mock.patch("qingce.app.pipeline.open_lake", opened):
        built(folder)


def asked(folder: Path, identifier: str, *more: object) -> Row:
    answer = qingce("why", identifier, "--dir", folder, "--json", "-", *more)
    found: Row = answer.json
    return found


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The day as it was reported, built before the review."""
    folder = tmp_path_factory.mktemp("story2")
    make(folder, hours(DAY, dict(zip(["A1", "A2", "A3", "A4", "A5"], DAILY, strict=True))))
    built_on(folder, datetime(2026, 4, 12, 1, tzinfo=UTC))
    return folder


@pytest.fixture(scope="module")
def before(reported: Path) -> Row:
    """What the first build said of the day."""
    return {
        "index": facts(asked(reported, INDEX)["down"]),
        "cited": qingce("why", INDEX, "--dir", reported, "--cited", 101),
    }


@pytest.fixture(scope="module")
def reviewed(reported: Path, before: Row) -> Path:
    """Review leaves the first site 18 valid hours; built again."""
    assert before
    taken = [
        {"site": "A1", "parameter": "pm2_5", "time": f"{DAY}T{hour:02d}:00:00+08:00", "unit": "ug/m3", "flag": "无效"}
        for hour in range(18, 24)
    ]
    write_rows(reported / "data" / "review.csv", LONG, taken)
    campaign(reported, feeds=({"path": "data/review.csv", "feed": "canonical-long", "review": "national"},))
    built_on(reported, datetime(2026, 5, 9, 1, tzinfo=UTC))
    return reported


def test_five_sites_make_61_and_an_index_of_101(before: Row) -> None:
    assert before["index"]["数值"] == "101"
    assert before["cited"].status == 0


def test_the_review_leaves_58_and_96(reviewed: Path) -> None:
    assert facts(asked(reviewed, INDEX)["down"])["数值"] == "96"
    assert facts(asked(reviewed, FINE)["down"])["数值"] == "58"
    site = facts(asked(reviewed, f"F:A1:pm2_5:{DAY}:measured")["down"])
    assert site["缺"] == "有效数据不足"
    assert "数值" not in site


def test_as_known_then_still_says_101(reviewed: Path) -> None:
    then = facts(asked(reviewed, INDEX, "--known-at", "2026-05-01")["down"])
    assert (then["当时AQI"], then["数值"]) == ("101", "96")
    assert facts(asked(reviewed, FINE, "--known-at", "2026-05-01")["down"])["当时数值"] == "61"
    after = facts(asked(reviewed, INDEX, "--known-at", "2026-05-10")["down"])
    assert after["当时AQI"] == "96"


def test_every_version_of_an_hour_is_kept_with_its_reason(reviewed: Path) -> None:
    versions = asked(reviewed, f"O:A1:pm2_5:{DAY}T20:00")["down"]["children"]
    assert [facts(row).get("数值", "") for row in versions] == ["73", ""]
    assert any("审核状态变化" in text for text in facts(versions[1]).values())


def test_the_letter_that_cited_101_is_flagged(reviewed: Path) -> None:
    answer = qingce("why", INDEX, "--dir", reviewed, "--cited", 101, "--json", "-")
    assert answer.status == 1
    flag = only(answer.json["flags"])
    assert (flag["cited"], flag["current"], flag["text"]) == (101, 96, "函件引用 101，现为 96，须更正")
    assert answer.json["ok"] is False
    plain = qingce("why", INDEX, "--dir", reviewed, "--cited", 101)
    assert plain.out.startswith("函件引用 101，现为 96，须更正\n")
    assert qingce("why", INDEX, "--dir", reviewed, "--cited", 96).status == 0


def test_a_cited_number_must_be_one(reviewed: Path) -> None:
    answer = qingce("why", INDEX, "--dir", reviewed, "--cited", "一百", "--json", "-")
    assert (answer.status, answer.json["code"]) == (2, "QC606")


def test_one_good_day_is_regained(reviewed: Path) -> None:
    then = asked(reviewed, INDEX, "--known-at", "2026-05-01")
    assert int(facts(then["down"])["当时AQI"]) > 100 >= int(facts(then["down"])["数值"])


def test_during_the_day_nine_hours_may_average_51_3(tmp_path: Path) -> None:
    folder = make(tmp_path, hours(DAY, dict.fromkeys(["A1", "A2", "A3", "A4", "A5"], 66), upto=15))
    results = built(folder)
    rows = [row for row in results.rows("quota", where={"kind": "hours"}) if row["part"] == f"{CITY}/pm2_5"]
    row = only(rows)
    assert (row["done"], row["remaining"], row["text"]) == (15, 9, "剩余 9 小时均值 ≤ 51.3")
    assert row["exact"] == "154/3"


def test_what_is_not_reviewed_says_so(reviewed: Path) -> None:
    board = page(reviewed, "index.html")
    rows = [row for battle in board["battles"] for row in battle["rows"]]
    row = only(row for row in rows if row["indicator"]["id"] == "pm2_5_annual")
    assert row["own"]["review"] == {"code": "preliminary", "zh": "初审", "unreviewed": True}
    assert "未审核" in (reviewed / "out" / "site" / "index.html").read_text("utf-8")
