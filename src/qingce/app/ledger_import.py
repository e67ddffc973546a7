"""An edited ledger comes back: each change becomes a decision, or is refused with its place and number. 台账回收。"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from qingce.app.campaign import read_campaign
from qingce.app.deciding import Decision, checked_fields, decide
from qingce.app.output import error_dict
from qingce.app.reviewing import ReviewBook, document_of, live, read_records, write_record
from qingce.core.errors import QingceError, complain
from qingce.plans.anchor import make_anchor
from qingce.plans.overlay import Record
from qingce.publish import Results, read_results
from qingce.publish.office.review_cells import (
    SEAL,
    SIGNS,
    TARGET_CELLS,
    TARGET_KEY,
    TASK_CELLS,
    VERDICTS,
    target_cells,
    targets_by_key,
    task_cells,
    tasks_by_key,
)
from qingce.publish.office.task_grid import TASK_KEY
from qingce.publish.office.workbook import HEADER_ROW
from qingce.publish.rows import split
from qingce.store import open_book

__all__ = ["Taken", "deadline_from", "import_ledger", "list_reviews"]

SHEETS = {"指标清单": (TARGET_KEY, tuple(TARGET_CELLS)), "任务台账": (TASK_KEY, tuple(TASK_CELLS))}
_TOLD = ("复核人", "理由")
_EVERY = {"每年": "R/P1Y", "每半年": "R/P6M", "每季度": "R/P3M", "每月": "R/P1M", "每周": "R/P1W", "每日": "R/P1D"}
_DAY = re.compile(r"(\d{4})\s*[年/.-]?(?:\s*(\d{1,2})\s*[月/.-]?)?(?:\s*(\d{1,2})\s*日?)?底?前?")
_SIGN_OF = {sign: name for name, sign in SIGNS.items()} | {name: name for name in SIGNS} | {"": ""}
_VERDICT_OF = {zh: name for name, zh in VERDICTS.items()}
Row = dict[str, Any]


@dataclass(slots=True)
class Taken:
    """What an import did: changed cells, rows refused with the numbered reason, rows that were so already."""

    changed: list[Row] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    unchanged: int = 0

    def to_dict(self) -> Row:
        """Return the report as JSON-able facts."""
        return {"ok": not self.refused, "changed": self.changed, "refused": self.refused, "unchanged": self.unchanged}

    def lines(self) -> list[str]:
        """Return the report in words."""
        told = [f"{row['place']}　{row['what']}　{row['cells']}" for row in self.changed]
        told += [f"{row['code']}: {row['place']}　{row['error']}。{row['remedy']}。" for row in self.refused]
        counts = len(self.changed), len(self.refused)
        told.append(f"改动 {counts[0]} 行，拒收 {counts[1]} 行 | {counts[0]} rows changed, {counts[1]} refused")
        return told


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the ledger that was edited: its key, the version it was written at, and the new cells."""

    sheet: str
    number: int
    key: str
    version: int
    edited: Mapping[str, str]

    @property
    def place(self) -> str:
        """Where it stands in the workbook."""
        return f"{self.sheet}!{self.number}"


def list_reviews(folder: Path) -> list[Row]:
    """Return every decision that stands, and where it was found by the last build; raises QC601."""
    with _open(folder) as (book, results):
        states = {row["key"]: row for row in results.rows("reviews")} if results else {}
        found = []
        for record in read_records(book):
            row = states.get(record.key, {"state": "pending", "note": ""})
            words = VERDICTS.get(record.verdict, record.verdict)
            state = f"{row['state']} {row['note'] or ''}".rstrip()
            text = f"{words}　{record.anchor.quote[:40]}　{record.who} {record.at}　{state}"
            told = {name: getattr(record, name) for name in ("key", "what", "document", "verdict", "who", "at", "why")}
            found.append(
                told | {"state": row["state"], "note": row["note"], "quote": record.anchor.quote, "text": text}
            )
        return found


