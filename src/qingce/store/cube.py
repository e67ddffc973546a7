"""The cube: years of hours as flat planes on disk, mapped into memory as they stand. 方阵缓存。

A cache and nothing else: each year says which batch of the lake was the last it knows, is brought up to date by reading
the days that newer rows touch, made anew when damaged or of another version, and may be deleted at any time. What it
holds is byte for byte what it would hold if made anew. A year is written beside the old one and put in its place by one
rename; whoever has the old one mapped keeps it. Where newer rows change a few days and nothing of the year's shape,
only those days are written, each to a file of its own that is laid over the mapped planes; the planes on disk stay.
"""

from __future__ import annotations

import json
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from qingce.core.blocks import HourBlock
from qingce.core.errors import StoreError
from qingce.store.blocks import HOURS, joined, laid
from qingce.store.kinds import kind_named
from qingce.store.lake import SegmentLake
from qingce.store.segments import disk_errors, make_folder, write_whole

__all__ = ["Cube"]

_VERSION = 1
_KIND = "observation"
_NO_PLACE = ("QC503", "QC512")
_LOCK = "cube.lock"
_PATIENCE = 60.0
_DAY = ".day"
_DAYS = 31
"""So many days are laid over a year; with more it is written anew."""


@dataclass(frozen=True, slots=True)
class _State:
    """What a year says of itself: `head` and `seq` are the lake's last batch that it knows."""

    head: str
    seq: int
    folder: str
    sites: list[str]
    parameters: list[str]
    scales: list[int]
    files: dict[str, list[int]]
    """Size [bytes], time of writing [ns] and CRC-32 of each plane, and of each day laid over them."""

    days: dict[str, str] = field(default_factory=dict)
    """Which file holds a day that is laid over the planes."""

    version: int = _VERSION


