"""With weather at hand a lucky spring is not carried on and an effort is; without weather it is the block bootstrap."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from tests.outlook.made_weather import START, concentrations, weather

from qingce.catalog import load_catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.outlook.models.boosting import boosting, levels_without_weather
from qingce.outlook.models.bootstrap import bootstrap
from qingce.outlook.models.past import Future, Past
from qingce.outlook.models.spread import pooled
from qingce.outlook.models.verbs import Setting, simulate

OUTLOOKS = load_catalog().outlooks
SIZE, YEAR = 3 * 365 + 150, 365
OPTIONS = {"members": 60, "block_days": 10, "window_days": 15, "keep": Decimal("0.8"), "folds": 4, "fold_days": 14,
           "trees": 80, "leaves": 8, "leaf": 20, "learning_rate": Decimal("0.08")}  # fmt: skip
MODEL = OutlookModel("boosting", "提升", "boosting", "boosting", 9, OPTIONS)
FUTURE = Future(np.arange(START + SIZE, START + SIZE + 200), START + SIZE - 150)


def made(*, wind: float = 1.0, effort: float = 0.0) -> Past:
    """Three years and 150 days; in the last 150 the wind blows `wind` times as strongly or effort is made."""
    rng = np.random.default_rng(2)
    met = weather(rng, SIZE)
    now = np.arange(SIZE) >= SIZE - 150
    met["wind_speed"] = met["wind_speed"] * np.where(now, wind, 1.0)
    values = concentrations(rng, met, effort=np.where(now, effort, 0.0))
    return Past(("pm2_5", *met), START, np.stack([values, *met.values()]))


def setting(past: Past, seed: int = 1) -> Setting:
    spread = pooled([past.chosen(["pm2_5"])], OUTLOOKS, quantities=("pm2_5",)).of(("pm2_5",))
    return Setting(MODEL, spread, OUTLOOKS.history, np.random.default_rng(seed))


def mean_of(past: Past) -> float:
    return float(boosting(past, FUTURE, setting(past)).mean())


def test_without_weather_it_is_the_block_bootstrap():
    past = made().chosen(["pm2_5"])
    assert (boosting(past, FUTURE, setting(past)) == bootstrap(past, FUTURE, setting(past))).all()
    assert (simulate(past, FUTURE, setting(past)) == boosting(past, FUTURE, setting(past))).all()


def test_shape_and_dice():
    past = made()
    found = boosting(past, FUTURE, setting(past))
    assert found.shape == (60, 1, 200)
    assert (found > 0).all()
    assert (found == boosting(past, FUTURE, setting(past))).all()
    assert (found != boosting(past, FUTURE, setting(past, 2))).any()


def test_luck_is_not_carried_on_and_effort_is():
    usual, lucky, cleaner = (mean_of(made()), mean_of(made(wind=1.25)), mean_of(made(effort=np.log(0.8))))
    assert lucky / usual == pytest.approx(1, abs=0.06)  # the months so far were 14 % lower by wind alone
    assert cleaner / usual == pytest.approx(0.8**0.8, abs=0.06)  # eight tenths of the level last


def test_the_level_is_what_weather_does_not_tell():
    past = made(effort=np.log(0.7))
    level = levels_without_weather(past, setting(past))
    assert level.shape == (1, SIZE)
    assert level[0, -1] < -0.15
    assert abs(level[0, SIZE - 200]) < 0.1


def test_the_engine_uses_it_where_there_is_weather_and_leaves_it_out_elsewhere():
    from datetime import date, timedelta

    import pyarrow as pa

    from qingce.outlook.air.panel import Panel
    from qingce.outlook.air.weather_days import WeatherDays

    model = OUTLOOKS.models["season-boosting"]
    past = made()
    first = date(1970, 1, 1) + timedelta(days=START)
    days = pa.table({"subject": ["A"], "series": ["measured"], "day": [first]})
    met = WeatherDays(START + np.arange(SIZE), past.quantities[1:], past.values[1:].T)
    panel = Panel(days, first + timedelta(days=SIZE - 1), load_catalog(), weather={"A": met})
    assert panel.suits(model, ["A"])
    assert not panel.suits(model, ["A", "B"])
    assert all(panel.suits(other, ["B"]) for other in OUTLOOKS.models.values() if other.id != model.id)
    seen = panel._seen_by(model, past.chosen(["pm2_5"]), "A")
    assert seen.quantities == past.quantities
    assert np.array_equal(seen.values, past.values)
    assert boosting(
        seen, FUTURE, Setting(model, setting(past).spread, OUTLOOKS.history, np.random.default_rng(1))
    ).shape == (400, 1, 200)
