"""The manifest: which segments are in force, and the chain of what was appended. 清单（SQLite，WAL，FULL）。

A batch is acknowledged when its row is committed here; a file that is not listed here does not exist for anybody.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from qingce.core.errors import QingceError, complain
from qingce.store.digest import GENESIS
from qingce.store.kinds import FIRST_PRINTS, FIRST_SCHEMA, KINDS, LAYOUT

__all__ = [
    "BUSY",
    "Batch",
    "FULL",
    "MANIFEST",
    "Manifest",
    "Segment",
    "head_of",
    "list_batch",
    "list_segment",
    "make_durable",
    "retire",
    "sqlite_complaint",
]

MANIFEST = "manifest.sqlite"
_LEFT_TO_PARENT: list[object] = []
"""What a forked child inherited: kept, because closing it would be done in the parent's name."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heads (
    kind TEXT PRIMARY KEY, seq INTEGER NOT NULL, known INTEGER NOT NULL, head TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
    kind TEXT NOT NULL, seq INTEGER NOT NULL, known INTEGER NOT NULL, count INTEGER NOT NULL, source TEXT NOT NULL,
    digest TEXT NOT NULL, head TEXT NOT NULL, PRIMARY KEY (kind, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, level INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
    first_time INTEGER, last_time INTEGER, first_known INTEGER NOT NULL, last_known INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, retired_at INTEGER, {more}) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS live ON segments (kind, first_seq) WHERE retired_at IS NULL;
