"""Hourly air of the six example sites: season, week, day, weather, sand, fireworks, gaps and faults. 示例空气数据."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from qingce.app.example.story import MARK, Floats, Noise, Story

__all__ = ["Air", "make_air", "write_air"]

_KINDS = ("pm2_5", "coarse", "o3", "no2", "so2", "co")
_COLUMNS = ("so2", "no2", "co", "o3", "pm10", "pm2_5")
_FINE_IN_PM10 = 1.12


@dataclass(frozen=True)
class Air:
    """Whole-number readings [hour, site] of each parameter (CO in tenths of mg/m3), and which are missing."""

    values: Mapping[str, NDArray[np.int64]]
    missing: Mapping[str, NDArray[np.bool_]]


def make_air(story: Story, *, seed: int) -> Air:
    """Make every hour of every air site from the story and the seed."""
    sites = story.named("air_site")
    field = {kind: _field(story, kind, seed=seed) for kind in _KINDS}
    sand = _sand(story)[:, None] * (0.92 + 0.16 * Noise(seed, "sand").uniform(1, len(sites)))
    fine = field["pm2_5"] + sand * float(story.facts["sand"]["fine_share"])
    plain = {"pm10": _FINE_IN_PM10 * fine + field["coarse"] + sand, "pm2_5": fine}
    plain |= {kind: field[kind] for kind in ("so2", "no2", "o3")}
    values = {name: np.floor(np.maximum(array, 1.0) + 0.5).astype(np.int64) for name, array in plain.items()}
    values["co"] = np.floor(np.maximum(field["co"] * 10, 1.0) + 0.5).astype(np.int64)
    missing = _gaps(story, seed=seed)
    _break(story, values, missing)
    return Air(values, missing)


def write_air(story: Story, air: Air, folder: Path) -> list[Path]:
    """Write one canonical wide CSV a year, and what is not yet reviewed in a file of its own."""
    young = story.hour_of(f"{story.preliminary_from}T00")
    years = story.hours.astype("datetime64[Y]").astype(int) + 1970
    written = []
    for year in sorted(set(years.tolist())):
        rows = np.flatnonzero(years == year)
        for state, part in (("national", rows[rows < young]), ("preliminary", rows[rows >= young])):
            if len(part):
                path = folder / f"air-{state}-{year}-{MARK}.csv"
                _write(story, air, rows=part, path=path)
                written.append(path)
    return written


def _field(story: Story, kind: str, *, seed: int) -> Floats:
    """Return [hour, site] values: level x month x hour x weekday x weather x episode x site x noise."""
    facts, noise = story.facts, story.facts["noise"][kind]
    city = _calendar(story, kind) * _weather(story, kind, seed=seed) * _episodes(story, kind)
    ids = story.named("air_site")
    share = np.array([facts["sites"][site][_KINDS.index(kind)] for site in ids])
    chance = Noise(seed, f"site {kind}")
    days = np.arange(len(story.days)) * 24.0 + 12
    hours = np.arange(len(story.hours))
    local = np.stack([np.interp(hours, days, chance.walk(len(days), memory=0.5)) for _ in ids], axis=1)
    quick = chance.normal(len(hours), len(ids))
    spread = noise["site"] * local + noise["hour"] * quick
    result: Floats = city[:, None] * share * np.exp(spread - (noise["site"] ** 2 + noise["hour"] ** 2) / 2)
    return result


def _calendar(story: Story, kind: str) -> Floats:
    """Return the level of each hour by year, month (sliding), weekday and hour of day."""
    facts = story.facts
    hours = story.hours
    day = hours.astype("datetime64[D]")
    year = day.astype("datetime64[Y]").astype(int) + 1970 - story.first.year
    turn = (day - day.astype("datetime64[Y]")).astype(int) / 365.25 * 12
    months = np.array(facts["months"][kind])
    season = np.interp(turn, np.arange(-1, 13) + 0.5, np.concatenate([months[-1:], months, months[:1]]))
    weekend = ((day.astype(int) + 3) % 7) >= 5
    week = np.where(weekend, facts["weekend"][kind], 1.0)
    of_day = np.array(facts["hours"][kind])[(hours - day).astype(int)]
    result: Floats = np.array(facts["levels"][kind], dtype=np.float64)[year] * season * week * of_day
    return result


def _weather(story: Story, kind: str, *, seed: int) -> Floats:
    """Return the city's weather as a factor of mean 1; particles, NO2 and CO share most of it."""
    noise = story.facts["noise"][kind]
    days = len(story.days)
    own = Noise(seed, f"weather {kind}").walk(days, memory=noise["memory"])
    stagnant = Noise(seed, "weather").walk(days, memory=0.66)
    shared = {"pm2_5": 0.9, "no2": 0.75, "co": 0.8, "so2": 0.5, "coarse": 0.3}.get(kind, 0.0)
    walk = shared * stagnant + np.sqrt(1 - shared**2) * own
    hourly = np.interp(np.arange(days * 24), np.arange(days) * 24.0 + 12, walk) * noise["weather"]
    factor = np.exp(hourly)
    result: Floats = factor / factor.mean()
    return result


