"""Hours for the tests of packing, blocks and cube: full days, and any rows at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import strategies as st

from qingce.core.tables import OBSERVATION
from qingce.store.kinds import KINDS
from qingce.store.lake import SegmentLake

Row = dict[str, object]
T0 = datetime(2026, 5, 1)
HOUR = timedelta(hours=1)
AIR = KINDS["observation"].grid.parameters  # type: ignore[union-attr]


def observed(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of observation; what is not said is null or usual."""
    usual = {"site": "s1", "parameter": "pm2_5", "span": "PT1H", "review": "national"}
    made = [{name: (usual | dict(row)).get(name) for name in OBSERVATION.names} for row in rows]
    for row in made:
        row["value"] = None if row["value"] is None else Decimal(str(row["value"]))
    return pa.Table.from_pylist(made, schema=OBSERVATION)


def full(first: int, days: int, *, sites: Sequence[str] = ("s0", "s1"), names: Sequence[str] = AIR[:3]) -> list[Row]:
    """Every hour of some days, counted from 1 May."""
    return [
        {"site": site, "parameter": name, "time": T0 + hour * HOUR, "value": 1 + (hour * 7 + place) % 50}
        for hour in range(24 * first, 24 * (first + days))
        for place, site in enumerate(sites)
        for name in names
    ]


def appended(lake: SegmentLake, rows: Sequence[Row]) -> None:
    """Two halves, so that the day or month is merged."""
    half = len(rows) // 12 * 6
    for part in (rows[:half], rows[half:]):
        lake.append("observation", observed(part), source="x")


ROW = st.fixed_dictionaries(
    {
        "site": st.sampled_from(["s0", "s1", "s7"]),
        "parameter": st.sampled_from([*AIR[:2], "benzene"]),
        "time": st.integers(-3, 75).map(lambda hour: T0 + hour * HOUR) | st.just(T0 + timedelta(minutes=30)),
        "span": st.sampled_from(["PT1H"] * 5 + ["PT4H"]),
        "value": st.sampled_from([None, "1", "7.5", "-3", "0.000001", "40000", "20"]),
        "absent": st.sampled_from([None, None, None, "invalid"]),
        "review": st.sampled_from(["realtime", "national", "assessed", None]),
        "known_at": st.sampled_from([None, None, datetime(2026, 6, 1), datetime(2020, 1, 1)]),
    }
)
"""Any row: of a grid or beside it, plain or not, known in time or late."""
