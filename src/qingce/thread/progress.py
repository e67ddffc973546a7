"""Every target's progress, quota and series: own figures beside official ones, never one over the other. 进展。"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.core.tables import OFFICIAL, PROGRESS, QUOTA, QUOTA_SHARE, SERIES, empty
from qingce.outlook import quota_rows
from qingce.outlook.question import Question
from qingce.outlook.quotas.profile import Profiles
from qingce.thread.allowances.quotas import Months, Stretch, months_of
from qingce.thread.allowances.quotas_amount import amount_rest, told_official, told_own
from qingce.thread.allowances.quotas_parts import Share, share_rows
from qingce.thread.allowances.rest import Rest, Splitting, rest_of
from qingce.thread.binding import Binding, assessed_period, period_text
from qingce.thread.figures import Days
from qingce.thread.goal import Goal, class_names, goal_of, printed_value
from qingce.thread.official import Difference, Official, Officials, difference
from qingce.thread.own import Own, each_text, judged_subjects, own_figure
from qingce.thread.pace import Pace, pace_of
from qingce.thread.questions import question_of
from qingce.thread.status import Facts, Status, figure_decimals, judge, printed_places
from qingce.thread.values import carried_period

__all__ = ["Progress", "progress"]

AIR, ASSESSED, SECTION = "air_site", "评价点", "section"
WHOLE = ("composite", "water_index", "water_index_change")
"""Verbs whose figure is told as a whole: what is left of it is its distance from the target."""


@dataclass(frozen=True, slots=True)
class Progress:
    """PROGRESS (one row a target), QUOTA, SERIES, QUOTA_SHARE; and what the outlook is asked."""

    progress: pa.Table
    quota: pa.Table
    series: pa.Table
    shares: pa.Table
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a target is judged from."""

    rows: Mapping[str, Mapping[str, object]]
    officials: Officials
    days: Days
    months: Mapping[str, Months]
    catalog: Catalog
    as_of: date
    split: Splitting


@dataclass(frozen=True, slots=True)
class Judged:
    """All that is known of one target on the day."""

    binding: Binding
    goal: Goal | None
    own: Own | None
    official: Official | None
    gap: Difference
    status: Status
    pace: Pace
    rest: Rest
    each: str = ""


def progress(
    bindings: Iterable[Binding],
    values: pa.Table,
    official: pa.Table | None = None,
    *,
    catalog: Catalog,
    as_of: date,
    days: pa.Table | None = None,
    section_months: pa.Table | None = None,
    sites: pa.Table | None = None,
    known_at: datetime | None = None,
    profiles: Profiles | None = None,
) -> Progress:
    """Judge every binding on a day from VALUE rows, OFFICIAL rows and the day and month tables behind them.

    `profiles` say by what quotas are split over months and counties; `known_at` leaves out official values not yet
    known then. Raises QC400 for a comparison that no verdict knows, QC402 for a county without its weight.
    """
    officials = Officials(official if official is not None else empty(OFFICIAL), known_at=known_at)
    places = sites.to_pylist() if sites is not None else []
    desk = Desk(
        rows={str(row["id"]): row for row in values.to_pylist()},
        officials=officials,
        days=Days(days, catalog),
        months=months_of(section_months, places, officials, until=as_of) if section_months is not None else {},
        catalog=catalog,
        as_of=as_of,
        split=_splitting(places, profiles or Profiles()),
    )
    rows, quotas, series = [], [], list[Mapping[str, object]]()
    shares = list[Share]()
    questions = list[Question]()
    for binding in bindings:
        judged = _judge(binding, desk)
        asked = question_of(binding, judged.goal, as_of=as_of)
        questions += [asked] if asked else []
        rows.append(_row(judged))
        quotas.append(quota_rows(binding.target.id, judged.rest.quotas))
        series += judged.rest.series
        shares += judged.rest.shares
    return Progress(
        pa.Table.from_pylist(rows, schema=PROGRESS),
        pa.concat_tables([empty(QUOTA), *quotas]),
        pa.Table.from_pylist(series, schema=SERIES),
        pa.Table.from_pylist(share_rows(shares), schema=QUOTA_SHARE),
        tuple(questions),
    )


