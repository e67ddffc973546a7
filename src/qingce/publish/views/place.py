"""Views of places: sites, sections, cities, the map, and the hours below every day. 站点、断面、地图与小时值视图。"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from qingce.core.errors import complain
from qingce.publish import charts, maps
from qingce.publish.results import Results
from qingce.publish.rows import Row, View, absent_label, cell, distinct, facts, level_table, plain, review_label, split

__all__ = ["event_days", "hour_days", "hour_months", "hours", "map_view", "quality_rows", "recent", "site", "sites"]

AIR = ("pm2_5", "pm10", "so2", "no2", "co", "o3_8h")
"""Columns of the wide day tables in the order the field prints them."""

RECENT_DAYS = 14
LISTED_DAYS = 31
SPREAD_YEARS = 1
"""The spread shows the days of the last year and of as many before it."""


def hour_months(results: Results) -> dict[str, list[str]]:
    """Which months of which sites the results hold hours of: site → months such as `2026-05`, newest first."""
    days = hour_days(results)
    return results.keep(
        "months", lambda: {site: sorted({d[:7] for d in found}, reverse=True) for site, found in days.items()}
    )


def hour_days(results: Results) -> dict[str, set[str]]:
    """Which days of which sites the results hold hours of: site → days such as `2026-05-31`."""
    return results.keep("days", lambda: _hour_days(results["hours"]))


def _hour_days(table: pa.Table) -> dict[str, set[str]]:
    if not table.num_rows:
        return {}
    days = pc.floor_temporal(table["time"], unit="day")
    pairs = pa.table({"site": table["site"], "day": days}).group_by(["site", "day"]).aggregate([])
    found: dict[str, set[str]] = {}
    for name, day in sorted(zip(pairs["site"].to_pylist(), pairs["day"].to_pylist(), strict=True)):
        found.setdefault(name, set()).add(f"{day:%Y-%m-%d}")
    return found


def sites(results: Results) -> View:
    """Every city with day values, every site and every section."""
    months = hour_months(results)
    rows = []
    for row in results.rows("sites"):
        shown = plain(row, "site", "name", "kind", "city_name", "county_name", "target_class", "valid_until")
        rows.append({**shown, "roles": split(row["roles"]), "hours": months.get(str(row["site"]), [])})
    cities = [
        {"site": code, "name": name} for code, name in distinct(results, "air_city_days", "subject", "subject_name")
    ]
    return {**facts(results), "cities": cities, "rows": rows}


def site(results: Results, identity: str) -> View:
    """One site, section or city: calendar, course, spread and days; raises QC554 for an unknown id."""
    found = results.rows("sites", where={"site": identity})
    known = plain(found[0]) if found else None
    if results.rows("water_months", columns=["section"], where={"section": identity}):
        return _section(results, identity, known)
    for table in ("air_site_days", "air_city_days"):
        days = results.pick(table, {"subject": identity, "series": "measured"})
        if days.num_rows:
            return _air(results, days.sort_by("day"), known)
    findings = results.rows("points", where={"subject": identity})
    if findings:
        return _point(results, findings, known)
    if known is None:
        raise complain("QC554", words={"kind": "sites", "id": identity})
    return {**_head(results, identity, known), "kind": "empty"}


def quality_rows(results: Results, where: View | None = None) -> list[View]:
    """Label the rows of `quality` that match: name and medium of the site, the parameter by its symbol."""
    rows = results.rows("quality", where=where)
    names = _names(results, list(dict.fromkeys(str(row["parameter"]) for row in rows)))
    places = {str(row["site"]): row for row in results.rows("sites", columns=["site", "name", "kind"])}
    unknown = {"name": None, "kind": ""}
    found = []
    for row in rows:
        place = places.get(str(row["site"]), unknown)
        symbol = names[str(row["parameter"])]
        found.append({**plain(row), "site_name": place["name"], "kind": place["kind"], "symbol": symbol})
    return found


def _head(results: Results, identity: str, known: View | None) -> View:
    return {
        **facts(results),
        "site": {**dict.fromkeys(results["sites"].schema.names), "site": identity, "name": identity, **(known or {})},
        "roles": split((known or {}).get("roles")),
        "hours": hour_months(results).get(identity, []),
        "quality": quality_rows(results, {"site": identity})[::-1][:LISTED_DAYS],
        "exceptions": [plain(row) for row in results.rows("exceptions", where={"scope": identity})],
    }


def _air(results: Results, days: pa.Table, known: View | None) -> View:
    last = days.slice(max(0, days.num_rows - LISTED_DAYS)).to_pylist()[::-1]
    names = _names(results, [name for name in AIR if name in days.column_names])
    drawn = ("day", "aqi", "level", "aqi_absent", "excluded", *names)
    events = {str(row["id"]): row["kind"] for row in results.rows("exceptions", columns=["id", "kind"])}
    rows = days.select([name for name in drawn if name in days.column_names]).to_pylist()
    for row in (*rows, *last):
        row["excluded"] = [events.get(name, name) for name in split(row.get("excluded"))]
    subject = {"site": last[0]["subject"], "name": last[0]["subject_name"], "kind": "city"}
    head = _head(results, str(last[0]["subject"]), known or subject)
    if known is None:
        head["members"] = [plain(row, "site", "name") for row in results.rows("sites", where=_air_members(last[0]))]
    since = str(last[0]["day"].year - SPREAD_YEARS)
    lately = [row for row in rows if str(row["day"]) >= since]
    return {
        **head,
        "kind": "air",
        "parameters": _parameters(results, list(names)),
        "levels": list(level_table(results, "aqi").values()),
        "calendar": charts.calendar(rows, value="aqi", level="level"),
        "trend": charts.trend(rows, names, x="day"),
        "spread": charts.by_month(lately, day="day", value="aqi", level="level"),
        "cumulative": _cumulative(results, str(last[0]["subject"])),
        "days": [_air_day(row, list(names)) for row in last],
    }


def _cumulative(results: Results, subject: str) -> View | None:
    """The month and the year so far of the place, as the build left them; None without."""
    rows = results.rows("air_cumulative", where={"subject": subject})
    return plain(rows[-1]) if rows else None


def _air_members(row: Row) -> View:
    return {"city": row["subject"], "kind": "air_site"}


def _air_day(row: Row, names: Sequence[str]) -> View:
    values = {
        name: {
            "value": cell(row[name]),
            "absent": absent_label(row.get(f"absent_{name}")),
            "n": row.get(f"n_{name}"),
            "iaqi": row.get(f"iaqi_{name}"),
        }
        for name in names
    }
    shown = plain(row, "day", "aqi", "level", "excluded", "edition")
    return {
        **shown,
        "primary": split(row.get("primary")),
        "absent": absent_label(row.get("aqi_absent")),
        "review": review_label(row.get("review")),
        "values": values,
    }


def _names(results: Results, ids: Sequence[str]) -> dict[str, str]:
    known = {str(row["id"]): str(row["symbol"] or row["zh"]) for row in results.rows("parameters")}
    return {name: known.get(name, name) for name in ids}


def _parameters(results: Results, ids: Sequence[str]) -> list[View]:
    known = {str(row["id"]): plain(row) for row in results.rows("parameters")}
    blank = {"zh": None, "en": None, "unit": "", "decimals": None}
    return [known.get(name, {**blank, "id": name, "symbol": name}) for name in ids]


def _section(results: Results, identity: str, known: View | None) -> View:
    rows = sorted(results.rows("water_months", where={"section": identity}), key=lambda row: str(row["period"]))
    ids = [name.removeprefix("class_") for name in rows[0] if name.startswith("class_") and name[6:] in rows[0]]
    names = _names(results, ids)
    head = _head(results, identity, known or {"site": identity, "name": rows[0]["section_name"], "kind": "section"})
    return {
        **head,
        "kind": "water",
        "parameters": _parameters(results, ids),
        "levels": list(level_table(results, "water_class").values()),
        "grid": charts.month_grid(rows, level="class"),
        "trend": charts.trend(rows, names, x="period"),
        "target_class": rows[-1].get("target_class"),
        "months": [_water_month(row, ids) for row in rows][::-1],
    }


def _point(results: Results, findings: Sequence[Row], known: View | None) -> View:
    """What a point (well, noise point, source of drinking water …) was found to be, the newest first."""
    first = findings[0]
    subject = {"site": first["subject"], "name": first["subject_name"], "kind": "point"}
    rows = sorted(findings, key=lambda row: (str(row["end"]), str(row["start"])), reverse=True)
    traced = {key for (key,) in results.keep("traced", lambda: set(distinct(results, "whys", "id")))}
    named = {str(row["id"]): plain(row, "zh", "en", "symbol") for row in results.rows("parameters")}
    named |= {str(row["id"]): plain(row, "zh", "en") for row in results.rows("indicators")}
    return {
        **_head(results, str(first["subject"]), known or subject),
        "quality": [],  # sampled now and then: no hour or day of it is missing
        "kind": "point",
        "media": list(dict.fromkeys(str(row["medium"]) for row in rows)),
        "findings": [_finding(row, named, traced) for row in rows],
    }


def _finding(row: Row, named: Mapping[str, View], traced: Collection[str]) -> View:
    columns = ("id", "medium", "quantity", "period", "value", "text", "unit", "n", "edition", "limits", "note")
    blank: View = {"zh": None, "en": None, "symbol": None}
    return {
        **plain(row, *columns),
        "quantity_name": named.get(str(row["quantity"])),
        "items": [{"id": name, **blank, **named.get(name, {})} for name in split(row["items"], ",")],
        "absent": absent_label(row["absent"]),
        "review": review_label(row["review"]),
        "why": row["id"] in traced,
    }


def _water_month(row: Row, ids: Sequence[str]) -> View:
    values = {
        name: {
            "value": cell(row.get(name)),
            "class": row.get(f"class_{name}"),
            "n": row.get(f"n_{name}"),
            "exceed": cell(row.get(f"exceed_{name}")),
        }
        for name in ids
    }
    return {
        **plain(row, "period", "class", "edition", "target_class"),
        "primary": split(row.get("primary")),
        "absent": absent_label(row.get("absent")),
        "review": review_label(row.get("review")),
        "values": values,
    }


def recent(results: Results, scope: str, *, parameter: str, medium: str) -> View:
    """The last days (or months) of a scope with each site's own value: the step from the region to the hours."""
    kind, table, key, when, fallback = (
        ("section", "water_months", "section", "period", "class")
        if medium == "water"
        else ("air_site", "air_site_days", "subject", "day", "aqi")
    )
    months = hour_months(results)
    wanted = _members(results, scope, kind)
    column = parameter if parameter in results[table].column_names else fallback
    found = _lately(results.pick(table, {key: [row["site"] for row in wanted]}), when)
    rows = found.select([name for name in (key, when, column, "series") if name in found.column_names]).to_pylist()
    rows = [row for row in rows if row.get("series") in (None, "measured")]
    days = sorted({str(cell(row[when])) for row in rows}, reverse=True)
    cells: dict[str, View] = {day: {} for day in days}
    for row in rows:
        cells[str(cell(row[when]))][str(row[key])] = cell(row[column])
    listed = [{"id": row["site"], "name": row["name"], "months": months.get(str(row["site"]), [])} for row in wanted]
    return {"by": when, "column": column, "days": [{"day": day, "cells": cells[day]} for day in days], "sites": listed}


