"""Making a dense block of hours: planes being filled, rows laid over them, the block in its one canonical shape. 方阵。

Of one content there is one block: sites sorted, only those with a value; the coarsest scale that tells every value; the
narrowest integers that hold them. So a block read afresh and one brought up to date can be compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qingce.core.blocks import MISSING, HourBlock

__all__ = ["Cells", "Filling", "HOURS", "NO_REVIEW", "canonical", "joined", "laid"]

NO_REVIEW = 127
HOURS = 24
_WIDTHS = (np.int16, np.int32, np.int64)
_MILLION = 6


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows in force that stand beside the grids: where they lie, what they say in millionths, and their review."""

    plane: NDArray[np.int64]
    hour: NDArray[np.int64]
    site: NDArray[np.int64]
    value: NDArray[np.int64]
    rank: NDArray[np.int8]

    def digits(self, plane: int) -> int:
        """Return how many decimals the values of a plane have."""
        values = self.value[(self.plane == plane) & (self.value >= 0)]
        return next(n for n in range(_MILLION + 1) if not (values % 10 ** (_MILLION - n)).any())


class Filling:
    """Planes of some sites and days while they are filled; what nobody filled says nothing until `blank`."""

    def __init__(self, sites: Sequence[str], hours: int, *, digits: Sequence[int], widths: Sequence[int]) -> None:
        shape = (hours, len(sites))
        self.sites = tuple(sites)
        self.digits = tuple(digits)
        self.planes = [np.empty(shape, np.dtype(f"i{width}")) for width in widths]
        self.rank = np.empty(shape, np.int8)
        self._told: list[tuple[int, int]] = []

    def tell(self, begin: int, end: int) -> None:
        """Note that whoever fills has filled some hours at all sites."""
        self._told.append((begin, end))

    def blank(self) -> None:
        """Say `MISSING` where nobody filled."""
        place = 0
        for begin, end in [*sorted(self._told), (self.rank.shape[0], self.rank.shape[0])]:
            for plane in self.planes:
                plane[place:begin] = MISSING
            self.rank[place:begin] = NO_REVIEW
            place = max(place, end)

    def lay(self, cells: Cells) -> None:
        """Let rows stand in place of what the grids say; the rank of an hour is the lowest of what is in force."""
        for number, plane in enumerate(self.planes):
            plane[cells.hour[cells.plane == number], cells.site[cells.plane == number]] = MISSING
        left = np.full(len(cells.hour), MISSING, np.int64)
        for plane in self.planes:
            left = np.maximum(left, plane[cells.hour, cells.site])
        gone = left < 0
        self.rank[cells.hour[gone], cells.site[gone]] = NO_REVIEW
        valid = cells.value >= 0
        np.minimum.at(self.rank, (cells.hour[valid], cells.site[valid]), cells.rank[valid])
        for number, plane in enumerate(self.planes):
            here = valid & (cells.plane == number)
            step = 10 ** (_MILLION - self.digits[number])
            plane[cells.hour[here], cells.site[here]] = cells.value[here] // step

    def block(self, parameters: Sequence[str], start: date) -> HourBlock:
        """Return the block, in its canonical shape."""
        hours, sites = self.rank.shape
        review = self.rank.reshape(hours // HOURS, HOURS, sites).min(axis=1)
        scales = tuple(10**digits for digits in self.digits)
        return canonical(HourBlock(self.sites, tuple(parameters), start, tuple(self.planes), scales, review))


def canonical(block: HourBlock) -> HourBlock:
    """Return the one block of this content."""
    shrunk = [_shrunk(plane, scale) for plane, scale in zip(block.planes, block.scales, strict=True)]
    kept = (block.review != NO_REVIEW).any(axis=0)
    planes, review, sites = [plane for plane, _ in shrunk], block.review, block.sites
    if not kept.all():
        planes = [np.ascontiguousarray(plane[:, kept]) for plane in planes]
        review = np.ascontiguousarray(review[:, kept])
        sites = tuple(site for site, there in zip(sites, kept.tolist(), strict=True) if there)
    return HourBlock(sites, block.parameters, block.start, tuple(planes), tuple(s for _, s in shrunk), review)


def joined(old: HourBlock, pieces: Sequence[HourBlock]) -> HourBlock:
    """Return a block in which the days of some other blocks stand in place of its own."""
    blocks = (old, *pieces)
    sites = tuple(sorted({site for block in blocks for site in block.sites}))
    planes, scales = [], []
    for number in range(len(old.parameters)):
        scale = max(block.scales[number] for block in blocks)
        steps = [scale // block.scales[number] for block in blocks]
        most = max(int(each.planes[number].max(initial=0)) * step for each, step in zip(blocks, steps, strict=True))
        kind = next(kind for kind in _WIDTHS if most <= np.iinfo(kind).max)
        plane = np.full((old.days * HOURS, len(sites)), MISSING, kind)
        for block, step in zip(blocks, steps, strict=True):
            values = block.planes[number].astype(kind)
            cells = values if step == 1 else np.where(values == MISSING, MISSING, values * step)
            _replace(plane, cells, block, sites=sites, first=(block.start - old.start).days * HOURS)
        planes.append(plane)
        scales.append(scale)
    review = np.full((old.days, len(sites)), NO_REVIEW, np.int8)
    for block in blocks:
        _replace(review, block.review, block, sites=sites, first=(block.start - old.start).days, nothing=NO_REVIEW)
    return canonical(HourBlock(sites, old.parameters, old.start, tuple(planes), tuple(scales), review))


def laid(block: HourBlock, pieces: Sequence[HourBlock]) -> bool:
    """Put the days of some other blocks in place of a block's own, in its own arrays.

    False where the whole is then no longer of the block's shape (sites, scales, widths): its arrays are spoilt.
    """
    for piece in pieces:
        steps = [here // there for here, there in zip(block.scales, piece.scales, strict=True)]
        if 0 in steps or not set(piece.sites) <= set(block.sites):
            return False
        first = (piece.start - block.start).days
        for plane, values, step in zip(block.planes, piece.planes, steps, strict=True):
            if int(values.max(initial=0)) * step > np.iinfo(plane.dtype).max:
                return False
            cells = np.where(values == MISSING, MISSING, values.astype(np.int64) * step)
            _replace(plane, cells, piece, sites=block.sites, first=first * HOURS)
        _replace(block.review, piece.review, piece, sites=block.sites, first=first, nothing=NO_REVIEW)
    whole = canonical(block)
    widths = [plane.dtype for plane in whole.planes] == [plane.dtype for plane in block.planes]
    return widths and (whole.sites, whole.scales) == (block.sites, block.scales)


def _replace(
    whole: NDArray[Any],
    part: NDArray[Any],
    block: HourBlock,
    *,
    sites: tuple[str, ...],
    first: int,
    nothing: int = MISSING,
) -> None:
    """Put a part into a whole: at its sites what it says, at all others nothing."""
    here = whole[first : first + len(part)]
    if block.sites == sites:
        here[:] = part
        return
    places = {site: place for place, site in enumerate(sites)}
    here[:] = nothing
    here[:, np.array([places[site] for site in block.sites], np.int64)] = part


def _shrunk(plane: NDArray[Any], scale: int) -> tuple[NDArray[Any], int]:
    """Return a plane in the coarsest scale and the narrowest type that tell it."""
    while scale > 1 and _all_tens(plane):
        plane, scale = np.where(plane == MISSING, MISSING, plane // 10).astype(plane.dtype), scale // 10
    if plane.dtype != _WIDTHS[0]:
        most = int(plane.max(initial=0))
        plane = plane.astype(next(kind for kind in _WIDTHS if most <= np.iinfo(kind).max))
    return plane, scale


def _all_tens(plane: NDArray[Any]) -> bool:
    """Whether every value is a multiple of ten; looks day by day and stops at the first that is not."""
    days = (plane[place : place + HOURS] for place in range(0, plane.shape[0], HOURS))
    return not any(((day % 10 != 0) & (day != MISSING)).any() for day in days)
