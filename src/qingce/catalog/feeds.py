"""Reader of `feeds/<id>.toml`: how a foreign file becomes observations. 数据来源的写法。

A feed declares one of a closed table of layouts, the columns that mean time, place, parameter and value, and the words
of that file for "no value", "below detection" and "invalid". Nothing of a source stands in code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.sources import STATUSES
from qingce.catalog.strict import Report, Row, Table, guarded, read_rows, read_table, refuse
from qingce.core.absence import Absent, Review
from qingce.core.errors import complain
from qingce.core.records import Feed, Parameter
from qingce.core.units import Units

__all__ = [
    "ColumnRule",
    "FileRule",
    "LAYOUTS",
    "LongRule",
    "MedianRule",
    "Recipe",
    "SPANS",
    "SheetRule",
    "SiteRule",
    "StuckRule",
    "TimeRule",
    "ValueRule",
    "check_feeds",
    "read_feeds",
    "recipe_of",
]

LAYOUTS = {
    "wide": ("columns",),
    "long": ("long",),
    "pivot": ("types",),
    "register": ("fields",),
}
"""Layout → the sections it needs. wide: a column per parameter; long: a row per value; pivot: a row per time and type,
places as columns; register: a row per site, official value or exceptional event."""

SPANS = {
    "PT1M": timedelta(minutes=1),
    "PT10M": timedelta(minutes=10),
    "PT1H": timedelta(hours=1),
    "PT4H": timedelta(hours=4),
    "PT24H": timedelta(hours=24),
    "P1D": timedelta(days=1),
    "P1M": None,
    "sample": None,
}
"""How long one value lasts; None where the end of the span cannot be the label."""

_HEAD = ("id", "zh", "en", "layout", "medium")
_HEAD_MORE = ("source", "status", "note", "question", "supersedes", "review", "ignore", "parameters", "flags", "words",
              "single")  # fmt: skip
_SECTIONS = ("file", "time", "site", "values", "columns", "types", "long", "fields")
_SERIALS = ("feed", "first", "last", "status", "note")
_FOOTERS = ("word", "place", "status", "note")
_EVERY = "*"
_MEDIA = ("air", "water", "any")


@dataclass(frozen=True, slots=True)
class FileRule:
    """How the file is opened: encoding, delimiter, sheet, rows searched for the header, names of files in a folder."""

    encoding: str = "auto"
    delimiter: str = "auto"
    sheet: str = ""
    search_rows: int = 20
    names: tuple[str, ...] = ("*.csv", "*.txt", "*.parquet", "*.xlsx")


@dataclass(frozen=True, slots=True)
class TimeRule:
    """Which columns are the time, how they are joined, what the label means and which clock it is."""

    columns: tuple[tuple[str, ...], ...] = (("time",),)
    joined: str = " "
    formats: tuple[str, ...] = ()
    label: str = "start"
    offset: timedelta = timedelta(hours=8)
    span: str = "PT1H"
    span_column: tuple[str, ...] = ()
    spans: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteRule:
    """Which columns name the place; `kind` region turns names and codes into GB/T 2260 codes."""

    columns: tuple[tuple[str, ...], ...] = (("site",),)
    joined: str = "/"
    kind: str = "site"
    levels: tuple[str, ...] = ("city", "province", "county")
    verbatim: bool = False
    """Blanks at the ends of a name tell two places apart."""
    name: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    city_name: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    """The class of function, use of land or kind of source of the place."""
    roles: str = ""
    """What every site with a city counts as when no table of sites is at hand."""

    @property
    def further(self) -> tuple[tuple[str, ...], ...]:
        """The columns that say more of a place; a file need not have them."""
        return tuple(choice for choice in (self.name, self.city, self.city_name, self.category) if choice)


@dataclass(frozen=True, slots=True)
class ValueRule:
    """Words that are no numbers: missing, not detected, spellings of a detection limit; and the units."""

    missing: frozenset[str] = frozenset({"", "--", "-", "—", "——", "NA", "N/A", "NaN", "nan", "null", "NULL", "/"})
    not_detected: frozenset[str] = frozenset({"未检出", "ND", "N.D.", "nd", "n.d."})
    limit_before: tuple[str, ...] = ("<", "＜", "﹤")
    limit_after: tuple[str, ...] = ("L", "l", "（L）", "(L)")
    header_units: bool = False
    any_parameter: bool = False
    review: str = "realtime"


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One foreign column or type: its parameter, unit, span and further words for no value."""

    parameter: str
    unit: str = ""
    span: str = ""
    scale: Decimal = Decimal(1)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LongRule:
    """The columns of a long table (or the type column of a pivot table), each with its alternative headers."""

    parameter: tuple[str, ...] = ("parameter",)
    value: tuple[str, ...] = ("value",)
    unit: tuple[str, ...] = ("unit",)
    flag: tuple[str, ...] = ("flag",)
    review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MedianRule:
    """Our own check for a column in the wrong unit: a median outside [low, high] in the inside unit. Not a standard."""

    low: Decimal
    high: Decimal
    at_least: int
    action: str


