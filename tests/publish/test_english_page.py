"""English pages: what is known is said, names and plans are marked as Chinese, markup and data stay as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.publish import Results, render
from qingce.publish.english_page import in_english
from qingce.publish.pages import localized
from qingce.publish.sentences import english, names

ZH = '<span lang="zh-CN">{}</span>'


@pytest.mark.parametrize(
    ("page", "told"),
    [
        pytest.param("<td>总站审核</td>", "<td>national</td>", id="a-word-of-the-pages"),
        pytest.param("<th>氟化物</th>", "<th>fluoride</th>", id="a-parameter"),
        pytest.param("<td> Ⅳ类 </td>", "<td> IV </td>", id="a-class-with-its-blanks"),
        pytest.param("<b>≤ 30 微克/立方米</b>", "<b>≤ 30 μg/m³</b>", id="a-unit-of-the-plan"),
        pytest.param("<td>云泽市</td>", f"<td>{ZH.format('云泽市')}</td>", id="a-name"),
        pytest.param(
            "<p>云泽市, data to 2026</p>", f"<p>{ZH.format('云泽市')}, data to 2026</p>", id="a-name-in-a-sentence"
        ),
        pytest.param(
            "<td>青岭水库 氨氮 10-08 09:00</td>",
            f"<td>{ZH.format('青岭水库')} ammonia nitrogen 10-08 09:00</td>",
            id="a-place-and-what-is-measured",
        ),
        pytest.param('<q lang="zh-CN">总站<b>审核</b></q><i>审核</i>', None, id="what-is-marked-stays"),
        pytest.param('<script>{"a": "总站审核"}</script>', '<script>{"a": "总站审核"}</script>', id="data"),
        pytest.param("<option>云泽市</option>", "<option>云泽市</option>", id="no-markup-in-an-option"),
        pytest.param("<option>总站审核</option>", "<option>national</option>", id="an-option-that-is-known"),
        pytest.param('<i title="总站审核">x</i>', '<i title="national">x</i>', id="a-hint"),
        pytest.param('<i title="云泽市" class="a">x</i>', '<i title="云泽市" class="a">x</i>', id="a-hint-of-a-name"),
        pytest.param("<td>甲&lt;乙</td>", f"<td>{ZH.format('甲&lt;乙')}</td>", id="escapes-stay"),
        pytest.param("<p>nothing</p>", "<p>nothing</p>", id="nothing-to-say"),
        pytest.param('<p lang="zh-CN">甲', '<p lang="zh-CN">甲', id="never-closed"),
        pytest.param('<link hreflang="zh"><p>甲</p>', f'<link hreflang="zh"><p>{ZH.format("甲")}</p>', id="hreflang"),
    ],
)
def test_pieces(page: str, told: str | None) -> None:
    assert in_english(page) == (told or page.replace("<i>审核</i>", "<i>review</i>"))


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("颗粒物(PM10)、臭氧8小时", "PM10, ozone, 8-hour mean"),
        ("云泽市 臭氧8小时 2026-05-28 实测", "云泽市 ozone, 8-hour mean 2026-05-28 measured"),
        ("比2022年下降 20%（即 ≤ 34.56）", "20% below 2022 (that is ≤ 34.56)"),
        ("目标 降尘量（云泽市）", "target dustfall (云泽市)"),
        ("扣沙；先修约到 1 位小数", "dust days deducted; rounded first, decimals: 1"),
        (
            "1 段连续 36 个以上同值（自设检查，非标准）",
            "1 × 36 and more equal values in a row (own check, of no standard)",
        ),
        ("氮氧化物、挥发性有机物、化学需氧量、氨氮重点工程减排量分别达到2600吨", None),
        ("云泽市、泽阳县", None),
        ("环境空气质量标准 过渡阶段（2026-03-01 至 2030-12-31）", None),
    ],
    ids=["list", "place", "below", "target", "basis", "check", "a-plan-is-not-cut", "names", "a-title-is-not-cut"],
)
def test_names_side_by_side(zh: str, en: str | None) -> None:
    assert english(zh) == en


def test_a_chart_says_what_its_target_asks_in_the_language_of_its_page() -> None:
    chart = {"kind": "cumulative", "target_text": "≤ 30 微克/立方米", "series": []}
    assert localized(chart, "en")["target_text"] == "≤ 30 μg/m³"
    assert localized(chart, "zh") == chart
    assert localized({"target_text": "全面实现"}, "en") == {"target_text": "全面实现"}


def test_no_name_in_english_holds_chinese() -> None:
    assert len(names()) > 800
    assert {zh: en for zh, en in names().items() if re.search("[\u4e00-\u9fff]", en)} == {}


@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<b>", "</b>", "甲", "氨氮", "2026 ", "x", '<i lang="zh-CN">', "</i>"]))
)
def test_tags_stay_in_their_order(parts: list[str]) -> None:
    """Whatever stands in a page: only marks are added, and saying it again changes nothing."""
    page = "".join(parts)
    told = in_english(page)
    bare = re.sub(r'<span lang="zh-CN">([^<]*)</span>', r"\1", told)
    assert re.findall("<[^>]*>", bare) == re.findall("<[^>]*>", page)
    assert in_english(told) == told


@pytest.mark.parametrize("path", ["index", "outlook", "today", "month", "what-if", "counties", "targets/T-yz-001"])
def test_no_page_of_the_sample_leaves_chinese_unmarked(path: str, sample: Results) -> None:
    page = render(f"{path}.html", sample, "en")[0].decode()
    bare = re.sub(r"<(script|style|option|title)\b.*?</\1>", "", page, flags=re.DOTALL)
    while (less := re.sub(r'<(\w+)[^>]*\slang="zh[^>]*>[^<]*</\1>', "", bare)) != bare:
        bare = less
    texts = re.findall(r">([^<]*[\u4e00-\u9fff][^<]*)<", bare)
    assert [text for text in texts if text.strip()] == []
