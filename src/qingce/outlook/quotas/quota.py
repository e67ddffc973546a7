"""Remaining allowances 剩余允许值: exact, with the rounding the verdict will use.

Everything is a `Fraction`; `text` alone is rounded, for print. `N` of a mean or a share is always the valid periods
so far plus the remaining ones: a day deducted as exceptional leaves the sum and `N` together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pyarrow as pa

from qingce.core.errors import complain
from qingce.core.rounding import Exact, as_decimal, fixed
from qingce.core.tables import QUOTA
from qingce.outlook.verdict import Bound, bound_of

__all__ = [
    "Quota",
    "day_quota",
    "mean_quota",
    "ozone_today_quota",
    "percentile_quota",
    "quota_rows",
    "section_mean_quota",
    "section_quota",
    "today_quota",
]

LOST_ZH, SAFE_ZH = "目标已不可能实现", "目标已稳妥，不会再失守"


@dataclass(frozen=True, slots=True)
class Quota:
    """One remaining allowance. `allowed` is exact, None when nothing remains; `state` is open | lost | safe."""

    kind: str
    rule: str
    state: str
    done: int
    remaining: int
    allowed: Fraction | None
    inclusive: bool
    sense: str
    unit: str
    text: str
    series: str = ""
    part: str = ""

    @property
    def bound(self) -> Bound | None:
        """What the rest must keep to, None when nothing remains."""
        return None if self.allowed is None else Bound(self.allowed, self.inclusive, self.sense)


def mean_quota(
    total: Exact,
    *,
    done: int,
    remaining: int,
    target: Exact,
    comparator: str,
    step: Decimal | None,
    unit: str = "",
    decimals: int = 2,
    noun: str = "天",
    kind: str = "mean",
) -> Quota:
    """Return what the mean of the `remaining` periods may be [unit] so that the whole mean meets its target.

    `total` is the exact sum over the `done` valid periods. With `step` the whole mean is first rounded to it. Values
    are concentrations: never negative, with no upper end. Raises QC400 and QC401.

    References
    ----------
    [GBT8170-2008]_ clauses 3.2, 4.3.

    Examples
    --------
    >>> mean_quota(6341, done=151, remaining=214, target=39, comparator="<=", step=None).text
    '剩余 214 天均值 ≤ 36.89'
    >>> mean_quota(6341, done=151, remaining=214, target=39, comparator="<=", step=Decimal(1)).text
    '剩余 214 天均值 < 37.74'
    """
    _counts(done, remaining)
    bound = bound_of(target, comparator, step)
    rule = "strict" if step is None else "rounded"
    spare = bound.value * (done + remaining) - Fraction(total)
    if not remaining:
        met = bound.accepts(Fraction(total) / done)
        state, text = ("safe", "时段已结束，达标") if met else ("lost", "时段已结束，未达标")
        return Quota(kind, rule, state, done, 0, None, bound.inclusive, bound.sense, unit, text)
    rest = replace(bound, value=spare / remaining)
    state, text = "open", f"剩余 {remaining} {noun}均值 {rest.sign} {fixed(rest.value, decimals)}"
    zero = rest.accepts(0)
    if bound.sense == "<=" and not zero:
        state, text = "lost", f"剩余 {remaining} {noun}即使为零也超标，{LOST_ZH}"
    if bound.sense == ">=" and zero:
        state, text = "safe", f"剩余 {remaining} {noun}即使为零也达标，{SAFE_ZH}"
    return Quota(kind, rule, state, done, remaining, rest.value, rest.inclusive, rest.sense, unit, text)


def day_quota(
    bad: int,
    *,
    done: int,
    remaining: int,
    target: Exact,
    comparator: str,
    step: Decimal | None,
    counts: str = "good_share",
    noun: str = "超标日",
) -> Quota:
    """Return how many more bad days the target leaves, all remaining days being valid.

    `counts` says what the target limits: `good_share` (share of days that are not bad [%], a floor), `bad_share`
    [%] or `bad_count` [d] (caps), `good_count` (days that are not bad [d], a floor). Raises QC400 and QC401.

    Examples
    --------
    >>> day_quota(26, done=151, remaining=214, target=80, comparator=">=", step=None).text
    '还可有 47 个超标日（剩余 214 天）'
    """
    _counts(done, remaining)
    if not 0 <= bad <= done:
        raise complain("QC401", words={"reason": f"bad={bad}, done={done}"})
    bound = _count_bound(bound_of(target, comparator, step), counts)
    allowed = _most(bound, counts, done + remaining) - bad
    rule = "strict" if step is None else "rounded"
    state, text = "open", f"还可有 {allowed} 个{noun}（剩余 {remaining} 天）"
    if allowed < 0:
        state, text = "lost", f"已超出 {-allowed} 个{noun}，{LOST_ZH}"
    elif not remaining:
        state, text = "safe", "时段已结束，达标"
    elif allowed >= remaining:
        state, text = "safe", f"剩余 {remaining} 天全为{noun}也达标，{SAFE_ZH}"
    return Quota("days", rule, state, done, remaining, Fraction(allowed), True, "<=", "d", text)


def percentile_quota(over: int, *, done: int, remaining: int, percent: Exact, noun: str = "超标日") -> Quota:
    """Return how many more days may lie over the level so that the percentile of all days surely does not.

    `over` days of the `done` ones lie over it. The bound is sufficient: above it the percentile may still be saved by
    how little the days next to its rank lie over, so nothing is called lost. Raises QC401.

    References
    ----------
    [HJ663-2013]_ annex A.6: rank k = 1 + (n − 1)·p, neighbours interpolated.

    Examples
    --------
    >>> percentile_quota(20, done=300, remaining=65, percent=90).text
    '超标日再不多于 16 个即可确保达标（剩余 65 天）'
    """
    _counts(done, remaining)
    if not 0 <= over <= done:
        raise complain("QC401", words={"reason": f"over={over}, done={done}"})
    total = done + remaining
    most = total - ceil(1 + (total - 1) * Fraction(percent) / 100)
    allowed = most - over
    state, text = "open", f"{noun}再不多于 {allowed} 个即可确保达标（剩余 {remaining} 天）"
    if allowed < 0:
        text = f"{noun}已比可确保达标的 {most} 个多 {-allowed} 个（剩余 {remaining} 天）"
    elif allowed >= remaining:
        state, text = "safe", f"剩余 {remaining} 天全为{noun}也达标，{SAFE_ZH}"
    return Quota("days", "strict", state, done, remaining, Fraction(allowed), True, "<=", "d", text)


def section_quota(
    total: int,
    *,
    failing: int,
    target: Exact,
    comparator: str,
    step: Decimal | None,
    counts: str = "good_share",
    certain: int = 0,
    secured: int = 0,
) -> Quota:
    """Return how many of `total` sections may fail; `failing` fail to date, `certain` for good, `secured` never will.

    Raises QC400 and QC401.

    Examples
    --------
    >>> section_quota(6, failing=0, target=80, comparator=">=", step=None).text
    '6 个断面最多可有 1 个不达标；目前 0 个'
    """
    _counts(failing, total - failing)
    if not 0 <= certain <= failing or not 0 <= secured <= total - failing:
        raise complain("QC401", words={"reason": f"failing={failing}, certain={certain}, secured={secured}"})
    bound = _count_bound(bound_of(target, comparator, step), counts)
    most = _most(bound, counts, total)
    rule = "strict" if step is None else "rounded"
    state, text = "open", f"{total} 个断面最多可有 {max(most, 0)} 个不达标；目前 {failing} 个"
    if failing > most >= 0:
        text += f"，须有 {failing - most} 个转好"
    if certain > most:
        state, text = "lost", f"{text}，其中 {certain} 个已无法转好，{LOST_ZH}"
    elif total - secured <= most:
        state, text = "safe", f"{text}，{SAFE_ZH}"
    return Quota("sections", rule, state, failing, total - failing, Fraction(most), True, "<=", "sections", text)


def section_mean_quota(
    total: Exact,
    *,
    done: int,
    remaining: int,
    limit: Exact,
    bound: str = "le",
    step: Decimal | None = None,
    unit: str = "mg/L",
    decimals: int = 2,
    part: str = "",
) -> Quota:
    """Return what one factor of one section may average [unit] in the remaining months to keep its class.

    `total` is the sum of the `done` monthly means; `bound` is `le` for a cap, `ge` for a floor such as dissolved
    oxygen. Raises QC401.

    Examples
    --------
    >>> section_mean_quota(Decimal("10.40"), done=10, remaining=2, limit=Decimal("1.0")).text
    '剩余 2 个月均值 ≤ 0.80'
    """
    quota = mean_quota(
        total,
        done=done,
        remaining=remaining,
        target=limit,
        comparator=">=" if bound == "ge" else "<=",
        step=step,
        unit=unit,
        decimals=decimals,
        noun="个月",
        kind="section_mean",
    )
    return replace(quota, part=part)


def today_quota(
    total: Exact,
    *,
    done: int,
    remaining: int,
    ceiling: Exact,
    step: Decimal | None,
    unit: str = "ug/m3",
    decimals: int = 1,
) -> Quota:
    """Return what the remaining hours of today may average [unit] so that the day stays at or below a level's end.

    `total` is the sum over the `done` valid hours; `step` is the rounding of the concentration before the index,
    None where the edition of the method rounds nothing. Raises QC401.

    References
    ----------
    [HJ633-2026]_ clauses 4.2.2, 4.2.3.

    Examples
    --------
    >>> today_quota(15 * 66, done=15, remaining=9, ceiling=60, step=Decimal(1)).text
    '剩余 9 小时均值 ≤ 51.3'
    """
    return mean_quota(
        total,
        done=done,
        remaining=remaining,
        target=ceiling,
        comparator="<=",
        step=step,
        unit=unit,
        decimals=decimals,
        noun="小时",
        kind="hours",
    )


def ozone_today_quota(
    hours: Sequence[Exact | None],
    *,
    remaining: int,
    window: int,
    at_least: int,
    ceiling: Exact,
    step: Decimal | None,
    unit: str = "ug/m3",
    decimals: int = 1,
) -> Quota:
    """Return the level [unit] that, held in each remaining hour, keeps every running mean of the day at or below.

    `hours` are the hours so far (None = missing); all windows of `window` hours wholly within the day with
    `at_least` valid hours count. Raises QC401.
    """
    _counts(len(hours), remaining)
    bound = bound_of(ceiling, "<=", step)
    levels, over, judged = [], False, False
    for known, ahead in _windows(hours, remaining, window):
        count, summed = len(known) + ahead, sum(known, Fraction(0))
        if count < at_least:
            continue
        judged = True
        if ahead:
            levels.append((bound.value * count - summed) / ahead)
        else:
            over |= not bound.accepts(summed / count)
    level = min(levels, default=None)
    over |= level is not None and not replace(bound, value=level).accepts(0)
    state, text = "safe", "余下小时不再影响，今日不会超过该级别"
    if over:
        state, text = "lost", "今日已不可能保持在该级别"
    elif level is not None:
        state, text = "open", f"剩余 {remaining} 小时每小时 {bound.sign} {fixed(level, decimals)}"
    elif not judged:
        state, text = "open", "有效小时不足，不能判定"
    rule = "strict" if step is None else "rounded"
    return Quota("hours", rule, state, len(hours), remaining, level, bound.inclusive, "<=", unit, text)


def quota_rows(target_id: str, quotas: Iterable[Quota]) -> pa.Table:
    """Put quotas of one target into rows of QUOTA."""
    rows = [
        {
            "target_id": target_id,
            "kind": quota.kind,
            "rule": quota.rule,
            "state": quota.state,
            "done": quota.done,
            "remaining": quota.remaining,
            "allowed": None if quota.allowed is None else as_decimal(quota.allowed),
            "exact": "" if quota.allowed is None else str(quota.allowed),
            "inclusive": quota.inclusive,
            "unit": quota.unit,
            "text": quota.text,
            "series": quota.series,
            "part": quota.part,
        }
        for quota in quotas
    ]
    return pa.Table.from_pylist(rows, schema=QUOTA)


def _counts(done: int, remaining: int) -> None:
    if done < 0 or remaining < 0 or not done + remaining:
        raise complain("QC401", words={"reason": f"done={done}, remaining={remaining}"})


def _count_bound(bound: Bound, counts: str) -> Bound:
    wanted = {"good_share": ">=", "bad_share": "<=", "bad_count": "<=", "good_count": ">="}
    if wanted.get(counts) != bound.sense:
        words: dict[str, object] = {
            "comparator": bound.sense, "what": f"计数 {counts}", "allowed": " ".join(sorted(set(wanted.values()))),
        }  # fmt: skip
        raise complain("QC400", words=words)
    return bound


def _most(bound: Bound, counts: str, total: int) -> int:
    """Return the largest number of bad ones among `total` that the bound accepts; negative if even none is too many."""
    limits = {
        "good_share": total * (1 - bound.value / 100),
        "bad_share": total * bound.value / 100,
        "bad_count": bound.value,
        "good_count": total - bound.value,
    }
    limit = limits[counts]
    return min(floor(limit) if bound.inclusive else ceil(limit) - 1, total)


def _windows(hours: Sequence[Exact | None], remaining: int, window: int) -> Iterator[tuple[list[Fraction], int]]:
    """Yield each running window of the day as its known values and how many of its hours are still ahead."""
    for first in range(len(hours) + remaining - window + 1):
        past = hours[first : first + window]
        yield [Fraction(value) for value in past if value is not None], window - len(past)
