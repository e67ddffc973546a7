"""Made readings of points for the tests of every medium but air and surface water."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog import load_catalog
from qingce.core.tables import OBSERVATION, SITE

CATALOG = load_catalog()
AT = datetime(2026, 5, 6, 10)

Row = tuple[str, str, datetime, Fraction | None, Fraction | None, str | None]
"""Site, parameter, time, value, detection limit, absent."""


def table(rows: Sequence[Row], *, span: str = "sample", review: str = "national") -> pa.Table:
    """The rows as OBSERVATION."""
    columns: dict[str, list[object]] = {name: [None] * len(rows) for name in OBSERVATION.names}
    for place, name in ((0, "site"), (1, "parameter"), (2, "time"), (5, "absent")):
        columns[name] = [row[place] for row in rows]
    for place, name in ((3, "value"), (4, "detection_limit")):
        columns[name] = [None if row[place] is None else decimal(Fraction(str(row[place]))) for row in rows]
    columns |= {"span": [span] * len(rows), "review": [review] * len(rows)}
    return pa.table(columns, schema=OBSERVATION)


def one(site: str, parameter: str, value: str | int | Fraction, *, time: datetime = AT) -> Row:
    """One plain reading."""
    return site, parameter, time, Fraction(value), None, None


def decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def places(categories: Mapping[str, str], **more: object) -> pa.Table:
    """A register of points with their categories."""
    rows = [
        dict.fromkeys(SITE.names) | {"site": site, "name": f"{site}点", "kind": "point", "category": word} | more
        for site, word in categories.items()
    ]
    return pa.Table.from_pylist(rows, schema=SITE)
