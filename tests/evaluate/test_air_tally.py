"""Days by level and primary pollutant, heavy days, both series with events: by hand and 10,000 random days."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, daily, exceptions, observations, sites
from tests.evaluate.more_made import Days, made_days
from tests.oracle import air_more as slow

from qingce.core.periods import Period
from qingce.evaluate import air_indicator, evaluate_air_days
from qingce.evaluate.air.tally import tally_days

CLEAN = {"so2": 10, "no2": 20, "co": "0.5", "o3_8h": 90, "pm10": 40, "pm2_5": 20}
MAY = Period.month(2026, 5)
NAMES = {"o3_8h": "o3"}


def judged(days: Days, listed: pa.Table = NO_EXCEPTIONS) -> pa.Table:
    """Days of cities of one site each, as `AirDays`."""
    rows, places = [], []
    for city, part in days.items():
        places.append(sites([city], city=city, city_name=city.upper()))
        rows += [
            daily(city, name, day, value=Decimal(value.numerator) / Decimal(value.denominator), review="national")
            for day, values in part.items()
            for name, value in values.items()
        ]
    return evaluate_air_days(observations(rows), pa.concat_tables(places), listed, catalog=catalog()).city_days


def constant(period: Period, **values: object) -> dict[date, dict[str, Fraction]]:
    made = {name: Fraction(str(value)) for name, value in (CLEAN | values).items()}
    return {day: dict(made) for day in period}


def tallied(
    days: Days, *, listed: pa.Table = NO_EXCEPTIONS, period: Period = MAY
) -> dict[tuple[str, str], dict[str, object]]:
    table = tally_days(judged(days, listed), periods=[period], catalog=catalog(), exceptions=listed)
    return {(row["scope"], row["series"]): row for row in table.to_pylist()}


def test_a_month_of_one_kind_of_day() -> None:
    row = tallied({"a": constant(MAY)})["a", "measured"]
    assert (row["n"], row["l1"], row["l2"], row["good"], row["good_share"], row["heavy"]) == (31, 31, 0, 31, 100, 0)
    assert (row["scope_name"], row["review"], row["events"], row["heavy_days"]) == ("A", "national", None, "")


@pytest.mark.parametrize(
    ("value", "level"),
    [(35, 1), (36, 2), (60, 2), (61, 3), (115, 3), (116, 4), (150, 4), (151, 5), (250, 5), (251, 6), (900, 6)],
)
def test_the_level_of_a_day_at_each_limit(value: int, level: int) -> None:
    days = {"a": constant(MAY)}
    days["a"][date(2026, 5, 9)]["pm2_5"] = Fraction(value)
    row = tallied(days)["a", "measured"]
    assert row[f"l{level}"] == (31 if level == 1 else 1)
    assert row["heavy_days"] == ("2026-05-09" if level >= 5 else "")
    assert row["primary_pm2_5"] == int(level > 1)


def test_tied_primary_pollutants_count_for_each() -> None:
    days = {"a": constant(MAY)}
    days["a"][date(2026, 5, 9)] |= {"pm2_5": Fraction(60), "o3_8h": Fraction(160)}
    row = tallied(days)["a", "measured"]
    assert (row["primary_pm2_5"], row["primary_o3"], row["primary_pm10"]) == (1, 1, 0)


def test_both_series_stand_beside_each_other_with_event_and_evidence() -> None:
    days = {"a": constant(MAY)}
    for day in (date(2026, 5, 3), date(2026, 5, 4)):
        days["a"][day]["pm10"] = Fraction(700)
    listed = exceptions({"id": "S9", "scope": "a", "start": date(2026, 5, 3), "end": date(2026, 5, 3), "issuer": "总站",
                         "number": "总站气字〔2026〕1号", "evidence": "卫星与沙尘网"})  # fmt: skip
    rows = tallied(days, listed=listed)
    measured, deducted = rows["a", "measured"], rows["a", "deducted"]
    assert (measured["heavy_days"], deducted["heavy_days"]) == ("2026-05-03 2026-05-04", "2026-05-04")
    assert (measured["good_share"], deducted["good_share"]) == (Decimal("93.5"), Decimal("96.8"))
    assert (measured["events"], deducted["events"]) == (None, "S9")
    assert deducted["evidence"] == "S9：sand 总站认定 总站 总站气字〔2026〕1号 卫星与沙尘网"


def test_a_day_that_lacks_an_item_counts_only_when_it_is_bad_already() -> None:
    days = {"a": constant(MAY)}
    del days["a"][date(2026, 5, 1)]["so2"]
    del days["a"][date(2026, 5, 2)]["so2"]
    days["a"][date(2026, 5, 2)]["pm2_5"] = Fraction(61)
    row = tallied(days)["a", "measured"]
    assert (row["n"], row["unjudged"], row["l3"], row["good"]) == (30, 1, 1, 29)


def judge(days: Days, listed: pa.Table, taken: dict[str, set[date]], *, period: Period) -> int:
    table = judged(days, listed)
    count = 0
    for row in tally_days(table, periods=[period], catalog=catalog(), exceptions=listed).to_pylist():
        part = {day: values for day, values in days[row["scope"]].items() if day in period}
        told = slow.tally(part, taken[row["scope"]] if row["series"] == "deducted" else set())
        assert row["n"] == told["n"]
        assert {level: row[f"l{level}"] for level in range(1, 7)} == told["levels"]
        assert {name: row[f"primary_{NAMES.get(name, name)}"] for name in told["primary"]} == told["primary"]  # type: ignore[attr-defined]
        assert (row["heavy_days"], row["heavy"]) == (told["heavy"], len(str(told["heavy"]).split()))
        levels: dict[int, int] = told["levels"]  # type: ignore[assignment]
        good = levels[1] + levels[2]
        assert Fraction(row["good_exact"]) == Fraction(100 * good, row["n"])
        count += row["n"] + row["unjudged"]
        asked = {"scope": row["scope"], "scope_name": "", "period": period, "series": row["series"]}
        ratio = air_indicator(catalog().indicator("good_day_ratio"), table, catalog=catalog(), **asked)
        if ratio["exact"][0].is_valid:
            assert (ratio["exact"][0].as_py(), ratio["n"][0].as_py()) == (row["good_exact"], row["n"])
    return count


def random_case(seed: int, cities: int, *, first: date, last: date) -> tuple[Days, pa.Table, dict[str, set[date]]]:
    made = random.Random(seed)
    days = made_days(made, cities, first=first, last=last, gap=0.02)
    taken: dict[str, set[date]] = {}
    rows = []
    for city, part in days.items():
        taken[city] = set(made.sample(sorted(part), 6))
        rows += [{"id": f"{city}-{day}", "scope": city, "start": day, "end": day} for day in taken[city]]
    return days, exceptions(*rows), taken


def test_random_cities_over_the_switch_are_the_slow_ones() -> None:
    first, last = date(2026, 1, 10), date(2026, 4, 20)
    days, listed, taken = random_case(1, 6, first=first, last=last)
    assert judge(days, listed, taken, period=Period(date(2026, 2, 1), date(2026, 4, 15))) > 800


@pytest.mark.prove
def test_ten_thousand_random_days_in_both_series_are_the_slow_ones() -> None:
    first, last = date(2025, 11, 1), date(2026, 6, 30)
    days, listed, taken = random_case(2, 30, first=first, last=last)
    assert judge(days, listed, taken, period=Period(first, last)) > 10_000
