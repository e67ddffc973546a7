"""Dustfall and straw fires: each cap and rung ± one step; 10,000 random cities and counties as one table."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.points_made import CATALOG, Row, one, places, table
from tests.oracle import dust as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate_dustfall, evaluate_straw

MAY = datetime(2026, 5, 1)


def line_of(*values: str, area: str) -> dict[str, object]:
    rows = [one(f"p{number}", "dustfall", value, time=MAY) for number, value in enumerate(values)]
    sites = places({f"p{number}": area for number in range(len(values))}, city="c", city_name="云泽市")
    (line,) = evaluate_dustfall(table(rows, span="P1M"), catalog=CATALOG, sites=sites).to_pylist()
    return dict(line)


@pytest.mark.parametrize("area", slow.CAPS)
@pytest.mark.parametrize(
    ("shift", "met"),
    [("-0.1", "yes"), ("0", "yes"), ("0.04", "yes"), ("0.05", "yes"), ("0.06", "no"), ("0.1", "no")],
)
def test_each_cap_by_a_tenth_and_at_the_half(area: str, shift: str, met: str) -> None:
    # caps are whole: x.05 rounds to the even tenth x.0
    line = line_of(str(slow.CAPS[area] + Decimal(shift)), area=area)
    assert (line["met"], line["cap"]) == (met, slow.CAPS[area])


def test_a_city_is_the_mean_of_its_points_and_names_those_over() -> None:
    line = line_of("8.0", "10.4", area="汾渭平原")
    assert (line["exact"], line["told"], line["met"]) == ("46/5", Decimal("9.2"), "no")
    assert (line["highest_point"], line["highest"], line["points_over"]) == ("p1点", Decimal("10.4"), "p1点")


def test_an_area_nobody_knows_is_refused() -> None:
    with pytest.raises(QingceError, match=r"QC258.*“p0”.*“江南”"):
        line_of("3", area="江南")
    with pytest.raises(QingceError, match=r"QC259.*“p0”"):
        line_of("3", area="")


Cities = dict[str, tuple[str, dict[str, list[Fraction]]]]
"""City → its area and the readings of its points."""


def random_cities(count: int, seed: int) -> tuple[list[Row], list[pa.Table], Cities]:
    """Cities of one to four points with up to three readings each, near their cap; some without any value."""
    dice = random.Random(seed)
    rows: list[Row] = []
    sites: list[pa.Table] = []
    found: Cities = {}
    for number in range(count):
        city, area = f"c{number:05d}", dice.choice(list(slow.CAPS))
        points: dict[str, list[Fraction]] = {}
        for place in range(dice.randint(1, 4)):
            name = f"{city}-{place}"
            values = [
                Fraction(slow.CAPS[area] * 100 + dice.randint(-30, 30) * dice.choice((1, 1, 10)), 100)
                for _ in range(dice.choice((1, 1, 2, 3)))
            ]
            if dice.random() < 0.05:
                values = []
                rows.append((name, "dustfall", datetime(2026, 5, 9), None, None, "invalid"))
            rows += [one(name, "dustfall", value, time=datetime(2026, 5, day)) for day, value in enumerate(values, 1)]
            points[name] = values
        found[city] = area, points
        sites.append(places(dict.fromkeys(points, area), city=city, city_name=city))
    return rows, sites, found


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.prove)])
def test_random_cities_are_judged_as_the_slow_way_judges(count: int) -> None:
    rows, sites, cities = random_cities(count, 9)
    found = evaluate_dustfall(table(rows, span="P1D"), catalog=CATALOG, sites=pa.concat_tables(sites)).to_pylist()
    assert len(found) == count
    told = {city: slow.city(points, area) for city, (area, points) in cities.items()}
    order = dict(zip(sorted(told), slow_ranks([told[city]["exact"] for city in sorted(told)]), strict=True))
    for line in found:
        wanted = told[line["city"]]
        exact = wanted["exact"]
        assert line["exact"] == (None if exact is None else str(exact))
        assert (line["told"], line["met"], line["points"]) == (wanted["told"], wanted["met"], wanted["points"])
        assert line["points_over"] == wanted["over"]
        assert line["highest"] == (None if wanted["highest"] is None else as_decimal(wanted["highest"]))  # type: ignore[arg-type]
        assert line["rank"] == order[line["city"]]
        assert line["absent"] == (None if wanted["points"] else "not_reported")


def slow_ranks(values: list[object]) -> list[int | None]:
    """The slow ranks by one sort, as 10,000 squared is slow indeed; agrees with the slower one on the first 200."""
    there = sorted(value for value in values if isinstance(value, Fraction))
    first: dict[Fraction, int] = {}
    for place, value in enumerate(there, 1):
        first.setdefault(value, place)
    head = [value if isinstance(value, Fraction) else None for value in values[:200]]
    part = sorted(value for value in head if value is not None)
    assert slow.ranks(head) == [None if value is None else part.index(value) + 1 for value in head]
    return [first[value] if isinstance(value, Fraction) else None for value in values]


# ---------------------------------------------------------------- straw fires


@pytest.mark.parametrize(
    ("fires", "action"),
    [(0, None), (1, None), (5, None), (6, "通报批评"), (10, "通报批评"), (11, "约谈分管负责人"), (20, "约谈分管负责人"),
     (21, "约谈主要负责人"), (500, "约谈主要负责人")],
)  # fmt: skip
def test_each_rung_of_the_ladder_by_one_fire(fires: int, action: str | None) -> None:
    (line,) = evaluate_straw(table([one("990101", "fire_points", fires)]), catalog=CATALOG).to_pylist()
    assert (line["fire_points"], line["action"], line["deduction_yuan"]) == (fires, action, fires * 50_000)


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.prove)])
def test_random_counties_are_judged_as_the_slow_way_judges(count: int) -> None:
    dice = random.Random(15)
    rows: list[Row] = []
    totals: dict[str, int] = {}
    for number in range(count):
        region, parts = f"r{number:05d}", [dice.randint(0, 9) for _ in range(dice.randint(1, 4))]
        totals[region] = sum(parts)
        rows += [
            one(region, "fire_points", value, time=datetime(2026, month, 3)) for month, value in enumerate(parts, 5)
        ]
    found = evaluate_straw(table(rows), catalog=CATALOG).to_pylist()
    assert {line["region"]: line["fire_points"] for line in found} == totals
    for line in found:
        assert (line["deduction_yuan"], line["action"]) == slow.straw(totals[line["region"]])
