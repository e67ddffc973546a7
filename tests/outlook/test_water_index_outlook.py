"""The water quality index ahead: with every month known it is evaluate's index; dirtier months are never better."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import sections as slow
from tests.outlook.test_given import with_months
from tests.outlook.test_water_outlook import CATALOG, YEAR, section_months

from qingce.core.periods import Period
from qingce.evaluate import water_indicator
from qingce.outlook import Question, outlook_rows
from qingce.outlook.given import Given

AUGUST = date(2025, 8, 31)
MONTHS = section_months({"S1": 0.4, "S2": 1.6})
USUAL = {"do": "8", "tp": "0.05", "codmn": "2", "ph": "7.5", "bod5": "2", "cod": "10"}
COMING = [f"2025-{number:02d}" for number in range(9, 13)]
NAMES = ("cwqi", "cwqi_change", "cwqi_improvement")


def ask(name: str = "cwqi", target: object = 4, **more: Any) -> Question:
    indicator = CATALOG.indicator(name)
    comparator = "<=" if indicator.direction == "lower" else ">="
    return Question("T", indicator, "SS", more.pop("period", YEAR), comparator, Fraction(str(target)),
                    subjects=more.pop("subjects", ("S1", "S2")))  # fmt: skip


def chosen(question: Question, months: Any = MONTHS, as_of: date = AUGUST, **more: Any) -> dict[str, Any]:
    found = outlook_rows([question], None, months, catalog=CATALOG, as_of=as_of, **more).outlook.to_pylist()
    return next(row for row in found if row["chosen"])


def exact(name: str, rows: Any) -> Fraction:
    found = water_indicator(
        CATALOG.indicator(name), rows, scope="SS", sections=["S1", "S2"], period=YEAR, catalog=CATALOG
    ).to_pylist()[0]
    return Fraction(found["exact"])


def told(levels: dict[tuple[str, str], float]) -> Given:
    months: dict[tuple[str, str], dict[str, Fraction]] = {}
    for (section, when), value in levels.items():
        months.setdefault((section, "nh3n"), {})[when] = Fraction(str(value))
        for name, usual in USUAL.items():
            months.setdefault((section, name), {})[when] = Fraction(usual)
    return Given(months=months)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(levels=st.lists(st.integers(1, 60).map(lambda value: value / 10), min_size=8, max_size=8))
def test_a_year_set_to_its_end_is_what_evaluate_says(name: str, levels: list[float]) -> None:
    keys = [(section, month) for section in ("S1", "S2") for month in COMING]
    given_ = dict(zip(keys, levels, strict=True))
    row = chosen(ask(name), given=told(given_))
    want = exact(name, with_months(given_))
    assert row["p10"] == row["p90"]
    assert abs(Fraction(row["p50"]) - want) <= Fraction(1, 10**6)


@pytest.mark.parametrize("name", NAMES)
def test_a_year_that_is_over_is_what_evaluate_says(name: str) -> None:
    whole = section_months({"S1": 0.4, "S2": 1.6}, last=(2025, 12))
    row = chosen(ask(name), whole, date(2025, 12, 31))
    assert abs(Fraction(row["p50"]) - exact(name, whole)) <= Fraction(1, 10**6)
    assert row["state"] in ("safe", "lost")


def test_the_index_has_a_spread_and_a_chance_that_follows_the_target() -> None:
    middle = chosen(ask())
    assert middle["p10"] < middle["p50"] < middle["p90"]
    assert middle["state"] == "ok"
    found = [chosen(ask(target=middle["p50"] * Decimal(step) / 100))["probability"] for step in (80, 98, 100, 102, 120)]
    assert found == sorted(found)
    assert 0.3 < found[2] < 0.7


def test_a_dirtier_month_is_never_likelier() -> None:
    middle = chosen(ask())["p50"]
    found = [
        chosen(ask(target=middle), given=Given(months={("S2", "nh3n"): {"2025-11": Fraction(str(level))}}))
        for level in (0.1, 1, 2, 8)
    ]
    assert [row["probability"] for row in found] == sorted((row["probability"] for row in found), reverse=True)
    assert found[0]["probability"] > found[-1]["probability"]
    assert [row["p50"] for row in found] == sorted(row["p50"] for row in found)


def test_an_improvement_is_the_change_turned_round() -> None:
    change, better = chosen(ask("cwqi_change")), chosen(ask("cwqi_improvement"))
    assert better["p50"] == pytest.approx(-change["p50"], abs=Decimal("0.2"))
    assert better["p10"] < better["p90"]


def test_without_history_or_without_last_year_nothing_is_given() -> None:
    short = section_months({"S1": 0.4, "S2": 1.6}, years=0)
    row = chosen(ask(), short)
    assert (row["state"], row["probability"]) == ("quota_only", None)
    assert "没有往年同月数据" in row["reason"]
    assert chosen(ask(subjects=("S9",)))["reason"] == "没有断面月值"


# --- the path by month ------------------------------------------------------------------------------------------------


def path(question: Question, months: Any = MONTHS, as_of: date = AUGUST, **more: Any) -> list[dict[str, Any]]:
    found = outlook_rows([question], None, months, catalog=CATALOG, as_of=as_of, **more)
    model = next(row["model"] for row in found.outlook.to_pylist() if row["chosen"])
    return [row for row in found.paths.to_pylist() if row["model"] == model]


@pytest.mark.parametrize("name", NAMES)
def test_the_path_is_evaluate_s_index_of_the_months_up_to_each(name: str) -> None:
    """Every month to come set by hand: each point of the fan is one figure, that of the year so far."""
    given_ = {(s, m): 0.3 + 0.4 * k for k, (s, m) in enumerate((s, m) for s in ("S1", "S2") for m in COMING)}
    rows = path(ask(name), given=told(given_))
    assert [row["day"] for row in rows] == [Period.month(2025, month).end for month in range(9, 13)]
    whole = with_months(given_).to_pylist()
    for row in rows:
        until = Period(date(2025, 1, 1), row["day"])
        table = pa.Table.from_pylist([one for one in whole if one["period"] <= f"{row['day']:%Y-%m}"])
        want = water_indicator(
            CATALOG.indicator(name), table, scope="SS", sections=["S1", "S2"], period=until, catalog=CATALOG
        ).to_pylist()[0]
        assert row["p10"] == row["p90"]
        assert abs(Fraction(row["p50"]) - Fraction(want["exact"])) <= Fraction(1, 10**6)


@pytest.mark.parametrize("name", NAMES)
def test_the_path_ends_where_the_outlook_ends_and_widens_to_it(name: str) -> None:
    rows, end = path(ask(name)), chosen(ask(name))
    assert [rows[-1][q] for q in ("p10", "p50", "p90")] == [end[q] for q in ("p10", "p50", "p90")]
    widths = [row["p90"] - row["p10"] for row in rows]
    assert min(widths) > 0
    assert widths[-1] > widths[0]


def test_without_a_path_the_end_is_the_same() -> None:
    assert chosen(ask(), paths=False) == chosen(ask())
    assert len(path(ask(), paths=False)) == 1


KINDS = {"S1": "river", "S2": "lake", "S3": "river", "S4": "lake"}
ITEMS = {"nh3n": (1, 30), "tp": (1, 9), "do": (20, 120), "ph": (60, 88), "codmn": (10, 90)}


@st.composite
def small_years(draw: st.DrawFn) -> dict[tuple[str, str], dict[str, Fraction]]:
    """Two years of rivers and lakes, some sections without some items, some months without any."""
    found: dict[tuple[str, str], dict[str, Fraction]] = {}
    for section in KINDS:
        items = [name for name in ITEMS if name == "nh3n" or draw(st.booleans())]
        for year in (2024, 2025):
            for month in range(1, 13):
                if year == 2024 or month != 5 or draw(st.booleans()):
                    found[section, f"{year}-{month:02d}"] = {
                        name: Fraction(draw(st.integers(*ITEMS[name])), 10) for name in items
                    }
    return found


def as_table(months: Mapping[tuple[str, str], Mapping[str, Fraction]]) -> pa.Table:
    return pa.Table.from_pylist([
        {"section": section, "section_name": section, "period": when, "review": "national",
         "water_kind": KINDS[section], **dict.fromkeys(ITEMS), **{name: str(float(v)) for name, v in values.items()}}
        for (section, when), values in months.items()
    ])  # fmt: skip


def by_hand(months: Mapping[tuple[str, str], Mapping[str, Fraction]], last: str) -> Fraction:
    """The index of 2025 up to a month: months, then sections, then rivers and lakes by their numbers."""
    total = Fraction(0)
    for kind in ("river", "lake"):
        means = []
        for section in (one for one, its in KINDS.items() if its == kind):
            mine = [values for (s, when), values in months.items() if s == section and "2025" <= when <= last]
            means.append(slow.mean_items(mine))
        total += len(means) * slow.cwqi(means, kind)
    return total / len(KINDS)


@settings(max_examples=12, deadline=None)
@given(months=small_years())
def test_rivers_and_lakes_of_random_small_years_are_the_slow_sum(months: Any) -> None:
    known = {key: values for key, values in months.items() if key[1] <= "2025-08"}
    hand: dict[tuple[str, str], dict[str, Fraction]] = {}
    for (section, when), values in months.items():
        for name, value in values.items() if when > "2025-08" else ():
            hand.setdefault((section, name), {})[when] = value
    rows = path(ask(subjects=tuple(KINDS)), as_table(known), given=Given(months=hand))
    assert len(rows) == 4
    for row in rows:
        assert row["p10"] == row["p90"]
        assert abs(Fraction(row["p50"]) - by_hand(months, f"{row['day']:%Y-%m}")) <= Fraction(1, 10**6)


# --- what is settled --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cwqi", "cwqi_improvement"])
def test_what_the_cleanest_months_cannot_mend_is_lost(name: str) -> None:
    """Eight months of twelve are over: what they brought stays, even if nothing more comes. Found by a slow sum."""
    fixed = []
    for section in ("S1", "S2"):
        rows = [row for row in MONTHS.to_pylist() if row["section"] == section and row["period"] >= "2025"]
        items = "nh3n", "tp", "codmn", "bod5", "cod"
        fixed.append({item: sum((Fraction(row[item]) for row in rows), Fraction(0)) / 12 for item in items})
    least = slow.cwqi(fixed, "river")
    if name == "cwqi_improvement":
        before = Period.year(2024)
        base = water_indicator(CATALOG.indicator("cwqi"), MONTHS, scope="SS", sections=["S1", "S2"], period=before,
                               catalog=CATALOG, as_of=AUGUST).to_pylist()[0]  # fmt: skip
        least = 100 * (Fraction(base["exact"]) - least) / Fraction(base["exact"])
    worse = -1 if name == "cwqi" else 1
    tiny = Fraction(1, 10**9)
    states = [chosen(ask(name, least + worse * shift))["state"] for shift in (tiny, Fraction(0), -tiny)]
    assert states == ["lost", "ok", "ok"]
    assert chosen(ask(name, least + worse * tiny))["probability"] == 0


def test_a_year_set_by_hand_to_its_end_is_settled() -> None:
    """Of what is not set nothing is drawn: the chance is certain, as exact arithmetic has it."""
    given_ = told({(s, m): 0.5 for s in ("S1", "S2") for m in COMING})
    end = Fraction(chosen(ask(), given=given_)["p50"])
    for target, state, chance in ((end + 1, "safe", 1.0), (end - 1, "lost", 0.0)):
        row = chosen(ask(target=target), given=given_)
        assert (row["state"], row["probability"]) == (state, chance)
