"""Hours to site days to city days, with the index, in both series. 日评价。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.evaluate.air.cells import Cell, area_cells, site_cells, without
from qingce.evaluate.air.exceptions import Event, events_of, excluded, labels, on_areas
from qingce.evaluate.air.index import Judged, judge
from qingce.evaluate.air.input import QUANTITIES, Readings, Stretch, read_long
from qingce.evaluate.air.rules import AQI, STATISTICS, AqiRules, DayRules, Span, aqi_rules, day_rules, spans
from qingce.evaluate.air.sites import Area, areas_of, names_of
from qingce.evaluate.air.tables import Facts, frame, interleaved
from qingce.evaluate.kernels import arrow

__all__ = [
    "AirDays",
    "DEDUCTED",
    "Ground",
    "MEASURED",
    "day_table",
    "days_of_readings",
    "evaluate_air_days",
    "with_methods",
]

MEASURED, DEDUCTED = "measured", "deducted"
_PARENTS = {"o3_8h": frozenset({"o3", "o3_8h"})}


@dataclass(frozen=True, slots=True)
class AirDays:
    """Daily results: one row per subject, day and series (measured, deducted), sorted so.

    Columns: subject, subject_name, day, series; so2 … pm2_5 (decimal, unrounded to six places) with absent_*, n_*;
    aqi, level, level_name, primary, exceeding, iaqi_*, aqi_absent; excluded, edition, review, n_sites, short;
    num_*, den_* (the exact values). For a site `n_*` counts hours (windows for o3_8h), for a city sites.
    """

    site_days: pa.Table
    city_days: pa.Table


@dataclass(frozen=True, slots=True)
class Ground:
    """What all tables of days share."""

    readings: Stretch
    names: tuple[str, ...]
    areas: tuple[Area, ...]
    days: tuple[Span[DayRules], ...]
    indices: tuple[Span[AqiRules], ...]
    events: tuple[Event, ...]


def evaluate_air_days(
    observations: pa.Table,
    sites: pa.Table,
    exceptions: pa.Table,
    *,
    catalog: Catalog,
    edition: str = "auto",
    areas: Sequence[str] = ("city",),
) -> AirDays:
    """Evaluate every natural day of the observations for each site and for each city of assessed sites.

    `edition` names methods (joined by '+') as a what-if; "auto" takes those in force on each day. `areas` may add
    "county". Raises QC105, QC110 (methods), QC250–QC252 (readings).

    References
    ----------
    [HJ663-2013]_, [HJ663-2026]_ (days, cities); [HJ633-2012]_, [HJ633-2026]_ (index).
    """
    readings = read_long(observations)
    return days_of_readings(readings, sites, exceptions=exceptions, catalog=catalog, edition=edition, areas=areas)


def days_of_readings(
    readings: Readings,
    sites: pa.Table,
    *,
    exceptions: pa.Table,
    catalog: Catalog,
    edition: str,
    areas: Sequence[str] = ("city",),
    series: Sequence[str] = (MEASURED, DEDUCTED),
) -> AirDays:
    """Evaluate readings already laid out; `series` may ask for one only."""
    dates = readings.start, readings.end
    days = tuple(spans(catalog, STATISTICS, days=dates, edition=edition, read=day_rules))
    ground = Ground(
        readings=readings,
        names=names_of(readings, sites),
        areas=tuple(area for level in areas for area in areas_of(readings, sites, level=level)),
        days=days,
        indices=tuple(spans(catalog, AQI, days=dates, edition=edition, read=aqi_rules)),
        events=events_of(exceptions, readings=readings, spans=days, sites=sites),
    )
    measured = site_cells(readings, days, catalog=catalog, edition=edition)
    tables = [_both(ground, measured, name) for name in series]
    if len(tables) == 1:
        return AirDays(*tables[0])
    return AirDays(*(interleaved(first, second) for first, second in zip(*tables, strict=True)))


def _both(ground: Ground, measured: dict[str, Cell], series: str) -> tuple[pa.Table, pa.Table]:
    """Return the tables of sites and of areas of one series."""
    shape = (ground.readings.days, len(ground.readings.sites))
    events = ground.events if series == DEDUCTED else ()
    cells = measured
    if events:
        cells = {
            name: without(cell, excluded(events, names=_PARENTS.get(name, frozenset({name})), shape=shape))
            for name, cell in measured.items()
        }
    cells = {name: cells[name] for name in QUANTITIES}
    facts = Facts(
        subjects=ground.readings.sites,
        names=ground.names,
        series=series,
        excluded=labels(events, shape=shape),
        sites=np.ones(shape, np.int64),
    )
    return day_table(ground, cells, facts), _area_table(ground, cells, facts, events=events)


def _area_table(ground: Ground, cells: dict[str, Cell], facts: Facts, *, events: Sequence[Event]) -> pa.Table:
    days, areas = ground.readings.days, ground.areas
    merged = {
        name: area_cells(cell, areas, spans=ground.days, readings=ground.readings) for name, cell in cells.items()
    }
    shape = (days, len(areas))
    there = replace(
        facts,
        subjects=[area.code for area in areas],
        names=[area.name for area in areas],
        excluded=labels(on_areas(events, areas), shape=shape),
        sites=np.array([area.count for area in areas], np.int64).reshape(len(areas), days).T,
    )
    return day_table(ground, merged, there)


def day_table(ground: Ground, cells: dict[str, Cell], facts: Facts) -> pa.Table:
    """Judge cells `[day, subject]` and lay them out as a table of days."""

    def rows_of(span: Span[AqiRules]) -> slice:
        return ground.readings.rows(span.start, span.end)

    def part(_: Span[AqiRules], rows: slice) -> dict[str, Cell]:
        return {name: cell.at(rows) for name, cell in cells.items()}

    shape = (ground.readings.days, len(facts.subjects))
    judged = judge(ground.indices, part, report="day", shape=shape, rows_of=rows_of)
    first = ground.readings.first
    days = arrow.days(np.arange(first, first + ground.readings.days))
    return frame(cells, with_methods(judged, ground.days, readings=ground.readings), facts, time=("day", days))


def with_methods(judged: Judged, spans: Sequence[Span[DayRules]], *, readings: Stretch, steps: int = 1) -> Judged:
    """Name beside the index's edition the statistics method of each day."""
    words, edition = list(judged.words), judged.edition.copy()
    for span in spans:
        rows = readings.rows(span.start, span.end, steps=steps)
        for old in np.unique(judged.edition[rows]):
            words.append(f"{judged.words[old]}+{span.rules.id}")
            edition[rows][judged.edition[rows] == old] = len(words) - 1
    return replace(judged, words=words, edition=edition)
