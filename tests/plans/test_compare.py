"""Superior and subordinate, old and new, neighbours; sums that cannot be. 比对。"""

from __future__ import annotations

from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.core.records import Reading
from qingce.plans import compare, feasibility, read_document, read_text

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
    superior = plan("云山省计划", "到2027年，氮氧化物重点工程减排量达到1.2万吨。")
    child = plan("青溪市计划", "到2027年，氮氧化物重点工程减排量达到12000吨。")
    assert [d.kind for d in compare(superior, child).differences] == ["same"]


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
