"""This month's sections 本月断面: what each factor may average in the days or samples left, and a chance for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.records import Limit
from qingce.core.rounding import as_decimal
from qingce.core.tables import MONTH_SECTION, SCALE
from qingce.evaluate.water.classes import judge
from qingce.evaluate.water.input import Reading, read_readings
from qingce.evaluate.water.rules import Lawbook, WaterRules
from qingce.outlook.quotas.quota import Quota, mean_quota
from qingce.outlook.quotas.sections import SectionOutlook

__all__ = ["Part", "Watched", "month_section_rows"]

WATCH = "section_watch"
AUTOMATIC, MANUAL, MONTHS = "automatic", "manual", "months"
NOUNS = {AUTOMATIC: "天", MANUAL: "次采样", MONTHS: "个月"}
NAMED = 3
"""How many factors the words of a section name."""

History = Mapping[str, Mapping[str, Fraction]]


@dataclass(frozen=True, slots=True)
class Watched:
    """A section with its months: `values` are monthly means by parameter and month (2026-05).

    `samples` says how many manual samples a month has, one where it is not known; `year` is its year to date against
    the target class, None where nothing is known; `intensity` its 汛期污染强度.
    """

    code: str
    name: str
    county: str
    kind: str
    target: int
    values: History
    samples: Mapping[str, int] = field(default_factory=dict)
    year: SectionOutlook | None = None
    year_months: Sequence[str] = ()
    intensity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One factor so far: the sum over `done` days, samples or months, and how many are left."""

    parameter: str
    total: Fraction
    done: int
    left: int
    how: str
    limit: Limit
    quota: Quota | None

    @property
    def mean(self) -> Fraction | None:
        """The mean so far."""
        return self.total / self.done if self.done else None

    @property
    def fails(self) -> bool:
        """Whether the mean so far is beyond the limit."""
        mean, limit = self.mean, self.limit
        if mean is None:
            return False
        if limit.bound == "range":
            return not Fraction(limit.low if limit.low is not None else limit.value) <= mean <= limit.value
        return mean < limit.value if limit.bound == "ge" else mean > limit.value

    @property
    def strain(self) -> Fraction:
        """How much of its limit the mean has used: 1 is all."""
        mean, limit = self.mean, Fraction(self.limit.value)
        if mean is None or self.limit.bound == "range" or not limit:
            return Fraction(0)
        if self.limit.bound == "ge":
            return limit / mean if mean else Fraction(10**6)
        return mean / limit

    @property
    def state(self) -> str:
        """The quota's state; a factor with two limits is settled when its time is over."""
        if self.quota is not None:
            return self.quota.state
        return "open" if self.left else "lost" if self.fails else "safe"


@dataclass(frozen=True, slots=True)
class _Ground:
    month: Period
    as_of: date
    rules: WaterRules
    limits: Mapping[str, tuple[Limit, ...]]
    near: Fraction
    catalog: Catalog


def month_section_rows(
    observations: pa.Table, sections: Sequence[Watched], *, as_of: date, catalog: Catalog
) -> pa.Table:
    """Return MONTH_SECTION for the month of `as_of` and the year to date, sections in the order given.

    `observations` are those of the month. A factor with station days is the mean of its days and waits for the days
    after `as_of`; another waits for as many samples as it usually has. Raises QC104, QC105, QC250–QC252.

    References
    ----------
    [HBJCH2020-714]_ "9+X"; [HBJCH2020-82]_ (stations before people); [GB3838-2002]_ table 1.
    """
    lawbook = Lawbook(catalog, "auto")
    month = Period.month(as_of.year, as_of.month)
    readings = [one for one in read_readings(observations, lawbook) if month.start <= one.time.date() <= as_of]
    rules, near = lawbook.on(month.end), catalog.method(WATCH, day=as_of).option("edge", "near_percent")
    rows: list[dict[str, object]] = []
    for section in sections:
        limits = lawbook.limits(month.end, rules.kinds.get(section.kind, rules.kinds[""]))
        ground = _Ground(month, as_of, rules, limits, near=Fraction(str(near)) / 100, catalog=catalog)
        if section.target < rules.worst:
            mine = [one for one in readings if one.section == section.code]
            rows += _month(section, mine, ground)
            rows += _year(section, ground)
    return pa.Table.from_pylist(rows, schema=MONTH_SECTION)


