"""Named systems and mechanisms that the text mentions, by a list of terms. 制度机制。"""

from __future__ import annotations

import re
from functools import cache

from qingce.core.records import Mechanism
from qingce.plans.phrases import Phrases
from qingce.plans.view import View

__all__ = ["find_mechanisms"]


@cache
def _pattern(phrases: Phrases) -> re.Pattern[str] | None:
    terms = [re.sub(r"[“”]", "", term) for term in phrases.words("mechanisms")]
    loose = ["[“”]?".join(re.escape(char) for char in term) for term in sorted(terms, key=lambda t: (-len(t), t))]
    return re.compile("|".join(loose)) if loose else None


@cache
def _kinds(phrases: Phrases) -> dict[str, str]:
    return {re.sub(r"[“”]", "", term): kind for term, kind in phrases.lookup("mechanisms", "kind").items()}


def find_mechanisms(view: View, phrases: Phrases) -> tuple[Mechanism, ...]:
    """List every mention with the kind of its term, longest term first, quotation marks left aside."""
    pattern, kinds = _pattern(phrases), _kinds(phrases)
    found = []
    for match in pattern.finditer(view.text) if pattern else ():
        start, end = view.span(*match.span())
        term = re.sub(r"[“”]", "", match[0])
        found.append(Mechanism(term, start, end, kinds[term]))
    return tuple(found)
