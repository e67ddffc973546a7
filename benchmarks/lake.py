"""How fast the lake takes rows, and whether the ten-thousandth append costs what the first did.

`python benchmarks/lake.py --json FILE` writes: appends, total_s, append_ms_first, append_ms_last (medians of 500),
growth (their ratio), fsync_ms (one file and its folder on this disk), bulk_rows_per_s, compact_s, retired,
scan_s_before, scan_s_after, verify_s, rss_mb.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from qingce.core.tables import VALUE_TYPE
from qingce.store import open_lake

EDGE = 500
HOUR = timedelta(hours=1)
PARAMETERS = ("so2", "no2", "co", "o3", "pm10", "pm2_5")


def hour_of(number: int, *, sites: int = 6) -> pa.Table:
    """One hour of some sites, six parameters each, as a live feed brings it."""
    keys = [(f"site{site:03d}", parameter) for site in range(sites) for parameter in PARAMETERS]
    rows = len(keys)
    return pa.table(
        {
            "site": [site for site, _ in keys],
            "parameter": [parameter for _, parameter in keys],
            "span": ["PT1H"] * rows,
            "time": pa.array([datetime(2025, 1, 1) + number * HOUR] * rows, pa.timestamp("s")),
            "value": pa.array([Decimal((number * 7 + place) % 300) for place in range(rows)], VALUE_TYPE),
            "review": ["realtime"] * rows,
            "source": ["benchmark"] * rows,
        }
    )


def timed(task: Callable[[], object]) -> float:
    """Seconds one call took."""
    begun = time.perf_counter()
    task()
    return time.perf_counter() - begun


def sync_ms(folder: Path, *, tries: int = 200) -> float:
    """Median milliseconds to make one small file and its name durable."""

    def once(number: int) -> None:
        with (folder / f"sync{number}").open("wb") as sink:
            sink.write(b"x" * 4096)
            sink.flush()
            os.fsync(sink.fileno())
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

    return 1000 * statistics.median(timed(lambda number=number: once(number)) for number in range(tries))


def measure(folder: Path, *, appends: int, bulk_hours: int) -> dict[str, float]:
    """Append, read, compact, read again."""
    lake = open_lake(folder / "lake")
    tables = [hour_of(number) for number in range(appends)]
    costs, worked = [], []
    for table in tables:
        begun = time.process_time()
        costs.append(timed(lambda table=table: lake.append("observation", table, source="live")))
        worked.append(time.process_time() - begun)
    edge = min(EDGE, appends // 2)
    first, last = statistics.median(costs[:edge]), statistics.median(costs[-edge:])
    figures: dict[str, float] = {
        "appends": appends,
        "total_s": sum(costs),
        "append_ms_first": 1000 * first,
        "append_ms_last": 1000 * last,
        "growth": last / first,
        "growth_cpu": statistics.median(worked[-edge:]) / statistics.median(worked[:edge]),
        "fsync_ms": sync_ms(folder),
        "scan_s_before": timed(lambda: lake.scan("observation", columns=["site", "time", "value"])),
    }
    version = lake.version("observation")
    retired: list[int] = []
    figures["compact_s"] = timed(lambda: retired.append(lake.compact("observation")))
    figures["retired"] = retired[0]
    figures["scan_s_after"] = timed(lambda: lake.scan("observation", columns=["site", "time", "value"]))
    figures["verify_s"] = timed(lambda: lake.verify({"observation": version}))
    bulk = pa.concat_tables([hour_of(100_000 + number, sites=60) for number in range(bulk_hours)]).combine_chunks()
    figures["bulk_rows_per_s"] = bulk.num_rows / timed(lambda: lake.append("observation", bulk, source="bulk"))
    lake.close()
    figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", default="-", help="file for the figures; - is standard output")
    parser.add_argument("--appends", type=int, default=10_000)
    parser.add_argument("--bulk-hours", type=int, default=3_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qingce-lake-") as folder:
        figures = measure(Path(folder), appends=given.appends, bulk_hours=given.bulk_hours)
    text = json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2)
    if given.json == "-":
        sys.stdout.write(text + "\n")
    else:
        Path(given.json).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
