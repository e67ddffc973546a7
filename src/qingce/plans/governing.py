"""Which date governs which clause: its own, the head of its list, or one carried over a full stop. 时限管辖。"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from qingce.plans.grammar.dates import DateMark
from qingce.plans.grammar.draft import Page
from qingce.plans.phrases import Phrases
from qingce.plans.segments import Clause, Sentence

__all__ = ["Governed", "govern"]

_HEADS = frozenset({"by", "by_end", "period", "about"})
_OWN = frozenset({"recurring", "seasonal", "event", "embedded"})
_STATE_AHEAD = re.compile(
    r"[^，；。]*?(?:达到|完成|消除|实现|提高到|降至|控制在|稳定|保持|下降|覆盖|清零|不低于|不高于|改善|提升|增强|牢固|完善|形成)"
)


@dataclass(frozen=True, slots=True)
class Governed:
    """A clause with the date that governs it and how: same_clause, list_head, discourse, none."""

    sentence: Sentence
    clause: Clause
    mark: DateMark | None
    basis: str


def govern(page: Page, sentences: list[Sentence], breaks: list[int]) -> Iterator[Governed]:
    """Walk the sentences; a new item (one of `breaks`) or an action sentence ends what a date carries over."""
    starts = [mark.start for mark in page.marks]
    carried: DateMark | None = None
    for sentence in sentences:
        first = bisect_left(starts, sentence.start)
        last = bisect_left(starts, sentence.end)
        marks = page.marks[first:last]
        at = bisect_left(breaks, sentence.start)
        fresh = at < len(breaks) and breaks[at] < sentence.end
        if fresh or not _continues(page, sentence, marks):
            carried = None
        current, basis = carried, "discourse"
        for clause in sentence.clauses:
            own = [m for m in marks if clause.start <= m.start < clause.end]
            heads = [m for m in own if m.kind in _HEADS]
            if heads:
                current, basis = heads[-1], "list_head"
                yield Governed(sentence, clause, current, "same_clause")
                continue
            single = [m for m in own if m.kind in _OWN]
            if single:
                yield Governed(sentence, clause, single[0], "same_clause")
            else:
                yield Governed(sentence, clause, current, basis if current else "none")
        heads = [m for m in marks if m.kind in _HEADS]
        carried = heads[-1] if heads else carried


@cache
def _action(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(rf"(?:{phrases.pattern('actions')})")


def _continues(page: Page, sentence: Sentence, marks: tuple[DateMark, ...]) -> bool:
    """Whether a sentence without a date of its own goes on stating what is to be reached."""
    if any(mark.kind in _HEADS for mark in marks):
        return False
    first = sentence.clauses[0]
    return (
        not _action(page.phrases).match(page.flat, first.start)
        and _STATE_AHEAD.match(page.flat, first.start, sentence.end) is not None
    )
