"""Forecasts and what came, laid out so that every past forecast stands beside its day. 预报与实况方阵。

Everything is the log of a value: forecasts err by a factor. Nothing made or observed after the day of issue is laid in,
so that no later step can look at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.outlook_settings import Settings
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow

__all__ = ["CLIMATOLOGY", "Cube", "Floats", "PERSISTENCE", "read_cube"]

PERSISTENCE, CLIMATOLOGY = "persistence", "climatology"
"""Members that need no forecaster: today goes on, and what is usual at this time of the year."""

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
_EPOCH = date(1970, 1, 1)
_LEAST = 1e-3  # a value of zero has no logarithm: one thousandth of the unit stands for it
_YEAR = 365.25
_YEARS = 10
_BLOCK = 1 << 18
"""Rows of forecasts laid out at once: millions of them are never copied whole."""


@dataclass(frozen=True, slots=True)
class Cube:
    """`said[issuer]` is [subject, parameter, origin, lead - 1], `came` [subject, parameter, day]; NaN where nothing is.

    The last origin and the last day are the day of issue; `names` are texts of primary pollutants by issuer, subject
    and day of the coming forecast.
    """

    subjects: tuple[str, ...]
    parameters: tuple[str, ...]
    issuers: tuple[str, ...]
    as_of: int
    said: tuple[Floats, ...]
    came: Floats
    rules: Settings

    @property
    def members(self) -> tuple[str, ...]:
        """The issuers and the members that need none."""
        return (*self.issuers, PERSISTENCE, CLIMATOLOGY)

    @property
    def leads(self) -> int:
        """The longest lead [days]."""
        return self.rules.whole("longest")

    @property
    def origins(self) -> int:
        """How many days of issue are laid out, the last one being now."""
        return self.rules.whole("window_days") + self.leads

    def part(self, chosen: slice) -> Cube:
        """Return the cube of some parameters, without copying."""
        said = tuple(one[:, chosen] for one in self.said)
        return replace(self, parameters=self.parameters[chosen], said=said, came=self.came[:, chosen])

    def forecasts(self) -> Iterator[Floats]:
        """Yield what each member said: [subject, parameter, origin, lead - 1]."""
        yield from self.said
        yield self._persistence()
        yield self._climatology()

    def observed(self) -> Floats:
        """Return what came of each forecast, NaN where the day is still to come: as `said`."""
        wide = np.concatenate([self.came, np.full((*self.came.shape[:2], self.leads), np.nan)], axis=2)
        first = self.came.shape[2] - self.origins
        places = first + np.arange(self.origins)[:, None] + np.arange(1, self.leads + 1)[None, :]
        found: Floats = np.where(places >= 0, wide[:, :, np.maximum(places, 0)], np.nan)
        return found

    def _at_origins(self, values: Floats) -> Floats:
        """Return the last columns of a series by day, one an origin."""
        short = max(0, self.origins - values.shape[2])
        return np.pad(values, ((0, 0), (0, 0), (short, 0)), constant_values=np.nan)[:, :, -self.origins :]

    def _persistence(self) -> Floats:
        now = self._at_origins(_carried(self.came, self.rules.whole("stale_days")))
        return np.broadcast_to(now[..., None], (*now.shape, self.leads))

    def _climatology(self) -> Floats:
        recent = self._at_origins(_recent(self.came, self.rules.whole("recent_days")))
        usual = _usual(self.came, self.leads, self.rules.whole("season_days"))
        wide = np.pad(usual, ((0, 0), (0, 0), (max(0, self.origins - self.came.shape[2]), 0)), constant_values=np.nan)
        first = wide.shape[2] - self.leads - self.origins
        places = first + np.arange(self.origins)[:, None] + np.arange(1, self.leads + 1)[None, :]
        found = wide[:, :, places]
        filled: Floats = np.where(np.isnan(found), recent[..., None], found)
        return filled


def read_cube(forecasts: pa.Table, days: pa.Table, *, as_of: date, rules: Settings) -> Cube:
    """Lay FORECAST rows and judged days (`measured` series) out; forecasts made and days after `as_of` are left out.

    Of forecasts alike in issuer, place, parameter, day of making and day, the last known counts.
    """
    now = (as_of - _EPOCH).days
    order = _usable(forecasts, now, rules)
    parts = {name: _coded(forecasts[name], order) for name in ("issuer", "site", "parameter")}
    issuers, subjects = parts["issuer"].words, parts["site"].words
    parameters = tuple(name for name in parts["parameter"].words if name in days.column_names)
    shape = (len(issuers), len(subjects), len(parameters), rules.whole("window_days") + rules.whole("longest"))
    laid = np.full((*shape, rules.whole("longest")), np.nan)
    for start in range(0, len(order), _BLOCK):
        _lay(laid, forecasts, order[start : start + _BLOCK], parts=parts, parameters=parameters, now=now)
    return Cube(subjects, parameters, issuers, now, tuple(laid), _came(days, subjects, parameters, now=now), rules)


@dataclass(frozen=True, slots=True)
class _Coded:
    """A text column of all rows as places in `words`, sorted; the words are those of the usable rows."""

    place: NDArray[np.int32]
    words: tuple[str, ...]


def _coded(column: pa.ChunkedArray, order: Longs) -> _Coded:
    code, kinds = arrow.codes(column)
    used = np.flatnonzero(np.bincount(code[order], minlength=1)) if order.size else np.zeros(0, np.int64)
    place = np.full(max(len(kinds), 1), -1, np.int32)
    place[used] = np.arange(used.size, dtype=np.int32)
    return _Coded(place[code], tuple(str(kinds[at]) for at in used))


def _lay(
    laid: Floats, forecasts: pa.Table, rows: Longs, *, parts: Mapping[str, _Coded], parameters: Sequence[str], now: int
) -> None:
    """Lay some rows into the cube in their order, so that of equal keys the last one stays."""
    known = {name: at for at, name in enumerate(parameters)}
    lookup = np.array([known.get(word, -1) for word in parts["parameter"].words] or [-1], np.int64)
    parameter = lookup[parts["parameter"].place[rows]]
    said = forecasts.select(["made_on", "day", "value", "low", "high"]).take(arrow.integers(rows))
    made = arrow.whole(said["made_on"])
    lead = arrow.whole(said["day"]) - made
    origin = made - now + laid.shape[3] - 1
    micro, there = _middle(said)
    keep = there & (origin >= 0) & (parameter >= 0)
    at = (parts["issuer"].place[rows][keep], parts["site"].place[rows][keep], parameter[keep], origin[keep])
    laid[(*at, lead[keep] - 1)] = np.log(np.maximum(micro[keep] / SCALE, _LEAST))


def _usable(forecasts: pa.Table, now: int, rules: Settings) -> Longs:
    """Return the rows made until now for a later day, ordered so that the last known of equal keys comes last."""
    made = arrow.whole(forecasts["made_on"])
    lead = arrow.whole(forecasts["day"]) - made
    first = now - rules.whole("window_days") - rules.whole("longest")
    rows = np.flatnonzero((made <= now) & (made > first) & (lead >= 1) & (lead <= rules.whole("longest")))
    if forecasts["known_at"].null_count == forecasts.num_rows:
        return rows
    known = np.where(arrow.validity(forecasts["known_at"]), arrow.whole(forecasts["known_at"]), -1)
    return rows[np.argsort(known[rows], kind="stable")]


def _places(column: pa.ChunkedArray, words: Sequence[str]) -> Longs:
    code, kinds = arrow.codes(column)
    place = {word: at for at, word in enumerate(words)}
    return np.array([place[str(kind)] for kind in kinds] or [0], np.int64)[code]


def _middle(table: pa.Table) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the value or the middle of the range in millionths."""
    value, there = arrow.micro_of(table["value"])
    low, has_low = arrow.micro_of(table["low"])
    high, has_high = arrow.micro_of(table["high"])
    return np.where(there, value, (low + high) / 2), there | (has_low & has_high)


