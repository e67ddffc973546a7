"""What stands before the verb: connectives off, scope apart, coordination split by its shared head. 主语。"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from qingce.plans.phrases import Phrases

__all__ = ["SEPARATOR", "Subject", "has_head", "read_subject", "spread"]

_LEAD = re.compile(
    r"^(?:[\x03，：、；]|确保|保障|保证|力争|争取|努力|实现|基本实现|全面实现|促使|使得|使|推动|并且|并|且|其中|以及|同时|逐步|进一步|"
    r"要求|要|同意|决定|将|把|应当|应|须|需|到时|届时|不断|持续|完成|稳步|大力|切实|着力|有效|和|及|与|新增的|本地区|在(?=[\x03]))+"
)
_LEAD_VERB = re.compile(r"^(?:提高|提升|改善|推进|加强|加快|加大|扩大|降低|减少|增加|控制|强化)(?=[^，。]{4,})")
_TRAIL = re.compile(
    r"(?:[\x01\x03，：]|分别|均|都|各自|各|总体上?|稳定|年均|累计|逐步|明显|力争|争取|努力|基本|预计|将|应|要|须|需要?|平均|进一步|持续|再|全部|全面|"
    r"不断|稳步|广泛|率先|按期|如期|圆满|控制目标|目标|同比|环比|确保|实现|大幅|有所|较上年|比上年|在)+$"
)
_BASE = re.compile(
    r"(?:比|较|与|以|相比|相较于?)\x03+(?:相比|为基[数准年]?|基础上)?(?:分别|均|累计|年均|力争|持续|总体|[，再])*$"
)
_FROM = re.compile(r"(?:由|从)\x03*的?[\d.]+[^，。]{1,8}$")
_NOT_PLACE = (
    "城市",
    "地区",
    "区域",
    "灌区",
    "矿区",
    "景区",
    "园区",
    "社区",
    "小区",
    "湖区",
    "库区",
    "片区",
    "功能区",
    "示范区",
    "自治区",
    "保护区",
    "城区",
    "市区",
    "辖区",
    "开发区",
    "镇区",
    "农区",
    "牧区",
    "林区",
    "集聚区",
)
_PLACE = re.compile(r"^[一-龥]{2,3}(?:省|市|县|区|州|旗|镇|乡)(?![级域控委])")
_LEVELLED = re.compile(
    r"^(?:(?:县级|地级|设区的?市级|建制镇)(?:及以上|以上)?(?:缺水)?城市|缺水城市)(?:建成区)?(?=[一-龥]{3,})"
)
_SHARED = re.compile(
    r"^(?:单位[一-龥A-Z]{0,6}?(?:生产总值|GDP)|万元[一-龥A-Z]{2,8}?(?=用?[能水电煤])|人均|主要农作物|主要粮食作物|规模以上工业)"
)
_RATIO = re.compile(r"(?:占比|比例|比率|比重|率)$")
_COUNTED = re.compile(r"\d+个[^，]{0,16}?断面")
SEPARATOR = re.compile(r"、|以及|(?<![温饱缓总共])和(?!谐)|(?<![普涉触惠顾危波])及(?!以[上下]|时|其)|(?<!参)与(?!否)")
_REPEATED = 2
"""A word of at least so many characters that a list repeats, after a qualifier as long."""

_RIVER = re.compile(r"^.{1,8}?(?:河|江|湖|水库|溪|渠|港|海|沟)(?=.)")


@dataclass(frozen=True, slots=True)
class Subject:
    """The cleaned subject: `start`–`end` in the view, its scope and the words that name the indicator."""

    start: int
    end: int
    scope: str
    name: str


def read_subject(bare: str, text: str, span: tuple[int, int], *, phrases: Phrases) -> Subject:
    """Clean the words between two places; brackets that only explain (PM2.5) stay out of the name."""
    start, end = span
    words = bare[start:end]
    while trimmed := _BASE.search(words) or _TRAIL.search(words) or _FROM.search(words):
        words = words[: trimmed.start()]
    lead = 0
    while match := _LEAD.match(words[lead:]) or _LEAD_VERB.match(words[lead:]):
        lead += match.end()
    words = words[lead:]
    begin, finish = start + lead, start + lead + len(words)
    length = _scope_length(words, phrases)
    scope = text[begin : begin + length]
    counted = _COUNTED.match(words, length)
    if counted:
        scope = text[begin : begin + counted.end()]
    return Subject(begin, finish, scope, _name(bare, text, (begin + length, finish)))


def _scope_length(words: str, phrases: Phrases) -> int:
    """How many characters of the subject say where: 全市, 安定区, 县级及以上城市, “两县一市”建成区."""
    pattern, place = _scope_pattern(phrases), 0
    while place < len(words):
        rest = words[place:]
        match = pattern.match(rest) or _LEVELLED.match(rest) or _place(rest)
        if match is None or not match.end():
            break
        place += match.end()
        place += len(re.match(r"[、和及的内]?(?=\S)", words[place:])[0]) if words[place:] else 0  # type: ignore[index]
    return place


def _place(words: str) -> re.Match[str] | None:
    match = _PLACE.match(words)
    return None if match is None or match[0].endswith(_NOT_PLACE) or match[0][0] in "各全本我该" else match


@cache
def _scope_pattern(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(rf"^(?:\x02+)?(?:{phrases.pattern('scopes')})(?!级)(?:\x01+[区县市]?)?")


def _name(bare: str, text: str, span: tuple[int, int]) -> str:
    """The words of the name: explanations in brackets left out, a hidden 《title》 or quote kept."""
    start, end = span
    return "".join(text[i] for i in range(start, end) if bare[i] != "\x01" and bare[i] != "\x03").strip("，、：的")


@cache
def _head_pattern(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(rf"(?:{phrases.pattern('heads')})$")


def has_head(name: str, phrases: Phrases) -> bool:
    """Whether the name ends in a measurable noun (率, 浓度, 排放量 …)."""
    return _head_pattern(phrases).search(name) is not None


def spread(name: str, phrases: Phrases, *, force: int = 0) -> list[str]:
    """Split a coordinated name into one name an object, each with the shared head.

    Without `force` it is split only where every part is a known substance or has a head of its own; with `force` = n
    into n parts, or left whole if it has not n.
    """
    parts = [part for part in SEPARATOR.split(name) if part]
    if force > 1:
        return _share_qualifier(_share_head(parts, phrases)) if len(parts) == force else [name]
    if len(parts) == 1:
        return _adjacent(name, phrases)
    objects = set(phrases.words("objects"))
    item, _ = _cut(parts[-1], phrases)
    known = all(part in objects or _ends_in(part, objects) or has_head(part, phrases) for part in parts[:-1])
    last = item in objects or _ends_in(item, objects) or has_head(item, phrases) or has_head(parts[-1], phrases)
    return _share_head(parts, phrases) if known and last else [name]


def _ends_in(part: str, objects: set[str]) -> bool:
    return any(part.endswith(word) for word in objects if len(word) > 1)


def _adjacent(name: str, phrases: Phrases) -> list[str]:
    """化肥农药利用率: two substances side by side."""
    objects = phrases.pattern("objects")
    match = re.search(rf"({objects})({objects})(?=.*(?:率|量|强度|浓度)$)", name)
    if match is None or match[1] + match[2] in phrases.words("objects"):
        return [name]
    before, after = name[: match.start()], name[match.end() :]
    return [before + match[1] + after, before + match[2] + after]


def _share_head(parts: list[str], phrases: Phrases) -> list[str]:
    """Give each part the head of the last one unless it has its own, and the qualifier of the first one."""
    shared = _SHARED.match(parts[0])
    if shared is not None and len(parts[0]) > shared.end():
        names = _share_head([parts[0][shared.end() :], *parts[1:]], phrases)
        return [name if _SHARED.match(name) else shared[0] + name for name in names]
    if any(_own_head(part, phrases) for part in parts[:-1]):
        return _heads_in_groups(parts, phrases)
    _, head = _cut(parts[-1], phrases)
    return [*(part + head for part in parts[:-1]), parts[-1]]


def _share_qualifier(names: list[str]) -> list[str]:
    """绿色能源发电装机占比、发电量占比: what stands before the word that the second repeats belongs to both."""
    first, others = names[0], names[1:]
    found = [first]
    for name in others:
        at = first.find(name[:_REPEATED])
        found.append(first[:at] + name if at >= _REPEATED else name)
    return found


def _own_head(part: str, phrases: Phrases) -> bool:
    """Whether a part names what is measured itself; 化学需氧量 is a substance, though it ends in 量."""
    return has_head(part, phrases) and part not in phrases.words("objects")


def _heads_in_groups(parts: list[str], phrases: Phrases) -> list[str]:
    """A、B率、C和D率: each headless part takes the head of the next part that has one."""
    names: list[str] = []
    head = ""
    for part in reversed(parts):
        ratio = _RATIO.search(names[-1]) if names else None
        if _own_head(part, phrases) and ratio and not _RATIO.search(part) and not part.endswith("浓度"):
            names.append(part + ratio[0])
        elif _own_head(part, phrases) or not head:
            head = _cut(part, phrases)[1]
            names.append(part)
        else:
            names.append(part + head)
    return names[::-1]


def _cut(part: str, phrases: Phrases) -> tuple[str, str]:
    """Cut the last part of a list into its item and the head shared by all."""
    objects = re.match(rf"(?:{phrases.pattern('objects')})(?=.)", part)
    match = objects or _RIVER.match(part) or _place(part)
    if match is not None:
        return match[0], part[match.end() :]
    head = _head_pattern(phrases).search(part)
    return (part[: head.start()], head[0]) if head and head.start() else (part, "")
