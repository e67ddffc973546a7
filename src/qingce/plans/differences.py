"""What a comparison can say, each kind with its words; values brought to one scale. 差异。"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qingce.core.errors import QingceError
from qingce.core.periods import last_day_of
from qingce.core.records import Target

__all__ = ["CHANGES", "KINDS", "NOT_ADDED", "UNVALUED", "Difference", "day_of", "difference", "key_of", "scaled"]

CHANGES = frozenset({"decrease_by", "increase_by"})
"""Comparators of a change; the others compare a level."""

UNVALUED = frozenset({"qualitative", "delegated", "coverage", "threshold"})
"""Kinds of targets whose value is no number to compare."""

NOT_ADDED = re.compile(r"%|/|^$|天|小时|分贝|百分点|倍|类|级|系数")
"""Units of figures that do not add up over places; amounts (吨, 万千瓦, 个, 亩) do."""

_SCALES = {"万": 10_000, "亿": 100_000_000, "千": 1000}

KINDS = {
    "contradiction": ("同一指标、范围、时限有两个数值", "one indicator, scope and date have two values"),
    "stricter": ("严于上级（层层加码），未见说明", "stricter than the superior's without a stated reason"),
    "earlier": ("早于上级（层层加码），未见说明", "earlier than the superior's without a stated reason"),
    "stricter_stated": ("严于上级，已说明理由", "stricter than the superior's, with a stated reason"),
    "earlier_stated": ("早于上级，已说明理由", "earlier than the superior's, with a stated reason"),
    "weaker": ("宽于上级", "weaker than the superior's"),
    "later": ("晚于上级", "later than the superior's"),
    "missing": ("下级文件没有对应目标", "the subordinate document has no such target"),
    "extra": ("上级文件没有这一目标", "the superior document has no such target"),
    "resolved": ("“完成上级下达”，数值取自上级文件", "delegated; the value stands in the superior document"),
    "part": ("总量指标，下级是其中一部分，不比松紧", "an amount: the subordinate's is a part of it"),
    "interim": ("时限早、数值宽，是阶段目标", "an earlier and weaker value: a step on the way"),
    "other_base": ("基准年不同，不可直接比较", "another base year, not comparable"),
    "other_kind": (
        "口径不同（绝对值与变化幅度、单位），不可直接比较",
        "an absolute value against a change, or another unit",
    ),
    "part_exceeds_whole": ("下级的量大于上级的总量", "the subordinate's amount is more than the superior's whole"),
    "parts_exceed_whole": ("分项之和大于总数", "the parts are more than the whole"),
    "parts_not_sum": ("各行之和与合计不符", "the rows do not sum to the printed total"),
    "share_of_few": ("比例不可能恰好达到，按个数取整", "the share cannot be met exactly; it means a whole number"),
    "share_as_count": ("比例实为个数", "the share is a number of things"),
    "added": ("新版增加", "added in the new version"),
    "removed": ("新版删去", "removed in the new version"),
    "value": ("数值改变", "the value changed"),
    "deadline": ("时限改变", "the date changed"),
    "differs": ("数值不同", "the values differ"),
    "other_date": ("时限不同", "for another date"),
    "only_first": ("只有前一份文件提出", "only the first document promises it"),
    "only_second": ("只有后一份文件提出", "only the second document promises it"),
    "same": ("一致", "the same"),
}
"""Kind → what is said of it, Chinese and English; what a reader must act on comes first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One result of a comparison; `first` and `second` are the targets it is about, `note` the arithmetic or words."""

    kind: str
    indicator_id: str
    indicator: str
    first: Target | None
    second: Target | None
    text: str
    text_en: str
    note: str = ""


def difference(kind: str, first: Target | None, second: Target | None, *, note: str = "") -> Difference:
    """Make a difference of a known kind, named after the second target, else the first."""
    named = second or first
    text, text_en = KINDS[kind]
    identity, name = (named.indicator_id, named.indicator) if named else ("", "")
    return Difference(kind, identity, name, first, second, text, text_en, note)


def key_of(target: Target) -> str:
    """Return what tells indicators apart: the catalogue's id, else the printed name; a class is that of its water."""
    name = re.sub(r"\s", "", target.indicator)
    return f"{target.indicator_id}:{name}" if target.kind == "class" else target.indicator_id or name


def scaled(target: Target) -> tuple[Decimal | None, str]:
    """Return the value in the unit without 万 or 亿 (the first of a range), and that unit."""
    value = target.value[0] if isinstance(target.value, tuple) else target.value
    factor = _SCALES.get(target.unit[:1], 1) if len(target.unit) > 1 else 1
    unit = target.unit[1:] if factor > 1 else target.unit
    return (None if value is None else value * factor), unit


def day_of(deadline: str) -> date | None:
    """Return the last day of a deadline that names a year; None for another."""
    if not re.match(r"\d{4}", deadline):
        return None
    try:
        return last_day_of(deadline)
    except QingceError:
        return None
