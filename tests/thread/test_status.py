"""Goals and statuses: what is asked, what is said, and when nothing may be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

from qingce.catalog.catalog import Catalog
from qingce.outlook import Quota, mean_quota
from qingce.thread.binding import Binding, bind
from qingce.thread.goal import Goal, goal_of
from qingce.thread.status import Facts, judge, shown

ONE = Decimal(1)


@pytest.fixture
def bound(catalog: Catalog, made: SimpleNamespace) -> object:
    def binding(**fields: object) -> Binding:
        (found,) = bind(
            [made.reading(made.target(**fields))], catalog, made.sites(), region="621100", as_of=date(2026, 5, 31)
        )
        return found

    return binding


def facts(value: object, goal: Goal | None = None, **fields: object) -> Facts:
    chosen = goal or Goal("<=", Fraction(39), "≤ 39")
    known = None if value is None else Fraction(str(value))
    return replace(Facts(chosen, None, known, "测算", final=False, deadline=date(2026, 12, 31)), **fields)  # type: ignore[arg-type]


# --- goals -----------------------------------------------------------------------------------------------------------


def test_a_level_in_the_printed_unit(catalog: Catalog, bound: object) -> None:
    goal = goal_of(bound(), catalog)  # type: ignore[operator]
    assert (goal.comparator, goal.value, goal.text) == ("<=", 39, "≤ 39 微克/立方米")


def test_a_unit_is_brought_to_the_indicators(catalog: Catalog, bound: object) -> None:
    goal = goal_of(bound(indicator_id="nox_cut", unit="万吨", value=Decimal("3.4"), comparator=">="), catalog)  # type: ignore[operator]
    assert goal.value == 34000
    assert goal.text == "≥ 3.4 万吨"


def test_a_unit_that_does_not_fit_is_not_guessed(catalog: Catalog, bound: object) -> None:
    goal = goal_of(bound(unit="户"), catalog)  # type: ignore[operator]
    assert (goal.value, goal.reason) == (None, "ambiguous")
    assert goal.detail == "单位“户”不能换算为“ug/m3”"


def test_a_decrease_needs_its_base_year(catalog: Catalog, bound: object) -> None:
    binding = bound(comparator="decrease_by", value=Decimal(12), unit="%", value_text="12%", base_year=2022)  # type: ignore[operator]
    waiting = goal_of(binding, catalog)
    assert (waiting.reason, waiting.detail) == ("awaiting_baseline", "PM2.5年均浓度，2022年")
    goal = goal_of(binding, catalog, base=Fraction(44))
    assert (goal.comparator, goal.value) == ("<=", Fraction(3872, 100))
    assert goal.text == "比2022年下降 12%（即 ≤ 38.72）"


def test_percentage_points_are_subtracted_not_multiplied(catalog: Catalog, bound: object) -> None:
    binding = bound(
        indicator_id="good_day_ratio",
        comparator="increase_by",
        value=Decimal(3),
        unit="%",
        value_text="3个百分点",
        base_year=2022,
    )  # type: ignore[operator]
    assert goal_of(binding, catalog, base=Fraction(80)).value == 83


def test_a_decrease_the_decider_reports_is_compared_as_it_is(catalog: Catalog, bound: object) -> None:
    """单位GDP二氧化碳排放比2020年下降18%: the decider's figure is itself the cut in percent."""
    binding = bound(indicator_id="co2_per_gdp", comparator="decrease_by", value=Decimal(18), unit="%", base_year=2020)  # type: ignore[operator]
    goal = goal_of(binding, catalog)
    assert (goal.comparator, goal.value, goal.reason) == (">=", 18, "")


def test_a_range_and_an_approximation(catalog: Catalog, bound: object) -> None:
    band = goal_of(bound(comparator="range", value=(Decimal(70), Decimal(60))), catalog)  # type: ignore[operator]
    assert (band.value, band.text) == ((60, 70), "介于 70–60 微克/立方米")
    assert band.one_sided("lower") is None
    near = goal_of(bound(comparator="~"), catalog)  # type: ignore[operator]
    assert near.reason == "approximate"
    assert near.one_sided("lower") is None


