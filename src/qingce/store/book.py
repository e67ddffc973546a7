"""The book: few records, many writers; every change is an event, chained per record. 册。

`records` hold what stands, `events` what happened, for ever. A write reads the record's last event and adds the next in
one transaction; two writers of one record meet at the event's key (shelf, key, version): the later tries again, or is
told, if it named the version it had read.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from qingce.core.errors import complain
from qingce.core.records import Fault
from qingce.store.databases import Database
from qingce.store.digest import GENESIS
from qingce.store.models import BOOK_VERSION, Base, Event, Fact, Record
from qingce.store.times import Clock, micros, utc_now
from qingce.store.values import read_value, write_value

__all__ = ["SqlBook"]

_PUT, _REMOVE = "put", "remove"
_CLASHES = ("40001", "40P01")
"""What PostgreSQL calls a serialization failure and a deadlock."""
_MADE = ("42P07", "42710")
"""What PostgreSQL answers when another process made the same table or type meanwhile."""
T = TypeVar("T")
Value = Mapping[str, object]


class SqlBook:
    """A book at an address; `core.ports.Book` says what each method promises. Safe for threads and processes."""

    def __init__(self, address: str | Path, *, patience: float = 60, now: Clock = utc_now) -> None:
        self._patience = patience
        self._now = now
        self._database = Database(address, patience=patience)
        try:
            self._create()
        except BaseException:
            self._database.close()
            raise

    def put(self, shelf: str, key: str, value: Value, *, who: str, why: str, expect: int | None = None) -> int:
        """Write one record and its event; returns its new version, 1 for a new record.

        `expect` is the version that was read (0 where there was none); raises QC520 if another change came between.
        Raises QC522 for a value that cannot be kept, QC503, QC507, QC526.
        """
        text = write_value(shelf, key, value=value)
        event = {"shelf": shelf, "key": key, "action": _PUT, "who": who, "why": why, "value": text}
        return self._writing(
            lambda session: self._add(session, event, record=_record(session, shelf, key), expect=expect)
        )

    def change(self, shelf: str, key: str, alter: Callable[[Value | None], Value], *, who: str, why: str) -> int:
        """Put what `alter` makes of the record as it stands (None where there is none), so that no change is lost.

        `alter` may be called again when another writer came between. Raises as `put`.
        """

        def once(session: Session) -> int:
            record = _record(session, shelf, key)
            text = write_value(shelf, key, value=alter(_value(record)))
            event = {"shelf": shelf, "key": key, "action": _PUT, "who": who, "why": why, "value": text}
            return self._add(session, event, record=record)

        return self._writing(once)

    def get(self, shelf: str, key: str) -> Value | None:
        """Return the record as it stands, or None. Raises QC526."""
        return self._reading(lambda session: _value(session.get(Record, (shelf, key))))

    def version(self, shelf: str, key: str) -> int:
        """Return the version of a record, 0 where there never was one; to be given to `put` as `expect`."""
        return self._reading(lambda session: _version(session.get(Record, (shelf, key))))

    def all(self, shelf: str) -> dict[str, Value]:
        """Return every record of a shelf by key, in the order of keys. Raises QC526."""
        query = select(Record).where(Record.shelf == shelf, Record.value.is_not(None))
        found = self._reading(lambda session: [(row.key, row.value or "") for row in session.scalars(query)])
        return {key: read_value(text) for key, text in sorted(found)}

    def remove(self, shelf: str, key: str, *, who: str, why: str, expect: int | None = None) -> None:
        """Withdraw one record; its history stays. Raises QC523 where there is none, QC520 as `put`."""
        event = {"shelf": shelf, "key": key, "action": _REMOVE, "who": who, "why": why, "value": None}
        self._writing(lambda session: self._add(session, event, record=_record(session, shelf, key), expect=expect))

    def events(self, shelf: str, key: str | None = None) -> list[Value]:
        """Return the chained events of a record or shelf, oldest first. Raises QC526."""
        query = select(Event).where(Event.shelf == shelf).order_by(Event.at, Event.key, Event.version)
        if key is not None:
            query = query.where(Event.key == key)
        return self._reading(lambda session: [event.told() for event in session.scalars(query)])

    def head(self) -> str:
        """Return one hash over the heads of all records, to be printed where nobody can change it."""
        query = select(Event.shelf, Event.key, Event.version, Event.head)
        found = self._reading(lambda session: sorted(tuple(row) for row in session.execute(query)))
        return hashlib.sha256(repr(found).encode()).hexdigest()

    def verify(self) -> list[Fault]:
        """Recompute every chain and return what does not fit; nothing means nothing was changed. Raises QC526."""
        return self._reading(lambda session: list(_faults(session, self._database.place)))

    def close(self) -> None:
        """Release what is open."""
        self._database.close()

    def _create(self) -> None:
        """Make the tables where there are none; raises QC521, QC525."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                with self._database.writer.begin() as connection:
                    Base.metadata.create_all(connection)
                break
            except (IntegrityError, SQLAlchemyError) as error:  # two processes may make the tables at once
                if time.monotonic() > deadline or not (_clash(error) or _state(error) in _MADE):
                    raise complain("QC521", self._database.place, {"reason": str(error).splitlines()[0]}) from error
                time.sleep(random.uniform(0.01, 0.05))
        found = self._writing(_own_version)
        if found != BOOK_VERSION:
            raise complain("QC525", self._database.place, {"found": found, "expected": BOOK_VERSION})

    def _add(
        self,
        session: Session,
        said: Mapping[str, str | None],
        *,
        record: Record | None,
        expect: int | None = None,
    ) -> int:
        """Add the next event of a record and let the record stand so.

        `record` is what the task read, once: a record that was absent cannot be held, and reading it again might find
        what another writer has put meanwhile, whose change this one would then overwrite without having seen it.
        """
        shelf, key = str(said["shelf"]), str(said["key"])
        version = _version(record)
        if expect is not None and expect != version:
            raise complain("QC520", words={"shelf": shelf, "key": key, "found": version, "expected": expect})
        if said["action"] == _REMOVE and (record is None or record.value is None):
            raise complain("QC523", words={"shelf": shelf, "key": key})
        last = session.get(Event, (shelf, key, version)) if version else None
        now = micros(self._now())
        event = Event(**said, version=version + 1, at=now if last is None else max(now, last.at + 1))
        event.head = event.link(last.head if last else GENESIS)
        session.add(event)
        if record is None:
            session.add(Record(shelf=shelf, key=key, version=1, value=event.value))
        else:
            record.version, record.value = event.version, event.value
        session.flush()
        return event.version

    def _writing(self, task: Callable[[Session], T]) -> T:
        """Run a task in one transaction, again when another writer came between. Raises QC507 when that never ends."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                with Session(self._database.writer) as session, session.begin():
                    return task(session)
            except SQLAlchemyError as error:
                if not _clash(error):
                    raise self._database.complaint(error) from error
                if time.monotonic() > deadline:
                    words: dict[str, object] = {"seconds": self._patience}
                    raise complain("QC507", self._database.place, words) from error
            time.sleep(random.uniform(0.001, 0.02))

    def _reading(self, task: Callable[[Session], T]) -> T:
        try:
            with Session(self._database.reader) as session, session.begin():
                return task(session)
        except SQLAlchemyError as error:
            raise self._database.complaint(error) from error


def _faults(session: Session, place: str) -> Iterator[Fault]:
    """Recompute every chain and hold the records against their last events."""
    standing = {(record.shelf, record.key): record for record in session.scalars(select(Record))}
    events = sorted(session.scalars(select(Event)), key=lambda event: (event.shelf, event.key, event.version))
    for (shelf, key), chain in groupby(events, key=lambda event: (event.shelf, event.key)):
        record = standing.pop((shelf, key), None)
        for line, reason in _broken(list(chain), record):
            yield _fault(place, line, f"{shelf}/{key}: {reason}")
    for shelf, key in sorted(standing):
        yield _fault(place, 0, f"{shelf}/{key}: a record without events")


def _fault(place: str, line: int, reason: str) -> Fault:
    return Fault("QC524", place, line, str(complain("QC524", words={"reason": reason})))


def _broken(chain: list[Event], record: Record | None) -> Iterator[tuple[int, str]]:
    before = GENESIS
    for number, event in enumerate(chain, 1):
        if event.version != number:
            yield number, f"event {number} is missing"
            return
        if event.head != event.link(before):
            yield number, f"event {number} was changed"
        before = event.head
    last = chain[-1]
    if record is None or (record.version, record.value) != (last.version, last.value):
        yield last.version, "the record is not what its last event says"


def _own_version(session: Session) -> str:
    fact = session.get(Fact, "version")
    if fact is None:
        fact = Fact(name="version", text=BOOK_VERSION)
        session.add(fact)
        session.flush()
    return fact.text


def _record(session: Session, shelf: str, key: str) -> Record | None:
    """Return the record, held against other writers until the transaction ends."""
    return session.get(Record, (shelf, key), with_for_update=True)


def _value(record: Record | None) -> dict[str, object] | None:
    return None if record is None or record.value is None else read_value(record.value)


def _version(record: Record | None) -> int:
    return 0 if record is None else record.version


def _clash(error: SQLAlchemyError) -> bool:
    """Whether another writer came between, so that the whole task may be tried again."""
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, OperationalError) and _state(error) in _CLASHES


def _state(error: SQLAlchemyError) -> str | None:
    """Return the state that PostgreSQL names, None for what has none."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)
