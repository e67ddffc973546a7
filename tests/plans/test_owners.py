"""Responsible units in every layout. 责任单位。"""

from __future__ import annotations

import pytest

from qingce.plans.owners import Owners, find_owners, unit_key
from qingce.plans.phrases import load_phrases

PHRASES = load_phrases()

CASES = {
    "开展整治（责任单位：区水利局、区住建局）。": Owners(responsible=("区水利局", "区住建局")),
    "开展整治。\n牵头单位：市生态环境局\n配合单位：市公安局、市交通运输局，各县（市、区）政府\n": Owners(
        ("市生态环境局",), ("市公安局", "市交通运输局", "各县（市、区）政府")
    ),
    "开展整治。（牵头单位：市水务局；配合单位：市财政局、市发展改革委；责任单位：各县政府）": Owners(
        ("市水务局",), ("市财政局", "市发展改革委"), ("各县政府",)
    ),
    "推进清洁取暖。（市能源局牵头，市财政局、市住房城乡建设局配合）": Owners(
        ("市能源局",), ("市财政局", "市住房城乡建设局")
    ),
    "推进治理。（市生态环境局、市水利局等按职责分工负责）": Owners(responsible=("市生态环境局", "市水利局")),
    "完善制度。牵头单位：XXX\n\n配合单位：XXX": Owners(("XXX",), ("XXX",)),
    "依法问责。责任单位：县纪委（监委）、县委组织部": Owners(responsible=("县纪委（监委）", "县委组织部")),
    "牵头部门:市林草局\t配合部门:市财政局": Owners(("市林草局",), ("市财政局",)),
    "没有单位的任务。": Owners(),
    "由各地牵头推进治理工作。": Owners(),
}


@pytest.mark.parametrize("text", CASES)
def test_units(text: str) -> None:
    assert find_owners(text.replace(":", "："), PHRASES) == CASES[text]


@pytest.mark.parametrize(("first", "second"), [
    ("罗江生态环境局", "区生态环境局"), ("市发改委", "发展改革委"), ("区住建局", "住房和城乡建设局"), ("市生态环境局XX分局", "环保局"), ("白石县工信局", "县经信局"),  # noqa: E501
])  # fmt: skip
def test_aliases_of_one_unit(first: str, second: str) -> None:
    assert unit_key(first, PHRASES) == unit_key(second, PHRASES) != ""


@pytest.mark.parametrize(("first", "second"), [("市水利局", "市财政局"), ("XXX", "XXX"), ("各县政府", "各乡镇政府")])
def test_units_that_are_apart(first: str, second: str) -> None:
    assert unit_key(first, PHRASES) != unit_key(second, PHRASES) or not unit_key(first, PHRASES)


def test_an_unknown_unit_keeps_its_own_name() -> None:
    assert unit_key("青溪市河长制办公室", PHRASES) == "河长制办公室"
