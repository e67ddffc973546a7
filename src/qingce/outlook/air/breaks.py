"""A station that moved: the level or the set of sites changed at once, so earlier years tell of another. 断点。"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from qingce.catalog.outlooks import History
from qingce.core.periods import Period
from qingce.outlook.models.past import Future, Past, month_of
from qingce.outlook.models.spread import Spread

__all__ = ["exchanged", "jump", "site_changes"]

_SURE = 3.0  # standard deviations of what months differ by anyway
_LEAST = 30  # days on either side
_SITE, _ASSESSED, _NAMED = "air_site", "评价点", 3


def jump(
    past: Past, future: Future, spread: Spread, *, quantity: str, history: History, declared: float = np.inf
) -> str:
    """Name the day on which the log of a quantity against a year before jumps further than months ever differ.

    `declared` is the variance of a month that the content gives: the jump itself is part of the pooled one, which may
    not hide it.
    """
    if quantity not in past.quantities:
        return ""
    row = past.quantities.index(quantity)
    days = np.arange(max(min(future.begin, past.last - history.level_days), past.start), past.last + 1)
    now = past.values[row, days - past.start]
    place = days - past.start - 365
    then = np.where(place >= 0, past.values[row, np.maximum(place, 0)], np.nan)
    both = (now > 0) & (then > 0)
    if both.sum() < 2 * _LEAST:
        return ""
    ratio, days = np.log(now[both] / then[both]), days[both]
    n = np.arange(_LEAST, ratio.size - _LEAST + 1)
    sums = np.cumsum(ratio)
    before, after = sums[n - 1] / n, (sums[-1] - sums[n - 1]) / (ratio.size - n)
    rough = spread.season[row][month_of(days) % 12].mean()
    error = np.sqrt(min(float(spread.month[row]), declared) * rough * 30 * (1 / n + 1 / (ratio.size - n)))
    score = np.abs(after - before) / error
    at = int(score.argmax())
    if score[at] < _SURE:
        return ""
    change = 100 * (np.exp(after[at] - before[at]) - 1)
    day = date(1970, 1, 1) + timedelta(int(days[n[at]]))
    return f"{day.isoformat()} 前后水平突变（较上年同期 {change:+.0f}%），可能是站点迁移，往年不宜直接类推"


def site_changes(days: Sequence[date], counts: Sequence[int | None], *, since: date) -> str:
    """Name the days from `since` on which the number of sites that count changed."""
    told = []
    known = [(day, count) for day, count in zip(days, counts, strict=True) if count]
    for (_, before), (day, after) in pairwise(known):
        if before != after and day >= since:
            told.append(f"{day.isoformat()} 起参评站点由 {before} 个变为 {after} 个")
    return "；".join(told[:2])


def exchanged(sites: Sequence[Mapping[str, object]], places: Collection[str], *, period: Period, as_of: date) -> str:
    """Name the assessed sites (rows of SITE) of some places that the list ends or begins in a period up to a day.

    A site that moved is one that ends and another that begins: their number, and often the level, stay.
    """
    told: dict[date, tuple[list[str], list[str]]] = {}
    for row in sites:
        if row["kind"] != _SITE or _ASSESSED not in str(row["roles"]) or not {row["city"], row["county"]} & {*places}:
            continue
        last, first = row["valid_until"], row["valid_from"]
        after = last + timedelta(1) if isinstance(last, date) else None
        for which, day in enumerate((after, first)):
            if isinstance(day, date) and period.start <= day <= as_of:
                told.setdefault(day, ([], []))[which].append(str(row["name"] or row["site"]))
    words = []
    for day, (gone, new) in sorted(told.items()):
        parts = [f"{word} {_names(names)}" for word, names in (("停用", gone), ("启用", new)) if names]
        words.append(f"{day.isoformat()} 起评价点{'，'.join(parts)}，往年不宜直接类推")
    return "；".join(words[-2:])


def _names(names: Sequence[str]) -> str:
    return "、".join(names[:_NAMED]) + (f"等 {len(names)} 个" if len(names) > _NAMED else "")
