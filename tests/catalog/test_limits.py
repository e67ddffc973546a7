"""Exactly one row answers a day, a class and a place; anything else is a numbered error."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.catalog import is_met, load_catalog
from qingce.core.errors import ContentError

CATALOG = load_catalog()
HEADER = "parameter,averaging,grade,bound,low,value,unit,edition,start,end,clause,page,words,place,status,question\n"


@pytest.mark.parametrize(
    ("day", "value", "edition"),
    [
        (date(2026, 2, 28), "35", "gb3095-2012"),
        (date(2026, 3, 1), "30", "gb3095-2026-transition"),
        (date(2030, 12, 31), "30", "gb3095-2026-transition"),
        (date(2031, 1, 1), "25", "gb3095-2026-final"),
    ],
)
def test_switch_days_of_annual_pm2_5(day: date, value: str, edition: str) -> None:
    limit = CATALOG.limit("pm2_5", "annual", "2", day=day)
    assert (limit.value, limit.edition) == (Decimal(value), edition)


def test_no_row_says_what_was_asked() -> None:
    with pytest.raises(ContentError, match=r"QC104: 2001-06-01 没有有效的限值：pm2_5（annual，2级）.*匹配到 0 行"):
        CATALOG.limit("pm2_5", "annual", "2", day=date(2001, 6, 1))
    with pytest.raises(ContentError, match=r"QC104: 2026-06-01 .*co（annual，2级）.*0 rows matched\.$"):
        CATALOG.limit("co", "annual", "2", day=date(2026, 6, 1))


def test_total_phosphorus_needs_the_kind_of_water() -> None:
    day = date(2026, 6, 1)
    assert CATALOG.limit("tp", "sample", "3", day=day, place="lake").value == Decimal("0.05")
    assert CATALOG.limit("tp", "sample", "3", day=day, place="river").value == Decimal("0.2")
    with pytest.raises(ContentError, match=r"QC104.*tp（sample，3级）"):
        CATALOG.limit("tp", "sample", "3", day=day)


def test_total_nitrogen_has_no_river_limit() -> None:
    with pytest.raises(ContentError, match=r"QC104.*tn（sample，3级）"):
        CATALOG.limit("tn", "sample", "3", day=date(2026, 6, 1), place="river")


def test_what_if_answers_whatever_the_day() -> None:
    for day in (date(1999, 1, 1), date(2026, 6, 1), date(2099, 1, 1)):
        assert CATALOG.limit("pm2_5", "day", "2", day=day, edition="gb3095-2012").value == 75
        assert CATALOG.limit("pm2_5", "day", "2", day=day, edition="gb3095-2026-transition").value == 60
        assert CATALOG.limit("pm2_5", "day", "2", day=day, edition="gb3095-2026-final").value == 50


def test_a_standard_with_stages_answers_by_its_own_dates() -> None:
    asked = [date(2020, 1, 1), date(2026, 3, 1), date(2030, 12, 31), date(2031, 1, 1)]
    values = [CATALOG.limit("pm10", "annual", "2", day=day, edition="gb3095-2026").value for day in asked]
    assert values == [60, 60, 60, 50]


def test_unknown_edition_lists_the_known() -> None:
    with pytest.raises(ContentError, match=r"QC110: 没有名为“gb3095-1996”的限值版本.*gb3095-2012, gb3095-2026"):
        CATALOG.limit("pm2_5", "day", "2", day=date(2026, 6, 1), edition="gb3095-1996")


@pytest.mark.parametrize("word", ["annual", "year", "年平均", "年均"])
def test_averaging_times_by_every_accepted_word(word: str) -> None:
    assert CATALOG.limit("pm2_5", word, "2", day=date(2020, 1, 1)).value == 35


def test_the_eight_hour_ozone_parameter_shares_ozone_limits() -> None:
    day = date(2026, 6, 1)
    assert CATALOG.limit("o3_8h", "8h", "2", day=day) == CATALOG.limit("o3", "mda8", "2", day=day)


def local_standard(root: Path, rows: str) -> Path:
    folder = root / "standards/db14-2027"
    folder.mkdir(parents=True)
    (folder / "standard.toml").write_text(
        'code = "db14-2027"\nfamily = "local"\nzh = "地方标准"\nen = "local"\nmedium = "air"\nsource = "DB14"\n'
        'start = 2027-01-01\nstatus = "verified"\n',
        "utf-8",
    )
    (folder / "limits.csv").write_text(HEADER + rows, "utf-8")
    (root / "sources.toml").write_text('[DB14]\ntitle = "地方标准"\nchecked_on = 2026-11-21\n', "utf-8")
    return root


def test_a_local_limit_answers_in_its_province_only(tmp_path: Path) -> None:
    row = "pm2_5,annual,2,le,,28,ug/m3,,,,3 表1,,细颗粒物 年平均,140000,verified,\n"
    catalog = load_catalog([local_standard(tmp_path, row)])
    day = date(2027, 6, 1)
    assert catalog.limit("pm2_5", "annual", "2", day=day, place="140106").value == 28
    assert catalog.limit("pm2_5", "annual", "2", day=day, place="140100").value == 28
    assert catalog.limit("pm2_5", "annual", "2", day=day, place="610100").value == 30
    assert catalog.limit("pm2_5", "annual", "2", day=day).value == 30
    assert catalog.limit("pm2_5", "annual", "2", day=date(2026, 12, 31), place="140100").value == 30


def test_two_rows_on_one_day_are_refused(tmp_path: Path) -> None:
    row = "pm2_5,annual,2,le,,28,ug/m3,,,,3 表1,,细颗粒物 年平均,,verified,\n"
    catalog = load_catalog([local_standard(tmp_path, row)])
    with pytest.raises(
        ContentError, match=r"QC105: “pm2_5（annual，2级，2027-06-01）”.*gb3095-2026-transition.*db14-2027"
    ):
        catalog.limit("pm2_5", "annual", "2", day=date(2027, 6, 1))


def test_limits_of_every_air_row_stand_for_every_day_from_2012() -> None:
    keys = {(one.parameter, one.averaging, one.grade) for one in CATALOG.limits if one.standard == "gb3095-2012"}
    assert len(keys) == 46
    for key in keys:
        for day in (date(2012, 2, 29), date(2018, 9, 1), date(2026, 2, 28), date(2026, 3, 1), date(2060, 1, 1)):
            assert CATALOG.limit(*key, day=day).unit


def test_is_met_includes_the_limit() -> None:
    day = date(2026, 6, 1)
    oxygen = CATALOG.limit("do", "sample", "3", day=day)
    acid = CATALOG.limit("ph", "sample", "3", day=day)
    fine = CATALOG.limit("pm2_5", "annual", "2", day=day)
    assert [is_met(oxygen, Decimal(x)) for x in ("4.999999", "5", "5.000001")] == [False, True, True]
    assert [is_met(acid, Decimal(x)) for x in ("5.99", "6", "9", "9.01")] == [False, True, True, False]
    assert [is_met(fine, x) for x in (30, Fraction(61, 2), Fraction(8999, 300))] == [True, False, True]


@given(st.dates(min_value=date(2012, 2, 29), max_value=date(2100, 1, 1)), st.sampled_from("12"))
def test_every_day_has_exactly_one_annual_limit_and_it_never_loosens(day: date, grade: str) -> None:
    for parameter in ("so2", "no2", "pm10", "pm2_5"):
        now = CATALOG.limit(parameter, "annual", grade, day=day)
        later = CATALOG.limit(parameter, "annual", grade, day=date(2100, 1, 1))
        assert now.start <= day
        assert now.end is None or day <= now.end
        assert later.value <= now.value


def test_every_row_carries_its_printed_words_and_clause() -> None:
    assert all(one.words and one.clause and one.unit for one in CATALOG.limits)
    assert {one.bound for one in CATALOG.limits} == {"le", "ge", "range"}
    assert all(one.value > 0 or "无" in one.words or "不得检出" in one.words for one in CATALOG.limits)
    assert all(one.question for one in CATALOG.limits if one.status == "unread")
