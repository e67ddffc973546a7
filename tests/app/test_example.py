"""The example campaign is whole, marked, modest in size, and the same bytes for the same seed."""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from docx import Document
from tests.app.conftest import Example

from qingce.app.example import write_example
from qingce.app.example.story import MARK, Noise, load_story

PLAN = "plans/云泽市深入打好污染防治攻坚战实施方案.docx"


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("example") / "yunze"
    write_example(made)
    return made


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_example(tmp_path)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_writes_other_weather_and_the_same_plan(folder: Path, tmp_path: Path) -> None:
    write_example(tmp_path, seed=7)
    ours, other = digests(folder), digests(tmp_path)
    assert ours.keys() == other.keys()
    changed = {name for name in ours if ours[name] != other[name]}
    assert changed == {name for name in ours if re.match(r"data/(air|water|weather)-", name)}


def test_writing_again_replaces_only_its_own(tmp_path: Path) -> None:
    write_example(tmp_path)
    (tmp_path / "data/mine.csv").write_text("a\n", "utf-8")
    (tmp_path / "campaign.toml").write_text("broken", "utf-8")
    write_example(tmp_path)
    assert (tmp_path / "data/mine.csv").read_text("utf-8") == "a\n"
    assert tomllib.loads((tmp_path / "campaign.toml").read_text("utf-8"))["sample"] is True


