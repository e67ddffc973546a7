"""Story 3: six sections, one may fail; what two months may bring; the centre revises, our own station does not."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from tests.stories.folders import OFFICIAL, SITES, Row, built, only, page, write_campaign, write_rows

CITY = "140100"
AMMONIA = ["1.02", "1.04", "1.04", "1.04", "1.05", "1.05", "1.04", "1.05", "1.05", "1.02"]
CLEAN = {"ph": "7.5", "do": "8.0", "codmn": "3.0", "nh3n": "0.40", "tp": "0.10"}
UNITS = {"ph": "无量纲"}
PLAN = "示例市水环境方案（示例数据）\n\n一、主要目标\n到2026年，全市地表水国考断面优良水体比例达到80%以上。\n"
LONG = ["section", "parameter", "time", "span", "value", "unit"]


def samples() -> list[Row]:
    return [
        {
            "section": f"S{i}", "parameter": name, "time": f"2026-{month:02d}-06T10:00:00+08:00", "span": "sample",
            "value": AMMONIA[month - 1] if (i, name) == (1, "nh3n") else value, "unit": UNITS.get(name, "mg/L"),
        }
        for i in range(1, 7) for month in range(1, 11) for name, value in CLEAN.items()
    ]  # fmt: skip


def make(folder: Path, *, official: list[Row] | None = None, own: list[Row] | None = None) -> Path:
    sections = [
        {"site": f"S{i}", "name": f"示例第{i}断面", "kind": "section", "city": CITY, "city_name": "示例市",
         "roles": "国考", "water_kind": "river", "target_class": 3}
        for i in range(1, 7)
    ]  # fmt: skip
    write_rows(folder / "data" / "sites.csv", SITES, sections)
    write_rows(folder / "data" / "samples.csv", LONG, samples())
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "plans" / "方案.txt").write_text(PLAN, "utf-8")
    feeds = [{"path": "data/samples.csv", "feed": "water-canonical-long", "review": "national"}]
    keys: Row = {"region": CITY, "sample": True, "as_of": date(2026, 10, 31), "sites": "data/sites.csv"}
    if own is not None:
        write_rows(folder / "data" / "own.csv", LONG, own)
        feeds.append({"path": "data/own.csv", "feed": "water-canonical-long", "review": "realtime"})
    if official is not None:
        write_rows(folder / "data" / "official.csv", OFFICIAL, official)
        keys["official"] = ["data/official.csv"]
    return write_campaign(folder, **keys, feeds=feeds)


def october(value: str, version: int) -> Row:
    return {
        "indicator": "nh3n", "scope": "S1", "period": "2026-10", "series": "measured", "value": value, "unit": "mg/L",
        "issuer": "中国环境监测总站", "number": f"示例月报〔2026〕10-{version}号", "issued": f"2026-11-{10 + version}",
        "version": version, "review": "national",
    }  # fmt: skip


def station() -> list[Row]:
    """Our own automatic station: every four hours of October 0.93."""
    return [
        {"section": "S1", "parameter": "nh3n", "time": f"2026-10-{day:02d}T{hour:02d}:00:00+08:00", "span": "PT4H",
         "value": "0.93", "unit": "mg/L"}
        for day in range(1, 32) for hour in range(0, 24, 4)
    ]  # fmt: skip


def target(folder: Path) -> Row:
    built(folder)
    found = only(path for path in (folder / "out" / "site" / "targets").glob("T-*.json"))
    return page(folder, f"targets/{found.name}")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Row:
    return target(make(tmp_path_factory.mktemp("story3")))


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Row:
    return target(make(tmp_path_factory.mktemp("story3"), official=[october("1.02", 1), october("0.92", 2)]))


@pytest.fixture(scope="module")
def with_own_station(tmp_path_factory: pytest.TempPathFactory) -> Row:
    both = [october("1.02", 1), october("0.92", 2)]
    return target(make(tmp_path_factory.mktemp("story3"), official=both, own=station()))


def test_the_sum_is_10_40() -> None:
    assert sum(map(Fraction, AMMONIA)) == Fraction("10.40")


def test_one_of_six_may_fail_and_does(plain: Row) -> None:
    row = plain["target"]
    assert row["quota_text"].startswith("6 个断面最多可有 1 个不达标；目前 1 个")
    assert row["own"]["text"].startswith("83.3")
    assert row["status"]["code"] == "on_track"


def test_two_months_may_average_0_80(plain: Row) -> None:
    assert plain["target"]["quota_text"].endswith("示例第1断面氨氮：剩余 2 个月均值 ≤ 0.80")


def test_the_first_section_is_class_four_by_its_ammonia(plain: Row, tmp_path: Path) -> None:
    results = built(make(tmp_path))
    row = only(results.rows("values", where={"indicator": "section_class", "scope": "S1"}))
    assert row["value"] == 4
    assert "Ⅳ" in row["text"]
    others = [r["value"] for r in results.rows("values", where={"indicator": "section_class"}) if r["scope"] != "S1"]
    assert max(others) <= 3
    assert len(others) == 5


def test_the_centre_revises_october_to_0_92(revised: Row) -> None:
    assert revised["target"]["quota_text"].endswith("示例第1断面氨氮：剩余 2 个月均值 ≤ 0.85")


def test_our_own_station_changes_nothing_official(revised: Row, with_own_station: Row) -> None:
    for name in ("quota_text", "status", "official"):
        assert with_own_station["target"][name] == revised["target"][name], name


def test_the_first_version_alone_changes_nothing(tmp_path: Path, plain: Row) -> None:
    found = target(make(tmp_path, official=[october("1.02", 1)]))
    assert found["target"]["quota_text"] == plain["target"]["quota_text"]
