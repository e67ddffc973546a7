"""Story 1: Taiyuan on 2026-05-31, number for number, from a campaign folder through the command line."""

from __future__ import annotations

import shutil
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from tests.stories.folders import EXCEPTIONS, SITES, built, facts, only, page, qingce, write_campaign, write_rows

CITY, PROVINCE = "140100", "140000"
NOW, NAME = "2026-01-01/2026-05-31", "T-000-185d9810cba7eb36"
FINE, COARSE, GOOD = (f"{NAME}-{number:03d}" for number in (4, 5, 6))
TAIYUAN = {
    "site": CITY, "name": "太原市", "kind": "air_site", "city": CITY, "city_name": "太原市", "roles": "评价点",
}  # fmt: skip
SAND = {
    "id": "示例-S", "scope": CITY, "kind": "沙尘", "start": "2026-02-21", "end": "2026-02-22",
    "parameters": "pm10,pm2_5", "status": "总站认定", "issuer": "中国环境监测总站", "number": "示例〔2026〕1号",
}  # fmt: skip


def make(folder: Path, shared: Path, **keys: object) -> Path:
    """Plan 000, the capitals' daily series and a list of one site."""
    for name in ("plans", "data"):
        (folder / name).mkdir(parents=True)
    shutil.copy(shared / "plans" / "000_185d9810cba7eb36.txt", folder / "plans")
    shutil.copy(shared / "data" / "air_31capitals_daily_2025_2026" / "capital_daily.parquet", folder / "data")
    write_rows(folder / "data" / "sites.csv", SITES, [TAIYUAN])
    feed = {"path": "data/capital_daily.parquet", "feed": "capitals-daily-2025"}
    given = {"region": PROVINCE, "as_of": date(2026, 5, 31), "sites": "data/sites.csv", "feeds": [feed]}
    return write_campaign(folder, **{**given, **keys})


@pytest.fixture(scope="module")
def measured(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make(tmp_path_factory.mktemp("story1") / "measured", shared)
    built(folder)
    return folder


@pytest.fixture(scope="module")
def deducted(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("story1") / "deducted"
    basis = {name: {"series": "deducted"} for name in ("pm2_5_annual", "pm10_annual")}
    make(folder, shared, exceptions=["data/sand.csv"], basis=basis)
    write_rows(folder / "data" / "sand.csv", EXCEPTIONS, [SAND])
    built(folder)
    return folder


def value(folder: Path, indicator: str, *, period: str = NOW, series: str = "measured") -> dict[str, str]:
    """Facts of a value, as `qingce why … --json -` tells them."""
    answer = qingce("why", f"V:{indicator}:{CITY}:{period}:{series}", "--dir", folder, "--json", "-")
    assert answer.status == 0, answer.err
    return facts(answer.json["down"])


def mean(folder: Path, indicator: str, *, period: str = NOW, series: str = "measured") -> str:
    return f"{float(Fraction(value(folder, indicator, period=period, series=series)['分数'])):.2f}"


def allowed(folder: Path, target: str) -> dict[str, str]:
    """The quota of Taiyuan for the rest of 2026 under each rule, as the target's page shows it."""
    rows = page(folder, f"targets/{target}.html")["quota"]
    return {row["rule"]: row["text"] for row in rows if row["part"] == f"{CITY}/2026"}


def test_151_days_sum_to_6341_and_mean_41_99(measured: Path) -> None:
    found = value(measured, "pm2_5_annual")
    assert (found["分数"], found["有效数"]) == ("6341/151", "151")
    assert mean(measured, "pm2_5_annual") == "41.99"


def test_the_remaining_214_days_under_both_roundings(measured: Path) -> None:
    assert allowed(measured, FINE) == {"strict": "剩余 214 天均值 ≤ 36.89", "rounded": "剩余 214 天均值 < 37.74"}


def test_two_sand_days_named_by_the_national_centre(deducted: Path) -> None:
    assert mean(deducted, "pm2_5_annual", series="deducted") == "41.64"
    assert mean(deducted, "pm10_annual", series="deducted") == "87.52"
    assert mean(deducted, "pm10_annual") == "91.36"
    assert allowed(deducted, FINE)["strict"] == "剩余 214 天均值 ≤ 37.16"


def test_both_series_stay_beside_each_other(deducted: Path) -> None:
    pair = [value(deducted, "pm2_5_annual", series=series)["有效数"] for series in ("measured", "deducted")]
    assert pair == ["151", "149"]


def test_a_list_that_only_the_bureau_reports_deducts_nothing(shared: Path, tmp_path: Path) -> None:
    folder = make(tmp_path / "own", shared, exceptions=["data/sand.csv"])
    write_rows(folder / "data" / "sand.csv", EXCEPTIONS, [{**SAND, "status": "自报"}])
    built(folder)
    assert mean(folder, "pm2_5_annual", series="deducted") == "41.99"


def test_bad_days_by_three_editions_each_by_name(measured: Path) -> None:
    note = value(measured, "good_day_ratio")["说明"]
    assert "AQI 大于 100 的已有 26 天" in note
    assert "若全期按 hj633-2012 则 23 天" in note
    assert "若全期按 hj633-2026 则 34 天" in note


def test_the_good_day_ratio_is_refused_because_ozone_is_missing(measured: Path) -> None:
    found = value(measured, "good_day_ratio")
    assert "数值" not in found
    assert found["缺"] == "未上报"
    assert "臭氧未上报，不能判定" in found["说明"]
    row = page(measured, f"targets/{GOOD}.html")["target"]
    assert (row["status"]["code"], row["own"]["value"]) == ("awaiting", None)


def test_2025_is_met_in_taiyuan_and_undecided_in_the_province(measured: Path) -> None:
    found = value(measured, "pm2_5_annual", period="2025")
    assert (found["分数"], found["有效数"], mean(measured, "pm2_5_annual", period="2025")) == (
        "13091/365", "365", "35.87",
    )  # fmt: skip
    row = page(measured, f"targets/{FINE}.html")["target"]
    own = row["own"]
    assert (row["status"]["code"], own["value"], own["text"]) == ("awaiting", None, "太原市 35.87，达标")
    assert "11 市中仅 1 市有数据，不能判定全省" in row["status"]["zh"]


def test_the_mean_leads_to_its_sentence_and_its_worst_day(measured: Path) -> None:
    answer = qingce("why", f"V:pm2_5_annual:{CITY}:{NOW}:measured", "--dir", measured, "--json", "-").json
    sentence = only(answer["sentences"])
    text = (measured / "plans" / "000_185d9810cba7eb36.txt").read_text("utf-8")
    assert text[sentence["start"] : sentence["end"]] == sentence["quote"]
    assert "39" in sentence["quote"]
    days = answer["down"]["children"]
    assert len(days) == 151
    assert sum(Fraction(facts(day)["数值"]) for day in days) == 6341
    worst = only(day for day in days if day["children"])
    assert Fraction(facts(worst)["数值"]) == max(Fraction(facts(day)["数值"]) for day in days)


def test_a_city_alone_may_say_met(shared: Path, tmp_path: Path) -> None:
    folder = make(tmp_path / "city", shared, region=CITY, basis={FINE: {"scope": CITY, "deadline": "2025"}})
    built(folder)
    row = page(folder, f"targets/{FINE}.html")["target"]
    assert (row["status"]["code"], row["own"]["text"]) == ("met", "35.87")
    assert row["status"]["zh"] == "达标：35.87 ≤ 39（测算，待中国环境监测总站认定）"
