"""The outlook of indicators of the air: futures of days, each judged as the year will be. 空气指标研判。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from qingce.catalog.outlooks import OutlookModel
from qingce.evaluate.air.input import day_number
from qingce.outlook.air.panel import Panel
from qingce.outlook.air.simulate import SORTED, AirCase, Drawn, air_case, ends_of, quantities_of, running, statistic
from qingce.outlook.answer import CERTAIN, FAN, Answer, chance, meeting
from qingce.outlook.certain import certain, never_valid
from qingce.outlook.members import Members
from qingce.outlook.question import Question

__all__ = ["FEW", "POINTS", "air_answers", "case_of", "missing"]

POINTS = 40  # a fan is drawn through about so many days
FEW = 12  # of a statistic that has to be sorted anew for each of them


@dataclass(frozen=True, slots=True)
class _Seen:
    """One question on the day: a case for each place, what is already certain, and what stands in the way."""

    question: Question
    cases: dict[str, AirCase]
    state: str
    years: int
    why_not: str
    remarks: str


def air_answers(
    question: Question, panel: Panel, models: Sequence[OutlookModel], *, edition: str = "auto", paths: bool = True
) -> list[Answer]:
    """Answer a question by every model; one answer without a model where history is too short or all is certain."""
    seen = _seen(question, panel, edition=edition)
    decimals = next(iter(seen.cases.values())).decimals
    if not any(case.ahead.size for case in seen.cases.values()):
        return [_over(seen, decimals)]
    if seen.why_not:
        state = seen.state if seen.state != "open" else "quota_only"
        probability = CERTAIN.get(state)
        return [Answer("", state, probability, (), (), decimals, 0, seen.years, _joined(seen.why_not, seen.remarks))]
    found = [_by(model, seen, panel, paths=paths) for model in models if panel.suits(model, question.places)]
    for place in question.places:
        panel.keep(place)
    return [answer for answer in found if answer is not None]


def case_of(question: Question, place: str, panel: Panel, *, edition: str) -> AirCase:
    """Return what one place of a question knows of its period, with what was set by hand."""
    return air_case(
        question.indicator,
        panel.subject(place, question.series),
        period=question.period,
        as_of=day_number(panel.as_of),
        catalog=panel.catalog,
        edition=edition,
        given=panel.given.of(question.target_id, place),
    )


def _seen(question: Question, panel: Panel, *, edition: str) -> _Seen:
    cases, states, reasons, remarks, years = {}, [], [], [], []
    for place in question.places:
        case = case_of(question, place, panel, edition=edition)
        cases[place] = case
        found, past = panel.history(place, question.series, question.period)
        unknown = past.valid.size > 0 and any(name not in past.quantities for name in quantities_of(case))
        states.append("open" if unknown else certain(case, question))
        years.append(found)
        reasons.append(missing(case, past.quantities, found, panel=panel, days=past.valid) or never_valid(case))
        remarks.append(panel.remarks(place, question.series, period=question.period, quantities=quantities_of(case)))
    state = "lost" if "lost" in states else "safe" if set(states) == {"safe"} else "open"
    return _Seen(question, cases, state, min(years), _joined(*reasons), _joined(*remarks))


def missing(case: AirCase, there: Sequence[str], years: int, *, panel: Panel, days: np.ndarray) -> str:
    """Say what of the past is missing, empty where there is enough."""
    lacking = [name for name in quantities_of(case) if name not in there]
    if lacking and days.size:
        names = "、".join(panel.catalog.parameters[name].zh for name in lacking if name in panel.catalog.parameters)
        return f"历史中没有足够的{names or '、'.join(lacking)}日值"
    if years == 0:
        return f"历史只有 {int(days.sum())} 个有效日，往年没有覆盖余下时段的数据，不给概率"
    return ""


def _over(seen: _Seen, decimals: int) -> Answer:
    """Answer a period that is over: the figure itself."""
    case = next(iter(seen.cases.values()))
    ends = () if case.fixed is None else (case.fixed,) * len(FAN)
    probability = CERTAIN.get(seen.state)
    return Answer(
        "", seen.state if ends else "quota_only", probability, ends, (), decimals, 1, seen.years, "时段已结束"
    )


def _by(model: OutlookModel, seen: _Seen, panel: Panel, *, paths: bool) -> Answer | None:
    question = seen.question
    met: np.ndarray | None = None
    worst: tuple[AirCase, Drawn, Members] | None = None
    for place, case in seen.cases.items():
        try:
            drawn = panel.drawn(place, question.series, period=question.period, model=model)
        except ModuleNotFoundError as error:
            why = f"没有安装 {error.name}：pip install 'qingce[outlook]'"
            return Answer(model.id, "quota_only", None, (), (), case.decimals, 0, seen.years, why)
        drawn = {name: drawn[name] for name in quantities_of(case)}
        members = statistic(case, drawn)
        mine = meeting(question, members)
        met = mine if met is None or mine is None else met & mine
        worst = _worse(worst, (case, drawn, members), question)
    if worst is None:
        return None
    case, drawn, members = worst
    probability = CERTAIN.get(seen.state)
    if probability is None and met is not None:
        probability = chance(int(met.sum()), len(members))
    ends = ends_of(case, members, FAN)
    return Answer(
        model=model.id,
        state="ok" if seen.state == "open" else seen.state,
        probability=probability,
        ends=ends,
        fan=_fan(case, drawn, ends) if paths else (),
        decimals=case.decimals,
        members=len(members),
        history=seen.years,
        reason=seen.remarks,
    )


def _worse(
    known: tuple[AirCase, Drawn, Members] | None, other: tuple[AirCase, Drawn, Members], question: Question
) -> tuple[AirCase, Drawn, Members]:
    """Return that of two places whose median is further on the bad side."""
    if known is None:
        return other
    first, second = (ends_of(each[0], each[2], (50,))[0] for each in (known, other))
    return other if (second < first) == (question.indicator.direction == "higher") else known


def _fan(case: AirCase, drawn: Drawn, ends: tuple[Fraction, ...]) -> tuple[tuple[date, tuple[Fraction, ...]], ...]:
    """Return the 10, 50 and 90 per cent of the statistic so far on some of the coming days, the last one included."""
    count = case.ahead.size
    step = -(-count // (FEW if case.verb in SORTED else POINTS))
    steps = range(step, count, step)
    told = [*(ends_of(case, members, FAN) for members in running(case, drawn, steps)), ends]
    days = [date(1970, 1, 1) + timedelta(int(case.ahead[place - 1])) for place in (*steps, count)]
    return tuple(zip(days, told, strict=True))


def _joined(*parts: str) -> str:
    return "；".join(dict.fromkeys(part for part in parts if part))
