"""Ecological indices against the slow judge: random regions, every grade and change at its bound, events."""

from __future__ import annotations

import random
from datetime import datetime
from fractions import Fraction

import pytest
from tests.evaluate.points_made import CATALOG, Row, one, table
from tests.oracle import ecology as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate, evaluate_ecology
from qingce.evaluate.ecology import ecology_rules, grade_of_change

METHODS = {"ei": ecology_rules(CATALOG.methods["hj192-2015"]), "eqi": ecology_rules(CATALOG.methods["eqi-2021"])}
OPTIONAL = ("eco_diversity", "eco_water_resource_mean", "eco_events", "eco_events_severe")
STEP = Fraction(1, 10**6)


@pytest.mark.parametrize("name", METHODS)
def test_grades_and_changes_at_their_bounds(name: str) -> None:
    rules = METHODS[name]
    for bound in slow.BOUNDS[name]:
        for shift in (-STEP, Fraction(0), STEP):
            assert rules.grade(bound + shift)[0] == slow.grade(bound + shift, name)
    for step in slow.STEPS[name]:
        for sign in (1, -1):
            for shift in (-STEP, Fraction(0), STEP):
                assert grade_of_change(sign * (step + shift), rules) == slow.change(sign * (step + shift), name)


def test_the_weights_of_each_index_make_one() -> None:
    for name, rules in METHODS.items():
        assert sum(index.weight for index in rules.indices if index.weight) == 1
        assert [str(index.weight) for index in rules.indices if index.weight] == [
            str(Fraction(word)) for word in slow.WEIGHTS[name]
        ]


def regions(cases: int, seed: int) -> tuple[list[Row], dict[str, dict[str, Fraction]]]:
    dice = random.Random(seed)
    needed = [item for item in METHODS["ei"].items if item not in OPTIONAL]
    rows: list[Row] = []
    told: dict[str, dict[str, Fraction]] = {}
    for number in range(cases):
        region = f"r{number:05d}"
        given = {item: Fraction(dice.randint(0, 9_000), 100) for item in needed}
        given["eco_area"] = Fraction(dice.randint(800, 3_000))
        given["eco_ndvi"] = Fraction(dice.randint(0, 9_000))
        given["eco_precipitation"] = Fraction(dice.randint(1, 2_000))
        if dice.random() < 0.5:
            given["eco_forest"] = given["eco_area"] * 3 / 4
        if dice.random() < 0.5:
            given["eco_diversity"] = Fraction(dice.randint(0, 1_000), 10)
        if dice.random() < 0.6:
            ratio = dice.choice([Fraction("1.4"), Fraction("2.4"), Fraction("1.9"), Fraction("2.5"), Fraction(1)])
            mean = Fraction(dice.randint(1, 400))
            given |= {"eco_water_resource_mean": mean, "eco_water_resource": mean * ratio}
        for item in OPTIONAL[2:]:
            if dice.random() < 0.3:
                given[item] = Fraction(dice.randint(0, 2))
        told[region] = given
        rows += [one(region, item, value, time=datetime(2024, 1, 1)) for item, value in given.items()]
    return rows, told


def check(cases: int, seed: int) -> None:
    rows, told = regions(cases, seed)
    found = evaluate_ecology(table(rows), catalog=CATALOG).to_pylist()
    assert len(found) == cases
    for line in found:
        exact = slow.ei(told[line["region"]])
        assert line["exact"] == str(exact), line
        assert (line["value"], line["grade"]) == (as_decimal(exact), slow.grade(exact, "ei"))
        assert line["part_habitat"] == as_decimal(slow.habitat(told[line["region"]]))


def test_random_regions_are_the_oracles() -> None:
    check(300, 5)


@pytest.mark.prove
def test_ten_thousand_regions_are_the_oracles() -> None:
    check(10_000, 6)


def eqi(region: str, year: int, *parts: str) -> list[Row]:
    names = ("eqi_pattern", "eqi_function", "eqi_biodiversity", "eqi_stress")
    return [one(region, n, part, time=datetime(year, 1, 1)) for n, part in zip(names, parts, strict=True)]


def test_the_quality_index_with_its_change() -> None:
    rows = eqi("990101", 2024, "60", "70", "50", "20") + eqi("990101", 2025, "62", "72", "55", "15")
    old, new = evaluate("ecology", table(rows), catalog=CATALOG).to_pylist()
    first, second = (slow.whole([Fraction(x) for x in p], "eqi") for p in ((60, 70, 50, 20), (62, 72, 55, 15)))
    assert (old["exact"], new["exact"]) == (str(first), str(second))
    assert (old["change"], new["change"]) == (None, as_decimal(second - first))
    assert (new["change_text"], new["grade_text"]) == ("一般变好", "二类")
    assert "三级指标的公式与归一化未读到" in new["note"]


def test_a_part_that_is_missing_is_named() -> None:
    (line,) = evaluate("ecology", table(eqi("a", 2025, "60", "70", "50", "20")[:3]), catalog=CATALOG).to_pylist()
    assert (line["value"], line["absent"]) == (None, "not_reported")
    assert line["note"].startswith("缺 生态胁迫；")


def test_what_cannot_be_is_refused_by_number() -> None:
    rows, _ = regions(1, 3)
    zero = [one(r[0], r[1], 0, time=r[2]) if r[1] == "eco_area" else r for r in rows]
    with pytest.raises(QingceError, match=r"QC260.*eco_area"):
        evaluate_ecology(table(zero), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC257.*“pm10”不是ecology"):
        evaluate_ecology(table([one("a", "pm10", 1)]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC254.*month"):
        evaluate_ecology(table(rows), catalog=CATALOG, period="month")
