"""Periods of the field: hour, day, month, quarter, year, windows over the year end, five-year plans. 时段。"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from qingce.core.errors import complain

__all__ = ["Period", "five_year_plan", "five_year_plan_of", "last_day_of", "parse_period"]

_FIVE_YEAR = {"十": 2001, "十一": 2006, "十二": 2011, "十三": 2016, "十四": 2021, "十五": 2026, "十六": 2031}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole days from `start` to `end`, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise complain("QC107", words={"key": "period", "value": str(self), "expected": "start <= end"})

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    @property
    def kind(self) -> str:
        """day, month, quarter, year, or window for anything else."""
        if self.start == self.end:
            return "day"
        if self.start.day != 1 or self.end + timedelta(1) != _first_after(self.end):
            return "window"
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        named = {1: "month", 3: "quarter" if self.start.month % 3 == 1 else "window"}
        return named.get(months, "year" if months == 12 and self.start.month == 1 else "window")

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __iter__(self) -> Iterator[date]:
        """Yield each day."""
        return (self.start + timedelta(i) for i in range(self.days))

    def until(self, day: date) -> Period:
        """Cut the end to `day`; raises QC107 if nothing is left."""
        return Period(self.start, min(self.end, day))

    def year_before(self, years: int = 1) -> Period:
        """Return the same dates of an earlier year; 29 February becomes the 28th, a month's end stays one."""
        return Period(_shift(self.start, -years), _shift(self.end, -years))

    def __str__(self) -> str:
        """`2026-05-31`, `2026-05`, `2026-Q2`, `2026`, or `start/end`."""
        kind, first = self.kind, self.start
        if kind == "day":
            return first.isoformat()
        if kind == "month":
            return f"{first:%Y-%m}"
        if kind == "quarter":
            return f"{first.year}-Q{(first.month + 2) // 3}"
        return str(first.year) if kind == "year" else f"{first.isoformat()}/{self.end.isoformat()}"

    @classmethod
    def year(cls, year: int) -> Period:
        """Return a calendar year."""
        return cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """Return a calendar month."""
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        """Return a calendar quarter, 1 to 4."""
        return cls(date(year, 3 * quarter - 2, 1), cls.month(year, 3 * quarter).end)

    @classmethod
    def season(cls, year: int, first: tuple[int, int], last: tuple[int, int]) -> Period:
        """Return a yearly window (month, day)–(month, day) that begins in `year` and may cross the year end.

        Examples
        --------
        >>> str(Period.season(2025, (11, 1), (3, 31)))
        '2025-11-01/2026-03-31'
        """
        start = date(year, *first)
        end_year = year if last >= first else year + 1
        return cls(start, date(end_year, last[0], min(last[1], calendar.monthrange(end_year, last[0])[1])))


def five_year_plan(name: str) -> Period:
    """Return the years of a five-year plan by its short name 十四五; raises QC110 for another name."""
    bare = re.sub(r"[“”\"《》\s]|时期|规划|期间", "", name)
    key = bare.removesuffix("五")
    if not bare.endswith("五") or key not in _FIVE_YEAR:
        allowed = "、".join(f"{k}五" for k in _FIVE_YEAR)
        raise complain("QC110", words={"name": name, "what": "五年规划", "allowed": allowed})
    first = _FIVE_YEAR[key]
    return Period(date(first, 1, 1), date(first + 4, 12, 31))


def five_year_plan_of(year: int) -> Period:
    """Return the years of the five-year plan that a year lies in.

    Examples
    --------
    >>> str(five_year_plan_of(2025))
    '2021-01-01/2025-12-31'
    """
    first = year - (year - _FIVE_YEAR["十"]) % 5
    return Period(date(first, 1, 1), date(first + 4, 12, 31))


def parse_period(text: str) -> Period:
    """Read `2026`, `2026-Q2`, `2026-05`, `2026-05-31` or `A/B`; raises QC107 for anything else.

    Examples
    --------
    >>> parse_period("2026-01/2026-05").days
    151
    """
    if "/" in text:
        first, _, last = text.partition("/")
        return Period(parse_period(first).start, parse_period(last).end)
    match = re.fullmatch(r"(\d{4})(?:-Q([1-4])|-(\d{2})(?:-(\d{2}))?)?", text.strip())
    try:
        if match is None:
            raise ValueError(text)
        year, quarter, month, day = (int(part) if part else 0 for part in match.groups())
        if quarter:
            return Period.quarter(year, quarter)
        if day:
            return Period(date(year, month, day), date(year, month, day))
        return Period.month(year, month) if month else Period.year(year)
    except ValueError as error:
        expected = "2026 | 2026-Q2 | 2026-05 | 2026-05-31 | A/B"
        raise complain("QC107", words={"key": "period", "value": text, "expected": expected}) from error


def last_day_of(deadline: str) -> date:
    """Return the last day that a plan's deadline means: `2025` is 2025-12-31, an interval ends with its end."""
    return parse_period(deadline).end


def _first_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _shift(day: date, years: int) -> date:
    year = day.year + years
    last = calendar.monthrange(year, day.month)[1]
    is_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, day.month, last if is_end and day.month == 2 else min(day.day, last))
