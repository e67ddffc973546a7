"""Section-months judged all at once and laid out: classes, deciding factors, primary pollutants. 断面月快算。"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.core.absence import Absent, Review
from qingce.core.records import Limit
from qingce.core.rounding import half_even_ratio
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow
from qingce.evaluate.water.cells import NO_REVIEW, ROOM, Cells, Longs, Readings, cells_of, month_period, readings_of
from qingce.evaluate.water.input import Place, places_named
from qingce.evaluate.water.rules import Lawbook, WaterRules

__all__ = ["months_at_once"]

_NEEDED = ("site", "parameter", "time", "value")
_HOW = (None, "automatic", "manual")
_CLOSE = 1e-9
"""Multiples this near each other are compared as fractions."""
_REASONS = [reason.value for reason in Absent]


@dataclass(frozen=True, slots=True)
class Months:
    """Every row of the answer: its section, its month, the kind of its limits."""

    places: list[Place]
    section: Longs
    month: Longs
    kinds: list[str]
    kind: Longs


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Class of every judged factor (0 none), the worst of each row, and how far each exceeds."""

    names: list[str]
    grades: NDArray[np.int8]
    worst: NDArray[np.int8]
    above: Longs
    base: Longs
    exceeds: NDArray[np.bool_]


def months_at_once(table: pa.Table, sites: pa.Table | None, lawbook: Lawbook) -> pa.Table | None:
    """Return what `evaluate_water_months` returns, or None where these columns cannot say it exactly.

    References
    ----------
    [GB3838-2002]_; [HB2011-22]_; [HBJCH2020-714]_; [HBJCH2020-82]_.
    """
    if not table.num_rows or any(name not in table.column_names for name in _NEEDED):
        return None
    read = readings_of(table, lawbook)
    if read is None or not len(read.site):
        return None
    months, row = _rows(read, sites)
    shape = len(months.section), len(read.parameters)
    cells = cells_of(read, row, shape)
    if cells is None:
        return None
    verdicts = _judge(cells, months, read, lawbook=lawbook)
    if verdicts is None:
        return None
    columns = _head(months, verdicts, cells, read=read, lawbook=lawbook)
    columns["absent"] = _absent(read, row, verdicts)
    column = {name: place for place, name in enumerate(read.parameters)}
    for name in _shown(cells, read):
        columns |= _group(name, column.get(name), cells, verdicts=verdicts, rules=read.rules, q=read.q)
    return pa.table(columns)


def _rows(read: Readings, sites: pa.Table | None) -> tuple[Months, Longs]:
    """Return the rows of the answer by section and month, and the row of each reading."""
    seen = np.unique(read.site)
    places = [place for _, place in sorted(places_named(sites, [read.sections[i] for i in seen]).items())]
    first, last = int(read.month.min()), int(read.month.max())
    spread = last - first + 1
    order = {place.section: number for number, place in enumerate(places)}
    number = np.array([order.get(name, 0) for name in read.sections], np.int64)[read.site]
    here = np.zeros((len(places), spread), bool)
    here[number, read.month - first] = True
    periods = [month_period(month) for month in range(first, last + 1)]
    for place, line in zip(places, here, strict=True):
        line |= [place.first <= period.end and place.last >= period.start for period in periods]
    place_of = np.cumsum(here.reshape(-1)).reshape(here.shape) - 1
    section, month = np.nonzero(here)
    kinds = sorted({read.rules.kinds.get(place.kind, read.rules.kinds[""]) for place in places})
    of = np.array([kinds.index(read.rules.kinds.get(place.kind, read.rules.kinds[""])) for place in places], np.int64)
    return Months(places, section, month + first, kinds, of[section]), place_of[number, read.month - first]


