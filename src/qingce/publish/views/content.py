"""Views of indicators, editions, quality, rejected cells, `why` and search. 内容与质量视图。"""

from __future__ import annotations

from collections.abc import Mapping

from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.publish import charts
from qingce.publish.results import Results
from qingce.publish.rows import View, distinct, facts, plain, review_label, split
from qingce.publish.views.place import quality_rows
from qingce.publish.views.thread import target_rows, value_row

__all__ = ["content", "indicator", "indicator_scopes", "indicators", "quality", "rejected", "search"]


def indicator_scopes(results: Results) -> list[tuple[str, str]]:
    """Every indicator and scope that has a value or a target."""
    valued = distinct(results, "values", "indicator", "scope")
    promised = distinct(results, "progress", "indicator_id", "scope")
    official = distinct(results, "official", "indicator", "scope")
    return sorted({(pair[0], pair[1]) for pair in (*valued, *promised, *official)})


def indicators(results: Results) -> View:
    """The list of indicators with the scopes that have pages."""
    scopes: dict[str, list[str]] = {}
    for name, scope in indicator_scopes(results):
        scopes.setdefault(name, []).append(scope)
    names = _scope_names(results)
    known = {str(row["id"]): plain(row) for row in results.rows("indicators")}
    listed = [
        {
            **known.get(name, _unlisted(results, name)),
            "scopes": [{"id": scope, "name": _scope_name(results, name, scope, names=names)} for scope in found],
        }
        for name, found in scopes.items()
    ]
    unused = [row for name, row in known.items() if name not in scopes]
    return {**facts(results), "rows": listed, "unused": unused}


def _unlisted(results: Results, name: str) -> View:
    """What can be said of an indicator that the results list no row of."""
    columns = results["indicators"].schema.names
    return {**dict.fromkeys(columns), "id": name, "zh": _spoken(results, name)}


def _spoken(results: Results, name: str) -> str:
    rows = results.rows("progress", columns=["indicator_name"], where={"indicator_id": name})
    return str(rows[0]["indicator_name"]) if rows and rows[0]["indicator_name"] else name


def _scope_names(results: Results) -> dict[tuple[str, str], str]:
    """Scopes by indicator and code: 990100 is a city to one indicator, its sections to another; sites under ""."""
    promised = distinct(results, "progress", "indicator_id", "scope", "scope_name")
    valued = distinct(results, "values", "indicator", "scope", "scope_name")
    places = {("", site): name for site, name in distinct(results, "sites", "site", "name")}
    return places | {(name, scope): told for name, scope, told in (*promised, *valued) if told}


def _scope_name(
    results: Results, indicator: str, scope: str, *, names: Mapping[tuple[str, str], str] | None = None
) -> str:
    known = _scope_names(results) if names is None else names
    return known.get((indicator, scope)) or known.get(("", scope), scope)


def indicator(results: Results, identity: str, scope: str) -> View:
    """One indicator for one scope: values by period and series, official values, the targets that use it.

    Raises QC554 if nothing is known of it.
    """
    if (identity, scope) not in indicator_scopes(results):
        raise complain("QC554", words={"kind": "indicators", "id": f"{identity}/{scope}"})
    known = results.rows("indicators", where={"id": identity})
    where = {"indicator": identity, "scope": scope}
    values = [value_row(row) for row in results.rows("values", where=where)]
    values.sort(key=lambda row: (str(row["period"]), str(row["series"])))
    official = [{**plain(row), "review": review_label(row["review"])} for row in results.rows("official", where=where)]
    targets = target_rows(results, {"indicator_id": identity, "scope": scope})
    return {
        **facts(results),
        "indicator": plain(known[0]) if known else _unlisted(results, identity),
        "scope": {"id": scope, "name": _scope_name(results, identity, scope)},
        "values": values[::-1],
        "official": official,
        "targets": targets,
        "chart": charts.values_by_period(values, targets),
        "place": bool(distinct_place(results, scope)),
    }


