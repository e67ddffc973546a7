"""`qingce evaluate` on files without a table of sites, through the command line."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from qingce.app.cli import app

CITIES = ("北京", "太原", "南阳", "七台河")
START = datetime(2026, 1, 1)


def judged(*arguments: object) -> list[dict[str, str]]:
    """Run `qingce evaluate air …` and read what it wrote."""
    out = Path(str(arguments[0])).with_name("out.csv")
    words = ["evaluate", "air", *map(str, arguments), "--out", str(out)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def april(shared: Path, tmp_path: Path) -> Path:
    """Four cities of the national archive of April 2020."""
    table = pq.read_table(shared / "data/air_cnemc_hourly_20200402/city_site_hourly.parquet")
    path = tmp_path / "april.parquet"
    pq.write_table(table.filter(pc.is_in(table["city"], value_set=pa.array(CITIES))), path)
    return path


def test_hourly_aqi_by_site_is_what_was_published(april: Path):
    """The archive's time is the hour of publication; ours is the start of the hour."""
    rows = judged(april, "--as", "cnemc-pm25in-hourly", "--by", "site", "--period", "hour", "--edition", "hj633-2012")
    ours = {(row["site"], row["time"]): (row["aqi"], row["level"]) for row in rows}
    levels = {"优": "1", "良": "2", "轻度污染": "3", "中度污染": "4", "重度污染": "5", "严重污染": "6"}
    published = [row for row in pq.read_table(april).to_pylist() if row["aqi"] is not None]
    assert len(published) > 2_000
    for row in published:
        hour = f"{(row['datetime'] - timedelta(hours=1)).isoformat()}+08:00"
        got = ours[f"{row['city']}/{row['site']}", hour]
        assert got == (str(row["aqi"]), levels[row["level"]]), row


def test_the_archive_is_judged_by_city_though_no_table_of_sites_is_given(april: Path):
    rows = judged(april, "--as", "cnemc-pm25in-hourly", "--by", "city", "--period", "day")
    assert {row["city"] for row in rows} == set(CITIES)
    table = pq.read_table(april)
    sites = Counter(city for city, _ in {(row["city"], row["site"]) for row in table.to_pylist()})
    assert {row["city"]: int(row["n_sites"]) for row in rows} == dict(sites)


def wide(path: Path, sites: dict[str, tuple[str, int]], *, days: int = 2) -> Path:
    """A canonical wide CSV: each site with its city and a constant PM2.5."""
    lines = ["site,city,time,so2,no2,co,o3,pm10,pm2_5"]
    for hour in range(24 * days):
        time = (START + timedelta(hours=hour)).isoformat() + "+08:00"
        lines += [f"{site},{city},{time},5,20,0.6,40,80,{value}" for site, (city, value) in sites.items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_a_canonical_file_by_city_and_by_site(tmp_path: Path):
    source = wide(tmp_path / "f.csv", {"A": ("太原", 35), "B": ("太原", 56), "C": ("大同", 20)})
    by_city = judged(source, "--by", "city", "--period", "day")
    assert [(row["city"], row["time"]) for row in by_city] == [
        ("大同", "2026-01-01"), ("大同", "2026-01-02"), ("太原", "2026-01-01"), ("太原", "2026-01-02"),
    ]  # fmt: skip
    mean = Fraction(35 + 56, 2)
    assert {row["city"]: Fraction(row["pm2_5"]) for row in by_city} == {"太原": mean, "大同": 20}
    assert {row["city"]: row["n_sites"] for row in by_city} == {"太原": "2", "大同": "1"}
    by_site = judged(source, "--by", "site", "--period", "day")
    assert {row["site"]: row["pm2_5"] for row in by_site} == {"A": "35", "B": "56", "C": "20"}


def test_a_table_of_sites_wins_over_what_the_file_says(tmp_path: Path):
    source = wide(tmp_path / "f.csv", {"A": ("太原", 35), "B": ("太原", 56)})
    sites = tmp_path / "sites.csv"
    sites.write_text("site,city,city_name,roles\nA,140100,太原市,评价点\nB,140100,太原市,对照点\n", "utf-8")
    rows = judged(source, "--by", "city", "--period", "day", "--sites", sites)
    assert {(row["city"], row["pm2_5"], row["n_sites"]) for row in rows} == {("140100", "35", "1")}


def test_a_long_table_names_its_city_too(tmp_path: Path):
    lines = ["site,city,parameter,time,value,unit"]
    lines += [f"A,太原,pm2_5,2026-01-01 {hour:02d}:00,{hour},ug/m3" for hour in range(24)]
    source = tmp_path / "long.csv"
    source.write_text("\n".join(lines) + "\n", "utf-8")
    rows = judged(source, "--by", "city", "--period", "day")
    assert [(row["city"], row["pm2_5"]) for row in rows] == [("太原", "11.5")]


def test_without_any_city_the_command_says_so(tmp_path: Path):
    source = tmp_path / "f.csv"
    source.write_text("site,time,pm2_5\nA,2026-01-01 00:00,35\n", "utf-8")
    words = ["evaluate", "air", str(source), "--by", "city", "--out", str(tmp_path / "x.csv")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code != 0
    assert "QC250" in result.output + str(result.exception)
    assert not (tmp_path / "x.csv").exists()
