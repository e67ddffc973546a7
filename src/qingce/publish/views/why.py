"""The view of `qingce why`: one number both ways, to its sentences and to its hours. 溯源视图。"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from qingce.core.errors import complain
from qingce.publish.results import Results
from qingce.publish.rows import View, distinct, facts
from qingce.publish.views.content import indicator_scopes
from qingce.publish.views.place import hour_days, hour_months

__all__ = ["why", "why_page"]

Link = Mapping[str, object]


def why(results: Results, identity: str) -> View:
    """The tree of `qingce why` that the build kept for an id; raises QC554 if it kept none."""
    found = results.rows("whys", where={"id": identity})
    if not found:
        raise complain("QC554", words={"kind": "why", "id": identity})
    return {
        **facts(results),
        **why_page(json.loads(str(found[0]["tree"])), results.keep("pages", lambda: _Pages(results))),
    }


def why_page(tree: Mapping[str, object], pages: _Pages | None = None) -> View:
    """Lay a tree of `why` (`id, down, up, sentences, notes`) out for a page.

    Steps that rest on nothing further stand together as a table; each step leads to its own page where there is one.
    """
    pages = pages or _Pages(Results())
    down = tree.get("down")
    return {
        "id": str(tree.get("id") or ""),
        "known_at": tree.get("known_at"),
        "sentences": [{**sentence, "target": pages.target(sentence)} for sentence in _mappings(tree.get("sentences"))],
        "down": _node(down, pages) if isinstance(down, Mapping) else None,
        "up": [_node(node, pages) for node in _mappings(tree.get("up"))],
        "notes": [str(note) for note in _listed(tree.get("notes"))],
    }


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [item for item in _listed(value) if isinstance(item, Mapping)]


def _node(node: Mapping[str, object], pages: _Pages) -> View:
    children = [_node(child, pages) for child in _mappings(node.get("children"))]
    known = [(str(pair[0]), str(pair[1])) for pair in _listed(node.get("facts")) if isinstance(pair, list | tuple)]
    leaves = [child for child in children if not child["steps"] and not child["leaves"]]
    return {
        "id": str(node.get("id") or ""),
        "kind": str(node.get("kind") or ""),
        "title": str(node.get("title") or ""),
        "facts": [{"name": name, "text": text} for name, text in known],
        "link": pages.link(str(node.get("id") or "")),
        "steps": [child for child in children if child["steps"] or child["leaves"]],
        "leaves": leaves,
        "columns": list(dict.fromkeys(fact["name"] for leaf in leaves for fact in leaf["facts"])),  # type: ignore[attr-defined]
    }


class _Pages:
    """Which pages there are, so that a step never leads nowhere."""

    def __init__(self, results: Results) -> None:
        self._targets = {pair[0] for pair in distinct(results, "progress", "target_id")}
        rows = results.rows("progress", columns=["target_id", "document_id", "start"])
        self._sentences = {(row["document_id"], row["start"]): str(row["target_id"]) for row in rows}
        self._scopes = set(indicator_scopes(results))
        self._days, self._months = hour_days(results), hour_months(results)
        tables = (("sites", "site"), ("air_city_days", "subject"))
        self._places = {pair[0] for table, column in tables for pair in distinct(results, table, column)}

    def target(self, sentence: Mapping[str, object]) -> str | None:
        """Return the target whose sentence it is."""
        return self._sentences.get((sentence.get("document_id"), sentence.get("start")))

    def link(self, identity: str) -> Link | None:
        """Return kind, ids and anchor of the page that shows an id, or None."""
        parts = identity.split(":")
        if identity in self._targets:
            return {"kind": "targets", "ids": [identity], "anchor": ""}
        if parts[0] == "V" and len(parts) > 3 and (parts[1], parts[2]) in self._scopes:
            return {"kind": "indicators", "ids": parts[1:3], "anchor": ""}
        if parts[0] in {"F", "O"} and len(parts) > 3:
            return self._place(parts[1], parts[3])
        return None

    def _place(self, subject: str, time: str) -> Link | None:
        if time[:10] in self._days.get(subject, ()):
            return {"kind": "hours", "ids": [subject, time[:7]], "anchor": f"D{time[:10]}"}
        if time in self._months.get(subject, ()):
            return {"kind": "hours", "ids": [subject, time], "anchor": ""}
        return {"kind": "sites", "ids": [subject], "anchor": ""} if subject in self._places else None
