"""What a chart draws, as plain data: columns of tables side by side, no number that is not in one. 图表数据。

`assets/qingce.js` turns these into drawings; a page carries them inline, so that they open from a file. Series
are named by keys of `templates/words.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from qingce.core.grouping import grouped
from qingce.publish.rows import Row, View, cell

__all__ = ["by_month", "calendar", "cumulative", "month_grid", "trend", "values_by_period"]


def cumulative(series: Sequence[Row], target: Row, fan: Sequence[Row] = ()) -> View | None:
    """The cumulative mean against the target, last year, the allowed path and the fan of what is expected.

    `fan` holds day, p10, p50 and p90 of days to come. None without any value.
    """
    if not any(row.get("cumulative") is not None for row in series):
        return None
    days = {str(cell(row["day"])): row for row in series}
    ahead = {str(cell(row["day"])): row for row in fan}
    x = sorted({**days, **ahead}) if ahead else list(days)
    rows = [{**ahead.get(day, {}), **days.get(day, {})} for day in x]
    lines = ("cumulative", "last_year", "allowed", *(("p50",) if ahead else ()))
    drawn = [_line(f"chart.{name}", [row.get(name) for row in rows], name) for name in lines]
    if ahead:
        low, high = ([row.get(name) for row in rows] for name in ("p10", "p90"))
        drawn.append({**_line("chart.fan", low, "fan"), "high": [cell(value) for value in high]})
    return {
        "kind": "cumulative",
        "x": x,
        "unit": target.get("unit") or "",
        "series": [line for line in drawn if line["data_present"]],
        "daily": [cell(row.get("value")) for row in rows],
        "target": cell(target.get("target_value")),
        "target_text": target.get("target_text"),
    }


def _line(word: str, data: Iterable[object], style: str) -> View:
    values = [cell(value) for value in data]
    return {"word": word, "style": style, "data": values, "data_present": any(value is not None for value in values)}


def trend(rows: Sequence[Row], parameters: Mapping[str, str], *, x: str) -> View:
    """The course of some quantities over days or months: id → name of the line."""
    lines = [{**_line("", [row.get(name) for row in rows], name), "name": label} for name, label in parameters.items()]
    present = [line for line in lines if line["data_present"]]
    return {"kind": "trend", "x": [cell(row[x]) for row in rows], "series": present}


def by_month(rows: Sequence[Row], *, day: str, value: str, level: str) -> View:
    """Every day as a dot above its month: how the values spread, without a statistic."""
    points = [
        [int(str(cell(row[day]))[5:7]), cell(row[value]), row.get(level), cell(row[day])]
        for row in rows
        if row.get(value) is not None
    ]
    return {"kind": "spread", "points": points}


def values_by_period(rows: Iterable[Row], targets: Iterable[Row]) -> View:
    """Values of an indicator, period by period, one group of bars a series, with the targets set for it."""
    listed = [row for row in rows if row.get("value") is not None]
    periods = list(dict.fromkeys(str(row["period"]) for row in listed))
    bars = []
    series = grouped((dict(row) for row in listed), lambda row: str(row["series"]))
    for name, found in sorted(series.items(), reverse=True):
        by_period = {str(row["period"]): cell(row["value"]) for row in found}
        bars.append({"word": f"series.{name}", "style": name, "data": [by_period.get(period) for period in periods]})
    marks = [
        {"value": cell(row.get("target_value")), "deadline": row.get("deadline"), "id": row.get("id")}
        for row in targets
        if row.get("target_value") is not None
    ]
    return {"kind": "bars", "x": periods, "series": bars, "marks": marks}


def calendar(rows: Iterable[Row], *, value: str, level: str) -> list[View]:
    """Days laid out as months under each other, newest year first; days without a row, and days ahead, are
    None."""
    years: dict[str, dict[str, list[View | None]]] = {}
    listed = list(rows)
    while listed and listed[-1].get(value) is None and not _reason(listed[-1]):
        listed.pop()
    for row in listed:
        day = str(cell(row["day"]))
        months = years.setdefault(day[:4], {f"{month:02d}": [None] * 31 for month in range(1, 13)})
        shown = {
            "value": cell(row.get(value)),
            "level": row.get(level),
            "absent": _reason(row),
            "mark": row.get("excluded"),
        }
        months[day[5:7]][int(day[8:10]) - 1] = {"day": day, **shown}
    return [
        {"year": year, "months": [{"month": month, "days": days} for month, days in months.items()]}
        for year, months in sorted(years.items(), reverse=True)
    ]


def _reason(row: Row) -> object:
    return row.get("absent") or row.get("aqi_absent")


def month_grid(rows: Iterable[Row], *, level: str) -> list[View]:
    """Months laid out as years under each other, newest first; the month is in `period`, or in the day `day`."""
    years: dict[str, list[View | None]] = {}
    for row in rows:
        period = str(cell(row.get("period") or row.get("day")))
        period = period[:7] if len(period) == 10 else period
        nothing = row.get(level) is None and row.get("value") is None and not _reason(row)
        if nothing or not re.fullmatch(r"\d{4}-\d\d", period):
            continue
        months = years.setdefault(period[:4], [None] * 12)
        shown = {"value": cell(row.get("value")), "level": row.get(level), "absent": _reason(row)}
        months[int(period[5:]) - 1] = {"period": period, **shown}
    return [{"year": year, "months": months} for year, months in sorted(years.items(), reverse=True)]
