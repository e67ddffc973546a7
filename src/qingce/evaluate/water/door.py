"""Surface water: sections by their samples, months and longer periods. 地表水评价。"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.core.periods import Period
from qingce.evaluate.water.indicators import water_indicator
from qingce.evaluate.water.input import places_of, read_readings
from qingce.evaluate.water.periods import Assessed, assess_months, assess_period, assess_samples
from qingce.evaluate.water.rules import Lawbook
from qingce.evaluate.water.tables import wide
from qingce.evaluate.water.wide import months_at_once

__all__ = [
    "BY",
    "PERIODS",
    "assess",
    "evaluate_water",
    "evaluate_water_months",
    "evaluate_water_samples",
    "water_indicator",
]

BY = ("section", "site")
PERIODS = ("sample", "month", "quarter", "year")


def evaluate_water(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "section",
    period: str = "month",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return the result table of DESIGN 8: `section, period, class, class_<p>, primary, exceed_<p>` and more.

    `table` is long: site, parameter, time, value, and what else OBSERVATION has. Without `sites` every section is a
    river's. Raises QC105, QC110, QC250–QC254.
    """
    if by not in BY or period not in PERIODS:
        allowed = f"{'|'.join(BY)} × {'|'.join(PERIODS)}"
        raise complain("QC254", words={"medium": "surface-water", "by": by, "period": period, "allowed": allowed})
    if period == "sample":
        return evaluate_water_samples(table, sites, catalog=catalog, edition=edition)
    if period == "month":
        return evaluate_water_months(table, sites, catalog=catalog, edition=edition)
    lawbook = Lawbook(catalog, edition)
    return wide(list(_periods(_months(table, sites, lawbook), period, lawbook)))


def evaluate_water_months(
    observations: pa.Table, sites: pa.Table | None, *, catalog: Catalog, edition: str = "auto"
) -> pa.Table:
    """Return one row a section and month: its class, the factors that decide it, each factor's mean and class.

    The value of a month is the mean of its samples, or of the days of an automatic station, which stands before them;
    a section of the register without data is absent with a reason. `edition` other than "auto" is a what-if. Raises
    QC105, QC110, QC250–QC252.

    References
    ----------
    [GB3838-2002]_; [HB2011-22]_; [HBJCH2020-714]_; [HBJCH2020-82]_.
    """
    lawbook = Lawbook(catalog, edition)
    quick = months_at_once(observations, sites, lawbook)
    return wide(_months(observations, sites, lawbook)) if quick is None else quick


def evaluate_water_samples(
    observations: pa.Table, sites: pa.Table | None, *, catalog: Catalog, edition: str = "auto"
) -> pa.Table:
    """Return one row a section and time, judged by the readings of that time alone; missing factors are left out.

    Raises QC105, QC110, QC250–QC252.

    References
    ----------
    [GB3838-2002]_ table 1; [HBJCH2020-714]_ "5+X".
    """
    lawbook = Lawbook(catalog, edition)
    readings = read_readings(observations, lawbook)
    return wide(list(assess_samples(readings, places_of(sites, readings), lawbook)), timed=True)


def assess(table: pa.Table, sites: pa.Table | None, lawbook: Lawbook, *, period: str) -> list[Assessed]:
    """Return every section judged in each month, quarter or year that has one, for the rules that go on from there."""
    months = _months(table, sites, lawbook)
    return months if period == "month" else list(_periods(months, period, lawbook))


def _months(observations: pa.Table, sites: pa.Table | None, lawbook: Lawbook) -> list[Assessed]:
    readings = read_readings(observations, lawbook)
    return list(assess_months(readings, places_of(sites, readings), lawbook))


def _periods(months: list[Assessed], kind: str, lawbook: Lawbook) -> Iterator[Assessed]:
    """Judge each section over each quarter or year that has a month; the last is told to date if it is not over."""
    last = max((month.period.end for month in months), default=date.min)
    for rows in grouped(months, lambda month: month.place.section).values():
        for period in dict.fromkeys(_around(month.period, kind) for month in rows):
            yield assess_period(rows, period, lawbook, as_of=last)


def _around(month: Period, kind: str) -> Period:
    year, number = month.start.year, month.start.month
    return Period.year(year) if kind == "year" else Period.quarter(year, (number + 2) // 3)
