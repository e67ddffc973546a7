"""Damaged documents are compared and followed without a crash, and what is said of them stands in them. 稳健。"""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from tests.plans import test_history as documents
from tests.plans.test_robust import damaged

from qingce.catalog import load_catalog
from qingce.core.records import Reading
from qingce.plans import KINDS, RELATIONS, compare, difference_to_dict, follow, read_document, read_text, superseded

CATALOG = load_catalog()
TEXTS = {"plan": documents.PLAN, "letter": documents.LETTER, "months": documents.MONTHS, "reply": documents.REPLY}


def said(readings: list[Reading]) -> None:
    """Every row names targets of its documents; a target is set once and superseded by something that is there."""
    known = {target.id: reading for reading in readings for target in reading.targets}
    for first, second in combinations(readings, 2):
        for relation in RELATIONS:
            result = compare(first, second, relation=relation)
            for row in result.differences:
                assert row.kind in KINDS
                assert {t.id for t in (row.first, row.second) if t} <= known.keys()
                json.dumps(difference_to_dict(row, result.first, result.second))
            used = Counter(d.first.id for d in result.differences if d.first and d.second)
            assert max(used.values(), default=0) <= 2, "a pair says at most value and date"
    histories = follow(readings, aliases=documents.ALIASES)
    assert superseded(histories).keys() <= known.keys()
    told = Counter(step.target.id for history in histories for step in history.steps if step.target)
    for identity, count in told.items():
        target = known[identity]
        assert count == 1 or target.value is None
    for history in histories:
        for step in history.steps:
            assert step.document.text[step.start : step.end] or step.change == "split"
            assert set(step.parts) <= known.keys()
        dates = [step.document.date for step in history.steps if step.document.date]
        assert dates == sorted(dates)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_letters_and_replies(seed: int) -> None:
    said(
        [
            read_text(damaged(text, seed + 100 * n), CATALOG, name=f"{name}.txt")
            for n, (name, text) in enumerate(TEXTS.items())
        ]
    )


@pytest.mark.prove
def test_damaged_real_plans(shared: Path) -> None:
    paths = sorted((shared / "plans").glob("*.txt"))
    for seed in range(60):
        texts = [damaged(path.read_text("utf-8"), seed + n) for n, path in enumerate(paths)]
        said([read_text(text, CATALOG, name=path.name) for path, text in zip(paths, texts, strict=True)])


def test_the_real_plans(shared: Path) -> None:
    said([read_document(path, CATALOG) for path in sorted((shared / "plans").glob("*.txt"))])
