"""The packaged example, built once for the whole session whatever the number of workers; makers by name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from qingce.app.example import write_example
from qingce.app.pipeline import build
from qingce.publish import Results, read_results


@dataclass(frozen=True)
class Example:
    """The example campaign as built: its folder is read by many tests, and written by none."""

    folder: Path
    results: Results

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def site(self) -> Path:
        return self.folder / "out" / "site"


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The packaged example, built by the first worker that asks; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    common = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = common / "example"
    with FileLock(common / "example.lock"):
        if not (folder / "built").exists():
            write_example(folder)
            build(folder)
            (folder / "built").touch()
    return Example(folder, read_results(folder / "out"))
