"""Declared formulas and shares of points: every ratio from its own denominator, net cuts with offsets taken off."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.evaluate.points_made import AT, CATALOG, Row, one, places, table

from qingce.core.errors import QingceError
from qingce.core.periods import Period
from qingce.core.tables import VALUE
from qingce.evaluate import (
    evaluate,
    evaluate_groundwater,
    evaluate_noise,
    evaluate_ratios,
    evaluate_sources,
    point_indicator,
)

FORMULAS = {
    "arable_safe_use": (
        ("arable_slight_protected", "arable_moderate_met", "arable_severe_controlled"),
        ("arable_slight", "arable_moderate", "arable_severe"),
    ),
    "solid_waste_use": (("solid_waste_used",), ("solid_waste_produced", "solid_waste_stock")),
    "straw_use": (("straw_used",), ("straw_collectable",)),
    "manure_use": (("manure_used",), ("manure_produced",)),
    "film_recovery": (("film_recovered",), ("film_used",)),
    "reclaimed_water": (("reclaimed_used",), ("sewage_treated",)),
    "medical_disposal": (("medical_disposed",), ("medical_produced",)),
    "domestic_waste_recycle": (("waste_recycled",), ("waste_collected",)),
    "rural_sewage": (("villages_sewage_done",), ("villages_all",)),
    "wetland_protection": (("wetland_protected",), ("wetland_all",)),
    "black_odorous_urban": (("black_waters_cleared",), ("black_waters_listed",)),
    "key_land_safe_use": (("key_land_safe",), ("key_land_due",)),
}
CUTS = ("nox", "cod", "voc", "nh3n")


def test_the_formulas_are_all_of_the_catalog() -> None:
    verbs = {item.id: item.statistic["verb"] for item in CATALOG.indicators.values()}
    assert {name for name, verb in verbs.items() if verb == "ratio"} == set(FORMULAS)
    assert {name for name, verb in verbs.items() if verb == "net"} == {f"{name}_cut" for name in CUTS}


def test_the_safe_use_of_farmland_counts_only_land_under_its_own_measure() -> None:
    """A = (B + C + D)/E: 100 of 120 slight, 60 of 70 moderate, 10 of 10 severe: 170 of 200 亩 is 85 %."""
    cells = {"arable_slight": 120, "arable_slight_protected": 100, "arable_moderate": 70, "arable_moderate_met": 60,
             "arable_severe": 10, "arable_severe_controlled": 10}  # fmt: skip
    rows = [one("990101", name, value) for name, value in cells.items()]
    (line,) = evaluate("ratio", table(rows), catalog=CATALOG).to_pylist()
    assert (line["indicator"], line["value"], line["exact"], line["n"]) == ("arable_safe_use", 85, "85", 6)
    (line,) = evaluate_ratios(table(rows[:-1]), catalog=CATALOG).to_pylist()
    assert (line["value"], line["absent"], line["note"].split("；")[0]) == (
        None, "not_reported", "缺 arable_severe_controlled",
    )  # fmt: skip


def test_solid_waste_of_past_years_belongs_to_the_denominator() -> None:
    rows = [one("a", "solid_waste_used", 90), one("a", "solid_waste_produced", 80), one("a", "solid_waste_stock", 40)]
    (line,) = evaluate_ratios(table(rows), catalog=CATALOG).to_pylist()
    assert (line["indicator"], line["exact"]) == ("solid_waste_use", "75")


def test_offsets_used_for_new_projects_are_taken_off_the_cut() -> None:
    """Two works of 120.5 and 80 t, 30 t used as regional offset, 10.25 t disallowed: 160.25 t."""
    rows = [one("a", "nox_project_cut", "120.5"), one("a", "nox_project_cut", 80, time=datetime(2026, 8, 1))]
    rows += [one("a", "nox_offset_used", 30), one("a", "nox_disallowed", "10.25")]
    (line,) = evaluate_ratios(table(rows), catalog=CATALOG).to_pylist()
    assert (line["indicator"], line["value"], line["unit"], line["period"]) == (
        "nox_cut",
        Decimal("160.25"),
        "t",
        "2026",
    )


def report(rows: list[Row], scope: str, name: str, *, dice: random.Random, zero: bool = False) -> Fraction:
    """Report a quantity in one or two parts and return its sum."""
    parts = [Fraction(dice.randint(0 if zero else 1, 10**9), 10**3) for _ in range(dice.choice([1, 1, 2]))]
    rows += [(scope, name, datetime(2026, month, 1), part, None, None) for month, part in enumerate(parts, 1)]
    return sum(parts, Fraction(0))


def check(cases: int, seed: int) -> None:
    dice = random.Random(seed)
    rows: list[Row] = []
    expected: dict[tuple[str, str], Fraction | None] = {}
    for number in range(cases):
        scope = f"{number:05d}"
        sums: dict[str, Fraction] = {}
        for name in dice.sample(sorted(FORMULAS), 2):
            above, below = FORMULAS[name]
            gone = dice.random() < 0.2
            for part in (*above, *below[: -1 if gone else None]):
                sums[part] = report(rows, scope, part, dice=dice, zero=part in above)
            whole = not gone
            expected[name, scope] = (
                100 * sum((sums[p] for p in above), Fraction(0)) / sum((sums[p] for p in below), Fraction(0))
                if whole
                else None
            )
        cut = dice.choice(CUTS)
        for part in ("project_cut", "offset_used", "disallowed"):
            sums[f"{cut}_{part}"] = report(rows, scope, f"{cut}_{part}", dice=dice)
        expected[f"{cut}_cut", scope] = (
            sums[f"{cut}_project_cut"] - sums[f"{cut}_offset_used"] - sums[f"{cut}_disallowed"]
        )
    answer = evaluate_ratios(table(rows), catalog=CATALOG)
    assert answer.schema == VALUE
    told = {(line["indicator"], line["scope"]): line["exact"] for line in answer.to_pylist()}
    assert told == {key: None if value is None else str(value) for key, value in expected.items()}


def test_random_regions_are_told_exactly() -> None:
    check(700, 1)


@pytest.mark.prove
def test_ten_thousand_random_formulas_are_told_exactly() -> None:
    check(4_000, 2)


def test_a_zero_denominator_and_a_foreign_quantity_are_refused() -> None:
    with pytest.raises(QingceError, match=r"QC260.*straw_use.*straw_collectable"):
        evaluate_ratios(table([one("a", "straw_used", 1), one("a", "straw_collectable", 0)]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC257.*pm10"):
        evaluate_ratios(table([one("a", "pm10", 1)]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC254.*ratio"):
        evaluate_ratios(table([one("a", "straw_used", 1)]), catalog=CATALOG, by="city")


def test_shares_of_points_as_indicator_values() -> None:
    wells = [one(f"w{n}", "iron", "3" if n < 2 else "0.1") for n in range(7)]
    judged = evaluate_groundwater(table(wells), catalog=CATALOG, period="year")
    asked = {"scope": "990100", "period": Period.year(2026), "catalog": CATALOG}
    (line,) = point_indicator(CATALOG.indicator("groundwater_class5_ratio"), judged, **asked).to_pylist()
    assert (line["exact"], line["value"], line["n"], line["review"]) == ("200/7", Decimal("28.57"), 7, "national")
    (line,) = point_indicator(
        CATALOG.indicator("groundwater_class5_ratio"), judged, points=["w0", "w5"], **asked
    ).to_pylist()
    assert line["value"] == 50
    nights = [one(f"n{n}", "ln", "51" if n == 0 else "50", time=datetime(2026, 5, 1)) for n in range(4)]
    register = places(dict.fromkeys(("n0", "n1", "n2", "n3"), "2"))
    judged = evaluate_noise(table(nights), catalog=CATALOG, sites=register)
    (line,) = point_indicator(CATALOG.indicator("noise_night_ratio"), judged, **asked).to_pylist()
    assert (line["value"], line["method"], line["limits"]) == (75, "hj640-2012", "gb3096-2008")
    (line,) = point_indicator(CATALOG.indicator("noise_day_ratio"), judged, **asked).to_pylist()
    assert (line["value"], line["absent"], line["n"]) == (None, "not_reported", 0)
    sources = [one("a", "nh3n", "0.2"), one("b", "nh3n", "1.2")]
    judged = evaluate_sources(table(sources), catalog=CATALOG, period="year", sites=places({"a": "河流", "b": "河流"}))
    (line,) = point_indicator(CATALOG.indicator("drinking_source_ratio"), judged, **asked).to_pylist()
    assert line["value"] == 50
    with pytest.raises(QingceError, match=r"QC255.*pm2_5_annual"):
        point_indicator(CATALOG.indicator("pm2_5_annual"), judged, **asked)
    assert date(2026, 5, 6) == AT.date()
