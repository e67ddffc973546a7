"""What the hours left of today may bring for every level, at each site, county and city. 今日研判。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal, fixed
from qingce.core.tables import TODAY
from qingce.evaluate.air.rules import AQI, STATISTICS, AqiItem, AqiRules, DayItem, DayRules, aqi_rules, day_rules
from qingce.outlook.quotas.hold import Line, hold
from qingce.outlook.verdict import Bound, bound_of

__all__ = ["Subject", "today_rows"]

HOURS = 24
NAMED = 3
"""How many deciding sites are named."""

Series = Sequence[Fraction | None]


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is told: a `site`, or a `county` or `city` with its assessed sites (code → name)."""

    code: str
    name: str
    kind: str
    sites: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Site:
    """A site's day of one quantity: its figure is the highest of `lines` in what each hour left brings."""

    name: str
    lines: tuple[Line, ...]
    so_far: Fraction | None


@dataclass(frozen=True, slots=True)
class _Clock:
    day: date
    hour: datetime
    passed: int

    @property
    def left(self) -> int:
        return HOURS - self.passed


def today_rows(
    hours: pa.Table, subjects: Sequence[Subject], *, day: date, passed: int, catalog: Catalog, review: str = ""
) -> pa.Table:
    """Return TODAY: for each subject, quantity and level what the hours left of `day` may be at every site.

    `hours` are the hourly observations (site, parameter, time, value) of the day; `passed` counts the hours that are
    over, and those among them without a value are missing. A site without any hour yet, or that can no longer have a
    valid day, is left out, as the method's city rule does. The level's end and the rounding before the index are those
    of the day. Raises QC105.

    References
    ----------
    [HJ633-2026]_ table 3; [HJ663-2026]_ clause 6.1.2, table A.2.
    """
    clock = _Clock(day, datetime.combine(day, time()) + timedelta(hours=max(passed - 1, 0)), passed)
    known = _by_site(hours, clock)
    index, method = aqi_rules(catalog.method(AQI, day=day)), day_rules(catalog.method(STATISTICS, day=day))
    over = {item.quantity: _over(item, clock, catalog) for item in method.items}
    rows: list[dict[str, object]] = []
    for subject in subjects:
        found = list(_of_subject(subject, known, index=index, method=method, clock=clock, over=over, catalog=catalog))
        waived = [item for item in index.day if not item.waived_by]
        absent = [item.zh for item in waived if item.quantity not in {row["quantity"] for row in found}]
        rows += [row | {"review": review} for row in (*_wholes(found, absent), *found)]
    return pa.Table.from_pylist(rows, schema=TODAY)


def _by_site(hours: pa.Table, clock: _Clock) -> dict[tuple[str, str], list[Fraction | None]]:
    start = datetime.combine(clock.day, time())
    found: dict[tuple[str, str], list[Fraction | None]] = {}
    for row in hours.select(["site", "parameter", "time", "value"]).to_pylist():
        offset = row["time"] - start
        hour = offset.days * HOURS + offset.seconds // 3600
        if 0 <= hour < clock.passed:
            values = found.setdefault((str(row["site"]), str(row["parameter"])), [None] * clock.passed)
            values[hour] = None if row["value"] is None else Fraction(row["value"])
    return found


def _over(item: DayItem, clock: _Clock, catalog: Catalog) -> Fraction | None:
    """Return the limit over which a day counts however few its windows are, None where no rule says so."""
    if not item.limit_averaging:
        return None
    try:
        limit = catalog.limit(item.quantity, item.limit_averaging, item.limit_grade, day=clock.day)
    except QingceError:
        return None
    return Fraction(limit.value)


def _of_subject(
    subject: Subject,
    known: Mapping[tuple[str, str], Series],
    *,
    index: AqiRules,
    method: DayRules,
    clock: _Clock,
    over: Mapping[str, Fraction | None],
    catalog: Catalog,
) -> Iterator[dict[str, object]]:
    items = {item.quantity: item for item in method.items}
    for item in index.day:
        if item.quantity not in items:
            continue
        there = [
            (name, known[code, item.parameter])
            for code, name in subject.sites.items()
            if (code, item.parameter) in known
        ]
        found = [_site(name, series, items[item.quantity], left=clock.left, over=over) for name, series in there]
        sites = [site for site in found if site is not None]
        enough = bool(sites)
        if subject.kind != "site" and method.refuse_short:
            enough = len(sites) >= method.sites_needed(len(subject.sites))
        if there:
            found_rows = _levels(subject, item, sites, index=index, clock=clock, enough=enough)
            unit = catalog.parameter(item.parameter).unit
            yield from (row | {"unit": unit} for row in found_rows)


def _site(name: str, series: Series, item: DayItem, *, left: int, over: Mapping[str, Fraction | None]) -> _Site | None:
    """Return a site's day as lines, None if it can have no valid day any more."""
    values = [value for value in series if value is not None]
    if item.verb == "window_maximum":
        return _windowed(name, series, item, left=left, over=over[item.quantity])
    if not values or len(values) + left < item.at_least:
        return None
    if item.verb == "mean":
        count, total = len(values) + left, sum(values, Fraction(0))
        return _Site(name, (Line(total / count, Fraction(left, count)),), total / len(values))
    ahead = (Line(Fraction(0), Fraction(1)),) if left else ()
    return _Site(name, (Line(max(values), Fraction(0)), *ahead), max(values))


