"""What is left of an amount or a ratio that only its decider values: tonnes, numbers, ratio points. 余额。"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError
from qingce.core.rounding import Exact
from qingce.outlook.quota_amount import amount_parts, amount_quota
from qingce.thread.binding import Binding, period_text
from qingce.thread.goal import Goal
from qingce.thread.official import Official
from qingce.thread.quotas import Stretch
from qingce.thread.quotas_parts import Share
from qingce.thread.rest import Rest, Splitting
from qingce.thread.status import printed_places

__all__ = ["amount_rest", "index_rest"]

PERCENT = "%"
ADDED = ("t",)
"""Units whose amounts add up over counties; ratios and numbers of things do not."""


def amount_rest(
    binding: Binding,
    goal: Goal | None,
    official: Official | None,
    *,
    stretch: Stretch,
    split: Splitting,
    catalog: Catalog,
) -> Rest:
    """Return what an official value leaves to its target, an amount also by county where shares are given.

    The words name the unit that the plan prints, 万吨, where it is one of the indicator's.
    """
    indicator, basis, scope = binding.indicator, binding.basis, binding.scope
    side = goal.one_sided(indicator.direction) if goal is not None and indicator is not None else None
    if indicator is None or basis is None or side is None or official is None or official.value is None:
        return Rest()
    value, (target, comparator) = Fraction(official.value), side
    unit = official.unit or indicator.unit
    shown, per = _printed(binding.target.unit, unit, catalog)
    quota = amount_quota(
        value,
        target=target,
        comparator=comparator,
        step=basis.step,
        unit=unit,
        shown=shown,
        per=per,
        kind="points" if unit == PERCENT else "amount",
        over=not stretch.left and official.period == stretch.period,
    )
    step = Decimal(1).scaleb(-max(printed_places(value), printed_places(target)))
    text = f"{quota.text}（{period_text(official.period)}认定值）"
    profile = split.profiles.of(binding.target.id, indicator.id)
    given = {"hand": profile.county_weights, "population": profile.population}.get(profile.counties, {})
    names = split.counties.get(scope.subjects[0], {}) if scope is not None and scope.kind == "region" else {}
    if unit not in ADDED or not names or any(code not in given for code in names):
        return Rest((quota,), text=text)
    weights: dict[str, Exact] = {code: given[code] for code in names}
    parts = amount_parts(quota, weights, step=step, names=dict(names), shown=shown, per=per)
    shares = {code: Fraction(given[code]) for code in names}
    share = Share(binding.target.id, "county", profile.counties, shares, names)
    return Rest((quota, *parts), text=text, shares=(share,) if parts else ())


def _printed(given: str, inside: str, catalog: Catalog) -> tuple[str, Fraction]:
    """Return the unit that words name and how many inside units it is: the plan's own, else the inside one."""
    if inside == PERCENT:
        return "", Fraction(1)
    try:
        return given, Fraction(catalog.units.factor(given, inside))
    except QingceError:
        return catalog.units.shown(inside), Fraction(1)


def index_rest(binding: Binding, goal: Goal | None, value: Fraction | None, *, stretch: Stretch) -> Rest:
    """Return the room of a sum of several statistics, such as the composite index, as it stands to date.

    Its terms are means and percentiles, each by its own days: no single figure says what the days left may bring.
    """
    indicator, basis = binding.indicator, binding.basis
    side = goal.one_sided(indicator.direction) if goal is not None and indicator is not None else None
    if indicator is None or basis is None or side is None or value is None:
        return Rest()
    target, comparator = side
    quota = amount_quota(
        value,
        target=target,
        comparator=comparator,
        step=basis.step,
        unit=indicator.unit,
        shown=" ",
        kind="index",
        over=not stretch.left,
    )
    quota = replace(quota, text=quota.text.strip(), series=basis.series)
    return Rest((quota,), text=f"{quota.text}（按目前值）")
