"""Naive instants as whole microseconds, the form in which the manifest keeps and compares them. 时刻。"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

__all__ = ["Clock", "DAY", "SECOND", "from_micros", "local", "micros", "offset_of", "utc", "utc_now"]

Clock = Callable[[], datetime]

SECOND = 1_000_000
"""Microseconds."""
DAY = 86_400
"""Seconds."""
_EPOCH = datetime(1970, 1, 1)
_MICRO = timedelta(microseconds=1)


def utc_now() -> datetime:
    """Return the present instant as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def micros(instant: datetime) -> int:
    """Return microseconds since 1970 of a naive instant."""
    return (instant - _EPOCH) // _MICRO


def from_micros(count: int) -> datetime:
    """Return the naive instant of a count of microseconds."""
    return _EPOCH + count * _MICRO


def utc(instant: datetime) -> datetime:
    """Return a known time as naive UTC; an instant with an offset is converted."""
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)


def local(instant: datetime, offset: str) -> datetime:
    """Return a valid time as naive local standard time of the lake; an instant with an offset is converted."""
    return instant if instant.tzinfo is None else instant.astimezone(offset_of(offset)).replace(tzinfo=None)


def offset_of(text: str) -> timezone:
    """Read `+08:00`; raises ValueError for anything else."""
    zone = datetime.strptime(text, "%z").tzinfo
    if not isinstance(zone, timezone):
        raise ValueError(text)
    return zone
