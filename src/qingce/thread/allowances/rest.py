"""What is left of a target's period: quotas, chart rows, and where the year ends if last year's rest repeats. 余量。"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.core.records import Indicator
from qingce.outlook import Quota, SectionOutlook
from qingce.outlook.quotas.profile import Profiles
from qingce.outlook.quotas.quota_amount import share_quota
from qingce.outlook.water.water_outlook import OWN
from qingce.thread.allowances.quotas import SHARES as SECTION_SHARES
from qingce.thread.allowances.quotas import Months, Stretch, day_quotas, outlooks_of, section_quotas
from qingce.thread.allowances.quotas_parts import (
    County,
    Share,
    county_parts,
    days_by_month,
    factor_parts,
    month_parts,
    section_parts,
)
from qingce.thread.allowances.series import SeriesRow, daily_series, monthly_series
from qingce.thread.binding import Binding
from qingce.thread.figures import DAY_VERBS, Daily, Days, column_of, counted, is_bad, summed
from qingce.thread.goal import Goal

__all__ = ["Rest", "Splitting", "rest_of"]

SHARES = ("day_share", "day_share_above")
"""Verbs whose quota is also told as the share that the days left must reach."""


@dataclass(frozen=True, slots=True)
class Splitting:
    """How quotas are split: the profiles, the counties of each city (code → name), the assessed sites of each.

    `sections` are the county of each section, code and name.
    """

    profiles: Profiles = field(default_factory=Profiles)
    counties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sites: Mapping[str, int] = field(default_factory=dict)
    sections: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rest:
    """Quotas and chart rows of a target; `persisted` is the year's figure if last year's rest, `repeated`, repeats."""

    quotas: tuple[Quota, ...] = ()
    series: tuple[SeriesRow, ...] = ()
    main: Quota | None = None
    persisted: Fraction | None = None
    repeated: Fraction | None = None
    text: str = ""
    shares: tuple[Share, ...] = ()

    def then(self, later: Rest) -> Rest:
        """Add this year's rest behind that of a period already over: its quotas, its words and its chart."""
        words = [self.text, f"到期后延续对照：{later.text}" if later.text else ""]
        return replace(
            self,
            quotas=(*self.quotas, *later.quotas),
            shares=(*self.shares, *later.shares),
            series=later.series or self.series,
            text="；".join(word for word in words if word),
        )


def rest_of(
    binding: Binding,
    goal: Goal,
    *,
    stretch: Stretch,
    days: Days,
    months: Mapping[str, Months],
    catalog: Catalog,
    judged: Collection[str],
    part: str = "",
    split: Splitting | None = None,
) -> Rest:
    """Return what is left of a period of a bound target; empty for an indicator that we do not compute.

    `judged` are the regions whose figure to date is not refused; `split` says how a city's quota is split, None for
    not at all.
    """
    scope, indicator = binding.scope, binding.indicator
    if scope is None or indicator is None or binding.verb == "none" or binding.pointwise or not stretch.begun:
        return Rest()
    if scope.kind == "sections":
        found = _sections(binding, goal, stretch=stretch, months=months, catalog=catalog, part=part)
        if part or split is None or not found.quotas:
            return found
        return _with_section_parts(found, binding, goal, stretch=stretch, months=months, catalog=catalog, split=split)
    found = _regions(binding, goal, stretch=stretch, days=days, judged=judged, part=part)
    return found if part or split is None else _with_parts(found, binding, stretch, days=days, split=split)


def _with_parts(found: Rest, binding: Binding, stretch: Stretch, *, days: Days, split: Splitting) -> Rest:
    """Add the share the days left must reach, then the parts of the deciding quota by month and by county."""
    indicator, scope, basis, main = binding.indicator, binding.scope, binding.basis, found.main
    if indicator is None or scope is None or basis is None or main is None or main.state != "open":
        return found
    column, code = column_of(indicator), scope.subjects[0]
    daily, profile = days.daily(code, basis.series, column), split.profiles.of(binding.target.id, indicator.id)
    share = share_quota(main, good="at_most" in indicator.statistic) if binding.verb in SHARES else None
    monthly = month_parts(indicator, main, daily, ahead=stretch.ahead, profile=profile, target_id=binding.target.id)
    counties = [
        County(below, name, days.daily(below, basis.series, column), split.sites.get(below, 1))
        for below, name in split.counties.get(code, {}).items()
        if below in days.subjects
    ]
    parted = county_parts(indicator, main, counties, ahead=stretch.ahead, profile=profile, target_id=binding.target.id)
    return replace(
        found,
        quotas=(*found.quotas, *((share,) if share else ()), *monthly[0], *parted[0]),
        shares=tuple(one for one in (monthly[1], parted[1]) if one),
    )


