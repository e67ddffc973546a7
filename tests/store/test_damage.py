"""Damage, another version, a full disk: a number, the file's name, the cure, and nothing torn."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from qingce.core.errors import StoreError
from qingce.store import open_lake
from qingce.store.lake import SegmentLake

Make = Callable[..., pa.Table]
FILLER = Path(__file__).parent / "processes" / "filler.py"


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b"no parquet at all, but long enough to look at twice"),
        lambda path: flip(path, path.stat().st_size - 20),
        lambda path: flip(path, -1),
    ],
    ids=["empty", "cut", "half", "foreign", "footer", "magic"],
)
def test_a_damaged_segment_is_named(lake: SegmentLake, obs: Make, harm: Callable[[Path], object]) -> None:
    for n in range(3):
        lake.append("observation", obs([{"value": n}]), source="x")
    path = lake.files("observation")[1]
    harm(path)
    with pytest.raises(StoreError, match=rf"QC504.*{path}.*Restore this file from a backup or ingest") as caught:
        lake.scan("observation")
    assert caught.value.place == str(path)
    with pytest.raises(StoreError, match=rf"QC504.*{path}"):
        lake.history("observation", {})
    with pytest.raises(StoreError, match=rf"QC504.*{path}"):
        lake.compact("observation")
    assert [(fault.code, fault.file) for fault in lake.verify()] == [("QC504", str(path))]
    assert lake.append("observation", obs([{"value": 9}]), source="x").rows == 1


def test_a_flipped_byte_is_found_or_changes_no_row(lake: SegmentLake, obs: Make) -> None:
    lake.append("observation", obs([{"value": n, "site": f"site {n}"} for n in range(20)]), source="x")
    (path,) = lake.files("observation")
    whole, rows = path.read_bytes(), lake.scan("observation")
    for place in range(4, len(whole) - 8, 97):
        flip(path, place)
        found = {fault.code for fault in lake.verify()}
        assert found <= {"QC504", "QC511", "QC514"}
        if not found:  # a checksum or a statistic that no reader uses: the rows are the same
            assert lake.scan("observation") == rows
        path.write_bytes(whole)
    assert lake.verify() == []


def test_a_missing_segment_is_named(lake: SegmentLake, obs: Make) -> None:
    lake.append("observation", obs([{"value": 1}]), source="x")
    (path,) = lake.files("observation")
    path.unlink()
    with pytest.raises(StoreError, match=rf"QC510.*{path}.*Restore this file"):
        lake.scan("observation")
    assert [fault.code for fault in lake.verify()] == ["QC510"]


@pytest.mark.parametrize("harm", [b"", b"SQLite format 3\0 but the rest is not", b"x" * 8192])
def test_a_damaged_manifest_is_named(tmp_path: Path, obs: Make, harm: bytes) -> None:
    lake = open_lake(tmp_path)
    lake.append("observation", obs([{"value": 1}]), source="x")
    lake.close()
    path = tmp_path / "manifest.sqlite"
    path.write_bytes(harm or path.read_bytes()[:4096])
    with pytest.raises(StoreError, match=rf"QC502.*{path}.*Restore this file from a backup"):
        open_lake(tmp_path).scan("observation")


def test_an_emptied_manifest_is_not_taken_for_a_new_lake(tmp_path: Path, obs: Make) -> None:
    lake = open_lake(tmp_path)
    lake.append("observation", obs([{"value": 1}]), source="x")
    lake.close()
    for path in tmp_path.glob("manifest.sqlite*"):
        path.unlink()
    with pytest.raises(StoreError, match=r"QC502.*manifest\.sqlite.*segments are there, but not the manifest"):
        open_lake(tmp_path)


def altered(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "manifest.sqlite")
    with connection:
        connection.execute(statement)
    connection.close()


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    open_lake(tmp_path).close()
    altered(tmp_path, "UPDATE facts SET text = '0-older' WHERE name = 'schema'")
    with pytest.raises(StoreError, match=r"QC501.*schema version 0-older; this program has 2.*build a new lake"):
        open_lake(tmp_path)


def test_the_offset_is_stated_once(tmp_path: Path) -> None:
    open_lake(tmp_path, offset="+08:00").close()
    with pytest.raises(StoreError, match=r"QC513.*\+08:00, \+00:00 was asked for"):
        open_lake(tmp_path, offset="+00:00")


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("")
    with pytest.raises(StoreError, match=r"QC512.*lake.*Check the path"):
        open_lake(tmp_path / "lake")


def test_a_lock_that_is_never_given_back_ends_the_wait(tmp_path: Path, obs: Make) -> None:
    lake = open_lake(tmp_path, patience=0.05)
    other = sqlite3.connect(tmp_path / "manifest.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"QC507.*0\.05 seconds.*manifest\.sqlite.*try again later"):
        lake.append("observation", obs([{"value": 1}]), source="x")
    assert lake.scan("observation").num_rows == 0  # reading never waits
    other.execute("ROLLBACK")
    other.close()
    lake.append("observation", obs([{"value": 1}]), source="x")
    assert list((tmp_path / "segments").rglob("*.tmp")) == []
    lake.close()


class Failing:
    """Lets an operation of `os` through a number of times, then fails it once with a full disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, passes: int) -> None:
        self._real, self._left = getattr(os, name), passes
        monkeypatch.setattr(os, name, self)

    def __call__(self, *given: object) -> object:
        self._left -= 1
        if self._left == -1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._real(*given)