@dataclass(frozen=True, slots=True)
class StuckRule:
    """Our own sign of a stuck instrument: one value for so many values on end, and a jump. Not a standard."""

    repeats: int
    jump: Decimal | None


@dataclass(frozen=True, slots=True)
class SheetRule:
    """What offices write into sheets besides data. Our own bounds and words, no standard."""

    first: date | None = None
    last: date | None = None
    """Between these days a number in a date column of a workbook is a date."""
    footers: frozenset[str] = frozenset()
    """A row with one of these words as a whole key cell sums or averages other rows."""
    remarks: tuple[str, ...] = ()
    """A row whose first cell begins so is a remark."""
    single: frozenset[str] = frozenset()
    """Fields of a register that speak for one row even when their cell is merged over several."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A feed as the engine uses it."""

    layout: str
    file: FileRule = FileRule()
    time: TimeRule = TimeRule()
    site: SiteRule = SiteRule()
    values: ValueRule = ValueRule()
    long: LongRule = LongRule()
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    medians: Mapping[str, MedianRule] = field(default_factory=dict)
    stuck: Mapping[str, StuckRule] = field(default_factory=dict)
    sheet: SheetRule = SheetRule()


def recipe_of(feed: Feed) -> Recipe:
    """Return the feed's recipe; raises QC107 for a feed that no reader made."""
    recipe = feed.options.get("recipe")
    if not isinstance(recipe, Recipe):
        expected = "read_feeds 读出的来源 a feed read by read_feeds"
        raise complain("QC107", feed.id, {"key": "options", "value": type(recipe).__name__, "expected": expected})
    return recipe


def read_feeds(roots: Sequence[Path], report: Report = refuse) -> Mapping[str, Feed]:
    """Read every feed of the roots; raises QC101, QC102, QC103, QC106, QC107, QC108."""
    shelf: Shelf[Feed] = Shelf(report)
    common = _Common(*_plausible(roots, report), _serials(roots, report), *_footers(roots, report))
    for path in content_files(roots, "feeds/*.toml"):
        table = read_table(path, required=_HEAD, optional=(*_HEAD_MORE, *_SECTIONS), report=report)
        with guarded(report):
            feed = _feed(table, common)
            if feed.id != path.stem:
                raise table.wrong("id", feed.id, path.stem)
            shelf.put(feed.id, feed, place=table.place("id"), supersedes=table.text("supersedes"))
    return shelf.items


def check_feeds(
    feeds: Mapping[str, Feed], *, parameters: Mapping[str, Parameter], units: Units, report: Report = refuse
) -> None:
    """Refuse a feed that names an unknown parameter (QC106) or a unit its parameter does not take (QC203)."""
    for feed in feeds.values():
        recipe = recipe_of(feed)
        ours = "types" if recipe.layout == "pivot" else "columns"
        names = [(ours, name, rule.parameter, rule.unit) for name, rule in recipe.columns.items()]
        names += [("parameters", name, target, "") for name, target in recipe.parameters.items()]
        for section, name, target, unit in names:
            with guarded(report):
                if target not in parameters:
                    place = _place_in(feed, section, name)
                    raise complain("QC106", place, {"key": f"{feed.id}.{name}", "target": target})
                if unit:
                    units.factor(unit, parameters[target].unit, place=_place_in(feed, section, name))


