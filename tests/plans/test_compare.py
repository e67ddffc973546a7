"""Superior and subordinate, old and new, neighbours; sums that cannot be. 比对。"""

from __future__ import annotations

from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.core.records import Document, Reading
from qingce.plans import compare, difference_to_dict, feasibility, read_document, read_text, reading_to_dict
from qingce.plans.differences import KINDS
from qingce.plans.places import place_of

CATALOG = load_catalog()


def plan(title: str, *sentences: str) -> Reading:
    return read_text(f"{title}\n一、主要目标\n" + "".join(f"{s}\n" for s in sentences), CATALOG)


PROVINCE = plan(
    "云山省污染防治行动计划",
    "到2027年，全省细颗粒物年均浓度达到32微克/立方米以下，优良天数比率达到86%，森林覆盖率达到41%，湿地保护率达到55%。",
    "到2027年，二氧化硫排放量比2022年下降8%，受污染耕地安全利用率达到94%，全省农膜回收率达到85%。",
)
CITY = plan(
    "云山省青溪市污染防治行动计划",
    "到2027年，全市细颗粒物年均浓度达到30微克/立方米以下，优良天数比率完成省下达目标，森林覆盖率达到39%。",
    "到2027年，二氧化硫排放量比2020年下降8%，农膜回收率达到85%，秸秆综合利用率达到92%。",
    "2026年底前，受污染耕地安全利用率达到94%。",
)


@pytest.mark.parametrize("order", [(PROVINCE, CITY), (CITY, PROVINCE)])
def test_a_cascade(order: tuple[Reading, Reading]) -> None:
    result = compare(*order)
    assert result.relation == "cascade"
    assert result.first.level == "province"
    found = {(d.indicator_id, d.kind) for d in result.differences}
    assert found == {
        ("pm2_5_annual", "stricter"), ("good_day_ratio", "resolved"), ("forest_cover", "weaker"), ("wetland_protection", "missing"),  # noqa: E501
        ("so2_emission", "other_base"), ("arable_safe_use", "same"), ("arable_safe_use", "earlier"), ("film_recovery", "same"),  # noqa: E501
        ("straw_use", "extra"),
    }  # fmt: skip
    tightened = next(d for d in result.differences if d.kind == "stricter")
    assert "层层加码" in tightened.text


def test_a_delegated_value_comes_with_its_source() -> None:
    resolved = next(d for d in compare(PROVINCE, CITY).differences if d.kind == "resolved")
    assert resolved.first is not None
    assert (str(resolved.first.value), resolved.first.quote) == ("86", "优良天数比率达到86%")


def test_a_revision_is_no_text_diff() -> None:
    old = plan("青溪市行动计划（征求意见稿）", "到2027年，优良天数比率达到86%，森林覆盖率达到39%，湿地保护率达到50%。")
    new = plan(
        "青溪市行动计划（送审稿）",
        "湿地保护率到2028年达到50%；到2027年，全市优良天数比率力争达到87%，再生水利用率达到30%。",
    )
    result = compare(old, new, relation="revision")
    assert {(d.indicator_id, d.kind) for d in result.differences} == {
        ("good_day_ratio", "value"), ("forest_cover", "removed"), ("wetland_protection", "deadline"), ("reclaimed_water", "added"),  # noqa: E501
    }  # fmt: skip
    assert compare(old, new).relation == "revision"


def test_the_same_plan_has_no_differences_as_a_revision() -> None:
    assert compare(CITY, CITY, relation="revision").differences == ()


def test_peers() -> None:
    other = plan("白石市污染防治攻坚方案", "到2027年，细颗粒物年均浓度达到31微克/立方米，垃圾焚烧比例达到70%。")
    kinds = {d.kind for d in compare(CITY, other).differences}
    assert kinds == {"differs", "only_first", "only_second"}


def test_units_are_brought_to_one_scale() -> None:
    superior = plan("青溪市计划", "到2027年，氮氧化物重点工程减排量达到1.2万吨。")
    child = plan("青溪市计划", "到2027年，氮氧化物重点工程减排量达到12000吨。")
    assert compare(superior, child, relation="revision").differences == ()


