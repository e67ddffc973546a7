"""Exceedance of limits by days and by years, with its multiple. 超标与超标倍数。

References
----------
[HJ663-2013]_, [HJ663-2026]_ table 3 (decimals), table A.2 (statistics); [GB3095-2012]_, [GB3095-2026]_ (limits).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.periods import Period
from qingce.core.records import Indicator, Limit
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.input import Longs, day_number
from qingce.evaluate.air.periods import PeriodKind, Question, answer
from qingce.evaluate.air.rules import LIMITS, STATISTICS, edition_of
from qingce.evaluate.kernels.exact import Ratios, rounded
from qingce.evaluate.points.tables import Cell, lay

__all__ = [
    "COMPLIANCE",
    "EXCEEDANCE",
    "compliance_rows",
    "exceeding_days",
    "multiple_of",
    "table_of_compliance",
    "table_of_exceedances",
]

_PLACE = {"scope": "text", "scope_name": "text", "series": "text"}
EXCEEDANCE = _PLACE | {
    "day": "day", "parameter": "text", "value": "decimal", "text": "text", "limit": "decimal", "unit": "text",
    "multiple": "decimal", "edition": "text", "standard": "text", "clause": "text",
}  # fmt: skip
"""One row a day and pollutant above its daily limit: `multiple` is (C − S)/S."""
COMPLIANCE = _PLACE | {
    "period": "text", "parameter": "text", "statistic": "text", "text": "text", "exact": "text", "limit": "decimal",
    "met": "int", "multiple": "decimal", "n": "int", "review": "text", "absent": "text", "edition": "text",
    "standard": "text", "note": "text",
}  # fmt: skip
"""One row a pollutant and statistic of a year (mean, percentile), and one `all` row: met only if every one is met."""
_EPOCH = date(1970, 1, 1)
_GRADE = "2"


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one pollutant is compared: its statistic, averaging of the limit and decimals of compliance."""

    parameter: str
    statistic: str
    percent: int
    averaging: str
    decimals: int

    @property
    def name(self) -> str:
        """`mean`, or `p95`."""
        return f"p{self.percent}" if self.percent else self.statistic


def multiple_of(value: Fraction, limit: Fraction, *, decimals: int) -> Decimal:
    """Return the exceedance multiple (C − S)/S, rounded once; negative where the limit is kept.

    Examples
    --------
    >>> multiple_of(Fraction(93), Fraction(75), decimals=2)
    Decimal('0.24')
    """
    return round_gbt8170((value - limit) / limit, Decimal(1).scaleb(-decimals))


def exceeding_days(asked: Question, *, period: Period) -> list[dict[str, Cell]]:
    """Return every day and pollutant of a period above its daily limit, by day: the limit in force on that day.

    The value is rounded to the decimals of compliance first where the method says so. Raises QC104, QC105, QC110.
    """
    rows: list[dict[str, Cell]] = []
    for method, first, last in _spans(asked, period):
        days = asked.days.within(Period(first, last))
        for rule in _daily(method):
            values = days.cells[rule.parameter].values
            values = rounded(values, rule.decimals) if _rounds(method) else values
            for limit, start, end in _limits(asked, rule, grade=_GRADE, span=(first, last)):
                here = values.masked((days.days >= start) & (days.days <= end))
                rows += _above(asked, (rule, limit, method), values=here, numbers=days.days)
    return sorted(rows, key=lambda row: (str(row["day"]), str(row["parameter"])))


def compliance_rows(asked: Question, *, kind: PeriodKind, period: Period) -> list[dict[str, Cell]]:
    """Return how each statistic of a year stands to its limit, and `all`: met, not met, or absent where one lacks.

    Mean and percentile must both be met; one statistic above its limit decides against, whatever else is missing.
    """
    method = _method(asked, period)
    rows = []
    for rule in _rules(method):
        limit = _limit(asked.catalog, rule, day=period.end, grade=_GRADE, edition=asked.edition)
        told = answer(_indicator(rule, limit.unit), asked, kind=kind, period=period)
        rows.append(_compared(told, rule, limit=limit, method=method) | _place(asked) | {"period": str(period)})
    found = [row["met"] for row in rows]
    met = 0 if 0 in found else None if None in found else 1
    absent = next((row["absent"] for row in rows if row["absent"]), None) if met is None else None
    last: dict[str, Cell] = {"parameter": "all", "statistic": "all", "met": met, "absent": absent}
    last |= {name: rows[0][name] for name in ("review", "edition", "period")}
    return [*rows, last | _place(asked)]


def table_of_exceedances(rows: Sequence[Mapping[str, Cell]]) -> pa.Table:
    """Make a table of exceeding days."""
    return lay(rows, EXCEEDANCE)


def table_of_compliance(rows: Sequence[Mapping[str, Cell]]) -> pa.Table:
    """Make a table of a year's compliance."""
    return lay(rows, COMPLIANCE)


def _place(asked: Question) -> dict[str, Cell]:
    return {"scope": asked.scope, "scope_name": asked.scope_name, "series": asked.series}


