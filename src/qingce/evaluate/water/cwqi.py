"""City water quality index: the sum of each item's ratio to its class III limit, its change and rank. 城市水质指数。"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Absent, Review, lowest
from qingce.core.periods import Period, parse_period
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, open_questions
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import asked_for
from qingce.evaluate.water.index import FAMILY, is_steady, water_index
from qingce.evaluate.water.periods import Assessed, assess_period
from qingce.evaluate.water.rules import LAKE, RIVER, Lawbook
from qingce.evaluate.water.scopes import by_city
from qingce.evaluate.water.tables import months_of_table

__all__ = ["evaluate_cwqi", "index_of_places", "ranks"]

MEDIUM = "cwqi"
_PERIODS = ("year", "month", "quarter")


def evaluate_cwqi(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return each city's index, its change against the same period a year before [%], and both ranks (1 is best).

    Each item is averaged over time at each section, then over the river sections and over the lake points, then
    indexed. Raises QC105, QC110, QC250–QC252, QC254.

    References
    ----------
    [HBJC2017-51]_; [GB3838-2002]_ table 1, class III.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed={"city": _PERIODS}, otherwise=("city", "year"))
    lawbook, name = Lawbook(catalog, edition), edition_of(catalog, FAMILY, edition)
    rows = []
    for key, sections in sorted(by_city(table, sites, lawbook, period=period).items()):
        method = catalog.method(FAMILY, day=sections[0].period.end, edition=name)
        rows.append(_city(key, sections, lawbook, method=method))
    return _ranked(rows)


def index_of_places(
    section_months: pa.Table, sites: pa.Table, *, by: str, periods: Sequence[Period], catalog: Catalog, as_of: date
) -> pa.Table:
    """Return the table of `evaluate_cwqi` from section-months, for each place (`by` city or county) and period.

    The same periods of the year before are rows of their own: places are ranked among those of the same period.
    `unreviewed` is 1 below the review state that the method asks for: such a ranking is a preview. Raises QC103, QC105,
    QC107, QC110.
    """
    lawbook, rows = Lawbook(catalog, "auto"), []
    months = months_of_table(section_months, lawbook) if section_months.num_rows else {}
    groups: dict[tuple[str, str], list[str]] = {}
    for site in sites.to_pylist():
        code = str(site.get(by) or "")
        if site["site"] in months and code:
            groups.setdefault((code, str(site.get(f"{by}_name") or code)), []).append(str(site["site"]))
    for period in dict.fromkeys(each for one in periods for each in (one, one.year_before())):
        method = catalog.method(FAMILY, day=period.end)
        for place, sections in sorted(groups.items()):
            judged = [assess_period(months[name], period, lawbook, as_of=as_of) for name in dict.fromkeys(sections)]
            row = _city((*place, str(period)), judged, lawbook, method=method)
            rows.append(row | {"unreviewed": _unreviewed(row, method)})
    return _ranked(rows, more={"unreviewed": "int"})


def _unreviewed(row: Mapping[str, Cell], method: Method) -> int:
    least, review = Review(str(method.option("review", "at_least"))), row["review"]
    return int(row["cwqi"] is not None and (review is None or Review(str(review)).rank < least.rank))


def ranks(values: Sequence[Fraction | None]) -> list[int | None]:
    """Return ranks from the smallest, ties alike and the next left out (1-1-3); None for what has no value."""
    there = sorted(value for value in values if value is not None)
    return [None if value is None else bisect_left(there, value) + 1 for value in values]


def _city(
    key: tuple[str, str, str], sections: Sequence[Assessed], lawbook: Lawbook, *, method: Method
) -> dict[str, Cell]:
    chosen(method, ("change", "verb"), {"share_of_base": True})
    found = water_index(sections, lawbook, method=method)
    return {
        "city": key[0] or None,
        "city_name": key[1] or None,
        "period": key[2],
        "cwqi": found.value,
        "exact_cwqi": found.value,
        "cwqi_river": found.parts.get(RIVER),
        "cwqi_lake": found.parts.get(LAKE),
        "rivers": found.counts.get(RIVER, 0),
        "lakes": found.counts.get(LAKE, 0),
        "steady": "yes" if is_steady(sections, method) else None,
        "missing": ",".join(found.missing) or None,
        "absent": None if found.counts else Absent.TOO_FEW.value,
        "review": lowest(section.review for section in sections if section.means and section.review),
        "edition": method.id,
        "note": "；".join(f"规则未核：{question}" for question in open_questions(method).values()) or None,
    }


def _ranked(rows: Sequence[Mapping[str, Cell]], *, more: Mapping[str, str] | None = None) -> pa.Table:
    """Add the change against the year before, where it is in the data, and the ranks within each period."""
    known = {(row["city"], row["period"]): row["exact_cwqi"] for row in rows}
    steady = {(row["city"], row["period"]) for row in rows if row["steady"]}
    told: list[dict[str, Cell]] = []
    for row in rows:
        last = row["city"], str(parse_period(str(row["period"])).year_before())
        before, now, change = known.get(last), row["exact_cwqi"], None
        if isinstance(now, Fraction) and isinstance(before, Fraction) and before:
            change = 100 * (now - before) / before
        exempt = "yes" if row["steady"] and last in steady else None
        told.append({**row, "cwqi_before": before, "change": change, "exact_change": change, "exempt": exempt})
    for period in dict.fromkeys(row["period"] for row in told):
        mine = [row for row in told if row["period"] == period]
        for name, source in (("rank", "exact_cwqi"), ("rank_change", "exact_change")):
            free = [row["exempt"] is None or name == "rank" for row in mine]
            values = [
                v if yes and isinstance(v := row[source], Fraction) else None
                for row, yes in zip(mine, free, strict=True)
            ]
            for row, rank in zip(mine, ranks(values), strict=True):
                row[name] = rank
    columns = {"city": "text", "city_name": "text", "period": "text", "cwqi": "decimal", "exact_cwqi": "exact"}
    columns |= {"rank": "int", "cwqi_before": "decimal", "change": "decimal", "exact_change": "exact"}
    columns |= {"rank_change": "int", "cwqi_river": "decimal", "cwqi_lake": "decimal", "rivers": "int", "lakes": "int"}
    columns |= {
        "exempt": "text",
        "missing": "text",
        "absent": "text",
        "review": "text",
        "edition": "text",
        "note": "text",
    }
    return lay(told, columns | dict(more or {}))
