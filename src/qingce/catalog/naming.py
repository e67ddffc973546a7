"""Which indicator a printed name means. 指标名称的识别。

An alias of an indicator may use four signs: `{a,b}` a choice; `*` a few letters but no separator; `…` any letters
with separators (a shared head noun after a list); a leading `=` when the whole name must be the alias.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from qingce.core.errors import ObservationError
from qingce.core.records import Indicator
from qingce.core.units import Units

__all__ = ["Finder", "expand", "fold_alias", "fold_name"]

_GAP = "[^、,;:。]{0,24}?"
_WIDE_GAP = "[^;:。]{0,60}?"
_MARKS = re.compile(r"\\(?:mathrm|text|rm|mathbf)|[$_^{}\\\s()\[\]【】<>〈〉《》“”\"'‘’「」]")
_DASHES = re.compile(r"[‐-―~－-]+")
_BRACKETED = re.compile(r"[（(][^（）()]*[)）]")


def expand(alias: str) -> tuple[str, ...]:
    """Write out the choices of a declared alias.

    Examples
    --------
    >>> expand("优良天数{比例,比率}")
    ('优良天数比例', '优良天数比率')
    """
    parts = re.split(r"\{([^{}]*)\}", alias)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    return tuple(dict.fromkeys("".join(words) for words in product(*choices)))


@lru_cache(maxsize=8192)
def fold_name(text: str) -> str:
    """Fold a printed name: NFKC, no LaTeX, brackets, quotes or blanks, one kind of dash, lower case.

    Examples
    --------
    >>> fold_name("细颗粒物（$PM_{2.5}$）年均浓度"), fold_name("地表水 劣Ⅴ类")
    ('细颗粒物pm2.5年均浓度', '地表水劣v类')
    """
    return _DASHES.sub("-", _MARKS.sub("", unicodedata.normalize("NFKC", text))).casefold()


def fold_alias(alias: str) -> str:
    """Fold an alias, keeping its signs `*`, `…` and `=`."""
    if "*" not in alias and "…" not in alias:
        return fold_name(alias)
    return "".join(sign if sign in ("*", "…") else fold_name(sign) for sign in re.split(r"([*…])", alias))


@dataclass(frozen=True, slots=True)
class _Hit:
    """Where an alias stands in a folded name; `wide` when it reaches over separators."""

    start: int
    end: int
    alias: str
    length: int
    wide: bool
    indicator: Indicator

    def within(self, other: _Hit) -> bool:
        """Inside the words of another name; what a wide alias spans stays a name of its own."""
        if other.wide and self.indicator.id != other.indicator.id:
            return False
        inside = other.start <= self.start and self.end <= other.end
        return inside and (self.end - self.start, self.length) < (other.end - other.start, other.length)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """An alias with gaps; its expression is compiled when its first letters are met."""

    first: str
    alias: str
    indicator: Indicator

    def search(self, folded: str) -> re.Match[str] | None:
        return _expression(self.alias).search(folded) if self.first in folded else None


class Finder:
    """The alias that covers most of a printed name decides; unit and medium decide between rivals."""

    def __init__(self, indicators: Iterable[Indicator], units: Units) -> None:
        self._units = units
        self._whole: dict[str, Indicator] = {}
        self._plain: dict[str, Indicator] = {}
        self._patterns: list[_Pattern] = []
        self._insides: list[str] = []
        for item in indicators:
            self._insides.append(item.unit)
            for alias in dict.fromkeys(fold_alias(name) for name in (item.zh, *item.aliases)):
                self._learn(alias, item)

    def _learn(self, alias: str, item: Indicator) -> None:
        if alias.startswith("="):
            self._whole.setdefault(alias[1:], item)
        elif "*" in alias or "…" in alias:
            self._patterns.append(_Pattern(re.split(r"[*…]", alias)[0], alias, item))
        else:
            self._plain.setdefault(alias, item)

    def find(self, printed: str, *, unit: str = "", hint_medium: str = "") -> tuple[Indicator | None, str]:
        """Return the indicator and the reason, or None and why not."""
        hits = self._hits(fold_name(printed)) or self._hits(fold_name(_BRACKETED.sub("", printed)))
        if not hits:
            return None, f"“{printed}”不含任何已登记指标的名称"
        left = [hit for hit in hits if not any(hit.within(other) for other in hits)]
        left = _prefer(left, [hit for hit in left if unit and self._fits(unit, hit.indicator.unit)])
        left = _prefer(left, [hit for hit in left if hit.indicator.medium == hint_medium])
        if _several(left):
            names = "、".join(dict.fromkeys(hit.indicator.zh for hit in left))
            return None, f"“{printed}”含有多个指标的名称：{names}"
        best = max(left, key=lambda hit: hit.length)
        item = best.indicator
        if self._contradicts(unit, item.unit):
            return None, f"名称“{best.alias}”属于“{item.zh}”，但单位“{unit}”与“{item.unit}”不是同一量"
        return item, f"名称含“{best.alias}”"

    def _hits(self, folded: str) -> list[_Hit]:
        whole = self._whole.get(folded)
        if whole is not None:
            return [_Hit(0, len(folded), folded, len(folded), False, whole)]
        hits = [
            _Hit(folded.find(alias), folded.find(alias) + len(alias), alias, len(alias), False, item)
            for alias, item in self._plain.items()
            if alias in folded
        ]
        for one in self._patterns:
            match = one.search(folded)
            if match:
                length = len(one.alias) - one.alias.count("*") - one.alias.count("…")
                hits.append(_Hit(match.start(), match.end(), one.alias, length, "…" in one.alias, one.indicator))
        return hits

    def _fits(self, unit: str, inside: str) -> bool:
        try:
            self._units.factor(unit, inside)
        except ObservationError:
            return False
        return True

    def _contradicts(self, unit: str, inside: str) -> bool:
        """A known unit of another quantity; a percentage never contradicts, since a change is printed in it."""
        if not unit or self._fits(unit, inside) or self._fits(unit, "%"):
            return False
        return any(self._fits(unit, other) for other in self._insides)


@lru_cache(maxsize=4096)
def _expression(alias: str) -> re.Pattern[str]:
    gaps = {"*": _GAP, "…": _WIDE_GAP}
    return re.compile("".join(gaps.get(piece) or re.escape(piece) for piece in re.split(r"([*…])", alias)))


def _prefer(hits: list[_Hit], fitting: list[_Hit]) -> list[_Hit]:
    """Keep what fits when the names leave several indicators."""
    return fitting if fitting and _several(hits) else hits


def _several(hits: list[_Hit]) -> bool:
    return len({hit.indicator.id for hit in hits}) > 1
