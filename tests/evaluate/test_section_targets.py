"""The share of sections that keep their own target class: an indicator of plans, against plain counting."""

from __future__ import annotations

import random
from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.water_made import CATALOG, row, sections, table
from tests.oracle import water as slow
from tests.oracle.water import Row

from qingce.core.periods import Period
from qingce.evaluate import evaluate, evaluate_water_months, water_indicator

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


def test_classes_are_set_against_the_year_and_the_period_before() -> None:
    dice = random.Random(8)
    months = [datetime(year, month, 6) for year in (2025, 2026) for month in (11, 12, 1, 2)]
    values = {(f"S{n}", time): Fraction(dice.randint(1, 25), 10) for n in range(60) for time in months}
    rows = [row(section, "nh3n", value, time=time) for (section, time), value in values.items()]
    grades = {(s, f"{t:%Y-%m}"): slow.grade("nh3n", v, "river") for (s, t), v in values.items()}
    data = table(rows)
    for line in evaluate("section-target", data, catalog=CATALOG, period="month").to_pylist():
        section, month = line["section"], line["period"]
        if (section, month) not in grades:
            continue
        year, number = int(month[:4]), int(month[5:])
        last = f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"
        for before, change, other in (
            ("class_before", "change", f"{year - 1}{month[4:]}"), ("class_last", "change_last", last),
        ):  # fmt: skip
            then = grades.get((section, other))
            better = None if then is None else then - grades[section, month]
            assert (line[before], line[change]) == (then, better)
            word = (
                None
                if better is None
                else "持平"
                if not better
                else f"{'改善' if better > 0 else '恶化'} {abs(better)} 个类别"
            )
            assert line[f"{change}_text"] == word
