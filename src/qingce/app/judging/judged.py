"""From the lake to judged days and months, once for each version of the data. 评价。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.catalog.feeds import StuckRule, recipe_of
from qingce.core.grouping import grouped
from qingce.core.periods import parse_period
from qingce.core.ports import Lake
from qingce.evaluate import evaluate_water_months
from qingce.evaluate.air.days import AirDays
from qingce.evaluate.air.input import QUANTITIES, SPANS
from qingce.evaluate.air.parts import evaluate_air_part, parts_together
from qingce.observe import quality
from qingce.observe.quality import BACK, quality_whole, reach

__all__ = [
    "AIR",
    "AREAS",
    "FACTS",
    "HELD",
    "Judged",
    "WATER",
    "Year",
    "in_order",
    "judge",
    "midnight",
    "months_of",
    "quality_of",
    "recent",
    "sites_of",
    "stuck_rules",
    "years_of",
]

Row = dict[str, Any]

AIR = ("site", "parameter", "time", "span", "value", "absent", "review")
WATER = (*AIR, "flag", "detection_limit")
FACTS = ("site", "parameter", "time", "span", "value", "absent")
AS_RECEIVED = ("site", "parameter", "time", "span", "value", "flag", "absent", "review", "source", "line", "reason")
HELD = ("site", "parameter", "span")
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
    """Judge everything in the lake up to a day, medium by medium; one without data gives an empty table.

    Hours are read year by year: what is held at once does not grow with the years.
    """
    end = midnight(as_of + timedelta(1))
    air, sections = sites_of(sites, "air_site"), sites_of(sites, "section")
    held = lake.extent("observation", HELD, end=end)
    stretch = _air_stretch(held, air)
    parts: list[AirDays] = []
    facts: list[Row] = []
    for year in years_of(lake, held, end=end, columns=AIR, catalog=catalog):
        facts += year.facts(catalog)
        days = stretch.within(year) if stretch else None
        if stretch and days:
            parts.append(
                evaluate_air_part(
                    year.rows(days, stretch.sites), sites, exceptions, days=days, known=stretch.sites,
                    catalog=catalog, areas=AREAS,
                )
            )  # fmt: skip
    judged = parts_together(parts) if parts else AirDays(pa.table({}), pa.table({}))
    unlisted = tuple(sorted(set(held["site"].to_pylist()) - {*air, *sections}))
    return Judged(
        site_days=judged.site_days,
        city_days=judged.city_days,
        months=months_of(lake, sections, end, sites=sites, catalog=catalog),
        quality=quality_of(
            in_order(facts, [*sorted(air), *sorted(sections), *unlisted]), sites, catalog=catalog, as_of=as_of
        ),
        hours=recent(lake, end),
        unlisted=unlisted,
    )


@dataclass(frozen=True, slots=True)
class Year:
    """The observations of a calendar year, with what lies before and after it that its facts look at."""

    number: int
    around: pa.Table

    def rows(self, days: tuple[date, date], sites: Sequence[str]) -> pa.Table:
        """Return the observations of some sites from one day to another, both included."""
        time, first, after = self.around["time"], midnight(days[0]), midnight(days[1] + timedelta(1))
        here = pc.and_(pc.greater_equal(time, pa.scalar(first)), pc.less(time, pa.scalar(after)))
        return self.around.filter(pc.and_(here, pc.is_in(self.around["site"], value_set=pa.array(sites))))

    def facts(self, catalog: Catalog) -> list[Row]:
        """Return the quality facts of its months, site by site: a copy of all rows at once would be the peak."""
        stuck, narrow = stuck_rules(catalog), self.around.select(FACTS)
        found: list[Row] = []
        for site in pc.unique(narrow["site"]).to_pylist():
            one = narrow.filter(pc.equal(narrow["site"], site))
            told = quality(one, stuck=stuck).to_pylist()
            found += [row for row in told if row["month"].startswith(f"{self.number:04d}-")]
        return found


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Which sites have readings of the air, and their first and last day."""

    sites: tuple[str, ...]
    first: date
    last: date

    def within(self, year: Year) -> tuple[date, date] | None:
        """Return the first and last day in a year, None where there is none."""
        first, last = max(self.first, date(year.number, 1, 1)), min(self.last, date(year.number, 12, 31))
        return (first, last) if first <= last else None


def _air_stretch(held: pa.Table, air: Sequence[str]) -> _Stretch | None:
    listed = set(air)
    rows = [row for row in held.to_pylist() if row["site"] in listed and row["parameter"] in QUANTITIES]
    told = [row for row in rows if row["span"] in SPANS]
    if not told:
        return None
    sites = tuple(sorted({row["site"] for row in rows}))
    return _Stretch(sites, min(row["first"] for row in told).date(), max(row["last"] for row in told).date())


def years_of(
    lake: Lake, held: pa.Table, *, end: datetime, columns: Sequence[str], catalog: Catalog, sites: Sequence[str] = ()
) -> Iterator[Year]:
    """Yield each year of what is held, one at a time, of some sites or of all."""
    if not held.num_rows:
        return
    first, last, beyond = pc.min(held["first"]).as_py(), pc.max(held["last"]).as_py(), reach(stuck_rules(catalog))
    where = {"site": list(sites)} if sites else {}
    for number in range(first.year, last.year + 1):
        until = min(end, datetime(number + 1, 1, 1) + beyond)
        start = datetime(number, 1, 1) - BACK
        yield Year(number, lake.scan("observation", columns=columns, where=where, start=start, end=until))


def in_order(facts: Iterable[Row], sites: Sequence[str]) -> list[Row]:
    """Return the facts of all years as those of the whole, in the order of these sites."""
    found = grouped(quality_whole(facts), lambda row: str(row["site"]))
    return [row for site in dict.fromkeys(sites) for row in found.get(site, ())]


def midnight(day: date) -> datetime:
    """Return the moment a day begins."""
    return datetime.combine(day, datetime.min.time())


def stuck_rules(catalog: Catalog) -> Mapping[str, StuckRule]:
    """Return by what runs and jumps quality facts are told."""
    recipe = next((recipe_of(feed) for feed in catalog.feeds.values()), None)
    return recipe.stuck if recipe else {}


def sites_of(sites: pa.Table, kind: str) -> list[str]:
    """Return the sites of a kind, as listed."""
    found: list[str] = sites.filter(pc.equal(sites["kind"], kind))["site"].to_pylist()
    return found


def months_of(lake: Lake, chosen: list[str], end: datetime, *, sites: pa.Table, catalog: Catalog) -> pa.Table:
    """Return the judged section-months of some sections."""
    rows = lake.scan("observation", columns=WATER, where={"site": chosen}, end=end)
    return evaluate_water_months(rows, sites, catalog=catalog) if rows.num_rows else pa.table({})


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
