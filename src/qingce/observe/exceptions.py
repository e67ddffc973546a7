"""Lists of exceptional days (sand and others), as reported and as decided. 例外事件清单。"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa

from qingce.catalog import Catalog
from qingce.core.errors import QingceError, complain
from qingce.core.tables import EXCEPTION
from qingce.observe.ingest import as_rejected
from qingce.observe.registers import Entry, Tell, names_of, read_register, untold

__all__ = ["read_exceptions"]


def read_exceptions(
    path: Path, *, catalog: Catalog, known_at: datetime | None = None, tell: Tell = untold
) -> tuple[pa.Table, pa.Table]:  # fmt: skip
    """Return the EXCEPTION rows and what was refused; raises QC200, QC201, QC202, QC204 for an unfit file.

    Without pollutants a row stands for those that the evaluation method excepts.
    """
    register = read_register(path, "register-exceptions", catalog=catalog, required=("scope", "start"))
    rows = register.rows(lambda entry: _row(entry, catalog) | {"known_at": known_at}, key=("id",))
    for note in register.told():
        tell(note)
    return pa.Table.from_pylist(rows, EXCEPTION), as_rejected(register.rejected)


def _row(entry: Entry, catalog: Catalog) -> dict[str, object]:
    start = entry.day("start", required=True)
    end = entry.day("end") or start
    if start and end and end < start:
        words: dict[str, object] = {"column": "end", "text": end, "expected": f">= {start}"}
        entry.refuse("end", complain("QC216", words=words))
    scope, kind = entry.scope("scope", catalog), entry.text("kind") or "exceptional"
    statuses = tuple(dict.fromkeys(entry.recipe.words["status"].values()))
    return {
        "id": entry.text("id") or f"E:{scope}:{start}:{kind}",
        "scope": scope,
        "kind": kind,
        "start": start,
        "end": end,
        "parameters": ",".join(_parameters(entry, catalog)),
        "status": entry.one_of("status", statuses, default=statuses[0]),
        "issuer": entry.text("issuer") or None,
        "number": entry.text("number") or None,
        "evidence": entry.text("evidence") or None,
    }


def _parameters(entry: Entry, catalog: Catalog) -> list[str]:
    found = []
    for name in names_of(entry.text("parameters")):
        try:
            found.append(catalog.parameter(name).id)
        except QingceError as error:
            if error.code != "QC110":
                raise
            entry.refuse("parameters", complain("QC205", words={"name": name, "feed": "register-exceptions"}))
    return list(dict.fromkeys(found))
