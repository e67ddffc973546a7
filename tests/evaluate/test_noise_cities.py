"""Regional and road noise of 10,000 random cities judged as one table; several points and hours each."""

from __future__ import annotations

import random
from datetime import timedelta
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.points_made import CATALOG, Row, one, places, table
from tests.evaluate.test_noise import CLOSE, DAY
from tests.oracle import noise as slow

from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate_noise

HOURS = {"day": (6, 10, 21), "night": (0, 5, 22)}
City = dict[str, dict[str, list[Fraction]]]
"""part of the day → point → levels of its hours."""


def random_cities(count: int, kind: str, seed: int) -> tuple[list[Row], pa.Table, dict[str, City], dict[str, Fraction]]:
    """Cities of one to four points; a level stands near a bound of a grade, some points lack a length or a night."""
    dice = random.Random(seed)
    rows: list[Row] = []
    sites: list[pa.Table] = []
    cities: dict[str, City] = {}
    lengths: dict[str, Fraction] = {}
    for number in range(count):
        city, points = f"c{number:05d}", [f"c{number:05d}-{place}" for place in range(dice.randint(1, 4))]
        made: City = {"day": {}, "night": {}}
        for part, bounds in (("day", slow.GRADES[kind, "day"]), ("night", slow.GRADES[kind, "night"])):
            bound = dice.choice(bounds)
            for point in points if part == "day" or dice.random() < 0.9 else ():
                spread = dice.choice((0, 1, 6, 40, 300))
                hours = HOURS[part][: dice.choice((1, 1, 1, 2, 3))]
                made[part][point] = [Fraction(bound * 100 + dice.randint(-spread, spread) + 5, 100) for _ in hours]
                levels = zip(hours, made[part][point], strict=True)
                rows += [one(point, "leq", level, time=DAY + timedelta(hours=hour)) for hour, level in levels]
        for point in points if kind == "road" else ():
            if dice.random() < 0.95:
                lengths[point] = Fraction(dice.randint(50, 4000))
                rows.append(one(point, "road_length", lengths[point], time=DAY))
        cities[city] = made
        sites.append(places(dict.fromkeys(points, kind), city=city, city_name=city))
    return rows, pa.concat_tables(sites), cities, lengths


def mean_of(kind: str, points: dict[str, list[Fraction]], lengths: dict[str, Fraction]) -> tuple[Fraction | None, int]:
    """Mean level of the points of a city: plain, or by length; in time an energy mean."""
    levels = {point: slow.energy_mean(v) if len(set(v)) > 1 else v[0] for point, v in points.items()}
    if kind == "regional":
        return (slow.mean(list(levels.values())) if levels else None), len(levels)
    known = {point: level for point, level in levels.items() if point in lengths}
    weights = [lengths[point] for point in known]
    return (slow.weighted(list(known.values()), weights) if known else None), len(known)


@pytest.mark.parametrize("kind", ["regional", "road"])
@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.prove)])
def test_random_cities_are_graded_as_the_slow_way_grades(kind: str, count: int) -> None:
    rows, sites, cities, lengths = random_cities(count, kind, 640)
    found = {
        line["city"]: line for line in evaluate_noise(table(rows), catalog=CATALOG, by=kind, sites=sites).to_pylist()
    }
    assert len(found) == count
    grades = set()
    for city, made in cities.items():
        line = found[city]
        for part in ("day", "night"):
            mean, points = mean_of(kind, made[part], lengths)
            assert line[f"{part}_points"] == points
            assert line[f"{part}_absent"] == (None if points else "not_monitored")
            if mean is None:
                assert line[f"{part}_grade"] is None
                continue
            assert abs(Fraction(line[f"{part}_mean"]) - Fraction(as_decimal(mean))) <= CLOSE
            assert (line[f"{part}_told"], line[f"{part}_grade"]) == (slow.told(mean), slow.grade(kind, part, mean))
            grades.add((part, line[f"{part}_grade"]))
        without = sorted(point for part in made.values() for point in part if kind == "road" and point not in lengths)
        assert line["left_out"] == ("、".join(f"{point}（无路长）" for point in dict.fromkeys(without)) or None)
    assert len(grades) == 10
