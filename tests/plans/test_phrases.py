"""Sentences of our own in varied styles, judged by a reader beforehand. 句式。"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qingce.catalog import load_catalog
from qingce.core.records import Target
from qingce.plans import read_text

CATALOG = load_catalog()
SENTENCES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text("utf-8"))["sentence"]
FIELDS = {
    "comparator": "comparator", "unit": "unit", "deadline": "deadline", "kind": "kind", "base": "base_year",
    "scope": "scope", "id": "indicator_id",
}  # fmt: skip


def shown(target: Target) -> str:
    value = target.value
    return "..".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize("case", SENTENCES, ids=[case["style"] for case in SENTENCES])
def test_a_sentence_reads_as_a_reader_would(case: dict[str, Any]) -> None:
    targets = read_text(case["text"], CATALOG).targets
    expected = case.get("targets", [])
    assert len(targets) == len(expected), [t.quote for t in targets]
    assert bool(expected) != case.get("none", False)
    for target, want in zip(targets, expected, strict=True):
        for name, attribute in FIELDS.items():
            if name in want:
                assert getattr(target, attribute) == want[name], name
        if "value" in want:
            assert shown(target) == want["value"]
        assert want.get("indicator", "") in target.indicator
        assert case["text"][target.start : target.end] == target.quote
        if target.value_start is not None:
            assert case["text"][target.value_start :].startswith(target.value_text)


def test_there_are_enough_sentences() -> None:
    assert len({case["text"] for case in SENTENCES}) >= 60


def test_a_mismatch_is_shown_and_never_guessed() -> None:
    case = next(case for case in SENTENCES if case.get("mismatch"))
    for target in read_text(case["text"], CATALOG).targets:
        assert target.confidence < 0.5
        assert "count-mismatch" in {reason.rule for reason in target.reasons}


def test_thirds_are_exact_enough_to_compare() -> None:
    target = read_text("到2029年，工业园区再生水利用率达到三分之二以上。", CATALOG).targets[0]
    assert isinstance(target.value, Decimal)
    assert abs(target.value - Decimal(200) / 3) < Decimal("1e-9")


def test_every_field_names_its_words_and_rule() -> None:
    text = "到2027年，全市细颗粒物年均浓度比2022年下降9%。"
    target = read_text(text, CATALOG).targets[0]
    rules = {reason.field: reason for reason in target.reasons}
    assert (rules["value"].words, rules["value"].rule) == ("9%", "number-with-unit")
    assert (rules["comparator"].words, rules["comparator"].rule) == ("下降", "verb-cut")
    assert (rules["deadline"].words, rules["deadline"].rule) == ("到2027年", "list_head")
    for reason in target.reasons:
        assert text[reason.start :].startswith(reason.words)
