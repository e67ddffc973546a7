"""After any sequence of hours, late rows and corrections the live day is what evaluate_air_days says of the rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, observations
from tests.evaluate.blocks_made import PARAMETERS, as_table, made_block, some_cities

from qingce.core.blocks import MISSING
from qingce.core.errors import QingceError
from qingce.core.tables import SCALE
from qingce.evaluate import AirDays, evaluate_air_days
from qingce.evaluate.air.live import LiveDay, LiveNow
from qingce.evaluate.kernels import jit

DAYS = (date(2026, 2, 28), date(2026, 3, 1), date(2024, 7, 1))
VALUES = ("0", "1", "35", "36", "60.5", "75", "100.25", "160", "161", "265", "800", "801", "2620.000001", None)


def of_day(days: AirDays, day: date) -> AirDays:
    """The measured rows of one day."""
    return AirDays(*(
        table.filter(pc.and_(pc.equal(table["day"], day), pc.equal(table["series"], "measured")))
        for table in (days.site_days, days.city_days)
    ))  # fmt: skip


def same(live: LiveDay, now: LiveNow, expected: AirDays) -> None:
    """Every cell of every subject that has a row; and the flat index of the fast path."""
    made = live.air_days(now)
    for ours, theirs in ((made.site_days, expected.site_days), (made.city_days, expected.city_days)):
        there = ours.filter(pc.is_in(ours["subject"], value_set=theirs["subject"].combine_chunks()))
        assert there.to_pylist() == theirs.to_pylist()
    for subjects, index, table in ((now.sites, now.site_index, made.site_days), (now.areas, now.area_index,
                                                                                made.city_days)):  # fmt: skip
        by_subject = dict(zip(table["subject"].to_pylist(), table["aqi"].to_pylist(), strict=True))
        assert [None if aqi < 0 else aqi for aqi in index.aqi.tolist()] == [by_subject[s] for s in subjects]


@st.composite
def sequences(draw: st.DrawFn) -> tuple[date, list[list[dict[str, object]]]]:
    """Batches of rows, each known later than the one before: hours, late hours, corrections, absences."""
    day = draw(st.sampled_from(DAYS))
    start = datetime(day.year, day.month, day.day)
    batches = []
    for number in range(draw(st.integers(1, 5))):
        rows: dict[tuple[object, ...], dict[str, object]] = {}
        for _ in range(draw(st.integers(1, 4))):
            site, parameter = f"S{draw(st.integers(0, 4)):04d}", draw(st.sampled_from(PARAMETERS))
            first, last = sorted((draw(st.integers(0, 23)), draw(st.integers(0, 23))))
            value, absent = draw(st.sampled_from(VALUES)), draw(st.sampled_from((None, None, None, "invalid")))
            review = draw(st.sampled_from(("realtime", "national", None)))
            for hour in range(first, last + 1):
                time = start + timedelta(hours=hour)
                rows[site, parameter, time] = {
                    "site": site, "parameter": parameter, "time": time, "value": value, "absent": absent,
                    "review": review, "known_at": start + timedelta(days=2, minutes=number),
                }  # fmt: skip
        batches.append(list(rows.values()))
    return day, batches


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequences(), st.booleans())
def test_any_sequence_of_rows_gives_the_day_of_those_rows(
    made: tuple[date, list[list[dict[str, object]]]], compiled: bool
) -> None:
    day, batches = made
    block = made_block(5, sites=5, days=1, start=day)
    places = some_cities(block, cities=2, seed=4)
    live, so_far = LiveDay(day, places, catalog=catalog(), compiled=compiled), []
    base = as_table(block)
    live.take(base)
    tables = [base]
    for rows in batches:
        so_far.append(observations(rows))
        assert live.take(so_far[-1]) == len(rows)
        every = pa.concat_tables([*tables, *so_far])
        same(live, live.now(), of_day(evaluate_air_days(every, places, NO_EXCEPTIONS, catalog=catalog()), day))


def test_rows_in_any_order_of_arrival_give_the_same_day() -> None:
    day = DAYS[1]
    block = made_block(6, sites=5, days=1, start=day)
    places = some_cities(block, cities=2)
    correction = observations([
        {"site": "S0001", "parameter": "pm2_5", "time": datetime(2026, 3, 1, h), "value": 180, "review": "national",
         "known_at": datetime(2026, 3, 2)} for h in range(24)
    ])  # fmt: skip
    tables = [as_table(block), correction]
    answers = []
    for order in (tables, tables[::-1]):
        live = LiveDay(day, places, catalog=catalog())
        for table in order:
            live.take(table)
        answers.append(live.air_days(live.now()).city_days.to_pylist())
    assert answers[0] == answers[1]


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
def test_hours_as_arrays_are_the_same_as_rows(compiled: bool) -> None:
    day = DAYS[0]
    block = made_block(7, sites=6, days=1, start=day, scales=(10, 1, 100, 1, 1, 10))
    places = some_cities(block, cities=3)
    live = LiveDay(day, places, catalog=catalog(), compiled=compiled)
    columns = [live.sites.index(site) for site in block.sites]
    for hour in range(24):
        for parameter, plane, scale in zip(block.parameters, block.planes, block.scales, strict=True):
            micro, ok = np.zeros(len(live.sites), np.int64), np.zeros(len(live.sites), bool)
            micro[columns] = plane[hour].astype(np.int64) * (SCALE // scale)
            ok[columns] = plane[hour] != MISSING
            live.hour(hour, parameter, micro=micro, ok=ok, review=3)
    table = as_table(block)
    reviewed = table.set_column(
        table.column_names.index("review"), "review", pa.array(["national"] * table.num_rows, pa.string())
    )
    same(live, live.now(), of_day(evaluate_air_days(reviewed, places, NO_EXCEPTIONS, catalog=catalog()), day))


def test_an_older_row_that_comes_late_changes_nothing_and_a_conflict_is_named() -> None:
    day, at = DAYS[2], datetime(2024, 7, 1, 5)
    row = {"site": "S0000", "parameter": "o3", "time": at, "value": 90, "known_at": datetime(2024, 7, 3)}
    block = made_block(8, sites=2, days=1, start=day)
    live = LiveDay(day, some_cities(block, cities=1), catalog=catalog())
    live.take(observations([row]))
    before = live.air_days(live.now()).site_days.to_pylist()
    live.take(observations([row | {"value": 400, "known_at": datetime(2024, 7, 2)}]))
    assert live.air_days(live.now()).site_days.to_pylist() == before
    with pytest.raises(QingceError, match=r"QC251.*S0000 o3 2024-07-01 05:00"):
        live.take(observations([row | {"value": 91}]))
    assert live.take(observations([row | {"time": datetime(2024, 7, 2)}, row | {"site": "X"}])) == 0
    assert live.take(observations([row | {"parameter": "tsp"}])) == 0


def test_enormous_values_go_the_plain_way() -> None:
    day = DAYS[2]
    rows = observations([
        {"site": "S0000", "parameter": "pm10", "time": datetime(2024, 7, 1, h), "value": "999999999999.123456"}
        for h in range(24)
    ])  # fmt: skip
    places = some_cities(made_block(8, sites=1, days=1, start=day), cities=1)
    live = LiveDay(day, places, catalog=catalog())
    live.take(rows)
    same(live, live.now(), of_day(evaluate_air_days(rows, places, NO_EXCEPTIONS, catalog=catalog()), day))


def test_without_the_compiler_there_is_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "_NAME", "qingce.evaluate.kernels.not_there")
    jit._kernels.cache_clear()
    try:
        assert jit.kernels_for(10**12) is None
    finally:
        jit._kernels.cache_clear()
