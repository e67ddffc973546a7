"""Reading of one file: strict cells, places, and faults handed over instead of raised."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qingce.catalog.overlay import Shelf
from qingce.catalog.strict import guarded, read_rows, read_table
from qingce.core.errors import ContentError, QingceError, complain


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_places_point_at_the_key_of_the_section(tmp_path: Path) -> None:
    text = 'a = 1\n\n[one]\nb = 2\nstatus = "x"\n\n["GB 1.2"]\nstatus = "y"\n\n[[case]]\ngiven = { c = "1" }\n'
    table = read_table(file(tmp_path, "t.toml", text))
    asked = {
        table.place(): 1, table.place("a"): 1, table.place("b"): 4, table.place("status"): 5,
        table.place("status", section="GB 1.2"): 8, table.place(section="one"): 3, table.place(section="GB 1.2"): 7,
        table.place("given"): 11, table.place("nowhere"): 1, table.place("nowhere", section="one"): 3,
    }  # fmt: skip
    assert all(place == f"{table.path}:{line}" for place, line in asked.items())


def test_typed_values_of_a_table(tmp_path: Path) -> None:
    table = read_table(
        file(tmp_path, "t.toml", 'a = "x"\nb = 2026-03-01\nc = 3\nd = ["x", "y"]\ne = 0.150\nf = true\n')
    )
    assert (table.text("a"), table.day("b"), table.whole("c"), table.texts("d")) == (
        "x",
        date(2026, 3, 1),
        3,
        ("x", "y"),
    )
    assert table.content["e"] == Decimal("0.150")
    assert (table.text("z"), table.day("z"), table.whole("z", 7), table.texts("z")) == ("", None, 7, ())
    for read, key, expected in (
        (table.text, "c", "文字 a text"),
        (table.day, "a", "YYYY-MM-DD"),
        (table.whole, "f", "整数 a whole number"),
        (table.texts, "a", "文字列表 a list of texts"),
    ):
        with pytest.raises(ContentError, match=rf"QC107: “{key}”的值.*应为{expected}.*t\.toml:\d。"):
            read(key)


def test_a_time_is_not_a_date(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "t.toml", "b = 2026-03-01T00:00:00\n"))
    with pytest.raises(ContentError, match=r"QC107: “b”的值.*应为YYYY-MM-DD"):
        table.day("b")


def test_typed_cells_of_a_row(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", "a,b,c,d\n1.50,7,2026-03-01,\n x ,1.5,2026-13-01,y\n")
    first, second = read_rows(path, required=("a", "b"), optional=("c", "d", "e"))
    assert (first.decimal("a"), first.whole("b"), first.day("c")) == (Decimal("1.50"), 7, date(2026, 3, 1))
    assert (first.cells["d"], first.cells["e"], first.day("d"), first.decimal_or_none("e")) == ("", "", None, None)
    assert second.text("a") == "x"
    assert first.one_of("b", ("7", "8")) == "7"
    for read, key, words in (
        (second.decimal, "a", r"QC107: “a”的值“x”"),
        (second.whole, "b", r"QC107: “b”的值“1\.5”.*整数"),
        (second.day, "c", r"QC107: “c”的值“2026-13-01”.*YYYY-MM-DD"),
        (first.text, "d", r"QC103: 缺少必需的键或列“d”"),
    ):
        with pytest.raises(ContentError, match=rf"{words}.*t\.csv:[23]。"):
            read(key)
    with pytest.raises(ContentError, match=r"QC107: “a”的值“x”.*应为7 \| 8"):
        second.one_of("a", ("7", "8"))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1,5", "１２三", ""])
def test_only_finite_numbers_are_numbers(tmp_path: Path, value: str) -> None:
    (row,) = read_rows(file(tmp_path, "t.csv", f'a,b\n"{value}",x\n'), required=("a", "b"))
    with pytest.raises(ContentError, match=r"QC107: “a”.*数字 a number"):
        row.decimal("a")


def test_a_byte_order_mark_and_blank_lines_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("﻿a,b\r\n\r\n1,2\r\n".encode())
    (row,) = read_rows(path, required=("a", "b"))
    assert (row.line, row.cells) == (3, {"a": "1", "b": "2"})


def test_faults_are_handed_over_and_the_rest_is_read(tmp_path: Path) -> None:
    faults: list[QingceError] = []
    path = file(tmp_path, "t.csv", "a,b,x,x\n1,2,3,4\n1,2\n5,6,7,8\n")
    rows = read_rows(path, required=("a", "b"), report=faults.append)
    assert [row.line for row in rows] == [2, 4]
    assert [(fault.code, fault.place.rpartition(":")[2]) for fault in faults] == [
        ("QC102", "1"), ("QC108", "1"), ("QC101", "3"),
    ]  # fmt: skip


def test_an_unclosed_quote_is_a_fault_of_its_line(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"QC101: .*unexpected end of data.*t\.csv:3"):
        read_rows(file(tmp_path, "t.csv", 'a\n1\n"2\n'), required=("a",))


def test_guarded_hands_over_numbered_errors_only() -> None:
    faults: list[QingceError] = []
    with guarded(faults.append):
        raise complain("QC103", "x:1", {"key": "k"})
    assert [fault.code for fault in faults] == ["QC103"]
    with pytest.raises(ZeroDivisionError, match="division"), guarded(faults.append):
        _ = 1 // 0


def test_a_shelf_keeps_order_and_places() -> None:
    shelf: Shelf[int] = Shelf()
    shelf.put("a", 1, place="f:1")
    shelf.put("b", 2, place="f:2")
    shelf.put("c", 3, place="g:1", supersedes="a")
    shelf.put("b", 4, place="g:2", supersedes="b")
    assert dict(shelf.items) == {"b": 4, "c": 3}
    assert shelf.place("b") == "g:2"
    with pytest.raises(ContentError, match=r"QC108: “b”重复。g:3。.*supersedes"):
        shelf.put("b", 5, place="g:3")
    with pytest.raises(ContentError, match=r"QC106: “d”引用了不存在的“a”。g:4。"):
        shelf.put("d", 5, place="g:4", supersedes="a")
