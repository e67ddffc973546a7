"""Indicator values: story 1 on real data, validity at each edge, running periods, editions, refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, daily, exceptions, observations, sites
from tests.oracle import air as slow

from qingce.core.errors import QingceError
from qingce.core.periods import Period, parse_period
from qingce.core.records import Indicator
from qingce.core.tables import VALUE
from qingce.evaluate import air_indicator, bad_days, evaluate_air_days
from qingce.evaluate.kernels.exact import Ratios, rounded
from qingce.evaluate.kernels.statistics import mean_of, percentile_of

TO_MAY = parse_period("2026-01/2026-05")
CLEAN = {"so2": 10, "no2": 20, "co": "0.5", "o3_8h": 90, "pm10": 40, "pm2_5": 20}


def answer(days: pa.Table, name: str | Indicator, period: Period, **more: object) -> dict[str, object]:
    indicator = name if isinstance(name, Indicator) else catalog().indicator(name)
    asked: dict[str, object] = {"scope": "990100", "scope_name": "云泽市", "series": "measured", "catalog": catalog()}
    table = air_indicator(indicator, days, period=period, **asked | more)  # type: ignore[arg-type]
    assert table.schema == VALUE
    return dict(table.to_pylist()[0])


def days_of(made: list[dict[str, object]], *, listed: pa.Table = NO_EXCEPTIONS, edition: str = "auto") -> pa.Table:
    return evaluate_air_days(observations(made), sites(["A"]), listed, catalog=catalog(), edition=edition).city_days


def year(values: dict[date, dict[str, object]]) -> pa.Table:
    return days_of([daily("A", name, day, value=v) for day, row in values.items() for name, v in row.items()])


# ---------------------------------------------------------------- story 1: Taiyuan on 2026-05-31


@pytest.fixture(scope="module")
def taiyuan(shared: Path) -> pa.Table:
    """Daily values of 2025-01-01 to 2026-05-31, ozone missing, two sand days of the national list."""
    file = shared / "data/air_31capitals_daily_2025_2026/capital_daily.parquet"
    source = [row for row in pq.read_table(file).to_pylist() if row["city"] == "太原"]
    made = [
        daily("太原", name, row["date"].date(), value=row[column])
        for row in source
        if row["date"].date() <= date(2026, 5, 31)
        for name, column in {"so2": "so2", "no2": "no2", "co": "co", "pm10": "pm10", "pm2_5": "pm25"}.items()
    ]
    places = sites(["太原"], city="140100", city_name="太原市")
    listed = exceptions({"scope": "140100", "start": date(2026, 2, 21), "end": date(2026, 2, 22)})
    return evaluate_air_days(observations(made), places, listed, catalog=catalog()).city_days


def in_taiyuan(days: pa.Table, name: str, period: Period, **more: object) -> dict[str, object]:
    return answer(days, name, period, scope="140100", scope_name="太原市", **more)


def shown(row: dict[str, object], decimals: int = 2) -> str:
    return str(slow.even(Fraction(str(row["exact"])), decimals).__float__())


def test_story_1_means_to_date_in_both_series(taiyuan: pa.Table) -> None:
    measured = in_taiyuan(taiyuan, "pm2_5_annual", TO_MAY)
    assert (measured["exact"], measured["n"], shown(measured)) == ("6341/151", 151, "41.99")
    assert (measured["value"], measured["text"], measured["unit"]) == (Decimal("42.000000"), "42.0", "ug/m3")
    deducted = in_taiyuan(taiyuan, "pm2_5_annual", TO_MAY, series="deducted")
    assert (shown(deducted), deducted["n"]) == ("41.64", 149)
    assert shown(in_taiyuan(taiyuan, "pm10_annual", TO_MAY)) == "91.36"
    assert shown(in_taiyuan(taiyuan, "pm10_annual", TO_MAY, series="deducted")) == "87.52"
    assert "120号" in str(deducted["note"])
    assert "120号" not in str(measured["note"])


def test_story_1_days_not_good_by_particles_alone(taiyuan: pa.Table) -> None:
    """23 under the breakpoints of 2012, 26 by date, 34 with those of 2026 throughout; the ratio itself is refused."""
    for edition, count in (("hj633-2012", 23), ("auto", 26), ("hj633-2026", 34)):
        given_days = {"scope": "140100", "period": TO_MAY, "series": "measured", "catalog": catalog()}
        assert bad_days(taiyuan, edition=edition, **given_days) == count  # type: ignore[arg-type]
        ratio = in_taiyuan(taiyuan, "good_day_ratio", TO_MAY, edition=edition)
        assert (ratio["value"], ratio["exact"], ratio["text"], ratio["absent"]) == (None, None, None, "not_reported")
        assert str(ratio["note"]).startswith(f"臭氧未上报，不能判定；仅按已有项目，AQI 大于 100 的已有 {count} 天")
    assert in_taiyuan(taiyuan, "composite_index", TO_MAY)["absent"] == "not_reported"
    assert in_taiyuan(taiyuan, "o3_p90", TO_MAY)["absent"] == "not_reported"


def test_story_1_the_year_2025(taiyuan: pa.Table) -> None:
    row = in_taiyuan(taiyuan, "pm2_5_annual", Period.year(2025))
    assert (shown(row), row["n"], row["n_required"], row["absent"]) == ("35.87", 365, 324, None)
    assert (row["method"], row["text"]) == ("hj663-2013", "36")  # 2013 tells whole numbers
    assert in_taiyuan(taiyuan, "pm2_5_annual", Period.year(2025), edition="hj663-2026")["text"] == "35.9"


# ---------------------------------------------------------------- validity


def filled(first: date, last: date, *, without: frozenset[date] = frozenset()) -> dict[date, dict[str, object]]:
    span = (first + timedelta(n) for n in range((last - first).days + 1))
    return {day: {"pm2_5": 30} for day in span if day not in without}


def dropped(year_number: int, per_month: dict[int, int]) -> frozenset[date]:
    return frozenset(date(year_number, month, day) for month, n in per_month.items() for day in range(1, n + 1))


# every month but February down to its 27 days
SPARSE = {month: 4 if month in (1, 3, 5, 7, 8, 10, 12) else 3 for month in range(1, 13) if month != 2}


@pytest.mark.parametrize(
    ("without", "n", "absent", "words"),
    [
        ({}, 365, None, ""),
        (SPARSE | {2: 1}, 324, None, ""),
        (SPARSE | {2: 2}, 323, "too_few", "有效 323 天，少于 324 天"),
        ({6: 4}, 361, "too_few", "6 月有效 26 天，少于 27 天"),
        ({2: 3}, 362, None, ""),
        ({2: 4}, 361, "too_few", "2 月有效 24 天，少于 25 天"),
    ],
)  # fmt: skip
def test_a_year_needs_324_days_and_27_of_each_month(
    without: dict[int, int], n: int, absent: str | None, words: str
) -> None:
    days = year(filled(date(2025, 1, 1), date(2025, 12, 31), without=dropped(2025, without)))
    row = answer(days, "pm2_5_annual", Period.year(2025))
    assert (row["n"], row["absent"], row["note"]) == (n, absent, words)
    assert (row["value"] is None, row["exact"] is None) == (bool(absent), bool(absent))


def test_a_running_year_is_told_to_date_and_the_ended_one_is_refused() -> None:
    days = year(filled(date(2025, 1, 1), date(2025, 6, 30)))
    running = answer(days, "pm2_5_annual", Period.year(2025))
    assert (running["exact"], running["n"], running["n_required"], running["absent"]) == ("30", 181, 324, None)
    assert running["note"] == "时段未完，截至 2025-06-30 有效 181 天（满时段至少 324 天）"
    assert (running["start"], running["end"]) == (date(2025, 1, 1), date(2025, 6, 30))
    assert answer(days, "pm2_5_annual", Period.year(2025), as_of=date(2025, 12, 31))["absent"] == "too_few"


@pytest.mark.parametrize(
    ("period", "missing", "required", "absent"),
    [
        ("2025-05", 4, 27, None), ("2025-05", 5, 27, "too_few"), ("2025-02", 3, 25, None),
        ("2025-02", 4, 25, "too_few"), ("2025-Q2", 5, 81, None),
        ("2025-01/2025-05", 9, 133, None), ("2025-05-10", 0, 0, None),
    ],
)  # fmt: skip
def test_months_are_judged_and_open_rules_are_flagged(
    period: str, missing: int, required: int, absent: str | None
) -> None:
    """Months have a written rule; for quarters and other windows it is not yet read: told, with the open question."""
    span = parse_period(period)
    gone = frozenset(span.start + timedelta(n) for n in range(missing))
    row = answer(year(filled(date(2025, 1, 1), date(2025, 12, 31), without=gone)), "pm2_5_annual", span)
    assert (row["n_required"], row["absent"], row["n"]) == (required, absent, span.days - missing)
    assert ("规则未核" in str(row["note"])) == (span.kind in ("quarter", "window"))


def test_no_day_at_all_is_not_reported() -> None:
    days = year(filled(date(2025, 1, 1), date(2025, 1, 31)))
    for name, scope in (("pm2_5_annual", "990999"), ("so2_annual", "990100"), ("good_day_ratio", "990999")):
        row = answer(days, name, Period.month(2025, 1), scope=scope)
        assert (row["value"], row["absent"], row["n"], row["review"]) == (None, "not_reported", 0, None)


# ---------------------------------------------------------------- verbs


def month_of(rows: list[dict[str, object]], *, first: date = date(2026, 4, 1)) -> pa.Table:
    return year({first + timedelta(n): CLEAN | row for n, row in enumerate(rows)})


APRIL = Period.month(2026, 4)


def test_shares_and_counts_of_days() -> None:
    days = month_of([{"pm2_5": value} for value in (60, 61, 150, 151, 250, 251)] + [{}] * 24)
    good = answer(days, "good_day_ratio", APRIL)
    assert (good["exact"], good["text"], good["n"]) == (str(Fraction(2500, 30)), "83.3", 30)
    assert good["method"] == "hj663-2026+hj633-2026"
    assert answer(days, "heavy_days", APRIL)["exact"] == "3"
    share, good = (answer(days, name, APRIL) for name in ("good_day_ratio", "good_days"))
    assert Fraction(str(good["exact"])) == Fraction(str(share["exact"])) * good["n"] / 100
    assert answer(days, "heavy_day_ratio", APRIL)["exact"] == "10"


def test_a_day_that_lacks_an_item_counts_only_when_it_is_bad_already() -> None:
    days = month_of([{"o3_8h": None}] * 3 + [{"o3_8h": None, "pm2_5": 90}] + [{}] * 26)
    row = answer(days, "good_day_ratio", APRIL)
    assert (row["n"], row["exact"]) == (27, str(Fraction(2600, 27)))
    assert "有项目缺测且其余项目 AQI 未超过 100 的 3 天不计" in str(row["note"])


def test_deducted_days_are_judged_by_what_remains() -> None:
    made = [
        daily("A", name, date(2026, 4, 1) + timedelta(n), value=value)
        for n in range(30)
        for name, value in (CLEAN | {"pm10": 400 if n < 3 else 40}).items()
    ]
    days = days_of(made, listed=exceptions({"scope": "990100", "start": date(2026, 4, 1), "end": date(2026, 4, 2)}))
    found = [answer(days, "good_day_ratio", APRIL, series=series) for series in ("measured", "deducted")]
    assert [row["exact"] for row in found] == ["90", str(Fraction(2900, 30))]
    assert [row["n"] for row in found] == [30, 30]
    assert str(found[1]["note"]).count("规则未核") == 2


def test_the_composite_index_of_a_published_case() -> None:
    """naimanyun.cn: 9, 14, 77, 23, CO 1.1, O3 96 under the limits of 2012 are 3.14: rounded terms, then summed."""
    rows = [{"so2": 9, "no2": 14, "pm10": 77, "co": "1.1", "o3_8h": 96, "pm2_5": 23}] * 31
    days = month_of(rows, first=date(2021, 1, 1))
    row = answer(days, "composite_index", Period.month(2021, 1))
    assert (row["text"], row["exact"], row["limits"]) == ("3.14", "157/50", "gb3095-2012")
    newer = answer(days, "composite_index", Period.month(2021, 1), edition="gb3095-2026-final")
    assert (newer["text"], newer["limits"]) == ("4.26", "gb3095-2026-final")


@pytest.mark.parametrize(
    ("scheme", "expected"), [("unweighted", "3.43"), ("weighted", "5.92"), ("unweighted_2012_limits", "3.14")]
)
def test_named_schemes_of_the_composite_index(scheme: str, expected: str) -> None:
    """0.15 + 0.35 + 1.28 + 0.28 + 0.60 + 0.77, or NO2 and O3 twice and PM2.5 thrice."""
    rows = [{"so2": 9, "no2": 14, "pm10": 77, "co": "1.1", "o3_8h": 96, "pm2_5": 23}] * 30
    base = catalog().indicator("composite_index")
    chosen = replace(base, statistic=base.statistic | {"scheme": scheme})
    assert answer(month_of(rows), chosen, APRIL)["text"] == expected


@given(st.lists(st.fractions(0, 500, max_denominator=400), min_size=1, max_size=40), st.integers(0, 100))
@settings(max_examples=150, deadline=None)
def test_mean_and_percentile_are_the_oracles(values: list[Fraction], percent: int) -> None:
    exact = Ratios(*(pa.array([getattr(v, part) for v in values]).to_numpy() for part in ("numerator", "denominator")),
                   pa.array([True] * len(values)).to_numpy(zero_copy_only=False))  # fmt: skip
    assert percentile_of(exact, Fraction(percent)) == slow.percentile(values, percent)
    assert mean_of(exact) == slow.mean(values)
    for decimals in (0, 1):
        told = rounded(exact, decimals)
        assert [Fraction(int(n), int(d)) for n, d in zip(told.num, told.den, strict=True)] == [
            slow.even(value, decimals) for value in values
        ]


def test_percentiles_of_a_full_year_interpolate() -> None:
    """n = 365: rank 1 + 364 · 0.9 = 328.6 of 1 … 365."""
    days = year({date(2025, 1, 1) + timedelta(n): {"o3_8h": n + 1, "co": n + 1} for n in range(365)})
    assert answer(days, "o3_p90", Period.year(2025))["exact"] == str(Fraction(3286, 10))
    assert answer(days, "co_p95", Period.year(2025))["exact"] == str(Fraction(3468, 10))


# ---------------------------------------------------------------- who says so


def test_a_value_names_its_review_method_and_id() -> None:
    made = [daily("A", "pm2_5", date(2026, 4, n), value=30, review="national") for n in range(1, 31)]
    assert answer(days_of(made), "pm2_5_annual", APRIL)["review"] == "national"
    made[4]["review"] = "provincial"
    row = answer(days_of(made), "pm2_5_annual", APRIL)
    assert (row["review"], row["id"], row["period"]) == (
        "provincial",
        "V:pm2_5_annual:990100:2026-04:measured",
        "2026-04",
    )


def test_days_without_exact_columns_are_read_by_their_decimals() -> None:
    days = month_of([{}] * 30)
    plain = days.select([name for name in days.column_names if not name.startswith(("num_", "den_", "absent_"))])
    assert answer(plain, "pm2_5_annual", APRIL)["exact"] == "20"
    assert answer(plain.select(["subject", "day", "series", "pm2_5"]), "pm2_5_annual", APRIL)["n"] == 30


def test_an_indicator_that_is_not_ours_is_refused() -> None:
    base = catalog().indicator("forest_cover")
    with pytest.raises(
        QingceError, match=r"QC255: 指标“forest_cover”没有由本系统计算的方法（none）.*Import its official"
    ):
        answer(month_of([{}]), base, APRIL)
    broken = replace(base, statistic={"verb": "day_count"})
    with pytest.raises(QingceError, match=r"QC103: 缺少必需的键或列“statistic\.above”。forest_cover"):
        answer(month_of([{}]), broken, APRIL)
