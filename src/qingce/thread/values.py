"""The indicator values that the targets ask for: both series, now and the same of earlier years. 指标值。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.periods import Period, parse_period
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal
from qingce.core.tables import VALUE, empty, shape
from qingce.thread.allowances.quotas import month_span
from qingce.thread.binding import Binding, assessed_period, counted_period
from qingce.thread.figures import DAY_VERBS, Days
from qingce.thread.scope import Scope

__all__ = ["EARLIER", "OPEN_QUESTION", "carried_period", "compute_values", "periods_of", "value_id"]

OPEN_QUESTION = "规则未核"
"""How evaluate begins a note about a rule that is not yet read."""
EARLIER = 3
"""How many earlier years the pace is compared with."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The judged tables that indicators are taken from."""

    days: pa.Table
    months: pa.Table
    catalog: Catalog
    as_of: date
    subjects: frozenset[str]
    points: Sequence[Mapping[str, object]] = ()


def value_id(indicator: str, scope: str, *, period: Period | str, series: str) -> str:
    """Return the id of an indicator value: `V:<indicator>:<scope>:<period>:<series>`."""
    return f"V:{indicator}:{scope}:{period}:{series}"


def carried_period(binding: Binding, as_of: date) -> Period | None:
    """Return this year for a level whose deadline has passed: it is held to its level on (到期后延续对照).

    None for what adds up until its deadline: after it nothing more counts.
    """
    period = assessed_period(binding, as_of)
    if period is None or period.end >= as_of or binding.relative or binding.accumulates or period.kind != "year":
        return None
    return Period.year(as_of.year)


def periods_of(binding: Binding, as_of: date) -> tuple[Period, ...]:
    """Return the periods whose values a target needs: to date, the same of earlier years, whole years, base year.

    What adds up has no years before its first.
    """
    found: list[Period] = []
    for period in _judged_periods(binding, as_of):
        now = period.until(as_of)
        found += [now, *(now.year_before(k) for k in range(1, EARLIER + 1)), period.year_before()]
    if binding.relative and binding.target.base_year:
        found.append(Period.year(binding.target.base_year))
    return tuple(dict.fromkeys(each for each in found if not binding.since or each.end.year >= binding.since))


def compute_values(
    bindings: Iterable[Binding],
    days: pa.Table,
    section_months: pa.Table,
    *,
    catalog: Catalog,
    as_of: date,
    points: pa.Table | None = None,
) -> pa.Table:
    """Compute every indicator value that the bound targets need, as VALUE rows without repetition.

    `days` are city (or other region) days of `evaluate`, `section_months` its section-months, `points` the findings
    of other media. A scope of several regions gets a row for each and one for their mean, absent while any has none.
    """
    found = points.to_pylist() if points is not None else []
    inputs = Inputs(days, section_months, catalog, as_of, Days(days).subjects, found)
    rows: dict[str, dict[str, object]] = {}
    asked: set[tuple[str, Scope, Period]] = set()
    for binding in bindings:
        if binding.indicator is None or binding.scope is None or binding.verb == "none":
            continue
        now = {period.until(as_of) for period in _judged_periods(binding, as_of)}
        now = {counted_period(binding, period) for period in now}
        for period in (counted_period(binding, each) for each in periods_of(binding, as_of)):
            question = (binding.indicator.id, binding.scope, period)
            if question in asked:
                continue
            asked.add(question)
            rows_of = _pointwise if binding.pointwise else _values
            for row in rows_of(binding.indicator, binding.scope, period=period, inputs=inputs):
                if row["n"] or period in now:
                    rows.setdefault(str(row["id"]), row)
    if not rows:
        return empty(VALUE)
    return pa.Table.from_pylist(list(rows.values()), schema=VALUE)


def _judged_periods(binding: Binding, as_of: date) -> list[Period]:
    """Return the period a target is judged on and the one it is held to after its deadline, as far as begun."""
    found = (assessed_period(binding, as_of), carried_period(binding, as_of))
    return [period for period in found if period is not None and period.start <= as_of]


def _values(indicator: Indicator, scope: Scope, *, period: Period, inputs: Inputs) -> Iterator[dict[str, object]]:
    if scope.kind == "sections":
        yield from _water(indicator, scope, period=period, inputs=inputs)
        return
    places = [place for place in zip(scope.subjects, scope.names, strict=True) if place[0] in inputs.subjects]
    for series in ("measured", "deducted") if places else ():
        found: list[dict[str, object]] = []
        for place in places:
            found += _air(indicator, place, period=period, series=series, inputs=inputs)
        yield from found
        if scope.kind != "region":
            yield _mean_of(indicator, scope, found, period=period, series=series)


def _pointwise(indicator: Indicator, scope: Scope, *, period: Period, inputs: Inputs) -> Iterator[dict[str, object]]:
    """Yield the value of every region of a scope from the findings of points, and of several regions their mean."""
    from qingce.evaluate import finding_indicator

    found: list[dict[str, object]] = []
    for code, name in zip(scope.subjects, scope.names, strict=True):
        table = finding_indicator(indicator, inputs.points, scope=code, scope_name=name, period=period)
        found += _rows(table)
    yield from found
    if scope.kind != "region":
        yield _mean_of(indicator, scope, found, period=period, series="measured")


