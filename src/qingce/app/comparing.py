"""`qingce compare` and what a build tells of its documents: comparisons, promises, histories. 比对。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pyarrow as pa

from qingce.app.reading import read_plans, reading_tables
from qingce.catalog import Catalog, load_catalog
from qingce.core.errors import complain
from qingce.core.records import Document, Reading, Target
from qingce.plans import (
    KINDS,
    RELATIONS,
    Comparison,
    Difference,
    History,
    compare,
    difference_to_dict,
    feasibility,
    follow,
    superseded,
)
from qingce.publish.results import SCHEMAS, Results

__all__ = ["Compared", "Woven", "compare_paths", "summary", "weave", "write_page", "write_workbook"]

_Row = dict[str, Any]
_Found = tuple[str, Difference, Document, Document]
_SIDE = ("quote", "start", "end", "scope", "comparator", "unit", "base_year", "deadline")
_UNTOLD = {
    "same",
    "missing",
    "extra",
    "part",
    "other_kind",
    "other_date",
    "interim",
    "differs",
    "only_first",
    "only_second",
}
_TOLD = frozenset(KINDS) - _UNTOLD
"""What a build tells of documents that nobody chose to compare."""

_UNVALUED = frozenset({"qualitative", "coverage", "threshold"})


@dataclass(frozen=True)
class Compared:
    """Documents compared pair by pair; `found` also holds what arithmetic objects to in each of them."""

    readings: Sequence[Reading]
    comparisons: Sequence[Comparison]
    found: Sequence[_Found]
    table: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the JSON of `qingce compare`: pairs, rows, and the table where it was asked for."""
        pairs = [
            {"relation": c.relation, "first": _named(c.first), "second": _named(c.second)} for c in self.comparisons
        ]
        rows = [{"relation": relation, **difference_to_dict(d, a, b)} for relation, d, a, b in self.found]
        table = {"table": promise_rows(self.readings)} if self.table else {}
        return {"ok": True, "comparisons": pairs, "rows": rows, **table}

    def results(self) -> Results:
        """Return the tables that the page and the workbook are made of."""
        tables = reading_tables(self.readings) | {"comparisons": _table("comparisons", map(_comparison, self.found))}
        if self.table:
            tables["promises"] = _table("promises", promise_rows(self.readings))
        return Results(tables, {"campaign": "文件比对", "sample": False})


@dataclass(frozen=True)
class Woven:
    """What the documents of a campaign do to each other: targets that no longer hold, and the tables that tell it."""

    superseded: Mapping[str, str]
    tables: Mapping[str, pa.Table]


def compare_paths(
    paths: Sequence[Path], *, relation: str = "auto", table: bool = False, catalog: Catalog | None = None
) -> Compared:
    """Compare documents or folders: each document of one side with each of the others; one folder within itself.

    Raises QC606 for an unknown relation, QC608 for a missing file, QC614 for fewer than two documents.
    """
    if relation not in RELATIONS:
        raise complain("QC606", words={"value": relation, "allowed": ", ".join(RELATIONS)})
    chosen = catalog or load_catalog()
    sides = _distinct([read_plans([path], catalog=chosen) for path in paths])
    readings = [reading for side in sides for reading in side]
    if len(readings) < 2:
        raise complain("QC614", words={"count": len(readings)})
    pairs = combinations(readings, 2) if len(sides) == 1 else _across(sides)
    made = [compare(first, second, relation=relation) for first, second in pairs]
    return Compared(readings, made, _sorted(_all(made, readings)), table)


def _across(sides: Sequence[Sequence[Reading]]) -> Iterator[tuple[Reading, Reading]]:
    for first, second in combinations(sides, 2):
        yield from product(first, second)


def _distinct(sides: Sequence[Sequence[Reading]]) -> list[list[Reading]]:
    """Give documents of the same file name, from several folders, ids of their own."""
    seen: set[str] = set()
    found = []
    for side in sides:
        here = []
        for reading in side:
            key, number = reading.document.id, 2
            while key in seen:
                key, number = f"{reading.document.id}-{number}", number + 1
            seen.add(key)
            here.append(reading if key == reading.document.id else _renamed(reading, key))
        found.append(here)
    return found


def _renamed(reading: Reading, key: str) -> Reading:
    old = reading.document.id
    targets = tuple(
        replace(t, id=t.id.replace(f"T-{old}-", f"T-{key}-", 1), clause=t.clause.replace(f"C-{old}-", f"C-{key}-", 1))
        for t in reading.targets
    )
    clauses = tuple(replace(c, id=c.id.replace(f"C-{old}-", f"C-{key}-", 1)) for c in reading.clauses)
    return replace(reading, document=replace(reading.document, id=key), targets=targets, clauses=clauses)


def _all(made: Sequence[Comparison], readings: Sequence[Reading]) -> Iterator[_Found]:
    for comparison in made:
        for found in comparison.differences:
            yield comparison.relation, found, comparison.first, comparison.second
    for reading in readings:
        for found in feasibility(reading):
            yield "document", found, reading.document, reading.document


