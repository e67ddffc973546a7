"""Hours to days of sites and areas to the index: loops over whole numbers, compiled; no standard's number. 编译的核。

Import this module through `jit.kernels_for`. All functions that call each other stand in this one file: their kept
machine code is renewed when the file changes. A block is time-major; the inner loop runs over sites.

A site's value of a day is `num / (scale · common)`, with common = n for a mean: `AreaJob.share[n]` takes every count
to one denominator, so that a city's sum is exact.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qingce.evaluate.kernels.jit import compiled

__all__ = [
    "MAXIMUM",
    "MEAN",
    "NONE",
    "WINDOW_MAXIMUM",
    "AreaDays",
    "AreaJob",
    "DayRule",
    "IndexOut",
    "IndexRules",
    "LivePart",
    "SiteDays",
    "Values",
    "area_days",
    "area_means",
    "indices",
    "live_day",
    "site_days",
]

Whole = NDArray[np.integer]
Codes = NDArray[np.int8]
Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]

MEAN, MAXIMUM, WINDOW_MAXIMUM = 0, 1, 2
NONE = -1
_HOURS = 24
_NOTHING_SAID = 127


class DayRule(NamedTuple):
    """How a quantity's hours become a day: `weights[count]` of a window; limits per day (denominator 0: none).

    A day below its `at_least` counts (hours, or windows) is good when num · limit_den > limit_num. `weights` has the
    type that sums are kept in; `lowest` lies below every weighted sum.
    """

    verb: int
    missing: object
    at_least: int
    window: int
    window_at_least: int
    ends: tuple[int, int]
    weights: Whole
    lowest: int
    limit_num: Longs
    limit_den: Longs
    too_few: int
    not_there: int


class SiteDays(NamedTuple):
    """Results `[day, site]`: sum, largest hour or weighted largest window; count; 0 or why not."""

    num: Whole
    n: Whole
    state: Codes


class AreaJob(NamedTuple):
    """Which sites make an area: slots `starts[a]:starts[a+1]`, each a column, member on some days; what an area needs.

    `needed[total[day, area]]` sites must be valid, else the area is short, and refused when `refuse`. `loud[state]`
    says which reason speaks first. `share[n]` takes a site's sum to the common denominator; `excluded` is empty, or
    `[day, site]`.
    """

    columns: NDArray[np.int32]
    starts: NDArray[np.int32]
    members: Bools
    total: Longs
    needed: Longs
    refuse: bool
    loud: Codes
    share: Longs
    review: Codes
    excluded: Bools
    too_few: int
    not_there: int
    event: int


class AreaDays(NamedTuple):
    """Results `[area, day]`: the exact sum over the common denominator, of how many sites, why not, lowest review."""

    num: Longs
    n: Longs
    state: Codes
    review: Codes
    short: Bools


class Values(NamedTuple):
    """Quantities `[quantity, cell]`: num / den where ok, else the reason."""

    num: Longs
    den: Longs
    ok: Bools
    reason: Codes


class LivePart(NamedTuple):
    """One quantity of all subjects on one day: num / den where ok, of how many, why not, lowest review."""

    num: Longs
    den: Longs
    ok: Bools
    n: Longs
    reason: Codes
    review: Codes


class IndexRules(NamedTuple):
    """One edition of the index, an item a row: breakpoints in 1 / `unit`, rounding to 1 / `step` (0: none) first.

    `hold` keeps the last index above the last breakpoint. `quantity` and `waived` are rows of `Values` (-1: none).
    """

    points: Longs
    parts: Longs
    length: Longs
    unit: Longs
    step: Longs
    hold: Bools
    quantity: Longs
    waived: Longs
    cap: int
    incomplete_above: int
    primary_above: int
    exceeding_above: int
    event: int


class IndexOut(NamedTuple):
    """Sub-indices `[item, cell]`, and by cell: index of what is there, first missing reason, index, two bit masks."""

    iaqi: NDArray[np.int32]
    best: Longs
    missing: Codes
    aqi: Longs
    primary: Longs
    exceeding: Longs


@compiled
def _mean(block: Any, missing: Any, out: Any) -> None:
    """Sum and count the hours of one day."""
    num, n = out
    num[:] = 0
    n[:] = 0
    for hour in range(block.shape[0]):
        for site in range(block.shape[1]):
            value = block[hour, site]
            there = value != missing
            num[site] += value if there else 0
            n[site] += there


@compiled
def _maximum(block: Any, missing: Any, out: Any) -> None:
    """Take the largest hour of one day and count the hours."""
    num, n = out
    num[:] = 0
    n[:] = 0
    for hour in range(block.shape[0]):
        for site in range(block.shape[1]):
            value = block[hour, site]
            there = value != missing
            better = there & ((n[site] == 0) | (value > num[site]))
            num[site] = value if better else num[site]
            n[site] += there


@compiled
def _step(row: Any, missing: Any, sums: Any) -> None:
    """Let one hour enter the running sums."""
    total, count, some = sums
    for site in range(row.shape[0]):
        there = row[site] != missing
        total[site] += row[site] if there else 0
        count[site] += there
        some[site] += there


@compiled
def _leave(row: Any, missing: Any, sums: Any) -> None:
    """Let one hour leave the running sums."""
    total, count, _ = sums
    for site in range(row.shape[0]):
        there = row[site] != missing
        total[site] -= row[site] if there else 0
        count[site] -= there


@compiled
def _window(block: Any, rule: Any, work: Any) -> None:
    """Take the largest weighted sum of the windows of one day and count the valid ones."""
    best, windows, total, count, some = work
    best[:] = rule.lowest
    windows[:] = 0
    total[:] = 0
    count[:] = 0
    some[:] = 0
    for hour in range(block.shape[0]):
        _step(block[hour], rule.missing, (total, count, some))
        if hour >= rule.window:
            _leave(block[hour - rule.window], rule.missing, (total, count, some))
        if rule.ends[0] <= hour + 1 <= rule.ends[1]:
            for size in range(rule.window_at_least, rule.window + 1):
                weight = rule.weights[size]
                for site in range(best.shape[0]):
                    hit = count[site] == size
                    scaled = total[site] * weight
                    best[site] = scaled if hit & (scaled > best[site]) else best[site]
                    windows[site] += hit
    for site in range(best.shape[0]):
        best[site] = best[site] if windows[site] > 0 else 0


@compiled
def _day(block: Any, rule: Any, work: Any) -> None:
    """Reduce one day of hours by the verb of the rule into the first two arrays; hours are counted in the last."""
    num, n, _, _, some = work
    if rule.verb == WINDOW_MAXIMUM:
        _window(block, rule, work)
        return
    if rule.verb == MEAN:
        _mean(block, rule.missing, (num, n))
    else:
        _maximum(block, rule.missing, (num, n))
    some[:] = n


@compiled
def _states(day: Any, rule: Any, row: Any) -> None:
    """Judge the validity of one day's values."""
    num, n, some, state = row
    top, bottom = rule.limit_num[day], rule.limit_den[day]
    for site in range(num.shape[0]):
        good = n[site] >= rule.at_least
        if bottom > 0 and n[site] > 0:
            good = good or np.int64(num[site]) * bottom > top
        state[site] = 0 if good else (rule.too_few if some[site] > 0 else rule.not_there)


