"""From printed numbers to exact whole micro-units, and what is no number. 数值：逐字精确。

A value never passes through a binary float: plain decimals are converted by Arrow's decimal type, everything else
(`<0.02`, `0.02L`, `1.2e-3`, full width digits) by `Decimal`, each distinct text once.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.feeds import ValueRule
from qingce.core.rounding import as_decimal, half_even_ratio
from qingce.core.tables import SCALE, VALUE_TYPE

__all__ = ["BELOW", "EMPTY", "NOT_NUMBER", "Numbers", "OK", "TOO_LARGE", "as_values", "micro_of", "read_numbers"]

OK, EMPTY, BELOW, NOT_NUMBER, TOO_LARGE = range(5)

_PLAIN = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_LIMIT = 10**12
_SAFE = 2**62

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Numbers:
    """For each distinct text: micro-units, what it is, the detection limit (-1 none), and whether it was rounded."""

    micro: Longs
    kind: NDArray[np.int8]
    limit: Longs
    rounded: NDArray[np.bool_]


def read_numbers(texts: pa.Array, *, rule: ValueRule, missing: frozenset[str], factor: Fraction) -> Numbers:
    """Read distinct texts; `factor` turns the given unit into the inside unit.

    A value with more than six decimals in the inside unit is rounded once, half to even, and marked.
    """
    size = len(texts)
    found = Numbers(
        np.zeros(size, np.int64), np.full(size, NOT_NUMBER, np.int8), np.full(size, -1, np.int64), np.zeros(size, bool)
    )
    trimmed = pc.fill_null(pc.utf8_trim_whitespace(texts), "")
    words = pa.array(sorted(rule.missing | missing), pa.string())
    empty = _bools(pc.is_in(trimmed, value_set=words))
    found.kind[empty] = EMPTY
    plain = _bools(pc.match_substring_regex(trimmed, _PLAIN)) & ~empty
    _read_plain(found, trimmed.filter(pa.array(plain)), where=np.flatnonzero(plain), factor=factor)
    rest = np.flatnonzero(~empty & (found.kind == NOT_NUMBER))
    for place, text in zip(rest.tolist(), trimmed.take(pa.array(rest)).to_pylist(), strict=True):
        _read_one(found, place, text=text, rule=rule, factor=factor)
    return found


def micro_of(column: pa.Array) -> Longs:
    """Return a DECIMAL(18,6) array as whole micro-units; nulls become 0."""
    filled = pc.fill_null(column, pa.scalar(Decimal(0), VALUE_TYPE))
    if isinstance(filled, pa.ChunkedArray):
        filled = filled.combine_chunks()
    raw = np.frombuffer(filled.buffers()[1], np.int64)
    low: Longs = raw[0::2][filled.offset : filled.offset + len(filled)]
    return low


def as_values(micro: Longs, present: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return whole micro-units as DECIMAL(18,6); absent ones are null."""
    if present is not None and not present.any():
        return pa.nulls(len(micro), VALUE_TYPE)
    pairs = np.empty((len(micro), 2), np.int64)
    pairs[:, 0] = micro
    pairs[:, 1] = micro >> 63
    bits = None
    if present is not None:
        bits = pa.array(present).buffers()[1] if len(micro) else None
    return pa.Array.from_buffers(VALUE_TYPE, len(micro), [bits, pa.py_buffer(pairs)])


def _read_plain(found: Numbers, texts: pa.Array, *, where: NDArray[np.int64], factor: Fraction) -> None:
    if not len(texts):
        return
    micro = micro_of(texts.cast(VALUE_TYPE))
    fits = np.abs(micro) < _SAFE // max(factor.numerator, 1)
    if factor != 1:
        micro, where = micro[fits], where[fits]
        product = micro * factor.numerator
        bottom = np.full(len(product), factor.denominator, np.int64)
        micro = half_even_ratio(product, bottom)
        found.rounded[where] = micro * factor.denominator != product
    small = np.abs(micro) < _LIMIT * SCALE
    found.micro[where] = np.where(small, micro, 0)
    found.kind[where] = np.where(small, OK, TOO_LARGE)


def _read_one(found: Numbers, place: int, *, text: str, rule: ValueRule, factor: Fraction) -> None:
    plain = unicodedata.normalize("NFKC", text).strip()
    if text in rule.not_detected or plain in rule.not_detected:
        found.kind[place] = BELOW
        return
    bare, below = _without_mark(text, plain, rule)
    number = _number(bare)
    if number is None:
        return
    exact = Fraction(number) * factor
    if abs(exact) >= _LIMIT:
        found.kind[place] = TOO_LARGE
        return
    stored = int(as_decimal(exact, 6) * SCALE)
    found.rounded[place] = Fraction(stored, SCALE) != exact
    if below:
        found.kind[place] = BELOW if stored >= 0 else NOT_NUMBER
        found.limit[place] = stored
    else:
        found.kind[place], found.micro[place] = OK, stored


def _without_mark(text: str, plain: str, rule: ValueRule) -> tuple[str, bool]:
    """Take the mark of a detection limit off: `<0.02`, `0.02L`."""
    for mark in rule.limit_before:
        for form in (text, plain):
            if form.startswith(mark) and len(form) > len(mark):
                return form[len(mark) :], True
    for mark in rule.limit_after:
        for form in (text, plain):
            if form.endswith(mark) and len(form) > len(mark):
                return form[: -len(mark)], True
    return plain, False


def _number(text: str) -> Decimal | None:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    body = text.strip()
    if not body or "_" in body or not (body[0].isdigit() or body[0] in "+-."):
        return None
    try:
        number = Decimal(body)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def _bools(array: pa.Array) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = pc.fill_null(array, False).to_numpy(zero_copy_only=False)
    return result
