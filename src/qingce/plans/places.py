"""Which place a document and its targets speak of, by the words alone. 地名。"""

from __future__ import annotations

import re

from qingce.core.records import Document, Target

__all__ = ["names_a_place", "place_of", "target_place"]

_PLACE = re.compile(r"[一-龥]{1,8}?(?:自治区|自治州|自治县|省|市|州|盟|县|区|旗)")
_GENERAL = re.compile(r"^(?:全|我|本|各|辖)?(?:国|省|市|州|盟|县|区|旗|自治区|市域|县域|区域|域)?$")
_NAMED = re.compile(r"(?:省|市|州|盟|县|区|旗)$")
_NO_PLACE = ("城市", "地区", "园区", "灌区", "社区", "城区", "市区", "辖区", "县城", "库区", "郊区", "景区", "建成区")


def place_of(document: Document) -> str:
    """Return the place a document was issued in: the last one that its title, else its issuer names, '' for none.

    Examples
    --------
    >>> place_of(Document("a", "云山省青溪市行动计划", "", "city", "", "", ""))
    '青溪市'
    """
    for words in (document.title, document.issuer):
        own = re.sub(r"关于.*|^(?:中共|印发)", "", words)
        found = [match[0] for match in _PLACE.finditer(own) if not match[0].endswith(_NO_PLACE)]
        if found:
            return found[-1]
    return ""


def target_place(target: Target, document: Document) -> str:
    """Return the place a target holds for: 全市 is the document's own, a river or six sections are as printed."""
    scope = re.sub(r"\s", "", target.scope)
    if _GENERAL.fullmatch(scope):
        return place_of(document) or scope
    return scope.removeprefix("全")


def names_a_place(scope: str) -> bool:
    """Whether a scope is an administrative place with its own name, not a group of towns or a river."""
    bare = re.sub(r"\s", "", scope)
    return bool(_NAMED.search(bare)) and not _GENERAL.fullmatch(bare) and not bare.endswith(_NO_PLACE)
