"""Files written by the tests, taken in through the shipped feeds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.observe import Ingest, ingest

CATALOG = load_catalog()

Take = Callable[..., Ingest]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Write a file and ingest it through a feed; the cells always add up."""

    def run(content: str | bytes, feed: str, name: str = "f.csv", **more: object) -> Ingest:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = ingest(path, feed=CATALOG.feeds[feed], catalog=CATALOG, **more)  # type: ignore[arg-type]
        assert found.cells == found.observations.num_rows + found.empty + found.collapsed + found.refused
        return found

    return run
