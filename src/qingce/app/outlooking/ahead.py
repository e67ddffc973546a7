"""From judged tables to what is ahead: today, this month's sections, quotas' parts, the outlook. 研判。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.judging.judged import WATER
from qingce.catalog import Catalog
from qingce.core.absence import lowest
from qingce.core.periods import Period
from qingce.core.ports import Lake
from qingce.core.tables import MONTH_SECTION, TODAY, empty
from qingce.evaluate.water.flood import evaluate_flood
from qingce.outlook import Subject, Watched, month_section_rows, today_rows
from qingce.thread.allowances.quotas import Months, Stretch, months_of, outlooks_of
from qingce.thread.official import Officials

__all__ = ["hours_of", "month_sections_table", "today_table"]

ASSESSED = "评价点"


def hours_of(hours: pa.Table, day: date) -> pa.Table:
    """Return the hourly observations of one day."""
    if not hours.num_rows:
        return hours
    same = pc.equal(pc.cast(hours["time"], pa.date32()), pa.scalar(day))
    return hours.filter(pc.and_(same, pc.equal(hours["span"], "PT1H")))


def today_table(hours: pa.Table, sites: pa.Table, *, catalog: Catalog, as_of: date) -> pa.Table:
    """Return TODAY for every city, county and assessed site that has hours of the day; empty without any."""
    here = hours_of(hours, as_of)
    last: datetime | None = pc.max(here["time"]).as_py() if here.num_rows else None
    if last is None:
        return empty(TODAY)
    reviews = pc.unique(here["review"]).to_pylist()
    return today_rows(
        here,
        list(_subjects(sites, as_of)),
        day=as_of,
        passed=last.hour + 1,
        catalog=catalog,
        review=lowest(review for review in reviews if review) or "",
    )


def _subjects(sites: pa.Table, day: date) -> Iterator[Subject]:
    """Yield the cities, then the counties, then the assessed sites of the day."""
    rows = [
        row
        for row in sites.to_pylist()
        if row["kind"] == "air_site"
        and ASSESSED in str(row["roles"])
        and (row["valid_from"] or day) <= day <= (row["valid_until"] or day)
    ]
    for kind in ("city", "county"):
        for code in dict.fromkeys(row[kind] for row in rows if row[kind]):
            mine = [row for row in rows if row[kind] == code]
            names = {str(row["site"]): str(row["name"]) for row in mine}
            yield Subject(str(code), str(mine[0][f"{kind}_name"] or code), kind, names)
    for row in rows:
        yield Subject(str(row["site"]), str(row["name"]), "site", {str(row["site"]): str(row["name"])})


def month_sections_table(
    lake: Lake,
    months: pa.Table,
    sites: pa.Table,
    *,
    official: pa.Table,
    catalog: Catalog,
    as_of: date,
    flood: tuple[int, int] | None = None,
) -> pa.Table:
    """Return MONTH_SECTION of the sections that have a target class; `flood` is the season's first and last month."""
    rows = [row for row in sites.to_pylist() if row["kind"] == "section" and row["target_class"]]
    if not rows or not months.num_rows:
        return empty(MONTH_SECTION)
    begin = Period.month(as_of.year, as_of.month).start
    codes = [str(row["site"]) for row in rows]
    found = _readings(lake, codes, first=begin, last=as_of)
    known = months_of(months, rows, Officials(official))
    intensities = _flood(lake, sites, codes, catalog=catalog, as_of=as_of, flood=flood)
    sections = [
        _watched(row, known.get(str(row["site"])), months, catalog=catalog, as_of=as_of, intensities=intensities)
        for row in rows
    ]
    return month_section_rows(found, sections, as_of=as_of, catalog=catalog)


def _readings(lake: Lake, codes: list[str], *, first: date, last: date) -> pa.Table:
    start, end = (datetime.combine(day, time()) for day in (first, last + timedelta(1)))
    return lake.scan("observation", columns=WATER, where={"site": codes}, start=start, end=end)


def _watched(
    row: Mapping[str, object],
    mine: Months | None,
    months: pa.Table,
    *,
    catalog: Catalog,
    as_of: date,
    intensities: Mapping[str, Decimal],
) -> Watched:
    code, target = str(row["site"]), int(str(row["target_class"]))
    stretch = Stretch(Period.year(as_of.year), as_of)
    year = outlooks_of([code], {code: mine}, grade=target, stretch=stretch, catalog=catalog) if mine else []
    left = max((factor.quota.remaining for one in year for factor in one.factors if factor.quota), default=0)
    return Watched(
        code=code,
        name=str(row["name"]),
        county=str(row["county_name"] or ""),
        kind=str(row["water_kind"] or ""),
        target=target,
        values=mine.values if mine else {},
        samples=_samples(months.filter(pc.equal(months["section"], code))),
        year=year[0] if year else None,
        year_months=[f"{as_of.year}-{month:02d}" for month in range(13 - left, 13)],
        intensity=intensities.get(code),
    )


def _samples(months: pa.Table) -> dict[str, int]:
    """Return how many manual samples of each factor a month usually has: the commonest number of the last year."""
    found = {}
    for name in months.column_names:
        if name.startswith("how_"):
            parameter = name.removeprefix("how_")
            pairs = zip(months[name].to_pylist(), months[f"n_{parameter}"].to_pylist(), strict=True)
            counts = [n for how, n in pairs if how == "manual" and n][-12:]
            if counts:
                found[parameter] = max(sorted(set(counts)), key=counts.count)
    return found


def _flood(
    lake: Lake, sites: pa.Table, codes: list[str], *, catalog: Catalog, as_of: date, flood: tuple[int, int] | None
) -> dict[str, Decimal]:
    """Return each section's 汛期污染强度 of this year's season as far as it has come."""
    if flood is None or as_of.month < flood[0]:
        return {}
    season = Period(date(as_of.year, flood[0], 1), Period.month(as_of.year, flood[1]).end)
    found = _readings(lake, codes, first=season.start, last=min(season.end, as_of))
    if not found.num_rows:
        return {}
    table = evaluate_flood(found, catalog=catalog, period=f"{season.start:%Y-%m}/{season.end:%Y-%m}", sites=sites)
    return {row["section"]: row["intensity"] for row in table.to_pylist() if row["intensity"] is not None}
