"""Word outputs: the house style, the daily air sheet, the briefing with its annexes."""

from __future__ import annotations

import importlib.util
import re
import tomllib
import zipfile
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from docx import Document

from qingce.core.errors import CampaignError
from qingce.publish.office import write_air_daily, write_briefing, write_progress_table, write_section_monthly
from qingce.publish.results import SCHEMAS, Results

DAY = date(2026, 5, 31)
AIR = "站点/县区｜PM2.5｜PM10｜O3-8h｜NO2｜SO2｜CO｜AQI｜首要污染物｜月累计｜年累计｜同比｜排名"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results() -> Results:
    made: Results = load("sample_results").sample_results()
    return made


@pytest.fixture(scope="module")
def full(results: Results) -> Results:
    """The sample with everything a daily sheet may show."""
    cumulative = [
        {"subject": subject, "day": DAY, "month_mean": Decimal("28.41"), "year_mean": Decimal("41.993377"),
         "change": Decimal("1.42"), "rank": rank}
        for subject, rank in (("990100", None), ("A1", 2), ("A2", 5))
    ]  # fmt: skip
    hours = [
        {"site": "A1", "site_name": "云泽师范学院", "county_name": "云东县", "time": datetime(2026, 5, day, 22 - i),
         "parameter": "pm10", "value": Decimal(190 - 3 * i), "unit": "ug/m3", "iaqi": 120 - i}
        for day in (31, 30) for i in range(12)
    ]  # fmt: skip
    quota = [{"target_id": "T-yz-001", "kind": "hours", "text": "前15小时均值66，其余9小时均值须 ≤ 51.3"}]
    forecast = [
        {"day": date(2026, 6, day), "aqi_low": 60 + day, "aqi_high": 90 + day, "primary": "o3_8h", "text": None}
        for day in (1, 2, 3, 4)
    ]
    return results.with_tables(
        {
            "air_cumulative": pa.Table.from_pylist(cumulative, SCHEMAS["air_cumulative"]),
            "air_top_hours": pa.Table.from_pylist(hours, SCHEMAS["air_top_hours"]),
            "air_forecast": pa.Table.from_pylist(forecast, SCHEMAS["air_forecast"]),
            "quota": pa.concat_tables([results["quota"], pa.Table.from_pylist(quota, SCHEMAS["quota"])]),
        }
    )


def written(path: Path) -> Any:
    return Document(str(path))


def words(document: Any) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def table(document: Any, number: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[number].rows]


def faces(paragraph: Any) -> set[str]:
    return {run._r.rPr.rFonts.get(f"{W}eastAsia") for run in paragraph.runs}


