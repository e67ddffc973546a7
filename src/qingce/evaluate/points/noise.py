"""Noise: day and night levels of points, compliance of classes of function, grades of a city. 声环境评价。"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.errors import complain
from qingce.evaluate.points.levels import energy_mean
from qingce.evaluate.points.noise_rules import DAY, FUNCTION, NIGHT, NoiseBook, NoiseRules
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import Point, Reading, asked_for, commonest, period_of, points_of, read_points

__all__ = ["Level", "SiteNoise", "evaluate_noise", "judge_noise"]

MEDIUM = "noise"
HOURLY, MAXIMUM, LENGTH = "leq", "lmax", "road_length"
_WHOLE = {"ld": DAY, "ln": NIGHT}
_ITEMS = (HOURLY, *_WHOLE, MAXIMUM, LENGTH)
_SPANS = ("quarter", "month", "year")
ALLOWED = {"point": ("day",), "site": ("day",), "function": _SPANS, "city": _SPANS, "regional": ("year", *_SPANS[:2]),
           "road": ("year", *_SPANS[:2])}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Level:
    """The level of a day or night [dB(A)] from `n` hours, its limit and whether it is kept; or why it is not known."""

    value: Fraction | None
    n: int
    limit: Fraction
    met: bool | None
    absent: str
    sudden: int


@dataclass(frozen=True, slots=True)
class SiteNoise:
    """One point on one date: its day and its night."""

    point: Point
    day: date
    levels: Mapping[str, Level]
    review: str | None
    rules: NoiseRules


def evaluate_noise(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return day and night levels with their verdicts by point and date, or the compliance or grade of each city.

    by point: Ld and Ln [dB(A)] against the class of function; by function: compliant of monitored days and nights
    (点次) for each class and all; by regional, road: the city's mean level and its grade. Raises QC110, QC250–QC252,
    QC254, QC257–QC259.

    References
    ----------
    [GB3096-2008]_ table 1; [HJ640-2012]_.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=ALLOWED, otherwise=("point", "day"))
    book = NoiseBook(catalog, edition)
    readings = read_points(table, medium=MEDIUM, items=_ITEMS, catalog=catalog)
    latest = book.on(max((reading.time.date() for reading in readings), default=date.max))
    points = points_of(sites, readings, medium=MEDIUM, categories=latest.words)
    for point in points.values():
        if not point.category:
            allowed = "、".join(latest.kinds)
            raise complain("QC259", words={"site": point.site, "medium": MEDIUM, "allowed": allowed})
    if by in ("regional", "road"):
        return _graded(readings, points, kind=by, period=period, book=book)
    rows = list(judge_noise(readings, points, book))
    return _wide(rows) if by in ("point", "site") else _compliance(rows, period, latest)


def judge_noise(readings: Sequence[Reading], points: Mapping[str, Point], book: NoiseBook) -> Iterator[SiteNoise]:
    """Judge each point of a class of function on each date that it has a reading of."""
    days: dict[tuple[str, date], list[Reading]] = {}
    for reading in readings:
        rules = book.on(reading.time.date())
        if rules.kinds[points[reading.site].category] == FUNCTION and reading.parameter != LENGTH:
            day = reading.time.date() if reading.parameter in _WHOLE else rules.day_of(reading.time)
            days.setdefault((reading.site, day), []).append(reading)
    for (site, day), found in sorted(days.items()):
        rules = book.on(day)
        levels = {part: _level(found, part, points[site].category, day=day, book=book) for part in (DAY, NIGHT)}
        review = lowest(reading.review for reading in found if reading.review and reading.value is not None)
        yield SiteNoise(points[site], day, levels, review, rules)


def _level(readings: Sequence[Reading], part: str, category: str, *, day: date, book: NoiseBook) -> Level:
    """Return the level of a day or night: as measured whole, else the energy mean of its hours."""
    rules, limit = book.on(day), book.limit(category, part, day=day)
    whole = [one for one in readings if _WHOLE.get(one.parameter) == part]
    hours = [one for one in readings if one.parameter == HOURLY and rules.part(one.time) == part]
    values = [one.value for one in hours if one.value is not None]
    there = len({one.time.hour for one in hours if one.value is not None})
    told = [one.value for one in whole if one.value is not None]
    bound = Fraction(limit.value)
    loudest = [one.value for one in readings if one.parameter == MAXIMUM and rules.part(one.time) == part]
    sudden = sum(value is not None and value > bound + rules.sudden for value in loudest) if part == NIGHT else 0
    if told:
        exact = energy_mean(told)
    elif there >= rules.hours[part]:
        exact = energy_mean(values)
    else:
        absent = Absent.TOO_FEW.value if values else commonest([*hours, *whole])
        return Level(None, len(values), bound, None, absent, sudden)
    return Level(exact, len(told) or len(values), bound, rules.compared(exact) <= bound, "", sudden)


def _wide(rows: Sequence[SiteNoise]) -> pa.Table:
    columns = {"point": "text", "point_name": "text", "category": "text", "day": "day"}
    for name, part in (("ld", DAY), ("ln", NIGHT)):
        columns |= {name: "decimal", f"{name}_told": "decimal", f"n_{part}": "int", f"limit_{part}": "decimal"}
        columns |= {f"met_{part}": "text", f"exceed_{part}": "decimal", f"absent_{part}": "text"}
    columns |= {"sudden_night": "int", "review": "text", "edition": "text", "limits": "text"}
    return lay([_cells(row) for row in rows], columns)


def _cells(row: SiteNoise) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        "point": row.point.site,
        "point_name": row.point.name,
        "category": row.point.category,
        "day": row.day,
        "sudden_night": row.levels[NIGHT].sudden,
        "review": row.review,
        "edition": row.rules.id,
        "limits": row.rules.standard,
    }
    for name, part in (("ld", DAY), ("ln", NIGHT)):
        level = row.levels[part]
        over = None if level.value is None else row.rules.compared(level.value) - level.limit
        cells |= {
            name: level.value,
            f"{name}_told": None if level.value is None else row.rules.told(level.value),
            f"n_{part}": level.n,
            f"limit_{part}": level.limit,
            f"met_{part}": None if level.met is None else "yes" if level.met else "no",
            f"exceed_{part}": over if over is not None and over > 0 else None,
            f"absent_{part}": level.absent or None,
        }
    return cells


def _compliance(rows: Sequence[SiteNoise], period: str, rules: NoiseRules) -> pa.Table:
    """Count compliant and judged days and nights by city, class of function and period, and of all classes."""
    groups: dict[tuple[str, str, str, str], list[SiteNoise]] = {}
    for row in rows:
        told = str(period_of(row.day, period))
        for category in (row.point.category, "all"):
            groups.setdefault((row.point.city, row.point.city_name, told, category), []).append(row)
    columns = {"city": "text", "city_name": "text", "period": "text", "category": "text", "points": "int"}
    for part in (DAY, NIGHT):
        columns |= {f"{part}_times": "int", f"{part}_met": "int", f"{part}_rate": "decimal", f"exact_{part}": "exact"}
        columns |= {f"{part}_absent": "int"}
    columns |= {"review": "text", "edition": "text", "note": "text"}
    return lay([_rates(key, found) for key, found in sorted(groups.items())], columns)


def _rates(key: tuple[str, str, str, str], rows: Sequence[SiteNoise]) -> dict[str, Cell]:
    rules = rows[0].rules
    cells: dict[str, Cell] = {
        "city": key[0] or None,
        "city_name": key[1] or None,
        "period": key[2],
        "category": key[3],
        "points": len({row.point.site for row in rows}),
        "review": lowest(row.review for row in rows if row.review),
        "edition": rules.id,
        "note": _open(rules, "method", "periods", "validity", "rounding"),
    }
    for part in (DAY, NIGHT):
        verdicts = [row.levels[part].met for row in rows]
        judged = [met for met in verdicts if met is not None]
        rate = Fraction(100 * sum(judged), len(judged)) if judged else None
        cells |= {f"{part}_times": len(judged), f"{part}_met": sum(judged), f"{part}_rate": rate}
        cells |= {f"exact_{part}": rate, f"{part}_absent": len(verdicts) - len(judged)}
    return cells


def _graded(
    readings: Sequence[Reading], points: Mapping[str, Point], *, kind: str, period: str, book: NoiseBook
) -> pa.Table:
    """Grade each city's grid or roads: in time an energy mean, over the points the mean that the kind declares."""
    groups: dict[tuple[str, str, str], list[Reading]] = {}
    for reading in readings:
        point = points[reading.site]
        if point.category == kind:
            told = str(period_of(reading.time, period))
            groups.setdefault((point.city, point.city_name, told), []).append(reading)
    columns = {"city": "text", "city_name": "text", "period": "text"}
    for part in (DAY, NIGHT):
        columns |= {f"{part}_mean": "decimal", f"{part}_told": "decimal", f"{part}_grade": "int"}
        columns |= {f"{part}_grade_text": "text", f"{part}_points": "int", f"{part}_absent": "text"}
    columns |= {"left_out": "text", "review": "text", "edition": "text", "note": "text"}
    found = [_city(key, rows, kind=kind, book=book) for key, rows in sorted(groups.items())]
    return lay(found, columns)


