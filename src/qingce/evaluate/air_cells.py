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

import numpy as np

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent
from qingce.evaluate.air_input import HOURS, NO_REVIEW, PRESENT, REASONS, Block, Codes, Longs, Readings
from qingce.evaluate.air_rules import LIMITS, DayItem, DayRules, Span, edition_of
from qingce.evaluate.air_sites import Area
from qingce.evaluate.kernels.exact import Bools, Ints, Ratios, greater, mean, nothing, select
from qingce.evaluate.kernels.hours import day_maximum, day_mean, day_window_maximum

__all__ = ["Cell", "area_cell", "beside", "code_of", "joined", "site_cells", "without"]

UNKNOWN = -1
# Which reason speaks for several sites that are all absent: the first of these that occurs.
_SPEAKS = (
    Absent.EXCLUDED_EVENT, Absent.TOO_FEW, Absent.INVALID, Absent.BELOW_DETECTION, Absent.NOT_MONITORED,
    Absent.UNREAD_RULE, Absent.NOT_REPORTED,
)  # fmt: skip


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


def code_of(reason: Absent) -> int:
    """Return the code of a reason in the arrays of a `Cell`."""
    return 1 + REASONS.index(reason)


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
    blocks: dict[str, Block] = {}
    parts: dict[str, list[Cell]] = {}
    for span in spans:
        for item in span.rules.items:
            if item.parameter not in blocks:
                blocks.clear()
                blocks[item.parameter] = readings.block(item.parameter, 1)
            days = readings.rows(span.start, span.end)
            limits = _limits(catalog, item, days=(span.start, span.end), edition=edition)
            cell = _from_hours(blocks[item.parameter], item, days=days, limits=limits)
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


def area_cell(cell: Cell, area: Area, *, spans: Sequence[Span[DayRules]], readings: Readings, steps: int = 1) -> Cell:
    """Return the mean of the valid sites' values, one a time; too few valid sites are refused or flagged as declared.

    `steps` is the number of times a day: 1 for days, 24 for hours.
    """
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
    for speaker in reversed(_SPEAKS):
        here = ((reason == code_of(speaker)) & members).any(axis=1)
        spoken[here] = code_of(speaker)
    return spoken


def _from_hours(block: Block, item: DayItem, *, days: slice, limits: tuple[Ints, Ints] | None) -> Cell:
    hours = slice(days.start * HOURS, days.stop * HOURS)
    values, ok = block.values[hours], block.ok[hours]
    reason, review = block.reason[days], block.review[days]
    if not ok.any():
        parts, n, valid = nothing(reason.shape), np.zeros(reason.shape, np.int64), np.zeros(reason.shape, bool)
    elif item.verb == "window_maximum":
        parts, n = day_window_maximum(
            values, ok, scale=block.scale, window=item.window, at_least=item.window_at_least, ends=item.ends
        )
        valid = n >= item.windows_at_least
        valid |= greater(parts, limits) if limits is not None else False
    else:
        verb = {"mean": day_mean, "maximum": day_maximum}[item.verb]
        parts, n = verb(values, ok, scale=block.scale)
        valid = n >= item.at_least
    some = ok.reshape(-1, HOURS, ok.shape[1]).any(axis=1)
    why = np.where(some, code_of(Absent.TOO_FEW), np.where(reason, reason, code_of(Absent.NOT_REPORTED)))
    return Cell(
        parts.masked(valid), n, np.where(valid, PRESENT, why).astype(np.int8),
        np.where(valid, review, NO_REVIEW).astype(np.int8), np.zeros(valid.shape, bool),
    )  # fmt: skip


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


def _limits(catalog: Catalog, item: DayItem, *, days: tuple[date, date], edition: str) -> tuple[Ints, Ints] | None:
    """Return the limit of each day as (numerators, denominators), shaped to stand beside `[day, site]`."""
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
