"""Fill a real lake with national years: appended ten days at a time, then compacted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from air_year_parts.nation import HOUR, Nation, month_of, months, rows_of
from qingce.store import open_lake

TEN_DAYS = 240
SMALL = 2_000_000
"""Rows of a month that are appended at once, so that none of its days is left behind when it is packed."""


def fill(folder: Path, nation: Nation, *, years: Sequence[int], hours: int) -> None:
    """Append and compact year by year."""
    lake = open_lake(folder, grace=timedelta(0))
    for year in years:
        for first, length in months(year, hours):
            planes = month_of(nation, first, length)
            step = length if planes.size < SMALL else TEN_DAYS
            for begin in range(0, length, step):
                start = datetime(first.year, first.month, 1) + begin * HOUR
                rows = rows_of(nation, planes[:, begin : begin + step], start)
                lake.append("observation", rows, source=f"{start:%Y-%m-%d}")
        lake.compact("observation")
        lake.compact("observation")
    lake.close()


if __name__ == "__main__":
    folder, stations, cities, hours, *years = sys.argv[1:]
    fill(Path(folder), Nation(int(stations), int(cities)), years=[int(year) for year in years], hours=int(hours))
