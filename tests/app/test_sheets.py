"""What is left of an unfinished day, as story 2 of the scenarios tells it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from qingce.app.sheets import today
from qingce.catalog import load_catalog
from qingce.core.tables import OBSERVATION, SITE

BEGIN = datetime(2026, 5, 1)


def hours(count: int) -> pa.Table:
    rows = [
        {"site": "A", "parameter": "pm2_5", "time": BEGIN + timedelta(hours=h), "span": "PT1H", "value": Decimal(66)}
        for h in range(count)
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in OBSERVATION.names} for row in rows], OBSERVATION)


def sites() -> pa.Table:
    known = {"site": "A", "kind": "air_site", "city": "140100", "roles": "评价点"}
    return pa.Table.from_pylist([{name: known.get(name) for name in SITE.names}], SITE)


def test_fifteen_hours_at_66_leave_51_3_for_the_other_nine() -> None:
    found = today(hours(15), sites(), catalog=load_catalog(), as_of=date(2026, 5, 1), region="140100").to_pylist()
    assert [(row["kind"], row["remaining"], row["text"]) for row in found] == [("hours", 9, "剩余 9 小时均值 ≤ 51.3")]


@pytest.mark.parametrize(("count", "day"), [(24, date(2026, 5, 1)), (15, date(2026, 5, 2)), (0, date(2026, 5, 1))])
def test_a_day_that_is_over_or_has_no_hours_leaves_nothing_to_tell(count: int, day: date) -> None:
    assert not today(hours(count), sites(), catalog=load_catalog(), as_of=day, region="140100").num_rows
