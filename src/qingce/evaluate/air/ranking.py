"""Cities in order of the composite index and of its improvement. 城市空气质量排名与改善幅度排名。

Ties, lists, review states and the limit set for improvement stand in `data/methods` (family `air_ranking`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import REVIEW_ZH, Review, lowest
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.change import year_before
from qingce.evaluate.air.indicator_days import SubjectDays, by_subject, subject_days
from qingce.evaluate.air.indicators import Asked, Part, ask, composite_parts, value_row
from qingce.evaluate.air.rules import LIMITS, STATISTICS, edition_of
from qingce.evaluate.kernels import arrow
from qingce.evaluate.points.tables import Cell, lay

__all__ = ["FAMILY", "IMPROVEMENT", "RANKING", "Scope", "places", "rank_cities", "rank_improvement"]

FAMILY = "air_ranking"
_HEAD = {"place": "int", "list": "text", "scope": "text", "scope_name": "text", "period": "text", "series": "text"}
RANKING = _HEAD | {"text": "text", "value": "decimal", "exact": "text"}
"""Head of the columns of a ranking; six concentrations and six single indices follow, then `_TAIL`."""
_TAIL = {
    "n": "int", "review": "text", "unreviewed": "int", "absent": "text", "edition": "text", "limits": "text",
    "note": "text",
}  # fmt: skip
IMPROVEMENT = _HEAD | {
    "worse_place": "int", "change": "decimal", "text": "text", "last_period": "text", "last_text": "text",
    "met": "int", "n": "int", "last_n": "int", "review": "text", "unreviewed": "int", "absent": "text",
    "edition": "text", "limits": "text", "last_limits": "text", "note": "text",
}  # fmt: skip
"""Columns of a ranking by improvement: `change` is R in %, `worse_place` counts from the greatest worsening."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Scope:
    """Over which days, under which editions and with which scheme cities are ranked; `preview` lets unreviewed pass."""

    days: pa.Table
    period: Period
    catalog: Catalog
    edition: str = "auto"
    scheme: str = ""
    series: str = ""
    preview: bool = False
    only: tuple[str, ...] = ()

    @property
    def method(self) -> Method:
        """The ranking method in force on the last day of the period."""
        return self.catalog.method(FAMILY, day=self.period.end)

    @property
    def chosen_series(self) -> str:
        """The series asked for, else the one the method declares."""
        return self.series or str(self.method.option("index", "series"))

    @property
    def indicator(self) -> Indicator:
        """The index that ranks, with the scheme asked for."""
        found = self.catalog.indicator(str(self.method.option("index", "indicator")))
        return replace(found, statistic={**found.statistic, "scheme": self.scheme}) if self.scheme else found


@dataclass(frozen=True, slots=True)
class _Subject:
    """One subject's days, and up to which day the table knows."""

    code: str
    name: str
    days: SubjectDays
    as_of: date


@dataclass(frozen=True, slots=True)
class _City:
    """One city's index over a period: VALUE cells and terms."""

    scope: str
    name: str
    row: Mapping[str, object]
    parts: Sequence[Part]
    asked: Asked


def places(values: Sequence[Decimal | None], *, verb: str = "shared_then_skipped") -> list[int | None]:
    """Return the place of each value, the least first; equal values share one and the next are skipped: 1, 1, 3.

    A None has no place. Raises QC107 for a tie rule that there is not.

    Examples
    --------
    >>> places([Decimal("3.14"), Decimal("3.20"), None, Decimal("3.14")])
    [1, 3, None, 1]
    """
    if verb != "shared_then_skipped":
        raise complain("QC107", words={"key": "tie.verb", "value": verb, "expected": "shared_then_skipped"})
    ordered = sorted(value for value in values if value is not None)
    first: dict[Decimal, int] = {}
    for number, value in enumerate(ordered, 1):
        first.setdefault(value, number)
    return [None if value is None else first[value] for value in values]


