"""Documents side by side: cascade, revision, peers; contradictions and sums that cannot be. 比对。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher

from qingce.core.errors import QingceError
from qingce.core.periods import last_day_of
from qingce.core.records import Document, Reading, Target

__all__ = ["Comparison", "Difference", "compare", "feasibility"]

_ORDER = ("national", "province", "city", "county", "township")
_CHANGES = frozenset({"decrease_by", "increase_by"})
_SCALES = {"万": 10_000, "亿": 100_000_000, "千": 1000}
_ALIKE = 0.6
_UNVALUED = frozenset({"qualitative", "delegated", "coverage", "threshold"})

_TEXTS = {
    "same": ("一致", "the same"),
    "missing": ("下级文件没有对应目标", "the subordinate document has no such target"),
    "extra": ("上级文件没有这一目标", "the superior document has no such target"),
    "resolved": ("“完成上级下达”，数值取自上级文件", "delegated; the value stands in the superior document"),
    "stricter": ("严于上级（层层加码），未见说明", "stricter than the superior's without a stated reason"),
    "weaker": ("宽于上级", "weaker than the superior's"),
    "earlier": ("早于上级（层层加码），未见说明", "earlier than the superior's without a stated reason"),
    "later": ("晚于上级", "later than the superior's"),
    "other_base": ("基准年不同，不可直接比较", "another base year, not comparable"),
    "other_kind": (
        "口径不同（绝对值与变化幅度、单位），不可直接比较",
        "an absolute value against a change, or another unit",
    ),
    "added": ("新版增加", "added in the new version"),
    "removed": ("新版删去", "removed in the new version"),
    "value": ("数值改变", "the value changed"),
    "deadline": ("时限改变", "the date changed"),
    "only_first": ("只有前一份文件提出", "only the first document promises it"),
    "only_second": ("只有后一份文件提出", "only the second document promises it"),
    "differs": ("数值不同", "the values differ"),
    "contradiction": ("同一指标、范围、时限有两个数值", "one indicator, scope and date have two values"),
    "parts_exceed_whole": ("分项之和大于总数", "the parts are more than the whole"),
    "share_of_few": ("比例不可能恰好达到，按个数取整", "the share cannot be met exactly; it means a whole number"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One result of a comparison; `first` and `second` are the targets it is about, `note` the arithmetic."""

    kind: str
    indicator_id: str
    indicator: str
    first: Target | None
    second: Target | None
    text: str
    text_en: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two documents and how their targets differ; `relation`: cascade, revision or peers."""

    relation: str
    first: Document
    second: Document
    differences: tuple[Difference, ...]


def compare(first: Reading, second: Reading, *, relation: str = "auto") -> Comparison:
    """Compare two readings; in a cascade `first` becomes the superior, whichever way they were given."""
    chosen = _relation(first.document, second.document) if relation == "auto" else relation
    if chosen == "cascade" and _level(first.document) > _level(second.document):
        first, second = second, first
    rules = {"cascade": _cascade, "revision": _revision, "peers": _peers}
    pairs = list(_pairs(first, second, same_scope=chosen == "revision"))
    differences = [difference for pair in pairs for difference in rules[chosen](*pair)]
    return Comparison(chosen, first.document, second.document, tuple(differences))


def _level(document: Document) -> int:
    return _ORDER.index(document.level) if document.level in _ORDER else len(_ORDER)


def _relation(first: Document, second: Document) -> str:
    if first.level and second.level and first.level != second.level:
        return "cascade"
    likeness = SequenceMatcher(None, _bare_title(first.title), _bare_title(second.title)).ratio()
    return "revision" if likeness >= _ALIKE and first.issuer == second.issuer else "peers"


def _bare_title(title: str) -> str:
    return re.sub(r"（[^（）]*）|\s|\d", "", title)


def _difference(kind: str, first: Target | None, second: Target | None, *, note: str = "") -> Difference:
    named = second or first
    text, text_en = _TEXTS[kind]
    identity, name = (named.indicator_id, named.indicator) if named else ("", "")
    return Difference(kind, identity, name, first, second, text, text_en, note)


def _key(target: Target) -> str:
    return target.indicator_id or re.sub(r"\s", "", target.indicator)


def _pairs(first: Reading, second: Reading, *, same_scope: bool) -> Iterator[tuple[Target | None, Target | None]]:
    """Pair the targets of one indicator: the same date first, then in order; what is left over stands alone."""
    waiting: dict[str, list[Target]] = {}
    for target in _valued(second):
        waiting.setdefault(_key(target), []).append(target)
    for target in _valued(first):
        others = waiting.get(_key(target), [])
        fitting = [o for o in others if not same_scope or o.scope == target.scope]
        best = min(fitting, key=lambda o: (_distance(target, o), o.start), default=None)
        if best is not None:
            others.remove(best)
        yield target, best
    for left in waiting.values():
        yield from ((None, target) for target in left)


def _valued(reading: Reading) -> list[Target]:
    return [t for t in reading.targets if t.kind == "delegated" or (t.kind not in _UNVALUED and t.value is not None)]


def _distance(target: Target, other: Target) -> int:
    change = (target.comparator in _CHANGES) != (other.comparator in _CHANGES)
    return 4 * change + 2 * (other.kind == "delegated") + (target.deadline != other.deadline)


def _cascade(superior: Target | None, child: Target | None) -> Iterator[Difference]:
    if superior is None or child is None:
        yield _difference("missing" if child is None else "extra", superior, child)
        return
    if child.kind == "delegated" or superior.kind == "delegated":
        yield _difference("resolved" if superior.value is not None else "same", superior, child)
        return
    yield from _judged(superior, child, stricter="stricter", weaker="weaker")
    early, late = _day(child.deadline), _day(superior.deadline)
    if early and late and early != late:
        yield _difference("earlier" if early < late else "later", superior, child)


def _judged(first: Target, second: Target, *, stricter: str, weaker: str) -> Iterator[Difference]:
    """Judge two values of one indicator, if they can be compared at all."""
    if (first.comparator in _CHANGES) != (second.comparator in _CHANGES) or _scaled(first)[1] != _scaled(second)[1]:
        yield _difference("other_kind", first, second)
    elif first.comparator in _CHANGES and first.base_year != second.base_year:
        yield _difference("other_base", first, second)
    else:
        order = _stricter(first, second)
        kind = "same" if order == 0 else stricter if order > 0 else weaker
        yield _difference(kind, first, second)


def _scaled(target: Target) -> tuple[Decimal | None, str]:
    """The value in the unit without 万 or 亿; the first of a range."""
    value = target.value[0] if isinstance(target.value, tuple) else target.value
    factor = _SCALES.get(target.unit[:1], 1) if len(target.unit) > 1 else 1
    unit = target.unit[1:] if factor > 1 else target.unit
    return (None if value is None else value * factor), unit


def _stricter(first: Target, second: Target) -> int:
    """Positive if `second` asks more than `first`, by the direction of its comparator."""
    a, b = _scaled(first)[0], _scaled(second)[0]
    if a is None or b is None or a == b:
        return 0
    lower = second.comparator in {"<=", "<"} or first.comparator in {"<=", "<"}
    return 1 if (b < a) == lower else -1


def _day(deadline: str) -> date | None:
    if not re.match(r"\d{4}", deadline):
        return None
    try:
        return last_day_of(deadline)
    except QingceError:
        return None


def _revision(old: Target | None, new: Target | None) -> Iterator[Difference]:
    if old is None or new is None:
        yield _difference("removed" if new is None else "added", old, new)
        return
    if (_scaled(old), old.comparator, old.base_year) != (_scaled(new), new.comparator, new.base_year):
        yield _difference("value", old, new)
    if old.deadline != new.deadline:
        yield _difference("deadline", old, new)


def _peers(first: Target | None, second: Target | None) -> Iterator[Difference]:
    if first is None or second is None:
        yield _difference("only_first" if second is None else "only_second", first, second)
    else:
        yield from _judged(first, second, stricter="differs", weaker="differs")


def feasibility(reading: Reading) -> tuple[Difference, ...]:
    """List what arithmetic alone objects to: contradictions, parts above their whole, shares of a few."""
    targets = [t for t in reading.targets if t.kind not in _UNVALUED and isinstance(t.value, Decimal)]
    return (*_contradictions(targets), *_sums(targets), *_shares(targets))


def _contradictions(targets: list[Target]) -> Iterator[Difference]:
    """One bound indicator, one scope, one date, two values."""
    seen: dict[tuple[object, ...], Target] = {}
    for target in targets:
        key = (target.indicator_id, target.scope, target.deadline, target.unit, target.comparator in _CHANGES)
        known = seen.setdefault(key, target)
        whole = target.indicator_id and target.indicator == known.indicator
        if whole and known is not target and known.value != target.value and target.deadline:
            yield _difference("contradiction", known, target)


_WHOLE = re.compile(r"规模|总|合计|共")
_NEAR = 80


def _sums(targets: list[Target]) -> Iterator[Difference]:
    """风电270万千瓦、光伏500万千瓦, 装机规模700万千瓦: the parts stand just before their whole."""
    for i, whole in enumerate(targets):
        if not _WHOLE.search(whole.indicator) or whole.unit in {"%", ""} or whole.comparator in _CHANGES:
            continue
        parts = []
        for part in reversed(targets[:i]):
            near = part.clause == whole.clause and whole.start - part.end < _NEAR and part.unit == whole.unit
            if not near or part.deadline != whole.deadline or part.kind != "increment":
                break
            parts.append(part)
        total = sum((part.value for part in parts if isinstance(part.value, Decimal)), Decimal(0))
        if len(parts) > 1 and isinstance(whole.value, Decimal) and total > whole.value:
            sum_text = " + ".join(str(part.value) for part in reversed(parts))
            yield _difference(
                "parts_exceed_whole", parts[-1], whole, note=f"{sum_text} = {total} > {whole.value} {whole.unit}"
            )


_FEW = re.compile(r"(\d{1,3})个[^，。；]{0,16}断面")


def _shares(targets: list[Target]) -> Iterator[Difference]:
    """80 % of six sections is five of them."""
    for target in targets:
        few = _FEW.search(target.quote)
        if few is None or target.unit != "%" or not isinstance(target.value, Decimal) or not int(few[1]):
            continue
        exact = int(few[1]) * target.value / 100
        if exact != exact.to_integral_value():
            need = int(exact) + 1
            yield _difference(
                "share_of_few", target, None, note=f"{few[1]} × {target.value}% = {exact.normalize()} → {need}/{few[1]}"
            )
