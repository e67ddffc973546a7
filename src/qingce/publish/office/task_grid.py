"""任务台账 and 修复记录: what was assigned, and what of the text was read otherwise than printed."""

from __future__ import annotations

import re

from qingce.publish.office.grid import Cell, Column, Grid
from qingce.publish.office.labels import printed, run_line
from qingce.publish.office.progress_grid import document_names
from qingce.publish.office.review_cells import SEAL, seal, task_cells, tasks_by_key
from qingce.publish.results import Results
from qingce.publish.rows import Row, text

__all__ = ["TASK_KEY", "repair_grid", "task_grid"]

TASK_KEY = "任务键"
"""Head of the hidden column that a re-import goes by: document and clause path, stable over re-reading."""

_PROGRESS_CHOICES = ("未启动", "推进中", "已完成待验收", "已验收", "滞后")
_AROUND = 12
_LONGEST = 60


def task_grid(results: Results) -> Grid:
    """Make the task ledger; the columns marked 填报 are left for the units, the hidden key brings them back."""
    columns = (
        Column("序号", 5, "center"), Column("战役", 6, "center"), Column("任务", 30), Column("牵头", 14),
        Column("配合", 17), Column("责任单位", 16), Column("时限", 11, "center"), Column("出处", 15),
        Column("进展情况（填报）", 18), Column("状态（填报）", 9, "center", choices=_PROGRESS_CHOICES),
        Column("佐证材料（填报）", 12), Column("复核人", 8, "center"), Column("复核时间", 11, "center"),
        Column("理由", 12), Column(TASK_KEY, 20, hidden=True), Column(SEAL, 12, hidden=True),
    )  # fmt: skip
    names, decided = document_names(results), tasks_by_key(results)
    texts = {str(row["id"]): text(row, "text") for row in results.rows("documents")}
    found = [row for row in results.rows("tasks") if "/" in text(row, "path")] or results.rows("tasks")
    rows: list[list[Cell]] = []
    for number, row in enumerate(found, 1):
        document, path = text(row, "document_id"), text(row, "path")
        key = text(row, "review_key") or f"{document}#{path}"
        cells = task_cells(decided[key])
        rows.append([
            number, text(row, "battle"), _title(row, texts.get(document, "")), cells["牵头"], cells["配合"],
            cells["责任单位"], cells["时限"], f"{names.get(document, document)}\n{path}",
            "", "", "", cells["复核人"], text(decided[key], "at"), cells["理由"], key,
            seal(key, decided[key]["version"], cells),
        ])  # fmt: skip
    notes = (
        "“填报”各列由责任单位填写；隐藏列“任务键”用于回收汇总，请勿删改。",
        "牵头、配合、责任单位、时限改好后用 qingce review 文件夹 --import 台账.xlsx 收回。",
        "任务办结以验收材料为准，监测数据好转不等于任务完成。",
    )
    return Grid("任务台账", "任务台账", columns, rows, run_line(results), notes, "没有读到任务")


def _title(row: Row, whole: str) -> str:
    """The printed title, else the item's first sentence without its marker."""
    if text(row, "title") or row["start"] is None:
        return text(row, "title")
    said = whole[int(str(row["start"])) : int(str(row["end"]))].strip()
    first = re.split(r"[。；\n]", re.sub(r"^[（(]?[\d一二三四五六七八九十]+[)）.、．]\s*", "", said), maxsplit=1)[0]
    return first if len(first) <= _LONGEST else f"{first[:_LONGEST]}…"


def repair_grid(results: Results) -> Grid:
    """List every place where the text was read otherwise than printed; the text itself is unchanged."""
    columns = (
        Column("序号", 6, "center"), Column("文件", 24), Column("位置（字）", 11, "center"), Column("原文", 24),
        Column("读作", 24), Column("前后文", 44), Column("规则", 18), Column("置信度", 8, "center"),
    )  # fmt: skip
    names = document_names(results)
    texts = {str(row["id"]): text(row, "text") for row in results.rows("documents")}
    rows: list[list[Cell]] = []
    for number, row in enumerate(results.rows("repairs"), 1):
        document, start, end = text(row, "document_id"), int(str(row["start"])), int(str(row["end"]))
        around = texts.get(document, "")[max(0, start - _AROUND) : end + _AROUND].replace("\n", " ")
        rows.append([
            number, names.get(document, document), f"{start}–{end}", text(row, "before"), text(row, "after"), around,
            text(row, "rule"), printed(row["confidence"], 2),
        ])  # fmt: skip
    notes = ("修复只影响读法，不改动文件原文；置信度低的请人工核对。",)
    return Grid("修复记录", "修复记录", columns, rows, run_line(results), notes, "没有需要修复的文字")
