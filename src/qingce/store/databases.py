"""Opening the book's database: SQLite (WAL, FULL) at a path, PostgreSQL at an address. 册的数据库。"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from qingce.core.errors import QingceError, complain
from qingce.store.manifest import make_durable, sqlite_complaint
from qingce.store.segments import disk_errors, make_folder

__all__ = ["Database"]

_BEGIN = "qingce_begin"
_POSTGRES = "postgresql+psycopg"


class Database:
    """One database and its two ways in: `reader` for a snapshot, `writer` for a transaction that will write."""

    def __init__(self, address: str | Path, *, patience: float) -> None:
        url = _url(address)
        self.place = url.render_as_string(hide_password=True)
        self._file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self._patience = patience
        self._owner = os.getpid()
        self._engine = self._open(url)
        self._writer = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._reader = self._engine.execution_options(**({} if self._file else {"isolation_level": "REPEATABLE READ"}))

    @property
    def reader(self) -> Engine:
        """The engine for reading: all of one transaction from one snapshot."""
        self._leave_parent()
        return self._reader

    @property
    def writer(self) -> Engine:
        """The engine for writing; on SQLite its transactions are the only one from their first statement."""
        self._leave_parent()
        return self._writer

    def complaint(self, error: SQLAlchemyError) -> QingceError:
        """Return the numbered error for what the database raised."""
        origin = error.orig if isinstance(error, DBAPIError) else None
        if isinstance(origin, sqlite3.Error) and self._file is not None:
            found = sqlite_complaint(origin, self._file, self._patience)
            if found.code != "QC502":
                return found
        return complain("QC526", self.place, {"reason": str(origin or error).splitlines()[0]})

    def close(self) -> None:
        """Close what this process opened."""
        self._leave_parent()
        self._engine.dispose()

    def _leave_parent(self) -> None:
        if self._owner != os.getpid():  # a forked child must not touch its parent's connections
            self._engine.dispose(close=False)
            self._owner = os.getpid()

    def _open(self, url: URL) -> Engine:
        try:
            if self._file is None:
                return create_engine(url, pool_pre_ping=True)
            with disk_errors(self._file):
                make_folder(self._file.resolve().parent)
            engine = create_engine(url, connect_args={"timeout": self._patience})
        except ModuleNotFoundError as error:
            raise complain("QC527", self.place, {"driver": error.name}) from error
        except SQLAlchemyError as error:
            raise complain("QC521", self.place, {"reason": str(error).splitlines()[0]}) from error
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine

    def _on_connect(self, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        raw = connection.driver_connection if hasattr(connection, "driver_connection") else connection
        if isinstance(raw, sqlite3.Connection):
            raw.isolation_level = None
            make_durable(raw, self._patience)


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _url(address: str | Path) -> URL:
    if isinstance(address, Path) or "://" not in address:
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(address.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError) as error:
        raise complain("QC521", words={"reason": str(error).splitlines()[0]}) from error
    return url.set(drivername=_POSTGRES) if url.drivername == "postgresql" else url
