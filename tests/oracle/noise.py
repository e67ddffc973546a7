"""The slow judge of noise: plain Python, limits of GB 3096 typed here; energies by exp and ln at 90 digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, localcontext
from fractions import Fraction

LIMITS = {"0": (50, 40), "1": (55, 45), "2": (60, 50), "3": (65, 55), "4a": (70, 55), "4b": (70, 60)}
GRADES = {
    ("regional", "day"): (50, 55, 60, 65),
    ("regional", "night"): (40, 45, 50, 55),
    ("road", "day"): (68, 70, 72, 74),
    ("road", "night"): (58, 60, 62, 64),
}


def energy_mean(levels: Sequence[Fraction]) -> Fraction:
    """10·lg of the mean energy, by e-powers and natural logarithms, cut to 30 places."""
    with localcontext() as context:
        context.prec = 90
        ten = Decimal(10).ln()
        energies = [(Decimal(level.numerator) / Decimal(level.denominator) / 10 * ten).exp() for level in levels]
        return Fraction(((sum(energies) / len(energies)).ln() / ten * 10).quantize(Decimal(1).scaleb(-30)))


def told(level: Fraction) -> Decimal:
    """One decimal, ties to even."""
    return Decimal(round(level * 10)) / 10


def is_day(hour: int) -> bool:
    return 6 <= hour < 22


def point_days(hours: Mapping[datetime, Fraction | None], category: str) -> dict[date, dict[str, object]]:
    """Every date of a point that has an hour: Ld of 16 hours and Ln of 8, kept or not, None where hours are missing."""
    found: dict[date, dict[str, object]] = {}
    for day in sorted({time.date() for time in hours}):
        row: dict[str, object] = {}
        for name, limit, wanted in (("ld", LIMITS[category][0], True), ("ln", LIMITS[category][1], False)):
            values = [v for t, v in hours.items() if t.date() == day and is_day(t.hour) == wanted and v is not None]
            level = energy_mean(values) if len(values) == (16 if wanted else 8) else None
            row[name] = level
            row[f"met_{name}"] = None if level is None else "yes" if told(level) <= limit else "no"
        found[day] = row
    return found


def grade(kind: str, part: str, mean: Fraction) -> int:
    """Grade 1 to 5 of a city's mean level told to 0.1 dB."""
    return 1 + sum(told(mean) > bound for bound in GRADES[kind, part])


def weighted(levels: Sequence[Fraction], lengths: Sequence[Fraction]) -> Fraction:
    """Mean level of roads by their length."""
    return sum((a * b for a, b in zip(levels, lengths, strict=True)), Fraction(0)) / sum(lengths)


def mean(values: Sequence[Fraction]) -> Fraction:
    """Plain mean."""
    return sum(values, Fraction(0)) / len(values)
