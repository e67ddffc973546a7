"""The outlook of figures that only their decider reports: cumulative tonnes, ratios, at earlier years' pace. 上报数。

What this year has reported is carried on as earlier years went from the same stretch to their whole; with nothing of
this year, from the last whole year to the year asked. Nothing is said where too few years tell how that goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from zlib import crc32

import numpy as np

from qingce.catalog.outlooks import OutlookModel
from qingce.core.periods import Period
from qingce.outlook.air.simulate import STATISTICS
from qingce.outlook.answer import CERTAIN, FAN, Answer, chance, meeting
from qingce.outlook.given import Given
from qingce.outlook.members import RESOLUTION, Members, quantiles
from qingce.outlook.models.past import Floats
from qingce.outlook.question import Question
from qingce.outlook.water.water_index_outlook import INDICES
from qingce.outlook.water.water_outlook import SHARES

__all__ = ["Report", "Reports", "pace", "report_answers", "report_members", "simulated"]


def simulated(question: Question) -> bool:
    """Say whether days or months can be drawn for a question: all others rest on what is reported."""
    return question.verb in STATISTICS or question.verb in SHARES or question.verb in INDICES


@dataclass(frozen=True, slots=True)
class Report:
    """One reported figure of an indicator and scope: its period, value and unit, and when it was issued."""

    indicator: str
    scope: str
    period: Period
    value: Fraction
    unit: str = ""
    issued: date | None = None


@dataclass(frozen=True, slots=True)
class Reports:
    """What had been reported by a day."""

    known: Mapping[tuple[str, str], Mapping[Period, Report]]
    as_of: date
    seed: int = 1

    @classmethod
    def by(cls, rows: Iterable[Report], as_of: date, seed: int = 1) -> Reports:
        """Sort reports; one issued or whose period ends after the day is not known yet."""
        found: dict[tuple[str, str], dict[Period, Report]] = {}
        for row in rows:
            if max(row.issued or row.period.end, row.period.end) <= as_of:
                found.setdefault((row.indicator, row.scope), {})[row.period] = row
        return cls(found, as_of, seed)

    def told(self, given: Given, units: Mapping[str, str]) -> Reports:
        """Return these with the reports that are set by hand in their place; `units` are those of the indicators."""
        found = {key: dict(rows) for key, rows in self.known.items()}
        for key, values in given.reports.items():
            mine = found.setdefault(key, {})
            unit = next((row.unit for row in mine.values()), units.get(key[0], ""))
            mine.update({period: Report(*key, period, value, unit) for period, value in values.items()})
        return Reports(found, self.as_of, self.seed)

    def of(self, question: Question) -> Mapping[Period, Report]:
        """Return what was reported of a question's indicator and scope."""
        return self.known.get((question.indicator.id, question.scope), {})


def report_answers(question: Question, reports: Reports, models: Sequence[OutlookModel]) -> list[Answer]:
    """Answer by every model of reports, or say what is missing; nothing where nothing was ever reported.

    Of a period that is told to its end, as a what-if may have it, nothing is left to draw.
    """
    whole = next((row for period, row in reports.of(question).items() if _covers(period, question.period)), None)
    if whole is not None:
        return [_settled(question, whole.value)]
    if not models or question.period.kind != "year" or not reports.of(question):
        return []
    found = _basis(question, reports, models)
    if isinstance(found, _Missing):
        return [Answer("", "quota_only", None, (), (), 0, 0, found.years, found.why)]
    return [_answer(question, model, _drawn(question, found, model, seed=reports.seed), years=len(found.pairs))
            for model in models]  # fmt: skip


def report_members(
    question: Question, reports: Reports, models: Sequence[OutlookModel]
) -> list[tuple[OutlookModel, Members]]:
    """Return the whole-year figure of every future by each model, nothing where too little was reported."""
    found = _basis(question, reports, models)
    if isinstance(found, _Missing):
        return []
    return [(model, _members(_drawn(question, found, model, seed=reports.seed))) for model in models]


