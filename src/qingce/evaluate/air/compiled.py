"""From declared rules to the compiled kernels and back to cells: the fast way, the same values. 规则与编译核之间。

Every function returns None where the whole numbers would not fit 64 bits; the caller then takes the way of Python
integers (`air_cells`), which gives the same cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import lcm
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qingce.core.absence import Absent
from qingce.evaluate.air.input import HOURS, REASONS, Codes, Longs
from qingce.evaluate.air.rules import AqiItem, AqiRules, DayItem, DayRules
from qingce.evaluate.air.sites import Area
from qingce.evaluate.kernels.exact import Bools, Ints, Ratios

__all__ = [
    "AreaMap",
    "Plane",
    "SPEAKS",
    "area_job",
    "area_map",
    "area_room",
    "code_of",
    "commons",
    "day_rule",
    "fits",
    "index_fits",
    "index_rules",
    "shares",
    "site_ratios",
]

# Which reason speaks for several sites that are all absent: the first of these that occurs.
SPEAKS = (
    Absent.EXCLUDED_EVENT, Absent.TOO_FEW, Absent.INVALID, Absent.BELOW_DETECTION, Absent.NOT_MONITORED,
    Absent.UNREAD_RULE, Absent.NOT_REPORTED,
)  # fmt: skip
_ROOM, _SHORT = 2**62, 2**31 - 1
_NEVER = 2**40
_SILENT = 127
_VERBS = {"mean": "MEAN", "maximum": "MAXIMUM", "window_maximum": "WINDOW_MAXIMUM"}


@dataclass(frozen=True, slots=True)
class Plane:
    """Hours of one pollutant `[hour, site]`, whole numbers of 1 / `scale`, `missing` where there is none.

    `peak` bounds the size of every value that is there.
    """

    values: NDArray[np.integer[Any]]
    missing: int
    scale: int
    peak: int

    def days(self, days: slice) -> NDArray[np.integer[Any]]:
        """Return the hours of some days."""
        return self.values[days.start * HOURS : days.stop * HOURS]


@dataclass(frozen=True, slots=True)
class AreaMap:
    """All areas of a level laid end to end: slots of columns, members `[day, slot]`, sites in all `[day, area]`."""

    columns: NDArray[np.int32]
    starts: NDArray[np.int32]
    members: Bools
    total: Longs
    most: int
    """How many columns the largest area has."""

    def days(self, days: slice) -> AreaMap:
        """Return the map of some days."""
        return AreaMap(self.columns, self.starts, self.members[days], self.total[days], self.most)

    def repeated(self, steps: int) -> AreaMap:
        """Return the map with each day as several times."""
        if steps == 1:
            return self
        members, total = np.repeat(self.members, steps, axis=0), np.repeat(self.total, steps, axis=0)
        return AreaMap(self.columns, self.starts, members, total, self.most)


def code_of(reason: Absent) -> int:
    """Return the code of a reason in the arrays of a cell."""
    return 1 + REASONS.index(reason)


def area_map(areas: Sequence[Area], days: int) -> AreaMap:
    """Lay areas end to end."""
    sizes = [len(area.columns) for area in areas]
    starts = np.zeros(len(areas) + 1, np.int32)
    starts[1:] = np.cumsum(sizes)
    if not areas:
        return AreaMap(np.zeros(0, np.int32), starts, np.zeros((days, 0), bool), np.zeros((days, 0), np.int64), 0)
    columns = np.concatenate([area.columns for area in areas]).astype(np.int32)
    members = np.concatenate([area.members for area in areas], axis=1)
    total = np.stack([area.count for area in areas], axis=1)
    return AreaMap(columns, starts, members, total, max(sizes))


def commons(items: Sequence[DayItem]) -> int:
    """Return the least denominator to which every site value of the rules comes, apart from the scale."""
    return lcm(*(common for item in items for common in _denominators(item).values()))


def day_rule(
    kernels: ModuleType, item: DayItem, plane: Plane, *, days: int, limits: tuple[Ints, Ints] | None
) -> Any | None:
    """Return the kernel's record of a rule for a plane of `days` days; None where sums would not fit."""
    common = lcm(*range(item.window_at_least, item.window + 1))
    reach = plane.peak * max(HOURS, item.window * common)
    if reach >= _ROOM:
        return None
    weights = np.zeros(item.window + 1, np.int32 if reach < _SHORT else np.int64)
    for size in range(item.window_at_least, item.window + 1):
        weights[size] = common // size
    top, bottom = np.zeros(days, np.int64), np.zeros(days, np.int64)
    if limits is not None and item.verb == "window_maximum":
        num, den = (np.asarray(part).reshape(-1) for part in limits)
        scaled = [int(each) * common * plane.scale for each in num]
        if max(map(abs, scaled)) >= _ROOM or reach * int(den.max()) >= _ROOM:
            return None
        top[:], bottom[:] = scaled, den
    return kernels.DayRule(
        verb=getattr(kernels, _VERBS[item.verb]),
        missing=plane.values.dtype.type(plane.missing),
        at_least=item.windows_at_least if item.verb == "window_maximum" else item.at_least,
        window=item.window,
        window_at_least=item.window_at_least,
        ends=item.ends,
        weights=weights,
        lowest=-reach - 1,
        limit_num=top,
        limit_den=bottom,
        too_few=code_of(Absent.TOO_FEW),
        not_there=code_of(Absent.NOT_REPORTED),
    )


