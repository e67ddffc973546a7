"""Change against last year: rounding of published values, leap days, missing years, 20,000 random pairs."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.air_made import catalog
from tests.evaluate.more_made import Days, made_days, table_of
from tests.oracle import air_more as slow
from tests.oracle.air import even

from qingce.catalog.methods import Method
from qingce.core.periods import Period, parse_period
from qingce.evaluate.air.change import CHANGE, FAMILY, change_between, change_row, change_table, year_before
from qingce.evaluate.air.indicator_days import subject_days
from qingce.evaluate.air.periods import Question, kind_of

UNITS = {"ug/m3": 0, "mg/m3": 1, "index": 2, "%": 1, "d": 0}


def method() -> Method:
    return catalog().method(FAMILY, day=date(2026, 5, 1))


def side(value: Fraction | None, decimals: int = 0) -> dict[str, object]:
    if value is None:
        return {"exact": None, "text": None, "absent": "too_few"}
    return {"exact": str(value), "text": f"{float(even(value, decimals)):.{decimals}f}", "absent": None}


def told(unit: str, now: str, last: str) -> object:
    places = len(now.partition(".")[2])
    return change_between(unit, side(Fraction(now), places), side(Fraction(last), places), method=method())["told"]


@pytest.mark.parametrize(
    ("unit", "now", "last", "wanted"),
    [
        ("ug/m3", "30", "29", "上升3.4%"),  # 339 cities, 2023
        ("ug/m3", "29", "30", "下降3.3%"),
        ("ug/m3", "30", "30", "持平"),
        ("%", "85.5", "86.5", "下降1.0个百分点"),
        ("%", "86.8", "86.8", "持平"),
        ("d", "5", "3", "增加2天"),
        ("d", "3", "5", "减少2天"),
        ("index", "3.80", "4.00", "下降5.0%"),
        ("mg/m3", "1.0", "0.9", "上升11.1%"),
    ],
)
def test_how_a_bulletin_tells_a_change(unit: str, now: str, last: str, wanted: str) -> None:
    assert told(unit, now, last) == wanted


@pytest.mark.parametrize(
    ("now", "last", "wanted"),
    [
        ("2000", "2001", "持平"), ("1999", "2000", "持平"), ("1998", "2000", "下降0.1%"), ("2003", "2000", "上升0.2%"),
        ("2001", "2000", "持平"), ("401", "400", "上升0.2%"), ("403", "400", "上升0.8%"),
    ],
)  # fmt: skip
def test_the_percentage_is_rounded_once_ties_to_even(now: str, last: str, wanted: str) -> None:
    # 1/2000 = 0.05 % → 0.0 (even); 3/2000 = 0.15 % → 0.2; 1/400 = 0.25 % → 0.2; 3/400 = 0.75 % → 0.8
    assert told("ug/m3", now, last) == wanted


def test_published_values_are_compared_not_the_exact_ones() -> None:
    now, last = side(Fraction("29.6")), side(Fraction("29.4"))  # told as 30 and 29
    found = change_between("ug/m3", now, last, method=method())
    assert (str(found["change"]), found["told"], found["change_unit"]) == ("3.4", "上升3.4%", "%")


@pytest.mark.parametrize(
    ("now", "last", "reason"),
    [
        (None, "29", "本期有效数据不足"),
        ("29", None, "上年同期有效数据不足"),
        (None, None, "本期有效数据不足；上年同期有效数据不足"),
    ],
)
def test_a_side_that_is_absent_gives_the_reason(now: str | None, last: str | None, reason: str) -> None:
    sides = [side(None if value is None else Fraction(value)) for value in (now, last)]
    found = change_between("ug/m3", *sides, method=method())
    assert found == {"change": None, "change_unit": None, "told": None, "reason": reason}


def test_no_percentage_of_zero_but_points_and_days() -> None:
    assert (
        change_between("ug/m3", side(Fraction(1)), side(Fraction(0)), method=method())["reason"]
        == "上年同期为零，不能求百分比"
    )
    assert told("d", "1", "0") == "增加1天"
    assert told("%", "1.0", "0.0") == "上升1.0个百分点"


def test_ten_thousand_random_pairs_are_told_as_the_slow_way_tells_them() -> None:
    made = random.Random(11)
    one = method()
    for number in range(20_000):
        unit = list(UNITS)[number % len(UNITS)]
        parts = made.choice((1, 2, 3, 4, 20, 365))
        now, last = (Fraction(made.randint(parts, 200 * parts), parts) for _ in range(2))
        if made.random() < 0.2:
            last = now + Fraction(made.randint(-5, 5), 100)
        places = UNITS[unit]
        found = change_between(unit, side(now, places), side(last, places), method=one)
        if unit not in ("%", "d") and even(last, places) == 0:
            assert found["told"] is None
            continue
        assert found["told"] == slow.change(unit, even(now, places), even(last, places)), (unit, now, last)


# ---------------------------------------------------------------- the same period


@pytest.mark.parametrize(
    ("period", "as_of", "wanted"),
    [
        ("2026-05", "2026-05-31", "2025-05"),
        ("2026-05", "2026-05-20", "2025-05-01/2025-05-20"),
        ("2024-02", "2024-02-29", "2023-02"),
        ("2025-02", "2025-02-28", "2024-02"),
        ("2024-02", "2024-02-28", "2023-02"),
        ("2024-02-29", "2024-02-29", "2023-02-28"),
        ("2026", "2026-12-31", "2025"),
        ("2026", "2026-03-31", "2025-Q1"),
        ("2025-12-01/2026-02-28", "2026-02-28", "2024-12-01/2025-02-28"),
        ("2023-12-01/2024-02-29", "2024-02-29", "2022-12-01/2023-02-28"),
        ("2024-12-01/2025-02-28", "2025-02-28", "2023-12-01/2024-02-29"),
        ("2026-05", "2026-04-01", "2025-05-01"),
    ],
)
def test_the_same_period_of_last_year(period: str, as_of: str, wanted: str) -> None:
    assert str(year_before(parse_period(period), date.fromisoformat(as_of))) == wanted


@given(st.dates(date(2014, 1, 1), date(2040, 12, 31)), st.integers(0, 400))
def test_the_same_period_begins_and_ends_within_a_day_of_a_year_ago(start: date, more: int) -> None:
    period = Period(start, start + timedelta(more))
    found = year_before(period, period.end)
    assert abs(found.days - period.days) <= 1
    assert (start - found.start).days in (365, 366)


def row_of(days: Days, indicator: str, period: Period, *, kind: str = "month") -> dict[str, object]:
    found = kind_of(kind, catalog=catalog(), day=period.end)
    assert found is not None
    subject = subject_days(table_of(days), scope="c000", series="measured")
    asked = Question(subject, "c000", "甲市", "measured", max(days["c000"]), catalog())
    return dict(change_row(catalog().indicator(indicator), asked, kind=found, period=period))


def test_a_month_beside_the_month_of_last_year_with_counts_and_reviews() -> None:
    days = made_days(random.Random(1), 1, first=date(2025, 1, 1), last=date(2026, 5, 31), gap=0.0)
    row = row_of(days, "pm2_5_annual", parse_period("2026-05"))
    now, last = (
        slow.statistic(days["c000"], date(year, 5, 1), date(year, 5, 31), quantity="pm2_5") for year in (2026, 2025)
    )
    assert now is not None
    assert last is not None
    assert (row["exact"], row["last_exact"], row["n"], row["last_n"]) == (str(now), str(last), 31, 31)
    assert (row["review"], row["last_review"], row["last_period"]) == ("national", "national", "2025-05")
    assert row["told"] == slow.change("ug/m3", even(now, 1), even(last, 1))
    assert str(row["note"]).startswith("两期所用版本不同（hj663-2013 → hj663-2026）")
    assert change_table([row]).column_names == list(CHANGE)  # type: ignore[list-item]


def test_a_running_month_is_compared_to_the_same_date() -> None:
    days = {"c000": {key: {"pm2_5": Fraction(20)} for key in Period(date(2025, 5, 1), date(2026, 5, 10))}}
    for day in Period(date(2025, 5, 11), date(2025, 5, 31)):
        days["c000"][day] = {"pm2_5": Fraction(500)}
    row = row_of(days, "pm2_5_annual", parse_period("2026-05"))
    assert (row["told"], row["n"], row["last_n"]) == ("持平", 10, 10)


def test_without_last_year_the_change_is_absent_and_says_so() -> None:
    days = made_days(random.Random(2), 1, first=date(2026, 5, 1), last=date(2026, 5, 31), gap=0.0)
    row = row_of(days, "pm2_5_annual", parse_period("2026-05"))
    assert (row["change"], row["told"], row["reason"], row["last_n"]) == (None, None, "上年同期未上报", 0)
    assert row["text"] is not None


def test_february_of_a_leap_year_counts_its_29_days() -> None:
    days = {"c000": {key: {"pm2_5": Fraction(20)} for key in Period(date(2027, 2, 1), date(2028, 3, 31))}}
    days["c000"][date(2028, 2, 29)] = {"pm2_5": Fraction(49)}
    row = row_of(days, "pm2_5_annual", parse_period("2028-02"))
    assert (row["n"], row["last_n"], row["text"], row["last_text"], row["told"]) == (29, 28, "21.0", "20.0", "上升5.0%")
