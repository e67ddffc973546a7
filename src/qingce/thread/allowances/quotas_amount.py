"""What is left of a figure told as a whole: reported tonnes, numbers, ratio points, an index, net cuts. 余额。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError
from qingce.core.rounding import Exact
from qingce.outlook.question import Question
from qingce.outlook.quotas.profile import PROFILE_ZH, Profile
from qingce.outlook.quotas.quota import Quota
from qingce.outlook.quotas.quota_amount import amount_parts, amount_quota
from qingce.thread.allowances.quotas import Stretch
from qingce.thread.allowances.quotas_parts import Share, days_by_month
from qingce.thread.allowances.rest import Rest, Splitting
from qingce.thread.binding import Binding, period_text
from qingce.thread.goal import Goal
from qingce.thread.official import Official
from qingce.thread.own import Own
from qingce.thread.status import printed_places

__all__ = ["Told", "amount_rest", "told_amount", "told_official", "told_own"]

PERCENT, INDEX = "%", "index"
KINDS = {PERCENT: "points", INDEX: "index"}
"""Kinds of quota by unit, all others are amounts."""
ADDED = "t"
"""The unit whose amounts add up over counties; of points it is what each county adds to those of the whole."""


@dataclass(frozen=True, slots=True)
class Told:
    """A figure to be compared with a target: its unit, how it is called, whether its period is over.

    `adds`: it is reached little by little, so that months may have their share: neither a mean over the period nor
    the room below a cap that an earlier period left.
    """

    value: Fraction
    unit: str
    text: str
    over: bool
    adds: bool


def told_official(binding: Binding, official: Official | None, stretch: Stretch) -> Told | None:
    """Return an official value as it is compared, None without one."""
    if official is None or official.value is None or binding.indicator is None:
        return None
    over = not stretch.left and official.period == stretch.period
    unit = official.unit or binding.indicator.unit
    adds = official.period.start >= stretch.period.start or binding.indicator.direction == "higher"
    return Told(Fraction(official.value), unit, f"{period_text(official.period)}认定值", over, adds)


def told_own(binding: Binding, own: Own | None, stretch: Stretch) -> Told | None:
    """Return our own figure to date as it is compared, None without one.

    Its terms each go by their own days, months or projects: no single mean says what is left.
    """
    if own is None or own.value is None or binding.indicator is None:
        return None
    return Told(own.value, binding.indicator.unit, "按目前值", not stretch.left, binding.accumulates)


def told_amount(question: Question, value: Fraction, *, catalog: Catalog, over: bool) -> Quota | None:
    """Return the room of a question's figure, None where its target has no single level; raises QC400."""
    goal, unit = question.target_value, question.indicator.unit
    if not isinstance(goal, Fraction):
        return None
    shown, per = _printed(question.unit, unit, catalog)
    quota = _quota(value, (goal, question.comparator), step=question.step, unit=unit, words=(shown, per), over=over)
    return replace(quota, series=question.series)


def amount_rest(
    binding: Binding, goal: Goal | None, told: Told | None, *, stretch: Stretch, split: Splitting, catalog: Catalog
) -> Rest:
    """Return what a figure leaves to its target, what is missing or may be used also by month and by county.

    The words name the unit that the plan prints, 万吨, where it is one of the indicator's.
    """
    indicator, basis = binding.indicator, binding.basis
    side = goal.one_sided(indicator.direction) if goal is not None and indicator is not None else None
    if indicator is None or basis is None or side is None or told is None:
        return Rest()
    words = _printed(binding.target.unit, told.unit, catalog)
    quota = _quota(told.value, side, step=basis.step, unit=told.unit, words=words, over=told.over)
    quota = replace(quota, series=basis.series if quota.kind == INDEX else quota.series)
    text = f"{quota.text}（{told.text}）"
    if quota.kind == INDEX or quota.state != "open":
        return Rest((quota,), text=text)
    step = Decimal(1).scaleb(-max(printed_places(told.value), printed_places(side[0])))
    ways = [
        _by_month(binding, split, stretch) if told.adds else None,
        _by_county(binding, split) if told.unit == ADDED or (told.unit == PERCENT and told.adds) else None,
    ]
    parts, shares = list[Quota](), list[Share]()
    for way in ways:
        found = _parts(quota, way, step=step, words=words) if way is not None else ()
        parts += found
        shares += [way] if way is not None and found else []
    return Rest((quota, *parts), text=text, shares=tuple(shares))


def _quota(
    value: Fraction, side: tuple[Fraction, str], *, step: Decimal | None, unit: str, words: tuple[str, Fraction],
    over: bool,
) -> Quota:  # fmt: skip
    kind = KINDS.get(unit, "amount")
    shown, per = (" ", Fraction(1)) if kind == INDEX else words
    quota = amount_quota(
        value, target=side[0], comparator=side[1], step=step, unit=unit, shown=shown, per=per, kind=kind, over=over
    )
    return replace(quota, text=quota.text.strip())


def _parts(quota: Quota, way: Share, *, step: Decimal, words: tuple[str, Fraction]) -> tuple[Quota, ...]:
    weights: dict[str, Exact] = dict(way.weights)
    shown, per = words
    return amount_parts(quota, weights, step=step, names=dict(way.names), shown=shown, per=per)


def _by_month(binding: Binding, split: Splitting, stretch: Stretch) -> Share | None:
    """Return the shares of the months ahead: by hand, else by their days, for no year tells when amounts come."""
    months = days_by_month(stretch.ahead) if stretch.begun else {}
    if len(months) < 2 or binding.indicator is None:
        return None
    profile = split.profiles.of(binding.target.id, binding.indicator.id)
    hand = {month: Fraction(profile.month_weights.get(int(month[5:]), Decimal(0))) for month in months}
    used = "hand" if profile.months == "hand" and any(hand.values()) else "equal"
    shares = hand if used == "hand" else {month: Fraction(days) for month, days in months.items()}
    note = "" if used == profile.months else f"{PROFILE_ZH[profile.months]}没有数据，改按天数平均"
    return Share(binding.target.id, "month", used, shares, {month: month for month in months}, note)


def _by_county(binding: Binding, split: Splitting) -> Share | None:
    """Return the shares of the counties, where the profile gives every one of them its own."""
    scope, indicator = binding.scope, binding.indicator
    if scope is None or indicator is None or scope.kind != "region":
        return None
    profile, names = split.profiles.of(binding.target.id, indicator.id), split.counties.get(scope.subjects[0], {})
    given = _given(profile, names)
    if not names or any(code not in given for code in names):
        return None
    shares = {code: Fraction(given[code]) for code in names}
    return Share(binding.target.id, "county", profile.counties, shares, names) if any(shares.values()) else None


def _given(profile: Profile, names: Mapping[str, str]) -> Mapping[str, Exact]:
    """Return the weight of each county as the profile has it; of what counties had before nothing is known."""
    even: dict[str, Exact] = dict.fromkeys(names, 1)
    ways: dict[str, Mapping[str, Exact]] = {
        "hand": dict(profile.county_weights), "population": dict(profile.population), "equal": even
    }  # fmt: skip
    return ways.get(profile.counties, {})


def _printed(given: str, inside: str, catalog: Catalog) -> tuple[str, Fraction]:
    """Return the unit that words name and how many inside units it is: the plan's own, else the inside one."""
    if inside == PERCENT:
        return "", Fraction(1)
    try:
        return given, Fraction(catalog.units.factor(given, inside))
    except QingceError:
        return catalog.units.shown(inside), Fraction(1)
