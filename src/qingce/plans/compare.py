"""Documents side by side: cascade, revision, peers, with what excuses a stricter value. 比对。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from qingce.core.grouping import grouped
from qingce.core.records import Document, Reading, Target
from qingce.plans.differences import CHANGES, NOT_ADDED, UNVALUED, Difference, day_of, difference, key_of, scaled
from qingce.plans.phrases import Phrases, load_phrases
from qingce.plans.places import names_a_place, place_of, target_place

__all__ = ["RELATIONS", "Comparison", "compare", "level_rank", "stated_reason"]

RELATIONS = ("auto", "cascade", "revision", "peers")

_ORDER = ("national", "province", "city", "county", "township")
_ALIKE = 0.6
_VERY_ALIKE = 0.8
"""How alike the titles of two versions are; documents with numbers of their own are versions more rarely."""

_Pair = tuple[Target | None, Target | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two documents and how their targets differ; `relation`: cascade, revision or peers."""

    relation: str
    first: Document
    second: Document
    differences: tuple[Difference, ...]


@dataclass(frozen=True, eq=False)
class _Case:
    """What every pair of targets is judged with."""

    first: Document
    second: Document
    phrases: Phrases
    same_place: bool


def compare(first: Reading, second: Reading, *, relation: str = "auto", phrases: Phrases | None = None) -> Comparison:
    """Compare two readings; in a cascade `first` becomes the superior, whichever way they were given.

    In a revision `first` is the old version. `phrases` are the words that excuse a stricter value.
    """
    chosen = _relation(first.document, second.document) if relation == "auto" else relation
    if chosen == "cascade" and level_rank(first.document) > level_rank(second.document):
        first, second = second, first
    place = place_of(first.document)
    same_place = bool(place) and place == place_of(second.document)
    case = _Case(first.document, second.document, phrases or load_phrases(), same_place)
    rules = {"cascade": _cascade, "revision": _revision, "peers": _peers}
    ours, theirs = _valued(first), _valued(second)
    if chosen == "cascade":
        ours, theirs = _meant(first, case), [t for t in theirs if _where(t, second.document) == ""]
    pairs = _pairs((ours, first.document), (theirs, second.document), relation=chosen)
    differences = [found for pair in pairs for found in rules[chosen](case, pair)]
    return Comparison(chosen, first.document, second.document, tuple(differences))


def level_rank(document: Document) -> int:
    """Return the place of a document's level, 0 for national; one without a level comes last."""
    return _ORDER.index(document.level) if document.level in _ORDER else len(_ORDER)


def _relation(first: Document, second: Document) -> str:
    if first.level and second.level and first.level != second.level:
        return "cascade"
    likeness = SequenceMatcher(None, _bare_title(first.title), _bare_title(second.title)).ratio()
    numbered = bool(first.number and second.number) and first.number != second.number
    alike = likeness >= (_VERY_ALIKE if numbered else _ALIKE)
    return "revision" if alike and first.issuer == second.issuer else "peers"


def _bare_title(title: str) -> str:
    return re.sub(r"（[^（）]*）|\s|\d", "", title)


def _valued(reading: Reading) -> list[Target]:
    return [t for t in reading.targets if t.kind == "delegated" or (t.kind not in UNVALUED and t.value is not None)]


def _meant(superior: Reading, case: _Case) -> list[Target]:
    """Leave out what the superior sets for other places, and its own figure where it sets one for the child's."""
    child = place_of(case.second)
    listed = [t for t in _valued(superior) if not names_a_place(t.scope)]
    own = [t for t in _valued(superior) if child and names_a_place(t.scope) and child.endswith(t.scope)]
    set_for_child = {(key_of(t), t.deadline) for t in own}
    return [*own, *(t for t in listed if (key_of(t), t.deadline) not in set_for_child)]


def _where(target: Target, document: Document) -> str:
    """The place a target is set for where that is another than the document's own, '' otherwise."""
    own = not names_a_place(target.scope) or place_of(document).endswith(target.scope)
    return "" if own else target.scope


def _pairs(
    first: tuple[list[Target], Document], second: tuple[list[Target], Document], *, relation: str
) -> Iterator[_Pair]:
    """Pair the targets of one indicator: the same date first, then in order; what is left over stands alone."""
    waiting = grouped(second[0], key_of)
    for target in first[0]:
        others = waiting.get(key_of(target), [])
        fitting = [o for o in others if _fit((target, first[1]), (o, second[1]), relation=relation)]
        best = min(fitting, key=lambda o: (_distance(target, o), o.start), default=None)
        if best is not None:
            others.remove(best)
        yield target, best
    for left in waiting.values():
        yield from ((None, target) for target in left)


def _fit(first: tuple[Target, Document], second: tuple[Target, Document], *, relation: str) -> bool:
    """Whether two targets of one indicator may be paired: versions by scope, neighbours by the place they name."""
    if relation == "revision":
        return first[0].scope == second[0].scope
    return relation == "cascade" or _where(*first) == _where(*second)


def _distance(target: Target, other: Target) -> int:
    change = (target.comparator in CHANGES) != (other.comparator in CHANGES)
    far = target.deadline != other.deadline
    return 8 * change + 4 * (other.kind == "delegated") + 2 * far + (target.scope != other.scope)


