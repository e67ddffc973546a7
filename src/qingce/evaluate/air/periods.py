"""The periods over which air is told: calendar, to date, rolling, means of years. 统计时段。

Which kinds there are, their months and what is unread of them stands in `data/methods` (family `air_periods`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.indicator_days import SubjectDays
from qingce.evaluate.air.indicators import Need, ask, need_of, value_row
from qingce.evaluate.air.rules import PeriodRules

__all__ = ["FAMILY", "PeriodKind", "Question", "answer", "kind_names", "kind_of", "needed_kind", "periods_of"]

FAMILY = "air_periods"
_ROLLING = re.compile(r"(?P<id>[a-z-]+)-(?P<count>[1-9]\d{0,3})(?P<days>d?)")
_YEAR = 12


@dataclass(frozen=True, slots=True)
class PeriodKind:
    """A kind of period: `verb` calendar | to_date | rolling | years, its length, the months it may start in.

    With `validity` "months" each calendar month inside must have its valid days, a window of n days `days_share` of n;
    without it a period that is neither a year nor a month is told and what lacks is noted.
    """

    id: str
    verb: str
    months: int
    days: int
    starts: tuple[int, ...]
    question: str
    validity: str = ""
    days_share: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a subject's days: whose they are, of which series, known up to when, under which editions."""

    days: SubjectDays
    scope: str
    scope_name: str
    series: str
    as_of: date
    catalog: Catalog
    edition: str = "auto"


def kind_names(catalog: Catalog, *, day: date) -> tuple[str, ...]:
    """Return the names of the kinds as they are asked for: `rolling` carries a number."""
    rows = catalog.method(FAMILY, day=day).tables["periods"]
    names = [(row.text("id"), row.text("verb")) for row in rows]
    return tuple(f"{name}-N|{name}-Nd" if verb == "rolling" else name for name, verb in names)


def kind_of(name: str, *, catalog: Catalog, day: date) -> PeriodKind | None:
    """Return the kind of period of a name such as `season` or `rolling-12`; None where there is none."""
    match = _ROLLING.fullmatch(name)
    for row in catalog.method(FAMILY, day=day).tables["periods"]:
        verb = row.one_of("verb", ("calendar", "to_date", "rolling", "years"))
        if verb == "rolling":
            if match is None or match["id"] != row.text("id"):
                continue
            count = int(match["count"])
            months, days = (0, count) if match["days"] else (count, 0)
        elif name != row.text("id"):
            continue
        else:
            months, days = row.whole("months"), 0
        starts = tuple(int(word) for word in row.cells["starts"].split())
        validity = row.one_of("validity", ("", "months")) if row.cells.get("validity") else ""
        share = Fraction(row.decimal("days_share")) if row.cells.get("days_share") else Fraction(0)
        return PeriodKind(name, verb, months, days, starts, row.cells["question"], validity, share)
    return None


def needed_kind(name: str, *, catalog: Catalog, day: date, medium: str, by: str = "", allowed: str = "") -> PeriodKind:
    """Return the kind of period of a name; raises QC254 where there is none, naming `allowed` and those there are."""
    kind = kind_of(name, catalog=catalog, day=day)
    if kind is None:
        names = allowed + "|".join(kind_names(catalog, day=day))
        raise complain("QC254", words={"medium": medium, "by": by, "period": name, "allowed": names})
    return kind


def periods_of(kind: PeriodKind, first: date, last: date) -> Iterator[Period]:
    """Yield the periods of a kind that touch the days; rolling ones only whole inside them, or the last one.

    Examples
    --------
    >>> season = PeriodKind("season", "calendar", 3, 0, (3, 6, 9, 12), "")
    >>> [str(one) for one in periods_of(season, date(2026, 1, 31), date(2026, 3, 1))]
    ['2025-12-01/2026-02-28', '2026-03-01/2026-05-31']
    """
    if kind.verb == "calendar":
        yield from _calendar(kind, first, last)
    elif kind.verb == "to_date":
        for month in _months(first, last):
            span = next(iter(_calendar(kind, month.start, month.start)))
            yield Period(span.start, month.end)
    elif kind.days:
        ends = [first + timedelta(step) for step in range((last - first).days + 1)]
        yield from _whole([Period(end - timedelta(kind.days - 1), end) for end in ends], first)
    else:
        ends = [month.end for month in _months(first, last)]
        if kind.verb == "years":
            ends = [date(year, 12, 31) for year in range(first.year, last.year + 1)]
            first = date(first.year, 1, 1)
        yield from _whole([Period(_back(end, kind.months), end) for end in ends], first.replace(day=1))


