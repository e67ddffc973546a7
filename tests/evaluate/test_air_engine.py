"""The compiled kernels and NumPy are one: the same tables of days and hours, and neither is loaded before it is due."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from fractions import Fraction
from types import ModuleType

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, daily, exceptions, observations
from tests.evaluate.blocks_made import as_table, made_block, some_cities

from qingce.evaluate import evaluate_air_days, evaluate_air_hours
from qingce.evaluate.kernels import jit
from qingce.evaluate.kernels.exact import Ratios, reduced
from qingce.evaluate.kernels.rows import Rows, row_means, row_percentiles
from qingce.evaluate.kernels.statistics import mean_of, percentile_of

EDITIONS = ("auto", "hj633-2012-letter", "hj633-2026+hj663-2026+gb3095-2026-final")


def both(ask: object) -> list[object]:
    """The answers of the compiled kernels and of NumPy."""
    found = []
    for size in (0, 10**15):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jit, "LARGE", size)
            found.append(ask())  # type: ignore[operator]
    return found


def strange(start: date) -> pa.Table:
    """Rows that a dense block cannot hold: reported days, reasons, readings below zero, many decimals, huge values."""
    first = datetime(start.year, start.month, start.day)
    return observations([
        daily("S0000", "pm10", start, value="77.5", review="national"),
        daily("S0001", "o3_8h", start, value=None, absent="not_monitored"),
        daily("S0002", "co", start, value="0.123456", review="assessed"),
        *({"site": "Z1", "parameter": "so2", "time": first.replace(hour=h), "value": -3} for h in range(24)),
        *({"site": "Z1", "parameter": "no2", "time": first.replace(hour=h), "absent": "invalid"} for h in range(24)),
        *({"site": "Z1", "parameter": "pm2_5", "time": first.replace(hour=h), "value": "35.000001"} for h in range(20)),
        *({"site": "Z1", "parameter": "pm10", "time": first.replace(hour=h), "value": "999999999999.1"}
          for h in range(24)),
    ])  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.sampled_from(EDITIONS), st.booleans())
def test_days_are_the_same_to_the_last_byte(seed: int, edition: str, odd: bool) -> None:
    start = date(2026, 2, 26)
    block = made_block(seed, sites=7, days=6, start=start, scales=(1, 10, 10, 1, 1, 100))
    places = some_cities(block, cities=3, seed=seed)
    table = pa.concat_tables([as_table(block), strange(start)]) if odd else as_table(block)
    sand = exceptions({"scope": "990101", "start": date(2026, 2, 27), "end": date(2026, 3, 2)})
    one, two = both(
        lambda: evaluate_air_days(table, places, sand, catalog=catalog(), edition=edition, areas=("city", "county"))
    )
    assert one.site_days.equals(two.site_days)  # type: ignore[attr-defined]
    assert one.city_days.equals(two.city_days)  # type: ignore[attr-defined]


@pytest.mark.parametrize("days", [1, 2, 3], ids=str)
def test_days_judged_in_two_halves_are_the_same_however_few(days: int) -> None:
    block = made_block(days, sites=5, days=days, start=date(2026, 2, 27))
    places = some_cities(block, cities=1)
    one, two = both(lambda: evaluate_air_days(as_table(block), places, NO_EXCEPTIONS, catalog=catalog()))
    assert one.site_days.equals(two.site_days)  # type: ignore[attr-defined]
    assert one.city_days.equals(two.city_days)  # type: ignore[attr-defined]
    assert one.city_days.num_rows == 2 * days  # type: ignore[attr-defined]


@pytest.mark.parametrize("by", ["site", "city"])
@pytest.mark.parametrize("edition", EDITIONS)
def test_hours_are_the_same_to_the_last_byte(by: str, edition: str) -> None:
    block = made_block(21, sites=6, days=4, start=date(2026, 2, 27))
    places = some_cities(block, cities=2)
    one, two = both(lambda: evaluate_air_hours(as_table(block), places, catalog=catalog(), edition=edition, by=by))
    assert one.equals(two)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- statistics of many rows


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.none() | st.tuples(st.integers(0, 10**6), st.integers(1, 60)), min_size=3, max_size=3),
             min_size=1, max_size=6),
    st.sampled_from((1, 10, 1680, 212520)),
    st.sampled_from((Fraction(90), Fraction(95), Fraction(98), Fraction(100), Fraction(25, 2))),
)  # fmt: skip
def test_rows_at_once_are_rows_one_by_one(
    cells: list[list[tuple[int, int] | None]], unit: int, percent: Fraction
) -> None:
    ok = np.array([[cell is not None for cell in row] for row in cells], bool)
    num = np.array([[cell[0] if cell else 0 for cell in row] for row in cells], np.int64)
    count = np.array([[cell[1] if cell else 0 for cell in row] for row in cells], np.int64)
    values = Ratios(num, np.where(ok, count * unit, 1), ok)
    for known in (unit, 0):
        rows = Rows(values, count, known)
        for made, ask in ((row_means(rows), mean_of), (row_percentiles(rows, percent),
                                                      lambda one: percentile_of(one, percent))):  # fmt: skip
            found = [Fraction(int(n), int(d)) if there else None
                     for n, d, there in zip(made.num, made.den, made.ok, strict=True)]  # fmt: skip
            assert found == [ask(values.at(row)) for row in range(len(cells))]
            assert reduced(made).num.tolist() == made.num.tolist()


def test_rows_too_large_for_64_bits_are_told_exactly() -> None:
    num = np.array([[2**61, 2**61 - 1]], np.int64)
    count = np.array([[7, 9]], np.int64)
    rows = Rows(Ratios(num, count * 3, np.ones((1, 2), bool)), count, 3)
    found = row_means(rows)
    expected = (Fraction(2**61, 21) + Fraction(2**61 - 1, 27)) / 2
    assert Fraction(int(found.num[0]), int(found.den[0])) == expected


# ---------------------------------------------------------------- loading


def test_the_compiler_is_not_loaded_with_the_room_nor_for_a_small_table() -> None:
    code = (
        "import sys\n"
        "from qingce.evaluate import evaluate_air_days, evaluate_air_year, LiveDay\n"
        "from qingce.evaluate.kernels import jit\n"
        "print(jit.kernels_for(1000), sorted({'numba', 'pandas', 'scipy'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.split("\n")[0] == "None []"


def test_without_a_place_for_machine_code_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def njit(function: object, *, cache: bool, **_: object) -> object:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return function

    fake = ModuleType("numba")
    fake.njit = njit  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "numba", fake)
    assert jit.compiled(len) is len
    assert asked == [True, False]


def test_no_exceptions_are_no_exceptions() -> None:
    block = made_block(22, sites=2, days=1, start=date(2024, 1, 1))
    one, two = both(lambda: evaluate_air_days(as_table(block), some_cities(block, cities=1), NO_EXCEPTIONS,
                                              catalog=catalog()))  # fmt: skip
    assert one.city_days.equals(two.city_days)  # type: ignore[attr-defined]
