"""Black-odorous waters: each datum, each point by the shares of its data, each water by its points. 黑臭水体评价。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.catalog.strict import Row
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, number, whole
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import Point, Reading, asked_for, by_span, points_of, read_points, review_of

__all__ = ["FAMILY", "evaluate_black_odorous", "grade_of", "reaches"]

FAMILY, MEDIUM = "black_odorous", "black-odorous"
_PERIODS = ("month", "quarter", "year")
CLEAR, LIGHT, HEAVY = 0, 1, 2
WORDS = ("不黑臭", "轻度黑臭", "重度黑臭")


@dataclass(frozen=True, slots=True)
class _Judged:
    """One point in one period: its grade, the share of heavy data of each item [%], the fewest data of an item."""

    point: Point
    period: Period
    grade: int
    heavy: Mapping[str, Fraction]
    counts: Mapping[str, int]
    review: str | None
    method: Method


def evaluate_black_odorous(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return the grade of each point (0 clear, 1 light, 2 heavy), or of each water by its points, in order of code.

    A point's code is `water/point`. Raises QC105, QC110, QC250–QC252, QC254, QC257–QC259.

    References
    ----------
    [BLACK-ODOR-2015]_ table 2 and the rules of points and waters; rural thresholds are unread.
    """
    allowed = {"body": _PERIODS, "point": _PERIODS, "site": _PERIODS}
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=allowed, otherwise=("body", "month"))
    name = edition_of(catalog, FAMILY, edition)
    latest = catalog.method(FAMILY, day=date.max, edition=name)
    words: dict[str, str] = {}
    for row in latest.tables["kinds"]:
        told = (row.text("kind"), row.text("zh"), *filter(None, row.cells["aliases"].split("|")))
        words |= dict.fromkeys(told, row.text("kind"))
    depth = str(latest.option("shallow", "depth"))
    items = dict.fromkeys([*(row.text("parameter") for row in latest.tables["grades"]), depth])
    readings = read_points(table, medium=MEDIUM, items=items, catalog=catalog)
    points = points_of(sites, readings, medium=MEDIUM, categories=words)
    rows = []
    for (site, span), found in by_span(readings, period).items():
        if not points[site].category:
            raise complain("QC259", words={"site": site, "medium": MEDIUM, "allowed": "、".join(words)})
        rows.append(_judge(points[site], span, found, method=catalog.method(FAMILY, day=span.end, edition=name)))
    return _bodies(rows) if by == "body" else _points(rows)


def grade_of(value: Fraction, row: Row, *, light: Fraction | None = None) -> int:
    """Return 0, 1 or 2 for one datum [inside unit]; `light` takes the place of the bound in shallow water."""
    low = row.one_of("worse", ("low", "high")) == "low"
    bound = light if light is not None else Fraction(row.decimal("light"))
    heavy = None if light is not None else row.decimal_or_none("heavy")
    if heavy is not None and (value < heavy if low else value > heavy):
        return HEAVY
    if value == bound:
        return LIGHT if row.one_of("light_included", ("yes", "no")) == "yes" else CLEAR
    return LIGHT if (value < bound) == low else CLEAR


def reaches(grades: Sequence[int], *, consecutive: int) -> list[tuple[int, int]]:
    """Return the first and last place of every run of at least `consecutive` heavy points.

    Examples
    --------
    >>> reaches([2, 2, 2, 1, 2, 2], consecutive=3)
    [(0, 2)]
    """
    found, start = [], None
    for place, grade in enumerate([*grades, CLEAR]):
        if grade == HEAVY and start is None:
            start = place
        elif grade != HEAVY and start is not None:
            if place - start >= consecutive:
                found.append((start, place - 1))
            start = None
    return found


