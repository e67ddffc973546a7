"""From a file to frames: CSV, Parquet, Excel. 打开文件。"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from qingce.catalog.feeds import FileRule
from qingce.core.errors import QingceError, complain
from qingce.core.records import Rejected
from qingce.observe.frame import Frame, fold, pick, split_unit
from qingce.observe.text import BrokenLine, Record, decode, records, sniff
from qingce.observe.workbooks import Sheet, open_workbook

__all__ = ["Needs", "open_frames", "reason_of", "shown"]

_SHOWN = 200

Needs = tuple[tuple[str, ...], ...]
"""The columns a header must have; each a choice of names."""


def open_frames(path: Path, *, rule: FileRule, needs: Needs, feed: str) -> Iterator[Frame]:
    """Yield the sheets of a file that have the needed columns; raises QC200, QC201, QC202, QC204, QC218."""
    if path.stat().st_size == 0:
        raise complain("QC201", path.name)
    kind = path.suffix.lower()
    if kind == ".parquet":
        yield _parquet(path, needs=needs, feed=feed)
    elif kind in (".xlsx", ".xlsm"):
        yield from _workbook(path, rule=rule, needs=needs, feed=feed)
    elif kind in (".csv", ".txt", ".tsv"):
        yield _text(path, rule=rule, needs=needs, feed=feed)
    else:
        reason = "旧式 .xls 工作簿 an old .xls workbook" if kind == ".xls" else kind or path.name
        raise complain("QC200", path.name, {"reason": reason})


def reason_of(error: QingceError) -> str:
    """Return the reason and the cure of an error without its number and place."""
    return f"{error.fact}。{error.cure}。 | {error.fact_en}. {error.cure_en}."


def shown(text: str) -> str:
    """Cut a long text for a report."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…（{len(text)} 字符）"


def _parquet(path: Path, *, needs: Needs, feed: str) -> Frame:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowException as error:
        raise complain("QC200", path.name, {"reason": str(error).splitlines()[0]}) from error
    names = tuple(table.column_names)
    _check_needs(names, needs, feed=feed, place=path.name)
    columns = tuple(_plain(column) for column in table.columns)
    return Frame(path.name, "", 0, names, columns, pa.array(np.arange(1, table.num_rows + 1)))


def _plain(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array


def _text(path: Path, *, rule: FileRule, needs: Needs, feed: str) -> Frame:
    text = decode(path.read_bytes(), encoding=rule.encoding, place=path.name)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise complain("QC201", path.name)
    head = text[:2_000_000].split("\n")[: rule.search_rows]
    delimiter = rule.delimiter if rule.delimiter != "auto" else sniff(head, header=_first_names(needs))
    rows = [item for item in records("\n".join(head), delimiter=delimiter) if isinstance(item, Record)]
    place, names = _header([(item.last, item.cells) for item in rows], needs, feed=feed, file=path.name)
    for item in rows:
        if item.last > place and any(item.cells):
            if not _is_second_header([cell.strip() for cell in item.cells], names, needs):
                break
            place, names = item.last, _two_rows(names, [cell.strip() for cell in item.cells])
    body_at = _offset_of_line(text, place)
    quick = _quick(text[body_at:], delimiter=delimiter, width=len(names))
    if quick is not None:
        columns, lines = quick
        return Frame(path.name, "", place, names, columns, pa.array(lines + place))
    return _careful(text[body_at:], path.name, names=names, header_line=place, delimiter=delimiter)


def _first_names(needs: Needs) -> tuple[str, ...]:
    return tuple(choice[0] for choice in needs if len(choice) == 1)


def _offset_of_line(text: str, line: int) -> int:
    """Where the text after line `line` (from 1) begins."""
    at = 0
    for _ in range(line):
        at = text.find("\n", at) + 1
        if at == 0:
            return len(text)
    return at


def _quick(body: str, *, delimiter: str, width: int) -> tuple[tuple[pa.Array, ...], np.ndarray] | None:
    """Read a clean body with Arrow; None when anything in it asks for care."""
    if len(delimiter.encode()) > 1 or "\ufffd" in body or "\x00" in body or not body.strip():
        return None
    quoted = '"' in body
    if quoted and not _well_quoted(body, delimiter):
        return None
    names = [f"f{i}" for i in range(width)]
    strange: list[int] = []

    def handler(row: object) -> str:
        strange.append(1)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body.encode()),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=16 << 20),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, invalid_row_handler=handler
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if strange:
        return None
    lines = np.arange(1, table.num_rows + 1)
    if table.num_rows != body.count("\n") + (not body.endswith("\n")):
        lines = np.array([n for n, line in enumerate(body.split("\n"), 1) if line], dtype=np.int64)
        if len(lines) != table.num_rows:
            return None
    return tuple(_plain(column) for column in table.columns), lines


def _well_quoted(body: str, delimiter: str) -> bool:
    """Say whether quotes close in their line and stand only at the ends of cells (or doubled within)."""
    if any(line.count('"') % 2 for line in body.split("\n")):
        return False
    edge = re.escape(delimiter) + r'\n"'
    return re.search(rf'(?<![{edge}])"(?![{edge}])', f"\n{body}\n") is None


