"""The slow judge of black-odorous waters: plain Python, the urban guide of 2015 and rural thresholds typed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

URBAN = {"transparency": ("0.25", "0.10"), "do": ("2.0", "0.2"), "orp": ("50", "-200"), "nh3n": ("8.0", "15")}
RURAL = {"transparency": "0.25", "do": "2", "nh3n": "15"}


def datum(item: str, value: Fraction, kind: str, depth: Fraction | None = None) -> int | None:
    """0 clear, 1 light, 2 heavy; None for an item that the kind does not have."""
    if item not in (URBAN if kind == "urban" else RURAL):
        return None
    if item == "transparency" and depth is not None and depth < Fraction("0.25"):
        edge = depth * Fraction("0.4")
        return int(value <= edge if kind == "urban" else value < edge)
    if kind == "rural":
        edge = Fraction(RURAL[item])
        return int(value > edge if item == "nh3n" else value < edge)
    light, heavy = (Fraction(text) for text in URBAN[item])
    if item == "nh3n":
        return 2 if value > heavy else int(value >= light)
    return 2 if value < heavy else int(value <= light)


def point(data: Mapping[str, Sequence[int]]) -> int:
    """Heavy if one item has over 60 % heavy data or two have over 30 %; clear if no datum is black; else light."""
    shares = [Fraction(sum(grade == 2 for grade in grades), len(grades)) for grades in data.values()]
    if any(share > Fraction(6, 10) for share in shares) or sum(share > Fraction(3, 10) for share in shares) >= 2:
        return 2
    return int(any(grade for grades in data.values() for grade in grades))


def body(points: Sequence[int]) -> tuple[int, list[tuple[int, int]]]:
    """Grade of a water by its points in order, and its heavy reaches of three points or more."""
    text = "".join(str(grade) for grade in points)
    runs, place = [], 0
    while place < len(text):
        end = place
        while end < len(text) and text[end] == "2":
            end += 1
        if end - place >= 3:
            runs.append((place, end - 1))
        place = max(end, place + 1)
    grade = 2 if points.count(2) * 10 >= 6 * len(points) else int(any(points))
    return grade, runs
