"""City ranking: the published index, ties, editions and weights, review states, improvement; all by the slow way."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog
from tests.evaluate.more_made import SIX, Days, made_days, table_of, whole_days
from tests.oracle import air_more as slow

from qingce.core.errors import QingceError
from qingce.core.periods import Period, parse_period
from qingce.evaluate import evaluate
from qingce.evaluate.air.ranking import Scope, places, rank_cities, rank_improvement

MAY = parse_period("2026-05")
CASE = {name: Fraction(value) for name, value in zip(SIX, ("9", "14", "1.1", "96", "77", "23"), strict=True)}
CLEAN = {name: Fraction(value) for name, value in zip(SIX, ("9", "14", "1", "96", "40", "20"), strict=True)}
LIMITS_OF = {2012: "gb3095-2012", 2026: "gb3095-2026-transition", 2031: "gb3095-2026-final"}


def constant(period: Period, **cities: dict[str, Fraction]) -> Days:
    """Cities whose every day of a period is the same."""
    return {name: dict.fromkeys(period, values) for name, values in cities.items()}


def ranked(days: Days, period: Period = MAY, **more: object) -> list[dict[str, object]]:
    review = more.pop("review", "national")
    table = table_of(days, series="deducted", review=review)  # type: ignore[arg-type]
    asked: dict[str, object] = {"days": table, "period": period, "catalog": catalog()}
    return rank_cities(Scope(**asked | more)).to_pylist()  # type: ignore[arg-type]


def improved(days: Days, period: Period = MAY, **more: object) -> list[dict[str, object]]:
    table = table_of(days, series="deducted")
    asked: dict[str, object] = {"days": table, "period": period, "catalog": catalog()}
    return rank_improvement(Scope(**asked | more)).to_pylist()  # type: ignore[arg-type]


def with_pm(value: str | int) -> dict[str, Fraction]:
    return CASE | {"pm2_5": Fraction(value)}


# ---------------------------------------------------------------- the index


@pytest.mark.parametrize(
    ("edition", "text"),
    [("auto", "3.43"), ("gb3095-2012", "3.14"), ("gb3095-2026-transition", "3.43"), ("gb3095-2026-final", "4.26")],
)
def test_the_published_case_under_each_limit_set(edition: str, text: str) -> None:
    (row,) = ranked(constant(MAY, a=CASE), edition=edition)
    assert row["text"] == text
    assert [row[f"i_{name}"] for name in SIX] == [
        slow.composite({date(2026, 5, 1): CASE}, MAY.start, MAY.end, edition=year)[1][name]
        for year in [{"gb3095-2012": 2012, "gb3095-2026-final": 2031}.get(edition, 2026)] for name in SIX
    ]  # fmt: skip
    assert (row["pm10"], row["co"], row["pm2_5"]) == ("77", "1.1", "23.0")
    assert row["limits"] == (edition if edition != "auto" else "gb3095-2026-transition")


@pytest.mark.parametrize(
    ("day", "text"), [("2026-02", "3.14"), ("2026-03", "3.43"), ("2030-12", "3.43"), ("2031-01", "4.26")]
)
def test_the_limits_switch_with_the_standard(day: str, text: str) -> None:
    period = parse_period(day)
    (row,) = ranked(constant(period, a=CASE), period)
    assert row["text"] == text


def test_the_declared_weighted_scheme_is_marked_unread() -> None:
    (row,) = ranked(constant(MAY, a=CASE), scheme="weighted")
    # 0.15 + 2·0.35 + 1.28 + 3·0.77 + 0.28 + 2·0.60
    assert row["text"] == "5.92"
    assert "规则未核" in str(row["note"])
    (row,) = ranked(constant(MAY, a=CASE), scheme="unweighted_2012_limits")
    assert row["text"] == "3.14"
    with pytest.raises(QingceError, match=r"QC110.*方案.*unweighted"):
        ranked(constant(MAY, a=CASE), scheme="heavier")


# ---------------------------------------------------------------- places


def test_ties_share_a_place_and_the_next_is_skipped() -> None:
    days = constant(MAY, a=with_pm(24), b=with_pm(23), c=with_pm(23), d=with_pm(60), e=with_pm(24))
    assert [(row["scope"], row["place"]) for row in ranked(days)] == [("b", 1), ("c", 1), ("a", 3), ("e", 3), ("d", 5)]


def test_equal_after_rounding_is_a_tie_and_a_step_more_is_none() -> None:
    # 23.00/30 = 0.7667 and 23.24/30 = 0.7747 are both 0.77; 23.26/30 = 0.7753 is 0.78
    days = constant(MAY, a=with_pm("23"), b=with_pm("23.24"), c=with_pm("23.26"))
    assert [(row["scope"], row["place"]) for row in ranked(days)] == [("a", 1), ("b", 1), ("c", 3)]


@given(st.lists(st.one_of(st.none(), st.decimals("0", "2", places=1)), max_size=30))
def test_places_are_one_more_than_those_strictly_better(values: list[Decimal | None]) -> None:
    there = [value for value in values if value is not None]
    wanted = iter(slow.places([Fraction(value) for value in there]))
    assert places(values) == [None if value is None else next(wanted) for value in values]


def test_another_tie_rule_is_refused() -> None:
    with pytest.raises(QingceError, match=r"QC107.*tie\.verb"):
        places([Decimal(1)], verb="dense")


def test_a_city_without_a_pollutant_has_no_place_and_says_why() -> None:
    days = constant(MAY, a=CASE, b={name: value for name, value in CASE.items() if name != "o3_8h"})
    rows = ranked(days)
    assert [(row["scope"], row["place"], row["absent"]) for row in rows] == [
        ("a", 1, None),
        ("b", None, "not_reported"),
    ]
    assert rows[1]["list"] == ""


@pytest.mark.parametrize(("missing", "absent"), [(4, None), (5, "too_few")])
def test_a_month_needs_27_days_for_a_place(missing: int, absent: str | None) -> None:
    days = constant(MAY, a=CASE)
    for day in list(MAY)[:missing]:
        days["a"][day] = {}
    (row,) = ranked(days)
    assert (row["absent"], row["place"]) == (absent, None if absent else 1)


def test_the_lists_hold_twenty_and_those_tied_with_the_twentieth() -> None:
    days = constant(MAY, **{f"c{n:02}": with_pm(20 + (n if n < 19 else 19 if n < 22 else n)) for n in range(45)})
    rows = ranked(days)
    assert [row["scope"] for row in rows if "best" in str(row["list"])] == [f"c{n:02}" for n in range(22)]
    assert [row["scope"] for row in rows if "worst" in str(row["list"])] == [f"c{n:02}" for n in range(25, 45)]


def test_only_some_cities_are_ranked_among_themselves() -> None:
    days = constant(MAY, a=with_pm(20), b=with_pm(25), c=with_pm(30))
    assert [(row["scope"], row["place"]) for row in ranked(days, only=("b", "c"))] == [("b", 1), ("c", 2)]


# ---------------------------------------------------------------- review states


@pytest.mark.parametrize("review", ["realtime", "preliminary", "provincial"])
def test_below_the_asked_review_state_a_ranking_is_refused_but_a_preview_is_marked(review: str) -> None:
    days = constant(MAY, a=CASE, b=with_pm(30))
    states = {"a": "national", "b": review}
    with pytest.raises(QingceError, match=r"QC261: B 2026-05 的审核状态.*总站审核"):
        ranked(days, review=states)
    rows = ranked(days, review=states, preview=True)
    assert [(row["scope"], row["place"], row["unreviewed"]) for row in rows] == [("a", 1, 0), ("b", 2, 1)]


@pytest.mark.parametrize("review", ["national", "assessed"])
def test_at_the_asked_review_state_and_above_it_is_ranked(review: str) -> None:
    (row,) = ranked(constant(MAY, a=CASE), review=review)
    assert (row["place"], row["unreviewed"], row["review"]) == (1, 0, review)


# ---------------------------------------------------------------- improvement


def two_years(**cities: tuple[dict[str, Fraction], dict[str, Fraction]]) -> Days:
    found: Days = {}
    for name, (then, now) in cities.items():
        found[name] = dict.fromkeys(parse_period("2025-05"), then) | dict.fromkeys(MAY, now)
    return found


def test_improvement_is_measured_by_the_limits_of_now() -> None:
    (row,) = improved(two_years(a=(CASE, CASE)))
    assert (row["text"], row["last_text"], row["change"], row["place"]) == ("3.43", "3.43", 0, 1)
    assert (row["limits"], row["last_limits"]) == ("gb3095-2026-transition", "gb3095-2026-transition")
    assert row["last_period"] == "2025-05"


def test_improvement_orders_by_r_and_shares_places() -> None:
    rows = improved(two_years(a=(with_pm(30), with_pm(33)), b=(with_pm(33), with_pm(30)), c=(with_pm(33), with_pm(30)),
                              d=(CASE, CASE)))  # fmt: skip
    # 3.66 + 0.00 = at 30; 33/30 = 1.10 → 3.76: (3.66-3.76)/3.76 = -2.66 %, (3.76-3.66)/3.66 = 2.73 %
    assert [(row["scope"], row["place"], str(row["change"])) for row in rows] == [
        ("b", 1, "-2.660000"), ("c", 1, "-2.660000"), ("d", 3, "0.000000"), ("a", 4, "2.730000"),
    ]  # fmt: skip


def test_who_meets_class_ii_stays_out_of_the_worsening() -> None:
    clean = CASE | {"pm10": Fraction(40)}
    rows = {row["scope"]: row for row in improved(two_years(
        a=(clean | {"pm2_5": Fraction(10)}, clean | {"pm2_5": Fraction(30)}),  # worst R, but meets
        b=(clean, clean | {"pm2_5": Fraction(31)}),
        c=(clean, clean),
    ))}  # fmt: skip
    assert [(name, rows[name]["met"], rows[name]["worse_place"]) for name in "abc"] == [
        ("a", 1, None),
        ("b", 0, 1),
        ("c", 1, None),
    ]


@pytest.mark.parametrize(
    ("name", "value", "met"),
    [
        *(("pm2_5", value, met) for value, met in (("30.49", 1), ("30.5", 1), ("30.51", 0))),
        *(("pm10", value, met) for value, met in (("60.5", 1), ("60.6", 0))),
        *(("so2", value, met) for value, met in (("60", 1), ("61", 0))),
        *(("no2", value, met) for value, met in (("40.5", 1), ("40.51", 0))),
        *(("co", value, met) for value, met in (("4.05", 1), ("4.06", 0))),
        *(("o3_8h", value, met) for value, met in (("160.5", 1), ("160.6", 0))),
    ],
)
def test_meeting_class_ii_is_judged_on_the_rounded_value(name: str, value: str, met: int) -> None:
    (row,) = improved(two_years(a=(CLEAN, CLEAN | {name: Fraction(value)})))
    assert row["met"] == met


def test_without_the_year_before_there_is_no_place() -> None:
    (row,) = improved(constant(MAY, a=CASE))
    assert (row["place"], row["change"], row["absent"]) == (None, None, "not_reported")


# ---------------------------------------------------------------- random cities


def judge(days: Days, period: Period, *, edition: int, weighted: bool = False) -> int:
    rows = ranked(days, period, edition=LIMITS_OF[edition] + ("+hj663-2026" if weighted else ""),
                  scheme="weighted" if weighted else "")  # fmt: skip
    found: dict[str, tuple[Fraction | None, dict[str, Fraction]]] = {}
    for city, part in days.items():
        found[city] = slow.composite(part, period.start, period.end, edition=edition, weighted=weighted)
        counts = [sum(all(name in row for name in SIX) for day, row in part.items() if day in period)]
        if counts[0] < (25 if period.start.month == 2 else 27):
            found[city] = (None, {})
    there = {city: value for city, (value, _) in found.items() if value is not None}
    wanted = dict(zip(there, slow.places(list(there.values())), strict=True))
    for row in rows:
        city = str(row["scope"])
        value, parts = found[city]
        assert row["place"] == wanted.get(city)
        assert row["exact"] == (None if value is None else str(value))
        assert row["text"] == (None if value is None else f"{float(value):.2f}")
        if value is not None:
            assert {name: Fraction(str(row[f"i_{name}"])) for name in SIX} == parts
    return len(rows)


@pytest.mark.parametrize("edition", [2012, 2026, 2031])
def test_random_cities_are_ranked_as_the_slow_way_does(edition: int) -> None:
    days = made_days(random.Random(edition), 40, first=MAY.start, last=MAY.end, gap=0.01)
    assert judge(days, MAY, edition=edition) == 40


@pytest.mark.prove
def test_ten_thousand_random_city_months_are_ranked_as_the_slow_way_does() -> None:
    count = 0
    for month in range(1, 13):
        period = Period.month(2026, month)
        days = made_days(random.Random(month), 860, first=period.start, last=period.end, gap=0.008)
        count += judge(days, period, edition=(2012, 2026, 2031)[month % 3], weighted=month % 4 == 0)
    assert count > 10_000


def judge_improvement(now: Days, then: Days, period: Period, *, edition: int) -> int:
    """Rank by improvement and compare R, both kinds of places and class II with the slow way."""
    rows = improved({city: then[city] | now[city] for city in now}, period, edition=LIMITS_OF[edition])
    last = period.year_before()
    change, met = {}, {}
    for city in now:
        one, two = (
            slow.composite(part[city], span.start, span.end, edition=edition)[0]
            for part, span in ((now, period), (then, last))
        )
        full = all(
            sum(len(row) == 6 for day, row in part[city].items() if day in span)
            >= (0 if period.kind != "month" else 25 if period.start.month == 2 else 27)
            for part, span in ((now, period), (then, last))
        )
        if one is not None and two and full:
            change[city] = slow.improvement(one, two)
        met[city] = slow.meets(now[city], period.start, period.end, edition=edition)
    wanted = dict(zip(change, slow.places(list(change.values())), strict=True))
    worse = {city: -r for city, r in change.items() if not met[city]}
    worst = dict(zip(worse, slow.places(list(worse.values())), strict=True))
    for row in rows:
        city = str(row["scope"])
        assert row["place"] == wanted.get(city)
        assert row["worse_place"] == worst.get(city)
        assert row["met"] == (None if met[city] is None else int(bool(met[city])))
        assert row["change"] is None or Fraction(str(row["change"])) == change[city]
    return len(change)


def test_improvement_of_random_cities_is_the_slow_one() -> None:
    now = made_days(random.Random(8), 60, first=MAY.start, last=MAY.end, gap=0.0)
    then = made_days(random.Random(9), 60, first=date(2025, 5, 1), last=date(2025, 5, 31), gap=0.0)
    assert judge_improvement(now, then, MAY, edition=2026) == 60


@pytest.mark.prove
def test_ten_thousand_random_city_pairs_are_ranked_by_improvement_as_the_slow_way_does() -> None:
    # whole months at their validity of 27 (25) days, and stretches of ten days that have none
    spans = [Period.month(2026, 5), Period.month(2026, 2)]
    spans += [Period(date(2026, month, 8), date(2026, month, 17)) for month in range(3, 12)]
    count = 0
    for number, period in enumerate(spans):
        size, last = (300, period.year_before()) if period.kind == "month" else (1_080, period.year_before())
        gap = 0.09 if period.kind == "month" else 0.02
        now, then = (
            whole_days(random.Random(10 * number + side), size, first=one.start, last=one.end, gap=gap)
            for side, one in enumerate((period, last))
        )
        count += judge_improvement(now, then, period, edition=(2012, 2026, 2031)[number % 3])
    assert count > 10_000


def test_days_outside_the_period_do_not_matter() -> None:
    days = constant(MAY, a=CASE)
    days["a"] |= {MAY.end + timedelta(1): with_pm(400), MAY.start - timedelta(1): with_pm(400)}
    (row,) = ranked(days)
    assert row["text"] == "3.43"


def test_no_city_at_all() -> None:
    empty: pa.Table = table_of(constant(MAY, a=CASE), series="deducted").slice(0, 0)
    assert rank_cities(Scope(empty, MAY, catalog())).num_rows == 0


@pytest.mark.parametrize("medium", ["air-ranking", "air-improvement"])
def test_without_a_list_of_exceptional_days_the_note_says_that_the_measured_series_is_ranked(medium: str) -> None:
    days = two_years(a=(CASE, CLEAN))
    table = table_of(days).select(["subject", "day", *SIX, "review"])
    table = table.rename_columns([{"subject": "city", "day": "time"}.get(name, name) for name in table.column_names])
    shown = evaluate(medium, table, catalog=catalog(), period="month")
    assert {row["series"] for row in shown.to_pylist()} == {"measured"}
    assert all(str(row["note"]).startswith("未给例外事件清单，按实测系列排名") for row in shown.to_pylist())
    listed = evaluate(medium, table, catalog=catalog(), period="month", options={"exceptions": NO_EXCEPTIONS})
    assert not any("未给例外事件清单" in str(row["note"]) for row in listed.to_pylist())
