"""Judged tables are used again only while nothing they rest on has changed, and only if they are what was kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from qingce.app.judging.judged import Judged
from qingce.app.kept import LISTING, basis, kept
from qingce.core.tables import EXCEPTION, OBSERVATION, SITE, empty
from qingce.store import open_lake

DAY = date(2026, 5, 31)
TABLE = pa.table({"a": [1, 2], "b": ["甲", None]})


def judged(n: int = 0) -> Judged:
    return Judged(TABLE, pa.table({"n": [n]}), pa.table({}), TABLE.slice(1), TABLE, ("X9",))


class Counted:
    """Judges, and counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Judged:
        self.times += 1
        return judged(self.times)


def test_the_second_time_nothing_is_judged(tmp_path: Path) -> None:
    ask = Counted()
    first, second = kept(tmp_path / "k", "one", ask), kept(tmp_path / "k", "one", ask)
    assert ask.times == 1
    assert second.unlisted == first.unlisted == ("X9",)
    for name, table in first.tables().items():
        assert second.tables()[name].equals(table), name


def test_another_key_judges_anew_and_keeps_only_that(tmp_path: Path) -> None:
    ask = Counted()
    for key in ("one", "two", "one"):
        kept(tmp_path / "k", key, ask)
    assert ask.times == 3


def cut(folder: Path) -> None:
    file = folder / "hours.parquet"
    file.write_bytes(file.read_bytes()[:-9])


def changed(folder: Path) -> None:
    raw = bytearray((folder / "hours.parquet").read_bytes())
    raw[20] ^= 1
    (folder / "hours.parquet").write_bytes(raw)


def lost(folder: Path) -> None:
    (folder / "quality.parquet").unlink()


def unlisted(folder: Path) -> None:
    (folder / LISTING).unlink()


def torn(folder: Path) -> None:
    (folder / LISTING).write_text('{"key": "one", "fil', "utf-8")


def strange(folder: Path) -> None:
    (folder / LISTING).write_text('{"key": "one", "files": {}, "unlisted": []}', "utf-8")


@pytest.mark.parametrize("harm", [cut, changed, lost, unlisted, torn, strange])
def test_what_is_damaged_is_judged_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    ask = Counted()
    kept(tmp_path / "k", "one", ask)
    harm(tmp_path / "k")
    again = kept(tmp_path / "k", "one", ask)
    assert (ask.times, again.city_days["n"].to_pylist()) == (2, [2])
    assert kept(tmp_path / "k", "one", ask).city_days["n"].to_pylist() == [2]


def test_the_key_is_made_of_all_that_the_tables_rest_on(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake")
    content = tmp_path / "content"
    content.mkdir()
    sites, none = empty(SITE), empty(EXCEPTION)
    seen = [basis(lake, sites, none, overlays=[content], as_of=DAY)]
    assert basis(lake, sites, none, overlays=[content], as_of=DAY) == seen[0], "the same things, the same key"

    seen.append(basis(lake, sites, none, overlays=[content], as_of=date(2026, 6, 1)))
    seen.append(basis(lake, sites, none, overlays=[], as_of=DAY))
    one = pa.Table.from_pylist([{"site": "A1", "name": "甲", "kind": "air_site"}], SITE)
    seen.append(basis(lake, one, none, overlays=[content], as_of=DAY))
    sand = pa.Table.from_pylist([{"id": "S", "scope": "140100", "kind": "sand", "start": DAY, "end": DAY}], EXCEPTION)
    seen.append(basis(lake, sites, sand, overlays=[content], as_of=DAY))
    (content / "check.toml").write_text("stale_after_days = 1\n", "utf-8")
    seen.append(basis(lake, sites, none, overlays=[content], as_of=DAY))
    row = {
        "site": "A1",
        "parameter": "pm2_5",
        "span": "PT1H",
        "time": datetime(2026, 5, 31),
        "value": None,
        "absent": "invalid",
    }
    lake.append("observation", pa.Table.from_pylist([row], OBSERVATION), source="x.csv")
    seen.append(basis(lake, sites, none, overlays=[content], as_of=DAY))
    lake.close()
    assert len(set(seen)) == len(seen)
