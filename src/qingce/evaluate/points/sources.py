"""Drinking-water sources: the source by all its items, shares by count and by volume drawn. 饮用水水源评价。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.catalog.standards import is_met
from qingce.core.absence import lowest
from qingce.core.errors import QingceError, complain
from qingce.core.grouping import grouped
from qingce.core.periods import Period
from qingce.core.records import Limit
from qingce.evaluate.air.rules import LIMITS, edition_of
from qingce.evaluate.method_options import chosen, texts
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import (
    Point,
    Reading,
    asked_for,
    by_span,
    commonest,
    means_of,
    points_of,
    read_points,
    review_of,
)

__all__ = ["FAMILY", "JudgedSource", "evaluate_sources"]

FAMILY, MEDIUM = "drinking_source", "drinking-water"
_PERIODS = ("month", "quarter", "year")
ALLOWED = {"source": _PERIODS, "point": _PERIODS, "site": _PERIODS, "city": _PERIODS}
_SHARES = {"half_detection_limit": Fraction(1, 2)}
_NO_LIMIT = "QC104"


@dataclass(frozen=True, slots=True)
class JudgedSource:
    """One source in one period: which items it breaks; `met` None without any judged item; volume drawn [m3]."""

    point: Point
    period: Period
    met: bool | None
    broken: Mapping[str, Limit]
    means: Mapping[str, Fraction]
    judged: int
    volume: Fraction | None
    absent: str
    review: str | None
    method: Method


class _Book:
    """The method of each day and the limit of each item for each kind of source, found once."""

    def __init__(self, catalog: Catalog, edition: str) -> None:
        self.catalog = catalog
        self._method, self._limits = edition_of(catalog, FAMILY, edition), edition_of(catalog, LIMITS, edition)
        self._found: dict[tuple[str, str, date], Limit | None] = {}

    def on(self, day: date) -> Method:
        method = self.catalog.method(FAMILY, day=day, edition=self._method)
        chosen(method, ("statistics", "verb"), {"mean": True})
        chosen(method, ("verdict", "verb"), {"every_item": True})
        chosen(method, ("share", "verb"), {"count_and_volume": True})
        return method

    def limit(self, parameter: str, kind: str, *, day: date) -> Limit | None:
        """Return the limit that a source of a kind is held to; None for an item that is not judged there."""
        key = parameter, kind, day
        if key not in self._found:
            self._found[key] = self._look(parameter, kind, day=day)
        return self._found[key]

    def _look(self, parameter: str, kind: str, *, day: date) -> Limit | None:
        method = self.on(day)
        row = next(row for row in method.tables["kinds"] if row.cells["kind"] == kind)
        if parameter in texts(method, "items", "reference") or not self._known(parameter, row.text("table1"), day):
            asked = []
        else:
            asked = [(str(method.option("standard", "grade")), row.text("place"))]
        if row.one_of("supply", ("yes", "no")) == "yes":
            asked.append((str(method.option("standard", "supply")), str(method.option("standard", "supply_place"))))
        averaging = str(method.option("standard", "averaging"))
        for grade, place in asked:
            try:
                return self.catalog.limit(parameter, averaging, grade, day=day, place=place, edition=self._limits)
            except QingceError as error:
                if error.code != _NO_LIMIT:
                    raise
        return None

    def _known(self, parameter: str, family: str, day: date) -> bool:
        rows = self.catalog.method(family, day=day).tables["items"]
        return any(row.cells["parameter"] == parameter for row in rows)

    def items(self, day: date) -> list[str]:
        """Return every parameter that a source of any kind may be judged on."""
        method = self.on(day)
        families = {row.cells["table1"] for row in method.tables["kinds"]}
        found = [row.cells["parameter"] for f in families for row in self.catalog.method(f, day=day).tables["items"]]
        supply = str(method.option("standard", "supply"))
        return [*found, *(limit.parameter for limit in self.catalog.limits if limit.grade == supply)]


def evaluate_sources(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return whether each source keeps every judged item, or by city the shares by count and by volume drawn [%].

    A surface source is held to class III of table 1 and to tables 2 and 3, a groundwater source to class III. Raises
    QC110, QC250–QC252, QC254, QC257–QC259.

    References
    ----------
    [GB3838-2002]_ tables 1 to 3; [GBT14848-2017]_; [WATER-SOURCE-REPORTS]_.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=ALLOWED, otherwise=("source", "month"))
    rows = _judged(table, sites, catalog=catalog, period=period, edition=edition)
    return _by_city(rows) if by == "city" else _wide(rows)


def _judged(
    table: pa.Table, sites: pa.Table | None, *, catalog: Catalog, period: str, edition: str
) -> list[JudgedSource]:
    book = _Book(catalog, edition)
    method = book.on(date.max)
    volume, reference = str(method.option("standard", "volume")), texts(method, "items", "reference")
    readings = read_points(table, medium=MEDIUM, items={*book.items(date.max), volume, *reference}, catalog=catalog)
    words: dict[str, str] = {}
    for row in method.tables["kinds"]:
        kind = row.text("kind")
        words |= dict.fromkeys((kind, row.text("zh"), *filter(None, row.cells["aliases"].split("|"))), kind)
    points = points_of(sites, readings, medium=MEDIUM, categories=words)
    for point in points.values():
        if not point.category:
            raise complain("QC259", words={"site": point.site, "medium": MEDIUM, "allowed": "、".join(words)})
    return [_judge(points[site], span, found, book=book) for (site, span), found in by_span(readings, period).items()]


def _judge(point: Point, span: Period, readings: Sequence[Reading], *, book: _Book) -> JudgedSource:
    method = book.on(span.end)
    share = chosen(method, ("non_detect", "verb"), _SHARES)
    volume_name = str(method.option("standard", "volume"))

    def counted(reading: Reading) -> Fraction | None:
        if not reading.below:
            return reading.value
        return Fraction(0) if reading.limit is None else reading.limit * share

    quality = [reading for reading in readings if reading.parameter != volume_name]
    drawn = [reading.value for reading in readings if reading.parameter == volume_name and reading.value is not None]
    means = {name: mean for name, (mean, _) in means_of(quality, counted).items()}
    limits = {name: limit for name in means if (limit := book.limit(name, point.category, day=span.end)) is not None}
    broken = {name: limit for name, limit in limits.items() if not is_met(limit, means[name])}
    return JudgedSource(
        point=point,
        period=span,
        met=not broken if limits else None,
        broken=broken,
        means=means,
        judged=len(limits),
        volume=sum(drawn, Fraction(0)) if drawn else None,
        absent="" if limits else commonest(quality),
        review=review_of(reading for reading in quality if reading.value is not None or reading.below),
        method=method,
    )


def _wide(rows: Sequence[JudgedSource]) -> pa.Table:
    columns = {"source": "text", "source_name": "text", "kind": "text", "period": "text", "met": "text"}
    columns |= {"broken": "text", "exceed": "text", "n_items": "int", "volume": "decimal", "absent": "text"}
    columns |= {"review": "text", "edition": "text", "limits": "text"}
    return lay([_cells(row) for row in rows], columns)


def _cells(row: JudgedSource) -> dict[str, Cell]:
    multiples = []
    for name, limit in row.broken.items():
        plain = limit.bound == "le" and limit.value > 0
        over = (row.means[name] - Fraction(limit.value)) / Fraction(limit.value) if plain else None
        multiples.append("" if over is None else str(over))
    return {
        "source": row.point.site,
        "source_name": row.point.name,
        "kind": row.point.category,
        "period": str(row.period),
        "met": None if row.met is None else "yes" if row.met else "no",
        "broken": ",".join(row.broken) or None,
        "exceed": ",".join(multiples) or None,
        "n_items": row.judged,
        "volume": row.volume,
        "absent": row.absent or None,
        "review": row.review,
        "edition": row.method.id,
        "limits": "+".join(sorted({limit.standard for limit in row.broken.values()})) or None,
    }


def _by_city(rows: Sequence[JudgedSource]) -> pa.Table:
    groups = grouped(rows, lambda row: (row.point.city, row.point.city_name, str(row.period)))
    columns = {"city": "text", "city_name": "text", "period": "text", "sources": "int", "met": "int"}
    columns |= {"rate": "decimal", "exact_rate": "exact", "volume": "decimal", "volume_met": "decimal"}
    columns |= {"volume_rate": "decimal", "exact_volume_rate": "exact", "failing": "text", "without_volume": "text"}
    columns |= {"left_out": "text", "review": "text", "edition": "text"}
    return lay([_city(key, found) for key, found in sorted(groups.items())], columns)


def _city(key: tuple[str, str, str], rows: Sequence[JudgedSource]) -> dict[str, Cell]:
    judged = [row for row in rows if row.met is not None]
    kept = [row for row in judged if row.met]
    lacking = [row.point.name for row in judged if row.volume is None]
    total, good = (sum((row.volume or Fraction(0) for row in group), Fraction(0)) for group in (judged, kept))
    rate = Fraction(100 * len(kept), len(judged)) if judged else None
    by_volume = 100 * good / total if total and not lacking else None
    return {
        "city": key[0] or None,
        "city_name": key[1] or None,
        "period": key[2],
        "sources": len(judged),
        "met": len(kept),
        "rate": rate,
        "exact_rate": rate,
        "volume": total,
        "volume_met": good,
        "volume_rate": by_volume,
        "exact_volume_rate": by_volume,
        "failing": "、".join(row.point.name for row in judged if not row.met) or None,
        "without_volume": "、".join(lacking) or None,
        "left_out": "、".join(row.point.name for row in rows if row.met is None) or None,
        "review": lowest(row.review for row in judged if row.review),
        "edition": rows[0].method.id,
    }