def _lately(table: pa.Table, when: str) -> pa.Table:
    """The rows of the last days (or months) of a table: the rest of the years is not read."""
    if not table.num_rows:
        return table
    if "series" in table.column_names:
        table = table.filter(pc.or_kleene(pc.is_null(table["series"]), pc.equal(table["series"], "measured")))
    known = pc.unique(table[when]).sort(order="descending")
    return table.filter(pc.is_in(table[when], value_set=known.slice(0, RECENT_DAYS)))


def _members(results: Results, scope: str, kind: str) -> list[Row]:
    """The sites of a scope: of regions or sites joined by `+`, with `~` only those of a role."""
    base, _, roles = scope.partition("~")
    codes, only = set(base.split("+")), set(roles.split("+")) - {""}
    return [
        row
        for row in results.rows("sites", where={"kind": kind})
        if codes & {row["site"], row["city"], row["county"]} and (not only or only & set(split(row["roles"])))
    ]


def event_days(results: Results, scope: str) -> dict[str, list[str]]:
    """The exceptional days of a region or site, with the kinds of what happened."""
    kinds = {str(row["id"]): str(row["kind"]) for row in results.rows("exceptions", columns=["id", "kind"])}
    found: dict[str, list[str]] = {}
    for name in ("air_city_days", "air_site_days"):
        table = results.pick(name, {"subject": scope, "series": "measured"})
        if "excluded" in table.column_names:
            marked = table.filter(pc.greater(pc.utf8_length(table["excluded"]), 0)).select(["day", "excluded"])
            for row in marked.to_pylist():
                found[str(row["day"])] = [kinds.get(event, event) for event in split(row["excluded"])]
    return found


