"""Whatever stands in a file is taken, collapsed, empty, or listed with its place: judged by a slow reader."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.observe import Ingest, ingest

CATALOG = load_catalog()
FEED = CATALOG.feeds["canonical-air-wide"]
COLUMNS = ("so2", "co", "pm2_5")
MISSING = {"", "--", "NA", "—"}

QUIET = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

numbers = st.decimals(min_value=0, max_value=200, places=3, allow_nan=False).map(lambda value: format(value, "f"))
oddities = st.sampled_from(
    [
        "",
        "--",
        "NA",
        "—",
        "abc",
        "-1",
        "1e9",
        "１２",
        "<2",
        "5L",
        "未检出",
        " 7 ",
        "3.",
        ".5",
        "1,5",
        'a"b',
        "a\nb",
        "0.0000001",
    ]
)
cells = st.one_of(numbers, numbers, oddities)
times = st.sampled_from(
    ["2026-01-01 00:00", "2026-01-01 01:00", "2026/1/1 2:00", "2026-01-01T01:00:00+08:00", "2026-02-30", "", "昨天"]
)
sites = st.sampled_from(["甲", "乙", " 甲 ", ""])
rows = st.lists(st.tuples(sites, times, cells, cells, cells), max_size=25)

Row = tuple[str, str, str, str, str]


def slow(text: str) -> tuple[str, Decimal | None]:
    """Read one cell the slow way: kind and value."""
    plain = text.strip()
    if plain in MISSING:
        return "empty", None
    if plain == "未检出":
        return "below", None
    for cut in (plain.removeprefix("<"), plain.removesuffix("L")):
        if cut != plain:
            return "below", Decimal(cut)
    try:
        value = Decimal(plain)  # full width digits are digits to Decimal
    except InvalidOperation:
        return "bad", None
    return "number", value.quantize(Decimal("0.000001"))


def slow_time(text: str) -> datetime | None:
    known = {
        "2026-01-01 00:00": datetime(2026, 1, 1),
        "2026-01-01 01:00": datetime(2026, 1, 1, 1),
        "2026/1/1 2:00": datetime(2026, 1, 1, 2),
        "2026-01-01T01:00:00+08:00": datetime(2026, 1, 1, 1),
    }
    return known.get(text)


def expected(table: list[Row]) -> tuple[dict[tuple[object, ...], object], Counter[str], int]:
    """Return what a careful clerk takes in, what is refused and why, and how many doubles collapse."""
    refused: Counter[str] = Counter()
    taken: dict[tuple[object, ...], list[object]] = defaultdict(list)
    for site, time, *values in table:
        when = slow_time(time)
        for column, text in zip(COLUMNS, values, strict=True):
            kind, value = slow(text)
            top = CATALOG.parameters[column].maximum or Decimal("Infinity")
            if kind == "empty":
                continue
            if when is None:
                refused["QC209"] += 1
            elif not site.strip():
                refused["QC215"] += 1
            elif kind == "bad":
                refused["QC206"] += 1
            elif kind == "number" and value is not None and value < 0:
                refused["QC207"] += 1
            elif kind == "number" and value is not None and value > top:
                refused["QC208"] += 1
            else:
                taken[site.strip(), column, when].append((kind, value))
    kept = {}
    collapsed = 0
    for key, facts in taken.items():
        if len(set(facts)) > 1:
            refused["QC212"] += len(facts)
        else:
            kept[key] = facts[0]
            collapsed += len(facts) - 1
    return kept, refused, collapsed


def write(path: Path, table: list[Row]) -> Path:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["site", "time", *COLUMNS])
    writer.writerows(table)
    path.write_text(stream.getvalue(), "utf-8")
    return path


def judged(found: Ingest) -> dict[tuple[object, ...], object]:
    return {
        (row["site"], row["parameter"], row["time"]): (
            "below" if row["absent"] == "below_detection" else "number",
            row["detection_limit"] if row["absent"] else row["value"],
        )
        for row in found.observations.to_pylist()
    }


@QUIET
@given(rows)
def test_every_cell_is_taken_refused_collapsed_or_empty(tmp_path: Path, table: list[Row]):
    found = ingest(write(tmp_path / "f.csv", table), feed=FEED, catalog=CATALOG)
    kept, refused, collapsed = expected(table)
    blank = sum(1 for row in table if not any(cell.strip() for cell in row))
    assert found.rows == len(table)
    assert blank == 0 or found.rows == len(table)
    assert found.cells == 3 * found.rows == found.observations.num_rows + found.empty + found.collapsed + found.refused
    assert judged(found) == kept
    assert Counter(found.rejected["code"].to_pylist()) == refused
    assert found.collapsed == collapsed


@QUIET
@given(rows)
def test_every_refused_cell_is_quoted_at_its_line(tmp_path: Path, table: list[Row]):
    path = write(tmp_path / "f.csv", table)
    found = ingest(path, feed=FEED, catalog=CATALOG)
    lines = {}
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        before = 0
        for cells_of_row in reader:
            lines[before + 1] = dict(zip(("site", "time", *COLUMNS), cells_of_row, strict=True))
            before = reader.line_num
    for row in found.rejected.to_pylist():
        assert lines[row["line"]][row["column"]] == row["text"]
    for row in found.observations.to_pylist():
        assert lines[row["line"]]["site"].strip() == row["site"]


@QUIET
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=12))
def test_a_pivot_and_a_long_table_say_the_same(tmp_path: Path, table: list[list[str]]):
    """One body of cells in two layouts gives the same observations (labels apart by the declared hour)."""
    names = ["A", "B", "C"]
    pivot = io.StringIO(newline="")
    writer = csv.writer(pivot, lineterminator="\n")
    writer.writerow(["date", "hour", "type", *names])
    long = io.StringIO(newline="")
    lines = csv.writer(long, lineterminator="\n")
    lines.writerow(["site", "parameter", "time", "value", "unit"])
    for number, row in enumerate(table):
        writer.writerow(["20260102", number + 1, "SO2", *row])
        for name, cell in zip(names, row, strict=True):
            lines.writerow([name, "so2", f"2026-01-02 {number:02d}:00", cell, "ug/m3"])
    (tmp_path / "p.csv").write_text(pivot.getvalue(), "utf-8")
    (tmp_path / "l.csv").write_text(long.getvalue(), "utf-8")
    one = ingest(tmp_path / "p.csv", feed=CATALOG.feeds["cnemc-archive-site"], catalog=CATALOG)
    two = ingest(tmp_path / "l.csv", feed=CATALOG.feeds["canonical-long"], catalog=CATALOG)
    assert judged(one) == judged(two)
    assert Counter(one.rejected["code"].to_pylist()) == Counter(two.rejected["code"].to_pylist())


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_the_quick_and_the_careful_reader_agree(tmp_path: Path, quoting: int):
    """The same rows, once clean (Arrow reads them), once with a broken line at the end (the careful reader does)."""
    rows = [["甲", f"2026-01-{1 + n // 24:02d} {n % 24:02d}:00", str(n % 90), "0.5", ""] for n in range(500)]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n", quoting=quoting)
    writer.writerows([["site", "time", *COLUMNS], *rows])
    (tmp_path / "a.csv").write_text(stream.getvalue(), "utf-8")
    (tmp_path / "b.csv").write_text(stream.getvalue() + '"甲,2026-02-01,1,1,1\n', "utf-8")
    one = ingest(tmp_path / "a.csv", feed=FEED, catalog=CATALOG)
    two = ingest(tmp_path / "b.csv", feed=FEED, catalog=CATALOG)
    assert one.observations.drop_columns(["batch"]).equals(two.observations.drop_columns(["batch"]))
    assert (one.broken, two.broken) == (0, 1)


@QUIET
@given(st.lists(st.text(st.sampled_from('a1,"" '), max_size=12), min_size=1, max_size=8))
def test_odd_quotes_never_lose_a_letter(tmp_path: Path, lines: list[str]):
    """Rows of random quotes: every digit and letter of the file is in a value or in a refused text."""
    body = "\n".join(f"S{n},2026-01-01,{line}" for n, line in enumerate(lines))
    path = tmp_path / "f.csv"
    path.write_text("site,time,pm2_5\n" + body + "\n", "utf-8")
    found = ingest(path, feed=FEED, catalog=CATALOG)
    told = "".join(found.rejected["text"].to_pylist())
    assert told.count("a") == sum(line.count("a") for line in lines)