def _place_in(feed: Feed, section: str, name: str) -> str:
    """`file:line` of a column of a feed."""
    path = Path(str(feed.options["place"]).rpartition(":")[0])
    return Table(path, {}, path.read_text("utf-8-sig")).place(name, section=section)


class _Common(NamedTuple):
    """What all feeds share: it stands in tables beside them."""

    medians: Mapping[str, MedianRule]
    stuck: Mapping[str, StuckRule]
    serials: Mapping[str, tuple[date, date]]
    footers: frozenset[str]
    remarks: tuple[str, ...]

    def sheet(self, table: Table) -> SheetRule:
        """Return what counts in sheets of a feed; its own row of serial numbers goes before the common one."""
        first, last = self.serials.get(table.text("id")) or self.serials.get(_EVERY) or (None, None)
        single = frozenset(table.texts("single"))
        for name in sorted(single - set(_section(table, "fields"))):
            words: dict[str, object] = {"key": "single", "value": name, "expected": "[fields]"}
            raise complain("QC107", table.place("single"), words)
        return SheetRule(first, last, self.footers, self.remarks, single)


def _feed(table: Table, common: _Common) -> Feed:
    layout = _one_of(table, "layout", LAYOUTS)
    for section in LAYOUTS[layout]:
        if section not in table.content:
            raise complain("QC103", table.place(), {"key": section})
    ours = "types" if layout == "pivot" else "columns"
    recipe = Recipe(
        layout=layout,
        file=_file(table),
        time=_time(table),
        site=_site(table),
        values=_values(table),
        long=_long(table),
        columns=_columns(table, ours),
        fields={key: _names(table, key, value) for key, value in _section(table, "fields").items()},
        words=_words(table),
        parameters=_texts_by_key(table, "parameters"),
        flags=_flags(table),
        ignore=table.texts("ignore"),
        medians=common.medians,
        stuck=common.stuck,
        sheet=common.sheet(table),
    )
    options: dict[str, object] = {
        "recipe": recipe,
        "source": table.text("source"),
        "status": _one_of(table, "status", STATUSES, default="verified"),
        "note": table.text("note"),
        "question": table.text("question"),
        "review": recipe.values.review,
        "place": table.place("id"),
    }
    feed_id, medium = table.text("id"), _one_of(table, "medium", _MEDIA)
    return Feed(feed_id, table.text("zh"), table.text("en"), layout, medium, options)


def _file(table: Table) -> FileRule:
    part = _part(table, "file", ("encoding", "delimiter", "sheet", "search_rows", "names"))
    plain = FileRule()
    return FileRule(
        encoding=part.text("encoding", plain.encoding),
        delimiter=_one_of(part, "delimiter", ("auto", ",", ";", "\t"), default=plain.delimiter),
        sheet=part.text("sheet"),
        search_rows=part.whole("search_rows", plain.search_rows),
        names=part.texts("names") or plain.names,
    )


def _time(table: Table) -> TimeRule:
    keys = ("columns", "joined", "formats", "label", "offset", "span", "span_column", "spans")
    part = _part(table, "time", keys)
    plain = TimeRule()
    span, label = (
        _one_of(part, "span", SPANS, default=plain.span),
        _one_of(part, "label", ("start", "end"), default=plain.label),
    )
    if label == "end" and SPANS[span] is None:
        raise part.wrong("label", label, f"start（{span}）")
    spans = {name: str(value) for name, value in _inner(part, "spans").items()}
    for value in spans.values():
        if value not in SPANS:
            raise complain(
                "QC107", part.place("spans"), {"key": "spans", "value": value, "expected": " | ".join(SPANS)}
            )
    return TimeRule(
        columns=_alternatives(part, "columns") or plain.columns,
        joined=part.text("joined", plain.joined),
        formats=part.texts("formats"),
        label=label,
        offset=_offset(part),
        span=span,
        span_column=part.texts("span_column"),
        spans=spans,
    )


