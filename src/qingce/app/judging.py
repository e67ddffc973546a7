"""From the lake to judged days and months, once for each version of the data. 评价。"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.catalog.feeds import recipe_of
from qingce.core.periods import parse_period
from qingce.core.ports import Lake
from qingce.evaluate import evaluate_air_days, evaluate_water_months
from qingce.observe import quality

__all__ = ["WATER", "Judged", "judge"]

Row = dict[str, Any]

AIR = ("site", "parameter", "time", "span", "value", "absent", "review")
WATER = (*AIR, "flag", "detection_limit")
FACTS = ("site", "parameter", "time", "span", "value", "absent")
AS_RECEIVED = ("site", "parameter", "time", "span", "value", "flag", "absent", "review", "source", "line", "reason")
AREAS = ("city", "county")
SHORT = ("PT1H", "PT4H", "sample")
HOURS = 62
"""How many of the last days keep their hours beside the pages [days]; the lake keeps all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Judged tables: air days of sites and cities, section-months, data quality, and the last hours.

    `unlisted` names the sites that have data and stand in no list of sites: their data are kept, not judged.
    """

    site_days: pa.Table
    city_days: pa.Table
    months: pa.Table
    quality: pa.Table
    hours: pa.Table
    unlisted: tuple[str, ...] = ()

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
    """Judge everything in the lake up to a day, medium by medium; one without data gives an empty table."""
    end = datetime.combine(as_of + timedelta(1), datetime.min.time())
    air, sections = sites_of(sites, "air_site"), sites_of(sites, "section")
    site_days, city_days, of_air = _air(lake, air, end, sites=sites, exceptions=exceptions, catalog=catalog)
    months, of_water = _water(lake, sections, end, sites=sites, catalog=catalog)
    stored = pc.unique(lake.scan("observation", columns=["site"], end=end)["site"]).to_pylist()
    unlisted = tuple(sorted(set(stored) - {*air, *sections}))
    rest = lake.scan("observation", columns=FACTS, where={"site": list(unlisted)}, end=end) if unlisted else None
    facts = [*of_air, *of_water, *(facts_of(rest, catalog) if rest is not None else ())]
    return Judged(
        site_days=site_days,
        city_days=city_days,
        months=months,
        quality=quality_of(facts, sites, catalog=catalog, as_of=as_of),
        hours=recent(lake, end),
        unlisted=unlisted,
    )


def sites_of(sites: pa.Table, kind: str) -> list[str]:
    """Return the sites of a kind, as listed."""
    found: list[str] = sites.filter(pc.equal(sites["kind"], kind))["site"].to_pylist()
    return found


def _air(
    lake: Lake, chosen: list[str], end: datetime, *, sites: pa.Table, exceptions: pa.Table, catalog: Catalog
) -> tuple[pa.Table, pa.Table, list[Row]]:
    rows = lake.scan("observation", columns=AIR, where={"site": chosen}, end=end)
    nothing = pa.table({})
    if not rows.num_rows:
        return nothing, nothing, []
    days = evaluate_air_days(rows, sites, exceptions, catalog=catalog, areas=AREAS)
    return days.site_days, days.city_days, facts_of(rows, catalog)


def _water(
    lake: Lake, chosen: list[str], end: datetime, *, sites: pa.Table, catalog: Catalog
) -> tuple[pa.Table, list[Row]]:
    rows = lake.scan("observation", columns=WATER, where={"site": chosen}, end=end)
    if not rows.num_rows:
        return pa.table({}), []
    return evaluate_water_months(rows, sites, catalog=catalog), facts_of(rows, catalog)


def months_of(lake: Lake, chosen: list[str], end: datetime, *, sites: pa.Table, catalog: Catalog) -> pa.Table:
    """Return the judged section-months of some sections."""
    rows = lake.scan("observation", columns=WATER, where={"site": chosen}, end=end)
    return evaluate_water_months(rows, sites, catalog=catalog) if rows.num_rows else pa.table({})


def facts_of(rows: pa.Table, catalog: Catalog) -> list[Row]:
    """Return the quality facts of observations, site by site: a copy of all rows at once would be the peak."""
    recipe = next((recipe_of(feed) for feed in catalog.feeds.values()), None)
    narrow = rows.select(FACTS)
    found: list[Row] = []
    for site in pc.unique(rows["site"]).to_pylist():
        one = narrow.filter(pc.equal(narrow["site"], site))
        found += quality(one, stuck=recipe.stuck if recipe else None).to_pylist()
    return found


def quality_of(found: list[Row], sites: pa.Table, *, catalog: Catalog, as_of: date) -> pa.Table:
    """Return the quality facts of the last year of data, and of earlier months with something to say."""
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


def recent(lake: Lake, end: datetime) -> pa.Table:
    """Return the observations of the last days, as received."""
    rows = lake.scan("observation", columns=AS_RECEIVED, start=end - timedelta(days=HOURS), end=end)
    found = rows.filter(pc.is_in(rows["span"], value_set=pa.array(SHORT)))
    return found.append_column("text", pa.nulls(found.num_rows, pa.string()))
