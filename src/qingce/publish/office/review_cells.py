"""What of the ledger an officer may edit, as text, and the seal by which an edit is known when it comes back. 复核列。

The hidden seal of a row keeps its key, the version of its decision and the text of every editable cell when the ledger
was written; what differs from it was edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qingce.publish.office.labels import deadline_text
from qingce.publish.results import Results
from qingce.publish.rows import split
from qingce.publish.views.review import review_rows

__all__ = [
    "SEAL",
    "SIGNS",
    "TARGET_CELLS",
    "TARGET_KEY",
    "TASK_CELLS",
    "VERDICTS",
    "seal",
    "target_cells",
    "targets_by_key",
    "task_cells",
    "tasks_by_key",
]

TARGET_KEY = "复核键"
SEAL = "复核封"
SIGNS = {
    "<=": "≤", ">=": "≥", "==": "=", "<": "<", ">": ">", "~": "约", "range": "在", "decrease_by": "下降",
    "increase_by": "提高",
}  # fmt: skip
VERDICTS = {"confirm": "确认", "correct": "更正", "reject": "否决", "add": "人工添加"}
TARGET_CELLS = {
    "指标": "indicator", "范围": "scope", "要求": "comparator", "目标值": "value", "单位": "unit", "基期": "base_year",
    "时限": "deadline", "责任单位": "owners", "复核结论": "verdict", "复核人": "who", "理由": "why",
}  # fmt: skip
"""Heads of 指标清单 that may be edited and the field each stands for."""

TASK_CELLS = {
    "牵头": "lead_units", "配合": "support_units", "责任单位": "responsible_units", "时限": "deadline", "复核人": "who",
    "理由": "why",
}  # fmt: skip
Row = Mapping[str, Any]


def target_cells(row: Row) -> dict[str, str]:
    """Return the editable cells of a target as they are printed; `row` as `review_rows` gives it."""
    cells = {head: str(row[name] if row[name] is not None else "") for head, name in TARGET_CELLS.items()}
    return cells | {
        "要求": SIGNS.get(str(row["comparator"] or ""), ""),
        "目标值": str(row["value"] or row["value_text"] or ""),
        "时限": deadline_text(row["deadline"]),
        "复核结论": VERDICTS.get(str(row["verdict"] or ""), ""),
    }


def targets_by_key(results: Results) -> dict[str, dict[str, Any]]:
    """Return every target with the decision about it, by key."""
    documents = [str(row["id"]) for row in results.rows("documents", columns=["id"])]
    return {str(row["key"]): row for document in documents for row in review_rows(results, document)}


def tasks_by_key(results: Results) -> dict[str, dict[str, Any]]:
    """Return every task with what an officer set, by key."""
    said = {row["key"]: row for row in results.rows("reviews", where={"what": "task"})}
    found = {}
    for row in results.rows("tasks"):
        key = str(row["review_key"] or f"{row['document_id']}#{row['path']}")
        units = {
            "lead_units": split(row["lead"]), "support_units": split(row["support"]),
            "responsible_units": split(row["responsible"]), "deadline": row["deadline"] or "",
        }  # fmt: skip
        decision = said.get(key)
        fields = json.loads(str(decision["fields"])) if decision and decision["state"] in {"applied", "pending"} else {}
        told = {name: decision[name] if decision else "" for name in ("who", "at", "why")}
        found[key] = dict(row) | units | fields | told | {"key": key, "version": decision["version"] if decision else 0}
    return found


def task_cells(row: Row) -> dict[str, str]:
    """Return the editable cells of a task as they are printed; `row` as `tasks_by_key` gives it."""
    units = {head: "、".join(row[name]) for head, name in TASK_CELLS.items() if name.endswith("_units")}
    return units | {
        "时限": deadline_text(row["deadline"]),
        "复核人": str(row["who"] or ""),
        "理由": str(row["why"] or ""),
    }


def seal(key: str, version: object, cells: Mapping[str, str]) -> str:
    """Return the seal of a row."""
    kept = {"k": key, "v": version or 0, "c": dict(cells)}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
