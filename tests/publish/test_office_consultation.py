"""月度会商: five parts, and a way from every number to where it stands."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE

from qingce.core.errors import CampaignError
from qingce.publish import Results
from qingce.publish.office import write_air_daily, write_consultation
from qingce.publish.results import INTERNAL, SCHEMAS
from qingce.publish.rows import slug

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PARTS = ("一、发生了什么", "二、为什么", "三、还剩多少", "四、预计如何", "五、建议", "附：数字出处")
WEATHER = {
    "id": "W1", "indicator": "pm2_5_annual", "scope": "990100", "period": "2021—2025", "observed": -21.0,
    "weather": -6.5, "effort": -14.5, "skill": 0.83,
}  # fmt: skip


@pytest.fixture(scope="module")
def written(sample: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out") / "月度会商.docx"
    write_consultation(sample.with_tables({"weather": pa.Table.from_pylist([WEATHER])}), path)
    return path


@pytest.fixture(scope="module")
def document(written: Path) -> Any:
    return Document(str(written))


def paragraphs(document: Any) -> list[str]:
    """Every paragraph with the words of its links."""
    return ["".join(node.text or "" for node in p._p.iter(f"{W}t")) for p in document.paragraphs]


def cells(table: Any) -> list[list[str]]:
    """The words of a table's cells, those of links included."""
    return [
        ["".join(node.text or "" for node in cell.iter(f"{W}t")) for cell in row.iter(f"{W}tc")]
        for row in table._tbl.iter(f"{W}tr")
    ]


def index_of(document: Any) -> dict[str, list[str]]:
    """The index at the end: mark → what, id, page."""
    return {line[0]: line[1:] for line in cells(document.tables[-1])[1:]}


def test_it_has_the_five_parts_in_order_and_the_index(document: Any) -> None:
    told = paragraphs(document)
    assert [line for line in told if line in PARTS] == list(PARTS)
    assert told[1] == "云泽市污染防治攻坚月度会商材料"
    assert any("示例数据" in line for line in told)
    assert any("不作为考核依据" in line for line in told)


def test_every_paragraph_with_a_number_carries_a_mark(document: Any) -> None:
    told = paragraphs(document)
    body = told[told.index(PARTS[0]) : told.index(PARTS[-1])]
    bare = [line for line in body if re.search(r"\d", re.sub(r"PM2\.5|PM10|O[₃3]-8h", "", line)) and "[" not in line]
    assert bare == []


def test_every_table_of_figures_has_a_column_of_marks(document: Any) -> None:
    index = index_of(document)
    assert len(document.tables) >= 4
    for table in document.tables[:-1]:
        lines = cells(table)
        assert lines[0][-1] == "出处"
        for line in lines[1:]:
            assert set(re.findall(r"\[\d+\]", line[-1])) <= set(index)
            assert re.fullmatch(r"(\[\d+\])+", line[-1]), line


def test_marks_are_numbered_without_gaps_and_lead_to_the_index(document: Any) -> None:
    index = index_of(document)
    assert list(index) == [f"[{n}]" for n in range(1, len(index) + 1)]
    tree = document.element.body
    places = {mark.get(f"{W}name") for mark in tree.iter(f"{W}bookmarkStart")}
    anchors = {link.get(f"{W}anchor") for link in tree.iter(f"{W}hyperlink")} - {None}
    assert anchors == places == {f"source_{n}" for n in range(1, len(index) + 1)}
    numbers = [mark.get(f"{W}id") for mark in tree.iter(f"{W}bookmarkStart")]
    assert len(set(numbers)) == len(numbers)


def test_every_row_of_the_index_leads_to_a_page_that_is_there(document: Any, site: Path) -> None:
    links = [rel.target_ref for rel in document.part.rels.values() if rel.reltype == RELATIONSHIP_TYPE.HYPERLINK]
    pages = [page for _, _, page in index_of(document).values()]
    assert sorted(set(links)) == sorted({page if page.startswith("results/") else f"site/{page}" for page in pages})
    for link in links:
        name, _, anchor = link.partition("#")
        if not name.startswith("site/"):
            assert name == "results/weather.parquet"
            continue
        file = site.parent / name
        assert file.is_file(), link
        if anchor:
            assert f'id="{anchor}"' in file.read_text("utf-8"), link


