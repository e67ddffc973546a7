"""Every medium refuses what it does not know by number: an item, a category, a period, a table without columns."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from tests.evaluate.points_made import CATALOG, one, places, table

from qingce.core.errors import QingceError
from qingce.evaluate import MEDIA, evaluate

POINTS = {
    "groundwater": ("nh3n", ""),
    "noise": ("ld", "2类"),
    "soil": ("soil_cd", "水田"),
    "drinking-water": ("nh3n", "河流"),
    "black-odorous": ("do", "城市"),
    "dustfall": ("dustfall", "汾渭"),
    "straw": ("fire_points", ""),
    "ratio": ("straw_used", ""),
    "source": ("cod", "一级A"),
    "ecology": ("eqi_pattern", ""),
    "emissions": ("prj_base_emission", "关停"),
}
"""An item each of these media knows, and a category where the limits ask for one."""
WATER = ("surface-water", "basin", "cwqi", "section-target", "flood-season", "lake")
SITE = {"emissions": "P1/nox", "black-odorous": "w/1"}


def site(medium: str) -> str:
    return SITE.get(medium, "a")


def test_every_medium_of_readings_is_here() -> None:
    assert {medium for medium in MEDIA if not medium.startswith("air")} == {*POINTS, *WATER}


@pytest.mark.parametrize("medium", POINTS)
def test_an_item_that_is_not_of_the_medium(medium: str) -> None:
    data, register = table([one(site(medium), "published_aqi", 1)]), places({site(medium): POINTS[medium][1]})
    with pytest.raises(QingceError, match=rf"QC257.*“published_aqi”不是{medium}"):
        evaluate(medium, data, catalog=CATALOG, sites=register)


@pytest.mark.parametrize("medium", [name for name, (_, category) in POINTS.items() if category])
def test_a_category_that_does_not_exist_or_is_not_told(medium: str) -> None:
    item, _ = POINTS[medium]
    data = table([one(site(medium), item, 1)])
    with pytest.raises(QingceError, match=r"QC258.*“月球”.*在站点表或文件的 category"):
        evaluate(medium, data, catalog=CATALOG, sites=places({site(medium): "月球"}))
    with pytest.raises(QingceError, match=rf"QC259.*“{re.escape(site(medium))}”没有类别"):
        evaluate(medium, data, catalog=CATALOG)


@pytest.mark.parametrize("medium", [*POINTS, *WATER])
def test_a_period_that_the_medium_has_not(medium: str) -> None:
    item, category = POINTS.get(medium, ("nh3n", ""))
    with pytest.raises(QingceError, match=rf"QC254.*“{medium}”.*fortnight"):
        evaluate(medium, table([one(site(medium), item, 1)]), catalog=CATALOG, period="fortnight",
                 sites=places({site(medium): category}))  # fmt: skip


@pytest.mark.parametrize("medium", [*POINTS, *WATER])
def test_a_table_without_a_column(medium: str) -> None:
    item, category = POINTS.get(medium, ("nh3n", ""))
    data: pa.Table = table([one(site(medium), item, 1)]).drop_columns(["value"])
    period = {"flood-season": "2026-05/2026-09"}.get(medium, "")
    with pytest.raises(QingceError, match=r"QC250.*value"):
        evaluate(medium, data, catalog=CATALOG, period=period, sites=places({site(medium): category}))


@pytest.mark.parametrize("medium", POINTS)
def test_an_edition_that_does_not_exist(medium: str) -> None:
    item, category = POINTS[medium]
    if medium == "ratio":
        pytest.skip("formulas stand with the indicators and have no edition")
    with pytest.raises(QingceError, match=r"QC110.*“moon-2030”"):
        evaluate(medium, table([one(site(medium), item, 1)]), catalog=CATALOG, edition="moon-2030",
                 sites=places({site(medium): category}))  # fmt: skip
