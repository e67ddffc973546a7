"""Sections and reported figures are back-tested from the same origins: nothing later is seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa
from tests.outlook.test_water_outlook import section_months

from qingce.catalog import load_catalog
from qingce.core.periods import Period
from qingce.evaluate import water_indicator
from qingce.outlook import Question
from qingce.outlook.backtest import Trial, backtest_rows
from qingce.outlook.backtest_told import report_trials, section_trials
from qingce.outlook.models.months import MonthPast, last_months
from qingce.outlook.report_outlook import Report

CATALOG = load_catalog()
LEVELS = {"S1": 0.4, "S2": 0.95, "S3": 1.6}
YEARS = [2023, 2024]


def ask(name: str = "good_section_ratio", places: Sequence[str] = tuple(LEVELS)) -> Question:
    return Question("T", CATALOG.indicator(name), "C", Period.year(2025), ">=", Fraction(80), subjects=tuple(places))


def sections(months: pa.Table, question: Question, origins: Sequence[int] = (3, 9)) -> list[Trial]:
    return list(section_trials(months, [question], catalog=CATALOG, years=YEARS, origins=origins))


def made() -> pa.Table:
    return section_months(LEVELS, last=(2025, 6))


def test_every_whole_year_is_judged_from_every_origin_by_every_model() -> None:
    found = sections(made(), ask())
    models = {"month-level", "month-last"}
    assert {(t.year, t.month, t.model) for t in found} == {(y, m, n) for y in YEARS for m in (3, 9) for n in models}
    assert all(t.scope == "C" and len(t.chances) == 3 for t in found)


def test_what_came_is_what_evaluate_says() -> None:
    months = made()
    for name in ("good_section_ratio", "bad_section_ratio"):
        for trial in sections(months, ask(name)):
            row = water_indicator(
                CATALOG.indicator(name), months, scope="C", sections=list(LEVELS), period=Period.year(trial.year),
                catalog=CATALOG,
            ).to_pylist()[0]  # fmt: skip
            assert trial.actual == Fraction(row["exact"])


def test_the_goals_of_a_class_are_all_classes_but_the_worst() -> None:
    found = sections(made(), ask("section_class", ("S2",)))
    assert {len(trial.met) for trial in found} == {5}
    for trial in found:
        assert trial.met == tuple(trial.actual <= grade for grade in range(1, 6))
        assert list(trial.chances) == sorted(trial.chances)


def test_many_sections_have_ten_goals() -> None:
    places = [f"S{place}" for place in range(13)]
    months = section_months({place: 0.4 + 0.1 * n for n, place in enumerate(places)}, last=(2025, 1))
    found = sections(months, ask(places=places), origins=(6,))
    assert {len(trial.met) for trial in found} == {10}
    assert all(trial.met[0] or trial.actual < Fraction(100, 13) for trial in found)


def test_later_months_change_nothing_said_before() -> None:
    months = made()
    late = np.array([period > "2024-03" for period in months["period"].to_pylist()])
    values = [("9.9" if there else value) for value, there in zip(months["nh3n"].to_pylist(), late, strict=True)]
    other = months
    for name in ("nh3n", "exact_nh3n"):
        other = other.set_column(other.column_names.index(name), name, pa.array(values))
    true, false = ([t for t in sections(table, ask(), origins=(3,)) if t.year == 2024] for table in (months, other))
    assert [(t.model, t.ends, t.chances) for t in true] == [(t.model, t.ends, t.chances) for t in false]
    assert {t.actual for t in true} != {t.actual for t in false}


def test_a_year_with_a_month_missing_is_not_judged() -> None:
    months = made()
    holes = months.filter(pa.array([period != "2023-07" for period in months["period"].to_pylist()]))
    assert {trial.year for trial in sections(holes, ask())} == {2024}
    assert not sections(months, ask(places=("S1", "nowhere")))


def test_the_baseline_of_sections_is_last_years_months() -> None:
    rows = {
        row["model"]: row for row in backtest_rows(sections(made(), ask(), origins=(6,)), catalog=CATALOG).to_pylist()
    }
    assert rows["month-level"]["brier_baseline"] == rows["month-last"]["brier"]
    assert rows["month-last"]["crps"] >= 0
    assert (rows["month-level"]["scopes"], rows["month-level"]["years"]) == (1, 2)


def test_last_months_are_those_of_the_last_year_known() -> None:
    known = MonthPast({0: 1.0, 12: 2.0, 13: 3.0, 1: 9.0})
    found = last_months({("S", "tp"): known, ("S", "do"): MonthPast({0: 1.0})}, [24, 25])
    assert list(found) == [("S", "tp")]
    assert found["S", "tp"].tolist() == [[2.0, 3.0]]


def asked(scope: str = "C") -> Question:
    indicator = CATALOG.indicator("nox_cut")
    return Question("T", indicator, scope, Period.year(2026), ">=", Fraction(1))


def figures(scope: str = "C", grown: float = 1.1, wobble: float = 0.03) -> list[Report]:
    rng = np.random.default_rng(3)
    values = {year: 1000 * grown ** (year - 2010) * float(np.exp(rng.normal(0, wobble))) for year in range(2010, 2022)}
    return [Report("nox_cut", scope, Period.year(year), Fraction(f"{value:.3f}"), "t", date(year + 1, 3, 1))
            for year, value in values.items()]  # fmt: skip


def test_reported_years_are_judged_by_what_had_been_issued() -> None:
    rows = figures()
    found = list(report_trials(rows, [asked()], catalog=CATALOG, years=range(2012, 2023), origins=[2, 6]))
    assert {(t.year, t.month) for t in found if t.month == 6} == {(year, 6) for year in range(2014, 2022)}
    assert {trial.model for trial in found} == {"report-pace", "report-last"}
    early = [t for t in found if t.month == 2 and t.model == "report-last"]
    for trial in early:  # in February the last year has not been issued: the figure rests on the year before
        assert (
            trial.ends[1]
            != next(t for t in found if (t.year, t.month, t.model) == (trial.year, 6, trial.model)).ends[1]
        )
    came = {row.period: row.value for row in rows}
    assert all(trial.actual == came[Period.year(trial.year)] for trial in found)


def test_steady_growth_is_foreseen_and_covered() -> None:
    rows = [row for place in range(12) for row in figures(f"C{place}", wobble=0.0)]
    questions = [asked(f"C{place}") for place in range(12)]
    found = list(report_trials(rows, questions, catalog=CATALOG, years=[2018, 2020], origins=[6]))
    assert all(abs(float(t.ends[1] / t.actual) - 1) < 1e-3 for t in found)
    assert len({trial.scope for trial in found}) == 12


def test_a_year_without_a_figure_has_no_trial() -> None:
    rows = [row for row in figures() if row.period.start.year != 2018]
    found = report_trials(rows, [asked()], catalog=CATALOG, years=[2018, 2019], origins=[6])
    assert {trial.year for trial in found} <= {2019}
