"""What only shows when the cells are seen together: wrong unit of a column, doubles, missing months. 整体检查。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qingce.catalog.feeds import MedianRule
from qingce.core.rounding import as_decimal
from qingce.core.tables import SCALE
from qingce.observe.cells import Cells
from qingce.observe.numbers import OK

__all__ = ["Joined", "check_doubles", "check_medians", "join", "missing_months"]

Longs = NDArray[np.int64]
Codes = NDArray[np.int32]

_NAMED_SITES = 20


@dataclass(frozen=True)
class Joined:
    """The good cells of several frames on common numbers for site, parameter and span."""

    part: Codes
    cell: Codes
    site: Codes
    parameter: Codes
    span: Codes
    time: Longs
    sites: list[str]
    parameters: list[str]
    spans: list[str]

    def __len__(self) -> int:
        return len(self.cell)

    def at(self, keep: NDArray[np.bool_]) -> Joined:
        """Return some of the cells."""
        return Joined(
            self.part[keep], self.cell[keep], self.site[keep], self.parameter[keep], self.span[keep], self.time[keep],
            self.sites, self.parameters, self.spans,
        )  # fmt: skip


def check_medians(cells: Cells, medians: Mapping[str, MedianRule]) -> list[str]:
    """Refuse (QC214) or note the values of a column whose median tells of a wrong unit; our own check."""
    notes = []
    for place, rule in enumerate(cells.laid.rules):
        plausible = medians.get(rule.parameter.id)
        here = (cells.rule == place) & (cells.kind == OK) & (cells.problem == 0)
        count = int(here.sum())
        if plausible is None or count < plausible.at_least:
            continue
        middle = int(np.partition(cells.micro[here], count // 2)[count // 2])
        median = as_decimal(middle, 6) / SCALE
        if plausible.low <= median <= plausible.high:
            continue
        words: dict[str, object] = {
            "parameter": rule.parameter.zh, "median": f"{median.normalize():f}", "unit": rule.parameter.unit,
            "low": plausible.low, "high": plausible.high,
        }  # fmt: skip
        if plausible.action == "reject":
            cells.refuse((cells.rule == place), "QC214", words)
        notes.append(
            f"{cells.frame.file}：{words['parameter']}中位数 {words['median']} {words['unit']} 不在合理范围 "
            f"{plausible.low}–{plausible.high}，单位可能写错（本系统自设检查）"
        )
    return notes


def join(parts: Sequence[Cells]) -> Joined:
    """Put the good cells of all frames on common numbers."""
    sites: dict[str, int] = {}
    parameters: dict[str, int] = {}
    spans: dict[str, int] = {}
    codes: list[list[Codes]] = [[], [], [], [], []]
    times: list[Longs] = []
    for number, cells in enumerate(parts):
        good = cells.problem == 0
        whole = bool(good.all())
        chosen = np.arange(len(cells), dtype=np.int32) if whole else np.flatnonzero(good).astype(np.int32)
        site = _numbers(sites, cells.sites)
        parameter = _numbers(parameters, [rule.parameter.id for rule in cells.laid.rules])
        span = _numbers(spans, [rule.span for rule in cells.laid.rules])
        rule = cells.rule if whole else cells.rule[chosen]
        place = site[cells.site if whole else cells.site[chosen]]
        part = np.broadcast_to(np.int32(number), (len(chosen),))
        for column, values in zip(codes, (part, chosen, place, parameter[rule], span[rule]), strict=True):
            column.append(values)
        times.append(cells.time if whole else cells.time[chosen])
    part, cell, place, what, lasting = (_whole(column, np.int32) for column in codes)
    time = _whole(times, np.int64)
    return Joined(part, cell, place, what, lasting, time, list(sites), list(parameters), list(spans))


def check_doubles(joined: Joined, parts: Sequence[Cells]) -> tuple[NDArray[np.bool_], int]:
    """Return which cells stay and how many were collapsed; cells that contradict each other are refused (QC212)."""
    stay = np.ones(len(joined), bool)
    key = _packed(joined)
    ordered = np.sort(key)
    if not (ordered[1:] == ordered[:-1]).any():
        return stay, 0
    del ordered
    order = np.argsort(key, kind="stable")
    twin = np.flatnonzero(key[order][1:] == key[order][:-1])
    doubled = np.unique(np.concatenate([twin, twin + 1]))
    groups = np.split(doubled, np.flatnonzero(np.diff(key[order][doubled])) + 1)
    collapsed = 0
    for group in groups:
        members = order[group].tolist()
        facts = [_facts(joined, parts, member) for member in members]
        if len(set(facts)) == 1:
            stay[members[1:]] = False
            collapsed += len(members) - 1
            continue
        stay[members] = False
        _refuse_group(joined, parts, members)
    return stay, collapsed


def missing_months(joined: Joined) -> list[str]:
    """Note the months without any value between a site's first and last; not where most months have none."""
    if not len(joined):
        return []
    months = joined.time.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    months += joined.site.astype(np.int64) * 100_000
    pairs = np.unique(months)
    notes = []
    for site in np.unique(pairs // 100_000).tolist():
        here = pairs[pairs // 100_000 == site] % 100_000
        gaps = np.setdiff1d(np.arange(here.min(), here.max() + 1), here)
        if 0 < len(gaps) <= len(here):
            names = "、".join(str(month) for month in gaps.astype("datetime64[M]"))
            notes.append(f"{joined.sites[site]} 缺整月数据：{names}")
    more = len(notes) - _NAMED_SITES
    return notes[:_NAMED_SITES] + ([f"另有 {more} 个站点缺整月数据"] if more > 0 else [])


def _whole(pieces: list[NDArray[Any]], kind: type[np.signedinteger[Any]]) -> NDArray[Any]:
    return pieces[0] if len(pieces) == 1 else np.concatenate([np.zeros(0, kind), *pieces])


def _numbers(known: dict[str, int], names: Sequence[str]) -> Codes:
    """The common number of each name; one entry at least, for a frame without any."""
    return np.array([known.setdefault(name, len(known)) for name in names] or [0], np.int32)


def _packed(joined: Joined) -> Longs:
    """One number for (site, parameter, span, time); times are numbered when the whole would not fit in 63 bits."""
    packed = joined.site.astype(np.int64)
    packed *= max(len(joined.parameters), 1)
    packed += joined.parameter
    packed *= max(len(joined.spans), 1)
    packed += joined.span
    if not len(joined):
        return packed
    first, last = int(joined.time.min()), int(joined.time.max())
    time, length = joined.time - first, last - first + 1
    if (int(packed.max()) + 1) * length >= 2**63:
        steps, time = np.unique(joined.time, return_inverse=True)
        length = len(steps)
    packed *= length
    packed += time
    return packed


def _facts(joined: Joined, parts: Sequence[Cells], member: int) -> tuple[object, ...]:
    cells, cell = parts[joined.part[member]], joined.cell[member]
    flag = cells.flags[cells.flag[cell]] if cells.flags else ""
    review = cells.reviews[cells.review[cell]] if cells.reviews else ""
    return (
        int(cells.micro[cell]), int(cells.kind[cell]), int(cells.limit[cell]), int(cells.absent[cell]), flag, review
    )  # fmt: skip


def _refuse_group(joined: Joined, parts: Sequence[Cells], members: Sequence[int]) -> None:
    """Refuse every cell of a group, naming where the others stand and what they say."""
    told = []
    for member in members:
        cells, cell = parts[joined.part[member]], int(joined.cell[member])
        line = cells.frame.lines[int(cells.row[cell])].as_py()
        told.append(f"{cells.frame.place(line)} = {cells.texts[int(cells.text[cell])].as_py()}")
    for member in members:
        cells, cell = parts[joined.part[member]], int(joined.cell[member])
        cells.problems.append(("QC212", {"others": "；".join(told[:4])}))
        cells.problem[cell] = len(cells.problems) - 1
