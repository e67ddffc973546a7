"""Excel as offices make it: dates that are fractions, hours beside dates, sheets, merged and split headers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from qingce.catalog import Catalog, load_catalog
from qingce.core.errors import ObservationError
from qingce.observe import Ingest, ingest

CATALOG = load_catalog()
HEAD = ["站点", "时间", "PM2.5", "一氧化碳(mg/m3)"]
NINE = datetime(2026, 1, 31, 9)


def book(path: Path, *sheets: tuple[str, Sequence[Sequence[object]]], merged: Sequence[str] = ()) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets:
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    made.save(path)
    return path


def take(path: Path, feed: str = "canonical-air-wide", *, catalog: Catalog = CATALOG) -> Ingest:
    found = ingest(path, feed=catalog.feeds[feed], catalog=catalog)
    assert found.cells == found.observations.num_rows + found.empty + found.collapsed + found.refused
    return found


def overlay(tmp_path: Path, text: str) -> Catalog:
    (tmp_path / "content/feeds").mkdir(parents=True)
    head = 'id = "mine"\nzh = "我的"\nen = "mine"\nlayout = "wide"\nmedium = "air"\n'
    (tmp_path / "content/feeds/mine.toml").write_text(head + text, "utf-8")
    return load_catalog((tmp_path / "content",))


def times(found: Ingest) -> list[datetime]:
    return sorted(set(found.observations["time"].to_pylist()))


@pytest.mark.parametrize(
    ("cell", "when"),
    [
        (NINE, NINE),
        (NINE - timedelta(milliseconds=3), NINE),  # 46053.37499997: a fraction of a day cut short
        (NINE + timedelta(milliseconds=3), NINE),
        (datetime(2026, 1, 31), datetime(2026, 1, 31)),
        (datetime(2025, 12, 31, 23, 59, 59, 999000), datetime(2026, 1, 1)),
        (datetime(2024, 2, 29, 23), datetime(2024, 2, 29, 23)),
        (date(2024, 2, 29), datetime(2024, 2, 29)),
        ("2026-01-31 09:00", NINE),
        ("2026年1月31日9时", NINE),
        (20260131, datetime(2026, 1, 31)),
        (2026013109, NINE),
        (46053.375, NINE),  # a serial number that nobody formatted
        ("46053.375", NINE),
    ],
)
def test_times_of_any_kind_of_cell(tmp_path: Path, cell: object, when: datetime):
    found = take(book(tmp_path / "f.xlsx", ("数据", [HEAD, ["甲", cell, 35, 0.6]])))
    assert times(found) == [when]


@pytest.mark.parametrize("cell", [None, "昨天", 6053.375, 460530, True])
def test_what_is_no_time_costs_its_row_and_is_quoted(tmp_path: Path, cell: object):
    found = take(book(tmp_path / "f.xlsx", ("数据", [HEAD, ["甲", cell, 35, 0.6], ["甲", NINE, 36, 0.6]])))
    assert times(found) == [NINE]
    refused = found.rejected.to_pylist()
    assert [(row["sheet"], row["line"], row["code"]) for row in refused] == [("数据", 2, "QC209")] * 2
    assert str("" if cell is None else cell) in refused[0]["message"]


@pytest.mark.parametrize("hour", [9, "9", 9.0, "09:00", time(9), "9时"])
def test_a_column_of_dates_beside_a_column_of_hours(tmp_path: Path, hour: object):
    catalog = overlay(tmp_path, '[time]\ncolumns = ["日期", "时刻"]\n[site]\ncolumns = ["站点"]\n'
                      '[columns]\n"PM2.5" = { parameter = "pm2_5" }\n')  # fmt: skip
    rows = [["站点", "日期", "时刻", "PM2.5"], ["甲", datetime(2026, 1, 31), hour, 35]]
    assert times(take(book(tmp_path / "f.xlsx", ("数据", rows)), "mine", catalog=catalog)) == [NINE]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (35, "35"), (35.0, "35"), (0.1, "0.1"), (1e-6, "0.000001"), (0.30000000000000004, "0.3"), ("35", "35"),
        (" 35 ", "35"), ("３５", "35"), (0, "0"),
    ],
)  # fmt: skip
def test_numbers_of_any_kind_of_cell(tmp_path: Path, cell: object, value: str):
    found = take(book(tmp_path / "f.xlsx", ("数据", [HEAD[:3], ["甲", NINE, cell]])))
    assert found.observations["value"].to_pylist() == [Decimal(value)]


@pytest.mark.parametrize("cell", ["#N/A", "#DIV/0!", True, "缺", "35 36", NINE])
def test_what_is_no_number_is_refused_at_its_cell(tmp_path: Path, cell: object):
    found = take(book(tmp_path / "f.xlsx", ("数据", [HEAD[:3], ["甲", NINE, cell]])))
    assert [(row["sheet"], row["line"], row["column"], row["code"]) for row in found.rejected.to_pylist()] == [
        ("数据", 2, "PM2.5", "QC206")
    ]


def test_an_empty_cell_and_the_words_for_none_are_empty(tmp_path: Path):
    rows = [HEAD[:3], *([name, NINE, cell] for name, cell in zip("甲乙丙丁", (None, "--", "—", "NA"), strict=True))]
    found = take(book(tmp_path / "f.xlsx", ("数据", rows)))
    assert (found.observations.num_rows, found.empty, found.rejected.num_rows) == (0, 4, 0)


def test_short_rows_and_rows_of_blanks(tmp_path: Path):
    rows = [HEAD, ["甲", NINE], [], [None, "", None, " "], ["乙", NINE, 36]]
    found = take(book(tmp_path / "f.xlsx", ("数据", rows)))
    assert [(row["site"], row["line"], row["value"]) for row in found.observations.to_pylist()] == [("乙", 5, 36)]


def test_title_and_note_above_a_merged_title(tmp_path: Path):
    rows = [["云泽市空气质量小时报"], ["制表：监测站", None, "单位：μg/m³"], [], HEAD, ["甲", NINE, 35, 0.6]]
    found = take(book(tmp_path / "f.xlsx", ("数据", rows), merged=["A1:D1"]))
    assert sorted(found.observations["line"].to_pylist()) == [5, 5]
    assert found.rejected.num_rows == 0


def test_a_group_merged_over_its_columns(tmp_path: Path):
    rows = [
        ["站点", "时间", "污染物浓度", None, "备注"],
        [None, None, "PM2.5", "一氧化碳(mg/m3)", None],
        ["甲", NINE, 35, 0.6, "好"],
    ]
    catalog = overlay(tmp_path, 'ignore = ["备注"]\n[time]\ncolumns = ["时间"]\n[site]\ncolumns = ["站点"]\n'
                      '[values]\nheader_units = true\n[columns]\n'
                      '"PM2.5" = { parameter = "pm2_5" }\n"一氧化碳" = { parameter = "co" }\n')  # fmt: skip
    found = take(book(tmp_path / "f.xlsx", ("数据", rows), merged=["C1:D1", "A1:A2", "B1:B2"]), "mine", catalog=catalog)
    assert {row["parameter"]: row["value"] for row in found.observations.to_pylist()} == {
        "pm2_5": 35, "co": Decimal("0.6"),
    }  # fmt: skip
    assert found.observations["line"].to_pylist() == [3, 3]


def test_units_in_a_row_of_their_own(tmp_path: Path):
    rows = [["站点", "时间", "PM2.5", "一氧化碳"], [None, None, "mg/m3", "μg/m³"], ["甲", NINE, 0.035, 600]]
    found = take(book(tmp_path / "f.xlsx", ("数据", rows)))
    assert {row["parameter"]: row["value"] for row in found.observations.to_pylist()} == {
        "pm2_5": 35, "co": Decimal("0.6"),
    }  # fmt: skip


def test_a_first_row_of_numbers_is_no_second_header(tmp_path: Path):
    rows = [HEAD[:3], [None, None, 35], ["甲", NINE, 36]]
    found = take(book(tmp_path / "f.xlsx", ("数据", rows)))
    assert [(row["line"], row["code"]) for row in found.rejected.to_pylist()] == [(2, "QC209")]
    assert found.observations["value"].to_pylist() == [36]


def test_line_breaks_and_full_width_in_a_header(tmp_path: Path):
    rows = [["站 点", "监测\n时间", "ＰＭ２．５\n（μg/m³）"], ["甲", NINE, 35]]
    assert take(book(tmp_path / "f.xlsx", ("数据", rows))).observations["value"].to_pylist() == [35]


def test_sheets_that_do_not_fit_are_passed_over(tmp_path: Path):
    sheets = [
        ("说明", [["本表由监测站填写"]]),
        ("一月", [HEAD[:3], ["甲", NINE, 35]]),
        ("空表", []),
        ("二月", [["序号", "城市"], [1, "云泽"]]),
        ("三月", [HEAD[:3], ["乙", NINE, 36]]),
    ]
    found = take(book(tmp_path / "f.xlsx", *sheets))
    assert {(row["site"], row["batch"]) for row in found.observations.to_pylist()} == {
        ("甲", "f.xlsx[一月]"), ("乙", "f.xlsx[三月]"),
    }  # fmt: skip


def test_the_feed_may_name_its_sheet(tmp_path: Path):
    catalog = overlay(tmp_path, '[file]\nsheet = "二月"\n[time]\ncolumns = ["时间"]\n[site]\ncolumns = ["站点"]\n'
                      '[columns]\n"PM2.5" = { parameter = "pm2_5" }\n')  # fmt: skip
    one, two = ("一月", [HEAD[:3], ["甲", NINE, 35]]), ("二月", [HEAD[:3], ["乙", NINE, 36]])
    found = take(book(tmp_path / "f.xlsx", one, two), "mine", catalog=catalog)
    assert found.observations["site"].to_pylist() == ["乙"]
    with pytest.raises(ObservationError, match=r"QC218: .*二月.*g\.xlsx.*一月"):
        take(book(tmp_path / "g.xlsx", one), "mine", catalog=catalog)


def test_no_sheet_fits_and_no_sheet_holds_anything(tmp_path: Path):
    with pytest.raises(ObservationError, match=r"QC204: .*缺少列 time.*f\.xlsx\[说明\].*本表由监测站填写"):
        take(book(tmp_path / "f.xlsx", ("说明", [["本表由监测站填写"]])))
    with pytest.raises(ObservationError, match=r"QC201: .*g\.xlsx\[空\]"):
        take(book(tmp_path / "g.xlsx", ("空", [])))


def test_a_header_below_the_rows_searched_is_not_found(tmp_path: Path):
    rows = [[f"说明 {n}"] for n in range(25)] + [HEAD[:3], ["甲", NINE, 35]]
    path = book(tmp_path / "f.xlsx", ("数据", rows))
    with pytest.raises(ObservationError, match=r"QC204: .*说明 0"):
        take(path)
    catalog = overlay(tmp_path, '[file]\nsearch_rows = 30\n[time]\ncolumns = ["时间"]\n[site]\ncolumns = ["站点"]\n'
                      '[columns]\n"PM2.5" = { parameter = "pm2_5" }\n')  # fmt: skip
    assert take(path, "mine", catalog=catalog).observations["line"].to_pylist() == [27]


def test_doubles_between_sheets_name_both_cells(tmp_path: Path):
    one, two = ("一", [HEAD[:3], ["甲", NINE, 35]]), ("二", [HEAD[:3], ["甲", NINE, 36]])
    refused = take(book(tmp_path / "f.xlsx", one, two)).rejected.to_pylist()
    assert [(row["sheet"], row["code"]) for row in refused] == [("一", "QC212"), ("二", "QC212")]
    assert all("f.xlsx[一]:2 = 35" in row["message"] and "f.xlsx[二]:2 = 36" in row["message"] for row in refused)
