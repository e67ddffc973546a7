"""A long table of water as means of section-months, all at once in whole numbers: the cells of a month. 断面月单元。

What `water_periods` does reading by reading is done here over whole columns, with the same answer to the last digit. A
mean is `num / (den · q)` millionths; whatever these columns cannot hold exactly is left to the other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.absence import Absent, Review
from qingce.core.periods import Period
from qingce.evaluate.kernels import arrow
from qingce.evaluate.water.rules import Lawbook, WaterRules

__all__ = ["Cells", "Readings", "cells_of", "month_period", "readings_of"]

Longs = NDArray[np.int64]
NO_REVIEW = 99
ROOM = float(2**62)
"""Whole numbers beyond this are not trusted to 64 bits."""
_DAY, _MANUAL = 86_400, ("sample", "P1M")
_REASONS = [reason.value for reason in Absent]


@dataclass(frozen=True, slots=True)
class Readings:
    """Kept readings sorted by section, parameter, source and time; values in millionths times `q`."""

    sections: list[str]
    parameters: list[str]
    rules: WaterRules
    q: int
    site: Longs
    parameter: Longs
    automatic: NDArray[np.bool_]
    day: Longs
    month: Longs
    value: Longs
    ok: NDArray[np.bool_]
    reason: Longs
    review: Longs


@dataclass(frozen=True, slots=True)
class Cells:
    """One mean for each row (section and month) and parameter; `den` is 0 where there is none."""

    num: Longs
    den: Longs
    n: Longs
    how: NDArray[np.int8]
    review: NDArray[np.int8]


def month_period(month: int) -> Period:
    """Return the month that many months after January 1970."""
    return Period.month(1970 + month // 12, month % 12 + 1)


def readings_of(table: pa.Table, lawbook: Lawbook) -> Readings | None:
    """Return the water readings of a long table; None where two rows have one key, or rules change on the way."""
    seconds = _seconds(table)
    if seconds is None or not len(seconds[0]):
        return None
    time, timed = seconds
    month = time.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    rules = _one_rule(np.unique(month[timed]), lawbook)
    if rules is None:
        return None
    places, words = arrow.codes(table["parameter"])
    sites, sections = arrow.codes(table["site"])
    known = np.array([word in rules.items for word in words] + [False], bool)[places]
    keep = timed & known & (sites >= 0)
    span, spans = _coded(table, "span")
    manual = np.array([word in _MANUAL for word in spans] + [True], bool)[span]
    group = (sites.astype(np.int64) * (len(words) + 1) + places) * 2 + ~manual
    order = np.flatnonzero(keep)
    order = order[np.lexsort((span[order], time[order], group[order]))]
    same = (np.diff(group[order]) == 0) & (np.diff(time[order]) == 0) & (np.diff(span[order]) == 0)
    measured = _measured(table, rules)
    if bool(same.any()) or measured is None:
        return None
    value, ok, reason = measured
    return Readings(
        sections=[str(word) for word in sections],
        parameters=[str(word) for word in words],
        rules=rules,
        q=rules.detection_share.denominator,
        site=sites[order].astype(np.int64),
        parameter=places[order].astype(np.int64),
        automatic=~manual[order],
        day=time[order] // _DAY,
        month=month[order],
        value=value[order],
        ok=ok[order],
        reason=reason[order],
        review=_reviews(table)[order],
    )


def cells_of(read: Readings, row: Longs, shape: tuple[int, int]) -> Cells | None:
    """Return the mean of each row and parameter, from the source that the rules prefer; `row` is each reading's row.

    None where a sum does not fit 64 bits.
    """
    rules = read.rules
    station = _stations(read, row, shape)
    if station is None:
        return None
    manual = _samples(read, row, shape)
    first, second = (station, manual) if rules.automatic_first else (manual, station)
    least = {id(station): rules.days_needed, id(manual): rules.samples_needed}
    use_first = (first.n > 0) & (first.n >= least[id(first)])
    use_second = ~use_first & (second.n > 0) & (second.n >= least[id(second)])

    def pick(name: str, otherwise: int) -> Any:
        one, other = getattr(first, name), getattr(second, name)
        return np.where(use_first, one, np.where(use_second, other, otherwise))

    return Cells(pick("num", 0), pick("den", 0), pick("n", 0), pick("how", 0), pick("review", NO_REVIEW))


def _stations(read: Readings, row: Longs, shape: tuple[int, int]) -> Cells | None:
    """Mean of the days of a station, each the mean of its values, over one denominator."""
    here = np.flatnonzero(read.ok & read.automatic)
    cells = _nothing(shape)
    if not len(here):
        return cells
    cell = row[here] * shape[1] + read.parameter[here]
    starts = _starts(cell, read.day[here])
    sums, counts = np.add.reduceat(read.value[here], starts), np.diff(np.append(starts, len(here)))
    firsts = _starts(cell[starts])
    common = np.lcm.reduceat(counts, firsts)
    days = np.diff(np.append(firsts, len(starts)))
    if float(np.abs(sums).max()) * float(common.max()) * float(days.max()) > ROOM:
        return None
    share = np.repeat(common, days) // counts
    place = cell[starts][firsts]
    _put(cells, place, num=np.add.reduceat(sums * share, firsts), den=common * days, n=days)
    cells.how.reshape(-1)[place] = 1
    cells.review.reshape(-1)[place] = np.minimum.reduceat(read.review[here], starts[firsts])
    return cells


def _samples(read: Readings, row: Longs, shape: tuple[int, int]) -> Cells:
    """Mean of what people sampled."""
    here = np.flatnonzero(read.ok & ~read.automatic)
    cells = _nothing(shape)
    if len(here):
        cell = row[here] * shape[1] + read.parameter[here]
        starts = _starts(cell)
        counts = np.diff(np.append(starts, len(here)))
        _put(cells, cell[starts], num=np.add.reduceat(read.value[here], starts), den=counts, n=counts)
        cells.how.reshape(-1)[cell[starts]] = 2
        cells.review.reshape(-1)[cell[starts]] = np.minimum.reduceat(read.review[here], starts)
    return cells


def _nothing(shape: tuple[int, int]) -> Cells:
    num, den, n = (np.zeros(shape, np.int64) for _ in range(3))
    return Cells(num, den, n, how=np.zeros(shape, np.int8), review=np.full(shape, NO_REVIEW, np.int8))


def _put(cells: Cells, place: Longs, *, num: Longs, den: Longs, n: Longs) -> None:
    cells.num.reshape(-1)[place], cells.den.reshape(-1)[place], cells.n.reshape(-1)[place] = num, den, n


def _starts(*keys: Longs) -> Longs:
    """Return where a run of equal keys begins."""
    fresh = np.zeros(len(keys[0]), bool)
    fresh[0] = True
    for key in keys:
        fresh[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(fresh)


def _seconds(table: pa.Table) -> tuple[Longs, NDArray[np.bool_]] | None:
    kind = table["time"].type
    if pa.types.is_date(kind):
        return arrow.whole(table["time"].cast(pa.date32())) * _DAY, arrow.validity(table["time"])
    if not pa.types.is_timestamp(kind) or kind.tz is not None:
        return None
    try:
        seconds = table["time"].cast(pa.timestamp("s"))
    except pa.ArrowInvalid:
        return None
    return arrow.whole(seconds), arrow.validity(seconds)


def _one_rule(months: Longs, lawbook: Lawbook) -> WaterRules | None:
    """Return the rules of all months, None where they differ or judge by something these columns do not hold."""
    ends = [month_period(int(month)).end for month in months]
    if not ends:
        return None
    rules = lawbook.on(ends[0])
    kinds = dict.fromkeys(rules.kinds.values())
    for end in ends[1:]:
        if lawbook.on(end) != rules or any(
            lawbook.limits(end, kind) != lawbook.limits(ends[0], kind) for kind in kinds
        ):
            return None
    return None if rules.oxygen is not None or not _same_inside(ends, rules, lawbook) else rules


def _same_inside(ends: list[date], rules: WaterRules, lawbook: Lawbook) -> bool:
    """Say whether the days of the months know the same items: a month is judged by its last day."""
    return all(lawbook.on(end.replace(day=1)).items == rules.items for end in ends)


def _coded(table: pa.Table, name: str) -> tuple[NDArray[np.int32], list[str]]:
    """Return a text column as codes, -1 for what it lacks."""
    if name not in table.column_names or pa.types.is_null(table[name].type):
        return np.full(table.num_rows, -1, np.int32), []
    place, words = arrow.codes(table[name])
    return place, [str(word) for word in words]


def _measured(table: pa.Table, rules: WaterRules) -> tuple[Longs, NDArray[np.bool_], Longs] | None:
    """Return values in millionths times q, where they are, and the place of the reason in `Absent` where not."""
    share = rules.detection_share
    micro, there = arrow.micro_of(table["value"])
    place, words = _coded(table, "absent")
    if not set(filter(None, words)) <= set(_REASONS):
        return None
    order = np.array([_REASONS.index(word) if word else -1 for word in words] + [-1], np.int64)[place]
    below = order == _REASONS.index(Absent.BELOW_DETECTION.value)
    limit, limited = np.zeros(len(micro), np.int64), np.zeros(len(micro), bool)
    if "detection_limit" in table.column_names:
        limit, limited = arrow.micro_of(table["detection_limit"])
    ok = np.where(below, limited, (order < 0) & there)
    top = max(float(np.abs(micro).max(initial=0)), float(np.abs(limit).max(initial=0)))
    if top * share.denominator * len(micro) > ROOM:
        return None
    value = np.where(below, limit * share.numerator, micro * share.denominator)
    reason = np.where(order < 0, _REASONS.index(Absent.NOT_REPORTED.value), order)
    return np.where(ok, value, 0), ok, reason


def _reviews(table: pa.Table) -> Longs:
    place, words = _coded(table, "review")
    rank = [Review(word).rank if word else NO_REVIEW for word in words] + [NO_REVIEW]
    found: Longs = np.array(rank, np.int64)[place]
    return found
