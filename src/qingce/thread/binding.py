"""Each target bound to an indicator, a scope and a deadline, or listed with the reason why not. 绑定。"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError, complain
from qingce.core.periods import Period, five_year_plan_of, last_day_of, parse_period
from qingce.core.records import Document, Indicator, Reading, Target, Task
from qingce.thread.basis import Basis, Settings, basis_of, settings_of
from qingce.thread.scope import Scope, Site, resolve_scope

__all__ = ["Binding", "REASON_ZH", "assessed_period", "bind", "counted_period"]

REASON_ZH = {
    "placeholder": "数值为占位符，文件没有给出",
    "delegated": "数值由上级另行下达，未见下达文件",
    "qualitative": "定性表述，没有可比较的数值",
    "no_indicator": "没有对应的已登记指标",
    "ambiguous": "可能指多个对象，需要确认",
    "no_deadline": "没有写明时限",
    "no_data": "没有监测数据或清单",
    "approximate": "“左右”没有规定允许偏差，须人工判定",
    "awaiting_official": "待反馈：数值由认定单位给出，尚未收到",
    "awaiting_baseline": "待基数：相对目标缺少基准年数值",
    "incomplete": "数据不全，不能判定",
    "not_begun": "时段未开始",
    "no_value_yet": "时段刚开始，还没有数据",
    "superseded": "已被后来的文件改变或撤销",
}
_WINDOW = re.compile(r"R/--(\d\d)-?(\d\d)?/--(\d\d)-?(\d\d)?$")
_SPAN = re.compile(r"(\d{4})-Q\d$|\d{4}-\d\d(?:-\d\d)?/\d{4}-\d\d(?:-\d\d)?$")
_PART = re.compile(r"(?:(?P<half>[上下])半年|第?(?P<quarter>[一二三四1-4])季度)$")
_QUARTERS = {name: 1 + place % 4 for place, name in enumerate("一二三四1234")}
_YEAR = 366
_YEARLY = ("年均", "年平均", "全年")


_REACHED = frozenset(
    [
        "mean",
        "percentile",
        "day_share",
        "day_share_above",
        "day_count",
        "composite",
        "section_share",
        "section_class",
        "section_target_share",
        "water_index",
        "water_index_change",
    ]
)
"""Statistics that days of air and months of sections answer; a value of any other comes from the official side."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A target and what it is judged by; `bound` False carries the `reason`."""

    target: Target
    document: Document
    clause_id: str
    owners: str
    indicator: Indicator | None
    scope: Scope | None
    basis: Basis | None
    deadline_day: date | None
    bound: bool
    reason: str = ""
    reason_text: str = ""
    confirmed: bool = False
    answered: bool = False

    @property
    def verb(self) -> str:
        """The declared statistic of the indicator, empty without one; `none` for one that needs other tables."""
        if self.indicator is None:
            return ""
        verb = str(self.indicator.statistic.get("verb", "none"))
        return verb if verb in _REACHED or self.answered else "none"

    @property
    def pointwise(self) -> bool:
        """Whether points of a medium answer, which have neither days nor months of their own."""
        return self.verb not in _REACHED and self.verb != "none"

    @property
    def accumulates(self) -> bool:
        """Whether the figure adds up over years until the deadline."""
        return self.indicator is not None and "accumulates" in self.indicator.statistic

    @property
    def since(self) -> int | None:
        """The first year of what adds up until the deadline; None where a figure is that of its own year.

        It is the year a deadline's interval begins, else the year after the base year, else the first of the five-year
        plan of the deadline.
        """
        if not self.pointwise or not self.accumulates:
            return None
        printed = self.target.deadline
        if "/" in printed and not printed.startswith("R/"):
            return parse_period(printed).start.year
        if self.target.base_year:
            return self.target.base_year + 1
        return five_year_plan_of(self.deadline_day.year).start.year if self.deadline_day else None

    @property
    def relative(self) -> bool:
        """Whether the target is a change against a base year."""
        return self.target.comparator in ("decrease_by", "increase_by")


