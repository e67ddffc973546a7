"""Sentences and clauses; what stands in brackets, quotes and book titles does not split them. 断句。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["HIDDEN", "Clause", "Sentence", "flatten", "split"]

HIDDEN = {"（": "\x01", "“": "\x02", "《": "\x04"}
"""What a hidden character is replaced by in the flat text, by the bracket it stands in."""

_OPENERS = {"（": "）", "“": "”", "《": "》"}
_BRACKET = re.compile(r"[（）“”《》\n。]")
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


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the outermost closed brackets."""
    place = 0
    while match := _BRACKET.search(text, place):
        place = match.end()
        if match[0] in _OPENERS:
            end = _closing(text, match.start())
            if end:
                yield match.start(), end
                place = end


def _closing(text: str, start: int) -> int:
    """Return the end of the bracket opened at `start`, or 0; a line's end leaves it open."""
    opener, closer, depth = text[start], _OPENERS[text[start]], 0
    for match in _BRACKET.finditer(text, start, min(len(text), start + _REACH)):
        if match[0] == "\n":
            return 0
        depth += (match[0] == opener) - (match[0] == closer)
        if depth == 0:
            return match.end()
    return 0


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
