"""The slow way: air quality in plain Python, loops over dicts of fractions, written without looking at the kernels.

Numbers are typed in from the notes on HJ 633, HJ 663 and GB 3095 (facts 1-4), not read from data/.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

Hours = Mapping[str, Mapping[str, Mapping[datetime, Fraction]]]
"""site -> pollutant -> hour -> value; what is not there is not in the dict."""

INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
BREAKPOINTS = {
    ("so2", "24h"): (0, 50, 150, 475, 800, 1600, 2100, 2620),
    ("so2", "1h"): (0, 150, 500, 650, 800),
    ("no2", "24h"): (0, 40, 80, 180, 280, 565, 750, 940),
    ("no2", "1h"): (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    ("co", "24h"): (0, 2, 4, 14, 24, 36, 48, 60),
    ("co", "1h"): (0, 5, 10, 35, 60, 90, 120, 150),
    ("o3", "8h"): (0, 100, 160, 215, 265, 800),
    ("o3", "1h"): (0, 160, 200, 300, 400, 800, 1000, 1200),
}
PARTICLES = {
    2012: {"pm10": (0, 50, 150, 250, 350, 420, 500, 600), "pm2_5": (0, 35, 75, 115, 150, 250, 350, 500)},
    2026: {"pm10": (0, 50, 120, 250, 350, 420, 500, 600), "pm2_5": (0, 35, 60, 115, 150, 250, 350, 500)},
}
QUANTITIES = ("so2", "no2", "co", "o3", "o3_8h", "pm10", "pm2_5")
# quantity -> (pollutant, averaging) of the daily report
DAILY = {
    2012: {
        "so2": ("so2", "24h"), "no2": ("no2", "24h"), "pm10": ("pm10", "24h"), "pm2_5": ("pm2_5", "24h"),
        "co": ("co", "24h"), "o3": ("o3", "1h"), "o3_8h": ("o3", "8h"),
    },
    2026: {
        "so2": ("so2", "24h"), "no2": ("no2", "24h"), "pm10": ("pm10", "24h"), "pm2_5": ("pm2_5", "24h"),
        "co": ("co", "24h"), "o3_8h": ("o3", "8h"),
    },
}  # fmt: skip
NAMES = {
    "so2": "二氧化硫", "no2": "二氧化氮", "pm10": "颗粒物(PM10)", "pm2_5": "细颗粒物(PM2.5)", "co": "一氧化碳",
    "o3": "臭氧1小时", "o3_8h": "臭氧8小时",
}  # fmt: skip
LEVELS = (
    (50, 1, "优"),
    (100, 2, "良"),
    (150, 3, "轻度污染"),
    (200, 4, "中度污染"),
    (300, 5, "重度污染"),
    (500, 6, "严重污染"),
)
Found = tuple[Fraction | None, int, str | None]
"""A value, how many readings it rests on, why it is absent."""


def even(value: Fraction, decimals: int) -> Fraction:
    """Round half to even."""
    scaled = value * 10**decimals
    low = math.floor(scaled)
    rest = scaled - low
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1):
        low += 1
    return Fraction(low, 10**decimals)


def iaqi(pollutant: str, averaging: str, value: Fraction, edition: int) -> int | None:
    """The sub-index of a concentration; None where the edition gives none."""
    if edition == 2026:
        value = even(value, 1 if pollutant == "co" else 0)
    points = PARTICLES[edition].get(pollutant) or BREAKPOINTS[pollutant, averaging]
    if value <= 0:
        return 0
    for place in range(len(points) - 1):
        if points[place] < value <= points[place + 1]:
            rise = Fraction(INDEX[place + 1] - INDEX[place], points[place + 1] - points[place])
            return math.ceil(rise * (value - points[place]) + INDEX[place])
    if edition == 2012 and (pollutant, averaging) in {("so2", "1h"), ("o3", "8h")}:
        return None
    return INDEX[len(points) - 1]


def site_day(hours: Mapping[datetime, Fraction], day: date, *, quantity: str) -> Found:
    """One quantity of one natural day: (value, number of hours or windows, reason of absence)."""
    start = datetime(day.year, day.month, day.day)
    found = [hours.get(start + timedelta(hours=h)) for h in range(24)]
    there = [value for value in found if value is not None]
    if quantity == "o3_8h":
        windows = []
        for end in range(8, 25):
            window = [value for value in found[end - 8 : end] if value is not None]
            if len(window) >= 6:
                windows.append(sum(window) / len(window))
        best = max(windows, default=None)
        if best is not None and (len(windows) >= 14 or best > 160):
            return best, len(windows), None
        return None, len(windows), "too_few" if there else "not_reported"
    if len(there) < 20:
        return None, len(there), "too_few" if there else "not_reported"
    return (max(there) if quantity == "o3" else sum(there) / len(there)), len(there), None


def city_day(
    sites: Sequence[Found],
) -> Found:
    """The mean of the sites' values; three quarters must be valid, half where there are fewer than four sites."""
    values = [value for value, _, _ in sites if value is not None]
    share = Fraction(1, 2) if len(sites) < 4 else Fraction(3, 4)
    if values and len(values) >= share * len(sites):
        return sum(values, Fraction(0)) / len(values), len(values), None
    few = bool(values) or any(reason == "too_few" for _, _, reason in sites)
    return None, len(values), "too_few" if few else "not_reported"


