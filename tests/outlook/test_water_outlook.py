"""The outlook of sections: the class of every future is evaluate's class; coming months are like earlier years'."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.core.periods import Period
from qingce.evaluate import water_indicator
from qingce.evaluate.water.classes import class_of
from qingce.evaluate.water.rules import Lawbook
from qingce.outlook import Question, outlook_rows
from qingce.outlook.given import Given
from qingce.outlook.models.months import MonthPast, draw_months
from qingce.outlook.water.water_outlook import Waters, _certain, _grades

CATALOG = load_catalog()
YEAR = Period.year(2025)
LIMITS = Lawbook(CATALOG, "auto").limits(date(2025, 12, 31), Lawbook(CATALOG, "auto").on(date(2025, 12, 31)).kinds[""])


def section_months(levels: dict[str, float], last: tuple[int, int] = (2025, 8), years: int = 3) -> pa.Table:
    """Months of sections: ammonia about a level with a cold-season peak, the basic others well within class II."""
    rows = []
    rng = np.random.default_rng(2)
    for section, level in levels.items():
        for year in range(2025 - years, 2026):
            for month in range(1, 13):
                if (year, month) <= last:
                    season = 1 + 0.3 * np.cos(2 * np.pi * (month - 1) / 12)
                    value = round(level * season * float(np.exp(rng.normal(0, 0.08))), 3)
                    rows.append(
                        {"section": section, "section_name": section, "period": f"{year}-{month:02d}",
                         "review": "national", "nh3n": str(value), "exact_nh3n": str(value), "do": "8", "tp": "0.05",
                         "codmn": "2", "ph": "7.5", "bod5": "2", "cod": "10"}
                    )  # fmt: skip
    return pa.Table.from_pylist(rows)


def ask(name: str = "good_section_ratio", target: str = "100", comparator: str = ">=", **more: Any) -> Question:
    places = more.pop("subjects", ("S1", "S2"))
    return Question("T", CATALOG.indicator(name), "SS", more.pop("period", YEAR), comparator, Fraction(target),
                    subjects=places, **more)  # fmt: skip


def row_of(question: Question, months: pa.Table, as_of: date) -> dict[str, Any]:
    rows: list[dict[str, Any]] = outlook_rows(
        [question], None, months, catalog=CATALOG, as_of=as_of
    ).outlook.to_pylist()
    picked = [row for row in rows if row["chosen"]]
    assert len(picked) == 1
    assert len(rows) in (1, 2)  # the model and its baseline, or one answer for both
    return picked[0]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["nh3n", "tp", "do", "ph", "codmn"]),
    st.lists(st.integers(0, 20_000_000), min_size=1, max_size=5),
    st.fractions(0, 30, max_denominator=99),
)
def test_the_class_of_every_future_is_the_one_of_evaluate(name: str, sums: list[int], fixed: Fraction) -> None:
    count = 3
    found = _grades(np.array(sums, np.int64)[:, None], fixed, [count], limits=LIMITS[name])[:, 0]
    want = [class_of((Fraction(part, 10**6) + fixed) / count, LIMITS[name]) for part in sums]
    assert found.tolist() == want


@pytest.mark.parametrize("name", ["nh3n", "tp", "do", "ph"])
def test_at_every_limit_and_a_millionth_beside_it(name: str) -> None:
    for limit in LIMITS[name]:
        for edge in (limit.value, limit.low):
            if edge is not None:
                near = [int(Decimal(edge) * 10**6) + step for step in (-1, 0, 1)]
                found = _grades(np.array(near, np.int64)[:, None], Fraction(0), [1], limits=LIMITS[name])[:, 0]
                assert found.tolist() == [class_of(Fraction(part, 10**6), LIMITS[name]) for part in near]


def test_clean_sections_are_likely_and_dirty_ones_are_not() -> None:
    clean = row_of(ask(), section_months({"S1": 0.3, "S2": 0.4}), date(2025, 8, 31))
    assert (clean["state"], clean["model"], clean["p50"]) == ("ok", "month-level", 100)
    assert clean["probability"] > 0.95
    dirty = row_of(ask(), section_months({"S1": 0.3, "S2": 1.9}), date(2025, 8, 31))
    assert dirty["probability"] < 0.05
    assert dirty["p50"] == 50
    edge = row_of(ask(), section_months({"S1": 0.3, "S2": 1.0}), date(2025, 8, 31))
    assert 0.05 < edge["probability"] < 0.95


def test_the_class_of_a_section_and_an_easier_target() -> None:
    months = section_months({"S1": 1.0})
    found = [row_of(ask("section_class", grade, "<=", subjects=("S1",)), months, date(2025, 8, 31))["probability"]
             for grade in "1234"]  # fmt: skip
    assert found == sorted(found)
    assert found[-1] > 0.9
    row = row_of(ask("section_class", "3", "<=", subjects=("S1",)), months, date(2025, 8, 31))
    assert row["text"].startswith("2025年12月31日预计 Ⅳ类（80% 区间 Ⅲ类—Ⅳ类）")
    assert "class" not in row["text"]


def test_a_year_that_is_over_is_what_evaluate_says() -> None:
    months = section_months({"S1": 0.4, "S2": 1.6}, last=(2025, 12))
    row = row_of(ask(), months, date(2025, 12, 31))
    want = water_indicator(
        CATALOG.indicator("good_section_ratio"), months, scope="SS", sections=["S1", "S2"], period=YEAR, catalog=CATALOG
    ).to_pylist()[0]
    assert row["p10"] == row["p90"] == Decimal(want["exact"])


def test_too_little_history_says_so() -> None:
    row = row_of(ask(), section_months({"S1": 0.4, "S2": 0.4}, years=0), date(2025, 8, 31))
    assert row["state"] == "quota_only"
    assert "没有往年同月数据" in row["reason"]
    assert (
        row_of(ask(subjects=("nowhere",)), section_months({"S1": 0.4}), date(2025, 8, 31))["reason"] == "没有断面月值"
    )


def test_a_month_that_is_not_over_still_comes() -> None:
    """In mid August the August figure in the table is not yet the month's: it is drawn."""
    months = section_months({"S1": 0.95}, last=(2025, 8))
    early = outlook_rows([ask(subjects=("S1",))], None, months, catalog=CATALOG, as_of=date(2025, 8, 15)).outlook
    known = months.filter(pa.array([period <= "2025-07" for period in months["period"].to_pylist()]))
    alone = outlook_rows([ask(subjects=("S1",))], None, known, catalog=CATALOG, as_of=date(2025, 8, 15)).outlook
    assert early["probability"].to_pylist() == alone["probability"].to_pylist()


