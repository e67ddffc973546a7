"""`campaign.toml`: every key, its defaults, and a fault with file and line for everything else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qingce.app.campaign import Campaign, FeedFile, PlanFile, read_campaign
from qingce.app.starting import make_example, make_folder
from qingce.core.errors import CampaignError, ContentError
from qingce.core.periods import parse_period

LEAST = 'name = "示例"\nregion = "140100"\n'


def campaign(folder: Path, text: str = "", *, files: tuple[str, ...] = ()) -> Campaign:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", "utf-8")
    (folder / "campaign.toml").write_text(LEAST + text, "utf-8")
    return read_campaign(folder)


def test_the_least_there_can_be(tmp_path: Path) -> None:
    found = campaign(tmp_path)
    assert (found.name, found.region, found.language, found.sample, found.as_of) == (
        "示例",
        "140100",
        "zh",
        False,
        None,
    )
    assert (found.plans, found.feeds, found.sites, found.official, found.exceptions) == ((), (), None, (), ())
    assert found.lake == tmp_path / ".qingce" / "lake"
    assert found.book == str(tmp_path / ".qingce" / "book.sqlite")
    assert found.out == tmp_path / "out"


def test_everything(tmp_path: Path) -> None:
    text = """
region_name = "太原"
period = "2024/2026"
as_of = 2026-05-31
sample = true
language = "en"
overlays = ["more"]
sites = "data/sites.csv"
official = ["data/o1.csv", "data/o2.csv"]
exceptions = "data/sand.csv"
lake = "/srv/lake"
book = "postgresql://host/book"
[[plans]]
file = "plans/a.docx"
number = "示例〔2024〕8号"
[[feeds]]
path = "data/air-*.csv"
feed = "canonical-air-wide"
review = "national"
[basis.pm2_5_annual]
series = "deducted"
rounding = "integer"
"""
    names = ("more/sources.toml", "data/sites.csv", "data/o1.csv", "data/o2.csv", "data/sand.csv", "plans/a.docx")
    found = campaign(tmp_path, text, files=(*names, "plans/b.docx", "data/air-2.csv", "data/air-1.csv"))
    assert (found.period, found.as_of, found.sample) == (parse_period("2024/2026"), date(2026, 5, 31), True)
    assert found.plans == (PlanFile(tmp_path / "plans/a.docx", "示例〔2024〕8号"),)
    feeds = [FeedFile(tmp_path / f"data/air-{i}.csv", "canonical-air-wide", "national") for i in (1, 2)]
    assert list(found.feeds) == feeds
    assert (found.overlays, found.sites) == ((tmp_path / "more",), tmp_path / "data/sites.csv")
    assert [file.name for file in (*found.official, *found.exceptions)] == ["o1.csv", "o2.csv", "sand.csv"]
    assert found.basis == {"pm2_5_annual": {"series": "deducted", "rounding": "integer"}}
    assert (found.lake, found.book) == (Path("/srv/lake"), "postgresql://host/book")


def test_every_file_of_plans_when_none_is_named(tmp_path: Path) -> None:
    found = campaign(tmp_path, files=("plans/b.txt", "plans/a.docx", "plans/old/c.txt"))
    assert [plan.file.name for plan in found.plans] == ["a.docx", "b.txt"]


def test_the_overlay_is_content_when_it_is_there(tmp_path: Path) -> None:
    assert campaign(tmp_path).overlays == ()
    assert campaign(tmp_path, files=("content/sources.toml",)).overlays == (tmp_path / "content",)


WRONG = {
    'nmae = "x"': ("QC102", "nmae", 3),
    'as_of = "2026-05-31"': ("QC107", "as_of", 3),
    "as_of = 2026-05-31T07:00:00": ("QC107", "as_of", 3),
    "sites = 7": ("QC107", "sites", 3),
    'plans = "a.docx"': ("QC107", "plans", 3),
    '[[plans]]\nfiel = "a"': ("QC102", "fiel", 4),
    '[[plans]]\nnumber = "a"': ("QC103", "file", None),
    '[[feeds]]\nfeed = "a"': ("QC103", "path", None),
    '[[feeds]]\npath = "a.csv"\nfeed = "x"\nreviewd = "x"': ("QC102", "reviewd", 6),
    "basis = 3": ("QC107", "basis", 3),
    "basis.x = 3": ("QC107", "basis", None),
    'period = "fifteen"': ("QC107", "fifteen", None),
    'name = "again"': ("QC101", "", None),
    "as_of = 2026-02-30": ("QC101", "", 3),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_fault_names_file_line_and_key(tmp_path: Path, text: str) -> None:
    code, word, line = WRONG[text]
    place = rf"campaign\.toml:{line}" if line else ""
    with pytest.raises(ContentError, match=rf"^{code}: .*{word}.*{place}"):
        campaign(tmp_path, text)


@pytest.mark.parametrize("text", ['sites = "no.csv"', '[[plans]]\nfile = "no.csv"', 'official = ["no.csv"]'])
def test_a_file_that_is_not_there(tmp_path: Path, text: str) -> None:
    with pytest.raises(CampaignError, match=r"QC602: .*no\.csv.*campaign\.toml:"):
        campaign(tmp_path, text)


def test_no_campaign(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"QC601: .*qingce init"):
        read_campaign(tmp_path)


def test_a_new_folder_reads_at_once_and_is_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "我的市"
    told = list(make_folder(folder, name="", region="140100"))
    assert read_campaign(folder).name == "我的市"
    assert any("qingce build" in line for line in told)
    assert {path.name for path in folder.iterdir()} == {"campaign.toml", "plans", "data", "registers", "content"}
    with pytest.raises(CampaignError, match="QC604"):
        list(make_folder(folder, name="x", region="140100"))
    with pytest.raises(CampaignError, match="QC604"):
        make_example(folder)


def test_a_name_with_quotes_or_backslashes_still_reads(tmp_path: Path) -> None:
    list(make_folder(tmp_path / "x", name='攻坚 "蓝天" \\ 2026', region="140100"))
    assert read_campaign(tmp_path / "x").name == '攻坚 "蓝天" \\ 2026'
