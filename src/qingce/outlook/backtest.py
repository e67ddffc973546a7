"""Rolling-origin back-test: what each model would have said at the end of each month of a year now known. 回测。

At every origin a model sees nothing later than that day, nor does the spread it is given. Coverage counts how often the
80 % interval held the figure of the year; CRPS and Brier are means over subjects. The target levels of the Brier score
are only questions: no model sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.core.grouping import grouped
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.tables import BACKTEST
from qingce.evaluate.air.input import day_number
from qingce.outlook.air.panel import Panel
from qingce.outlook.air.simulate import AirCase, air_case, ends_of, quantities_of, statistic
from qingce.outlook.air.weather_days import WeatherDays
from qingce.outlook.answer import FAN, chance
from qingce.outlook.members import Members, accepted

__all__ = ["STEPS", "Head", "Trial", "backtest_rows", "crps", "judged", "middle", "trials"]

STEPS = tuple(Fraction(3 * step, 100) for step in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5))
"""Ten target levels around a subject's own median, as shares of it."""


@dataclass(frozen=True, slots=True)
class Head:
    """What one trial is about: which year of which subject, judged at the end of which month by which model."""

    indicator: Indicator
    scope: str
    year: int
    month: int
    model: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One model at one origin for one subject, judged by what came."""

    indicator: str
    scope: str
    year: int
    month: int
    model: str
    actual: Fraction
    ends: tuple[Fraction, ...]
    crps: float
    brier: float
    chances: tuple[float, ...]
    met: tuple[bool, ...]

    @property
    def covered(self) -> bool:
        """Whether the figure lies between the 10 and the 90 per cent, ends included."""
        return self.ends[0] <= self.actual <= self.ends[-1]


def backtest_rows(found: Iterable[Trial], *, catalog: Catalog, note: str = "") -> pa.Table:
    """Sum trials up as BACKTEST rows, one an indicator, model and month of issue.

    `brier_baseline` is that of the best of the declared baselines at that month.
    """
    groups = grouped(found, lambda trial: (trial.indicator, trial.model, trial.month))
    rows = []
    for (indicator, model, month), group in sorted(groups.items()):
        naive = [_mean(t.brier for t in groups[indicator, name, month])
                 for name in catalog.outlooks.baselines if (indicator, name, month) in groups]  # fmt: skip
        rows.append(
            {
                "indicator_id": indicator,
                "model": model,
                "month": month,
                "scopes": len({trial.scope for trial in group}),
                "years": len({trial.year for trial in group}),
                "coverage_80": _mean(trial.covered for trial in group),
                "crps": _mean(trial.crps for trial in group),
                "brier": _mean(trial.brier for trial in group),
                "brier_baseline": min(naive) if naive else None,
                "note": note,
            }
        )
    return pa.Table.from_pylist(rows, schema=BACKTEST)


def trials(
    days: pa.Table,
    indicators: Sequence[Indicator],
    *,
    catalog: Catalog,
    years: Sequence[int],
    months: Sequence[int],
    models: Sequence[OutlookModel] | None = None,
    scopes: Sequence[str] | None = None,
    series: str = "measured",
    seed: int = 1,
    edition: str = "auto",
    weather: Mapping[str, WeatherDays] | None = None,
) -> Iterator[Trial]:
    """Yield every trial: each year judged from each month's end by each model, for subjects with enough history.

    A model that needs the weather is tried where there is some of the subject, and only up to the day.
    """
    whole = Panel(days, date(max(years), 12, 31), catalog)
    known = (
        [model for model in catalog.outlooks.models.values() if not model.word("over")]
        if models is None
        else list(models)
    )
    for year in years:
        period = Period.year(year)
        actual = _actuals(whole, indicators, period=period, scopes=scopes, series=series, edition=edition)
        medians = _medians(whole, actual, years=_years(days), series=series, edition=edition)
        for month in months:
            panel = Panel(days, Period.month(year, month).end, catalog, seed, weather=weather or {})
            for scope in dict.fromkeys(scope for _, scope in actual):
                if not panel.history(scope, series, period)[0]:
                    continue
                for (indicator, place), case in actual.items():
                    if place == scope:
                        goals = [medians[indicator, place] * (1 + step) for step in STEPS]
                        yield from _of(case, panel, known, scope=scope, series=series, goals=goals, edition=edition)
                panel.keep(scope)


def crps(members: np.ndarray, actual: float) -> float:
    """Return the continuous ranked probability score of equally likely members [unit of the members].

    References
    ----------
    Gneiting and Raftery 2007, equation (21): E|X - y| - E|X - X'| / 2.
    """
    order = np.sort(members)
    size = len(order)
    weight = 2 * np.arange(1, size + 1) - size - 1
    return float(np.abs(order - actual).mean() - (weight * order).sum() / size**2)


def _of(
    actual: AirCase,
    panel: Panel,
    models: Sequence[OutlookModel],
    *,
    scope: str,
    series: str,
    goals: Sequence[Fraction],
    edition: str,
) -> Iterator[Trial]:
    indicator, period = actual.asked.indicator, actual.asked.period
    case = air_case(
        indicator, panel.subject(scope, series), period=period, as_of=day_number(panel.as_of), catalog=panel.catalog,
        edition=edition,
    )  # fmt: skip
    value = actual.fixed
    needed = quantities_of(case)
    if value is None or any(name not in panel.past(scope, series).quantities for name in needed):
        return
    for model in models:
        if not panel.suits(model, [scope]):
            continue
        try:
            drawn = panel.drawn(scope, series, period=period, model=model)
        except ModuleNotFoundError:  # an extra that is not installed: the model says so where it is asked
            continue
        members = statistic(case, {name: drawn[name] for name in needed})
        head = Head(indicator, scope, period.start.year, panel.as_of.month, model.id)
        yield judged(head, members, value, goals=goals, ends=ends_of(case, members, FAN))


def judged(
    head: Head, members: Members, actual: Fraction, *, goals: Sequence[Fraction], ends: tuple[Fraction, ...]
) -> Trial:
    """Return how well the members told what came, with the chance told of each goal."""
    sense = "<=" if head.indicator.direction == "lower" else ">="
    met = tuple(actual <= goal if sense == "<=" else actual >= goal for goal in goals)
    chances = tuple(_chance(members, goal, sense) for goal in goals)
    told = np.asarray(members.num, float) / members.den
    return Trial(
        indicator=head.indicator.id,
        scope=head.scope,
        year=head.year,
        month=head.month,
        model=head.model,
        actual=actual,
        ends=ends,
        crps=crps(told, float(actual)),
        brier=float(np.mean([(p - m) ** 2 for p, m in zip(chances, met, strict=True)])),
        chances=chances,
        met=met,
    )


def middle(values: Iterable[Fraction]) -> Fraction:
    """Return the median."""
    order = sorted(values)
    half = len(order) // 2
    return order[half] if len(order) % 2 else (order[half - 1] + order[half]) / 2


def _chance(members: Members, goal: Fraction, sense: str) -> float:
    return chance(int(accepted(members, goal, sense, step=None).sum()), len(members))


def _actuals(
    whole: Panel, indicators: Sequence[Indicator], *, period: Period, scopes: Sequence[str] | None, series: str,
    edition: str,
) -> dict[tuple[str, str], AirCase]:  # fmt: skip
    """Return the case of each whole year that has a valid figure."""
    found = {}
    for scope in scopes if scopes is not None else whole.scopes(series):
        subject = whole.subject(scope, series)
        for indicator in indicators:
            case = air_case(indicator, subject, period=period, as_of=day_number(period.end), catalog=whole.catalog,
                            edition=edition)  # fmt: skip
            if case.fixed is not None and case.count >= case.asked.rules.year:
                found[indicator.id, scope] = case
    return found


def _medians(
    whole: Panel, actual: Mapping[tuple[str, str], AirCase], *, years: Sequence[int], series: str, edition: str
) -> dict[tuple[str, str], Fraction]:
    """Return each subject's median over the years of the table that have enough days, per indicator."""
    found = {}
    for (indicator, scope), case in actual.items():
        values = []
        for year in years:
            mine = air_case(case.asked.indicator, whole.subject(scope, series), period=Period.year(year),
                            as_of=day_number(date(year, 12, 31)), catalog=whole.catalog, edition=edition)  # fmt: skip
            if mine.fixed is not None and mine.count >= mine.asked.rules.year:
                values.append(mine.fixed)
        found[indicator, scope] = middle(values)
    return found


def _years(days: pa.Table) -> list[int]:
    import pyarrow.compute as pc

    return sorted(int(year.as_py()) for year in pc.unique(pc.year(days["day"])))


def _mean(values: Iterable[float]) -> float:
    told = [float(value) for value in values]
    return sum(told) / len(told)
