"""The rules of soil, of farmland and of development land: uses, pH bins, screening and control values. 土壤规则。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.errors import QingceError
from qingce.core.records import Limit
from qingce.evaluate.air.rules import LIMITS, edition_of
from qingce.evaluate.method_options import chosen, open_questions
from qingce.evaluate.readings import Reading

__all__ = ["CONSTRUCTION", "FARMLAND", "SoilBook", "SoilRules", "soil_rules"]

FARMLAND, CONSTRUCTION = "soil_farmland", "soil_construction"
_SHARES = {"half_detection_limit": Fraction(1, 2)}
_NO_LIMIT = "QC104"


@dataclass(frozen=True, slots=True)
class SoilItem:
    """One item: whether it decides the class, has a control value, and may be of the local background."""

    parameter: str
    decides: bool
    control: bool
    background: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """A stretch of pH: above `above`, at most `at_most`."""

    id: str
    above: Fraction | None
    at_most: Fraction | None


@dataclass(frozen=True, slots=True)
class SoilRules:
    """One method of a family of soil, read once; `ladders` of a use name the places whose limits hold, first found."""

    id: str
    family: str
    standard: str
    averaging: str
    screening: str
    control: str
    ph: str
    area: str
    items: Mapping[str, SoilItem]
    uses: Mapping[str, str]
    words: Mapping[str, str]
    ladders: Mapping[str, tuple[tuple[str, ...], ...]]
    bins: tuple[Bin, ...]
    complete: bool
    names: Mapping[int, str]
    detection_share: Fraction
    questions: Mapping[str, str]

    def bin_of(self, ph: Fraction) -> str:
        """Return the stretch that a pH lies in."""
        return next(one.id for one in self.bins if one.at_most is None or ph <= one.at_most)

    def counted(self, reading: Reading) -> Fraction | None:
        """Return the value a reading counts with [inside unit]; None where it has none."""
        if not reading.below:
            return reading.value
        return None if reading.limit is None else reading.limit * self.detection_share


class SoilBook:
    """Rules of both families and their limits by day, each found once."""

    def __init__(self, catalog: Catalog, edition: str) -> None:
        self._catalog = catalog
        self._methods = {family: edition_of(catalog, family, edition) for family in (FARMLAND, CONSTRUCTION)}
        self._limits = edition_of(catalog, LIMITS, edition)
        self._rules: dict[str, SoilRules] = {}
        self._found: dict[tuple[str, ...], Limit | None] = {}

    def on(self, family: str, day: date) -> SoilRules:
        """Return the rules of a family on a day; raises QC105, QC110."""
        method = self._catalog.method(family, day=day, edition=self._methods[family])
        if method.id not in self._rules:
            self._rules[method.id] = soil_rules(method)
        return self._rules[method.id]

    def limit(self, rules: SoilRules, parameter: str, grade: str, *, use: str, part: str, day: date) -> Limit | None:
        """Return the strictest limit of the use's ladders for a stretch of pH; None where the item has none."""
        key = (rules.id, parameter, grade, use, part, day.isoformat())
        if key not in self._found:
            found = [self._first(rules, parameter, grade, ladder=ladder, part=part, day=day)
                     for ladder in rules.ladders[use]]  # fmt: skip
            self._found[key] = min((one for one in found if one is not None), key=lambda one: one.value, default=None)
        return self._found[key]

    def _first(
        self, rules: SoilRules, parameter: str, grade: str, *, ladder: tuple[str, ...], part: str, day: date
    ) -> Limit | None:
        for step in ladder:
            place = f"{step}/{part}" if part else step
            try:
                return self._catalog.limit(
                    parameter, rules.averaging, grade, day=day, place=place, edition=self._limits
                )
            except QingceError as error:
                if error.code != _NO_LIMIT:
                    raise
        return None


def soil_rules(method: Method) -> SoilRules:
    """Read a method of a family of soil; raises QC103, QC107."""
    chosen(method, ("class", "verb"), {"screening_control": True})
    chosen(method, ("statistics", "verb"), {"mean": True})
    standard = method.options["standard"]
    given = standard if isinstance(standard, Mapping) else {}
    items: dict[str, SoilItem] = {}
    uses: dict[str, str] = {}
    words: dict[str, str] = {}
    for row in sorted(method.tables["items"], key=lambda row: row.whole("order")):
        yes = {name: row.cells.get(name) == "yes" for name in ("decides", "control", "background")}
        items[row.text("parameter")] = SoilItem(row.text("parameter"), **yes)
    for row in method.tables["uses"]:
        use = row.text("use")
        uses[use] = row.text("zh")
        words |= dict.fromkeys((use, row.text("zh"), *filter(None, row.cells["aliases"].split("|"))), use)
    return SoilRules(
        id=method.id,
        family=method.family,
        standard=str(method.option("standard", "code")),
        averaging=str(method.option("standard", "averaging")),
        screening=str(method.option("standard", "screening")),
        control=str(method.option("standard", "control")),
        ph=str(given.get("ph", "")),
        area=str(method.option("standard", "area")),
        items=items,
        uses=uses,
        words=words,
        ladders={
            row.text("use"): tuple(tuple(ladder.split("|")) for ladder in row.text("ladders").split(";"))
            for row in method.tables["uses"]
        },
        bins=_bins(method),
        complete=chosen(method, ("class", "complete"), {"deciding": True, "any": False}),
        names={n: str(method.option("class", key)) for n, key in enumerate(("one", "two", "three"), 1)},
        detection_share=chosen(method, ("non_detect", "verb"), _SHARES),
        questions=open_questions(method),
    )


def _bins(method: Method) -> tuple[Bin, ...]:
    found = []
    for row in method.tables.get("bins", []):
        low, high = row.decimal_or_none("above"), row.decimal_or_none("at_most")
        found.append(Bin(row.text("bin"), None if low is None else Fraction(low),
                         None if high is None else Fraction(high)))  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.at_most is None, one.at_most)))
