"""Back-test of what rests on months of sections or on reported figures: the same origins, the same scores. 回测。

At every origin a model sees the months that are over, or what had been issued, and nothing later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.core.periods import Period
from qingce.outlook.answer import FAN
from qingce.outlook.backtest import STEPS, Head, Trial, judged, middle
from qingce.outlook.members import quantiles
from qingce.outlook.question import Question
from qingce.outlook.report_outlook import Report, Reports, report_members
from qingce.outlook.water.water_outlook import Waters, water_members

__all__ = ["report_trials", "section_trials"]

_YEAR = 12  # months
_MOST = 10  # goals a trial


def section_trials(
    months: pa.Table,
    questions: Sequence[Question],
    *,
    catalog: Catalog,
    years: Sequence[int],
    origins: Sequence[int],
    seed: int = 1,
    edition: str = "auto",
) -> Iterator[Trial]:
    """Yield every trial of targets of sections: each whole year judged from the end of each month of `origins`.

    The goals are all classes but the worst, or ten shares that so many sections can have at most.
    """
    models = _models(catalog, "months")
    for year in years:
        period = Period.year(year)
        end = Waters(months, period.end, catalog, seed, edition)
        asked = [replace(one, period=period, target_value=None) for one in questions if _whole(one, end, period)]
        for month in origins if asked else ():
            waters = Waters(months, Period.month(year, month).end, catalog, seed, edition)
            for question in asked:
                yield from _of(question, waters, end, models=models)


def report_trials(
    reports: Iterable[Report],
    questions: Sequence[Question],
    *,
    catalog: Catalog,
    years: Sequence[int],
    origins: Sequence[int],
    seed: int = 1,
) -> Iterator[Trial]:
    """Yield every trial of reported figures: each year with a whole figure, judged from the end of each month."""
    rows, models = list(reports), _models(catalog, "reports")
    for year in years:
        period = Period.year(year)
        for month in origins:
            told = Reports.by(rows, Period.month(year, month).end, seed)
            for question in (replace(one, period=period, target_value=None) for one in questions):
                mine = [row for row in rows if (row.indicator, row.scope) == (question.indicator.id, question.scope)]
                wholes = {row.period: row.value for row in mine if row.period.kind == "year"}
                if period not in wholes:
                    continue
                goals = [middle(wholes.values()) * (1 + step) for step in STEPS]
                for model, members in report_members(question, told, models):
                    head = Head(question.indicator, question.scope, year, month, model.id)
                    yield judged(head, members, wholes[period], goals=goals, ends=quantiles(members, FAN))


def _of(question: Question, waters: Waters, end: Waters, *, models: Sequence[OutlookModel]) -> Iterator[Trial]:
    came, goals = water_members(question, end, models[0]), _goals(question, end)
    for model in models if came is not None else ():
        members = water_members(question, waters, model)
        if members is not None and came is not None:
            head = Head(question.indicator, question.scope, end.as_of.year, waters.as_of.month, model.id)
            yield judged(head, members, came.at(0), goals=goals, ends=quantiles(members, FAN))


def _models(catalog: Catalog, steps: str) -> list[OutlookModel]:
    return [model for model in catalog.outlooks.models.values() if model.word("over") == steps]


def _whole(question: Question, waters: Waters, period: Period) -> bool:
    """Say whether every section of a question has all twelve months of the year."""
    for section in question.places:
        rows = [row for row in waters.known.get(section, ()) if row.period.end in period and row.means]
        if len({row.period for row in rows}) < _YEAR:
            return False
    return True


def _goals(question: Question, waters: Waters) -> list[Fraction]:
    if question.verb == "section_class":
        return [Fraction(grade) for grade in range(1, waters.lawbook.on(question.period.end).worst)]
    size = len(question.places)
    steps = min(size, _MOST)
    return [Fraction(100 * (size * step // steps), size) for step in range(1, steps + 1)]
