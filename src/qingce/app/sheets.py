"""What an office's sheets show beside the judged tables: to date, rank, highest hours, rest of today. 报表。"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.outlooking.ahead import hours_of
from qingce.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.rounding import round_gbt8170
from qingce.core.tables import OBSERVATION, QUOTA, VALUE, empty
from qingce.evaluate import air_indicator, county_table, evaluate_air_hours, index_of_places, water_indicator
from qingce.outlook import quota_rows, today_quotas
from qingce.publish.results import SCHEMAS

__all__ = ["daily_tables", "section_classes", "today", "water_counties"]

Row = dict[str, object]
INDICATOR, CLASS, GOOD_DAYS = "pm2_5_annual", "section_class", "good_day_ratio"
WATER_INDEX, WATER_CHANGE = "cwqi", "cwqi_improvement"
SERIES = "measured"
TOP = 10


def daily_tables(
    site_days: pa.Table, city_days: pa.Table, *, hours: pa.Table, sites: pa.Table, catalog: Catalog, as_of: date
) -> dict[str, pa.Table]:
    """Return the tables air_cumulative, air_counties and air_top_hours of `Results` for one day."""
    if not city_days.num_rows:
        return {}
    cities = {row["city"] for row in sites.to_pylist()}
    assessed = {row["site"] for row in sites.to_pylist() if "评价点" in str(row["roles"])}
    areas = list(_cumulative(city_days, catalog, as_of))
    rows = [*_ranked(areas, {row["subject"] for row in areas} - cities)]
    rows += _ranked(list(_cumulative(site_days, catalog, as_of)), assessed)
    highest = _highest(hours, sites, catalog=catalog, as_of=as_of)
    return _counties(city_days, cities, catalog=catalog, as_of=as_of) | {
        "air_cumulative": pa.Table.from_pylist(rows, SCHEMAS["air_cumulative"]),
        "air_top_hours": pa.Table.from_pylist(highest, SCHEMAS["air_top_hours"]),
    }


def _counties(days: pa.Table, cities: Collection[object], *, catalog: Catalog, as_of: date) -> dict[str, pa.Table]:
    """Return 区县月排名 of the month of the last day there is; nothing where the days name no county."""
    counties = [code for code in pc.unique(days["subject"]).to_pylist() if code not in cities]
    if not counties:
        return {}
    last = min(as_of, pc.max(days["day"]).as_py())
    month = Period.month(last.year, last.month)
    return {"air_counties": county_table(days, counties=counties, period=month, as_of=last, catalog=catalog)}


def water_counties(months: pa.Table, sites: pa.Table, *, catalog: Catalog, as_of: date) -> dict[str, pa.Table]:
    """Return the table water_counties: the water quality index of the year so far, its change and both places."""
    if not months.num_rows:
        return {}
    period = Period.year(as_of.year).until(as_of)
    found = index_of_places(months, sites, by="county", periods=[period], catalog=catalog, as_of=as_of).to_pylist()
    rows = [_water_row(row, catalog) for row in found if row["period"] == str(period)]
    rows.sort(key=lambda row: (row["place"] is None, row["place"] or 0, str(row["scope"])))
    return {"water_counties": pa.Table.from_pylist(rows, SCHEMAS["water_counties"])} if rows else {}


def _water_row(row: Row, catalog: Catalog) -> Row:
    index, change = (Decimal(1).scaleb(-catalog.indicator(name).decimals) for name in (WATER_INDEX, WATER_CHANGE))
    turned = None if row["exact_change"] is None else round_gbt8170(Fraction(str(row["exact_change"])), change)
    words = "" if turned is None else "持平" if not turned else f"{'变差' if turned > 0 else '改善'} {abs(turned)}%"
    now, before = (
        f"{round_gbt8170(Fraction(str(cell)), index)}" if cell is not None else None
        for cell in (row["exact_cwqi"], row["cwqi_before"])
    )
    names = [catalog.parameters[name].zh for name in str(row["missing"] or "").split(",") if name]
    return {
        "place": row["rank"], "scope": row["city"], "scope_name": row["city_name"], "period": row["period"],
        "text": now, "value": row["cwqi"], "last_text": before, "change": row["change"], "change_text": words or None,
        "change_place": row["rank_change"], "exempt": row["exempt"],
        "sections": int(str(row["rivers"] or 0)) + int(str(row["lakes"] or 0)), "missing": "、".join(names) or None,
        "review": row["review"], "unreviewed": row["unreviewed"], "absent": row["absent"], "edition": row["edition"],
        "note": row["note"],
    }  # fmt: skip


def _cumulative(days: pa.Table, catalog: Catalog, as_of: date) -> Iterator[Row]:
    """Yield month, year and last year to date of every subject that has the day."""
    indicator = catalog.indicator(INDICATOR)
    here = days.filter(pc.and_(pc.equal(days["day"], as_of), pc.equal(days["series"], SERIES)))
    year = Period.year(as_of.year).until(as_of)
    month = Period.month(as_of.year, as_of.month).until(as_of)
    for row in here.select(["subject", "subject_name", "review"]).to_pylist():
        own = days.filter(pc.equal(days["subject"], row["subject"]))
        found = []
        for period in (month, year, year.year_before()):
            value = air_indicator(
                indicator,
                own,
                scope=row["subject"],
                scope_name=row["subject_name"] or "",
                period=period,
                series=SERIES,
                catalog=catalog,
                as_of=as_of,
            )
            found.append(value["value"][0].as_py() if value.num_rows else None)
        now, then = found[1], found[2]
        change = now - then if isinstance(now, Decimal) and isinstance(then, Decimal) else None
        yield {
            "subject": row["subject"], "subject_name": row["subject_name"], "day": as_of,
            "parameter": str(indicator.statistic["parameter"]), "month_mean": found[0], "year_mean": now,
            "last_year_mean": then, "change": change, "rank": None, "review": row["review"],
        }  # fmt: skip


def _ranked(rows: list[Row], ranked: Collection[object]) -> list[Row]:
    """Give each of `ranked` its place by the year so far, the least first; equal values share a place (1-1-3)."""
    means = {row["subject"]: as_number(row["year_mean"]) for row in rows if row["year_mean"] is not None}
    values = sorted(mean for subject, mean in means.items() if subject in ranked)
    return [
        row
        | {
            "rank": values.index(means[row["subject"]]) + 1
            if row["subject"] in means and row["subject"] in ranked
            else None
        }
        for row in rows
    ]


def as_number(value: object) -> Decimal:
    """Return a mean as the number that places are given by."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _highest(hours: pa.Table, sites: pa.Table, *, catalog: Catalog, as_of: date) -> list[Row]:
    """Return the hours of the day with the most fine dust, with their index."""
    day = hours_of(hours, as_of)
    if not day.num_rows:
        return []
    parameter = str(catalog.indicator(INDICATOR).statistic["parameter"])
    dust = day.filter(pc.and_(pc.equal(day["parameter"], parameter), pc.is_valid(day["value"])))
    known: Mapping[str, Row] = {row["site"]: row for row in sites.to_pylist()}
    judged = evaluate_air_hours(day, sites, catalog=catalog).to_pylist()
    indices = {(row["subject"], row["time"]): row.get(f"iaqi_{parameter}") for row in judged}
    found = dust.sort_by([("value", "descending"), ("time", "ascending"), ("site", "ascending")]).slice(0, TOP)
    return [
        {
            "site": row["site"], "site_name": known.get(row["site"], {}).get("name"),
            "county_name": known.get(row["site"], {}).get("county_name"), "time": row["time"],
            "parameter": row["parameter"], "value": row["value"], "unit": catalog.parameter(parameter).unit,
            "iaqi": indices.get((row["site"], row["time"])), "review": row["review"],
        }
        for row in found.to_pylist()
    ]  # fmt: skip


