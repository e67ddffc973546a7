"""Drinking-water sources: tables 2 and 3, every limit with its neighbours, random sources, both shares."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.evaluate.points_made import AT, CATALOG, Row, one, places, table
from tests.oracle import groundwater, water
from tests.oracle import sources as slow

from qingce.core.errors import QingceError
from qingce.evaluate import evaluate, evaluate_sources

STEP = Fraction(1, 10**6)
KINDS = ("river", "lake", "groundwater")


def test_tables_two_and_three_are_those_of_another_transcription(shared: Path) -> None:
    """Origin: Silence.Water (MIT), GB_3838_2002.json: 5 and 80 items in mg/L."""
    text = (shared / "data/calculator_cases/GB_3838_2002.json").read_text("utf-8-sig")
    numbers = sorted(str(Decimal(str(limit["LimitValue"])).normalize()) for limit in _limits(json.loads(text)))
    ours = sorted(str(Decimal(limit).normalize()) for _, limit, _ in slow.ROWS)
    missing = [number for number in ours if number not in numbers]
    assert not missing
    assert len(slow.ROWS) == 85


def _limits(node: object) -> list[dict[str, object]]:
    if isinstance(node, dict):
        here = [node] if "LimitValue" in node and str(node["LimitValue"]).replace(".", "").isdigit() else []
        return here + [found for child in node.values() for found in _limits(child)]
    return [found for child in node for found in _limits(child)] if isinstance(node, list) else []


def edges(item: str, kind: str) -> list[Fraction]:
    if item == "ph":
        bounds = [Fraction(n) for n in ("6", "9", "6.5", "8.5")]
    elif item == "do":
        bounds = [Fraction(5)]
    elif kind == "groundwater":
        bounds = [groundwater.LIMITS[item][2]]
    else:
        bounds = [slow.LIMITS[item]] if item in slow.LIMITS else [water.limits(item, kind)[2]]
    return [max(bound + shift, Fraction(0)) for bound in bounds for shift in (-STEP, Fraction(0), STEP)]


def items_of(kind: str) -> list[str]:
    return list(groundwater.ITEMS) if kind == "groundwater" else [*slow.TABLE1, *slow.LIMITS]


@pytest.mark.parametrize("kind", KINDS)
def test_every_limit_is_met_at_itself_and_not_a_step_beyond(kind: str) -> None:
    cases = [(item, value) for item in items_of(kind) for value in edges(item, kind)]
    rows = [one(f"{n:04d}", *case) for n, case in enumerate(cases)]
    register = places({f"{n:04d}": kind for n in range(len(cases))})
    found = evaluate_sources(table(rows), catalog=CATALOG, sites=register).to_pylist()
    assert len(found) == len(cases) > 250
    for line, (item, value) in zip(found, cases, strict=True):
        kept = slow.keeps(item, value, kind)
        assert (line["met"], line["broken"]) == ("yes" if kept else "no", None if kept else item), (item, value)


def check(cases: int, seed: int) -> None:
    dice = random.Random(seed)
    rows: list[Row] = []
    kinds: dict[str, str] = {}
    told: dict[str, dict[str, Fraction]] = {}
    volumes: dict[str, Fraction] = {}
    for number in range(cases):
        site, kind = f"{number:05d}", dice.choice(KINDS)
        kinds[site], volumes[site] = kind, Fraction(dice.randint(1, 10**8), 100)
        chosen = dice.sample(items_of(kind), dice.randint(1, 5)) + dice.sample(["tn", "cod", "water_temp"], 1)
        told[site] = {}
        for item in chosen:
            value = Fraction(dice.randint(0, 40)) if item not in items_of(kind) else dice.choice(edges(item, kind))
            told[site][item] = (
                value if dice.random() < 0.4 else Fraction(int(value * dice.randint(1, 10) / 10 * 10**6), 10**6)
            )
        rows += [one(site, item, value) for item, value in told[site].items()]
        rows.append(one(site, "water_supply", volumes[site]))
    register = places(kinds, city="990100", city_name="云泽市")
    met: list[str] = []
    judged: list[str] = []
    for line in evaluate_sources(table(rows), catalog=CATALOG, sites=register).to_pylist():
        site = line["source"]
        kept, broken = slow.source(told[site], kinds[site])
        assert line["met"] == (None if kept is None else "yes" if kept else "no"), (site, told[site])
        assert set((line["broken"] or "").split(",")) - {""} == broken
        judged += [site] if kept is not None else []
        met += [site] if kept else []
    (city,) = evaluate_sources(table(rows), catalog=CATALOG, by="city", sites=register).to_pylist()
    assert (city["sources"], city["met"]) == (len(judged), len(met))
    assert city["exact_rate"] == str(Fraction(100 * len(met), len(judged)))
    share = 100 * sum((volumes[s] for s in met), Fraction(0)) / sum((volumes[s] for s in judged), Fraction(0))
    assert city["exact_volume_rate"] == str(share)


def test_random_sources_are_the_oracles() -> None:
    check(1_500, 61)


@pytest.mark.prove
def test_ten_thousand_random_sources_are_the_oracles() -> None:
    check(10_000, 109)


def test_the_published_month_of_seven_sources() -> None:
    """Quzhou: 7 of 7 sources and 1057.3 of 1057.3 万吨; with one failing source the two shares part."""
    rows: list[Row] = []
    for number, volume in enumerate(("500", "300", "100", "57.3", "50", "30", "20")):
        rows += [one(f"s{number}", "nh3n", "0.2"), one(f"s{number}", "water_supply", Fraction(volume) * 10_000)]
    register = places({f"s{number}": "湖库型" for number in range(7)}, city="990100", city_name="云泽市")
    (city,) = evaluate("drinking-water", table(rows), catalog=CATALOG, by="city", sites=register).to_pylist()
    assert (city["sources"], city["met"], city["rate"], city["volume_rate"]) == (7, 7, 100, 100)
    assert city["volume"] == Decimal(10_573_000)
    rows.append(one("s0", "benzene", "10.000001"))
    (city,) = evaluate_sources(table(rows), catalog=CATALOG, by="city", sites=register).to_pylist()
    assert (city["met"], city["failing"], city["exact_rate"]) == (6, "s0点", "600/7")
    assert city["exact_volume_rate"] == str(100 * Fraction("557.3") / Fraction("1057.3"))


def test_nitrogen_temperature_and_germs_are_told_not_judged_and_a_non_detect_keeps() -> None:
    rows: list[Row] = [one("a", "tn", 9), one("a", "fecal_coliform", 10**6), one("a", "cod", 90), one("b", "tn", 1)]
    rows.append(("a", "benzene", AT, None, None, "below_detection"))
    register = places({"a": "河流", "b": "河流"})
    found = evaluate_sources(table(rows), catalog=CATALOG, sites=register).to_pylist()
    assert [(line["met"], line["n_items"]) for line in found] == [("yes", 1), (None, 0)]
    (city,) = evaluate_sources(table(rows), catalog=CATALOG, by="city", sites=register).to_pylist()
    assert (city["sources"], city["left_out"], city["without_volume"], city["volume_rate"]) == (1, "b点", "a点", None)


def test_a_source_without_a_kind_is_refused() -> None:
    data = table([one("a", "nh3n", "0.2")])
    with pytest.raises(QingceError, match=r"QC259.*“a”.*湖库"):
        evaluate_sources(data, catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC258.*“海水”.*drinking-water"):
        evaluate_sources(data, catalog=CATALOG, sites=places({"a": "海水"}))
    with pytest.raises(QingceError, match=r"QC257.*soil_cd"):
        evaluate_sources(table([one("a", "soil_cd", 1)]), catalog=CATALOG, sites=places({"a": "河流"}))
    with pytest.raises(QingceError, match=r"QC254"):
        evaluate_sources(data, catalog=CATALOG, period="day")
