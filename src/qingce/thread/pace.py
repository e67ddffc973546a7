"""The pace: the value to date against the same date of earlier years. 进度同比。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from qingce.thread.binding import Binding, period_text
from qingce.thread.own import own_figure
from qingce.thread.quotas import Stretch
from qingce.thread.status import shown
from qingce.thread.values import EARLIER

__all__ = ["Pace", "pace_of"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Last year's value of the same dates, and the comparison in words."""

    last_year: Fraction | None = None
    text: str = ""


def pace_of(
    binding: Binding, rows: Mapping[str, Mapping[str, object]], *, stretch: Stretch, later: Pace | None = None
) -> Pace:
    """Compare our figure to date with the same dates of up to three earlier years; `later` adds this year's words."""
    own = own_figure(binding, rows, period=stretch.behind)
    if own is None or own.value is None or binding.indicator is None:
        return Pace(text=later.text if later else "")
    decimals = max(2, binding.indicator.decimals)
    earlier = {}
    for years in range(1, EARLIER + 1):
        before = own_figure(binding, rows, period=stretch.behind.year_before(years))
        if before is not None and before.value is not None:
            earlier[stretch.behind.start.year - years] = before.value
    last = earlier.get(stretch.behind.start.year - 1)
    days = f"（有效 {own.n} {'个月' if binding.scope and binding.scope.kind == 'sections' else '天'}）" if own.n else ""
    words = [f"{period_text(stretch.behind)} {own.text}{days}"]
    if last is not None:
        words.append(f"去年同期 {shown(last, decimals)}，同比{_change(own.value, last, decimals)}")
    older = [f"{year} 年 {shown(value, decimals)}" for year, value in earlier.items() if value is not last]
    if older:
        words.append(f"更早同期 {'、'.join(older)}")
    return Pace(last, "；".join([*words, *([later.text] if later and later.text else [])]))


def _change(now: Fraction, before: Fraction, decimals: int) -> str:
    gap = now - before
    if not gap:
        return "持平"
    share = f"（{shown(abs(gap) * 100 / before, 1)}%）" if before else ""
    return f"{'上升' if gap > 0 else '下降'} {shown(abs(gap), decimals)}{share}"
