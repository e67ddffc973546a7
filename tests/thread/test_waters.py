"""Which sections a plan's river, basin or place in the water means, by the register's own columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from qingce.catalog import Catalog
from qingce.core.tables import SITE, shape
from qingce.plans import read_document, read_text
from qingce.thread.binding import bind
from qingce.thread.scope import Scope, resolve_scope

DINGXI = "621100"
RIVERS = {
    "A1": ("洮河", "黄河流域", "国考,出境"), "A2": ("洮河", "黄河流域", "省考"), "A3": ("渭河干流", "渭河流域", "国考"),
    "A4": ("关川河", "黄河流域", "省考,入黄"), "A5": ("北洮河", "黄河流域", "国考"), "A6": ("", "", "国考"),
}  # fmt: skip


def listed(rivers: Mapping[str, tuple[str, str, str]]) -> pa.Table:
    """Sections of a city, each of a river, a basin and roles."""
    rows = [
        {"site": site, "name": f"{site}断面", "kind": "section", "city": DINGXI, "river": river or None,
         "basin": basin or None, "roles": roles, "water_kind": "river"}
        for site, (river, basin, roles) in rivers.items()
    ]  # fmt: skip
    return shape(pa.Table.from_pylist(rows), SITE)


def meant(
    printed: str, subject: str = "", *, catalog: Catalog, rivers: Mapping[str, tuple[str, str, str]] = RIVERS
) -> Scope | None:
    rows: Sequence[Mapping[str, object]] = listed(rivers).to_pylist()
    return resolve_scope(
        printed, region=DINGXI, medium="water", catalog=catalog, sites=rows, subject=subject, named=False
    )


@pytest.mark.parametrize(
    ("printed", "subject", "sections", "name"),
    [
        ("洮河干流", "洮河干流水质类别", ("A1", "A2"), "洮河断面"),
        ("全市", "渭河干流水质类别", ("A3",), "渭河干流断面"),
        ("全市", "黄河流域国控断面水质优良比例", ("A1", "A5"), "黄河流域国考断面"),
        ("", "黄河流域断面水质优良比例", ("A1", "A2", "A4", "A5"), "黄河流域断面"),
        ("全市", "入黄断面水质类别", ("A4",), "入黄断面"),
        ("洮河", "洮河出境断面水质类别", ("A1",), "洮河出境断面"),
        ("全市", "北洮河水质类别", ("A5",), "北洮河断面"),
        ("洮河、关川河", "水质类别", ("A1", "A2", "A4"), "关川河、洮河断面"),
        ("渭河流域", "劣Ⅴ类断面比例", ("A3",), "渭河流域断面"),
    ],
    ids=["river", "main stream", "basin and level", "basin", "place", "river and place", "longer name", "two rivers",
         "basin of a river's name"],
)  # fmt: skip
def test_a_water_means_its_sections(
    catalog: Catalog, printed: str, subject: str, sections: tuple[str, ...], name: str
) -> None:
    scope = meant(printed, subject, catalog=catalog)
    assert scope is not None
    assert (scope.kind, scope.subjects, scope.name) == ("sections", sections, name)
    assert scope.code == "+".join(sections)


@pytest.mark.parametrize(
    "subject",
    ["牛谷河干流水质类别", "洮河支流水质类别", "洮河流域断面优良比例", "黄河流域市控断面水质优良比例"],
    ids=["another river", "a tributary", "a basin that no section is of", "a level that no section of it has"],
)
def test_a_water_that_no_section_is_of_is_not_the_whole_city(catalog: Catalog, subject: str) -> None:
    assert meant("全市", subject, catalog=catalog) is None


@pytest.mark.parametrize(
    "subject", ["地表水国控断面水质优良比例", "主要支流断面水质优良比例", "重点流域断面水质优良比例"]
)
def test_waters_in_general_are_all_sections(catalog: Catalog, subject: str) -> None:
    scope = meant("全市", subject, catalog=catalog)
    assert scope is not None
    assert scope.code == DINGXI


def test_without_any_river_in_the_register_a_basin_says_nothing(catalog: Catalog) -> None:
    """A city all of one basin need not write it down: the sentence is about its sections, as it always was."""
    bare = dict.fromkeys(("A1", "A2"), ("", "", "国考"))
    scope = meant("全市", "黄河流域国控断面水质优良比例", catalog=catalog, rivers=bare)
    assert scope is not None
    assert scope.subjects == ("A1", "A2")


def test_a_section_named_in_the_words_goes_before_its_river(catalog: Catalog) -> None:
    scope = meant("洮河A2断面", "水质类别", catalog=catalog)
    assert scope is not None
    assert scope.subjects == ("A2",)


def test_the_rivers_of_a_real_plan_bind_to_their_own_sections(shared: Path, catalog: Catalog) -> None:
    """洮河、渭河、关川河干流水质分别达到Ⅱ类、Ⅲ类、Ⅴ类; 牛谷河 stands in no register here."""
    reading = read_document(next((shared / "plans").glob("002_*.txt")), catalog)
    bindings = bind([reading], catalog, listed(RIVERS), region=DINGXI, as_of=date(2025, 6, 30))
    found = {b.target.indicator: b for b in bindings if "干流水质类别" in b.target.indicator}
    told = {name: (b.bound, b.scope.subjects if b.scope else ()) for name, b in found.items()}
    assert told == {
        "洮河干流水质类别": (True, ("A1", "A2")),
        "渭河干流水质类别": (True, ("A3",)),
        "关川河干流水质类别": (True, ("A4",)),
        "牛谷河干流水质类别": (False, ()),
    }


@pytest.mark.parametrize(
    ("sentence", "indicator", "sections"),
    [
        ("到2027年，黄河流域劣Ⅴ类断面全部消除。", "bad_section_ratio", ("A1", "A2", "A4", "A5")),
        ("到2027年，渭河流域优良断面比例达到90%。", "good_section_ratio", ("A3",)),
        ("到2027年，黄河流域国考断面劣Ⅴ类水体动态清零。", "bad_section_ratio", ("A1", "A5")),
        ("2027年底前，洮河劣Ⅴ类断面“清零”。", "bad_section_ratio", ("A1", "A2")),
        ("2027年底前，关川河劣Ⅴ类水体全面消除。", "section_class", ("A4",)),
        ("到2027年，入黄断面退出劣Ⅴ类。", "bad_section_ratio", ("A4",)),
        ("到2027年，全面消除劣Ⅴ类断面。", "bad_section_ratio", ("A1", "A2", "A3", "A4", "A5", "A6")),
    ],
)  # fmt: skip
def test_a_sentence_that_ends_the_worst_class_binds_to_its_water(
    catalog: Catalog, sentence: str, indicator: str, sections: tuple[str, ...]
) -> None:
    reading = read_text(f"青石市水污染防治攻坚行动方案\n一、主要目标\n{sentence}\n", catalog)
    (bound,) = bind([reading], catalog, listed(RIVERS), region=DINGXI, as_of=date(2026, 6, 30))
    assert (bound.bound, bound.target.indicator_id) == (True, indicator)
    assert bound.scope is not None
    assert bound.scope.subjects == sections
