"""How much a month differs between years, pooled over subjects, and how far this year's level carries on. 年际离散。

D is the log of a month's mean less that of the same month of an earlier year. It is what all subjects of the panel
share (they breathe the same weather, and no number of them makes a year into two) and what sets one apart from them.
Each part has a variance of the level, which all months of one year share, and of the month, which fades within a few
months. A winter month differs more. Few years of history make all of this uncertain: it is shrunk to what the content
declares, which comes from other years and places than those judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from qingce.catalog.outlooks import History, Outlooks
from qingce.catalog.outlooks import Spread as Prior
from qingce.outlook.models.past import Floats, Past, month_of

__all__ = ["Part", "Spread", "differences", "log_means", "monthly", "own", "pooled"]

_FLOOR = 1e-6  # a variance is never taken as less: a history of equal days stays practically certain
_PLAIN = 12  # months without any difference at all: then there is none to expect
_FEW = 3.0  # degrees of freedom at least: with fewer the tails have no variance
_MUCH = 1e6  # months of evidence that leave no doubt
_SURE = 0.9  # a month's own difference never outlasts this share a month


@dataclass(frozen=True, slots=True)
class Part:
    """One part of D by quantity: variances of a month and of the level, memory by month, evidence [months]."""

    month: Floats
    level: Floats
    memory: Floats
    evidence: Floats

    @classmethod
    def none(cls, size: int) -> Part:
        """Return the part that is not there."""
        zeros = np.zeros(size)
        return cls(zeros, zeros, zeros, np.full(size, _MUCH))

    def of(self, rows: Sequence[int]) -> Part:
        """Pick some of the quantities."""
        at = list(rows)
        return Part(self.month[at], self.level[at], self.memory[at], self.evidence[at])

    def covariance(self, months: np.ndarray, rough: Floats, *, row: int) -> tuple[Floats, Floats]:
        """Return the covariance of the level and of the months' own between months [since 1970-01] of one quantity."""
        faded = self.memory[row] ** np.abs(months[:, None] - months[None, :])
        alone: Floats = self.month[row] * np.outer(rough, rough) * faded
        return np.full_like(alone, self.level[row]), alone