def _site(table: Table) -> SiteRule:
    keys = ("columns", "joined", "kind", "levels", "verbatim", "name", "city", "city_name", "category", "roles")
    part = _part(table, "site", keys)
    plain = SiteRule()
    return SiteRule(
        columns=_alternatives(part, "columns") or plain.columns,
        joined=part.text("joined", plain.joined),
        kind=_one_of(part, "kind", ("site", "region"), default=plain.kind),
        levels=part.texts("levels") or plain.levels,
        verbatim=_truth(part, "verbatim"),
        name=part.texts("name"),
        city=part.texts("city"),
        city_name=part.texts("city_name"),
        category=part.texts("category"),
        roles=part.text("roles"),
    )


def _values(table: Table) -> ValueRule:
    keys = ("missing", "not_detected", "limit_before", "limit_after", "header_units", "any_parameter")
    part = _part(table, "values", keys)
    plain = ValueRule()
    return ValueRule(
        missing=plain.missing | frozenset(part.texts("missing")),
        not_detected=plain.not_detected | frozenset(part.texts("not_detected")),
        limit_before=part.texts("limit_before") or plain.limit_before,
        limit_after=part.texts("limit_after") or plain.limit_after,
        header_units=_truth(part, "header_units"),
        any_parameter=_truth(part, "any_parameter"),
        review=_one_of(table, "review", list(Review), default=plain.review),
    )


def _long(table: Table) -> LongRule:
    part = _part(table, "long", ("parameter", "value", "unit", "flag", "review"))
    plain = LongRule()
    return LongRule(
        parameter=part.texts("parameter") or plain.parameter,
        value=part.texts("value") or plain.value,
        unit=part.texts("unit") or plain.unit,
        flag=part.texts("flag") or plain.flag,
        review=part.texts("review"),
    )


def _columns(table: Table, section: str) -> dict[str, ColumnRule]:
    found = {}
    for name, entry in _section(table, section).items():
        place = table.place(name, section=section)
        if not isinstance(entry, dict) or "parameter" not in entry:
            raise complain("QC103", place, {"key": f"{section}.{name}.parameter"})
        for key in entry:
            if key not in ("parameter", "unit", "span", "scale", "missing"):
                raise complain("QC102", place, {"key": key, "allowed": "parameter, unit, span, scale, missing"})
        part = Table(table.path, entry, table.source_text)
        scale = Decimal(str(entry.get("scale", 1)))
        if scale <= 0:
            raise complain("QC107", place, {"key": "scale", "value": scale, "expected": "> 0"})
        span = part.text("span")
        if span and span not in SPANS:
            raise complain("QC107", place, {"key": "span", "value": span, "expected": " | ".join(SPANS)})
        found[name] = ColumnRule(part.text("parameter"), part.text("unit"), span, scale, part.texts("missing"))
    return found


def _flags(table: Table) -> dict[str, str]:
    allowed = ("valid", *Absent)
    flags = _texts_by_key(table, "flags")
    for name, meaning in flags.items():
        if meaning not in allowed:
            expected = " | ".join(allowed)
            raise table.wrong(name, meaning, expected)
    return flags


def _words(table: Table) -> dict[str, dict[str, str]]:
    found = {}
    for name, entry in _section(table, "words").items():
        if not isinstance(entry, dict):
            raise table.wrong(name, entry, "{词 = 值}")
        found[name] = {str(word): str(meaning) for word, meaning in entry.items()}
    return found


def _plausible(roots: Sequence[Path], report: Report) -> tuple[dict[str, MedianRule], dict[str, StuckRule]]:
    medians, stuck = {}, {}
    columns = (
        "parameter",
        "median_low",
        "median_high",
        "at_least",
        "action",
        "stuck_repeats",
        "jump",
        "status",
        "note",
    )
    for path in content_files(roots, "feeds/plausible.csv"):
        for row in read_rows(path, required=columns, report=report):
            with guarded(report):
                name = row.text("parameter")
                row.one_of("status", STATUSES)
                if row.cells["median_high"]:
                    medians[name] = _median(row)
                if row.cells["stuck_repeats"]:
                    stuck[name] = StuckRule(row.whole("stuck_repeats"), row.decimal_or_none("jump"))
    return medians, stuck


