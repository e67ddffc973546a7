"""Made readings, sites and lists of exceptional days for the tests of the air."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pyarrow as pa

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.tables import EXCEPTION, OBSERVATION, SITE, VALUE_TYPE, empty, shape

QUANTITIES = ("so2", "no2", "co", "o3", "o3_8h", "pm10", "pm2_5")
NO_EXCEPTIONS = empty(EXCEPTION)


@cache
def catalog() -> Catalog:
    """The packaged content, read once."""
    return load_catalog()


def observations(rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """OBSERVATION rows; span PT1H unless given."""
    made = []
    for row in rows:
        value = row.get("value")
        made.append({"span": "PT1H", **row, "value": None if value is None else Decimal(str(value))})
    names = sorted({name for row in made for name in row})
    columns = {}
    for name in names:
        cells = [row.get(name) for row in made]
        columns[name] = pa.array(cells, VALUE_TYPE if name == "value" else None)
    return shape(pa.table(columns), OBSERVATION)


def sites(ids: Iterable[str], *, city: str = "990100", **more: object) -> pa.Table:
    """SITE rows of assessed sites of one city."""
    rows = [
        {"site": site, "name": f"{site}站", "city": city, "city_name": "云泽市", "roles": "评价点"} | more
        for site in ids
    ]
    return shape(pa.Table.from_pylist(rows), SITE)


def exceptions(*rows: Mapping[str, object]) -> pa.Table:
    """EXCEPTION rows confirmed by the national centre unless said otherwise."""
    base: dict[str, object] = {"kind": "sand", "parameters": "pm10,pm2_5", "status": "总站认定"}
    made = [base | {"id": f"S{number}"} | dict(row) for number, row in enumerate(rows)]
    return shape(pa.Table.from_pylist(made), EXCEPTION)


def day_of_hours(
    site: str, parameter: str, day: date, *, values: Iterable[object], **more: object
) -> list[dict[str, object]]:
    """One row for each hour of a day from 00:00; None leaves the hour out."""
    start = datetime(day.year, day.month, day.day)
    return [
        {"site": site, "parameter": parameter, "time": start + timedelta(hours=hour), "value": value} | more
        for hour, value in enumerate(values)
        if value is not None
    ]


def daily(site: str, parameter: str, day: date, *, value: object, **more: object) -> dict[str, object]:
    """One reported daily value."""
    row: dict[str, object] = {"site": site, "parameter": parameter, "time": datetime(day.year, day.month, day.day)}
    return row | {"span": "P1D", "value": value} | more


def rows(table: pa.Table, *, series: str = "measured") -> dict[tuple[str, object], dict[str, object]]:
    """Rows of a wide table by (subject, day or hour), exact values as fractions under the quantity's name."""
    found = {}
    for row in table.to_pylist():
        if row["series"] != series:
            continue
        for name in QUANTITIES:
            decimal = row[name]
            row[name] = None if row[f"num_{name}"] is None else Fraction(row[f"num_{name}"], row[f"den_{name}"])
            assert (decimal is None) == (row[name] is None)
            assert decimal is None or abs(Fraction(decimal) - row[name]) <= Fraction(1, 2_000_000)
        found[row["subject"], row.get("day") or row.get("time")] = row
    return found


def only(table: pa.Table, names: Iterable[str]) -> list[dict[str, object]]:
    """The rows with some columns."""
    return table.select(list(names)).to_pylist()
