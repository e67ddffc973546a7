"""A campaign whose plan speaks of a basin, a river, the water quality index and the ecological index: end to end."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.oracle import ecology as slow_ecology
from tests.oracle import sections as slow
from tests.stories.folders import write_campaign, write_rows

from qingce.app.campaign import read_campaign
from qingce.app.cli import app
from qingce.app.outlooking.what_if import answer_moves
from qingce.app.pipeline import build
from qingce.catalog import load_catalog
from qingce.core.rounding import as_decimal
from qingce.evaluate.ecology import ecology_rules
from qingce.publish import Results
from qingce.store import open_lake
from qingce.thread import why

YUNZE = Path(__file__).resolve().parents[2] / "src/qingce/data/examples/yunze/content"
SITES = ["site", "name", "kind", "city", "city_name", "county", "county_name", "roles", "water_kind", "target_class",
         "河流", "流域"]  # fmt: skip
SECTIONS = {
    "R1": ("990101", "国考", "云溪河", "示例江流域"), "R2": ("990102", "国考", "云溪河", "示例江流域"),
    "R3": ("990102", "省考", "泽水", "示例江流域"), "R4": ("990103", "国考", "青岭河", "另江流域"),
}  # fmt: skip
NH3N = {"R1": ("0.4", "0.3"), "R2": ("0.9", "1.2"), "R3": ("1.8", "1.4"), "R4": ("3", "2.5")}
"""Ammonia of every month of 2025 and of the first five of 2026 (示例数据)."""
PLAN = """示例方案（示例数据）

一、目标
到2026年，示例江流域国考断面优良水体比例达到100%，云溪河干流水质达到Ⅲ类，青岭河干流水质消除劣Ⅴ类，无名河干流水质达到Ⅱ类。
到2026年，全市城市水质指数（CWQI）控制在3.5以下，全市水质指数同比改善率达到5%以上。
到2025年，全市生态环境状况指数（EI）达到62以上，全市生态质量指数（EQI）达到60以上。
"""


def water() -> list[dict[str, object]]:
    months = [(year, month) for year, last in ((2025, 12), (2026, 5)) for month in range(1, last + 1)]
    return [
        {"site": site, "time": f"{year}-{month:02d}-06 10:00", "parameter": name, "value": value, "unit": "mg/L"}
        for year, month in months
        for site, given in NH3N.items()
        for name, value in (("氨氮", given[year - 2025]), ("溶解氧", "10"))
    ]


def ecology() -> dict[str, Fraction]:
    """What the city reports of 2025 (示例数据)."""
    rules = ecology_rules(load_catalog().methods["hj192-2015"])
    optional = ("eco_diversity", "eco_water_resource_mean", "eco_events", "eco_events_severe")
    given = {item: Fraction(10 + place) for place, item in enumerate(rules.items) if item not in optional}
    return given | {"eco_area": Fraction(2000), "eco_forest": Fraction(1500), "eco_ndvi": Fraction(7000),
                    "eco_precipitation": Fraction(800)}  # fmt: skip


def made(folder: Path) -> Path:
    catalog = load_catalog()
    sites = [
        {"site": site, "name": f"{site}断面", "kind": "section", "city": "990100", "city_name": "云泽市",
         "county": county, "roles": roles, "water_kind": "river", "target_class": 3, "河流": river, "流域": basin}
        for site, (county, roles, river, basin) in SECTIONS.items()
    ]  # fmt: skip
    write_rows(folder / "data" / "sites.csv", SITES, sites)
    columns = ["site", "time", "parameter", "value", "unit"]
    write_rows(folder / "data" / "water.csv", columns, water())
    reported = [
        {"site": "990100", "time": "2025-01-01", "parameter": item, "value": str(value),
         "unit": catalog.parameters[item].unit}
        for item, value in ecology().items()
    ]  # fmt: skip
    write_rows(folder / "data" / "ecology.csv", columns, reported)
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "plans" / "方案.txt").write_text(PLAN, "utf-8")
    feeds = [{"path": f"data/{name}.csv", "feed": feed, "review": "national"}
             for name, feed in (("water", "water-canonical-long"), ("ecology", "ecology-long"))]  # fmt: skip
    return write_campaign(folder, region="990100", sample=True, sites="data/sites.csv", overlays=[str(YUNZE)],
                          feeds=feeds, plans=[{"file": "plans/方案.txt"}], as_of=date(2026, 5, 31))  # fmt: skip


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    folder = made(tmp_path_factory.mktemp("waters"))
    return folder, build(folder, show=False)


def rows_of(results: Results) -> dict[str, dict[str, object]]:
    """Progress by the printed indicator and by the indicator's id."""
    found: dict[str, dict[str, object]] = {}
    targets = {row["id"]: row for row in results.tables["targets"].to_pylist()}
    for row in results.tables["progress"].to_pylist():
        found[row["indicator_id"]] = row
        found[str(targets[row["target_id"]]["indicator"])] = row
    return found


