"""What the declared spread between years rests on: `outlook/spread.csv` estimated from real days, year by year.

`python -m outlook_parts.priors [--without 2014]` (in benchmarks/) prints, by quantity: variance of a month and of the
level, memory and winter of what places share, and the first three of what sets one apart. A year that is to be judged
is left out.

Data: QINGCE_SHARED or ../shared: twelve sites of Beijing (one place) and 31 capitals. Fine and coarse particles also
rest on ten pairs of years of rural background stations, given below as they were measured once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from outlook_parts.data import CAPITALS, beijing_days, capital_days
from qingce.catalog import load_catalog
from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import Spread
from qingce.evaluate.air.input import QUANTITIES
from qingce.outlook.air.panel import Panel
from qingce.outlook.models.spread import differences

YEARS = (2014, 2017)  # the later years of the pairs of Beijing that the content rests on: none holds 2015
PARTICLES = ("pm2_5", "pm10")


@dataclass(frozen=True)
class Found:
    """Of one source: months, variance and level that its places share and that set them apart, memory, winter ratio."""

    months: int
    common: float
    level: float
    memory: float
    winter: float
    own: float = float("nan")
    own_level: float = float("nan")
    own_memory: float = float("nan")


GERMANY = Found(108, 0.0783, 0.0033, 0.02, 2.19, 0.0513, 0.0071, 0.19)
"""PM10 of 70 rural background stations of AirBase, 1998–2009: data set `air` of the R package spacetime."""


def stacks(days: pa.Table, last: date, catalog: Catalog) -> dict[int, np.ndarray]:
    """D by the later year: [subject, quantity, month]."""
    panel = Panel(days, last, catalog)
    found: dict[int, list[np.ndarray]] = {}
    for scope in panel.scopes("measured"):
        past = panel.past(scope, "measured")
        for year, d in differences(past, catalog.outlooks.history, QUANTITIES):
            found.setdefault(1970 + year, []).append(d)
    return {year: np.stack(parts) for year, parts in found.items()}


def estimate(parts: Sequence[np.ndarray], winter: float, *, apart: bool) -> Found:
    """Of D by pair of years, [subject, month]: half its mean is drift, winter months are scaled by `winter`."""
    season = np.where(np.isin(np.arange(12), (0, 1, 11)), winter, 1.0)
    season = season / season.mean()
    means = [mean_of(part) for part in parts]
    drift = np.nanmean(np.concatenate(means)) / 2
    common = lags([(mean - drift)[None] for mean in means], season)
    moved = np.concatenate([(mean - drift) ** 2 for mean in means]).reshape(-1, 12)
    cold = np.nanmean(moved[:, [0, 1, 11]]) if np.isfinite(moved[:, [0, 1, 11]]).any() else np.nan
    months = int(np.isfinite(moved).sum())
    found = Found(months, *common, float(cold / np.nanmean(moved[:, 2:11])))
    if not apart:
        return found
    own = lags([part - mean for part, mean in zip(parts, means, strict=True)], season, share=1 - 1 / len(parts[0]))
    return replace(found, own=own[0], own_level=own[1], own_memory=own[2])


def mean_of(part: np.ndarray) -> np.ndarray:
    """The mean over subjects, NaN where none is known."""
    known = ~np.isnan(part)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, part, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def lags(parts: Sequence[np.ndarray], season: np.ndarray, share: float = 1.0) -> tuple[float, float, float]:
    """Variance of a month, what any two months of a year share, and the memory of the month before."""
    variance = float(np.mean(np.concatenate([known(part**2 / season) for part in parts]))) / share
    products = {lag: np.concatenate([known(part[:, lag:] * part[:, :-lag]) for part in parts]) for lag in range(1, 12)}
    level = max(float(np.mean(np.concatenate(list(products.values())))), 0.0)
    return variance, level, (float(products[1].mean()) - level) / max(variance - level, 1e-9)


def known(values: np.ndarray) -> np.ndarray:
    """The values that are there."""
    return values[np.isfinite(values)]


def declared(catalog: Catalog, years: Sequence[int] = YEARS) -> dict[str, Spread]:
    """The spread by quantity from the pairs of Beijing that end in `years`, the capitals and, of particles, Germany.

    The drift and the weight stay as the content has them.
    """
    beijing = stacks(beijing_days(), date(2017, 2, 28), catalog)
    capitals = stacks(capital_days(), date(2026, 5, 31), catalog)[2026]
    found = {}
    for row, name in enumerate(QUANTITIES):
        prior = catalog.outlooks.prior(name)
        here = [beijing[year][:, row] for year in years]
        there = capitals[:, row] if name in CAPITALS else None
        found[name] = of(name, here, there, prior)
    return found


def of(name: str, here: Sequence[np.ndarray], there: np.ndarray | None, prior: Spread) -> Spread:
    """Bring the sources of one quantity together: totals averaged, shares with one half, winters by months."""
    places = [*here, *([] if there is None else [there])]
    both = estimate(places, prior.winter, apart=False)
    sources = [] if there is None else [estimate([there], prior.winter, apart=True)]
    sources += [GERMANY] if name in PARTICLES else []
    totals = [estimate(here, prior.winter, apart=False).common, *(one.common + one.own for one in sources)]
    total = float(np.mean(totals))
    share = float(np.mean([0.5, *(one.common / (one.common + one.own) for one in sources)]))
    levels = [both.level, *([GERMANY.level] if name in PARTICLES else [])]
    level = min(float(np.mean(levels)), total * share / 2)
    own_level = min(float(np.mean([one.own_level for one in sources] or levels)), total * (1 - share) / 2)
    memories = [both.memory, *([GERMANY.memory] if name in PARTICLES else [])]
    winter = (both.months * both.winter + GERMANY.months * GERMANY.winter) / (both.months + GERMANY.months)
    return replace(
        prior,
        month=total * share - level,
        level=level,
        memory=max(float(np.mean(memories)), 0.0),
        winter=winter,
        own_month=total * (1 - share) - own_level,
        own_level=own_level,
        own_memory=max(float(np.mean([one.own_memory for one in sources] or memories)), 0.0),
    )


def without(catalog: Catalog, year: int) -> Catalog:
    """The catalog with a spread that no day of a year to be judged, nor its difference from others, went into."""
    years = [later for later in (2014, 2015, 2016, 2017) if year not in (later, later - 1)]
    spread: Mapping[str, Spread] = {**catalog.outlooks.spread, **declared(catalog, years)}
    fresh = load_catalog()
    object.__setattr__(fresh, "outlooks", replace(catalog.outlooks, spread=spread))
    return fresh


def main() -> None:
    """Print the estimates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", type=int)
    given = parser.parse_args()
    catalog = load_catalog()
    found = without(catalog, given.without).outlooks.spread if given.without else declared(catalog)
    for name, spread in found.items():
        told = {key: round(getattr(spread, key), 3) for key in Spread.__dataclass_fields__}
        sys.stdout.write(f"{name} {told}\n")


if __name__ == "__main__":
    main()
