"""What the points of a medium were found to be, one row a point and period, for the thread. 点位评价结果。

Each medium is judged by its own function; here its table is only read: which column is the point, which the verdict.
A value of a year rests on the readings of that year: the year to date is judged by itself, verdicts are not averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period, parse_period
from qingce.evaluate.points.emissions import cuts_found
from qingce.evaluate.points.tables import Cell

__all__ = ["POINT_MEDIA", "points_found", "spans_to"]

_SERIES = "measured"
_YES = {"yes": Decimal(1), "no": Decimal(0)}

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Found:
    """One verdict of a row: what it is of, its value and words, the items that decided it."""

    quantity: str
    value: object
    text: str
    items: str
    absent: str
    unit: str = ""
    exact: str = ""
    n: int | None = None


@dataclass(frozen=True, slots=True)
class _Medium:
    """How a medium is asked: by what, for which period (`span`: each year and the year to date), and how it is read."""

    by: str
    period: str
    subject: str
    read: Callable[[Row], Iterable[_Found]]


def _plain(cell: object) -> str:
    text = "" if cell is None else f"{Decimal(str(cell)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _classed(row: Row) -> Iterator[_Found]:
    words = _text(row.get("grade_text") or row.get("class_text"))
    count = row.get("n_items")
    yield _Found("class", row["class"], words, _text(row["deciding"]), _text(row["absent"]), "class",
                 n=count if isinstance(count, int) else None)  # fmt: skip


def _kept(row: Row) -> Iterator[_Found]:
    broken, count = _text(row["broken"]), row["n_items"]
    words = f"超标：{broken}" if broken else "达标" if row["met"] == "yes" else ""
    yield _Found("met", _YES.get(_text(row["met"])), words, broken, _text(row["absent"]),
                 n=count if isinstance(count, int) else None)  # fmt: skip


def _nights(row: Row) -> Iterator[_Found]:
    for part, name in (("day", "ld"), ("night", "ln")):
        met, count = _text(row[f"met_{part}"]), row[f"n_{part}"]
        level, limit = (_plain(row[column]) for column in (f"{name}_told", f"limit_{part}"))
        words = f"{level} dB(A)，限值 {limit}" if met else ""
        yield _Found(f"met_{part}", _YES.get(met), words, f"{name},leq", _text(row[f"absent_{part}"]),
                     n=count if isinstance(count, int) else None)  # fmt: skip


def _black(row: Row) -> Iterator[_Found]:
    yield _Found("grade", row["grade"], _text(row["grade_text"]), "", "")


def _reported(row: Row) -> Iterator[_Found]:
    count = row["n"]
    yield _Found(
        _text(row["indicator"]), row["value"], _text(row["text"]), "", _text(row["absent"]),
        _text(row["unit"]), _text(row["exact"]), count if isinstance(count, int) else None,
    )  # fmt: skip


def _indexed(row: Row) -> Iterator[_Found]:
    yield _Found(_text(row["index"]), row["exact"], _text(row["grade_text"]), "", _text(row["absent"]), "index",
                 n=1 if row["exact"] is not None else 0)  # fmt: skip


POINT_MEDIA: Mapping[str, _Medium] = {
    "groundwater": _Medium("point", "span", "point", _classed),
    "soil": _Medium("point", "span", "point", _classed),
    "drinking-water": _Medium("source", "span", "source", _kept),
    "noise": _Medium("point", "day", "point", _nights),
    "black-odorous": _Medium("point", "span", "point", _black),
    "dustfall": _Medium("", "month", "site", lambda row: ()),
    "emissions": _Medium("project", "span", "project", lambda row: ()),
    "ratio": _Medium("region", "span", "scope", _reported),
    "ecology": _Medium("region", "span", "region", _indexed),
}
"""Media judged point by point or region by region."""


def spans_to(first: date, as_of: date) -> list[Period]:
    """Return each year from the first to the last, and of each year the same dates as this year's to date.

    Examples
    --------
    >>> [str(span) for span in spans_to(date(2025, 6, 1), date(2026, 10, 31))]
    ['2025', '2025-01-01/2025-10-31', '2026-01-01/2026-10-31']
    """
    now = Period.year(as_of.year).until(as_of)
    found = []
    for year in range(first.year, as_of.year + 1):
        found += [Period.year(year).until(as_of), now.year_before(as_of.year - year)]
    return list(dict.fromkeys(found))


def points_found(
    medium: str, table: pa.Table, sites: pa.Table | None, *, catalog: Catalog, as_of: date
) -> list[dict[str, Cell]]:
    """Return POINT_FINDING rows of a medium's readings up to a day; raises what the medium's evaluation raises."""
    rows = table.filter(pc.less(table["time"], datetime.combine(as_of + timedelta(1), time())))
    if not rows.num_rows:
        return []
    places = {str(row["site"]): row for row in sites.to_pylist()} if sites is not None else {}
    how = POINT_MEDIA[medium]
    if how.subject == "site":
        return list(_single(medium, rows, places, catalog=catalog))
    spans = spans_to(pc.min(rows["time"]).as_py().date(), as_of)
    if how.subject == "project":
        return list(cuts_found(rows, [(span, _within(rows, span)) for span in spans], sites=sites, catalog=catalog))
    from qingce.evaluate import evaluate

    found: list[dict[str, Cell]] = []
    if how.period != "span":
        judged = evaluate(medium, rows, catalog=catalog, by=how.by, period=how.period, sites=sites)
        return [one for row in judged.to_pylist() for one in _of(medium, row, places, period=None, catalog=catalog)]
    for span in spans:
        part = _within(rows, span)
        if part.num_rows:
            judged = evaluate(medium, part, catalog=catalog, by=how.by, period="year", sites=sites)
            lines = judged.to_pylist()
            found += [one for row in lines for one in _of(medium, row, places, period=span, catalog=catalog)]
    return found


def _within(rows: pa.Table, span: Period) -> pa.Table:
    first, after = datetime.combine(span.start, time()), datetime.combine(span.end + timedelta(1), time())
    return rows.filter(pc.and_(pc.greater_equal(rows["time"], first), pc.less(rows["time"], after)))


def _of(
    medium: str, row: Row, places: Mapping[str, Row], *, period: Period | None, catalog: Catalog
) -> Iterator[dict[str, Cell]]:
    """Yield the findings of one judged row; without a period the row's own day."""
    how = POINT_MEDIA[medium]
    subject, day = str(row[how.subject]), row.get("day")
    span = period or (Period(day, day) if isinstance(day, date) else parse_period(str(row["period"])))
    place = places.get(subject, {})
    region = subject if how.by == "region" else ""
    for one in how.read(row):
        named = row.get(f"{how.subject}_name") or place.get("name") or subject
        yield {
            "id": f"F:{subject}:{one.quantity}:{span}:{_SERIES}",
            "medium": medium,
            "subject": subject,
            "subject_name": str(named),
            "city": region or _text(place.get("city")),
            "county": _text(place.get("county")),
            "quantity": one.quantity,
            "period": str(span),
            "start": span.start,
            "end": span.end,
            "value": _decimal(one.value),
            "exact": one.exact or ("" if one.value is None else str(Fraction(str(one.value)))),
            "text": one.text,
            "unit": one.unit,
            "n": one.n,
            "absent": one.absent or None,
            "review": _text(row.get("review")) or None,
            "edition": _text(row.get("edition") or row.get("method")),
            "limits": _text(row.get("limits")),
            "items": one.items or _parts(medium, one.quantity, catalog),
            "note": _text(row.get("note")),
        }


