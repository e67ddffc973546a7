"""Where nothing can be superseded nothing is compared: which segments may be read as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.hourly import AIR, T0, appended, full, observed

from qingce.core.tables import FINDING, FORECAST
from qingce.store.kinds import KINDS
from qingce.store.lake import SegmentLake
from qingce.store.manifest import Segment
from qingce.store.reading import Question, apart, in_force

OBSERVATION = KINDS["observation"]
DAY = 86_400_000_000


def segment(name: str, first: int, last: int, *, count: int = 1, family: str = "", alone: int = 1) -> Segment:
    return Segment(name, "observation", 1, count, 1, first, last, 0, 0, 1, 1, family=family, alone=alone)


def names(segments: list[Segment]) -> list[str]:
    return [each.name for each in segments]


@pytest.mark.parametrize(
    ("segments", "clear"),
    [
        ([segment("a", 0, 5), segment("b", 6, 9)], ["a", "b"]),
        ([segment("a", 0, 5), segment("b", 5, 9)], ["a"]),
        ([segment("a", 0, 5), segment("b", 5, 9, count=2)], ["b"]),
        ([segment("a", 0, 9, family="f"), segment("b", 3, 4, family="f")], ["a", "b"]),
        ([segment("a", 0, 9, family="f"), segment("b", 3, 4, family="g")], ["a"]),
        ([segment("a", 0, 9, family="f"), segment("b", 3, 4, family="f", alone=0)], ["a"]),
        ([segment("a", 0, 9, alone=0)], []),
        ([segment("a", 0, 9), segment("b", 3, 4), segment("c", 10, 12)], ["a", "c"]),
    ],
)
def test_segments_that_cannot_share_a_key(segments: list[Segment], clear: list[str]) -> None:
    found, rest = apart(OBSERVATION, segments)
    assert sorted(names(found)) == clear
    assert sorted(names([*found, *rest])) == sorted(names(segments))


def test_a_kind_without_time_in_its_key_is_told_apart_by_family_alone() -> None:
    pair = [segment("a", 0, 5), segment("b", 6, 9)]
    assert len(apart(KINDS["value"], pair)[0]) == 1
    family = [replace(each, family="f") for each in pair]
    assert len(apart(KINDS["value"], family)[0]) == 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.sampled_from("fg-"), st.integers(0, 1)), max_size=8))
def test_of_those_apart_no_two_lie_over_each_other(made: list[tuple[int, int, str, int]]) -> None:
    segments = [
        segment(str(n), first, first + length, count=n, family="" if family == "-" else family, alone=alone)
        for n, (first, length, family, alone) in enumerate(made)
    ]
    clear, rest = apart(OBSERVATION, segments)
    assert sorted(names([*clear, *rest])) == sorted(names(segments))
    for one in clear:
        assert one.alone
        for other in clear:
            related = one.family and one.family == other.family
            assert one is other or related or one.last_time < other.first_time or other.last_time < one.first_time


def compares(lake: SegmentLake) -> bool:
    """Whether a scan looks for the last known row among several."""
    segments = lake._manifest.live("observation")
    return "QUALIFY" in in_force(OBSERVATION, Question(), segments, folder=lake.folder).text


def test_a_compacted_lake_is_scanned_without_a_window_until_a_row_is_late(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    assert compares(lake)
    lake.compact("observation")
    before = lake.scan("observation")
    lake.compact("observation")
    assert not compares(lake)
    assert lake.scan("observation") == before
    row = {"site": "s1", "parameter": AIR[0], "time": T0, "value": 500}
    lake.append("observation", observed([row]), source="late")
    assert compares(lake)
    values = lake.scan("observation", where={"site": "s1", "parameter": AIR[0]}, end=T0 + timedelta(hours=2))["value"]
    assert values.to_pylist() == [Decimal(500), Decimal(9)]
    assert lake.scan("observation").num_rows == before.num_rows


def test_a_merge_notes_whether_a_key_stands_twice(lake: SegmentLake) -> None:
    rows = [{"time": T0 + timedelta(days=day), "value": day} for day in (0, 1, 2)]
    for part in (rows[:2], rows[2:], [{"time": T0 + timedelta(days=60), "value": 1}]):
        lake.append("observation", observed(part), source="x")
    lake.compact("observation")
    assert [segment.alone for segment in lake._manifest.live("observation")] == [1, 0]
    lake.append("observation", observed([rows[1] | {"value": 7}]), source="again")
    lake.compact("observation")
    assert sorted(segment.alone for segment in lake._manifest.live("observation")) == [0, 0]
    assert lake.scan("observation")["value"].to_pylist() == [Decimal(n) for n in (0, 7, 2, 1)]


def test_a_key_at_the_seam_of_two_pieces_is_seen(lake: SegmentLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingce.store.reading._PIECE", 2048)
    rows = [{"time": T0 + timedelta(seconds=second), "value": 1} for second in range(2048)]
    doubled = [*rows, rows[-1] | {"value": 2}]
    for part in (doubled[:1000], doubled[1000:], [{"time": T0 + timedelta(days=60), "value": 1}]):
        lake.append("observation", observed(part), source="x")
    lake.compact("observation")
    assert [segment.alone for segment in lake._manifest.live("observation")] == [0, 0]


def test_kinds_without_grids_are_merged_and_scanned_the_same_way(lake: SegmentLake, tmp_path: Path) -> None:
    for n in range(3):
        row = {"id": f"F:{n}", "value": Decimal(n)}
        lake.append("finding", pa.Table.from_pylist([row], schema=FINDING), source="x")
    lake.compact("finding")
    assert [segment.alone for segment in lake._manifest.live("finding")] == [1]
    assert lake.scan("finding")["value"].to_pylist() == [Decimal(n) for n in range(3)]
    for n in (1, 2):
        row = {"issuer": "a", "site": "b", "parameter": "aqi", "made_on": date(2026, 5, 1), "day": date(2026, 5, 1 + n)}
        lake.append("forecast", pa.Table.from_pylist([row], schema=FORECAST), source="x")
    assert lake.scan("forecast", start=datetime(2026, 5, 3)).num_rows == 1
