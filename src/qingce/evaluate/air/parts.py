"""Days judged part by part: a year of hours at a time, so that memory does not grow with the years. 分段日评价。

Every row of a table of days rests on the hours of its own day alone (the eight-hour windows of ozone end on it), so
parts of whole days put together are what judging everything at once gives, to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError
from qingce.evaluate.air.days import AirDays, days_of_readings
from qingce.evaluate.air.input import HOURS, Readings, day_number, read_long
from qingce.evaluate.kernels import arrow

__all__ = ["evaluate_air_part", "laid_over", "parts_together", "read_if_any", "sorted_days"]


def evaluate_air_part(
    observations: pa.Table,
    sites: pa.Table,
    exceptions: pa.Table,
    *,
    days: tuple[date, date],
    known: Sequence[str],
    catalog: Catalog,
    areas: Sequence[str] = ("city",),
    edition: str = "auto",
) -> AirDays:
    """Judge the days from one to another, both included, of a larger table that has readings of the `known` sites.

    `observations` holds every row of these days; `known` is sorted. Raises QC105, QC110, QC250–QC252.
    """
    run = range(day_number(days[0]), day_number(days[1]) + 1)
    laid = laid_over(read_if_any(observations), known, run)
    return days_of_readings(laid, sites, exceptions=exceptions, catalog=catalog, edition=edition, areas=areas)


def parts_together(parts: Sequence[AirDays]) -> AirDays:
    """Return the days of parts as one table of sites and one of areas, as `evaluate_air_days` sorts them."""
    if len(parts) == 1:
        return parts[0]
    return AirDays(sorted_days([part.site_days for part in parts]), sorted_days([part.city_days for part in parts]))


def read_if_any(observations: pa.Table) -> Readings | None:
    """Lay the rows out; None where none is of the air."""
    try:
        return read_long(observations)
    except QingceError as error:
        if error.code != "QC250":
            raise
        return None


def laid_over(found: Readings | None, sites: Sequence[str], run: range) -> Readings:
    """Return the readings of a run of days, laid over all these sites."""
    if found is None:
        return Readings(tuple(sites), run.start, len(run), {})
    place = np.searchsorted(np.array(sites), np.array(found.sites)).astype(np.int32)
    cells = {}
    for key, each in found.cells.items():
        here = (each.hour >= run.start * HOURS) & (each.hour < run.stop * HOURS)
        if here.any():
            part = each.at(here)
            cells[key] = replace(part, site=place[part.site])
    return Readings(tuple(sites), run.start, len(run), cells)


def sorted_days(tables: Sequence[pa.Table]) -> pa.Table:
    """Return tables of other days each as one, sorted by subject and day; the order within a day stays."""
    table = pa.concat_tables(tables).combine_chunks()
    order = np.lexsort((arrow.whole(table["day"]), arrow.codes(table["subject"])[0]))
    return table.take(arrow.integers(order))
