"""`qingce evaluate air`: from readings, long or wide, to the official statistics of any period. 空气评价。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.tables import EXCEPTION, SITE, shape
from qingce.evaluate.air.days import DEDUCTED, MEASURED, days_of_readings
from qingce.evaluate.air.hours import hours_of_readings
from qingce.evaluate.air.indicator_days import subject_days
from qingce.evaluate.air.indicators import VERBS
from qingce.evaluate.air.input import Readings, read_long, read_wide
from qingce.evaluate.air.periods import PeriodKind, Question, answer, needed_kind, periods_of
from qingce.evaluate.air.state import to_reference
from qingce.evaluate.kernels import arrow

__all__ = ["BY", "JudgedDays", "PERIODS", "days_of_table", "evaluate_air"]

BY = ("site", "city")
PERIODS = ("hour", "day")
"""The periods that are rows of readings; all longer ones are declared (`air_periods`)."""
_EPOCH = date(1970, 1, 1)
_NOTHING = pa.table({})
_NONE = shape(_NOTHING, EXCEPTION)


def evaluate_air(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "city",
    period: str = "day",
    edition: str = "auto",
    sites: pa.Table | None = None,
    exceptions: pa.Table | None = None,
    state: str = "",
    within: tuple[date, date] | None = None,
) -> pa.Table:
    """Return the result table of DESIGN 8: `site|city, time, aqi, level, primary, iaqi_*, absent_*` and more.

    `table` is canonical wide (site, city, time, so2 … pm2_5, o3_8h) or OBSERVATION; without `sites` every site of the
    table counts as an assessed site of its `city`. For periods longer than a day each air indicator is a column, beside
    n_*, absent_* and note_*. With `exceptions` both series are told, in a column `series`; with a `state` gases of the
    old state are converted first, and a column `state` says so. `within` states the first and last day when the table
    is a part of a larger one: a part is judged over the days of the whole. Raises QC105, QC110, QC250–QC254.
    """
    kind = _kind(by, period, catalog)
    if period == "hour":
        taken = _readings(table, daily=False, sites=sites, by=by, catalog=catalog, state=state).over(within)
        found = hours_of_readings(taken.readings, taken.places, catalog=catalog, edition=edition, by=by)
        return _stated(_shown(found, by=by), taken.note)
    judged = days_of_table(
        table, catalog=catalog, by=by, edition=edition, sites=sites, exceptions=exceptions, state=state, within=within
    )
    series = (MEASURED,) if exceptions is None else (MEASURED, DEDUCTED)
    if kind is None:
        return _stated(_shown(judged.days, by=by, series=len(series) > 1), judged.note)
    found = _statistics(judged.days, by=by, kind=kind, catalog=catalog, edition=edition, series=series)
    return _stated(found, judged.note)


@dataclass(frozen=True, slots=True)
class JudgedDays:
    """Days of sites or cities (`AirDays`), and what was done to the readings before."""

    days: pa.Table
    note: str


def days_of_table(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "city",
    edition: str = "auto",
    sites: pa.Table | None = None,
    exceptions: pa.Table | None = None,
    state: str = "",
    within: tuple[date, date] | None = None,
) -> JudgedDays:
    """Judge every day of a canonical table; with `exceptions` in both series. Raises QC105, QC110, QC250–QC254."""
    taken = _readings(table, daily=True, sites=sites, by=by, catalog=catalog, state=state).over(within)
    series = (MEASURED,) if exceptions is None else (MEASURED, DEDUCTED)
    listed = _NONE if exceptions is None else exceptions
    days = days_of_readings(
        taken.readings, taken.places, exceptions=listed, catalog=catalog, edition=edition, series=series
    )
    return JudgedDays(days.site_days if by == "site" else days.city_days, taken.note)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Readings, the sites they come from, and what was converted."""

    readings: Readings
    places: pa.Table
    note: str

    def over(self, days: tuple[date, date] | None) -> _Taken:
        """Return the same, laid over other days as well."""
        return self if days is None else replace(self, readings=self.readings.over(*days))


def _kind(by: str, period: str, catalog: Catalog) -> PeriodKind | None:
    """Return the kind of a period longer than a day; raises QC254 for what there is not."""
    allowed = f"{'|'.join(BY)} × {'|'.join(PERIODS)}"
    if by not in BY:
        raise complain("QC254", words={"medium": "air", "by": by, "period": period, "allowed": allowed})
    if period in PERIODS:
        return None
    return needed_kind(period, catalog=catalog, day=date.max, medium="air", by=by, allowed=f"{allowed}|")


def _readings(table: pa.Table, *, daily: bool, sites: pa.Table | None, by: str, catalog: Catalog, state: str) -> _Taken:
    note = ""
    if state:
        converted = to_reference(table, catalog=catalog, state=state)
        table, note = converted.table, converted.note or f"没有需要换算到 {state} 的数值"
    readings, known = _take(table, daily=daily)
    places = known if sites is None else sites
    if by == "city" and not any(places["city"].to_pylist()):
        raise complain("QC250", words={"reason": "不知道站点属于哪个城市 no site has a city"})
    return _Taken(readings, places, note)


def _stated(table: pa.Table, note: str) -> pa.Table:
    """Say in a column what was converted."""
    if not note:
        return table
    return table.append_column("state", arrow.text([note] * table.num_rows))


