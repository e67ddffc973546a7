"""The text as it is read: blanks out, lines joined, damage mended, each character in its place. 读取视图。"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qingce.core.records import Repair

__all__ = ["SURE", "View", "build_view", "fold_width", "join_breaks"]

SURE = 0.9
"""A repair of at least this confidence is applied for reading; a weaker one is only shown."""

_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDTH |= {ord(half): ord(full) for half, full in zip(",;:()?!", "，；：（）？！", strict=True)}
_WIDTH |= {ord(full): ord(full) for full in "，；：（）？！"}
_WIDTH |= {ord(a): ord(b) for a, b in zip("～∼〜－﹣−–µ﹪「」『』〈〉", "~~~----μ%“”“”《》", strict=True)}
_THOUSANDS = re.compile(r"(?<=\d)，(?=\d{3}(?!\d))")
_BLANK = re.compile(r"[ \u3000\xa0\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\ufeff\r\x0b\x0c\x00-\x08\x0e-\x1f]+")
_LATEX = re.compile(r"[（(]?\$[^$\n]{1,40}\$[）)]?|[A-Za-z]{1,4}_\{[^{}\n]{1,8}\}")
_LATEX_DROP = re.compile(r"[$_{}\\]|(?<=\\)(?:mathrm|text|rm)")
_HAN = "[一二三四五六七八九十百]{1,4}"
_MARK = rf"(?:第{_HAN}[章节条编]|{_HAN}、|（{_HAN}）|（\d{{1,2}}）|\d{{1,2}}[.、](?!\d)|[①-⑳])"
_STARTS_ITEM = re.compile(rf"\s*(?:{_MARK}|——|[一-龥]{{2,8}}(?:单位|部门)：|[#|>*-])")
_HEADING = re.compile(rf"\s*{_MARK}[^。]{{0,60}}$")
_POINTED = re.compile(r"[，、。；：（]")
_FULL_LINE = 18
_TERMINAL = "。！？；：…|\t"
_CLOSERS = "”’）》】"


@dataclass(frozen=True, eq=False)
class View:
    """What the grammar reads, and where each of its characters stands in the document."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the characters of the document behind `text[start:end]`, which must not be empty."""
        return self.starts[start], self.ends[end - 1]

    def at(self, offset: int) -> int:
        """Return the place in the view of a character of the document (or of the next one kept)."""
        return bisect_left(self.starts, offset)


def fold_width(text: str) -> str:
    """Make widths alike, character for character: digits and letters half, punctuation full, quotes paired."""
    folded = text.translate(_WIDTH)
    folded = _THOUSANDS.sub(",", folded)
    return _pair_quotes(folded) if '"' in folded else folded


def _pair_quotes(text: str) -> str:
    """Turn straight quotes into opening and closing ones, line by line."""
    lines = []
    for line in text.split("\n"):
        parts = line.split('"')
        lines.append("".join(part + "“”"[i % 2] for i, part in enumerate(parts[:-1])) + parts[-1])
    return "\n".join(lines)


def join_breaks(folded: str) -> list[tuple[int, int]]:
    """Find line breaks (and blank lines) that fall inside a sentence, as spans to leave out."""
    spans: list[tuple[int, int]] = []
    place = 0
    for match in re.finditer(r"\n\s*", folded):
        before = folded[place : match.start()].rstrip()
        after = folded[match.end() : match.end() + 24]
        goes_on = bool(spans) and spans[-1][1] == place
        if before and after and _broken(before, after, goes_on=goes_on):
            spans.append((place + len(before), match.end()))
        place = match.end()
    return spans


def _broken(before: str, after: str, *, goes_on: bool) -> bool:
    """Whether a line that ends so and a next one that begins so are one sentence; `goes_on` if it is itself joined."""
    last = before.rstrip(_CLOSERS)[-1:]
    if not last or last in _TERMINAL or "\t" in before or _STARTS_ITEM.match(after) or before.lstrip()[:1] in "#|":
        return False
    if before[-1] in "，、（《“":
        return True
    full = len(before.strip()) >= _FULL_LINE and _POINTED.search(before) is not None
    return (goes_on or full) and not _HEADING.match(before)


def build_view(text: str, folded: str, repairs: Iterable[Repair], *, markdown: bool = False) -> View:
    """Make the view of a document's text; `folded` is `fold_width(text)`, of the same length."""
    edits = [(r.start, r.end, r.after) for r in repairs if r.confidence >= SURE]
    edits += [(start, end, "") for start, end in join_breaks(folded)]
    edits += [(*match.span(), "") for match in _BLANK.finditer(folded)]
    edits += _latex(folded)
    if markdown:
        edits += _markdown(folded)
    return _apply(folded, edits)


def _latex(folded: str) -> list[tuple[int, int, str]]:
    """Leave out the mark-up of formulas: $PM_{2.5}$, PM_{10}."""
    return [
        (outer.start() + inner.start(), outer.start() + inner.end(), "")
        for outer in _LATEX.finditer(folded)
        for inner in _LATEX_DROP.finditer(outer[0])
    ]


_MARKDOWN = (
    (re.compile(r"^[ ]{0,8}(?:#{1,6}[ ]+|>[ ]?|[-*+][ ]+(?=[^-*\n]))", re.M), ""),
    (re.compile(r"^(?=[ :|]{0,12}---)[ :|-]+(?:\n|$)", re.M), ""),
    (re.compile(r"\*{1,3}|`+|~~|\\(?=[.\-*_#（）()])"), ""),
    (re.compile(r"^[ ]{0,8}\|[ ]{0,20}|[ ]{0,20}\|[ ]{0,8}$", re.M), ""),
    (re.compile(r"[ ]{0,20}\|[ ]{0,20}"), "\t"),
    (re.compile(r"<!--[^\n]*?-->|</?[a-z][^<>\n]{0,80}>"), ""),
)


def _markdown(folded: str) -> list[tuple[int, int, str]]:
    """Leave out the marks of Markdown; the bars of a table become tabs."""
    return [(*match.span(), after) for pattern, after in _MARKDOWN for match in pattern.finditer(folded)]


def _apply(folded: str, edits: list[tuple[int, int, str]]) -> View:
    """Carry out the edits in order; of two that overlap the first wins."""
    pieces: list[str] = []
    starts, ends = array("q"), array("q")
    place = 0
    for start, end, after in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start < place:
            continue
        pieces.append(folded[place:start])
        starts.extend(range(place, start))
        ends.extend(range(place + 1, start + 1))
        if after:
            pieces.append(after)
            starts.extend([start] * len(after))
            ends.extend([end] * len(after))
        place = end
    pieces.append(folded[place:])
    starts.extend(range(place, len(folded)))
    ends.extend(range(place + 1, len(folded) + 1))
    return View("".join(pieces), starts, ends)