def shares(item: DayItem, common: int) -> Longs:
    """Return by count what takes a site's sum to the common denominator."""
    found = np.zeros(HOURS + 1, np.int64)
    for count, own in _denominators(item).items():
        found[count] = common // own
    return found


def site_ratios(item: DayItem, num: NDArray[Any], n: NDArray[Any], *, scale: int) -> Ratios:
    """Return the sites' values as fractions, valid or not, where there is any hour or window."""
    some = n > 0
    count = n.astype(np.int64)
    if item.verb == "mean":
        den = np.where(some, count, 1) * scale
    elif item.verb == "maximum":
        den = np.full(num.shape, scale, np.int64)
    else:
        den = np.where(some, lcm(*range(item.window_at_least, item.window + 1)) * scale, 1)
    return Ratios(num.astype(np.int64), den, some)


def area_job(
    kernels: ModuleType, areas: AreaMap, rules: DayRules, *, share: Longs, review: Codes, excluded: Bools | None
) -> Any:
    """Return the kernel's record of how sites become areas."""
    most = int(areas.total.max()) if areas.total.size else 0
    return kernels.AreaJob(
        columns=areas.columns,
        starts=areas.starts,
        members=areas.members,
        total=areas.total,
        needed=np.array([rules.sites_needed(count) for count in range(most + 1)], np.int64),
        refuse=bool(rules.refuse_short),
        loud=_loud(),
        share=share,
        review=review,
        excluded=np.zeros((0, 0), bool) if excluded is None else excluded,
        too_few=code_of(Absent.TOO_FEW),
        not_there=code_of(Absent.NOT_REPORTED),
        event=code_of(Absent.EXCLUDED_EVENT),
    )


def area_room(areas: int, days: int, kernels: ModuleType) -> Any:
    """Return empty arrays for the results of areas."""
    shape = (areas, days)
    return kernels.AreaDays(
        np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape, np.int8), np.empty(shape, np.int8),
        np.empty(shape, bool),
    )  # fmt: skip


def fits(peak: int, common: int, areas: AreaMap) -> bool:
    """Say whether the sums of the largest area fit 64 bits."""
    return peak * common * max(1, areas.most) < _ROOM


def index_rules(kernels: ModuleType, rules: AqiRules, report: str, *, order: tuple[str, ...]) -> Any | None:
    """Return the kernel's record of an edition; None for one that needs the other way (substitutes)."""
    items = rules.items(report)
    if any(item.instead or item.scale.points[0] != 0 for item in items) or len(items) > 30:
        return None
    return kernels.IndexRules(
        points=_padded([item.scale.points for item in items]),
        parts=_padded([item.scale.index for item in items]),
        length=np.array([len(item.scale.points) for item in items], np.int64),
        unit=np.array([item.scale.unit for item in items], np.int64),
        step=np.array([0 if item.decimals is None else 10**item.decimals for item in items], np.int64),
        hold=np.array([item.beyond == "hold" for item in items], bool),
        quantity=np.array([order.index(item.quantity) for item in items], np.int64),
        waived=np.array([order.index(item.waived_by) if item.waived_by else -1 for item in items], np.int64),
        cap=int(rules.cap),
        incomplete_above=-1 if rules.incomplete_above is None else int(rules.incomplete_above),
        primary_above=int(rules.primary_above),
        exceeding_above=_NEVER if rules.exceeding_above is None else int(rules.exceeding_above),
        event=code_of(Absent.EXCLUDED_EVENT),
    )


def index_fits(items: Sequence[AqiItem], num: int, den: int) -> bool:
    """Say whether sub-indices of fractions up to `num` / `den` can be computed in 64 bits."""
    for item in items:
        step = 1 if item.decimals is None else 10**item.decimals
        rise = max(item.scale.index) * max(1, *item.scale.points)
        if 4 * max(num * step, den, 1) * max(1, item.scale.unit) * rise >= _ROOM:
            return False
    return True


@lru_cache(maxsize=1)
def _loud() -> Codes:
    loud = np.full(len(REASONS) + 1, _SILENT, np.int8)
    for place, reason in enumerate(SPEAKS):
        loud[code_of(reason)] = place
    return loud


def _denominators(item: DayItem) -> dict[int, int]:
    """Return the denominator of a valid site value by its count, apart from the scale."""
    if item.verb == "mean":
        return {count: count for count in range(item.at_least, HOURS + 1)}
    own = 1 if item.verb == "maximum" else lcm(*range(item.window_at_least, item.window + 1))
    return dict.fromkeys(range(HOURS + 1), own)


def _padded(rows: Sequence[tuple[int, ...]]) -> Longs:
    found = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found
