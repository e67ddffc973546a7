"""The chain: the same for the same rows whatever holds them, another for any change, and a change is found."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.core.tables import VALUE_TYPE
from qingce.store.digest import GENESIS, TYPES, batch_digest, column_digest, constant, link
from qingce.store.kinds import KINDS
from qingce.store.lake import SegmentLake

Make = Callable[..., pa.Table]
T0 = datetime(2026, 5, 1)
EPOCH = datetime(1970, 1, 1)
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))
CELLS = {
    pa.string(): st.text(max_size=5),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.date32(): st.dates(),
    pa.timestamp("s"): INSTANTS.map(lambda instant: instant.replace(microsecond=0)),
    pa.timestamp("us"): INSTANTS,
    VALUE_TYPE: st.decimals(-(10**11), 10**11, places=6),
}


def packed(value: object, kind: pa.DataType) -> bytes:
    """One cell as the oracle writes it."""
    if isinstance(value, datetime):
        micros = (value - EPOCH) // timedelta(microseconds=1)
        return struct.pack("<q", micros // 1_000_000 if kind == pa.timestamp("s") else micros)
    if isinstance(value, date):
        return struct.pack("<i", (value - EPOCH.date()).days)
    if isinstance(value, Decimal):
        return int(value.scaleb(6)).to_bytes(16, "little", signed=True)
    if isinstance(value, float):
        return struct.pack("<d", value)
    return struct.pack("<q", value)


def slow_digest(name: str, cells: list[object], kind: pa.DataType) -> bytes:
    """The rule of `column_digest` in plain Python, cell by cell."""
    absent = cells.count(None)
    written = f"{name}:{TYPES[kind]}:{len(cells)}:{absent}\n".encode()
    if absent == len(cells):
        return hashlib.sha256(written).digest()
    if absent:
        written += bytes(cell is not None for cell in cells)
    if kind == pa.string():
        texts = ["" if cell is None else str(cell) for cell in cells]
        written += b"".join(struct.pack("<i", len(text.encode())) for text in texts) + "".join(texts).encode()
    else:
        zero = {VALUE_TYPE: Decimal(0), pa.date32(): EPOCH.date(), pa.float64(): 0.0}.get(kind, 0)
        written += b"".join(packed(zero if cell is None else cell, kind) for cell in cells)
    return hashlib.sha256(written).digest()


@given(data=st.data(), kind=st.sampled_from(list(CELLS)), before=st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_a_column_hashes_as_the_oracle_says_however_it_is_cut(
    data: st.DataObject, kind: pa.DataType, before: int
) -> None:
    cells = data.draw(st.lists(st.none() | CELLS[kind], max_size=20))
    cut = data.draw(st.integers(0, len(cells)))
    padded = pa.array([None] * before + cells + [None] * 3, kind)
    sliced = padded.slice(before, len(cells))
    expected = slow_digest("x", cells, kind)
    for chunks in ([sliced], [sliced.slice(0, cut), sliced.slice(cut)], [pa.array(cells, kind), pa.array([], kind)]):
        assert column_digest("x", pa.chunked_array(chunks, kind)) == expected


def test_every_type_that_a_kind_holds_has_a_name_of_ours() -> None:
    assert {field.type for kind in KINDS.values() for field in kind.physical} <= set(TYPES)


def test_a_link_tells_apart_what_a_joined_text_would_not() -> None:
    assert link("a", ["b", "c"]) != link("a", ["b\nc"]) != link("a", ["bc"])
    assert batch_digest(["a", "b"], {"a": b"1", "b": b"2"}) != batch_digest(["b", "a"], {"a": b"1", "b": b"2"})


def test_a_constant_column_is_what_it_says() -> None:
    assert constant(-5, 3, pa.int64()).to_pylist() == [-5, -5, -5]
    assert constant(0, 0, pa.int64()).to_pylist() == []


def filled(lake: SegmentLake, obs: Make) -> SegmentLake:
    for n in range(4):
        rows = [{"site": f"s{k}", "time": T0 + timedelta(hours=n), "value": 10 * n + k} for k in range(3)]
        lake.append("observation", obs(rows), source=f"file {n}")
    return lake


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    with pq.ParquetFile(path) as file:
        table = change(file.read())
    pq.write_table(table, path)


def raised_by_one(table: pa.Table) -> pa.Table:
    value = pc.add(table["value"], pa.scalar(Decimal(1), VALUE_TYPE)).cast(VALUE_TYPE)
    return table.set_column(table.column_names.index("value"), "value", value)


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (raised_by_one, "was changed"),
        (lambda table: table.slice(1), "rows"),
        (lambda table: pa.concat_tables([table, table.slice(0, 1)]), "rows"),
        (
            lambda table: table.set_column(
                0, "site", table["site"].take(pa.array([len(table) - 1, *range(1, len(table) - 1), 0]))
            ),
            "changed",
        ),
        (
            lambda table: table.set_column(
                table.column_names.index("known_at"),
                "known_at",
                pc.add(table["known_at"], pa.scalar(timedelta(microseconds=1))),
            ),
            "holds",
        ),
        (
            lambda table: table.set_column(table.column_names.index("_row"), "_row", pc.subtract(2, table["_row"])),
            "changed",
        ),
    ],
)
def test_a_changed_segment_is_found(
    lake: SegmentLake, obs: Make, compacted: bool, change: Callable[[pa.Table], pa.Table], message: str
) -> None:
    filled(lake, obs)
    if compacted:
        lake.compact("observation")
    assert lake.verify() == []
    rewrite(lake.files("observation")[0], change)
    faults = lake.verify()
    assert {fault.code for fault in faults} == {"QC511"}
    assert any(message in fault.message for fault in faults)
    assert all(str(lake.folder) in fault.file for fault in faults)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE batches SET source = 'other' WHERE seq = 2", "batch 2 of 'observation' was changed"),
        ("UPDATE batches SET known = known - 1 WHERE seq = 3", "batch 3 of 'observation' was changed"),
        ("UPDATE batches SET digest = 'x' WHERE seq = 4", "row of batch 4 of 'observation' was changed"),
        ("DELETE FROM batches WHERE seq = 2", "batch 2 of 'observation' is missing"),
        ("DELETE FROM batches WHERE seq = 4", "the last batch is 3"),
        ("UPDATE heads SET head = 'x'", "the head"),
        ("DELETE FROM segments WHERE first_seq = 2", "12 rows of 'observation' appended, 9 rows in segments"),
        ("UPDATE segments SET retired_at = 1 WHERE first_seq = 2", "9 rows in segments"),
        ("UPDATE segments SET last_time = first_time - 1 WHERE first_seq = 2", "listed with bounds"),
        ("UPDATE segments SET first_known = first_known + 1 WHERE first_seq = 3", "listed with bounds"),
    ],
)
def test_a_changed_manifest_is_found(lake: SegmentLake, obs: Make, statement: str, message: str) -> None:
    filled(lake, obs).close()
    connection = sqlite3.connect(lake.folder / "manifest.sqlite")
    with connection:
        connection.execute(statement)
    connection.close()
    assert message in " ".join(fault.message for fault in lake.verify())


def test_a_lake_cut_short_in_all_its_parts_is_found_by_the_printed_head(lake: SegmentLake, obs: Make) -> None:
    earlier = filled(lake, obs).version("observation")
    lake.append("observation", obs([{"value": 1}]), source="to be hidden")
    printed = lake.heads()
    lake.close()
    connection = sqlite3.connect(lake.folder / "manifest.sqlite")
    with connection:
        connection.execute("DELETE FROM batches WHERE seq = 5")
        connection.execute("DELETE FROM segments WHERE first_seq = 5")
        connection.execute("UPDATE heads SET seq = 4, head = ?", [earlier])
    connection.close()
    assert lake.verify() == []
    assert [fault.code for fault in lake.verify(printed)] == ["QC511"]
    assert printed["observation"] in lake.verify(printed)[0].message
    assert lake.verify({"observation": earlier, "finding": GENESIS}) == []


def test_batches_are_hashed_in_windows_with_the_same_answer(
    lake: SegmentLake, obs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingce.store.chain._WINDOW", 4)
    assert filled(lake, obs).verify() == []
    lake.compact("observation")
    assert lake.verify() == []
    rewrite(lake.files("observation")[0], raised_by_one)
    assert [fault.line for fault in lake.verify()] == [1, 2, 3, 4]
