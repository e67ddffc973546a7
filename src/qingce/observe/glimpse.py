"""The first rows of a file, as ingest will see them: to tell what it is before it is read. 文件的开头。"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from qingce.core.errors import complain
from qingce.observe.text import Record, decode, records, sniff
from qingce.observe.workbooks import sheet_rows

__all__ = ["glimpse"]

_BYTES = 200_000


def glimpse(file: Path, *, rows: int = 12) -> list[list[str]]:
    """Return the cells of the first rows of a file, or of each of its sheets, whatever its encoding and delimiter.

    Raises QC200 for what is no such file, QC201 for one without any, QC202.
    """
    found = _rows(file, rows)
    if not found:
        raise complain("QC201", file.name)
    return found


def _rows(file: Path, rows: int) -> list[list[str]]:
    suffix = file.suffix.lower()
    try:
        if suffix == ".parquet":
            import pyarrow.parquet as pq

            return [list(pq.read_schema(file).names)]
        return sheet_rows(file, rows=rows) if suffix in {".xlsx", ".xlsm"} else _text(file, rows)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise complain("QC200", file.name, {"reason": (str(error) or type(error).__name__).splitlines()[0]}) from error


def _text(file: Path, rows: int) -> list[list[str]]:
    with file.open("rb") as stream:
        raw = stream.read(_BYTES)
    if len(raw) == _BYTES:
        raw = raw[: raw.rfind(b"\n") + 1] or raw  # no letter is cut in two
    text = decode(raw, place=file.name).replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip()][:rows]
    found = records("\n".join(lines), delimiter=sniff(lines))
    return [[cell.strip() for cell in row.cells] for row in found if isinstance(row, Record)]
