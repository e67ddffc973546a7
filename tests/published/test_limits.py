"""Limits and breakpoints against the printed tables and against independent transcriptions."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qingce.catalog import Catalog, is_met, load_catalog

HERE = Path(__file__).parent
TRANSITION, FINAL = date(2026, 3, 1), date(2031, 1, 1)
AVERAGINGS = {"annual": "annual", "daily": "day", "1h": "1h", "mda8": "8h"}
IDS = {"SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3", "PM10": "pm10", "PM2.5": "pm2_5"}
WATER = {
    "pH值": "ph",
    "溶解氧": "do",
    "高锰酸盐指数": "codmn",
    "化学需氧量": "cod",
    "五日生化需氧量": "bod5",
    "氨氮": "nh3n",
    "总磷_河流": "tp",
    "总磷_湖库": "tp",
    "总氮": "tn",
    "铜": "cu",
    "锌": "zn",
    "氟化物": "fluoride",
    "硒": "se",
    "砷": "as",
    "汞": "hg",
    "镉": "cd",
    "铬（六价）": "cr6",
    "铅": "pb",
    "氰化物": "cyanide",
    "挥发酚": "volatile_phenol",
    "石油类": "petroleum",
    "阴离子表面活性剂": "las",
    "硫化物": "sulfide",
    "粪大肠菌群": "fecal_coliform",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def rows_of(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text("utf-8").splitlines()
    return list(csv.reader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("row", rows_of("gb3095_2026_table1.csv"), ids=lambda row: f"{row[0]}-{row[1]}")
def test_table_1_of_gb3095_2026_row_for_row(catalog: Catalog, row: list[str]) -> None:
    parameter, averaging, *printed = row
    asked = [(TRANSITION, "1"), (TRANSITION, "2"), (FINAL, "1"), (FINAL, "2")]
    for (day, grade), value in zip(asked, printed, strict=True):
        limit = catalog.limit(parameter, averaging, grade, day=day)
        assert (limit.value, limit.page, limit.clause) == (Decimal(value), "3", "4.2 表1")
        assert limit.status == "verified"


def test_table_3_of_hj633_2026_row_for_row(catalog: Catalog) -> None:
    header, *printed = rows_of("hj633_2026_table3.csv")
    rows = catalog.methods["hj633-2026"].tables["breakpoints"]
    ours = [[row.cells["index"], *(row.cells[name] for name in header[1:])] for row in rows]
    assert ours == printed


def test_only_two_breakpoints_changed_in_2026(catalog: Catalog) -> None:
    old, new = (catalog.methods[name].tables["breakpoints"] for name in ("hj633-2012", "hj633-2026"))
    changed = {
        (row.cells["index"], name, row.cells[name], other.cells[name])
        for row, other in zip(old, new, strict=True)
        for name in row.cells
        if name not in ("clause", "status") and row.cells[name] != other.cells[name]
    }
    assert changed == {("100", "pm10_24h", "150", "120"), ("100", "pm2_5_24h", "75", "60")}


def test_breakpoints_agree_with_the_other_transcription(catalog: Catalog, shared: Path) -> None:
    folder = shared / "data/calculator_cases"
    other = json.loads((folder / "hj633_2026_table3.json").read_text("utf-8"))
    rows = catalog.methods["hj633-2026"].tables["breakpoints"]
    for name, values in other["breakpoints"].items():
        column = name.lower().replace("pm25", "pm2_5")
        assert [int(row.cells[column]) for row in rows if row.cells[column]] == values
    assert [int(row.cells["index"]) for row in rows] == other["iaqi"]
    older = json.loads((folder / "hj633_2012_diff.json").read_text("utf-8"))
    rows = catalog.methods["hj633-2012"].tables["breakpoints"]
    for name, values in older["breakpoints_that_differ"].items():
        assert [int(row.cells[name.lower().replace("pm25", "pm2_5")]) for row in rows] == values


def test_gb3095_2026_agrees_with_the_other_transcription(catalog: Catalog, shared: Path) -> None:
    other = json.loads((shared / "data/calculator_cases/gb3095_2026.json").read_text("utf-8"))
    asked = {"t1": (TRANSITION, "1"), "t2": (TRANSITION, "2"), "f1": (FINAL, "1"), "f2": (FINAL, "2")}
    count = 0
    for name, averagings in other["table1"].items():
        for averaging, values in averagings.items():
            for key, value in values.items():
                day, grade = asked[key]
                limit = catalog.limit(IDS[name], AVERAGINGS[averaging], grade, day=day)
                assert limit.value == Decimal(str(value)), (name, averaging, key)
                count += 1
    assert count == 56
    second = {"TSP": "tsp", "NOx": "nox", "Pb": "pb_air", "BaP": "bap"}
    for name, parameter in second.items():
        for averaging, pair in other["table2"][name].items():
            if averaging == "transition":
                continue
            span = {"quarter": "season"}.get(averaging) or AVERAGINGS[averaging]
            for grade, value in zip("12", pair, strict=True):
                assert catalog.limit(parameter, span, grade, day=FINAL).value == Decimal(str(value))


def test_gb3838_agrees_with_the_other_transcription(catalog: Catalog, shared: Path) -> None:
    other = json.loads((shared / "data/calculator_cases/GB_3838_2002.json").read_text("utf-8"))
    day, count = date(2026, 6, 1), 0
    for name, entry in other.items():
        parameter = WATER.get(name) or WATER.get(name.replace("(", "（").replace(")", "）"))
        if parameter is None:
            continue
        place = "lake" if "湖" in name or parameter == "tn" else "river"
        for item in entry["Limits"]:
            grade = str("ⅠⅡⅢⅣⅤ".index(item["WaterQualityClass"]) + 1)
            limit = catalog.limit(parameter, "sample", grade, day=day, place=place)
            if limit.bound == "range":
                assert f"{limit.low}-{limit.value}" == item["LimitValue"]
            else:
                assert limit.value == Decimal(item["LimitValue"]), (name, grade)
            count += 1
    assert count >= 110


def test_water_classes_agree_with_published_cases(catalog: Catalog, shared: Path) -> None:
    path = shared / "data/calculator_cases/silence_water_surfacewater_cases.csv"
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert len(rows) == 25
    for row in rows:
        met = [
            grade
            for grade in "12345"
            if is_met(
                catalog.limit(WATER[row["factor"]], "sample", grade, day=date(2026, 6, 1), place="river"),
                Decimal(row["value"]),
            )
        ]
        assert ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ"][int(met[0]) - 1 if met else 5] == row["expected"]
