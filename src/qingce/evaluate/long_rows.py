"""The columns of a long table of readings, and which of two rows of one key stands. 长表的行。"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from qingce.core.errors import complain
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow

__all__ = ["LongRows"]


class LongRows:
    """The columns of a long table as plain lists; values and limits in millionths."""

    def __init__(self, table: pa.Table, *, span: str) -> None:
        """Read the columns; `span` stands where the table names none."""
        self.site, self.parameter, self.time = (table[name].to_pylist() for name in ("site", "parameter", "time"))
        self.span = [given or span for given in arrow.texts(table, "span")]
        self.absent, self.review = arrow.texts(table, "absent"), arrow.texts(table, "review")
        self.known: list[object] = arrow.cells(table, "known_at")
        self.value, self.limit = arrow.micros(table, "value"), arrow.micros(table, "detection_limit")

    def later(self, one: int, other: int, key: tuple[object, ...]) -> int:
        """Return which of two rows of one key stands; raises QC251 where nothing tells."""
        then, now = self.known[one], self.known[other]
        if isinstance(then, datetime) and isinstance(now, datetime) and then != now:
            return other if now > then else one
        if any(column[one] != column[other] for column in (self.value, self.absent, self.limit)):
            told = "、".join(str(self._shown(number)) for number in (one, other))
            raise complain("QC251", words={"key": " ".join(str(part) for part in key), "values": told})
        return one

    def _shown(self, number: int) -> Decimal | None:
        micro = self.value[number]
        return None if micro is None else Decimal(micro) / SCALE
