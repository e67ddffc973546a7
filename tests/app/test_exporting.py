"""`qingce export`: the tables of the last build as they stand; the public ones without a trace of what is internal."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from click.testing import CliRunner
from tests.app.conftest import Example

from qingce.app.cli import app
from qingce.app.exporting import export_results
from qingce.core.errors import CampaignError
from qingce.publish import missing_assets, read_results, render
from qingce.publish.results import INTERNAL

TOLD = ("达标可能性", "内部研判", "把握按")
"""Words by which a chance would be told."""
FOR_THE_OFFICE = re.compile(r"内部|概率|研判|回测|预警 \d|\b(?:internal|outlook|probability|chance|back-test)\b", re.I)
"""Words that no public page says of itself."""
METHOD = "断面月度研判"
"""The name of a method among the standards: what it is, not what it says."""
OFFICE_PAGES = ("outlook", "today", "month", "what-if")


@pytest.fixture(scope="module")
def public(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("public") / "公开"
    asked = ["export", str(example.folder), "--public", "--csv", "--site", "--out", str(out)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("公开结果（不含内部研判） public results：")
    return out


def test_the_public_tables_hold_nothing_internal(public: Path, example: Example) -> None:
    found = read_results(public)
    assert set(found.tables) == set(example.results.tables) - set(INTERNAL)
    assert found["progress"].num_rows == example.results["progress"].num_rows
    assert set(found["progress"]["probability"].to_pylist()) == {None}
    for name, table in found.tables.items():
        for column in table.column_names:
            text = "\n".join(cell for cell in table[column].to_pylist() if isinstance(cell, str))
            assert not [word for word in TOLD if word in text], (name, column)


def test_the_public_run_names_no_file_of_the_office(public: Path, example: Example) -> None:
    run = json.loads((public / "run.json").read_text("utf-8"))
    assert not {"notes", "counts", "files", "heads"} & run.keys()
    assert (run["as_of"], run["sample"]) == (example.results.run["as_of"], True)


def test_the_public_site_has_no_page_for_the_office(public: Path, example: Example) -> None:
    written = {file.relative_to(public / "site").as_posix() for file in (public / "site").rglob("*.*")}
    for name in OFFICE_PAGES:
        assert (example.site / f"{name}.html").is_file()
        assert not {f"{name}.html", f"{name}.json", f"en/{name}.html", f"en/{name}.json"} & written
    assert not [name for name in written if name.removeprefix("en/").startswith("review/")]
    assert {"index.html", "counties.html", "en/index.html", "en/counties.html"} <= written


def test_the_public_site_has_no_dead_link(public: Path) -> None:
    """A page that is not there is linked from nowhere, neither are the files of the office."""
    pages = {path: path.read_text("utf-8") for path in (public / "site").rglob("*.html")}
    ids = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in pages.items()}
    dead = set()
    for path, text in pages.items():
        for link in set(re.findall(r'(?:href|src|action)="([^"]*)"', text)) - {"data:,"}:
            address, anchor = urldefrag(unquote(link))
            there = (path.parent / address).resolve() if address else path
            if not there.is_file() or (anchor and there in ids and anchor not in ids[there]):
                dead.add(link)
    built = missing_assets()
    assert len(pages) > 500
    assert not {link for link in dead if not any(name in link for name in built)}


def test_the_public_site_says_no_word_for_the_office(public: Path) -> None:
    """What a plan says stands in it as written; of itself no page speaks of chances."""
    plan = "\n".join(row for row in read_results(public)["documents"]["text"].to_pylist())
    told = []
    for path in (public / "site").rglob("*.html"):
        body = re.sub(r"<script\b.*?</script>|<style\b.*?</style>", "", path.read_text("utf-8"), flags=re.S)
        words = re.sub(r"<[^>]+>", "\n", body).replace(METHOD, "")
        told += [(path.name, line) for line in words.split("\n") if FOR_THE_OFFICE.search(line) and line not in plan]
    assert told == []


def test_the_twins_of_the_public_site_hold_no_chance(public: Path) -> None:
    def held(value: object) -> bool:
        if isinstance(value, dict):
            mine = any(value.get(name) is not None for name in ("probability", "chance", "outlook", "warning"))
            return mine or any(map(held, value.values()))
        return isinstance(value, list) and any(map(held, value))

    twins = sorted((public / "site").rglob("*.json"))
    assert len(twins) > 500
    assert [path.name for path in twins if held(json.loads(path.read_text("utf-8")))] == []


@pytest.mark.parametrize("name", OFFICE_PAGES)
def test_public_results_serve_no_page_for_the_office(name: str, public: Path, example: Example) -> None:
    assert render(f"{name}.html", example.results)
    with pytest.raises(CampaignError, match="QC553") as told:
        render(f"{name}.html", read_results(public))
    assert "review/" not in str(told.value), "the pages there are, it names"


def test_a_ranking_of_unreviewed_figures_is_not_public(public: Path, example: Example) -> None:
    rows = example.results.rows("air_counties")
    left = read_results(public).rows("air_counties")
    assert left == [row for row in rows if not row["unreviewed"]]
    assert len(left) < len(rows)


def test_csv_has_the_very_numbers(public: Path, example: Example) -> None:
    with (public / "csv" / "progress.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, told in zip(rows, example.results.rows("progress"), strict=True):
        assert row["target_id"] == told["target_id"]
        assert row["probability"] == ""
        value = told["own_value"]
        assert row["own_value"] == "" if value is None else Decimal(row["own_value"]) == value
    assert {file.stem for file in (public / "csv").iterdir()} == set(read_results(public).tables)


def test_everything_is_exported_without_the_word(example: Example, tmp_path: Path) -> None:
    """A second export takes the first one's place: a table that is no longer there goes, other files stay."""
    (tmp_path / "x" / "csv").mkdir(parents=True)
    (tmp_path / "x" / "mine.txt").write_text("stays", "utf-8")
    (tmp_path / "x" / "csv" / "old.csv").write_text("goes", "utf-8")
    made = export_results(example.folder, tmp_path / "x", csv=True)
    assert (made.public, made.pages) == (False, 0)
    assert made.tables["outlook"] == example.results["outlook"].num_rows > 0
    again = read_results(tmp_path / "x")
    assert all(again[name].equals(example.results[name]) for name in again.tables)
    assert (tmp_path / "x" / "mine.txt").exists()
    assert not (tmp_path / "x" / "csv" / "old.csv").exists()


@pytest.mark.parametrize("inside", ["", "out", "out/x"])
def test_never_into_the_campaign(example: Example, inside: str) -> None:
    """The tables of the build are not written over by fewer."""
    before = (example.out / "run.json").read_bytes()
    with pytest.raises(CampaignError, match="QC632: 不能导出到战役文件夹里"):
        export_results(example.folder, example.folder / inside, public=True)
    assert (example.out / "run.json").read_bytes() == before


def test_before_the_first_build_there_is_nothing_to_export(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text('name = "x"\nregion = "140100"\n', "utf-8")
    with pytest.raises(CampaignError, match="QC605: 还没有构建结果"):
        export_results(tmp_path, tmp_path.parent / "elsewhere")


def test_json_says_what_was_written(example: Example, tmp_path: Path) -> None:
    out = tmp_path / "x"
    done = CliRunner().invoke(app, ["export", str(example.folder), "--public", "--out", str(out), "--json", "-"])
    said = json.loads(done.output)
    assert (said["ok"], said["public"], said["pages"], said["folder"]) == (True, True, 0, str(out))
    assert said["tables"]["progress"] == example.results["progress"].num_rows
