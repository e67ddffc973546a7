"""`[quota]` of campaign.toml: by what allowances are split over months and counties; the flood season. 分解口径。"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from qingce.catalog.strict import Table
from qingce.core.errors import complain
from qingce.outlook.quotas.profile import COUNTY_PROFILES, MONTH_PROFILES, Profile, Profiles

__all__ = ["read_quota"]

_OWN = ("months", "counties", "month_weights", "county_weights", "population")
_KEYS = (*_OWN, "flood", "by")
_FLOOD = re.compile(r"(\d\d)/(\d\d)")
_YEAR = range(1, 13)


def read_quota(table: Table) -> Profiles:
    """Read `[quota]`: profiles `months`, `counties`, their weights, `[quota.by.ID]` for a target or indicator.

    Raises QC102 for an unknown key, QC103 for weights that are missing, QC107 for a value of another kind.
    """
    given = _table(table, table.content.get("quota", {}), "quota")
    _known(table, given, _KEYS, section="quota")
    default = _profile(table, given, Profile(), section="quota")
    by = {}
    for name, own in _table(table, given.get("by", {}), "by").items():
        mine = _table(table, own, name)
        _known(table, mine, _OWN, section=f"quota.by.{name}")
        by[name] = _profile(table, mine, default, section=f"quota.by.{name}")
    return Profiles(default, by, _flood(table, given.get("flood")))


def _profile(table: Table, given: Mapping[str, object], base: Profile, *, section: str) -> Profile:
    months = _one_of(table, given, "months", allowed=MONTH_PROFILES, default=base.months)
    counties = _one_of(table, given, "counties", allowed=COUNTY_PROFILES, default=base.counties)
    numbers = _numbers(table, given, "month_weights")
    weights = {int(key): value for key, value in numbers.items() if key.isdigit() and int(key) in _YEAR}
    if len(weights) != len(numbers):
        raise table.wrong("month_weights", sorted(numbers), expected="1 = …, 2 = … 至 12 = …")
    found = Profile(
        months,
        counties,
        weights or base.month_weights,
        _numbers(table, given, "county_weights") or base.county_weights,
        _numbers(table, given, "population") or base.population,
    )
    needed = {"month_weights": found.months == "hand" and set(found.month_weights) != set(_YEAR)}
    needed["county_weights"] = found.counties == "hand" and not found.county_weights
    needed["population"] = found.counties == "population" and not found.population
    for key, lacking in needed.items():
        if lacking:
            raise complain("QC103", table.place("quota"), {"key": f"[{section}] {key}"})
    return found


def _one_of(table: Table, given: Mapping[str, object], key: str, *, allowed: tuple[str, ...], default: str) -> str:
    value = given.get(key, default)
    if value not in allowed:
        raise table.wrong(key, value, expected=" | ".join(allowed))
    return str(value)


def _numbers(table: Table, given: Mapping[str, object], key: str) -> dict[str, Decimal]:
    found = {}
    for name, value in _table(table, given.get(key, {}), key).items():
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
            raise table.wrong(name, value, expected="非负数 a number of zero or more")
        found[name] = Decimal(value)
    return found


def _flood(table: Table, value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    match = _FLOOD.fullmatch(str(value))
    first, last = (int(part) for part in match.groups()) if match else (0, 0)
    if not (first in _YEAR and last in _YEAR and first <= last):
        raise table.wrong("flood", value, expected='"06/09"')
    return first, last


def _table(table: Table, value: object, key: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise table.wrong(key, value, expected=f"[{key}]")
    return value


def _known(table: Table, given: Mapping[str, object], allowed: tuple[str, ...], *, section: str) -> None:
    for name in given:
        if name not in allowed:
            place = table.place(name, section=section)
            raise complain("QC102", place, {"key": name, "allowed": ", ".join(sorted(allowed))})
