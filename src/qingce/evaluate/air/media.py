"""What the command line asks of air days: change, ranking, trend, exceedance, compliance, counts. 空气专题。

Each function takes readings as `evaluate_air` does and returns one table; the rules are those of the modules called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.evaluate.air.change import change_row, change_table
from qingce.evaluate.air.days import DEDUCTED, MEASURED
from qingce.evaluate.air.door import JudgedDays, days_of_table
from qingce.evaluate.air.exceedance import compliance_rows, exceeding_days, table_of_compliance, table_of_exceedances
from qingce.evaluate.air.indicator_days import by_subject, subject_days
from qingce.evaluate.air.indicators import VERBS
from qingce.evaluate.air.periods import PeriodKind, Question, needed_kind, periods_of
from qingce.evaluate.air.ranking import Scope, rank_cities, rank_improvement
from qingce.evaluate.air.tally import tally_days
from qingce.evaluate.air.trend import trend_row, trend_table
from qingce.evaluate.kernels import arrow

__all__ = [
    "evaluate_air_change",
    "evaluate_air_compliance",
    "evaluate_air_exceedance",
    "evaluate_air_improvement",
    "evaluate_air_ranking",
    "evaluate_air_tally",
    "evaluate_air_trend",
]

_EPOCH = date(1970, 1, 1)
_MEASURED_ONLY = "未给例外事件清单，按实测系列排名 no list of exceptional days: the measured series is ranked"


@dataclass(frozen=True, slots=True)
class _Ground:
    """Judged days, the kind of period asked for, and the first and last day there are."""

    judged: JudgedDays
    kind: PeriodKind
    first: date
    last: date
    catalog: Catalog
    edition: str
    both: bool

    @property
    def periods(self) -> list[Period]:
        """The periods of the kind that touch the days."""
        return list(periods_of(self.kind, self.first, self.last))

    def questions(self) -> Iterator[Question]:
        """Yield each subject and series."""
        for scope, rows in by_subject(self.judged.days).items():
            name = arrow.texts(rows.slice(0, 1), "subject_name")[0] or scope
            for series in (MEASURED, DEDUCTED) if self.both else (MEASURED,):
                days = subject_days(rows, scope=scope, series=series)
                yield Question(days, scope, name, series, self.last, self.catalog, self.edition)


def evaluate_air_change(
    table: pa.Table, *, catalog: Catalog, by: str = "city", period: str = "month", edition: str = "auto",
    sites: pa.Table | None = None, exceptions: pa.Table | None = None, state: str = "",
) -> pa.Table:  # fmt: skip
    """Return every air indicator over each period beside the same period of the year before (`air_change.CHANGE`)."""
    given: dict[str, Any] = {"by": by, "edition": edition, "state": state, "sites": sites, "exceptions": exceptions}
    ground = _ground(table, "air-change", period, catalog=catalog, given=given)
    rows = [
        change_row(indicator, asked, kind=ground.kind, period=span)
        for asked in ground.questions()
        for span in ground.periods
        for indicator in _indicators(catalog)
    ]
    return _stated(change_table(rows), ground.judged)


def evaluate_air_ranking(
    table: pa.Table, *, catalog: Catalog, by: str = "city", period: str = "month", edition: str = "auto",
    sites: pa.Table | None = None, exceptions: pa.Table | None = None, state: str = "", scheme: str = "",
    preview: bool = False,
) -> pa.Table:  # fmt: skip
    """Rank the cities of each period by composite index (`air_ranking.rank_cities`); raises QC261 unless a preview."""
    given: dict[str, Any] = {"by": by, "edition": edition, "state": state, "sites": sites, "exceptions": exceptions}
    ground = _ground(table, "air-ranking", period, catalog=catalog, given=given)
    return _ranked(rank_cities, ground, scheme, preview=preview)


def evaluate_air_improvement(
    table: pa.Table, *, catalog: Catalog, by: str = "city", period: str = "half-year", edition: str = "auto",
    sites: pa.Table | None = None, exceptions: pa.Table | None = None, state: str = "", scheme: str = "",
    preview: bool = False,
) -> pa.Table:  # fmt: skip
    """Rank the cities of each period by improvement (`air_ranking.rank_improvement`); raises QC261 unless a preview."""
    given: dict[str, Any] = {"by": by, "edition": edition, "state": state, "sites": sites, "exceptions": exceptions}
    ground = _ground(table, "air-improvement", period, catalog=catalog, given=given)
    return _ranked(rank_improvement, ground, scheme, preview=preview)


def evaluate_air_trend(
    table: pa.Table, *, catalog: Catalog, by: str = "city", period: str = "year", edition: str = "auto",
    sites: pa.Table | None = None, exceptions: pa.Table | None = None, state: str = "",
) -> pa.Table:  # fmt: skip
    """Return the trend of every air indicator over all periods of the table (`air_trend.TREND`)."""
    given: dict[str, Any] = {"by": by, "edition": edition, "state": state, "sites": sites, "exceptions": exceptions}
    ground = _ground(table, "air-trend", period, catalog=catalog, given=given)
    rows = [
        trend_row(indicator, asked, kind=ground.kind, periods=ground.periods)
        for asked in ground.questions()
        for indicator in _indicators(catalog)
    ]
    return _stated(trend_table(rows), ground.judged)


def evaluate_air_exceedance(
    table: pa.Table, *, catalog: Catalog, by: str = "city", period: str = "", edition: str = "auto",
    sites: pa.Table | None = None, exceptions: pa.Table | None = None, state: str = "",
) -> pa.Table:  # fmt: skip
    """Return every day and pollutant above its daily limit, with the multiple (`air_exceedance.EXCEEDANCE`)."""
    given: dict[str, Any] = {"by": by, "edition": edition, "state": state, "sites": sites, "exceptions": exceptions}
    ground = _ground(table, "air-exceedance", period or "year", catalog=catalog, given=given)
    whole = Period(ground.first, ground.last)
    rows = [row for asked in ground.questions() for row in exceeding_days(asked, period=whole)]
    return _stated(table_of_exceedances(rows), ground.judged)


def evaluate_air_compliance(
    table: pa.Table, *, catalog: Catalog, by: str = "city", period: str = "year", edition: str = "auto",
    sites: pa.Table | None = None, exceptions: pa.Table | None = None, state: str = "",
) -> pa.Table:  # fmt: skip
    """Return how each statistic of each year stands to its limit, and the whole (`air_exceedance.COMPLIANCE`)."""
    given: dict[str, Any] = {"by": by, "edition": edition, "state": state, "sites": sites, "exceptions": exceptions}
    ground = _ground(table, "air-compliance", period, catalog=catalog, given=given)
    rows = [
        row
        for asked in ground.questions()
        for span in ground.periods
        for row in compliance_rows(asked, kind=ground.kind, period=span)
    ]
    return _stated(table_of_compliance(rows), ground.judged)


def evaluate_air_tally(
    table: pa.Table, *, catalog: Catalog, by: str = "city", period: str = "year", edition: str = "auto",
    sites: pa.Table | None = None, exceptions: pa.Table | None = None, state: str = "",
) -> pa.Table:  # fmt: skip
    """Count days by level and primary pollutant, heavy and good days of each period (`air_tally.tally_days`)."""
    given: dict[str, Any] = {"by": by, "edition": edition, "state": state, "sites": sites, "exceptions": exceptions}
    ground = _ground(table, "air-tally", period, catalog=catalog, given=given)
    found = tally_days(
        ground.judged.days, periods=ground.periods, catalog=catalog, edition=edition, exceptions=exceptions
    )
    return _stated(found, ground.judged)


def _ground(table: pa.Table, medium: str, period: str, *, catalog: Catalog, given: dict[str, Any]) -> _Ground:
    """Judge the days as `days_of_table` is given and find their periods; raises QC254 for one that there is not."""
    judged = days_of_table(table, catalog=catalog, **given)
    kind = needed_kind(period, catalog=catalog, day=date.max, medium=medium)
    numbers = arrow.whole(judged.days["day"])
    first, last = (_EPOCH + timedelta(int(day)) for day in (numbers.min(), numbers.max()))
    both = DEDUCTED in set(arrow.texts(judged.days, "series"))
    return _Ground(judged, kind, first, last, catalog, given["edition"], both)


def _indicators(catalog: Catalog) -> list[Indicator]:
    return [one for one in catalog.indicators.values() if one.medium == "air" and one.statistic.get("verb") in VERBS]


def _ranked(rank: Callable[[Scope], pa.Table], ground: _Ground, scheme: str, *, preview: bool) -> pa.Table:
    """Rank each period; without a list of exceptional days the measured series is ranked, and the note says so."""
    scope = Scope(ground.judged.days, ground.periods[0], ground.catalog, ground.edition, scheme, preview=preview)
    if not ground.both:
        scope = replace(scope, series=MEASURED)
    tables = [rank(replace(scope, period=period)) for period in ground.periods]
    found = pa.concat_tables(tables).combine_chunks()
    if not ground.both:
        notes = [f"{_MEASURED_ONLY}；{note}" if note else _MEASURED_ONLY for note in arrow.texts(found, "note")]
        found = found.set_column(found.column_names.index("note"), "note", arrow.text(notes))
    return _stated(found, ground.judged)


def _stated(table: pa.Table, judged: JudgedDays) -> pa.Table:
    """Say in a column what was converted before."""
    return table.append_column("state", arrow.text([judged.note] * table.num_rows)) if judged.note else table
