"""GB/T 8170 rounding against the standard's own examples and against whole-number reasoning."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.core.errors import ContentError
from qingce.core.rounding import as_decimal, ceil_ratio, half_even_ratio, round_gbt8170

PUBLISHED = list(csv.reader((Path(__file__).parents[1] / "published/gbt8170_examples.csv").read_text().splitlines()))


@pytest.mark.parametrize(("value", "step", "expected"), PUBLISHED)
def test_the_examples_of_the_standard(value: str, step: str, expected: str) -> None:
    assert round_gbt8170(Decimal(value), Decimal(step)) == Decimal(expected)


@given(st.fractions(max_denominator=10**6), st.integers(-6, 4))
def test_rounded_is_the_nearest_multiple_and_even_on_ties(value: Fraction, power: int) -> None:
    step = Decimal(1).scaleb(power)
    got = Fraction(round_gbt8170(value, step))
    distance = abs(got - value)
    assert distance <= Fraction(step) / 2
    if distance == Fraction(step) / 2:
        assert (got / Fraction(step)) % 2 == 0


def test_numbers_longer_than_28_digits_lose_none() -> None:
    assert str(round_gbt8170(Fraction(10**28 + 1), Decimal("0.1"))) == "1" + "0" * 27 + "1.0"
    assert str(round_gbt8170(Fraction(-(10**30) * 2 - 1, 2), Decimal("0.01"))) == "-1" + "0" * 30 + ".50"


@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), st.integers(1, 10**6)), min_size=1))
def test_arrays_agree_with_fractions(pairs: list[tuple[int, int]]) -> None:
    top = np.array([p[0] for p in pairs], dtype=np.int64)
    low = np.array([p[1] for p in pairs], dtype=np.int64)
    assert half_even_ratio(top, low).tolist() == [round(Fraction(a, b)) for a, b in pairs]
    assert ceil_ratio(top, low).tolist() == [-((-a) // b) for a, b in pairs]


@pytest.mark.parametrize("step", ["0", "-1", "0.2", "25"])
def test_a_step_must_be_a_power_of_ten(step: str) -> None:
    with pytest.raises(ContentError, match=r"QC107: .*step.*10 的整数次幂"):
        round_gbt8170(Decimal(1), Decimal(step))


def test_a_repeating_fraction_is_shown_with_the_places_asked() -> None:
    assert as_decimal(Fraction(7894, 214), 2) == Decimal("36.89")
