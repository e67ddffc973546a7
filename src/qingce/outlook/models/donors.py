"""Days of earlier years that stand for coming days, and the spread brought to what years really differ by. 代表日。"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qingce.catalog.outlooks import History
from qingce.evaluate.kernels.exact import Bools
from qingce.outlook.models.carry import Carried
from qingce.outlook.models.past import Floats, Future, Longs, Past
from qingce.outlook.models.spread import Spread

__all__ = ["Donors", "calibrated", "donors_of", "shifted"]

_LEAST = 1e-9  # a mean of nothing has no logarithm


@dataclass(frozen=True, slots=True)
class Donors:
    """Earlier years, by how many years they lie back, and which of them cover each coming month."""

    years: tuple[int, ...]
    allowed: Bools

    @property
    def enough(self) -> bool:
        """Whether some year covers every coming month."""
        return bool(self.allowed.any(axis=0).all()) and bool(self.years)

    def picked(self, dice: Floats, months: Longs) -> Longs:
        """Turn numbers from 0 to 1 [member, day] into places of `years` that cover the day's month, all alike often."""
        order = np.argsort(~self.allowed, axis=0, kind="stable")
        count = self.allowed.sum(axis=0)
        nth = np.floor(dice * count[months]).astype(np.int64)
        found: Longs = order[nth, months]
        return found


def donors_of(past: Past, future: Future, *, history: History, window: int) -> Donors:
    """Return the earlier years that have valid days near enough of the coming months' days."""
    valid = past.valid
    near = np.convolve(valid, np.ones(2 * window + 1))[window : window + valid.size] > 0 if valid.size else valid
    months = future.months
    days = np.bincount(months)
    years, allowed = [], []
    for back in range(1, history.years + 1):
        place = future.earlier(back) - past.start
        inside = (place >= 0) & (place < valid.size)
        hit = np.zeros(place.size, bool)
        hit[inside] = near[place[inside]]
        cover = np.bincount(months, weights=hit) / days >= history.cover
        if cover.any():
            years.append(back)
            allowed.append(cover)
    return Donors(tuple(years), np.array(allowed, bool).reshape(len(years), days.size))


def shifted(past: Past, places: Longs) -> Longs:
    """Return valid places in the past nearest to the given ones."""
    good = np.flatnonzero(past.valid)
    right = np.clip(np.searchsorted(good, places), 0, good.size - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(good[left] - places) <= np.abs(good[right] - places)
    found: Longs = np.where(nearer, good[left], good[right])
    return found


def calibrated(
    drawn: Floats, future: Future, spread: Spread, *, carried: Carried, least: int, rng: np.random.Generator,
    alone: np.random.Generator | None = None,
) -> Floats:  # fmt: skip
    """Give the coming months the means and the spread that years really have; the kinds of days within them stay.

    `drawn` is [member, quantity, day]. Each member's month is brought to the mean of all members and then moved by
    what is carried on and by shocks of its covariance, of what all subjects share and of its own; few months of
    evidence make their tails wider (Student).
    `alone` are the dice of what sets the subject apart, where `rng` is thrown for all subjects alike.
    A month with fewer than `least` coming days also keeps the spread of its few days.
    """
    members = drawn.shape[0]
    months = future.months
    starts = np.flatnonzero(np.diff(months, prepend=-1))
    counts = np.diff(np.r_[starts, months.size])
    means = np.maximum(np.add.reduceat(drawn, starts, axis=2) / counts, _LEAST)
    off = np.log(means) - np.log(means.mean(axis=0))
    off[:, :, counts < least] = 0.0
    shocks = sum(
        _shocks(covariance, spread.correlation, part.evidence, members=members, rng=dice)
        for covariance, part, dice in (
            (carried.covariance, spread.common, rng),
            (carried.apart, spread.apart, alone or rng),
        )
    )
    change = carried.mean + shocks - off
    moved: Floats = drawn * np.exp(change)[:, :, months]
    return moved


def _shocks(
    covariance: Floats, correlation: Floats, evidence: Floats, *, members: int, rng: np.random.Generator
) -> Floats:
    """Draw [member, quantity, month] of a covariance by quantity, the quantities together; Student by the evidence."""
    size, months, _ = covariance.shape
    root = np.linalg.cholesky(correlation)
    normal = np.einsum("qr,mrk->mqk", root, rng.standard_normal((members, size, months)))
    wide = np.sqrt(evidence / rng.chisquare(evidence, (members, size)))
    found: Floats = np.einsum("qjk,mqk->mqj", np.linalg.cholesky(covariance), normal) * wide[:, :, None]
    return found
