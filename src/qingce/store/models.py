"""The book's tables, the same on SQLite and PostgreSQL. 册的表结构。"""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from qingce.store.times import from_micros
from qingce.store.values import read_value

__all__ = ["BOOK_VERSION", "Base", "Event", "Fact", "Record"]

BOOK_VERSION = "1"
"""Changes when a table does."""


class Base(DeclarativeBase):
    """The tables of a book."""


class Fact(Base):
    """What the book says of itself."""

    __tablename__ = "facts"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class Record(Base):
    """A record as it stands; `value` is null once it was removed."""

    __tablename__ = "records"
    shelf: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    value: Mapped[str | None] = mapped_column(Text)


class Event(Base):
    """One change: the next link of its record's chain. `at` counts microseconds since 1970 UTC."""

    __tablename__ = "events"
    shelf: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    action: Mapped[str] = mapped_column(String(10))
    at: Mapped[int] = mapped_column(BigInteger)
    who: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    head: Mapped[str] = mapped_column(String(64))

    def link(self, before: str) -> str:
        """Return the hash of this event and the link before it."""
        said = [before, self.shelf, self.key, self.version, self.action, self.at, self.who, self.why, self.value]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def told(self) -> dict[str, object]:
        """Return the event as a mapping."""
        return {
            "shelf": self.shelf,
            "key": self.key,
            "version": self.version,
            "action": self.action,
            "at": from_micros(self.at),
            "who": self.who,
            "why": self.why,
            "value": None if self.value is None else read_value(self.value),
            "head": self.head,
        }
