"""What-if: every move by plain arithmetic; at the quota the verdict turns; a move that cannot be is told why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.errors import CampaignError
from qingce.core.periods import Period
from qingce.outlook.question import Question
from qingce.thread.allowances.quotas import Months
from qingce.thread.figures import Days
from qingce.thread.what_if.answer import Answer, Ground, moved_days, what_if
from qingce.thread.what_if.moves import Move, read_moves

AS_OF = date(2026, 5, 31)
CITY = "140100"
NAMES = {CITY: "太原市"}


@cache
def catalog() -> Catalog:
    return load_catalog()


def days(
    values: Sequence[object], *, column: str = "pm2_5", subject: str = CITY, first: date = date(2026, 1, 1)
) -> pa.Table:
    rows = [
        {"subject": subject, "day": first + timedelta(k), "series": series, column: Decimal(str(value))}
        for k, value in enumerate(values)
        for series in ("measured", "deducted")
        if value is not None
    ]
    fields = [("subject", pa.string()), ("day", pa.date32()), ("series", pa.string())]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, (column, pa.decimal128(18, 6))]))


def ground(
    table: pa.Table | None = None,
    *,
    months: Mapping[str, Months] | None = None,
    sites: Sequence[Mapping[str, object]] = (),
    site_days: pa.Table | None = None,
    as_of: date = AS_OF,
) -> Ground:
    found = Days(table)
    return Ground(found, found, Days(site_days), months or {}, sites, catalog(), as_of)


def question(indicator: str = "pm2_5_annual", target: object = 39, comparator: str = "<=", **more: object) -> Question:
    base: dict[str, object] = {"series": "measured", "step": None, "subjects": (CITY,)}
    return Question(
        "T",
        catalog().indicator(indicator),
        CITY,
        Period.year(2026),
        comparator,
        Fraction(str(target)),
        **(base | more),  # type: ignore[arg-type]
    )


def moves(*given_: object, sites: Sequence[Mapping[str, object]] = ()) -> tuple[Move, ...]:
    return read_moves(given_, catalog=catalog(), sites=sites, names=NAMES)


def one(found: Sequence[Answer]) -> Answer:
    (answer,) = found
    return answer


# --- stories 1 to 3 ---------------------------------------------------------------------------------------------------

TAIYUAN = [42] * 150 + [41]
"""Story 1: 151 days that sum to 6,341."""


def test_story_1_unchanged_is_the_spine_s_quota() -> None:
    assert sum(TAIYUAN) == 6341
    answer = one(what_if([question()], (), ground(days(TAIYUAN))))
    assert (answer.before.text, answer.changed, answer.before.verdict) == ("41.99", False, "not_met_so_far")
    assert answer.before.quota is not None
    assert answer.before.quota.text == "剩余 214 天均值 ≤ 36.89"
    rounded = one(what_if([question(step=Decimal(1))], (), ground(days(TAIYUAN))))
    assert rounded.before.quota is not None
    assert rounded.before.quota.text == "剩余 214 天均值 < 37.74"


def test_story_1_with_june_at_30() -> None:
    """6341 + 30·30 = 7241 over 181 days; 184 are left: (39·365 − 7241)/184 = 38.01."""
    answer = one(what_if([question()], moves("pm2_5@140100@2026-06=30"), ground(days(TAIYUAN))))
    assert answer.after.value == Fraction(7241, 181)
    assert answer.after.quota is not None
    assert answer.after.quota.allowed == Fraction(39 * 365 - 7241, 184)
    assert (answer.after.quota.text, answer.changed) == ("剩余 184 天均值 ≤ 38.01", True)


def test_story_2_one_good_day_more() -> None:
    """26 of 151 days are not good; with a moved past day there are 25, and 48 of the rest may be bad."""
    levels = [120] * 26 + [80] * 125
    asked = question("good_day_ratio", 80, ">=")
    answer = one(what_if([asked], moves("aqi@太原市@2026-01-03=96"), ground(days(levels, column="aqi"))))
    assert answer.before.quota is not None
    assert answer.after.quota is not None
    assert (answer.before.quota.text, answer.after.quota.text) == (
        "还可有 47 个非优良日（剩余 214 天）",
        "还可有 48 个非优良日（剩余 214 天）",
    )


STORY = ["1.05", "1.10", "1.00", "0.98", "1.08", "1.02", "1.06", "1.04", "1.05", "1.02"]


def river(values: Sequence[str] = STORY) -> Months:
    months = {f"2026-{k:02d}": Fraction(value) for k, value in enumerate(values, 1)}
    return Months("S1", "S1断面", "river", {"nh3n": months}, {})


SECTIONS = [{"site": "S1", "name": "S1断面", "kind": "section"}]


@pytest.mark.parametrize(
    ("november", "december", "verdict"),
    [("0.80", "0.80", "met"), ("0.81", "0.80", "not_met"), ("0.80", None, "not_met_so_far"), ("2.70", None, "lost")],
)
def test_story_3_two_months_at_the_allowance(november: str, december: str | None, verdict: str) -> None:
    assert sum(map(Decimal, STORY)) == Decimal("10.40")
    asked = question("section_class", 3, "<=", subjects=("S1",))
    given_ = [f"nh3n@S1@2026-11={november}"] + ([f"nh3n@S1@2026-12={december}"] if december else [])
    here = ground(months={"S1": river()}, sites=SECTIONS, as_of=date(2026, 10, 31))
    answer = one(what_if([asked], moves(*given_, sites=SECTIONS), here))
    assert answer.before.quota is not None
    assert answer.before.quota.text == "剩余 2 个月均值 ≤ 0.80"
    assert answer.before.text == "氨氮 1.040"
    assert answer.after.verdict == verdict


def test_story_3_the_revised_october_leaves_085() -> None:
    asked = question("section_class", 3, "<=", subjects=("S1",))
    here = ground(months={"S1": river()}, sites=SECTIONS, as_of=date(2026, 10, 31))
    answer = one(what_if([asked], moves("nh3n@S1@2026-10=0.92", sites=SECTIONS), here))
    assert answer.after.quota is not None
    assert answer.after.quota.text == "剩余 2 个月均值 ≤ 0.85"


def test_a_share_of_sections() -> None:
    names = [f"S{k}" for k in range(1, 7)]
    months = {"S1": river()} | {
        name: Months(name, name, "river", {"nh3n": {f"2026-{k:02d}": Fraction(1, 2) for k in range(1, 11)}}, {})
        for name in names[1:]
    }
    sites = [{"site": name, "name": name, "kind": "section"} for name in names]
    asked = question("good_section_ratio", 80, ">=", subjects=tuple(names))
    here = ground(months=months, sites=sites, as_of=date(2026, 10, 31))
    given_ = moves("nh3n@S2@2026-11=9", "nh3n@S2@2026-12=9", sites=sites)
    answer = one(what_if([asked], given_, here))
    assert (answer.before.value, answer.after.value) == (Fraction(500, 6), Fraction(400, 6))
    assert answer.after.quota is not None
    assert answer.after.quota.text == "6 个断面最多可有 1 个不达标；目前 2 个，须有 1 个转好"


# --- moves ------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    done=st.integers(20, 360),
    level=st.integers(5, 60),
    target=st.integers(10, 60),
    step=st.sampled_from([None, Decimal(1)]),
)
def test_a_year_moved_to_its_allowance_turns_there(done: int, level: int, target: int, step: Decimal | None) -> None:
    """Put every day left at the allowance: met if it is inclusive; a little less is met, a little more is not."""
    as_of = date(2026, 1, 1) + timedelta(done - 1)
    here = ground(days([level] * done), as_of=as_of)
    asked = question(target=target, step=step)
    quota = one(what_if([asked], (), here)).before.quota
    assert quota is not None
    if quota.state != "open" or quota.allowed is None:
        return
    ahead = [as_of + timedelta(k) for k in range(1, 366 - done)]
    for shift, met in ((Fraction(0), quota.inclusive), (Fraction(-1, 10**6), True), (Fraction(1, 10**6), False)):
        value = quota.allowed + shift
        if value < 0:
            continue
        moved = tuple(Move("region", "pm2_5", CITY, "", Period(day, day), value) for day in ahead)
        after = one(what_if([asked], moved, here)).after
        assert after.verdict == ("met" if met else "not_met")
        assert after.quota is not None
        assert after.quota.remaining == 0


def test_days_are_counted_by_the_indicator_s_own_limit() -> None:
    here = ground(days([80] * 151, column="aqi"))
    bad = moves("bad_days@140100@2026-06=4", "heavy_days@140100@2026-07=2")
    good = one(what_if([question("good_day_ratio", 80, ">=")], bad, here))
    heavy = one(what_if([question("heavy_day_ratio", 1, "<=")], bad, here))
    assert good.after.value == Fraction(100 * (181 - 4), 181)
    assert heavy.after.value == Fraction(100 * 2, 182)
    assert good.after.quota is not None
    assert good.after.quota.text == "还可有 69 个非优良日（剩余 184 天）"


def test_a_percentile_with_a_hot_june() -> None:
    here = ground(days([100] * 151, column="o3_8h"))
    answer = one(what_if([question("o3_p90", 160)], moves("o3_8h@140100@2026-06=200"), here))
    assert (answer.before.value, answer.after.value) == (100, 200)
    assert answer.after.quota is not None
    assert answer.after.quota.text == "超过 160 的日再不多于 6 个即可确保达标（剩余 184 天）"


SITES = [
    {"site": code, "name": f"站{code}", "kind": "air_site", "city": CITY, "county": "140105", "roles": "评价点"}
    for code in ("A", "B", "C")
] + [{"site": "D", "name": "站D", "kind": "air_site", "city": CITY, "county": "140106", "roles": "评价点"}]


def test_a_site_moves_its_city_with_the_others_as_last_year() -> None:
    """A at 90 on 2 June; B 30 that day last year, C and D only known this year (20, 40): (90+30+20+40)/4 = 45."""
    table = pa.concat_tables(
        [
            days([30], subject="B", first=date(2025, 6, 2)),
            days([60] * 10, subject="B"),
            days([20] * 10, subject="C"),
            days([40] * 10, subject="D"),
        ]
    )
    here = ground(days(TAIYUAN), sites=SITES, site_days=table)
    moved = moves("pm2_5@站A@2026-06-02=90", sites=SITES)
    found = moved_days(moved, here)
    assert found[CITY, "pm2_5"] == {date(2026, 6, 2): Fraction(45)}
    assert found["140105", "pm2_5"] == {date(2026, 6, 2): Fraction(90 + 30 + 20, 3)}
    answer = one(what_if([question()], moved, here))
    assert answer.after.value == Fraction(6341 + 45, 152)


def test_a_site_s_neighbour_at_zero_is_a_value_not_an_absence() -> None:
    """B at 0 that day last year stays 0; it is not taken for unknown and given its mean of this year, 60."""
    sites = [SITES[0], *(row for row in SITES if row["site"] == "B")]
    table = pa.concat_tables([days([0], subject="B", first=date(2025, 6, 2)), days([60] * 10, subject="B")])
    found = moved_days(moves("pm2_5@站A@2026-06-02=90", sites=sites), ground(sites=sites, site_days=table))
    assert found[CITY, "pm2_5"] == {date(2026, 6, 2): Fraction(45)}


def test_a_month_under_way_moves_its_days_ahead_only() -> None:
    here = ground(days([40] * 145), as_of=date(2026, 5, 25))
    assert sorted(moved_days(moves("pm2_5@140100@2026-05=30"), here)[CITY, "pm2_5"])[0] == date(2026, 5, 26)
    past = moved_days(moves("pm2_5@140100@2026-04=30"), here)
    assert past[CITY, "pm2_5"] == {}


def test_a_leap_year_and_a_lost_target() -> None:
    leap = replace(question(), period=Period.year(2028))
    here = ground(days([90] * 300, first=date(2028, 1, 1)), as_of=date(2028, 10, 26))
    answer = one(what_if([leap], moves("pm2_5@140100@2028-12=0"), here))
    assert answer.before.quota is not None
    assert (answer.before.quota.remaining, answer.before.verdict) == (66, "lost")
    assert answer.after.verdict == "lost"


def test_a_target_without_any_day_is_left_out() -> None:
    assert what_if([question()], moves("pm2_5@140100@2026-06=30"), ground(days([]))) == ()
    assert what_if([question()], (), ground(days([]))) == ()


@pytest.mark.parametrize(
    ("move", "said"),
    [
        pytest.param("x", r"应为 expected: pm2_5@990100@2026-11=45", id="words"),
        pytest.param({"quantity": "pm2_5", "subject": CITY}, r"缺少 missing: period, value", id="keys"),
        pytest.param("pm2_5@990999@2026-06=1", r"没有名为“990999”的", id="subject"),
        pytest.param("pm3@140100@2026-06=1", r"不认识的指标项“pm3”", id="quantity"),
        pytest.param("pm2_5@140100@2026-13=1", r"“2026-13”不是日期或月份", id="month"),
        pytest.param("pm2_5@140100@2026=1", r"只能是一日或一月", id="year"),
        pytest.param("nh3n@S1@2026-06-01=1", r"断面和天数按月", id="section-day"),
        pytest.param("pm2_5@140100@2026-06=-1", r"“-1”不能用", id="negative"),
        pytest.param("pm2_5@140100@2026-06=高", r"“高”不能用", id="no-number"),
        pytest.param("bad_days@140100@2026-06=31", r"“31”不能用", id="more-days-than-the-month"),
        pytest.param("bad_days@140100@2026-06=1.5", r"“1.5”不能用", id="half-a-day"),
        pytest.param("bad_days@S1@2026-06=1", r"bad_days 只用于城市", id="days-of-a-section"),
        pytest.param("exception@140100@2026-06-01=maybe", r"“maybe”不能用", id="neither-yes-nor-no"),
    ],
)
def test_a_move_that_cannot_be(move: object, said: str) -> None:
    with pytest.raises(CampaignError, match=rf"QC408: 情景“.*”不合法：.*{said}"):
        moves(move, sites=SECTIONS)


@pytest.mark.parametrize("subject", [CITY, "太原市"])
@pytest.mark.parametrize("what", ["pm2_5", "aqi", "bad_days"])
def test_a_city_s_own_values_listed_as_a_site_of_its_code_are_the_city(subject: str, what: str) -> None:
    """As feeds of cities' daily values list them; such a city could be moved neither by days nor by its name."""
    sites = [{"site": CITY, "name": "太原市", "kind": "air_site", "city": CITY}]
    assert moves(f"{what}@{subject}@2026-06=3", sites=sites) == moves(f"{what}@{subject}@2026-06=3")


