"""The verdict's bound, judged by rounding every candidate with the decimal module."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.core.errors import CampaignError, ContentError
from qingce.outlook.verdict import Bound, bound_of, meets, one_sided

STEPS = [Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal(10)]
THOUSANDTH = Decimal("0.001")


def oracle(value: Decimal, target: Decimal, comparator: str, step: Decimal | None) -> bool:
    """Round with the standard library's own half-even, then compare."""
    seen = value if step is None else (value / step).quantize(Decimal(1), ROUND_HALF_EVEN) * step
    return {"<=": seen <= target, "<": seen < target, ">=": seen >= target, ">": seen > target}[comparator]


@pytest.mark.parametrize(
    ("target", "comparator", "step", "value", "inclusive"),
    [
        ("39", "<=", "1", "39.5", False),
        ("60", "<=", "1", "60.5", True),
        ("35", "<=", "1", "35.5", False),
        ("30", "<=", "1", "30.5", True),
        ("74.5", ">=", "0.1", "74.45", False),
        ("86.2", ">=", "0.1", "86.15", True),
        ("39", "<", "1", "38.5", True),
        ("39", ">", "1", "39.5", True),
        ("32.9", "<=", "1", "32.5", True),
        ("39", "<=", None, "39", True),
        ("39", "<", None, "39", False),
    ],
)
def test_a_tie_belongs_to_the_even_neighbour(
    target: str, comparator: str, step: str | None, value: str, inclusive: bool
) -> None:
    bound = bound_of(Decimal(target), comparator, Decimal(step) if step else None)
    assert (bound.value, bound.inclusive) == (Fraction(value), inclusive)


@given(
    target=st.integers(-2000, 20000).map(lambda n: n * THOUSANDTH),
    offset=st.integers(-30, 30).map(lambda n: n * Decimal("0.05")),
    comparator=st.sampled_from(["<=", "<", ">=", ">"]),
    step=st.sampled_from([None, *STEPS]),
)
def test_bound_and_verdict_agree_with_rounding_itself(
    target: Decimal, offset: Decimal, comparator: str, step: Decimal | None
) -> None:
    value = target + offset
    expected = oracle(value, target, comparator, step)
    assert meets(value, target, comparator, step=step) is expected
    assert bound_of(target, comparator, step).accepts(value) is expected


@given(
    target=st.integers(0, 2000).map(lambda n: n * Decimal("0.1")),
    comparator=st.sampled_from(["<=", "<", ">=", ">"]),
    step=st.sampled_from([None, *STEPS]),
)
def test_the_bound_is_the_last_value_accepted(target: Decimal, comparator: str, step: Decimal | None) -> None:
    bound = bound_of(target, comparator, step)
    worse = Fraction(1, 10**9) * (1 if bound.sense == "<=" else -1)
    assert meets(bound.value, target, comparator, step=step) is bound.inclusive
    assert meets(bound.value - worse, target, comparator, step=step)
    assert not meets(bound.value + worse, target, comparator, step=step)


def test_range_and_equality() -> None:
    assert meets(70, (Decimal(60), Decimal(70)), "range")
    assert not meets(71, (Decimal(60), Decimal(70)), "range")
    assert meets(Fraction(704, 10), (Decimal(60), Decimal(70)), "range", step=Decimal(1))
    assert meets(Fraction(1, 1000), 0, "==", step=Decimal("0.1"))
    assert not meets(Fraction(1, 1000), 0, "==")


def test_signs_are_printed_as_the_bound_means_them() -> None:
    bounds = [Bound(Fraction(1), inclusive, sense) for sense in ("<=", ">=") for inclusive in (True, False)]
    assert [bound.sign for bound in bounds] == ["≤", "<", "≥", ">"]


def test_equality_is_reaching_it_from_the_good_side() -> None:
    assert one_sided("==", "lower") == "<="
    assert one_sided("==", "higher") == ">="
    assert one_sided(">", "lower") == ">"


@pytest.mark.parametrize("comparator", ["~", "decrease_by", "range"])
def test_other_comparisons_have_no_quota(comparator: str) -> None:
    with pytest.raises(CampaignError, match=r"QC400: 比较符“.*”不能用于剩余允许值"):
        one_sided(comparator, "lower")
    with pytest.raises(CampaignError, match=r"QC400: .*单侧判定"):
        bound_of(1, comparator, None)


def test_a_relative_comparison_is_no_level() -> None:
    with pytest.raises(CampaignError, match=r"QC400: 比较符“decrease_by”不能用于判定"):
        meets(1, 1, "decrease_by")


def test_a_step_is_a_power_of_ten() -> None:
    with pytest.raises(ContentError, match=r"QC107: .*step"):
        bound_of(39, "<=", Decimal("0.5"))