@compiled
def _area_day(day: Any, job: Any, rows: Any) -> None:
    """Add one day's valid sites up by area."""
    num, n, state, review, out = rows
    for area in range(job.starts.shape[0] - 1):
        total, count, loudest, said, lowest = np.int64(0), 0, _NOTHING_SAID, job.not_there, _NOTHING_SAID
        for slot in range(job.starts[area], job.starts[area + 1]):
            if not job.members[day, slot]:
                continue
            site = job.columns[slot]
            why = state[site]
            if why == 0 and job.excluded.shape[0] > 0 and job.excluded[day, site]:
                why = job.event
            if why == 0:
                total += np.int64(num[site]) * job.share[n[site]]
                count += 1
                lowest = min(lowest, review[site])
            elif job.loud[why] < loudest:
                loudest, said = job.loud[why], why
        short = count < job.needed[job.total[day, area]]
        refused = short and job.refuse
        if refused and count > 0 and said != job.event:
            said = job.too_few
        good = count > 0 and not refused
        out.num[area, day] = total if good else 0
        out.n[area, day] = count
        out.state[area, day] = 0 if good else said
        out.review[area, day] = lowest if good else _NOTHING_SAID
        out.short[area, day] = short and count > 0


@compiled
def _work(sites: Any, kind: Any) -> tuple[Whole, ...]:
    """Make room for one day."""
    return (
        np.zeros(sites, kind.dtype),
        np.zeros(sites, kind.dtype),
        np.zeros(sites, kind.dtype),
        np.zeros(sites, kind.dtype),
        np.zeros(sites, kind.dtype),
    )


