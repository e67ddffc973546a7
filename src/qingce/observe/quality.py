"""How whole the data are: expected and received, gaps, stuck instruments, jumps. Our own signs, no verdict. 数据质量。

A stuck run is the same value for at least as many values on end as `feeds/plausible.csv` declares; a jump is a step
between two neighbouring values beyond the declared one. Both are our own heuristics, marked so; they change no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.feeds import StuckRule
from qingce.core.rounding import as_decimal
from qingce.core.tables import SCALE
from qingce.observe.numbers import micro_of

__all__ = ["BACK", "QUALITY", "quality", "quality_whole", "reach"]

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

QUALITY = pa.schema([
    ("site", pa.string()), ("parameter", pa.string()), ("span", pa.string()), ("month", pa.string()),
    ("expected", pa.int64()), ("received", pa.int64()), ("valid", pa.int64()), ("share_text", pa.string()),
    ("longest_gap", pa.int64()), ("stuck_runs", pa.int64()), ("negative", pa.int64()), ("jumps", pa.int64()),
    ("note", pa.string()),
])  # fmt: skip
"""One row a site, parameter, span and month; counts are values of that span, `longest_gap` too."""

_STEPS = {"PT1H": 3600, "PT4H": 4 * 3600, "P1D": 24 * 3600}
BACK = timedelta(seconds=max(_STEPS.values()))
"""How much of what goes before a month tells whether a run or a jump begins in it."""
_HEURISTIC = "自设检查，非标准"


class _Series(NamedTuple):
    """One site, parameter and span on its grid: `slot` counts spans from the first month's start."""

    slot: Longs
    valid: Bools
    micro: Longs
    months: Longs
    """The month of each slot of the grid, as months since 1970."""


def quality(
    observations: pa.Table, *, hours: int | None = None, stuck: Mapping[str, StuckRule] | None = None
) -> pa.Table:
    """Return the QUALITY table of observations with a regular span (hourly, four-hourly, daily).

    `hours` sets one length of a stuck run for every parameter; else `stuck` (a recipe's rules) says it.
    """
    rules = stuck or {}
    regular = observations.filter(pc.is_in(observations["span"], value_set=pa.array(sorted(_STEPS))))
    if not regular.num_rows:
        return QUALITY.empty_table()
    keys = [regular[name].combine_chunks().dictionary_encode() for name in ("site", "parameter", "span")]
    codes = [key.indices.to_numpy(zero_copy_only=False).astype(np.int64) for key in keys]
    words = [key.dictionary.to_pylist() for key in keys]
    packed = (codes[0] * len(words[1]) + codes[1]) * len(words[2]) + codes[2]
    time = regular["time"].cast(pa.int64()).combine_chunks().to_numpy(zero_copy_only=False)
    micro = micro_of(regular["value"].combine_chunks())
    has_value = pc.is_valid(regular["value"]).to_numpy()
    valid = has_value & pc.is_null(regular["absent"]).to_numpy()
    order = np.lexsort((time, packed))
    cuts = np.flatnonzero(np.diff(packed[order])) + 1
    rows: list[dict[str, object]] = []
    for group in np.split(order, cuts):
        first = group[0]
        site, parameter, span = (words[i][codes[i][first]] for i in range(3))
        series = _series(time[group], _STEPS[span], valid=valid[group], micro=micro[group])
        rule = rules.get(parameter)
        run = hours * 3600 // _STEPS[span] if hours else (rule.repeats if rule else 0)
        jump = int(rule.jump * SCALE) if rule and rule.jump is not None else 0
        head = {"site": site, "parameter": parameter, "span": span}
        rows.extend(head | month for month in _months(series, run=run, jump=jump))
    return pa.Table.from_pylist(rows, QUALITY)


def reach(stuck: Mapping[str, StuckRule]) -> timedelta:
    """Return how much of what follows a month tells whether a run that begins in it is long enough."""
    return BACK * max((rule.repeats for rule in stuck.values()), default=1)