def bind(
    readings: Iterable[Reading],
    catalog: Catalog,
    sites: pa.Table,
    *,
    region: str,
    as_of: date,
    settings: Settings | None = None,
    document_regions: Mapping[str, str] | None = None,
    confirmed: Collection[str] = (),
    superseded: Mapping[str, str] | None = None,
    answered: Collection[str] = (),
) -> tuple[Binding, ...]:
    """Bind every target of the documents, in text order.

    `region` is the campaign's region code; `document_regions` names that of a document where it differs, else a
    document of a higher level is taken to speak of the region above. `superseded` tells by target id what took the
    place of a target: it is listed, and judged no more. `answered` are the indicators that judged points of
    other media answer. Raises QC110 for an unknown region or indicator, QC403 and QC404 for settings.
    """
    rows = sites.to_pylist()
    found = []
    for reading in readings:
        home = (document_regions or {}).get(reading.document.id) or _home(reading.document, region, catalog)
        for target in reading.targets:
            given = settings_of(settings or {}, target.id)
            binding = _start(reading, target, confirmed)
            binding = _to_indicator(binding, given, catalog)
            binding = _answered(binding, answered)
            binding = _to_basis(binding, settings or {})
            binding = _to_scope(binding, given, home=home, catalog=catalog, sites=rows)
            binding = _to_deadline(binding, given, as_of)
            found.append(_over(_refused(binding), superseded or {}))
    return tuple(found)


def assessed_period(binding: Binding, as_of: date) -> Period | None:
    """Return the period a target is judged on: the deadline's year, or the year of `as_of` before that.

    A yearly window (秋冬季) is the last one begun; a quarter, half a year or months from … to … that the words give
    for the figure itself are that very period. None without a deadline.
    """
    if binding.deadline_day is None:
        return None
    window = _WINDOW.match(binding.target.deadline)
    if window:
        return _season(window, as_of)
    own = _own_months(binding)
    if own is not None:
        return own
    return Period.year(min(binding.deadline_day.year, as_of.year))


def _own_months(binding: Binding) -> Period | None:
    """Return the months whose figure is meant: 2026年第二季度, 上半年, 2025年10月至2026年3月; None for a date by which.

    第二季度末 and 6月底前 are dates by which; what is of the year (年均) stays so whatever the date.
    """
    target, day = binding.target, binding.deadline_day
    if day is None or binding.verb == "none" or binding.pointwise or any(word in target.quote for word in _YEARLY):
        return None
    if _SPAN.match(target.deadline):
        found = parse_period(target.deadline)
        return found if found.days <= _YEAR and found.kind != "year" else None
    words = next((reason.words for reason in target.reasons if reason.field == "deadline"), "")
    part = _PART.search(words)
    if part is None or len(target.deadline) != len("2026-06"):
        return None
    if part["half"]:
        found = Period(date(day.year, 1 if part["half"] == "上" else 7, 1), day)
    else:
        found = Period.quarter(day.year, _QUARTERS[part["quarter"]])
    return found if found.end == day else None


def counted_period(binding: Binding, period: Period) -> Period:
    """Return over what the figure of a period counts: what adds up counts from the first year of the target's own."""
    first = binding.since
    return period if first is None or first >= period.start.year else Period(date(first, 1, 1), period.end)


def _start(reading: Reading, target: Target, confirmed: Collection[str]) -> Binding:
    return Binding(
        target=target,
        document=reading.document,
        clause_id=_clause(reading, target),
        owners=_owners(reading.tasks, target),
        indicator=None,
        scope=None,
        basis=None,
        deadline_day=None,
        bound=True,
        confirmed=target.id in confirmed,
    )


def _refuse(binding: Binding, reason: str, detail: str = "") -> Binding:
    """Keep the first reason met."""
    if not binding.bound:
        return binding
    text = REASON_ZH[reason] + (f"（{detail}）" if detail else "")
    return replace(binding, bound=False, reason=reason, reason_text=text)


def _refused(binding: Binding) -> Binding:
    """Refuse what the words themselves leave open, whatever else was found."""
    target = binding.target
    if target.kind in ("placeholder", "delegated", "qualitative"):
        cleared = replace(binding, bound=True)
        return _refuse(cleared, target.kind, target.value_text)
    if target.value is None:
        return _refuse(replace(binding, bound=True), "qualitative")
    return binding


def _over(binding: Binding, superseded: Mapping[str, str]) -> Binding:
    """A target that a later document changed or withdrew is no longer judged, whatever else was found."""
    if binding.target.id not in superseded:
        return binding
    return _refuse(replace(binding, bound=True), "superseded", superseded[binding.target.id])


def _to_indicator(binding: Binding, given: Mapping[str, str], catalog: Catalog) -> Binding:
    target = binding.target
    name = given.get("indicator") or target.indicator_id
    if name:
        return replace(binding, indicator=catalog.indicator(name))
    medium = {"蓝天": "air", "碧水": "surface_water"}.get(target.battle, "")
    indicator, why = catalog.find_indicator(target.indicator, unit=target.unit, hint_medium=medium)
    if indicator is None:
        return _refuse(binding, "ambiguous" if "多个指标" in why else "no_indicator", why)
    return replace(binding, indicator=indicator)


def _answered(binding: Binding, answered: Collection[str]) -> Binding:
    """Mark a target whose indicator judged points of another medium answer."""
    known = binding.indicator is not None and binding.indicator.id in answered
    return replace(binding, answered=True) if known else binding


