"""What fell most in a week, why, and what it needs; chances only where the period is not over; cut tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pyarrow as pa
import pytest

from qingce.app.outlooking.tables import backtest_table, chosen, cut, kept_outlook, outlook_tables, with_probability
from qingce.app.outlooking.warnings import Around, section_cause, warning_table
from qingce.catalog import Catalog, load_catalog
from qingce.core.periods import Period
from qingce.core.tables import BACKTEST, OBSERVATION, OUTLOOK, PROGRESS, SITE, WARNING
from qingce.outlook.question import Question

AS_OF = date(2026, 10, 31)
CITY = "990100"


@cache
def catalog() -> Catalog:
    return load_catalog()


def table(schema: pa.Schema, *rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def outlook(**chances: float | None) -> pa.Table:
    rows = [
        {"target_id": target, "model": "m", "chosen": True, "state": "ok", "probability": chance}
        for target, chance in chances.items()
    ]
    others = [row | {"chosen": False, "model": "n", "probability": 0.5} for row in rows]
    return table(OUTLOOK, *rows, *others)


def days(values: list[int], subject: str = CITY, column: str = "pm2_5", first: date | None = None) -> pa.Table:
    start = first or AS_OF - timedelta(len(values) - 1)
    rows = [
        {
            "subject": subject,
            "subject_name": subject,
            "day": start + timedelta(k),
            "series": "measured",
            column: Decimal(v),
        }
        for k, v in enumerate(values)
    ]
    fields = [("subject", pa.string()), ("subject_name", pa.string()), ("day", pa.date32()), ("series", pa.string())]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, (column, pa.decimal128(18, 6))]))


def question(target: str, indicator: str = "pm2_5_annual") -> Question:
    return Question(
        target, catalog().indicator(indicator), CITY, Period.year(2026), "<=", Fraction(35), subjects=(CITY,)
    )


def around(city: pa.Table, sites: pa.Table | None = None) -> Around:
    hours = [
        {"site": site, "parameter": "pm2_5", "time": datetime(2026, 10, 28, 8), "span": "PT1H", "value": Decimal(value)}
        for site, value in (("A", 90), ("B", 145))
    ]
    places = [
        {"site": site, "name": f"站{site}", "kind": "air_site", "city": city_, "county": "990101", "roles": "评价点"}
        for site, city_ in (("A", CITY), ("B", CITY), ("Z", "990200"))
    ]
    return Around(
        city_days=city,
        site_days=sites if sites is not None else days([]),
        hours=table(OBSERVATION, *hours),
        progress=table(PROGRESS, {"target_id": "T1", "quota_text": "剩余 61 天均值 ≤ 30.00"}),
        sites=table(SITE, *places),
        catalog=catalog(),
        as_of=AS_OF,
    )


def test_the_deepest_fall_first_with_cause_and_need() -> None:
    """The week was 40 40 40 78 40 40 40 (mean 45.4), last year's 30; B lay highest, at 8 on the 28th."""
    last = days([30] * 7, first=date(2025, 10, 25))
    city = pa.concat_tables([last, days([40, 40, 40, 78, 40, 40, 40])])
    sites = pa.concat_tables([days([50] * 7, "A"), days([60] * 7, "B"), days([99] * 7, "Z")])
    found = warning_table(
        outlook(T1=0.80, T2=0.90, T3=0.40),
        outlook(T1=0.30, T2=0.85, T3=0.41),
        [question("T1"), question("T2"), question("T3")],
        around=around(city, sites),
    )
    assert found.schema.equals(WARNING)
    first, second = found.to_pylist()
    assert [first["target_id"], second["target_id"]] == ["T1", "T2"], "T3 rose"
    assert (first["rank"], first["week_ago"], first["probability"]) == (1, 0.8, 0.3)
    assert first["drop"] == pytest.approx(0.5)
    assert first["needs"] == "剩余 61 天均值 ≤ 30.00"
    assert first["cause"] == (
        "10月25日至10月31日均值 45.4（去年同期 30.0）；10月28日 78、10月25日 40、10月26日 40；"
        "最高点位 站B（60.0）；10-28 08时 B 细颗粒物 145"
    )
    assert second["needs"] == ""


