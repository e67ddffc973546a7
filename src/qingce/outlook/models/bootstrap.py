"""Blocks of days of earlier years, drawn near the same date, all quantities of a day together. 分块重抽。"""

from __future__ import annotations

import numpy as np

from qingce.outlook.models.donors import calibrated, donor_years, shifted
from qingce.outlook.models.past import Floats, Future, Longs, Past
from qingce.outlook.models.spread import Level, levels
from qingce.outlook.models.verbs import Setting

__all__ = ["bootstrap"]


def bootstrap(past: Past, future: Future, setting: Setting) -> Floats:
    """Draw futures made of blocks of consecutive days of earlier years, moved by what this year's level carries on."""
    window = int(setting.model.number("window_days"))
    years = donor_years(past, future, history=setting.history, window=window)
    block = int(setting.model.number("block_days"))
    found = [levels(past, future, setting.spread, years=back, history=setting.history) for back in years]
    which, offset = _blocks(setting, future, years=len(years), block=block, window=window)
    base = np.stack([future.earlier(back) - past.start for back in years])
    places = shifted(past, base[which, np.arange(future.days.size)] + offset)
    drawn = past.values[:, places].transpose(1, 0, 2)
    # each donor year is moved to what the years have in common on average
    carried = np.stack([level.carried for level in found])
    common = carried.mean(axis=0)
    drawn = drawn * np.exp(carried - common)[which].transpose(0, 2, 1)
    level = Level(found[0].so_far, common, np.stack([one.variance for one in found]).mean(axis=0))
    return calibrated(drawn, future, setting.spread, level=level, years=len(years), rng=setting.rng)


def _blocks(setting: Setting, future: Future, *, years: int, block: int, window: int) -> tuple[Longs, Longs]:
    """Return for each member and coming day the donor year and the shift within the season, alike within a block."""
    rng, members = setting.rng, setting.members
    count = -(-future.days.size // block) + 1
    start = rng.integers(0, block, members)
    place = (np.arange(future.days.size)[None, :] + start[:, None]) // block
    which = rng.integers(0, years, (members, count))
    offset = rng.integers(-window, window + 1, (members, count))
    return np.take_along_axis(which, place, axis=1), np.take_along_axis(offset, place, axis=1)
