"""Append until the disk is full, then tell what is there: for the tests of a full disk."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from qingce.core.errors import StoreError
from qingce.store import open_lake


def batch(number: int, rows: int) -> pa.Table:
    noise = [os.urandom(40).hex() for _ in range(rows)]
    columns = {
        "site": [f"b{number}"] * rows,
        "parameter": [f"p{place}" for place in range(rows)],
        "span": ["PT1H"] * rows,
        "time": pa.array([datetime(2026, 5, 1)] * rows, pa.timestamp("s")),
        "reason": noise,
    }
    return pa.table(columns)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("lake", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="greatest size of one file [bytes]")
    parser.add_argument("--room", type=Path, help="a file that takes room until the disk has filled")
    given = parser.parse_args()
    if given.room:
        given.room.write_bytes(bytes(200_000))
    lake = open_lake(given.lake, patience=5)
    if given.limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.limit, resource.RLIM_INFINITY))
    size = (lambda number: 100 * 2**number) if given.limit else (lambda number: 200)
    heads: list[str] = []
    error = ""
    while not error and len(heads) < 5000:
        try:
            heads.append(
                lake.append("observation", batch(len(heads), size(len(heads))), source=f"batch {len(heads)}").head
            )
        except StoreError as full:
            error = str(full)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if given.room:
        given.room.unlink()
    counts = lake.scan("observation", columns=["site"])["site"].to_pylist()
    lost = [number for number in range(len(heads)) if counts.count(f"b{number}") != size(number)]
    faults = lake.verify({"observation": heads[-1]})
    again = lake.append("observation", batch(len(heads), 9), source="after").rows == 9 and not lake.verify()
    said = {"error": error, "acknowledged": len(heads), "lost": len(lost), "faults": len(faults)}
    said["again"] = "ok" if again else "failed"
    sys.stdout.write("".join(f"{name}={text}\n" for name, text in said.items()))


if __name__ == "__main__":
    main()
