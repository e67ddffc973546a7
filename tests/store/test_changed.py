"""What changed since a version: the sites and days of every row appended after it, through compaction and packing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingce.core.errors import QingceError
from qingce.core.tables import OBSERVATION, VALUE_TYPE, shape
from qingce.store import open_lake

START = datetime(2026, 2, 27)


def rows(keys: list[tuple[int, int]]) -> pa.Table:
    """One hourly row a (site, hour)."""
    made = [{"site": f"S{site}", "parameter": "o3", "time": START + timedelta(hours=hour), "span": "PT1H"}
            for site, hour in keys]  # fmt: skip
    table = pa.Table.from_pylist(made, schema=pa.schema([OBSERVATION.field(n) for n in made[0]]))
    return shape(table.append_column("value", pa.array([Decimal(7)] * len(made), VALUE_TYPE)), OBSERVATION)


BATCHES = st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 80)), min_size=1, max_size=5), min_size=1,
                   max_size=5)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(BATCHES, st.data())
def test_every_version_knows_what_came_after_it(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    lake = open_lake(tmp_path_factory.mktemp("lake"))
    heads = [lake.version("observation")]
    for batch in batches:
        lake.append("observation", rows(batch), source="t")
        heads.append(lake.version("observation"))
        if data.draw(st.booleans()):
            lake.compact("observation")
    for place, head in enumerate(heads):
        later = {(f"S{s}", (START + timedelta(hours=h)).date()) for batch in batches[place:] for s, h in batch}
        found = lake.changed("observation", head=head)
        assert found is not None
        pairs = list(zip(found["site"].to_pylist(), found["day"].to_pylist(), strict=True))
        assert pairs == sorted(later)
    lake.close()


def test_a_head_that_never_was_is_no_version(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake")
    lake.append("observation", rows([(0, 1)]), source="t")
    assert lake.changed("observation", head="0" * 64 + "x") is None
    found = lake.changed("observation", head=lake.version("observation"))
    assert found is not None
    assert (found.num_rows, found.schema.names) == (0, ["site", "day"])
    assert found.schema.field("day").type == pa.date32()
    with pytest.raises(QingceError, match=r"QC500.*nothing"):
        lake.changed("nothing", head="")
    assert date(2026, 2, 27) == START.date()
    lake.close()
