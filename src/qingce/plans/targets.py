"""All targets of a document: every clause through every rule, with the date that governs it. 目标。"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from qingce.core.records import Reason, Target
from qingce.plans.battles import battle_of
from qingce.plans.governing import Governed, govern
from qingce.plans.grammar.dates import BINDING
from qingce.plans.grammar.draft import Draft, Page, Scene
from qingce.plans.grammar.history import is_past, tells_history
from qingce.plans.grammar.ordinals import read_ordinals
from qingce.plans.grammar.statements import (
    read_coverage,
    read_delegated,
    read_masked,
    read_qualitative,
    read_replacement,
    read_thresholds,
    read_zero,
)
from qingce.plans.grammar.values import read_values
from qingce.plans.indicators import Finder, Named, name_indicator
from qingce.plans.outline import Node
from qingce.plans.segments import split
from qingce.plans.view import View

__all__ = ["Ground", "draft_targets", "number_targets"]

_NUMERIC = frozenset({"level", "relative", "increment", "class", "placeholder"})
_WORDS = re.compile(r"[一-龥]{2}|PM|[OSN]O?[23]")
_REGION = re.compile(r"(?:省|市|县|区|州|旗|镇|乡|全域|城市)$")
"""A scope that the next clause takes over; a river or six sections it does not."""
_DATED_ONLY = frozenset({"law", "measure"})


@dataclass(frozen=True, eq=False)
class Ground:
    """What every target of a document shares."""

    document_id: str
    kind: str
    issued: str
    scope: str
    text: str
    view: View
    nodes: tuple[Node, ...]


def draft_targets(page: Page, ground: Ground) -> list[Draft]:
    """Read the drafts in text order; a law sets no targets, unless it names a year for a number."""
    sentences = list(split(page.flat))
    breaks = [node.start for node in ground.nodes]
    drafts: list[Draft] = []
    told: list[Draft] = []
    seen, history = -1, False
    for governed in govern(page, sentences, breaks):
        if governed.sentence.start != seen:
            seen, told = governed.sentence.start, []
            history = tells_history(page, governed.sentence)
        if history or is_past(page, governed.clause, governed.mark, issued=ground.issued):
            continue
        found = _read(page, governed, told)
        told += [draft for draft in found if draft.kind in _NUMERIC]
        drafts += [draft for draft in found if _admitted(draft, ground)]
    return _without_doubles(drafts)


def _admitted(draft: Draft, ground: Ground) -> bool:
    if not _WORDS.search(draft.indicator):
        return False
    if ground.kind not in _DATED_ONLY:
        return True
    return draft.kind in _NUMERIC and draft.deadline[:2] == "20"


def _read(page: Page, governed: Governed, told: list[Draft]) -> list[Draft]:
    """Apply the rules to one clause, the most telling first."""
    dated = governed.mark is not None and governed.mark.year > 0
    scene = Scene(page, governed.clause, tuple(told), dated)
    drafts = [*read_ordinals(scene), *read_values(scene)]
    if not drafts:
        rules = (read_delegated, read_zero, read_replacement, read_thresholds, read_masked, read_coverage)
        drafts = next((found for rule in rules if (found := [*rule(scene)])), [])
    deadline = governed.mark.date if governed.mark and governed.mark.kind in BINDING else ""
    if not drafts and deadline and governed.mark and governed.mark.year:
        drafts = [*read_qualitative(scene)]
    for draft in drafts:
        if not draft.deadline:
            draft.deadline = deadline
            if governed.mark and deadline:
                draft.because("deadline", governed.mark.start, governed.mark.end, rule=governed.basis)
        if not draft.scope and told and governed.clause.lead != "；" and _REGION.search(told[-1].scope):
            draft.scope = told[-1].scope
    return drafts


def _without_doubles(drafts: Iterable[Draft]) -> list[Draft]:
    kept: dict[tuple[int | None, int, str], Draft] = {}
    for draft in drafts:
        kept.setdefault((draft.value_start, draft.start if draft.value_start is None else 0, draft.indicator), draft)
    return sorted(kept.values(), key=lambda d: (d.start, d.value_start or 0))


def number_targets(page: Page, ground: Ground, drafts: list[Draft], *, find: Finder) -> tuple[Target, ...]:
    """Turn drafts into records: ids in text order, offsets of the document, bound indicator, battle."""
    starts = [node.start for node in ground.nodes]
    make = _Maker(page, ground, starts, find)
    return tuple(make(i, draft) for i, draft in enumerate(drafts, 1))


@dataclass(frozen=True, eq=False)
class _Maker:
    page: Page
    ground: Ground
    starts: list[int]
    find: Finder

    def __call__(self, number: int, draft: Draft) -> Target:
        find = self.find if draft.binds else _unbound
        named = name_indicator(draft.indicator, draft.unit, phrases=self.page.phrases, find=find)
        start, end = self.ground.view.span(draft.start, draft.end)
        value_start, value_text = self._value(draft)
        node = self._node(draft.start)
        words = f"{named.name}{draft.indicator}"
        reasons = [*draft.reasons, ("indicator", draft.start, draft.end, named.rule)]
        return Target(
            id=f"T-{self.ground.document_id}-{number:03d}",
            quote=self.ground.text[start:end],
            start=start,
            end=end,
            indicator=named.name,
            indicator_id=named.id,
            scope=draft.scope or self.ground.scope,
            comparator=_directed(draft, named),
            value=draft.value,
            value_text=value_text,
            value_start=value_start,
            unit=draft.unit,
            base_year=draft.base_year,
            deadline=draft.deadline,
            strength=draft.strength,
            kind=draft.kind,
            clause=f"C-{self.ground.document_id}-{node.path if node else '0'}",
            battle=named.battle or battle_of(words, self.page.phrases) or (_node_battle(node, self.page)),
            confidence=round_confidence(draft.confidence, bound=bool(named.id)),
            reasons=tuple(self._reason(reason) for reason in reasons),
        )

    def _value(self, draft: Draft) -> tuple[int | None, str]:
        if draft.value_start is None:
            return None, ""
        start, end = self.ground.view.span(draft.value_start, max(draft.value_end, draft.value_start + 1))
        return start, self.ground.text[start:end]

    def _node(self, start: int) -> Node | None:
        at = bisect_right(self.starts, start) - 1
        return self.ground.nodes[at] if at >= 0 else None

    def _reason(self, reason: tuple[str, int, int, str]) -> Reason:
        name, start, end, rule = reason
        if end <= start:
            return Reason(name, "", self.ground.view.starts[min(start, len(self.ground.view.starts) - 1)], rule)
        first, last = self.ground.view.span(start, end)
        return Reason(name, self.ground.text[first:last], first, rule)


_CHANGE = re.compile(r"下降|降幅|降低|减少|削减|减排|增幅|增长|提高")


def _directed(draft: Draft, named: Named) -> str:
    """Where the words leave open which way is better, the indicator says it: PM2.5达到25 is at most 25."""
    if not draft.by_direction or _CHANGE.search(draft.indicator):
        return draft.comparator
    flips = {(">=", "lower"): "<=", ("decrease_by", "higher"): "increase_by"}
    return flips.get((draft.comparator, named.direction), draft.comparator)


def _unbound(_printed: str, _unit: str) -> None:
    return None


def round_confidence(confidence: float, *, bound: bool) -> float:
    """Lower the confidence a little where no indicator of the catalog is bound."""
    return confidence if bound else min(confidence, 0.85)


def _node_battle(node: Node | None, page: Page) -> str:
    while node is not None:
        found = battle_of(node.title, page.phrases)
        if found:
            return found
        node = node.parent
    return ""
