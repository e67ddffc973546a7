"""Storage 存储: the lake of many rows and the book of few. The only room that opens anything.

Nothing heavy is imported until a lake or a book is opened.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qingce.core.ports import Unpacking
    from qingce.store.book import SqlBook
    from qingce.store.cube import Cube
    from qingce.store.lake import SegmentLake

__all__ = ["open_book", "open_cube", "open_lake"]


def open_lake(
    path: Path | str,
    *,
    offset: str = "+08:00",
    grace: timedelta = timedelta(hours=6),
    patience: float = 60,
    memory: str = "2GB",
    unpacking: Unpacking | None = None,
) -> SegmentLake:
    """Open the lake in a folder, or make one.

    `offset` is the local standard time of all its rows, stated once; `grace` is how long a retired file outlives its
    readers; `patience` [s] is how long a writer waits for another; `memory` bounds a query; `unpacking` makes
    `hours` quicker (`evaluate.kernels.jit.unpacker_for`), and changes no answer. Raises QC501 (another
    schema version), QC502 (damaged manifest), QC503 (disk full), QC512 (cannot be opened), QC513 (another offset).
    """
    from qingce.store.lake import SegmentLake

    return SegmentLake(Path(path), offset=offset, grace=grace, patience=patience, memory=memory, unpacking=unpacking)


def open_book(url_or_path: Path | str, *, patience: float = 60) -> SqlBook:
    """Open the book at a path (SQLite) or an address such as `postgresql://…`, or make one.

    `patience` [s] is how long a writer waits for others. Raises QC521 (cannot be opened), QC525 (another schema
    version), QC527 (the driver is not installed), QC503, QC512.
    """
    from qingce.store.book import SqlBook

    return SqlBook(url_or_path, patience=patience)


def open_cube(lake: SegmentLake, folder: Path | str, *, patience: float = 60) -> Cube:
    """Open the cache of a lake's hours in a folder of its own; it may be deleted at any time.

    `patience` [s] is how long it waits for another process that makes the same year.
    """
    from qingce.store.cube import Cube

    return Cube(lake, Path(folder), patience=patience)
