"""月度会商: what happened, why, what is left, what we expect, what we propose; every number traced. 月度会商材料。"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from qingce.publish.i18n import words
from qingce.publish.office.consultation_why import add_why
from qingce.publish.office.grid import Cell, Column, Toned
from qingce.publish.office.labels import (
    SAMPLE,
    UNREVIEWED,
    chinese_day,
    deadline_text,
    named,
    own_value,
    printed,
    review_text,
    signed,
    unit_text,
)
from qingce.publish.office.progress_grid import chinese_deadline, is_unbound, ordered_progress
from qingce.publish.office.sourced import Source, Sources
from qingce.publish.office.word import add_paragraph, new_document, save_document, style_facts
from qingce.publish.office.word_table import add_table, page_marks
from qingce.publish.results import Results
from qingce.publish.rows import Row, chance_text, text
from qingce.publish.views.ahead import forecast_rows, section_groups
from qingce.publish.views.outlook import beside, warning_rows
from qingce.publish.views.thread import WAITING, scoreboard

__all__ = ["write_consultation"]

_TROUBLED = ("lost", "not_met", "at_risk")
_CLASS = "class"
_CHANGE_PLACES = 2
"""As the page of the target prints a change."""
_INTERNAL = "概率与区间为内部研判，不作为考核依据，不对外提供。"


def write_consultation(results: Results, path: Path) -> None:
    """Write the material of the monthly consultation as Word; raises QC570.

    Each number carries a mark that leads to the index at the end, and from there to the page that shows what it rests
    on: the document stands beside the folder `site`.
    """
    title = f"{text(results.run, 'region_name')}污染防治攻坚月度会商材料"
    document = new_document(title=title)
    page_marks(document.sections[0], sample=results.sample, footer="内部研判，不作为考核依据")
    sources = Sources(results)
    _add_top(document, results, title)
    parts = (
        ("一、发生了什么", _happened), ("二、为什么", add_why), ("三、还剩多少", _left), ("四、预计如何", _expected),
        ("五、建议", _proposed),
    )  # fmt: skip
    for head, part in parts:
        add_paragraph(document, head, face="first", indent=2).paragraph_format.keep_with_next = True
        part(document, results, sources)
    add_paragraph(document, "附：数字出处", face="first", indent=2).paragraph_format.keep_with_next = True
    sources.add_index(document)
    save_document(document, path)


def _add_top(document: Any, results: Results, title: str) -> None:
    sizes = style_facts()["size"]
    add_paragraph(document, "内部资料　注意保存", face="first", line=28)
    add_paragraph(document, title, face="title", size=sizes["title"], align="center", line=40)
    add_paragraph(document, f"数据截至 {chinese_day(results.run.get('as_of'))}", face="second", align="center")
    if results.sample:
        told = f"【{SAMPLE}：虚构城市，全部数字均为示例，不得引用】"
        add_paragraph(document, told, face="second", align="center", color="9C0006")
    told = f"上标为数字出处的序号，见文末；{_INTERNAL}低于总站审核状态的数值为“{UNREVIEWED}”。"
    add_paragraph(document, told, face="table", size=sizes["note"], align="center", line=16)


def _promised(row: Row) -> str:
    """The target with what it asks: several may be set for the same indicator."""
    return f"{named(row)}{text(row, 'target_text')}"


def _judged(results: Results) -> list[Row]:
    """The targets with a verdict, the worst first."""
    rows = ordered_progress(results)
    return [row for row in rows if not is_unbound(row) and text(row, "status") not in WAITING]


def _happened(document: Any, results: Results, sources: Sources) -> None:
    board: Any = scoreboard(results)
    told = "、".join(f"{words('zh').of('status', item['code'])} {item['count']} 项" for item in board["statuses"])
    overall = sources.page("各状态目标数：目标进度页", "index.html")
    sources.say(document, f"目标 {board['counts']['targets']} 项：{told or '无'}", overall, "。")
    _air(document, results, sources)
    _counties(document, results, sources)
    _water(document, results, sources)
    columns = (
        Column("目标", 30), Column("要求", 16), Column("目前（测算）", 20), Column("同比", 10, "right"),
        Column("状态", 12, "center"), Column("出处", 8, "center"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [
            named(row),
            text(row, "target_text"),
            own_value(row) or f"{text(row, 'official_value')}（认定值）",
            signed(row.get("change"), 0 if row.get("unit") == _CLASS else _CHANGE_PLACES),
            words("zh").of("status", text(row, "status")),
            sources.cell(sources.target(row)),
        ]
        for row in _judged(results)
    ]
    if rows:
        add_table(document, columns, rows=rows, size=style_facts()["size"]["table"] + 1)


def _air(document: Any, results: Results, sources: Sources) -> None:
    """The month and the year so far of the region's PM2.5, as the build left them."""
    rows = results.rows("air_cumulative", where={"subject": text(results.run, "region")})
    for row in rows[-1:]:
        source = sources.place(row, key="subject", what=f"{text(row, 'subject_name')}逐日评价（PM2.5 月、年累计）")
        known = (("month_mean", "当月均值"), ("year_mean", "年累计"))
        said = "，".join(f"{label} {printed(row[name], 1)}" for name, label in known if row[name] is not None)
        change = f"，同比 {signed(row['change'], 1)}" if row["change"] is not None else ""
        sources.say(document, f"PM2.5（实测）{said}{change} μg/m³", source, "。", head="空气。")


