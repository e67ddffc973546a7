"""Surface water against the slow way: every cell of every table, and each limit with its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluate.water_made import CATALOG, row, sections, table
from tests.oracle import water as slow

from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate_water, evaluate_water_months, evaluate_water_samples, water_indicator

STEP = Fraction(1, 10**6)
KINDS = {"a": "river", "b": "lake", "c": "river"}
UPPER = tuple(name for name in slow.ORDER if name not in ("ph", "do"))


def edges(parameter: str, kind: str) -> list[Fraction]:
    """Every limit of a factor and one millionth to either side."""
    if parameter == "ph":
        bounds = [Fraction(6), Fraction(9)]
    elif parameter == "do":
        bounds = [Fraction(text) for text in slow.OXYGEN.split()]
    else:
        bounds = slow.limits(parameter, kind)
    return sorted({bound + shift for bound in bounds for shift in (-STEP, 0, STEP)})


@pytest.mark.parametrize("kind", ["river", "lake"])
def test_every_limit_is_met_at_itself_and_not_a_step_beyond(kind: str) -> None:
    """All 21 factors, all limits, as one table: 3 values a limit."""
    cases = [(parameter, value) for parameter in slow.ORDER for value in edges(parameter, kind)]
    rows = [row(f"{n:04d}", parameter, value) for n, (parameter, value) in enumerate(cases)]
    register = sections({f"{n:04d}": kind for n in range(len(cases))})
    found = evaluate_water_samples(table(rows), register, catalog=CATALOG).to_pylist()
    assert len(found) == len(cases) > 200
    for line, (parameter, value) in zip(found, cases, strict=True):
        expected = slow.grade(parameter, value, kind)
        assert (line["class"], line[f"class_{parameter}"]) == (expected, expected), (parameter, value)
        third = None if parameter in ("ph", "do") or expected <= 3 else slow.limits(parameter, kind)[2]
        multiple = None if third is None else Fraction(round(10 * (value - third) / third), 10)
        assert line[f"exceed_{parameter}"] == multiple
        assert line["primary"] == (parameter if expected > 3 else "")


def near(parameter: str) -> st.SearchStrategy[Fraction]:
    """Values on, around and between the limits."""
    bounds = edges(parameter, "river") + edges(parameter, "lake")
    low, high = int(min(bounds) / 2 / STEP), int(max(bounds) * 2 / STEP)
    return st.sampled_from(bounds) | st.integers(max(low, 0), high).map(lambda micro: micro * STEP)


@st.composite
def readings(draw: st.DrawFn) -> slow.Row:
    """One row: a sample or a station's reading, there, absent or below its detection limit."""
    parameter = draw(st.sampled_from(["ph", "do", "codmn", "nh3n", "tp", "tn", "hg", "cyanide", "fluoride", "pm10"]))
    value = draw(near(parameter) if parameter in slow.ORDER else st.just(Fraction(3)))
    absent = draw(st.sampled_from([None] * 6 + ["invalid", "not_monitored", "below_detection"]))
    limit = draw(st.none() | st.just(value)) if absent == "below_detection" else None
    span = draw(st.sampled_from(["sample", "sample", "PT4H", "PT4H", "P1D", "P1M"]))
    time = datetime(2026, draw(st.integers(1, 4)), draw(st.integers(1, 3))) + timedelta(
        hours=4 * draw(st.integers(0, 5))
    )
    review = draw(st.sampled_from(slow.REVIEWS))
    section = draw(st.sampled_from(sorted(KINDS)))
    return section, parameter, time, span, None if absent else value, absent, limit, review


def unlike(rows: list[slow.Row]) -> list[slow.Row]:
    """At most one row of a key."""
    return list({(r[0], r[1], r[3], r[2]): r for r in rows}.values())


ROWS = st.lists(readings(), min_size=1, max_size=40).map(unlike)


