"""The declared rules of surface water as records: items, classes, statistics, limits of a day. 地表水规则。"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.records import Limit
from qingce.evaluate.air.rules import LIMITS, edition_of
from qingce.evaluate.method_options import chosen, number, section_questions, whole

__all__ = ["FAMILY", "Item", "LAKE", "Lawbook", "Oxygen", "RIVER", "WaterRules", "water_rules"]

FAMILY = "surface_water"
RIVER, LAKE = "river", "lake"
_OXYGEN, _TEMPERATURE = "do", "water_temp"

_HALVES = {"half_detection_limit": Fraction(1, 2)}
_MULTIPLES = {"against_class_3": 3}
_PREFER = {"automatic": True, "manual": False}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the method: whether it is judged, is a basic one, has a multiple, comes first when it exceeds."""

    parameter: str
    evaluated: bool
    basic: bool
    multiple: bool
    first: bool


@dataclass(frozen=True, slots=True)
class Oxygen:
    """How dissolved oxygen may reach class 1 by its saturation [share], at a water temperature [degC]."""

    parameter: str
    temperature: str
    share: Fraction
    numerator: Fraction
    offset: Fraction

    def saturated(self, values: Mapping[str, Fraction]) -> bool:
        """Say whether the oxygen [mg/L] reaches the share of what the water can hold."""
        if self.parameter not in values or self.temperature not in values:
            return False
        full = self.numerator / (self.offset + values[self.temperature])
        return values[self.parameter] >= self.share * full


@dataclass(frozen=True, slots=True)
class WaterRules:
    """One method of the family, read once."""

    id: str
    items: Mapping[str, Item]
    worst: int
    names: Mapping[int, str]
    detection_share: Fraction
    oxygen: Oxygen | None
    multiple_class: int
    multiple_decimals: int
    automatic_first: bool
    days_needed: int
    samples_needed: int
    quarter_months: int
    year_months: int
    frozen_months: int
    primary_above: int
    primary_count: int
    primary_order: tuple[str, ...]
    kinds: Mapping[str, str]
    averaging: str
    standard: str
    questions: Mapping[str, str]

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The judged parameters, in the method's order."""
        return tuple(name for name, item in self.items.items() if item.evaluated)

    @property
    def basic(self) -> tuple[str, ...]:
        """The five that every section is judged on."""
        return tuple(name for name, item in self.items.items() if item.basic)


class Lawbook:
    """Rules and limits by day, for one request of an edition; each found once for a stretch without change."""

    def __init__(self, catalog: Catalog, edition: str) -> None:
        self.catalog = catalog
        self._method = edition_of(catalog, FAMILY, edition)
        self._limits = edition_of(catalog, LIMITS, edition)
        self._marks = _changes(catalog)
        self._rules: dict[int, WaterRules] = {}
        self._found: dict[tuple[int, str], Mapping[str, tuple[Limit, ...]]] = {}

    def on(self, day: date) -> WaterRules:
        """Return the rules of the day; raises QC105, QC110."""
        stretch = bisect_right(self._marks, day)
        if stretch not in self._rules:
            self._rules[stretch] = water_rules(self.catalog.method(FAMILY, day=day, edition=self._method))
        return self._rules[stretch]

    def limits(self, day: date, kind: str) -> Mapping[str, tuple[Limit, ...]]:
        """Return the limits of every judged parameter, best class first, for a kind of water; raises QC104, QC105."""
        key = bisect_right(self._marks, day), kind
        if key not in self._found:
            rules = self.on(day)
            self._found[key] = {
                name: tuple(self._limit(name, str(grade), day=day, kind=kind) for grade in range(1, rules.worst))
                for name in rules.evaluated
            }
        return self._found[key]

    def _limit(self, parameter: str, grade: str, *, day: date, kind: str) -> Limit:
        rules = self.on(day)
        return self.catalog.limit(parameter, rules.averaging, grade, day=day, place=kind, edition=self._limits)


def water_rules(method: Method) -> WaterRules:
    """Read the rules of a method of the family; raises QC103, QC107."""
    _agree(method)
    return WaterRules(
        id=method.id,
        items=_items(method),
        worst=whole(method, "class", "worst"),
        names={int(row.decimal("class")): row.text("zh") for row in method.tables["classes"]},
        detection_share=chosen(method, ("non_detect", "verb"), _HALVES),
        oxygen=_oxygen(method),
        multiple_class=chosen(method, ("section", "multiple"), _MULTIPLES),
        multiple_decimals=whole(method, "section", "multiple_decimals"),
        automatic_first=chosen(method, ("automatic", "prefer"), _PREFER),
        days_needed=whole(method, "automatic", "at_least_days"),
        samples_needed=whole(method, "month", "at_least_samples"),
        quarter_months=whole(method, "quarter", "at_least_months"),
        year_months=whole(method, "year", "at_least_months"),
        frozen_months=whole(method, "year", "frozen_at_least_months"),
        primary_above=whole(method, "primary", "worse_than"),
        primary_count=whole(method, "primary", "count"),
        primary_order=tuple(str(word) for word in _list(method.option("primary", "order"))),
        kinds=_kinds(method),
        averaging=str(method.option("standard", "averaging")),
        standard=str(method.option("standard", "code")),
        questions=section_questions(method),
    )


def _agree(method: Method) -> None:
    """Refuse a method that declares a way of judging this program does not have."""
    for section, verb in (("class", "best_met"), ("statistics", "mean"), ("section", "worst")):
        chosen(method, (section, "verb"), {verb: True})


def _items(method: Method) -> dict[str, Item]:
    found = {}
    for row in sorted(method.tables["items"], key=lambda row: row.decimal("order")):
        yes = {name: row.one_of(name, ("yes", "no")) == "yes" for name in ("evaluated", "basic", "multiple", "first")}
        found[row.text("parameter")] = Item(row.text("parameter"), **yes)
    return found


def _oxygen(method: Method) -> Oxygen | None:
    if method.option("dissolved_oxygen", "use_saturation") is not True:
        return None
    section = "dissolved_oxygen"
    return Oxygen(
        parameter=_OXYGEN,
        temperature=_TEMPERATURE,
        share=number(method, section, "saturation_share_percent") / 100,
        numerator=number(method, section, "saturation_numerator"),
        offset=number(method, section, "saturation_offset"),
    )


def _kinds(method: Method) -> dict[str, str]:
    """Return the limits' place for each kind of water in a register of sections."""
    river, lake = (str(method.option("standard", f"place_{kind}")) for kind in (RIVER, LAKE))
    like = str(method.option("lake", "river_type_reservoir"))
    return {"": river, RIVER: river, LAKE: lake, "river_type_reservoir": {RIVER: river, LAKE: lake}.get(like, river)}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _changes(catalog: Catalog) -> list[date]:
    """Return the days on which a method of the family or a limit begins, or the day after one ends."""
    spans = [(method.start, method.end) for method in catalog.methods.values() if method.family == FAMILY]
    spans += [(limit.start, limit.end) for limit in catalog.limits]
    days = {start for start, _ in spans} | {end + timedelta(1) for _, end in spans if end is not None}
    return sorted(days)
