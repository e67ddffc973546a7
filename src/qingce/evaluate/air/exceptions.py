"""Exceptional days as imported: which readings the deducted series leaves out. 例外事件剔除。

References
----------
[HBJC2016-120]_ sand-dust; the authoritative input is the national centre's list, imported as EXCEPTION.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.evaluate.air.input import Longs, Stretch, day_number
from qingce.evaluate.air.rules import DayRules, Span
from qingce.evaluate.air.sites import Area
from qingce.evaluate.kernels.exact import Bools

__all__ = ["Event", "events_of", "excluded", "labels", "on_areas"]


@dataclass(frozen=True, slots=True)
class Event:
    """One exceptional event: rows of days, columns of sites, and what it takes away."""

    id: str
    first: int
    last: int
    columns: NDArray[np.int64]
    parameters: frozenset[str]


def events_of(
    exceptions: pa.Table, *, readings: Stretch, spans: Sequence[Span[DayRules]], sites: pa.Table
) -> tuple[Event, ...]:
    """Return the events that count, cut to the days of the readings; the row last known of an id wins.

    Scope is a site, or the code or name of its city or county; a status that the method lists as not counted is
    left out.
    """
    latest: dict[str, dict[str, object]] = {}
    for row in exceptions.to_pylist():
        before = latest.get(str(row["id"]))
        if before is None or str(row["known_at"] or "") >= str(before["known_at"] or ""):
            latest[str(row["id"])] = row
    found: list[Event] = []
    scopes = _scopes(readings, sites)
    for _, row in sorted(latest.items()):
        for span in spans:
            event = _event(row, readings=readings, span=span, scopes=scopes)
            if event is not None and str(row["status"]) not in span.rules.not_counted:
                found.append(event)
    return tuple(found)


def excluded(events: Sequence[Event], *, names: frozenset[str], shape: tuple[int, int]) -> Bools:
    """Say on which days and at which sites an event takes a quantity away, known by any of its `names`."""
    taken = np.zeros(shape, bool)
    for event in events:
        if event.parameters & names:
            taken[event.first : event.last, event.columns] = True
    return taken


def labels(events: Sequence[Event], *, shape: tuple[int, int]) -> tuple[Longs, list[str | None]]:
    """Return the ids of the events of each day and site, joined by ',', as places in the words (0: none)."""
    place, words = np.zeros(shape, np.int64), [None]
    vocabulary: list[str | None] = list(words)
    for event in events:
        part = place[event.first : event.last, event.columns]
        for old in np.unique(part):
            before = vocabulary[old]
            ids = dict.fromkeys([*(before.split(",") if before else []), event.id])
            vocabulary.append(",".join(ids))
            part = np.where(part == old, len(vocabulary) - 1, part)
        place[event.first : event.last, event.columns] = part
    return place, vocabulary


def on_areas(events: Sequence[Event], areas: Sequence[Area]) -> tuple[Event, ...]:
    """Return the events with the places of the areas that they touch instead of the columns of sites."""
    found = []
    for event in events:
        touched = [place for place, area in enumerate(areas) if np.isin(area.columns, event.columns).any()]
        if touched:
            found.append(replace(event, columns=np.array(touched, np.int64)))
    return tuple(found)


def _event(
    row: dict[str, object], *, readings: Stretch, span: Span[DayRules], scopes: Mapping[str, set[int]]
) -> Event | None:
    start, end = row["start"], row["end"] or row["start"]
    if not isinstance(start, date) or not isinstance(end, date):
        return None
    first = day_number(max(start, span.start)) - readings.first
    last = day_number(min(end, span.end)) - readings.first + 1
    columns = np.array(sorted(scopes.get(str(row["scope"]), ())), np.int64)
    if first >= last or not columns.size:
        return None
    listed = [word.strip() for word in str(row["parameters"] or "").replace("，", ",").split(",") if word.strip()]
    return Event(str(row["id"]), first, last, columns, frozenset(listed or span.rules.excepted))


def _scopes(readings: Stretch, sites: pa.Table) -> dict[str, set[int]]:
    """Return for every word that may name a scope the columns of its sites."""
    place = {site: column for column, site in enumerate(readings.sites)}
    found = {site: {column} for site, column in place.items()}
    for row in sites.to_pylist():
        for word in {row[name] for name in ("city", "city_name", "county", "county_name")}:
            if word and row["site"] in place:
                found.setdefault(word, set()).add(place[row["site"]])
    return found
