"""What the hours that remain of today may still bring so that the day keeps a level. 今日剩余小时限值。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.rounding import fixed
from qingce.evaluate.air.rules import AQI, STATISTICS, AqiItem, DayItem, aqi_rules, day_rules
from qingce.outlook.quotas.quota import Quota, ozone_today_quota
from qingce.outlook.verdict import bound_of

__all__ = ["shared_today_quota", "today_quotas"]

HOURS = 24


def today_quotas(
    hours: pa.Table, subjects: Mapping[str, Sequence[str]], *, day: date, passed: int, upto: int, catalog: Catalog
) -> tuple[Quota, ...]:
    """Return for each subject and quantity what the remaining hours of `day` may be so that its index is ≤ `upto`.

    `hours` are the hourly observations (site, parameter, time, value) of the day; a subject is one site or a region's
    assessed sites; `passed` counts the hours over. The breakpoints and the rounding before the index are those of the
    method in force on the day; `part` is `subject/quantity`. Ozone, a maximum of running means, is told for single
    sites only. Raises QC105, QC401, and QC404 for an index that is no breakpoint.
    """
    known = _by_site(hours, day, passed)
    rules = aqi_rules(catalog.method(AQI, day=day))
    items = {item.quantity: item for item in day_rules(catalog.method(STATISTICS, day=day)).items}
    found = []
    for subject, sites in subjects.items():
        for item in rules.day:
            series = [known[site, item.parameter] for site in sites if (site, item.parameter) in known]
            if series and item.quantity in items:
                quota = _of_item(item, items[item.quantity], series, ceiling=_breakpoint(item, upto), passed=passed)
                found += [replace(quota, part=f"{subject}/{item.quantity}")] if quota else []
    return tuple(found)


def shared_today_quota(
    sites: Sequence[tuple[Fraction, int]],
    *,
    remaining: int,
    ceiling: Fraction,
    step: Decimal | None,
    unit: str = "ug/m3",
    decimals: int = 1,
) -> Quota:
    """Return what the remaining hours may average at every site so that the mean of the sites' days keeps a ceiling.

    `sites` are (sum, number) of the valid hours so far; for one site it is `today_quota`. Raises QC401.
    """
    counted = [(total, done) for total, done in sites if done + remaining]
    if not counted or remaining < 0:
        raise complain("QC401", words={"reason": f"sites={len(sites)}, remaining={remaining}"})
    bound = bound_of(ceiling, "<=", step)
    rule = "strict" if step is None else "rounded"
    done = max(number for _, number in counted)
    sure = sum((total / (number + remaining) for total, number in counted), Fraction(0)) / len(counted)
    if not remaining:
        state, text = (
            ("safe", "今日已结束，保持在该级别") if bound.accepts(sure) else ("lost", "今日已结束，超过该级别")
        )
        return Quota("hours", rule, state, done, 0, None, bound.inclusive, "<=", unit, text)
    weight = sum((Fraction(remaining, number + remaining) for _, number in counted), Fraction(0)) / len(counted)
    rest = replace(bound, value=(bound.value - sure) / weight)
    state, text = "lost", "今日已不可能保持在该级别"
    if rest.accepts(0):
        shown = fixed(rest.value, decimals)
        state, text = "open", f"剩余 {remaining} 小时均值 {rest.sign} {shown}"
    return Quota("hours", rule, state, done, remaining, rest.value, rest.inclusive, "<=", unit, text)


def _by_site(hours: pa.Table, day: date, passed: int) -> dict[tuple[str, str], list[Fraction | None]]:
    """Return the hours so far of each site and parameter, None where there is no value."""
    start = datetime.combine(day, time())
    found: dict[tuple[str, str], list[Fraction | None]] = {}
    for row in hours.select(["site", "parameter", "time", "value"]).to_pylist():
        offset = row["time"] - start
        hour = offset.days * HOURS + offset.seconds // 3600
        if 0 <= hour < passed:
            values = found.setdefault((str(row["site"]), str(row["parameter"])), [None] * passed)
            values[hour] = None if row["value"] is None else Fraction(row["value"])
    return found


def _of_item(
    item: AqiItem, judged: DayItem, series: Sequence[Sequence[Fraction | None]], *, ceiling: Fraction, passed: int
) -> Quota | None:
    step = None if item.decimals is None else Decimal(1).scaleb(-item.decimals)
    decimals = 1 + (item.decimals or 0)
    left = HOURS - passed
    if judged.verb == "mean":
        sums = [_summed(values) for values in series]
        return shared_today_quota(sums, remaining=left, ceiling=ceiling, step=step, decimals=decimals)
    if judged.verb == "window_maximum" and len(series) == 1:
        return ozone_today_quota(
            series[0],
            remaining=left,
            window=judged.window,
            at_least=judged.window_at_least,
            ceiling=ceiling,
            step=step,
            decimals=decimals,
        )
    return None


def _summed(values: Sequence[Fraction | None]) -> tuple[Fraction, int]:
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)), len(known)


def _breakpoint(item: AqiItem, upto: int) -> Fraction:
    """Return the concentration at which an item's index is exactly `upto`."""
    points = dict(_points(item))
    if upto not in points:
        allowed = "、".join(str(index) for index in points)
        raise complain("QC404", words={"key": f"AQI {item.quantity}", "value": upto, "allowed": allowed})
    return points[upto]


def _points(item: AqiItem) -> Iterator[tuple[int, Fraction]]:
    for point, index in zip(item.scale.points, item.scale.index, strict=True):
        yield index, Fraction(point, item.scale.unit)
