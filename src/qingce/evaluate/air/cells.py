"""Site days and city days of one quantity: exact values with count, reason and review. 站点日值与城市日值。

References
----------
[HJ663-2013]_ 附录 A; [HJ663-2026]_ table A.2, 6.1.2; [GB3095-2026]_ table 4 (validity).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent
from qingce.evaluate.air.compiled import (
    SPEAKS,
    Plane,
    area_job,
    area_map,
    area_room,
    code_of,
    day_rule,
    fits,
    site_ratios,
)
from qingce.evaluate.air.input import HOURS, NO_REVIEW, PRESENT, Block, Codes, Longs, Readings, Stretch
from qingce.evaluate.air.rules import LIMITS, DayItem, DayRules, Span, edition_of
from qingce.evaluate.air.sites import Area
from qingce.evaluate.kernels.exact import (
    Bools,
    Ints,
    Ratios,
    common_denominator,
    greater,
    mean,
    nothing,
    reduced,
    select,
)
from qingce.evaluate.kernels.hours import day_maximum, day_mean, day_window_maximum
from qingce.evaluate.kernels.jit import kernels_for

__all__ = [
    "Cell",
    "Days",
    "area_cells",
    "beside",
    "cell_of",
    "code_of",
    "compiled_days",
    "day_limits",
    "joined",
    "plain_days",
    "site_cells",
    "without",
]

UNKNOWN = -1
_SMALL, _LEAST = 2**15 - 1, -(2**63)


@dataclass(frozen=True, slots=True)
class Cell:
    """One quantity by time and subject: exact values; how many readings each rests on; why not; review rank."""

    values: Ratios
    n: Longs
    reason: Codes
    review: Codes
    short: Bools

    def at(self, rows: slice) -> Cell:
        """Return some of the times."""
        return Cell(self.values.at(rows), self.n[rows], self.reason[rows], self.review[rows], self.short[rows])


def beside(cells: Sequence[Cell], days: int) -> Cell:
    """Put cells `[day]` of single subjects side by side, `[day, subject]`."""
    if not cells:
        shape = (days, 0)
        empty = np.zeros(shape, np.int8)
        return Cell(nothing(shape), np.zeros(shape, np.int64), empty, empty, np.zeros(shape, bool))
    parts = [cell.values for cell in cells]
    values = Ratios(*(np.stack([getattr(p, name) for p in parts], axis=1) for name in ("num", "den", "ok")))
    rest = (np.stack([getattr(c, name) for c in cells], axis=1) for name in ("n", "reason", "review", "short"))
    return Cell(values, *rest)


def joined(cells: Sequence[Cell]) -> Cell:
    """Put cells of consecutive days together."""
    if len(cells) == 1:
        return cells[0]
    parts = [cell.values for cell in cells]
    values = Ratios(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("num", "den", "ok")))
    rest = (np.concatenate([getattr(c, name) for c in cells]) for name in ("n", "reason", "review", "short"))
    return Cell(values, *rest)


def site_cells(
    readings: Readings, spans: Sequence[Span[DayRules]], *, catalog: Catalog, edition: str
) -> dict[str, Cell]:
    """Return every declared quantity's site days, from hours and from daily values as reported.

    A reported daily value counts where the hours give none, or where its review state is higher.
    """
    blocks: dict[str, tuple[Block, Plane]] = {}
    parts: dict[str, list[Cell]] = {}
    for span in spans:
        for item in span.rules.items:
            if item.parameter not in blocks:
                blocks.clear()
                block = readings.block(item.parameter, 1)
                blocks[item.parameter] = block, _plane(block)
            days = readings.rows(span.start, span.end)
            limits = day_limits(catalog, item, days=(span.start, span.end), edition=edition)
            cell = _from_hours(*blocks[item.parameter], item=item, days=days, limits=limits)
            if readings.has(item.quantity, HOURS):
                cell = _with_reported(cell, readings.block(item.quantity, HOURS), days=days)
            parts.setdefault(item.quantity, []).append(cell)
    return {quantity: joined(cells) for quantity, cells in parts.items()}


def without(cell: Cell, excluded: Bools) -> Cell:
    """Take the excepted days of a quantity away; what was absent before keeps its reason."""
    taken = excluded & cell.values.ok
    reason = np.where(taken, code_of(Absent.EXCLUDED_EVENT), cell.reason).astype(np.int8)
    review = np.where(taken, NO_REVIEW, cell.review).astype(np.int8)
    return Cell(cell.values.masked(~taken), np.where(taken, 0, cell.n), reason, review, cell.short)


def area_cells(
    cell: Cell, areas: Sequence[Area], *, spans: Sequence[Span[DayRules]], readings: Stretch, steps: int = 1
) -> Cell:
    """Return `[time, area]`: the means of the valid sites' values; too few are refused or flagged as declared.

    `steps` is the number of times a day: 1 for days, 24 for hours.
    """
    found = _compiled_areas(cell, areas, spans=spans, readings=readings, steps=steps)
    if found is not None:
        return found
    parts = [_area_cell(cell, area, spans=spans, readings=readings, steps=steps) for area in areas]
    return beside(parts, len(cell.n))


def _compiled_areas(
    cell: Cell, areas: Sequence[Area], *, spans: Sequence[Span[DayRules]], readings: Stretch, steps: int
) -> Cell | None:
    kernels, values = kernels_for(cell.n.size * HOURS // steps), cell.values
    if kernels is None or not areas or object in {values.num.dtype, values.den.dtype}:
        return None
    places = area_map(areas, readings.days)
    common = common_denominator(values)
    if not fits(int(np.abs(values.num).max(initial=0)), common, places):
        return None
    whole = values.num * np.where(values.ok, common // values.den, 0)
    state = np.where(values.ok, PRESENT, cell.reason).astype(np.int8)
    found = []
    for span in spans:
        rows, days = readings.rows(span.start, span.end, steps=steps), readings.rows(span.start, span.end)
        sites = kernels.SiteDays(whole[rows], np.zeros(whole[rows].shape, np.int8), state[rows])
        job = area_job(
            kernels, places.days(days).repeated(steps), span.rules,
            share=np.ones(1, np.int64), review=cell.review[rows], excluded=None,
        )  # fmt: skip
        out = area_room(len(areas), rows.stop - rows.start, kernels)
        kernels.area_means(sites, job, out)
        found.append(_area_result(out, common))
    return joined(found)


def _area_result(out: Any, common: int) -> Cell:
    """Turn a kernel's `[area, time]` sums into a cell `[time, area]`."""
    ok = out.state == PRESENT
    values = reduced(Ratios(out.num.T, np.where(ok, out.n, 1).T * common, ok.T))
    return Cell(values, out.n.T, out.state.T, out.review.T, out.short.T)


