"""空气日报, one page: sites and counties, the highest site-hours, what today still allows, the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from qingce.core.errors import complain
from qingce.publish.office.grid import Cell, Column, Toned
from qingce.publish.office.labels import SAMPLE, UNREVIEWED, chinese_day, printed, review_text, signed
from qingce.publish.office.word import add_paragraph, new_document, save_document, style_facts
from qingce.publish.office.word_table import add_table, page_marks
from qingce.publish.results import Results
from qingce.publish.rows import Row, absent_label, cell, level_table, split, text
from qingce.publish.views.ahead import forecast_rows

__all__ = ["AIR_COLUMNS", "write_air_daily"]

_SIX = ("pm2_5", "pm10", "o3_8h", "no2", "so2", "co")
_HEADS = {"pm2_5": "PM2.5", "pm10": "PM10", "o3_8h": "O3-8h", "no2": "NO2", "so2": "SO2", "co": "CO"}
_DECIMALS = {"co": 1}
_PRINTED = {
    "pm2_5": ("PM2.5",), "pm10": ("PM10",), "o3_8h": ("臭氧", "O3"), "no2": ("二氧化氮", "NO2"),
    "so2": ("二氧化硫", "SO2"), "co": ("一氧化碳", "CO"),
}  # fmt: skip

AIR_COLUMNS = (
    Column("站点/县区", 24),
    *(Column(_HEADS[name], 9, "center") for name in _SIX),
    Column("AQI", 13, "center"),
    Column("首要污染物", 14, "center"),
    Column("月累计", 10, "center"),
    Column("年累计", 10, "center"),
    Column("同比", 10, "center"),
    Column("排名", 7, "center"),
)
_HOUR_COLUMNS = (
    Column("序号", 6, "center"), Column("时间", 20, "center"), Column("站点", 26), Column("县区", 14),
    Column("项目", 12, "center"), Column("浓度", 16, "center"), Column("IAQI", 10, "center"),
)  # fmt: skip
_TOP = 10
_RANKED = "pm2_5"


def write_air_daily(results: Results, path: Path, day: date) -> None:
    """Write 空气日报 of a day as one A4 page; raises QC571 when that day has no air results, QC570.

    Reads `air_site_days` and `air_city_days`, and where the build left them `air_cumulative`, `air_top_hours`,
    `quota` of kind hours and `air_forecast` (else the `forecasts` taken in).
    """
    rows = _day_rows(results, day)
    if not rows:
        words: dict[str, object] = {"what": "空气日报", "when": day.isoformat(), "allowed": _last_day(results)}
        raise complain("QC571", words=words)
    title = f"{text(results.run, 'region_name')}环境空气质量日报"
    document = new_document(title=title, kind="table_page")
    page_marks(document.sections[0], sample=results.sample, footer=_footer(results), plain=True)
    sizes = style_facts()["size"]
    add_paragraph(document, title, face="title", size=20, align="center", line=30)
    add_paragraph(document, _subtitle(rows, day), face="table", size=10.5, align="center", line=18)
    lines = [_line(results, row, day) for row in rows]
    add_table(document, AIR_COLUMNS, rows=lines, size=8.5)
    add_paragraph(document, _units(results), face="table", size=sizes["note"], line=14)
    _add_hours(document, results, day)
    _add_rest(document, results, day)
    save_document(document, path)


def _day_rows(results: Results, day: date) -> list[Row]:
    """The city first, then its counties, then the sites."""
    where: Row = {"day": day, "series": "measured"}
    region = text(results.run, "region")
    city: list[Row] = list(results.rows("air_city_days", where=where))
    city.sort(key=lambda row: (text(row, "subject") != region, text(row, "subject")))
    return [*city, *sorted(results.rows("air_site_days", where=where), key=lambda row: text(row, "subject"))]


def _last_day(results: Results) -> str:
    days = [row["day"] for row in results.rows("air_city_days", columns=["day"])]
    return f"至 {max(str(day) for day in days)}" if days else "无"


def _subtitle(rows: Sequence[Row], day: date) -> str:
    states = sorted({review_text(row.get("review")) for row in rows if row.get("review")})
    return f"{chinese_day(day)}　　审核状态：{'、'.join(states) or UNREVIEWED}"


def _footer(results: Results) -> str:
    mark = f"　{SAMPLE}" if results.sample else ""
    return f"{UNREVIEWED}：实时与初审数据仅供内部调度，最终以总站审核结果为准{mark}"


def _line(results: Results, row: Row, day: date) -> list[Cell]:
    total = _cumulative(results, text(row, "subject"), day)
    return [
        _place(results, row),
        *(_concentration(row, name) for name in _SIX),
        _aqi(results, row),
        "\n".join(_head_of(name) for name in split(row.get("primary"), ",")) or "—",
        printed(total.get("month_mean"), 1) or "—",
        printed(total.get("year_mean"), 1) or "—",
        signed(total.get("change"), 1) or "—",
        text(total, "rank") or "—",
    ]


def _place(results: Results, row: Row) -> str:
    """The place's name, a site's county behind it, and whether the day is on the list of exceptions."""
    found = results.rows("sites", columns=["county_name"], where={"site": text(row, "subject")})
    words = [text(row, "subject_name") or text(row, "subject")]
    words += [text(site, "county_name") for site in found]
    words += ["例外事件日"] if row.get("excluded") else []
    return "\n".join(word for word in words if word)


def _pollutant(name: str) -> str:
    """Return the parameter of a primary pollutant, given as an id or as printed.

    Examples
    --------
    >>> [_pollutant(name) for name in ("pm10", "细颗粒物(PM2.5)", "臭氧8小时", "二氧化氮", "氡")]
    ['pm10', 'pm2_5', 'o3_8h', 'no2', '氡']
    """
    if name in _HEADS:
        return name
    printed_so = (known for known, marks in _PRINTED.items() if any(mark in name for mark in marks))
    return next(printed_so, name)


def _head_of(name: str) -> str:
    return _HEADS.get(_pollutant(name), name)


def _concentration(row: Row, name: str) -> str:
    shown = printed(row.get(name), _DECIMALS.get(name, 0))
    reason = absent_label(row.get(f"absent_{name}"))
    return shown or (str(reason["zh"]) if reason else "—")


def _aqi(results: Results, row: Row) -> Cell:
    if row.get("aqi") is None:
        reason = absent_label(row.get("aqi_absent"))
        return Toned("NA" + (f"\n{reason['zh']}" if reason else ""), "mute")
    level = level_table(results, "aqi").get(int(str(row.get("level") or 0)), {})
    word = str(level.get("zh") or "")
    return Toned(f"{row['aqi']}\n{word}", fill=str(level.get("colour") or "").lstrip("#"))


def _cumulative(results: Results, subject: str, day: date) -> Row:
    """Month and year to date of PM2.5 for one place, as the build left them.

    Without `air_cumulative` the year so far of a target on PM2.5 for the same place and day stands in.
    """
    found = results.rows("air_cumulative", where={"subject": subject, "day": day})
    if found:
        return found[0]
    known = [str(row["id"]) for row in results.rows("indicators", where={"parameter": _RANKED})]
    where: Row = {"scope": subject, "own_end": day, "indicator_id": known}
    for row in results.rows("progress", where=where):
        if row["own_value"] is not None:
            return {"year_mean": row["own_value"], "change": row["change"]}
    return {}


def _units(results: Results) -> str:
    units = {str(row["id"]): text(row, "unit") for row in results.rows("parameters")}
    co = units.get("co", "mg/m3").replace("m3", "m³")
    return f"单位：CO 为 {co}，其余为 μg/m³；月累计、年累计、同比、排名为 PM2.5 平均浓度；“—”为无数据。"


def _add_hours(document: Any, results: Results, day: date) -> None:
    """The ten highest site-hours of the day."""
    _head(document, "一、当日站点小时浓度最高的十个")
    rows = [row for row in results.rows("air_top_hours") if str(row["time"])[:10] == day.isoformat()] or _highest(
        results, day
    )
    if not rows:
        _say(document, "无小时数据")
        return
    names = {str(row["id"]): row for row in results.rows("parameters")}
    lines: list[list[Cell]] = []
    for number, row in enumerate(rows[:_TOP], 1):
        known = names.get(text(row, "parameter"), {})
        unit = text(row, "unit") or text(known, "unit")
        lines.append([
            number, f"{row['time']:%m月%d日 %H时}", text(row, "site_name") or text(row, "site"),
            text(row, "county_name"),
            _HEADS.get(text(row, "parameter"), text(known, "symbol") or text(row, "parameter")),
            f"{cell(row['value'])} {unit.replace('ug/', 'μg/').replace('m3', 'm³')}", text(row, "iaqi") or "—",
        ])  # fmt: skip
    add_table(document, _HOUR_COLUMNS, rows=lines, size=8.5)


def _highest(results: Results, day: date) -> list[Row]:
    """Pick the highest hours of the city's primary pollutant (else PM2.5) from the hours as received."""
    city: Row = {"day": day, "series": "measured", "subject": text(results.run, "region")}
    primary = [name for row in results.rows("air_city_days", where=city) for name in split(row.get("primary"), ",")]
    parameter = (_pollutant(primary[0]) if primary else _RANKED).removesuffix("_8h")
    sites = {str(row["site"]): row for row in results.rows("sites", where={"kind": "air_site"})}
    found: list[Row] = [
        {**row, "site_name": sites[str(row["site"])]["name"], "county_name": sites[str(row["site"])]["county_name"]}
        for row in results.rows("hours", where={"parameter": parameter, "span": "PT1H", "site": list(sites)})
        if str(row["time"])[:10] == day.isoformat() and row["value"] is not None and not row["absent"]
    ]
    return sorted(found, key=lambda row: (-Decimal(str(row["value"])), str(row["time"]), text(row, "site")))


def _add_rest(document: Any, results: Results, day: date) -> None:
    """What the hours that remain may still average, and the next three days."""
    _head(document, "二、今日剩余小时限值")
    told = list(dict.fromkeys(text(row, "text") for row in results.rows("quota", where={"kind": "hours"})))
    _say(document, "；".join(told) if told else "当日已结束或无小时数据，不计算剩余小时限值")
    _head(document, "三、未来三天预报")
    told = [_forecast(row) for row in forecast_rows(results, after=day.isoformat())]
    _say(document, "；".join(told) if told else "无预报数据")


def _forecast(row: Row) -> str:
    span = [printed(row[name], 0) for name in ("aqi_low", "aqi_high")]
    shown = text(row, "text") or f"AQI {'～'.join(dict.fromkeys(span))}"
    primary = "、".join(_head_of(name) for name in row["primary"])  # type: ignore[attr-defined]
    return f"{chinese_day(row['day'])}：{shown}" + (f"，首要污染物 {primary}" if primary else "")


def _head(document: Any, words: str) -> None:
    add_paragraph(document, words, face="first", size=11, line=22)


def _say(document: Any, words: str) -> None:
    add_paragraph(document, words, face="table", size=10.5, indent=2, line=18)
