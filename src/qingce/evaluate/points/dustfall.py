"""Dustfall of cities against the cap of their area, and straw fires against a province's ladder. 降尘与秸秆焚烧。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Absent
from qingce.core.errors import complain
from qingce.core.periods import Period, parse_period
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, whole
from qingce.evaluate.points.tables import Cell, decimals_step, lay
from qingce.evaluate.readings import Point, Reading, asked_for, by_span, points_of, read_points, review_of
from qingce.evaluate.water.cwqi import ranks

__all__ = ["evaluate_dustfall", "evaluate_straw"]

DUSTFALL, STRAW = "dustfall", "straw"
_ITEM, _FIRES = "dustfall", "fire_points"
_PERIODS = ("month", "quarter", "year")


def evaluate_dustfall(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return each city's dustfall [t/(km2·month)] against the cap of its area, its highest point, change and rank.

    Raises QC105, QC110, QC250–QC252, QC254, QC257–QC259.

    References
    ----------
    [DUSTFALL-CAPS]_.
    """
    by, period = asked_for(DUSTFALL, by=by, period=period, allowed={"city": _PERIODS}, otherwise=("city", "month"))
    name = edition_of(catalog, DUSTFALL, edition)
    caps = catalog.method(DUSTFALL, day=date.max, edition=name).tables["caps"]
    words: dict[str, str] = {}
    for row in caps:
        told = (row.text("area"), row.text("zh"), *filter(None, row.cells["aliases"].split("|")))
        words |= dict.fromkeys(told, row.text("area"))
    readings = read_points(table, medium=DUSTFALL, items=(_ITEM,), catalog=catalog)
    points = points_of(sites, readings, medium=DUSTFALL, categories=words)
    groups: dict[tuple[str, str, Period], list[tuple[Point, list[Reading]]]] = {}
    for (site, span), found in by_span(readings, period).items():
        point = points[site]
        if not point.category:
            raise complain("QC259", words={"site": site, "medium": DUSTFALL, "allowed": "、".join(words)})
        groups.setdefault((point.city, point.city_name, span), []).append((point, found))
    rows = []
    for (city, city_name, span), each in sorted(groups.items()):
        method = catalog.method(DUSTFALL, day=span.end, edition=name)
        rows.append({"city": city or None, "city_name": city_name or None} | _city(span, each, method))
    return _compared(rows)


def _city(span: Period, points: Sequence[tuple[Point, list[Reading]]], method: Method) -> dict[str, Cell]:
    chosen(method, ("city", "verb"), {"mean": True})
    step = decimals_step(whole(method, "city", "decimals"))
    means: dict[str, Fraction] = {}
    for point, readings in points:
        values = [reading.value for reading in readings if reading.value is not None]
        if values:
            means[point.name] = sum(values, Fraction(0)) / len(values)
    areas = {point.category for point, _ in points}
    cap = min(Fraction(row.decimal("at_most")) for row in method.tables["caps"] if row.cells["area"] in areas)
    cells: dict[str, Cell] = {"period": str(span), "points": len(means), "cap": cap, "edition": method.id}
    cells["review"] = review_of(reading for _, found in points for reading in found)
    if not means:
        return cells | {"absent": Absent.NOT_REPORTED.value}
    exact = sum(means.values(), Fraction(0)) / len(means)
    told = round_gbt8170(exact, step)
    highest = max(means, key=lambda name: means[name])
    over = [name for name, value in means.items() if round_gbt8170(value, step) > cap]
    return cells | {
        "dustfall": exact,
        "exact": exact,
        "told": told,
        "met": "yes" if told <= cap else "no",
        "highest_point": highest,
        "highest": means[highest],
        "points_over": "、".join(over) or None,
    }


def _compared(rows: Sequence[Mapping[str, Cell]]) -> pa.Table:
    """Add the change against the same period a year before, and the rank from the least within each period."""
    known = {(row["city"], row["period"]): row.get("exact") for row in rows}
    told: list[dict[str, Cell]] = []
    for row in rows:
        before = known.get((row["city"], str(parse_period(str(row["period"])).year_before())))
        now = row.get("exact")
        change = now - before if isinstance(now, Fraction) and isinstance(before, Fraction) else None
        told.append({**row, "change": change})
    for period in dict.fromkeys(row["period"] for row in told):
        mine = [row for row in told if row["period"] == period]
        values = [value if isinstance(value := row.get("exact"), Fraction) else None for row in mine]
        for row, rank in zip(mine, ranks(values), strict=True):
            row["rank"] = rank
    columns = {"city": "text", "city_name": "text", "period": "text", "dustfall": "decimal", "exact": "exact"}
    columns |= {"told": "decimal", "cap": "decimal", "met": "text", "rank": "int", "change": "decimal", "points": "int"}
    columns |= {"highest_point": "text", "highest": "decimal", "points_over": "text", "absent": "text"}
    return lay(told, columns | {"review": "text", "edition": "text"})


def evaluate_straw(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return each region's fire points, the deduction [yuan] and the action its number calls for.

    Raises QC105, QC110, QC250–QC252, QC254, QC257.

    References
    ----------
    [STRAW-HENAN-2015]_; other provinces declare their own method.
    """
    allowed = {"region": ("year", "quarter", "month")}
    by, period = asked_for(STRAW, by=by, period=period, allowed=allowed, otherwise=("region", "year"))
    name = edition_of(catalog, STRAW, edition)
    readings = read_points(table, medium=STRAW, items=(_FIRES,), catalog=catalog)
    rows: list[dict[str, Cell]] = []
    for (region, span), found in by_span(readings, period).items():
        method = catalog.method(STRAW, day=span.end, edition=name)
        count = sum((reading.value for reading in found if reading.value is not None), Fraction(0))
        steps = [(row.decimal("above"), row.text("zh")) for row in method.tables["ladder"]]
        reached = [zh for above, zh in sorted(steps) if count > above]
        cells: dict[str, Cell] = {"region": region, "period": str(span), "fire_points": int(count)}
        cells |= {"deduction_yuan": int(count) * whole(method, "deduction", "yuan_per_point")}
        rows.append(cells | {"action": reached[-1] if reached else None, "edition": method.id})
    columns = {"region": "text", "period": "text", "fire_points": "int", "deduction_yuan": "int", "action": "text"}
    return lay(rows, columns | {"edition": "text"})
