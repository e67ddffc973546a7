"""Numbered errors: fact, place, cure."""

from __future__ import annotations

import pickle
import re

import pytest

from qingce.core.errors import ContentError, QingceError, catalogue, complain


def test_an_error_says_fact_place_and_cure_in_both_languages() -> None:
    error = complain("QC103", "a.csv:7", {"key": "unit"})
    assert isinstance(error, ContentError)
    assert str(error) == (
        "QC103: 缺少必需的键或列“unit”。a.csv:7。补上该键或列。 | "
        "required key or column 'unit' is missing. a.csv:7. Add it."
    )


def test_an_error_crosses_a_process_whole() -> None:
    error = complain("QC103", "a.csv:7", {"key": "unit"})
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, QingceError)
    assert (again.code, again.place, str(again)) == (error.code, error.place, str(error))


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_sentence_has_both_languages_and_the_same_words(code: str) -> None:
    row = catalogue()[code]
    assert re.fullmatch(r"QC\d{3}", code)
    assert row.kind in {"content", "observation", "document", "store", "campaign"}
    assert all((row.fact_zh, row.fact_en, row.cure_zh, row.cure_en))
    words = [set(re.findall(r"{(\w+)", text)) for text in (row.fact_zh + row.cure_zh, row.fact_en + row.cure_en)]
    assert words[0] == words[1]
