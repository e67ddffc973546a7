"""The remaining allowances of a bound target: which count, over which days or months, by which rules. 剩余允许值。"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.grouping import grouped
from qingce.core.periods import Period, parse_period
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal
from qingce.outlook import (
    Quota,
    SectionOutlook,
    bound_of,
    day_quota,
    mean_quota,
    percentile_quota,
    section_outlook,
    section_quota,
)
from qingce.thread.basis import printed_decimals
from qingce.thread.binding import Binding
from qingce.thread.figures import DAY_VERBS, Daily, is_bad, summed
from qingce.thread.goal import Goal
from qingce.thread.official import Officials, official_months

__all__ = [
    "Months",
    "SHARES",
    "Stretch",
    "day_noun",
    "day_quotas",
    "month_span",
    "months_left",
    "months_of",
    "one_quota",
    "outlooks_of",
    "section_quotas",
    "sections_left",
]

SHARES = ("section_share", "section_target_share")
"""Verbs that count the sections that keep a class."""
_COUNTS = {"day_share": "share", "day_share_above": "share", "day_count": "count"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period seen on a day: what is behind and how many days are left."""

    period: Period
    as_of: date

    @property
    def begun(self) -> bool:
        """Whether any day of the period has passed."""
        return self.period.start <= self.as_of

    @property
    def behind(self) -> Period:
        """The part up to and with the day."""
        return self.period.until(self.as_of)

    @property
    def ahead(self) -> Period | None:
        """The part after the day, None when it is over."""
        first = max(self.as_of + timedelta(1), self.period.start)
        return Period(first, self.period.end) if first <= self.period.end else None

    @property
    def left(self) -> int:
        """Days left."""
        return self.ahead.days if self.ahead else 0


def day_quotas(binding: Binding, goal: Goal, daily: Daily, *, stretch: Stretch, part: str = "") -> list[Quota]:
    """Return the quotas of an indicator counted by days: by the target's own rule first, then by the other rule."""
    indicator, basis = binding.indicator, binding.basis
    side = goal.one_sided(indicator.direction) if indicator else None
    values = daily.within(stretch.behind)
    if indicator is None or basis is None or side is None or not (values or stretch.left):
        return []
    printed = Decimal(1).scaleb(-printed_decimals(binding.target))
    steps = (None, printed) if basis.step is None else (basis.step, None)
    found = [one_quota(indicator, values, side=side, step=step, left=stretch.left) for step in steps]
    return [replace(quota, series=basis.series, part=part) for quota in found if quota]


def one_quota(
    indicator: Indicator,
    values: Sequence[tuple[date, Fraction]],
    *,
    side: tuple[Fraction, str],
    step: Decimal | None,
    left: int,
) -> Quota | None:
    """Return the quota of daily values by one rule; None for a statistic that leaves none."""
    total, done = summed(values)
    target, comparator = side
    verb = str(indicator.statistic.get("verb"))
    if verb == "mean":
        return mean_quota(
            total,
            done=done,
            remaining=left,
            target=target,
            comparator=comparator,
            step=step,
            unit=indicator.unit,
            decimals=max(2, indicator.decimals),
        )
    if verb == "percentile" and comparator.startswith("<") and left:
        bound = bound_of(target, comparator, step)
        over = sum(not bound.accepts(value) for _, value in values)
        percent = indicator.statistic.get("percent", 0)
        noun = f"超过 {as_decimal(target, 3).normalize():f} 的日"
        found = percentile_quota(over, done=done, remaining=left, percent=Fraction(str(percent)), noun=noun)
        return replace(found, rule="strict" if step is None else "rounded")
    good = "at_most" in indicator.statistic
    if verb not in DAY_VERBS or good != comparator.startswith(">"):
        return None
    return day_quota(
        sum(is_bad(indicator, value) for _, value in values),
        done=done,
        remaining=left,
        target=target,
        comparator=comparator,
        step=step,
        counts=f"{'good' if good else 'bad'}_{_COUNTS[verb]}",
        noun=day_noun(indicator),
    )


def day_noun(indicator: Indicator) -> str:
    """Name the days that an indicator counts against: 非优良日, 重度及以上污染日."""
    stem = re.sub(r"^(?:环境)?空气(?:质量)?|(?:天数?|日数?)?(?:比例|比率|数)?$", "", indicator.zh)
    return f"非{stem}日" if "at_most" in indicator.statistic else f"{stem}日"


