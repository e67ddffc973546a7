"""Judged days of an older state of the data brought up to date: only the days touched are judged anew. 增量重评。

Every row of a table of days rests on the hours of its own day alone, so days that nothing touched stay as they are and
the answer is that of judging everything from the beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.evaluate.air.days import AirDays, days_of_readings
from qingce.evaluate.air.input import day_number
from qingce.evaluate.air.parts import laid_over, read_if_any, sorted_days
from qingce.evaluate.kernels import arrow

__all__ = ["evaluate_air_days_again"]

_EPOCH = date(1970, 1, 1)


def evaluate_air_days_again(
    previous: AirDays,
    observations: pa.Table,
    sites: pa.Table,
    *,
    exceptions: pa.Table,
    touched: Collection[date],
    catalog: Catalog,
    edition: str = "auto",
    areas: Sequence[str] = ("city",),
) -> AirDays | None:
    """Return the days as judged from all rows, given those judged before and all rows of the `touched` days.

    None where only judging everything anew would do: a site with readings that had none before. The list of sites and
    the editions must be those of `previous`. Raises QC105, QC110, QC250–QC252.
    """
    if not previous.site_days.num_rows:
        return None
    known = arrow.codes(previous.site_days["subject"])[1]
    numbers = arrow.whole(previous.site_days["day"])
    first, last = int(numbers.min()), int(numbers.max())
    found = read_if_any(observations)
    if found is not None and not set(found.sites) <= set(known):
        return None
    anew = {day_number(day) for day in touched}
    if found is not None:
        anew |= set(range(found.first, first)) | set(range(last + 1, found.first + found.days))
        first, last = min(first, found.first), max(last, found.first + found.days - 1)
    anew = {day for day in anew if first <= day <= last}
    parts = [
        days_of_readings(
            laid_over(found, [str(site) for site in known], run), sites, exceptions=exceptions, catalog=catalog,
            edition=edition, areas=areas,
        )
        for run in _runs(anew)
    ]  # fmt: skip
    return AirDays(
        _spliced(previous.site_days, [part.site_days for part in parts], anew),
        _spliced(previous.city_days, [part.city_days for part in parts], anew),
    )


def _runs(days: Iterable[int]) -> list[range]:
    """Return the runs of consecutive days."""
    runs: list[range] = []
    for day in sorted(days):
        if runs and runs[-1].stop == day:
            runs[-1] = range(runs[-1].start, day + 1)
        else:
            runs.append(range(day, day + 1))
    return runs


def _spliced(before: pa.Table, parts: Sequence[pa.Table], anew: Collection[int]) -> pa.Table:
    """Put the rows of days judged anew in the place of the old ones, sorted by subject and day."""
    if not parts:
        return before
    days = arrow.days(np.array(sorted(anew), np.int64))
    kept = before.filter(pc.invert(pc.is_in(before["day"], value_set=days)))
    return sorted_days([kept, *(part.cast(before.schema) for part in parts)])
