"""Cuts of total emissions against the slow judge: every formula on random projects, sums net of offsets, no doubles."""

from __future__ import annotations

import random
from datetime import datetime
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.points_made import CATALOG, Row, one, places, table
from tests.oracle import emissions as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.core.tables import SITE
from qingce.evaluate import evaluate, evaluate_emissions
from qingce.evaluate.emissions import emission_rules

RULES = emission_rules(CATALOG.methods["jianpai-2021"])
AT = datetime(2025, 1, 1)


def test_every_formula_has_its_slow_judge() -> None:
    assert set(RULES.formulas) == set(slow.FORMULAS)


def projects(cases: int, seed: int) -> tuple[list[Row], pa.Table, dict[str, tuple[str, str, Fraction, Fraction]]]:
    dice = random.Random(seed)
    rows: list[Row] = []
    sites: list[dict[str, object]] = []
    told: dict[str, tuple[str, str, Fraction, Fraction]] = {}
    for number in range(cases):
        formula = RULES.formulas[dice.choice(sorted(RULES.formulas))]
        site = f"P{number:05d}/{dice.choice(formula.pollutants)}"
        given = {item: Fraction(dice.randint(1, 100_000), 1000) for item in formula.items}
        rows += [one(site, item, value, time=AT) for item, value in given.items()]
        cut = slow.FORMULAS[formula.id]({item.removeprefix("prj_"): value for item, value in given.items()})
        refused = Fraction(dice.randint(0, 5)) if dice.random() < 0.2 else Fraction(0)
        if refused:
            rows.append(one(site, RULES.disallowed, refused, time=AT))
        city = f"9901{dice.randint(1, 4):02d}"
        sites.append(
            dict.fromkeys(SITE.names) | {"site": site, "name": f"设施{number}", "category": formula.id, "city": city}
        )
        told[site] = formula.id, city, cut, refused
    return rows, pa.Table.from_pylist(sites, schema=SITE), told


def check(cases: int, seed: int) -> None:
    rows, sites, told = projects(cases, seed)
    found = evaluate_emissions(table(rows), catalog=CATALOG, sites=sites).to_pylist()
    assert len(found) == cases
    for line in found:
        formula, city, cut, refused = told[f"{line['project']}/{line['pollutant']}"]
        assert (line["formula"], line["region"], line["exact"]) == (formula, city, str(cut))
        assert line["disallowed"] == as_decimal(refused)
    nets: dict[tuple[str, str], Fraction] = {}
    for site, (formula, city, cut, refused) in told.items():
        key = city, site.rpartition("/")[2]
        nets[key] = nets.get(key, Fraction(0)) + (-cut if formula == "offset" else cut) - refused
    for line in evaluate_emissions(table(rows), catalog=CATALOG, by="region", sites=sites).to_pylist():
        assert line["exact"] == str(nets.pop((line["region"], line["pollutant"])))
        assert line["net"] == line["cut"] - line["offset"] - line["disallowed"]
    assert nets == {}


def test_random_projects_are_the_oracles() -> None:
    check(400, 8)


@pytest.mark.prove
def test_ten_thousand_projects_are_the_oracles() -> None:
    check(10_000, 9)


def closure(site: str, *, year: int = 2025) -> list[Row]:
    time = datetime(year, 1, 1)
    return [one(site, "prj_base_emission", 240, time=time), one(site, "prj_months", 6, time=time)]


def treatment(site: str, *, year: int = 2025) -> list[Row]:
    given = {"prj_emission_before": 500, "prj_conc_before": 200, "prj_conc_after": 50}
    return [one(site, item, value, time=datetime(year, 1, 1)) for item, value in given.items()]


def register(**kinds: str) -> pa.Table:
    found = places({site.replace("_", "/"): kind for site, kind in kinds.items()}, city="990101")
    return found.set_column(1, "name", pa.array(["一号炉"] * found.num_rows))


def test_a_project_is_not_counted_in_two_years() -> None:
    rows = closure("A/nox") + closure("A/nox", year=2026)
    with pytest.raises(QingceError, match=r"QC271.*A/nox 2025.*A/nox 2026.*同一工程"):
        evaluate_emissions(table(rows), catalog=CATALOG, sites=register(A_nox="关停"))


def test_a_closed_facility_has_no_further_projects() -> None:
    kinds = register(A_nox="关停淘汰", B_nox="脱硝")
    with pytest.raises(QingceError, match=r"QC271.*设施已关停"):
        evaluate_emissions(table(closure("A/nox") + treatment("B/nox")), catalog=CATALOG, sites=kinds)
    earlier = evaluate_emissions(table(closure("A/nox", year=2026) + treatment("B/nox")), catalog=CATALOG, sites=kinds)
    assert [str(row["cut"].normalize()) for row in earlier.to_pylist()] == ["1.2E+2", "375"]
    with pytest.raises(QingceError, match=r"QC271.*关停两次"):
        evaluate_emissions(
            table(closure("A/nox") + closure("B/nox")), catalog=CATALOG, sites=register(A_nox="关停", B_nox="关停")
        )


def test_another_pollutant_of_a_closed_facility_still_counts() -> None:
    rows = closure("A/cod") + treatment("B/nox")
    found = evaluate_emissions(table(rows), catalog=CATALOG, sites=register(A_cod="关停", B_nox="脱硝"))
    assert found.num_rows == 2


def test_a_quantity_that_is_missing_leaves_the_project_out_by_name() -> None:
    rows = treatment("B/nox")[:2]
    sites = register(B_nox="脱硝")
    (line,) = evaluate_emissions(table(rows), catalog=CATALOG, sites=sites).to_pylist()
    assert (line["cut"], line["absent"]) == (None, "not_reported")
    assert line["note"].startswith("缺 prj_conc_after")
    (region,) = evaluate_emissions(table(rows), catalog=CATALOG, by="region", sites=sites).to_pylist()
    assert (region["projects"], region["net"], region["left_out"]) == (0, 0, "B/nox")


def test_what_cannot_be_is_refused_by_number() -> None:
    with pytest.raises(QingceError, match=r"QC270.*“dust”.*末端治理"):
        evaluate("emissions", table(treatment("B/dust")), catalog=CATALOG, sites=register(B_dust="脱硝"))
    with pytest.raises(QingceError, match=r"QC270.*“cod”.*nox"):
        evaluate("emissions", table(treatment("B/cod")), catalog=CATALOG, sites=register(B_cod="脱硝"))
    with pytest.raises(QingceError, match=r"QC259.*“B/nox”.*关停淘汰"):
        evaluate("emissions", table(treatment("B/nox")), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC258.*“魔法”"):
        evaluate("emissions", table(treatment("B/nox")), catalog=CATALOG, sites=register(B_nox="魔法"))
    zero = [one("B/nox", item, 0, time=AT) for item in ("prj_emission_before", "prj_conc_before", "prj_conc_after")]
    with pytest.raises(QingceError, match=r"QC260.*prj_conc_before"):
        evaluate("emissions", table(zero), catalog=CATALOG, sites=register(B_nox="脱硝"))
