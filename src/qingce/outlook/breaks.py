"""A station that moved: the level or the set of sites changed at once, so earlier years tell of another. 断点。"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from qingce.catalog.outlooks import History
from qingce.outlook.models.past import Future, Past, month_of
from qingce.outlook.models.spread import Spread

__all__ = ["jump", "site_changes"]

_SURE = 3.0  # standard deviations of what months differ by anyway
_LEAST = 30  # days on either side


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