def rank_cities(scope: Scope) -> pa.Table:
    """Rank the subjects of a table of days by the composite index of the period, the cleanest first.

    A city without an index has no place and says why. Raises QC261 where a city's review state is below what the
    method asks for, unless a `preview` is asked for; QC104, QC105, QC110.

    References
    ----------
    [HBJC2018-19]_ (not read); ties 1, 1, 3 as provinces print them.
    """
    cities = [_city(scope, subject, period=scope.period) for subject in _subjects(scope)]
    unreviewed = _reviewed(scope, cities)
    order = places([_value(city.row) for city in cities], verb=str(scope.method.option("tie", "verb")))
    lists = _lists(order, scope.method)
    rows = []
    for city, place, listed in zip(cities, order, lists, strict=True):
        row: dict[str, Cell] = {"place": place, "list": listed, "unreviewed": int(unreviewed[city.scope])}
        for part in city.parts:
            row |= _shown(part, city.asked)
        rows.append(row | _told(city, scope))
    rows.sort(key=_by_place)
    names = [part.term.parameter for part in cities[0].parts] if cities else []
    columns = RANKING | dict.fromkeys(names, "text") | dict.fromkeys((f"i_{name}" for name in names), "decimal") | _TAIL
    return lay(rows, columns)


def rank_improvement(scope: Scope) -> pa.Table:
    """Rank the subjects by how their composite index changed against the same period of the year before.

    R = (now − then) / then, the greatest fall first. Cities that meet the declared class with every pollutant are left
    out of the places by worsening. Raises what `rank_cities` raises.

    References
    ----------
    [HBJC2018-19]_ (not read); R, ties and the exclusion as in the rule of 2017.
    """
    method, as_of = scope.method, _last_day(scope)
    before = year_before(scope.period, as_of)
    pairs = []
    for subject in _subjects(scope):
        now = _city(scope, subject, period=scope.period)
        pairs.append((now, _city(scope, subject, period=before, edition=_edition_then(scope, now))))
    unreviewed = _reviewed(scope, [city for pair in pairs for city in pair])
    change = [_improvement(now, then, method) for now, then in pairs]
    met = [_met(now, method, scope.catalog) for now, _ in pairs]
    verb = str(method.option("tie", "verb"))
    order = places(change, verb=verb)
    worse = places([None if r is None or good else -r for r, good in zip(change, met, strict=True)], verb=verb)
    rows = []
    for at, (now, then) in enumerate(pairs):
        rows.append(_told(now, scope) | {
            "place": order[at], "worse_place": worse[at], "change": change[at], "met": _flag(met[at]),
            "list": _listed(order[at], worse[at], method), "last_text": _text(then.row["text"]),
            "last_period": str(before), "last_n": int(str(then.row["n"])), "unreviewed": int(unreviewed[now.scope]),
            "review": _lowest(now, then), "last_limits": _text(then.row["limits"]),
            "absent": _text(now.row["absent"] or then.row["absent"]),
        })  # fmt: skip
    rows.sort(key=_by_place)
    return lay(rows, IMPROVEMENT)


def _subjects(scope: Scope) -> list[_Subject]:
    """Return every subject, or those asked for, by code."""
    found, as_of = [], _last_day(scope)
    for code, rows in by_subject(scope.days).items():
        if not scope.only or code in scope.only:
            name = arrow.texts(rows.slice(0, 1), "subject_name")[0] or code
            days = subject_days(rows, scope=code, series=scope.chosen_series)
            found.append(_Subject(code, name, days, as_of))
    return found


def _last_day(scope: Scope) -> date:
    numbers = arrow.whole(scope.days["day"])
    return _EPOCH + timedelta(int(numbers.max())) if numbers.size else scope.period.end


def _city(scope: Scope, subject: _Subject, *, period: Period, edition: str = "") -> _City:
    asked = ask(scope.indicator, subject.days, period=period, as_of=subject.as_of, catalog=scope.catalog,
                edition=edition or scope.edition)  # fmt: skip
    row = value_row(asked, scope=subject.code, scope_name=subject.name, series=scope.chosen_series)
    return _City(subject.code, subject.name, row, composite_parts(asked), asked)


def _edition_then(scope: Scope, now: _City) -> str:
    """Return the editions under which the earlier period is judged: with the limits of now where declared."""
    if scope.method.option("improvement", "limits") != "of_now":
        return scope.edition
    if edition_of(scope.catalog, LIMITS, scope.edition) != "auto":
        return scope.edition
    limits = [name for name in str(now.row["limits"]).split("+") if name]
    wanted = [*(() if scope.edition == "auto" else (scope.edition,)), *limits[:1]]
    return "+".join(wanted) or "auto"


def _reviewed(scope: Scope, cities: Sequence[_City]) -> dict[str, bool]:
    """Say which cities stand below the review state asked for; raises QC261 unless this is a preview."""
    needed = Review(str(scope.method.option("review", "at_least")))
    found = dict.fromkeys((city.scope for city in cities), False)
    for city in cities:
        review = city.row["review"]
        if city.row["value"] is None or (review is not None and Review(str(review)).rank >= needed.rank):
            continue
        if not scope.preview:
            words = {"scope": city.name, "period": city.row["period"], "needed": REVIEW_ZH[needed]}
            told = REVIEW_ZH[Review(str(review))] if review else "未知 unknown"
            raise complain("QC261", words=words | {"review": told})
        found[city.scope] = True
    return found


