"""What officers decided about a reading, kept beside the plan and laid over every new reading of it. 复核叠加。

Pure: a reading and records in, a reading and what became of each record out. No record is ever dropped in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from qingce.core.records import Document, Reading, Target, Task
from qingce.plans.anchor import ALIKE, Anchor, Found, Ground, squeeze

__all__ = [
    "FIELDS",
    "Mark",
    "Record",
    "Reviewed",
    "TASK_FIELDS",
    "apply",
    "apply_all",
    "fields_of",
    "place_in_text",
    "record_from",
    "record_to",
    "task_keys",
]

FIELDS = ("indicator", "indicator_id", "scope", "comparator", "value", "unit", "base_year", "deadline", "kind")
"""The fields of a target that an officer may set; `owners` is set beside them, a target of its own has none."""

TASK_FIELDS = ("lead_units", "support_units", "responsible_units", "deadline")
STANDING = frozenset({"confirm", "correct", "add"})
"""Verdicts after which a target counts as confirmed."""

_BINDING = ("scope", "comparator", "value", "unit", "base_year", "deadline")
_SAME = 4
_UNCLEAR = "同一处有几个目标，分不清是哪一个 several targets at this place"
_NOT_FOUND = "找不到原文 the words are not found"
_NO_TARGET = "原句已改，改后没有读出目标 the sentence was changed and no target is read there"
_CHANGED = "新版改了数值或时限，须重新复核 the new edition changed value or date: review it again"
_KEPT = "新读法没有读出，按人工确认保留 no longer read; kept as confirmed"
_SETTLED = "已不再读出 no longer read"
_NO_DOCUMENT = "文件已不在 the document is no longer among the plans"
_NO_TASK = "找不到任务 the task is not found"


@dataclass(frozen=True, slots=True)
class Record:
    """One decision: confirm, correct, reject or add; `fields` is what the officer says, `as_read` what was read."""

    key: str
    what: str
    document: str
    title: str
    verdict: str
    fields: Mapping[str, Any]
    as_read: Mapping[str, Any]
    anchor: Anchor
    who: str = ""
    at: str = ""
    why: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a record. state: applied, changed (to be reviewed again), settled (nothing to do) or lost."""

    record: Record
    state: str
    target_id: str = ""
    how: str = ""
    similarity: float = 0.0
    start: int | None = None
    end: int | None = None
    note: str = ""
    as_read: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A reading with its decisions laid over it; rejected targets stand apart. `keys`: target or task place → key."""

    reading: Reading
    rejected: tuple[Target, ...] = ()
    marks: tuple[Mark, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def confirmed(self) -> frozenset[str]:
        """Ids of the targets that a person has confirmed, corrected or added."""
        return frozenset(
            m.target_id
            for m in self.marks
            if m.state == "applied" and m.record.verdict in STANDING and m.record.what == "target"
        )

    @property
    def owners(self) -> dict[str, str]:
        """Owners that an officer set, by target id."""
        applied = (m for m in self.marks if m.state == "applied" and m.target_id and m.record.fields.get("owners"))
        return {mark.target_id: str(mark.record.fields["owners"]) for mark in applied}

    @property
    def lost(self) -> tuple[Mark, ...]:
        """Records that have no place any more: for people to look at."""
        return tuple(mark for mark in self.marks if mark.state == "lost")


def record_to(record: Record) -> dict[str, object]:
    """Return a record as the book keeps it; who, when, why and version are the book's own."""
    kept = asdict(record)
    return {name: kept[name] for name in ("what", "document", "title", "verdict", "fields", "as_read", "anchor")}


def record_from(key: str, value: Mapping[str, Any], event: Mapping[str, Any]) -> Record:
    """Make a record of what the book keeps and of its last event."""
    return Record(
        key=key,
        what=value["what"],
        document=value["document"],
        title=value["title"],
        verdict=value["verdict"],
        fields=value["fields"],
        as_read=value["as_read"],
        anchor=Anchor(**value["anchor"]),
        who=str(event.get("who", "")),
        at=str(event.get("at", "")),
        why=str(event.get("why", "")),
        version=int(event.get("version", 0)),
    )


