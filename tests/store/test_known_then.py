"""As known then, for ever: random appends, corrections, compactions and clocks against a plain dictionary."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from qingce.core.tables import OBSERVATION
from qingce.store.lake import SegmentLake

START = datetime(2026, 7, 1)
KEYS = st.tuples(st.sampled_from("ab"), st.sampled_from(["o3", "pm10"]), st.integers(0, 70))
ROWS = st.lists(st.tuples(KEYS, st.integers(0, 99), st.none() | st.integers(-3, 40)), min_size=1, max_size=5)


class Remembering(RuleBasedStateMachine):
    """The lake beside a list of everything ever said: (known_at, order, key, value)."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="qingce-test-"))
        self.now = START
        self.lake = self.opened()
        self.said: list[tuple[datetime, int, tuple[str, str, datetime], int]] = []
        self.answers: dict[datetime, dict[tuple[str, str, datetime], int]] = {}
        self.settled = datetime.min

    def opened(self) -> SegmentLake:
        return SegmentLake(self.folder, now=lambda: self.now, grace=timedelta(0))

    @initialize()
    def begin(self) -> None:
        self.version = self.lake.version("observation")

    @rule(rows=ROWS, minutes=st.integers(-90, 90))
    def append(self, rows: list[tuple[tuple[str, str, int], int, int | None]], minutes: int) -> None:
        """Append or correct; the clock may have jumped back. A given known time tells of the past or the future."""
        self.now += timedelta(minutes=minutes)
        table = pa.Table.from_pylist(
            [
                {
                    "site": site, "parameter": parameter, "span": "PT1H",
                    "time": START + timedelta(hours=24 * hours), "value": Decimal(value),
                    "known_at": None if given is None else START + timedelta(hours=given),
                }
                for (site, parameter, hours), value, given in rows
            ],
            schema=OBSERVATION,
        )  # fmt: skip
        last = max((known for known, *_ in self.said), default=datetime.min)
        receipt = self.lake.append("observation", table, source="x")
        stamp = max(self.now, last + timedelta(microseconds=1)) if self.said else self.now
        for row in table.to_pylist():
            key = (row["site"], row["parameter"], row["time"])
            self.said.append((row["known_at"] or stamp, len(self.said), key, int(row["value"])))
        assert receipt.known_at == max(known for known, *_ in self.said[-len(rows) :])
        for given in table["known_at"].to_pylist():  # who tells of the past changes what was known then
            if given is not None:
                self.answers = {instant: told for instant, told in self.answers.items() if instant < given}
        assert receipt.head == self.lake.version("observation") != self.version
        self.version = receipt.head

    @rule()
    def compact(self) -> None:
        self.now += timedelta(seconds=1)
        self.lake.compact("observation")
        assert self.lake.version("observation") == self.version

    @rule()
    def reopen(self) -> None:
        self.lake.close()
        self.lake = self.opened()

    @rule(back=st.integers(0, 200))
    def ask(self, back: int) -> None:
        """The answer at any instant is the oracle's, and stays what it was when it was first asked."""
        instants = sorted({known for known, *_ in self.said}) or [START]
        instant = instants[-1 - back % len(instants)]
        expected = self.oracle(instant)
        assert self.told(known_at=instant) == expected
        assert self.answers.setdefault(instant, expected) == expected

    @invariant()
    def now_is_right(self) -> None:
        assert self.told() == self.oracle(datetime.max)

    def oracle(self, instant: datetime) -> dict[tuple[str, str, datetime], int]:
        return {key: value for known, _, key, value in sorted(self.said) if known <= instant}

    def told(self, **asked: datetime) -> dict[tuple[str, str, datetime], int]:
        rows = self.lake.scan("observation", **asked).to_pylist()
        found = {(row["site"], row["parameter"], row["time"]): int(row["value"]) for row in rows}
        assert len(found) == len(rows)
        return found

    def teardown(self) -> None:
        assert self.lake.verify() == []
        assert self.lake.history("observation", {}).num_rows == len(self.said)
        self.lake.close()
        shutil.rmtree(self.folder)


def search(examples: int, steps: int) -> None:
    relaxed = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=relaxed)
    run_state_machine_as_test(Remembering, settings=chosen)


def test_as_known_then_stays_for_ever() -> None:
    search(10, 12)


@pytest.mark.prove
def test_as_known_then_stays_for_ever_at_length() -> None:
    search(60, 40)


def test_a_scan_of_every_filter_is_the_oracles(tmp_path: Path, obs: Callable[..., pa.Table]) -> None:
    """Every combination of one column filter and a stretch of time, over corrections, compacted and not."""
    lake = SegmentLake(tmp_path, now=lambda: START)
    said: dict[tuple[str, datetime], dict[str, object]] = {}
    for n in range(60):
        row = {"site": "abc"[n % 3], "time": START + timedelta(hours=n * 7 % 20), "value": n, "flag": "HD"[n % 2]}
        row["review"] = ("realtime", "national")[n * 3 // 4 % 2]
        lake.append("observation", obs([row]), source="x")
        said[row["site"], row["time"]] = row
    for compacted in (False, True):
        if compacted:
            assert lake.compact("observation") > 0
        for column in ("site", "flag", "review", "time"):
            for wanted in sorted({row[column] for row in said.values()}):
                for first, last in ((0, 24), (3, 9), (9, 9)):
                    begin, end = START + timedelta(hours=first), START + timedelta(hours=last)
                    kept = [r for r in said.values() if r[column] == wanted and begin <= r["time"] < end]
                    found = lake.scan("observation", where={column: wanted}, start=begin, end=end)
                    assert [int(v) for v in found["value"].to_pylist()] == [
                        r["value"] for r in sorted(kept, key=lambda r: (r["site"], r["time"]))
                    ]
    lake.close()