def test_bad_days_are_counted_by_the_indicator() -> None:
    city = days([80, 120, 130, 90, 80, 70, 60], column="aqi")
    (row,) = warning_table(
        outlook(T1=0.9), outlook(T1=0.5), [question("T1", "good_day_ratio")], around=around(city)
    ).to_pylist()
    assert row["cause"].startswith("10月25日至10月31日有 2 个计入日；10月27日 130、10月26日 120")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param({"T1": 0.5}, {"T1": 0.496}, id="too-small"),
        pytest.param({"T1": 0.5}, {"T1": 0.5}, id="same"),
        pytest.param({}, {"T1": 0.1}, id="new"),
        pytest.param({"T1": 0.5}, {"T1": None}, id="quota-only"),
        pytest.param({"T9": 0.5}, {"T9": 0.1}, id="not-asked"),
    ],
)
def test_nothing_to_warn_of(before: dict[str, float], now: dict[str, float | None]) -> None:
    found = warning_table(outlook(**before), outlook(**now), [question("T1")], around=around(days([40] * 7)))
    assert found.num_rows == 0


@pytest.mark.parametrize(
    ("deadline", "last", "told"),
    [
        pytest.param("2026", date(2026, 12, 31), 1, id="this-year"),
        pytest.param("2025", date(2025, 12, 31), 0, id="past"),
        pytest.param("2030", date(2030, 12, 31), 0, id="later"),
        pytest.param("R/P1Y", date(2030, 12, 31), 1, id="every-year"),
        pytest.param(None, None, 1, id="no-deadline"),
    ],
)
def test_a_deadline_in_another_year_warns_of_nothing(deadline: str | None, last: date | None, told: int) -> None:
    """The year of the day is only held against such a target: its chance does not count."""
    row = {"target_id": "T1", "quota_text": "", "deadline": deadline, "deadline_day": last}
    place = replace(around(days([40] * 7)), progress=table(PROGRESS, row))
    assert warning_table(outlook(T1=0.9), outlook(T1=0.5), [question("T1")], around=place).num_rows == told


def test_a_week_without_data_says_so() -> None:
    (row,) = warning_table(
        outlook(T1=0.9), outlook(T1=0.5), [question("T1")], around=around(days([40] * 7, first=date(2026, 1, 1)))
    ).to_pylist()
    assert row["cause"] == "近七日没有数据"


def test_chances_stand_with_open_periods_only() -> None:
    rows = [
        {"target_id": "T1", "deadline_day": date(2026, 12, 31)},
        {"target_id": "T2", "deadline_day": date(2025, 12, 31)},
        {"target_id": "T3", "deadline_day": None},
    ]
    found = with_probability(table(PROGRESS, *rows), outlook(T1=0.25, T2=0.5), as_of=AS_OF)
    assert found["probability"].to_pylist() == [0.25, None, None]
    assert found.schema.equals(PROGRESS)
    assert set(chosen(outlook(T1=0.25))) == {"T1"}


def test_an_earlier_day_is_cut_from_the_tables() -> None:
    months = pa.table({"section": ["S", "S"], "period": ["2026-09", "2026-10"]})
    known, past = cut(days([1] * 40), months, as_of=date(2026, 9, 30))
    assert max(known["day"].to_pylist()) == date(2026, 9, 30)
    assert past["period"].to_pylist() == ["2026-09"]
    nothing, none = cut(pa.table({}), pa.table({}), as_of=AS_OF)
    assert (nothing.num_rows, none.num_rows) == (0, 0)


def test_nothing_asked_is_answered_with_empty_tables() -> None:
    found = outlook_tables((), pa.table({}), pa.table({}), catalog=catalog(), as_of=AS_OF)
    assert set(found) == {"outlook", "outlook_paths", "before", "backtest"}
    assert sum(rows.num_rows for rows in found.values()) == 0


def test_the_packaged_back_test_stands_with_what_is_asked() -> None:
    found = backtest_table([question("T1"), question("T2", "good_day_ratio")], catalog())
    assert found.schema.equals(BACKTEST)
    rows = found.to_pylist()
    assert {row["indicator_id"] for row in rows} <= {"pm2_5_annual", "good_day_ratio"}
    for row in rows:
        same = [r for r in rows if (r["indicator_id"], r["month"]) == (row["indicator_id"], row["month"])]
        naive = [r["brier"] for r in same if catalog().outlooks.models[r["model"]].verb == "repeat"]
        assert row["brier_baseline"] == min(naive)


