"""The outlook of the water quality index and of its change on last year, by evaluate's own index. 水质指数研判。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from qingce.catalog.outlooks import OutlookModel
from qingce.core.tables import SCALE
from qingce.evaluate.water.index import FAMILY, share_of_base, water_index
from qingce.evaluate.water.periods import Assessed, Mean, assess_period
from qingce.outlook.answer import CERTAIN, FAN, Answer, chance
from qingce.outlook.members import Members, accepted, quantiles
from qingce.outlook.question import Question
from qingce.outlook.verdict import one_sided
from qingce.outlook.water_outlook import Futures, Waters, futures, so_far

__all__ = ["INDICES", "index_answers", "index_members"]

INDICES = ("water_index", "water_index_change")
CHANGE = "water_index_change"
_SENSES = {"change": 1, "improvement": -1}
STEPS = 10**9
"""A member is told in whole parts of this: the index is a sum of fractions without a common denominator."""


def index_answers(question: Question, waters: Waters, models: Sequence[OutlookModel]) -> list[Answer]:
    """Answer a question about the index of some sections, or its change, by every model of months.

    The fan has its end only: every future is judged by itself.
    """
    found: list[Answer] = []
    decimals = question.indicator.decimals
    for model in models:
        drawn = futures(question, waters, model)
        if not drawn.sections:
            return [Answer("", "quota_only", None, (), (), decimals, 0, 0, "没有断面月值")]
        if drawn.lacking:
            names = "、".join(drawn.lacking[:3])
            why = f"{names} 等 {len(drawn.lacking)} 个断面没有往年同月数据，不给概率"
            return [Answer("", "quota_only", None, (), (), decimals, 0, drawn.years, why)]
        members = index_members(question, waters, drawn)
        if members is None:
            return [Answer("", "quota_only", None, (), (), decimals, 0, drawn.years, "没有可比的上年同期指数")]
        found.append(_answer(question, model, members, drawn=drawn))
    return found


def index_members(question: Question, waters: Waters, drawn: Futures) -> Members | None:
    """Return the index of every future, exact to a billionth; None where its change has nothing to be compared with.

    References
    ----------
    [HBJC2017-51]_; ties and the comparison with last year as `evaluate` has them.
    """
    method = waters.catalog.method(FAMILY, day=question.period.end)
    sense = Fraction(_SENSES.get(str(question.indicator.statistic.get("sense", "change")), 1))
    base = _before(question, waters, drawn.sections)
    values = []
    for sections in _sections(question, waters, drawn):
        value = water_index(sections, waters.lawbook, method=method).value
        if question.verb == CHANGE:
            change = share_of_base(value, base, method=method)
            value = None if change is None else sense * change
        if value is None:
            return None
        values.append(value)
    whole = [(value * STEPS + Fraction(1, 2)).__floor__() for value in values]
    return Members(np.array(whole, np.int64), STEPS)


def _before(question: Question, waters: Waters, sections: Sequence[str]) -> Fraction | None:
    """Return the index of the same sections over the period of the year before."""
    if question.verb != CHANGE:
        return None
    period = question.period.year_before()
    judged = [assess_period(waters.known[name], period, waters.lawbook, as_of=waters.as_of) for name in sections]
    method = waters.catalog.method(FAMILY, day=question.period.end)
    return water_index(judged, waters.lawbook, method=method).value


def _sections(question: Question, waters: Waters, drawn: Futures) -> Iterator[list[Assessed]]:
    """Yield for each future the sections with the means of the whole period."""
    tables = {name: _means(name, question, waters, drawn=drawn) for name in drawn.sections}
    size = max((part.shape[0] for part in drawn.drawn.values()), default=1)
    bare = {name: replace(waters.known[name][-1], period=question.period, means={}) for name in drawn.sections}
    for member in range(size):
        yield [
            replace(
                bare[name],
                means={
                    factor: Mean(Fraction(int(sums[member % len(sums)]), SCALE) / count + total / count, count, "", "")
                    for factor, (sums, total, count) in tables[name].items()
                },
            )
            for name in drawn.sections
        ]


def _means(
    section: str, question: Question, waters: Waters, *, drawn: Futures
) -> Mapping[str, tuple[np.ndarray, Fraction, int]]:
    """Return for each factor the sum of its coming months by member [millionths], that of the others, their number."""
    rules, _, known = so_far(section, question, waters)
    found = {}
    for name in rules.evaluated:
        fixed, coming = known.get(name, []), drawn.drawn.get((section, name))
        told = waters.told(section, name, drawn.coming)
        if coming is None:
            fixed = [*fixed, *told.values()]
            if fixed:
                found[name] = np.zeros(1, np.int64), sum(fixed, Fraction(0)), len(fixed)
            continue
        values = np.floor(coming * SCALE + 1 / 2).astype(np.int64)
        values[:, [drawn.coming.index(month) for month in told]] = 0
        total = sum(fixed, Fraction(0)) + sum(told.values(), Fraction(0))
        found[name] = values.sum(axis=1), total, len(fixed) + values.shape[1]
    return found


def _answer(question: Question, model: OutlookModel, members: Members, *, drawn: Futures) -> Answer:
    met = None
    if question.target_value is not None:
        side = question.comparator
        if not isinstance(question.target_value, tuple):
            side = one_sided(side, question.indicator.direction)
        met = accepted(members, question.target_value, side, step=question.step)
    state = "ok" if drawn.coming or met is None else "safe" if met[0] else "lost"
    probability = CERTAIN.get(state, None if met is None else chance(int(met.sum()), len(members)))
    ends = quantiles(members, FAN)
    return Answer(
        model=model.id,
        state=state,
        probability=probability,
        ends=ends,
        fan=((question.period.end, ends),),
        decimals=question.indicator.decimals,
        members=len(members),
        history=drawn.years,
    )
