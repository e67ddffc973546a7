"""The rules of noise, read once from the method: hours, validity, comparison, categories, grades. 声环境规则。"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.records import Limit
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.rules import LIMITS, edition_of
from qingce.evaluate.method_options import chosen, number, open_questions, whole

__all__ = ["DAY", "FAMILY", "FUNCTION", "NIGHT", "Grade", "NoiseBook", "NoiseRules", "noise_rules"]

FAMILY = "noise"
DAY, NIGHT = "day", "night"
FUNCTION = "function"

_NIGHT_OF: Mapping[str, Callable[[datetime, int], date]] = {
    "same_date": lambda time, _: time.date(),
    "evening": lambda time, start: (time - timedelta(hours=start)).date(),
}
_COMPARE = {"rounded": True, "exact": False}


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade of a city's mean level [dB(A)]; the last has no upper bound."""

    grade: int
    zh: str
    at_most: Fraction | None


@dataclass(frozen=True, slots=True)
class NoiseRules:
    """One method of the family, read once."""

    id: str
    standard: str
    parameter: str
    averagings: Mapping[str, str]
    start: int
    end: int
    night_of: Callable[[datetime, int], date]
    hours: Mapping[str, int]
    step: Decimal
    rounded: bool
    sudden: Fraction
    least_points: int
    kinds: Mapping[str, str]
    words: Mapping[str, str]
    grades: Mapping[tuple[str, str], tuple[Grade, ...]]
    questions: Mapping[str, str]

    def part(self, time: datetime) -> str:
        """Say whether an hour is of the day or the night."""
        return DAY if self.start <= time.hour < self.end else NIGHT

    def day_of(self, time: datetime) -> date:
        """Return the date that an hour's day or night belongs to."""
        return time.date() if self.part(time) == DAY else self.night_of(time, self.start)

    def told(self, level: Fraction) -> Decimal:
        """Return a level as it is told [dB(A)]."""
        return round_gbt8170(level, self.step)

    def compared(self, level: Fraction) -> Fraction:
        """Return a level as it is compared with a limit: told, or exact."""
        return Fraction(self.told(level)) if self.rounded else level

    def grade(self, kind: str, part: str, *, mean: Fraction) -> Grade:
        """Return the grade of a city's mean level, told in the decimals of the method."""
        told = Fraction(self.told(mean))
        return next(one for one in self.grades[kind, part] if one.at_most is None or told <= one.at_most)


class NoiseBook:
    """Rules and limits by day, each read once."""

    def __init__(self, catalog: Catalog, edition: str) -> None:
        self._catalog = catalog
        self._method, self._limits = (edition_of(catalog, family, edition) for family in (FAMILY, LIMITS))
        self._rules: dict[str, NoiseRules] = {}
        self._found: dict[tuple[date, str, str], Limit] = {}

    def on(self, day: date) -> NoiseRules:
        """Return the rules of a day; raises QC105, QC110."""
        method = self._catalog.method(FAMILY, day=day, edition=self._method)
        if method.id not in self._rules:
            self._rules[method.id] = noise_rules(method)
        return self._rules[method.id]

    def limit(self, category: str, part: str, *, day: date) -> Limit:
        """Return the limit of a class of function by day or night [dB(A)]; raises QC104, QC105."""
        key = day, category, part
        if key not in self._found:
            rules = self.on(day)
            self._found[key] = self._catalog.limit(
                rules.parameter, rules.averagings[part], category, day=day, edition=self._limits
            )
        return self._found[key]


def noise_rules(method: Method) -> NoiseRules:
    """Read a method of the family; raises QC103, QC107."""
    chosen(method, ("mean", "verb"), {"energy": True})
    chosen(method, ("regional", "verb"), {"mean": True})
    chosen(method, ("road", "verb"), {"length_weighted": True})
    categories = method.tables["categories"]
    grades: dict[tuple[str, str], list[Grade]] = {}
    for row in method.tables["grades"]:
        bound = row.decimal_or_none("at_most")
        grade = Grade(row.whole("grade"), row.text("zh"), None if bound is None else Fraction(bound))
        grades.setdefault((row.text("kind"), row.one_of("period", (DAY, NIGHT))), []).append(grade)
    words = {row.text("category"): row.text("category") for row in categories}
    for row in categories:
        words |= dict.fromkeys((row.text("zh"), *filter(None, row.cells["aliases"].split("|"))), row.text("category"))
    return NoiseRules(
        id=method.id,
        standard=str(method.option("standard", "code")),
        parameter=str(method.option("standard", "parameter")),
        averagings={part: str(method.option("standard", part)) for part in (DAY, NIGHT)},
        start=whole(method, "periods", "day_start"),
        end=whole(method, "periods", "day_end"),
        night_of=chosen(method, ("periods", "night_of"), _NIGHT_OF),
        hours={part: whole(method, "validity", f"{part}_hours") for part in (DAY, NIGHT)},
        step=Decimal(1).scaleb(-whole(method, "rounding", "decimals")),
        rounded=chosen(method, ("rounding", "compare"), _COMPARE),
        sudden=number(method, "sudden", "above"),
        least_points=whole(method, "regional", "at_least_points"),
        kinds={row.text("category"): row.text("kind") for row in categories},
        words=words,
        grades={key: tuple(found) for key, found in grades.items()},
        questions=open_questions(method),
    )
