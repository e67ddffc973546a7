"""Unpacking pages: the cells that pyarrow wrote, the cells of a slow reading, and bytes of any kind at all."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.oracle.pages import cells_of

from qingce.evaluate.kernels import jit, unpacking

SIZE, FULL, COUNT = 3, 2, 17
Cell = int | None
ONES = st.lists(st.none() | st.integers(-(2**15), 2**15 - 1), max_size=300)
LIKE = st.lists(st.none() | st.integers(20, 60), max_size=300)
RUNS = st.lists(st.tuples(st.none() | st.integers(-3, 400), st.integers(1, 150)), max_size=12).map(
    lambda runs: [cell for cell, times in runs for _ in range(times)]
)


def written(cells: list[Cell], **how: object) -> NDArray[np.uint8]:
    """One column of deltas, as a Parquet file that is not compressed."""
    usual = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    sink = BytesIO()
    table = pa.table({"x": pa.array(cells, pa.int16())})
    pq.write_table(table, sink, column_encoding={"x": "DELTA_BINARY_PACKED"}, **usual | how)
    return np.frombuffer(sink.getvalue(), np.uint8)


def bodies_of(file: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bodies of the pages of the only column, padded, and what their headers say."""
    meta = pq.ParquetFile(BytesIO(file.tobytes())).metadata.row_group(0).column(0)
    begin, end = meta.data_page_offset, meta.data_page_offset + meta.total_compressed_size
    bodies, heads = np.zeros(len(file) + unpacking.PADDING, np.uint8), np.zeros((300, unpacking.FIELDS), np.int64)
    count = unpacking.gathered(file, (begin, end, SIZE), (bodies, heads))
    assert count > 0
    used = int(heads[:count, SIZE].sum())
    bodies[used:] = 0
    return bodies[: used + unpacking.PADDING], heads[:count]


def told(cells: list[Cell]) -> list[int]:
    return [-1 if cell is None else max(cell, -1) for cell in cells]


def unpacked(bodies: NDArray[np.uint8], heads: NDArray[np.int64], cells: int) -> list[int] | None:
    out = np.full(cells, 99, np.int16)
    pages = 0, heads[:, FULL].copy(), heads[:, COUNT].copy()
    return out.tolist() if unpacking.unpacked(bodies, pages, out) else None