def distinct_place(results: Results, scope: str) -> bool:
    """True if the scope has a page of its own among the sites."""
    places = [*distinct(results, "sites", "site"), *distinct(results, "air_city_days", "subject")]
    return (scope,) in places


def content(results: Results) -> View:
    """Which edition of which standard or method is in force on which days, what was used, what is unread."""
    rows = [plain(row) for row in results.rows("editions")]
    return {
        **facts(results),
        "kinds": [{"kind": kind, "rows": found} for kind, found in grouped(rows, lambda row: str(row["kind"])).items()],
        "unread": [row for row in rows if row["status"] in {"unread", "open"}],
    }


def quality(results: Results) -> View:
    """What came in and what was valid: the last month of every site, and the months that want a look."""
    rows = quality_rows(results)
    last = max((str(row["month"]) for row in rows), default="")
    kinds = grouped((row for row in rows if row["month"] == last), lambda row: str(row["kind"]))
    events = [{**plain(row), "parameters": split(row["parameters"])} for row in results.rows("exceptions")]
    return {
        **facts(results),
        "month": last,
        "kinds": [{"kind": kind, "rows": found} for kind, found in kinds.items()],
        "doubts": sorted((row for row in rows if row["note"]), key=lambda row: str(row["month"]), reverse=True),
        "exceptions": events,
        "rejected": results["rejected"].num_rows,
    }


def rejected(results: Results) -> View:
    """Every cell that could not be taken in, by its numbered reason."""
    rows = [plain(row) for row in results.rows("rejected")]
    codes = grouped(rows, lambda row: str(row["code"]))
    return {
        **facts(results),
        "count": len(rows),
        "codes": [{"code": code, "rows": found} for code, found in codes.items()],
    }


def search(results: Results, query: str = "") -> View:
    """Everything that has a page or a row, as one list; with `query` only what contains every word of it."""
    entries = [*_target_entries(results), *_other_entries(results)]
    words = query.lower().split()
    found = [entry for entry in entries if all(word in str(entry["text"]).lower() for word in words)]
    return {**facts(results), "query": query, "count": len(found), "rows": found}


def _target_entries(results: Results) -> list[View]:
    columns = [
        "target_id",
        "indicator_name",
        "scope_name",
        "target_text",
        "quote",
        "owners",
        "document_number",
        "battle",
    ]
    rows = results.rows("progress", columns=columns)
    return [
        {
            "kind": "targets",
            "ids": [row["target_id"]],
            "anchor": "",
            "title": f"{row['indicator_name'] or row['quote']} {row['target_text'] or ''}".strip(),
            "text": " ".join(str(value) for value in row.values() if value),
        }
        for row in rows
    ]


def _other_entries(results: Results) -> list[View]:
    documents = results.rows("documents", columns=["id", "title", "number", "issuer"])
    places = results.rows("sites", columns=["site", "name", "kind", "city_name", "county_name"])
    found = [_entry("plans", row, ids=[row["id"]], title=str(row["title"])) for row in documents]
    found += [_entry("sites", row, ids=[row["site"]], title=str(row["name"])) for row in places]
    names = _scope_names(results)
    known = {str(row["id"]): str(row["zh"]) for row in results.rows("indicators")}
    for name, scope in indicator_scopes(results):
        title = f"{known.get(name) or _spoken(results, name)} · {_scope_name(results, name, scope, names=names)}"
        found.append(_entry("indicators", {"title": title, "id": name}, ids=[name, scope], title=title))
    for row in results.rows("tasks", columns=["document_id", "path", "title", "lead", "responsible", "start"]):
        entry = _entry("plans", row, ids=[row["document_id"]], title=f"{row['path']} {row['title']}")
        found.append({**entry, "anchor": f"K{row['start']}", "kind": "tasks"})
    return found


def _entry(kind: str, row: Mapping[str, object], *, ids: list[object], title: str) -> View:
    words = " ".join(str(value) for value in row.values() if value)
    return {"kind": kind, "ids": ids, "anchor": "", "title": title, "text": words}
