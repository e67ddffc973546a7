"""Source data: hours, days and months of outlets against their limits, and how complete they are. 污染源监测数据。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Limit
from qingce.evaluate.outlets.hours import Figure, OutletDay, days_of, verdict_of
from qingce.evaluate.outlets.rules import OutletBook
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import asked_for, period_of, points_of, read_points

__all__ = ["evaluate_source", "outlet_days"]

MEDIUM = "source"
HOURLY = "1h"
_SPANS = ("day", "hour", "month", "quarter")
ALLOWED = {"outlet": _SPANS, "site": _SPANS}
_YES = {True: "yes", False: "no", None: None}


def evaluate_source(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return each outlet's pollutants by hour, day, month or quarter: mean, conversion, verdict, valid counts, mass.

    Flue gas is judged hour by hour on the concentration at the reference oxygen, wastewater by the mean of the day.
    An outlet's own limits (its permit) stand in an overlay with its code as `place`. Raises QC105, QC110, QC250–QC252,
    QC254, QC257–QC259.

    References
    ----------
    [HJ75-2017]_; [HJ356-2019]_; limits in `data/standards`.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=ALLOWED, otherwise=("outlet", "day"))
    days = outlet_days(table, catalog=catalog, edition=edition, sites=sites)
    book = OutletBook(catalog, edition)
    columns = {"outlet": "text", "outlet_name": "text", "category": "text", "parameter": "text"}
    if period == "hour":
        columns |= {"time": "time"}
        rows = [row for day in days for row in _hour_rows(day, book)]
    elif period == "day":
        columns |= {"period": "text"}
        rows = [row for day in days for row in _day_rows(day, book)]
    else:
        columns |= {"period": "text"}
        rows = list(_span_rows(days, period, book))
    return lay(rows, columns | _COLUMNS | (_COUNTS if period in ("month", "quarter") else {}))


_COLUMNS = {"value": "decimal", "converted": "decimal", "exact": "exact", "n": "int", "n_required": "int",
            "how": "text", "limit": "decimal", "met": "text", "exceed": "decimal", "hours_over": "int",
            "mass_kg": "decimal", "absent": "text", "review": "text", "edition": "text", "limits": "text",
            "note": "text"}  # fmt: skip
_COUNTS = {"days_over": "int", "hours_due": "int", "hours_stopped": "int", "hours_received": "int",
           "hours_valid": "int", "capture_rate": "decimal", "capture_met": "text",
           "transmission_rate": "decimal"}  # fmt: skip


def outlet_days(
    table: pa.Table, *, catalog: Catalog, edition: str = "auto", sites: pa.Table | None = None
) -> list[OutletDay]:
    """Return every outlet and day with its hours and means; an outlet without a kind is refused. Raises QC257–QC259."""
    book = OutletBook(catalog, edition)
    readings = read_points(table, medium=MEDIUM, items=book.items, catalog=catalog)
    points = points_of(sites, readings, medium=MEDIUM, categories=book.words)
    for point in points.values():
        if not point.category:
            allowed = "、".join(kind.zh for kind in book.kinds.values())
            raise complain("QC259", words={"site": point.site, "medium": MEDIUM, "allowed": allowed})
    return list(days_of(readings, points, book))


def _head(day: OutletDay, name: str) -> dict[str, Cell]:
    return {
        "outlet": day.point.site,
        "outlet_name": day.point.name,
        "category": day.kind.kind,
        "parameter": name,
        "edition": day.rules.id,
    }


def _hour_rows(day: OutletDay, book: OutletBook) -> Iterator[dict[str, Cell]]:
    for name in day.rules.judged:
        for hour, figure in day.hours.get(name, {}).items():
            judged = figure.converted if day.rules.averaging == HOURLY else None
            limit, met, over = verdict_of(judged, name, day, book=book)
            cells: dict[str, Cell] = {"time": hour, "n": figure.n, "n_required": 1}
            cells |= _figure(figure) | _verdict(limit, met, over)
            cells["absent"] = figure.absent or _unconverted(figure)
            yield _head(day, name) | cells | {"note": _note(day, limit, "verdict")}


def _day_rows(day: OutletDay, book: OutletBook) -> Iterator[dict[str, Cell]]:
    for name, figure in day.figures.items():
        limit, met, over, hours_over = _judged(day, name, book)
        cells: dict[str, Cell] = {"period": str(Period(day.day, day.day)), "n": figure.n, "n_required": day.rules.hours}
        cells |= _figure(figure) | _verdict(limit, met, over)
        cells |= {"hours_over": hours_over, "mass_kg": _mass(day, name)}
        cells["absent"] = figure.absent or _unconverted(figure)
        yield _head(day, name) | cells | {"note": _note(day, limit, "day", "verdict")}


def _judged(
    day: OutletDay, name: str, book: OutletBook
) -> tuple[Limit | None, bool | None, Fraction | None, int | None]:
    """Judge a day: by its mean, or by each of its hours where the rules compare hours; the worst hour is told."""
    if day.rules.averaging != HOURLY:
        limit, met, over = verdict_of(day.figures[name].value, name, day, book=book)
        return limit, met, over, None
    limit, _, _ = verdict_of(None, name, day, book=book)
    found = [verdict_of(one.converted, name, day, book=book) for one in day.hours.get(name, {}).values()]
    known = [(met, over) for _, met, over in found if met is not None]
    if not known:
        return limit, None, None, None
    overs = [over for _, over in known if over is not None]
    return limit, all(met for met, _ in known), max(overs, default=None), sum(not met for met, _ in known)


def _figure(figure: Figure) -> dict[str, Cell]:
    return {
        "value": figure.value,
        "converted": figure.converted,
        "exact": figure.converted if figure.converted is not None else figure.value,
        "how": figure.how or None,
        "review": figure.review,
    }


def _verdict(limit: Limit | None, met: bool | None, over: Fraction | None) -> dict[str, Cell]:
    return {
        "limit": None if limit is None else limit.value,
        "limits": None if limit is None else limit.standard,
        "met": _YES[met],
        "exceed": over,
    }


def _unconverted(figure: Figure) -> str | None:
    return Absent.NOT_REPORTED.value if figure.value is not None and figure.converted is None else None


def _mass(day: OutletDay, name: str) -> Fraction | None:
    """Return the mass of a day [kg]: the measured concentration times the flow, over the hours that have both."""
    flows = day.hours.get(day.rules.flow, {})
    parts = [
        one.value * flow
        for hour, one in day.hours.get(name, {}).items()
        if one.value is not None and hour in flows and (flow := flows[hour].value) is not None
    ]
    return sum(parts, Fraction(0)) * day.rules.mass_scale if parts and name not in day.rules.median else None


def _note(day: OutletDay, limit: Limit | None, *topics: str) -> str | None:
    words = [f"规则未核：{day.rules.questions[topic]}" for topic in topics if topic in day.rules.questions]
    if limit is not None and limit.question:
        words.append(f"限值未核：{limit.question}")
    if limit is None:
        words.append("内容层没有这一排口类型的限值，只统计不判定")
    if day.kind.question and day.kind.oxygen is not None:
        words.append(f"规则未核：{day.kind.question}")
    return "；".join(dict.fromkeys(words)) or None


def _span_rows(days: Sequence[OutletDay], period: str, book: OutletBook) -> Iterator[dict[str, Cell]]:
    last = max((day.day for day in days), default=date.min)
    groups: dict[tuple[str, Period, str], list[OutletDay]] = {}
    for day in days:
        for name in day.figures:
            groups.setdefault((day.point.site, period_of(day.day, period), name), []).append(day)
    for (_, span, name), found in sorted(groups.items(), key=lambda item: item[0]):
        yield _span(found, span, name, book=book, as_of=last)


def _span(days: Sequence[OutletDay], span: Period, name: str, *, book: OutletBook, as_of: date) -> dict[str, Cell]:
    rules, first = days[-1].rules, days[-1]
    valid = [day.figures[name] for day in days if day.figures[name].value is not None]
    needed = sum(rules.days_needed(month) for month in dict.fromkeys(_month(day.day) for day in days))
    judged = [_judged(day, name, book) for day in days]
    known = [met for _, met, _, _ in judged if met is not None]
    masses = [mass for day in days if (mass := _mass(day, name)) is not None]
    limit = judged[-1][0]
    cells: dict[str, Cell] = {"period": str(span), "n": len(valid), "n_required": needed}
    cells |= _mean([one.value for one in valid], [one.converted for one in valid], needed=needed)
    cells |= _verdict(limit, all(known) if known else None, _most(over for _, _, over, _ in judged))
    hours = [count for _, _, _, count in judged if count is not None]
    cells |= {"hours_over": sum(hours) if hours else None, "days_over": sum(not met for met in known)}
    cells |= {"mass_kg": sum(masses, Fraction(0)) if masses else None, "absent": _too_few(valid, needed)}
    cells["review"] = lowest(one.review for one in valid if one.review)
    cells |= _counts(days, span.until(as_of), name, capture=rules.capture if span.kind == "quarter" else None)
    return _head(first, name) | cells | {"note": _note(first, limit, "month", "capture", "transmission", "verdict")}


def _mean(values: Sequence[Fraction | None], converted: Sequence[Fraction | None], *, needed: int) -> dict[str, Cell]:
    """Return the mean of the valid days, as measured and converted, each only with enough of them."""
    told: dict[str, Cell] = {}
    for key, found in (("value", values), ("converted", converted)):
        there = [one for one in found if one is not None]
        told[key] = sum(there, Fraction(0)) / len(there) if there and len(there) >= needed else None
    return told | {"exact": told["converted"] if told["converted"] is not None else told["value"]}


def _counts(days: Sequence[OutletDay], span: Period, name: str, *, capture: Fraction | None) -> dict[str, Cell]:
    """Count the hours due, stopped, received and valid, with the capture and transmission rates [%]."""
    found = [one for day in days for one in day.hours.get(name, {}).values()]
    stopped = sum(one.absent == Absent.NOT_MONITORED.value for one in found)
    valid = sum(one.value is not None for one in found)
    due, received = 24 * span.days, len(found) - stopped
    rate = Fraction(100 * valid, due - stopped) if due > stopped else None
    sent = Fraction(100 * received * valid, (due - stopped) ** 2) if due > stopped else None
    cells: dict[str, Cell] = {"hours_due": due, "hours_stopped": stopped, "hours_received": received}
    cells |= {"hours_valid": valid, "capture_rate": rate, "transmission_rate": sent}
    if capture and rate is not None:
        cells["capture_met"] = _YES[rate >= capture]
    return cells


def _too_few(valid: Sequence[Figure], needed: int) -> str | None:
    return Absent.TOO_FEW.value if len(valid) < needed else None


def _most(overs: Iterable[Fraction | None]) -> Fraction | None:
    return max((over for over in overs if over is not None), default=None)


def _month(day: date) -> date:
    return day.replace(day=1)
