"""Bad input of every kind: a numbered error that names place and cure, the right exit status, and nothing lost."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject
from tests.stories.folders import (
    HOURLY,
    PLAN,
    SITES,
    Answer,
    Row,
    built,
    hourly,
    only,
    page,
    qingce,
    small,
    write_campaign,
    write_rows,
)

from qingce.publish import Results, read_results
from qingce.store import open_lake
from qingce.store.lake import SegmentLake

DAYS = [f"2026-05-{day:02d}" for day in range(1, 5)]
RESULT = 3
USE = 2


def told(answer: Answer, code: str, *words: str, status: int = RESULT) -> None:
    """The answer is this numbered error, says these words, and is told on standard error only."""
    assert (answer.status, answer.err[:6]) == (status, f"{code}:"), answer.err
    for word in words:
        assert word in answer.err
    assert " | " in answer.err, "English beside Chinese"
    assert "Traceback" not in answer.err


def same_tables(left: Results, right: Results) -> None:
    """Two builds say the same, but for when a row was known."""
    assert left.tables.keys() == right.tables.keys()
    for name in left.tables:
        pair = [results[name] for results in (left, right)]
        kept = [column for column in pair[0].column_names if column not in {"known_at"}]
        first, second = (table.select(kept) for table in pair)
        assert first.equals(second), name


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What the small campaign says when nothing disturbs it."""
    return built(small(tmp_path_factory.mktemp("undisturbed")))


# --- plans -----------------------------------------------------------------------------------------------------------


def image_page(writer: PdfWriter) -> None:
    """Add a page that holds one grey picture and no text."""
    sheet = writer.add_blank_page(200, 200)
    picture = StreamObject()
    picture._data = bytes(range(256))
    for key, value in {
        "/Type": NameObject("/XObject"),
        "/Subtype": NameObject("/Image"),
        "/Width": NumberObject(16),
        "/Height": NumberObject(16),
        "/ColorSpace": NameObject("/DeviceGray"),
        "/BitsPerComponent": NumberObject(8),
    }.items():
        picture[NameObject(key)] = value
    drawn = StreamObject()
    drawn._data = b"q 200 0 0 200 0 0 cm /Im0 Do Q"
    sheet[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): DictionaryObject({NameObject("/Im0"): writer._add_object(picture)})}
    )
    sheet[NameObject("/Contents")] = writer._add_object(drawn)


def pdf(path: Path, *, password: str = "", image: bool = False) -> None:
    writer = PdfWriter()
    if image:
        image_page(writer)
    else:
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password)
    with path.open("wb") as stream:
        writer.write(stream)


def bad_plan(folder: Path, kind: str) -> Path:
    file = folder / kind
    if kind == "empty.txt":
        file.write_bytes(b"")
    elif kind == "corrupt.docx":
        file.write_bytes(b"PK\x03\x04 cut short")
    elif kind == "locked.pdf":
        pdf(file, password="secret")
    elif kind == "picture.pdf":
        pdf(file, image=True)
    elif kind == "broken.pdf":
        file.write_bytes(b"%PDF-1.7\n nothing more")
    return file


PLANS = {
    "empty.txt": ("QC300", "没有文字"),
    "corrupt.docx": ("QC302", "另存为 docx"),
    "locked.pdf": ("QC303", "去掉打开口令"),
    "picture.pdf": ("QC304", "qingce[ocr]"),
    "broken.pdf": ("QC309", "重新导出"),
}


@pytest.mark.parametrize("kind", PLANS)
def test_a_plan_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    code, cure = PLANS[kind]
    file = bad_plan(tmp_path, kind)
    told(qingce("read", file), code, kind, cure)
    asked = qingce("read", file, "--json", "-")
    told(asked, code)
    assert (asked.json["ok"], asked.json["code"]) == (False, code)
    assert {"error", "remedy"} <= asked.json.keys()


def test_a_bad_plan_leaves_the_last_build_alone(tmp_path: Path) -> None:
    folder = small(tmp_path)
    before = built(folder)
    bad_plan(folder / "plans", "corrupt.docx")
    told(qingce("build", folder), "QC302", "corrupt.docx")
    same_tables(before, read_results(folder / "out"))
    assert page(folder, "index.html")["ok"] is True
    (folder / "plans" / "corrupt.docx").unlink()
    same_tables(before, built(folder))


