"""Sentences that withdraw what an earlier document set. 撤销。"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from qingce.core.records import Document, Reading, Target
from qingce.plans.phrases import Phrases
from qingce.plans.places import names_a_place

__all__ = ["Withdrawal", "find_withdrawals"]

_SENTENCE = re.compile(r"[^。；\n]+")
_TITLE = re.compile(r"《([^《》]+)》")
_NUMBER = re.compile(r"[一-龥]{1,10}[〔\[（(](?:19|20)\d\d[〕\]）)]第?\d{1,4}号")
_REFERENCE = re.compile(rf"{_TITLE.pattern}|[（(]?{_NUMBER.pattern}[）)]?|20\d\d年\d{{1,2}}月\d{{1,2}}日")
_AIM = re.compile(r"目标|指标|任务|考核值|浓度|比率|比例")
_ALL = re.compile(r"(?:全部|各项|所有|全年)(?:目标|指标|任务)|(?:目标|指标|任务)(?:一并|全部|均)")
_SAID_BEFORE = re.compile(
    r"该(?:函|文|文件|通知|方案|计划)|原(?:函|文|文件|通知|方案|计划)|上述(?:函|文件|通知)|前述文件"
)
_YEAR = re.compile(r"(20\d\d)年")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|[1-9])月(?:份)?(?!\d)")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A sentence of a document that ends a target."""

    document: Document
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Said:
    """A withdrawing sentence: its words without blanks, and without what it cites."""

    words: str
    bare: str
    cited: tuple[str, ...]
    cites: bool


def find_withdrawals(
    readings: Sequence[Reading], aliases: Mapping[str, Sequence[str]], phrases: Phrases
) -> dict[str, list[Withdrawal]]:
    """Return target id → the sentences of other documents that withdraw it, in the order of `readings`.

    A sentence has to cite the document, or to name the indicator; a document that nobody holds is withdrawn by none.
    """
    found: dict[str, list[Withdrawal]] = {}
    for reading in readings:
        for quote, start in _sentences(reading.document.text, phrases):
            said = _said(quote, reading, readings)
            withdrawal = Withdrawal(reading.document, quote, start, start + len(quote))
            for identity in _meant(said, reading, readings, aliases=aliases):
                found.setdefault(identity, []).append(withdrawal)
    return found


@cache
def _verbs(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(phrases.pattern("withdrawals"))


def _sentences(text: str, phrases: Phrases) -> Iterator[tuple[str, int]]:
    for match in _SENTENCE.finditer(text):
        words = match[0].strip()
        if _verbs(phrases).search(words) and (
            _AIM.search(words) or _REFERENCE.search(words) or _SAID_BEFORE.search(words)
        ):
            yield words, match.start() + len(match[0]) - len(match[0].lstrip())


def _squeeze(words: str) -> str:
    return re.sub(r"\s", "", words).translate(str.maketrans("[]（）()【】", "〔〕〔〕〔〕〔〕"))


def _said(quote: str, reading: Reading, readings: Sequence[Reading]) -> _Said:
    words = _squeeze(quote)
    cites = bool(_TITLE.search(quote) or _NUMBER.search(quote) or _SAID_BEFORE.search(quote))
    place = quote if _TITLE.search(quote) or _NUMBER.search(quote) else reading.document.text
    cited = tuple(_cited(_squeeze(place), reading, readings)) if cites else ()
    return _Said(words, _squeeze(_REFERENCE.sub("", quote)), cited, cites)


def _cited(words: str, reading: Reading, readings: Sequence[Reading]) -> Iterator[str]:
    """Ids of the other documents whose number or title stands in the words."""
    titles = [_squeeze(title) for title in _TITLE.findall(words)]
    for other in readings:
        document = other.document
        number, title = _squeeze(document.number), _squeeze(document.title)
        named = bool(number and number in words) or bool(title and title in titles)
        if named and document.id != reading.document.id:
            yield document.id


def _meant(
    said: _Said, reading: Reading, readings: Sequence[Reading], *, aliases: Mapping[str, Sequence[str]]
) -> list[str]:
    """Ids of the targets a sentence withdraws: in the cited documents, of the named indicators, places and dates."""
    others = [r for r in readings if r.document.id != reading.document.id]
    if said.cites:
        others = [r for r in others if r.document.id in said.cited]
    targets = [target for other in others for target in other.targets]
    named = [target for target in targets if _is_named(target, said.bare, aliases)]
    if not named and said.cited and (not _AIM.search(said.bare) or _ALL.search(said.bare)):
        named = targets
    return [target.id for target in _at(said.bare, named)]


def _is_named(target: Target, words: str, aliases: Mapping[str, Sequence[str]]) -> bool:
    names = (target.indicator, *aliases.get(target.indicator_id, ()))
    return any(len(name) > 1 and _squeeze(name) in words for name in names)


def _at(words: str, targets: list[Target]) -> list[Target]:
    """Keep the targets of the places, years and months that the sentence names, if it names any."""
    places = {t.scope for t in targets if names_a_place(t.scope) and _squeeze(t.scope) in words}
    years = set(_YEAR.findall(words))
    months = {f"{int(month):02d}" for month in _MONTH.findall(words)}
    kept = [t for t in targets if not places or t.scope in places]
    kept = [t for t in kept if not years or t.deadline[:4] in years]
    return [t for t in kept if not months or t.deadline[5:7] in months]
