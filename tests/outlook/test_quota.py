"""Remaining allowances: the stories' numbers, a brute-force oracle on small years, every edge and its neighbour."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.core.errors import CampaignError
from qingce.core.tables import QUOTA
from qingce.outlook import (
    day_quota,
    mean_quota,
    meets,
    ozone_today_quota,
    quota_rows,
    section_mean_quota,
    section_quota,
    today_quota,
)

ONE = Decimal(1)
TINY = Fraction(1, 10**9)
RULES = st.sampled_from([None, ONE, Decimal("0.1")])


def shown(value: Fraction, decimals: int) -> str:
    """Print with the standard library, half-even on a quotient of 50 digits."""
    return str((Decimal(value.numerator) / value.denominator).quantize(ONE.scaleb(-decimals), ROUND_HALF_EVEN))


# --- the stories -----------------------------------------------------------------------------------------------------


def test_story_1_taiyuan_taken_strictly_and_rounded() -> None:
    strict = mean_quota(6341, done=151, remaining=214, target=39, comparator="<=", step=None)
    assert strict.allowed == Fraction(39 * 365 - 6341, 214)
    assert (strict.text, strict.rule, strict.state, strict.inclusive) == (
        "剩余 214 天均值 ≤ 36.89",
        "strict",
        "open",
        True,
    )
    rounded = mean_quota(6341, done=151, remaining=214, target=39, comparator="<=", step=ONE)
    assert rounded.text == "剩余 214 天均值 < 37.74"
    assert (rounded.rule, rounded.inclusive) == ("rounded", False)


def test_story_1_sand_days_leave_the_sum_and_the_year_together() -> None:
    """02-21 (53) and 02-22 (83) go: 149 days sum to 6,205 and the year is judged over 149 + 214 = 363 days."""
    quota = mean_quota(6341 - 53 - 83, done=149, remaining=214, target=39, comparator="<=", step=None)
    assert quota.allowed == Fraction(39 * 363 - 6205, 214)
    assert shown(quota.allowed, 2) == "37.16"
    wrong_year = Fraction(39 * 365 - 6205, 216)
    assert shown(wrong_year, 2) != "37.16"


def test_story_2_nine_hours_are_left_today() -> None:
    quota = today_quota(15 * 66, done=15, remaining=9, ceiling=60, step=ONE)
    assert (quota.text, quota.allowed, quota.inclusive) == ("剩余 9 小时均值 ≤ 51.3", Fraction(154, 3), True)
    unrounded = today_quota(15 * 66, done=15, remaining=9, ceiling=60, step=None)
    assert unrounded.text == "剩余 9 小时均值 ≤ 50.0"


def test_story_3_six_sections_one_may_fail() -> None:
    quota = section_quota(6, failing=0, target=80, comparator=">=", step=None)
    assert (quota.allowed, quota.text) == (1, "6 个断面最多可有 1 个不达标；目前 0 个")


def test_story_3_two_months_are_left_and_a_revision_helps() -> None:
    before = section_mean_quota(Decimal("10.40"), done=10, remaining=2, limit=Decimal("1.0"))
    after = section_mean_quota(Decimal("10.40") - Decimal("1.02") + Decimal("0.92"), done=10, remaining=2, limit=1)
    assert (before.text, after.text) == ("剩余 2 个月均值 ≤ 0.80", "剩余 2 个月均值 ≤ 0.85")
    assert after.kind == "section_mean"


# --- means: brute force ----------------------------------------------------------------------------------------------


@given(
    values=st.lists(st.integers(0, 12000).map(lambda n: Decimal(n) / 100), min_size=1, max_size=12),
    remaining=st.integers(1, 12),
    target=st.integers(1, 900).map(lambda n: Decimal(n) / 10),
    comparator=st.sampled_from(["<=", "<", ">=", ">"]),
    step=RULES,
)
def test_the_allowed_mean_meets_the_verdict_and_one_step_more_does_not(
    values: list[Decimal], remaining: int, target: Decimal, comparator: str, step: Decimal | None
) -> None:
    total, done = sum(values, Decimal(0)), len(values)
    quota = mean_quota(total, done=done, remaining=remaining, target=target, comparator=comparator, step=step)

    def verdict(rest: Fraction) -> bool:
        year = [Fraction(value) for value in values] + [rest] * remaining
        return meets(sum(year) / len(year), target, comparator, step=step)

    worse = TINY if comparator.startswith("<") else -TINY
    assert quota.allowed is not None
    assert verdict(quota.allowed) is quota.inclusive
    assert verdict(quota.allowed - worse)
    assert not verdict(quota.allowed + worse)
    if comparator.startswith("<"):
        assert (quota.state == "lost") is not verdict(Fraction(0))
    else:
        assert (quota.state == "safe") is verdict(Fraction(0))


@pytest.mark.parametrize(
    ("total", "comparator", "state"),
    [(365 * 39, "<=", "safe"), (365 * 39 + 1, "<=", "lost"), (365 * 39, "<", "lost"), (365 * 39, ">=", "safe")],
)
def test_at_the_end_it_is_decided(total: int, comparator: str, state: str) -> None:
    quota = mean_quota(total, done=365, remaining=0, target=39, comparator=comparator, step=None)
    assert (quota.state, quota.allowed, quota.bound) == (state, None, None)
    assert "时段已结束" in quota.text


def test_lost_only_when_even_zero_is_too_much() -> None:
    edge = mean_quota(39 * 365, done=364, remaining=1, target=39, comparator="<=", step=None)
    past = mean_quota(39 * 365 + 1, done=364, remaining=1, target=39, comparator="<=", step=None)
    assert (edge.state, edge.allowed) == ("open", 0)
    assert past.state == "lost"
    assert past.text == "剩余 1 天即使为零也超标，目标已不可能实现"


def test_a_floor_can_be_safe_before_the_end() -> None:
    quota = section_mean_quota(80, done=11, remaining=1, limit=5, bound="ge")
    assert quota.state == "safe"
    assert quota.text == "剩余 1 个月即使为零也达标，目标已稳妥，不会再失守"


def test_dissolved_oxygen_is_a_floor() -> None:
    quota = section_mean_quota(Decimal("48.0"), done=10, remaining=2, limit=5, bound="ge", part="DM-01/do")
    assert (quota.text, quota.part, quota.sense) == ("剩余 2 个月均值 ≥ 6.00", "DM-01/do", ">=")


# --- days: brute force -----------------------------------------------------------------------------------------------


def share(bad: int, total: int, counts: str) -> Fraction:
    """The plain meaning of the three counts."""
    return {"good_share": Fraction(100 * (total - bad), total), "bad_share": Fraction(100 * bad, total)}.get(
        counts, Fraction(bad)
    )


@given(
    done=st.integers(0, 40),
    remaining=st.integers(1, 40),
    seed=st.integers(0, 40),
    target=st.integers(0, 1000).map(lambda n: Decimal(n) / 10),
    counts=st.sampled_from(["good_share", "bad_share", "bad_count"]),
    open_ended=st.booleans(),
    step=RULES,
)
def test_bad_days_left_are_the_last_count_that_still_meets(
    done: int, remaining: int, seed: int, target: Decimal, counts: str, open_ended: bool, step: Decimal | None
) -> None:
    bad = min(seed, done)
    comparator = (">" if counts == "good_share" else "<") + ("" if open_ended else "=")
    quota = day_quota(
        bad, done=done, remaining=remaining, target=target, comparator=comparator, step=step, counts=counts
    )
    total = done + remaining
    fine = [
        more for more in range(remaining + 1) if meets(share(bad + more, total, counts), target, comparator, step=step)
    ]
    assert quota.allowed is not None
    assert quota.state == {True: "lost", False: "open"}[not fine] if len(fine) <= remaining else "safe"
    if fine:
        assert min(int(quota.allowed), remaining) == max(fine)
    else:
        assert quota.allowed < 0


@pytest.mark.parametrize(
    ("bad", "step", "allowed", "state"),
    [
        (93, None, 0, "open"),
        (94, None, -1, "lost"),
        (94, "0.1", -1, "lost"),
        (0, None, 93, "open"),
    ],
)
def test_good_day_ratio_of_a_year_at_its_edges(bad: int, step: str | None, allowed: int, state: str) -> None:
    """74.5 % of 365 days: 93 bad days leave 74.52 %, 94 leave 74.25 %."""
    quota = day_quota(
        bad, done=200, remaining=165, target=Decimal("74.5"), comparator=">=", step=Decimal(step) if step else None
    )
    assert (quota.allowed, quota.state) == (allowed, state)


def test_rounding_can_give_a_day_back() -> None:
    """3 of 400 days are 0.75 %; 0.7 % is kept after rounding only by 2, and 0.8 % already by 3 (0.75 → 0.8)."""
    arguments = {"done": 300, "remaining": 100, "comparator": "<=", "counts": "bad_share", "noun": "重污染日"}
    assert day_quota(0, target=Decimal("0.7"), step=Decimal("0.1"), **arguments).allowed == 2
    assert day_quota(0, target=Decimal("0.8"), step=Decimal("0.1"), **arguments).allowed == 3
    lost = day_quota(4, target=Decimal("0.7"), step=Decimal("0.1"), **arguments)
    assert lost.text == "已超出 2 个重污染日，目标已不可能实现"


def test_days_that_cannot_be_lost_any_more() -> None:
    quota = day_quota(1, done=360, remaining=5, target=80, comparator=">=", step=None)
    assert (quota.state, quota.text) == ("safe", "剩余 5 天全为超标日也达标，目标已稳妥，不会再失守")


# --- sections --------------------------------------------------------------------------------------------------------


@given(
    total=st.integers(1, 60),
    target=st.integers(0, 1000).map(lambda n: Decimal(n) / 10),
    step=RULES,
    counts=st.sampled_from(["good_share", "bad_share"]),
)
def test_sections_that_may_fail(total: int, target: Decimal, step: Decimal | None, counts: str) -> None:
    comparator = ">=" if counts == "good_share" else "<="
    quota = section_quota(total, failing=0, target=target, comparator=comparator, step=step, counts=counts)
    fine = [bad for bad in range(total + 1) if meets(share(bad, total, counts), target, comparator, step=step)]
    assert quota.allowed is not None
    assert int(quota.allowed) == max(fine) if fine else quota.allowed < 0


def test_a_section_must_turn_good_or_the_target_is_lost() -> None:
    quota = section_quota(6, failing=2, target=80, comparator=">=", step=None)
    assert (quota.state, quota.text) == ("open", "6 个断面最多可有 1 个不达标；目前 2 个，须有 1 个转好")
    lost = section_quota(6, failing=2, target=80, comparator=">=", step=None, certain=2)
    assert lost.state == "lost"
    assert lost.text.endswith("其中 2 个已无法转好，目标已不可能实现")
    safe = section_quota(6, failing=1, target=80, comparator=">=", step=None, secured=5)
    assert safe.state == "safe"


def test_no_section_worse_than_five() -> None:
    quota = section_quota(8, failing=0, target=0, comparator="<=", step=None, counts="bad_share")
    assert quota.allowed == 0
    quota = section_quota(8, failing=1, target=0, comparator="<=", step=None, counts="bad_share", certain=1)
    assert quota.state == "lost"


# --- ozone of today --------------------------------------------------------------------------------------------------

HOURS = st.lists(st.one_of(st.none(), st.integers(0, 320)), min_size=0, max_size=24)


def running_means(day: list[Fraction | None], at_least: int) -> list[Fraction]:
    """The 17 running 8-hour means of a day, each of at least so many hours."""
    found = []
    for first in range(17):
        values = [value for value in day[first : first + 8] if value is not None]
        if len(values) >= at_least:
            found.append(sum(values, Fraction(0)) / len(values))
    return found


@given(hours=HOURS, step=st.sampled_from([None, ONE]))
def test_ozone_level_of_the_remaining_hours(hours: list[int | None], step: Decimal | None) -> None:
    remaining = 24 - len(hours)
    quota = ozone_today_quota(hours, remaining=remaining, window=8, at_least=6, ceiling=160, step=step)

    def verdict(level: Fraction) -> bool:
        day = [None if hour is None else Fraction(hour) for hour in hours] + [level] * remaining
        return all(meets(mean, 160, "<=", step=step) for mean in running_means(day, 6))

    if quota.state == "lost":
        assert not verdict(Fraction(0))
    elif quota.allowed is None:
        assert verdict(Fraction(10**6))
    else:
        assert verdict(quota.allowed) is quota.inclusive
        assert verdict(max(quota.allowed - TINY, Fraction(0)))
        assert not verdict(quota.allowed + TINY)


def test_ozone_texts() -> None:
    arguments = {"window": 8, "at_least": 6, "ceiling": 160, "step": ONE}
    quota = ozone_today_quota([100] * 12 + [200] * 2, remaining=10, **arguments)
    assert quota.text == "剩余 10 小时每小时 ≤ 147.3"  # windows 12..19: (8 * 160.5 - 2 * 200) / 6 = 147.33
    assert ozone_today_quota([200] * 10, remaining=14, **arguments).text == "今日已不可能保持在该级别"
    assert ozone_today_quota([100] * 24, remaining=0, **arguments).state == "safe"
    assert ozone_today_quota([None] * 24, remaining=0, **arguments).text == "有效小时不足，不能判定"


# --- table and errors ------------------------------------------------------------------------------------------------


def test_rows_have_the_schema_and_the_exact_fraction() -> None:
    quota = mean_quota(6341, done=151, remaining=214, target=39, comparator="<=", step=None, unit="ug/m3")
    done = mean_quota(6341, done=151, remaining=0, target=39, comparator="<=", step=None)
    table = quota_rows("T-a-001", [quota, done])
    assert table.schema == QUOTA
    first, second = table.to_pylist()
    assert (first["exact"], first["allowed"], first["unit"]) == ("3947/107", Decimal("36.887850"), "ug/m3")
    assert (second["exact"], second["allowed"], second["state"]) == ("", None, "lost")


def test_more_spent_leaves_less() -> None:
    left = [
        mean_quota(total, done=100, remaining=265, target=35, comparator="<=", step=None).allowed
        for total in range(3000, 4000, 100)
    ]
    assert all(a is not None and b is not None and a > b for a, b in pairwise(left))


@pytest.mark.parametrize(("done", "remaining"), [(0, 0), (-1, 5), (5, -1)])
def test_counts_that_cannot_be(done: int, remaining: int) -> None:
    with pytest.raises(CampaignError, match=r"QC401: 剩余允许值的计数不合法：done="):
        mean_quota(1, done=done, remaining=remaining, target=1, comparator="<=", step=None)


def test_more_bad_days_than_days() -> None:
    with pytest.raises(CampaignError, match=r"QC401: .*bad=6, done=5"):
        day_quota(6, done=5, remaining=5, target=80, comparator=">=", step=None)
    with pytest.raises(CampaignError, match=r"QC401: .*certain=2"):
        section_quota(6, failing=1, target=80, comparator=">=", step=None, certain=2)


@pytest.mark.parametrize(("target", "comparator", "allowed"), [(300, ">=", 39), (300, ">", 38), ("300.5", ">=", 38)])
def test_a_count_of_good_days_leaves_the_rest(target: object, comparator: str, allowed: int) -> None:
    """365 days, 26 bad so far: at least 300 good days leave 65 bad ones in all."""
    quota = day_quota(
        26, done=151, remaining=214, target=Fraction(str(target)), comparator=comparator, step=None, counts="good_count"
    )
    assert (quota.allowed, quota.state) == (allowed, "open")


def test_a_cap_on_good_days_is_refused() -> None:
    with pytest.raises(CampaignError, match=r"QC400: 比较符“<=”不能用于计数 good_share"):
        day_quota(0, done=5, remaining=5, target=80, comparator="<=", step=None)
