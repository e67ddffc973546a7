"""The index against published tables and vectors, edges one step apart, and the oracle's own breakpoints."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.evaluate.air_made import QUANTITIES, catalog
from tests.oracle import air as slow

from qingce.core.absence import Absent
from qingce.core.errors import QingceError
from qingce.evaluate.air.cells import Cell, code_of
from qingce.evaluate.air.index import index_of
from qingce.evaluate.air.input import PRESENT
from qingce.evaluate.air.rules import AqiItem, AqiRules, aqi_rules, edition_of
from qingce.evaluate.kernels.exact import Ratios, rounded
from qingce.evaluate.kernels.index import NONE, Scale, sub_index

DAY = date(2026, 6, 1)
ITEMS = {"24H": "day", "1H": "hour", "8H": "day"}
YEARS = {"hj633-2012": 2012, "hj633-2026": 2026}


def rules(edition: str) -> AqiRules:
    return aqi_rules(catalog().method("aqi", day=DAY, edition=edition))


def item(edition: str, name: str) -> AqiItem:
    """The line of the report for PM25_24H, O3_8H, …; 1-hour PM is a line of the hourly report of 2026."""
    symbol, _, hours = name.rpartition("_")
    parameter = {"PM25": "pm2_5"}.get(symbol, symbol.lower())
    quantity = "o3_8h" if (symbol, hours) == ("O3", "8H") else parameter
    return next(line for line in rules(edition).items(ITEMS[hours]) if line.quantity == quantity)


def ratios(values: list[Fraction]) -> Ratios:
    return Ratios(
        np.array([value.numerator for value in values], np.int64),
        np.array([value.denominator for value in values], np.int64),
        np.ones(len(values), bool),
    )


def iaqi_of(edition: str, name: str, *values: object) -> list[int]:
    line = item(edition, name)
    exact = ratios([Fraction(Decimal(str(value))) for value in values])
    exact = exact if line.decimals is None else rounded(exact, line.decimals)
    return sub_index(exact, line.scale, beyond=line.beyond).tolist()


def cell(values: list[object], reason: Absent = Absent.NOT_REPORTED) -> Cell:
    there = np.array([value is not None for value in values])
    exact = ratios([Fraction(Decimal(str(value or 0))) for value in values])
    codes = np.where(there, PRESENT, code_of(reason)).astype(np.int8)
    return Cell(exact.masked(there), there.astype(np.int64), codes, codes * 0, ~there)


def report(**values: object) -> dict[str, Cell]:
    """One row: the quantities given, the others not reported; the word `excluded` takes one away."""
    made = {}
    for name in QUANTITIES:
        value = values.get(name)
        taken = value == "excluded"
        made[name] = cell([None if taken else value], Absent.EXCLUDED_EVENT if taken else Absent.NOT_REPORTED)
    return made


CLEAN = {"so2": 10, "no2": 20, "co": "0.5", "o3": 60, "o3_8h": 50, "pm10": 40, "pm2_5": 20}


def test_the_table_is_the_printed_one(shared: Path) -> None:
    printed = json.loads((shared / "data/calculator_cases/hj633_2026_table3.json").read_text("utf-8"))
    older = json.loads((shared / "data/calculator_cases/hj633_2012_diff.json").read_text("utf-8"))
    for edition, changes in (("hj633-2026", {}), ("hj633-2012", older["breakpoints_that_differ"])):
        for name, points in (printed["breakpoints"] | changes).items():
            assert item(edition, name).scale == Scale(tuple(points), tuple(printed["iaqi"][: len(points)])), name
    assert len(printed["breakpoints"]) == 10


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PM25_24H", "35.5", 52), ("PM25_24H", "50", 80), ("PM25_24H", "60.5", 100), ("PM25_24H", "60.6", 101),
        ("PM25_24H", "75", 114), ("PM10_24H", "150", 112), ("SO2_24H", "80", 65), ("SO2_1H", "475", 97),
        ("SO2_1H", "900", 200), ("NO2_1H", "350", 115), ("CO_24H", "2.3", 58), ("O3_8H", "161", 101),
        ("O3_8H", "900", 300), ("O3_1H", "190", 88),
    ],
)  # fmt: skip
def test_vectors_of_2026(name: str, value: str, expected: int) -> None:
    assert iaqi_of("hj633-2026", name, value) == [expected]


def test_vectors_of_2012() -> None:
    assert iaqi_of("hj633-2012", "PM25_24H", 75, "75.1", "35.01") == [100, 101, 51]
    assert iaqi_of("hj633-2012", "PM10_24H", 150, "150.000001") == [100, 101]
    assert iaqi_of("hj633-2012", "CO_24H", "2.2") == [55]  # floats say 56
    assert iaqi_of("hj633-2012", "O3_8H", 800, 801) == [300, NONE]
    assert iaqi_of("hj633-2012", "SO2_1H", 800, 801) == [200, NONE]


def test_cases_of_a_published_library_but_for_its_wrong_column(shared: Path) -> None:
    """caiyunapp/aqi-hub takes 0/150/500/650 for SO2 over 24 h; the table reads 0/50/150/475."""
    text = (shared / "data/calculator_cases/aqi_hub_cases.csv").read_text("utf-8")
    cases = list(csv.DictReader(text.splitlines()))
    differ = {}
    for case in cases:
        name = case["item"].replace("PM25_1H", "PM25_24H").replace("PM10_1H", "PM10_24H")
        ours = iaqi_of("hj633-2026", name, case["value"])[0]
        if ours != int(case["expected_iaqi"]):
            differ[case["item"], case["value"]] = (int(case["expected_iaqi"]), ours)
        assert ours == int(case["hj633_2026"])
    assert len(cases) == 111
    assert differ == {("SO2_24H", "150"): (50, 100), ("SO2_24H", "500"): (100, 154), ("SO2_24H", "650"): (150, 177)}


@pytest.mark.parametrize("edition", YEARS)
@pytest.mark.parametrize("name", ["SO2_24H", "SO2_1H", "NO2_24H", "NO2_1H", "CO_24H", "CO_1H", "O3_8H", "O3_1H",
                                  "PM10_24H", "PM25_24H"])  # fmt: skip
def test_the_whole_grid_agrees_with_the_oracle(edition: str, name: str) -> None:
    """Every whole value to beyond the top, every tenth up to 700, and each breakpoint ± a millionth: one table."""
    line = item(edition, name)
    top = line.scale.points[-1] + 50
    grid = {Fraction(n, 10) for n in range(7000)} | {Fraction(n) for n in range(top)}
    grid |= {point + Fraction(k, 10**6) for point in line.scale.points for k in (-1, 0, 1)}
    values = sorted(grid)
    exact = ratios(values) if line.decimals is None else rounded(ratios(values), line.decimals)
    ours = sub_index(exact, line.scale, beyond=line.beyond).tolist()
    symbol, _, hours = name.rpartition("_")
    pollutant = {"PM25": "pm2_5"}.get(symbol, symbol.lower())
    expected = [slow.iaqi(pollutant, hours.lower(), value, YEARS[edition]) for value in values]
    assert ours == [NONE if part is None else part for part in expected]


def test_the_index_is_capped_and_the_level_follows_it() -> None:
    index = index_of(report(**CLEAN | {"pm10": 1963}), rules("hj633-2012"), report="day")
    assert index.aqi.tolist() == [500]


@pytest.mark.parametrize(
    ("edition", "values", "aqi", "best"),
    [
        ("hj633-2026", {"pm2_5": 60}, NONE, 100),  # ozone is missing: published only above 100
        ("hj633-2026", {"pm2_5": 61}, 101, 101),
        ("hj633-2012", {"pm2_5": 60}, 82, 82),  # 2012 computes from what is there
        ("hj633-2026", CLEAN | {"pm2_5": 60}, 100, 100),
        ("hj633-2026", CLEAN | {"o3_8h": None}, NONE, 40),
        ("hj633-2026", CLEAN | {"o3": None}, 40, 40),  # the daily report of 2026 does not ask for the 1-hour maximum
        ("hj633-2012", CLEAN | {"o3_8h": 801, "o3": 190}, 88, 88),  # above 800 the 1-hour value speaks
        ("hj633-2026", CLEAN | {"o3_8h": 801}, 300, 300),
        ("hj633-2026", CLEAN | {"pm10": "excluded", "pm2_5": "excluded"}, 25, 25),  # taken away is not missing
        ("hj633-2026", dict.fromkeys(QUANTITIES, "excluded"), NONE, NONE),
        ("hj633-2026", {}, NONE, NONE),
        ("hj633-2012", {}, NONE, NONE),
    ],
)
def test_what_is_missing(edition: str, values: dict[str, object], aqi: int, best: int) -> None:
    index = index_of(report(**values), rules(edition), report="day")
    assert (index.aqi.tolist(), index.best.tolist()) == ([aqi], [best])
    assert (index.reason[0] == PRESENT) == (aqi != NONE)


def test_a_missing_item_may_be_waived_by_another() -> None:
    """2012 asks for both ozone values a day; a source that has only MDA8 is not incomplete."""
    complete = index_of(report(**CLEAN | {"o3": None}), rules("hj633-2012"), report="day")
    without = index_of(report(**CLEAN | {"o3_8h": None}), rules("hj633-2012"), report="day")
    assert complete.missing.tolist() == [PRESENT]
    assert without.missing.tolist() == [code_of(Absent.NOT_REPORTED)]


def names(mask: int, edition: str) -> list[str]:
    return [line.quantity for bit, line in enumerate(rules(edition).day) if mask >> bit & 1]


def test_primary_pollutants_tie_and_begin_above_50() -> None:
    tie = index_of(report(**CLEAN | {"pm10": 130, "pm2_5": 70}), rules("hj633-2012"), report="day")
    assert tie.aqi.tolist() == [94]
    assert names(int(tie.primary[0]), "hj633-2012") == ["pm2_5"]
    tie = index_of(report(**CLEAN | {"pm10": 250, "pm2_5": 115}), rules("hj633-2012"), report="day")
    assert names(int(tie.primary[0]), "hj633-2012") == ["pm10", "pm2_5"]
    assert names(int(tie.exceeding[0]), "hj633-2012") == ["pm10", "pm2_5"]
    for value, leading in ((35, []), ("35.1", ["pm2_5"])):
        index = index_of(report(**CLEAN | {"pm2_5": value}), rules("hj633-2012"), report="day")
        assert names(int(index.primary[0]), "hj633-2012") == leading


def test_2026_knows_no_exceeding_pollutants() -> None:
    values = report(**CLEAN | {"pm10": 250, "pm2_5": 115, "no2": 100})
    assert index_of(values, rules("hj633-2026"), report="day").exceeding.tolist() == [0]
    assert names(int(index_of(values, rules("hj633-2012"), report="day").exceeding[0]), "hj633-2012") == [
        "no2", "pm10", "pm2_5",
    ]  # fmt: skip


def test_levels_are_the_six_of_the_standard() -> None:
    for edition in YEARS:
        found = [(level.high, level.level, level.zh) for level in rules(edition).levels]
        assert found == list(slow.LEVELS)


def test_an_edition_request_may_join_several() -> None:
    request = "hj633-2026+hj663-2013+gb3095-2026-final"
    assert edition_of(catalog(), "aqi", request) == "hj633-2026"
    assert edition_of(catalog(), "air_statistics", request) == "hj663-2013"
    assert edition_of(catalog(), "limits", request) == "gb3095-2026-final"
    assert edition_of(catalog(), "aqi", "hj663-2013") == "auto"
    with pytest.raises(QingceError, match=r"QC110: 没有名为“hj633-2030”的标准或方法版本 edition.*hj633-2026"):
        edition_of(catalog(), "aqi", "hj633-2030")


def test_a_rounding_that_the_engine_does_not_know_is_refused() -> None:
    method = catalog().method("aqi", day=DAY)
    options = {**method.options, "index": {"rounding": "down", "cap": 500}}
    with pytest.raises(QingceError, match=r"QC107: “index\.rounding”的值“down”不合法.*hj633-2026"):
        aqi_rules(replace(method, options=options))