def quality_whole(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Put the rows of QUALITY of single months together as `quality` tells them of all observations at once.

    A month between the first and the last of a series that nothing was told of had no value. Rows come by site,
    parameter, span and month.
    """
    series: dict[tuple[str, ...], dict[str, Mapping[str, object]]] = {}
    for row in rows:
        key = tuple(str(row[name]) for name in ("site", "parameter", "span"))
        series.setdefault(key, {})[str(row["month"])] = row
    found: list[dict[str, object]] = []
    for key, told in sorted(series.items()):
        head = dict(zip(("site", "parameter", "span"), key, strict=True))
        months = np.arange(np.datetime64(min(told), "M"), np.datetime64(max(told), "M") + 1)
        found += [dict(told[str(month)]) if str(month) in told else head | _empty(month, key[2]) for month in months]
    return found


def _empty(month: np.datetime64, span: str) -> dict[str, object]:
    """Return the facts of a month without any value."""
    first = np.array([month.astype("datetime64[s]").astype(np.int64)])
    whole = _series(first, _STEPS[span], valid=np.zeros(1, bool), micro=np.zeros(1, np.int64))
    nothing = np.zeros(0, np.int64)
    return next(_months(whole._replace(slot=nothing, valid=nothing.astype(bool), micro=nothing), run=0, jump=0))


def _series(time: Longs, step: int, *, valid: Bools, micro: Longs) -> _Series:
    """Lay the values on the grid of whole months that they span; a time off the grid takes its slot."""
    month = time.astype("datetime64[s]").astype("datetime64[M]")
    start = month[0].astype("datetime64[s]").astype(np.int64)
    end = (month[-1] + 1).astype("datetime64[s]").astype(np.int64)
    grid = np.arange(start, end, step)
    months = grid.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return _Series((time - start) // step, valid, micro, months)


def _months(series: _Series, *, run: int, jump: int) -> Iterator[dict[str, object]]:
    size = len(series.months)
    received, valid = np.bincount(series.slot, minlength=size), np.zeros(size, bool)
    valid[series.slot[series.valid]] = True
    value = np.zeros(size, np.int64)
    value[series.slot[series.valid]] = series.micro[series.valid]
    present = received > 0
    starts = _runs(value, valid, run) if run > 1 else np.zeros(0, np.int64)
    steps = np.flatnonzero(valid[1:] & valid[:-1] & (np.abs(np.diff(value)) > jump)) + 1 if jump else starts[:0]
    months, firsts = np.unique(series.months, return_index=True)
    for month, first, last in zip(months, firsts, [*firsts[1:], size], strict=True):
        here = slice(first, last)
        expected, good = int(last - first), int(valid[here].sum())
        stuck, jumps = _within(starts, first, last), _within(steps, first, last)
        negative = int((valid[here] & (value[here] < 0)).sum())
        yield {
            "month": str(np.datetime64(int(month), "M")),
            "expected": expected,
            "received": int(present[here].sum()),
            "valid": good,
            "share_text": f"{as_decimal(_percent(good, expected), 1)}%",
            "longest_gap": _longest_gap(valid[here]),
            "stuck_runs": stuck,
            "negative": negative,
            "jumps": jumps,
            "note": _note(stuck, jumps, run=run),
        }


def _percent(part: int, whole: int) -> Fraction:
    return Fraction(100 * part, whole)


def _runs(value: Longs, valid: Bools, length: int) -> Longs:
    """Return where a run of at least `length` equal valid values on end begins."""
    same = np.zeros(len(value), bool)
    same[1:] = valid[1:] & valid[:-1] & (value[1:] == value[:-1])
    begins = np.flatnonzero(valid & ~same)
    counts = np.add.reduceat(np.concatenate([same, [False]]), begins) + 1 if len(begins) else begins
    found: Longs = begins[counts >= length] if len(begins) else begins
    return found


def _longest_gap(valid: Bools) -> int:
    edges = np.flatnonzero(np.concatenate([[True], valid, [True]]))
    return int(np.diff(edges).max() - 1)


def _within(places: Longs, first: int, last: int) -> int:
    return int(((places >= first) & (places < last)).sum())


def _note(stuck: int, jumps: int, *, run: int) -> str:
    words = []
    if stuck:
        words.append(f"{stuck} 段连续 {run} 个以上同值")
    if jumps:
        words.append(f"{jumps} 处突变")
    return f"{'；'.join(words)}（{_HEURISTIC}）" if words else ""
