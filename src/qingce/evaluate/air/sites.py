"""Sites and areas: which columns of a block belong to which city, and on which days. 站点与城市。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.evaluate.air.input import Stretch, day_number
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools

__all__ = ["Area", "areas_of", "names_of"]

_ASSESSED_ROLE = "评价点"
_FIRST, _LAST = -(2**31), 2**31 - 1


@dataclass(frozen=True, slots=True)
class Area:
    """A city or county: code, name, the columns of its sites that have readings, on which days each is a member
    `[day, site]`, and how many sites it has on each day, with or without readings.
    """

    code: str
    name: str
    columns: NDArray[np.int64]
    members: Bools
    count: NDArray[np.int64]


def names_of(readings: Stretch, sites: pa.Table) -> tuple[str, ...]:
    """Return the name of every site of the readings; its id where none is known."""
    known = dict(zip(sites["site"].to_pylist(), sites["name"].to_pylist(), strict=True))
    return tuple(known.get(site) or site for site in readings.sites)


def areas_of(readings: Stretch, sites: pa.Table, *, level: str = "city") -> tuple[Area, ...]:
    """Group the sites of role 评价点 by `level` (city or county, a column of SITE), sorted by code.

    An area without any reading is left out.
    """
    place = {site: column for column, site in enumerate(readings.sites)}
    grouped: dict[str, list[_Row]] = {}
    names = ("site", "roles", "valid_from", "valid_until", level, f"{level}_name")
    columns = [arrow.cells(sites, each) for each in names]
    assessed = {roles for roles in set(columns[1]) if _is_assessed(roles)}
    for site, roles, begin, until, code, name in zip(*columns, strict=True):
        if code and roles in assessed:
            row = _Row(str(site), _bound(begin, _FIRST), _bound(until, _LAST), str(name or ""))
            grouped.setdefault(str(code), []).append(row)
    days = np.arange(readings.first, readings.first + readings.days)[:, None]
    return tuple(
        _area(code, rows, days=days, place=place)
        for code, rows in sorted(grouped.items())
        if any(row.site in place for row in rows)
    )


class _Row(NamedTuple):
    site: str
    begin: int
    until: int
    area_name: str


def _area(code: str, rows: Sequence[_Row], *, days: NDArray[np.int64], place: Mapping[str, int]) -> Area:
    seen = sorted({row.site for row in rows if row.site in place}, key=place.__getitem__)
    name = next((row.area_name for row in rows if row.area_name), code)
    columns = np.array([place[site] for site in seen], np.int64)
    known = {row.site for row in rows}
    if all(row.begin == _FIRST and row.until == _LAST for row in rows):
        return Area(code, name, columns, _always(len(days), len(seen)), _each_day(len(days), len(known)))
    valid: dict[str, Bools] = {site: np.zeros(len(days), bool) for site in known}
    for row in rows:
        valid[row.site] |= (days[:, 0] >= row.begin) & (days[:, 0] <= row.until)
    members = np.stack([valid[site] for site in seen], axis=1)
    count = np.sum([here.astype(np.int64) for here in valid.values()], axis=0)
    return Area(code, name, columns, members, count)


@lru_cache(maxsize=64)
def _always(days: int, sites: int) -> Bools:
    return np.broadcast_to(np.True_, (days, sites))


@lru_cache(maxsize=64)
def _each_day(days: int, count: int) -> NDArray[np.int64]:
    return np.broadcast_to(np.int64(count), days)


def _bound(day: object, otherwise: int) -> int:
    return day_number(day) if isinstance(day, date) else otherwise


def _is_assessed(roles: object) -> bool:
    return _ASSESSED_ROLE in str(roles or "").replace("，", ",").split(",")
