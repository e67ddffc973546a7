"""The review page: the text on one side, the register with every decision on the other. 复核视图。

Rows are picked and put side by side; what was decided is read from the table `reviews`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qingce.core.errors import complain
from qingce.publish.results import Results
from qingce.publish.rows import View, facts, plain, split
from qingce.publish.views.plan import Mark, segments

__all__ = ["review", "review_rows"]

_FIELDS = ("indicator", "indicator_id", "scope", "comparator", "value", "unit", "base_year", "deadline", "kind")
_DECIDED = ("confirm", "correct", "add")
_SURE = 0.9
Row = dict[str, Any]


def review(results: Results, identity: str) -> View:
    """One document with its targets as read, as decided and by whom; raises QC554 for an unknown id."""
    found = results.rows("documents", where={"id": identity})
    if not found:
        raise complain("QC554", words={"kind": "review", "id": identity})
    document = found[0]
    targets = review_rows(results, identity)
    marks: list[Mark] = [(row["start"], row["end"], "target", row["key"]) for row in targets]
    lost = results.rows("reviews", where={"state": "lost"})
    return {
        **facts(results),
        "document": {name: value for name, value in plain(document).items() if name != "text"},
        "lines": segments(str(document["text"]), marks),
        "targets": targets,
        "lost": [_decision(row) for row in lost if row["document_id"] == identity],
        "counts": _counts(targets),
        "indicators": [plain(row, "id", "zh", "unit") for row in results.rows("indicators")],
    }


def review_rows(results: Results, identity: str) -> list[Row]:
    """Return the targets of a document with the decision about each; those only just added too."""
    where: View = {"document_id": identity}
    owners = {row["target_id"]: row["owners"] for row in results.rows("progress", where=where)}
    decisions = {str(row["key"]): row for row in results.rows("reviews", where={"what": "target"})}
    rows = []
    for row in results.rows("targets", where=where):
        key = str(row["review_key"] or row["id"])
        rows.append(_target(row, decisions.pop(key, None), owners=owners))
    text = str(results.rows("documents", where={"id": identity})[0]["text"])
    new = [row for row in decisions.values() if row["document_id"] == identity and row["state"] == "pending"]
    rows += [_new(row, text) for row in new if str(row["key"]).startswith("A:")]
    return sorted(rows, key=lambda row: (row["start"], row["key"]))


def _target(row: Mapping[str, Any], decision: Mapping[str, Any] | None, *, owners: Mapping[Any, Any]) -> Row:
    built = plain(row)
    as_read = _shown(row["as_read"]) if row["as_read"] else {name: built[name] for name in _FIELDS}
    made: Row = {name: built[name] for name in ("id", "quote", "start", "end", "value_text", "confidence", *_FIELDS)}
    made |= {
        "key": str(row["review_key"] or row["id"]),
        "owners": owners.get(row["id"]) or "",
        "reasons": split(row["reasons"], "；"),
        "doubtful": row["confidence"] is not None and row["confidence"] < _SURE,
        "as_read": as_read,
    }
    if decision is not None and decision["state"] in {"pending", "withdrawn"}:
        made |= as_read if decision["state"] == "withdrawn" else _said(decision)
    return made | _verdict(decision)


def _new(row: Mapping[str, Any], text: str) -> Row:
    """A target that an officer added since the last build."""
    start, end = int(row["start"]), int(row["end"])
    blank: Row = dict.fromkeys(("id", "value_text", "owners", *_FIELDS), "") | {"confidence": None, "doubtful": False}
    place = {"key": row["key"], "quote": text[start:end], "start": start, "end": end, "reasons": [], "as_read": {}}
    return blank | place | _said(row) | _verdict(row)


def _said(decision: Mapping[str, Any]) -> Row:
    return _shown(decision["fields"])


def _shown(fields: str | None) -> Row:
    """The fields of a decision as they are shown, a range as its two ends."""
    read: Row = json.loads(fields or "{}")
    value = read.get("value")
    return read | {"value": "–".join(map(str, value)) if isinstance(value, list) else value}


def _verdict(decision: Mapping[str, Any] | None) -> Row:
    """Who decided what and when; a decision that lost its hold has to be made again."""
    if decision is None:
        return dict.fromkeys(("verdict", "state", "who", "at", "why", "note"), "") | {"version": 0, "similarity": None}
    told = _decision(decision)
    stands = decision["state"] in {"applied", "pending"}
    return told | {"verdict": told["verdict"] if stands else ""}


def _decision(row: Mapping[str, Any]) -> Row:
    names = ("key", "verdict", "state", "who", "at", "why", "note", "version", "similarity")
    told = {name: "" if row[name] is None else row[name] for name in names}
    return told | ({"quote": row["quote"], "fields": _shown(row["fields"])} if row["state"] == "lost" else {})


def _counts(targets: list[Row]) -> View:
    standing = [row for row in targets if row["verdict"] != "reject"]
    return {
        "confirmed": sum(row["verdict"] in _DECIDED for row in standing),
        "all": len(standing),
        "rejected": len(targets) - len(standing),
        "doubtful": sum(bool(row["doubtful"]) and not row["verdict"] for row in targets),
        "again": sum(row["state"] == "changed" for row in targets),
    }
