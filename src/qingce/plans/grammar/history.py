"""What looks like a target but tells of the past, or of penalties. 历史与引述。"""

from __future__ import annotations

import re
from functools import cache

from qingce.plans.grammar.dates import DateMark
from qingce.plans.grammar.draft import Page
from qingce.plans.phrases import Phrases
from qingce.plans.segments import Clause, Sentence

__all__ = ["is_past", "tells_history"]


@cache
def _cues(phrases: Phrases, scope: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{phrases.pattern('history', scope=scope)})(?!的)")


def tells_history(page: Page, sentence: Sentence) -> bool:
    """Whether the whole sentence reports: 截至…, …以来, 罚款."""
    return _cues(page.phrases, "sentence").search(page.flat, sentence.start, sentence.end) is not None


def is_past(page: Page, clause: Clause, mark: DateMark | None, *, issued: str) -> bool:
    """Whether a clause reports what was reached: 已达到, 下降了, or a year over when the document was issued."""
    if _cues(page.phrases, "clause").search(page.flat, clause.start, clause.end):
        return True
    if mark is None or not mark.year or not re.match(r"\d{4}", issued):
        return False
    return mark.kind in {"by", "period", "past"} and mark.year < int(issued[:4])
