"""Kernels on their own: the wide path of Python integers agrees with int64, and columns go over unchanged."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import lcm

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import air as slow

from qingce.core.errors import QingceError
from qingce.core.tables import VALUE_TYPE
from qingce.evaluate.air.tables import whole
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import (
    Ratios,
    common_denominator,
    greater,
    mean,
    micro,
    product,
    reduced,
    rounded,
    total,
)
from qingce.evaluate.kernels.hours import day_window_maximum, rolling_mean
from qingce.evaluate.kernels.index import NONE, Scale, greatest, leaders, sub_index

HUGE = 2**55
FRACTIONS = st.fractions(0, 10**6, max_denominator=10**6)


def ratios(values: list[Fraction | None], *, wide: bool = False) -> Ratios:
    kind = object if wide else np.int64
    ok = np.array([value is not None for value in values], bool)
    num = np.array([0 if value is None else value.numerator for value in values], kind)
    den = np.array([1 if value is None else value.denominator for value in values], kind)
    return Ratios(num, den, ok)


def told(parts: Ratios) -> list[Fraction | None]:
    rows = zip(parts.num.ravel(), parts.den.ravel(), parts.ok.ravel(), strict=True)
    return [Fraction(int(num), int(den)) if ok else None for num, den, ok in rows]


@given(st.lists(st.none() | FRACTIONS, min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_means_roundings_and_millionths_agree_with_fractions(values: list[Fraction | None]) -> None:
    there = [value for value in values if value is not None]
    for wide in (False, True):
        parts = ratios(values, wide=wide)
        row = Ratios(parts.num[None, :], parts.den[None, :], parts.ok[None, :])
        assert told(mean(row)) == [slow.mean(there)]
        assert common_denominator(parts) == lcm(*(value.denominator for value in there))
        for decimals in (0, 1, 6):
            expected = [None if value is None else slow.even(value, decimals) for value in values]
            assert told(rounded(parts, decimals)) == expected
        assert micro(parts).tolist() == [int(slow.even(value or Fraction(0), 6) * 10**6) for value in values]


def test_what_overflows_int64_turns_into_python_integers_and_back() -> None:
    big = np.array([HUGE, 3], np.int64)
    assert product(big, HUGE).tolist() == [HUGE * HUGE, 3 * HUGE]
    assert product(big, 2**70).tolist() == [HUGE * 2**70, 3 * 2**70]
    assert total(np.full((3, 2), 2**61, np.int64), 0).tolist() == [3 * 2**61] * 2
    back = reduced(Ratios(product(big, HUGE), product(np.array([1, 1]), HUGE), np.array([True, True])))
    assert (back.num.dtype, back.num.tolist(), back.den.tolist()) == (np.int64, [HUGE, 3], [1, 1])


def test_an_exact_value_is_stored_whole_or_refused() -> None:
    assert whole(np.array([2**62, 1], object), "co").tolist() == [2**62, 1]
    with pytest.raises(QingceError, match=r"QC256: “co”的精确值放不进 64 位整数.*does not fit 64-bit integers"):
        whole(np.array([2**63], object), "co")


def test_nothing_to_average_is_nothing() -> None:
    empty = ratios([None, None])
    result = mean(Ratios(empty.num[None, :], empty.den[None, :], empty.ok[None, :]))
    assert (told(result), result.num.tolist(), result.den.tolist()) == ([None], [0], [1])
    assert product(np.zeros(0, np.int64), 5).tolist() == []


def test_comparing_is_exact_at_the_limit() -> None:
    values = ratios([Fraction(160), Fraction(160 * HUGE + 1, HUGE), None])
    limit = np.array([160]), np.array([1])
    assert greater(values, limit).tolist() == [False, True, False]


def test_windows_of_different_counts_meet_at_one_denominator() -> None:
    block = np.array([[90]] * 6 + [[0]] * 2 + [[10]] * 16, np.int64)
    ok = np.array([[True]] * 6 + [[False]] * 2 + [[True]] * 16)
    best, windows = day_window_maximum(block, ok, scale=1, window=8, at_least=6, ends=(8, 24))
    assert told(best) == [90]
    assert windows.tolist() == [[17 - 0 - 0 - sum(1 for end in range(8, 25) if ok[end - 8 : end].sum() < 6)]]


def test_a_rolling_mean_ends_with_its_hour_and_begins_with_the_data() -> None:
    block = np.arange(24, dtype=np.int64)[:, None]
    values, count = rolling_mean(block, np.ones((24, 1), bool), scale=2, window=4)
    assert told(values)[:5] == [Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(5, 4)]
    assert count.ravel()[:6].tolist() == [1, 2, 3, 4, 4, 4]


def test_sub_indices_of_wide_numbers_agree() -> None:
    scale = Scale((0, 35, 60, 115), (0, 50, 100, 150))
    values = [Fraction(60 * HUGE + 1, HUGE), Fraction(60), Fraction(0), Fraction(-3), Fraction(116), None]
    for wide in (False, True):
        if not wide:
            values[0] = Fraction(60_000_001, 1_000_000)
        part = sub_index(ratios(values, wide=wide), scale, beyond="none")
        assert part.tolist() == [101, 100, 0, 0, NONE, NONE]
        assert sub_index(ratios(values, wide=wide), scale, beyond="hold").tolist()[4] == 150


def test_ties_lead_together_and_only_above_the_threshold() -> None:
    parts = [np.array([60, 50, NONE]), np.array([60, 10, NONE])]
    index = greatest(parts)
    assert index.tolist() == [60, 50, NONE]
    assert leaders(parts, index, above=50).tolist() == [0b11, 0, 0]


@given(st.lists(st.none() | st.decimals(-(10**9), 10**9, places=6), max_size=20))
@settings(max_examples=100, deadline=None)
def test_decimal_columns_go_over_and_back(values: list[Decimal | None]) -> None:
    column = pa.chunked_array([pa.array(values, VALUE_TYPE)])
    for part in (column, column.slice(len(values) // 3)):
        numbers, ok = arrow.micro_of(part)
        assert arrow.decimals(numbers, ok).equals(part.combine_chunks())


@pytest.mark.parametrize(
    "kind", [pa.float64(), pa.float32(), pa.float16(), pa.int16(), pa.uint8(), pa.decimal128(9, 1)]
)
def test_every_numeric_type_is_read_as_the_decimal_it_prints(kind: pa.DataType) -> None:
    values = [3, None, 7] if pa.types.is_integer(kind) else [Decimal("0.7"), None, Decimal("3.5")]
    source = [float(v) if v and pa.types.is_floating(kind) else v for v in values]
    column = pa.chunked_array([pa.array(source).cast(kind)])
    numbers, ok = arrow.micro_of(column)
    assert ok.tolist() == [True, False, True]
    assert numbers[ok].tolist() == [int(v * 10**6) for v in values if v]


@given(st.lists(st.none() | st.text(max_size=5), max_size=20))
@settings(max_examples=100, deadline=None)
def test_text_columns_go_over_and_back(values: list[str | None]) -> None:
    made = arrow.text(values)
    assert made.to_pylist() == values
    made.validate(full=True)
    code, words = arrow.codes(pa.chunked_array([made]))
    assert words == sorted(words)  # type: ignore[type-var]
    assert arrow.words(code, words).to_pylist() == values
    assert arrow.words(np.zeros(2, np.int32), []).to_pylist() == [None, None]


def test_sliced_and_large_columns_are_read_from_their_place() -> None:
    column = pa.chunked_array([pa.array(["b", None, "a", "b"]).cast(pa.large_string())]).slice(1)
    code, words = arrow.codes(column)
    assert (code.tolist(), words) == ([-1, 0, 1], ["a", "b"])
    numbers = pa.chunked_array([pa.array([5, None, 7], pa.int32())]).slice(1)
    assert (arrow.validity(numbers).tolist(), arrow.whole(numbers)[1]) == ([False, True], 7)
