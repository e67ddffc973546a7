"""The slow way for what stands on air days: periods, changes, ranks, trends, exceedances. Numbers from the notes."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from oracle.air import even

__all__ = ["mean_over", "month_end", "percentile", "period_of", "rolling"]


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def period_of(kind: str, day: date) -> tuple[date, date]:
    """The calendar period of a kind that a day stands in."""
    year, month = day.year, day.month
    if kind == "month":
        return date(year, month, 1), month_end(year, month)
    if kind == "quarter":
        first = {1: 1, 2: 1, 3: 1, 4: 4, 5: 4, 6: 4, 7: 7, 8: 7, 9: 7}.get(month, 10)
        return date(year, first, 1), month_end(year, first + 2)
    if kind == "half-year":
        return (date(year, 1, 1), date(year, 6, 30)) if month <= 6 else (date(year, 7, 1), date(year, 12, 31))
    if kind == "season":
        if month in (12, 1, 2):
            start = year if month == 12 else year - 1
            return date(start, 12, 1), month_end(start + 1, 2)
        first = 3 if month < 6 else 6 if month < 9 else 9
        return date(year, first, 1), month_end(year, first + 2)
    if kind == "ytd":
        return date(year, 1, 1), month_end(year, month)
    return date(year, 1, 1), date(year, 12, 31)


def rolling(months: int, last_month: tuple[int, int]) -> tuple[date, date]:
    """The window of `months` months that closes with a month, stepping back one month at a time."""
    year, month = last_month
    end = month_end(year, month)
    for _ in range(months - 1):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return date(year, month, 1), end


def percentile(values: Sequence[Fraction], percent: int) -> Fraction:
    """k = 1 + (n - 1) p of the sorted values, neighbours interpolated."""
    ordered = sorted(values)
    place = Fraction((len(ordered) - 1) * percent, 100)
    low = place.numerator // place.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def mean_over(
    days: Mapping[date, Fraction], first: date, last: date, *, statistic: Callable[[Sequence[Fraction]], Fraction]
) -> tuple[Fraction | None, int]:
    """A statistic of the daily values between two days, and how many there are."""
    found = []
    day = first
    while day <= last:
        if day in days:
            found.append(days[day])
        day += timedelta(1)
    return (statistic(found) if found else None), len(found)


def told(value: Fraction | None, decimals: int) -> Fraction | None:
    """A value rounded half to even, or None."""
    return None if value is None else even(value, decimals)


def change(unit: str, now: Fraction, last: Fraction) -> str:
    """How the change against last year is told, from the two published values."""
    if now == last:
        return "持平"
    if unit in ("%", "d"):
        size = even(abs(now - last), 1 if unit == "%" else 0)
        number = f"{float(size):.1f}个百分点" if unit == "%" else f"{int(size)}天"
    else:
        size = even(abs(now - last) / last * 100, 1)
        number = f"{float(size):.1f}%"
    if size == 0:
        return "持平"
    up, down = ("增加", "减少") if unit == "d" else ("上升", "下降")
    return (up if now > last else down) + number


def places(values: Sequence[Fraction]) -> list[int]:
    """1-1-3: one more than those strictly better."""
    return [1 + sum(other < value for other in values) for value in values]


def improvement(now: Fraction, last: Fraction) -> Fraction:
    """R in per cent to two places."""
    return even((now - last) / last * 100, 2)


LIMITS = {
    2012: {"so2": 60, "no2": 40, "pm10": 70, "pm2_5": 35, "co": 4, "o3_8h": 160},
    2026: {"so2": 60, "no2": 40, "pm10": 60, "pm2_5": 30, "co": 4, "o3_8h": 160},
    2031: {"so2": 20, "no2": 30, "pm10": 50, "pm2_5": 25, "co": 4, "o3_8h": 160},
}
WEIGHTS = {"so2": 1, "no2": 2, "pm10": 1, "pm2_5": 3, "co": 1, "o3_8h": 2}


def statistic(
    days: Mapping[date, Mapping[str, Fraction]], first: date, last: date, *, quantity: str
) -> Fraction | None:
    """The value of a pollutant over a period that the composite index takes."""
    values = {day: row[quantity] for day, row in days.items() if quantity in row}
    percent = {"co": 95, "o3_8h": 90}.get(quantity)
    found, _ = mean_over(
        values, first, last,
        statistic=lambda got: percentile(got, percent) if percent else sum(got, Fraction(0)) / len(got),
    )  # fmt: skip
    return found


def composite(
    days: Mapping[date, Mapping[str, Fraction]], first: date, last: date, *, edition: int, weighted: bool = False
) -> tuple[Fraction | None, dict[str, Fraction]]:
    """The composite index and its single indices, each to two places before the sum; None where one lacks."""
    parts = {}
    for quantity, limit in LIMITS[edition].items():
        value = statistic(days, first, last, quantity=quantity)
        if value is None:
            return None, {}
        parts[quantity] = even(value / limit, 2) * (WEIGHTS[quantity] if weighted else 1)
    return sum(parts.values(), Fraction(0)), parts