def test_an_amount_of_a_city_is_a_part_of_the_provinces() -> None:
    superior = plan("云山省计划", "到2027年，氮氧化物重点工程减排量达到1.2万吨。")
    for amount, kind, note in (
        ("1406", "part", "1406 ≤ 12000 吨"),
        ("13000", "part_exceeds_whole", "13000 > 12000 吨"),
    ):
        child = plan("青溪市计划", f"到2027年，氮氧化物重点工程减排量达到{amount}吨。")
        assert [(d.kind, d.note) for d in compare(superior, child).differences] == [(kind, note)]


def test_the_class_of_one_river_is_not_that_of_another() -> None:
    superior = plan("云山省计划", "到2027年，白石河水质达到Ⅲ类。")
    child = plan("青溪市计划", "到2027年，清溪水质达到Ⅱ类。")
    assert {d.kind for d in compare(superior, child).differences} == {"missing", "extra"}


def test_a_letter_by_month_is_no_version_of_the_letter_by_year() -> None:
    head = "青溪市生态环境局\n{}\n青环函〔2026〕{}号\n到2026年，优良天数比率达到{}%。\n"
    year = read_text(head.format("关于下达2026年度环境空气质量改善目标的函", 5, 86), CATALOG)
    month = read_text(head.format("关于下达2026年分月目标的函", 9, 87), CATALOG)
    again = read_text(head.format("关于下达2026年度环境空气质量改善目标的函", 12, 88), CATALOG)
    assert compare(year, month).relation == "peers"
    assert compare(year, again).relation == "revision"


def test_a_level_is_not_compared_with_a_change() -> None:
    superior = plan("云山省计划", "到2027年，细颗粒物年均浓度比2022年下降10%。")
    child = plan("青溪市计划", "到2027年，细颗粒物年均浓度达到30微克/立方米。")
    assert [d.kind for d in compare(superior, child).differences] == ["other_kind"]


def test_arithmetic_alone() -> None:
    reading = plan(
        "青溪市计划",
        "到2027年，建成并网风电300万千瓦、光伏450万千瓦，新能源发电装机规模达到700万千瓦。",
        "到2027年，7个国控断面优良水体比例达到80%以上。",
        "到2027年，全市森林覆盖率达到39%。",
        "到2027年，全市森林覆盖率达到40%。",
    )
    found = {d.kind: d.note for d in feasibility(reading)}
    assert found == {
        "contradiction": "",
        "parts_exceed_whole": "300 + 450 = 750 > 700 万千瓦",
        "share_of_few": "7 × 80% = 5.6 → 6/7",
    }


def test_the_sum_of_a_real_plan_that_cannot_be(shared: Path) -> None:
    reading = read_document(next((shared / "plans").glob("002_*.txt")), CATALOG)
    notes = {d.kind: d.note for d in feasibility(reading)}
    assert notes["parts_exceed_whole"] == "270 + 500 = 770 > 700 万千瓦"
    assert notes["share_of_few"] == "6 × 80% = 4.8 → 5/6"


def test_real_plans_compare(shared: Path) -> None:
    readings = [read_document(path, CATALOG) for path in sorted((shared / "plans").glob("*.txt"))]
    for first in readings:
        for second in readings:
            assert compare(first, second).differences or first is second


@pytest.mark.parametrize(("sentence", "words"), [
    ("结合我市实际自加压力，到2027年，全市细颗粒物年均浓度达到30微克/立方米以下。", "自加压力"),
    ("因省控点位调整，到2027年，全市细颗粒物年均浓度达到30微克/立方米以下。", "因省控点位调整"),
    ("根据省生态环境厅核定的基数。到2027年，全市细颗粒物年均浓度达到30微克/立方米以下。", "根据省生态环境厅核定"),
    ("到2027年，全市细颗粒物年均浓度达到30微克/立方米以下（经市政府常务会议审定）。", "经市政府常务会议审定"),
])  # fmt: skip
def test_a_stated_reason_excuses_a_stricter_value(sentence: str, words: str) -> None:
    found = [d for d in compare(PROVINCE, plan("云山省青溪市计划", sentence)).differences if d.second]
    assert [(d.kind, d.note) for d in found] == [("stricter_stated", f"理由：“{words}”")]
    assert "层层加码" not in found[0].text


