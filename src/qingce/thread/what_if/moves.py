"""What somebody moves by hand: a day, a month, a site or a section ahead; an exceptional day granted or not. 情景。"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.core.errors import QingceError, complain
from qingce.core.periods import Period, parse_period
from qingce.core.rounding import as_decimal

__all__ = ["COUNTS", "EXCEPTION", "Move", "read_move", "read_moves"]

COUNTS = {"bad_days": "at_most", "heavy_days": "above"}
"""Numbers of days that may be moved: which limit of an indicator they are counted by."""
EXCEPTION = "exception"
_LONG = re.compile(r"(?P<quantity>[^@=]+)@(?P<subject>[^@=]+)@(?P<period>[^@=]+)=(?P<value>.+)")
_YES, _NO = ("yes", "true", "准", "1"), ("no", "false", "不准", "0")
Site = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Move:
    """`quantity` of a `subject` (region, site or section) over a `period` is `value` [inside unit].

    `kind`: region | site | section | count (bad_days, heavy_days) | exception (value 1: granted, 0: refused) | report
    (the quantity is the id of an indicator that only its decider reports).
    """

    kind: str
    quantity: str
    subject: str
    name: str
    period: Period
    value: Fraction
    label: str = ""

    @property
    def text(self) -> str:
        """The move in words."""
        number = f"{as_decimal(self.value, 4).normalize():f}"
        when = str(self.period)
        if self.kind == EXCEPTION:
            return f"{self.name} {when} 例外事件{'获准剔除' if self.value else '不予剔除'}"
        if self.kind == "report":
            return f"{self.name} {when} 上报 {self.label} {number}"
        if self.kind == "count":
            return f"{self.name} {when} {'超标' if self.quantity == 'bad_days' else '重污染'}日 {number} 天"
        return f"{self.name} {when} {self.quantity} 为 {number}"


Scopes = Mapping[str, Mapping[str, str]]


def read_moves(
    given: Sequence[object],
    *,
    catalog: Catalog,
    sites: Sequence[Site],
    names: Mapping[str, str],
    reported: Scopes | None = None,
) -> tuple[Move, ...]:
    """Read moves as `QUANTITY@SUBJECT@PERIOD=VALUE` or as tables with these four keys; raises QC408.

    `names` are the regions that have data, code → name; `reported` the scopes of each indicator that is only reported.
    """
    return tuple(read_move(one, catalog=catalog, sites=sites, names=names, reported=reported) for one in given)


def read_move(
    given: object,
    *,
    catalog: Catalog,
    sites: Sequence[Site],
    names: Mapping[str, str],
    reported: Scopes | None = None,
) -> Move:
    """Read one move; raises QC408 saying what is wrong with it."""
    cells = _cells(given)
    for indicator, scopes in (reported or {}).items():
        if cells["quantity"] in (indicator, catalog.indicators[indicator].zh):
            return _report(given, cells, indicator, scopes=scopes, catalog=catalog)
    # a city's own values, listed as a site of its code, are the city
    places = {str(site["site"]): site for site in sites if str(site["site"]) not in names}
    subject, quantity = cells["subject"], cells["quantity"]
    if subject not in places and subject not in names:
        by_name = [code for code, site in places.items() if site["name"] == subject]
        by_name += [code for code, name in names.items() if name == subject]
        if len(by_name) != 1:
            raise _wrong(given, f"没有名为“{subject}”的行政区、站点或断面 no such subject")
        subject = by_name[0]
    section = subject in places and places[subject]["kind"] == "section"
    kind = "section" if section else "site" if subject in places else "region"
    if quantity in (EXCEPTION, *COUNTS):
        if kind == "section" or (kind == "site" and quantity != EXCEPTION):
            raise _wrong(given, f"{quantity} 只用于城市 is for regions")
        kind = EXCEPTION if quantity == EXCEPTION else "count"
    else:
        quantity = _quantity(given, quantity, kind, catalog=catalog)
    name = str(places[subject]["name"]) if subject in places else names[subject]
    period = _period(given, cells["period"], months=section or kind == "count")
    return Move(kind, quantity, subject, name, period, _value(given, cells["value"], kind=kind, period=period))


def _report(
    given: object, cells: Mapping[str, str], indicator: str, *, scopes: Mapping[str, str], catalog: Catalog
) -> Move:
    """Read what a report is to say of a stretch, in the indicator's unit; it may be below zero where growth is."""
    found = [code for code, name in scopes.items() if cells["subject"] in (code, name)]
    if len(found) != 1:
        allowed = "、".join(f"{name}（{code}）" for code, name in scopes.items())
        raise _wrong(given, f"{indicator} 的上报范围只有 reported for: {allowed}")
    try:
        period = parse_period(cells["period"])
    except QingceError as error:
        raise _wrong(given, f"“{cells['period']}”不是时段 no period") from error
    value = _number(cells["value"])
    if value is None:
        raise _wrong(given, f"“{cells['value']}”不能用 is not allowed")
    return Move("report", indicator, found[0], scopes[found[0]], period, value, catalog.indicators[indicator].zh)


def _number(text: str) -> Fraction | None:
    """Return a finite number as it is written, None for anything else."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return Fraction(value) if value.is_finite() else None


def _cells(given: object) -> dict[str, str]:
    if isinstance(given, Mapping):
        lacking = [key for key in ("quantity", "subject", "period", "value") if key not in given]
        if lacking:
            raise _wrong(given, f"缺少 missing: {', '.join(lacking)}")
        return {key: str(given[key]).strip() for key in ("quantity", "subject", "period", "value")}
    match = _LONG.fullmatch(str(given).strip())
    if match is None:
        raise _wrong(given, "应为 expected: pm2_5@990100@2026-11=45")
    return {key: word.strip() for key, word in match.groupdict().items()}


def _quantity(given: object, quantity: str, kind: str, *, catalog: Catalog) -> str:
    if quantity == "aqi" and kind == "region":
        return quantity
    try:
        return catalog.parameter(quantity).id
    except QingceError as error:
        raise _wrong(given, f"不认识的指标项“{quantity}” unknown quantity") from error


def _period(given: object, text: str, *, months: bool) -> Period:
    try:
        period = parse_period(text)
    except QingceError as error:
        raise _wrong(given, f"“{text}”不是日期或月份 no day or month") from error
    if period.kind not in (("month",) if months else ("month", "day")):
        raise _wrong(given, "断面和天数按月 a month is needed" if months else "只能是一日或一月 a day or a month")
    return period


def _value(given: object, text: str, *, kind: str, period: Period) -> Fraction:
    if kind == EXCEPTION and text.lower() in (*_YES, *_NO):
        return Fraction(text.lower() in _YES)
    value = _number(text)
    if kind == EXCEPTION or value is None or value < 0:
        raise _wrong(given, f"“{text}”不能用 is not allowed")
    if kind == "count" and (value.denominator > 1 or value > period.days):
        raise _wrong(given, f"“{text}”不能用 is not allowed")
    return value


def _wrong(given: object, reason: str) -> QingceError:
    return complain("QC408", words={"move": given, "reason": reason})
