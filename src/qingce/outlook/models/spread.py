"""How much a month differs between years, pooled over subjects, and how far this year's level carries on. 年际离散。

D is the log of a month's mean less that of the same month of an earlier year. Over subjects and months it has a
variance; what all months of one year share is the variance of the level; the rest is the month's own and fades
within a few months. A winter month differs more. Few years of history make all of this uncertain: it is
shrunk to what the content declares, which comes from other years and places than those judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from qingce.catalog.outlooks import History, Outlooks
from qingce.catalog.outlooks import Spread as Prior
from qingce.outlook.models.past import Floats, Past, month_of

__all__ = ["Spread", "by_name", "log_means", "monthly", "own", "pooled"]

_FLOOR = 1e-6  # a variance is never taken as less: a history of equal days stays practically certain
_OTHER = "other"
_PLAIN = 12  # months without any difference at all: then there is none to expect
_SURE = 0.9  # a month's own difference never outlasts this share a month


@dataclass(frozen=True, slots=True)
class Spread:
    """Pooled, by quantity: variances of D of a month and of the level, memory from month to month, months of evidence,
    and the drift that D has on average.

    `season[quantity, calendar month]` scales a month's variance; `correlation` is that of the quantities' D.
    """

    quantities: tuple[str, ...]
    month: Floats
    level: Floats
    memory: Floats
    evidence: Floats
    drift: Floats
    season: Floats
    correlation: Floats

    def of(self, quantities: Sequence[str]) -> Spread:
        """Pick some of the quantities."""
        rows = [self.quantities.index(name) for name in quantities]
        return Spread(
            quantities=tuple(quantities),
            month=self.month[rows],
            level=self.level[rows],
            memory=self.memory[rows],
            evidence=self.evidence[rows],
            drift=self.drift[rows],
            season=self.season[rows],
            correlation=self.correlation[np.ix_(rows, rows)],
        )


def monthly(past: Past, history: History) -> tuple[int, Floats]:
    """Return the first month [since 1970-01] and the log mean of each quantity and month; NaN for too few days."""
    months = month_of(np.arange(past.start, past.last + 1))
    logs, count = log_means(past.values, months - months[0])
    return int(months[0]), np.where(count >= history.month_days, logs, np.nan)


def log_means(values: Floats, place: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Return the log mean and the number of valid days by row of `values` and place; NaN where the mean is no more."""
    size = int(place.max()) + 1 if place.size else 0
    there = ~np.isnan(values)
    count = np.stack([np.bincount(place[known], minlength=size) for known in there])
    total = np.stack([np.bincount(place[known], weights=row[known], minlength=size)
                      for row, known in zip(values, there, strict=True)])  # fmt: skip
    logs = np.full(count.shape, np.nan)
    good = (count > 0) & (total > 0)
    logs[good] = np.log(total[good] / count[good])
    return logs, count


def pooled(pasts: Iterable[Past], outlooks: Outlooks, *, quantities: Sequence[str]) -> Spread:
    """Estimate the spread from every pair of consecutive years that the pasts hold, shrunk to the declared one.

    A month that many subjects share counts once: they breathe the same weather.
    """
    pairs: dict[int, list[Floats]] = {}
    for past in pasts:
        if past.values.shape[1]:
            for year, differences in _differences(past, outlooks.history, quantities):
                pairs.setdefault(year, []).append(differences)
    stacks = [np.stack(found) for _, found in sorted(pairs.items())]
    priors = [outlooks.spread.get(name, outlooks.spread[_OTHER]) for name in quantities]
    told = [_components([stack[:, row] for stack in stacks], prior) for row, prior in enumerate(priors)]
    month, level, memory, evidence, drift = np.array(told).T
    season = _season(stacks, priors, winter=outlooks.history.winter)
    correlation = _correlation(stacks, len(quantities), outlooks.history.independence)
    return Spread(tuple(quantities), month, level, memory, evidence, drift, season, correlation)


def own(spread: Spread, past: Past, *, history: History) -> Spread:
    """Return the spread of one subject: its months differ more or less than those of the pool, as far as it shows.

    `spread` has the quantities of the past. Its own months weigh against `own_weight` months of the pool.
    """
    found = [d for _, d in _differences(past, history, spread.quantities)]
    if not found:
        return spread
    d = np.stack(found) - spread.drift[:, None]
    known = ~np.isnan(d)
    expected = spread.month[:, None] * spread.season + spread.level[:, None]
    seen = np.where(known, d, 0.0) ** 2 / expected
    count = known.sum(axis=(0, 2))
    factor = (history.own_weight + seen.sum(axis=(0, 2))) / (history.own_weight + count)
    return replace(spread, month=spread.month * factor)


