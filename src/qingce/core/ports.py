"""What rooms may ask of storage. Only `store` implements these, only `app` joins them. 存储接口。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.blocks import HourBlock

__all__ = ["Book", "Lake", "Receipt", "Unpacker", "Unpacking"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an append acknowledged: durable once returned."""

    segment: str
    rows: int
    known_at: datetime
    head: str


class Lake(Protocol):
    """Many rows, append only, two clocks. Kinds are names of schemas in `core.tables` in lower case."""

    def append(self, kind: str, rows: pa.Table, *, source: str) -> Receipt:
        """Write rows durably as one segment and list it; `known_at` is stamped where null. Raises QC5xx."""
        ...

    def scan(
        self,
        kind: str,
        *,
        columns: Sequence[str] | None = None,
        where: Mapping[str, object] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        known_at: datetime | None = None,
    ) -> pa.Table:
        """Return the rows in force: the last known (not after `known_at`) of each key.

        `where` maps a column to one value or a list of values; `start` <= time < `end`.
        """
        ...

    def history(self, kind: str, where: Mapping[str, object]) -> pa.Table:
        """Return every row ever written for a key, oldest first."""
        ...

    def hours(
        self, parameters: Sequence[str], *, start: date, end: date, known_at: datetime | None = None
    ) -> HourBlock:
        """Return the hourly values in force of some parameters on the days `start` <= day < `end`, as a dense block."""
        ...

    def version(self, kind: str) -> str:
        """Return the head of the chain of `kind`: changes with every append, never with compaction."""
        ...

    def changed(self, kind: str, *, head: str) -> pa.Table | None:
        """Return the `site` and `day` of every row appended since the version `head`; None if it never was one."""
        ...

    def extent(self, kind: str, by: Sequence[str], *, end: datetime | None = None) -> pa.Table:
        """Return what stands in the columns `by` of all rows before `end`, with the `first` and `last` time of each."""
        ...

    def files(self, kind: str) -> list[Path]:
        """Return the live segment files of `kind`."""
        ...

    def compact(self, kind: str) -> int:
        """Merge small segments by day then month; returns how many were retired."""
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


class Book(Protocol):
    """Few rows, many writers: corrections, confirmations, people, events; every change is a chained event."""

    def put(self, shelf: str, key: str, value: Mapping[str, object], *, who: str, why: str) -> int:
        """Write one record and its event; returns its new version. Raises QC5xx."""
        ...

    def get(self, shelf: str, key: str) -> Mapping[str, object] | None:
        """Return the record as it stands, or None."""
        ...

    def all(self, shelf: str) -> dict[str, Mapping[str, object]]:
        """Return every record of a shelf, by key."""
        ...

    def remove(self, shelf: str, key: str, *, who: str, why: str) -> None:
        """Withdraw one record; its history stays."""
        ...

    def events(self, shelf: str, key: str | None = None) -> list[Mapping[str, object]]:
        """Return the chained events of a record or shelf, oldest first."""
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


class Unpacker(Protocol):
    """Loops over the pages of a Parquet column of whole numbers; a lake may be given some, and has none of its own.

    `FIELDS` numbers are kept of each page's header: field f of the structure at depth d in place 16 · d + f.
    `PADDING` bytes must follow the pages that are to be unpacked.
    """

    FIELDS: int
    PADDING: int

    def gathered(self, data: NDArray[Any], bounds: tuple[int, int, int], out: tuple[NDArray[Any], NDArray[Any]]) -> int:
        """Copy the bodies of the pages in `data[begin:end]` one behind another; returns how many, -1 if unread.

        `bounds` is (begin, end, the place in a header of the body's size); `out` is (bodies, headers).
        """
        ...

    def unpacked(self, data: NDArray[Any], pages: tuple[int, NDArray[Any], NDArray[Any]], out: NDArray[Any]) -> bool:
        """Fill `out` with the values of pages, -1 where there is none or one below; False where that cannot be.

        `pages` is (the first one's place in the data, sizes [bytes], counts of cells).
        """
        ...


Unpacking = Callable[[int], Unpacker | None]
"""Gives the loops for so many cells; None where it is quicker without."""
