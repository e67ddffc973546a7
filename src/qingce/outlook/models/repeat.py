"""The two naive models: the rest as last year, or as far from last year as this year is so far. 基准模型。"""

from __future__ import annotations

import numpy as np

from qingce.outlook.models.carry import so_far
from qingce.outlook.models.donors import shifted
from qingce.outlook.models.past import Floats, Future, Past
from qingce.outlook.models.verbs import Setting

__all__ = ["repeat"]


def repeat(past: Past, future: Future, setting: Setting) -> Floats:
    """Return one future: the days of last year as they were, or with `level` "full" moved by this year's level."""
    found = past.values[:, shifted(past, future.earlier(1) - past.start)]
    if setting.model.word("level") == "full":
        _, d, days = so_far(past, future, years=1, history=setting.history)
        known = np.where(np.isnan(d), 0, days)
        level = (np.nan_to_num(d) * known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        found = found * np.exp(level)[:, None]
    return found[None]
