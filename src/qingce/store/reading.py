"""Asking the segments: DuckDB over the manifest's file list, the last known row of each key. 查询。

Filters on key columns and time go down into the files; filters on other columns are applied to the rows in force,
so a value that was corrected away cannot come back through a filter.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from qingce.core.errors import complain
from qingce.store.forms import rows_of
from qingce.store.kinds import ROW, SEQ, Kind
from qingce.store.manifest import Segment
from qingce.store.segments import check_readable
from qingce.store.times import micros

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "Engine",
    "ORDER",
    "Question",
    "Statement",
    "answer_schema",
    "apart",
    "before",
    "contested",
    "everything",
    "in_force",
    "relevant",
]

_PIECE = 100_000
_LEFT_TO_PARENT: list[object] = []
"""What a forked child inherited: kept, because letting go of it would end the threads of a parent it is not."""
ORDER = f"known_at, {SEQ}, {ROW}"
"""Which row is known later: by known time, then by the order of appending."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a scan asks."""

    columns: Sequence[str] | None = None
    where: Mapping[str, object] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    known_at: datetime | None = None


@dataclass(slots=True)
class Statement:
    """A piece of SQL and the values it binds, in order."""

    text: str = ""
    values: list[object] = field(default_factory=list)

    def add(self, text: str, *values: object) -> None:
        """Join one more condition with AND."""
        self.text = f"{self.text} AND {text}" if self.text else text
        self.values.extend(values)


def relevant(kind: Kind, segments: Sequence[Segment], question: Question) -> list[Segment]:
    """Leave out segments whose bounds say they hold nothing that was asked."""
    known = None if question.known_at is None else micros(question.known_at)
    start = None if question.start is None else micros(question.start)
    end = None if question.end is None else micros(question.end)
    kept = [segment for segment in segments if known is None or segment.first_known <= known]
    if kind.time not in kind.key:  # a row outside the time asked may supersede one inside
        return kept
    return [
        s for s in kept if (start is None or _past(s.last_time, start)) and (end is None or _before(s.first_time, end))
    ]


def in_force(kind: Kind, question: Question, segments: Sequence[Segment], *, folder: Path) -> Statement:
    """Return the SQL of a scan: rows that nothing can supersede as they are, the last known row of every other key."""
    early, late = _conditions(kind, question)
    clear, rest = apart(kind, segments)
    if sum(each.count for each in clear) < sum(each.count for each in rest):
        clear, rest = [], list(segments)
    statement = _rows_in_force(kind, early, clear, rest=rest, folder=folder)
    columns = ", ".join(_quoted(_columns(kind, question.columns)))
    text = f"SELECT {columns} FROM ({statement.text}){_where(late)} ORDER BY {', '.join(_quoted(kind.key))}"
    return Statement(text, [*statement.values, *late.values])


def answer_schema(kind: Kind, question: Question) -> pa.Schema:
    """Return the schema of the answer to a question; raises QC508."""
    return pa.schema([kind.physical.field(name) for name in _columns(kind, question.columns)])


def contested(
    kind: Kind, question: Question, clear: Sequence[Segment], *, rest: Sequence[Segment], folder: Path
) -> Statement:
    """Return the SQL of the rows in force of every key that stands in `rest`, whether there or in `clear`."""
    early, late = _conditions(kind, question)
    statement = _last_known(kind, early, clear, rest=rest, folder=folder)
    columns = ", ".join(_quoted(_columns(kind, question.columns)))
    text = f"SELECT {columns} FROM ({statement.text}){_where(late)}"
    return Statement(text, [*statement.values, *late.values])


def apart(kind: Kind, segments: Sequence[Segment]) -> tuple[list[Segment], list[Segment]]:
    """Return segments of which no two share a key and none has a key twice, and the others; largest first."""
    clear: list[Segment] = []
    rest: list[Segment] = []
    for segment in sorted(segments, key=lambda each: -each.count):
        alone = bool(segment.alone) and all(_share_no_key(kind, segment, other) for other in clear)
        (clear if alone else rest).append(segment)
    return clear, rest


def _share_no_key(kind: Kind, one: Segment, other: Segment) -> bool:
    if one.family and one.family == other.family:
        return True
    return kind.time in kind.key and (before(one, other) or before(other, one))


def before(one: Segment, other: Segment) -> bool:
    """Whether all of one segment lies before all of another in time."""
    return one.last_time is not None and other.first_time is not None and one.last_time < other.first_time


def _rows_in_force(
    kind: Kind, early: Statement, clear: Sequence[Segment], *, rest: Sequence[Segment], folder: Path
) -> Statement:
    if not rest:
        return _asked(kind, early, clear, folder=folder)
    last = _last_known(kind, early, clear, rest=rest, folder=folder)
    if not clear:
        return last
    plain, other = (_asked(kind, early, each, folder=folder) for each in (clear, rest))
    key = ", ".join(_quoted(kind.key))
    text = f"SELECT * FROM ({plain.text}) ANTI JOIN (SELECT {key} FROM ({other.text})) USING ({key})"
    return Statement(f"{text} UNION ALL ({last.text})", [*plain.values, *other.values, *last.values])


def _last_known(
    kind: Kind, early: Statement, clear: Sequence[Segment], *, rest: Sequence[Segment], folder: Path
) -> Statement:
    """Return the SQL of the last known row of each key in `rest`, where `clear` may hold one of them too."""
    key = ", ".join(_quoted(kind.key))
    last = ", ".join(f"{column} DESC" for column in ORDER.split(", "))
    found = _asked(kind, early, rest, folder=folder)
    if clear:
        plain = _asked(kind, early, clear, folder=folder)
        also = f"SELECT * FROM ({plain.text}) SEMI JOIN (SELECT {key} FROM ({found.text})) USING ({key})"
        text = f"({found.text}) UNION ALL ({also})"
        found = Statement(text, [*found.values, *plain.values, *found.values])
    text = f"SELECT * FROM ({found.text}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {last}) = 1"
    return Statement(text, found.values)