def _windowed(name: str, series: Series, item: DayItem, *, left: int, over: Fraction | None) -> _Site | None:
    lines = []
    first, last = item.ends
    for end in range(max(first, item.window), last + 1):
        past = series[end - item.window : min(end, len(series))]
        values = [value for value in past if value is not None]
        ahead = max(0, end - max(len(series), end - item.window))
        count = len(values) + ahead
        if count >= item.window_at_least:
            lines.append(Line(sum(values, Fraction(0)) / count, Fraction(ahead, count)))
    closed = [line.start for line in lines if not line.slope]
    so_far = max(closed, default=None)
    known = [value for value in series if value is not None]
    if so_far is None and known:
        so_far = sum(known[-item.window :], Fraction(0)) / len(known[-item.window :])
    short = len(lines) < item.windows_at_least
    if not known or (short and (over is None or max(closed, default=Fraction(0)) <= over)):
        return None
    return _Site(name, tuple(lines), so_far)


def _levels(
    subject: Subject, item: AqiItem, sites: Sequence[_Site], *, index: AqiRules, clock: _Clock, enough: bool
) -> Iterator[dict[str, object]]:
    """Yield a row a level that has an end on the quantity's scale and below the highest the index knows."""
    points = dict(zip(item.scale.index, item.scale.points, strict=True))
    step = None if item.decimals is None else Decimal(1).scaleb(-item.decimals)
    decimals = 1 + (item.decimals or 0)
    for level in index.levels:
        if level.high not in points or level.high >= index.cap:
            continue
        ceiling = Fraction(points[level.high], item.scale.unit)
        bound = bound_of(ceiling, "<=", step)
        state, rest = hold([site.lines for site in sites], bound) if enough else ("unknown", None)
        yield {
            "subject": subject.code, "subject_name": subject.name, "kind": subject.kind, "day": clock.day,
            "hour": clock.hour, "passed": clock.passed, "remaining": clock.left, "quantity": item.quantity,
            "quantity_name": item.zh, "level": level.level, "level_name": level.zh, "aqi": level.high,
            "ceiling": as_decimal(ceiling), "so_far": _mean_of([site.so_far for site in sites]),
            "state": state, "allowed": None if rest is None else as_decimal(rest.value),
            "exact": "" if rest is None else str(rest.value), "inclusive": bound.inclusive,
            "deciding": _deciding(subject, sites, ceiling=ceiling),
            "text": _words(state, rest, left=clock.left, held=_held(sites), decimals=decimals),
        }  # fmt: skip


def _held(sites: Sequence[_Site]) -> bool:
    """Whether every hour must keep the level, not their mean: where running means or the highest hour decide."""
    return any(len(site.lines) > 1 for site in sites)


def _mean_of(values: Sequence[Fraction | None]) -> Decimal | None:
    there = [value for value in values if value is not None]
    return as_decimal(sum(there, Fraction(0)) / len(there)) if there else None


def _deciding(subject: Subject, sites: Sequence[_Site], *, ceiling: Fraction) -> str:
    """Name the sites of a region that lie over the level's end so far, the worst first, else the highest one."""
    if subject.kind == "site":
        return ""
    ranked = sorted(
        ((site.so_far, site.name) for site in sites if site.so_far is not None), key=lambda pair: (-pair[0], pair[1])
    )
    above = [name for value, name in ranked if value > ceiling]
    return "、".join((above or [name for _, name in ranked[:1]])[:NAMED])


def _words(state: str, rest: Bound | None, *, left: int, held: bool, decimals: int) -> str:
    if state == "unknown":
        return "有效小时或站点不足，不能判定"
    if not left:
        return "今日已结束，保持在该级别" if state == "safe" else "今日已结束，超过该级别"
    if state == "lost":
        return "今日已不可能保持在该级别"
    if rest is None:
        return "余下小时不再影响，今日不会超过该级别"
    shown = fixed(rest.value, decimals)
    return f"剩余 {left} 小时{'每小时' if held else '均值'} {rest.sign} {shown}"


def _wholes(rows: Sequence[Mapping[str, object]], absent: Sequence[str]) -> Iterator[dict[str, object]]:
    """Yield, level by level, what the day as a whole still allows: every quantity must keep it."""
    order = ("lost", "unknown", "open", "safe")
    missing = f"（缺测：{'、'.join(absent)}）" if absent else ""
    for level in dict.fromkeys(row["level"] for row in rows):
        mine = [row for row in rows if row["level"] == level]
        state = min((str(row["state"]) for row in mine), key=order.index)
        told = [row for row in mine if row["state"] == state] if state != "safe" else []
        names = {"lost": "已超过", "unknown": "不能判定", "open": "须守住", "safe": "各项均不会超过"}
        factors = "、".join(str(row["quantity_name"]) for row in told)
        whole = {key: mine[0][key] for key in ("subject", "subject_name", "kind", "day", "hour", "passed", "remaining")}
        sites = dict.fromkeys(name for row in told for name in str(row["deciding"]).split("、") if name)
        yield whole | {
            "quantity": "", "quantity_name": "AQI", "level": level, "level_name": mine[0]["level_name"],
            "aqi": mine[0]["aqi"], "state": state, "exact": "", "unit": "",
            "deciding": "、".join(list(sites)[:NAMED]),
            "text": f"{names[state]}{'：' if factors else ''}{factors}{missing}",
        }  # fmt: skip
