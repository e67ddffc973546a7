"""Results are read whole or not at all."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from qingce.core.errors import CampaignError
from qingce.core.tables import PROGRESS, VALUE
from qingce.publish import SCHEMAS, Results, read_results, results, write_results


def test_what_is_written_is_read(sample: Results, tmp_path: Path) -> None:
    write_results(sample, tmp_path)
    again = read_results(tmp_path)
    assert set(again.tables) == set(sample.tables)
    for name, table in sample.tables.items():
        assert again[name].equals(table), name
    assert again.run == sample.run
    assert again.sample is True


def test_the_files_stand_where_the_manual_says(sample: Results, tmp_path: Path) -> None:
    write_results(sample, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results", "run.json"]
    assert (tmp_path / "results" / "progress.parquet").is_file()
    listed = json.loads((tmp_path / "run.json").read_text("utf-8"))["tables"]
    assert listed["progress"]["rows"] == 15
    assert len(listed["progress"]["sha256"]) == 64


def test_a_second_build_replaces_the_first_and_leaves_nothing_behind(sample: Results, tmp_path: Path) -> None:
    write_results(sample, tmp_path)
    fewer = Results({"levels": sample["levels"]}, {"as_of": "2026-06-30"})
    write_results(fewer, tmp_path)
    again = read_results(tmp_path)
    assert list(again.tables) == ["levels"]
    assert again.run == {"as_of": "2026-06-30"}
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["levels.parquet", "run.json"]


def test_what_a_killed_build_left_is_not_read(sample: Results, tmp_path: Path) -> None:
    write_results(Results({"levels": sample["levels"]}, {}), tmp_path)
    unfinished = tmp_path / f".results-{os.getpid()}-new"
    unfinished.mkdir()
    (unfinished / "progress.parquet").write_bytes(b"PAR1 torn")
    assert list(read_results(tmp_path).tables) == ["levels"]
    write_results(sample, tmp_path)
    assert read_results(tmp_path)["progress"].num_rows == 15
    assert not unfinished.exists()


def test_nothing_built_is_said(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"QC551: 这个文件夹里没有建成的结果。.*Run qingce build first\.$"):
        read_results(tmp_path)


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_table_that_is_not_the_one_listed_is_refused(sample: Results, tmp_path: Path, damage: str) -> None:
    write_results(sample, tmp_path)
    file = tmp_path / "results" / "quota.parquet"
    if damage == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"X")
    else:
        file.unlink()
    with pytest.raises(CampaignError, match=r"QC552: 结果表“quota”缺失或与清单不符.*Run qingce build again\.$"):
        read_results(tmp_path)


def test_a_name_that_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"QC550: 没有名为“scores”的结果表.*Use one of: progress, quota"):
        _ = Results()["scores"]
    with pytest.raises(CampaignError, match=r"QC550.*scores.*Use one of: progress"):
        write_results(Results({"scores": pa.table({"a": [1]})}), tmp_path)


def test_a_missing_table_has_no_rows_but_its_columns() -> None:
    nothing = Results()
    assert nothing["progress"].schema == PROGRESS
    assert nothing["air_site_days"].num_columns == 0
    assert nothing.rows("progress", where={"target_id": "T"}) == []
    assert nothing.rows("air_site_days", where={"subject": "A1"}) == []
    assert nothing.sample is False


def test_a_table_is_brought_into_its_schema_and_further_columns_stay(tmp_path: Path) -> None:
    given = pa.table({"new": ["x"], "value": [Decimal("1.5")], "indicator": ["i"]})
    write_results(Results({"values": given}), tmp_path)
    found = read_results(tmp_path)["values"]
    assert found.schema.names == [*VALUE.names, "new"]
    assert found.to_pylist()[0]["value"] == Decimal("1.500000")
    assert found.to_pylist()[0]["scope"] is None


def test_rows_are_picked_by_equality_and_lists(sample: Results) -> None:
    one = sample.rows("progress", columns=["target_id"], where={"target_id": "T-yz-003"})
    assert one == [{"target_id": "T-yz-003"}]
    two = sample.rows("sites", columns=["site"], where={"site": ["W1", "A1"], "kind": "section"})
    assert two == [{"site": "W1"}]
    assert sample.rows("sites", where={"site": []}) == []
    assert sample.rows("exceptions", columns=["id"], where={"start": date(2026, 3, 9)}) == [{"id": "E1"}]


def test_tables_can_be_put_in_without_touching_the_rest(sample: Results) -> None:
    other = sample.with_tables({"hours": sample["hours"].slice(0, 3)})
    assert other["hours"].num_rows == 3
    assert sample["hours"].num_rows > 3
    assert other["progress"] is sample["progress"]


def test_every_schema_has_distinct_columns() -> None:
    for name, schema in SCHEMAS.items():
        if schema is not None:
            assert len(set(schema.names)) == len(schema.names), name


def told(as_of: str) -> Results:
    return Results({"levels": pa.Table.from_pylist([{"zh": as_of}], SCHEMAS["levels"])}, {"as_of": as_of})


def test_results_exchanged_while_they_are_read_are_all_of_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list was the old build's, the tables are the new one's: once told as damage (QC552)."""
    write_results(told("2026-05-31"), tmp_path)
    digest, builds = results._digest, iter(["2026-06-30"])

    def slow(path: Path) -> str:
        for as_of in builds:
            write_results(told(as_of), tmp_path)
        return digest(path)

    monkeypatch.setattr(results, "_digest", slow)
    found = read_results(tmp_path)
    assert (found.run["as_of"], found.rows("levels")[0]["zh"]) == ("2026-06-30", "2026-06-30")


def test_who_comes_between_the_two_renames_waits_for_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_results(told("2026-05-31"), tmp_path)
    (tmp_path / "results").rename(tmp_path / ".results-7-old")

    def pause(_seconds: float) -> None:
        write_results(told("2026-06-30"), tmp_path)

    monkeypatch.setattr(results.time, "sleep", pause)
    assert read_results(tmp_path).run["as_of"] == "2026-06-30"


def test_results_that_a_killed_build_took_away_are_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_results(told("2026-05-31"), tmp_path)
    (tmp_path / "results").rename(tmp_path / ".results-7-old")
    pauses: list[float] = []
    monkeypatch.setattr(results.time, "sleep", pauses.append)
    with pytest.raises(CampaignError, match="QC551"):
        read_results(tmp_path)
    assert 1 <= sum(pauses) <= 5


def test_damage_and_nothing_at_all_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results.time, "sleep", lambda _seconds: pytest.fail("waited for nothing"))
    with pytest.raises(CampaignError, match="QC551"):
        read_results(tmp_path)
    write_results(told("2026-05-31"), tmp_path)
    (tmp_path / "results" / "levels.parquet").write_bytes(b"x")
    with pytest.raises(CampaignError, match="QC552"):
        read_results(tmp_path)
