"""The closed table of layouts: where in a frame each value, its parameter and its place stand. 版式。"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog import Catalog
from qingce.catalog.feeds import SPANS, ColumnRule, Recipe
from qingce.core.errors import QingceError, complain
from qingce.core.records import Feed, Parameter
from qingce.observe.files import Needs
from qingce.observe.frame import Frame, fold, pick, split_unit
from qingce.observe.settling import settled

__all__ = ["Laid", "Rule", "key_places", "lay_out", "needs_of", "settle"]

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value column (or a kind of row) means: parameter, factor to its unit, span, further words for no value."""

    parameter: Parameter
    factor: Fraction
    span: str
    missing: frozenset[str]
    shift: int
    """Seconds from the label to the start of the span."""
    words: tuple[tuple[str, str], ...] = ()
    """Printed words of the column with the number each stands for: `NNE` is 22.5 degree."""


@dataclass(frozen=True)
class Laid:
    """The value cells of a frame, column by column: which column, which row, which rule (or which fault)."""

    values: tuple[int, ...]
    """Places of the value columns."""
    rules: tuple[Rule, ...]
    faults: tuple[QingceError, ...]
    rule_of_column: Codes | None
    rule_of_row: Codes | None
    """Place in `rules`; -1 - n is `faults[n]`. Where both are given a column has several rules, one beside the other,
    and the row says which of them is meant."""
    place_of_column: bool
    """Places are the columns' names (pivot), else they stand in each row."""
    strange: tuple[tuple[str, QingceError], ...]
    """Columns nobody declared."""
    flag: int | None = None
    review: int | None = None


def needs_of(recipe: Recipe) -> Needs:
    """Return the columns a header must have for this recipe."""
    needs = [*recipe.time.columns]
    if recipe.layout != "pivot":
        needs += recipe.site.columns
    if recipe.layout == "long":
        needs += [recipe.long.parameter, recipe.long.value]
    if recipe.layout == "pivot":
        needs.append(recipe.long.parameter)
    return tuple(needs)


def key_places(frame: Frame, choices: Sequence[Sequence[str]]) -> list[int]:
    """Return the places of key columns; a header may carry a unit in brackets."""
    bare = [split_unit(name)[0] for name in frame.names]
    found = []
    for choice in choices:
        place = pick(frame.names, choice)
        place = pick(bare, choice) if place is None else place
        if place is not None:
            found.append(place)
    return found


def settle(frame: Frame, recipe: Recipe) -> Frame:
    """Carry merged cells through every column that is no value, and leave rows of sums and remarks out."""
    long, time, site = recipe.long, recipe.time, recipe.site
    needed = key_places(frame, [choice for choice in needs_of(recipe) if choice != long.value])
    if recipe.layout == "long":
        carried = set(range(len(frame.names))) - set(key_places(frame, (long.value,)))
    else:
        further = (*site.columns, *site.further) if recipe.layout == "wide" else ()
        carried = {*needed, *key_places(frame, further), *_optional(frame, time.span_column)}
    return settled(frame, recipe.sheet, carried=carried, needed=needed)


def lay_out(frame: Frame, feed: Feed, recipe: Recipe, *, catalog: Catalog) -> Laid:
    """Lay a frame out by the feed's layout; raises QC219 for a register."""
    layouts: dict[str, Callable[[_Reader], Laid]] = {"wide": _wide, "long": _long, "pivot": _pivot}
    if recipe.layout not in layouts:
        raise complain("QC219", frame.file, {"feed": feed.id, "kind": recipe.layout})
    return layouts[recipe.layout](_Reader(frame, feed, recipe, catalog))


@dataclass(frozen=True)
class _Reader:
    frame: Frame
    feed: Feed
    recipe: Recipe
    catalog: Catalog

    def rule(
        self, parameter: str, *, unit: str = "", span: str = "", column: ColumnRule | None = None, printed: str = ""
    ) -> Rule:
        """Make a rule; raises QC203 for a wrong unit, QC205 for an unknown parameter, QC216 for an unknown span."""
        name = self.recipe.parameters.get(parameter, parameter)
        try:
            known = self.catalog.parameter(name)
        except QingceError as error:
            if error.code != "QC110":
                raise
            raise self.unknown(parameter) from error
        factor = Fraction(1)
        if unit:
            factor = Fraction(self.catalog.units.factor(unit, known.unit, place=self.frame.place()))
        scale = Fraction(column.scale) if column else Fraction(1)
        span = (
            span or (column.span if column else "") or self.recipe.time.spans.get(known.medium, self.recipe.time.span)
        )
        if span not in SPANS:
            words: dict[str, object] = {"column": "span", "text": span, "expected": " | ".join(SPANS)}
            raise complain("QC216", self.frame.place(), words)
        long = SPANS[span]
        shift = int(long.total_seconds()) if long and self.recipe.time.label == "end" else 0
        spoken = tuple(sorted(self.recipe.words.get(printed, {}).items()))
        return Rule(known, factor * scale, span, frozenset(column.missing if column else ()), shift, spoken)

    def unknown(self, name: str) -> QingceError:
        """Say that a column or parameter is not declared."""
        return complain("QC205", self.frame.place(), {"name": name, "feed": self.feed.id})

    def ignored(self, name: str) -> bool:
        """Say whether a column is declared as left out."""
        bare = fold(split_unit(name)[0])
        return any(fnmatchcase(fold(name), fold(rule)) or bare == fold(rule) for rule in self.recipe.ignore)