def _regions(binding: Binding, goal: Goal, *, stretch: Stretch, days: Days, judged: Collection[str], part: str) -> Rest:
    scope, indicator, basis = binding.scope, binding.indicator, binding.basis
    if scope is None or indicator is None or basis is None:
        return Rest()
    column = column_of(indicator)
    found = {code: days.daily(code, basis.series, column) for code in scope.subjects if code in judged}
    found = {code: daily for code, daily in found.items() if daily.values}
    if not found:
        return Rest()
    names = dict(zip(scope.subjects, scope.names, strict=True))
    alone = scope.kind == "region"
    quotas: list[Quota] = []
    words: list[str] = []
    for code, daily in found.items():
        mark = part if alone else "/".join(word for word in (code, part) if word)
        mine = day_quotas(binding, goal, daily, stretch=stretch, part=mark)
        quotas += mine
        whole = [quota for quota in mine if quota.part == mark]
        words += [_words(whole, "" if alone else names[code])] if whole and len(words) < 3 else []
    daily = next(iter(found.values())) if len(found) == 1 else _averaged(list(found.values()))
    main = quotas[0] if quotas and (alone or len(scope.subjects) == 1) else None
    path = quotas[0] if quotas and len(found) == 1 else None
    persisted, repeated = _persisted(indicator, daily, stretch)
    return Rest(
        quotas=tuple(quotas),
        series=tuple(daily_series(binding.target.id, indicator, daily, stretch=stretch, quota=path)),
        main=main,
        persisted=persisted,
        repeated=repeated,
        text="；".join(words),
    )


def _averaged(dailies: Sequence[Daily]) -> Daily:
    """Return the mean of several regions' values on each day that all of them have."""
    shared = set(dailies[0].values).intersection(*(daily.values for daily in dailies[1:]))
    values = {day: sum((d.values[day] for d in dailies), Fraction(0)) / len(dailies) for day in sorted(shared)}
    return Daily(values, {})


def _words(quotas: Sequence[Quota], name: str) -> str:
    """Join the same allowance by both rules: 剩余 214 天均值 ≤ 36.89（严格）；< 37.74（先修约）."""
    labels = {"strict": "严格比较", "rounded": "先修约"}
    words = []
    if len(quotas) > 1 and len({quota.text for quota in quotas}) == 1 and quotas[0].remaining:
        return (f"{name} " if name else "") + f"{quotas[0].text}（修约与否相同）"
    for index, quota in enumerate(quotas):
        text = quota.text
        if index and not quota.remaining:
            continue
        if index and quota.state == quotas[0].state == "open":
            text = text[text.index("均值") + 2 :].strip() if "均值" in text else text
        words.append(f"{text}（{labels[quota.rule]}）")
    return (f"{name} " if name else "") + "；".join(words)


def _persisted(indicator: Indicator, daily: Daily, stretch: Stretch) -> tuple[Fraction | None, Fraction | None]:
    """Return the period's figure if its rest repeats last year's, and last year's rest; None without last year."""
    if stretch.ahead is None:
        return None, None
    now, before = daily.within(stretch.behind), daily.within(stretch.ahead.year_before())
    if not now or not before:
        return None, None
    verb, left = str(indicator.statistic.get("verb")), stretch.left
    if verb == "mean":
        (total, done), (rest, n) = summed(now), summed(before)
        return (total + rest * left / n) / (done + left), rest / n
    if verb not in DAY_VERBS:
        return None, None
    bad = sum(is_bad(indicator, value) for _, value in now)
    again = Fraction(sum(is_bad(indicator, value) for _, value in before) * left, len(before))
    whole = len(now) + left
    return counted(indicator, bad + again, whole=whole), None


def _sections(
    binding: Binding, goal: Goal, *, stretch: Stretch, months: Mapping[str, Months], catalog: Catalog, part: str
) -> Rest:
    scope, indicator = binding.scope, binding.indicator
    held = _grade(binding, goal)
    if scope is None or indicator is None or held is None:
        return Rest()
    grade, good = held
    outlooks = outlooks_of(scope.subjects, months, grade=grade, stretch=stretch, catalog=catalog)
    quotas = section_quotas(binding, goal, outlooks)
    rows = monthly_series(
        binding.target.id,
        scope.subjects,
        months,
        grade=grade,
        good=good,
        stretch=stretch,
        catalog=catalog,
    )
    if part:
        quotas = [replace(quota, part=f"{quota.part}/{part}".lstrip("/")) for quota in quotas]
    names = _factor_name(outlooks, catalog)
    failing = {outlook.section for outlook in outlooks if outlook.failing}
    main = _main(binding, sorted(quotas, key=lambda quota: not _of(quota, failing)), names)
    return Rest(tuple(quotas), tuple(rows), main, text=_section_words(quotas, outlooks, names))


