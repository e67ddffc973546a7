"""A lake refuses rows it would misread, and nothing else: kinds come, kinds change, the first layout is brought up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from qingce.core.errors import StoreError
from qingce.core.tables import EXCEPTION, FORECAST, OBSERVATION
from qingce.store import kinds, open_lake
from qingce.store.kinds import FIRST_PRINTS, FIRST_SCHEMA, KINDS

Make = Callable[..., pa.Table]
FIRST_TABLE = """
CREATE TABLE segments (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, level INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
    first_time INTEGER, last_time INTEGER, first_known INTEGER NOT NULL, last_known INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, retired_at INTEGER) WITHOUT ROWID;
"""
FIRST_COLUMNS = "name, kind, level, count, bytes, first_time, last_time, first_known, last_known, first_seq, last_seq"


def facts(folder: Path) -> dict[str, str]:
    connection = sqlite3.connect(folder / "manifest.sqlite")
    found = dict(connection.execute("SELECT name, text FROM facts").fetchall())
    connection.close()
    return found


def put_back(folder: Path) -> None:
    """Make the manifest what the first layout had: one name for all kinds, less said of a segment."""
    connection = sqlite3.connect(folder / "manifest.sqlite", isolation_level=None)
    connection.execute("ALTER TABLE segments RENAME TO newer")
    connection.executescript(FIRST_TABLE)
    connection.execute(
        f"INSERT INTO segments ({FIRST_COLUMNS}, retired_at) SELECT {FIRST_COLUMNS}, retired_at FROM newer"
    )
    connection.execute("DROP TABLE newer")
    connection.execute("DELETE FROM facts WHERE name LIKE 'kind %'")
    connection.execute("UPDATE facts SET text = ? WHERE name = 'schema'", [FIRST_SCHEMA])
    connection.close()


def test_the_kinds_of_the_first_layout_are_what_they_were() -> None:
    assert {kind: KINDS[kind].fingerprint for kind in FIRST_PRINTS} == FIRST_PRINTS


def test_a_fingerprint_hangs_on_name_key_and_columns() -> None:
    kind = KINDS["exception"]
    others = [
        replace(kind, name="exceptions"),
        replace(kind, key=("id", "scope")),
        replace(kind, schema=EXCEPTION.append(pa.field("more", pa.string()))),
        replace(kind, schema=OBSERVATION),
    ]
    assert len({kind.fingerprint, *(other.fingerprint for other in others)}) == 5
    assert replace(kind, time="").fingerprint == kind.fingerprint


def test_a_lake_of_the_first_layout_is_brought_up_and_loses_nothing(tmp_path: Path, obs: Make) -> None:
    lake = open_lake(tmp_path)
    lake.append("observation", obs([{"value": 5}]), source="x")
    before = lake.history("observation", {}), lake.heads()
    lake.close()
    put_back(tmp_path)
    for _ in range(2):
        lake = open_lake(tmp_path)
        assert (lake.history("observation", {}), lake.heads()) == before
        lake.close()
    assert facts(tmp_path) == {
        "schema": "2",
        "offset": "+08:00",
        "kind observation": f"observation {FIRST_PRINTS['observation']}",
    }
    lake = open_lake(tmp_path)
    lake.append("observation", obs([{"value": 6}]), source="y")
    assert lake.compact("observation") == 2
    assert lake.verify() == []
    lake.close()


def test_a_new_kind_is_taken_by_a_lake_that_was_there(
    tmp_path: Path, obs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.delitem(KINDS, "forecast")
        lake = open_lake(tmp_path)
        lake.append("observation", obs([{"value": 5}]), source="x")
        lake.close()
    lake = open_lake(tmp_path)
    lake.append("forecast", pa.Table.from_pylist([forecast()], schema=FORECAST), source="office")
    assert lake.scan("forecast").num_rows == 1
    lake.close()
    monkeypatch.delitem(KINDS, "forecast")  # and a program that does not know the kind leaves it alone
    lake = open_lake(tmp_path)
    assert lake.scan("observation").num_rows == 1
    with pytest.raises(StoreError, match=r"QC500.*'forecast'"):
        lake.scan("forecast")
    lake.close()


def test_a_changed_kind_is_refused_by_name_only_where_it_has_rows(
    tmp_path: Path, obs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake(tmp_path)
    lake.append("observation", obs([{"value": 5}]), source="x")
    lake.close()
    changed = {name: replace(KINDS[name], key=(*KINDS[name].key, "source")) for name in ("observation", "official")}
    monkeypatch.setitem(KINDS, "official", changed["official"])
    open_lake(tmp_path).close()
    monkeypatch.setitem(KINDS, "observation", changed["observation"])
    words = (
        rf"QC501.*version observation 6cdeebe08b53; this program has observation {changed['observation'].fingerprint}"
    )
    with pytest.raises(StoreError, match=words + ".*build a new lake"):
        open_lake(tmp_path)


def test_a_lake_of_a_later_layout_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("qingce.store.manifest.LAYOUT", "3")
        open_lake(tmp_path).close()
    assert kinds.LAYOUT == "2"
    with pytest.raises(StoreError, match=r"QC501.*schema version 3; this program has 2"):
        open_lake(tmp_path)


def forecast(**more: object) -> dict[str, object]:
    row = {
        "issuer": "省站",
        "site": "140100",
        "parameter": "pm2_5",
        "made_on": date(2026, 5, 1),
        "day": date(2026, 5, 3),
    }
    return row | {"value": Decimal(40)} | more


def test_what_was_said_on_a_day_stands_beside_what_was_said_the_next(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    rows = [forecast(), forecast(made_on=date(2026, 5, 2), value=Decimal(55)), forecast(issuer="模型"), forecast()]
    for row in rows:
        lake.append("forecast", pa.Table.from_pylist([row], schema=FORECAST), source="x")
    found = lake.scan("forecast", start=lake_day(3), end=lake_day(4)).to_pylist()
    said = [(row["issuer"], row["made_on"].day, int(row["value"])) for row in found]
    assert said == [("模型", 1, 40), ("省站", 1, 40), ("省站", 2, 55)]
    assert lake.scan("forecast", start=lake_day(4)).num_rows == 0
    assert lake.compact("forecast") == 4
    assert lake.scan("forecast").num_rows == 3
    assert lake.verify() == []
    lake.close()


def lake_day(day: int) -> datetime:
    return datetime(2026, 5, day)
