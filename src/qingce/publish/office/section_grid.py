"""断面月报: each section of a month with last month, last year, the year so far, and what is still allowed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from qingce.core.periods import Period, parse_period
from qingce.publish.office.grid import Cell, Column, Grid, Toned
from qingce.publish.office.labels import UNREVIEWED, printed, review_text, run_line, water_class
from qingce.publish.results import Results
from qingce.publish.rows import Row, absent_label, cell, split, text

__all__ = ["SECTION_COLUMNS", "months_with_sections", "section_grid"]

SECTION_COLUMNS = (
    Column("断面", 18),
    Column("国考/省考", 9, "center"),
    Column("上游县", 10, "center"),
    Column("下游县", 10, "center"),
    Column("目标", 7, "center"),
    Column("本月融合", 12, "center"),
    Column("上月", 8, "center"),
    Column("去年同月", 8, "center"),
    Column("累计类别", 9, "center"),
    Column("定类因子（倍数）", 20),
    Column("剩余月允许均值", 28),
    Column("预警", 16),
)
_CLASS_INDICATOR = "section_class"


def months_with_sections(results: Results) -> list[str]:
    """Return the months that have judged sections, oldest first."""
    return sorted({text(row, "period") for row in results.rows("water_months", columns=["period"])})


def section_grid(results: Results, month: str | None = None) -> Grid:
    """Make 断面月报 of a month (2026-10), by default the last there is."""
    known = months_with_sections(results)
    chosen = month or (known[-1] if known else "")
    rows: list[Sequence[Cell]] = []
    if chosen in known:
        rows = [_line(results, row, parse_period(chosen)) for row in _sections(results, chosen)]
    title = f"{text(results.run, 'region_name')}地表水断面月报"
    subtitle = f"{chosen[:4]}年{int(chosen[5:])}月　{run_line(results)}" if chosen else run_line(results)
    notes = (
        "“本月融合”为自动与手工监测按规则合并后的类别；累计类别按当年1月至本月各项均值评价。",
        f"倍数为超Ⅲ类限值的倍数；标“{UNREVIEWED}”者尚未经总站审核；剩余月允许均值除 pH 外单位为 mg/L。",
    )
    return Grid("断面月报", title, SECTION_COLUMNS, rows, subtitle, notes, "没有断面数据")


def _sections(results: Results, month: str) -> list[Row]:
    """The month's rows with what the site table says, national sections first."""
    sites = {str(row["site"]): row for row in results.rows("sites", where={"kind": "section"})}
    rows: list[Row] = [
        {**sites.get(str(row["section"]), {}), **row} for row in results.rows("water_months", where={"period": month})
    ]
    return sorted(rows, key=lambda row: ("国考" not in text(row, "roles"), text(row, "section")))


def _line(results: Results, row: Row, month: Period) -> list[Cell]:
    section = text(row, "section")
    target = row.get("target_class")
    now = water_class(results, row.get("class"))
    before = _class_of(results, section, _month_before(month))
    last_year = _class_of(results, section, month.year_before())
    to_date = _year_to_date(results, section, month)
    return [
        text(row, "section_name") or section,
        "/".join(role for role in split(row.get("roles"), ",") if role.endswith("考")),
        text(row, "upstream"),
        text(row, "downstream"),
        None if target is None else str(water_class(results, target)),
        _with_review(now, row),
        water_class(results, before),
        water_class(results, last_year),
        water_class(results, to_date),
        _factors(results, row),
        _allowed(results, row),
        _warning(row, before=before, to_date=to_date),
    ]


def _month_before(month: Period) -> Period:
    first = month.start
    return Period.month(first.year - (first.month == 1), 12 if first.month == 1 else first.month - 1)


def _class_of(results: Results, section: str, month: Period) -> object:
    found = results.rows("water_months", where={"section": section, "period": str(month)})
    return found[0].get("class") if found else None


def _year_to_date(results: Results, section: str, month: Period) -> object:
    """The class of the year so far, if the values hold it for exactly January to this month."""
    where: Row = {"indicator": _CLASS_INDICATOR, "scope": section, "end": month.end}
    found = [row for row in results.rows("values", where=where) if _first_of_year(row, month)]
    return found[0]["value"] if found else None


def _first_of_year(row: Row, month: Period) -> bool:
    return row["start"] == month.start.replace(month=1) and row["value"] is not None


def _with_review(now: Toned | None, row: Row) -> Cell:
    if now is None:
        reason = absent_label(row.get("absent"))
        return Toned(str(reason["zh"]) if reason else "缺测", "mute")
    low = UNREVIEWED in review_text(row.get("review"))
    return Toned(f"{now.text}\n{UNREVIEWED}", fill=now.fill) if low else now


def _factors(results: Results, row: Row) -> str:
    names = {str(item["id"]): text(item, "zh") for item in results.rows("parameters")}
    told = []
    for name in split(row.get("primary"), ","):
        times = row.get(f"exceed_{name}")
        told.append(names.get(name, name) + (f"（{printed(times, 2)}）" if times is not None else ""))
    return "、".join(told)


def _allowed(results: Results, row: Row) -> str:
    """What the months that remain may average, factor by factor, as the quotas say it.

    The quotas of a target that holds this section to its own class come before those of other targets; a quota told
    again for a later year stands back.
    """
    names = {str(item["id"]): text(item, "zh") for item in results.rows("parameters")}
    found: dict[tuple[bool, bool], dict[str, str]] = {}
    for quota in results.rows("quota", where={"kind": "section_mean"}):
        place, factor, later = (*text(quota, "part").split("/"), "", "")[:3]
        if place == text(row, "section") and text(quota, "state") != "safe":
            rank = (not _holds(results, text(quota, "target_id"), row), bool(later))
            found.setdefault(rank, {})[factor] = f"{names.get(factor, factor)}：{text(quota, 'text')}"
    return "\n".join(found[min(found)].values()) if found else ""


def _holds(results: Results, target: str, row: Row) -> bool:
    """Whether a target names this section and its own class."""
    where: Row = {"target_id": target, "indicator_id": _CLASS_INDICATOR}
    wanted = row.get("target_class")
    return any(
        text(row, "section") in text(item, "scope").split("+") and text(item, "target_value") == str(wanted)
        for item in results.rows("progress", columns=["scope", "target_value"], where=where)
    )


def _warning(row: Row, *, before: object, to_date: object) -> Cell:
    """Say in words which classes lie beyond the target or beyond last month."""
    now, target = row.get("class"), row.get("target_class")
    words = []
    if _worse(now, target):
        words.append("本月超目标")
    if _worse(to_date, target):
        words.append("累计超目标")
    if _worse(now, before):
        words.append("较上月变差")
    beyond = any("超目标" in word for word in words)
    return Toned("\n".join(words), "bad" if beyond else "watch") if words else None


def _worse(one: object, other: object) -> bool:
    return one is not None and other is not None and Decimal(str(cell(one))) > Decimal(str(cell(other)))
