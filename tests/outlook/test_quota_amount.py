"""Amounts and ratio points: what is missing, the room left, parts that sum exactly, the share days left must reach."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.outlook import day_quota, mean_quota, meets
from qingce.outlook.quotas.quota_amount import amount_parts, amount_quota, share_quota

CASES = [
    pytest.param("620", "1000", ">=", False, ("380", "open", "距目标还差 380 t"), id="missing"),
    pytest.param("1020", "1000", ">=", False, ("-20", "open", "已达到，高出 20 t"), id="reached"),
    pytest.param("230.5", "260", "<=", False, ("29.5", "open", "距上限还有 29.5 t"), id="room"),
    pytest.param("265", "260", "<=", False, ("-5", "open", "已超出上限 5 t"), id="beyond"),
    pytest.param("265", "260", "<=", True, ("-5", "lost", "已超出上限 5 t"), id="ended-lost"),
    pytest.param("260", "260", "<=", True, ("0", "safe", "距上限还有 0 t"), id="ended-at-the-cap"),
]


@pytest.mark.parametrize(("value", "target", "comparator", "over", "told"), CASES)
def test_tonnes(value: str, target: str, comparator: str, over: bool, told: tuple[str, str, str]) -> None:
    quota = amount_quota(Decimal(value), target=Decimal(target), comparator=comparator, step=None, unit="t", over=over)
    assert (quota.allowed, quota.state, quota.text) == (Fraction(told[0]), told[1], told[2])


@given(
    value=st.decimals(0, 2000, places=1),
    target=st.integers(0, 2000),
    comparator=st.sampled_from([">=", "<=", "<", ">"]),
    step=st.sampled_from([None, Decimal(1), Decimal("0.1")]),
)
def test_the_verdict_turns_exactly_where_the_quota_ends(
    value: Decimal, target: int, comparator: str, step: Decimal | None
) -> None:
    quota = amount_quota(value, target=target, comparator=comparator, step=step, unit="t", over=True)
    assert (quota.state == "safe") is meets(value, target, comparator, step=step)
    assert quota.allowed is not None
    end = Fraction(value) + quota.allowed
    assert meets(end, target, comparator, step=step) is quota.inclusive


@given(left=st.integers(1, 99999), weights=st.lists(st.integers(0, 30), min_size=1, max_size=9).filter(any))
def test_tonnes_over_counties_sum_exactly(left: int, weights: list[int]) -> None:
    total = Fraction(left, 7)
    quota = amount_quota(0, target=total, comparator=">=", step=None, unit="t")
    parts = amount_parts(quota, {str(k): w for k, w in enumerate(weights)}, step=Decimal("0.1"), names={})
    assert sum(part.allowed or 0 for part in parts) == total == quota.allowed
    assert all(((part.allowed or 0) / Fraction("0.1")).denominator == 1 for part in parts[1:])


def test_nothing_missing_is_not_split() -> None:
    met = amount_quota(20, target=10, comparator=">=", step=None, unit="t")
    assert amount_parts(met, {"a": 1}, step=Decimal(1), names={}) == ()
    cap = amount_quota(7, target=10, comparator="<=", step=None, unit="t")
    assert [p.text for p in amount_parts(cap, {"a": 2, "b": 1}, step=Decimal(1), names={"a": "甲县"})] == [
        "甲县：可用 2 t",
        "b：可用 1 t",
    ]


def test_the_share_that_the_days_left_must_reach() -> None:
    """47 of 214 days may be bad: 78.04 % of them must be good; of a cap on heavy days the share is an upper one."""
    quota = day_quota(26, done=151, remaining=214, target=80, comparator=">=", step=None)
    share = share_quota(quota, good=True)
    assert share is not None
    assert (share.kind, share.unit, share.allowed) == ("points", "%", 100 - Fraction(4700, 214))
    assert share.text == "剩余 214 天达标比例 ≥ 78.0%"
    cap = share_quota(quota, good=False)
    assert cap is not None
    assert cap.text == "剩余 214 天超标比例 ≤ 22.0%"
    lost = day_quota(100, done=200, remaining=165, target=85, comparator=">=", step=None)
    assert share_quota(lost, good=True) is None


GOLDEN = [
    pytest.param("55", 348, 366, "57", "95.67", id="bulletin-printed-95"),
    pytest.param("58", 209, 366, "57", "55.67", id="bulletin-printed-56"),
    pytest.param("36.2", 300, 365, "35", "29.46", id="golden"),
]


@pytest.mark.parametrize(("mean", "done", "whole", "target", "printed"), GOLDEN)
def test_the_bulletins_arithmetic(mean: str, done: int, whole: int, target: str, printed: str) -> None:
    """facts/inventory-measures.md 5.5: C_rem = (T·N − C̄·n)/(N − n)."""
    quota = mean_quota(
        Fraction(mean) * done, done=done, remaining=whole - done, target=Decimal(target), comparator="<=", step=None
    )
    assert quota.text == f"剩余 {whole - done} 天均值 ≤ {printed}"
