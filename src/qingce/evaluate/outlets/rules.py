"""The rules of source data: kinds of outlets, valid counts, conversion, limits of a day. 污染源规则。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.records import Limit
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.rules import edition_of
from qingce.evaluate.method_options import chosen, number, open_questions, texts, whole

__all__ = ["FAMILIES", "Kind", "OutletBook", "OutletRules", "told_as"]

FAMILIES = ("source_gas", "source_water")
_WEIGHTED = {"flow_weighted": True, "mean": False}
_CONVERTED = {"oxygen": True, "none": False}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of outlet: which family of rules it follows, and its reference oxygen [%], None where none is set."""

    kind: str
    zh: str
    family: str
    oxygen: Fraction | None
    question: str


@dataclass(frozen=True, slots=True)
class OutletRules:
    """One method of source data, read once."""

    id: str
    judged: tuple[str, ...]
    oxygen: str
    flow: str
    reference: tuple[str, ...]
    minutes: int
    hours: int
    weighted: bool
    hour_weighted: bool
    median: tuple[str, ...]
    days: int
    february: int
    converts: bool
    ambient: Fraction
    least_gap: Fraction
    capture: Fraction
    averaging: str
    mass_scale: Fraction
    cold: tuple[str, Fraction]
    questions: Mapping[str, str]

    @property
    def items(self) -> tuple[str, ...]:
        """Every parameter that the method knows."""
        return (*self.judged, *filter(None, (self.oxygen, self.flow)), *self.reference)

    def days_needed(self, first: date) -> int:
        """Return how many valid days a month asks for."""
        return self.february if first.month == _FEBRUARY else self.days

    def converted(self, value: Fraction, oxygen: Fraction | None, reference: Fraction | None) -> Fraction | None:
        """Return the concentration at the reference oxygen [mg/m3]; None where it cannot be converted.

        References
        ----------
        [HJ75-2017]_ (HJ 212-2017 annex D.2): C · (21 - O2s) / (21 - O2).
        """
        if not self.converts or reference is None:
            return value
        if oxygen is None or self.ambient - oxygen <= self.least_gap:
            return None
        return value * (self.ambient - reference) / (self.ambient - oxygen)


_FEBRUARY = 2


class OutletBook:
    """The methods of both families by day, the kinds of outlets by word, and the limits of a kind."""

    def __init__(self, catalog: Catalog, edition: str) -> None:
        self._catalog = catalog
        self._edition = {family: edition_of(catalog, family, edition) for family in FAMILIES}
        self._known: dict[tuple[str, date], OutletRules] = {}
        self.words: dict[str, str] = {}
        self.kinds: dict[str, Kind] = {}
        for family in FAMILIES:
            for row in self._method(family, date.max).tables["kinds"]:
                told = row.cells["oxygen"]
                kind = Kind(
                    row.text("kind"), row.text("zh"), family, Fraction(told) if told else None, row.cells["question"]
                )
                self.kinds[kind.kind] = kind
                names = (kind.kind, kind.zh, *filter(None, row.cells["aliases"].split("|")))
                self.words |= dict.fromkeys(names, kind.kind)

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Every parameter that any kind of outlet may report."""
        return tuple(dict.fromkeys(name for family in FAMILIES for name in self.on(family, date.max).items))

    def on(self, family: str, day: date) -> OutletRules:
        """Return the rules of a family on a day."""
        if (family, day) not in self._known:
            self._known[family, day] = _rules(self._method(family, day))
        return self._known[family, day]

    def limit(self, parameter: str, kind: str, *, site: str, day: date, place: str = "") -> Limit | None:
        """Return the limit of a kind, the outlet's own (`place` = its code, from an overlay) first; None without one.

        Raises QC105 where two limits answer.
        """
        averaging = self.on(self.kinds[kind].family, day).averaging
        for where in (site, place, ""):
            found = [limit for limit in self._limits.get((parameter, averaging, kind, where), ()) if limit.covers(day)]
            if found:
                return self._catalog.limit(parameter, averaging, kind, day=day, place=where) if found[1:] else found[0]
        return None

    @cached_property
    def _limits(self) -> Mapping[tuple[str, str, str, str], list[Limit]]:
        found: dict[tuple[str, str, str, str], list[Limit]] = {}
        for limit in self._catalog.limits:
            if limit.grade in self.kinds:
                found.setdefault((limit.parameter, limit.averaging, limit.grade, limit.place), []).append(limit)
        return found

    def _method(self, family: str, day: date) -> Method:
        return self._catalog.method(family, day=day, edition=self._edition[family])


def told_as(limit: Limit, value: Fraction) -> Decimal:
    """Round a value to the digits of its limit before the comparison."""
    exponent = limit.value.as_tuple().exponent
    return round_gbt8170(value, Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0))


def _rules(method: Method) -> OutletRules:
    chosen(method, ("day", "without_flow"), {"mean": True})
    chosen(method, ("verdict", "compare"), {"limit_digits": True})
    chosen(method, ("mass", "verb"), {"concentration_flow": True})
    return OutletRules(
        id=method.id,
        judged=texts(method, "items", "judged"),
        oxygen=str(method.option("items", "oxygen")),
        flow=str(method.option("items", "flow")),
        reference=texts(method, "items", "reference"),
        minutes=whole(method, "hour", "at_least_minutes"),
        hours=whole(method, "day", "at_least_hours"),
        weighted=chosen(method, ("day", "verb"), _WEIGHTED),
        hour_weighted=chosen(method, ("hour", "verb"), _WEIGHTED),
        median=texts(method, "day", "median"),
        days=whole(method, "month", "at_least_days"),
        february=whole(method, "month", "february"),
        converts=chosen(method, ("conversion", "verb"), _CONVERTED),
        ambient=number(method, "conversion", "ambient"),
        least_gap=number(method, "conversion", "least_gap"),
        capture=number(method, "capture", "at_least_percent"),
        averaging=str(method.option("verdict", "averaging")),
        mass_scale=number(method, "mass", "scale"),
        cold=(str(method.option("cold", "with")), number(method, "cold", "at_most")),
        questions=open_questions(method),
    )
