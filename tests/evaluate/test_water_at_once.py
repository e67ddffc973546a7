"""Section-months judged all at once against the way that judges reading by reading: every cell of every column."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest

from qingce.catalog import load_catalog
from qingce.core.tables import OBSERVATION, SITE
from qingce.evaluate.water.door import _months
from qingce.evaluate.water.rules import Lawbook
from qingce.evaluate.water.tables import wide
from qingce.evaluate.water.wide import months_at_once

CATALOG = load_catalog()
REVIEWS = ("national", "provincial", "preliminary", "", None)
FIRST = date(2025, 11, 1)


def bounds() -> dict[str, list[Fraction]]:
    """The limits of class III of every judged factor, with a step to either side."""
    book = Lawbook(CATALOG, "auto")
    found = {}
    for name, limits in book.limits(FIRST, "river").items():
        steps = {Fraction(limit.value) for limit in limits}
        found[name] = [max(step + shift, Fraction(0)) for step in steps for shift in (0, Fraction(1, 10**6), -Fraction(1, 10**6))]  # fmt: skip  # noqa: E501
    return found


BOUNDS = bounds()


def made(rows: int, seed: int) -> tuple[pa.Table, pa.Table]:
    dice = random.Random(seed)
    names = [*BOUNDS, "water_temp", "tn", "pm10"]
    lines: dict[tuple[object, ...], dict[str, object]] = {}
    sections = [f"S{n:03d}" for n in range(max(4, rows // 400))]
    for _ in range(rows):
        section, name = dice.choice(sections), dice.choice(names)
        day = FIRST + timedelta(days=dice.randint(0, 118))
        span = dice.choice(["sample", "sample", "P1M", "PT4H", "PT1H", "P1D", None])
        hour = dice.choice([0, 4, 8, 12]) if span in ("PT4H", "PT1H") else 10
        time = datetime(day.year, day.month, 1 if dice.random() < 0.2 else day.day, hour)
        plain = Fraction(dice.randint(0, 9_000_000), 10**6)
        value = dice.choice(BOUNDS[name]) if name in BOUNDS and dice.random() < 0.7 else plain
        line: dict[str, object] = dict.fromkeys(OBSERVATION.names)
        line |= {"site": section, "parameter": name, "time": time, "span": span, "review": dice.choice(REVIEWS)}
        gone = dice.random()
        if gone < 0.08:
            line |= {"absent": dice.choice(["invalid", "not_monitored", "not_reported", "too_few"])}
        elif gone < 0.16:
            limit = None if gone < 0.1 else Decimal(dice.randint(1, 99)) / 10**6
            line |= {"absent": "below_detection", "detection_limit": limit}
        elif gone > 0.02:
            line["value"] = Decimal(value.numerator) / Decimal(value.denominator)
        lines[section, name, span or "sample", time] = line
    kinds = [None, "river", "lake", "river_type_reservoir"]
    places = [
        dict.fromkeys(SITE.names)
        | {"site": section, "name": f"{section}断面", "kind": dice.choice([None, "section"]),
           "water_kind": dice.choice(kinds), "target_class": dice.choice([None, 2, 3]),
           "valid_from": dice.choice([None, date(2025, 12, 5)]), "valid_until": dice.choice([None, date(2026, 1, 9)])}
        for section in [*sections[: len(sections) // 2], "S999"]
    ]  # fmt: skip
    return pa.Table.from_pylist(list(lines.values()), OBSERVATION), pa.Table.from_pylist(places, SITE)


def check(rows: int, seed: int) -> None:
    table, sites = made(rows, seed)
    for register in (sites, None):
        lawbook = Lawbook(CATALOG, "auto")
        slow, quick = wide(_months(table, register, lawbook)), months_at_once(table, register, lawbook)
        assert quick is not None
        assert quick.column_names == slow.column_names
        assert quick.schema.types == slow.schema.types
        for name in slow.column_names:
            assert quick[name].to_pylist() == slow[name].to_pylist(), name


@pytest.mark.parametrize("seed", range(6))
def test_small_tables_are_equal_in_every_cell(seed: int) -> None:
    check(300, seed)


def test_a_larger_table_is_equal_in_every_cell() -> None:
    check(4_000, 77)


@pytest.mark.prove
def test_ten_thousand_section_months_are_equal_in_every_cell() -> None:
    check(120_000, 7)


def test_near_ties_of_multiples_are_ordered_as_fractions() -> None:
    """Three thirds against one whole: equal multiples from other denominators keep the method's order."""
    line = dict.fromkeys(OBSERVATION.names)
    rows = [line | {"site": "S", "parameter": "codmn", "time": datetime(2026, 1, d), "value": Decimal(v)} for d, v in ((1, "7"), (2, "8"), (3, "9"))]  # fmt: skip  # noqa: E501
    rows += [line | {"site": "S", "parameter": "cod", "time": datetime(2026, 1, 1), "value": Decimal("26.666667")}]
    rows += [line | {"site": "S", "parameter": "bod5", "time": datetime(2026, 1, 1), "value": Decimal("5.333333")}]
    table, lawbook = pa.Table.from_pylist(rows, OBSERVATION), Lawbook(CATALOG, "auto")
    quick = months_at_once(table, None, lawbook)
    assert quick is not None
    assert quick["primary"].to_pylist() == ["cod,codmn,bod5"]
    assert quick["primary"].to_pylist() == wide(_months(table, None, lawbook))["primary"].to_pylist()


@pytest.mark.parametrize("case", ["double", "column", "zone", "empty"])
def test_what_the_columns_cannot_say_is_left_to_the_other_way(case: str) -> None:
    line = dict.fromkeys(OBSERVATION.names) | {
        "site": "S", "parameter": "cod", "time": datetime(2026, 1, 1), "value": Decimal(9)
    }  # fmt: skip
    table = pa.Table.from_pylist([line], OBSERVATION)
    if case == "double":
        table = pa.concat_tables([table, table])
    elif case == "column":
        table = table.drop_columns(["value"])
    elif case == "zone":
        place = table.column_names.index("time")
        table = table.set_column(place, "time", table["time"].cast(pa.timestamp("us", tz="UTC")))
    else:
        table = table.slice(0, 0)
    assert months_at_once(table, None, Lawbook(CATALOG, "auto")) is None
