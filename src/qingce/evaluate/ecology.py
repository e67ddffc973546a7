"""Ecological indices of regions: declared terms, weights, grades and the grade of the change. 生态质量评价。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Absent
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, number, open_questions, whole
from qingce.evaluate.points.tables import Cell, lay
from qingce.evaluate.readings import Reading, asked_for, by_span, read_points, review_of

__all__ = ["FAMILIES", "EcologyRules", "Index", "ecology_rules", "evaluate_ecology", "grade_of_change", "index_value"]

MEDIUM = "ecology"
FAMILIES = ("ecology_status", "ecology_quality")

Sums = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of an index: the product of its weights and its quantity over the product of `over`."""

    parameter: str
    factor: Fraction
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its share of the whole (None for one that only feeds another), its coefficient and its terms."""

    id: str
    zh: str
    weight: Fraction | None
    inverse: bool
    coefficient: Fraction
    base: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class EcologyRules:
    """One method of ecological quality, read once."""

    id: str
    name: str
    decimals: int
    indices: tuple[Index, ...]
    grades: tuple[tuple[int, str, Fraction | None, Fraction | None], ...]
    changes: tuple[tuple[Fraction, str], ...]
    surplus: tuple[str, str, Fraction, Fraction] | None
    events: tuple[str, str, int] | None
    questions: Mapping[str, str]

    @property
    def items(self) -> tuple[str, ...]:
        """Every quantity that the method sums or divides by."""
        named = [n for index in self.indices for term in index.terms for n in (term.parameter, *term.over)]
        more = [*(self.surplus or ())[:2], *(self.events or ())[:2]]
        return tuple(dict.fromkeys(str(name) for name in (*named, *more)))

    def grade(self, value: Fraction) -> tuple[int, str]:
        """Return the grade of an index value with its word."""
        return next((grade, zh) for grade, zh, least, _ in self.grades if least is None or value >= least)


def evaluate_ecology(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return every ecological index whose quantities a region reports, by year, with grade and change.

    One row a region, year and index; a part that is missing is told by name. Raises QC105, QC110, QC250–QC252, QC254,
    QC257, QC260 for an area or another divisor of zero.

    References
    ----------
    [HJ192-2015]_; [EQI-2021]_.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed={"region": ("year",)}, otherwise=("region", "year"))
    names = {family: edition_of(catalog, family, edition) for family in FAMILIES}
    latest = [ecology_rules(catalog.method(family, day=date.max, edition=names[family])) for family in FAMILIES]
    items = dict.fromkeys(name for rules in latest for name in rules.items)
    readings = read_points(table, medium=MEDIUM, items=items, catalog=catalog)
    rows: list[dict[str, Cell]] = []
    for (region, span), found in by_span(readings, period).items():
        for family in FAMILIES:
            if any(m.family == family and m.covers(span.end) for m in catalog.methods.values()):
                rules = ecology_rules(catalog.method(family, day=span.end, edition=names[family]))
                rows += _row(region, span, rules, readings=found)
    return lay(_with_change(rows, latest), _columns(latest))


def ecology_rules(method: Method) -> EcologyRules:
    """Read one method; raises QC103, QC107."""
    chosen(method, ("index", "verb"), {"weighted_sum": True})
    terms: dict[str, list[Term]] = {}
    for row in method.tables["terms"]:
        factor = Fraction(row.text("group_weight")) * Fraction(row.text("weight"))
        over = tuple(filter(None, row.cells["over"].split("|")))
        terms.setdefault(row.text("index"), []).append(Term(row.text("parameter"), factor, over))
    fades = chosen(method, ("surplus", "verb"), {"fading": True, "none": False})
    capped = chosen(method, ("events", "verb"), {"one_grade_down": True, "none": False})
    return EcologyRules(
        id=method.id,
        name=str(method.option("index", "id")),
        decimals=whole(method, "index", "decimals"),
        indices=tuple(
            Index(
                id=row.text("index"),
                zh=row.text("zh"),
                weight=Fraction(row.cells["weight"]) if row.cells["weight"] else None,
                inverse=row.one_of("sense", ("direct", "inverse")) == "inverse",
                coefficient=Fraction(row.text("coefficient")),
                base=row.cells["instead"],
                terms=tuple(terms.get(row.text("index"), ())),
            )
            for row in method.tables["indices"]
        ),
        grades=tuple(
            (row.whole("grade"), row.text("zh"), _bound(row.cells["at_least"]), _bound(row.cells["cap"]))
            for row in method.tables["grades"]
        ),
        changes=tuple((Fraction(row.text("at_least")), row.text("zh")) for row in method.tables["changes"]),
        surplus=_surplus(method) if fades else None,
        events=_events(method) if capped else None,
        questions=open_questions(method),
    )


def index_value(index: Index, sums: Sums, known: Mapping[str, Fraction], *, place: str) -> Fraction | None:
    """Return one index: coefficient times the sum of its terms; None while a term is missing.

    One with a base is coefficient · (own + base), and the base itself where its own quantity is not reported. Raises
    QC260 for a divisor of zero.
    """
    own = [term for term in index.terms if term.parameter in sums]
    if index.base and not own:
        return known.get(index.base)
    if len(own) < len(index.terms) or any(name not in sums for term in own for name in term.over):
        return None
    total = known.get(index.base, Fraction(0))
    if index.base and index.base not in known:
        return None
    for term in own:
        below = Fraction(1)
        for name in term.over:
            below *= sums[name]
        if not below:
            words: dict[str, object] = {"scope": place, "period": "", "indicator": index.zh}
            raise complain("QC260", words=words | {"denominator": "、".join(term.over)})
        total += term.factor * sums[term.parameter] / below
    return index.coefficient * total


def _row(region: str, span: Period, rules: EcologyRules, *, readings: Sequence[Reading]) -> list[dict[str, Cell]]:
    sums: dict[str, Fraction] = {}
    for reading in readings:
        if reading.value is not None and reading.parameter in rules.items:
            sums[reading.parameter] = sums.get(reading.parameter, Fraction(0)) + reading.value
    if not sums:
        return []
    counted = _faded(sums, rules)
    known: dict[str, Fraction] = {}
    for index in rules.indices:
        value = index_value(index, counted, known, place=f"{region} {span}")
        if value is not None:
            known[index.id] = value
    parts = [index for index in rules.indices if index.weight is not None]
    missing = [index.zh for index in parts if index.id not in known]
    cells: dict[str, Cell] = {"region": region, "period": str(span), "index": rules.name, "edition": rules.id}
    cells |= {f"part_{name}": value for name, value in known.items()}
    cells["review"] = review_of(reading for reading in readings if reading.parameter in rules.items)
    notes = [f"规则未核：{question}" for question in rules.questions.values()]
    if missing:
        notes.insert(0, f"缺 {'、'.join(missing)}")
        return [cells | {"absent": Absent.NOT_REPORTED.value, "note": "；".join(notes)}]
    signed = [(index.weight or 0, 100 - known[index.id] if index.inverse else known[index.id]) for index in parts]
    plain = sum((weight * value for weight, value in signed), Fraction(0))
    value = _capped(plain, sums, rules)
    grade, word = rules.grade(value)
    cells |= {"value": value, "exact": value, "before_events": plain, "grade": grade, "grade_text": word}
    return [cells | {"note": "；".join(notes) or None}]


def _faded(sums: Sums, rules: EcologyRules) -> dict[str, Fraction]:
    """Return the quantities as they count: what lies far above the mean of many years counts less, then not at all."""
    counted = dict(sums)
    if rules.surplus is None:
        return counted
    name, mean, actual, fading = rules.surplus
    if name in sums and sums.get(mean):
        ratio = sums[name] / sums[mean]
        if ratio > fading:
            counted[name] = Fraction(0)
        elif ratio > actual:
            counted[name] = sums[mean] * (fading - ratio)
    return counted


def _capped(value: Fraction, sums: Sums, rules: EcologyRules) -> Fraction:
    """Return an index after restricting events: one grade down at most to that grade's cap, severe ones further."""
    if rules.events is None:
        return value
    count, severe, worst = rules.events
    caps = {grade: cap for grade, _, _, cap in rules.grades if cap is not None}
    if sums.get(count) or sums.get(severe):
        value = min(value, caps.get(rules.grade(value)[0] + 1, value))
    if sums.get(severe):
        value = min(value, caps[worst])
    return value


