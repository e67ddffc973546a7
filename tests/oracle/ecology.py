"""The slow judge of ecological indices: the formulas of HJ 192-2015 and of EQI as printed, in plain fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

F = Fraction
WEIGHTS = {"ei": ("0.35", "0.25", "0.15", "0.15", "0.10"), "eqi": ("0.36", "0.35", "0.19", "0.10")}
INVERSE = {"ei": (3, 4), "eqi": (3,)}
BOUNDS = {"ei": (75, 55, 35, 20), "eqi": (70, 55, 40, 30)}
STEPS = {"ei": (1, 3, 8), "eqi": (1, 2, 4)}
WORDS = {"ei": ("无明显变化", "略微变", "明显变", "显著变"), "eqi": ("基本稳定", "轻微变", "一般变", "明显变")}
LAND = {
    "0.35": {"forest": "0.6", "shrub": "0.25", "sparse_forest": "0.15"},
    "0.21": {"grass_high": "0.6", "grass_mid": "0.3", "grass_low": "0.1"},
    "0.28": {"river_area": "0.1", "lake_area": "0.3", "wetland": "0.5", "ice": "0.1"},
    "0.11": {"paddy": "0.6", "dry_land": "0.4"},
    "0.04": {"town": "0.3", "village": "0.4", "built_other": "0.3"},
    "0.01": {"sand": "0.2", "saline": "0.3", "bare_soil": "0.2", "bare_rock": "0.2", "unused_other": "0.1"},
}


def whole(parts: list[Fraction], name: str) -> Fraction:
    """The index from its parts."""
    signed = [100 - part if place in INVERSE[name] else part for place, part in enumerate(parts)]
    return sum((F(weight) * part for weight, part in zip(WEIGHTS[name], signed, strict=True)), F(0))


def grade(value: Fraction, name: str) -> int:
    """1 is best."""
    return 1 + sum(value < bound for bound in BOUNDS[name])


def change(value: Fraction, name: str) -> str:
    """The word of a change."""
    place = sum(abs(value) >= step for step in STEPS[name])
    return WORDS[name][place] + ("" if place == 0 else "好" if value > 0 else "差")


def habitat(given: Mapping[str, Fraction]) -> Fraction:
    """The quality of habitat 生境质量."""
    total = F(0)
    for share, kinds in LAND.items():
        total += F(share) * sum((F(weight) * given["eco_" + kind] for kind, weight in kinds.items()), F(0))
    return F("511.2642131067") * total / given["eco_area"]


def water(given: Mapping[str, Fraction]) -> Fraction:
    """The density of the water net, with the surplus of a wet year fading."""
    resource, usual = given["eco_water_resource"], given.get("eco_water_resource_mean")
    if usual:
        ratio = resource / usual
        resource = resource if ratio <= F("1.4") else usual * (F("2.4") - ratio) if ratio <= F("2.4") else F(0)
    total = F("84.3704083981") * given["eco_river_length"] + F("591.7908642005") * given["eco_water_area"]
    return (total + F("86.3869548281") * resource) / (3 * given["eco_area"])


def load(given: Mapping[str, Fraction]) -> Fraction:
    """The load of pollution."""
    area = given["eco_area"]
    rain = given["eco_precipitation"] * area
    return (
        F("0.2") * F("4.3937397289") * given["eco_cod_emitted"] / rain
        + F("0.2") * F("40.1764754986") * given["eco_nh3n_emitted"] / rain
        + F("0.2") * F("0.0648660287") * given["eco_so2_emitted"] / area
        + F("0.1") * F("4.0904459321") * given["eco_dust_emitted"] / area
        + F("0.2") * F("0.5103049278") * given["eco_nox_emitted"] / area
        + F("0.1") * F("0.0749894283") * given["eco_waste_emitted"] / area
    )


def ei(given: Mapping[str, Fraction]) -> Fraction:
    """EI of a region, restricting events included."""
    quality = habitat(given)
    life = (given["eco_diversity"] + quality) / 2 if "eco_diversity" in given else quality
    land = sum(
        F(w) * given["eco_" + n]
        for n, w in (("erosion_heavy", "0.4"), ("erosion_moderate", "0.2"), ("built", "0.2"), ("stress_other", "0.2"))
    )
    stress = F("236.0435677948") * land / given["eco_area"]
    parts = [life, F("0.0121165124") * given["eco_ndvi"], water(given), stress, load(given)]
    value = whole(parts, "ei")
    caps = {1: F("74.9"), 2: F("54.9"), 3: F("34.9"), 4: F("19.9"), 5: value}
    if given.get("eco_events") or given.get("eco_events_severe"):
        value = min(value, caps[grade(value, "ei")])
    return min(value, F("54.9")) if given.get("eco_events_severe") else value


def case(given: Mapping[str, str]) -> dict[str, str]:
    """A case of an inspector."""
    name = given["index"]
    if "change" in given:
        return {"change": change(F(given["change"]), name)}
    value = F(given["value"]) if "value" in given else whole([F(word) for word in given["parts"].split()], name)
    shown = f"{float(value):f}".rstrip("0").rstrip(".")
    return {"value": shown, "grade": str(grade(value, name))}