def test_a_plan_in_gb18030_reads_like_one_in_utf8(tmp_path: Path) -> None:
    (tmp_path / "u.txt").write_text(PLAN, "utf-8")
    (tmp_path / "g.txt").write_bytes(PLAN.encode("gb18030"))
    found = [qingce("read", tmp_path / name, "--json", "-") for name in ("u.txt", "g.txt")]
    assert [answer.status for answer in found] == [0, 0]
    texts = [answer.json["document"]["text"] for answer in found]
    assert texts[0] == texts[1]
    quotes = [[(t["quote"], t["value"], t["start"]) for t in answer.json["targets"]] for answer in found]
    assert quotes[0] == quotes[1]
    assert len(quotes[0]) == 3


# --- the campaign folder ---------------------------------------------------------------------------------------------


def test_no_campaign_at_all(tmp_path: Path) -> None:
    told(qingce("build", tmp_path), "QC601", "qingce init", status=USE)
    told(qingce("serve", tmp_path), "QC601", status=USE)
    told(qingce("why", "T-a-001", "--dir", tmp_path), "QC601", status=USE)


def test_an_unknown_key_is_named_with_its_line(tmp_path: Path) -> None:
    folder = small(tmp_path)
    text = (folder / "campaign.toml").read_text("utf-8")
    (folder / "campaign.toml").write_text("nmae = 'x'\n" + text, "utf-8")
    told(qingce("build", folder), "QC102", "nmae", "campaign.toml:1", "feeds")
    assert not (folder / "out").exists()


def test_an_unknown_key_of_a_feed(tmp_path: Path) -> None:
    folder = small(tmp_path, feeds=[{"path": "data/hours.csv", "feed": "canonical-air-wide", "reviewed": "national"}])
    told(qingce("build", folder), "QC102", "reviewed", "path, review")


