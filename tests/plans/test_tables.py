"""Documents with a layout of their own: task lists, yearly letters, minutes, rectification lists. 表格与文种。"""

from __future__ import annotations

from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.plans import read_document, read_text

CATALOG = load_catalog()

TASKS = """青溪市2026年水污染防治重点任务清单
（2026年2月9日）
一、水环境治理
序号\t重点任务\t牵头单位\t配合单位\t完成时限
1\t完成36个入河排污口整治\t市生态环境局\t市水利局、市住房城乡建设局\t2026年9月底前
2\t县城再生水利用率达到28%以上\t市住房城乡建设局\t各县政府\t年底前
二、能力建设
序号\t完成时限\t任务内容\t责任单位
3\t2026年6月\t建成水质自动站4座\t市生态环境局
"""


def test_a_task_list_in_any_order_of_columns() -> None:
    tasks = {t.path: t for t in read_text(TASKS, CATALOG).tasks}
    assert list(tasks) == ["一", "二", "一/1", "一/2", "二/3"]
    assert tasks["一/1"].lead_units == ("市生态环境局",)
    assert tasks["一/1"].support_units == ("市水利局", "市住房城乡建设局")
    assert [tasks[path].deadline for path in ("一/1", "一/2", "二/3")] == ["2026-09", "2026-12", "2026-06"]
    assert tasks["二/3"].responsible_units == ("市生态环境局",)
    assert tasks["二/3"].title == "建成水质自动站4座"
    assert TASKS[tasks["一/1"].start : tasks["一/1"].end].startswith("1\t完成36个")


def test_the_same_list_in_markdown_and_html(tmp_path: Path) -> None:
    lines = TASKS.splitlines()
    marked, rows = [], []
    for line in lines:
        cells = line.split("\t")
        if len(cells) > 1:
            marked.append("| " + " | ".join(cells) + " |")
            if cells[0] == "序号":
                marked.append("|" + "---|" * len(cells))
            rows.append("<tr>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
        else:
            marked += ["", line, ""]
            rows.append(f"</table><p>{line}</p><table>")
    (tmp_path / "list.md").write_text("\n".join(marked), encoding="utf-8")
    (tmp_path / "list.html").write_text(f"<html><body><table>{''.join(rows)}</table></body></html>", encoding="utf-8")
    want = [(t.path, t.title, t.lead_units, t.deadline) for t in read_text(TASKS, CATALOG).tasks]
    for name in ("list.md", "list.html"):
        tasks = read_document(tmp_path / name, CATALOG).tasks
        assert [(t.path, t.title, t.lead_units, t.deadline) for t in tasks] == want, name


LETTER = """关于下达2026年度环境空气质量改善目标的函
（2026年1月20日）
各县（市、区）人民政府：
现将目标下达如下。
2026年各县（市、区）目标
县（市、区）\tPM2.5年均浓度（微克/立方米）\t优良天数比率（%）
东山区\t34\t86.5
西泽县\t≤31\t90.2
"""


def test_a_yearly_letter_by_county() -> None:
    reading = read_text(LETTER, CATALOG)
    assert reading.document.kind == "letter"
    rows = [(t.scope, t.indicator_id, t.comparator, str(t.value), t.unit, t.deadline) for t in reading.targets]
    assert rows == [
        ("东山区", "pm2_5_annual", "<=", "34", "微克/立方米", "2026"),
        ("东山区", "good_day_ratio", ">=", "86.5", "%", "2026"),
        ("西泽县", "pm2_5_annual", "<=", "31", "微克/立方米", "2026"),
        ("西泽县", "good_day_ratio", ">=", "90.2", "%", "2026"),
    ]
    assert all(LETTER[t.start : t.end] == t.quote for t in reading.targets)


def test_a_letter_by_county_and_month() -> None:
    text = "关于下达2026年PM2.5目标的函\n2026年PM2.5浓度月目标（微克/立方米）\n县区\tPM2.5浓度（微克/立方米）\tPM2.5浓度（微克/立方米）\n县区\t1月\t2月\n东山区\t62\t55\n"  # noqa: E501
    rows = [(t.scope, str(t.value), t.deadline) for t in read_text(text, CATALOG).targets]
    assert rows == [("东山区", "62", "2026-01"), ("东山区", "55", "2026-02")]


RECTIFY = """青溪市督察反馈问题整改清单
序号\t反馈问题\t整改目标\t整改措施\t整改时限\t责任单位
1\t城区污水直排\t2026年底前，城区污水处理率达到98%以上\t新建管网\t2026年12月底前\t市住房城乡建设局
"""


def test_a_rectification_list() -> None:
    reading = read_text(RECTIFY, CATALOG)
    assert reading.document.kind == "rectification"
    task = reading.tasks[0]
    assert (task.path, task.title, task.measures, task.deadline) == ("1", "城区污水直排", ("新建管网",), "2026-12")
    assert [(str(t.value), t.deadline) for t in reading.targets] == [("98", "2026-12")]


@pytest.mark.parametrize(("title", "kind"), [
    ("青溪市生态环境保护专题会议纪要", "minutes"), ("关于深入打好攻坚战的实施意见", "opinion"), ("某市治理条例", "law"),
    ("水污染防治行动计划", "plan"), ("关于某县来文的复函", "reply"), ("关于开展排查的通知", "notice"), ("督察反馈问题整改方案", "rectification"),  # noqa: E501
])  # fmt: skip
def test_the_kind_of_a_document(title: str, kind: str) -> None:
    assert read_text(f"{title}\n一、要求\n做好工作。\n", CATALOG).document.kind == kind


def test_minutes_number_what_was_decided() -> None:
    text = "青溪市大气污染防治专题会议纪要\n会议议定以下事项：\n一、关于扬尘治理。由市住房城乡建设局制定方案。（责任单位：市住房城乡建设局）\n二、关于秸秆禁烧。加强巡查。\n"  # noqa: E501
    tasks = read_text(text, CATALOG).tasks
    assert [(t.path, t.title, t.responsible_units) for t in tasks] == [
        ("一", "关于扬尘治理", ("市住房城乡建设局",)),
        ("二", "关于秸秆禁烧", ()),
    ]