def test_a_target_leads_to_its_page_and_an_outlook_to_its_fan(document: Any) -> None:
    pages = {what: page for what, _, page in index_of(document).values()}
    assert pages["目标：PM2.5年均浓度≤ 39 μg/m³（云政发〔2026〕9号）"] == "targets/T-yz-001.html"
    assert pages["研判（内部）：PM2.5年均浓度，季节分块自助，2026-05-31 作出"] == "targets/T-yz-001.html#outlook"
    assert pages["断面 清河出境 本月各因子"] == f"month.html#S-{slug('W3')}"


def test_the_warnings_say_how_far_why_and_what_they_need(document: Any) -> None:
    told = "\n".join(paragraphs(document))
    assert "1.PM2.5年均浓度（云泽市）≤ 39 μg/m³。达标概率一周内由 58% 降到 37%" in told
    assert "夜间21时至次日6时为主。" in told
    assert "控制要求：剩余 214 天均值须 ≤ 36.89" in told
    assert "现状：已超过 3 天，无法完成" in told, "what is lost has no allowance to keep"
    assert "措施和分工由会商确定" in told


def test_weather_apart_from_effort_stands_in_the_briefing_and_on_no_page(document: Any, site: Path) -> None:
    told = "\n".join(paragraphs(document))
    assert (
        "天帮忙、人努力（内部）。pm2_5_annual 2021—2025：实测变化 −21.0%，其中气象贡献 −6.5%，减排贡献 −14.5%" in told
    )
    assert "留出检验 R² 0.83" in told
    for page in site.rglob("*.html"):
        assert "人努力" not in page.read_text("utf-8"), page


def test_counties_stand_in_the_order_of_their_table_with_their_review_state(sample: Results, tmp_path: Path) -> None:
    common = {"period": "2026-05", "change_text": "下降4.7%", "good_measured": "96.8", "review": "preliminary"}
    listed = [
        {
            **common,
            "place": place,
            "scope": "990100",
            "scope_name": name,
            "text": "30.6",
            "heavy": "0",
            "composite": "3.77",
        }
        for place, name in ((1, "泽南县"), (1, "泽北县"), (3, "云西区"))
    ]
    older = {**listed[0], "period": "2026-04", "scope_name": "旧"}
    counties = pa.Table.from_pylist([older, *listed], SCHEMAS["air_counties"])
    write_consultation(sample.with_tables({"air_counties": counties}), tmp_path / "x.docx")
    document = Document(str(tmp_path / "x.docx"))
    table = next(t for t in document.tables if cells(t)[0][0] == "名次")
    assert [line[:2] for line in cells(table)[1:]] == [["1", "泽南县"], ["1", "泽北县"], ["3", "云西区"]]
    assert cells(table)[1][2:7] == ["30.6", "下降4.7%", "96.8", "0", "3.77"]
    assert any("2026年5月县区空气质量（初审·未审核，仅供会商，不通报）" in line for line in paragraphs(document))


def test_what_cannot_be_told_apart_says_why(sample: Results, tmp_path: Path) -> None:
    row = {**WEATHER, "observed": None, "weather": None, "effort": None, "reason": "留出检验 R² 0.11 过低"}
    write_consultation(sample.with_tables({"weather": pa.Table.from_pylist([row])}), tmp_path / "x.docx")
    told = "\n".join(paragraphs(Document(str(tmp_path / "x.docx"))))
    assert "pm2_5_annual 2021—2025 未能分解：留出检验 R² 0.11 过低" in told
    assert "其中气象贡献" not in told


def test_the_outlook_is_listed_least_likely_first(document: Any) -> None:
    table = next(t for t in document.tables if cells(t)[0][1] == "达标概率")
    lines = cells(table)[1:]
    assert [line[1] for line in lines] == ["0%", "37%", ">99%", "100%", "—"]
    assert lines[1][2:4] == ["40.1", "37.4～43.9 μg/m³"]
    assert "断面历史不足 3 年" in lines[4][4]


def test_a_class_of_water_is_printed_by_its_word(sample: Results, tmp_path: Path) -> None:
    row = sample["outlook"].to_pylist()[0] | {
        "unit": "class", "p10": Decimal(3), "p50": Decimal(4), "p90": Decimal(6), "p10_text": "3", "p50_text": "4"
    }  # fmt: skip
    write_consultation(
        sample.with_tables({"outlook": pa.Table.from_pylist([row], SCHEMAS["outlook"])}), tmp_path / "x.docx"
    )
    table = next(t for t in Document(str(tmp_path / "x.docx")).tables if cells(t)[0][1] == "达标概率")
    assert cells(table)[1][2:4] == ["Ⅳ类", "Ⅲ类～劣Ⅴ类"]


