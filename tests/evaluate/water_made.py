"""Made observations of water for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
from tests.oracle.water import Row

from qingce.catalog import load_catalog
from qingce.core.tables import OBSERVATION, SITE

CATALOG = load_catalog()


def row(
    section: str,
    parameter: str,
    value: str | Fraction | None,
    *,
    time: datetime = datetime(2026, 5, 6, 10),
    span: str = "sample",
    absent: str | None = None,
    limit: str | None = None,
    review: str = "national",
) -> Row:
    """One row, as the oracle takes it."""
    exact = None if value is None else Fraction(value)
    return section, parameter, time, span, exact, absent, None if limit is None else Fraction(limit), review


def table(rows: Iterable[Row]) -> pa.Table:
    """The same rows as OBSERVATION."""
    names = ("site", "parameter", "time", "span", "value", "absent", "detection_limit", "review")
    cells = [dict(zip(names, each, strict=True)) for each in rows]
    for cell in cells:
        for name in ("value", "detection_limit"):
            cell[name] = None if cell[name] is None else decimal(cell[name])
    return pa.Table.from_pylist(
        [{name: cell.get(name) for name in OBSERVATION.names} for cell in cells], schema=OBSERVATION
    )


def decimal(value: object) -> Decimal:
    exact = Fraction(str(value))
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def sections(kinds: Mapping[str, str] | Sequence[str], **more: object) -> pa.Table:
    """A register of sections by id, with their kinds of water."""
    given = kinds if isinstance(kinds, Mapping) else dict.fromkeys(kinds, "river")
    rows = [
        dict.fromkeys(SITE.names) | {"site": site, "name": f"{site}断面", "kind": "section", "water_kind": kind} | more
        for site, kind in given.items()
    ]
    return pa.Table.from_pylist(rows, schema=SITE)