def _take(table: pa.Table, *, daily: bool) -> tuple[Readings, pa.Table]:
    """Read the table by its layout; return the readings and the sites that it names."""
    if "parameter" in table.column_names:
        return read_long(table), _sites(table)
    if "time" not in table.column_names or not {"site", "city"} & set(table.column_names):
        raise complain("QC250", words={"reason": "缺 time 或 site、city 列 no time, or neither site nor city"})
    key = "site" if "site" in table.column_names else "city"
    return read_wide(table, daily=daily and _is_daily(table["time"]), key=key), _sites(table)


def _is_daily(time: pa.ChunkedArray) -> bool:
    """Say whether every time is a day: a date, or midnight."""
    if pa.types.is_date(time.type):
        return True
    per_day = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[time.type.unit] * 86400
    shift = per_day // 3 if time.type.tz else 0
    return not np.any((arrow.whole(time) + shift) % per_day)


def _sites(table: pa.Table) -> pa.Table:
    """Make the SITE rows that a table itself names: every site is an assessed site of its city."""
    names = table.column_names
    key = "site" if "site" in names else "city"
    if "city" not in names:
        return shape(_NOTHING, SITE)
    site_code, all_sites = arrow.codes(table[key])
    city_code, all_cities = arrow.codes(table["city"])
    there = (site_code >= 0) & (city_code >= 0)
    pairs = np.unique(site_code[there].astype(np.int64) * max(1, len(all_cities)) + city_code[there])
    site = arrow.words(pairs // max(1, len(all_cities)), all_sites)
    city = arrow.words(pairs % max(1, len(all_cities)), all_cities)
    one = np.zeros(len(pairs), np.int64)
    columns = {"site": site, "name": site, "city": city, "city_name": city, "roles": arrow.words(one, ["评价点"])}
    return shape(pa.table(columns), SITE)


def _shown(table: pa.Table, *, by: str, series: bool = False) -> pa.Table:
    """Put the columns of the contract first; leave the exact fractions out."""
    first = ["subject", "time" if "time" in table.column_names else "day", "aqi", "level", "level_name", "primary"]
    values = [name for name in table.column_names if pa.types.is_decimal(table.schema.field(name).type)]
    order = [*first, "exceeding", "aqi_absent", *values]
    for prefix in ("iaqi_", "absent_", "n_"):
        order += [name for name in table.column_names if name.startswith(prefix) and name not in order]
    order += ["short", *(("series", "excluded") if series else ()), "edition", "review"]
    named = {"subject": by, "day": "time"}
    return table.select(order).rename_columns([named.get(name, name) for name in order])


def _statistics(
    days: pa.Table, *, by: str, kind: PeriodKind, catalog: Catalog, edition: str, series: Sequence[str]
) -> pa.Table:
    """Compute every air indicator for every subject and period of the days."""
    chosen = [
        indicator
        for indicator in catalog.indicators.values()
        if indicator.medium == "air" and indicator.statistic.get("verb") in VERBS
    ]
    numbers = arrow.whole(days["day"])
    if not numbers.size:
        return pa.table({by: pa.nulls(0, pa.string()), "time": pa.nulls(0, pa.string())})
    first, last = (_EPOCH + timedelta(int(day)) for day in (numbers.min(), numbers.max()))
    rows: list[dict[str, object]] = []
    for scope in sorted(str(word) for word in days["subject"].unique().to_pylist()):
        for name in series:
            asked = Question(subject_days(days, scope=scope, series=name), scope, scope, name, last, catalog, edition)
            for span in periods_of(kind, first, last):
                answers = {one.id: answer(one, asked, kind=kind, period=span) for one in chosen}
                rows.append({by: scope, "time": str(span), "series": name} | _flat(answers))
    found = _columns(rows, by=by, indicators=[indicator.id for indicator in chosen])
    return found.append_column("series", _text(rows, "series")) if len(series) > 1 else found


def _flat(answers: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, told in answers.items():
        row |= {name: told["text"], f"exact_{name}": told["exact"], f"n_{name}": told["n"]}
        row |= {f"absent_{name}": told["absent"], f"note_{name}": told["note"]}
    any_answer = next(iter(answers.values()))
    row |= {"start": any_answer["start"], "end": any_answer["end"]}
    row["edition"] = "+".join(dict.fromkeys("+".join(str(a["method"]) for a in answers.values()).split("+")))
    row["review"] = any_answer["review"]
    return row


def _columns(rows: Sequence[Mapping[str, object]], *, by: str, indicators: Sequence[str]) -> pa.Table:
    columns: dict[str, pa.Array] = {name: _text(rows, name) for name in (by, "time")}
    for name in indicators:
        columns[name] = _text(rows, name).cast(pa.decimal128(18, 6))
    for prefix, make in (("n", _whole), ("absent", _text), ("exact", _text), ("note", _text)):
        columns |= {f"{prefix}_{name}": make(rows, f"{prefix}_{name}") for name in indicators}
    for name in ("start", "end"):
        columns[name] = arrow.days(np.array([(_day(row[name]) - _EPOCH).days for row in rows], np.int64))
    columns |= {name: _text(rows, name) for name in ("edition", "review")}
    return pa.table(columns)


def _text(rows: Sequence[Mapping[str, object]], name: str) -> pa.Array:
    return arrow.text([None if row[name] is None else str(row[name]) for row in rows])


def _whole(rows: Sequence[Mapping[str, object]], name: str) -> pa.Array:
    return arrow.integers(np.array([row[name] for row in rows], np.int64))


def _day(value: object) -> date:
    return value if isinstance(value, date) else _EPOCH
