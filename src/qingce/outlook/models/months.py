"""Coming monthly means of sections: earlier years' months, this year's level, what years differ by. 月值。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qingce.catalog.outlooks import Spread as Prior
from qingce.outlook.models.past import Floats

__all__ = ["MonthPast", "draw_months", "last_months"]

_LEAST = 1e-6  # a mean of nothing is told as this [unit], so that it has a logarithm
_KNOWN = 6  # differences between years from which a factor's own variance is told


@dataclass(frozen=True, slots=True)
class MonthPast:
    """One factor of one section: months since 1970-01 → mean."""

    values: Mapping[int, float]

    def log(self, month: int) -> float:
        """Return the log of a month's mean, NaN where there is none."""
        value = self.values.get(month)
        return float("nan") if value is None else float(np.log(max(value, _LEAST)))


def draw_months(
    pasts: Mapping[tuple[str, str], MonthPast],
    coming: list[int],
    *,
    begin: int,
    prior: Prior,
    members: int,
    shared: float,
    rng: np.random.Generator,
    independence: float = 1,
) -> dict[tuple[str, str], Floats]:
    """Draw [member, coming month] for each (section, factor) that has the coming months in some earlier year.

    `begin` is the first month of the period; `shared` is the share of the variance that all sections have in common.
    Factors of a month vary together as they did between years, less the share `independence`.
    """
    variance = _variances(pasts, prior)
    names = sorted(variance)
    root = _root(_correlation(pasts, names), independence)
    size = (len(names), members * len(coming))
    common = root @ rng.standard_normal(size)
    drawn = {}
    for section in sorted({section for section, _ in pasts}):
        noise = np.sqrt(shared) * common + np.sqrt(1 - shared) * (root @ rng.standard_normal(size))
        for row, name in enumerate(names):
            past = pasts.get((section, name))
            centre = [_centre(past, month) for month in coming] if past is not None else []
            if past is None or any(np.isnan(value) for value, _ in centre):
                continue
            v = variance[name]
            level = _level(past, begin, min(coming), ratio=prior.total[1] / sum(prior.total), variance=v)
            spread = np.array([v / 2 * (1 + 1 / years) for _, years in centre])
            logs = np.array([value for value, _ in centre]) + level
            drawn[section, name] = np.exp(logs + np.sqrt(spread) * noise[row].reshape(members, len(coming)))
    return drawn


def last_months(pasts: Mapping[tuple[str, str], MonthPast], coming: list[int]) -> dict[tuple[str, str], Floats]:
    """Return the one future in which every coming month is that of the last year known: [1, coming month]."""
    found = {}
    for key, past in pasts.items():
        earlier = [[month for month in past.values if month < ahead and (ahead - month) % 12 == 0] for ahead in coming]
        if all(earlier):
            found[key] = np.array([[past.values[max(months)] for months in earlier]], float)
    return found


def _correlation(pasts: Mapping[tuple[str, str], MonthPast], names: list[str]) -> Floats:
    """Return how factors differed together from the year before, over all sections and months; none where unknown."""
    keys = sorted({(section, month) for (section, _), past in pasts.items() for month in past.values})
    place = {key: column for column, key in enumerate(keys)}
    table = np.full((len(names), len(keys)), np.nan)
    for (section, name), past in pasts.items():
        for month in past.values:
            if month - 12 in past.values:
                table[names.index(name), place[section, month]] = past.log(month) - past.log(month - 12)
    there = (~np.isnan(table)).astype(float)
    filled = np.nan_to_num(table)
    both, square = there @ there.T, filled**2 @ there.T
    scale = np.sqrt(square * square.T)
    known = (both >= _KNOWN) & (scale > _LEAST)
    found: Floats = np.where(known, (filled @ filled.T) / np.where(known, scale, 1), 0.0)
    np.fill_diagonal(found, 1.0)
    return found


def _root(correlation: Floats, independence: float) -> Floats:
    """Return a matrix that gives independent numbers this correlation, shrunk to none by `independence`.

    Pairs are told from different months, so that the whole may be no correlation: what is below zero is cut.
    """
    mixed = (1 - independence) * correlation + independence * np.eye(len(correlation))
    values, vectors = np.linalg.eigh(mixed)
    root = vectors * np.sqrt(np.maximum(values, 0))
    found: Floats = root / np.linalg.norm(root, axis=1, keepdims=True)
    return found


def _centre(past: MonthPast, month: int) -> tuple[float, int]:
    """Return the mean log of the same calendar month of earlier years and of how many."""
    logs = [past.log(earlier) for earlier in past.values if earlier < month and (month - earlier) % 12 == 0]
    return (sum(logs) / len(logs), len(logs)) if logs else (float("nan"), 0)


def _level(past: MonthPast, begin: int, end: int, *, ratio: float, variance: float) -> float:
    """Return what this year's level carries on: the mean difference so far, shrunk by how few months tell it."""
    found = [past.log(month) - _centre(past, month)[0] for month in past.values if begin <= month < end]
    known = [value for value in found if not np.isnan(value)]
    if not known:
        return 0.0
    level = ratio * variance
    own = max(variance - level, _LEAST)
    return float(level / (level + own / len(known)) * sum(known) / len(known)) if level > 0 else 0.0


def _variances(pasts: Mapping[tuple[str, str], MonthPast], prior: Prior) -> dict[str, float]:
    """Return by factor the mean square log difference of a month from the year before, over all sections."""
    squares: dict[str, list[float]] = {}
    for (_, name), past in pasts.items():
        for month in past.values:
            if month - 12 in past.values:
                squares.setdefault(name, []).append((past.log(month) - past.log(month - 12)) ** 2)
    told = {name: (sum(v) / len(v) if len(v := squares.get(name, [])) >= _KNOWN else 0.0) for _, name in pasts}
    missing = sum(prior.total)
    return {name: value if len(squares.get(name, [])) >= _KNOWN else missing for name, value in told.items()}
