"""The real thing: plan 000, Taiyuan's daily series and Shanxi's automatic stations, and what they cannot decide."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.stories.folders import SITES, Row, built, facts, only, page, qingce, write_campaign, write_rows

from qingce.publish import Results

CITY, PROVINCE, PLAN = "140100", "140000", "000_185d9810cba7eb36.txt"
DAILY = "capital_daily.parquet"
WATER = "sections_20260826.csv"


def sections(source: Path) -> list[Row]:
    with source.open(encoding="utf-8-sig") as stream:
        return [row for row in csv.DictReader(stream) if row["省份"] == "山西省"]


@pytest.fixture(scope="module")
def folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shanxi")
    for name in ("plans", "data"):
        (made / name).mkdir()
    shutil.copy(shared / "plans" / PLAN, made / "plans")
    shutil.copy(shared / "data" / "air_31capitals_daily_2025_2026" / DAILY, made / "data")
    shutil.copy(shared / "data" / "water_cnemc_auto_2026" / WATER, made / "data")
    city = {"kind": "air_site", "site": CITY, "name": "太原市", "city": CITY, "city_name": "太原市", "roles": "评价点"}
    stations = [
        {"kind": "section", "site": f"山西省/{row['断面名称']}", "name": row["断面名称"], "city": PROVINCE,
         "city_name": "山西省", "roles": "国考", "water_kind": "river"}
        for row in sections(made / "data" / WATER)
    ]  # fmt: skip
    write_rows(made / "data" / "sites.csv", SITES, [city, *stations])
    feeds = [
        {"path": f"data/{DAILY}", "feed": "capitals-daily-2025"},
        {"path": f"data/{WATER}", "feed": "cnemc-water-auto"},
    ]
    return write_campaign(made, region=PROVINCE, as_of=date(2026, 8, 31), sites="data/sites.csv", feeds=feeds)


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return built(folder)


def progress(results: Results, indicator: str) -> Row:
    return next(iter(results.rows("progress", where={"indicator_id": indicator})))


def value(results: Results, identifier: str) -> Row:
    return only(results.rows("values", where={"id": identifier}))


def test_nothing_that_was_read_is_lost(folder: Path, results: Results) -> None:
    frame = pq.read_table(folder / "data" / DAILY)
    counts = results.run["counts"][DAILY]  # type: ignore[index]
    cells = sum(len(frame) - frame[name].null_count for name in ("aqi", "pm25", "pm10", "so2", "no2", "co"))
    assert (counts["rows"], counts["rejected"]) == (cells, 0)
    listed = {(row["file"], row["code"]) for row in results.rows("rejected")}
    assert listed == set()


def test_sites_outside_the_list_are_kept_and_named(results: Results) -> None:
    note = only(note for note in results.run["notes"] if "不在站点表中" in note)  # type: ignore[attr-defined]
    assert note.startswith("123 个站点") or note.startswith("122 个站点")


def test_the_sum_of_2025_is_that_of_the_file(folder: Path, results: Results) -> None:
    frame = pq.read_table(folder / "data" / DAILY)
    own = frame.filter(pc.and_(pc.equal(frame["city"], "太原"), pc.equal(pc.year(frame["date"]), 2025)))
    assert (pc.sum(own["pm25"]).as_py(), own.num_rows) == (13091, 365)
    row = value(results, f"V:pm2_5_annual:{CITY}:2025:measured")
    assert (row["exact"], row["n"], row["review"]) == ("13091/365", 365, "realtime")


def test_one_city_does_not_decide_for_eleven(results: Results) -> None:
    row = progress(results, "pm2_5_annual")
    assert (row["status"], row["reason"], row["own_value"]) == ("awaiting", "incomplete", None)
    assert "11 市中仅 1 市有数据，不能判定全省；太原市 35.87，达标" in row["status_text"]
    province = value(results, f"V:pm2_5_annual:{PROVINCE}:2025:measured")
    assert (province["value"], province["absent"]) == (None, "too_few")


def test_without_ozone_no_good_day_is_claimed(results: Results) -> None:
    days = results.rows("air_city_days", where={"subject": CITY, "series": "measured"})
    assert {row["absent_o3_8h"] for row in days} == {"not_reported"}
    row = value(results, f"V:good_day_ratio:{CITY}:2025:measured")
    assert (row["value"], row["absent"]) == (None, "not_reported")
    assert row["note"].startswith("臭氧未上报，不能判定；仅按已有项目，AQI 大于 100 的已有 42 天")
    composite = results.rows("values", where={"indicator": "composite_index"})
    assert all(item["value"] is None for item in composite)


def test_the_source_kept_the_old_breakpoints_and_ours_change_by_the_day(folder: Path, results: Results) -> None:
    """After 2026-03-01 the published index of a PM day is that of HJ 633-2012; ours is that of the day."""
    days = {row["day"]: row for row in results.rows("air_city_days", where={"subject": CITY, "series": "measured"})}
    assert {row["edition"].split("+")[0] for day, row in days.items() if day < date(2026, 3, 1)} != {
        row["edition"].split("+")[0] for day, row in days.items() if day >= date(2026, 3, 1)
    }
    frame = pq.read_table(folder / "data" / DAILY)
    own = frame.filter(pc.equal(frame["city"], "太原")).to_pylist()
    dust = [row for row in own if as_day(row["date"]) >= date(2026, 3, 1) and row["pm25"] == 70]
    for row in dust:
        assert days[as_day(row["date"])]["iaqi_pm2_5"] > row["aqi"]
    note = value(results, f"V:good_day_ratio:{CITY}:2026-01-01/2026-08-31:measured")["note"]
    assert "hj633-2012" in note
    assert "hj633-2026" in note


def as_day(moment: object) -> date:
    return moment.date() if hasattr(moment, "date") else date.fromisoformat(str(moment))


def test_published_classes_of_the_stations_come_out(folder: Path, results: Results) -> None:
    """One snapshot: each section's class is the published one, but for the lake limits of reservoirs."""
    published = {f"山西省/{row['断面名称']}": int(row["水质类别"]) for row in sections(folder / "data" / WATER)}
    months = {row["section"]: row["class"] for row in results.rows("water_months") if row["class"] is not None}
    assert len(published) == 40
    differing = {name for name, found in months.items() if found != published[name]}
    assert all("水库" in name for name in differing), differing


