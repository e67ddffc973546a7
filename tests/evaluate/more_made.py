"""Made tables of city days for the tests of what stands on days: periods, ranks, trends, exceedances."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.core.tables import VALUE_TYPE

SIX = ("so2", "no2", "co", "o3_8h", "pm10", "pm2_5")
Days = dict[str, dict[date, dict[str, Fraction]]]
"""city → day → quantity → value; what is not there is not in the dict."""


def made_days(random_: random.Random, cities: int, *, first: date, last: date, gap: float = 0.04) -> Days:
    """Daily values of cities with gaps; co in tenths, the rest in whole numbers or sixths of a city mean."""
    found: Days = {}
    for number in range(cities):
        base = random_.randint(5, 60)
        days: dict[date, dict[str, Fraction]] = {}
        for step in range((last - first).days + 1):
            day = {}
            for name in SIX:
                if random_.random() >= gap:
                    top = 30 if name == "co" else base * (4 if name == "pm10" else 3)
                    parts = random_.choice((1, 1, 2, 4, 5))
                    day[name] = Fraction(random_.randint(0, top * parts), parts * (10 if name == "co" else 1))
            days[first + timedelta(step)] = day
        found[f"c{number:03}"] = days
    return found


def whole_days(random_: random.Random, cities: int, *, first: date, last: date, gap: float = 0.01) -> Days:
    """As `made_days`, quicker: whole numbers (co in tenths), so that many thousand cities are judged in a minute."""
    tenths = [Fraction(number, 10) for number in range(41)]
    found: Days = {}
    for number in range(cities):
        base, days = random_.randint(5, 45), {}
        for step in range((last - first).days + 1):
            # the multiplier of each pollutant brings whole years to both sides of their limits
            day = {name: Fraction(int(random_.random() * base * width)) for name, width in _WIDTHS}
            day["co"] = tenths[int(random_.random() * base * 0.9) % 41]
            if random_.random() < gap:
                del day[random_.choice(SIX)]
            days[first + timedelta(step)] = day
        found[f"c{number:05}"] = days
    return found


_WIDTHS = (("so2", 1.5), ("no2", 2), ("o3_8h", 4.5), ("pm10", 3.2), ("pm2_5", 1.8))


def table_of(days: Days, *, series: str = "measured", review: Mapping[str, str] | str = "national") -> pa.Table:
    """The days as a table like `AirDays.city_days`: subject, day, series, values, review."""
    rows = [(city, day, values) for city, part in sorted(days.items()) for day, values in sorted(part.items())]
    columns: dict[str, pa.Array] = {
        "subject": pa.array([row[0] for row in rows], pa.string()),
        "subject_name": pa.array([row[0].upper() for row in rows], pa.string()),
        "day": pa.array([row[1] for row in rows], pa.date32()),
        "series": pa.array([series] * len(rows), pa.string()),
    }
    for name in SIX:
        cells = [_decimal(row[2].get(name)) for row in rows]
        columns[name] = pa.array(cells, VALUE_TYPE)
        columns[f"absent_{name}"] = pa.array(
            [None if cell is not None else "not_reported" for cell in cells], pa.string()
        )
    states = [review if isinstance(review, str) else review[row[0]] for row in rows]
    return pa.table(columns | {"review": pa.array(states, pa.string())})


def _decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)
