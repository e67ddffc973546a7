"""The ledger of a campaign as one Excel workbook. 台账。"""

from __future__ import annotations

from pathlib import Path

from qingce.publish.office.about_grid import about_grid
from qingce.publish.office.progress_grid import indicator_grid, progress_grid, unbound_grid
from qingce.publish.office.section_grid import section_grid
from qingce.publish.office.task_grid import repair_grid, task_grid
from qingce.publish.office.workbook import write_workbook
from qingce.publish.results import Results
from qingce.publish.rows import text

__all__ = ["write_ledger"]


def write_ledger(results: Results, path: Path) -> None:
    """Write 目标进度表, 任务台账, 指标清单, 未能绑定, 修复记录, 断面月报 and 说明 as sheets; raises QC570.

    Values come from the tables as they are; rows are only picked, sorted and labelled.
    """
    grids = (
        progress_grid(results),
        task_grid(results),
        indicator_grid(results),
        unbound_grid(results),
        repair_grid(results),
        section_grid(results),
        about_grid(results),
    )
    write_workbook(grids, path, title=f"{text(results.run, 'campaign')} 台账", sample=results.sample)