def _splitting(places: Iterable[Mapping[str, object]], profiles: Profiles) -> Splitting:
    """Return how quotas are split, with the counties of each city that have assessed air sites, and of sections."""
    counties: dict[str, dict[str, str]] = {}
    sites: dict[str, int] = {}
    sections: dict[str, tuple[str, str]] = {}
    for row in places:
        if row["kind"] == SECTION and row["county"]:
            sections[str(row["site"])] = str(row["county"]), str(row["county_name"] or row["county"])
        city, county = str(row["city"] or ""), str(row["county"] or "")
        if row["kind"] == AIR and ASSESSED in str(row["roles"] or "") and city and county:
            counties.setdefault(city, {})[county] = str(row["county_name"] or county)
            sites[county] = sites.get(county, 0) + 1
    return Splitting(profiles, {city: dict(sorted(names.items())) for city, names in counties.items()}, sites, sections)


def _judge(binding: Binding, desk: Desk) -> Judged:
    nothing = Judged(binding, None, None, None, Difference(None, ""), Status("unbound", ""), Pace(), Rest())
    period = assessed_period(binding, desk.as_of)
    if not binding.bound or binding.indicator is None or period is None:
        text = f"未绑定：{binding.reason_text}"
        return replace(nothing, status=Status("unbound", text, binding.reason, binding.reason_text))
    stretch = Stretch(period, desk.as_of)
    if not stretch.begun:
        goal = goal_of(binding, desk.catalog, base=_baseline(binding, desk))
        waiting = judge(_facts(goal, None, reason="not_begun", detail=period_text(period)))
        return replace(nothing, goal=goal, status=waiting)
    carried = carried_period(binding, desk.as_of)
    own = own_figure(binding, desk.rows, period=stretch.behind)
    official = _official(binding, stretch, desk)
    goal = goal_of(
        binding, desk.catalog, base=_baseline(binding, desk), reported=official.unit if official is not None else ""
    )
    rest = _rest(binding, goal, desk, stretch=stretch)
    if binding.verb == "none" or binding.verb in WHOLE or binding.pointwise:
        told = told_official(binding, official, stretch) if binding.verb == "none" else told_own(binding, own, stretch)
        rest = amount_rest(binding, goal, told, stretch=stretch, split=desk.split, catalog=desk.catalog)
    status = _status(binding, goal, own=own, official=official, rest=rest, desk=desk)
    later = _rest(binding, goal, desk, stretch=Stretch(carried, desk.as_of), part=str(carried)) if carried else Rest()
    pace = pace_of(binding, desk.rows, stretch=Stretch(carried, desk.as_of) if carried else stretch)
    return Judged(
        binding=binding,
        goal=goal,
        own=own,
        official=official,
        gap=_gap(binding, own, official, stretch=stretch, desk=desk),
        status=status,
        pace=pace_of(binding, desk.rows, stretch=stretch, later=pace if carried else None),
        rest=rest.then(later),
        each=each_text(binding, desk.rows, goal, period=stretch.behind),
    )


def _rest(binding: Binding, goal: Goal, desk: Desk, *, stretch: Stretch, part: str = "") -> Rest:
    return rest_of(
        binding,
        goal,
        stretch=stretch,
        days=desk.days,
        months=desk.months,
        catalog=desk.catalog,
        judged=judged_subjects(binding, desk.rows, period=stretch.behind) if stretch.begun else (),
        part=part,
        split=desk.split,
    )


def _baseline(binding: Binding, desk: Desk) -> Fraction | None:
    """Return the base year's value: as set, else official, else our own; None without any."""
    year = binding.target.base_year
    if binding.basis is not None and binding.basis.baseline is not None:
        return Fraction(binding.basis.baseline)
    if not binding.relative or not year or binding.indicator is None or binding.basis is None:
        return None
    period = Period.year(year)
    found = desk.officials.find(binding.indicator.id, _scopes(binding), period=period, series=binding.basis.series)
    if found is not None and found.value is not None:
        return Fraction(found.value)
    own = own_figure(binding, desk.rows, period=period)
    return own.value if own is not None else None


