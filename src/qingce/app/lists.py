"""Tables of the catalogue that pages need to label what they show. 目录的清单表。"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.boundaries import read_boundaries
from qingce.catalog import Catalog, Method
from qingce.core.grouping import grouped
from qingce.core.records import Indicator, Region, Source
from qingce.evaluate import finding_of
from qingce.publish.results import SCHEMAS

__all__ = ["catalogue_tables"]

Row = dict[str, object]


def catalogue_tables(
    catalog: Catalog, *, as_of: date, region: str, judged: Mapping[str, pa.Table], boundaries: Path | None = None
) -> dict[str, pa.Table]:
    """Return the tables parameters, indicators, editions, levels and regions of `Results`.

    `judged` are the tables whose `edition` column says which editions were used, and how often. `boundaries` is the
    GeoJSON file that outlines the regions; raises QC612 for a broken one.
    """
    used = _used(judged)
    around = _around(catalog, region, as_of)
    outlines = read_boundaries(boundaries, {item.code for item in around}) if boundaries else {}
    found = {
        "parameters": [_picked(p, "id zh en symbol medium unit decimals") for p in catalog.parameters.values()],
        "indicators": [_indicator(i) for i in catalog.indicators.values()],
        "editions": [*_standards(catalog, as_of, used), *_methods(catalog, as_of, used)],
        "levels": list(_levels(catalog, as_of)),
        "regions": [_region(r) | {"geometry": outlines.get(r.code)} for r in around],
    }
    return {name: _table(name, rows) for name, rows in found.items()}


def _table(name: str, rows: list[Row]) -> pa.Table:
    schema = SCHEMAS[name] or pa.schema([])
    return pa.Table.from_pylist([{field: row.get(field) for field in schema.names} for row in rows], schema)


def _picked(record: object, names: str) -> Row:
    return {name: getattr(record, name) for name in names.split()}


def _indicator(record: Indicator) -> Row:
    row = _picked(record, "id zh en medium battle unit decimals decider direction note status")
    statistic = record.statistic
    medium, quantity = finding_of(record)
    row |= {"finding_medium": medium, "finding": quantity}
    return row | {"parameter": str(statistic.get("parameter", "") or statistic.get("quantity", "") or "")}


def _used(judged: Mapping[str, pa.Table]) -> Counter[str]:
    """Count how many results name each edition; several are joined by `+`."""
    counts: Counter[str] = Counter()
    for table in judged.values():
        if "edition" in table.column_names and table.num_rows:
            for pair in pc.value_counts(table["edition"]).to_pylist():
                for name in str(pair["values"] or "").split("+"):
                    counts[name.strip()] += pair["counts"]
    return counts


def _in_force(start: date | None, end: date | None, day: date) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)


def _standards(catalog: Catalog, as_of: date, used: Counter[str]) -> Iterable[Row]:
    """One row a standard and stage: the dates its limits hold, and the questions its rows leave open."""
    stages = grouped(catalog.limits, lambda limit: (limit.standard, limit.start, limit.end, limit.edition))
    for (code, start, end, edition), rows in sorted(stages.items(), key=lambda item: item[0][:2]):
        standard = catalog.standards[code]
        source = catalog.sources.get(standard.source)
        stage = standard.editions.get(edition, "")
        open_rows = [row.question for row in rows if row.status == "unread"]
        yield {
            "id": edition or code, "kind": "standard", "family": standard.family,
            "title": standard.zh.partition("（")[0] + (f"　{stage}" if stage else ""),
            "number": source.number if source else code, "start": start, "end": end,
            "status": "open" if open_rows else standard.status, "question": _told(f"{len(rows)} 行限值", open_rows),
            "in_force": _in_force(start, end, as_of), "used_days": used.get(edition) or used.get(code),
            "source": standard.source,
        }  # fmt: skip


def _methods(catalog: Catalog, as_of: date, used: Counter[str]) -> Iterable[Row]:
    return (_method(method, as_of, used, sources=catalog.sources) for method in catalog.methods.values())


def _method(method: Method, as_of: date, used: Counter[str], *, sources: Mapping[str, Source]) -> Row:
    """One row a method; what a section of it leaves open is asked here, as on every result it decides."""
    parts = [part for part in method.options.values() if isinstance(part, Mapping) and part.get("status") == "unread"]
    asked = [str(part.get("question") or "") for part in parts]
    status = "open" if method.status != "unread" and asked else method.status
    return {
        "id": method.id, "kind": "method", "family": method.family, "title": method.zh,
        "number": sources[method.source].number if method.source in sources else method.id,
        "start": method.start, "end": method.end, "status": status, "question": _told(method.question, asked),
        "in_force": not method.base and _in_force(method.start, method.end, as_of),
        "used_days": used.get(method.id, 0), "source": method.source,
    }  # fmt: skip


def _told(first: str, questions: Iterable[str]) -> str:
    """Join what is said of an edition and its open questions, each once."""
    return "；".join(dict.fromkeys(word for word in (first, *questions) if word))


def _levels(catalog: Catalog, as_of: date) -> Iterable[Row]:
    """The levels of the index and the classes of water, with the colours their methods print."""
    for family, scale, table in (("aqi", "aqi", "levels"), ("surface_water", "water_class", "classes")):
        method = catalog.method(family, day=as_of)
        for row in method.tables.get(table, []):
            cells = row.cells
            yield {
                "scale": scale, "level": int(cells.get("level") or cells["class"]),
                "zh": cells["zh"], "en": cells["en"],
                "words_zh": cells.get("grade_zh") or cells.get("quality_zh") or "", "words_en": "",
                "colour": cells["hex"], "low": cells.get("low", ""), "high": cells.get("high", ""),
                "source": method.source,
            }  # fmt: skip


def _around(catalog: Catalog, region: str, as_of: date) -> list[Region]:
    """The region and the regions inside it."""
    if region not in catalog.regions:
        return []
    return [catalog.regions.get(region), *catalog.regions.children(region, day=as_of)]


def _region(region: Region) -> Row:
    return _picked(region, "code name level parent source")
