"""The rows behind a target's chart and calendar: value, cumulative, last year's cumulative, allowed path. 序列。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal
from qingce.outlook import Quota
from qingce.thread.allowances.quotas import Months, Stretch, outlooks_of
from qingce.thread.figures import Daily, running, summed

__all__ = ["daily_series", "monthly_series"]

SeriesRow = dict[str, object]


def daily_series(
    target_id: str, indicator: Indicator, daily: Daily, *, stretch: Stretch, quota: Quota | None
) -> Iterator[SeriesRow]:
    """Yield one row a day of the period, the days ahead with the allowed path only.

    The allowed path is the cumulative figure if every day ahead is at the allowed mean; it ends at the target.
    """
    cumulative = dict(running(indicator, daily.within(stretch.behind)))
    last = _last_year(indicator, daily, stretch.period)
    path = _path(daily, stretch, quota)
    for day in stretch.period:
        value = daily.values.get(day) if day <= stretch.as_of else None
        yield {
            "target_id": target_id,
            "day": day,
            "value": _decimal(value),
            "cumulative": _decimal(cumulative.get(day)),
            "last_year": _decimal(last.get(day)),
            "allowed": _decimal(path.get(day)),
            "category": daily.levels.get(day) if day <= stretch.as_of else None,
        }


def monthly_series(
    target_id: str,
    sections: Sequence[str],
    months: Mapping[str, Months],
    *,
    grade: int | None,
    good: bool,
    stretch: Stretch,
    catalog: Catalog,
) -> Iterator[SeriesRow]:
    """Yield one row a month: share of sections within the class (`good`) or beyond it [%], and its cumulative.

    Without a `grade` each section is held to its own target's class.

    The category is the month's class where the scope is one section.
    """
    names = sorted({month for code in sections if code in months for month in months[code].classes})
    last = dict(_shares(sections, months, grade=grade, good=good, period=stretch.period.year_before(), catalog=catalog))
    for first, share in _shares(sections, months, grade=grade, good=good, period=stretch.behind, catalog=catalog):
        name = f"{first:%Y-%m}"
        held = [months[code] for code in sections if code in months and name in months[code].classes]
        held = [one for one in held if grade is not None or one.target is not None]
        classes = [one.classes[name] for one in held]
        within = sum(one.classes[name] <= (one.target or 0 if grade is None else grade) for one in held)
        counted = within if good else len(classes) - within
        yield {
            "target_id": target_id,
            "day": first,
            "value": _decimal(Fraction(100 * counted, len(classes))) if name in names and classes else None,
            "cumulative": _decimal(share),
            "last_year": _decimal(last.get(date(first.year - 1, first.month, 1))),
            "allowed": None,
            "category": str(classes[0]) if len(sections) == 1 and classes else None,
        }


def _shares(
    sections: Sequence[str],
    months: Mapping[str, Months],
    *,
    grade: int | None,
    good: bool,
    period: Period,
    catalog: Catalog,
) -> Iterator[tuple[date, Fraction]]:
    """Yield the share of sections within a class from the period's start to each of its months."""
    for month in range(period.start.month, period.end.month + 1):
        behind = Period(period.start, Period.month(period.start.year, month).end)
        found = outlooks_of(sections, months, grade=grade, stretch=Stretch(behind, behind.end), catalog=catalog)
        if found:
            failing = sum(outlook.failing for outlook in found)
            counted = len(found) - failing if good else failing
            yield date(period.start.year, month, 1), Fraction(100 * counted, len(found))


def _last_year(indicator: Indicator, daily: Daily, period: Period) -> dict[date, Fraction]:
    """Return last year's cumulative under this year's dates; 29 February has none."""
    found = {}
    for day, figure in running(indicator, daily.within(period.year_before())):
        if (day.month, day.day) != (2, 29):
            found[day.replace(year=day.year + 1)] = figure
    return found


def _path(daily: Daily, stretch: Stretch, quota: Quota | None) -> dict[date, Fraction]:
    if quota is None or quota.kind != "mean" or quota.allowed is None or quota.state != "open" or not stretch.ahead:
        return {}
    total, done = summed(daily.within(stretch.behind))
    days = enumerate(stretch.ahead, 1)
    start = {stretch.as_of: total / done} if done else {}
    return start | {day: (total + count * quota.allowed) / (done + count) for count, day in days}


def _decimal(value: Fraction | None) -> object:
    return None if value is None else as_decimal(value)
