"""A quota split over months and counties: the parts give back the whole exactly, by every profile, on random years."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.errors import CampaignError
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.outlook import Quota, day_quota, mean_quota, section_mean_quota, section_quota
from qingce.outlook.quotas.profile import Profile
from qingce.thread.allowances.quotas_parts import (
    County,
    county_parts,
    factor_parts,
    month_parts,
    section_parts,
    share_rows,
)
from qingce.thread.figures import Daily

YEAR = Period.year(2026)


@cache
def catalog() -> Catalog:
    return load_catalog()


def indicator(name: str) -> Indicator:
    return catalog().indicator(name)


def daily(values: list[int], first: date = date(2025, 1, 1)) -> Daily:
    return Daily({first + timedelta(k): Fraction(value) for k, value in enumerate(values)}, {})


def ahead(as_of: date) -> Period:
    return Period(as_of + timedelta(1), date(as_of.year, 12, 31))


def mean_of(as_of: date, total: int = 9000) -> object:
    left = ahead(as_of).days
    return mean_quota(total, done=YEAR.days - left, remaining=left, target=40, comparator="<=", step=None)


AS_OFS = st.integers(120, 360).map(lambda day: date(2026, 1, 1) + timedelta(day))
PROFILES = st.sampled_from(["last", "years", "equal", "hand"])
HAND = {month: Decimal(13 - month) for month in range(1, 13)}


@settings(max_examples=60, deadline=None)
@given(as_of=AS_OFS, months=PROFILES, values=st.lists(st.integers(0, 200), min_size=365, max_size=365))
def test_months_of_a_mean_average_to_the_whole(as_of: date, months: str, values: list[int]) -> None:
    quota = mean_of(as_of, sum(values[: as_of.timetuple().tm_yday]) // 3)
    profile = Profile(months=months, month_weights=HAND)
    parts, share = month_parts(indicator("pm2_5_annual"), quota, daily(values), ahead=ahead(as_of), profile=profile)  # type: ignore[arg-type]
    if quota.state != "open":  # type: ignore[attr-defined]
        assert (parts, share) == ((), None)
        return
    whole = quota.allowed * quota.remaining  # type: ignore[attr-defined]
    assert sum((part.allowed or 0) * part.remaining for part in parts) == whole
    assert sum(part.remaining for part in parts) == ahead(as_of).days
    assert share is not None
    assert [part.part for part in parts] == sorted({f"{day:%Y-%m}" for day in ahead(as_of)})
    assert sum(Fraction(row["exact"]) for row in share_rows([share])) == 100  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    as_of=AS_OFS,
    months=PROFILES,
    bad=st.integers(0, 40),
    values=st.lists(st.integers(0, 200), min_size=365, max_size=365),
)
def test_days_over_months_and_counties_sum_to_the_whole(as_of: date, months: str, bad: int, values: list[int]) -> None:
    left = ahead(as_of).days
    done = 365 - left
    quota = day_quota(min(bad, done), done=done, remaining=left, target=80, comparator=">=", step=None)
    if quota.state != "open":
        return
    good = indicator("good_day_ratio")
    profile = Profile(months=months, month_weights=HAND)
    parts, _ = month_parts(good, quota, daily(values), ahead=ahead(as_of), profile=profile)
    assert sum(part.allowed or 0 for part in parts) == quota.allowed
    assert all(part.allowed is not None and part.allowed >= 0 and part.allowed.denominator == 1 for part in parts)
    counties = [County(f"99010{k}", f"{k}县", daily(values[k:] + values[:k])) for k in range(1, 5)]
    split, share = county_parts(good, quota, counties, ahead=ahead(as_of), profile=profile)
    assert sum(part.allowed or 0 for part in split) == quota.allowed
    assert share is not None
    assert share.profile in ("baseline", "equal")


@given(
    levels=st.lists(st.integers(5, 90), min_size=2, max_size=6),
    sites=st.lists(st.integers(1, 4), min_size=6, max_size=6),
)
def test_counties_of_a_mean_weighted_by_their_sites_average_to_it(levels: list[int], sites: list[int]) -> None:
    as_of = date(2026, 6, 30)
    quota = mean_of(as_of, 5000)
    counties = [County(f"99010{k}", f"{k}县", daily([level] * 365), sites[k]) for k, level in enumerate(levels)]
    parts, share = county_parts(
        indicator("pm2_5_annual"),
        quota,
        counties,
        ahead=ahead(as_of),
        profile=Profile(),  # type: ignore[arg-type]
    )
    weights = [county.sites for county in counties]
    mean = sum(w * (part.allowed or 0) for w, part in zip(weights, parts, strict=True)) / sum(weights)
    assert mean == quota.allowed  # type: ignore[attr-defined]
    ratios = {(part.allowed or Fraction(0)) / level for part, level in zip(parts, levels, strict=True)}
    assert len(ratios) == 1, "each county keeps its level against the others"
    assert share is not None


def test_when_a_month_is_over_its_rest_goes_to_the_others() -> None:
    """42 days for two months, 31 and 11 by last year; September then uses 36: October gets what is left."""
    good = indicator("good_day_ratio")
    last = [40] * 243 + [120] * 30 + [40] * 31 + [40] * 30 + [120] * 11 + [40] * 20
    quota = day_quota(31, done=243, remaining=122, target=80, comparator=">=", step=None)
    assert quota.allowed == 42
    before, _ = month_parts(good, quota, daily(last), ahead=ahead(date(2026, 8, 31)), profile=Profile())
    assert [(p.part, p.allowed) for p in before] == [("2026-09", 31), ("2026-10", 0), ("2026-11", 0), ("2026-12", 11)]
    later = day_quota(31 + 36, done=273, remaining=92, target=80, comparator=">=", step=None)
    after, _ = month_parts(good, later, daily(last), ahead=ahead(date(2026, 9, 30)), profile=Profile())
    assert [(p.part, p.allowed) for p in after] == [("2026-10", 0), ("2026-11", 0), ("2026-12", 6)]


def test_a_leap_year_s_february_has_its_29_days() -> None:
    quota = mean_quota(31 * 30, done=31, remaining=335, target=35, comparator="<=", step=None)
    parts, share = month_parts(
        indicator("pm2_5_annual"), quota, daily([30] * 365, date(2027, 1, 1)),
        ahead=Period(date(2028, 2, 1), date(2028, 12, 31)), profile=Profile(),
    )  # fmt: skip
    assert (parts[0].part, parts[0].remaining) == ("2028-02", 29)
    assert sum((part.allowed or 0) * part.remaining for part in parts) == 35 * 366 - 930
    assert share is not None
    assert share.profile == "last"


def test_a_history_of_forty_days_is_split_evenly_and_says_so() -> None:
    quota = mean_of(date(2026, 6, 30), 5000)
    first = daily([50] * 40, date(2025, 11, 1))
    parts, share = month_parts(
        indicator("pm2_5_annual"),
        quota,
        first,
        ahead=ahead(date(2026, 6, 30)),
        profile=Profile(),  # type: ignore[arg-type]
    )
    assert len({part.allowed for part in parts}) == 1
    assert share is not None
    assert (share.profile, share.note) == ("equal", "按去年同期没有数据，改按天数平均")
    assert share_rows([share])[0]["note"] == share.note


def test_population_and_hand_need_every_county() -> None:
    good = indicator("good_day_ratio")
    quota = day_quota(20, done=200, remaining=165, target=85, comparator=">=", step=None)
    counties = [County("990101", "云溪区", daily([40] * 365)), County("990102", "泽阳县", daily([40] * 365))]
    profile = Profile(counties="population", population={"990101": Decimal("35.5")})
    with pytest.raises(CampaignError, match=r"QC402: .*按人口缺 泽阳县（990102） 的权重"):
        county_parts(good, quota, counties, ahead=ahead(date(2026, 7, 19)), profile=profile)
    given_ = Profile(counties="hand", county_weights={"990101": Decimal(3), "990102": Decimal(1)})
    parts, share = county_parts(good, quota, counties, ahead=ahead(date(2026, 7, 19)), profile=given_)
    assert [(p.part, p.allowed, p.text) for p in parts] == [
        ("990101", 26, "云溪区：还可有 26 天"),
        ("990102", 8, "泽阳县：还可有 8 天"),
    ]
    assert share is not None
    assert [row["share"] for row in share_rows([share])] == [75, 25]
    none = county_parts(good, quota, counties, ahead=ahead(date(2026, 7, 19)), profile=Profile(counties="none"))
    assert none == ((), None)


# --- sections and their factors ---------------------------------------------------------------------------------------


LEFT = st.integers(2, 11)
LEVELS = st.lists(st.integers(0, 400).map(lambda value: Fraction(value, 100)), min_size=36, max_size=36)


def history(levels: list[Fraction]) -> dict[str, Fraction]:
    """Three years of months up to 2025."""
    keys = [f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13)]
    return dict(zip(keys, levels, strict=True))


def factor(left: int, done: Fraction, *, bound: str = "le") -> Quota:
    return section_mean_quota(done, done=12 - left, remaining=left, limit=1, bound=bound, part="S1/nh3n")


@settings(max_examples=80, deadline=None)
@given(left=LEFT, levels=LEVELS, months=PROFILES, bound=st.sampled_from(["le", "ge"]))
def test_months_of_a_factor_average_to_the_whole(left: int, levels: list[Fraction], months: str, bound: str) -> None:
    """Every profile, a cap as a floor: the means of the months left average exactly to what they may together."""
    quota = factor(left, Fraction(12 - left) * 3 / 4, bound=bound)
    names = [f"2026-{month:02d}" for month in range(13 - left, 13)]
    parts = factor_parts(quota, history(levels), names, profile=Profile(months, month_weights=HAND))
    assert quota.allowed is not None
    assert [part.part for part in parts] == [f"S1/nh3n/{name}" for name in names]
    assert sum(part.allowed or 0 for part in parts) == quota.allowed * left
    assert {part.remaining for part in parts} == {1}


def test_a_month_of_a_factor_follows_last_year_s_shape() -> None:
    """What is left is 2 × 0.80; last November was 0.6 and last December 1.0."""
    quota, past = factor(2, Fraction("10.40")), {"2025-11": Fraction("0.6"), "2025-12": Fraction(1)}
    parts = factor_parts(quota, past, ["2026-11", "2026-12"], profile=Profile())
    assert [part.text for part in parts] == ["2026-11：月均值 ≤ 0.60", "2026-12：月均值 ≤ 1.00"]
    even = factor_parts(quota, {"2025-11": Fraction(1)}, ["2026-11", "2026-12"], profile=Profile())
    assert [part.allowed for part in even] == [Fraction(4, 5)] * 2
    over = factor_parts(factor(1, Fraction("11.20")), past, ["2026-12"], profile=Profile())
    assert over == ()


@settings(max_examples=120, deadline=None)
@given(
    places=st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=2, max_size=30),
    allowed=st.integers(0, 30),
    counties=st.sampled_from(["baseline", "population", "equal", "hand", "none"]),
)
def test_sections_that_may_fail_are_shared_without_one_lost(
    places: list[tuple[int, bool]], allowed: int, counties: str
) -> None:
    """Sections of some counties, some of which failed the year before: whole numbers that sum to the whole."""
    total = len(places)
    target = Fraction(100 * max(0, total - allowed), total)
    quota = section_quota(total, failing=0, target=target, comparator=">=", step=None)
    where = {f"S{k}": (f"99010{county}", f"{county}县") for k, (county, _) in enumerate(places)}
    failed = [f"S{k}" for k, (_, bad) in enumerate(places) if bad]
    weights = {f"99010{county}": Decimal(county) for county in range(1, 5)}
    profile = Profile(counties=counties, county_weights=weights, population=weights)
    parts, share = section_parts(quota, where, failed, profile=profile, target_id="T")
    several = len({county for county, _ in places}) > 1
    if not quota.allowed or not several or counties == "none":
        assert (parts, share) == ((), None)
        return
    assert share is not None
    assert sum(part.allowed or 0 for part in parts) == quota.allowed
    assert sum(Fraction(str(row["exact"])) for row in share_rows([share])) == 100
    if counties in ("baseline", "equal"):
        for part in parts:
            assert (part.allowed or 0) <= sum(county == part.part for county, _ in where.values())


def test_a_county_without_its_weight_shares_by_sections() -> None:
    quota = section_quota(4, failing=0, target=50, comparator=">=", step=None)
    where = {"S1": ("1", "甲县"), "S2": ("1", "甲县"), "S3": ("2", "乙县"), "S4": ("2", "乙县")}
    parts, share = section_parts(quota, where, (), profile=Profile(counties="hand", county_weights={"1": Decimal(3)}))
    assert [part.text for part in parts] == ["甲县：最多可有 1 个不达标", "乙县：最多可有 1 个不达标"]
    assert share is not None
    assert (share.profile, share.note) == ("equal", "按人工设定缺乙县，改按断面数")
