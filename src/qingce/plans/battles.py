"""Chapter and target → battle, by content: 蓝天 碧水 净土 生态 低碳 风险 治理. 战役归类。"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from qingce.plans.phrases import Phrases

__all__ = ["battle_of"]


@cache
def _weights(phrases: Phrases) -> tuple[re.Pattern[str], dict[str, tuple[str, int]]]:
    weights = {row["words"]: (row["battle"], int(row["weight"])) for row in phrases.rows("battles")}
    return re.compile(phrases.pattern("battles")), weights


def battle_of(words: str, phrases: Phrases) -> str:
    """Return the battle whose words weigh most, '' where none stands; ties go to the one named first."""
    pattern, weights = _weights(phrases)
    score: Counter[str] = Counter()
    for match in pattern.finditer(words):
        battle, weight = weights[match[0]]
        score[battle] += weight
    return score.most_common(1)[0][0] if score else ""
