"""比对 and 目标并列表: what two documents say of one indicator, and who promises what."""

from __future__ import annotations

from pathlib import Path

from qingce.publish.office.grid import Cell, Column, Grid, Toned
from qingce.publish.office.labels import deadline_text, run_line
from qingce.publish.office.workbook import write_workbook
from qingce.publish.results import Results
from qingce.publish.rows import Row, text
from qingce.publish.views.compare import promises

__all__ = ["comparison_grid", "promises_grid", "write_comparison"]

_TONES = {
    "contradiction": "bad", "stricter": "warn", "earlier": "warn", "parts_exceed_whole": "bad", "parts_not_sum": "bad",
    "weaker": "watch", "later": "watch", "missing": "watch", "resolved": "calm", "same": "good",
    "stricter_stated": "calm", "earlier_stated": "calm",
}  # fmt: skip
_MOST = 24


def write_comparison(results: Results, path: Path) -> None:
    """Write 比对 and, where there is one, 目标并列表 as sheets; raises QC570."""
    grids = [comparison_grid(results), *([promises_grid(results)] if results["promises"].num_rows else [])]
    write_workbook(grids, path, title=f"{text(results.run, 'campaign')} 比对", sample=results.sample)


def comparison_grid(results: Results) -> Grid:
    """Make the list of differences, one a row, both sentences beside each other."""
    columns = (
        Column("序号", 5, "center"), Column("结论", 17), Column("指标", 17), Column("文件一", 18), Column("原文一", 30),
        Column("数值一", 12, "center"), Column("时限一", 11, "center"), Column("文件二", 18), Column("原文二", 30),
        Column("数值二", 12, "center"), Column("时限二", 11, "center"), Column("说明", 26),
    )  # fmt: skip
    titles = {text(row, "id"): _title(row) for row in results.rows("documents", columns=["id", "title", "number"])}
    rows: list[list[Cell]] = []
    for number, row in enumerate(results.rows("comparisons"), 1):
        verdict = Toned(text(row, "text"), _TONES.get(text(row, "kind"), "mute"))
        sides = [cell for side in ("first", "second") for cell in _side(row, side, titles)]
        rows.append([number, verdict, text(row, "indicator"), *sides, text(row, "note")])
    notes = (
        "层层加码：下级数值严于上级或时限早于上级，而同一句或前一句没有写明理由。",
        "“完成上级下达”的数值取自上级文件，出处见说明。比对只依据文件原文，结论须人工核对。",
    )
    return Grid("比对", "文件比对", columns, rows, run_line(results), notes, "没有可比对的目标")


def _title(row: Row) -> str:
    return f"{text(row, 'title')}\n{text(row, 'number')}".strip()


def _side(row: Row, side: str, titles: dict[str, str]) -> list[Cell]:
    if not text(row, f"{side}_target"):
        return [titles.get(text(row, f"{side}_document"), ""), "", "", ""]
    sign, value, unit = (text(row, f"{side}_{name}") for name in ("comparator", "value", "unit"))
    base = text(row, f"{side}_base_year")
    shown = f"{sign} {value} {unit}".strip() + (f"\n（比{base}年）" if base else "")
    title = titles.get(text(row, f"{side}_document"), "")
    return [title, text(row, f"{side}_quote"), shown, deadline_text(row[f"{side}_deadline"])]


def promises_grid(results: Results) -> Grid:
    """Make the table of who promises what: indicators down, documents across."""
    found = promises(results)
    documents: list[Row] = found["columns"]  # type: ignore[assignment]
    lines: list[Row] = found["rows"]  # type: ignore[assignment]
    columns = (Column("指标", 24), *(Column(_title(row), _MOST) for row in documents))
    rows: list[list[Cell]] = []
    for line in lines:
        cells: list[list[Row]] = line["cells"]  # type: ignore[assignment]
        rows.append([text(line, "indicator"), *("\n".join(text(item, "text") for item in cell) for cell in cells)])
    return Grid("目标并列表", "同级文件目标并列表", columns, rows, run_line(results), (), "没有目标")