def import_ledger(folder: Path, path: Path, *, who: str = "") -> Taken:
    """Take an edited ledger back; a second time it changes nothing.

    Raises QC601, QC605, QC608, QC625 for the file; a row that cannot be taken is listed with QC620, QC624, QC626
    (unknown key), QC627 (key edited or moved) or QC628 (changed by somebody since), the others are taken.
    """
    if not path.is_file():
        raise complain("QC608", words={"name": path})
    taken = Taken()
    with _open(folder) as (book, built):
        if built is None:
            raise complain("QC605", words={"folder": folder})
        for sheet, rows in _sheets(path):
            for number, cells in rows:
                place = f"{sheet}!{number}"
                try:
                    line = _edited(sheet, number, cells)
                    if line is not None:
                        _take(book, built, line, who=who, why=f"台账回收 {path.name}", taken=taken)
                except QingceError as error:
                    taken.refused.append({"place": place, **error_dict(error)})
    return taken


@contextmanager
def _open(folder: Path) -> Iterator[tuple[ReviewBook, Results | None]]:
    campaign = read_campaign(folder)
    book = open_book(campaign.book)
    try:
        built = (campaign.out / "results" / "run.json").is_file()
        yield book, live(read_results(campaign.out), book) if built else None
    finally:
        book.close()


def _sheets(path: Path) -> Iterator[tuple[str, list[tuple[int, dict[str, str]]]]]:
    """Yield the rows of each sheet as text by head; raises QC625."""
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise complain("QC625", str(path), {"reason": str(error)}) from error
    for sheet, (key, heads) in SHEETS.items():
        if sheet not in book.sheetnames:
            raise complain("QC625", str(path), {"reason": f"没有工作表“{sheet}” no sheet"})
        rows = list(book[sheet].iter_rows(min_row=HEADER_ROW + 1))
        names = [str(cell.value or "") for cell in rows[0]] if rows else []
        missing = [head for head in (key, SEAL, *heads) if head not in names]
        if missing:
            raise complain("QC625", f"{path} {sheet}", {"reason": f"缺列 {'、'.join(missing)} missing columns"})
        yield sheet, [(row[0].row, {n: _text(c) for n, c in zip(names, row, strict=True)}) for row in rows[1:]]


def _text(cell: Any) -> str:
    """Return a cell as a person sees it: a date, a percentage, a number without .0."""
    value = cell.value
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(str(value)) * (100 if "%" in str(cell.number_format) else 1)
        return f"{number.normalize():f}"
    return str(value if value is not None else "").strip()


def _edited(sheet: str, number: int, cells: Mapping[str, str]) -> Line | None:
    """Compare a row with its seal; raises QC627 where key and seal are not of one row."""
    key_head, heads = SHEETS[sheet]
    key, sealed = cells[key_head], cells[SEAL]
    if not key and not sealed:
        return None
    try:
        kept = json.loads(sealed)
        fits = kept["k"] == key
        before: Mapping[str, str] = kept["c"]
        version = int(kept["v"])
    except (ValueError, TypeError, KeyError):
        raise complain("QC627", words={"key": key or sealed[:40]}) from None
    if not fits:
        raise complain("QC627", words={"key": key})
    edited = {head: cells[head] for head in heads if cells[head] != str(before.get(head, "")).strip()}
    return Line(sheet, number, key, version, edited) if edited else None


def _take(book: ReviewBook, built: Results, line: Line, *, who: str, why: str, taken: Taken) -> None:
    results = live(built, book)
    targets = line.sheet == "指标清单"
    rows = targets_by_key(results) if targets else tasks_by_key(results)
    if line.key not in rows:
        raise complain("QC626", words={"key": line.key})
    row = rows[line.key]
    now = target_cells(row) if targets else task_cells(row)
    if all(_same(head, text, now[head]) for head, text in line.edited.items()):
        taken.unchanged += 1
        return
    if int(row["version"] or 0) != line.version:
        raise complain("QC628", words={"key": line.key, "who": row["who"] or "?"})
    said = line.edited.get("复核人") or who or ""
    reason = line.edited.get("理由", why)
    if targets:
        decide(book, results, _wish(line, row, who=said, why=reason))
    else:
        _set_task(book, results, line, row=row, who=said, why=reason)
    cells = "；".join(f"{head}：{now[head] or '—'} → {text or '—'}" for head, text in line.edited.items())
    what = str(row["indicator"] if targets else row["title"] or row["path"])
    taken.changed.append({"place": line.place, "key": line.key, "what": what, "cells": cells})


