"""The campaign's own back-test: only whole earlier years, kept while they stay, before the packaged one where large."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.outlook.made_air import city_days
from tests.outlook.test_water_outlook import section_months

import qingce.outlook.backtest as engine
from qingce.app.outlooking.scores import Known, Shelf, enough, instead, own_backtest
from qingce.app.outlooking.tables import backtest_table, outlook_tables
from qingce.catalog import Catalog, load_catalog
from qingce.core.periods import Period
from qingce.core.tables import BACKTEST
from qingce.outlook.air.weather_days import WeatherDays
from qingce.outlook.question import Question
from qingce.outlook.report_outlook import Report

AS_OF = date(2025, 6, 30)


@cache
def catalog() -> Catalog:
    return load_catalog()


@cache
def days(first: date = date(2021, 1, 1), last: date = date(2025, 6, 30)) -> pa.Table:
    return pa.concat_tables([city_days(first, last, subject=name, seed=place) for place, name in enumerate("AB")])


def question(indicator: str = "pm2_5_annual", places: tuple[str, ...] = ("A",)) -> Question:
    return Question("T", catalog().indicator(indicator), places[0], Period.year(2025), "<=", Fraction(35),
                    subjects=places)  # fmt: skip


def own_of(table: pa.Table, folder: Path, *, as_of: date = AS_OF, rests: str = "") -> pa.Table:
    return own_backtest([question()], table, catalog=catalog(), as_of=as_of, shelf=Shelf(folder, rests))


def test_it_is_the_back_test_of_the_whole_earlier_years_at_this_month(tmp_path: Path) -> None:
    found = own_of(days(), tmp_path / "kept")
    assert found.schema.equals(BACKTEST)
    rows = found.to_pylist()
    assert {(row["month"], row["scopes"], row["years"]) for row in rows} == {(6, 1, 3)}
    past = days().filter(pa.array([day.year < 2025 for day in days()["day"].to_pylist()]))
    trials = engine.trials(past, [question().indicator], catalog=catalog(), years=[2022, 2023, 2024], months=[6],
                           scopes=["A"])  # fmt: skip
    assert found.equals(engine.backtest_rows(trials, catalog=catalog(), note=rows[0]["note"]))


@pytest.mark.parametrize(
    ("first", "as_of", "rows"),
    [(date(2022, 1, 1), AS_OF, True), (date(2022, 2, 1), AS_OF, False), (date(2023, 1, 1), AS_OF, False),
     (date(2021, 1, 1), date(2024, 12, 31), False)],
    ids=["three-years", "not-quite", "two-years", "december"],
)  # fmt: skip
def test_it_needs_three_whole_years_and_days_to_come(tmp_path: Path, first: date, as_of: date, rows: bool) -> None:
    assert bool(own_of(days(first), tmp_path / "kept", as_of=as_of).num_rows) == rows


def test_it_is_kept_while_earlier_years_lists_and_content_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    whole = engine.trials

    def counted(*given: object, **more: object) -> object:
        made.append(1)
        return whole(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "trials", counted)
    first = own_of(days(), tmp_path / "kept")
    this_year = days(date(2021, 1, 1), date(2025, 6, 12))
    assert own_of(this_year, tmp_path / "kept", as_of=date(2025, 6, 12)).equals(first)
    assert len(made) == 1  # another day of the same month: earlier years are what they were
    own_of(days(), tmp_path / "kept", rests="another list of sites")
    own_of(days(date(2021, 1, 2)), tmp_path / "kept", rests="another list of sites")
    assert len(made) == 3


def test_few_trials_pick_no_model(tmp_path: Path) -> None:
    own = own_of(days(), tmp_path / "kept")
    assert enough(own, least=3).num_rows == own.num_rows > 0
    assert enough(own, least=4).num_rows == 0


def test_an_own_row_stands_in_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    own, packaged = own_of(days(), tmp_path / "kept"), backtest_table([question()], catalog())
    both = instead(own, packaged).to_pylist()
    keys = [(row["indicator_id"], row["model"], row["month"]) for row in both]
    assert len(keys) == len(set(keys))
    assert {row["note"][:2] for row in both if row["month"] == 6} == {"本工"}
    assert {row["note"][:2] for row in both if row["month"] != 6} == {"随附"}


def test_without_a_shelf_the_packaged_one_stands_alone(tmp_path: Path) -> None:
    alone = outlook_tables([question()], days(), pa.table({}), catalog=catalog(), as_of=AS_OF)
    assert alone["backtest"].equals(backtest_table([question()], catalog()))
    kept = Shelf(tmp_path / "kept", "")
    own = outlook_tables([question()], days(), pa.table({}), catalog=catalog(), as_of=AS_OF, shelf=kept)
    assert own["backtest"].num_rows == alone["backtest"].num_rows
    assert "按随附回测选用" in "".join(row["reason"] for row in own["outlook"].to_pylist())


def sections(name: str = "good_section_ratio") -> Question:
    return Question("W", catalog().indicator(name), "C", Period.year(2025), ">=", Fraction(50), subjects=("S1", "S2"))


def wet() -> pa.Table:
    return section_months({"S1": 0.4, "S2": 1.2}, last=(2025, 6), years=4)


def test_sections_are_back_tested_where_three_whole_years_of_months_are_known(tmp_path: Path) -> None:
    shelf, none = Shelf(tmp_path / "kept", ""), days().slice(0, 0)
    rows = own_backtest([sections()], none, catalog=catalog(), as_of=AS_OF, shelf=shelf, known=Known(wet())).to_pylist()
    assert {(row["indicator_id"], row["model"], row["month"], row["scopes"], row["years"]) for row in rows} == {
        ("good_section_ratio", name, 6, 1, 3) for name in ("month-last", "month-level")
    }
    short = wet().filter(pa.array([period >= "2022-02" for period in wet()["period"].to_pylist()]))
    for known in (Known(short), Known(pa.table({})), None):
        assert not own_backtest([sections()], none, catalog=catalog(), as_of=AS_OF, shelf=shelf, known=known).num_rows


def test_this_years_months_change_nothing_kept_and_earlier_ones_do(tmp_path: Path) -> None:
    shelf, none = Shelf(tmp_path / "kept", ""), days().slice(0, 0)

    def key(months: pa.Table) -> str:
        own_backtest([sections()], none, catalog=catalog(), as_of=AS_OF, shelf=shelf, known=Known(months))
        return next((tmp_path / "kept").rglob("kept.json")).read_text("utf-8")

    first, months = key(wet()), wet()
    assert key(months.filter(pa.array([period <= "2025-03" for period in months["period"].to_pylist()]))) == first
    assert key(wet().slice(1)) != first


def test_reported_figures_are_back_tested(tmp_path: Path) -> None:
    asked = Question("R", catalog().indicator("nox_cut"), "C", Period.year(2025), ">=", Fraction(1))
    rows = [
        Report("nox_cut", "C", Period.year(year), Fraction(1000 + 100 * (year - 2015)), "t")
        for year in range(2015, 2025)
    ]
    own = own_backtest([asked], days().slice(0, 0), catalog=catalog(), as_of=AS_OF, shelf=Shelf(tmp_path / "kept", ""),
                       known=Known(reports=rows)).to_pylist()  # fmt: skip
    assert {(row["model"], row["years"]) for row in own} == {("report-pace", 6), ("report-last", 6)}
    pace = next(row for row in own if row["model"] == "report-pace")
    assert pace["brier_baseline"] == next(row["brier"] for row in own if row["model"] == "report-last")


def test_a_model_of_the_weather_is_tried_where_there_is_weather(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    table, season = days(), np.arange(2000.0)
    first = (date(2021, 1, 1) - date(1970, 1, 1)).days
    met = WeatherDays(first + np.arange(2000), ("temperature",), np.sin(season / 58)[:, None])
    shelf = Shelf(tmp_path / "kept", "")
    own = own_backtest(
        [question()], table, catalog=catalog(), as_of=AS_OF, shelf=shelf, known=Known(weather={"A": met})
    )
    assert "season-boosting" in own["model"].to_pylist()
    assert "season-boosting" not in own_of(table, tmp_path / "kept")["model"].to_pylist()
