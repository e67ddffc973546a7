"""Dates as printed, normalised; what is no deadline is left out. 时间。"""

from __future__ import annotations

import pytest

from qingce.catalog import load_catalog
from qingce.plans import read_text

CATALOG = load_catalog()

DATES = {
    "到2027年，完成整治。": ["2027"],
    "到 2027 年底，完成整治。": ["2027-12"],
    "2027年年底前完成整治。": ["2027-12"],
    "2026年6月底前，完成排查；2027年底前，完成整治。": ["2026-06", "2027-12"],
    "2026年6月15日前完成排查。": ["2026-06-15"],
    "2026年上半年完成排查。": ["2026-06"],
    "2026年三季度末完成排查。": ["2026-09"],
    "“十五五”期间，煤炭消费量持续下降。": ["2030"],
    "2024—2026年，每年完成10个村。": ["2024/2026", "R/P1Y"],
    "2025年10月至2026年3月，开展专项行动。": ["2025-10/2026-03"],
    "每年11月1日至次年3月31日，停止土石方作业。": ["R/--11-01/--03-31"],
    "每年6月至9月加强巡查。": ["R/--06..--09"],
    "每月调度，每季度通报，每半年评估。": ["R/P1M", "R/P3M", "R/P6M"],
    "在“六五”环境日开展宣传。": ["R/--06-05"],
    "采暖季实施错峰生产。": ["season:heating"],
    "汛期前完成清淤。": ["event:汛期"],
    "项目竣工验收前应当公开报告。": ["event:竣工验收"],
    "实施十年禁渔。": ["P10Y"],
    "力争煤炭消费在2027年左右达峰。": ["2027"],
    "比2020年下降10%。": [],
    "制定2030年前碳达峰行动方案。": [],
    "编制《2021—2025年治理规划》。": [],
    "巩固“十三五”时期治理成果。": [],
    "聚焦夏秋季臭氧污染。": [],
    "打好秋冬季大气污染防治攻坚战。": [],
    "（2026年3月8日）": [],
    "2022年6月5日起施行。": [],
    "落实“十四五”国家地下水规划。": [],
}


@pytest.mark.parametrize("text", DATES)
def test_dates(text: str) -> None:
    assert [d.date for d in read_text(text, CATALOG).deadlines] == DATES[text]


def test_a_date_without_a_year_takes_that_of_issue() -> None:
    text = "某市任务清单\n（2026年2月9日）\n一、任务\n6月底前完成排查，年底前完成整治。\n"
    assert [d.date for d in read_text(text, CATALOG).deadlines] == ["2026-06", "2026-12"]


def test_a_date_says_what_it_asks_for() -> None:
    deadline = read_text("2026年6月底前，完成黑臭水体排查。", CATALOG).deadlines[0]
    assert (deadline.quote, deadline.kind, deadline.action) == ("2026年6月底前", "by_end", "完成黑臭水体排查")


def governed(text: str) -> list[tuple[str, str]]:
    targets = [t for t in read_text(text, CATALOG).targets if t.value is not None]
    return [(str(t.value), t.deadline) for t in targets]


def test_the_head_of_a_list_governs_to_its_end() -> None:
    text = "到2027年，湿地保护率达到51%；森林覆盖率达到30%，水土保持率达到70%。"
    assert governed(text) == [("51", "2027"), ("30", "2027"), ("70", "2027")]


def test_a_date_does_not_reach_back() -> None:
    assert governed("湿地保护率达到51%，到2027年，森林覆盖率达到30%。") == [("51", ""), ("30", "2027")]


def test_a_date_is_carried_over_a_full_stop_by_states_only() -> None:
    text = "一、主要目标\n到2027年，湿地保护率达到51%。全市森林覆盖率达到30%。大力推进绿化，水土保持率达到70%。\n二、任务\n垃圾处理率达到99%。\n"  # noqa: E501
    assert governed(text) == [("51", "2027"), ("30", "2027"), ("70", ""), ("99", "")]


def test_a_year_over_at_issue_is_history() -> None:
    text = "某市方案\n（2026年2月9日）\n一、现状\n2025年，全市优良天数比率为85.2%。\n二、目标\n2026年，全市优良天数比率达到86%。\n"  # noqa: E501
    assert governed(text) == [("86", "2026")]
