"""Forecast files are a feed like any other: each cell is taken in or refused with its place. 预报文件。"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa

from qingce.catalog import Catalog
from qingce.catalog.feeds import Recipe, recipe_of
from qingce.core.errors import QingceError, complain
from qingce.core.records import Feed, Parameter, Rejected
from qingce.core.rounding import as_decimal
from qingce.core.tables import FORECAST
from qingce.observe.files import reason_of, shown
from qingce.observe.frame import split_unit
from qingce.observe.ingest import as_rejected
from qingce.observe.registers import Entry, Register, Tell, names_of, read_register, untold

__all__ = ["INDEX", "read_forecasts"]

INDEX = "aqi"
"""The parameter under which a forecast of the index stands, with its levels and primary pollutants."""

_BETWEEN = re.compile(r"\s*(?:~|～|—+|–|－|至|到|或|-)\s*")
_WORDED = re.compile(r"[级优良轻中重严ⅠⅡⅢⅣⅤⅥ]")
"""What tells a level in the column of the index from a number or a range of numbers."""
_SIGNED = re.compile(r"[-+]\d+(?:\.\d+)?")
_DATED = re.compile(r"(?<!\d)(20\d\d)[-_.年]?(\d\d)[-_.月]?(\d\d)(?!\d)")
_KEY = ("issuer", "site", "parameter", "made_on", "day")

Bounds = tuple[Decimal | None, Decimal | None, Decimal | None]
"""Value, low, high: a value alone, or a range alone."""
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Given:
    """What the caller or the file's name says where the rows do not."""

    catalog: Catalog
    feed: Feed
    issuer: str
    made_on: date | None
    known: Collection[str] | None
    fixed: Mapping[str, object]
    longest: int

    @property
    def recipe(self) -> Recipe:
        return recipe_of(self.feed)


def read_forecasts(
    path: Path, *, feed: Feed, catalog: Catalog, made_on: date | None = None, issuer: str = "",
    known: Collection[str] | None = None, known_at: datetime | None = None, tell: Tell = untold,
) -> tuple[pa.Table, pa.Table]:  # fmt: skip
    """Return the FORECAST rows of a file and what was refused, each with its place and number.

    Where no column says so, the day of making is `made_on` or the date in the file's name, and the issuer is `issuer`
    or the feed; `known` are the sites there are. A forecast made after its day (QC230), a range upside down (QC231), a
    day beyond the feed's horizon (QC234), a wrong unit (QC203, QC214), a second row of a key (QC220) are refused; gaps
    are told (QC233), and so is a file without a row (QC236).
    Raises QC200, QC201, QC202, QC204 for an unfit file.
    """
    recipe = recipe_of(feed)
    long = "parameter" in recipe.fields
    register = read_register(path, feed.id, catalog=catalog, required=("site", "parameter") if long else ("site",))
    given = _Given(
        catalog, feed, issuer or feed.id, made_on or _date_in(path.stem), known,
        {"source": path.name, "known_at": known_at}, int(recipe.words["horizon"]["longest"]),
    )  # fmt: skip
    found = [(row, entry) for entry in register.entries for row in _rows(entry, given, long=long)]
    register.rejected.extend(fault for entry in register.entries for fault in entry.faults)
    kept = _without_doubles(_plausible(found, given, register), register)
    if not register.entries:
        register.rejected.append(_told(path.name, complain("QC236")))
    register.rejected.extend(_gaps(kept, file=path.name))
    for note in (*register.told(), *_unlisted(kept, given, file=path.name)):
        tell(note)
    kept.sort(key=lambda row: tuple(str(row[name]) for name in _KEY))
    return pa.Table.from_pylist(kept, FORECAST), as_rejected(register.rejected)


def _date_in(name: str) -> date | None:
    """Return the one date that a file's name holds."""
    found = []
    for year, month, day in _DATED.findall(name):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found[0] if len(found) == 1 else None


def _rows(entry: Entry, given: _Given, *, long: bool) -> Iterator[Row]:
    """Yield the forecasts of a row whose key is in order; each faulty cell costs its own forecast only."""
    key = _key(entry, given)
    if key is None:
        return
    yield from _long(entry, given, key) if long else _wide(entry, given, key)


