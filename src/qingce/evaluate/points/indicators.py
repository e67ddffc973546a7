"""Shares of points as indicator values: of a class, of days and nights kept, of sources. 点位指标值。"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import ABSENT_ZH, Absent, lowest
from qingce.core.errors import complain
from qingce.core.periods import Period, parse_period
from qingce.core.records import Indicator
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.indicators import value_table
from qingce.evaluate.points.tables import decimals_step

__all__ = ["Answer", "VERBS", "point_indicator", "value_of"]

_SERIES = "measured"
_MET = {"yes": True, "no": False}

Row = Mapping[str, object]


def point_indicator(
    indicator: Indicator,
    judged: pa.Table,
    *,
    scope: str,
    period: Period,
    catalog: Catalog,
    scope_name: str = "",
    points: Collection[str] | None = None,
) -> pa.Table:
    """Return an indicator of points as one VALUE row, from the table that its medium's evaluation gives point by point.

    `judged` has a row a point and period (groundwater, sources) or date (noise); rows of other points or outside the
    period do not count, rows without a verdict are told. Raises QC255 for a verb that is not of points.
    """
    verb = str(indicator.statistic.get("verb", ""))
    if verb not in VERBS:
        raise complain("QC255", words={"indicator": indicator.id, "verb": verb})
    rows = [row for row in judged.to_pylist() if _counts(row, period, points)]
    verdicts = [(row, VERBS[verb](indicator, row)) for row in rows]
    known = [(row, met) for row, met in verdicts if met is not None]
    exact = Fraction(100 * sum(met for _, met in known), len(known)) if known else None
    left = len(verdicts) - len(known)
    notes = [f"参评 {len(known)}，其中 {sum(met for _, met in known)}"] if known else []
    notes += [f"不能判定 {left}（{ABSENT_ZH[Absent.TOO_FEW]}或未监测）"] if left else []
    absent = None if known else Absent.NOT_REPORTED.value
    answer = Answer(scope, scope_name or scope, period, exact, absent, notes)
    return value_table([value_of(indicator, answer, [row for row, _ in known])])


@dataclass(frozen=True, slots=True)
class Answer:
    """What an indicator of points came to in one scope and period, or why it did not."""

    scope: str
    scope_name: str
    period: Period
    exact: Fraction | None
    absent: str | None
    notes: Sequence[str]


def value_of(indicator: Indicator, answer: Answer, known: Sequence[Row]) -> dict[str, object]:
    """Return an answer as a VALUE row; `known` are the rows that it rests on."""
    value = None if answer.exact is None else round_gbt8170(answer.exact, decimals_step(indicator.decimals))
    unread = [f"规则未核：{indicator.note}"] if indicator.status == "unread" else []
    return {
        "id": f"V:{indicator.id}:{answer.scope}:{answer.period}:{_SERIES}",
        "indicator": indicator.id,
        "scope": answer.scope,
        "scope_name": answer.scope_name,
        "period": str(answer.period),
        "series": _SERIES,
        "value": value,
        "exact": None if answer.exact is None else str(answer.exact),
        "text": None if value is None else f"{value:f}",
        "unit": indicator.unit,
        "n": len(known),
        "n_required": 1,
        "absent": answer.absent,
        "review": lowest(str(row["review"]) for row in known if row.get("review")),
        "method": "+".join(dict.fromkeys(str(row["edition"]) for row in known)),
        "limits": "+".join(dict.fromkeys(str(row["limits"]) for row in known if row.get("limits"))),
        "start": answer.period.start,
        "end": answer.period.end,
        "note": "；".join([*answer.notes, *unread]),
    }


def _counts(row: Row, period: Period, points: Collection[str] | None) -> bool:
    named = str(row.get("point") or row.get("source") or "")
    when = row.get("day")
    inside = when in period if isinstance(when, date) else parse_period(str(row["period"])) == period
    return inside and (points is None or named in points)


def _of_class(indicator: Indicator, row: Row) -> bool | None:
    grade = row.get("class")
    if not isinstance(grade, int):
        return None
    best, worse = indicator.statistic.get("at_most"), indicator.statistic.get("worse_than")
    return grade <= best if isinstance(best, int) else isinstance(worse, int) and grade > worse


def _met(indicator: Indicator, row: Row) -> bool | None:
    told = row.get(f"met_{indicator.statistic.get('part')}", row.get("met"))
    return _MET.get(str(told))


VERBS: Mapping[str, Callable[[Indicator, Row], bool | None]] = {"class_share": _of_class, "met_share": _met}
"""The closed table of verbs of points; each says whether a row counts, None where it has no verdict."""
