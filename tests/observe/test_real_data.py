"""The frames people hold, through their feed files: row counts as their README says, values as the file says."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from qingce.catalog import load_catalog
from qingce.core.tables import OBSERVATION
from qingce.observe import Ingest, ingest, read_sites

CATALOG = load_catalog()


def taken(path: Path, feed: str) -> Ingest:
    found = ingest(path, feed=CATALOG.feeds[feed], catalog=CATALOG)
    assert found.observations.schema == OBSERVATION
    assert found.cells == found.observations.num_rows + found.empty + found.collapsed + found.refused
    return found


def filled(path: Path, columns: list[str]) -> int:
    table = pq.read_table(path, columns=columns)
    return sum(table.num_rows - column.null_count for column in table.columns)


def one(found: Ingest, site: str, parameter: str, time: datetime) -> dict[str, object]:
    rows = found.observations.filter(
        (pc.field("site") == site) & (pc.field("parameter") == parameter) & (pc.field("time") == pa.scalar(time))
    )
    assert rows.num_rows == 1
    return rows.to_pylist()[0]


def test_cnemc_hourly_2020(shared: Path):
    path = shared / "data/air_cnemc_hourly_20200402/city_site_hourly.parquet"
    found = taken(path, "cnemc-pm25in-hourly")
    assert found.rows == 168_132  # README
    assert found.rejected.num_rows == 0
    columns = ["aqi", "pm25", "pm10", "so2", "no2", "co", "o3_1h", "o3_8h"]
    assert found.observations.num_rows == filled(path, columns)
    per_parameter = Counter(found.observations["parameter"].to_pylist())
    assert per_parameter["published_aqi"] == 145_503  # README: rows with an AQI
    names = pq.read_table(path, columns=["city", "site", *columns])
    said = {(row["city"], row["site"]) for row in names.to_pylist() if any(row[c] is not None for c in columns)}
    assert len({(row["city"], row["site"]) for row in names.select(["city", "site"]).to_pylist()}) == 1_808  # README
    assert set(found.observations["site"].to_pylist()) == {f"{city}/{site}" for city, site in said}
    # The label is the hour of publication: 08:00 stands for 07:00 to 08:00.
    row = one(found, "南阳/环保局", "pm2_5", datetime(2020, 4, 2, 7))
    assert row["value"] == 65
    assert one(found, "南阳/环保局\u3000", "pm2_5", datetime(2020, 4, 2, 7))["value"] == 24


def test_cnemc_hourly_without_city_cannot_tell_sites_apart(shared: Path):
    path = shared / "data/air_cnemc_hourly_20200402/national_site_hourly_20200410_13_nocity.parquet"
    with pytest.raises(Exception, match=r"QC204: .*缺少列 city.*national_site_hourly.*feed cnemc-pm25in-hourly fits"):
        taken(path, "cnemc-pm25in-hourly")


def test_capitals_daily_from_2025(shared: Path):
    path = shared / "data/air_31capitals_daily_2025_2026/capital_daily.parquet"
    found = taken(path, "capitals-daily-2025")
    assert found.rows == 16_213  # README: 523 days x 31, complete
    assert found.observations.num_rows == 16_213 * 6
    assert found.rejected.num_rows == 0
    assert found.notes == ()
    sites = Counter(found.observations["site"].to_pylist())
    assert len(sites) == 31
    assert set(sites.values()) == {523 * 6}
    assert {"140100", "110000", "640100", "510100", "620100"} <= set(sites)  # 太原 北京 银川 成都 兰州
    assert set(found.observations["span"].to_pylist()) == {"P1D"}


def test_taiyuan_of_story_1_adds_up(shared: Path):
    path = shared / "data/air_31capitals_daily_2025_2026/capital_daily.parquet"
    rows = taken(path, "capitals-daily-2025").observations
    start, end = pa.scalar(datetime(2026, 1, 1)), pa.scalar(datetime(2026, 5, 31))
    here = (pc.field("site") == "140100") & (pc.field("parameter") == "pm2_5")
    year = rows.filter(here & (pc.field("time") >= start) & (pc.field("time") <= end))
    assert year.num_rows == 151
    assert pc.sum(year["value"]).as_py() == Decimal(6341)  # scenarios.md, story 1


def test_aqistudy_daily(shared: Path):
    path = shared / "data/air_aqistudy_daily/city_daily_2013_2015.parquet"
    found = taken(path, "aqistudy-daily")
    table = pq.read_table(path)
    assert found.rows == table.num_rows == 205_903
    assert found.observations.num_rows == 205_903 * 7
    assert found.rejected.num_rows == 0
    assert len(pc.unique(found.observations["site"])) == 366  # README: cities
    cities = table.slice(0, 1).to_pylist()[0]
    assert cities["city"] == "七台河"
    assert one(found, "230900", "co", datetime(2014, 12, 31))["value"] == Decimal("1.144")
    assert one(found, "230900", "pm2_5", datetime(2014, 12, 31))["value"] == Decimal("99.2")


def test_prsa_beijing_is_in_milligrams_and_exact(shared: Path):
    path = shared / "data/air_prsa_beijing/prsa_12sites_hourly.parquet"
    found = taken(path, "prsa-beijing")
    assert found.rows == 420_768  # README
    weather = ["temp_c", "dewp_c", "pres_hpa", "rain_mm", "wspd_ms", "wind_dir"]
    names = ["pm25", "pm10", "so2", "no2", "o3", "co_ugm3", *weather]
    assert found.observations.num_rows == filled(path, names)
    assert found.rejected.num_rows == 0
    assert len(pc.unique(found.observations["site"])) == 12
    # The first hour of the file: -0.7 degC, 1023.0 hPa, wind from NNW, 4.4 m/s.
    said = {"air_temp": "-0.7", "air_pressure": "1023", "wind_direction": "337.5", "wind_speed": "4.4"}
    for name, value in said.items():
        assert one(found, "Aotizhongxin", name, datetime(2013, 3, 1))["value"] == Decimal(value)
    assert one(found, "Aotizhongxin", "co", datetime(2013, 3, 1))["value"] == Decimal("0.3")
    table = pq.read_table(path, columns=["co_ugm3"])
    # In the source every CO value is a whole number of µg/m³, so the exact sum is known without rounding.
    whole = pc.sum(pc.cast(table["co_ugm3"], pa.int64())).as_py()
    co = found.observations.filter(pc.field("parameter") == "co")
    assert pc.sum(co["value"]).as_py() == Decimal(whole) / 1000


def test_every_prsa_value_is_the_shortest_printing_of_the_float(shared: Path):
    path = shared / "data/air_prsa_beijing/prsa_12sites_hourly.parquet"
    found = taken(path, "prsa-beijing")
    table = pq.read_table(path, columns=["pm25"])
    expected = [Decimal(str(value)) for value in table["pm25"].to_numpy() if value == value]  # not NaN
    got = found.observations.filter(pc.field("parameter") == "pm2_5")["value"].to_pylist()
    assert got == expected


def test_national_automatic_water_stations(shared: Path):
    path = shared / "data/water_cnemc_auto_2026/sections_20260826.csv"
    found = taken(path, "cnemc-water-auto")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert found.rows == len(rows) == 133
    assert found.rejected.num_rows == 0
    left_out = {"抓取年份", "省份", "流域", "断面名称", "监测时间"}
    values = [cell for row in rows for name, cell in row.items() if name not in left_out]
    missing = [cell for cell in values if cell == "--"]
    assert found.observations.num_rows == len(values) - len(missing) - 1  # and one class "-1": no data
    assert one(found, "北京市/鼓楼外大街", "do", datetime(2026, 8, 26, 13))["value"] == Decimal("4.70")
    classes = found.observations.filter(pc.field("parameter") == "published_class")["value"].to_pylist()
    counts = Counter(int(value) for value in classes)
    assert counts == {1: 5, 2: 30, 3: 26, 4: 39, 5: 14, 6: 18}  # counted in the file by hand with cut and uniq


def test_station_list(shared: Path):
    sites, rejected = read_sites(shared / "data/air_station_list/cnemc_stations_2020.csv", catalog=CATALOG)
    assert rejected.to_pylist() == []
    assert sites.num_rows == 1_498  # README
    assert len(set(sites["city"].to_pylist())) == 368  # README: cities
    rows = {row["site"]: row for row in sites.to_pylist()}
    assert rows["1001A"]["name"] == "万寿西宫"
    assert (rows["1001A"]["city"], rows["1001A"]["city_name"]) == ("110000", "北京")
    assert rows["1001A"]["lon"] == 116.366
    per_city = Counter(row["city_name"] for row in rows.values())
    assert {name: per_city[name] for name in ("太原", "定西", "银川", "德阳", "大同", "临汾")} == {
        "太原": 9, "定西": 2, "银川": 6, "德阳": 4, "大同": 6, "临汾": 6,
    }  # fmt: skip
