"""Cases an inspector can write: `cases.toml` beside a standard or a method. 算例。

A case has a name, perhaps a day, `given` (what is asked) and `expect` (what must come out), all as texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from qingce.catalog.overlay import content_files
from qingce.catalog.strict import Report, Table, guarded, read_table, refuse
from qingce.core.errors import complain

__all__ = ["Case", "read_cases"]

_KEYS = ("name", "day", "given", "expect")


@dataclass(frozen=True, slots=True)
class Case:
    """One case: of which standard or method, on which day, what is given and what is expected."""

    owner: str
    name: str
    day: date | None
    given: Mapping[str, str]
    expect: Mapping[str, str]
    place: str


def read_cases(roots: Sequence[Path], kind: str, report: Report = refuse) -> list[Case]:
    """Read every `<kind>/<owner>/cases.toml`, kind being `standards` or `methods`; raises QC101–QC103, QC107."""
    cases: list[Case] = []
    for path in content_files(roots, f"{kind}/*/cases.toml"):
        table = read_table(path, required=("case",), optional=(), report=report)
        entries = table.content.get("case", [])
        for entry in entries if isinstance(entries, list) else []:
            with guarded(report):
                cases.append(_case(table, entry))
    return cases


def _case(table: Table, entry: Mapping[str, object]) -> Case:
    part = Table(table.path, entry, table.source_text)
    for key in entry:
        if key not in _KEYS:
            raise complain("QC102", table.place(key), {"key": key, "allowed": ", ".join(_KEYS)})
    given, expect = (_texts(table, entry.get(key), key) for key in ("given", "expect"))
    if not part.text("name"):
        raise complain("QC103", table.place(), {"key": "name"})
    return Case(table.path.parent.name, part.text("name"), part.day("day"), given, expect, str(table.path))


def _texts(table: Table, value: object, key: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise table.wrong(key, value, "文字表 texts by key")
    return value
