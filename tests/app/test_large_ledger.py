"""A task list as long as offices keep them (162 tasks and more) becomes a ledger that filters and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.utils import range_boundaries
from tests.effort import spent

from qingce.app.cli import app

CHAPTERS = ("大气环境治理", "水环境治理", "土壤污染防治", "能力建设")
PER_CHAPTER = 42
UNITS = ("市生态环境局", "市水务局", "市住房城乡建设局", "市农业农村局", "市发展改革委")


def task_list(chapters: int = len(CHAPTERS)) -> str:
    """168 tasks in four tables, every one different; the first of the tables on request."""
    lines = ["青溪市2026年污染防治攻坚战重点任务清单", "（2026年2月9日）"]
    number = 0
    for chapter, title in enumerate(CHAPTERS[:chapters]):
        lines += [f"{'一二三四'[chapter]}、{title}", "序号\t重点任务\t牵头单位\t配合单位\t完成时限"]
        for _ in range(PER_CHAPTER):
            number += 1
            lead, support = UNITS[number % 5], UNITS[(number + 1) % 5]
            task = f"完成第{number}号工程建设，建成处理设施{number}座"
            lines.append(f"{number}\t{task}\t{lead}\t{support}、各县（区）人民政府\t2026年{number % 12 + 1}月底前")
    return "\n".join(lines) + "\n"


def written(folder: Path, text: str) -> Path:
    """Read a list of tasks into a ledger by the command."""
    (folder / "任务清单.txt").write_text(text, "utf-8")
    words = ["read", str(folder / "任务清单.txt"), "--xlsx", str(folder / "台账.xlsx")]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    return folder / "台账.xlsx"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return openpyxl.load_workbook(written(tmp_path_factory.mktemp("ledger"), task_list()))


def test_four_times_the_tasks_cost_four_times_as_much(tmp_path: Path) -> None:
    few, many = (spent(lambda n=n: written(tmp_path, task_list(n)), times=2) for n in (1, len(CHAPTERS)))
    assert many < 10 * few, (few, many)


def rows(ledger: Any) -> list[dict[str, Any]]:
    sheet = ledger["任务台账"]
    heads = [cell.value for cell in sheet[3]]
    found = [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=4)]
    return [row for row in found if isinstance(row["序号"], int)]


def test_every_task_has_its_row(ledger: Any) -> None:
    found = rows(ledger)
    assert len(found) == len(CHAPTERS) * PER_CHAPTER >= 162
    for number, row in enumerate(found, 1):
        assert row["任务"].startswith(f"完成第{number}号工程建设")
        assert row["牵头"] == UNITS[number % 5]
        assert row["配合"] == f"{UNITS[(number + 1) % 5]}、各县（区）人民政府"
        assert row["时限"] == f"2026年{number % 12 + 1}月"
    assert len({row["任务键"] for row in found}) == len(found)


def test_filters_reach_from_the_head_to_the_last_task(ledger: Any) -> None:
    sheet = ledger["任务台账"]
    left, top, right, bottom = range_boundaries(sheet.auto_filter.ref)
    assert (left, top) == (1, 3)
    assert right == sheet.max_column, "the hidden keys are sorted with their rows"
    assert bottom == 3 + len(rows(ledger))
    assert sheet.freeze_panes == "A4"


def test_heads_are_printed_on_every_page(ledger: Any) -> None:
    for sheet in ledger:
        assert sheet.print_title_rows == "$1:$3", sheet.title
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight in (0, "0"), "one page wide, as many as it takes"


def test_columns_to_fill_in_offer_their_words(ledger: Any) -> None:
    sheet = ledger["任务台账"]
    (choice,) = sheet.data_validations.dataValidation
    assert "已完成待验收" in choice.formula1
    left, top, right, bottom = range_boundaries(str(choice.sqref))
    assert (left, top, bottom) == (right, 4, 3 + len(rows(ledger)))
