"""The tree of `qingce why` for a terminal: a screen, not a wall; what is left out is counted. 追溯的文字。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from qingce.thread.tracing.steps import Node

__all__ = ["downward", "upward"]

SHOWN = 6
"""How many steps of one kind are told before the rest is only counted."""
_ALL = "（--json - 全部列出）"
_OWN_LINE = ("状态", "剩余", "说明")
"""Facts that are sentences, told on a line of their own."""
_ABOVE = {"target": ("目标", "状态"), "value": ("数值", "有效数", "审核")}
"""What is told of a target or a value that a number moves."""
_KINDS = {
    "finding": "个日（月）评价值",
    "observation": "行小时值",
    "version": "次所知",
    "value": "个数值",
    "target": "个目标",
}


def downward(node: Node, level: int = 1) -> Iterator[str]:
    """Yield what a step rests on: the step told in full first, then the last of the others, then their count."""
    yield from _lines(node, level)
    told = [child for child in node.children if child.children]
    plain = [child for child in node.children if not child.children]
    for child in told:
        yield from downward(child, level + 1)
    if plain and plain[0].kind == "observation":
        yield from _hours(plain, level + 1)
        return
    if len(plain) > SHOWN:
        noun = _KINDS.get(plain[0].kind, "项")
        yield "  " * (level + 1) + f"{'另有' if told else '共'} {len(plain)} {noun}，最近 {SHOWN} {noun[0]}：{_ALL}"
    for child in plain[-SHOWN:]:
        yield from _lines(child, level + 1)


def upward(nodes: Sequence[Node], level: int = 1) -> Iterator[str]:
    """Yield what a number moves; a value or target told already is only named."""
    yield from _upward(nodes, level, seen=set())


def _upward(nodes: Iterable[Node], level: int, *, seen: set[str]) -> Iterator[str]:
    for node in nodes:
        if node.kind == "finding" and node.children and {child.id for child in node.children} <= seen:
            continue
        if node.id in seen:
            yield "  " * level + f"{node.title} [{node.id}]（见上）"
            continue
        seen.add(node.id)
        yield from _lines(node, level, only=_ABOVE.get(node.kind, ()))
        yield from _upward(node.children, level + 1, seen=seen)


def _lines(node: Node, level: int, *, only: Sequence[str] = ()) -> Iterator[str]:
    facts = [(label, text) for label, text in node.facts if label in (only or (label,)) and label != "原文"]
    short = "；".join(f"{label} {text}" for label, text in facts if label not in _OWN_LINE)
    yield "  " * level + f"{node.title} [{node.id}]" + (f" {short}" if short else "")
    for label, text in facts:
        if label in _OWN_LINE:
            yield "  " * (level + 2) + f"{label}：{text}"


def _hours(nodes: Sequence[Node], level: int) -> Iterator[str]:
    """Yield hours by site, quantity and day: the first in full, then the row of their values."""
    days = [list(part) for _, part in groupby(nodes, key=lambda node: node.id.partition("T")[0])]
    for part in days[:SHOWN]:
        yield from _lines(part[0], level)
        if len(part) > 1:
            yield "  " * (level + 2) + f"当日 {len(part)} 个值：{' '.join(_value(node) for node in part)}"
    if len(days) > SHOWN:
        left = sum(len(part) for part in days[SHOWN:])
        yield "  " * level + f"另有 {left} {_KINDS['observation']}{_ALL}"


def _value(node: Node) -> str:
    facts = dict(node.facts)
    return facts.get("数值") or facts.get("缺", "缺测")
