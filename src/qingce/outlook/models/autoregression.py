"""Log anomalies from a seasonal curve that remember yesterday; innovations of whole days. 对数距平自回归。"""

from __future__ import annotations

import numpy as np

from qingce.outlook.models.carry import carried
from qingce.outlook.models.donors import Donors, calibrated, donors_of, shifted
from qingce.outlook.models.past import Floats, Future, Longs, Past
from qingce.outlook.models.verbs import Setting

__all__ = ["autoregression"]

_LEAST = 1e-3  # logs of days of zero: one thousandth of the unit
_SURE = 0.98  # no memory longer than this: an anomaly always fades


def autoregression(past: Past, future: Future, setting: Setting) -> Floats:
    """Draw futures from log value = seasonal curve + level + anomaly, each anomaly a share of yesterday's and news."""
    window = int(setting.model.number("window_days"))
    half = int(setting.model.number("season_days")) // 2
    donors = donors_of(past, future, history=setting.history, window=window)
    each, whole = carried(
        past, future, setting.spread, years=donors.years, allowed=donors.allowed, history=setting.history,
        others=setting.others,
    )  # fmt: skip
    logs = np.log(np.maximum(past.values, _LEAST))
    curves = np.stack([_curve(logs, future.earlier(back) - past.start, half) for back in donors.years])
    weight = donors.allowed / donors.allowed.sum(axis=0)
    curve = ((curves + (each - whole.mean)[:, :, future.months]) * weight[:, None, future.months]).sum(axis=0)
    own = _curve(logs, np.arange(logs.shape[1]), half)
    anomaly = logs - own
    memory = _memory(anomaly)
    news = anomaly[:, 1:] - memory[:, None] * anomaly[:, :-1]
    places = _days_of_news(past, future, setting, donors=donors, window=window)
    drawn = np.exp(curve[None] + _walk(_start(anomaly), memory, news[:, places].transpose(1, 0, 2)))
    least = setting.history.month_days
    return calibrated(drawn, future, setting.spread, carried=whole, least=least, rng=setting.rng)


def _curve(logs: Floats, places: Longs, half: int) -> Floats:
    """Return the mean log of the days within `half` of each place, of those that are there."""
    there = ~np.isnan(logs)
    sums = np.cumsum(np.pad(np.where(there, logs, 0.0), ((0, 0), (1, 0))), axis=1)
    counts = np.cumsum(np.pad(there.astype(np.int64), ((0, 0), (1, 0))), axis=1)
    low = np.clip(places - half, 0, logs.shape[1])
    high = np.clip(places + half + 1, 0, logs.shape[1])
    number = counts[:, high] - counts[:, low]
    overall = sums[:, -1:] / np.maximum(counts[:, -1:], 1)
    curve: Floats = np.where(number > 0, (sums[:, high] - sums[:, low]) / np.maximum(number, 1), overall)
    return curve


def _memory(anomaly: Floats) -> Floats:
    """Return the correlation of each quantity's anomaly with yesterday's."""
    today, before = anomaly[:, 1:], anomaly[:, :-1]
    both = ~np.isnan(today) & ~np.isnan(before)
    product = np.where(both, today * before, 0.0).sum(axis=1)
    square = np.where(both, before**2, 0.0).sum(axis=1)
    share = np.divide(product, square, out=np.zeros_like(product), where=square > 0)
    return np.asarray(np.clip(share, 0.0, _SURE), float)


def _start(anomaly: Floats) -> Floats:
    """Return the last known anomaly of each quantity, none where the last day lacks it."""
    return np.nan_to_num(anomaly[:, -1])


def _days_of_news(past: Past, future: Future, setting: Setting, *, donors: Donors, window: int) -> Longs:
    """Draw for each member and coming day a day of the same season whose news, of all quantities, is taken."""
    rng, shape = setting.rng, (setting.members, future.days.size)
    base = np.stack([future.earlier(back) - past.start for back in donors.years])
    which = donors.picked(rng.random(shape), future.months)
    places = base[which, np.arange(shape[1])] + rng.integers(-window, window + 1, shape)
    both = past.valid
    pairs = Past(past.quantities, past.start, np.where((both[1:] & both[:-1])[None], past.values[:, 1:], np.nan))
    return shifted(pairs, places - 1)


def _walk(start: Floats, memory: Floats, news: Floats) -> Floats:
    """Run the anomaly on from its start: [member, quantity, day]."""
    path = np.empty_like(news)
    now = np.broadcast_to(start, news.shape[:2])
    for day in range(news.shape[2]):
        now = memory * now + news[:, :, day]
        path[:, :, day] = now
    return path
