"""Tables in a document: task lists by their column heads, yearly targets by county, indicator and month. 表格。"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from qingce.core.records import Task
from qingce.plans.battles import battle_of
from qingce.plans.grammar.dates import find_dates
from qingce.plans.grammar.draft import Draft, Page
from qingce.plans.indicators import Finder, name_indicator
from qingce.plans.owners import split_units
from qingce.plans.phrases import Phrases
from qingce.plans.view import View

__all__ = ["Cell", "Table", "find_tables", "table_targets", "table_tasks"]

_LINE = re.compile(r"[^\n]+")
_PLACE_HEAD = re.compile(r"^(?:县|区|市|州|地区|单位|区域|行政区|所在地|乡镇|各)[^，。]{0,8}$|县.{0,3}区|市.{0,3}县")
_UNIT = re.compile(r"[（(](?P<unit>[^（）()]{1,12})[）)]$|[，/](?P<plain>%)$")
_MONTH = re.compile(r"(?P<month>1[0-2]|[1-9])月(?:份|底|末)?$")
_YEAR = re.compile(r"(20\d\d)年")
_NUMBER = re.compile(
    r"(?P<sign>≤|≥|<|>|不高于|不低于)?(?P<number>\d+(?:\.\d+)?)(?P<unit>%|天|微克/立方米)?(?P<suffix>以上|以下|以内|左右)?"
)
_SIGNS = {"≤": "<=", "≥": ">=", "<": "<", ">": ">", "不高于": "<=", "不低于": ">="}
_SUFFIXES = {"以上": ">=", "以下": "<=", "以内": "<=", "左右": "~"}
_FEWEST = 2
_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell and where it begins in the view."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells that follow one another; `caption` is the line above."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    start: int


def find_tables(text: str) -> list[Table]:
    """Find runs of lines with tabs."""
    tables: list[Table] = []
    rows: list[tuple[Cell, ...]] = []
    end = caption_end = -1
    for match in _LINE.finditer(text) if "\t" in text else ():
        if "\t" not in match[0]:
            continue
        if rows and match.start() != end + 1:
            tables.append(_table(text, rows, caption_end))
            rows = []
        if not rows:
            caption_end = match.start()
        rows.append(_cells(match))
        end = match.end()
    return [*tables, _table(text, rows, caption_end)] if rows else tables


def _table(text: str, rows: list[tuple[Cell, ...]], begin: int) -> Table:
    above = text[max(0, begin - 120) : begin].rstrip("\n").rsplit("\n", 1)[-1]
    return Table(tuple(rows), above, begin)


def _cells(match: re.Match[str]) -> tuple[Cell, ...]:
    cells, place = [], match.start()
    for part in match[0].split("\t"):
        cells.append(Cell(part.strip(), place))
        place += len(part) + 1
    return tuple(cells)


@cache
def _fields(phrases: Phrases) -> dict[str, str]:
    return dict(phrases.lookup("columns", "field"))


def _field(head: str, phrases: Phrases) -> str:
    """What a column holds by its head; the longest known word that it contains decides."""
    bare = re.sub(r"（.*?）|\s", "", head)
    known = _fields(phrases)
    if len(bare) > 12:
        return ""
    return known.get(bare) or next((known[word] for word in phrases.words("columns") if word in bare), "")


def _heads(table: Table, phrases: Phrases) -> list[str]:
    """The fields of a task table's columns; empty if its first row names no task."""
    fields = [_field(cell.text, phrases) for cell in table.rows[0]]
    work = {"task", "measure", "issue", "goal"}
    return fields if work & set(fields) and sum(bool(f) for f in fields) >= _FEWEST else []


def table_tasks(page: Page, view: View, chapter: Callable[[int], str], *, issued: str) -> Iterator[Task]:
    """Read the rows of task tables; the path of a row is its chapter's and its 序号."""
    for table in find_tables(page.text):
        fields = _heads(table, page.phrases)
        for count, row in enumerate(table.rows[1:], 1) if fields else ():
            cells = _by_field(row, fields)
            words = next((cells[name].text for name in ("task", "issue", "goal", "measure") if cells.get(name)), "")
            if words and len(row) >= _FEWEST:
                path = "/".join(part for part in (chapter(table.start), _number(cells, count)) if part)
                yield _task(page, view, row, cells=cells, path=path, words=words, issued=issued)


