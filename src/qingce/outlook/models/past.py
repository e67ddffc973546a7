"""What a model may see: one subject's past and the coming steps; never a value after the day. 模型所见。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qingce.catalog.outlooks import History
from qingce.evaluate.air.input import month_of

__all__ = ["YEAR", "Floats", "Future", "Longs", "Past", "cut", "month_of", "usable"]

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
YEAR = 365.25  # days: keeps a day of an earlier year in its season, leap years or not


@dataclass(frozen=True, slots=True)
class Past:
    """Days from `start` [days since 1970] to the day of issue without a gap: `values[quantity, day]`, NaN absent."""

    quantities: tuple[str, ...]
    start: int
    values: Floats

    @property
    def last(self) -> int:
        """The day of issue."""
        return self.start + int(self.values.shape[1]) - 1

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Days on which every quantity is there: only such a day can stand for a coming one."""
        return np.asarray(~np.isnan(self.values).any(axis=0), bool)

    def chosen(self, quantities: Sequence[str]) -> Past:
        """Keep some of the quantities."""
        rows = [self.quantities.index(name) for name in quantities]
        return Past(tuple(quantities), self.start, self.values[rows])


@dataclass(frozen=True, slots=True)
class Future:
    """The coming days [days since 1970], the first day of the period they complete, and its calendar months."""

    days: Longs
    begin: int

    @property
    def months(self) -> Longs:
        """The place of each day's calendar month among the coming months: 0, 1, …"""
        months = month_of(self.days)
        return months - months[0] if months.size else months

    def earlier(self, years: int) -> Longs:
        """Return the same days some years before, by the length of the year."""
        return self.days - int(years * YEAR + 1 / 2)


def cut(past: Past, last: int) -> Past:
    """Return what was known on an earlier day."""
    return Past(past.quantities, past.start, past.values[:, : max(0, last - past.start + 1)])


def usable(past: Past, history: History) -> tuple[str, ...]:
    """Name the quantities that are there on enough of the days that have anything at all."""
    there = ~np.isnan(past.values)
    days = int(there.any(axis=0).sum())
    share = there.sum(axis=1) / max(days, 1)
    return tuple(name for name, part in zip(past.quantities, share, strict=True) if part >= history.usable)
