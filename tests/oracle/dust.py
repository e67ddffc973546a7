"""The slow judge of dustfall and straw fires: caps and ladders typed in from the notes (section 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tests.oracle.noise import told

CAPS = {"京津冀及周边": 9, "汾渭平原": 9, "苏北": 7, "长三角": 5}
LADDER = ((20, "约谈主要负责人"), (10, "约谈分管负责人"), (5, "通报批评"))


def city(points: Mapping[str, Sequence[Fraction]], area: str) -> dict[str, object]:
    """A city's mean of its points' means, told to one decimal against the cap; the highest point and those over."""
    means = {point: sum(values, Fraction(0)) / len(values) for point, values in points.items() if values}
    if not means:
        return {"exact": None, "told": None, "met": None, "highest": None, "over": None, "points": 0}
    exact = sum(means.values(), Fraction(0)) / len(means)
    over = [point for point, value in means.items() if told(value) > CAPS[area]]
    return {
        "exact": exact,
        "told": told(exact),
        "met": "yes" if told(exact) <= CAPS[area] else "no",
        "highest": max(means.values()),
        "over": "、".join(f"{point}点" for point in over) or None,
        "points": len(means),
    }


def ranks(values: Sequence[Fraction | None]) -> list[int | None]:
    """Least first, 1-1-3, nothing for nothing."""
    return [None if v is None else 1 + sum(o is not None and o < v for o in values) for v in values]


def straw(points: int) -> tuple[int, str | None]:
    """What a county loses [yuan] and which action its number of fires calls for."""
    return 50_000 * points, next((word for bound, word in LADDER if points > bound), None)