def month_span(period: Period) -> tuple[str, str]:
    """Return the first and the last month that end within a period, as `2026-01`; last before first for none."""
    end = period.end if (period.end + timedelta(1)).day == 1 else period.end.replace(day=1) - timedelta(1)
    return f"{period.start:%Y-%m}", f"{end:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Months:
    """The monthly means of one section: parameter → month → value; `classes` are the month's class.

    `target` is the class that the section is held to by its own target.
    """

    section: str
    name: str
    water_kind: str
    values: Mapping[str, Mapping[str, Fraction]]
    classes: Mapping[str, int]
    review: str = ""
    target: int | None = None

    def within(self, period: Period) -> dict[str, dict[str, Fraction]]:
        """Return each parameter's months that lie in a period."""
        first, last = month_span(period)
        kept = {
            parameter: {month: value for month, value in months.items() if first <= month <= last}
            for parameter, months in self.values.items()
        }
        return {parameter: months for parameter, months in kept.items() if months}


def months_of(
    table: pa.Table, sites: Iterable[Mapping[str, object]], officials: Officials, *, until: date | None = None
) -> dict[str, Months]:
    """Read section-months; an official monthly value of a factor stands over ours (national centre's revision).

    Of a month that is not over by `until` nothing is settled, whatever has been measured of it: it is left out.
    """
    listed = list(sites)
    kinds = {str(site["site"]): str(site["water_kind"] or "") for site in listed}
    targets = {str(site["site"]): int(str(site["target_class"])) for site in listed if site.get("target_class")}
    names = set(table.column_names)
    parameters = [name.removeprefix("class_") for name in table.column_names if name.startswith("class_")]
    parameters = [name for name in parameters if name in names]
    found = {}
    for section, months in grouped(table.to_pylist(), lambda row: str(row["section"])).items():
        values = {}
        for parameter in parameters:
            means = {str(month["period"]): month.get(f"exact_{parameter}") or month[parameter] for month in months}
            own = {period: Fraction(str(mean)) for period, mean in means.items() if mean is not None}
            every, _ = official_months(own, officials.all(parameter, section))
            values[parameter] = {
                month: v for month, v in every.items() if not until or parse_period(month).end <= until
            }
        classes = {str(row["period"]): int(str(row["class"])) for row in months if row["class"] is not None}
        name = str(months[0].get("section_name") or section)
        kind, target = kinds.get(section, ""), targets.get(section)
        found[section] = Months(section, name, kind, values, classes, target=target)
    return found


def outlooks_of(
    sections: Sequence[str], months: Mapping[str, Months], *, grade: int | None, stretch: Stretch, catalog: Catalog
) -> list[SectionOutlook]:
    """Judge each section that has data against a class, with what its factors may average in the months ahead.

    Without a `grade` each is held to the class of its own target; one that has none is left out.
    """
    found = []
    for section in sections:
        mine = months.get(section)
        behind = mine.within(stretch.period) if mine else {}
        own = grade if grade is not None or mine is None else mine.target
        if mine is None or not behind or own is None:
            continue
        found.append(
            section_outlook(
                section,
                {parameter: list(factor.values()) for parameter, factor in behind.items()},
                grade=str(own),
                remaining=months_left(stretch),
                day=stretch.behind.end,
                catalog=catalog,
                name=mine.name,
                place=mine.water_kind,
            )
        )
    return found


def section_quotas(binding: Binding, goal: Goal, outlooks: Sequence[SectionOutlook]) -> list[Quota]:
    """Return how many sections may fail, then what the deciding factors of each section may average."""
    indicator, basis = binding.indicator, binding.basis
    side = goal.one_sided(indicator.direction) if indicator else None
    if indicator is None or basis is None or side is None or not outlooks:
        return []
    found = [sections_left(side, outlooks, step=basis.step)] if binding.verb in SHARES else []
    for outlook in outlooks:
        found += [factor.quota for factor in outlook.deciding if factor.quota]
    return [replace(quota, series="measured") for quota in found]


def sections_left(side: tuple[Fraction, str], outlooks: Sequence[SectionOutlook], *, step: Decimal | None) -> Quota:
    """Return how many of the sections may fail."""
    target, comparator = side
    return section_quota(
        len(outlooks),
        failing=sum(outlook.failing for outlook in outlooks),
        certain=sum(outlook.failing and outlook.certain for outlook in outlooks),
        secured=sum(not outlook.failing and outlook.secured for outlook in outlooks),
        target=target,
        comparator=comparator,
        step=step,
        counts="good_share" if comparator.startswith(">") else "bad_share",
    )


def months_left(stretch: Stretch) -> int:
    """Count the months of the period that are not over; one that is over without data is not waited for."""
    first = max((stretch.as_of + timedelta(1)).replace(day=1), stretch.period.start)
    if first > stretch.period.end:
        return 0
    return (stretch.period.end.year - first.year) * 12 + stretch.period.end.month - first.month + 1
