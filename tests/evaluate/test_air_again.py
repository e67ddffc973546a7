"""A corrected day recomputes only what it touches, and the answer is that of judging everything from the beginning."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, daily, exceptions, observations
from tests.evaluate.blocks_made import PARAMETERS, as_table, made_block, some_cities
from tests.evaluate.test_air_year import without_empty

from qingce.evaluate import evaluate_air_days
from qingce.evaluate.air import again as air_again
from qingce.evaluate.air.again import evaluate_air_days_again

AREAS = ("city", "county")


def in_days(table: pa.Table, days: set[date]) -> pa.Table:
    """The rows of some days."""
    return table.filter(pc.is_in(table["time"].cast(pa.date32()), value_set=pa.array(sorted(days), pa.date32())))


@st.composite
def corrections(draw: st.DrawFn) -> tuple[date, list[dict[str, object]]]:
    """Corrected, late and absent hours and reported days, inside the block of days and around it."""
    start = draw(st.sampled_from((date(2026, 2, 26), date(2024, 12, 29))))
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    for _ in range(draw(st.integers(1, 6))):
        site, parameter = f"S{draw(st.integers(0, 4)):04d}", draw(st.sampled_from(PARAMETERS))
        day = start + timedelta(draw(st.integers(-3, 9)))
        value = draw(st.sampled_from(("0", "36", "75", "150.5", "301", "0.333333", None)))
        absent = None if value is not None else draw(st.sampled_from(("invalid", "not_monitored")))
        more = {"absent": absent, "review": draw(st.sampled_from(("national", "realtime")))}
        if draw(st.booleans()):
            row = daily(site, "o3_8h" if parameter == "o3" else parameter, day, value=value, **more)
            rows[site, row["parameter"], day] = row
            continue
        first, last = sorted((draw(st.integers(0, 23)), draw(st.integers(0, 23))))
        for hour in range(first, last + 1):
            time = datetime(day.year, day.month, day.day, hour)
            rows[site, parameter, time] = {"site": site, "parameter": parameter, "time": time, "value": value, **more}
    known = datetime(2027, 1, 1)
    return start, [row | {"known_at": known} for row in rows.values()]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(corrections(), st.booleans(), st.integers(0, 2**20))
def test_corrections_touch_their_days_only_and_give_the_whole_answer(
    made: tuple[date, list[dict[str, object]]], sand: bool, seed: int
) -> None:
    start, changed = made
    block = without_empty(made_block(seed, sites=5, days=7, start=start))
    places = some_cities(block, cities=2, seed=seed)
    old = as_table(block)
    events = exceptions({"scope": "990100", "start": start + timedelta(2), "end": start + timedelta(3)}) if sand else (
        NO_EXCEPTIONS
    )  # fmt: skip
    before = evaluate_air_days(old, places, NO_EXCEPTIONS, catalog=catalog(), areas=AREAS)
    new = pa.concat_tables([old, observations(changed)])
    touched = {row["time"].date() for row in changed} | {start + timedelta(day) for day in (2, 3) if sand}
    again = evaluate_air_days_again(
        before, in_days(new, touched), places, exceptions=events, touched=touched, catalog=catalog(), areas=AREAS
    )
    assert again is not None
    expected = evaluate_air_days(new, places, events, catalog=catalog(), areas=AREAS)
    assert again.site_days.to_pylist() == expected.site_days.to_pylist()
    assert again.city_days.to_pylist() == expected.city_days.to_pylist()
    assert again.site_days.schema.equals(expected.site_days.schema)


def test_only_the_days_touched_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    block = without_empty(made_block(3, sites=4, days=60, start=date(2024, 3, 1)))
    places, old = some_cities(block, cities=2), as_table(block)
    before = evaluate_air_days(old, places, NO_EXCEPTIONS, catalog=catalog())
    judged: list[tuple[int, int]] = []
    real = air_again.days_of_readings

    def counted(readings: object, *args: object, **more: object) -> object:
        judged.append((readings.first, readings.days))  # type: ignore[attr-defined]
        return real(readings, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(air_again, "days_of_readings", counted)
    touched = {date(2024, 3, 5), date(2024, 3, 6), date(2024, 4, 9)}
    again = evaluate_air_days_again(before, in_days(old, touched), places, exceptions=NO_EXCEPTIONS, touched=touched,
                                    catalog=catalog())  # fmt: skip
    assert [days for _, days in judged] == [2, 1]
    assert again is not None
    assert again.city_days.equals(before.city_days)
    judged.clear()
    nothing = evaluate_air_days_again(
        before, old.slice(0, 0), places, exceptions=NO_EXCEPTIONS, touched=(), catalog=catalog()
    )
    assert (judged, nothing) == ([], before)


def test_a_new_site_is_judged_from_the_beginning() -> None:
    block = without_empty(made_block(4, sites=3, days=3, start=date(2024, 3, 1)))
    places, old = some_cities(block, cities=1), as_table(block)
    before = evaluate_air_days(old, places, NO_EXCEPTIONS, catalog=catalog())
    row = observations([{"site": "NOWHERE", "parameter": "o3", "time": datetime(2024, 3, 2), "value": 9}])
    for known in (before, type(before)(before.site_days.slice(0, 0), before.city_days)):
        assert evaluate_air_days_again(known, row, places, exceptions=NO_EXCEPTIONS, touched={date(2024, 3, 2)},
                                       catalog=catalog()) is None  # fmt: skip