class Cube:
    """The years of a lake, each as one block; safe for threads and processes."""

    def __init__(self, lake: SegmentLake, folder: Path, *, patience: float = _PATIENCE) -> None:
        self._lake, self._folder, self._patience = lake, folder, patience
        grid = kind_named(_KIND).grid
        self._parameters = () if grid is None else grid.parameters
        self._last: tuple[int, _State, HourBlock] | None = None

    def year(self, year: int) -> HourBlock:
        """Return the hours of a year as the lake has them now: mapped from disk, or straight from the lake.

        When the disk is full, cannot be written, or another process takes longer than `patience` [s], the block is
        read from the lake and nothing is kept. Raises what `SegmentLake.hours` raises.
        """
        block = self._mapped(year)
        if block is not None:
            return block
        fresh: HourBlock | None = None
        try:
            with self._alone():
                fresh = self._mapped(year) or self._refreshed(year)
        except (OSError, Timeout):  # a folder that cannot be written, or another process that takes too long
            pass
        except StoreError as error:
            if error.code not in _NO_PLACE:
                raise
        return fresh or self._read(year)

    def verify(self, year: int) -> bool:
        """Whether every byte of a year's planes is what was written; a year that is not is removed."""
        state = self._state(year)
        if state is None:
            return False
        folder = self._folder / state.folder
        sound = all(_checksum(folder / name) == told[2] for name, told in state.files.items())
        if not sound:
            self._place(year).unlink(missing_ok=True)
        return sound

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with disk_errors(self._folder):
            make_folder(self._folder)
        with FileLock(self._folder / _LOCK, timeout=self._patience):
            yield

    def _place(self, year: int) -> Path:
        return self._folder / f"{year}.json"

    def _state(self, year: int) -> _State | None:
        """Return what a year says, if it can be read and its planes are there as they were written."""
        try:
            state = _State(**json.loads(self._place(year).read_text("utf-8")))
            folder = self._folder / state.folder
            for name, (size, written, checksum) in state.files.items():
                stat = (folder / name).stat()
                if stat.st_size != size or (stat.st_mtime_ns != written and _checksum(folder / name) != checksum):
                    return None
        except (OSError, ValueError, TypeError):
            return None
        return state if state.version == _VERSION and state.parameters == list(self._parameters) else None

    def _mapped(self, year: int) -> HourBlock | None:
        """Return a year from disk if it is of the lake's last batch."""
        state = self._state(year)
        return self._opened(year, state) if state and state.head == self._lake.version(_KIND) else None

    def _opened(self, year: int, state: _State) -> HourBlock | None:
        """Map a year; the last one asked for stays mapped, as the pages of a new mapping cost half of a judgement."""
        last = self._last
        if last is not None and last[:2] == (year, state):
            return last[2]
        self._last = None
        block = self._arrays(year, state)
        if block is not None:
            self._last = year, state, block
        return block

    def _arrays(self, year: int, state: _State, *, write: bool = False) -> HourBlock | None:
        """Map a year and lay its days over it; the files stay as they are, whatever is written to the arrays."""
        folder, start = self._folder / state.folder, date(year, 1, 1)
        names = [name for name in state.files if name not in state.days.values()]
        mode: Literal["c", "r"] = "c" if write or state.days else "r"
        try:
            arrays = [np.asarray(np.load(folder / name, mmap_mode=mode)) for name in names]
            shape = tuple(state.sites), tuple(state.parameters), start
            block = HourBlock(*shape, tuple(arrays[:-1]), tuple(state.scales), arrays[-1])
            for day, name in state.days.items():
                _lay((folder / name).read_bytes(), _rows(block, date.fromisoformat(day)))
        except (OSError, ValueError):  # gone or replaced since it was looked at
            return None
        for array in arrays:
            array.flags.writeable = write
        return block

    def _refreshed(self, year: int) -> HourBlock:
        """Return a year as the lake has it, and keep it if the disk lets us."""
        state = self._state(year)
        old = None if state is None else self._opened(year, state)
        if old is None or state is None:
            growth = self._lake.since(_KIND, 0, head=self._lake.version(_KIND))
        else:
            growth = self._lake.since(_KIND, state.seq, head=state.head)
        touched = None if old is None or growth.days is None else [day for day in growth.days if day.year == year]
        pieces = [self._lake.hours(self._parameters, start=begin, end=end) for begin, end in _runs(touched or [])]
        if state is None or old is None or touched is None:
            kept, block = None, self._read(year)
        else:
            kept, block = self._joined(year, replace(state, head=growth.head, seq=growth.seq), old, pieces=pieces)
        try:
            if kept is None:
                self._keep(year, block, head=growth.head, seq=growth.seq)
            else:
                self._keep_days(year, kept, block, days=touched or [])
        except StoreError as error:
            if error.code not in _NO_PLACE:
                raise
            return block
        return self._mapped(year) or block

    def _joined(
        self, year: int, state: _State, old: HourBlock, *, pieces: Sequence[HourBlock]
    ) -> tuple[_State | None, HourBlock]:
        """Return a year with some days read again, and what it says of itself if no more than those need be written."""
        if not pieces:
            return state, old
        count = sum(piece.days for piece in pieces) + len(state.days)
        block = self._arrays(year, state, write=True) if count <= _DAYS else None
        if block is not None and laid(block, pieces):
            return state, block
        return None, joined(old, pieces)

    def _read(self, year: int) -> HourBlock:
        return self._lake.hours(self._parameters, start=date(year, 1, 1), end=date(year + 1, 1, 1))

    def _say(self, year: int, state: _State) -> None:
        """Put what a year says of itself in its place. Raises QC503, QC512."""
        text = json.dumps(asdict(state), ensure_ascii=False)
        write_whole(self._place(year), partial(_write_text, text))

    def _keep(self, year: int, block: HourBlock, *, head: str, seq: int) -> None:
        """Write a year beside the old one, then put it in its place. Raises QC503, QC512."""
        name = f"{year}-{secrets.token_hex(6)}"
        folder = self._folder / name
        names = [f"{parameter}.npy" for parameter in block.parameters] + ["review.npy"]
        files = {}
        try:
            for file, array in zip(names, [*block.planes, block.review], strict=True):
                files[file] = _written(folder / file, partial(_write_array, array))
            state = _State(head, seq, name, list(block.sites), list(block.parameters), list(block.scales), files)
            self._say(year, state)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for other in self._folder.glob(f"{year}-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)

    def _keep_days(self, year: int, state: _State, block: HourBlock, *, days: Sequence[date]) -> None:
        """Write some days of a year, each to a new file, then say that they are laid over it. Raises QC503, QC512."""
        folder, names = self._folder / state.folder, {str(day): f"{day}-{secrets.token_hex(6)}{_DAY}" for day in days}
        days_now = state.days | names
        files = {name: told for name, told in state.files.items() if name[-len(_DAY) :] != _DAY}
        files |= {name: state.files[name] for name in days_now.values() if name in state.files}
        try:
            for day, name in names.items():
                rows = [part.tobytes() for part in _rows(block, date.fromisoformat(day))]
                files[name] = _written(folder / name, partial(_write_all, rows))
            self._say(year, replace(state, files=files, days=days_now))
        except BaseException:
            for name in names.values():
                (folder / name).unlink(missing_ok=True)
            raise
        for other in folder.glob(f"*{_DAY}"):
            if other.name not in files:
                other.unlink(missing_ok=True)


def _rows(block: HourBlock, day: date) -> list[NDArray[Any]]:
    """Return what a block holds of a day, as it stands in its arrays: the hours of each plane, then the review."""
    place = (day - block.start).days
    return [plane[HOURS * place : HOURS * (place + 1)] for plane in block.planes] + [block.review[place : place + 1]]


def _lay(data: bytes, rows: Sequence[NDArray[Any]]) -> None:
    """Fill rows from bytes; raises ValueError where they are not as many."""
    if len(data) != sum(part.nbytes for part in rows):
        raise ValueError
    place = 0
    for part in rows:
        part[...] = np.frombuffer(data, part.dtype, part.size, place).reshape(part.shape)
        place += part.nbytes


def _write_all(parts: Sequence[bytes], sink: BinaryIO) -> None:
    for part in parts:
        sink.write(part)


def _write_array(array: Any, sink: BinaryIO) -> None:
    np.lib.format.write_array(sink, np.ascontiguousarray(array), allow_pickle=False)


def _written(path: Path, write: Callable[[BinaryIO], None]) -> list[int]:
    """Write a file durably; returns size, time of writing and checksum."""
    size = write_whole(path, write)
    return [size, path.stat().st_mtime_ns, _checksum(path)]


def _write_text(text: str, sink: BinaryIO) -> None:
    sink.write(text.encode())


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found = zlib.crc32(part, found)
    return found


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Yield stretches of days that follow one another, the end not counted."""
    one = timedelta(days=1)
    begin = end = None
    for day in sorted(days):
        if begin is None or end is None or day > end:
            if begin is not None and end is not None:
                yield begin, end
            begin = day
        end = day + one
    if begin is not None and end is not None:
        yield begin, end
