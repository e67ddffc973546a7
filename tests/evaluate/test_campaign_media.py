"""Black-odorous waters, dustfall and straw fires against the slow judge; every threshold with its neighbours."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.evaluate.points_made import CATALOG, Row, one, places, table
from tests.oracle import black as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate, evaluate_black_odorous, evaluate_dustfall, evaluate_straw
from qingce.evaluate.water.black_odorous import grade_of

STEP = Fraction(1, 10**6)
ROWS = {(row.cells["kind"], row.cells["parameter"]): row for row in CATALOG.methods["black-odor-2015"].tables["grades"]}


@pytest.mark.parametrize(("kind", "item"), sorted(ROWS))
def test_every_threshold_and_a_step_to_either_side(kind: str, item: str) -> None:
    bounds = slow.URBAN[item] if kind == "urban" else (slow.RURAL[item],)
    for bound in bounds:
        for shift in (-STEP, Fraction(0), STEP):
            value = Fraction(bound) + shift
            assert grade_of(value, ROWS[kind, item]) == slow.datum(item, value, kind), (item, value)


def waters(cases: int, seed: int) -> tuple[list[Row], dict[str, str], dict[str, dict[str, list[int]]]]:
    dice = random.Random(seed)
    rows: list[Row] = []
    kinds: dict[str, str] = {}
    told: dict[str, dict[str, list[int]]] = {}
    near = {"transparency": [1, 5, 10, 25, 26], "do": [10, 19, 20, 100, 200, 201], "nh3n": [799, 800, 1500, 1501],
            "orp": [-20001, -20000, 5000, 5001]}  # fmt: skip
    for number in range(cases):
        kind = dice.choice(["urban", "urban", "rural"])
        bad = dice.random()
        for place in range(dice.randint(1, 6)):
            site = f"w{number:05d}/{place}"
            kinds[site], told[site] = kind, {}
            for day in range(1, dice.randint(2, 5)):
                time, depth = datetime(2026, 5, day), None
                if dice.random() < 0.2:
                    depth = Fraction(dice.randint(5, 30), 100)
                    rows.append(one(site, "water_depth", depth, time=time))
                for item in dice.sample(sorted(near), 3):
                    choice = near[item]
                    value = Fraction(dice.choice(choice), 100)
                    if dice.random() < bad:
                        value = Fraction(choice[-1] if item == "nh3n" else choice[0], 100)
                    if item == "transparency" and depth is not None:
                        value = depth * dice.choice([2, 4, 5]) / 10
                    rows.append(one(site, item, value, time=time))
                    grade = slow.datum(item, value, kind, depth)
                    if grade is not None:
                        told[site].setdefault(item, []).append(grade)
    return rows, kinds, told


def check(cases: int, seed: int) -> None:
    rows, kinds, told = waters(cases, seed)
    data, register = table(rows), places(kinds)
    bodies: dict[str, list[tuple[str, int]]] = {}
    for line in evaluate_black_odorous(data, catalog=CATALOG, by="point", sites=register).to_pylist():
        grades = told[line["point"]]
        expected = slow.point(grades) if grades else None
        assert line["grade"] == expected, (line["point"], grades)
        if expected is not None:
            bodies.setdefault(line["point"].split("/")[0], []).append((line["point"], expected))
        for item, found in grades.items():
            assert line[f"heavy_{item}"] == as_decimal(Fraction(100 * found.count(2), len(found)))
    found = evaluate_black_odorous(data, catalog=CATALOG, sites=register).to_pylist()
    assert {line["body"] for line in found} == set(bodies)
    for line in found:
        points = sorted(bodies[line["body"]])
        grade, runs = slow.body([grade for _, grade in points])
        assert (line["grade"], line["points"]) == (grade, len(points))
        reaches = "；".join(f"{points[first][0]}～{points[last][0]}" for first, last in runs)
        assert (line["heavy_reaches"] or "") == reaches


def test_random_waters_are_the_oracles() -> None:
    check(600, 60)


@pytest.mark.prove
def test_ten_thousand_random_waters_are_the_oracles() -> None:
    check(10_000, 30)


def test_a_water_without_a_kind_is_refused() -> None:
    data = table([one("w/1", "do", 1)])
    with pytest.raises(QingceError, match=r"QC259.*“w/1”.*农村"):
        evaluate_black_odorous(data, catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC258.*“海湾”"):
        evaluate_black_odorous(data, catalog=CATALOG, sites=places({"w/1": "海湾"}))


def test_dustfall_of_a_city_against_the_cap_of_its_area() -> None:
    rows: list[Row] = []
    for year, values in ((2025, ("8.9", "9.5")), (2026, ("8.6", "9.4"))):
        rows += [one(f"d{n}", "dustfall", value, time=datetime(year, 5, 1)) for n, value in enumerate(values)]
    register = places({"d0": "京津冀及周边", "d1": "bth"}, city="990100", city_name="云泽市")
    old, new = evaluate("dustfall", table(rows, span="P1M"), catalog=CATALOG, sites=register).to_pylist()
    assert (old["dustfall"], old["met"], old["change"]) == (Decimal("9.2"), "no", None)
    assert (new["told"], new["met"], new["cap"], new["change"]) == (Decimal("9.0"), "yes", 9, Decimal("-0.2"))
    assert (new["highest_point"], new["points_over"], new["rank"]) == ("d1点", "d1点", 1)


@pytest.mark.parametrize(("area", "cap"), [("bth", "9.0"), ("汾渭", "9.0"), ("苏北", "7.0"), ("长三角", "5.0")])
def test_caps_at_their_bounds(area: str, cap: str) -> None:
    for shift, met in (("-0.1", "yes"), ("0", "yes"), ("0.05", "yes"), ("0.06", "no"), ("0.1", "no")):
        rows = [one("a", "dustfall", Fraction(cap) + Fraction(shift))]
        (line,) = evaluate_dustfall(table(rows), catalog=CATALOG, sites=places({"a": area})).to_pylist()
        even = int(Fraction(cap) * 10) % 2 == 0
        assert line["met"] == (met if shift != "0.05" or even else "no"), (cap, shift)


def test_random_dustfall_is_the_plain_mean() -> None:
    dice = random.Random(9)
    rows: list[Row] = []
    told: dict[str, Fraction] = {}
    for number in range(2_000):
        values = [Fraction(dice.randint(10, 180), 10) for _ in range(dice.randint(1, 3))]
        told[f"c{number:04d}"] = sum(values, Fraction(0)) / len(values)
        rows += [one(f"c{number:04d}", "dustfall", v, time=datetime(2026, m, 1)) for m, v in enumerate(values, 1)]
    register = places(dict.fromkeys(told, "fenwei"))
    register = register.set_column(register.column_names.index("city"), "city", [list(told)])
    found = evaluate_dustfall(table(rows), catalog=CATALOG, period="year", sites=register).to_pylist()
    order = sorted(told.values())
    for line in found:
        exact = told[line["city"]]
        assert (line["exact"], line["rank"]) == (str(exact), order.index(exact) + 1)
        assert line["met"] == ("yes" if round(exact * 10) <= 90 else "no")


@pytest.mark.parametrize(
    ("points", "action"),
    [(1, None), (5, None), (6, "通报批评"), (10, "通报批评"), (11, "约谈分管负责人"), (20, "约谈分管负责人"),
     (21, "约谈主要负责人")],
)  # fmt: skip
def test_straw_fires_of_a_county(points: int, action: str | None) -> None:
    rows = [one("990101", "fire_points", 1, time=datetime(2026, 6, day)) for day in range(1, points + 1)]
    (line,) = evaluate_straw(table(rows), catalog=CATALOG).to_pylist()
    assert (line["fire_points"], line["deduction_yuan"], line["action"]) == (points, 50_000 * points, action)
    with pytest.raises(QingceError, match=r"QC257.*pm10"):
        evaluate_straw(table([one("a", "pm10", 1)]), catalog=CATALOG)