@pytest.mark.parametrize(
    "keys",
    [
        {"feeds": [{"path": "data/absent-*.csv", "feed": "canonical-air-wide"}]},
        {"plans": [{"file": "plans/absent.docx"}]},
        {"sites": "data/absent.csv"},
        {"official": ["data/absent.csv"]},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_a_missing_file_is_named(tmp_path: Path, keys: Row) -> None:
    told(qingce("build", small(tmp_path, **keys)), "QC602", "absent", "campaign.toml:", status=USE)


def test_an_unknown_feed_is_named_with_the_choices(tmp_path: Path) -> None:
    folder = small(tmp_path, feeds=[{"path": "data/hours.csv", "feed": "canonical"}])
    told(qingce("build", folder), "QC110", "canonical-air-wide")


def test_a_region_code_that_does_not_exist(tmp_path: Path) -> None:
    told(qingce("build", small(tmp_path, region="149999")), "QC110", "149999", "GB/T 2260")


def test_a_site_in_a_region_that_does_not_exist(tmp_path: Path) -> None:
    folder = small(tmp_path)
    row = {"site": "A3", "name": "示例A3站", "kind": "air_site", "city": "149999", "roles": "评价点"}
    rows = [{"site": "A1", "name": "示例A1站", "kind": "air_site", "city": "140100", "roles": "评价点"}, row]
    write_rows(folder / "data" / "sites.csv", SITES, rows)
    refused = built(folder).rows("rejected")
    assert [(cell["file"], cell["line"], cell["code"], cell["text"]) for cell in refused] == [
        ("sites.csv", 3, "QC211", "149999")
    ]


# --- data ------------------------------------------------------------------------------------------------------------


def with_rows(folder: Path, rows: list[Row]) -> Results:
    small(folder)
    write_rows(folder / "data" / "hours.csv", HOURLY, rows)
    return built(folder)


def refused(results: Results) -> set[tuple[str, str]]:
    return {(row["column"], row["code"]) for row in results.rows("rejected")}


def test_swapped_units_refuse_the_column_and_keep_the_rest(tmp_path: Path) -> None:
    results = with_rows(tmp_path, hourly(DAYS, co=700))
    assert refused(results) == {("co", "QC208")}
    assert results["rejected"].num_rows == 192
    day = results.rows("air_city_days", where={"subject": "140100", "series": "measured"})[0]
    assert (day["co"], day["absent_co"], day["so2"]) == (None, "not_reported", 6)
    assert "192" in qingce("build", tmp_path).out


def test_milligrams_for_micrograms_are_found_by_the_median(tmp_path: Path) -> None:
    results = with_rows(tmp_path, hourly(DAYS, pm2_5="0.035"))
    assert refused(results) == {("pm2_5", "QC214")}


def test_negative_and_absurd_values_cost_their_cell_only(tmp_path: Path) -> None:
    rows = hourly(DAYS)
    rows[0]["pm2_5"], rows[1]["pm2_5"], rows[2]["so2"] = -3, 99999, "abc"
    results = with_rows(tmp_path, rows)
    listed = [(r["file"], r["line"], r["column"], r["text"], r["code"]) for r in results.rows("rejected")]
    assert sorted(listed) == [
        ("hours.csv", 2, "pm2_5", "-3", "QC207"),
        ("hours.csv", 3, "pm2_5", "99999", "QC208"),
        ("hours.csv", 4, "so2", "abc", "QC206"),
    ]
    counts = only(results.run["counts"].values())  # type: ignore[attr-defined]
    assert counts["rows"] + counts["rejected"] == 6 * len(rows)
    twin = page(tmp_path, "rejected.html")
    assert "QC207" in json.dumps(twin, ensure_ascii=False)


def test_duplicate_hours_that_differ_are_both_refused(tmp_path: Path) -> None:
    rows = hourly(DAYS)
    results = with_rows(tmp_path, [*rows, {**rows[5], "pm2_5": 77}, rows[6]])
    assert [(r["line"], r["column"], r["code"]) for r in results.rows("rejected")] == [
        (7, "pm2_5", "QC212"),
        (194, "pm2_5", "QC212"),
    ]


def test_a_month_missing_is_said_and_not_made_up(tmp_path: Path) -> None:
    days = [f"2026-{month:02d}-{day:02d}" for month in (3, 5) for day in range(1, 29)]
    results = with_rows(tmp_path, hourly(days))
    assert any("2026-04" in str(note) for note in results.run["notes"])  # type: ignore[attr-defined]
    april = results.rows("quality", where={"site": "A1", "parameter": "pm2_5", "month": "2026-04"})
    assert [(row["expected"], row["received"], row["longest_gap"]) for row in april] == [(720, 0, 720)]
    value = only(results.rows("values", where={"id": "V:pm2_5_annual:140100:2026-01-01/2026-05-28:measured"}))
    assert value["n"] == 56
    absent = [
        row for row in results.rows("air_city_days", where={"subject": "140100", "series": "measured"})
        if row["day"].month == 4
    ]  # fmt: skip
    assert len(absent) == 30
    assert {(row["pm2_5"], row["absent_pm2_5"]) for row in absent} == {(None, "not_reported")}


def test_a_file_of_another_layout_stops_the_build_with_its_name(tmp_path: Path) -> None:
    folder = small(tmp_path)
    before = built(folder)
    (folder / "data" / "hours.csv").write_text("甲,乙\n1,2\n", "utf-8")
    told(qingce("build", folder), "QC204", "hours.csv", "canonical-air-wide", "甲、乙")
    same_tables(before, read_results(folder / "out"))


# --- ingest ----------------------------------------------------------------------------------------------------------


def taken(file: Path, lake: Path, *more: object) -> Row:
    answer = qingce("ingest", file, "--as", "canonical-air-wide", "--lake", lake, "--json", "-", *more)
    assert answer.status == 0, answer.err
    found: Row = answer.json
    return found


def test_the_same_file_twice_writes_nothing_the_second_time(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "hours.csv", HOURLY, hourly(DAYS))
    first, again = taken(file, tmp_path / "lake"), taken(file, tmp_path / "lake")
    assert (first["rows"], first["written"], first["skipped"]) == (1152, 1152, False)
    assert again["skipped"] is True
    renamed = shutil.copy(file, tmp_path / "copy.csv")
    assert taken(Path(renamed), tmp_path / "lake")["skipped"] is True
    lake = open_lake(tmp_path / "lake")
    assert lake.history("observation", {}).num_rows == 1152
    lake.close()


def test_rows_known_already_are_not_written_again(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "a.csv", HOURLY, hourly(DAYS[:3]))
    taken(file, tmp_path / "lake")
    longer = taken(write_rows(tmp_path / "b.csv", HOURLY, hourly(DAYS)), tmp_path / "lake")
    assert (longer["rows"], longer["written"], longer["changed"], longer["unchanged"]) == (1152, 288, 0, 864)


def test_a_changed_file_corrects_with_a_reason_and_the_past_stays_known(tmp_path: Path) -> None:
    rows = hourly(DAYS[:1])
    taken(write_rows(tmp_path / "hours.csv", HOURLY, rows), tmp_path / "lake")
    lake = open_lake(tmp_path / "lake")
    then = lake.known_until("observation")
    lake.close()
    rows[3]["pm2_5"] = 99
    again = taken(write_rows(tmp_path / "hours.csv", HOURLY, rows), tmp_path / "lake")
    assert (again["written"], again["changed"], again["unchanged"]) == (1, 1, 287)
    lake = open_lake(tmp_path / "lake")
    key = {"site": "A1", "parameter": "pm2_5", "time": datetime(2026, 5, 1, 3)}
    past = lake.history("observation", key).to_pylist()
    assert [row["value"] for row in past] == [Decimal(33), Decimal(99)]
    assert [row["reason"] for row in past] == [None, "来源更正 source corrected"]
    seen = [lake.scan("observation", where=key, known_at=at)["value"].to_pylist() for at in (then, None)]
    assert seen == [[Decimal(33)], [Decimal(99)]]
    lake.close()


def test_a_review_state_alone_is_a_change_with_its_reason(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "hours.csv", HOURLY, hourly(DAYS[:1]))
    taken(file, tmp_path / "lake", "--review", "preliminary")
    again = taken(file, tmp_path / "lake", "--review", "national")
    assert (again["written"], again["changed"]) == (288, 288)
    lake = open_lake(tmp_path / "lake")
    assert set(lake.scan("observation", columns=["review", "reason"])["reason"].to_pylist()) == {
        "审核状态变化 review changed"
    }
    lake.close()


def test_a_clock_that_jumps_back_does_not_bring_back_the_old_value(tmp_path: Path) -> None:
    folder = small(tmp_path)
    built(folder)
    rows = hourly(DAYS)
    rows[3]["pm2_5"] = 99
    write_rows(folder / "data" / "hours.csv", HOURLY, rows)

    def past(path: Path) -> SegmentLake:
        return SegmentLake(path, now=lambda: datetime(2020, 1, 1))

    with mock.patch("qingce.app.pipeline.open_lake", past):
        built(folder)
    lake = open_lake(folder / ".qingce" / "lake")
    key = {"site": "A1", "parameter": "pm2_5", "time": datetime(2026, 5, 1, 3)}
    assert lake.scan("observation", where=key)["value"].to_pylist() == [Decimal(99)]
    known = lake.history("observation", key)["known_at"].to_pylist()
    assert known == sorted(known)
    assert lake.verify() == []
    lake.close()


def test_ingest_names_what_it_cannot_use(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "hours.csv", HOURLY, hourly(DAYS[:1]))
    lake = ("--lake", tmp_path / "lake")
    told(qingce("ingest", tmp_path / "absent.csv", "--as", "canonical-long", *lake), "QC608", "absent", status=USE)
    told(qingce("ingest", file, "--as", "nothing", *lake), "QC110", "nothing", "canonical-long", status=USE)
    told(qingce("ingest", file, "--as", "register-sites", *lake), "QC219")
    given = ("--as", "canonical-air-wide", "--review", "done", *lake)
    told(qingce("ingest", file, *given), "QC606", "done", "preliminary", status=USE)


# --- evaluate, why, serve --------------------------------------------------------------------------------------------


def test_evaluate_names_what_it_cannot_use(tmp_path: Path) -> None:
    file, out = write_rows(tmp_path / "hours.csv", HOURLY, hourly(DAYS[:1])), tmp_path / "out.csv"
    told(qingce("evaluate", "air", file, "--out", tmp_path / "out.pdf"), "QC606", ".csv, .parquet, .xlsx", status=USE)
    told(qingce("evaluate", "smell", file, "--out", out), "QC606", "smell", "surface-water", status=USE)
    told(qingce("evaluate", "air", tmp_path / "absent", "--out", out), "QC608", "absent", status=USE)
    other = write_rows(tmp_path / "other.csv", ["甲"], [{"甲": 1}])
    told(qingce("evaluate", "air", other, "--out", out), "QC609", "--as", status=USE)
    told(
        qingce("evaluate", "air", file, "--by", "site", "--edition", "hj633-1999", "--out", out),
        "QC110",
        "hj633-2026",
        status=USE,
    )
    told(qingce("evaluate", "air", file, "--by", "river", "--out", out), "QC254", "river", status=USE)
    assert not out.exists()


def test_why_of_an_id_that_is_nowhere(tmp_path: Path) -> None:
    folder = small(tmp_path)
    told(qingce("why", "T-x-001", "--dir", folder), "QC605", "qingce build", status=USE)
    built(folder)
    for name in ("T-x-001", "V:nothing", "F:1:2", "O:A1:pm2_5:1999-01-01T00:00", "x"):
        told(qingce("why", name, "--dir", folder), "QC405", name, status=USE)
    asked = qingce("why", "x", "--dir", folder, "--json", "-")
    assert (asked.status, asked.json["ok"], asked.json["code"]) == (USE, False, "QC405")


def test_why_of_a_day_that_is_no_day(tmp_path: Path) -> None:
    folder = small(tmp_path)
    built(folder)
    told(qingce("why", "T-x-001", "--dir", folder, "--known-at", "last week"), "QC107", "last week", status=USE)


def test_serve_on_a_port_in_use(tmp_path: Path) -> None:
    folder = small(tmp_path)
    built(folder)
    with socket.socket() as taken_port:
        taken_port.bind(("127.0.0.1", 0))
        taken_port.listen()
        port = taken_port.getsockname()[1]
        told(qingce("serve", folder, "--port", port), "QC607", str(port), "--port", status=USE)


# --- a full disk, kills, two at once ---------------------------------------------------------------------------------


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "qingce.app", *map(str, words)]


def limited(size: int) -> None:
    """No file may grow beyond a size [B]: what a full disk feels like to a process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def limited_build(folder: Path, size: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("build", folder),
        check=False,
        preexec_fn=lambda: limited(size),
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("size", [1_000, 20_000, 60_000])
def test_a_full_disk_is_a_numbered_error_and_nothing_is_lost(tmp_path: Path, undisturbed: Results, size: int) -> None:
    folder = small(tmp_path)
    run = limited_build(folder, size)
    assert run.returncode == RESULT, run.stderr
    assert run.stderr.startswith("QC"), run.stderr
    assert run.stderr[:5] in {"QC503", "QC512", "QC521", "QC526", "QC570", "QC611"}, run.stderr
    assert "Traceback" not in run.stderr
    same_tables(built(folder), undisturbed)


def test_a_full_disk_under_a_finished_build_leaves_it_readable(tmp_path: Path) -> None:
    folder = small(tmp_path)
    before = built(folder)
    rows = hourly(DAYS, pm2_5=88)
    write_rows(folder / "data" / "hours.csv", HOURLY, rows)
    run = limited_build(folder, 10_000)
    assert run.returncode == RESULT, run.stderr
    same_tables(before, read_results(folder / "out"))


def kill_during_build(folder: Path, step: int, rest: float) -> bool:
    """Kill a build so long after a step began, however slow the machine is; returns whether it was still running."""
    words = [*command("build", folder), "--progress"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        seen = b""
        while f" {step}/9 ".encode() not in seen and (chunk := os.read(process.stderr.fileno(), 4096)):
            seen += chunk
        with suppress(subprocess.TimeoutExpired):
            process.wait(rest)
        process.kill()
        return process.wait() == -signal.SIGKILL


def prove_kills(folder: Path, undisturbed: Results, *, kills: int, seed: int) -> int:
    """Kill builds of one folder in every step, each after a fresh start or on what the last one left."""
    small(folder)
    built(folder)
    draw, hits = random.Random(seed), 0
    for number in range(kills):
        if draw.random() < 0.5:
            shutil.rmtree(folder / ".qingce", ignore_errors=True)
        hits += kill_during_build(folder, number % 9 + 1, draw.uniform(0, 0.15))
    same_tables(built(folder), undisturbed)
    left = [path.name for path in (folder / "out").iterdir() if path.name.startswith(".")]
    assert left == [], "no remains of a killed build"
    return hits


def test_a_build_killed_in_each_step_completes_the_next_time(tmp_path: Path, undisturbed: Results) -> None:
    assert prove_kills(tmp_path, undisturbed, kills=9, seed=1) >= 1


@pytest.mark.prove
def test_forty_kills_of_a_build(tmp_path: Path, undisturbed: Results) -> None:
    assert prove_kills(tmp_path, undisturbed, kills=40, seed=2) >= 20


def test_results_taken_away_between_two_renames_come_back(tmp_path: Path) -> None:
    """The one instant at which a kill leaves no results: the next build puts the last ones back before it begins."""
    folder = small(tmp_path)
    before = built(folder)
    (folder / "out" / "results").rename(folder / "out" / ".results-1-old")
    (folder / "out" / ".results-1-new").mkdir()
    bad_plan(folder / "plans", "corrupt.docx")
    told(qingce("build", folder), "QC302")
    same_tables(before, read_results(folder / "out"))
    assert [path.name for path in (folder / "out").iterdir() if path.name.startswith(".")] == []


def test_two_builds_at_once_both_end_well(tmp_path: Path, undisturbed: Results) -> None:
    folder = small(tmp_path)
    both = [
        subprocess.Popen(command("build", folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    ends = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    same_tables(read_results(folder / "out"), undisturbed)
    lake = open_lake(folder / ".qingce" / "lake")
    assert lake.history("observation", {}).num_rows == 1152, "taken in once"
    lake.close()


def test_a_build_that_waits_too_long_says_so(tmp_path: Path) -> None:
    from filelock import FileLock

    folder = small(tmp_path)
    (folder / ".qingce").mkdir()
    with FileLock(folder / ".qingce" / "build.lock"), mock.patch("qingce.app.pipeline.PATIENCE", 0.1):
        told(qingce("build", folder), "QC603", status=USE)


def test_damaged_results_are_refused_and_built_again(tmp_path: Path, undisturbed: Results) -> None:
    folder = small(tmp_path)
    built(folder)
    table = folder / "out" / "results" / "progress.parquet"
    pq.write_table(pa.table({"target_id": ["x"]}), table)
    told(qingce("why", "T-x-001", "--dir", folder), "QC552", "progress", status=USE)
    same_tables(built(folder), undisturbed)


def test_a_write_that_fails_elsewhere_is_told_with_its_cause(tmp_path: Path) -> None:
    folder = small(tmp_path)
    (folder / "out").write_text("a file where a folder should be", "utf-8")
    answer = qingce("build", folder, "--json", "-")
    assert answer.status == RESULT
    assert answer.err[:5] in {"QC570", "QC611"}
    assert (answer.json["ok"], answer.json["code"]) == (False, answer.err[:5])


def test_every_error_has_one_shape_on_standard_output(tmp_path: Path) -> None:
    wrong: Mapping[str, tuple[object, ...]] = {
        "QC601": ("build", tmp_path, "--json", "-"),
        "QC608": ("read", tmp_path / "absent.txt", "--json", "-"),
        "QC606": ("evaluate", "smell", tmp_path, "--out", tmp_path / "x.csv", "--json", "-"),
    }
    for code, words in wrong.items():
        answer = qingce(*words)
        body = answer.json
        assert (body["ok"], body["code"]) == (False, code)
        assert all(isinstance(body[name], str) and body[name] for name in ("error", "remedy"))
        assert answer.err.startswith(code)


def test_wrong_use_of_the_command_line_is_status_2(tmp_path: Path) -> None:
    for words in (("build",), ("evaluate", "air"), ("nothing",), ("serve", tmp_path, "--port", "x")):
        answer = qingce(*words)
        assert answer.status == USE
        assert "Traceback" not in answer.err


def test_a_campaign_without_plans_or_data_builds_and_says_what_is_missing(tmp_path: Path) -> None:
    folder = write_campaign(tmp_path, region="140100")
    results = built(folder)
    assert results["progress"].num_rows == 0
    assert page(folder, "index.html")["ok"] is True