def _median(row: Row) -> MedianRule:
    low, high = row.decimal("median_low"), row.decimal("median_high")
    if low >= high:
        raise complain("QC107", row.place, {"key": "median_high", "value": high, "expected": f"> {low}"})
    return MedianRule(low, high, row.whole("at_least"), row.one_of("action", ("note", "reject")))


def _serials(roots: Sequence[Path], report: Report) -> dict[str, tuple[date, date]]:
    """Return, by feed, the first and the last day that a serial number of Excel may mean."""
    found = {}
    for path in content_files(roots, "feeds/serials.csv"):
        for row in read_rows(path, required=_SERIALS, report=report):
            with guarded(report):
                row.one_of("status", STATUSES)
                first, last = (row.text(key) and row.day(key) for key in ("first", "last"))
                if not isinstance(first, date) or not isinstance(last, date) or first > last:
                    words: dict[str, object] = {"key": "last", "value": last, "expected": f">= {first}"}
                    raise complain("QC107", row.place, words)
                found[row.text("feed")] = (first, last)
    return found


def _footers(roots: Sequence[Path], report: Report) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the words of rows that hold no data of their own: whole cells, and beginnings of remarks."""
    found: dict[str, str] = {}
    for path in content_files(roots, "feeds/footers.csv"):
        for row in read_rows(path, required=_FOOTERS, report=report):
            with guarded(report):
                row.one_of("status", STATUSES)
                found[row.text("word")] = row.one_of("place", ("whole", "start"))
    whole = frozenset(word for word, place in found.items() if place == "whole")
    return whole, tuple(word for word, place in found.items() if place == "start")


def _section(table: Table, key: str) -> Mapping[str, object]:
    value = table.content.get(key, {})
    if not isinstance(value, dict):
        raise table.wrong(key, value, f"[{key}]")
    return value


def _part(table: Table, key: str, allowed: Collection[str]) -> Table:
    content = _section(table, key)
    for name in content:
        if name not in allowed:
            words: dict[str, object] = {"key": f"{key}.{name}", "allowed": ", ".join(allowed)}
            raise complain("QC102", table.place(name, section=key), words)
    return Table(table.path, content, table.source_text)


def _inner(part: Table, key: str) -> Mapping[str, object]:
    return _section(part, key)


def _names(table: Table, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise table.wrong(key, value, "文字列表 a list of texts")
    return tuple(value)


def _alternatives(part: Table, key: str) -> tuple[tuple[str, ...], ...]:
    """A list of columns; each a header, or a list of headers of which any will do."""
    value = part.content.get(key, [])
    if not isinstance(value, list):
        raise part.wrong(key, value, "列表 a list")
    return tuple((item,) if isinstance(item, str) else _names(part, key, item) for item in value)


def _texts_by_key(table: Table, key: str) -> dict[str, str]:
    found = {}
    for name, value in _section(table, key).items():
        if not isinstance(value, str):
            raise table.wrong(name, value, "文字 a text")
        found[name] = value
    return found


def _one_of(part: Table, key: str, allowed: Collection[str], *, default: str = "") -> str:
    value = part.text(key, default)
    if value not in allowed:
        expected = " | ".join(allowed)
        raise part.wrong(key, value, expected)
    return value


def _truth(part: Table, key: str) -> bool:
    value = part.content.get(key, False)
    if not isinstance(value, bool):
        raise part.wrong(key, value, "true | false")
    return value


def _offset(part: Table) -> timedelta:
    text = part.text("offset", "+08:00")
    match = re.fullmatch(r"([+-])(\d{2}):(\d{2})", text)
    if match is None:
        raise part.wrong("offset", text, "+08:00")
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return size if match[1] == "+" else -size
