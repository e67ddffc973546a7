"""Noise: energy means against a second way and real sound, limits with neighbours, random points, cities' grades."""

from __future__ import annotations

import csv
import gzip
import math
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.evaluate.points_made import CATALOG, Row, one, places, table
from tests.oracle import noise as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate, evaluate_noise
from qingce.evaluate.points.levels import energy_mean, natural_log

CLOSE = Fraction(1, 10**22)
DAY = datetime(2026, 5, 6)


def hourly(site: str, level: str | Fraction, *, day: datetime = DAY, hours: range = range(24)) -> list[Row]:
    return [one(site, "leq", level, time=day + timedelta(hours=hour)) for hour in hours]


@pytest.mark.parametrize("place", ["busy_street", ""])
def test_energy_means_of_real_sound(shared: Path, place: str) -> None:
    """Origin: phone recordings of a Munich street (relative dB); 4 % of the samples are missing and are left out."""
    with gzip.open(shared / "data/noise_munich/spl.csv.gz", "rt", encoding="utf-8") as stream:
        lines = [line for line in csv.DictReader(stream) if not place or line["place"] == place]
    levels = [Fraction(line["spl_rel_db"]) + 90 for line in lines if line["spl_rel_db"]]
    assert len(levels) < len(lines)
    ours = energy_mean(levels)
    assert abs(ours - slow.energy_mean(levels)) < CLOSE
    plain = 10 * math.log10(math.fsum(10 ** (float(level) / 10) for level in levels) / len(levels))
    assert abs(float(ours) - plain) < 1e-9
    assert ours > sum(levels) / len(levels)


def test_equal_levels_give_that_level_itself() -> None:
    for text in ("45", "54.3", "60.05", "0", "71.000001", "-12.5"):
        assert energy_mean([Fraction(text)] * 16) == Fraction(text)
    assert natural_log(Fraction(1)) == 0
    assert abs(float(natural_log(Fraction(3, 7))) - math.log(3 / 7)) < 1e-15


@pytest.mark.parametrize("category", list(slow.LIMITS))
def test_every_limit_is_kept_at_itself_and_broken_a_tenth_beyond(category: str) -> None:
    """And a told level decides: 0.04 above the limit is told as the limit, 0.06 above is not."""
    for shift, met in (("-0.1", "yes"), ("0", "yes"), ("0.04", "yes"), ("0.05", "yes"), ("0.06", "no"), ("0.1", "no")):
        day, night = (Fraction(limit) + Fraction(shift) for limit in slow.LIMITS[category])
        rows = hourly("a", day, hours=range(6, 22)) + hourly("a", night, hours=range(6))
        rows += hourly("a", night, hours=range(22, 24))
        (line,) = evaluate_noise(table(rows, span="PT1H"), catalog=CATALOG, sites=places({"a": category})).to_pylist()
        assert (line["met_day"], line["met_night"]) == (met, met), shift
        assert (line["limit_day"], line["limit_night"]) == slow.LIMITS[category]
        assert (line["exceed_day"] is None) == (met == "yes")


def test_a_missing_hour_refuses_the_verdict_and_measured_levels_stand() -> None:
    rows = hourly("a", "50", hours=range(23))
    (line,) = evaluate_noise(table(rows, span="PT1H"), catalog=CATALOG, sites=places({"a": "2类"})).to_pylist()
    assert (line["met_day"], line["n_day"], line["met_night"], line["n_night"]) == ("yes", 16, None, 7)
    assert (line["ln"], line["absent_night"], line["category"]) == (None, "too_few", "2")
    rows = [one("a", "ld", "59.9", time=DAY), one("a", "ln", "50.1", time=DAY), one("a", "lmax", "66", time=DAY)]
    (line,) = evaluate_noise(table(rows), catalog=CATALOG, sites=places({"a": "2"})).to_pylist()
    assert (line["ld"], line["met_day"], line["met_night"]) == (Decimal("59.9"), "yes", "no")
    assert (line["exceed_night"], line["sudden_night"]) == (Decimal("0.1"), 1)


def random_days(cases: int, seed: int) -> tuple[list[Row], dict[str, str]]:
    """A point a case: one date, levels about its limit; some hours missing or invalid, some all alike."""
    dice = random.Random(seed)
    rows: list[Row] = []
    kinds: dict[str, str] = {}
    for number in range(cases):
        site, category = f"{number:05d}", dice.choice(list(slow.LIMITS))
        kinds[site] = category
        spread = dice.choice([0, 0, 3, 30])
        shift = dice.choice([0, 0, 1, -1, 5])
        gone = {dice.randrange(24)} if dice.random() < 0.15 else set()
        for hour in range(24):
            if hour in gone and dice.random() < 0.5:
                continue
            base = slow.LIMITS[category][0 if slow.is_day(hour) else 1] * 100 + shift
            level = Fraction(base + dice.randint(-spread, spread) * dice.choice([1, 10]), 100)
            absent = "invalid" if hour in gone else None
            rows.append((site, "leq", DAY + timedelta(hours=hour), None if absent else level, None, absent))
    return rows, kinds


