"""The monthly table of counties: fine dust and its changes, good and heavy days, index and place. 区县月排名。

Which indicators its columns take stands in `data/methods` (family `air_ranking`, section `county`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Absent
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.change import FAMILY as CHANGES
from qingce.evaluate.air.change import change_between, year_before
from qingce.evaluate.air.days import DEDUCTED, MEASURED
from qingce.evaluate.air.indicator_days import by_subject, subject_days
from qingce.evaluate.air.indicators import ask, value_row
from qingce.evaluate.air.ranking import FAMILY, Scope, rank_cities
from qingce.evaluate.points.tables import Cell, lay

__all__ = ["COUNTIES", "county_table"]

COUNTIES = {
    "place": "int", "scope": "text", "scope_name": "text", "period": "text", "text": "text", "value": "decimal",
    "unit": "text", "last_text": "text", "change": "decimal", "change_text": "text", "base_text": "text",
    "base_change": "decimal", "base_change_text": "text", "good_measured": "text", "good_deducted": "text",
    "heavy": "text", "composite": "text", "n": "int", "review": "text", "unreviewed": "int", "absent": "text",
    "edition": "text", "limits": "text", "note": "text",
}  # fmt: skip
"""Columns of the table of counties; `base_*` compares with the mean of the same period of the years before."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What the table of one period is made from."""

    period: Period
    as_of: date
    catalog: Catalog
    edition: str
    ranking: Method
    changes: Method

    def indicator(self, key: str) -> Indicator:
        """Return the indicator that a column takes."""
        return self.catalog.indicator(str(self.ranking.option("county", key)))

    @property
    def series(self) -> str:
        """The series in which counties are ranked."""
        return str(self.ranking.option("index", "series"))


def county_table(
    days: pa.Table, *, counties: Sequence[str], period: Period, as_of: date, catalog: Catalog, edition: str = "auto"
) -> pa.Table:
    """Return 区县月排名 of a period (to date where it is not over) from days of counties in both series (`AirDays`).

    Places are by composite index, ties 1, 1, 3, and marked unreviewed below the review state that content asks for:
    this is a table for the office, a published ranking is `rank_cities`. Raises QC104, QC105, QC110.
    """
    sheet = _Sheet(period, as_of, catalog, edition, catalog.method(FAMILY, day=period.end),
                   catalog.method(CHANGES, day=period.end))  # fmt: skip
    tables = {code: rows for code, rows in by_subject(days).items() if code in set(counties)}
    scope = Scope(days, period, catalog, edition, preview=True, only=tuple(tables))
    places = rank_cities(scope).to_pylist() if tables else []
    rows = [row | _columns(tables[str(row["scope"])], str(row["scope"]), sheet) for row in map(_ranked, places)]
    return lay(rows, COUNTIES)


def _ranked(row: Mapping[str, Cell]) -> dict[str, Cell]:
    kept = (
        "place",
        "scope",
        "scope_name",
        "period",
        "n",
        "review",
        "unreviewed",
        "absent",
        "edition",
        "limits",
        "note",
    )
    return {name: row[name] for name in kept} | {"composite": row["text"]}


def _columns(rows: pa.Table, scope: str, sheet: _Sheet) -> dict[str, Cell]:
    subjects = {name: subject_days(rows, scope=scope, series=name) for name in {MEASURED, DEDUCTED, sheet.series}}

    def told(key: str, series: str, period: Period) -> Mapping[str, object]:
        indicator, subject = sheet.indicator(key), subjects[series]
        asked = ask(indicator, subject, period=period, as_of=sheet.as_of, catalog=sheet.catalog, edition=sheet.edition)
        return value_row(asked, scope=scope, scope_name="", series=series)

    now = told("concentration", sheet.series, sheet.period)
    before = year_before(sheet.period, sheet.as_of)
    then = told("concentration", sheet.series, before)
    years = [before.year_before(back) if back else before for back in range(_years(sheet.ranking))]
    base = _base([told("concentration", sheet.series, year) for year in years], now)
    unit = sheet.indicator("concentration").unit
    change = change_between(unit, now, then, method=sheet.changes)
    against = change_between(unit, now, base, method=sheet.changes)
    value = now["value"]
    return {
        "text": _text(now["text"]), "value": value if isinstance(value, Decimal) else None, "unit": unit,
        "last_text": _text(then["text"]), "change": change["change"], "change_text": change["told"],
        "base_text": _text(base["text"]), "base_change": against["change"], "base_change_text": against["told"],
        "good_measured": _text(told("good", MEASURED, sheet.period)["text"]),
        "good_deducted": _text(told("good", DEDUCTED, sheet.period)["text"]),
        "heavy": _text(told("heavy", MEASURED, sheet.period)["text"]),
    }  # fmt: skip


def _base(years: Sequence[Mapping[str, object]], now: Mapping[str, object]) -> dict[str, object]:
    """Return the mean of the years' values, told in the decimals of now; absent where one of them is."""
    if any(year["exact"] is None for year in years):
        absent = next(year["absent"] for year in years if year["exact"] is None)
        return {"exact": None, "text": None, "absent": absent or Absent.NOT_REPORTED.value}
    exact = sum((Fraction(str(year["exact"])) for year in years), Fraction(0)) / len(years)
    decimals = len(str(now["text"] or "").partition(".")[2])
    return {"exact": str(exact), "text": f"{round_gbt8170(exact, Decimal(1).scaleb(-decimals)):f}", "absent": None}


def _years(method: Method) -> int:
    value = method.option("county", "base_years")
    if not isinstance(value, int) or value < 1:
        words: dict[str, object] = {"key": "county.base_years", "value": value, "expected": "正整数 a whole number"}
        raise complain("QC107", method.place, words)
    return value


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)