def test_the_outlook_is_kept_by_question_and_data(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, asked = tmp_path_factory.mktemp("kept") / "tables", list[int]()

    def ask() -> dict[str, pa.Table]:
        asked.append(1)
        return {"outlook": outlook(T1=0.5)}

    first = kept_outlook(folder, "data-1", [question("T1")], ask=ask)
    again = kept_outlook(folder, "data-1", [question("T1")], ask=ask)
    assert (len(asked), again["outlook"].equals(first["outlook"])) == (1, True)
    kept_outlook(folder, "data-2", [question("T1")], ask=ask)
    kept_outlook(folder, "data-2", [question("T2")], ask=ask)
    assert len(asked) == 3
    (folder / "outlook.parquet").write_bytes(b"broken")
    kept_outlook(folder, "data-2", [question("T2")], ask=ask)
    assert len(asked) == 4


# --- sections --------------------------------------------------------------------------------------------------------


def section_months(**sections: list[str]) -> pa.Table:
    """Ammonia of this year's months by section; oxygen is fine everywhere."""
    fields = [("section", pa.string()), ("section_name", pa.string()), ("period", pa.string()), ("class", pa.int64())]
    for name in ("nh3n", "do"):
        fields += [(name, pa.decimal128(18, 6)), (f"class_{name}", pa.int64())]
    rows = [
        {
            "section": section, "section_name": f"{section}断面", "period": f"2026-{month:02d}", "class": 3,
            "nh3n": Decimal(value), "class_nh3n": 3, "do": Decimal("8.5"), "class_do": 1,
        }
        for section, values in sections.items()
        for month, value in enumerate(values, 1)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def by_sections(months: pa.Table) -> Around:
    places = [
        {"site": name, "name": f"{name}断面", "kind": "section", "water_kind": "river", "target_class": 3}
        for name in ("S1", "S2", "S3")
    ]
    return replace(around(days([30] * 7)), section_months=months, sites=table(SITE, *places))


def of_sections(indicator: str, value: int, *subjects: str) -> Question:
    return Question(
        "T1", catalog().indicator(indicator), CITY, Period.year(2026), ">=", Fraction(value), subjects=subjects
    )


RISEN = {"S1": ["0.5"] * 9 + ["0.6"], "S2": ["1.0"] * 9 + ["1.41"], "S3": ["1.2"] * 9 + ["1.1"]}


def test_a_section_target_names_the_sections_and_factors_that_decide() -> None:
    """S2: (9 + 1.41) / 10 = 1.041; S3: (10.8 + 1.1) / 10 = 1.19, the worst, goes first; S1 is within class Ⅲ."""
    here = by_sections(section_months(**RISEN))
    cause = section_cause(of_sections("good_section_ratio", 100, "S1", "S2", "S3"), around=here)
    assert cause == (
        "S3断面 氨氮 10月 1.100，今年以来 1.190（要求 ≤ 1 mg/L）；"
        "S2断面 氨氮 10月 1.410，今年以来 1.041（要求 ≤ 1 mg/L）"
    )  # fmt: skip


def test_with_none_beyond_the_nearest_are_named() -> None:
    here = by_sections(section_months(S1=RISEN["S1"]))
    cause = section_cause(of_sections("good_section_ratio", 100, "S1", "S2"), around=here)
    assert cause.startswith("S1断面 氨氮 10月 0.600，今年以来 0.510")
    assert section_cause(of_sections("good_section_ratio", 100, "S9"), around=here) == "没有断面月均值"
    nothing = replace(here, section_months=pa.table({}))
    assert section_cause(of_sections("good_section_ratio", 100, "S1"), around=nothing) == "没有断面月均值"


def test_the_warning_of_a_section_target_has_its_cause() -> None:
    here = by_sections(section_months(**RISEN))
    found = warning_table(
        outlook(T1=0.8), outlook(T1=0.3), [of_sections("good_section_ratio", 100, "S2")], around=here
    ).to_pylist()
    assert [row["cause"] for row in found] == ["S2断面 氨氮 10月 1.410，今年以来 1.041（要求 ≤ 1 mg/L）"]
