"""Plans 001 and 004, which nobody annotated: the readings that the annotators described in words, case by case.

Numbers in the names are those of `gold/README.md`, section 3. Each case names a few words of the plan; the plan itself
is read from the shared data, its targets looked up by the place of those words.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.core.records import Reading, Target
from qingce.plans import read_document

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def readings(shared: Path) -> dict[str, Reading]:
    return {n: read_document(next((shared / "plans").glob(f"{n}_*.txt")), CATALOG) for n in ("001", "004")}


def spot(reading: Reading, words: str) -> tuple[int, int]:
    """Where the words stand, blanks and widths of the plan as they are."""
    start = reading.document.text.find(words)
    assert start >= 0, words
    return start, start + len(words)


def at(reading: Reading, words: str) -> list[Target]:
    """The targets that the words are a part of, or that begin in them."""
    start, end = spot(reading, words)
    return [t for t in reading.targets if t.start < end and start < t.end]


def told(targets: list[Target], *names: str) -> list[tuple[object, ...]]:
    return [tuple(str(v) if n == "value" else v for n in names for v in [getattr(t, n)]) for t in targets]


def test_1_four_pollutants_and_four_values_in_order(readings: dict[str, Reading]) -> None:
    found = at(readings["001"], "3730吨、690吨、1600.6吨、80.07吨")
    assert told(found, "indicator_id", "value", "unit", "deadline") == [
        ("nox_cut", "3730", "吨", "2025"), ("voc_cut", "690", "吨", "2025"),
        ("cod_cut", "1600.6", "吨", "2025"), ("nh3n_cut", "80.07", "吨", "2025"),
    ]  # fmt: skip
    assert {t.comparator for t in found} == {">="}, "tonnes removed: more is stricter"


def test_2_a_last_at_least_covers_both_and_a_subject_is_shared(readings: dict[str, Reading]) -> None:
    assert told(at(readings["001"], "太阳能发电总装机容量分别达到"), "indicator", "value", "unit") == [
        ("风电总装机容量", "1750", "万千瓦"), ("太阳能发电总装机容量", "3250", "万千瓦"),
    ]  # fmt: skip
    assert told(at(readings["001"], "发电量占比分别达到"), "indicator", "comparator", "value") == [
        ("绿色能源发电装机占比", ">=", "55"), ("绿色能源发电量占比", ">=", "30"),
    ]  # fmt: skip


def test_4_one_value_for_two_objects(readings: dict[str, Reading]) -> None:
    energy = at(readings["001"], "电力消耗力争下降15%")
    assert told(energy, "indicator", "comparator", "value", "base_year") == [
        ("单位地区生产总值煤炭消耗", "decrease_by", "15", None),
        ("单位地区生产总值电力消耗", "decrease_by", "15", None),
    ]  # fmt: skip
    assert told(at(readings["001"], "化肥农药利用率均达到43%"), "indicator_id", "value") == [
        ("fertilizer_use", "43"), ("pesticide_use", "43"),
    ]  # fmt: skip
    waste = at(readings["004"], "医疗废物安全处置率达到100%")
    assert told(waste, "indicator_id", "comparator", "value") == [
        ("hazardous_disposal", "==", "100"), ("medical_disposal", "==", "100"),
    ]  # fmt: skip
    growth = at(readings["004"], "化肥、农药使用量实现零增长")
    assert told(growth, "indicator_id", "value", "unit") == [
        ("fertilizer_growth", "0", "%"), ("pesticide_growth", "0", "%"),
    ]  # fmt: skip


def test_5_nested_coordination_is_four_delegated(readings: dict[str, Reading]) -> None:
    found = at(readings["004"], "卫生厕所普及率、垃圾和生活污水处理率完成区、市下达")
    assert told(found, "indicator", "kind") == [
        ("农村自来水普及率", "delegated"), ("卫生厕所普及率", "delegated"), ("垃圾处理率", "delegated"),
        ("生活污水处理率", "delegated"),
    ]  # fmt: skip


def test_6_elided_indicator_and_elided_verb(readings: dict[str, Reading]) -> None:
    (county,) = at(readings["001"], "“两县一市”建成区达到90%")
    assert (county.indicator_id, str(county.value), county.scope) == ("sweeping", "90", "“两县一市”建成区")
    green = at(readings["001"], "绿地率41.5%、绿化覆盖率42.35%、人均公园面积17.25平方米")
    assert told(green, "indicator_id", "comparator", "value", "unit", "deadline") == [
        ("green_land_ratio", ">=", "41.5", "%", "2025"), ("green_cover_ratio", ">=", "42.35", "%", "2025"),
        ("park_area", ">=", "17.25", "平方米", "2025"),
    ]  # fmt: skip


def test_7_relative_with_its_base_year(readings: dict[str, Reading]) -> None:
    (fine,) = at(readings["001"], "年均浓度比2020年下降16.6%")
    assert (fine.indicator_id, fine.comparator, str(fine.value), fine.base_year) == (
        "pm2_5_annual", "decrease_by", "16.6", 2020,
    )  # fmt: skip
    (metal,) = at(readings["004"], "较2013年下降3%")
    assert (metal.comparator, str(metal.value), metal.base_year) == ("decrease_by", "3", 2013)
    masked = at(readings["004"], "能耗同比下降XX%")
    assert told(masked, "kind", "comparator", "deadline") == [("placeholder", "decrease_by", "2020")]


def test_8_a_level_that_is_raised_to(readings: dict[str, Reading]) -> None:
    (share,) = at(readings["001"], "可再生能源电力消纳比重提高到32.5%")
    assert (share.comparator, str(share.value), share.kind) == (">=", "32.5", "level")


@pytest.mark.parametrize("words", ["国三及以下排放标准", "耗煤1万吨及以上项目", "X蒸吨/小时以下的燃煤锅炉", "六个100%"])
def test_9_a_threshold_of_objects_is_no_target(readings: dict[str, Reading], words: str) -> None:
    for reading in readings.values():
        start = reading.document.text.find(words)
        found = [t for t in reading.targets if start >= 0 and t.start < start + len(words) and start < t.end]
        assert {t.kind for t in found} <= {"threshold", "qualitative"}
    assert any(words in reading.document.text for reading in readings.values())


def test_9_a_rule_of_so_many_times(readings: dict[str, Reading]) -> None:
    (rule,) = at(readings["004"], "实行1.5倍减量替代")
    assert (rule.kind, str(rule.value), rule.unit) == ("threshold", "1.5", "倍")


def test_12_hedges_and_what_is_kept(readings: dict[str, Reading]) -> None:
    (swept,) = at(readings["001"], "机械化清扫率稳定达到95%以上")
    assert (swept.comparator, str(swept.value)) == (">=", "95")
    (river,) = at(readings["001"], "稳定保持II类")
    assert (river.comparator, str(river.value), river.kind) == ("<=", "2", "class")
    (soil,) = at(readings["004"], "受污染耕地安全利用率达到98%左右")
    assert (soil.comparator, str(soil.value)) == ("~", "98")


def test_13_zero_is_a_value_and_a_name_is_none(readings: dict[str, Reading]) -> None:
    (nature,) = at(readings["004"], "违法建设项目零存在")
    assert (nature.comparator, str(nature.value)) == ("==", "0")
    assert [t.value for t in at(readings["001"], "千吨万人") if t.value is not None] == []


def test_15_units_as_printed(readings: dict[str, Reading]) -> None:
    assert {t.unit for t in at(readings["001"], "太阳能发电总装机容量分别达到")} == {"万千瓦"}
    assert told(at(readings["004"], "能耗增量控制在XX万吨标准煤"), "unit") == [("万吨标准煤",)]
    assert told(at(readings["004"], "高效节水灌溉面积达到XX万亩"), "unit") == [("万亩",)]
    assert told(at(readings["004"], "灌溉水有效利用系数大于或等于XX"), "unit", "comparator") == [("", ">=")]


@pytest.mark.parametrize("words", [
    "工业用水重复利用率达到XX%", "煤炭消费总量下降XX%", "养殖粪污综合利用率达到X%", "无害化处理率达到XXX%",
])  # fmt: skip
def test_16_a_masked_value_is_a_placeholder(readings: dict[str, Reading], words: str) -> None:
    (found,) = at(readings["004"], words)
    assert (found.kind, found.value, found.unit) == ("placeholder", None, "%")


def test_17_a_date_governs_the_clause_before_it_only(readings: dict[str, Reading]) -> None:
    text = readings["004"].document.text
    start = text.index("2020年年底前基本完成")
    after = [t for t in readings["004"].targets if start + 60 < t.start < start + 200]
    assert all(t.deadline != "2020-12" for t in after if "2020" not in t.quote)


def dates(reading: Reading, words: str) -> list[str]:
    start, end = spot(reading, words)
    return [d.date for d in reading.deadlines if d.start < end and start < d.end]


@pytest.mark.parametrize(("plan", "words", "want"), [
    ("004", "22020年底前", ["2020-12"]), ("004", "每年11月1日至次年3月31日", ["R/--11-01/--03-31"]),
    ("004", "6月底、12月底前", ["R/--06-30", "R/--12-31"]), ("001", "在2025年左右达峰", ["2025"]),
    ("001", "到2022 年", ["2022"]), ("004", "“十三五”期间", ["2020"]), ("001", "比2020年下降16.6%", []),
])  # fmt: skip
def test_17_to_20_dates(readings: dict[str, Reading], plan: str, words: str, want: list[str]) -> None:
    assert dates(readings[plan], words) == want


@pytest.mark.parametrize(("plan", "words", "after"), [
    ("001", "非可再生能源电力消纳", "非水可再生能源电力消纳"), ("001", "严控控制", "严格控制"), ("001", "配和", "配合"),
    ("001", "生物生物", "生物"), ("004", "有限用于", "优先用于"), ("004", "私用", "利用"), ("004", "死灰复燃”", "。"),
    ("004", "高耗能水", "高耗水"), ("004", "整成", "整改成"),
])  # fmt: skip
def test_22_and_23_damage(readings: dict[str, Reading], plan: str, words: str, after: str) -> None:
    reading = readings[plan]
    found = [r for r in reading.repairs if words in r.before or r.before in words]
    assert [r for r in found if after in r.after]
    assert all(reading.document.text[r.start : r.end] == r.before for r in found)


def test_22_what_cannot_be_proved_is_only_shown(readings: dict[str, Reading]) -> None:
    doubtful = [r for r in readings["001"].repairs if r.before.startswith("非可再生")]
    assert doubtful[0].confidence < 0.9
    (share,) = at(readings["001"], "非可再生能源电力消纳比重提高到27.9%")
    assert share.indicator == "非可再生能源电力消纳比重", "the text shown stays the original"


def test_25_titles_without_a_terminator(readings: dict[str, Reading]) -> None:
    titles = {c.path: c.title for c in readings["001"].clauses}
    assert (titles["一/（二）"], titles["一/（三）"]) == ("工作原则", "主要目标")
    assert titles["二"] == "加快推动绿色低碳发展"
    bare = {c.path: c.title for c in readings["004"].clauses}
    assert bare["五/（三）/1"] == ""


def test_26_units_in_every_layout(readings: dict[str, Reading]) -> None:
    tasks = {t.path: t for t in readings["004"].tasks}
    assert (tasks["九/（一）"].lead_units, tasks["九/（一）"].responsible_units) == (("XXX",), ("XXX",))
    assert (tasks["九/（三）"].lead_units, tasks["九/（三）"].responsible_units) == ((), ("XXXX",))
    assert tasks["五/（三）/4"].responsible_units == ("XXX",)


def test_28_district_is_the_autonomous_region_here(readings: dict[str, Reading]) -> None:
    assert {readings["001"].document.level, readings["004"].document.level} == {"city", "county"}
    assert at(readings["001"], "农村生活污水治理率达到区考核要求")[0].kind == "delegated"
