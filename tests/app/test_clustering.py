"""The same answers on one machine and on a Spark cluster: a real master and two workers."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.store.processes.cluster import standalone

from qingce.app.clustering import Judging, evaluate_on_cluster
from qingce.app.evaluating import evaluate_file
from qingce.core.errors import QingceError
from qingce.core.tables import OBSERVATION, SITE, VALUE_TYPE, empty, shape
from qingce.store import compaction, open_lake
from qingce.store.spark import last_known

FIRST = datetime(2026, 2, 27)
POLLUTANTS = ("so2", "no2", "co", "o3", "pm10", "pm2_5")
FACTORS = ("ph", "do", "codmn", "nh3n", "tp", "cod", "bod5")
CITIES = {f"S{n:02d}": f"140{1 + n % 4}00" for n in range(11)} | {"alone": None}


def sites() -> pa.Table:
    rows = [
        {"site": site, "name": site, "kind": "air_site", "city": city, "city_name": city, "roles": "评价点"}
        for site, city in CITIES.items()
    ]
    rows += [{"site": f"R{n}", "name": f"R{n}", "kind": "section", "water_kind": "river"} for n in range(3)]
    return shape(pa.Table.from_pylist(rows), SITE)


def rows_of(seed: int, *, days: int = 6) -> pa.Table:
    """Hours with gaps, absences and values at every size; some sites come late and leave early."""
    dice = random.Random(seed)
    made = []
    for site in CITIES:
        late, early = dice.choice([0, 0, 30]), dice.choice([0, 0, 40])
        for hour in range(late, days * 24 - early):
            for name in POLLUTANTS:
                if dice.random() < 0.08:
                    continue
                absent = dice.choice(["invalid", "not_reported"]) if dice.random() < 0.05 else None
                size = dice.choice([5, 60, 200, 600])
                value = None if absent else Decimal(dice.randrange(size * 10)) / 10
                made.append(reading(site, name, FIRST + timedelta(hours=hour), value) | {"absent": absent})
    for section in ("R0", "R1", "R2"):
        for month in (1, 2, 3):
            for name in FACTORS:
                value = Decimal(dice.randrange(1, 3000)) / 100
                made.append(reading(section, name, datetime(2026, month, 5), value) | {"span": "P1M"})
    return shape(pa.Table.from_pylist(made, _schema()), OBSERVATION)


def reading(site: str, parameter: str, time: datetime, value: Decimal | None) -> dict[str, object]:
    return {"site": site, "parameter": parameter, "time": time, "span": "PT1H", "value": value, "review": "national"}


def _schema() -> pa.Schema:
    names = ("site", "parameter", "time", "span", "value", "review", "absent")
    return pa.schema([OBSERVATION.field(name) for name in names])


def late() -> pa.Table:
    """One hour that came after everything was packed, and one that is told again."""
    rows = [
        reading("S00", "pm2_5", FIRST + timedelta(days=6), Decimal(77)),
        reading("S01", "pm10", FIRST + timedelta(hours=50), Decimal(101)) | {"reason": "复核更正 corrected on review"},
    ]
    return shape(pa.Table.from_pylist(rows), OBSERVATION)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two segments, the second correcting some hours of the first."""
    folder = tmp_path_factory.mktemp("lake") / "lake"
    opened = open_lake(folder)
    rows = rows_of(1)
    opened.append("observation", rows, source="first")
    corrected = rows.take(pa.array(range(0, rows.num_rows, 37)))
    doubled = pa.array([None if v is None else v + 1 for v in corrected["value"].to_pylist()], VALUE_TYPE)
    place = corrected.column_names.index("value")
    reasons = pa.array(["复核更正 corrected on review"] * corrected.num_rows)
    corrected = corrected.set_column(place, "value", doubled)
    corrected = corrected.set_column(corrected.column_names.index("reason"), "reason", reasons)
    opened.append("observation", corrected, source="second")
    with pytest.MonkeyPatch.context() as small:
        small.setattr(compaction, "_BULK", 1000)
        assert opened.compact("observation")
    opened.append("observation", late(), source="third")
    forms = {"qingce.form" in str(pq.read_schema(file).metadata) for file in opened.files("observation")}
    assert forms == {True, False}  # packed files and files of rows
    opened.close()
    return folder


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sites as the file that `--sites` takes."""
    file = tmp_path_factory.mktemp("sites") / "sites.csv"
    rows = ["site,name,kind,city,city_name,roles,water_kind"]
    rows += [",".join(str(row[name] or "") for name in rows[0].split(",")) for row in sites().to_pylist()]
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("pyspark", reason="pip install 'qingce[spark]'")
    if shutil.which("java") is None:
        pytest.skip("没有 Java 运行环境 no Java runtime")
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    with standalone(tmp_path_factory.mktemp("spark")) as address:
        yield address


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.parametrize(
    ("medium", "by", "period"),
    [
        ("air", "city", "day"),
        ("air", "site", "hour"),
        ("surface-water", "", "month"),
    ],
)
def test_a_cluster_answers_what_one_machine_answers(
    lake: Path, master: str, register: Path, tmp_path: Path, medium: str, by: str, period: str
) -> None:
    here = evaluate_file(medium, lake, by=by, period=period, sites=register, out=tmp_path / "here.parquet")
    there = evaluate_file(
        medium, lake, by=by, period=period, sites=register, out=tmp_path / "there.parquet", master=master
    )
    assert here.num_rows > 3
    assert there.schema.names == here.schema.names
    if (medium, by) == ("air", "site"):  # a site of no city is judged on both; the order is by site on both
        assert "alone" in here["site"].to_pylist()
    key = [(name, "ascending") for name in here.column_names[:2]]
    assert there.sort_by(key).to_pylist() == here.sort_by(key).to_pylist()


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_a_fault_of_one_group_is_told_with_its_group(lake: Path, master: str) -> None:
    strange = Judging("air", "city", "day", "hj633-1999", sites())
    with pytest.raises(QingceError, match=r"QC530.*QC110") as told:
        evaluate_on_cluster(lake, strange, master=master)
    assert told.value.code == "QC530"


def test_a_medium_that_looks_at_all_rows_is_refused(lake: Path) -> None:
    with pytest.raises(QingceError, match=r"QC630.*cwqi"):
        evaluate_on_cluster(lake, Judging("cwqi", "", "", "auto", sites()), master="local[1]")


@pytest.mark.parametrize("places", [sites(), empty(SITE)], ids=["no lake", "no sites"])
def test_a_cluster_needs_a_lake_and_sites(tmp_path: Path, lake: Path, places: pa.Table) -> None:
    folder = lake if not places.num_rows else tmp_path
    with pytest.raises(QingceError, match="QC631"):
        evaluate_on_cluster(folder, Judging("air", "city", "day", "auto", places), master="local[1]")


def test_a_missing_runtime_is_told(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(QingceError, match=r"QC528.*Java"):
        evaluate_on_cluster(lake, Judging("air", "city", "day", "auto", sites()), master="local[1]")


def test_the_rows_in_force_are_those_of_a_scan(lake: Path) -> None:
    opened = open_lake(lake)
    try:
        scanned, everything = opened.scan("observation"), opened.history("observation", {})
    finally:
        opened.close()
    place = pa.array(range(everything.num_rows))
    rows = everything.append_column("_seq", place).append_column("_row", place)
    kept = last_known(rows, ("site", "parameter", "span", "time"))
    assert kept.num_rows < rows.num_rows
    names = ["site", "parameter", "time", "value", "absent", "reason"]
    assert kept.select(names).to_pylist() == scanned.select(names).to_pylist()
