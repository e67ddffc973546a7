"""The hourly report: every published row of April 2020, the letter of 2012, and 2026."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.evaluate.air_made import catalog, day_of_hours, observations, sites

from qingce.core.tables import SITE, empty
from qingce.evaluate import evaluate, evaluate_air_hours

DAY = date(2020, 4, 2)
SIX = {"so2": "so2", "no2": "no2", "co": "co", "o3": "o3_1h", "pm10": "pm10", "pm2_5": "pm25"}


def report(made: list[dict[str, object]], *, edition: str = "auto", by: str = "site") -> list[dict[str, object]]:
    names = sorted({str(row["site"]) for row in made})
    return evaluate_air_hours(observations(made), sites(names), catalog=catalog(), edition=edition, by=by).to_pylist()


def published(file: Path) -> pa.Table:
    table = pq.read_table(file)
    if "city" in table.column_names:
        pairs = zip(table["city"].to_pylist(), table["site"].to_pylist(), strict=True)
        names = [f"{city}|{site}" for city, site in pairs]
    else:  # names alone are not unique: every row is a place of its own
        names = [f"{number}" for number in range(table.num_rows)]
    wide = {name: table[column] for name, column in SIX.items()}
    return pa.table(
        {"site": names, "time": table["datetime"]} | wide | {f"told_{c}": table[c] for c in ("aqi", "level", "primary")}
    )


@pytest.mark.parametrize(
    ("file", "indices", "complete"),
    [("city_site_hourly", 145_503, 132_186), ("national_site_hourly_20200410_13_nocity", 11_019, 10_133)],
)
def test_every_published_row_is_reproduced(shared: Path, file: str, indices: int, complete: int) -> None:
    """CNEMC, 2-8 and 10-13 April 2020: index and level of every row, primary pollutants of rows with all six."""
    told = published(shared / f"data/air_cnemc_hourly_20200402/{file}.parquet")
    ours = evaluate("air", told, catalog=catalog(), by="site", period="hour", edition="hj633-2012")
    names = ["aqi", "level", "primary"]
    keys = list(zip(told["site"].to_pylist(), told["time"].to_pylist(), strict=True))
    want = dict(zip(keys, zip(*(told[f"told_{name}"].to_pylist() for name in names), strict=True), strict=True))
    whole = dict(zip(keys, zip(*(told[name].is_valid().to_pylist() for name in SIX), strict=True), strict=True))
    columns = [ours[name].to_pylist() for name in ("site", "time", "aqi", "level_name", "primary")]
    seen = six = 0
    wrong = []
    for site, time, aqi, level, primary in zip(*columns, strict=True):
        index, grade, leading = want[site, time]
        if index is None:
            continue
        seen += 1
        if (aqi, level) != (index, grade):
            wrong.append((site, time, aqi, index))
        if all(whole[site, time]):
            six += 1
            if primary != (leading or ""):
                wrong.append((site, time, primary, leading))
    assert (seen, six, wrong[:5]) == (indices, complete, [])


def test_the_letter_of_2012_judges_particles_by_24_hours() -> None:
    """Nineteen hours are too few for the rolling mean; the 1-hour value stands beside it without a sub-index."""
    made = day_of_hours("A", "pm10", DAY, values=[150] * 24) + day_of_hours(
        "A", "pm10", DAY + timedelta(1), values=[400]
    )
    letter = report(made, edition="hj633-2012-letter")
    assert [row["iaqi_pm10"] for row in letter] == [None] * 19 + [100] * 5 + [106]
    assert [row["n_pm10_24h"] for row in letter] == [*range(1, 25), 24]
    assert (letter[24]["pm10"], str(letter[24]["pm10_24h"])) == (400, "160.416667")
    assert letter[18]["absent_pm10_24h"] == "too_few"
    assert [row["iaqi_pm10"] for row in report(made, edition="hj633-2012")][-2:] == [100, 272]


def test_the_letter_of_2012_takes_eight_hours_of_ozone_too() -> None:
    made = day_of_hours("A", "o3", DAY, values=[180] * 8)
    letter = report(made, edition="hj633-2012-letter")
    assert [row["iaqi_o3"] for row in letter] == [75] * 8
    assert [row["iaqi_o3_8h"] for row in letter] == [None] * 5 + [119] * 3
    assert letter[-1]["primary"] == "臭氧8小时"
    assert report(made, edition="hj633-2012")[-1]["primary"] == "臭氧1小时"


def test_so2_above_800_is_told_by_its_24_hours_in_2012_and_is_200_in_2026() -> None:
    made = day_of_hours("A", "so2", DAY, values=[475] * 23 + [801])
    assert [row["iaqi_so2"] for row in report(made)][-2:] == [97, 153]
    assert [row["iaqi_so2"] for row in report(made[-1:])] == [None]
    assert [row["iaqi_so2"] for row in report(made, edition="hj633-2026")][-1] == 200
    assert "so2_24h" not in report(made)[0]


def test_2026_takes_six_values_of_one_hour() -> None:
    row = {"so2": 5, "no2": 20, "co": "0.5", "o3": 161, "pm10": 60, "pm2_5": "60.5"}
    made = [value for name, x in row.items() for value in day_of_hours("A", name, date(2026, 3, 1), values=[x])]
    assert [(r["aqi"], r["primary"], r["edition"]) for r in report(made)] == [
        (100, "细颗粒物(PM2.5)", "hj633-2026+hj663-2026")
    ]
    without = [value for value in made if value["parameter"] != "co"]
    assert [(r["aqi"], r["aqi_absent"], r["iaqi_pm2_5"]) for r in report(without)] == [(None, "not_reported", 100)]


def test_a_city_hour_is_the_mean_of_its_sites() -> None:
    made = [row for site, v in (("A", 60), ("B", 90)) for row in day_of_hours(site, "pm10", DAY, values=[v])]
    city = report(made, by="city")
    assert [(r["subject"], r["subject_name"], r["pm10"], r["n_pm10"], r["aqi"]) for r in city] == [
        ("990100", "云泽市", 75, 2, 63)
    ]


def test_hours_without_a_row_are_left_out_and_an_invalid_one_says_so() -> None:
    made = day_of_hours("A", "pm10", DAY, values=[60, None, 70])
    made[1]["absent"] = "invalid"
    found = report(made)
    assert [row["time"] for row in found] == [datetime(2020, 4, 2, 0), datetime(2020, 4, 2, 2)]
    assert [row["absent_pm10"] for row in found] == [None, "invalid"]


def test_without_sites_there_is_no_city() -> None:
    made = observations(day_of_hours("A", "pm10", DAY, values=[60]))
    assert evaluate_air_hours(made, empty(SITE), catalog=catalog(), by="city").num_rows == 0
