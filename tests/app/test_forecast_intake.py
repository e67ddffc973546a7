"""A forecast file goes into the lake by a feed like any other; what cannot be told is told with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from qingce.app.ingesting import ingest_into, reader
from qingce.app.intake import feed_named
from qingce.app.outlooking.tables import feeds_of
from qingce.catalog import load_catalog
from qingce.core.tables import FORECAST, SITE, empty
from qingce.store import open_lake

GOOD = """issuer,site,made_on,day,pm2_5,aqi
示例模式,140100,2026-10-30,2026-10-31,45,60-80
示例模式,140100,2026-10-31,2026-11-01,50,70
"""
YESTERDAY = "issuer,site,made_on,day,pm2_5\n示例模式,140100,2026-10-31,2026-10-30,45\n"


def test_forecasts_are_kept_as_forecasts(tmp_path: Path) -> None:
    file = tmp_path / "forecast.csv"
    file.write_text(GOOD, "utf-8")
    taken, rejected = ingest_into(file, "forecast-wide", lake=tmp_path / "lake", review=None)
    assert (taken.feed, taken.written, rejected) == ("forecast", taken.rows, [])
    lake = open_lake(tmp_path / "lake")
    try:
        now = feeds_of(lake, empty(SITE), catalog=load_catalog(), as_of=date(2026, 10, 31))
        before = feeds_of(lake, empty(SITE), catalog=load_catalog(), as_of=date(2026, 10, 30))
    finally:
        lake.close()
    assert now.forecasts.schema.equals(FORECAST)
    assert {row["made_on"] for row in now.forecasts.to_pylist()} == {date(2026, 10, 30), date(2026, 10, 31)}
    assert {row["made_on"] for row in before.forecasts.to_pylist()} == {date(2026, 10, 30)}, "no peeking"
    assert now.weather.num_rows == 0


def test_a_forecast_of_yesterday_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(YESTERDAY, "utf-8")
    taken, rejected = ingest_into(file, "forecast-wide", lake=tmp_path / "lake", review=None)
    assert (taken.rows, taken.written) == (0, 0)
    assert [(row["code"], row["line"], row["column"]) for row in rejected] == [("QC230", 2, "day")]


def test_an_unknown_place_is_refused_where_places_are_known(tmp_path: Path) -> None:
    file = tmp_path / "where.csv"
    file.write_text("issuer,site,made_on,day,pm2_5\n模式,YZ99,2026-10-31,2026-11-01,45\n", "utf-8")
    catalog = load_catalog()
    feed = feed_named(catalog, "forecast-wide")
    kind, rows, rejected, _ = reader(file, feed, catalog=catalog, review=None, known={"990100", "YZA01"})
    assert (kind, rows.num_rows) == ("forecast", 0)
    assert [row["code"] for row in rejected.to_pylist()] == ["QC210"]
