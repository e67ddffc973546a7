"""The book: chained events, versions, no lost update; the same tests on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from qingce.core.errors import StoreError
from qingce.core.ports import Book
from qingce.store import open_book
from qingce.store.book import SqlBook
from qingce.store.digest import GENESIS
from qingce.store.models import Base
from qingce.store.values import read_value, write_value

COUNTER = Path(__file__).parent / "processes" / "counter.py"


def postgres_tool(name: str) -> str:
    """The path of a PostgreSQL program, empty where it is not installed."""
    places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    return shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", "")])) or ""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own in a temporary folder, under a user that is not root."""
    initdb, control = postgres_tool("initdb"), postgres_tool("pg_ctl")
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'qingce[postgres]'")
    if not initdb or not control:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    user = None
    folder = Path(tempfile.mkdtemp(prefix="qingce-pg-"))
    if os.getuid() == 0:
        if "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("PostgreSQL does not run as root and there is no user postgres")
        user = "postgres"
        shutil.chown(folder, user)

    def call(*command: str) -> None:
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    call(initdb, "-D", str(folder / "data"), "-A", "trust", "-U", "qingce", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    call(control, "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield f"postgresql://qingce@/postgres?host={folder}"
    call(control, "-D", str(folder / "data"), "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.prove)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where no book is yet."""
    if request.param == "sqlite":
        return str(tmp_path / "deep" / "book.sqlite")
    server = str(request.getfixturevalue("postgres"))
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server


@pytest.fixture
def book(address: str) -> Iterator[SqlBook]:
    opened = open_book(address)
    yield opened
    opened.close()


def statement(address: str, words: str) -> None:
    """Change the database behind the book's back."""
    url = address.replace("postgresql:", "postgresql+psycopg:") if "://" in address else f"sqlite:///{address}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(words)
    engine.dispose()


def test_a_book_is_what_the_port_promises(address: str) -> None:
    book: Book = open_book(address)
    assert book.get("tasks", "T-1") is None
    assert book.all("tasks") == {}
    assert book.events("tasks") == []
    book.close()


def test_a_record_comes_back_exactly_and_counts_its_versions(book: SqlBook) -> None:
    value = {
        "值": Decimal("36.10"), "到": date(2026, 5, 31), "at": datetime(2026, 5, 31, 12, 0, 0, 5), "ok": True,
        "none": None, "n": -(2**70), "list": ["甲", {"deep": Decimal("-0.00")}], "quote": "'; DROP TABLE records; --",
    }  # fmt: skip
    assert book.version("tasks", "T-1") == 0
    assert book.put("tasks", "T-1", value, who="张三", why="确认") == 1
    assert book.get("tasks", "T-1") == value
    assert str(book.get("tasks", "T-1")["值"]) == "36.10"
    assert book.put("tasks", "T-1", {"值": 2}, who="李四", why="更正") == 2
    assert book.version("tasks", "T-1") == 2
    assert book.get("tasks", "T-1") == {"值": 2}
    assert book.get("people", "T-1") is None


def test_all_is_by_key_and_leaves_out_what_was_removed(book: SqlBook) -> None:
    for key in ("b", "c", "a"):
        book.put("shelf", key, {"k": key}, who="w", why="y")
    book.put("other", "z", {}, who="w", why="y")
    book.remove("shelf", "c", who="w", why="撤回")
    assert list(book.all("shelf").items()) == [("a", {"k": "a"}), ("b", {"k": "b"})]
    assert book.get("shelf", "c") is None
    assert book.version("shelf", "c") == 2


def test_events_tell_who_why_and_what_oldest_first_for_ever(address: str) -> None:
    now = [datetime(2026, 7, 1)]
    book = SqlBook(address, now=lambda: now[0])
    book.put("s", "a", {"n": 1}, who="甲", why="新建")
    now[0] -= timedelta(days=9)  # the clock jumps back
    book.put("s", "a", {"n": 2}, who="乙", why="更正")
    book.remove("s", "a", who="丙", why="撤回")
    book.put("s", "a", {"n": 3}, who="丁", why="恢复")
    told = book.events("s", "a")
    assert [(event["version"], event["action"], event["who"], event["value"]) for event in told] == [
        (1, "put", "甲", {"n": 1}),
        (2, "put", "乙", {"n": 2}),
        (3, "remove", "丙", None),
        (4, "put", "丁", {"n": 3}),
    ]
    micro = timedelta(microseconds=1)
    assert [event["at"] for event in told] == [datetime(2026, 7, 1) + n * micro for n in range(4)]
    book.put("s", "b", {}, who="w", why="y")
    assert [event["key"] for event in book.events("s")] == ["b", "a", "a", "a", "a"]  # by instant, as told
    assert len({event["head"] for event in book.events("s")} - {GENESIS}) == 5
    assert book.verify() == []
    book.close()


def test_who_names_the_version_it_read_is_told_of_a_change_between(book: SqlBook) -> None:
    assert book.put("s", "a", {"n": 1}, who="w", why="y", expect=0) == 1
    with pytest.raises(StoreError, match=r"QC520.*'s/a' is at version 1, not 0\. Read it again, merge the other"):
        book.put("s", "a", {"n": 2}, who="w", why="y", expect=0)
    assert book.put("s", "a", {"n": 2}, who="w", why="y", expect=1) == 2
    with pytest.raises(StoreError, match=r"QC520.*version 2, not 1"):
        book.remove("s", "a", who="w", why="y", expect=1)
    assert book.get("s", "a") == {"n": 2}
    assert len(book.events("s", "a")) == 2


def test_removing_what_is_not_there_is_refused(book: SqlBook) -> None:
    with pytest.raises(StoreError, match=r"QC523.*no 'a' on shelf 's'.*Look at the keys of all"):
        book.remove("s", "a", who="w", why="y")
    book.put("s", "a", {}, who="w", why="y")
    book.remove("s", "a", who="w", why="y")
    with pytest.raises(StoreError, match=r"QC523.*no 'a'"):
        book.remove("s", "a", who="w", why="y")
    assert len(book.events("s")) == 2


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"x": 1.5}, r"QC522.*'s/a' cannot be kept: float 1\.5.*Use only text, integers, Decimal"),
        ({"x": {1, 2}}, r"QC522.*set"),
        ({1: "x"}, r"QC522.*key 1"),
        ({"$date": "x"}, r"QC522.*key '\$date'"),
        ({"x": Decimal("NaN")}, r"QC522.*Decimal NaN"),
        ({"x": b"x"}, r"QC522.*bytes"),
    ],
)
def test_a_value_that_would_not_come_back_exactly_is_refused(
    tmp_path: Path, value: dict[str, object], message: str
) -> None:
    book = open_book(tmp_path / "book.sqlite")
    with pytest.raises(StoreError, match=message):
        book.put("s", "a", value, who="w", why="y")
    assert book.events("s") == []
    book.close()


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.decimals(allow_nan=False, allow_infinity=False)
)
NAMES = st.text().filter(lambda name: not name.startswith("$"))
RECORDS = st.dictionaries(
    NAMES, st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=9)
)


