"""Spearman trends: the annex's example, each critical value, ties, 10,000 random series against the slow way."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.air_made import catalog
from tests.evaluate.more_made import Days, table_of
from tests.oracle import air_more as slow

from qingce.catalog.methods import Method
from qingce.core.errors import QingceError
from qingce.core.periods import Period
from qingce.evaluate.air.indicator_days import subject_days
from qingce.evaluate.air.periods import Question, kind_of
from qingce.evaluate.air.trend import TREND, spearman, trend_row, trend_table, verdict_of

METHODS = ("hj663-2013", "hj663-2026")


def method(name: str = "hj663-2013") -> Method:
    return catalog().methods[name]


def series(*values: object) -> list[Fraction]:
    return [Fraction(str(value)) for value in values]


def test_the_example_stands_exactly_on_the_critical_value() -> None:
    rs = spearman(series(40, 38, 39, 35, 30))
    assert rs == Fraction(-9, 10)
    found = verdict_of(rs, 5, method=method())
    assert (found.told, found.critical, found.critical_01, found.note) == ("显著下降", Fraction(9, 10), 1, "")


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("count", slow.CRITICAL)
def test_each_critical_value_and_a_step_below_it(name: str, count: int) -> None:
    bound, step = Fraction(slow.CRITICAL[count]), Fraction(1, count**3 - count)
    for sign, told in ((1, "显著上升"), (-1, "显著下降")):
        assert verdict_of(sign * bound, count, method=method(name)).told == told
        assert verdict_of(sign * (bound + step), count, method=method(name)).told == told
        assert verdict_of(sign * (bound - step), count, method=method(name)).told == "无显著变化"


@pytest.mark.parametrize(("count", "used"), [(11, 10), (13, 12), (29, 28)])
def test_a_count_between_two_rows_takes_the_stricter_and_says_so(count: int, used: int) -> None:
    found = verdict_of(Fraction(slow.CRITICAL[used]), count, method=method())
    assert (found.told, found.critical) == ("显著上升", Fraction(slow.CRITICAL[used]))
    assert found.note == f"表中没有 N={count}，用 N={used} 的临界值"


@pytest.mark.parametrize(
    ("count", "words"), [(2, "不足 5 个时段"), (4, "不足 5 个时段"), (31, "31 个时段超出临界值表")]
)
def test_outside_the_table_there_is_no_verdict(count: int, words: str) -> None:
    found = verdict_of(Fraction(1), count, method=method())
    assert (found.told, found.critical) == (None, None)
    assert words in found.note


def test_one_value_is_no_series() -> None:
    with pytest.raises(QingceError, match=r"QC250.*两个值"):
        spearman(series(3))


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    # ranks 1.5 1.5 3 4.5 4.5: d = -0.5 0.5 0 -0.5 0.5, Σd² = 1
    assert spearman(series(10, 10, 20, 30, 30)) == 1 - Fraction(6, 120)
    assert spearman(series(7, 7, 7)) == 1 - Fraction(6 * 2, 24)


def test_all_orders_of_six_agree_with_the_slow_way() -> None:
    for order in permutations(range(6)):
        values = series(*order)
        rs, told = slow.trend(values)
        assert spearman(values) == rs
        assert verdict_of(rs, 6, method=method()).told == told


@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.prove)])
def test_random_series_agree_with_the_slow_way(count: int) -> None:
    made = random.Random(7)
    for _ in range(count):
        years = made.randint(2, 32)
        slope = made.choice((-1, 0, 0, 1))
        values = [Fraction(made.randint(0, made.choice((4, 40))) + slope * place) for place in range(years)]
        rs, told = slow.trend(values)
        assert spearman(values) == rs
        assert verdict_of(rs, years, method=method(METHODS[years % 2])).told == told


@given(st.lists(st.fractions(0, 500, max_denominator=50), min_size=2, max_size=20, unique=True))
def test_reversed_time_turns_the_sign(values: list[Fraction]) -> None:
    assert spearman(values) == -spearman(values[::-1])
    assert -1 <= spearman(values) <= 1
    assert spearman(sorted(values)) == 1


# ---------------------------------------------------------------- of a city's years


def of_years(values: dict[int, int], *, without: tuple[int, ...] = ()) -> dict[str, object]:
    days: Days = {"c000": {}}
    for year, value in values.items():
        for day in Period.year(year):
            days["c000"][day] = {"pm2_5": Fraction(value)} if year not in without or day.month > 6 else {}
    kind = kind_of("year", catalog=catalog(), day=date(2026, 1, 1))
    assert kind is not None
    subject = subject_days(table_of(days), scope="c000", series="measured")
    asked = Question(subject, "c000", "甲市", "measured", max(days["c000"]), catalog())
    periods = [Period.year(year) for year in range(min(values), max(values) + 1)]
    return dict(trend_row(catalog().indicator("pm2_5_annual"), asked, kind=kind, periods=periods))


def test_five_years_of_a_city() -> None:
    row = of_years({2019: 40, 2020: 38, 2021: 39, 2022: 35, 2023: 30})
    assert (row["told"], row["exact"], row["n"], row["values"]) == ("显著下降", "-9/10", 5, "40 38 39 35 30")
    assert (row["first"], row["last"], row["left_out"], row["review"]) == ("2019", "2023", "", "national")
    assert "规则未核：附录 B" in str(row["note"])
    assert trend_table([row]).column_names == list(TREND)  # type: ignore[list-item]


def test_a_year_without_a_valid_value_is_left_out_and_named() -> None:
    row = of_years({2018: 41, 2019: 40, 2020: 90, 2021: 39, 2022: 35, 2023: 30}, without=(2020,))
    assert (row["n"], row["left_out"], row["values"], row["told"]) == (5, "2020", "41 40 39 35 30", "显著下降")


def test_four_years_are_too_few_for_a_verdict() -> None:
    row = of_years({2019: 40, 2020: 38, 2021: 37, 2022: 35})
    assert (row["told"], row["absent"], row["exact"]) == (None, "too_few", "-1")
    assert "不足 5 个时段" in str(row["note"])
    assert of_years({2019: 40})["absent"] == "too_few"
