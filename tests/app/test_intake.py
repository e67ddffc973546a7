"""Taking files in: once, compared with what is known, every refused cell kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.app.intake import Intake, feed_named, fingerprint, reconcile
from qingce.catalog import load_catalog
from qingce.core.errors import ContentError
from qingce.core.ports import Book, Lake
from qingce.core.tables import OBSERVATION, REJECTED, empty
from qingce.store import open_book, open_lake

CATALOG = load_catalog()


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    opened = open_lake(tmp_path / "lake")
    yield opened
    opened.close()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    opened = open_book(str(tmp_path / "book.sqlite"))
    yield opened
    opened.close()


def observed(*values: object, **more: object) -> pa.Table:
    rows = [
        {
            "site": "A1", "parameter": "pm2_5", "time": datetime(2026, 5, 1, hour), "span": "PT1H",
            "value": None if value is None else Decimal(str(value)),
            "absent": "invalid" if value is None else None, "review": "preliminary", "source": "f", "line": hour + 2,
            **more,
        }
        for hour, value in enumerate(values)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=OBSERVATION)


def values(lake: Lake) -> list[object]:
    return lake.scan("observation", columns=["value"])["value"].to_pylist()


def test_into_an_empty_lake_everything_is_new(lake: Lake) -> None:
    rows, changed, unchanged = reconcile(observed(1, 2), lake)
    assert (rows.num_rows, changed, unchanged) == (2, 0, 0)


def test_nothing_is_nothing(lake: Lake) -> None:
    assert reconcile(empty(OBSERVATION), lake)[1:] == (0, 0)


def test_what_is_known_is_not_written_again(lake: Lake) -> None:
    lake.append("observation", observed(1, 2), source="f")
    rows, changed, unchanged = reconcile(observed(1, 3, 4), lake)
    assert (rows["value"].to_pylist(), changed, unchanged) == ([3, 4], 1, 1)
    assert rows["reason"].to_pylist() == ["来源更正 source corrected", None]
    assert rows.schema.equals(OBSERVATION)


def test_a_reason_of_the_source_goes_before_ours(lake: Lake) -> None:
    lake.append("observation", observed(1), source="f")
    rows, _, _ = reconcile(observed(2, reason="仪器校准"), lake)
    assert rows["reason"].to_pylist() == ["仪器校准"]


def test_a_value_taken_back_is_a_change(lake: Lake) -> None:
    lake.append("observation", observed(1, 2), source="f")
    rows, changed, unchanged = reconcile(observed(1, None), lake)
    assert (rows["value"].to_pylist(), rows["absent"].to_pylist(), changed, unchanged) == ([None], ["invalid"], 1, 1)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9) | st.none(), st.integers(0, 9) | st.none()), min_size=1, max_size=12))
def test_after_reconciling_the_lake_holds_the_new_file(pairs: list[tuple[int | None, int | None]]) -> None:
    """The plain rule: written = changed, unchanged = equal, and the lake then says what the file says."""
    import tempfile

    old, new = zip(*pairs, strict=True)
    with tempfile.TemporaryDirectory() as folder:
        lake = open_lake(Path(folder))
        lake.append("observation", observed(*old), source="f")
        rows, changed, unchanged = reconcile(observed(*new), lake)
        assert changed == rows.num_rows == sum(a != b for a, b in pairs)
        assert unchanged == sum(a == b for a, b in pairs)
        lake.append("observation", rows, source="f")
        assert values(lake) == [None if value is None else Decimal(value) for value in new]
        lake.close()


def test_a_file_is_taken_once_and_its_report_kept(lake: Lake, book: Book, tmp_path: Path) -> None:
    intake = Intake(lake, book, tmp_path / "reports")
    cell = {"file": "f.csv", "line": 3, "column": "co", "text": "x", "code": "QC206", "message": "…"}
    refused, calls = pa.Table.from_pylist([cell], schema=REJECTED), []

    def read() -> tuple[str, pa.Table, pa.Table, tuple[str, ...]]:
        calls.append(1)
        return "observation", observed(1, 2), refused, ("a note",)

    first, again = (intake.take(Path("f.csv"), "key", read) for _ in range(2))
    assert (first.rows, first.written, first.rejected, first.skipped) == (2, 2, 1, False)
    assert (again.rows, again.skipped, again.notes, len(calls)) == (2, True, ("a note",), 1)
    assert intake.rejected_of("key")[0]["code"] == "QC206"
    assert intake.rejected().num_rows == 1
    assert intake.rejected_of("other") == []


def test_a_kill_between_lake_and_book_doubles_nothing(lake: Lake, book: Book, tmp_path: Path) -> None:
    """Appended but not yet remembered: the next time the rows are known and not written again."""
    lake.append("observation", observed(1, 2), source="f.csv")
    intake = Intake(lake, book, tmp_path / "reports")
    taken = intake.take(Path("f.csv"), "key", lambda: ("observation", observed(1, 2), empty(REJECTED), ()))
    assert (taken.written, taken.unchanged) == (0, 2)
    assert lake.history("observation", {}).num_rows == 2


def test_fingerprints_follow_content_and_words(tmp_path: Path) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("x", "utf-8")
    two.write_text("x", "utf-8")
    assert fingerprint(one, "feed") == fingerprint(two, "feed")
    assert fingerprint(one, "feed") != fingerprint(one, "other")
    assert fingerprint(one, "ab", "c") != fingerprint(one, "a", "bc")
    two.write_text("y", "utf-8")
    assert fingerprint(one, "feed") != fingerprint(two, "feed")


def test_a_folder_has_one_fingerprint_over_its_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("x", "utf-8")
    before = fingerprint(tmp_path, "feed")
    (tmp_path / "in" / "b.csv").write_text("y", "utf-8")
    assert fingerprint(tmp_path, "feed") != before


def test_feeds_by_name() -> None:
    assert feed_named(CATALOG, "canonical-long").id == "canonical-long"
    with pytest.raises(ContentError, match=r"QC110: .*nothing.*canonical-air-wide"):
        feed_named(CATALOG, "nothing")
