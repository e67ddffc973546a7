"""Words for what the tables hold: numbers as printed, states, water classes, deadlines. Nothing is computed. 标注。"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from qingce.core.absence import REVIEW_ZH, Review
from qingce.core.rounding import fixed
from qingce.publish.i18n import words
from qingce.publish.office.grid import Toned
from qingce.publish.results import Results
from qingce.publish.rows import Row, level_table, text

__all__ = [
    "CLASSES",
    "SAMPLE",
    "UNREVIEWED",
    "chinese_day",
    "deadline_text",
    "named",
    "official_lines",
    "own_value",
    "printed",
    "review_text",
    "run_line",
    "signed",
    "status_cell",
    "unit_text",
    "water_class",
]

SAMPLE = "示例数据"
UNREVIEWED = "未审核"
CLASSES = ("Ⅰ类", "Ⅱ类", "Ⅲ类", "Ⅳ类", "Ⅴ类", "劣Ⅴ类")

_STATUS_TONES = {
    "lost": "bad", "not_met": "bad", "at_risk": "watch", "on_track": "calm", "met": "good", "safe": "good",
    "awaiting": "wait", "unbound": "mute",
}  # fmt: skip
_UNITS = {
    "ug/m3": "μg/m³", "mg/m3": "mg/m³", "t": "吨", "d": "天", "class": "类",
    "t/(km2·month)": "t/(km²·月)",
}  # fmt: skip


def printed(value: object, decimals: int) -> str:
    """Print an exact value with a number of decimals as GB/T 8170 rounds; empty when it is not there.

    Examples
    --------
    >>> printed(Decimal("41.993377"), 1), printed(None, 1)
    ('42.0', '')
    """
    if value is None:
        return ""
    return fixed(Decimal(str(value)), decimals)


def named(row: Row) -> str:
    """The indicator of a row and its place."""
    scope = text(row, "scope_name")
    return text(row, "indicator_name") + (f"（{scope}）" if scope else "")


def signed(value: object, decimals: int) -> str:
    """Print a difference with its sign.

    Examples
    --------
    >>> signed(Decimal("1.42"), 1), signed(Decimal("-6.25"), 1), signed(Decimal(0), 1)
    ('+1.4', '-6.2', '0.0')
    """
    shown = printed(value, decimals)
    return f"+{shown}" if shown and not shown.startswith("-") and Decimal(shown) else shown


def unit_text(unit: object) -> str:
    """Return a unit as it is printed."""
    return _UNITS.get(str(unit or ""), str(unit or ""))


def own_value(row: Row) -> str:
    """Return our own figure of a target with its unit; empty when there is none.

    Examples
    --------
    >>> own_value({"own_text": "31.42", "unit": "ug/m3"}), own_value({"own_text": "81.5 %", "unit": "%"})
    ('31.42 μg/m³', '81.5 %')
    """
    told = text(row, "own_text") or text(row, "own_value")
    return f"{told} {unit_text(row.get('unit'))}".strip() if re.fullmatch(r"-?[\d.]+", told) else told


def official_lines(results: Results, row: Row) -> list[str]:
    """Return the official value of a target as lines: value, the period it is for, review state, where from."""
    value = f"{text(row, 'official_value')} {unit_text(row.get('unit'))}".strip()
    source = text(row, "official_issuer") + text(row, "official_number")
    where: Row = {"indicator": row.get("indicator_id"), "scope": row.get("scope"), "value": row["official_value"]}
    listed = {text(item, "period") for item in results.rows("official", where=where) if text(item, "number") in source}
    periods = {text(row, "official_period")} if row.get("official_period") else listed
    period = deadline_text(periods.pop()) if len(periods) == 1 else ""
    return [line for line in (value, period, review_text(row.get("official_review")), source) if line]


def review_text(state: object) -> str:
    """Return the word of a review state, with 未审核 when it is below 总站审核.

    Examples
    --------
    >>> review_text("preliminary"), review_text("national"), review_text(None)
    ('初审·未审核', '总站审核', '')
    """
    if not state:
        return ""
    review = Review(str(state))
    low = review.rank < Review.NATIONAL.rank
    return f"{REVIEW_ZH[review]}·{UNREVIEWED}" if low else REVIEW_ZH[review]


def status_cell(row: Row) -> Toned:
    """Return the status of a target as one word with a tone."""
    code = str(row.get("status") or "unbound")
    return Toned(words("zh").of("status", code), _STATUS_TONES.get(code, "mute"))


def water_class(results: Results, value: object) -> Toned | None:
    """Return a class 1–6 as its word with the colour of the declared levels; None when there is none."""
    if value is None:
        return None
    number = int(str(value).split(".", maxsplit=1)[0])
    colour = str(level_table(results, "water_class").get(number, {}).get("colour") or "")
    return Toned(CLASSES[number - 1], fill=colour.lstrip("#"))


def deadline_text(deadline: object) -> str:
    """Return a deadline in Chinese; what is no date is given as it is.

    Examples
    --------
    >>> deadline_text("2026"), deadline_text("2026-06"), deadline_text("2024-05-31"), deadline_text("R/P1Y")
    ('2026年', '2026年6月', '2024年5月31日', '每年')
    >>> deadline_text("R/--11-01/--03-31"), deadline_text("2024-01-01/2026-12-31"), deadline_text(None)
    ('每年11月1日至次年3月31日', '2024年1月1日—2026年12月31日', '')
    """
    given = str(deadline or "")
    if given.startswith("R/"):
        return _recurring(given[2:])
    if "/" in given:
        return "—".join(deadline_text(part) for part in given.split("/"))
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", given)
    if match is None:
        return given
    marks = ("年", "月", "日")
    return "".join(f"{int(part)}{mark}" for part, mark in zip(match.groups(), marks, strict=True) if part)


def chinese_day(day: object) -> str:
    """Return a day as 2026年10月31日."""
    given = day.isoformat() if isinstance(day, date) else str(day or "")
    return deadline_text(given[:10])


def run_line(results: Results) -> str:
    """The line below every title: region, cut-off, and that the numbers are examples."""
    parts = [text(results.run, "region_name")]
    if results.run.get("as_of"):
        parts.append(f"数据截至 {chinese_day(results.run['as_of'])}")
    if results.sample:
        parts.append(SAMPLE)
    return "　".join(part for part in parts if part)


def _recurring(rule: str) -> str:
    every = {"P1Y": "每年", "P6M": "每半年", "P3M": "每季度", "P1M": "每月", "P1W": "每周", "P1D": "每日"}
    if rule in every:
        return every[rule]
    days = re.findall(r"--(\d{2})-(\d{2})", rule)
    if not days:
        return f"定期（{rule}）"
    shown = [f"{int(month)}月{int(day)}日" for month, day in days]
    crosses = len(days) == 2 and days[1] < days[0]
    return "每年" + ("至次年" if crosses else "至" if len(days) == 2 else "").join(shown)
