"""The bibliography: every other piece of content cites one of its keys. 出处。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.strict import Report, Table, guarded, read_table, refuse
from qingce.core.errors import complain
from qingce.core.records import Source

__all__ = ["STATUSES", "cite", "dated_head", "read_sources"]

STATUSES = ("verified", "unread")
_KEYS = (
    "title",
    "number",
    "issuer",
    "issued",
    "in_force",
    "until",
    "url",
    "checked_on",
    "status",
    "note",
    "supersedes",
)


def read_sources(roots: Sequence[Path], report: Report = refuse) -> Mapping[str, Source]:
    """Read `sources.toml` of every root; raises QC101, QC102, QC103, QC107, QC108."""
    shelf: Shelf[Source] = Shelf(report)
    for path in content_files(roots, "sources.toml"):
        table = read_table(path, report=report)
        for key, entry in table.content.items():
            with guarded(report):
                _put(shelf, table, key=key, entry=entry, report=report)
    return shelf.items


def cite(sources: Mapping[str, Source], key: str, *, place: str, what: str) -> str:
    """Return the key if the bibliography has it; raises QC103 for no key and QC106 for an unknown one."""
    if not key:
        raise complain("QC103", place, {"key": "source"})
    if key not in sources:
        raise complain("QC106", place, {"key": what, "target": f"sources.toml [{key}]"})
    return key


def _put(shelf: Shelf[Source], table: Table, *, key: str, entry: object, report: Report) -> None:
    place = table.place(section=key)
    if not isinstance(entry, dict):
        raise complain("QC107", place, {"key": key, "value": entry, "expected": "[出处] a section"})
    for name in entry:
        if name not in _KEYS:
            words: dict[str, object] = {"key": name, "allowed": ", ".join(_KEYS)}
            report(complain("QC102", table.place(name, section=key), words))
    part = Table(table.path, entry, table.source_text)
    if part.text("status", "verified") not in STATUSES:
        raise complain("QC107", place, {"key": "status", "value": entry["status"], "expected": " | ".join(STATUSES)})
    if not part.text("title"):
        raise complain("QC103", place, {"key": "title"})
    source = Source(
        key=key,
        title=part.text("title"),
        number=part.text("number"),
        issuer=part.text("issuer"),
        issued=part.day("issued"),
        in_force=part.day("in_force"),
        until=part.day("until"),
        url=part.text("url"),
        checked_on=part.day("checked_on"),
        status=part.text("status", "verified"),
        note=part.text("note"),
    )
    shelf.put(key, source, place=place, supersedes=part.text("supersedes"))


def dated_head(table: Table, key: str) -> tuple[str, date, date | None]:
    """Return the name of a dated entry, which is that of its folder, and its first and last day; its status is known.

    Raises QC105 for days that do not follow each other, QC107.
    """
    name, start, end = table.text(key), table.day("start"), table.day("end")
    if table.path.parent.name != name:
        raise table.wrong(key, name, table.path.parent.name)
    if start is None or (end is not None and end < start):
        raise complain("QC105", table.place("start"), {"key": name, "reason": f"{start} … {end}"})
    if table.text("status") not in STATUSES:
        raise table.wrong("status", table.text("status"), " | ".join(STATUSES))
    return name, start, end
