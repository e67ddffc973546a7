"""Why it came so: the causes of the early warnings, the sections' factors, and weather apart from effort. 原因分析。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qingce.publish.office.labels import chinese_day, deadline_text, printed, review_text, signed
from qingce.publish.office.sourced import Source, Sources
from qingce.publish.results import Results
from qingce.publish.rows import Row, chance_text, level_table, split, text
from qingce.publish.views.outlook import warning_rows

__all__ = ["add_why"]

WEATHER_TABLE = "results/weather.parquet"
"""Weather apart from effort stands on no page: its source is the table itself."""
HEAVY = 5
"""The level of 重度污染; see the levels of the index."""


def add_why(document: Any, results: Results, sources: Sources) -> None:
    """Add what moved the chances, the days left out, what decided the sections, and weather apart from effort."""
    rows: list[Any] = warning_rows(results)
    for place, row in enumerate(rows, 1):
        target = row["target"]
        said = f"达标概率一周内由 {chance_text(row['week_ago'])} 降到 {chance_text(row['probability'])}"
        cause = f"：{text(row, 'cause')}" if row["cause"] else ""
        scope = f"（{target['scope_name']}）" if target["scope_name"] else ""
        name = f"{text(target, 'indicator_name')}{scope}{text(target, 'target_text')}"
        source = Source(f"预警：{name}", str(row["target_id"]), "outlook.html#warnings")
        sources.say(document, said, source, f"{cause}。", head=f"{place}.{name}。")
    if not rows:
        sources.say(document, "一周内没有目标的把握明显下降。")
    _heavy(document, results, sources)
    _events(document, results, sources)
    _factors(document, results, sources)
    _weather(document, results, sources)
    _reviews(document, results, sources)


def _heavy(document: Any, results: Results, sources: Sources) -> None:
    """The heavily polluted days of the year with what led them: each counts against several targets."""
    year, region = text(results.run, "as_of")[:4], text(results.run, "region")
    levels = level_table(results, "aqi")
    days = results.rows("air_city_days", where={"subject": region, "series": "measured"})
    days = [row for row in days if str(row["day"])[:4] == year and int(str(row["level"] or 0)) >= HEAVY]
    if not days:
        return
    symbols = {str(row["id"]): text(row, "symbol") or text(row, "zh") for row in results.rows("parameters")}
    parts = [_heavy_day(row, levels, symbols) for row in sorted(days, key=lambda row: str(row["day"]))]
    source = sources.place(days[0], key="subject", what=f"{text(days[0], 'subject_name')}逐日评价（AQI 日历）")
    sources.say(document, "；".join(parts), source, "。", head="重污染日（实测）。")


def _heavy_day(row: Row, levels: Mapping[int, Row], symbols: Mapping[str, str]) -> str:
    led = "、".join(symbols.get(name, name) for name in split(row["primary"]))
    level = text(levels.get(int(str(row["level"])), {}), "zh")
    excluded = "，例外事件" if row.get("excluded") else ""
    return f"{chinese_day(row['day'])} AQI {row['aqi']}（{level}{f'，首要污染物 {led}' * bool(led)}{excluded}）"


def _events(document: Any, results: Results, sources: Sources) -> None:
    year = text(results.run, "as_of")[:4]
    rows = [row for row in results.rows("exceptions", where={"status": "recognised"}) if str(row["start"])[:4] == year]
    if not rows:
        return
    told = "、".join(f"{row['start']:%m月%d日}至{row['end']:%m月%d日}" for row in rows)
    source = sources.page("例外事件名单：数据质量页", "quality.html")
    sources.say(document, f"认定的例外事件：{told}", source, "。", head="例外事件。")


def _factors(document: Any, results: Results, sources: Sources) -> None:
    """The factors that put sections beyond their class in the last month."""
    rows = results.rows("water_months")
    last = max((text(row, "period") for row in rows), default="")
    names = {str(row["id"]): str(row["zh"]) for row in results.rows("parameters", columns=["id", "zh"])}
    parts: list[str | Source] = []
    for row in rows:
        now, target = row.get("class"), row.get("target_class")
        if row["period"] != last or now is None or target is None or int(str(now)) <= int(str(target)):
            continue
        decided = "、".join(_factor(row, name, names) for name in split(row.get("primary")))
        source = sources.place(row, key="section", what=f"断面 {text(row, 'section_name')} 逐月评价")
        parts += ["；" * bool(parts) + f"{text(row, 'section_name')}{decided}", source]
    if parts:
        sources.say(document, *parts, "。", head="断面定类因子。")


def _factor(row: Row, name: str, names: dict[str, str]) -> str:
    beyond = row.get(f"exceed_{name}")
    return names.get(name, name) + (f"（超 {printed(beyond, 2)} 倍）" if beyond is not None else "")


def _weather(document: Any, results: Results, sources: Sources) -> None:
    """Weather apart from effort 天帮忙、人努力: here only, on no page."""
    rows: Sequence[Row] = results.rows("weather")
    if not rows:
        return
    for row in rows:
        name = text(row, "indicator_name") or text(row, "indicator")
        what = f"气象与减排分解（内部）：{name} {deadline_text(row['period'])}"
        source = Source(what, text(row, "id") or "weather", WEATHER_TABLE)
        sources.say(document, _split_of(row, name), source, "。", head="天帮忙、人努力（内部）。")


def _split_of(row: Row, name: str) -> str:
    if text(row, "text"):
        told = text(row, "text").rstrip("。").removesuffix(f"（{text(row, 'note')}）")
        for period in (text(row, "period"), text(row, "base")):
            told = told.replace(period, deadline_text(period)) if period else told
        return told
    if text(row, "reason"):
        return f"{name} {text(row, 'period')} 未能分解：{text(row, 'reason')}"
    known = (("observed", "实测变化"), ("weather", "其中气象贡献"), ("effort", "减排贡献"))
    told = "，".join(f"{label} {signed(row[key], 1)}%" for key, label in known if row.get(key) is not None)
    skill = f"（留出检验 R² {printed(row['skill'], 2)}）" if row.get("skill") is not None else ""
    return f"{name} {text(row, 'period')}：{told}{skill}"


def _reviews(document: Any, results: Results, sources: Sources) -> None:
    """What has not been reviewed yet may still move."""
    states = sorted({review_text(row["own_review"]) for row in results.rows("progress") if row["own_review"]})
    if states:
        sources.say(document, f"所用数据的审核状态：{'、'.join(states)}；审核后数值可能变动。")
