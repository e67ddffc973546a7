"""Quality facts against a slow count in plain Python."""

from __future__ import annotations

import calendar
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog.feeds import StuckRule
from qingce.core.tables import OBSERVATION, shape
from qingce.observe import QUALITY, quality
from qingce.observe.quality import BACK, quality_whole, reach

START = datetime(2026, 1, 1)


def observations(values: dict[int, int | None], *, site: str = "A", span: str = "PT1H", step: int = 1) -> pa.Table:
    """Values by number of steps since the new year; None is a row without a value."""
    rows = [
        {"site": site, "parameter": "pm2_5", "time": START + timedelta(hours=step * n), "span": span,
         "value": None if value is None else Decimal(value), "absent": None if value is not None else "invalid"}
        for n, value in values.items()
    ]  # fmt: skip
    types = [OBSERVATION.field(name) for name in ("site", "parameter", "time", "span", "value", "absent")]
    return shape(pa.Table.from_pylist(rows, pa.schema(types)), OBSERVATION)


def test_a_whole_month():
    table = quality(observations(dict.fromkeys(range(744), 1) | {n: n for n in range(744)}))
    assert table.schema == QUALITY
    assert table.to_pylist() == [
        {"site": "A", "parameter": "pm2_5", "span": "PT1H", "month": "2026-01", "expected": 744, "received": 744,
         "valid": 744, "share_text": "100.0%", "longest_gap": 0, "stuck_runs": 0, "negative": 0, "jumps": 0, "note": ""}
    ]  # fmt: skip


def test_gaps_invalid_values_and_a_month_without_any():
    values: dict[int, int | None] = {n: n for n in range(100)} | {50: None} | {2000: 7}
    rows = quality(observations(values)).to_pylist()
    assert [(r["month"], r["expected"], r["received"], r["valid"], r["longest_gap"]) for r in rows] == [
        ("2026-01", 744, 100, 99, 644),
        ("2026-02", 672, 0, 0, 672),
        ("2026-03", 744, 1, 1, 2000 - 1416),
    ]
    assert rows[0]["share_text"] == "13.3%"


def test_a_stuck_instrument_is_a_run_of_the_declared_length():
    assert quality(observations(dict.fromkeys(range(11), 5)), hours=12).to_pylist()[0]["stuck_runs"] == 0
    row = quality(observations(dict.fromkeys(range(12), 5)), hours=12).to_pylist()[0]
    assert row["stuck_runs"] == 1
    assert row["note"] == "1 段连续 12 个以上同值（自设检查，非标准）"
    broken = dict.fromkeys(range(12), 5) | {6: None}
    assert quality(observations(broken), hours=12).to_pylist()[0]["stuck_runs"] == 0


def test_rules_of_a_recipe_count_runs_and_jumps():
    values = dict.fromkeys(range(20), 5) | {10: 500}
    rules = {"pm2_5": StuckRule(repeats=9, jump=Decimal(400))}
    row = quality(observations(values), stuck=rules).to_pylist()[0]
    assert (row["stuck_runs"], row["jumps"]) == (2, 2)
    assert row["note"] == "2 段连续 9 个以上同值；2 处突变（自设检查，非标准）"
    rules = {"pm2_5": StuckRule(repeats=9, jump=Decimal(495))}
    assert quality(observations(values), stuck=rules).to_pylist()[0]["jumps"] == 0  # a step of 495 is not beyond 495


def test_four_hourly_daily_and_samples():
    four = quality(observations({0: 1, 1: 1, 5: 2}, span="PT4H", step=4)).to_pylist()[0]
    assert (four["expected"], four["received"]) == (186, 3)
    daily = quality(observations({0: 1, 30: 2}, span="P1D", step=24)).to_pylist()[0]
    assert (daily["expected"], daily["received"], daily["longest_gap"]) == (31, 2, 29)
    assert quality(observations({0: 1}, span="sample")).num_rows == 0
    assert quality(observations({})).num_rows == 0


def test_sites_and_spans_stay_apart():
    table = pa.concat_tables(
        [observations({0: 1}), observations({0: 1, 1: 2}, site="B"), observations({0: -1}, span="P1D")]
    )
    rows = {(row["site"], row["span"]): row for row in quality(table).to_pylist()}
    assert {key: row["received"] for key, row in rows.items()} == {("A", "PT1H"): 1, ("A", "P1D"): 1, ("B", "PT1H"): 2}
    assert rows[("A", "P1D")]["negative"] == 1


