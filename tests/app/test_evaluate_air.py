"""`qingce evaluate air…` in one line: a small Chinese file through each air medium, its options and its refusals."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from qingce.app.evaluating import evaluate_file
from qingce.core.errors import QingceError
from qingce.evaluate import MEDIA, OPTIONS

HEAD = "site,city,time,so2,no2,co,o3_8h,pm10,pm2_5\n"
CASES: dict[str, tuple[str, dict[str, str]]] = {
    "air-change": ("month", {"indicator": "pm2_5_annual", "period": "2026-05", "text": "23.0", "told": "下降50.0%"}),
    "air-ranking": ("month", {"period": "2026-05", "place": "1", "text": "3.43", "unreviewed": "1"}),
    "air-improvement": ("month", {"period": "2026-05", "place": "1", "last_period": "2025-05", "change": "-37.41"}),
    "air-tally": ("month", {"period": "2026-05", "n": "31", "l1": "0", "l2": "31", "good_share": "100"}),
    "air-exceedance": ("", {"time": "2025-05-01", "parameter": "pm10", "multiple": "0.03"}),
    "air-compliance": ("year", {"period": "2025", "parameter": "all", "met": ""}),
    "air-trend": ("month", {"indicator": "pm2_5_annual", "n": "2", "values": "46 23.0", "told": ""}),
}


def months(*of: tuple[int, int, int, int]) -> str:
    """Rows of whole months: (year, month, pm10, pm2_5)."""
    lines = []
    for year, month, pm10, pm25 in of:
        day = date(year, month, 1)
        while day.month == month:
            lines.append(f"甲,云泽市,{day},9,14,1.1,96,{pm10},{pm25}\n")
            day += timedelta(1)
    return HEAD + "".join(lines)


def rows_of(medium: str, tmp_path: Path, *, text: str, **more: object) -> list[dict[str, str]]:
    source, out = tmp_path / "日值.csv", tmp_path / "结果.csv"
    source.write_text(text, "utf-8")
    options = {name: more.pop(name) for name in ("state", "scheme", "preview") if name in more}
    evaluate_file(medium, source, out=out, options=options, **more)  # type: ignore[arg-type]
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_air_medium_has_a_case_here() -> None:
    assert set(CASES) == {medium for medium in MEDIA if medium.startswith("air-")}
    assert set(OPTIONS) == {*CASES, "air"}


@pytest.mark.parametrize("medium", CASES)
def test_a_small_file_in_one_line(medium: str, tmp_path: Path) -> None:
    period, expected = CASES[medium]
    text = months((2025, 5, 154, 46), (2026, 5, 77, 23))
    more: dict[str, object] = {"preview": True} if "preview" in OPTIONS[medium] else {}
    rows = rows_of(medium, tmp_path, text=text, period=period, **more)
    keys = ("indicator", "parameter", "period")
    wanted = [row for row in rows if all(row[key] == expected[key] for key in keys if key in expected and key in row)]
    line = wanted[0] | {"time": wanted[0].get("day", "")}
    assert {name: line[name] for name in expected} == expected


@pytest.mark.parametrize(
    "period", ["month", "quarter", "half-year", "season", "ytd", "rolling-12", "rolling-31d", "year", "three-year"]
)
def test_every_period_of_the_command_line(period: str, tmp_path: Path) -> None:
    rows = rows_of("air", tmp_path, text=months((2026, 5, 77, 23)), period=period)
    assert {row["n_pm2_5_annual"] for row in rows} == {"31"}
    spans = {
        "season": "2026-03-01/2026-05-31", "ytd": "2026-01-01/2026-05-31", "half-year": "2026-01-01/2026-06-30",
        "rolling-12": "2025-06-01/2026-05-31", "rolling-31d": "2026-05", "three-year": "2024-01-01/2026-12-31",
    }  # fmt: skip
    assert rows[0]["time"] == spans.get(period, {"quarter": "2026-Q2", "year": "2026"}.get(period, "2026-05"))


def test_a_ranking_of_unreviewed_data_is_refused_without_a_preview(tmp_path: Path) -> None:
    with pytest.raises(QingceError, match=r"QC261: 云泽市 2026-05 的审核状态.*总站审核"):
        rows_of("air-ranking", tmp_path, text=months((2026, 5, 77, 23)), period="month")


def test_an_option_that_a_medium_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QingceError, match=r"QC262: “air”没有选项 scheme。.*air-improvement, air-ranking"):
        rows_of("air", tmp_path, text=months((2026, 5, 77, 23)), scheme="weighted")


def test_a_scheme_of_weights(tmp_path: Path) -> None:
    rows = rows_of("air-ranking", tmp_path, text=months((2026, 5, 77, 23)), scheme="weighted", preview=True)
    assert rows[0]["text"] == "5.92"


def test_a_list_of_exceptional_days_gives_both_series(tmp_path: Path) -> None:
    text = months((2026, 5, 40, 20)).replace(
        "云泽市,2026-05-03,9,14,1.1,96,40,20", "云泽市,2026-05-03,9,14,1.1,96,700,90"
    )
    listed = tmp_path / "例外.csv"
    listed.write_text(
        'id,scope,kind,start,end,parameters,status\nS1,甲,sand,2026-05-03,2026-05-03,"pm10,pm2_5",总站认定\n', "utf-8"
    )
    rows = rows_of("air-tally", tmp_path, text=text, period="month", exceptions=listed)
    assert [(row["series"], row["heavy_days"], row["events"]) for row in rows] == [
        ("measured", "2026-05-03", ""), ("deducted", "", "S1"),
    ]  # fmt: skip
    days = rows_of("air", tmp_path, text=text, exceptions=listed)
    assert [(row["series"], row["excluded"], row["absent_pm10"]) for row in days if row["time"] == "2026-05-03"] == [
        ("measured", "", ""), ("deducted", "S1", "excluded_event"),
    ]  # fmt: skip
    months_ = rows_of("air", tmp_path, text=text, period="month", exceptions=listed)
    assert [(row["series"], row["n_pm10_annual"]) for row in months_] == [("measured", "31"), ("deducted", "30")]


def test_old_gases_are_converted_on_request_and_the_result_says_so(tmp_path: Path) -> None:
    text = months((2018, 8, 77, 23), (2018, 9, 77, 23))
    rows = rows_of("air", tmp_path, text=text, period="month", state="reference298")
    # 96 × 273.15/298.15 = 87.95 → 88
    assert [(row["o3_p90"], row["pm10_annual"]) for row in rows] == [("88", "77"), ("96", "77")]
    assert all(row["state"].startswith("2018-08-31 及以前的 124 个气态污染物数值") for row in rows)
    assert "state" not in rows_of("air", tmp_path, text=text, period="month")[0]


def test_a_cluster_takes_no_such_option(tmp_path: Path) -> None:
    with pytest.raises(QingceError, match=r"QC262: “air --master”没有选项 state"):
        rows_of("air", tmp_path, text=months((2026, 5, 77, 23)), master="spark://nowhere:1", state="reference298")
