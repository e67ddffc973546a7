"""Days by level and by primary pollutant, heavy days, good days in both series. 分级与首要污染物天数。"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.absence import lowest
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal
from qingce.evaluate.air.days import DEDUCTED, MEASURED
from qingce.evaluate.air.indicator_days import by_subject, index_by_day, subject_days
from qingce.evaluate.air.input import PRESENT, Longs, day_number
from qingce.evaluate.air.rules import AQI, STATISTICS, period_rules, spans
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools
from qingce.evaluate.kernels.index import NONE
from qingce.evaluate.points.tables import Cell, lay

__all__ = ["tally_days"]

_EPOCH = date(1970, 1, 1)
_SERIES = (MEASURED, DEDUCTED)
_LEVELS = range(1, 7)
_HEAVY = 5
_GOOD = 2


@dataclass(frozen=True, slots=True)
class _Judged:
    """The days of one subject and series: `used` where a day counts, level of each, and the table they come from."""

    days: Longs
    used: Bools
    level: Longs
    table: pa.Table


def tally_days(
    days: pa.Table,
    *,
    periods: Sequence[Period],
    catalog: Catalog,
    edition: str = "auto",
    exceptions: pa.Table | None = None,
) -> pa.Table:
    """Count the judged days of a table of days (`AirDays`) for every subject, period and series.

    One row each: `n` judged days, `unjudged`, `l1` … `l6` (days by level), `primary_<pollutant>` (ties count for each),
    `good`, `good_share` [%], `heavy` and `heavy_days` (the dates), `edition`, `review`; on the row of the deducted
    series `events` and `evidence` name what was taken away. Both series stand beside each other, measured first. A day
    counts as in the good-day ratio: nothing is missing, or what is there is too much already.
    """
    words = _pollutants(catalog)
    evidence = _evidence(exceptions)
    rows: list[dict[str, Cell]] = []
    for scope, table in by_subject(days).items():
        both = {series: _judged(table, (scope, series), catalog=catalog, edition=edition) for series in _SERIES}
        for period in periods:
            for series, judged in both.items():
                part = _within(judged, period)
                if part.days.size:
                    head: dict[str, Cell] = {"scope": scope, "period": str(period), "series": series}
                    rows.append(head | _counted(part, words) | _named(part.table, evidence))
    names = [f"primary_{name}" for name in dict.fromkeys(words.values())]
    columns = dict.fromkeys(("scope", "scope_name", "period", "series"), "text")
    columns |= dict.fromkeys(("n", "unjudged", *(f"l{level}" for level in _LEVELS), *names, "good"), "int")
    columns |= {"good_share": "decimal", "good_exact": "text", "heavy": "int", "heavy_days": "text"}
    columns |= dict.fromkeys(("events", "evidence", "edition", "review"), "text")
    return lay(rows, columns)


def _judged(table: pa.Table, whose: tuple[str, str], *, catalog: Catalog, edition: str) -> _Judged:
    """Judge the days of a subject and series by the edition in force on each, as the good-day ratio does."""
    scope, series = whose
    mine = table.filter(pc.equal(table["series"], series)).sort_by("day")
    subject = subject_days(mine, scope=scope, series=series)
    index = index_by_day(subject, catalog=catalog, edition=edition)
    above = np.zeros(subject.days.shape, np.int64)
    level = np.zeros(subject.days.shape, np.int64)
    for rows, rules in index.spans:
        highs = np.array([one.high for one in rules.levels], np.int64)
        numbers = np.array([one.level for one in rules.levels], np.int64)
        level[rows] = numbers[np.minimum(np.searchsorted(highs, index.best[rows]), len(highs) - 1)]
    if subject.days.size:
        ends = (_EPOCH + timedelta(int(subject.days[at])) for at in (0, -1))
        for span in spans(catalog, STATISTICS, days=(next(ends), next(ends)), edition=edition, read=period_rules):
            here = (subject.days >= day_number(span.start)) & (subject.days <= day_number(span.end))
            above[here] = span.rules.incomplete_above
    complete = (index.missing == PRESENT) & (index.best != NONE)
    return _Judged(subject.days, complete | (index.best > above), level, mine)


def _pollutants(catalog: Catalog) -> dict[str, str]:
    """Return the pollutant that each printed name of a primary pollutant means."""
    methods = [method for method in catalog.methods.values() if method.family == AQI]
    return {row.text("zh"): row.text("parameter") for method in methods for row in method.tables["items"]}


def _within(judged: _Judged, period: Period) -> _Judged:
    first = int(np.searchsorted(judged.days, day_number(period.start)))
    last = int(np.searchsorted(judged.days, day_number(period.end), side="right"))
    rows = slice(first, last)
    return _Judged(judged.days[rows], judged.used[rows], judged.level[rows], judged.table.slice(first, last - first))


def _counted(part: _Judged, words: Mapping[str, str]) -> dict[str, Cell]:
    level = np.where(part.used, part.level, 0)
    primary = Counter(
        words.get(word, word)
        for text, used in zip(arrow.texts(part.table, "primary"), part.used.tolist(), strict=True)
        for word in dict.fromkeys(text.split(",") if used and text else ())
    )
    n, good = int(part.used.sum()), int(((level > 0) & (level <= _GOOD)).sum())
    heavy = part.days[level >= _HEAVY]
    share = Fraction(100 * good, n) if n else None
    row: dict[str, Cell] = {f"l{one}": int((level == one).sum()) for one in _LEVELS}
    row |= {f"primary_{name}": primary[name] for name in dict.fromkeys(words.values())}
    return row | {
        "scope_name": arrow.texts(part.table.slice(0, 1), "subject_name")[0], "n": n, "unjudged": part.days.size - n,
        "good": good, "good_share": None if share is None else as_decimal(share, 1),
        "good_exact": None if share is None else str(share), "heavy": len(heavy),
        "heavy_days": " ".join((_EPOCH + timedelta(int(day))).isoformat() for day in heavy),
    }  # fmt: skip


def _named(part: pa.Table, evidence: Mapping[str, str]) -> dict[str, Cell]:
    """Name the events, their evidence, the editions and the lowest review state."""
    events = list(dict.fromkeys(one for text in arrow.texts(part, "excluded") for one in text.split(",") if one))
    reviews = [state for state in dict.fromkeys(arrow.texts(part, "review")) if state]
    editions = dict.fromkeys(word for text in arrow.texts(part, "edition") for word in text.split("+") if word)
    return {
        "events": ",".join(events) or None,
        "evidence": "；".join(filter(None, (evidence.get(event, "") for event in events))) or None,
        "edition": "+".join(editions),
        "review": _lowest(reviews),
    }


def _lowest(reviews: Sequence[str]) -> str | None:
    found = lowest(reviews)
    return None if found is None else found.value


def _evidence(exceptions: pa.Table | None) -> dict[str, str]:
    """Return for each event its kind, who decided it by which document, and on what evidence."""
    found = {}
    for row in () if exceptions is None else exceptions.to_pylist():
        told = " ".join(str(row[name]) for name in ("kind", "status", "issuer", "number", "evidence") if row.get(name))
        found[str(row["id"])] = f"{row['id']}：{told}"
    return found
