"""One sheet of a foreign file as columns of text, with the line of every row. 读入的一张表。"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa

from qingce.core.records import Rejected
from qingce.observe.workbooks import Merged

__all__ = ["Frame", "fold", "pick", "split_unit"]

_UNIT = re.compile(r"(?P<name>.+?)\s*[(（\[［](?P<unit>[^()（）\[\]［］]*)[)）\]］]\s*")


@dataclass(frozen=True)
class Frame:
    """Columns as they stand (text, or typed for Parquet), the line of each row, and the lines that were no rows."""

    file: str
    sheet: str
    header_line: int
    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    lines: pa.Array
    broken: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = field(default=())
    epoch: date | None = None
    """From which day the serial numbers of a workbook count; None where a file has none."""
    merged: tuple[Merged, ...] = ()
    doubtful: tuple[tuple[int, int], ...] = ()
    """Row and column of the values that are merged over several rows or columns."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.lines)

    def only(self, rows: pa.Array) -> Frame:
        """Return some of the rows."""
        columns = tuple(column.take(rows) for column in self.columns)
        return replace(self, columns=columns, lines=self.lines.take(rows))

    def place(self, line: int | None = None) -> str:
        """`file[sheet]:line`."""
        sheet = f"[{self.sheet}]" if self.sheet else ""
        return f"{self.file}{sheet}:{self.header_line if line is None else line}"


def fold(name: str) -> str:
    """Fold a header for comparison: width, case, blanks, line breaks.

    Examples
    --------
    >>> fold(" ＰＭ2.5\\n"), fold("监测 时间")
    ('pm2.5', '监测时间')
    """
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def split_unit(header: str) -> tuple[str, str]:
    """Split a header with its unit in brackets.

    Examples
    --------
    >>> split_unit("溶解氧(mg/L)"), split_unit("站点"), split_unit("氟化物（以F-计）（mg/L）")
    (('溶解氧', 'mg/L'), ('站点', ''), ('氟化物（以F-计）', 'mg/L'))
    """
    match = _UNIT.fullmatch(header.strip())
    return (match["name"], match["unit"].strip()) if match else (header.strip(), "")


def pick(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the place of the first wanted header that is there, or None."""
    folded = [fold(name) for name in names]
    for name in wanted:
        if fold(name) in folded:
            return folded.index(fold(name))
    return None
