"""A campaign's groundwater, noise, dustfall and sources: judged in the build, bound, shown with n, edition, review."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from tests.app.conftest import Example
from tests.stories.folders import only, write_campaign, write_rows

from qingce.app.judging.media import Points, judge_points
from qingce.app.pipeline import build
from qingce.core.rounding import as_decimal
from qingce.publish import Results
from qingce.store import open_lake
from qingce.thread import why

TO_DATE = "2026-01-01/2026-10-31"
SITES = ["site", "name", "kind", "city", "city_name", "county", "county_name", "category"]
COLUMNS = ["site", "time", "parameter", "value", "unit"]


def readings(example: Example, medium: str) -> list[dict[str, str]]:
    (path,) = (example.folder / "data").glob(f"{medium}-*.csv")
    with path.open(encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["time"].startswith("2026") and not row["flag"]]


def progress(example: Example, indicator: str) -> dict[str, object]:
    return only(row for row in example.results.tables["progress"].to_pylist() if row["indicator_id"] == indicator)


def test_dustfall_of_the_year_to_date_is_the_plain_mean(example: Example) -> None:
    points: dict[str, list[Fraction]] = {}
    for row in readings(example, "dustfall"):
        points.setdefault(row["site"], []).append(Fraction(row["value"]))
    mean = sum(sum(v, Fraction(0)) / len(v) for v in points.values()) / len(points)
    row = progress(example, "dustfall")
    assert (row["own_value"], row["own_n"]) == (as_decimal(mean), sum(map(len, points.values())))
    assert (row["own_review"], row["bound"], row["own_label"]) == ("preliminary", True, "测算")


def test_nights_are_counted_against_the_limits_of_their_areas(example: Example) -> None:
    limits = {"YZN01": 45, "YZN02": 50, "YZN03": 50, "YZN04": 55, "YZN05": 55}
    nights = [row for row in readings(example, "noise") if row["parameter"] == "ln"]
    met = sum(Fraction(row["value"]) <= limits[row["site"]] for row in nights)
    row = progress(example, "noise_night_ratio")
    assert (row["own_value"], row["own_n"]) == (as_decimal(Fraction(100 * met, len(nights))), len(nights))
    assert f"（有效 {len(nights)} 个点次）" in str(row["pace_text"])


@pytest.mark.parametrize(
    ("indicator", "value", "n", "method"),
    [
        ("groundwater_class5_ratio", Fraction(100, 6), 6, "gbt14848-2017"),
        ("drinking_source_ratio", Fraction(100), 3, "drinking-2011"),
    ],
)
def test_points_and_sources_are_judged_on_their_means(
    example: Example, indicator: str, value: Fraction, n: int, method: str
) -> None:
    row = progress(example, indicator)
    assert (row["own_value"], row["own_n"], row["own_review"]) == (as_decimal(value), n, "provincial")
    found = only(v for v in example.results.tables["values"].to_pylist() if v["id"] == row["value_id"])
    assert (found["method"], found["absent"], found["period"]) == (method, None, TO_DATE)


@pytest.mark.parametrize("indicator", ["groundwater_class5_ratio", "noise_night_ratio", "dustfall", "drinking_source_ratio"])  # fmt: skip  # noqa: E501
def test_why_leads_from_the_target_to_the_rows_and_back(example: Example, indicator: str) -> None:
    row = progress(example, indicator)
    lake = open_lake(example.folder / ".qingce" / "lake")
    try:
        down = why(str(row["target_id"]), example.results.tables, lake=lake).down
        nodes = list(down.walk())
        kinds = [node.kind for node in nodes]
        assert kinds[:3] == ["target", "value", "finding"]
        seen = next(node for node in nodes if node.kind == "observation")
        assert any(label == "行" for label, _ in seen.facts)
        up = why(seen.id, example.results.tables, lake=lake).up
        ids = {node.id for top in up for node in top.walk()}
        assert {str(row["target_id"]), str(row["value_id"])} <= ids
        assert not any(node.id.startswith(("F:990100:aqi", "F:990100:pm")) for top in up for node in top.walk())
    finally:
        lake.close()


def test_the_edition_of_points_is_counted_as_used(example: Example) -> None:
    used = {row["id"]: row["used_days"] for row in example.results.tables["editions"].to_pylist()}
    assert used["gbt14848-2017"]
    assert used["hj640-2012"]
    assert used["drinking-2011"]


def test_no_point_is_called_unlisted(example: Example) -> None:
    assert not any("不在站点表中" in note for note in example.results.run["notes"])


def made(folder: Path, category: str) -> Path:
    sites = [{"site": "N1", "name": "示例点", "kind": "point", "city": "990100", "city_name": "云泽市", "category": category}]  # fmt: skip  # noqa: E501
    write_rows(folder / "data" / "sites.csv", SITES, sites)
    rows = [{"site": "N1", "time": "2026-02-18T00:00:00+08:00", "parameter": "ln", "value": 48, "unit": "dB(A)"}]
    write_rows(folder / "data" / "noise.csv", COLUMNS, rows)
    ratio = [{"site": "990100", "time": "2026-01-01", "parameter": name, "value": value, "unit": "万吨"}
             for name, value in (("秸秆五料化利用量", 92), ("秸秆可收集资源量", 100))]  # fmt: skip
    write_rows(folder / "data" / "ratio.csv", COLUMNS, ratio)
    (folder / "plans").mkdir(exist_ok=True)
    plan = (
        "示例方案（示例数据）\n\n一、目标\n到2026年，全市声环境功能区夜间达标率达到85%以上，"
        "秸秆综合利用率达到90%以上，农膜回收率达到80%以上。\n"
    )
    (folder / "plans" / "方案.txt").write_text(plan, "utf-8")
    feeds = [{"path": "data/noise.csv", "feed": "noise-long"}, {"path": "data/ratio.csv", "feed": "ratio-long"}]
    example = Path(__file__).resolve().parents[2] / "src/qingce/data/examples/yunze/content"
    return write_campaign(
        folder, region="990100", sample=True, sites="data/sites.csv", feeds=feeds, overlays=[str(example)],
        plans=[{"file": "plans/方案.txt"}],
    )  # fmt: skip


def test_reported_quantities_give_their_ratio_and_what_nobody_reports_waits(tmp_path: Path) -> None:
    results = build(made(tmp_path, "2类"), show=False)
    rows = {row["indicator_id"]: row for row in results.tables["progress"].to_pylist()}
    assert (rows["straw_use"]["own_value"], rows["straw_use"]["own_n"]) == (92, 1)
    assert (rows["noise_night_ratio"]["own_value"], rows["noise_night_ratio"]["own_n"]) == (100, 1)
    assert (rows["film_recovery"]["status"], rows["film_recovery"]["reason"]) == ("awaiting", "awaiting_official")


def test_a_medium_that_cannot_be_judged_is_told_by_number_and_the_others_stand(tmp_path: Path) -> None:
    results = build(made(tmp_path, "海湾"), show=False)
    rows = {row["indicator_id"]: row for row in results.tables["progress"].to_pylist()}
    assert rows["straw_use"]["own_value"] == 92
    assert rows["noise_night_ratio"]["own_value"] is None
    assert any("noise" in note and "QC258" in note and "海湾" in note for note in results.run["notes"])


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often points are judged in this process."""
    times: list[str] = []

    def judge(*args: object, **more: object) -> Points:
        times.append("judged")
        return judge_points(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("qingce.app.kept.judge_points", judge)
    return times


def told(results: Results) -> tuple[object, ...]:
    rows = {row["target_id"]: (row["own_value"], row["own_n"]) for row in results.tables["progress"].to_pylist()}
    notes = [note for note in results.run["notes"] if "没有评价" in str(note)]  # type: ignore[attr-defined]
    return rows, results.tables["points"].to_pylist(), notes


@pytest.mark.parametrize("category", ["2类", "海湾"])
def test_a_second_build_takes_the_points_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, category: str
) -> None:
    folder, times = made(tmp_path, category), counted(monkeypatch)
    first, second = build(folder, show=False), build(folder, show=False)
    assert len(times) == 1
    assert told(second) == told(first)
    assert second.tables["points"].schema.equals(first.tables["points"].schema)


