"""From the lake to judged days and months, once for each version of the data. 评价。"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.catalog.feeds import recipe_of
from qingce.core.periods import parse_period
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
    "known_at",
)
AS_RECEIVED = ("site", "parameter", "time", "span", "value", "flag", "absent", "review", "source", "line", "reason")
SHORT = ("PT1H", "PT4H", "sample")
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
    days = (
        evaluate_air_days(air, sites, exceptions, catalog=catalog, areas=("city", "county")) if air.num_rows else None
    )
    nothing = pa.table({})
    return Judged(
        site_days=days.site_days if days else nothing,
        city_days=days.city_days if days else nothing,
        months=evaluate_water_months(water, sites, catalog=catalog) if water.num_rows else nothing,
        quality=_quality(rows, sites, catalog=catalog, as_of=as_of) if rows.num_rows else nothing,
        hours=_recent(lake, end),
    )


def _quality(rows: pa.Table, sites: pa.Table, *, catalog: Catalog, as_of: date) -> pa.Table:
    """Return the quality facts of the last year of data, and of earlier months with something to say."""
    recipe = next((recipe_of(feed) for feed in catalog.feeds.values()), None)
    found = quality(rows, stuck=recipe.stuck if recipe else None).to_pylist()
    names = {row["site"]: row["name"] for row in sites.to_pylist()}
    first = f"{as_of.year - 1}-{as_of.month:02d}"
    listed = []
    for row in found:
        month = parse_period(row["month"])
        signs = row["stuck_runs"] + row["negative"] + row["jumps"]
        if row["month"] < first and not signs:
            continue
        parameter = catalog.parameters.get(row["parameter"])
        listed.append(
            row
            | {
                "site_name": names.get(row["site"], ""),
                "medium": parameter.medium if parameter else "",
                "start": month.start,
                "end": month.end,
                "flagged": signs,
                "missing": row["expected"] - row["received"],
                "review": None,
            }
        )
    return pa.Table.from_pylist(listed)


def _of(rows: pa.Table, sites: pa.Table, kind: str) -> pa.Table:
    chosen = sites.filter(pc.equal(sites["kind"], kind))["site"]
    return rows.filter(pc.is_in(rows["site"], value_set=chosen.combine_chunks()))


def _recent(lake: Lake, end: datetime) -> pa.Table:
    """Return the observations of the last days, as received."""
    rows = lake.scan("observation", columns=AS_RECEIVED, start=end - timedelta(days=HOURS), end=end)
    found = rows.filter(pc.is_in(rows["span"], value_set=pa.array(SHORT)))
    return found.append_column("text", pa.nulls(found.num_rows, pa.string()))
