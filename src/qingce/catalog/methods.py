"""Methods: how data are judged, dated like limits; behaviours are declared, never named in code. 评价方法。

`method.toml` holds the header and sections; every CSV beside it is a table of rows. What sections and tables a family
may have stands in `data/methods/families.toml`. A named variant (`base = …`) takes over what it does not declare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.sources import STATUSES, cite, dated_head
from qingce.catalog.strict import Report, Row, Table, check_keys, guarded, read_rows, read_table, refuse
from qingce.core.errors import complain
from qingce.core.records import Parameter, Source

__all__ = ["Family", "Method", "find_method", "read_families", "read_methods"]

_HEAD = ("id", "family", "zh", "en", "source", "start", "status")
_ANYWHERE = ("status", "question", "clause", "source")
_HEAD_MORE = ("end", "base", "aliases", "replaces", "note", "question", "supersedes")


@dataclass(frozen=True, slots=True)
class Family:
    """What a method of this family may declare: sections of method.toml with their keys, columns of each table."""

    id: str
    zh: str
    sections: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Method:
    """One dated evaluation method: `options` are the sections of method.toml, `tables` the CSV files beside it."""

    id: str
    family: str
    start: date
    end: date | None
    source: str
    status: str
    options: Mapping[str, object]
    tables: Mapping[str, list[Row]]
    zh: str = ""
    en: str = ""
    base: str = ""
    aliases: tuple[str, ...] = ()
    note: str = ""
    question: str = ""
    place: str = field(default="", compare=False)

    def option(self, section: str, key: str) -> object:
        """Return one declared value; raises QC103 where the method does not declare it."""
        part = self.options.get(section)
        if not isinstance(part, Mapping) or key not in part:
            raise complain("QC103", self.place, {"key": f"{section}.{key}"})
        return part[key]

    def covers(self, day: date) -> bool:
        """Say whether the method is in force on the day."""
        return self.start <= day and (self.end is None or day <= self.end)


def read_families(roots: Sequence[Path], report: Report = refuse) -> Mapping[str, Family]:
    """Read `methods/families.toml`: what a method of each family may declare."""
    shelf: Shelf[Family] = Shelf(report)
    for path in content_files(roots, "methods/families.toml"):
        table = read_table(path, report=report)
        for key in table.content:
            with guarded(report):
                family = _family(table, key)
                supersedes = str(_section(table, key).get("supersedes", ""))
                shelf.put(key, family, place=table.place(section=key), supersedes=supersedes)
    return shelf.items


def _family(table: Table, key: str) -> Family:
    entry = _section(table, key)
    sections, tables = (_part(table, entry, key=name) for name in ("sections", "tables"))
    columns = {name: _part(table, tables, key=name) for name in tables}
    return Family(
        id=key,
        zh=str(entry.get("zh", key)),
        sections={name: _words(table, sections, key=name) for name in sections},
        tables={
            name: (_words(table, part, key="required"), _words(table, part, key="optional"))
            for name, part in columns.items()
        },
    )


def _section(table: Table, key: str) -> Mapping[str, object]:
    return _part(table, table.content, key=key)


def _part(table: Table, entry: Mapping[str, object], *, key: str) -> Mapping[str, object]:
    part = entry.get(key, {})
    if not isinstance(part, dict):
        raise table.wrong(key, part, f"[{key}]")
    return part


def _words(table: Table, entry: Mapping[str, object], *, key: str) -> tuple[str, ...]:
    return Table(table.path, entry, table.source_text).texts(key)


def read_methods(
    roots: Sequence[Path],
    *,
    sources: Mapping[str, Source],
    parameters: Mapping[str, Parameter],
    report: Report = refuse,
) -> Mapping[str, Method]:
    """Read every `methods/<id>/method.toml` with its tables; raises QC101–QC103, QC105–QC108."""
    families = read_families(roots, report)
    shelf: Shelf[Method] = Shelf(report)
    for path in content_files(roots, "methods/*/method.toml"):
        table = read_table(path, report=report)
        with guarded(report):
            family = families.get(table.text("family"))
            if family is None:
                raise complain("QC106", table.place("family"), {"key": "family", "target": table.text("family")})
            check_keys(table, required=_HEAD, optional=(*_HEAD_MORE, *family.sections), report=report)
            _check_sections(table, family=family, report=report)
            tables = _tables(path.parent, family=family, parameters=parameters, report=report)
            method = _method(table, tables=tables, sources=sources)
            shelf.put(method.id, method, place=table.place("id"), supersedes=table.text("supersedes"))
    return _inherit(shelf, report)


def find_method(methods: Mapping[str, Method], family: str, *, day: date, edition: str = "auto") -> Method:
    """Return the one method of the family in force on the day, or the one named.

    A variant (with `base`) answers only by its name. Raises QC105 for none or several, QC110 for an unknown name.
    """
    kin = [method for method in methods.values() if method.family == family]
    if edition != "auto":
        named = [method for method in kin if edition == method.id or edition in method.aliases]
        if not named:
            allowed = ", ".join(sorted(method.id for method in kin))
            raise complain("QC110", words={"name": edition, "what": "评价方法", "allowed": allowed})
        return named[0]
    found = [method for method in kin if not method.base and method.covers(day)]
    if len(found) != 1:
        reason = f"{day}: " + ("、".join(method.id for method in found) or "无 none")
        raise complain("QC105", words={"key": family, "reason": reason})
    return found[0]


def _method(table: Table, *, tables: Mapping[str, list[Row]], sources: Mapping[str, Source]) -> Method:
    name, start, end = dated_head(table, "id")
    return Method(
        id=name,
        family=table.text("family"),
        start=start,
        end=end,
        source=cite(sources, table.text("source"), place=table.place("source"), what=name),
        status=table.text("status"),
        options={key: value for key, value in table.content.items() if key not in (*_HEAD, *_HEAD_MORE)},
        tables=tables,
        zh=table.text("zh"),
        en=table.text("en"),
        base=table.text("base"),
        aliases=table.texts("aliases"),
        note=table.text("note"),
        question=table.text("question"),
        place=str(table.path),
    )


def _check_sections(table: Table, *, family: Family, report: Report) -> None:
    for name, allowed in family.sections.items():
        part = table.content.get(name, {})
        for key in part if isinstance(part, dict) else ():
            if key not in allowed and key not in _ANYWHERE:
                words: dict[str, object] = {"key": f"{name}.{key}", "allowed": ", ".join((*allowed, *_ANYWHERE))}
                report(complain("QC102", table.place(key, section=name), words))


def _tables(
    folder: Path, *, family: Family, parameters: Mapping[str, Parameter], report: Report
) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.csv")):
        columns = family.tables.get(path.stem)
        if columns is None:
            allowed = ", ".join(family.tables)
            report(complain("QC102", f"{path}:1", {"key": path.name, "allowed": allowed}))
            continue
        rows = read_rows(path, required=columns[0], optional=columns[1], report=report)
        for row in rows:
            with guarded(report):
                _check_row(row, parameters)
        tables[path.stem] = rows
    return tables


def _check_row(row: Row, parameters: Mapping[str, Parameter]) -> None:
    if row.cells.get("parameter") and row.cells["parameter"] not in parameters:
        raise complain("QC106", row.place, {"key": "parameter", "target": row.cells["parameter"]})
    if "status" in row.cells:
        status = row.one_of("status", ("", *STATUSES))
        if status == "unread" and "question" in row.cells:
            row.text("question")


def _inherit(shelf: Shelf[Method], report: Report) -> Mapping[str, Method]:
    done: dict[str, Method] = {}
    for method in shelf.items.values():
        base = shelf.items.get(method.base)
        if method.base and base is None:
            report(complain("QC106", shelf.place(method.id), {"key": "base", "target": method.base}))
        done[method.id] = method if base is None else _on_base(method, base)
    return done


def _on_base(method: Method, base: Method) -> Method:
    return replace(method, options={**base.options, **method.options}, tables={**base.tables, **method.tables})
