"""Targets whose chance fell most in a week: the days, sites and hours that did it, and what they need now. 预警。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.outlooking.tables import chosen
from qingce.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.core.tables import OFFICIAL, WARNING, empty
from qingce.outlook.question import Question
from qingce.outlook.quotas.sections import Factor, SectionOutlook
from qingce.outlook.report_outlook import simulated
from qingce.thread.allowances.quotas import Months, Stretch, months_of, outlooks_of
from qingce.thread.figures import DAY_VERBS, Daily, Days, column_of, is_bad, summed
from qingce.thread.official import Officials

__all__ = ["Around", "section_cause", "warning_table"]

ASSESSED = "评价点"
MOST = 10
"""How many targets are warned of."""
NAMED = 3
"""How many days are named."""
LEAST = 0.005
"""A fall smaller than this is none: half a per cent would print as nothing."""


@dataclass(frozen=True, slots=True)
class Around:
    """What causes are looked for in: days of regions and sites, the last hours, PROGRESS, SITE, section months."""

    city_days: pa.Table
    site_days: pa.Table
    hours: pa.Table
    progress: pa.Table
    sites: pa.Table
    catalog: Catalog
    as_of: date
    section_months: pa.Table = field(default_factory=lambda: pa.table({}))
    official: pa.Table = field(default_factory=lambda: empty(OFFICIAL))

    @property
    def week(self) -> Period:
        """The last seven days."""
        return Period(self.as_of - timedelta(6), self.as_of)


def warning_table(before: pa.Table, now: pa.Table, questions: Sequence[Question], *, around: Around) -> pa.Table:
    """Return WARNING rows of the targets whose chance fell since `before`, the deepest fall first.

    A higher target of the same indicator falls with a lower one: each is told, with the same cause. A target whose
    deadline is in another year has no chance that counts, and no warning.
    """
    then, today = chosen(before), chosen(now)
    rows = around.progress.to_pylist()
    quotas = {row["target_id"]: row["quota_text"] for row in rows}
    aside = {row["target_id"] for row in rows if not _counts(row, around.as_of)}
    asked = {one.target_id: one for one in questions if simulated(one) and one.target_id not in aside}
    days, sites = Days(around.city_days, around.catalog), Days(around.site_days)
    fallen = []
    for target, row in today.items():
        old, new = then.get(target, {}).get("probability"), row["probability"]
        if isinstance(old, float) and isinstance(new, float) and old - new >= LEAST and target in asked:
            fallen.append((old - new, target, old, new))
    found = [
        {
            "target_id": target,
            "day": around.as_of,
            "probability": new,
            "week_ago": old,
            "drop": fall,
            "cause": _cause(asked[target], days, sites, around=around)
            if asked[target].indicator.medium == "air"
            else section_cause(asked[target], around=around),
            "needs": quotas.get(target) or "",
            "rank": rank,
        }
        for rank, (fall, target, old, new) in enumerate(sorted(fallen, key=lambda one: (-one[0], one[1]))[:MOST], 1)
    ]
    return pa.Table.from_pylist(found, schema=WARNING)


def _counts(row: Mapping[str, Any], as_of: date) -> bool:
    """Whether the year of the day is the one that decides the target."""
    again, day = str(row["deadline"] or "").startswith("R/"), row["deadline_day"]
    return again or day is None or day.year == as_of.year


def _cause(question: Question, days: Days, sites: Days, *, around: Around) -> str:
    """Name the week's mean or bad days, its worst days, the highest site and the highest hour."""
    subject, column = question.places[0], column_of(question.indicator)
    daily = days.daily(subject, question.series, column)
    week = daily.within(around.week)
    if not week:
        return "近七日没有数据"
    first, last = around.week.start, around.week.end
    words = [f"{first.month}月{first.day}日至{last.month}月{last.day}日{_level(question, daily, week)}"]
    worst = sorted(week, key=lambda pair: (-pair[1], pair[0]))[:NAMED]
    words.append("、".join(f"{day.month}月{day.day}日 {as_decimal(value, 1).normalize():f}" for day, value in worst))
    name = _highest_site(subject, column, sites, around=around)
    words += [f"最高点位 {name}"] if name else []
    hour = _highest_hour(column, worst[0][0], around=around)
    words += [hour] if hour else []
    return "；".join(words)


