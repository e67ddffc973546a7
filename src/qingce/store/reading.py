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
from qingce.store.kinds import ROW, SEQ, Kind
from qingce.store.manifest import Segment
from qingce.store.segments import check_readable
from qingce.store.times import micros

if TYPE_CHECKING:
    import duckdb

__all__ = ["Engine", "ORDER", "Question", "Statement", "everything", "in_force", "relevant"]

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


def in_force(kind: Kind, question: Question) -> tuple[Statement, pa.Schema]:
    """Return the SQL of a scan (its first value is the list of files) and the schema of its answer."""
    columns = _columns(kind, question.columns)
    early, late = Statement(), Statement()
    if question.known_at is not None:
        early.add("known_at <= ?", question.known_at)
    for column, value in question.where.items():
        _known_column(kind, column)
        _equal(early if column in kind.key else late, column, value)
    _within(early if kind.time in kind.key else late, kind, question)
    key = ", ".join(_quoted(kind.key))
    last = ", ".join(f"{column} DESC" for column in ORDER.split(", "))
    text = (
        f"SELECT {', '.join(_quoted(columns))} FROM (SELECT * FROM read_parquet(?)"
        f"{_where(early)} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {last}) = 1)"
        f"{_where(late)} ORDER BY {key}"
    )
    return Statement(text, [*early.values, *late.values]), pa.schema([kind.physical.field(name) for name in columns])


def everything(kind: Kind, where: Mapping[str, object]) -> tuple[Statement, pa.Schema]:
    """Return the SQL of a history, oldest known first, and the schema of its answer."""
    asked = Statement()
    for column, value in where.items():
        _known_column(kind, column)
        _equal(asked, column, value)
    columns = ", ".join(_quoted(kind.readable.names))
    return Statement(
        f"SELECT {columns} FROM read_parquet(?){_where(asked)} ORDER BY {ORDER}", asked.values
    ), kind.readable


class Engine:
    """One DuckDB in memory, made at the first question; a cursor for each, so threads may ask at once."""

    def __init__(self, *, memory: str) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._database: duckdb.DuckDBPyConnection | None = None

    def table(self, statement: Statement, files: Sequence[Path], *, schema: pa.Schema) -> pa.Table:
        """Answer one statement over `files` with the types of `schema`. Raises QC504, QC510, QC514."""
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
            values = [[literal(file) for file in files], *statement.values]
            yield cursor.sql(statement.text, params=values)
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


def literal(path: Path) -> str:
    """Write a path so that DuckDB takes none of its characters for a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


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