@given(RECORDS)
@settings(max_examples=60, deadline=None)
def test_any_value_is_the_same_after_writing_and_its_text_is_canonical(value: dict[str, object]) -> None:
    written = write_value("s", "k", value=value)
    assert read_value(written) == value
    assert write_value("s", "k", value=dict(reversed(value.items()))) == written


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("UPDATE events SET who = 'x' WHERE version = 2", "s/a: event 2 was changed"),
        ("UPDATE events SET value = '{\"n\":9}' WHERE version = 3", "s/a: event 3 was changed"),
        ("UPDATE events SET at = at + 1 WHERE version = 1", "s/a: event 1 was changed"),
        ("DELETE FROM events WHERE version = 2", "s/a: event 2 is missing"),
        ("DELETE FROM events WHERE version = 3", "the record is not what its last event says"),
        ("DELETE FROM events", "s/a: a record without events"),
        ("UPDATE records SET value = '{\"n\":9}'", "the record is not what its last event says"),
        ("DELETE FROM records", "the record is not what its last event says"),
    ],
)
def test_tampering_is_found(address: str, words: str, message: str) -> None:
    book = open_book(address)
    for n in range(3):
        book.put("s", "a", {"n": n}, who="w", why="y")
    printed = book.head()
    assert book.verify() == []
    book.close()
    statement(address, words)
    book = open_book(address)
    faults = book.verify()
    assert {fault.code for fault in faults} == {"QC524"}
    assert any(message in fault.message for fault in faults)
    if "events" in words and "DELETE" in words:
        assert book.head() != printed
    book.close()


def test_changes_of_many_threads_are_all_kept(book: SqlBook) -> None:
    def work() -> None:
        for _ in range(10):
            book.change(
                "s", "count", lambda value: {"n": (int(str(value["n"])) if value else 0) + 1}, who="t", why="+1"
            )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert book.get("s", "count") == {"n": 40}
    assert book.version("s", "count") == 40
    assert book.verify() == []


@pytest.mark.prove
def test_a_record_made_while_its_first_change_is_thought_out_is_not_overwritten(postgres: str) -> None:
    """Nothing holds a record that is not there: the second writer puts it between the reading and the writing."""
    book, other = open_book(postgres), open_book(postgres)
    key = secrets.token_hex(8)

    def alter(value: Mapping[str, object] | None) -> Mapping[str, object]:
        if value is None:
            other.put("s", key, {"n": 1}, who="other", why="+1")
        return {"n": (int(str(value["n"])) if value else 0) + 1}

    assert book.change("s", key, alter, who="t", why="+1") == 2
    assert book.get("s", key) == {"n": 2}
    assert book.verify() == []
    book.close()
    other.close()


