"""A block of hours is judged as its rows are: the compiled way, the plain way, the long way and the slow way agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, exceptions
from tests.evaluate.blocks_made import as_hours, as_table, made_block, some_cities
from tests.oracle import air as slow

from qingce.core.blocks import MISSING, HourBlock
from qingce.core.periods import Period
from qingce.core.tables import SITE, shape
from qingce.evaluate import AirDays, air_indicator, evaluate_air_days
from qingce.evaluate.air.input import QUANTITIES, REASONS
from qingce.evaluate.air.year import AirYear, evaluate_air_year, site_days
from qingce.evaluate.kernels import jit

Rows = dict[tuple[object, ...], dict[str, object]]
ENGINES = {"compiled": 0, "plain": 10**15}
FACTS = ("aqi", "level", "primary", "aqi_absent", "edition", "review", "n_sites")


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test runs with the compiled kernels and without them."""
    monkeypatch.setattr(jit, "LARGE", ENGINES[request.param])
    return str(request.param)


def told(table: pa.Table) -> Rows:
    """Rows by subject, day and series; a quantity as its exact fraction."""
    found: Rows = {}
    for row in table.to_pylist():
        values = {
            name: None if row[f"num_{name}"] is None else Fraction(row[f"num_{name}"], row[f"den_{name}"])
            for name in QUANTITIES
        }
        rest = {f"{prefix}_{name}": row[f"{prefix}_{name}"] for prefix in ("n", "absent") for name in QUANTITIES}
        found[row["subject"], row["day"], row["series"]] = values | rest | {name: row[name] for name in FACTS}
    return found


def judged(block: HourBlock, sites: pa.Table, events: pa.Table, *, edition: str = "auto") -> tuple[AirYear, AirDays]:
    """A block and its rows, both judged."""
    made = evaluate_air_year(block, sites, events, catalog=catalog(), edition=edition)
    return made, evaluate_air_days(as_table(block), sites, events, catalog=catalog(), edition=edition)


def check_days(made: AirYear, days: AirDays) -> None:
    """Every city day of the block is the city day of the rows, and where no series differs one may be left out."""
    ours, theirs = told(made.city_days), told(days.city_days)
    series = {key[2] for key in ours}
    if "deducted" not in series:
        for key, row in theirs.items():
            assert row == theirs[key[0], key[1], "measured"]
    assert ours == {key: row for key, row in theirs.items() if key[2] in series}


def check_years(made: AirYear, days: AirDays, *, edition: str = "auto") -> int:
    """Every statistic of the block is `air_indicator` of the rows."""
    found = made.city_years.to_pylist()
    for row in found:
        start, end = (int(part) for part in (row["period"][:4], row["period"][:4]))
        assert start == end
        answer = air_indicator(
            catalog().indicator(row["indicator"]), days.city_days, scope=row["subject"], scope_name=row["subject_name"],
            period=Period.year(start), series=row["series"], catalog=catalog(), edition=edition,
        ).to_pylist()[0]  # fmt: skip
        exact = None if row["num"] is None else Fraction(row["num"], row["den"])
        ours = {name: row[name] for name in ("value", "n", "n_required", "absent", "review", "method", "limits")}
        assert ours | {"exact": None if exact is None else str(exact)} == {
            name: answer[name] for name in (*ours, "exact")
        }, row
    return len(found)


# ---------------------------------------------------------------- random blocks


CASES = {
    "seed": st.integers(0, 2**32),
    "size": st.integers(1, 9),
    "cities": st.integers(1, 4),
    "days": st.integers(1, 12),
    "first": st.sampled_from((date(2026, 2, 22), date(2026, 2, 28), date(2024, 12, 27), date(2030, 12, 28))),
    "scales": st.sampled_from(((1, 1, 10, 1, 1, 1), (10, 1, 100, 10, 1, 10), (1, 1, 1000000, 1, 1, 1))),
    "sand": st.booleans(),
}


