"""Text files as they come: encoding, delimiter, broken quoting, and the line of every row. 文本文件的读法。"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from qingce.core.errors import complain

__all__ = ["BrokenLine", "Record", "decode", "records", "sniff"]

_JOINED_LINES = 20
_LONGEST_LINE = 4_000_000
_DELIMITERS = (",", "\t", ";", "；", "，")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the line where it begins, its cells and the line where it ends."""

    line: int
    cells: list[str]
    last: int


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that cannot be a row, with the reason."""

    line: int
    text: str
    reason: str


def decode(raw: bytes, *, encoding: str = "auto", place: str = "") -> str:
    """Return the text of a file: UTF-8 and its marks, UTF-16 with mark, GB18030, else what the bytes look like.

    A UTF-8 file with a few damaged bytes stays UTF-8; the damage shows as U+FFFD and its lines are refused later.
    Raises QC202.
    """
    if encoding != "auto":
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise complain("QC202", place, {"reason": str(error)}) from error
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        loose = raw.decode("utf-8", "replace")
    wide = sum(1 for letter in loose if letter > "\x7f")
    if loose.count("\ufffd") * 10 < wide:
        return loose
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError as error:
        return _guess(raw, error, place=place)


def _guess(raw: bytes, error: UnicodeDecodeError, *, place: str) -> str:
    """Ask charset-normalizer; a GB18030 file with few damaged bytes is read with its damage marked."""
    loose = raw.decode("gb18030", "replace")
    if loose.count("\ufffd") * 100 < len(loose):
        return loose
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:1_000_000]).best()
    if best is None:
        raise complain("QC202", place, {"reason": str(error)})
    return raw.decode(best.encoding, "replace")


def sniff(lines: list[str], *, header: tuple[str, ...] = ()) -> str:
    """Return the delimiter of the line that looks most like the header: comma, tab, semicolon."""
    probe = [line for line in lines if line.strip()][:20]
    named = [line for line in probe if header and all(name in line for name in header)]
    line = (named or probe or [""])[0]
    return max(_DELIMITERS, key=line.count) if any(line.count(mark) for mark in _DELIMITERS) else ","


def records(text: str, *, delimiter: str, width: int | None = None) -> Iterator[Record | BrokenLine]:
    """Yield each row with its line; a quote that is never closed costs its own line, not the rest of the file.

    With `width` known, a quoted field may span lines only if the row then has that many cells.
    """
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        line = lines[place]
        place += 1
        if not line.strip():
            continue
        if len(line) > _LONGEST_LINE:
            yield BrokenLine(place, line, f"一行长达 {len(line)} 字符 a line of {len(line)} characters")
            continue
        if "\ufffd" in line or "\x00" in line:
            yield BrokenLine(place, line, "有损坏的字节 damaged bytes")
        elif '"' not in line:
            yield Record(place, line.split(delimiter), place)
        else:
            record, used = _quoted(lines, place - 1, delimiter=delimiter, width=width)
            yield record
            place += used - 1


def _quoted(lines: list[str], start: int, *, delimiter: str, width: int | None) -> tuple[Record | BrokenLine, int]:
    """Read a row with quotes: alone if it closes, else joined with the lines below as long as it makes sense."""
    joined, used = lines[start], 1
    while joined.count('"') % 2 and used < _JOINED_LINES and start + used < len(lines):
        joined += "\n" + lines[start + used]
        used += 1
    try:
        reader = csv.reader(io.StringIO(joined, newline=""), delimiter=delimiter, strict=True)
        cells = next(reader)
        used = reader.line_num
    except (csv.Error, StopIteration) as error:
        return BrokenLine(start + 1, lines[start], f"引号不配对 quotes do not match ({error})"), 1
    if used > 1 and width is not None and len(cells) != width:
        return BrokenLine(start + 1, lines[start], "引号没有闭合 a quote is not closed"), 1
    return Record(start + 1, cells, start + used), used
