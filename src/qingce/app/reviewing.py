"""Decisions of officers: kept in the book, laid over every reading, shown as they stand. 复核。

A decision is one record of the shelf `review`, one event a change; who, when and why are the event's. The plan itself
is never touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import pyarrow as pa

from qingce.core.errors import complain
from qingce.core.ports import Book
from qingce.core.records import Document, Reading
from qingce.plans.anchor import Anchor, make_anchor
from qingce.plans.overlay import Mark, Record, Reviewed, apply_all, place_in_text, record_from, record_to
from qingce.publish import Results
from qingce.publish.results import SCHEMAS

__all__ = [
    "SHELF",
    "Laid",
    "ReviewBook",
    "anchor_of",
    "annotate",
    "as_json_text",
    "document_of",
    "exact",
    "lay_over",
    "live",
    "read_records",
    "write_record",
]

SHELF = "review"
_HERE = timedelta(hours=8)
Row = dict[str, Any]


class ReviewBook(Book, Protocol):
    """A book that also refuses a write made on an old version."""

    def put(
        self, shelf: str, key: str, value: Mapping[str, object], *, who: str, why: str, expect: int | None = None
    ) -> int:
        """Write one record unless another change came between."""
        ...

    def remove(self, shelf: str, key: str, *, who: str, why: str, expect: int | None = None) -> None:
        """Withdraw one record unless another change came between."""
        ...


@dataclass(frozen=True, slots=True)
class Laid:
    """The readings of a campaign with all decisions laid over them, and the records whose document is gone."""

    reviewed: Sequence[Reviewed]
    gone: tuple[Mark, ...] = ()
    withdrawn: tuple[Row, ...] = ()

    @property
    def readings(self) -> list[Reading]:
        """What counts: corrected and added targets, without the rejected."""
        return [each.reading for each in self.reviewed]

    @property
    def whole(self) -> list[Reading]:
        """What is listed: the rejected targets too, in text order."""
        return [
            replace(each.reading, targets=tuple(sorted((*each.reading.targets, *each.rejected), key=place_in_text)))
            for each in self.reviewed
        ]

    @property
    def confirmed(self) -> frozenset[str]:
        """Ids of confirmed targets."""
        return frozenset[str]().union(*(each.confirmed for each in self.reviewed))

    @property
    def owners(self) -> dict[str, str]:
        """Owners set by an officer, by target id."""
        return {identity: owner for each in self.reviewed for identity, owner in each.owners.items()}

    @property
    def marks(self) -> list[tuple[str, Mark]]:
        """What became of every record, with the id of the document it belongs to now."""
        here = [(each.reading.document.id, mark) for each in self.reviewed for mark in each.marks]
        return here + [("", mark) for mark in self.gone]

    def notes(self) -> list[str]:
        """Say what people have to look at again."""
        marks = [mark for _, mark in self.marks]
        lost = sum(mark.state == "lost" for mark in marks)
        changed = sum(mark.state == "changed" for mark in marks)
        told = [f"复核：{lost} 条找不到原文，见复核页 {lost} decisions lost their place"] if lost else []
        return told + ([f"复核：{changed} 条因新版改动须重新复核 {changed} to be reviewed again"] if changed else [])


def read_records(book: Book) -> list[Record]:
    """Return every decision that stands, with who, when and why."""
    last = {str(event["key"]): event for event in book.events(SHELF)}
    return [record_from(key, value, _told(last.get(key, {}))) for key, value in book.all(SHELF).items()]


def _told(event: Mapping[str, Any]) -> Mapping[str, Any]:
    at = event.get("at")
    return {**event, "at": local(at) if isinstance(at, datetime) else ""}


def local(at: datetime) -> str:
    """Return an instant as the wall clock of China shows it."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (aware.astimezone(UTC) + _HERE).strftime("%Y-%m-%d %H:%M")


def lay_over(readings: Sequence[Reading], book: Book) -> Laid:
    """Lay the decisions of a book over the readings of a campaign."""
    records = read_records(book)
    back = _withdrawn(book, {record.key for record in records})
    return Laid(*apply_all(readings, records), withdrawn=tuple(row | {"state": "settled"} for row in back))


def annotate(tables: Mapping[str, pa.Table], laid: Laid) -> dict[str, pa.Table]:
    """Return the tables of `laid.whole` with key, verdict and what was read, and the table of all decisions."""
    keys = {identity: key for each in laid.reviewed for identity, key in each.keys.items()}
    marks = {mark.target_id: mark for _, mark in laid.marks if mark.target_id}
    targets = [_annotated(row, marks.get(row["id"]), keys) for row in tables["targets"].to_pylist()]
    tasks = [
        row | {"review_key": keys.get(f"{row['start']}:{row['path']}") or f"{row['document_id']}#{row['path']}"}
        for row in tables["tasks"].to_pylist()
    ]
    return {
        **tables,
        "targets": pa.Table.from_pylist(targets, SCHEMAS["targets"]),
        "tasks": pa.Table.from_pylist(tasks, SCHEMAS["tasks"]),
        "reviews": pa.Table.from_pylist(
            [*(_review_row(*pair) for pair in laid.marks), *laid.withdrawn], SCHEMAS["reviews"]
        ),
    }


