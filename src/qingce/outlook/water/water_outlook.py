"""The outlook of sections: coming months of every factor, the class of their mean, the share of sections. 断面研判。"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from zlib import crc32

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.core.periods import Period, parse_period
from qingce.core.records import Limit
from qingce.core.tables import SCALE
from qingce.evaluate.water.periods import Assessed
from qingce.evaluate.water.rules import Lawbook, WaterRules
from qingce.evaluate.water.tables import months_of_table
from qingce.outlook.answer import CERTAIN, FAN, Answer, chance, meeting
from qingce.outlook.given import Given
from qingce.outlook.members import Members, quantiles
from qingce.outlook.models.months import MonthPast, draw_months, last_months
from qingce.outlook.models.past import Floats
from qingce.outlook.question import Question

__all__ = ["Futures", "OWN", "SHARES", "Waters", "futures", "so_far", "water_answers", "water_members"]

OWN = "section_target_share"
"""The verb that holds every section to the class of its own target."""
SHARES = ("section_share", "section_class", OWN)


@dataclass
class Waters:
    """Section-months by section, seen on a day; `given` months stand in the place of known and drawn ones."""

    months: pa.Table
    as_of: date
    catalog: Catalog
    seed: int = 1
    edition: str = "auto"
    given: Given | None = None

    def __post_init__(self) -> None:
        self.lawbook = Lawbook(self.catalog, self.edition)
        self.known = months_of_table(self.months, self.lawbook) if self.months.num_rows else {}
        self._given: dict[tuple[str, str], dict[int, Fraction]] = {}
        for key, values in (self.given.months if self.given else {}).items():
            self._given[key] = {_month(parse_period(month).start): value for month, value in values.items()}

    def target(self, section: str) -> int | None:
        """Return the class of a section's own target, as it was told last."""
        return self.known[section][-1].place.target

    def told(self, section: str, parameter: str, months: Collection[int]) -> dict[int, Fraction]:
        """Return what is given of a factor in some months (since 1970-01)."""
        return {month: value for month, value in self._given.get((section, parameter), {}).items() if month in months}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A question on the day: its sections, the months still to come, how many years are known, what is certain."""

    question: Question
    sections: Sequence[str]
    coming: Sequence[int]
    years: int
    state: str


def water_answers(
    question: Question, waters: Waters, models: Sequence[OutlookModel], *, paths: bool = True
) -> list[Answer]:
    """Answer a question about sections by every model of months, or say what history is missing."""
    sections = _sections(question, waters)
    coming = _coming(question, waters.as_of)
    if not sections or not models:
        return [Answer("", "quota_only", None, (), (), 0, 0, 0, "没有断面月值")] if models else []
    pasts, years = _pasts(sections, waters)
    state = _certain(question, waters, sections=sections, coming=coming)
    seen = _Seen(question, sections, coming, years, state)
    found = []
    for model in models:
        drawn = _drawn(model, seen, waters, pasts=pasts)
        lacking = _lacking(seen, drawn)
        if lacking:
            names = "、".join(lacking[:3])
            why = f"{names} 等 {len(lacking)} 个断面没有往年同月数据，不给概率"
            settled = state if state != "open" else "quota_only"
            return [Answer("", settled, CERTAIN.get(state), (), (), 0, 0, years, why)]
        found.append(_by(model, seen, waters, drawn=drawn, paths=paths))
    return found


def _sections(question: Question, waters: Waters) -> list[str]:
    """Return the sections that are known, and have a target of their own where they are held to it."""
    known = [section for section in question.places if section in waters.known]
    return [section for section in known if question.verb != OWN or waters.target(section) is not None]


def _held(section: str, question: Question, waters: Waters) -> int:
    """Return the class from which a section's own is counted: that of its target where it is held to it."""
    return (waters.target(section) or 0) if question.verb == OWN else 0


@dataclass(frozen=True, slots=True)
class Futures:
    """The coming months of a question's sections by one model: `drawn[section, factor][member, month]`."""

    sections: Sequence[str]
    coming: Sequence[int]
    years: int
    drawn: Mapping[tuple[str, str], Floats]
    lacking: Sequence[str]


def futures(question: Question, waters: Waters, model: OutlookModel) -> Futures:
    """Draw the coming months of every section that is known, all together; `lacking` are those without such months."""
    sections = _sections(question, waters)
    pasts, years = _pasts(sections, waters)
    seen = _Seen(question, sections, _coming(question, waters.as_of), years, "open")
    drawn = _drawn(model, seen, waters, pasts=pasts)
    return Futures(sections, seen.coming, years, drawn, _lacking(seen, drawn))


def water_members(question: Question, waters: Waters, model: OutlookModel) -> Members | None:
    """Return the statistic of every future by one model, None where history is missing; of a year over, the figure."""
    found = futures(question, waters, model)
    if not found.sections or found.lacking:
        return None
    drawn = dict(found.drawn)
    classes = _all_classes(question, waters, found.sections, drawn=drawn)
    return _statistic(question, classes[:, :, -1])


