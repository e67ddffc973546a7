"""The first rows of a file as cells, whatever its encoding, delimiter or kind."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qingce.core.errors import QingceError
from qingce.observe import glimpse

TEXT = "站点,时间,值\r\n城南井,2026-05-01,1.5\r\n"
CELLS = [["站点", "时间", "值"], ["城南井", "2026-05-01", "1.5"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "；"], ids=["comma", "semicolon", "tab", "wide"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_text_file_is_seen_as_ingest_reads_it(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    file = tmp_path / "表.csv"
    file.write_bytes(("\r\n \r\n" + TEXT).replace(",", delimiter).replace("\r\n", end).encode(encoding))
    assert glimpse(file) == CELLS


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_long_file_is_cut_between_letters(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "长.csv"
    file.write_bytes((TEXT + "城南井,2026-05-01,一二三\r\n" * 40_000).encode(encoding))
    assert glimpse(file, rows=2) == CELLS


def test_a_sheet_below_its_title(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["某市汇总表"], *CELLS):
        book.worksheets[0].append(row)
    book.worksheets[0].merge_cells("A1:C1")
    book.save(tmp_path / "表.xlsx")
    assert glimpse(tmp_path / "表.xlsx") == [["某市汇总表", "", ""], *CELLS]


def test_a_parquet_file_has_its_names(tmp_path: Path) -> None:
    pq.write_table(pa.table({"site": ["a"], "值": [1]}), tmp_path / "t.parquet")
    assert glimpse(tmp_path / "t.parquet") == [["site", "值"]]


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("a.csv", b"", "QC201"),
        ("a.csv", b"\n \r\n", "QC201"),
        ("a.csv", bytes(range(128, 256)) * 40, "QC202"),
        ("a.xlsx", b"PK\x03\x04 nonsense", "QC200"),
        ("a.parquet", b"PAR1junkPAR1", "QC200"),
    ],
)
def test_what_is_no_such_file_is_told_by_number(tmp_path: Path, name: str, raw: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(QingceError, match=f"{code}.*{name}"):
        glimpse(tmp_path / name)