# --- statuses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "step", "code", "text"),
    [
        ("39", None, "met", "达标：39.00 ≤ 39（测算）"),
        ("39.000001", None, "not_met", "未达标：39.00 > 39（测算）"),
        ("39.4999", ONE, "met", "达标：39.50（修约为 39） ≤ 39（测算）"),
        ("39.5", ONE, "not_met", "未达标：39.50（修约为 40） > 39（测算）"),
    ],
)
def test_the_verdict_at_the_deadline(value: str, step: Decimal | None, code: str, text: str) -> None:
    status = judge(facts(value, step=step, final=True))
    assert (status.code, status.text) == (code, text)


def quota(state: str) -> Quota:
    return replace(mean_quota(6341, done=151, remaining=214, target=39, comparator="<=", step=None), state=state)


@pytest.mark.parametrize(
    ("value", "state", "persisted", "code"),
    [
        ("41.99", "lost", None, "lost"),
        ("35", "safe", None, "safe"),
        ("41.99", "open", "35.2", "on_track"),
        ("38", "open", "39.1", "at_risk"),
        ("41.99", "open", None, "at_risk"),
        ("38", "open", None, "on_track"),
    ],
)
def test_before_the_deadline_it_is_progress_only(value: str, state: str, persisted: str | None, code: str) -> None:
    known = None if persisted is None else Fraction(persisted)
    status = judge(facts(value, quota=quota(state), persisted=known))
    assert status.code == code
    assert status.text.startswith("年度进展（时限 2026 年）：")


@pytest.mark.parametrize(("state", "code"), [("lost", "at_risk"), ("safe", "on_track"), ("open", "at_risk")])
def test_a_year_before_the_deadlines_own_loses_and_keeps_nothing(state: str, code: str) -> None:
    """On 31 December 2023 the year is over; a target for 2026 is neither lost nor kept with it."""
    status = judge(facts("41.99", quota=quota(state), passing=True))
    assert status.code == code
    assert "41.99 > 39" in status.text


def test_the_words_of_a_race_still_open() -> None:
    status = judge(facts("41.993377", quota=quota("open"), persisted=Fraction("35.233"), rest=Fraction("30.4579")))
    assert status.text == (
        "年度进展（时限 2026 年）：进度正常，目前 41.99 > 39；若余下与去年同期相同（30.46），全年 35.23，可达标；"
        "剩余 214 天均值 ≤ 36.89"
    )


def test_nothing_is_said_without_a_value() -> None:
    status = judge(facts(None, reason="incomplete", detail="11 市中仅 1 市有数据"))
    assert (status.code, status.reason) == ("awaiting", "incomplete")
    assert status.text == "待数据：数据不全，不能判定（11 市中仅 1 市有数据）"
    assert judge(facts(None, reason="no_data")).code == "unbound"
    assert judge(facts(None, reason="awaiting_official")).text.startswith("待数据：待反馈")


def test_a_missing_base_year_waits_even_with_a_value() -> None:
    goal = Goal("<=", None, "比2022年下降 12%", "awaiting_baseline", "PM2.5年均浓度，2022年")
    status = judge(facts("40", goal=goal))
    assert (status.code, status.reason) == ("awaiting", "awaiting_baseline")
    assert "待基数" in status.text


def test_about_is_left_to_people() -> None:
    goal = Goal("~", Fraction("73.5"), "≈ 73.5 %", "approximate")
    status = judge(facts("73.1", goal=goal, final=True))
    assert status.code == "awaiting"
    assert status.text == "待数据：“左右”没有规定允许偏差，须人工判定（73.10，目标 ≈ 73.5 %）"
    assert judge(facts(None, goal=goal, reason="awaiting_official")).reason == "awaiting_official"


def test_a_range_is_said_as_a_range() -> None:
    goal = Goal("range", (Fraction(60), Fraction(70)), "介于 60–70")
    assert judge(facts("65", goal=goal, final=True)).text == "达标：65.00 在 60–70 之间（测算）"
    assert judge(facts("71", goal=goal, final=True)).text == "未达标：71.00 不在 60–70 之间（测算）"


def test_shown_rounds_once_to_even() -> None:
    assert [shown(Fraction(text)) for text in ("2.345", "2.355", "39", "0.004")] == ["2.34", "2.36", "39.00", "0.00"]