def _asked(kind: Kind, early: Statement, segments: Sequence[Segment], *, folder: Path) -> Statement:
    """Return the SQL of the rows of some segments that a question may see."""
    text, values = rows_of(kind, segments, folder)
    return Statement(f"SELECT * FROM ({text}){_where(early)}", [*values, *early.values])


def _conditions(kind: Kind, question: Question) -> tuple[Statement, Statement]:
    """Return what is asked of every row, and what is asked of rows in force. Raises QC508, QC509."""
    early, late = Statement(), Statement()
    if question.known_at is not None:
        early.add("known_at <= ?", question.known_at)
    for column, value in question.where.items():
        _known_column(kind, column)
        _equal(early if column in kind.key else late, column, value)
    _within(early if kind.time in kind.key else late, kind, question)
    return early, late


def everything(kind: Kind, where: Mapping[str, object], segments: Sequence[Segment], *, folder: Path) -> Statement:
    """Return the SQL of a history, oldest known first. Raises QC508."""
    asked = Statement()
    for column, value in where.items():
        _known_column(kind, column)
        _equal(asked, column, value)
    rows = _asked(kind, asked, segments, folder=folder)
    return Statement(
        f"SELECT {', '.join(_quoted(kind.readable.names))} FROM ({rows.text}) ORDER BY {ORDER}", rows.values
    )


class Engine:
    """One DuckDB in memory, made at the first question; a cursor for each, so threads may ask at once."""

    def __init__(self, *, memory: str) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._database: duckdb.DuckDBPyConnection | None = None

    def table(self, statement: Statement, files: Sequence[Path], *, schema: pa.Schema) -> pa.Table:
        """Answer one statement that reads `files` with the types of `schema`. Raises QC504, QC510, QC514."""
        if not files:
            return schema.empty_table()
        with self._asked(statement, files) as relation:
            return _typed(relation.to_arrow_table(), schema)

    def stream(self, statement: Statement, files: Sequence[Path], *, schema: pa.Schema) -> Iterator[pa.Table]:
        """Answer piece by piece, for what may not fit into memory. Raises QC504, QC510, QC514."""
        with self._asked(statement, files) as relation:
            for batch in relation.to_arrow_reader(_PIECE):
                yield _typed(pa.Table.from_batches([batch]), schema)

    @contextmanager
    def _asked(self, statement: Statement, files: Sequence[Path]) -> Iterator[duckdb.DuckDBPyRelation]:
        import duckdb

        cursor = self._connection().cursor()
        try:
            yield cursor.sql(statement.text, params=statement.values)
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            for file in files:
                check_readable(file)
            raise complain("QC514", words={"reason": str(error).splitlines()[0]}) from error
        finally:
            cursor.close()

    def close(self) -> None:
        """Let go of the memory."""
        with self._lock:
            if self._database is not None and self._owner == os.getpid():
                self._database.close()
            self._database = None

    def _connection(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        if self._owner != os.getpid():  # a forked child has none of its parent's threads
            _LEFT_TO_PARENT.append(self._database)
            self._lock, self._owner, self._database = threading.Lock(), os.getpid(), None
        with self._lock:
            if self._database is None:
                settings: dict[str, str | bool | int | float | list[str]] = {
                    "memory_limit": self._memory,
                    "temp_directory": str(Path(tempfile.gettempdir(), f"qingce-spill-{secrets.token_hex(6)}")),
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                }
                self._database = duckdb.connect(":memory:", config=settings)
            return self._database


def _typed(answer: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [answer.column(place).cast(each.type) for place, each in enumerate(schema)]
    return pa.Table.from_arrays(columns, schema=schema)


def _columns(kind: Kind, asked: Sequence[str] | None) -> list[str]:
    for column in asked or ():
        _known_column(kind, column)
    return list(kind.schema.names if asked is None else asked)


def _known_column(kind: Kind, column: str) -> None:
    if column not in kind.readable.names:
        words: dict[str, object] = {"kind": kind.name, "column": column, "allowed": ", ".join(kind.readable.names)}
        raise complain("QC508", words=words)


def _equal(statement: Statement, column: str, value: object) -> None:
    name = _quoted([column])[0]
    if value is None:
        statement.add(f"{name} IS NULL")
    elif isinstance(value, str) or not isinstance(value, (Sequence, set, frozenset)):
        statement.add(f"{name} = ?", value)
    else:
        there = [each for each in value if each is not None]
        listed = f"{name} IN ({', '.join('?' * len(there))})" if there else "FALSE"
        statement.add(f"({listed} OR {name} IS NULL)" if len(there) < len(value) else listed, *there)


def _within(statement: Statement, kind: Kind, question: Question) -> None:
    if (question.start, question.end) != (None, None) and not kind.time:
        raise complain("QC509", words={"kind": kind.name})
    name = f'"{kind.time}"'
    if question.start is not None:
        statement.add(f"{name} >= ?", question.start)
    if question.end is not None:
        statement.add(f"{name} < ?", question.end)


def _where(statement: Statement) -> str:
    return f" WHERE {statement.text}" if statement.text else ""


def _quoted(columns: Sequence[str]) -> list[str]:
    return [f'"{column}"' for column in columns]


def _past(last: int | None, start: int) -> bool:
    return last is not None and last >= start


def _before(first: int | None, end: int) -> bool:
    return first is not None and first < end