def _key(entry: Entry, given: _Given) -> Row | None:
    before = len(entry.faults)
    site = entry.scope("site", given.catalog)
    if given.known is not None and site and site not in given.catalog.regions and site not in given.known:
        entry.refuse("site", complain("QC210", words={"text": site}))
    made_on = entry.day("made_on") or given.made_on
    lead = entry.whole("lead", low=0, high=given.longest)
    day = entry.day("day", required=lead is None)
    if made_on is None and len(entry.faults) == before:
        entry.refuse("made_on", complain("QC232"))
    if made_on is not None and day is None and lead is not None:
        day = made_on + timedelta(days=lead)
    if made_on is not None and day is not None:
        _check_days(entry, given, made_on=made_on, day=day)
    if len(entry.faults) > before:
        return None
    issuer = entry.text("issuer") or given.issuer
    return {"issuer": issuer, "site": site, "made_on": made_on, "day": day, "line": entry.line, **given.fixed}


def _check_days(entry: Entry, given: _Given, *, made_on: date, day: date) -> None:
    if day < made_on:
        entry.refuse("day", complain("QC230", words={"day": day, "made_on": made_on}))
    elif (day - made_on).days > given.longest:
        words: dict[str, object] = {"day": day, "made_on": made_on, "longest": given.longest}
        entry.refuse("day", complain("QC234", words=words))


def _wide(entry: Entry, given: _Given, key: Row) -> Iterator[Row]:
    index = _index(entry, given, places=(INDEX, f"{INDEX}_low", f"{INDEX}_high"))
    if index is not None:
        yield key | index
    for name in entry.headers:
        parameter = given.catalog.parameters.get(name)
        if parameter is None:
            continue
        unit = split_unit(entry.headers[name])[1]
        bounds = _bounds(entry, parameter, catalog=given.catalog, places=(name, "", ""), unit=unit)
        if bounds is not None:
            yield key | {"parameter": parameter.id, "column": name} | _named(bounds)


def _long(entry: Entry, given: _Given, key: Row) -> Iterator[Row]:
    name = entry.text("parameter", required=True)
    if name == INDEX:
        index = _index(entry, given, places=("value", "low", "high"))
        if index is not None:
            yield key | index
        return
    try:
        parameter = given.catalog.parameter(name)
    except QingceError:
        if name:
            entry.refuse("parameter", complain("QC205", words={"name": name, "feed": given.feed.id}))
        return
    unit = entry.text("unit") or split_unit(entry.headers.get("value", ""))[1]
    bounds = _bounds(entry, parameter, catalog=given.catalog, places=("value", "low", "high"), unit=unit)
    if bounds is not None:
        yield key | {"parameter": parameter.id, "column": "value"} | _named(bounds)


def _index(entry: Entry, given: _Given, *, places: tuple[str, str, str]) -> Row | None:
    """Return the forecast of the index with its levels and pollutants, None where there is none or it is at fault.

    A level written in place of the index (`3级`, `良`) is read as the level.
    """
    before, column = len(entry.faults), places[0]
    parameter = given.catalog.parameters[given.recipe.parameters[INDEX]]
    text, place = entry.cells.get("level", ""), "level"
    if not text and _WORDED.search(entry.text(places[0])):
        text, place = entry.text(places[0]), places[0]
        places = ("", *places[1:])
    bounds = _bounds(entry, parameter, catalog=given.catalog, places=places, unit="")
    levels = _levels(entry, text, place)
    primary = ",".join(_primary(entry, given))
    if len(entry.faults) > before or (bounds is None and levels is None):
        return None
    low, high = levels or (None, None)
    row: Row = {"parameter": INDEX, "column": column, "level_low": low, "level_high": high, "primary": primary}
    return row | _named(bounds or (None, None, None))


def _named(bounds: Bounds) -> Row:
    return dict(zip(("value", "low", "high"), bounds, strict=True))