def test_moves_in_words() -> None:
    texts = [move.text for move in moves(
        "pm2_5@140100@2026-06=30.5", "bad_days@140100@2026-06=3", "exception@140100@2026-04-07=no",
        {"quantity": "exception", "subject": "太原市", "period": "2026-04-07", "value": "准"},
    )]  # fmt: skip
    assert texts == [
        "太原市 2026-06 pm2_5 为 30.5",
        "太原市 2026-06 超标日 3 天",
        "太原市 2026-04-07 例外事件不予剔除",
        "太原市 2026-04-07 例外事件获准剔除",
    ]


@pytest.mark.parametrize(
    ("move", "reason"),
    [
        pytest.param("pm2_5@140100@2026-04=30", "2026-04 已过", id="month"),
        pytest.param("pm2_5@140100@2026-05=30", "2026-05 已过", id="month-ended-on-the-day"),
        pytest.param("bad_days@140100@2026-03=2", "2026-03 已过", id="count"),
    ],
)
def test_a_month_of_days_that_is_over_is_refused(move: str, reason: str) -> None:
    with pytest.raises(CampaignError, match=f"QC408: .*{reason}"):
        what_if([question()], moves(move), ground(days(TAIYUAN)))


def test_a_day_that_is_over_is_corrected_exactly() -> None:
    """42 on 2 January becomes 72: 6341 + 30 = 6371 over the same 151 days, and nothing of what is left is used."""
    answer = one(what_if([question()], moves("pm2_5@140100@2026-01-02=72"), ground(days(TAIYUAN))))
    assert answer.after.value == Fraction(6371, 151)
    assert answer.after.quota is not None
    assert answer.after.quota.allowed == Fraction(39 * 365 - 6371, 214)


