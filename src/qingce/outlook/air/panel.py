"""The days of many subjects as a model sees them, the spread pooled over them, and futures drawn once. 面板。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.core.periods import Period
from qingce.evaluate.air.indicator_days import SubjectDays, subject_days
from qingce.evaluate.air.input import QUANTITIES, day_number
from qingce.evaluate.kernels import arrow
from qingce.outlook.air.breaks import jump, site_changes
from qingce.outlook.air.simulate import Drawn
from qingce.outlook.air.weather_days import WeatherDays
from qingce.outlook.given import Given
from qingce.outlook.members import RESOLUTION
from qingce.outlook.models.carry import Together, together
from qingce.outlook.models.donors import donors_of
from qingce.outlook.models.past import Floats, Future, Past, cut, usable
from qingce.outlook.models.spread import Spread, own, pooled
from qingce.outlook.models.verbs import Setting, simulate

__all__ = ["Near", "Panel", "WEATHER"]

WEATHER = "weather"
"""What a model may need besides the days."""

Near = Callable[[str, Sequence[date], int], Mapping[str, Floats]]
"""(subject, coming days, members) → quantity → values[member, day] for the first days that a forecast reaches."""

_MOST = 2**31 - 1
_KEPT = 24  # drawn futures in memory: about 15 MB each
_WINDOW = 15  # days around the same date that count as the same season when history is looked for


@dataclass
class Panel:
    """Days of cities (`AirDays.city_days`), seen on `as_of`; what is drawn is kept, so that targets share futures.

    In a `joint` panel all subjects share the weather and the years that are drawn; each keeps what is its own.
    """

    days: pa.Table
    as_of: date
    catalog: Catalog
    seed: int = 1
    near: Near | None = None
    weather: Mapping[str, WeatherDays] = field(default_factory=dict)
    given: Given = field(default_factory=Given)
    joint: bool = False
    _subjects: dict[tuple[str, str], SubjectDays] = field(default_factory=dict)
    _pasts: dict[tuple[str, str], Past] = field(default_factory=dict)
    _drawn: dict[tuple[object, ...], Drawn] = field(default_factory=dict)
    _spreads: dict[str, Spread] = field(default_factory=dict)
    _together: dict[tuple[str, date], Together] = field(default_factory=dict)
    _slices: dict[str, dict[str, pa.Table]] = field(default_factory=dict)

    def subject(self, scope: str, series: str) -> SubjectDays:
        """Return the exact days of one subject and series."""
        key = scope, series
        if key not in self._subjects:
            self._subjects[key] = subject_days(self._part(scope, series), scope=scope, series=series)
        return self._subjects[key]

    def past(self, scope: str, series: str) -> Past:
        """Return one subject's past up to the day, with the quantities that it really has."""
        key = scope, series
        if key not in self._pasts:
            seen = cut(past_of(self.subject(scope, series)), day_number(self.as_of))
            seen = _to(seen, day_number(self.as_of))
            self._pasts[key] = seen.chosen(usable(seen, self.catalog.outlooks.history)) if seen.values.size else seen
        return self._pasts[key]

    def spread(self, series: str) -> Spread:
        """Return the spread between years, pooled over every subject of the panel."""
        if series not in self._spreads:
            pasts = [self.past(scope, series) for scope in self.scopes(series)]
            self._spreads[series] = pooled(pasts, self.catalog.outlooks, quantities=QUANTITIES)
        return self._spreads[series]

    def together(self, series: str, period: Period) -> Together:
        """Return how all subjects of the panel stand so far against each earlier year."""
        key = series, period.start
        if key not in self._together:
            pasts = [self.past(scope, series) for scope in self.scopes(series)]
            history = self.catalog.outlooks.history
            self._together[key] = together(
                pasts, self._future(period), quantities=QUANTITIES, years=history.years, history=history
            )
        return self._together[key]

    def history(self, scope: str, series: str, period: Period) -> tuple[int, Past]:
        """Return how many earlier years can stand for the coming days, and the past."""
        past = self.past(scope, series)
        future = self._future(period)
        if not past.values.size or not past.valid.any():
            return 0, past
        if not future.days.size:
            return 0, past
        donors = donors_of(past, future, history=self.catalog.outlooks.history, window=_WINDOW)
        return (len(donors.years) if donors.enough else 0), past

    def drawn(self, scope: str, series: str, *, period: Period, model: OutlookModel) -> Drawn:
        """Draw the coming days of a subject by a model, whole numbers of 1 / RESOLUTION, once."""
        key = scope, series, period, model.id
        if key not in self._drawn:
            past, future = self.past(scope, series), self._future(period)
            history = self.catalog.outlooks.history
            spread = own(self.spread(series).of(past.quantities), past, history=history)
            alone = _dice(self.seed, f"{scope}/{period}/{model.id}")
            dice = _dice(self.seed, f"{period}/{model.id}") if self.joint else alone
            setting = Setting(model, spread, history, dice, self.together(series, period), alone)
            values = simulate(self._seen_by(model, past, scope), future, setting)
            values = self._nearer(values, past, future, scope=scope)
            whole = np.minimum(np.floor(values * RESOLUTION + 1 / 2), _MOST).astype(np.int64)
            self._drawn[key] = {name: whole[:, row] for row, name in enumerate(past.quantities)}
        return self._drawn[key]

    def suits(self, model: OutlookModel, places: Sequence[str]) -> bool:
        """Say whether there is what the model needs: some models need the weather of the place."""
        return model.word("needs") != WEATHER or all(place in self.weather for place in places)

    def _seen_by(self, model: OutlookModel, past: Past, scope: str) -> Past:
        """Put the weather beside the values for a model that needs it; what is not known stays absent."""
        if model.word("needs") != WEATHER:
            return past
        known = self.weather[scope]
        facts = known.at(past.start + np.arange(past.values.shape[1]))
        rows = [row for row in range(facts.shape[1]) if not np.isnan(facts[:, row]).all()]
        names = tuple(known.names[row] for row in rows)
        return Past((*past.quantities, *names), past.start, np.concatenate([past.values, facts.T[rows]]))

    def remarks(self, scope: str, series: str, *, period: Period, quantities: Sequence[str]) -> str:
        """Say where the sites or the level of a subject changed at once."""
        part = self._part(scope, series)
        told = []
        if "n_sites" in part.column_names:
            told.append(site_changes(part["day"].to_pylist(), part["n_sites"].to_pylist(), since=period.start))
        past = self.past(scope, series)
        future = self._future(period)
        if past.values.size and future.days.size:
            mine, outlooks = self.spread(series).of(past.quantities), self.catalog.outlooks
            told += [
                jump(
                    past, future, mine, quantity=name, history=outlooks.history, declared=outlooks.prior(name).total[0]
                )
                for name in quantities
            ]
        return "；".join(dict.fromkeys(part for part in told if part))

    def keep(self, scope: str) -> None:
        """Keep what was drawn for this subject and let go of the others when many are kept."""
        if len(self._drawn) > _KEPT:
            self._drawn = {key: drawn for key, drawn in self._drawn.items() if key[0] == scope}

    def _future(self, period: Period) -> Future:
        first = max(day_number(self.as_of) + 1, day_number(period.start))
        return Future(np.arange(first, day_number(period.end) + 1), day_number(period.start))

    def _nearer(self, values: Floats, past: Past, future: Future, *, scope: str) -> Floats:
        """Put the blended forecast in the place of the first days, where there is one."""
        members = values.shape[0]
        if self.near is None or members == 1 or not future.days.size:
            return values
        dates = [date.fromordinal(date(1970, 1, 1).toordinal() + int(day)) for day in future.days]
        for name, found in self.near(scope, dates, members).items():
            if name in past.quantities and found.size:
                reach = min(found.shape[1], values.shape[2])
                given = found[:, :reach]
                row = past.quantities.index(name)
                values[:, row, :reach] = np.where(np.isnan(given), values[:, row, :reach], given)
        return values

    def scopes(self, series: str) -> list[str]:
        """Name the subjects of the panel."""
        self._split(series)
        return sorted(self._slices[series])

    def _part(self, scope: str, series: str) -> pa.Table:
        self._split(series)
        return self._slices[series].get(scope, self.days.slice(0, 0))

    def _split(self, series: str) -> None:
        """Cut the table into subjects once: a filter for each of many subjects would read it all each time."""
        if series in self._slices:
            return
        mine = self.days.filter(pc.equal(self.days["series"], series))
        codes, words = arrow.codes(mine["subject"])
        order = np.argsort(codes, kind="stable")
        mine, codes = mine.take(arrow.integers(order)).combine_chunks(), codes[order]
        ends = np.searchsorted(codes, np.arange(len(words) + 1))
        self._slices[series] = {
            str(word): mine.slice(int(ends[place]), int(ends[place + 1] - ends[place]))
            for place, word in enumerate(words)
        }


def _dice(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, crc32(name.encode())])


def past_of(subject: SubjectDays) -> Past:
    """Lay the days of a subject out without gaps, NaN where a value is absent."""
    if not subject.days.size:
        return Past(QUANTITIES, 0, np.zeros((len(QUANTITIES), 0)))
    start, last = int(subject.days[0]), int(subject.days[-1])
    values = np.full((len(QUANTITIES), last - start + 1), np.nan)
    for row, name in enumerate(QUANTITIES):
        cell = subject.cells[name].values
        place = subject.days[cell.ok] - start
        values[row, place] = cell.num[cell.ok].astype(float) / cell.den[cell.ok].astype(float)
    return Past(QUANTITIES, start, values)


def _to(past: Past, last: int) -> Past:
    """Extend the past to the day of issue with days of nothing."""
    missing = last - past.last
    if missing <= 0 or not past.values.size:
        return past
    return Past(past.quantities, past.start, np.pad(past.values, ((0, 0), (0, missing)), constant_values=np.nan))
