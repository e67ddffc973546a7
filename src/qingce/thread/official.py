"""Official values 认定值: they win, every version stays, the difference to our 测算 is shown and explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.core.absence import REVIEW_ZH, Review
from qingce.core.errors import QingceError
from qingce.core.grouping import grouped
from qingce.core.periods import Period, parse_period
from qingce.core.rounding import as_decimal, round_gbt8170
from qingce.thread.basis import SERIES_ZH

__all__ = ["Difference", "Official", "Officials", "difference", "official_months"]


@dataclass(frozen=True, slots=True)
class Official:
    """One official value; `before` are the earlier versions of the same issuer and number, oldest first."""

    id: str
    indicator: str
    scope: str
    period: Period
    series: str
    value: Decimal | None
    text: str
    unit: str
    issuer: str
    number: str
    issued: date | None
    version: int
    review: str
    before: tuple[Official, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Official minus own, and why as far as it is known."""

    value: Fraction | None
    text: str


class Officials:
    """The official values in force, found by indicator, scope, period and series."""

    def __init__(self, table: pa.Table, *, known_at: datetime | None = None) -> None:
        rows = [
            row for row in table.to_pylist() if known_at is None or not row["known_at"] or row["known_at"] <= known_at
        ]
        self._groups = grouped(_latest(rows), lambda latest: (latest.indicator, latest.scope))

    def find(self, indicator: str, scopes: Iterable[str], *, period: Period, series: str) -> Official | None:
        """Return the official value in force for the first scope that has one, None without any.

        The asked series is preferred, then one of no named series, then the other; among issuers the higher review
        state, then the later day of issue.
        """
        for scope in scopes:
            fitting = [row for row in self._groups.get((indicator, scope), []) if row.period == period]
            if fitting:
                return max(fitting, key=lambda row: _preference(row, series))
        return None

    def all(self, indicator: str, scope: str) -> tuple[Official, ...]:
        """Return every official value in force of an indicator and scope, by period."""
        return tuple(sorted(self._groups.get((indicator, scope), []), key=lambda row: (row.period, row.series)))


def difference(
    official: Official,
    own: Fraction | None,
    *,
    series: str,
    review: str = "",
    other: Fraction | None = None,
    days: int = 0,
    stations: str = "",
) -> Difference:
    """Compare an official value with our own figure, and explain it by what is known.

    `other` is our figure in the other series, `days` how many days that series leaves out, `review` the state of our
    figure. What stays unexplained is said to be so.
    """
    if official.value is None or own is None:
        return Difference(None, _versions(official))
    gap = Fraction(official.value) - own
    shown = _signed(gap)
    if not gap:
        return Difference(gap, _joined("与测算一致", _versions(official)))
    step = _step(official.value)
    same_series = not official.series or official.series == series
    reasons = []
    if same_series and round_gbt8170(own, step) == official.value:
        reasons.append("差异仅来自修约")
    elif other is not None and round_gbt8170(other, step) == official.value:
        reasons.append(f"认定值与{_other(series)}测算 {_plain(other)} 一致，差异来自例外事件日 {days} 天")
    else:
        reasons += _hints(official, series=series, review=review, days=days if other is not None else 0)
        reasons += [f"测算站点口径：{stations}"] if stations else []
        reasons.append("其余差异依现有数据不能解释")
    return Difference(
        gap, _joined(f"认定比测算{'高' if gap > 0 else '低'} {shown.lstrip('+-')}", *reasons, _versions(official))
    )


def official_months(
    own: Mapping[str, Fraction], officials: Sequence[Official]
) -> tuple[dict[str, Fraction], dict[str, str]]:
    """Put official monthly values over our own; returns the month's values and which of them are official.

    Our own month, whatever its source, counts only where no official value exists.
    """
    values, labels = dict(own), dict.fromkeys(own, "测算")
    for row in officials:
        if row.value is not None and row.period.kind == "month":
            values[str(row.period)] = Fraction(row.value)
            labels[str(row.period)] = f"认定（{row.issuer}{row.number}，第{row.version}版）"
    return dict(sorted(values.items())), dict(sorted(labels.items()))


def _hints(official: Official, *, series: str, review: str, days: int) -> list[str]:
    reasons = []
    if official.series and official.series != series:
        reasons.append(f"认定值为{SERIES_ZH.get(official.series, official.series)}，测算为{SERIES_ZH[series]}")
    elif days:
        reasons.append(f"期内有例外事件日 {days} 天，认定采用的名单可能不同")
    if review and official.review and Review(review).rank < Review(official.review).rank:
        states = REVIEW_ZH[Review(review)], REVIEW_ZH[Review(official.review)]
        reasons.append(f"测算数据为{states[0]}，认定为{states[1]}，复核可能改变数据")
    return reasons


def _latest(rows: Iterable[Mapping[str, object]]) -> Iterable[Official]:
    """Yield the latest version of each issuer and number, with the versions before it."""
    names = ("indicator", "scope", "period", "series", "issuer", "number")
    for found in grouped(rows, lambda row: tuple(row[name] for name in names)).values():
        versions = [item for row in sorted(found, key=_order) if (item := _official(row)) is not None]
        for index, item in enumerate(versions[-1:], len(versions) - 1):
            yield _with(item, versions[:index])


def _order(row: Mapping[str, object]) -> tuple[int, date, datetime]:
    version, issued, known = row["version"], row["issued"], row["known_at"]
    return (
        version if isinstance(version, int) else 0,
        issued if isinstance(issued, date) else date.min,
        known if isinstance(known, datetime) else datetime.min,
    )


def _official(row: Mapping[str, object]) -> Official | None:
    try:
        period = parse_period(str(row["period"]))
    except QingceError:
        return None
    value, issued, version = row["value"], row["issued"], row["version"]
    return Official(
        id=str(row["id"] or ""),
        indicator=str(row["indicator"] or ""),
        scope=str(row["scope"] or ""),
        period=period,
        series=str(row["series"] or ""),
        value=value if isinstance(value, Decimal) else None,
        text=str(row["text"] or ""),
        unit=str(row["unit"] or ""),
        issuer=str(row["issuer"] or ""),
        number=str(row["number"] or ""),
        issued=issued if isinstance(issued, date) else None,
        version=version if isinstance(version, int) else 1,
        review=str(row["review"] or ""),
    )


def _with(item: Official, before: Sequence[Official]) -> Official:
    return replace(item, before=tuple(before))


def _preference(row: Official, series: str) -> tuple[int, int, date, int]:
    likeness = 2 if row.series == series else 0 if row.series else 1
    rank = Review(row.review).rank if row.review else -1
    return likeness, rank, row.issued or date.min, row.version


def _versions(official: Official) -> str:
    if not official.before or official.before[-1].value is None:
        return ""
    return f"第{official.version}版，上一版为 {_plain(official.before[-1].value)}"


def _other(series: str) -> str:
    return SERIES_ZH["measured" if series == "deducted" else "deducted"]


def _joined(*parts: str) -> str:
    return "；".join(part for part in parts if part)


def _step(value: Decimal) -> Decimal:
    return Decimal(1).scaleb(min(0, int(value.normalize().as_tuple().exponent)))


def _plain(value: Decimal | Fraction) -> str:
    shown = as_decimal(value, 3).normalize()
    return format(shown, "f")


def _signed(value: Fraction) -> str:
    return format(as_decimal(value, 3).normalize(), "+f")
