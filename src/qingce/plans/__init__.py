"""Documents → clauses, targets, tasks, deadlines, units, repairs; comparison. 谋划。"""

from __future__ import annotations

from qingce.plans.compare import Comparison, Difference, compare, feasibility
from qingce.plans.contract import reading_to_dict
from qingce.plans.formats import documents_in
from qingce.plans.reader import read_document, read_text

__all__ = [
    "Comparison",
    "Difference",
    "compare",
    "documents_in",
    "feasibility",
    "read_document",
    "read_text",
    "reading_to_dict",
]