def fields_of(target: Target) -> dict[str, Any]:
    """Return the fields of a target that an officer may set."""
    return {name: getattr(target, name) for name in FIELDS}


def apply_all(readings: Sequence[Reading], records: Iterable[Record]) -> tuple[list[Reviewed], tuple[Mark, ...]]:
    """Lay all records over the readings of a campaign; returns also the records of documents that are gone.

    A record belongs to the document with its id, else to the one with its title: a new edition under another name.
    """
    ids = {reading.document.id: reading.document.id for reading in readings}
    titles = {squeeze(reading.document.title): reading.document.id for reading in readings if reading.document.title}
    shared: dict[str, list[Record]] = {}
    for record in records:
        home = ids.get(record.document) or titles.get(squeeze(record.title)) or ""
        shared.setdefault(home, []).append(record)
    orphans = sorted(shared.get("", []), key=lambda record: record.key)
    gone = tuple(Mark(record, "lost", note=_NO_DOCUMENT) for record in orphans)
    return [apply(reading, shared.get(reading.document.id, [])) for reading in readings], gone


def apply(reading: Reading, records: Iterable[Record]) -> Reviewed:
    """Lay records over a reading of their document.

    An anchor is found at its offset, else by its words in its clause, else by its words elsewhere, else by likeness
    (which is told); else the record is among the lost. Applying twice is applying once; the order does not matter.
    """
    given = sorted(records, key=lambda record: record.key)
    laid = _Laying(reading, [record for record in given if record.what == "target"])
    tasks, task_marks = _lay_tasks(reading.tasks, [record for record in given if record.what == "task"])
    targets, rejected = laid.targets()
    keys = laid.keys() | task_keys(reading.document.id, reading.tasks)
    marks = tuple(sorted((*laid.marks, *task_marks), key=lambda mark: mark.record.key))
    return Reviewed(replace(reading, targets=targets, tasks=tasks), rejected, marks, keys)


class _Laying:
    """One run: every record finds its place, then its target, then acts on it."""

    def __init__(self, reading: Reading, records: Sequence[Record]) -> None:
        self._reading = reading
        self._owner: dict[str, Mark] = {}
        self._made: list[Target] = []
        self.marks: list[Mark] = []
        ground = Ground(reading.document, reading.clauses) if records else None
        found = {record.key: ground.find(record.anchor) for record in records} if ground else {}
        claims = _claims(reading.targets, records, found)
        for record in records:
            self._settle(record, found[record.key], claims.get(record.key, ""))

    def targets(self) -> tuple[tuple[Target, ...], tuple[Target, ...]]:
        """Return the targets that stand and those rejected, in text order."""
        standing, rejected = [], []
        for target in (*self._reading.targets, *self._made):
            mark = self._owner.get(target.id)
            if mark is None or mark.state != "applied":
                standing.append(target)
            elif mark.record.verdict == "reject":
                rejected.append(target)
            else:
                standing.append(_with(target, mark.record.fields))
        return tuple(sorted(standing, key=place_in_text)), tuple(rejected)

    def keys(self) -> dict[str, str]:
        """Return the key of every target: that of its record, else one of its own words that no record has."""
        taken = {mark.record.key for mark in self.marks}
        keys = {identity: mark.record.key for identity, mark in self._owner.items()}
        for target in self._reading.targets:
            if target.id in keys:
                continue
            key = bare = _key(self._reading.document, target)
            number = 2
            while key in taken:
                key, number = f"{bare}~{number}", number + 1
            taken.add(key)
            keys[target.id] = key
        return keys

    def _settle(self, record: Record, found: Found | None, claimed: str) -> None:
        if found is None:
            self.marks.append(Mark(record, "lost", note=_NOT_FOUND))
        elif claimed == "?":
            self._mark(record, "lost", found, note=_UNCLEAR)
        elif claimed:
            self._claimed(record, found, self._target(claimed))
        elif found.how == "similar" and record.verdict != "reject":
            self._mark(record, "lost", found, note=_NO_TARGET)
        elif record.verdict == "reject":
            self._mark(record, "settled", found, note=_SETTLED)
        else:
            self._create(record, found)

    def _claimed(self, record: Record, found: Found, target: Target) -> None:
        state, note = ("applied", "") if self._holds(record, target) else ("changed", _CHANGED)
        mark = self._mark(record, state, found, note=note, target=target)
        self._owner[target.id] = mark

    def _holds(self, record: Record, target: Target) -> bool:
        """Whether a decision still says what it said: the value as printed, and in a new edition all that was read."""
        if squeeze(target.value_text) != squeeze(record.anchor.value_text) and target.id != _own_id(record):
            return False
        if record.verdict == "reject" or record.anchor.sha256 == self._reading.document.sha256:
            return True
        read = fields_of(target)
        return _unchanged(read, record.as_read) or _unchanged(read, record.fields)

    def _create(self, record: Record, found: Found) -> None:
        made = _made(self._reading, record, found)
        note = "" if record.verdict == "add" else _KEPT
        self._owner[made.id] = self._mark(record, "applied", found, note=note, target=made)
        self._made.append(made)

    def _mark(self, record: Record, state: str, found: Found, *, note: str, target: Target | None = None) -> Mark:
        read = fields_of(target) if target else {}
        identity = target.id if target else ""
        mark = Mark(record, state, identity, found.how, found.similarity, found.start, found.end, note, read)
        self.marks.append(mark)
        return mark

    def _target(self, identity: str) -> Target:
        return next(target for target in self._reading.targets if target.id == identity)


