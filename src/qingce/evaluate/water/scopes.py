"""Cities by their sections: status by shares or means, change on the year before; targets. 河流流域与考核目标。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Absent, lowest
from qingce.core.grouping import grouped
from qingce.core.periods import parse_period
from qingce.core.records import Limit
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, number, whole
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import asked_for, period_of
from qingce.evaluate.water.classes import judge
from qingce.evaluate.water.door import assess
from qingce.evaluate.water.periods import Assessed
from qingce.evaluate.water.rules import FAMILY, Lawbook

__all__ = ["Status", "change_of", "cities_of", "evaluate_basins", "evaluate_targets", "place_of", "status_of"]

_PERIODS = ("month", "quarter", "year")
_WORSE, _SAME, _BETTER = -1, 0, 1
_TURNS = {_BETTER: "好转", _WORSE: "下降", _SAME: ""}
_MUCH = ("无明显变化", "有所", "明显")


@dataclass(frozen=True, slots=True)
class Status:
    """The status of many sections: grade 1 (优) to 5, its word, and the shares [%] of good and bad ones."""

    grade: int | None
    zh: str
    good: Fraction | None
    bad: Fraction | None
    how: str


def cities_of(sites: pa.Table | None) -> dict[str, tuple[str, str]]:
    """Return the city code and name of every registered section."""
    if sites is None:
        return {}
    rows = sites.to_pylist()
    return {str(r["site"]): (str(r.get("city") or ""), str(r.get("city_name") or r.get("city") or "")) for r in rows}


def place_of(cities: Mapping[str, tuple[str, str]], section: str) -> tuple[str, str]:
    """Return the city of a section, empty where it is not registered."""
    return cities.get(section, ("", ""))


def by_city(
    table: pa.Table, sites: pa.Table | None, lawbook: Lawbook, *, period: str
) -> dict[tuple[str, str, str], list[Assessed]]:
    """Return the assessed sections by code and name of their city and by period."""
    cities = cities_of(sites)
    sections = assess(table, sites, lawbook, period=period)
    return grouped(sections, lambda one: (*place_of(cities, one.place.section), str(one.period)))


def evaluate_basins(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return the status of the sections of each city and period, and its change against the year before.

    From the method's number of sections on by the shares of good and bad ones, below it by the mean of each item.
    Raises QC105, QC110, QC250–QC252, QC254.

    References
    ----------
    [HB2011-22]_ two (3); comparison of two periods, three.
    """
    by, period = asked_for("basin", by=by, period=period, allowed={"city": _PERIODS}, otherwise=("city", "month"))
    lawbook, name = Lawbook(catalog, edition), edition_of(catalog, FAMILY, edition)
    groups = by_city(table, sites, lawbook, period=period)
    found: dict[tuple[str, str, str], tuple[Status, list[Assessed], Method]] = {}
    for key, sections in sorted(groups.items()):
        method = catalog.method(FAMILY, day=sections[0].period.end, edition=name)
        found[key] = status_of(sections, lawbook, method), sections, method
    columns = {"city": "text", "city_name": "text", "period": "text", "sections": "int"}
    columns |= {f"class{n}": "int" for n in range(1, 7)} | {"good_share": "decimal", "bad_share": "decimal"}
    columns |= {"status": "text", "status_grade": "int", "how": "text", "primary": "text", "status_before": "text"}
    columns |= {"change": "text", "left_out": "text", "absent": "text", "review": "text", "edition": "text"}
    rows = []
    for key, (status, sections, method) in found.items():
        before = found.get((key[0], key[1], str(parse_period(key[2]).year_before())))
        rows.append(_basin(key, status, sections, method=method) | _against(before, status, method))
    return lay(rows, columns)


