"""The scoreboard in words, for a terminal. 终端上的进度表。"""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from qingce.publish import Results

__all__ = ["lines"]

COLUMNS = (("indicator_name", 26), ("target_text", 22), ("official_text", 16), ("own_text", 16), ("status_text", 30))
NAMES = ("指标", "目标", "认定值", "测算值", "状态")


def lines(results: Results, folder: Path) -> Iterator[str]:
    """Yield the scoreboard by battle, then where the files lie."""
    run = results.run
    mark = "　【示例数据】" if results.sample else ""
    yield f"{run.get('campaign', '')}　截至 {run.get('as_of', '')}{mark}"
    rows = results.rows("progress")
    bound = [row for row in rows if row["bound"]]
    for battle in dict.fromkeys(str(row["battle"] or "其他") for row in bound):
        yield ""
        yield f"■ {battle}"
        yield "  " + "  ".join(pad(name, width) for name, (_, width) in zip(NAMES, COLUMNS, strict=True))
        for row in bound:
            if str(row["battle"] or "其他") == battle:
                yield "  " + "  ".join(pad(_cell(row, name), width) for name, width in COLUMNS)
    yield ""
    waiting = Counter(str(row["reason_text"] or row["reason"]) for row in rows if not row["bound"])
    yield f"目标 {len(rows)} 个，已绑定 {len(bound)} 个；未绑定 {len(rows) - len(bound)} 个"
    for reason, count in waiting.most_common():
        yield f"  {count} 个：{reason}"
    rejected = results["rejected"].num_rows
    yield f"未能收入的单元格 {rejected} 个" + ("（见 数据质量 页）" if rejected else "")
    yield ""
    out = folder / "out"
    for name in sorted(file.name for file in out.glob("*.*") if file.suffix in {".xlsx", ".docx"}):
        yield f"  {out / name}"
    yield f"  {out / 'site' / 'index.html'}　（浏览器直接打开，或 {_program()} serve {folder}）"


def _cell(row: dict[str, object], name: str) -> str:
    if name == "official_text":
        value = row["official_value"]
        return f"{value.normalize():f}" if value is not None else "—"  # type: ignore[attr-defined]
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
