"""The outlook of sections: coming months of every factor, the class of their mean, the share of sections. 断面研判。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from zlib import crc32

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.core.records import Limit
from qingce.core.tables import SCALE
from qingce.evaluate.water_periods import Assessed
from qingce.evaluate.water_rules import Lawbook
from qingce.evaluate.water_tables import months_of_table
from qingce.outlook.answer import FAN, Answer, chance
from qingce.outlook.members import Members, accepted, quantiles
from qingce.outlook.models.months import MonthPast, draw_months
from qingce.outlook.models.past import Floats
from qingce.outlook.question import Question
from qingce.outlook.verdict import one_sided

__all__ = ["SHARES", "Waters", "water_answers"]

SHARES = ("section_share", "section_class")


@dataclass
class Waters:
    """Section-months by section, seen on a day."""

    months: pa.Table
    as_of: date
    catalog: Catalog
    seed: int = 1
    edition: str = "auto"

    def __post_init__(self) -> None:
        self.lawbook = Lawbook(self.catalog, self.edition)
        self.known = months_of_table(self.months, self.lawbook) if self.months.num_rows else {}


def water_answers(question: Question, waters: Waters, models: Sequence[OutlookModel]) -> list[Answer]:
    """Answer a question about sections by every model of months, or say what history is missing."""
    sections = [section for section in question.places if section in waters.known]
    coming = _coming(question, waters.as_of)
    if not sections or not models:
        return [Answer("", "quota_only", None, (), (), 0, 0, 0, "没有断面月值")] if models else []
    pasts, years = _pasts(sections, waters)
    found = []
    for model in models:
        dice = np.random.default_rng([waters.seed, crc32(f"{question.scope}/{question.period}/{model.id}".encode())])
        drawn = draw_months(
            pasts,
            coming,
            begin=_month(question.period.start),
            prior=waters.catalog.outlooks.spread["other"],
            members=int(model.number("members")) if coming else 1,
            shared=model.number("shared"),
            rng=dice,
        ) if coming else {}  # fmt: skip
        lacking = [section for section in sections if coming and not any(key[0] == section for key in drawn)]
        if lacking:
            names = "、".join(lacking[:3])
            why = f"{names} 等 {len(lacking)} 个断面没有往年同月数据，不给概率"
            return [Answer("", "quota_only", None, (), (), 0, 0, years, why)]
        found.append(_by(model, question, waters, drawn=drawn, sections=sections, years=years))
    return found


def _by(
    model: OutlookModel,
    question: Question,
    waters: Waters,
    *,
    drawn: dict[tuple[str, str], Floats],
    sections: Sequence[str],
    years: int,
) -> Answer:
    classes = np.stack([_classes(section, question, waters, drawn=drawn) for section in sections])
    members = _statistic(question, classes)
    met = None
    if question.target_value is not None:
        side = question.comparator
        if not isinstance(question.target_value, tuple):
            side = one_sided(side, question.indicator.direction)
        met = accepted(members, question.target_value, side, step=question.step)
    probability = None if met is None else chance(int(met.sum()), len(members))
    ends = quantiles(members, FAN)
    names = waters.lawbook.on(question.period.end).names if question.verb == "section_class" else {}
    return Answer(
        model=model.id,
        state="ok",
        probability=probability,
        ends=ends,
        fan=(),
        decimals=question.indicator.decimals,
        members=len(members),
        history=years,
        words=tuple(names[int(end)] for end in ends) if names else (),
    )


def _statistic(question: Question, classes: np.ndarray) -> Members:
    """Share of the sections [%], or the class of the worst one."""
    statistic = question.indicator.statistic
    if question.verb == "section_class":
        return Members(classes.max(axis=0), 1)
    best, worse = statistic.get("at_most"), statistic.get("worse_than")
    met = classes <= best if isinstance(best, int) else classes > int(str(worse))
    return Members(100 * met.sum(axis=0), classes.shape[0])


def _classes(section: str, question: Question, waters: Waters, *, drawn: dict[tuple[str, str], Floats]) -> np.ndarray:
    """Return the class of every member: of the mean of the months so far and the coming ones, the worst factor.

    References
    ----------
    [HB2011-22]_ (cumulative assessment by the mean of the months); [GB3838-2002]_ table 1.
    """
    rows = waters.known[section]
    inside = [row for row in rows if row.period.end in question.period and row.period.end <= waters.as_of]
    place, rules = rows[0].place, waters.lawbook.on(question.period.end)
    limits = waters.lawbook.limits(question.period.end, rules.kinds.get(place.kind, rules.kinds[""]))
    size = next((part.shape[0] for part in drawn.values()), 1)
    worst = np.ones(size, np.int64)
    for name in rules.evaluated:
        fixed = [row.means[name].value for row in inside if name in row.means]
        coming = drawn.get((section, name), np.zeros((size, 0)))
        count = len(fixed) + coming.shape[1]
        if count:
            total = sum(fixed, Fraction(0))
            whole = np.floor(coming * SCALE + 1 / 2).astype(np.int64).sum(axis=1)
            worst = np.maximum(worst, _grades(whole, total, count, limits=limits[name]))
    return worst


def _grades(whole: np.ndarray, total: Fraction, count: int, *, limits: Sequence[Limit]) -> np.ndarray:
    """Return the best class whose limit the mean meets, exactly; one beyond the last if none."""
    grade = np.full(whole.shape, len(limits) + 1, np.int64)
    for place in range(len(limits), 0, -1):
        limit = limits[place - 1]
        met = np.ones(whole.shape, bool)
        if limit.bound != "ge":
            met &= whole <= _floor((Fraction(limit.value) * count - total) * SCALE)
        low = limit.value if limit.bound == "ge" else limit.low
        if low is not None:
            met &= whole >= -_floor(-(Fraction(low) * count - total) * SCALE)
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
    return {key: MonthPast(values) for key, values in found.items()}, (_month(waters.as_of) - first) // 12


def _means(row: Assessed) -> dict[str, float]:
    return {name: float(mean.value) for name, mean in row.means.items() if name in row.rules.evaluated}


def _coming(question: Question, as_of: date) -> list[int]:
    """Return the months of the period that are not over on the day."""
    first, last = _month(question.period.start), _month(question.period.end)
    over = _month(date.fromordinal(as_of.toordinal() + 1)) - 1
    return list(range(max(first, over + 1), last + 1))


def _month(day: date) -> int:
    return (day.year - 1970) * 12 + day.month - 1
