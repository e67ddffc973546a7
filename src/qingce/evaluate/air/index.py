"""Sub-indices, index, level and primary pollutants of cells, by the edition in force on each day. 空气质量指数。

References
----------
[HJ633-2012]_ 4–5; [HJ633-2026]_ 4.2–4.4, 5.3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from qingce.core.absence import Absent
from qingce.evaluate.air.cells import Cell, code_of
from qingce.evaluate.air.compiled import index_fits, index_rules
from qingce.evaluate.air.input import HOURS, PRESENT, QUANTITIES, Codes, Longs
from qingce.evaluate.air.rules import AqiItem, AqiRules, Span
from qingce.evaluate.kernels.exact import Bools, rounded
from qingce.evaluate.kernels.index import NONE, greatest, leaders, sub_index
from qingce.evaluate.kernels.jit import kernels_for

__all__ = ["Index", "Judged", "index_of", "index_of_values", "judge"]

_THREADS = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """The index of cells: whole numbers, NONE where there is none; texts are places in `words`."""

    iaqi: Mapping[str, Longs]
    aqi: Longs
    level: Longs
    level_name: Longs
    primary: Longs
    exceeding: Longs
    reason: Codes
    edition: Longs
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Index:
    """The index under one edition; `primary` and `exceeding` are bit masks over the items of the report.

    `best` is the index of what is there, published or not; `reason` says why there is none to publish; `missing`
    is the reason of the first item that is missing.
    """

    iaqi: tuple[Longs, ...]
    best: Longs
    missing: Codes
    aqi: Longs
    primary: Longs
    exceeding: Longs
    reason: Codes

    def shaped(self, shape: tuple[int, ...]) -> Index:
        """Return the same cells in another shape."""
        rest = (getattr(self, part.name).reshape(shape) for part in fields(self)[1:])
        return Index(tuple(part.reshape(shape) for part in self.iaqi), *rest)


def index_of(cells: Mapping[str, Cell], rules: AqiRules, *, report: str) -> Index:
    """Compute the index of a report from its quantities; an absent one is handled as the edition declares.

    What was taken away as an exceptional event does not count as missing.
    """
    found = _compiled_index(cells, rules, report)
    if found is not None:
        return found
    items = rules.items(report)
    parts = [_sub_index(cells, item, rules) for item in items]
    best = np.minimum(greatest(parts), rules.cap)
    missing = _missing(cells, items)
    aqi = best
    if rules.incomplete_above is not None:
        aqi = np.where((missing != PRESENT) & (best <= rules.incomplete_above), NONE, best)
    there = aqi != NONE
    why = np.where(missing == PRESENT, code_of(Absent.EXCLUDED_EVENT), missing)
    above = rules.exceeding_above
    exceeding = np.zeros_like(aqi) if above is None else np.where(there, _exceeding(parts, above), 0)
    return Index(
        iaqi=tuple(parts),
        best=best,
        missing=missing,
        aqi=aqi,
        primary=leaders(parts, aqi, above=rules.primary_above),
        exceeding=exceeding,
        reason=np.where(there, PRESENT, why).astype(np.int8),
    )


def judge(
    spans: Sequence[Span[AqiRules]],
    cells: Callable[[Span[AqiRules], slice], Mapping[str, Cell]],
    *,
    report: str,
    shape: tuple[int, int],
    rows_of: Callable[[Span[AqiRules]], slice],
) -> Judged:
    """Compute the index of every row by the edition of its span; `cells` gives the quantities of a span's rows."""
    new = {name: np.full(shape, NONE, np.int64) for name in ("aqi", "level", "level_name", "primary", "exceeding")}
    edition, reason = np.zeros(shape, np.int64), np.full(shape, code_of(Absent.NOT_REPORTED), np.int8)
    iaqi = {name: np.full(shape, NONE, np.int64) for name in QUANTITIES}
    words = [""]
    for span in spans:
        rows = rows_of(span)
        index = index_of(cells(span, rows), span.rules, report=report)
        for item, part in zip(span.rules.items(report), index.iaqi, strict=True):
            iaqi[item.quantity][rows] = part
        new["aqi"][rows], reason[rows] = index.aqi, index.reason
        new["level"][rows], new["level_name"][rows] = _levels(index.aqi, span.rules, words)
        there = index.aqi != NONE
        names = [item.zh for item in span.rules.items(report)]
        new["primary"][rows] = np.where(there, _texts(index.primary, names, words), NONE)
        new["exceeding"][rows] = np.where(there, _texts(index.exceeding, names, words), NONE)
        edition[rows] = _place_of(span.rules.id, words)
    return Judged(iaqi=iaqi, reason=reason, edition=edition, words=words, **new)