def _same(head: str, text: str, now: str) -> bool:
    if head == "时限" and text and now:
        return deadline_from(text) == deadline_from(now)
    return text == now


def _wish(line: Line, row: Mapping[str, Any], *, who: str, why: str) -> Decision:
    """What the edited cells of a target ask for; raises QC620."""
    fields = {TARGET_CELLS[head]: text for head, text in line.edited.items() if head not in {*_TOLD, "复核结论"}}
    if "comparator" in fields:
        fields["comparator"] = _sign(fields["comparator"])
    if "deadline" in fields:
        fields["deadline"] = deadline_from(fields["deadline"])
    verdict = _verdict(line, row, edited=bool(fields))
    return Decision(line.key, verdict, who, why, version=line.version, fields=fields)


def _sign(text: str) -> str:
    if text not in _SIGN_OF:
        raise complain("QC620", words={"field": "要求", "value": text, "expected": "、".join(SIGNS.values())})
    return _SIGN_OF[text]


def _verdict(line: Line, row: Mapping[str, Any], *, edited: bool) -> str:
    said = line.edited.get("复核结论")
    allowed = "、".join(VERDICTS.values())
    if said and said not in _VERDICT_OF:
        raise complain("QC620", words={"field": "复核结论", "value": said, "expected": allowed})
    if said == "" and not edited:
        return "withdraw"
    verdict = _VERDICT_OF.get(said or "", "")
    if edited:
        return verdict if verdict == "reject" else "correct"
    if not (verdict or row["verdict"]):
        raise complain("QC620", words={"field": "复核结论", "value": "", "expected": allowed})
    return verdict or str(row["verdict"])


def _set_task(book: ReviewBook, results: Results, line: Line, *, row: Mapping[str, Any], who: str, why: str) -> None:
    """Write owners and date of a task."""
    fields = {TASK_CELLS[head]: text for head, text in line.edited.items() if head not in _TOLD}
    if "deadline" in fields:
        given = {"deadline": deadline_from(fields["deadline"])}
        fields["deadline"] = checked_fields(given, results, before={})["deadline"]
    said: Row = {name: split(text) if name.endswith("_units") else text for name, text in fields.items()}
    known = next((record for record in read_records(book) if record.key == line.key), None)
    if known is None:
        document = document_of(results, str(row["document_id"]))
        place = int(row["start"] or 0)
        anchor = replace(make_anchor(document, place, place, clause=str(row["path"])), quote=str(row["title"] or ""))
        read = {name: row[name] for name in ("lead_units", "support_units", "responsible_units", "deadline")}
        known = Record(line.key, "task", document.id, document.title, "correct", {}, read, anchor)
    record = replace(known, fields={**known.fields, **said}, who=who, why=why)
    write_record(book, record, expect=line.version)


def deadline_from(text: str) -> str:
    """Read a date as an office writes it; what is no date is given back and refused later.

    Examples
    --------
    >>> deadline_from("2026年10月"), deadline_from("2026/6/30"), deadline_from("2026年"), deadline_from("每季度")
    ('2026-10', '2026-06-30', '2026', 'R/P3M')
    >>> deadline_from("2024年1月1日—2026年12月31日"), deadline_from("每年11月1日至次年3月31日")
    ('2024-01-01/2026-12-31', 'R/--11-01/--03-31')
    """
    given = text.strip()
    if given in _EVERY:
        return _EVERY[given]
    window = re.fullmatch(r"每年(\d{1,2})月(\d{1,2})日至(?:次年)?(\d{1,2})月(\d{1,2})日", given)
    if window:
        month, day, last_month, last_day = (int(part) for part in window.groups())
        return f"R/--{month:02d}-{day:02d}/--{last_month:02d}-{last_day:02d}"
    parts = [_DAY.fullmatch(part.strip()) for part in re.split("—|–", given)]
    if any(part is None for part in parts) or len(parts) > 2:
        return given
    return "/".join(_iso(part) for part in parts if part)


def _iso(match: re.Match[str]) -> str:
    year, *rest = match.groups()
    return "-".join([year, *(f"{int(part):02d}" for part in rest if part)])