def _parts(medium: str, quantity: str, catalog: Catalog) -> str:
    """Return the quantities that a reported ratio is made of."""
    from qingce.evaluate.ratios import parts_of

    return ",".join(parts_of(catalog.indicators[quantity])) if medium == "ratio" else ""


def _single(medium: str, rows: pa.Table, places: Mapping[str, Row], *, catalog: Catalog) -> Iterator[dict[str, Cell]]:
    """Yield each reading of a medium of one item as it stands: a point's month of dustfall."""
    from qingce.evaluate.readings import period_of, read_points

    for one in read_points(rows, medium=medium, items=(medium,), catalog=catalog):
        span, place = period_of(one.time, "month"), places.get(one.site, {})
        yield {
            "id": f"F:{one.site}:{one.parameter}:{span}:{_SERIES}",
            "medium": medium,
            "subject": one.site,
            "subject_name": _text(place.get("name")) or one.site,
            "city": _text(place.get("city")),
            "county": _text(place.get("county")),
            "quantity": one.parameter,
            "period": str(span),
            "start": span.start,
            "end": span.end,
            "value": _decimal(one.value),
            "exact": "" if one.value is None else str(one.value),
            "text": _plain(_decimal(one.value)),
            "unit": catalog.parameters[one.parameter].unit,
            "n": int(one.value is not None),
            "absent": one.reason or None,
            "review": one.review or None,
            "edition": catalog.method(medium, day=span.end).id,
            "limits": "",
            "items": one.parameter,
            "note": "",
        }


def _decimal(value: object) -> Decimal | None:
    from qingce.core.rounding import as_decimal

    return None if value is None else as_decimal(Fraction(str(value)))