def index(year: int) -> Fraction:
    return slow.cwqi([{"nh3n": Fraction(given[year - 2025]), "do": Fraction(10)} for given in NH3N.values()], "river")


def test_a_basin_counts_its_own_sections(campaign: tuple[Path, Results]) -> None:
    row = rows_of(campaign[1])["good_section_ratio"]
    assert (row["scope"], row["scope_name"]) == ("R1+R2", "示例江流域国考断面")
    assert (row["own_value"], row["bound"]) == (50, True), "R1 is Ⅱ, R2 is Ⅳ; R3 is 省考, R4 another basin's"
    assert row["quota_text"]


def test_a_river_is_judged_by_its_worst_section_and_an_unknown_one_is_not(campaign: tuple[Path, Results]) -> None:
    rows = rows_of(campaign[1])
    assert (rows["云溪河干流水质类别"]["own_value"], rows["云溪河干流水质类别"]["scope"]) == (4, "R1+R2")
    assert "R2断面氨氮：剩余 7 个月均值 ≤ 0.86" in str(rows["云溪河干流水质类别"]["status_text"]), "R1 keeps its class"
    assert (rows["青岭河干流水质类别"]["own_value"], rows["青岭河干流水质类别"]["scope"]) == (6, "R4")
    unknown = rows["无名河干流水质类别"]
    assert (unknown["bound"], unknown["reason"]) == (False, "ambiguous")


def test_the_water_quality_index_and_its_improvement_are_the_oracles(campaign: tuple[Path, Results]) -> None:
    rows, now, then = rows_of(campaign[1]), index(2026), index(2025)
    assert rows["cwqi"]["own_value"] == as_decimal(now)
    assert rows["cwqi"]["last_year_value"] == as_decimal(then)
    assert rows["cwqi_improvement"]["own_value"] == as_decimal(100 * (then - now) / then)
    assert "cwqi-2017" in {part for row in campaign[1].tables["values"].to_pylist()
                           for part in str(row["method"]).split("+")}  # fmt: skip
    assert str(rows["cwqi"]["quota_text"]).endswith("（按目前值）")


def test_counties_are_ranked_by_the_index_and_by_its_change(campaign: tuple[Path, Results]) -> None:
    counties: dict[str, list[str]] = {}
    for site, (county, *_) in SECTIONS.items():
        counties.setdefault(county, []).append(site)

    def of(county: str, year: int) -> Fraction:
        means = [{"nh3n": Fraction(NH3N[site][year - 2025]), "do": Fraction(10)} for site in counties[county]]
        return slow.cwqi(means, "river")

    now = {county: of(county, 2026) for county in counties}
    change = {county: (now[county] - of(county, 2025)) / of(county, 2025) for county in counties}
    rows = campaign[1].tables["water_counties"].to_pylist()
    assert [row["scope"] for row in rows] == sorted(counties, key=now.__getitem__)
    assert [row["value"] for row in rows] == [as_decimal(now[row["scope"]]) for row in rows]
    assert [row["place"] for row in rows] == [1, 2, 3]
    exempt = change.pop("990101")
    assert exempt < 0, "better, but of class II in both years with its target kept: nothing to gain"
    places = {county: 1 + sum(other < change[county] for other in change.values()) for county in change}
    assert {row["scope"]: row["change_place"] for row in rows} == {"990101": None, **places}
    assert [row["scope"] for row in rows if row["exempt"]] == ["990101"]
    assert {row["unreviewed"] for row in rows} == {0}
    shown = (campaign[0] / "out" / "site" / "counties.html").read_text("utf-8")
    assert shown.count("<tr data-water>") == 3


