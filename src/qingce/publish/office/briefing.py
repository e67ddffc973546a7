"""The monthly briefing in the house style of official documents, with the two tables annexed. 调度简报。"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qingce.core.grouping import grouped
from qingce.publish.i18n import words
from qingce.publish.office.grid import Cell, Column
from qingce.publish.office.labels import (
    SAMPLE,
    UNREVIEWED,
    chinese_day,
    deadline_text,
    named,
    official_lines,
    own_value,
    review_text,
    status_cell,
    water_class,
)
from qingce.publish.office.progress_grid import (
    chinese_deadline,
    is_unbound,
    ordered_progress,
    progress_grid,
    reason_text,
)
from qingce.publish.office.section_grid import months_with_sections, section_grid
from qingce.publish.office.section_monthly import write_grid
from qingce.publish.office.word import add_paragraph, new_document, save_document, set_font, set_page, style_facts
from qingce.publish.office.word_table import add_grid, add_table, page_marks
from qingce.publish.results import Results
from qingce.publish.rows import Row, text
from qingce.publish.views.thread import BATTLES, WAITING, scoreboard

__all__ = ["write_briefing", "write_progress_table"]

_NUMBERS = "一二三四五六七八九十"
_TROUBLED = ("lost", "not_met", "at_risk")


def write_progress_table(results: Results, path: Path) -> None:
    """Write 目标进度表 as a landscape Word table (or a sheet, by the ending); raises QC570, QC572."""
    write_grid(progress_grid(results), path, sample=results.sample)


def write_briefing(results: Results, path: Path) -> None:
    """Write the briefing: where it stands, what waits, what is in trouble, sections, 口径; raises QC570.

    Issue number, issuer and signature are left blank: the system drafts, people issue.
    """
    title = f"{text(results.run, 'region_name')}污染防治攻坚战调度简报"
    document = new_document(title=title)
    page_marks(document.sections[0], sample=results.sample)
    _add_head(document, results, title)
    parts = (_overview, _waiting, _troubled, _steady, _sections, _basis)
    for number, part in zip(_NUMBERS, parts, strict=False):
        part(document, results, number)
    _add_signature(document)
    _add_annexes(document, results)
    save_document(document, path)


def _add_head(document: Any, results: Results, title: str) -> None:
    sizes = style_facts()["size"]
    add_paragraph(document, "内部资料　注意保存", face="first", line=28)
    add_paragraph(document, title, face="title", size=sizes["title"], align="center", line=40)
    add_paragraph(document, "（第　　期）", face="second", align="center")
    add_paragraph(document, f"数据截至 {chinese_day(results.run.get('as_of'))}", face="second", align="center")
    if results.sample:
        told = f"【{SAMPLE}：虚构城市，全部数字均为示例，不得引用】"
        add_paragraph(document, told, face="second", align="center", color="9C0006")
    add_paragraph(document)


def _overview(document: Any, results: Results, number: str) -> None:
    board: Any = scoreboard(results)
    _head(document, f"{number}、总体情况")
    counts, codes = board["counts"], [item["code"] for item in board["statuses"]]
    told = "、".join(f"{words('zh').of('status', item['code'])} {item['count']} 项" for item in board["statuses"])
    _say(document, f"本期共梳理目标 {counts['targets']} 项、任务 {counts['tasks']} 项。其中{told or '无'}。")
    listed = grouped(
        results.rows("progress"), lambda row: (text(row, "battle") or "治理", text(row, "status") or "unbound")
    )
    columns = (Column("战役", 10, "center"), *(Column(words("zh").of("status", c), 12, "center") for c in codes))
    rows: list[Sequence[Cell]] = [
        [battle, *(len(listed[battle, code]) if (battle, code) in listed else "" for code in codes)]
        for battle in BATTLES
        if any(key[0] == battle for key in listed)
    ]
    if rows:
        add_table(document, columns, rows=rows, size=style_facts()["size"]["table"] + 1.5)


def _waiting(document: Any, results: Results, number: str) -> None:
    """What somebody has to bring before there is a verdict, as a table: such lists are long."""
    _head(document, f"{number}、需先办理的事项")
    rows = [row for row in ordered_progress(results) if is_unbound(row) or text(row, "status") in WAITING]
    if not rows:
        _say(document, "无未能绑定或待反馈的目标。")
        return
    columns = (
        Column("序号", 6, "center"), Column("指标", 28), Column("目标", 18), Column("状态", 11, "center"),
        Column("原因", 34), Column("责任", 22),
    )  # fmt: skip
    lines: list[Sequence[Cell]] = [
        [place, named(row), text(row, "target_text"), status_cell(row), reason_text(row), _owners(row)]
        for place, row in enumerate(rows, 1)
    ]
    add_table(document, columns, rows=lines, size=style_facts()["size"]["table"])


def _troubled(document: Any, results: Results, number: str) -> None:
    _head(document, f"{number}、不能完成或有风险的目标")
    rows = [row for row in ordered_progress(results) if text(row, "status") in _TROUBLED]
    if not rows:
        _say(document, "无。")
    for place, row in enumerate(rows, 1):
        _item(document, f"{place}.{named(row)}。", _told(results, row))


def _steady(document: Any, results: Results, number: str) -> None:
    _head(document, f"{number}、进展正常的目标")
    rows = [
        row for row in ordered_progress(results) if row["bound"] and text(row, "status") not in (*_TROUBLED, *WAITING)
    ]
    if not rows:
        _say(document, "无。")
        return
    columns = (
        Column("指标", 24), Column("目标", 18), Column("测算值", 20), Column("状态", 14, "center"),
        Column("剩余允许值", 36),
    )  # fmt: skip
    lines: list[Sequence[Cell]] = [
        [
            named(row),
            text(row, "target_text"),
            _own(row) or text(row, "official_value"),
            status_cell(row),
            text(row, "quota_text"),
        ]
        for row in rows
    ]
    add_table(document, columns, rows=lines, size=style_facts()["size"]["table"] + 1.5)


def _sections(document: Any, results: Results, number: str) -> None:
    _head(document, f"{number}、地表水断面")
    months = months_with_sections(results)
    if not months:
        _say(document, "无断面数据。")
        return
    rows = results.rows("water_months", where={"period": months[-1]})
    beyond = [row for row in rows if _beyond(row)]
    told = "、".join(f"{text(row, 'section_name')}（{water_class(results, row['class'])}）" for row in beyond)
    _say(document, f"{deadline_text(months[-1])}超目标断面：{told or '无'}。详见附件2。")


def _basis(document: Any, results: Results, number: str) -> None:
    _head(document, f"{number}、数据与口径说明")
    _say(
        document,
        f"测算值由监测数据按各目标口径计算，低于总站审核状态的一律标注“{UNREVIEWED}”；"
        "认定单位反馈的数值优先，测算值并列保留。概率为内部研判，不对外提供。",
    )
    unread = [row for row in results.rows("editions", where={"status": "unread"}) if row["in_force"]]
    for row in unread:
        _say(document, f"{text(row, 'number') or text(row, 'id')}：{text(row, 'question')}，相关结果按未核处理。")


def _add_signature(document: Any) -> None:
    """The annexes named and the blanks for people to fill, kept together on one page."""
    lines = ("附件：1.目标进度表", "　　　2.断面月报")
    for line in lines:
        add_paragraph(document, line, indent=2).paragraph_format.keep_with_next = True
    add_paragraph(document, "编制：　　　　　　审核：　　　　　　签发：　　　　　　", indent=2)


def _add_annexes(document: Any, results: Results) -> None:
    from docx.enum.section import WD_SECTION

    for number, grid in enumerate((progress_grid(results, waiting=False), section_grid(results)), 1):
        section = document.add_section(WD_SECTION.NEW_PAGE)
        set_page(section, landscape=True, kind="table_page")
        page_marks(section, sample=results.sample, footer=f"含{UNREVIEWED}数据")
        add_paragraph(document, f"附件{number}", face="first", size=14, line=22)
        add_grid(document, grid, size=8)


def _head(document: Any, told: str) -> None:
    add_paragraph(document, told, face="first", indent=2).paragraph_format.keep_with_next = True


def _say(document: Any, told: str) -> None:
    add_paragraph(document, told, indent=2)


def _item(document: Any, head: str, told: str) -> None:
    """A run-in heading in 楷体 and its text."""
    size = style_facts()["size"]["body"]
    paragraph = add_paragraph(document, indent=2)
    set_font(paragraph.add_run(head), "second", size=size)
    set_font(paragraph.add_run(told), "body", size=size)


def _owners(row: Row) -> str:
    return text(row, "owners") or "未写明"


def _own(row: Row) -> str:
    value = own_value(row)
    return f"{value}（{review_text(row['own_review'])}）" if value and row.get("own_review") else value


def _told(results: Results, row: Row) -> str:
    """One paragraph on a target: what was promised, what the decider and we say, where it ends, who answers."""
    parts = [f"目标{text(row, 'target_text')}，截止{chinese_deadline(row)}"]
    if row.get("official_value") is not None:
        parts.append(f"认定值：{'，'.join(official_lines(results, row))}")
    if _own(row):
        parts.append(f"测算 {_own(row)}")
    parts.append(text(row, "status_text") or status_cell(row).text)
    return f"{'；'.join(parts)}。责任：{_owners(row)}。"


def _beyond(row: Row) -> bool:
    now, target = row.get("class"), row.get("target_class")
    return now is not None and target is not None and int(str(now)) > int(str(target))
