"""Numbers with units: Arabic and Chinese, fractions, ranges, placeholders, water classes. 数量。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from qingce.plans.phrases import Phrases

__all__ = ["Quantity", "WaterClass", "chinese_number", "find_classes", "find_quantities"]

_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CHINESE = r"[零〇一二两三四五六七八九十百千]+(?:点[零〇一二三四五六七八九]+)?"
_MASK = r"[XxＸ×＊*○]{1,5}|_{2,8}"
_PER = {
    "每立方米": "立方米",
    "每平方米": "平方米",
    "每升": "升",
    "每平方公里": "平方公里",
    "每公顷": "公顷",
    "每亩": "亩",
}
_SCALES = {"十万": 100_000, "百万": 1_000_000, "千万": 10_000_000, "万": 10_000, "亿": 100_000_000, "千": 1000}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit in the view; `end` includes the suffix 以上, `core_end` does not."""

    start: int
    core_end: int
    end: int
    value: Decimal | tuple[Decimal, Decimal] | None
    unit: str
    family: str
    suffix: str
    masked: bool
    chinese: bool


@dataclass(frozen=True, slots=True)
class WaterClass:
    """A class of water quality in the view: 1 to 5; `worse` is 劣."""

    start: int
    end: int
    value: int
    worse: bool
    suffix: str


def chinese_number(text: str) -> Decimal | None:
    """Read a Chinese numeral below a hundred million; None if it is none.

    Examples
    --------
    >>> chinese_number("三千二百零五")
    Decimal('3205')
    >>> chinese_number("十五点六")
    Decimal('15.6')
    """
    whole, _, fraction = text.partition("点")
    total = section = digit = 0
    if not re.search(r"[十百千万]", whole) and len(whole) > 1:
        return Decimal("".join(str(_DIGITS[c]) for c in whole)) if all(c in _DIGITS for c in whole) else None
    for char in whole:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _POWERS:
            section += (digit or 1) * _POWERS[char]
            digit = 0
        elif char == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        else:
            return None
    value = Decimal(total + section + digit)
    return value + Decimal("0." + "".join(str(_DIGITS[c]) for c in fraction)) if fraction else value


@cache
def _pattern(phrases: Phrases) -> re.Pattern[str]:
    units, suffixes = phrases.pattern("units"), phrases.pattern("suffixes")
    per = "|".join(_PER)
    scales = "|".join(sorted(_SCALES, key=len, reverse=True))
    number = rf"(?:{_ARABIC}|{_MASK}|{_CHINESE})"
    return re.compile(
        rf"(?P<per>{per})?(?:"
        rf"(?P<part>(?:{_CHINESE})分之(?:{_CHINESE}|{_MASK})|一半)"
        rf"|(?P<first>{number})(?P<gap>(?:{scales})?(?:{units})?)(?:[-~—–]{{1,2}}|至|到)(?P<second>{number})(?P<scale2>{scales})?(?P<unit2>{units})"
        rf"|(?P<num>{number})(?P<scale>{scales})?(?P<unit>{units})?"
        rf"(?P<odd>(?<=成)[一二三四五六七八九半])?"
        rf")(?P<suffix>{suffixes})?"
    )


_GUARD_BEFORE = re.compile(r"[A-Za-z0-9.第“\x02〔]$|[十百千万]个$|[一二三四五六七八九十]个$")
_NOT_AFTER = re.compile(r"[A-Za-z]")


def find_quantities(flat: str, start: int, end: int, *, phrases: Phrases) -> Iterator[Quantity]:
    """Yield every number with a unit (or bare, after a verb) between `start` and `end` of the flat text."""
    for match in _pattern(phrases).finditer(flat, start, end):
        before = flat[max(0, match.start() - 2) : match.start()]
        if _GUARD_BEFORE.search(before) or _NOT_AFTER.match(flat, match.end()):
            continue
        quantity = _read(match, phrases)
        if quantity is not None:
            yield quantity


