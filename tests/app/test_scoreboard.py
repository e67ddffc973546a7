"""The scoreboard on a terminal: columns that stand under each other, counts that add up."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.app.conftest import Example
from tests.stories.folders import qingce

from qingce.app.scoreboard import COLUMNS, lines, pad

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@given(st.text(alphabet=st.characters(codec="gb2312", exclude_categories=["Cc"]), max_size=60), st.integers(4, 40))
def test_every_cell_has_its_width(text: str, size: int) -> None:
    shown = pad(text, size)
    assert width(shown) == size
    assert text.startswith(shown.rstrip().removesuffix("…")) or shown.rstrip() in text


def test_short_text_is_kept_and_long_text_is_marked() -> None:
    assert pad("优良", 6) == "优良  "
    assert pad("优良天数比率", 7) == "优良…  "
    assert pad("abcdefgh", 4) == "abc…"


def test_rows_of_the_example_stand_under_each_other(example: Example) -> None:
    shown = list(lines(example.results, example.folder))
    whole = 2 * len(COLUMNS) + sum(wide for _, wide in COLUMNS)
    table = [line for line in shown if line.startswith("  ") and width(line) == whole]
    bound = [row for row in example.results.rows("progress") if row["bound"]]
    battles = {row["battle"] for row in bound}
    assert len(table) == len(bound) + len(battles)


def test_counts_add_up(example: Example) -> None:
    text = "\n".join(lines(example.results, example.folder))
    every, bound, unbound = map(int, re.search(r"目标 (\d+) 个，已绑定 (\d+) 个；未绑定 (\d+) 个", text).groups())  # type: ignore[union-attr]
    assert every == bound + unbound == example.results["progress"].num_rows
    assert sum(int(n) for n in re.findall(r"^  (\d+) 个：", text, re.M)) == unbound
    assert text.startswith("云泽市")
    assert "【示例数据】" in text.splitlines()[0]
    assert f"未能收入的单元格 {example.results['rejected'].num_rows} 个" in text


def test_every_battle_is_named_once_and_every_file_is_there(example: Example) -> None:
    shown = list(lines(example.results, example.folder))
    heads = [line for line in shown if line.startswith("■")]
    assert len(heads) == len(set(heads)) >= 6
    for name in ("台账.xlsx", "目标进度表.docx", "会商材料.docx", "断面月报.xlsx", "区县月排名.xlsx"):
        assert any(line.endswith(name) for line in shown)
    assert "index.html" in shown[-1]


@pytest.mark.parametrize("of", ["进度表", "why"])
def test_what_the_tutorial_shows_of_the_example_is_what_it_says(example: Example, of: str) -> None:
    """Every piece between the marks of what was left out stands in the output, in one line and in its order."""
    board, why = re.findall(r"```text\n(.*?)```", TUTORIAL.read_text("utf-8"), re.DOTALL)[:2]
    if of == "why":
        printed, out = why, qingce("why", "T-562462e8-001", "--dir", example.folder).out
    else:
        printed, out = board, "\n".join(lines(example.results, example.folder))
    said = [re.sub(r"\s+", " ", line) for line in out.splitlines()]
    for line in printed.strip().splitlines():
        pieces = [re.escape(re.sub(r"\s+", " ", piece).rstrip()) for piece in line.split("…")]
        assert any(re.search(".*".join(pieces), one) for one in said), line
