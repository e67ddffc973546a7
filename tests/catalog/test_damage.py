"""Whatever a hand does to one line of the content, the check answers with numbered faults, never with a crash."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path

import pytest

from qingce.catalog.check import check_roots
from qingce.catalog.overlay import content_roots

DATA = content_roots()[0]
FILES = (
    "sources.toml", "units.csv", "parameters.csv", "check.toml", "standards/averagings.csv",
    "standards/gb3095-2026/standard.toml", "standards/gb3095-2026/limits.csv", "standards/gb3095-2026/cases.toml",
    "methods/families.toml", "methods/hb2011-22/method.toml", "methods/hb2011-22/items.csv",
    "methods/hj633-2026/method.toml", "indicators/pm2_5_annual.toml", "indicators/good_section_ratio.toml",
)  # fmt: skip


def damage(text: str, rng: random.Random) -> str:
    """One line lost, doubled, cut, reversed, or its value made of another type."""
    lines = text.split("\n")
    number = rng.randrange(len(lines))
    line = lines[number]
    head = line.split("=")[0] + "= " if "=" in line else line
    new = rng.choice([
        [], [line, line], [line[: rng.randrange(len(line) + 1)]], [line[::-1]], [line.replace(",", "", 1)],
        [line + '"'],
        [head + "5"], [head + "{}"], [head + '"zz"'], [head + "[[1], { a = 1 }]"], [head + "2026-02-30"],
    ])  # fmt: skip
    return "\n".join([*lines[:number], *new, *lines[number + 1 :]])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder of the files that are damaged and what they need."""
    folder = tmp_path_factory.mktemp("damage") / "data"
    left_out = shutil.ignore_patterns("examples", "phrases", "templates", "regions", "feeds", "indicators", "errors")
    shutil.copytree(DATA, folder, ignore=left_out)
    (folder / "indicators").mkdir()
    for name in FILES:
        shutil.copy(DATA / name, folder / name)
    return folder


def outcomes(root: Path, rounds: range) -> int:
    """Damage a line per round; returns in how many rounds something was found."""
    noticed = 0
    for seed in rounds:
        rng = random.Random(seed)
        path = root / FILES[seed % len(FILES)]
        text = path.read_text("utf-8")
        path.write_text(damage(text, rng), "utf-8")
        faults = [fault for fault in check_roots([root], today=date(2026, 11, 21)) if not fault.notice]
        path.write_text(text, "utf-8")
        assert all(fault.code.startswith("QC1") and fault.line >= 1 and fault.message for fault in faults)
        noticed += bool(faults)
    return noticed


def test_damage_never_crashes_the_check(root: Path) -> None:
    assert outcomes(root, range(40)) >= 10


@pytest.mark.prove
def test_much_damage_never_crashes_the_check(root: Path) -> None:
    assert outcomes(root, range(40, 2000)) >= 500
