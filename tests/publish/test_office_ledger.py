"""The ledger as an office opens it: columns, order, print set-up, keys, marks; nothing in it that no table holds."""

from __future__ import annotations

import importlib.util
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from qingce.core.errors import CampaignError
from qingce.publish.office import write_ledger, write_progress_table, write_section_monthly
from qingce.publish.office.grid import Column, Grid, Toned
from qingce.publish.office.workbook import HEADER_ROW, write_workbook
from qingce.publish.results import SCHEMAS, Results

SHEETS = ["目标进度表", "任务台账", "指标清单", "未能绑定", "修复记录", "断面月报", "说明"]
PROGRESS = (
    "指标｜目标及文号｜口径（扣沙、修约）｜认定单位｜截止日｜官方值及审核状态｜测算值｜差值｜同比｜剩余允许值｜概率（内部）｜责任县区"
    "｜原文"
)
SECTIONS = (
    "断面｜国考/省考｜上游县｜下游县｜目标｜本月融合｜上月｜去年同月｜累计类别｜定类因子（倍数）｜剩余月允许均值｜预警"
)
HEAD = HEADER_ROW + 1


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def widened(results: Results) -> Results:
    """The sample with what a year's water leaves: quotas of sections and classes of the year so far."""
    quota = [
        {"target_id": "T-yz-005", "kind": "section_mean", "rule": "strict", "state": state, "part": part, "text": words}
        for part, state, words in (
            ("W3/nh3n", "open", "剩余 7 个月均值 ≤ 0.89"),
            ("W3/codmn", "safe", "不会再超"),
            ("W4/nh3n", "lost", "剩余 7 个月即使为零也超标"),
        )
    ]
    classes = [
        {"id": f"V:{w}", "indicator": "section_class", "scope": w, "value": Decimal(number), "start": start,
         "end": date(2026, 5, 31)}
        for w, number, start in (("W3", 4, date(2026, 1, 1)), ("W1", 2, date(2026, 3, 1)))
    ]  # fmt: skip
    return results.with_tables(
        {
            "quota": pa.concat_tables([results["quota"], pa.Table.from_pylist(quota, SCHEMAS["quota"])]),
            "values": pa.concat_tables([results["values"], pa.Table.from_pylist(classes, SCHEMAS["values"])]),
        }
    )


@pytest.fixture(scope="module")
def results() -> Results:
    made: Results = load("sample_results").sample_results()
    return widened(made)