def _scopes(binding: Binding) -> tuple[str, ...]:
    """Return the scopes an official value may be filed under: the exact one, then the region of its 国考 sections."""
    if binding.scope is None:
        return ()
    code = binding.scope.code
    region, _, roles = code.partition("~")
    return (code, region) if roles == "国考" else (code,)


def _official(binding: Binding, stretch: Stretch, desk: Desk) -> Official | None:
    """Return the official value of the period, else of the part of it that is reported last.

    An indicator that only its decider can value takes the last one of any earlier period.
    """
    indicator, basis = binding.indicator, binding.basis
    if indicator is None or basis is None:
        return None
    scopes = _scopes(binding)
    for period in (stretch.period, stretch.behind):
        exact = desk.officials.find(indicator.id, scopes, period=period, series=basis.series)
        if exact is not None:
            return exact
    kin = [row for scope in scopes for row in desk.officials.all(indicator.id, scope)]
    known = [row for row in kin if row.period.end <= desk.as_of]
    if binding.verb != "none":
        known = [row for row in known if row.period.start == stretch.period.start]
    return max(known, key=lambda row: (row.period.end, row.period.start), default=None)


def _status(
    binding: Binding, goal: Goal, *, own: Own | None, official: Official | None, rest: Rest, desk: Desk
) -> Status:
    indicator, basis, deadline = binding.indicator, binding.basis, binding.deadline_day
    if indicator is None or basis is None or deadline is None:
        return Status("unbound", "")
    stretch = Stretch(assessed_period(binding, desk.as_of) or Period(deadline, deadline), desk.as_of)
    value, source, final = _effective(own, official, stretch=stretch, decider=basis.decider)
    if binding.verb == "none" and value is None:
        return judge(_facts(goal, None, reason="awaiting_official", detail=f"认定单位：{basis.decider}"))
    detail = own.why if own is not None else ""
    if own is not None and own.reason == "incomplete":
        each = each_text(binding, desk.rows, goal, period=stretch.behind)
        detail = "；".join(word for word in (own.why, each) if word)
    reason = own.reason if own is not None else "no_data"
    if reason == "no_data" and _none_yet(binding, stretch, desk):
        reason = "no_value_yet"
    facts = _facts(goal, value, reason=reason, detail="" if reason == "no_value_yet" else detail)
    return judge(
        replace(
            facts,
            step=basis.step,
            source=source,
            final=final and deadline <= desk.as_of,
            deadline=deadline,
            quota=rest.main,
            persisted=rest.persisted if final is False else None,
            rest=rest.repeated,
            decimals=printed_places(value) if binding.verb == "none" else figure_decimals(indicator),
            names=class_names(indicator, desk.catalog, deadline),
            passing=stretch.period.end < deadline,
            months="" if stretch.period.kind == "year" else period_text(stretch.period),
        )
    )


def _none_yet(binding: Binding, stretch: Stretch, desk: Desk) -> bool:
    """Say whether a period still running merely has no figure yet: that of a year before had one."""
    before = (own_figure(binding, desk.rows, period=span.year_before()) for span in (stretch.period, stretch.behind))
    return bool(stretch.left) and any(own is not None and own.value is not None for own in before)


def _facts(goal: Goal, value: Fraction | None, *, reason: str, detail: str) -> Facts:
    return Facts(goal, None, value, "", final=False, deadline=None, reason=reason, detail=detail)


def _effective(
    own: Own | None, official: Official | None, *, stretch: Stretch, decider: str
) -> tuple[Fraction | None, str, bool]:
    """Return the value that counts, what it is called, and whether its period is over: the official one wins."""
    over = not stretch.left
    if official is not None and official.value is not None and official.period in (stretch.period, stretch.behind):
        return Fraction(official.value), f"认定，{official.issuer}", over
    if own is not None and own.value is not None:
        return own.value, f"测算，待{decider}认定" if decider else "测算", over
    if official is not None and official.value is not None:
        return Fraction(official.value), f"认定，{official.issuer}，{period_text(official.period)}", False
    return None, "", over


