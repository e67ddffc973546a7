"""A place in a document that is found again when the document was read anew, or is a new edition. 锚点。

Blanks and widths do not count, so that the same words in another file format are the same words.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from qingce.core.records import Clause, Document
from qingce.plans.view import fold_width

__all__ = ["Anchor", "Found", "Ground", "make_anchor", "squeeze"]

AROUND = 24
"""How many characters on either side are kept to tell repeated words apart."""

ALIKE = 0.72
"""From this likeness on (2 x common / both lengths) changed words are still the same sentence."""

CLEAR = 0.06
"""By this much the best place must be better than any other."""

_GRAM = 3
_STEP = 16
_MOST = 8
_FEWEST = 6
_EXACT = 1.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """Words of a document, where they stood, what stood around them, and where in them the value stands."""

    quote: str
    start: int
    before: str
    after: str
    clause: str
    sha256: str
    value_at: int | None = None
    value_text: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Where an anchor stands now and how it was found: offset, clause, elsewhere or similar."""

    start: int
    end: int
    how: str
    similarity: float = _EXACT
    value_start: int | None = None


def squeeze(text: str) -> str:
    """Leave blanks out and make widths alike.

    Examples
    --------
    >>> squeeze("ＰＭ2.5　控制在\\n39")
    'PM2.5控制在39'
    """
    return "".join(fold_width(text).split())


def make_anchor(
    document: Document, start: int, end: int, *, clause: str = "", value_start: int | None = None, value_text: str = ""
) -> Anchor:
    """Anchor `text[start:end]` of a document; `clause` is the path of the clause it stands in."""
    text = document.text
    return Anchor(
        quote=text[start:end],
        start=start,
        before=text[max(0, start - AROUND) : start],
        after=text[end : end + AROUND],
        clause=clause,
        sha256=document.sha256,
        value_at=None if value_start is None else value_start - start,
        value_text=value_text,
    )


class Ground:
    """A document prepared once for finding anchors in it."""

    def __init__(self, document: Document, clauses: tuple[Clause, ...]) -> None:
        self._document = document
        self._clauses = clauses
        folded = fold_width(document.text)
        self._places = array("q", (i for i, char in enumerate(folded) if not char.isspace()))
        self._text = "".join(folded[i] for i in self._places)

    def find(self, anchor: Anchor) -> Found | None:
        """Find an anchor: at its offset, in its clause, elsewhere, by likeness; None where no place is clearly it."""
        quote = squeeze(anchor.quote)
        if not quote:
            return None
        if self._unmoved(anchor):
            value = None if anchor.value_at is None else anchor.start + anchor.value_at
            return Found(anchor.start, anchor.start + len(anchor.quote), "offset", _EXACT, value)
        places = list(self._all(quote))
        inside = [place for place in places if self.clause_at(self._places[place]) == anchor.clause]
        for how, chosen in (("clause", inside), ("elsewhere", places)):
            best = self._fitting(chosen, quote, anchor=anchor)
            if best is not None:
                return self._exact(best, quote, anchor=anchor, how=how)
        return None if places else self._similar(quote)

    def clause_at(self, offset: int) -> str:
        """Return the path of the innermost clause that holds a character, '' outside all."""
        holding = [clause for clause in self._clauses if clause.start <= offset < clause.end]
        return min(holding, key=lambda clause: clause.end - clause.start).path if holding else ""

    def _unmoved(self, anchor: Anchor) -> bool:
        text, end = self._document.text, anchor.start + len(anchor.quote)
        if text[anchor.start : end] != anchor.quote:
            return False
        if anchor.sha256 == self._document.sha256:
            return True
        before, after = text[max(0, anchor.start - AROUND) : anchor.start], text[end : end + AROUND]
        return (before, after) == (anchor.before, anchor.after)

    def _all(self, words: str) -> Iterator[int]:
        place = self._text.find(words)
        while place >= 0:
            yield place
            place = self._text.find(words, place + 1)

    def _fitting(self, places: list[int], quote: str, *, anchor: Anchor) -> int | None:
        """The only place, or the one whose surroundings fit clearly best."""
        if len(places) < 2:
            return places[0] if places else None
        before, after = squeeze(anchor.before), squeeze(anchor.after)
        scored = sorted((self._around(place, quote, before=before, after=after), -place) for place in places)
        (second, _), (best, place) = scored[-2:]
        return -place if best > second else None

    def _around(self, place: int, quote: str, *, before: str, after: str) -> int:
        """How many characters before and after are as they were."""
        end = place + len(quote)
        left = _common(reversed(self._text[max(0, place - len(before)) : place]), reversed(before))
        return left + _common(iter(self._text[end : end + len(after)]), iter(after))

    def _exact(self, place: int, quote: str, *, anchor: Anchor, how: str) -> Found:
        start, end = self._places[place], self._places[place + len(quote) - 1] + 1
        value = None
        if anchor.value_at is not None:
            value = self._places[min(place + len(squeeze(anchor.quote[: anchor.value_at])), len(self._places) - 1)]
        return Found(start, end, how, _EXACT, value)

    def _similar(self, quote: str) -> Found | None:
        """The place whose words are most alike, if it is alike enough and clearly better than any other."""
        if len(quote) < _FEWEST:
            return None
        tried: list[tuple[float, int, int]] = []
        for diagonal in self._diagonals(quote):
            measured = self._likeness(diagonal, quote)
            if measured is not None:
                tried.append(measured)
        if not tried:
            return None
        ratio, first, last = max(tried, key=lambda item: (item[0], -item[1]))
        others = [item[0] for item in tried if item[2] <= first or item[1] >= last]
        if ratio < ALIKE or max(others, default=0.0) > ratio - CLEAR:
            return None
        return Found(self._places[first], self._places[last - 1] + 1, "similar", ratio)

    def _diagonals(self, quote: str) -> list[int]:
        """Where the quote would begin, by the votes of its short pieces; the most voted first."""
        votes: Counter[int] = Counter()
        for i in range(len(quote) - _GRAM + 1):
            for place in self._all(quote[i : i + _GRAM]):
                votes[(place - i) // _STEP] += 1
        return [bucket * _STEP for bucket, _ in votes.most_common(_MOST)]

    def _likeness(self, diagonal: int, quote: str) -> tuple[float, int, int] | None:
        margin = len(quote) // 2 + _STEP
        low = max(0, diagonal - margin)
        window = self._text[low : diagonal + len(quote) + margin]
        matcher = SequenceMatcher(None, quote, window, autojunk=False)
        blocks = [block for block in matcher.get_matching_blocks() if block.size > 1]
        if not blocks:
            return None
        first, last = blocks[0].b, blocks[-1].b + blocks[-1].size
        shared = sum(block.size for block in blocks)
        return 2 * shared / (len(quote) + last - first), low + first, low + last


def _common(these: Iterator[str], those: Iterator[str]) -> int:
    count = 0
    for one, other in zip(these, those, strict=False):
        if one != other:
            break
        count += 1
    return count
