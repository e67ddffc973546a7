"""Forecasts scored: by hand, at the edges of the levels, and over 10,000 random ones as one table by the slow way."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.air_made import catalog
from tests.oracle import forecasts as slow

from qingce.core.errors import QingceError
from qingce.core.tables import FORECAST, VALUE_TYPE, shape
from qingce.evaluate.air.forecast_score import SCORE, score_forecasts

DAY = date(2026, 5, 1)
NAMES = {"o3": "臭氧8小时", "pm2_5": "细颗粒物(PM2.5)", "pm10": "颗粒物(PM10)", "no2": "二氧化氮"}
BASE: dict[str, object] = {
    "issuer": "model", "site": "990100", "parameter": "aqi", "made_on": DAY - timedelta(1), "day": DAY, "value": None,
    "low": None, "high": None, "level_low": None, "level_high": None, "primary": None, "source": "f.csv",
    "known_at": datetime(2026, 4, 30, 20),
}  # fmt: skip


def forecasts(*rows: Mapping[str, object]) -> pa.Table:
    made = [BASE | dict(row) for row in rows]
    columns = {}
    for name in BASE:
        cells = [row[name] for row in made]
        if name in ("value", "low", "high"):
            cells = [None if cell is None else Decimal(str(cell)) for cell in cells]
        columns[name] = pa.array(cells, FORECAST.field(name).type)
    return shape(pa.table(columns), FORECAST)


def came(*rows: Mapping[str, object]) -> pa.Table:
    base: dict[str, object] = {"subject": "990100", "day": DAY, "series": "measured", "aqi": None, "level": None,
                               "primary": None, "pm2_5": None, "review": "national"}  # fmt: skip
    made = [base | dict(row) for row in rows]
    types = {"day": pa.date32(), "aqi": pa.int64(), "level": pa.int64(), "pm2_5": VALUE_TYPE}
    return pa.table({name: pa.array([row[name] for row in made], types.get(name, pa.string())) for name in base})


def only(table: pa.Table) -> dict[str, object]:
    (row,) = table.to_pylist()
    return row


def test_one_forecast_that_came_true() -> None:
    said = forecasts({"level_low": 3, "level_high": 4, "low": 140, "high": 170, "primary": "pm2_5"})
    row = only(score_forecasts(said, came({"aqi": 152, "level": 4, "primary": NAMES["pm2_5"]}), catalog=catalog()))
    assert (row["n"], row["level_hits"], row["level_accuracy"]) == (1, 1, Decimal(100))
    assert (row["primary_n"], row["primary_hits"], row["primary_accuracy"]) == (1, 1, Decimal(100))
    assert (row["hits"], row["misses"], row["false_alarms"], row["quiet"]) == (0, 0, 0, 1)
    assert row["threat_score"] is None
    assert (row["bias"], row["mean_error"], row["lead"]) == (Decimal(3), Decimal(3), 1)
    assert (row["method"], row["review"]) == ("forecast-score-2020", "national")
    assert "规则未核" in str(row["note"])


@pytest.mark.parametrize(
    ("value", "level"),
    [("50", 1), ("50.000001", 2), ("51", 2), ("100", 2), ("101", 3), ("150", 3), ("151", 4), ("200", 4), ("201", 5),
     ("300", 5), ("301", 6), ("500", 6), ("0", 1)],
)  # fmt: skip
def test_the_level_of_an_index_at_each_limit(value: str, level: int) -> None:
    table = score_forecasts(forecasts({"value": value}), came({"aqi": 1, "level": level}), catalog=catalog())
    assert only(table)["level_hits"] == 1
    other = score_forecasts(forecasts({"value": value}), came({"aqi": 1, "level": level % 6 + 1}), catalog=catalog())
    assert only(other)["level_hits"] == 0


def test_the_threat_score_counts_heavy_days_by_the_upper_level() -> None:
    said, seen = [], []
    for number, (high, level) in enumerate([(5, 5), (6, 5), (4, 5), (5, 4), (5, 2), (2, 2), (5, 6)]):
        day = DAY + timedelta(number)
        said.append({"made_on": day - timedelta(2), "day": day, "level_low": 2, "level_high": high})
        seen.append({"day": day, "aqi": 1, "level": level})
    row = only(score_forecasts(forecasts(*said), came(*seen), catalog=catalog()))
    assert [row[name] for name in ("hits", "misses", "false_alarms", "quiet")] == [3, 1, 2, 1]
    assert row["threat_score"] == Decimal("0.5")
    assert (row["first_day"], row["last_day"], row["lead"]) == (DAY, DAY + timedelta(6), 2)


def test_the_last_known_of_one_forecast_counts() -> None:
    first = {"value": 40, "known_at": datetime(2026, 4, 30, 18)}
    second = {"value": 120, "known_at": datetime(2026, 4, 30, 20)}
    for order in ([first, second], [second, first]):
        row = only(score_forecasts(forecasts(*order), came({"aqi": 118, "level": 3}), catalog=catalog()))
        assert (row["n"], row["level_hits"], row["bias"]) == (1, 1, Decimal(2))


def test_a_forecast_after_the_day_is_none_and_a_day_without_index_is_unjudged() -> None:
    after = {"made_on": DAY + timedelta(1), "value": 40}
    assert score_forecasts(forecasts(after), came({"aqi": 40, "level": 1}), catalog=catalog()).num_rows == 0
    row = only(score_forecasts(forecasts({"value": 40}), came({}), catalog=catalog()))
    assert (row["n"], row["unjudged"], row["level_accuracy"], row["bias"]) == (0, 1, None, None)
    row = only(
        score_forecasts(forecasts({"value": 40}), came({"subject": "other", "aqi": 40, "level": 1}), catalog=catalog())
    )
    assert (row["n"], row["unjudged"], row["review"]) == (0, 1, None)


def test_no_forecast_and_no_day() -> None:
    none = forecasts({}).slice(0, 0)
    assert score_forecasts(none, came({}), catalog=catalog()).schema == SCORE
    row = only(score_forecasts(forecasts({"value": 40}), came({}).slice(0, 0), catalog=catalog()))
    assert (row["n"], row["unjudged"]) == (0, 1)


def test_only_the_measured_series_judges() -> None:
    days = came({"series": "deducted", "aqi": 40, "level": 1}, {"aqi": 140, "level": 3})
    assert only(score_forecasts(forecasts({"value": 140}), days, catalog=catalog()))["level_hits"] == 1


@pytest.mark.parametrize("word", ["pm2_5", "PM2.5", "细颗粒物(PM2.5)", "pm10,pm2_5", "PM10、PM2.5"])
def test_a_primary_pollutant_is_known_in_every_spelling(word: str) -> None:
    days = came({"aqi": 110, "level": 3, "primary": NAMES["pm2_5"]})
    assert (
        only(score_forecasts(forecasts({"value": 110, "primary": word}), days, catalog=catalog()))["primary_hits"] == 1
    )


def test_a_pollutant_nobody_knows_and_levels_upside_down_are_refused() -> None:
    with pytest.raises(QingceError, match=r"QC110.*雾霾"):
        score_forecasts(forecasts({"value": 40, "primary": "雾霾"}), came({}), catalog=catalog())
    with pytest.raises(QingceError, match=r"QC107.*level_low"):
        score_forecasts(forecasts({"level_low": 4, "level_high": 3}), came({}), catalog=catalog())


def test_a_concentration_has_a_bias_and_no_level() -> None:
    later = DAY + timedelta(1)
    second = {"parameter": "pm2_5", "day": later, "made_on": DAY, "low": 20, "high": 30}
    said = forecasts({"parameter": "pm2_5", "value": "30.5"}, second)
    days = came({"pm2_5": Decimal(33)}, {"day": DAY + timedelta(1), "pm2_5": Decimal("24.2")})
    row = only(score_forecasts(said, days, catalog=catalog()))
    assert (row["n"], row["n_values"], row["bias"], row["mean_error"]) == (2, 2, Decimal("-0.85"), Decimal("1.65"))
    assert row["level_accuracy"] is row["threat_score"] is row["level_hits"] is None


def _random_rows(random_: random.Random, count: int) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    said, seen = [], []
    for number in range(60):
        for site in ("a", "b", "c"):
            if random_.random() < 0.9:
                aqi = random_.choice([None, random_.randint(0, 500), *(b + d for b in (50, 100, 200) for d in (0, 1))])
                names = random_.sample(list(NAMES.values()), random_.choice([0, 1, 1, 2]))
                seen.append({"subject": site, "day": DAY + timedelta(number), "aqi": aqi,
                             "level": None if aqi is None else slow.level(Fraction(aqi)),
                             "primary": ",".join(names) or None,
                             "pm2_5": random_.choice([None, Decimal(random_.randint(0, 900)) / 10])})  # fmt: skip
    for _ in range(count):
        day = DAY + timedelta(random_.randint(-3, 63))
        row: dict[str, object] = {
            "issuer": random_.choice(["m", "n"]), "site": random_.choice("abcd"), "day": day,
            "made_on": day - timedelta(random_.randint(-1, 15)), "parameter": random_.choice(["aqi", "aqi", "pm2_5"]),
            "known_at": datetime(2026, 1, 1) + timedelta(seconds=random_.randint(0, 3)),
            "primary": ",".join(random_.sample(list(NAMES), random_.choice([0, 1, 2]))) or None,
        }  # fmt: skip
        kind = random_.randrange(4)
        if kind in (0, 1):
            row["value"] = Decimal(random_.randint(0, 5000)) / 10
        if kind in (1, 2):
            low = random_.randint(0, 300)
            row |= {"low": low, "high": random_.choice([None, low + random_.randint(0, 120)])}
        if kind == 3 and row["parameter"] == "aqi":
            first = random_.randint(1, 6)
            row |= {"level_low": first, "level_high": random_.choice([None, min(6, first + random_.randint(0, 2))])}
        if row.get("value") is not None and row.get("low") is not None and row.get("high") is None:
            row["high"] = row["low"]
        said.append(BASE | row)
    return said, seen


def test_ten_thousand_random_forecasts_are_scored_as_the_slow_way_does() -> None:
    said, seen = _random_rows(random.Random(20261121), 18_000)
    table = score_forecasts(forecasts(*said), came(*seen), catalog=catalog())
    names = {zh: name for name, zh in NAMES.items()}
    days = {
        (row["subject"], row["day"]): row
        | {"primary": ",".join(names[word] for word in str(row["primary"] or "").split(",") if word)}
        for row in seen
    }
    expected = slow.scores(said, days)  # type: ignore[arg-type]
    assert table.num_rows == len(expected) > 200
    counted = 0
    for row in table.to_pylist():
        told = expected[row["issuer"], row["scope"], row["parameter"], row["lead"]]
        counted += row["n"] + row["unjudged"]
        for name, value in told.items():
            if isinstance(value, Fraction):
                assert abs(Fraction(row[name]) - value) <= Fraction(1, 2_000_000), (row, name, value)
            else:
                assert row[name] == value, (row, name, value)
    assert counted > 10_000


def test_scores_of_halves_add_up_to_the_whole() -> None:
    said, seen = _random_rows(random.Random(5), 2_000)
    whole = score_forecasts(forecasts(*said), came(*seen), catalog=catalog()).to_pylist()
    halves: dict[tuple[object, ...], int] = {}
    for issuer in ("m", "n"):
        part = forecasts(*(row for row in said if row["issuer"] == issuer))
        for row in score_forecasts(part, came(*seen), catalog=catalog()).to_pylist():
            halves[row["issuer"], row["scope"], row["parameter"], row["lead"]] = row["n"]
    assert {(r["issuer"], r["scope"], r["parameter"], r["lead"]): r["n"] for r in whole} == halves
