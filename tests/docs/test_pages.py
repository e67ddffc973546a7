"""The manual is complete, fresh, linked, and says nothing of the machine it was written on."""

from __future__ import annotations

import importlib.util
import re
import struct
from pathlib import Path

import pytest
from tests.docs import manual

from qingce.app.cli import app
from qingce.catalog import load_catalog
from qingce.core.errors import catalogue
from qingce.publish.results import SCHEMAS

ROOT = manual.ROOT
REFERENCE = ROOT / "docs" / "reference"
VERBS = app.commands
# Written in two halves, so that this file does not hold them.
_HALVES = (("/wo", "rk/"), ("far", r"m-\d"), (r"\.lib", "rary"), ("/ro", "ot/"), ("pypi", "-more"))
PRIVATE = re.compile("|".join(first + second for first, second in _HALVES))


def reference(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def test_reference_is_what_content_and_code_say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stale = module.main(["--check"])
    assert stale == 0, capsys.readouterr().out


def test_reference_describes_every_key() -> None:
    assert [page.name for page in REFERENCE.glob("*.md") if "not yet described" in page.read_text("utf-8")] == []


def test_every_verb_and_option_is_listed() -> None:
    text = reference("cli")
    for name, command in VERBS.items():
        part = text.partition(f"\n## qingce {name}\n")[2].partition("\n## ")[0]
        assert part, name
        for parameter in command.params:
            if parameter.name != "help" and parameter.opts[0].startswith("-"):
                assert f"`{' '.join(parameter.opts)}`" in part, (name, parameter.opts)


def test_every_error_is_listed() -> None:
    text = reference("errors")
    assert [code for code in catalogue() if f"\n## {code}\n" not in text] == []


def test_every_piece_of_content_is_listed() -> None:
    catalog = load_catalog()
    listed = {
        "indicators": catalog.indicators,
        "sources": catalog.sources,
        "feeds": catalog.feeds,
        "parameters": catalog.parameters,
        "methods": catalog.methods,
    }
    for page, items in listed.items():
        text = reference(page)
        assert [name for name in items if f"`{name}`" not in text] == [], page
    editions = reference("editions")
    assert [code for code in catalog.standards if f"\n## {code}\n" not in editions] == []
    assert editions.count("\n| ") - 2 * len(catalog.standards) >= len(catalog.limits) - len(catalog.standards)


def test_every_kind_of_content_and_table_is_listed() -> None:
    folder = ROOT / "src" / "qingce" / "data"
    kinds = [place.name for place in folder.iterdir() if not place.name.startswith(("_", "."))]
    assert [name for name in kinds if f"`data/{name}`" not in reference("content")] == []
    assert [name for name in SCHEMAS if f"\n## {name}\n" not in reference("tables")] == []


@pytest.mark.parametrize("page", manual.pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in manual.links(page):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in manual.anchors(target), f"{page.name}: {link}"


def test_every_page_is_reachable_from_the_index() -> None:
    seen, ahead = set(), [ROOT / "docs" / "index.md"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        names = (link.partition("#")[0] for link in manual.links(page) if not re.match(r"[a-z]+:", link))
        ahead += [(page.parent / name).resolve() for name in names if name.endswith(".md")]
    assert [page.name for page in (ROOT / "docs").rglob("*.md") if page not in seen] == []


def test_pictures_are_whole_and_small() -> None:
    for name in ("scoreboard", "target", "plan"):
        data = (ROOT / "docs" / "images" / f"{name}.png").read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n", name
        assert struct.unpack(">II", data[16:24]) == (1280, 900), name
        assert len(data) < 300_000, name


def test_readmes_show_the_scoreboard() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        assert "](docs/images/scoreboard.png)" in (ROOT / name).read_text("utf-8")


def test_no_file_names_the_machine_it_was_made_on() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in manual.tracked()
        for match in PRIVATE.finditer(file.read_text("utf-8", "replace"))
    ]
    assert found == []


def glossary() -> list[str]:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    return [term for row in rows[1:] for term in row.split("、")]


def test_glossary_explains_the_words_of_the_reference() -> None:
    terms = glossary()
    assert len(terms) == len(set(terms))
    words = (
        "认定单位", "认定值", "口径", "系列", "修约", "版本", "限值", "方法", "审核状态", "来源", "时段", "动词",
        "战役", "断面", "评价点", "例外事件", "待基数", "待反馈", "登记表", "未读", "指标", "目标", "湖", "册",
    )  # fmt: skip
    used = "".join(page.read_text("utf-8") for page in REFERENCE.glob("*.md"))
    assert [word for word in words if word in used and word not in terms] == []


def test_glossary_has_no_word_that_nobody_uses() -> None:
    pages = [page for page in manual.pages() if page.name != "glossary.md"]
    used = "".join(page.read_text("utf-8") for page in pages)
    used += "".join(file.read_text("utf-8") for kind in ("*.py", "*.csv") for file in (ROOT / "src").rglob(kind))
    assert [term for term in glossary() if term not in used] == []