def check(cases: int, seed: int) -> None:
    rows, kinds = random_days(cases, seed)
    hours: dict[str, dict[datetime, Fraction | None]] = {}
    for site, _, time, value, _, _ in rows:
        hours.setdefault(site, {})[time] = value
    data, register = table(rows, span="PT1H"), places(kinds, city="990100", city_name="云泽市")
    found = evaluate_noise(data, catalog=CATALOG, sites=register).to_pylist()
    assert len(found) == cases
    verdicts: dict[tuple[str, str], list[str]] = {}
    for line in found:
        expected = slow.point_days(hours[line["point"]], kinds[line["point"]])[date(2026, 5, 6)]
        for name, part in (("ld", "day"), ("ln", "night")):
            level = expected[name]
            assert line[name] == (None if level is None else as_decimal(level))
            assert line[f"met_{part}"] == expected[f"met_{name}"], (line["point"], level)
            if expected[f"met_{name}"]:
                for key in (kinds[line["point"]], "all"):
                    verdicts.setdefault((key, part), []).append(str(expected[f"met_{name}"]))
    for line in evaluate_noise(data, catalog=CATALOG, sites=register, by="function", period="quarter").to_pylist():
        for part in ("day", "night"):
            mine = verdicts[line["category"], part]
            met = mine.count("yes")
            assert (line[f"{part}_times"], line[f"{part}_met"]) == (len(mine), met)
            assert line[f"exact_{part}"] == str(Fraction(100 * met, len(mine)))


def test_random_points_are_the_oracles() -> None:
    check(1_000, 3096)


@pytest.mark.prove
def test_ten_thousand_random_points_are_the_oracles() -> None:
    check(10_000, 640)


def test_compliance_counts_points_times_surveys() -> None:
    """Two points, two days each: by day 4 times, 3 kept; the class 4a night keeps none."""
    rows: list[Row] = []
    for site, day, level in (("a", 1, "54"), ("a", 2, "56"), ("b", 1, "69"), ("b", 2, "70")):
        rows += hourly(site, level, day=datetime(2026, 5, day))
    register = places({"a": "1", "b": "4a"}, city="990100", city_name="云泽市")
    found = evaluate(
        "noise", table(rows, span="PT1H"), catalog=CATALOG, by="function", period="year", sites=register
    ).to_pylist()
    told = {
        line["category"]: (line["day_times"], line["day_met"], line["night_times"], line["night_met"]) for line in found
    }
    assert told == {"1": (2, 1, 2, 0), "4a": (2, 2, 2, 0), "all": (4, 3, 4, 0)}
    assert [line["day_rate"] for line in found if line["category"] == "all"] == [75]


def test_a_city_is_graded_by_the_mean_of_its_grid_and_of_its_roads_by_length() -> None:
    dice = random.Random(5)
    for _ in range(40):
        levels = [Fraction(dice.randint(4500, 7600), 100) for _ in range(dice.randint(1, 9))]
        lengths = [Fraction(dice.randint(100, 5000)) for _ in levels]
        names = [f"p{n}" for n in range(len(levels))]
        for hour, part in ((10, "day"), (23, "night")):
            rows = [one(n, "leq", v, time=DAY + timedelta(hours=hour)) for n, v in zip(names, levels, strict=True)]
            grid = evaluate_noise(
                table(rows), catalog=CATALOG, by="regional", sites=places(dict.fromkeys(names, "区域"))
            )
            mean = sum(levels, Fraction(0)) / len(levels)
            (line,) = grid.to_pylist()
            assert (line[f"{part}_mean"], line[f"{part}_grade"]) == (
                as_decimal(mean),
                slow.grade("regional", part, mean),
            )
            assert "少于 100 个" in line["note"]
            rows += [one(n, "road_length", v, time=DAY) for n, v in zip(names, lengths, strict=True)]
            road = evaluate_noise(table(rows), catalog=CATALOG, by="road", sites=places(dict.fromkeys(names, "road")))
            mean = slow.weighted(levels, lengths)
            (line,) = road.to_pylist()
            assert (line[f"{part}_mean"], line[f"{part}_grade"]) == (as_decimal(mean), slow.grade("road", part, mean))


@pytest.mark.parametrize(("kind", "part"), list(slow.GRADES))
def test_grades_at_their_bounds(kind: str, part: str) -> None:
    hour = 10 if part == "day" else 2
    for bound in slow.GRADES[kind, part]:
        for shift in ("-0.1", "0", "0.05", "0.06", "0.1"):
            level = bound + Fraction(shift)
            rows = [one("a", "leq", level, time=DAY + timedelta(hours=hour)), one("a", "road_length", 100, time=DAY)]
            (line,) = evaluate_noise(table(rows), catalog=CATALOG, by=kind, sites=places({"a": kind})).to_pylist()
            assert line[f"{part}_grade"] == slow.grade(kind, part, level)


def test_a_road_without_length_is_left_out_by_name() -> None:
    rows = [one("a", "leq", "66", time=DAY + timedelta(hours=9)), one("b", "leq", "80", time=DAY + timedelta(hours=9))]
    rows.append(one("a", "road_length", 500, time=DAY))
    (line,) = evaluate_noise(
        table(rows), catalog=CATALOG, by="road", sites=places({"a": "road", "b": "road"})
    ).to_pylist()
    assert (line["day_mean"], line["day_points"], line["left_out"]) == (66, 1, "b（无路长）")
    assert (line["night_grade"], line["night_absent"]) == (None, "not_monitored")


def test_a_point_without_a_class_or_of_an_unknown_one_is_refused() -> None:
    data = table(hourly("a", "50"), span="PT1H")
    with pytest.raises(QingceError, match=r"QC259.*“a”.*noise.*4a"):
        evaluate_noise(data, catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC258.*“a”.*“5类”"):
        evaluate_noise(data, catalog=CATALOG, sites=places({"a": "5类"}))
    with pytest.raises(QingceError, match=r"QC257.*pm10"):
        evaluate_noise(table([one("a", "pm10", 3)]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC254.*noise"):
        evaluate_noise(data, catalog=CATALOG, by="river")
