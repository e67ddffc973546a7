"""Readings of points of any medium, exact, with the point each belongs to. 点位与读数。"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import REVIEW_ZH, Absent, lowest
from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.core.periods import Period
from qingce.core.tables import SCALE
from qingce.evaluate.long_rows import LongRows

__all__ = [
    "Point",
    "Reading",
    "asked_for",
    "by_span",
    "by_time",
    "commonest",
    "means_of",
    "period_of",
    "points_of",
    "read_points",
    "review_of",
]

_NEEDED = ("site", "parameter", "time", "value")
_PERIODS = ("day", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading [inside unit]; `value` None with the reason why; `below` the detection `limit`."""

    site: str
    parameter: str
    time: datetime
    span: str
    value: Fraction | None
    below: bool
    limit: Fraction | None
    reason: str
    review: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point 点位: its name, what decides its limits, where it lies, and the class it must keep."""

    site: str
    name: str
    category: str = ""
    city: str = ""
    city_name: str = ""
    target: int | None = None


def read_points(
    table: pa.Table, *, medium: str, items: Collection[str], also: Collection[str] = (), catalog: Catalog
) -> list[Reading]:
    """Read the parameters `items` of a long table; the later known of two rows stands.

    What is in `also` is known and left out. Raises QC250, QC251, QC252, QC257 for a parameter the medium has not.
    """
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise complain("QC250", words={"reason": f"缺列 no column: {', '.join(missing)}"})
    rows = _Rows(table, span="sample")
    kept: dict[tuple[object, ...], int] = {}
    for number, key in enumerate(zip(rows.site, rows.parameter, rows.span, rows.time, strict=True)):
        if key[1] in also or key[3] is None:
            continue
        if key[1] not in items:
            raise _unknown(str(key[1]), medium=medium, items=items, catalog=catalog)
        kept[key] = number if key not in kept else rows.later(kept[key], number, key)
    return [rows.reading(number) for number in kept.values()]


def points_of(
    sites: pa.Table | None, readings: Iterable[Reading], *, medium: str, categories: Mapping[str, str] | None = None
) -> dict[str, Point]:
    """Return every point that has readings, as its register describes it; a point without one has no category.

    `categories` maps every accepted word to its category; raises QC258 for another word.
    """
    listed = {str(row["site"]): row for row in sites.to_pylist()} if sites is not None else {}
    found = {}
    for site in dict.fromkeys(reading.site for reading in readings):
        row = listed.get(site, {})
        target = row.get("target_class")
        word = str(row.get("category") or "")
        if categories is not None and word and word not in categories:
            allowed = "、".join(dict.fromkeys(categories))
            words: dict[str, object] = {"site": site, "category": word, "medium": medium, "allowed": allowed}
            raise complain("QC258", words=words)
        found[site] = Point(
            site,
            str(row.get("name") or site),
            (categories or {}).get(word, word),
            str(row.get("city") or ""),
            str(row.get("city_name") or row.get("city") or ""),
            target if isinstance(target, int) else None,
        )
    return found


def asked_for(
    medium: str, *, by: str, period: str, allowed: Mapping[str, Sequence[str]], otherwise: tuple[str, str]
) -> tuple[str, str]:
    """Return the grouping and period asked for, or the medium's own; `allowed` has the periods of each grouping.

    Raises QC254.
    """
    by = by or otherwise[0]
    period = period or (otherwise[1] if otherwise[1] in allowed.get(by, ()) else next(iter(allowed.get(by, ())), ""))
    if period not in allowed.get(by, ()):
        told = "; ".join(f"{name} × {'|'.join(periods)}" for name, periods in allowed.items())
        raise complain("QC254", words={"medium": medium, "by": by, "period": period, "allowed": told})
    return by, period


def period_of(time: datetime | date, kind: str) -> Period:
    """Return the day, month, quarter or year around a time."""
    if kind == "day":
        day = time.date() if isinstance(time, datetime) else time
        return Period(day, day)
    if kind == "month":
        return Period.month(time.year, time.month)
    return Period.year(time.year) if kind == "year" else Period.quarter(time.year, (time.month + 2) // 3)


def review_of(readings: Iterable[Reading]) -> str | None:
    """Return the lowest review state of readings, None where none tells its own."""
    return lowest(reading.review for reading in readings if reading.review)


def commonest(readings: Iterable[Reading]) -> str:
    """Return the commonest reason of what is not there, the first in the order of reasons where they tie."""
    reasons = [reading.reason for reading in readings if reading.reason]
    order = list(Absent)
    least = min(set(reasons), key=lambda word: (-reasons.count(word), order.index(Absent(word))), default="")
    return least or Absent.NOT_REPORTED.value


class _Rows(LongRows):
    """Rows of the table as readings."""

    def reading(self, number: int) -> Reading:
        """Return one row as a reading."""
        time, reason = self.time[number], self.absent[number]
        if isinstance(time, date) and not isinstance(time, datetime):
            time = datetime.combine(time, datetime.min.time())
        if not isinstance(time, datetime):
            raise complain("QC252", words={"time": time})
        value = None if reason else _exact(self.value[number])
        return Reading(
            site=str(self.site[number]),
            parameter=self.parameter[number],
            time=time,
            span=self.span[number],
            value=value,
            below=reason == Absent.BELOW_DETECTION,
            limit=_exact(self.limit[number]),
            reason="" if value is not None else reason or Absent.NOT_REPORTED.value,
            review=self.review[number] if self.review[number] in REVIEW_ZH else "",
        )


def _unknown(parameter: str, *, medium: str, items: Collection[str], catalog: Catalog) -> Exception:
    allowed = "、".join(f"{name} {catalog.parameters[name].zh}" for name in items if name in catalog.parameters)
    return complain("QC257", words={"parameter": parameter, "medium": medium, "allowed": allowed})


def _exact(micro: int | None) -> Fraction | None:
    return None if micro is None else Fraction(micro, SCALE)


def by_span(readings: Iterable[Reading], period: str) -> dict[tuple[str, Period], list[Reading]]:
    """Return readings by point and month, quarter or year, in order."""
    return dict(sorted(grouped(readings, lambda one: (one.site, period_of(one.time, period))).items()))


def by_time(readings: Iterable[Reading], period: str) -> Iterator[tuple[str, Period, list[Reading]]]:
    """Yield each point with its readings of a period, or for `sample` of a time, which is told by its day."""
    sample = period == "sample"
    groups = grouped(readings, lambda one: (one.site, one.time if sample else period_of(one.time, period)))
    for (site, key), found in sorted(groups.items(), key=lambda item: (item[0][0], str(item[0][1]))):
        yield site, key if isinstance(key, Period) else period_of(found[0].time, "day"), found


def means_of(
    readings: Iterable[Reading], counted: Callable[[Reading], Fraction | None]
) -> dict[str, tuple[Fraction, int]]:
    """Return the mean [inside unit] and number of values of each parameter; `counted` says what a reading counts as."""
    pots: dict[str, list[Fraction]] = {}
    for reading in readings:
        value = counted(reading)
        if value is not None:
            pots.setdefault(reading.parameter, []).append(value)
    return {name: (sum(values, Fraction(0)) / len(values), len(values)) for name, values in pots.items()}
