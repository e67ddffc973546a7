"""The national year in small: two months of three hundred stations, every way, the same AQIs, ratios with slack."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "air_year.py"
NAMES = {
    "floor_s", "ours_s", "ours_cold_s", "cube_s", "pandas_s", "peer_s", "spark_s", "rss_mb", "five_year_s", "live_ms",
    "live_durable_ms",
}  # fmt: skip


@pytest.mark.prove
def test_two_months_of_three_hundred_stations() -> None:
    command = [
        sys.executable,
        str(BENCHMARK),
        "--stations",
        "300",
        "--cities",
        "60",
        "--hours",
        "1440",
        "--repeat",
        "2",
        "--no-spark",  # tests/app/test_clustering.py starts the cluster
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures) >= NAMES
    assert figures["city_days"] > 3500
    assert figures["cube_aqi_differ"] == figures["pandas_aqi_differ"] == 0
    assert figures["ours_per_floor_cpu"] < 8, figures  # at this size half of it is the fixed cost of a call
    assert figures["pandas_per_ours_cpu"] > 2.5, figures
    assert figures["rss_mb"] < 600, figures
    assert figures["live_ms"] < 10, figures
    assert figures["live_durable_ms"] < 500, figures
