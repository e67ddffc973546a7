"""The slow way for what stands on air days: periods, changes, ranks, trends, exceedances. Numbers from the notes."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.air import LEVELS, even, iaqi

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
    whole = math.lcm(*(value.denominator for value in values))
    ordered = sorted(values, key=lambda value: value.numerator * (whole // value.denominator))
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


def printed(value: Fraction | None, decimals: int) -> str | None:
    """A value as it is printed; None where there is none."""
    return None if value is None else f"{float(even(value, decimals)):.{decimals}f}"


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


def meets(days: Mapping[date, Mapping[str, Fraction]], first: date, last: date, *, edition: int) -> bool | None:
    """Whether every pollutant, rounded for compliance (co to tenths, the rest whole), keeps class II."""
    found = []
    for quantity, limit in LIMITS[edition].items():
        value = statistic(days, first, last, quantity=quantity)
        if value is None:
            return None
        found.append(even(value, 1 if quantity == "co" else 0) <= limit)
    return all(found)


CRITICAL = {
    5: "0.900", 6: "0.829", 7: "0.714", 8: "0.643", 9: "0.600", 10: "0.564", 12: "0.506", 14: "0.456", 16: "0.425",
    18: "0.399", 20: "0.377", 22: "0.359", 24: "0.343", 26: "0.329", 28: "0.317", 30: "0.306",
}  # fmt: skip


def trend(values: Sequence[Fraction]) -> tuple[Fraction, str | None]:
    """Spearman's coefficient with mean ranks, and what the annex says of it."""
    count = len(values)
    squares = Fraction(0)
    for time, value in enumerate(values, 1):
        below = sum(other < value for other in values)
        equal = sum(other == value for other in values)
        rank = below + Fraction(sum(range(1, equal + 1)), equal)
        squares += (time - rank) ** 2
    rs = 1 - Fraction(6) * squares / (count**3 - count)
    if not 5 <= count <= 30:
        return rs, None
    bound = Fraction(CRITICAL[max(n for n in CRITICAL if n <= count)])
    return rs, "无显著变化" if abs(rs) < bound else "显著上升" if rs > 0 else "显著下降"


DAILY_LIMITS = {
    2012: {"so2": 150, "no2": 80, "co": 4, "o3_8h": 160, "pm10": 150, "pm2_5": 75},
    2026: {"so2": 150, "no2": 80, "co": 4, "o3_8h": 160, "pm10": 120, "pm2_5": 60},
    2031: {"so2": 50, "no2": 50, "co": 4, "o3_8h": 160, "pm10": 100, "pm2_5": 50},
}
ANNUAL_PERCENTILE = {"so2": 98, "no2": 98, "co": 95, "o3_8h": 90, "pm10": 95, "pm2_5": 95}


def edition_on(day: date) -> int:
    """Which limits hold on a day."""
    return 2012 if day < date(2026, 3, 1) else 2026 if day < date(2031, 1, 1) else 2031


def exceeding(days: Mapping[date, Mapping[str, Fraction]], first: date, last: date) -> dict[tuple[date, str], Fraction]:
    """(day, pollutant) above its daily limit → multiple to two places."""
    found = {}
    for day, row in days.items():
        for name, value in row.items():
            limit = DAILY_LIMITS[edition_on(day)][name]
            rounded = even(value, 1 if name == "co" else 0)
            if first <= day <= last and rounded > limit:
                found[day, name] = even((rounded - limit) / limit, 2)
    return found


def met_year(days: Mapping[date, Mapping[str, Fraction]], year: int) -> dict[tuple[str, str], tuple[Fraction, bool]]:
    """(pollutant, statistic) → value rounded for compliance and whether it keeps its limit; all days are there."""
    limits, annual = DAILY_LIMITS[edition_on(date(year, 12, 31))], LIMITS[edition_on(date(year, 12, 31))]
    found = {}
    for name, percent in ANNUAL_PERCENTILE.items():
        values = [row[name] for day, row in days.items() if day.year == year and name in row]
        told = even(percentile(values, percent), 1 if name == "co" else 0)
        found[name, f"p{percent}"] = (told, told <= limits[name])
        if name not in ("co", "o3_8h"):
            told = even(sum(values, Fraction(0)) / len(values), 0)
            found[name, "mean"] = (told, told <= annual[name])
    return found


def converted(name: str, day: date, value: Fraction) -> Fraction:
    """A gas of the old state at the reference state, to six places."""
    if name.startswith("pm") or day >= date(2018, 9, 1):
        return value
    return even(value * Fraction(27315, 29815), 6)


def tally(days: Mapping[date, Mapping[str, Fraction]], taken: set[date]) -> dict[str, object]:
    """Days by level and primary pollutant of one series; particles of the days `taken` are left out, not missing.

    The quantities are those of the daily report: so2 no2 co o3_8h pm10 pm2_5 (o3 is waived by o3_8h).
    """
    levels, primary, heavy, n = dict.fromkeys(range(1, 7), 0), dict.fromkeys(LIMITS[2012], 0), [], 0
    for day in sorted(days):
        row = {q: v for q, v in days[day].items() if not (day in taken and q.startswith("pm"))}
        edition = 2012 if day < date(2026, 3, 1) else 2026
        parts = {}
        for name, value in row.items():
            part = iaqi("o3" if name == "o3_8h" else name, "8h" if name == "o3_8h" else "24h", value, edition)
            if part is not None:
                parts[name] = part
        best = max(parts.values(), default=None)
        if best is None:
            continue
        whole = all(name in row or (day in taken and name in days[day]) for name in LIMITS[2012])
        if not whole and best <= 100:
            continue
        n += 1
        number = next(level for high, level, _ in LEVELS if best <= high)
        levels[number] += 1
        if number >= 5:
            heavy.append(day.isoformat())
        for name, part in parts.items():
            primary[name] += best > 50 and part == best
    return {"n": n, "levels": levels, "primary": primary, "heavy": " ".join(heavy)}
