"""Made weather and concentrations whose effort is known: the judge of telling weather and effort apart."""

from __future__ import annotations

import numpy as np

__all__ = ["START", "autoregressive", "concentrations", "weather"]

START = 15_706
"""2013-01-01 in days since 1970-01-01."""
_YEAR = 365.25


def autoregressive(rng: np.random.Generator, size: int, *, memory: float, news: float) -> np.ndarray:
    """A series that remembers yesterday."""
    found, now = np.empty(size), 0.0
    for place, step in enumerate(rng.normal(0, news, size)):
        now = memory * now + step
        found[place] = now
    return found


def weather(rng: np.random.Generator, size: int, *, drift: float = 0.0) -> dict[str, np.ndarray]:
    """Temperature, wind and humidity by day; `drift` is the yearly growth of the wind."""
    place = np.arange(size) % _YEAR
    temp = 12 + 14 * np.sin(2 * np.pi * (place - 110) / _YEAR) + autoregressive(rng, size, memory=0.8, news=2)
    wind = np.exp(0.6 + autoregressive(rng, size, memory=0.5, news=0.35) + drift * np.arange(size) / _YEAR)
    humid = 55 + 15 * np.sin(2 * np.pi * (place - 140) / _YEAR) + autoregressive(rng, size, memory=0.7, news=10)
    return {"air_temp": temp, "wind_speed": wind, "humidity": np.clip(humid, 5, 100)}


def concentrations(
    rng: np.random.Generator, met: dict[str, np.ndarray], *, effort: np.ndarray, news: float = 0.08
) -> np.ndarray:
    """What weather, season, effort (a log) and the rest make of a level of 55."""
    size = effort.size
    season = 0.5 * np.cos(2 * np.pi * np.arange(size) / _YEAR)
    told = -0.7 * np.log(met["wind_speed"]) + 0.012 * (met["humidity"] - 50) + 0.004 * met["air_temp"]
    return np.exp(4 + told + season + effort + autoregressive(rng, size, memory=0.4, news=news))
