"""Every simulated statistic against `evaluate` itself, and against all possible futures of a tiny year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from math import comb

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.core.periods import Period
from qingce.core.tables import VALUE_TYPE
from qingce.evaluate.air.indicator_days import subject_days
from qingce.evaluate.air.indicators import air_indicator
from qingce.evaluate.air.input import QUANTITIES, day_number
from qingce.outlook.air.simulate import COUNTED, air_case, ends_of, quantities_of, running, statistic
from qingce.outlook.certain import certain, never_valid
from qingce.outlook.members import RESOLUTION, Members, accepted, mid_quantiles, most_of, quantiles
from qingce.outlook.question import Question
from qingce.outlook.verdict import bound_of, meets

CATALOG = load_catalog()
YEAR = Period.year(2025)
INDICATORS = ("pm2_5_annual", "o3_p90", "co_p95", "good_day_ratio", "heavy_day_ratio", "heavy_days", "composite_index")


def table(first: date, rows: Sequence[Mapping[str, str | None]], *, subject: str = "X") -> pa.Table:
    """City days from `first` on, one mapping of quantity → value a day; what is not named is 10 (CO 0.5)."""
    columns: dict[str, pa.Array] = {
        "subject": pa.array([subject] * len(rows), pa.string()),
        "day": pa.array([first + timedelta(place) for place in range(len(rows))], pa.date32()),
        "series": pa.array(["measured"] * len(rows), pa.string()),
    }
    for name in QUANTITIES:
        cells = [row.get(name, "0.5" if name == "co" else "10") for row in rows]
        columns[name] = pa.array([None if cell is None else Decimal(cell) for cell in cells], VALUE_TYPE)
    return pa.table(columns)


def random_rows(count: int, seed: int) -> list[dict[str, str]]:
    """Days with one to three decimals, from clean to beyond the scales."""
    rng = np.random.default_rng(seed)
    top = {"co": 8, "so2": 120, "no2": 200, "o3": 300, "o3_8h": 300, "pm10": 420, "pm2_5": 260}
    return [
        {name: f"{rng.uniform(0, top[name]) * rng.choice([0.3, 1]):.3f}" for name in QUANTITIES} for _ in range(count)
    ]


def drawn_of(rows: Sequence[Mapping[str, str]]) -> dict[str, np.ndarray]:
    """The same days as one simulated future."""
    return {name: np.array([[int(Decimal(row[name]) * RESOLUTION) for row in rows]], np.int64) for name in QUANTITIES}


@pytest.mark.parametrize("edition", ["hj633-2012", "hj633-2026"])
@pytest.mark.parametrize("name", INDICATORS)
def test_simulated_statistic_is_what_evaluate_says(name: str, edition: str) -> None:
    rows = random_rows(365, seed=7)
    indicator, known = CATALOG.indicator(name), 120
    whole = air_indicator(
        indicator, table(YEAR.start, rows), scope="X", scope_name="", period=YEAR, series="measured", catalog=CATALOG,
        edition=edition,
    ).to_pylist()[0]  # fmt: skip
    subject = subject_days(table(YEAR.start, rows[:known]), scope="X", series="measured")
    as_of = day_number(YEAR.start) + known - 1
    case = air_case(indicator, subject, period=YEAR, as_of=as_of, catalog=CATALOG, edition=edition)
    drawn = {key: part for key, part in drawn_of(rows[known:]).items() if key in quantities_of(case)}
    assert statistic(case, drawn).at(0) == Fraction(whole["exact"])


@pytest.mark.parametrize("edition", ["hj633-2012", "hj633-2026"])
def test_daily_files_without_hourly_ozone_are_judged_by_what_waives_it(edition: str) -> None:
    """Daily files hold the 8-hour ozone only: evaluate judges such days, so the coming ones need no hourly ozone."""
    rows: list[dict[str, str | None]] = [{**row, "o3": None} for row in random_rows(365, seed=9)]
    indicator, known = CATALOG.indicator("good_day_ratio"), 120
    days = table(YEAR.start, rows)
    whole = air_indicator(
        indicator, days, scope="X", scope_name="", period=YEAR, series="measured", catalog=CATALOG, edition=edition
    ).to_pylist()[0]
    subject = subject_days(days.slice(0, known), scope="X", series="measured")
    as_of = day_number(YEAR.start) + known - 1
    case = air_case(indicator, subject, period=YEAR, as_of=as_of, catalog=CATALOG, edition=edition)
    assert "o3" not in quantities_of(case)
    drawn = {
        name: np.array([[int(Decimal(str(row[name])) * RESOLUTION) for row in rows[known:]]], np.int64)
        for name in quantities_of(case)
    }
    assert statistic(case, drawn).at(0) == Fraction(whole["exact"])
    bare = subject_days(
        table(YEAR.start, [{**row, "o3_8h": None} for row in rows[:known]]), scope="X", series="measured"
    )
    bare_case = air_case(indicator, bare, period=YEAR, as_of=as_of, catalog=CATALOG, edition=edition)
    assert "o3_8h" in quantities_of(bare_case)


@pytest.mark.parametrize("level", [50, 100, 150, 200, 300])
@pytest.mark.parametrize("edition", ["hj633-2012", "hj633-2026"])
def test_days_at_a_breakpoint_and_one_step_beside_it(level: int, edition: str) -> None:
    method = CATALOG.method("aqi", day=YEAR.start, edition=edition)
    rows = {int(row.cells["index"]): row.cells for row in method.tables["breakpoints"]}
    edge = Decimal(rows[level]["pm2_5_24h"])
    near = [edge + Decimal(step) / RESOLUTION for step in (-501, -500, -499, -1, 0, 1, 499, 500, 501)]
    days = [{"pm2_5": str(value)} for value in near]
    indicator = CATALOG.indicator("good_days" if level == 100 else "heavy_days")
    statistic_of = {**indicator.statistic}
    key = "at_most" if "at_most" in statistic_of else "above"
    from dataclasses import replace

    mine = replace(indicator, statistic=statistic_of | {key: level})
    want = air_indicator(
        mine, table(YEAR.start, days), scope="X", scope_name="", period=Period(YEAR.start, YEAR.start + timedelta(8)),
        series="measured", catalog=CATALOG, edition=edition,
    ).to_pylist()[0]  # fmt: skip
    period = Period(YEAR.start, YEAR.start + timedelta(8))
    empty = subject_days(table(YEAR.start, []), scope="X", series="measured")
    before = day_number(YEAR.start) - 1
    case = air_case(mine, empty, period=period, as_of=before, catalog=CATALOG, edition=edition)
    full = [{name: day.get(name, "0.5" if name == "co" else "10") for name in QUANTITIES} for day in days]
    drawn = {key: part for key, part in drawn_of(full).items() if key in quantities_of(case)}
    assert statistic(case, drawn).at(0) == Fraction(want["exact"])


def test_all_futures_of_a_tiny_year() -> None:
    """Three days are known, four to come, each one of three kinds: all 81 futures, the chance exactly."""
    kinds = ["20", "35.5", "90.25"]
    period = Period(date(2025, 3, 1), date(2025, 3, 7))
    known = ["36", "34.123", "50"]
    subject = subject_days(table(period.start, [{"pm2_5": value} for value in known]), scope="X", series="measured")
    case = air_case(
        CATALOG.indicator("pm2_5_annual"), subject, period=period, as_of=day_number(date(2025, 3, 3)), catalog=CATALOG
    )
    futures = list(product(kinds, repeat=4))
    drawn = {"pm2_5": np.array([[int(Decimal(v) * RESOLUTION) for v in future] for future in futures], np.int64)}
    members = statistic(case, drawn)
    for target, step in product((40, Fraction(91, 2), 50), (None, Decimal(1), Decimal("0.1"))):
        want = [
            meets(sum(map(Fraction, (*known, *future)), Fraction(0)) / 7, target, "<=", step=step) for future in futures
        ]
        assert accepted(members, Fraction(target), "<=", step=step).tolist() == want
    order = sorted(sum(map(Fraction, (*known, *future)), Fraction(0)) / 7 for future in futures)
    assert quantiles(members, (10, 50, 90)) == (order[8], order[40], order[72])


def test_thirds_stay_exact() -> None:
    """A city day of three sites is a third of something: the sum stays a fraction."""
    days = table(date(2025, 3, 1), [{"pm2_5": "30"}] * 2)
    days = days.append_column("num_pm2_5", pa.array([100, 101], pa.int64()))
    days = days.append_column("den_pm2_5", pa.array([3, 7], pa.int64()))
    period = Period(date(2025, 3, 1), date(2025, 3, 4))
    case = air_case(
        CATALOG.indicator("pm2_5_annual"), subject_days(days, scope="X", series="measured"), period=period,
        as_of=day_number(date(2025, 3, 2)), catalog=CATALOG,
    )  # fmt: skip
    members = statistic(case, {"pm2_5": np.array([[30_000, 40_500]], np.int64)})
    assert members.at(0) == (Fraction(100, 3) + Fraction(101, 7) + 30 + Fraction(81, 2)) / 4


@pytest.mark.parametrize("comparator", ["<=", "<", ">=", ">"])
def test_a_verdict_at_the_limit_is_the_official_one(comparator: str) -> None:
    values = [Fraction(n, 1000) for n in (34_499, 34_500, 34_501, 35_000, 35_499, 35_500, 35_501, 36_500)]
    members = Members(np.array([int(value * 1000) for value in values]), 1000)
    for step in (None, Decimal(1), Decimal("0.1")):
        want = [meets(value, 35, comparator, step=step) for value in values]
        assert accepted(members, Fraction(35), comparator, step=step).tolist() == want


def test_a_range_has_two_sides() -> None:
    members = Members(np.array([5, 6, 9, 10]), 1)
    assert accepted(members, (Fraction(9), Fraction(6)), "range", step=None).tolist() == [False, True, True, False]


def test_largest_whole_number_within_a_bound() -> None:
    assert most_of(bound_of(75, "<=", None)) == 75 * RESOLUTION
    assert most_of(bound_of(75, "<=", Decimal(1))) == 75_499  # 75.5 rounds to 76
    assert most_of(bound_of(76, "<=", Decimal(1))) == 76_500  # and so does 76.5


def question(target: int, comparator: str = "<=", name: str = "pm2_5_annual") -> Question:
    return Question("T", CATALOG.indicator(name), "X", YEAR, comparator, Fraction(target))


@pytest.mark.parametrize(("target", "state"), [(19, "lost"), (20, "open"), (300, "open")])
def test_a_mean_may_be_lost_but_never_safe(target: int, state: str) -> None:
    subject = subject_days(table(YEAR.start, [{"pm2_5": "73"}] * 100), scope="X", series="measured")
    as_of = day_number(YEAR.start) + 99
    case = air_case(CATALOG.indicator("pm2_5_annual"), subject, period=YEAR, as_of=as_of, catalog=CATALOG)
    assert certain(case, question(target)) == state  # 73 · 100 / 365 = 20 exactly


@pytest.mark.parametrize(("target", "state"), [(97, "lost"), (96, "open"), (15, "open"), (14, "safe")])
def test_good_days_may_be_lost_or_safe(target: int, state: str) -> None:
    rows = [{"pm2_5": "300"}] * 12 + [{}] * 52
    subject = subject_days(table(YEAR.start, rows), scope="X", series="measured")
    indicator = CATALOG.indicator("good_day_ratio")
    as_of = day_number(YEAR.start) + 63
    case = air_case(indicator, subject, period=YEAR, as_of=as_of, catalog=CATALOG)
    assert certain(case, question(target, ">=", "good_day_ratio")) == state  # 353 / 365 at best, 52 / 365 at worst


def test_a_year_that_can_no_longer_be_valid() -> None:
    rows: list[dict[str, str | None]] = [{"pm2_5": None}] * 60 + [{}] * 10
    subject = subject_days(table(YEAR.start, rows), scope="X", series="measured")
    as_of = day_number(YEAR.start) + 69
    case = air_case(CATALOG.indicator("pm2_5_annual"), subject, period=YEAR, as_of=as_of, catalog=CATALOG)
    assert "有效日至多 305 天，少于要求的 324 天" in never_valid(case)


def test_a_month_too_short_spoils_the_year() -> None:
    rows: list[dict[str, str | None]] = [{"pm2_5": None}] * 10 + [{}] * 60
    subject = subject_days(table(YEAR.start, rows), scope="X", series="measured")
    as_of = day_number(YEAR.start) + 69
    case = air_case(CATALOG.indicator("pm2_5_annual"), subject, period=YEAR, as_of=as_of, catalog=CATALOG)
    assert never_valid(case) == "1 月有效日 21 天，少于要求的 27 天，值将无效"


@pytest.mark.parametrize("name", INDICATORS)
def test_the_running_statistic_is_the_statistic_of_each_stretch(name: str) -> None:
    rows = random_rows(60, seed=9)
    subject = subject_days(table(YEAR.start, rows[:30]), scope="X", series="measured")
    case = air_case(
        CATALOG.indicator(name), subject, period=Period(YEAR.start, YEAR.start + timedelta(59)),
        as_of=day_number(YEAR.start) + 29, catalog=CATALOG,
    )  # fmt: skip
    drawn = {key: part for key, part in drawn_of(rows[30:]).items() if key in quantities_of(case)}
    counts = [1, 7, 30]
    found = [members.at(0) for members in running(case, drawn, counts)]
    assert found == [statistic(case, drawn, days=days).at(0) for days in counts]


def slow_mid(values: Sequence[int], percent: int) -> Fraction:
    """The mid-distribution quantile by its definition: F(x-) + f(x) / 2, straight lines between."""
    size = len(values)
    points = [(Fraction(sum(v < x for v in values)) + Fraction(values.count(x), 2), x) for x in sorted(set(values))]
    want = Fraction(percent * size, 100)
    if want <= points[0][0]:
        return Fraction(points[0][1])
    for (low, x), (high, y) in pairwise(points):
        if want <= high:
            return x + (want - low) / (high - low) * (y - x)
    return Fraction(points[-1][1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(1, 99))
def test_mid_quantiles_are_those_of_the_definition(values: list[int], percent: int) -> None:
    members = Members(np.array(values, np.int64), 7)
    assert mid_quantiles(members, (percent,)) == (slow_mid(values, percent) / 7,)


def test_mid_quantiles_of_few_values_are_known() -> None:
    """A fair coin: its median lies between the sides, what lies beyond the first quarter is a side."""
    coin = Members(np.array([0, 1] * 50, np.int64), 1)
    assert mid_quantiles(coin, (10, 25, 50, 75, 90)) == (0, 0, Fraction(1, 2), 1, 1)
    sure = Members(np.array([5] * 8, np.int64), 1)
    assert mid_quantiles(sure, (10, 50, 90)) == (5, 5, 5)


def test_an_interval_of_counts_covers_what_it_says() -> None:
    """Over binomial counts of 4 to 60 days: plain quantiles hold more than 80 %, mid-quantiles do not."""
    plain, mid = [], []
    for days, share in product(range(4, 61, 4), (Fraction(1, 4), Fraction(1, 2), Fraction(4, 5))):
        chances = [comb(days, k) * share**k * (1 - share) ** (days - k) for k in range(days + 1)]
        values = np.repeat(np.arange(days + 1), [int(4000 * chance + Fraction(1, 2)) for chance in chances])
        members = Members(values.astype(np.int64), 1)
        for told, found in ((plain, quantiles), (mid, mid_quantiles)):
            low, high = found(members, (10, 90))
            told.append(float(sum(chance for k, chance in enumerate(chances) if low <= k <= high)))
    assert np.mean(plain) > 0.845
    assert abs(np.mean(mid) - 0.8) < 0.015


def test_only_counts_of_days_have_mid_quantiles() -> None:
    members = Members(np.array([0, 0, 1, 3], np.int64), 1)
    for name in INDICATORS:
        subject = subject_days(table(date(2025, 1, 1), random_rows(3, 1)), scope="X", series="measured")
        case = air_case(CATALOG.indicator(name), subject, period=YEAR, as_of=day_number(date(2025, 1, 3)),
                        catalog=CATALOG)  # fmt: skip
        want = mid_quantiles if case.verb in COUNTED else quantiles
        assert ends_of(case, members, (10, 50, 90)) == want(members, (10, 50, 90))
        assert (case.verb in COUNTED) == ("day" in name)
