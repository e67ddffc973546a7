"""Indicator values from what points were found to be: shares of points, means of points, reports. 点位指标值。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import pyarrow as pa

from qingce.core.absence import ABSENT_ZH, Absent
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.evaluate.air.indicators import value_table
from qingce.evaluate.points.indicators import Answer, value_of

__all__ = ["FINDING_VERBS", "finding_counts", "finding_indicator", "finding_of", "in_scope", "is_finding", "of_first"]

_SERIES = "measured"
_MEDIA = {"drinking_source": "drinking-water", "ecology_status": "ecology", "ecology_quality": "ecology"}
"""Family of rules → medium, where they are called differently."""
_REPORTED, _PROJECTS = "ratio", "emissions"
_REGIONAL = frozenset({_REPORTED, "ecology"})
"""Media whose findings are of a region itself, not of points in it."""
_QUANTITY = {"night": "met_night", "day": "met_day", "source": "met"}

Row = Mapping[str, object]


def finding_of(indicator: Indicator) -> tuple[str, str]:
    """Return the media (joined by `|`) and the quantity whose findings an indicator counts; empty where none do."""
    verb, family = str(indicator.statistic.get("verb", "")), str(indicator.statistic.get("family", ""))
    medium = _MEDIA.get(family, family)
    if verb == "class_share":
        return medium, "class"
    if verb == "met_share":
        return medium, _QUANTITY.get(str(indicator.statistic.get("part")), "met")
    if verb == "point_mean":
        return medium, str(indicator.statistic.get("parameter", ""))
    if verb == "region_index":
        return medium, indicator.id
    if verb == "net":
        return f"{_REPORTED}|{_PROJECTS}", indicator.id
    return (_REPORTED, indicator.id) if verb == "ratio" else ("", "")


def is_finding(row: Row, medium: str, quantity: str) -> bool:
    """Say whether a finding is of one of the media (joined by `|`) and of the quantity that an indicator counts."""
    return row["quantity"] == quantity and row["medium"] in medium.split("|")


def of_first(rows: Sequence[Row], medium: str) -> list[Row]:
    """Return, year by year, the findings of the first medium (of those joined by `|`) that has any.

    What a region reports of a year goes before its projects of that year.
    """
    kept = []
    for year in dict.fromkeys(_year(row) for row in rows):
        mine = [row for row in rows if _year(row) == year]
        found = ([row for row in mine if row["medium"] == name] for name in medium.split("|"))
        kept += next((some for some in found if some), [])
    return kept


def in_scope(row: Row, scope: str) -> bool:
    """Say whether a point lies in a region: its city or county is the region or one below it."""
    stem = scope.rstrip("0")
    codes = (str(row.get("city") or ""), str(row.get("county") or ""), str(row.get("subject") or ""))
    return any(code.isdigit() and len(code) == len(scope) and code.startswith(stem) for code in codes)


def finding_indicator(
    indicator: Indicator, findings: Sequence[Row], *, scope: str, period: Period, scope_name: str = ""
) -> pa.Table:
    """Return an indicator as one VALUE row from POINT_FINDING rows of one scope; rows outside the period do not count.

    Groundwater and sources count the findings of the very period, noise its days, dustfall its months. Raises QC255 for
    a verb that is not of points.
    """
    verb = str(indicator.statistic.get("verb", ""))
    if verb not in FINDING_VERBS:
        raise complain("QC255", words={"indicator": indicator.id, "verb": verb})
    medium, quantity = finding_of(indicator)
    rows = [row for row in findings if is_finding(row, medium, quantity)]
    rows = of_first([row for row in rows if finding_counts(row, scope, period)], medium)
    known = [row for row in rows if row["exact"]]
    exact, notes = FINDING_VERBS[verb](indicator, known)
    left = [row for row in rows if not row["exact"]]
    absent = None if exact is not None else str(left[0]["absent"]) if left else Absent.NOT_REPORTED.value
    if left:
        words = dict.fromkeys(ABSENT_ZH[Absent(str(row["absent"] or "not_reported"))] for row in left)
        notes = [*notes, f"不能判定 {len(left)}（{'、'.join(words)}）"]
    notes = [*_years_told(known, period), *notes]
    answer = Answer(scope, scope_name or scope, period, exact, absent, notes)
    return value_table([value_of(indicator, answer, known)])


def finding_counts(row: Row, scope: str, period: Period) -> bool:
    """Say whether a finding counts for a region and period: what a region reports is its own, points lie in many."""
    inside = row["subject"] == scope if row["medium"] in _REGIONAL else in_scope(row, scope)
    return inside and _counts(row, period)


def _counts(row: Row, period: Period) -> bool:
    """A finding of a day or month counts within the period, one of longer only for itself."""
    start, end = row["start"], row["end"]
    if row["period"] in _spans(period):
        return True
    short = len(str(row["period"])) <= len("2026-05-31")
    return short and len(str(row["period"])) > len("2026") and start in period and end in period  # type: ignore[operator]


@lru_cache(maxsize=64)
def _spans(period: Period) -> frozenset[str]:
    """Return the period itself; of one over several years each year of it, the last to its end."""
    if period.start.year == period.end.year:
        return frozenset([str(period)])
    years = (Period.year(year) for year in range(period.start.year, period.end.year + 1))
    return frozenset(str(Period(max(year.start, period.start), min(year.end, period.end))) for year in years)


def _year(row: Row) -> int:
    return int(str(row["end"])[:4])


def _years_told(known: Sequence[Row], period: Period) -> list[str]:
    """Say of a period over several years which it adds up, and which of them have nothing."""
    first, last = period.start.year, period.end.year
    if first == last or not known:
        return []
    gone = [str(year) for year in range(first, last + 1) if year not in {_year(row) for row in known}]
    return [f"{first}—{last} 年逐年相加", *([f"{'、'.join(gone)} 年没有数据，未计入"] if gone else [])]


def _class_share(indicator: Indicator, rows: Sequence[Row]) -> tuple[Fraction | None, list[str]]:
    best, worse = indicator.statistic.get("at_most"), indicator.statistic.get("worse_than")
    grades = [int(Fraction(str(row["exact"]))) for row in rows]
    met = [g <= best if isinstance(best, int) else isinstance(worse, int) and g > worse for g in grades]
    return _share(met), _told(rows, met, bad=not isinstance(best, int))


def _met_share(indicator: Indicator, rows: Sequence[Row]) -> tuple[Fraction | None, list[str]]:
    met = [Fraction(str(row["exact"])) == 1 for row in rows]
    return _share(met), _told(rows, met, bad=False)


def _share(met: Sequence[bool]) -> Fraction | None:
    return Fraction(100 * sum(met), len(met)) if met else None


def _told(rows: Sequence[Row], met: Sequence[bool], *, bad: bool) -> list[str]:
    """Say how many count, and name the points that stand on the wrong side."""
    if not rows:
        return []
    wrong = [row for row, yes in zip(rows, met, strict=True) if yes == bad]
    names = list(dict.fromkeys(str(row["subject_name"]) for row in wrong))
    more = f"：{'、'.join(names[:5])}{'等' if len(names) > 5 else ''}" if names else ""
    return [f"参评 {len(rows)}，其中 {sum(met)}", *([f"{'属于' if bad else '未达标'}{more}"] if names else [])]


def _point_mean(_indicator: Indicator, rows: Sequence[Row]) -> tuple[Fraction | None, list[str]]:
    """The mean over the points of each point's mean."""
    points: dict[str, list[Fraction]] = {}
    for row in rows:
        points.setdefault(str(row["subject"]), []).append(Fraction(str(row["exact"])))
    means = {name: sum(values, Fraction(0)) / len(values) for name, values in points.items()}
    if not means:
        return None, []
    return sum(means.values(), Fraction(0)) / len(means), [f"{len(means)} 个点位、{len(rows)} 个月值的平均"]


