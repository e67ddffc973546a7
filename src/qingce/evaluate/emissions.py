"""Cuts of total emissions: each project by its declared formula, regions net of offsets, none twice. 总量减排核算。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Absent, lowest
from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.core.periods import Period
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, open_questions
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import Point, Reading, asked_for, by_span, points_of, read_points, review_of

__all__ = [
    "FAMILY",
    "EmissionRules",
    "Formula",
    "Project",
    "cut_of",
    "emission_rules",
    "evaluate_emissions",
    "projects_of",
]

MEDIUM = "emissions"
FAMILY = "emission_totals"
_PERIODS = ("year", "quarter", "month")
ALLOWED = {"project": _PERIODS, "region": _PERIODS}

Sums = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Term:
    """One signed product of a formula [t]: scale · Π times / Π over."""

    factor: Fraction
    times: tuple[str, ...]
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """How a kind of project is accounted, for which pollutants, and whether it closes its facility."""

    id: str
    zh: str
    pollutants: tuple[str, ...]
    closes: bool
    terms: tuple[Term, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """The quantities that a project of this kind must report."""
        return tuple(dict.fromkeys(name for term in self.terms for name in (*term.times, *term.over)))


@dataclass(frozen=True, slots=True)
class EmissionRules:
    """One method of accounting, read once."""

    id: str
    formulas: Mapping[str, Formula]
    words: Mapping[str, str]
    pollutants: Mapping[str, str]
    offset: str
    disallowed: str
    questions: Mapping[str, str]
    counted: Mapping[str, str] = field(default_factory=dict)
    """The reported quantity that a pollutant's projects sum up to, by pollutant."""


@dataclass(frozen=True, slots=True)
class Project:
    """One project and pollutant in one period, accounted; `cut` None with the quantities it lacks."""

    point: Point
    facility: str
    pollutant: str
    period: Period
    formula: Formula
    cut: Fraction | None
    disallowed: Fraction
    missing: tuple[str, ...]
    review: str | None
    rules: EmissionRules


def evaluate_emissions(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return the cut [t] of each project, or each region's net cut: projects less offsets and what is disallowed.

    A project is a site `code/pollutant`, its kind the category, its facility the name. Raises QC110, QC250–QC252,
    QC254, QC257–QC260, QC270 (no or a wrong pollutant), QC271 (counted twice).

    References
    ----------
    [STG-JIANPAI-2021]_.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed=ALLOWED, otherwise=("project", "year"))
    projects = projects_of(table, catalog=catalog, period=period, edition=edition, sites=sites)
    return _listed(projects) if by == "project" else _by_region(projects)


def projects_of(
    table: pa.Table, *, catalog: Catalog, period: str = "year", edition: str = "auto", sites: pa.Table | None = None
) -> list[Project]:
    """Return every project of a table, accounted; raises what `evaluate_emissions` raises."""
    name = edition_of(catalog, FAMILY, edition)
    rules = emission_rules(catalog.method(FAMILY, day=date.max, edition=name))
    items = dict.fromkeys(item for formula in rules.formulas.values() for item in formula.items)
    readings = read_points(table, medium=MEDIUM, items=(*items, rules.disallowed), catalog=catalog)
    points = points_of(sites, readings, medium=MEDIUM, categories=rules.words)
    projects = [
        _project(points[site], span, found, rules=rules) for (site, span), found in by_span(readings, period).items()
    ]
    _refuse_doubles(projects)
    return projects


def emission_rules(method: Method) -> EmissionRules:
    """Read one method; raises QC103, QC107."""
    chosen(method, ("facility", "verb"), {"closed_once": True})
    terms: dict[str, list[Term]] = {}
    for row in method.tables["terms"]:
        sign = -1 if row.one_of("sign", ("+", "-")) == "-" else 1
        times, over = (tuple(filter(None, row.cells[key].split("|"))) for key in ("times", "over"))
        terms.setdefault(row.text("formula"), []).append(Term(sign * Fraction(row.text("scale")), times, over))
    formulas: dict[str, Formula] = {}
    words: dict[str, str] = {}
    for row in method.tables["formulas"]:
        name = row.text("formula")
        named = tuple(filter(None, row.cells["pollutants"].split("|")))
        closes = row.one_of("exclusive", ("yes", "no")) == "yes"
        formulas[name] = Formula(name, row.text("zh"), named, closes, tuple(terms.get(name, ())))
        words |= dict.fromkeys((name, row.text("zh"), *filter(None, row.cells["aliases"].split("|"))), name)
    pollutants: dict[str, str] = {}
    for row in method.tables["pollutants"]:
        told = (row.text("pollutant"), row.text("zh"), *filter(None, row.cells["aliases"].split("|")))
        pollutants |= {word.casefold(): row.text("pollutant") for word in told}
    return EmissionRules(
        id=method.id,
        formulas=formulas,
        words=words,
        pollutants=pollutants,
        offset=str(method.option("offset", "formula")),
        disallowed=str(method.option("disallowed", "parameter")),
        questions=open_questions(method),
        counted={row.text("pollutant"): row.cells["project"] for row in method.tables["pollutants"]},
    )


def cut_of(formula: Formula, sums: Sums, *, place: str = "") -> Fraction:
    """Return the cut of a project [t], exact; every quantity must be there. Raises QC260 for a divisor of zero."""
    total = Fraction(0)
    for term in formula.terms:
        value = term.factor
        for name in term.times:
            value *= sums[name]
        for name in term.over:
            if not sums[name]:
                words: dict[str, object] = {"scope": place, "period": "", "indicator": formula.zh, "denominator": name}
                raise complain("QC260", words=words)
            value /= sums[name]
        total += value
    return total


