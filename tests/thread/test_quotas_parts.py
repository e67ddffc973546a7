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
from qingce.outlook import day_quota, mean_quota
from qingce.outlook.profile import Profile
from qingce.thread.figures import Daily
from qingce.thread.quotas_parts import County, county_parts, month_parts, share_rows

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
