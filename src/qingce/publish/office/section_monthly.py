"""断面月报 as a sheet or a page of its own."""

from __future__ import annotations

from pathlib import Path

from qingce.core.errors import complain
from qingce.publish.office.grid import Grid
from qingce.publish.office.labels import UNREVIEWED
from qingce.publish.office.section_grid import months_with_sections, section_grid
from qingce.publish.office.word import new_document, save_document
from qingce.publish.office.word_table import add_grid, page_marks
from qingce.publish.office.workbook import write_workbook
from qingce.publish.results import Results

__all__ = ["write_grid", "write_section_monthly"]


def write_section_monthly(results: Results, path: Path, month: str | None = None) -> None:
    """Write 断面月报 of a month (2026-10, by default the last) as docx or xlsx by the path's ending.

    Raises QC571 for a month without sections, QC572 for another ending, QC570 when the file cannot be written.
    """
    known = months_with_sections(results)
    if month is not None and month not in known:
        allowed = "、".join(known) or "无"
        raise complain("QC571", words={"what": "断面月报", "when": month, "allowed": allowed})
    write_grid(section_grid(results, month), path, sample=results.sample)


def write_grid(grid: Grid, path: Path, *, sample: bool) -> None:
    """Write one grid as a landscape Word page or a sheet by the path's ending; raises QC570, QC572."""
    if path.suffix == ".xlsx":
        write_workbook((grid,), path, title=grid.title, sample=sample)
        return
    if path.suffix != ".docx":
        raise complain("QC572", str(path), {"suffix": path.suffix or path.name, "allowed": ".docx .xlsx"})
    document = new_document(title=grid.title, landscape=True, kind="table_page")
    marked = f"含{UNREVIEWED}数据，仅供内部调度使用"
    page_marks(document.sections[0], sample=sample, footer=marked)
    add_grid(document, grid)
    save_document(document, path)
