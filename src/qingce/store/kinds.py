"""The kinds of rows a lake holds, each with its schema and its key. 湖中数据的种类与主键。

`KINDS` is the only place where keys are declared; to keep another kind, add a row and raise nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from qingce.core.errors import complain
from qingce.core.tables import EXCEPTION, FINDING, OBSERVATION, OFFICIAL, VALUE
from qingce.store.digest import TYPES

__all__ = ["KINDS", "Kind", "ROW", "SEQ", "kind_named", "schema_version"]

SEQ, ROW = "_seq", "_row"
"""Two columns only the lake sees: the number of the batch within its kind, and the row within the batch."""

_KNOWN = pa.field("known_at", pa.timestamp("us"))
_LAYOUT = 1


@dataclass(frozen=True)
class Kind:
    """One kind: rows of `schema`, told apart by `key`; `time` is the column that start and end of a scan ask."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    time: str = ""

    @property
    def clock(self) -> str:
        """The column that places a row in a day or month: its time if that is part of the key, else known_at."""
        return self.time if self.time in self.key else _KNOWN.name

    @cached_property
    def readable(self) -> pa.Schema:
        """The schema, and `known_at` where the schema lacks it: every row has a known time."""
        return self.schema if _KNOWN.name in self.schema.names else self.schema.append(_KNOWN)

    @cached_property
    def physical(self) -> pa.Schema:
        """What stands in a segment."""
        return self.readable.append(pa.field(SEQ, pa.int64())).append(pa.field(ROW, pa.int64()))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("observation", OBSERVATION, ("site", "parameter", "span", "time"), "time"),
        Kind("finding", FINDING, ("id",)),
        Kind("value", VALUE, ("id",), "start"),
        Kind("official", OFFICIAL, ("indicator", "scope", "period", "series", "issuer", "number", "version")),
        Kind("exception", EXCEPTION, ("id",), "start"),
    )
}


def kind_named(name: str) -> Kind:
    """Return the kind; raises QC500 for a name that is none."""
    if name not in KINDS:
        raise complain("QC500", words={"kind": name, "allowed": ", ".join(KINDS)})
    return KINDS[name]


def schema_version() -> str:
    """Name the layout of this program's segments; it changes when a schema or key does."""
    lines = [f"layout {_LAYOUT}"]
    for kind in KINDS.values():
        columns = ",".join(f"{field.name}:{TYPES[field.type]}" for field in kind.physical)
        lines.append(f"{kind.name}|{','.join(kind.key)}|{columns}")
    return f"{_LAYOUT}-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"
