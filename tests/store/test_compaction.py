"""Compaction changes where rows stand and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qingce.core.errors import StoreError
from qingce.core.tables import FINDING
from qingce.store import compaction
from qingce.store.compaction import Compactor, Merge, plan_days, plan_months
from qingce.store.kinds import KINDS
from qingce.store.lake import SegmentLake
from qingce.store.manifest import Segment
from qingce.store.times import micros

Make = Callable[..., pa.Table]
OBSERVATION = KINDS["observation"]
HOUR = timedelta(hours=1)


def segment(first: str, last: str = "", *, count: int = 10, kind: str = "observation") -> Segment:
    start, end = (micros(datetime.fromisoformat(day)) for day in (first, last or first))
    times = (start, end) if kind == "observation" else (None, None)
    return Segment(f"{first}-{last}-{count}", kind, 0, count, 1, *times, start, end, 1, 1)


def planned(merges: list[Merge]) -> list[tuple[str, int]]:
    return [(merge.period, len(merge.segments)) for merge in merges]


def test_days_of_the_growing_month_become_days_and_finished_months_become_months() -> None:
    may = [segment(f"2026-05-{day:02d}", count=count) for day in (1, 2, 3) for count in (10, 11)]
    june = [segment(f"2026-06-{day:02d}", count=count) for day in (1, 2) for count in (10, 11)]
    assert planned(plan_days(OBSERVATION, [*may, *june])) == [("2026-06-01", 2), ("2026-06-02", 2)]
    assert planned(plan_months(OBSERVATION, [*may, *june])) == [("2026-05", 6)]


def test_a_single_segment_is_left_and_so_is_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "_LARGE", 11)
    pair = [segment("2026-05-01", count=10), segment("2026-05-01", count=11)]
    assert plan_days(OBSERVATION, pair) == plan_months(OBSERVATION, pair) == []


def test_a_late_row_waits_until_it_is_worth_rewriting_its_month() -> None:
    now = segment("2026-06-01")
    assert (
        plan_months(OBSERVATION, [now, segment("2026-05-01", "2026-05-31", count=100), segment("2026-05-02", count=24)])
        == []
    )
    worth = [segment("2026-05-01", "2026-05-31", count=100), segment("2026-05-02", count=25)]
    assert planned(plan_months(OBSERVATION, [now, *worth])) == [("2026-05", 2)]
    late = [segment("2026-05-02", count=1) for _ in range(7)]
    assert planned(plan_months(OBSERVATION, [now, worth[0], *late])) == [("2026-05", 8)]


def test_segments_across_months_wait_until_they_are_many() -> None:
    wide = [segment("2026-01-15", "2026-02-15", count=n) for n in range(10, 17)]
    assert plan_months(OBSERVATION, wide) == []
    assert planned(plan_months(OBSERVATION, [*wide, segment("2025-12-31", "2026-01-01")])) == [("", 8)]


def test_a_kind_without_time_in_its_key_is_merged_by_known_time() -> None:
    found = [segment("2026-05-01", kind="finding", count=n) for n in (1, 2)]
    assert planned(plan_days(KINDS["finding"], found)) == [("2026-05-01", 2)]


def grown(lake: SegmentLake, obs: Make) -> SegmentLake:
    """Hours of three months at two sites, corrections, and eight files that cross months."""
    for n in range(40):
        hour = datetime(2026, 4, 28) + 40 * n * HOUR
        lake.append("observation", obs([{"site": s, "time": hour, "value": n} for s in ("b", "a")]), source=f"{n}")
    for n in range(8):
        rows = [{"site": "a", "time": datetime(2026, 4, 28) + 40 * k * HOUR, "value": 100 * n + k} for k in (n, n + 25)]
        lake.append("observation", obs(rows), source=f"correction {n}")
    return lake


def test_the_answer_at_every_instant_and_the_chain_stay(lake: SegmentLake, obs: Make) -> None:
    grown(lake, obs)
    instants = sorted(set(lake.history("observation", {})["known_at"].to_pylist()))
    assert len(instants) == 48
    before = [lake.scan("observation", known_at=instant) for instant in instants]
    history, version, files = lake.history("observation", {}), lake.version("observation"), lake.files("observation")
    assert lake.compact("observation") == 47  # the only one of July stays
    assert len(lake.files("observation")) == 7  # April to June: once what lay within, once what crossed months
    assert len(set(files) & set(lake.files("observation"))) == 1
    assert [lake.scan("observation", known_at=instant) for instant in instants] == before
    assert lake.history("observation", {}) == history
    assert lake.version("observation") == version
    assert lake.verify() == []


def test_a_merged_segment_is_sorted_by_site_parameter_time(lake: SegmentLake, obs: Make) -> None:
    grown(lake, obs).compact("observation")
    merged = [path for path in lake.files("observation") if path.parent.name.startswith("2026-")]
    assert len(merged) == 6
    for path in merged:
        with pq.ParquetFile(path) as file:
            table = file.read()
        assert table.schema.names == OBSERVATION.physical.names
        rows = [
            tuple(row[name] for name in ("site", "parameter", "span", "time", "known_at")) for row in table.to_pylist()
        ]
        assert rows == sorted(rows)


def test_compaction_reaches_rest(lake: SegmentLake, obs: Make) -> None:
    grown(lake, obs)
    rounds = [lake.compact("observation") for _ in range(4)]
    assert rounds[0] > 0
    assert rounds[-1] == 0
    assert lake.verify() == []


def test_findings_compact_too(lake: SegmentLake) -> None:
    for n in range(3):
        row = {"id": f"F:{n % 2}", "value": Decimal(n)}
        lake.append("finding", pa.Table.from_pylist([row], schema=FINDING), source="x")
    assert lake.compact("finding") == 3
    assert [int(value) for value in lake.scan("finding")["value"].to_pylist()] == [2, 1]
    assert lake.verify() == []


def test_of_two_compactors_one_gives_way(lake: SegmentLake, obs: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        lake.append("observation", obs([{"value": n}]), source="x")
    other = SegmentLake(lake.folder)
    inner: list[int] = []
    exchange = Compactor._exchange

    def second_first(self: Compactor, merge: Merge, made: list[Segment]) -> int:
        if not inner:
            inner.append(0)
            inner[0] = other.compact("observation")
        return exchange(self, merge, made)

    monkeypatch.setattr(Compactor, "_exchange", second_first)
    assert lake.compact("observation") == 0
    assert inner == [4]
    assert len(lake.files("observation")) == 1
    assert (
        len(list((lake.folder / "segments").rglob("*.parquet"))) == 5
    )  # four retired, one in force: the loser left none
    assert lake.verify() == []
    other.close()


def test_retired_files_stay_for_the_grace_and_then_go(tmp_path: Path, obs: Make) -> None:
    now = [datetime(2026, 7, 1)]
    lake = SegmentLake(tmp_path, grace=timedelta(hours=1), now=lambda: now[0])
    receipts = [lake.append("observation", obs([{"value": n}]), source="x") for n in range(3)]
    old = [tmp_path / receipt.segment for receipt in receipts]
    assert lake.compact("observation") == 3
    now[0] += HOUR
    lake.compact("observation")
    assert all(path.is_file() for path in old)
    now[0] += timedelta(microseconds=1)
    lake.compact("observation")
    assert not any(path.exists() for path in old)
    assert lake.verify() == []
    lake.close()


def test_what_a_killed_writer_left_is_swept_after_the_grace_and_never_before(lake: SegmentLake, obs: Make) -> None:
    (tmp := lake.folder / "segments/observation/000000").mkdir(parents=True)
    young, temporary, orphan = tmp / "1-a.parquet.tmp", tmp / "2-b.parquet.tmp", tmp / "3-c.parquet"
    stranger = tmp / "notes.txt"
    receipt = lake.append("observation", obs([{"value": 1}]), source="x")
    for path in (young, temporary, orphan, stranger):
        path.write_bytes(b"torn")
    long_ago = time.time() - 7 * 3600
    for path in (temporary, orphan, stranger, lake.folder / receipt.segment):
        os.utime(path, (long_ago, long_ago))
    lake.compact("observation")
    assert sorted(path.name for path in tmp.iterdir()) == sorted(
        [young.name, stranger.name, Path(receipt.segment).name]
    )
    assert lake.scan("observation").num_rows == 1


def test_a_reader_whose_file_was_swept_asks_again(
    lake: SegmentLake, obs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        lake.append("observation", obs([{"value": n, "time": datetime(2026, 5, 1) + n * HOUR}]), source="x")
    expected = lake.scan("observation")
    stale = lake._manifest.live("observation")
    lake.compact("observation")
    for each in stale:
        (lake.folder / each.name).unlink()
    answers = [stale, lake._manifest.live("observation"), lake._manifest.live("observation")]
    monkeypatch.setattr(lake._manifest, "live", lambda kind: answers.pop(0))
    assert lake.scan("observation") == expected
    assert answers == []


def test_a_merge_that_would_lose_a_row_is_refused(lake: SegmentLake, obs: Make) -> None:
    for n in range(3):
        lake.append("observation", obs([{"value": n}, {"value": n, "site": "s2"}]), source="x")
    path = lake.files("observation")[1]
    with pq.ParquetFile(path) as file:
        table = file.read()
    pq.write_table(table.slice(1), path)
    with pytest.raises(StoreError, match=r"QC504.*6 rows listed, 5 rows found.*Restore this file from a backup"):
        lake.compact("observation")
    assert len(lake.files("observation")) == 3
    assert not list((lake.folder / "segments").rglob("*-*/*.parquet"))