def answer(indicator: Indicator, asked: Question, *, kind: PeriodKind, period: Period) -> dict[str, object]:
    """Return the indicator over one period as the cells of a VALUE row; what is unread of the kind is noted."""
    row = (
        _of_years(indicator, asked, kind, period=period)
        if kind.verb == "years"
        else _of_days(indicator, asked, period, kind=kind)
    )
    if kind.question:
        row["note"] = "；".join(filter(None, (str(row["note"]), f"规则未核：{kind.question}")))
    return row


def _of_days(
    indicator: Indicator, asked: Question, period: Period, *, kind: PeriodKind | None = None
) -> dict[str, object]:
    question = ask(
        indicator, asked.days, period=period, as_of=asked.as_of, catalog=asked.catalog, edition=asked.edition
    )
    if kind is not None and kind.validity:
        question = replace(question, need=_need(kind, period, question.rules))
    return value_row(question, scope=asked.scope, scope_name=asked.scope_name, series=asked.series)


def _of_years(indicator: Indicator, asked: Question, kind: PeriodKind, *, period: Period) -> dict[str, object]:
    """Return the mean of the years' values; refused where one of the years has none."""
    years = [Period.year(period.end.year - back) for back in reversed(range(kind.months // _YEAR))]
    rows = [_of_days(indicator, asked, year) for year in years]
    without = [row for row in rows if row["exact"] is None]
    last = rows[-1]
    exact = None if without else sum((Fraction(str(row["exact"])) for row in rows), Fraction(0)) / len(rows)
    value = None if exact is None else round_gbt8170(exact, Decimal(1).scaleb(-_places(last["text"])))
    reason = str(without[0]["absent"]) if without else None
    told = [f"{row['period']} 年无有效值" for row in without] + [str(row["note"]) for row in rows if row["note"]]
    reviews = lowest(str(row["review"]) for row in rows if row["review"])
    return last | {
        "id": f"V:{indicator.id}:{asked.scope}:{period}:{asked.series}",
        "period": str(period),
        "value": value,
        "exact": None if exact is None else str(exact),
        "text": None if value is None else f"{value:f}",
        "n": sum(_whole_of(row, "n") for row in rows),
        "n_required": sum(_whole_of(row, "n_required") for row in rows),
        "absent": reason or (Absent.NOT_REPORTED.value if exact is None else None),
        "review": None if reviews is None else reviews.value,
        "method": _joined(rows, "method"),
        "limits": _joined(rows, "limits"),
        "start": period.start,
        "note": "；".join(dict.fromkeys(told)),
    }


def _need(kind: PeriodKind, period: Period, rules: PeriodRules) -> Need:
    """Return the valid days that a kind of period declares: then too few of them are an absence."""
    if kind.days:
        return Need(ceil(kind.days * kind.days_share), {}, enforced=True)
    return replace(need_of(period, rules), enforced=True)


def _places(text: object) -> int:
    """Return how many decimals a number is told in."""
    return len(str(text).partition(".")[2])


def _whole_of(row: Mapping[str, object], name: str) -> int:
    return int(str(row[name] or 0))


def _joined(rows: list[dict[str, object]], name: str) -> str:
    return "+".join(dict.fromkeys(word for row in rows for word in str(row[name] or "").split("+") if word))


def _calendar(kind: PeriodKind, first: date, last: date) -> Iterator[Period]:
    """Yield the spans of `months` months from each start that touch the days, those over the year's end too."""
    for year in range(first.year - 1, last.year + 1):
        for month in sorted(kind.starts):
            span = Period(date(year, month, 1), _ahead(date(year, month, 1), kind.months))
            if span.start <= last and span.end >= first:
                yield span


def _months(first: date, last: date) -> Iterator[Period]:
    day = first
    while day <= last:
        month = Period.month(day.year, day.month)
        yield month
        day = month.end + timedelta(1)


def _whole(windows: list[Period], first: date) -> list[Period]:
    return [window for window in windows if window.start >= first] or windows[-1:]


def _ahead(start: date, months: int) -> date:
    """Return the last day of `months` months that begin with `start`, the first of a month."""
    count = start.year * _YEAR + start.month - 1 + months
    return date(count // _YEAR, count % _YEAR + 1, 1) - timedelta(1)


def _back(end: date, months: int) -> date:
    """Return the first day of `months` months that finish with the month of `end`."""
    count = end.year * _YEAR + end.month - months
    return date(count // _YEAR, count % _YEAR + 1, 1)
