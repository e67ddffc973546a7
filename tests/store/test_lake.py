"""The lake keeps what it acknowledged, and remembers what was known when."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qingce.core.errors import StoreError
from qingce.core.ports import Lake
from qingce.core.tables import EXCEPTION, FINDING, OBSERVATION, OFFICIAL, VALUE, empty
from qingce.store import open_lake
from qingce.store.digest import GENESIS
from qingce.store.kinds import KINDS
from qingce.store.lake import SegmentLake

Make = Callable[..., pa.Table]
T0 = datetime(2026, 5, 1)
HOUR = timedelta(hours=1)


def values(table: pa.Table) -> list[object]:
    return [None if value is None else int(value) for value in table["value"].to_pylist()]


def test_a_lake_is_what_the_port_promises(tmp_path: Path) -> None:
    lake: Lake = open_lake(tmp_path / "lake")
    assert lake.scan("observation").num_rows == 0
    assert lake.files("observation") == []
    lake.close()


def test_rows_come_back_exactly_with_the_schemas_types_and_sorted_by_key(lake: SegmentLake, obs: Make) -> None:
    given = obs(
        [
            {"site": "s2", "value": "0.000001", "flag": "H", "line": 7, "reason": "校准"},
            {"site": "s1", "time": T0 + HOUR, "absent": "invalid"},
            {"site": "s1", "value": "-999999999999.999999", "detection_limit": "0.05", "source": "字", "batch": ""},
        ]
    )
    receipt = lake.append("observation", given, source="file.csv")
    found = lake.scan("observation")
    assert found.schema == OBSERVATION
    stamped = [row | {"known_at": receipt.known_at} for row in given.to_pylist()]
    assert found.to_pylist() == sorted(stamped, key=lambda row: (row["site"], row["time"]))
    assert receipt.rows == 3
    assert (lake.folder / receipt.segment).is_file()


@pytest.mark.parametrize(
    ("kind", "schema", "row"),
    [
        ("finding", FINDING, {"id": "F:s1:aqi:2026-05-01:measured", "value": Decimal(101), "n": 24}),
        ("value", VALUE, {"id": "V:pm2_5_annual:140100:2026:measured", "exact": "6341/151", "start": date(2026, 1, 1)}),
        (
            "official",
            OFFICIAL,
            {"indicator": "pm2_5_annual", "scope": "140100", "period": "2025", "series": "measured", "issuer": "总站"}
            | {"number": "环办监测函〔2026〕1号", "version": 1, "value": Decimal("35.87")},
        ),
        ("exception", EXCEPTION, {"id": "sand-2026-02-21", "start": date(2026, 2, 21), "end": date(2026, 2, 22)}),
    ],
)
def test_every_kind_keeps_its_schema_and_key(
    lake: SegmentLake, kind: str, schema: pa.Schema, row: dict[str, object]
) -> None:
    one = pa.Table.from_pylist([row], schema=schema)
    lake.append(kind, one, source="a")
    receipt = lake.append(kind, one, source="b")
    assert lake.scan(kind).schema == schema
    assert lake.scan(kind).num_rows == 1
    assert lake.history(kind, {KINDS[kind].key[0]: row[KINDS[kind].key[0]]}).num_rows == 2
    assert lake.scan(kind, columns=["known_at"]).to_pylist() == [{"known_at": receipt.known_at}]
    lake.compact(kind)
    assert lake.scan(kind).num_rows == 1
    assert lake.verify() == []


def test_every_issuer_document_and_version_of_an_official_value_stands(lake: SegmentLake) -> None:
    row = {"indicator": "pm2_5_annual", "scope": "140100", "period": "2025", "series": "measured"}
    given = [("总站", "甲", 1, 36), ("省厅", "乙", 1, 35), ("总站", "甲", 2, 37), ("总站", "甲", 2, 38)]
    for issuer, number, version, value in given:
        one = row | {"issuer": issuer, "number": number, "version": version, "value": Decimal(value)}
        lake.append("official", pa.Table.from_pylist([one], schema=OFFICIAL), source=issuer)
    found = {(r["issuer"], r["number"], r["version"], int(r["value"])) for r in lake.scan("official").to_pylist()}
    assert found == {("总站", "甲", 1, 36), ("省厅", "乙", 1, 35), ("总站", "甲", 2, 38)}


def test_a_day_is_reviewed_and_what_was_known_then_stays(lake: SegmentLake, obs: Make) -> None:
    before = lake.append("observation", obs([{"value": 101}]), source="live")
    after = lake.append("observation", obs([{"value": 96, "reason": "复核"}]), source="review")
    assert values(lake.scan("observation")) == [96]
    assert values(lake.scan("observation", known_at=before.known_at)) == [101]
    assert values(lake.scan("observation", known_at=after.known_at - timedelta(microseconds=1))) == [101]
    assert values(lake.scan("observation", known_at=after.known_at)) == [96]
    assert lake.scan("observation", known_at=before.known_at - timedelta(microseconds=1)).num_rows == 0
    history = lake.history("observation", {"site": "s1"})
    assert list(zip(values(history), history["reason"].to_pylist(), strict=True)) == [(101, None), (96, "复核")]


def test_a_known_time_with_an_offset_is_the_same_instant(lake: SegmentLake, obs: Make) -> None:
    known = lake.append("observation", obs([{"value": 1}]), source="x").known_at
    beijing = known.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=8)))
    assert values(lake.scan("observation", known_at=beijing)) == [1]
    assert lake.scan("observation", known_at=beijing - timedelta(microseconds=1)).num_rows == 0


def test_known_times_grow_strictly_though_the_clock_stands_or_jumps_back(tmp_path: Path, obs: Make) -> None:
    ticks = [T0, T0, T0 + HOUR, T0 - 24 * HOUR, T0 + HOUR, T0 + 2 * HOUR]
    lake = SegmentLake(tmp_path, now=iter(ticks).__next__)
    known = [lake.append("observation", obs([{"value": n}]), source="x").known_at for n in range(len(ticks))]
    micro = timedelta(microseconds=1)
    assert known == [T0, T0 + micro, T0 + HOUR, T0 + HOUR + micro, T0 + HOUR + 2 * micro, T0 + 2 * HOUR]
    assert [values(lake.scan("observation", known_at=each)) for each in known] == [[n] for n in range(len(ticks))]
    assert lake.known_until("observation") == known[-1]
    assert lake.known_until("finding") is None
    lake.close()


def test_each_kind_has_a_clock_and_a_chain_of_its_own(lake: SegmentLake, obs: Make) -> None:
    lake.append("observation", obs([{"value": 1}]), source="x")
    assert lake.version("finding") == GENESIS
    assert set(lake.heads()) == set(KINDS)
    assert lake.heads()["observation"] == lake.version("observation") != GENESIS


def test_a_given_known_time_is_kept_and_the_next_stamp_is_later(lake: SegmentLake, obs: Make) -> None:
    future = datetime(2030, 1, 1)
    assert lake.append("observation", obs([{"value": 1, "known_at": future}]), source="x").known_at == future
    assert lake.append("observation", obs([{"value": 2}]), source="x").known_at == future + timedelta(microseconds=1)
    past = datetime(2020, 1, 1)
    lake.append("observation", obs([{"value": 3, "known_at": past}]), source="old")
    assert values(lake.scan("observation")) == [2]
    assert values(lake.scan("observation", known_at=past)) == [3]
    assert lake.append("observation", obs([{"value": 4}]), source="x").known_at == future + timedelta(microseconds=2)
    assert lake.verify() == []


def test_of_equal_known_times_the_later_append_wins_and_in_a_batch_the_later_row(lake: SegmentLake, obs: Make) -> None:
    same = {"known_at": datetime(2026, 7, 5)}
    lake.append("observation", obs([{"value": 1} | same, {"value": 2} | same]), source="x")
    assert values(lake.scan("observation")) == [2]
    lake.append("observation", obs([{"value": 3} | same]), source="x")
    assert values(lake.scan("observation")) == [3]
    lake.compact("observation")
    assert values(lake.scan("observation")) == [3]


def test_a_filter_never_brings_back_a_corrected_row(lake: SegmentLake, obs: Make) -> None:
    lake.append("observation", obs([{"value": 1, "review": "realtime"}]), source="x")
    lake.append("observation", obs([{"value": 2, "review": "national"}]), source="x")
    assert lake.scan("observation", where={"review": "realtime"}).num_rows == 0
    assert values(lake.scan("observation", where={"review": ["national", "assessed"], "site": "s1"})) == [2]
    assert lake.scan("observation", where={"value": Decimal(1)}).num_rows == 0


def test_a_value_row_moved_in_time_does_not_come_back_through_the_time_filter(lake: SegmentLake) -> None:
    for start in (date(2026, 1, 1), date(2026, 2, 1)):
        lake.append("value", pa.Table.from_pylist([{"id": "V:x", "start": start}], schema=VALUE), source="x")
    assert lake.scan("value", start=datetime(2026, 1, 1), end=datetime(2026, 1, 31)).num_rows == 0
    assert lake.scan("value", start=datetime(2026, 2, 1), end=datetime(2026, 2, 2)).num_rows == 1


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (T0, T0 + HOUR, [0]),
        (T0 + timedelta(seconds=1), T0 + HOUR, []),
        (T0, T0, []),
        (T0, T0 + HOUR + timedelta(seconds=1), [0, 1]),
        (T0 + 2 * HOUR, None, [2]),
        (None, T0 + HOUR, [0]),
        (T0.replace(tzinfo=timezone(timedelta(hours=8))), (T0 - 7 * HOUR).replace(tzinfo=UTC), [0]),
    ],
)
def test_start_counts_and_end_does_not(
    lake: SegmentLake, obs: Make, start: datetime | None, end: datetime | None, expected: list[int]
) -> None:
    for n in range(3):
        lake.append("observation", obs([{"value": n, "time": T0 + n * HOUR}]), source="x")
    assert values(lake.scan("observation", start=start, end=end)) == expected


def test_columns_come_in_the_order_asked_and_where_takes_lists_and_none(lake: SegmentLake, obs: Make) -> None:
    rows = [
        {"site": site, "value": n, "flag": flag} for n, (site, flag) in enumerate([("a", "H"), ("b", None), ("c", "D")])
    ]
    lake.append("observation", obs(rows), source="x")
    assert lake.scan("observation", columns=["value", "site"]).column_names == ["value", "site"]
    assert values(lake.scan("observation", where={"site": ["a", "c"]})) == [0, 2]
    assert values(lake.scan("observation", where={"site": []})) == []
    assert values(lake.scan("observation", where={"flag": None})) == [1]
    assert values(lake.scan("observation", where={"flag": ["H", None]})) == [0, 1]
    assert values(lake.scan("observation", where={"site": "x' OR 1=1 --"})) == []


def test_the_version_changes_with_every_append_and_with_nothing_else(lake: SegmentLake, obs: Make) -> None:
    versions = [lake.version("observation")]
    for source in ("a", "a", "b"):
        receipt = lake.append("observation", obs([{"value": 1}]), source=source)
        assert receipt.head == lake.version("observation")
        versions.append(receipt.head)
    assert len(set(versions)) == 4
    lake.scan("observation")
    assert lake.compact("observation") == 3
    assert lake.version("observation") == versions[-1]


def test_an_append_of_no_rows_is_a_link_without_a_file(lake: SegmentLake) -> None:
    receipt = lake.append("observation", empty(OBSERVATION), source="nothing usable in it")
    assert (receipt.segment, receipt.rows, receipt.head) == ("", 0, lake.version("observation"))
    assert lake.files("observation") == []
    assert receipt.head != GENESIS
    assert lake.verify() == []


def test_segments_are_plain_parquet_under_any_folder_name(tmp_path: Path, obs: Make) -> None:
    lake = open_lake(tmp_path / "云泽 [1]*'?")
    lake.append("observation", obs([{"value": 5}]), source="x")
    (file,) = lake.files("observation")
    assert pq.ParquetFile(file).read(columns=["value"])["value"].to_pylist() == [Decimal(5)]
    assert values(lake.scan("observation")) == [5]
    lake.close()


def test_a_reopened_lake_goes_on_where_it_was(tmp_path: Path, obs: Make) -> None:
    first = open_lake(tmp_path)
    receipt = first.append("observation", obs([{"value": 5}]), source="x")
    first.close()
    second = open_lake(tmp_path)
    assert second.version("observation") == receipt.head
    assert second.append("observation", obs([{"value": 6}]), source="x").known_at > receipt.known_at
    assert second.verify() == []
    second.close()


def test_two_lakes_on_one_folder_see_each_other_at_once(tmp_path: Path, obs: Make) -> None:
    one, other = open_lake(tmp_path), open_lake(tmp_path)
    for n in range(4):
        (one, other)[n % 2].append("observation", obs([{"value": n}]), source="x")
        assert values(one.scan("observation")) == values(other.scan("observation")) == [n]
    assert one.verify() == []
    one.close()
    other.close()


def test_threads_may_append_and_read_at_once(lake: SegmentLake, obs: Make) -> None:
    def work(name: str) -> None:
        for n in range(8):
            lake.append("observation", obs([{"site": name, "value": n, "time": T0 + n * HOUR}]), source=name)
            assert values(lake.scan("observation", where={"site": name})) == list(range(n + 1))

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lake.scan("observation").num_rows == 32
    assert lake.verify() == []


FORK = """
import os, sys
from datetime import datetime
import pyarrow as pa
from qingce.store import open_lake

