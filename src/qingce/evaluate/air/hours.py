"""The hourly report: every pollutant's sub-index for each hour, by site or by city. 实时报。

References
----------
[HJ633-2012]_ 4.1, 6.2 and as published ([CNEMC-REALTIME]_); [HJ633-2026]_ table 3, 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent
from qingce.evaluate.air.cells import Cell, area_cells, code_of
from qingce.evaluate.air.days import MEASURED, with_methods
from qingce.evaluate.air.index import judge
from qingce.evaluate.air.input import HOURS, NO_REVIEW, PRESENT, QUANTITIES, Codes, Longs, Readings, read_long
from qingce.evaluate.air.rules import AQI, STATISTICS, AqiItem, AqiRules, DayRules, Span, aqi_rules, day_rules, spans
from qingce.evaluate.air.sites import Area, areas_of, names_of
from qingce.evaluate.air.tables import Facts, frame
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools, Ratios
from qingce.evaluate.kernels.hours import rolling_mean

__all__ = ["evaluate_air_hours", "hours_of_readings"]

Hourly = Mapping[str, Cell]
"""Cells by column: the hour's own values, and rolling means under names of their own."""


@dataclass(frozen=True, slots=True)
class _Ground:
    readings: Readings
    days: tuple[Span[DayRules], ...]
    indices: tuple[Span[AqiRules], ...]


def evaluate_air_hours(
    observations: pa.Table, sites: pa.Table, *, catalog: Catalog, edition: str = "auto", by: str = "site"
) -> pa.Table:
    """Return the hourly report of every site (or city) and hour that has a row, sorted by subject and time.

    Columns as of `AirDays`, with `time` (start of the hour) for `day`; a rolling mean that an edition judges stands
    in a column of its own, e.g. `pm10_24h`. Raises QC105, QC110, QC250–QC252.
    """
    return hours_of_readings(read_long(observations), sites, catalog=catalog, edition=edition, by=by)


def hours_of_readings(
    readings: Readings, sites: pa.Table, *, catalog: Catalog, edition: str, by: str = "site"
) -> pa.Table:
    """Return the hourly report of readings already laid out."""
    dates = readings.start, readings.end
    ground = _Ground(
        readings,
        tuple(spans(catalog, STATISTICS, days=dates, edition=edition, read=day_rules)),
        tuple(spans(catalog, AQI, days=dates, edition=edition, read=aqi_rules)),
    )
    cells = {name: _hour_cell(readings, name) for name in QUANTITIES}
    for span in ground.indices:
        for item in (*span.rules.hour, *span.rules.substitutes.values()):
            if item.hours > 1:
                cells[_column(item)] = _rolling_cell(readings, item)
    shown = readings.reported()
    if by == "site":
        facts = _facts(readings.sites, names_of(readings, sites), np.ones(shown.shape, np.int64))
        return _table(ground, cells, facts, keep=shown)
    areas = areas_of(readings, sites, level=by)
    merged = {name: _of_areas(cell, areas, ground) for name, cell in cells.items()}
    count = np.array([np.repeat(area.count, HOURS) for area in areas], np.int64).reshape(len(areas), len(shown)).T
    keep = np.array([shown[:, area.columns].any(axis=1) for area in areas], bool).reshape(len(areas), len(shown)).T
    return _table(ground, merged, _facts([a.code for a in areas], [a.name for a in areas], count), keep=keep)


def _table(ground: _Ground, cells: Hourly, facts: Facts, *, keep: Bools) -> pa.Table:
    def part(span: Span[AqiRules], rows: slice) -> dict[str, Cell]:
        rules = span.rules
        return {item.quantity: cells[_column(item)].at(rows) for item in (*rules.hour, *rules.substitutes.values())}

    def rows_of(span: Span[AqiRules]) -> slice:
        return ground.readings.rows(span.start, span.end, steps=HOURS)

    judged = judge(ground.indices, part, report="hour", shape=keep.shape, rows_of=rows_of)
    judged = with_methods(judged, ground.days, readings=ground.readings, steps=HOURS)
    first = ground.readings.first * HOURS
    times = arrow.seconds(np.arange(first, first + len(keep)) * 3600)
    hidden = {_column(item) for span in ground.indices for item in span.rules.substitutes.values()}
    shown = {name: cell for name, cell in cells.items() if name not in hidden}
    return frame(shown, judged, facts, time=("time", times), keep=keep)


def _column(item: AqiItem) -> str:
    if item.hours > 1 and item.quantity == item.parameter:
        return f"{item.parameter}_{item.hours}h"
    return item.quantity


def _hour_cell(readings: Readings, parameter: str) -> Cell:
    """Return the hour's own values."""
    block = readings.block(parameter, 1, states=1)
    why = np.where(block.reason != PRESENT, block.reason, code_of(Absent.NOT_REPORTED))
    return Cell(
        Ratios(block.values, np.full(block.ok.shape, block.scale, np.int64), block.ok),
        block.ok.astype(np.int64),
        np.where(block.ok, PRESENT, why).astype(np.int8),
        block.review,
        np.zeros(block.ok.shape, bool),
    )


def _rolling_cell(readings: Readings, item: AqiItem) -> Cell:
    """Return the mean of the hours that end with each hour."""
    block = readings.block(item.parameter, 1, states=1)
    values, n = rolling_mean(block.values, block.ok, scale=block.scale, window=item.hours)
    valid = n >= item.at_least
    why = np.where(n > 0, code_of(Absent.TOO_FEW), code_of(Absent.NOT_REPORTED))
    return Cell(
        values.masked(valid), n, np.where(valid, PRESENT, why).astype(np.int8),
        np.where(valid, _lowest_of(block.review, item.hours), NO_REVIEW).astype(np.int8), np.zeros(valid.shape, bool),
    )  # fmt: skip


def _lowest_of(review: Codes, hours: int) -> Codes:
    """Return for each hour the lowest review of the window that ends with it."""
    lowest = review.copy()
    for back in range(1, hours):
        np.minimum(lowest[back:], review[:-back], out=lowest[back:])
    return lowest


def _of_areas(cell: Cell, areas: Sequence[Area], ground: _Ground) -> Cell:
    return area_cells(cell, areas, spans=ground.days, readings=ground.readings, steps=HOURS)


def _facts(codes: Sequence[str], names: Sequence[str], count: Longs) -> Facts:
    return Facts(codes, names, MEASURED, (np.zeros(count.shape, np.int64), [None]), count)