def index_of_values(kernels: ModuleType, values: Any, record: Any) -> Index:
    """Compute the index of fractions laid out as the kernel wants them; flat, one element a cell."""
    items, size = len(record.length), values.num.shape[1]
    longs = [np.empty(size, np.int64) for _ in range(4)]
    out = kernels.IndexOut(np.empty((items, size), np.int32), longs[0], np.empty(size, np.int8), *longs[1:])
    kernels.indices(values, record, out)
    why = np.where(out.missing == PRESENT, record.event, out.missing)
    reason = np.where(out.aqi != NONE, PRESENT, why).astype(np.int8)
    return Index(tuple(out.iaqi), out.best, out.missing, out.aqi, out.primary, out.exceeding, reason)


def _compiled_index(cells: Mapping[str, Cell], rules: AqiRules, report: str) -> Index | None:
    """Return the index by the compiled kernel; None where it would not do."""
    names = tuple(cells)
    first = cells[names[0]].n
    kernels = kernels_for(first.size * HOURS)
    record = index_rules(kernels, rules, report, order=names) if kernels is not None and first.size else None
    wide = any(object in {cell.values.num.dtype, cell.values.den.dtype} for cell in cells.values())
    if kernels is None or record is None or wide:
        return None
    half = first.shape[0] // 2
    with ThreadPoolExecutor(_THREADS) as pool:  # the kernel lets go of the interpreter
        rows = (slice(None, half), slice(half, None))
        found = list(pool.map(partial(_part_index, kernels, record, cells=cells, items=rules.items(report)), rows))
    parts = [each for each in found if each is not None]
    return _beside(parts).shaped(first.shape) if len(parts) == len(found) else None


def _part_index(
    kernels: ModuleType, record: Any, rows: slice, *, cells: Mapping[str, Cell], items: Sequence[AqiItem]
) -> Index | None:
    """Return the index of some rows, flat; None where the whole numbers would not fit."""
    parts = [cell.values.at(rows) for cell in cells.values()]
    num, den = (np.stack([getattr(part, name).ravel() for part in parts]) for name in ("num", "den"))
    if not index_fits(items, int(np.abs(num).max(initial=0)), int(den.max(initial=1))):
        return None
    ok = np.stack([part.ok.ravel() for part in parts])
    reason = np.stack([cell.reason[rows].ravel() for cell in cells.values()])
    return index_of_values(kernels, kernels.Values(num, den, ok, reason), record)


def _beside(parts: Sequence[Index]) -> Index:
    """Put flat indices of consecutive rows together."""
    iaqi = tuple(np.concatenate(items) for items in zip(*(part.iaqi for part in parts), strict=True))
    return Index(iaqi, *(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Index)[1:]))


def _sub_index(cells: Mapping[str, Cell], item: AqiItem, rules: AqiRules) -> Longs:
    cell = cells[item.quantity]
    values = cell.values if item.decimals is None else rounded(cell.values, item.decimals)
    part = sub_index(values, item.scale, beyond=item.beyond)
    if not item.instead:
        return part
    other = _sub_index(cells, rules.substitutes[item.instead], rules)
    return np.where(cell.values.ok & (part == NONE), other, part)


def _missing(cells: Mapping[str, Cell], items: Sequence[AqiItem]) -> Codes:
    """Return the reason of the first item of the report that is missing; PRESENT where none is."""
    reason = np.zeros(cells[items[0].quantity].values.shape, np.int8)
    for item in reversed(items):
        cell = cells[item.quantity]
        here = ~cell.values.ok & (cell.reason != code_of(Absent.EXCLUDED_EVENT))
        if item.waived_by:
            here = here & ~cells[item.waived_by].values.ok
        reason = np.where(here, cell.reason, reason).astype(np.int8)
    return reason


def _exceeding(parts: Sequence[Longs], above: int) -> Longs:
    mask = np.zeros(parts[0].shape, np.int64)
    for bit, part in enumerate(parts):
        mask |= (part > above).astype(np.int64) << bit
    return mask


def _levels(aqi: Longs, rules: AqiRules, words: list[str]) -> tuple[Longs, Longs]:
    highs = np.array([level.high for level in rules.levels])
    numbers = np.array([level.level for level in rules.levels], np.int64)
    names = np.array([_place_of(level.zh, words) for level in rules.levels], np.int64)
    step = np.minimum(np.searchsorted(highs, aqi), len(highs) - 1)
    there: Bools = aqi != NONE
    return np.where(there, numbers[step], NONE), np.where(there, names[step], NONE)


def _texts(masks: Longs, names: Sequence[str], words: list[str]) -> Longs:
    """Turn bit masks over the names into places of their joined text."""
    kinds, inverse = np.unique(masks, return_inverse=True)
    places = []
    for kind in kinds:
        chosen = [name for bit, name in enumerate(names) if int(kind) >> bit & 1]
        places.append(_place_of(",".join(dict.fromkeys(chosen)), words))
    return np.array(places, np.int64)[inverse.reshape(masks.shape)]


def _place_of(word: str, words: list[str]) -> int:
    if word not in words:
        words.append(word)
    return words.index(word)
