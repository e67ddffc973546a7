"""A folder file by file: the same rows as the whole, one file held at a time; columns of one value; what is let go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from qingce.catalog import load_catalog
from qingce.core.errors import ContentError, ObservationError
from qingce.core.tables import OBSERVATION, REJECTED
from qingce.observe import Ingest, ingest, ingest_files

CATALOG = load_catalog()
WIDE = CATALOG.feeds["canonical-air-wide"]
Take = Callable[..., Ingest]


def folder(tmp_path: Path, **files: str) -> Path:
    home = tmp_path / "in"
    home.mkdir()
    for name, rows in files.items():
        (home / f"{name}.csv").write_text("site,city,time,pm2_5,o3\n" + rows, "utf-8")
    return home


def pieces(path: Path, **more: object) -> list[Ingest]:
    return list(ingest_files(path, feed=WIDE, catalog=CATALOG, **more))  # type: ignore[arg-type]


def test_the_pieces_are_the_whole(tmp_path: Path):
    home = folder(
        tmp_path,
        a="A,太原,2026-01-01 00:00,35,40\nB,太原,2026-01-01 00:00,-3,41\n",
        b="A,太原,2026-01-01 01:00,36,\n",
    )
    whole = ingest(home, feed=WIDE, catalog=CATALOG)
    parts = pieces(home)
    assert [part.files for part in parts] == [("a.csv",), ("b.csv",)]
    assert pa.concat_tables([part.observations for part in parts]).to_pylist() == whole.observations.to_pylist()
    assert pa.concat_tables([part.rejected for part in parts]).to_pylist() == whole.rejected.to_pylist()
    for name in ("rows", "cells", "empty", "collapsed", "refused", "broken", "left_out"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name), name
    assert [part.places["site"].to_pylist() for part in parts] == [["A", "B"], ["A"]]
    assert all(part.observations.schema == OBSERVATION and part.rejected.schema == REJECTED for part in parts)


def test_arguments_reach_every_piece(tmp_path: Path):
    home = folder(tmp_path, a="A,太原,2026-01-01 00:00,35,40\n", b="B,太原,2026-01-01 00:00,36,\n")
    when = datetime(2026, 7, 5, 12)
    parts = pieces(home, review="national", known_at=when, only={"A"})
    assert [part.observations.num_rows for part in parts] == [2, 0]
    assert set(parts[0].observations["review"].to_pylist()) == {"national"}
    assert set(parts[0].observations["known_at"].to_pylist()) == {when}
    assert [part.left_out for part in parts] == [0, 2]


def test_a_file_that_cannot_be_read_is_told_in_its_turn(tmp_path: Path):
    home = folder(tmp_path, a="A,太原,2026-01-01 00:00,35,40\n", c="A,太原,2026-01-01 02:00,35,40\n")
    (home / "b.csv").write_text("甲,乙\n1,2\n", "utf-8")
    parts = pieces(home)
    assert [(part.files[0], part.observations.num_rows) for part in parts] == [("a.csv", 2), ("b.csv", 0), ("c.csv", 2)]
    fault = parts[1].rejected.to_pylist()[0]
    assert (fault["file"], fault["line"], fault["code"]) == ("b.csv", 0, "QC204")
    assert "b.csv" in fault["message"]


def test_doubles_between_files_are_seen_by_the_whole_only(tmp_path: Path):
    home = folder(tmp_path, a="A,太原,2026-01-01 00:00,35,\n", b="A,太原,2026-01-01 00:00,36,\n")
    whole = ingest(home, feed=WIDE, catalog=CATALOG)
    assert [row["code"] for row in whole.rejected.to_pylist()] == ["QC212", "QC212"]
    assert [part.observations["value"].to_pylist() for part in pieces(home)] == [[35], [36]]


def test_one_file_is_one_piece_and_its_fault_is_raised(tmp_path: Path):
    home = folder(tmp_path, a="A,太原,2026-01-01 00:00,35,40\n")
    assert [part.observations.num_rows for part in pieces(home / "a.csv")] == [2]
    with pytest.raises(ObservationError, match=r"QC200: .*没有这个文件.*none\.csv"):
        pieces(home / "none.csv")
    (home / "a.csv").write_text("", "utf-8")
    with pytest.raises(ObservationError, match=r"QC201: .*a\.csv"):
        pieces(home)


@pytest.mark.parametrize(
    ("feed", "more", "message"),
    [
        ("register-sites", {}, r"QC219: .*register-sites.*register"),
        ("canonical-air-wide", {"review": "final"}, r"QC107: .*review.*final.*realtime"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_read(
    tmp_path: Path, feed: str, more: dict[str, str], message: str
):
    with pytest.raises((ContentError, ObservationError), match=message):
        next(ingest_files(tmp_path / "none", feed=CATALOG.feeds[feed], catalog=CATALOG, **more))  # type: ignore[arg-type]


def test_a_folder_without_files_is_refused(tmp_path: Path):
    with pytest.raises(ObservationError, match=r"QC221: .*\*\.csv"):
        pieces(tmp_path)


def test_a_piece_is_let_go_before_the_next_is_read(tmp_path: Path):
    home = folder(tmp_path, **{f"f{n}": f"A,太原,2026-01-01 0{n}:00,35,40\n" for n in range(4)})
    held: list[weakref.ref[Ingest]] = []
    for piece in ingest_files(home, feed=WIDE, catalog=CATALOG):
        held.append(weakref.ref(piece))
        del piece
        gc.collect()
        assert [ref() for ref in held] == [None] * len(held)
    assert len(held) == 4


def test_columns_of_one_value_share_one_block(take: Take):
    """70,000 rows are more than one block; each row still says what it said."""
    rows = 70_000
    sites = "".join(f"S{n},2026-01-01 00:00,{n % 300 + 1}\n" for n in range(rows))
    found = take("site,time,pm2_5\n" + sites, "canonical-air-wide", review="provincial")
    table = found.observations
    assert table.num_rows == rows
    assert [len(chunk) for chunk in table["source"].chunks] == [
        65_536, 70_000 - 65_536,
    ]  # fmt: skip
    for name, value in (
        ("source", "canonical-air-wide"),
        ("review", "provincial"),
        ("span", "PT1H"),
        ("batch", "f.csv"),
    ):
        assert table[name].unique().to_pylist() == [value], name
    for name in ("flag", "absent", "reason", "known_at", "detection_limit"):
        assert table[name].null_count == rows, name
    last = table.slice(rows - 1).to_pylist()[0]
    assert (last["site"], last["line"], last["value"]) == (f"S{rows - 1}", rows + 1, (rows - 1) % 300 + 1)
    assert table.combine_chunks().num_rows == rows


def test_limits_flags_and_reviews_stay_with_their_rows(take: Take):
    """Columns that are kept once when they say nothing are written when they say something."""
    text = (
        "site,parameter,time,value,unit,flag,review\n"
        "A,cod,2026-01-01,12,mg/L,,初审\n"
        "A,nh3n,2026-01-01,<0.025,mg/L,,\n"
        "A,tp,2026-01-01,0.01,mg/L,L,省复核\n"
        "A,tn,2026-01-01,,mg/L,未监测,\n"
        "A,cu,2026-01-01,x,mg/L,,初审\n"
    )
    found = take(text, "water-canonical-long")
    rows = {row["parameter"]: row for row in found.observations.to_pylist()}
    assert {name: str(row["detection_limit"]) for name, row in rows.items() if row["detection_limit"] is not None} == {
        "nh3n": "0.025000", "tp": "0.010000",
    }  # fmt: skip
    assert {name: row["absent"] for name, row in rows.items()} == {
        "cod": None, "nh3n": "below_detection", "tp": "below_detection", "tn": "not_monitored",
    }  # fmt: skip
    assert {name: row["review"] for name, row in rows.items()} == {
        "cod": "preliminary", "nh3n": "realtime", "tp": "provincial", "tn": "realtime",
    }  # fmt: skip
    assert {name: row["flag"] for name, row in rows.items()} == {"cod": None, "nh3n": None, "tp": "L", "tn": "未监测"}
    assert [(row["line"], row["text"]) for row in found.rejected.to_pylist()] == [(6, "x")]
