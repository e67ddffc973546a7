"""Targets with a number: lists with 分别, elided verbs and heads, counts, value before indicator. 定量。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache

from qingce.plans.grammar.comparator import decide, find_verb
from qingce.plans.grammar.draft import Draft, Scene
from qingce.plans.grammar.quantities import Quantity
from qingce.plans.grammar.subject import SEPARATOR, Subject, has_head, read_subject, spread
from qingce.plans.phrases import Phrases

__all__ = ["read_values"]

_TERMINAL = re.compile(
    r"[、，；。：\x01\n\t）]|和|及|与|且|并|或|为目标|的(?:目标|要求|水平|标准|任务|比例|目标任务)|目标|$"
)
_JOIN = re.compile(r"^(?:[、，\x01]|和|及|与|以及|\x03)*$")
_CARRY = re.compile(r"^(?:[、，]|和|及|与|以及|其中|\x01)+")
_CUTTING = frozenset({"cut", "raise", "improve"})
_WEAK_FAMILIES = frozenset(
    {"days", "hours", "count", "score", "rank", "grade", "money", "length", "rate", "temperature", ""}
)
_NEUTRAL = frozenset(
    {"达到", "达", "稳定在", "保持在", "维持在", "稳定达到", "调整为", "调整到", "调整至", "修订为", "变更为"}
)
"""Verbs that only say what is reached: which way is better decides."""
_EACH = frozenset({"share", "points", "concentration", ""})
"""A value of these families holds for each of several objects; an amount is their sum."""
_NUMERAL = re.compile(r"^[一二三四五六七八九十\dXx]")
_HUNDRED = Decimal(100)


@dataclass(slots=True)
class _Group:
    """A subject, its verb and the values that follow it."""

    left: int
    subject_end: int
    sense: str
    verb: tuple[int, int] | None
    quantities: list[Quantity]
    how: str
    tail: str = ""
    items: list[str] = field(default_factory=list)


def read_values(scene: Scene) -> list[Draft]:
    """Read every target with a number in the clause."""
    drafts: list[Draft] = []
    for group in _groups(scene):
        drafts += _drafts(scene, group, earlier=[*scene.before, *drafts])
    return drafts


def _groups(scene: Scene) -> list[_Group]:
    groups: list[_Group] = []
    left = scene.clause.start
    clause, bare = scene.clause, scene.bare
    for quantity in scene.quantities:
        if quantity.start < left:
            continue
        after = bare[quantity.end : clause.end]
        group = _group(scene, quantity, left=left, after=after, last=groups[-1] if groups else None)
        if group is None:
            continue
        if group.how == "more":
            groups[-1].quantities.append(quantity)
        else:
            groups.append(group)
        left = quantity.end + len(group.tail)
    return groups


def _group(scene: Scene, quantity: Quantity, *, left: int, after: str, last: _Group | None) -> _Group | None:
    """Decide how a quantity is governed; None if it is no value (a threshold, a name, a count of scope)."""
    bare, phrases = scene.bare, scene.page.phrases
    before = bare[left : quantity.start]
    if not _TERMINAL.match(after):
        return _before_noun(scene, quantity, left=left, after=after, last=last)
    if last is not None and _JOIN.match(before):
        each = "分别" in bare[last.left : last.quantities[0].start]
        alike = each or quantity.unit == last.quantities[-1].unit or not last.quantities[-1].unit
        return replace(last, how="more") if alike and last.how in {"verb", "elided", "count"} else None
    verb = find_verb(bare, left, quantity.start, phrases=phrases, share=quantity.family == "share")
    if verb is not None:
        return _Group(left, verb[0], verb[2], (verb[0], verb[1]), [quantity], "verb")
    counted, sense = _counted(before, phrases), _count_sense(before, phrases)
    if counted is not None and quantity.unit and (quantity.family != "share" or sense in _CUTTING):
        return _Group(left + counted, quantity.start, sense, (left, left + counted), [quantity], "count")
    carry = _CARRY.match(before)
    if last is not None and last.how == "count" and carry and quantity.family == last.quantities[-1].family:
        return _Group(left + carry.end(), quantity.start, last.sense, last.verb, [quantity], "count")
    name = before[carry.end() :] if carry else before
    if (
        quantity.unit
        and has_head(name.rstrip("\x01"), phrases)
        and (quantity.suffix or last is not None or scene.before or scene.dated)
    ):
        return _Group(left, quantity.start, "", None, [quantity], "elided")
    return None


@cache
def _count_pattern(phrases: Phrases) -> re.Pattern[str]:
    strengths, verbs = phrases.pattern("strengths"), phrases.pattern("countverbs")
    cuts = "|".join(phrases.pattern("comparators", sense=sense) for sense in ("cut", "raise"))
    lead = rf"^(?:[、，\x03]|{strengths}|全省|全市|全县|全区|各地|并|再|计划|累计|每年|要|应|须|重点|共|三年|五年)*"
    return re.compile(rf"{lead}(?P<verb>{verbs}|{cuts})(?=(?P<noun>[^、，]*))")


def _counted(before: str, phrases: Phrases) -> int | None:
    """Where the noun begins after a counting verb at the head of the words: 建成并网|风电."""
    match = _count_pattern(phrases).match(before)
    return match.end("verb") if match else None


def _count_sense(before: str, phrases: Phrases) -> str:
    match = _count_pattern(phrases).match(before)
    sense = phrases.senses.get(match["verb"], "") if match else ""
    return sense if sense in _CUTTING else "count"


def _before_noun(scene: Scene, quantity: Quantity, *, left: int, after: str, last: _Group | None) -> _Group | None:
    """完成160个行政村…, 85%的行政村…得到治理; anything else before a noun selects objects and is no value."""
    phrases, before = scene.page.phrases, scene.bare[left : quantity.start]
    vague = quantity.chinese and quantity.value == 1
    if quantity.family == "count" and not vague and not _NUMERAL.match(after):
        counted = _counted(before, phrases)
        following = last is not None and last.how == "objects" and _CARRY.fullmatch(before) is not None
        whole = counted is not None and not re.sub(
            r"^(?:全[省市县区域]|辖区内?|的|不少于|不低于|至少|超过)+", "", before[counted:]
        )
        if whole or following:
            noun = re.match(r"[^、，；。\x03]*", after)
            verb = (left, left + (counted or 0)) if whole or last is None else last.verb
            return _Group(left, quantity.start, "count", verb, [quantity], "objects", tail=noun[0] if noun else "")
    if (
        quantity.family == "share"
        and after.startswith(("的", "以上的"))
        and find_verb(scene.bare, left, quantity.start, phrases=phrases, share=False) is None
    ):
        return _Group(left, quantity.start, "floor", None, [quantity], "inverted", tail=after)
    return None


_STATE = re.compile(r"(?:得到|达到|实现|完成|建成|纳入|通过|基本|全部|接入|使用|采用|有效|开展|落实).{0,24}$")


_DATE = re.compile(r"^[到至]?\s*\d{4}\s*年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:年?底|末|初)?(?:之前|以前|前)(?=[一-龥])")
"""A date before the verb is no part of what is counted."""


def _drafts(scene: Scene, group: _Group, *, earlier: list[Draft]) -> Iterator[Draft]:
    makers = {"objects": _objects, "inverted": _inverted}
    maker = makers.get(group.how)
    if maker is not None:
        yield from maker(scene, group)
        return
    subject = read_subject(scene.bare, scene.page.text, (group.left, group.subject_end), phrases=scene.page.phrases)
    yield from _named(scene, group, subject, earlier=earlier)


def _objects(scene: Scene, group: _Group) -> Iterator[Draft]:
    """完成|160个|行政村农村环境整治: the name is verb and noun."""
    quantity = group.quantities[0]
    begin, end = group.verb or (group.left, group.left)
    verb = _DATE.sub("", re.sub(r"[\x00-\x1f、，]", "", scene.text(begin, end)))
    name = f"{verb}{group.tail}".replace("全市", "").replace("全省", "")
    draft = _base(scene, quantity, end=quantity.end + len(group.tail), start=min(begin, quantity.start))
    draft.indicator, draft.comparator = (
        name,
        ">=" if not quantity.suffix else decide("floor", quantity, phrases=scene.page.phrases),
    )
    draft.kind, draft.confidence = "placeholder" if quantity.masked else "increment", 0.85
    draft.because("indicator", quantity.end, quantity.end + len(group.tail), rule="count-object")
    yield draft


def _inverted(scene: Scene, group: _Group) -> Iterator[Draft]:
    """85%的行政村生活污水得到有效治理: the share stands before what it is a share of."""
    quantity, tail = group.quantities[0], group.tail
    words = scene.text(quantity.end, quantity.end + len(tail)).lstrip("的")
    if not _STATE.search(tail):
        return
    subject = read_subject(scene.bare, scene.page.text, (group.left, quantity.start), phrases=scene.page.phrases)
    draft = _base(scene, quantity, start=subject.start, end=quantity.end + len(tail))
    draft.indicator, draft.scope = f"{words}比例", subject.scope
    draft.comparator = decide("floor", quantity, phrases=scene.page.phrases)
    draft.kind, draft.confidence = "placeholder" if quantity.masked else "level", 0.85
    draft.because("indicator", quantity.end, quantity.end + len(tail), rule="value-before-indicator")
    yield draft


def _base(scene: Scene, quantity: Quantity, *, start: int, end: int) -> Draft:
    draft = Draft(
        start, end, value=None if quantity.masked else quantity.value, unit=quantity.unit, base_year=scene.base_year
    )
    draft.value_start, draft.value_end = quantity.start, quantity.core_end
    draft.because("value", quantity.start, quantity.end, rule="number-with-unit")
    return draft


def _named(scene: Scene, group: _Group, subject: Subject, *, earlier: list[Draft]) -> Iterator[Draft]:
    """Pair the objects of the subject with the values of the group."""
    phrases, count = scene.page.phrases, len(group.quantities)
    name, scope, inherited = _inherit(subject, earlier, phrases=phrases, elided=group.how == "elided")
    if group.how == "count" and group.quantities[0].family == "count" and not has_head(name, phrases):
        name = f"{name}数"
    if not _plausible(name, group, phrases):
        return
    each = "分别" in scene.bare[group.left : group.quantities[0].start]
    names = spread(name, phrases, force=count) if count > 1 else [name] if each else _single(scene, group, name)
    matched = len(names) == count if count > 1 else not (each and SEPARATOR.search(name))
    scopes = [scope] if matched else [part for part in SEPARATOR.split(scope) if part]
    if not matched and len(scopes) == count:
        names, matched = [name] * count, True
    ladder = count > 1 and not matched and _years(scene, count)
    for i, quantity in enumerate(_shared_suffix(group.quantities)):
        targets = [names[i]] if count > 1 and matched else names if count == 1 else [name]
        for one in targets:
            draft = _base(scene, quantity, start=min(subject.start, quantity.start), end=group.quantities[-1].end)
            draft.indicator, draft.scope = one, scopes[i] if len(scopes) == count else scope
            _compare(scene, group, quantity, draft=draft, earlier=earlier)
            draft.because(
                "indicator",
                subject.start,
                max(subject.end, subject.start),
                rule="inherited" if inherited else "subject",
            )
            draft.confidence = 0.4 if not (matched or ladder) else 0.8 if inherited else 0.95
            if ladder:
                draft.deadline = ladder[i]
            if not (matched or ladder):
                draft.because("value", quantity.start, quantity.end, rule="count-mismatch")
            yield draft


def _single(scene: Scene, group: _Group, name: str) -> list[str]:
    """One value: 均 between subject and verb splits any list, else only known objects are split."""
    measured = group.quantities[0].family in _EACH
    between = scene.bare[max(group.left, group.subject_end - 8) : group.subject_end]
    parts = len([part for part in SEPARATOR.split(name) if part])
    if re.search(r"均|都", between) and parts > 1:
        return spread(name, scene.page.phrases, force=parts)
    return spread(name, scene.page.phrases) if measured else [name]


def _years(scene: Scene, count: int) -> list[str]:
    """The dates of a ladder 2023年、2024年、2025年 if they are as many as the values."""
    clause = scene.clause
    dates = [
        m.date for m in scene.page.marks if clause.start - 40 <= m.start < clause.end and m.kind in {"by", "by_end"}
    ]
    return dates[-count:] if len(dates) >= count else []


def _shared_suffix(quantities: list[Quantity]) -> list[Quantity]:
    """A last 以上 covers the values before it that have none; so does a unit printed once."""
    last = quantities[-1]
    return [
        replace(q, suffix=q.suffix or last.suffix, unit=q.unit or last.unit, family=q.family or last.family)
        for q in quantities
    ]


def _inherit(subject: Subject, earlier: list[Draft], *, phrases: Phrases, elided: bool) -> tuple[str, str, bool]:
    """Return name and scope; a subject that only says where takes its indicator from the clause before."""
    name, scope = subject.name, subject.scope
    if earlier and not elided and (not name or (scope and not has_head(name, phrases) and len(name) <= 1)):
        return earlier[-1].indicator, scope or earlier[-1].scope, True
    if not name and scope and has_head(scope, phrases):
        name = scope
    return name, scope, False


def _plausible(name: str, group: _Group, phrases: Phrases) -> bool:
    """Whether the words can name an indicator: a measurable noun, or a share or mass of something."""
    if len(name) < 2 or len(name) > 60:
        return group.how == "count" and bool(name)
    quantity = group.quantities[0]
    if group.how == "count":
        return quantity.family not in {"share", "days", "hours", ""}
    if quantity.family in _WEAK_FAMILIES:
        return has_head(name, phrases)
    return quantity.family in {"share", "points", "concentration"} or has_head(name, phrases) or group.sense != "equal"


def _compare(scene: Scene, group: _Group, quantity: Quantity, *, draft: Draft, earlier: list[Draft]) -> None:
    """Fill in comparator, kind and strength."""
    phrases = scene.page.phrases
    default = earlier[-1].comparator if earlier and earlier[-1].comparator in {">=", "<="} else ">="
    sense = "floor" if group.sense == "count" else group.sense
    draft.comparator = decide(sense, quantity, phrases=phrases, default=default)
    draft.kind = _kind(group, quantity)
    neutral = group.verb is None or scene.text(*group.verb) in _NEUTRAL
    draft.by_direction = group.sense == "improve" or (neutral and not quantity.suffix and draft.kind == "level")
    if group.verb is not None:
        draft.strength = scene.text(*group.verb).strip("\x03、，")
        draft.because("comparator", *group.verb, rule=f"verb-{group.sense or 'elided'}")


def _kind(group: _Group, quantity: Quantity) -> str:
    if quantity.masked:
        return "placeholder"
    if group.sense in _CUTTING:
        return "relative" if quantity.family in {"share", "points"} else "increment"
    return "increment" if group.how == "count" else "level"