def map_view(results: Results) -> View:
    """Sites and regions with the last judged level of each."""
    scales = {scale: list(level_table(results, scale).values()) for scale in ("aqi", "water_class")}
    return {**facts(results), "points": maps.points(results), "regions": maps.regions(results), "levels": scales}


def hours(results: Results, identity: str, month: str) -> View:
    """Every value as received of one site in one month, a grid of days and hours for each parameter.

    Raises QC554 if the results hold none.
    """
    if month not in hour_months(results).get(identity, []):
        raise complain("QC554", words={"kind": "hours", "id": f"{identity}/{month}"})
    table = results.pick("hours", {"site": identity})
    begin = datetime.strptime(month, "%Y-%m")
    inside = pc.equal(pc.floor_temporal(table["time"], unit="month"), pa.scalar(begin, table["time"].type))
    rows: list[Row] = table.filter(inside).to_pylist()
    found = results.rows("sites", where={"site": identity})
    ids = list(dict.fromkeys(str(row["parameter"]) for row in rows))
    ids.sort(key=lambda name: AIR.index(name) if name in AIR else len(AIR))
    grids = [_grid([row for row in rows if row["parameter"] == name]) for name in ids]
    return {
        **facts(results),
        "site": plain(found[0], "site", "name", "kind", "city_name") if found else {"site": identity, "name": identity},
        "month": month,
        "months": hour_months(results).get(identity, []),
        "grids": [{"parameter": known, **grid} for known, grid in zip(_parameters(results, ids), grids, strict=True)],
        "sources": sorted({str(row["source"]) for row in rows if row["source"]}),
    }


def _grid(rows: Sequence[Row]) -> View:
    """One parameter's values by day and hour of the month."""
    days: dict[str, dict[str, View]] = {}
    for row in rows:
        shown: View = {"value": cell(row["value"])}
        if row["absent"]:
            shown["absent"] = absent_label(row["absent"])
        shown.update({name: row[name] for name in ("flag", "line", "reason") if row[name]})
        day, _, slot = str(cell(row["time"])).partition(" ")
        days.setdefault(day, {})[slot] = shown
    slots = sorted({slot for cells in days.values() for slot in cells})
    listed = [{"day": day, "cells": [cells.get(slot) for slot in slots]} for day, cells in sorted(days.items())]
    return {"slots": slots, "days": listed}