def judge(values: Mapping[str, Found], edition: int) -> dict[str, object]:
    """The daily index of a place: aqi, level, primary, sub-indices."""
    parts: dict[str, int] = {}
    missing = []
    for quantity, (pollutant, averaging) in DAILY[edition].items():
        value, _, reason = values[quantity]
        if value is None:
            if quantity != "o3" or values["o3_8h"][0] is None:
                missing.append(reason)
            continue
        part = iaqi(pollutant, averaging, value, edition)
        if part is not None:
            parts[quantity] = part
    aqi = max(parts.values(), default=None)
    if edition == 2026 and missing and aqi is not None and aqi <= 100:
        aqi = None
    row: dict[str, object] = {f"iaqi_{quantity}": parts.get(quantity) for quantity in QUANTITIES}
    row |= {"aqi": aqi, "level": None, "level_name": None, "primary": None, "exceeding": None, "aqi_absent": None}
    if aqi is None:
        row["aqi_absent"] = missing[0] if missing else "excluded_event"
        return row
    row["level"], row["level_name"] = next((number, name) for high, number, name in LEVELS if aqi <= high)
    order = list(DAILY[edition])
    row["primary"] = ",".join(NAMES[q] for q in order if aqi > 50 and parts.get(q) == aqi)
    row["exceeding"] = ",".join(NAMES[q] for q in order if edition == 2012 and parts.get(q, 0) > 100)
    return row


def edition_on(day: date) -> int:
    """The year of the index standard in force."""
    return 2012 if day < date(2026, 3, 1) else 2026


def evaluate(
    hours: Hours, days: Iterable[date], *, edition: int | None = None
) -> tuple[dict[tuple[str, date], dict[str, object]], dict[date, dict[str, object]]]:
    """Every site-day, and every day of the city that all sites make."""
    sites: dict[tuple[str, date], dict[str, object]] = {}
    city: dict[date, dict[str, object]] = {}
    for day in days:
        used = edition or edition_on(day)
        cells: dict[str, dict[str, Found]] = {}
        for site, pollutants in hours.items():
            cells[site] = {
                q: site_day(pollutants.get("o3" if q == "o3_8h" else q, {}), day, quantity=q) for q in QUANTITIES
            }
            sites[site, day] = _row(cells[site], used)
        city[day] = _row({q: city_day([cells[site][q] for site in hours]) for q in QUANTITIES}, used)
    return sites, city


def _row(cells: Mapping[str, Found], edition: int) -> dict[str, object]:
    row: dict[str, object] = {}
    for quantity, (value, n, reason) in cells.items():
        row |= {quantity: value, f"n_{quantity}": n, f"absent_{quantity}": reason}
    return row | judge(cells, edition)


def mean(values: Sequence[Fraction]) -> Fraction | None:
    """The arithmetic mean."""
    return sum(values, Fraction(0)) / len(values) if values else None


def percentile(values: Sequence[Fraction], percent: int) -> Fraction | None:
    """Rank 1 + (n - 1) p of the sorted values, neighbours interpolated."""
    if not values:
        return None
    ordered = sorted(values)
    rank = 1 + Fraction((len(ordered) - 1) * percent, 100)
    below = math.floor(rank)
    if below == len(ordered):
        return ordered[-1]
    return ordered[below - 1] + (ordered[below] - ordered[below - 1]) * (rank - below)


def enough(days: Sequence[date], *, year: int) -> bool:
    """324 days of the year, 27 of every month, 25 of February."""
    by_month = [sum(day.month == month for day in days) for month in range(1, 13)]
    return len(days) >= 324 and all(n >= (25 if month == 2 else 27) for month, n in enumerate(by_month, 1)) and year > 0


def year_of_city(city: Mapping[date, Mapping[str, object]], year: int) -> dict[str, Fraction | None]:
    """The yearly statistics by indicator id, exact; None where the year has too few valid days."""
    rows = {day: row for day, row in city.items() if day.year == year}
    found: dict[str, Fraction | None] = {}
    means = {f"{q}_annual": q for q in ("so2", "no2", "pm10", "pm2_5")}
    for name, (quantity, percent) in {
        **{name: (q, None) for name, q in means.items()}, "co_p95": ("co", 95), "o3_p90": ("o3_8h", 90)
    }.items():  # fmt: skip
        there = {day: row[quantity] for day, row in rows.items() if row[quantity] is not None}
        values = list(there.values())
        exact = mean(values) if percent is None else percentile(values, percent)
        found[name] = exact if enough(list(there), year=year) else None
    found |= _shares(rows, year)
    found["composite_index"] = _composite(found)
    return found


def _shares(rows: Mapping[date, Mapping[str, object]], year: int) -> dict[str, Fraction | None]:
    judged: dict[date, int] = {}
    for day, row in rows.items():
        parts = [row[f"iaqi_{q}"] for q in QUANTITIES if row[f"iaqi_{q}"] is not None]
        missing = [q for q in DAILY[edition_on(day)] if row[q] is None and not (q == "o3" and row["o3_8h"] is not None)]
        if parts and (not missing or max(parts) > 100):
            judged[day] = max(parts)
    n = len(judged)
    if not enough(list(judged), year=year):
        return {"good_day_ratio": None, "heavy_day_ratio": None, "heavy_days": None}
    heavy = sum(aqi > 200 for aqi in judged.values())
    return {
        "good_day_ratio": Fraction(100 * sum(aqi <= 100 for aqi in judged.values()), n),
        "heavy_day_ratio": Fraction(100 * heavy, n),
        "heavy_days": Fraction(heavy),
    }


def _composite(found: Mapping[str, Fraction | None]) -> Fraction | None:
    limits = {"so2_annual": 60, "no2_annual": 40, "pm10_annual": 70, "pm2_5_annual": 35, "co_p95": 4, "o3_p90": 160}
    if any(found[name] is None for name in limits):
        return None
    return sum((even(found[name] / limit, 2) for name, limit in limits.items()), Fraction(0))