def _bounds(
    entry: Entry, parameter: Parameter, *, catalog: Catalog, places: tuple[str, str, str], unit: str
) -> Bounds | None:
    """Return the value or range of a forecast in the inside unit; QC203, QC206, QC207, QC208, QC216, QC231."""
    before = len(entry.faults)
    found: list[Decimal | None] = []
    for at, place in enumerate(places):
        parts = _parts(entry.text(place)) if place else []
        numbers = [_number(entry, place, text, parameter=parameter, catalog=catalog, unit=unit) for text in parts]
        if len(numbers) > (2 if at == 0 else 1):
            words: dict[str, object] = {"column": entry.headers[place], "text": entry.text(place)}
            entry.refuse(place, complain("QC216", words=words | {"expected": "50 | 50～80"}))
        found += numbers if len(numbers) == 2 else [*numbers[:1], *([None] * (1 - len(numbers)))]
    if len(entry.faults) > before or all(number is None for number in found):
        return None
    if len(found) == 4:
        found = [None, *found[:2]]
    value, low, high = found
    if low is not None and high is not None and low > high:
        place = places[0] if entry.text(places[0]) else places[1]
        entry.refuse(place, complain("QC231", words={"low": f"{low.normalize():f}", "high": f"{high.normalize():f}"}))
        return None
    if (low is None) != (high is None):
        value, low, high = (value if value is not None else low if high is None else high), None, None
    return value, low, high


def _parts(text: str) -> list[str]:
    """Split a range into its ends; a number with a sign is one number."""
    return [text] if _SIGNED.fullmatch(text) else [part for part in _BETWEEN.split(text) if part]


def _number(
    entry: Entry, place: str, text: str, *, parameter: Parameter, catalog: Catalog, unit: str
) -> Decimal | None:
    try:
        number = Fraction(Decimal(text))
    except (ArithmeticError, ValueError):
        entry.refuse(place, complain("QC206", words={"text": text}))
        return None
    try:
        value = as_decimal(number * Fraction(catalog.units.factor(unit or parameter.unit, parameter.unit)), 6)
    except QingceError as error:
        entry.refuse(place, error)
        return None
    low, high = parameter.minimum, parameter.maximum
    if value < 0 and low is not None and low >= 0:
        entry.refuse(place, complain("QC207", words={"parameter": parameter.zh, "text": text}))
        return None
    if (low is not None and value < low) or (high is not None and value > high):
        words: dict[str, object] = {"parameter": parameter.zh, "text": text, "low": low, "high": high}
        entry.refuse(place, complain("QC208", words=words | {"unit": parameter.unit}))
        return None
    return value


def _levels(entry: Entry, text: str, place: str) -> tuple[int, int] | None:
    """Return the range of levels of a cell: `良`, `良至轻度污染`, `2-3级`, `三级（轻度污染）`; QC216, QC231."""
    if not text:
        return None
    words = entry.recipe.words["level"]
    said = [_spoken_levels(part, words) for part in split_unit(text) if part]
    if None in said or len(set(said)) != 1:
        shapes = "优 | 良至轻度污染 | 2-3级"
        expected: dict[str, object] = {"column": entry.headers[place], "text": text, "expected": shapes}
        entry.refuse(place, complain("QC216", words=expected))
        return None
    found = said[0]
    if found and found[0] > found[1]:
        entry.refuse(place, complain("QC231", words={"low": found[0], "high": found[1]}))
        return None
    return found