def place_in_text(target: Target) -> tuple[int, int, str]:
    """Return what puts targets in the order of the text."""
    return target.start, target.value_start or 0, target.id


def _claims(targets: Sequence[Target], records: Sequence[Record], found: Mapping[str, Found | None]) -> dict[str, str]:
    """Say which target each record is about; the surest pairs first, each target once, '?' where it is unclear."""
    pairs = []
    open_for: dict[str, list[str]] = {}
    for record in records:
        place = found[record.key]
        for target in targets if place else ():
            score = _fits(record, target, place)  # type: ignore[arg-type]
            if score:
                pairs.append((-score, record.key, target.id))
                open_for.setdefault(record.key, []).append(target.id)
    claims: dict[str, str] = {}
    taken: set[str] = set()
    for score, key, identity in sorted(pairs):
        left = [other for other in open_for[key] if other not in taken]
        if key in claims or identity in taken:
            continue
        sure = -score >= _SAME or len(left) == 1
        claims[key] = identity if sure else "?"
        taken |= {identity} if sure else set()
    return claims


def _fits(record: Record, target: Target, place: Found) -> int:
    """How well a target is the one a record is about: 0 not at all, from `_SAME` on without doubt."""
    if target.end <= place.start or target.start >= place.end:
        return 0
    read = fields_of(target)
    if place.how == "similar":
        if record.verdict == "add":
            return 0
        return _SAME * _alike(read, record) + (squeeze(target.value_text) == squeeze(record.anchor.value_text))
    if target.value_start != place.value_start:
        return 0
    own = target.id == _own_id(record)
    if own or _identity(read) in (_identity(record.as_read), _identity(record.fields)):
        return _SAME + 2 * own + _unchanged(read, record.as_read)
    if record.verdict == "add":
        return 0
    alike = [bool(read[name] == record.as_read.get(name)) for name in ("indicator_id", "scope")]
    return 1 + sum(alike)


def _identity(fields: Mapping[str, Any]) -> tuple[object, ...]:
    return fields.get("indicator_id") or fields.get("indicator"), fields.get("scope")


