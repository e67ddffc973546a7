"""Ranks of the composite index: in every future those of the ranking itself; regions under one sky move together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.outlook.made_air import city_days

from qingce.catalog import load_catalog
from qingce.core.periods import Period
from qingce.core.tables import OUTLOOK_RANK
from qingce.evaluate.air.input import QUANTITIES
from qingce.evaluate.air.ranking import Scope, rank_cities
from qingce.outlook.air.panel import Panel
from qingce.outlook.air.rank_outlook import Group, rank_rows

CATALOG = load_catalog()
AS_OF = date(2025, 7, 31)
NAMES = {"A": "甲县", "B": "乙县", "C": "丙县"}


@cache
def sky() -> pa.Table:
    """One sky over all: the days of one place, several years, in the series that the ranking method declares."""
    table = city_days(date(2022, 1, 1), date(2025, 12, 31), subject="A")
    series = pa.array(["deducted"] * table.num_rows, pa.string())
    return table.set_column(table.column_names.index("series"), "series", series)


def places(*levels: float, names: str = "ABC") -> pa.Table:
    """The same days in each place, times its level."""
    tables = []
    for name, level in zip(names, levels, strict=False):
        table = sky()
        for quantity in QUANTITIES:
            scaled = [None if cell is None else (cell * Decimal(str(level))).quantize(Decimal("0.001"))
                      for cell in table[quantity].to_pylist()]  # fmt: skip
            column = pa.array(scaled, table[quantity].type)
            table = table.set_column(table.column_names.index(quantity), quantity, column)
        tables.append(table.set_column(0, "subject", pa.array([name] * table.num_rows, pa.string())))
    return pa.concat_tables(tables)


def until(table: pa.Table, day: date) -> pa.Table:
    return table.filter(pc.less_equal(table["day"], pa.scalar(day)))


def ranked(table: pa.Table, as_of: date = AS_OF, names: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    found = rank_rows([Group("county", names or NAMES)], until(table, as_of), catalog=CATALOG, as_of=as_of)
    assert found.schema == OUTLOOK_RANK
    return {row["subject"]: row for row in found.to_pylist()}


def test_clearly_apart_the_ranks_are_certain_but_for_what_nobody_has_seen() -> None:
    rows = ranked(places(1, 1.4, 0.7))
    assert [rows[name]["rank_p50"] for name in "CAB"] == [1, 2, 3]
    assert list(rows) == ["C", "A", "B"], "in the order of the rank"
    assert rows["C"]["first"] > 0.99
    assert rows["B"]["last"] > 0.99
    for row in rows.values():
        assert row["p10"] < row["p50"] < row["p90"]
        assert (row["regions"], row["model"], row["history"]) == (3, "season-bootstrap", 3)
        assert row["rank_p10"] <= row["rank_p50"] <= row["rank_p90"]
        assert "内部研判" in row["text"]


def test_to_date_it_is_the_ranking_of_the_days_so_far() -> None:
    table = until(places(1, 1.0, 0.9), AS_OF)
    rows = ranked(table)
    to_date = Period(date(2025, 1, 1), AS_OF)
    told = rank_cities(Scope(table, to_date, CATALOG, preview=True)).to_pylist()
    assert {row["scope"]: row["place"] for row in told} == {name: row["now_rank"] for name, row in rows.items()}
    assert {row["scope"]: Decimal(row["text"]) for row in told} == {
        name: row["now"].quantize(Decimal("0.01")) for name, row in rows.items()
    }


def test_a_year_that_is_over_is_ranked_as_it_is() -> None:
    table, end = places(1, 1.0, 0.9), date(2025, 12, 31)
    rows = ranked(table, end)
    told = rank_cities(Scope(table, Period.year(2025), CATALOG, preview=True)).to_pylist()
    assert {row["scope"]: row["place"] for row in told} == {name: row["rank_p50"] for name, row in rows.items()}
    assert [(rows[name]["rank_p10"], rows[name]["rank_p90"]) for name in "CAB"] == [(1, 1), (2, 2), (2, 2)]
    assert rows["A"]["first"] < 0.01


def test_under_one_sky_futures_move_together() -> None:
    """What all share is thrown once: the index of two places hardly moves apart, though each has its own part."""
    table = until(places(1, 1.1), AS_OF)
    model = CATALOG.outlooks.models["season-bootstrap"]
    means = {}
    for joint in (True, False):
        panel = Panel(table, AS_OF, CATALOG, joint=joint)
        drawn = [panel.drawn(name, "deducted", period=Period.year(2025), model=model) for name in "AB"]
        means[joint] = [part["pm2_5"].mean(axis=1) for part in drawn]
    together, apart = (float(np.corrcoef(*means[joint])[0, 1]) for joint in (True, False))
    assert together > 0.7
    assert abs(apart) < 0.3


def test_a_joint_panel_of_one_place_draws_what_is_likely_as_any_other() -> None:
    """The dice fall otherwise, the distribution is the same."""
    table = until(places(1), AS_OF)
    model = CATALOG.outlooks.models["season-bootstrap"]
    ends = []
    for joint in (True, False):
        panel = Panel(table, AS_OF, CATALOG, joint=joint)
        drawn = panel.drawn("A", "deducted", period=Period.year(2025), model=model)
        ends.append(np.percentile(drawn["pm2_5"].mean(axis=1), (10, 50, 90)))
    assert ends[0] == pytest.approx(ends[1], rel=0.1)


def test_a_place_without_history_has_no_rank_and_the_others_are_ranked_without_it() -> None:
    table = places(1, 1.4, 0.7)
    young = pc.or_(pc.not_equal(table["subject"], "B"), pc.greater(table["day"], pa.scalar(date(2025, 6, 1))))
    rows = ranked(table.filter(young))
    assert (rows["B"]["rank_p50"], rows["B"]["first"], rows["B"]["p50"]) == (None, None, None)
    assert rows["B"]["now_rank"] is not None
    assert rows["B"]["reason"]
    assert "不作排名研判" in rows["B"]["text"]
    assert [rows[name]["regions"] for name in "AC"] == [2, 2]
    assert list(rows)[-1] == "B"


def test_one_region_alone_is_not_ranked() -> None:
    assert ranked(places(1), names={"A": "甲县"}) == {}
    assert rank_rows([], sky(), catalog=CATALOG, as_of=AS_OF).num_rows == 0
    assert rank_rows([Group("city", NAMES)], sky().slice(0, 0), catalog=CATALOG, as_of=AS_OF).num_rows == 0


def test_the_same_seed_gives_the_same_ranks() -> None:
    table = places(1, 1.02, 0.99)
    assert ranked(table) == ranked(table)
