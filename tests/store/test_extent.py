"""What a lake holds, column by column, with first and last times: the same as asking every row."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingce.core.errors import StoreError
from qingce.core.tables import OBSERVATION, VALUE_TYPE, shape
from qingce.store import open_lake

START = datetime(2025, 12, 30)
KEYS = st.tuples(st.integers(0, 2), st.sampled_from(("o3", "codmn")), st.integers(0, 90), st.sampled_from("ab"))
Keys = list[tuple[int, str, int, str]]


def rows(keys: Keys) -> pa.Table:
    """One hourly row a (site, parameter, hour, source)."""
    made = [{"site": f"S{site}", "parameter": name, "time": START + timedelta(hours=hour), "span": "PT1H",
             "source": source} for site, name, hour, source in keys]  # fmt: skip
    table = pa.Table.from_pylist(made, schema=pa.schema([OBSERVATION.field(n) for n in made[0]]))
    return shape(table.append_column("value", pa.array([Decimal(7)] * len(made), VALUE_TYPE)), OBSERVATION)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(KEYS, min_size=1, max_size=6), min_size=1, max_size=4), st.integers(0, 95), st.booleans())
def test_an_extent_is_what_every_row_says(
    tmp_path_factory: pytest.TempPathFactory, batches: list[Keys], until: int, packed: bool
) -> None:
    lake = open_lake(tmp_path_factory.mktemp("lake"))
    for batch in batches:
        lake.append("observation", rows(batch), source="t")
        if packed:
            lake.compact("observation")
    for end in (None, START + timedelta(hours=until)):
        for by in (("site", "parameter"), ("source",)):
            told: dict[tuple[object, ...], list[datetime]] = {}
            for site, name, hour, source in (key for batch in batches for key in batch):
                time = START + timedelta(hours=hour)
                cells = {"site": f"S{site}", "parameter": name, "source": source}
                if end is None or time < end:
                    told.setdefault(tuple(cells[column] for column in by), []).append(time)
            found = lake.extent("observation", by, end=end).to_pylist()
            assert [tuple(row[column] for column in by) for row in found] == sorted(told)
            assert [(row["first"], row["last"]) for row in found] == [
                (min(told[k]), max(told[k])) for k in sorted(told)
            ]
    lake.close()


def test_the_extent_of_an_empty_lake_is_empty_and_a_wrong_question_is_refused(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake")
    found = lake.extent("observation", ("site", "span"))
    assert (found.num_rows, found.schema.names) == (0, ["site", "span", "first", "last"])
    assert found.schema.field("first").type == OBSERVATION.field("time").type
    with pytest.raises(StoreError, match=r"QC508.*'place'"):
        lake.extent("observation", ("place",))
    with pytest.raises(StoreError, match=r"QC509.*official"):
        lake.extent("official", ("indicator",))
    lake.close()
