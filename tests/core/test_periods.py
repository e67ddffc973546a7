"""Periods: leap years, windows over the year end, plan names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.core.errors import ContentError
from qingce.core.periods import Period, five_year_plan, five_year_plan_of, last_day_of, parse_period


@pytest.mark.parametrize(
    ("text", "first", "last", "kind"),
    [
        ("2024", "2024-01-01", "2024-12-31", "year"),
        ("2024-Q1", "2024-01-01", "2024-03-31", "quarter"),
        ("2024-02", "2024-02-01", "2024-02-29", "month"),
        ("2024-02-29", "2024-02-29", "2024-02-29", "day"),
        ("2026-01/2026-05", "2026-01-01", "2026-05-31", "window"),
        ("2025-11-01/2026-03-31", "2025-11-01", "2026-03-31", "window"),
    ],
)
def test_reading_and_writing(text: str, first: str, last: str, kind: str) -> None:
    period = parse_period(text)
    assert (period.start.isoformat(), period.end.isoformat(), period.kind) == (first, last, kind)
    assert parse_period(str(period)) == period


@pytest.mark.parametrize("text", ["2025-02-30", "25", "2026-13", "", "2026-Q5", "2026-05/2026-01"])
def test_a_period_that_is_none(text: str) -> None:
    with pytest.raises(ContentError, match=r"QC107: .*period"):
        parse_period(text)


@pytest.mark.parametrize(
    ("name", "years"), [("十四五", (2021, 2025)), ("“十三五”时期", (2016, 2020)), ("《十五五规划》", (2026, 2030))]
)
def test_plans_by_name(name: str, years: tuple[int, int]) -> None:
    plan = five_year_plan(name)
    assert (plan.start.year, plan.end.year) == years


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(ContentError, match=r"QC110: 没有名为“廿五”的五年规划"):
        five_year_plan("廿五")


@pytest.mark.parametrize("year", range(2001, 2036))
def test_every_year_lies_in_one_plan_of_five(year: int) -> None:
    plan = five_year_plan_of(year)
    assert plan.start.year <= year <= plan.end.year
    assert (plan.end.year - plan.start.year, plan.start.year % 5) == (4, 1)
    assert plan in {five_year_plan(f"{name}五") for name in ("十", "十一", "十二", "十三", "十四", "十五", "十六")}


def test_the_heating_season_crosses_the_year_end() -> None:
    assert str(Period.season(2023, (11, 1), (3, 31))) == "2023-11-01/2024-03-31"
    assert Period.season(2023, (11, 15), (2, 29)).end == date(2024, 2, 29)
    assert Period.season(2024, (11, 15), (2, 29)).end == date(2025, 2, 28)


def test_the_year_before_a_leap_day() -> None:
    assert str(Period.month(2024, 2).year_before()) == "2023-02"
    assert str(Period.month(2025, 2).year_before()) == "2024-02"
    assert str(parse_period("2024-02-29").year_before()) == "2023-02-28"


def test_the_last_day_of_a_deadline() -> None:
    assert last_day_of("2025") == date(2025, 12, 31)
    assert last_day_of("2025-06") == date(2025, 6, 30)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 900))
def test_every_window_is_written_and_read_back(start: date, length: int) -> None:
    period = Period(start, start + timedelta(length))
    assert parse_period(str(period)) == period
    assert period.days == length + 1 == len(list(period))
    assert start in period
    assert start - timedelta(1) not in period
