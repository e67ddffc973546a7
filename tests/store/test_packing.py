"""Packed or not, every row comes back as it was appended: value, words, place in its batch and known time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingce.core.tables import OBSERVATION
from qingce.store import compaction
from qingce.store.forms import Column, Form
from qingce.store.kinds import KINDS
from qingce.store.lake import SegmentLake

Make = Callable[..., pa.Table]
T0 = datetime(2026, 5, 1)
HOUR = timedelta(hours=1)
GRID = KINDS["observation"].grid
assert GRID is not None
AIR = GRID.parameters


def full(days: int = 2, sites: int = 3, **more: object) -> list[dict[str, object]]:
    """Every hour of some days at some sites, all parameters, values that tell them apart."""
    return [
        {"site": f"s{site}", "parameter": name, "time": T0 + hour * HOUR, "value": 1 + hour + 100 * site + place} | more
        for hour in range(24 * days)
        for site in range(sites)
        for place, name in enumerate(AIR)
    ]


def forms(lake: SegmentLake) -> list[str]:
    return sorted(segment.form for segment in lake._manifest.live("observation"))


def filled(lake: SegmentLake, obs: Make, rows: list[dict[str, object]]) -> SegmentLake:
    """Two appends of a day, so that they are merged, and a row of a later month, so that the month is over."""
    half = len(rows) // 12 * 6
    for part in (rows[:half], rows[half:], [{"time": T0 + 60 * 24 * HOUR, "value": 1}]):
        lake.append("observation", obs(part), source="x")
    return lake


def told(lake: SegmentLake) -> list[object]:
    """Everything a lake answers."""
    history = lake.history("observation", {})
    instants = sorted(set(history["known_at"].to_pylist()))
    scans = [lake.scan("observation", known_at=instant) for instant in instants]
    one = lake.scan("observation", where={"parameter": "o3", "site": "s1"}, start=T0 + HOUR, end=T0 + 30 * HOUR)
    flagged = lake.scan("observation", where={"flag": ["H", None]}, columns=["value", "flag", "reason"])
    return [history, scans, lake.scan("observation"), one, flagged, lake.version("observation")]


def test_a_full_month_is_packed_into_one_file_and_reads_as_before(lake: SegmentLake, obs: Make) -> None:
    before = told(filled(lake, obs, full()))
    assert lake.compact("observation") == 2
    assert forms(lake) == ["", " ".join(f"{name}:0:2" for name in AIR)]
    assert told(lake) == before
    assert lake.verify() == []


def test_a_packed_file_is_a_grid_of_whole_days_by_time_and_site(lake: SegmentLake, obs: Make) -> None:
    rows = [row for row in full() if row["time"] != T0 + 5 * HOUR]
    filled(lake, obs, rows).compact("observation")
    (path,) = (each for each in lake.files("observation") if each.parent.name == "2026-05")
    table = pq.ParquetFile(path).read()
    assert table.num_rows == 48 * 3
    assert table["time"].to_pylist() == [T0 + hour * HOUR for hour in range(48) for _ in range(3)]
    assert table["site"].to_pylist() == ["s0", "s1", "s2"] * 48
    expected = [None if hour == 5 else 1 + hour + 100 * site for hour in range(48) for site in range(3)]
    assert table["so2"].to_pylist() == expected
    assert table["so2"].type == pa.int16()
    assert set(table["so2:row"].to_pylist()) == {0, None}
    assert set(table["pm2_5:row"].to_pylist()) == {5, None}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "0", "32767"], Column("so2", 0, 2)),
        (["1", "-32767"], Column("so2", 0, 2)),
        (["1", "32768"], Column("so2", 0, 4)),
        (["0.1", "3276.7"], Column("so2", 1, 2)),
        (["0.1", "3276.8"], Column("so2", 1, 4)),
        (["0.01", "21474836.47"], Column("so2", 2, 4)),
        (["0.01", "21474836.48"], Column("so2", 2, 8)),
        (["0.000001", "999999999999.999999"], Column("so2", 6, 8)),
        ([None, "0"], Column("so2", 0, 2)),
    ],
)
def test_the_narrowest_exact_form_is_taken(
    lake: SegmentLake, obs: Make, values: list[str | None], expected: Column
) -> None:
    rows = [row for row in full() if row["parameter"] == "so2"]
    for place, value in enumerate(values):
        rows[place] |= {"value": value, "absent": "invalid" if value is None else None}
    before = told(filled(lake, obs, rows))
    lake.compact("observation")
    assert Form.read(forms(lake)[1]) == Form((expected,))
    assert told(lake) == before
    assert lake.verify() == []


@pytest.mark.parametrize(
    "words",
    [
        {"flag": "H"},
        {"value": None, "absent": "invalid", "reason": "校准"},
        {"value": None, "absent": "not_reported"},
        {"value": None},
        {"flag": "", "reason": ""},
        {"line": None},
        {"source": None, "batch": None},
    ],
)
def test_words_beside_a_value_are_packed_with_it(lake: SegmentLake, obs: Make, words: dict[str, object]) -> None:
    rows = full()
    for row in rows:
        row.update({"line": 7, "source": "file", "batch": "b"} | (words if row["time"] == T0 + 3 * HOUR else {}))
    before = told(filled(lake, obs, rows))
    lake.compact("observation")
    assert forms(lake)[0] == ""
    assert len(forms(lake)) == 2  # nothing of the month is beside the grid
    assert told(lake) == before
    assert lake.verify() == []


@pytest.mark.parametrize(
    "words",
    [
        {"absent": "invalid"},
        {"detection_limit": 3},
        {"reason": "a\x1fb"},
        {"flag": "\x1e"},
        {"review": None},
        {"review": "unknown"},
        {"time": T0 + timedelta(minutes=30)},
        {"span": "PT4H"},
        {"parameter": "benzene"},
    ],
)
def test_what_a_grid_cannot_tell_stays_a_row(lake: SegmentLake, obs: Make, words: dict[str, object]) -> None:
    rows = full()
    rows[40] |= words
    before = told(filled(lake, obs, rows))
    assert lake.compact("observation") == 2
    assert len(forms(lake)) == 3
    beside = next(s for s in lake._manifest.live("observation") if not s.form and s.family)
    assert beside.count <= len(AIR)
    assert told(lake) == before
    assert lake.verify() == []


def test_rows_of_one_time_and_site_of_different_origin_stay_rows(lake: SegmentLake, obs: Make) -> None:
    rows = full()
    rows[8] |= {"review": "national"}
    doubled = {**rows[100], "value": 5}
    before = told(filled(lake, obs, [*rows, doubled]))
    lake.compact("observation")
    kept = [segment.count for segment in lake._manifest.live("observation") if segment.family and not segment.form]
    assert kept == [2 * len(AIR) + 1]
    assert told(lake) == before
    assert lake.verify() == []


def test_a_sparse_month_stays_rows(lake: SegmentLake, obs: Make) -> None:
    rows = [row for row in full(days=4) if (row["time"] - T0) // HOUR % 4 == 0]  # type: ignore[operator]
    filled(lake, obs, rows).compact("observation")
    assert forms(lake) == ["", ""]


def test_late_rows_join_a_packed_month_and_compaction_rests(lake: SegmentLake, obs: Make) -> None:
    filled(lake, obs, full()).compact("observation")
    for _ in range(3):
        assert lake.compact("observation") == 0
    for number in range(9):
        lake.append("observation", obs([{"site": "s1", "parameter": "o3", "value": number, "time": T0}]), source="late")
    before = told(lake)
    assert lake.compact("observation") == 11 - 1
    assert told(lake) == before
    assert lake.verify() == []
    assert lake.compact("observation") == 0


def test_what_came_in_bulk_is_packed_alone_and_month_by_month(
    lake: SegmentLake, obs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "_BULK", 100)
    rows = full(days=3)
    for row in rows:
        row["time"] += timedelta(days=29)  # type: ignore[operator]
    lake.append("observation", obs(rows), source="three days across two months")
    before = told(lake)
    assert lake.compact("observation") == 1
    spans = [(s.level, str(s.name.split("/")[2]), s.count) for s in lake._manifest.live("observation")]
    assert sorted(spans) == [(2, "2026-05", 2 * 24 * 18), (2, "2026-06", 24 * 18)]
    assert told(lake) == before
    assert lake.compact("observation") == 0


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "site": st.sampled_from(["s0", "s1"]),
                "parameter": st.sampled_from([*AIR[:2], "benzene"]),
                "time": st.integers(0, 47).map(lambda hour: T0 + hour * HOUR),
                "value": st.sampled_from([None, "1", "7.5", "-3", "0.000001", "40000"]),
                "absent": st.sampled_from([None, None, None, "invalid"]),
                "flag": st.sampled_from([None, None, "H"]),
                "review": st.sampled_from(["realtime", "realtime", "national"]),
                "line": st.sampled_from([None, 3, 4]),
            }
        ),
        max_size=12,
    ),
    st.integers(0, 40),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_reads_the_same_packed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], cut: int
) -> None:
    lake = SegmentLake(tmp_path_factory.mktemp("lake"))
    plain = [row for row in full(sites=2) if row["parameter"] in AIR[:2]]
    table = observed([*plain[cut:], *rows])
    for part in (table.slice(0, 100), table.slice(100), observed([{"time": T0 + 60 * 24 * HOUR, "value": "1"}])):
        lake.append("observation", part, source="x")
    before = told(lake)
    assert lake.compact("observation") == 2
    assert told(lake) == before
    lake.append("observation", observed([plain[50] | {"value": "9", "known_at": datetime(2020, 1, 1)}]), source="late")
    before = told(lake)
    lake.compact("observation")
    assert told(lake) == before
    assert lake.verify() == []
    lake.close()


def observed(rows: list[dict[str, object]]) -> pa.Table:
    """The rows of observation, what is not said being null or usual."""
    usual = {"site": "s1", "parameter": "pm2_5", "span": "PT1H", "review": "realtime"}
    made = [{name: (usual | row).get(name) for name in OBSERVATION.names} for row in rows]
    for row in made:
        row["value"] = None if row["value"] is None else Decimal(str(row["value"]))
    return pa.Table.from_pylist(made, schema=OBSERVATION)


def test_a_packed_grid_that_is_not_what_it_says_is_found(lake: SegmentLake, obs: Make) -> None:
    filled(lake, obs, full()).compact("observation")
    (path,) = (each for each in lake.files("observation") if each.parent.name == "2026-05")
    table = pq.ParquetFile(path).read()
    meta = dict(table.schema.metadata)
    meta[b"qingce.sites"] = b'["s0", "s2", "s1"]'
    pq.write_table(table.replace_schema_metadata(meta), path)
    assert [fault.code for fault in lake.verify()] == ["QC511"]


PACK = """
import sys, numpy as np, pyarrow as pa
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from air_year_parts.nation import *
from qingce.store import open_lake
lake = open_lake(sys.argv[1])
nation = Nation(40, 4)
for first, hours in months(2024, 1440):
    rows = rows_of(nation, month_of(nation, first, hours), datetime(first.year, first.month, 1))
    lake.append("observation", rows, source="x")
sys.modules.pop("pandas", None)
assert lake.compact("observation") == 2
print("pandas" in sys.modules, [bool(s.form) for s in lake._manifest.live("observation")])
"""


def test_packing_imports_no_pandas(tmp_path: Path) -> None:
    benchmarks = str(Path(__file__).resolve().parents[2] / "benchmarks")
    command = [sys.executable, "-c", PACK, str(tmp_path / "lake"), benchmarks]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "False [True, True]"