def test_a_reason_two_sentences_away_excuses_nothing() -> None:
    child = plan(
        "云山省青溪市计划", "经市政府审定。坚持稳中求进。到2027年，全市细颗粒物年均浓度达到30微克/立方米以下。"
    )
    assert [d.kind for d in compare(PROVINCE, child).differences if d.second] == ["stricter"]


def test_an_earlier_date_is_excused_too() -> None:
    child = plan("云山省青溪市计划", "主动加压，到2026年，森林覆盖率达到41%。")
    assert [d.kind for d in compare(PROVINCE, child).differences if d.second] == ["same", "earlier_stated"]


def test_a_step_on_the_way_and_a_later_higher_value_are_no_tightening() -> None:
    child = plan("云山省青溪市计划", "到2025年，森林覆盖率达到39%。", "到2030年，湿地保护率达到60%。")
    assert {(d.indicator_id, d.kind) for d in compare(PROVINCE, child).differences if d.second} == {
        ("forest_cover", "interim"), ("wetland_protection", "later"),
    }  # fmt: skip


LETTER = """云山省生态环境厅
关于下达2027年度环境空气质量目标的函
云环函〔2026〕88号
各市人民政府：
2027年全省细颗粒物年均浓度目标如下。
市\t细颗粒物年均浓度（微克/立方米）
青溪市\t29
白石市\t35
"""


def test_the_row_for_the_childs_own_place_is_the_superiors_word() -> None:
    letter = read_text(LETTER, CATALOG)
    child = plan("云山省青溪市计划", "到2027年，细颗粒物年均浓度完成省下达目标。")
    result = compare(letter, child)
    found = [d for d in result.differences if d.second]
    assert [d.kind for d in found] == ["resolved"]
    assert found[0].first is not None
    assert (found[0].first.scope, str(found[0].first.value)) == ("青溪市", "29")
    assert "云环函〔2026〕88号" in found[0].note
    assert not [d for d in result.differences if d.first and d.first.scope == "白石市"]


def test_a_plan_and_a_departments_plan_of_one_place() -> None:
    bureau = read_text(
        "青溪市生态环境局\n青溪市空气质量持续改善工作方案\n一、目标\n"
        "到2027年，全市细颗粒物年均浓度达到33微克/立方米以下。到2026年，森林覆盖率达到38%。\n",
        CATALOG,
    )
    government = plan(
        "青溪市污染防治行动计划", "到2027年，全市细颗粒物年均浓度达到30微克/立方米以下，森林覆盖率达到39%。"
    )
    kinds = {d.indicator_id: d.kind for d in compare(government, bureau, relation="peers").differences}
    assert kinds == {"pm2_5_annual": "contradiction", "forest_cover": "other_date"}
    other = plan("白石市污染防治行动计划", "到2027年，全市细颗粒物年均浓度达到33微克/立方米以下。")
    assert compare(government, other, relation="peers").differences[0].kind == "differs"


@pytest.mark.parametrize(("title", "issuer", "place"), [
    ("云山省青溪市行动计划", "", "青溪市"), ("关于下达西泽县目标的函", "青溪市生态环境局", "青溪市"),
    ("城市黑臭水体治理方案", "", ""), ("工作方案", "中共白石县委员会", "白石县"),
])  # fmt: skip
def test_the_place_of_a_document(title: str, issuer: str, place: str) -> None:
    assert place_of(Document("a", title, issuer, "", "", "", "")) == place


def test_every_kind_has_its_words_and_a_row_its_sides() -> None:
    result = compare(PROVINCE, CITY)
    assert all((d.text, d.text_en) == KINDS[d.kind] for d in result.differences)
    row = difference_to_dict(next(d for d in result.differences if d.kind == "stricter"), result.first, result.second)
    assert (row["first"]["document"], row["second"]["document"]) == (result.first.id, result.second.id)
    assert (row["first"]["value"], row["second"]["value"], row["second"]["deadline"]) == (32, 30, "2027")
    assert CITY.document.text[row["second"]["start"] : row["second"]["end"]] == row["second"]["quote"]


def test_a_contradiction_inside_one_document_stands_in_its_contract() -> None:
    reading = plan("青溪市计划", "到2027年，全市森林覆盖率达到39%。", "到2027年，全市森林覆盖率达到40%。")
    assert [flag["kind"] for flag in reading_to_dict(reading)["flags"]] == ["contradiction"]