def _air(
    indicator: Indicator, place: tuple[str, str], *, period: Period, series: str, inputs: Inputs
) -> list[dict[str, object]]:
    from qingce.evaluate import air_indicator

    rows = _rows(
        air_indicator(
            indicator,
            inputs.days,
            scope=place[0],
            scope_name=place[1],
            period=period,
            series=series,
            catalog=inputs.catalog,
            as_of=inputs.as_of,
        )
    )
    for row in rows:
        if row["absent"] and row["n"] and indicator.statistic["verb"] in DAY_VERBS:
            row["note"] = _with_what_ifs(str(row["note"] or ""), _what_ifs(indicator, row, inputs))
    return rows


def _with_what_ifs(note: str, words: Iterable[str]) -> str:
    """Put the what-ifs before the open questions of the rules."""
    said, mark, questions = note.partition(OPEN_QUESTION)
    return "；".join([said.rstrip("；"), *words]) + (f"；{mark}{questions}" if mark else "")


def _what_ifs(indicator: Indicator, row: Mapping[str, object], inputs: Inputs) -> Iterator[str]:
    """Say how many bad days what is there shows under each edition of the index, by name: a lower bound."""
    from qingce.evaluate import bad_days

    limit = indicator.statistic.get("at_most", indicator.statistic.get("above"))
    period = parse_period(str(row["period"]))
    for method in inputs.catalog.methods.values():
        if method.family == "aqi" and not method.base and isinstance(limit, int):
            count = bad_days(
                inputs.days,
                scope=str(row["scope"]),
                period=period,
                series=str(row["series"]),
                catalog=inputs.catalog,
                edition=method.id,
                above=limit,
            )
            yield f"若全期按 {method.id} 则 {count} 天"


def _water(indicator: Indicator, scope: Scope, *, period: Period, inputs: Inputs) -> list[dict[str, object]]:
    if not inputs.months.num_rows:
        return []
    from qingce.evaluate import water_indicator
    from qingce.evaluate.water.indicators import LOOKS_BACK

    months = inputs.months
    first, last = month_span(period)
    if indicator.statistic["verb"] in LOOKS_BACK:
        first, _ = month_span(period.year_before())
    table = water_indicator(
        indicator,
        months.filter(
            pc.and_(
                pc.is_in(months["section"], value_set=pa.array(scope.subjects, pa.string())),
                pc.and_(pc.greater_equal(months["period"], first), pc.less_equal(months["period"], last)),
            )
        ),
        scope=scope.code,
        sections=scope.subjects,
        period=period,
        catalog=inputs.catalog,
        scope_name=scope.name,
        as_of=inputs.as_of,
    )
    return _rows(table)


def _rows(table: pa.Table) -> list[dict[str, object]]:
    found: list[dict[str, object]] = shape(table, VALUE).to_pylist()
    return found


def _mean_of(
    indicator: Indicator, scope: Scope, rows: Sequence[Mapping[str, object]], *, period: Period, series: str
) -> dict[str, object]:
    """Return the mean of the regions' values, or its absence while some have none."""
    there = [row for row in rows if row["exact"]]
    total = sum((Fraction(str(row["exact"])) for row in there), Fraction(0))
    whole = len(there) == len(scope.subjects)
    return {
        "id": value_id(indicator.id, scope.code, period=period, series=series),
        "indicator": indicator.id,
        "scope": scope.code,
        "scope_name": scope.name,
        "period": str(period),
        "series": series,
        "value": as_decimal(total / len(there)) if whole else None,
        "exact": str(total / len(there)) if whole else "",
        "unit": indicator.unit,
        "n": sum(bool(row["n"]) for row in rows),
        "n_required": len(scope.subjects),
        "absent": None if whole else Absent.TOO_FEW.value,
        "review": lowest(str(row["review"]) for row in there if row["review"]),
        "method": there[0]["method"] if there else None,
        "limits": there[0]["limits"] if there else None,
        "start": period.start,
        "end": period.end,
        "note": f"{len(there)} 个{scope.noun}的平均" if whole else _incomplete(scope, rows, len(there)),
    }


def _incomplete(scope: Scope, rows: Sequence[Mapping[str, object]], there: int) -> str:
    """Say how many regions have a figure, and why a region with data has none."""
    noun, most = scope.noun, 3
    words = f"{len(scope.subjects)} {noun}中仅 {there} {noun}有数据" if there else f"没有一个{noun}可以判定"
    refused = [row for row in rows if row["n"] and not row["exact"]]
    reasons = [f"{row['scope_name']}：{str(row['note'] or '').partition(f'；{OPEN_QUESTION}')[0]}" for row in refused]
    return "；".join([f"{words}，不能判定全{scope.whole}", *reasons[:most]])