def _judge(cells: Cells, months: Months, read: Readings, *, lawbook: Lawbook) -> Verdicts | None:
    """Class every factor of every row by its limits, and take the worst; None where a product does not fit."""
    rules, day = read.rules, month_period(int(months.month[0])).end
    books = [lawbook.limits(day, kind) for kind in months.kinds]
    names = [name for name in rules.evaluated if name in read.parameters]
    size = (len(months.section), len(names))
    grades, exceeds = np.zeros(size, np.int8), np.zeros(size, bool)
    above, base = np.zeros(size, np.int64), np.ones(size, np.int64)
    for place, name in enumerate(names):
        column = read.parameters.index(name)
        num, den = cells.num[:, column], cells.den[:, column] * read.q
        ladders = [_ladder(book[name]) for book in books]
        if any(ladder is None for ladder in ladders) or not _fits(num, den, ladders, decimals=rules.multiple_decimals):
            return None
        there = den > 0
        for kind, ladder in enumerate(ladders):
            mine = there & (months.kind == kind)
            grades[mine, place] = _grade(num[mine], den[mine], ladder or [])
            bound, _, high = (ladder or [])[rules.multiple_class - 1]
            base[mine, place] = high * den[mine]
            above[mine, place] = num[mine] - high * den[mine]
            if rules.items[name].multiple:
                exceeds[mine, place] = ~_met(num[mine], den[mine], (bound, _, high))
    worst = grades.max(axis=1, initial=0)
    return Verdicts(names, grades, worst, above, base, exceeds)


Step = tuple[str, int, int]


def _ladder(limits: Sequence[Limit]) -> list[Step] | None:
    """Return the limits of a factor in millionths: bound, low, high; None where one is finer than that."""
    found = []
    for limit in limits:
        low, high = Fraction(limit.low or 0) * SCALE, Fraction(limit.value) * SCALE
        if low.denominator != 1 or high.denominator != 1:
            return None
        found.append((limit.bound if limit.low is not None or limit.bound == "ge" else "le", int(low), int(high)))
    return found


def _fits(num: Longs, den: Longs, ladders: Sequence[list[Step] | None], *, decimals: int) -> bool:
    top = max(high for ladder in ladders for _, _, high in ladder or ())
    most, widest = float(np.abs(num).max(initial=0)), float(den.max(initial=1))
    return (most + top * widest) * 10**decimals * 4 < ROOM and widest * SCALE < ROOM


def _met(num: Longs, den: Longs, step: Step) -> NDArray[np.bool_]:
    bound, low, high = step
    if bound == "ge":
        return num >= high * den
    return (num <= high * den) & (num >= low * den) if bound == "range" else num <= high * den


def _grade(num: Longs, den: Longs, ladder: Sequence[Step]) -> NDArray[np.int8]:
    """Return the best class whose limit is met, one beyond the last if none."""
    grade = np.full(len(num), len(ladder) + 1, np.int8)
    for place in range(len(ladder), 0, -1):
        grade[_met(num, den, ladder[place - 1])] = place
    return grade


def _head(
    months: Months, verdicts: Verdicts, cells: Cells, *, read: Readings, lawbook: Lawbook
) -> dict[str, pa.Array | pa.ChunkedArray]:
    rules, judged = read.rules, verdicts.worst > 0
    day = month_period(int(months.month[0])).end
    first = int(months.month.min())
    names = [str(month_period(month)) for month in range(first, int(months.month.max()) + 1)]
    editions = [_editions(lawbook.limits(day, kind)) for kind in months.kinds]
    size = len(months.section)
    columns = [read.parameters.index(name) for name in verdicts.names]
    review = np.where(verdicts.grades > 0, cells.review[:, columns], NO_REVIEW).min(axis=1, initial=NO_REVIEW)
    kinds = [place.kind or None for place in months.places]
    targets = [place.target for place in months.places]
    target = np.array([number or 0 for number in targets], np.int64)
    known = np.array([number is not None for number in targets], bool)
    return {
        "section": arrow.words(months.section, [place.section for place in months.places]),
        "section_name": arrow.words(months.section, [place.name for place in months.places]),
        "period": arrow.words(months.month - first, names),
        "class": arrow.integers(verdicts.worst, judged),
        "grade_text": arrow.words(
            verdicts.worst.astype(np.int64), [None, *(rules.names.get(n) for n in range(1, rules.worst + 1))]
        ),
        "deciding": _named(verdicts.grades == np.where(judged, verdicts.worst, -1)[:, None], verdicts.names, judged),
        "primary": _primary(verdicts, rules),
        "absent": pa.nulls(size, pa.string()),
        "review": arrow.words(
            np.where(review == NO_REVIEW, -1, review).astype(np.int64), [state.value for state in Review]
        ),
        "edition": arrow.words(np.zeros(size, np.int64), [rules.id]),
        "limits": arrow.words(months.kind, editions),
        "target_class": arrow.integers(target[months.section], known[months.section]),
        "water_kind": arrow.words(months.section, kinds),
        "n_months": arrow.integers(np.zeros(size, np.int64), np.zeros(size, bool)),
        "months_needed": arrow.integers(np.zeros(size, np.int64), np.zeros(size, bool)),
    }


