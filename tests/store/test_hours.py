"""A block of hours says what a scan says, cell by cell, whatever the history and however it is packed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.oracle.hours import agree
from tests.store.hourly import AIR, HOUR, ROW, T0, appended, full, observed

from qingce.core.errors import StoreError
from qingce.store.lake import SegmentLake


def test_an_empty_lake_has_a_block_of_no_sites(lake: SegmentLake) -> None:
    block = lake.hours(["o3", "co"], start=date(2026, 5, 1), end=date(2026, 5, 3))
    assert (block.sites, block.days, block.scales) == ((), 2, (1, 1))
    assert [plane.shape for plane in block.planes] == [(48, 0)] * 2
    agree(block, lake)


def test_values_of_the_tail_and_of_a_grid_stand_in_one_block(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    lake.append("observation", observed(full(32, 1, sites=("s1", "s2"))), source="tail")
    assert sorted(bool(segment.form) for segment in lake._manifest.live("observation")) == [False, True, True]
    for start, end in ((0, 33), (30, 33), (32, 33), (33, 40), (5, 5)):
        first = date(2026, 5, 1)
        agree(lake.hours(AIR[:3], start=first + timedelta(days=start), end=first + timedelta(days=end)), lake)


def test_a_site_that_joins_later_is_missing_before(lake: SegmentLake) -> None:
    appended(lake, full(0, 31, sites=("s1",)))
    appended(lake, full(31, 30, sites=("s0", "s1", "s9"), names=(AIR[0], AIR[5])))
    appended(lake, full(61, 1))
    lake.compact("observation")
    block = lake.hours(AIR, start=date(2026, 4, 30), end=date(2026, 7, 2))
    assert block.sites == ("s0", "s1", "s9")
    agree(block, lake)


@pytest.mark.parametrize(
    "values",
    [
        ["0.1"],
        ["0.1", "0.25"],
        ["32767"],
        ["32768"],
        ["3276.7", "0.01"],
        ["0.000001", "999999999"],
        ["-5"],
        ["10", "20"],
    ],
)
def test_scale_and_width_are_the_least_that_tell_every_value(lake: SegmentLake, values: list[str]) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    rows = [{"site": "s1", "parameter": AIR[2], "time": T0 + n * HOUR, "value": v} for n, v in enumerate(values)]
    lake.append("observation", observed(rows), source="late")
    for end in (2, 31, 40):
        agree(lake.hours(AIR[:3], start=date(2026, 5, 1), end=date(2026, 5, 1) + timedelta(days=end)), lake)


@pytest.mark.parametrize("most", [32766, 32767, 32768, 2**31 - 1, 2**31], ids=str)
def test_the_greatest_value_of_a_width_stands_in_a_grid_beside_a_gap(lake: SegmentLake, most: int) -> None:
    rows = full(0, 31)
    rows[7]["value"] = most
    appended(lake, [row for place, row in enumerate(rows) if place not in range(60, 66)])
    appended(lake, full(31, 1))
    lake.compact("observation")
    block = lake.hours(AIR[:3], start=date(2026, 5, 1), end=date(2026, 6, 1))
    assert max(int(plane.max()) for plane in block.planes) == most
    agree(block, lake)


def test_grids_of_different_scales_meet_in_one_plane(lake: SegmentLake) -> None:
    june = full(31, 30)
    for row in june:
        row["value"] = Decimal(str(row["value"])) / 4
    for rows in (full(0, 31), june, full(61, 1)):
        appended(lake, rows)
    lake.compact("observation")
    forms = {segment.form for segment in lake._manifest.live("observation")}
    assert forms == {"so2:0:2 no2:0:2 co:0:2", "so2:2:2 no2:2:2 co:2:2"}
    agree(lake.hours(AIR[:3], start=date(2026, 5, 1), end=date(2026, 7, 2)), lake)


@pytest.mark.parametrize("known", [datetime(2020, 1, 1), None], ids=["before", "after"])
def test_a_correction_wins_only_if_it_is_known_later(lake: SegmentLake, known: datetime | None) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    row = {"site": "s0", "parameter": AIR[0], "time": T0 + 30 * HOUR, "value": 777, "known_at": known}
    lake.append("observation", observed([row]), source="late")
    block = lake.hours(AIR[:1], start=date(2026, 5, 1), end=date(2026, 5, 4))
    assert (int(block.planes[0][30, 0]) == 777) is (known is None)
    agree(block, lake)


def test_what_was_known_then_is_a_block_too(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    between = lake.known_until("observation")
    lake.append("observation", observed([full(0, 1)[0] | {"value": 900}]), source="late")
    lake.compact("observation")
    instants = sorted(set(lake.history("observation", {})["known_at"].to_pylist()))
    for known in (*instants, between, datetime(2020, 1, 1)):
        agree(lake.hours(AIR, start=date(2026, 5, 1), end=date(2026, 6, 2), known_at=known), lake, known_at=known)


def test_the_review_of_a_day_is_the_lowest_in_force(lake: SegmentLake) -> None:
    rows = full(0, 31, names=AIR[:2])
    for row in rows:
        row["review"] = "realtime" if row["time"] == T0 + 5 * HOUR else "national"
    appended(lake, rows)
    appended(lake, full(31, 1))
    lake.compact("observation")
    first, days = date(2026, 5, 1), {"start": date(2026, 5, 1), "end": date(2026, 6, 1)}
    assert lake.hours(AIR[:2], **days).review[0].tolist() == [0, 0]
    better = [
        {"site": "s0", "parameter": name, "time": T0 + 5 * HOUR, "value": 3, "review": "assessed"} for name in AIR[:2]
    ]
    lake.append("observation", observed(better[:1]), source="half of the hour")
    assert lake.hours(AIR[:2], **days).review[0].tolist() == [0, 0]
    lake.append("observation", observed(better[1:]), source="the other half")
    assert lake.hours(AIR[:2], **days).review[0].tolist() == [3, 0]
    lake.append(
        "observation", observed([better[0] | {"value": None, "absent": "invalid", "review": "realtime"}]), source="y"
    )
    agree(lake.hours(AIR[:2], **days), lake)
    agree(lake.hours(AIR[1:2], start=first, end=date(2026, 5, 2)), lake)


@given(st.lists(st.lists(ROW, max_size=8) | st.just("compact") | st.integers(0, 2), min_size=1, max_size=6), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_gives_the_block_of_its_scan(
    tmp_path_factory: pytest.TempPathFactory, steps: list[object], data: st.DataObject
) -> None:
    lake = SegmentLake(tmp_path_factory.mktemp("lake"))
    for step in steps:
        if step == "compact":
            lake.compact("observation")
        elif isinstance(step, int):
            appended(lake, full(step, 1, names=AIR[:2]))
        elif step:
            lake.append("observation", observed(step), source="x")  # type: ignore[arg-type]
    instants = sorted(set(lake.history("observation", {})["known_at"].to_pylist()))
    known = data.draw(st.sampled_from([None, *instants]))
    start = date(2026, 5, 1) + timedelta(days=data.draw(st.integers(-1, 2)))
    names = data.draw(st.sampled_from([AIR[:2], AIR[1:2], AIR]))
    agree(
        lake.hours(names, start=start, end=start + timedelta(days=data.draw(st.integers(0, 4))), known_at=known),
        lake,
        known_at=known,
    )
    lake.close()


@pytest.mark.parametrize(
    ("names", "days", "words"),
    [
        (["benzene", "o3"], (1, 2), r"QC515.*no: benzene.*so2, no2, co, o3, pm10, pm2_5"),
        (["o3"], (2, 1), r"QC515.*2026-05-02\.\.2026-05-01"),
    ],
)
def test_what_no_block_holds_is_refused(lake: SegmentLake, names: list[str], days: tuple[int, int], words: str) -> None:
    with pytest.raises(StoreError, match=words):
        lake.hours(names, start=date(2026, 5, days[0]), end=date(2026, 5, days[1]))


def test_a_damaged_and_a_missing_grid_are_named(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    path = next(path for path in lake.files("observation") if path.parent.name == "2026-05")
    whole = path.read_bytes()
    for torn in (whole[:-8], whole[: len(whole) // 2], b""):
        path.write_bytes(torn)
        with pytest.raises(StoreError, match=rf"QC504.*{path}"):
            lake.hours(AIR, start=date(2026, 5, 1), end=date(2026, 6, 1))
    path.unlink()
    with pytest.raises(StoreError, match=rf"QC510.*{path}"):
        lake.hours(AIR, start=date(2026, 5, 1), end=date(2026, 6, 1))


def test_a_flipped_byte_is_refused_or_changes_nothing(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    path = next(path for path in lake.files("observation") if path.parent.name == "2026-05")
    whole, days = path.read_bytes(), {"start": date(2026, 5, 1), "end": date(2026, 6, 1)}
    before = [plane.tobytes() for plane in lake.hours(AIR[:3], **days).planes]
    with pq.ParquetFile(path) as file:
        lines = file.metadata.row_group(0)
    here = next(lines.column(n) for n in range(lines.num_columns) if lines.column(n).path_in_schema == AIR[1])
    refused = 0
    for place in range(here.data_page_offset, here.data_page_offset + here.total_compressed_size, 17):
        harmed = bytearray(whole)
        harmed[place] ^= 0x40
        path.write_bytes(harmed)
        try:
            found = lake.hours(AIR[:3], **days)
        except StoreError as error:
            refused += error.code == "QC504"
        else:  # a statistic
            assert [plane.tobytes() for plane in found.planes] == before
    assert refused > 5
    path.write_bytes(whole)
    agree(lake.hours(AIR[:3], **days), lake)


def test_a_reader_whose_grid_was_swept_asks_again(lake: SegmentLake, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    stale = lake._manifest.live("observation")
    appended(lake, full(2, 20))
    lake.append("observation", observed(full(62, 1)), source="x")
    lake.compact("observation")
    now = lake._manifest.live("observation")
    gone = [segment for segment in stale if segment not in now]
    assert gone
    for segment in gone:
        Path(lake.folder / segment.name).unlink()
    answers = [stale, now, now]
    monkeypatch.setattr(lake._manifest, "live", lambda kind: answers.pop(0) if answers else now)
    agree(lake.hours(AIR[:3], start=date(2026, 5, 1), end=date(2026, 6, 3)), lake)
