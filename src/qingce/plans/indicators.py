"""From printed words to an indicator: usual spelling, then the catalog's aliases. 指标识别。"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from qingce.plans.grammar.subject import has_head
from qingce.plans.phrases import Phrases

__all__ = ["Finder", "Named", "name_indicator", "plain"]


@dataclass(frozen=True, slots=True)
class Named:
    """An indicator's id ('' if none), the name to show, its battle, the rule that named it, the better direction."""

    id: str
    name: str
    battle: str = ""
    rule: str = "as-printed"
    direction: str = ""


Finder = Callable[[str, str], "Named | None"]
"""(printed words, unit) → the catalog's indicator, or None."""

_SPELLINGS = (
    (re.compile(r"(?<![A-Z])III(?=类)"), "Ⅲ"),
    (re.compile(r"(?<![A-Z])II(?=类)"), "Ⅱ"),
    (re.compile(r"(?<![A-Z])IV(?=类)"), "Ⅳ"),
    (re.compile(r"(?<![A-Z])I(?=类)"), "Ⅰ"),
    (re.compile(r"(?<![A-Z])V(?=类)"), "Ⅴ"),
    (re.compile(r"[\s“”\x00-\x1f]"), ""),
)
_SHORTEST = 4


def plain(words: str, phrases: Phrases) -> str:
    """Spell water classes alike, leave quotes and blanks out, put synonyms in their usual form."""
    for pattern, after in _SPELLINGS:
        words = pattern.sub(after, words)
    usual = phrases.lookup("synonyms", "usual")
    return _synonyms(phrases).sub(lambda match: usual[match[0]], _air(phrases).sub("", words))


@cache
def _air(phrases: Phrases) -> re.Pattern[str]:
    """空气质量 before a pollutant adds nothing to its name."""
    return re.compile(rf"^(?:环境)?空气(?:质量)?中?的?(?={phrases.pattern('objects')})")


@cache
def _synonyms(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(phrases.pattern("synonyms"))


def name_indicator(words: str, unit: str, *, phrases: Phrases, find: Finder) -> Named:
    """Bind printed words to the catalog; a full printed name is shown as printed, a shortened one by the catalog's."""
    printed = plain(words, phrases)
    found = find(words, unit) or find(printed, unit)
    if found is None:
        return Named("", printed)
    whole = len(printed) >= _SHORTEST and (has_head(printed, phrases) or printed.endswith("类别"))
    return Named(found.id, printed if whole else found.name, found.battle, found.rule, found.direction)