def status_of(sections: Sequence[Assessed], lawbook: Lawbook, method: Method) -> Status:
    """Return the status of sections: by shares of classes where there are many, by the mean of each item where few."""
    counted = [section for section in sections if section.verdict.grade is not None]
    if not counted:
        return Status(None, "", None, None, "")
    grades = [section.verdict.grade or 0 for section in counted]
    good = Fraction(100 * sum(g <= whole(method, "basin", "good_at_most") for g in grades), len(grades))
    bad = Fraction(100 * sum(g >= whole(method, "basin", "bad_from") for g in grades), len(grades))
    words = [row.text("quality_zh") for row in method.tables["shares"]]
    if len(counted) >= whole(method, "basin", "many_sections"):
        place = next(n for n, row in enumerate(method.tables["shares"]) if _within(row.cells, good=good, bad=bad))
        return Status(place + 1, words[place], good, bad, "shares")
    chosen(method, ("basin", "few"), {"mean_then_worst": True})
    day = counted[0].period.end
    rules = lawbook.on(day)
    kinds = [rules.kinds.get(section.place.kind, rules.kinds[""]) for section in counted]
    means = {}
    for name in rules.evaluated:
        values = [section.means[name].value for section in counted if name in section.means]
        if values:
            means[name] = sum(values, Fraction(0)) / len(values)
    grade = judge(means, rules, lawbook.limits(day, max(set(kinds), key=kinds.count))).grade
    word = next(row.text("quality_zh") for row in method.tables["classes"] if row.whole("class") == grade)
    return Status(words.index(word) + 1, word, good, bad, "mean")


def _within(cells: Mapping[str, str], *, good: Fraction, bad: Fraction) -> bool:
    tests = (
        (cells["good_from"], good, 1), (cells["good_below"], good, 0), (cells["bad_from"], bad, 1),
        (cells["bad_below"], bad, 0),
    )  # fmt: skip
    return all((value >= Fraction(bound)) == bool(floor) for bound, value, floor in tests if bound)


def change_of(now: Status, before: Status, method: Method) -> str:
    """Tell how the status changed: by grades and by shares, the larger change of the two.

    References
    ----------
    [HB2011-22]_ three: 10 and 20 percentage points, one and two grades.
    """
    if now.grade is None or before.grade is None:
        return ""
    steps = before.grade - now.grade
    if now.good is None or now.bad is None or before.good is None or before.bad is None:
        return ""
    points = (now.good - before.good) - (now.bad - before.bad)
    slight, clear = number(method, "comparison", "slight_above"), number(method, "comparison", "clear_above")
    by_grade, by_share = min(abs(steps), 2), (abs(points) > slight) + (abs(points) > clear)
    size, signed = (by_grade, Fraction(steps)) if by_grade >= by_share else (by_share, points)
    turn = _BETTER if signed > 0 else _WORSE
    return _MUCH[size] + (_TURNS[turn] if size else "")


def _against(before: tuple[Status, list[Assessed], Method] | None, now: Status, method: Method) -> dict[str, Cell]:
    if before is None:
        return {}
    return {"status_before": before[0].zh or None, "change": change_of(now, before[0], method) or None}


def _basin(
    key: tuple[str, str, str], status: Status, sections: Sequence[Assessed], *, method: Method
) -> dict[str, Cell]:
    counted = [section for section in sections if section.verdict.grade is not None]
    cells: dict[str, Cell] = {
        "city": key[0] or None,
        "city_name": key[1] or None,
        "period": key[2],
        "sections": len(counted),
        "good_share": status.good,
        "bad_share": status.bad,
        "status": status.zh or None,
        "status_grade": status.grade,
        "how": status.how or None,
        "primary": _primary(counted, status, method),
        "left_out": "、".join(s.place.name for s in sections if s.verdict.grade is None) or None,
        "absent": None if counted else Absent.TOO_FEW.value,
        "review": lowest(section.review for section in counted if section.review),
        "edition": method.id,
    }
    return cells | {f"class{n}": sum(section.verdict.grade == n for section in counted) for n in range(1, 7)}


def _primary(sections: Sequence[Assessed], status: Status, method: Method) -> str | None:
    """Name the primary pollutants: by the share of sections beyond class III, or section by section where few."""
    above, count = whole(method, "primary", "worse_than"), whole(method, "primary", "count")
    if status.how != "shares":
        told = [f"{section.place.name}：{','.join(section.verdict.primary)}" for section in sections
                if section.verdict.primary]  # fmt: skip
        return "；".join(told) or None
    beyond: dict[str, int] = {}
    for section in sections:
        for name, grade in section.verdict.grades.items():
            beyond[name] = beyond.get(name, 0) + (grade > above)
    named = sorted((name for name, n in beyond.items() if n), key=lambda name: -beyond[name])
    return ",".join(named[:count]) or None


