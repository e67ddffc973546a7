"""A plan, its yearly letter, a reply that changes and one that withdraws: which target holds. 沿革。"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.core.records import Reading
from qingce.plans import History, follow, read_document, read_text, superseded

CATALOG = load_catalog()
ALIASES = {key: (indicator.zh, *indicator.aliases) for key, indicator in CATALOG.indicators.items()}

PLAN = """青溪市人民政府
青溪市空气质量持续改善行动计划
青政发〔2025〕3号
（2025年3月1日）
一、主要目标
到2026年，全市细颗粒物年均浓度达到34微克/立方米以下，优良天数比率达到85%以上。到2027年，森林覆盖率达到39%。
"""
LETTER = """青溪市生态环境局
关于下达2026年度环境空气质量改善目标的函
青环函〔2026〕5号
（2026年1月20日）
各县（市、区）人民政府：
到2026年，全市细颗粒物年均浓度达到32微克/立方米以下。分县目标如下。
2026年各县（市、区）目标
县（市、区）\t细颗粒物年均浓度（微克/立方米）\t优良天数比率（%）
东山区\t34\t86.5
西泽县\t31\t90.2
"""
MONTHS = """青溪市生态环境局
关于下达2026年分月目标的函
青环函〔2026〕9号
（2026年2月2日）
2026年PM2.5浓度月目标（微克/立方米）
县区\tPM2.5浓度（微克/立方米）\tPM2.5浓度（微克/立方米）
县区\t3月\t4月
东山区\t62\t55
西泽县\t52\t45
"""
REPLY = """青溪市生态环境局
关于调整西泽县2026年度目标的复函
青环函〔2026〕41号
（2026年6月20日）
西泽县人民政府：
你县来文收悉。经研究，现函复如下：
一、同意将西泽县2026年细颗粒物年均浓度目标由31微克/立方米调整为33微克/立方米。
二、《关于下达2026年度环境空气质量改善目标的函》（青环函〔2026〕5号）下达的西泽县优良天数比率目标不再执行。
"""


def read(text: str, name: str) -> Reading:
    return read_text(text, CATALOG, name=f"{name}.txt")


ALL = [read(PLAN, "plan"), read(LETTER, "letter"), read(MONTHS, "months"), read(REPLY, "reply")]


def lines(*readings: Reading) -> dict[tuple[str, str, str], History]:
    return {(h.indicator_id, h.place, h.deadline): h for h in follow(readings or ALL, aliases=ALIASES)}


def shown(history: History) -> list[tuple[str, str, str]]:
    return [
        (s.document.id, s.change, str(s.target.value) if s.target and s.target.value is not None else s.note)
        for s in history.steps
    ]


def test_every_document_has_its_number_and_date() -> None:
    assert [(r.document.number, r.document.date) for r in ALL] == [
        ("青政发〔2025〕3号", "2025-03-01"), ("青环函〔2026〕5号", "2026-01-20"), ("青环函〔2026〕9号", "2026-02-02"),
        ("青环函〔2026〕41号", "2026-06-20"),
    ]  # fmt: skip


def test_a_later_letter_changes_the_plans_figure_and_splits_it() -> None:
    history = lines()["pm2_5_annual", "青溪市", "2026"]
    assert shown(history) == [
        ("plan", "set", "34"), ("letter", "changed", "32"), ("letter", "split", "分解到 2 个县（市、区）"),
        ("months", "split", "分解到 2 个县（市、区）、2 个月"),
    ]  # fmt: skip
    assert history.in_force is not None
    assert history.in_force.target is not None
    assert str(history.in_force.target.value) == "32"
    first = history.steps[0]
    assert first.superseded_by == history.in_force.target.id
    assert "青环函〔2026〕5号，2026-01-20" in first.note
    assert len(history.steps[3].parts) == 4


def test_a_reply_changes_one_countys_figure_and_withdraws_another() -> None:
    found = lines()
    assert shown(found["pm2_5_annual", "西泽县", "2026"]) == [
        ("letter", "set", "31"), ("months", "split", "分解到 2 个月"), ("reply", "changed", "33"),
    ]  # fmt: skip
    ended = found["good_day_ratio", "西泽县", "2026"]
    assert [s.change for s in ended.steps] == ["set", "withdrawn"]
    assert ended.in_force is None
    text = ALL[3].document.text
    assert text[ended.steps[1].start : ended.steps[1].end] == ended.steps[1].note
    assert "不再执行" in ended.steps[1].note
    assert found["good_day_ratio", "东山区", "2026"].in_force is not None
    assert found["good_day_ratio", "青溪市", "2026"].in_force is not None


def test_what_no_longer_holds_is_told_by_target() -> None:
    gone = superseded(follow(ALL, aliases=ALIASES))
    values = {t.id: (t.scope, str(t.value)) for r in ALL for t in r.targets}
    assert sorted(values[identity] for identity in gone) == [("全市", "34"), ("西泽县", "31"), ("西泽县", "90.2")]
    assert all("青环函〔2026〕" in words for words in gone.values())


def test_other_years_and_indicators_are_left_alone() -> None:
    assert shown(lines()["forest_cover", "青溪市", "2027"]) == [("plan", "set", "39")]
    assert [s.change for s in lines()["good_day_ratio", "青溪市", "2026"].steps] == ["set", "split"]


def test_the_order_in_which_files_are_given_does_not_matter() -> None:
    want = superseded(follow(ALL, aliases=ALIASES))
    for order in permutations(ALL):
        assert superseded(follow(order, aliases=ALIASES)) == want


def test_a_document_without_a_date_moves_nothing() -> None:
    undated = replace(ALL[1], document=replace(ALL[1].document, date=""))
    gone = superseded(follow([ALL[0], undated], aliases=ALIASES))
    assert gone == {}


def test_a_county_cannot_move_what_the_city_set() -> None:
    county = read(
        "西泽县人民政府\n西泽县大气污染防治工作方案\n（2026年3月1日）\n一、目标\n到2026年，全县细颗粒物年均浓度达到35微克/立方米以下。\n",
        "county",
    )
    history = lines(ALL[1], county)["pm2_5_annual", "西泽县", "2026"]
    assert [s.superseded_by for s in history.steps] == ["", ""]


def test_a_figure_said_again_supersedes_nothing() -> None:
    again = read(
        "青溪市人民政府\n青溪市工作要点\n（2026年3月1日）\n一、目标\n到2026年，优良天数比率达到85%以上。\n", "again"
    )
    history = lines(ALL[0], again)["good_day_ratio", "青溪市", "2026"]
    assert [(s.change, s.superseded_by) for s in history.steps] == [("set", ""), ("repeated", "")]


def test_a_value_left_to_the_superior_is_filled_by_its_letter() -> None:
    text = "青溪市人民政府\n青溪市行动方案\n（2025年5月1日）\n一、目标\n到2026年，优良天数比率完成省下达目标。\n"
    letter = "云山省生态环境厅\n关于下达2026年度目标的函\n云环函〔2026〕8号\n（2026年1月5日）\n2026年目标\n市\t优良天数比率（%）\n青溪市\t87\n白石市\t88\n"  # noqa: E501
    history = lines(read(text, "city"), read(letter, "province"))["good_day_ratio", "青溪市", "2026"]
    assert [s.change for s in history.steps] == ["set", "filled"]
    assert "云环函〔2026〕8号" in history.steps[0].note


@pytest.mark.parametrize(("sentence", "gone"), [
    ("《关于下达2026年度环境空气质量改善目标的函》（青环函〔2026〕5号）即行废止。", 5),
    ("青环函〔2026〕5号文件自本函印发之日起停止执行。", 5),
    ("青环函[2026]5号下达的各项目标予以取消。", 5),
    ("取消东山区2026年优良天数比率目标。", 1),
    ("取消东山区2027年优良天数比率目标。", 0),
    ("西泽县2026年细颗粒物年均浓度目标不再考核。", 1),
    ("青环函〔2026〕5号下达的优良天数比率目标不再执行。", 2),
    ("《关于下达2024年度环境空气质量改善目标的函》（青环函〔2024〕5号）即行废止。", 0),
    ("青环函〔2026〕5号下达的矿山修复目标不再执行。", 0),
    ("取消燃煤锅炉财政补贴。", 0),
    ("撤销临时监测点位，完成年度监测任务。", 0),
])  # fmt: skip
def test_what_a_sentence_withdraws(sentence: str, gone: int) -> None:
    reply = read(f"青溪市生态环境局\n关于有关事项的复函\n（2026年7月1日）\n{sentence}\n", "reply")
    letter = [t.id for t in ALL[1].targets]
    assert len(letter) == 5
    assert len(superseded(follow([ALL[1], reply], aliases=ALIASES))) == gone


def test_that_document_is_the_one_cited_above() -> None:
    text = (
        "青溪市生态环境局\n关于有关事项的复函\n（2026年7月1日）\n青环函〔2026〕5号的来文收悉。该函自即日起停止执行。\n"
    )
    assert len(superseded(follow([ALL[1], read(text, "reply")], aliases=ALIASES))) == 5


def test_real_plans_move_nothing_of_one_another(shared: Path) -> None:
    readings = [read_document(path, CATALOG) for path in sorted((shared / "plans").glob("*.txt"))]
    assert superseded(follow(readings, aliases=ALIASES)) == {}