@dataclass(frozen=True, slots=True)
class Spread:
    """Pooled, by quantity: what all subjects share of D, what sets one apart, and the drift that D has on average.

    `season[quantity, calendar month]` scales a month's variance; `correlation` is that of the quantities' D; `means`
    are the D that all subjects share, [quantity, month] by year.
    """

    quantities: tuple[str, ...]
    common: Part
    apart: Part
    drift: Floats
    season: Floats
    correlation: Floats
    means: Mapping[int, Floats] = field(default_factory=dict)

    @property
    def month(self) -> Floats:
        """Variance of a month of one subject, of both parts."""
        return self.common.month + self.apart.month

    @property
    def level(self) -> Floats:
        """Variance of the level of one subject, of both parts."""
        return self.common.level + self.apart.level

    def of(self, quantities: Sequence[str]) -> Spread:
        """Pick some of the quantities."""
        rows = [self.quantities.index(name) for name in quantities]
        return Spread(
            quantities=tuple(quantities),
            common=self.common.of(rows),
            apart=self.apart.of(rows),
            drift=self.drift[rows],
            season=self.season[rows],
            correlation=self.correlation[np.ix_(rows, rows)],
            means={year: found[rows] for year, found in self.means.items()},
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

    What the subjects share counts once a month, however many they are.
    """
    pairs: dict[int, list[Floats]] = {}
    for past in pasts:
        if past.values.shape[1]:
            for year, found in differences(past, outlooks.history, quantities):
                pairs.setdefault(year, []).append(found)
    stacks = {year: np.stack(parts) for year, parts in sorted(pairs.items())}
    priors = [outlooks.prior(name) for name in quantities]
    means = {year: _mean(stack) for year, stack in stacks.items()}
    season = _season(priors, winter=outlooks.history.winter)
    many = max((len(stack) for stack in stacks.values()), default=1)
    parts, drifts = [], []
    for row, prior in enumerate(priors):
        together = [mean[None, row] for mean in means.values()]
        drift = 0.0 if _equal(together) else _drift(together, prior)
        others = [stack[:, row] - means[year][row] for year, stack in stacks.items()]
        parts.append(_parts([one - drift for one in together], others, prior, season=season[row], many=many))
        drifts.append(drift)
    common, apart = (Part(*np.array([pair[place] for pair in parts]).T) for place in (0, 1))
    correlation = _correlation(list(stacks.values()), len(quantities), outlooks.history.independence)
    return Spread(tuple(quantities), common, apart, np.array(drifts), season, correlation, means)


def own(spread: Spread, past: Past, *, history: History) -> Spread:
    """Return the spread of one subject: it stands apart from the others more or less than the pool, as far as it shows.

    `spread` has the quantities of the past. Its own months weigh against `own_weight` months of the pool.
    """
    found = [d - spread.means.get(year, 0.0) for year, d in differences(past, history, spread.quantities)]
    if not found or not spread.apart.month.any():
        return spread
    d = np.stack(found)
    known = ~np.isnan(d)
    expected = spread.apart.month[:, None] * spread.season + spread.apart.level[:, None]
    seen = np.where(known, d, 0.0) ** 2 / np.maximum(expected, _FLOOR)
    count = known.sum(axis=(0, 2))
    factor = (history.own_weight + seen.sum(axis=(0, 2))) / (history.own_weight + count)
    return replace(spread, apart=replace(spread.apart, month=spread.apart.month * factor))


def differences(past: Past, history: History, quantities: Sequence[str]) -> Iterator[tuple[int, Floats]]:
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


def _mean(stack: Floats) -> Floats:
    """Return the mean over subjects of [subject, quantity, month], NaN where none is known."""
    known = ~np.isnan(stack)
    count = known.sum(axis=0)
    found: Floats = np.where(count > 0, np.where(known, stack, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    return found


def _parts(
    together: Sequence[Floats], others: Sequence[Floats], prior: Prior, *, season: Floats, many: int
) -> tuple[tuple[float, float, float, float], tuple[float, float, float, float]]:
    """Return the four figures of what is common and of what stands apart, from the means and the rest of `many`.

    The mean of many subjects still holds its part of what sets them apart; one subject alone cannot tell the two.
    """
    common, apart = prior.parts()
    rest = 1 - 1 / many
    if rest:
        month, level, memory, evidence = _components(others, apart, season=season, share=rest)
        own = month / rest, level / rest, memory, evidence
    else:
        own = apart.month, apart.level, apart.memory, apart.weight
    total = max(common.month + own[0] / many, _FLOOR), max(common.level + own[1] / many, _FLOOR)
    mixed = replace(common, month=total[0], level=total[1])
    month, level, memory, evidence = _components(together, mixed, season=season)
    if not rest:  # what one subject shows is divided as declared
        own = month * apart.month / mixed.month, level * apart.level / mixed.level, own[2], evidence
    left = max(month - own[0] / many, _FLOOR), max(level - own[1] / many, _FLOOR)
    return (*left, memory, evidence), own


def _components(
    stacks: Sequence[Floats], prior: Prior, *, season: Floats, share: float = 1.0
) -> tuple[float, float, float, float]:
    """Return the variance of a month and of the level, memory and evidence, from D without drift as [subject, month].

    What two months share is the level and, the nearer they are, what has not yet faded. `share` scales the prior.
    """
    if _equal(stacks):
        return _FLOOR, _FLOOR, 0.0, float(_PLAIN)
    products, weights = _lagged(stacks, season=season)
    variance = (prior.weight * share * (prior.month + prior.level) + products[0]) / (prior.weight + weights[0])
    faded = prior.memory ** np.arange(12) * max(variance - share * prior.level, 0.0)
    shared = float((products - weights * faded)[1:].sum())
    level = (prior.weight * share * prior.level + shared) / (prior.weight + float(weights[1:].sum()))
    level = min(max(level, _FLOOR), variance)
    month = max(variance - level, _FLOOR)
    near = prior.weight * prior.memory * month + products[1] - weights[1] * level
    memory = min(max(near / (prior.weight + weights[1]) / month, 0.0), _SURE)
    # months that remember each other tell less than as many independent ones
    evidence = max((prior.weight + float(weights[0])) * (1 - memory) / (1 + memory), _FEW)
    return month, level, memory, evidence


def _equal(stacks: Sequence[Floats]) -> bool:
    """Say whether enough months are known and none of them differs from the year before."""
    known = [stack[~np.isnan(stack)] for stack in stacks]
    return sum(part.size for part in known) >= _PLAIN and not any(part.any() for part in known)


def _drift(means: Sequence[Floats], prior: Prior) -> float:
    """Return the mean difference between years: that of whole pairs of years, shrunk to the declared one.

    It is told by years, not by months: all months of a year share its level and much of its weather. The last pair, of
    the year still running, is left out: how it stands is what `carry` tells by its months.
    """
    total, weight = prior.weight * prior.drift, prior.weight
    for mean in means[:-1]:
        known = ~np.isnan(mean)
        part = float(known.sum()) / 12
        if part:
            total += part * float(mean[known].mean())
            weight += part
    return total / weight


def _lagged(stacks: Sequence[Floats], *, season: Floats) -> tuple[Floats, Floats]:
    """Return by lag of months the mean product of D times its weight, and the weight.

    A month counts once, and of many subjects that stand apart as often as the root of their number: neighbours are no
    independent witnesses. Of all lags together a pair of years tells as much as it has months. At lag 0 a month is
    scaled to a month of ordinary spread.
    """
    products, weights = np.zeros(12), np.zeros(12)
    for stack in stacks:
        known = ~np.isnan(stack)
        filled = np.where(known, stack, 0.0)
        many = int(known.any(axis=0).sum())
        witnesses = float(np.sqrt(max(len(stack) - 1, 1)))
        for lag in range(12):
            both = known[:, lag:] & known[:, : 12 - lag]
            if both.any():
                scale = season if lag == 0 else np.ones(12 - lag)
                weight = witnesses * float(both.any(axis=0).sum()) * (1.0 if lag == 0 else 2 / max(many - 1, 1))
                product = float((filled[:, lag:] * filled[:, : 12 - lag] / scale).sum())
                products[lag] += weight * product / float(both.sum())
                weights[lag] += weight
    return products, weights


def _season(priors: Sequence[Prior], *, winter: Sequence[int]) -> Floats:
    """Return how much more a calendar month's D varies than a month on average of the year."""
    shape = np.ones((len(priors), 12))
    shape[:, [month - 1 for month in winter]] = np.array([prior.winter for prior in priors])[:, None]
    scaled: Floats = shape / shape.mean(axis=1, keepdims=True)
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