def check_block(**case: Any) -> None:
    """Judge one random block with and without the compiled kernels, and its rows."""
    first, scales = case["first"], case["scales"]
    block = made_block(case["seed"], sites=case["size"], days=case["days"], start=first, scales=scales,
                       wide=max(scales) > 100)  # fmt: skip
    block = without_empty(block)
    places = some_cities(block, cities=case["cities"], seed=case["seed"])
    events = exceptions({"scope": "城990100", "start": first + timedelta(1), "end": first + timedelta(3)})
    for size in ENGINES.values():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jit, "LARGE", size)
            made, long = judged(block, places, events if case["sand"] else NO_EXCEPTIONS)
            check_days(made, long)
            check_years(made, long)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.fixed_dictionaries(CASES))
def test_a_block_is_judged_as_its_rows(case: dict[str, Any]) -> None:
    check_block(**case)


@pytest.mark.prove
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.fixed_dictionaries(CASES))
def test_many_blocks_are_judged_as_their_rows(case: dict[str, Any]) -> None:
    check_block(**case)


def without_empty(block: HourBlock) -> HourBlock:
    """Rows say nothing of a site or an outer day without any value: give each one an hour."""
    planes = [plane.copy() for plane in block.planes]
    planes[1][0][planes[1][0] == MISSING] = 7
    planes[1][-1][planes[1][-1] == MISSING] = 7
    return replace(block, planes=tuple(planes))


@pytest.mark.parametrize("edition", ["auto", "hj633-2026+hj663-2026+gb3095-2026-final", "hj633-2012+gb3095-2012"])
def test_a_whole_year_agrees_in_every_statistic(engine: str, edition: str) -> None:
    block = without_empty(made_block(7, sites=5, days=365, start=date(2026, 1, 1), gaps=0.01))
    places = some_cities(block, cities=2, seed=3)
    sand = exceptions({"scope": "990100", "start": date(2026, 3, 20), "end": date(2026, 3, 22)})
    made, long = judged(block, places, sand, edition=edition)
    check_days(made, long)
    assert check_years(made, long, edition=edition) >= 2 * 2 * 10, engine


def test_two_years_are_two_periods_and_a_period_can_be_asked_for(engine: str) -> None:
    block = without_empty(made_block(8, sites=4, days=40, start=date(2025, 12, 10), gaps=0.0))
    places = some_cities(block, cities=1)
    made, long = judged(block, places, NO_EXCEPTIONS)
    assert set(made.city_years["period"].to_pylist()) == {"2025", "2026"}
    check_years(made, long)
    january = evaluate_air_year(
        block, places, NO_EXCEPTIONS, catalog=catalog(), periods=[Period.month(2026, 1)], as_of=date(2026, 1, 18)
    )
    for row in january.city_years.to_pylist():
        answer = air_indicator(
            catalog().indicator(row["indicator"]), long.city_days, scope=row["subject"], scope_name="",
            period=Period.month(2026, 1), series="measured", catalog=catalog(),
        ).to_pylist()[0]  # fmt: skip
        assert (row["value"], row["n"], row["absent"]) == (answer["value"], answer["n"], answer["absent"]), engine


# ---------------------------------------------------------------- the slow way


def check_sites(block: HourBlock) -> int:
    """Every quantity of every site's day against the loops over fractions."""
    cells, hours = site_days(block, catalog=catalog()), as_hours(block)
    for quantity, cell in cells.items():
        source = "o3" if quantity == "o3_8h" else quantity
        for day in range(block.days):
            on = block.start + timedelta(day)
            for column, site in enumerate(block.sites):
                value, n, reason = slow.site_day(hours[site][source], on, quantity=quantity)
                ours = cell.values.at((day, column))
                exact = Fraction(int(ours.num), int(ours.den)) if ours.ok else None
                code = int(cell.reason[day, column])
                assert (exact, int(cell.n[day, column]), str(REASONS[code - 1]) if code else None) == (value, n, reason)
    return block.days * len(block.sites)


def test_site_days_agree_with_the_oracle(engine: str) -> None:
    assert check_sites(made_block(11, sites=12, days=12, start=date(2026, 2, 24))) == 144, engine


@pytest.mark.prove
def test_ten_thousand_site_days_agree_with_the_oracle(engine: str) -> None:
    assert check_sites(made_block(12, sites=100, days=100, start=date(2025, 12, 1))) == 10_000, engine