def test_a_snapshot_of_sections_decides_no_year(results: Results) -> None:
    row = progress(results, "good_section_ratio")
    assert (row["bound"], row["reason"]) == (False, "no_data")
    assert row["own_value"] is None
    year = value(results, f"V:good_section_ratio:{PROVINCE}~国考:2025:measured")
    assert (year["value"], year["absent"], year["n"]) == (None, "not_reported", 0)


def test_the_year_so_far_says_how_little_it_rests_on(results: Results) -> None:
    so_far = value(results, f"V:good_section_ratio:{PROVINCE}~国考:2026-01-01/2026-08-31:measured")
    assert so_far["review"] == "realtime"
    assert so_far["n"] < so_far["n_required"]
    assert "自动月均值所需最少有效天数、pH 的平均方法未读到" in so_far["note"]


def test_every_target_is_bound_or_says_why_not(results: Results) -> None:
    rows = results.rows("progress")
    assert len(rows) == results["targets"].num_rows == 46
    for row in rows:
        assert row["bound"] or (row["reason"] and row["reason_text"]), row["target_id"]
    text = (only(results.rows("documents")))["text"]
    assert all(text[row["start"] : row["end"]] == row["quote"] for row in rows)


def test_the_first_page_lists_them(folder: Path, results: Results) -> None:
    board = page(folder, "index.html")
    unbound = sum(not row["bound"] for row in results.rows("progress"))
    waiting = page(folder, "unbound.html")
    listed = [row for reason in waiting["reasons"] for row in reason["rows"]]
    assert len(listed) >= unbound
    assert {row["id"] for row in listed} >= {row["target_id"] for row in results.rows("progress") if not row["bound"]}
    assert board["counts"]
    assert results.sample is False
    assert "示例数据" not in (folder / "out" / "site" / "index.html").read_text("utf-8").replace(
        "示例战役（示例数据）", ""
    )


def test_the_scoreboard_in_the_terminal_says_the_same(folder: Path, results: Results) -> None:
    answer = qingce("build", folder)
    assert answer.status == 0
    bound = sum(row["bound"] for row in results.rows("progress"))
    assert f"目标 46 个，已绑定 {bound} 个；未绑定 {46 - bound} 个" in answer.out
    assert "■ 蓝天" in answer.out


def test_why_from_the_number_to_the_sentence_and_the_rows(folder: Path, results: Results) -> None:
    identifier = f"V:pm2_5_annual:{CITY}:2025:measured"
    tree = qingce("why", identifier, "--dir", folder, "--json", "-").json
    sentence = only(tree["sentences"])
    text = (folder / "plans" / PLAN).read_text("utf-8")
    assert text[sentence["start"] : sentence["end"]] == sentence["quote"]
    days = tree["down"]["children"]
    assert len(days) == 365
    worst = only(day for day in days if day["children"])
    leaf = qingce("why", worst["children"][0]["id"], "--dir", folder, "--json", "-").json
    frame = pq.read_table(folder / "data" / DAILY)
    own = frame.filter(pc.and_(pc.equal(frame["city"], "太原"), pc.equal(pc.year(frame["date"]), 2025)))
    assert Decimal(facts(leaf["down"])["数值"]) == pc.max(own["pm25"]).as_py()
    assert any(DAILY in text for _, text in leaf["down"]["facts"] + leaf["down"]["children"][0]["facts"])
    up = qingce("why", worst["children"][0]["id"], "--dir", folder).out
    assert sentence["quote"] in up


def test_office_files_of_the_day_that_has_data(folder: Path, results: Results) -> None:
    names = {path.name for path in (folder / "out").glob("*.*")}
    assert {"台账.xlsx", "目标进度表.docx", "会商材料.docx", "断面月报.xlsx", "空气日报-2026-06-07.docx"} <= names
    assert results.run["as_of"] == "2026-08-31"
