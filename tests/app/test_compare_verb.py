"""`qingce compare` from the command line: JSON, Excel, page, table, wrong use; and what a build tells."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from qingce.app.cli import app
from qingce.app.comparing import compare_paths, weave
from qingce.catalog import load_catalog
from qingce.core.errors import CampaignError
from qingce.plans import read_document

PROVINCE = """云山省人民政府
云山省污染防治行动计划
云政发〔2024〕1号
（2024年5月1日）
一、主要目标
到2027年，全省细颗粒物年均浓度达到32微克/立方米以下，优良天数比率达到86%，湿地保护率达到55%。
"""
CITY = """青溪市人民政府
青溪市污染防治行动计划
青政发〔2024〕7号
（2024年8月1日）
一、主要目标
到2027年，全市细颗粒物年均浓度达到30微克/立方米以下，优良天数比率完成省下达目标。建成并网风电300万千瓦、光伏450万千瓦，新能源发电装机规模达到700万千瓦。
"""
BUREAU = """白石市人民政府
白石市污染防治行动计划
（2024年9月1日）
一、主要目标
因省控点位调整，到2027年，全市细颗粒物年均浓度达到29微克/立方米以下，优良天数比率达到87%。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("province", PROVINCE), ("city", CITY), ("other", BUREAU)):
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["compare", *words], catch_exceptions=False)
    return done.exit_code, done.output


def test_the_rows_of_the_contract(folder: Path) -> None:
    status, output = run(str(folder / "province.txt"), str(folder / "city.txt"), "--json", "-")
    answer = json.loads(output)
    assert status == 0
    assert [(c["relation"], c["first"]["number"]) for c in answer["comparisons"]] == [("cascade", "云政发〔2024〕1号")]
    rows = {(row["indicator_id"], row["kind"]): row for row in answer["rows"]}
    tightened = rows["pm2_5_annual", "stricter"]
    assert set(tightened) == {
        "relation",
        "kind",
        "indicator_id",
        "indicator",
        "first",
        "second",
        "text",
        "text_en",
        "note",
    }
    assert {"document", "id", "quote", "start", "end", "value", "unit", "deadline"} <= set(tightened["first"])
    for side, text in (("first", PROVINCE), ("second", CITY)):
        assert text[tightened[side]["start"] : tightened[side]["end"]] == tightened[side]["quote"]
    resolved = rows["good_day_ratio", "resolved"]
    assert (resolved["first"]["document"], resolved["first"]["value"]) == ("province", 86)
    assert "云政发〔2024〕1号" in resolved["note"]
    assert any(row["note"] == "300 + 450 = 750 > 700 万千瓦" for row in answer["rows"])
    assert "table" not in answer


def test_a_finding_is_no_failure(folder: Path) -> None:
    status, output = run(str(folder / "province.txt"), str(folder / "city.txt"))
    assert status == 0
    assert "层层加码" in output


def test_the_workbook_has_filters_and_a_frozen_head(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "比对.xlsx"
    run(str(folder), "--table", "--xlsx", str(path), "--json", str(tmp_path / "x.json"))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["比对", "目标并列表"]
    for sheet in book:
        assert sheet.auto_filter.ref
        assert sheet.freeze_panes
        assert sheet.print_title_rows == "$1:$3"
    heads = [cell.value for cell in book["比对"][3]]
    assert heads[:5] == ["序号", "结论", "指标", "文件一", "原文一"]
    verdicts = {row[1].value for row in book["比对"].iter_rows(min_row=4) if isinstance(row[0].value, int)}
    assert "严于上级（层层加码），未见说明" in verdicts
    assert "严于上级，已说明理由" in verdicts
    across = [cell.value for cell in book["目标并列表"][3]]
    assert len(across) == 4
    first = [cell.value for cell in book["目标并列表"][4]]
    assert "30 微克/立方米（2027）" in "".join(map(str, first))


def test_the_page_opens_by_itself(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "比对.html"
    run(str(folder), "--table", "--html", str(path))
    page = path.read_text("utf-8")
    assert not re.search(r'(?:href|src)="(?!#|data:)', page)
    assert '<mark class="h-target">全市细颗粒物年均浓度达到30微克/立方米以下</mark>' in page
    assert "理由：“因省控点位调整”" in page
    assert page.index("层层加码") < page.index("下级文件没有对应目标")
    assert "目标并列表" in page


def test_who_promises_what(folder: Path) -> None:
    table = compare_paths([folder], table=True).to_dict()["table"]
    assert isinstance(table, list)
    rows = [(row["indicator_id"], row["document_id"], row["text"]) for row in table]
    assert rows[0][0] == "pm2_5_annual"
    assert ("good_day_ratio", "city", "全市 完成上级下达（2027）") in rows
    assert {row[1] for row in rows if row[0] == "pm2_5_annual"} == {"province", "city", "other"}


def test_one_side_may_be_a_folder(folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "up"
    alone.mkdir()
    (folder / "province.txt").rename(alone / "plan.txt")
    (folder / "city.txt").rename(folder / "plan.txt")
    compared = compare_paths([alone, folder / "plan.txt"])
    assert [c.relation for c in compared.comparisons] == ["cascade"]
    ids = [r.document.id for r in compared.readings]
    assert ids == ["plan", "plan-2"]
    assert all(t.id.startswith("T-plan-2-") for t in compared.readings[1].targets)


def test_wrong_use_is_named(folder: Path) -> None:
    with pytest.raises(CampaignError, match="QC614: 只有 1 份文件"):
        compare_paths([folder / "city.txt"])
    with pytest.raises(CampaignError, match="QC606: 不认识的参数值“sideways”"):
        compare_paths([folder], relation="sideways")
    with pytest.raises(CampaignError, match="QC608"):
        compare_paths([folder / "none.txt", folder])


def test_a_build_tells_what_a_person_must_look_at(folder: Path) -> None:
    catalog = load_catalog()
    readings = [read_document(path, catalog) for path in sorted(folder.glob("*.txt"))]
    woven = weave(readings, catalog)
    kinds = set(woven.tables["comparisons"]["kind"].to_pylist())
    assert {"stricter", "stricter_stated", "resolved", "parts_exceed_whole"} <= kinds
    assert not kinds & {"same", "missing", "extra", "only_first", "only_second"}
    assert woven.superseded == {}


def test_a_later_letter_of_the_campaign_takes_the_plans_place(folder: Path) -> None:
    catalog = load_catalog()
    letter = folder / "letter.txt"
    letter.write_text(
        "青溪市生态环境局\n关于调整2027年目标的通知\n青环函〔2026〕3号\n（2026年2月1日）\n"
        "到2027年，全市细颗粒物年均浓度达到31微克/立方米以下。\n", "utf-8",
    )  # fmt: skip
    readings = [read_document(path, catalog) for path in (folder / "city.txt", letter)]
    woven = weave(readings, catalog)
    gone = next(t.id for t in readings[0].targets if t.indicator_id == "pm2_5_annual")
    assert list(woven.superseded) == [gone]
    rows = woven.tables["history"].to_pylist()
    assert [(row["document_id"], row["change"], row["value_text"]) for row in rows] == [
        ("city", "set", "<= 30 微克/立方米"), ("letter", "changed", "<= 31 微克/立方米"),
    ]  # fmt: skip
    assert "contradiction" not in woven.tables["comparisons"]["kind"].to_pylist()
