"""Sentences of the results in English: every pattern fits its own sentence, and what is not known stays Chinese."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.publish.i18n import words
from qingce.publish.sentences import english, patterns

TEXT = files("qingce.publish").joinpath("templates/sentences.csv").read_text("utf-8")
ROWS = list(csv.DictReader(TEXT.splitlines()))
FILLED = {
    "n": "3",
    "m": "5",
    "k": "2",
    "q": "7",
    "d": "2026-12-31",
    "e": "2026-10-31",
    "s": "≤ 3",
    "x": "甲",
    "y": "乙",
    "z": "丙",
}


@pytest.mark.parametrize("row", ROWS, ids=[f"{place:03d}" for place in range(len(ROWS))])
def test_every_pattern_answers_for_its_own_sentence(row: dict[str, str]) -> None:
    """No earlier row takes it away; both sides have the same places; the English holds no Chinese of its own."""
    places = set(re.findall(r"\{([a-z])\}", row["zh"]))
    assert places == set(re.findall(r"\{([a-z])\}", row["en"]))
    assert not re.search(r"[\u4e00-\u9fff；，。]", row["en"])
    assert english(row["zh"].format(**FILLED)) == row["en"].format(**FILLED)


def test_no_sentence_stands_twice() -> None:
    assert len({row["zh"] for row in ROWS}) == len(ROWS) == len(patterns())


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        pytest.param(
            "剩余 214 天均值 ≤ 36.89（严格比较）；< 37.74（先修约）",
            "mean of the 214 days left ≤ 36.89 (strict comparison); < 37.74 (rounded first)",
            id="story-1",
        ),
        pytest.param(
            "还可有 47 个非优良日（剩余 214 天）（修约与否相同）",
            "47 more days that are not good may come (214 days left) (the same rounded or not)",
            id="story-2",
        ),
        pytest.param(
            "云溪河入湖口氨氮：剩余 2 个月均值 ≤ 0.80",
            "云溪河入湖口 ammonia nitrogen: mean of the 2 months left ≤ 0.80",
            id="story-3",
        ),
        pytest.param(
            "6 个断面最多可有 1 个不达标；目前 2 个，须有 1 个转好",
            "at most 1 of 6 sections may fail; 2 now, 1 must become good",
            id="sections",
        ),
        pytest.param(
            "距目标还差 379.5 吨（2026年1月1日至9月30日认定值）",
            "379.5 t short of the target (official figure, 2026-01-01 to 09-30)",
            id="tonnes",
        ),
        pytest.param(
            "2026年12月31日预计 Ⅳ类（80% 区间 Ⅲ类—劣Ⅴ类），达标可能性约 26%（内部研判）",
            "expected on 2026-12-31: class IV (80 % within class III–worse than class V), chance about 26 % (internal)",
            id="classes",
        ),
        pytest.param(
            "年度进展（时限 2026 年）：有风险，目前 36.6（修约为 37） ≤ 39",
            "progress of the year (deadline 2026): at risk, now 36.6 (rounded 37) ≤ 39",
            id="status",
        ),
    ],
)
def test_whole_texts(zh: str, en: str) -> None:
    assert english(zh) == en


@pytest.mark.parametrize("text", ["云泽市", "一句没有人写过的话", "剩余 3 天均值 ≤ 5；一句没有人写过的话"])
def test_what_is_not_known_stays_chinese(text: str) -> None:
    assert english(text) is None
    assert words("en").said(text) is None


def test_chinese_pages_keep_their_sentences() -> None:
    assert words("zh").said("时段已结束，达标") is None
    assert words("en").said("时段已结束，达标") == "the period is over, met"
    assert words("en").said("") is None
    assert words("en").said(None) is None


@given(st.text(alphabet="剩余天均值还可有个（）；：，{}ns ≤0123456789", max_size=40))
def test_any_text_is_answered_or_left(text: str) -> None:
    """Nothing breaks, and no place is left unfilled."""
    found = english(text)
    assert found is None or "{" not in found or "{" in text
