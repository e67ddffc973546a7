"""From verb, suffix and value to the comparator. 比较词。"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from qingce.plans.grammar.quantities import Quantity
from qingce.plans.phrases import Phrases

__all__ = ["Verb", "decide", "find_verb"]

Verb = tuple[int, int, str, int]
"""Start, end, sense and the end of what stands between verb and value (a denominator: 占全市的)."""

_FULL = Decimal(100)
_BY_SUFFIX = {"floor": ">=", "cap": "<=", "about": "~"}
_BY_SENSE = {
    "floor": ">=",
    "above": ">",
    "cap": "<=",
    "below": "<",
    "equal": "==",
    "cut": "decrease_by",
    "raise": "increase_by",
    "improve": "decrease_by",
}
_REACHED = {"cut": "cap", "raise": "floor"}
"""由85%提高到2025年的90%: with the date between, what is reached is a level."""
_REACH = 48


@cache
def _ending(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(rf"(?P<verb>{phrases.pattern('comparators')})(?:了|到)?(?:约为|约|近|大约|总体|为|\x03+的)?$")


@cache
def _with_denominator(phrases: Phrases) -> re.Pattern[str]:
    floor = "|".join(phrases.pattern("comparators", sense=sense) for sense in ("floor", "above", "keep"))
    return re.compile(rf"(?P<verb>{floor})(?P<den>[^，、\x03]{{1,24}}的)(?:约|近)?$")


@cache
def _part_of(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(r"(?P<verb>占到?)(?P<den>[^，、\x03]{2,24})$")


def find_verb(bare: str, start: int, end: int, *, phrases: Phrases, share: bool) -> Verb | None:
    """Find the comparator that ends at `end`; for a share a denominator may stand between it and the value."""
    begin = max(start, end - _REACH)
    left = bare[begin:end]
    match = _ending(phrases).search(left)
    if match is None and share:
        match = _with_denominator(phrases).search(left) or _part_of(phrases).search(left)
    if match is None:
        return None
    sense = phrases.senses[match["verb"]]
    if "\x03" in match[0]:
        sense = _REACHED.get(sense, sense)
    return begin + match.start("verb"), begin + match.end("verb"), sense, begin + match.end()


def decide(sense: str, quantity: Quantity, *, phrases: Phrases, default: str = ">=") -> str:
    """Return the comparator of the contract for a verb's sense and a quantity with its suffix."""
    if sense in {"cut", "raise", "improve"}:
        return _BY_SENSE[sense]
    if isinstance(quantity.value, tuple):
        return "range"
    suffix = phrases.lookup("suffixes", "sense").get(quantity.suffix, "")
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    full = quantity.unit == "%" and quantity.value == _FULL
    if full and sense in {"floor", "keep", "equal", ""}:
        return "=="
    return _BY_SENSE.get(sense, default)
