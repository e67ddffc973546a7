"""Soil: items against screening and control values, the class of a unit, area by class. 土壤评价。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.core.periods import Period
from qingce.evaluate.points.soil_rules import CONSTRUCTION, FARMLAND, SoilBook, SoilRules
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import (
    Point,
    Reading,
    asked_for,
    by_time,
    commonest,
    points_of,
    read_points,
    review_of,
)

__all__ = ["SoilUnit", "evaluate_soil", "judge_soil"]

MEDIUM = "soil"
_PERIODS = ("sample", "year")
ALLOWED = {"point": _PERIODS, "site": _PERIODS, "city": ("year",)}
KEPT, SCREENED, CONTROLLED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class SoilUnit:
    """One unit at one time or in one year: each item's grade, the class, what is missing for it, its area [亩]."""

    point: Point
    use: str
    period: Period
    time: datetime
    grade: int | None
    at_least: int | None
    grades: Mapping[str, int]
    means: Mapping[str, Fraction]
    limits: Mapping[str, tuple[Fraction | None, Fraction | None]]
    missing: tuple[str, ...]
    absent: str
    ph_bin: str
    area: Fraction | None
    review: str | None
    rules: SoilRules


def evaluate_soil(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return the class of each unit by its use (farmland 1–3 by soil alone; development land 1–3), or counts by city.

    A grade is 1 up to the screening value, 2 up to the control value, 3 beyond. Raises QC110, QC250–QC252, QC254,
    QC257–QC259.

    References
    ----------
    [GB15618-2018]_ tables 1 to 3; [GB36600-2018]_ tables 1 and 2.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=ALLOWED, otherwise=("point", "sample"))
    rows = list(judge_soil(table, catalog=catalog, period=period, edition=edition, sites=sites))
    return _by_city(rows) if by == "city" else _wide(rows)


def judge_soil(
    table: pa.Table, *, catalog: Catalog, period: str = "sample", edition: str = "auto", sites: pa.Table | None = None
) -> Iterator[SoilUnit]:
    """Judge each unit at each time, or by the means of each year, by the method of its use."""
    book = SoilBook(catalog, edition)
    latest = [book.on(family, date.max) for family in (FARMLAND, CONSTRUCTION)]
    families = {use: rules.family for rules in latest for use in rules.uses}
    words = {word: use for rules in latest for word, use in rules.words.items()}
    items = dict.fromkeys(name for rules in latest for name in (*rules.items, rules.ph, rules.area) if name)
    readings = read_points(table, medium=MEDIUM, items=items, catalog=catalog)
    points = points_of(sites, readings, medium=MEDIUM, categories=words)
    for site, span, found in by_time(readings, period):
        point = points[site]
        if point.category not in families:
            allowed = "、".join(dict.fromkeys(words))
            raise complain("QC259", words={"site": site, "medium": MEDIUM, "allowed": allowed})
        rules = book.on(families[point.category], span.end)
        yield _judge(point, span, found, rules=rules, book=book)


def _judge(point: Point, span: Period, readings: Sequence[Reading], *, rules: SoilRules, book: SoilBook) -> SoilUnit:
    pots: dict[str, list[Fraction]] = {}
    for reading in readings:
        value = rules.counted(reading)
        if value is not None:
            pots.setdefault(reading.parameter, []).append(value)
    means = {name: sum(values, Fraction(0)) / len(values) for name, values in pots.items()}
    needs_ph = bool(rules.bins)
    part = rules.bin_of(means[rules.ph]) if needs_ph and rules.ph in means else ""
    limits = {} if needs_ph and not part else _limits(means, rules, point.category, part=part, day=span.end, book=book)
    grades = {name: _grade(means[name], *found) for name, found in limits.items()}
    deciding = [name for name, item in rules.items.items() if item.decides]
    missing = tuple(name for name in deciding if name not in grades) if rules.complete else ()
    at_least = max((grades[name] for name in deciding if name in grades), default=None)
    sure = at_least is not None and (at_least == CONTROLLED or not missing)
    used = [reading for reading in readings if rules.counted(reading) is not None and reading.parameter != rules.area]
    return SoilUnit(
        point=point,
        use=point.category,
        period=span,
        time=readings[0].time,
        grade=at_least if sure else None,
        at_least=at_least,
        grades=grades,
        means=means,
        limits=limits,
        missing=missing + ((rules.ph,) if needs_ph and not part else ()),
        absent="" if sure else Absent.TOO_FEW.value if means.keys() - {rules.area} else commonest(readings),
        ph_bin=part,
        area=means.get(rules.area),
        review=review_of(used),
        rules=rules,
    )


def _limits(
    means: Mapping[str, Fraction], rules: SoilRules, use: str, *, part: str, day: date, book: SoilBook
) -> dict[str, tuple[Fraction | None, Fraction | None]]:
    """Return the screening and control value [mg/kg] of every item measured that has one."""
    found: dict[str, tuple[Fraction | None, Fraction | None]] = {}
    for name, item in rules.items.items():
        if name not in means:
            continue
        screening = book.limit(rules, name, rules.screening, use=use, part=part, day=day)
        control = book.limit(rules, name, rules.control, use=use, part=part, day=day) if item.control else None
        if screening is not None:
            found[name] = Fraction(screening.value), None if control is None else Fraction(control.value)
    return found


