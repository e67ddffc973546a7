"""The kinds of rows a lake holds, each with its schema and its key. 湖中数据的种类与主键。

`KINDS` is the only place where keys are declared; to keep another kind, add a row: no lake that is there refuses it. A
lake refuses a kind whose schema or key is no longer what its own rows were written with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from qingce.core.errors import complain
from qingce.core.tables import EXCEPTION, FINDING, FORECAST, OBSERVATION, OFFICIAL, VALUE
from qingce.store.digest import TYPES

__all__ = ["FIRST_PRINTS", "FIRST_SCHEMA", "Grid", "KINDS", "Kind", "LAYOUT", "ROW", "SEQ", "kind_named"]

SEQ, ROW = "_seq", "_row"
"""Two columns only the lake sees: the number of the batch within its kind, and the row within the batch."""

_KNOWN = pa.field("known_at", pa.timestamp("us"))
LAYOUT = "2"
"""How segments and manifest are laid out; another is refused, but for the first, which is brought up."""
FIRST_SCHEMA = "1-6b4804c282bd"
"""What lakes of the first layout say: one name for all kinds together."""
FIRST_PRINTS = {
    "observation": "6cdeebe08b53",
    "finding": "750fe596a2cd",
    "value": "34762d49de77",
    "official": "3bb4564b4b75",
    "exception": "bfca9eacf624",
}
"""What the kinds of the first layout were, as `Kind.fingerprint` says it now."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows that may stand side by side when merged: so many seconds a `span`, one column for each of `parameters`."""

    parameters: tuple[str, ...]
    span: str
    step: int


@dataclass(frozen=True)
class Kind:
    """One kind: rows of `schema`, told apart by `key`; `time` is the column that start and end of a scan ask."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    time: str = ""
    grid: Grid | None = None

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

    @cached_property
    def fingerprint(self) -> str:
        """A name of the key and columns; it changes when one of them does."""
        columns = ",".join(f"{field.name}:{TYPES[field.type]}" for field in self.physical)
        return hashlib.sha256(f"{self.name}|{','.join(self.key)}|{columns}".encode()).hexdigest()[:12]


_AIR_HOURS = Grid(("so2", "no2", "co", "o3", "pm10", "pm2_5"), "PT1H", 3600)
"""What every air station tells every hour; anything else stays in rows."""

KINDS = {
    kind.name: kind
    for kind in (
        Kind("observation", OBSERVATION, ("site", "parameter", "span", "time"), "time", _AIR_HOURS),
        Kind("finding", FINDING, ("id",)),
        Kind("value", VALUE, ("id",), "start"),
        Kind("official", OFFICIAL, ("indicator", "scope", "period", "series", "issuer", "number", "version")),
        Kind("exception", EXCEPTION, ("id",), "start"),
        Kind("forecast", FORECAST, ("issuer", "site", "parameter", "made_on", "day"), "day"),
    )
}


def kind_named(name: str) -> Kind:
    """Return the kind; raises QC500 for a name that is none."""
    if name not in KINDS:
        raise complain("QC500", words={"kind": name, "allowed": ", ".join(KINDS)})
    return KINDS[name]
