"""Numbered sections and items as tasks, with owners, dates and measures. 任务。"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from qingce.core.records import Clause, Deadline, Task
from qingce.plans.battles import battle_of
from qingce.plans.grammar.draft import Page
from qingce.plans.outline import Node
from qingce.plans.owners import find_owners
from qingce.plans.phrases import Phrases
from qingce.plans.segments import split
from qingce.plans.view import View

__all__ = ["node_battle", "read_clauses", "read_tasks"]

_LEAD = re.compile(
    r"^(?:[\x01\x03，]|并|且|同时|要|应当?|须|必须|及时|认真|全力|大力|积极|稳步|有序|扎实|深入|严格|全面|持续|进一步|不断|着力|切实|坚决|加快|有效|依法|统一|探索|逐步|因地制宜)+"
)


def read_clauses(view: View, nodes: list[Node], document_id: str, *, page: Page) -> tuple[Clause, ...]:
    """Turn the tree into records; a path that comes again gets ~2."""
    seen: Counter[str] = Counter()
    clauses = []
    for node in nodes:
        seen[node.path] += 1
        again = f"~{seen[node.path]}" if seen[node.path] > 1 else ""
        start, end = view.span(node.start, max(node.end, node.start + 1))
        identity = f"C-{document_id}-{node.path}{again}"
        battle = node_battle(node, page)
        clauses.append(Clause(identity, node.path, node.marker, node.title, start, end, node.level, battle))
    return tuple(clauses)


def node_battle(node: Node, page: Page) -> str:
    """The battle of a heading: by its title, else its chapter's title, else its words."""
    place: Node | None = node
    while place is not None:
        found = battle_of(place.title, page.phrases)
        if found:
            return found
        place = place.parent
    return battle_of(page.text[node.start : node.end], page.phrases)


def read_tasks(view: View, nodes: list[Node], page: Page, *, deadlines: tuple[Deadline, ...]) -> tuple[Task, ...]:
    """Turn every numbered node into a task; units and measures are those of its own words, not of its children."""
    tasks = []
    for node in nodes:
        own_end = node.children[0].start if node.children else node.end
        start, end = view.span(node.start, max(node.end, node.start + 1))
        owners = find_owners(page.text[node.start : own_end], page.phrases)
        own_last = view.ends[own_end - 1]
        dates = [d.date for d in deadlines if start <= d.start < own_last and d.date[:2] == "20"]
        task = Task(
            node.path,
            node.title,
            start,
            end,
            owners.lead,
            owners.support,
            owners.responsible,
            tuple(_measures(page, node.body, own_end)),
            max(dates) if dates else "",
            node_battle(node, page),
        )
        tasks.append(task)
    return tuple(tasks)


@cache
def _acts(phrases: Phrases, strength: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{phrases.pattern('actions', strength=strength)})")


def _measures(page: Page, start: int, end: int) -> list[str]:
    """Clauses whose head verb is an act; manner, attainment and closing effects are left out."""
    found = []
    for sentence in split(page.flat, start, end):
        for i, clause in enumerate(sentence.clauses):
            words = _LEAD.sub("", page.bare[clause.start : clause.end])
            acts = any(_acts(page.phrases, strength).match(words) for strength in ("firm", "soft", "ban"))
            opens = i == 0 and _acts(page.phrases, "effect").match(words) is not None
            if (acts or opens) and len(words) >= 4:
                found.append(page.text[clause.start : clause.end].strip())
    return found
