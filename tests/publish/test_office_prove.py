"""Every output opens in a free office program and prints on as many pages as it should."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from qingce.publish.office import (
    write_air_daily,
    write_briefing,
    write_ledger,
    write_progress_table,
    write_section_monthly,
)
from qingce.publish.results import Results

pytestmark = pytest.mark.prove

Writer = Callable[[Results, Path], None]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def converted(path: Path, home: Path) -> str:
    """Print to PDF with an office program of its own profile; returns the text of all pages, form feeds between."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None or shutil.which("pdftotext") is None:
        pytest.skip("no office program or pdftotext on this machine")
    profile = f"-env:UserInstallation=file://{home}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    pdf = path.with_suffix(".pdf")
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True).stdout.decode(
        "utf-8"
    )


def daily(results: Results, path: Path) -> None:
    write_air_daily(results, path, date(2026, 5, 31))


@pytest.mark.parametrize(
    ("write", "name", "least", "most", "said"),
    [
        (write_ledger, "ledger.xlsx", 7, 10, "目标进度表"),
        (write_briefing, "briefing.docx", 6, 10, "调度简报"),
        (write_progress_table, "progress.docx", 2, 4, "剩余允许值"),
        (write_section_monthly, "sections.docx", 1, 1, "断面月报"),
        (write_section_monthly, "sections.xlsx", 1, 1, "定类因子"),
        (daily, "air.docx", 1, 1, "环境空气质量日报"),
    ],
)
def test_it_opens_and_prints(write: Writer, name: str, least: int, most: int, said: str, tmp_path: Path) -> None:
    write(load("sample_results").sample_results(), tmp_path / name)
    text = converted(tmp_path / name, tmp_path / "profile")
    pages = text.rstrip("\f").split("\f")
    assert least <= len(pages) <= most
    assert said in text
    assert "示例数据" in pages[-1], "the last page is marked as well"
    assert not re.search(r"#{3,}", text), "no column is too narrow for its number"
