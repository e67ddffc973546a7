"""Printed numbers become exact micro-units; everything else has a name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.catalog.feeds import ValueRule
from qingce.core.tables import VALUE_TYPE
from qingce.observe.numbers import BELOW, EMPTY, NOT_NUMBER, OK, TOO_LARGE, as_values, micro_of, read_numbers

RULE = ValueRule()


def read(text: str | None, factor: Fraction = Fraction(1)) -> tuple[int, int, int, bool]:
    found = read_numbers(pa.array([text], pa.string()), rule=RULE, missing=frozenset({"-999"}), factor=factor)
    return int(found.kind[0]), int(found.micro[0]), int(found.limit[0]), bool(found.rounded[0])


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("0", 0),
        ("35", 35_000_000),
        ("0.1", 100_000),
        ("0.000001", 1),
        ("-3.5", -3_500_000),
        (" 12.50 ", 12_500_000),
        ("　12　", 12_000_000),
        ("１２．５", 12_500_000),
        ("+4", 4_000_000),
        (".5", 500_000),
        ("12.", 12_000_000),
        ("1.2e-3", 1_200),
        ("1E3", 1_000_000_000),
        ("－7", -7_000_000),
        ("999999999999.999999", 999_999_999_999_999_999),
        ("00012", 12_000_000),
    ],
)
def test_a_number_is_taken_exactly(text: str, micro: int):
    assert read(text) == (OK, micro, -1, False)


@pytest.mark.parametrize("text", ["", "  ", "--", "—", "NA", "NaN", "nan", "null", "/", "-999", None])
def test_words_for_no_value(text: str | None):
    assert read(text)[0] == EMPTY


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("<0.02", 20_000),
        ("＜0.02", 20_000),
        ("< 0.02", 20_000),
        ("0.02L", 20_000),
        ("0.02l", 20_000),
        ("0.00004L", 40),
        ("０．０２Ｌ", 20_000),
        ("未检出", -1),
        ("ND", -1),
        ("N.D.", -1),
    ],
)
def test_not_detected(text: str, limit: int):
    assert read(text) == (BELOW, 0, limit, False)


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "1,000",
        "1 000",
        "12..5",
        "0x10",
        "1_000",
        "inf",
        "-inf",
        "35(H)",
        "<",
        "L",
        "<abc",
        "<-1",
        "三十五",
        "1e99",
    ],
)
def test_what_is_no_number(text: str):
    assert read(text)[0] == NOT_NUMBER


def test_too_large_to_keep():
    assert read("1000000000000")[0] == TOO_LARGE
    assert read("999999999999", Fraction(1000))[0] == TOO_LARGE
    assert read("1e20")[0] == TOO_LARGE


@pytest.mark.parametrize(
    ("text", "factor", "micro", "rounded"),
    [
        ("800", Fraction(1, 1000), 800_000, False),  # ug/m3 of CO as mg/m3
        ("0.035", Fraction(1000), 35_000_000, False),  # mg/m3 as ug/m3
        ("<5", Fraction(1, 1000), 0, False),
        ("0.0000005", Fraction(1), 0, True),  # half to even
        ("0.0000015", Fraction(1), 2, True),
        ("0.0000025", Fraction(1), 2, True),
        ("0.001001", Fraction(1, 1000), 1, True),
        ("0.0123456789", Fraction(1000), 12_345_679, True),
    ],
)
def test_conversion_is_exact_or_says_that_it_rounded(text: str, factor: Fraction, micro: int, rounded: bool):
    found = read(text, factor)
    assert (found[1], found[3]) == (micro, rounded)


decimals = st.decimals(min_value=-(10**8), max_value=10**8, places=6, allow_nan=False)


@given(st.lists(decimals, min_size=1, max_size=50), st.sampled_from([Fraction(1), Fraction(1000), Fraction(1, 1000)]))
def test_the_oracle_agrees(values: list[Decimal], factor: Fraction):
    texts = [format(value, "f") for value in values]
    found = read_numbers(pa.array(texts), rule=RULE, missing=frozenset(), factor=factor)
    for place, text in enumerate(texts):
        exact = Fraction(Decimal(text)) * factor * 1_000_000
        assert found.kind[place] == OK
        assert found.micro[place] == round(exact)  # round() of a Fraction is half to even
        assert bool(found.rounded[place]) == (exact.denominator != 1)


@given(st.floats(min_value=-1e8, max_value=1e8, allow_nan=False, width=32))
def test_a_float_is_read_by_its_shortest_printing(value: float):
    text = pa.array([value], pa.float32()).cast(pa.string())
    found = read_numbers(text, rule=RULE, missing=frozenset(), factor=Fraction(1))
    shortest = Decimal(str(np.float32(value)))
    assert found.micro[0] == round(Fraction(shortest) * 1_000_000)


@given(st.lists(st.integers(-(10**17), 10**17), max_size=30), st.integers(0, 5))
def test_micro_and_decimal_are_two_faces(micro: list[int], cut: int):
    array = as_values(np.array(micro, np.int64))
    assert array.type == VALUE_TYPE
    assert array.to_pylist() == [Decimal(item).scaleb(-6) for item in micro]
    assert micro_of(array).tolist() == micro
    assert micro_of(array.slice(cut)).tolist() == micro[cut:]


def test_absent_values_are_null():
    assert as_values(np.array([1, 2]), np.array([True, False])).to_pylist() == [Decimal("0.000001"), None]
    assert as_values(np.array([1, 2]), np.array([False, False])).to_pylist() == [None, None]