def _month(section: Watched, readings: Sequence[Reading], ground: _Ground) -> Iterator[dict[str, object]]:
    parts = [
        part for name in ground.rules.evaluated if (part := _part(name, section, readings, ground=ground)) is not None
    ]
    chance = _chance(section, parts, [f"{ground.month.start:%Y-%m}"], ground=ground)
    yield from _rows(section, parts, ground, span="month", period=f"{ground.month.start:%Y-%m}", chance=chance)


def _part(name: str, section: Watched, readings: Sequence[Reading], *, ground: _Ground) -> Part | None:
    """Return a factor of the month: from the station where it has or can still have enough days, else from samples."""
    days: dict[date, list[int | Fraction]] = {}
    samples: list[int | Fraction] = []
    for one in readings:
        if one.parameter == name and one.micro is not None:
            (days.setdefault(one.time.date(), []) if one.automatic else samples).append(one.micro)
    left = (ground.month.end - ground.as_of).days
    station = bool(days) and len(days) + left >= ground.rules.days_needed
    limit = ground.limits[name][section.target - 1]
    if station and (ground.rules.automatic_first or not samples):
        total = sum((Fraction(sum(values)) / len(values) for values in days.values()), Fraction(0)) / SCALE
        return _with_quota(Part(name, total, len(days), left, AUTOMATIC, limit, None), section)
    planned = section.samples.get(name, ground.rules.samples_needed)
    if not samples and not _expected(section.values.get(name, {}), ground.month):
        return None
    waited = max(0, planned - len(samples)) if left else 0
    if not samples and not waited:
        return None
    return _with_quota(Part(name, Fraction(sum(samples)) / SCALE, len(samples), waited, MANUAL, limit, None), section)


def _expected(months: Mapping[str, Fraction], month: Period) -> bool:
    """Whether a factor not yet sampled is to come: it was in the month before or in the same month last year."""
    before = month.start - timedelta(1)
    return f"{before:%Y-%m}" in months or f"{month.start.year - 1}-{month.start:%m}" in months


def _with_quota(part: Part, section: Watched) -> Part:
    if part.limit.bound == "range":
        return part
    quota = mean_quota(
        part.total,
        done=part.done,
        remaining=part.left,
        target=part.limit.value,
        comparator=">=" if part.limit.bound == "ge" else "<=",
        step=None,
        unit=part.limit.unit,
        decimals=max(2, 1 - int(part.limit.value.as_tuple().exponent)),
        noun=NOUNS[part.how],
        kind="section_mean",
    )
    return replace(part, quota=replace(quota, part=f"{section.code}/{part.parameter}"))


def _year(section: Watched, ground: _Ground) -> Iterator[dict[str, object]]:
    """Yield the year to date, with the very quotas that the targets have."""
    if section.year is None:
        return
    parts = [
        Part(
            parameter=factor.parameter,
            total=factor.mean * factor.months,
            done=factor.months,
            left=factor.quota.remaining if factor.quota else len(section.year_months),
            how=MONTHS,
            limit=factor.limit,
            quota=factor.quota,
        )
        for factor in section.year.factors
    ]
    chance = _chance(section, parts, section.year_months, ground=ground)
    yield from _rows(section, parts, ground, span="year", period=str(ground.as_of.year), chance=chance)


def _chance(
    section: Watched, parts: Sequence[Part], months: Sequence[str], *, ground: _Ground
) -> tuple[float | None, int]:
    """Return in what share of how many earlier years the section keeps its class, the rest being as in that year.

    What is done stays; each factor's days or months left are as in the same calendar months of one earlier year, all
    factors of the same year. Nothing left is certainty, and counts no year.
    """
    if not parts:
        return None, 0
    if not any(part.left for part in parts):
        return (1.0 if _kept(section, {part.parameter: _must(part.mean) for part in parts}, ground) else 0.0), 0
    years = sorted({month[:4] for values in section.values.values() for month in values} - {str(ground.as_of.year)})
    kept = []
    for year in years:
        means = _as_in(section, parts, [f"{year}{month[4:]}" for month in months])
        if means is not None:
            kept.append(_kept(section, means, ground))
    return (sum(kept) / len(kept) if kept else None), len(kept)


def _as_in(section: Watched, parts: Sequence[Part], months: Sequence[str]) -> dict[str, Fraction] | None:
    """Return each factor's whole mean if what is left is as in these months; None where the months lack a factor."""
    means = {}
    for part in parts:
        history = section.values.get(part.parameter, {})
        found = [history[month] for month in months if month in history]
        if part.left and not found:
            return None
        rest = sum(found, Fraction(0)) / len(found) if found else Fraction(0)
        means[part.parameter] = (part.total + rest * part.left) / (part.done + part.left)
    return means