def section_classes(months: pa.Table, *, catalog: Catalog, as_of: date) -> pa.Table:
    """Return the class of every section for the year so far, as VALUE rows."""
    if not months.num_rows:
        return empty(VALUE)
    indicator, year = catalog.indicator(CLASS), Period.year(as_of.year).until(as_of)
    names = dict(zip(months["section"].to_pylist(), months["section_name"].to_pylist(), strict=True))
    rows = [
        water_indicator(
            indicator,
            months,
            scope=key,
            sections=[key],
            period=year,
            catalog=catalog,
            scope_name=name or "",
            as_of=as_of,
        )
        for key, name in names.items()
    ]
    return pa.concat_tables([empty(VALUE), *rows])


def today(hours: pa.Table, sites: pa.Table, *, catalog: Catalog, as_of: date, region: str) -> pa.Table:
    """Return QUOTA rows of what the hours left of the day may average; none when the day is over or has no hours."""
    day = hours_of(hours, as_of)
    last: datetime | None = pc.max(day["time"]).as_py() if day.num_rows else None
    if last is None or last.hour == 23:
        return empty(QUOTA)
    subjects: dict[str, Sequence[str]] = {region: _assessed(sites, region)}
    found = today_quotas(
        day.select([name for name in OBSERVATION.names if name in day.column_names]),
        subjects,
        day=as_of,
        passed=last.hour + 1,
        upto=int(str(catalog.indicator(GOOD_DAYS).statistic["at_most"])),
        catalog=catalog,
    )
    return quota_rows("", found)


def _assessed(sites: pa.Table, region: str) -> list[str]:
    return [
        str(row["site"])
        for row in sites.to_pylist()
        if row["kind"] == "air_site" and region in (row["city"], row["county"]) and "评价点" in str(row["roles"])
    ]