def _improvement(now: _City, then: _City, method: Method) -> Decimal | None:
    side = "value" if method.option("improvement", "of") == "rounded" else "exact"
    if now.row["value"] is None or then.row["value"] is None:
        return None
    first, second = (Fraction(str(city.row[side])) for city in (now, then))
    decimals = method.option("improvement", "decimals")
    if second == 0 or not isinstance(decimals, int):
        return None
    return round_gbt8170((first - second) * 100 / second, Decimal(1).scaleb(-decimals))


def _met(city: _City, method: Method, catalog: Catalog) -> bool | None:
    """Say whether every pollutant, as rounded for compliance, meets the declared class; None where one lacks."""
    if any(part.value is None for part in city.parts):
        return None
    decimals = _compliance(city.asked, catalog)
    grade, edition = str(method.option("improvement", "grade")), edition_of(catalog, LIMITS, city.asked.edition)
    for part in city.parts:
        term = part.term
        limit = catalog.limit(
            term.limit_parameter, term.limit_averaging, grade, day=city.asked.period.end, edition=edition
        )
        told = round_gbt8170(part.value or Fraction(0), Decimal(1).scaleb(-decimals[term.parameter]))
        if told > limit.value:
            return False
    return True


def _compliance(asked: Asked, catalog: Catalog) -> dict[str, int]:
    """Return in how many decimals each pollutant is compared with its limit."""
    name = edition_of(catalog, STATISTICS, asked.edition)
    rows = catalog.method(STATISTICS, day=asked.period.end, edition=name).tables["decimals"]
    return {row.text("parameter"): row.whole("compliance") for row in rows}


def _lists(order: Sequence[int | None], method: Method) -> list[str]:
    """Name the list that each place stands in: the best, the worst; ties at its end are in it."""
    best, worst = _length(method, "best"), _length(method, "worst")
    there = [place for place in order if place is not None]
    after = {place: sum(other > place for other in there) for place in there}
    found = []
    for place in order:
        names = [] if place is None else [word for word, yes in (
            ("best", place <= best), ("worst", after[place] < worst)) if yes]  # fmt: skip
        found.append(",".join(names))
    return found


def _listed(place: int | None, worse: int | None, method: Method) -> str:
    best = place is not None and place <= _length(method, "best")
    worst = worse is not None and worse <= _length(method, "worst")
    return ",".join(word for word, yes in (("best", best), ("worst", worst)) if yes)


def _length(method: Method, key: str) -> int:
    value = method.option("lists", key)
    if not isinstance(value, int):
        raise complain(
            "QC107", method.place, {"key": f"lists.{key}", "value": value, "expected": "整数 a whole number"}
        )
    return value


def _shown(part: Part, asked: Asked) -> dict[str, Cell]:
    name = part.term.parameter
    step = Decimal(1).scaleb(-asked.rules.decimals[name])
    return {name: None if part.value is None else f"{round_gbt8170(part.value, step):f}", f"i_{name}": part.index}


def _told(city: _City, scope: Scope) -> dict[str, Cell]:
    row, question = city.row, scope.method.question
    note = "；".join(filter(None, (str(row["note"]), f"规则未核：{question}" if question else "")))
    value = row["value"]
    return {
        "scope": city.scope, "scope_name": city.name, "period": str(row["period"]), "series": scope.chosen_series,
        "text": _text(row["text"]), "value": value if isinstance(value, Decimal) else None,
        "exact": _text(row["exact"]), "n": int(str(row["n"])), "review": _text(row["review"]),
        "absent": _text(row["absent"]), "edition": _text(row["method"]), "limits": _text(row["limits"]), "note": note,
    }  # fmt: skip


def _lowest(now: _City, then: _City) -> str | None:
    found = lowest(str(city.row["review"]) for city in (now, then) if city.row["review"])
    return None if found is None else found.value


def _value(row: Mapping[str, object]) -> Decimal | None:
    value = row["value"]
    return value if isinstance(value, Decimal) else None


def _by_place(row: Mapping[str, Cell]) -> tuple[int, str]:
    place = row["place"]
    return (place if isinstance(place, int) else 10**9), str(row["scope"])


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)
