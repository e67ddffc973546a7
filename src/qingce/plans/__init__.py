"""Documents → clauses, targets, tasks, deadlines, units, repairs; comparison. 谋划。"""

from __future__ import annotations

from qingce.plans.compare import RELATIONS, Comparison, compare
from qingce.plans.contract import difference_to_dict, reading_to_dict
from qingce.plans.differences import KINDS, Difference
from qingce.plans.feasibility import feasibility
from qingce.plans.formats import documents_in
from qingce.plans.history import History, Step, follow, superseded
from qingce.plans.reader import read_document, read_text

__all__ = [
    "Comparison",
    "Difference",
    "History",
    "KINDS",
    "RELATIONS",
    "Step",
    "compare",
    "difference_to_dict",
    "documents_in",
    "feasibility",
    "follow",
    "read_document",
    "read_text",
    "reading_to_dict",
    "superseded",
]
