"""A quota split over the months ahead and over the counties, by the profile chosen. 分解到月、到县。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from qingce.core.errors import complain
from qingce.core.periods import Period, parse_period
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal
from qingce.outlook import Quota, day_parts, mean_parts
from qingce.outlook.profile import PROFILE_ZH, Profile
from qingce.outlook.split import weighted_mean_parts
from qingce.thread.figures import Daily, is_bad, summed

__all__ = ["County", "Share", "county_parts", "days_by_month", "month_parts", "share_rows"]

YEARS = 3
"""How many earlier years the profile `years` looks at."""

Shares = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True)
class County:
    """A county with its days of the quantity; `sites` is how many assessed sites it has in the city's mean."""

    code: str
    name: str
    daily: Daily
    sites: int = 1


@dataclass(frozen=True, slots=True)
class Share:
    """By what shares a target's quota was split along one dimension."""

    target_id: str
    dimension: str
    profile: str
    weights: Mapping[str, Fraction]
    names: Mapping[str, str]
    note: str = ""


def month_parts(
    indicator: Indicator, quota: Quota, daily: Daily, *, ahead: Period | None, profile: Profile, target_id: str = ""
) -> tuple[tuple[Quota, ...], Share | None]:
    """Split a quota over the months ahead; where the chosen profile has no data it is split evenly by days.

    Counts follow the counts of bad days, means the means of the months, both weighted by days. Raises QC402.
    """
    months = days_by_month(ahead)
    if not months:
        return (), None
    counted = quota.kind == "days"
    weights, used = _month_weights(indicator, daily, months, profile=profile, counted=counted)
    if counted:
        parts = day_parts(quota, weights)
        shares = weights
    else:
        parts = mean_parts(quota, months, shape=weights if used != "equal" else None)
        shares = {month: weights[month] * months[month] for month in months}
    note = "" if used == profile.months else f"{PROFILE_ZH[profile.months]}没有数据，改按天数平均"
    names = {month: month for month in months}
    return parts, Share(target_id, "month", used, shares, names, note) if parts else None


def days_by_month(ahead: Period | None) -> dict[str, int]:
    """Return the months of a stretch with their days."""
    months: dict[str, int] = {}
    for day in ahead or ():
        months[f"{day:%Y-%m}"] = months.get(f"{day:%Y-%m}", 0) + 1
    return months


def _month_weights(
    indicator: Indicator, daily: Daily, months: Mapping[str, int], *, profile: Profile, counted: bool
) -> tuple[dict[str, Fraction], str]:
    """Return the weight of each month and the profile really used."""
    even = {month: Fraction(days if counted else 1) for month, days in months.items()}
    if profile.months == "hand":
        return {month: Fraction(profile.month_weights.get(int(month[5:]), Decimal(0))) for month in months}, "hand"
    if profile.months == "equal":
        return even, "equal"
    years = range(1, (1 if profile.months == "last" else YEARS) + 1)
    found = {
        month: [pair for back in years for pair in daily.within(parse_period(month).year_before(back))]
        for month in months
    }
    if counted:
        counts = {month: Fraction(sum(is_bad(indicator, v) for _, v in pairs)) for month, pairs in found.items()}
        return (counts, profile.months) if any(counts.values()) else (even, "equal")
    means = {month: total / n for month, pairs in found.items() for total, n in [summed(pairs)] if n}
    whole = len(means) == len(months) and any(means.values())
    return (means, profile.months) if whole else (even, "equal")


def county_parts(
    indicator: Indicator,
    quota: Quota,
    counties: Sequence[County],
    *,
    ahead: Period | None,
    profile: Profile,
    target_id: str = "",
) -> tuple[tuple[Quota, ...], Share | None]:
    """Split a city's quota over its counties: counts sum to the whole, means weighted by sites average to it.

    By population or by hand every county needs its weight: raises QC402 naming the one without.
    """
    if profile.counties == "none" or len(counties) < 2 or quota.state != "open" or ahead is None:
        return (), None
    weights, used = _county_weights(indicator, counties, ahead, profile=profile, counted=quota.kind == "days")
    names = {county.code: county.name for county in counties}
    if quota.kind == "days":
        found = day_parts(quota, weights)
        parts = tuple(
            replace(one, text=f"{names[one.part]}：还可有 {as_decimal(one.allowed or 0, 0):f} 天") for one in found
        )
        shares = weights
    else:
        sites = {county.code: county.sites for county in counties}
        parts = weighted_mean_parts(quota, sites, shape=weights, names=names)
        shares = {code: weights[code] * sites[code] for code in sites}
    note = "" if used == profile.counties else f"{PROFILE_ZH[profile.counties]}没有数据，改为平均"
    return parts, Share(target_id, "county", used, shares, names, note) if parts else None


def _county_weights(
    indicator: Indicator, counties: Sequence[County], ahead: Period, *, profile: Profile, counted: bool
) -> tuple[dict[str, Fraction], str]:
    even = {county.code: Fraction(1) for county in counties}
    if profile.counties in ("hand", "population"):
        given = profile.county_weights if profile.counties == "hand" else profile.population
        lacking = [f"{county.name}（{county.code}）" for county in counties if county.code not in given]
        if lacking:
            raise complain("QC402", words={"reason": f"{PROFILE_ZH[profile.counties]}缺 {'、'.join(lacking)} 的权重"})
        found = {county.code: Fraction(given[county.code]) for county in counties}
        return (found, profile.counties) if counted or profile.counties == "hand" else (even, profile.counties)
    if profile.counties == "equal":
        return even, "equal"
    past = {county.code: county.daily.within(ahead.year_before()) for county in counties}
    if counted:
        counts = {code: Fraction(sum(is_bad(indicator, v) for _, v in pairs)) for code, pairs in past.items()}
        return (counts, "baseline") if any(counts.values()) else (even, "equal")
    means = {code: total / n for code, pairs in past.items() for total, n in [summed(pairs)] if n}
    whole = len(means) == len(counties) and any(means.values())
    return (means, "baseline") if whole else (even, "equal")


def share_rows(shares: Sequence[Share]) -> list[dict[str, object]]:
    """Put shares into rows of QUOTA_SHARE [%]."""
    rows: list[dict[str, object]] = []
    for share in shares:
        whole = sum(share.weights.values(), Fraction(0))
        rows += [
            {
                "target_id": share.target_id, "dimension": share.dimension, "part": part,
                "part_name": share.names[part], "share": as_decimal(100 * weight / whole),
                "exact": str(100 * weight / whole), "profile": share.profile,
                "note": share.note or PROFILE_ZH[share.profile],
            }
            for part, weight in share.weights.items() if whole
        ]  # fmt: skip
    return rows
