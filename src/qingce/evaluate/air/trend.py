"""Whether a pollutant rises or falls over years: Spearman's rank correlation by the annex of HJ 663. 秩相关趋势。

References
----------
[HJ663-2013]_ 附录 B (not read: critical values, ties and equality are declared in `data/methods`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.methods import Method
from qingce.core.absence import Absent, lowest
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal
from qingce.evaluate.air.periods import PeriodKind, Question, answer
from qingce.evaluate.air.rules import STATISTICS, edition_of
from qingce.evaluate.points.tables import Cell, lay

__all__ = ["TREND", "Verdict", "spearman", "trend_row", "trend_table", "verdict_of"]

TREND = {
    "indicator": "text", "scope": "text", "scope_name": "text", "series": "text", "unit": "text", "first": "text",
    "last": "text", "n": "int", "values": "text", "left_out": "text", "rs": "decimal", "exact": "text",
    "critical": "decimal", "critical_01": "decimal", "told": "text", "absent": "text", "review": "text",
    "edition": "text", "note": "text",
}  # fmt: skip
"""Columns of a table of trends: `values` are the periods' values in order, `told` is 上升 | 下降 | 无显著变化."""

_RISING, _FALLING, _NONE = "显著上升", "显著下降", "无显著变化"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the annex says of a rank correlation over `n` periods."""

    told: str | None
    critical: Fraction | None
    critical_01: Fraction | None
    note: str = ""


def spearman(values: Sequence[Fraction]) -> Fraction:
    """Return 1 − 6Σd²/(N³ − N) of values in order of time, equal values at the mean of their ranks.

    Raises QC250 for fewer than two values.

    Examples
    --------
    >>> spearman([Fraction(one) for one in (40, 38, 39, 35, 30)])
    Fraction(-9, 10)
    """
    count = len(values)
    if count < 2:
        raise complain("QC250", words={"reason": "秩相关至少两个值 a rank correlation needs two values"})
    ordered = sorted(values)
    squares = Fraction(0)
    for place, value in enumerate(values, 1):
        first = ordered.index(value) + 1
        rank = Fraction(2 * first + ordered.count(value) - 1, 2)
        squares += (place - rank) ** 2
    return 1 - 6 * squares / (count**3 - count)


def verdict_of(rs: Fraction, count: int, *, method: Method) -> Verdict:
    """Judge a rank correlation by the critical values declared for so many periods; no verdict outside the table."""
    least = method.option("trend", "at_least")
    if not isinstance(least, int) or count < least:
        return Verdict(None, None, None, f"不足 {least} 个时段，不判定趋势")
    rows = {row.whole("n"): row for row in method.tables["trend"]}
    if count > max(rows):
        return Verdict(None, None, None, f"{count} 个时段超出临界值表，不判定趋势")
    used = max(n for n in rows if n <= count)
    bound, strict = (Fraction(rows[used].decimal(name)) for name in ("w05", "w01"))
    equal = method.option("trend", "at_critical") == "significant"
    significant = abs(rs) > bound or (equal and abs(rs) == bound)
    note = "" if used == count else f"表中没有 N={count}，用 N={used} 的临界值"
    told = _NONE if not significant else _RISING if rs > 0 else _FALLING
    return Verdict(told, bound, strict, note)


def trend_row(indicator: Indicator, asked: Question, *, kind: PeriodKind, periods: Sequence[Period]) -> dict[str, Cell]:
    """Return the trend of one indicator over periods in order; one without a valid value, or not over, is left out."""
    rows = [answer(indicator, asked, kind=kind, period=period) for period in periods]
    over = [row for row, period in zip(rows, periods, strict=True) if period.end <= asked.as_of and row["exact"]]
    without = [str(row["period"]) for row in rows if not any(row is one for one in over)]
    method = asked.catalog.method(
        STATISTICS, day=periods[-1].end, edition=edition_of(asked.catalog, STATISTICS, asked.edition)
    )
    side = "text" if method.option("trend", "of") == "rounded" else "exact"
    values = [Fraction(str(row[side])) for row in over]
    row: dict[str, Cell] = {
        "indicator": indicator.id, "scope": asked.scope, "scope_name": asked.scope_name, "series": asked.series,
        "unit": indicator.unit, "first": str(periods[0]), "last": str(periods[-1]), "n": len(values),
        "values": " ".join(str(row["text"]) for row in over), "left_out": " ".join(without),
        "review": _lowest(over), "edition": _joined(over) or method.id,
    }  # fmt: skip
    question = f"规则未核：{_question(method)}"
    if len(values) < 2:
        return row | {"absent": Absent.TOO_FEW.value, "note": f"有效时段 {len(values)} 个；{question}"}
    rs = spearman(values)
    verdict = verdict_of(rs, len(values), method=method)
    return row | {
        "rs": as_decimal(rs), "exact": str(rs), "critical": verdict.critical, "critical_01": verdict.critical_01,
        "told": verdict.told, "absent": None if verdict.told else Absent.TOO_FEW.value,
        "note": "；".join(filter(None, (verdict.note, question))),
    }  # fmt: skip


def trend_table(rows: Sequence[Mapping[str, Cell]]) -> pa.Table:
    """Make a table of trends."""
    return lay(rows, TREND)


def _lowest(rows: Sequence[Mapping[str, object]]) -> str | None:
    found = lowest(str(row["review"]) for row in rows if row["review"])
    return None if found is None else found.value


def _joined(rows: Sequence[Mapping[str, object]]) -> str:
    return "+".join(dict.fromkeys(word for row in rows for word in str(row["method"]).split("+")))


def _question(method: Method) -> str:
    part = method.options["trend"]
    return str(part.get("question", "")) if isinstance(part, Mapping) else ""
