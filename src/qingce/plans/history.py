"""What became of a target: set, changed, split by county and month, withdrawn, by the dates of the documents. 沿革。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from qingce.core.records import Document, Reading, Target
from qingce.plans.compare import level_rank
from qingce.plans.differences import CHANGES, UNVALUED, day_of, key_of, scaled
from qingce.plans.phrases import Phrases, load_phrases
from qingce.plans.places import names_a_place, place_of, target_place
from qingce.plans.withdrawals import Withdrawal, find_withdrawals

__all__ = ["History", "Step", "follow", "superseded"]

_Key = tuple[str, bool, str, str, date | None]
_Ground = Mapping[str, Sequence[tuple[Target, Document]]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one document did: `change` is set, repeated, changed, filled, split or withdrawn.

    `target` is None for a withdrawal, which stands at `start`–`end` of its document, and for a split, whose `parts` are
    ids of targets. `superseded_by` is the id of the target (or document) that took the place of this step's target.
    """

    document: Document
    change: str
    target: Target | None = None
    start: int = 0
    end: int = 0
    parts: tuple[str, ...] = ()
    superseded_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """One promise over the years: an indicator, a place, a last day, and what each document did to it in order."""

    indicator_id: str
    indicator: str
    place: str
    deadline: str
    steps: tuple[Step, ...]

    @property
    def in_force(self) -> Step | None:
        """The step whose target holds now; None when it was withdrawn."""
        standing = [step for step in self.steps if step.target is not None and not step.superseded_by]
        return standing[-1] if standing else None


def follow(
    readings: Sequence[Reading], *, aliases: Mapping[str, Sequence[str]] | None = None, phrases: Phrases | None = None
) -> tuple[History, ...]:
    """Follow every target through the documents, in the order of their dates; one without a date moves nothing.

    A document moves what its own level or a lower one has set. `aliases` names indicators by id, for withdrawals.
    """
    ordered = sorted(readings, key=lambda reading: reading.document.date)
    lines: dict[_Key, list[tuple[Target, Document]]] = {}
    ground: dict[str, list[tuple[Target, Document]]] = {}
    for reading in ordered:
        for target in reading.targets:
            ground.setdefault(key_of(target), []).append((target, reading.document))
            key = _key(target, reading.document)
            if key is not None:
                lines.setdefault(key, []).append((target, reading.document))
    withdrawn = find_withdrawals(ordered, aliases or {}, phrases or load_phrases())
    found = [_history(key, line, withdrawn) for key, line in lines.items()]
    opened = [_with_open(history, ground) for history in found]
    return tuple(_with_splits(history, ground) for history in opened)


def superseded(histories: Iterable[History]) -> dict[str, str]:
    """Return target id → what took its place, in words, for every target that no longer holds."""
    return {
        step.target.id: step.note
        for history in histories
        for step in history.steps
        if step.target is not None and step.superseded_by
    }


def _key(target: Target, document: Document) -> _Key | None:
    """What makes two targets the same promise; None for one without a value or a date."""
    if target.kind in UNVALUED or target.value is None or target.deadline.startswith("R/"):
        return None
    day = day_of(target.deadline)
    changes = target.comparator in CHANGES
    return (key_of(target), changes, scaled(target)[1], target_place(target, document), day) if day else None


def _history(key: _Key, line: list[tuple[Target, Document]], withdrawn: Mapping[str, Sequence[Withdrawal]]) -> History:
    steps: list[Step] = []
    for target, document in line:
        before = [step for step in steps if step.target and not step.superseded_by]
        moved = [step for step in before if _moves(document, step.document)]
        same = all(step.target and _same(step.target, target) for step in moved)
        change = "set" if not moved else "repeated" if same else "changed"
        if change == "changed":
            words = f"已由{_named(document)}改为 {target.comparator} {target.value_text}"
            steps = [_over(step, target.id, words) if step in moved else step for step in steps]
        steps.append(Step(document, change, target, target.start, target.end))
    first = line[0][0]
    steps = [part for step in steps for part in _withdrawn(step, withdrawn)]
    return History(first.indicator_id, first.indicator, key[3], first.deadline, _in_order(steps))