def _sorted(found: Iterator[_Found]) -> list[_Found]:
    """What a reader must act on first, otherwise in the order found."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda row: order[row[1].kind])


def weave(readings: Sequence[Reading], catalog: Catalog) -> Woven:
    """Follow the targets of a campaign through its documents and compare those that hold.

    What a later document changed or withdrew is compared with nothing.
    """
    aliases = {key: (indicator.zh, *indicator.aliases) for key, indicator in catalog.indicators.items()}
    lines = follow(readings, aliases=aliases)
    gone = superseded(lines)
    standing = [replace(r, targets=tuple(t for t in r.targets if t.id not in gone)) for r in readings]
    made = [compare(a, b, relation=_within(a.document, b.document)) for a, b in combinations(standing, 2)]
    told = [row for row in _all(made, standing) if row[1].kind in _TOLD]
    tables = {
        "comparisons": _table("comparisons", map(_comparison, _sorted(iter(told)))),
        "history": _table("history", [row for line in lines for row in _history(line)]),
    }
    return Woven(gone, tables)


def _within(first: Document, second: Document) -> str:
    """Documents of one campaign are never versions of each other: a new version takes the old one's file."""
    return "cascade" if first.level and second.level and first.level != second.level else "peers"


def _table(name: str, rows: Any) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCHEMAS[name])


def _comparison(found: _Found) -> _Row:
    relation, difference, first, second = found
    row: _Row = {name: getattr(difference, name) for name in ("kind", "indicator_id", "indicator", "text", "text_en")}
    row |= {"relation": relation, "note": difference.note}
    row |= _side("first", difference.first, first)
    return row | _side("second", difference.second, second)


def _side(side: str, target: Target | None, document: Document) -> _Row:
    row: _Row = {f"{side}_document": document.id}
    if target is None:
        return row
    row |= {f"{side}_{name}": getattr(target, name) for name in _SIDE}
    return row | {f"{side}_target": target.id, f"{side}_value": _value(target)}


def _value(target: Target) -> str | None:
    value = target.value
    if value is None:
        return target.value_text or None
    return "–".join(map(str, value)) if isinstance(value, tuple) else str(value)


def promise_rows(readings: Sequence[Reading]) -> list[_Row]:
    """Return who promises what: one row a target with a value or left to the superior, by indicator."""
    rows = [_promise(target, reading) for reading in readings for target in reading.targets if _counts(target)]
    documents: dict[str, set[str]] = {}
    for row in rows:
        documents.setdefault(str(row["indicator_key"]), set()).add(str(row["document_id"]))
    first = {key: place for place, key in enumerate(documents)}
    return sorted(rows, key=lambda row: (-len(documents[str(row["indicator_key"])]), first[str(row["indicator_key"])]))


def _counts(target: Target) -> bool:
    return target.kind not in _UNVALUED and (target.value is not None or target.kind == "delegated")


def _promise(target: Target, reading: Reading) -> _Row:
    value = _value(target) if isinstance(target.value, Decimal | tuple) else "完成上级下达"
    sign = target.comparator if target.value is not None else ""
    base = f"比{target.base_year}年 " if target.base_year else ""
    words = f"{target.scope} {base}{sign} {value} {target.unit}".strip() + f"（{target.deadline or '未写时限'}）"
    return {
        "indicator_key": target.indicator_id or target.indicator,
        "indicator_id": target.indicator_id,
        "indicator": target.indicator,
        "document_id": reading.document.id,
        "target_id": target.id,
        "text": " ".join(words.split()),
    }


def _history(line: History) -> Iterator[_Row]:
    key = f"{line.indicator_id or line.indicator}|{line.place}|{line.deadline}|{line.steps[0].start}"
    about: _Row = {name: getattr(line, name) for name in ("indicator_id", "indicator", "place", "deadline")}
    for step in line.steps if len(line.steps) > 1 else ():
        row: _Row = {name: getattr(step, name) for name in ("change", "superseded_by", "note", "start", "end")}
        row |= {"key": key, "document_id": step.document.id, **about}
        if step.target is not None:
            value = f"{step.target.comparator} {_value(step.target) or ''} {step.target.unit}"
            row |= {"target_id": step.target.id, "value_text": value.strip()}
        yield row


def _named(document: Document) -> dict[str, str]:
    return {name: str(getattr(document, name)) for name in ("id", "title", "issuer", "level", "number", "date", "file")}


def write_workbook(compared: Compared, path: Path) -> None:
    """Write the comparison as Excel sheets with filters; raises QC570."""
    from qingce.publish.office import write_comparison

    write_comparison(compared.results(), path)


def write_page(compared: Compared, path: Path) -> None:
    """Write the comparison as a page that opens by itself."""
    from qingce.publish.alone import render_alone

    path.write_text(render_alone("compare.html", compared.results()), "utf-8")


_RELATION_ZH = {"cascade": "上下级", "revision": "前后版本", "peers": "同级", "document": "单份文件"}


def summary(compared: Compared) -> Iterator[str]:
    """Yield what was found, in a line a row; what agrees is counted only."""
    for comparison in compared.comparisons:
        yield f"{_RELATION_ZH[comparison.relation]}：{comparison.first.title} — {comparison.second.title}"
    counts: dict[str, int] = {}
    for _, found, _, _ in compared.found:
        counts[found.kind] = counts.get(found.kind, 0) + 1
    for kind, count in counts.items():
        yield f"{KINDS[kind][0]}：{count}"
        for _, found, _, _ in compared.found if kind != "same" else ():
            if found.kind == kind:
                yield f"  {found.indicator}　{_told(found.first)} → {_told(found.second)}　{found.note}".rstrip()


def _told(target: Target | None) -> str:
    if target is None:
        return "—"
    return f"{target.comparator} {_value(target) or ''}{target.unit}（{target.deadline or '—'}）".strip()
