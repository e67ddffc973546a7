"""The ten-thousandth append costs what the first did: nothing in the lake grows with its history."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "lake.py"


@pytest.mark.prove
def test_ten_thousand_appends_cost_the_same_at_the_end() -> None:
    command = [sys.executable, str(BENCHMARK), "--appends", "10000", "--bulk-hours", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["appends"] == 10_000
    assert figures["growth_cpu"] < 1.5, figures  # of the processor: a disk and a neighbour are not what we ask about