def _episodes(story: Story, kind: str) -> Floats:
    """Return the factor of the declared episodes and firework nights; each rises and falls within a day."""
    factor = np.ones(len(story.hours))
    for episode in story.facts["episodes"]:
        first, length = story.hour_of(f"{episode['start']}T00"), 24 * episode["days"]
        edge = np.minimum(np.arange(length) + 1, length - np.arange(length)) / 18
        factor[first : first + length] *= 1 + (episode["factors"].get(kind, 1.0) - 1) * np.minimum(edge, 1.0)
    nights = story.facts["fireworks"]
    for night in nights["nights"]:
        first = story.hour_of(f"{night}T{nights['first_hour']}")
        burst = np.array(nights.get(kind, [1.0]))
        factor[first : first + len(burst)] *= burst
    return factor


def _sand(story: Story) -> Floats:
    """Return the dust of the sand storms [ug/m3 of PM10] at each hour."""
    dust = np.zeros(len(story.hours))
    rise = np.array([0.35, 0.7])
    for storm in story.facts["sand"]["storms"]:
        first = story.hour_of(storm["at"].isoformat())
        fall = np.exp2(-np.arange(48) / story.facts["sand"]["half_life"])
        shape = np.concatenate([rise, fall])
        dust[first : first + len(shape)] += storm["dust"] * shape
    return dust


def _gaps(story: Story, *, seed: int) -> dict[str, NDArray[np.bool_]]:
    """Return the hours without a reading: weekly calibration of gas instruments, and hours lost here and there."""
    hours, sites = len(story.hours), len(story.named("air_site"))
    facts = story.facts["gaps"]
    hour = np.arange(hours) % 24
    week = np.arange(hours) // 24 % 7
    calibration = (hour == facts["calibration_hour"])[:, None] & (week[:, None] == np.arange(sites) % 7)
    missing = {}
    for name in _COLUMNS:
        lost = Noise(seed, f"gap {name}").uniform(hours, sites) < facts["share"]
        missing[name] = lost | calibration if name in ("so2", "no2", "co", "o3") else lost
    return missing


def _break(story: Story, values: dict[str, NDArray[np.int64]], missing: dict[str, NDArray[np.bool_]]) -> None:
    """Put the declared faults into the readings."""
    sites = story.named("air_site")
    for fault in story.facts["faults"]:
        first, column = story.hour_of(fault["start"].isoformat()), sites.index(fault["site"])
        span = slice(first, first + fault["hours"])
        for name in fault["parameters"]:
            if fault["kind"] == "outage":
                missing[name][span, column] = True
            else:
                values[name][span, column] = values[name][first, column]
                missing[name][span, column] = False


def _write(story: Story, air: Air, *, rows: NDArray[np.int64], path: Path) -> None:
    sites = story.named("air_site")
    stamps = np.char.add(np.datetime_as_string(story.hours[rows], unit="s"), story.facts["offset"])
    columns: dict[str, pa.Array] = {
        "site": pa.array(np.tile(np.array(sites), len(rows))),
        "city": pa.array(np.full(len(rows) * len(sites), story.facts["city"])),
        "time": pa.array(np.repeat(stamps, len(sites))),
    }
    for name in _COLUMNS:
        numbers, lost = air.values[name][rows].ravel(), air.missing[name][rows].ravel()
        plain = _tenths(numbers) if name == "co" else numbers
        columns[name] = pa.array(plain, mask=lost)
    options = arrow_csv.WriteOptions(quoting_style="none", quoting_header="none")
    arrow_csv.write_csv(pa.table(columns), path, write_options=options)


def _tenths(numbers: NDArray[np.int64]) -> NDArray[np.str_]:
    """Print whole tenths as a decimal with one place."""
    printed = np.array([f"{i // 10}.{i % 10}" for i in range(int(numbers.max()) + 1)])
    result: NDArray[np.str_] = printed[numbers]
    return result
