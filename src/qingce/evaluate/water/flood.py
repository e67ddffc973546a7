"""Pollution intensity of the flood season: the highest value against the target, section by section. 汛期污染强度。"""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.errors import QingceError, complain
from qingce.core.grouping import grouped
from qingce.core.periods import Period, parse_period
from qingce.core.tables import SCALE
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.water.cwqi import ranks
from qingce.evaluate.water.input import Place, Reading, places_of, read_readings
from qingce.evaluate.water.rules import Lawbook

__all__ = ["evaluate_flood"]

MEDIUM = "flood-season"


def evaluate_flood(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "section",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return each section's intensity: the largest ratio of an item's highest value to its limit of the target class.

    `period` is the flood season of the basin as `2026-06/2026-09`: it is not declared, for it differs by basin.
    Sections are ranked from the highest. Raises QC105, QC110, QC250–QC252, QC254.

    References
    ----------
    [HBJCH2020-714]_ for the items; the definition as published: flood-season maximum of the primary pollutant over its
    target limit.
    """
    season = _season(by, period)
    lawbook = Lawbook(catalog, edition)
    readings = [reading for reading in read_readings(table, lawbook) if reading.time.date() in season]
    groups = grouped(readings, lambda reading: reading.section)
    places = places_of(sites, readings)
    rows = [_intensity(place, groups.get(section, []), season, lawbook=lawbook) for section, place in places.items()]
    exact = [value if isinstance(value := row["exact_intensity"], Fraction) else None for row in rows]
    for row, rank in zip(rows, ranks([None if value is None else -value for value in exact]), strict=True):
        row["rank"] = rank
    rows.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, str(row["section"])))
    columns = {"section": "text", "section_name": "text", "period": "text", "target_class": "int", "primary": "text"}
    columns |= {"highest": "decimal", "limit": "decimal", "intensity": "decimal", "exact_intensity": "exact"}
    columns |= {"time": "text", "rank": "int", "n": "int", "absent": "text", "review": "text", "edition": "text"}
    return lay(rows, columns | {"note": "text"})


def _season(by: str, period: str) -> Period:
    words: dict[str, object] = {"medium": MEDIUM, "by": by, "period": period, "allowed": "section × 2026-06/2026-09"}
    if by not in ("section", "site") or not period:
        raise complain("QC254", words=words)
    try:
        return parse_period(period)
    except QingceError as error:
        raise complain("QC254", words=words) from error


def _intensity(place: Place, readings: list[Reading], season: Period, *, lawbook: Lawbook) -> dict[str, Cell]:
    rules = lawbook.on(season.end)
    cells: dict[str, Cell] = {
        "section": place.section,
        "section_name": place.name,
        "period": str(season),
        "target_class": place.target,
        "n": len(readings),
        "edition": rules.id,
        "exact_intensity": None,
        "note": "规则未核：汛期时段按流域确定，计入小时值、日值还是周值未读到",
    }
    if place.target is None or place.target >= rules.worst or not readings:
        return cells | {"absent": Absent.NOT_REPORTED.value if place.target else Absent.NOT_MONITORED.value}
    limits = lawbook.limits(season.end, rules.kinds.get(place.kind, rules.kinds[""]))
    best: tuple[Fraction, Reading] | None = None
    for reading in sorted(readings, key=lambda one: (one.time, one.parameter)):
        item = rules.items[reading.parameter]
        if reading.micro is None or not item.evaluated or not item.multiple:
            continue
        ratio = Fraction(reading.micro) / SCALE / Fraction(limits[reading.parameter][place.target - 1].value)
        if best is None or ratio > best[0]:
            best = ratio, reading
    if best is None or best[1].micro is None:
        return cells | {"absent": Absent.NOT_REPORTED.value}
    return cells | {
        "primary": best[1].parameter,
        "highest": Fraction(best[1].micro) / SCALE,
        "limit": limits[best[1].parameter][place.target - 1].value,
        "intensity": best[0],
        "exact_intensity": best[0],
        "time": best[1].time.isoformat(" ", "minutes"),
        "review": lowest(reading.review for reading in readings if reading.review),
    }
