"""`qingce export`: the tables of the last build as they stand; the public ones without a trace of what is internal."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.conftest import Example
from qingce.app.cli import app
from qingce.app.exporting import export_results
from qingce.core.errors import CampaignError
from qingce.publish import read_results
from qingce.publish.results import INTERNAL

TOLD = ("达标可能性", "内部研判", "把握按")
"""Words by which a chance would be told."""


@pytest.fixture(scope="module")
def public(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("public") / "公开"
    done = CliRunner().invoke(app, ["export", str(example.folder), "--public", "--csv", "--out", str(out)])
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
