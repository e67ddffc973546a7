"""Dates that bind, as records with what they ask for. 时限。"""

from __future__ import annotations

import re

from qingce.core.records import Deadline
from qingce.plans.grammar.dates import BINDING
from qingce.plans.grammar.draft import Page
from qingce.plans.view import View

__all__ = ["read_deadlines"]

_LONGEST = 60


def read_deadlines(page: Page, view: View, text: str) -> tuple[Deadline, ...]:
    """Turn the binding dates into records; `action` is what follows (or the clause around it)."""
    found = []
    for mark in page.marks:
        if mark.kind not in BINDING or page.flat[mark.start] == "\x04":
            continue
        start, end = view.span(mark.start, mark.end)
        kind = "by" if mark.kind == "about" else mark.kind
        found.append(Deadline(text[start:end], start, end, mark.date, kind, _action(page, mark.start, mark.end)))
    return tuple(found)


def _action(page: Page, start: int, end: int) -> str:
    after = re.match(r"[，、]?([^。；\n\t]*)", page.text[end : end + 4 * _LONGEST])
    words = after[1] if after else ""
    if not words.strip("，、）”"):
        head = max(page.text.rfind(mark, 0, start) for mark in "。；\n")
        words = page.text[head + 1 : start]
    return words.strip("，、")[:_LONGEST]
