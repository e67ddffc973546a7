"""说明: what the workbook rests on, so that a printed sheet can be traced."""

from __future__ import annotations

from collections.abc import Mapping

from qingce.publish.office.grid import Cell, Column, Grid
from qingce.publish.office.labels import SAMPLE, chinese_day, run_line
from qingce.publish.results import Results
from qingce.publish.rows import text

__all__ = ["about_grid"]

_STATES = {"verified": "已核对正式文本", "unread": "未读到正式文本"}


def about_grid(results: Results) -> Grid:
    """Make the sheet of explanations: the run, the documents, the editions, the words used."""
    columns = (Column("项目", 24), Column("内容", 110))
    rows: list[list[Cell]] = [*_run(results), *_documents(results), *_editions(results), *_words()]
    return Grid("说明", "说明", columns, rows, run_line(results))


def _run(results: Results) -> list[list[Cell]]:
    run = results.run
    heads = run.get("heads")
    notes = run.get("notes")
    rows: list[list[Cell]] = [
        ["工程", text(run, "campaign")],
        ["行政区", f"{text(run, 'region_name')}（{text(run, 'region')}）"],
        ["数据截止日", chinese_day(run.get("as_of"))],
        ["生成时间", text(run, "built_at").replace("T", " ")],
        ["软件版本", f"青策 qingce {text(run, 'version')}"],
    ]
    if results.sample:
        rows.insert(0, [SAMPLE, "本表全部数字均为虚构城市的示例数据，不得引用。"])
    if isinstance(heads, Mapping):
        rows += [[f"校验链首（{name}）", str(head)] for name, head in heads.items()]
    if isinstance(notes, list | tuple):
        rows += [["提示", str(note)] for note in notes]
    return rows


def _documents(results: Results) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for row in results.rows("documents"):
        parts = (f"《{text(row, 'title')}》", text(row, "number"), text(row, "issuer"), text(row, "date"))
        rows.append(["文件", " ".join(part for part in parts if part)])
    return rows


def _editions(results: Results) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for row in results.rows("editions"):
        until = chinese_day(row["end"]) or "现行"
        state = _STATES.get(text(row, "status"), text(row, "status"))
        question = text(row, "question")
        told = f"{text(row, 'title')}　{chinese_day(row['start'])}—{until}　{state}"
        rows.append([text(row, "number") or text(row, "id"), told + (f"：{question}" if question else "")])
    return rows


def _words() -> list[list[Cell]]:
    return [
        ["官方值（认定值）", "由认定单位发文反馈的数值，进度与评分以它为准；与测算值的差异并列显示，两者都保留。"],
        ["测算值", "本系统按目标的口径由监测数据计算，标注有效天数与最低审核状态。"],
        ["审核状态", "实时 → 初审 → 省复核 → 总站审核 → 考核认定；总站审核以下一律标“未审核”。"],
        ["实测与扣沙", "沙尘等例外事件以导入的认定名单为准，两个系列都计算，目标用哪一个由其口径决定。"],
        ["剩余允许值", "为达到目标，剩余时段允许的平均值、超标天数或断面数，按判定时的修约规则精确计算。"],
    ]
