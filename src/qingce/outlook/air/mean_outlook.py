"""The outlook of the mean of several regions: each one's statistic in the same future, then their mean. 多地平均。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import lcm

import numpy as np

from qingce.catalog.outlooks import OutlookModel
from qingce.evaluate.kernels.exact import product
from qingce.outlook.air.air_outlook import FEW, POINTS, case_of, missing
from qingce.outlook.air.panel import Panel
from qingce.outlook.air.simulate import SORTED, AirCase, Drawn, quantities_of, running, statistic
from qingce.outlook.answer import CERTAIN, FAN, Answer, chance, meeting
from qingce.outlook.certain import BEYOND, never_valid
from qingce.outlook.members import Members, quantiles
from qingce.outlook.question import Question

__all__ = ["mean_answers", "mean_members"]

Cases = Mapping[str, AirCase]


def mean_answers(
    question: Question, panel: Panel, models: Sequence[OutlookModel], *, edition: str = "auto", paths: bool = True
) -> list[Answer]:
    """Answer a question about the mean of its places by every model; `panel` draws them together (`joint`).

    As in the table of values there is a mean only of all: one place without enough history leaves the quota only.
    """
    cases = {place: case_of(question, place, panel, edition=edition) for place in question.places}
    decimals = next(iter(cases.values())).decimals
    known = [panel.history(place, question.series, question.period) for place in cases]
    years = min(found for found, _ in known)
    if not any(case.ahead.size for case in cases.values()):
        return [_over(question, list(cases.values()), years=years)]
    reasons = [
        missing(case, past.quantities, found, panel=panel, days=past.valid) or never_valid(case)
        for case, (found, past) in zip(cases.values(), known, strict=True)
    ]
    why = "；".join(f"{place}：{reason}" for place, reason in zip(cases, reasons, strict=True) if reason)
    if why:
        return [Answer("", "quota_only", None, (), (), decimals, 0, years, why)]
    suited = [model for model in models if panel.suits(model, question.places)]
    return [_by(model, question, cases, panel=panel, years=years, paths=paths) for model in suited]


def _over(question: Question, cases: Sequence[AirCase], *, years: int) -> Answer:
    """Answer a period that is over: the mean itself, absent while one place has none."""
    fixed = [case.fixed for case in cases if case.fixed is not None]
    if len(fixed) < len(cases):
        return Answer("", "quota_only", None, (), (), cases[0].decimals, 1, years, "时段已结束")
    mean = sum(fixed, Fraction(0)) / len(fixed)
    met = meeting(question, Members(np.array([mean.numerator], object), mean.denominator))
    state = "ok" if met is None else "safe" if met[0] else "lost"
    return Answer("", state, CERTAIN.get(state), (mean,) * len(FAN), (), cases[0].decimals, 1, years, "时段已结束")


def mean_members(parts: Sequence[Members]) -> Members:
    """Return the exact mean of several places in each future."""
    common = lcm(*(part.den for part in parts))
    tops = [product(np.asarray(part.num), common // part.den).astype(object) for part in parts]
    return Members(np.sum(tops, axis=0), common * len(parts))


def _by(model: OutlookModel, question: Question, cases: Cases, *, panel: Panel, years: int, paths: bool) -> Answer:
    decimals = next(iter(cases.values())).decimals
    drawn: dict[str, Drawn] = {}
    for place, case in cases.items():
        try:
            found = panel.drawn(place, question.series, period=question.period, model=model)
        except ModuleNotFoundError as error:
            why = f"没有安装 {error.name}：pip install 'qingce[outlook]'"
            return Answer(model.id, "quota_only", None, (), (), decimals, 0, years, why)
        drawn[place] = {name: found[name] for name in quantities_of(case)}
    members = mean_members([statistic(case, drawn[place]) for place, case in cases.items()])
    state, met = _state(question, cases), meeting(question, members)
    probability = CERTAIN.get(state)
    if probability is None and met is not None:
        probability = chance(int(met.sum()), len(members))
    ends = quantiles(members, FAN)
    return Answer(
        model=model.id,
        state="ok" if state == "open" else state,
        probability=probability,
        ends=ends,
        fan=tuple(_fan(cases, drawn, ends)) if paths else (),
        decimals=decimals,
        members=len(members),
        history=years,
    )


def _state(question: Question, cases: Cases) -> str:
    """Return `lost`, `safe` or `open`: nothing at all and more than any scale on every coming day decide."""
    if question.target_value is None or isinstance(question.target_value, tuple):
        return "open"
    ends = []
    for level in (0, BEYOND):
        parts = [
            statistic(case, dict.fromkeys(quantities_of(case), np.full((1, case.ahead.size), level, np.int64)))
            for case in cases.values()
        ]
        met = meeting(question, mean_members(parts))
        ends.append(met is not None and bool(met[0]))
    return "safe" if all(ends) else "open" if any(ends) else "lost"


def _fan(
    cases: Cases, drawn: Mapping[str, Drawn], ends: tuple[Fraction, ...]
) -> Iterator[tuple[date, tuple[Fraction, ...]]]:
    """Yield the 10, 50 and 90 per cent of the mean so far on some of the coming days, the last one included."""
    first = next(iter(cases.values()))
    count = first.ahead.size
    step = -(-count // (FEW if first.verb in SORTED else POINTS))
    steps = range(step, count, step)
    told = zip(*(running(case, drawn[place], steps) for place, case in cases.items()), strict=True)
    values = [*(quantiles(mean_members(parts), FAN) for parts in told), ends]
    for place, found in zip((*steps, count), values, strict=True):
        yield date(1970, 1, 1) + timedelta(int(first.ahead[place - 1])), found