@pytest.mark.parametrize(("number", "refused"), [("6", False), ("7", True)])
def test_no_more_days_than_are_left_of_a_month(number: str, refused: bool) -> None:
    """On 25 May six days are left of May."""
    here = ground(days([80] * 145, column="aqi"), as_of=date(2026, 5, 25))
    asked = [question("good_day_ratio", 80, ">=")]
    if refused:
        with pytest.raises(CampaignError, match=r"QC408: .*只剩 6 天"):
            what_if(asked, moves(f"bad_days@140100@2026-05={number}"), here)
    else:
        answer = one(what_if(asked, moves(f"bad_days@140100@2026-05={number}"), here))
        assert answer.after.value == Fraction(100 * 145, 151)


# --- every section held to its own target's class ---------------------------------------------------------------------


def test_sections_held_to_their_own_targets() -> None:
    """S1 at 1.04 is IV: kept by a target of IV, failed by III; a section without a target does not count."""
    clean = {f"2026-{k:02d}": Fraction(1, 2) for k in range(1, 11)}
    for target, share in ((3, 50), (4, 100), (5, 100)):
        months = {
            "S1": replace(river(), target=target),
            "S2": Months("S2", "S2", "river", {"nh3n": clean}, {}, target=2),
            "S3": Months("S3", "S3", "river", {"nh3n": {"2026-01": Fraction(9)}}, {}),
        }
        asked = question("section_target_ratio", 100, ">=", subjects=("S1", "S2", "S3"))
        here = ground(months=months, sites=SECTIONS, as_of=date(2026, 10, 31))
        answer = one(what_if([asked], moves("nh3n@S1@2026-11=0", "nh3n@S1@2026-12=0", sites=SECTIONS), here))
        assert answer.before.value == share
        assert answer.after.value == 100, "10.4 over twelve months are 0.87"
        assert answer.after.quota is not None
        assert answer.after.quota.text.startswith("2 个断面最多可有 0 个不达标；目前 0 个")
