"""Blocks of days of earlier years, drawn near the same date, all quantities of a day together. 分块重抽。"""

from __future__ import annotations

import numpy as np

from qingce.outlook.models.carry import carried
from qingce.outlook.models.donors import Donors, calibrated, donors_of, shifted
from qingce.outlook.models.past import Floats, Future, Longs, Past
from qingce.outlook.models.verbs import Setting

__all__ = ["blocks", "bootstrap"]


def bootstrap(past: Past, future: Future, setting: Setting) -> Floats:
    """Draw futures made of blocks of consecutive days of earlier years, moved by what this year's level carries on."""
    window = int(setting.model.number("window_days"))
    donors = donors_of(past, future, history=setting.history, window=window)
    each, whole = carried(
        past, future, setting.spread, years=donors.years, allowed=donors.allowed, history=setting.history,
        others=setting.others,
    )  # fmt: skip
    which, offset = blocks(setting, future, donors, window=window)
    base = np.stack([future.earlier(back) - past.start for back in donors.years])
    places = shifted(past, base[which, np.arange(future.days.size)] + offset)
    drawn = past.values[:, places].transpose(1, 0, 2)
    if len(donors.years) > 1:  # each donor year is moved to what the years have in common on average
        moved = np.exp(each - whole.mean)
        drawn = drawn * moved[which, :, future.months].transpose(0, 2, 1)
    least = setting.history.month_days
    return calibrated(
        drawn, future, setting.spread, carried=whole, least=least, rng=setting.rng, alone=setting.alone
    )  # fmt: skip


def blocks(setting: Setting, future: Future, donors: Donors, *, window: int) -> tuple[Longs, Longs]:
    """Return for each member and coming day the donor year and the shift within the season, alike within a block."""
    rng, members, days = setting.rng, setting.members, future.days.size
    block = int(setting.model.number("block_days"))
    place = (np.arange(days)[None, :] + rng.integers(0, block, members)[:, None]) // block
    count = -(-days // block) + 1
    dice = np.take_along_axis(rng.random((members, count)), place, axis=1)
    offset = np.take_along_axis(rng.integers(-window, window + 1, (members, count)), place, axis=1)
    return donors.picked(dice, future.months), offset
