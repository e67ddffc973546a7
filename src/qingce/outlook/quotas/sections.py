"""One section's year so far: which factors decide, and what each may average in the months that remain. 断面余量。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError
from qingce.core.records import Limit
from qingce.core.rounding import Exact
from qingce.outlook.quotas.quota import Quota, section_mean_quota

__all__ = ["Factor", "SectionOutlook", "section_outlook"]


@dataclass(frozen=True, slots=True)
class Factor:
    """One parameter of a section against the limit of a class."""

    parameter: str
    mean: Fraction
    months: int
    limit: Limit
    fails: bool
    quota: Quota | None

    @property
    def settled(self) -> bool:
        """Whether the months ahead change nothing any more."""
        return self.quota is not None and self.quota.state != "open"

    @property
    def strain(self) -> Fraction:
        """How near the mean is to its limit: 1 is at it, more is beyond."""
        limit = Fraction(self.limit.value)
        if self.limit.bound == "ge":
            return limit / self.mean if self.mean else Fraction(10**6)
        return self.mean / limit if limit else self.mean


@dataclass(frozen=True, slots=True)
class SectionOutlook:
    """A section against one class: failing now, failing for certain, or secured whatever comes."""

    section: str
    name: str
    factors: tuple[Factor, ...]

    @property
    def failing(self) -> bool:
        """Whether the mean of any factor is beyond the class to date."""
        return any(factor.fails for factor in self.factors)

    @property
    def certain(self) -> bool:
        """Whether some factor can no longer be brought back."""
        return any(factor.quota is not None and factor.quota.state == "lost" for factor in self.factors)

    @property
    def secured(self) -> bool:
        """Whether no factor can be lost any more."""
        return bool(self.factors) and all(
            factor.quota.state == "safe" if factor.quota else not factor.fails for factor in self.factors
        )

    @property
    def deciding(self) -> tuple[Factor, ...]:
        """The factors beyond the class, the worst first; with none, the one that can still be lost and is nearest."""
        ranked = sorted((f for f in self.factors if f.quota), key=lambda factor: factor.strain, reverse=True)
        beyond = tuple(factor for factor in ranked if factor.fails)
        return beyond or tuple(sorted(ranked, key=lambda factor: factor.settled)[:1])


def section_outlook(
    section: str,
    monthly: Mapping[str, Sequence[Exact]],
    *,
    grade: str,
    remaining: int,
    day: date,
    catalog: Catalog,
    name: str = "",
    place: str = "",
) -> SectionOutlook:
    """Judge each factor's mean of its months [inside unit] against a class, with its quota for the `remaining` months.

    A factor the standard sets no limit for is left out. `place` is the kind of water (river, lake).

    References
    ----------
    [GB3838-2002]_ table 1; [HB2011-22]_ (mean of the period, single-factor class).
    """
    factors = []
    for parameter, values in monthly.items():
        limit = _limit(parameter, grade, day=day, place=place, catalog=catalog)
        if limit is not None and values:
            exact = [Fraction(value) for value in values]
            factors.append(_factor(parameter, exact, limit=limit, remaining=remaining, section=section))
    return SectionOutlook(section, name or section, tuple(factors))


def _factor(parameter: str, values: list[Fraction], *, limit: Limit, remaining: int, section: str) -> Factor:
    total = sum(values, Fraction(0))
    mean = total / len(values)
    if limit.bound == "range":
        low = Fraction(limit.low if limit.low is not None else limit.value)
        return Factor(parameter, mean, len(values), limit, not low <= mean <= limit.value, None)
    quota = section_mean_quota(
        total,
        done=len(values),
        remaining=remaining,
        limit=limit.value,
        bound=limit.bound,
        unit=limit.unit,
        decimals=_decimals(limit),
        part=f"{section}/{parameter}",
    )
    fails = mean < limit.value if limit.bound == "ge" else mean > limit.value
    return Factor(parameter, mean, len(values), limit, fails, quota)


@lru_cache(maxsize=8192)
def _limit(parameter: str, grade: str, *, day: date, place: str, catalog: Catalog) -> Limit | None:
    try:
        return catalog.limit(parameter, "sample", grade, day=day, place=place)
    except QingceError:
        return None


def _decimals(limit: Limit) -> int:
    """One decimal more than the limit prints, two at least."""
    return max(2, 1 - int(limit.value.as_tuple().exponent))
