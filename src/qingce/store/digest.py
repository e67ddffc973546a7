"""SHA-256 over ordered rows, the same whatever file, chunk or codec holds them. 有序数据行的摘要与链。

A column is hashed as its name, type, rows and absent rows; then, where only some are absent, which are there; then the
values, with zero where one is absent, text as lengths and bytes. A batch is the hash of its columns' hashes; a link
binds a batch to the head before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from qingce.core.tables import VALUE_TYPE

__all__ = ["GENESIS", "TYPES", "batch_digest", "column_digest", "constant", "link"]

TYPES = {
    pa.string(): "text",
    pa.int64(): "int",
    pa.float64(): "float",
    pa.date32(): "day",
    pa.timestamp("s"): "second",
    pa.timestamp("us"): "micro",
    VALUE_TYPE: "decimal6",
}
"""Our own names of the types, so that a hash never hangs on how a library prints them."""

GENESIS = "0" * 64
"""The head of a chain to which nothing has been added."""


def constant(value: int, rows: int, kind: pa.DataType) -> pa.Array:
    """Return an 8-byte column of one integer; built from a buffer, as `pa.array` would import pandas."""
    cells = value.to_bytes(8, "little", signed=True) * rows
    return pa.Array.from_buffers(kind, rows, [None, pa.py_buffer(cells)])


def column_digest(name: str, column: pa.ChunkedArray) -> bytes:
    """Hash one column of ordered rows."""
    rows, absent = len(column), column.null_count
    hashed = hashlib.sha256(f"{name}:{TYPES[column.type]}:{rows}:{absent}\n".encode())
    if absent == rows:
        return hashed.digest()
    chunks = column.chunks
    if absent:
        for chunk in chunks:
            hashed.update(_cells(pc.is_valid(chunk).cast(pa.uint8()), 1))
        chunks = [pc.coalesce(chunk, _blank(chunk)) if chunk.null_count else chunk for chunk in chunks]
    if pa.types.is_string(column.type):
        for chunk in chunks:
            hashed.update(_cells(pc.binary_length(chunk), 4))
        for chunk in chunks:
            hashed.update(_letters(chunk))
    else:
        for chunk in chunks:
            hashed.update(_cells(chunk, column.type.bit_width // 8))
    return hashed.digest()


def batch_digest(columns: Iterable[str], digests: Mapping[str, bytes]) -> str:
    """Hash a batch from the hashes of its columns, in the schema's order."""
    return hashlib.sha256(b"".join(digests[name] for name in columns)).hexdigest()


def link(before: str, parts: Iterable[object]) -> str:
    """Return the head after a batch: the head before it and everything the manifest says of it."""
    return hashlib.sha256(json.dumps([before, *parts], ensure_ascii=False).encode()).hexdigest()


def _cells(array: pa.Array, width: int) -> memoryview:
    data = memoryview(array.buffers()[1] or b"").cast("B")
    return data[array.offset * width : (array.offset + len(array)) * width]


def _letters(array: pa.Array) -> memoryview:
    offsets, data = array.buffers()[1:]
    if not len(array) or data is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("B").cast("i")
    return memoryview(data)[ends[array.offset] : ends[array.offset + len(array)]]


def _blank(like: pa.Array) -> pa.Array:
    rows, kind = len(like), like.type
    if pa.types.is_string(kind):
        return pa.Array.from_buffers(kind, rows, [None, pa.py_buffer(bytes(4 * (rows + 1))), pa.py_buffer(b"")])
    return pa.Array.from_buffers(kind, rows, [None, pa.py_buffer(bytes(rows * kind.bit_width // 8))])
