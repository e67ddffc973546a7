"""`qingce evaluate` of files as offices have them: the same answer whatever the wrapping, or a numbered error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from qingce.app.evaluating import evaluate_file
from qingce.core.errors import QingceError

Rows = list[list[str]]
AIR = [["site", "city", "time", "so2", "no2", "co", "o3", "pm10", "pm2_5"]]
AIR += [["A1", "甲市", f"2026-05-01T{h:02d}:00:00+08:00", "7", "41", "0.9", "24", "92", str(60 + h)] for h in range(24)]
LONG = ["site", "parameter", "time", "span", "value", "unit", "类别"]
WELL = [LONG, *(["井1", p, "2026-05-06", "sample", v, u, ""]
                for p, v, u in (("ph", "7.2", ""), ("nh3n", "0.4", "mg/L"), ("hardness", "430", "mg/L")))]  # fmt: skip
NOISE = [LONG, *(["N1", p, "2026-05-06", "P1D", v, "dB(A)", "2类"] for p, v in (("ld", "58.1"), ("ln", "49.6")))]
SOIL = [LONG, *(["T1", p, "2026-05-06", "sample", v, u, "水田"]
                for p, v, u in (("ph", "6.8", ""), ("cd", "0.35", "mg/kg"), ("pb", "88", "mg/kg")))]  # fmt: skip
DUST = [LONG, ["D1", "dustfall", "2026-05-01", "P1M", "5.2", "t/(km2·month)", "汾渭"]]
RIVER = [LONG[:-1], *(["断面1", p, "2026-05-06", "sample", v, "" if p == "ph" else "mg/L"]
                      for p, v in (("ph", "7.6"), ("do", "6.8"), ("codmn", "3.4"), ("nh3n", "0.61")))]  # fmt: skip
MEDIA = {"air": AIR, "groundwater": WELL, "noise": NOISE, "soil": SOIL, "dustfall": DUST, "surface-water": RIVER}
FULL = str.maketrans("0123456789.", "０１２３４５６７８９．")


def text(rows: Rows, mark: str = ",") -> str:
    return "".join(mark.join(row) + "\r\n" for row in rows)


def sheet(rows: Rows, *, title: bool) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        book = openpyxl.Workbook()
        page = book.worksheets[0]
        if title:
            page.append(["某市监测数据汇总表"])
            page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(rows[0]))
            page.append(["填报单位：某某站"])
        for row in rows:
            page.append(row)
        book.save(folder / "表.xlsx")
        return folder / "表.xlsx"

    return write


def wrapped(rows: Rows) -> dict[str, Callable[[Path], Path] | bytes]:
    """The same rows as they come from offices."""
    at = rows[0].index("value") if "value" in rows[0] else rows[0].index("pm2_5")
    wide = [rows[0], *([*row[:at], row[at].translate(FULL), *row[at + 1 :]] for row in rows[1:])]
    return {
        "gb18030": text(rows).encode("gb18030"),
        "bom": text(rows).encode("utf-8-sig"),
        "utf-16": text(rows).encode("utf-16"),
        "semicolon": text(rows, ";").encode(),
        "tab": text(rows, "\t").encode(),
        "cr": text(rows).replace("\r\n", "\r").encode(),
        "blank lines": ("\r\n\r\n" + text(rows)).encode(),
        "full width": text(wide).encode(),
        "twice": text(rows + rows[1:]).encode(),
        "sheet": sheet(rows, title=False),
        "sheet below a title": sheet(rows, title=True),
    }


def judged(medium: str, folder: Path, made: Callable[[Path], Path] | bytes) -> list[dict[str, object]]:
    if isinstance(made, bytes):
        (folder / "表.csv").write_bytes(made)
        return evaluate_file(medium, folder / "表.csv", out=folder / "o.csv").to_pylist()
    return evaluate_file(medium, made(folder), out=folder / "o.csv").to_pylist()


@pytest.mark.parametrize("medium", MEDIA)
def test_the_wrapping_changes_no_answer(tmp_path: Path, medium: str) -> None:
    rows = MEDIA[medium]
    plain = judged(medium, tmp_path, text(rows).encode())
    assert len(plain) >= 1
    for name, made in wrapped(rows).items():
        assert judged(medium, tmp_path, made) == plain, name


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(lambda _rows: b"", "QC201", id="nothing"),
        pytest.param(lambda _rows: b" \r\n\r\n", "QC201", id="blanks"),
        pytest.param(lambda rows: text(rows[:1]).encode(), "QC613", id="header-only"),
        pytest.param(lambda rows: bytes(range(128, 256)) * 40, "QC202", id="noise"),
        pytest.param(lambda rows: text(rows).replace("2026-05", "2026-55").encode(), "QC613", id="no-time"),
        pytest.param(lambda rows: text([[row[0] * (not i), *row[1:]] for i, row in enumerate(rows)]).encode(), "QC613",
                     id="no-site"),
        pytest.param(lambda rows: text([[c for c, n in zip(row, rows[0], strict=True) if n != "time"]
                                        for row in rows]).encode(), "QC609", id="no-time-column"),
    ],
)  # fmt: skip
def test_what_holds_nothing_is_a_numbered_error(
    tmp_path: Path, medium: str, spoil: Callable[[Rows], bytes], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(QingceError, match=code):
        judged(medium, tmp_path, spoil(MEDIA[medium]))
    assert not (tmp_path / "o.csv").exists(), "no result beside an error"
    told = capsys.readouterr().err
    assert code != "QC613" or "QC2" in told or "只有表头" in told, "each refused cell is told before"


@pytest.mark.parametrize("medium", ["groundwater", "noise", "soil", "dustfall", "surface-water"])
@pytest.mark.parametrize(
    ("column", "word", "code"), [("parameter", "unobtainium", "QC205"), ("unit", "furlong", "QC203")]
)
def test_unknown_parameters_and_units_alone_end_in_an_error(
    tmp_path: Path, medium: str, column: str, word: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    at = MEDIA[medium][0].index(column)
    rows = [MEDIA[medium][0], *([*row[:at], word, *row[at + 1 :]] for row in MEDIA[medium][1:])]
    with pytest.raises(QingceError, match="QC613"):
        judged(medium, tmp_path, text(rows).encode())
    assert code in capsys.readouterr().err


def test_a_year_mistyped_does_not_fill_the_centuries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = [*AIR[-1]]
    last[2] = last[2].replace("2026", "2999")
    assert len(judged("air", tmp_path, text([*AIR, last]).encode())) == 1
    assert "QC209" in capsys.readouterr().err


MIDNIGHTS = [datetime(2026, 5, day) for day in (1, 2, 3)]
HOURS = [datetime(2026, 5, 1, hour) for hour in range(24)]


def table(path: Path, times: Sequence[object], *, shown: str = "", sites: int = 1) -> Path:
    """A plain sheet or text of one value a site and time, sorted by time."""
    rows = [["site", "time", "pm2_5"], *([f"站{n}", time, 35] for time in times for n in range(sites))]
    if path.suffix == ".csv":
        path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), "utf-8")
        return path
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    for cell in book.worksheets[0]["B"][1:] if shown else ():
        cell.number_format = shown
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "times", "shown", "sites", "daily"),
    [
        ("dates.xlsx", [time.date() for time in MIDNIGHTS], "", 1, True),
        ("shown.xlsx", MIDNIGHTS, "yyyy-mm-dd", 1, True),
        ("pandas.xlsx", MIDNIGHTS, "yyyy-mm-dd hh:mm:ss", 1, True),
        ("pandas.csv", MIDNIGHTS, "", 1, True),
        ("dates.csv", [time.date() for time in MIDNIGHTS], "", 20, True),
        ("hours.xlsx", HOURS, "yyyy-mm-dd hh:mm", 1, False),
        ("many.xlsx", HOURS, "yyyy-mm-dd hh:mm", 20, False),
        ("hours.csv", HOURS, "", 1, False),
        ("many.csv", HOURS, "", 20, False),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_days_are_told_from_hours(
    tmp_path: Path, name: str, times: Sequence[object], shown: str, sites: int, daily: bool
) -> None:
    path = table(tmp_path / name, times, shown=shown, sites=sites)
    found = evaluate_file("air", path, out=tmp_path / "o.csv", by="site", period="day")
    assert {str(value) for value in found["pm2_5"].to_pylist()} == {"35.000000"}
    assert set(found["n_pm2_5"].to_pylist()) == (
        {None} if daily else {24}
    )  # a daily mean that is given counts no hours


def test_what_is_refused_of_a_list_of_sites_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sites.csv").write_text("站点,城市,经度\n站0,太原市,\n站1,太原市,东经\n合计,2,\n", "utf-8")
    table(tmp_path / "f.csv", HOURS, sites=2)
    evaluate_file(
        "air", tmp_path / "f.csv", out=tmp_path / "o.csv", by="site", period="day", sites=tmp_path / "sites.csv"
    )
    told = capsys.readouterr().err
    assert "sites.csv:3: QC206 经度 “东经” “东经”不是数" in told
    assert "sites.csv:1：第 4 行是合计、平均或附注（合计），不作数据" in told
