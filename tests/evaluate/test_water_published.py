"""Surface water against what was published: the national stations' classes, and another tool's single factors."""

from __future__ import annotations

import csv
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from tests.evaluate.water_made import CATALOG, row, sections, table
from tests.oracle.water import Row

from qingce.evaluate import evaluate_water_months, evaluate_water_samples

COLUMNS = {
    "水温(℃)": "water_temp", "pH(无量纲)": "ph", "溶解氧(mg/L)": "do", "高锰酸盐指数(mg/L)": "codmn",
    "氨氮(mg/L)": "nh3n", "总磷(mg/L)": "tp", "总氮(mg/L)": "tn",
}  # fmt: skip
IN_A_LAKE = ("密云水库", "衡水湖大湖心", "烧车淀", "光淀张庄", "察尔森水库西入口")
"""Points within a lake or reservoir; 出口, 入库口 and 大海闸 stand on the river. The file does not mark them."""
RIVER_TYPE = ("大伙房水库",)
"""TP 0.059 and published Ⅲ: only the limits of rivers give that, as for a river-type reservoir."""
FACTORS = {"pH值": ("ph", "river"), "溶解氧": ("do", "river"), "高锰酸盐指数": ("codmn", "river"),
           "氨氮": ("nh3n", "river"), "总磷_河流": ("tp", "river"), "总磷_湖库": ("tp", "lake")}  # fmt: skip
ROMAN = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")


def published(path: Path) -> tuple[list[Row], dict[str, int | None], dict[str, str]]:
    rows: list[Row] = []
    classes: dict[str, int | None] = {}
    kinds: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for line in csv.DictReader(stream):
            name = line["断面名称"]
            section = f"{line['省份']}/{name}"
            time = datetime.strptime(f"{line['抓取年份']}-{line['监测时间']}", "%Y-%m-%d %H:%M")
            cells = [(parameter, line[column]) for column, parameter in COLUMNS.items() if line[column] != "--"]
            rows += [row(section, p, Fraction(text), time=time, span="PT4H", review="realtime") for p, text in cells]
            classes[section] = None if line["水质类别"] == "-1" else int(line["水质类别"])
            kinds[section] = "lake" if name in IN_A_LAKE else "river_type_reservoir" if name in RIVER_TYPE else "river"
    return rows, classes, kinds


def test_every_published_class_of_the_national_stations_is_reproduced(shared: Path) -> None:
    """Origin: archive of the national real-time service, 2026-08-26; TN and temperature are not judged."""
    rows, classes, kinds = published(shared / "data" / "water_cnemc_auto_2026" / "sections_20260826.csv")
    assert len(classes) == 133
    found = evaluate_water_samples(table(rows), sections(kinds), catalog=CATALOG).to_pylist()
    ours = {line["section"]: line["class"] for line in found}
    assert {section: ours.get(section) for section in classes} == classes
    assert {line["review"] for line in found if line["class"]} == {"realtime"}
    assert any(line["tn"] is not None for line in found)
    assert "class_tn" not in found[0]


def test_one_reservoir_of_the_published_file_needs_the_limits_of_lakes(shared: Path) -> None:
    rows, classes, kinds = published(shared / "data" / "water_cnemc_auto_2026" / "sections_20260826.csv")
    found = evaluate_water_samples(table(rows), sections(dict.fromkeys(kinds, "river")), catalog=CATALOG).to_pylist()
    wrong = [line["section"] for line in found if line["class"] != classes[line["section"]]]
    assert wrong == ["内蒙古自治区/察尔森水库西入口"]


def test_the_month_of_one_reading_has_the_class_of_that_reading(shared: Path) -> None:
    rows, classes, kinds = published(shared / "data" / "water_cnemc_auto_2026" / "sections_20260826.csv")
    found = evaluate_water_months(table(rows), sections(kinds), catalog=CATALOG).to_pylist()
    assert {line["section"]: line["class"] for line in found} == classes
    gone = [line for line in found if line["class"] is None]
    assert {line["section"] for line in gone} == {section for section, grade in classes.items() if grade is None}
    assert {line["absent"] for line in gone} <= {"not_reported", "too_few"}


def test_single_factors_are_what_another_tool_says(shared: Path) -> None:
    """Origin: tests of Silence.Water (MIT), single factors against GB 3838-2002 table 1."""
    path = shared / "data" / "calculator_cases" / "silence_water_surfacewater_cases.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        cases = [(*FACTORS[line["factor"]], line["value"], line["expected"]) for line in csv.DictReader(stream)]
    assert len(cases) == 25
    rows = [row(f"{n:02d}", parameter, value) for n, (parameter, _, value, _) in enumerate(cases)]
    register = sections({f"{n:02d}": kind for n, (_, kind, _, _) in enumerate(cases)})
    found = evaluate_water_months(table(rows), register, catalog=CATALOG).to_pylist()
    assert [ROMAN[line["class"] - 1] for line in found] == [expected for *_, expected in cases]


@pytest.mark.parametrize("value", ["9.00", "9.01", "9.02", "9.03", "9.08", "6.00", "5.99"])
def test_ph_as_the_national_service_publishes_it(value: str) -> None:
    """pH 9.00 is still Ⅰ; 9.01 to 9.08 were published as 劣Ⅴ (README of the archive)."""
    found = evaluate_water_samples(table([row("a", "ph", value)]), None, catalog=CATALOG).to_pylist()
    assert [line["class"] for line in found] == [1 if value in ("9.00", "6.00") else 6]
