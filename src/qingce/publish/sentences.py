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

from qingce.catalog import load_catalog

__all__ = ["english", "names", "patterns"]

JOINT, ENGLISH_JOINT = "；", "; "
DEEP = 6
"""A sentence within a sentence, at most so often."""
_PLACE = re.compile(r"\\\{([a-z])\\\}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_DAY = re.compile(r"(\d{1,2})月(\d{1,2})日")
_MONTHS = re.compile(r"(?<![\d-])(\d{4}-\d\d)至(\d{4}-\d\d)(?![\d-])")
_CLASS = re.compile("(劣?)([ⅠⅡⅢⅣⅤ])类")
_ROMAN = dict(zip("ⅠⅡⅢⅣⅤ", ("I", "II", "III", "IV", "V"), strict=True))
_NUMBER, _SPAN, _ANY = r"[-+]?\d+(?:\.\d+)?", r"\d{4}-\d\d-\d\d|\d\d-\d\d", r".+?"
_LIST = "、"
_NAME = re.compile(r"(?:[^，。；：“”（）]|（[^（）]*）){1,24}")
"""What may be a name or a figure, and is no sentence."""
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
    return tuple(_pattern(row["zh"], row["en"]) for row in _rows())


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    text = files("qingce.publish").joinpath("templates/sentences.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _pattern(zh: str, en: str) -> Pattern:
    words = _PLACE.sub(lambda match: f"(?P<{match[1]}>{_KINDS.get(match[1], _ANY)})", re.escape(zh))
    needs = max(re.split(r"\{[a-z]\}", zh), key=len)
    return Pattern(re.compile(words), needs, en)


@lru_cache(maxsize=1 << 15)
def english(text: str) -> str | None:
    """Return a text in English, None where a sentence of it has none.

    Examples
    --------
    >>> english("剩余 61 天均值 ≤ 36.01（严格比较）")
    'mean of the 61 days left ≤ 36.01 (strict comparison)'
    >>> english("云泽市") is None
    True
    """
    parts = [_said(part, DEEP) for part in text.split(JOINT) if part.strip()]
    told = [part for part in parts if part is not None]
    return ENGLISH_JOINT.join(told) if told and len(told) == len(parts) else None


def _plain(text: str) -> str:
    """Write days as 2026-12-31 and classes as class III: so they read the same in both languages."""
    told = _DATE.sub(lambda found: f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}", text)
    told = _DAY.sub(lambda found: f"{int(found[1]):02d}-{int(found[2]):02d}", told)
    told = _MONTHS.sub(r"\1 to \2", told)
    return _CLASS.sub(lambda found: f"{'worse than ' * bool(found[1])}class {_ROMAN[found[2]]}", told)


def _said(text: str, deep: int) -> str | None:
    text = text.strip()
    if not _HAN.search(text):
        return text
    if text in names():
        return names()[text]
    told = _sentence(_plain(text), deep)
    return _joined(text, deep) if told is None else told


def _sentence(text: str, deep: int) -> str | None:
    """Return a sentence in English by the first pattern that fits it and whose places have their English too."""
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


def _joined(text: str, deep: int) -> str | None:
    """Return names side by side in English: a list, or a place and what is of it there (氨氮 2026); else None."""
    for mark, joint in ((_LIST, ", "), (" ", " ")):
        parts = text.split(mark)
        if not deep or len(parts) == 1 or not all(map(_NAME.fullmatch, parts)):
            continue
        told = [_said(part, deep - 1) for part in parts]
        known = [one for one, part in zip(told, parts, strict=True) if one is not None and _HAN.search(part)]
        if known and (mark != _LIST or None not in told):
            return joint.join(one or part for one, part in zip(told, parts, strict=True))
    what = next((name for name in _parameters() if text.endswith(name) and text != name), None)
    return f"{text.removesuffix(what)} {names()[what]}" if what and _NAME.fullmatch(text) else None


@cache
def _parameters() -> tuple[str, ...]:
    """The parameters with English names, the longest first; none of a single letter: many places end in one."""
    found = {known.zh for known in load_catalog().parameters.values() if len(known.zh) > 1} & names().keys()
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


@cache
def names() -> Mapping[str, str]:
    """Return the English of every name that content and the pages declare: parameters, indicators, single words."""
    text = files("qingce.publish").joinpath("templates/words.csv").read_text("utf-8")
    rows = [(row["zh"], row["en"]) for row in csv.DictReader(text.splitlines())]
    found = {zh: en for zh, en in reversed(rows) if _HAN.search(zh) and "{" not in zh and not _HAN.search(en)}
    catalog = load_catalog()
    known = [(one.zh, one.en) for one in catalog.indicators.values()]
    known += [(one.zh, one.en) for one in catalog.parameters.values()]
    found |= {zh: en for zh, en in known if en and not _HAN.search(en)}
    found |= {row["zh"]: row["en"] for row in _rows() if "{" not in row["zh"]}
    return {_plain(zh): en for zh, en in found.items()} | found
