"""Between Arrow columns and NumPy arrays by way of their buffers: Arrow's own ways import pandas. 列与数组。"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["fixed", "integers", "numbers", "places", "there", "whole_values", "worded"]

_WIDTHS = {8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}


def one_chunk(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)


def cells(array: pa.Array) -> NDArray[Any]:
    """Return the values of an array of whole numbers or instants; anything where one is null."""
    kind = _WIDTHS[array.type.bit_width]
    if not len(array):
        return np.empty(0, kind)
    whole = np.frombuffer(array.buffers()[1], kind)
    return whole[array.offset : array.offset + len(array)]


def integers(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column of whole numbers or instants without nulls."""
    return cells(one_chunk(column))


def there(column: pa.ChunkedArray | pa.Array) -> NDArray[np.bool_]:
    """Return where a column has something."""
    if column.null_count in (0, len(column)):
        return np.full(len(column), column.null_count == 0)
    array = column if isinstance(column, pa.Array) else one_chunk(column)
    bits = np.frombuffer(array.buffers()[0], np.uint8)
    return np.unpackbits(bits, bitorder="little", count=array.offset + len(array))[array.offset :].view(bool)


def numbers(column: pa.ChunkedArray) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return a column of whole numbers with 0 where one is null, and where there is one."""
    valid = there(column)
    values = integers(column) if column.null_count < len(column) else np.zeros(len(column), np.int64)
    return np.where(valid, values, 0), valid


def whole_values(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return values of DECIMAL(18,6) as millionths, 0 where one is null, and where there is one."""
    valid = there(column)
    if column.null_count == len(column):
        return np.zeros(len(column), np.int64), valid
    array = one_chunk(column)
    pairs = np.frombuffer(array.buffers()[1], np.int64)
    return np.where(valid, pairs[::2][array.offset : array.offset + len(array)], 0), valid


def places(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[Any]]:
    """Return for each cell of a text column its place in a list of words, and the words; null is a word."""
    if column.null_count == len(column):
        return np.zeros(len(column), np.int32), [None]
    found = pc.dictionary_encode(one_chunk(column), null_encoding="encode")
    return cells(found.indices), found.dictionary.to_pylist()


def fixed(values: NDArray[Any], kind: pa.DataType, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return whole numbers or instants as an array, null where not `valid`."""
    kept = np.ascontiguousarray(values, _WIDTHS[kind.bit_width])
    return pa.Array.from_buffers(kind, len(kept), [_bits(valid), pa.py_buffer(kept)])


def worded(codes: NDArray[np.int32], words: Sequence[str | None], valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return words by their numbers, null where not `valid` or where the word is."""
    if None in words:
        named = codes != list(words).index(None)
        valid = named if valid is None else valid & named
    held = codes if valid is None else np.where(valid, codes, 0)
    return pa.DictionaryArray.from_arrays(fixed(held, pa.int32(), valid), texts(words))


def texts(words: Sequence[str | None]) -> pa.Array:
    """Return a text array; nothing where a word is missing."""
    encoded = [(word or "").encode() for word in words] or [b""]
    ends = np.concatenate([[0], np.cumsum([len(word) for word in encoded])]).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), len(encoded), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))])


def _bits(valid: NDArray[np.bool_] | None) -> pa.Buffer | None:
    if valid is None or bool(valid.all()):
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))
