"""Made blocks of hours, and the same hours as rows and as dicts for the slow way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.core.absence import Review
from qingce.core.blocks import MISSING, HourBlock
from qingce.core.tables import OBSERVATION, SCALE, SITE, shape
from qingce.evaluate.kernels import arrow

PARAMETERS = ("so2", "no2", "co", "o3", "pm10", "pm2_5")
EDGES = {
    "so2": (50, 150, 475, 800, 1600), "no2": (40, 80, 180, 280), "co": (2, 4, 14, 24), "o3": (100, 160, 200, 265, 800),
    "pm10": (50, 120, 150, 250, 350), "pm2_5": (35, 60, 75, 115, 150),
}  # fmt: skip
EPOCH = date(1970, 1, 1)
REVIEWS = tuple(Review)


def made_block(
    seed: int, *, sites: int, days: int, start: date, scales: Sequence[int] = (1, 1, 10, 1, 1, 1), wide: bool = False,
    gaps: float = 0.06,
) -> HourBlock:  # fmt: skip
    """Days that stand at a limit or one step beside it, days that wander, gaps that matter, whole days missing."""
    rng = np.random.default_rng(seed)
    planes = []
    for parameter, scale in zip(PARAMETERS, scales, strict=True):
        edges = np.array(EDGES[parameter]) * scale
        level = rng.choice(edges, (days, 1, sites)) + rng.integers(-1, 2, (days, 1, sites))
        wander = rng.integers(-1, 2, (days, 24, sites)) * rng.choice((0, 0, 1, 9), (days, 1, sites))
        values = np.maximum(level + wander, 0).reshape(days * 24, sites)
        values[rng.random(values.shape) < gaps] = MISSING
        length = rng.choice((0, 0, 0, 3, 4, 5, 10, 24), (days, 1, sites))
        first = rng.integers(0, 24, (days, 1, sites))
        hour = np.arange(24)[None, :, None]
        values[((hour >= first) & (hour < first + length)).reshape(days * 24, sites)] = MISSING
        planes.append(values.astype(np.int64 if wide else np.int16))
    review = rng.integers(0, len(REVIEWS), (days, sites)).astype(np.int8)
    names = tuple(f"S{n:04d}" for n in range(sites))
    return HourBlock(names, PARAMETERS, start, tuple(planes), tuple(scales), review)


def as_table(block: HourBlock) -> pa.Table:
    """The rows of OBSERVATION that hold the same hours; every value of a site's day has the review of the block."""
    parts = []
    start = (block.start - EPOCH).days * 24
    for parameter, plane, scale in zip(block.parameters, block.planes, block.scales, strict=True):
        hour, site = np.nonzero(plane != MISSING)
        parts.append(pa.table({
            "site": arrow.words(site, block.sites),
            "parameter": arrow.words(np.zeros(len(site), np.int64), [parameter]),
            "time": arrow.seconds((start + hour) * 3600),
            "span": arrow.words(np.zeros(len(site), np.int64), ["PT1H"]),
            "value": arrow.decimals(plane[hour, site].astype(np.int64) * (SCALE // scale)),
            "review": arrow.words(block.review[hour // 24, site].astype(np.int64), REVIEWS),
        }))  # fmt: skip
    return shape(pa.concat_tables(parts), OBSERVATION)


def as_hours(block: HourBlock) -> dict[str, dict[str, dict[datetime, Fraction]]]:
    """The same hours as the oracle takes them."""
    found: dict[str, dict[str, dict[datetime, Fraction]]] = {s: {p: {} for p in block.parameters} for s in block.sites}
    start = datetime(block.start.year, block.start.month, block.start.day)
    for parameter, plane, scale in zip(block.parameters, block.planes, block.scales, strict=True):
        for hour, site in zip(*(part.tolist() for part in np.nonzero(plane != MISSING)), strict=True):
            found[block.sites[site]][parameter][start + timedelta(hours=hour)] = Fraction(int(plane[hour, site]), scale)
    return found


def some_cities(block: HourBlock, *, cities: int, seed: int = 0) -> pa.Table:
    """Sites shared out among cities; some begin or end within the block, some are no 评价点, one has no readings."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, site in enumerate((*block.sites, "NOWHERE")):
        begin = block.start + timedelta(int(rng.integers(0, block.days))) if rng.random() < 0.15 else None
        until = block.start + timedelta(int(rng.integers(0, block.days))) if rng.random() < 0.15 else None
        role = "国考" if rng.random() < 0.1 else "国考,评价点"
        city = f"9901{place % cities:02d}"
        rows.append({"site": site, "name": f"{site}站", "city": city, "city_name": f"城{city}", "roles": role,
                     "valid_from": begin, "valid_until": until})  # fmt: skip
    return shape(pa.Table.from_pylist(rows), SITE)
