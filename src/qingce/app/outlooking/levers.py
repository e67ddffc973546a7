"""What a reader may move by hand: months ahead, numbers of days, exceptional days, reports. 可移动项。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from qingce.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.outlook.question import Question
from qingce.outlook.report_outlook import simulated
from qingce.outlook.water.water_index_outlook import INDICES
from qingce.thread.allowances.quotas import Months, Stretch
from qingce.thread.figures import DAY_VERBS, Days, column_of, summed
from qingce.thread.status import printed_places
from qingce.thread.what_if.moves import COUNTS, EXCEPTION
from qingce.thread.what_if.whole import Wholes, reported_standing

__all__ = ["Known", "levers"]

COUNT_NAMES = {"bad_days": ("超标天数", "days not good"), "heavy_days": ("重污染天数", "heavy days")}
EXCEPTION_NAMES = ("例外事件", "exceptional day")
FINEST = 3
"""Decimals of a slider at most."""
HEAVIEST = 3
"""How many items of a section weigh most in an index and may be moved."""
PERCENT, WHOLE = "%", Decimal(100)
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Known:
    """What levers are made of: region days, section months, reports, rows of `quota` and `exceptions`, names."""

    days: Days
    quotas: Sequence[Row]
    exceptions: Sequence[Row]
    names: Mapping[str, str]
    catalog: Catalog
    as_of: date
    months: Mapping[str, Months] = field(default_factory=dict)
    wholes: Wholes = field(default_factory=Wholes)


@dataclass(slots=True)
class _Lever:
    """One lever: what it moves, where it stands untouched, and the targets that it is for."""

    kind: str
    quantity: str
    subject: str
    names: tuple[str, str]
    unit: str
    start: str
    step: str
    periods: list[tuple[str, str]]
    targets: list[str] = field(default_factory=list)


def levers(questions: Sequence[Question], known: Known) -> list[dict[str, object]]:
    """Return the levers of all questions, regions before sections before exceptional days, each once.

    `kind`: value (a mean of the month), count (days of the month) or choice (yes | no). Each period has the `most`
    that a slider goes to; `start` is where it stands: what the target leaves, else the figure to date.
    """
    found: dict[tuple[str, str], _Lever] = {}
    for question in questions:
        for lever in _of(question, known):
            kept = found.setdefault((lever.subject, lever.quantity), lever)
            kept.periods = sorted(dict([*lever.periods, *kept.periods]).items())
            kept.targets += [question.target_id] if question.target_id not in kept.targets else []
    order = {"value": 0, "count": 1, "section": 2, "report": 3, "choice": 4}
    return [
        {
            "kind": lever.kind if lever.kind in ("count", "choice") else "value",
            "quantity": lever.quantity,
            "quantity_name": lever.names[0],
            "quantity_name_en": lever.names[1],
            "unit": lever.unit,
            "subject": lever.subject,
            "subject_name": known.names.get(lever.subject, lever.subject),
            "start": lever.start,
            "step": lever.step,
            "periods": [{"period": period, "most": most} for period, most in lever.periods],
            "targets": lever.targets,
        }
        for lever in sorted(found.values(), key=lambda one: order[one.kind])
        if lever.periods
    ]


def _of(question: Question, known: Known) -> Iterator[_Lever]:
    months = list(_months_ahead(question.period, known.as_of))
    if not simulated(question):
        yield from _of_reports(question, known)
        return
    if question.verb in INDICES:
        yield from _of_index(question, known, months=months)
        return
    if question.indicator.medium != "air":
        yield from _of_sections(question, known, months=months)
        return
    for subject in question.places:
        if question.verb in DAY_VERBS:
            yield from _of_days(question, subject, known, months=months)
        for quantity in _quantities(question, known.catalog):
            yield _value(question, subject, quantity, known=known, months=months)
    if question.series != "measured":
        yield from _of_exceptions(question, known)


def _months_ahead(period: Period, as_of: date) -> Iterator[tuple[str, int]]:
    """Yield the months of a period that are not over, each with its days left."""
    day = max(as_of + timedelta(1), period.start)
    while day <= period.end:
        last = min(Period.month(day.year, day.month).end, period.end)
        yield f"{day:%Y-%m}", (last - day).days + 1
        day = last + timedelta(1)


def _quantities(question: Question, catalog: Catalog) -> tuple[str, ...]:
    """Return the concentrations that a statistic reads, none for one of the index."""
    if question.verb == "composite":
        from qingce.evaluate.air.rules import STATISTICS, period_rules

        rules = period_rules(catalog.method(STATISTICS, day=question.period.end))
        scheme = str(question.indicator.statistic.get("scheme", ""))
        return tuple(term.parameter for term in (rules.schemes[scheme] if scheme else rules.composite))
    column = column_of(question.indicator)
    return (column,) if column in catalog.parameters and question.verb not in DAY_VERBS else ()


def _value(
    question: Question, subject: str, quantity: str, *, known: Known, months: Sequence[tuple[str, int]]
) -> _Lever:
    item = known.catalog.parameters[quantity]
    left = next((row["allowed"] for row in _open(question, known) if row["kind"] == "mean" and not row["part"]), None)
    start = Fraction(str(left)) if left is not None else question.target_value if question.verb != "composite" else None
    if not isinstance(start, Fraction) or len(question.places) > 1:
        year = Period(question.period.start, known.as_of)
        total, count = summed(known.days.daily(subject, question.series, quantity).within(year))
        start = total / count if count else Fraction(0)
    return _slider("value", quantity, subject, start=start, names=(item.zh, item.en), known=known, months=months)


def _slider(
    kind: str, quantity: str, subject: str, *, start: Fraction, names: tuple[str, str], known: Known,
    months: Sequence[tuple[str, int]],
) -> _Lever:  # fmt: skip
    """Return a slider of a concentration: from nothing to twice what it starts at, a digit finer than it is told."""
    item = known.catalog.parameters[quantity]
    places = min(FINEST, item.decimals + 1)
    step = Decimal(1).scaleb(-places)
    stands = max(as_decimal(max(start, Fraction(0)), places), step)
    most = f"{2 * stands:f}"
    unit = known.catalog.units.shown(item.unit)
    return _Lever(
        kind, quantity, subject, names, unit, f"{stands:f}", f"{step:f}", [(month, most) for month, _ in months]
    )


def _of_days(question: Question, subject: str, known: Known, *, months: Sequence[tuple[str, int]]) -> Iterator[_Lever]:
    for quantity, key in COUNTS.items():
        if key in question.indicator.statistic:
            periods = [(month, str(left)) for month, left in months]
            yield _Lever("count", quantity, subject, COUNT_NAMES[quantity], "", "0", "1", periods)


def _of_sections(question: Question, known: Known, *, months: Sequence[tuple[str, int]]) -> Iterator[_Lever]:
    """Yield the factors of sections that the target leaves open: of the others nothing is at stake."""
    for row in _open(question, known):
        section, _, rest = str(row["part"]).partition("/")
        factor = rest.partition("/")[0]
        if row["kind"] == "section_mean" and factor in known.catalog.parameters and row["allowed"] is not None:
            item, start = known.catalog.parameters[factor], Fraction(str(row["allowed"]))
            yield _slider("section", factor, section, start=start, names=(item.zh, item.en), known=known, months=months)


def _of_index(question: Question, known: Known, *, months: Sequence[tuple[str, int]]) -> Iterator[_Lever]:
    """Yield of every section the items that weigh most in its index, from their mean of the months so far."""
    from qingce.evaluate.water.index import FAMILY, items_of, kind_of
    from qingce.evaluate.water.rules import Lawbook

    day, lawbook = question.period.end, Lawbook(known.catalog, "auto")
    method = known.catalog.method(FAMILY, day=day)
    for section in (known.months[name] for name in question.places if name in known.months):
        behind = Stretch(question.period, known.as_of).behind
        means = {name: sum(found.values(), Fraction(0)) / len(found) for name, found in section.within(behind).items()}
        rules = items_of(kind_of(section.water_kind, day, lawbook), day, lawbook, method=method)
        weights = {name: rule.index(means[name]) or Fraction(0) for name, rule in rules.items() if name in means}
        for name in sorted(weights, key=lambda one: -weights[one])[:HEAVIEST]:
            item = known.catalog.parameters[name]
            yield _slider("section", name, section.section, start=means[name], names=(item.zh, item.en), known=known,
                          months=months)  # fmt: skip


def _of_reports(question: Question, known: Known) -> Iterator[_Lever]:
    """Yield what is still to be reported of the period: the whole, and stretches that earlier years had too."""
    rows, indicator = known.wholes.officials.all(question.indicator.id, question.scope), question.indicator
    last = max((row.period.end for row in rows if row.period.end <= known.as_of), default=known.as_of)
    again = {row.period.year_before(row.period.start.year - question.period.start.year) for row in rows}
    inside = {one for one in again if one.start == question.period.start and last < one.end <= question.period.end}
    stands = reported_standing(question, known.wholes, (), catalog=known.catalog, as_of=known.as_of)
    start = stands.value if stands is not None and stands.value is not None else question.target_value
    if not isinstance(start, Fraction) or not isinstance(question.target_value, Fraction):
        return
    places = max(printed_places(start), printed_places(question.target_value))
    level = as_decimal(max(start, Fraction(0)), places)
    step = Decimal(1).scaleb(-places)
    most = 2 * max(level, as_decimal(question.target_value, places), step)
    most = min(most, WHOLE) if indicator.unit == PERCENT and level <= WHOLE else most
    yield _Lever(
        "report", indicator.id, question.scope, (indicator.zh, indicator.en),
        known.catalog.units.shown(indicator.unit), f"{level:f}", f"{step:f}",
        [(str(one), f"{most:f}") for one in sorted({*inside, question.period})],
    )  # fmt: skip


def _of_exceptions(question: Question, known: Known) -> Iterator[_Lever]:
    """Yield the exceptional days of the period so far: each may be refused."""
    until = min(question.period.end, known.as_of)
    for row in known.exceptions:
        start, end, scope = row["start"], row["end"], str(row["scope"])
        if isinstance(start, date) and isinstance(end, date) and scope in question.places:
            first, last = max(start, question.period.start), min(end, until)
            days = [first + timedelta(place) for place in range((last - first).days + 1)]
            periods = [(day.isoformat(), "") for day in days]
            yield _Lever("choice", EXCEPTION, scope, EXCEPTION_NAMES, "", "yes", "", periods)


def _open(question: Question, known: Known) -> Iterator[Row]:
    """Yield the quotas of a target that are neither lost nor safe."""
    return (row for row in known.quotas if row["target_id"] == question.target_id and row["state"] == "open")
