"""What the daily sheet shows beside the day itself: to date, rank, highest hours, what is left of today. 空气日报。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.tables import OBSERVATION, QUOTA, empty
from qingce.evaluate import air_indicator
from qingce.outlook import quota_rows, today_quotas
from qingce.publish.results import SCHEMAS

__all__ = ["daily_tables", "today"]

Row = dict[str, object]
INDICATOR = "pm2_5_annual"
SERIES = "measured"
TOP = 10
GOOD = 100
"""The index up to which a day is good: what the hours left are measured against."""


def daily_tables(
    site_days: pa.Table, city_days: pa.Table, *, hours: pa.Table, sites: pa.Table, catalog: Catalog, as_of: date
) -> dict[str, pa.Table]:
    """Return the tables air_cumulative and air_top_hours of `Results` for one day."""
    if not city_days.num_rows:
        return {}
    rows = [*_cumulative(city_days, catalog, as_of), *_ranked(list(_cumulative(site_days, catalog, as_of)))]
    return {
        "air_cumulative": pa.Table.from_pylist(rows, SCHEMAS["air_cumulative"]),
        "air_top_hours": pa.Table.from_pylist(_highest(hours, sites, as_of=as_of), SCHEMAS["air_top_hours"]),
    }


def _cumulative(days: pa.Table, catalog: Catalog, as_of: date) -> Iterator[Row]:
    """Yield month, year and last year to date of every subject that has the day."""
    indicator = catalog.indicator(INDICATOR)
    here = days.filter(pc.and_(pc.equal(days["day"], as_of), pc.equal(days["series"], SERIES)))
    year = Period.year(as_of.year).until(as_of)
    month = Period.month(as_of.year, as_of.month).until(as_of)
    for row in here.select(["subject", "subject_name", "review"]).to_pylist():
        own = days.filter(pc.equal(days["subject"], row["subject"]))
        found = []
        for period in (month, year, year.year_before()):
            value = air_indicator(
                indicator,
                own,
                scope=row["subject"],
                scope_name=row["subject_name"] or "",
                period=period,
                series=SERIES,
                catalog=catalog,
                as_of=as_of,
            )
            found.append(value["value"][0].as_py() if value.num_rows else None)
        now, then = found[1], found[2]
        change = now - then if isinstance(now, Decimal) and isinstance(then, Decimal) else None
        yield {
            "subject": row["subject"], "subject_name": row["subject_name"], "day": as_of,
            "parameter": str(indicator.statistic["parameter"]), "month_mean": found[0], "year_mean": now,
            "last_year_mean": then, "change": change, "rank": None, "review": row["review"],
        }  # fmt: skip


def _ranked(rows: list[Row]) -> list[Row]:
    """Give each site its place by the year so far, the least first; equal values share a place (1-1-3)."""
    values = sorted(as_number(row["year_mean"]) for row in rows if row["year_mean"] is not None)
    return [
        row | {"rank": None if row["year_mean"] is None else values.index(as_number(row["year_mean"])) + 1}
        for row in rows
    ]


def as_number(value: object) -> Decimal:
    """Return a mean as the number that places are given by."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _highest(hours: pa.Table, sites: pa.Table, *, as_of: date) -> list[Row]:
    """Return the hours of the day with the most fine dust."""
    begin = datetime.combine(as_of, datetime.min.time())
    day = hours.filter(pc.equal(pc.cast(hours["time"], pa.date32()), pa.scalar(begin.date())))
    day = day.filter(pc.and_(pc.equal(day["parameter"], "pm2_5"), pc.is_valid(day["value"])))
    known: Mapping[str, Row] = {row["site"]: row for row in sites.to_pylist()}
    found = day.sort_by([("value", "descending"), ("time", "ascending"), ("site", "ascending")]).slice(0, TOP)
    return [
        {
            "site": row["site"], "site_name": known.get(row["site"], {}).get("name"),
            "county_name": known.get(row["site"], {}).get("county_name"), "time": row["time"],
            "parameter": row["parameter"], "value": row["value"], "unit": "ug/m3", "iaqi": None,
            "review": row["review"],
        }
        for row in found.to_pylist()
    ]  # fmt: skip


def today(hours: pa.Table, sites: pa.Table, *, catalog: Catalog, as_of: date, region: str) -> pa.Table:
    """Return QUOTA rows of what the hours left of the day may average; none when the day is over or has no hours."""
    if not hours.num_rows:
        return empty(QUOTA)
    day = hours.filter(
        pc.and_(pc.equal(pc.cast(hours["time"], pa.date32()), pa.scalar(as_of)), pc.equal(hours["span"], "PT1H"))
    )
    last: datetime | None = pc.max(day["time"]).as_py() if day.num_rows else None
    if last is None or last.hour == 23:
        return empty(QUOTA)
    subjects: dict[str, Sequence[str]] = {region: _assessed(sites, region)}
    found = today_quotas(
        day.select([name for name in OBSERVATION.names if name in day.column_names]),
        subjects,
        day=as_of,
        passed=last.hour + 1,
        upto=GOOD,
        catalog=catalog,
    )
    return quota_rows("", found)


def _assessed(sites: pa.Table, region: str) -> list[str]:
    return [
        str(row["site"])
        for row in sites.to_pylist()
        if row["kind"] == "air_site" and region in (row["city"], row["county"]) and "评价点" in str(row["roles"])
    ]
