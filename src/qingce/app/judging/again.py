"""A later build judges only what came since an earlier one: days touched, sections and sites changed. 增量评价。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.judging.judged import (
    AIR,
    AREAS,
    FACTS,
    HELD,
    Judged,
    in_order,
    midnight,
    months_of,
    quality_of,
    recent,
    sites_of,
    years_of,
)
from qingce.catalog import Catalog
from qingce.core.ports import Lake
from qingce.evaluate.air.again import evaluate_air_days_again
from qingce.evaluate.air.days import AirDays

__all__ = ["Earlier", "judge_again"]

Row = dict[str, Any]
_MANY = 2
"""When more than one in so many days is touched, judging everything is no dearer."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier build judged, up to which day, and the version of the lake that it saw."""

    judged: Judged
    head: str
    as_of: date


@dataclass(frozen=True, slots=True)
class _Since:
    """Which days of which sites came since, up to the day asked for."""

    days: dict[str, set[date]]

    def of(self, sites: Iterable[str]) -> set[date]:
        """Return the days touched at some sites."""
        return {day for site in sites for day in self.days.get(site, ())}


def judge_again(
    lake: Lake, lists: tuple[pa.Table, pa.Table], earlier: Earlier, *, catalog: Catalog, as_of: date
) -> Judged | None:
    """Return what `judge` says of (sites, exceptions), judging only what came since; None where everything must be.

    Lists, content and code must be those of the earlier build.
    """
    sites, exceptions = lists
    since = _since(lake, earlier, as_of)
    air, sections = sites_of(sites, "air_site"), sites_of(sites, "section")
    if since is None or set(air) & set(sections):
        return None
    end = midnight(as_of + timedelta(1))
    days = _air_days(lake, earlier, since, lists=(air, sites, exceptions), catalog=catalog)
    if days is None:
        return None
    months = earlier.judged.months
    if since.of(sections):
        months = months_of(lake, sections, end, sites=sites, catalog=catalog)
    unlisted = sorted({*earlier.judged.unlisted, *since.days} - {*air, *sections})
    order = [*sorted(air), *sorted(sections), *unlisted]
    return Judged(
        site_days=days.site_days,
        city_days=days.city_days,
        months=months,
        quality=_quality(lake, earlier, since, sites=sites, order=order, catalog=catalog, as_of=as_of),
        hours=recent(lake, end),
        unlisted=tuple(unlisted),
    )


def _since(lake: Lake, earlier: Earlier, as_of: date) -> _Since | None:
    """Return what was appended since, and what lay beyond the earlier day; None for another lake or an earlier day."""
    changed = lake.changed("observation", head=earlier.head)
    if changed is None or as_of < earlier.as_of:
        return None
    days: dict[str, set[date]] = {}
    for site, day in zip(changed["site"].to_pylist(), changed["day"].to_pylist(), strict=True):
        if day <= as_of:
            days.setdefault(site, set()).add(day)
    if as_of > earlier.as_of:
        begin, end = midnight(earlier.as_of + timedelta(1)), midnight(as_of + timedelta(1))
        rows = lake.scan("observation", columns=["site", "time"], start=begin, end=end)
        pairs = pa.table([rows["site"], rows["time"].cast(pa.date32(), safe=False)], names=["site", "day"])
        for row in pairs.group_by(["site", "day"], use_threads=False).aggregate([]).to_pylist():
            days.setdefault(row["site"], set()).add(row["day"])
    return _Since(days)


def _air_days(
    lake: Lake, earlier: Earlier, since: _Since, *, lists: tuple[list[str], pa.Table, pa.Table], catalog: Catalog
) -> AirDays | None:
    air, sites, exceptions = lists
    before = AirDays(earlier.judged.site_days, earlier.judged.city_days)
    touched = since.of(air)
    if not touched:
        return before
    if not before.site_days.num_rows or _MANY * len(touched) > pc.count_distinct(before.site_days["day"]).as_py():
        return None
    rows = pa.concat_tables([
        lake.scan("observation", columns=AIR, where={"site": air}, start=midnight(first), end=midnight(after))
        for first, after in _runs(touched)
    ])  # fmt: skip
    return evaluate_air_days_again(
        before, rows, sites, exceptions=exceptions, touched=touched, catalog=catalog, areas=AREAS
    )


def _quality(
    lake: Lake, earlier: Earlier, since: _Since, *, sites: pa.Table, order: list[str], catalog: Catalog, as_of: date
) -> pa.Table:
    """Return the quality facts: those of sites with something new told again, the others as they were."""
    found: dict[str, list[Row]] = {}
    for row in earlier.judged.quality.to_pylist():
        if row["site"] not in since.days:
            found.setdefault(row["site"], []).append(row)
    if since.days:
        end = midnight(as_of + timedelta(1))
        held = lake.extent("observation", HELD, end=end)
        held = held.filter(pc.is_in(held["site"], value_set=pa.array(sorted(since.days))))
        years = years_of(lake, held, end=end, columns=FACTS, catalog=catalog, sites=sorted(since.days))
        for fact in in_order([fact for year in years for fact in year.facts(catalog)], order):
            found.setdefault(str(fact["site"]), []).append(fact)
    return quality_of([row for site in order for row in found.get(site, ())], sites, catalog=catalog, as_of=as_of)


def _runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield runs of consecutive days: the first, and the day after the last."""
    ordered = sorted(days)
    first = ordered[0]
    for day, following in zip(ordered, [*ordered[1:], None], strict=True):
        if following is None or following > day + timedelta(1):
            yield first, day + timedelta(1)
            first = following or first
