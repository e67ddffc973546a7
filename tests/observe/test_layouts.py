"""Every layout: wide, long, pivot; text in any encoding, Excel with merged headers, Parquet; folders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qingce.catalog import load_catalog
from qingce.core.errors import ObservationError
from qingce.core.tables import OBSERVATION
from qingce.observe import Ingest, ingest

CATALOG = load_catalog()

Take = Callable[..., Ingest]
AIR = "site,city,time,so2,no2,co,o3,pm10,pm2_5\n"


def values(found: Ingest) -> dict[tuple[str, str, str], Decimal | None]:
    return {
        (row["site"], row["parameter"], row["time"].isoformat(timespec="minutes")): row["value"]
        for row in found.observations.to_pylist()
    }


def test_canonical_wide(take: Take):
    found = take(
        AIR + "A,C,2026-01-01T00:00:00+08:00,5,20,0.6,40,80,35\nA,C,2026-01-01T01:00:00+08:00,,,,,,36.5\n",
        "canonical-air-wide",
    )
    got = values(found)
    assert got[("A", "co", "2026-01-01T00:00")] == Decimal("0.6")
    assert got[("A", "pm2_5", "2026-01-01T01:00")] == Decimal("36.5")
    assert (found.rows, found.cells, found.empty, len(got)) == (2, 12, 5, 7)
    assert found.rejected.num_rows == 0
    row = found.observations.to_pylist()[0]
    assert (row["source"], row["batch"], row["line"], row["span"]) == ("canonical-air-wide", "f.csv", 2, "PT1H")
    assert (row["review"], row["flag"], row["absent"], row["reason"], row["known_at"]) == (
        "realtime",
        None,
        None,
        None,
        None,
    )


def test_review_and_known_time_are_given_by_the_caller(take: Take):
    when = datetime(2026, 7, 5, 12)
    found = take(
        AIR + "A,C,2026-01-01 00:00,5,20,0.6,40,80,35\n", "canonical-air-wide", review="national", known_at=when
    )
    assert set(found.observations["review"].to_pylist()) == {"national"}
    assert set(found.observations["known_at"].to_pylist()) == {when}


def test_canonical_wide_in_chinese_with_units_in_the_header(take: Take):
    text = "站点,时间,二氧化硫(μg/m³),一氧化碳（mg/m3）,PM2.5(mg/m3)\n甲,2026年1月1日8时,5,0.6,0.035\n"
    got = values(take(text, "canonical-air-wide"))
    assert got == {
        ("甲", "so2", "2026-01-01T08:00"): 5,
        ("甲", "co", "2026-01-01T08:00"): Decimal("0.6"),
        ("甲", "pm2_5", "2026-01-01T08:00"): 35,
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_line_end_and_delimiter_are_found(take: Take, encoding: str, newline: str, delimiter: str):
    lines = [
        ["站点", "时间", "细颗粒物", "臭氧"],
        ["云溪㐂站", "2026-01-01 08:00", "35", "--"],
        ["云溪㐂站", "2026-01-01 09:00", "36", "40"],
    ]
    text = newline.join(delimiter.join(line) for line in lines) + newline
    found = take(text.encode(encoding), "canonical-air-wide")
    assert values(found) == {
        ("云溪㐂站", "pm2_5", "2026-01-01T08:00"): 35,
        ("云溪㐂站", "pm2_5", "2026-01-01T09:00"): 36,
        ("云溪㐂站", "o3", "2026-01-01T09:00"): 40,
    }
    assert [row["line"] for row in found.observations.to_pylist()] == [2, 3, 3]


def test_gb18030_of_a_whole_file(take: Take):
    rows = "".join(f"大气复合污染超级站,2026-01-{day:02d} 00:00,{day}\n" for day in range(1, 29))
    found = take(("站点,时间,细颗粒物\n" + rows).encode("gb18030"), "canonical-air-wide")
    assert found.observations.num_rows == 28
    assert set(found.observations["site"].to_pylist()) == {"大气复合污染超级站"}


def test_title_rows_above_the_header_are_skipped(take: Take):
    text = "云泽市空气质量小时报\n制表：监测站,,\n\n站点,时间,PM10\n甲,2026-01-01 08:00,80\n"
    found = take(text, "canonical-air-wide")
    assert values(found) == {("甲", "pm10", "2026-01-01T08:00"): 80}
    assert found.observations["line"].to_pylist() == [5]


def test_quoted_cells_keep_their_commas_and_lines(take: Take):
    text = '"site","time","pm2_5"\n"甲,乙站","2026-01-01 08:00","35"\n"丙\n站","2026-01-01 08:00","36"\n\n'
    text += '"丁","2026-01-01 08:00","37"\n'
    found = take(text, "canonical-air-wide")
    assert [(row["site"], row["line"]) for row in found.observations.to_pylist()] == [
        ("甲,乙站", 2),
        ("丙\n站", 3),
        ("丁", 6),
    ]


def test_more_than_six_decimals_are_kept_to_six_and_said(take: Take):
    found = take("site,time,pm2_5\nA,2026-01-01,0.30000000000000004\n", "canonical-air-wide")
    assert values(found) == {("A", "pm2_5", "2026-01-01T00:00"): Decimal("0.3")}
    assert found.notes == ("f.csv：1 个值超过六位小数，按六位收入 1 values kept to six decimals",)


def test_lines_are_right_around_blank_lines(take: Take):
    found = take("site,time,pm2_5\n\nA,2026-01-01,1\n\n\nA,2026-01-02,2\n", "canonical-air-wide")
    assert found.observations["line"].to_pylist() == [3, 6]


def test_canonical_long_with_units_flags_reviews_and_detection_limits(take: Take):
    text = (
        "site,parameter,time,value,unit,flag,review\n"
        "W1,氨氮,2026-05-02 10:00,0.53,mg/L,,总站审核\n"
        "W1,总磷,2026-05-02 10:00,0.01L,mg/L,,national\n"
        "W1,cu,2026-05-02 10:00,5,ug/L,,\n"
        "W1,zn,2026-05-02 10:00,0.05,mg/L,L,\n"
        "W1,pb,2026-05-02 10:00,9,mg/L,无效,\n"
        "W1,cod,2026-05-02 10:00,,mg/L,未监测,\n"
        "W1,do,2026-05-02 10:00,,mg/L,,\n"
        "A1,pm2_5,2026-05-02 10:00,35,ug/m3,N,\n"
    )
    found = take(text, "canonical-long", review=None)
    rows = {row["parameter"]: row for row in found.observations.to_pylist()}
    told = {
        name: (row["value"], row["absent"], row["detection_limit"], row["review"], row["span"])
        for name, row in rows.items()
    }
    assert told == {
        "nh3n": (Decimal("0.53"), None, None, "national", "sample"),
        "tp": (None, "below_detection", Decimal("0.01"), "national", "sample"),
        "cu": (Decimal("0.005"), None, None, "realtime", "sample"),
        "zn": (None, "below_detection", Decimal("0.05"), "realtime", "sample"),
        "pb": (9, "invalid", None, "realtime", "sample"),
        "cod": (None, "not_monitored", None, "realtime", "sample"),
        "pm2_5": (35, None, None, "realtime", "PT1H"),
    }
    assert (found.rows, found.empty, found.rejected.num_rows) == (8, 1, 0)
    assert rows["pb"]["flag"] == "无效"


def test_a_wide_table_may_state_the_span(take: Take):
    """Daily values stand in the same layout as hourly ones; the row says which they are, an empty cell the feed."""
    text = "site,city,time,span,co,pm2_5\nA,C,2026-01-01,P1D,0.6,35\nA,C,2026-01-01T05:00,PT1H,,36\n"
    found = take(text + "A,C,2026-01-02,,0.7,37\n", "canonical-air-wide")
    assert found.rejected.num_rows == 0
    assert [(row["parameter"], row["span"], row["time"].isoformat()[:13], row["value"]) for row in sorted(
        found.observations.to_pylist(), key=lambda row: (row["parameter"], row["line"])
    )] == [
        ("co", "P1D", "2026-01-01T00", Decimal("0.6")),
        ("co", "PT1H", "2026-01-02T00", Decimal("0.7")),
        ("pm2_5", "P1D", "2026-01-01T00", Decimal("35")),
        ("pm2_5", "PT1H", "2026-01-01T05", Decimal("36")),
        ("pm2_5", "PT1H", "2026-01-02T00", Decimal("37")),
    ]  # fmt: skip


def test_a_wide_row_of_a_span_nobody_knows_is_refused(take: Take):
    text = "site,city,time,span,co,pm2_5\nA,C,2026-01-01,P1D,0.6,35\nA,C,2026-01-02,P2D,0.7,36\n"
    found = take(text, "canonical-air-wide")
    assert [(row["line"], row["column"], row["code"]) for row in found.rejected.to_pylist()] == [
        (3, "co", "QC216"),
        (3, "pm2_5", "QC216"),
    ]
    assert {row["span"] for row in found.observations.to_pylist()} == {"P1D"}
    assert take("site,city,time,span\nA,C,2026-01-01,P1D\n", "canonical-air-wide").observations.num_rows == 0


def test_a_long_table_may_state_the_span(take: Take):
    head = "断面,指标,采样时间,数值,单位,时长\n"
    text = head + "W1,氨氮,2026-05-02 08:00,0.5,mg/L,PT4H\nW1,氨氮,2026-05-02 08:00,0.6,mg/L,sample\n"
    found = take(text, "water-canonical-long")
    assert {(row["span"], row["value"]) for row in found.observations.to_pylist()} == {
        ("PT4H", Decimal("0.5")),
        ("sample", Decimal("0.6")),
    }


def test_manual_water_results(take: Take):
    text = (
        "序号,断面名称,断面编码,所在地区,采样日期,水温(℃),pH(无量纲),溶解氧(mg/L),氨氮(mg/L),汞(μg/L),石油类(mg/L),备注\n"
        "1,柳林渡,YZW04,云泽市,2026/5/2,18.2,7.9,8.61,0.53,0.04L,未检出,\n"
        "2,南门闸,YZW06,云泽市,2026/5/2,断流,,,,,,断流\n"
    )
    found = take(text, "water-manual-wide")
    assert found.rejected.to_pylist() == []
    rows = {row["parameter"]: row for row in found.observations.to_pylist()}
    assert {row["site"] for row in rows.values()} == {"YZW04"}
    assert rows["hg"]["detection_limit"] == Decimal("0.00004")
    assert (rows["petroleum"]["absent"], rows["petroleum"]["detection_limit"]) == ("below_detection", None)
    assert (rows["do"]["value"], rows["do"]["span"], rows["do"]["review"]) == (Decimal("8.61"), "sample", "preliminary")


ARCHIVE = (
    "date,hour,type,北京,天津,吉林,莱芜\n"
    "20180402,0,AQI,100,90,,80\n20180402,0,PM2.5,75,66,30,50\n20180402,0,PM2.5_24h,70,60,31,48\n"
    "20180402,0,O3_8h,40,41,42,43\n20180402,0,CO,0.9,1.1,0.4,1\n20180402,23,PM2.5,76,67,,51\n"
)


def test_archive_of_cities(take: Take):
    found = take(ARCHIVE, "cnemc-archive-city")
    assert found.rejected.to_pylist() == []
    got = values(found)
    # The label is the hour of publication: hour 0 of 2 April is the last hour of 1 April.
    assert got[("110000", "pm2_5", "2018-04-01T23:00")] == 75
    assert got[("120000", "co", "2018-04-01T23:00")] == Decimal("1.1")
    assert got[("220200", "o3_8h", "2018-04-01T23:00")] == 42  # 吉林 among cities is the city
    assert got[("371200", "pm2_5", "2018-04-02T22:00")] == 51  # 莱芜 was a city then
    rolling = [row for row in found.observations.to_pylist() if row["span"] == "PT24H"]
    assert {(row["site"], row["time"]) for row in rolling} == {
        (code, datetime(2018, 4, 1)) for code in ("110000", "120000", "220200", "371200")
    }
    assert (found.rows, found.cells, found.empty) == (6, 24, 2)


def test_only_the_places_asked_for(take: Take):
    found = take(ARCHIVE.replace("莱芜", "云泽"), "cnemc-archive-city", only={"120000"})
    assert set(found.observations["site"].to_pylist()) == {"120000"}
    assert (found.cells, found.left_out, found.rejected.num_rows) == (6, 18, 0)
    assert found.notes == ("范围以外的站点未收：18 格 18 cells of other places passed over",)
    found = take(AIR + "A,C,2026-01-01,5,,,,,\nB,C,2026-01-02,6,,,,,\n", "canonical-air-wide", only={"B"})
    assert values(found) == {("B", "so2", "2026-01-02T00:00"): 6}
    text = "site,parameter,time,value,unit\nA,pm10,2026-01-01,1,ug/m3\nB,pm2_5,2026-01-01,2,ug/m3\n"
    assert values(take(text, "canonical-long", only={"B"})) == {("B", "pm2_5", "2026-01-01T00:00"): 2}
    assert take(text, "canonical-long", only=set()).observations.num_rows == 0


def test_archive_of_sites_in_a_folder_with_one_bad_file(tmp_path: Path):
    for day in (1, 2, 3):
        rows = "".join(f"2026010{day},{hour},PM10,{day}{hour:02d},{hour}\n" for hour in range(24))
        (tmp_path / f"china_sites_2026010{day}.csv").write_text("date,hour,type,1001A,1002A\n" + rows, "utf-8")
    (tmp_path / "china_sites_20260104.csv").write_text("", "utf-8")
    found = ingest(tmp_path, feed=CATALOG.feeds["cnemc-archive-site"], catalog=CATALOG)
    assert found.observations.num_rows == 3 * 24 * 2
    assert [(row["file"], row["code"]) for row in found.rejected.to_pylist()] == [("china_sites_20260104.csv", "QC201")]
    assert len(found.files) == 4
    assert values(found)[("1001A", "pm10", "2026-01-02T22:00")] == 223


def test_an_empty_folder_says_what_it_wants(tmp_path: Path):
    with pytest.raises(ObservationError, match=r"QC221: .*放入 \*\.csv \*\.txt"):
        ingest(tmp_path, feed=CATALOG.feeds["canonical-long"], catalog=CATALOG)


def workbook(path: Path, rows: list[list[object]], *, title: str = "数据", merged: str = "") -> Path:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["这是说明页"])
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    if merged:
        for area in merged.split():
            sheet.merge_cells(area)
    book.save(path)
    return path


def test_excel_with_merged_header_units_below_and_real_dates(tmp_path: Path):
    rows: list[list[object]] = [
        ["云泽市地表水监测结果表"],
        ["断面编码", "采样时间", "溶解氧", "氨氮", "总磷"],
        [None, None, "mg/L", "mg/L", "mg/L"],
        ["YZW04", datetime(2026, 5, 2, 10), 8.61, 0.3, "0.01L"],
        ["YZW05", date(2026, 5, 2), 8, "—", 0.07],
    ]
    path = workbook(tmp_path / "w.xlsx", rows, merged="A1:E1 A2:A3 B2:B3")
    found = ingest(path, feed=CATALOG.feeds["water-manual-wide"], catalog=CATALOG)
    assert found.rejected.to_pylist() == []
    got = values(found)
    assert got[("YZW04", "do", "2026-05-02T10:00")] == Decimal("8.61")
    assert got[("YZW04", "nh3n", "2026-05-02T10:00")] == Decimal("0.3")
    assert got[("YZW05", "do", "2026-05-02T00:00")] == 8
    assert found.observations["batch"].to_pylist()[0] == "w.xlsx[数据]"
    assert {row["line"] for row in found.observations.to_pylist()} == {4, 5}


def test_excel_header_split_over_two_merged_rows(tmp_path: Path):
    rows: list[list[object]] = [
        ["站点", "时间", "颗粒物", None],
        [None, None, "PM10", "PM2.5"],
        ["甲", "2026-01-01 08:00", 80, 35],
    ]
    path = workbook(tmp_path / "a.xlsx", rows, merged="A1:A2 B1:B2 C1:D1")
    feed = CATALOG.feeds["canonical-air-wide"]
    got = values(ingest(path, feed=feed, catalog=CATALOG))
    assert got == {("甲", "pm10", "2026-01-01T08:00"): 80, ("甲", "pm2_5", "2026-01-01T08:00"): 35}


def test_several_sheets_are_all_read(tmp_path: Path):
    book = openpyxl.Workbook()
    for month, sheet in enumerate((book.active, book.create_sheet("二月")), 1):
        sheet.append(["site", "time", "pm2_5"])
        sheet.append(["A", f"2026-0{month}-01", month])
    book.save(tmp_path / "m.xlsx")
    found = ingest(tmp_path / "m.xlsx", feed=CATALOG.feeds["canonical-air-wide"], catalog=CATALOG)
    assert sorted(row["value"] for row in found.observations.to_pylist()) == [1, 2]


def test_parquet_with_dictionaries_dates_and_decimals(tmp_path: Path):
    table = pa.table({
        "site": pa.array(["A", "B"]).dictionary_encode(),
        "time": pa.array([datetime(2026, 1, 1), datetime(2026, 1, 1, 1)], pa.timestamp("ns")),
        "pm2_5": pa.array([Decimal("35.10"), None], pa.decimal128(8, 2)),
        "co": pa.array([0.1, float("nan")], pa.float64()),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    found = ingest(tmp_path / "t.parquet", feed=CATALOG.feeds["canonical-air-wide"], catalog=CATALOG)
    assert values(found) == {
        ("A", "pm2_5", "2026-01-01T00:00"): Decimal("35.1"),
        ("A", "co", "2026-01-01T00:00"): Decimal("0.1"),
    }
    assert found.observations.schema == OBSERVATION
    assert found.empty == 2


def test_a_register_feed_is_no_feed_of_observations(take: Take):
    with pytest.raises(ObservationError, match=r"QC219: .*register-sites.*register"):
        take("site\nA\n", "register-sites")


def test_an_unknown_review_is_refused(take: Take):
    with pytest.raises(Exception, match=r"QC107: .*review.*final.*realtime"):
        take(AIR, "canonical-air-wide", review="final")


def test_a_wind_by_name_is_a_number_of_degrees_and_an_unknown_word_is_refused(take: Take):
    head = "station,datetime,pm25,wind_dir,wspd_ms\n"
    found = take(
        head + "A,2013-03-01 00:00,4,NNW,4.4\nA,2013-03-01 01:00,5,N,0\nA,2013-03-01 02:00,6,XX,\n", "prsa-beijing"
    )
    got = values(found)
    assert got[("A", "wind_direction", "2013-03-01T00:00")] == Decimal("337.5")
    assert got[("A", "wind_direction", "2013-03-01T01:00")] == 0
    assert got[("A", "wind_speed", "2013-03-01T01:00")] == 0
    refused = found.rejected.to_pylist()
    assert [(row["line"], row["column"], row["text"], row["code"]) for row in refused] == [
        (4, "wind_dir", "XX", "QC206")
    ]