def test_every_file_says_that_it_is_an_example(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".docx":
            marked = MARK in path.name or "示例" in path.read_text("utf-8")
            assert marked, path
    assert MARK in "\n".join(p.text for p in Document(str(folder / PLAN)).paragraphs)


def test_the_campaign_names_files_that_are_there(folder: Path) -> None:
    campaign = tomllib.loads((folder / "campaign.toml").read_text("utf-8"))
    assert campaign["as_of"].isoformat() == "2026-10-31"
    assert campaign["region"] == "990100"
    named = [plan["file"] for plan in campaign["plans"]]
    named += [campaign["sites"], *campaign["official"], *campaign["exceptions"], *campaign["overlays"]]
    assert all((folder / name).exists() for name in named)
    matched = [path for feed in campaign["feeds"] for path in folder.glob(feed["path"])]
    points = ("groundwater", "drinking-water", "noise", "dustfall", "forecast", "weather")
    on_disk = [path for name in ("air", "water", *points) for path in folder.glob(f"data/{name}-*")]
    assert sorted(matched) == sorted(on_disk), "each file belongs to one feed"


def test_counts_of_the_air(folder: Path) -> None:
    files = sorted((folder / "data").glob("air-*.csv"))
    assert [path.name.split("-")[1] for path in files] == ["national"] * 5 + ["preliminary"]
    story = load_story()
    table = [row for path in files for row in rows(path)]
    assert len(table) == 6 * len(story.hours) == 254_160
    assert len({(row["site"], row["time"]) for row in table}) == len(table)
    first, last = table[0]["time"], table[-1]["time"]
    assert (first, last) == ("2022-01-01T00:00:00+08:00", "2026-10-31T23:00:00+08:00")
    assert datetime.fromisoformat(first).utcoffset() is not None
    lost = sum(row["pm2_5"] == "" for row in table) / len(table)
    assert 0.002 < lost < 0.02


def test_what_is_young_is_not_yet_reviewed(folder: Path) -> None:
    young = [row["time"] for path in (folder / "data").glob("*preliminary*") for row in rows(path)]
    old = [row["time"] for path in (folder / "data").glob("*national*") for row in rows(path)]
    assert min(young) >= "2026-09-01"
    assert max(old) < "2026-09-01"


def test_sand_fireworks_gaps_and_the_stuck_instrument_are_there(folder: Path) -> None:
    by_time = {
        (row["site"], row["time"][:13]): row
        for path in sorted((folder / "data").glob("air-national-202[56]*"))
        for row in rows(path)
    }
    assert int(by_time["YZA01", "2026-04-08T06"]["pm10"]) > 600
    before, during = by_time["YZA01", "2026-02-16T18"], by_time["YZA01", "2026-02-17T00"]
    assert int(during["so2"]) > 2 * int(before["so2"])
    assert by_time["YZA05", "2025-08-05T12"]["pm2_5"] == ""
    stuck = {by_time["YZA03", f"2026-06-{day}T{hour:02d}"]["pm10"] for day in (22, 23) for hour in range(19)}
    assert len(stuck) == 1
    assert stuck != {""}


def test_counts_of_the_water(folder: Path) -> None:
    manual = [row for path in sorted((folder / "data").glob("water-manual-*")) for row in rows(path)]
    assert len({row["site"] for row in manual}) == 8
    assert len(manual) == 8 * 58 * 15
    auto = [row for path in sorted((folder / "data").glob("water-auto-*")) for row in rows(path)]
    assert {row["site"] for row in auto} == {"YZW02", "YZW03", "YZW08"}
    assert {row["time"][11:13] for row in auto} == {"00", "04", "08", "12", "16", "20"}
    assert 100_000 < len(auto) < 120_000
    assert any(row["value"].endswith("L") for row in manual), "laboratories write below-detection as limit and L"


def test_two_forecasters_said_three_days_ahead_for_two_months(folder: Path) -> None:
    (path,) = (folder / "data").glob("forecast-*.csv")
    said = rows(path)
    by_issuer = Counter(row["issuer"] for row in said)
    assert set(by_issuer.values()) == {60 * 3}
    assert len(by_issuer) == 2
    leads = Counter((date.fromisoformat(row["day"]) - date.fromisoformat(row["made_on"])).days for row in said)
    assert leads == {1: 120, 2: 120, 3: 120}
    assert max(row["made_on"] for row in said) == "2026-10-31"
    assert {row["note"] for row in said} == {MARK}


def test_automatic_station_agrees_with_the_month(folder: Path) -> None:
    """The station of the failing section tells the same story as its samples."""
    found: dict[str, list[float]] = {}
    for path in sorted((folder / "data").glob("water-auto-*")):
        for row in rows(path):
            if row["site"] == "YZW03" and row["parameter"] == "nh3n" and row["time"].startswith("2026"):
                found.setdefault(row["time"][5:7], []).append(float(row["value"]))
    means = {month: sum(values) / len(values) for month, values in found.items()}
    assert means["01"] == pytest.approx(0.82, abs=0.02)
    assert means["10"] == pytest.approx(1.41, abs=0.02)


def test_the_plan_numbers_itself(folder: Path) -> None:
    document = Document(str(folder / PLAN))
    levels = [
        p._p.pPr.numPr.ilvl.val for p in document.paragraphs if p._p.pPr is not None and p._p.pPr.numPr is not None
    ]
    assert levels.count(0) == 9
    assert levels.count(1) == 27
    assert levels.count(2) == 7
    assert not any(re.match(r"[一二三四五六七八九十]+、|（[一二三]", p.text) for p in document.paragraphs)
    xml = document.part.numbering_part.element.xml
    for text in ("%1、", "（%2）", "%3."):
        assert text in xml


def test_the_plan_is_long_enough_and_promises_enough(folder: Path) -> None:
    text = "\n".join(p.text for p in Document(str(folder / PLAN)).paragraphs)
    assert 3_800 < len(re.sub(r"\s", "", text)) < 4_800
    numbers = re.findall(r"\d+(?:\.\d+)?(?:%|吨|微克|毫克|家|公里|万亩|亿元|台次|个|日内)", text)
    assert len(numbers) >= 45
    for phrase in (
        "分别达到",
        "比2020年下降",
        "XX万千瓦",
        "完成省级下达",
        "实现全覆盖",
        "左右",
        "力争",
        "稳定在",
        "均达到",
    ):
        assert phrase in text, phrase


def test_streams_are_independent_and_steady() -> None:
    """The first numbers of a stream, as numpy's frozen generator gives them for ever."""
    one, again = Noise(1, "a").normal(3), Noise(1, "a").normal(3)
    assert (one == again).all()
    assert (one != Noise(1, "b").normal(3)).all()
    walk = Noise(1, "a").walk(20_000, memory=0.6)
    assert walk.std() == pytest.approx(1, abs=0.05)


def test_the_weather_explains_the_particles_and_is_marked(folder: Path) -> None:
    """Each day of the story once; calm and damp days are the dirty ones."""
    lines = (folder / "data" / "weather-示例数据.csv").read_text("utf-8").splitlines()
    rows = [line.split(",") for line in lines[1:]]
    days = (date(2026, 10, 31) - date(2022, 1, 1)).days + 1
    assert len(rows) == 3 * days
    assert {row[-1] for row in rows} == {"示例数据"}
    values = {name: [float(row[4]) for row in rows if row[1] == name] for name in ("humidity", "wind_speed")}
    assert len({row[2] for row in rows}) == days
    assert 5 <= min(values["humidity"]) <= max(values["humidity"]) <= 100
    assert min(values["wind_speed"]) >= 0
    pairs = list(zip(values["humidity"], values["wind_speed"], strict=True))
    damp, dry = ([wind for wet, wind in pairs if (wet > 70) == high] for high in (True, False))
    assert sum(damp) / len(damp) < sum(dry) / len(dry)


def test_the_monthly_consultation_tells_weather_from_effort(example: Example) -> None:
    """One pollutant, with its held-out skill; where scikit-learn is missing the paragraph says so instead."""
    rows = example.results.rows("weather")
    assert {row["indicator"] for row in rows} == {"pm2_5"}
    assert {row["scope"] for row in rows} == {"990100"}
    document = Document(str(example.out / "月度会商.docx"))
    told = [each.text for each in document.paragraphs if "天帮忙、人努力" in each.text]
    assert len(told) == len(rows) > 0
    for row, text in zip(rows, told, strict=True):
        figures = re.findall(r"[+−]?\d+\.\d+", str(row["text"]).replace("-", "−"))
        assert len(figures) >= 7 or row["reason"], row
        assert all(figure in text for figure in figures), text
        assert ("留出检验 R²" in text) != ("scikit-learn" in text)
