"""The whole chain against the slow way: every cell of every table, never one query a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, observations, rows, sites
from tests.oracle import air as slow

from qingce.core.periods import Period
from qingce.core.tables import OBSERVATION, VALUE_TYPE
from qingce.evaluate import AirDays, air_indicator, evaluate_air_days

QUANTITIES = slow.QUANTITIES
STATISTICS = ("so2_annual", "no2_annual", "pm10_annual", "pm2_5_annual", "co_p95", "o3_p90", "good_day_ratio",
              "heavy_day_ratio", "heavy_days", "composite_index")  # fmt: skip
COLUMNS = {"pm2_5": "pm25", "pm10": "pm10", "so2": "so2", "no2": "no2", "o3": "o3", "co": "co_ugm3"}
ROW = [
    *QUANTITIES, *(f"{prefix}_{q}" for prefix in ("n", "absent", "iaqi") for q in QUANTITIES),
    "aqi", "level", "level_name", "primary", "exceeding", "aqi_absent",
]  # fmt: skip


def picked(table: Mapping[tuple[str, object], Mapping[str, object]]) -> dict[tuple[str, object], dict[str, object]]:
    return {key: {name: row[name] for name in ROW} for key, row in table.items()}


def compare(made: AirDays, hours: slow.Hours, days: Iterable[date], *, city: str = "990100") -> None:
    """Every cell of both tables, and that no row is missing or too many."""
    expected_sites, expected_city = slow.evaluate(hours, days)
    ours, theirs = picked(rows(made.site_days)), {key: {n: row[n] for n in ROW} for key, row in expected_sites.items()}
    assert ours == theirs
    assert picked(rows(made.city_days)) == {(city, day): {n: row[n] for n in ROW} for day, row in expected_city.items()}


# ---------------------------------------------------------------- Beijing, twelve sites, 2013-2017


def beijing(shared: Path, *, names: int, start: datetime, end: datetime) -> tuple[pa.Table, dict[str, dict]]:
    """Hourly observations as a table and as dicts; CO from µg/m³ to mg/m³."""
    table = pq.read_table(shared / "data/air_prsa_beijing/prsa_12sites_hourly.parquet")
    chosen = sorted(set(table["station"].to_pylist()))[:names]
    times = table["datetime"]
    table = table.filter(pc.and_(pc.greater_equal(times, start), pc.less(times, end)))
    table = table.filter(pc.is_in(table["station"], value_set=pa.array(chosen)))
    parts, hours = [], {name: {p: {} for p in COLUMNS} for name in chosen}
    for parameter, column in COLUMNS.items():
        part = table.select(["station", "datetime", column]).filter(pc.is_valid(table[column]))
        part = part.filter(pc.invert(pc.is_nan(part[column])))
        shift = Decimal(1000) if parameter == "co" else Decimal(1)
        values = [Decimal(str(round(value, 4))) / shift for value in part[column].to_pylist()]
        times, names_of = part["datetime"].to_pylist(), part["station"].to_pylist()
        for name, time, value in zip(names_of, times, values, strict=True):
            hours[name][parameter][time] = Fraction(value)
        size = len(values)
        parts.append(pa.table({
            "site": part["station"].cast(pa.string()), "parameter": pa.repeat(parameter, size),
            "time": part["datetime"].cast(pa.timestamp("s")), "span": pa.repeat("PT1H", size),
            "value": pa.array(values, VALUE_TYPE),
        }))  # fmt: skip
    whole = pa.concat_tables(parts)
    missing = [
        pa.nulls(whole.num_rows, f.type) if f.name not in whole.column_names else whole[f.name] for f in OBSERVATION
    ]
    return pa.Table.from_arrays(missing, schema=OBSERVATION), hours


def check_beijing(shared: Path, *, names: int, years: tuple[int, int]) -> None:
    start, end = (
        max(datetime(years[0], 1, 1), datetime(2013, 3, 1)),
        min(datetime(years[1] + 1, 1, 1), datetime(2017, 3, 1)),
    )
    table, hours = beijing(shared, names=names, start=start, end=end)
    made = evaluate_air_days(table, sites(hours), NO_EXCEPTIONS, catalog=catalog())
    days = [start.date() + timedelta(n) for n in range((end - start).days)]
    compare(made, hours, days)
    _, city = slow.evaluate(hours, days)
    for year in range(years[0], years[1] + 1):
        expected = slow.year_of_city(city, year)
        for name, series in product(STATISTICS, ("measured", "deducted")):
            row = value(made.city_days, name, Period.year(year), series=series, as_of=date(year, 12, 31))
            assert (name, year, exact(row)) == (name, year, expected[name])


def value(days: pa.Table, name: str, period: Period, *, series: str = "measured", as_of: date | None = None) -> dict:
    found = air_indicator(
        catalog().indicator(name), days, scope="990100", scope_name="云泽市", period=period, series=series,
        catalog=catalog(), as_of=as_of,
    )  # fmt: skip
    return dict(found.to_pylist()[0])


def exact(row: Mapping[str, object]) -> Fraction | None:
    return Fraction(str(row["exact"])) if row["exact"] else None


def test_two_sites_of_beijing_in_2015_agree_in_every_cell(shared: Path) -> None:
    check_beijing(shared, names=2, years=(2015, 2015))


@pytest.mark.prove
def test_twelve_sites_of_beijing_agree_in_every_cell(shared: Path) -> None:
    check_beijing(shared, names=12, years=(2013, 2017))


# ---------------------------------------------------------------- random readings, judged as one table

EDGES = {
    "so2": (50, 150, 475, 800, 1600), "no2": (40, 80, 180, 280), "co": (2, 4, 14, 24), "o3": (100, 160, 200, 265, 800),
    "pm10": (50, 120, 150, 250, 350), "pm2_5": (35, 60, 75, 115, 150),
}  # fmt: skip
STEP = {"co": Fraction(1, 10)}


def day_values(parameter: str, code: int) -> list[Fraction | None]:
    """A day of one pollutant from one number: flat at a limit or a step beside it, or wild, with a gap that matters."""

    def taken(choices: int) -> int:
        nonlocal code
        code, left = divmod(code, choices)
        return left

    step = STEP.get(parameter, Fraction(1))
    near = EDGES[parameter][taken(4)] + (taken(3) - 1) * step
    kind, start, length = taken(5), taken(24), taken(13)
    if kind == 0:
        return [None] * 24
    stride = (Fraction(0), Fraction(0), step, step, Fraction(1, 10**6))[kind]
    values = [near + (code * (hour + 3) * 7919 % 31) * stride for hour in range(24)]
    return [None if start <= hour < start + length else value for hour, value in enumerate(values)]


@st.composite
def readings(draw: st.DrawFn) -> tuple[dict[str, dict], list[date]]:
    names = [f"S{n}" for n in range(draw(st.integers(1, 5)))]
    first = draw(st.sampled_from((date(2026, 2, 27), date(2024, 2, 28), date(2026, 12, 30))))
    days = [first + timedelta(n) for n in range(3)]
    size = len(names) * len(EDGES) * len(days)
    codes = iter(draw(st.lists(st.integers(0, 2**40), min_size=size, max_size=size)))
    hours: dict[str, dict] = {name: {parameter: {} for parameter in EDGES} for name in names}
    for name, parameter, day in product(names, EDGES, days):
        for hour, reading in enumerate(day_values(parameter, next(codes))):
            if reading is not None:
                hours[name][parameter][datetime(day.year, day.month, day.day, hour)] = reading
    return hours, days


def as_rows(hours: slow.Hours) -> list[dict[str, object]]:
    return [
        {"site": site, "parameter": parameter, "time": time, "value": Decimal(value.numerator) / value.denominator}
        for site, parameters in hours.items()
        for parameter, values in parameters.items()
        for time, value in values.items()
    ]


def shift(name: str, batch: int) -> str:
    return f"{batch:03d}{name}"


def check_batches(batches: list[tuple[dict[str, dict], list[date]]]) -> None:
    """Put many random cities into one table, evaluate it once, and compare every cell with the slow way."""
    for first in sorted({days[0] for _, days in batches}):
        same = [(n, hours, days) for n, (hours, days) in enumerate(batches) if days[0] == first]
        table = [row | {"site": shift(str(row["site"]), n)} for n, hours, _ in same for row in as_rows(hours)]
        if not table:
            continue
        places = pa.concat_tables([sites([shift(s, n) for s in hours], city=shift("C", n)) for n, hours, _ in same])
        made = evaluate_air_days(observations(table), places, NO_EXCEPTIONS, catalog=catalog())
        site_rows, city_rows = picked(rows(made.site_days)), picked(rows(made.city_days))
        begin = min(day for _, day in site_rows)
        end = max(day for _, day in site_rows)
        for n, hours, days in same:
            inside = [day for day in days if begin <= day <= end]
            expected_sites, expected_city = slow.evaluate(hours, inside)
            there = {site for site, parameters in hours.items() if any(parameters.values())}
            for (site, day), row in expected_sites.items():
                if site in there:
                    assert site_rows[shift(site, n), day] == {name: row[name] for name in ROW}
            for day, row in expected_city.items():
                if there:
                    assert city_rows[shift("C", n), day] == {name: row[name] for name in ROW}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(readings(), min_size=4, max_size=8))
def test_random_days_agree_with_the_oracle(batches: list[tuple[dict[str, dict], list[date]]]) -> None:
    check_batches(batches)


@pytest.mark.prove
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(readings(), min_size=6, max_size=12))
def test_many_random_days_agree_with_the_oracle(batches: list[tuple[dict[str, dict], list[date]]]) -> None:
    check_batches(batches)


# ---------------------------------------------------------------- the order of rows is nothing


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_permuting_splitting_and_merging_change_nothing(data: st.DataObject) -> None:
    hours, _ = data.draw(readings())
    table = as_rows(hours)
    if not table:
        return
    base = observations(table)
    expected = evaluate_air_days(base, sites(hours), NO_EXCEPTIONS, catalog=catalog())
    order = data.draw(st.permutations(range(len(table)))) if len(table) < 200 else list(reversed(range(len(table))))
    cut = data.draw(st.integers(0, len(table)))
    permuted = base.take(pa.array(order, pa.int64()))
    merged = pa.concat_tables([permuted.slice(cut), permuted.slice(0, cut), permuted.slice(0, cut // 2)])
    turned = evaluate_air_days(merged, sites(reversed(list(hours))), NO_EXCEPTIONS, catalog=catalog())
    assert turned.site_days.equals(expected.site_days)
    assert turned.city_days.equals(expected.city_days)
