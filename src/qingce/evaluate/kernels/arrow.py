"""Between Arrow columns and NumPy arrays through their buffers, so that pandas is never imported. 列与数组互换。"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.tables import SCALE, VALUE_TYPE
from qingce.evaluate.kernels.exact import Bools

__all__ = [
    "cells",
    "codes",
    "days",
    "decimals",
    "dictionary",
    "integers",
    "micro_of",
    "micros",
    "seconds",
    "text",
    "texts",
    "validity",
    "whole",
    "words",
]

Longs = NDArray[np.int64]
_HALF = 0.5  # a decimal of six places times SCALE lies this close to its whole number


def validity(column: pa.ChunkedArray) -> Bools:
    """Say where a column is not null."""
    array = _one(column)
    if array.null_count in (0, len(array)):
        return np.full(len(array), array.null_count == 0)
    bits = np.frombuffer(array.buffers()[0], np.uint8)
    flat = np.unpackbits(bits, bitorder="little")[array.offset : array.offset + len(array)]
    return flat.astype(bool)


def whole(column: pa.ChunkedArray) -> Longs:
    """Return an integer, date or timestamp column as int64 in its own unit; nulls as whatever stands there."""
    array = _one(column)
    width: dict[int, Any] = {8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}
    kind = width[array.type.bit_width]
    if pa.types.is_unsigned_integer(array.type):
        kind = np.dtype(kind).str.replace("i", "u")
    return _slice(array, kind).astype(np.int64)


def micro_of(column: pa.ChunkedArray) -> tuple[Longs, Bools]:
    """Return a numeric column in millionths and where it holds a number; NaN counts as none.

    A binary float is read as the decimal it prints: 0.1 is 100000 millionths.
    """
    array, there = _one(column), validity(column)
    if pa.types.is_decimal(array.type):
        return _slice(array.cast(VALUE_TYPE), np.dtype("<i8"), 2)[::2].copy(), there
    if pa.types.is_floating(array.type):
        numbers = _floats(array)
        there = there & np.isfinite(numbers)
        return np.floor(np.where(there, numbers, 0) * SCALE + _HALF).astype(np.int64), there
    if pa.types.is_null(array.type):
        return np.zeros(len(array), np.int64), np.zeros(len(array), bool)
    return np.where(there, whole(column), 0) * SCALE, there


def codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str | None]]:
    """Return a text column as (codes, words), words sorted; null is the code -1."""
    array = _one(column)
    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    given: list[str] = array.dictionary.to_pylist()
    order = sorted(range(len(given)), key=lambda i: given[i])
    place = np.empty(len(given) + 1, np.int32)
    place[order] = np.arange(len(given), dtype=np.int32)
    place[-1] = -1
    raw = np.where(validity(array), _slice(array.indices, np.dtype(f"<i{array.indices.type.bit_width // 8}")), -1)
    return place[raw], [given[i] for i in order]


def integers(values: NDArray[np.generic], ok: Bools | None = None) -> pa.Array:
    """Make an int64 column; null where not `ok`."""
    return _array(pa.int64(), np.ascontiguousarray(values, np.int64), ok)


def decimals(micro: Longs, ok: Bools | None = None) -> pa.Array:
    """Make a DECIMAL(18,6) column of millionths; null where not `ok`."""
    pairs = np.empty((len(micro), 2), "<i8")
    pairs[:, 0] = micro
    pairs[:, 1] = micro >> 63
    return _array(VALUE_TYPE, pairs, ok)


def days(numbers: NDArray[np.generic]) -> pa.Array:
    """Make a date column of days since 1970-01-01."""
    return _array(pa.date32(), np.ascontiguousarray(numbers, np.int32), None)


def seconds(numbers: NDArray[np.generic]) -> pa.Array:
    """Make a naive timestamp column of seconds since 1970-01-01."""
    return _array(pa.timestamp("s"), np.ascontiguousarray(numbers, np.int64), None)


def dictionary(place: NDArray[np.integer[Any]], vocabulary: Sequence[str]) -> pa.Array:
    """Make a text column that keeps codes into a vocabulary; a negative code is null."""
    kind = {1: pa.int8(), 2: pa.int16(), 4: pa.int32(), 8: pa.int64()}[place.dtype.itemsize]
    indices = _array(kind, np.ascontiguousarray(place), place >= 0)
    return pa.DictionaryArray.from_arrays(indices, text(vocabulary))


def text(values: Sequence[str | None]) -> pa.Array:
    """Make a text column of Python strings."""
    raw = [b"" if value is None else value.encode("utf-8") for value in values]
    ends = np.zeros(len(raw) + 1, np.int32)
    np.cumsum([len(item) for item in raw], out=ends[1:])
    ok = np.fromiter((value is not None for value in values), bool, len(raw))
    buffers = [_bits(ok), pa.py_buffer(ends), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(pa.string(), len(raw), buffers)


def words(place: NDArray[np.integer[Any]], vocabulary: Sequence[str | None]) -> pa.Array:
    """Make a text column from codes into a vocabulary; a negative code or a None word is null."""
    if not vocabulary:
        return pa.nulls(len(place), pa.string())
    known = np.fromiter((word is not None for word in vocabulary), bool, len(vocabulary))
    ok = (place >= 0) & known[place]
    indices = _array(pa.int32(), np.ascontiguousarray(place, np.int32), ok)
    return text(vocabulary).take(indices)


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _slice(array: pa.Array, kind: Any, width: int = 1) -> NDArray[Any]:
    size = len(array) * width
    if size == 0:
        return np.zeros(0, kind)
    start = array.offset * width * np.dtype(kind).itemsize
    return np.frombuffer(array.buffers()[1], kind, size, start)


def _floats(array: pa.Array) -> NDArray[np.float64]:
    if array.type == pa.float64():
        return _slice(array, np.float64)
    short = _slice(array, np.float32 if array.type == pa.float32() else np.float16)
    kinds, place = np.unique(short, return_inverse=True)
    return kinds.astype(str).astype(np.float64)[place]


def _array(kind: pa.DataType, values: NDArray[Any], ok: Bools | None) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [_bits(ok), pa.py_buffer(values)])


def _bits(ok: Bools | None) -> pa.Buffer | None:
    if ok is None or bool(ok.all()):
        return None
    return pa.py_buffer(np.packbits(ok, bitorder="little").tobytes())


def cells(table: pa.Table, name: str) -> list[object]:
    """Return a column as a list; one the table lacks is all None."""
    found: list[object] = table[name].to_pylist() if name in table.column_names else [None] * table.num_rows
    return found


def texts(table: pa.Table, name: str) -> list[str]:
    """Return a column as texts, empty where there is nothing."""
    return [str(cell or "") for cell in cells(table, name)]


def micros(table: pa.Table, name: str) -> list[int | None]:
    """Return a column of numbers in millionths; one the table lacks is all None."""
    if name not in table.column_names or pa.types.is_null(table[name].type):
        return [None] * table.num_rows
    micro, there = micro_of(table[name])
    return [value if ok else None for value, ok in zip(micro.tolist(), there.tolist(), strict=True)]
