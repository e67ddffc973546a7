"""Periods of the air: calendar, seasons over the year end, to date, rolling, three years, against the slow way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.air_made import catalog
from tests.evaluate.more_made import Days, made_days, table_of
from tests.oracle import air_more as slow
from tests.oracle.air import even

from qingce.core.errors import QingceError
from qingce.core.periods import Period
from qingce.evaluate import evaluate
from qingce.evaluate.air.indicator_days import subject_days
from qingce.evaluate.air.periods import PeriodKind, Question, answer, kind_of, needed_kind, periods_of

LATER = date(2026, 11, 1)
CALENDAR = ("month", "quarter", "half-year", "season", "year")
MEANS = {"so2_annual": "so2", "no2_annual": "no2", "pm10_annual": "pm10", "pm2_5_annual": "pm2_5"}
PERCENTILES = {"co_p95": ("co", 95), "o3_p90": ("o3_8h", 90)}


def kind(name: str) -> PeriodKind:
    found = kind_of(name, catalog=catalog(), day=LATER)
    assert found is not None
    return found


def spans(name: str, first: date, last: date) -> list[Period]:
    return list(periods_of(kind(name), first, last))


def question(days: Days, city: str = "c000") -> Question:
    subject = subject_days(table_of({city: days[city]}), scope=city, series="measured")
    return Question(subject, city, city, "measured", max(days[city]), catalog())


def ask(days: Days, indicator: str, name: str, period: Period) -> dict[str, object]:
    return answer(catalog().indicator(indicator), question(days), kind=kind(name), period=period)


@pytest.mark.parametrize("name", CALENDAR)
def test_calendar_periods_of_twelve_years_are_the_slow_ones(name: str) -> None:
    first, last = date(2019, 1, 15), date(2031, 2, 10)
    found = spans(name, first, last)
    wanted = {slow.period_of(name, first + timedelta(step)) for step in range((last - first).days + 1)}
    assert [(one.start, one.end) for one in found] == sorted(wanted)


def test_a_winter_crosses_the_year_and_ends_with_february() -> None:
    assert [str(one) for one in spans("season", date(2024, 1, 1), date(2024, 3, 1))] == [
        "2023-12-01/2024-02-29",
        "2024-03-01/2024-05-31",
    ]
    assert [str(one) for one in spans("season", date(2025, 2, 28), date(2025, 2, 28))] == ["2024-12-01/2025-02-28"]
    assert [str(one) for one in spans("autumn-winter", date(2025, 9, 30), date(2026, 4, 1))] == [
        "2025-10-01/2026-03-31"
    ]
    assert spans("autumn-winter", date(2025, 4, 1), date(2025, 9, 30)) == []


@given(st.dates(date(2013, 1, 1), date(2030, 12, 31)), st.integers(0, 900), st.integers(1, 36))
def test_rolling_months_step_by_month_and_have_their_length(first: date, more: int, months: int) -> None:
    last = first + timedelta(more)
    found = spans(f"rolling-{months}", first, last)
    assert [(one.start, one.end) for one in found] == [
        slow.rolling(months, (one.end.year, one.end.month)) for one in found
    ]
    ends = [one.end for one in found]
    assert ends == sorted(set(ends))
    assert ends[-1] == slow.month_end(last.year, last.month)
    whole = [one for one in found if one.start >= first.replace(day=1)]
    assert len(found) == max(1, len(whole))


@given(st.dates(date(2013, 1, 1), date(2030, 12, 31)), st.integers(0, 90), st.integers(1, 60))
def test_rolling_days_end_on_each_day(first: date, more: int, count: int) -> None:
    last = first + timedelta(more)
    found = spans(f"rolling-{count}d", first, last)
    assert all(one.days == count for one in found)
    assert found[-1].end == last
    assert len(found) == max(1, more + 2 - count)


def test_to_date_starts_with_january_and_ends_with_each_month() -> None:
    assert [str(one) for one in spans("ytd", date(2025, 11, 30), date(2026, 2, 1))] == [
        "2025-01-01/2025-11-30", "2025", "2026-01", "2026-01-01/2026-02-28",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["week", "rolling", "rolling-0", "rolling-12m", "season-2", "", "three_year", "rolling-12345"]
)
def test_other_names_are_refused_with_those_there_are(name: str) -> None:
    assert kind_of(name, catalog=catalog(), day=LATER) is None
    with pytest.raises(
        QingceError, match=r"QC254: 不能评价“air”.*half-year\|season.*rolling-N\|rolling-Nd\|three-year"
    ):
        needed_kind(name, catalog=catalog(), medium="air", day=LATER)


# ---------------------------------------------------------------- values of every kind against the slow way


STRICT = ("season", "autumn-winter", "rolling")


def windows(first: date, last: date) -> Iterator[tuple[str, Period]]:
    for name in (*CALENDAR, "ytd", "autumn-winter", "rolling-3", "rolling-12"):
        for one in spans(name, first, last):
            yield name, one


def expected(
    days: dict[date, dict[str, Fraction]], indicator: str, period: Period, *, strict: bool
) -> dict[str, object]:
    """Value, count and absence of one indicator over one period, by loops; `strict`: each month has its days."""
    quantity, percent = (MEANS[indicator], 0) if indicator in MEANS else PERCENTILES[indicator]
    values = {day: row[quantity] for day, row in days.items() if quantity in row}
    exact, n = slow.mean_over(
        values, period.start, period.end,
        statistic=lambda found: slow.percentile(found, percent) if percent else sum(found, Fraction(0)) / len(found),
    )  # fmt: skip
    whole_year = (period.start, period.end) == slow.period_of("year", period.end)
    whole_month = (period.start, period.end) == slow.period_of("month", period.end)
    absent = None if n else "not_reported"
    if n and max(days) >= period.end and (whole_year or whole_month or strict):
        short = whole_year and n < 324
        day = period.start
        while day <= period.end:
            have = sum((one.year, one.month) == (day.year, day.month) for one in values)
            short = short or have < (25 if day.month == 2 else 27)
            day = slow.month_end(day.year, day.month) + timedelta(1)
        absent = "too_few" if short else None
    statistic_2026 = period.end >= date(2026, 3, 1) and quantity == "pm2_5"
    decimals = 1 if quantity == "co" or statistic_2026 else 0
    return {"exact": None if absent else exact, "n": n, "absent": absent, "decimals": decimals}


def check(row: dict[str, object], wanted: dict[str, object]) -> None:
    assert (row["exact"], row["n"], row["absent"]) == (
        None if wanted["exact"] is None else str(wanted["exact"]), wanted["n"], wanted["absent"],
    ), (row, wanted)  # fmt: skip
    if row["exact"] is not None:
        decimals = int(str(wanted["decimals"]))
        assert Fraction(str(row["text"])) == even(Fraction(str(row["exact"])), decimals)
        assert len(str(row["text"]).partition(".")[2]) == decimals


def judge_all(days: Days) -> int:
    """Compare every city, kind, period and indicator; return how many there were."""
    count = 0
    for city, part in days.items():
        asked = question(days, city)
        for name, period in windows(min(part), max(part)):
            for indicator in (*MEANS, *PERCENTILES):
                row = answer(catalog().indicator(indicator), asked, kind=kind(name), period=period)
                check(row, expected(part, indicator, period, strict=name.startswith(STRICT)))
                count += 1
    return count


def test_random_cities_over_every_kind_of_period() -> None:
    days = made_days(random.Random(3), 1, first=date(2024, 12, 3), last=date(2026, 5, 20), gap=0.06)
    assert judge_all(days) > 400


@pytest.mark.prove
def test_ten_thousand_random_values_over_every_kind_of_period() -> None:
    days = made_days(random.Random(4), 9, first=date(2023, 1, 1), last=date(2026, 8, 20), gap=0.05)
    assert judge_all(days) > 10_000


# ---------------------------------------------------------------- how many days a season and a window need


def lacking(first: date, last: date, *without: tuple[date, int]) -> Days:
    """Days of 20 each but for the first `n` days from each date."""
    gone = {start + timedelta(n) for start, count in without for n in range(count)}
    every = (first + timedelta(n) for n in range((last - first).days + 1))
    return {"c000": {day: {} if day in gone else {"pm2_5": Fraction(20)} for day in every}}


@pytest.mark.parametrize(
    ("name", "period", "month", "gaps", "absent"),
    [
        ("season", ("2025-12-01", "2026-02-28"), "2025-12-01", 4, None),
        ("season", ("2025-12-01", "2026-02-28"), "2025-12-01", 5, "too_few"),
        ("season", ("2025-12-01", "2026-02-28"), "2026-02-01", 3, None),
        ("season", ("2025-12-01", "2026-02-28"), "2026-02-01", 4, "too_few"),
        ("season", ("2027-12-01", "2028-02-29"), "2028-02-01", 4, None),
        ("season", ("2027-12-01", "2028-02-29"), "2028-02-01", 5, "too_few"),
        ("autumn-winter", ("2025-10-01", "2026-03-31"), "2025-11-01", 3, None),
        ("autumn-winter", ("2025-10-01", "2026-03-31"), "2025-11-01", 4, "too_few"),
        ("rolling-3", ("2026-04-01", "2026-06-30"), "2026-05-01", 4, None),
        ("rolling-3", ("2026-04-01", "2026-06-30"), "2026-05-01", 5, "too_few"),
        ("rolling-30d", ("2026-04-11", "2026-05-10"), "2026-04-20", 3, None),
        ("rolling-30d", ("2026-04-11", "2026-05-10"), "2026-04-20", 4, "too_few"),
        ("rolling-7d", ("2026-04-11", "2026-04-17"), "2026-04-12", 0, None),
        ("rolling-7d", ("2026-04-11", "2026-04-17"), "2026-04-12", 1, "too_few"),
    ],
)
def test_a_season_and_a_window_at_the_least_number_of_days(
    name: str, period: tuple[str, str], month: str, gaps: int, absent: str | None
) -> None:
    span = Period(*map(date.fromisoformat, period))
    days = lacking(span.start, span.end, (date.fromisoformat(month), gaps))
    row = ask(days, "pm2_5_annual", name, span)
    assert (row["absent"], row["text"] is None) == (absent, absent is not None)
    assert "规则未核" in str(row["note"])
    assert ("少于" in str(row["note"])) == (absent is not None)


def test_a_season_that_is_not_over_is_told_to_date_and_one_cut_at_its_start_is_not() -> None:
    span = Period(date(2025, 12, 1), date(2026, 2, 28))
    row = ask(lacking(span.start, date(2025, 12, 9)), "pm2_5_annual", "season", span)
    assert (row["text"], row["n"], row["absent"]) == ("20", 9, None)
    row = ask(lacking(date(2026, 1, 20), span.end), "pm2_5_annual", "season", span)
    assert (row["text"], row["absent"]) == (None, "too_few")


@pytest.mark.parametrize("name", ["quarter", "half-year", "ytd"])
def test_where_no_validity_is_declared_what_lacks_is_noted(name: str) -> None:
    span = Period(date(2026, 1, 1), date(2026, 6, 30) if name == "half-year" else date(2026, 3, 31))
    row = ask(lacking(span.start, span.end, (date(2026, 1, 5), 10)), "pm2_5_annual", name, span)
    assert (row["text"] is None, row["absent"]) == (False, None)
    assert "1 月有效 21 天，少于 27 天" in str(row["note"])


# ---------------------------------------------------------------- three years


def three(days: dict[date, dict[str, Fraction]], indicator: str = "pm2_5_annual") -> dict[str, object]:
    return ask({"c000": days}, indicator, "three-year", Period(date(2026, 1, 1), date(2028, 12, 31)))


def full(values: dict[int, int], *, without: tuple[date, ...] = ()) -> dict[date, dict[str, Fraction]]:
    found = {}
    for year, value in values.items():
        for day in Period.year(year):
            found[day] = {} if day in without else {"pm2_5": Fraction(value), "co": Fraction(value, 10)}
    return found


def test_three_years_are_the_mean_of_the_years_not_of_the_days() -> None:
    # 2028 has a day more: the mean of days is (365*30 + 365*31 + 366*33) / 1096 = 31.334…, the mean of years 94/3
    row = three(full({2026: 30, 2027: 31, 2028: 33}))
    assert (row["exact"], row["text"], row["n"], row["n_required"]) == ("94/3", "31.3", 1096, 972)
    assert (row["period"], row["absent"]) == ("2026-01-01/2028-12-31", None)
    assert str(row["id"]).endswith("2026-01-01/2028-12-31:measured")
    assert "规则未核：三年滑动平均" in str(row["note"])
    assert three(full({2026: 30, 2027: 31, 2028: 33}), "co_p95")["text"] == "3.1"


def test_a_year_too_few_refuses_the_three() -> None:
    january = tuple(date(2027, 1, day) for day in range(1, 6))
    assert three(full({2026: 30, 2027: 31, 2028: 33}, without=january[:4]))["absent"] is None
    assert three(full({2026: 30, 2027: 31, 2028: 33}, without=january))["absent"] == "too_few"
    row = three(full({2026: 30, 2028: 33}))
    assert (row["value"], row["exact"], row["absent"]) == (None, None, "not_reported")
    assert "2027 年无有效值" in str(row["note"])


@pytest.mark.parametrize(("gaps", "absent"), [(42, None), (43, "too_few")])
def test_the_last_of_three_years_at_its_limit_of_324_days(gaps: int, absent: str | None) -> None:
    months = [(2028, month, day) for day in range(1, 4) for month in (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]
    many = [(2028, month, 4) for month in (1, 3, 5, 7, 8, 10, 12)] + [(2028, 2, day) for day in (1, 2, 3)]
    without = tuple(date(*one) for one in [*months, *many][:gaps])
    assert three(full({2026: 30, 2027: 31, 2028: 33}, without=without))["absent"] == absent


def test_three_years_of_a_table_by_the_command(tmp_path: object) -> None:
    days = full({2026: 30, 2027: 31, 2028: 33, 2029: 28})
    table = table_of({"c000": days}).rename_columns(
        [{"subject": "city", "day": "time"}.get(name, name) for name in table_of({"c000": days}).column_names]
    )
    shown = evaluate("air", table.select(["city", "time", "pm2_5", "co"]), catalog=catalog(), period="three-year")
    assert shown["time"].to_pylist() == ["2026-01-01/2028-12-31", "2027-01-01/2029-12-31"]
    assert shown["exact_pm2_5_annual"].to_pylist() == ["94/3", "92/3"]
    assert shown["absent_good_day_ratio"].to_pylist() == ["not_reported"] * 2
