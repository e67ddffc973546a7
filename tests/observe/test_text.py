"""Text as it comes: encodings, delimiters, broken quotes; no line is ever lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.core.errors import ObservationError
from qingce.observe.frame import fold, pick, split_unit
from qingce.observe.text import BrokenLine, Record, decode, records, sniff

CHINESE = "站点,时间,细颗粒物\n云溪区㐂站,2026-01-01 08:00,35\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_found(encoding: str):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert decode(mark + CHINESE.encode(encoding)) == CHINESE


def test_gbk_and_gb2312_are_parts_of_gb18030():
    text = "站点,细颗粒物\n太原,35\n" * 20
    assert decode(text.encode("gb2312")) == decode(text.encode("gbk")) == text


def test_four_byte_gb18030_is_read():
    text = "地名,𠮷㐂㙍\n" * 5
    assert decode(text.encode("gb18030")) == text


def test_a_declared_encoding_is_obeyed_or_refused():
    assert decode("å".encode("latin-1"), encoding="latin-1") == "å"
    with pytest.raises(ObservationError, match=r"QC202: .*f\.csv.*file\.encoding"):
        decode(b"\xff\xff", encoding="ascii", place="f.csv")
    with pytest.raises(ObservationError, match=r"QC202: .*unknown encoding"):
        decode(b"a", encoding="no-such", place="f.csv")


def test_few_damaged_bytes_do_not_turn_utf8_into_something_else():
    raw = ("云溪区监测站\n" * 50).encode() + b"\xff\n" + "泽阳\n".encode()
    text = decode(raw)
    assert text.count("\ufffd") == 1
    assert text.count("云溪区监测站") == 50


def test_few_damaged_bytes_do_not_turn_gb18030_into_something_else():
    raw = ("云溪区监测站\n" * 50).encode("gb18030") + b"\xff\n"
    text = decode(raw)
    assert text.count("云溪区监测站") == 50
    assert text.count("\ufffd") == 1


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\ufffd\x00"), min_size=1))
def test_utf8_text_is_never_changed(text: str):
    assert decode(text.encode()) == text or text.encode().startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))


@pytest.mark.parametrize(
    ("lines", "header", "mark"),
    [
        (["a,b,c"], (), ","),
        (["a;b;c"], (), ";"),
        (["a\tb\tc"], (), "\t"),
        (["一，二，三"], (), "，"),
        (["alone"], (), ","),
        ([], (), ","),
        (["标题；2026；年", "site,time,value"], ("time", "value"), ","),
    ],
)
def test_the_delimiter_is_that_of_the_header(lines: list[str], header: tuple[str, ...], mark: str):
    assert sniff(lines, header=header) == mark


def cells(text: str, width: int | None = None) -> list[object]:
    return [
        (item.line, item.cells) if isinstance(item, Record) else (item.line, item.reason.split()[0])
        for item in records(text, delimiter=",", width=width)
    ]


def test_rows_know_their_lines():
    assert cells('a,b\n\n"x\ny",2\n3,4\n') == [(1, ["a", "b"]), (3, ["x\ny", "2"]), (5, ["3", "4"])]
    quoted = [item for item in records('"x\ny",2\n', delimiter=",") if isinstance(item, Record)]
    assert (quoted[0].line, quoted[0].last) == (1, 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('1,2\n"3,4\n5,6\n', [(1, ["1", "2"]), (2, "引号不配对"), (3, ["5", "6"])]),
        ('1,2\n"3,4\n5,6"\n7,8\n', [(1, ["1", "2"]), (2, "引号没有闭合"), (3, ["5", '6"']), (4, ["7", "8"])]),
        ('1,"a"b\n5,6\n', [(1, "引号不配对"), (2, ["5", "6"])]),
        ('1,"say ""hi"""\n', [(1, ["1", 'say "hi"'])]),
        ("1,\ufffd\n2,3\n", [(1, "有损坏的字节"), (2, ["2", "3"])]),
        ("1,\x00\n2,3\n", [(1, "有损坏的字节"), (2, ["2", "3"])]),
    ],
)
def test_a_broken_line_is_named_and_the_next_is_read(text: str, told: list[object]):
    assert cells(text, width=2) == told


def test_a_quote_open_for_ever_does_not_swallow_the_file():
    body = '"open,1\n' + "".join(f"{n},{n}\n" for n in range(1000))
    found = list(records(body, delimiter=",", width=2))
    assert isinstance(found[0], BrokenLine)
    assert len(found) == 1001


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\x00\ufffd"), max_size=6), min_size=3, max_size=3
        )
    )
)
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows)
    got = [item.cells for item in records(stream.getvalue(), delimiter=",", width=3) if isinstance(item, Record)]
    # A row of one blank cell prints as an empty line; a row has three cells here, so none is blank as a whole.
    kept = [row for row in rows if max(cell.count("\n") for cell in row) < 4]
    assert [row for row in got if row in kept] == [row for row in kept if row in got]
    assert all(row in got for row in kept)


@given(st.text(st.sampled_from('a1,"\n '), max_size=200))
def test_every_line_that_is_not_blank_is_somewhere(text: str):
    seen: set[int] = set()
    texts: list[str] = []
    for item in records(text, delimiter=",", width=3):
        last = item.last if isinstance(item, Record) else item.line
        seen |= set(range(item.line, last + 1))
        texts.append("".join(item.cells) if isinstance(item, Record) else item.text)
    assert {n for n, line in enumerate(text.split("\n"), 1) if line.strip()} <= seen
    assert "".join(texts).count("a") == text.count("a")
    assert "".join(texts).count("1") == text.count("1")


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("溶解氧(mg/L)", "溶解氧", "mg/L"),
        ("溶解氧（mg/L）", "溶解氧", "mg/L"),
        ("PM2.5 [μg/m³]", "PM2.5", "μg/m³"),
        ("水温(℃)", "水温", "℃"),
        ("站点", "站点", ""),
        ("(mg/L)", "(mg/L)", ""),
    ],
)
def test_a_header_and_its_unit(header: str, name: str, unit: str):
    assert split_unit(header) == (name, unit)


def test_headers_are_compared_without_width_case_and_blanks():
    assert fold("ＰＭ 2.5\n") == fold("pm2.5")
    assert pick(["Site", "监测 时间", "x"], ["time", "监测时间"]) == 1
    assert pick(["a"], ["b"]) is None
