"""Change against the same period of the year before, in the words of a bulletin. 同比。

How each unit is compared, rounded and told stands in `data/methods` (family `air_change`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.methods import Method
from qingce.catalog.strict import Row
from qingce.core.absence import ABSENT_ZH, Absent
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.periods import PeriodKind, Question, answer
from qingce.evaluate.points.tables import Cell, lay

__all__ = ["CHANGE", "FAMILY", "change_between", "change_row", "change_table", "year_before"]

FAMILY = "air_change"
_TEXTS = "indicator scope scope_name period last_period series unit text"
CHANGE = dict.fromkeys(_TEXTS.split(), "text") | {
    "value": "decimal", "exact": "text", "n": "int", "review": "text", "absent": "text",
    "last_text": "text", "last_value": "decimal", "last_exact": "text", "last_n": "int", "last_review": "text",
    "last_absent": "text", "change": "decimal", "change_unit": "text", "told": "text", "reason": "text",
    "edition": "text", "last_edition": "text", "note": "text",
}  # fmt: skip
"""Columns of a table of changes: this period, the same of last year, `change` (%, points, days) and how it is told."""

_PERCENT = 100


def year_before(period: Period, as_of: date) -> Period:
    """Return the same days of the year before: those of a period that is not over end on the same date.

    29 February becomes the 28th, the end of February stays its end.

    Examples
    --------
    >>> str(year_before(Period.month(2026, 5), date(2026, 5, 20)))
    '2025-05-01/2025-05-20'
    >>> str(year_before(Period.month(2024, 2), date(2024, 2, 29)))
    '2023-02'
    """
    return period.until(max(as_of, period.start)).year_before()


def change_row(indicator: Indicator, asked: Question, *, kind: PeriodKind, period: Period) -> dict[str, Cell]:
    """Return one indicator over a period beside the same period of the year before, and the change.

    Either value may be absent: then there is no change, and `reason` says which lacks why.
    """
    now = answer(indicator, asked, kind=kind, period=period)
    before = year_before(period, asked.as_of)
    then = answer(indicator, asked, kind=kind, period=before)
    method = asked.catalog.method(FAMILY, day=period.end)
    row = _sides(now, then) | change_between(indicator.unit, now, then, method=method)
    notes = [str(now["note"]), *(f"规则未核：{question}" for question in _questions(method, indicator.unit))]
    if now["method"] != then["method"] and then["exact"] is not None:
        notes.insert(0, f"两期所用版本不同（{then['method']} → {now['method']}），未按同一版本重算")
    return row | {"last_period": str(before), "note": "；".join(dict.fromkeys(filter(None, notes)))}


def change_between(
    unit: str, now: Mapping[str, object], then: Mapping[str, object], *, method: Method
) -> dict[str, Cell]:
    """Return `change`, `change_unit`, `told` and `reason` of two values (`exact` and `text` as in VALUE rows)."""
    lacking = [(word, row) for word, row in (("本期", now), ("上年同期", then)) if row["exact"] is None]
    if lacking:
        told = "；".join(f"{word}{ABSENT_ZH[Absent(str(row['absent']))]}" for word, row in lacking)
        return {"change": None, "change_unit": None, "told": None, "reason": told}
    row = _row_of(method, unit)
    first, second = (_taken(side, now, method) for side in (now, then))
    share = row.text("verb") == "percent"
    if share and second == 0:
        return {"change": None, "change_unit": row.text("told"), "told": None, "reason": "上年同期为零，不能求百分比"}
    exact = (first - second) * (Fraction(_PERCENT) / second if share else 1)
    value = round_gbt8170(exact, Decimal(1).scaleb(-row.whole("decimals")))
    word = row.text("same") if value == 0 else row.text("up") if value > 0 else row.text("down")
    told = word if value == 0 else f"{word}{abs(value):f}{row.text('told')}"
    return {"change": value, "change_unit": row.text("told"), "told": told, "reason": None}


def change_table(rows: list[dict[str, Cell]]) -> pa.Table:
    """Make a table of changes."""
    return lay(rows, CHANGE)


def _taken(side: Mapping[str, object], now: Mapping[str, object], method: Method) -> Fraction:
    """Return a side as it is compared: rounded to the decimals in which this period is told, or exact."""
    exact = Fraction(str(side["exact"]))
    if method.option("change", "of") == "exact":
        return exact
    decimals = len(str(now["text"]).partition(".")[2])
    return Fraction(round_gbt8170(exact, Decimal(1).scaleb(-decimals)))


def _row_of(method: Method, unit: str) -> Row:
    for row in method.tables["changes"]:
        if row.text("unit") == unit:
            row.one_of("verb", ("percent", "difference"))
            return row
    return method.tables["changes"][0]


def _questions(method: Method, unit: str) -> list[str]:
    part = method.options["change"]
    found = [str(part["question"])] if isinstance(part, Mapping) and "question" in part else []
    return [*found, *filter(None, (_row_of(method, unit).cells.get("question", ""),))]


def _sides(now: Mapping[str, object], then: Mapping[str, object]) -> dict[str, Cell]:
    same = ("indicator", "scope", "scope_name", "period", "series", "unit")
    both = ("text", "value", "exact", "n", "review", "absent")
    row = {name: now[name] for name in (*same, *both)} | {f"last_{name}": then[name] for name in both}
    found: dict[str, Cell] = {}
    for name, cell in row.items():
        found[name] = cell if isinstance(cell, int | Decimal) or cell is None else str(cell)
    return found | {"edition": str(now["method"]), "last_edition": str(then["method"])}