def test_drawn_months_lie_about_earlier_ones_and_vary_as_years_do() -> None:
    rng = np.random.default_rng(5)
    values = {("S", "tp"): MonthPast({m: float(np.exp(rng.normal(0, 0.3))) for m in range(600, 660)})}
    prior = CATALOG.outlooks.spread["other"]
    drawn = draw_months(
        values, [660, 661], begin=660, prior=prior, members=4000, shared=0.3, rng=np.random.default_rng(1)
    )["S", "tp"]
    logs = np.log(drawn)
    centre = np.mean([np.log(values["S", "tp"].values[m]) for m in range(600, 660, 12)])
    assert logs[:, 0].mean() == pytest.approx(centre, abs=0.03)
    squares = [(np.log(values["S", "tp"].values[m]) - np.log(values["S", "tp"].values[m - 12])) ** 2
               for m in range(612, 660)]  # fmt: skip
    assert logs.var(axis=0) == pytest.approx(np.mean(squares) / 2 * (1 + 1 / 5), rel=0.1)


def test_sections_share_a_part_of_what_comes() -> None:
    flat = MonthPast(dict.fromkeys(range(600, 660), 1.0))
    drawn = draw_months(
        {("A", "tp"): flat, ("B", "tp"): flat}, [660], begin=660, prior=CATALOG.outlooks.spread["other"], members=5000,
        shared=0.3, rng=np.random.default_rng(1),
    )  # fmt: skip
    pair = np.log(np.stack([drawn["A", "tp"][:, 0], drawn["B", "tp"][:, 0]]) + 0.0)
    assert pair.std() < 0.01  # sixty equal months: nothing to differ by
    rough = MonthPast({m: 1.0 + 0.5 * ((m // 12) % 2) for m in range(600, 660)})
    drawn = draw_months(
        {("A", "tp"): rough, ("B", "tp"): rough}, [660], begin=660, prior=CATALOG.outlooks.spread["other"],
        members=5000, shared=0.3, rng=np.random.default_rng(1),
    )  # fmt: skip
    pair = np.log(np.stack([drawn["A", "tp"][:, 0], drawn["B", "tp"][:, 0]]))
    assert np.corrcoef(pair)[0, 1] == pytest.approx(0.3, abs=0.05)


def test_the_fan_steps_through_the_months_and_ends_at_the_distribution() -> None:
    months = section_months({"S1": 0.3, "S2": 1.0})
    tables = outlook_rows([ask()], None, months, catalog=CATALOG, as_of=date(2025, 8, 31))
    row = next(row for row in tables.outlook.to_pylist() if row["chosen"])
    fan = [step for step in tables.paths.to_pylist() if step["model"] == row["model"]]
    assert [step["day"] for step in fan] == [Period.month(2025, month).end for month in (9, 10, 11, 12)]
    assert [fan[-1][name] for name in ("p10", "p50", "p90")] == [row[name] for name in ("p10", "p50", "p90")]
    assert {step["model"] for step in fan} == {row["model"]}
    assert all(step["p10"] <= step["p50"] <= step["p90"] for step in fan)
    again = outlook_rows([ask()], None, months, catalog=CATALOG, as_of=date(2025, 8, 31), paths=False)
    assert again.paths.num_rows == 0
    assert again.outlook.equals(tables.outlook)


def test_a_step_of_the_fan_is_evaluate_s_share_of_the_months_up_to_it() -> None:
    """Years all alike: every future is last year, so that each step is what evaluate says of that stretch."""
    rows = []
    for section, bad in (("S1", 10), ("S2", 13)):  # the month from which ammonia is high
        for year in (2022, 2023, 2024, 2025):
            for month in range(1, 13):
                value = "8" if month >= bad else "0.3"
                rows.append({"section": section, "section_name": section, "period": f"{year}-{month:02d}",
                             "review": "national", "nh3n": value, "exact_nh3n": value, "do": "8", "tp": "0.05",
                             "codmn": "2", "ph": "7.5", "bod5": "2", "cod": "10"})  # fmt: skip
    whole = pa.Table.from_pylist(rows)
    known = whole.filter(pa.array([row["period"] <= "2025-08" for row in rows]))
    steps = outlook_rows([ask()], None, known, catalog=CATALOG, as_of=date(2025, 8, 31)).paths.to_pylist()
    fan = [step for step in steps if step["model"] == "month-level"]
    assert [step["p50"] for step in steps if step["model"] == "month-last"] == [step["p50"] for step in fan]
    for step in fan:
        stretch = Period(date(2025, 1, 1), step["day"])
        want = water_indicator(
            CATALOG.indicator("good_section_ratio"), whole, scope="SS", sections=["S1", "S2"], period=stretch,
            catalog=CATALOG,
        ).to_pylist()[0]  # fmt: skip
        assert step["p50"] == Decimal(want["exact"])
    assert [step["p50"] for step in fan] == [100, 50, 50, 50]


def test_what_no_coming_month_can_change_is_said_exactly() -> None:
    """Ammonia of eleven months far beyond class III: one of nothing mends no mean; a share of 0 % is always kept."""
    months = section_months({"S1": 0.3, "S2": 3.0}, last=(2025, 11))
    lost = row_of(ask(), months, date(2025, 11, 30))
    assert (lost["state"], lost["probability"]) == ("lost", 0.0)
    assert lost["text"] == "已不可能实现：余下即使最好也不达标"
    safe = row_of(ask(target="0"), months, date(2025, 11, 30))
    assert (safe["state"], safe["probability"]) == ("safe", 1.0)
    worst = row_of(ask("section_class", "6", "<=", subjects=("S1",)), months, date(2025, 11, 30))
    assert (worst["state"], worst["probability"]) == ("safe", 1.0)
    assert row_of(ask(target="50"), months, date(2025, 11, 30))["state"] == "ok"


@pytest.mark.parametrize("as_of", [date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 20), date(2025, 1, 31)])
def test_a_year_without_a_month_yet_is_open_not_safe(as_of: date) -> None:
    """Nothing is known of the year: nothing is settled, whatever earlier years were like."""
    months = section_months({"S1": 0.3, "S2": 0.9}, last=(as_of.year, as_of.month) if as_of.day == 31 else (2024, 12))
    for question in (ask(), ask("section_class", "3", "<="), ask("bad_section_ratio", "0", "<=")):
        row = row_of(question, months, as_of)
        assert row["state"] == "ok", (question.indicator.id, row["text"])
        assert row["members"] > 1


def test_a_factor_of_earlier_years_that_has_not_come_yet_may_still_come() -> None:
    """Fluoride was measured last year, not yet in this one: the coming months may bring it, in any class."""
    rows = section_months({"S1": 0.3}, last=(2025, 11)).to_pylist()
    rows = [row | ({"fluoride": "0.2"} if row["period"] < "2025" else {}) for row in rows]
    table = pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in (*rows[0],)]))
    held = {("S1", name): {"2025-12": Fraction(0 if name != "do" else 9) if name != "ph" else Fraction(7)}
            for name in ("nh3n", "do", "tp", "codmn", "ph", "bod5", "cod")}  # fmt: skip
    question = ask("section_class", "3", "<=", subjects=("S1",))
    known = Waters(table, date(2025, 11, 30), CATALOG, given=Given(months=held))
    assert _certain(question, known, sections=["S1"], coming=[(2025 - 1970) * 12 + 11]) == "open"
    settled = Waters(table.drop_columns(["fluoride"]), date(2025, 11, 30), CATALOG, given=Given(months=held))
    assert _certain(question, settled, sections=["S1"], coming=[(2025 - 1970) * 12 + 11]) == "safe"


