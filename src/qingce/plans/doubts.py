"""Digits of a scan that were not read surely: listed among the repairs, and the targets resting on them. 存疑数字。"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qingce.core.records import Repair, Target
from qingce.plans.formats import Doubt

__all__ = ["lowered", "with_doubts"]

RULE = "ocr-digit"


def with_doubts(repairs: tuple[Repair, ...], doubts: Sequence[Doubt], text: str) -> tuple[Repair, ...]:
    """Add the digits in doubt to the repairs, in text order: read as printed, for a person to look at."""
    if not doubts:
        return repairs
    mended = [(repair.start, repair.end) for repair in repairs]
    open_ = [d for d in doubts if not any(d.start < end and start < d.end for start, end in mended)]
    told = [Repair(d.start, d.end, text[d.start : d.end], text[d.start : d.end], RULE, d.confidence) for d in open_]
    return tuple(sorted((*repairs, *told), key=lambda repair: (repair.start, repair.end)))


def lowered(targets: tuple[Target, ...], doubts: Sequence[Doubt]) -> tuple[Target, ...]:
    """Give a target no more confidence than the digits of its words and of its date have."""
    if not doubts:
        return targets
    return tuple(_lowered(target, doubts) for target in targets)


def _lowered(target: Target, doubts: Sequence[Doubt]) -> Target:
    places = list(_places(target))
    found = [d.confidence for d in doubts if any(d.start < end and start < d.end for start, end in places)]
    return replace(target, confidence=min([target.confidence, *found]))


def _places(target: Target) -> Iterator[tuple[int, int]]:
    yield target.start, target.end
    for reason in target.reasons:
        yield reason.start, reason.start + len(reason.words)
