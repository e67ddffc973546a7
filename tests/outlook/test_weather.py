"""From hours of weather and judged days to the rows of the briefing; and what cannot be told apart says why."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.outlook.made_weather import START, concentrations, weather

from qingce.catalog import load_catalog
from qingce.catalog.outlook_settings import read_settings
from qingce.core.errors import ContentError
from qingce.core.tables import EXCEPTION, OBSERVATION, SITE, empty, shape
from qingce.evaluate import evaluate_air_days
from qingce.observe import ingest
from qingce.outlook.air import weather as module
from qingce.outlook.air.weather import WEATHER, Pair, usual_pairs, weather_rows
from qingce.outlook.air.weather_days import weather_days

CATALOG = load_catalog()
EPOCH = date(1970, 1, 1)
FIRST = EPOCH + timedelta(days=START)


def sites(*names: str, city: str = "140100") -> pa.Table:
    rows = [{"site": name, "kind": "air_site", "city": city, "roles": "评价点"} for name in names]
    return pa.Table.from_pylist(rows, SITE)


def readings(rows: list[tuple[str, str, datetime, float]], **more: object) -> pa.Table:
    cells = [
        {"site": site, "parameter": name, "time": time, "span": "PT1H", "value": Decimal(f"{value:.6f}"), **more}
        for site, name, time, value in rows
    ]
    return pa.Table.from_pylist(cells, OBSERVATION)


def test_means_extremes_and_yesterday_by_hand():
    day, later = datetime(2026, 5, 1), datetime(2026, 5, 2, 3)
    rows = [("A", "air_temp", day, 10.0), ("A", "air_temp", day.replace(hour=12), 20.0), ("B", "air_temp", day, 12.0)]
    rows += [("A", "air_temp", later, 5.0), ("C", "air_temp", day, -3.0), ("A", "pm2_5", day, 99.0)]
    found = weather_days(readings(rows), sites("A", "B"), catalog=CATALOG)
    assert sorted(found) == ["140100", "C"]
    city = found["140100"]
    facts = dict(zip(city.names, city.facts.T.tolist(), strict=True))
    assert facts["air_temp"] == [14.0, 5.0]
    assert (facts["air_temp_high"], facts["air_temp_low"]) == ([20.0, 5.0], [10.0, 5.0])
    assert math.isnan(facts["air_temp_before"][0])
    assert facts["air_temp_before"][1] == 14.0
    assert np.isnan(city.at(np.array([city.days[0] - 1, city.days[-1] + 1]))).all()


def test_the_wind_is_a_vector_of_hours_with_speed_and_direction():
    day = datetime(2026, 5, 1)
    rows = [("A", "wind_speed", day, 2.0), ("A", "wind_direction", day, 270.0)]  # from the west, towards the east
    rows += [("A", "wind_speed", day.replace(hour=1), 4.0), ("A", "wind_direction", day.replace(hour=2), 90.0)]
    found = weather_days(readings(rows), sites("A"), catalog=CATALOG)["140100"]
    facts = dict(zip(found.names, found.facts[0].tolist(), strict=True))
    assert facts["wind_east"] == pytest.approx(2.0)
    assert facts["wind_north"] == pytest.approx(0.0, abs=1e-9)
    assert facts["wind_speed"] == 3.0
    assert "wind_direction" not in facts


def test_absent_values_and_other_quantities_are_no_weather():
    rows = [("A", "air_temp", datetime(2026, 5, 1), 10.0)]
    assert weather_days(readings(rows, absent="invalid"), sites("A"), catalog=CATALOG) == {}
    other = [("A", "pm2_5", datetime(2026, 5, 1), 10.0)]
    assert weather_days(readings(other), sites("A"), catalog=CATALOG) == {}


def test_the_usual_pairs():
    first, last = date(2013, 3, 1), date(2016, 2, 29)
    this_year, ends = usual_pairs(first, last)
    assert this_year.names() == ("2015-01-01/2015-03-01", "2016-01-01/2016-02-29")
    assert ends.names() == ("2013-03-01/2014-02-28", "2015-03-02/2016-02-29")
    assert (ends.now[1] - ends.now[0]).days == (ends.base[1] - ends.base[0]).days
    assert usual_pairs(date(2016, 1, 2), date(2016, 12, 31)) == ()


def made(size: int, *, effort: np.ndarray, quantity: str = "pm2_5") -> tuple[pa.Table, pa.Table]:
    """Judged days and daily weather of one city."""
    rng = np.random.default_rng(1)
    met = weather(rng, size)
    values = concentrations(rng, met, effort=effort)
    days = [FIRST + timedelta(days=place) for place in range(size)]
    cells = [{"subject": "140100", "day": day, "series": "measured", quantity: Decimal(f"{value:.6f}")}
             for day, value in zip(days, values.tolist(), strict=True)]  # fmt: skip
    types = [("subject", pa.string()), ("day", pa.date32()), ("series", pa.string()), (quantity, pa.decimal128(18, 6))]
    hours = [("A", name, datetime(day.year, day.month, day.day), float(series[place]))
             for name, series in met.items() for place, day in enumerate(days)]  # fmt: skip
    return pa.Table.from_pylist(cells, pa.schema(types)), readings(hours)


def test_a_row_of_the_briefing():
    size = 800
    days, met = made(size, effort=np.where(np.arange(size) >= 400, math.log(0.7), 0.0))
    pair = Pair((FIRST, FIRST + timedelta(days=399)), (FIRST + timedelta(days=400), FIRST + timedelta(days=799)))
    found = weather_rows(days, met, sites("A"), catalog=CATALOG, quantities=["pm2_5", "so2"], pairs=[pair])
    assert found.schema == WEATHER
    (row,) = found.to_pylist()
    assert row["id"] == f"W:pm2_5:140100:{pair.names()[1]}"
    assert (row["indicator"], row["indicator_name"], row["unit"]) == ("pm2_5", "细颗粒物", "ug/m3")
    assert row["effort"] == pytest.approx(-30, abs=6)
    assert row["observed"] == pytest.approx(row["weather"] + row["effort"])
    assert row["observed"] == pytest.approx(100 * (row["value"] / row["base_value"] - 1))
    assert 0.2 < row["skill"] < 1
    assert row["reason"] is None
    assert "内部" in row["note"]
    for words in ("实测变化", "个百分点", "90% 区间", "留出检验 R²", "不作为考核依据"):
        assert words in row["text"]
    assert "-0%" not in row["text"]


def test_too_few_days_say_so_and_give_no_figures():
    days, met = made(40, effort=np.zeros(40))
    (row,) = weather_rows(days, met, sites("A"), catalog=CATALOG).to_pylist()
    assert "有效日 39 天，少于 500 天" in row["reason"]
    assert (row["effort"], row["weather"], row["skill"]) == (None, None, None)
    assert weather_rows(days, met.slice(0, 0), sites("A"), catalog=CATALOG).num_rows == 0
    assert weather_rows(days, met, sites("A"), catalog=CATALOG, scopes=["110000"]).num_rows == 0


def test_without_the_library_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "installed", lambda: False)
    days, met = made(40, effort=np.zeros(40))
    (row,) = weather_rows(days, met, sites("A"), catalog=CATALOG).to_pylist()
    assert "qingce[outlook]" in row["reason"]


@pytest.mark.parametrize("name", ["blend", "weather"])
def test_settings_are_read_strictly(tmp_path: Path, name: str):
    roots = CATALOG.roots
    (tmp_path / "outlook").mkdir()
    file = tmp_path / "outlook" / f"{name}.toml"
    key = "prior" if name == "blend" else "folds"
    file.write_text(f"{key} = 7\n", "utf-8")
    assert read_settings((*roots, tmp_path), name).whole(key) == 7
    assert len(read_settings((*roots, tmp_path), name).numbers) == len(read_settings(roots, name).numbers)
    file.write_text(f"{key} = -1\n", "utf-8")
    with pytest.raises(ContentError, match=rf"QC107: .*{name}\.toml:1.*> 0"):
        read_settings((*roots, tmp_path), name)
    file.write_text("other = 1\n", "utf-8")
    with pytest.raises(ContentError, match=r"QC102: .*other"):
        read_settings((*roots, tmp_path), name)
    file.write_text(f"{key} = 7\n", "utf-8")
    with pytest.raises(ContentError, match=r"QC103: .*缺少必需的键"):
        read_settings((tmp_path,), name)


def test_which_pollutants_are_told_apart_is_declared(tmp_path: Path):
    assert read_settings(CATALOG.roots, "weather").names("quantities")[0] == "pm2_5"
    (tmp_path / "outlook").mkdir()
    file = tmp_path / "outlook" / "weather.toml"
    file.write_text('quantities = ["so2"]\n', "utf-8")
    assert read_settings((*CATALOG.roots, tmp_path), "weather").names("quantities") == ("so2",)
    for wrong in ("[]", '"so2"', "[1]"):
        file.write_text(f"quantities = {wrong}\n", "utf-8")
        with pytest.raises(ContentError, match=r"QC107: .*weather\.toml:1.*quantities"):
            read_settings((*CATALOG.roots, tmp_path), "weather")


@pytest.fixture(scope="module")
def beijing(shared: Path) -> dict[str, dict[str, object]]:
    """The twelve sites, March 2013 to February 2017: the last twelve months against the first; `:2016` against 2015."""
    path = shared / "data/air_prsa_beijing/prsa_12sites_hourly.parquet"
    taken = ingest(path, feed=CATALOG.feeds["prsa-beijing"], catalog=CATALOG).observations
    places = sites(*sorted(str(name) for name in pc.unique(taken["site"]).to_pylist()), city="110000")
    air = taken.filter(pc.is_in(taken["parameter"], value_set=pa.array(["pm2_5", "so2"])))
    days = evaluate_air_days(air, places, empty(EXCEPTION), catalog=CATALOG).city_days
    pair = Pair((date(2013, 3, 1), date(2014, 2, 28)), (date(2016, 3, 1), date(2017, 2, 28)))
    met = shape(taken, OBSERVATION)
    rows = weather_rows(days, met, places, catalog=CATALOG, quantities=["pm2_5", "so2"], pairs=[pair])
    years = Pair(*((date(year, 1, 1), date(year, 12, 31)) for year in (2015, 2016)))
    more = weather_rows(days, met, places, catalog=CATALOG, quantities=["pm2_5"], pairs=[years])
    return {str(row["indicator"]): row for row in rows.to_pylist()} | {"pm2_5:2016": more.to_pylist()[0]}


def over_four_years(row: dict[str, object]) -> float:
    """The yearly effort carried over the four years from 2013 to 2017 [%]."""
    slope = row["slope"]
    assert isinstance(slope, float)
    return 100 * ((1 + slope / 100) ** 4 - 1)


@pytest.mark.prove
def test_beijing_sulphur_falls_as_published(beijing: dict[str, dict[str, object]]):
    """acp-19-11303: met-corrected SO2 -68 % over 2013 to 2017."""
    row = beijing["so2"]
    assert over_four_years(row) == pytest.approx(-68, abs=5)
    assert row["skill"] > 0.6


@pytest.mark.prove
@pytest.mark.xfail(
    strict=True,
    reason="the shared series ends in February 2017: the year of the drop, from 72 to 58 ug/m3, is not in it",
)
def test_beijing_fine_particles_fall_as_published(beijing: dict[str, dict[str, object]]):
    """acp-19-11303: met-corrected PM2.5 -34 % over 2013 to 2017."""
    assert over_four_years(beijing["pm2_5"]) == pytest.approx(-34, abs=5)


@pytest.mark.prove
def test_beijing_fine_particles_of_2016_are_as_uncertain_as_published(beijing: dict[str, dict[str, object]]):
    """Proc. R. Soc. A 473:20170457, of these very data: the official -9.9 %, but "improvement if any ... uncertain"."""
    row = beijing["pm2_5:2016"]
    assert -13 < row["observed"] < -7
    assert row["effort_low"] < 0 < row["effort_high"], row


@pytest.mark.prove
def test_beijing_fine_particles_have_the_published_skill(beijing: dict[str, dict[str, object]]):
    """Held-out R2 of the literature on daily PM2.5 lies between 0.4 and 0.9; what weather and effort do adds up."""
    row = beijing["pm2_5"]
    assert 0.5 < row["skill"] < 0.9
    assert row["observed"] == pytest.approx(row["weather"] + row["effort"])
    assert row["observed"] == pytest.approx(-9.0, abs=0.5)  # 85.8 to 78.1 ug/m3
