"""What of a change is weather, what effort: log value = weather and season + a curve of effort + rest. 气象标准化。

The curve is estimated after both the value and the curve's own shape have been freed of what the weather tells of them
(cross-fitted on whole blocks of days): a weather that drifts cannot pass for effort, nor can trees swallow the trend.
Then each day is given many weathers of its season from any year, and the mean of what would have been is its
normalised value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qingce.catalog.outlook_settings import Settings
from qingce.outlook.models.past import Floats, Longs

__all__ = ["Separation", "block_folds", "effort_basis", "installed", "separate"]

_LEAST = 1e-3
_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Separation:
    """The days that were used, what was observed, what a fair weather would have given, and what was held out.

    `expected` is the prediction of a day from other blocks; `curve` the log of the effort curve, `covariance` that of
    its coefficients on `basis`.
    """

    days: Longs
    observed: Floats
    expected: Floats
    normalised: Floats
    basis: Floats
    coefficients: Floats
    covariance: Floats

    def change(self, base: np.ndarray, now: np.ndarray, *, width: float) -> tuple[float, float, float, float]:
        """Return the change from some days to others as observed, of effort, and its interval [share of the base]."""
        observed = float(self.observed[now].mean() / self.observed[base].mean() - 1)
        effort = float(self.normalised[now].mean() / self.normalised[base].mean() - 1)
        contrast = self.basis[now].mean(axis=0) - self.basis[base].mean(axis=0)
        error = float(np.sqrt(contrast @ self.covariance @ contrast))
        low, high = ((1 + effort) * float(np.exp(side * width * error)) - 1 for side in (-1, 1))
        return observed, effort, low, high

    def slope(self) -> float:
        """Return the mean yearly change of effort [share a year]: a straight line through the curve."""
        years = self.days / _YEAR
        curve = self.basis @ self.coefficients
        return float(np.expm1(np.polyfit(years - years.mean(), curve, 1)[0]))


def installed() -> bool:
    """Say whether scikit-learn, which the extra `outlook` brings, is here."""
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


def separate(days: Longs, features: Floats, values: Floats, *, rules: Settings) -> Separation:
    """Tell weather and effort apart on one series; `features` [day, feature] may hold NaN, `values` too.

    Every draw is seeded; one thread, so that the same input gives the same answer everywhere.
    """
    import sklearn.ensemble  # noqa: F401 - the limit reaches only libraries that are loaded
    from threadpoolctl import threadpool_limits

    there = ~np.isnan(values) & ~np.isnan(features).any(axis=1)
    days, known = days[there], np.column_stack([_calendar(days), features])[there]
    logs = np.log(np.maximum(values[there], _LEAST))
    basis = effort_basis(days, rules.number("knot_days"))
    fold = block_folds(days, rules)
    with threadpool_limits(limits=1):
        told = _held_out(known, logs, fold, rules=rules)
        told_basis = _held_out_basis(known, basis, fold, rules=rules)
        rest, shape = logs - told, basis - told_basis
        coefficients, covariance = _regressed(rest, shape, days // rules.whole("block_days"))
        line = shape @ coefficients
        line += (rest - line).mean()
        curve = basis @ coefficients
        model = _boosted(rules).fit(known, logs - curve)
        usual = _usual(model, known, days, rules=rules)
        noise = np.exp(logs - curve - model.predict(known)).mean()
    values = values[there]
    expected = np.exp(told + line)
    expected *= values.mean() / expected.mean()
    return Separation(days, values, expected, usual * np.exp(curve) * noise, basis, coefficients, covariance)


def effort_basis(days: Longs, knot_days: float) -> Floats:
    """Return the pieces of a curve of straight lines, zero on the first day: [day, knot]."""
    count = max(1, int((days[-1] - days[0]) / knot_days + 1 / 2))
    knots = np.linspace(days[0], days[-1], count + 1)
    return np.column_stack([np.interp(days, knots, np.eye(count + 1)[place]) for place in range(1, count + 1)])


def block_folds(days: Longs, rules: Settings) -> Longs:
    """Return the fold of each day; days of one block stay together."""
    block = days // rules.whole("block_days")
    first = int(block.min())
    dice = np.random.default_rng(rules.whole("seed"))
    order = dice.permutation(int(block.max()) - first + 1)
    found: Longs = (order[block - first] % rules.whole("folds")).astype(np.int64)
    return found


def _calendar(days: Longs) -> Floats:
    """Return the place in the year and the day of the week of days since 1970-01-01."""
    dates = days.astype("datetime64[D]")
    place = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    return np.column_stack([place, (days + 3) % 7]).astype(float)


def _boosted(rules: Settings) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=rules.whole("trees"), learning_rate=rules.number("learning_rate"),
        max_leaf_nodes=rules.whole("leaves"), min_samples_leaf=rules.whole("leaf"), max_bins=64,
        early_stopping=False, random_state=rules.whole("seed"),
    )  # fmt: skip


def _held_out(known: Floats, values: Floats, fold: Longs, *, rules: Settings) -> Floats:
    """Predict each block from the others."""
    found = np.empty(values.shape)
    for number in np.unique(fold):
        out = fold == number
        found[out] = _boosted(rules).fit(known[~out], values[~out]).predict(known[out])
    return found


def _held_out_basis(known: Floats, basis: Floats, fold: Longs, *, rules: Settings) -> Floats:
    """Predict the pieces of the effort curve from the weather alone, all at once, each block from the others."""
    from sklearn.ensemble import ExtraTreesRegressor

    found = np.empty(basis.shape)
    for number in np.unique(fold):
        out = fold == number
        model = ExtraTreesRegressor(
            rules.whole("forest"), min_samples_leaf=rules.whole("forest_leaf"), random_state=rules.whole("seed")
        )
        target = basis[~out] if basis.shape[1] > 1 else basis[~out, 0]
        found[out] = model.fit(known[~out], target).predict(known[out]).reshape(-1, basis.shape[1])
    return found


def _regressed(rest: Floats, shape: Floats, block: Longs) -> tuple[Floats, Floats]:
    """Regress what is left of the values on what is left of the curve; the covariance holds for dependent days."""
    full = np.column_stack([np.ones(rest.size), shape])
    inverse = np.linalg.pinv(full.T @ full)
    coefficients = inverse @ full.T @ rest
    score = full * (rest - full @ coefficients)[:, None]
    _, place = np.unique(block, return_inverse=True)
    sums = np.zeros((int(place.max()) + 1, full.shape[1]))
    np.add.at(sums, place, score)
    covariance = inverse @ (sums.T @ sums) @ inverse
    return coefficients[1:], covariance[1:, 1:]


def _usual(model: Any, known: Floats, days: Longs, *, rules: Settings) -> Floats:
    """Return the mean of each day's prediction over weathers drawn from its season of any year."""
    dice = np.random.default_rng(rules.whole("seed"))
    order = np.argsort(known[:, 0], kind="stable")
    near = known[order, 0]
    wide = np.concatenate([near - _YEAR, near, near + _YEAR])
    low = np.searchsorted(wide, known[:, 0] - rules.number("season_days"))
    high = np.searchsorted(wide, known[:, 0] + rules.number("season_days"), side="right")
    total = np.zeros(days.size)
    for _ in range(rules.whole("samples")):
        place = order[(low + (dice.random(days.size) * (high - low)).astype(np.int64)) % near.size]
        drawn = np.column_stack([known[:, :2], known[place, 2:]])
        total += np.exp(model.predict(drawn))
    found: Floats = total / rules.whole("samples")
    return found
