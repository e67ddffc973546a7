"""The cube is a cache: it says what the lake says, byte for byte as if made anew, and nothing is lost with it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.oracle.hours import agree
from tests.store.hourly import AIR, HOUR, ROW, T0, appended, full, observed

from qingce.core.blocks import HourBlock
from qingce.store import open_cube, open_lake
from qingce.store.cube import Cube
from qingce.store.lake import SegmentLake


@pytest.fixture
def cube(lake: SegmentLake, tmp_path: Path) -> Iterator[Cube]:
    appended(lake, full(0, 3))
    return open_cube(lake, tmp_path / "cube")


def same(one: HourBlock, other: HourBlock) -> None:
    """Byte by byte."""
    for name in ("sites", "parameters", "start", "scales"):
        assert getattr(one, name) == getattr(other, name)
    for here, there in zip((*one.planes, one.review), (*other.planes, other.review), strict=True):
        assert here.dtype == there.dtype
        assert here.shape == there.shape
        assert here.tobytes() == there.tobytes()


def anew(lake: SegmentLake, year: int = 2026) -> HourBlock:
    return lake.hours(AIR, start=date(year, 1, 1), end=date(year + 1, 1, 1))


def mapped(block: HourBlock) -> bool:
    base = block.planes[0]
    while base is not None and not isinstance(base, np.memmap):
        base = base.base  # type: ignore[assignment]
    return base is not None


def test_a_year_says_what_the_lake_says_and_is_mapped_not_copied(lake: SegmentLake, cube: Cube) -> None:
    block = cube.year(2026)
    agree(block, lake)
    same(block, anew(lake))
    assert mapped(block)
    assert not block.planes[0].flags.writeable
    assert cube.year(2025).sites == ()
    same(cube.year(2025), anew(lake, 2025))


def test_what_is_fresh_is_not_read_again(lake: SegmentLake, cube: Cube, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cube.year(2026)
    monkeypatch.setattr(lake, "hours", None)
    lake.compact("observation")
    same(cube.year(2026), before)


def test_the_last_year_asked_for_stays_mapped_until_it_changes(lake: SegmentLake, cube: Cube) -> None:
    appended(lake, [row | {"time": T0.replace(year=2025)} for row in full(0, 1)[:6]])
    first = cube.year(2026)
    assert cube.year(2026).planes[0] is first.planes[0]
    other = cube.year(2025)
    assert cube.year(2026).planes[0] is not first.planes[0]
    same(cube.year(2026), first)
    lake.append("observation", observed([{"time": T0 + HOUR, "value": 999, "parameter": AIR[0]}]), source="late")
    newer = cube.year(2026)
    assert int(newer.planes[0].max()) == 999
    assert int(first.planes[0].max()) < 999
    same(newer, anew(lake))
    same(cube.year(2025), other)


def test_a_mapped_year_that_is_damaged_is_not_given_again(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    first = cube.year(2026)
    (path,) = (tmp_path / "cube").glob(f"2026-*/{AIR[0]}.npy")
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.unlink()
    path.write_bytes(whole)
    again = cube.year(2026)
    assert again.planes[0] is not first.planes[0]
    same(again, anew(lake))


def told(folder: Path, year: int = 2026) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / f"{year}.json").read_text("utf-8"))
    return found


def hour_of(number: int, value: object = 999, **more: object) -> list[dict[str, object]]:
    return [{"site": "s0", "parameter": AIR[0], "time": T0 + number * HOUR, "value": value} | more]


def test_a_new_hour_writes_its_day_and_no_plane(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    folder = tmp_path / "cube"
    before = cube.year(2026)
    (home,) = folder.glob("2026-*")
    planes = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in home.glob("*.npy")}
    for hour in range(24, 27):
        lake.append("observation", observed(hour_of(hour, 300 + hour)), source="live")
        block = cube.year(2026)
        assert mapped(block)
        assert not block.planes[0].flags.writeable
        same(block, anew(lake))
        days = told(folder)["days"]
        assert isinstance(days, dict)
        assert list(days) == ["2026-05-02"]
        assert {path.name for path in home.glob("*.day")} == set(days.values())
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in home.glob("*.npy")} == planes
    (day,) = home.glob("*.day")
    assert day.stat().st_size == 24 * 2 * 2 * len(AIR) + 2
    assert int(before.planes[0].max()) < 300
    lake.append("observation", observed([*hour_of(0, 7), *hour_of(70, 8)]), source="late")
    same(cube.year(2026), anew(lake))
    assert sorted(told(folder)["days"]) == ["2026-05-01", "2026-05-02", "2026-05-03"]  # type: ignore[call-overload]
    same(open_cube(lake, folder).year(2026), anew(lake))
    assert cube.verify(2026)


@pytest.mark.parametrize(
    "rows",
    [
        hour_of(5, 9, site="s7"),
        hour_of(5, "0.5"),
        hour_of(5, 40000),
        [{"site": "s0", "parameter": name, "time": T0 + hour * HOUR, "value": None, "absent": "invalid"}
         for name in AIR[:3] for hour in range(72)],
    ],
    ids=["site", "scale", "width", "vanished"],
)  # fmt: skip
def test_what_changes_the_shape_of_a_year_is_written_anew(
    lake: SegmentLake, cube: Cube, tmp_path: Path, rows: list[dict[str, object]]
) -> None:
    cube.year(2026)
    (home,) = (tmp_path / "cube").glob("2026-*")
    lake.append("observation", observed(rows), source="late")
    same(cube.year(2026), anew(lake))
    assert told(tmp_path / "cube")["days"] == {}
    assert not home.exists()


def test_a_year_with_many_days_over_it_is_written_anew(
    lake: SegmentLake, cube: Cube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingce.store.cube._DAYS", 2)
    cube.year(2026)
    counts = []
    for day in (0, 1, 1, 2, 0):
        lake.append("observation", observed(hour_of(24 * day, 100 + day)), source="late")
        same(cube.year(2026), anew(lake))
        counts.append(len(told(tmp_path / "cube")["days"]))  # type: ignore[arg-type]
    assert counts == [1, 2, 0, 1, 2]


@pytest.mark.parametrize("harm", ["bytes", "cut", "gone"])
def test_a_day_that_is_damaged_is_made_anew(lake: SegmentLake, cube: Cube, tmp_path: Path, harm: str) -> None:
    cube.year(2026)
    lake.append("observation", observed(hour_of(30)), source="live")
    cube.year(2026)
    (path,) = (tmp_path / "cube").glob("2026-*/*.day")
    whole = bytearray(path.read_bytes())
    path.unlink()
    if harm != "gone":
        whole[0] ^= 1
        path.write_bytes(whole[:-1] if harm == "cut" else whole)
    same(cube.year(2026), anew(lake))
    assert not path.exists()
    assert told(tmp_path / "cube")["days"] == {}


def test_a_day_whose_bytes_changed_in_silence_is_found_by_verify(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    cube.year(2026)
    lake.append("observation", observed(hour_of(30)), source="live")
    cube.year(2026)
    (path,) = (tmp_path / "cube").glob("2026-*/*.day")
    stat, whole = path.stat(), bytearray(path.read_bytes())
    whole[0] ^= 1
    path.write_bytes(whole)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not cube.verify(2026)
    same(cube.year(2026), anew(lake))


def test_a_disk_that_is_full_at_a_new_hour_leaves_the_year_as_it_was(
    lake: SegmentLake, cube: Cube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cube"
    cube.year(2026)
    lake.append("observation", observed(hour_of(30)), source="live")
    said, real = (folder / "2026.json").read_bytes(), os.fsync
    for passes in range(3):
        left = iter([True] * passes)

        def fsync(handle: int, left: Iterator[bool] = left) -> None:
            if not next(left, False):
                raise OSError(errno.ENOSPC, "No space left on device")
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
        same(cube.year(2026), anew(lake))
        monkeypatch.undo()
        assert (folder / "2026.json").read_bytes() == said
        assert list(folder.rglob("*.day")) == []
        assert list(folder.rglob("*.tmp")) == []
    same(cube.year(2026), anew(lake))
    assert len(told(folder)["days"]) == 1  # type: ignore[arg-type]


def test_a_day_that_a_crash_left_unsaid_is_swept(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    cube.year(2026)
    (home,) = (tmp_path / "cube").glob("2026-*")
    (home / "2026-05-02-0123456789ab.day").write_bytes(b"half")
    lake.append("observation", observed(hour_of(60)), source="live")
    same(cube.year(2026), anew(lake))
    assert [path.name[:10] for path in home.glob("*.day")] == ["2026-05-03"]


def test_only_the_days_that_newer_rows_touch_are_read_again(
    lake: SegmentLake, cube: Cube, monkeypatch: pytest.MonkeyPatch
) -> None:
    cube.year(2026)
    asked = []
    hours = lake.hours

    def noted(parameters: object, *, start: date, end: date) -> HourBlock:
        asked.append((start, end))
        return hours(AIR, start=start, end=end)

    monkeypatch.setattr(lake, "hours", noted)
    day = datetime(2026, 5, 2)
    rows = [{"site": "s1", "parameter": AIR[0], "value": 9, "time": day + n * 24 * HOUR} for n in (0, 1, 5)]
    rows += [{"site": "s1", "parameter": "benzene", "value": 9, "time": day + 100 * 24 * HOUR}]
    lake.append("observation", observed(rows), source="late")
    block = cube.year(2026)
    assert asked == [(date(2026, 5, 2), date(2026, 5, 4)), (date(2026, 5, 7), date(2026, 5, 8))]
    monkeypatch.undo()
    same(block, anew(lake))
    agree(block, lake)


def test_rows_of_another_year_leave_a_year_as_it_is(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    before, folder = cube.year(2026), next((tmp_path / "cube").glob("2026-*"))
    lake.append("observation", observed([{"time": datetime(2025, 12, 31, 23), "value": 3}]), source="x")
    assert cube._mapped(2026) is None
    same(cube.year(2026), before)
    assert cube._mapped(2026) is not None
    assert list((tmp_path / "cube").glob("2026-*")) == [folder]  # nothing was written anew but what it says
    assert cube.year(2025).sites == ("s1",)


@given(st.lists(st.lists(ROW, min_size=1, max_size=5) | st.just("compact") | st.integers(0, 3), max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_refreshed_year_is_the_year_made_anew(tmp_path_factory: pytest.TempPathFactory, steps: list[object]) -> None:
    folder = tmp_path_factory.mktemp("cube")
    lake = SegmentLake(folder / "lake")
    cube = open_cube(lake, folder / "cube")
    appended(lake, full(0, 2, names=AIR[:2]))
    for step in steps:
        if step == "compact":
            lake.compact("observation")
        elif isinstance(step, int):
            appended(lake, full(step, 1, names=AIR[1:3], sites=("s1", "s2")))
        else:
            lake.append("observation", observed(step), source="x")  # type: ignore[arg-type]
        same(cube.year(2026), anew(lake))
    lake.close()


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: next(folder.glob("2026-*/o3.npy")).unlink(),
        lambda folder: next(folder.glob("2026-*/o3.npy")).write_bytes(b"x"),
        lambda folder: flip(next(folder.glob("2026-*/o3.npy"))),
        lambda folder: shutil.rmtree(next(folder.glob("2026-*"))),
        lambda folder: (folder / "2026.json").write_text("{"),
        lambda folder: (folder / "2026.json").write_text("[]"),
        lambda folder: (folder / "2026.json").unlink(),
        lambda folder: changed(folder, version=0),
        lambda folder: changed(folder, parameters=["o3"]),
        lambda folder: changed(folder, head="0" * 64),
        lambda folder: changed(folder, seq=99),
        shutil.rmtree,
    ],
    ids=["gone", "cut", "flipped", "folder", "torn", "list", "unsaid", "version", "parameters", "head", "seq", "all"],
)
def test_what_is_damaged_is_made_anew(
    lake: SegmentLake, cube: Cube, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    before = [array.copy() for array in cube.year(2026).planes]
    harm(tmp_path / "cube")
    block = cube.year(2026)
    assert all((here == there).all() for here, there in zip(block.planes, before, strict=True))
    same(block, anew(lake))
    assert mapped(block)


def flip(path: Path) -> None:
    """Change a byte; the time of writing tells."""
    whole = bytearray(path.read_bytes())
    whole[-3000] ^= 0xFF
    path.write_bytes(whole)


def changed(folder: Path, **words: object) -> None:
    path = folder / "2026.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | words))


def test_a_byte_that_changed_in_silence_is_found_by_verify(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    assert cube.verify(2026) is False  # there is none
    cube.year(2026)
    assert cube.verify(2026)
    path = next((tmp_path / "cube").glob("2026-*/so2.npy"))
    stat = path.stat()
    flip(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not cube.verify(2026)
    same(cube.year(2026), anew(lake))


def test_a_cube_of_another_lake_is_not_believed(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    cube.year(2026)
    other = open_lake(tmp_path / "other")
    appended(other, full(0, 3, sites=("s4",)))
    appended(other, full(3, 1, sites=("s4",)))
    same(open_cube(other, tmp_path / "cube").year(2026), anew(other))
    other.close()


@pytest.mark.parametrize("call", ["fsync", "open", "mkdir", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_where_nothing_can_be_written_the_lake_answers(
    lake: SegmentLake, cube: Cube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    expected = anew(lake)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refused)
        same(cube.year(2026), expected)
    same(cube.year(2026), expected)
    assert len(list((tmp_path / "cube").glob("2026-*"))) == 1


def test_a_year_that_another_process_holds_is_read_from_the_lake(lake: SegmentLake, tmp_path: Path) -> None:
    appended(lake, full(0, 1))
    held, waiting = open_cube(lake, tmp_path / "cube"), open_cube(lake, tmp_path / "cube", patience=0.05)
    with held._alone():
        block = waiting.year(2026)
        same(block, anew(lake))
        assert not mapped(block)
    assert mapped(waiting.year(2026))


def test_who_has_a_year_open_keeps_it(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    before = cube.year(2026)
    copy = before.planes[0].copy()
    lake.append("observation", observed([{"site": "s1", "parameter": AIR[0], "value": 99, "time": T0}]), source="x")
    after = cube.year(2026)
    assert (before.planes[0] == copy).all()
    assert int(after.planes[0][120 * 24, 1]) == 99
    assert len(list((tmp_path / "cube").glob("2026-*"))) == 1


def test_threads_may_ask_at_once(lake: SegmentLake, cube: Cube) -> None:
    found: list[HourBlock] = []
    threads = [threading.Thread(target=lambda: found.append(cube.year(2026))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    for block in found:
        same(block, anew(lake))


ASK = """
import sys, zlib
from qingce.store import open_cube, open_lake
lake = open_lake(sys.argv[1])
for _ in range(15):
    block = open_cube(lake, sys.argv[2]).year(2026)
print(zlib.crc32(b"".join(plane.tobytes() for plane in block.planes)), "pandas" in sys.modules, "duckdb" in sys.modules)
"""


def test_processes_ask_at_once_while_rows_come_in(lake: SegmentLake, cube: Cube, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK, str(lake.folder), str(tmp_path / "cube")]
    crowd = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for number in range(6):
        rows = [{"site": "s1", "parameter": AIR[1], "value": number, "time": T0 + number * HOUR}]
        lake.append("observation", observed(rows), source="live")
    for process in crowd:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert "False" in out
    same(cube.year(2026), anew(lake))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == [str(zlib.crc32(b"".join(p.tobytes() for p in anew(lake).planes))), "False", "False"]
