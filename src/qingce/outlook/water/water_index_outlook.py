"""The outlook of the water quality index and of its change on last year, by evaluate's own index. 水质指数研判。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from qingce.catalog.methods import Method
from qingce.catalog.outlooks import OutlookModel
from qingce.core.periods import Period
from qingce.core.tables import SCALE
from qingce.evaluate.water.index import (
    FAMILY,
    ItemRule,
    by_number,
    item_sum,
    items_of,
    kind_of,
    share_of_base,
    water_index,
)
from qingce.evaluate.water.periods import assess_period
from qingce.outlook.answer import CERTAIN, FAN, Answer, chance, meeting
from qingce.outlook.members import Members, quantiles
from qingce.outlook.question import Question
from qingce.outlook.water.water_outlook import Futures, Waters, futures, so_far

__all__ = ["INDICES", "index_answers", "index_members"]

INDICES = ("water_index", "water_index_change")
CHANGE = "water_index_change"
_SENSES = {"change": 1, "improvement": -1}
STEPS = 10**9
"""A member is told in whole parts of this: the index is a sum of fractions without a common denominator."""
Dated = tuple[Period, Members]


def index_answers(
    question: Question, waters: Waters, models: Sequence[OutlookModel], *, paths: bool = True
) -> list[Answer]:
    """Answer a question about the index of some sections, or its change, by every model of months.

    The path tells the index of the months so far and the coming ones up to each.
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
        pots = _pots(question, waters, drawn)
        told = _by_month(question, waters, drawn, pots=pots, last=not paths)
        if not told or told[-1][0] != question.period:
            return [Answer("", "quota_only", None, (), (), decimals, 0, drawn.years, "没有可比的上年同期指数")]
        state = _state(question, waters, drawn, pots=pots, members=told[-1][1])
        found.append(_answer(question, model, told, state=state, years=drawn.years))
    return found


def index_members(question: Question, waters: Waters, drawn: Futures) -> Members | None:
    """Return the index of every future, exact to a billionth; None where its change has nothing to be compared with.

    References
    ----------
    [HBJC2017-51]_; ties and the comparison with last year as `evaluate` has them.
    """
    found = _by_month(question, waters, drawn, pots=_pots(question, waters, drawn), last=True)
    return found[0][1] if found else None


def _by_month(
    question: Question, waters: Waters, drawn: Futures, *, pots: Mapping[str, _Pot], last: bool
) -> list[Dated]:
    """Return the members of the stretch up to each coming month, or up to the last alone; one of a year that is over.

    A stretch that has no index, or nothing to be compared with, is left out.
    """
    method = waters.catalog.method(FAMILY, day=question.period.end)
    size = max((part.shape[0] for part in drawn.drawn.values()), default=1)
    steps = range(1, len(drawn.coming) + 1) if drawn.coming else range(1)
    found: list[Dated] = []
    for step in steps[-1:] if last else steps:
        stretch = _until(question.period, drawn.coming[step - 1]) if step else question.period
        base = _before(stretch, waters, drawn.sections, method=method) if question.verb == CHANGE else None
        values = [_told(question, value, base, method=method) for value in _values(pots, step, size, method=method)]
        whole = [(value * STEPS + Fraction(1, 2)).__floor__() for value in values if value is not None]
        if len(whole) == len(values):
            found.append((stretch, Members(np.array(whole, np.int64), STEPS)))
    return found


def _told(question: Question, index: Fraction | None, base: Fraction | None, *, method: Method) -> Fraction | None:
    """Return an index as the question asks for it: itself, or its change against the base, as it is counted."""
    if question.verb != CHANGE:
        return index
    change = share_of_base(index, base, method=method)
    sense = _SENSES.get(str(question.indicator.statistic.get("sense", "change")), 1)
    return None if change is None else sense * change


def _state(question: Question, waters: Waters, drawn: Futures, *, pots: Mapping[str, _Pot], members: Members) -> str:
    """Return `lost`, `safe` or `ok`: what the cleanest coming months could still make of the index.

    A concentration has no upper end, so that nothing is safe while a month is still to come.
    """
    met = meeting(question, members)
    if met is None:
        return "ok"
    if not any(one.free for pot in pots.values() for items in pot.sections for one in items.values()):
        return "safe" if met[0] else "lost"
    method = waters.catalog.method(FAMILY, day=question.period.end)
    base = _before(question.period, waters, drawn.sections, method=method) if question.verb == CHANGE else None
    best = _told(question, _least(pots, method=method), base, method=method)
    cleanest = None if best is None else meeting(question, Members(np.array([best.numerator]), best.denominator))
    return "ok" if cleanest is None or cleanest[0] else "lost"


