"""The command line: every verb's help, statuses, JSON and files, and what a cold start costs against Python's own."""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from tests.app.conftest import Example
from tests.stories.folders import HOURLY, PLAN, built, hourly, only, page, qingce, small, write_rows

from qingce import __version__
from qingce.app.cli import app, main

VERBS = sorted(app.commands)
DAYS = [f"2026-05-{day:02d}" for day in range(1, 5)]


def test_the_verbs_of_the_contract_are_there() -> None:
    assert {"init", "check", "read", "ingest", "evaluate", "build", "serve", "demo", "why"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_in_both_languages_and_an_example(verb: str) -> None:
    answer = qingce(verb, "--help")
    assert answer.status == 0
    words = answer.out.split("Options:")[0]
    assert any("一" <= char <= "鿿" for char in words)
    assert any(char.isascii() and char.isalpha() for char in words.splitlines()[2])
    if verb != "version":
        assert f"qingce {verb}" in words.replace("\n", " "), "an example of its use"


def test_no_verb_shows_the_help() -> None:
    answer = qingce()
    assert answer.status in {0, 2}
    text = answer.out + answer.err
    assert all(verb in text for verb in VERBS)


def test_help_names_the_verbs_in_the_order_of_the_work() -> None:
    text = qingce("--help").out
    order = ("init", "check", "read", "ingest", "evaluate", "build", "serve", "why", "outlook", "review", "export")
    places = [text.index(f"\n  {verb} ") for verb in order]
    assert places == sorted(places)


def test_an_interrupted_verb_ends_with_the_status_of_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qingce.app.starting.make_folder", interrupted)
    monkeypatch.setattr(sys, "argv", ["qingce", "init", "here"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_version() -> None:
    assert qingce("version").out.strip() == __version__


def cold(*words: str) -> float:
    """Processor seconds of a fresh process, the least of three: other work on the machine hardly changes them."""
    found = []
    for _ in range(3):
        process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, words
        found.append(used.ru_utime + used.ru_stime)
    return min(found)


def test_help_costs_little_more_than_the_library_that_prints_it() -> None:
    floor = cold("-c", "import click")
    for verb in ([], ["build"], ["evaluate"]):
        assert cold("-m", "qingce.app", *verb, "--help") < 3 * floor


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['qingce', 'build', '--help']\n"
        "from qingce.app.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'duckdb', 'pyarrow', 'numpy', 'sqlalchemy', 'fastapi', 'jinja2', 'lxml', 'docx', 'openpyxl'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_evaluate_of_a_small_file_costs_little_more_than_its_libraries(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "hours.csv", HOURLY, hourly(DAYS))
    floor = cold("-c", "import pyarrow.compute, numpy, click")
    words = ("evaluate", "air", str(file), "--by", "site", "--out", str(tmp_path / "o.csv"))
    assert cold("-m", "qingce.app", *words) < 4 * floor


def test_a_small_file_is_evaluated_without_what_it_does_not_need(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "hours.csv", HOURLY, hourly(DAYS))
    code = (
        f"import sys; sys.argv = ['qingce', 'evaluate', 'air', {str(file)!r}, '--by', 'site', '--out', "
        f"{str(tmp_path / 'o.csv')!r}]\n"
        "from qingce.app.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'duckdb', 'numba', 'scipy', 'sqlalchemy', 'fastapi', 'jinja2', 'lxml', 'openpyxl'}\n"
        "heavy |= {'pydantic', 'rich', 'pyarrow.acero', 'pyarrow.dataset', 'pyarrow.parquet'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "import pandas, pyarrow\n"
        "print(pyarrow.array([1, 2]).to_numpy().sum(), pandas.Series([1]).sum())"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.splitlines()[-2:] == ["[]", "3 1"]


def test_python_dash_m_is_the_command() -> None:
    run = subprocess.run([sys.executable, "-m", "qingce.app", "version"], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == __version__


# --- each verb -------------------------------------------------------------------------------------------------------


def test_from_an_empty_folder_to_a_built_campaign(tmp_path: Path) -> None:
    folder = tmp_path / "我的市"
    first = qingce("init", folder, "--region", "140100", "--name", "示例市")
    assert first.status == 0
    assert f"qingce build {folder}" in first.out
    (folder / "plans" / "方案.txt").write_text(PLAN, "utf-8")
    assert qingce("check", folder).status == 0
    answer = qingce("build", folder)
    assert answer.status == 0, answer.err
    assert answer.out.startswith("示例市")
    again = qingce("init", folder)
    assert (again.status, again.err[:5]) == (2, "QC604")
    nowhere = qingce("init", tmp_path / "别处", "--region", "999999")
    assert (nowhere.status, nowhere.err[:5]) == (2, "QC606")
    assert not (tmp_path / "别处" / "campaign.toml").exists()


def test_check_says_no_with_status_1(tmp_path: Path) -> None:
    folder = small(tmp_path)
    (folder / "content" / "indicators").mkdir(parents=True)
    (folder / "content" / "indicators" / "x.toml").write_text('id = "x"\nnmae = "x"\n', "utf-8")
    answer = qingce("check", folder, "--json", "-")
    assert answer.status == 1
    assert answer.json["ok"] is False
    fault = next(fault for fault in answer.json["faults"] if fault["code"] == "QC102")
    assert (fault["line"], "nmae" in fault["message"]) == (2, True)
    assert fault["file"].endswith("x.toml")


def test_check_of_the_packaged_content_is_clean() -> None:
    answer = qingce("check", "--json", "-")
    assert (answer.status, answer.json["ok"]) == (0, True)


def test_read_one_plan_and_two(tmp_path: Path) -> None:
    one, two = tmp_path / "a.txt", tmp_path / "b.md"
    one.write_text(PLAN, "utf-8")
    two.write_text(PLAN.replace("39微克", "36微克"), "utf-8")
    alone = qingce("read", one, "--json", "-").json
    assert list(alone)[:7] == ["document", "clauses", "targets", "deadlines", "tasks", "mechanisms", "repairs"]
    for target in alone["targets"]:
        assert alone["document"]["text"][target["start"] : target["end"]] == target["quote"]
    both = qingce("read", one, two, "--json", tmp_path / "both.json")
    found = json.loads((tmp_path / "both.json").read_text("utf-8"))
    assert [reading["targets"][0]["value"] for reading in found] == [39, 36]
    assert "目标 3" in both.out
    folder = qingce("read", tmp_path, "--json", "-").json
    assert len(folder) == 2


def test_read_writes_the_ledger_and_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PLAN, "utf-8")
    book, html = tmp_path / "a.xlsx", tmp_path / "a.html"
    answer = qingce("read", tmp_path / "a.txt", "--xlsx", book, "--html", html, "--repairs")
    assert answer.status == 0, answer.err
    names = openpyxl.load_workbook(book).sheetnames
    assert any("指标" in name for name in names)
    assert "<mark" in html.read_text("utf-8")
    assert "39微克" in html.read_text("utf-8")


def test_ingest_lists_what_it_refused(tmp_path: Path) -> None:
    rows = hourly(DAYS)
    rows[0]["pm2_5"] = -5
    file = write_rows(tmp_path / "hours.csv", HOURLY, rows)
    answer = qingce("ingest", file, "--as", "canonical-air-wide", "--lake", tmp_path / "lake")
    assert answer.status == 0
    assert "hours.csv:2 pm2_5 “-5” QC207" in answer.out
    assert "不能收入 1 格" in answer.out
    asked = qingce("ingest", file, "--as", "canonical-air-wide", "--lake", tmp_path / "lake", "--json", "-").json
    assert (asked["skipped"], len(asked["rejected_cells"])) == (True, 1)


def numbers(file: Path) -> list[tuple[str, ...]]:
    """Site, day, PM2.5 and AQI of a result, whatever its format."""
    if file.suffix == ".parquet":
        rows = pq.read_table(file).to_pylist()
    elif file.suffix == ".csv":
        with file.open(encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    else:
        head, *body = openpyxl.load_workbook(file).active.iter_rows(values_only=True)  # type: ignore[union-attr]
        rows = [dict(zip(head, line, strict=True)) for line in body]
    return [
        (str(r["site"]), str(r["time"])[:10], f"{round(Decimal(str(r['pm2_5'])), 4):f}", str(int(r["aqi"])))
        for r in rows
    ]


def test_evaluate_gives_the_same_numbers_in_every_format(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "hours.csv", HOURLY, hourly(DAYS))
    found = []
    for suffix in (".csv", ".parquet", ".xlsx"):
        out = tmp_path / f"out{suffix}"
        answer = qingce("evaluate", "air", file, "--by", "site", "--out", out)
        assert answer.status == 0, answer.err
        found.append(numbers(out))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 8
    assert [name for name in tmp_path.iterdir() if name.name.startswith(".")] == []


def test_evaluate_guesses_the_feed_of_a_gb18030_file_and_minds_no_capitals(tmp_path: Path) -> None:
    rows = hourly(DAYS)
    text = (
        "站点,时间," + ",".join(HOURLY[2:]) + "\n" + "\n".join(",".join(str(v) for v in row.values()) for row in rows)
    )
    for name, encoding in (("g.csv", "gb18030"), ("u.csv", "utf-8")):
        (tmp_path / name).write_bytes(text.encode(encoding))
        answer = qingce("evaluate", "air", tmp_path / name, "--by", "site", "--out", tmp_path / f"{name}.CSV")
        assert answer.status == 0, answer.err
    assert (tmp_path / "g.csv.CSV").read_bytes() == (tmp_path / "u.csv.CSV").read_bytes()
    assert (tmp_path / "g.csv.CSV").read_bytes().startswith(b"\xef\xbb\xbfsite,")


def test_evaluate_a_lake_a_folder_and_the_file_agree(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = write_rows(tmp_path / "in" / "hours.csv", HOURLY, hourly(DAYS))
    assert qingce("ingest", file, "--as", "canonical-air-wide", "--lake", tmp_path / "lake").status == 0
    found = []
    for source in (file, tmp_path / "in", tmp_path / "lake"):
        out = tmp_path / "o.parquet"
        answer = qingce("evaluate", "air", source, "--by", "site", "--out", out)
        assert answer.status == 0, answer.err
        found.append(numbers(out))
    assert found[0] == found[1] == found[2]


def test_evaluate_with_a_table_of_sites_gives_the_city(tmp_path: Path) -> None:
    folder = small(tmp_path)
    out = tmp_path / "o.parquet"
    words = ("--sites", folder / "data" / "sites.csv", "--out", out, "--json", "-")
    answer = qingce("evaluate", "air", folder / "data" / "hours.csv", *words)
    assert answer.status == 0, answer.err
    assert {row["city"] for row in answer.json["rows"]} <= {"140100", "太原市"}
    assert len(answer.json["rows"]) == 4


def test_the_evaluation_of_the_build_is_that_of_evaluate(tmp_path: Path) -> None:
    folder = small(tmp_path)
    results = built(folder)
    out = tmp_path / "o.parquet"
    qingce("evaluate", "air", folder / "data" / "hours.csv", "--by", "site", "--out", out)
    ours = {(row["site"], str(row["time"])): (row["pm2_5"], row["aqi"]) for row in pq.read_table(out).to_pylist()}
    rows = results.rows("air_site_days", where={"series": "measured"})
    assert ours == {(row["subject"], str(row["day"])): (row["pm2_5"], row["aqi"]) for row in rows}


def test_build_json_is_the_run(tmp_path: Path) -> None:
    folder = small(tmp_path)
    answer = qingce("build", folder, "--json", "-")
    run = answer.json["run"]
    assert (run["region"], run["as_of"], run["sample"], run["version"]) == ("140100", "2026-05-04", True, __version__)
    assert only(run["counts"].values())["written"] == 1152
    assert answer.err == "", "no progress bars when piped"
    again = qingce("build", folder, "--json", "-").json["run"]
    assert only(again["counts"].values())["skipped"] is True
    assert again["heads"] == run["heads"]


def test_why_in_words(example: Example) -> None:
    bound = example.results.rows("progress", where={"indicator_id": "pm2_5_annual", "bound": True})
    answer = qingce("why", bound[0]["target_id"], "--dir", example.folder)
    assert answer.status == 0
    assert "【" in answer.out
    assert "↓ 由来" in answer.out
    kinds = [
        line.split("[")[-1][:2] for line in answer.out.splitlines() if line.rstrip().count("[") and "由来" not in line
    ]
    assert {"T-", "V:", "F:", "O:"} <= set(kinds)


def test_three_steps_from_any_number_to_the_hours(example: Example) -> None:
    def depth(node: dict[str, object]) -> int:
        return 1 + max((depth(child) for child in node["children"]), default=0)  # type: ignore[attr-defined]

    for row in example.results.rows("progress", where={"bound": True}):
        if row["own_value"] is not None:
            tree = qingce("why", row["target_id"], "--dir", example.folder, "--json", "-").json
            assert 3 <= depth(tree["down"]) <= 4, row["target_id"]
            assert tree["sentences"][0]["quote"] == row["quote"]


def test_the_reading_leads_back_to_every_target_it_moves(example: Example) -> None:
    answer = qingce("why", "O:YZA01:pm2_5:2026-10-15T08:00", "--dir", example.folder, "--json", "-").json

    def ids(node: dict[str, object]) -> set[str]:
        return {str(node["id"])}.union(*(ids(child) for child in node["children"]))  # type: ignore[attr-defined]

    reached = set().union(*(ids(node) for node in answer["up"]))
    moved = {
        row["target_id"]
        for row in example.results.rows("progress", where={"indicator_id": "pm2_5_annual"})
        if row["own_value"] is not None and row["own_end"].year == 2026
    }
    assert moved
    assert moved <= reached


def test_the_demo_leaves_the_campaign_of_somebody_alone(tmp_path: Path) -> None:
    folder = small(tmp_path)
    (folder / "campaign.toml").write_text('name = "我的市"\nregion = "140100"\n', "utf-8")
    refused = qingce("demo", "--out", folder, "--no-serve")
    assert (refused.status, refused.err[:5]) == (2, "QC604")
    assert not (folder / "out").exists()


def test_pages_of_the_example_stand_in_both_languages(example: Example) -> None:
    pages = list(example.site.rglob("*.html"))
    chinese = {path.relative_to(example.site) for path in pages if path.relative_to(example.site).parts[0] != "en"}
    english = {
        path.relative_to(example.site / "en") for path in pages if path.relative_to(example.site).parts[0] == "en"
    }
    assert chinese == english
    assert all(path.with_suffix(".json").exists() for path in pages)
    sizes = [path.stat().st_size for path in pages]
    assert statistics.median(sizes) < 100_000
    assert page(example.folder, "index.html")["sample"] is True
