"""Whole numbers straight out of the pages of a packed column, where somebody brought the loops for it. 页的解读。

For pages as this program writes them and no others: one value a cell or none, deltas, zstd, a checksum that is right.
Whatever else is met is left to Arrow, which reads it or says what is wrong with it.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import RawIOBase
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.ports import Unpacker

__all__ = ["Chunk", "chunk_of", "filled"]

# Fields of a page's header, as parquet-format numbers them, and what they say of the pages that are read here.
_TYPE, _FULL_SIZE, _SIZE, _CHECKSUM = 1, 2, 3, 4
_COUNT, _ENCODING, _LEVELS = 17, 18, 19
_DATA_PAGE, _DELTAS, _RLE = 0, 5, 3
_KIND, _USUAL = [_TYPE, _ENCODING, _LEVELS], np.array([_DATA_PAGE, _DELTAS, _RLE])
_LEAST_PAGE = 32
"""Bytes: a page is at least so long, its header included; of an empty one there is no more than one."""
_ROOMS = threading.local()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a column of a group stands in its file, and where its cells go."""

    begin: int
    size: int
    out: NDArray[np.int16]


def chunk_of(meta: Any, group: int, column: int, *, out: NDArray[np.int16]) -> Chunk | None:
    """Return a column of a group in a file with this metadata; None where only Arrow reads it."""
    told, chunk = meta.schema.column(column), meta.row_group(group).column(column)
    usual = told.max_definition_level == 1 and told.max_repetition_level == 0 and not chunk.has_dictionary_page
    if not usual or (chunk.physical_type, chunk.compression) != ("INT32", "ZSTD"):
        return None
    return Chunk(chunk.data_page_offset, chunk.total_compressed_size, out)


def filled(unpacker: Unpacker, file: RawIOBase, chunks: Sequence[Chunk]) -> bool:
    """Fill the cells of columns, `MISSING` where there is nothing or less; False where Arrow must read them all."""
    padding = _padding(unpacker.PADDING)
    data = _room("data", max(chunk.size for chunk in chunks), np.uint8)
    bodies = _room("bodies", sum(chunk.size for chunk in chunks) + len(padding), np.uint8)
    most = len(bodies) // _LEAST_PAGE + len(chunks)
    headers = _room("headers", most * unpacker.FIELDS, np.int64).reshape(most, unpacker.FIELDS)
    pages, used, ends = 0, 0, []
    for chunk in chunks:
        file.seek(chunk.begin)
        if file.readinto(data[: chunk.size].data) != chunk.size:
            return False
        count = unpacker.gathered(data, (0, chunk.size, _SIZE), (bodies[used:], headers[pages:]))
        pages, begin = pages + max(count, 0), pages
        if not _as_written(headers[begin:pages]):
            return False
        used += int(headers[begin:pages, _SIZE].sum())
        ends.append(pages)
    heads = headers[:pages]
    bodies[used : used + len(padding)] = padding
    if not _sound(bodies, heads):
        return False
    whole = _decompressed(bodies[: used + len(padding)], int(heads[:, _FULL_SIZE].sum()) + unpacker.PADDING)
    return whole is not None and _unpacked(unpacker, whole, heads, chunks=zip(chunks, ends, strict=True))


def _room(name: str, size: int, kind: Any) -> NDArray[Any]:
    """Return an array for a moment, the same for every group that a thread reads: fresh memory costs more to touch."""
    kept: NDArray[Any] | None = getattr(_ROOMS, name, None)
    if kept is None or len(kept) < size:
        kept = np.empty(size, kind)
        setattr(_ROOMS, name, kept)
    return kept[:size]


def _unpacked(
    unpacker: Unpacker, whole: NDArray[np.uint8], heads: NDArray[np.int64], *, chunks: Iterable[tuple[Chunk, int]]
) -> bool:
    """Unpack column by column; each ends at a page."""
    begin = place = 0
    for chunk, end in chunks:
        sizes, counts = heads[begin:end, _FULL_SIZE].copy(), heads[begin:end, _COUNT].copy()
        if not unpacker.unpacked(whole, (place, sizes, counts), chunk.out):
            return False
        begin, place = end, place + int(sizes.sum())
    return True


def _as_written(heads: NDArray[np.int64]) -> bool:
    """Whether these are pages, at least one, of the kind that is read here."""
    return bool(len(heads) and (heads[:, _KIND] == _USUAL).all() and heads[:, [_FULL_SIZE, _COUNT]].min() >= 0)


def _sound(bodies: NDArray[np.uint8], heads: NDArray[np.int64]) -> bool:
    """Whether every page has the checksum that its header tells."""
    view, begin = bodies.data, 0
    for size, checksum in heads[:, [_SIZE, _CHECKSUM]].tolist():
        if zlib.crc32(view[begin : begin + size]) != checksum & 0xFFFFFFFF:
            return False
        begin += size
    return True


def _decompressed(bodies: NDArray[np.uint8], size: int) -> NDArray[np.uint8] | None:
    """Return pages decompressed at once, one behind another; None where they are not of that size."""
    try:
        return np.frombuffer(pa.Codec("zstd").decompress(bodies.data, size), np.uint8)
    except (OSError, pa.ArrowException):
        return None


@lru_cache(maxsize=1)
def _padding(size: int) -> NDArray[np.uint8]:
    """Return so many bytes of nothing, compressed: frames that follow one another are decompressed as one."""
    return np.frombuffer(pa.Codec("zstd").compress(bytes(size)), np.uint8)