@given(ONES | LIKE | RUNS, st.sampled_from([7, 32, 100, 1000]))
@settings(max_examples=250, deadline=None)
def test_what_was_written_is_unpacked(cells: list[Cell], rows: int) -> None:
    cells = cells or [None]
    file = written(cells, max_rows_per_page=rows, write_batch_size=rows)
    bodies, heads = bodies_of(file)
    assert len(heads) == -(-len(cells) // rows)
    assert int(heads[:, COUNT].sum()) == len(cells)
    assert unpacked(bodies, heads, len(cells)) == told(cells)
    slow: list[Cell] = []
    place = 0
    for size, count in heads[:, [SIZE, COUNT]].tolist():
        slow += cells_of(bodies[place : place + size].tobytes(), count)
        place += size
    assert slow == cells


@pytest.mark.parametrize("step", [0, 1, 2, 127, 255, 256, 32767, 65535], ids=str)
@pytest.mark.parametrize("count", [1, 2, 32, 33, 34, 129, 130, 1000], ids=str)
def test_deltas_of_every_width(step: int, count: int) -> None:
    cells: list[Cell] = [-32768 + step * (place % 2) for place in range(count)]
    bodies, heads = bodies_of(written(cells))
    assert unpacked(bodies, heads, count) == told(cells)
    high: list[Cell] = [32767 - step * (place * place % 3 // 2) for place in range(count)]
    bodies, heads = bodies_of(written(high))
    assert unpacked(bodies, heads, count) == told(high)


@pytest.mark.parametrize("gap", [0, 1, 6, 7, 8, 9, 15, 16, 17, 63], ids=str)
def test_gaps_of_every_length_at_every_place(gap: int) -> None:
    for begin in range(0, 20, 3):
        for behind in (0, 1, 7, 8, 30):
            cells: list[Cell] = [*range(begin), *[None] * gap, *range(behind), None, 5]
            bodies, heads = bodies_of(written(cells))
            assert unpacked(bodies, heads, len(cells)) == told(cells)


def test_only_as_many_cells_as_there_are_and_only_whole_pages() -> None:
    cells: list[Cell] = [*range(50), None, *range(50)]
    bodies, heads = bodies_of(written(cells))
    assert unpacked(bodies, heads, len(cells)) == told(cells)
    assert unpacked(bodies, heads, len(cells) - 1) is None
    assert unpacked(bodies, heads, len(cells) + 1) is None
    assert unpacked(bodies[: -unpacking.PADDING], heads, len(cells)) is None
    for place, wrong in ((FULL, 3), (FULL, -1), (COUNT, -1)):
        changed = heads.copy()
        changed[0, place] = wrong
        assert unpacked(bodies, changed, len(cells)) is None
    more = heads.copy()
    more[0, COUNT] += 1
    assert unpacked(bodies, more, len(cells) + 1) is None


def test_pages_that_do_not_fit_are_not_gathered() -> None:
    cells: list[Cell] = list(range(100))
    file = written(cells, max_rows_per_page=20, write_batch_size=20)
    bodies, heads = bodies_of(file)
    assert len(heads) == 5
    meta = pq.ParquetFile(BytesIO(file.tobytes())).metadata.row_group(0).column(0)
    begin, size = meta.data_page_offset, meta.total_compressed_size
    room, told_heads = np.zeros(len(bodies), np.uint8), np.zeros((5, unpacking.FIELDS), np.int64)
    assert unpacking.gathered(file, (begin, begin + size, SIZE), (room, told_heads)) == 5
    assert unpacking.gathered(file, (begin, begin + size, SIZE), (room, told_heads[:4])) == -1
    assert unpacking.gathered(file, (begin, begin + size, SIZE), (room[:9], told_heads)) == -1
    assert unpacking.gathered(file, (begin, begin + size - 1, SIZE), (room, told_heads)) == -1
    assert unpacking.gathered(file[:begin], (begin, begin + size, SIZE), (room, told_heads)) == 0


def test_there_is_no_unpacker_for_little_and_none_without_the_compiler() -> None:
    assert jit.unpacker_for(jit.LARGE - 1) is None
    assert jit.unpacker_for(jit.LARGE) is unpacking
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from qingce.evaluate.kernels import jit\n"
        "print(jit.unpacker_for(10**9))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("None", "")


@pytest.mark.prove
def test_no_bytes_are_read_beyond_what_was_given(tmp_path: Path) -> None:
    code = "import sys; from tests.evaluate import test_unpacking as t; t.any_bytes(int(sys.argv[1]))"
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, "4000"], capture_output=True, text=True, check=False, env=environment,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    found = dict(word.split("=") for word in done.stdout.split())
    assert int(found["read"]) > 100
    assert int(found["refused"]) > 1000


def any_bytes(times: int) -> None:
    """Unpack pages with some bytes changed; with bounds checked, a reading beyond them raises IndexError."""
    chance = np.random.default_rng(7)
    read = refused = 0
    cells: list[Cell] = [None if place % 11 == 3 else place * place % 700 for place in range(260)]
    whole = written(cells, max_rows_per_page=100, write_batch_size=100)
    meta = pq.ParquetFile(BytesIO(whole.tobytes())).metadata.row_group(0).column(0)
    begin, end = meta.data_page_offset, meta.data_page_offset + meta.total_compressed_size
    for _ in range(times):
        file = whole.copy()
        for place in chance.integers(begin, end, chance.integers(1, 4)):
            file[place] = chance.integers(0, 256)
        bodies, heads = np.zeros(2 * len(file), np.uint8), np.zeros((8, unpacking.FIELDS), np.int64)
        count = unpacking.gathered(file[:end], (begin, end, SIZE), (bodies, heads))
        pages = 0, heads[: max(count, 0), FULL].copy(), heads[: max(count, 0), COUNT].copy()
        total = int(np.clip(pages[2], 0, 10**6).sum())
        tight = bodies[: int(heads[: max(count, 0), SIZE].sum()) + unpacking.PADDING].copy()
        sound = count > 0 and unpacking.unpacked(tight, pages, np.zeros(total, np.int16))
        read, refused = read + sound, refused + (not sound)
    sys.stdout.write(f"read={read} refused={refused}\n")
