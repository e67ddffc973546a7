"""目标进度表, 指标清单 and 未能绑定: the rows of the thread as an office reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from qingce.publish.office.grid import Cell, Column, Grid, Toned
from qingce.publish.office.labels import (
    deadline_text,
    official_lines,
    own_value,
    review_text,
    run_line,
    signed,
    status_cell,
)
from qingce.publish.office.review_cells import SEAL, SIGNS, TARGET_KEY, VERDICTS, seal, target_cells, targets_by_key
from qingce.publish.results import Results
from qingce.publish.rows import Row, cell, chance_text, text
from qingce.publish.views.thread import WAITING

__all__ = [
    "PROGRESS_COLUMNS",
    "chinese_deadline",
    "document_names",
    "indicator_grid",
    "is_unbound",
    "ordered_progress",
    "progress_grid",
    "reason_text",
    "unbound_grid",
]

PROGRESS_COLUMNS = (
    Column("指标", 15),
    Column("目标及文号", 17),
    Column("口径（扣沙、修约）", 13),
    Column("认定单位", 11),
    Column("截止日", 10, "center"),
    Column("官方值及审核状态", 15),
    Column("测算值", 14),
    Column("差值", 10),
    Column("同比", 8, "right"),
    Column("剩余允许值", 19),
    Column("概率（内部）", 8, "center"),
    Column("责任县区", 13),
    Column("原文", 26),
)
_KEYS = (Column("目标编号", 12, hidden=True), Column("状态代码", 12, hidden=True))

_KINDS = {
    "level": "水平", "relative": "相对变化", "increment": "增量", "class": "类别", "placeholder": "占位（未填数）",
    "delegated": "上级下达", "qualitative": "定性", "coverage": "覆盖", "threshold": "门槛",
}  # fmt: skip
_JUDGED = 2
_ONLY_READ = "仅读取"
_ORDER = ("lost", "not_met", "at_risk", "on_track", "met", "safe")


def ordered_progress(results: Results) -> list[Row]:
    """Return the rows of `progress`: unbound and 待反馈 first, then the worst status first, in document order."""
    rows = cast("list[Row]", results.rows("progress")) or _from_targets(results)
    return sorted(rows, key=_rank)


def progress_grid(results: Results, *, waiting: bool = True) -> Grid:
    """Make 目标进度表 with hidden target ids and status codes; without `waiting` only judged rows stand."""
    decimals = {str(row["id"]): row["decimals"] for row in results.rows("indicators")}
    names = document_names(results)
    rows = []
    for row in ordered_progress(results):
        if not waiting and _rank(row)[0] < _JUDGED:
            continue
        line = _progress_line(results, row, decimals=decimals, names=names)
        rows.append([*line, text(row, "target_id"), text(row, "status")])
    return Grid(
        "目标进度表",
        f"{text(results.run, 'region_name') or text(results.run, 'campaign')}污染防治攻坚战目标进度表",
        PROGRESS_COLUMNS + _KEYS,
        rows,
        run_line(results),
        (
            "未能绑定和待反馈的目标排在最前；其余按状态由重到轻排列。",
            "“测算值”为本系统按所列口径计算，认定单位反馈前不作为结论；“未审核”指数据尚未达到总站审核状态。",
            "概率为内部研判，不对外提供。",
        ),
        "没有读到目标",
    )


def unbound_grid(results: Results) -> Grid:
    """List every target that could not be bound, with its reason."""
    columns = (
        Column("序号", 5, "center"), Column("战役", 6, "center"), Column("原文指标", 24), Column("目标", 16),
        Column("未绑定原因", 30), Column("时限", 10, "center"), Column("文号", 19), Column("原文", 46),
        Column("目标编号", 12, hidden=True),
    )  # fmt: skip
    names = document_names(results)
    found = [row for row in results.rows("progress") if is_unbound(row)]
    rows: list[list[Cell]] = [
        [
            number, text(row, "battle"), text(row, "indicator_name"), text(row, "target_text"),
            Toned(reason_text(row) or "未说明", "wait"),
            deadline_text(row["deadline"]), text(row, "document_number") or names.get(text(row, "document_id"), ""),
            text(row, "quote"), text(row, "target_id"),
        ]
        for number, row in enumerate(found, 1)
    ]  # fmt: skip
    told = "所有目标均已绑定" if results["progress"].num_rows else "未评估，没有绑定结果"
    return Grid("未能绑定", "未能绑定的目标", columns, rows, run_line(results), (), told)


def indicator_grid(results: Results) -> Grid:
    """List every quantified promise with what an officer decided about it; key and seal bring an edited row back."""
    columns = (
        Column("序号", 5, "center"), Column("战役", 6, "center"), Column("指标", 20), Column("范围", 10),
        Column("要求", 6, "center"), Column("目标值", 9, "right"), Column("单位", 9), Column("基期", 6, "center"),
        Column("时限", 10, "center"), Column("责任单位", 13), Column("力度", 6, "center"), Column("类型", 8),
        Column("文件", 14), Column("条款", 8), Column("原文", 28),
        Column("复核结论", 8, "center", choices=tuple(VERDICTS.values())[:3]), Column("复核人", 8, "center"),
        Column("复核时间", 11, "center"), Column("理由", 14), Column("指标编号", 16, hidden=True),
        Column("目标编号", 12, hidden=True), Column(TARGET_KEY, 12, hidden=True), Column(SEAL, 12, hidden=True),
    )  # fmt: skip
    names, decided = document_names(results), targets_by_key(results)
    rows: list[list[Cell]] = []
    for number, row in enumerate(results.rows("targets"), 1):
        key = text(row, "review_key")
        told = decided[key or text(row, "id")]
        cells = target_cells(told)
        rows.append([
            number, text(row, "battle"), *(cells[head] for head in ("指标", "范围", "要求", "目标值", "单位", "基期")),
            cells["时限"], cells["责任单位"], text(row, "strength"), _KINDS.get(text(row, "kind"), text(row, "kind")),
            names.get(text(row, "document_id"), ""), text(row, "clause"), text(row, "quote"), cells["复核结论"],
            cells["复核人"], str(told["at"] or ""), cells["理由"], text(row, "indicator_id"), text(row, "id"), key,
            seal(key, told["version"], cells) if key else "",
        ])  # fmt: skip
    notes = (
        "可改：指标、范围、要求、目标值、单位、基期、时限、责任单位、复核结论（确认、更正、否决）、复核人、理由；隐藏列请勿删改。",
        "改好后用 qingce review 文件夹 --import 台账.xlsx 收回；排序时请选中全部列。",
    )
    return Grid("指标清单", "指标清单", columns, rows, run_line(results), notes, "没有读到目标")


def is_unbound(row: Row) -> bool:
    """Say whether a target stands without indicator, value or data to judge it by."""
    return not row.get("bound") or row.get("status") == "unbound"


def document_names(results: Results) -> dict[str, str]:
    """Return how each document is cited: its number, else its title."""
    return {str(row["id"]): text(row, "number") or f"《{text(row, 'title')}》" for row in results.rows("documents")}


def _rank(row: Row) -> tuple[int, int]:
    status = str(row.get("status") or "")
    if is_unbound(row):
        return (0, 0)
    if status in WAITING:
        return (1, WAITING.index(status))
    return (_JUDGED, _ORDER.index(status) if status in _ORDER else len(_ORDER))


def _progress_line(
    results: Results, row: Row, *, decimals: Mapping[str, object], names: Mapping[str, str]
) -> list[Cell]:
    places = int(str(decimals.get(text(row, "indicator_id")) or 0))
    return [
        _name(row),
        _joined(text(row, "target_text"), text(row, "document_number") or names.get(text(row, "document_id"), "")),
        text(row, "basis").replace("｜", "\n").replace("；", "\n"),
        text(row, "decider"),
        chinese_deadline(row),
        _official(results, row),
        _own(row),
        text(row, "difference_text") or signed(row.get("difference"), max(places, 1)),
        signed(row.get("change"), max(places, 1)),
        _rest(row),
        chance_text(row.get("probability")),
        text(row, "owners"),
        text(row, "quote"),
    ]


def _name(row: Row) -> Toned:
    """The indicator, its scope, and its status in one word."""
    status = status_cell(row)
    scope = text(row, "scope_name")
    name = text(row, "indicator_name") + (f"（{scope}）" if scope else "")
    return Toned(f"{name}\n【{status.text}】", status.tone)


def _rest(row: Row) -> Cell:
    """What is still allowed; where there is no verdict, why not."""
    if is_unbound(row) or text(row, "status") in WAITING:
        return Toned(reason_text(row), "wait") if reason_text(row) else None
    return text(row, "quota_text")


def reason_text(row: Row) -> str:
    """Return why there is no verdict, without repeating the status word before it.

    Examples
    --------
    >>> reason_text({"status": "awaiting", "reason_text": "待反馈：尚未收到"})
    '尚未收到'
    """
    told = text(row, "reason_text") or text(row, "status_text") or text(row, "reason")
    return told.removeprefix(f"{status_cell(row).text}：")


def chinese_deadline(row: Row) -> str:
    """Return the deadline as printed, else its last day."""
    return deadline_text(row.get("deadline")) or deadline_text(cell(row.get("deadline_day")))


def _official(results: Results, row: Row) -> Cell:
    if row.get("official_value") is None:
        return None if is_unbound(row) or row.get("status") == _ONLY_READ else Toned("待反馈", "wait")
    return "\n".join(official_lines(results, row))


def _own(row: Row) -> str:
    value = own_value(row)
    until = f"截至{deadline_text(cell(row.get('own_end')))}" if row.get("own_end") else ""
    state = "·".join(filter(None, (text(row, "own_label"), review_text(row.get("own_review")))))
    return _joined(value, state, until) if value else ""


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _from_targets(results: Results) -> list[Row]:
    """When documents were only read, the promises stand in the table without progress."""
    numbers = document_names(results)
    return [
        {
            "target_id": row["id"], "document_number": numbers.get(text(row, "document_id"), ""), "bound": True,
            "battle": row["battle"], "indicator_id": row["indicator_id"], "indicator_name": row["indicator"],
            "scope_name": row["scope"], "deadline": row["deadline"], "quote": row["quote"], "status": _ONLY_READ,
            "official_value": None, "unit": row["unit"],
            "target_text": " ".join(filter(None, (SIGNS.get(text(row, "comparator"), ""), text(row, "value_text")))),
        }
        for row in results.rows("targets")
    ]  # fmt: skip