def _read(match: re.Match[str], phrases: Phrases) -> Quantity | None:
    suffix = match["suffix"] or ""
    if match["part"]:
        value = _share(match["part"])
        return Quantity(
            match.start(), match.end() - len(suffix), match.end(), value, "%", "share", suffix, value is None, True
        )
    if match["first"]:
        return _range(match, phrases, suffix)
    return _single(match, phrases, suffix)


def _share(text: str) -> Decimal | None:
    """Three fifths as a percentage: 五分之三 is 60."""
    if text == "一半":
        return Decimal(50)
    below, above = (chinese_number(part) for part in text.split("分之"))
    return above * 100 / below if below and above is not None else None


def _number(text: str) -> Decimal | None:
    bare = text.replace(",", "")
    return Decimal(bare) if bare[:1].isascii() and bare[:1].isdigit() else chinese_number(text)


def _range(match: re.Match[str], phrases: Phrases, suffix: str) -> Quantity | None:
    first, second = _number(match["first"]), _number(match["second"])
    if first is None or second is None or first >= second:
        return None
    unit, family = _unit(match["scale2"], match["unit2"], match["per"], phrases=phrases)
    return Quantity(
        match.start(), match.end() - len(suffix), match.end(), (first, second), unit, family, suffix, False, False
    )


def _single(match: re.Match[str], phrases: Phrases, suffix: str) -> Quantity | None:
    text = match["num"]
    masked = re.fullmatch(_MASK, text) is not None
    chinese = not masked and not text[0].isdigit()
    if not match["unit"] and (chinese or (masked and len(text) > 5)):
        return None
    value = None if masked else _number(text)
    if value is None and not masked:
        return None
    if match["unit"] == "成" and value is not None:
        odd = match["odd"] or ""
        value = value * 10 + (Decimal(5) if odd == "半" else Decimal(_DIGITS.get(odd, 0)))
        return Quantity(match.start(), match.end() - len(suffix), match.end(), value, "%", "share", suffix, False, True)
    unit, family = _unit(match["scale"], match["unit"], match["per"], phrases=phrases)
    return Quantity(match.start(), match.end() - len(suffix), match.end(), value, unit, family, suffix, masked, chinese)


def _unit(scale: str | None, unit: str | None, per: str | None, *, phrases: Phrases) -> tuple[str, str]:
    """Return the unit as it is named and its family; 每立方米39微克 is 微克/立方米."""
    name = _names(phrases).get(unit or "", ("", ""))
    if per:
        return f"{scale or ''}{name[0]}/{_PER[per]}", "concentration" if name[1] == "concentration" else name[1]
    return f"{scale or ''}{name[0]}", name[1]


@cache
def _names(phrases: Phrases) -> dict[str, tuple[str, str]]:
    return {row["words"]: (row["unit"], row["family"]) for row in phrases.rows("units")}


@cache
def _class_pattern(phrases: Phrases) -> re.Pattern[str]:
    classes = phrases.pattern("classes")
    return re.compile(
        rf"(?P<worse>劣)?(?P<class>{classes})(?P<list>(?:[、和或]|-|—|~)(?:{classes}))?类(?P<suffix>(?:及以上|或优于|以上|及以下|以下)?)"
    )


_WATER = re.compile(r"水|断面|河|湖|库|海|沟")


def find_classes(flat: str, start: int, end: int, *, phrases: Phrases) -> list[WaterClass]:
    """Find the water classes between two places of the flat text; away from water 3类 is none."""
    if not _WATER.search(flat, max(0, start - 20), end):
        return []
    values = phrases.lookup("classes", "class")
    found = []
    for match in _class_pattern(phrases).finditer(flat, start, end):
        if (
            flat[max(0, match.start() - 1) : match.start()].isalnum()
            and match["class"].isascii()
            and match["class"].isdigit()
        ):
            continue
        found.append(
            WaterClass(match.start(), match.end(), int(values[match["class"]]), bool(match["worse"]), match["suffix"])
        )
    return found
