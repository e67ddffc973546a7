"""The daily figures behind an indicator, exact and ready to sum: who reads them never knows where they came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.records import Indicator

__all__ = ["DAY_VERBS", "Daily", "Days", "column_of", "counted", "is_bad", "percentile", "running", "summed"]

_FINE = "pm2_5"
DAY_VERBS = ("day_share", "day_share_above", "day_count")
"""Verbs that count days which are not as they should be."""


@dataclass(frozen=True, slots=True)
class Daily:
    """One subject's daily values of one column: only days with a value, in order; `levels` are its index levels."""

    values: Mapping[date, Fraction]
    levels: Mapping[date, str]

    def within(self, period: Period) -> list[tuple[date, Fraction]]:
        """Return the days of a period that have a value."""
        return [(day, value) for day, value in self.values.items() if day in period]


class Days:
    """The wide table of subject-days, split by subject and series when asked."""

    def __init__(self, table: pa.Table | None, catalog: Catalog | None = None) -> None:
        self._table = table
        self._catalog = catalog
        self._cache: dict[tuple[str, str, str], Daily] = {}
        self._parts: dict[tuple[str, str], pa.Table] = {}

    @property
    def subjects(self) -> frozenset[str]:
        """Every subject that has a row."""
        if self._table is None or not self._table.num_rows:
            return frozenset()
        return frozenset(self._table["subject"].unique().to_pylist())

    def daily(self, subject: str, series: str, column: str) -> Daily:
        """Return one subject's daily values of a column; empty where there is none."""
        key = (subject, series, column)
        if key not in self._cache:
            self._cache[key] = self._read(subject, series, column=column)
        return self._cache[key]

    def _read(self, subject: str, series: str, *, column: str) -> Daily:
        part = self.part(subject, series)
        if part is None or column not in part.column_names:
            return Daily({}, {})
        days = part["day"].to_pylist()
        counted = column == "aqi" and self._catalog is not None and f"num_{_FINE}" in part.column_names
        values = _index(part, subject, series, catalog=self._catalog) if counted else _exact(part, column)
        pairs = zip(days, values, strict=True)
        levels = zip(days, _levels(part, column, self._catalog), strict=True) if "level" in part.column_names else ()
        return Daily(
            dict(sorted((day, value) for day, value in pairs if value is not None)),
            {day: str(level) for day, level in levels if level is not None},
        )

    def part(self, subject: str, series: str) -> pa.Table | None:
        """Return the rows of one subject and series; None of an empty table."""
        if self._table is None or not self._table.num_rows:
            return None
        key = (subject, series)
        if key not in self._parts:
            mine = pc.and_(pc.equal(self._table["subject"], subject), pc.equal(self._table["series"], series))
            self._parts[key] = self._table.filter(mine)
        return self._parts[key]


def _index(part: pa.Table, subject: str, series: str, *, catalog: Catalog | None) -> list[Fraction | None]:
    """Return the index of each day that counts: nothing missing, or what is there already too much."""
    from qingce.evaluate.air.indicator_days import index_by_day, subject_days
    from qingce.evaluate.air.input import PRESENT
    from qingce.evaluate.air.rules import STATISTICS, period_rules
    from qingce.evaluate.kernels.index import NONE

    if catalog is None:
        return []
    index = index_by_day(subject_days(part, scope=subject, series=series), catalog=catalog, edition="auto")
    rules = period_rules(catalog.method(STATISTICS, day=part["day"][-1].as_py()))
    used = ((index.missing == PRESENT) & (index.best != NONE)) | (index.best > rules.incomplete_above)
    return [Fraction(int(best)) if there else None for best, there in zip(index.best, used, strict=True)]


def _levels(part: pa.Table, column: str, catalog: Catalog | None) -> list[int | None]:
    """Return the level of each day: of the quantity's own index where the table has one, else of the day."""
    if catalog is None or f"iaqi_{column}" not in part.column_names:
        found: list[int | None] = part["level"].to_pylist()
        return found
    rows = catalog.method("aqi", day=part["day"][-1].as_py()).tables["levels"]
    tops = sorted((int(row.cells["high"]), int(row.cells["level"])) for row in rows)
    return [
        None if index is None else next((level for high, level in tops if index <= high), tops[-1][1])
        for index in part[f"iaqi_{column}"].to_pylist()
    ]


def _exact(part: pa.Table, column: str) -> list[Fraction | None]:
    """Return a column's exact values: its fraction where the table carries one, else the value as it stands."""
    if f"num_{column}" in part.column_names:
        pairs = zip(part[f"num_{column}"].to_pylist(), part[f"den_{column}"].to_pylist(), strict=True)
        return [None if num is None else Fraction(num, den) for num, den in pairs]
    return [None if value is None else Fraction(value) for value in part[column].to_pylist()]


def column_of(indicator: Indicator) -> str:
    """Return the column of the day table that an indicator reads, empty for one that reads several or none."""
    statistic = indicator.statistic
    return str(statistic.get("parameter") or statistic.get("quantity") or "")


def is_bad(indicator: Indicator, value: Fraction) -> bool:
    """Say whether a day's value is one that the indicator counts as not good."""
    statistic = indicator.statistic
    limit = statistic.get("at_most", statistic.get("above"))
    return isinstance(limit, int | Decimal) and value > Fraction(limit)


def counted(indicator: Indicator, bad: Fraction, *, whole: int) -> Fraction:
    """Return the figure of an indicator that counts days, with `bad` of the `whole` days not as they should be."""
    good = "at_most" in indicator.statistic
    counted = whole - bad if good else bad
    return counted if indicator.statistic.get("verb") == "day_count" else 100 * counted / whole


def summed(values: Iterable[tuple[date, Fraction]]) -> tuple[Fraction, int]:
    """Return the exact sum and the number of values."""
    found = [value for _, value in values]
    return sum(found, Fraction(0)), len(found)


def running(indicator: Indicator, values: Sequence[tuple[date, Fraction]]) -> Iterator[tuple[date, Fraction]]:
    """Yield the indicator's figure from the first day to each day, for the verbs that have one by the day."""
    verb = str(indicator.statistic.get("verb", ""))
    total, bad = Fraction(0), 0
    for count, (day, value) in enumerate(values, 1):
        total += value
        bad += is_bad(indicator, value)
        if verb == "mean":
            yield day, total / count
        elif verb == "percentile":
            yield day, percentile([before for _, before in values[:count]], indicator)
        elif verb in DAY_VERBS:
            yield day, counted(indicator, Fraction(bad), whole=count)


def percentile(values: Sequence[Fraction], indicator: Indicator) -> Fraction:
    """Return the percentile of values by the rule that evaluate has for it."""
    import numpy as np

    from qingce.evaluate.kernels.exact import Ratios
    from qingce.evaluate.kernels.statistics import percentile_of

    percent = indicator.statistic.get("percent", 0)
    num, den = ([getattr(value, part) for value in values] for part in ("numerator", "denominator"))
    there = Ratios(np.array(num), np.array(den), np.ones(len(values), bool))
    return percentile_of(there, Fraction(percent if isinstance(percent, int | Decimal) else 0)) or Fraction(0)
