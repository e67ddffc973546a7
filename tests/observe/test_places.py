"""Places as printed become sites or region codes, or are refused with the choices."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from qingce.catalog import load_catalog
from qingce.catalog.feeds import SiteRule
from qingce.core.errors import ObservationError
from qingce.observe.places import named_places, region_of

REGIONS = load_catalog().regions
CITIES = SiteRule(kind="region")
LEVELS = ("city", "province", "county")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("太原", "140100"), ("太原市", "140100"), ("140100", "140100"), ("北京", "110000"), ("吉林", "220200"),
        ("海南州", "632500"), ("博州", "652700"), ("延边州", "222400"), ("襄樊", "420600"), ("莱芜", "370116"),
        ("昆山", "320583"), ("大兴安岭地区", "232700"), ("371200", "371200"),
    ],
)  # fmt: skip
def test_a_region_by_name_or_code(text: str, code: str):
    assert region_of(text, regions=REGIONS, levels=LEVELS).code == code


def test_the_day_decides_between_old_and_new():
    assert region_of("莱芜", regions=REGIONS, day=date(2015, 1, 1), levels=LEVELS).code == "371200"
    assert region_of("莱芜", regions=REGIONS, day=date(2020, 1, 1), levels=LEVELS).code == "370116"
    assert region_of("襄樊", regions=REGIONS, day=date(2020, 1, 1), levels=LEVELS).code == "420600"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("云泽市", "没有 none"),
        ("149999", "没有 none"),
        ("朝阳区", "110105 朝阳区、220104 朝阳区"),
        ("鼓楼", "320106 鼓楼区、320302"),
    ],
)
def test_no_region_or_several(text: str, found: str):
    with pytest.raises(ObservationError, match=rf"QC211: 行政区划“{text}”不存在或不唯一：{found}"):
        region_of(text, regions=REGIONS, levels=LEVELS)


def test_places_are_resolved_once_each():
    found = named_places(
        [pa.array(["太原", "太原市", "云泽", None, "太原"])], CITIES, regions=lambda: REGIONS, day=None, known=None
    )
    assert [found.keys[code] for code in found.codes] == ["140100", "140100", "云泽", "", "140100"]
    assert {found.keys[place]: error.code for place, error in found.faults.items()} == {"云泽": "QC211", "": "QC215"}


def test_sites_of_several_columns_are_joined_and_trimmed_unless_verbatim():
    names = [pa.array(["南阳", "南阳", "南阳"]), pa.array(["环保局", "环保局\u3000", " "])]
    rule = SiteRule(columns=(("city",), ("site",)))
    found = named_places(names, rule, regions=lambda: REGIONS, day=None, known=None)
    assert [found.keys[code] for code in found.codes] == ["南阳/环保局", "南阳/环保局", "南阳/"]
    assert [error.code for error in found.faults.values()] == ["QC215"]
    exact = SiteRule(columns=rule.columns, verbatim=True)
    found = named_places(names, exact, regions=lambda: REGIONS, day=None, known=None)
    assert [found.keys[code] for code in found.codes] == ["南阳/环保局", "南阳/环保局\u3000", "南阳/ "]


def test_a_list_of_sites_is_a_closed_list():
    found = named_places([pa.array(["A", "B"])], SiteRule(), regions=lambda: REGIONS, day=None, known={"A"})
    assert {found.keys[place]: error.code for place, error in found.faults.items()} == {"B": "QC210"}
    found = named_places([pa.array(["太原", "大同"])], CITIES, regions=lambda: REGIONS, day=None, known={"140100"})
    assert {found.keys[place]: error.code for place, error in found.faults.items()} == {"大同": "QC210"}