def _unchanged(read: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether what binds was read as before; a field that was not kept then does not count."""
    return all(_whole(read[name]) == _whole(then[name]) for name in _BINDING if name in then)


def _whole(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _alike(read: Mapping[str, Any], record: Record) -> bool:
    return _identity(read) in (_identity(record.as_read), _identity(record.fields))


def _with(target: Target, fields: Mapping[str, Any]) -> Target:
    known = {name: fields[name] for name in FIELDS if name in fields}
    if isinstance(known.get("value"), list):
        known["value"] = tuple(known["value"])
    return replace(target, **known)


def _own_id(record: Record) -> str:
    return f"T-{record.document}-R{hashlib.sha256(record.key.encode()).hexdigest()[:6]}"


def _made(reading: Reading, record: Record, found: Found) -> Target:
    """Make the target that an officer saw and the reader does not."""
    text, anchor = reading.document.text, record.anchor
    holding = [clause for clause in reading.clauses if clause.start <= found.start < clause.end]
    clause = min(holding, key=lambda c: c.end - c.start) if holding else None
    blank = Target(
        id=_own_id(record),
        quote=text[found.start : found.end],
        start=found.start,
        end=found.end,
        indicator="",
        indicator_id="",
        scope="",
        comparator="",
        value=None,
        value_text=anchor.value_text or _written(record.fields.get("value")),
        value_start=found.value_start,
        unit="",
        base_year=None,
        deadline="",
        strength="",
        kind="level",
        clause=clause.id if clause else f"C-{reading.document.id}-0",
        battle=str(record.fields.get("battle") or (clause.battle if clause else "")),
    )
    return _with(blank, record.fields)


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return "–".join(map(_written, value))
    return f"{value:f}" if isinstance(value, Decimal) else ""


def _key(document: Document, target: Target) -> str:
    """A key of the target's own words: the same as long as they are, wherever they stand."""
    at = "" if target.value_start is None else str(len(squeeze(document.text[target.start : target.value_start])))
    words = (squeeze(target.quote), at, target.value_text, target.indicator, target.scope)
    digest = hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()
    return f"T:{document.id}:{digest[:12]}"


def task_keys(document: str, tasks: Sequence[Task]) -> dict[str, str]:
    """Return the key of every task by `start:path`: document and path, numbered where a path comes again."""
    keys: dict[str, str] = {}
    seen: dict[str, int] = {}
    for task in tasks:
        number = seen[task.path] = seen.get(task.path, 0) + 1
        keys[f"{task.start}:{task.path}"] = f"{document}#{task.path}" + (f"~{number}" if number > 1 else "")
    return keys


def _lay_tasks(tasks: tuple[Task, ...], records: Sequence[Record]) -> tuple[tuple[Task, ...], list[Mark]]:
    changed = list(tasks)
    marks = []
    for record in records:
        at, likeness = _task_at(tasks, record.anchor)
        if at is None:
            marks.append(Mark(record, "lost", note=_NO_TASK))
            continue
        task = tasks[at]
        how = "offset" if likeness == 1 else "similar"
        read = {name: getattr(task, name) for name in TASK_FIELDS}
        marks.append(Mark(record, "applied", "", how, likeness, task.start, task.end, as_read=read))
        changed[at] = _task_with(task, record.fields)
    return tuple(changed), marks


def _task_with(task: Task, fields: Mapping[str, Any]) -> Task:
    def units(name: str) -> tuple[str, ...]:
        return tuple(map(str, fields.get(name, getattr(task, name))))

    return replace(
        task,
        lead_units=units("lead_units"),
        support_units=units("support_units"),
        responsible_units=units("responsible_units"),
        deadline=str(fields.get("deadline", task.deadline)),
    )


def _task_at(tasks: Sequence[Task], anchor: Anchor) -> tuple[int | None, float]:
    """Find a task by path and title, by its title alone, or by its path and a title alike."""
    title = squeeze(anchor.quote)
    titles = [squeeze(task.title) for task in tasks]
    both = [i for i, task in enumerate(tasks) if task.path == anchor.clause and titles[i] == title]
    named = both or [i for i in range(len(tasks)) if title and titles[i] == title]
    if named:
        nearest = min(named, key=lambda i: abs(tasks[i].start - anchor.start))
        return (nearest, 1.0) if both or len(named) == 1 else (None, 0.0)
    near = [
        (SequenceMatcher(None, title, titles[i], autojunk=False).ratio(), i)
        for i, task in enumerate(tasks)
        if task.path == anchor.clause
    ]
    ratio, at = max(near, default=(0.0, -1))
    return (at, ratio) if ratio >= ALIKE else (None, 0.0)
