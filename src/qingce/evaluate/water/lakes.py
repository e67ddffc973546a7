"""Lakes and reservoirs: the trophic level index and its state. 湖库营养状态。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.catalog.strict import Row
from qingce.core.absence import Absent
from qingce.core.periods import Period
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, number
from qingce.evaluate.points.levels import natural_log
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import Point, Reading, asked_for, by_span, means_of, points_of, read_points, review_of
from qingce.evaluate.water.rules import FAMILY

__all__ = ["evaluate_lakes", "state_of", "trophic_index"]

MEDIUM = "lake"
_PERIODS = ("month", "quarter", "year")
_ALSO = ("conductivity", "turbidity", "algae")
_SHARES = {"half_detection_limit": Fraction(1, 2)}


def evaluate_lakes(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return the trophic level index of each lake (the points of one category) or point, and its state.

    A lake's value is the mean over its points of each point's mean over time. All five items are needed. Raises QC105,
    QC110, QC250–QC252, QC254, QC257.

    References
    ----------
    [HB2011-22]_ two (4).
    """
    allowed = {"lake": _PERIODS, "point": _PERIODS, "site": _PERIODS}
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=allowed, otherwise=("lake", "month"))
    name = edition_of(catalog, FAMILY, edition)
    readings = read_points(table, medium=MEDIUM, items=_items(catalog), also=_also(catalog), catalog=catalog)
    points = points_of(sites, readings, medium=MEDIUM)
    groups: dict[tuple[str, Period], list[list[Reading]]] = {}
    for (site, span), mine in by_span(readings, period).items():
        groups.setdefault((_lake(points[site]) if by == "lake" else site, span), []).append(mine)
    rows = []
    for (key, span), found in sorted(groups.items()):
        method = catalog.method(FAMILY, day=span.end, edition=name)
        rows.append(_row(key, span, found, method=method, catalog=catalog))
    columns = {"lake": "text", "period": "text", "tli": "decimal", "state": "text", "points": "int"}
    for item in _items(catalog):
        columns |= {item: "decimal", f"tli_{item}": "decimal"}
    return lay(rows, columns | {"missing": "text", "absent": "text", "review": "text", "edition": "text"})


def trophic_index(values: Mapping[str, Fraction], method: Method, catalog: Catalog) -> dict[str, Fraction]:
    """Return the index of each item from its value [inside unit], and of all under the empty name.

    References
    ----------
    [HB2011-22]_: TLI(j) = 10·(a + b·ln C), TLI = Σ W(j)·TLI(j).
    """
    chosen(method, ("trophic", "verb"), {"weighted_sum": True})
    factor = number(method, "trophic", "factor")
    found, total = {}, Fraction(0)
    for row in method.tables["trophic"]:
        name = row.text("parameter")
        value = values[name] / _factor(row, catalog)
        index = factor * (Fraction(row.decimal("constant")) + Fraction(row.decimal("slope")) * natural_log(value))
        found[name] = index
        total += Fraction(row.decimal("weight")) * index
    return found | {"": total}


def state_of(index: Fraction, method: Method) -> str:
    """Return the word of a trophic level index; which bound belongs to which state is the table's."""
    for row in method.tables["trophic_states"]:
        low, high = row.decimal_or_none("above"), row.decimal_or_none("below")
        above = low is None or index > low or (index == low and row.cells["above_included"] == "yes")
        below = high is None or index < high or (index == high and row.cells["below_included"] == "yes")
        if above and below:
            return row.text("zh")
    return ""


def _items(catalog: Catalog) -> list[str]:
    tables = (method.tables.get("trophic", []) for method in catalog.methods.values() if method.family == FAMILY)
    return list(dict.fromkeys(row.text("parameter") for table in tables for row in table))


def _also(catalog: Catalog) -> set[str]:
    """Name what is sampled in a lake beside the five items."""
    tables = (method.tables["items"] for method in catalog.methods.values() if method.family == FAMILY)
    return {row.text("parameter") for table in tables for row in table} - set(_items(catalog)) | set(_ALSO)


def _factor(row: Row, catalog: Catalog) -> Fraction:
    """Return what one unit of the formula is in the parameter's inside unit."""
    return Fraction(catalog.units.factor(row.text("unit"), catalog.parameters[row.text("parameter")].unit))


def _lake(point: Point) -> str:
    return point.category or point.name


def _row(
    key: str, span: Period, points: Sequence[Sequence[Reading]], *, method: Method, catalog: Catalog
) -> dict[str, Cell]:
    share = chosen(method, ("non_detect", "verb"), _SHARES)

    def counted(reading: Reading) -> Fraction | None:
        if not reading.below:
            return reading.value
        return None if reading.limit is None else reading.limit * share

    each = [means_of(readings, counted) for readings in points]
    values: dict[str, Fraction] = {}
    for name in _items(catalog):
        means = [found[name][0] for found in each if name in found]
        if means:
            values[name] = sum(means, Fraction(0)) / len(means)
    needed = [row.text("parameter") for row in method.tables["trophic"]]
    missing = [name for name in needed if values.get(name, Fraction(0)) <= 0]
    cells: dict[str, Cell] = {"lake": key, "period": str(span), "points": len(points), "edition": method.id}
    cells |= dict(values)
    cells |= {"missing": ",".join(missing) or None, "review": review_of(r for rows in points for r in rows)}
    if missing:
        return cells | {"absent": Absent.TOO_FEW.value}
    found = trophic_index(values, method, catalog)
    cells |= {f"tli_{name}": index for name, index in found.items() if name}
    return cells | {"tli": found[""], "state": state_of(found[""], method)}