def compare(line: Mapping[str, object], expected: Mapping[str, object]) -> None:
    for name in ("class", "deciding", "primary", "review", "absent"):
        assert line[name] == expected[name], name
    means, counts = expected["means"], expected["n"]
    for name in (*slow.ORDER, *slow.REFERENCE):
        if name not in line:
            assert name not in means
            continue
        exact = means.get(name)
        assert line[f"exact_{name}"] == (None if exact is None else str(exact))
        assert line[name] == (None if exact is None else as_decimal(exact))
        assert line[f"n_{name}"] == counts.get(name, 0)
        if name in slow.ORDER:
            assert line[f"class_{name}"] == expected["grades"].get(name)
            assert line[f"exceed_{name}"] == expected["exceed"].get(name)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_every_cell_of_the_months_is_the_oracles(rows: list[slow.Row]) -> None:
    expected = slow.months(rows, KINDS)
    found = evaluate_water_months(table(rows), sections(KINDS), catalog=CATALOG).to_pylist()
    ours = {(line["section"], line["period"]): line for line in found}
    assert set(expected) <= set(ours)
    for key, line in ours.items():
        if key in expected:
            compare(line, expected[key])
        else:
            assert (line["class"], line["absent"], line["primary"]) == (None, "not_reported", "")
    months = sorted({month for _, month in expected})
    assert len(ours) == (3 * (int(months[-1][-2:]) - int(months[0][-2:]) + 1) if months else 0)


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_the_class_of_a_period_is_that_of_the_mean_of_its_months(rows: list[slow.Row]) -> None:
    expected = slow.months(rows, KINDS)
    table_of_months = evaluate_water_months(table(rows), sections(KINDS), catalog=CATALOG)
    period = Period.year(2026)
    of = [f"2026-{month:02d}" for month in range(1, 13)]
    whole = {section: slow.year(expected, section, of=of, kind=kind) for section, kind in KINDS.items()}
    classed = {section: told for section, told in whole.items() if told["class"]}
    for name, limit in (("good_section_ratio", 3), ("class2_section_ratio", 2), ("bad_section_ratio", 5)):
        answer = water_indicator(
            CATALOG.indicator(name), table_of_months, scope="s", sections=list(KINDS), period=period, catalog=CATALOG
        ).to_pylist()
        assert len(answer) == 1
        met = sum((told["class"] > 5) if limit == 5 else (told["class"] <= limit) for told in classed.values())
        share = Fraction(100 * met, len(classed)) if classed else None
        assert answer[0]["exact"] == (None if share is None else str(share))
        assert answer[0]["value"] == (None if share is None else Fraction(round(10 * share), 10))
    answer = water_indicator(
        CATALOG.indicator("section_class"),
        table_of_months,
        scope="s",
        sections=list(KINDS),
        period=period,
        catalog=CATALOG,
    ).to_pylist()
    by_scope = {line["scope"]: line for line in answer}
    for section, told in whole.items():
        if section in by_scope:
            assert by_scope[section]["exact"] == (None if told["class"] is None else str(told["class"]))
            assert by_scope[section]["n"] == told["months"]
    worst = max((told["class"] for told in classed.values()), default=None)
    assert by_scope["s"]["exact"] == (None if worst is None else str(worst))


@given(ROWS)
@settings(max_examples=25, deadline=None)
def test_quarters_and_years_are_the_oracles(rows: list[slow.Row]) -> None:
    expected = slow.months(rows, KINDS)
    last = max((month for _, month in expected), default="2026-01")
    for period, groups in (
        ("year", {"2026": range(1, 13)}),
        ("quarter", {"2026-Q1": range(1, 4), "2026-Q2": range(4, 7)}),
    ):
        found = evaluate_water(table(rows), catalog=CATALOG, period=period, sites=sections(KINDS)).to_pylist()
        for line in found:
            of = [f"2026-{month:02d}" for month in groups[line["period"]]]
            told = slow.year(expected, line["section"], of=of, kind=KINDS[line["section"]])
            over = of[-1] <= last
            if over and period == "quarter" and 0 < told["months"] < 2:
                assert (line["class"], line["absent"]) == (None, "too_few")
            else:
                assert line["class"] == told["class"]
                assert line["deciding"] == told["deciding"]
            assert line["n_months"] == told["months"]


@given(ROWS)
@settings(max_examples=25, deadline=None)
def test_a_sample_is_judged_by_itself(rows: list[slow.Row]) -> None:
    """Each time is a month of its own to the oracle."""
    found = evaluate_water_samples(table(rows), sections(KINDS), catalog=CATALOG).to_pylist()
    times = {(r[0], r[2]) for r in rows if r[1] in (*slow.ORDER, *slow.REFERENCE)}
    assert {(line["section"], line["time"]) for line in found} == times
    for line in found:
        mine = [r for r in rows if (r[0], r[2]) == (line["section"], line["time"])]
        mine = [r for r in mine if r[1] in (*slow.ORDER, *slow.REFERENCE)]
        told = slow.month(mine, KINDS[line["section"]])
        assert (line["class"], line["deciding"], line["primary"]) == (told["class"], told["deciding"], told["primary"])
