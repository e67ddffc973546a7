"""`evaluate("air", …)`: layouts, columns of the contract, periods, faults, and the cold process."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from tests.evaluate.air_made import QUANTITIES, catalog, day_of_hours, observations, sites

from qingce import evaluate as room
from qingce.core.errors import QingceError
from qingce.evaluate import evaluate

START = datetime(2026, 4, 1)


def wide(hours: int = 48, *, names: tuple[str, ...] = ("A", "B")) -> pa.Table:
    """Two days of two sites, 40 and 80 µg/m³ of PM2.5; site B lacks an hour of ozone."""
    made = [
        {"site": name, "city": "云泽市", "time": START + timedelta(hours=h), "so2": 6, "no2": 30, "co": 0.7,
         "o3": None if (name, h) == ("B", 30) else 90, "pm10": 70, "pm2_5": 40 if name == "A" else 80}
        for name in names for h in range(hours)
    ]  # fmt: skip
    return pa.Table.from_pylist(made)


def asked(table: pa.Table, **more: object) -> pa.Table:
    return evaluate("air", table, catalog=catalog(), **more)  # type: ignore[arg-type]


def test_columns_of_the_contract_stand_first() -> None:
    for by in ("site", "city"):
        for period in ("hour", "day"):
            table = asked(wide(), by=by, period=period)
            first = [by, "time", "aqi", "level", "level_name", "primary", "exceeding", "aqi_absent", *QUANTITIES]
            assert table.column_names[: len(first)] == first
            assert {f"{prefix}_{q}" for prefix in ("iaqi", "absent", "n") for q in QUANTITIES} <= set(
                table.column_names
            )
            assert {"edition", "review", "short"} <= set(table.column_names)
            assert not [name for name in table.column_names if name.startswith(("num_", "den_"))]


def test_days_of_the_city_are_the_default() -> None:
    found = asked(wide()).to_pylist()
    assert [(row["city"], row["time"], row["aqi"], row["level"], row["primary"]) for row in found] == [
        ("云泽市", date(2026, 4, 1), 100, 2, "细颗粒物(PM2.5)"),
        ("云泽市", date(2026, 4, 2), 100, 2, "细颗粒物(PM2.5)"),
    ]
    assert [row["n_o3_8h"] for row in found] == [2, 2]


def test_one_row_for_each_site_and_hour() -> None:
    table = asked(wide(), by="site", period="hour")
    assert table.num_rows == 96
    assert table["time"].type == pa.timestamp("s")
    row = next(r for r in table.to_pylist() if (r["site"], r["time"]) == ("B", START + timedelta(hours=30)))
    assert (row["o3"], row["absent_o3"], row["aqi"], row["iaqi_pm2_5"], row["level"]) == (
        None,
        "not_reported",
        119,
        119,
        3,
    )


def test_midnight_is_an_hour_when_hours_are_asked_for_and_a_day_otherwise() -> None:
    midnight = wide(1)
    assert asked(midnight, by="site", period="hour")["pm2_5"].to_pylist() == [40, 80]
    assert asked(midnight, by="site", period="day")["pm2_5"].to_pylist() == [40, 80]
    assert asked(wide(2), by="site", period="day")["absent_pm2_5"].to_pylist() == ["too_few"] * 2


def test_the_same_from_every_layout() -> None:
    """Wide with floats, integers or decimals; CSV as a user writes it; rows of OBSERVATION with a site table."""
    expected = asked(wide())
    text = io.BytesIO()
    pacsv.write_csv(wide(), text)
    text.seek(0)
    again = pacsv.read_csv(text)
    cast = wide().set_column(5, "co", wide()["co"].cast(pa.float32()))
    decimal = wide().set_column(5, "co", pa.array(["0.7"] * 96).cast(pa.decimal128(6, 2)))
    for table in (again, cast, decimal, wide().append_column("o3_8h", pa.nulls(96))):
        assert asked(table).equals(expected)
    long = observations(
        {"site": row["site"], "parameter": name, "time": row["time"], "value": row[name]}
        for row in wide().to_pylist()
        for name in ("so2", "no2", "co", "o3", "pm10", "pm2_5")
    )
    ours = asked(long, sites=sites(["A", "B"], city="云泽市"))
    assert ours.drop_columns(["city"]).equals(expected.drop_columns(["city"]))
    with pytest.raises(QingceError, match=r"QC250.*不知道站点属于哪个城市 no site has a city"):
        asked(long)
    assert asked(long, by="site").num_rows == 4


def test_times_with_an_offset_are_local() -> None:
    zoned = wide(24).set_column(2, "time", pa.array(
        [START + timedelta(hours=h - 8) for _ in "AB" for h in range(24)], pa.timestamp("us", tz="UTC")
    ))  # fmt: skip
    assert asked(zoned).equals(asked(wide(24)))


def test_daily_input_goes_straight_to_the_index() -> None:
    made = [
        {"city": "甲", "time": date(2026, 4, n), "so2": 6, "no2": 30, "co": 0.7, "o3_8h": 161, "pm10": 70, "pm2_5": 40}
        for n in range(1, 31)
    ]
    table = asked(pa.Table.from_pylist(made))
    assert table["aqi"].to_pylist() == [101] * 30
    assert table["primary"][0].as_py() == "臭氧8小时"
    stamped = [row | {"time": datetime(2026, 4, n)} for n, row in enumerate(made, 1)]
    assert asked(pa.Table.from_pylist(stamped)).equals(table)
    month = asked(pa.Table.from_pylist(made), period="month").to_pylist()
    assert len(month) == 1
    assert (month[0]["city"], month[0]["time"], month[0]["edition"]) == ("甲", "2026-04", "hj663-2026+hj633-2026")
    assert (str(month[0]["pm2_5_annual"]), month[0]["n_pm2_5_annual"]) == ("40.000000", 30)
    assert (str(month[0]["good_day_ratio"]), month[0]["exact_good_day_ratio"]) == ("0.000000", "0")


def test_missing_ozone_gives_no_index_below_100_and_no_ratio() -> None:
    made = [{"city": "甲", "time": date(2026, 4, n), "pm2_5": 40 + n, "pm10": 70} for n in range(1, 31)]
    days = asked(pa.Table.from_pylist(made))
    assert days["aqi"].to_pylist() == [None] * 20 + [101, 102, 103, 104, 105, 106, 107, 108, 109, 110]
    assert set(days["aqi_absent"].to_pylist()) == {None, "not_reported"}
    row = asked(pa.Table.from_pylist(made), period="month").to_pylist()[0]
    assert (row["good_day_ratio"], row["absent_good_day_ratio"]) == (None, "not_reported")
    assert "AQI 大于 100 的已有 10 天" in row["note_good_day_ratio"]


@pytest.mark.parametrize(
    ("period", "names"),
    [
        ("month", ["2025-12", "2026-01", "2026-02", "2026-03"]),
        ("quarter", ["2025-Q4", "2026-Q1"]),
        ("year", ["2025", "2026"]),
    ],
)
def test_periods_are_those_that_the_days_touch(period: str, names: list[str]) -> None:
    days = [date(2025, 12, 20) + timedelta(n) for n in range(80)]
    table = asked(pa.Table.from_pylist([{"city": "甲", "time": day, "pm2_5": 40} for day in days]), period=period)
    assert table["time"].to_pylist() == names
    assert table["end"].to_pylist()[-1] == days[-1]
    found = dict(zip(names, table["absent_pm2_5_annual"].to_pylist(), strict=True))
    assert found[names[-1]] is None  # still running
    assert found[names[0]] == (None if period == "quarter" else "too_few")


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(QingceError, match=r"QC254: 不能评价“air”按 city、week.*site\|city × hour\|day\|month"):
        asked(wide(), period="week")
    with pytest.raises(QingceError, match=r"QC254.*“tea”.*air-trend, surface-water"):
        evaluate("tea", wide(), catalog=catalog())
    with pytest.raises(QingceError, match=r"QC250.*缺 time 或 site、city 列"):
        asked(wide().drop_columns(["time"]))
    with pytest.raises(QingceError, match=r"QC250.*没有行或没有污染物的列"):
        asked(wide().select(["site", "city", "time"]))
    with pytest.raises(QingceError, match=r"QC253: 列“pm10”的类型 string 不能作为数值.*leave the cell empty"):
        asked(wide().set_column(7, "pm10", wide()["pm10"].cast(pa.string())))
    with pytest.raises(QingceError, match=r"QC110.*“hj633-1999”.*可选"):
        asked(wide(), edition="hj633-1999")
    with pytest.raises(AttributeError, match=r"no attribute 'evaluate_tea'"):
        room.evaluate_tea  # noqa: B018


def test_a_day_that_an_invalid_number_would_make_is_not_made() -> None:
    """NaN is no value, and an infinite one neither."""
    made = wide(24, names=("A",))
    values = [float("nan"), float("inf"), *[40.0] * 22]
    row = asked(made.set_column(8, "pm2_5", pa.array(values))).to_pylist()[0]
    assert (str(row["pm2_5"]), row["aqi"]) == ("40.000000", 65)


def test_a_year_of_one_site_in_a_cold_process(tmp_path: Path) -> None:
    """Imports, content, hours, days and the year within two seconds of processor time, and without pandas."""
    hours = 8760
    made = pa.table({
        "site": pa.repeat("A", hours), "city": pa.repeat("云泽市", hours),
        "time": pa.array([datetime(2025, 1, 1) + timedelta(hours=h) for h in range(hours)], pa.timestamp("s")),
        **{name: pa.array([(h * k) % 97 for h in range(hours)], pa.int32())
           for k, name in enumerate(("so2", "no2", "o3", "pm10", "pm2_5"), 3)},
        "co": pa.array([(h % 9) / 10 for h in range(hours)]),
    })  # fmt: skip
    pq.write_table(made, tmp_path / "year.parquet")
    code = (
        "import json, sys, time\n"
        "import pyarrow.parquet as pq\n"
        "from qingce.catalog import load_catalog\n"
        "from qingce.evaluate import evaluate\n"
        "loaded = 'pandas' in sys.modules\n"
        "with pq.ParquetFile(sys.argv[1]) as file: table = file.read()\n"
        "read, floor = 'pandas' in sys.modules, time.process_time()\n"
        "found = evaluate('air', table, catalog=load_catalog(), by='site', period='year')\n"
        "day = evaluate('air', table, catalog=load_catalog(), by='site', period='day')\n"
        "print(json.dumps([found.num_rows, day.num_rows, loaded, read, 'pandas' in sys.modules,"
        " floor, time.process_time()]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "year.parquet")], capture_output=True, text=True, check=True
    )
    years, days, *pandas, floor, seconds = json.loads(run.stdout)
    assert (years, days, pandas) == (1, 365, [False, False, False])
    assert seconds < 6 * floor, (seconds, floor)  # the floor: importing and reading, of processor time


def test_rows_in_any_order_are_the_same_table() -> None:
    table = wide()
    turned = table.take(pa.array(list(reversed(range(table.num_rows)))))
    halves = pa.concat_tables([turned.slice(40), turned.slice(0, 40)])
    for by in ("site", "city"):
        for period in ("hour", "day", "month"):
            assert asked(halves, by=by, period=period).equals(asked(table, by=by, period=period))


def test_a_site_table_chooses_the_assessed_sites() -> None:
    made = [
        row for name, v in (("A", 40), ("B", 80)) for row in day_of_hours(name, "pm2_5", START.date(), values=[v] * 24)
    ]
    places = pa.concat_tables([sites(["A"]), sites(["B"], roles="背景点")])
    assert str(asked(observations(made), sites=places)["pm2_5"][0]) == "40.000000"
