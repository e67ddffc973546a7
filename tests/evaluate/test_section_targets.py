"""The share of sections that keep their own target class: an indicator of plans, against plain counting."""

from __future__ import annotations

import random
from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa
import pytest

from evaluate.water_made import CATALOG, row, sections, table
from oracle import water as slow
from oracle.water import Row
from qingce.core.periods import Period
from qingce.evaluate import evaluate_water_months, water_indicator

YEAR = Period(date(2026, 1, 1), date(2026, 5, 31))


def asked(rows: list[Row], targets: dict[str, int | None]) -> dict[str, object]:
    register = sections(list(targets))
    place = register.column_names.index("target_class")
    register = register.set_column(place, "target_class", pa.array(list(targets.values()), pa.int64()))
    months = evaluate_water_months(table(rows), register, catalog=CATALOG)
    found = water_indicator(
        CATALOG.indicator("section_target_ratio"), months, scope="x", sections=list(targets), period=YEAR,
        catalog=CATALOG, as_of=YEAR.end,
    )  # fmt: skip
    told: dict[str, object] = found.to_pylist()[0]
    return told


def test_random_sections_are_counted_against_their_own_targets() -> None:
    dice = random.Random(4)
    rows: list[Row] = []
    targets: dict[str, int | None] = {}
    met = []
    for number in range(300):
        section = f"S{number:03d}"
        values = [Fraction(dice.randint(1, 25), 10) for _ in range(3)]
        targets[section] = dice.choice([None, 2, 3, 4, 5])
        rows += [row(section, "nh3n", v, time=datetime(2026, m, 6, 10)) for m, v in enumerate(values, 1)]
        target = targets[section]
        if target is not None:
            met.append(slow.grade("nh3n", sum(values, Fraction(0)) / 3, "river") <= target)
    told = asked(rows, targets)
    assert told["exact"] == str(Fraction(100 * sum(met), len(met)))
    assert f"有目标类别的 {len(met)} 个断面，其中达标 {sum(met)} 个" in str(told["note"])
    assert "没有目标类别，不参评" in str(told["note"])


@pytest.mark.parametrize(("value", "exact"), [("1.0", "100"), ("1.000001", "0"), ("0.5", "100")])
def test_the_target_class_itself_is_kept(value: str, exact: str) -> None:
    assert asked([row("S", "nh3n", value)], {"S": 3})["exact"] == exact


def test_without_a_target_there_is_nothing_to_keep() -> None:
    told = asked([row("S", "nh3n", "1.0")], {"S": None})
    assert (told["value"], told["exact"], told["absent"]) == (None, None, "not_monitored")
