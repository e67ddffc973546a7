"""The manual as data: its pages, fenced blocks, links and headings."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\S*) ?(.*)$")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the rest of its first line, its text and where it stands."""

    language: str
    words: str
    text: str
    place: str

    @property
    def file(self) -> str:
        """The file this block is to be written to, if it says so."""
        return self.words.removeprefix("file=") if self.words.startswith("file=") else ""


def pages(*, generated: bool = True) -> list[Path]:
    """Every Markdown page of the project a reader may open."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(page for page in found if generated or page.parent.name != "reference")


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found, inside, start = [], None, 0
    lines: list[str] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        match = _FENCE.match(line)
        if inside is None and match:
            inside, start, lines = match, number, []
        elif inside is not None and line == "```":
            text = "\n".join(lines) + "\n"
            found.append(Block(inside[1], inside[2], text, f"{page.relative_to(ROOT)}:{start}"))
            inside = None
        else:
            lines.append(line)
    assert inside is None, f"{page.name}: a block is not closed"
    return found


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    found: set[str] = set()
    for title in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE):
        kept = "".join(c for c in title.replace("`", "").lower() if c.isalnum() or c in " -_")
        found.add(kept.strip().replace(" ", "-"))
    return found


def links(page: Path) -> Iterator[str]:
    """The targets of the links and pictures of a page."""
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    yield from re.findall(r"\]\(([^)\s]+)\)", text)


def tracked() -> list[Path]:
    """Every file in git that is text; all files of the tree where there is no git."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        files = [ROOT / name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        files = [file for part in ("src", "docs", "tests", "tools", "benchmarks") for file in (ROOT / part).rglob("*")]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()[:4096]]