def _kept(section: Watched, means: Mapping[str, Fraction], ground: _Ground) -> bool:
    grade = judge(means, ground.rules, ground.limits).grade
    return grade is not None and grade <= section.target


def _must(value: Fraction | None) -> Fraction:
    return Fraction(0) if value is None else value


def _rows(
    section: Watched,
    parts: Sequence[Part],
    ground: _Ground,
    *,
    span: str,
    period: str,
    chance: tuple[float | None, int],
) -> Iterator[dict[str, object]]:
    """Yield the section's own row, then those of its factors, the most strained first."""
    means = {part.parameter: part.mean for part in parts if part.mean is not None}
    grade = judge(means, ground.rules, ground.limits).grade
    ranked = sorted(parts, key=lambda part: (not part.fails, -part.strain))
    share, years = chance
    head = {
        "section": section.code, "section_name": section.name, "county_name": section.county, "period": period,
        "span": span, "target_class": section.target,
    }  # fmt: skip
    yield head | {
        "parameter": "", "parameter_name": "", "class_now": grade, "done": max((p.done for p in parts), default=0),
        "remaining": max((p.left for p in parts), default=0), "state": _state(parts), "exact": "", "unit": "",
        "bound": "", "how": "+".join(sorted({part.how for part in parts})), "chance": share, "chance_n": years,
        "edge": _edge(section, grade, ranked, ground=ground), "text": _told(ranked, ground),
        "note": _noted(years, parts), "intensity": section.intensity,
    }  # fmt: skip
    for part in ranked:
        quota = part.quota
        yield head | {
            "parameter": part.parameter, "parameter_name": ground.catalog.parameter(part.parameter).zh,
            "limit": part.limit.value, "bound": part.limit.bound, "unit": part.limit.unit,
            "mean": None if part.mean is None else as_decimal(part.mean), "done": part.done, "remaining": part.left,
            "how": part.how, "state": part.state, "inclusive": quota.inclusive if quota else None,
            "allowed": as_decimal(quota.allowed) if quota and quota.allowed is not None else None,
            "exact": str(quota.allowed) if quota and quota.allowed is not None else "",
            "edge": _edge_of(part, ground), "text": _text(part), "note": "",
        }  # fmt: skip


def _state(parts: Sequence[Part]) -> str:
    states = {part.state for part in parts}
    if not parts:
        return "unknown"
    return "lost" if "lost" in states else "open" if "open" in states else "safe"


def _edge_of(part: Part, ground: _Ground) -> str:
    if part.fails:
        return "beyond"
    return "near" if part.strain >= ground.near else ""


def _edge(section: Watched, grade: int | None, parts: Sequence[Part], *, ground: _Ground) -> str:
    """Return worst 单月劣Ⅴ, beyond 超目标, near 达标边缘 or nothing."""
    if grade is not None and grade >= ground.rules.worst:
        return "worst"
    if grade is not None and grade > section.target:
        return "beyond"
    return "near" if any(_edge_of(part, ground) == "near" for part in parts) else ""


def _told(parts: Sequence[Part], ground: _Ground) -> str:
    """Name what the strained factors may still bring; without any, the nearest that is still open."""
    chosen = [part for part in parts if _edge_of(part, ground)]
    chosen = (
        chosen or [part for part in parts if part.state == "open"][:1] or [part for part in parts if part.quota][:1]
    )
    return "；".join(f"{ground.catalog.parameter(part.parameter).zh}：{_text(part)}" for part in chosen[:NAMED])


def _text(part: Part) -> str:
    if part.quota is not None:
        return part.quota.text.replace("目标已不可能实现", "已不能保持该类别").replace(
            "目标已稳妥，不会再失守", "已稳妥"
        )
    low = "" if part.limit.low is None else f"{part.limit.low.normalize():f}"
    told = f"须在 {low}～{part.limit.value.normalize():f} 之间"
    return told if part.left else f"时段已结束，{'未达标' if part.fails else '达标'}（{told}）"


def _noted(years: int, parts: Sequence[Part]) -> str:
    if not parts:
        return "本月还没有数据"
    if not any(part.left for part in parts):
        return "本期已有全部数据"
    return f"把握按本断面历史上同月的 {years} 年推算" if years else "没有同月的历史，不给把握"
