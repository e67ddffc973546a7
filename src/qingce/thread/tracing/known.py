"""What we would have said at an instant: the days judged from the hours known then. 当时所知。"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.ports import Lake
from qingce.core.tables import EXCEPTION, empty

__all__ = ["days_known"]


def days_known(
    lake: Lake,
    *,
    start: date,
    end: date,
    known_at: datetime,
    sites: pa.Table,
    catalog: Catalog,
    exceptions: pa.Table | None = None,
) -> tuple[pa.Table, pa.Table]:
    """Return site days and city days from `start` to `end` as judged from what was known at an instant [UTC].

    The rules are those in force on each day; only the data go back. Raises QC250–QC252 for readings of no use.
    """
    from qingce.evaluate import evaluate_air_days

    after = datetime.combine(end + timedelta(1), time())
    places = [row["site"] for row in sites.to_pylist() if row["kind"] == "air_site"]
    seen = lake.scan(
        "observation", where={"site": places}, start=datetime.combine(start, time()), end=after, known_at=known_at
    )
    days = evaluate_air_days(seen, sites, exceptions if exceptions is not None else empty(EXCEPTION), catalog=catalog)
    return days.site_days, days.city_days
