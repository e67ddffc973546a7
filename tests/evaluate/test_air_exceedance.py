"""Exceeding days and years: each limit ± one step, the switch of standards, random cities against the slow way."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.evaluate.air_made import catalog
from tests.evaluate.more_made import SIX, Days, made_days, table_of, whole_days
from tests.oracle import air_more as slow

from qingce.core.periods import Period
from qingce.evaluate.air.exceedance import (
    COMPLIANCE,
    EXCEEDANCE,
    compliance_rows,
    exceeding_days,
    multiple_of,
    table_of_compliance,
    table_of_exceedances,
)
from qingce.evaluate.air.indicator_days import subject_days
from qingce.evaluate.air.periods import Question, kind_of

SWITCHES = (date(2026, 2, 28), date(2026, 3, 1), date(2030, 12, 31), date(2031, 1, 1))


def question(days: Days, city: str = "c000", *, edition: str = "auto") -> Question:
    subject = subject_days(table_of({city: days[city]}), scope=city, series="measured")
    return Question(subject, city, city, "measured", max(days[city]), catalog(), edition)


def found(days: Days, period: Period, *, edition: str = "auto") -> dict[tuple[object, object], dict[str, object]]:
    rows = exceeding_days(question(days, edition=edition), period=period)
    return {(row["day"], row["parameter"]): dict(row) for row in rows}


def test_the_multiple_of_a_day() -> None:
    assert multiple_of(Fraction(93), Fraction(75), decimals=2) == Decimal("0.24")
    assert multiple_of(Fraction(75), Fraction(75), decimals=2) == 0


@pytest.mark.parametrize("name", SIX)
@pytest.mark.parametrize("day", SWITCHES)
def test_each_daily_limit_on_each_side_of_each_switch(name: str, day: date) -> None:
    limit = Fraction(slow.DAILY_LIMITS[slow.edition_on(day)][name])
    step = Fraction(1, 10) if name == "co" else Fraction(1)
    # the printed place decides: half a step above rounds to the even neighbour, a little more goes up
    even_limit = (limit / step) % 2 == 0
    for value, above in ((limit, False), (limit + step, True), (limit + step / 2 + Fraction(1, 1000), True),
                         (limit + step / 2, not even_limit), (limit - step, False)):  # fmt: skip
        rows = found({"c000": {day: {name: value}}}, Period(day, day))
        assert ((day, name) in rows) == above, (value, limit)
        if above:
            row = rows[day, name]
            told = slow.exceeding({day: {name: value}}, day, day)[day, name]
            assert Fraction(str(row["multiple"])) == told
            assert Fraction(str(row["limit"])) == limit


def test_a_what_if_edition_judges_every_day() -> None:
    day = date(2020, 5, 1)
    days: Days = {"c000": {day: {"pm2_5": Fraction(51)}}}
    assert found(days, Period(day, day)) == {}
    row = found(days, Period(day, day), edition="gb3095-2026-final")[day, "pm2_5"]
    assert (str(row["multiple"]), row["standard"]) == ("0.02", "gb3095-2026-final")


def test_random_cities_over_the_switch_are_the_slow_ones() -> None:
    days = made_days(random.Random(5), 6, first=date(2025, 11, 1), last=date(2026, 6, 30))
    period, count, cells = Period(date(2025, 12, 1), date(2026, 5, 31)), 0, 0
    for city, part in days.items():
        rows = exceeding_days(question(days, city), period=period)
        told = {(row["day"], row["parameter"]): Fraction(str(row["multiple"])) for row in rows}
        assert told == slow.exceeding(part, period.start, period.end)
        count += len(told)
        cells += sum(len(row) for row in part.values())
        assert table_of_exceedances(rows).column_names == list(EXCEEDANCE)
    assert cells > 8_000
    assert count > 200


@pytest.mark.prove
def test_ten_thousand_random_values_of_days_are_judged_as_the_slow_way_judges() -> None:
    cells = 0
    for seed, first in enumerate((date(2025, 6, 1), date(2030, 7, 1), date(2017, 1, 1))):
        days = made_days(random.Random(seed), 8, first=first, last=first + timedelta(500))
        period = Period(first, first + timedelta(500))
        for city, part in days.items():
            rows = exceeding_days(question(days, city), period=period)
            told = {(row["day"], row["parameter"]): Fraction(str(row["multiple"])) for row in rows}
            assert told == slow.exceeding(part, period.start, period.end)
            cells += sum(len(row) for row in part.values())
    assert cells > 50_000


# ---------------------------------------------------------------- a year


def year_of(days: Days, year: int) -> dict[tuple[object, object], dict[str, object]]:
    kind = kind_of("year", catalog=catalog(), day=date(2026, 1, 1))
    assert kind is not None
    rows = compliance_rows(question(days), kind=kind, period=Period.year(year))
    assert table_of_compliance(rows).column_names == list(COMPLIANCE)
    return {(row["parameter"], row["statistic"]): dict(row) for row in rows}


def constant(year: int, **values: object) -> Days:
    made = {name: Fraction(str(value)) for name, value in values.items()}
    return {"c000": {day: dict(made) for day in Period.year(year)}}


CLEAN = {"so2": 9, "no2": 14, "co": "1.1", "o3_8h": 96, "pm10": 45, "pm2_5": 20}


@pytest.mark.parametrize("year", [2025, 2026, 2031])
@pytest.mark.parametrize(("name", "limits"), [("pm2_5", (35, 30, 25)), ("pm10", (70, 60, 50)), ("no2", (40, 40, 30))])
def test_the_annual_limit_of_each_edition_by_a_step(year: int, name: str, limits: tuple[int, int, int]) -> None:
    limit = limits[(2025, 2026, 2031).index(year)]
    rows = year_of(constant(year, **CLEAN | {name: limit}), year)
    assert (rows[name, "mean"]["met"], rows[name, "mean"]["multiple"], rows["all", "all"]["met"]) == (1, None, 1)
    rows = year_of(constant(year, **CLEAN | {name: limit + 1}), year)
    assert (rows[name, "mean"]["met"], rows["all", "all"]["met"]) == (0, 0)
    assert Fraction(str(rows[name, "mean"]["multiple"])) == slow.even(Fraction(1, limit), 2)


def test_a_year_meets_only_with_its_percentile_too() -> None:
    days = constant(2025, **CLEAN)
    for day in list(Period.year(2025))[100:125]:
        days["c000"][day]["pm2_5"] = Fraction(90)
    rows = year_of(days, 2025)
    assert (rows["pm2_5", "mean"]["met"], rows["pm2_5", "p95"]["met"], rows["all", "all"]["met"]) == (1, 0, 0)
    assert str(rows["pm2_5", "p95"]["multiple"]) == "0.20"


def test_a_missing_pollutant_leaves_the_city_open_unless_another_one_exceeds() -> None:
    without = {name: value for name, value in CLEAN.items() if name != "o3_8h"}
    last = year_of(constant(2025, **without), 2025)["all", "all"]
    assert (last["met"], last["absent"]) == (None, "not_reported")
    last = year_of(constant(2025, **without | {"pm2_5": 36}), 2025)["all", "all"]
    assert (last["met"], last["absent"]) == (0, None)


def judge_years(days: Days, year: int) -> int:
    """Compare every statistic of every city's year with the slow way; return how many rows there were."""
    kind = kind_of("year", catalog=catalog(), day=date(2026, 1, 1))
    assert kind is not None
    count = 0
    for city, part in days.items():
        rows = compliance_rows(question(days, city), kind=kind, period=Period.year(year))
        told = slow.met_year(part, year)
        for row in rows[:-1]:
            value, met = told[str(row["parameter"]), str(row["statistic"])]
            if row["absent"] is None:
                assert (Fraction(str(row["text"])), row["met"]) == (value, int(met)), row
        assert len(rows) == len(told) + 1 == 11
        exceeds = [not told[str(row["parameter"]), str(row["statistic"])][1] for row in rows[:-1] if not row["absent"]]
        whole = 0 if any(exceeds) else None if len(exceeds) < len(told) else 1
        assert (rows[-1]["parameter"], rows[-1]["met"]) == ("all", whole)
        count += len(rows)
    return count


@pytest.mark.parametrize("year", [2025, 2026, 2031])
def test_random_years_are_judged_as_the_slow_way_judges(year: int) -> None:
    days = made_days(random.Random(year), 5, first=date(year, 1, 1), last=date(year, 12, 31), gap=0.01)
    assert judge_years(days, year) == 55


@pytest.mark.prove
@pytest.mark.parametrize("year", [2025, 2026, 2031])
def test_ten_thousand_random_cities_are_judged_as_the_slow_way_judges(year: int) -> None:
    made, rows = random.Random(year), 0
    for _ in range(0, 3350, 50):
        # one day in four lacks a pollutant: about its 4 % of the year, so that months stand at their 27 days
        days = whole_days(made, 50, first=date(year, 1, 1), last=date(year, 12, 31), gap=0.25)
        rows += judge_years(days, year)
    assert rows == 3350 * 11
