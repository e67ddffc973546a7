"""What the whole thread costs: the packaged example from data to pages, a site-year judged, every page, the command.

`python benchmarks/spine.py --json FILE` writes: example_s (making the data), build_first_s and build_second_s (fresh
processes), build_first_cpu_s, build_rss_mb (the first build's peak), read_floor_s (the same files read by pyarrow
alone), build_per_read (first build over that floor), second_per_first; evaluate_air_cold_s (one site, one year of
hours, a fresh process), import_floor_s (a fresh process that only imports its libraries), evaluate_per_import;
pages, page_ms_median, page_ms_max (every page of both languages, served, once each), page_cpu_ms_max and page_slowest
(by the processor), healthz_ms (an answer without a page), page_per_healthz and slowest_page_per_median (ratios);
help_s, python_s (a fresh Python that does nothing), help_per_python.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.csv as arrow_csv
from starlette.testclient import TestClient

from qingce.app.campaign import read_campaign
from qingce.app.example import write_example
from qingce.app.serving import warm
from qingce.app.web import make_app
from qingce.publish import read_results
from qingce.publish.site import ROUTES

COLUMNS = ("site", "time", "so2", "no2", "co", "o3", "pm10", "pm2_5")
LIBRARIES = "import duckdb, numpy, pyarrow.compute, pyarrow.parquet, sqlalchemy, click"
Figures = dict[str, object]


def timed(task: Callable[[], object]) -> float:
    """Seconds one call took."""
    begun = time.perf_counter()
    task()
    return time.perf_counter() - begun


def fresh(*words: str) -> tuple[float, float, float]:
    """Run a fresh Python; returns wall seconds, processor seconds and peak memory [MiB]. Fails when it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}")
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def least(*words: str, tries: int = 5) -> float:
    """The least wall seconds of several fresh processes."""
    return min(fresh(*words)[0] for _ in range(tries))


def command(*words: object) -> Sequence[str]:
    return ["-m", "qingce.app", *map(str, words)]


def building(folder: Path) -> Figures:
    """Make the example and build it twice, each time in a fresh process."""
    made = timed(lambda: write_example(folder))
    first, second = fresh(*command("build", folder)), fresh(*command("build", folder))
    floor = min(timed(lambda: [arrow_csv.read_csv(file) for file in folder.glob("data/*.csv")]) for _ in range(3))
    return {
        "example_s": made,
        "build_first_s": first[0],
        "build_first_cpu_s": first[1],
        "build_second_s": second[0],
        "build_rss_mb": first[2],
        "read_floor_s": floor,
        "build_per_read": first[0] / floor,
        "second_per_first": second[0] / first[0],
    }


def site_year(path: Path) -> Path:
    """One site, every hour of a year, numbers that change."""
    start = datetime(2025, 1, 1)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for hour in range(365 * 24):
            moment = (start + timedelta(hours=hour)).isoformat() + "+08:00"
            writer.writerow(
                ["A1", moment, 5 + hour % 7, 20 + hour % 31, 0.7, 40 + hour % 90, 60 + hour % 61, 30 + hour % 43]
            )
    return path


def judging(folder: Path) -> Figures:
    """Judge one site-year of hours in a fresh process."""
    source = site_year(folder / "year.csv")
    words = command("evaluate", "air", source, "--by", "site", "--out", folder / "days.csv")
    ours, floor = least(*words), least("-c", LIBRARIES)
    return {"evaluate_air_cold_s": ours, "import_floor_s": floor, "evaluate_per_import": ours / floor}


def serving(folder: Path) -> Figures:
    """Ask a warm server for every page of both languages once."""
    results = read_results(folder / "out")
    paths = [prefix + route.path(ids) for route in ROUTES for ids in route.ids(results) for prefix in ("/", "/en/")]
    spent: dict[str, float] = {}
    worked: dict[str, float] = {}
    campaign = read_campaign(folder)
    warm(campaign)  # as `qingce serve` does when it starts
    with TestClient(make_app(campaign)) as client:
        client.get("/index.html").raise_for_status()
        floor = statistics.median(1000 * timed(lambda: client.get("/healthz")) for _ in range(51))
        for path in paths:
            begun = time.process_time()
            spent[path] = 1000 * timed(lambda path=path: client.get(path).raise_for_status())
            worked[path] = 1000 * (time.process_time() - begun)
    slowest = max(worked, key=lambda path: worked[path])  # by the processor: a neighbour's load is nobody's page
    return {
        "pages": len(spent),
        "page_ms_median": statistics.median(spent.values()),
        "page_ms_max": max(spent.values()),
        "page_cpu_ms_max": worked[slowest],
        "page_slowest": slowest,
        "healthz_ms": floor,
        "page_per_healthz": statistics.median(spent.values()) / floor,
        "slowest_page_per_median": worked[slowest] / statistics.median(worked.values()),
    }


def starting() -> Figures:
    """What the command costs before it does anything."""
    ours, floor = least(*command("--help")), least("-c", "pass")
    return {"help_s": ours, "python_s": floor, "help_per_python": ours / floor}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", default="-", help="file for the figures; - is standard output")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qingce-spine-") as name:
        folder = Path(name)
        figures = building(folder / "example") | judging(folder) | serving(folder / "example") | starting()
    shown = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    text = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    if given.json == "-":
        sys.stdout.write(text)
    else:
        Path(given.json).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
