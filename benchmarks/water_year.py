"""A year of surface water: a million results to section-month classes, ours against plain pandas, in turns.

`python benchmarks/water_year.py --json FILE` (3,970 sections × 12 months × 21 items = 1,000,440 results) writes:
floor_s (reading the file and summing the values), ours_s, ours_cpu_s and ours_cold_s (warm; processor seconds of one
warm run; a fresh process with imports and content), pandas_s (a careful user: pivot, one np.select an item, the worst
item; no multiples, primary pollutants, validity or exact fractions), pandas_wrong (section-months whose class differs
from ours, from binary floats at a limit after the mean), rss_mb and pandas_rss_mb (peak of a fresh process), and the
ratios ours_per_floor, pandas_per_ours.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qingce.catalog.catalog import Catalog
from qingce.core.tables import OBSERVATION

ITEMS = {
    "ph": 7.6, "do": 7.5, "codmn": 4.0, "cod": 16.0, "bod5": 2.5, "nh3n": 0.6, "tp": 0.14, "cu": 0.005, "zn": 0.02,
    "fluoride": 0.5, "se": 0.0005, "as": 0.001, "hg": 0.00002, "cd": 0.0001, "cr6": 0.002, "pb": 0.001,
    "cyanide": 0.002, "volatile_phenol": 0.0005, "petroleum": 0.02, "las": 0.03, "sulfide": 0.01,
}  # fmt: skip
TURNS = 3


def made(sections: int, *, seed: int = 20251231) -> pa.Table:
    """A year of monthly samples of every item of table 1, log-normal about a middling river."""
    dice = np.random.default_rng(seed)
    months, items = 12, len(ITEMS)
    size = sections * months * items
    section, month = (
        np.repeat(np.arange(sections), months * items),
        np.tile(np.repeat(np.arange(months), items), sections),
    )
    item = np.tile(np.arange(items), sections * months)
    middle = np.array(list(ITEMS.values()))[item]
    micro = np.maximum(1, middle * np.exp(dice.normal(0, 0.35, size)) * 1e6).astype(np.int64)
    pairs = np.zeros((size, 2), "<i8")
    pairs[:, 0] = micro
    value = pa.Array.from_buffers(pa.decimal128(18, 6), size, [None, pa.py_buffer(pairs)])
    times = np.array([np.datetime64(f"2025-{m + 1:02d}-06T10:00:00", "s") for m in range(months)])[month]
    known: dict[str, pa.Array] = {
        "site": pa.array(np.array([f"S{n:05d}" for n in range(sections)])[section]),
        "parameter": pa.array(np.array(list(ITEMS))[item]),
        "time": pa.array(times),
        "value": value,
        "span": pa.array(np.full(size, "sample")),
        "review": pa.array(np.full(size, "national")),
    }
    columns = [known[f.name].cast(f.type) if f.name in known else pa.nulls(size, f.type) for f in OBSERVATION]
    return pa.Table.from_arrays(columns, schema=OBSERVATION)


@cache
def content() -> Catalog:
    """The content, read once a process."""
    from qingce.catalog import load_catalog

    return load_catalog()


def floor(path: Path) -> object:
    """Read the columns and sum the values."""
    return pc.sum(pq.read_table(path, columns=["site", "parameter", "time", "value"])["value"])


def ours(path: Path) -> pa.Table:
    """The official section-months."""
    from qingce.evaluate import evaluate_water_months

    return evaluate_water_months(pq.read_table(path), None, catalog=content())


def with_pandas(path: Path) -> object:
    """What a careful user writes: mean of the month, class of each item by its limits, worst item."""
    import pandas as pd

    catalog = content()
    frame = pd.read_parquet(path, columns=["site", "parameter", "time", "value"])
    frame["value"] = frame["value"].astype(float)
    frame["month"] = frame["time"].dt.to_period("M")
    means = frame.pivot_table(index=["site", "month"], columns="parameter", values="value", aggfunc="mean")
    day = frame["time"].max().date()
    classes = pd.DataFrame(index=means.index)
    for item in ITEMS:
        limits = [catalog.limit(item, "sample", str(n), day=day, place="river") for n in range(1, 6)]
        values = means[item]
        if limits[0].bound == "range":
            met = [values.between(float(limit.low or 0), float(limit.value)) for limit in limits]
        else:
            met = [values >= float(x.value) if x.bound == "ge" else values <= float(x.value) for x in limits]
        classes[item] = np.select(met, [1, 2, 3, 4, 5], 6)
    return classes.max(axis=1)


def timed(task: Callable[[Path], object], path: Path) -> float:
    begun = time.perf_counter()
    task(path)
    return time.perf_counter() - begun


def fresh(name: str, path: Path) -> tuple[float, float]:
    """Run one way in a fresh process: wall seconds and peak memory [MiB]."""
    words = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import water_year as w, pathlib; "
    words += f"w.{name}(pathlib.Path({str(path)!r})); "
    words += "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, int(done.stdout.split()[-1]) / 1024


def measure(sections: int) -> dict[str, object]:
    """Every figure, the three ways in turns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "water.parquet"
        table = made(sections)
        pq.write_table(table, path)
        turns = [[timed(task, path) for task in (floor, ours, with_pandas)] for _ in range(TURNS)]
        least = [min(column) for column in zip(*turns, strict=True)]
        begun = time.process_time()
        ours(path)
        processor = time.process_time() - begun
        cold, memory = fresh("ours", path)
        _, other = fresh("with_pandas", path)
        mine, theirs = ours(path)["class"].to_numpy(), np.asarray(with_pandas(path))
    return {
        "results": table.num_rows,
        "floor_s": least[0],
        "ours_s": least[1],
        "ours_cpu_s": processor,
        "pandas_s": least[2],
        "ours_cold_s": cold,
        "ours_per_floor": least[1] / least[0],
        "pandas_per_ours": least[2] / least[1],
        "pandas_wrong": int((mine != theirs).sum()),
        "rss_mb": memory,
        "pandas_rss_mb": other,
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", default="-")
    parser.add_argument("--sections", type=int, default=3_970)
    given = parser.parse_args()
    told = json.dumps(measure(given.sections), indent=1)
    if given.json == "-":
        sys.stdout.write(told + "\n")
    else:
        Path(given.json).write_text(told, "utf-8")


if __name__ == "__main__":
    main()