def _counties(document: Any, results: Results, sources: Sources) -> None:
    """The counties of the last month in the order of the table that ranks them."""
    rows = results.rows("air_counties")
    if not rows:
        return
    months = sorted({text(row, "period") for row in rows})
    states = sorted({review_text(row["review"]) for row in rows if row["review"]})
    heard = f"{deadline_text(months[-1])}县区空气质量（{'、'.join(states) or UNREVIEWED}，仅供会商，不通报）"
    add_paragraph(document, heard, face="second", indent=2).paragraph_format.keep_with_next = True
    columns = (
        Column("名次", 8, "center"), Column("县区", 14), Column("PM2.5（μg/m³）", 18, "center"),
        Column("同比", 14, "center"), Column("优良率（%，实测）", 16, "center"), Column("重污染天数", 13, "center"),
        Column("综合指数", 13, "center"), Column("出处", 8, "center"),
    )  # fmt: skip
    lines: list[Sequence[Cell]] = []
    source = sources.page(f"{deadline_text(months[-1])}区县月排名页", "counties.html#ranking")
    for row in (item for item in rows if item["period"] == months[-1]):
        known = ("place", "scope_name", "text", "change_text", "good_measured", "heavy", "composite")
        lines.append([*(text(row, name) or "—" for name in known), sources.cell(source)])
    add_table(document, columns, rows=lines, size=style_facts()["size"]["table"] + 1)


def _water(document: Any, results: Results, sources: Sources) -> None:
    edges = [row for row in section_groups(results, "month") if row["edge"]]
    if not edges:
        return
    parts: list[str | Source] = [f"本月边缘与超标断面 {len(edges)} 个"]
    parts += [sources.page("本月断面页", "month.html#edges"), "："]
    for place, row in enumerate(edges):
        told = f"{text(row, 'section_name')}（{words('zh').of('class', row['class_now'])}，"
        told += f"{words('zh').of('edge', row['edge'])}）"
        parts += ["、" * bool(place) + told, _section_source(row)]
    sources.say(document, *parts, "。", head="地表水。")


def _section_source(row: Row) -> Source:
    section = text(row, "section")
    return Source(f"断面 {text(row, 'section_name')} 本月各因子", section, f"month.html#S-{section}")


def _left(document: Any, results: Results, sources: Sources) -> None:
    columns = (Column("目标", 30), Column("剩余允许值", 54), Column("出处", 8, "center"))
    open_rows = [row for row in _judged(results) if text(row, "quota_text")]
    rows: list[Sequence[Cell]] = [
        [_promised(row), text(row, "quota_text").replace("；", "\n"), sources.cell(sources.target(row))]
        for row in open_rows
    ]
    if rows:
        add_table(document, columns, rows=rows, size=style_facts()["size"]["table"] + 1)
    else:
        sources.say(document, "没有剩余允许值可以推算。")
    _split_by_month(document, results, sources=sources, rows=open_rows)


def _split_by_month(document: Any, results: Results, *, sources: Sources, rows: Sequence[Row]) -> None:
    """The months' parts of each target in trouble, by the rule of its own verdict."""
    lines: list[Sequence[Cell]] = []
    for row in (item for item in rows if text(item, "status") in _TROUBLED):
        parts = results.rows("quota", where={"target_id": text(row, "target_id"), "state": "open"})
        months = [part for part in parts if re.fullmatch(r"\d{4}-\d\d", text(part, "part"))]
        rules = list(dict.fromkeys(text(part, "rule") for part in months))
        for part in months:
            if text(part, "rule") == rules[0]:
                told = text(part, "text").removeprefix(f"{text(part, 'part')}：")
                lines.append([_promised(row), deadline_text(part["part"]), told, sources.cell(sources.target(row))])
    if lines:
        add_paragraph(document, "按月分解", face="second", indent=2).paragraph_format.keep_with_next = True
        columns = (Column("目标", 34), Column("月份", 16, "center"), Column("可均到", 34), Column("出处", 8, "center"))
        add_table(document, columns, rows=lines, size=style_facts()["size"]["table"] + 1)