def _drawn(
    model: OutlookModel, seen: _Seen, waters: Waters, *, pasts: Mapping[tuple[str, str], MonthPast]
) -> dict[tuple[str, str], Floats]:
    """Draw the coming months of every section and factor; a model without members repeats last year's."""
    if not seen.coming:
        return {}
    coming = list(seen.coming)
    if "members" not in model.options:
        return last_months(pasts, coming)
    question = seen.question
    return draw_months(
        pasts,
        coming,
        begin=_month(question.period.start),
        prior=waters.catalog.outlooks.prior("other"),
        members=int(model.number("members")),
        shared=model.number("shared"),
        rng=np.random.default_rng([waters.seed, crc32(f"{question.scope}/{question.period}/{model.id}".encode())]),
        independence=waters.catalog.outlooks.history.independence,
    )


def _lacking(seen: _Seen, drawn: Mapping[tuple[str, str], Floats]) -> list[str]:
    """Name the sections of which no earlier year tells the coming months."""
    told = {section for section, _ in drawn}
    return [section for section in seen.sections if seen.coming and section not in told]


def _by(
    model: OutlookModel, seen: _Seen, waters: Waters, *, drawn: dict[tuple[str, str], Floats], paths: bool
) -> Answer:
    question = seen.question
    classes = _all_classes(question, waters, seen.sections, drawn=drawn)
    members = _statistic(question, classes[:, :, -1])
    met = meeting(question, members)
    probability = CERTAIN.get(seen.state)
    if probability is None and met is not None:
        probability = chance(int(met.sum()), len(members))
    ends = quantiles(members, FAN)
    names = waters.lawbook.on(question.period.end).names if question.verb == "section_class" else {}
    told = [quantiles(_statistic(question, classes[:, :, place]), FAN) for place in range(len(seen.coming))]
    days = [Period.month(1970 + month // 12, month % 12 + 1).end for month in seen.coming]
    return Answer(
        model=model.id,
        state="ok" if seen.state == "open" else seen.state,
        probability=probability,
        ends=ends,
        fan=tuple(zip(days, told, strict=True)) if paths else (),
        decimals=question.indicator.decimals,
        members=len(members),
        history=seen.years,
        words=tuple(names[int(end)] for end in ends) if names else (),
    )


def _certain(question: Question, waters: Waters, *, sections: Sequence[str], coming: Sequence[int]) -> str:
    """Return `lost`, `safe` or `open`: what the best and the worst coming months could still make of the sections."""
    if question.target_value is None or isinstance(question.target_value, tuple):
        return "open"
    ends = []
    for good in (True, False):
        classes = [
            _end(section, question, waters, coming=coming, good=good) - _held(section, question, waters)
            for section in sections
        ]
        met = meeting(question, _statistic(question, np.array(classes, np.int64)[:, None]))
        ends.append(met is not None and bool(met[0]))
    return "safe" if all(ends) else "open" if any(ends) else "lost"


def _end(section: str, question: Question, waters: Waters, *, coming: Sequence[int], good: bool) -> int:
    """Return the best or the worst class that a section's year can still come to.

    A concentration has no upper end, so that any month to come may end in the worst class; the best is nothing of
    what should be low, as much as is needed of what should be high, and for a range what brings the mean into it.
    """
    rules, limits, known = so_far(section, question, waters)
    told = {name: waters.told(section, name, coming) for name in rules.evaluated}
    measured = known.keys() | _measured(section, waters)  # a year may begin before its first month is known
    if not good and any(len(coming) > len(told[name]) for name in rules.evaluated if name in measured or not measured):
        return rules.worst
    worst = 1
    for name in rules.evaluated:
        values = [*known.get(name, []), *told[name].values()]
        rest_months = len(coming) - len(told[name]) if name in known else 0
        if not values:
            continue
        count, total = len(values) + rest_months, sum(values, Fraction(0))
        first = limits[name][0]
        low = first.value if first.bound == "ge" else first.low
        need = max(Fraction(0), Fraction(low) * count - total) if rest_months and low is not None else Fraction(0)
        rest = np.array([[-_floor(-need * SCALE)]], np.int64)
        worst = max(worst, int(_grades(rest, total, [count], limits=limits[name])[0, 0]))
    return worst


def _measured(section: str, waters: Waters) -> set[str]:
    """Name the factors that a section had in any month that is over."""
    return {name for row in waters.known[section] if row.period.end <= waters.as_of for name in row.means}


def _statistic(question: Question, classes: np.ndarray) -> Members:
    """Share of the sections [%], or the class of the worst one; `classes` is [section, member], from `_held`."""
    statistic = question.indicator.statistic
    if question.verb == "section_class":
        return Members(classes.max(axis=0), 1)
    best, worse = statistic.get("at_most"), statistic.get("worse_than")
    if question.verb == OWN:
        best = 0
    met = classes <= best if isinstance(best, int) else classes > int(str(worse))
    return Members(100 * met.sum(axis=0), classes.shape[0])


def so_far(
    section: str, question: Question, waters: Waters
) -> tuple[WaterRules, Mapping[str, Sequence[Limit]], dict[str, list[Fraction]]]:
    """Return the rules at the end of the period, a section's limits and its factors' months so far."""
    rows = waters.known[section]
    inside = [row for row in rows if row.period.end in question.period and row.period.end <= waters.as_of]
    place, rules = rows[0].place, waters.lawbook.on(question.period.end)
    limits = waters.lawbook.limits(question.period.end, rules.kinds.get(place.kind, rules.kinds[""]))
    over = range(_month(question.period.start), _coming_from(question, waters.as_of))
    known = {}
    for name in rules.evaluated:
        months = {_month(row.period.start): row.means[name].value for row in inside if name in row.means}
        known[name] = list((months | waters.told(section, name, over)).values())
    return rules, limits, {name: values for name, values in known.items() if values}


def _all_classes(
    question: Question, waters: Waters, sections: Sequence[str], *, drawn: dict[tuple[str, str], Floats]
) -> np.ndarray:
    """Return the classes [section, member, coming month], each from what its section is held to."""
    found = [_classes(name, question, waters, drawn=drawn) - _held(name, question, waters) for name in sections]
    return np.stack(found)


def _classes(section: str, question: Question, waters: Waters, *, drawn: dict[tuple[str, str], Floats]) -> np.ndarray:
    """Return the class [member, coming month] of the mean of the months so far and the coming ones up to that one.

    The last is that of the whole period; with no month to come there is one column, of the months so far.

    References
    ----------
    [HB2011-22]_ (cumulative assessment by the mean of the months); [GB3838-2002]_ table 1.
    """
    rules, limits, known = so_far(section, question, waters)
    shape = next((part.shape for part in drawn.values()), (1, 1))
    worst = np.ones(shape, np.int64)
    months = _coming(question, waters.as_of)
    for name in rules.evaluated:
        fixed, coming = known.get(name, []), drawn.get((section, name))
        told = waters.told(section, name, months)
        fixed = fixed if coming is not None else [*fixed, *told.values()]
        if not fixed and coming is None:
            continue
        steps = range(1, shape[1] + 1) if coming is not None else [0] * shape[1]
        values = np.zeros(shape, np.int64) if coming is None else np.floor(coming * SCALE + 1 / 2).astype(np.int64)
        for month, value in told.items() if coming is not None else ():
            values[:, months.index(month)] = _floor(value * SCALE)
        counts = [len(fixed) + step for step in steps]
        found = _grades(values.cumsum(axis=1), sum(fixed, Fraction(0)), counts, limits=limits[name])
        worst = np.maximum(worst, found)
    return worst


def _grades(whole: np.ndarray, total: Fraction, counts: Sequence[int], *, limits: Sequence[Limit]) -> np.ndarray:
    """Return the best class whose limit the mean meets, exactly; one beyond the last if none.

    `whole` is [member, step] of sums in millionths, to which `total` is added; `counts` says of how many, by step.
    """
    grade = np.full(whole.shape, len(limits) + 1, np.int64)
    for place in range(len(limits), 0, -1):
        limit = limits[place - 1]
        met = np.ones(whole.shape, bool)
        if limit.bound != "ge":
            met &= whole <= np.array([_floor((Fraction(limit.value) * count - total) * SCALE) for count in counts])
        low = limit.value if limit.bound == "ge" else limit.low
        if low is not None:
            met &= whole >= np.array([-_floor(-(Fraction(low) * count - total) * SCALE) for count in counts])
        grade = np.where(met, place, grade)
    return grade


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def _pasts(sections: Sequence[str], waters: Waters) -> tuple[dict[tuple[str, str], MonthPast], int]:
    """Return every factor's months up to the day, and how many earlier years there are."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    first = _month(waters.as_of)
    for section in sections:
        for row in waters.known[section]:
            if row.period.end <= waters.as_of:
                first = min(first, _month(row.period.start))
                for name, mean in _means(row).items():
                    found.setdefault((section, name), {})[_month(row.period.start)] = mean
    for (section, name), values in found.items():
        told = waters.told(section, name, range(first, _next_month(waters.as_of)))
        values.update({month: float(value) for month, value in told.items()})
    return {key: MonthPast(values) for key, values in found.items()}, (_month(waters.as_of) - first) // 12


def _means(row: Assessed) -> dict[str, float]:
    return {name: float(mean.value) for name, mean in row.means.items() if name in row.rules.evaluated}


def _coming(question: Question, as_of: date) -> list[int]:
    """Return the months of the period that are not over on the day."""
    return list(range(_coming_from(question, as_of), _month(question.period.end) + 1))


def _coming_from(question: Question, as_of: date) -> int:
    return max(_month(question.period.start), _next_month(as_of))


def _next_month(as_of: date) -> int:
    """Return the first month that is not over on the day."""
    return _month(date.fromordinal(as_of.toordinal() + 1))


def _month(day: date) -> int:
    return (day.year - 1970) * 12 + day.month - 1
