"""From printed times to seconds of local standard time. 时间的读法。"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple, cast
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.feeds import TimeRule

__all__ = ["Times", "parse_time", "read_times"]

_EPOCH = datetime(1970, 1, 1)
_SPELLED = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?:[-/.年](?P<m>\d{1,2})(?:[-/.月](?P<d>\d{1,2})日?)?月?)?"
    r"(?:[ T]*(?P<H>\d{1,2})(?:[:时点](?P<M>\d{1,2})(?:[:分](?P<S>\d{1,2})(?:\.\d+)?)?)?[时点分秒]?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})[ T]?(?:(?P<H>\d{2})(?P<M>\d{2})?(?P<S>\d{2})?)?(?P<zone>)"
)

Longs = NDArray[np.int64]


class Times(NamedTuple):
    """The label of each row [s since 1970, local]; `bad` is -1 or the place of an unreadable text."""

    seconds: Longs
    bad: NDArray[np.int32]
    texts: list[str]


def read_times(columns: list[pa.Array], rule: TimeRule) -> Times:
    """Read the time of each row, each distinct text once."""
    if len(columns) == 1 and (pa.types.is_timestamp(columns[0].type) or pa.types.is_date(columns[0].type)):
        return _typed(columns[0], rule)
    parts = [pc.fill_null(column.cast(pa.string()), "") for column in columns]
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
    return Times(seconds[codes], bad[codes], texts)


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