def _expected(document: Any, results: Results, sources: Sources) -> None:
    names = {str(row["target_id"]): row for row in results.rows("progress")}
    chosen = [row for row in results.rows("outlook", where={"chosen": True}) if str(row["target_id"]) in names]
    if not chosen:
        sources.say(document, "没有研判结果：历史数据不足，或没有可以推算的目标；只列剩余允许值。")
    columns = (
        Column("目标", 26), Column("达标概率", 11, "center"), Column("中位", 11, "center"),
        Column("10%—90%", 19, "center"), Column("模型与说明", 26), Column("出处", 8, "center"),
    )  # fmt: skip
    aside = {identity: beside(target, results) for identity, target in names.items()}
    chosen.sort(key=lambda row: _likely(row, aside=aside[str(row["target_id"])]))
    rows: list[Sequence[Cell]] = [
        _expectation(names[str(row["target_id"])], row, sources, aside=aside[str(row["target_id"])]) for row in chosen
    ]
    if rows:
        add_table(document, columns, rows=rows, size=style_facts()["size"]["table"] + 1)
        sources.say(document, _INTERNAL)
    told = [_forecast(row) for row in forecast_rows(results, after=text(results.run, "as_of"))]
    if told:
        source = sources.page("预报：今日研判页", "today.html#forecast")
        sources.say(document, "；".join(told), source, "。", head="未来三天。")


def _likely(row: Row, *, aside: str) -> tuple[bool, Decimal]:
    chance = row["probability"]
    return bool(aside), Decimal(2) if chance is None else Decimal(str(chance))


def _expectation(target: Row, row: Row, sources: Sources, *, aside: str) -> list[Cell]:
    """One row; a target whose deadline is in another year has no chance: this year is only held against it."""
    state = text(row, "state")
    settled = words("zh").of("outlook_state", state) if state not in {"", "ok"} else ""
    beyond = words("zh")(f"outlook.{aside}") if aside else ""
    note = "；".join(part for part in (beyond, text(row, "model_name"), text(row, "reason") or settled) if part)
    low, middle, high = (_reached(row, name) for name in ("p10", "p50", "p90"))
    return [
        f"{named(target)}\n{text(target, 'target_text')}，{chinese_deadline(target)}",
        Toned("—" if aside else chance_text(row["probability"]) or "—", "bad" if state == "lost" else ""),
        middle or "—",
        _between(low, high, "" if row["unit"] == _CLASS else unit_text(row["unit"])),
        note,
        sources.cell(sources.outlook({**row, "indicator_name": target["indicator_name"]})),
    ]


def _between(low: str, high: str, unit: str) -> str:
    if not (low and high):
        return "—"
    return f"{low if low == high else f'{low}～{high}'} {unit}".strip()


def _reached(row: Row, name: str) -> str:
    """Where the statistic will stand, as printed; a class of water by its word."""
    if row["unit"] == _CLASS and row[name] is not None:
        return words("zh").of("class", text(row, name).partition(".")[0])
    return text(row, f"{name}_text") or text(row, name)


def _forecast(row: Row) -> str:
    said = text(row, "text") or f"AQI {printed(row['aqi_low'], 0)}～{printed(row['aqi_high'], 0)}"
    names = "、".join(row["primary_names"])  # type: ignore[arg-type]
    return f"{chinese_day(row['day'])}{said}" + (f"，首要污染物 {names}" if names else "")


def _proposed(document: Any, results: Results, sources: Sources) -> None:
    """What the targets in trouble need, for the consultation to decide; whom it concerns."""
    names = {str(row["target_id"]): row for row in results.rows("progress")}
    warned = {str(row["target_id"]): row for row in warning_rows(results)}
    troubled = [text(row, "target_id") for row in _judged(results) if text(row, "status") in _TROUBLED]
    rows = [names[identity] for identity in dict.fromkeys([*warned, *troubled])]
    for place, row in enumerate(rows, 1):
        identity = str(row["target_id"])
        needs = text(warned.get(identity, {}), "needs") or text(row, "quota_text") or text(row, "status_text")
        owners = text(row, "owners") or "未写明"
        said = f"{'现状' if text(row, 'status') in {'lost', 'not_met'} else '控制要求'}：{needs}"
        sources.say(document, said, sources.target(row), f"。责任：{owners}。", head=f"{place}.{_promised(row)}。")
    for row in (item for item in section_groups(results, "month") if item["edge"]):
        if text(row, "text"):
            sources.say(document, text(row, "text"), _section_source(row), "。", head=f"{text(row, 'section_name')}。")
    if not rows:
        sources.say(document, "没有不能完成或有风险的目标。")
    sources.say(document, "以上为系统按数据列出的控制要求，措施和分工由会商确定。")
