"""The declared rules of a method file as records that the kernels take. 方法文件中的规则。"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Generic, TypeVar

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.catalog.strict import Row
from qingce.core.errors import complain
from qingce.evaluate.kernels.index import Scale

__all__ = [
    "AQI",
    "AqiItem",
    "AqiRules",
    "DayItem",
    "DayRules",
    "LIMITS",
    "Level",
    "PeriodRules",
    "STATISTICS",
    "Span",
    "Term",
    "aqi_rules",
    "day_rules",
    "edition_of",
    "period_rules",
    "spans",
]

AQI, STATISTICS, LIMITS = "aqi", "air_statistics", "limits"
Rules = TypeVar("Rules")


@dataclass(frozen=True, slots=True)
class AqiItem:
    """One line of a report: a quantity, how it is averaged in the hourly report, and its breakpoint column."""

    quantity: str
    parameter: str
    hours: int
    at_least: int
    scale: Scale
    decimals: int | None
    beyond: str
    instead: str
    zh: str
    en: str
    waived_by: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A level 级别 of the index: 1 to 6, up to `high`."""

    level: int
    high: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class AqiRules:
    """One edition of the index method."""

    id: str
    day: tuple[AqiItem, ...]
    hour: tuple[AqiItem, ...]
    substitutes: Mapping[str, AqiItem]
    levels: tuple[Level, ...]
    cap: int
    primary_above: int
    exceeding_above: int | None
    incomplete_above: int | None

    def items(self, report: str) -> tuple[AqiItem, ...]:
        """Return the lines of the `day` or the `hour` report."""
        return self.day if report == "day" else self.hour


@dataclass(frozen=True, slots=True)
class DayItem:
    """How the hours of a natural day become one value of a quantity, and when that is valid."""

    quantity: str
    parameter: str
    verb: str
    at_least: int
    window: int
    window_at_least: int
    ends: tuple[int, int]
    windows_at_least: int
    limit_averaging: str
    limit_grade: str


