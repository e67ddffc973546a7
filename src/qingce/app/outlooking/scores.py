"""The campaign's own back-test: what each model would have said here in earlier years, at this month. 本工程回测。

It rests on whole earlier years alone, so that what was found is kept while these, the content and the code stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.kept import code_digest, read_kept, write_kept
from qingce.catalog import Catalog
from qingce.core.tables import BACKTEST, empty
from qingce.outlook.question import Question

if TYPE_CHECKING:
    from qingce.outlook.air.weather_days import WeatherDays
    from qingce.outlook.backtest import Trial
    from qingce.outlook.report_outlook import Report

__all__ = ["Known", "Shelf", "enough", "instead", "own_backtest"]

NOTE = "本工程回测 own back-test"
WHOLE = 3
"""Whole earlier years before there is anything to test: the first is history, two are judged."""
_LAST = 12  # December: nothing is left to come


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the back-test is kept, and the digest of lists and content that it rests on beside the days."""

    folder: Path
    rests: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the questions rest on besides the days: section-months, what was reported, the weather by city."""

    months: pa.Table | None = None
    reports: Sequence[Report] = ()
    weather: Mapping[str, WeatherDays] = field(default_factory=dict)


def own_backtest(
    questions: Sequence[Question],
    days: pa.Table,
    *,
    catalog: Catalog,
    as_of: date,
    shelf: Shelf,
    known: Known | None = None,
) -> pa.Table:
    """Return BACKTEST rows of what is asked for the month of `as_of`; none of what has no three whole years.

    Every place that some question names is judged in every earlier year but the first, seen from the end of the month.
    """
    asked = [question for question in questions if question.period.kind == "year"]
    past = _Past.before(as_of.year, days, known or Known())
    if not asked or as_of.month == _LAST or not past.any:
        return empty(BACKTEST)
    key = _key(asked, past, shelf=shelf, month=as_of.month)
    found = read_kept(shelf.folder, key)
    if found is not None:
        return found[0]["backtest"]
    from qingce.outlook.backtest import backtest_rows

    tried = _trials(asked, past, catalog=catalog, month=as_of.month)
    table = backtest_rows(tried, catalog=catalog, note=NOTE)
    write_kept(shelf.folder, key, {"backtest": table})
    return table


def enough(own: pa.Table, *, least: int) -> pa.Table:
    """Return the rows that rest on enough trials to pick a model by."""
    return own.filter(pc.greater_equal(pc.multiply(own["scopes"], own["years"]), least))


def instead(own: pa.Table, packaged: pa.Table) -> pa.Table:
    """Return both, the own row in the place of the packaged one of the same indicator, model and month."""
    known = {(row["indicator_id"], row["model"], row["month"]) for row in own.to_pylist()}
    kept = [(row["indicator_id"], row["model"], row["month"]) not in known for row in packaged.to_pylist()]
    return pa.concat_tables([own, packaged.filter(pa.array(kept, pa.bool_()))])


@dataclass(frozen=True, slots=True)
class _Past:
    """What earlier years hold, each with the years that may be judged: whole ones but the first."""

    days: pa.Table
    day_years: Sequence[int]
    months: pa.Table | None
    month_years: Sequence[int]
    reports: Sequence[Report]
    report_years: Sequence[int]
    weather: Mapping[str, WeatherDays]

    @classmethod
    def before(cls, year: int, days: pa.Table, known: Known) -> _Past:
        """Keep what lies before a year."""
        past = _earlier(days, year)
        months = known.months
        if months is not None and "period" in months.column_names:
            months = months.filter(pc.less(months["period"], str(year)))
        else:
            months = None
        reports = [row for row in known.reports if row.period.end.year < year]
        return cls(
            past,
            _judged(_whole(past)),
            months,
            _judged(_whole_months(months)) if months is not None else [],
            reports,
            sorted({row.period.start.year for row in reports if row.period.kind == "year"}),
            known.weather,
        )

    @property
    def last(self) -> int:
        """The last day [since 1970]."""
        day = pc.max(self.days["day"]).as_py() if self.days.num_rows else date(1970, 1, 1)
        return int((day - date(1970, 1, 1)).days)

    @property
    def any(self) -> bool:
        """Whether there is any year to judge."""
        return bool(self.day_years or self.month_years or self.report_years)


def _trials(asked: Sequence[Question], past: _Past, *, catalog: Catalog, month: int) -> Iterator[Trial]:
    from qingce.outlook.air.simulate import STATISTICS
    from qingce.outlook.backtest import trials
    from qingce.outlook.backtest_told import report_trials, section_trials
    from qingce.outlook.report_outlook import simulated
    from qingce.outlook.water.water_outlook import SHARES

    models = [model for model in catalog.outlooks.models.values() if (model.word("over") or "days") == "days"]
    for series in sorted({question.series for question in asked}) if past.day_years else ():
        mine = [question for question in asked if question.series == series and question.verb in STATISTICS]
        indicators = {question.indicator.id: question.indicator for question in mine}
        places = sorted({place for question in mine for place in question.places})
        if places:
            yield from trials(past.days, list(indicators.values()), catalog=catalog, years=past.day_years,
                              months=[month], models=models, scopes=places, series=series,
                              weather=past.weather)  # fmt: skip
    wet = list({(one.indicator.id, one.places): one for one in asked if one.verb in SHARES}.values())
    if wet and past.months is not None:
        yield from section_trials(past.months, wet, catalog=catalog, years=past.month_years, origins=[month])
    told = list({(one.indicator.id, one.scope): one for one in asked if not simulated(one)}.values())
    yield from report_trials(past.reports, told, catalog=catalog, years=past.report_years, origins=[month])


def _judged(whole: Sequence[int]) -> list[int]:
    """Return the years that may be judged: none of fewer than three, and never the first."""
    return list(whole[1:]) if len(whole) >= WHOLE else []


def _whole_months(months: pa.Table) -> list[int]:
    """Return the years between the first January and the last December."""
    periods = sorted({str(period) for period in months["period"].to_pylist()})
    if not periods:
        return []
    first, last = ((int(period[:4]), int(period[5:7])) for period in (periods[0], periods[-1]))
    return list(range(first[0] + (first[1] > 1), last[0] - (last[1] < _LAST) + 1))


def _earlier(days: pa.Table, year: int) -> pa.Table:
    return days.filter(pc.less(days["day"], pa.scalar(date(year, 1, 1)))) if days.num_rows else days


def _whole(past: pa.Table) -> list[int]:
    """Return the years that have a first and a last day."""
    if not past.num_rows:
        return []
    first, last = pc.min(past["day"]).as_py(), pc.max(past["day"]).as_py()
    begin = first.year + (first.month > 1)
    end = last.year - (last.month < _LAST)
    return list(range(begin, end + 1))


def _key(asked: Sequence[Question], past: _Past, *, shelf: Shelf, month: int) -> str:
    """Return the digest of what earlier years hold, the indicators and places, the month, lists, content and code."""
    words = sorted({f"{one.indicator!r} {one.scope} {one.places} {one.series}" for one in asked})
    words += sorted(repr(row) for row in past.reports)
    code = code_digest(("outlook", "evaluate", "app/outlooking/scores.py"))
    digest = hashlib.sha256("\0".join([shelf.rests, code, str(month), *words]).encode())
    for table in (past.days, past.months):
        if table is not None and table.num_rows:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table.combine_chunks())
            digest.update(sink.getvalue())
    for scope, known in sorted(past.weather.items()):
        size = int(np.searchsorted(known.days, past.last, side="right"))
        digest.update(f"{scope} {known.names} {known.days[:1]}".encode() + known.facts[:size].tobytes())
    return digest.hexdigest()
