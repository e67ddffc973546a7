"""Early warning 预警: the targets whose chance fell most in a week, the days that did it, and what they need now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.tables import WARNING
from qingce.outlook.question import Question

__all__ = ["Ground", "warnings"]

_DAYS = 7
_TOLD = 3  # days, sites and hours that are named


@dataclass(frozen=True, slots=True)
class Ground:
    """What a cause is read from: city days, and where there are any the days and hours of the sites of each scope."""

    days: pa.Table
    site_days: pa.Table | None = None
    hours: pa.Table | None = None
    sites: Mapping[str, Sequence[str]] | None = None


def warnings(
    now: pa.Table,
    week_ago: pa.Table,
    *,
    questions: Sequence[Question],
    ground: Ground,
    needs: Mapping[str, str],
    catalog: Catalog,
    as_of: date,
) -> pa.Table:
    """Return WARNING rows, the deepest fall first, of the targets whose chance fell since the outlook a week ago.

    `now` and `week_ago` are OUTLOOK tables; only chosen rows count. `needs` says per target what it needs now.
    """
    before = {row["target_id"]: row["probability"] for row in _chosen(week_ago)}
    asked = {question.target_id: question for question in questions}
    fallen = []
    for row in _chosen(now):
        earlier, today = before.get(row["target_id"]), row["probability"]
        if earlier is not None and today is not None and today < earlier:
            fallen.append((earlier - today, str(row["target_id"]), today, earlier))
    fallen.sort(key=lambda item: (-item[0], item[1]))
    rows = [
        {
            "target_id": target,
            "day": as_of,
            "probability": today,
            "week_ago": earlier,
            "drop": drop,
            "cause": cause(asked[target], ground, catalog=catalog, as_of=as_of) if target in asked else "",
            "needs": needs.get(target, ""),
            "rank": rank,
        }
        for rank, (drop, target, today, earlier) in enumerate(fallen, 1)
    ]
    return pa.Table.from_pylist(rows, schema=WARNING)


def cause(question: Question, ground: Ground, *, catalog: Catalog, as_of: date) -> str:
    """Name the days of the last week that weigh most, with pollutant, sites and hours; empty where there are none."""
    rows = _week(ground.days, question.places, series=question.series, as_of=as_of)
    name = str(question.indicator.statistic.get("parameter", ""))
    if name:
        found = _highest([row for row in rows if row.get(name) is not None], name)
        told = [f"{_day(row['day'])} {_number(row[name])}" for row in found]
        pollutants = [name] if found else []
    else:
        limit = _level(question)
        found = _highest([row for row in rows if (row.get("aqi") or 0) > limit], "aqi")
        told = [f"{_day(row['day'])} AQI {row['aqi']}（{row.get('primary') or '—'}）" for row in found]
        pollutants = _pollutants(found, catalog)
    if not found:
        return ""
    zh = catalog.parameters[pollutants[0]].zh if pollutants and pollutants[0] in catalog.parameters else ""
    parts = [f"近 7 天{zh}最重：{'、'.join(told)}"]
    days = [row["day"] for row in found]
    if pollutants:
        parts += [
            _sites(question, ground, days, name=pollutants[0]),
            _hours(question, ground, days, name=pollutants[0]),
        ]
    return "；".join(part for part in parts if part)


def _chosen(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.filter(pc.fill_null(table["chosen"], False)).to_pylist()
    return rows


def _week(table: pa.Table, places: Sequence[str], *, series: str, as_of: date) -> list[dict[str, Any]]:
    first = as_of - timedelta(_DAYS - 1)
    mine = pc.and_(
        pc.and_(pc.greater_equal(table["day"], first), pc.less_equal(table["day"], as_of)),
        pc.and_(pc.is_in(table["subject"], value_set=pa.array(list(places))), pc.equal(table["series"], series)),
    )
    rows: list[dict[str, Any]] = table.filter(mine).to_pylist()
    return rows


def _highest(rows: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (-Decimal(str(row[name])), str(row["day"])))[:_TOLD]


def _level(question: Question) -> int:
    for key in ("at_most", "above"):
        value = question.indicator.statistic.get(key)
        if isinstance(value, int | Decimal):
            return int(value)
    return 0


def _pollutants(rows: Sequence[dict[str, Any]], catalog: Catalog) -> list[str]:
    """Return the columns of the primary pollutants that the days name, the most frequent first."""
    words = [word for row in rows for word in str(row.get("primary") or "").split(",") if word]
    columns = [name for name in rows[0] if f"iaqi_{name}" in rows[0]] if rows else []
    found = []
    for word in sorted(set(words), key=lambda word: (-words.count(word), word)):
        found += [name for name in columns if name in catalog.parameters and catalog.parameters[name].symbol in word]
    return list(dict.fromkeys(found))


def _sites(question: Question, ground: Ground, days: Sequence[object], *, name: str) -> str:
    """Name the sites with the highest mean of the days."""
    if ground.site_days is None:
        return ""
    sites = [site for place in question.places for site in (ground.sites or {}).get(place, ())]
    table = ground.site_days
    mine = pc.and_(pc.is_in(table["day"], value_set=pa.array(days, pa.date32())), pc.equal(table["series"], "measured"))
    rows = [row for row in table.filter(mine).to_pylist() if row["subject"] in sites and row.get(name) is not None]
    best = _highest(rows, name)
    shown = [f"{row.get('subject_name') or row['subject']} {_day(row['day'])} {_number(row[name])}" for row in best]
    return f"站点：{'、'.join(shown)}" if shown else ""


def _hours(question: Question, ground: Ground, days: Sequence[object], *, name: str) -> str:
    """Name the highest hours of the days."""
    if ground.hours is None:
        return ""
    sites = [site for place in question.places for site in (ground.sites or {}).get(place, ())]
    table = ground.hours
    mine = pc.and_(
        pc.is_in(pc.cast(table["time"], pa.date32()), value_set=pa.array(days, pa.date32())),
        pc.equal(table["parameter"], "o3" if name == "o3_8h" else name),
    )
    rows = [row for row in table.filter(mine).to_pylist() if row["site"] in sites and row["value"] is not None]
    rows.sort(key=lambda row: (-row["value"], row["time"]))
    shown = [
        f"{row['time'].month}月{row['time'].day}日{row['time'].hour}时 {_number(row['value'])}" for row in rows[:_TOLD]
    ]
    return f"小时峰值：{'、'.join(shown)}" if shown else ""


def _day(day: object) -> str:
    return f"{day.month}月{day.day}日" if isinstance(day, date) else str(day)


def _number(value: object) -> str:
    return f"{Decimal(str(value)).quantize(Decimal('0.1')).normalize():f}"
