"""Days of earlier years that stand for coming days, and the spread brought to what years really differ by. 代表日。"""

from __future__ import annotations

import numpy as np

from qingce.catalog.outlooks import History
from qingce.outlook.models.past import Floats, Future, Longs, Past
from qingce.outlook.models.spread import Level, Spread

__all__ = ["calibrated", "covered", "donor_years", "shifted"]

_LEAST = 1e-9  # a mean of nothing has no logarithm


def covered(past: Past, future: Future, *, years: int, window: int) -> float:
    """Return the share of the coming days near which, `years` before, a valid day stands."""
    if not future.days.size:
        return 1.0
    valid = past.valid
    near = np.convolve(valid, np.ones(2 * window + 1), mode="same") > 0 if valid.size else valid
    if near.size > valid.size:  # a past shorter than the window
        near = near[: valid.size]
    place = future.earlier(years) - past.start
    inside = (place >= 0) & (place < valid.size)
    return float(near[place[inside]].sum()) / future.days.size


def donor_years(past: Past, future: Future, *, history: History, window: int) -> list[int]:
    """Name how many years back lie those that cover the coming days well enough, nearest first.

    A year that would reach into the coming days themselves covers nothing of them, so it falls out by itself.
    """
    shares = ((years, covered(past, future, years=years, window=window)) for years in range(1, history.years + 1))
    return [years for years, share in shares if share >= history.cover]


def shifted(past: Past, places: Longs) -> Longs:
    """Return valid places in the past nearest to the given ones."""
    good = np.flatnonzero(past.valid)
    right = np.clip(np.searchsorted(good, places), 0, good.size - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(good[left] - places) <= np.abs(good[right] - places)
    found: Longs = np.where(nearer, good[left], good[right])
    return found


def calibrated(
    drawn: Floats, future: Future, spread: Spread, *, level: Level, years: int, rng: np.random.Generator
) -> Floats:
    """Bring the spread of the monthly means to what a coming year differs by, and add the level's own uncertainty.

    `drawn` is [member, quantity, day]. The log mean of a coming month differs from that of `years` earlier ones by
    half the variance of D times (1 + 1 / years); what the draw has too much or too little of it is scaled, month by
    month, and the same for all days of the month, so that the kinds of days stay.
    """
    members, size, _ = drawn.shape
    months = future.months
    starts = np.flatnonzero(np.r_[True, months[1:] != months[:-1]])
    counts = np.diff(np.r_[starts, months.size])
    means = np.log(np.maximum(np.add.reduceat(drawn, starts, axis=2) / counts, _LEAST))
    centre = means.mean(axis=0)
    off = means - centre
    have = off.var(axis=0)
    want = (spread.month / 2 * (1 + 1 / years))[:, None] * np.ones(counts.size)
    factor = np.sqrt(np.minimum(1.0, want / np.maximum(have, _LEAST)))
    extra = np.sqrt(np.maximum(0.0, want - have))
    root = np.linalg.cholesky(spread.correlation)
    shocks = np.einsum("qr,mrk->mqk", root, rng.standard_normal((members, size, counts.size)))
    carried = rng.standard_normal((members, size)) @ root.T * np.sqrt(level.variance)
    change = (factor - 1) * off + extra * shocks + (level.carried + carried)[:, :, None]
    moved: Floats = drawn * np.exp(change)[:, :, months - months[0]]
    return moved
