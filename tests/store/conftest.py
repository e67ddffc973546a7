"""Rows and lakes for the tests of storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from qingce.core.tables import OBSERVATION
from qingce.store.lake import SegmentLake

Make = Callable[..., pa.Table]


def observations(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of observation from plain mappings; what is not said is null, or the usual site, parameter and span."""
    usual = {"site": "s1", "parameter": "pm2_5", "span": "PT1H", "time": datetime(2026, 5, 1), "review": "realtime"}
    filled = [{name: (usual | dict(row)).get(name) for name in OBSERVATION.names} for row in rows]
    for row in filled:
        for name in ("value", "detection_limit"):
            row[name] = None if row[name] is None else Decimal(str(row[name]))
    return pa.Table.from_pylist(filled, schema=OBSERVATION)


class TickingClock:
    """A clock that a test sets; it moves a second with each look."""

    def __init__(self, start: datetime = datetime(2026, 7, 1)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def obs() -> Make:
    return observations


@pytest.fixture
def lake(tmp_path: Path, clock: TickingClock) -> Iterator[SegmentLake]:
    opened = SegmentLake(tmp_path / "lake", now=clock)
    yield opened
    opened.close()
