"""Days judged part by part are the days judged all at once: over changes of method, of sites and of the year."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, daily, exceptions, observations
from tests.evaluate.blocks_made import as_table, made_block, some_cities
from tests.evaluate.test_air_again import in_days
from tests.evaluate.test_air_year import without_empty

from qingce.core.errors import QingceError
from qingce.evaluate import evaluate_air_days
from qingce.evaluate.air.days import AirDays
from qingce.evaluate.air.parts import evaluate_air_part, parts_together

AREAS = ("city", "county")
STARTS = (date(2025, 12, 28), date(2026, 2, 26), date(2024, 2, 26))
"""Around a new year, around the first day of the editions of 2026, around a leap day."""


def in_parts(table: pa.Table, places: pa.Table, events: pa.Table, *, days: list[date], cuts: list[int]) -> AirDays:
    """Judge the days in parts that begin at the `cuts`."""
    known = sorted(set(table["site"].to_pylist()))
    begins = [0, *(cut for cut in cuts if 0 < cut < len(days))]
    parts = []
    for first, after in zip(begins, [*begins[1:], len(days)], strict=True):
        part = days[first:after]
        parts.append(
            evaluate_air_part(
                in_days(table, set(part)), places, events, days=(part[0], part[-1]), known=known,
                catalog=catalog(), areas=AREAS,
            )
        )  # fmt: skip
    return parts_together(parts)


def same(ours: pa.Table, theirs: pa.Table) -> None:
    """Column by column, row by row, type by type."""
    assert ours.schema == theirs.schema
    assert ours.to_pylist() == theirs.to_pylist()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(STARTS), st.sets(st.integers(1, 8)), st.booleans(), st.integers(0, 2**20))
def test_parts_put_together_are_everything_at_once(start: date, cuts: set[int], sand: bool, seed: int) -> None:
    block = without_empty(made_block(seed, sites=5, days=9, start=start))
    places = some_cities(block, cities=2, seed=seed)
    table = as_table(block)
    said = {"scope": "990100", "start": start + timedelta(2), "end": start + timedelta(5)}
    events = exceptions(said) if sand else NO_EXCEPTIONS
    days = [start + timedelta(n) for n in range(9)]
    days = [day for day in days if in_days(table, {day}).num_rows or day not in (days[0], days[-1])]
    whole = evaluate_air_days(table, places, events, catalog=catalog(), areas=AREAS)
    found = in_parts(table, places, events, days=days, cuts=sorted(cuts))
    same(found.site_days, whole.site_days)
    same(found.city_days, whole.city_days)


def test_a_site_of_one_part_and_a_part_without_any_row_are_told_in_all() -> None:
    days = [date(2025, 12, 30) + timedelta(n) for n in range(6)]
    rows = [daily("S0", "pm2_5", days[0], value="36"), daily("S1", "o3_8h", days[-1], value="161")]
    table = observations(rows)
    places = pa.table({
        "site": ["S0", "S1"], "name": ["a", "b"], "roles": ["评价点"] * 2, "city": ["990100"] * 2,
        "city_name": ["云泽市"] * 2, "county": ["990101", "990102"], "county_name": ["甲", "乙"],
        "valid_from": pa.nulls(2, pa.date32()), "valid_until": pa.nulls(2, pa.date32()),
    })  # fmt: skip
    whole = evaluate_air_days(table, places, NO_EXCEPTIONS, catalog=catalog(), areas=AREAS)
    found = in_parts(table, places, NO_EXCEPTIONS, days=days, cuts=[2, 4])
    same(found.site_days, whole.site_days)
    same(found.city_days, whole.city_days)
    middle = [row for row in found.city_days.to_pylist() if row["day"] == days[2] and row["subject"] == "990100"]
    assert [(row["pm2_5"], row["absent_pm2_5"], row["n_sites"]) for row in middle] == [(None, "not_reported", 2)] * 2


def test_what_is_wrong_in_a_part_is_still_refused() -> None:
    row = daily("S0", "pm2_5", date(2026, 1, 1), value="36")
    table = observations([row, row | {"value": "37"}])
    days = date(2026, 1, 1), date(2026, 1, 1)
    with pytest.raises(QingceError, match=r"QC251.*S0 pm2_5"):
        evaluate_air_part(table, pa.table({"site": [], "name": [], "roles": [], "city": [], "city_name": [],
                                           "valid_from": [], "valid_until": []}), NO_EXCEPTIONS, days=days,
                          known=["S0"], catalog=catalog())  # fmt: skip
