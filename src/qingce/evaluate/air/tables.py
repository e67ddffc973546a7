"""Cells and their index as wide Arrow tables: one row per subject, time and series. 宽表。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qingce.core.absence import Review
from qingce.core.errors import complain
from qingce.evaluate.air.cells import Cell
from qingce.evaluate.air.index import Judged
from qingce.evaluate.air.input import NO_REVIEW, QUANTITIES, REASONS, Codes, Longs
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools, Ints, micro, reduced
from qingce.evaluate.kernels.index import NONE

__all__ = ["Facts", "frame", "interleaved", "whole"]

_REASON_WORDS = (None, *(str(reason) for reason in REASONS))
_REVIEW_WORDS = tuple(str(review) for review in Review)


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands beside the values of a table: who, when (a column ready to show), and what was taken away."""

    subjects: Sequence[str]
    names: Sequence[str]
    series: str
    excluded: tuple[Longs, Sequence[str | None]]
    sites: Longs


def frame(
    cells: Mapping[str, Cell], judged: Judged, facts: Facts, *, time: tuple[str, pa.Array], keep: Bools | None = None
) -> pa.Table:
    """Lay cells `[time, subject]` out as rows sorted by subject and time; `time` is a column's name and values.

    `keep` leaves rows out. Decimals are exact to six places; `num_*` / `den_*` are the exact values.
    """
    turn = _Turn(next(iter(cells.values())).values.shape, keep)
    columns: dict[str, pa.Array] = {
        "subject": arrow.words(turn.subject, facts.subjects),
        "subject_name": arrow.words(turn.subject, facts.names),
        time[0]: time[1].take(arrow.integers(turn.time)),
        "series": arrow.words(np.zeros(turn.size, np.int64), [facts.series]),
    }
    columns |= {name: arrow.decimals(turn(micro(cell.values)), turn(cell.values.ok)) for name, cell in cells.items()}
    columns |= {f"absent_{name}": arrow.words(turn(cell.reason), _REASON_WORDS) for name, cell in cells.items()}
    columns |= {f"n_{name}": arrow.integers(turn(cell.n), turn(cell.n) >= 0) for name, cell in cells.items()}
    columns |= _index_columns(judged, turn)
    columns["excluded"] = arrow.words(turn(facts.excluded[0]), facts.excluded[1])
    columns["edition"] = arrow.words(turn(judged.edition), judged.words)
    columns["review"] = arrow.words(turn(_lowest(cells)), _REVIEW_WORDS)
    columns["n_sites"] = arrow.integers(turn(facts.sites))
    columns["short"] = _short(cells, turn)
    columns |= _exact_columns(cells, turn)
    return pa.table(columns)


def interleaved(first: pa.Table, second: pa.Table) -> pa.Table:
    """Return the rows of two tables of the same rows in turn: measured, deducted, measured …"""
    size = first.num_rows
    order = np.arange(2 * size).reshape(2, size).T.ravel()
    return pa.concat_tables([first, second]).combine_chunks().take(arrow.integers(order))


class _Turn:
    """From `[time, subject]` to rows sorted by subject, then time."""

    def __init__(self, shape: tuple[int, ...], keep: Bools | None) -> None:
        self._keep = None if keep is None else keep.T.ravel()
        self.time = self(np.broadcast_to(np.arange(shape[0])[:, None], shape))
        self.subject = self(np.broadcast_to(np.arange(shape[1])[None, :], shape))
        self.size = len(self.time)

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        flat = values.T.ravel()
        return flat if self._keep is None else flat[self._keep]


def _index_columns(judged: Judged, turn: _Turn) -> dict[str, pa.Array]:
    def numbers(values: Longs) -> pa.Array:
        rows = turn(values)
        return arrow.integers(rows, rows != NONE)

    columns = {"aqi": numbers(judged.aqi), "level": numbers(judged.level)}
    columns["level_name"] = arrow.words(turn(judged.level_name), judged.words)
    columns["primary"] = arrow.words(turn(judged.primary), judged.words)
    columns["exceeding"] = arrow.words(turn(judged.exceeding), judged.words)
    columns |= {f"iaqi_{name}": numbers(judged.iaqi[name]) for name in QUANTITIES}
    columns["aqi_absent"] = arrow.words(turn(judged.reason), _REASON_WORDS)
    return columns


def _exact_columns(cells: Mapping[str, Cell], turn: _Turn) -> dict[str, pa.Array]:
    columns = {}
    for name, cell in cells.items():
        values = reduced(cell.values)
        columns[f"num_{name}"] = arrow.integers(turn(whole(values.num, name)), turn(values.ok))
        columns[f"den_{name}"] = arrow.integers(turn(whole(values.den, name)), turn(values.ok))
    return columns


def whole(values: Ints, quantity: str) -> Longs:
    """Return Python integers as int64; raises QC256 where one does not fit, never a rounded value."""
    if values.dtype != object:
        return values
    try:
        return values.astype(np.int64)
    except OverflowError as error:
        raise complain("QC256", words={"quantity": quantity}) from error


def _lowest(cells: Mapping[str, Cell]) -> Codes:
    rank = np.min(np.stack([cell.review for cell in cells.values()]), axis=0)
    return np.where(rank == NO_REVIEW, NONE, rank).astype(np.int8)


def _short(cells: Mapping[str, Cell], turn: _Turn) -> pa.Array:
    """Name the quantities that too few sites carry."""
    mask = np.zeros(turn.size, np.int64)
    for bit, cell in enumerate(cells.values()):
        mask |= turn(cell.short).astype(np.int64) << bit
    kinds, place = np.unique(mask, return_inverse=True)
    names = [[name for bit, name in enumerate(cells) if int(kind) >> bit & 1] for kind in kinds]
    return arrow.words(place, [",".join(chosen) or None for chosen in names])
