"""A quota split over the months ahead and over the counties, by the profile chosen. 分解到月、到县。"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from qingce.core.errors import complain
from qingce.core.periods import Period, parse_period
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal
from qingce.outlook import Quota, day_parts, mean_parts
from qingce.outlook.quotas.profile import PROFILE_ZH, Profile
from qingce.outlook.quotas.split import weighted_mean_parts
from qingce.thread.figures import Daily, is_bad, summed

__all__ = [
    "County",
    "Share",
    "county_parts",
    "days_by_month",
    "factor_parts",
    "month_parts",
    "section_parts",
    "share_rows",
]

YEARS = 3
"""How many earlier years the profile `years` looks at."""


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


def factor_parts(
    quota: Quota, history: Mapping[str, Fraction], months: Sequence[str], *, profile: Profile
) -> tuple[Quota, ...]:
    """Split what a factor of a section may average over the months left, which average exactly to the whole.

    By the shape of the same months of earlier years, by hand, or evenly where nothing is known. Raises QC402.
    """
    if quota.state != "open" or quota.remaining < 2 or quota.remaining != len(months):
        return ()
    back = {"last": range(1, 2), "years": range(1, YEARS + 1)}.get(profile.months, range(0))
    shape: dict[str, Fraction] = {}
    for month in months:
        past = [history[key] for key in (f"{int(month[:4]) - k}{month[4:]}" for k in back) if key in history]
        shape |= {month: sum(past, Fraction(0)) / len(past)} if past else {}
        if profile.months == "hand":
            shape[month] = Fraction(profile.month_weights.get(int(month[5:]), Decimal(0)))
    known = len(shape) == len(months) and any(shape.values())
    parts = mean_parts(quota, dict.fromkeys(months, 1), shape=dict(shape) if known else None)
    return tuple(
        replace(one, part=f"{quota.part}/{one.part}", text=one.text.replace("1 天均值", "月均值")) for one in parts
    )


def section_parts(
    quota: Quota,
    sections: Mapping[str, tuple[str, str]],
    before: Collection[str],
    *,
    profile: Profile,
    target_id: str = "",
) -> tuple[tuple[Quota, ...], Share | None]:
    """Split how many sections may fail over their counties; the parts sum to the whole.

    `sections` are the county of each, code and name; `before` those that failed in the year before, by which the
    baseline goes where they were at least as many; else the counties share by the number of their sections.
    """
    names = dict(sorted(set(sections.values())))
    if quota.allowed is None or quota.allowed < 1 or len(names) < 2 or profile.counties == "none":
        return (), None
    number = {code: Fraction(sum(county == code for county, _ in sections.values())) for code in names}
    failed = {code: Fraction(sum(sections[name][0] == code for name in before)) for code in names}
    given = profile.county_weights if profile.counties == "hand" else profile.population
    weights, used, note = number, "equal", "按断面数"
    if profile.counties == "baseline" and sum(failed.values()) >= quota.allowed:
        weights, used, note = failed, "baseline", "按各县去年不达标断面数"
    elif profile.counties in ("hand", "population"):
        lacking = "、".join(name for code, name in names.items() if code not in given)
        found = {code: Fraction(given.get(code, 0)) for code in names}
        if lacking or not any(found.values()):
            note = f"{PROFILE_ZH[profile.counties]}缺{lacking or '数'}，改按断面数"
        else:
            weights, used, note = found, profile.counties, ""
    parts = tuple(
        replace(one, text=f"{names[one.part]}：最多可有 {as_decimal(one.allowed or 0, 0):f} 个不达标")
        for one in day_parts(quota, weights)
    )
    return parts, Share(target_id, "county", used, weights, names, note)


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