def _annotated(row: Row, mark: Mark | None, keys: Mapping[str, str]) -> Row:
    applied = mark is not None and mark.state == "applied"
    return row | {
        "review_key": keys.get(row["id"], ""),
        "verdict": mark.record.verdict if mark and applied else "",
        "as_read": as_json_text(mark.as_read) if mark and applied and mark.record.verdict != "add" else None,
    }


def _review_row(document: str, mark: Mark) -> Row:
    record = mark.record
    return {
        "key": record.key, "what": record.what, "document_id": document or record.document,
        "target_id": mark.target_id, "verdict": record.verdict, "state": mark.state, "how": mark.how,
        "similarity": mark.similarity, "start": mark.start, "end": mark.end, "quote": record.anchor.quote,
        "fields": as_json_text(record.fields), "as_read": as_json_text(record.as_read), "who": record.who,
        "at": record.at, "why": record.why, "version": record.version, "note": mark.note,
    }  # fmt: skip


def as_json_text(fields: Mapping[str, Any]) -> str:
    """Write fields as JSON, a Decimal as its digits.

    Examples
    --------
    >>> as_json_text({"value": Decimal("83.3"), "base_year": None})
    '{"value": "83.3", "base_year": null}'
    """
    return json.dumps(dict(fields), ensure_ascii=False, default=_written)


def _written(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(type(value).__name__)


def live(results: Results, book: Book) -> Results:
    """Return the results with the decisions as they stand now: what the last build did not see is `pending`."""
    built = {row["key"]: row for row in results.rows("reviews")}
    rows = [_standing(record, built.pop(record.key, None)) for record in read_records(book)]
    for row in _withdrawn(book, {str(row["key"]) for row in rows}):
        seen = built.get(row["key"])
        rows.append(seen if seen and seen["version"] == row["version"] else row)
    return results.with_tables({"reviews": pa.Table.from_pylist(rows, SCHEMAS["reviews"])})


def _standing(record: Record, row: Row | None) -> Row:
    if row is not None and row["version"] == record.version:
        return row
    anchor = record.anchor
    pending = Mark(record, "pending", "", "offset", 1.0, anchor.start, anchor.start + len(anchor.quote))
    return _review_row("", pending) | ({"target_id": row["target_id"]} if row else {})


def _withdrawn(book: Book, standing: set[str]) -> Iterator[Row]:
    """Keys whose record was taken back: their version goes on counting."""
    last = {str(event["key"]): event for event in book.events(SHELF)}
    for key, event in last.items():
        if key not in standing:
            told = _told(event)
            yield {"key": key, "state": "withdrawn", "verdict": "", "version": event["version"], "what": "target"} | {
                name: told[name] for name in ("who", "at", "why")
            }


def write_record(book: ReviewBook, record: Record, *, expect: int | None) -> int:
    """Write a decision; raises QC520 where another came between, QC624 without a name."""
    if not record.who.strip():
        raise complain("QC624")
    return book.put(SHELF, record.key, record_to(record), who=record.who.strip(), why=record.why, expect=expect)


def anchor_of(results: Results, row: Mapping[str, Any]) -> Anchor:
    """Return the anchor of a row of `targets` or of a span of a document."""
    document = document_of(results, str(row["document_id"]))
    paths = {str(clause["id"]): str(clause["path"]) for clause in results.rows("clauses", columns=["id", "path"])}
    return make_anchor(
        document, int(row["start"]), int(row["end"]), clause=paths.get(str(row.get("clause")), ""),
        value_start=row.get("value_start"), value_text=str(row.get("value_text") or ""),
    )  # fmt: skip


def document_of(results: Results, identity: str) -> Document:
    """Return a document of the results; raises QC621."""
    for row in results.rows("documents", where={"id": identity}):
        known = {name: str(row[name] or "") for name in Document.__dataclass_fields__ if name in row}
        return Document(**known)
    raise complain("QC621", words={"key": identity})


def exact(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Turn fields of JSON back: digits to Decimal."""
    found = dict(fields)
    value = found.get("value")
    if isinstance(value, str):
        found["value"] = Decimal(value)
    if isinstance(value, list):
        found["value"] = [Decimal(str(part)) for part in value]
    return found