@dataclass(frozen=True, slots=True)
class DayRules:
    """Hours to site days to city days, and what an exceptional day takes away."""

    id: str
    items: tuple[DayItem, ...]
    share: Fraction
    few_below: int
    few_share: Fraction
    refuse_short: bool
    excepted: tuple[str, ...]
    not_counted: tuple[str, ...]

    def sites_needed(self, count: int) -> int:
        """Return how many of a city's sites must be valid."""
        share = self.few_share if count < self.few_below else self.share
        return max(1, -(-share.numerator * count // share.denominator))


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the composite index: a statistic over its limit, times a weight, rounded to `decimals`."""

    parameter: str
    verb: str
    percent: Fraction
    limit_parameter: str
    limit_averaging: str
    limit_grade: str
    weight: Fraction
    decimals: int
    limit: Fraction | None = None


@dataclass(frozen=True, slots=True)
class PeriodRules:
    """Statistics over days: validity, decimals and the terms of the composite index."""

    id: str
    year: int
    month: int
    february: int
    decimals: Mapping[str, int]
    share_decimals: int
    incomplete_above: int
    composite: tuple[Term, ...]
    schemes: Mapping[str, tuple[Term, ...]]
    composite_decimals: int
    questions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Span(Generic[Rules]):
    """The days from `start` to `end`, both included, on which the same rules hold."""

    start: date
    end: date
    rules: Rules


def edition_of(catalog: Catalog, family: str, edition: str) -> str:
    """Return the part of an edition request that names a method of the family, else "auto".

    A request may join several: `hj633-2026+hj663-2013+gb3095-2026-final`. Family "limits" means the limit tables.
    Raises QC110 for a name that is neither a method nor an edition of limits.
    """
    asked = [name for name in edition.split("+") if name != "auto"]
    known = catalog.edition_names if asked else {}
    for name in asked:
        if name in known.get(family, ()):
            return name
        if not any(name in names for names in known.values()):
            allowed = ", ".join(sorted({word for names in known.values() for word in names}))
            raise complain("QC110", words={"name": name, "what": "标准或方法版本 edition", "allowed": allowed})
    return "auto"


def spans(
    catalog: Catalog, family: str, *, days: tuple[date, date], edition: str, read: Callable[[Method], Rules]
) -> list[Span[Rules]]:
    """Cut the days into spans on which one method of the family holds; raises QC105 where none does."""
    first, last = days
    name = edition_of(catalog, family, edition)
    if name != "auto":
        return [Span(first, last, read(catalog.method(family, day=first, edition=name)))]
    found: list[Span[Rules]] = []
    while first <= last:
        method = catalog.method(family, day=first)
        end = min(last, method.end or last)
        found.append(Span(first, end, read(method)))
        first = end + timedelta(1)
    return found


def aqi_rules(method: Method) -> AqiRules:
    """Read the rules of an index method: its items, breakpoints and levels; raises QC103, QC107."""
    if method.option("index", "rounding") != "up":
        raise _wrong(method, "index.rounding", method.option("index", "rounding"))
    items = [(row.text("report"), _aqi_item(row, method.tables["breakpoints"])) for row in method.tables["items"]]
    missing = method.options.get("missing")
    above = missing.get("above") if isinstance(missing, Mapping) else None
    primary = method.options.get("primary")
    exceeding = primary.get("exceeding_above") if isinstance(primary, Mapping) else None
    return AqiRules(
        id=method.id,
        day=tuple(item for report, item in items if report == "day"),
        hour=tuple(item for report, item in items if report == "hour"),
        substitutes={item.quantity: item for report, item in items if report == "substitute"},
        levels=tuple(
            Level(row.whole("level"), row.whole("high"), row.text("zh"), row.text("en"))
            for row in method.tables["levels"]
        ),
        cap=_whole(method, "index", "cap"),
        primary_above=_whole(method, "primary", "above"),
        exceeding_above=exceeding if isinstance(exceeding, int) else None,
        incomplete_above=above if isinstance(above, int) else None,
    )


def day_rules(method: Method) -> DayRules:
    """Read how hours become days from a statistics method."""
    return DayRules(
        id=method.id,
        items=tuple(_day_item(row) for row in method.tables["day"]),
        share=_fraction(method, "city", "share"),
        few_below=_whole(method, "city", "few_below"),
        few_share=_fraction(method, "city", "few_share"),
        refuse_short=method.option("city", "when_short") == "refuse",
        excepted=_texts(method, "exceptions", "parameters"),
        not_counted=_texts(method, "exceptions", "not_counted"),
    )


def period_rules(method: Method) -> PeriodRules:
    """Read validity, decimals and the composite index from a statistics method."""
    terms = tuple(_term(row) for row in method.tables["composite"])
    questions = {
        name: str(part["question"])
        for name, part in method.options.items()
        if isinstance(part, Mapping) and part.get("status") == "unread"
    }
    return PeriodRules(
        id=method.id,
        year=_whole(method, "period", "year"),
        month=_whole(method, "period", "month"),
        february=_whole(method, "period", "february"),
        decimals={row.text("parameter"): row.whole("statistic") for row in method.tables["decimals"]},
        share_decimals=_whole(method, "day_share", "decimals"),
        incomplete_above=_whole(method, "day_share", "incomplete_above"),
        composite=terms,
        schemes=_schemes(terms, method.tables.get("composite_schemes", [])),
        composite_decimals=_whole(method, "composite", "decimals"),
        questions=questions,
    )


def _aqi_item(row: Row, breakpoints: Iterable[Row]) -> AqiItem:
    return AqiItem(
        quantity=row.text("quantity"),
        parameter=row.text("parameter"),
        hours=_whole_or(row, "hours", 1),
        at_least=_whole_or(row, "at_least", 1),
        scale=_scale(row, breakpoints),
        decimals=row.whole("decimals") if row.cells["decimals"] else None,
        beyond=row.one_of("beyond", ("hold", "none")),
        instead=row.cells["instead"],
        zh=row.text("zh"),
        en=row.text("en"),
        waived_by=row.cells.get("waived_by", ""),
    )


def _scale(row: Row, breakpoints: Iterable[Row]) -> Scale:
    column = row.text("scale")
    points = [(Fraction(point.decimal(column)), point.whole("index")) for point in breakpoints if point.cells[column]]
    unit = max((value.denominator for value, _ in points), default=1)
    return Scale(tuple(int(value * unit) for value, _ in points), tuple(index for _, index in points), unit)


def _day_item(row: Row) -> DayItem:
    return DayItem(
        quantity=row.text("quantity"),
        parameter=row.text("parameter"),
        verb=row.one_of("verb", ("mean", "maximum", "window_maximum")),
        at_least=_whole_or(row, "at_least", 1),
        window=_whole_or(row, "window", 1),
        window_at_least=_whole_or(row, "window_at_least", 1),
        ends=(_whole_or(row, "first_end", 1), _whole_or(row, "last_end", 24)),
        windows_at_least=_whole_or(row, "windows_at_least", 1),
        limit_averaging=row.cells["limit_averaging"],
        limit_grade=row.cells["limit_grade"],
    )


def _term(row: Row) -> Term:
    return Term(
        parameter=row.text("parameter"),
        verb=row.one_of("verb", ("mean", "percentile")),
        percent=Fraction(row.decimal("percent")) if row.cells["percent"] else Fraction(0),
        limit_parameter=row.text("limit_parameter"),
        limit_averaging=row.text("limit_averaging"),
        limit_grade=row.text("limit_grade"),
        weight=Fraction(row.decimal("weight")),
        decimals=row.whole("decimals"),
    )


def _schemes(terms: tuple[Term, ...], rows: Iterable[Row]) -> dict[str, tuple[Term, ...]]:
    """Return the named variants of the composite index: other weights, or fixed limits."""
    found: dict[str, list[Term]] = {}
    by_parameter = {term.parameter: term for term in terms}
    for row in rows:
        limit = Fraction(row.decimal("limit")) if row.cells["limit"] else None
        term = replace(by_parameter[row.text("parameter")], weight=Fraction(row.decimal("weight")), limit=limit)
        found.setdefault(row.text("scheme"), []).append(term)
    return {scheme: tuple(part) for scheme, part in found.items()}


def _whole_or(row: Row, key: str, default: int) -> int:
    return row.whole(key) if row.cells[key] else default


def _whole(method: Method, section: str, key: str) -> int:
    value = method.option(section, key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(method, f"{section}.{key}", value)
    return value


def _fraction(method: Method, section: str, key: str) -> Fraction:
    value = method.option(section, key)
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise _wrong(method, f"{section}.{key}", value)
    return Fraction(value)


def _texts(method: Method, section: str, key: str) -> tuple[str, ...]:
    value = method.option(section, key)
    if not isinstance(value, list):
        raise _wrong(method, f"{section}.{key}", value)
    return tuple(str(word) for word in value)


def _wrong(method: Method, key: str, value: object) -> Exception:
    words: dict[str, object] = {"key": key, "value": value, "expected": "见 families.toml see families.toml"}
    return complain("QC107", method.place, words)