def _to_basis(binding: Binding, settings: Settings) -> Binding:
    if binding.indicator is None:
        return binding
    return replace(binding, basis=basis_of(binding.indicator, binding.target, settings))


def _to_scope(
    binding: Binding, given: Mapping[str, str], *, home: str, catalog: Catalog, sites: Sequence[Site]
) -> Binding:
    indicator, target = binding.indicator, binding.target
    if indicator is None:
        return binding
    computed = binding.verb != "none" and not binding.pointwise
    scope = _given_scope(given, sites, catalog) or resolve_scope(
        target.scope,
        region=home,
        medium=indicator.medium if computed else "",
        catalog=catalog,
        sites=sites,
        quote=target.quote,
        subject=target.indicator,
        named=binding.verb == "section_class",
    )
    if scope is None and not computed:
        here = catalog.regions.get(home)
        scope = Scope(here.code, target.scope or here.name, "region", (here.code,), (here.name,), "按计划所在行政区")
    if scope is None:
        words = f"“{target.indicator}”的范围“{target.scope}”不能对应到行政区或断面清单"
        listed = not indicator.medium.endswith("water") or any(site["kind"] == "section" for site in sites)
        return _refuse(binding, "ambiguous" if listed else "no_data", words if listed else "没有断面清单")
    return replace(binding, scope=scope)


def _given_scope(given: Mapping[str, str], sites: Sequence[Site], catalog: Catalog) -> Scope | None:
    if "sections" in given:
        codes = [code.strip() for code in given["sections"].split(",")]
        names = {str(site["site"]): str(site["name"]) for site in sites}
        unknown = [code for code in codes if code not in names]
        if unknown:
            words: dict[str, object] = {"key": "sections", "value": "、".join(unknown), "allowed": "、".join(names)}
            raise complain("QC404", words=words)
        code = given.get("scope", "+".join(codes))
        labels = tuple(names[code] for code in codes)
        return Scope(code, "、".join(labels), "sections", tuple(codes), labels, "按设置")
    if "scope" in given:
        region = catalog.regions.get(given["scope"])
        return Scope(region.code, region.name, "region", (region.code,), (region.name,), "按设置")
    return None


def _to_deadline(binding: Binding, given: Mapping[str, str], as_of: date) -> Binding:
    printed = given.get("deadline", binding.target.deadline)
    if not printed:
        return _refuse(binding, "no_deadline")
    if printed.startswith("R/"):
        window = _WINDOW.match(printed)
        end = _season(window, as_of).end if window else date(as_of.year, 12, 31)
        return replace(binding, deadline_day=end)
    try:
        day = last_day_of(printed)
    except QingceError:
        return _refuse(binding, "no_deadline", f"“{printed}”不是日期")
    if printed != binding.target.deadline:
        binding = replace(binding, target=replace(binding.target, deadline=printed))
    return replace(binding, deadline_day=day)


def _season(window: re.Match[str], as_of: date) -> Period:
    """Return the last begun window of the year, which may cross the year's end."""
    month, day, last_month, last_day = (int(part) if part else 0 for part in window.groups())
    for year in (as_of.year, as_of.year - 1):
        found = Period.season(year, (month, day or 1), (last_month, last_day or 31))
        if found.start <= as_of:
            return found
    return found


def _home(document: Document, region: str, catalog: Catalog) -> str:
    """Return the region a document speaks of: the campaign's, or the one above it at the document's level."""
    for row in catalog.regions.path(region):
        if row.level == document.level:
            return row.code
    return region


def _clause(reading: Reading, target: Target) -> str:
    """Return the id of the innermost clause that holds the target."""
    named = [c for c in reading.clauses if target.clause and target.clause in (c.id, c.path)]
    holding = [c for c in reading.clauses if c.start <= target.start < c.end]
    chosen = named or sorted(holding, key=lambda c: c.end - c.start)
    return chosen[0].id if chosen else ""


def _owners(tasks: Sequence[Task], target: Target) -> str:
    """Return the units that lead or answer for the innermost task that holds the target."""
    holding = [task for task in tasks if task.start <= target.start < task.end]
    for task in sorted(holding, key=lambda task: task.end - task.start):
        units = dict.fromkeys((*task.lead_units, *task.responsible_units))
        if units:
            return "、".join(units)
    return ""


def period_text(period: Period) -> str:
    """Name a period in Chinese: 2026年, 2026年1月1日至5月31日."""
    if period.kind == "year":
        return f"{period.start.year}年"
    first, last = period.start, period.end
    year = "" if first.year == last.year else f"{last.year}年"
    return f"{first.year}年{first.month}月{first.day}日至{year}{last.month}月{last.day}日"
