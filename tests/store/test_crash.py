"""Killed at random instants: nothing acknowledged lost, nothing doubled, nothing torn.

Three writers, a compactor and readers work on one lake at once; one of them is killed (SIGKILL) at a random instant of
its work and started again, many times over. A ledger outside the lake knows what was tried and what was acknowledged.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from qingce.store import open_lake
from qingce.store.manifest import Manifest

CLIENT = Path(__file__).parent / "processes" / "client.py"
WRITERS = ("w0", "w1", "w2")
PARTS = dict.fromkeys(WRITERS, "writer") | {"compactor": "compactor", "r0": "reader", "r1": "reader"}
PATIENCE = 300


class Crowd:
    """The processes at work, each with its own ledger."""

    def __init__(self, folder: Path, names: Sequence[str], *, dense: bool = False) -> None:
        self.folder = folder
        self.dense = dense
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for name in names:
            self.start(name)

    def lines(self, name: str) -> list[dict[str, object]]:
        path = self.folder / f"{name}.ledger"
        return list(whole_lines(path.read_text())) if path.exists() else []

    def start(self, name: str) -> None:
        tried = [int(str(line["number"])) for line in self.lines(name) if line["step"] == "try"]
        command = [
            sys.executable,
            str(CLIENT),
            PARTS[name],
            str(self.folder / "lake"),
            str(self.folder / f"{name}.ledger"),
        ]
        command += ["--name", name, "--first", str(max(tried, default=-1) + 1), *["--dense"] * self.dense]
        with (self.folder / f"{name}.err").open("ab") as stderr:
            self.running[name] = subprocess.Popen(command, stderr=stderr)

    def await_work(self, name: str, seen: int) -> None:
        """Wait until a process has noted something new, so that it is killed at work and not while it starts."""
        deadline = time.monotonic() + PATIENCE
        while len(self.lines(name)) <= seen + 1:
            self.check(name)
            assert time.monotonic() < deadline, f"{name} does nothing"
            time.sleep(0.005)

    def check(self, name: str) -> None:
        assert self.running[name].poll() is None, (self.folder / f"{name}.err").read_text()

    def kill(self, name: str) -> None:
        self.check(name)
        self.running[name].kill()
        self.running[name].wait()

    def kill_all(self) -> None:
        for name, process in self.running.items():
            if process.poll() is None:
                self.kill(name)


def whole_lines(text: str) -> Iterator[dict[str, object]]:
    """Yield the lines that were written whole: the last may still be on its way, and a kill may tear one."""
    for line in text.splitlines(keepends=True):
        if line.startswith("{") and line.endswith("}\n"):
            yield json.loads(line)


def test_a_torn_line_of_a_ledger_is_not_read() -> None:
    text = '{"step": "try"}\n{"step": "a\n{"step": "ack"}\n{"step": "tr'
    assert [line["step"] for line in whole_lines(text)] == ["try", "ack"]


def rampage(folder: Path, names: Sequence[str], *, kills: int, dense: bool = False) -> Crowd:
    """Kill and restart processes at random; writers and the compactor far more often than readers."""
    chance = random.Random()
    crowd = Crowd(folder, names, dense=dense)
    seen = dict.fromkeys(names, 0)
    try:
        for name in names:
            crowd.await_work(name, 0)
        for _ in range(kills):
            name = chance.choice([*WRITERS, *WRITERS, "compactor", "compactor", "compactor", "r0"])
            crowd.await_work(name, seen[name])
            time.sleep(chance.uniform(0, 0.08 if name in WRITERS else 0.4))
            crowd.kill(name)
            seen[name] = len(crowd.lines(name))
            crowd.start(name)
        for name in names:
            crowd.await_work(name, seen[name])
            crowd.check(name)
    finally:
        crowd.kill_all()
    return crowd


def judge(crowd: Crowd) -> None:
    """Compare the lake with the ledgers."""
    lake = open_lake(crowd.folder / "lake")
    lines = [line for name in WRITERS for line in crowd.lines(name)]
    tried = {(line["name"], str(line["number"])): line["hours"] for line in lines if line["step"] == "try"}
    acknowledged = {(line["name"], str(line["number"])): line for line in lines if line["step"] == "ack"}
    rows = lake.history("observation", {}).to_pylist()
    found: dict[tuple[object, str], list[str]] = {}
    for row in rows:
        found.setdefault((row["site"], row["batch"]), []).append(str(row["time"]))
    assert set(acknowledged) <= set(found), "something acknowledged is lost"
    assert set(found) <= set(tried), "something is there that nobody wrote"
    for key, hours in found.items():
        assert Counter(hours) == Counter(tried[key]), f"batch {key} is torn or doubled"
    assert len(set(found) - set(acknowledged)) <= len(set(tried) - set(acknowledged))
    known = {(row["site"], row["batch"]): row["known_at"] for row in rows}
    assert len(set(known.values())) == len(known), "two batches share a known time"
    for key, line in acknowledged.items():
        assert known[key] == datetime.fromisoformat(str(line["known"]))
    heads = [str(line["head"]) for line in acknowledged.values()]
    assert len(set(heads)) == len(heads)
    latest: dict[tuple[object, str], tuple[datetime, str]] = {}
    for row in rows:
        key = (row["site"], str(row["time"]))
        latest[key] = max(latest.get(key, (datetime.min, "")), (row["known_at"], row["batch"]))
    in_force = {(row["site"], str(row["time"])): row["batch"] for row in lake.scan("observation").to_pylist()}
    assert in_force == {key: number for key, (_, number) in latest.items()}
    before, version = lake.scan("observation"), lake.version("observation")
    while lake.compact("observation"):
        pass
    assert (lake.scan("observation"), lake.version("observation")) == (before, version)
    assert lake.verify({"observation": random.Random(1).choice(heads)}) == []
    chain = Manifest(crowd.folder / "lake", offset="+08:00", patience=9)
    assert set(heads) <= {batch.head for batch in chain.batches("observation")}
    chain.close()
    lake.close()


def test_six_kills_lose_double_and_tear_nothing(tmp_path: Path) -> None:
    judge(rampage(tmp_path, [*WRITERS, "compactor", "r0"], kills=6))


def test_killed_while_whole_days_are_packed_nothing_is_lost(tmp_path: Path) -> None:
    judge(rampage(tmp_path, [*WRITERS, "compactor", "r0"], kills=4, dense=True))
    lake = open_lake(tmp_path / "lake")
    assert any(segment.form for segment in lake._manifest.live("observation"))
    lake.close()


@pytest.mark.prove
def test_sixty_kills_lose_double_and_tear_nothing(tmp_path: Path) -> None:
    judge(rampage(tmp_path, list(PARTS), kills=60))
