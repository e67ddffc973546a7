"""City water quality index: the sum of each item's ratio to its class III limit, its change and rank. 城市水质指数。"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Absent, lowest
from qingce.core.periods import parse_period
from qingce.core.records import Limit
from qingce.evaluate.air_rules import edition_of
from qingce.evaluate.method_options import chosen, open_questions, whole
from qingce.evaluate.point_tables import Cell, lay
from qingce.evaluate.readings import asked_for
from qingce.evaluate.water import assess
from qingce.evaluate.water_periods import Assessed
from qingce.evaluate.water_rules import LAKE, RIVER, Lawbook
from qingce.evaluate.water_scopes import cities_of, place_of

__all__ = ["FAMILY", "evaluate_cwqi", "item_index", "ranks"]

FAMILY, MEDIUM = "cwqi", "cwqi"
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
    cities = cities_of(sites)
    groups: dict[tuple[str, str, str], list[Assessed]] = {}
    for section in assess(table, sites, lawbook, period=period):
        groups.setdefault((*place_of(cities, section.place.section), str(section.period)), []).append(section)
    rows = []
    for key, sections in sorted(groups.items()):
        method = catalog.method(FAMILY, day=sections[0].period.end, edition=name)
        rows.append(_city(key, sections, lawbook, method=method))
    return _ranked(rows)


def item_index(parameter: str, value: Fraction, limit: Limit, *, neutral: Fraction) -> Fraction | None:
    """Return one item's index by how its limit bounds it; None where a floor is compared with nothing at all.

    References
    ----------
    [HBJC2017-51]_: C/Cs; Cs/C for oxygen; the distance of pH from neutral in that of its bound.
    """
    bound = Fraction(limit.value)
    if limit.low is not None:
        low = Fraction(limit.low)
        return (neutral - value) / (neutral - low) if value <= neutral else (value - neutral) / (bound - neutral)
    if limit.bound == "ge":
        return bound / value if value else None
    return value / bound


def ranks(values: Sequence[Fraction | None]) -> list[int | None]:
    """Return ranks from the smallest, ties alike and the next left out (1-1-3); None for what has no value."""
    there = sorted(value for value in values if value is not None)
    return [None if value is None else bisect_left(there, value) + 1 for value in values]


def _city(
    key: tuple[str, str, str], sections: Sequence[Assessed], lawbook: Lawbook, *, method: Method
) -> dict[str, Cell]:
    chosen(method, ("index", "verb"), {"sum_of_ratios": True})
    chosen(method, ("index", "missing"), {"left_out": True})
    chosen(method, ("city", "verb"), {"weighted_by_number": True})
    chosen(method, ("change", "verb"), {"share_of_base": True})
    day = sections[0].period.end
    rules = lawbook.on(day)
    parts: dict[str, list[Assessed]] = {RIVER: [], LAKE: []}
    for section in sections:
        if section.means:
            lake = rules.kinds.get(section.place.kind, "") == rules.kinds[LAKE]
            parts[LAKE if lake else RIVER].append(section)
    found = {kind: _index(rows, lawbook, kind, day=day, method=method) for kind, rows in parts.items() if rows}
    counts = {kind: len(parts[kind]) for kind in found}
    whole_index = sum((counts[kind] * index for kind, (index, _) in found.items()), Fraction(0))
    total = whole_index / sum(counts.values()) if counts else None
    missing = dict.fromkeys(name for _, names in found.values() for name in names)
    return {
        "city": key[0] or None,
        "city_name": key[1] or None,
        "period": key[2],
        "cwqi": total,
        "exact_cwqi": total,
        "cwqi_river": found[RIVER][0] if RIVER in found else None,
        "cwqi_lake": found[LAKE][0] if LAKE in found else None,
        "rivers": counts.get(RIVER, 0),
        "lakes": counts.get(LAKE, 0),
        "steady": "yes" if _steady(sections, whole(method, "change", "exempt_at_most")) else None,
        "missing": ",".join(missing) or None,
        "absent": None if counts else Absent.TOO_FEW.value,
        "review": lowest(section.review for rows in parts.values() for section in rows if section.review),
        "edition": method.id,
        "note": "；".join(f"规则未核：{question}" for question in open_questions(method).values()) or None,
    }


def _steady(sections: Sequence[Assessed], grade: int) -> bool:
    """Say whether every section with a class is that good and keeps its target: such a city has little to gain."""
    known = [(s.verdict.grade, s.place.target) for s in sections if s.verdict.grade is not None]
    return bool(known) and all(found <= min(grade, target or grade) for found, target in known)


def _index(
    sections: Sequence[Assessed], lawbook: Lawbook, kind: str, *, day: date, method: Method
) -> tuple[Fraction, list[str]]:
    """Return the index of sections of one kind of water and the items that none of them has."""
    rules = lawbook.on(day)
    limits = lawbook.limits(day, rules.kinds[kind])
    grade, neutral = whole(method, "index", "reference_class"), Fraction(whole(method, "index", "neutral"))
    total, missing = Fraction(0), []
    for name in rules.evaluated:
        values = [section.means[name].value for section in sections if name in section.means]
        mean = sum(values, Fraction(0)) / len(values) if values else None
        index = None if mean is None else item_index(name, mean, limits[name][grade - 1], neutral=neutral)
        if index is None:
            missing.append(name)
        else:
            total += index
    return total, missing


def _ranked(rows: Sequence[Mapping[str, Cell]]) -> pa.Table:
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
    return lay(told, columns)
