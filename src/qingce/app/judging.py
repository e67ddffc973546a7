"""From the lake to judged days and months, once for each version of the data. 评价。"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.core.ports import Lake
from qingce.evaluate import evaluate_air_days, evaluate_water_months
from qingce.observe import quality

__all__ = ["Judged", "judge"]

COLUMNS = (
    "site",
    "parameter",
    "time",
    "span",
    "value",
    "flag",
    "absent",
    "detection_limit",
    "review",
    "source",
    "known_at",
)
HOURS = 62
"""How many of the last days keep their hours beside the pages [days]; the lake keeps all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Judged tables: air days of sites and cities, section-months, data quality, and the last hours."""

    site_days: pa.Table
    city_days: pa.Table
    months: pa.Table
    quality: pa.Table
    hours: pa.Table

    def tables(self) -> dict[str, pa.Table]:
        """Return them by the names of `Results`."""
        return {
            "air_site_days": self.site_days,
            "air_city_days": self.city_days,
            "water_months": self.months,
            "quality": self.quality,
            "hours": self.hours,
        }


def judge(lake: Lake, sites: pa.Table, exceptions: pa.Table, *, catalog: Catalog, as_of: date) -> Judged:
    """Judge everything in the lake up to a day; a medium without data gives an empty table."""
    end = datetime.combine(as_of + timedelta(1), datetime.min.time())
    rows = lake.scan("observation", columns=COLUMNS, end=end)
    air, water = _of(rows, sites, "air_site"), _of(rows, sites, "section")
    days = evaluate_air_days(air, sites, exceptions, catalog=catalog) if air.num_rows else None
    nothing = pa.table({})
    return Judged(
        site_days=days.site_days if days else nothing,
        city_days=days.city_days if days else nothing,
        months=evaluate_water_months(water, sites, catalog=catalog) if water.num_rows else nothing,
        quality=quality(rows, catalog=catalog) if rows.num_rows else nothing,
        hours=_recent(rows, end),
    )


def _of(rows: pa.Table, sites: pa.Table, kind: str) -> pa.Table:
    chosen = sites.filter(pc.equal(sites["kind"], kind))["site"]
    return rows.filter(pc.is_in(rows["site"], value_set=chosen.combine_chunks()))


def _recent(rows: pa.Table, end: datetime) -> pa.Table:
    """Return the observations of the last days, as received."""
    short = pc.is_in(rows["span"], value_set=pa.array(["PT1H", "PT4H", "sample"]))
    late = pc.greater_equal(rows["time"], pa.scalar(end - timedelta(days=HOURS), rows["time"].type))
    return rows.filter(pc.and_(short, late))