def _area_cell(cell: Cell, area: Area, *, spans: Sequence[Span[DayRules]], readings: Stretch, steps: int) -> Cell:
    members, total = np.repeat(area.members, steps, axis=0), np.repeat(area.count, steps)
    parts = cell.values.at((slice(None), area.columns)).masked(members)
    count = np.asarray(parts.ok.sum(axis=1), np.int64)
    short, refused = np.zeros(count.shape, bool), np.zeros(count.shape, bool)
    for span in spans:
        rows = readings.rows(span.start, span.end, steps=steps)
        short[rows] = count[rows] < _needed(total[rows], span.rules)
        refused[rows] = short[rows] & span.rules.refuse_short
    values = mean(parts).masked(~refused)
    reason = np.where(values.ok, PRESENT, _spoken(cell.reason[:, area.columns], members)).astype(np.int8)
    reason[refused & (count > 0) & (reason != code_of(Absent.EXCLUDED_EVENT))] = code_of(Absent.TOO_FEW)
    review = np.where(parts.ok, cell.review[:, area.columns], NO_REVIEW).min(axis=1)
    return Cell(values, count, reason, np.where(values.ok, review, NO_REVIEW).astype(np.int8), short & (count > 0))


def _needed(total: Longs, rules: DayRules) -> Longs:
    """Return how many of `total` sites must be valid, elementwise."""
    kinds, place = np.unique(total, return_inverse=True)
    return np.array([rules.sites_needed(int(sites)) for sites in kinds], np.int64)[place]


def _spoken(reason: Codes, members: Bools) -> Codes:
    spoken = np.full(len(reason), code_of(Absent.NOT_REPORTED), np.int8)
    for speaker in reversed(SPEAKS):
        here = ((reason == code_of(speaker)) & members).any(axis=1)
        spoken[here] = code_of(speaker)
    return spoken


def _plane(block: Block) -> Plane:
    """Return the hours of a block as a plane: small where every value is."""
    if not block.values.size or kernels_for(block.values.size) is None:
        return Plane(block.values, _LEAST, block.scale, _LEAST)
    peak = max(1, int(block.values.max()), -int(block.values.min()))
    kind: Any = np.int16 if peak <= _SMALL else np.int64
    missing = np.iinfo(kind).min
    return Plane(np.where(block.ok, block.values, missing).astype(kind), int(missing), block.scale, peak)