@pytest.fixture(scope="module")
def book(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("office") / "ledger.xlsx"
    write_ledger(results, path)
    return openpyxl.load_workbook(path)


def head(sheet: Any) -> list[str]:
    found = [column for column in sheet.column_dimensions.values() if column.hidden]
    hidden = {number for column in found for number in range(column.min, column.max + 1)}
    return [cell.value for cell in sheet[HEAD] if cell.column not in hidden]


def body(sheet: Any) -> list[dict[str, Any]]:
    names = [cell.value for cell in sheet[HEAD]]
    last = int(sheet.auto_filter.ref.split(":")[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    rows = sheet.iter_rows(min_row=HEAD + 1, max_row=last)
    return [{name: cell for name, cell in zip(names, row, strict=True)} for row in rows]  # noqa: C416


def test_the_sheets_stand_in_the_order_of_the_office(book: Any) -> None:
    assert book.sheetnames == SHEETS


def test_the_progress_table_has_exactly_its_columns(book: Any) -> None:
    assert "｜".join(head(book["目标进度表"])) == PROGRESS


def test_the_sections_have_exactly_their_columns(book: Any) -> None:
    assert "｜".join(head(book["断面月报"])) == SECTIONS


@pytest.mark.parametrize("name", SHEETS)
def test_every_sheet_is_ready_to_filter_and_print(book: Any, name: str) -> None:
    sheet = book[name]
    assert sheet.freeze_panes.lstrip("ABC") == str(HEAD + 1)
    assert sheet.auto_filter.ref.startswith(f"A{HEAD}:")
    assert sheet.print_title_rows == f"$1:${HEAD}"
    assert sheet.page_setup.orientation == "landscape"
    assert int(sheet.page_setup.paperSize) == 9
    assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((1, 0), (None, 0))
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"


@pytest.mark.parametrize("name", SHEETS)
def test_every_page_says_that_it_is_an_example(book: Any, name: str) -> None:
    sheet = book[name]
    assert "示例数据" in sheet.oddHeader.right.text
    assert "示例数据" in sheet.oddFooter.left.text
    assert "示例数据" in sheet["A2"].value


def test_real_numbers_carry_no_example_mark(results: Results, tmp_path: Path) -> None:
    real = Results(results.tables, {**results.run, "sample": False})
    write_ledger(real, tmp_path / "ledger.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "ledger.xlsx").worksheets:
        assert "示例" not in str(sheet.oddHeader.right.text or "") + str(sheet.oddFooter.left.text) + sheet["A2"].value


def test_unbound_and_waiting_rows_come_first_and_the_worst_next(book: Any, results: Results) -> None:
    codes = [row["状态代码"].value for row in body(book["目标进度表"])]
    ids = [row["目标编号"].value for row in body(book["目标进度表"])]
    bound = {row["target_id"]: row["bound"] for row in results.rows("progress")}
    waiting = [not bound[i] or code in ("awaiting", "unbound") for i, code in zip(ids, codes, strict=True)]
    assert waiting == sorted(waiting, reverse=True)
    assert codes[0] == "unbound"
    rest = [code for code, first in zip(codes, waiting, strict=True) if not first]
    order = ["lost", "not_met", "at_risk", "on_track", "met", "safe"]
    assert rest == sorted(rest, key=order.index)
    assert rest[0] == "lost"
    assert sorted(ids) == sorted(bound), "every target stands there once"


def test_a_row_says_what_the_table_says(book: Any, results: Results) -> None:
    found = {row["目标编号"].value: row for row in body(book["目标进度表"])}
    for row in results.rows("progress"):
        line = found[row["target_id"]]
        assert line["原文"].value == row["quote"]
        if row["bound"] and row["status"] not in ("awaiting", "unbound"):
            assert (line["剩余允许值"].value or "") == (row["quota_text"] or "")
        else:
            assert str(row["reason_text"] or row["status_text"]).endswith(line["剩余允许值"].value)
        assert str(line["指标"].value).startswith(str(row["indicator_name"]))
        assert (line["责任县区"].value or "") == row["owners"]
        if row["own_text"]:
            assert str(line["测算值"].value).startswith(str(row["own_text"]))


def test_what_is_not_reviewed_says_so(book: Any, results: Results) -> None:
    found = {row["目标编号"].value: row for row in body(book["目标进度表"])}
    for row in results.rows("progress"):
        if row["own_text"] and row["own_review"] == "preliminary":
            assert "未审核" in found[row["target_id"]]["测算值"].value
        if row["official_review"] == "national":
            assert "总站审核" in found[row["target_id"]]["官方值及审核状态"].value
            assert "未审核" not in found[row["target_id"]]["官方值及审核状态"].value


def test_status_is_a_colour_and_a_word(book: Any) -> None:
    words = {"lost": "已失守", "safe": "已稳妥", "at_risk": "有风险"}
    fills = {}
    for row in body(book["目标进度表"]):
        code = row["状态代码"].value
        fills[code] = row["指标"].fill.fgColor.rgb
        if code in words:
            assert f"【{words[code]}】" in row["指标"].value
    assert len({fills[code] for code in words}) == 3


def test_a_change_is_printed_with_its_sign(book: Any) -> None:
    changes = {row["目标编号"].value: row["同比"].value for row in body(book["目标进度表"])}
    assert changes["T-yz-001"] == "+1.4"
    assert changes["T-yz-004"] == "-6.2"


def test_tasks_can_be_read_back_by_their_key(book: Any, results: Results) -> None:
    sheet = book["任务台账"]
    rows = body(sheet)
    keys = [row["任务键"].value for row in rows]
    assert keys == [f"{row['document_id']}#{row['path']}" for row in results.rows("tasks")]
    assert len(set(keys)) == len(keys)
    letter = next(cell.column_letter for cell in sheet[HEAD] if cell.value == "任务键")
    assert sheet.column_dimensions[letter].hidden
    assert "｜".join(head(sheet)).startswith("序号｜战役｜任务｜牵头｜配合｜责任单位｜时限｜出处")
    assert rows[0]["时限"].value == "2026年10月"


def test_units_may_choose_a_state_and_nothing_else(book: Any) -> None:
    rules = book["任务台账"].data_validations.dataValidation
    assert len(rules) == 1
    assert "已完成待验收" in rules[0].formula1


def test_what_could_not_be_bound_is_listed_with_its_reason(book: Any, results: Results) -> None:
    rows = body(book["未能绑定"])
    expected = [row for row in results.rows("progress") if not row["bound"] or row["status"] == "unbound"]
    assert [row["目标编号"].value for row in rows] == [row["target_id"] for row in expected]
    assert all(row["未绑定原因"].value for row in rows)


def test_indicators_and_repairs_are_all_there(book: Any, results: Results) -> None:
    assert len(body(book["指标清单"])) == results["targets"].num_rows
    repair = body(book["修复记录"])[0]
    assert (repair["原文"].value, repair["读作"].value) == ("1.2万户", "1.2 万户")
    assert "清洁取暖改造1.2万户" in repair["前后文"].value


def test_sections_show_last_month_last_year_and_the_year(book: Any, results: Results) -> None:
    rows = {row["断面"].value: row for row in body(book["断面月报"])}
    assert len(rows) == 6
    for name, section in (("清河出境", "W3"), ("泽水桥", "W4")):
        now, before, year = (
            results.rows("water_months", where={"section": section, "period": period})[0]["class"]
            for period in ("2026-05", "2026-04", "2025-05")
        )
        words = ("", "Ⅰ类", "Ⅱ类", "Ⅲ类", "Ⅳ类", "Ⅴ类", "劣Ⅴ类")
        assert rows[name]["本月融合"].value == f"{words[int(str(now))]}\n未审核"
        assert rows[name]["上月"].value == words[int(str(before))]
        assert rows[name]["去年同月"].value == words[int(str(year))]
    assert rows["清河出境"]["累计类别"].value == "Ⅳ类"
    assert rows["清河出境"]["剩余月允许均值"].value == "氨氮：剩余 7 个月均值 ≤ 0.89"
    assert rows["泽水桥"]["剩余月允许均值"].value == "氨氮：剩余 7 个月即使为零也超标"
    assert not rows["清河入境"]["累计类别"].value, "a value from March is not the year so far"
    assert rows["清河出境"]["预警"].value == "本月超目标\n累计超目标"


def test_national_sections_come_first(book: Any) -> None:
    roles = [row["国考/省考"].value for row in body(book["断面月报"])]
    assert roles == ["国考"] * 3 + ["省考"] * 3


def test_a_missing_month_says_why(results: Results, tmp_path: Path) -> None:
    write_section_monthly(results, tmp_path / "january.xlsx", "2026-01")
    sheet = openpyxl.load_workbook(tmp_path / "january.xlsx")["断面月报"]
    rows = {row["断面"].value: row for row in body(sheet)}
    assert rows["云溪口"]["本月融合"].value == "未上报"


def test_a_month_that_is_not_there_is_refused(results: Results, tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"QC571: 断面月报没有 2030-01 的数据.*2026-05"):
        write_section_monthly(results, tmp_path / "none.xlsx", "2030-01")


def test_another_ending_is_refused(results: Results, tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"QC572: 不认识的文件后缀“\.pdf”.*\.docx \.xlsx"):
        write_progress_table(results, tmp_path / "table.pdf")


def test_a_place_that_cannot_be_written_is_named(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(CampaignError, match=r"QC570: 文件写不出来.*file.ledger\.xlsx"):
        write_ledger(results, tmp_path / "file" / "ledger.xlsx")


def test_a_failed_write_leaves_the_old_file_and_no_draft(results: Results, tmp_path: Path) -> None:
    target = tmp_path / "ledger.xlsx"
    target.mkdir()
    with pytest.raises(CampaignError, match="QC570"):
        write_ledger(results, target)
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.xlsx"]


def test_the_same_results_are_the_same_bytes(results: Results, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_ledger(results, tmp_path / f"{name}.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_documents_that_were_only_read_still_give_a_ledger(results: Results, tmp_path: Path) -> None:
    read = {name: results[name] for name in ("documents", "clauses", "targets", "tasks", "deadlines", "repairs")}
    write_ledger(Results(read, {"campaign": "某方案"}), tmp_path / "read.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "read.xlsx")["目标进度表"]
    rows = body(sheet)
    assert len(rows) == results["targets"].num_rows
    assert "【仅读取】" in rows[0]["指标"].value
    assert not rows[0]["官方值及审核状态"].value, "nothing is awaited where nothing was judged"


def test_empty_results_say_so_on_every_sheet(tmp_path: Path) -> None:
    write_ledger(Results(), tmp_path / "empty.xlsx")
    book = openpyxl.load_workbook(tmp_path / "empty.xlsx")
    assert book.sheetnames == SHEETS
    said = {name: book[name].cell(HEAD + 1, 1).value for name in SHEETS[:6]}
    assert said == {
        "目标进度表": "没有读到目标", "任务台账": "没有读到任务", "指标清单": "没有读到目标",
        "未能绑定": "未评估，没有绑定结果",
        "修复记录": "没有需要修复的文字", "断面月报": "没有断面数据",
    }  # fmt: skip


def test_words_that_look_like_formulas_stay_words(tmp_path: Path) -> None:
    """A plan's sentence is never executed: neither as a formula nor as a link."""
    grid = Grid(
        "表", "标题", (Column("甲", 20), Column("乙", 8)), [["=1+1", Toned("@SUM(A1)", "bad")], ["http://x", 3]]
    )
    write_workbook((grid,), tmp_path / "a.xlsx", title="标题")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["表"]
    assert [sheet.cell(HEAD + 1, 1).data_type, sheet.cell(HEAD + 1, 1).value] == ["s", "=1+1"]
    assert sheet.cell(HEAD + 2, 1).hyperlink is None
    assert sheet.cell(HEAD + 2, 2).value == 3


def test_long_words_make_a_tall_row(tmp_path: Path) -> None:
    grid = Grid("表", "标题", (Column("甲", 10), Column("乙", 10)), [["短", "短"], ["长" * 60, "短"]])
    write_workbook((grid,), tmp_path / "a.xlsx", title="标题")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["表"]
    assert sheet.row_dimensions[HEAD + 2].height > 8 * sheet.row_dimensions[HEAD + 1].height / 2


def test_no_number_stands_there_that_no_table_holds(book: Any, results: Results) -> None:
    """Every number of the progress sheet is found in the row of the table it stands for."""
    rows = {row["target_id"]: row for row in results.rows("progress")}
    rounded = re.compile(r"^[+-]?\d+\.\d$")
    for line in body(book["目标进度表"]):
        known = " ".join(str(value) for value in rows[line["目标编号"].value].values())
        for name, cell in line.items():
            for number in re.findall(r"\d+(?:\.\d+)?", str(cell.value or "")):
                printed = name == "同比" and rounded.match(str(cell.value))
                assert number in known or number.zfill(2) in known or printed, (name, cell.value)


def test_an_item_without_a_title_is_named_by_its_first_sentence(results: Results, tmp_path: Path) -> None:
    plan = "一、任务\n1.淘汰35蒸吨以下锅炉，逾期停产。其余从略。\n2." + "长" * 80
    tasks = [
        {"document_id": "d", "path": path, "title": "", "start": plan.index(mark), "end": end, "deadline": "R/P1M"}
        for path, mark, end in (("一/1", "1.淘汰", plan.index("\n2.")), ("一/2", "2.长", len(plan)))
    ]
    read = {
        "documents": pa.Table.from_pylist([{"id": "d", "title": "方案", "text": plan}], SCHEMAS["documents"]),
        "tasks": pa.Table.from_pylist(tasks, SCHEMAS["tasks"]),
    }
    write_ledger(Results(read), tmp_path / "a.xlsx")
    rows = body(openpyxl.load_workbook(tmp_path / "a.xlsx")["任务台账"])
    assert [row["任务"].value for row in rows] == ["淘汰35蒸吨以下锅炉，逾期停产", "长" * 60 + "…"]
    assert rows[0]["时限"].value == "每月"
    assert rows[0]["出处"].value == "《方案》\n一/1"


def test_an_official_value_names_the_period_it_is_for(book: Any) -> None:
    cell = next(row for row in body(book["目标进度表"]) if row["目标编号"].value == "T-yz-004")["官方值及审核状态"]
    lines = cell.value.split("\n")
    assert lines[0].startswith("71 ")
    assert "2026年1月—2026年5月" in lines
    assert "总站审核" in lines


def test_a_promise_without_a_number_of_its_own_cites_the_document(results: Results, tmp_path: Path) -> None:
    """A document read without its number carries it in the campaign; then the table of documents knows it."""
    progress = results["progress"]
    blank = pa.nulls(progress.num_rows, pa.string())
    bare = progress.set_column(progress.column_names.index("document_number"), "document_number", blank)
    write_ledger(results.with_tables({"progress": bare}), tmp_path / "a.xlsx")
    rows = body(openpyxl.load_workbook(tmp_path / "a.xlsx")["目标进度表"])
    assert all(row["目标及文号"].value.endswith("云政发〔2026〕9号") for row in rows)


def test_the_allowance_is_that_of_the_section_s_own_class(results: Results, tmp_path: Path) -> None:
    """Held to Ⅳ by one target and to Ⅲ by a share, the section's own Ⅳ is what its line says."""
    own = {"target_id": "T-own", "indicator_id": "section_class", "scope": "W1+W4", "target_value": "3"}
    quota = [
        {"target_id": target, "kind": "section_mean", "state": state, "part": part, "text": words}
        for target, state, part, words in (
            ("T-share", "lost", "W4/tp", "即使为零也超标"),
            ("T-own", "open", "W4/tp/2026", "往后一年 ≤ 9"),
            ("T-own", "open", "W4/nh3n", "≤ 0.60"),
            ("T-share", "open", "W6/nh3n/2026", "≤ 0.70"),
        )
    ]
    made = results.with_tables(
        {
            "progress": pa.concat_tables([results["progress"], pa.Table.from_pylist([own], SCHEMAS["progress"])]),
            "quota": pa.Table.from_pylist(quota, SCHEMAS["quota"]),
        }
    )
    write_section_monthly(made, tmp_path / "a.xlsx")
    rows = {row["断面"].value: row for row in body(openpyxl.load_workbook(tmp_path / "a.xlsx")["断面月报"])}
    assert rows["泽水桥"]["剩余月允许均值"].value == "氨氮：≤ 0.60"
    assert rows["云溪口"]["剩余月允许均值"].value == "氨氮：≤ 0.70"
    assert not rows["清河入境"]["剩余月允许均值"].value