def _grade(value: Fraction, screening: Fraction | None, control: Fraction | None) -> int:
    if control is not None and value > control:
        return CONTROLLED
    return SCREENED if screening is not None and value > screening else KEPT


def _wide(rows: Sequence[SoilUnit]) -> pa.Table:
    columns = {"point": "text", "point_name": "text", "use": "text", "use_name": "text", "period": "text"}
    columns |= {"class": "int", "class_text": "text", "at_least": "int", "deciding": "text", "missing": "text"}
    columns |= {"absent": "text", "ph_bin": "text", "area": "decimal", "n_items": "int", "review": "text"}
    columns |= {"edition": "text", "limits": "text", "note": "text"}
    items = dict.fromkeys(name for row in rows for name in row.rules.items)
    seen = {name for row in rows for name in row.grades}
    for name in (name for name in items if name in seen):
        columns |= {name: "decimal", f"grade_{name}": "int", f"exact_{name}": "exact"}
        columns |= {f"screening_{name}": "decimal", f"control_{name}": "decimal"}
    return lay([_cells(row) for row in rows], columns)


def _cells(row: SoilUnit) -> dict[str, Cell]:
    worst = max((row.grades[name] for name in row.grades), default=KEPT)
    cells: dict[str, Cell] = {
        "point": row.point.site,
        "point_name": row.point.name,
        "use": row.use,
        "use_name": row.rules.uses[row.use],
        "period": str(row.period),
        "class": row.grade,
        "class_text": None if row.grade is None else row.rules.names[row.grade],
        "at_least": row.at_least,
        "deciding": ",".join(_deciding(row)) or None,
        "missing": ",".join(row.missing) or None,
        "absent": row.absent or None,
        "ph_bin": row.ph_bin or None,
        "area": row.area,
        "n_items": len(row.grades),
        "review": row.review,
        "edition": row.rules.id,
        "limits": row.rules.standard,
        "note": _note(row) if worst > KEPT else None,
    }
    for name, grade in row.grades.items():
        screening, control = row.limits[name]
        cells |= {name: row.means[name], f"exact_{name}": row.means[name], f"grade_{name}": grade}
        cells |= {f"screening_{name}": screening, f"control_{name}": control}
    return cells


def _deciding(row: SoilUnit) -> list[str]:
    """Name the deciding items of the worst grade, where it is beyond the screening value."""
    deciding = [name for name, item in row.rules.items.items() if item.decides and name in row.grades]
    return [name for name in deciding if row.grades[name] == row.at_least and row.grades[name] > KEPT]


def _note(row: SoilUnit) -> str | None:
    """Say which items beyond the screening value may be of the local background, or do not decide the class."""
    over = [name for name, grade in row.grades.items() if grade > KEPT]
    local = [name for name in over if row.rules.items[name].background]
    aside = [name for name in over if not row.rules.items[name].decides]
    notes = [f"{'、'.join(local)} 超筛选值：不高于当地背景值的不纳入污染地块管理，背景值未提供"] if local else []
    notes += [f"{'、'.join(aside)} 超筛选值，不参与定类"] if aside else []
    return "；".join(notes) or None


def _by_city(rows: Sequence[SoilUnit]) -> pa.Table:
    groups = grouped(rows, lambda row: (row.point.city, row.point.city_name, str(row.period), row.rules.family))
    columns = {"city": "text", "city_name": "text", "period": "text", "family": "text", "units": "int"}
    columns |= {f"class{n}": "int" for n in (KEPT, SCREENED, CONTROLLED)}
    columns |= {f"area{n}": "decimal" for n in (KEPT, SCREENED, CONTROLLED)}
    columns |= {"unjudged": "text", "without_area": "text", "review": "text", "edition": "text"}
    return lay([_city(key, found) for key, found in sorted(groups.items())], columns)


def _city(key: tuple[str, str, str, str], rows: Sequence[SoilUnit]) -> dict[str, Cell]:
    judged = [row for row in rows if row.grade is not None]
    cells: dict[str, Cell] = {
        "city": key[0] or None,
        "city_name": key[1] or None,
        "period": key[2],
        "family": key[3],
        "units": len(judged),
        "unjudged": "、".join(row.point.name for row in rows if row.grade is None) or None,
        "without_area": "、".join(row.point.name for row in judged if row.area is None) or None,
        "review": lowest(row.review for row in judged if row.review),
        "edition": rows[0].rules.id,
    }
    for grade in (KEPT, SCREENED, CONTROLLED):
        mine = [row for row in judged if row.grade == grade]
        cells |= {
            f"class{grade}": len(mine),
            f"area{grade}": sum((row.area or Fraction(0) for row in mine), Fraction(0)),
        }
    return cells
