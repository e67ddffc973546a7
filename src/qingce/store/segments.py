"""Segments: immutable Parquet files, durable before anybody hears of them. 数据段。

Written under a temporary name, fsynced, renamed, the folder fsynced: a file with a segment's name is whole.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from qingce.core.errors import QingceError, complain
from qingce.store.kinds import SEQ, Kind
from qingce.store.manifest import FULL, Segment

__all__ = [
    "SUFFIX",
    "bounds",
    "check_readable",
    "describe",
    "disk_errors",
    "make_folder",
    "readable",
    "segment_name",
    "write_parquet",
    "write_whole",
]

SUFFIX = ".parquet"
TEMPORARY = ".tmp"
_A_FOLDER = 1000


def segment_name(kind: str, *, seq: int, label: str = "") -> str:
    """Return a new relative name; no folder grows beyond a thousand appended segments."""
    shelf = label or f"{seq // _A_FOLDER:06d}"
    return f"segments/{kind}/{shelf}/{seq:09d}-{secrets.token_hex(6)}{SUFFIX}"


def write_parquet(table: pa.Table, sink: BinaryIO) -> None:
    """Write one table as Parquet."""
    import pyarrow.parquet as pq

    pq.write_table(table, sink, compression="zstd", compression_level=1, write_page_checksum=True)


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> int:
    """Let `write` fill a file and make it durable under `path`; returns its size [bytes]. Raises QC503, QC512."""
    temporary = path.with_name(path.name + TEMPORARY)
    with disk_errors(path):
        try:
            make_folder(path.parent)
            with temporary.open("xb") as sink:
                write(sink)
                sink.flush()
                os.fsync(sink.fileno())
                size = sink.tell()
            temporary.rename(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    return size


def make_folder(folder: Path) -> None:
    """Make a folder durable, with those above it that are missing."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk raises into QC503 (full) or QC512."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error


def disk_error(error: OSError, path: Path) -> QingceError:
    """Return the numbered error for what the disk raised."""
    code = "QC503" if error.errno in FULL else "QC512"
    return complain(code, str(path), {"reason": error.strerror or error})


def bounds(kind: Kind, table: pa.Table) -> dict[str, int | None]:
    """Return the least and greatest time, known time and batch of rows, as the manifest keeps them."""
    found: dict[str, int | None] = {"first_time": None, "last_time": None}
    columns = {"known": "known_at", "seq": SEQ} | ({"time": kind.time} if kind.time else {})
    for name, column in columns.items():
        kept = table[column].cast(pa.timestamp("us")).cast(pa.int64()) if name != "seq" else table[column]
        least = pc.min_max(kept).as_py()
        found |= {f"first_{name}": least["min"], f"last_{name}": least["max"]}
    return found


def describe(kind: Kind, name: str, *, level: int, count: int, size: int, limits: dict[str, int | None]) -> Segment:
    """Return the manifest's row of a segment."""
    return Segment(name=name, kind=kind.name, level=level, count=count, bytes=size, **limits)  # type: ignore[arg-type]


def check_readable(path: Path) -> None:
    """Read a segment to its end; raises QC510 (missing) or QC504 (damaged), naming the file."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for _ in file.iter_batches():
                pass
    except FileNotFoundError as error:
        raise complain("QC510", str(path)) from error
    except (pa.ArrowException, OSError) as error:
        raise complain("QC504", str(path), {"reason": str(error).splitlines()[0]}) from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what reading a segment raises into QC510 (missing) or QC504 (damaged)."""
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        check_readable(path)
        raise complain("QC504", str(path), {"reason": str(error).splitlines()[0]}) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
