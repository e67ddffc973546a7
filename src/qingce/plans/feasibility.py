"""What arithmetic alone objects to in one document: contradictions, sums, shares of a few. 算术可行性。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from math import gcd

from qingce.core.records import Reading, Target
from qingce.plans.differences import CHANGES, NOT_ADDED, UNVALUED, Difference, difference
from qingce.plans.phrases import Phrases, load_phrases

__all__ = ["feasibility"]

_WHOLE = re.compile(r"规模|总|合计|共")
_TOTAL_ROW = re.compile(r"^(?:合计|总计|小计|全[国省市州县区旗])$")
_NEAR = 80
_DENOMINATORS = 30
"""The largest number of points that a share with two decimals is taken for when none is printed."""


def feasibility(reading: Reading, *, phrases: Phrases | None = None) -> tuple[Difference, ...]:
    """List what arithmetic alone objects to: contradictions, parts above their whole, totals, shares of a few."""
    targets = [t for t in reading.targets if t.kind not in UNVALUED and isinstance(t.value, Decimal)]
    shares = _shares(reading.document.text, targets, phrases or load_phrases())
    return (*_contradictions(targets), *_sums(targets), *_totals(targets), *shares)


def _contradictions(targets: list[Target]) -> Iterator[Difference]:
    """One bound indicator, one scope, one date, two values."""
    seen: dict[tuple[object, ...], Target] = {}
    for target in targets:
        key = (target.indicator_id, target.scope, target.deadline, target.unit, target.comparator in CHANGES)
        known = seen.setdefault(key, target)
        whole = target.indicator_id and target.indicator == known.indicator
        if whole and known is not target and known.value != target.value and target.deadline:
            yield difference("contradiction", known, target)


def _sums(targets: list[Target]) -> Iterator[Difference]:
    """风电270万千瓦、光伏500万千瓦, 规模700万千瓦: parts just before their whole, or after it."""
    for i, whole in enumerate(targets):
        if not _WHOLE.search(whole.indicator) or whole.unit in {"%", ""} or whole.comparator in CHANGES:
            continue
        for parts in (_beside(targets[:i][::-1], whole), _beside(targets[i + 1 :], whole)):
            total = sum((part.value for part in parts if isinstance(part.value, Decimal)), Decimal(0))
            if len(parts) > 1 and isinstance(whole.value, Decimal) and total > whole.value:
                shown = sorted(parts, key=lambda part: part.start)
                sum_text = " + ".join(str(part.value) for part in shown)
                note = f"{sum_text} = {total} > {whole.value} {whole.unit}"
                yield difference("parts_exceed_whole", shown[0], whole, note=note)


def _beside(others: list[Target], whole: Target) -> list[Target]:
    parts = []
    for part in others:
        near = part.clause == whole.clause and _gap(part, whole) < _NEAR and part.unit == whole.unit
        if not near or part.deadline != whole.deadline or part.kind != "increment":
            break
        parts.append(part)
    return parts


def _gap(part: Target, whole: Target) -> int:
    return whole.start - part.end if part.start < whole.start else part.start - whole.end


def _totals(targets: list[Target]) -> Iterator[Difference]:
    """A table's row 合计 against the rows above it, for what can be added."""
    columns: dict[tuple[str, str, str], list[Target]] = {}
    for target in targets:
        if any(reason.rule == "table-row" for reason in target.reasons) and not NOT_ADDED.search(target.unit):
            columns.setdefault((target.indicator, target.deadline, target.unit), []).append(target)
    for rows in columns.values():
        wholes = [row for row in rows if _TOTAL_ROW.match(row.scope)]
        parts = [row for row in rows if not _TOTAL_ROW.match(row.scope)]
        total = sum((row.value for row in parts if isinstance(row.value, Decimal)), Decimal(0))
        for whole in wholes:
            if len(parts) > 1 and total != whole.value:
                note = " + ".join(str(row.value) for row in parts) + f" = {total} ≠ {whole.value} {whole.unit}"
                yield difference("parts_not_sum", parts[0], whole, note=note)


@cache
def _few(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(rf"(?P<count>\d{{1,3}})个[^，。；、]{{0,16}}?(?:{phrases.pattern('counted')})")


@cache
def _counted(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(phrases.pattern("counted"))


def _shares(text: str, targets: list[Target], phrases: Phrases) -> Iterator[Difference]:
    """80 % of six sections is five of them; 6.67 % is one of fifteen."""
    for target in targets:
        value = target.value
        if target.unit != "%" or not isinstance(value, Decimal) or target.comparator in CHANGES or not 0 < value < 100:
            continue
        count = _printed_count(text, target, phrases)
        if count:
            yield from _of_count(target, value, count)
        elif _counted(phrases).search(target.quote + target.indicator):
            share = _simplest(value)
            if share is not None:
                note = f"{value}% ≈ {share.numerator}/{share.denominator}"
                yield difference("share_as_count", target, None, note=note)


def _printed_count(text: str, target: Target, phrases: Phrases) -> int:
    """The number of points printed with the target, else the only one in its sentence before it."""
    quoted = _few(phrases).search(re.sub(r"\s", "", target.quote))
    if quoted is not None:
        return int(quoted["count"])
    begin = max(text.rfind(mark, 0, target.start) for mark in "。；\n") + 1
    before = [int(match["count"]) for match in _few(phrases).finditer(re.sub(r"\s", "", text[begin : target.start]))]
    return before[0] if len(before) == 1 else 0


def _of_count(target: Target, value: Decimal, count: int) -> Iterator[Difference]:
    exact = count * value / 100
    if exact == exact.to_integral_value():
        return
    nearest = int(exact.to_integral_value(ROUND_HALF_UP))
    said = f"{count} × {value}% = {exact.normalize():f}"
    if _rounds_to(Fraction(nearest, count), value):
        yield difference("share_as_count", target, None, note=f"{said} → {nearest}/{count}")
        return
    cap = target.comparator in {"<=", "<"}
    need = int(exact.to_integral_value(ROUND_FLOOR if cap else ROUND_CEILING))
    yield difference("share_of_few", target, None, note=f"{said} → {need}/{count}")


def _rounds_to(share: Fraction, value: Decimal) -> bool:
    """Whether a share, printed with the decimals of `value` [%], is that value."""
    step = Fraction(1, 10 ** max(0, -int(value.as_tuple().exponent)))
    return abs(share * 100 - Fraction(value)) * 2 <= step


def _simplest(value: Decimal) -> Fraction | None:
    """The simplest share of a few that is printed so with two decimals; None for a rounder number."""
    if int(value.as_tuple().exponent) > -2 or value == value.quantize(Decimal("0.1")):
        return None
    for count in range(3, _DENOMINATORS + 1):
        for part in range(1, count):
            if gcd(part, count) == 1 and _rounds_to(Fraction(part, count), value):
                return Fraction(part, count)
    return None
