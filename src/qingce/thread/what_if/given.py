"""Moves as the tables and the outlook take them: days put into the table of days, values given ahead. 情景给定。"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from qingce.core.absence import Absent
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.outlook.given import INDEX, Given
from qingce.outlook.question import Question
from qingce.outlook.report_outlook import simulated
from qingce.thread.figures import DAY_VERBS
from qingce.thread.what_if.answer import Ground, Moved, counted_days, moved_days
from qingce.thread.what_if.moves import Move

__all__ = ["given_of", "moved_table", "touches"]

STALE = ("aqi", "level", "level_name", "primary")
"""Columns of a region day that follow from its concentrations: whoever needs them judges anew."""
SEVERAL = (*DAY_VERBS, "composite")
"""Verbs that read more than one quantity of a day."""
Row = dict[str, object]


def moved_table(days: pa.Table, moved: Moved) -> pa.Table:
    """Return region days with the moved concentrations in their place, over and ahead, in every series.

    A day that a series leaves out as exceptional stays out of it; a day of which there was no row gets one.
    """
    wanted: dict[tuple[str, date], dict[str, Fraction]] = {}
    for (subject, quantity), values in moved.items():
        if quantity in days.column_names and quantity != INDEX:
            for day, value in values.items():
                wanted.setdefault((subject, day), {})[quantity] = value
    if not wanted or not days.num_rows:
        return days
    near = pc.and_(
        pc.is_in(days["subject"], value_set=pa.array(sorted({subject for subject, _ in wanted}), pa.string())),
        pc.is_in(days["day"], value_set=pa.array(sorted({day for _, day in wanted}), pa.date32())),
    )
    rows: list[Row] = days.filter(near).to_pylist()
    there = {(row["subject"], row["day"], row["series"]) for row in rows}
    rows += [
        dict.fromkeys(days.column_names) | {"subject": subject, "day": day, "series": series}
        for subject, day in wanted
        for series in days["series"].unique().to_pylist()
        if (subject, day, series) not in there
    ]
    told = [_told(row, wanted.get((str(row["subject"]), row["day"]), {})) for row in rows]  # type: ignore[arg-type]
    whole = pa.concat_tables([days.filter(pc.invert(near)), pa.Table.from_pylist(told, schema=days.schema)])
    return whole.sort_by([("subject", "ascending"), ("day", "ascending"), ("series", "ascending")])


def _told(row: Row, values: Mapping[str, Fraction]) -> Row:
    """Return a region day with some concentrations put in; what followed from the old ones goes."""
    found = dict(row)
    for name, value in values.items():
        if found.get(f"absent_{name}") == Absent.EXCLUDED_EVENT.value:
            continue
        cells = {
            name: as_decimal(value),
            f"num_{name}": value.numerator,
            f"den_{name}": value.denominator,
            f"absent_{name}": None,
            f"iaqi_{name}": None,
            **dict.fromkeys(STALE),
        }
        found |= {key: cell for key, cell in cells.items() if key in row}
    return found


def given_of(questions: Iterable[Question], moves: Sequence[Move], ground: Ground) -> Given:
    """Return the moves as what the outlook takes as known; concentrations of days over stand in the table of days."""
    moved = moved_days(moves, ground)
    index: dict[tuple[str, str], dict[date, Fraction]] = {}
    for question in questions:
        for subject in question.places if question.verb in DAY_VERBS else ():
            counts = counted_days(question.indicator, subject, moves, ground=ground)
            hand = {**moved.get((subject, INDEX), {}), **counts}
            if hand:
                index[question.target_id, subject] = hand
    months: dict[tuple[str, str], dict[str, Fraction]] = {}
    for move in moves:
        if move.kind == "section":
            months.setdefault((move.subject, move.quantity), {})[f"{move.period.start:%Y-%m}"] = move.value
    ahead = {
        key: {day: value for day, value in values.items() if day > ground.as_of}
        for key, values in moved.items()
        if key[1] != INDEX
    }
    reports: dict[tuple[str, str], dict[Period, Fraction]] = {}
    for move in moves:
        if move.kind == "report":
            reports.setdefault((move.quantity, move.subject), {})[move.period] = move.value
    return Given({key: values for key, values in ahead.items() if values}, index, months, reports)


def touches(question: Question, given: Given, moved: Moved) -> bool:
    """Say whether what was moved can reach a question's chance though its figure to date stands."""
    if not simulated(question):
        return (question.indicator.id, question.scope) in given.reports
    if question.indicator.medium != "air":
        return any(section in question.places for section, _ in given.months)
    names = {quantity for subject, quantity in moved if subject in question.places}
    return question.verb in SEVERAL and bool(names)
