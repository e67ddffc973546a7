"""The class of water: each factor by its limits, the section by its worst factor. 单因子评价。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingce.catalog.standards import is_met
from qingce.core.records import Limit
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.water.rules import WaterRules

__all__ = ["Verdict", "class_of", "judge"]

Limits = Mapping[str, Sequence[Limit]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of one set of values; 1 to the worst; None without a judged factor. Multiples are exact."""

    grade: int | None
    grades: Mapping[str, int]
    deciding: tuple[str, ...]
    primary: tuple[str, ...]
    multiples: Mapping[str, Fraction]

    def multiple(self, parameter: str, rules: WaterRules) -> Decimal | None:
        """Return how far a factor exceeds class III, in the decimals of the method; None where it does not."""
        if parameter not in self.multiples:
            return None
        return round_gbt8170(self.multiples[parameter], Decimal(1).scaleb(-rules.multiple_decimals))


def judge(values: Mapping[str, Fraction], rules: WaterRules, limits: Limits) -> Verdict:
    """Judge a section by the worst of its factors; what is not there or not judged is left out.

    References
    ----------
    [HB2011-22]_ one (1) and two (2); [HBJCH2020-714]_ "5+X".
    """
    grades = {name: class_of(values[name], limits[name]) for name in rules.evaluated if name in values}
    if rules.oxygen is not None and rules.oxygen.saturated(values):
        grades[rules.oxygen.parameter] = 1
    if not grades:
        return Verdict(None, {}, (), (), {})
    worst = max(grades.values())
    multiples = _multiples(values, rules, limits)
    return Verdict(
        grade=worst,
        grades=grades,
        deciding=tuple(name for name, grade in grades.items() if grade == worst),
        primary=_primary(grades, multiples, rules),
        multiples=multiples,
    )


def class_of(value: Fraction, limits: Sequence[Limit]) -> int:
    """Return the best class whose limit the value [in the limits' unit] meets, one beyond the last if none.

    References
    ----------
    [GB3838-2002]_ table 1; a limit itself is met.
    """
    return next((grade for grade, limit in enumerate(limits, 1) if is_met(limit, value)), len(limits) + 1)


def _multiples(values: Mapping[str, Fraction], rules: WaterRules, limits: Limits) -> dict[str, Fraction]:
    """Return (C - C3) / C3 of the factors that are worse than class III and have a multiple."""
    found = {}
    for name, bounds in limits.items():
        limit = bounds[rules.multiple_class - 1]
        if name in values and rules.items[name].multiple and not is_met(limit, values[name]):
            found[name] = (values[name] - Fraction(limit.value)) / Fraction(limit.value)
    return found


def _primary(grades: Mapping[str, int], multiples: Mapping[str, Fraction], rules: WaterRules) -> tuple[str, ...]:
    """Return the primary pollutants 主要污染指标, in the declared order; a factor without a multiple after one with.

    References
    ----------
    [HB2011-22]_ two (2) 4.
    """
    ranks: dict[str, Callable[[str], Fraction]] = {
        "first": lambda name: Fraction(not rules.items[name].first),
        "class": lambda name: Fraction(-grades[name]),
        "multiple": lambda name: -multiples.get(name, Fraction(-1)),
    }
    beyond = [name for name, grade in grades.items() if grade > rules.primary_above]
    ranked = sorted(beyond, key=lambda name: tuple(ranks[word](name) for word in rules.primary_order))
    return tuple(ranked[: rules.primary_count])