def section_cause(question: Question, *, around: Around) -> str:
    """Name the sections and factors that decide with what the last month brought, the worst first."""
    sections = [row for row in around.sites.to_pylist() if row["kind"] == "section"]
    if not around.section_months.num_rows:
        return "没有断面月均值"
    known = months_of(around.section_months, sections, Officials(around.official), until=around.as_of)
    stretch = Stretch(question.period, around.as_of)
    own = {str(row["site"]): row["target_class"] for row in sections}
    found: list[SectionOutlook] = []
    for place in question.places:
        grade = _grade(question, own.get(place))
        if grade is not None:
            found += outlooks_of([place], known, grade=grade, stretch=stretch, catalog=around.catalog)
    decided = [(one, factor) for one in found for factor in one.deciding[:1]]
    ranked = sorted(decided, key=lambda pair: (not pair[0].failing, -pair[1].strain, pair[0].section))
    failing = [pair for pair in ranked if pair[0].failing]
    words = [_factor_words(known[one.section], factor, around=around) for one, factor in (failing or ranked)[:NAMED]]
    return "；".join(words) if words else "没有断面月均值"


def _grade(question: Question, own: object) -> int | None:
    """Return the class a section is held to: the indicator's, what a class target asks, else the section's own."""
    statistic, goal = question.indicator.statistic, question.target_value
    asked = statistic.get("at_most", statistic.get("worse_than"))
    if asked is None:
        asked = goal if question.verb == "section_class" else own
    return None if asked is None or isinstance(asked, tuple) else int(str(asked))


def _factor_words(months: Months, factor: Factor, *, around: Around) -> str:
    """Tell a factor's last month, the mean of the year so far and the limit."""
    item = around.catalog.parameters[factor.parameter]
    values = {
        month: value for month, value in months.values[factor.parameter].items() if month <= f"{around.as_of:%Y-%m}"
    }
    last = max(values)
    sign = "≥" if factor.limit.bound == "ge" else "≤"
    limit = f"{factor.limit.value.normalize():f}"
    year, month = f"{as_decimal(factor.mean, 3):f}", f"{as_decimal(values[last], 3):f}"
    return f"{months.name} {item.zh} {int(last[5:])}月 {month}，今年以来 {year}（要求 {sign} {limit} {item.unit}）"


def _level(question: Question, daily: Daily, week: Sequence[tuple[date, Fraction]]) -> str:
    if question.verb in DAY_VERBS:
        return f"有 {sum(is_bad(question.indicator, value) for _, value in week)} 个计入日"
    total, n = summed(week)
    last = daily.within(Period(week[0][0], week[-1][0]).year_before())
    then, days = summed(last)
    text = f"均值 {as_decimal(total / n, 1):f}"
    return text + (f"（去年同期 {as_decimal(then / days, 1):f}）" if days else "")


def _highest_site(subject: str, column: str, sites: Days, *, around: Around) -> str:
    """Return the region's assessed site with the highest mean of the week, its name with the mean."""
    names = {
        str(row["site"]): str(row["name"] or row["site"])
        for row in around.sites.to_pylist()
        if subject in (row["city"], row["county"]) and ASSESSED in str(row["roles"])
    }
    means: Mapping[str, Fraction] = {
        site: total / n
        for site in sorted(names)
        for total, n in [summed(sites.daily(site, "measured", column).within(around.week))]
        if n
    }
    best = max(means, key=lambda site: means[site], default=None)
    return "" if best is None else f"{names[best]}（{as_decimal(means[best], 1):f}）"


def _highest_hour(column: str, day: date, *, around: Around) -> str:
    """Return the highest hour of the worst day where its hours are still at hand."""
    parameter = column.removesuffix("_8h")
    start = datetime.combine(day, datetime.min.time())
    hours = around.hours
    if not hours.num_rows or parameter not in around.catalog.parameters:
        return ""
    here = pc.and_(pc.equal(hours["parameter"], parameter), pc.equal(hours["span"], "PT1H"))
    here = pc.and_(here, pc.and_(pc.greater_equal(hours["time"], start), pc.less(hours["time"], start + timedelta(1))))
    found = hours.filter(pc.and_(here, pc.is_valid(hours["value"])))
    if not found.num_rows:
        return ""
    top = found.sort_by([("value", "descending"), ("time", "ascending"), ("site", "ascending")]).slice(0, 1)
    row = top.to_pylist()[0]
    symbol = around.catalog.parameter(parameter).zh
    return f"{row['time']:%m-%d %H}时 {row['site']} {symbol} {row['value'].normalize():f}"