def test_the_months_share_of_a_target_in_trouble_is_printed(document: Any) -> None:
    table = next(t for t in document.tables if cells(t)[0][1] == "月份")
    lines = cells(table)[1:]
    assert [line[1] for line in lines] == [f"2026年{month}月" for month in range(6, 13)]
    assert lines[0][2] == "30 天均值 ≤ 28.10"


def test_the_same_results_are_the_same_bytes(sample: Results, tmp_path: Path) -> None:
    for name in ("a.docx", "b.docx"):
        write_consultation(sample, tmp_path / name)
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()


def test_without_any_outlook_it_says_so(sample: Results, tmp_path: Path) -> None:
    write_consultation(sample.public(), tmp_path / "x.docx")
    told = "\n".join(paragraphs(Document(str(tmp_path / "x.docx"))))
    assert "没有研判结果：历史数据不足，或没有可以推算的目标；只列剩余允许值。" in told
    assert "一周内没有目标的把握明显下降。" in told
    assert "降到" not in told


def test_a_campaign_without_anything_still_gives_a_document(tmp_path: Path) -> None:
    write_consultation(Results({}, {"region_name": "某市", "as_of": "2026-05-31"}), tmp_path / "x.docx")
    told = paragraphs(Document(str(tmp_path / "x.docx")))
    assert [line for line in told if line in PARTS] == list(PARTS)
    assert "没有不能完成或有风险的目标。" in told
    assert not any("示例数据" in line for line in told)


def test_a_place_that_cannot_be_written_is_told(sample: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(CampaignError, match=r"QC570: .*月度会商\.docx"):
        write_consultation(sample, tmp_path / "file" / "月度会商.docx")


def test_word_gets_well_formed_parts(written: Path) -> None:
    from lxml import etree

    with zipfile.ZipFile(written) as parts:
        body = etree.fromstring(parts.read("word/document.xml"))
        relations = etree.fromstring(parts.read("word/_rels/document.xml.rels"))
    known = {node.get("Id") for node in relations}
    space = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    used = {node.get(space) for node in body.iter(f"{W}hyperlink")} - {None}
    assert used
    assert used <= known
    assert [node for node in body.iter() if not isinstance(node.tag, str)] == []


def test_the_public_results_hold_no_chance(sample: Results) -> None:
    public = sample.public()
    assert not set(INTERNAL) & set(public.tables)
    assert public["progress"]["probability"].null_count == public["progress"].num_rows > 0
    assert sample["outlook"].num_rows > 0, "the results themselves keep it"
    assert Results({}, {}).public().tables == {}


# --- the three days to come -----------------------------------------------------------------------------------------


def sheet(results: Results, tmp_path: Path, day: date) -> str:
    write_air_daily(results, tmp_path / "d.docx", day)
    return "\n".join(paragraphs(Document(str(tmp_path / "d.docx"))))


def test_the_daily_sheet_prints_three_days_of_the_blended_forecast(sample: Results, tmp_path: Path) -> None:
    told = sheet(sample, tmp_path, date(2026, 5, 31))
    assert "2026年6月1日：AQI 65～95，首要污染物 O3-8h；2026年6月2日：AQI 75～105" in told
    assert "2026年6月3日" in told
    assert "2026年6月4日" not in told


def test_a_forecast_made_later_than_the_sheet_is_not_used(sample: Results, tmp_path: Path) -> None:
    told = sheet(sample, tmp_path, date(2026, 5, 30))
    assert "2026年6月1日：AQI 64～95" in told, "the one made on the day itself, not the one of the 31st"


def test_one_value_is_printed_as_one_value(sample: Results, tmp_path: Path) -> None:
    row = {"issuer": "x", "site": "990100", "parameter": "aqi", "made_on": date(2026, 5, 31), "day": date(2026, 6, 1)}
    table = pa.Table.from_pylist([{**row, "value": 88}], SCHEMAS["forecasts"])
    told = sheet(sample.with_tables({"forecasts": table}), tmp_path, date(2026, 5, 31))
    assert "2026年6月1日：AQI 88" in told
    assert "～88" not in told
