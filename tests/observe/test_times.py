"""Times as printed: ISO, Chinese, compact, Excel; hour 24; zones; and what is no time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.catalog.feeds import TimeRule
from qingce.observe.times import parse_time, read_times

RULE = TimeRule()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-01-31 08:00", datetime(2026, 1, 31, 8)),
        ("2026-01-31T08:00:00", datetime(2026, 1, 31, 8)),
        ("2026-1-31 8:05", datetime(2026, 1, 31, 8, 5)),
        ("2026/1/31 8:00:30", datetime(2026, 1, 31, 8, 0, 30)),
        ("2026.01.31", datetime(2026, 1, 31)),
        ("2026年1月31日8时", datetime(2026, 1, 31, 8)),
        ("2026年1月31日", datetime(2026, 1, 31)),
        ("20260131", datetime(2026, 1, 31)),
        ("2026013108", datetime(2026, 1, 31, 8)),
        ("20260131083000", datetime(2026, 1, 31, 8, 30)),
        ("2026-05", datetime(2026, 5, 1)),
        ("2026年5月", datetime(2026, 5, 1)),
        ("2026-01-31 24:00", datetime(2026, 2, 1)),
        ("2026-01-31T08:00:00+08:00", datetime(2026, 1, 31, 8)),
        ("2026-01-31T00:00:00Z", datetime(2026, 1, 31, 8)),
        ("2026-01-31T09:00:00+0900", datetime(2026, 1, 31, 8)),
        ("2026-01-30T19:00:00-05:00", datetime(2026, 1, 31, 8)),
        ("2026-01-31 08:00:00.000", datetime(2026, 1, 31, 8)),
        (" 2026-01-31 ", datetime(2026, 1, 31)),
        ("2024-02-29", datetime(2024, 2, 29)),
    ],
)
def test_spellings(text: str, when: datetime):
    assert parse_time(text, RULE) == when


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-30", "2026-13-01", "2026-01-31 25:00", "2026-01-31 24:30", "2026-01-31 08:60", "08:00", "昨天",
     "31/1/2026", "20261301", "2025-02-29", "0202-01-01", "2026 08:00", "45000.5"],
)  # fmt: skip
def test_what_is_no_time(text: str):
    assert parse_time(text, RULE) is None


def test_formats_of_the_feed_come_first():
    rule = TimeRule(formats=("%d/%m/%Y %H:%M", "%Y%m%d %H"))
    assert parse_time("02/03/2026 05:00", rule) == datetime(2026, 3, 2, 5)
    assert parse_time("20260302 5", rule) == datetime(2026, 3, 2, 5)
    assert parse_time("2026-03-02", rule) == datetime(2026, 3, 2)


def test_another_clock_is_declared():
    assert parse_time("2026-01-31T00:00:00Z", TimeRule(offset=timedelta(0))) == datetime(2026, 1, 31)


def test_columns_are_joined():
    rule = TimeRule(joined="-")
    found = read_times([pa.array([2026, 2026]), pa.array(["08-26 13:00", "13-26 13:00"])], rule)
    assert datetime(1970, 1, 1) + timedelta(seconds=int(found.seconds[0])) == datetime(2026, 8, 26, 13)
    assert found.bad.tolist() == [-1, 0]
    assert found.texts == ["2026-13-26 13:00"]


def test_typed_columns_keep_their_time():
    plain = read_times([pa.array([datetime(2026, 1, 31, 8), None], pa.timestamp("us"))], RULE)
    assert plain.bad.tolist() == [-1, 0]
    zoned = read_times([pa.array([datetime(2026, 1, 31, 0)], pa.timestamp("s", tz="UTC"))], RULE)
    days = read_times([pa.array([date(2026, 1, 31)])], RULE)
    assert plain.seconds[0] == zoned.seconds[0] == days.seconds[0] + 8 * 3600


@pytest.mark.parametrize(("year", "read"), [(1899, False), (1900, True), (2099, True), (2100, False), (2999, False)])
def test_a_year_that_nobody_lives_in_is_a_slip_of_the_pen(year: int, read: bool):
    """One hour of the year 2999 among those of 2026 once made 355,382 days."""
    for text in (f"{year}-05-01 08:00", f"{year}年5月1日", f"{year}0501"):
        assert (parse_time(text, RULE) is not None) is read, text


def test_full_width_figures_are_figures():
    assert parse_time("２０２６－０１－３１　０８：００", RULE) == datetime(2026, 1, 31, 8)
    assert parse_time("２０２６年１月３１日", RULE) == datetime(2026, 1, 31)


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2099, 12, 31, 23, 59, 59)))
def test_what_is_written_is_read(when: datetime):
    when = when.replace(microsecond=0)
    assert parse_time(when.isoformat(" "), RULE) == when
    assert parse_time(when.isoformat() + "+08:00", RULE) == when
    assert parse_time(f"{when:%Y%m%d%H%M%S}", RULE) == when
