"""One section's factors against a class of GB 3838, and which of them decides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.outlook import SectionOutlook, section_outlook

DAY = date(2026, 10, 31)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def outlook(
    catalog: Catalog, *, grade: str = "3", remaining: int = 2, place: str = "river", **months: list[str]
) -> SectionOutlook:
    exact = {name: [Fraction(value) for value in values] for name, values in months.items()}
    return section_outlook(
        "S1", exact, grade=grade, remaining=remaining, day=DAY, catalog=catalog, name="示例断面", place=place
    )


def test_the_story_of_ammonia(catalog: Catalog) -> None:
    """Ten months sum to 10.40, class III ends at 1.0: November and December may average 0.80."""
    found = outlook(catalog, nh3n=["1.04"] * 10)
    (factor,) = found.deciding
    assert (factor.mean, factor.months, factor.limit.value) == (Fraction(104, 100), 10, Decimal("1.0"))
    assert factor.quota is not None
    assert (factor.quota.text, factor.quota.part) == ("剩余 2 个月均值 ≤ 0.80", "S1/nh3n")
    assert (found.failing, found.certain, found.secured) == (True, False, False)


@pytest.mark.parametrize(("value", "failing"), [("1.0", False), ("1.000001", True)])
def test_at_the_limit_and_a_step_beyond(catalog: Catalog, value: str, failing: bool) -> None:
    assert outlook(catalog, nh3n=[value] * 10).failing is failing


@pytest.mark.parametrize(("value", "failing"), [("5", False), ("4.999999", True)])
def test_oxygen_is_a_floor(catalog: Catalog, value: str, failing: bool) -> None:
    found = outlook(catalog, do=[value] * 10)
    assert found.failing is failing
    assert found.factors[0].quota is not None
    assert found.factors[0].quota.sense == ">="


@pytest.mark.parametrize(("place", "failing"), [("river", False), ("lake", True)])
def test_phosphorus_of_rivers_and_lakes(catalog: Catalog, place: str, failing: bool) -> None:
    """Class III: 0.2 mg/L in rivers, 0.05 mg/L in lakes."""
    found = outlook(catalog, place=place, tp=["0.12"] * 10)
    assert found.failing is failing


def test_ph_is_a_range_without_a_quota(catalog: Catalog) -> None:
    assert outlook(catalog, ph=["9.5"] * 10).failing
    good = outlook(catalog, ph=["7.5"] * 10)
    assert (good.failing, good.factors[0].quota, good.deciding) == (False, None, ())


def test_the_worst_factor_comes_first_and_all_that_fail_are_named(catalog: Catalog) -> None:
    found = outlook(catalog, nh3n=["1.1"] * 10, tp=["0.30"] * 10, cod=["12"] * 10)
    assert [factor.parameter for factor in found.deciding] == ["tp", "nh3n"]


def test_with_none_failing_the_one_that_can_still_be_lost_is_named(catalog: Catalog) -> None:
    """Oxygen is nearer to its limit but zero in two months would not break it; COD can still be lost."""
    found = outlook(catalog, do=["8.0"] * 11, cod=["10"] * 11, remaining=1)
    assert [factor.parameter for factor in found.deciding] == ["cod"]
    assert found.factors[0].settled


def test_certain_and_secured(catalog: Catalog) -> None:
    assert outlook(catalog, nh3n=["1.5"] * 10).certain
    done = outlook(catalog, nh3n=["0.5"] * 12, ph=["7"] * 12, remaining=0)
    assert (done.secured, done.certain, done.failing) == (True, False, False)
    assert not outlook(catalog, nh3n=["0.5"] * 10).secured
    assert not outlook(catalog).secured


def test_what_the_standard_sets_no_limit_for_is_left_out(catalog: Catalog) -> None:
    found = outlook(catalog, water_temp=["30"] * 10, nothing=["1"], nh3n=[])
    assert found.factors == ()


def test_a_fine_limit_is_told_finely(catalog: Catalog) -> None:
    found = outlook(catalog, hg=["0.00005"] * 10)
    assert found.factors[0].quota is not None
    assert found.factors[0].quota.text == "剩余 2 个月均值 ≤ 0.00035"
