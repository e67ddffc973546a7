"""Parts of an allowance sum exactly to the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.core.errors import CampaignError
from qingce.outlook import day_parts, day_quota, mean_parts, mean_quota, split

WEIGHTS = st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any)


@given(total=st.integers(-500, 500), weights=WEIGHTS)
def test_parts_sum_to_the_whole_and_stay_within_one_of_their_share(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total * weight, sum(weights))) < 1


@given(total=st.integers(0, 5000).map(lambda n: Decimal(n) / 100), weights=WEIGHTS)
def test_steps_finer_than_one(total: Decimal, weights: list[int]) -> None:
    parts = split(total, weights, step=Decimal("0.01"))
    assert sum(parts) == total
    assert all(part % Decimal("0.01") == 0 for part in parts)


def test_the_largest_remainder_gets_the_odd_one_and_ties_go_first() -> None:
    assert split(10, [6, 3, 2]) == (5, 3, 2)  # 5.45, 2.73, 1.82
    assert split(2, [1, 1, 1]) == (1, 1, 0)
    assert split(-4, [1, 3]) == (-1, -3)


@pytest.mark.parametrize(("total", "weights"), [(1, [0, 0]), (1, [-1, 2]), (Decimal("0.5"), [1])])
def test_weights_that_cannot_be(total: Decimal, weights: list[int]) -> None:
    with pytest.raises(CampaignError, match="QC402: 不能按权重分解"):
        split(total, weights)


def test_bad_days_over_counties() -> None:
    quota = day_quota(20, done=200, remaining=165, target=Decimal("85.0"), comparator=">=", step=None)
    counties = {"990101": 8, "990102": 5, "990103": 4, "990104": 3}
    parts = day_parts(quota, counties)
    assert [part.part for part in parts] == list(counties)
    assert sum(part.allowed or 0 for part in parts) == quota.allowed == 34
    assert parts[0].text == "990101：还可有 14 天"  # 13.6 of 13.6, 8.5, 6.8, 5.1


def test_a_lost_quota_has_no_parts() -> None:
    lost = day_quota(100, done=200, remaining=165, target=Decimal("85.0"), comparator=">=", step=None)
    assert lost.state == "lost"
    assert day_parts(lost, {"a": 1}) == ()
    gone = mean_quota(10**6, done=200, remaining=165, target=35, comparator="<=", step=None)
    assert mean_parts(gone, {"2026-12": 165}) == ()


@given(
    shape=st.lists(st.integers(1, 120), min_size=3, max_size=3),
    total=st.integers(0, 9000),
)
def test_monthly_means_weighted_by_their_days_are_the_whole(shape: list[int], total: int) -> None:
    days = {"2026-10": 31, "2026-11": 30, "2026-12": 31}
    quota = mean_quota(total, done=273, remaining=92, target=39, comparator="<=", step=None)
    parts = mean_parts(quota, days, shape=dict(zip(days, shape, strict=True)))
    assert quota.allowed is not None
    assert sum((part.allowed or 0) * days[part.part] for part in parts) == quota.allowed * 92
    ratios = {(part.allowed or Fraction(0)) / weight for part, weight in zip(parts, shape, strict=True)}
    assert len(ratios) == 1


def test_an_even_split_repeats_the_mean() -> None:
    quota = mean_quota(9000, done=334, remaining=31, target=30, comparator="<=", step=None)
    (part,) = mean_parts(quota, {"2026-12": 31})
    assert (part.allowed, part.text) == (quota.allowed, "2026-12：31 天均值 ≤ 62.90")


def test_days_must_be_those_that_remain() -> None:
    quota = mean_quota(9000, done=334, remaining=31, target=30, comparator="<=", step=None)
    with pytest.raises(CampaignError, match=r"QC402: .*remaining=31"):
        mean_parts(quota, {"2026-12": 30})
