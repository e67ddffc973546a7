"""What opening and reading cost: no heavy import before its time, no more memory than was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.store.hourly import AIR, appended, full

from qingce.store.lake import SegmentLake

HEAVY = ("duckdb", "sqlalchemy", "pandas", "pyarrow.dataset", "pyarrow.parquet")
AFTER = f"import sys, json; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"


def run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_importing_the_room_imports_nothing_heavy() -> None:
    assert json.loads(run(f"import qingce.store; {AFTER}")) == []


def test_opening_and_appending_import_no_engine_and_nothing_imports_pandas(tmp_path: Path) -> None:
    body = """
import pyarrow as pa
from qingce.store import open_lake
from qingce.core.tables import OBSERVATION
from qingce.store.digest import constant
lake = open_lake(sys.argv[1])
ends = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1, 2)))
text = pa.Array.from_buffers(pa.string(), 2, [None, ends, pa.py_buffer(b"ab")])
rows = {"site": text, "parameter": text, "span": text, "time": constant(0, 2, pa.timestamp("s"))}
lake.append("observation", pa.table(rows), source="x")
"""
    script = f"import sys\n{body}\n{AFTER}"
    assert json.loads(run(script, str(tmp_path / "a"))) == ["pyarrow.parquet"]
    more = 'lake.scan("observation", where={"site": "a"}); lake.append("observation", pa.table(rows), source="x")\n'
    more += 'lake.compact("observation"); assert lake.verify() == []; lake.history("observation", {}); lake.close()'
    found = json.loads(run(f"import sys\n{body}\n{more}\n{AFTER}", str(tmp_path / "b")))
    assert found == ["duckdb", "pyarrow.parquet"]


FILL = """
import sys
from datetime import datetime, timedelta
import numpy as np, pyarrow as pa
from qingce.store import open_lake
lake = open_lake(sys.argv[1])
hours, sites = 672, 100
for month in range(1, 13):
    start = datetime(2025, month, 1)
    time = pa.array([start + timedelta(hours=h) for h in range(hours)], pa.timestamp("s"))
    time = time.take(np.repeat(np.arange(hours), sites))
    site = pa.array([f"site{s:04d}" for s in range(sites)]).take(np.tile(np.arange(sites), hours))
    rows = len(site)
    noise = pa.array([f"{month}-{n:07d}-{n * 7919 % 1000003:07d}" for n in range(rows)])
    columns = {"site": site, "parameter": ["o3"] * rows, "span": ["PT1H"] * rows, "time": time}
    lake.append("observation", pa.table(columns | {"source": noise, "batch": noise}), source="x")
lake.compact("observation")
"""
MEASURE = """
import re, sys
from datetime import datetime
from pathlib import Path
from qingce.store import open_lake
# VmHWM, not ru_maxrss: the latter passes through exec and would tell the memory of the parent.
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
lake = open_lake(sys.argv[1])
lake.scan("observation", columns=["value"], where={"site": "none"}, end=datetime(2025, 1, 2))
before = peak()
table = eval(sys.argv[2])
print(peak() - before, table.num_rows)
"""


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> str:
    """800,000 rows in twelve months, about 60 MB as Arrow."""
    folder = str(tmp_path_factory.mktemp("year"))
    run(FILL + "print()", folder)
    return folder


def test_a_scan_with_columns_and_filters_takes_little_memory(year: str) -> None:
    whole = run(MEASURE, year, 'lake.scan("observation")').split()
    site = run(MEASURE, year, 'lake.scan("observation", columns=["time", "value"], where={"site": "site0007"})').split()
    month = 'lake.scan("observation", columns=["site", "time"], start=datetime(2025, 7, 1), end=datetime(2025, 7, 3))'
    days = run(MEASURE, year, month).split()
    assert [int(found[1]) for found in (whole, site, days)] == [806_400, 8064, 4800]
    assert int(whole[0]) > 150
    assert int(site[0]) < int(whole[0]) / 3
    assert int(days[0]) < int(whole[0]) / 6


HOURS = """
import sys
from datetime import date
from qingce.store import open_cube, open_lake
lake = open_lake(sys.argv[1])
block = lake.hours(["pm2_5", "o3"], start=date(2026, 5, 1), end=date(2026, 6, 1))
assert block.planes[0].shape == (31 * 24, 2)
open_cube(lake, sys.argv[1] + "-cube").year(2026)
"""


def test_hours_of_packed_months_come_without_an_engine(tmp_path: Path) -> None:
    lake = SegmentLake(tmp_path / "lake")
    appended(lake, full(0, 31, names=AIR))
    appended(lake, full(31, 1, names=AIR))
    lake.compact("observation")
    lake.close()
    assert json.loads(run(HOURS + AFTER, str(tmp_path / "lake"))) == ["pyarrow.parquet"]
