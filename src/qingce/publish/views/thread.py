"""Views of the thread: scoreboard, target, unbound, tasks. Rows are picked and labelled, never computed. 视图。"""

from __future__ import annotations

from collections.abc import Mapping

from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.publish import charts
from qingce.publish.results import Results
from qingce.publish.rows import (
    View,
    absent_label,
    facts,
    level_table,
    plain,
    review_label,
    split,
    text,
)
from qingce.publish.views.outlook import fan, outlook_of
from qingce.publish.views.place import event_days, recent

__all__ = ["BATTLES", "WAITING", "is_unbound", "scoreboard", "target", "target_rows", "tasks", "unbound", "value_row"]

BATTLES = ("蓝天", "碧水", "净土", "生态", "低碳", "风险", "治理")
WAITING = ("awaiting", "unbound")
"""Statuses whose rows come first: somebody has to bring something before there is a verdict."""
_PERIODS = {len("2026"): "year", len("2026-01"): "month"}


def target_rows(results: Results, where: View | None = None) -> list[View]:
    """Label the rows of `progress` that match, with the English name of each indicator."""
    english = {str(row["id"]): row["en"] for row in results.rows("indicators", columns=["id", "en"])}
    official = {
        (str(row["indicator"]), str(row["scope"]), row["value"]): str(row["period"]) for row in results.rows("official")
    }
    found = [_target_row(row, english) for row in results.rows("progress", where=where)]
    for labelled, row in zip(found, results.rows("progress", where=where), strict=True):
        if labelled["official"]:
            scopes = (str(row["scope"]), str(row["scope"]).partition("~")[0])
            keys = ((str(row["indicator_id"]), scope, row["official_value"]) for scope in scopes)
            listed = next((official[key] for key in keys if key in official), None)
            labelled["official"]["period"] = row.get("official_period") or listed  # type: ignore[index]
    return found


def is_unbound(row: View) -> bool:
    """True for a labelled target that nothing can be compared with yet."""
    return not row["bound"] or row["status"]["code"] == "unbound"  # type: ignore[index]


def _target_row(row: View, english: Mapping[str, object]) -> View:
    official = None
    if row.get("official_value") is not None:
        official = plain(row, "official_value", "official_issuer", "official_number")
        official = {key.removeprefix("official_"): value for key, value in official.items()}
        official["review"] = review_label(row.get("official_review"))
    own = None
    if row.get("own_value") is not None or row.get("own_text"):
        own = {key.removeprefix("own_"): value for key, value in plain(row).items() if key.startswith("own_")}
        own["review"] = review_label(row.get("own_review"))
    return {
        "id": row["target_id"],
        "battle": row.get("battle") or "",
        "indicator": {
            "id": row.get("indicator_id") or "",
            "name": row.get("indicator_name") or "",
            "en": english.get(str(row.get("indicator_id"))) or "",
        },
        "scope": {"id": row.get("scope") or "", "name": row.get("scope_name") or ""},
        "document": {"id": row.get("document_id") or "", "number": row.get("document_number") or ""},
        "official": official,
        "own": own,
        "status": {"code": row.get("status") or "unbound", "zh": row.get("status_text") or ""},
        "reason": {"code": row.get("reason") or "", "zh": row.get("reason_text") or ""},
        "owners": split(row.get("owners")),
        "waiting": not row.get("bound") or str(row.get("status")) in WAITING,
        **plain(
            row, "bound", "confirmed", "comparator", "target_value", "target_text", "unit", "basis", "series",
            "rounding", "decider", "deadline", "deadline_day", "difference", "difference_text", "last_year_value",
            "change", "pace_text", "quota_text", "probability", "quote", "start", "end", "value_id", "clause_id",
        ),
    }  # fmt: skip


