"""Old-state gases at the reference state: which rows, which pollutants, exact to six places, 20,000 random values."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.air_made import catalog, observations
from tests.oracle import air_more as slow

from qingce.core.errors import QingceError
from qingce.core.tables import VALUE_TYPE
from qingce.evaluate.air.state import to_reference

LAST, NEXT = datetime(2018, 8, 31, 23), datetime(2018, 9, 1, 0)
STATE = "reference298"


def long_of(*rows: tuple[str, datetime, object]) -> list[Decimal | None]:
    made = [{"site": "A", "parameter": name, "time": time, "value": value} for name, time, value in rows]
    found = to_reference(observations(made), catalog=catalog(), state=STATE)
    return found.table["value"].to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["so2", "no2", "co", "o3"])
def test_gases_until_the_last_hour_of_august_2018_and_not_after(name: str) -> None:
    assert long_of((name, LAST, 100), (name, NEXT, 100)) == [Decimal("91.614959"), Decimal(100)]


@pytest.mark.parametrize("name", ["pm10", "pm2_5"])
def test_particles_stay_and_so_does_what_is_absent(name: str) -> None:
    assert long_of((name, LAST, 100), ("o3", LAST, None)) == [Decimal(100), None]


def test_the_note_tells_how_many_and_that_the_factor_is_unread() -> None:
    made = [{"site": "A", "parameter": name, "time": LAST, "value": 50} for name in ("so2", "no2", "pm10")]
    found = to_reference(observations(made), catalog=catalog(), state=STATE)
    assert found.count == 2
    assert found.note.startswith("2018-08-31 及以前的 2 个气态污染物数值")
    assert "规则未核" in found.note
    late = to_reference(observations([made[0] | {"time": NEXT}]), catalog=catalog(), state=STATE)
    assert (late.count, late.note) == (0, "")


def test_another_state_is_refused() -> None:
    with pytest.raises(QingceError, match=r"QC110.*standard273.*reference298"):
        to_reference(
            observations([{"site": "A", "parameter": "o3", "time": LAST, "value": 1}]),
            catalog=catalog(),
            state="standard273",
        )


@pytest.mark.parametrize(
    "times",
    [pa.array([LAST.date(), NEXT.date()], pa.date32()), pa.array([LAST, NEXT], pa.timestamp("us")),
     pa.array([LAST - timedelta(hours=8), NEXT - timedelta(hours=8)], pa.timestamp("s", "+08:00"))],
    ids=["date", "timestamp", "zoned"],
)  # fmt: skip
def test_a_wide_table_is_converted_by_its_columns(times: pa.Array) -> None:
    table = pa.table({"city": ["c", "c"], "time": times, "o3_8h": [100, 100], "pm10": [80, 80], "co": [1.0, None]})
    found = to_reference(table, catalog=catalog(), state=STATE)
    assert found.table["o3_8h"].to_pylist() == [Decimal("91.614959"), Decimal(100)]
    assert found.table["pm10"].to_pylist() == [80, 80]
    assert found.table["co"].to_pylist() == [Decimal("0.916150"), None]
    assert found.table["o3_8h"].type == VALUE_TYPE
    assert found.count == 2


def test_a_detection_limit_is_converted_with_its_value() -> None:
    made = [{"site": "A", "parameter": "so2", "time": LAST, "value": None, "detection_limit": Decimal(4)}]
    found = to_reference(observations(made), catalog=catalog(), state=STATE)
    assert found.table["detection_limit"].to_pylist() == [Decimal("3.664598")]


def test_twenty_thousand_random_values_are_the_slow_ones() -> None:
    made, rows = random.Random(2), []
    for number in range(20_000):
        day = date(2018, 8, 31) + timedelta(made.randint(-400, 400))
        rows.append({
            "site": f"s{number}", "parameter": made.choice(("so2", "no2", "co", "o3", "o3_8h", "pm10", "pm2_5")),
            "time": datetime(day.year, day.month, day.day, made.randrange(24)),
            "value": Decimal(made.randint(-10, 3_000_000_000)) / 1_000_000,
        })  # fmt: skip
    found = to_reference(observations(rows), catalog=catalog(), state=STATE)
    for row, value in zip(rows, found.table["value"].to_pylist(), strict=True):
        assert Fraction(value) == slow.converted(row["parameter"], row["time"].date(), Fraction(row["value"]))  # type: ignore[arg-type, attr-defined]
    assert found.count == sum(not row["parameter"].startswith("pm") and row["time"] < NEXT for row in rows)  # type: ignore[attr-defined, operator]
