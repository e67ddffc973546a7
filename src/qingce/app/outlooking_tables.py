"""The outlook of every bound target, now and a week ago, with what fell most. 目标研判与预警。"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.kept import code_digest, read_kept, write_kept
from qingce.catalog import Catalog
from qingce.core.tables import OUTLOOK, OUTLOOK_PATH, empty
from qingce.outlook.question import Question

__all__ = ["chosen", "cut", "kept_outlook", "outlook_tables", "with_probability"]

WEEK = timedelta(7)


def outlook_tables(
    questions: Sequence[Question], city_days: pa.Table, months: pa.Table, *, catalog: Catalog, as_of: date
) -> dict[str, pa.Table]:
    """Return the tables outlook, outlook_paths and those that go with them; empty ones where nothing is asked."""
    if not questions:
        return {"outlook": empty(OUTLOOK), "outlook_paths": empty(OUTLOOK_PATH)}
    from qingce.outlook.outlook import outlook_rows

    days, past = cut(city_days, months, as_of=as_of)
    now = outlook_rows(questions, days if days.num_rows else None, past, catalog=catalog, as_of=as_of)
    return {"outlook": now.outlook, "outlook_paths": now.paths}


def kept_outlook(
    folder: Path, rests: str, questions: Sequence[Question], *, ask: Callable[[], dict[str, pa.Table]]
) -> dict[str, pa.Table]:
    """Return what was kept for the same questions over the same data, content and code, else ask and keep it."""
    words = [rests, code_digest(("outlook", "app/outlooking_tables.py")), *(repr(question) for question in questions)]
    key = hashlib.sha256("\0".join(words).encode()).hexdigest()
    found = read_kept(folder, key)
    if found is not None:
        return found[0]
    tables = ask()
    write_kept(folder, key, tables)
    return tables


def cut(city_days: pa.Table, months: pa.Table, *, as_of: date) -> tuple[pa.Table, pa.Table]:
    """Return what of the days and months was over on a day, as it is known now."""
    days, past = city_days, months
    if days.num_rows:
        days = days.filter(pc.less_equal(days["day"], pa.scalar(as_of)))
    if past.num_rows:
        past = past.filter(pc.less_equal(past["period"], f"{as_of:%Y-%m}"))
    return days, past


def chosen(outlook: pa.Table) -> dict[str, Mapping[str, object]]:
    """Return the chosen row of each target."""
    return {str(row["target_id"]): row for row in outlook.to_pylist() if row["chosen"]}


def with_probability(progress: pa.Table, outlook: pa.Table, *, as_of: date) -> pa.Table:
    """Fill PROGRESS.probability (internal) from the chosen rows, of targets whose own period is not over."""
    rows = chosen(outlook)
    found = [
        rows[target]["probability"] if target in rows and (deadline is None or deadline > as_of) else None
        for target, deadline in zip(
            progress["target_id"].to_pylist(), progress["deadline_day"].to_pylist(), strict=True
        )
    ]
    place = progress.column_names.index("probability")
    return progress.set_column(place, "probability", pa.array(found, pa.float64()))
