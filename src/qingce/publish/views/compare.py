"""Views of what documents say of each other: comparisons, promises, histories. Rows are picked only. 比对视图。"""

from __future__ import annotations

from collections.abc import Mapping

from qingce.core.grouping import grouped
from qingce.publish.results import Results
from qingce.publish.rows import View, facts, plain, text

__all__ = ["compare", "comparison_groups", "histories", "promises"]

_ENDS = "。；\n\t"
_AROUND = 120
_NO_DOCUMENT: View = {"id": "", "title": "", "number": "", "date": ""}
_SIGNS = {"<=": "≤", ">=": "≥", "==": "="}
_SIDE = ("document", "target", "quote", "start", "end", "scope", "comparator", "value", "unit", "base_year", "deadline")


def compare(results: Results) -> View:
    """Every row of the comparisons by kind, both sentences with the place of the target in them."""
    return {**facts(results), "groups": comparison_groups(results), "promises": promises(results)}


def comparison_groups(results: Results) -> list[View]:
    """Group the comparisons by kind in table order, a sentence for each side."""
    documents = {text(row, "id"): row for row in results.rows("documents")}
    rows = [_row(row, documents) for row in results.rows("comparisons")]
    groups = grouped(rows, lambda row: str(row["kind"]))
    return [
        {"kind": kind, "zh": found[0]["text"], "en": found[0]["text_en"], "rows": found}
        for kind, found in groups.items()
    ]


def _row(row: View, documents: Mapping[str, View]) -> View:
    shown = plain(row, "kind", "relation", "indicator_id", "indicator", "text", "text_en", "note")
    return {**shown, "first": _side(row, "first", documents), "second": _side(row, "second", documents)}


def _side(row: View, side: str, documents: Mapping[str, View]) -> View | None:
    """One target with the words around it, up to the ends of its sentence; None where there is none."""
    if not row[f"{side}_target"]:
        return None
    found: View = {name: plain(row, f"{side}_{name}")[f"{side}_{name}"] for name in _SIDE}
    document = documents.get(str(row[f"{side}_document"]), {})
    whole, start, end = text(document, "text"), int(str(row[f"{side}_start"])), int(str(row[f"{side}_end"]))
    first = max(start - _AROUND, *(whole.rfind(mark, 0, start) + 1 for mark in _ENDS))
    last = min([end + _AROUND, *(at for mark in _ENDS if (at := whole.find(mark, end)) >= 0)])
    words = {"before": whole[first:start].lstrip(), "marked": whole[start:end], "after": whole[end:last].rstrip()}
    return {
        **found,
        **words,
        "document": {name: document.get(name) or "" for name in ("id", "title", "number", "date")},
    }


def promises(results: Results) -> View:
    """Who promises what: a row an indicator, a column a document, the promises of each in text order."""
    names = {text(row, "id"): row for row in results.rows("documents", columns=["id", "title", "number", "date"])}
    rows = results.rows("promises")
    columns = [plain(names[key]) for key in dict.fromkeys(text(row, "document_id") for row in rows) if key in names]
    lines = []
    for found in grouped([plain(row) for row in rows], lambda row: str(row["indicator_key"])).values():
        cells = [[row for row in found if row["document_id"] == column["id"]] for column in columns]
        lines.append({"indicator": found[0]["indicator"], "cells": cells})
    return {"columns": columns, "rows": lines}


def histories(results: Results) -> list[View]:
    """Every promise that more than one document touched, its steps in order of their dates."""
    rows = results.rows("documents", columns=["id", "title", "number", "date"])
    names = {text(row, "id"): plain(row) for row in rows}
    lines = grouped([plain(row) for row in results.rows("history")], lambda row: str(row["key"])).values()
    return [
        {
            **{name: steps[0][name] for name in ("key", "indicator", "place", "deadline")},
            "steps": [
                {
                    **step,
                    "value_text": _signed(step["value_text"]),
                    "source": names.get(str(step["document_id"]), _NO_DOCUMENT),
                }
                for step in steps
            ],
        }
        for steps in lines
    ]


def _signed(told: object) -> str | None:
    """Write the comparator of a promise as people do: `>= 78%` is `≥ 78%`."""
    sign, _, rest = str(told or "").partition(" ")
    return f"{_SIGNS[sign]} {rest}".strip() if sign in _SIGNS else (str(told) if told else None)
