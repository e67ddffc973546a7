"""The level that, held in every period left, keeps a mean of several highest figures within a bound. 守住的水平。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from qingce.outlook.verdict import Bound

__all__ = ["Line", "highest", "hold"]


@dataclass(frozen=True, slots=True)
class Line:
    """A figure that is `start` plus `slope` times what every period left brings."""

    start: Fraction
    slope: Fraction

    def at(self, level: Fraction) -> Fraction:
        """Return the figure at a level."""
        return self.start + self.slope * level


def highest(lines: Sequence[Line], level: Fraction) -> Line:
    """Return the line that is highest at a level, of equals the steepest."""
    return max(lines, key=lambda line: (line.at(level), line.slope))


def hold(sites: Sequence[Sequence[Line]], bound: Bound) -> tuple[str, Bound | None]:
    """Return the state (open | lost | safe) and what each period left may be so that the mean keeps an upper bound.

    Each site's figure is the highest of its lines; the mean of convex, never falling functions meets the bound in one
    point, which Newton's way from above reaches exactly in as many steps as there are kinks. Levels are never negative.
    """
    count = len(sites)
    if not bound.accepts(_mean(sites, Fraction(0))):
        return "lost", None
    level = _far(sites, bound)
    while True:
        top = [highest(lines, level) for lines in sites]
        slope = sum((line.slope for line in top), Fraction(0))
        if not slope:
            return "safe", None
        start = sum((line.start for line in top), Fraction(0))
        crossing = (bound.value * count - start) / slope
        if crossing >= level:
            return "open", replace(bound, value=crossing)
        level = crossing


def _mean(sites: Sequence[Sequence[Line]], level: Fraction) -> Fraction:
    return sum((highest(lines, level).at(level) for lines in sites), Fraction(0)) / len(sites)


def _far(sites: Sequence[Sequence[Line]], bound: Bound) -> Fraction:
    """Return a level beyond every kink and beyond the bound, where each site's steepest line is its highest."""
    level = Fraction(1)
    steepest = [max(lines, key=lambda line: (line.slope, line.start)) for lines in sites]
    while any(highest(lines, level).slope != line.slope for lines, line in zip(sites, steepest, strict=True)):
        level *= 2
    while any(line.slope for line in steepest) and _mean(sites, level) <= bound.value:
        level *= 2
    return level