def _until(period: Period, month: int) -> Period:
    """Return a period up to the end of a month (since 1970-01), the whole where it is the last one."""
    return period.until(Period.month(1970 + month // 12, month % 12 + 1).end)


def _before(stretch: Period, waters: Waters, sections: Sequence[str], *, method: Method) -> Fraction | None:
    """Return the index of the same sections over the stretch of the year before."""
    period = stretch.year_before()
    judged = [assess_period(waters.known[name], period, waters.lawbook, as_of=waters.as_of) for name in sections]
    return water_index(judged, waters.lawbook, method=method).value


# --- the mean of each item over the sections, of every member ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Series:
    """One item of one section: sums of what is drawn by member and coming month [millionths].

    `totals` are the sums of what is known or set by hand and `counts` all months, after none, one, … coming months;
    `free` of these are drawn.
    """

    sums: np.ndarray
    totals: Sequence[Fraction]
    counts: Sequence[int]
    free: int

    def at(self, step: int) -> tuple[Fraction, np.ndarray, int]:
        """Return the total, the drawn sums and the number of months after so many coming months."""
        drawn = self.sums[:, step - 1] if step else np.zeros(len(self.sums), np.int64)
        return self.totals[step], drawn, self.counts[step]


@dataclass(frozen=True, slots=True)
class _Pot:
    """The waters of one kind: the rules of its items, and each section's items."""

    rules: Mapping[str, ItemRule]
    sections: Sequence[Mapping[str, _Series]]


def _pots(question: Question, waters: Waters, drawn: Futures) -> dict[str, _Pot]:
    """Return the sections of each kind of water that have anything known or drawn."""
    day = question.period.end
    method = waters.catalog.method(FAMILY, day=day)
    kinds: dict[str, list[Mapping[str, _Series]]] = {}
    for name in drawn.sections:
        items = _items(name, question, waters, drawn=drawn)
        if items:
            kind = kind_of(waters.known[name][-1].place.kind, day, waters.lawbook)
            kinds.setdefault(kind, []).append(items)
    return {kind: _Pot(items_of(kind, day, waters.lawbook, method=method), rows) for kind, rows in kinds.items()}


def _items(section: str, question: Question, waters: Waters, *, drawn: Futures) -> dict[str, _Series]:
    """Return the items of a section: what is known or set by hand beside what is drawn."""
    rules, _, known = so_far(section, question, waters)
    found = {}
    for name in rules.evaluated:
        fixed, coming = known.get(name, []), drawn.drawn.get((section, name))
        told = waters.told(section, name, drawn.coming)
        if not fixed and not told and coming is None:
            continue
        totals, counts = [sum(fixed, Fraction(0))], [len(fixed)]
        for month in drawn.coming:
            totals.append(totals[-1] + told.get(month, Fraction(0)))
            counts.append(counts[-1] + (coming is not None or month in told))
        values = np.zeros((1, len(drawn.coming))) if coming is None else np.floor(coming * SCALE + 1 / 2)
        values[:, [drawn.coming.index(month) for month in told]] = 0
        free = 0 if coming is None else len(drawn.coming) - len(told)
        found[name] = _Series(values.astype(np.int64).cumsum(axis=1), totals, counts, free)
    return found


def _least(pots: Mapping[str, _Pot], *, method: Method) -> Fraction | None:
    """Return what no index can fall below: nothing more of each pollutant, oxygen and pH as good as can be."""
    parts = {}
    for kind, pot in pots.items():
        means = {}
        for name, rule in pot.rules.items():
            found = [items[name] for items in pot.sections if name in items]
            if found and not (rule.falls and any(one.free for one in found)):
                means[name] = sum((one.totals[-1] / one.counts[-1] for one in found), Fraction(0)) / len(found)
        parts[kind] = item_sum(means, pot.rules)[0]
    return by_number(parts, {kind: len(pot.sections) for kind, pot in pots.items()}, method=method)


def _values(pots: Mapping[str, _Pot], step: int, size: int, *, method: Method) -> list[Fraction | None]:
    """Return the index of each member over the months so far and the first `step` coming ones."""
    parts: dict[str, list[Fraction]] = {}
    for kind, pot in pots.items():
        means = {name: _means(pot, name, step) for name in pot.rules}
        told = {name: values for name, values in means.items() if values}
        parts[kind] = [
            item_sum({name: values[member % len(values)] for name, values in told.items()}, pot.rules)[0]
            for member in range(size)
        ]
    counts = {kind: len(pot.sections) for kind, pot in pots.items()}
    return [
        by_number({kind: values[member] for kind, values in parts.items()}, counts, method=method)
        for member in range(size)
    ]


def _means(pot: _Pot, name: str, step: int) -> list[Fraction]:
    """Return the mean of one item over the sections that have it, each the mean of its months, by member.

    Whole numbers over one denominator: the sections' own denominators meet once, not in every member.
    """
    series = [items[name].at(step) for items in pot.sections if name in items]
    found = [(total, sums, count) for total, sums, count in series if count]
    if not found:
        return []
    rest = sum((total / count for total, _, count in found), Fraction(0)) / len(found)
    common = lcm(*(count for _, _, count in found))
    drawn = sum(np.asarray(sums, object) * (common // count) for _, sums, count in found)
    whole = lcm(common * len(found) * SCALE, rest.denominator)
    scale, add = whole // (common * len(found) * SCALE), rest.numerator * (whole // rest.denominator)
    return [Fraction(int(value) * scale + add, whole) for value in np.atleast_1d(drawn)]


def _answer(question: Question, model: OutlookModel, told: Sequence[Dated], *, state: str, years: int) -> Answer:
    members = told[-1][1]
    met = meeting(question, members)
    probability = CERTAIN.get(state, None if met is None else chance(int(met.sum()), len(members)))
    return Answer(
        model=model.id,
        state=state,
        probability=probability,
        ends=quantiles(members, FAN),
        fan=tuple((stretch.end, quantiles(part, FAN)) for stretch, part in told),
        decimals=question.indicator.decimals,
        members=len(members),
        history=years,
    )