def _gap(binding: Binding, own: Own | None, official: Official | None, *, stretch: Stretch, desk: Desk) -> Difference:
    basis = binding.basis
    if official is None or own is None or basis is None:
        return Difference(None, "")
    if official.period not in (stretch.period, stretch.behind):
        return Difference(None, f"认定值所属时段为{period_text(official.period)}，与测算时段不同，不作差")
    if official.period != stretch.behind:
        return Difference(None, f"认定值为全时段{period_text(official.period)}，测算到 {desk.as_of}，不作差")
    other = own_figure(
        binding, desk.rows, period=stretch.behind, series="measured" if basis.series == "deducted" else "deducted"
    )
    return difference(
        official,
        own.value,
        series=basis.series,
        review=own.review,
        other=other.value if other is not None else None,
        days=abs((other.n or 0) - (own.n or 0)) if other is not None else 0,
        stations=basis.stations,
    )


def _row(judged: Judged) -> dict[str, object]:
    """Put everything into one row of PROGRESS."""
    binding, goal = judged.binding, judged.goal
    target, document, indicator, basis = binding.target, binding.document, binding.indicator, binding.basis
    return {
        "target_id": target.id,
        "document_id": document.id,
        "document_number": document.number,
        "clause_id": binding.clause_id,
        "battle": target.battle or (indicator.battle if indicator else ""),
        "indicator_id": indicator.id if indicator else "",
        "indicator_name": indicator.zh if indicator else target.indicator,
        "scope": binding.scope.code if binding.scope else "",
        "scope_name": binding.scope.name if binding.scope else target.scope,
        "comparator": target.comparator,
        "target_value": printed_value(target.value),
        "unit": indicator.unit if indicator else target.unit,
        "target_text": goal.text if goal else target.value_text,
        "basis": basis.text if basis else "",
        "series": basis.series if basis else "",
        "rounding": basis.rounding if basis else "",
        "decider": basis.decider if basis else "",
        "deadline": target.deadline,
        "deadline_day": binding.deadline_day,
        "bound": judged.status.code != "unbound",
        "reason": judged.status.reason,
        "reason_text": judged.status.reason_text,
        "status": judged.status.code,
        "status_text": judged.status.text,
        "owners": binding.owners,
        "quote": target.quote,
        "start": target.start,
        "end": target.end,
        "confirmed": binding.confirmed,
        **_figures(judged),
    }


def _figures(judged: Judged) -> dict[str, object]:
    own, official, gap, pace = judged.own, judged.official, judged.gap, judged.pace
    found: dict[str, object] = {
        "difference": _decimal(gap.value),
        "difference_text": gap.text,
        "last_year_value": _decimal(pace.last_year),
        "change": _decimal(
            own.value - pace.last_year if own and own.value is not None and pace.last_year is not None else None
        ),
        "pace_text": pace.text,
        "quota_text": judged.rest.text,
    }
    if official is not None:
        found |= {"official_value": official.value, "official_review": official.review}
        found |= {"official_issuer": official.issuer, "official_number": official.number}
        found |= {"official_period": _months(official.period)}
    if own is not None:
        found |= {"own_value": _decimal(own.value), "own_text": judged.each or own.text, "own_n": own.n}
        found |= {"own_review": own.review, "own_start": own.start, "own_end": own.end, "value_id": own.id}
        found |= {"own_label": "测算"}
    return found


def _months(period: Period) -> str:
    """Write whole months of a year as officials do, 2026-01/2026-08; any other period as it is."""
    text, after = str(period), period.end + timedelta(1)
    whole = "/" in text and period.start.day == after.day == 1
    return f"{period.start:%Y-%m}/{period.end:%Y-%m}" if whole else text


def _decimal(value: Fraction | None) -> object:
    return None if value is None else as_decimal(value)
