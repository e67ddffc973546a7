"""From printed times to seconds of local standard time. 时间的读法。"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, cast
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.feeds import SheetRule, TimeRule

__all__ = ["Serials", "Times", "from_serial", "parse_time", "read_times", "serials_of", "told_serials"]

_EPOCH = datetime(1970, 1, 1)
_SPELLED = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?:[-/.年](?P<m>\d{1,2})(?:[-/.月](?P<d>\d{1,2})日?)?月?)?"
    r"(?:[ T]*(?P<H>\d{1,2})(?:[:时点](?P<M>\d{1,2})(?:[:分](?P<S>\d{1,2})(?:\.\d+)?)?)?[时点分秒]?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})[ T]?(?:(?P<H>\d{2})(?P<M>\d{2})?(?P<S>\d{2})?)?(?P<zone>)"
)

_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_PART_OF_DAY = re.compile(r"0?\.\d+")
_SECONDS = 86_400

Longs = NDArray[np.int64]


class Serials(NamedTuple):
    """How a workbook counts its days, and between which days a count is believed to be a date."""

    epoch: date
    first: date
    last: date


class Times(NamedTuple):
    """The label of each row [s since 1970, local]; `bad` is -1 or the place of an unreadable text."""

    seconds: Longs
    bad: NDArray[np.int32]
    texts: list[str]
    serials: tuple[tuple[str, str, int], ...] = ()
    """Serial numbers that were read as dates: the text, what it means, in how many rows."""


def serials_of(epoch: date | None, rule: SheetRule) -> Serials | None:
    """Return how serial numbers are read; None where a file has no date system or the feed declares no bounds."""
    return Serials(epoch, rule.first, rule.last) if epoch and rule.first and rule.last else None


def told_serials(found: Sequence[tuple[str, str, int]], *, place: str, epoch: date | None) -> Iterator[str]:
    """Say once of a sheet that its serial numbers were read as dates, with the first of them."""
    if found and epoch:
        text, meaning, _ = found[0]
        count, system = sum(rows for *_, rows in found), 1904 if epoch.year == 1904 else 1900
        yield (
            f"{place}：{count} 格日期是 Excel 序列号，按工作簿的 {system} 日期系统读（{text} 即 {meaning}） "
            f"{count} serial numbers of Excel read as dates by the workbook's {system} date system"
        )


def from_serial(text: str, serials: Serials) -> str | None:
    """Return the day, or day and time to the nearest second, that a serial number of Excel means; None if it is none.

    Examples
    --------
    >>> system = Serials(date(1899, 12, 30), date(2000, 1, 1), date(2059, 12, 31))
    >>> [from_serial(text, system) for text in ("46053", "46053.375", "36525", "20260131")]
    ['2026-01-31', '2026-01-31 09:00:00', None, None]
    """
    plain = normalize("NFKC", text).strip()
    if _SERIAL.fullmatch(plain) is None:
        return None
    seconds = int(Decimal(plain) * _SECONDS + Decimal("0.5"))
    when = datetime.combine(serials.epoch, time()) + timedelta(seconds=seconds)
    if not serials.first <= when.date() <= serials.last:
        return None
    return when.date().isoformat() if when.time() == time() else when.isoformat(" ")


def read_times(columns: list[pa.Array], rule: TimeRule, serials: Serials | None = None) -> Times:
    """Read the time of each row, each distinct text once; with `serials` the serial numbers of Excel too."""
    if len(columns) == 1 and (pa.types.is_timestamp(columns[0].type) or pa.types.is_date(columns[0].type)):
        return _typed(columns[0], rule)
    parts = [pc.fill_null(column.cast(pa.string()), "") for column in columns]
    found: list[tuple[str, str, int]] = []
    if serials:
        parts = [_dated(part, serials, found=found, later=place > 0) for place, part in enumerate(parts)]
    joined = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, rule.joined)
    encoded = joined.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    seconds = np.zeros(len(encoded.dictionary), np.int64)
    bad = np.full(len(encoded.dictionary), -1, np.int32)
    texts: list[str] = []
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        when = parse_time(text, rule)
        if when is None:
            bad[place] = len(texts)
            texts.append(text)
        else:
            seconds[place] = int((when - _EPOCH).total_seconds())
    return Times(seconds[codes], bad[codes], texts, tuple(found))


def _dated(column: pa.Array, serials: Serials, *, found: list[tuple[str, str, int]], later: bool) -> pa.Array:
    """Write serial numbers as dates; in a `later` column of several also a part of a day as its time."""
    encoded = column.dictionary_encode()
    counts = np.bincount(encoded.indices.to_numpy(zero_copy_only=False), minlength=len(encoded.dictionary))
    spoken = []
    for text, count in zip(encoded.dictionary.to_pylist(), counts.tolist(), strict=True):
        meaning = _clock(text) if later and _PART_OF_DAY.fullmatch(text) else from_serial(text, serials)
        if meaning is not None:
            found.append((text, meaning, count))
        spoken.append(text if meaning is None else meaning)
    return pa.array(spoken, pa.string()).take(encoded.indices)


def _clock(text: str) -> str:
    """The time of day of a part of a day, to the nearest second."""
    seconds = int(Decimal(text) * _SECONDS + Decimal("0.5"))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def parse_time(text: str, rule: TimeRule) -> datetime | None:
    """Return a printed time in the feed's clock, None if it cannot be read.

    Formats of the feed come first, then ISO, Chinese and compact spellings; hour 24 is the next midnight. Full-width
    figures are read as figures; a year before 1900 or after 2099 is a slip of the pen.
    """
    plain = (text if text.isascii() else normalize("NFKC", text)).strip()
    for pattern in rule.formats:
        try:
            return datetime.strptime(plain, pattern)
        except ValueError:
            continue
    match = _SPELLED.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if match is None or (match["m"] is None and match["H"] is not None):
        return None
    hour = int(match["H"] or 0)
    try:
        day = datetime(int(match["y"]), int(match["m"] or 1), int(match["d"] or 1))
        clock = datetime(2000, 1, 1, hour % 24 if hour == 24 else hour, int(match["M"] or 0), int(match["S"] or 0))
    except ValueError:
        return None
    if hour == 24 and (clock.minute or clock.second):
        return None
    when = day + timedelta(hours=hour, minutes=clock.minute, seconds=clock.second)
    return when - _ahead(match["zone"]) + rule.offset if match["zone"] else when


def _ahead(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta(0)
    digits = zone[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return size if zone[0] == "+" else -size


def _typed(column: pa.Array, rule: TimeRule) -> Times:
    zone = getattr(column.type, "tz", None)
    plain = column.cast(pa.timestamp("s", tz=zone), safe=False).cast(pa.int64())
    seconds = cast("Longs", pc.fill_null(plain, 0).to_numpy(zero_copy_only=False).astype(np.int64))
    if zone:
        seconds = seconds + int(rule.offset.total_seconds())
    absent = pc.is_null(column).to_numpy(zero_copy_only=False)
    return Times(seconds, np.where(absent, 0, -1).astype(np.int32), [""])
