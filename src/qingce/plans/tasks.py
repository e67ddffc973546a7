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

_SHORTEST = 4
_AIMS = re.compile(r"指导思想|原则|目标$|总体要求|总体思路")
_LEAD = re.compile(
    r"[\x01\x03，]|并|且|同时|要|应当?|须|必须|及时|认真|全力|大力|积极|稳步|有序|扎实|深入|严格|全面|持续|进一步|不断|着力|切实|坚决|"
    r"加快|有效|依法|依规|统一|探索|逐步|因地制宜|原则上|常态化|充分|系统|分类|深度|率先|重点|适时|定期|科学|协同|广泛|安全高效|基本|再"
)
_TAKING = re.compile(
    r"(?:将|把|对)[^，]{2,60}?(?:纳入|落实|列入|作为|实行|实施|开展|进行|贯穿|用于|给予|予以|责令|停批|追究|运用)"
)
_ACTED = re.compile(
    r"[^，的]{2,16}?(?:严格|全面|优先|率先|一律|重点|应当?|要|坚决|负责|全部)?"
    r"(?:开展|实施|落实|推行|禁止|不得|严禁|严防|加强|实行|执行|推进|建立|制定|报告|关注|履行|扛起|承担|使用|公开|研究|编制|完善|淘汰)"
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
            () if _AIMS.search(node.title) else tuple(_measures(page, node.body, own_end)),
            max(dates) if dates else "",
            node_battle(node, page),
        )
        tasks.append(task)
    return tuple(tasks)


@cache
def _acts(phrases: Phrases, *strengths: str) -> re.Pattern[str]:
    words = "|".join(phrases.pattern("actions", strength=strength) for strength in strengths)
    return re.compile(rf"(?:{words})")


def _is_act(words: str, phrases: Phrases, *, opens: bool) -> bool:
    """Whether the head verb of a clause is an act, adverbs, 将 or 把 and a short subject before it set aside."""
    act = _acts(phrases, "firm", "soft", "ban")
    rest = words
    while True:
        if act.match(rest) or (opens and _acts(phrases, "effect").match(rest)):
            return True
        lead = _LEAD.match(rest)
        if lead is None:
            return _TAKING.match(rest) is not None or _ACTED.match(rest) is not None
        rest = rest[lead.end() :]


def _measures(page: Page, start: int, end: int) -> list[str]:
    """Clauses whose head verb is an act; manner, attainment and closing effects are left out."""
    found = []
    for sentence in split(page.flat, start, end):
        for i, clause in enumerate(sentence.clauses):
            words = page.bare[clause.start : clause.end]
            if len(words) >= _SHORTEST and _is_act(words, page.phrases, opens=i == 0):
                found.append(page.text[clause.start : clause.start + len(words.rstrip("\x01"))].strip())
    return found