def _with_section_parts(
    found: Rest,
    binding: Binding,
    goal: Goal,
    *,
    stretch: Stretch,
    months: Mapping[str, Months],
    catalog: Catalog,
    split: Splitting,
) -> Rest:
    """Add the months of each factor that decides, then the counties that the sections which may fail are in."""
    indicator, scope, held = binding.indicator, binding.scope, _grade(binding, goal)
    if indicator is None or scope is None or held is None:
        return found
    profile = split.profiles.of(binding.target.id, indicator.id)
    parts, shares = list[Quota](), list[Share]()
    whole = list(days_by_month(stretch.period))
    for quota in found.quotas:
        section, _, factor = quota.part.partition("/")
        if quota.kind == "section_mean" and section in months:
            history = months[section].values.get(factor, {})
            parts += factor_parts(quota, history, whole[len(whole) - quota.remaining :], profile=profile)
        elif quota.kind == "sections" and quota.state == "open":
            year = Stretch(stretch.period.year_before(), stretch.period.year_before().end)
            past = outlooks_of(scope.subjects, months, grade=held[0], stretch=year, catalog=catalog)
            near = {name: split.sections[name] for name in scope.subjects if name in split.sections}
            failed = [outlook.section for outlook in past if outlook.failing and outlook.section in near]
            told, share = section_parts(quota, near, failed, profile=profile, target_id=binding.target.id)
            parts += told
            shares += [share] if share else []
    return replace(found, quotas=(*found.quotas, *parts), shares=tuple(shares))


def _grade(binding: Binding, goal: Goal) -> tuple[int | None, bool] | None:
    """Return the class that sections are held to, and whether those within it are counted; None for no sections.

    Without a class each section is held to its own target's.
    """
    indicator = binding.indicator
    if indicator is None:
        return None
    if binding.verb == OWN:
        return None, True
    statistic = indicator.statistic
    if binding.verb == "section_class":
        return (int(goal.value), True) if isinstance(goal.value, Fraction) else None
    at_most, worse = statistic.get("at_most"), statistic.get("worse_than")
    chosen = at_most if at_most is not None else worse
    return (int(chosen), at_most is not None) if isinstance(chosen, int | Decimal | str) else None


def _of(quota: Quota, sections: Collection[str]) -> bool:
    """Say whether a quota is of one of the sections, or of their number."""
    return quota.kind == "sections" or quota.part.partition("/")[0] in sections


def _main(binding: Binding, quotas: Sequence[Quota], names: Callable[[Quota], str]) -> Quota | None:
    """Return the quota that decides the status: the count of sections, else a factor that is lost, open, or safe.

    Quotas of sections that fail now come first: a factor of one that keeps its class decides nothing.
    """
    if not quotas or binding.verb in SECTION_SHARES:
        return quotas[0] if quotas else None
    for state in ("lost", "open"):
        found = [quota for quota in quotas if quota.state == state]
        if found:
            return replace(found[0], text=f"{names(found[0])}：{found[0].text}")
    return quotas[0]


def _section_words(quotas: Sequence[Quota], outlooks: Sequence[SectionOutlook], names: Callable[[Quota], str]) -> str:
    beyond = {outlook.section for outlook in outlooks if outlook.failing}
    words = [quota.text for quota in quotas if quota.kind == "sections"]
    for quota in quotas:
        section = quota.part.partition("/")[0]
        if quota.kind == "section_mean" and (section in beyond or len(outlooks) == 1):
            words.append(f"{names(quota)}：{quota.text}")
    return "；".join(words)


def _factor_name(outlooks: Sequence[SectionOutlook], catalog: Catalog) -> Callable[[Quota], str]:
    """Return what names the section and factor of a quota: 云溪河入湖口氨氮."""
    sections = {outlook.section: outlook.name for outlook in outlooks}

    def name(quota: Quota) -> str:
        section, _, rest = quota.part.partition("/")
        parameter = rest.partition("/")[0]
        factor = catalog.parameters.get(parameter)
        return f"{sections.get(section, section)}{factor.zh if factor else parameter}"

    return name
