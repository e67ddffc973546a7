"""What remains of today: stories' numbers, a brute-force oracle over sites with gaps, breakpoints from content."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.errors import CampaignError
from qingce.outlook import meets, percentile_quota, shared_today_quota, today_quota, today_quotas

DAY = date(2026, 4, 10)
TINY = Fraction(1, 10**9)
ONE = Decimal(1)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def hours(**values: list[int | None]) -> pa.Table:
    """Hourly observations: `A1__pm2_5=[…]` from midnight on."""
    start = datetime(DAY.year, DAY.month, DAY.day)
    rows = [
        {
            "site": key.split("__")[0],
            "parameter": key.split("__")[1],
            "time": start + timedelta(hours=hour),
            "value": None if value is None else Decimal(value),
        }
        for key, series in values.items()
        for hour, value in enumerate(series)
    ]
    fields = [("site", pa.string()), ("parameter", pa.string()), ("time", pa.timestamp("s"))]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, ("value", pa.decimal128(18, 6))]))


def told(
    catalog: Catalog, *, upto: int = 100, day: date = DAY, passed: int = 15, **values: list[int | None]
) -> dict[str, str]:
    sites = sorted({key.split("__")[0] for key in values})
    subjects = {site: [site] for site in sites} | {"city": sites}
    table = hours(**values)
    if day != DAY:
        moved = [at + timedelta(days=(day - DAY).days) for at in table["time"].to_pylist()]
        table = table.set_column(2, "time", pa.array(moved, pa.timestamp("s")))
    return {q.part: q.text for q in today_quotas(table, subjects, day=day, passed=passed, upto=upto, catalog=catalog)}


def test_story_2_nine_hours_for_the_day_to_round_to_60(catalog: Catalog) -> None:
    assert told(catalog, A1__pm2_5=[66] * 15)["A1/pm2_5"] == "剩余 9 小时均值 ≤ 51.3"


def test_the_edition_of_the_day_gives_breakpoint_and_rounding(catalog: Catalog) -> None:
    """Until 2026-02-28: 75 and no rounding before the index, (75·24 − 990)/9 = 90."""
    before = told(catalog, day=date(2026, 2, 28), A1__pm2_5=[66] * 15)
    assert before["A1/pm2_5"] == "剩余 9 小时均值 ≤ 90.0"


def test_other_levels_and_parameters(catalog: Catalog) -> None:
    found = told(catalog, upto=150, A1__pm10=[300] * 15, A1__co=[2] * 15)
    assert found["A1/pm10"] == "剩余 9 小时均值 ≤ 168.0"  # 250.5 → 250: (250.5·24 − 4500)/9
    assert found["A1/co"] == "剩余 9 小时均值 ≤ 34.13"  # 14.05 → 14.0: (14.05·24 − 30)/9


def test_a_citys_sites_share_what_is_left(catalog: Catalog) -> None:
    found = told(catalog, A1__pm2_5=[70] * 15, A2__pm2_5=[62] * 15)
    assert found["city/pm2_5"] == "剩余 9 小时均值 ≤ 51.3"
    assert found["A1/pm2_5"] == "剩余 9 小时均值 ≤ 44.7"


def test_lost_today(catalog: Catalog) -> None:
    assert told(catalog, A1__pm2_5=[200] * 15)["A1/pm2_5"] == "今日已不可能保持在该级别"


def test_ozone_is_told_for_sites(catalog: Catalog) -> None:
    found = told(catalog, passed=14, A1__o3=[100] * 12 + [200] * 2, A2__o3=[50] * 14)
    assert found["A1/o3_8h"] == "剩余 10 小时每小时 ≤ 147.3"
    assert "city/o3_8h" not in found


def test_an_index_that_is_no_breakpoint(catalog: Catalog) -> None:
    with pytest.raises(CampaignError, match=r"QC404: 口径设置“AQI .*”的值“101”不合法"):
        told(catalog, upto=101, A1__pm2_5=[66] * 15)


@given(
    sites=st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=15, max_size=15), min_size=1, max_size=5
    ),
    step=st.sampled_from([None, ONE]),
)
def test_what_the_sites_may_average_is_the_last_that_keeps_the_level(
    sites: list[list[int | None]], step: Decimal | None
) -> None:
    sums = [
        (sum((Fraction(v) for v in site if v is not None), Fraction(0)), sum(v is not None for v in site))
        for site in sites
    ]
    quota = shared_today_quota(sums, remaining=9, ceiling=Fraction(60), step=step)

    def verdict(rest: Fraction) -> bool:
        means = []
        for site in sites:
            day = [Fraction(value) for value in site if value is not None] + [rest] * 9
            means.append(sum(day, Fraction(0)) / len(day))
        return meets(sum(means, Fraction(0)) / len(means), 60, "<=", step=step)

    assert quota.allowed is not None
    assert verdict(quota.allowed) is quota.inclusive
    assert verdict(quota.allowed - TINY)
    assert not verdict(quota.allowed + TINY)
    assert (quota.state == "open") is verdict(Fraction(0))


@given(total=st.integers(0, 3000), done=st.integers(1, 23), step=st.sampled_from([None, ONE]))
def test_one_site_is_the_plain_quota(total: int, done: int, step: Decimal | None) -> None:
    plain = today_quota(total, done=done, remaining=24 - done, ceiling=60, step=step)
    shared = shared_today_quota([(Fraction(total), done)], remaining=24 - done, ceiling=Fraction(60), step=step)
    assert (shared.allowed, shared.inclusive, shared.state) == (plain.allowed, plain.inclusive, plain.state)
    if plain.state == "open":
        assert shared.text == plain.text


def test_a_day_that_is_over() -> None:
    kept = shared_today_quota([(Fraction(1440), 24)], remaining=0, ceiling=Fraction(60), step=None)
    gone = shared_today_quota([(Fraction(1441), 24)], remaining=0, ceiling=Fraction(60), step=None)
    assert [(q.state, q.text) for q in (kept, gone)] == [
        ("safe", "今日已结束，保持在该级别"),
        ("lost", "今日已结束，超过该级别"),
    ]
    with pytest.raises(CampaignError, match=r"QC401: .*sites=0, remaining=3"):
        shared_today_quota([], remaining=3, ceiling=Fraction(60), step=None)


# --- percentiles -----------------------------------------------------------------------------------------------------


def percentile(values: list[Fraction], percent: int) -> Fraction:
    """HJ 663 A.6, written out: rank k = 1 + (n − 1)·p of the sorted values."""
    ordered = sorted(values)
    rank = 1 + Fraction(len(ordered) - 1) * percent / 100
    low = rank.numerator // rank.denominator
    above = ordered[min(low, len(ordered) - 1)]
    return ordered[low - 1] + (above - ordered[low - 1]) * (rank - low)


@given(
    done=st.integers(1, 40),
    over=st.integers(0, 12),
    remaining=st.integers(1, 30),
    percent=st.sampled_from([50, 90, 95, 98]),
)
def test_days_over_that_a_percentile_surely_bears(done: int, over: int, remaining: int, percent: int) -> None:
    over = min(over, done)
    quota = percentile_quota(over, done=done, remaining=remaining, percent=percent)
    assert quota.allowed is not None
    more = min(int(quota.allowed), remaining)

    def worst(further: int) -> Fraction:
        bad = over + further
        total = done + remaining
        return percentile([Fraction(160)] * (total - bad) + [Fraction(10**6)] * bad, percent)

    if more >= 0:
        assert worst(more) <= 160
        assert more == remaining or worst(more + 1) > 160
    else:
        assert worst(0) > 160
    assert (quota.state == "safe") is (more == remaining)


def test_percentile_texts() -> None:
    over = percentile_quota(40, done=300, remaining=65, percent=90, noun="超过 160 的日")
    assert over.text == "超过 160 的日已比可确保达标的 36 个多 4 个（剩余 65 天）"
    assert over.state == "open"
    with pytest.raises(CampaignError, match=r"QC401: .*over=6, done=5"):
        percentile_quota(6, done=5, remaining=1, percent=90)
