"""Sites, official values and exceptional events: Chinese or English headers; each row taken in or refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from qingce.catalog import load_catalog
from qingce.core.errors import ObservationError, QingceError
from qingce.core.tables import EXCEPTION, OFFICIAL, SITE
from qingce.observe import read_exceptions, read_official, read_sites
from qingce.observe.official import spoken_period

CATALOG = load_catalog()
EXAMPLE = Path(__file__).resolve().parents[2] / "src/qingce/data/examples/yunze"


def written(folder: Path, text: str, name: str = "f.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def faults(rejected: pa.Table) -> list[tuple[int, str, str, str]]:
    return [(row["line"], row["column"], row["text"], row["code"]) for row in rejected.to_pylist()]


SITES = (
    "断面编码,断面名称,类型,城市,区县,经度,纬度,断面属性,水体类型,水质目标,上游县,下游县,启用日期,停用日期\n"
    "S1,柳林渡,断面,太原市,小店区,112.5,37.8,国考、省考,河流,Ⅲ类,清徐县,小店区,2021-01-01,\n"
    "S2,晋阳湖,断面,太原,晋源区,112.48,37.78,省考,湖库,Ⅳ,,,2021年1月1日,2025-12-31\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_sections_with_chinese_headers(tmp_path: Path, encoding: str):
    sites, rejected = read_sites(written(tmp_path, SITES, encoding=encoding), catalog=CATALOG)
    assert rejected.num_rows == 0
    assert sites.schema == SITE
    first, second = sites.to_pylist()
    assert first == {
        "site": "S1", "name": "柳林渡", "kind": "section", "city": "140100", "city_name": "太原市", "county": "140105",
        "county_name": "小店区", "lon": 112.5, "lat": 37.8, "roles": "国考,省考", "water_kind": "river",
        "target_class": 3, "upstream": "清徐县", "downstream": "小店区", "valid_from": date(2021, 1, 1),
        "valid_until": None,
        "category": None,
        "river": None,
        "basin": None,
    }  # fmt: skip
    assert (second["water_kind"], second["target_class"], second["valid_until"]) == ("lake", 4, date(2025, 12, 31))


def test_sections_say_their_river_and_basin(tmp_path: Path):
    head, first, *_ = SITES.splitlines()
    sites, rejected = read_sites(written(tmp_path, f"{head},所在河流,流域\n{first},汾河,黄河流域\n"), catalog=CATALOG)
    assert rejected.num_rows == 0
    assert [(row["river"], row["basin"]) for row in sites.to_pylist()] == [("汾河", "黄河流域")]


def test_air_sites_with_codes_only(tmp_path: Path):
    sites, rejected = read_sites(
        written(tmp_path, "site,city,county,roles\nA1,140100,140105,评价点\n"), catalog=CATALOG
    )
    row = sites.to_pylist()[0]
    assert rejected.num_rows == 0
    assert (row["kind"], row["name"], row["city_name"], row["county_name"]) == ("air_site", "A1", "太原市", "小店区")


def test_the_example_sites_read_with_their_overlay():
    catalog = load_catalog([EXAMPLE / "content"])
    sites, rejected = read_sites(EXAMPLE / "sites.csv", catalog=catalog)
    assert rejected.to_pylist() == []
    assert {row["city"] for row in sites.to_pylist()} == {"990100"}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (",甲,断面,太原市,,,,,,,,,,", ("断面编码", "", "QC215")),
        ("S1,甲,断面,云泽市,,,,,,,,,,", ("城市", "云泽市", "QC211")),
        ("S1,甲,断面,太原市,鼓楼区,,,,,,,,,", ("区县", "鼓楼区", "QC211")),
        ("S1,甲,火车站,太原市,,,,,,,,,,", ("类型", "火车站", "QC216")),
        ("S1,甲,断面,太原市,,190,37,,,,,,,", ("经度", "190", "QC216")),
        ("S1,甲,断面,太原市,,东经,37,,,,,,,", ("经度", "东经", "QC206")),
        ("S1,甲,断面,太原市,,,,,,Ⅶ,,,,", ("水质目标", "Ⅶ", "QC216")),
        ("S1,甲,断面,太原市,,,,,,,,,2021-02-30,", ("启用日期", "2021-02-30", "QC209")),
        ("S1,甲,断面,太原市,,,,,,,,,2021-01-02,2021-01-01", ("停用日期", "2021-01-01", "QC216")),
    ],
)
def test_a_faulty_site_is_refused_with_its_cell(tmp_path: Path, row: str, fault: tuple[str, str, str]):
    sites, rejected = read_sites(written(tmp_path, SITES + row.replace("S1", "S9") + "\n"), catalog=CATALOG)
    assert faults(rejected) == [(4, *fault)]
    assert sites.num_rows == 2


def test_a_site_given_twice_is_refused(tmp_path: Path):
    text = SITES + "S1,柳林渡,断面,太原市,,,,,,,,,2021-01-01,\nS1,柳林渡新址,断面,太原市,,,,,,,,,2026-01-01,\n"
    sites, rejected = read_sites(written(tmp_path, text), catalog=CATALOG)
    assert faults(rejected) == [(4, "断面编码", "S1", "QC220")]
    assert "已有第 2 行" in rejected["message"][0].as_py()
    assert [row["name"] for row in sites.to_pylist()] == ["柳林渡", "晋阳湖", "柳林渡新址"]


def test_an_unknown_column_of_a_register_is_named(tmp_path: Path):
    _, rejected = read_sites(written(tmp_path, "site,城市,海拔\nA,太原,800\n"), catalog=CATALOG)
    assert faults(rejected) == [(1, "海拔", "", "QC205")]


OFFICIAL_ROWS = (
    "指标,地区,时段,口径,数值,单位,发布单位,文号,日期,版本,审核状态\n"
    "细颗粒物年均浓度,太原市,2025年,扣沙,35.9,微克/立方米,山西省生态环境厅,晋环函〔2026〕1号,2026-01-20,1,考核认定\n"
    "pm2_5_annual,140100,2025,measured,36.2,ug/m3,山西省生态环境厅,晋环函〔2026〕1号,2026年1月20日,,\n"
    "good_day_ratio,太原,2026年1—5月,实测,86.2%,,中国环境监测总站,总站气字〔2026〕9号,2026-06-10,2,总站审核\n"
)


def test_official_values(tmp_path: Path):
    when = datetime(2026, 6, 11)
    found, rejected = read_official(written(tmp_path, OFFICIAL_ROWS), catalog=CATALOG, known_at=when)
    assert rejected.to_pylist() == []
    assert found.schema == OFFICIAL
    first, second, third = found.to_pylist()
    assert first == {
        "id": "OV:pm2_5_annual:140100:2025:deducted:1", "indicator": "pm2_5_annual", "scope": "140100",
        "period": "2025",
        "series": "deducted", "value": Decimal("35.9"), "text": "35.9", "unit": "ug/m3", "issuer": "山西省生态环境厅",
        "number": "晋环函〔2026〕1号", "issued": date(2026, 1, 20), "version": 1, "review": "assessed",
        "source": "f.csv", "line": 2, "known_at": when,
    }  # fmt: skip
    assert (second["series"], second["version"], second["review"], second["issued"]) == (
        "measured", 1, "assessed", date(2026, 1, 20),
    )  # fmt: skip
    assert (third["value"], third["unit"], third["period"], third["review"]) == (
        Decimal("86.2"), "%", "2026-01/2026-05", "national",
    )  # fmt: skip


def test_official_values_from_excel(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["认定值反馈表"])
    for line in OFFICIAL_ROWS.splitlines()[:2]:
        book.active.append(line.split(","))
    book.active["E3"] = 35.9
    book.active["I3"] = datetime(2026, 1, 20)
    book.save(tmp_path / "v.xlsx")
    found, rejected = read_official(tmp_path / "v.xlsx", catalog=CATALOG)
    assert rejected.num_rows == 0
    row = found.to_pylist()[0]
    assert (row["value"], row["issued"], row["line"], row["source"]) == (
        Decimal("35.9"),
        date(2026, 1, 20),
        3,
        "v.xlsx",
    )


def test_the_example_official_values_and_events_read():
    catalog = load_catalog([EXAMPLE / "content"])
    found, rejected = read_official(EXAMPLE / "official.csv", catalog=catalog)
    assert rejected.to_pylist() == []
    assert found.num_rows == len((EXAMPLE / "official.csv").read_text("utf-8").strip().splitlines()) - 1
    events, rejected = read_exceptions(EXAMPLE / "exceptions.csv", catalog=catalog)
    assert rejected.to_pylist() == []
    assert events.num_rows == len((EXAMPLE / "exceptions.csv").read_text("utf-8").strip().splitlines()) - 1


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("幸福指数,太原市,2025,扣沙,1,,厅,,,,", ("指标", "幸福指数", "QC205")),
        ("pm2_5_annual,云泽市,2025,扣沙,1,,厅,,,,", ("地区", "云泽市", "QC211")),
        ("pm2_5_annual,149999,2025,扣沙,1,,厅,,,,", ("地区", "149999", "QC211")),
        ("pm2_5_annual,太原市,去年,扣沙,1,,厅,,,,", ("时段", "去年", "QC107")),
        ("pm2_5_annual,太原市,2025,吃沙,1,,厅,,,,", ("口径", "吃沙", "QC216")),
        ("pm2_5_annual,太原市,2025,扣沙,约35,,厅,,,,", ("数值", "约35", "QC206")),
        ("pm2_5_annual,太原市,2025,扣沙,,,厅,,,,", ("数值", "", "QC215")),
        ("pm2_5_annual,太原市,2025,扣沙,1,ppb,厅,,,,", ("单位", "ppb", "QC203")),
        ("pm2_5_annual,太原市,2025,扣沙,1 ppb,,厅,,,,", ("数值", "1 ppb", "QC203")),
        ("pm2_5_annual,太原市,2025,扣沙,1,,,,,,", ("发布单位", "", "QC215")),
        ("pm2_5_annual,太原市,2025,扣沙,1,,厅,,昨天,,", ("日期", "昨天", "QC209")),
        ("pm2_5_annual,太原市,2025,扣沙,1,,厅,,,一,", ("版本", "一", "QC216")),
        ("pm2_5_annual,太原市,2025,扣沙,1,,厅,,,,差不多", ("审核状态", "差不多", "QC216")),
    ],
)
def test_a_faulty_official_value_is_refused_with_its_cell(tmp_path: Path, row: str, fault: tuple[str, str, str]):
    found, rejected = read_official(written(tmp_path, OFFICIAL_ROWS + row + "\n"), catalog=CATALOG)
    assert faults(rejected) == [(5, *fault)]
    assert found.num_rows == 3


def test_a_revised_value_needs_a_new_version(tmp_path: Path):
    again = "pm2_5_annual,太原市,2025,measured,36.9,,厅,,,,\npm2_5_annual,太原市,2025,measured,36.9,,厅,,,2,\n"
    found, rejected = read_official(written(tmp_path, OFFICIAL_ROWS + again), catalog=CATALOG)
    assert faults(rejected) == [(5, "指标", "pm2_5_annual", "QC220")]
    assert "新的版本号" in rejected["message"][0].as_py()
    assert [row["version"] for row in found.to_pylist()] == [1, 1, 2, 2]


def test_a_section_keeps_its_name_as_scope(tmp_path: Path):
    text = "指标,断面,时段,数值,发布单位\nsection_class,柳林渡,2026-10,Ⅲ类,总站\n"
    found, rejected = read_official(written(tmp_path, text), catalog=CATALOG)
    assert rejected.to_pylist() == []
    row = found.to_pylist()[0]
    assert (row["scope"], row["value"], row["text"]) == ("柳林渡", 3, "Ⅲ类")


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2025", "2025"), ("2025年度", "2025"), ("2025年全年", "2025"), ("2025-10", "2025-10"),
        ("2025年10月", "2025-10"),
        ("2026年1-5月", "2026-01/2026-05"), ("2026年1至5月份", "2026-01/2026-05"), ("2026年第三季度", "2026-Q3"),
        ("2026年2季度", "2026-Q2"), ("2026年下半年", "2026-07/2026-12"), ("2026年5月2日", "2026-05-02"),
        ("2026-01/2026-05", "2026-01/2026-05"),
    ],
)  # fmt: skip
def test_spoken_periods(text: str, period: str):
    assert spoken_period(text) == period


@pytest.mark.parametrize("text", ["2026年13月", "今年", "2026年5-1月", "2026年2月30日"])
def test_periods_that_are_none(text: str):
    with pytest.raises(QingceError, match=r"QC107: .*period"):
        spoken_period(text)


EVENTS = (
    "城市,开始,结束,污染物,状态,发布单位,文号\n"
    "太原,2026-02-21,2026-02-22,PM10、PM2.5,总站认定,中国环境监测总站,总站气字〔2026〕5号\n"
    "太原市,2026/3/1,,,自报,,\n"
)


def test_exceptional_events(tmp_path: Path):
    found, rejected = read_exceptions(written(tmp_path, EVENTS), catalog=CATALOG)
    assert rejected.to_pylist() == []
    assert found.schema == EXCEPTION
    first, second = found.to_pylist()
    assert (first["scope"], first["start"], first["end"], first["parameters"], first["status"]) == (
        "140100", date(2026, 2, 21), date(2026, 2, 22), "pm10,pm2_5", "总站认定",
    )  # fmt: skip
    assert first["id"] == "E:140100:2026-02-21:exceptional"
    assert (second["end"], second["parameters"], second["status"], second["number"]) == (
        date(2026, 3, 1),
        "",
        "自报",
        None,
    )


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("云泽市,2026-02-21,,,,,", ("城市", "云泽市", "QC211")),
        (",2026-02-21,,,,,", ("城市", "", "QC215")),
        ("太原,,,,,,", ("开始", "", "QC215")),
        ("太原,2月21日,,,,,", ("开始", "2月21日", "QC209")),
        ("太原,2026-02-22,2026-02-21,,,,", ("结束", "2026-02-21", "QC216")),
        ("太原,2026-02-25,,沙子,,,", ("污染物", "沙子", "QC205")),
        ("太原,2026-02-25,,,听说,,", ("状态", "听说", "QC216")),
        ("太原,2026-02-21,,,,,", ("城市", "太原", "QC220")),
    ],
)
def test_a_faulty_event_is_refused_with_its_cell(tmp_path: Path, row: str, fault: tuple[str, str, str]):
    found, rejected = read_exceptions(written(tmp_path, EVENTS + row + "\n"), catalog=CATALOG)
    line, column, text, code = faults(rejected)[0]
    assert len(faults(rejected)) == 1
    assert (line, code) == (4, fault[2])
    assert (column, text) == fault[:2]
    assert found.num_rows == 2


@pytest.mark.parametrize("read", [read_sites, read_official, read_exceptions])
def test_empty_and_unfit_registers(tmp_path: Path, read):
    with pytest.raises(ObservationError, match=r"QC201: .*f\.csv"):
        read(written(tmp_path, ""), catalog=CATALOG)
    with pytest.raises(ObservationError, match=r"QC204: .*f\.csv.*找到的列：甲、乙"):
        read(written(tmp_path, "甲,乙\n1,2\n"), catalog=CATALOG)


def test_a_header_alone_gives_an_empty_table(tmp_path: Path):
    found, rejected = read_exceptions(written(tmp_path, EVENTS.splitlines()[0] + "\n"), catalog=CATALOG)
    assert (found.num_rows, rejected.num_rows) == (0, 0)
