"""A national year of air, hour to ranking: ours from lake and cube, careful pandas, a peer, the floor.

`python benchmarks/air_year.py --json FILE` makes the year (seeded), appends it to a real lake and compacts it, then
runs every way in fresh processes, in rounds, and writes medians: floor_s (DuckDB sums the six columns), ours_s and
ours_cold_s (from the lake), cube_s, pandas_s, peer_s (pandas with the index of aqi-hub; null if it is not there:
`--peer FOLDER` names where `pip install --target FOLDER aqi-hub` put it), spark_s (January only, on a master and two
workers started here; null without PySpark and Java), spark_here_s (the same call on the same rows here), rss_mb
(ours), five_year_s and five_year_rss_mb (`--years 5`), live_ms, live_durable_ms; ratios, and how many AQIs differ.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
LAST = 2024


def child(module: str, *words: object) -> str:
    """Run a part in a fresh process; its last line."""
    command = [sys.executable, "-m", f"air_year_parts.{module}", *(str(word) for word in words)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return (done.stdout.splitlines() or [""])[-1]


class Bench:
    """The ways to a year over one lake."""

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.given, self.folder = given, folder
        self.lake = folder / "lake"
        self.peer = given.peer or ("installed" if importlib.util.find_spec("aqi_hub") else "")
        self.figures: dict[str, list[dict[str, float]]] = {}

    def fill(self) -> None:
        """Make the lake, unless it was kept from another run."""
        if not (self.lake / "manifest.sqlite").exists():
            years = range(LAST, LAST - self.given.years, -1)
            child("filling", self.lake, self.given.stations, self.given.cities, self.given.hours, *years)

    def task(self, name: str, *, times: int = 3, years: tuple[int, ...] = (LAST,), label: str = "") -> dict[str, Any]:
        """Run one way once and keep its figures."""
        words = [
            "--stations",
            self.given.stations,
            "--cities",
            self.given.cities,
            "--times",
            times,
            "--peer",
            self.peer,
        ]
        answer = ["--answer", self.folder / f"{name}.npy"] if name in ("ours", "cube", "pandas", "peer") else []
        found: dict[str, Any] = json.loads(child("tasks", name, self.lake, *words, *answer, "--years", *years))
        self.figures.setdefault(label or name, []).append(found)
        return found

    def rounds(self) -> None:
        """Run the ways in turn, so that whatever else the machine does hits all alike."""
        self.task("cube", times=1)
        self.figures.clear()
        slow = ["pandas"] * (not self.given.no_pandas) + ["peer"] * bool(self.peer and not self.given.no_pandas)
        for number in range(self.given.repeat):
            for name in ("floor", "ours", "cube"):
                self.task(name, times=4)
            for name in slow if number < max(1, self.given.repeat // 2) else []:
                self.task(name, times=2)
        if self.given.years > 1:
            years = tuple(range(LAST - self.given.years + 1, LAST + 1))
            for _ in range(max(1, self.given.repeat // 2)):
                self.task("ours", times=2, years=years, label="five")
                self.task("ours", times=2, label="one")

    def spark(self) -> dict[str, Any]:
        """Return the figures of one month on Spark, null where there is none to run."""
        if self.given.no_spark or not importlib.util.find_spec("pyspark") or not shutil.which("java"):
            return {"spark_s": None}
        words = [self.lake, self.given.stations, self.given.cities, LAST]
        found: dict[str, Any] = json.loads(child("with_spark", *words))
        return found

    def middle(self, name: str, what: str) -> float | None:
        """Return the median of a figure, None for a way that was not run."""
        found = [each[what] for each in self.figures.get(name, [])]
        return statistics.median(found) if found else None

    def differ(self, name: str) -> int | None:
        """Return how many AQIs of a way are not ours."""
        path = self.folder / f"{name}.npy"
        return int((np.load(path) != np.load(self.folder / "ours.npy")).sum()) if path.exists() else None

    def told(self) -> dict[str, Any]:
        """Return all figures and what is asked of them."""
        live = json.loads(child("tasks", "live", self.lake, "--stations", self.given.stations,
                                "--cities", self.given.cities, "--years", LAST))  # fmt: skip
        found = {
            "floor_s": self.middle("floor", "warm"),
            "ours_s": self.middle("ours", "warm"),
            "ours_cold_s": self.middle("ours", "cold"),
            "cube_s": self.middle("cube", "warm"),
            "pandas_s": self.middle("pandas", "warm"),
            "peer_s": self.middle("peer", "warm"),
            **self.spark(),
            "rss_mb": self.middle("ours", "rss_mb"),
            "five_year_s": self.middle("five", "warm"),
            "five_year_rss_mb": self.middle("five", "rss_mb"),
            **live,
            "pandas_rss_mb": self.middle("pandas", "rss_mb"),
            "city_days": int((np.load(self.folder / "ours.npy") >= 0).sum()),
            "cube_aqi_differ": self.differ("cube"),
            "pandas_aqi_differ": self.differ("pandas"),
            "peer_aqi_differ": self.differ("peer"),
        }
        pairs = {"ours_s": "floor_s", "ours_cold_s": "floor_s", "cube_s": "floor_s", "pandas_s": "ours_s"}
        ratios = {f"{a[:-2]}_per_{b[:-2]}": found[a] / found[b] for a, b in pairs.items() if found[a] and found[b]}
        for name, base in (("ours", "floor"), ("cube", "floor"), ("pandas", "ours")):
            if (above := self.middle(name, "warm_cpu")) and (below := self.middle(base, "warm_cpu")):
                ratios[f"{name}_per_{base}_cpu"] = above / below
        if one := self.middle("one", "warm"):
            ratios["five_year_per_year"] = found["five_year_s"] / one
        return found | ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", default="-", help="file for the figures; - is standard output")
    parser.add_argument("--stations", type=int, default=1800)
    parser.add_argument("--cities", type=int, default=340)
    parser.add_argument("--hours", type=int, default=8784)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peer", default="")
    parser.add_argument("--no-spark", action="store_true")
    parser.add_argument("--no-pandas", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder in which the lake is kept for another run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qingce-air-year-") as temporary:
        bench = Bench(given, given.keep or Path(temporary))
        bench.fill()
        bench.rounds()
        figures = {name: round(v, 4) if isinstance(v, float) else v for name, v in bench.told().items()}
    text = json.dumps(figures, indent=2)
    if given.json == "-":
        sys.stdout.write(text + "\n")
    else:
        Path(given.json).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
