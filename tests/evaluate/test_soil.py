"""Soil: both standards' tables, every limit with its neighbours, random units of farmland and development land."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.evaluate.points_made import AT, CATALOG, Row, one, places, table
from tests.oracle import soil as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate, evaluate_soil

STEP = Fraction(1, 10**6)
PH = {"a": "5.5", "b": "6.5", "c": "7.5", "d": "7.6"}
USES = ("paddy", "other", "orchard", "rotation")


def test_the_45_and_40_items_are_those_of_the_facts(shared: Path) -> None:
    text = (shared / "facts/water-soil-ecology.md").read_text("utf-8")
    rows: list[dict[str, str]] = []
    for head in ("### 9.1", "### 9.2"):
        block = re.search(r"```csv\n(.*?)```", text[text.index(head) :], re.S)
        assert block
        rows += list(csv.DictReader(io.StringIO(block[1])))
    items = CATALOG.methods["gb36600-2018"].tables["items"]
    assert Counter(row.cells["group"] for row in items) == {"basic": 45, "other": 40}
    for item, row in zip(items, rows, strict=True):
        parameter = item.cells["parameter"]
        assert CATALOG.parameters[parameter].symbol == row["item"]
        for grade, key in (("screening", "scr"), ("control", "ctl")):
            for use in ("1", "2"):
                limit = CATALOG.limit(parameter, "sample", grade, day=AT.date(), place=f"land{use}")
                assert limit.value == Decimal(row[key + use])


def test_every_farmland_limit_is_met_at_itself_and_not_a_step_beyond() -> None:
    cases: list[tuple[str, str, str, Fraction]] = []
    for use in USES:
        for part in PH:
            for item in slow.FARM:
                ph = Fraction(PH[part])
                bounds = [slow.screening(item, use, ph), slow.control(item, ph)]
                cases += [(use, part, item, b + s) for b in bounds if b is not None for s in (-STEP, Fraction(0), STEP)]
    rows: list[Row] = []
    for number, (_, part, item, value) in enumerate(cases):
        rows += [one(f"{number:04d}", "soil_ph", PH[part]), one(f"{number:04d}", item, value)]
    register = places({f"{number:04d}": use for number, (use, *_) in enumerate(cases)})
    found = evaluate_soil(table(rows), catalog=CATALOG, sites=register).to_pylist()
    assert len(found) == len(cases) > 700
    for line, (use, part, item, value) in zip(found, cases, strict=True):
        assert line["ph_bin"] == part
        assert line[f"grade_{item}"] == slow.farm_grade(item, value, use, Fraction(PH[part])), (use, part, item, value)


@pytest.mark.parametrize(
    ("ph", "part"), [("5.5", "a"), ("5.500001", "b"), ("6.5", "b"), ("6.500001", "c"), ("7.5", "c"), ("7.500001", "d")]
)
def test_stretches_of_ph_at_their_bounds(ph: str, part: str) -> None:
    (line,) = evaluate_soil(table([one("a", "soil_ph", ph)]), catalog=CATALOG, sites=places({"a": "水田"})).to_pylist()
    assert (line["ph_bin"], line["class"], line["absent"]) == (part, None, "too_few")


def test_every_limit_of_development_land_is_met_at_itself_and_not_a_step_beyond() -> None:
    cases = [
        (use, item, bound + shift)
        for use in ("land1", "land2")
        for item, bounds in slow.SITES.items()
        for bound in (bounds[0::2] if use == "land1" else bounds[1::2])
        for shift in (-STEP, Fraction(0), STEP)
    ]
    rows = [one(f"{number:04d}", item, value) for number, (_, item, value) in enumerate(cases)]
    register = places({f"{number:04d}": use for number, (use, *_) in enumerate(cases)})
    found = evaluate_soil(table(rows), catalog=CATALOG, sites=register).to_pylist()
    assert len(found) == len(cases) == 2 * 85 * 2 * 3
    for line, (use, item, value) in zip(found, cases, strict=True):
        assert (line["class"], line["use"]) == (slow.site_grade(item, value, use), use), (use, item, value)


def random_units(cases: int, seed: int) -> tuple[list[Row], dict[str, str], dict[str, dict[str, Fraction]]]:
    dice = random.Random(seed)
    rows: list[Row] = []
    uses: dict[str, str] = {}
    told: dict[str, dict[str, Fraction]] = {}
    for number in range(cases):
        site, use = f"{number:05d}", dice.choice([*USES, "land1", "land2"])
        uses[site], values = use, {}
        farm = use in USES
        ph = Fraction(dice.randint(450, 850), 100)
        if farm and dice.random() < 0.95:
            values["soil_ph"] = ph
        chosen = (
            dice.sample(slow.FARM, dice.randint(5, 11)) if farm else dice.sample(list(slow.SITES), dice.randint(1, 4))
        )
        if farm and dice.random() < 0.7:
            chosen = [*dict.fromkeys([*slow.FIVE, *chosen])]
        for item in chosen:
            bounds = [slow.screening(item, use, ph), slow.control(item, ph)] if farm else list(slow.SITES[item])
            bound = dice.choice([limit for limit in bounds if limit is not None])
            kind = dice.random()
            value = bound + dice.choice([-STEP, Fraction(0), STEP]) if kind < 0.2 else bound * dice.randint(1, 12) / 10
            values[item] = Fraction(round(value * 10**6), 10**6)
        told[site] = values
        rows += [one(site, item, value) for item, value in values.items()]
    return rows, uses, told


def check(cases: int, seed: int) -> None:
    rows, uses, told = random_units(cases, seed)
    register = places(uses, city="990100", city_name="云泽市")
    found = evaluate_soil(table(rows), catalog=CATALOG, sites=register).to_pylist()
    classes: Counter[tuple[bool, int | None]] = Counter()
    seen = set()
    for line in found:
        use, values = uses[line["point"]], dict(told[line["point"]])
        ph = values.pop("soil_ph", None)
        expected = slow.farm(values, use, ph) if use in USES else slow.site(values, use)
        assert line["class"] == expected, (line["point"], use, values)
        assert (line["absent"] is None) == (expected is not None)
        classes[use in USES, expected] += 1
        seen.add(line["point"])
        for item, value in values.items():
            if use in USES and ph is not None:
                assert line[f"grade_{item}"] == slow.farm_grade(item, value, use, ph)
                assert line[item] == as_decimal(value)
    assert seen == set(uses)
    for line in evaluate_soil(table(rows), catalog=CATALOG, by="city", sites=register).to_pylist():
        farm = line["family"] == "soil_farmland"
        assert [line[f"class{n}"] for n in (1, 2, 3)] == [classes[farm, n] for n in (1, 2, 3)]


def test_random_units_are_the_oracles() -> None:
    check(2_000, 15618)


@pytest.mark.prove
def test_ten_thousand_random_units_are_the_oracles() -> None:
    check(12_000, 36600)


FIVE = dict(zip(slow.FIVE, ("0.3", "0.5", "30", "80", "250"), strict=True))


def unit(site: str, **more: str) -> list[Row]:
    return [one(site, name, value) for name, value in ({"soil_ph": "5.0"} | FIVE | more).items()]


def test_copper_zinc_and_nickel_do_not_decide_the_class() -> None:
    (line,) = evaluate_soil(table(unit("a", soil_zn="9000")), catalog=CATALOG, sites=places({"a": "水田"})).to_pylist()
    assert (line["class"], line["class_text"], line["grade_soil_zn"]) == (1, "优先保护类", 2)
    assert line["note"] == "soil_zn 超筛选值，不参与定类"


def test_a_class_is_not_told_without_the_five_elements_unless_one_is_beyond_control() -> None:
    rows = [one("a", "soil_ph", "5"), one("a", "soil_cd", "0.4")]
    rows += [one("b", "soil_ph", "5"), one("b", "soil_cd", "1.6"), one("c", "soil_cd", "9")]
    register = places({"a": "水田", "b": "水田", "c": "水田"})
    found = {line["point"]: line for line in evaluate_soil(table(rows), catalog=CATALOG, sites=register).to_pylist()}
    assert (found["a"]["class"], found["a"]["at_least"], found["a"]["absent"]) == (None, 2, "too_few")
    assert found["a"]["missing"] == "soil_hg,soil_as,soil_pb,soil_cr"
    assert (found["b"]["class"], found["b"]["deciding"]) == (3, "soil_cd")
    assert (found["c"]["class"], found["c"]["missing"].split(",")[-1]) == (None, "soil_ph")


def test_areas_by_class_and_the_year_is_the_mean_of_its_samples() -> None:
    rows = [*unit("a"), one("a", "unit_area", "120.5"), *unit("b", soil_cd="0.5"), one("b", "unit_area", "80")]
    rows.append(one("b", "soil_cd", "0.05", time=datetime(2026, 8, 1)))
    register = places({"a": "水田", "b": "水田"}, city="990100", city_name="云泽市")
    (line,) = evaluate("soil", table(rows), catalog=CATALOG, by="city", sites=register).to_pylist()
    assert [line[f"class{n}"] for n in (1, 2, 3)] == [2, 0, 0]
    assert line["area1"] == Decimal("200.5")
    (_, year) = evaluate_soil(table(rows), catalog=CATALOG, period="year", sites=register).to_pylist()
    assert (year["exact_soil_cd"], year["class"]) == ("11/40", 1)


def test_local_background_is_named_not_guessed() -> None:
    (line,) = evaluate_soil(
        table([one("a", "soil_as", "25")]), catalog=CATALOG, sites=places({"a": "第一类用地"})
    ).to_pylist()
    assert (line["class"], line["class_text"]) == (2, "须详细调查")
    assert "背景值未提供" in line["note"]


def test_uses_and_parameters_of_other_media_are_refused() -> None:
    data = table(unit("a"))
    with pytest.raises(QingceError, match=r"QC259.*“a”.*水田"):
        evaluate_soil(data, catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC258.*“湿地”.*soil"):
        evaluate_soil(data, catalog=CATALOG, sites=places({"a": "湿地"}))
    with pytest.raises(QingceError, match=r"QC257.*nh3n"):
        evaluate_soil(table([one("a", "nh3n", 1)]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC254.*soil.*month"):
        evaluate_soil(data, catalog=CATALOG, period="month")