def _method(asked: Question, period: Period) -> Method:
    name = edition_of(asked.catalog, STATISTICS, asked.edition)
    return asked.catalog.method(STATISTICS, day=period.end, edition=name)


def _spans(asked: Question, period: Period) -> list[tuple[Method, date, date]]:
    """Cut a period where the statistics method changes."""
    name, first, found = edition_of(asked.catalog, STATISTICS, asked.edition), period.start, []
    while first <= period.end:
        method = asked.catalog.method(STATISTICS, day=first, edition=name)
        end = period.end if name != "auto" else min(period.end, method.end or period.end)
        found.append((method, first, end))
        first = end + timedelta(1)
    return found


def _rules(method: Method) -> list[_Rule]:
    decimals = {row.text("parameter"): row.whole("compliance") for row in method.tables["decimals"]}
    return [
        _Rule(
            parameter=row.text("parameter"),
            statistic=row.one_of("statistic", ("mean", "percentile")),
            percent=row.whole("percent") if row.cells["percent"] else 0,
            averaging=row.text("averaging"),
            decimals=decimals[row.text("parameter")],
        )
        for row in method.tables["statistics"]
    ]


def _daily(method: Method) -> list[_Rule]:
    """Return the rule of each pollutant's days: those of its percentile."""
    return [rule for rule in _rules(method) if rule.statistic == "percentile"]


def _rounds(method: Method) -> bool:
    return method.option("exceedance", "of") == "rounded"


def _decimals(method: Method) -> int:
    return int(str(method.option("exceedance", "decimals")))


def _limit(catalog: Catalog, rule: _Rule, *, day: date, grade: str, edition: str) -> Limit:
    averaging = "annual" if rule.statistic == "mean" else rule.averaging
    name = edition_of(catalog, LIMITS, edition)
    return catalog.limit(rule.parameter, averaging, grade, day=day, edition=name)


def _limits(asked: Question, rule: _Rule, *, grade: str, span: tuple[date, date]) -> list[tuple[Limit, int, int]]:
    """Return the limits of a span of days, each with its first and last day's number."""
    day, last = span
    found = []
    while day <= last:
        limit = _limit(asked.catalog, rule, day=day, grade=grade, edition=asked.edition)
        named = edition_of(asked.catalog, LIMITS, asked.edition) != "auto"
        end = last if named else min(last, limit.end or last)
        found.append((limit, day_number(day), day_number(end)))
        day = end + timedelta(1)
    return found


def _above(
    asked: Question, how: tuple[_Rule, Limit, Method], *, values: Ratios, numbers: Longs
) -> list[dict[str, Cell]]:
    rule, limit, method = how
    bound, found = Fraction(limit.value), []
    for at in np.flatnonzero(values.ok):
        value = Fraction(int(values.num[at]), int(values.den[at]))
        if value > bound:
            text = round_gbt8170(value, Decimal(1).scaleb(-rule.decimals))
            row: dict[str, Cell] = {
                "day": _EPOCH + timedelta(int(numbers[at])), "parameter": rule.parameter, "value": value,
                "text": f"{text:f}", "limit": limit.value, "unit": limit.unit, "edition": method.id,
                "multiple": multiple_of(value, bound, decimals=_decimals(method)),
                "standard": limit.edition or limit.standard, "clause": limit.clause,
            }  # fmt: skip
            found.append(row | _place(asked))
    return found


def _indicator(rule: _Rule, unit: str) -> Indicator:
    """Return the statistic as an indicator, so that it is computed as every other one is."""
    statistic: dict[str, object] = {"verb": rule.statistic, "parameter": rule.parameter}
    if rule.percent:
        statistic["percent"] = rule.percent
    return Indicator(
        id=f"{rule.parameter}_{rule.name}", zh="", en="", aliases=(), medium="air", battle="", unit=unit,
        direction="lower", decimals=rule.decimals, decider="", series="", rounding="", statistic=statistic, source="",
    )  # fmt: skip


def _compared(told: Mapping[str, object], rule: _Rule, *, limit: Limit, method: Method) -> dict[str, Cell]:
    row: dict[str, Cell] = {
        "parameter": rule.parameter, "statistic": rule.name, "limit": limit.value,
        "standard": limit.edition or limit.standard, "edition": str(told["method"]), "n": int(str(told["n"])),
    }  # fmt: skip
    row |= {name: None if told[name] is None else str(told[name]) for name in ("exact", "review", "absent", "note")}
    if told["exact"] is None:
        return row | {"met": None, "multiple": None, "text": None}
    value = Fraction(str(told["exact"]))
    shown = round_gbt8170(value, Decimal(1).scaleb(-rule.decimals))
    compared = Fraction(shown) if _rounds(method) else value
    met = compared <= Fraction(limit.value)
    multiple = None if met else multiple_of(compared, Fraction(limit.value), decimals=_decimals(method))
    return row | {"text": f"{shown:f}", "met": int(met), "multiple": multiple}
