"""Hours of weather become the daily facts that explain concentrations: means, extremes, wind as a vector. 逐日气象。"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.catalog import Catalog
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow

__all__ = ["WeatherDays", "weather_days"]

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
_MEDIUM, _SPEED, _DIRECTION = "weather", "wind_speed", "wind_direction"
_HOUR, _DAY = 3600, 86_400


@dataclass(frozen=True, slots=True)
class WeatherDays:
    """Daily weather of one city: `facts[day, fact]`, NaN where unknown; `days` without a gap [days since 1970]."""

    days: Longs
    names: tuple[str, ...]
    facts: Floats

    def at(self, days: Longs) -> Floats:
        """Return the facts of some days, NaN outside."""
        place = days - self.days[0]
        inside = (place >= 0) & (place < self.days.size)
        found = np.full((days.size, len(self.names)), np.nan)
        found[inside] = self.facts[place[inside]]
        return found


def weather_days(weather: pa.Table, sites: pa.Table, *, catalog: Catalog) -> dict[str, WeatherDays]:
    """Return the daily weather by city from OBSERVATION rows of the weather's parameters; other rows are left aside.

    The stations of a city are averaged; a place that is in no city stands for itself. The wind counts as a vector, and
    the means of the day before are facts of the day too.
    """
    known = sorted(name for name, item in catalog.parameters.items() if item.medium == _MEDIUM)
    table = _usable(weather, known)
    if not table.num_rows:
        return {}
    city = {row["site"]: row["city"] for row in sites.select(["site", "city"]).to_pylist() if row["city"]}
    code, words = arrow.codes(table["site"])
    scopes = sorted({city.get(str(word), str(word)) for word in words})
    place = np.array([scopes.index(city.get(str(word), str(word))) for word in words], np.int64)[code]
    hours = _hours(table, code.astype(np.int64))
    return {scope: _of_scope(hours.only(place == row)) for row, scope in enumerate(scopes)}


@dataclass(frozen=True, slots=True)
class _Hours:
    """Values by parameter (a place in `names`), day, and the station and hour that tie a direction to its speed."""

    names: tuple[str, ...]
    parameter: Longs
    day: Longs
    key: Longs
    value: Floats

    def only(self, here: NDArray[np.bool_]) -> _Hours:
        """Keep some of the values."""
        return _Hours(self.names, self.parameter[here], self.day[here], self.key[here], self.value[here])

    def of(self, name: str) -> tuple[Longs, Longs, Floats]:
        """Return day, key and value of one parameter, by key."""
        here = self.parameter == self.names.index(name) if name in self.names else np.zeros(self.day.size, bool)
        order = np.argsort(self.key[here], kind="stable")
        return self.day[here][order], self.key[here][order], self.value[here][order]


def _usable(weather: pa.Table, known: list[str]) -> pa.Table:
    """Keep the present values of the weather's parameters."""
    table = weather.filter(pc.is_in(weather["parameter"], value_set=arrow.text(known)))
    return table.filter(pc.and_(pc.is_valid(table["value"]), pc.is_null(table["absent"])))


def _hours(table: pa.Table, station: Longs) -> _Hours:
    parameter, words = arrow.codes(table["parameter"])
    value, _ = arrow.micro_of(table["value"])
    seconds = arrow.whole(table["time"])
    hour = seconds // _HOUR
    names = tuple(str(word) for word in words)
    return _Hours(
        names, parameter.astype(np.int64), seconds // _DAY, station * (int(hour.max()) + 1) + hour, value / SCALE
    )


def _of_scope(hours: _Hours) -> WeatherDays:
    first, size = int(hours.day.min()), int(hours.day.max() - hours.day.min()) + 1
    facts: dict[str, Floats] = {}
    for name in hours.names:
        if name == _DIRECTION:
            continue
        day, _, value = hours.of(name)
        facts[name] = _mean(day - first, value, size)
        facts[f"{name}_high"] = _extreme(day - first, value, size)
        facts[f"{name}_low"] = -_extreme(day - first, -value, size)
    facts |= _wind(hours, first, size)
    means = [name for name in facts if not name.endswith(("_high", "_low"))]
    facts |= {f"{name}_before": np.concatenate([[np.nan], facts[name][:-1]]) for name in means}
    return WeatherDays(np.arange(first, first + size), tuple(facts), np.column_stack(list(facts.values())))


def _wind(hours: _Hours, first: int, size: int) -> dict[str, Floats]:
    """Return the mean wind towards east and north, where speed and direction are both known."""
    _, at, speed = hours.of(_SPEED)
    day, key, direction = hours.of(_DIRECTION)
    if not at.size or not key.size:
        return {}
    place = np.minimum(np.searchsorted(at, key), at.size - 1)
    both = at[place] == key
    angle = np.deg2rad(direction[both])
    return {
        name: _mean(day[both] - first, -speed[place[both]] * turn(angle), size)
        for name, turn in (("wind_east", np.sin), ("wind_north", np.cos))
    }


def _mean(day: Longs, value: Floats, size: int) -> Floats:
    count = np.bincount(day, minlength=size)
    total = np.bincount(day, weights=value, minlength=size)
    return np.asarray(np.divide(total, count, out=np.full(size, np.nan), where=count > 0), float)


def _extreme(day: Longs, value: Floats, size: int) -> Floats:
    found = np.full(size, -np.inf)
    np.maximum.at(found, day, value)
    return np.where(np.isfinite(found), found, np.nan)