def scoreboard(results: Results) -> View:
    """The first page: what waits for somebody, then every battle with its targets."""
    rows = target_rows(results)
    first = sorted((row for row in rows if row["waiting"]), key=_without_number)
    battles = grouped((row for row in rows if not row["waiting"]), lambda row: str(row["battle"]) or "治理")
    waiting = grouped(first, lambda row: str(row["battle"]) or "治理")
    names = [*BATTLES, *(name for name in {**battles, **waiting} if name not in BATTLES)]
    statuses = grouped(rows, lambda row: str(row["status"]["code"]))  # type: ignore[index]
    return {
        **facts(results),
        "counts": {
            "targets": len(rows),
            "waiting": len(first),
            "unbound": sum(map(is_unbound, rows)),
            "unconfirmed": sum(not row["confirmed"] for row in rows),
            "documents": results["documents"].num_rows,
            "tasks": results["tasks"].num_rows,
            "rejected": results["rejected"].num_rows,
            "warnings": results["warnings"].num_rows,
            "counties": results["air_counties"].num_rows,
        },
        "statuses": [
            {"code": code, "zh": found[0]["status"]["zh"], "count": len(found)}  # type: ignore[index]
            for code, found in statuses.items()
        ],
        "first": first,
        "battles": [
            {"name": name, "rows": battles.get(name, []), "waiting": len(waiting.get(name, []))}
            for name in names
            if name in battles or name in waiting
        ],
    }


def _without_number(row: View) -> bool:
    """Targets without a number stand behind those that somebody can still bring one for."""
    return not row["target_value"]


def target(results: Results, identity: str) -> View:
    """One target: sentence, 口径, official against 测算, quota, chart, owners, and the way to the hours.

    Raises QC554 for an id that is not in the results.
    """
    found = target_rows(results, {"target_id": identity})
    if not found:
        raise complain("QC554", words={"kind": "targets", "id": identity})
    row = found[0]
    read = results.rows("targets", where={"id": identity})
    document = results.rows("documents", where={"id": row["document"]["id"]})  # type: ignore[index]
    series = [plain(item) for item in results.rows("series", where={"target_id": identity})]
    series.sort(key=lambda item: str(item["day"]))
    indicator, scope = (str(row[name]["id"]) for name in ("indicator", "scope"))  # type: ignore[index]
    events = results.keep(f"events:{scope}", lambda: event_days(results, scope)) if series else {}
    for item in series:
        item["excluded"] = events.get(str(item["day"]), [])
    daily = len({str(item["day"])[:7] for item in series}) < len(series)
    known: View = {"indicator": indicator, "scope": scope}
    listed = results.rows("indicators", where={"id": indicator})
    quantity, medium = (text(listed[0], "parameter"), text(listed[0], "medium")) if listed else ("", "")
    parameter = results.rows("parameters", where={"id": quantity})
    return {
        **facts(results),
        "target": row,
        "reading": plain(read[0]) if read else None,
        "document": plain(document[0], "id", "title", "number", "issuer", "date") if document else None,
        "clauses": _clauses(results, row),
        "tasks": _tasks_of(results, row),
        "quota": _quota_rows(results, identity),
        "shares": [plain(item) for item in results.rows("county_shares", where={"target_id": identity})],
        "outlook": outlook_of(results, identity),
        "values": [value_row(item) for item in results.rows("values", where=known)],
        "official": [_official_row(item) for item in results.rows("official", where=known)],
        "others": _others(results, known, identity),
        "explained": [
            item["id"] for item in results.rows("whys", columns=["id"], where={"id": [identity, row["value_id"]]})
        ],
        # the series of a class is a share of sections: no line of it stands beside a class
        "chart": None if row["unit"] == "class" else charts.cumulative(series, row, fan(results, identity)),
        "calendar": charts.calendar(series, value="value", level="category") if daily else [],
        "grid": [] if daily else charts.month_grid(series, level="category"),
        "recent": {
            **results.keep(
                f"recent:{scope}:{quantity}:{medium}",
                lambda: recent(results, scope, parameter=quantity, medium=medium),
            ),
            "whole": {
                str(item["day"])[: 10 if daily else 7]: item["value"] for item in series if item["value"] is not None
            },
        },
        "parameter": plain(parameter[0]) if parameter else None,
        "places": listed[0]["decimals"] if listed else None,
        "levels": list(level_table(results, "aqi" if daily else "water_class").values()),
    }


def _quota_rows(results: Results, identity: str) -> list[View]:
    """The allowances of a target; a part such as a section, a county or a month by its name and its group."""
    names = results.keep("part_names", lambda: _part_names(results))
    rows = [plain(row) for row in results.rows("quota", where={"target_id": identity})]
    return [{**row, **_part(str(row["part"] or ""), names)} for row in rows]


