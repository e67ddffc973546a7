"""What-if of figures told as a whole: the index of waters, amounts and ratios that are reported. 整体数的情景。"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.core.tables import OFFICIAL, empty
from qingce.outlook.question import Question
from qingce.thread.allowances.quotas import Stretch, month_span
from qingce.thread.allowances.quotas_amount import told_amount
from qingce.thread.allowances.quotas_parts import days_by_month
from qingce.thread.official import Officials
from qingce.thread.status import printed_places, shown
from qingce.thread.what_if.moves import Move
from qingce.thread.what_if.standing import Standing, standing_of

__all__ = ["Wholes", "index_standing", "moved_months", "moved_reports", "reported_standing"]


@dataclass(frozen=True, slots=True)
class Wholes:
    """Section months as `evaluate` has them, the official values in force, our own figure of a target by its id."""

    months: pa.Table = field(default_factory=lambda: pa.table({}))
    officials: Officials = field(default_factory=lambda: Officials(empty(OFFICIAL)))
    figures: Mapping[str, Fraction] = field(default_factory=dict)


# --- the index of waters ---------------------------------------------------------------------------------------------


def index_standing(
    question: Question, wholes: Wholes, moves: Sequence[Move], *, catalog: Catalog, as_of: date
) -> Standing | None:
    """Return the index of the months so far with those moved, by evaluate's own function; None without any.

    A month moved ahead joins for its factor only; a change compares with the same stretch of the year before.
    """
    from qingce.evaluate import water_indicator

    mine = [move for move in moves if move.kind == "section" and move.subject in question.places]
    mine = [move for move in mine if move.period.end in question.period]
    stretch = Stretch(question.period, as_of)
    known = _over(wholes.months, stretch)
    table = moved_months(known, mine)
    if not table.num_rows:
        return None
    rows = water_indicator(
        question.indicator,
        table.filter(pc.is_in(table["section"], value_set=pa.array(question.places, pa.string()))),
        scope=question.scope,
        sections=question.places,
        period=question.period.until(max([stretch.behind.end, *(move.period.end for move in mine)])),
        catalog=catalog,
        as_of=as_of,
    ).to_pylist()
    if not rows or not rows[0]["exact"]:
        return None
    value, left = Fraction(rows[0]["exact"]), _open_months(question, known, mine, stretch=stretch)
    return standing_of(question, value, told_amount(question, value, catalog=catalog, over=not left), left=left)


def _over(months: pa.Table, stretch: Stretch) -> pa.Table:
    """Return the months that are over: one under way is not told by half."""
    return months.filter(pc.less_equal(months["period"], month_span(stretch.behind)[1])) if months.num_rows else months


def _open_months(question: Question, known: pa.Table, moves: Iterable[Move], *, stretch: Stretch) -> int:
    """Count the coming months of which some factor of some section is not set."""
    over, last = month_span(stretch.behind)[1], month_span(question.period)[1]
    coming = [month for month in days_by_month(stretch.ahead) if over < month <= last]
    factors = [name.removeprefix("exact_") for name in known.column_names if name.startswith("exact_")]
    wanted = {
        (str(row["section"]), name)
        for row in known.to_pylist()
        for name in factors
        if row["section"] in question.places and row[f"exact_{name}"] and f"class_{name}" in row
    }
    told = {(move.subject, move.quantity, f"{move.period.start:%Y-%m}") for move in moves}
    return sum(any((*pair, month) not in told for pair in wanted) for month in coming)


def moved_months(months: pa.Table, moves: Sequence[Move]) -> pa.Table:
    """Return section months with the moved ones in their place, over and ahead; what followed from them goes."""
    cells: dict[tuple[str, str], dict[str, Fraction]] = {}
    for move in moves:
        cells.setdefault((move.subject, f"{move.period.start:%Y-%m}"), {})[move.quantity] = move.value
    if not cells or not months.num_rows:
        return months
    rows = {(str(row["section"]), str(row["period"])): row for row in months.to_pylist()}
    last = {section: row for (section, _), row in sorted(rows.items())}
    fields = {one.name: one.type for one in months.schema}
    for (section, when), values in cells.items():
        if section not in last:
            continue
        kept = ("section", "section_name", "water_kind", "target_class", "review", "edition")
        bare = dict.fromkeys(fields) | {name: last[section].get(name) for name in kept if name in fields}
        row = rows.setdefault((section, when), bare | {"period": when})
        for name, value in values.items():
            row |= {name: as_decimal(value), f"exact_{name}": str(value)}
            fields |= {name: pa.decimal128(18, 6), f"exact_{name}": pa.string()}
    schema = pa.schema(list(fields.items()))
    return pa.Table.from_pylist([rows[key] for key in sorted(rows)], schema=schema)


# --- what is reported ------------------------------------------------------------------------------------------------


def moved_reports(question: Question, moves: Iterable[Move]) -> dict[Period, Fraction]:
    """Return the reports of a question that are set by hand, by their period."""
    key = question.indicator.id, question.scope
    return {move.period: move.value for move in moves if move.kind == "report" and (move.quantity, move.subject) == key}


def reported_standing(
    question: Question, wholes: Wholes, moves: Sequence[Move], *, catalog: Catalog, as_of: date
) -> Standing | None:
    """Return where the report in force leaves a target, one set by hand in its place; None without any.

    In force is that of the whole period, else the one that reaches furthest; our own figure stands before a report of
    another stretch, unless that is still to come.
    """
    moved = moved_reports(question, moves)
    told = _reports(question, wholes.officials, as_of) | moved
    whole = question.period
    behind = whole.until(as_of)
    best = max(told, key=lambda one: (one == whole, one.end, one == behind, one.start), default=None)
    own = wholes.figures.get(question.target_id)
    value = None if best is None else told[best]
    ahead = best is not None and best in moved and best.end > as_of
    if own is not None and best not in (whole, behind) and not ahead:
        best, value = None, own
    if value is None:
        return None
    over = best is not None and best.end >= whole.end
    quota = told_amount(question, value, catalog=catalog, over=over)
    found = standing_of(question, value, quota, left=0 if over else Stretch(whole, as_of).left)
    return found if best is None else replace(found, text=shown(value, printed_places(value)))


def _reports(question: Question, officials: Officials, as_of: date) -> dict[Period, Fraction]:
    """Return what had been reported by the day, by period."""
    key, found = (question.indicator.id, question.scope), dict[Period, Fraction]()
    for row in officials.all(*key):
        best = officials.find(key[0], [key[1]], period=row.period, series=question.series)
        if best is not None and best.value is not None and (row.period.end <= as_of or row.period == question.period):
            found[row.period] = Fraction(best.value)
    return found
