"""Moves as tables and as what the outlook takes: both series, days left out, sums of several statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.thread.test_what_if import AS_OF, CITY, NAMES, SECTIONS, catalog, ground, moves, one, question, river

from qingce.core.periods import Period
from qingce.core.tables import VALUE_TYPE
from qingce.evaluate.air.indicators import air_indicator
from qingce.evaluate.air.input import QUANTITIES
from qingce.thread.figures import Days
from qingce.thread.what_if.answer import Ground, moved_days, what_if
from qingce.thread.what_if.given import given_of, moved_table, touches

FIRST = date(2026, 1, 1)
USUAL = {"so2": "10", "no2": "20", "co": "0.6", "o3": "90", "o3_8h": "80", "pm10": "60", "pm2_5": "40"}


def region_days(rows: Mapping[date, Mapping[str, str]], *, left_out: tuple[date, ...] = ()) -> pa.Table:
    """Both series of a city, with fractions and absences as a build writes them; `left_out` for sand (PM10)."""
    found: list[dict[str, Any]] = []
    for day, values in rows.items():
        for series in ("deducted", "measured"):
            out = series == "deducted" and day in left_out
            row: dict[str, Any] = {"subject": CITY, "subject_name": "太原市", "day": day, "series": series, "aqi": 60}
            for name in QUANTITIES:
                value = None if out and name == "pm10" else Fraction(values.get(name, USUAL[name]))
                row[name] = None if value is None else Decimal(value.numerator) / value.denominator
                row[f"num_{name}"] = None if value is None else value.numerator
                row[f"den_{name}"] = None if value is None else value.denominator
                row[f"absent_{name}"] = "excluded_event" if value is None else None
            found.append(row)
    fields = [("subject", pa.string()), ("subject_name", pa.string()), ("day", pa.date32()), ("series", pa.string()),
              ("aqi", pa.int64())]  # fmt: skip
    for name in QUANTITIES:
        fields += [(name, VALUE_TYPE), (f"num_{name}", pa.int64()), (f"den_{name}", pa.int64())]
        fields += [(f"absent_{name}", pa.string())]
    return pa.Table.from_pylist(found, schema=pa.schema(fields))


def usual(count: int = 151) -> dict[date, dict[str, str]]:
    return {FIRST + timedelta(k): {} for k in range(count)}


def tried(table: pa.Table, *given_: str) -> tuple[Ground, pa.Table]:
    """The ground of a what-if as the app lays it, and the table of days as moved."""
    here = ground(table)
    here = Ground(Days(table, catalog()), here.after, here.site_days, here.months, (), catalog(), AS_OF)
    after = moved_table(table, moved_days(moves(*given_), here))
    return Ground(here.days, Days(after, catalog()), here.site_days, here.months, (), catalog(), AS_OF), after


def rows_on(table: pa.Table, day: date) -> dict[str, dict[str, Any]]:
    return {row["series"]: row for row in table.to_pylist() if row["day"] == day}


def test_nothing_moved_is_the_very_table() -> None:
    table = region_days(usual())
    assert moved_table(table, {}) is table
    assert moved_table(table, {(CITY, "aqi"): {FIRST: Fraction(90)}}) is table
    assert moved_table(table.slice(0, 0), {(CITY, "pm10"): {FIRST: Fraction(90)}}).num_rows == 0


def test_a_day_moved_is_moved_in_both_series_but_stays_left_out() -> None:
    sand, plain, new = date(2026, 3, 9), date(2026, 3, 10), date(2026, 7, 1)
    table = region_days(usual(), left_out=(sand,))
    days = {sand: Fraction(100, 3), plain: Fraction(100, 3), new: Fraction(70)}
    after = moved_table(table, {(CITY, "pm10"): days})
    assert after.schema == table.schema
    assert after.num_rows == table.num_rows + 2
    assert [rows_on(after, sand)[name]["num_pm10"] for name in ("measured", "deducted")] == [100, None]
    assert rows_on(after, sand)["deducted"]["absent_pm10"] == "excluded_event"
    for series in ("measured", "deducted"):
        row = rows_on(after, plain)[series]
        assert (row["num_pm10"], row["den_pm10"], row["aqi"], row["num_pm2_5"]) == (100, 3, None, 40)
        assert rows_on(after, new)[series]["num_pm10"] == 70
        assert rows_on(after, new)[series]["num_pm2_5"] is None
    others = [row for row in after.to_pylist() if row["day"] not in days]
    assert others == [row for row in table.to_pylist() if row["day"] not in days]


@pytest.mark.parametrize("series", ["measured", "deducted"])
def test_a_past_day_moves_means_and_good_days_of_either_series(series: str) -> None:
    """PM2.5 of 2 January at 300: the mean gains 260, and the day is no longer good."""
    here, _ = tried(region_days(usual()), "pm2_5@140100@2026-01-02=300")
    mean = one(what_if([question(series=series)], moves("pm2_5@140100@2026-01-02=300"), here))
    assert mean.after.value == Fraction(40 * 150 + 300, 151)
    good = one(what_if([question("good_day_ratio", 80, ">=", series=series)], (), here))
    assert (good.before.value, good.after.value) == (100, Fraction(100 * 150, 151))


def test_a_day_left_out_of_the_deducted_series_stays_so_when_moved() -> None:
    sand = date(2026, 3, 9)
    here, _ = tried(region_days(usual(), left_out=(sand,)), "pm10@140100@2026-03-09=900")
    moved = moves("pm10@140100@2026-03-09=900")
    deducted = one(what_if([question("pm10_annual", 70, series="deducted")], moved, here))
    measured = one(what_if([question("pm10_annual", 70)], moved, here))
    assert (deducted.changed, deducted.after.value) == (False, 60)
    assert measured.after.value == Fraction(60 * 150 + 900, 151)


@settings(max_examples=20, deadline=None)
@given(
    levels=st.fixed_dictionaries({}, optional={name: st.integers(1, 300) for name in ("pm2_5", "o3_8h", "no2")}),
    number=st.integers(6, 12),
)
def test_the_composite_index_of_a_moved_month(levels: dict[str, int], number: int) -> None:
    """Each term over the days of its own quantity, moved ones among them: what evaluate says of the same table."""
    given_ = [f"{name}@140100@2026-{number:02d}={level}" for name, level in levels.items()]
    table = region_days(usual())
    here, _ = tried(table, *given_)
    answer = one(what_if([question("composite_index", "4")], moves(*given_), here))
    rows = table.to_pylist()
    for day in Period.month(2026, number):
        for series in ("measured", "deducted") if levels else ():
            row: dict[str, Any] = {"subject": CITY, "day": day, "series": series}
            rows.append(row | {name: Decimal(level) for name, level in levels.items()}
                        | {f"num_{name}": level for name, level in levels.items()}
                        | {f"den_{name}": 1 for name in levels})  # fmt: skip
    want = air_indicator(
        catalog().indicator("composite_index"), pa.Table.from_pylist(rows, schema=table.schema), scope=CITY,
        scope_name="", period=Period.year(2026), series="measured", catalog=catalog(), as_of=AS_OF,
    ).to_pylist()[0]  # fmt: skip
    assert answer.after.value == Fraction(want["exact"])
    assert answer.changed == (answer.before.value != answer.after.value)
    assert answer.after.quota is not None
    assert answer.after.quota.allowed == 4 - Fraction(want["exact"])
    assert answer.after.verdict.endswith("_so_far"), "months are left of which nothing is known"


def test_a_composite_year_moved_to_its_end_is_over() -> None:
    given_ = [f"{name}@140100@2026-{number:02d}={value}" for number in range(6, 13) for name, value in USUAL.items()]
    here, _ = tried(region_days(usual()), *given_)
    answer = one(what_if([question("composite_index", "9")], moves(*given_), here))
    assert answer.before.verdict == "met_so_far"
    assert (answer.after.verdict, answer.after.value) == ("met", answer.before.value)


def test_what_the_outlook_is_given() -> None:
    here = ground(None, months={"S1": river()}, sites=SECTIONS)
    moved = moves(
        "pm2_5@140100@2026-05-02=90", "pm2_5@140100@2026-12=20", "aqi@140100@2026-06-01=160",
        "bad_days@140100@2026-07=2", "nh3n@S1@2026-11=0.7", sites=SECTIONS,
    )  # fmt: skip
    good, mean = question("good_day_ratio", 80, ">="), question()
    found = given_of([good, mean], moved, here)
    assert set(found.days) == {(CITY, "pm2_5")}
    assert set(found.days[CITY, "pm2_5"]) == set(Period.month(2026, 12)), "a day that is over stands in the table"
    index = found.index["T", CITY]
    assert index[date(2026, 6, 1)] == 160
    assert [index[day] for day in Period.month(2026, 7)] == [101, 101, *[100] * 29]
    assert found.months == {("S1", "nh3n"): {"2026-11": Fraction("0.7")}}
    assert given_of([mean], moved, here).index == {}


def test_what_a_move_can_reach_beyond_the_figure_to_date() -> None:
    here = ground(None, months={"S1": river()}, sites=SECTIONS)
    moved = moves("pm2_5@140100@2026-12=20", "nh3n@S1@2026-11=0.7", sites=SECTIONS)
    days = moved_days(moved, here)
    given_ = given_of([], moved, here)
    reached = {
        "good_day_ratio": touches(question("good_day_ratio", 80, ">="), given_, days),
        "composite_index": touches(question("composite_index", 4), given_, days),
        "pm10_annual": touches(question("pm10_annual", 70), given_, days),
        "another city": touches(question("good_day_ratio", 80, ">=", subjects=("140200",)), given_, days),
        "section": touches(question("section_class", 3, subjects=("S1",)), given_, days),
        "another section": touches(question("section_class", 3, subjects=("S2",)), given_, days),
    }
    assert [name for name, touched in reached.items() if touched] == ["good_day_ratio", "composite_index", "section"]
    assert NAMES[CITY] == "太原市"


def test_a_target_on_the_mean_of_regions_moves_with_their_mean() -> None:
    """Two cities at 40 and 50; a month of the first at 10 moves the mean by what it moves that city, halved."""
    first = region_days(usual())
    second = first.set_column(0, "subject", pa.array(["140200"] * first.num_rows, pa.string()))
    place = second.column_names.index("num_pm2_5")
    second = second.set_column(place, "num_pm2_5", pa.array([50] * second.num_rows, pa.int64()))
    here, _ = tried(pa.concat_tables([first, second]), "pm2_5@140100@2026-06=10")
    asked = question(target=46, subjects=(CITY, "140200"), mean=True)
    answer = one(what_if([asked], moves("pm2_5@140100@2026-06=10"), here))
    moved = Fraction(40 * 151 + 10 * 30, 181)
    assert (answer.before.value, answer.after.value) == (45, (moved + 50) / 2)
    assert (answer.before.verdict, answer.before.quota) == ("met_so_far", None)
    assert what_if([question(subjects=(CITY, "140300"), mean=True)], (), here) == ()