CREATE INDEX IF NOT EXISTS retired ON segments (retired_at) WHERE retired_at IS NOT NULL;
"""
_MORE = ("form TEXT NOT NULL DEFAULT ''", "family TEXT NOT NULL DEFAULT ''", "alone INTEGER NOT NULL DEFAULT 0")
"""What the second layout says of a segment beyond the first."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One link of a chain: what one append wrote; times in microseconds."""

    kind: str
    seq: int
    known: int
    count: int
    source: str
    digest: str
    head: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One file and the bounds of what it holds; `level` 0 as appended, 1 a day, 2 a month; times in microseconds.

    `form` is empty for rows as appended, else how they are packed (`store.packing`). `alone` says that no key stands
    twice in it; segments of one `family` were written by one merge and share no key.
    """

    name: str
    kind: str
    level: int
    count: int
    bytes: int
    first_time: int | None
    last_time: int | None
    first_known: int
    last_known: int
    first_seq: int
    last_seq: int
    form: str = ""
    family: str = ""
    alone: int = 0


_SEGMENT = ", ".join(field.name for field in fields(Segment))
_MARKS = ", ".join("?" for _ in fields(Segment))


class Manifest:
    """Two connections to one SQLite file: one that writes, one that reads and never waits for it."""

    def __init__(self, folder: Path, *, offset: str, patience: float) -> None:
        self.path = folder / MANIFEST
        self._patience = patience
        self._locks = {"write": threading.RLock(), "read": threading.RLock()}
        self._open: dict[str, sqlite3.Connection] = {}
        self._owner = os.getpid()
        self._create(offset)

    @property
    def offset(self) -> str:
        """The offset of local standard time, stated once per lake."""
        return str(self.rows("SELECT text FROM facts WHERE name = 'offset'")[0][0])

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the one write transaction; all or nothing, durable on leaving. Raises QC502, QC503, QC507."""
        with self._locks["write"], _errors(self.path, self._patience):
            connection = self._connection("write")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Answer one question from one snapshot. Raises QC502, QC507."""
        with self._locks["read"], _errors(self.path, self._patience):
            return self._connection("read").execute(statement, tuple(values)).fetchall()

    def head(self, kind: str) -> tuple[int, int, str]:
        """Return number, known time and head of the last batch of `kind`; of none (0, a time before all, GENESIS)."""
        return head_of(self.rows(_HEAD, [kind]))

    def head_at(self, kind: str, seq: int) -> str:
        """Return the head after the batch numbered `seq`; of none before it, GENESIS."""
        found = self.rows("SELECT head FROM batches WHERE kind = ? AND seq = ?", [kind, seq])
        return str(found[0][0]) if found else GENESIS if seq == 0 else ""

    def seq_of(self, kind: str, head: str) -> int | None:
        """Return the number of the batch that ended the chain at `head`; None for a head that is not of it."""
        found = self.rows("SELECT seq FROM batches WHERE kind = ? AND head = ?", [kind, head])
        return int(str(found[0][0])) if found else 0 if head == GENESIS else None

    def live(self, kind: str) -> list[Segment]:
        """Return the segments in force, as one snapshot."""
        found = self.rows(f"SELECT {_SEGMENT} FROM segments WHERE kind = ? AND retired_at IS NULL", [kind])
        return sorted((Segment(*row) for row in found), key=lambda segment: (segment.first_seq, segment.name))  # type: ignore[arg-type]

    def batches(self, kind: str) -> list[Batch]:
        """Return the chain of `kind`, oldest first."""
        found = self.rows(
            "SELECT kind, seq, known, count, source, digest, head FROM batches WHERE kind = ? ORDER BY seq", [kind]
        )
        return [Batch(*row) for row in found]  # type: ignore[arg-type]

    def close(self) -> None:
        """Close what this process opened."""
        for name, lock in self._locks.items():
            with lock:
                connection = self._open.pop(name, None)
                if connection is not None and self._owner == os.getpid():
                    connection.close()

    def _connection(self, name: str) -> sqlite3.Connection:
        if self._owner != os.getpid():  # a forked child must not touch its parent's connections
            _LEFT_TO_PARENT.append(self._open)
            self._open, self._owner = {}, os.getpid()
        if name not in self._open:
            self._open[name] = _connect(self.path, self._patience)
        return self._open[name]

    def _create(self, offset: str) -> None:
        if not self.rows(_MADE):
            with self.writing() as connection:
                if not connection.execute(_MADE).fetchone():
                    self._fill(connection, offset)
        found = self._facts()
        if found.get("schema") == FIRST_SCHEMA:
            with self.writing() as connection:
                _bring_up(connection)
            found = self._facts()
        expected = {"schema": ("QC501", LAYOUT), "offset": ("QC513", offset)}
        expected |= {_kind_fact(kind): ("QC501", _said_of(kind)) for kind in KINDS if _kind_fact(kind) in found}
        for name, (code, words) in expected.items():
            if found.get(name) != words:
                raise complain(code, str(self.path), {"found": found.get(name), "expected": words})

    def _facts(self) -> dict[str, str]:
        return {str(name): str(text) for name, text in self.rows("SELECT name, text FROM facts")}

    def _fill(self, connection: sqlite3.Connection, offset: str) -> None:
        if next((self.path.parent / "segments").rglob("*.parquet"), None):
            reason = "有数据段而没有清单 segments are there, but not the manifest"
            raise complain("QC502", str(self.path), {"reason": reason})
        for statement in filter(str.strip, _TABLES.format(more=", ".join(_MORE)).split(";")):
            connection.execute(statement)
        facts = [("schema", LAYOUT), ("offset", offset)]
        connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)


_MADE = "SELECT 1 FROM sqlite_master WHERE name = 'facts'"
_HEAD = "SELECT seq, known, head FROM heads WHERE kind = ?"


def _kind_fact(kind: str) -> str:
    return f"kind {kind}"


def _said_of(kind: str, fingerprint: str = "") -> str:
    """Say which schema and key the rows of a kind have, so that a refusal names the kind."""
    return f"{kind} {fingerprint or KINDS[kind].fingerprint}"


def _bring_up(connection: sqlite3.Connection) -> None:
    """Make a lake of the first layout one of this: more said of a segment, and each kind it holds by its own name."""
    if connection.execute("SELECT text FROM facts WHERE name = 'schema'").fetchone() != (FIRST_SCHEMA,):
        return
    for column in _MORE:
        connection.execute(f"ALTER TABLE segments ADD COLUMN {column}")
    held = [kind for (kind,) in connection.execute("SELECT kind FROM heads") if kind in FIRST_PRINTS]
    facts = [(_kind_fact(kind), _said_of(kind, FIRST_PRINTS[kind])) for kind in held]
    connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)
    connection.execute("UPDATE facts SET text = ? WHERE name = 'schema'", [LAYOUT])


def head_of(found: Sequence[tuple[object, ...]]) -> tuple[int, int, str]:
    """Return the row of `heads`, or the beginning of a chain."""
    return found[0] if found else (0, -(2**62), GENESIS)  # type: ignore[return-value]


def list_batch(connection: sqlite3.Connection, batch: Batch) -> None:
    """Add a link to its chain; within a write transaction."""
    if batch.seq == 1:
        facts = (_kind_fact(batch.kind), _said_of(batch.kind))
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts)
    connection.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(batch))
    head = (batch.kind, batch.seq, batch.known, batch.head)
    connection.execute("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)", head)


def list_segment(connection: sqlite3.Connection, segment: Segment) -> None:
    """Put a segment in force; within a write transaction."""
    connection.execute(f"INSERT INTO segments ({_SEGMENT}) VALUES ({_MARKS})", astuple(segment))


def retire(connection: sqlite3.Connection, names: Sequence[str], *, at: int) -> int:
    """Take segments out of force; returns how many were in force until now."""
    marks = ", ".join("?" * len(names))
    statement = f"UPDATE segments SET retired_at = ? WHERE retired_at IS NULL AND name IN ({marks})"
    return connection.execute(statement, [at, *names]).rowcount


@contextmanager
def _errors(path: Path, patience: float) -> Iterator[None]:
    """Turn what SQLite raises into QC502 (damaged), QC503 (disk full) or QC507 (busy)."""
    try:
        yield
    except sqlite3.Error as error:
        raise sqlite_complaint(error, path, patience) from error


def sqlite_complaint(error: sqlite3.Error, path: Path, patience: float) -> QingceError:
    """Return the numbered error for what SQLite raised on the file at `path`."""
    code = primary_code(error)
    if code in BUSY:
        return complain("QC507", str(path), {"seconds": patience})
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _no_room(path)):
        return complain("QC503", str(path), {"reason": error})
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return complain("QC512", str(path), {"reason": error})
    return complain("QC502", str(path), {"reason": error})


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 if it gave none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _no_room(path: Path) -> bool:
    """Whether a little cannot be written beside `path`: SQLite tells a spent quota as an I/O error."""
    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe:
            probe.write(bytes(2**16))
    except OSError as error:
        return error.errno in FULL
    return False


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        make_durable(connection, patience)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def make_durable(connection: sqlite3.Connection, patience: float) -> None:
    """Set WAL and FULL on a connection, waiting [s] for other processes that make the same file."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # SQLite asks no busy handler while it changes the mode
            if primary_code(error) not in BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    connection.execute("PRAGMA synchronous = FULL")
