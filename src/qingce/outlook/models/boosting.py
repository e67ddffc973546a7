"""Blocks of earlier days moved by what the year's level is once its weather is taken off. 有气象时的梯度提升。

Where the past holds rows of weather, boosted trees tell each day's log value from its weather and season, held out by
blocks. What is left, averaged over the last weeks, is this year's level without its luck; a donor day is moved from the
level of its own time to this one. Without weather it is the block bootstrap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qingce.evaluate.air.input import QUANTITIES
from qingce.outlook.models.bootstrap import blocks, bootstrap
from qingce.outlook.models.carry import carried
from qingce.outlook.models.donors import calibrated, donors_of, shifted
from qingce.outlook.models.past import Floats, Future, Past
from qingce.outlook.models.verbs import Setting

__all__ = ["boosting", "levels_without_weather"]

_LEAST = 1e-3


def boosting(past: Past, future: Future, setting: Setting) -> Floats:
    """Draw futures [member, quantity, day] of the quantities that are no weather, in the order of the past.

    Options as of the block bootstrap, and `keep` (the share of a level that lasts), `folds`, `fold_days`, `trees`,
    `leaves`, `leaf`, `learning_rate`. Raises ModuleNotFoundError where scikit-learn is not installed.
    """
    names = tuple(name for name in past.quantities if name in QUANTITIES)
    mine = past.chosen(names)
    if names == past.quantities:
        return bootstrap(past, future, setting)
    window = int(setting.model.number("window_days"))
    donors = donors_of(mine, future, history=setting.history, window=window)
    level = levels_without_weather(past, setting)
    which, offset = blocks(setting, future, donors, window=window)
    base = np.stack([future.earlier(back) - mine.start for back in donors.years])
    places = shifted(mine, base[which, np.arange(future.days.size)] + offset)
    moved = setting.model.number("keep") * (level[:, -1:, None] - level[:, places.T].transpose(0, 2, 1))
    drawn = mine.values[:, places] * np.exp(moved)
    _, whole = carried(
        mine, future, setting.spread, years=donors.years, allowed=donors.allowed, history=setting.history,
        others=setting.others,
    )  # fmt: skip
    still = replace(whole, mean=np.zeros_like(whole.mean))
    least = setting.history.month_days
    return calibrated(
        drawn.transpose(1, 0, 2), future, setting.spread, carried=still, least=least, rng=setting.rng
    )  # fmt: skip


def levels_without_weather(past: Past, setting: Setting) -> Floats:
    """Return for each quantity and day the mean of the last weeks' logs less what weather and season tell of them."""
    rows = [row for row, name in enumerate(past.quantities) if name in QUANTITIES]
    facts = _facts(past)
    fold = np.arange(facts.shape[0]) // int(setting.model.number("fold_days")) % int(setting.model.number("folds"))
    found = np.zeros((len(rows), facts.shape[0]))
    for place, row in enumerate(rows):
        logs = np.log(np.maximum(past.values[row], _LEAST))
        there = ~np.isnan(logs) & ~np.isnan(facts).any(axis=1)
        rest = np.full(logs.size, np.nan)
        rest[there] = logs[there] - _held_out(facts[there], logs[there], fold[there], setting=setting)
        found[place] = _trailing(rest, setting.history.level_days)
    return found


def _facts(past: Past) -> Floats:
    """Return the weather of each day and of the day before, with the place in the year and the day of the week."""
    weather = np.stack(
        [values for name, values in zip(past.quantities, past.values, strict=True) if name not in QUANTITIES]
    )
    before = np.concatenate([np.full((weather.shape[0], 1), np.nan), weather[:, :-1]], axis=1)
    days = past.start + np.arange(weather.shape[1])
    dates = days.astype("datetime64[D]")
    place = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    return np.column_stack([place, (days + 3) % 7, weather.T, before.T])


def _held_out(facts: Floats, logs: Floats, fold: np.ndarray, *, setting: Setting) -> Floats:
    """Predict each block of days from the others, on one thread."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    found = np.full(logs.size, logs.mean())
    with threadpool_limits(limits=1):
        for number in np.unique(fold):
            out = fold == number
            if out.all():
                continue
            model = HistGradientBoostingRegressor(
                max_iter=int(setting.model.number("trees")), learning_rate=setting.model.number("learning_rate"),
                max_leaf_nodes=int(setting.model.number("leaves")),
                min_samples_leaf=int(setting.model.number("leaf")), max_bins=64, early_stopping=False, random_state=1,
            )  # fmt: skip
            found[out] = model.fit(facts[~out], logs[~out]).predict(facts[out])
    return found


def _trailing(values: Floats, days: int) -> Floats:
    """Return the mean of the last `days` that have a value, none counting as no difference."""
    there = ~np.isnan(values)
    sums = np.cumsum(np.r_[0.0, np.where(there, values, 0.0)])
    counts = np.cumsum(np.r_[0, there])
    first = np.maximum(np.arange(values.size) + 1 - days, 0)
    number = counts[1:] - counts[first]
    return np.asarray((sums[1:] - sums[first]) / np.maximum(number, 1), float)
