"""Blocks read page by page: cell for cell what Arrow reads, and whatever is not as this program writes it is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.oracle.hours import agree
from tests.store.hourly import AIR, HOUR, ROW, T0, appended, full, observed

from qingce.core.blocks import HourBlock
from qingce.core.errors import StoreError
from qingce.evaluate.kernels import unpacking
from qingce.store import open_lake
from qingce.store.lake import SegmentLake
from qingce.store.pages import Chunk, chunk_of, filled

MAY = date(2026, 5, 1)


class Watching:
    """The unpacker, at any size, and how many columns it filled."""

    FIELDS, PADDING = unpacking.FIELDS, unpacking.PADDING

    def __init__(self) -> None:
        self.filled = 0

    def __call__(self, size: int) -> Watching:
        return self

    def gathered(self, *given: object) -> int:
        return int(unpacking.gathered(*given))

    def unpacked(self, *given: object) -> bool:
        self.filled += 1
        return unpacking.unpacked(*given)  # type: ignore[arg-type]


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def quick(tmp_path: Path, watching: Watching) -> Iterator[SegmentLake]:
    opened = open_lake(tmp_path / "lake", unpacking=watching)
    yield opened
    opened.close()


def same(one: HourBlock, other: HourBlock) -> None:
    assert (one.sites, one.scales, one.start) == (other.sites, other.scales, other.start)
    for plane, like in zip([*one.planes, one.review], [*other.planes, other.review], strict=True):
        assert plane.dtype == like.dtype
        assert (plane == like).all()


def both(lake: SegmentLake, start: int, end: int, names: tuple[str, ...] = AIR) -> HourBlock:
    """The block with an unpacker, held against the one without and against a slow scan."""
    first, last = MAY + timedelta(days=start), MAY + timedelta(days=end)
    block = lake.hours(names, start=first, end=last)
    same(block, SegmentLake(lake.folder).hours(names, start=first, end=last))
    agree(block, lake)
    return block


def test_whole_grids_and_parts_of_them(quick: SegmentLake, watching: Watching) -> None:
    appended(quick, full(0, 31))
    appended(quick, full(31, 1))
    quick.compact("observation")
    both(quick, 0, 31)
    assert watching.filled == 3
    for start, end in ((0, 32), (3, 9), (-4, 2), (30, 40), (5, 5)):
        both(quick, start, end)
    both(quick, 0, 31, AIR[1:2])


def test_sites_of_several_months_and_gaps(quick: SegmentLake, watching: Watching) -> None:
    june = [row for place, row in enumerate(full(31, 30, sites=("s0", "s1", "s9"))) if place % 7]
    for rows in (full(0, 31, sites=("s1",)), june, full(61, 1)):
        appended(quick, rows)
    quick.compact("observation")
    block = both(quick, -1, 62)
    assert block.sites == ("s0", "s1", "s9")
    assert watching.filled >= 6


def test_what_has_another_scale_or_width_is_left_to_arrow(quick: SegmentLake, watching: Watching) -> None:
    rows = full(0, 31)
    for place, row in enumerate(rows):
        row["value"] = {0: "40000", 1: "0.5", 2: "7"}[place % 3]
    june = full(31, 30)
    appended(quick, rows)
    appended(quick, june)
    appended(quick, full(61, 1))
    quick.compact("observation")
    both(quick, 0, 61)
    assert watching.filled == 2  # the parameter of sevens, in both months


def test_reviews_that_differ_and_values_below_zero(quick: SegmentLake, watching: Watching) -> None:
    rows = full(0, 31)
    for place, row in enumerate(rows):
        row["review"] = "realtime" if row["time"].hour == 5 else "national"  # type: ignore[attr-defined]
        row["value"] = -4 if place % 13 == 0 else row["value"]
    appended(quick, rows)
    appended(quick, full(31, 1))
    quick.compact("observation")
    assert (both(quick, 0, 31).review == 0).all()
    assert watching.filled == 3


def test_rows_beside_a_grid_are_laid_over(quick: SegmentLake, watching: Watching) -> None:
    appended(quick, full(0, 31))
    appended(quick, full(31, 1))
    quick.compact("observation")
    late = [{"site": "s0", "parameter": AIR[0], "time": T0 + hour * HOUR, "value": 777} for hour in range(30, 33)]
    quick.append("observation", observed([*late, late[0] | {"site": "s5"}]), source="late")
    block = both(quick, 0, 31)
    assert int((block.planes[0] == 777).sum()) == 4
    assert watching.filled == 3


@given(st.lists(st.lists(ROW, max_size=8) | st.just("compact"), min_size=1, max_size=5), st.integers(-1, 4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_is_the_same_either_way(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[dict[str, object]] | str], end: int
) -> None:
    lake = open_lake(tmp_path_factory.mktemp("lake"), unpacking=Watching())
    for step in steps:
        if isinstance(step, str):
            lake.compact("observation")
        else:
            lake.append("observation", observed(step), source="x")
    both(lake, -1, end, AIR[:2])
    lake.close()


def packed_file(lake: SegmentLake) -> Path:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    return next(path for path in lake.files("observation") if path.parent.name == "2026-05")


def test_a_damaged_page_is_named_as_before(quick: SegmentLake, watching: Watching) -> None:
    path = packed_file(quick)
    meta = pq.ParquetFile(path).metadata
    names = [meta.schema.column(place).path for place in range(meta.num_columns)]
    chunk = meta.row_group(0).column(names.index(AIR[1]))
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(data)
    with pytest.raises(StoreError, match=rf"QC504.*{path}"):
        quick.hours(AIR, start=MAY, end=date(2026, 6, 1))
    assert watching.filled == 0
    path.unlink()
    with pytest.raises(StoreError, match=rf"QC510.*{path}"):
        quick.hours(AIR, start=MAY, end=date(2026, 6, 1))


def test_any_byte_of_a_page_may_be_wrong(quick: SegmentLake) -> None:
    whole = packed_file(quick).read_bytes()
    meta = pq.ParquetFile(BytesIO(whole)).metadata
    names = [meta.schema.column(place).path for place in range(meta.num_columns)]
    number = names.index(AIR[0])
    out = np.zeros(meta.row_group(0).num_rows, np.int16)
    chunk = chunk_of(meta, 0, number, out=out)
    assert chunk is not None
    assert filled(unpacking, BytesIO(whole), [chunk])  # type: ignore[arg-type]
    right = out.copy()
    refused = 0
    for place in range(chunk.begin, chunk.begin + chunk.size):
        data = bytearray(whole)
        data[place] ^= 0x11
        out[:] = 0
        if filled(unpacking, BytesIO(data), [chunk]):  # type: ignore[arg-type]
            assert (out == right).all(), place  # a statistic of the page that nobody reads
        else:
            refused += 1
    assert refused > chunk.size // 2
    for cut in (chunk.begin, chunk.begin + 1, chunk.begin + chunk.size - 1):
        assert not filled(unpacking, BytesIO(whole[:cut]), [chunk])  # type: ignore[arg-type]


def column(array: pa.Array, **how: object) -> tuple[BytesIO, Chunk | None, np.ndarray[tuple[int], np.dtype[np.int16]]]:
    """A file of one column, where it stands, and the cells that it is to fill."""
    sink = BytesIO()
    usual = {"compression": "zstd", "use_dictionary": False, "write_page_checksum": True}
    pq.write_table(pa.table({"x": array}), sink, **usual | how)
    out = np.zeros(len(array), np.int16)
    return sink, chunk_of(pq.ParquetFile(sink).metadata, 0, 0, out=out), out


DELTAS = {"column_encoding": {"x": "DELTA_BINARY_PACKED"}}
SHORT = pa.array([None if place % 9 == 0 else place for place in range(500)], pa.int16())


@pytest.mark.parametrize(
    ("array", "how"),
    [
        (SHORT, DELTAS | {"compression": "snappy"}),
        (SHORT, DELTAS | {"compression": "none"}),
        (SHORT, {"use_dictionary": True}),
        (SHORT.cast(pa.int64()), DELTAS),
        (pa.array([[1], [2, 3]], pa.list_(pa.int16())), {}),
    ],
    ids=["snappy", "none", "dictionary", "wide", "nested"],
)
def test_a_column_of_another_kind_is_not_taken(array: pa.Array, how: dict[str, object]) -> None:
    assert column(array, **how)[1] is None


@pytest.mark.parametrize(
    "how",
    [{}, DELTAS | {"data_page_version": "2.0"}, DELTAS | {"write_page_checksum": False}],
    ids=["plain", "version 2", "no checksum"],
)
def test_pages_of_another_kind_are_not_filled(how: dict[str, object]) -> None:
    sink, chunk, _ = column(SHORT, **how)
    assert chunk is not None
    assert not filled(unpacking, sink, [chunk])  # type: ignore[arg-type]


def test_the_columns_of_one_call_are_filled_beside_each_other() -> None:
    made = [column(SHORT, **DELTAS, max_rows_per_page=rows, write_batch_size=rows) for rows in (50, 500)]
    sinks = [sink.getvalue() for sink, _, _ in made]
    chunks = [chunk for _, chunk, _ in made if chunk is not None]
    moved = [chunks[0], Chunk(chunks[1].begin + len(sinks[0]), chunks[1].size, chunks[1].out)]
    assert filled(unpacking, BytesIO(b"".join(sinks)), moved)  # type: ignore[arg-type]
    expected = [-1 if cell is None else cell for cell in SHORT.to_pylist()]
    assert [out.tolist() for _, _, out in made] == [expected] * 2


def test_a_lake_asks_for_an_unpacker_by_the_size_of_the_block(tmp_path: Path) -> None:
    asked: list[int] = []

    def unpacking_of(size: int) -> None:
        asked.append(size)

    give: Callable[[int], None] = unpacking_of
    lake = open_lake(tmp_path / "lake", unpacking=give)
    appended(lake, full(0, 2))
    block = lake.hours(AIR[:2], start=MAY, end=date(2026, 5, 3))
    assert asked == [2 * 24 * 2 * 2]
    assert block.planes[0][3, 0] == full(0, 1)[18]["value"]
    assert lake.known_until("observation") > datetime(2026, 1, 1)  # type: ignore[operator]
    lake.close()