def _cascade(case: _Case, pair: _Pair) -> Iterator[Difference]:
    superior, child = pair
    if superior is None or child is None:
        yield difference("missing" if child is None else "extra", superior, child)
        return
    if child.kind == "delegated" or superior.kind == "delegated":
        yield _resolved(case.first, superior, child)
        return
    if _is_part(superior, child):
        yield _part(superior, child)
        return
    early, late = day_of(child.deadline), day_of(superior.deadline)
    dated = bool(early and late and early != late)
    kind = _judged(superior, child, stricter="stricter", weaker="weaker")
    if dated and early and late and early < late and kind == "weaker":
        yield difference("interim", superior, child)
        return
    sooner = bool(dated and early and late and early < late)
    if kind != "stricter" or not dated or sooner:
        yield _excused(case, kind, (superior, child))
    if dated:
        yield _excused(case, "earlier" if sooner else "later", (superior, child))


def _is_part(superior: Target, child: Target) -> bool:
    """Amounts (吨, 万千瓦, 个) of a place are a part of those of the place above, unless it is set for that place."""
    unit = scaled(superior)[1]
    amount = not NOT_ADDED.search(unit) and unit == scaled(child)[1] and superior.comparator not in CHANGES
    return amount and child.comparator not in CHANGES and not names_a_place(superior.scope)


def _part(superior: Target, child: Target) -> Difference:
    whole, part = scaled(superior)[0], scaled(child)[0]
    if whole is None or part is None or not whole:
        return difference("part", superior, child)
    sign = ">" if part > whole else "≤"
    note = f"{part.normalize():f} {sign} {whole.normalize():f} {scaled(child)[1]}"
    return difference("part_exceeds_whole" if part > whole else "part", superior, child, note=note)


def _resolved(document: Document, superior: Target, child: Target) -> Difference:
    """A delegated value with the document it stands in; both open is the same."""
    if superior.value is None:
        return difference("same", superior, child)
    number = f"（{document.number}）" if document.number else ""
    note = f"{superior.comparator} {superior.value_text}，取自《{document.title}》{number}：“{superior.quote}”"
    return difference("resolved", superior, child, note=note)


def _excused(case: _Case, kind: str, pair: tuple[Target, Target]) -> Difference:
    """A reason printed beside a stricter or earlier target excuses it; its words are shown."""
    if kind in {"stricter", "earlier"}:
        words = stated_reason(case.second.text, pair[1], case.phrases)
        if words:
            return difference(f"{kind}_stated", *pair, note=f"理由：“{words}”")
    return difference(kind, *pair)


@cache
def _reasons(phrases: Phrases) -> re.Pattern[str]:
    gap = r"[^。；\n]{1,40}?"
    return re.compile("|".join(re.escape(word).replace("…", gap) for word in phrases.words("excuses")))


def stated_reason(text: str, target: Target, phrases: Phrases) -> str:
    """Return the words of the target's sentence, or of the one before it, that give a reason; '' for none."""
    end = min((at for mark in "。\n" if (at := text.find(mark, target.end)) >= 0), default=len(text))
    begin = max(text.rfind(mark, 0, target.start) for mark in "。\n") + 1
    if begin and text[begin - 1] == "。":
        begin = max(text.rfind(mark, 0, begin - 1) for mark in "。\n") + 1
    found = list(_reasons(phrases).finditer(text, begin, end))
    return min(found, key=lambda match: abs(match.start() - target.start))[0] if found else ""


def _judged(first: Target, second: Target, *, stricter: str, weaker: str) -> str:
    """Judge two values of one indicator, if they can be compared at all."""
    if (first.comparator in CHANGES) != (second.comparator in CHANGES) or scaled(first)[1] != scaled(second)[1]:
        return "other_kind"
    if first.comparator in CHANGES and first.base_year != second.base_year:
        return "other_base"
    order = _stricter(first, second)
    return "same" if order == 0 else stricter if order > 0 else weaker


def _stricter(first: Target, second: Target) -> int:
    """Positive if `second` asks more than `first`, by the direction of its comparator."""
    a, b = scaled(first)[0], scaled(second)[0]
    if a is None or b is None or a == b:
        return 0
    lower = second.comparator in {"<=", "<"} or first.comparator in {"<=", "<"}
    return 1 if (b < a) == lower else -1


def _revision(_case: _Case, pair: _Pair) -> Iterator[Difference]:
    old, new = pair
    if old is None or new is None:
        yield difference("removed" if new is None else "added", old, new)
        return
    if (scaled(old), old.comparator, old.base_year) != (scaled(new), new.comparator, new.base_year):
        yield difference("value", old, new)
    if old.deadline != new.deadline:
        yield difference("deadline", old, new)


def _peers(case: _Case, pair: _Pair) -> Iterator[Difference]:
    """Neighbours differ; a plan and a department's plan of one place contradict each other."""
    first, second = pair
    if first is None or second is None:
        yield difference("only_first" if second is None else "only_second", first, second)
        return
    if "delegated" in (first.kind, second.kind):
        yield difference("same" if first.kind == second.kind else "other_kind", first, second)
        return
    kind = _judged(first, second, stricter="differs", weaker="differs")
    if first.deadline != second.deadline:
        kind = "other_date" if kind == "differs" else kind
    elif kind == "differs" and case.same_place:
        alike = target_place(first, case.first) == target_place(second, case.second)
        kind = "contradiction" if alike else kind
    yield difference(kind, first, second)
