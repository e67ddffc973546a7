"""The slow judge of source data: valid counts, conversion, flow-weighted means and limits, typed here as printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

OXYGEN = {"coal_ultra_low": 6, "gas_turbine": 15, "industrial_coal": 9, "coke_stack": 8, "steel_sinter": 16,
          "cement_kiln": 10, "steel_other": None}  # fmt: skip
"""Reference oxygen [%] by kind; None where none is set."""
CAPS = {
    "coal_ultra_low": {"flue_pm": 10, "flue_so2": 35, "flue_nox": 50},
    "gas_turbine": {"flue_pm": 5, "flue_so2": 35, "flue_nox": 50},
    "industrial_coal": {"flue_pm": 50, "flue_so2": 300, "flue_nox": 300},
    "coke_stack": {"flue_pm": 10, "flue_so2": 30, "flue_nox": 150},
    "steel_sinter": {"flue_pm": 10, "flue_so2": 35, "flue_nox": 50},
    "cement_kiln": {"flue_pm": 10, "flue_so2": 35, "flue_nox": 50},
    "steel_other": {"flue_pm": 10, "flue_so2": 50, "flue_nox": 200},
}
"""Limits of the hour [mg/m3]."""
WATER = {
    "wwtp_1a": {"cod": "50", "nh3n": ("5", "8"), "tp": "0.5", "tn": "15"},
    "wwtp_1b": {"cod": "60", "nh3n": ("8", "15"), "tp": "1", "tn": "20"},
}
"""Limits of the day [mg/L]; of ammonia above 12 degC and at or below it."""


def minutes(count: int) -> bool:
    """Whether so many valid minutes make an hour of flue gas."""
    return count >= 45


def at_reference(value: Fraction, oxygen: Fraction | None, kind: str) -> Fraction | None:
    """A concentration at the reference oxygen."""
    if OXYGEN[kind] is None:
        return value
    if oxygen is None or 21 - oxygen <= 1:
        return None
    return value * (21 - OXYGEN[kind]) / (21 - oxygen)


def keeps(value: Fraction, limit: str | int) -> bool:
    """Whether a value, rounded half to even to the digits of its limit, is not above it."""
    digits = len(str(limit).partition(".")[2])
    return Fraction(round(value * 10**digits), 10**digits) <= Fraction(str(limit))


def gas_day(hours: Sequence[tuple[Fraction | None, Fraction | None]], kind: str, item: str) -> dict[str, object]:
    """A day of (concentration, oxygen) hours: its means and how many hours exceed."""
    values = [value for value, _ in hours if value is not None]
    changed = [at_reference(value, oxygen, kind) for value, oxygen in hours if value is not None]
    known = [value for value in changed if value is not None]
    over = sum(not keeps(value, CAPS[kind][item]) for value in known)
    return {
        "value": sum(values, Fraction(0)) / len(values) if len(values) >= 20 else None,
        "converted": sum(known, Fraction(0)) / len(known) if len(known) >= 20 else None,
        "n": len(values),
        "over": over,
        "met": None if not known else over == 0,
    }


def weighted(values: Sequence[Fraction], volumes: Sequence[Fraction] | None) -> Fraction:
    """The mean of hours by their volumes, the plain one where there is no volume."""
    if volumes and sum(volumes):
        return sum((v * q for v, q in zip(values, volumes, strict=True)), Fraction(0)) / sum(volumes)
    return sum(values, Fraction(0)) / len(values)


def water_met(item: str, value: Fraction, kind: str, warmth: Fraction | None) -> bool | None:
    """Whether a day's mean keeps its limit; None where the water's temperature would decide and is not known."""
    limit = WATER[kind][item]
    if isinstance(limit, str):
        return keeps(value, limit)
    warm, cold = (keeps(value, one) for one in limit)
    if warmth is None:
        return warm if warm == cold else None
    return cold if warmth <= 12 else warm


def case(given: Mapping[str, str]) -> dict[str, str]:
    """A case of an inspector."""
    if "minutes" in given:
        return {"hour": "yes" if minutes(int(given["minutes"])) else "no"}
    if "values" in given:
        volumes = [Fraction(word) for word in given.get("volumes", "").split()]
        return {"day": str(weighted([Fraction(word) for word in given["values"].split()], volumes))}
    found = at_reference(Fraction(given["value"]), Fraction(given["oxygen"]), given["kind"])
    met = found is not None and keeps(found, CAPS[given["kind"]][given["parameter"]])
    return {"converted": str(found), "met": "yes" if met else "no"}
