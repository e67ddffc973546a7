"""Reported figures carried on at the pace of earlier years: the slow sum, few years, zero, units, what was known."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from qingce.catalog import load_catalog
from qingce.core.periods import Period
from qingce.outlook import Question, outlook_rows
from qingce.outlook.report_outlook import Report, pace

CATALOG = load_catalog()
AS_OF = date(2026, 9, 30)
MODELS = CATALOG.outlooks.models


def reported(figures: dict[str, str], indicator: str, unit: str) -> list[Report]:
    """Figures by `2025` or `2026-8` (January to August)."""
    found = []
    for name, value in figures.items():
        year, _, month = name.partition("-")
        whole = Period.year(int(year))
        period = Period(whole.start, Period.month(int(year), int(month)).end) if month else whole
        found.append(Report(indicator, "C", period, Fraction(value), unit))
    return found


def answers(
    figures: dict[str, str], indicator: str = "nox_cut", unit: str = "t", target: str = "3000", as_of: date = AS_OF
) -> list[dict[str, Any]]:
    asked = Question("T", CATALOG.indicator(indicator), "C", Period.year(2026), ">=", Fraction(target))
    rows = outlook_rows(
        [asked], None, catalog=CATALOG, as_of=as_of, reports=reported(figures, indicator, unit)
    ).outlook.to_pylist()
    return [dict(row) for row in rows]


STEADY = {"2023-8": "1000", "2023": "1500", "2024-8": "1200", "2024": "1800", "2025-8": "1400", "2025": "2100"}


def test_years_all_alike_leave_no_doubt() -> None:
    """Every year made half as much again after August: 2000 t by August end at 3000 t."""
    rows = answers(STEADY | {"2026-8": "2000"})
    assert {row["model"] for row in rows} == {"report-last", "report-pace"}
    assert {(row["p10"], row["p50"], row["p90"]) for row in rows} == {(3000, 3000, 3000)}
    assert next(row for row in rows if row["chosen"])["model"] == "report-pace"
    assert [row["history"] for row in rows] == [3, 3]
    assert "3000" in rows[0]["text"]
    assert "吨" in rows[0]["text"]


def test_the_baseline_is_last_years_pace() -> None:
    figures = STEADY | {"2025": "2800", "2026-8": "2000"}
    last = next(row for row in answers(figures) if row["model"] == "report-last")
    assert (last["p50"], last["probability"], last["members"]) == (4000, 1.0, 1)


def test_the_distribution_is_that_of_the_ratios_of_years() -> None:
    pairs = [(Fraction(100), Fraction(150)), (Fraction(100), Fraction(130)), (Fraction(80), Fraction(128))]
    steps = [math.log(float(whole / part)) for part, whole in pairs]
    mean = sum(steps) / 3
    spread = math.sqrt(sum((step - mean) ** 2 for step in steps) / 2 * (1 + 1 / 3))
    drawn = pace(100.0, pairs, model=MODELS["report-pace"], added=False, rng=np.random.default_rng(7))
    told = (np.log(drawn / 100) - mean) / spread
    wanted = np.random.default_rng(7).standard_t(2, 400)
    assert told == pytest.approx(wanted)


def test_points_are_added_and_stay_within_a_hundred() -> None:
    pairs = [(Fraction(90), Fraction(96)), (Fraction(88), Fraction(92)), (Fraction(80), Fraction(88))]
    drawn = pace(95.0, pairs, model=MODELS["report-pace"], added=True, rng=np.random.default_rng(7))
    assert drawn.max() == 100
    assert drawn.min() >= 0
    assert pace(95.0, pairs, model=MODELS["report-last"], added=True, rng=np.random.default_rng(7)) == [100.0]


def test_whole_years_alone_carry_the_last_one_on() -> None:
    """Nothing of 2026 yet: from 2025 on as each year before went on, by 2 points."""
    figures = {"2022": "36", "2023": "38", "2024": "40", "2025": "42"}
    rows = answers(figures, indicator="rural_sewage", unit="%", target="45")
    assert {row["p50"] for row in rows} == {44}
    assert all(row["probability"] < 0.01 for row in rows)


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"2026-8": "2000"}, "只有 0 年，少于 3 年"),
        ({"2025-8": "1400", "2025": "2100", "2026-8": "2000"}, "只有 1 年，少于 3 年"),
        ({"2025": "2100"}, "只有 0 年，少于 3 年"),
        (STEADY | {"2026-7": "2000"}, "只有 0 年，少于 3 年"),
        (STEADY | {"2026-8": "0"}, "上报数为零"),
    ],
    ids=["this-year-only", "one-year", "one-whole-year", "another-stretch", "zero"],
)
def test_too_little_says_what_is_missing(figures: dict[str, str], words: str) -> None:
    rows = answers(figures)
    assert [(row["state"], row["probability"]) for row in rows] == [("quota_only", None)]
    assert words in rows[0]["reason"]


def test_another_unit_is_not_mixed() -> None:
    rows = answers(STEADY | {"2026-8": "2000"}, unit="kg")
    assert [row["state"] for row in rows] == ["quota_only"]
    assert "kg" in rows[0]["reason"]


def test_nothing_reported_gives_no_row() -> None:
    assert answers({}) == []


def test_what_was_issued_later_is_not_known() -> None:
    figures = STEADY | {"2026-8": "2000"}
    asked = Question("T", CATALOG.indicator("nox_cut"), "C", Period.year(2026), ">=", Fraction(3000))
    rows = reported(figures, "nox_cut", "t")
    late = [Report(r.indicator, r.scope, r.period, r.value * 9, r.unit, date(2026, 10, 1)) for r in rows[-1:]]
    first = outlook_rows([asked], None, catalog=CATALOG, as_of=AS_OF, reports=rows).outlook
    again = outlook_rows([asked], None, catalog=CATALOG, as_of=AS_OF, reports=[*rows, *late]).outlook
    assert again.equals(first)


def test_a_harder_target_is_never_likelier() -> None:
    figures = STEADY | {"2024": "2000", "2026-8": "2000"}
    chances = [next(row["probability"] for row in answers(figures, target=goal) if row["chosen"])
               for goal in ("2500", "2900", "3100", "3500", "9000")]  # fmt: skip
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.8