def evaluate_targets(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return each section against its target class: kept or not, the items beyond it, and how near its nearest item is.

    `load` is the largest ratio of an item to its limit of the target class (limit to value for a floor); sections are
    told from the nearest to 1 on, so that those on the edge come first. The class is set against that of the year
    before (同比) and of the period before (环比), in classes: positive is better. Raises QC105, QC110, QC250–QC252,
    QC254.

    References
    ----------
    [HB2011-22]_; the target class of each section is the register's.
    """
    allowed = {"section": _PERIODS, "site": _PERIODS}
    by, period = asked_for("section-target", by=by, period=period, allowed=allowed, otherwise=("section", "year"))
    lawbook = Lawbook(catalog, edition)
    rows = [_target(section, lawbook) for section in assess(table, sites, lawbook, period=period)]
    _compare_classes(rows)
    rows.sort(key=lambda row: (str(row["period"]), _distance(row["exact_load"]), str(row["section"])))
    columns = {"section": "text", "section_name": "text", "period": "text", "class": "int", "target_class": "int"}
    columns |= {"met": "text", "beyond": "text", "load_item": "text", "load": "decimal", "exact_load": "exact"}
    columns |= {"class_before": "int", "change": "int", "change_text": "text"}
    columns |= {"class_last": "int", "change_last": "int", "change_last_text": "text"}
    columns |= {"absent": "text", "review": "text", "edition": "text", "limits": "text"}
    return lay(rows, columns)


def _compare_classes(rows: Sequence[dict[str, Cell]]) -> None:
    """Set each section's class against the same period of the year before and against the period before."""
    known = {(row["section"], str(row["period"])): row["class"] for row in rows}
    for row in rows:
        period = parse_period(str(row["period"]))
        previous = period_of(period.start - timedelta(1), period.kind)
        for name, change, other in (
            ("class_before", "change", period.year_before()),
            ("class_last", "change_last", previous),
        ):
            then, now = known.get((row["section"], str(other))), row["class"]
            if isinstance(then, int) and isinstance(now, int):
                row |= {name: then, change: then - now, f"{change}_text": _class_words(then - now)}


def _class_words(better: int) -> str:
    """Tell a change of class: 改善 1 个类别, 恶化 2 个类别, 持平."""
    return "持平" if not better else f"{'改善' if better > 0 else '恶化'} {abs(better)} 个类别"


def _distance(load: Cell) -> Fraction:
    return abs(load - 1) if isinstance(load, Fraction) else Fraction(10**9)


def _target(section: Assessed, lawbook: Lawbook) -> dict[str, Cell]:
    target, grade = section.place.target, section.verdict.grade
    cells: dict[str, Cell] = {
        "section": section.place.section,
        "section_name": section.place.name,
        "period": str(section.period),
        "class": grade,
        "target_class": target,
        "met": None if grade is None or target is None else "yes" if grade <= target else "no",
        "absent": section.absent or None,
        "review": section.review or None,
        "edition": section.rules.id,
        "limits": section.limits or None,
        "exact_load": None,
    }
    if target is None or grade is None or target >= section.rules.worst:
        return cells
    limits = lawbook.limits(section.period.end, section.rules.kinds.get(section.place.kind, section.rules.kinds[""]))
    bounds = {name: limits[name][target - 1] for name in section.verdict.grades}
    values = {name: section.means[name].value for name in bounds if name in section.means}
    loads = {name: load for name, value in values.items() if (load := _load(value, bounds[name])) is not None}
    worst = max(loads, key=lambda name: loads[name], default=None)
    beyond = [name for name in values if section.verdict.grades[name] > target]
    return cells | {
        "beyond": ",".join(beyond) or None,
        "load_item": worst,
        "load": None if worst is None else loads[worst],
        "exact_load": None if worst is None else loads[worst],
    }


def _load(value: Fraction, limit: Limit) -> Fraction | None:
    """Return the ratio of a value to a cap, of a floor to a value; for a range only that it is left, as no ratio."""
    if limit.low is not None:
        return None
    if limit.bound == "ge":
        return Fraction(limit.value) / value if value else None
    return value / Fraction(limit.value)