def _part_names(results: Results) -> dict[str, tuple[str, str]]:
    """Codes that a part may hold: code → name and group."""
    found = {str(row["id"]): (str(row["zh"]), "parameter") for row in results.rows("parameters", columns=["id", "zh"])}
    columns = ["site", "name", "county", "county_name"]
    for row in results.rows("sites", columns=columns):
        found[str(row["site"])] = (str(row["name"]), "site")
        found[str(row["county"])] = (str(row["county_name"] or row["county"]), "county")
    return found


def _part(part: str, names: Mapping[str, tuple[str, str]]) -> View:
    """Name a part and say by what the quota was split: whole, year, month, county or site."""
    pieces = [piece for piece in part.split("/") if piece]
    groups = [names[piece][1] if piece in names else _PERIODS.get(len(piece), "site") for piece in pieces]
    group = next(
        (name for name in ("county", "site", "month", "year") if name in groups), "site" if groups else "whole"
    )
    return {"part_text": " ".join(names.get(piece, (piece, ""))[0] for piece in pieces), "group": group}


def value_row(row: View) -> View:
    """Label one row of `values`."""
    return {**plain(row), "absent": absent_label(row.get("absent")), "review": review_label(row.get("review"))}


def _official_row(row: View) -> View:
    return {**plain(row), "review": review_label(row.get("review"))}


def _others(results: Results, known: View, identity: str) -> list[View]:
    """The other targets set for the same indicator and scope."""
    where = {"indicator_id": known["indicator"], "scope": known["scope"]}
    rows = target_rows(results, where) if known["indicator"] else []
    return [row for row in rows if row["id"] != identity]


def _clauses(results: Results, row: View) -> list[View]:
    """The clauses that hold the sentence, outermost first."""
    where = {"document_id": row["document"]["id"]}  # type: ignore[index]
    start = row.get("start")
    clauses = results.rows("clauses", columns=["id", "path", "marker", "title", "start", "end"], where=where)
    by_path = {text(item, "path"): item for item in clauses}
    own = next((text(item, "path") for item in clauses if item["id"] == row["clause_id"]), "")
    if not own:
        return [plain(item) for item in clauses if _holds(item, start)]
    parts = own.split("/")
    paths = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return [plain(by_path[path]) for path in paths if path in by_path]


def _holds(item: View, start: object) -> bool:
    bounds = (item["start"], start, item["end"])
    return all(isinstance(place, int) for place in bounds) and bounds[0] <= bounds[1] < bounds[2]  # type: ignore[operator]


def _tasks_of(results: Results, row: View) -> list[View]:
    """The tasks of the clause that holds the sentence."""
    where = {"document_id": row["document"]["id"]}  # type: ignore[index]
    found = [_task_row(item) for item in results.rows("tasks", where=where) if _holds(item, row.get("start"))]
    return [task for task in found if task["lead"] or task["support"] or task["responsible"]]


def _task_row(item: View) -> View:
    units = {name: split(item.get(name)) for name in ("lead", "support", "responsible")}
    return {**plain(item), **units, "measures": split(item.get("measures"), "；;\n")}


def unbound(results: Results) -> View:
    """Targets that no indicator could be bound to, by reason."""
    rows = [row for row in target_rows(results) if is_unbound(row)]
    reasons = grouped(rows, lambda row: (row["reason"]["code"], row["reason"]["zh"]))  # type: ignore[index]
    return {
        **facts(results),
        "count": len(rows),
        "reasons": [{"code": code, "zh": words, "rows": found} for (code, words), found in reasons.items()],
    }


def tasks(results: Results) -> View:
    """The ledger of tasks with their units and deadlines, document by document."""
    titles = {str(row["id"]): plain(row, "id", "title", "number") for row in results.rows("documents")}
    rows = [_task_row(row) for row in results.rows("tasks")]
    units = sorted({unit for row in rows for name in ("lead", "responsible") for unit in row[name]})  # type: ignore[attr-defined]
    return {
        **facts(results),
        "count": len(rows),
        "documents": [
            {**titles.get(document, {"id": document, "title": document, "number": ""}), "rows": found}
            for document, found in grouped(rows, lambda row: str(row["document_id"])).items()
        ],
        "units": units,
    }
