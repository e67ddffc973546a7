"""The real days that the outlook is judged on, and that its declared spread rests on.

Data: QINGCE_SHARED or ../shared. The ozone column of the city file is a daily mean of unknown kind; it stands in for
the 8-hour maximum here, so good days are those of this table, not official ones.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qingce.evaluate.kernels import arrow

COLUMNS = {"so2": "so2", "no2": "no2", "co": "co", "o3": "o3", "o3_8h": "o3", "pm10": "pm10", "pm2_5": "pm25"}
CAPITALS = {"so2": "so2", "no2": "no2", "co": "co", "pm10": "pm10", "pm2_5": "pm25"}
HOURS_A_DAY, WINDOW, LEAST = 20, 8, 6


def shared() -> Path:
    """The folder of public data beside the project."""
    return Path(os.environ.get("QINGCE_SHARED", Path(__file__).resolve().parents[3] / "shared"))


def city_days() -> pa.Table:
    """Days of 366 cities, 2013-12 to 2015, as `AirDays.city_days` lays them out."""
    table = pq.read_table(shared() / "data/air_aqistudy_daily/city_daily_2013_2015.parquet")
    columns = {
        "subject": table["city"].cast(pa.string()),
        "day": table["date"].cast(pa.date32()),
        "series": pa.array(["measured"] * table.num_rows),
    }
    return pa.table(columns | {name: decimals(table[column].to_numpy()) for name, column in COLUMNS.items()})


def beijing_days() -> pa.Table:
    """Days of twelve sites of Beijing, 2013-03 to 2017-02, each taken as a subject of its own."""
    table = pq.read_table(shared() / "data/air_prsa_beijing/prsa_12sites_hourly.parquet").sort_by("datetime")
    parts = []
    for station in sorted(pc.unique(table["station"]).to_pylist()):
        mine = table.filter(pc.equal(table["station"], station))
        days = np.unique(mine["datetime"].cast(pa.date32()).to_numpy())
        columns = {"subject": pa.array([station] * len(days)), "day": pa.array(days, pa.date32())}
        columns["series"] = pa.array(["measured"] * len(days))
        for name in COLUMNS:
            source = {"co": "co_ugm3", "o3_8h": "o3", "pm2_5": "pm25"}.get(name, name)
            hours = mine[source].to_numpy().astype(float).reshape(-1, 24)
            columns[name] = decimals(
                (windows(hours) if name == "o3_8h" else means(hours)) / (1e3 if name == "co" else 1)
            )
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def means(hours: np.ndarray) -> np.ndarray:
    """Daily means of at least 20 hours."""
    there = ~np.isnan(hours)
    count = there.sum(axis=1)
    return np.where(count >= HOURS_A_DAY, np.where(there, hours, 0).sum(axis=1) / np.maximum(count, 1), np.nan)


def windows(hours: np.ndarray) -> np.ndarray:
    """The largest mean of eight hours that end at 8 to 24 o'clock, of at least six values."""
    best = np.full(hours.shape[0], -1.0)
    for end in range(WINDOW, 25):
        part = hours[:, end - WINDOW : end]
        there = ~np.isnan(part)
        count = there.sum(axis=1)
        mean = np.where(there, part, 0).sum(axis=1) / np.maximum(count, 1)
        best = np.where(count >= LEAST, np.maximum(best, mean), best)
    return np.where(best < 0, np.nan, best)


def decimals(values: np.ndarray) -> pa.Array:
    """A column of millionths; zero and less is taken as missing."""
    number = np.asarray(values, float)
    there = np.isfinite(number) & (number > 0)
    return arrow.decimals(np.floor(np.where(there, number, 0) * 1e6 + 0.5).astype(np.int64), there)


def capital_days() -> pa.Table:
    """Days of 31 capitals, 2025-01 to 2026-05."""
    table = pq.read_table(shared() / "data/air_31capitals_daily_2025_2026/capital_daily.parquet")
    day = table["date"].cast(pa.date32())
    columns = {"subject": table["city"].cast(pa.string()), "day": day}
    columns["series"] = pa.array(["measured"] * table.num_rows)
    for name in COLUMNS:
        known = table[CAPITALS[name]].to_numpy() if name in CAPITALS else np.full(table.num_rows, np.nan)
        columns[name] = decimals(known)
    return pa.table(columns).filter(pc.less(day, pa.scalar(date(2026, 6, 1))))
