"""How fast files become observations: wide CSV of two sizes, a pivot archive of a day, a long table, Parquet.

`python benchmarks/ingest.py --json FILE` writes for each case `<case>_cells`, `<case>_s` (warm, best of `--repeat`) and
`<case>_mcells_per_s`, and at the end `cold_s` (a fresh process on the small wide file, imports included).
The big cases take `--rows` rows of six values (2,700,000 rows are 16.2 million cells), each in a process of its own
that tells its greatest memory as `<case>_rss_mb` (Linux): `big` is one CSV; `folder` the same cells as twelve files
read as a whole; `pieces` the twelve files one by one (`ingest_files`), as a caller does who writes each to the lake.
`rss_mb` is that of the small cases together.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from qingce.catalog import load_catalog
from qingce.observe import ingest

SITES = 100
PARAMETERS = ("so2", "no2", "co", "o3", "pm10", "pm2_5")
TYPES = ("AQI", "PM2.5", "PM2.5_24h", "PM10", "SO2", "NO2", "O3", "O3_8h", "CO")


def wide(rows: int, seed: int = 1) -> pa.Table:
    """Hourly rows of a hundred sites, whole numbers as the platform prints them, CO with one decimal."""
    chance = np.random.default_rng(seed)
    hours = -(-rows // SITES)
    stamps = np.datetime_as_string(np.datetime64("1996-01-01T00", "h") + np.arange(hours), unit="m")
    table: dict[str, np.ndarray] = {
        "site": np.tile(np.array([f"S{n:03d}" for n in range(SITES)]), hours)[:rows],
        "time": np.repeat(stamps, SITES)[:rows],
    }
    for name in PARAMETERS:
        numbers = chance.integers(1, 300, rows)
        table[name] = np.char.mod("%.1f", numbers / 100) if name == "co" else np.char.mod("%d", numbers)
    return pa.table(table)


def plain(table: pa.Table, path: Path) -> Path:
    """Write a CSV without quotes."""
    arrow_csv.write_csv(table, path, arrow_csv.WriteOptions(quoting_style="none", quoting_header="none"))
    return path


def archive(path: Path, sites: int = 1500) -> Path:
    """One day of the national archive: a row per hour and type, a column per site."""
    chance = np.random.default_rng(2)
    names = ",".join(f"{1000 + n}A" for n in range(1, sites + 1))
    lines = [f"date,hour,type,{names}"]
    for hour in range(24):
        values = chance.integers(1, 200, (len(TYPES), sites)).tolist()
        lines += [f"20260102,{hour},{kind}," + ",".join(map(str, row)) for kind, row in zip(TYPES, values, strict=True)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def long(path: Path, rows: int) -> Path:
    """A long table of the same kind of values with their units."""
    table = wide(rows)
    stacked = pa.table({
        "site": table["site"], "parameter": pa.repeat("pm2_5", rows), "time": table["time"], "value": table["pm2_5"],
        "unit": pa.repeat("ug/m3", rows), "flag": pa.repeat("", rows),
    })  # fmt: skip
    return plain(stacked, path)


def measured(figures: dict[str, float], name: str, path: Path, *, feed: str, repeat: int) -> None:
    """Time one case warm and keep the best."""
    catalog = load_catalog()
    feeds = catalog.feeds[feed], catalog.parameters, catalog.units, catalog.regions
    best, cells = float("inf"), 0
    for _ in range(repeat):
        begun = time.perf_counter()
        found = ingest(path, feed=feeds[0], catalog=catalog)
        best = min(best, time.perf_counter() - begun)
        cells = found.cells
        if found.observations.num_rows + found.empty + found.collapsed + found.refused != cells:
            raise SystemExit(f"{name}: cells are lost")
    figures[f"{name}_cells"] = cells
    figures[f"{name}_s"] = float(f"{best:.3f}")
    figures[f"{name}_mcells_per_s"] = float(f"{cells / best / 1e6:.2f}")


COLD = """
from pathlib import Path
from qingce.catalog import load_catalog
from qingce.observe import ingest
catalog = load_catalog()
ingest(Path({path!r}), feed=catalog.feeds["canonical-air-wide"], catalog=catalog)
"""


ALONE = """
import json, re, time
from pathlib import Path
from qingce.catalog import load_catalog
from qingce.observe import ingest, ingest_files
catalog = load_catalog()
feed = catalog.feeds["canonical-air-wide"]
catalog.parameters, catalog.units, catalog.regions
begun = time.perf_counter()
pieces = ingest_files(Path({path!r}), feed=feed, catalog=catalog) if {pieces} else None
cells = rows = 0
while True:
    found = next(pieces, None) if {pieces} else ingest(Path({path!r}), feed=feed, catalog=catalog)
    if found is None:
        break
    cells, rows = cells + found.cells, rows + found.observations.num_rows
    del found
    if not {pieces}:
        break
# VmHWM, not ru_maxrss: the latter passes through exec and would tell the memory of the parent.
most = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(json.dumps({{"cells": cells, "rows": rows, "s": time.perf_counter() - begun, "rss_mb": most}}))
"""


def alone(figures: dict[str, float], name: str, path: Path, *, pieces: bool = False) -> None:
    """Time one case in a fresh process and keep its greatest memory."""
    code = ALONE.format(path=str(path), pieces=pieces)
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    found = json.loads(told)
    if found["rows"] != found["cells"]:
        raise SystemExit(f"{name}: cells are lost")
    figures[f"{name}_cells"] = found["cells"]
    figures[f"{name}_s"] = float(f"{found['s']:.3f}")
    figures[f"{name}_mcells_per_s"] = float(f"{found['cells'] / found['s'] / 1e6:.2f}")
    figures[f"{name}_rss_mb"] = found["rss_mb"]


def big_cases(figures: dict[str, float], home: Path, rows: int, *, files: int = 12) -> None:
    """One CSV of many rows, and the same rows as the files of a folder."""
    table = wide(rows)
    big = plain(table, home / "big.csv")
    folder = home / "folder"
    folder.mkdir()
    step = -(-rows // files)
    for number in range(files):
        plain(table.slice(number * step, step), folder / f"{number:02d}.csv")
    del table
    alone(figures, "big", big)
    alone(figures, "folder", folder)
    alone(figures, "pieces", folder, pieces=True)


def main() -> None:
    """Run every case and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", default="-")
    parser.add_argument("--rows", type=int, default=2_700_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        small = plain(wide(170_000), home / "small.csv")
        measured(figures, "wide_1m", small, feed="canonical-air-wide", repeat=arguments.repeat)
        pq.write_table(wide(170_000), home / "p.parquet")
        measured(figures, "parquet_1m", home / "p.parquet", feed="canonical-air-wide", repeat=arguments.repeat)
        day = archive(home / "day.csv")
        measured(figures, "archive_day", day, feed="cnemc-archive-site", repeat=arguments.repeat)
        measured(figures, "long", long(home / "l.csv", 300_000), feed="canonical-long", repeat=arguments.repeat)
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", COLD.format(path=str(small))], check=True)
        figures["cold_s"] = float(f"{time.perf_counter() - begun:.3f}")
        figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if arguments.rows:
            big_cases(figures, home, arguments.rows)
    text = json.dumps(figures, indent=2)
    if arguments.json == "-":
        print(text)
    else:
        Path(arguments.json).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