def test_many_make_one_book_at_the_same_instant(address: str) -> None:
    """Each finds no tables, each makes them, all have a book: one after the other would prove nothing."""
    for _ in range(6):
        gate = Barrier(8)

        def made(gate: Barrier = gate) -> int:
            gate.wait()
            book = open_book(address)
            version = book.version("shelf", "key")
            book.close()
            return version

        with ThreadPoolExecutor(8) as pool:
            assert [each.result() for each in [pool.submit(made) for _ in range(8)]] == [0] * 8
        for table in ("facts", "events", "records"):
            statement(address, f"DROP TABLE {table}")


@pytest.mark.prove
def test_tables_made_between_the_look_and_the_making_are_taken(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL answers 42P07 when another process was first: seen once in a run of many processes."""
    open_book(postgres).close()
    make, looks = Base.metadata.create_all, iter([False])
    monkeypatch.setattr(Base.metadata, "create_all", lambda bind: make(bind, checkfirst=next(looks, True)))
    book = open_book(postgres)
    assert book.version("shelf", "key") == 0
    assert next(looks, "both looked") == "both looked"
    book.close()


def test_changes_of_many_processes_are_all_kept_though_one_is_killed(address: str) -> None:
    """Four processes make the book and count in it at once; a fifth is killed again and again."""
    counting = [subprocess.Popen([sys.executable, str(COUNTER), address, "25"]) for _ in range(4)]
    victims = 0
    while any(process.poll() is None for process in counting):
        victim = subprocess.Popen([sys.executable, str(COUNTER), address, "1000000", "victim"])
        try:
            victim.wait(timeout=1.2)
        except subprocess.TimeoutExpired:
            victim.kill()
            victim.wait()
            victims += 1
    assert [process.wait() for process in counting] == [0, 0, 0, 0]
    assert victims > 0
    book = open_book(address)
    assert book.get("s", "count") == {"n": 100}
    assert book.version("s", "count") == 100
    assert book.version("s", "victim") == int(str((book.get("s", "victim") or {"n": 0})["n"]))
    assert book.verify() == []
    book.close()


FORK = """
import os, sys
from qingce.store import open_book
book = open_book(sys.argv[1])
book.put("s", "a", {"n": 1}, who="parent", why="y")
child = os.fork()
if child == 0:
    book.put("s", "a", {"n": 2}, who="child", why="y")
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert book.put("s", "a", {"n": 3}, who="parent", why="y") == 3
assert book.verify() == []
"""


def test_a_forked_child_opens_its_own_connections(address: str) -> None:
    """In a process of its own: the threads of a test run may hold locks that a fork would never see given back."""
    done = subprocess.run([sys.executable, "-c", FORK, address], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_another_version_of_the_tables_is_refused(address: str) -> None:
    open_book(address).close()
    statement(address, "UPDATE facts SET text = '0' WHERE name = 'version'")
    with pytest.raises(StoreError, match=r"QC525.*schema version 0; this program has 1.*Open it with the version"):
        open_book(address)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (
            lambda path: path.write_text("this is not a database, as anyone can see" * 99),
            r"QC521|QC526.*not a database",
        ),
        (lambda path: path.mkdir(), r"QC521|QC512.*unable to open"),
        (
            lambda path: sqlite3.connect(path).execute("CREATE TABLE records (x)").connection.close(),
            r"QC526|QC521.*no such column",
        ),
    ],
)
def test_what_is_no_book_is_refused(tmp_path: Path, prepare: Callable[[Path], object], message: str) -> None:
    prepare(tmp_path / "book.sqlite")
    with pytest.raises(StoreError, match=message):
        open_book(tmp_path / "book.sqlite").put("s", "a", {}, who="w", why="y")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("oracle8://x", r"QC521.*oracle8.*Check the path or address"),
        ("nothing at all://", r"QC521"),
        ("mysql+nothere://h/d", r"QC521|QC527"),
        ("postgresql://nobody@127.0.0.1:1/none", r"(QC521|QC527).*"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        open_book(address, patience=0.1)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(StoreError, match=r"QC52[17]") as caught:
        open_book("postgresql://u:secret@127.0.0.1:1/none", patience=0.1)
    assert "secret" not in str(caught.value)


def test_a_lock_that_is_never_given_back_ends_the_wait(tmp_path: Path) -> None:
    book = open_book(tmp_path / "book.sqlite", patience=0.05)
    book.put("s", "a", {}, who="w", why="y")
    other = sqlite3.connect(tmp_path / "book.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"QC507.*0\.05 seconds"):
        book.put("s", "a", {}, who="w", why="y")
    assert book.get("s", "a") == {}  # reading never waits
    other.execute("ROLLBACK")
    other.close()
    assert book.put("s", "a", {}, who="w", why="y") == 2
    book.close()


def test_many_puts_are_all_told(book: SqlBook) -> None:
    for n in range(100):
        book.put("s", f"{n % 7}", {"n": n}, who="w", why="y")
    assert len(book.all("s")) == 7
    assert [event["value"] for event in book.events("s")] == [{"n": n} for n in range(100)]
    assert book.verify() == []
