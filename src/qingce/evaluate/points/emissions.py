"""Projects that cut emissions as findings, each by what it adds to its region's net cut. 减排工程结果。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.evaluate.emissions import MEDIUM, Project, projects_of
from qingce.evaluate.points.tables import Cell

__all__ = ["cuts_found"]


def cuts_found(
    table: pa.Table, parts: Iterable[tuple[Period, pa.Table]], *, sites: pa.Table | None, catalog: Catalog
) -> Iterator[dict[str, Cell]]:
    """Yield a POINT_FINDING row of every project and span: its cut less what is disallowed, an offset taken off.

    Raises what `evaluate_emissions` raises; what is counted twice is refused over all the years together.
    """
    projects_of(table, catalog=catalog, sites=sites)
    counties = (
        {str(row["site"]): str(row.get("county") or "") for row in sites.to_pylist()} if sites is not None else {}
    )
    for span, part in parts:
        for one in projects_of(part, catalog=catalog, sites=sites) if part.num_rows else ():
            yield _finding(one, span, counties.get(one.point.site, ""), catalog=catalog)


def _finding(one: Project, span: Period, county: str, *, catalog: Catalog) -> dict[str, Cell]:
    value, quantity = _added(one), _quantity(one, catalog)
    shown = None if value is None else as_decimal(value)
    words = "" if shown is None else f"{one.formula.zh} {shown.normalize():f} t"
    return {
        "id": f"F:{one.point.site}:{quantity}:{span}:measured",
        "medium": MEDIUM,
        "subject": one.point.site,
        "subject_name": f"{one.facility} {one.formula.zh}",
        "city": one.point.city,
        "county": county,
        "quantity": quantity,
        "period": str(span),
        "start": span.start,
        "end": span.end,
        "value": shown,
        "exact": "" if value is None else str(value),
        "text": words,
        "unit": "t",
        "n": 1 if value is not None else 0,
        "absent": None if value is not None else Absent.NOT_REPORTED.value,
        "review": one.review,
        "edition": one.rules.id,
        "limits": "",
        "items": ",".join((*one.formula.items, *((one.rules.disallowed,) if one.disallowed else ()))),
        "note": "；".join(_notes(one)),
    }


def _added(one: Project) -> Fraction | None:
    """Return what a project adds to the net cut of its region."""
    if one.cut is None:
        return None
    return (-one.cut if one.formula.id == one.rules.offset else one.cut) - one.disallowed


def _notes(one: Project) -> Iterator[str]:
    if one.missing:
        yield f"缺 {'、'.join(one.missing)}"
    yield from (f"规则未核：{question}" for question in one.rules.questions.values())


def _quantity(one: Project, catalog: Catalog) -> str:
    """Return the indicator whose declared net cut counts the projects of a pollutant, else the pollutant itself."""
    wanted = one.rules.counted.get(one.pollutant)
    for indicator in catalog.indicators.values():
        if wanted and wanted in str(indicator.statistic.get("plus", "")).split("|"):
            return indicator.id
    return one.pollutant
