"""Sheets as a careful officer keeps them: dates as numbers, merged cells, sums and remarks below the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from qingce.catalog import load_catalog
from qingce.catalog.feeds import SheetRule, recipe_of
from qingce.core.errors import QingceError
from qingce.observe import Ingest, ingest, read_exceptions, read_forecasts, read_official, read_sites
from qingce.observe.times import Serials, from_serial, parse_time, serials_of
from qingce.observe.workbooks import Merged, open_workbook

CATALOG = load_catalog()
SHEET = recipe_of(CATALOG.feeds["canonical-air-wide"]).sheet
EPOCHS = {1900: CALENDAR_WINDOWS_1900, 1904: CALENDAR_MAC_1904}
AIR = ["站点", "时间", "PM2.5", "CO(mg/m3)"]
OFFICIAL = ["指标", "范围", "时段", "认定值", "单位", "发布单位", "发布日期"]
FORECAST = ["城市", "制作日期", "预报日期", "AQI", "空气质量等级", "首要污染物", "PM2.5(μg/m³)"]
QUIET = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Book = Callable[..., Path]
Rows = list[dict[str, object]]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    def make(
        rows: Sequence[Sequence[object]], *merged: str, name: str = "f.xlsx", epoch: int = 1900, **formats: str
    ) -> Path:
        made = openpyxl.Workbook()
        made.epoch = EPOCHS[epoch]
        sheet = made.active
        sheet.title = "数据"
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
        for cell, shown in formats.items():
            sheet[cell].number_format = shown
        made.save(tmp_path / name)
        return tmp_path / name

    return make


def take(path: Path, feed: str = "canonical-air-wide") -> Ingest:
    found = ingest(path, feed=CATALOG.feeds[feed], catalog=CATALOG)
    assert found.cells == found.observations.num_rows + found.empty + found.collapsed + found.refused
    return found


def facts(found: Ingest) -> set[tuple[object, ...]]:
    return {(row["site"], row["parameter"], row["time"], row["value"]) for row in found.observations.to_pylist()}


def refusals(rejected: pa.Table) -> list[tuple[object, object, object]]:
    return [(row["line"], row["column"], row["code"]) for row in rejected.to_pylist()]


# Dates as serial numbers


@pytest.mark.parametrize("epoch", [1900, 1904])
@given(
    when=st.datetimes(datetime(2000, 1, 1), datetime(2059, 12, 31, 23, 59, 59)).map(lambda t: t.replace(microsecond=0))
)
@example(datetime(2024, 2, 29, 23, 59, 59))
@example(datetime(2000, 1, 1))
@settings(max_examples=200, deadline=None)
def test_a_serial_number_is_the_time_that_excel_means(epoch: int, when: datetime):
    serial = to_excel(when, EPOCHS[epoch])  # as the library that writes workbooks counts
    system = Serials(EPOCHS[epoch].date(), date(2000, 1, 1), date(2059, 12, 31))
    text = from_serial(repr(serial), system)
    assert text is not None
    assert parse_time(text, recipe_of(CATALOG.feeds["canonical-air-wide"]).time) == when


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("36526", "2000-01-01"), ("36525", None), ("36525.99999999", "2000-01-01"), ("58440", "2059-12-31"),
        ("58441", None), ("58440.999999", None), ("46053.0", "2026-01-31"), ("４６０５３", "2026-01-31"),
        (" 46053 ", "2026-01-31"),
        ("46053.375", "2026-01-31 09:00:00"), ("46053.37499997", "2026-01-31 09:00:00"),
        ("20260131", None), ("2026", None),
        ("-46053", None), ("46053,375", None), ("4605e1", None), ("", None),
    ],
)  # fmt: skip
def test_only_a_number_between_the_declared_days_is_a_date(text: str, meaning: str | None):
    assert from_serial(text, Serials(date(1899, 12, 30), date(2000, 1, 1), date(2059, 12, 31))) == meaning


def test_without_a_date_system_or_bounds_nothing_is_a_serial_number():
    assert serials_of(None, SHEET) is None
    assert serials_of(date(1904, 1, 1), SheetRule()) is None
    assert serials_of(date(1904, 1, 1), SHEET) == Serials(date(1904, 1, 1), SHEET.first, SHEET.last)


@pytest.mark.parametrize(("epoch", "serial"), [(1900, 46053.375), (1904, 44591.375)])
def test_a_sheet_counts_by_its_own_workbook_and_says_so(book: Book, epoch: int, serial: float):
    rows = [AIR, ["甲", serial, 35, 0.6], ["乙", str(serial), 36, 0.7], ["丙", datetime(2026, 1, 31, 9), 37, 0.8]]
    found = take(book(rows, epoch=epoch))
    assert {row[2] for row in facts(found)} == {datetime(2026, 1, 31, 9)}
    note = f"2 格日期是 Excel 序列号，按工作簿的 {epoch} 日期系统读（{serial} 即 2026-01-31 09:00:00）"
    assert [told for told in found.notes if note in told] == list(found.notes)
    assert found.rejected.num_rows == 0


def test_a_number_out_of_range_in_a_date_column_keeps_its_error(book: Book):
    found = take(
        book([AIR, ["甲", 36525, 35, None], ["乙", 58441, 36, None], ["丙", 99999, 37, None], ["丁", 46053, 38, None]])
    )
    assert refusals(found.rejected) == [(2, "PM2.5", "QC209"), (3, "PM2.5", "QC209"), (4, "PM2.5", "QC209")]
    assert found.observations["site"].to_pylist() == ["丁"]


def test_a_text_file_has_no_date_system_and_its_numbers_stay_refused(tmp_path: Path):
    (tmp_path / "f.csv").write_text("站点,时间,PM2.5\n甲,46053,35\n", "utf-8")
    assert refusals(take(tmp_path / "f.csv").rejected) == [(2, "PM2.5", "QC209")]


@pytest.mark.parametrize("hour", [9, "9", 0.375, ".375", time(9)], ids=repr)
def test_a_serial_day_beside_any_kind_of_hour(book: Book, hour: object):
    found = take(book([["date", "hour", "type", "北京"], [46053, hour, "PM2.5", 35]]), "cnemc-archive-city")
    assert facts(found) == {("110000", "pm2_5", datetime(2026, 1, 31, 8), 35)}  # the archive names the end of the hour


def test_the_columns_of_a_year_a_month_and_a_day_hold_no_serial_numbers(book: Book):
    found = take(book([["date", "hour", "type", "北京"], [20260131, 9, "PM2.5", 35]]), "cnemc-archive-city")
    assert (facts(found), found.notes) == ({("110000", "pm2_5", datetime(2026, 1, 31, 8), 35)}, ())


def test_registers_and_forecasts_read_serial_numbers_too(book: Book):
    told: list[str] = []
    official, refused = read_official(
        book([OFFICIAL, ["PM2.5", "太原市", "2025年", 33, "μg/m3", "省厅", 46053]]), catalog=CATALOG, tell=told.append
    )
    assert (official["issued"].to_pylist(), refused.num_rows) == ([date(2026, 1, 31)], 0)
    forecasts, refused = read_forecasts(
        book([FORECAST, ["太原", 46346, "46347", 80, None, None, 60]]),
        feed=CATALOG.feeds["forecast-wide"], catalog=CATALOG, tell=told.append,
    )  # fmt: skip
    assert set(forecasts["day"].to_pylist()) == {date(2026, 11, 21)}
    assert set(forecasts["made_on"].to_pylist()) == {date(2026, 11, 20)}
    sites, refused = read_sites(
        book([["断面编码", "断面名称", "启用日期"], ["A1", "泽阳", 44197]]), catalog=CATALOG, tell=told.append
    )
    assert (sites["valid_from"].to_pylist(), refused.num_rows) == ([date(2021, 1, 1)], 0)
    events, refused = read_exceptions(
        book([["城市", "类型", "开始日期", "结束日期"], ["太原", "沙尘", 46120, "46121"]]),
        catalog=CATALOG,
        tell=told.append,
    )
    assert (events["start"][0].as_py(), events["end"][0].as_py()) == (date(2026, 4, 8), date(2026, 4, 9))
    assert [note.split("格")[0] for note in told] == [f"f.xlsx[数据]：{count} " for count in (1, 2, 1, 2)]


def test_a_serial_number_as_the_period_of_an_official_value_is_ambiguous(book: Book):
    rows, refused = read_official(
        book([OFFICIAL, ["PM2.5", "太原市", 46143, 33, "μg/m3", "省厅", None]]), catalog=CATALOG
    )
    assert rows.num_rows == 0
    assert refusals(refused) == [(2, "时段", "QC107")]  # the day 2026-05-01 or all of May


@pytest.mark.parametrize(
    ("shown", "day", "period"),
    [
        ('yyyy"年"m"月"', date(2026, 5, 1), "2026-05"), ("yyyy-mm", date(2026, 5, 1), "2026-05"),
        ("[$-804]yyyy\\年m\\月;@", date(2026, 5, 1), "2026-05"), ('yyyy"年"', date(2025, 1, 1), "2025"),
        ("yyyy-mm-dd", date(2026, 5, 1), "2026-05-01"), ("yyyy-mm", date(2026, 5, 2), "2026-05-02"),
        ("yyyy", date(2025, 2, 1), "2025-02-01"), ("m/d", date(2026, 5, 1), "2026-05-01"),
    ],
)  # fmt: skip
def test_a_date_that_shows_its_month_is_that_month(book: Book, shown: str, day: date, period: str):
    rows, refused = read_official(
        book([OFFICIAL, ["PM2.5", "太原市", day, 33, "μg/m3", "省厅", None]], C2=shown), catalog=CATALOG
    )
    assert (rows["period"].to_pylist(), refused.num_rows) == ([period], 0)


@pytest.mark.parametrize(
    ("cell", "shown", "value"),
    [(0.853, "0.0%", "85.3"), (0.853, "0%", "85.3"), (1, "0%", "100"), (85.3, "0.0", "85.3"), (85.3, '0.0"%"', "85.3")],
)
def test_a_number_that_shows_as_per_cent_is_per_cent(book: Book, cell: float, shown: str, value: str):
    rows, _ = read_official(
        book([OFFICIAL, ["优良天数比例", "太原市", "2025年", cell, None, "省厅", None]], D2=shown), catalog=CATALOG
    )
    assert rows["value"].to_pylist() == [Decimal(value)]


# Merged cells


def test_a_site_and_a_day_merged_over_their_rows(book: Book):
    rows = [
        ["云泽市小时报"], AIR, ["甲", 46053.375, 35, 0.6], [None, 46053.5, 36, 0.7], [None, 46053.75, None, 0.8],
        ["乙", 46053.375, 40, 0.5], ["丙", None, 41, 0.4],
    ]  # fmt: skip
    found = take(book(rows, "A1:D1", "A3:A5", "B6:B7"))
    day = datetime(2026, 1, 31)
    assert facts(found) == {
        ("甲", "pm2_5", day.replace(hour=9), 35), ("甲", "co", day.replace(hour=9), Decimal("0.6")),
        ("甲", "pm2_5", day.replace(hour=12), 36), ("甲", "co", day.replace(hour=12), Decimal("0.7")),
        ("甲", "co", day.replace(hour=18), Decimal("0.8")), ("乙", "pm2_5", day.replace(hour=9), 40),
        ("乙", "co", day.replace(hour=9), Decimal("0.5")), ("丙", "pm2_5", day.replace(hour=9), 41),
        ("丙", "co", day.replace(hour=9), Decimal("0.4")),
    }  # fmt: skip
    assert "f.xlsx[数据]:2：2 处合并单元格的内容填到所合并的各格" in found.notes[0]
    assert found.rejected.num_rows == 0


def test_an_empty_site_that_is_not_merged_keeps_its_error(book: Book):
    found = take(book([AIR, ["甲", 46053, 35, 0.6], [None, 46053.5, 36, 0.7]]))
    assert refusals(found.rejected) == [(3, "PM2.5", "QC215"), (3, "CO(mg/m3)", "QC215")]


@pytest.mark.parametrize(
    ("merged", "refused"),
    [
        ("C2:C3", [(2, "PM2.5", "QC222")]), ("C2:D2", [(2, "PM2.5", "QC222")]), ("C2:D4", [(2, "PM2.5", "QC222")]),
        ("C2:C2", []), ("C5:C9", []), ("D3:D4", []),
    ],
)  # fmt: skip
def test_a_value_over_several_cells_is_refused_and_the_rest_is_kept(book: Book, merged: str, refused: list[object]):
    rows = [
        AIR,
        ["甲", 46053, 35, None],
        ["乙", 46053, None, None],
        ["丙", 46053, None, None],
        [None, None, None, None],
        ["丁", 46053, 9, 0.1],
    ]
    found = take(book(rows, merged))
    assert refusals(found.rejected) == refused
    assert ("丁", "pm2_5", datetime(2026, 1, 31), 9) in facts(found) or merged == "C5:C9"


def test_a_value_merged_over_a_row_without_anything_else_belongs_to_its_row(book: Book):
    rows = [AIR, ["甲", 46053, 35, 0.6], [None] * 4, ["乙", 46053, 36, 0.7], [None] * 4]
    found = take(book(rows, *(f"{column}{line}:{column}{line + 1}" for column in "ABCD" for line in (2, 4))))
    assert {row[3] for row in facts(found)} == {35, 36, Decimal("0.6"), Decimal("0.7")}
    assert found.rejected.num_rows == 0


def test_a_column_merged_with_a_nameless_one_is_one_column(book: Book):
    rows = [["站点", "时间", "PM2.5", None, "CO"], ["甲", 46053, 35, None, 0.6], ["乙", 46053, 36, None, 0.7]]
    found = take(book(rows, "C1:D1", "C2:D2", "C3:D3"))
    assert len(facts(found)) == 4
    assert found.rejected.num_rows == 0


def test_words_merged_over_values_are_what_they_were(book: Book):
    rows = [AIR, ["甲", 46053, "停运", None], ["乙", 46053, "—", None], ["丙", 46053, 35, 0.6]]
    found = take(book(rows, "C2:D2", "C3:D3"))
    assert refusals(found.rejected) == [(2, "PM2.5", "QC206")]
    assert len(facts(found)) == 2


def test_a_heading_across_keys_and_values_is_not_carried(book: Book):
    rows = [AIR, ["一、国控站"], ["甲", 46053, 35, 0.6], ["二、省控站"], ["乙", 46053, 36, 0.7]]
    found = take(book(rows, "A2:D2", "A4:D4"))
    assert ({row[0] for row in facts(found)}, found.rejected.num_rows, found.notes[:-1]) == ({"甲", "乙"}, 0, ())


def test_all_but_the_value_is_carried_in_a_long_table(book: Book):
    rows = [
        ["断面", "监测项目", "采样时间", "监测值", "单位"], ["泽阳", "氨氮", 46148, 1.1, "mg/L"],
        [None, "总磷", None, 0.1, None],
        ["示例", None, None, 0.2, None],
    ]  # fmt: skip
    found = take(book(rows, "A2:A3", "B3:B4", "C2:C4", "E2:E4"), "water-canonical-long")
    assert facts(found) == {
        ("泽阳", "nh3n", datetime(2026, 5, 6), Decimal("1.1")), ("泽阳", "tp", datetime(2026, 5, 6), Decimal("0.1")),
        ("示例", "tp", datetime(2026, 5, 6), Decimal("0.2")),
    }  # fmt: skip


def test_registers_carry_what_speaks_for_several_rows_and_refuse_the_value(book: Book):
    rows = [
        OFFICIAL, ["PM2.5", "太原市", "2025年", 33, "μg/m3", "省厅", 46053], ["PM10", None, None, 70, None, None, None],
        ["SO2", None, None, 12, None, None, None], ["NO2", None, None, None, None, None, None],
    ]  # fmt: skip
    path = book(rows, *(f"{column}2:{column}5" for column in "BCEFG"), "D4:D5")
    found, refused = read_official(path, catalog=CATALOG)
    assert [(row["indicator"], row["value"], row["issuer"], row["scope"]) for row in found.to_pylist()] == [
        ("pm2_5_annual", 33, "省厅", "140100"), ("pm10_annual", 70, "省厅", "140100"),
    ]  # fmt: skip
    assert refusals(refused) == [(4, "认定值", "QC222"), (5, "认定值", "QC215")]
    assert "“12”一格合并了几行或几列，不知是哪一格的数。拆开合并" in refused["message"][0].as_py()


def test_a_forecast_merged_over_days_costs_its_own_cell(book: Book):
    rows = [FORECAST, ["太原", 46346, 46347, 80, "良", "PM2.5", 60], [None, None, 46348, 90, "良", None, None]]
    found, refused = read_forecasts(
        book(rows, "A2:A3", "B2:B3", "G2:G3"), feed=CATALOG.feeds["forecast-wide"], catalog=CATALOG
    )
    assert [(row["parameter"], row["day"].day, row["value"]) for row in found.to_pylist()] == [
        ("aqi", 21, 80),
        ("aqi", 22, 90),
    ]
    assert refusals(refused) == [(2, "PM2.5(μg/m³)", "QC222")]


def unmerged(rows: Sequence[Sequence[object]], blocks: Sequence[Merged]) -> list[list[object]]:
    """The oracle: every merged key cell written out by hand."""
    plain = [list(row) for row in rows]
    for block in blocks:
        for line in range(block.top, block.bottom + 1):
            plain[line - 1][block.left] = rows[block.top - 1][block.left]
    return plain


@st.composite
def grouped(draw: st.DrawFn) -> tuple[list[list[object]], list[Merged]]:
    """Sites over days over values, each site or day merged or written out."""
    rows: list[list[object]] = [AIR]
    blocks = []
    for site in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 4))
        top = len(rows) + 1
        merged = size > 1 and draw(st.booleans())
        for hour in range(size):
            value = draw(st.none() | st.integers(0, 200))
            rows.append([f"站{site}" if hour == 0 or not merged else None, datetime(2026, 1, 31, hour), value, 0.5])
        if merged:
            blocks.append(Merged(top, top + size - 1, 0, 0))
    return rows, blocks


@given(table=grouped())
@QUIET
def test_merged_or_written_out_is_the_same(book: Book, table: tuple[list[list[object]], list[Merged]]):
    rows, blocks = table
    merged = take(book(rows, *(f"A{block.top}:A{block.bottom}" for block in blocks), name="merged.xlsx"))
    plain = take(book(unmerged(rows, blocks), name="plain.xlsx"))
    assert facts(merged) == facts(plain)
    assert merged.rejected.num_rows == plain.rejected.num_rows == 0
    assert bool(merged.notes) == bool(blocks)


# Rows of sums and remarks


@pytest.mark.parametrize(
    "row",
    [
        ["合计", None, 71, 1.3], ["合 计", None, 71, 1.3], ["平均", "", 35.5, 0.65],
        [None, "月均值", 35.5, 0.6], ["最大值", 46053, 36, 0.7],
        ["Total", None, 71, 1.3], ["注：数据未经审核", None, None, None], ["注1:数据未经审核", None, 3, None],
        ["填表人：张三", None, "审核人：李四", None],
    ],
    ids=str,
)  # fmt: skip
def test_a_row_of_sums_or_a_remark_is_no_data_and_is_told(book: Book, row: list[object]):
    rows = [AIR, ["甲", 46053, 35, 0.6], [None] * 4, ["乙", 46053, 36, 0.7]]
    plain, found = take(book(rows)), take(book([*rows, row]))
    assert refusals(found.rejected) == []
    assert [note for note in found.notes if "第 5 行是合计、平均或附注" in note]
    assert facts(found) == facts(plain)


def test_a_name_in_the_place_of_a_time_makes_a_remark_a_row_and_is_refused(book: Book):
    found = take(book([AIR, ["甲", 46053, 35, 0.6], ["制表人：", "王五", 3, None]]))
    assert refusals(found.rejected) == [(3, "PM2.5", "QC209")]


@pytest.mark.parametrize("name", ["合计站", "平均村", "注：", "总计路", "说明"])
def test_a_site_with_such_a_word_in_its_name_stays(book: Book, name: str):
    assert (name, "pm2_5", datetime(2026, 1, 31), 35) in facts(take(book([AIR, [name, 46053, 35, 0.6]])))


def test_sums_in_a_text_file_a_water_table_and_registers(tmp_path: Path):
    (tmp_path / "w.csv").write_bytes(
        "断面名称,采样时间,氨氮（mg/L）\n泽阳,2026年5月6日,＜0.025\n平均,,0.1\n".encode("gb18030")
    )
    found = take(tmp_path / "w.csv", "water-manual-wide")
    assert (found.observations.num_rows, found.rejected.num_rows) == (1, 0)
    assert "w.csv:1：第 3 行是合计、平均或附注（平均），不作数据 rows of sums or remarks left out: 1" in found.notes
    told: list[str] = []
    (tmp_path / "o.csv").write_text(
        "指标,范围,时段,认定值,发布单位\nPM2.5,太原,2025年,33,省厅\n合计,,,33,\n填表人：张三,,,,\n", "utf-8"
    )
    rows, refused = read_official(tmp_path / "o.csv", catalog=CATALOG, tell=told.append)
    assert (rows.num_rows, refused.num_rows, len(told)) == (1, 0, 1)
    (tmp_path / "20261120.csv").write_text(
        "城市,预报日期,AQI\n太原,2026-11-21,80\n注：仅供参考,,\n填表人：张三,审核人：李四,\n", "utf-8"
    )
    rows, refused = read_forecasts(tmp_path / "20261120.csv", feed=CATALOG.feeds["forecast-wide"], catalog=CATALOG)
    assert (rows.num_rows, refused.num_rows) == (1, 0)


# Headers


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_header_of_three_rows(book: Book, tmp_path: Path, kind: str):
    rows: list[list[object]] = [
        ["站点", "时间", "浓度", None], [None, None, "PM2.5", "一氧化碳"],
        [None, None, "mg/m3", "μg/m³"], ["甲", "2026-01-31", 0.035, 600],
    ]  # fmt: skip
    path = book(rows, "A1:A3", "B1:B3", "C1:D1") if kind == "xlsx" else tmp_path / "f.csv"
    if kind == "csv":
        path.write_text("\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows), "utf-8")
    found = take(path)
    assert {(row[1], row[3]) for row in facts(found)} == {("pm2_5", 35), ("co", Decimal("0.6"))}
    assert (found.observations["line"].to_pylist(), found.rejected.num_rows) == ([4, 4], 0)


def test_the_unit_in_the_header_of_official_values_counts(tmp_path: Path):
    (tmp_path / "o.csv").write_text("指标,范围,时段,认定值(mg/m3),发布单位\nPM2.5,太原,2025年,0.033,省厅\n", "utf-8")
    assert read_official(tmp_path / "o.csv", catalog=CATALOG)[0]["value"].to_pylist() == [33]
    (tmp_path / "p.csv").write_text("指标,范围,时段,认定值(吨),发布单位\nPM2.5,太原,2025年,33,省厅\n", "utf-8")
    rows, refused = read_official(tmp_path / "p.csv", catalog=CATALOG)
    assert (rows.num_rows, refusals(refused)) == (0, [(2, "认定值(吨)", "QC203")])


@pytest.mark.parametrize("head", ["日期", "监测日期", "date", "时间"])
@pytest.mark.parametrize("site", ["点位名称", "站点名称", "站点"])
def test_the_headers_of_a_daily_table(book: Book, head: str, site: str):
    found = take(book([[site, head, "PM2.5（μg/m³）"], ["甲", 46053, "３５"]]), "canonical-air-daily")
    assert facts(found) == {("甲", "pm2_5", datetime(2026, 1, 31), 35)}


# The workbook itself


def test_a_workbook_that_tells_a_wrong_size_is_read_whole(book: Book, tmp_path: Path):
    import zipfile

    path = book([AIR, ["甲", 46053, 35, 0.6], ["乙", 46053, 36, 0.7]])
    wrong = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<dimension ref="A1:D3" />', b'<dimension ref="A1" />'))
    assert b'ref="A1"' in zipfile.ZipFile(wrong).read("xl/worksheets/sheet1.xml")
    assert len(facts(take(wrong))) == 4


@pytest.mark.parametrize("name", ["old.xlsx", "old.xls"])
def test_an_old_workbook_is_named_as_such(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(QingceError, match=rf"QC200: 不能读取这种文件：旧式 \.xls.*{name}.*另存为 CSV、XLSX"):
        take(tmp_path / name)


def test_merged_and_plain_workbooks_are_read_alike(book: Book):
    rows = [
        ["标题", None],
        ["a", datetime(2026, 5, 1)],
        [0.5, time(9)],
        [timedelta(hours=26), True],
        [1e-6, 12345678901],
    ]
    plain = open_workbook(book(rows, name="p.xlsx", A3="0%"))[0]
    merged = open_workbook(book(rows, "A1:B1", name="m.xlsx", A3="0%"))[0]
    assert plain.rows == merged.rows
    assert plain.rows[2:] == [["50%", "09:00:00"], ["1 day, 2:00:00", "True"], ["0.000001", "12345678901"]]
    assert (plain.merged, merged.merged) == ((), (Merged(1, 1, 0, 1),))
