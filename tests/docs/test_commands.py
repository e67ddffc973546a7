"""Every command, snippet and setting in the manual is one that this program takes."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from tests.docs import manual

from qingce.app.campaign import read_campaign
from qingce.app.cli import app
from qingce.catalog import check_content

ROOT = manual.ROOT
PAGES = manual.pages(generated=False)
RUN = ("docs/how-to/own-data.md", "docs/how-to/add-content.md")


def commands(text: str) -> Iterator[list[str]]:
    """The single commands of shell lines: comments gone, `&&` split."""
    for line in text.splitlines():
        for part in re.split(r"\s&&\s", line):
            words = shlex.split(part, comments=True)
            if words:
                yield words


def test_shell_lines_parse() -> None:
    count = 0
    for page in PAGES:
        for block in manual.blocks(page):
            if block.language != "sh":
                continue
            for words in commands(block.text):
                if Path(words[0]).name != "qingce":
                    continue
                verb = app.commands.get(words[1])
                assert verb is not None, f"{block.place}: {words}"
                verb.make_context(words[1], words[2:])
                count += 1
    assert count > 30


def test_a_wrong_option_would_be_found() -> None:
    with pytest.raises(Exception, match=r"(?i)no such option"):
        app.commands["read"].make_context("read", ["a.docx", "--colour"])


def test_make_targets_and_scripts_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in PAGES:
        text = page.read_text("utf-8")
        assert set(re.findall(r"`make ([a-z]+)`", text)) <= targets, page.name
        for script in re.findall(r"python ((?:tools|benchmarks)/\w+\.py)", text):
            assert (ROOT / script).exists(), f"{page.name}: {script}"
        for path in re.findall(r"`((?:src|docs|tools|tests)/[\w/.-]+)`", text):
            assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_both_readmes_give_the_same_commands() -> None:
    given = [
        [words for block in manual.blocks(ROOT / name) if block.language == "sh" for words in commands(block.text)]
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert given[0] == given[1]
    assert len(given[0]) > 5


def test_campaign_settings_are_taken(tmp_path: Path) -> None:
    found = [block for page in PAGES for block in manual.blocks(page) if block.words == "campaign"]
    assert len(found) >= 4
    for number, block in enumerate(found):
        folder = tmp_path / str(number)
        (folder / "data").mkdir(parents=True)
        (folder / "plans").mkdir()
        for name in re.findall(r'"((?:data|plans)/[^"]+)"', block.text):
            (folder / name.replace("*", "x")).touch()
        (folder / "campaign.toml").write_text(block.text, "utf-8")
        assert read_campaign(folder).name, block.place


def run_page(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Do what a page says in an empty folder: write its files, run its snippets and commands, compare the outputs.

    Each line of an output block, cut at `…`, must stand in what was printed.
    """
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    printed, ran = "", 0
    for block in manual.blocks(page):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.words == "run" and block.language == "python":
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile(block.text, block.place, "exec"), names)
            printed, ran = out.getvalue(), ran + 1
            for told in re.findall(r"^print.*# (.+)$", block.text, re.MULTILINE):
                assert told in printed.splitlines(), block.place
        elif block.words == "run":
            printed = "".join(shell(words, block) for words in commands(block.text))
            ran += 1
        elif block.words == "out":
            pieces = [piece.strip() for line in block.text.splitlines() for piece in line.split("…") if piece.strip()]
            assert [piece for piece in pieces if piece not in printed] == [], f"{block.place}\n{printed[:3000]}"
    return ran


def shell(words: list[str], block: manual.Block) -> str:
    """Run one qingce command in its own process."""
    assert words[0] == "qingce", block.place
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "qingce.app", *words[1:]],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 0, f"{block.place}: {words}\n{done.stderr[-2000:]}"
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", RUN)
def test_pages_do_what_they_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_page(ROOT / name, tmp_path, monkeypatch) >= 2


@pytest.mark.prove
def test_tutorial_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_page(ROOT / "docs" / "tutorial.md", tmp_path, monkeypatch) >= 12


def test_example_content_passes_its_check(tmp_path: Path) -> None:
    for block in manual.blocks(ROOT / "docs" / "how-to" / "add-content.md"):
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
    assert [str(fault) for fault in check_content([tmp_path / "content"]) if not fault.notice] == []


def test_a_broken_example_is_found(tmp_path: Path) -> None:
    """A broken example is found: the same files with one word wrong do not pass."""
    for block in manual.blocks(ROOT / "docs" / "how-to" / "add-content.md"):
        if block.file.startswith("content/"):
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text.replace('source = "DB-EXAMPLE"', 'source = "NOWHERE"'), "utf-8")
    faults = [fault.code for fault in check_content([tmp_path / "content"]) if not fault.notice]
    assert "QC106" in faults
