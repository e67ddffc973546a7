"""A national year made from a seed: cities with episodes, stations with checks and outages, whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.tables import VALUE_TYPE

PARAMETERS = ("so2", "no2", "co", "o3", "pm10", "pm2_5")
SCALES = (1, 1, 10, 1, 1, 1)
BASE = np.array([9.0, 26.0, 7.0, 62.0, 58.0, 32.0])
"""Usual levels [ug/m3; CO in 0.1 mg/m3]; only the benchmark's own, no limit of anything."""
SWING = np.array([0.35, 0.45, 0.4, -0.5, 0.45, 0.55])
"""How far winter lifts each above its usual level."""
EPISODE = np.array([0.5, 0.6, 0.6, 0.4, 0.9, 1.0])
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Nation:
    """How many stations in how many cities."""

    stations: int
    cities: int
    seed: int = 20260301

    @property
    def sites(self) -> list[str]:
        """Codes of stations, sorted."""
        return [f"{1000 + number:05d}A" for number in range(self.stations)]

    @property
    def city_of(self) -> NDArray[np.int64]:
        """The city of each station; neighbours in the list are neighbours on the ground."""
        return np.arange(self.stations) * self.cities // self.stations


def months(year: int, hours: int) -> Iterator[tuple[date, int]]:
    """Yield the months of a year with their hours, until so many hours are reached."""
    left = hours
    for month in range(1, 13):
        first = date(year, month, 1)
        whole = (date(year + month // 12, month % 12 + 1, 1) - first).days * 24
        if left > 0:
            yield first, min(whole, left)
        left -= whole


def month_of(nation: Nation, first: date, hours: int) -> NDArray[np.int32]:
    """Return [parameter, hour, station] of one month, -1 where nothing came."""
    chance = np.random.default_rng([nation.seed, first.year, first.month])
    clock = np.arange(hours)
    day_of_year = first.timetuple().tm_yday + clock / 24
    season = np.cos(2 * np.pi * (day_of_year - 15) / 365.25)
    diurnal = np.stack([_diurnal(number, clock % 24) for number in range(len(PARAMETERS))])
    episode = _episodes(chance, hours, nation.cities)[:, nation.city_of]
    local = chance.normal(1, 0.12, (len(PARAMETERS), 1, nation.stations)).clip(0.5, 1.6)
    made = np.empty((len(PARAMETERS), hours, nation.stations), np.int32)
    for number in range(len(PARAMETERS)):
        level = BASE[number] * (1 + SWING[number] * season) * diurnal[number]
        value = level[:, None] * np.exp(EPISODE[number] * episode) * local[number]
        value *= chance.normal(1, 0.08, value.shape).clip(0.6, 1.5)
        made[number] = np.maximum(np.rint(value), 1)
        made[number][chance.random(value.shape) < 0.034] = -1
    _outages(chance, made)
    return made


def _diurnal(number: int, hour: NDArray[np.int64]) -> NDArray[np.float64]:
    peak, depth = (15, 0.6) if PARAMETERS[number] == "o3" else (8, 0.2)
    return 1 + depth * np.cos(2 * np.pi * (hour - peak) / 24)


def _episodes(chance: np.random.Generator, hours: int, cities: int) -> NDArray[np.float64]:
    """Return an AR(1) of some days' memory for each city."""
    keep = 0.985
    shock = chance.normal(0, np.sqrt(1 - keep**2) * 0.6, (hours, cities))
    state = np.empty((hours, cities))
    now = chance.normal(0, 0.6, cities)
    for hour in range(hours):
        now = keep * now + shock[hour]
        state[hour] = now
    return state


def _outages(chance: np.random.Generator, made: NDArray[np.int32]) -> None:
    """Take out weekly checks, analysers that stand for 6 to 60 hours, and hours of which nothing came at all."""
    hours, stations = made.shape[1:]
    check = chance.integers(0, 168, stations)
    rows = np.arange(hours)[:, None] % 168 == check
    for number in range(4):
        made[number][rows] = -1
    for _ in range(stations * hours // 4000):
        begin, length = int(chance.integers(0, hours)), int(chance.integers(6, 61))
        made[int(chance.integers(0, len(made))), begin : begin + length, int(chance.integers(0, stations))] = -1
    made[:, chance.random((hours, stations)) < 0.01] = -1


def rows_of(nation: Nation, planes: NDArray[np.int32], start: datetime) -> pa.Table:
    """Return the long rows of some hours as a feed brings them, by time, site and parameter."""
    cells = np.moveaxis(planes, 0, 2)
    hour, site, number = np.nonzero(cells >= 0)
    value = cells[hour, site, number].astype(np.int64) * (1_000_000 // np.array(SCALES))[number]
    seconds = int((start - datetime(1970, 1, 1)).total_seconds()) + hour * 3600
    count = len(hour)
    constant = pa.array(np.zeros(count, np.int32))
    return pa.table(
        {
            "site": _text(nation.sites, site),
            "parameter": _text(PARAMETERS, number),
            "time": _fixed(seconds, pa.timestamp("s")),
            "span": _text(["PT1H"], constant),
            "value": _decimals(value),
            "review": _text(["national"], constant),
            "source": _text(["benchmark"], constant),
            "batch": _text([f"{start:%Y-%m}"], constant),
            "line": _fixed(hour * nation.stations + site + 2, pa.int64()),
        }
    )


def _text(words: list[str] | tuple[str, ...], places: object) -> pa.Array:
    return pa.array(list(words), pa.string()).take(pa.array(places, pa.int32()))


def _fixed(values: NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    cells = np.ascontiguousarray(values, np.int64)
    return pa.Array.from_buffers(kind, len(cells), [None, pa.py_buffer(cells)])


def _decimals(values: NDArray[np.int64]) -> pa.Array:
    pairs = np.zeros((len(values), 2), np.int64)
    pairs[:, 0] = values
    return pa.Array.from_buffers(VALUE_TYPE, len(values), [None, pa.py_buffer(pairs)])