def _from_hours(block: Block, plane: Plane, *, item: DayItem, days: slice, limits: tuple[Ints, Ints] | None) -> Cell:
    parts, n, some, valid = compiled_days(plane, item, days=days, limits=limits) or plain_days(
        block, item, days=days, limits=limits
    )
    return cell_of((parts, n, some, valid), reason=block.reason[days], review=block.review[days])


def cell_of(found: Days, *, reason: Codes, review: Codes) -> Cell:
    """Make a cell of site days; an absent day without any hour keeps the reason that was told, if any."""
    parts, n, some, valid = found
    why = np.where(some, code_of(Absent.TOO_FEW), np.where(reason, reason, code_of(Absent.NOT_REPORTED)))
    return Cell(
        parts.masked(valid), n, np.where(valid, PRESENT, why).astype(np.int8),
        np.where(valid, review, NO_REVIEW).astype(np.int8), np.zeros(valid.shape, bool),
    )  # fmt: skip


Days = tuple[Ratios, Longs, Bools, Bools]
"""Site days: values, how many hours or windows, whether there is any hour, whether the value is valid."""


def compiled_days(plane: Plane, item: DayItem, *, days: slice, limits: tuple[Ints, Ints] | None) -> Days | None:
    """Compute site days by the compiled kernel; None where it would not do."""
    kernels = kernels_for(plane.values.size)
    size = days.stop - days.start
    rule = None if kernels is None or plane.peak < 0 else day_rule(kernels, item, plane, days=size, limits=limits)
    if kernels is None or rule is None:
        return None
    shape = size, plane.values.shape[1]
    out = kernels.SiteDays(
        np.empty(shape, rule.weights.dtype), np.empty(shape, np.int8), np.empty(shape, np.int8)
    )  # fmt: skip
    kernels.site_days(plane.days(days), rule, out)
    state: Codes = out.state
    some: Bools = np.asarray(state != code_of(Absent.NOT_REPORTED))
    valid: Bools = np.asarray(state == PRESENT)
    return site_ratios(item, out.num, out.n, scale=plane.scale), out.n.astype(np.int64), some, valid


def plain_days(block: Block, item: DayItem, *, days: slice, limits: tuple[Ints, Ints] | None) -> Days:
    """Compute site days without the compiler, on Python integers where 64 bits do not do."""
    hours = slice(days.start * HOURS, days.stop * HOURS)
    values, ok = block.values[hours], block.ok[hours]
    some: Bools = np.asarray(ok.reshape(-1, HOURS, ok.shape[1]).any(axis=1))
    if not ok.any():
        return nothing(some.shape), np.zeros(some.shape, np.int64), some, some
    if item.verb == "window_maximum":
        parts, n = day_window_maximum(
            values, ok, scale=block.scale, window=item.window, at_least=item.window_at_least, ends=item.ends
        )
        valid = n >= item.windows_at_least
        valid |= greater(parts, limits) if limits is not None else False
    else:
        verb = {"mean": day_mean, "maximum": day_maximum}[item.verb]
        parts, n = verb(values, ok, scale=block.scale)
        valid = n >= item.at_least
    return parts, n, some, valid


def _with_reported(cell: Cell, daily: Block, *, days: slice) -> Cell:
    ok, review = daily.ok[days], daily.review[days]
    reported = Ratios(daily.values[days], np.full(ok.shape, daily.scale, np.int64), ok)
    taken = ok & (~cell.values.ok | (review > cell.review))
    told = ~ok & (daily.reason[days] != PRESENT) & (cell.reason == code_of(Absent.NOT_REPORTED))
    reason = np.where(taken, PRESENT, np.where(told, daily.reason[days], cell.reason)).astype(np.int8)
    return Cell(
        select(taken, reported, cell.values), np.where(taken, UNKNOWN, cell.n), reason,
        np.where(taken, review, cell.review).astype(np.int8), cell.short,
    )  # fmt: skip


def day_limits(catalog: Catalog, item: DayItem, *, days: tuple[date, date], edition: str) -> tuple[Ints, Ints] | None:
    """Return the limit of each day as (numerators, denominators), shaped to stand beside `[day, site]`, if any."""
    if not item.limit_averaging:
        return None
    name = edition_of(catalog, LIMITS, edition)
    day, last, found = *days, []
    while day <= last:
        limit = catalog.limit(item.quantity, item.limit_averaging, item.limit_grade, day=day, edition=name)
        end = last if name != "auto" else min(last, limit.end or last)
        found += [Fraction(limit.value)] * ((end - day).days + 1)
        day = end + timedelta(1)
    pairs = np.array([(value.numerator, value.denominator) for value in found], np.int64)
    return pairs[:, :1], pairs[:, 1:]
