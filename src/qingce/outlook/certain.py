"""What is already decided whatever comes: lost, safe, or a period that can no longer be valid. 已定之局。"""

from __future__ import annotations

import numpy as np

from qingce.outlook.air.simulate import AirCase, quantities_of, statistic
from qingce.outlook.members import RESOLUTION, accepted
from qingce.outlook.question import Question
from qingce.outlook.verdict import one_sided

__all__ = ["BEYOND", "certain", "never_valid"]

BEYOND = 10**6 * RESOLUTION  # no concentration reaches a million: every coming day at its worst


def certain(case: AirCase, question: Question) -> str:
    """Return `lost`, `safe` or `open`: every statistic of the air only grows or only falls with the concentrations.

    So the two ends decide: nothing at all on every coming day, and more than any scale on every coming day.
    """
    target = question.target_value
    if target is None or isinstance(target, tuple):
        return "open"
    comparator = one_sided(question.comparator, question.indicator.direction)
    ends = [
        accepted(
            statistic(case, dict.fromkeys(quantities_of(case), np.full((1, case.ahead.size), level, np.int64))),
            target,
            comparator,
            step=question.step,
        )
        for level in (0, BEYOND)
    ]
    met = [bool(end[0]) for end in ends]
    return "safe" if all(met) else "open" if any(met) else "lost"


def never_valid(case: AirCase) -> str:
    """Say why the whole period cannot have enough valid days even if every coming day is valid; empty if it can.

    References
    ----------
    [HJ663-2013]_ table 1, [HJ663-2026]_ (valid days of a year and of its months).
    """
    asked, period = case.asked, case.asked.period
    if period.kind not in ("year", "month"):
        return ""
    most = case.count + case.ahead.size
    if period.kind == "year" and most < asked.rules.year:
        return f"全年有效日至多 {most} 天，少于要求的 {asked.rules.year} 天，年值将无效"
    coming = set(case.ahead.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64).tolist())
    first = (period.start.year - 1970) * 12 + period.start.month - 1
    for month in range(first, first + (12 if period.kind == "year" else 1)):
        need = asked.rules.february if month % 12 == 1 else asked.rules.month
        have = int((case.months == month).sum())
        if month not in coming and have < need and asked.as_of > period.start:
            return f"{month % 12 + 1} 月有效日 {have} 天，少于要求的 {need} 天，值将无效"
    return ""
