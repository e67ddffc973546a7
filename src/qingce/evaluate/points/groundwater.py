"""Groundwater: each item's class, the point's worst, and the share of the worst class in a place. 地下水评价。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.grouping import grouped
from qingce.core.periods import Period
from qingce.evaluate.air.rules import LIMITS, edition_of
from qingce.evaluate.method_options import texts
from qingce.evaluate.points.groundwater_rules import FAMILY, GroundRules, ground_items, ground_rules
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
from qingce.evaluate.water.classes import class_of

__all__ = ["Judged", "allowed_count", "evaluate_groundwater", "judge_points"]

MEDIUM = "groundwater"
_PERIODS = ("month", "quarter", "year", "sample")
ALLOWED = {"point": _PERIODS, "site": _PERIODS, "city": ("year", "quarter", "month")}


@dataclass(frozen=True, slots=True)
class Judged:
    """One point in one period, or at one time: the class of each item and the worst; None without any."""

    point: Point
    period: Period
    time: datetime
    grade: int | None
    grades: Mapping[str, int]
    means: Mapping[str, Fraction]
    counts: Mapping[str, int]
    absent: str
    review: str | None
    rules: GroundRules
    limits: str

    @property
    def deciding(self) -> tuple[str, ...]:
        """The items of the worst class."""
        return tuple(name for name, grade in self.grades.items() if grade == self.grade)


def evaluate_groundwater(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return the classes of points by period (or of each sample), or the share of the worst class by city.

    A value of several samples is their mean. By city: points of each class, the share of the worst [%] and how many
    points the method's goal allows. Raises QC110, QC250–QC252, QC254, QC257.

    References
    ----------
    [GBT14848-2017]_ tables 1 and 2, clause 6.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=ALLOWED, otherwise=("point", "month"))
    rows = list(judge_points(table, catalog=catalog, period=period, edition=edition, sites=sites))
    return _by_city(rows) if by == "city" else _wide(rows, timed=period == "sample")


def judge_points(
    table: pa.Table, *, catalog: Catalog, period: str, edition: str = "auto", sites: pa.Table | None = None
) -> Iterator[Judged]:
    """Judge each point in each period (or at each time for `sample`) by the rules of the period's last day."""
    name, limits = edition_of(catalog, FAMILY, edition), edition_of(catalog, LIMITS, edition)
    latest = catalog.method(FAMILY, day=date.max, edition=name)
    items, also = ground_items(latest), texts(latest, "items", "reference")
    readings = read_points(table, medium=MEDIUM, items=items, also=also, catalog=catalog)
    points = points_of(sites, readings, medium=MEDIUM)
    known: dict[date, GroundRules] = {}
    for site, span, found in by_time(readings, period):
        if span.end not in known:
            method = catalog.method(FAMILY, day=span.end, edition=name)
            known[span.end] = ground_rules(method, catalog, day=span.end, edition=limits)
        yield _judge(points[site], span, found, rules=known[span.end])


def allowed_count(total: int, percent: Fraction) -> int:
    """Return how many of `total` may be of the worst class where at most `percent` [%] of them may.

    Examples
    --------
    >>> allowed_count(9, Fraction(25)), allowed_count(8, Fraction(25))
    (2, 2)
    """
    exact = percent * total / 100
    return exact.numerator // exact.denominator


def _judge(point: Point, span: Period, readings: Sequence[Reading], *, rules: GroundRules) -> Judged:
    values: dict[str, list[Fraction]] = {}
    for reading in readings:
        value = rules.counted(reading)
        if value is not None:
            values.setdefault(reading.parameter, []).append(value)
    means = {name: sum(values[name], Fraction(0)) / len(values[name]) for name in rules.items if name in values}
    grades = {name: class_of(mean, rules.limits[name]) for name, mean in means.items()}
    used = [reading for reading in readings if rules.counted(reading) is not None]
    return Judged(
        point=point,
        period=span,
        time=readings[0].time,
        grade=max(grades.values(), default=None),
        grades=grades,
        means=means,
        counts={name: len(found) for name, found in values.items()},
        absent="" if grades else commonest(readings),
        review=review_of(used),
        rules=rules,
        limits=rules.standard,
    )


def _wide(rows: Sequence[Judged], *, timed: bool) -> pa.Table:
    columns = {"point": "text", "point_name": "text"} | ({"time": "time"} if timed else {"period": "text"})
    columns |= {"class": "int", "grade_text": "text", "deciding": "text", "absent": "text", "review": "text"}
    columns |= {"edition": "text", "limits": "text", "target_class": "int", "n_items": "int"}
    seen = {name for row in rows for name in row.means}
    for name in dict.fromkeys(name for row in rows for name in row.rules.items if name in seen):
        columns |= {name: "decimal", f"class_{name}": "int", f"n_{name}": "int", f"exact_{name}": "exact"}
    return lay([_cells(row) for row in rows], columns)


def _cells(row: Judged) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        "point": row.point.site,
        "point_name": row.point.name,
        "time": row.time,
        "period": str(row.period),
        "class": row.grade,
        "grade_text": None if row.grade is None else row.rules.names[row.grade],
        "deciding": ",".join(row.deciding) or None,
        "absent": row.absent or None,
        "review": row.review,
        "edition": row.rules.id,
        "limits": row.limits,
        "target_class": row.point.target,
        "n_items": len(row.grades),
    }
    for name, mean in row.means.items():
        cells |= {name: mean, f"exact_{name}": mean, f"class_{name}": row.grades[name], f"n_{name}": row.counts[name]}
    return cells


def _by_city(rows: Sequence[Judged]) -> pa.Table:
    groups = grouped(rows, lambda row: (row.point.city, row.point.city_name, str(row.period)))
    worst = max((row.rules.worst for row in rows), default=0)
    columns = {"city": "text", "city_name": "text", "period": "text", "points": "int"}
    columns |= {f"class{grade}": "int" for grade in range(1, worst + 1)}
    columns |= {"share_worst": "decimal", "exact_share_worst": "exact", "allowed_worst": "int", "worst_points": "text"}
    columns |= {"absent": "text", "left_out": "text", "review": "text", "edition": "text", "note": "text"}
    return lay([_city(key, found) for key, found in sorted(groups.items())], columns)


def _city(key: tuple[str, str, str], rows: Sequence[Judged]) -> dict[str, Cell]:
    judged = [row for row in rows if row.grade is not None]
    rules = rows[0].rules
    beyond = [row.point.name for row in judged if (row.grade or 0) > rules.worse_than]
    share = Fraction(100 * len(beyond), len(judged)) if judged else None
    cells: dict[str, Cell] = {
        "city": key[0] or None,
        "city_name": key[1] or None,
        "period": key[2],
        "points": len(judged),
        "share_worst": share,
        "exact_share_worst": share,
        "allowed_worst": allowed_count(len(judged), rules.goal) if judged else None,
        "worst_points": "、".join(beyond) or None,
        "absent": None if judged else Absent.TOO_FEW.value,
        "left_out": "、".join(row.point.name for row in rows if row.grade is None) or None,
        "review": lowest(row.review for row in judged if row.review),
        "edition": rules.id,
        "note": "；".join(f"规则未核：{question}" for question in rules.questions.values()) or None,
    }
    return cells | {f"class{n}": sum(row.grade == n for row in judged) for n in range(1, rules.worst + 1)}
