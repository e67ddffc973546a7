"""Sums, totals and shares of a few: what arithmetic alone objects to. 算术可行性。"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.core.records import Reading
from qingce.plans import feasibility, read_text, reading_to_dict

CATALOG = load_catalog()


def plan(*sentences: str) -> Reading:
    return read_text("青溪市行动计划\n一、主要目标\n" + "".join(f"{s}\n" for s in sentences), CATALOG)


def flags(*sentences: str) -> list[tuple[str, str]]:
    return [(d.kind, d.note) for d in feasibility(plan(*sentences))]


def test_a_share_printed_with_its_points() -> None:
    assert flags("到2027年，15个国控点位Ⅴ类水体比例不高于6.67%。") == [("share_as_count", "15 × 6.67% = 1.0005 → 1/15")]


def test_a_share_whose_points_are_not_printed() -> None:
    assert flags("到2027年，地下水国控点位Ⅴ类水体比例不高于6.67%。") == [("share_as_count", "6.67% ≈ 1/15")]
    assert flags("到2027年，地表水国控断面优良水体比例达到93.33%。") == [("share_as_count", "93.33% ≈ 14/15")]


@pytest.mark.parametrize("sentence", [
    "到2027年，地表水国控断面优良水体比例达到93.3%。", "到2027年，森林覆盖率达到41.67%。",
    "到2027年，8个国控断面优良水体比例达到75%。",
    "到2027年，优良天数比率达到80%。", "到2027年，6个国控断面优良水体比例达到100%。",
])  # fmt: skip
def test_what_is_no_share_of_a_few(sentence: str) -> None:
    assert flags(sentence) == []


def test_a_cap_is_cut_down_and_a_floor_is_rounded_up() -> None:
    assert flags("到2027年，7个国控断面优良水体比例达到80%以上。") == [("share_of_few", "7 × 80% = 5.6 → 6/7")]
    assert flags("到2027年，7个国控断面劣Ⅴ类水体比例不高于20%。") == [("share_of_few", "7 × 20% = 1.4 → 1/7")]


def test_parts_after_their_whole() -> None:
    text = "到2027年，新能源发电装机总规模达到700万千瓦，新增风电300万千瓦、光伏450万千瓦。"
    assert [kind for kind, _ in flags(text)] == ["parts_exceed_whole"]
    assert flags("到2027年，新能源发电装机总规模达到800万千瓦，新增风电300万千瓦、光伏450万千瓦。") == []


TABLE = (
    "表1 2026年化学需氧量减排量目标（吨）\n县区\t化学需氧量重点工程减排量（吨）\n东山区\t120\n西泽县\t85\n合计\t{}\n"
)


def test_rows_that_do_not_sum_to_their_total() -> None:
    wrong = read_text("关于下达目标的函\n" + TABLE.format(210), CATALOG)
    assert [(d.kind, d.note) for d in feasibility(wrong)] == [("parts_not_sum", "120 + 85 = 205 ≠ 210 吨")]
    assert feasibility(read_text("关于下达目标的函\n" + TABLE.format(205), CATALOG)) == ()


def test_concentrations_are_not_added() -> None:
    text = "关于下达目标的函\n2026年目标\n县区\tPM2.5年均浓度（微克/立方米）\n东山区\t34\n西泽县\t31\n全市\t33\n"
    assert feasibility(read_text(text, CATALOG)) == ()


def test_the_flags_stand_in_the_contract() -> None:
    reading = plan("到2027年，7个国控断面优良水体比例达到80%以上。")
    flag = reading_to_dict(reading)["flags"][0]
    first = flag["first"]
    assert (flag["kind"], flag["indicator_id"], flag["second"]) == ("share_of_few", "good_section_ratio", None)
    assert reading.document.text[first["start"] : first["end"]] == first["quote"]
    assert (first["value"], first["unit"], first["deadline"]) == (80, "%", "2027")


@given(st.integers(2, 60), st.integers(1, 99))
def test_a_share_of_a_few_is_judged_as_fractions_judge_it(count: int, percent: int) -> None:
    """The oracle is a Fraction: a whole number of sections, or the share as printed, or a flag."""
    found = flags(f"到2027年，{count}个国控断面优良水体比例达到{percent}%以上。")
    exact = Fraction(count * percent, 100)
    nearest = int(exact + Fraction(1, 2))
    if exact.denominator == 1:
        assert found == []
    elif abs(Fraction(nearest * 100, count) - percent) <= Fraction(1, 2):
        assert [kind for kind, _ in found] == ["share_as_count"]
        assert found[0][1].endswith(f"→ {nearest}/{count}")
    else:
        assert [kind for kind, _ in found] == ["share_of_few"]
        assert found[0][1].endswith(f"→ {int(exact) + 1}/{count}")