def _careful(body: str, file: str, *, names: tuple[str, ...], header_line: int, delimiter: str) -> Frame:
    """Read a body that has broken lines: each is named, the others are kept."""
    width = len(names)
    kept: list[list[str]] = []
    lines: list[int] = []
    broken: list[Rejected] = []
    for item in records(body, delimiter=delimiter, width=width):
        line = item.line + header_line
        if isinstance(item, BrokenLine):
            broken.append(_broken(file, line, text=item.text, reason=item.reason))
            continue
        cells = item.cells
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            reason = f"{len(cells)} 格，表头 {width} 列 {len(cells)} cells, {width} columns"
            broken.append(_broken(file, line, text=delimiter.join(cells), reason=reason))
            continue
        kept.append(cells)
        lines.append(line)
    columns = tuple(pa.array([row[i] for row in kept], pa.string()) for i in range(width))
    return Frame(file, "", header_line, names, columns, pa.array(lines, pa.int64()), tuple(broken))


def _broken(file: str, line: int, *, text: str, reason: str) -> Rejected:
    error = complain("QC213", f"{file}:{line}", {"reason": reason})
    return Rejected(file, "", line, "", shown(text), "QC213", reason_of(error))


def _workbook(path: Path, *, rule: FileRule, needs: Needs, feed: str) -> Iterator[Frame]:
    sheets = {sheet.title: sheet for sheet in open_workbook(path)}
    if rule.sheet and rule.sheet not in sheets:
        raise complain("QC218", path.name, {"name": rule.sheet, "allowed": "、".join(sheets)})
    found, last = 0, None
    for sheet in [sheets[rule.sheet]] if rule.sheet else sheets.values():
        try:
            frame = _sheet(path.name, sheet, rule=rule, needs=needs, feed=feed)
        except QingceError as error:
            last = error
            continue
        found += 1
        yield frame
    if not found:
        raise last or complain("QC201", path.name)


def _sheet(file: str, sheet: Sheet, *, rule: FileRule, needs: Needs, feed: str) -> Frame:
    place = f"{file}[{sheet.title}]"
    filled = [(line, cells) for line, cells in enumerate(sheet.rows, 1) if any(cells)]
    if not filled:
        raise complain("QC201", place)
    header_line, names = _header(filled[: rule.search_rows], needs, feed=feed, file=place)
    body = [(line, cells) for line, cells in filled if line > header_line]
    while body and _is_second_header(body[0][1], names, needs):
        names = _two_rows(names, body.pop(0)[1])
    width = len(names)
    padded = [[*cells, *[""] * (width - len(cells))][:width] for _, cells in body]
    columns = tuple(pa.array([row[i] for row in padded], pa.string()) for i in range(width))
    lines = pa.array([line for line, _ in body], pa.int64())
    return Frame(
        file, sheet.title, header_line, names, columns, lines, epoch=sheet.epoch, merged=sheet.merged
    )  # fmt: skip


def _two_rows(names: tuple[str, ...], below: list[str]) -> tuple[str, ...]:
    """Join a header of two rows: names below a merged group, or units below names."""
    above = [*names, *[""] * (len(below) - len(names))]
    under = [*below, *[""] * (len(above) - len(below))]
    grouped = any(low and not high for high, low in zip(above, under, strict=True))
    if grouped:
        return _without_tail(tuple(low or high for high, low in zip(above, under, strict=True)))
    return _without_tail(tuple(f"{high}({low})" if low else high for high, low in zip(above, under, strict=True)))


def _is_second_header(cells: Sequence[str], names: Sequence[str], needs: Needs) -> bool:
    """A second header row: empty under the key columns, words (no numbers) under the others."""
    keys = [pick(names, choice) for choice in needs]
    under = [cells[place] if place is not None and place < len(cells) else "" for place in keys]
    rest = [cell for cell in cells if cell]
    return not any(under) and bool(rest) and not any(re.fullmatch(r"[-+]?\d+(\.\d+)?", cell) for cell in rest)


def _header(
    rows: Sequence[tuple[int, list[str]]], needs: Needs, *, feed: str, file: str
) -> tuple[int, tuple[str, ...]]:
    """Find the row that has every needed column; an empty cell takes the word above it (a merged header)."""
    above: list[str] = []
    for line, cells in rows:
        names = tuple(
            (cell.strip() or (above[i].strip() if i < len(above) else "")).lstrip("\ufeff")
            for i, cell in enumerate(cells)
        )
        if not _missing(names, needs):
            return line, _without_tail(names)
        above = cells
    first = tuple(cell.strip() for cell in rows[0][1]) if rows else ()
    _check_needs(first, needs, feed=feed, place=file)
    raise complain("QC201", file)


def _without_tail(names: tuple[str, ...]) -> tuple[str, ...]:
    width = len(names)
    while width and not names[width - 1]:
        width -= 1
    return names[:width]


def _missing(names: Sequence[str], needs: Needs) -> list[str]:
    bare = [split_unit(name)[0] for name in names]
    return [
        " / ".join(choice) for choice in needs if pick(names, choice) is None and pick(bare, choice) is None
    ]  # fmt: skip


def _check_needs(names: Sequence[str], needs: Needs, *, feed: str, place: str) -> None:
    missing = _missing(names, needs)
    if missing:
        found = "、".join(name for name in names[:30] if fold(name)) or "（无）"
        raise complain("QC204", place, {"missing": "；".join(missing), "found": shown(found), "feed": feed})
