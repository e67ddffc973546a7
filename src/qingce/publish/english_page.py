"""What a page in English still holds of Chinese: said in English where a pattern knows it, else marked as Chinese.

Views carry the words of the tables as they stand. Names and the sentences of the plans stay; a screen reader is told in
which language they are.
"""

from __future__ import annotations

import html
import re

from qingce.publish.sentences import english

__all__ = ["in_english"]

_HAN = r"[\u4e00-\u9fff]"
_FIND = re.compile(
    r"<(?P<raw>script|style|textarea)\b.*?</(?P=raw)>"
    r'|<(?P<chinese>\w+)[^>]*\slang="zh[^>]*>'
    rf"|(?P<tag><[^>]*{_HAN}[^>]*>)"
    rf"|(?P<bare><(?:option|title)\b[^>]*>)(?P<told>[^<]*{_HAN}[^<]*)"
    rf"|(?<=>)(?P<text>[^<>]*{_HAN}[^<]*)",
    re.DOTALL,
)
"""What is no text; an element in Chinese; a tag with a hint; a place without markup; a text."""
_RUN = re.compile(rf"{_HAN}(?:[^<>\n]*[\u4e00-\u9fff〕）》”])?")
_WORD = re.compile(rf"{_HAN}[\u4e00-\u9fff〔〕（）、·]*")
_LATIN = re.compile("[a-z]{3}")
"""Words of a text that has been said already."""
_HINT = re.compile(rf'\b(title|aria-label|placeholder)="([^"]*{_HAN}[^"]*)"')


def in_english(page: str) -> str:
    """Return an English page with its Chinese said in English where it can be, marked with its language elsewhere."""
    told: list[str] = []
    at = 0
    while match := _FIND.search(page, at):
        told.append(page[at : match.start()])
        at = match.end()
        if match["chinese"]:
            at = _end(page, at, match["chinese"])
            told.append(page[match.start() : at])
        elif match["raw"]:
            told.append(match[0])
        elif match["tag"]:
            told.append(_HINT.sub(lambda hint: f'{hint[1]}="{_said(hint[2]) or hint[2]}"', match[0]))
        elif match["told"]:
            told += [match["bare"], _said(match["told"]) or match["told"]]
        else:
            told.append(_marked(match["text"]))
    return "".join(told) + page[at:]


def _end(page: str, at: int, name: str) -> int:
    """Return where the element ends that was opened before `at`."""
    depth = 1
    for tag in re.compile(rf"<(/?){name}\b").finditer(page, at):
        depth += -1 if tag[1] else 1
        if not depth:
            return tag.start()
    return len(page)


def _marked(text: str) -> str:
    """Say a text; names that stay within what is said are marked one by one, what is not said as a whole."""
    told = _said(text.strip())
    kept = _RUN if told is None and not _LATIN.search(text) else _WORD
    said = text if told is None else text.replace(text.strip(), told, 1)
    return kept.sub(lambda run: f'<span lang="zh-CN">{run[0]}</span>', said)


def _said(escaped: str) -> str | None:
    told = english(html.unescape(escaped))
    return None if told is None else html.escape(told)