def _city(key: tuple[str, str, str], readings: Sequence[Reading], *, kind: str, book: NoiseBook) -> dict[str, Cell]:
    rules = book.on(max(reading.time.date() for reading in readings))
    lengths = {one.site: one.value for one in readings if one.parameter == LENGTH and one.value}
    notes = [_open(rules, "method", kind)]
    cells: dict[str, Cell] = {"city": key[0] or None, "city_name": key[1] or None, "period": key[2]}
    lost: set[str] = set()
    for part in (DAY, NIGHT):
        levels = _levels(readings, part, rules)
        weights = {site: _WEIGHTS[kind](site, lengths) for site in levels}
        lost |= {site for site, weight in weights.items() if weight is None}
        counted = {site: weight for site, weight in weights.items() if weight is not None}
        cells |= _mean_cells(levels, counted, kind=kind, part=part, rules=rules)
        if kind == "regional" and 0 < len(counted) < rules.least_points:
            notes.insert(0, f"{'昼间' if part == DAY else '夜间'}网格 {len(counted)} 个，少于 {rules.least_points} 个")
    review = lowest(reading.review for reading in readings if reading.review and reading.value is not None)
    cells |= {"left_out": "、".join(f"{site}（无路长）" for site in sorted(lost)) or None, "review": review}
    return cells | {"edition": rules.id, "note": "；".join(filter(None, notes)) or None}


