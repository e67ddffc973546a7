"""One month of the nation on Spark: `python -m air_year_parts.with_spark LAKE STATIONS CITIES YEAR` prints JSON.

A standalone master and two workers are started on this machine; the same evaluation runs here on the same month, and
the answers must be equal. The session's start counts: it is what a user waits for.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from air_year_parts.nation import Nation
from air_year_parts.tasks import EDITION, site_table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
MEMORY = "2g"


def month_files(lake: Path, year: int) -> list[Path]:
    """Return the files of January."""
    from qingce.store import open_lake

    opened = open_lake(lake)
    files = [path for path in opened.files("observation") if path.parent.name == f"{year}-01"]
    opened.close()
    return files


def here(lake: Path, judging: Any, *, year: int) -> Any:
    """Judge January on this machine, by the same function."""
    from qingce.store import open_lake

    opened = open_lake(lake)
    times = datetime(year, 1, 1), datetime(year, 1, 31, 23)
    rows = opened.scan("observation", start=times[0], end=datetime(year, 2, 1))
    opened.close()
    return judging(rows, times)


def there(files: list[Path], judging: Any, *, folder: Path) -> tuple[Any, float]:
    """Judge January on a cluster of two workers; the answer and the seconds with a session of its own."""
    import pyarrow as pa
    from tests.store.processes.cluster import standalone

    from qingce.app.clustering import COLUMNS, groups_of
    from qingce.store.spark import Cluster, on_groups

    with standalone(folder, memory=MEMORY) as master:
        cluster = Cluster(master, {"spark.executor.memory": MEMORY, "spark.driver.memory": MEMORY})
        begin = time.perf_counter()
        found = on_groups(
            files, groups_of(judging), kind="observation", columns=COLUMNS, kernel=judging, cluster=cluster
        )
        return pa.concat_tables(found), time.perf_counter() - begin


def main() -> None:
    from qingce.app.clustering import Judging

    lake, stations, cities, year = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    judging = Judging("air", "city", "day", EDITION, site_table(Nation(stations, cities)))
    begin = time.perf_counter()
    local = here(lake, judging, year=year)
    spent = time.perf_counter() - begin
    with tempfile.TemporaryDirectory(prefix="qingce-spark-") as folder:
        remote, seconds = there(month_files(lake, year), judging, folder=Path(folder))
    key = [("city", "ascending"), ("time", "ascending")]
    same = local.sort_by(key).to_pylist() == remote.sort_by(key).to_pylist()
    told = {"spark_s": seconds, "spark_days": 31, "spark_here_s": spent, "spark_rows": local.num_rows}
    sys.stdout.write(json.dumps(told | {"spark_equal": same}) + "\n")


if __name__ == "__main__":
    main()