def more_rows(folder: Path) -> None:
    file = folder / "data" / "noise.csv"
    file.write_text(file.read_text("utf-8") + "N1,2026-03-18T00:00:00+08:00,ln,58,dB(A)\n", "utf-8")


def other_sites(folder: Path) -> None:
    file = folder / "data" / "sites.csv"
    file.write_text(file.read_text("utf-8").replace("2类", "0类"), "utf-8")


def torn(folder: Path) -> None:
    file = folder / ".qingce" / "points" / "points.parquet"
    file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize(("change", "value"), [(more_rows, 50), (other_sites, 0), (torn, 100)])
def test_points_are_judged_anew_when_what_they_rest_on_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], value: int
) -> None:
    folder, times = made(tmp_path, "2类"), counted(monkeypatch)
    build(folder, show=False)
    change(folder)
    rows = {row["indicator_id"]: row for row in build(folder, show=False).tables["progress"].to_pylist()}
    assert (rows["noise_night_ratio"]["own_value"], len(times)) == (value, 2)


@pytest.mark.parametrize("site", ["YZG01", "YZN05"])
def test_the_newest_findings_of_a_point_have_the_tree_of_why_on_their_own_page(example: Example, site: str) -> None:
    mine = [row for row in example.results.tables["points"].to_pylist() if row["subject"] == site]
    kept = {row["id"]: json.loads(row["tree"]) for row in example.results.tables["whys"].to_pylist()}
    traced = [row for row in mine if row["id"] in kept]
    newest = max(mine, key=lambda row: (row["end"], row["start"]))
    assert newest["id"] in kept
    assert len(traced) == 3 * len({row["quantity"] for row in mine})
    lake = open_lake(example.folder / ".qingce" / "lake")
    try:
        assert kept[newest["id"]] == json.loads(
            json.dumps(why(newest["id"], example.results.tables, lake=lake).to_dict())
        )
    finally:
        lake.close()
    page = (example.site / "sites" / f"{site}.html").read_text("utf-8")
    links = re.findall(r'href="\.\./(why/[^"]+)"', page)
    assert len(links) == len(traced)
    assert all((example.site / link).is_file() for link in links)
    twin = json.loads((example.site / "sites" / f"{site}.json").read_text("utf-8"))
    assert len(twin["findings"]) == len(mine)
