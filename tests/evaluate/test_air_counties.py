"""区县月排名: every column against the functions it rests on and the slow way; its sheet as an office opens it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from tests.evaluate.air_made import catalog
from tests.evaluate.more_made import Days, table_of, whole_days
from tests.oracle import air_more as slow
from tests.oracle.air import even

from qingce.core.errors import QingceError
from qingce.core.periods import Period
from qingce.evaluate import county_table
from qingce.evaluate.air.counties import COUNTIES
from qingce.publish import Results
from qingce.publish.office import write_county_ranking
from qingce.publish.results import SCHEMAS

MAY = Period.month(2026, 5)
YEARS = (2023, 2024, 2025, 2026)
BASE = {"so2": 9, "no2": 14, "co": 1, "o3_8h": 96, "pm10": 45, "pm2_5": 20}


def both(days: Days, *, review: str = "national", taken: tuple[str, date] | None = None) -> pa.Table:
    """The days in both series; `taken` is a day without particles in the deducted one."""
    cut = {city: {day: dict(row) for day, row in part.items()} for city, part in days.items()}
    if taken is not None:
        cut[taken[0]][taken[1]] = {q: v for q, v in days[taken[0]][taken[1]].items() if not q.startswith("pm")}
    deducted = table_of(cut, series="deducted", review=review)
    if taken is not None:
        words = deducted["absent_pm10"].to_pylist()
        at = sorted((city, day) for city, part in cut.items() for day in part).index(taken)
        words[at] = "excluded_event"
        for name in ("absent_pm10", "absent_pm2_5"):
            deducted = deducted.set_column(deducted.column_names.index(name), name, pa.array(words, pa.string()))
    return pa.concat_tables([table_of(days, review=review), deducted])


def mays(*values: int, **more: int) -> dict[date, dict[str, Fraction]]:
    """The Mays of four years, all days alike, PM2.5 by year."""
    found = {}
    for year, value in zip(YEARS, values, strict=True):
        for day in Period.month(year, 5):
            found[day] = {name: Fraction(number) for name, number in (BASE | more | {"pm2_5": value}).items()}
    return found


def told(
    days: Days, *, as_of: date = MAY.end, counties: tuple[str, ...] = (), **more: object
) -> list[dict[str, object]]:
    table = both(days, **more)  # type: ignore[arg-type]
    chosen = counties or tuple(days)
    return county_table(table, counties=chosen, period=MAY, as_of=as_of, catalog=catalog()).to_pylist()


def test_the_columns_of_two_counties() -> None:
    first, second = told({"a": mays(30, 33, 36, 30), "b": mays(20, 20, 20, 21)})
    assert [(row["scope"], row["place"]) for row in (first, second)] == [("b", 1), ("a", 2)]
    assert (second["text"], second["last_text"], second["change_text"]) == ("30.0", "36", "下降16.7%")
    assert (second["base_text"], second["base_change_text"]) == ("33.0", "下降9.1%")
    assert (first["text"], first["base_text"], first["base_change_text"], first["n"]) == (
        "21.0",
        "20.0",
        "上升5.0%",
        31,
    )
    assert (first["good_measured"], first["good_deducted"], first["heavy"]) == ("100.0", "100.0", "0")
    assert (first["composite"], first["unreviewed"], first["scope_name"]) == ("2.80", 0, "B")
    assert list(first) == list(COUNTIES) == SCHEMAS["air_counties"].names  # type: ignore[union-attr]


def test_a_sand_day_is_in_the_measured_good_days_and_out_of_the_ranked_index() -> None:
    days = {"a": mays(20, 20, 20, 20)}
    days["a"][date(2026, 5, 3)] |= {"pm10": Fraction(700), "pm2_5": Fraction(300)}
    (row,) = told(days, taken=("a", date(2026, 5, 3)))
    assert (row["text"], row["good_measured"], row["good_deducted"], row["heavy"]) == ("20.0", "96.8", "100.0", "1")


def test_a_year_that_lacks_takes_the_comparison_with_three_years_away() -> None:
    days = {"a": {day: row for day, row in mays(30, 33, 36, 30).items() if day.year != 2024}}
    (row,) = told(days)
    assert (row["change_text"], row["base_text"], row["base_change_text"]) == ("下降16.7%", None, None)


def test_a_running_month_is_told_to_date() -> None:
    days = {"a": {day: row for day, row in mays(30, 30, 36, 33).items() if day <= date(2026, 5, 10)}}
    for day in Period(date(2025, 5, 11), date(2025, 5, 31)):
        days["a"][day] = {name: value * 9 for name, value in days["a"][day].items()}
    (row,) = told(days, as_of=date(2026, 5, 10))
    assert (row["n"], row["last_text"], row["change_text"], row["place"]) == (10, "36", "下降8.3%", 1)


@pytest.mark.parametrize(("review", "unreviewed"), [("preliminary", 1), ("national", 0), ("assessed", 0)])
def test_below_the_review_state_of_a_ranking_the_place_is_a_preview(review: str, unreviewed: int) -> None:
    (row,) = told({"a": mays(20, 20, 20, 20)}, review=review)
    assert (row["place"], row["unreviewed"], row["review"]) == (1, unreviewed, review)


def test_the_city_itself_is_not_a_county() -> None:
    days = {"a": mays(20, 20, 20, 20), "city": mays(10, 10, 10, 10)}
    assert [row["scope"] for row in told(days, counties=("a",))] == ["a"]
    assert told(days, counties=("nobody",)) == []


def judge_counties(days: Days, *, as_of: date) -> int:
    """Compare the table of May with the slow way, cell by cell; return how many cells there were."""
    now, over = Period(MAY.start, as_of), as_of == MAY.end
    index = {city: slow.composite(part, now.start, now.end, edition=2026)[0] for city, part in days.items()}
    for city, part in days.items():
        whole = sum(len(row) == 6 for day, row in part.items() if day in MAY)
        index[city] = index[city] if whole >= 27 or not over else None
    ranked = {city: value for city, value in index.items() if value is not None}
    places = dict(zip(ranked, slow.places(list(ranked.values())), strict=True))
    cells = 0
    for row in told(days, as_of=as_of):
        part, city = days[str(row["scope"])], str(row["scope"])
        assert (row["place"], row["composite"]) == (places.get(city), slow.printed(ranked.get(city), 2))
        means = {}
        for year in YEARS:
            span = date(year, 5, 1), as_of.replace(year=year)
            found = [cells["pm2_5"] for day, cells in part.items() if span[0] <= day <= span[1] and "pm2_5" in cells]
            # only a whole month has a number of days to keep; a running one is told from what there is
            means[year] = sum(found, Fraction(0)) / len(found) if len(found) >= (27 if over else 1) else None
        base = (
            None if None in (past := [means[year] for year in YEARS[:3]]) else sum(filter(None, past), Fraction(0)) / 3
        )
        assert row["text"] == slow.printed(means[2026], 1)
        assert row["last_text"] == slow.printed(means[2025], 0)
        if means[2026] is not None:
            sides = [None if value is None else even(value, 1) for value in (means[2026], means[2025], base)]
            assert row["base_text"] == slow.printed(base, 1)
            for told_, side in (("change_text", sides[1]), ("base_change_text", sides[2])):
                assert row[told_] == (slow.change("ug/m3", sides[0] or Fraction(0), side) if side else None)
        tally = slow.tally({day: cells for day, cells in part.items() if day in now}, set())
        levels, n = tally["levels"], int(str(tally["n"]))
        assert isinstance(levels, dict)
        if row["good_measured"] is not None:
            share = slow.printed(Fraction(100 * (levels[1] + levels[2]), n), 1)
            assert (row["good_measured"], row["good_deducted"]) == (share, share)
            assert row["heavy"] == str(levels[5] + levels[6])
        assert (row["good_measured"] is None) == (n < (27 if over else 1))
        cells += 10
    return cells


def years_of(seed: int, counties: int, last: int) -> Days:
    """The first days of four Mays of many counties."""
    made, found = random.Random(seed), {}
    for year in YEARS:
        for city, part in whole_days(
            made, counties, first=date(year, 5, 1), last=date(year, 5, last), gap=0.03
        ).items():
            found.setdefault(city, {}).update(part)
    return found


@pytest.mark.parametrize(("counties", "last"), [(25, 31), (25, 9)])
def test_random_counties_are_the_slow_ones(counties: int, last: int) -> None:
    assert judge_counties(years_of(6, counties, last), as_of=date(2026, 5, last)) == counties * 10


@pytest.mark.prove
@pytest.mark.parametrize("last", [31, 5, 6, 7, 8, 9, 10, 11, 12, 13])
def test_ten_thousand_random_counties_are_the_slow_ones(last: int) -> None:
    assert judge_counties(years_of(last, 1000, last), as_of=date(2026, 5, last)) == 1000 * 10


# ---------------------------------------------------------------- the sheet


def results_of(rows: list[dict[str, object]]) -> Results:
    table = pa.Table.from_pylist(rows, SCHEMAS["air_counties"])
    return Results({"air_counties": table}, {"campaign": "云泽", "region_name": "云泽市", "as_of": "2026-05-31"})


def test_the_sheet_has_the_columns_an_office_expects(tmp_path: Path) -> None:
    days = {"a": mays(30, 33, 36, 30), "b": mays(20, 20, 20, 21), "c": {}}
    days["c"] = {MAY.start + timedelta(n): {"pm2_5": Fraction(20)} for n in range(31)}
    write_county_ranking(results_of(told(days, review="preliminary")), tmp_path / "县.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "县.xlsx")["区县月排名"]
    lines = [
        ["" if cell is None else str(cell).replace("\n", "") for cell in row]
        for row in sheet.iter_rows(values_only=True)
    ]
    assert lines[0][0] == "2026年5月区县空气质量排名"
    assert "｜".join(lines[2]) == (
        "名次｜县（市、区）｜PM2.5（μg/m³）｜同比｜较三年均值｜优良率（%）实测｜优良率（%）扣沙｜重污染天数｜综合指数｜审核状态"
    )
    assert lines[3] == ["1", "B", "21.0", "上升5.0%", "上升5.0%", "100.0", "100.0", "0", "2.80", "初审·未审核"]
    assert lines[5][:3] == ["—", "C", "20.0"]
    assert lines[5][5:9] == ["—"] * 4
    assert any("预排名，不得通报和公开" in line[0] for line in lines)


def test_the_same_table_as_a_word_page_and_none_without_rows(tmp_path: Path) -> None:
    write_county_ranking(results_of(told({"a": mays(30, 33, 36, 30)})), tmp_path / "县.docx")
    assert (tmp_path / "县.docx").stat().st_size > 5_000
    with pytest.raises(QingceError, match=r"QC571.*区县月排名"):
        write_county_ranking(results_of([]), tmp_path / "县.xlsx")
