"""Thread 线索: from the plan's sentence to the value that answers it, and back."""

from qingce.thread.basis import Basis, Settings, basis_of
from qingce.thread.binding import REASON_ZH, Binding, assessed_period, bind
from qingce.thread.official import Difference, Official, Officials, difference, official_months
from qingce.thread.progress import Progress, progress
from qingce.thread.scope import Scope, resolve_scope
from qingce.thread.status import STATUS_ZH
from qingce.thread.tracing.cited import Flag, cited_then
from qingce.thread.tracing.known import days_known
from qingce.thread.tracing.why import Node, Sentence, Why, why, whys
from qingce.thread.values import compute_values, value_id

__all__ = [
    "Basis",
    "Binding",
    "Difference",
    "Flag",
    "Node",
    "Official",
    "Officials",
    "Progress",
    "REASON_ZH",
    "STATUS_ZH",
    "Scope",
    "Sentence",
    "Settings",
    "Why",
    "assessed_period",
    "basis_of",
    "bind",
    "cited_then",
    "compute_values",
    "days_known",
    "difference",
    "official_months",
    "progress",
    "resolve_scope",
    "value_id",
    "why",
    "whys",
]
