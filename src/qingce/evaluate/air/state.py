"""Gases of the days before September 2018 brought to the reference state of today. 状态换算。

Factors stand in `data/methods` (family `air_state`); particles cannot be converted and are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.rounding import half_even_ratio
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools

__all__ = ["FAMILY", "Converted", "to_reference"]

FAMILY = "air_state"
_EPOCH = date(1970, 1, 1)
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


@dataclass(frozen=True, slots=True)
class Converted:
    """A table brought to the reference state: how many values were converted, and what to say of it."""

    table: pa.Table
    count: int
    note: str


def to_reference(table: pa.Table, *, catalog: Catalog, state: str) -> Converted:
    """Convert the gases of every row up to the last day of the old state; later rows and particles stay.

    `table` is OBSERVATION (`parameter`, `value`, `detection_limit`) or wide (one column a pollutant), with `time` or
    `day`. Values are rounded to six places, ties to even. Raises QC110 for a state that is not declared.

    References
    ----------
    [GB3095-2012]_ 3.14 as amended in 2018 (298.15 K, 1013.25 hPa for SO2, NO2, CO, O3, NOx from 2018-09-01).
    """
    method = catalog.method(FAMILY, day=_EPOCH.replace(year=2018))
    if state != method.option("state", "name"):
        words: dict[str, object] = {"name": state, "what": "状态 state", "allowed": str(method.option("state", "name"))}
        raise complain("QC110", words=words)
    factors = {
        row.text("parameter"): Fraction(row.whole("numerator"), row.whole("denominator"))
        for row in method.tables["factors"]
    }
    until = method.option("state", "old_until")
    if not isinstance(until, date):
        raise complain("QC107", method.place, {"key": "state.old_until", "value": until, "expected": "日期 a date"})
    old = _days(table) <= (until - _EPOCH).days
    if "parameter" in table.column_names:
        found, count = _long(table, old, factors)
    else:
        found, count = _wide(table, old, factors)
    told = f"{until.isoformat()} 及以前的 {count} 个气态污染物数值已由标准状态换算到参比状态"
    note = f"{told}（规则未核：{method.question}）"
    return Converted(found, count, note if count else "")


def _days(table: pa.Table) -> np.ndarray:
    """Return the day of each row as a number since 1970-01-01."""
    column = table["time" if "time" in table.column_names else "day"]
    if pa.types.is_date(column.type):
        return arrow.whole(column)
    per_day = _PER_DAY[column.type.unit]
    shift = per_day // 3 if column.type.tz else 0
    return (arrow.whole(column) + shift) // per_day


def _long(table: pa.Table, old: Bools, factors: Mapping[str, Fraction]) -> tuple[pa.Table, int]:
    code, words = arrow.codes(table["parameter"])
    count = 0
    for place, word in enumerate(words):
        factor = factors.get(str(word))
        if factor is None:
            continue
        rows = old & (code == place)
        for name in ("value", "detection_limit"):
            if name in table.column_names and not pa.types.is_null(table[name].type):
                table, changed = _with(table, name, rows=rows, factor=factor)
                count += changed if name == "value" else 0
    return table, count


def _wide(table: pa.Table, old: Bools, factors: Mapping[str, Fraction]) -> tuple[pa.Table, int]:
    count = 0
    for name, factor in factors.items():
        if name in table.column_names and not pa.types.is_null(table[name].type):
            table, changed = _with(table, name, rows=old, factor=factor)
            count += changed
    return table, count


def _with(table: pa.Table, name: str, *, rows: Bools, factor: Fraction) -> tuple[pa.Table, int]:
    """Multiply the values of some rows of a column by a factor; return how many there were."""
    micro, there = arrow.micro_of(table[name])
    chosen = rows & there
    if not chosen.any():
        return table, 0
    fresh = micro.copy()
    parts = micro[chosen].astype(object) * factor.numerator
    fresh[chosen] = half_even_ratio(parts, np.full(len(parts), factor.denominator, object)).astype(np.int64)
    return table.set_column(table.column_names.index(name), name, arrow.decimals(fresh, there)), int(chosen.sum())