def _reported(_indicator: Indicator, rows: Sequence[Row]) -> tuple[Fraction | None, list[str]]:
    """The value that a region reports."""
    return (Fraction(str(rows[0]["exact"])), []) if rows else (None, [])


def _indexed(_indicator: Indicator, rows: Sequence[Row]) -> tuple[Fraction | None, list[str]]:
    """The index of a region, its grade in words."""
    if not rows:
        return None, []
    told = [str(rows[0]["text"])] if rows[0]["text"] else []
    return Fraction(str(rows[0]["exact"])), [*told, *([str(rows[0]["note"])] if rows[0]["note"] else [])]


def _net(_indicator: Indicator, rows: Sequence[Row]) -> tuple[Fraction | None, list[str]]:
    """What a region reports of a net cut, else the sum of what its listed projects add, over all years."""
    if not rows:
        return None, []
    listed = [row for row in rows if row["medium"] == _PROJECTS]
    open_rules = dict.fromkeys(part for row in listed for part in str(row["note"] or "").split("；") if "未核" in part)
    told = [f"{len(listed)} 个工程净减排量之和，只计本期投运的", *open_rules] if listed else []
    return sum((Fraction(str(row["exact"])) for row in rows), Fraction(0)), told


FINDING_VERBS: Mapping[str, Callable[[Indicator, Sequence[Row]], tuple[Fraction | None, list[str]]]] = {
    "class_share": _class_share,
    "met_share": _met_share,
    "point_mean": _point_mean,
    "ratio": _reported,
    "region_index": _indexed,
    "net": _net,
}
"""The closed table of verbs answered by findings of points."""
