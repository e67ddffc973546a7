"""A campaign's list of projects that cut emissions: net cuts of a year answer the plan, and lead to every project."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.stories.folders import write_campaign, write_rows

from qingce.app.campaign import read_campaign
from qingce.app.outlooking.what_if import answer_moves
from qingce.app.pipeline import build
from qingce.catalog import load_catalog
from qingce.publish import Results
from qingce.store import open_lake
from qingce.thread import why

SITES = ["site", "name", "kind", "city", "city_name", "county", "county_name", "category"]
COLUMNS = ["project", "pollutant", "time", "parameter", "value", "unit"]
YUNZE = Path(__file__).resolve().parents[2] / "src/qingce/data/examples/yunze/content"
PROJECTS = {
    "P1/NOx": ("一号炉", "脱硝", "990101"),
    "P2/NOx": ("二号炉", "关停", "990102"),
    "P3/NOx": ("新建线", "区域削减", "990101"),
    "P4/NOx": ("旧年炉", "关停", "990101"),
    "P5/NOx": ("更早的炉", "关停", "990101"),
}
# 500 t from 200 to 50 mg/m3: 375; six months of 240 t: 120; used as offset: 45; disallowed of P1: 10 (示例数据).
READINGS = [
    ("P1", "2026-01-01", "治理前排放量", 500, "t"), ("P1", "2026-01-01", "治理前排放浓度", 200, "mg/m3"),
    ("P1", "2026-01-01", "治理后排放浓度", 50, "mg/m3"), ("P1", "2026-01-01", "核减量", 10, "t"),
    ("P2", "2026-03-01", "关停前排放量", 240, "t"), ("P2", "2026-03-01", "关停月数", 6, "count"),
    ("P3", "2026-02-01", "区域削减使用量", 45, "t"),
    ("P4", "2025-02-01", "关停前排放量", 1200, "t"), ("P4", "2025-02-01", "关停月数", 12, "count"),
]  # fmt: skip


def made(folder: Path, *more: tuple[str, str, str, object, str], until: str = "到2026年") -> Path:
    sites = [
        {"site": site, "name": name, "kind": "point", "city": "990100", "city_name": "云泽市", "county": county,
         "category": kind}
        for site, (name, kind, county) in PROJECTS.items()
    ]  # fmt: skip
    write_rows(folder / "data" / "sites.csv", SITES, sites)
    rows = [dict(zip(COLUMNS, (project, "NOx", *rest), strict=True)) for project, *rest in (*READINGS, *more)]
    write_rows(folder / "data" / "projects.csv", COLUMNS, rows)
    (folder / "plans").mkdir(exist_ok=True)
    plan = (
        f"示例方案（示例数据）\n\n一、目标\n{until}，全市氮氧化物重点工程减排量达到400吨以上，"
        "VOCs重点工程减排量达到100吨以上。\n"
    )
    (folder / "plans" / "方案.txt").write_text(plan, "utf-8")
    return write_campaign(
        folder, region="990100", sample=True, sites="data/sites.csv", overlays=[str(YUNZE)],
        feeds=[{"path": "data/projects.csv", "feed": "emissions-long"}], plans=[{"file": "plans/方案.txt"}],
    )  # fmt: skip


def progress(results: Results) -> dict[str, dict[str, object]]:
    return {row["indicator_id"]: row for row in results.tables["progress"].to_pylist()}


def test_the_net_cut_of_the_year_answers_its_target_and_leads_to_the_projects(tmp_path: Path) -> None:
    results = build(made(tmp_path), show=False)
    assert results.tables["rejected"].num_rows == 0
    row = progress(results)["nox_cut"]
    assert (row["own_value"], row["own_n"], row["bound"]) == (Fraction(375 + 120 - 45 - 10), 3, True)
    value = next(one for one in results.tables["values"].to_pylist() if one["id"] == row["value_id"])
    assert value["method"] == "jianpai-2021"
    assert "3 个工程净减排量之和，只计本期投运的" in value["note"]
    assert "规则未核" in value["note"]
    lake = open_lake(tmp_path / ".qingce" / "lake")
    try:
        nodes = list(why(str(row["target_id"]), results.tables, lake=lake).down.walk())
    finally:
        lake.close()
    found = {node.id.split(":")[1] for node in nodes if node.kind == "finding"}
    assert found == {"P1/NOx", "P2/NOx", "P3/NOx"}
    assert any(node.kind == "observation" for node in nodes)
    assert (tmp_path / "out" / "site" / "sites" / "P1_NOx.html").is_file()


def test_a_pollutant_without_projects_waits_for_its_decider(tmp_path: Path) -> None:
    row = progress(build(made(tmp_path), show=False))["voc_cut"]
    assert (row["own_value"], row["status"]) == (None, "awaiting")


def test_a_project_claimed_twice_is_told_by_number_and_nothing_is_counted(tmp_path: Path) -> None:
    again = ("P2", "2025-03-01", "关停前排放量", 240, "t"), ("P2", "2025-03-01", "关停月数", 6, "count")
    results = build(made(tmp_path, *again), show=False)
    assert progress(results)["nox_cut"]["own_value"] is None
    assert any("QC271" in str(note) for note in results.run["notes"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(("county", "added"), [("990101", 375 - 10 - 45), ("990102", 120)])
def test_a_county_has_its_own_projects(tmp_path: Path, county: str, added: int) -> None:
    rows = build(made(tmp_path), show=False).tables["points"].to_pylist()
    mine = [row for row in rows if row["county"] == county and row["period"] == "2026-01-01/2026-03-01"]
    assert {row["quantity"] for row in mine} == {"nox_cut"}
    assert sum(row["value"] for row in mine) == added


def closed(year: int, tonnes: int) -> list[tuple[str, str, str, object, str]]:
    """A closed plant of a year (示例数据)."""
    return [("P5", f"{year}-02-01", "关停前排放量", tonnes, "t"), ("P5", f"{year}-02-01", "关停月数", 12, "count")]


def test_a_cut_adds_up_over_the_years_of_its_five_year_plan(tmp_path: Path) -> None:
    results = build(made(tmp_path, *closed(2022, 300), until="到2025年"), show=False)
    row = progress(results)["nox_cut"]
    assert (row["own_value"], row["own_n"]) == (Fraction(1200 + 300), 2)
    assert row["value_id"] == "V:nox_cut:990100:2021-01-01/2025-12-31:measured"
    assert "2021年1月1日至2025年12月31日 1500" in str(row["pace_text"])
    assert "2021—2025 年逐年相加；2021、2023、2024 年没有数据，未计入" in str(row["pace_text"])
    lake = open_lake(tmp_path / ".qingce" / "lake")
    try:
        nodes = list(why(str(row["target_id"]), results.tables, lake=lake).down.walk())
    finally:
        lake.close()
    found = {node.id for node in nodes if node.kind == "finding"}
    assert found == {"F:P4/NOx:nox_cut:2025:measured", "F:P5/NOx:nox_cut:2022:measured"}


@pytest.mark.parametrize(
    ("words", "first"),
    [("到2026年", 2026), ("2024—2026年", 2024), ("到2025年", 2021), ("到2030年", 2026)],
    ids=["deadline 2026", "interval 2024-2026", "deadline 2025", "deadline 2030"],
)
def test_the_first_year_is_the_targets_own(tmp_path: Path, words: str, first: int) -> None:
    results = build(made(tmp_path, *closed(2022, 300), until=words), show=False)
    row = progress(results)["nox_cut"]
    assert str(row["value_id"]).split(":")[3][:4] == str(first)
    assert row["own_value"] == {2026: 440, 2024: 1640, 2021: 1500}[first]


def test_a_cumulative_cut_has_its_distance_and_a_what_if(tmp_path: Path) -> None:
    """440 t of 400 so far, by projects; the year's report set by hand takes its place and ends it."""
    folder = made(tmp_path)
    results = build(folder, show=False)
    row = progress(results)["nox_cut"]
    assert row["quota_text"] == "已达到，高出 40 吨（按目前值）"
    for value, verdict, left in (("395.5", "not_met", "9/2"), ("400", "met", "0")):
        answer: Any = answer_moves([f"nox_cut@云泽市@2026={value}"], results, read_campaign(folder),
                                   catalog=load_catalog([YUNZE]))  # fmt: skip
        found = next(one for one in answer["targets"] if one["indicator_id"] == "nox_cut")
        before, after = found["before"], found["after"]
        assert (before["exact"], before["quota_exact"], before["verdict"]) == ("440", "-40", "met_so_far")
        assert (after["verdict"], after["quota_exact"], after["probability"]) == (
            verdict,
            left,
            float(verdict == "met"),
        )
