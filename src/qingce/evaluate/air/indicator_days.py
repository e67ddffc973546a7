"""One subject's days, cut to a period, as exact arrays; and the index recomputed under any edition. 一个对象的日值。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, Review
from qingce.core.periods import Period
from qingce.core.tables import SCALE
from qingce.evaluate.air.cells import Cell, code_of
from qingce.evaluate.air.index import index_of
from qingce.evaluate.air.input import NO_REVIEW, PRESENT, QUANTITIES, Codes, Longs, day_number
from qingce.evaluate.air.rules import AQI, AqiRules, aqi_rules, spans
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools, Ratios, nothing

__all__ = ["DayIndex", "SubjectDays", "by_subject", "index_by_day", "subject_days"]

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class SubjectDays:
    """The days of one subject and series, in order, one row a day."""

    days: Longs
    cells: Mapping[str, Cell]
    review: Codes
    short: tuple[str | None, ...]
    excluded: Bools

    def within(self, period: Period) -> SubjectDays:
        """Return the days of a period."""
        first = int(np.searchsorted(self.days, day_number(period.start)))
        last = int(np.searchsorted(self.days, day_number(period.end), side="right"))
        rows = slice(first, last)
        cells = {name: cell.at(rows) for name, cell in self.cells.items()}
        return SubjectDays(self.days[rows], cells, self.review[rows], self.short[rows], self.excluded[rows])

    @property
    def months(self) -> Longs:
        """Months since 1970-01 of each day."""
        return self.days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)

    def lowest_review(self, used: Bools) -> str | None:
        """Return the lowest review state of the days used."""
        ranks = self.review[used & (self.review != NO_REVIEW)]
        return list(Review)[int(ranks.min())].value if ranks.size else None


@dataclass(frozen=True, slots=True)
class DayIndex:
    """The index of each day under the editions asked for: of what is there, published or not."""

    best: Longs
    missing: Codes
    methods: tuple[str, ...]
    spans: tuple[tuple[slice, AqiRules], ...]


def subject_days(days: pa.Table, *, scope: str, series: str) -> SubjectDays:
    """Pick one subject and series from a table of days (`AirDays`), sorted by day."""
    mine = pc.and_(
        pc.is_in(days["subject"], value_set=arrow.text([scope])),
        pc.is_in(days["series"], value_set=arrow.text([series])),
    )
    table = days.filter(mine)
    numbers = arrow.whole(table["day"])
    order = np.argsort(numbers, kind="stable")
    if np.any(order[1:] < order[:-1]):
        table, numbers = table.take(arrow.integers(order)), numbers[order]
    cells = {name: _cell(table, name) for name in QUANTITIES}
    taken = arrow.validity(table["excluded"]) if "excluded" in table.column_names else np.zeros(len(numbers), bool)
    short = table["short"].to_pylist() if "short" in table.column_names else [None] * len(numbers)
    return SubjectDays(numbers, cells, _review(table), tuple(short), taken)


def by_subject(days: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each subject of a table of days, read once for many subjects."""
    code, subjects = arrow.codes(days["subject"])
    order = np.argsort(code, kind="stable")
    ends = np.searchsorted(code[order], np.arange(len(subjects) + 1))
    rows = days.take(arrow.integers(order)).combine_chunks()
    return {str(word): rows.slice(int(ends[at]), int(ends[at + 1] - ends[at])) for at, word in enumerate(subjects)}


def index_by_day(subject: SubjectDays, *, catalog: Catalog, edition: str) -> DayIndex:
    """Compute the index of every day from its concentrations, by the edition in force on it or the one named."""
    best, missing = np.zeros(subject.days.shape, np.int64), np.zeros(subject.days.shape, np.int8)
    if not subject.days.size:
        return DayIndex(best, missing, (), ())
    ends = _EPOCH + timedelta(int(subject.days[0])), _EPOCH + timedelta(int(subject.days[-1]))
    found = []
    for span in spans(catalog, AQI, days=ends, edition=edition, read=aqi_rules):
        first = int(np.searchsorted(subject.days, day_number(span.start)))
        rows = slice(first, int(np.searchsorted(subject.days, day_number(span.end), side="right")))
        index = index_of({name: cell.at(rows) for name, cell in subject.cells.items()}, span.rules, report="day")
        best[rows], missing[rows] = index.best, index.missing
        found.append((rows, span.rules))
    return DayIndex(best, missing, tuple(rules.id for _, rules in found), tuple(found))


def _cell(table: pa.Table, name: str) -> Cell:
    values = _values(table, name)
    size = len(values.ok)
    reason = np.where(values.ok, PRESENT, code_of(Absent.NOT_REPORTED)).astype(np.int8)
    if f"absent_{name}" in table.column_names:
        code, words = arrow.codes(table[f"absent_{name}"])
        known = np.array([*(code_of(Absent(str(word))) for word in words), code_of(Absent.NOT_REPORTED)], np.int8)
        reason = np.where(values.ok, PRESENT, known[code]).astype(np.int8)
    review = np.zeros(size, np.int8)
    return Cell(values, np.zeros(size, np.int64), reason, review, np.zeros(size, bool))


def _values(table: pa.Table, name: str) -> Ratios:
    if f"num_{name}" in table.column_names:
        ok = arrow.validity(table[f"num_{name}"])
        num, den = arrow.whole(table[f"num_{name}"]), arrow.whole(table[f"den_{name}"])
        return Ratios(np.where(ok, num, 0), np.where(ok, den, 1), ok)
    if name not in table.column_names:
        return nothing((table.num_rows,))
    micro, ok = arrow.micro_of(table[name])
    return Ratios(np.where(ok, micro, 0), np.where(ok, SCALE, 1).astype(np.int64), ok)


def _review(table: pa.Table) -> Codes:
    if "review" not in table.column_names:
        return np.zeros(table.num_rows, np.int8)
    code, words = arrow.codes(table["review"])
    return np.array([*(Review(str(word)).rank for word in words), NO_REVIEW], np.int8)[code]