def _wide(reader: _Reader) -> Laid:
    frame, recipe = reader.frame, reader.recipe
    declared = {fold(name): rule for name, rule in recipe.columns.items()}
    keys = {
        *key_places(frame, (*recipe.time.columns, *recipe.site.columns, *recipe.site.further)),
        *_optional(frame, recipe.time.span_column),
    }
    spans, row = _spans_of_rows(reader)
    values, rules, faults, codes, strange = [], [], [], [], []
    for place, name in enumerate(frame.names):
        if place in keys or not name.strip():
            continue
        bare, unit = split_unit(name) if recipe.values.header_units else (name, "")
        column = declared.get(fold(name)) or declared.get(fold(bare))
        if column is None and (reader.ignored(name) or not recipe.values.any_parameter):
            if not reader.ignored(name):
                strange.append((name, reader.unknown(name)))
            continue
        try:
            made = [_rule_or_fault(reader, bare, column=column, unit=unit, span=span) for span in spans]
        except QingceError as error:
            strange.append((name, error))
            continue
        for one in made:
            if isinstance(one, Rule):
                rules.append(one)
                codes.append(len(rules) - 1)
            else:
                faults.append(one)
                codes.append(-len(faults))
        values.append(place)
    return Laid(
        tuple(values), tuple(rules), tuple(faults), np.array(codes, np.int32), row, False, tuple(strange)
    )  # fmt: skip


def _spans_of_rows(reader: _Reader) -> tuple[list[str], Codes | None]:
    """Return the spans that the rows of a wide table state, and which of them each row does; none: the feed's own."""
    places = _optional(reader.frame, reader.recipe.time.span_column)
    if not places or not reader.frame.rows:
        return [""], None
    encoded = _text(reader.frame, places[0]).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)


def _rule_or_fault(
    reader: _Reader, name: str, *, column: ColumnRule | None, unit: str, span: str
) -> Rule | QingceError:
    """Return the rule of a column of a wide table, or what is wrong with its unit or span; raises QC205."""
    parameter, given = (column.parameter, column.unit or unit) if column else (name, unit)
    stated = "" if column and column.span else span  # what the feed says of one column goes before the row's word
    try:
        return reader.rule(parameter, unit=given, span=stated, column=column, printed=name)
    except QingceError as error:
        if error.code == "QC205":
            raise
        return error


def _long(reader: _Reader) -> Laid:
    frame, long = reader.frame, reader.recipe.long
    names = (long.parameter, long.unit, reader.recipe.time.span_column)
    combos = [_text(frame, pick(frame.names, choice) if choice else None) for choice in names]
    flag, review = pick(frame.names, long.flag), pick(frame.names, long.review) if long.review else None
    rules, faults, codes = _rules_of_rows(reader, combos)
    values = key_places(frame, (long.value,))
    site = reader.recipe.site
    keys = {*key_places(frame, (*reader.recipe.time.columns, *site.columns, *site.further)), *values, flag, review}
    keys |= {pick(frame.names, choice) for choice in names if choice}
    strange = [
        (name, reader.unknown(name))
        for place, name in enumerate(frame.names)
        if place not in keys and name.strip() and not reader.ignored(name)
    ]
    return Laid(tuple(values), rules, faults, None, codes, False, tuple(strange), flag, review)


def _pivot(reader: _Reader) -> Laid:
    frame, recipe = reader.frame, reader.recipe
    kind = key_places(frame, (recipe.long.parameter,))[0]
    encoded = _text(frame, kind).dictionary_encode()
    rules: list[Rule] = []
    faults: list[QingceError] = []
    table = np.zeros(len(encoded.dictionary), np.int32)
    declared = {fold(name): rule for name, rule in recipe.columns.items()}
    for place, name in enumerate(encoded.dictionary.to_pylist()):
        column = declared.get(fold(name))
        try:
            if column is None:
                raise reader.unknown(name)
            rules.append(reader.rule(column.parameter, unit=column.unit, column=column))
            table[place] = len(rules) - 1
        except QingceError as error:
            faults.append(error)
            table[place] = -len(faults)
    keys = {*key_places(frame, recipe.time.columns), kind}
    values = [
        place
        for place, name in enumerate(frame.names)
        if place not in keys and name.strip() and not reader.ignored(name)
    ]  # fmt: skip
    rows = table[encoded.indices.to_numpy(zero_copy_only=False)] if frame.rows else np.zeros(0, np.int32)
    return Laid(tuple(values), tuple(rules), tuple(faults), None, rows, True, ())


def _rules_of_rows(reader: _Reader, combos: list[pa.Array]) -> tuple[tuple[Rule, ...], tuple[QingceError, ...], Codes]:
    """One rule for each distinct (parameter, unit, span) of a long table."""
    joined = pc.binary_join_element_wise(*combos, "\x1f").dictionary_encode()
    rules: list[Rule] = []
    faults: list[QingceError] = []
    table = np.zeros(len(joined.dictionary), np.int32)
    declared = {fold(name): rule for name, rule in reader.recipe.columns.items()}
    for place, combo in enumerate(joined.dictionary.to_pylist()):
        parameter, unit, span = (part.strip() for part in combo.split("\x1f"))
        column = declared.get(fold(parameter))
        try:
            name = column.parameter if column else parameter
            rules.append(reader.rule(name, unit=unit or (column.unit if column else ""), span=span, column=column))
            table[place] = len(rules) - 1
        except QingceError as error:
            faults.append(error)
            table[place] = -len(faults)
    rows = table[joined.indices.to_numpy(zero_copy_only=False)] if reader.frame.rows else np.zeros(0, np.int32)
    return tuple(rules), tuple(faults), rows


def _optional(frame: Frame, choice: Sequence[str]) -> list[int]:
    place = pick(frame.names, choice) if choice else None
    return [] if place is None else [place]


def _text(frame: Frame, place: int | None) -> pa.Array:
    if place is None:
        return pa.array([""] * frame.rows, pa.string())
    return pc.utf8_trim_whitespace(pc.fill_null(frame.columns[place].cast(pa.string()), ""))
