"""Damage of scanning and typing, each spot with its right reading, rule and confidence. 文本修复。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from qingce.core.records import Repair
from qingce.plans.phrases import Phrases

__all__ = ["find_repairs"]

_DOUBLED = re.compile(r"([一-龥])([一-龥])\1\2")
_BROKEN_DOUBLE = re.compile(r"([一-龥])[ ]*\n[ ]*\n[ ]*\1(?=[一-龥])")
_BROKEN = re.compile(r"(?<=[一-龥，、])[ ]*\n[ ]*\n[ ]*(?=[一-龥])")
_LATEX = re.compile(r"[（(]?\$[^$\n]{1,40}\$[）)]?|[A-Za-z]{1,4}_\{[^{}\n]{1,8}\}")
_REDUPLICATED = frozenset("研究讨论商量学习考虑")


def find_repairs(text: str, folded: str, phrases: Phrases, *, joined: list[tuple[int, int]]) -> tuple[Repair, ...]:
    """List the damage in the text, in its order and without overlaps; `joined` are the line breaks left out."""
    found = [*_from_rows(text, folded, phrases), *_page_breaks(text, folded, joined), *_doubled(text, folded)]
    found += [
        _repair(text, match.span(), after=re.sub(r"[$_{}\\]", "", match[0]), rule=("latex", 0.97))
        for match in _latex(folded)
    ]
    kept: list[Repair] = []
    for repair in sorted(found, key=lambda r: (r.start, -r.confidence)):
        if not kept or repair.start >= kept[-1].end:
            kept.append(repair)
    return tuple(kept)


def _latex(folded: str) -> Iterator[re.Match[str]]:
    return _LATEX.finditer(folded) if "_" in folded or "$" in folded else iter(())


def _repair(text: str, span: tuple[int, int], *, after: str, rule: tuple[str, float]) -> Repair:
    return Repair(*span, text[span[0] : span[1]], after, *rule)


@cache
def _patterns(phrases: Phrases) -> list[tuple[re.Pattern[str], str, str, float]]:
    return [
        (re.compile(row["pattern"]), row["after"], row["rule"], float(row["confidence"]))
        for row in phrases.rows("repairs")
    ]


def _from_rows(text: str, folded: str, phrases: Phrases) -> Iterator[Repair]:
    for pattern, after, rule, confidence in _patterns(phrases):
        for match in pattern.finditer(folded):
            yield _repair(text, match.span(), after=after, rule=(rule, confidence))


def _page_breaks(text: str, folded: str, joined: list[tuple[int, int]]) -> Iterator[Repair]:
    """A blank line inside a sentence; a character doubled across it."""
    inside = {start for start, _ in joined}
    for match in _BROKEN_DOUBLE.finditer(folded):
        if match.start() + 1 in inside:
            yield _repair(text, match.span(), after=match[1], rule=("page-break-doubled", 0.92))
    for match in _BROKEN.finditer(folded):
        if match.start() in inside:
            yield _repair(text, match.span(), after="", rule=("page-break", 0.95))


def _doubled(text: str, folded: str) -> Iterator[Repair]:
    """A word printed twice: 健康健康. Shown, and applied only by a person."""
    for match in _DOUBLED.finditer(folded):
        if match[1] != match[2] and match[1] not in _REDUPLICATED:
            yield _repair(text, match.span(), after=match[1] + match[2], rule=("doubled-word", 0.8))
