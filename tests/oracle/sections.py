"""The slow judge of many sections: status, comparison, CWQI, trophic index, flood season, targets. Plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from tests.oracle import water

WORDS = ("优", "良好", "轻度污染", "中度污染", "重度污染")
OF_CLASS = {1: 0, 2: 0, 3: 1, 4: 2, 5: 3, 6: 4}
TLI = {
    "chla": (2.5, 1.086, 0.2663),
    "tp": (9.436, 1.624, 0.1879),
    "tn": (5.453, 1.694, 0.1790),
    "transparency": (5.118, -1.94, 0.1834),
    "codmn": (0.109, 2.661, 0.1834),
}

Section = Mapping[str, Fraction]


def grades(section: Section) -> dict[str, int]:
    return {p: water.grade(p, section[p], "river") for p in water.ORDER if p in section}


def shares(sections: Sequence[Section]) -> tuple[Fraction, Fraction]:
    """Share of sections of class I to III and of those worse than V [%]."""
    worst = [max(grades(section).values()) for section in sections]
    good, bad = sum(grade <= 3 for grade in worst), sum(grade > 5 for grade in worst)
    return Fraction(100 * good, len(worst)), Fraction(100 * bad, len(worst))


def status(sections: Sequence[Section]) -> int:
    """Index of the status word: of the mean of each item below five sections, else by the shares."""
    if len(sections) < 5:
        means = mean_items(sections)
        return OF_CLASS[max(water.grade(p, value, "river") for p, value in means.items() if p in water.ORDER)]
    good, bad = shares(sections)
    if good >= 90:
        return 0
    if good >= 75:
        return 1
    return 2 if bad < 20 else 3 if bad < 40 else 4


def mean_items(sections: Sequence[Section]) -> dict[str, Fraction]:
    items = dict.fromkeys(p for section in sections for p in section)
    pots = {p: [section[p] for section in sections if p in section] for p in items}
    return {p: sum(values, Fraction(0)) / len(values) for p, values in pots.items()}


def change(now: tuple[int, Fraction, Fraction], before: tuple[int, Fraction, Fraction]) -> str:
    """Change of a status with its shares: by grades, by s = dG - dD, and the larger of both."""
    steps = before[0] - now[0]
    s = (now[1] - before[1]) - (now[2] - before[2])
    a = 2 if abs(steps) >= 2 else abs(steps)
    b = 2 if abs(s) > 20 else 1 if abs(s) > 10 else 0
    if max(a, b) == 0:
        return "无明显变化"
    better = steps > 0 if a >= b else s > 0
    return ("有所" if max(a, b) == 1 else "明显") + ("好转" if better else "下降")


def cwqi(sections: Sequence[Section], kind: str) -> Fraction:
    """Sum over the items present of the mean's ratio to the class III limit."""
    total = Fraction(0)
    for p, value in mean_items(sections).items():
        if p == "ph":
            total += (7 - value) / 1 if value <= 7 else (value - 7) / 2
        elif p == "do":
            total += 5 / value
        elif p in water.ORDER:
            total += value / water.limits(p, kind)[2]
    return total


def trophic(values: Mapping[str, float]) -> float:
    """TLI from chlorophyll [mg/m3], TP, TN, CODMn [mg/L] and transparency [m], in binary."""
    return sum(10 * (a + b * math.log(values[p])) * weight for p, (a, b, weight) in TLI.items())


def state(index: float) -> str:
    return ("贫营养" if index < 30 else "中营养" if index <= 50 else "轻度富营养" if index <= 60
            else "中度富营养" if index <= 70 else "重度富营养")  # fmt: skip


def intensity(values: Sequence[tuple[str, Fraction]], target: int) -> tuple[Fraction, set[str]]:
    """The largest ratio of a value to its limit of the target class, and the items that have it."""
    ratios = [(value / water.limits(p, "river")[target - 1], p) for p, value in values]
    top = max(ratio for ratio, _ in ratios)
    return top, {p for ratio, p in ratios if ratio == top}


def load(section: Section, target: int) -> Fraction | None:
    """How near a section's worst item is to its limit of the target class; pH has no ratio."""
    found = []
    for p, value in section.items():
        if p == "do":
            found.append(Fraction(water.OXYGEN.split()[target - 1]) / value)
        elif p not in ("ph", *water.REFERENCE):
            found.append(value / water.limits(p, "river")[target - 1])
    return max(found, default=None)
