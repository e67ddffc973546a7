"""Made histories of city days for the tests of the outlook: seasonal, seeded, several years."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from qingce.evaluate.air.input import QUANTITIES
from qingce.evaluate.kernels import arrow

BASE = {"so2": 12.0, "no2": 30.0, "co": 0.8, "o3": 90.0, "o3_8h": 95.0, "pm10": 70.0, "pm2_5": 38.0}


def city_days(
    first: date, last: date, *, seed: int = 3, subject: str = "X", level: dict[int, float] | None = None,
    rough: float = 0.4, gaps: float = 0.0, extra: dict[str, list[int]] | None = None,
) -> pa.Table:  # fmt: skip
    """Days with a winter peak (a summer one of ozone), weather that lasts, and a factor for each year."""
    rng = np.random.default_rng([seed, sum(map(ord, subject))])
    days = [first + timedelta(place) for place in range((last - first).days + 1)]
    weather = np.zeros(len(days))
    for place in range(1, len(days)):
        weather[place] = 0.7 * weather[place - 1] + rng.normal(0, rough * 0.7)
    season = np.array([np.cos(2 * np.pi * (day.timetuple().tm_yday - 15) / 365.25) for day in days])
    factor = np.array([(level or {}).get(day.year, 1.0) for day in days])
    columns: dict[str, pa.Array] = {
        "subject": arrow.text([subject] * len(days)),
        "day": pa.array(days, pa.date32()),
        "series": arrow.text(["measured"] * len(days)),
    }
    missing = rng.random(len(days)) < gaps
    for name in QUANTITIES:
        sign = -1 if name.startswith("o3") else 1
        values = BASE[name] * factor * np.exp(sign * 0.4 * season * (rough > 0) + sign * weather)
        columns[name] = arrow.decimals(np.floor(values * 1000).astype(np.int64) * 1000, ~missing)
    for name, cells in (extra or {}).items():
        columns[name] = pa.array(cells, pa.int64())
    return pa.table(columns)
