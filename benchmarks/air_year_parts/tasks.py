"""One way to a year, timed in a process of its own: `python -m air_year_parts.tasks NAME FOLDER …` prints JSON.

A task is run several times in its process: the first is cold (all that is imported and loaded on the way counts, the
start of Python does not), the median of the others is warm. What it found of every city day's AQI goes into a file.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from air_year_parts.nation import PARAMETERS, Nation

EDITION = "hj633-2026+hj663-2026"
"""One edition for all ways, so that their answers can be compared."""
MISSING = -1


def parquet_files(folder: Path, year: int) -> list[str]:
    """Return the packed files of a year in a lake."""
    from qingce.store import open_lake

    lake = open_lake(folder)
    files = [str(path) for path in lake.files("observation") if path.parent.name.startswith(f"{year}-")]
    lake.close()
    return files


def site_table(nation: Nation) -> Any:
    """Return the register of the stations."""
    import pyarrow as pa

    from qingce.core.tables import SITE, shape

    cities = [f"99{number:04d}" for number in nation.city_of.tolist()]
    columns = {"site": nation.sites, "name": nation.sites, "city": cities, "city_name": cities}
    return shape(
        pa.table(columns | {"roles": ["评价点"] * nation.stations, "kind": ["air_site"] * nation.stations}), SITE
    )


def city_days(table: Any, nation: Nation, year: int) -> np.ndarray:
    """Return the AQI of our measured city days as [city, day], `MISSING` where there is none."""
    found = np.full((nation.cities, 366), MISSING, np.int16)
    first = date(year, 1, 1)
    columns = (table[name].to_pylist() for name in ("subject", "day", "series", "aqi"))
    for subject, day, series, aqi in zip(*columns, strict=True):
        if series == "measured" and aqi is not None:
            found[int(subject[2:]), (day - first).days] = aqi
    return found


def floor(folder: Path, nation: Nation, years: list[int]) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Read and sum the six columns."""
    import duckdb

    files = [file for year in years for file in parquet_files(folder, year)]
    columns = ", ".join(f"sum({name})" for name in PARAMETERS)
    database = duckdb.connect()
    return lambda: database.sql(f"SELECT {columns} FROM read_parquet(?)", params=[files]).fetchall(), lambda _: None


def ours(
    folder: Path, nation: Nation, years: list[int], *, cube: bool = False
) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Evaluate, from the lake or from the cube, year by year."""
    state: dict[str, Any] = {}

    def once() -> Any:
        from qingce.catalog import load_catalog
        from qingce.core.tables import EXCEPTION, empty
        from qingce.evaluate import evaluate_air_year
        from qingce.evaluate.kernels.jit import unpacker_for
        from qingce.store import open_cube, open_lake

        if not state:
            state["catalog"], state["sites"] = load_catalog(), site_table(nation)
            state["lake"] = open_lake(folder, unpacking=unpacker_for)
            state["cube"] = open_cube(state["lake"], folder.parent / f"{folder.name}-cube")
        for year in years:
            if cube:
                block = state["cube"].year(year)
            else:
                block = state["lake"].hours(PARAMETERS, start=date(year, 1, 1), end=date(year + 1, 1, 1))
            found = evaluate_air_year(
                block, state["sites"], empty(EXCEPTION), catalog=state["catalog"], edition=EDITION
            )
            del block
        return found

    return once, lambda found: city_days(found.city_days, nation, years[-1])


def careful(
    folder: Path, nation: Nation, years: list[int], *, peer: str = ""
) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Evaluate as a careful user of pandas writes it, with its own index or the peer's."""
    files = parquet_files(folder, years[-1])

    def once() -> Any:
        from air_year_parts import with_pandas

        return with_pandas.evaluate(files, nation, index=with_pandas.peer_index(peer) if peer else None)

    return once, lambda found: found


def live(folder: Path, nation: Nation, years: list[int]) -> dict[str, float]:
    """Time a new hour of all stations to all of today's AQIs, in memory and with the durable write."""
    from datetime import datetime

    from air_year_parts.nation import HOUR, month_of, rows_of
    from qingce.catalog import load_catalog
    from qingce.evaluate import LiveDay
    from qingce.store import open_lake

    day = date(years[-1] + 1, 1, 1)
    planes = month_of(nation, day, 24)
    today = LiveDay(day, site_table(nation), catalog=load_catalog(), edition=EDITION)
    lake = open_lake(folder)
    quick, durable = [], []
    scale = {name: 1_000_000 // (10 if name == "co" else 1) for name in PARAMETERS}
    for hour in range(24):
        given = [(name, planes[n, hour].astype(np.int64)) for n, name in enumerate(PARAMETERS)]
        rows = rows_of(nation, planes[:, hour : hour + 1], datetime(day.year, 1, 1) + hour * HOUR)
        begun = time.perf_counter()
        for name, values in given:
            today.hour(hour, name, micro=values.clip(0) * scale[name], ok=values >= 0)
        today.now()
        quick.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        lake.append("observation", rows, source="live")
        for name, values in given:
            today.hour(hour, name, micro=values.clip(0) * scale[name], ok=values >= 0)
        today.now()
        durable.append(time.perf_counter() - begun)
    lake.close()
    return {"live_ms": 1000 * statistics.median(quick[2:]), "live_durable_ms": 1000 * statistics.median(durable[2:])}


def peak_mb() -> float:
    """Return the most memory that this process ever held; not `ru_maxrss`, which an exec inherits."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def run(
    name: str, folder: Path, nation: Nation, *, years: list[int], times: int, answer: str, peer: str
) -> dict[str, Any]:
    """Run one task so many times."""
    if name == "live":
        return live(folder, nation, years)
    make = {
        "floor": lambda: floor(folder, nation, years),
        "ours": lambda: ours(folder, nation, years),
        "cube": lambda: ours(folder, nation, years, cube=True),
        "pandas": lambda: careful(folder, nation, years),
        "peer": lambda: careful(folder, nation, years, peer=peer),
    }
    once, read = make[name]()
    took = []
    for _ in range(times):
        begun, worked = time.perf_counter(), time.process_time()
        found = once()
        took.append((time.perf_counter() - begun, time.process_time() - worked))
    result: dict[str, Any] = {"rss_mb": peak_mb()}
    for place, what in enumerate(("", "_cpu")):
        warm = [each[place] for each in took[1:] or took]
        result |= {f"cold{what}": took[0][place], f"warm{what}": statistics.median(warm)}
    if answer:
        np.save(answer, read(found))
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stations", type=int, required=True)
    parser.add_argument("--cities", type=int, required=True)
    parser.add_argument("--years", type=int, nargs="+", required=True)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--answer", default="")
    parser.add_argument("--peer", default="")
    given = parser.parse_args()
    nation = Nation(given.stations, given.cities)
    found = run(
        given.name, given.folder, nation, years=given.years, times=given.times, answer=given.answer, peer=given.peer
    )
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
