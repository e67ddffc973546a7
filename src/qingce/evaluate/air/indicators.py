"""Indicator values of the air over any period: the declared verbs, with validity, decimals and editions. 空气指标值。

A verb is a function from the days of a period to an exact outcome; what it means for an indicator stands in
`data/indicators`, how it is judged in `data/methods`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import ABSENT_ZH, Absent
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import round_gbt8170
from qingce.core.tables import SCALE, VALUE
from qingce.evaluate.air.cells import code_of
from qingce.evaluate.air.indicator_days import DayIndex, SubjectDays, index_by_day, subject_days
from qingce.evaluate.air.input import PRESENT, QUANTITIES, REASONS, Longs
from qingce.evaluate.air.rules import LIMITS, STATISTICS, PeriodRules, Term, edition_of, period_rules
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools
from qingce.evaluate.kernels.index import NONE
from qingce.evaluate.kernels.statistics import mean_of, percentile_of

__all__ = [
    "Asked",
    "Need",
    "Part",
    "VERBS",
    "air_indicator",
    "ask",
    "bad_days",
    "composite_parts",
    "limit_of",
    "need_of",
    "value_row",
    "value_table",
]

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: an indicator over the days of a period, under which editions, known up to which day."""

    indicator: Indicator
    days: SubjectDays
    period: Period
    as_of: date
    rules: PeriodRules
    catalog: Catalog
    edition: str
    need: Need | None = None
    """How many valid days are asked for, where a kind of period declares it; else the method says."""

    def argument(self, name: str) -> Fraction:
        """Return a numeric argument of the indicator's statistic; raises QC103."""
        value = self.indicator.statistic.get(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise complain("QC103", self.indicator.id, {"key": f"statistic.{name}"})
        return Fraction(value)

    def index(self, name: str) -> int:
        """Return an argument that an index is compared with, as the whole number below it."""
        argument = self.argument(name)
        return argument.numerator // argument.denominator

    def text(self, name: str) -> str:
        """Return a text argument of the statistic, empty where it has none."""
        return str(self.indicator.statistic.get(name, ""))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb found: the exact value, on which days it rests, in how many decimals it is told, and why not."""

    exact: Fraction | None
    used: Bools
    decimals: int
    absent: Absent | None = None
    topics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    quantities: tuple[str, ...] = field(default=())


def air_indicator(
    indicator: Indicator,
    days: pa.Table,
    *,
    scope: str,
    scope_name: str,
    period: Period,
    series: str,
    catalog: Catalog,
    edition: str = "auto",
    as_of: date | None = None,
) -> pa.Table:
    """Return the indicator for one scope and period as one VALUE row, computed from days (`AirDays`).

    A period that is not over on `as_of` (default: the last day of the table) is told to date; one that is over must
    have enough valid days or is refused (`absent`). Raises QC105, QC110, QC255.

    References
    ----------
    [HJ663-2013]_, [HJ663-2026]_; [GB3095-2026]_ table 4.
    """
    if as_of is None:
        numbers = arrow.whole(days["day"])
        as_of = _EPOCH + timedelta(int(numbers.max())) if numbers.size else period.end
    subject = subject_days(days, scope=scope, series=series)
    asked = ask(indicator, subject, period=period, as_of=as_of, catalog=catalog, edition=edition)
    return value_table([value_row(asked, scope=scope, scope_name=scope_name, series=series)])


def ask(
    indicator: Indicator, subject: SubjectDays, *, period: Period, as_of: date, catalog: Catalog, edition: str
) -> Asked:
    """Put a question together: the method is the one in force on the last day of the period, or the one named."""
    name = edition_of(catalog, STATISTICS, edition)
    rules = period_rules(catalog.method(STATISTICS, day=period.end, edition=name))
    return Asked(indicator, subject.within(period), period, as_of, rules, catalog, edition)


def bad_days(
    days: pa.Table,
    *,
    scope: str,
    period: Period,
    series: str,
    catalog: Catalog,
    edition: str = "auto",
    above: int = 100,
) -> int:
    """Count the days whose index of what is there exceeds `above`, published or not: a lower bound of bad days."""
    subject = subject_days(days, scope=scope, series=series).within(period)
    return int((index_by_day(subject, catalog=catalog, edition=edition).best > above).sum())


def value_row(asked: Asked, *, scope: str, scope_name: str, series: str) -> dict[str, object]:
    """Answer a question as the cells of one VALUE row; raises QC255 for a verb that is not computed here."""
    verb = asked.text("verb")
    if verb not in VERBS:
        raise complain("QC255", words={"indicator": asked.indicator.id, "verb": verb})
    outcome = VERBS[verb](asked)
    need = asked.need or need_of(asked.period, asked.rules)
    absent, shortfall = _absence(asked, outcome, need)
    exact = None if absent else outcome.exact
    value = None if exact is None else round_gbt8170(exact, Decimal(1).scaleb(-outcome.decimals))
    return {
        "id": f"V:{asked.indicator.id}:{scope}:{asked.period}:{series}",
        "indicator": asked.indicator.id,
        "scope": scope,
        "scope_name": scope_name,
        "period": str(asked.period),
        "series": series,
        "value": value,
        "exact": None if exact is None else str(exact),
        "text": None if value is None else f"{value:f}",
        "unit": asked.indicator.unit,
        "n": int(outcome.used.sum()),
        "n_required": need.total,
        "absent": None if absent is None else absent.value,
        "review": asked.days.lowest_review(outcome.used),
        "method": "+".join(dict.fromkeys((asked.rules.id, *outcome.methods))),
        "limits": "+".join(dict.fromkeys(outcome.limits)),
        "start": asked.period.start,
        "end": min(asked.period.end, max(asked.as_of, asked.period.start)),
        "note": "；".join([*outcome.notes, *shortfall, *_open_questions(asked, outcome, need)]),
    }


def value_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Make a VALUE table of rows."""
    columns: list[pa.Array] = []
    for part in VALUE:
        cells: list[object] = [row[part.name] for row in rows]
        there = np.array([cell is not None for cell in cells], bool)
        if pa.types.is_string(part.type):
            columns.append(arrow.text([None if cell is None else str(cell) for cell in cells]))
        elif pa.types.is_date(part.type):
            columns.append(
                arrow.days(np.array([(cell - _EPOCH).days for cell in cells if isinstance(cell, date)], int))
            )
        elif pa.types.is_decimal(part.type):
            columns.append(arrow.decimals(np.array([_micro(cell) for cell in cells], np.int64), there))
        else:
            columns.append(arrow.integers(np.array([cell or 0 for cell in cells], np.int64), there))
    return pa.Table.from_arrays(columns, schema=VALUE)


def _mean(asked: Asked) -> Outcome:
    name = asked.text("parameter")
    values = asked.days.cells[name].values
    return Outcome(mean_of(values), values.ok, asked.rules.decimals[name], _why_none(asked, (name,)),
                   topics=("period",), quantities=(name,))  # fmt: skip


def _percentile(asked: Asked) -> Outcome:
    name = asked.text("parameter")
    values = asked.days.cells[name].values
    exact = percentile_of(values, asked.argument("percent"))
    return Outcome(exact, values.ok, asked.rules.decimals[name], _why_none(asked, (name,)),
                   topics=("period", "percentile"), quantities=(name,))  # fmt: skip


def _share_at_most(asked: Asked) -> Outcome:
    limit = asked.index("at_most")
    return _of_index(asked, lambda best: Fraction(100 * int((best <= limit).sum()), len(best)), limit=limit)


def _share_above(asked: Asked) -> Outcome:
    limit = asked.index("above")
    return _of_index(asked, lambda best: Fraction(100 * int((best > limit).sum()), len(best)), limit=limit)


def _count(asked: Asked) -> Outcome:
    """Count the days at most at a level, or above one."""
    good = "at_most" in asked.indicator.statistic
    limit = asked.index("at_most" if good else "above")
    outcome = _of_index(asked, lambda best: Fraction(int(((best <= limit) == good).sum())), limit=limit)
    return replace(outcome, decimals=asked.indicator.decimals)


def _of_index(asked: Asked, told: Callable[[Longs], Fraction], *, limit: int) -> Outcome:
    """Judge days by their index. A day counts when nothing is missing, or when what is there is already too much."""
    index = index_by_day(asked.days, catalog=asked.catalog, edition=asked.edition)
    complete = (index.missing == PRESENT) & (index.best != NONE)
    used = complete | (index.best > asked.rules.incomplete_above)
    absent, notes = _never_there(asked, index)
    if absent is not None:
        notes += (f"仅按已有项目，AQI 大于 {limit} 的已有 {int((index.best > limit).sum())} 天",)
    elif left := int((~used).sum()):
        notes += (f"有项目缺测且其余项目 AQI 未超过 {asked.rules.incomplete_above} 的 {left} 天不计",)
    return Outcome(
        exact=told(index.best[used]) if used.any() else None,
        used=used,
        decimals=asked.rules.share_decimals,
        absent=absent or (None if used.any() else Absent.NOT_REPORTED),
        topics=("period", "day_share"),
        notes=notes,
        methods=index.methods,
        quantities=QUANTITIES,
    )


def _never_there(asked: Asked, index: DayIndex) -> tuple[Absent | None, tuple[str, ...]]:
    """Name the items of the index that no day of the period has: then no day can be called good."""
    absent: Absent | None = None
    notes: tuple[str, ...] = ()
    for rows, rules in index.spans:
        for item in rules.day:
            cell = asked.days.cells[item.quantity].at(rows)
            waived = item.waived_by and asked.days.cells[item.waived_by].at(rows).values.ok.any()
            taken = (cell.reason == code_of(Absent.EXCLUDED_EVENT)).any()
            if not cell.reason.size or cell.values.ok.any() or waived or taken:
                continue
            reason = REASONS[int(cell.reason[0]) - 1]
            absent = absent or reason
            notes += (f"{asked.catalog.parameters[item.parameter].zh}{ABSENT_ZH[reason]}，不能判定",)
    return absent, tuple(dict.fromkeys(notes))


@dataclass(frozen=True, slots=True)
class Part:
    """One term of the composite index: its statistic, the limit it is measured by, and its rounded single index."""

    term: Term
    value: Fraction | None
    limit: Fraction
    edition: str
    index: Fraction | None


def composite_parts(asked: Asked) -> list[Part]:
    """Return the terms of the composite index, each single index rounded as declared, then weighted."""
    scheme = asked.text("scheme")
    if scheme and scheme not in asked.rules.schemes:
        words: dict[str, object] = {"name": scheme, "what": f"{asked.rules.id} 综合指数方案 scheme"}
        raise complain("QC110", words=words | {"allowed": ", ".join(asked.rules.schemes)})
    found = []
    for term in asked.rules.schemes[scheme] if scheme else asked.rules.composite:
        values = asked.days.cells[term.parameter].values
        value = mean_of(values) if term.verb == "mean" else percentile_of(values, term.percent)
        limit, name = limit_of(term, asked.catalog, day=asked.period.end, edition=asked.edition)
        index = None
        if value is not None:
            index = term.weight * Fraction(round_gbt8170(value / limit, Decimal(1).scaleb(-term.decimals)))
        found.append(Part(term, value, limit, name, index))
    return found


def _composite(asked: Asked) -> Outcome:
    parts = composite_parts(asked)
    names = tuple(part.term.parameter for part in parts)
    used = np.logical_and.reduce([asked.days.cells[name].values.ok for name in names])
    there = [part.index for part in parts if part.index is not None]
    exact = sum(there, Fraction(0)) if len(there) == len(parts) else None
    limits = tuple(part.edition for part in parts)
    return Outcome(exact, used, asked.rules.composite_decimals, _why_none(asked, names), limits=limits,
                   topics=("period", "percentile", "composite"), quantities=names)  # fmt: skip


def limit_of(term: Term, catalog: Catalog, *, day: date, edition: str) -> tuple[Fraction, str]:
    """Return the limit that a term of the composite index is divided by, and the edition it stands in."""
    if term.limit is not None:
        return term.limit, ""
    limit = catalog.limit(
        term.limit_parameter, term.limit_averaging, term.limit_grade,
        day=day, edition=edition_of(catalog, LIMITS, edition),
    )  # fmt: skip
    return Fraction(limit.value), limit.edition or limit.standard


VERBS: Mapping[str, Callable[[Asked], Outcome]] = {
    "mean": _mean,
    "percentile": _percentile,
    "day_share": _share_at_most,
    "day_share_above": _share_above,
    "day_count": _count,
    "composite": _composite,
}
"""The closed table of verbs; `data/indicators` only combines them."""


@dataclass(frozen=True, slots=True)
class Need:
    """How many valid days a period asks for, in all and by month; `enforced` where the rule is written for it."""

    total: int
    months: Mapping[int, int]
    enforced: bool


def need_of(period: Period, rules: PeriodRules) -> Need:
    """Return how many valid days a period asks for."""
    months = {}
    day = period.start
    while day <= period.end:
        month = Period.month(day.year, day.month)
        if month.start >= period.start and month.end <= period.end:
            months[(day.year - 1970) * 12 + day.month - 1] = rules.february if day.month == 2 else rules.month
        day = month.end + timedelta(1)
    total = rules.year if period.kind == "year" else sum(months.values())
    return Need(total, months, period.kind in ("year", "month"))


def _absence(asked: Asked, outcome: Outcome, need: Need) -> tuple[Absent | None, list[str]]:
    """Say whether the value is refused, and how the valid days stand to what is asked for."""
    n = int(outcome.used.sum())
    if outcome.absent is not None:
        return outcome.absent, []
    short = [
        f"{month % 12 + 1} 月有效 {have} 天，少于 {least} 天"
        for month, least in need.months.items()
        if (have := int((asked.days.months[outcome.used] == month).sum())) < least
    ]
    if asked.as_of < asked.period.end:
        return None, [f"时段未完，截至 {asked.as_of.isoformat()} 有效 {n} 天（满时段至少 {need.total} 天）"]
    if n < need.total:
        short.insert(0, f"有效 {n} 天，少于 {need.total} 天")
    return (Absent.TOO_FEW if short and need.enforced else None), short


def _why_none(asked: Asked, names: Sequence[str]) -> Absent | None:
    """Return the reason of the first quantity without any value; None where all have some."""
    for name in names:
        cell = asked.days.cells[name]
        if not cell.values.ok.any():
            return REASONS[int(cell.reason[0]) - 1] if cell.reason.size else Absent.NOT_REPORTED
    return None


def _open_questions(asked: Asked, outcome: Outcome, need: Need) -> list[str]:
    """Name the rules that decided the value and are not yet read from the official text."""
    topics = [topic for topic in outcome.topics if topic != "period" or (need.months and not need.enforced)]
    names = set(outcome.quantities)
    if any(names & set(short.split(",")) for short in asked.days.short if short):
        topics.append("city")
    if asked.days.excluded.any():
        topics.append("exceptions")
    questions = [asked.rules.questions[topic] for topic in topics if topic in asked.rules.questions]
    return [f"规则未核：{question}" for question in questions]


def _micro(cell: object) -> int:
    return int(Fraction(cell) * SCALE) if isinstance(cell, Decimal) else 0
