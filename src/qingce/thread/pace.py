"""The pace: the value to date against the same date of earlier years. 进度同比。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from qingce.core.records import Indicator
from qingce.thread.allowances.quotas import Stretch
from qingce.thread.binding import Binding, counted_period, period_text
from qingce.thread.own import own_figure
from qingce.thread.status import figure_decimals, shown
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
    earlier = {}
    for years in range(1, EARLIER + 1):
        before = own_figure(binding, rows, period=stretch.behind.year_before(years))
        if before is not None and before.value is not None:
            earlier[years] = before
    last = earlier.pop(1, None)
    days = f"（有效 {own.n} {_counted(binding)}）" if own.n else ""
    words = [f"{period_text(counted_period(binding, stretch.behind))} {own.text}{days}"]
    if last is not None and last.value is not None:
        words.append(f"去年同期 {last.text}，同比{_change(own.value, last.value, binding.indicator)}")
    if earlier:
        older = (f"{stretch.behind.start.year - years} 年 {before.text}" for years, before in earlier.items())
        words.append(f"更早同期 {'、'.join(older)}")
    words += [own.note] if binding.since and own.note else []
    words += [later.text] if later and later.text else []
    return Pace(last.value if last is not None else None, "；".join(words))


_NOUNS = {"met_share": "个点次", "class_share": "个点位", "point_mean": "个值", "ratio": "个值", "net": "个值",
          "region_index": "个值"}  # fmt: skip


def _counted(binding: Binding) -> str:
    """Return what the figure of a target counts."""
    if binding.scope is not None and binding.scope.kind == "sections":
        return "个月"
    return _NOUNS.get(binding.verb, "天")


def _change(now: Fraction, before: Fraction, indicator: Indicator) -> str:
    gap = now - before
    if not gap:
        return "持平"
    if indicator.unit == "class":
        return f"{'变差' if gap > 0 else '变好'} {abs(gap)} 个类别"
    share = f"（{shown(abs(gap) * 100 / before, 1)}%）" if before else ""
    return f"{'上升' if gap > 0 else '下降'} {shown(abs(gap), figure_decimals(indicator))}{share}"
