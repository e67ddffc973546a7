"""From judged tables to what is ahead: today, this month's sections, quotas' parts, the outlook. 研判。"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.core.absence import lowest
from qingce.core.tables import TODAY, empty
from qingce.outlook import Subject, today_rows

__all__ = ["hours_of", "today_table"]

ASSESSED = "评价点"


def hours_of(hours: pa.Table, day: date) -> pa.Table:
    """Return the hourly observations of one day."""
    if not hours.num_rows:
        return hours
    same = pc.equal(pc.cast(hours["time"], pa.date32()), pa.scalar(day))
    return hours.filter(pc.and_(same, pc.equal(hours["span"], "PT1H")))


def today_table(hours: pa.Table, sites: pa.Table, *, catalog: Catalog, as_of: date) -> pa.Table:
    """Return TODAY for every city, county and assessed site that has hours of the day; empty without any."""
    here = hours_of(hours, as_of)
    last: datetime | None = pc.max(here["time"]).as_py() if here.num_rows else None
    if last is None:
        return empty(TODAY)
    reviews = pc.unique(here["review"]).to_pylist()
    return today_rows(
        here,
        list(_subjects(sites, as_of)),
        day=as_of,
        passed=last.hour + 1,
        catalog=catalog,
        review=lowest(review for review in reviews if review) or "",
    )


def _subjects(sites: pa.Table, day: date) -> Iterator[Subject]:
    """Yield the cities, then the counties, then the assessed sites of the day."""
    rows = [
        row
        for row in sites.to_pylist()
        if row["kind"] == "air_site"
        and ASSESSED in str(row["roles"])
        and (row["valid_from"] or day) <= day <= (row["valid_until"] or day)
    ]
    for kind in ("city", "county"):
        for code in dict.fromkeys(row[kind] for row in rows if row[kind]):
            mine = [row for row in rows if row[kind] == code]
            names = {str(row["site"]): str(row["name"]) for row in mine}
            yield Subject(str(code), str(mine[0][f"{kind}_name"] or code), kind, names)
    for row in rows:
        yield Subject(str(row["site"]), str(row["name"]), "site", {str(row["site"]): str(row["name"])})