def _differences(past: Past, history: History, quantities: Sequence[str]) -> Iterator[tuple[int, Floats]]:
    """Yield for each pair of years (the later one named) D as [quantity, 12 months], NaN where either lacks it."""
    first, logs = monthly(past, history)
    by_year: dict[int, Floats] = {}
    rows = [past.quantities.index(name) if name in past.quantities else -1 for name in quantities]
    for offset in range(logs.shape[1]):
        year, month = divmod(first + offset, 12)
        line = by_year.setdefault(year, np.full((len(quantities), 12), np.nan))
        for place, row in enumerate(rows):
            if row >= 0:
                line[place, month] = logs[row, offset]
    for before, after in pairwise(sorted(by_year)):
        if after == before + 1:
            yield after, by_year[after] - by_year[before]


def _components(stacks: Sequence[Floats], prior: Prior) -> tuple[float, float, float, float, float]:
    """Return the variance of a month and of the level, memory, evidence and drift, from D as [subject, month].

    What two months share is the level and, the nearer they are, what has not yet faded.
    """
    known = [stack[~np.isnan(stack)] for stack in stacks]
    if sum(part.size for part in known) >= _PLAIN and not any(part.any() for part in known):
        return _FLOOR, _FLOOR, 0.0, float(_PLAIN), 0.0
    drift = _drift(stacks, prior)
    products, weights = _lagged([stack - drift for stack in stacks])
    variance = (prior.weight * (prior.month + prior.level) + products[0]) / (prior.weight + weights[0])
    faded = prior.memory ** np.arange(12) * max(variance - prior.level, 0.0)
    shared = float((products - weights * faded)[1:].sum())
    level = (prior.weight * prior.level + shared) / (prior.weight + float(weights[1:].sum()))
    level = min(max(level, _FLOOR), variance)
    month = max(variance - level, _FLOOR)
    near = prior.weight * prior.memory * month + products[1] - weights[1] * level
    memory = min(max(near / (prior.weight + weights[1]) / month, 0.0), _SURE)
    # months that remember each other tell less than as many independent ones
    evidence = (prior.weight + float(weights[0])) * (1 - memory) / (1 + memory)
    return month, level, memory, evidence, drift


def _drift(stacks: Sequence[Floats], prior: Prior) -> float:
    """Return the mean difference between years: that of whole pairs of years, shrunk to the declared one.

    It is told by years, not by months: all months of a year share its level and much of its weather. The last pair, of
    the year still running, is left out: how it stands is what `carry` tells by its months.
    """
    total, weight = prior.weight * prior.drift, prior.weight
    for stack in stacks[:-1]:
        known = ~np.isnan(stack)
        part = float(known.any(axis=0).sum()) / 12
        if part:
            total += part * float(stack[known].mean())
            weight += part
    return total / weight


def _lagged(stacks: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return by lag of months the mean product of D times its weight, and the weight: months, not subjects.

    Of all lags together a pair of years tells as much as it has months.
    """
    products, weights = np.zeros(12), np.zeros(12)
    for stack in stacks:
        known = ~np.isnan(stack)
        filled = np.where(known, stack, 0.0)
        many = int(known.any(axis=0).sum())
        for lag in range(12):
            both = known[:, lag:] & known[:, : 12 - lag]
            if both.any():
                weight = float(both.any(axis=0).sum()) * (1.0 if lag == 0 else 2 / max(many - 1, 1))
                products[lag] += weight * float((filled[:, lag:] * filled[:, : 12 - lag]).sum()) / float(both.sum())
                weights[lag] += weight
    return products, weights


def _season(stacks: Sequence[Floats], priors: Sequence[Prior], *, winter: Sequence[int]) -> Floats:
    """Return how much more a calendar month's D varies than the months that the pooled variance is made of."""
    shape = np.ones((len(priors), 12))
    shape[:, [month - 1 for month in winter]] = np.array([prior.winter for prior in priors])[:, None]
    weight = np.array([prior.weight for prior in priors])[:, None] / 12 * np.ones((len(priors), 12))
    for stack in stacks:
        weight += (~np.isnan(stack)).any(axis=0)
    scaled: Floats = shape * weight.sum(axis=1, keepdims=True) / (shape * weight).sum(axis=1, keepdims=True)
    return scaled


def _correlation(stacks: Sequence[Floats], size: int, weight: float) -> Floats:
    """Return the correlation of the quantities' D, shrunk to none and made sound where little is known."""
    lines = [stack.transpose(1, 0, 2).reshape(size, -1) for stack in stacks]
    joined = np.concatenate(lines, axis=1) if lines else np.zeros((size, 0))
    joined = joined[:, ~np.isnan(joined).any(axis=0)]
    found = np.eye(size)
    if joined.shape[1] > size:
        scale = np.sqrt((joined**2).mean(axis=1))
        if (scale > 0).all():
            found = (joined @ joined.T) / joined.shape[1] / np.outer(scale, scale)
    mixed: Floats = (1 - weight) * found + weight * np.eye(size)
    return mixed


def by_name(spread: Spread) -> Mapping[str, tuple[float, float, float]]:
    """Return the variances of month and level and the memory by quantity, for print."""
    rows = zip(spread.quantities, spread.month, spread.level, spread.memory, strict=True)
    return {name: (float(month), float(level), float(memory)) for name, month, level, memory in rows}
