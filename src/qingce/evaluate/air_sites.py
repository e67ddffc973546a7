"""Sites and areas: which columns of a block belong to which city, and on which days. 站点与城市。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.evaluate.air_input import Stretch, day_number
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
    grouped: dict[str, list[dict[str, object]]] = {}
    for row in sites.to_pylist():
        if row[level] and _is_assessed(row["roles"]):
            grouped.setdefault(str(row[level]), []).append(row)
    return tuple(
        _area(code, rows, readings=readings, place=place, level=level)
        for code, rows in sorted(grouped.items())
        if any(row["site"] in place for row in rows)
    )


def _area(
    code: str, rows: Sequence[dict[str, object]], *, readings: Stretch, place: Mapping[str, int], level: str
) -> Area:
    days = np.arange(readings.first, readings.first + readings.days)
    valid: dict[str, Bools] = {}
    for row in rows:
        here = (days >= _bound(row["valid_from"], _FIRST)) & (days <= _bound(row["valid_until"], _LAST))
        site = str(row["site"])
        valid[site] = valid[site] | here if site in valid else here
    seen = sorted((site for site in valid if site in place), key=place.__getitem__)
    name = next((str(row[f"{level}_name"]) for row in rows if row.get(f"{level}_name")), code)
    members = np.stack([valid[site] for site in seen], axis=1)
    count = np.sum([here.astype(np.int64) for here in valid.values()], axis=0)
    return Area(code, name, np.array([place[site] for site in seen], np.int64), members, count)


def _bound(day: object, otherwise: int) -> int:
    return day_number(day) if isinstance(day, date) else otherwise


def _is_assessed(roles: object) -> bool:
    return _ASSESSED_ROLE in str(roles or "").replace("，", ",").split(",")