def test_city_days_agree_with_the_oracle(engine: str) -> None:
    block = made_block(13, sites=5, days=30, start=date(2026, 2, 15))
    places = some_cities(block, cities=1)
    plain = places.set_column(places.column_names.index("roles"), "roles", pa.array(["评价点"] * places.num_rows))
    for name in ("valid_from", "valid_until"):
        plain = plain.set_column(plain.column_names.index(name), name, pa.nulls(plain.num_rows, pa.date32()))
    plain = plain.slice(0, len(block.sites))
    _, expected = slow.evaluate(as_hours(block), [block.start + timedelta(n) for n in range(block.days)])
    made = told(evaluate_air_year(block, plain, NO_EXCEPTIONS, catalog=catalog()).city_days)
    for day, row in expected.items():
        ours = made["990100", day, "measured"]
        names = [*QUANTITIES, "aqi", "level", "aqi_absent", *(f"n_{q}" for q in QUANTITIES)]
        assert {name: ours[name] for name in names} == {name: row[name] for name in names}, engine
        assert (ours["primary"] or "") == (row["primary"] or "")


# ---------------------------------------------------------------- what a block may lack, and the ranking


def test_a_pollutant_that_the_block_lacks_is_not_reported(engine: str) -> None:
    block = made_block(14, sites=3, days=5, start=date(2024, 5, 1), gaps=0.0)
    places = some_cities(block, cities=1)
    less = HourBlock(block.sites, block.parameters[:5], block.start, block.planes[:5], block.scales[:5], block.review)
    made, long = judged(less, places, NO_EXCEPTIONS)
    check_days(made, long)
    check_years(made, long)
    assert set(made.city_days["absent_pm2_5"].to_pylist()) == {"not_reported"}, engine


def test_no_city_gives_tables_without_rows(engine: str) -> None:
    block = made_block(15, sites=2, days=2, start=date(2024, 5, 1))
    made = evaluate_air_year(block, some_cities(block, cities=1).slice(0, 0), NO_EXCEPTIONS, catalog=catalog())
    assert (made.city_days.num_rows, made.city_years.num_rows, made.ranking.num_rows) == (0, 0, 0), engine


def test_cities_are_placed_by_the_index_as_told_and_ties_share_a_place(engine: str) -> None:
    block = made_block(16, sites=4, days=366, start=date(2024, 1, 1), gaps=0.0)
    full = [np.where(plane == MISSING, 60, plane) for plane in block.planes]
    same = [plane.copy() for plane in full]
    for plane in same:
        plane[:, 1] = plane[:, 0]
        plane[:, 3] = 0
    block = HourBlock(block.sites, block.parameters, block.start, tuple(same), block.scales, block.review)
    rows = [{"site": s, "name": s, "city": f"99010{n}", "city_name": f"城{n}", "roles": "评价点"}
            for n, s in enumerate(block.sites)]  # fmt: skip
    made = evaluate_air_year(block, shape(pa.Table.from_pylist(rows), SITE), NO_EXCEPTIONS, catalog=catalog())
    ranked: list[Mapping[str, object]] = made.ranking.to_pylist()
    by_city = {row["subject"]: row["place"] for row in ranked}
    assert by_city["990103"] == 1, engine
    assert by_city["990100"] == by_city["990101"]
    assert sorted(by_city.values(), key=int) in ([1, 2, 2, 4], [1, 2, 3, 3])
    assert [row["place"] for row in ranked] == sorted(by_city.values(), key=int)


def test_values_too_large_for_64_bits_are_judged_the_plain_way() -> None:
    block = made_block(17, sites=6, days=3, start=date(2024, 1, 1), wide=True)
    huge = tuple(np.where(plane == MISSING, plane, plane + 2**42) for plane in block.planes)
    block = without_empty(HourBlock(block.sites, block.parameters, block.start, huge, block.scales, block.review))
    places = some_cities(block, cities=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jit, "LARGE", 0)
        one = evaluate_air_year(block, places, NO_EXCEPTIONS, catalog=catalog())
        patch.setattr(jit, "LARGE", 10**15)
        two = evaluate_air_year(block, places, NO_EXCEPTIONS, catalog=catalog())
    assert told(one.city_days) == told(two.city_days)
