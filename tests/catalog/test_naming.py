"""A printed name finds its indicator, the longest alias first, or says why not; always the same way."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import spent

from qingce.catalog import load_catalog
from qingce.catalog.naming import Finder, expand, fold_alias, fold_name
from qingce.core.records import Indicator

CATALOG = load_catalog()
LINES = (Path(__file__).parent / "spellings.csv").read_text("utf-8").splitlines()
SPELLINGS = list(csv.DictReader(line for line in LINES if not line.startswith("#")))
PLAIN = [
    (item.id, name)
    for item in CATALOG.indicators.values()
    for name in dict.fromkeys((item.zh, *item.aliases))
    if not re.search(r"[*…]|^=", name)
]


@pytest.mark.parametrize("row", SPELLINGS, ids=lambda row: row["printed"])
def test_spelling_of_an_office(row: dict[str, str]) -> None:
    found, why = CATALOG.find_indicator(row["printed"], unit=row["unit"], hint_medium=row["medium"])
    assert (found.id if found else "") == row["indicator"], why
    assert why


def test_every_spelling_finds_its_own_indicator() -> None:
    wrong = [(owner, name) for owner, name in PLAIN if CATALOG.find_indicator(name)[0] is not CATALOG.indicator(owner)]
    assert wrong == []
    assert len(PLAIN) > 1200


@given(
    st.sampled_from(PLAIN),
    st.sampled_from(["全市", "到2025年，", "设区市", "全县", ""]),
    st.sampled_from([" ", "　", "$", "“"]),
)
def test_blanks_quotes_latex_and_scope_change_nothing(pair: tuple[str, str], scope: str, noise: str) -> None:
    owner, name = pair
    middle = len(name) // 2
    assert (
        CATALOG.find_indicator(scope + name[:middle] + noise + name[middle:])[0]
        is CATALOG.find_indicator(scope + name)[0]
    )
    if scope != "设区市":
        found = CATALOG.find_indicator(scope + name)[0]
        assert found is None or found.id == owner


@given(st.randoms(use_true_random=False), st.sampled_from([row["printed"] for row in SPELLINGS]))
def test_the_order_of_the_files_changes_nothing(random: object, printed: str) -> None:
    items = list(CATALOG.indicators.values())
    random.shuffle(items)  # type: ignore[attr-defined]
    shuffled, _ = Finder(items, CATALOG.units).find(printed)
    assert shuffled is CATALOG.find_indicator(printed)[0]


@given(st.text(max_size=40))
def test_any_text_has_an_answer_with_a_reason(text: str) -> None:
    found, why = CATALOG.find_indicator(text, unit=text[:3])
    assert why
    assert found is None or isinstance(found, Indicator)


def test_reasons_name_the_alias_or_the_rivals() -> None:
    assert CATALOG.find_indicator("全省森林覆盖率")[1] == "名称含“森林覆盖率”"
    none, why = CATALOG.find_indicator("化学需氧量、氨氮重点工程减排量", unit="吨")
    assert none is None
    assert "化学需氧量重点工程减排量" in why
    assert "氨氮重点工程减排量" in why
    none, why = CATALOG.find_indicator("PM2.5年均浓度", unit="天")
    assert none is None
    assert why.endswith("单位“天”与“ug/m3”不是同一量")
    assert CATALOG.find_indicator("绿水长清") == (None, "“绿水长清”不含任何已登记指标的名称")


def test_a_percentage_never_contradicts_since_changes_are_printed_in_it() -> None:
    found, _ = CATALOG.find_indicator("细颗粒物年均浓度", unit="%")
    assert found is CATALOG.indicator("pm2_5_annual")


def test_expand_and_fold() -> None:
    assert expand("甲{乙,丙}{,丁}") == ("甲乙", "甲乙丁", "甲丙", "甲丙丁")
    assert fold_name("（Ⅰ—Ⅲ类）") == fold_name("(I–III类)") == "i-iii类"
    assert fold_name(r"$\mathrm{PM}_{2.5}$") == "pm2.5"
    assert fold_alias("氨氮…{减}排量*") == "氨氮…减排量*"


def test_gold_names_of_core_targets_are_found(shared: Path) -> None:
    """Every core target of the annotated plans has an indicator; a name is never given two answers."""
    lines = (shared / "gold/targets.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    core = [row for row in rows if row["tier"] == "core"]
    missed = [
        row["indicator"] for row in core if CATALOG.find_indicator(row["indicator"], unit=row["unit"] or "")[0] is None
    ]
    assert missed == []
    assert len(core) > 40


def test_finding_costs_little_more_than_looking_for_each_name_in_turn() -> None:
    printed = [f"{number}地表水国控断面水质优良（Ⅰ—Ⅲ类）比例" for number in range(300)]
    names = [fold_alias(name) for _, name in PLAIN]
    bare = spent(lambda: [name in text for text in map(fold_name, printed) for name in names])
    ours = spent(lambda: [CATALOG.find_indicator(text) for text in printed])
    assert ours < 12 * bare, (ours, bare)  # measured twice