@dataclass(frozen=True, slots=True)
class _Basis:
    """What is carried on: the latest figure, and what earlier years had at its place and in the end."""

    anchor: Report
    pairs: Sequence[tuple[Fraction, Fraction]]


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why nothing can be said, and from how many years."""

    years: int
    why: str


def _basis(question: Question, reports: Reports, models: Sequence[OutlookModel]) -> _Basis | _Missing:
    known = reports.of(question)
    anchor = _anchor(known, question.period)
    pairs = [] if anchor is None else _pairs(known, anchor.period, question.period)
    need = max(int(model.number("years")) for model in models)
    if anchor is None or len(pairs) < need:
        return _Missing(len(pairs), f"往年同口径的上报数只有 {len(pairs)} 年，少于 {need} 年，不给概率")
    if anchor.unit != question.indicator.unit:
        why = f"上报数的单位“{anchor.unit}”不是指标的“{question.indicator.unit}”，不给概率"
        return _Missing(len(pairs), why)
    multiplied = any(anchor.unit not in _words(model, "points") for model in models)
    if multiplied and min(anchor.value, *(min(pair) for pair in pairs)) <= 0:
        return _Missing(len(pairs), "上报数为零，不能按比例外推")
    return _Basis(anchor, pairs)


def _drawn(question: Question, basis: _Basis, model: OutlookModel, *, seed: int) -> Floats:
    words = f"{question.scope}/{question.indicator.id}/{question.period}/{model.id}"
    rng = np.random.default_rng([seed, crc32(words.encode())])
    added = basis.anchor.unit in _words(model, "points")
    return pace(float(basis.anchor.value), basis.pairs, model=model, added=added, rng=rng)


def _members(drawn: Floats) -> Members:
    return Members(np.floor(drawn * RESOLUTION + 1 / 2).astype(np.int64), RESOLUTION)


def pace(
    value: float, pairs: Sequence[tuple[Fraction, Fraction]], *, model: OutlookModel, added: bool,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Draw whole-year figures from what is known and earlier (stretch, whole) pairs, the latest pair first.

    `added` carries differences on, else ratios. A model that declares no members gives the one future of last year.
    """
    steps = np.array([float(whole - part) if added else np.log(float(whole / part)) for part, whole in pairs])
    shift = steps[:1]
    if "members" in model.options:
        size = len(steps)
        spread = steps.std(ddof=1) * np.sqrt(1 + 1 / size)
        shift = steps.mean() + spread * rng.standard_t(size - 1, int(model.number("members")))
    found: Floats = np.clip(value + shift, 0, model.number("most")) if added else value * np.exp(np.minimum(shift, 20))
    return found


def _answer(question: Question, model: OutlookModel, drawn: Floats, *, years: int) -> Answer:
    members = _members(drawn)
    met, ends = meeting(question, members), quantiles(members, FAN)
    return Answer(
        model=model.id,
        state="ok",
        probability=None if met is None else chance(int(met.sum()), len(members)),
        ends=ends,
        fan=((question.period.end, ends),),
        decimals=question.indicator.decimals,
        members=len(members),
        history=years,
    )


def _covers(period: Period, whole: Period) -> bool:
    """Say whether a report's period reaches to the end of the whole and over all of it."""
    return period.end == whole.end and period.start <= whole.start


def _settled(question: Question, value: Fraction) -> Answer:
    """Return the answer where the whole period is told: nothing is left to draw."""
    met = meeting(question, Members(np.array([value.numerator]), value.denominator))
    state = "ok" if met is None else "safe" if met[0] else "lost"
    fan = ((question.period.end, (value,) * len(FAN)),)
    return Answer("", state, CERTAIN.get(state), fan[0][1], fan, question.indicator.decimals, 1, 0)


def _anchor(known: Mapping[Period, Report], period: Period) -> Report | None:
    """Return the latest figure of the period so far, else that of the last whole year before it."""
    inside = [row for row in known.values() if row.period.start == period.start and row.period.end < period.end]
    before = [row for row in known.values() if row.period.kind == "year" and row.period.end < period.start]
    return max(inside or before, key=lambda row: row.period.end, default=None)


def _pairs(known: Mapping[Period, Report], anchor: Period, period: Period) -> list[tuple[Fraction, Fraction]]:
    """Return what earlier years had at the anchor's place and in the end, the latest first."""
    first = min(one.start.year for one in known)
    found = []
    for back in range(1, period.start.year - first + 1):
        part, whole = known.get(anchor.year_before(back)), known.get(period.year_before(back))
        if part is not None and whole is not None:
            found.append((part.value, whole.value))
    return found


def _words(model: OutlookModel, key: str) -> tuple[str, ...]:
    found = model.options.get(key, ())
    return tuple(str(word) for word in found) if isinstance(found, list | tuple) else ()
