"""Who leads, supports, answers for a task, in every layout: brackets, lines, sentences. 责任单位。"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from qingce.plans.phrases import Phrases

__all__ = ["Owners", "find_owners", "split_units", "unit_key"]

_STOP = re.compile(r"[\n。；\t]")
_SEPARATOR = re.compile(r"[、，,；;\s]+|(?<=局)和|(?<=局)及")
_TAIL = re.compile(
    r"(?:等)?(?:有关|相关)?(?:部门|单位)?(?:等)?(?:按照?职责分工负责|按照?职责负责|按职责分工|分工负责|负责落实|负责)?$"
)
_SENTENCE = re.compile(
    r"（(?P<units>[^（）\n。：]{2,160}?)(?P<role>牵头负责|牵头|按照?职责分工负责|按照?职责负责|负责|配合|参与)(?:[，；、](?P<rest>[^（）\n。：]{2,160}?)(?P<role2>等?配合|等?参与|协同配合|等?按照?职责分工负责))?）"
)
_ROLE_OF = {"牵头负责": "lead", "牵头": "lead", "配合": "support", "参与": "support", "协同配合": "support"}


@dataclass(frozen=True, slots=True)
class Owners:
    """Units by role, as printed, in order."""

    lead: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    responsible: tuple[str, ...] = ()


@cache
def _label(phrases: Phrases) -> re.Pattern[str]:
    roles = "|".join(re.escape(word) for word in phrases.words("roles") if len(word) > 2)
    return re.compile(rf"(?P<role>{roles})(?:及[一-龥]{{2,6}})?[：:]")


def find_owners(text: str, phrases: Phrases) -> Owners:
    """Find the units named in the words of one task."""
    units: dict[str, list[str]] = {"lead": [], "support": [], "responsible": []}
    roles = phrases.lookup("roles", "role")
    labels = list(_label(phrases).finditer(text))
    for i, match in enumerate(labels):
        limit = labels[i + 1].start() if i + 1 < len(labels) else len(text)
        units[roles[match["role"]]] += split_units(_listed(text, match.end(), limit))
    for match in _SENTENCE.finditer(text) if not labels else ():
        units[_ROLE_OF.get(match["role"], "responsible")] += split_units(match["units"])
        if match["rest"]:
            units["support" if "职责" not in match["role2"] else "responsible"] += split_units(match["rest"])
    return Owners(*(tuple(units[role]) for role in ("lead", "support", "responsible")))


def _listed(text: str, start: int, limit: int) -> str:
    """The words after a label, up to a line's end, a full stop or the bracket that closes around the label."""
    depth = 0
    for i in range(start, min(limit, start + 400)):
        depth += (text[i] == "（") - (text[i] == "）")
        if depth < 0 or (depth == 0 and _STOP.match(text, i)):
            return text[start:i]
    return text[start:limit]


def split_units(words: str) -> list[str]:
    """Split a list of units; brackets inside a name stay with it, 等部门按职责分工负责 goes."""
    kept, depth = "", 0
    for char in words:
        depth += (char == "（") - (char == "）")
        kept += "\x00" if depth > 0 and char in "、，" else char
    names = [name.replace("\x00", "、").strip(" ：:。（") for name in _SEPARATOR.split(kept)]
    return [name for name in (_TAIL.sub("", n) if n else n for n in names) if name]


_PLACE = re.compile(r"^(?:[一-龥]{2,4}?(?:省|市|县|区|州|旗)|[省市县区州旗])(?=[一-龥]{2,})")


def unit_key(name: str, phrases: Phrases) -> str:
    """Return what a unit is in charge of, without place and rank: 罗江生态环境局, 区环保局 → 生态环境.

    A name that no row knows is returned without its place; a masked name (XXX) is empty.
    """
    bare = re.sub(r"[\s（）()X×]", "", name)
    usual = phrases.lookup("organisations", "usual")
    known = next((usual[word] for word in phrases.words("organisations") if word in bare), "")
    return known or _PLACE.sub("", bare)