def _editions(limits: Mapping[str, Sequence[Limit]]) -> str:
    return "+".join(dict.fromkeys(limit.edition for limit in next(iter(limits.values()), ())))


def _named(chosen: NDArray[np.bool_], names: Sequence[str], judged: NDArray[np.bool_]) -> pa.Array:
    """Return the names of each row's chosen factors joined by `,`: each set of names is written once."""
    weights = np.left_shift(np.int64(1), np.arange(len(names), dtype=np.int64))
    sets, place = np.unique(chosen @ weights, return_inverse=True)
    words = [",".join(name for bit, name in enumerate(names) if int(one) >> bit & 1) for one in sets]
    return arrow.words(np.where(judged, place, -1).astype(np.int64), words)


def _primary(verdicts: Verdicts, rules: WaterRules) -> pa.Array:
    """Return the primary pollutants of each row in the declared order, exact where two are near each other."""
    beyond = verdicts.grades > rules.primary_above
    multiple = np.where(verdicts.exceeds, verdicts.above / verdicts.base, -1.0)
    first = np.array([not rules.items[name].first for name in verdicts.names], bool)
    keys = {
        "first": np.broadcast_to(first, beyond.shape),
        "class": -verdicts.grades.astype(np.int64),
        "multiple": -multiple,
    }
    order = np.lexsort((*(keys[word] for word in reversed(rules.primary_order)), ~beyond), axis=-1)
    for row in _near(verdicts, order, beyond, multiple=multiple):
        order[row] = _exactly(verdicts, int(row), beyond[row], rules=rules, first=first)
    count = np.minimum(beyond.sum(axis=1), rules.primary_count)
    top = order[:, : rules.primary_count] + 1
    top = np.where(np.arange(top.shape[1]) < count[:, None], top, 0)
    code = np.zeros(len(top), np.int64)
    for column in range(top.shape[1]):
        code = code * (len(verdicts.names) + 1) + top[:, column]
    _, one, place = np.unique(code, return_index=True, return_inverse=True)
    words = [",".join(verdicts.names[n - 1] for n in top[row] if n) for row in one]
    return arrow.words(place.astype(np.int64), words)


