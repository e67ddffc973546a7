"""The same year as a careful user of pandas writes it: right windows, right rounding, nothing of ours but the tables.

Hours are put on a full grid before windows are taken, values are rounded half to even on a decimal grid, the index is
rounded up from a value freed of the last bit's noise. It is what facts of others call "typical" with its known mistakes
mended; the few differences left are counted by the benchmark.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from air_year_parts.nation import PARAMETERS, Nation

Index = Callable[[Any], Any]
ITEMS = {"so2": "so2_24h", "no2": "no2_24h", "co": "co_24h", "o3": "o3_8h", "pm10": "pm10_24h", "pm2_5": "pm2_5_24h"}
ENOUGH = 20
NOISE = 1e-9


def evaluate(files: list[str], nation: Nation, *, index: Index | None) -> np.ndarray:
    """Return the AQI of every city day as [city, day]; the year's statistics and ranking are made on the way."""
    hours = pd.concat(
        [pd.read_parquet(file, columns=["time", "site", *PARAMETERS]) for file in files], ignore_index=True
    )
    hours["co"] = hours["co"] / 10
    hours["site"] = hours["site"].astype("category")
    hours["day"] = hours["time"].dt.floor("D")
    means = hours.groupby(["site", "day"], observed=True)[list(PARAMETERS)].agg(["mean", "count"])
    daily = pd.DataFrame({n: means[n]["mean"].where(means[n]["count"] >= ENOUGH) for n in PARAMETERS if n != "o3"})
    daily["o3"] = ozone(hours)
    cities = pd.Series(nation.city_of, index=pd.Index(nation.sites, name="site"))
    city = daily.reset_index()
    city["city"] = city["site"].astype(str).map(cities)
    grouped = city.groupby(["city", "day"])[list(PARAMETERS)].agg(["mean", "count"])
    counts = cities.value_counts().reindex(grouped.index.get_level_values("city")).to_numpy()
    needed = np.where(counts < 4, 0.5, 0.75) * counts
    told = pd.DataFrame({n: grouped[n]["mean"].where(grouped[n]["count"] >= needed) for n in PARAMETERS})
    told = pd.DataFrame(
        {n: (told[n] * (10 if n == "co" else 1)).round(9).round() / (10 if n == "co" else 1) for n in told}
    )
    aqi = (index or own_index)(told)
    ranked(told)
    found = np.full((nation.cities, 366), -1, np.int16)
    days = told.index.get_level_values("day")
    places = (days - days.min()).days
    found[told.index.get_level_values("city"), places] = np.where(np.isnan(aqi), -1, aqi).astype(np.int16)
    return found


def ozone(hours: pd.DataFrame) -> pd.Series:
    """Return the greatest 8-hour mean of each site's day; windows end at 8 to 24 o'clock and stay within the day."""
    wide = hours.pivot(index="time", columns="site", values="o3")
    wide = wide.reindex(
        pd.date_range(wide.index[0].floor("D"), wide.index[-1].floor("D") + pd.Timedelta("23h"), freq="h")
    )
    windows = wide.rolling(8, min_periods=6).mean()
    windows = windows[windows.index.hour >= 7]
    by_day = windows.groupby(windows.index.floor("D"))
    most, count = by_day.max(), by_day.count()
    kept = most.where((count >= 14) | (most.round(9) > 160))
    return kept.rename_axis("day").stack().reorder_levels(["site", "day"])


def breakpoints() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return concentrations and indices of each item, as the catalog has them."""
    from datetime import date

    from qingce.catalog import load_catalog

    rows = load_catalog().method("aqi", day=date(2026, 6, 1), edition="hj633-2026").tables["breakpoints"]
    found = {}
    for name, column in ITEMS.items():
        pairs = [(float(row.text(column)), float(row.text("index"))) for row in rows if row.cells[column]]
        found[name] = tuple(np.array(each) for each in zip(*pairs, strict=True))
    return found


def own_index(told: pd.DataFrame) -> np.ndarray:
    """Return the AQI of each row, rounded up; a row without all six has none unless it exceeds 100."""
    parts = np.full((len(PARAMETERS), len(told)), np.nan)
    for place, (name, (values, indices)) in enumerate(breakpoints().items()):
        x = told[name].to_numpy()
        upper = np.clip(np.searchsorted(values, x, side="left"), 1, len(values) - 1)
        low, high = values[upper - 1], values[upper]
        exact = indices[upper - 1] + (indices[upper] - indices[upper - 1]) * (x - low) / (high - low)
        parts[place] = np.minimum(np.ceil(exact - NOISE), indices[-1])
    return best(parts)


def best(parts: np.ndarray) -> np.ndarray:
    """Return the greatest of the items; none where one is missing and the others do not exceed."""
    there = ~np.isnan(parts)
    most = np.where(there, parts, -1).max(axis=0)
    return np.where(there.all(axis=0) | (most > 100), most, np.nan)


def peer_index(place: str) -> Index:
    """Return the AQI step of aqi-hub, row by row as its users call it."""
    if place != "installed":
        sys.path.insert(0, place)
    from aqi_hub.aqi_cn.aqi import cal_iaqi_cn

    names = {"so2": "SO2_24H", "no2": "NO2_24H", "co": "CO_24H", "o3": "O3_8H", "pm10": "PM10_24H", "pm2_5": "PM25_24H"}

    def index(told: pd.DataFrame) -> np.ndarray:
        parts = np.full((len(PARAMETERS), len(told)), np.nan)
        for place, name in enumerate(PARAMETERS):
            for row, value in enumerate(told[name].to_numpy()):
                if not np.isnan(value):
                    found = cal_iaqi_cn(names[name], value)
                    parts[place, row] = np.nan if found is None else found
        return best(parts)

    return index


def ranked(told: pd.DataFrame) -> pd.DataFrame:
    """Return cities with their year: means, percentiles, composite index and rank."""
    cities = told.groupby("city")
    year = cities[["so2", "no2", "pm10", "pm2_5"]].mean().round(0)
    year["co"] = cities["co"].quantile(0.95).round(1)
    year["o3"] = cities["o3"].quantile(0.9).round(0)
    for name, share in (("so2", 0.98), ("no2", 0.98), ("pm10", 0.95), ("pm2_5", 0.95)):
        year[f"{name}_p"] = cities[name].quantile(share)
    year["days"] = cities.size()
    limits = {"so2": 60, "no2": 40, "pm10": 60, "pm2_5": 30, "co": 4, "o3": 160}
    year["composite"] = sum(year[name] / limit for name, limit in limits.items())
    year["rank"] = year["composite"].round(2).rank(method="min")
    return year.sort_values("rank")
