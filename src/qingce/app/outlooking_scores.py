"""The campaign's own back-test: what each model would have said here in earlier years, at this month. 本工程回测。

It rests on whole earlier years alone, so that what was found is kept while these, the content and the code stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.kept import code_digest, read_kept, write_kept
from qingce.catalog import Catalog
from qingce.core.tables import BACKTEST, empty
from qingce.outlook.question import Question

if TYPE_CHECKING:
    from qingce.outlook.backtest import Trial

__all__ = ["Shelf", "enough", "instead", "own_backtest"]

NOTE = "本工程回测 own back-test"
WHOLE = 3
"""Whole earlier years before there is anything to test: the first is history, two are judged."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the back-test is kept, and the digest of lists and content that it rests on beside the days."""

    folder: Path
    rests: str


def own_backtest(
    questions: Sequence[Question], days: pa.Table, *, catalog: Catalog, as_of: date, shelf: Shelf
) -> pa.Table:
    """Return BACKTEST rows of the indicators asked of the air for the month of `as_of`; none without three whole years.

    Every place that some question names is judged in every earlier year but the first, seen from the end of the month.
    """
    asked = [question for question in questions if question.period.kind == "year"]
    past = _earlier(days, as_of.year)
    years = _whole(past)
    if len(years) < WHOLE or not asked or as_of.month == 12:
        return empty(BACKTEST)
    key = _key(asked, past, shelf=shelf, month=as_of.month)
    found = read_kept(shelf.folder, key)
    if found is not None:
        return found[0]["backtest"]
    from qingce.outlook.backtest import backtest_rows

    tried = _trials(asked, past, catalog=catalog, years=years[1:], month=as_of.month)
    table = backtest_rows(tried, note=NOTE)
    write_kept(shelf.folder, key, {"backtest": table})
    return table


def enough(own: pa.Table, *, least: int) -> pa.Table:
    """Return the rows that rest on enough trials to pick a model by."""
    return own.filter(pc.greater_equal(pc.multiply(own["scopes"], own["years"]), least))


def instead(own: pa.Table, packaged: pa.Table) -> pa.Table:
    """Return both, the own row in the place of the packaged one of the same indicator, model and month."""
    known = {(row["indicator_id"], row["model"], row["month"]) for row in own.to_pylist()}
    kept = [(row["indicator_id"], row["model"], row["month"]) not in known for row in packaged.to_pylist()]
    return pa.concat_tables([own, packaged.filter(pa.array(kept, pa.bool_()))])


def _trials(
    asked: Sequence[Question], past: pa.Table, *, catalog: Catalog, years: Sequence[int], month: int
) -> Iterator[Trial]:
    from qingce.outlook.backtest import trials
    from qingce.outlook.simulate import STATISTICS

    for series in sorted({question.series for question in asked}):
        mine = [question for question in asked if question.series == series and question.verb in STATISTICS]
        indicators = {question.indicator.id: question.indicator for question in mine}
        places = sorted({place for question in mine for place in question.places})
        if places:
            yield from trials(past, list(indicators.values()), catalog=catalog, years=years, months=[month],
                              scopes=places, series=series)  # fmt: skip


def _earlier(days: pa.Table, year: int) -> pa.Table:
    return days.filter(pc.less(days["day"], pa.scalar(date(year, 1, 1)))) if days.num_rows else days


def _whole(past: pa.Table) -> list[int]:
    """Return the years that have a first and a last day."""
    if not past.num_rows:
        return []
    first, last = pc.min(past["day"]).as_py(), pc.max(past["day"]).as_py()
    begin = first.year + (first.month > 1)
    end = last.year - (last.month < 12)
    return list(range(begin, end + 1))


def _key(asked: Sequence[Question], past: pa.Table, *, shelf: Shelf, month: int) -> str:
    """Return the digest of the days, the indicators and places, the month, lists, content and code."""
    words = sorted({f"{one.indicator!r} {one.places} {one.series}" for one in asked})
    code = code_digest(("outlook", "evaluate", "app/outlooking_scores.py"))
    digest = hashlib.sha256("\0".join([shelf.rests, code, str(month), *words]).encode())
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, past.schema) as stream:
        stream.write_table(past.combine_chunks())
    digest.update(sink.getvalue())
    return digest.hexdigest()