def test_a_lost_target_needs_no_history() -> None:
    months = section_months({"S1": 9.0}, years=0)
    row = row_of(ask(subjects=("S1",)), months, date(2025, 8, 31))
    assert (row["state"], row["probability"]) == ("lost", 0.0)
    assert "没有往年同月数据" in row["reason"]


@pytest.mark.parametrize("done", [1, 6, 11])
@pytest.mark.parametrize("level", ["0.9", "1.0", "1.09", "1.1", "2.0", "12"])
def test_lost_is_what_a_month_of_nothing_cannot_mend(level: str, done: int) -> None:
    """One factor, n equal months, the rest at nothing: lost exactly when n x level / 12 is beyond the limit of 1.0."""
    months = section_months({"S1": 0.5}, last=(2025, done)).to_pylist()
    for row in months:
        if row["period"] >= "2025":
            row["nh3n"] = row["exact_nh3n"] = level
    row = row_of(ask(subjects=("S1",)), pa.Table.from_pylist(months), Period.month(2025, done).end)
    assert (row["state"] == "lost") == (Fraction(level) * done / 12 > 1)


def test_factors_that_rose_together_come_together() -> None:
    rng = np.random.default_rng(3)
    shock = rng.normal(0, 0.4, 60)
    values = {
        "nh3n": shock, "tp": shock + rng.normal(0, 0.05, 60), "do": -shock, "cod": rng.normal(0, 0.4, 60),
    }  # fmt: skip
    pasts = {("S", name): MonthPast({600 + m: float(np.exp(logs[m])) for m in range(60)})
             for name, logs in values.items()}  # fmt: skip
    prior = CATALOG.outlooks.spread["other"]

    def drawn(independence: float) -> np.ndarray:
        found = draw_months(pasts, [660], begin=660, prior=prior, members=5000, shared=0.3,
                            rng=np.random.default_rng(1), independence=independence)  # fmt: skip
        return np.corrcoef(np.log(np.stack([found["S", name][:, 0] for name in values])))

    for independence in (0.0, 0.2, 1.0):
        found = drawn(independence)
        assert found[0, 1] == pytest.approx(1 - independence, abs=0.06)
        assert found[0, 2] == pytest.approx(independence - 1, abs=0.06)
        assert abs(found[0, 3]) < 0.3