def grade_of_change(change: Fraction, rules: EcologyRules) -> str:
    """Return the word of a change, better or worse; the least one has no sense.

    Examples
    --------
    >>> from qingce.catalog import load_catalog
    >>> rules = ecology_rules(load_catalog().methods["hj192-2015"])
    >>> grade_of_change(Fraction(3), rules), grade_of_change(Fraction(-1), rules), grade_of_change(Fraction(0), rules)
    ('明显变好', '略微变差', '无明显变化')
    """
    place = max(n for n, (least, _) in enumerate(rules.changes) if abs(change) >= least)
    word = rules.changes[place][1]
    return word if place == 0 else word + ("好" if change > 0 else "差")


def _with_change(rows: Sequence[dict[str, Cell]], latest: Sequence[EcologyRules]) -> list[dict[str, Cell]]:
    by_name = {rules.name: rules for rules in latest}
    known = {(row["region"], row["index"], row["period"]): row.get("value") for row in rows}
    told = []
    for row in rows:
        before = known.get((row["region"], row["index"], str(int(str(row["period"])) - 1)))
        now = row.get("value")
        if isinstance(now, Fraction) and isinstance(before, Fraction):
            row |= {"change": now - before, "change_text": grade_of_change(now - before, by_name[str(row["index"])])}
        told.append(row)
    return told


def _columns(latest: Sequence[EcologyRules]) -> dict[str, str]:
    columns = {"region": "text", "period": "text", "index": "text", "value": "decimal", "exact": "exact"}
    columns |= {"grade": "int", "grade_text": "text", "change": "decimal", "change_text": "text"}
    columns |= {"before_events": "decimal", "absent": "text", "review": "text", "edition": "text"}
    parts = dict.fromkeys(index.id for rules in latest for index in rules.indices)
    return columns | {f"part_{name}": "decimal" for name in parts} | {"note": "text"}


def _bound(text: str) -> Fraction | None:
    return Fraction(text) if text else None


def _surplus(method: Method) -> tuple[str, str, Fraction, Fraction]:
    name, mean = (str(method.option("surplus", key)) for key in ("parameter", "mean"))
    return name, mean, number(method, "surplus", "actual_up_to"), number(method, "surplus", "fading_up_to")


def _events(method: Method) -> tuple[str, str, int]:
    count, severe = (str(method.option("events", key)) for key in ("count", "severe"))
    return count, severe, whole(method, "events", "severe_cap_grade")