def _judge(point: Point, span: Period, readings: Sequence[Reading], *, method: Method) -> _Judged:
    chosen(method, ("clear", "verb"), {"every_datum": True})
    shallow, depth = str(method.option("shallow", "parameter")), str(method.option("shallow", "depth"))
    depths = {one.time: one.value for one in readings if one.parameter == depth and one.value is not None}
    rows = {row.text("parameter"): row for row in method.tables["grades"] if row.text("kind") == point.category}
    grades: dict[str, list[int]] = {}
    for one in readings:
        if one.value is None or one.parameter not in rows:
            continue
        light, deep = None, depths.get(one.time)
        if one.parameter == shallow and deep is not None and deep < number(method, "shallow", "below"):
            light = deep * number(method, "shallow", "share_percent") / 100
        grades.setdefault(one.parameter, []).append(grade_of(one.value, rows[one.parameter], light=light))
    shares = {name: Fraction(100 * found.count(HEAVY), len(found)) for name, found in grades.items()}
    one_above = any(share > whole(method, "point", "one_above_percent") for share in shares.values())
    several = sum(share > whole(method, "point", "several_above_percent") for share in shares.values())
    heavy = one_above or several >= whole(method, "point", "several")
    black = any(grade > CLEAR for found in grades.values() for grade in found)
    return _Judged(
        point=point,
        period=span,
        grade=HEAVY if heavy else LIGHT if black else CLEAR,
        heavy=shares,
        counts={name: len(found) for name, found in grades.items()},
        review=review_of(one for one in readings if one.value is not None),
        method=method,
    )


def _points(rows: Sequence[_Judged]) -> pa.Table:
    columns = {"point": "text", "point_name": "text", "kind": "text", "period": "text", "grade": "int"}
    columns |= {"grade_text": "text", "few": "text", "review": "text", "edition": "text"}
    for name in dict.fromkeys(name for row in rows for name in row.heavy):
        columns |= {f"heavy_{name}": "decimal", f"n_{name}": "int"}
    return lay([_cells(row) for row in rows], columns)


def _cells(row: _Judged) -> dict[str, Cell]:
    least = whole(row.method, "sampling", "at_least")
    cells: dict[str, Cell] = {
        "point": row.point.site,
        "point_name": row.point.name,
        "kind": row.point.category,
        "period": str(row.period),
        "grade": row.grade if row.counts else None,
        "grade_text": WORDS[row.grade] if row.counts else None,
        "few": ",".join(name for name, n in row.counts.items() if n < least) or None,
        "review": row.review,
        "edition": row.method.id,
    }
    return cells | {f"heavy_{n}": v for n, v in row.heavy.items()} | {f"n_{n}": v for n, v in row.counts.items()}


def _bodies(rows: Sequence[_Judged]) -> pa.Table:
    groups: dict[tuple[str, Period], list[_Judged]] = {}
    for row in rows:
        if row.counts:
            groups.setdefault((row.point.site.rpartition("/")[0] or row.point.site, row.period), []).append(row)
    columns = {"body": "text", "kind": "text", "period": "text", "points": "int", "heavy_points": "int"}
    columns |= {"black_points": "int", "grade": "int", "grade_text": "text", "heavy_reaches": "text", "note": "text"}
    return lay([_body(key, found) for key, found in sorted(groups.items())], columns | {"edition": "text"})


def _body(key: tuple[str, Period], rows: Sequence[_Judged]) -> dict[str, Cell]:
    method = rows[0].method
    ordered = sorted(rows, key=lambda row: row.point.site)
    grades = [row.grade for row in ordered]
    heavy = grades.count(HEAVY)
    all_heavy = 100 * heavy >= whole(method, "body", "from_percent") * len(grades)
    runs = reaches(grades, consecutive=whole(method, "body", "consecutive"))
    told = [f"{ordered[first].point.site}～{ordered[last].point.site}" for first, last in runs]
    grade = HEAVY if all_heavy else LIGHT if max(grades) > CLEAR else CLEAR
    few = len(grades) < whole(method, "sampling", "points_at_least")
    return {
        "body": key[0],
        "kind": rows[0].point.category,
        "period": str(key[1]),
        "points": len(grades),
        "heavy_points": heavy,
        "black_points": sum(grade > CLEAR for grade in grades),
        "grade": grade,
        "grade_text": WORDS[grade],
        "heavy_reaches": "；".join(told) or None,
        "note": f"点位 {len(grades)} 个，少于 {whole(method, 'sampling', 'points_at_least')} 个" if few else None,
        "edition": method.id,
    }