def _near(
    verdicts: Verdicts, order: Longs, beyond: NDArray[np.bool_], *, multiple: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the rows where two neighbours of the order have multiples that a binary float cannot tell apart."""
    ranked, yes = np.take_along_axis(multiple, order, 1), np.take_along_axis(beyond, order, 1)
    grade = np.take_along_axis(verdicts.grades, order, 1)
    gap = np.abs(np.diff(ranked, axis=1)) <= _CLOSE * np.maximum(1.0, np.abs(ranked[:, 1:]))
    close = gap & yes[:, 1:] & yes[:, :-1] & (np.diff(grade, axis=1) == 0) & (ranked[:, 1:] >= 0)
    return np.flatnonzero(close.any(axis=1))


def _exactly(
    verdicts: Verdicts, row: int, beyond: NDArray[np.bool_], *, rules: WaterRules, first: NDArray[np.bool_]
) -> list[int]:
    def multiple(place: int) -> Fraction:
        above, base = int(verdicts.above[row, place]), int(verdicts.base[row, place])
        return Fraction(above, base) if verdicts.exceeds[row, place] else Fraction(-1)

    ranks: Mapping[str, Callable[[int], int | Fraction]] = {
        "first": lambda place: int(first[place]),
        "class": lambda place: -int(verdicts.grades[row, place]),
        "multiple": lambda place: -multiple(place),
    }
    every = range(len(verdicts.names))
    return sorted(every, key=lambda place: (not beyond[place], *(ranks[word](place) for word in rules.primary_order)))


def _absent(read: Readings, row: Longs, verdicts: Verdicts) -> pa.Array:
    """Say why a row has no class: too few where something was measured, else the commonest reason."""
    size = len(verdicts.worst)
    counts = np.bincount(row[~read.ok] * len(_REASONS) + read.reason[~read.ok], minlength=size * len(_REASONS))
    counts = counts.reshape(size, len(_REASONS))
    some = np.bincount(row[read.ok], minlength=size) > 0
    reason = np.where(counts.any(axis=1), counts.argmax(axis=1), _REASONS.index(Absent.NOT_REPORTED.value))
    reason = np.where(some, _REASONS.index(Absent.TOO_FEW.value), reason)
    return arrow.words(np.where(verdicts.worst > 0, -1, reason).astype(np.int64), _REASONS)


def _shown(cells: Cells, read: Readings) -> Iterator[str]:
    """Yield the basic parameters and all that any row has, in the method's order."""
    seen = {name for place, name in enumerate(read.parameters) if cells.den[:, place].any()}
    yield from (name for name in read.rules.items if name in seen or name in read.rules.basic)


def _group(
    name: str, column: int | None, cells: Cells, *, verdicts: Verdicts, rules: WaterRules, q: int
) -> dict[str, pa.Array]:
    size = len(cells.num)
    zero = np.zeros(size, np.int64)
    num, den, n, how = zero, zero, zero, zero
    if column is not None:
        num, den, n = cells.num[:, column], cells.den[:, column] * q, cells.n[:, column]
        how = cells.how[:, column].astype(np.int64)
    there = den > 0
    over = np.where(there, den, 1)
    found = {name: arrow.decimals(half_even_ratio(num, over), there)}
    if rules.items[name].evaluated:
        found |= _graded(name, verdicts, rules)
    found[f"n_{name}"] = arrow.integers(n)
    found[f"exact_{name}"] = _exact(num, over * SCALE, there)
    found[f"how_{name}"] = arrow.words(how, _HOW)
    return found


def _graded(name: str, verdicts: Verdicts, rules: WaterRules) -> dict[str, pa.Array]:
    size = len(verdicts.worst)
    if name not in verdicts.names:
        nothing = np.zeros(size, bool)
        zero = np.zeros(size, np.int64)
        return {f"class_{name}": arrow.integers(zero, nothing), f"exceed_{name}": arrow.decimals(zero, nothing)}
    place = verdicts.names.index(name)
    grade, exceeds = verdicts.grades[:, place], verdicts.exceeds[:, place]
    step = 10**rules.multiple_decimals
    told = half_even_ratio(verdicts.above[:, place] * step, verdicts.base[:, place])
    return {
        f"class_{name}": arrow.integers(grade, grade > 0),
        f"exceed_{name}": arrow.decimals(np.where(exceeds, told * (SCALE // step), 0), exceeds),
    }


def _exact(num: Longs, den: Longs, there: NDArray[np.bool_]) -> pa.Array:
    """Write fractions in lowest terms as `a/b`, whole ones as `a`."""
    shared = np.gcd(num, den)
    top, low = (pa.array(part // shared).cast(pa.string()) for part in (num, den))
    whole = pa.array(den // shared == 1)
    written = pc.if_else(whole, top, pc.binary_join_element_wise(top, low, "/"))
    return pc.if_else(pa.array(there), written, pa.scalar(None, pa.string()))
