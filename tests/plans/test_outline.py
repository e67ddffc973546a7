"""The tree of headings in every mixture of markers. 条款树。"""

from __future__ import annotations

import pytest

from qingce.catalog import load_catalog
from qingce.plans import read_text

CATALOG = load_catalog()

CASES = {
    "chapters and articles": ("第一章 总则\n第一条 为了治理，制定本办法。\n第二条 适用于全市。\n第二章 责任\n第三条 各县负责。\n",  # noqa: E501
                              ["第一章", "第一章/第一条", "第一章/第二条", "第二章", "第二章/第三条"]),
    "mixed widths": ("一、总体要求\n(一)目标。要达标。\n（二）原则。要坚持。\n二、任务\n(一) 治气。加强治理。\n",
                     ["一", "一/（一）", "一/（二）", "二", "二/（一）"]),
    "numbers that go on over chapters": ("一、总体要求\n（一）甲。甲。\n（二）乙。乙。\n二、任务\n（三）丙。丙。\n（四）丁。丁。\n",  # noqa: E501
                                         ["一", "一/（一）", "一/（二）", "二", "二/（三）", "二/（四）"]),
    "run-on text": ("方案为做好工作，制定本方案。一、总体要求(一)主要目标。要达标。(二)原则。要坚持。二、重点任务(一)治气。加强治理。",  # noqa: E501
                    ["一", "一/（一）", "一/（二）", "二", "二/（一）"]),
    "decimal": ("1 总则\n1.1 目的\n规范应急。\n1.2 原则\n1.2.1 统一领导\n2 职责\n2.1 指挥部\n",
                ["1", "1/1.1", "1/1.2", "1/1.2/1.2.1", "2", "2/2.1"]),
    "circled": ("一、任务\n1.治水\n①排查。开展排查。\n②整治。开展整治。\n2.治气\n①排查。开展排查。\n",
                ["一", "一/1", "一/1/①", "一/1/②", "一/2", "一/2/①"]),
    "bracketed digits": ("一、任务\n（一）治水。\n（1）排查河口。\n（2）整治河口。\n（二）治气。\n", ["一", "一/（一）", "一/（一）/（1）", "一/（一）/（2）", "一/（二）"]),  # noqa: E501
    "page noise that imitates numbers": ("2、PDF文件可能打开。\n3、本站不支持。\n一、要求\n（一）目标。要达标。\n", ["一", "一/（一）"]),  # noqa: E501
    "a number in a sentence": ("一、要求\n本计划共有（二）类措施，完成3.5万亩。\n二、任务\n", ["一", "二"]),
    "a lost number": ("一、甲\n二、乙\n四、丁\n", ["一", "二", "四"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_paths(name: str) -> None:
    text, paths = CASES[name]
    assert [c.path for c in read_text(text, CATALOG).clauses] == paths


def test_titles_and_spans() -> None:
    text = "某市方案\n一、总体要求\n（一）主要目标到2027年，湿地保护率达到51%。\n（二）工作原则。坚持系统治理。\n1.以专项整治为抓手，强化登记、检测、维修、报废全过程管理，建立台账，落实责任。\n\n电话咨询\n"  # noqa: E501
    clauses = {c.path: c for c in read_text(text, CATALOG).clauses}
    assert {path: c.title for path, c in clauses.items()} == {
        "一": "总体要求",
        "一/（一）": "主要目标",
        "一/（二）": "工作原则",
        "一/（二）/1": "",
    }
    assert text[clauses["一/（一）"].start : clauses["一/（一）"].end] == "（一）主要目标到2027年，湿地保护率达到51%。"
    assert text[: clauses["一"].end].endswith("落实责任。")


@pytest.mark.parametrize(("title", "battle"), [
    ("深入打好蓝天保卫战", "蓝天"), ("强化饮用水水源保护", "碧水"), ("推进农用地土壤污染防治", "净土"), ("加强生物多样性保护", "生态"),  # noqa: E501
    ("有序实施碳达峰行动", "低碳"), ("严格核与辐射监管", "风险"), ("加强组织领导", "治理"),
])  # fmt: skip
def test_battle_by_content(title: str, battle: str) -> None:
    assert read_text(f"一、{title}\n做好工作。\n", CATALOG).clauses[0].battle == battle


def test_a_broken_line_is_joined_and_shown() -> None:
    text = "某市方案\n一、任务\n全面推进水污染防治，加快城镇污水管网建\n\n设，到2027年，再生水利用\n\n率达到35%以上。\n"
    reading = read_text(text, CATALOG)
    assert [(t.indicator, str(t.value)) for t in reading.targets] == [("再生水利用率", "35")]
    assert [r.rule for r in reading.repairs] == ["page-break", "page-break"]


@pytest.mark.parametrize(("text", "after", "applied"), [
    ("加强臭氧(。3)治理。", "（O3）", True), ("细颗粒物($PM_{2.5}$)浓度。", "（PM2.5）", True), ("秸杆综合利用。", "秸秆", True),  # noqa: E501
    ("强化生态环境与健康健康管理。", "健康", False), ("22025年底前完成。", "2", True), ("全县达到11类水质标准。", "Ⅱ", True),  # noqa: E501
])  # fmt: skip
def test_repairs_name_before_after_rule_and_confidence(text: str, after: str, applied: bool) -> None:
    repairs = read_text(text, CATALOG).repairs
    assert [r.after for r in repairs] == [after]
    assert (repairs[0].confidence >= 0.9) == applied
    assert text[repairs[0].start : repairs[0].end] == repairs[0].before
