"""What a what-if sets by hand: with everything set, the outlook is `evaluate` on the same year, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.outlook.made_air import city_days
from tests.outlook.test_simulate import CATALOG, INDICATORS, YEAR, random_rows, table
from tests.outlook.test_water_outlook import section_months

from qingce.core.periods import Period
from qingce.evaluate import water_indicator
from qingce.evaluate.air.indicator_days import index_by_day, subject_days
from qingce.evaluate.air.indicators import air_indicator
from qingce.evaluate.air.input import QUANTITIES, day_number
from qingce.outlook import Question, outlook_rows
from qingce.outlook.air.simulate import air_case, quantities_of, statistic
from qingce.outlook.given import INDEX, Given
from qingce.outlook.members import RESOLUTION

FIRST = date(2025, 1, 1)
AS_OF = date(2025, 7, 31)
HISTORY = city_days(date(2022, 1, 1), AS_OF)


def asked(name: str, target: object = 1, **more: Any) -> Question:
    indicator = CATALOG.indicator(name)
    comparator = more.pop("comparator", "<=" if indicator.direction == "lower" else ">=")
    return Question("T", indicator, "X", YEAR, comparator, Fraction(str(target)), **more)


def chosen(question: Question, given_: Given | None, days: pa.Table | None = HISTORY, **more: Any) -> dict[str, Any]:
    day = more.pop("as_of", AS_OF)
    found = outlook_rows([question], days, more.pop("months", None), catalog=CATALOG, as_of=day, given=given_)
    return next(row for row in found.outlook.to_pylist() if row["chosen"])


def exact(name: str, days: pa.Table, last: date) -> Fraction:
    row = air_indicator(
        CATALOG.indicator(name), days, scope="X", scope_name="", period=YEAR, series="measured", catalog=CATALOG,
        as_of=last,
    ).to_pylist()[0]  # fmt: skip
    return Fraction(row["exact"])


def by_day(first: date, rows: list[dict[str, str]]) -> dict[tuple[str, str], dict[date, Fraction]]:
    days = [first + timedelta(place) for place in range(len(rows))]
    return {("X", name): {day: Fraction(row[name]) for day, row in zip(days, rows, strict=True)} for name in QUANTITIES}


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INDICATORS)
@pytest.mark.parametrize("split", [31, 200, 364])
def test_a_year_set_to_its_end_is_what_evaluate_says(name: str, split: int) -> None:
    """Whatever was drawn, every future is then the year that stands there."""
    rows = random_rows(365, seed=split)
    known, last = table(FIRST, rows[:split]), FIRST + timedelta(split - 1)
    case = air_case(
        CATALOG.indicator(name), subject_days(known, scope="X", series="measured"), period=YEAR,
        as_of=day_number(last), catalog=CATALOG,
        given=Given(by_day(last + timedelta(1), rows[split:])).of("T", "X"),
    )  # fmt: skip
    dice = np.random.default_rng(1)
    drawn = {q: dice.integers(0, 500 * RESOLUTION, (7, 365 - split)) for q in quantities_of(case)}
    members = statistic(case, drawn)
    assert {members.at(place) for place in range(7)} == {exact(name, table(FIRST, rows), YEAR.end)}


@pytest.mark.parametrize("name", INDICATORS)
def test_what_is_not_set_stays_as_drawn(name: str) -> None:
    """Days set in August only: the same as drawing those very values there."""
    rows = random_rows(365, seed=3)
    known, last = table(FIRST, rows[:200]), FIRST + timedelta(199)
    subject = subject_days(known, scope="X", series="measured")
    part = by_day(date(2025, 8, 1), rows[:31])
    whole = {"period": YEAR, "as_of": day_number(last), "catalog": CATALOG}
    plain = air_case(CATALOG.indicator(name), subject, **whole)  # type: ignore[arg-type]
    moved = air_case(CATALOG.indicator(name), subject, given=Given(part).of("T", "X"), **whole)  # type: ignore[arg-type]
    dice = np.random.default_rng(2)
    drawn = {q: dice.integers(0, 200 * RESOLUTION, (5, 165)) for q in quantities_of(plain)}
    place = (date(2025, 8, 1) - last).days - 1
    want = {q: values.copy() for q, values in drawn.items()}
    for q, values in want.items():
        values[:, place : place + 31] = [int(Decimal(row[q]) * RESOLUTION) for row in rows[:31]]
    assert statistic(moved, drawn).num.tolist() == statistic(plain, want).num.tolist()


COUNTED = {"good_day_ratio": 100, "heavy_day_ratio": 200, "heavy_days": 200}


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(COUNTED)),
    levels=st.lists(st.fractions(0, 400, max_denominator=3), min_size=20, max_size=20),
    fixed=st.dictionaries(st.integers(0, 344), st.integers(0, 400), max_size=6),
)
def test_days_counted_by_an_index_set_by_hand(name: str, levels: list[Fraction], fixed: Mapping[int, int]) -> None:
    """Indices on all coming days and on some that are over: the plain count of what then stands there."""
    rows = random_rows(345, seed=8)
    known, last = table(FIRST, rows), FIRST + timedelta(344)
    subject = subject_days(known, scope="X", series="measured")
    ahead = {last + timedelta(k + 1): value for k, value in enumerate(levels)}
    over = {FIRST + timedelta(place): Fraction(value) for place, value in fixed.items()}
    case = air_case(
        CATALOG.indicator(name), subject, period=YEAR, as_of=day_number(last), catalog=CATALOG,
        given=Given(index={("T", "X"): ahead | over}).of("T", "X"),
    )  # fmt: skip
    index = index_by_day(subject, catalog=CATALOG, edition="auto").best.tolist()
    truth = {FIRST + timedelta(k): Fraction(int(best)) for k, best in enumerate(index)} | over | ahead
    above = sum(value > COUNTED[name] for value in truth.values())
    want = {
        "good_day_ratio": Fraction(100 * (365 - above), 365),
        "heavy_day_ratio": Fraction(100 * above, 365),
        "heavy_days": Fraction(above),
    }[name]
    drawn = {q: np.full((2, 20), 5 * RESOLUTION, np.int64) for q in quantities_of(case)}
    assert statistic(case, drawn).at(1) == want
    assert case.count == 345


def test_an_index_set_for_one_target_is_not_another_s() -> None:
    given_ = Given(index={("T", "X"): {date(2025, 8, 1): Fraction(90)}}, days={("Y", "pm2_5"): {FIRST: Fraction(1)}})
    assert given_.of("T", "X") == {INDEX: {date(2025, 8, 1): Fraction(90)}}
    assert given_.of("T2", "X") == {}
    assert set(given_.of("T2", "Y")) == {"pm2_5"}


def month(number: int, value: object) -> dict[date, Fraction]:
    return dict.fromkeys(Period.month(2025, number), Fraction(str(value)))


def test_a_dirtier_month_is_never_more_likely_to_keep_a_mean() -> None:
    middle = chosen(asked("pm2_5_annual"), None)["p50"]
    question = asked("pm2_5_annual", middle)
    found = [chosen(question, Given({("X", "pm2_5"): month(12, level)})) for level in (5, 20, 40, 80, 160)]
    assert [row["probability"] for row in found] == sorted((row["probability"] for row in found), reverse=True)
    assert [row["p50"] for row in found] == sorted(row["p50"] for row in found)
    assert found[0]["probability"] > found[-1]["probability"]


def test_concentrations_set_by_hand_decide_days_too() -> None:
    """150 µg/m³ of PM2.5 on every day of December is no good day: 31 of 365 days are lost at least."""
    dirty = chosen(asked("good_day_ratio", 80), Given({("X", "pm2_5"): month(12, 150)}))
    clean = chosen(asked("good_day_ratio", 80), None)
    assert dirty["p90"] <= Decimal(100 * (365 - 31)) / 365
    assert dirty["p50"] < clean["p50"]
    assert dirty["probability"] < clean["probability"]


def test_everything_set_is_certain_by_exact_arithmetic() -> None:
    left = {FIRST + timedelta(k): Fraction(20) for k in range(212, 365)}
    end = chosen(asked("pm2_5_annual"), Given({("X", "pm2_5"): left}))["p50"]
    for target, state, chance in ((end + Decimal("0.01"), "safe", 1.0), (end - Decimal("0.01"), "lost", 0.0)):
        row = chosen(asked("pm2_5_annual", target), Given({("X", "pm2_5"): left}))
        assert (row["state"], row["probability"], row["p10"], row["p90"]) == (state, chance, end, end)


# --- sections --------------------------------------------------------------------------------------------------------

MONTHS = section_months({"S1": 0.4, "S2": 1.6})
AUGUST = date(2025, 8, 31)


def share(target: object = 60, name: str = "good_section_ratio", **more: Any) -> Question:
    return Question("T", CATALOG.indicator(name), "SS", YEAR, more.pop("comparator", ">="), Fraction(str(target)),
                    subjects=more.pop("subjects", ("S1", "S2")))  # fmt: skip


def evaluated(rows: pa.Table) -> Decimal:
    found = water_indicator(
        CATALOG.indicator("good_section_ratio"), rows, scope="SS", sections=["S1", "S2"], period=YEAR, catalog=CATALOG
    ).to_pylist()[0]
    return Decimal(found["exact"])


def with_months(levels: Mapping[tuple[str, str], float]) -> pa.Table:
    """The months known, corrected, and those of the rest of 2025 as set; other factors as in the months known."""
    rows = {(row["section"], row["period"]): row for row in MONTHS.to_pylist()}
    like = next(iter(rows.values()))
    for (section, when), value in levels.items():
        row = rows.get((section, when), like | {"section": section, "section_name": section, "period": when})
        rows[section, when] = row | {"nh3n": str(value), "exact_nh3n": str(value)}
    return pa.Table.from_pylist(list(rows.values()))


@settings(max_examples=25, deadline=None)
@given(levels=st.lists(st.integers(0, 60).map(lambda value: value / 10), min_size=8, max_size=8))
def test_a_year_of_sections_set_to_its_end_is_what_evaluate_says(levels: list[float]) -> None:
    """Ammonia decides: the others stay well within class II in the months to come."""
    coming = [f"2025-{number:02d}" for number in range(9, 13)]
    told = dict(zip([(s, m) for s in ("S1", "S2") for m in coming], levels, strict=True))
    months: dict[tuple[str, str], dict[str, Fraction]] = {}
    for (section, when), value in told.items():
        months.setdefault((section, "nh3n"), {})[when] = Fraction(str(value))
        for name, usual in {"do": "8", "tp": "0.05", "codmn": "2", "ph": "7.5", "bod5": "2", "cod": "10"}.items():
            months.setdefault((section, name), {})[when] = Fraction(usual)
    row = chosen(share(), Given(months=months), None, months=MONTHS, as_of=AUGUST)
    assert row["p10"] == row["p50"] == row["p90"] == evaluated(with_months(told))
    assert row["state"] == ("safe" if row["p50"] >= 60 else "lost")


@pytest.mark.parametrize("value", ["0.2", "5.0"])
def test_a_month_that_is_over_is_corrected(value: str) -> None:
    """As if the lake had said so: the same answer as from months that have the value."""
    corrected = chosen(
        share(), Given(months={("S2", "nh3n"): {"2025-03": Fraction(value)}}), None, months=MONTHS, as_of=AUGUST
    )
    known = chosen(share(), None, None, months=with_months({("S2", "2025-03"): float(value)}), as_of=AUGUST)
    for name in ("probability", "p10", "p50", "p90", "state"):
        assert corrected[name] == known[name], name


def test_a_dirty_month_ahead_lowers_the_chance_of_its_section() -> None:
    question = Question("T", CATALOG.indicator("section_class"), "S1", YEAR, "<=", Fraction(2), subjects=("S1",))
    found = [
        chosen(question, Given(months={("S1", "nh3n"): {"2025-11": Fraction(str(level))}}), None, months=MONTHS,
               as_of=AUGUST)["probability"]
        for level in (0.1, 1, 2, 4)
    ]  # fmt: skip
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.9
    assert found[-1] < 0.1


def test_a_factor_that_was_never_measured_may_be_set() -> None:
    """One month of fluoride far beyond class V: its mean of the one month decides the class."""
    question = Question("T", CATALOG.indicator("section_class"), "S1", YEAR, "<=", Fraction(3), subjects=("S1",))
    row = chosen(question, Given(months={("S1", "fluoride"): {"2025-11": Fraction(9)}}), None, months=MONTHS,
                 as_of=AUGUST)  # fmt: skip
    assert row["probability"] == 0
    assert row["state"] == "lost"


# --- every section held to its own target's class ---------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    levels=st.lists(st.integers(0, 60).map(lambda value: value / 10), min_size=8, max_size=8),
    targets=st.tuples(st.integers(1, 5), st.one_of(st.none(), st.integers(1, 5))),
)
def test_a_year_set_to_its_end_keeps_the_sections_own_targets_as_evaluate_says(
    levels: list[float], targets: tuple[int, int | None]
) -> None:
    """A section without a target does not count."""
    held = dict(zip(("S1", "S2"), targets, strict=True))
    told = dict(zip([(s, f"2025-{m:02d}") for s in held for m in range(9, 13)], levels, strict=True))
    months: dict[tuple[str, str], dict[str, Fraction]] = {}
    for (section, when), value in told.items():
        months.setdefault((section, "nh3n"), {})[when] = Fraction(str(value))
        for name, usual in {"do": "8", "tp": "0.05", "codmn": "2", "ph": "7.5", "bod5": "2", "cod": "10"}.items():
            months.setdefault((section, name), {})[when] = Fraction(usual)
    known, whole = ([row | {"target_class": held[row["section"]]} for row in table.to_pylist()]
                    for table in (MONTHS, with_months(told)))  # fmt: skip
    indicator = CATALOG.indicator("section_target_ratio")
    found = water_indicator(
        indicator, pa.Table.from_pylist(whole), scope="SS", sections=["S1", "S2"], period=YEAR, catalog=CATALOG
    ).to_pylist()[0]
    row = chosen(
        share(name="section_target_ratio"), Given(months=months), None, months=pa.Table.from_pylist(known), as_of=AUGUST
    )
    assert row["p10"] == row["p50"] == row["p90"] == Decimal(found["exact"])
    assert row["state"] == ("safe" if row["p50"] >= 60 else "lost")


def test_a_stricter_target_of_a_section_is_never_likelier_kept() -> None:
    chances = []
    for target in (1, 2, 3, 4, 5):
        rows = [row | {"target_class": target} for row in MONTHS.to_pylist()]
        found = chosen(share(100, "section_target_ratio"), None, None, months=pa.Table.from_pylist(rows), as_of=AUGUST)
        chances.append(found["probability"])
    assert chances == sorted(chances)
    assert chances[0] < 0.1 < 0.9 < chances[-1]
