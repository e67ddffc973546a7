"""From any number to the plan's sentence and to the hours, and from an hour to every target it moves. 追溯。

Ids: target `T-…`, value `V:<indicator>:<scope>:<period>:<series>`, finding `F:<subject>:<quantity>:<period>:<series>`,
observation `O:<site>:<parameter>:<time>`. Any two ends are at most three steps apart: target → value → finding → hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.ports import Lake
from qingce.thread.tracing.steps import Node, Trail
from qingce.thread.tracing.telling import downward, upward

__all__ = ["Node", "Sentence", "Why", "why", "whys"]

_SHAPES = "T-doc-001, V:indicator:scope:period:series, F:subject:quantity:period:series, O:site:parameter:time"


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence of a document that a number answers to, with what stands before and after it."""

    document_id: str
    title: str
    number: str
    start: int
    end: int
    quote: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Both ways from one id: `down` towards the hours, `up` towards the targets and their sentences."""

    id: str
    down: Node
    up: tuple[Node, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    known_at: datetime | None = None
    notes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, object]:
        """Return the tree as JSON-able facts."""
        return {
            "id": self.id,
            "known_at": self.known_at.isoformat() if self.known_at else None,
            "down": self.down.to_dict(),
            "up": [node.to_dict() for node in self.up],
            "sentences": [
                {name: getattr(sentence, name) for name in Sentence.__dataclass_fields__} for sentence in self.sentences
            ],
            "notes": list(self.notes),
        }

    def to_text(self) -> str:
        """Return the tree as indented lines, the sentence marked 【…】; long lists are folded with a count."""
        head = f"{self.id}" + (f"（截至 {self.known_at:%Y-%m-%d %H:%M} 所知）" if self.known_at else "")
        lines = [head, *(line for sentence in self.sentences for line in _quoted(sentence, len(self.sentences) > 1))]
        if self.up:
            lines += ["↑ 影响", *upward(self.up)]
        return "\n".join([*lines, "↓ 由来", *downward(self.down), *self.notes])


def _quoted(sentence: Sentence, among_others: bool) -> list[str]:
    """Return a sentence in its place; one of several by itself."""
    source = f"原文 {sentence.title}　{sentence.number}".rstrip("　")
    if among_others:
        return [f"{source}：【{sentence.quote}】"]
    return [f"{source} [{sentence.start}:{sentence.end}]", f"  …{sentence.before}【{sentence.quote}】{sentence.after}…"]


def why(
    identifier: str,
    tables: Mapping[str, pa.Table],
    *,
    lake: Lake | None = None,
    known_at: datetime | None = None,
    catalog: Catalog | None = None,
) -> Why:
    """Trace an id both ways through the tables of a build and, for the hours, through the lake.

    With `known_at` [UTC] the hours are those known at that instant, and with `catalog` too an air day says what would
    have been said of it then. Raises QC405 for an id that is nowhere.
    """
    return _why(identifier, Trail(tables, lake, known_at=known_at, catalog=catalog), lake=lake, known_at=known_at)


def whys(identifiers: Iterable[str], tables: Mapping[str, pa.Table], *, lake: Lake | None = None) -> Iterator[Why]:
    """Trace many ids as they are known now, the tables read once. Raises QC405 for an id that is nowhere."""
    trail = Trail(tables, lake)
    return (_why(identifier, trail, lake=lake) for identifier in identifiers)


def _why(identifier: str, trail: Trail, *, lake: Lake | None, known_at: datetime | None = None) -> Why:
    makers = {"T-": _target, "V:": _value, "F:": _finding, "O:": _observation}
    maker = makers.get(identifier[:2])
    found = maker(identifier, trail) if maker else None
    if found is None and identifier in trail.rows.targets:
        found = _target(identifier, trail)
    if found is None:
        raise complain("QC405", words={"id": identifier, "allowed": _SHAPES})
    notes = () if lake is not None else ("没有打开数据湖，追溯止于日评价结果",)
    return replace(found, known_at=known_at, notes=notes, sentences=_sentences(found, trail))


def _target(identifier: str, trail: Trail) -> Why | None:
    row = trail.rows.targets.get(identifier)
    return None if row is None else Why(identifier, trail.target(row, depth=3))


def _value(identifier: str, trail: Trail) -> Why | None:
    row = trail.rows.values.get(identifier)
    return None if row is None else Why(identifier, trail.value(row, depth=2), trail.targets_of(identifier))


def _finding(identifier: str, trail: Trail) -> Why | None:
    node = trail.finding(identifier, depth=1)
    return None if node is None else Why(identifier, node, trail.values_over(identifier))


def _observation(identifier: str, trail: Trail) -> Why | None:
    node = trail.observation(identifier)
    return None if node is None else Why(identifier, node, trail.findings_over(identifier))


def _sentences(found: Why, trail: Trail) -> tuple[Sentence, ...]:
    """Return the sentence of every target in the tree, once."""
    ids = [node.id for top in (found.down, *found.up) for node in top.walk() if node.kind == "target"]
    return tuple(_sentence(key, trail) for key in dict.fromkeys(ids))


def _sentence(identifier: str, trail: Trail) -> Sentence:
    row = trail.rows.targets[identifier]
    document = trail.rows.documents.get(str(row["document_id"]), {})
    text = str(document.get("text") or "")
    start, end = row["start"], row["end"]
    first, last = (start if isinstance(start, int) else 0), (end if isinstance(end, int) else 0)
    return Sentence(
        document_id=str(row["document_id"]),
        title=str(document.get("title") or ""),
        number=str(row["document_number"] or ""),
        start=first,
        end=last,
        quote=text[first:last] or str(row["quote"]),
        before=text[max(0, first - 40) : first].replace("\n", " "),
        after=text[last : last + 40].replace("\n", " "),
    )