def _by_field(row: tuple[Cell, ...], fields: list[str]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for field, cell in zip(fields, row, strict=False):
        if field and cell.text:
            cells.setdefault(field, cell)
    return cells


def _number(cells: dict[str, Cell], count: int) -> str:
    return cells["number"].text.strip("．.、") if "number" in cells else str(count)


def _task(
    page: Page, view: View, row: tuple[Cell, ...], *, cells: dict[str, Cell], path: str, words: str, issued: str
) -> Task:
    start, end = view.span(row[0].start, max(row[-1].start + len(row[-1].text), row[0].start + 1))
    units = {
        name: tuple(split_units(cells[name].text)) if name in cells else ()
        for name in ("lead", "support", "responsible")
    }
    dates = find_dates(cells["deadline"].text, page.phrases, issued=issued) if "deadline" in cells else []
    measures = (cells["measure"].text,) if "measure" in cells else ()
    title = re.split(r"[。；]", words)[0][:_LONGEST_TITLE]
    return Task(
        path,
        title,
        start,
        end,
        units["lead"],
        units["support"],
        units["responsible"],
        measures,
        dates[-1].date if dates else "",
        battle_of(words, page.phrases),
    )


def table_targets(page: Page, find: Finder, *, issued: str) -> Iterator[Draft]:
    """Read tables of targets: places down, indicators (and months) across."""
    for table in find_tables(page.text):
        first = _first_values(table)
        if first < 1 or _heads(table, page.phrases) or not _PLACE_HEAD.search(table.rows[0][0].text):
            continue
        year = _year(table, issued)
        for column in range(1, min(len(row) for row in table.rows[: first + 1])):
            head = list(dict.fromkeys(table.rows[i][column].text for i in range(first)))
            yield from _column(page, table, (first, column), head=head, find=find, year=year)


def _first_values(table: Table) -> int:
    """The first row whose second cell is a number; the rows above are the head."""
    for i, row in enumerate(table.rows):
        if len(row) >= _FEWEST and _NUMBER.fullmatch(row[1].text):
            return i
    return -1


def _year(table: Table, issued: str) -> str:
    words = table.caption + "".join(cell.text for cell in table.rows[0])
    years = _YEAR.findall(words)
    return years[-1] if years else issued[:4]


def _column(
    page: Page, table: Table, place: tuple[int, int], *, head: list[str], find: Finder, year: str
) -> Iterator[Draft]:
    """The cells of one column, from the row where values begin."""
    first, column = place
    month = next((m for m in (_MONTH.search(words) for words in head) if m), None)
    name = "".join(words for words in head if not _MONTH.search(words)) or table.caption
    unit = _UNIT.search(name)
    printed = _YEAR.sub("", name[: unit.start()] if unit else name).removesuffix("目标")
    named = name_indicator(printed, (unit["unit"] or unit["plain"]) if unit else "", phrases=page.phrases, find=find)
    if not named.id and unit is None:
        return
    for row in table.rows[first:]:
        value = _NUMBER.fullmatch(row[column].text) if column < len(row) else None
        if value is None or not row[0].text:
            continue
        draft = Draft(row[column].start, row[column].start + len(row[column].text), printed, row[0].text)
        draft.value, draft.unit = Decimal(value["number"]), value["unit"] or ((unit["unit"] or "%") if unit else "")
        draft.value_start, draft.value_end = row[column].start + value.start("number"), draft.end
        draft.comparator = _comparator(value, named.direction)
        draft.deadline = f"{year}-{int(month['month']):02d}" if month and year else year
        draft.confidence = 0.85
        draft.because(
            "indicator",
            table.rows[0][column].start,
            table.rows[0][column].start + len(table.rows[0][column].text),
            rule="table-head",
        )
        draft.because("scope", row[0].start, row[0].start + len(row[0].text), rule="table-row")
        yield draft


def _comparator(value: re.Match[str], direction: str) -> str:
    printed = _SIGNS.get(value["sign"] or "") or _SUFFIXES.get(value["suffix"] or "")
    return printed or ("<=" if direction == "lower" else ">=")