def _levels(readings: Sequence[Reading], part: str, rules: NoiseRules) -> dict[str, Fraction]:
    """Return the level of each point: the energy mean of what was measured there by day or by night."""
    pots: dict[str, list[Fraction]] = {}
    for one in readings:
        mine = _WHOLE.get(one.parameter) == part or (one.parameter == HOURLY and rules.part(one.time) == part)
        if mine and one.value is not None:
            pots.setdefault(one.site, []).append(one.value)
    return {site: energy_mean(values) for site, values in pots.items()}


_WEIGHTS: Mapping[str, Callable[[str, Mapping[str, Fraction | None]], Fraction | None]] = {
    "regional": lambda _site, _lengths: Fraction(1),
    "road": lambda site, lengths: lengths.get(site),
}


def _mean_cells(
    levels: Mapping[str, Fraction], weights: Mapping[str, Fraction], *, kind: str, part: str, rules: NoiseRules
) -> dict[str, Cell]:
    if not weights:
        return {f"{part}_points": 0, f"{part}_absent": Absent.NOT_MONITORED.value}
    mean = sum((weights[site] * levels[site] for site in weights), Fraction(0)) / sum(weights.values())
    grade = rules.grade(kind, part, mean=mean)
    return {
        f"{part}_mean": mean,
        f"{part}_told": rules.told(mean),
        f"{part}_grade": grade.grade,
        f"{part}_grade_text": grade.zh,
        f"{part}_points": len(weights),
    }


def _open(rules: NoiseRules, *topics: str) -> str:
    return "；".join(f"规则未核：{rules.questions[topic]}" for topic in topics if topic in rules.questions)
