"""What stands in a sheet besides data: merged cells, rows of sums, remarks below the table. 合并单元格与汇总行。"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.feeds import SheetRule
from qingce.observe.frame import Frame, fold
from qingce.observe.workbooks import Merged

__all__ = ["settled"]

_SHOWN = 10
Bools = NDArray[np.bool_]


def settled(frame: Frame, rule: SheetRule, *, carried: Collection[int], needed: Collection[int]) -> Frame:
    """Carry merged cells through the columns `carried`, leave rows of sums and remarks out, and say so in the notes.

    A row is one of sums when a `needed` column or the first one holds such a word and nothing else; it is a remark when
    its first column begins so and a needed cell is empty, or nothing but remarks stands in it. The values that are
    merged over several rows or columns are named in `doubtful`: whose they are cannot be told.
    """
    if frame.merged:
        frame = _carried(frame, set(carried))
    frame = _without_footers(frame, rule, needed=[place for place in needed if place < len(frame.columns)])
    return replace(frame, doubtful=_doubtful(frame, set(carried))) if frame.merged else frame


def _carried(frame: Frame, carried: set[int]) -> Frame:
    rows = {line: row for row, line in enumerate(frame.lines.to_pylist())}
    columns: dict[int, list[str]] = {}
    count = 0
    for block in frame.merged:
        covered = _covered(frame, block)
        if block.top not in rows or not covered or not carried.issuperset(covered):
            continue
        for place in covered:
            columns.setdefault(place, frame.columns[place].to_pylist())
        word = columns[covered[0]][rows[block.top]] if covered[0] == block.left else ""
        others = [(rows[line], place) for line in _lines(block, rows) for place in covered]
        if word.strip() and len(others) > 1:
            count += 1
            for row, place in others:
                columns[place][row] = word
    if not count:
        return frame
    fresh = tuple(
        pa.array(columns[place], pa.string()) if place in columns else column
        for place, column in enumerate(frame.columns)
    )
    note = (
        f"{frame.place()}：{count} 处合并单元格的内容填到所合并的各格 {count} merged cells carried over what they cover"
    )
    return replace(frame, columns=fresh, notes=(*frame.notes, note))


def _covered(frame: Frame, block: Merged) -> list[int]:
    """The columns with a name that a merged cell covers."""
    return [place for place in range(block.left, min(block.right + 1, len(frame.names))) if frame.names[place].strip()]


def _lines(block: Merged, rows: Collection[int]) -> list[int]:
    """The lines with data that a merged cell covers."""
    return [line for line in range(block.top, block.bottom + 1) if line in rows]


def _doubtful(frame: Frame, carried: set[int]) -> tuple[tuple[int, int], ...]:
    rows = {line: row for row, line in enumerate(frame.lines.to_pylist())}
    found = []
    for block in frame.merged:
        covered = _covered(frame, block)
        several = len(covered) > 1 or len(_lines(block, rows)) > 1
        if several and block.top in rows and covered and covered[0] == block.left and block.left not in carried:
            found.append((rows[block.top], block.left))
    return tuple(found)


def _without_footers(frame: Frame, rule: SheetRule, *, needed: Sequence[int]) -> Frame:
    """Leave out the rows that sum others and the remarks below the table; a note tells which."""
    texts = {
        place: frame.columns[place]
        for place in dict.fromkeys((0, *needed))
        if frame.columns and pa.types.is_string(frame.columns[place].type)
    }
    if not frame.rows or not texts:
        return frame
    out = np.zeros(frame.rows, bool)
    words: dict[str, None] = {}
    for place, column in texts.items():
        whole, remarks = _words(column, rule)
        out |= _among(column, whole)
        words |= dict.fromkeys(whole)
        if remarks and place == 0:
            begun = np.flatnonzero(_among(column, remarks)).tolist()
            rows = [row for row in begun if _is_remark(_cells(frame, row), needed, rule)]
            out[rows] = True
            words |= dict.fromkeys(str(column[row]) for row in rows)
    if not out.any():
        return frame
    lines = frame.lines.filter(pa.array(out)).to_pylist()
    shown = "、".join(str(line) for line in lines[:_SHOWN]) + ("…" if len(lines) > _SHOWN else "")
    told = "、".join(word.strip()[:_SHOWN] for word in list(words)[:_SHOWN])
    note = (
        f"{frame.place()}：第 {shown} 行是合计、平均或附注（{told}），不作数据 "
        f"rows of sums or remarks left out: {len(lines)}"
    )
    return replace(frame.only(pa.array(np.flatnonzero(~out))), notes=(*frame.notes, note))


def _words(column: pa.Array, rule: SheetRule) -> tuple[list[str], list[str]]:
    """The distinct texts of a column that are a word of sums, and those that begin a remark."""
    footers = {fold(word) for word in rule.footers}
    remarks = tuple(fold(word) for word in rule.remarks)
    whole, begun = [], []
    for text in pc.unique(column).to_pylist():
        if not text or text[0].isdigit():
            continue
        folded = fold(text)
        if folded in footers:
            whole.append(text)
        elif remarks and folded.startswith(remarks):
            begun.append(text)
    return whole, begun


def _among(column: pa.Array, words: Sequence[str]) -> Bools:
    if not words:
        return np.zeros(len(column), bool)
    found: Bools = pc.is_in(column, value_set=pa.array(words, pa.string())).to_numpy(zero_copy_only=False)
    return found


def _cells(frame: Frame, row: int) -> list[str]:
    return [str(column[row].as_py() or "").strip() for column in frame.columns]


def _is_remark(cells: Sequence[str], needed: Sequence[int], rule: SheetRule) -> bool:
    """A row that begins as a remark is one when a needed cell is empty or nothing but remarks stands in it."""
    begun = tuple(fold(word) for word in rule.remarks)
    return not all(cells[place] for place in needed) or all(fold(cell).startswith(begun) for cell in cells if cell)
