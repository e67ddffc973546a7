"""The scoreboard in words, for a terminal. 终端上的进度表。"""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from qingce.catalog.indicators import BATTLES
from qingce.publish import Results
from qingce.publish.i18n import words

__all__ = ["lines"]

Row = dict[str, object]
NAMED = 3
"""How many unbound targets of one reason are named."""

COLUMNS = (
    ("status", 8),
    ("indicator_name", 24),
    ("scope_name", 12),
    ("target_text", 18),
    ("official_text", 7),
    ("own_text", 7),
    ("quota_text", 34),
)
NAMES = ("状态", "指标", "范围", "目标", "认定值", "测算值", "剩余允许值（或原因）")


def lines(results: Results, folder: Path) -> Iterator[str]:
    """Yield the scoreboard by battle, then where the files lie."""
    run = results.run
    mark = "　【示例数据】" if results.sample else ""
    yield f"{run.get('campaign', '')}　截至 {run.get('as_of', '')}{mark}"
    rows = results.rows("progress")
    bound = [row for row in rows if row["bound"]]
    found = {str(row["battle"] or "其他") for row in bound}
    for battle in [*(name for name in BATTLES if name in found), *sorted(found - set(BATTLES))]:
        yield ""
        yield f"■ {battle}"
        yield "  " + "  ".join(pad(name, width) for name, (_, width) in zip(NAMES, COLUMNS, strict=True))
        for row in bound:
            if str(row["battle"] or "其他") == battle:
                yield "  " + "  ".join(pad(_cell(row, name), width) for name, width in COLUMNS)
    yield ""
    yield f"目标 {len(rows)} 个，已绑定 {len(bound)} 个；未绑定 {len(rows) - len(bound)} 个"
    yield from _unbound(row for row in rows if not row["bound"])
    rejected = results["rejected"].num_rows
    yield f"未能收入的单元格 {rejected} 个" + ("（见 数据质量 页）" if rejected else "")
    yield ""
    out = folder / "out"
    for name in sorted(file.name for file in out.glob("*.*") if file.suffix in {".xlsx", ".docx"}):
        yield f"  {out / name}"
    yield f"  {out / 'site' / 'index.html'}　（浏览器直接打开，或 {_program()} serve {folder}）"


def _unbound(rows: Iterable[Row]) -> Iterator[str]:
    """Yield how many targets wait for what, and the first of them by name."""
    names: dict[str, list[str]] = {}
    for row in rows:
        reason = str(row["reason_text"] or row["reason"]).partition("（")[0]
        names.setdefault(reason, []).append(str(row["indicator_name"]))
    for reason, found in sorted(names.items(), key=lambda item: -len(item[1])):
        more = "等" if len(found) > NAMED else ""
        yield f"  {len(found)} 个：{reason}（{'、'.join(found[:NAMED])}{more}）"


def _cell(row: Row, name: str) -> str:
    if name == "official_text":
        value = row["official_value"]
        return f"{value.normalize():f}" if value is not None else "—"  # type: ignore[attr-defined]
    if name == "status":
        return words("zh").of("status", str(row["status"]))
    if name == "quota_text":
        return str(row["quota_text"] or row["reason_text"] or row["pace_text"] or "—")
    return str(row[name] or "—")


def pad(text: str, width: int) -> str:
    """Cut or fill to a width counted in terminal columns; a Chinese character is two."""
    shown, used = "", 0
    for char in text:
        size = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if used + size > width:
            return shown[:-1] + "…" + " " * (width - _columns(shown[:-1] + "…"))
        shown, used = shown + char, used + size
    return shown + " " * (width - used)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _program() -> str:
    """Name this program as the reader can call it: from the folder it stands in, if it is on no path."""
    program = Path(sys.argv[0])
    if shutil.which(program.name) or program.name != "qingce":
        return "qingce"
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_absolute() and program.is_relative_to(here) else program)
