"""The mean of several regions: exact where all is known, never a mean of some, futures drawn together."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.outlook.made_air import city_days

from qingce.catalog import load_catalog
from qingce.core.periods import Period
from qingce.evaluate.air.indicators import air_indicator
from qingce.outlook import Question, outlook_rows
from qingce.outlook.air.mean_outlook import mean_members
from qingce.outlook.given import Given
from qingce.outlook.members import Members

CATALOG = load_catalog()
AS_OF, YEAR = date(2025, 7, 31), Period.year(2025)
WHOLE = pa.concat_tables(
    [city_days(date(2022, 1, 1), date(2025, 12, 31), subject=name, seed=seed) for name, seed in (("A", 1), ("B", 2))]
)
KNOWN = WHOLE.filter(pc.less_equal(WHOLE["day"], pa.scalar(AS_OF)))


def ask(name: str = "pm2_5_annual", target: object = 40, **more: Any) -> Question:
    indicator = CATALOG.indicator(name)
    comparator = "<=" if indicator.direction == "lower" else ">="
    base: dict[str, Any] = {"subjects": ("A", "B"), "mean": True}
    return Question("T", indicator, "P", YEAR, comparator, Fraction(str(target)), **(base | more))


def rows_of(question: Question, days: pa.Table = KNOWN, as_of: date = AS_OF, **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = outlook_rows(
        [question], days, catalog=CATALOG, as_of=as_of, **more
    ).outlook.to_pylist()
    return rows


def chosen(question: Question, days: pa.Table = KNOWN, as_of: date = AS_OF, **more: Any) -> dict[str, Any]:
    return next(row for row in rows_of(question, days, as_of, **more) if row["chosen"])


def mean_of(name: str, days: pa.Table, last: date) -> Fraction:
    """The mean of evaluate's own figures."""
    found = []
    for scope in ("A", "B"):
        row = air_indicator(
            CATALOG.indicator(name), days, scope=scope, scope_name="", period=YEAR, series="measured", catalog=CATALOG,
            as_of=last,
        ).to_pylist()[0]  # fmt: skip
        found.append(Fraction(row["exact"]))
    return sum(found, Fraction(0)) / len(found)


NAMES = ("pm2_5_annual", "o3_p90", "good_day_ratio", "composite_index")


@pytest.mark.parametrize("name", NAMES)
def test_a_year_that_is_over_is_the_mean_of_the_figures(name: str) -> None:
    row = chosen(ask(name), WHOLE, date(2025, 12, 31))
    want = mean_of(name, WHOLE, date(2025, 12, 31))
    assert abs(Fraction(row["p50"]) - want) < Fraction(1, 10**6)
    assert row["p10"] == row["p90"] == row["p50"]


def test_a_year_set_to_its_end_by_hand_is_the_mean_too() -> None:
    """Both regions' remaining days as they came: every future is that year."""
    rest = WHOLE.filter(pc.greater(WHOLE["day"], pa.scalar(AS_OF))).to_pylist()
    told: dict[tuple[str, str], dict[date, Fraction]] = {}
    for row in rest:
        told.setdefault((row["subject"], "pm2_5"), {})[row["day"]] = Fraction(row["pm2_5"])
    row = chosen(ask(), given=Given(days=told))
    assert abs(Fraction(row["p50"]) - mean_of("pm2_5_annual", WHOLE, YEAR.end)) < Fraction(1, 10**3)
    assert row["p10"] == row["p90"]
    assert row["probability"] in (0.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.lists(st.integers(-10**6, 10**12), min_size=3, max_size=3), st.integers(1, 10**9)),
                min_size=1, max_size=5))  # fmt: skip
def test_the_mean_of_members_is_exact(parts: list[tuple[list[int], int]]) -> None:
    found = mean_members([Members(np.array(num, np.int64), den) for num, den in parts])
    for place in range(3):
        want = sum((Fraction(num[place], den) for num, den in parts), Fraction(0)) / len(parts)
        assert found.at(place) == want


@pytest.mark.parametrize("name", NAMES)
def test_between_its_regions_and_monotone_in_the_target(name: str) -> None:
    alone = sorted(chosen(ask(name, mean=False, subjects=(place,)))["p50"] for place in ("A", "B"))
    middle = chosen(ask(name))
    assert alone[0] - 1 <= middle["p50"] <= alone[1] + 1
    levels = [middle["p50"] * Decimal(step) / 100 for step in (80, 95, 100, 105, 120)]
    found = [chosen(ask(name, level))["probability"] for level in levels]
    assert found == sorted(found, reverse=CATALOG.indicator(name).direction == "higher")
    assert 0.2 < found[2] < 0.8


def test_every_of_both_is_not_their_mean() -> None:
    """A mean is likelier met than both at once, at the mean's own median."""
    middle = chosen(ask())["p50"]
    assert chosen(ask(target=middle))["probability"] > chosen(ask(target=middle, mean=False))["probability"]


def test_the_fan_ends_where_the_row_stands() -> None:
    found = outlook_rows([ask()], KNOWN, catalog=CATALOG, as_of=AS_OF)
    row = next(row for row in found.outlook.to_pylist() if row["chosen"])
    last = [path for path in found.paths.to_pylist() if path["model"] == row["model"]][-1]
    assert last["day"] == YEAR.end
    assert [last[name] for name in ("p10", "p50", "p90")] == [row[name] for name in ("p10", "p50", "p90")]


def test_one_region_without_history_leaves_the_quota_only() -> None:
    young = pc.or_(pc.not_equal(KNOWN["subject"], "B"), pc.greater(KNOWN["day"], pa.scalar(AS_OF - timedelta(40))))
    row = chosen(ask(), KNOWN.filter(young))
    assert (row["state"], row["probability"]) == ("quota_only", None)
    assert row["reason"].startswith("B：")
    assert chosen(ask(subjects=("A", "C")))["state"] == "quota_only"


@pytest.mark.parametrize(("target", "state", "chance"), [("5", "lost", 0.0), ("100000000", "safe", 1.0)])
def test_what_is_certain_is_said_so(target: str, state: str, chance: float) -> None:
    row = chosen(ask(target=target))
    assert (row["state"], row["probability"]) == (state, chance)
