"""Sentences of the results in English by patterns of `templates/sentences.csv`. 结果语句的英文。

A text of the tables is made of sentences joined by ；. Each is looked up whole, then by its pattern; what no pattern
knows stays Chinese and is marked as such by the page.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

__all__ = ["english", "patterns"]

JOINT, ENGLISH_JOINT = "；", "; "
DEEP = 6
"""A sentence within a sentence, at most so often."""
_PLACE = re.compile(r"\\\{([a-z])\\\}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_DAY = re.compile(r"(\d{1,2})月(\d{1,2})日")
_CLASS = re.compile("(劣?)([ⅠⅡⅢⅣⅤ])类")
_ROMAN = dict(zip("ⅠⅡⅢⅣⅤ", ("I", "II", "III", "IV", "V"), strict=True))
_NUMBER, _SPAN, _ANY = r"[-+]?\d+(?:\.\d+)?", r"\d{4}-\d\d-\d\d|\d\d-\d\d", r".+?"
_KINDS: Mapping[str, str] = {"d": _SPAN, "e": _SPAN} | dict.fromkeys("nmk", _NUMBER)
"""What a placeholder stands for: a day, a number; else any words. {s} is a sentence of its own."""
_SENTENCE = "s"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One Chinese sentence with its places, the longest piece of it that must be there, and the English."""

    zh: re.Pattern[str]
    needs: str
    en: str


@cache
def patterns() -> tuple[Pattern, ...]:
    """Read the sentences, in the order of the file: the first that fits is taken."""
    text = files("qingce.publish").joinpath("templates/sentences.csv").read_text("utf-8")
    return tuple(_pattern(row["zh"], row["en"]) for row in csv.DictReader(text.splitlines()))


def _pattern(zh: str, en: str) -> Pattern:
    words = _PLACE.sub(lambda match: f"(?P<{match[1]}>{_KINDS.get(match[1], _ANY)})", re.escape(zh))
    needs = max(re.split(r"\{[a-z]\}", zh), key=len)
    return Pattern(re.compile(words), needs, en)


@lru_cache(maxsize=4096)
def english(text: str) -> str | None:
    """Return a text in English, None where a sentence of it has none.

    Examples
    --------
    >>> english("剩余 61 天均值 ≤ 36.01（严格比较）")
    'mean of the 61 days left ≤ 36.01 (strict comparison)'
    >>> english("云泽市") is None
    True
    """
    parts = [_said(part, DEEP) for part in _plain(text).split(JOINT) if part.strip()]
    told = [part for part in parts if part is not None]
    return ENGLISH_JOINT.join(told) if told and len(told) == len(parts) else None


def _plain(text: str) -> str:
    """Write days as 2026-12-31 and classes as class III: so they read the same in both languages."""
    told = _DATE.sub(lambda found: f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}", text)
    told = _DAY.sub(lambda found: f"{int(found[1]):02d}-{int(found[2]):02d}", told)
    return _CLASS.sub(lambda found: f"{'worse than ' * bool(found[1])}class {_ROMAN[found[2]]}", told)


def _said(text: str, deep: int) -> str | None:
    text = text.strip()
    if not _HAN.search(text):
        return text
    for pattern in patterns() if deep else ():
        match = pattern.zh.fullmatch(text) if pattern.needs in text else None
        if match is None:
            continue
        places = {name: _named(name, word, deep - 1) for name, word in match.groupdict().items()}
        if None not in places.values():
            return pattern.en.format(**places)
    return None


def _named(name: str, word: str, deep: int) -> str | None:
    """Return the words in a place: a sentence must have its English, a name may stay as it is."""
    told = _said(word, deep)
    return told if told is not None or name == _SENTENCE else word