def _in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.document.date))


def _moves(later: Document, earlier: Document) -> bool:
    """Whether a document may change what another set: dated after it and of its level or above."""
    dated = bool(later.date and earlier.date) and later.date > earlier.date
    return dated and level_rank(later) <= level_rank(earlier)


def _same(first: Target, second: Target) -> bool:
    return (scaled(first), first.comparator, first.base_year) == (scaled(second), second.comparator, second.base_year)


def _named(document: Document) -> str:
    told = "，".join(part for part in (document.number, document.date) if part)
    return f"《{document.title}》" + (f"（{told}）" if told else "")


def _over(step: Step, identity: str, words: str) -> Step:
    return replace(step, superseded_by=identity, note=words)


def _withdrawn(step: Step, withdrawn: Mapping[str, Sequence[Withdrawal]]) -> Iterator[Step]:
    """A withdrawal ends a target that still stands, and is a step of its own."""
    found = withdrawn.get(step.target.id, ()) if step.target else ()
    ends = [each for each in found if _moves(each.document, step.document)]
    if not ends or step.superseded_by:
        yield step
        return
    last = ends[0]
    words = f"已被{_named(last.document)}撤销：“{last.quote}”"
    yield _over(step, last.document.id, words)
    yield Step(last.document, "withdrawn", None, last.start, last.end, note=last.quote)


def _with_open(history: History, ground: _Ground) -> History:
    """A value that an earlier document left open (完成上级下达, XX) is filled by this one."""
    head = history.steps[0]
    target = head.target
    if target is None:
        return history
    words = f"数值由{_named(head.document)}给出：{target.comparator} {target.value_text}"
    filled = [
        Step(document, "set", left, left.start, left.end, superseded_by=target.id, note=words)
        for left, document in ground[key_of(target)]
        if document.date and document.date < head.document.date and _left_open(left, document, history)
    ]
    if not filled:
        return history
    steps = (*filled, replace(head, change="filled"), *history.steps[1:])
    return replace(history, steps=steps)


def _left_open(target: Target, document: Document, history: History) -> bool:
    if target.value is not None or target.kind not in {"delegated", "placeholder"} or not target.indicator_id:
        return False
    same = target.indicator_id == history.indicator_id and target_place(target, document) == history.place
    return same and day_of(target.deadline) == day_of(history.deadline)


def _with_splits(history: History, ground: _Ground) -> History:
    """Add, for each later document, what it split this promise into: counties, or months of its year."""
    head = history.steps[0]
    target = head.target
    if target is None or len(history.deadline) > 4:
        return history
    parts: dict[str, list[tuple[Target, Document]]] = {}
    for part, document in ground[key_of(target)]:
        later = document.date and document.date >= head.document.date
        if later and _is_part(part, target, (document, history)):
            parts.setdefault(document.id, []).append((part, document))
    splits = [
        Step(rows[0][1], "split", parts=tuple(part.id for part, _ in rows), note=_counted([part for part, _ in rows]))
        for rows in parts.values()
        if len(rows) > 1
    ]
    return replace(history, steps=_in_order((*history.steps, *splits)))


def _is_part(part: Target, whole: Target, where: tuple[Document, History]) -> bool:
    document, history = where
    if key_of(part) != key_of(whole) or part.value is None or part.deadline[:4] != history.deadline[:4]:
        return False
    place = target_place(part, document)
    below = names_a_place(part.scope) and place != history.place and place_of(document) == history.place
    monthly = place == history.place and len(part.deadline) == 7
    return below or monthly


def _counted(parts: Sequence[Target]) -> str:
    places = len({part.scope for part in parts})
    months = len({part.deadline for part in parts if len(part.deadline) == 7})
    told = [f"{places} 个县（市、区）"] if places > 1 else []
    return "分解到 " + "、".join([*told, *([f"{months} 个月"] if months > 1 else [])])
