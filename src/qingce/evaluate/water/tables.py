"""Judged sections as wide Arrow tables, and months read back from one. 断面宽表。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.core.periods import parse_period
from qingce.core.rounding import as_decimal
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow
from qingce.evaluate.water.classes import judge
from qingce.evaluate.water.input import Place
from qingce.evaluate.water.periods import Assessed, Mean
from qingce.evaluate.water.rules import Lawbook

__all__ = ["months_of_table", "wide"]

_EPOCH = datetime(1970, 1, 1)


def wide(rows: Sequence[Assessed], *, timed: bool = False) -> pa.Table:
    """Lay judged sections out: one row each, one group of columns for each parameter that any of them has.

    `<p>` [inside unit] is shown to six places, `exact_<p>` is the fraction a/b; `exceed_<p>` is (C - C3) / C3;
    `how_<p>` says whether the station or the manual value stands. Reference items have no class.
    """
    columns: dict[str, pa.Array] = {
        "section": arrow.text([row.place.section for row in rows]),
        "section_name": arrow.text([row.place.name for row in rows]),
    }
    if timed:
        columns["time"] = arrow.seconds(np.array([_second(row) for row in rows], np.int64))
    else:
        columns["period"] = arrow.text([str(row.period) for row in rows])
    columns |= {
        "class": _integers([row.verdict.grade for row in rows]),
        "grade_text": arrow.text([_grade_text(row) for row in rows]),
        "deciding": arrow.text([",".join(row.verdict.deciding) or None for row in rows]),
        "primary": arrow.text([",".join(row.verdict.primary) for row in rows]),
        "absent": arrow.text([row.absent or None for row in rows]),
        "review": arrow.text([row.review or None for row in rows]),
        "edition": arrow.text([row.rules.id for row in rows]),
        "limits": arrow.text([row.limits for row in rows]),
        "target_class": _integers([row.place.target for row in rows]),
        "water_kind": arrow.text([row.place.kind or None for row in rows]),
        "n_months": _integers([row.months if row.needed else None for row in rows]),
        "months_needed": _integers([row.needed or None for row in rows]),
    }
    for name in _parameters(rows):
        columns |= _group(name, rows)
    return pa.table(columns)


def months_of_table(table: pa.Table, lawbook: Lawbook) -> dict[str, list[Assessed]]:
    """Read section-months back from their table, by section and in order of time."""
    found: dict[str, list[Assessed]] = {}
    for row in sorted(table.to_pylist(), key=lambda row: (str(row["section"]), str(row["period"]))):
        found.setdefault(str(row["section"]), []).append(_month(row, lawbook))
    return found


def _month(row: Mapping[str, object], lawbook: Lawbook) -> Assessed:
    period = parse_period(str(row["period"]))
    rules = lawbook.on(period.end)
    review, target = str(row.get("review") or ""), row.get("target_class")
    kind = str(row.get("water_kind") or "")
    name = str(row.get("section_name") or row["section"])
    place = Place(
        str(row["section"]), name, kind, target if isinstance(target, int) else None, period.start, period.end
    )
    means = {p: mean for p in rules.items if (mean := _read_mean(row, p, review)) is not None}
    limits = lawbook.limits(period.end, rules.kinds.get(kind, rules.kinds[""]))
    verdict = judge({p: mean.value for p, mean in means.items()}, rules, limits)
    return Assessed(place, period, verdict, means, str(row.get("absent") or ""), review, rules, "")


def _read_mean(row: Mapping[str, object], parameter: str, review: str) -> Mean | None:
    given = row.get(f"exact_{parameter}") or row.get(parameter)
    if given is None:
        return None
    return Mean(Fraction(str(given)), 1, str(row.get(f"how_{parameter}") or ""), review)


def _parameters(rows: Sequence[Assessed]) -> list[str]:
    """Name the basic parameters and all that any row has, in the method's order."""
    seen = {name for row in rows for name in (*row.means, *row.rules.basic)}
    items = dict.fromkeys(name for row in rows for name in row.rules.items)
    return [name for name in items if name in seen]


def _group(name: str, rows: Sequence[Assessed]) -> Iterator[tuple[str, pa.Array]]:
    means = [row.means.get(name) for row in rows]
    yield name, _decimals([None if mean is None else as_decimal(mean.value) for mean in means])
    if any(row.rules.items[name].evaluated for row in rows if name in row.rules.items):
        yield f"class_{name}", _integers([row.verdict.grades.get(name) for row in rows])
        yield f"exceed_{name}", _decimals([row.verdict.multiple(name, row.rules) for row in rows])
    yield f"n_{name}", _integers([0 if mean is None else mean.n for mean in means])
    yield f"exact_{name}", arrow.text([None if mean is None else str(mean.value) for mean in means])
    yield f"how_{name}", arrow.text([None if mean is None else mean.how or None for mean in means])


def _grade_text(row: Assessed) -> str | None:
    return None if row.verdict.grade is None else row.rules.names.get(row.verdict.grade)


def _second(row: Assessed) -> int:
    return 0 if row.time is None else int((row.time - _EPOCH).total_seconds())


def _integers(values: Sequence[int | None]) -> pa.Array:
    ok = np.array([value is not None for value in values], bool)
    return arrow.integers(np.array([value or 0 for value in values], np.int64), ok)


def _decimals(values: Sequence[Decimal | None]) -> pa.Array:
    ok = np.array([value is not None for value in values], bool)
    return arrow.decimals(np.array([int((value or 0) * SCALE) for value in values], np.int64), ok)
