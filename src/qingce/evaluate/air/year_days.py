"""From a dense block of hours to the days of sites and of areas, in one pass by the compiled kernels. 方阵到日值。

Reasons of absence that only the lake knows (invalid, below detection) are not in a block: there an absent day is
`not_reported` or `too_few`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent
from qingce.core.blocks import MISSING, HourBlock
from qingce.evaluate.air.cells import (
    Cell,
    area_cells,
    cell_of,
    code_of,
    compiled_days,
    day_limits,
    joined,
    plain_days,
    without,
)
from qingce.evaluate.air.compiled import (
    AreaMap,
    Plane,
    area_job,
    area_map,
    area_room,
    commons,
    day_rule,
    fits,
    shares,
)
from qingce.evaluate.air.exceptions import Event, events_of, excluded
from qingce.evaluate.air.input import NO_REVIEW, PRESENT, QUANTITIES, Block, Codes, Stretch, day_number
from qingce.evaluate.air.rules import (
    AQI,
    STATISTICS,
    AqiRules,
    DayItem,
    DayRules,
    Span,
    aqi_rules,
    day_rules,
    spans,
)
from qingce.evaluate.air.sites import Area, areas_of
from qingce.evaluate.kernels.exact import Bools, Ints, Ratios, nothing
from qingce.evaluate.kernels.jit import kernels_for

__all__ = ["BlockGround", "PARENTS", "area_days", "ground_of", "site_days"]

_THREADS = 2
_SLOWEST_FIRST = ("o3_8h", *(name for name in QUANTITIES if name != "o3_8h"))
PARENTS = {"o3_8h": frozenset({"o3", "o3_8h"})}
"""Quantities that an event takes away under another name too."""


@dataclass(frozen=True, slots=True)
class BlockGround:
    """A block with everything that judging it asks for."""

    block: HourBlock
    stretch: Stretch
    days: tuple[Span[DayRules], ...]
    indices: tuple[Span[AqiRules], ...]
    areas: tuple[Area, ...]
    map: AreaMap
    events: tuple[Event, ...]
    limits: Mapping[tuple[str, int], tuple[Ints, Ints] | None]
    """The limit of each day, by quantity and place of the span."""

    def plane(self, parameter: str) -> Plane | None:
        """Return the hours of a pollutant; None where the block has none."""
        if parameter not in self.block.parameters:
            return None
        place = self.block.parameters.index(parameter)
        values = np.asarray(self.block.planes[place])
        peak = int(np.iinfo(np.int16).max) if values.dtype == np.int16 else int(values.max(initial=1))
        return Plane(values, MISSING, self.block.scales[place], max(1, peak))

    def taken(self, quantity: str) -> Bools | None:
        """Say on which days and at which sites an event takes a quantity away; None where nowhere."""
        if not self.events:
            return None
        names = PARENTS.get(quantity, frozenset({quantity}))
        taken = excluded(self.events, names=names, shape=(self.stretch.days, len(self.stretch.sites)))
        return taken if taken.any() else None


def ground_of(
    block: HourBlock, sites: pa.Table, exceptions: pa.Table, *, catalog: Catalog, edition: str
) -> BlockGround:
    """Put together what judging a block asks for; raises QC105, QC110."""
    stretch = Stretch(block.sites, day_number(block.start), block.days)
    dates = stretch.start, stretch.end
    rules = tuple(spans(catalog, STATISTICS, days=dates, edition=edition, read=day_rules))
    limits = {
        (item.quantity, place): day_limits(catalog, item, days=(span.start, span.end), edition=edition)
        for place, span in enumerate(rules)
        for item in span.rules.items
    }
    areas = areas_of(stretch, sites)
    return BlockGround(
        block=block,
        stretch=stretch,
        days=rules,
        indices=tuple(spans(catalog, AQI, days=dates, edition=edition, read=aqi_rules)),
        areas=areas,
        map=area_map(areas, stretch.days),
        events=events_of(exceptions, readings=stretch, spans=rules, sites=sites) if exceptions.num_rows else (),
        limits=limits,
    )


def site_days(block: HourBlock, *, catalog: Catalog, edition: str = "auto") -> dict[str, Cell]:
    """Return every declared quantity's site days `[day, site]`: exact values, counts, reasons, review.

    Raises QC105, QC110.
    """
    stretch = Stretch(block.sites, day_number(block.start), block.days)
    rules = spans(catalog, STATISTICS, days=(stretch.start, stretch.end), edition=edition, read=day_rules)
    limits = {
        (item.quantity, place): day_limits(catalog, item, days=(span.start, span.end), edition=edition)
        for place, span in enumerate(rules)
        for item in span.rules.items
    }
    return site_cells_of(BlockGround(block, stretch, tuple(rules), (), (), area_map((), block.days), (), limits))


def site_cells_of(ground: BlockGround) -> dict[str, Cell]:
    """Return the site days of a block put together."""
    return {quantity: _site_cell(ground, quantity) for quantity in QUANTITIES}


def area_days(ground: BlockGround, *, deducted: bool) -> tuple[dict[str, Cell], dict[str, int]]:
    """Return every quantity's area days `[area, day]`; `deducted` leaves out what events take away.

    Beside them the unit of each: a value is num / (unit · number of sites); 0 where its fractions are of any kind.
    """

    def found(quantity: str) -> tuple[Cell, int]:
        taken = ground.taken(quantity) if deducted else None
        return _compiled_areas(ground, quantity, taken=taken) or (_plain_areas(ground, quantity, taken=taken), 0)

    with ThreadPoolExecutor(_THREADS) as pool:  # the kernels let go of the interpreter
        both = dict(zip(_SLOWEST_FIRST, pool.map(found, _SLOWEST_FIRST), strict=True))
    return {name: both[name][0] for name in QUANTITIES}, {name: both[name][1] for name in QUANTITIES}


def _items(ground: BlockGround, quantity: str) -> list[DayItem | None]:
    """Return the rule of a quantity in each span."""
    return [next((item for item in span.rules.items if item.quantity == quantity), None) for span in ground.days]


def _site_cell(ground: BlockGround, quantity: str) -> Cell:
    parts = []
    for place, (span, item) in enumerate(zip(ground.days, _items(ground, quantity), strict=True)):
        rows = ground.stretch.rows(span.start, span.end)
        shape = rows.stop - rows.start, len(ground.stretch.sites)
        plane = ground.plane(item.parameter) if item is not None else None
        if plane is None or item is None:
            parts.append(_absent(shape))
            continue
        limits = ground.limits[quantity, place]
        days = compiled_days(plane, item, days=rows, limits=limits)
        if days is None:
            days = plain_days(_as_block(plane), item, days=rows, limits=limits)
        parts.append(cell_of(days, reason=np.zeros(shape, np.int8), review=ground.block.review[rows]))
    return joined(parts)


def _compiled_areas(ground: BlockGround, quantity: str, *, taken: Bools | None) -> tuple[Cell, int] | None:
    """Reduce hours to areas without keeping the sites; None where the kernels would not do."""
    items = _items(ground, quantity)
    kernels = kernels_for(ground.stretch.days * len(ground.stretch.sites) * 24)
    if kernels is None or not ground.areas or any(item is None for item in items):
        return None
    common = commons([item for item in items if item is not None])
    parts, unit = [], 0
    for place, (span, item) in enumerate(zip(ground.days, items, strict=True)):
        rows = ground.stretch.rows(span.start, span.end)
        size = rows.stop - rows.start
        plane = None if item is None else ground.plane(item.parameter)
        if plane is None or item is None:
            parts.append(_absent((len(ground.areas), size)))
            continue
        rule = day_rule(kernels, item, plane, days=size, limits=ground.limits[quantity, place])
        if rule is None or not fits(plane.peak, common, ground.map):
            return None
        hours = plane.days(rows)
        task = rule, _job(kernels, ground, span, share=shares(item, common), taken=taken)
        out = area_room(len(ground.areas), size, kernels)
        kernels.area_days(hours, task, out)
        ok = out.state == PRESENT
        unit = common * plane.scale
        values = Ratios(out.num, np.where(ok, out.n * unit, 1), ok)
        parts.append(Cell(values, out.n, out.state, out.review, out.short))
    return beside_days(parts), unit


def _job(kernels: ModuleType, ground: BlockGround, span: Span[DayRules], *, share: Ints, taken: Bools | None) -> object:
    rows = ground.stretch.rows(span.start, span.end)
    return area_job(
        kernels, ground.map.days(rows), span.rules,
        share=share, review=ground.block.review[rows], excluded=None if taken is None else taken[rows],
    )  # fmt: skip


def _plain_areas(ground: BlockGround, quantity: str, *, taken: Bools | None) -> Cell:
    cell = _site_cell(ground, quantity)
    cell = cell if taken is None else without(cell, taken)
    return turned(area_cells(cell, ground.areas, spans=ground.days, readings=ground.stretch))


def beside_days(parts: Sequence[Cell]) -> Cell:
    """Put cells `[area, day]` of consecutive days together."""
    return turned(joined([turned(part) for part in parts])) if parts[1:] else parts[0]


def turned(cell: Cell) -> Cell:
    """Return `[a, b]` as `[b, a]`, laid out anew."""
    values = Ratios(*(np.ascontiguousarray(getattr(cell.values, name).T) for name in ("num", "den", "ok")))
    rest = (np.ascontiguousarray(getattr(cell, name).T) for name in ("n", "reason", "review", "short"))
    return Cell(values, *rest)


def _as_block(plane: Plane) -> Block:
    ok = plane.values != plane.missing
    none: Codes = np.zeros((0, 0), np.int8)
    return Block(np.where(ok, plane.values, 0).astype(np.int64), ok, plane.scale, none, none)


def _absent(shape: tuple[int, int]) -> Cell:
    return Cell(
        nothing(shape), np.zeros(shape, np.int64), np.full(shape, code_of(Absent.NOT_REPORTED), np.int8),
        np.full(shape, NO_REVIEW, np.int8), np.zeros(shape, bool),
    )  # fmt: skip
