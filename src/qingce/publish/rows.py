"""How one row becomes something a page can show: exact numbers as text, states as code and word. 行的标注。

Nothing is computed here: values are written out without loss, codes get their Chinese word.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

import pyarrow as pa

from qingce.core.absence import ABSENT_ZH, REVIEW_ZH, Absent, Review
from qingce.core.rounding import round_gbt8170
from qingce.publish.results import Results

__all__ = [
    "Row",
    "View",
    "absent_label",
    "cell",
    "chance_text",
    "distinct",
    "facts",
    "level_table",
    "newest",
    "plain",
    "review_label",
    "slug",
    "split",
    "text",
]

Row = Mapping[str, object]
View = dict[str, object]
K = TypeVar("K", bound=Hashable)

_ALMOST, _CERTAIN = 99, 100
"""Between these a chance in per cent is printed as nearly certain."""


def cell(value: object) -> object:
    """Write a value so that JSON keeps it whole: Decimals and dates as text.

    Examples
    --------
    >>> cell(Decimal("41.990000")), cell(date(2026, 5, 31))
    ('41.99', '2026-05-31')
    """
    if isinstance(value, Decimal):
        written = format(value, "f")
        return written.rstrip("0").rstrip(".") if "." in written else written
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else value


def plain(row: Row, *columns: str) -> View:
    """Return the row, or some of its columns, with every value written by `cell`."""
    return {name: cell(row.get(name)) for name in (columns or row)}


def text(row: Row, column: str) -> str:
    """Return a cell as text, empty when it is not there."""
    value = cell(row.get(column))
    return "" if value is None else str(value)


def split(words: object, marks: str = "、,，;；") -> list[str]:
    """Split a joined cell such as 市工业和信息化局、市财政局 into its parts."""
    return [part.strip() for part in re.split(f"[{marks}]", str(words or "")) if part.strip()]


def review_label(state: object) -> View | None:
    """Return the review state with its word, and whether it is below `national` (未审核)."""
    if not state:
        return None
    review = Review(str(state))
    return {"code": review.value, "zh": REVIEW_ZH[review], "unreviewed": review.rank < Review.NATIONAL.rank}


def absent_label(reason: object) -> View | None:
    """Return the reason of an absence with its word; a reason outside the list is shown as it is."""
    if not reason:
        return None
    code = str(reason)
    known = code in Absent.__members__.values()
    return {"code": code, "zh": ABSENT_ZH[Absent(code)] if known else code}


def chance_text(chance: object) -> str:
    """Print a chance for the eye, in whole per cent; only what is certain is printed as 0 or 100.

    Examples
    --------
    >>> chance_text(0.375), chance_text(0), chance_text(0.9991), chance_text(0.0004), chance_text(None)
    ('38%', '0%', '>99%', '<1%', '')
    """
    if chance is None:
        return ""
    exact = Decimal(str(chance)).scaleb(2)
    if 0 < exact < 1:
        return "<1%"
    return ">99%" if _ALMOST < exact < _CERTAIN else f"{round_gbt8170(exact, Decimal(1)):f}%"


def distinct(results: Results, name: str, *columns: str) -> list[tuple[str, ...]]:
    """Return the distinct combinations of some text columns of a table, sorted."""
    table = results[name]
    if not table.num_rows or any(column not in table.column_names for column in columns):
        return []
    found = table.select(list(columns)).group_by(list(columns)).aggregate([])
    keys = zip(*(found[column].to_pylist() for column in columns), strict=True)
    return sorted(key for key in keys if all(isinstance(part, str) and part for part in key))


def newest(table: pa.Table, columns: Sequence[str], *, key: str, order: str) -> dict[str, View]:
    """Return the row of each `key` that stands last by `order`, with some columns."""
    if not table.num_rows:
        return {}
    table = table.select([column for column in columns if column in table.column_names])
    last = table.group_by(key).aggregate([(order, "max")])
    found = table.join(last, keys=[key, order], right_keys=[key, f"{order}_max"], join_type="inner")
    return {str(row[key]): plain(row) for row in found.to_pylist()}


def level_table(results: Results, scale: str) -> dict[int, View]:
    """Return the levels of a scale (`aqi`, `water_class`) by number: name, colour, words."""
    rows = results.rows("levels", where={"scale": scale})
    return {int(str(row["level"])): plain(row) for row in rows}


def facts(results: Results) -> View:
    """Return the facts of the run that stand on every page."""
    known = ("campaign", "campaign_en", "region", "region_name", "as_of", "built_at", "version")
    found: View = {name: cell(results.run.get(name)) for name in known}
    lists = {name: _listed(results.run.get(name)) for name in ("notes", "files")}
    return {**found, "sample": results.sample, "public": results.is_public, **lists}


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def slug(identity: str) -> str:
    """Turn an id into a file name that every system takes.

    Examples
    --------
    >>> slug("V:pm2_5_annual:990100:2026-01/2026-05:measured")
    'V-pm2_5_annual-990100-2026-01_2026-05-measured'
    """
    return re.sub(r"[^\w.-]", "-", identity.replace("/", "_"))