@compiled
def site_days(plane: Any, rule: Any, out: Any) -> None:
    """Reduce every day of a block `[hour, site]` into `out`."""
    work = _work(plane.shape[1], rule.weights)
    for day in range(plane.shape[0] // _HOURS):
        _day(plane[day * _HOURS : (day + 1) * _HOURS], rule, work)
        out.num[day] = work[0]
        out.n[day] = work[1]
        _states(day, rule, (work[0], work[1], work[4], out.state[day]))


@compiled
def area_days(plane: Any, task: Any, out: Any) -> None:
    """Reduce every day of a block to sites and at once to areas; `task` is (rule, job)."""
    rule, job = task
    sites = plane.shape[1]
    work = _work(sites, rule.weights)
    state = np.zeros(sites, np.int8)
    for day in range(plane.shape[0] // _HOURS):
        _day(plane[day * _HOURS : (day + 1) * _HOURS], rule, work)
        _states(day, rule, (work[0], work[1], work[4], state))
        _area_day(day, job, (work[0], work[1], state, job.review[day], out))


@compiled
def area_means(sites: Any, job: Any, out: Any) -> None:
    """Add sites' values `[time, site]`, already whole numbers over one denominator, up by area."""
    for day in range(sites.num.shape[0]):
        _area_day(day, job, (sites.num[day], sites.n[day], sites.state[day], job.review[day], out))


@compiled
def _told(hours: Any, state: Any, out: Any) -> None:
    """Let a site without any hour keep the reason that was told; find the lowest review of its hours."""
    reason, review = hours
    sites, some = out
    why, lowest = sites.reason, sites.review
    why[:] = 0
    lowest[:] = _NOTHING_SAID
    for hour in range(reason.shape[0]):
        for site in range(reason.shape[1]):
            lowest[site] = min(lowest[site], review[hour, site])
            why[site] = max(why[site], reason[hour, site])
    for site in range(state.shape[0]):
        if state[site] == 0:
            why[site] = 0
            continue
        lowest[site] = _NOTHING_SAID
        if some[site] > 0 or why[site] == 0:
            why[site] = state[site]


@compiled
def live_day(hours: Any, task: Any, out: Any) -> None:
    """Reduce one day of one quantity to sites and areas; `hours` is (values, reason, review) `[hour, site]`."""
    rule, job, dens, unit = task
    sites, areas, days = out
    work = _work(hours[0].shape[1], rule.weights)
    state = np.zeros(hours[0].shape[1], np.int8)
    _day(hours[0], rule, work)
    _states(0, rule, (work[0], work[1], work[4], state))
    for site in range(state.shape[0]):
        sites.ok[site] = state[site] == 0
        sites.num[site] = work[0][site] if state[site] == 0 else 0
        sites.den[site] = dens[work[1][site]] if state[site] == 0 else 1
        sites.n[site] = work[1][site]
    _told((hours[1], hours[2]), state, (sites, work[4]))
    _area_day(0, job, (work[0], work[1], sites.reason, sites.review, days))
    for area in range(areas.num.shape[0]):
        good = days.state[area, 0] == 0
        areas.ok[area] = good
        areas.num[area] = days.num[area, 0]
        areas.den[area] = days.n[area, 0] * unit if good else 1
        areas.n[area] = days.n[area, 0]
        areas.reason[area] = days.state[area, 0]
        areas.review[area] = days.review[area, 0]


@compiled
def _sub_indices(values: Any, table: Any, out: Any) -> None:
    """Compute the sub-index of every value of one item: rounded first where asked, between breakpoints, up."""
    nums, dens, there = values
    points, parts, unit, step, hold = table
    last = points.shape[0] - 1
    for cell in range(nums.shape[0]):
        num, den = nums[cell], dens[cell]
        if not there[cell]:
            out[cell] = NONE
            continue
        if step > 0:
            scaled = num * step
            num = scaled // den
            twice = 2 * (scaled - num * den)
            if twice > den or (twice == den and num % 2 == 1):
                num += 1
            den = step
        num *= unit
        if num <= 0:
            out[cell] = parts[0]
            continue
        if num > den * points[last]:
            out[cell] = parts[last] if hold else NONE
            continue
        place = 0
        while num > den * points[place + 1]:
            place += 1
        bottom = den * (points[place + 1] - points[place])
        over = (num - den * points[place]) * (parts[place + 1] - parts[place])
        out[cell] = parts[place] + (over + bottom - 1) // bottom


@compiled
def _missing(values: Any, rules: Any, out: Any) -> None:
    """Find of every cell the reason of the first item that is missing."""
    out[:] = 0
    for item in range(rules.length.shape[0]):
        row, waived = rules.quantity[item], rules.waived[item]
        ok, reason, other = values.ok[row], values.reason[row], values.ok[max(waived, 0)]
        for cell in range(out.shape[0]):
            lacks = not ok[cell] and reason[cell] != rules.event and (waived < 0 or not other[cell])
            if out[cell] == 0 and lacks:
                out[cell] = reason[cell]


@compiled
def indices(values: Any, rules: Any, out: Any) -> None:
    """Compute sub-indices, index and leading items of every cell."""
    items = rules.length.shape[0]
    best, aqi, primary, exceeding = out.best, out.aqi, out.primary, out.exceeding
    best[:] = NONE
    for item in range(items):
        row, length = rules.quantity[item], rules.length[item]
        table = (
            rules.points[item, :length],
            rules.parts[item, :length],
            rules.unit[item],
            rules.step[item],
            rules.hold[item],
        )
        parts = out.iaqi[item]
        _sub_indices((values.num[row], values.den[row], values.ok[row]), table, parts)
        for cell in range(best.shape[0]):
            best[cell] = max(best[cell], parts[cell])
    _missing(values, rules, out.missing)
    for cell in range(best.shape[0]):
        best[cell] = min(best[cell], rules.cap)
        hidden = out.missing[cell] != 0 and best[cell] <= rules.incomplete_above
        aqi[cell] = NONE if hidden else best[cell]
    primary[:] = 0
    exceeding[:] = 0
    for item in range(items):
        parts, bit = out.iaqi[item], 1 << item
        for cell in range(best.shape[0]):
            leads = parts[cell] == aqi[cell] and aqi[cell] > rules.primary_above
            beyond = aqi[cell] != NONE and parts[cell] > rules.exceeding_above
            primary[cell] |= bit if leads else 0
            exceeding[cell] |= bit if beyond else 0
