"""The water quality index as an indicator: against the slow judge, its change and improvement, places by rank."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.points_made import CATALOG, Row, one, table
from tests.evaluate.test_sections import ITEMS, near, registered
from tests.oracle import sections as slow

from qingce.core.errors import QingceError
from qingce.core.periods import Period
from qingce.evaluate import evaluate_cwqi, evaluate_water_months, water_indicator
from qingce.evaluate.water.cwqi import index_of_places

AS_OF = date(2026, 5, 31)
NOW = Period(date(2026, 1, 1), AS_OF)
LAST = NOW.year_before()
Values = dict[tuple[str, int, str], dict[int, Fraction]]
"""Values by (section, year, item), month by month."""


def city(dice: random.Random, *, sections: int) -> Values:
    """Some items of some sections in some months of two years, a sample a month."""
    found: Values = {}
    for number in range(sections):
        for year in (2025, 2026):
            for item in dice.sample(ITEMS, dice.randint(1, 4)):
                months = sorted(dice.sample(range(1, 6), dice.randint(1, 5)))
                found[f"s{number}", year, item] = {month: near(item, dice) for month in months}
    return found


def judged(values: Values) -> tuple[pa.Table, pa.Table]:
    """The section-months and the register of a city."""
    rows: list[Row] = [
        one(section, item, value, time=datetime(year, month, 7))
        for (section, year, item), months in values.items()
        for month, value in months.items()
    ]
    sites = registered(dict.fromkeys(sorted({section for section, _, _ in values}), "990100"))
    return evaluate_water_months(table(rows), sites, catalog=CATALOG), sites


def means(values: Values, year: int) -> list[dict[str, Fraction]]:
    """Each section's means of its months, in plain counting."""
    sections: dict[str, dict[str, Fraction]] = {}
    for (section, when, item), months in values.items():
        if when == year:
            sections.setdefault(section, {})[item] = sum(months.values(), Fraction(0)) / len(months)
    return list(sections.values())


def value(name: str, months: pa.Table, sections: Sequence[str], period: Period = NOW) -> dict[str, object]:
    found = water_indicator(
        CATALOG.indicator(name), months, scope="990100", sections=sections, period=period, catalog=CATALOG, as_of=AS_OF
    )
    row: dict[str, object] = found.to_pylist()[0]
    return row


def test_random_cities_are_the_oracles() -> None:
    dice = random.Random(2017)
    for _ in range(40):
        made = city(dice, sections=dice.randint(1, 4))
        months, sites = judged(made)
        sections = sites["site"].to_pylist()
        now, then = (slow.cwqi(means(made, year), "river") for year in (2026, 2025))
        assert value("cwqi", months, sections)["exact"] == str(now)
        assert value("cwqi", months, sections, LAST)["exact"] == str(then)
        change = 100 * (now - then) / then
        assert value("cwqi_change", months, sections)["exact"] == str(change)
        assert value("cwqi_improvement", months, sections)["exact"] == str(-change)


def test_the_indicator_of_a_year_is_what_the_medium_says() -> None:
    made: Values = {("a", 2025, "nh3n"): {month: Fraction(month, 10) for month in range(1, 13)},
                    ("b", 2025, "tp"): {month: Fraction(month, 100) for month in range(1, 13)}}  # fmt: skip
    months, sites = judged(made)
    rows = [one(section, item, cell, time=datetime(year, month, 7))
            for (section, year, item), cells in made.items() for month, cell in cells.items()]  # fmt: skip
    (medium,) = evaluate_cwqi(table(rows), catalog=CATALOG, period="year", sites=sites).to_pylist()
    told = value("cwqi", months, ["a", "b"], Period.year(2025))
    assert (told["exact"], told["value"]) == (medium["exact_cwqi"], medium["cwqi"].quantize(told["value"]))
    assert told["method"] == "hb2011-22+cwqi-2017"
    note = str(told["note"])
    assert note.startswith("2 个断面（点位）；未测、不计：")
    assert "化学需氧量" in note
    assert "规则未核" in note


def test_nothing_to_compare_with_is_absent_and_a_wrong_sense_is_refused() -> None:
    months, _ = judged({("a", 2026, "nh3n"): {1: Fraction(1), 2: Fraction(2)}})
    told = value("cwqi_change", months, ["a"])
    assert (told["exact"], told["value"]) == (None, None)
    assert told["absent"]
    assert value("cwqi", months, ["a"])["exact"] == "3/2"
    assert value("cwqi", months, ["b"])["absent"] == "not_reported"
    odd = CATALOG.indicator("cwqi_change")
    odd = replace(odd, statistic={**odd.statistic, "sense": "sideways"})
    with pytest.raises(QingceError, match=r"QC107.*sideways"):
        water_indicator(odd, months, scope="x", sections=["a"], period=NOW, catalog=CATALOG)


def test_other_sections_than_a_year_ago_are_told() -> None:
    months, _ = judged({("a", 2026, "nh3n"): {1: Fraction(1)}, ("a", 2025, "nh3n"): {1: Fraction(2)},
                        ("b", 2026, "nh3n"): {1: Fraction(1)}})  # fmt: skip
    told = value("cwqi_improvement", months, ["a", "b"])
    assert told["exact"] == "50"
    assert "水质指数本期 1.0000，上年同期 2.0000；两期的断面数或项目不同，比较供参考" in str(told["note"])


def test_counties_are_ranked_among_those_of_the_same_period() -> None:
    made: Values = {}
    for number, (then, now) in enumerate((("2", "1"), ("1", "1"), ("1", "2"))):
        made[f"s{number}", 2025, "nh3n"] = {1: Fraction(then)}
        made[f"s{number}", 2026, "nh3n"] = {1: Fraction(now)}
    months, sites = judged(made)
    counties = [f"99010{number}" for number in (1, 2, 3)]
    sites = sites.set_column(sites.column_names.index("county"), "county", [counties])
    found = index_of_places(months, sites, by="county", periods=[NOW], catalog=CATALOG, as_of=AS_OF).to_pylist()
    rows = {row["city"]: row for row in found if row["period"] == str(NOW)}
    assert [(rows[code]["cwqi"], rows[code]["rank"]) for code in counties] == [(1, 1), (1, 1), (2, 3)]
    assert [rows[code]["exact_change"] for code in counties] == ["-50", "0", "100"]
    assert [rows[code]["rank_change"] for code in counties] == [1, 2, 3]
    whole = index_of_places(months, sites, by="city", periods=[NOW], catalog=CATALOG, as_of=AS_OF).to_pylist()
    assert [row["exact_cwqi"] for row in whole if row["period"] == str(NOW)] == ["4/3"]
