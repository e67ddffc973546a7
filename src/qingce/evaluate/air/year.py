"""A dense block of hours to city days, statistics of years and a ranking, at the speed of reading it. 方阵评价。"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Review
from qingce.core.blocks import HourBlock
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.tables import SCALE, VALUE_TYPE
from qingce.evaluate.air.cells import Cell
from qingce.evaluate.air.days import DEDUCTED, MEASURED
from qingce.evaluate.air.index import Index, index_of
from qingce.evaluate.air.input import NO_REVIEW, REASONS, Codes, Longs
from qingce.evaluate.air.ranking import places
from qingce.evaluate.air.rules import STATISTICS, AqiRules, Span, edition_of, period_rules
from qingce.evaluate.air.tables import whole
from qingce.evaluate.air.year_days import BlockGround, area_days, ground_of, site_days
from qingce.evaluate.air.year_statistics import VERBS, Answer, AreaStretch, answers
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import micro, rounded
from qingce.evaluate.kernels.index import NONE

__all__ = ["AirYear", "evaluate_air_year", "site_days"]

RANKING = pa.schema([
    ("indicator", pa.string()), ("period", pa.string()), ("series", pa.string()), ("place", pa.int64()),
    ("subject", pa.string()), ("subject_name", pa.string()), ("value", VALUE_TYPE),
])  # fmt: skip
_REASON_WORDS = tuple(str(reason) for reason in REASONS)
_REVIEW_WORDS = tuple(str(review) for review in Review)


@dataclass(frozen=True, slots=True)
class AirYear:
    """What a block of hours says about its cities.

    `city_days`, a row a city, day and series: subject, subject_name, day, series; num_*, den_* (the exact value, not
    cancelled), n_* (sites), absent_*; aqi, level, primary, aqi_absent; n_sites, edition, review.
    `city_years`, a row an indicator, city, period and series: value, num, den, n, n_required, absent, review, method,
    limits. `ranking`: place by the composite index as told (ties 1, 1, 3), the cleanest first; no place, no index.
    """

    city_days: pa.Table
    city_years: pa.Table
    ranking: pa.Table


@dataclass(frozen=True, slots=True)
class _Series:
    """One series of all areas `[area, day]`, judged; texts are places in vocabularies."""

    name: str
    cells: Mapping[str, Cell]
    units: Mapping[str, int]
    spans: Sequence[tuple[Span[AqiRules], slice]]
    best: Longs
    missing: Codes
    aqi: Longs
    level: Longs
    primary: Longs
    absent: Codes
    review: Codes
    words: Sequence[str]


def evaluate_air_year(
    block: HourBlock,
    sites: pa.Table,
    exceptions: pa.Table,
    *,
    catalog: Catalog,
    edition: str = "auto",
    periods: Sequence[Period] | None = None,
    as_of: date | None = None,
) -> AirYear:
    """Evaluate the cities of a block: every day, and every period (default: each calendar year it touches).

    The same numbers as `evaluate_air_days` and `air_indicator` on the same hours. The deducted series is told where an
    exceptional event counts; else it is the measured one. Raises QC105, QC110, QC256.

    References
    ----------
    [HJ663-2013]_, [HJ663-2026]_; [HJ633-2012]_, [HJ633-2026]_.
    """
    ground = ground_of(block, sites, exceptions, catalog=catalog, edition=edition)
    last = as_of or ground.stretch.end
    names = (MEASURED, DEDUCTED) if ground.events else (MEASURED,)
    series = [_series(ground, name) for name in names]
    found = [
        (each.name, period, answer)
        for each in series
        for period in periods or tuple(_years(ground.stretch.start, ground.stretch.end))
        for answer in _of_period(ground, each, period, catalog=catalog, edition=edition, as_of=last)
    ]
    years = _years_table(ground, found)
    days = pa.concat_tables([_days_table(ground, each) for each in series])
    return AirYear(days, years, _ranking(ground, found))


def _series(ground: BlockGround, name: str) -> _Series:
    cells, units = area_days(ground, deducted=name == DEDUCTED)
    spans = [(span, ground.stretch.rows(span.start, span.end)) for span in ground.indices]
    parts, words = [], [""]
    for span, rows in spans:
        inside = cells if len(spans) == 1 else {each: _days_of(cell, rows) for each, cell in cells.items()}
        index = index_of(inside, span.rules, report="day")
        parts.append((index, *_told(index, span.rules, words)))

    def all_days(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=1)

    return _Series(
        name=name,
        cells=cells,
        units=units,
        spans=spans,
        best=all_days([index.best for index, _, _ in parts]),
        missing=all_days([index.missing for index, _, _ in parts]),
        aqi=all_days([index.aqi for index, _, _ in parts]),
        level=all_days([level for _, level, _ in parts]),
        primary=all_days([primary for _, _, primary in parts]),
        absent=all_days([index.reason for index, _, _ in parts]),
        review=np.minimum.reduce([cell.review for cell in cells.values()]),
        words=words,
    )


def _told(index: Index, rules: AqiRules, words: list[str]) -> tuple[Longs, Longs]:
    """Return the level of every day, and its primary pollutants as places in the words; NONE without an index."""
    highs = [level.high for level in rules.levels]
    levels = [rules.levels[min(bisect_left(highs, aqi), len(highs) - 1)].level for aqi in range(rules.cap + 1)]
    names = [item.zh for item in rules.items("day")]
    kinds = np.flatnonzero(np.bincount(index.primary.ravel(), minlength=1))
    place = np.zeros(int(kinds.max(initial=0)) + 1, np.int64)
    for kind in kinds:
        text = ",".join(dict.fromkeys(name for bit, name in enumerate(names) if int(kind) >> bit & 1))
        words.extend([] if text in words else [text])
        place[kind] = words.index(text)
    there = index.aqi != NONE
    table = np.array([*levels, NONE], np.int64)
    return table[index.aqi], np.where(there, place[index.primary], NONE)


def _days_of(cell: Cell, rows: slice) -> Cell:
    at = slice(None), rows
    return Cell(cell.values.at(at), cell.n[at], cell.reason[at], cell.review[at], cell.short[at])


def _years(first: date, last: date) -> Iterator[Period]:
    return (Period.year(year) for year in range(first.year, last.year + 1))


def _of_period(
    ground: BlockGround, series: _Series, period: Period, *, catalog: Catalog, edition: str, as_of: date
) -> list[Answer]:
    """Answer every air indicator of the catalog over a period."""
    stretch = ground.stretch
    start, end = max(period.start, stretch.start), min(period.end, stretch.end)
    rows = stretch.rows(start, end) if start <= end else slice(0, 0)
    rules = catalog.method(STATISTICS, day=period.end, edition=edition_of(catalog, STATISTICS, edition))
    asked = AreaStretch(
        period=period,
        as_of=as_of,
        days=np.arange(stretch.first + rows.start, stretch.first + rows.stop),
        cells={name: _days_of(cell, rows) for name, cell in series.cells.items()},
        units=series.units,
        indices=[
            (slice(max(part.start, rows.start) - rows.start, min(part.stop, rows.stop) - rows.start), span.rules)
            for span, part in series.spans
            if part.start < rows.stop and part.stop > rows.start
        ],
        best=series.best[:, rows],
        missing=series.missing[:, rows],
        review=series.review[:, rows],
        rules=period_rules(rules),
        catalog=catalog,
        edition=edition,
    )
    return answers(asked, _indicators(catalog))


def _indicators(catalog: Catalog) -> list[Indicator]:
    return [
        indicator
        for indicator in catalog.indicators.values()
        if indicator.medium == "air" and indicator.statistic.get("verb") in VERBS
    ]


def _days_table(ground: BlockGround, series: _Series) -> pa.Table:
    days, areas = ground.stretch.days, ground.areas
    subject = np.repeat(np.arange(len(areas), dtype=np.int32), days)
    columns: dict[str, pa.Array] = {
        "subject": arrow.dictionary(subject, [area.code for area in areas]),
        "subject_name": arrow.dictionary(subject, [area.name for area in areas]),
        "day": arrow.days(np.tile(np.arange(ground.stretch.first, ground.stretch.first + days), len(areas))),
        "series": arrow.dictionary(np.zeros(len(subject), np.int8), [series.name]),
    }
    for name, cell in series.cells.items():
        ok = cell.values.ok.ravel()
        columns[f"num_{name}"] = arrow.integers(whole(cell.values.num, name).ravel(), ok)
        columns[f"den_{name}"] = arrow.integers(whole(cell.values.den, name).ravel(), ok)
        columns[f"n_{name}"] = arrow.integers(cell.n.ravel())
        columns[f"absent_{name}"] = arrow.dictionary(cell.reason.ravel() - np.int8(1), _REASON_WORDS)
    there = series.aqi.ravel() != NONE
    columns["aqi"] = arrow.integers(series.aqi.ravel(), there)
    columns["level"] = arrow.integers(series.level.ravel(), there)
    columns["primary"] = arrow.dictionary(series.primary.ravel().astype(np.int8), series.words)
    columns["aqi_absent"] = arrow.dictionary(series.absent.ravel() - np.int8(1), _REASON_WORDS)
    columns["n_sites"] = arrow.integers(ground.map.total.T.ravel())
    place, words = _editions(ground)
    columns["edition"] = arrow.dictionary(np.tile(place, len(areas)), words)
    review = series.review.ravel()
    columns["review"] = arrow.dictionary(np.where(review == NO_REVIEW, NONE, review), _REVIEW_WORDS)
    return pa.table(columns)


def _editions(ground: BlockGround) -> tuple[NDArray[np.int8], list[str]]:
    """Name the index's and the statistics' method of each day."""
    place = np.zeros(ground.stretch.days, np.int8)
    words: list[str] = []
    for index, days in product(ground.indices, ground.days):
        first, last = max(index.start, days.start), min(index.end, days.end)
        if first <= last:
            place[ground.stretch.rows(first, last)] = len(words)
            words.append(f"{index.rules.id}+{days.rules.id}")
    return place, words


_Found = Sequence[tuple[str, Period, Answer]]


def _years_table(ground: BlockGround, found: _Found) -> pa.Table:
    areas = len(ground.areas)
    size = len(found) * areas

    def each(told: Callable[[str, Period, Answer], str]) -> pa.Array:
        """Make a column of one text for each block of areas."""
        words = [told(*row) for row in found]
        vocabulary = sorted(set(words))
        place = np.array([vocabulary.index(word) for word in words], np.int32)
        return arrow.dictionary(np.repeat(place, areas), vocabulary)

    def beside(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)

    subject = np.tile(np.arange(areas, dtype=np.int32), len(found))
    ok = beside([answer.exact.ok for _, _, answer in found]).astype(bool)
    absent = beside([answer.absent for _, _, answer in found]).astype(np.int8)
    review = beside([answer.review for _, _, answer in found]).astype(np.int8)
    return pa.table({
        "indicator": each(lambda _, __, answer: answer.indicator.id),
        "subject": arrow.dictionary(subject, [area.code for area in ground.areas]),
        "subject_name": arrow.dictionary(subject, [area.name for area in ground.areas]),
        "period": each(lambda _, period, __: str(period)),
        "series": each(lambda name, _, __: name),
        "value": arrow.decimals(beside([_shown(answer) for _, _, answer in found]).astype(np.int64), ok),
        "num": arrow.integers(beside([whole(a.exact.num, a.indicator.id) for _, _, a in found]), ok),
        "den": arrow.integers(beside([whole(a.exact.den, a.indicator.id) for _, _, a in found]), ok),
        "n": arrow.integers(beside([answer.n for _, _, answer in found])),
        "n_required": arrow.integers(np.repeat(np.array([a.need for _, _, a in found], np.int64), areas)),
        "absent": arrow.dictionary(absent - np.int8(1), _REASON_WORDS),
        "review": arrow.dictionary(np.where(review == NO_REVIEW, NONE, review).astype(np.int8), _REVIEW_WORDS),
        "method": each(lambda _, __, answer: answer.method),
        "limits": each(lambda _, __, answer: answer.limits),
    }).slice(0, size)  # fmt: skip


def _shown(answer: Answer) -> Longs:
    """Return the value as told, in millionths."""
    return micro(rounded(answer.exact, answer.decimals))


def _ranking(ground: BlockGround, found: _Found) -> pa.Table:
    """Place the areas by every index that is a composite, as told."""
    rows: list[dict[str, object]] = []
    for series, period, answer in found:
        if answer.indicator.statistic.get("verb") != "composite":
            continue
        told = _shown(answer)
        values = [Decimal(int(each)) / SCALE if ok else None for each, ok in zip(told, answer.exact.ok, strict=True)]
        order = places(values)
        head: dict[str, object] = {"indicator": answer.indicator.id, "period": str(period), "series": series}
        listed = sorted(zip(order, ground.areas, values, strict=True), key=lambda row: (row[0] is None, row[0] or 0))
        rows += [
            head | {"place": place, "subject": area.code, "subject_name": area.name, "value": value}
            for place, area, value in listed
        ]
    return pa.Table.from_pylist(rows, schema=RANKING)
