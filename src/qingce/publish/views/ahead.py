"""Views of what is still open: today's hours, this month's sections, and what would be if. 今日、本月与情景视图。

Rows are picked, named and put side by side; what the hours and samples left may bring stands in the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qingce.core.grouping import grouped
from qingce.publish.results import Results
from qingce.publish.rows import (
    Row,
    View,
    cell,
    distinct,
    facts,
    level_table,
    plain,
    review_label,
    split,
    text,
)
from qingce.publish.views.outlook import target_names

__all__ = ["forecast_rows", "month_sections", "section_groups", "subject_groups", "today", "what_if"]

KINDS = ("city", "county", "site")
FORECAST_DAYS = 3
BLEND = "blend"
"""The issuer of forecasts blended by their skill: it goes before the single ones."""


def today(results: Results) -> View:
    """The page of the day that is not over: what the hours left may average, per place and level, and the forecast."""
    rows = results.rows("today")
    last: Any = max((str(row["day"]) for row in rows), default=None)
    now = [row for row in rows if str(row["day"]) == last]
    groups = subject_groups(now)
    head = groups[0]["subjects"][0] if groups else None
    return {
        **facts(results),
        "day": last,
        "hour": head["hour"] if head else None,
        "passed": head["passed"] if head else None,
        "remaining": head["remaining"] if head else None,
        "groups": groups,
        "levels": list(level_table(results, "aqi").values()),
        "forecast": forecast_rows(results, after=str(last or text(results.run, "as_of"))),
        "scores": _scores(results),
    }


def subject_groups(rows: Sequence[Row]) -> list[Any]:
    """Put the rows of `today` together: kind of place → place → quantity → level."""
    kinds = grouped((dict(row) for row in rows), lambda row: str(row["kind"] or "site"))
    order = [*KINDS, *(kind for kind in kinds if kind not in KINDS)]
    return [
        {"kind": kind, "subjects": [_subject(found) for found in grouped(kinds[kind], _subject_key).values()]}
        for kind in order
        if kind in kinds
    ]


def _subject_key(row: View) -> str:
    return str(row["subject"])


def _subject(rows: Sequence[Row]) -> View:
    levels = sorted({int(str(row["level"])) for row in rows if row["level"] is not None})
    quantities = grouped((dict(row) for row in rows), lambda row: str(row["quantity"] or ""))
    whole = quantities.pop("", [])
    shown = plain(rows[0], "subject", "subject_name", "kind", "hour", "passed", "remaining")
    return {
        **shown,
        "review": review_label(rows[0]["review"]),
        "levels": [_level(rows, level) for level in levels],
        "whole": _by_level(whole),
        "text": next((text(row, "text") for row in whole if row["state"] == "open" and row["text"]), ""),
        "quantities": [_quantity(found) for found in quantities.values()],
    }


def _level(rows: Sequence[Row], level: int) -> View:
    return next(plain(row, "level", "level_name", "aqi") for row in rows if row["level"] == level)


def _by_level(rows: Sequence[Row]) -> dict[str, View]:
    names = ("state", "allowed", "exact", "inclusive", "ceiling", "deciding", "text")
    return {str(row["level"]): plain(row, *names) for row in rows}


def _quantity(rows: Sequence[Row]) -> View:
    """One quantity with its cells; the sites that decide are those of the strictest level still open."""
    ranked = sorted(rows, key=lambda row: (row["level"] is None, row["level"] or 0))
    deciding = next((split(row["deciding"]) for row in ranked if row["state"] == "open" and row["deciding"]), [])
    shown = plain(ranked[0], "quantity", "quantity_name", "so_far", "unit")
    return {**shown, "deciding": deciding, "cells": _by_level(ranked)}


def forecast_rows(results: Results, *, after: str) -> list[Any]:
    """Return what is forecast for the next days: of the daily sheet's own table, else of the forecasts taken in.

    Of the forecasts the blended go first, then those of each issuer; for a day the one made last.
    """
    found = [_said(row) for row in results.rows("air_forecast") if str(row["day"]) > after]
    found = found or _taken_in(results, after)
    wanted = sorted({str(row["day"]) for row in found})[:FORECAST_DAYS]
    symbols = {str(row["id"]): text(row, "symbol") or text(row, "zh") for row in results.rows("parameters")}
    for row in found:
        row["primary_names"] = [symbols.get(name, name) for name in row["primary"]]
    return sorted((row for row in found if row["day"] in wanted), key=lambda row: str(row["day"]))


def _scores(results: Results) -> list[View]:
    """How the forecasts of the index did for the region, by issuer and by how many days they looked ahead."""
    rows = results.rows("forecast_scores", where={"parameter": "aqi", "scope": text(results.run, "region")})
    found = [row for row in rows if int(str(row["lead"])) <= FORECAST_DAYS]
    found.sort(key=lambda row: (row["issuer"] != BLEND, str(row["issuer"]), int(str(row["lead"]))))
    names = (
        "issuer",
        "lead",
        "n",
        "level_accuracy",
        "primary_accuracy",
        "threat_score",
        "bias",
        "first_day",
        "last_day",
    )
    return [plain(row, *names) for row in found]


def _said(row: Row) -> Any:
    names = ("subject", "day", "aqi_low", "aqi_high", "text", "issued", "source")
    return {**plain(row, *names), "primary": split(row["primary"]), "level_low": None, "level_high": None}


def _taken_in(results: Results, after: str) -> list[Any]:
    rows = [row for row in results.rows("forecasts", where={"parameter": "aqi"}) if str(row["day"]) > after]
    rows = [row for row in rows if str(row["made_on"]) <= after]
    region = text(results.run, "region")
    here = [row for row in rows if row["site"] == region] or rows
    issuers = list(dict.fromkeys(str(row["issuer"]) for row in here))
    first = BLEND if BLEND in issuers else next(iter(issuers), "")
    newest: dict[tuple[str, str], Row] = {}
    for row in sorted((row for row in here if row["issuer"] == first), key=lambda row: str(row["made_on"])):
        newest[str(row["site"]), str(row["day"])] = row
    return [_forecast(row) for row in newest.values()]


def _forecast(row: Row) -> View:
    low, high = (row["low"], row["high"]) if row["low"] is not None else (row["value"], row["value"])
    return {
        "subject": row["site"], "day": cell(row["day"]), "aqi_low": cell(low), "aqi_high": cell(high), "text": None,
        "issued": cell(row["made_on"]), "source": row["issuer"], "primary": split(row["primary"]),
        "level_low": row["level_low"], "level_high": row["level_high"],
    }  # fmt: skip


def month_sections(results: Results) -> View:
    """The page of the sections: what each factor may average for the days or samples left, and who is at the edge."""
    months = section_groups(results, "month")
    return {
        **facts(results),
        "period": months[0]["period"] if months else None,
        "edges": [row for row in months if row["edge"]],
        "rows": months,
        "years": section_groups(results, "year"),
        "levels": list(level_table(results, "water_class").values()),
    }


_EDGES = ("worst", "beyond", "near")


def section_groups(results: Results, span: str) -> list[View]:
    """Return the sections of the last month (or the year to date), the worst first, each with its factors."""
    rows = results.rows("month_sections", where={"span": span})
    last = max((str(row["period"]) for row in rows), default="")
    groups = grouped((dict(row) for row in rows if row["period"] == last), lambda row: str(row["section"]))
    found = [_section(section) for section in groups.values()]
    return sorted(found, key=lambda row: _EDGES.index(str(row["edge"])) if row["edge"] in _EDGES else len(_EDGES))


def _section(rows: Sequence[Row]) -> View:
    own = next((row for row in rows if not row["parameter"]), rows[0])
    shown = plain(
        own, "section", "section_name", "county_name", "period", "target_class", "class_now", "edge", "chance",
        "chance_n", "intensity", "text", "note", "how",
    )  # fmt: skip
    return {**shown, "factors": [plain(row) for row in rows if row["parameter"]]}


def what_if(results: Results) -> View:
    """The page of trying: every target with something left or not yet told. What may be moved the server says."""
    names = target_names(results)
    chosen = {str(row["target_id"]): plain(row) for row in results.rows("outlook", where={"chosen": True})}
    quotas = grouped((plain(row) for row in results.rows("quota")), lambda row: str(row["target_id"]))
    rows: list[Any] = []
    asked = dict.fromkeys(str(row["target_id"]) for row in results.rows("questions", columns=["target_id"]))
    for identity in quotas | asked:
        found = quotas.get(identity, [])
        whole = [row for row in found if not row["part"] and row["kind"] != "hours"]
        if identity in names and (any(row["state"] == "open" for row in whole) or (identity in asked and not found)):
            rows.append({"target": names[identity], "quota": whole, "outlook": chosen.get(identity)})
    return {
        **facts(results),
        "rows": rows,
        "subjects": _subjects(results),
        "quantities": _quantities(results),
    }


def _subjects(results: Results) -> list[View]:
    """Regions, sites and sections that a line may move, by kind; a city's own values listed as a site are the city."""
    cities = distinct(results, "air_city_days", "subject", "subject_name")
    found: list[View] = [{"id": code, "name": name, "kind": "city"} for code, name in cities]
    rows = results.rows("sites", columns=["site", "name", "kind"])
    codes = {one["id"] for one in found}
    return found + [
        {"id": row["site"], "name": row["name"], "kind": row["kind"]} for row in rows if row["site"] not in codes
    ]


def _quantities(results: Results) -> list[View]:
    """What a line may move: the quantities of days, then the factors that the sections are judged by."""
    known = {str(row["id"]): row for row in results.rows("parameters")}
    columns = (results["air_city_days"].column_names, results["water_months"].column_names)
    days = [name for name in columns[0] if f"n_{name}" in columns[0]]
    factors = [name.removeprefix("class_") for name in columns[1] if name.startswith("class_")]
    return [
        {"id": name, "label": text(known.get(name, {}), "zh") or name, "medium": medium}
        for medium, names in (("air", days), ("water", factors))
        for name in names
    ]
