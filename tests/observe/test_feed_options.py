"""What a feed may declare, each shown on a file: labels, clocks, spans, scales, words for none, flags, names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.core.errors import ObservationError
from qingce.observe import Ingest, ingest

CATALOG = load_catalog()
Take = Callable[..., Ingest]
COLUMNS = '[columns]\nPM = { parameter = "pm2_5" }\n'


@pytest.fixture
def mine(tmp_path: Path) -> Take:
    """Write a feed and a file and ingest the one through the other."""

    def run(feed: str, content: str | pa.Table, *, layout: str = "wide", medium: str = "air", **more: object) -> Ingest:
        folder = tmp_path / "content/feeds"
        folder.mkdir(parents=True, exist_ok=True)
        head = f'id = "mine"\nzh = "我的"\nen = "mine"\nlayout = "{layout}"\nmedium = "{medium}"\n'
        (folder / "mine.toml").write_text(head + feed, "utf-8")
        catalog = load_catalog((tmp_path / "content",))
        path = tmp_path / ("f.csv" if isinstance(content, str) else "f.parquet")
        if isinstance(content, str):
            path.write_text(content, "utf-8")
        else:
            pq.write_table(content, path)
        found = ingest(path, feed=catalog.feeds["mine"], catalog=catalog, **more)  # type: ignore[arg-type]
        assert found.cells == found.observations.num_rows + found.empty + found.collapsed + found.refused
        return found

    return run


def times(found: Ingest) -> list[datetime]:
    return found.observations["time"].to_pylist()


@pytest.mark.parametrize(
    ("span", "label", "start"),
    [
        ("PT1H", "2026-01-01 00:00", datetime(2025, 12, 31, 23)),
        ("PT1H", "2025-12-31 24:00", datetime(2025, 12, 31, 23)),
        ("PT1H", "2024-03-01 00:00", datetime(2024, 2, 29, 23)),
        ("PT1H", "2025-03-01 00:00", datetime(2025, 2, 28, 23)),
        ("PT1H", "2026-05-01 01:00", datetime(2026, 5, 1)),
        ("PT4H", "2026-01-01 00:00", datetime(2025, 12, 31, 20)),
        ("PT24H", "2026-01-01 08:00", datetime(2025, 12, 31, 8)),
        ("P1D", "2024-03-01", datetime(2024, 2, 29)),
        ("P1D", "2026-01-01", datetime(2025, 12, 31)),
    ],
)
def test_an_end_label_steps_back_over_midnight_new_year_and_leap_day(
    mine: Take, span: str, label: str, start: datetime
):
    found = mine(f'[time]\nlabel = "end"\nspan = "{span}"\n' + COLUMNS, f"site,time,PM\nA,{label},35\n")
    assert times(found) == [start]
    assert found.observations["span"].to_pylist() == [span]
    plain = mine(f'[time]\nlabel = "start"\nspan = "{span}"\n' + COLUMNS, f"site,time,PM\nA,{label},35\n")
    assert times(plain)[0] - start in (timedelta(hours=1), timedelta(hours=4), timedelta(days=1))


def test_columns_of_one_row_may_last_differently(mine: Take):
    feed = '[time]\nlabel = "end"\n' + COLUMNS + 'PM24 = { parameter = "pm2_5", span = "PT24H" }\n'
    found = mine(feed, "site,time,PM,PM24\nA,2026-01-02 00:00,35,36\n")
    assert {row["span"]: (row["time"], row["value"]) for row in found.observations.to_pylist()} == {
        "PT1H": (datetime(2026, 1, 1, 23), 35), "PT24H": (datetime(2026, 1, 1), 36),
    }  # fmt: skip


def test_the_archive_of_the_platform_over_new_year(tmp_path: Path):
    path = tmp_path / "china_cities_20260101.csv"
    path.write_text("date,hour,type,太原\n20260101,0,PM2.5,35\n20260101,1,PM2.5,36\n20260101,0,PM2.5_24h,40\n", "utf-8")
    found = ingest(path, feed=CATALOG.feeds["cnemc-archive-city"], catalog=CATALOG)
    assert sorted((row["span"], row["time"], int(row["value"])) for row in found.observations.to_pylist()) == [
        ("PT1H", datetime(2025, 12, 31, 23), 35), ("PT1H", datetime(2026, 1, 1), 36),
        ("PT24H", datetime(2025, 12, 31), 40),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("offset", "label", "local"),
    [
        ("+08:00", "2025-12-31T16:00:00Z", datetime(2026, 1, 1)),
        ("+08:00", "2026-01-01T00:00:00+08:00", datetime(2026, 1, 1)),
        ("+08:00", "2026-01-01 00:00", datetime(2026, 1, 1)),
        ("+06:00", "2025-12-31T18:00:00Z", datetime(2026, 1, 1)),
        ("+00:00", "2026-01-01T00:00:00Z", datetime(2026, 1, 1)),
        ("-05:00", "2026-01-01T05:00:00Z", datetime(2026, 1, 1)),
        ("+05:30", "2026-01-01T00:00:00+08:00", datetime(2025, 12, 31, 21, 30)),
    ],
)
def test_a_time_with_a_zone_is_turned_to_the_clock_of_the_feed(mine: Take, offset: str, label: str, local: datetime):
    found = mine(f'[time]\noffset = "{offset}"\n' + COLUMNS, f"site,time,PM\nA,{label},35\n")
    assert times(found) == [local]


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 16), ("Asia/Shanghai", 16), (None, 0)])
def test_typed_times_of_parquet(mine: Take, zone: str | None, hour: int):
    """A zoned column holds instants; one without a zone is local already."""
    instant = datetime(2025, 12, 31, 16) if zone else datetime(2026, 1, 1)
    table = pa.table({
        "site": ["A"], "PM": pa.array([35.0]),
        "time": pa.array([instant], pa.timestamp("ns")).cast(pa.timestamp("ns", tz=zone)) if zone is None
        else pa.array([instant], pa.timestamp("us", tz=zone)),
    })  # fmt: skip
    assert instant.hour == hour
    assert times(mine(COLUMNS, table)) == [datetime(2026, 1, 1)]


def test_a_day_of_parquet_is_its_midnight_and_null_is_no_time(mine: Take):
    days = pa.array([datetime(2024, 2, 29).date(), None], pa.date32())
    found = mine('[time]\nspan = "P1D"\n' + COLUMNS, pa.table({"site": ["A", "A"], "PM": [35, 36], "time": days}))
    assert times(found) == [datetime(2024, 2, 29)]
    assert [(row["line"], row["code"]) for row in found.rejected.to_pylist()] == [(2, "QC209")]


@pytest.mark.parametrize(
    ("pattern", "label", "when"),
    [
        ("%d.%m.%Y %H:%M", "31.01.2026 09:00", datetime(2026, 1, 31, 9)),
        ("%m/%d/%Y %I:%M %p", "01/31/2026 09:00 PM", datetime(2026, 1, 31, 21)),
        ("%y%m%d%H", "26013109", datetime(2026, 1, 31, 9)),
        ("%Y-%j", "2024-060", datetime(2024, 2, 29)),
        ("%Y%m%d%H", "2026-01-31 09:00", datetime(2026, 1, 31, 9)),  # not of the format: the usual spellings
    ],
)
def test_formats_of_the_feed(mine: Take, pattern: str, label: str, when: datetime):
    found = mine(f'[time]\nformats = ["{pattern}"]\n' + COLUMNS, f"site,time,PM\nA,{label},35\n")
    assert times(found) == [when]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ('{ parameter = "pm2_5", unit = "mg/m3" }', "0.035", "35"),
        ('{ parameter = "pm2_5", scale = 0.1 }', "350", "35"),
        ('{ parameter = "pm2_5", unit = "mg/m3", scale = 0.001 }', "35", "35"),
        ('{ parameter = "co", unit = "ug/m3" }', "1", "0.001"),
        ('{ parameter = "co", unit = "ug/m3", scale = 0.0001 }', "5", "0"),  # half of the sixth place: to the even
        ('{ parameter = "co", unit = "ug/m3", scale = 0.0001 }', "15", "0.000002"),
    ],
)
def test_units_and_scales_are_exact(mine: Take, column: str, text: str, value: str):
    found = mine(f"[columns]\nPM = {column}\n", f"site,time,PM\nA,2026-01-01,{text}\n")
    assert found.observations["value"].to_pylist() == [Decimal(value)]


def test_words_for_none_of_the_file_and_of_one_column(mine: Take):
    columns = '[columns]\nPM = { parameter = "pm2_5", missing = ["-99"] }\nO3 = { parameter = "o3" }\n'
    feed = '[values]\nmissing = ["停电"]\n' + columns
    found = mine(feed, "site,time,PM,O3\nA,2026-01-01,停电,停电\nB,2026-01-01,-99,-99\n")
    assert (found.empty, found.observations.num_rows) == (3, 0)
    assert [(row["line"], row["column"], row["code"]) for row in found.rejected.to_pylist()] == [(3, "O3", "QC207")]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("未检出", None),
        ("ND", None),
        ("BDL", None),
        ("<0.5", "0.5"),
        ("＜0.5", "0.5"),
        ("0.5L", "0.5"),
        ("小于0.5", "0.5"),
    ],
)
def test_spellings_of_not_detected(mine: Take, text: str, limit: str | None):
    feed = '[values]\nnot_detected = ["BDL"]\nlimit_before = ["<", "＜", "小于"]\n' + COLUMNS
    row = mine(feed, f"site,time,PM\nA,2026-01-01,{text}\n").observations.to_pylist()[0]
    assert (row["value"], row["absent"]) == (None, "below_detection")
    assert row["detection_limit"] == (None if limit is None else Decimal(limit))


FLAGS = '[long]\nflag = ["标记"]\n[flags]\nOK = "valid"\nM = "invalid"\nX = "not_monitored"\nU = "below_detection"\n'


@pytest.mark.parametrize(
    ("flag", "text", "expected"),
    [
        ("OK", "35", (35, None, None)),
        ("", "35", (35, None, None)),
        ("M", "35", (35, "invalid", None)),
        ("M", "", (None, "invalid", None)),
        ("X", "", (None, "not_monitored", None)),
        ("U", "0.5", (None, "below_detection", Decimal("0.5"))),
        ("U", "<0.5", (None, "below_detection", Decimal("0.5"))),
        ("U", "", (None, "below_detection", None)),
    ],
)
def test_flags_say_why_a_value_does_not_count(mine: Take, flag: str, text: str, expected: tuple[object, ...]):
    found = mine(FLAGS, f"site,time,parameter,value,unit,标记\nA,2026-01-01,pm2_5,{text},,{flag}\n", layout="long")
    row = found.observations.to_pylist()[0]
    assert (row["value"], row["absent"], row["detection_limit"]) == expected
    assert row["flag"] == (flag or None)


def test_a_flag_nobody_declared_refuses_its_cell_only(mine: Take):
    text = "site,time,parameter,value,unit,标记\nA,2026-01-01,pm2_5,35,,OK\nB,2026-01-01,pm2_5,36,,ZZ\n"
    found = mine(FLAGS, text, layout="long")
    assert found.observations["site"].to_pylist() == ["A"]
    assert [(row["line"], row["code"]) for row in found.rejected.to_pylist()] == [(3, "QC217")]


def test_names_of_parameters_and_columns_left_out(mine: Take):
    feed = 'ignore = ["备注*", "AQI"]\n[long]\nvalue = ["数"]\n[parameters]\n"细粒" = "pm2_5"\n'
    text = "site,time,parameter,数,unit,备注一,备注二,AQI,多余\nA,2026-01-01,细粒,35,,x,y,50,z\n"
    found = mine(feed, text, layout="long")
    assert [(row["parameter"], row["value"]) for row in found.observations.to_pylist()] == [("pm2_5", 35)]
    assert [(row["column"], row["code"], row["line"]) for row in found.rejected.to_pylist()] == [("多余", "QC205", 1)]


def test_a_place_of_two_columns_with_and_without_its_blanks(mine: Take):
    text = "市,站,time,PM\n云泽,环保局,2026-01-01,35\n云泽,环保局 ,2026-01-01,36\n"
    plain = mine('[site]\ncolumns = ["市", "站"]\njoined = "·"\n' + COLUMNS, text)
    assert {row["code"] for row in plain.rejected.to_pylist()} == {"QC212"}
    apart = mine('[site]\ncolumns = ["市", "站"]\njoined = "·"\nverbatim = true\n' + COLUMNS, text)
    assert apart.observations["site"].to_pylist() == ["云泽·环保局", "云泽·环保局 "]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("PM2.5(μg/m³)", "35"),
        ("PM2.5（ug/m3）", "35"),
        ("PM2.5[mg/m3]", "35000"),
        ("PM2.5 (微克/立方米)", "35"),
        ("PM2.5", "35"),
    ],
)
def test_units_in_the_header_of_a_wide_table(mine: Take, header: str, value: str):
    feed = "[values]\nheader_units = true\nany_parameter = true\n[columns]\n"
    found = mine(
        feed,
        f"site,time,{header}\nA,2026-01-01,35\n",
    )
    if value == "35000":
        assert [row["code"] for row in found.rejected.to_pylist()] == ["QC208"]  # no such air
    else:
        assert found.observations["value"].to_pylist() == [Decimal(value)]


def test_a_unit_of_another_quantity_in_the_header_refuses_the_column(mine: Take):
    feed = "[values]\nheader_units = true\nany_parameter = true\n[columns]\n"
    found = mine(feed, "site,time,PM2.5(ppm),O3\nA,2026-01-01,35,40\nB,2026-01-01,36,41\n")
    assert [(row["line"], row["column"], row["code"]) for row in found.rejected.to_pylist()] == [
        (2, "PM2.5(ppm)", "QC203"), (3, "PM2.5(ppm)", "QC203"),
    ]  # fmt: skip
    assert found.observations["parameter"].to_pylist() == ["o3", "o3"]


@pytest.mark.parametrize(
    ("option", "raw", "good"),
    [
        ('encoding = "gb18030"', "site,time,PM\n甲,2026-01-01,35\n".encode("gb18030"), True),
        ('encoding = "utf-8"', "site,time,PM\n甲,2026-01-01,35\n".encode("gb18030"), False),
        ('encoding = "klingon"', b"site,time,PM\nA,2026-01-01,35\n", False),
        ('delimiter = ";"', b"site;time;PM\nA;2026-01-01;35\n", True),
    ],
)
def test_the_file_as_declared(tmp_path: Path, option: str, raw: bytes, good: bool):
    (tmp_path / "feeds").mkdir()
    head = 'id = "mine"\nzh = "我的"\nen = "mine"\nlayout = "wide"\nmedium = "air"\n'
    (tmp_path / "feeds/mine.toml").write_text(head + f"[file]\n{option}\n" + COLUMNS, "utf-8")
    catalog = load_catalog((tmp_path,))
    path = tmp_path / "f.csv"
    path.write_bytes(raw)
    if good:
        assert ingest(path, feed=catalog.feeds["mine"], catalog=catalog).observations.num_rows == 1
    else:
        with pytest.raises(ObservationError, match=r"QC202: .*f\.csv.*UTF-8 或 GB18030"):
            ingest(path, feed=catalog.feeds["mine"], catalog=catalog)


def test_a_folder_reads_the_names_that_the_feed_declares(tmp_path: Path):
    home = tmp_path / "in"
    home.mkdir()
    for name in ("air-1.csv", "air-2.csv", "water.csv"):
        (home / name).write_text("site,time,PM\n" + f"{name},2026-01-01,35\n", "utf-8")
    (tmp_path / "feeds").mkdir()
    head = 'id = "mine"\nzh = "我的"\nen = "mine"\nlayout = "wide"\nmedium = "air"\n'
    (tmp_path / "feeds/mine.toml").write_text(head + '[file]\nnames = ["air-*.csv"]\n' + COLUMNS, "utf-8")
    catalog = load_catalog((tmp_path,))
    found = ingest(home, feed=catalog.feeds["mine"], catalog=catalog)
    assert found.files == ("air-1.csv", "air-2.csv")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    when=st.datetimes(min_value=datetime(1999, 1, 1), max_value=datetime(2032, 12, 31)).map(
        lambda t: t.replace(minute=0, second=0, microsecond=0)
    ),
    span=st.sampled_from([("PT1H", 1), ("PT4H", 4), ("PT24H", 24), ("P1D", 24)]),
)
def test_the_end_label_is_the_start_and_the_span(tmp_path: Path, when: datetime, span: tuple[str, int]):
    feeds = tmp_path / "feeds"
    feeds.mkdir(exist_ok=True)
    head = 'id = "mine"\nzh = "我的"\nen = "mine"\nlayout = "wide"\nmedium = "air"\n'
    (feeds / "mine.toml").write_text(head + f'[time]\nlabel = "end"\nspan = "{span[0]}"\n' + COLUMNS, "utf-8")
    catalog = load_catalog((tmp_path,))
    (tmp_path / "f.csv").write_text(f"site,time,PM\nA,{when.isoformat(' ')},35\n", "utf-8")
    found = ingest(tmp_path / "f.csv", feed=catalog.feeds["mine"], catalog=catalog)
    assert times(found) == [when - timedelta(hours=span[1])]