def _came(days: pa.Table, subjects: Sequence[str], parameters: Sequence[str], *, now: int) -> Floats:
    """Return the logs of the judged values until now: [subject, parameter, day]; QC-free, an absent one is NaN."""
    days = days.select(["subject", "series", "day", *parameters]).filter(
        pc.and_(
            pc.is_in(days["subject"], value_set=arrow.text(list(subjects))),
            pc.and_(
                pc.equal(days["series"], "measured"),
                pc.less_equal(days["day"], pa.scalar(_EPOCH + timedelta(days=now), pa.date32())),
            ),
        )
    )
    number = arrow.whole(days["day"])
    first = int(number.min()) if number.size else now
    found = np.full((len(subjects), len(parameters), now - first + 1), np.nan)
    place = _places(days["subject"], subjects) if number.size else np.zeros(0, np.int64)
    for row, name in enumerate(parameters):
        micro, there = arrow.micro_of(days[name])
        found[place[there], row, number[there] - first] = np.log(np.maximum(micro[there] / SCALE, _LEAST))
    return found


def _carried(values: Floats, days: int) -> Floats:
    """Return the last value known on each day, none where it is older than `days`."""
    found = values.copy()
    for back in range(1, min(days, values.shape[2] - 1) + 1):
        earlier = np.concatenate([np.full((*values.shape[:2], back), np.nan), values[:, :, :-back]], axis=2)
        found = np.where(np.isnan(found), earlier, found)
    return found


def _sums(values: Floats) -> tuple[Floats, Floats]:
    """Return running sums and counts with a leading zero."""
    there = ~np.isnan(values)
    pad = ((0, 0), (0, 0), (1, 0))
    return np.cumsum(np.pad(np.where(there, values, 0.0), pad), axis=2), np.cumsum(np.pad(there * 1.0, pad), axis=2)


def _between(sums: tuple[Floats, Floats], low: Longs, high: Longs) -> tuple[Floats, Floats]:
    """Return sum and count of the days from `low` to before `high`, clipped to what there is."""
    size = sums[0].shape[2] - 1
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    return sums[0][:, :, high] - sums[0][:, :, low], sums[1][:, :, high] - sums[1][:, :, low]


def _recent(values: Floats, days: int) -> Floats:
    """Return the mean of the last `days` on each day, that day included."""
    place = np.arange(values.shape[2])
    total, count = _between(_sums(values), place - days + 1, place + 1)
    return np.asarray(np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0), float)


def _usual(values: Floats, leads: int, season: int) -> Floats:
    """Return the mean around the same date of all earlier years, for each day and the `leads` coming ones."""
    sums, size = _sums(values), values.shape[2]
    place = np.arange(size + leads)
    total, count = np.zeros((*values.shape[:2], size + leads)), np.zeros((*values.shape[:2], size + leads))
    for years in range(1, _YEARS + 1):
        middle = place - int(years * _YEAR + 1 / 2)
        if (middle + season < 0).all():
            break
        part = _between(sums, middle - season, middle + season + 1)
        total, count = total + part[0], count + part[1]
    return np.asarray(np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0), float)
