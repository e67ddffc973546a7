"""Judged rows of any medium as an Arrow table, column by column. 结果表。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.core.rounding import as_decimal
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow

__all__ = ["Cell", "lay"]

Cell = str | int | Decimal | Fraction | date | datetime | None
_EPOCH = datetime(1970, 1, 1)


def lay(rows: Sequence[Mapping[str, Cell]], columns: Mapping[str, str]) -> pa.Table:
    """Make a table of rows; `columns` maps each name to text, int, decimal, exact (a fraction a/b), day or time.

    A decimal is shown to six places, ties to even; a cell that a row does not have is null.
    """
    return pa.table({name: _column([row.get(name) for row in rows], kind) for name, kind in columns.items()})


def _column(cells: Sequence[Cell], kind: str) -> pa.Array:
    there = np.array([cell is not None for cell in cells], bool)
    if kind in ("text", "exact"):
        return arrow.text([None if cell is None else str(cell) for cell in cells])
    if kind == "decimal":
        return arrow.decimals(np.array([_micro(cell) for cell in cells], np.int64), there)
    if kind == "day":
        return arrow.days(np.array([(cell - _EPOCH.date()).days for cell in cells if isinstance(cell, date)], int))
    if kind == "time":
        seconds = [int((cell - _EPOCH).total_seconds()) for cell in cells if isinstance(cell, datetime)]
        return arrow.seconds(np.array(seconds, np.int64))
    return arrow.integers(np.array([cell if isinstance(cell, int) else 0 for cell in cells], np.int64), there)


def _micro(cell: Cell) -> int:
    if not isinstance(cell, int | Decimal | Fraction):
        return 0
    return int(as_decimal(cell) * SCALE)


def decimals_step(decimals: int) -> Decimal:
    """Return the step of a number told in so many decimals."""
    return Decimal(1).scaleb(-decimals)
