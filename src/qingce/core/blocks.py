"""A dense block of hours: what a cube holds and a kernel reads. 逐时方阵。"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

__all__ = ["HourBlock", "MISSING"]

MISSING = -1
"""A cell without a valid value; negative readings do not stand in a block (the lake keeps them)."""


@dataclass(frozen=True, slots=True)
class HourBlock:
    """Whole days of hourly values, time-major: `planes[p][hour, site]`, whole numbers of 1 / `scales[p]` [inside unit].

    A plane is int16 where every value fits, else int32 or int64; a cell without a valid value is `MISSING`.
    `review[day, site]` is the lowest review rank of the values of a day (127: none). `sites` are sorted.
    Why a value is missing is not kept here: who needs the reason asks the lake.
    """

    sites: tuple[str, ...]
    parameters: tuple[str, ...]
    start: date
    planes: tuple[NDArray[np.integer], ...]
    scales: tuple[int, ...]
    review: NDArray[np.int8]

    @property
    def days(self) -> int:
        """How many days the block holds."""
        return int(self.review.shape[0])
