"""Nothing crashes, every quote stands at its offsets, time grows with length. 稳健。"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.effort import spent
from tests.plans import sample

from qingce.catalog import load_catalog
from qingce.core.records import Reading
from qingce.plans import read_text, reading_to_dict

CATALOG = load_catalog()
SAMPLE = sample.as_text()
PLAIN = "加强组织领导，各部门按照职责分工，认真落实各项工作任务。\n"
_HALF = str.maketrans("，；：（）％。", ",;:()%.")
_FULL = str.maketrans("0123456789%", "０１２３４５６７８９％")


def standing(reading: Reading) -> None:
    text = reading.document.text
    for target in reading.targets:
        assert text[target.start : target.end] == target.quote
        if target.value_start is not None:
            assert text[target.value_start :].startswith(target.value_text)
        for reason in target.reasons:
            assert text[reason.start :].startswith(reason.words)
    for deadline in reading.deadlines:
        assert text[deadline.start : deadline.end] == deadline.quote
    for repair in reading.repairs:
        assert text[repair.start : repair.end] == repair.before
    for task in reading.tasks:
        assert 0 <= task.start < task.end <= len(text)
    reading_to_dict(reading)


def damaged(text: str, seed: int) -> str:
    """Cut, join, swap widths, delete brackets, double and drop characters at random."""
    chance = random.Random(seed)
    start = chance.randrange(len(text))
    piece = text[start : start + chance.randrange(1, len(text))] if chance.random() < 0.7 else text
    for _ in range(chance.randrange(1, 4)):
        kind = chance.randrange(7)
        if kind == 0:
            piece = piece.replace("\n", "", chance.randrange(1, 40))
        elif kind == 1:
            piece = piece.translate(_HALF)
        elif kind == 2:
            piece = piece.translate(_FULL)
        elif kind == 3:
            piece = "".join(c for c in piece if c not in "（）()“”《》" or chance.random() < 0.5)
        elif kind == 4:
            piece = "".join(c for c in piece if chance.random() > 0.02)
        elif kind == 5:
            piece = "".join(c * 2 if chance.random() < 0.02 else c for c in piece)
        else:
            at = sorted(chance.randrange(len(piece) + 1) for _ in range(20))
            for place in reversed(at):
                piece = (
                    piece[:place] + chance.choice(["\n\n", " ", "，", "。", "（", "“", "\t", "％", "X"]) + piece[place:]
                )
    return piece


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_plan_is_read(seed: int) -> None:
    standing(read_text(damaged(SAMPLE, seed), CATALOG))


@pytest.mark.prove
@pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
def test_two_thousand_damaged_copies_of_a_real_plan(shared: Path, number: str) -> None:
    text = next((shared / "plans").glob(f"{number}_*.txt")).read_text("utf-8")
    for seed in range(2000):
        standing(read_text(damaged(text, seed), CATALOG))


PIECES = ["到2025年，", "达到", "下降", "30%", "以上", "“", "”", "（", "）", "《", "》", "Ⅲ类", "水质", "一、", "（二）", "1.", "\n", "。", "；", "、",  # noqa: E501
          "分别", "比2020年", "全市", "浓度", "XX", "责任单位：", "每年", "11月1日至次年3月31日", "劣", "个", "新建", " ", "\t", "断面", "A", "$PM_{2.5}$"]  # fmt: skip  # noqa: E501


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_mixture_of_the_grammars_own_words(text: str) -> None:
    standing(read_text(text, CATALOG))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_any_text_at_all(text: str) -> None:
    standing(read_text(text, CATALOG))


@pytest.mark.parametrize("seed", range(5))
def test_random_characters_hold_no_targets(seed: int) -> None:
    chance = random.Random(seed)
    ranges = [(0x4E00, 0x9FA5), (0x20, 0x7E), (0x3000, 0x303F), (0x2000, 0x2FFF), (0xFF00, 0xFF5E), (0x1F300, 0x1F600)]
    text = "".join(chr(chance.randint(*chance.choice(ranges))) for _ in range(20_000))
    assert read_text(text, CATALOG).targets == ()


def cost(text: str) -> float:
    return spent(lambda: read_text(text, CATALOG), times=2)


@pytest.mark.parametrize("unit", [
    "到2027年，全市湿地保护率达到56%以上。\n", "（", "1", "“", "十", " ", "、化学需氧量", "一、", "X", "到", "A_{", "\n", "\t", "|-", "2025年",  # noqa: E501
])  # fmt: skip
def test_time_grows_with_length(unit: str) -> None:
    """Four times the text costs four times as much, and what a plain text costs beside it; not sixteen times."""
    short, plain = (part * (15_000 // len(part)) for part in (unit, PLAIN))
    assert cost(4 * short) < 10 * (cost(short) + cost(plain))


@pytest.mark.prove
def test_a_plan_of_three_hundred_thousand_characters(shared: Path) -> None:
    text = next((shared / "plans").glob("000_*.txt")).read_text("utf-8")
    assert cost((text * 40)[:300_000]) < 10 * cost((text * 40)[:75_000])
