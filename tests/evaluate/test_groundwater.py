"""Groundwater: the 93 items against two transcriptions, every limit with its neighbours, random points, the share."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from tests.evaluate.points_made import AT, CATALOG, Row, one, places, table
from tests.oracle import groundwater as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate, evaluate_groundwater
from qingce.evaluate.points.groundwater import allowed_count

STEP = Fraction(1, 10**6)
ROMAN = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ")
ITEMS = [row.cells["parameter"] for row in CATALOG.methods["gbt14848-2017"].tables["items"]]


def limits_of(parameter: str) -> dict[str, tuple[str, Decimal | None, Decimal]]:
    rows = [one for one in CATALOG.limits if one.standard == "gbt14848-2017" and one.parameter == parameter]
    return {row.grade: (row.bound, row.low, row.value) for row in rows}


def test_the_content_has_39_and_54_items_in_the_standards_order() -> None:
    rows = CATALOG.methods["gbt14848-2017"].tables["items"]
    assert [row.whole("order") for row in rows] == list(range(1, 94))
    assert [row.cells["group"] for row in rows] == ["basic"] * 39 + ["other"] * 54
    assert ITEMS == slow.ITEMS


def test_every_limit_is_that_of_another_transcription(shared: Path) -> None:
    """Origin: Silence.Water (MIT), GBT_14848_2017.json: 93 items by order, every number of classes I to IV."""
    items = json.loads((shared / "data/calculator_cases/GBT_14848_2017.json").read_text("utf-8-sig"))
    assert len(items) == 93
    compared = 0
    for parameter, item in zip(ITEMS, items.values(), strict=True):
        ours = limits_of(parameter)
        for number, limit in enumerate(item["Limits"], 1):
            words = str(limit["LimitValue"])
            numbers = re.findall(r"\d+(?:\.\d+)?", words)
            if not numbers or limit["ComparisonType"].startswith("GreaterThan"):
                continue
            if parameter == "ph":
                assert {str(Decimal(n).normalize()) for n in numbers} <= {"6.5", "8.5", "5.5", "9"}
                continue
            assert ours[str(number)] == ("le", None, Decimal(numbers[0])), (parameter, words)
            compared += 1
    assert compared > 350


def test_every_limit_is_that_of_the_facts(shared: Path) -> None:
    text = (shared / "facts/water-soil-ecology.md").read_text("utf-8")
    rows: list[dict[str, str]] = []
    for head in ("### 6.1", "### 6.2"):
        block = re.search(r"```csv\n(.*?)```", text[text.index(head) :], re.S)
        assert block
        rows += list(csv.DictReader(io.StringIO(block[1])))
    for parameter, row in zip(ITEMS, rows, strict=True):
        cells = [row[name] for name in ("I", "II", "III", "IV")]
        numbers = ["0" if cell in ("无", "不得检出") else cell for cell in cells if not cell.startswith(">")]
        if parameter != "ph":
            assert [str(value) for _, _, value in limits_of(parameter).values()] == numbers


def edges(item: str) -> list[Fraction]:
    bounds = [Fraction(text) for text in ("5.5", "6.5", "8.5", "9")] if item == "ph" else slow.LIMITS[item]
    return sorted({max(bound + shift, Fraction(0)) for bound in bounds for shift in (-STEP, 0, STEP)})


def test_every_limit_is_met_at_itself_and_not_a_step_beyond() -> None:
    cases = [(item, value) for item in slow.ITEMS for value in edges(item)]
    assert len(cases) > 700
    found = evaluate_groundwater(table([one(f"{n:04d}", *case) for n, case in enumerate(cases)]), catalog=CATALOG)
    for line, (item, value) in zip(found.to_pylist(), cases, strict=True):
        assert (line["class"], line["deciding"]) == (slow.grade(item, value), item), (item, value)


def test_single_factors_are_what_another_tool_says(shared: Path) -> None:
    """Origin: tests of Silence.Water (MIT)."""
    path = shared / "data/calculator_cases/silence_water_groundwater_cases.csv"
    cases = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(cases) == 10
    rows = [one(str(n), CATALOG.parameter(case["factor"]).id, case["value"]) for n, case in enumerate(cases)]
    found = evaluate_groundwater(table(rows), catalog=CATALOG).to_pylist()
    assert [ROMAN[line["class"] - 1] for line in found] == [case["expected"] for case in cases]


def random_rows(cases: int, seed: int) -> list[Row]:
    """Points of some items each, up to three samples, near the limits, some absent or below detection."""
    dice = random.Random(seed)
    near = {item: edges(item) for item in slow.ITEMS}
    rows: list[Row] = []
    for number in range(cases):
        for item in dice.sample(slow.ITEMS, dice.randint(1, 4)):
            for day in range(1, dice.choice([2, 2, 2, 4])):
                value = dice.choice(near[item])
                if dice.random() < 0.4:
                    value = Fraction(dice.randrange(int(max(near[item]) * 10**6) + 2), 10**6) * dice.choice([1, 2])
                absent = dice.choice([None] * 7 + ["invalid", "below_detection", "not_monitored"])
                limit = dice.choice([None, value]) if absent == "below_detection" else None
                rows.append((f"{number:05d}", item, datetime(2026, 5, day), None if absent else value, limit, absent))
    return rows


def check(cases: int, seed: int) -> None:
    rows = random_rows(cases, seed)
    mine: dict[str, list[tuple[str, Fraction | None, Fraction | None, str | None]]] = {}
    for site, item, _, value, limit, absent in rows:
        mine.setdefault(site, []).append((item, value, limit, absent))
    found = evaluate_groundwater(table(rows), catalog=CATALOG).to_pylist()
    assert len(found) == len(mine) == cases
    for line in found:
        expected = slow.point(mine[line["point"]])
        assert (line["class"], line["deciding"]) == (expected["class"], expected["deciding"]), line["point"]
        assert (line["absent"] is None) == (expected["class"] is not None)
        for item, mean in expected["means"].items():
            assert (line[item], line[f"exact_{item}"]) == (as_decimal(mean), str(mean))
            assert line[f"class_{item}"] == expected["grades"][item]
    cities = evaluate_groundwater(table(rows), catalog=CATALOG, by="city", period="month").to_pylist()
    share, points, allowed = slow.share({line["point"]: line["class"] for line in found})
    assert [(c["exact_share_worst"], c["points"], c["allowed_worst"]) for c in cities] == [
        (str(share), points, allowed)
    ]


def test_random_points_are_the_oracles() -> None:
    check(2_000, 14848)


@pytest.mark.prove
def test_ten_thousand_random_points_are_the_oracles() -> None:
    check(12_000, 2017)


def test_the_year_of_a_point_is_judged_by_its_mean() -> None:
    """Two samples Ⅲ (0.5) and Ⅴ (1.6): the mean 1.05 is Ⅳ; a correction known later replaces its row."""
    rows = table(
        [one("a", "nh3n", "0.5", time=datetime(2026, 3, 1)), one("a", "nh3n", "1.6", time=datetime(2026, 9, 1))]
    )
    (line,) = evaluate("groundwater", rows, catalog=CATALOG, period="year").to_pylist()
    assert (line["period"], line["class"], line["exact_nh3n"], line["n_nh3n"]) == (
        "2026",
        4,
        "21/20",
        2,
    )
    samples = evaluate_groundwater(rows, catalog=CATALOG, period="sample").to_pylist()
    assert [(one["time"].month, one["class"]) for one in samples] == [(3, 3), (9, 5)]


def test_surfactants_are_class_one_only_when_never_detected() -> None:
    rows: list[Row] = [
        ("a", "las", AT, None, Fraction("0.05"), "below_detection"),
        ("b", "las", AT, None, None, "below_detection"),
        ("c", "las", AT, Fraction("0.01"), None, None),
        ("d", "odor", AT, None, None, "below_detection"),
        ("e", "odor", AT, Fraction(1), None, None),
    ]
    found = evaluate_groundwater(table(rows), catalog=CATALOG).to_pylist()
    assert [line["class"] for line in found] == [1, 1, 2, 1, 5]


def test_a_quarter_of_the_points_may_be_class_five() -> None:
    rows = [one(f"p{n}", "iron", "3" if n < 3 else "0.1") for n in range(12)]
    register = places({f"p{n}": "" for n in range(12)}, city="990100", city_name="云泽市")
    (city,) = evaluate_groundwater(table(rows), catalog=CATALOG, by="city", sites=register).to_pylist()
    assert (city["city"], city["points"], city["class5"], city["share_worst"]) == ("990100", 12, 3, 25)
    assert (city["allowed_worst"], city["worst_points"]) == (3, "p0点、p1点、p2点")
    assert "规则未核" in city["note"]
    assert [allowed_count(n, Fraction(25)) for n in (0, 3, 4, 7, 8)] == [0, 0, 1, 1, 2]


def test_what_is_not_of_the_medium_is_refused() -> None:
    with pytest.raises(QingceError, match=r"QC257.*pm10.*groundwater"):
        evaluate_groundwater(table([one("a", "pm10", "3")]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC254.*groundwater.*week"):
        evaluate_groundwater(table([one("a", "ph", "7")]), catalog=CATALOG, period="week")
    with pytest.raises(QingceError, match=r"QC250.*parameter"):
        evaluate_groundwater(pa.table({"site": ["a"]}), catalog=CATALOG)
    with pytest.raises(QingceError, match="QC251"):
        evaluate_groundwater(table([one("a", "ph", "7"), one("a", "ph", "8")]), catalog=CATALOG)
    with pytest.raises(QingceError, match="QC110"):
        evaluate_groundwater(table([one("a", "ph", "7")]), catalog=CATALOG, edition="gb1")
