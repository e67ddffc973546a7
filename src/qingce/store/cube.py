"""The cube: years of hours as flat planes on disk, mapped into memory as they stand. 方阵缓存。

A cache and nothing else: each year says which batch of the lake was the last it knows, is brought up to date by reading
the days that newer rows touch, made anew when damaged or of another version, and may be deleted at any time. What it
holds is byte for byte what it would hold if made anew. A year is written beside the old one and put in its place by one
rename; whoever has the old one mapped keeps it.
"""

from __future__ import annotations

import json
import secrets
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock, Timeout

from qingce.core.blocks import HourBlock
from qingce.core.errors import StoreError
from qingce.store.blocks import joined
from qingce.store.kinds import kind_named
from qingce.store.lake import Growth, SegmentLake
from qingce.store.segments import disk_errors, make_folder, write_whole

__all__ = ["Cube"]

_VERSION = 1
_KIND = "observation"
_NO_PLACE = ("QC503", "QC512")
_LOCK = "cube.lock"
_PATIENCE = 60.0


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
    """Size [bytes], time of writing [ns] and CRC-32 of each plane."""

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
        try:
            arrays = [np.load(self._folder / state.folder / name, mmap_mode="r") for name in state.files]
        except (OSError, ValueError):  # gone or replaced since it was looked at
            return None
        planes, review = tuple(np.asarray(array) for array in arrays[:-1]), np.asarray(arrays[-1])
        names, sites = tuple(state.parameters), tuple(state.sites)
        block = HourBlock(sites, names, date(year, 1, 1), planes, tuple(state.scales), review)
        self._last = year, state, block
        return block

    def _refreshed(self, year: int) -> HourBlock:
        """Return a year as the lake has it, and keep it if the disk lets us."""
        state = self._state(year)
        old = None if state is None else self._opened(year, state)
        if old is None or state is None:
            growth = self._lake.since(_KIND, 0, head=self._lake.version(_KIND))
        else:
            growth = self._lake.since(_KIND, state.seq, head=state.head)
        block = self._made(year, old, growth)
        try:
            if state is not None and block is old:
                self._say(year, replace(state, head=growth.head, seq=growth.seq))
            else:
                self._keep(year, block, head=growth.head, seq=growth.seq)
        except StoreError as error:
            if error.code not in _NO_PLACE:
                raise
            return block
        return self._mapped(year) or block

    def _made(self, year: int, old: HourBlock | None, growth: Growth) -> HourBlock:
        """Return a year: the old one with the days that newer rows touch read again."""
        if old is None or growth.days is None:
            return self._read(year)
        touched = [day for day in growth.days if day.year == year]
        pieces = [self._lake.hours(self._parameters, start=begin, end=end) for begin, end in _runs(touched)]
        return joined(old, pieces) if pieces else old

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
                files[file] = _written(folder / file, array)
            state = _State(head, seq, name, list(block.sites), list(block.parameters), list(block.scales), files)
            self._say(year, state)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for other in self._folder.glob(f"{year}-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)


def _written(path: Path, array: Any) -> list[int]:
    """Write an array durably; returns size, time of writing and checksum."""
    size = write_whole(
        path, lambda sink: np.lib.format.write_array(sink, np.ascontiguousarray(array), allow_pickle=False)
    )
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
