"""By what an allowance is split: over the months ahead and over counties. 分解口径。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

__all__ = ["COUNTY_PROFILES", "MONTH_PROFILES", "PROFILE_ZH", "Profile", "Profiles"]

MONTH_PROFILES = ("last", "years", "equal", "hand")
COUNTY_PROFILES = ("baseline", "population", "equal", "hand", "none")
PROFILE_ZH = {
    "last": "按去年同期",
    "years": "按近三年同期",
    "equal": "按天数平均",
    "hand": "按人工设定",
    "baseline": "按各县去年同期",
    "population": "按人口",
    "none": "不分解",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to split: `months` and `counties` name it, the weights go with `hand` and `population`."""

    months: str = "last"
    counties: str = "baseline"
    month_weights: Mapping[int, Decimal] = field(default_factory=dict)
    county_weights: Mapping[str, Decimal] = field(default_factory=dict)
    population: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profiles:
    """The campaign's profile and those of single targets or indicators; `flood` is the season's first, last month."""

    default: Profile = field(default_factory=Profile)
    by: Mapping[str, Profile] = field(default_factory=dict)
    flood: tuple[int, int] | None = None

    def of(self, *names: str) -> Profile:
        """Return the profile of the first name that has its own, else the campaign's."""
        return next((self.by[name] for name in names if name in self.by), self.default)
