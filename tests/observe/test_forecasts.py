"""Forecast files: what is taken in, and the plain answer to everything that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.core.errors import ObservationError
from qingce.core.tables import FORECAST, REJECTED
from qingce.observe import read_forecasts

CATALOG = load_catalog()
WIDE = "城市,制作日期,预报日期,AQI,空气质量等级,首要污染物,PM2.5,O3\n"
LONG = "site,made_on,day,parameter,value,unit\n"

Read = Callable[..., tuple[list[dict[str, object]], list[dict[str, object]]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def take(text: str, feed: str = "forecast-wide", *, name: str = "f.csv", **more: object):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        rows, rejected = read_forecasts(path, feed=CATALOG.feeds[feed], catalog=CATALOG, **more)
        assert rows.schema == FORECAST
        assert rejected.schema == REJECTED
        return rows.to_pylist(), rejected.to_pylist()

    return take


def told(rejected: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(row["code"], row["line"], row["column"]) for row in rejected]


def test_a_wide_row_is_an_index_with_levels_and_one_forecast_a_pollutant(read: Read):
    rows, rejected = read(WIDE + "太原,2026-11-20,2026-11-21,80～110,良至轻度污染,PM2.5、PM10,75.5,60\n")
    assert rejected == []
    assert [row["parameter"] for row in rows] == ["aqi", "o3_8h", "pm2_5"]
    index, ozone, fine = rows
    assert (index["value"], index["low"], index["high"]) == (None, Decimal(80), Decimal(110))
    assert (index["level_low"], index["level_high"], index["primary"]) == (2, 3, "pm2_5,pm10")
    assert (fine["value"], fine["low"], fine["level_low"]) == (Decimal("75.5"), None, None)
    assert (ozone["site"], ozone["made_on"], ozone["day"]) == ("140100", date(2026, 11, 20), date(2026, 11, 21))
    assert (ozone["issuer"], ozone["source"], ozone["line"]) == ("forecast-wide", "f.csv", 2)


def test_issuer_and_known_time_come_from_column_or_caller(read: Read):
    when = datetime(2026, 11, 20, 19)
    rows, _ = read(WIDE + "太原,2026-11-20,2026-11-21,80,,,,\n", issuer="省站", known_at=when)
    assert [(row["issuer"], row["known_at"]) for row in rows] == [("省站", when)]
    rows, _ = read("模式," + WIDE + "CMAQ,太原,2026-11-20,2026-11-21,80,,,,\n", issuer="省站")
    assert [row["issuer"] for row in rows] == ["CMAQ"]


def test_the_day_of_making_stands_in_the_name_or_is_asked_for(read: Read):
    body = "城市,预报日期,AQI\n太原,2026-11-21,80\n"
    for name in ("fc20261120.csv", "fc_2026-11-20_08.csv"):
        rows, rejected = read(body, name=name)
        assert (rows[0]["made_on"], rejected) == (date(2026, 11, 20), [])
    rows, _ = read(body, made_on=date(2026, 11, 19))
    assert rows[0]["made_on"] == date(2026, 11, 19)
    rows, rejected = read(body)
    assert rows == []
    assert told(rejected) == [("QC232", 2, "made_on")]
    rows, rejected = read(body, name="20261120_20261121.csv")  # two dates: none is chosen
    assert told(rejected) == [("QC232", 2, "made_on")]


def test_a_lead_in_place_of_a_day(read: Read):
    rows, rejected = read("城市,起报日期,时效,AQI\n太原,2026-11-20,1,80\n太原,2026-11-20,2,90\n")
    assert [row["day"] for row in rows] == [date(2026, 11, 21), date(2026, 11, 22)]
    assert rejected == []


def test_yesterdays_date_is_refused_and_today_is_not(read: Read):
    rows, rejected = read(
        WIDE
        + "太原,2026-11-20,2026-11-19,80,,,,\n太原,2026-11-20,2026-11-20,80,,,,\n太原,2026-11-20,2026-11-21,80,,,,\n"
    )
    assert [row["day"].day for row in rows] == [20, 21]
    assert told(rejected) == [("QC230", 2, "预报日期")]
    assert "已是过去的日子" in str(rejected[0]["message"])


@pytest.mark.parametrize(("lead", "taken"), [(15, True), (16, False)], ids=["15", "16"])
def test_the_horizon_of_the_feed(read: Read, lead: int, taken: bool):
    day = date(2026, 11, 20) + timedelta(days=lead)
    rows, rejected = read(WIDE + f"太原,2026-11-20,{day},80,,,,\n")
    assert bool(rows) is taken
    assert ("QC234", 2, "预报日期") in told(rejected) or taken


def test_gaps_are_told_and_the_rest_is_kept(read: Read):
    rows, rejected = read(
        WIDE
        + "太原,2026-11-20,2026-11-21,80,,,40,\n太原,2026-11-20,2026-11-23,80,,,,\n"
        + "太原,2026-11-20,2026-11-24,80,,,60,\n"
    )
    assert len(rows) == 5
    found = {(row["column"], row["text"]) for row in rejected if row["code"] == "QC233"}
    assert found == {("aqi", "2026-11-22"), ("pm2_5", "2026-11-22、2026-11-23")}
    assert len(rejected) == 2


def test_a_gap_before_the_first_day_is_a_gap(read: Read):
    _, rejected = read(WIDE + "太原,2026-11-20,2026-11-23,80,,,,\n")
    assert [row["text"] for row in rejected] == ["2026-11-21、2026-11-22"]


def test_double_rows_keep_the_first(read: Read):
    rows, rejected = read(WIDE + "太原,2026-11-20,2026-11-21,80,,,,\n太原市,2026-11-20,2026-11-21,95,,,,\n")
    assert [row["value"] for row in rows] == [80]
    assert told(rejected) == [("QC220", 3, "预报日期")]
    assert "已有第 2 行" in str(rejected[0]["message"])


def test_places(read: Read):
    rows, rejected = read(
        WIDE + "乌有市,2026-11-20,2026-11-21,80,,,,\n1001A,2026-11-20,2026-11-21,80,,,,\n,2026-11-20,2026-11-21,8,,,,\n"
    )
    assert [row["site"] for row in rows] == ["1001A"]
    assert told(rejected) == [("QC211", 2, "城市"), ("QC215", 4, "城市")]
    _, rejected = read(
        WIDE + "1001A,2026-11-20,2026-11-21,80,,,,\n太原,2026-11-20,2026-11-21,80,,,,\n", known=["1002A"]
    )
    assert told(rejected) == [("QC210", 2, "城市")]


@pytest.mark.parametrize(
    ("cell", "code"),
    [("90-70", "QC231"), ("90～70", "QC231"), ("高", "QC206"), ("-5", "QC207"),
     ("1200", "QC208"), ("1-2-3", "QC216"), ("nan?", "QC206")],
    ids=["down", "down-wide", "word", "negative", "huge", "three", "nan"],
)  # fmt: skip
def test_a_cell_at_fault_costs_its_own_forecast_only(read: Read, cell: str, code: str):
    rows, rejected = read(WIDE + f"太原,2026-11-20,2026-11-21,{cell},,,40,\n")
    assert [row["parameter"] for row in rows] == ["pm2_5"]
    assert told(rejected)[0] == (code, 2, "AQI")


@pytest.mark.parametrize(
    ("cell", "levels"),
    [("优", (1, 1)), ("优-良", (1, 2)), ("良至轻度污染", (2, 3)), ("轻度或中度", (3, 4)), ("2-3级", (2, 3)),
     ("二级～三级", (2, 3)),
     ("Ⅱ", (2, 2)), ("严重污染", (6, 6)), ("重度污染到严重污染", (5, 6))],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)  # fmt: skip
def test_levels_as_people_write_them(read: Read, cell: str, levels: tuple[int, int]):
    rows, rejected = read(WIDE + f"太原,2026-11-20,2026-11-21,,{cell},无,,\n")
    assert rejected == []
    assert [(row["level_low"], row["level_high"], row["primary"]) for row in rows] == [(*levels, "")]


@pytest.mark.parametrize(
    ("cell", "code"), [("还行", "QC216"), ("良-优", "QC231"), ("优、良、轻", "QC216")], ids=["a", "b", "c"]
)
def test_levels_nobody_writes(read: Read, cell: str, code: str):
    _, rejected = read(WIDE + f'太原,2026-11-20,2026-11-21,60,"{cell}",,,\n')
    assert told(rejected) == [(code, 2, "空气质量等级")]


def test_an_unknown_primary_pollutant(read: Read):
    rows, rejected = read(WIDE + "太原,2026-11-20,2026-11-21,60,良,鱼,30,\n")
    assert [row["parameter"] for row in rows] == ["pm2_5"]
    assert told(rejected) == [("QC205", 2, "首要污染物")]


def test_units_in_the_header_are_converted_or_refused(read: Read):
    head = "城市,制作日期,预报日期,PM2.5(mg/m3),CO(ug/m3),NO2(ppb)\n"
    rows, rejected = read(head + "太原,2026-11-20,2026-11-21,0.045,900,20\n")
    assert {row["parameter"]: row["value"] for row in rows} == {"pm2_5": 45, "co": Decimal("0.9")}
    assert told(rejected) == [("QC203", 2, "NO2(ppb)")]


def test_a_unit_that_is_wrong_without_saying_so(read: Read):
    rows, rejected = read(WIDE + "太原,2026-11-20,2026-11-21,60,,,0.045,80\n太原,2026-11-20,2026-11-22,60,,,0.061,80\n")
    assert {row["parameter"] for row in rows} == {"aqi", "o3_8h"}
    assert told(rejected) == [("QC214", 2, "PM2.5"), ("QC214", 3, "PM2.5")]
    rows, rejected = read("城市,制作日期,预报日期,CO\n太原,2026-11-20,2026-11-21,900\n")
    assert (rows, told(rejected)) == ([], [("QC208", 2, "CO")])


def test_long_rows(read: Read):
    rows, rejected = read(
        LONG + "太原,2026-11-20,2026-11-21,PM2.5,0.05,mg/m3\n太原,2026-11-20,2026-11-21,O3,80-100,\n"
        "太原,2026-11-20,2026-11-21,AQI,70,\n太原,2026-11-20,2026-11-21,鱼,1,\n太原,2026-11-20,2026-11-21,NO2,1,ppb\n",
        "forecast-long",
    )
    got = [(row["parameter"], row["value"], row["low"], row["high"]) for row in rows]
    assert got == [("aqi", 70, None, None), ("o3_8h", None, 80, 100), ("pm2_5", 50, None, None)]
    assert told(rejected) == [("QC205", 5, "parameter"), ("QC203", 6, "value")]


def test_two_ends_in_two_columns(read: Read):
    head = "城市,制作日期,预报日期,AQI下限,AQI上限\n"
    rows, rejected = read(
        head + "太原,2026-11-20,2026-11-21,60,80\n太原,2026-11-20,2026-11-22,,80\n太原,2026-11-20,2026-11-23,90,80\n"
    )
    assert [(row["value"], row["low"], row["high"]) for row in rows] == [(None, 60, 80), (80, None, None)]
    assert told(rejected) == [("QC231", 4, "AQI下限")]


def test_an_empty_forecast_has_its_plain_answer(read: Read):
    rows, rejected = read(WIDE)
    assert (rows, told(rejected)) == ([], [("QC236", 0, "")])
    with pytest.raises(ObservationError, match=r"QC201: 文件是空的。f\.csv.*the file is empty"):
        read("")
    with pytest.raises(ObservationError, match=r"QC204: .*缺少列 site.*feed forecast-wide fits this file"):
        read("a,b\n1,2\n")


def test_excel_with_a_title_above_the_header(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["未来三天空气质量预报"])
    sheet.append(["城市", "制作日期", "预报日期", "AQI", "空气质量等级"])
    sheet.append(["太原", datetime(2026, 11, 20), datetime(2026, 11, 21), "60-80", "良"])
    sheet.append(["太原", datetime(2026, 11, 20), datetime(2026, 11, 22), 75, "良"])
    path = tmp_path / "f.xlsx"
    book.save(path)
    rows, rejected = read_forecasts(path, feed=CATALOG.feeds["forecast-wide"], catalog=CATALOG)
    assert [(row["value"], row["low"], row["day"]) for row in rows.to_pylist()] == [
        (None, 60, date(2026, 11, 21)),
        (75, None, date(2026, 11, 22)),
    ]
    assert rejected.num_rows == 0


_CELLS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-2, 18), st.integers(-50, 1500), st.integers(0, 400)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(cells=_CELLS)
def test_every_row_is_taken_in_once_or_told_once(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[int, ...]]
):
    made = date(2026, 11, 10)
    lines = [
        f"10{city}1A,{made},{made + timedelta(days=lead)},{index},,,,{ozone}" for city, lead, index, ozone in cells
    ]
    path = tmp_path_factory.mktemp("forecast") / "f.csv"
    path.write_text(WIDE + "\n".join(lines) + "\n", "utf-8")
    rows, rejected = read_forecasts(path, feed=CATALOG.feeds["forecast-wide"], catalog=CATALOG)
    keys = {(row["site"], row["parameter"], row["day"]) for row in rows.to_pylist()}
    assert len(keys) == rows.num_rows
    in_time = [cell for cell in cells if 0 <= cell[1] <= 15]
    good = {
        (f"10{city}1A", "aqi", made + timedelta(days=lead)) for city, lead, index, _ in in_time if 0 <= index <= 1000
    }
    assert {key for key in keys if key[1] == "aqi"} == good
    told_cells = pc.sum(pc.is_in(rejected["code"], value_set=pa.array(["QC230", "QC234"]))).as_py() or 0
    assert told_cells == len(cells) - len(in_time)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("3级", (3, 3)), ("３级", (3, 3)), ("三级", (3, 3)), ("Ⅲ级", (3, 3)), ("III级", (3, 3)), ("Ⅲ", (3, 3)),
        ("3", (3, 3)), ("良至", (2, 2)),
        ("2-3级", (2, 3)), ("2级～3级", (2, 3)), ("Ⅱ～Ⅲ级", (2, 3)), ("良至轻度污染", (2, 3)), ("良或轻度", (2, 3)),
        ("轻至中度污染", (3, 4)), ("轻度～中度", (3, 4)), ("三级（轻度污染）", (3, 3)), ("轻度污染(3级)", (3, 3)),
        ("2～3级（良至轻度污染）", (2, 3)), ("中至重度污染", (4, 5)),
    ],
)  # fmt: skip
def test_a_level_however_it_is_written(read: Read, text: str, levels: tuple[int, int]):
    rows, rejected = read(WIDE + f"太原,2026-11-20,2026-11-21,,{text},,,\n")
    assert [(row["parameter"], row["level_low"], row["level_high"], row["value"]) for row in rows] == [
        ("aqi", *levels, None)
    ]
    assert rejected == []


@pytest.mark.parametrize("text", ["7级", "0级", "三级（良）", "好", "2-3-4级", "重度以上", "轻度污染（？）"])
def test_what_is_no_level_is_quoted_and_the_rest_of_the_row_is_kept(read: Read, text: str):
    rows, rejected = read(WIDE + f"太原,2026-11-20,2026-11-21,,{text},,40,\n")
    assert [row["parameter"] for row in rows] == ["pm2_5"]
    assert told(rejected) == [("QC216", 2, "空气质量等级")]
    assert text in str(rejected[0]["message"])


@pytest.mark.parametrize(
    ("aqi", "level", "expected"),
    [
        ("3级", "", (None, None, 3, 3)), ("良至轻度污染", "", (None, None, 2, 3)), ("2-3级", "", (None, None, 2, 3)),
        ("2-3", "", (2, 3, None, None)), ("80-110", "良", (80, 110, 2, 2)),
    ],
)  # fmt: skip
def test_a_level_in_the_column_of_the_index_is_the_level(
    read: Read, aqi: str, level: str, expected: tuple[object, ...]
):
    rows, rejected = read(WIDE + f"太原,2026-11-20,2026-11-21,{aqi},{level},,,\n")
    assert [(row["low"], row["high"], row["level_low"], row["level_high"]) for row in rows] == [expected]
    assert rejected == []


def test_a_word_beside_a_level_is_no_index(read: Read):
    rows, rejected = read(WIDE + "太原,2026-11-20,2026-11-21,良,良,,40,\n太原,2026-11-20,2026-11-22,差级,,,40,\n")
    assert [row["parameter"] for row in rows] == ["pm2_5", "pm2_5"]
    assert told(rejected) == [("QC206", 2, "AQI"), ("QC216", 3, "AQI")]


def test_a_level_in_a_long_table(read: Read):
    rows, rejected = read(
        LONG + "太原,2026-11-20,2026-11-21,AQI,3级,\n太原,2026-11-20,2026-11-22,级别,良,\n", "forecast-long"
    )
    assert [(row["parameter"], row["level_low"]) for row in rows] == [("aqi", 3), ("aqi", 2)]
    assert rejected == []


def test_a_place_that_is_no_region_is_named_where_no_sites_are_known(read: Read):
    notes: list[str] = []
    text = WIDE + "太原,2026-11-20,2026-11-21,80,,,,\n太源,2026-11-20,2026-11-21,80,,,,\n"
    rows, _ = read(text, tell=notes.append)
    assert sorted(str(row["site"]) for row in rows) == ["140100", "太源"]
    assert notes == ["f.csv：太源 不在行政区划中，按站点收入，请核对 no regions, taken in as sites: 1"]
    notes.clear()
    rows, rejected = read(text, known={"1001A"}, tell=notes.append)
    assert ([row["site"] for row in rows], told(rejected), notes) == (["140100"], [("QC210", 3, "城市")], [])


@pytest.mark.parametrize(
    ("made", "day", "code"),
    [
        ("2028-02-28", "2028-02-29", None), ("2028-02-29", "2028-03-01", None), ("2028-02-14", "2028-02-29", None),
        ("2028-02-13", "2028-02-29", "QC234"), ("2026-02-28", "2026-02-29", "QC209"),
        ("2026-02-29", "2026-03-01", "QC209"),
    ],
)  # fmt: skip
def test_the_leap_day(read: Read, made: str, day: str, code: str | None):
    rows, rejected = read(WIDE + f"太原,{made},{day},80,,,,\n")
    assert [row["code"] for row in rejected if row["code"] != "QC233"] == ([code] if code else [])
    assert bool(rows) is (code is None)
