"""A campaign whose files are an officer's workbooks answers as the same numbers in plain text do. 示例数据。"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from tests.stories.folders import write_campaign, write_rows

from qingce.app.pipeline import build
from qingce.publish import Results

YUNZE = Path(__file__).resolve().parents[2] / "src/qingce/data/examples/yunze/content"
FIRST = date(1899, 12, 30)
PLAN = """云泽市行动方案（示例数据）

一、目标
到2026年，全市细颗粒物年均浓度控制在40微克/立方米以下，优良天数比例达到80%以上。
到2026年，示例江流域优良断面比例达到100%，示例江流域劣Ⅴ类断面全部消除。
"""
SITES = [
    "site",
    "name",
    "kind",
    "city",
    "county",
    "roles",
    "water_kind",
    "target_class",
    "river",
    "basin",
    "valid_from",
]
AIR_SITES = [("YZA01", "云溪站", "air_site", "990100", "990101", "评价点", "", "", "", "", "2020-01-01"),
             ("YZA02", "泽阳站", "air_site", "990100", "990102", "评价点", "", "", "", "", "2020-01-01")]  # fmt: skip
RIVER = ("river", 3, "云溪河", "示例江流域", "2020-01-01")
SECTIONS = [(site, f"{site}断面", "section", "990100", "990101", "国考", *RIVER) for site in ("R1", "R2")]
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(59)]
MONTHS = [date(2026, month, 6) for month in (1, 2)]
OFFICIAL = [["pm2_5_annual", "990100", "2025", "38", "ug/m3", "示例省厅", "2026-01-31"],
            ["good_day_ratio", "990100", "2025", "81.4", "%", "示例省厅", "2026-01-31"]]  # fmt: skip
GASES = {"so2": 8, "no2": 30, "co": "0.7", "o3_8h": 80, "pm10": 70}


def serial(day: date) -> int:
    return (day - FIRST).days


def particles(site: str, day: date) -> int:
    return 25 + (day.toordinal() * 7 + int(site[-1]) * 5) % 40


def book(path: Path, rows: Sequence[Sequence[object]], merged: Sequence[str], formats: dict[str, str]) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    for cell, shown in formats.items():
        sheet[cell].number_format = shown
    made.save(path)


def workbooks(folder: Path) -> None:
    """As the office keeps them: titles, merged names, serial numbers, full-width figures, sums and remarks."""
    sites = [[*row[:-1], serial(date(2020, 1, 1))] for row in (*AIR_SITES, *SECTIONS)]
    sites[1][3] = sites[3][3] = sites[3][8] = sites[3][9] = None
    head = ["编码", "名称", "类型", "城市代码", "区县代码", "角色", "水体类型", "目标类别", "河流", "流域", "启用日期"]
    sums = ["合计", "4个", None, None, None, None, None, None, None, None, None]
    book(folder / "sites.xlsx", [["站点与断面一览表"], head, *sites, sums],
         ["A1:K1", "D3:D4", "D5:D6", "I5:I6", "J5:J6"], {})  # fmt: skip
    air: list[list[object]] = [["云泽市空气质量日报"], ["站点", "日期", "污染物浓度"],
                               [None, None, "SO2", "NO2", "CO", "O3_8h", "PM10", "ＰＭ２．５"],
                               [None, None, "μg/m3", "μg/m3", "mg/m3", "μg/m3", "μg/m3", "mg/m3"]]  # fmt: skip
    merged = ["A1:H1", "C2:H2", "A2:A4", "B2:B4"]
    for site, *_ in AIR_SITES:
        top = len(air) + 1
        for day in DAYS:
            name = site if len(air) + 1 == top else None
            air.append([name, serial(day), 8, 30, "０．７", 80, 70, particles(site, day) / 1000])
        merged.append(f"A{top}:A{len(air)}")
        air.append(["平均", None, 8, 30, 0.7, 80, 70, 0.04])
    book(folder / "air.xlsx", [*air, ["注：数据未经审核"]], merged, {})
    water: list[list[object]] = [["断面名称", "采样日期", "溶解氧(mg/L)", "氨氮（mg/L）"]]
    merged = []
    for month in MONTHS:
        merged.append(f"B{len(water) + 1}:B{len(water) + 2}")
        water += [["R1", serial(month), "10", 0.4], ["R2", None, 10, "０.9"]]
    book(folder / "water.xlsx", [*water, ["填表人：张三", None, "审核人：李四", None]], merged, {})
    head = ["指标", "范围", "时段", "认定值", "单位", "发布单位", "印发日期"]
    rows = [["pm2_5_annual", "990100", datetime(2025, 1, 1), 38, "ug/m3", "示例省厅", serial(date(2026, 1, 31))],
            ["good_day_ratio", None, None, 0.814, None, None, None]]  # fmt: skip
    book(
        folder / "official.xlsx", [head, *rows], ["B2:B3", "C2:C3", "F2:F3", "G2:G3"], {"C2": 'yyyy"年"', "D3": "0.0%"}
    )


def plain(folder: Path) -> None:
    write_rows(folder / "sites.csv", SITES, [dict(zip(SITES, row, strict=True)) for row in (*AIR_SITES, *SECTIONS)])
    air = [
        {"site": site, "time": day, **GASES, "pm2_5": particles(site, day)} for site, *_ in AIR_SITES for day in DAYS
    ]
    write_rows(folder / "air.csv", ["site", "time", *GASES, "pm2_5"], air)
    water = [{"断面名称": site, "采样日期": month, "溶解氧(mg/L)": 10, "氨氮（mg/L）": value}
             for month in MONTHS for site, value in (("R1", "0.4"), ("R2", "0.9"))]  # fmt: skip
    write_rows(folder / "water.csv", ["断面名称", "采样日期", "溶解氧(mg/L)", "氨氮（mg/L）"], water)
    names = ["indicator", "scope", "period", "value", "unit", "issuer", "issued"]
    write_rows(folder / "official.csv", names, [dict(zip(names, row, strict=True)) for row in OFFICIAL])


def built(folder: Path, kind: str) -> Results:
    (folder / "data").mkdir()
    (workbooks if kind == "xlsx" else plain)(folder / "data")
    (folder / "plans").mkdir()
    (folder / "plans" / "方案.txt").write_text(PLAN, "utf-8")
    feeds = [{"path": f"data/{name}.{kind}", "feed": feed, "review": "national"}
             for name, feed in (("air", "canonical-air-daily"), ("water", "water-manual-wide"))]  # fmt: skip
    write_campaign(folder, region="990100", sample=True, sites=f"data/sites.{kind}", overlays=[str(YUNZE)], feeds=feeds,
                   official=[f"data/official.{kind}"], plans=[{"file": "plans/方案.txt"}], as_of=DAYS[-1])  # fmt: skip
    return build(folder, show=False)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results]:
    return built(tmp_path_factory.mktemp("sheets"), "xlsx"), built(tmp_path_factory.mktemp("text"), "csv")


def told(table: pa.Table, *left_out: str) -> list[dict[str, object]]:
    kept = [name for name in table.column_names if name not in ("known_at", "source", "batch", "line", *left_out)]
    return sorted(table.select(kept).to_pylist(), key=str)


@pytest.mark.parametrize("name", ["progress", "values", "quota", "series"])
def test_every_number_is_the_same(both: tuple[Results, Results], name: str) -> None:
    sheets, text = both
    assert told(text.tables[name])
    assert told(sheets.tables[name], "document") == told(text.tables[name], "document")


def test_the_targets_of_the_basin_are_judged_on_its_sections(both: tuple[Results, Results]) -> None:
    rows = {row["indicator_id"]: row for row in both[0].tables["progress"].to_pylist()}
    assert {"pm2_5_annual", "good_day_ratio", "good_section_ratio", "bad_section_ratio"} <= set(rows)
    assert {rows[name]["scope"] for name in ("good_section_ratio", "bad_section_ratio")} == {"R1+R2"}


def test_nothing_is_refused_and_everything_done_is_told(both: tuple[Results, Results]) -> None:
    sheets, text = both
    assert [results.tables["rejected"].num_rows for results in both] == [0, 0]
    notes = "\n".join(str(note) for note in sheets.run["notes"])
    for file, what in (
        ("sites.xlsx", "4 格日期是 Excel 序列号"), ("sites.xlsx", "合计、平均或附注（合计）"),
        ("air.xlsx", "118 格日期是 Excel 序列号"),
        ("air.xlsx", "2 处合并单元格"), ("air.xlsx", "（平均、注：数据未经审核）"),
        ("water.xlsx", "（填表人：张三）"),
        ("official.xlsx", "2 格日期是 Excel 序列号"), ("official.xlsx", "4 处合并单元格"),
    ):  # fmt: skip
        assert any(file in line and what in line for line in notes.splitlines()), (file, what, notes)
    assert "序列号" not in "".join(str(note) for note in text.run["notes"])