def row(hour, value):
    named = {"site": ["s1"], "parameter": ["o3"], "span": ["PT1H"], "review": ["realtime"]}
    return pa.table(named | {"time": pa.array([datetime(2026, 5, 1, hour)], pa.timestamp("s")), "flag": [value]})

def seen():
    return lake.scan("observation")["flag"].to_pylist()

lake = open_lake(sys.argv[1])
lake.append("observation", row(0, "1"), source="parent")
assert seen() == ["1"]
child = os.fork()
if child == 0:
    lake.append("observation", row(1, "2"), source="child")
    os._exit(0 if seen() == ["1", "2"] else 1)
assert os.waitpid(child, 0)[1] == 0
lake.append("observation", row(2, "3"), source="parent")
assert seen() == ["1", "2", "3"]
assert lake.verify() == []
"""


def test_a_forked_child_opens_its_own_connections(tmp_path: Path) -> None:
    """In a process of its own: the threads of a test run may hold locks that a fork would never see given back."""
    done = subprocess.run([sys.executable, "-c", FORK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda lake, obs: lake.scan("observations"), r"QC500.*'observations'.*Choose one of: observation, finding"),
        (lambda lake, obs: lake.append("site", obs([{}]), source="x"), r"QC500.*'site'"),
        (lambda lake, obs: lake.version("x"), r"QC500.*'x'"),
        (
            lambda lake, obs: lake.scan("observation", columns=["valeu"]),
            r"QC508.*no column 'valeu'.*Choose one of: site",
        ),
        (lambda lake, obs: lake.scan("observation", where={"_seq": 1}), r"QC508.*no column '_seq'"),
        (lambda lake, obs: lake.history("observation", {"city": 1}), r"QC508.*no column 'city'"),
        (lambda lake, obs: lake.scan("finding", start=T0), r"QC509.*'finding' has no time column.*use where"),
        (
            lambda lake, obs: lake.append("observation", obs([{"site": None}, {}]), source="x"),
            r"QC506.*'site' is null in 1 rows.*site, parameter, span, time",
        ),
        (
            lambda lake, obs: lake.append("observation", pa.table({"site": ["s"], "pm25": [1]}), source="x"),
            r"QC505.*no such column: pm25",
        ),
        (
            lambda lake, obs: lake.append("observation", pa.table({"site": ["s"], "time": ["tomorrow"]}), source="x"),
            r"QC505.*'observation'.*tomorrow",
        ),
        (
            lambda lake, obs: (
                lake.append("observation", obs([{}]), source="x"),
                lake.scan("observation", where={"time": "soon"}),
            ),
            r"QC514.*soon.*Check the types of the filter",
        ),
    ],
)
def test_a_wrong_request_is_answered_with_a_number_and_a_cure(
    lake: SegmentLake, obs: Make, act: Callable[[SegmentLake, Make], object], message: str
) -> None:
    with pytest.raises(StoreError, match=message):
        act(lake, obs)
