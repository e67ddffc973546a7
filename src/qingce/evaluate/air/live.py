"""Today, hour by hour: every site's and city's day recomputed from its hours in well under a millisecond. 实时评价。

Nothing is incremented: a new hour, a late one and a corrected one are the same to the day, which is recomputed from
the block of its hours. The cost does not depend on how much history there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from math import lcm
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent
from qingce.core.errors import complain
from qingce.core.tables import SCALE
from qingce.evaluate.air.cells import Cell, area_cells, cell_of, day_limits, plain_days
from qingce.evaluate.air.compiled import (
    AreaMap,
    Plane,
    area_job,
    area_map,
    area_room,
    code_of,
    commons,
    day_rule,
    fits,
    index_fits,
    index_rules,
    shares,
    site_ratios,
)
from qingce.evaluate.air.days import MEASURED, AirDays, Ground, day_table
from qingce.evaluate.air.index import Index, index_of, index_of_values
from qingce.evaluate.air.input import (
    HOURS,
    NO_REVIEW,
    PRESENT,
    QUANTITIES,
    Block,
    Codes,
    Longs,
    Stretch,
    day_number,
    read_long,
)
from qingce.evaluate.air.rules import AQI, STATISTICS, AqiRules, DayItem, DayRules, Span, aqi_rules, day_rules, spans
from qingce.evaluate.air.sites import areas_of, names_of
from qingce.evaluate.air.tables import Facts
from qingce.evaluate.kernels import jit
from qingce.evaluate.kernels.exact import Ratios

__all__ = ["LiveDay", "LiveNow"]

_MISSING = int(np.iinfo(np.int64).min)
_PEAK = 10**9
"""Values up to this [1 / scale] go to the kernels; larger ones, which no analyser gives, the plain way."""


@dataclass(frozen=True, slots=True)
class LiveNow:
    """Where the day stands: cells `[1, subject]` and the index, by site and by city.

    Index arrays are flat, one element a subject; `primary` is a bit mask over `items`; -1 where there is no index.
    """

    sites: tuple[str, ...]
    areas: tuple[str, ...]
    items: tuple[str, ...]
    site_cells: dict[str, Cell]
    area_cells: dict[str, Cell]
    site_index: Index
    area_index: Index


@dataclass(slots=True)
class _Hours:
    """The hours of one pollutant `[hour, site]`: value in 1 / scale, why not, review, when known."""

    values: Longs
    reason: Codes
    review: Codes
    known: Longs
    scale: int = 1
    peak: int = 0
    """No value that ever stood here is larger [1 / scale]."""

    def rescaled(self, scale: int) -> None:
        """Keep the same values in 1 / `scale`."""
        there = self.values != _MISSING
        self.values[there] *= scale // self.scale
        self.peak *= scale // self.scale
        self.scale = scale


@dataclass(frozen=True, slots=True)
class _Ready:
    """One quantity prepared for the kernels: (rule, how sites become areas, denominators by count, unit), the hours."""

    task: tuple[Any, ...]
    hours: _Hours
    room: Any


@dataclass(frozen=True, slots=True)
class _Panel:
    """Every quantity of all subjects `[quantity, subject]`."""

    num: Longs
    den: Longs
    ok: NDArray[np.bool_]
    n: Longs
    reason: Codes
    review: Codes

    @classmethod
    def empty(cls, subjects: int) -> _Panel:
        """Return room for every quantity."""
        kinds = ("i8", "i8", "?", "i8", "i1", "i1")
        return cls(*(np.empty((len(QUANTITIES), subjects), kind) for kind in kinds))

    def cells(self, short: NDArray[np.bool_]) -> dict[str, Cell]:
        """Return the quantities as cells `[1, subject]`."""
        found = {}
        for row, name in enumerate(QUANTITIES):
            at = slice(row, row + 1)
            values = Ratios(self.num[at], self.den[at], self.ok[at])
            found[name] = Cell(values, self.n[at], self.reason[at], self.review[at], short[at])
        return found


class LiveDay:
    """The day of all listed sites. `take` rows or whole `hour`s, then ask for what stands `now`."""

    def __init__(
        self, day: date, sites: pa.Table, *, catalog: Catalog, edition: str = "auto", compiled: bool = True
    ) -> None:
        """Prepare the day; `compiled` False keeps to NumPy. Raises QC105, QC110."""
        dates = (day, day)
        self.day = day
        self.sites = tuple(sorted({str(site) for site in sites["site"].to_pylist()}))
        self._stretch = Stretch(self.sites, day_number(day), 1)
        self._days: Span[DayRules] = spans(catalog, STATISTICS, days=dates, edition=edition, read=day_rules)[0]
        self._index: Span[AqiRules] = spans(catalog, AQI, days=dates, edition=edition, read=aqi_rules)[0]
        self._areas = areas_of(self._stretch, sites)
        self._codes = tuple(area.code for area in self._areas)
        self._map: AreaMap = area_map(self._areas, 1)
        self._names = names_of(self._stretch, sites)
        self._limits = {
            item.quantity: day_limits(catalog, item, days=dates, edition=edition) for item in self._days.rules.items
        }
        shape = HOURS, len(self.sites)
        self._hours = {
            item.parameter: _Hours(
                np.full(shape, _MISSING, np.int64), np.zeros(shape, np.int8), np.full(shape, NO_REVIEW, np.int8),
                np.full(shape, _MISSING, np.int64),
            )
            for item in self._days.rules.items
        }  # fmt: skip
        self._kernels = jit.kernels_for(jit.LARGE) if compiled else None
        self._ready: dict[str, _Ready] | None = None
        self._record = (
            None if self._kernels is None else index_rules(self._kernels, self._index.rules, "day", order=QUANTITIES)
        )

    def hour(
        self, hour: int, parameter: str, *, micro: Longs, ok: NDArray[np.bool_], review: int = 0, known: int = 0
    ) -> None:
        """Put one whole hour of all sites in place [millionths of the inside unit], whatever stood there.

        `review` is a rank; `known` [microseconds] is when it was known: rows taken later must be known later.
        """
        hours = self._hours[parameter]
        self._fit(hours, micro[ok])
        hours.values[hour] = np.where(ok, micro // (SCALE // hours.scale), _MISSING)
        hours.reason[hour] = np.where(ok, PRESENT, code_of(Absent.NOT_REPORTED))
        hours.review[hour] = np.where(ok, review, NO_REVIEW)
        hours.known[hour] = known

    def take(self, rows: pa.Table) -> int:
        """Put the hourly rows of this day in place; the one known last wins. Returns how many rows were of this day.

        Rows of sites that are not listed are left out. Raises QC251 for two values known at one time, QC252.
        """
        inside = rows.filter(pc.is_in(rows["parameter"], value_set=pa.array(list(self._hours))))
        if not inside.num_rows:
            return 0
        readings, taken = read_long(inside), 0
        place = {site: column for column, site in enumerate(self.sites)}
        columns = np.array([place.get(site, -1) for site in readings.sites], np.int64)
        for (parameter, span), cells in readings.cells.items():
            if span != 1 or parameter not in self._hours:
                continue
            part = cells.at((cells.hour // HOURS == self._stretch.first) & (columns[cells.site] >= 0))
            where = part.hour % HOURS * len(self.sites) + columns[part.site]
            taken += len(where)
            self._put(self._hours[parameter], *readings.in_force(where, part, label=parameter), label=parameter)
        return taken

    def _put(self, hours: _Hours, where: Longs, cells: Any, *, label: str) -> None:
        """Put rows in place where they are known later than what stands there; raises QC251."""
        self._fit(hours, cells.micro[cells.ok])
        values = np.where(cells.ok, cells.micro // (SCALE // hours.scale), _MISSING)
        stands, known = hours.values.reshape(-1)[where], hours.known.reshape(-1)[where]
        reason = np.where(cells.ok, PRESENT, cells.reason)
        clash = (known == cells.known) & ((values != stands) | (reason != hours.reason.reshape(-1)[where]))
        if clash.any():
            hour, column = divmod(int(where[np.flatnonzero(clash)[0]]), len(self.sites))
            key = f"{self.sites[column]} {label} {self.day} {hour:02d}:00"
            raise complain("QC251", words={"key": key, "values": "known_at"})
        newer = cells.known > known
        for name, new in (("values", values), ("reason", reason), ("known", cells.known)):
            getattr(hours, name).reshape(-1)[where[newer]] = new[newer]
        hours.review.reshape(-1)[where[newer]] = np.where(cells.ok, cells.review, NO_REVIEW)[newer]

    def now(self) -> LiveNow:
        """Recompute the day of every site and city."""
        cells = self._compiled() if self._kernels is not None else None
        sites, areas = cells if cells is not None else self._plain()
        return LiveNow(
            sites=self.sites,
            areas=self._codes,
            items=tuple(item.quantity for item in self._index.rules.items("day")),
            site_cells=sites,
            area_cells=areas,
            site_index=self._indexed(sites),
            area_index=self._indexed(areas),
        )

    def air_days(self, now: LiveNow) -> AirDays:
        """Lay out where the day stands as the tables of `evaluate_air_days`, measured series."""
        ground = Ground(
            readings=self._stretch, names=self._names, areas=self._areas, days=(self._days,), indices=(self._index,),
            events=(),
        )  # fmt: skip
        tables = []
        for subjects, names, cells, count in (
            (self.sites, self._names, now.site_cells, np.ones(len(self.sites), np.int64)),
            (now.areas, [area.name for area in self._areas], now.area_cells, self._map.total[0]),
        ):
            shape = 1, len(subjects)
            nothing = np.zeros(shape, np.int64), [None]
            facts = Facts(subjects, list(names), MEASURED, nothing, count.reshape(shape))
            tables.append(day_table(ground, cells, facts))
        return AirDays(*tables)

    def _fit(self, hours: _Hours, micro: Longs) -> None:
        """Keep the hours of a pollutant fine enough for new values [millionths]."""
        step = SCALE // int(np.gcd.reduce(micro, initial=SCALE))
        if hours.scale % step:
            hours.rescaled(lcm(hours.scale, step))
            self._ready = None
        hours.peak = max(hours.peak, int(micro.max(initial=0)) // (SCALE // hours.scale))

    def _told(self, parameter: str) -> tuple[Codes, Codes]:
        """Return the reason and the review of the day `[1, site]`, as a block of readings tells them."""
        hours = self._hours[parameter]
        return hours.reason.max(axis=0, keepdims=True), hours.review.min(axis=0, keepdims=True)

    def _plain(self) -> tuple[dict[str, Cell], dict[str, Cell]]:
        sites, areas = {}, {}
        for item in self._days.rules.items:
            hours = self._hours[item.parameter]
            reason, review = self._told(item.parameter)
            ok = hours.values != _MISSING
            block = Block(np.where(ok, hours.values, 0), ok, hours.scale, reason, review)
            days = plain_days(block, item, days=slice(0, 1), limits=self._limits[item.quantity])
            sites[item.quantity] = cell_of(days, reason=reason, review=review)
            areas[item.quantity] = area_cells(
                sites[item.quantity], self._areas, spans=(self._days,), readings=self._stretch
            )
        return {name: sites[name] for name in QUANTITIES}, {name: areas[name] for name in QUANTITIES}

    def _prepared(self) -> dict[str, _Ready] | None:
        """Prepare the records of the kernels once; None where the numbers would not fit."""
        if self._ready is None:
            found = {item.quantity: self._one_ready(item) for item in self._days.rules.items}
            self._ready = {name: ready for name, ready in found.items() if ready is not None}
        return self._ready if len(self._ready) == len(self._days.rules.items) else None

    def _one_ready(self, item: DayItem) -> _Ready | None:
        kernels, hours = self._kernels, self._hours[item.parameter]
        plane = Plane(hours.values, _MISSING, hours.scale, _PEAK)
        common = commons([item])
        rule = None if kernels is None else day_rule(kernels, item, plane, days=1, limits=self._limits[item.quantity])
        if kernels is None or rule is None or not fits(_PEAK, common, self._map):
            return None
        job = area_job(
            kernels, self._map, self._days.rules,
            share=shares(item, common), review=np.empty((1, 0), np.int8), excluded=None,
        )  # fmt: skip
        counts = np.arange(HOURS + 1)
        dens = site_ratios(item, counts, counts, scale=hours.scale).den
        return _Ready((rule, job, dens, common * hours.scale), hours, area_room(len(self._areas), 1, kernels))

    def _compiled(self) -> tuple[dict[str, Cell], dict[str, Cell]] | None:
        ready, kernels = self._prepared(), self._kernels
        if ready is None or kernels is None:
            return None
        sites, areas = _Panel.empty(len(self.sites)), _Panel.empty(len(self._areas))
        short = np.zeros((len(QUANTITIES), len(self._areas)), bool)
        for row, name in enumerate(QUANTITIES):
            one = ready[name]
            hours = one.hours
            if hours.peak > _PEAK:
                return None
            parts = [
                kernels.LivePart(*(getattr(panel, part.name)[row] for part in fields(_Panel)))
                for panel in (sites, areas)
            ]
            kernels.live_day((hours.values, hours.reason, hours.review), one.task, (*parts, one.room))
            short[row] = one.room.short[:, 0]
        return sites.cells(np.zeros(sites.ok.shape, bool)), areas.cells(short)

    def _indexed(self, cells: dict[str, Cell]) -> Index:
        """Return the index of `[1, subject]` cells, flat."""
        size = next(iter(cells.values())).n.size
        parts = [cell.values for cell in cells.values()]
        if self._kernels is not None and self._record is not None and size:
            num, den = (_together([getattr(part, name) for part in parts]) for name in ("num", "den"))
            if num.dtype != object and index_fits(
                self._index.rules.items("day"), int(np.abs(num).max()), int(den.max())
            ):
                ok = _together([part.ok for part in parts])
                reason = _together([cell.reason for cell in cells.values()])
                return index_of_values(self._kernels, self._kernels.Values(num, den, ok, reason), self._record)
        return index_of(cells, self._index.rules, report="day").shaped((size,))


def _together(rows: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return rows as one array: the one that they are parts of, where they are."""
    whole = rows[0].base
    if whole is not None and whole.shape == (len(rows), rows[0].shape[1]) and all(row.base is whole for row in rows):
        return whole
    return np.concatenate(rows)
