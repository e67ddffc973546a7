"""Automatic numbers of Word, resolved to the characters a reader sees. 自动编号。"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["Numbering", "W", "chinese", "numeral"]

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "零一二三四五六七八九"
_CHINESE = {
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "taiwaneseCounting",
    "taiwaneseCountingThousand",
    "ideographDigital",
    "japaneseDigitalTenThousand",
    "chineseLegalSimplified",
    "koreanDigital2",
}
_CIRCLED = {"decimalEnclosedCircle", "decimalEnclosedCircleChinese"}
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def chinese(number: int) -> str:
    """Write a number below ten thousand in Chinese.

    Examples
    --------
    >>> chinese(21), chinese(10), chinese(105)
    ('二十一', '十', '一百零五')
    """
    if number < 10:
        return _DIGITS[max(number, 0)]
    out, zero = "", False
    for power, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            out += ("零" if zero and out else "") + _DIGITS[digit] + name
            zero = False
        else:
            zero = bool(out)
    return out.removeprefix("一") if out.startswith("一十") else out


def numeral(number: int, style: str) -> str:
    """Write a number in a style of Word; an unknown style is decimal."""
    if style in _CHINESE:
        return chinese(number)
    if style in _CIRCLED and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    if style in {"upperLetter", "lowerLetter"}:
        letter = chr(ord("a") + (number - 1) % 26)
        return letter.upper() if style == "upperLetter" else letter
    if style in {"upperRoman", "lowerRoman"}:
        return _roman(number).upper() if style == "upperRoman" else _roman(number)
    return "" if style in {"none", "bullet"} else str(number)


def _roman(number: int) -> str:
    out = ""
    for value, letters in _ROMAN:
        while number >= value:
            out, number = out + letters, number - value
    return out


@dataclass(frozen=True, slots=True)
class _Level:
    style: str
    text: str
    start: int
    legal: bool


class Numbering:
    """Counts the numbered paragraphs of one document in their order."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._abstract: dict[str, str] = {}
        self._overrides: dict[str, dict[int, int]] = {}
        self._styles: dict[str, tuple[str | None, int | None, str]] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()
        if numbering is not None:
            self._read_numbering(numbering)
        if styles is not None:
            self._read_styles(styles)

    def label(self, paragraph: Any) -> str:
        """Return the number a paragraph shows ('' if none) and count it."""
        number, level = self._of(paragraph)
        abstract = self._abstract.get(number or "")
        if number is None or abstract is None or level not in self._levels.get(abstract, {}):
            return ""
        counters = self._counters.setdefault(abstract, {})
        if number not in self._begun:
            self._begun.add(number)
            for changed, start in self._overrides.get(number, {}).items():
                counters[changed] = start - 1
        own = self._levels[abstract][level]
        counters[level] = counters.get(level, own.start - 1) + 1
        for deeper in [key for key in counters if key > level]:
            del counters[deeper]
        return self._write(abstract, level)

    def _write(self, abstract: str, level: int) -> str:
        levels, counters = self._levels[abstract], self._counters[abstract]
        legal = levels[level].legal

        def place(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            one = levels.get(index)
            if one is None:
                return ""
            return numeral(counters.get(index, one.start), "decimal" if legal else one.style)

        return "" if levels[level].style == "bullet" else re.sub(r"%([1-9])", place, levels[level].text)

    def _of(self, paragraph: Any) -> tuple[str | None, int]:
        """The list and level of a paragraph: its own, else those of its style."""
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return self._style("Normal")
        own = properties.find(f"{W}numPr")
        style = properties.find(f"{W}pStyle")
        number, level = self._style(style.get(f"{W}val", "") if style is not None else "")
        if own is not None:
            identity, depth = own.find(f"{W}numId"), own.find(f"{W}ilvl")
            number = identity.get(f"{W}val") if identity is not None else number
            level = _integer(depth, level) if depth is not None else level
        return (None, 0) if number in {None, "0"} else (number, level)

    def _style(self, name: str, depth: int = 0) -> tuple[str | None, int]:
        if name not in self._styles or depth > 10:
            return None, 0
        number, level, parent = self._styles[name]
        if number is not None:
            return number, level or 0
        above, inherited = self._style(parent, depth + 1)
        return above, level if level is not None else inherited

    def _read_numbering(self, root: Any) -> None:
        for abstract in root.iter(f"{W}abstractNum"):
            levels = {_integer_of(lvl.get(f"{W}ilvl")): _level(lvl) for lvl in abstract.iter(f"{W}lvl")}
            self._levels[abstract.get(f"{W}abstractNumId", "")] = levels
        for one in root.iter(f"{W}num"):
            identity, target = one.get(f"{W}numId", ""), one.find(f"{W}abstractNumId")
            if target is not None:
                self._abstract[identity] = target.get(f"{W}val", "")
            for override in one.iter(f"{W}lvlOverride"):
                start = override.find(f"{W}startOverride")
                if start is not None:
                    level = _integer_of(override.get(f"{W}ilvl"))
                    self._overrides.setdefault(identity, {})[level] = _integer(start, 1)

    def _read_styles(self, root: Any) -> None:
        for style in root.iter(f"{W}style"):
            number, depth = style.find(f"{W}pPr/{W}numPr/{W}numId"), style.find(f"{W}pPr/{W}numPr/{W}ilvl")
            parent = style.find(f"{W}basedOn")
            self._styles[style.get(f"{W}styleId", "")] = (
                number.get(f"{W}val") if number is not None else None,
                _integer(depth, 0) if depth is not None else None,
                parent.get(f"{W}val", "") if parent is not None else "",
            )


def _level(node: Any) -> _Level:
    style, text, start = node.find(f"{W}numFmt"), node.find(f"{W}lvlText"), node.find(f"{W}start")
    return _Level(
        style.get(f"{W}val", "decimal") if style is not None else "decimal",
        text.get(f"{W}val", "") if text is not None else "",
        _integer(start, 1) if start is not None else 1,
        node.find(f"{W}isLgl") is not None,
    )


def _integer(node: Any, default: int) -> int:
    return _integer_of(node.get(f"{W}val"), default)


def _integer_of(value: str | None, default: int = 0) -> int:
    return int(value) if value is not None and value.isdigit() else default