@pytest.mark.parametrize(("name", "passes"), [("fsync", 0), ("fsync", 1), ("fsync", 2), ("open", 0)])
def test_a_disk_that_fills_at_any_step_tears_nothing(
    lake: SegmentLake, obs: Make, monkeypatch: pytest.MonkeyPatch, name: str, passes: int
) -> None:
    first = lake.append("finding", pa.table({"id": ["F:1"]}), source="before")
    Failing(monkeypatch, name, passes)
    with pytest.raises(StoreError, match=r"QC503.*disk is full and nothing of this write took effect.*Free some space"):
        [lake.append("observation", obs([{"value": n, "site": f"{n}"}]), source="full") for n in range(3)]
    monkeypatch.undo()
    acknowledged = lake.scan("observation").num_rows
    assert lake.verify() == []
    assert list(lake.folder.rglob("*.tmp")) == []
    lake.append("observation", obs([{"value": 7, "site": "after"}]), source="after")
    assert lake.scan("observation").num_rows == acknowledged + 1
    assert lake.version("finding") == first.head


def test_an_append_that_fails_at_listing_is_as_if_it_never_was(
    lake: SegmentLake, obs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("qingce.store.lake.list_segment", full)
        with pytest.raises(StoreError, match=r"QC503.*database or disk is full.*manifest\.sqlite"):
            lake.append("observation", obs([{"value": 1}]), source="x")
    assert lake.files("observation") == []
    assert lake.version("observation") == "0" * 64
    lake.append("observation", obs([{"value": 2}]), source="x")
    assert lake.verify() == []


def filled_up(*arguments: str) -> dict[str, str]:
    """Run a writer until its disk is full; what it says at the end, word by word."""
    command = [sys.executable, str(FILLER), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path: Path) -> None:
    said = filled_up(str(tmp_path / "lake"), "--limit", "600000")
    assert said["error"].startswith("QC503")
    assert (said["lost"], said["faults"], said["again"]) == ("0", "0", "ok")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one and a half megabytes, where this machine lets us make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("cannot mount a tmpfs here (not root); the limit on file sizes stands in for it")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing_acknowledged_and_works_again_with_room(small_disk: Path) -> None:
    said = filled_up(str(small_disk / "lake"), "--room", str(small_disk / "ballast"))
    assert said["error"].startswith("QC503")
    assert int(said["acknowledged"]) > 5
    assert (said["lost"], said["faults"], said["again"]) == ("0", "0", "ok")
