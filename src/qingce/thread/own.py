"""Our own figure 测算 of a target for a period, as the table of values has it. 测算值。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from qingce.core.absence import ABSENT_ZH, Absent
from qingce.core.periods import Period
from qingce.thread.binding import Binding, counted_period
from qingce.thread.goal import Goal
from qingce.thread.status import figure_decimals, shown
from qingce.thread.values import OPEN_QUESTION, value_id

__all__ = ["Own", "each_text", "judged_subjects", "own_figure"]

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Own:
    """One value with its id, number of valid days or months and review state; `value` None carries `why`."""

    id: str
    value: Fraction | None
    text: str
    n: int | None
    review: str
    start: date | None
    end: date | None
    why: str = ""
    reason: str = ""
    note: str = ""


def own_figure(binding: Binding, rows: Mapping[str, Row], *, period: Period, series: str = "") -> Own | None:
    """Return our figure for a period, the worst one where every region must meet the target; None without a row."""
    indicator, scope, basis = binding.indicator, binding.scope, binding.basis
    if indicator is None or scope is None or basis is None:
        return None
    if binding.since and period.end.year < binding.since:
        return None
    period = counted_period(binding, period)
    chosen = "measured" if scope.kind == "sections" else series or basis.series
    row = rows.get(value_id(indicator.id, scope.code, period=period, series=chosen))
    if row is None:
        return None
    if scope.kind == "each" and row["exact"]:
        ids = (value_id(indicator.id, code, period=period, series=chosen) for code in scope.subjects)
        found = [rows[key] for key in ids if key in rows and rows[key]["exact"]]
        pick = max if indicator.direction == "lower" else min
        row = pick(found, key=lambda item: Fraction(str(item["exact"])))
    return _own(row, decimals=figure_decimals(indicator))


def each_text(binding: Binding, rows: Mapping[str, Row], goal: Goal, *, period: Period) -> str:
    """Name what each region with data has, against the goal: 太原市 35.87，达标."""
    indicator, scope, basis = binding.indicator, binding.scope, binding.basis
    if indicator is None or scope is None or basis is None or scope.kind not in ("regions", "each"):
        return ""
    parts, period = [], counted_period(binding, period)
    for code, name in zip(scope.subjects, scope.names, strict=True):
        row = rows.get(value_id(indicator.id, code, period=period, series=basis.series))
        if row is not None and row["exact"]:
            value = Fraction(str(row["exact"]))
            word = "达标" if goal.met_by(value, basis.step) else "未达标"
            parts.append(f"{name} {shown(value, figure_decimals(indicator))}，{word}")
    return "；".join(parts[:5]) + ("等" if len(parts) > 5 else "")


def judged_subjects(binding: Binding, rows: Mapping[str, Row], *, period: Period) -> tuple[str, ...]:
    """Return the regions of a target whose figure for a period is there and not refused."""
    indicator, scope, basis = binding.indicator, binding.scope, binding.basis
    if indicator is None or scope is None or basis is None:
        return ()
    period = counted_period(binding, period)
    keys = {code: value_id(indicator.id, code, period=period, series=basis.series) for code in scope.subjects}
    return tuple(code for code, key in keys.items() if key in rows and rows[key]["exact"])


def _own(row: Row, *, decimals: int) -> Own:
    value = Fraction(str(row["exact"])) if row["exact"] else None
    n, start, end = row["n"], row["start"], row["end"]
    counted = shown(value, decimals) if value is not None else ""
    text = str(row["text"] or counted) if row["unit"] == "class" else counted
    absent = str(row["absent"] or "")
    words = ABSENT_ZH[Absent(absent)] if absent in set(Absent) else absent
    note = str(row["note"] or "").partition(f"；{OPEN_QUESTION}")[0]
    return Own(
        id=str(row["id"]),
        value=value,
        text=text if value is not None else words,
        n=n if isinstance(n, int) else None,
        review=str(row["review"] or ""),
        start=start if isinstance(start, date) else None,
        end=end if isinstance(end, date) else None,
        why="" if value is not None else note or words,
        reason="" if value is not None else "incomplete" if n else "no_data",
        note=note,
    )
