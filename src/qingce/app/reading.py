"""`qingce read`: documents to JSON, a ledger, a highlighted page. 读文件。"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from qingce.app.reviewing import Laid, annotate
from qingce.catalog import Catalog, load_catalog
from qingce.core.errors import complain
from qingce.core.records import Reading, Reason, Target
from qingce.plans import documents_in, feasibility, read_document
from qingce.plans.overlay import apply_all
from qingce.publish.i18n import words
from qingce.publish.results import SCHEMAS, Results

__all__ = ["explained", "read_plans", "reading_tables", "summary", "write_page", "write_workbook"]


def read_plans(paths: Sequence[Path], *, catalog: Catalog | None = None) -> list[Reading]:
    """Read documents, folders and zips searched for them; raises QC608 and QC3xx."""
    chosen = catalog or load_catalog()
    readings: list[Reading] = []
    for path in paths:
        if not path.exists():
            raise complain("QC608", words={"name": path})
        with documents_in(path) as files:
            readings += [read_document(file, chosen) for file in files]
    return readings


def reading_tables(readings: Sequence[Reading]) -> dict[str, pa.Table]:
    """Return the tables of readings as `Results` keeps them."""
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in READ_TABLES}
    for reading in readings:
        key = reading.document.id
        rows["documents"].append(_fields(reading.document))
        for name in ("clauses", "deadlines", "mechanisms", "repairs"):
            rows[name] += [_fields(item, document_id=key) for item in getattr(reading, name)]
        rows["targets"] += [_target(target, key) for target in reading.targets]
        rows["tasks"] += [
            _fields(
                task,
                document_id=key,
                lead="、".join(task.lead_units),
                support="、".join(task.support_units),
                responsible="、".join(task.responsible_units),
                measures="；".join(task.measures),
            )
            for task in reading.tasks
        ]
    return {name: _table(name, found) for name, found in rows.items()}


SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "~": "≈", "decrease_by": "下降", "increase_by": "提高", "range": ""}
READ_TABLES = ("documents", "clauses", "targets", "tasks", "deadlines", "mechanisms", "repairs")


def _table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = SCHEMAS[name]
    columns = [] if schema is None else schema
    return pa.Table.from_pylist([{field.name: row.get(field.name) for field in columns} for row in rows], schema)


def _fields(record: object, **more: object) -> dict[str, object]:
    names = getattr(record, "__dataclass_fields__", {})
    return {name: getattr(record, name) for name in names} | more


def _target(target: Target, document: str) -> dict[str, object]:
    value = target.value
    shown = "–".join(str(v) for v in value) if isinstance(value, tuple) else None if value is None else str(value)
    told = "；".join(f"{r.field}: {r.words}（{r.rule}）" for r in target.reasons)
    return _fields(target, document_id=document, value=shown, reasons=told)


def write_workbook(readings: Sequence[Reading], path: Path) -> None:
    """Write the ledger of what was read."""
    from qingce.publish.office import write_ledger

    write_ledger(_as_results(readings), path)


def write_page(readings: Sequence[Reading], path: Path) -> None:
    """Write each document with its targets highlighted, as a page that opens by itself.

    Of several documents each but the first gets its own file, `NAME-<document>.html`.
    """
    from qingce.publish.alone import render_alone

    results = _as_results(readings)
    for number, reading in enumerate(readings):
        key = reading.document.id
        file = path if not number else path.with_name(f"{path.stem}-{key}{path.suffix}")
        file.write_text(render_alone(f"plans/{key}.html", results), "utf-8")


def _as_results(readings: Sequence[Reading]) -> Results:
    titles = "、".join(reading.document.title for reading in readings)
    tables = annotate(reading_tables(readings), Laid(apply_all(readings, [])[0]))
    return Results(tables, {"campaign": titles, "sample": False})


LOW = 0.9
"""A target read with less confidence [0-1] is marked 待复核."""


def explained(readings: Sequence[Reading]) -> Iterator[str]:
    """Yield each target with the words and the rule of each field, and its confidence; low ones are marked 待复核."""
    for reading in readings:
        yield f"{reading.document.title or reading.document.file}"
        low = sum(target.confidence < LOW for target in reading.targets)
        yield f"  目标 {len(reading.targets)}，待复核 {low} | {len(reading.targets)} targets, {low} to be reviewed"
        for target in reading.targets:
            mark = "　【待复核】" if target.confidence < LOW else ""
            yield f"  {target.id}  把握 {target.confidence:.2f}{mark}　{target.start}–{target.end} “{target.quote}”"
            told = {reason.field: reason for reason in target.reasons}
            for name, zh in EXPLAINED.items():
                value = _shown(getattr(target, name))
                if value or name in told:
                    yield f"    {zh} {name} = {value or '—'}{_why(told.get(name))}"


EXPLAINED = {
    "indicator": "指标", "indicator_id": "编号", "scope": "范围", "comparator": "要求", "value": "目标值",
    "unit": "单位", "base_year": "基期", "deadline": "时限", "strength": "力度", "kind": "类型",
}  # fmt: skip


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "–".join(map(str, value))
    return "" if value is None else str(value)


def _why(reason: Reason | None) -> str:
    return f"　← “{reason.words}”（{reason.rule}，第 {reason.start} 字）" if reason else ""


def summary(readings: Sequence[Reading], *, repairs: bool) -> Iterator[str]:
    """Yield what was read, in a few lines a document."""
    for reading in readings:
        document = reading.document
        yield f"{document.title or document.file}"
        yield f"  {document.issuer}　{document.date}　{document.number}".rstrip()
        kinds = Counter(target.kind for target in reading.targets)
        kinds_text = "、".join(f"{words('zh').of('kind', kind)} {count}" for kind, count in kinds.most_common())
        yield f"  目标 {len(reading.targets)}（{kinds_text}）"
        yield f"  任务 {len(reading.tasks)}，时限 {len(reading.deadlines)}，修复 {len(reading.repairs)}"
        for target in reading.targets:
            sign = SIGNS.get(target.comparator, target.comparator)
            shown = f"{sign} {target.value_text}".strip() if target.value is not None else target.value_text
            yield f"  {target.id}  {target.scope} {target.indicator} {shown} {target.deadline}".rstrip()
        for flag in feasibility(reading):
            yield f"  核对：{flag.indicator}　{flag.text}　{flag.note}".rstrip()
        if repairs:
            for repair in reading.repairs:
                yield f"  {repair.start}: “{repair.before}” → “{repair.after}”　{repair.rule} {repair.confidence:.2f}"
