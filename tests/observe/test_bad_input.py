"""Bad input: each fault has its number, its line and its cell, and nothing else is lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.core.errors import ObservationError
from qingce.observe import Ingest, ingest

CATALOG = load_catalog()

Take = Callable[..., Ingest]
AIR = "site,time,so2,co,pm2_5\n"


def refusals(found: Ingest) -> list[tuple[int, str, str, str]]:
    return [(row["line"], row["column"], row["text"], row["code"]) for row in found.rejected.to_pylist()]


def message(found: Ingest, place: int = 0) -> str:
    return str(found.rejected["message"][place].as_py())


def test_cells_that_are_no_values_are_listed_with_their_place(take: Take):
    text = AIR + "A,2026-01-01 00:00,5,0.6,-3\nA,2026-01-01 01:00,abc,0.6,99999\nA,2026-01-01 02:00,5,0.6,35\n"
    found = take(text, "canonical-air-wide")
    assert refusals(found) == [(2, "pm2_5", "-3", "QC207"), (3, "so2", "abc", "QC206"), (3, "pm2_5", "99999", "QC208")]
    assert message(found, 0).startswith("细颗粒物 不能为负：-3。核对仪器零点与符号")
    assert message(found, 1).startswith("“abc”不是数。改为数字，缺测留空")
    assert message(found, 2).startswith("细颗粒物 的值 99999 超出可能范围 0–10000 ug/m3。核对单位与小数点")
    assert found.observations.num_rows == 6


def test_a_limit_of_the_possible_is_possible(take: Take):
    top = CATALOG.parameters["pm2_5"].maximum
    found = take(
        f"{AIR}A,2026-01-01,5,0.6,{top}\nA,2026-01-02,5,0.6,{top}.000001\nA,2026-01-03,0,0,0\n", "canonical-air-wide"
    )
    assert refusals(found) == [(3, "pm2_5", f"{top}.000001", "QC208")]


def hours(co: str, pm: str = "35", count: int = 30) -> str:
    rows = [f"A,2026-01-{1 + hour // 24:02d} {hour % 24:02d}:00,5,{co},{pm}\n" for hour in range(count)]
    return AIR + "".join(rows)


def test_carbon_monoxide_in_micrograms_is_refused_as_a_whole(take: Take):
    found = take(hours("800"), "canonical-air-wide")  # beyond what is possible at all
    assert {row[3] for row in refusals(found)} == {"QC208"}
    found = take(hours("120"), "canonical-air-wide")  # possible for one hour, not as a median
    assert len(refusals(found)) == 30
    assert {row[3] for row in refusals(found)} == {"QC214"}
    assert message(found).startswith("一氧化碳 的中位数 120 mg/m3 不在合理范围 0.02–50，单位可能写错")
    assert "自设检查" in found.notes[0]
    assert found.observations.num_rows == 60


def test_particles_in_milligrams_are_refused_as_a_whole(take: Take):
    found = take(hours("0.6", pm="0.035"), "canonical-air-wide")
    assert {(row[1], row[3]) for row in refusals(found)} == {("pm2_5", "QC214")}
    assert found.observations.num_rows == 60


def test_a_few_values_are_no_median(take: Take):
    assert refusals(take(hours("120", count=23), "canonical-air-wide")) == []


def test_a_wrong_unit_is_refused_with_its_cure(take: Take):
    text = "site,parameter,time,value,unit,flag\nA,pm2_5,2026-01-01,35,ppb,\nA,pm2_5,2026-01-02,35,ug/m3,\n"
    found = take(text, "canonical-long")
    assert refusals(found) == [(2, "value", "35", "QC203")]
    assert message(found).startswith("单位为“ppb”，应为“ug/m3”。在单位列写 ")
    assert "Write one of" in message(found)
    assert found.observations.num_rows == 1


def test_a_wrong_unit_in_the_header_refuses_its_column(take: Take):
    found = take("site,time,PM2.5(ppb),PM10(ug/m3)\nA,2026-01-01,35,80\nA,2026-01-02,,81\n", "canonical-air-wide")
    assert refusals(found) == [(2, "PM2.5(ppb)", "35", "QC203")]
    assert found.observations.num_rows == 2


def test_unknown_columns_and_parameters_are_named(take: Take):
    found = take("site,time,pm2_5,舒适度,能见感\nA,2026-01-01,35,60,\n", "canonical-air-wide")
    assert refusals(found) == [(1, "舒适度", "", "QC205"), (1, "能见感", "", "QC205")]
    assert "该列有 1 格未收" in message(found, 0)
    assert "该列有 0 格未收" in message(found, 1)
    found = take("site,parameter,time,value,unit\nA,舒适度,2026-01-01,60,%\n", "canonical-long")
    assert refusals(found) == [(2, "value", "60", "QC205")]
    found = take("date,hour,type,1001A\n20260101,1,能见感,3\n20260101,1,PM10,\n", "cnemc-archive-site")
    assert refusals(found) == [(2, "1001A", "3", "QC205")]


def test_weather_beside_the_pollutants_is_taken(take: Take):
    found = take("site,time,pm2_5,湿度,风速(m/s)\nA,2026-01-01,35,60,\nA,2026-01-02,36,,2.5\n", "canonical-air-wide")
    assert refusals(found) == []
    taken = {(row["parameter"], str(row["time"])[:10]): row["value"] for row in found.observations.to_pylist()}
    assert taken["humidity", "2026-01-01"] == 60
    assert taken["wind_speed", "2026-01-02"] == Decimal("2.5")
    assert ("humidity", "2026-01-02") not in taken, "an empty cell of an optional column says nothing"


def test_a_bad_time_costs_its_row_only(take: Take):
    text = AIR + "A,2026-02-30 01:00,5,,35\nA,,5,0.6,35\nA,2026-03-01 01:00,5,0.6,35\n"
    found = take(text, "canonical-air-wide")
    assert refusals(found) == [
        (2, "so2", "5", "QC209"), (2, "pm2_5", "35", "QC209"),
        (3, "so2", "5", "QC209"), (3, "co", "0.6", "QC209"), (3, "pm2_5", "35", "QC209"),
    ]  # fmt: skip
    assert message(found).startswith("时间“2026-02-30 01:00”读不懂。写成 2026-01-31 08:00")
    assert found.observations.num_rows == 3


def test_ten_thousand_bad_times_are_still_quick(take: Take):
    rows = "".join(f"A,时刻{n},5,0.6,35\n" for n in range(10_000))
    found = take(AIR + rows, "canonical-air-wide")
    assert found.rejected.num_rows == 30_000


def test_a_site_without_name_and_an_unknown_site(take: Take):
    text = AIR + ",2026-01-01,5,,\nB,2026-01-01,6,,\nA,2026-01-01,7,,\n"
    found = take(text, "canonical-air-wide", sites={"A"})
    assert refusals(found) == [(2, "so2", "5", "QC215"), (3, "so2", "6", "QC210")]
    assert message(found, 0).startswith("“site”一格是空的")
    assert message(found, 1).startswith("站点“B”不在站点表中")
    assert found.observations["value"].to_pylist() == [7]


@pytest.mark.parametrize(
    ("city", "told"), [("云泽市", "没有 none"), ("149999", "没有 none"), ("鼓楼区", "320106 鼓楼区")]
)
def test_a_wrong_region_is_refused(take: Take, city: str, told: str):
    found = take(f"city,date,pm25\n{city},2026-01-01,35\n太原,2026-01-01,36\n", "capitals-daily-2025")
    assert refusals(found) == [(2, "pm25", "35", "QC211")]
    assert f"行政区划“{city}”不存在或不唯一：{told}" in message(found)
    assert found.observations["site"].to_pylist() == ["140100"]


def test_a_wrong_region_as_column_of_an_archive(take: Take):
    found = take("date,hour,type,北京,云泽\n20260101,1,PM10,80,81\n20260101,2,PM10,80,\n", "cnemc-archive-city")
    assert refusals(found) == [(2, "云泽", "81", "QC211")]
    assert found.observations.num_rows == 2


def test_identical_doubles_collapse_and_different_ones_are_all_refused(take: Take):
    text = AIR + "A,2026-01-01,5,0.6,35\nA,2026-01-01,5,0.7,35\nA,2026-01-01,5,0.6,35.0\nA,2026-01-02,5,0.6,35\n"
    found = take(text, "canonical-air-wide")
    assert refusals(found) == [(2, "co", "0.6", "QC212"), (3, "co", "0.7", "QC212"), (4, "co", "0.6", "QC212")]
    assert "f.csv:2 = 0.6；f.csv:3 = 0.7；f.csv:4 = 0.6" in message(found)
    assert found.collapsed == 4
    assert found.notes == ("4 个完全相同的重复值合并为一 4 identical doubles collapsed",)
    assert found.observations.num_rows == 2 + 3


def test_doubles_are_found_between_files(tmp_path: Path):
    (tmp_path / "a.csv").write_text(AIR + "A,2026-01-01,5,0.6,35\n", "utf-8")
    (tmp_path / "b.csv").write_text(AIR + "A,2026-01-01,5,0.6,36\n", "utf-8")
    found = ingest(tmp_path, feed=CATALOG.feeds["canonical-air-wide"], catalog=CATALOG)
    assert [(row["file"], row["column"], row["code"]) for row in found.rejected.to_pylist()] == [
        ("a.csv", "pm2_5", "QC212"),
        ("b.csv", "pm2_5", "QC212"),
    ]
    assert "a.csv:2 = 35；b.csv:2 = 36" in message(found)
    assert (found.observations.num_rows, found.collapsed) == (2, 2)


def test_a_missing_month_is_noted(take: Take):
    rows = "".join(
        f"{site},2026-{month:02d}-15,5,0.6,35\n" for site in "AB" for month in (1, 2, 4, 5) if site + str(month) != "B4"
    )
    found = take(AIR + rows, "canonical-air-wide")
    assert found.notes == ("A 缺整月数据：2026-03", "B 缺整月数据：2026-03、2026-04")


def test_many_missing_months_are_counted(take: Take):
    rows = "".join(f"S{n:02d},2026-{month}-15,5,,\n" for n in range(25) for month in ("01", "03"))
    found = take(AIR + rows, "canonical-air-wide")
    assert len(found.notes) == 21
    assert found.notes[-1] == "另有 5 个站点缺整月数据"


def test_an_empty_file_and_a_header_alone(take: Take):
    with pytest.raises(ObservationError, match=r"QC201: 文件是空的。f\.csv。核对导出是否完成"):
        take("", "canonical-air-wide")
    with pytest.raises(ObservationError, match=r"QC201: .*f\.csv"):
        take("\n  \n", "canonical-air-wide")
    found = take(AIR, "canonical-air-wide")
    assert (found.rows, found.observations.num_rows, found.rejected.num_rows) == (0, 0, 0)
    assert found.notes == ("f.csv:1：只有表头，没有数据行 header only, no data row",)


def test_a_file_that_does_not_fit_the_feed(take: Take):
    expected = r"QC204: 没有找到表头：缺少列 time.*监测时间.*f\.csv.*canonical-air-wide.*找到的列：甲、乙"
    with pytest.raises(ObservationError, match=expected):
        take("甲,乙\n1,2\n", "canonical-air-wide")


def test_an_unclosed_quote_costs_its_line_only(take: Take):
    text = AIR + 'A,2026-01-01,5,0.6,35\n"A,2026-01-02,5,0.6,35\nA,2026-01-03,5,0.6,35\nA,2026-01-04,"5",0.6,35\n'
    found = take(text, "canonical-air-wide")
    assert refusals(found) == [(3, "", '"A,2026-01-02,5,0.6,35', "QC213")]
    assert (found.rows, found.broken, found.observations.num_rows) == (4, 1, 9)
    assert message(found).startswith("这一行断裂：引号不配对")


def test_rows_of_the_wrong_width_are_named(take: Take):
    text = AIR + "A,2026-01-01,5,0.6,35\nA,2026-01-02,5\nA,2026-01-03,5,0.6,35,1\nA,2026-01-04,5,0.6,35,,,\n"
    found = take(text, "canonical-air-wide")
    assert [row[0] for row in refusals(found)] == [3, 4]
    assert "3 格，表头 5 列" in message(found, 0)
    assert "6 格，表头 5 列" in message(found, 1)
    assert found.observations.num_rows == 6


def test_a_huge_line_is_cut_in_the_report_and_named(take: Take):
    text = AIR + "A,2026-01-01,5,0.6,35\n" + "x" * 5_000_000 + "\nA,2026-01-02,5,0.6,35\n"
    found = take(text, "canonical-air-wide")
    assert found.rejected.num_rows == 1
    assert found.rejected["line"].to_pylist() == [3]
    assert len(found.rejected["text"][0].as_py()) < 300
    assert "5000000 字符" in found.rejected["text"][0].as_py()
    assert found.observations.num_rows == 6


def test_a_huge_cell_is_cut_in_the_report(take: Take):
    found = take(AIR + "A,2026-01-01,5,0.6," + "9" * 100_000 + "\n", "canonical-air-wide")
    assert found.rejected["code"].to_pylist() == ["QC206"]
    assert len(found.rejected["text"][0].as_py()) < 300
    assert len(message(found)) < 900


def test_damaged_bytes_in_utf8_cost_their_line_only(take: Take):
    rows = "".join(f"云溪站{n},2026-01-01,5,0.6,35\n" for n in range(50)).encode()
    raw = AIR.encode() + rows + b"\xe4\xba\xff,2026-01-01,5,0.6,35\n" + "泽阳站,2026-01-02,5,0.6,35\n".encode()
    found = take(raw, "canonical-air-wide")
    assert [(row[0], row[3]) for row in refusals(found)] == [(52, "QC213")]
    assert "有损坏的字节" in message(found)
    assert found.observations.num_rows == 51 * 3


def test_a_flag_nobody_declared_is_refused(take: Take):
    found = take("site,parameter,time,value,unit,flag\nA,pm2_5,2026-01-01,35,ug/m3,Q7\n", "canonical-long")
    assert refusals(found) == [(2, "value", "35", "QC217")]
    assert message(found).startswith("标记“Q7”不认识。在来源 canonical-long 的 flags 写明")


def test_a_review_or_span_nobody_knows_is_refused(take: Take):
    head = "site,parameter,time,value,unit,review,span\n"
    text = head + "A,pm2_5,2026-01-01,35,ug/m3,看过,\nA,pm10,2026-01-01,35,ug/m3,,P2D\n"
    found = take(text, "canonical-long")
    assert [(row[0], row[3]) for row in refusals(found)] == [(2, "QC216"), (3, "QC216")]
    assert "“review”的值“看过”不合法" in message(found, 0)
    assert "PT1H | PT4H" in message(found, 1)


@pytest.mark.parametrize(("name", "content"), [("old.xls", b"\xd0\xcf\x11\xe0"), ("a.pdf", b"%PDF"), ("a.doc", b"x")])
def test_other_kinds_of_file_are_refused(take: Take, name: str, content: bytes):
    with pytest.raises(ObservationError, match=r"QC200: .*\.(xls|pdf|doc).*另存为 CSV、XLSX 或 Parquet"):
        take(content, "canonical-air-wide", name)


@pytest.mark.parametrize("name", ["broken.xlsx", "broken.parquet"])
def test_broken_containers_are_refused(take: Take, name: str):
    with pytest.raises(ObservationError, match=rf"QC200: .*{name}"):
        take(b"this is no such file at all", "canonical-air-wide", name)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ObservationError, match=r"QC200: .*no such file.*absent\.csv"):
        ingest(tmp_path / "absent.csv", feed=CATALOG.feeds["canonical-air-wide"], catalog=CATALOG)


def test_a_missing_hour_is_simply_absent(take: Take):
    found = take(AIR + "A,2026-01-01 00:00,5,0.6,35\nA,2026-01-01 02:00,5,0.6,35\n", "canonical-air-wide")
    assert found.notes == ()
    assert found.observations.num_rows == 6


def test_raw_values_under_an_invalid_flag_stay_beside_it(take: Take):
    found = take("site,parameter,time,value,unit,flag\nA,pm2_5,2026-01-01,985,ug/m3,invalid\n", "canonical-long")
    row = found.observations.to_pylist()[0]
    assert (row["value"], row["absent"], row["flag"]) == (Decimal(985), "invalid", "invalid")