@pytest.fixture(scope="module")
def air(full: Results, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("office") / "air.docx"
    write_air_daily(full, path, DAY)
    return written(path)


@pytest.fixture(scope="module")
def briefing(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("office") / "briefing.docx"
    write_briefing(results, path)
    return written(path)


def test_the_daily_sheet_has_exactly_its_columns(air: Any) -> None:
    assert "｜".join(table(air, 0)[0]) == AIR


def test_the_city_stands_first_then_every_site(air: Any) -> None:
    names = [row[0] for row in table(air, 0)[1:]]
    assert names[0] == "云泽市"
    assert names[1] == "云泽师范学院\n云东县"
    assert len(names) == 7


def test_the_daily_sheet_prints_the_table_s_values(air: Any, results: Results) -> None:
    row = results.rows("air_city_days", where={"day": DAY})[0]
    line = table(air, 0)[1]
    assert line[1:4] == [str(int(Decimal(str(row[name])))) for name in ("pm2_5", "pm10", "o3_8h")]
    assert line[6] == "0.6"
    assert line[7] == f"{row['aqi']}\n良"
    assert line[9:] == ["28.4", "42.0", "+1.4", "—"]
    assert table(air, 0)[2][12] == "2"


def test_ten_highest_hours_of_the_day_and_no_more(air: Any) -> None:
    rows = table(air, 1)
    assert rows[0] == ["序号", "时间", "站点", "县区", "项目", "浓度", "IAQI"]
    assert len(rows) == 11
    assert rows[1] == ["1", "05月31日 22时", "云泽师范学院", "云东县", "PM10", "190 μg/m³", "120"]
    assert all(row[1].startswith("05月31日") for row in rows[1:])


def test_the_rest_of_the_day_and_three_days_ahead(air: Any) -> None:
    said = words(air)
    assert "前15小时均值66，其余9小时均值须 ≤ 51.3" in said
    assert "2026年6月1日：AQI 61～91，首要污染物 O3-8h" in said
    assert "2026年6月4日" not in said


def test_the_footer_says_unreviewed(air: Any) -> None:
    footer = air.sections[0].footer.paragraphs[0].text
    assert footer.startswith("未审核")
    assert "示例数据" in footer
    assert air.sections[0].header.paragraphs[0].text == "示例数据"


def test_without_more_tables_the_year_comes_from_the_target_and_the_rest_is_left_out(
    results: Results, tmp_path: Path
) -> None:
    bare = results.with_tables({"forecasts": SCHEMAS["forecasts"].empty_table()})  # type: ignore[union-attr]
    write_air_daily(bare, tmp_path / "air.docx", DAY)
    document = written(tmp_path / "air.docx")
    assert "无预报数据" in words(document)
    assert table(document, 0)[1][9:] == ["—", "42.0", "+1.4", "—"]
    assert table(document, 0)[2][9:] == ["—", "—", "—", "—"]


def test_the_highest_hours_are_picked_from_the_hours_as_received(results: Results, tmp_path: Path) -> None:
    write_air_daily(results, tmp_path / "air.docx", DAY)
    lines = table(written(tmp_path / "air.docx"), 1)[1:]
    where = {"parameter": "pm2_5", "site": "A1"}
    hours = [row for row in results.rows("hours", where=where) if str(row["time"]).startswith("2026-05-31")]
    expected = sorted((row["value"] for row in hours if row["value"] is not None), reverse=True)[:10]  # type: ignore[type-var]
    assert [line[5] for line in lines] == [f"{int(value)} μg/m³" for value in expected]  # type: ignore[call-overload]
    assert lines[0][2:5] == ["云泽师范学院", "云东县", "PM2.5"]


def test_without_any_hours_it_says_so(results: Results, tmp_path: Path) -> None:
    bare = results.with_tables({"hours": results["hours"].slice(0, 0)})
    write_air_daily(bare, tmp_path / "air.docx", DAY)
    assert "\n无小时数据\n" in words(written(tmp_path / "air.docx"))


def test_an_absent_value_names_its_reason(results: Results, tmp_path: Path) -> None:
    gone = next(row for row in results.rows("air_site_days") if row["absent_pm2_5"])
    write_air_daily(results, tmp_path / "air.docx", gone["day"])  # type: ignore[arg-type]
    lines = table(written(tmp_path / "air.docx"), 0)
    line = next(row for row in lines if row[0].startswith(str(gone["subject_name"])))
    assert line[1] == "有效数据不足"
    assert line[7] == "NA\n有效数据不足"


def test_a_primary_pollutant_may_be_printed_by_its_full_name(results: Results, tmp_path: Path) -> None:
    days = results["air_city_days"]
    place = days.column_names.index("primary")
    named = days.set_column(place, "primary", pa.array(["颗粒物(PM10),臭氧8小时"] * days.num_rows))
    write_air_daily(results.with_tables({"air_city_days": named}), tmp_path / "air.docx", DAY)
    document = written(tmp_path / "air.docx")
    assert table(document, 0)[1][8] == "PM10\nO3-8h"
    assert table(document, 1)[1][4] == "PM10", "the highest hours are those of the first primary pollutant"


def test_an_exceptional_day_says_so(results: Results, tmp_path: Path) -> None:
    write_air_daily(results, tmp_path / "air.docx", date(2026, 3, 9))
    assert table(written(tmp_path / "air.docx"), 0)[1][0] == "云泽市\n例外事件日"


def test_a_day_without_air_is_refused(results: Results, tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"QC571: 空气日报没有 2031-01-01 的数据.*2026-05-31"):
        write_air_daily(results, tmp_path / "air.docx", date(2031, 1, 1))
    with pytest.raises(CampaignError, match=r"QC571: .*可选：无"):
        write_air_daily(Results(), tmp_path / "air.docx", DAY)


def test_page_and_faces_are_those_of_the_declared_style(briefing: Any) -> None:
    style = tomllib.loads(files("qingce").joinpath("data/templates/office/document.toml").read_text("utf-8"))
    section = briefing.sections[0]
    edges = [section.top_margin, section.bottom_margin, section.left_margin, section.right_margin]
    assert [round(edge.mm) for edge in edges] == [style["page"][f"{s}_mm"] for s in ("top", "bottom", "left", "right")]
    title = next(p for p in briefing.paragraphs if p.text.endswith("调度简报"))
    assert faces(title) == {style["fonts"]["title"][0]}
    assert title.runs[0].font.size.pt == style["size"]["title"]
    head = next(p for p in briefing.paragraphs if p.text.startswith("一、"))
    assert faces(head) == {style["fonts"]["first"][0]}
    text = next(p for p in briefing.paragraphs if p.text.startswith("本期共梳理"))
    assert faces(text) == {style["fonts"]["body"][0]}
    assert text.paragraph_format.line_spacing.pt == style["size"]["line"]
    assert style["status"] == "unread"
    assert style["question"]


def test_free_families_stand_in_for_the_named_ones(results: Results, tmp_path: Path) -> None:
    write_briefing(results, tmp_path / "a.docx")
    fonts = zipfile.ZipFile(tmp_path / "a.docx").read("word/fontTable.xml").decode("utf-8")
    assert re.search(r'name="仿宋_GB2312"><w:altName w:val="[^"]*Noto Serif CJK SC', fonts)
    styles = zipfile.ZipFile(tmp_path / "a.docx").read("word/styles.xml").decode("utf-8")
    assert 'w:eastAsia="en-US"' not in styles


def test_the_briefing_is_a_draft_that_nobody_signed(briefing: Any) -> None:
    said = words(briefing)
    assert "（第　　期）" in said
    assert re.search(r"编制：　+审核：　+签发：　+", said)
    assert not re.search(r"〔20\d\d〕\d+号$", said.split("\n")[1])


def test_the_briefing_tells_every_chapter(briefing: Any) -> None:
    heads = [p.text for p in briefing.paragraphs if re.match("[一二三四五六]、", p.text)]
    assert heads == [
        "一、总体情况", "二、需先办理的事项", "三、不能完成或有风险的目标", "四、进展正常的目标", "五、地表水断面",
        "六、数据与口径说明",
    ]  # fmt: skip


def test_the_briefing_names_every_target_once_before_the_annexes(briefing: Any, results: Results) -> None:
    items = [p.text for p in briefing.paragraphs if re.match(r"\d+\.", p.text) and "责任：" in p.text]
    waiting, normal = table(briefing, 1)[1:], table(briefing, 2)[1:]
    assert len(items) + len(waiting) + len(normal) == results["progress"].num_rows
    lost = next(text for text in items if "重污染天数" in text)
    assert "已失守" in lost
    assert "市生态环境局" in lost
    assert ["未能绑定", "目录中没有对应指标"] in [row[3:5] for row in waiting]
    assert all(row[4] and not row[4].startswith(row[3]) for row in waiting), "the reason does not repeat the status"


def test_the_annex_holds_the_judged_targets_only(briefing: Any) -> None:
    rows = table(briefing, 3)[1:]
    assert len(rows) == 7
    assert not any("未能绑定" in row[0] or "待反馈" in row[0] for row in rows)


def test_a_clause_that_was_not_read_is_admitted(briefing: Any) -> None:
    assert "HJ 663-2026：统计有效性第 5 章未读到正式文本" in words(briefing)


def test_the_annexes_lie_across_and_repeat_their_heads(briefing: Any) -> None:
    assert [s.page_width > s.page_height for s in briefing.sections] == [False, True, True]
    for found in briefing.tables[3:]:
        first = found.rows[0]._tr.trPr
        assert first.find(f"{W}tblHeader") is not None
        assert all(row._tr.trPr.find(f"{W}cantSplit") is not None for row in found.rows)
    assert briefing.tables[3].rows[0].cells[0].text == "指标"
    assert "附件1" in words(briefing)
    assert "附件2" in words(briefing)


def test_every_page_carries_a_number(briefing: Any) -> None:
    for section in briefing.sections:
        xml = section.footer._element.xml
        assert "PAGE" in xml
        assert "示例数据" in section.header.paragraphs[0].text


def test_an_empty_campaign_still_gives_a_briefing(tmp_path: Path) -> None:
    write_briefing(Results(run={"campaign": "空", "region_name": "某市"}), tmp_path / "empty.docx")
    said = words(written(tmp_path / "empty.docx"))
    assert "无未能绑定或待反馈的目标" in said
    assert "无断面数据" in said
    assert "示例" not in said


@pytest.mark.parametrize("write", [write_briefing, write_progress_table, write_section_monthly])
def test_the_same_results_are_the_same_bytes(write: Any, results: Results, tmp_path: Path) -> None:
    write(results, tmp_path / "one.docx")
    write(results, tmp_path / "two.docx")
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()


def test_the_progress_table_stands_alone_too(results: Results, tmp_path: Path) -> None:
    write_progress_table(results, tmp_path / "progress.docx")
    document = written(tmp_path / "progress.docx")
    assert len(document.tables[0].rows) == results["progress"].num_rows + 1
    assert "目标编号" not in [cell.text for cell in document.tables[0].rows[0].cells], "keys are for Excel only"
    assert "未审核" in document.sections[0].footer.paragraphs[0].text


ORDER = {
    "pPr": ["pStyle", "keepNext", "keepLines", "numPr", "spacing", "ind", "jc", "rPr", "sectPr"],
    "rPr": ["rFonts", "b", "color", "sz"],
    "tblPr": ["tblStyle", "tblW", "tblLayout", "tblCellMar"],
    "tcPr": ["tcW", "shd", "vAlign"],
}
"""Order of children as the schema of WordprocessingML wants it; Word calls a file that breaks it damaged."""


def test_the_markup_keeps_the_order_word_wants(full: Results, tmp_path: Path) -> None:
    write_briefing(full, tmp_path / "a.docx")
    write_air_daily(full, tmp_path / "b.docx", DAY)
    for name in ("a.docx", "b.docx"):
        for tag, order in ORDER.items():
            for item in written(tmp_path / name).element.body.iter(f"{W}{tag}"):
                found = [child.tag.removeprefix(W) for child in item]
                assert found == sorted(found, key=order.index), (name, tag, found)


def test_words_of_a_plan_never_break_the_markup(results: Results, tmp_path: Path) -> None:
    progress = results["progress"]
    odd = pa.array(["<w:p>&\x07“一”"] * progress.num_rows)
    made = results.with_tables({"progress": progress.set_column(progress.column_names.index("quote"), "quote", odd)})
    write_progress_table(made, tmp_path / "a.docx")
    assert table(written(tmp_path / "a.docx"), 0)[1][12] == "<w:p>&“一”"