def slow(values: dict[int, int | None], run: int) -> dict[str, tuple[int, int, int, int, int]]:
    """Count month by month: expected, received, valid, longest gap, stuck runs."""
    if not values:
        return {}
    first, last = min(values), max(values)
    months = defaultdict(list)
    end = START + timedelta(hours=last)
    when = (START + timedelta(hours=first)).replace(day=1, hour=0)
    stop = end.replace(day=calendar.monthrange(end.year, end.month)[1], hour=23)
    previous, length, began = None, 0, ""
    runs: dict[str, int] = defaultdict(int)
    while when <= stop:
        hour = int((when - START).total_seconds() // 3600)
        value = values.get(hour)
        month = f"{when:%Y-%m}"
        months[month].append((hour in values, value))
        if value is None:
            previous, length = None, 0
        else:
            length = length + 1 if value == previous else 1
            began = began if length > 1 else month
            previous = value
            if length == run:
                runs[began] += 1
        when += timedelta(hours=1)
    found = {}
    for month, cells in months.items():
        gap = longest = 0
        for _, value in cells:
            gap = gap + 1 if value is None else 0
            longest = max(longest, gap)
        valid = sum(value is not None for _, value in cells)
        found[month] = (len(cells), sum(seen for seen, _ in cells), valid, longest, runs[month])
    return found


hourly = st.dictionaries(st.integers(0, 2500), st.one_of(st.none(), st.integers(0, 3)), max_size=120)
runs_of_hours = st.lists(
    st.tuples(st.integers(0, 2400), st.integers(1, 40), st.integers(0, 2)), max_size=6
).map(lambda blocks: {first + i: value for first, size, value in blocks for i in range(size)})  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.one_of(hourly, runs_of_hours), st.integers(2, 30))
def test_the_slow_count_agrees(values: dict[int, int | None], run: int):
    rows = quality(observations(values), hours=run).to_pylist()
    names = ("expected", "received", "valid", "longest_gap", "stuck_runs")
    got = {row["month"]: tuple(row[name] for name in names) for row in rows}
    assert got == slow(values, run)


YEAR_ENDS = st.lists(
    st.tuples(st.integers(-80, 90), st.integers(0, 60), st.sampled_from((4, 5, 300, None))), max_size=6
)


@settings(max_examples=60, deadline=None)
@given(YEAR_ENDS, st.sampled_from((("PT1H", 1), ("PT4H", 4), ("P1D", 24))), st.integers(2, 30))
def test_facts_told_year_by_year_are_the_facts_of_all(
    runs: list[tuple[int, int, int | None]], span: tuple[str, int], repeats: int
):
    """Runs over New Year, months and a whole year without a row, spans of every length."""
    values: dict[int, int | None] = {}
    for start, length, value in runs:
        values |= dict.fromkeys(range(start, start + length), value)
    values |= {-3 * 365 * 24 // span[1]: 7, 400 * 24 // span[1]: 8}
    table = observations(values, span=span[0], step=span[1])
    stuck = {"pm2_5": StuckRule(repeats=repeats, jump=Decimal(200))}
    told: list[dict[str, object]] = []
    for year in range(2022, 2028):
        first, after = datetime(year, 1, 1) - BACK, datetime(year + 1, 1, 1) + reach(stuck)
        time = table["time"]
        part = table.filter(pc.and_(pc.greater_equal(time, pa.scalar(first)), pc.less(time, pa.scalar(after))))
        told += [row for row in quality(part, stuck=stuck).to_pylist() if str(row["month"]).startswith(str(year))]
    assert quality_whole(told) == quality(table, stuck=stuck).to_pylist()


def test_facts_put_together_come_by_site_parameter_span_and_month():
    early, late = observations({0: 1}, site="B"), observations({800: 1}, site="A")
    rows = [*quality(early).to_pylist(), *quality(late).to_pylist(), *quality(observations({2000: 1})).to_pylist()]
    assert [(row["site"], row["month"], row["expected"]) for row in quality_whole(rows)] == [
        ("A", "2026-02", 672), ("A", "2026-03", 744), ("B", "2026-01", 744),
    ]  # fmt: skip
    assert quality_whole([]) == []
