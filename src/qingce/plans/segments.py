"""Sentences and clauses; what stands in brackets, quotes and book titles does not split them. 断句。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["HIDDEN", "Clause", "Sentence", "flatten", "split"]

HIDDEN = {"（": "\x01", "“": "\x02", "《": "\x04"}
"""What a hidden character is replaced by in the flat text, by the bracket it stands in."""

_CLOSER_OF = {"（": "）", "“": "”", "《": "》"}
_BRACKET = re.compile(r"[（）“”《》\n]")
_DEEPEST = 12
_REACH = 160
_SENTENCE_END = re.compile(r"[。！？\n\t]")
_CLAUSE_END = re.compile(r"[，；：。！？\n\t]")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the view between two commas; `lead` is the mark before it."""

    start: int
    end: int
    lead: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of the view up to a full stop or a line's end, with its clauses."""

    start: int
    end: int
    clauses: tuple[Clause, ...]


def flatten(text: str) -> str:
    """Replace what stands in brackets, quotes and book titles, bracket included, by hidden characters.

    A bracket that is never closed, or only far away, hides nothing.
    """
    pieces, place = [], 0
    for start, end in _pairs(text):
        pieces += [text[place:start], HIDDEN[text[start]] * (end - start)]
        place = end
    return "".join([*pieces, text[place:]])


def _pairs(text: str) -> list[tuple[int, int]]:
    """Find the outermost closed brackets in one pass; a line's end leaves what is open open."""
    found: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for match in _BRACKET.finditer(text):
        if match[0] == "\n":
            waiting.clear()
        elif match[0] in _CLOSER_OF:
            waiting.append((_CLOSER_OF[match[0]], match.start()))
        else:
            start = _opened(waiting, match[0])
            if start is not None and match.end() - start <= _REACH:
                while found and found[-1][0] > start:
                    found.pop()
                found.append((start, match.end()))
    return found


def _opened(waiting: list[tuple[str, int]], closer: str) -> int | None:
    """Take the nearest opener that `closer` closes off the stack, and what was left open after it."""
    for i in range(len(waiting) - 1, max(-1, len(waiting) - 1 - _DEEPEST), -1):
        if waiting[i][0] == closer:
            start = waiting[i][1]
            del waiting[i:]
            return start
    return None


def split(flat: str, start: int = 0, end: int | None = None) -> Iterator[Sentence]:
    """Cut the flat text into sentences of clauses; empty ones are left out."""
    stop = len(flat) if end is None else end
    place = start
    while place < stop:
        match = _SENTENCE_END.search(flat, place, stop)
        last = match.start() if match else stop
        clauses = tuple(_clauses(flat, place, last))
        if clauses:
            yield Sentence(clauses[0].start, clauses[-1].end, clauses)
        place = last + 1


def _clauses(flat: str, start: int, end: int) -> Iterator[Clause]:
    place, lead = start, ""
    for match in _CLAUSE_END.finditer(flat, start, end):
        if match.start() > place:
            yield Clause(place, match.start(), lead)
        place, lead = match.end(), match[0]
    if end > place:
        yield Clause(place, end, lead)