def test_the_ecological_index_is_the_oracles_and_the_unread_one_waits(campaign: tuple[Path, Results]) -> None:
    rows = rows_of(campaign[1])
    assert rows["ei"]["own_value"] == as_decimal(slow_ecology.ei(ecology()))
    assert (rows["ei"]["bound"], rows["ei"]["own_label"], rows["ei"]["decider"]) == (True, "测算", "生态环境部")
    assert (rows["eqi"]["own_value"], rows["eqi"]["status"]) == (None, "awaiting")


@pytest.mark.parametrize("indicator", ["cwqi", "good_section_ratio", "ei"])
def test_each_leads_to_what_was_read(campaign: tuple[Path, Results], indicator: str) -> None:
    folder, results = campaign
    lake = open_lake(folder / ".qingce" / "lake")
    try:
        nodes = list(why(str(rows_of(results)[indicator]["target_id"]), results.tables, lake=lake).down.walk())
    finally:
        lake.close()
    kinds = {node.kind for node in nodes}
    assert {"value", "finding", "observation"} <= kinds
    row = rows_of(results)[indicator]
    shown = (folder / "out" / "site" / "targets" / f"{row['target_id']}.html").read_text("utf-8")
    assert str(row["scope_name"]) in shown
    assert str(row["own_text"]) in shown


def tried(campaign: tuple[Path, Results], *moves: str, chance: bool = False) -> dict[str, Any]:
    answer: Any = answer_moves(moves, campaign[1], read_campaign(campaign[0]), catalog=load_catalog([YUNZE]),
                               chance=chance)  # fmt: skip
    return {row["indicator_id"]: row for row in answer["targets"]} | {"levers": answer["levers"]}


def with_month(site: str, value: str) -> Fraction:
    """The index of January to June when only one river has an ammonia of June."""
    means = []
    for name, given in NH3N.items():
        months = [Fraction(given[1])] * 5 + ([Fraction(value)] if name == site else [])
        means.append({"nh3n": sum(months, Fraction(0)) / len(months), "do": Fraction(10)})
    return slow.cwqi(means, "river")


def test_a_month_set_by_hand_moves_the_index_its_improvement_and_their_chances(campaign: tuple[Path, Results]) -> None:
    """Dirtier by far: the index is the oracle's, the room is exact, and neither target is likelier."""
    found = tried(campaign, "nh3n@R4@2026-06=9", chance=True)
    now, then = with_month("R4", "9"), index(2025)
    row, better = found["cwqi"], found["cwqi_improvement"]
    assert (row["before"]["exact"], row["after"]["exact"]) == (str(index(2026)), str(now))
    assert row["after"]["quota_exact"] == str(Fraction(7, 2) - now)
    assert better["after"]["exact"] == str(100 * (then - now) / then)
    assert better["after"]["quota_exact"] == str(5 - 100 * (then - now) / then)
    for one in (row, better):
        assert one["after"]["probability"] <= one["before"]["probability"]
        assert None not in [one[side][name] for side in ("before", "after") for name in ("p10", "p50", "p90")]
    assert Fraction(row["after"]["p50"]) > Fraction(row["before"]["p50"])
    assert Fraction(better["after"]["p50"]) < Fraction(better["before"]["p50"])


def test_the_command_line_tries_the_index(campaign: tuple[Path, Results]) -> None:
    found = CliRunner().invoke(app, ["outlook", str(campaign[0]), "--what-if", "nh3n@R4@2026-06=9;nh3n@R1@2026-06=0.1"])
    assert found.exit_code == 0, found.output
    assert "城市水质指数（CWQI）" in found.output
    assert found.output.count("10/50/90") >= 4
    assert "距上限还有" in found.output or "已超出上限" in found.output


def test_the_items_that_weigh_most_in_the_index_may_be_moved(campaign: tuple[Path, Results]) -> None:
    levers = [one for one in tried(campaign)["levers"] if one["subject"] == "R1"]
    target = rows_of(campaign[1])["cwqi"]["target_id"]
    assert {one["quantity"] for one in levers if target in one["targets"]} == {"nh3n", "do"}
    assert [one["period"] for one in levers[0]["periods"]] == [f"2026-{month:02d}" for month in range(6, 13)]


def test_the_outlook_of_the_index_has_a_path_by_month(campaign: tuple[Path, Results]) -> None:
    target = rows_of(campaign[1])["cwqi"]["target_id"]
    rows = campaign[1].tables["outlook_paths"].to_pylist()
    days = [row["day"] for row in rows if row["target_id"] == target and row["model"] == "month-level"]
    assert [(day.month, day.year) for day in days] == [(month, 2026) for month in range(6, 13)]