def _project(point: Point, span: Period, readings: Sequence[Reading], *, rules: EmissionRules) -> Project:
    code, _, word = point.site.rpartition("/")
    if not point.category:
        kinds = "、".join(formula.zh for formula in rules.formulas.values())
        raise complain("QC259", words={"site": point.site, "medium": MEDIUM, "allowed": kinds})
    formula = rules.formulas[point.category]
    pollutant = rules.pollutants.get(word.casefold(), "")
    if not code or pollutant not in formula.pollutants:
        allowed = "、".join(formula.pollutants)
        words: dict[str, object] = {"project": point.site, "pollutant": word, "kind": formula.zh, "allowed": allowed}
        raise complain("QC270", words=words)
    sums = {one.parameter: one.value for one in readings if one.value is not None}
    missing = tuple(name for name in formula.items if name not in sums)
    return Project(
        point=point,
        facility=point.name if point.name != point.site else code,
        pollutant=pollutant,
        period=span,
        formula=formula,
        cut=None if missing else cut_of(formula, sums, place=point.site),
        disallowed=sums.get(rules.disallowed, Fraction(0)),
        missing=missing,
        review=review_of(readings),
        rules=rules,
    )


def _refuse_doubles(projects: Sequence[Project]) -> None:
    """Refuse a project claimed in two periods, and a facility that is closed and counted again. Raises QC271."""
    seen: dict[tuple[str, str], Project] = {}
    closed: dict[tuple[str, str, str], Project] = {}
    counted = [one for one in projects if one.formula.id != one.rules.offset]
    for one in counted:
        first = seen.setdefault((one.point.site, one.pollutant), one)
        if first is not one:
            raise _twice(first, one, "同一工程在两个时期 one project in two periods")
        if one.formula.closes:
            other = closed.setdefault((one.point.city, one.facility, one.pollutant), one)
            if other is not one:
                raise _twice(other, one, "同一设施关停两次 one facility closed twice")
    for one in counted:
        shut = closed.get((one.point.city, one.facility, one.pollutant))
        if shut is not None and shut is not one and shut.period.start <= one.period.start:
            raise _twice(shut, one, "设施已关停 the facility is closed")


def _twice(first: Project, second: Project, reason: str) -> Exception:
    words: dict[str, object] = {"first": f"{first.point.site} {first.period}", "reason": reason}
    return complain("QC271", words=words | {"second": f"{second.point.site} {second.period}"})


def _listed(projects: Sequence[Project]) -> pa.Table:
    columns = {"project": "text", "facility": "text", "region": "text", "region_name": "text", "period": "text"}
    columns |= {"formula": "text", "formula_text": "text", "pollutant": "text", "cut": "decimal", "exact": "exact"}
    columns |= {"disallowed": "decimal", "absent": "text", "review": "text", "edition": "text", "note": "text"}
    return lay([_cells(one) for one in projects], columns)


def _cells(one: Project) -> dict[str, Cell]:
    notes = [f"缺 {'、'.join(one.missing)}"] if one.missing else []
    return {
        "project": one.point.site.rpartition("/")[0],
        "facility": one.facility,
        "region": one.point.city or None,
        "region_name": one.point.city_name or None,
        "period": str(one.period),
        "formula": one.formula.id,
        "formula_text": one.formula.zh,
        "pollutant": one.pollutant,
        "cut": one.cut,
        "exact": one.cut,
        "disallowed": one.disallowed,
        "absent": Absent.NOT_REPORTED.value if one.cut is None else None,
        "review": one.review,
        "edition": one.rules.id,
        "note": "；".join([*notes, *_open(one.rules)]) or None,
    }


def _by_region(projects: Sequence[Project]) -> pa.Table:
    groups = grouped(projects, lambda one: (one.point.city, one.point.city_name, str(one.period), one.pollutant))
    columns = {"region": "text", "region_name": "text", "period": "text", "pollutant": "text", "projects": "int"}
    columns |= {"cut": "decimal", "offset": "decimal", "disallowed": "decimal", "net": "decimal", "exact": "exact"}
    columns |= {"left_out": "text", "review": "text", "edition": "text", "note": "text"}
    return lay([_region(key, found) for key, found in sorted(groups.items())], columns)


def _region(key: tuple[str, str, str, str], projects: Sequence[Project]) -> dict[str, Cell]:
    rules = projects[0].rules
    known = [one for one in projects if one.cut is not None]
    cut, offset = Fraction(0), Fraction(0)
    for one in known:
        if one.formula.id == rules.offset:
            offset += one.cut or 0
        else:
            cut += one.cut or 0
    disallowed = sum((one.disallowed for one in known), Fraction(0))
    return {
        "region": key[0] or None,
        "region_name": key[1] or None,
        "period": key[2],
        "pollutant": key[3],
        "projects": sum(one.formula.id != rules.offset for one in known),
        "cut": cut,
        "offset": offset,
        "disallowed": disallowed,
        "net": cut - offset - disallowed,
        "exact": cut - offset - disallowed,
        "left_out": "、".join(one.point.site for one in projects if one.cut is None) or None,
        "review": lowest(one.review for one in known if one.review),
        "edition": rules.id,
        "note": "；".join(_open(rules)) or None,
    }


def _open(rules: EmissionRules) -> list[str]:
    return [f"规则未核：{question}" for question in rules.questions.values()]
