"""A client of the lake that may be killed at any instant: writer, compactor or reader of the crash test.

A writer tells its ledger `try` before each append and `ack` after it, one line and one write each. A batch is judged
from its rows alone: `line` is how many rows it has, `batch` its number, so a torn or doubled one shows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from qingce.core.tables import OBSERVATION
from qingce.store.lake import SegmentLake

START = datetime(2026, 4, 28)
KEYS = 40


def batch(name: str, number: int, chance: random.Random, *, dense: bool) -> pa.Table:
    """Rows of one writer: new hours and corrections of old ones, never two of one key; `dense`: mostly whole days."""
    rows = chance.randint(1, 12)
    within = range(KEYS) if chance.random() < 0.1 else range(*chance.choice([(2, 20), (20, 38)]))
    hours = [40 * hour for hour in chance.sample(within, rows)]
    if dense and chance.random() < 0.8:
        hours = [24 * number + hour for hour in range(24)]
    made = [
        {
            "site": name,
            "parameter": "o3",
            "span": "PT1H",
            "time": START + timedelta(hours=hour),
            "value": Decimal(number),
            "batch": f"{number}",
            "line": len(hours),
            "reason": "correction",
            "review": "realtime",
        }
        for hour in hours
    ]
    return pa.Table.from_pylist(made, schema=OBSERVATION)


class Ledger:
    """Lines that survive the death of who wrote them; each is one `write`."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(self._handle, b"\n")  # after a line that a kill tore

    def note(self, **words: object) -> None:
        os.write(self._handle, (json.dumps(words) + "\n").encode())


def write(lake: SegmentLake, ledger: Ledger, name: str, *, first: int, dense: bool) -> None:
    chance = random.Random()
    number = first
    while True:
        table = batch(name, number, chance, dense=dense)
        hours = [str(time) for time in table["time"].to_pylist()]
        ledger.note(step="try", name=name, number=number, hours=hours)
        receipt = lake.append("observation", table, source=f"{name}:{number}")
        ledger.note(step="ack", name=name, number=number, known=str(receipt.known_at), head=receipt.head)
        number += 1
        time.sleep(chance.uniform(0, 0.01))


def compact(lake: SegmentLake, ledger: Ledger) -> None:
    while True:
        ledger.note(step="compacted", name="compactor", number=lake.compact("observation"))


def read(lake: SegmentLake, ledger: Ledger, name: str) -> None:
    """Look for torn and doubled rows, and ask again for what was known before; end in error when one is found."""
    while True:
        until = lake.known_until("observation")
        then = lake.scan("observation", known_at=until)
        rows = lake.history("observation", {})
        for (site, number, count), found in Counter(
            zip(*(rows[column].to_pylist() for column in ("site", "batch", "line")), strict=True)
        ).items():
            if found != count:
                raise SystemExit(f"batch {number} of {site}: {found} rows of {count}")
        if then.num_rows != len({(row["site"], row["time"]) for row in then.to_pylist()}):
            raise SystemExit("a key stands twice")
        again = lake.scan("observation", known_at=until)
        if until is not None and again != then:
            raise SystemExit(f"what was known at {until} changed")
        ledger.note(step="read", name=name, number=rows.num_rows)
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["writer", "compactor", "reader"])
    parser.add_argument("lake", type=Path)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--name", default="")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--dense", action="store_true")
    given = parser.parse_args()
    lake = SegmentLake(given.lake, grace=timedelta(seconds=5))
    ledger = Ledger(given.ledger)
    ledger.note(step="ready", name=given.name, number=0)
    if given.part == "writer":
        write(lake, ledger, given.name, first=given.first, dense=given.dense)
    elif given.part == "compactor":
        compact(lake, ledger)
    else:
        read(lake, ledger, given.name)


if __name__ == "__main__":
    main()