def _spoken_levels(text: str, words: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the one or two levels that a text names, None when it names none."""
    parts = []
    for part in (part for part in _BETWEEN.split(text) if part):
        bare = normalize("NFKC", part).removesuffix("级")
        parts.append(next((words[word] for word in (part, bare, f"{bare}级") if word in words), ""))
    return (int(parts[0]), int(parts[-1])) if all(parts) and 1 <= len(parts) <= 2 else None


def _primary(entry: Entry, given: _Given) -> Iterator[str]:
    """Yield the pollutants of a cell, without those that stand for none; QC205."""
    spoken = entry.recipe.words.get("primary", {})
    for name in names_of(entry.cells.get("primary", "")):
        if spoken.get(name, name):
            try:
                yield given.catalog.parameter(spoken.get(name, name)).id
            except QingceError:
                entry.refuse("primary", complain("QC205", words={"name": name, "feed": given.feed.id}))


def _plausible(rows: Sequence[tuple[Row, Entry]], given: _Given, register: Register) -> Iterator[tuple[Row, Entry]]:
    """Refuse a parameter of which every value lies on one side of any plausible median: its unit is wrong (QC214)."""
    wrong: dict[str, QingceError] = {}
    for name in {str(row["parameter"]) for row, _ in rows} & set(given.recipe.medians):
        rule, parameter = given.recipe.medians[name], given.catalog.parameters[name]
        values = sorted(middle for row, _ in rows if row["parameter"] == name and (middle := _middle(row)) is not None)
        if values and (values[-1] < rule.low or values[0] > rule.high):
            median = as_decimal(values[len(values) // 2], 6).normalize()
            words: dict[str, object] = {"parameter": parameter.zh, "median": f"{median:f}", "unit": parameter.unit}
            wrong[name] = complain("QC214", words=words | {"low": rule.low, "high": rule.high})
    for row, entry in rows:
        place = str(row.pop("column"))
        error = wrong.get(str(row["parameter"]))
        if error is None:
            yield row, entry
        else:
            register.rejected.append(_refused(entry, place, error))


def _middle(row: Row) -> Fraction | None:
    value, low, high = row["value"], row["low"], row["high"]
    if isinstance(value, Decimal):
        return Fraction(value)
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        return (Fraction(low) + Fraction(high)) / 2
    return None


def _without_doubles(rows: Iterable[tuple[Row, Entry]], register: Register) -> list[Row]:
    """Keep the first row of each key; a second is refused (QC220), whatever it says."""
    kept: dict[tuple[object, ...], Row] = {}
    for row, entry in rows:
        key = tuple(row[name] for name in _KEY)
        if key not in kept:
            kept[key] = row
            continue
        words: dict[str, object] = {"key": f"{row['site']} {row['day']} {row['parameter']}", "line": kept[key]["line"]}
        register.rejected.append(_refused(entry, "day", complain("QC220", words=words)))
    return list(kept.values())


def _refused(entry: Entry, name: str, error: QingceError) -> Rejected:
    column, text = entry.headers.get(name, name), shown(entry.cells.get(name, ""))
    return Rejected(entry.file, entry.sheet, entry.line, column, text, error.code, reason_of(error))


def _told(file: str, error: QingceError, *, text: str = "", column: str = "") -> Rejected:
    return Rejected(file, "", 0, column, text, error.code, reason_of(error))


def _unlisted(rows: Iterable[Row], given: _Given, *, file: str) -> Iterator[str]:
    """Name the places that are no regions, where nobody said which sites there are: one may be a slip of the pen."""
    if given.known is None:
        names = sorted({site for row in rows if (site := str(row["site"])) not in given.catalog.regions})
        some = "、".join(names[:10]) + ("…" if len(names) > 10 else "")
        if names:
            yield f"{file}：{some} 不在行政区划中，按站点收入，请核对 no regions, taken in as sites: {len(names)}"


def _gaps(rows: Iterable[Row], *, file: str) -> Iterator[Rejected]:
    """Tell each site and parameter whose forecast leaves out a day before its last one."""
    days: dict[tuple[object, ...], set[date]] = {}
    for row in rows:
        day = row["day"]
        if isinstance(day, date):
            days.setdefault((row["issuer"], row["site"], row["parameter"], row["made_on"]), set()).add(day)
    for (_, site, parameter, made_on), there in sorted(days.items(), key=str):
        first = made_on + timedelta(days=1) if isinstance(made_on, date) else min(there)
        every = {first + timedelta(days=step) for step in range((max(there) - first).days + 1)}
        missing = sorted(every - there)
        if missing:
            text = "、".join(str(day) for day in missing)
            words: dict[str, object] = {"site": site, "parameter": parameter, "made_on": made_on, "days": text}
            yield _told(file, complain("QC233", words=words), text=text, column=str(parameter))
