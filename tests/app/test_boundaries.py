"""Outlines of regions: read strictly, drawn on the map, and those of the example hold together."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from qingce.app.boundaries import read_boundaries
from qingce.app.campaign import read_campaign
from qingce.app.example.story import content
from qingce.app.lists import catalogue_tables
from qingce.catalog import load_catalog
from qingce.core.errors import CampaignError, ContentError

SQUARE = [[112, 32], [113, 32], [113, 33], [112, 33], [112, 32]]
Point = tuple[Fraction, Fraction]


def feature(code: object = "990101", rings: object = None, *, key: str = "adcode", kind: str = "Polygon") -> object:
    geometry = {"type": kind, "coordinates": [SQUARE] if rings is None else rings}
    return {"type": "Feature", "properties": {key: code}, "geometry": geometry}


def written(tmp_path: Path, *features: object, **more: object) -> Path:
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)} | more), "utf-8")
    return path


@pytest.mark.parametrize("key", ["adcode", "code"])
def test_an_outline_is_known_by_its_code(tmp_path: Path, key: str):
    found = read_boundaries(written(tmp_path, feature(key=key)), {"990101", "990102"})
    assert {code: json.loads(text) for code, text in found.items()} == {
        "990101": {"type": "Polygon", "coordinates": [SQUARE]}
    }


def test_a_code_written_as_a_number_is_a_code(tmp_path: Path):
    assert set(read_boundaries(written(tmp_path, feature(140100)), {"140100"})) == {"140100"}


def test_several_parts_and_heights_are_kept(tmp_path: Path):
    high = [[*point, 800] for point in SQUARE]
    found = read_boundaries(written(tmp_path, feature(rings=[[high], [SQUARE]], kind="MultiPolygon")), {"990101"})
    assert json.loads(found["990101"])["coordinates"] == [[high], [SQUARE]]


def test_other_places_and_boundary_lines_are_passed_over(tmp_path: Path):
    line = {"type": "Feature", "properties": {"adcode": ""}, "geometry": {"type": "LineString", "coordinates": SQUARE}}
    strange = feature("110000", rings=[])
    assert set(read_boundaries(written(tmp_path, line, strange, feature()), {"990101"})) == {"990101"}


OPEN = [[112, 32], [113, 32], [113, 33], [112, 33]]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([feature("990109")], r"QC612: .*没有 990101 中任何一个的边界.*b\.geojson.*GeoJSON"),
        ([], r"QC612: .*没有 990101"),
        ([feature(), feature()], r"QC612: .*990101 出现两次.*b\.geojson#2"),
        ([feature(kind="Point")], r"QC612: .*几何类型 Point.*b\.geojson#1（990101）"),
        ([feature(rings=[])], r"QC612: .*坐标是空的"),
        ([feature(rings=[[]])], r"QC612: .*坐标是空的"),
        ([feature(rings={"a": 1})], r"QC612: .*坐标是空的"),
        ([feature(rings=[OPEN])], r"QC612: .*环没有闭合"),
        ([feature(rings=[[[112, 32], [113, 32], [112, 32]]])], r"QC612: .*环没有闭合"),
        ([feature(rings=SQUARE)], r"QC612: .*坐标 112 不是经纬度"),
        ([feature(rings=[[[12600000, 3800000]] * 4])], r"QC612: .*坐标 \[12600000, 3800000\] 不是经纬度"),
        ([feature(rings=[[[32, 112]] * 4])], r"QC612: .*\[32, 112\] 不是经纬度"),
        ([feature(rings=[[["112", "32"]] * 4])], r"QC612: .*不是经纬度"),
        ([feature(rings=[[[True, False]] * 4])], r"QC612: .*不是经纬度"),
        ([feature(rings=[[[112]] * 4])], r"QC612: .*不是经纬度"),
        ([{"type": "Feature", "properties": {"adcode": "990101"}}], r"QC612: .*几何类型 None"),
        ([{"type": "Feature", "geometry": {}}], r"QC612: .*没有 properties.*b\.geojson#1"),
        (["990101"], r"QC612: .*不是 Feature"),
    ],
)
def test_a_broken_outline_is_refused_with_its_place(tmp_path: Path, features: list[object], message: str):
    with pytest.raises(CampaignError, match=message):
        read_boundaries(written(tmp_path, *features), {"990101"})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{\n 'a': 1}", r"QC612: .*不是 JSON.*b\.geojson:2"),
        (b"", r"QC612: .*不是 JSON.*b\.geojson:1"),
        ("{'a': '乙'}".encode("gb18030"), r"QC612: .*不是 UTF-8"),
        (b"[]", r"QC612: .*不是 FeatureCollection"),
        (b'{"type": "Feature"}', r"QC612: .*不是 FeatureCollection"),
        (b'{"type": "Topology", "features": []}', r"QC612: .*不是 FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": {}}', r"QC612: .*不是 FeatureCollection"),
    ],
)
def test_a_file_that_is_no_geojson_is_refused(tmp_path: Path, raw: bytes, message: str):
    path = tmp_path / "b.geojson"
    path.write_bytes(raw)
    with pytest.raises(CampaignError, match=message):
        read_boundaries(path, {"990101"})


def test_a_real_file_of_boundaries_reads(shared: Path, tmp_path: Path):
    path = tmp_path / "china.geojson"
    path.write_bytes(gzip.decompress((shared / "data/geo_china/china_city.geojson.gz").read_bytes()))
    catalog = load_catalog()
    codes = {row.code for row in catalog.regions.children("140000")}
    assert set(read_boundaries(path, codes)) == codes
    assert len(codes) == 11


def test_the_campaign_names_the_file_and_the_regions_get_their_outlines(tmp_path: Path):
    (tmp_path / "data").mkdir()
    written(tmp_path / "data", feature("140105"), feature("140106"))
    text = 'name = "x"\nregion = "140100"\nboundaries = "data/b.geojson"\n'
    (tmp_path / "campaign.toml").write_text(text, "utf-8")
    campaign = read_campaign(tmp_path)
    assert campaign.boundaries == tmp_path / "data/b.geojson"
    tables = catalogue_tables(
        load_catalog(), as_of=date(2026, 10, 31), region="140100", judged={}, boundaries=campaign.boundaries
    )
    drawn = {row["code"]: row["geometry"] for row in tables["regions"].to_pylist()}
    assert {code for code, text in drawn.items() if text} == {"140105", "140106"}
    assert len(drawn) == 11  # the city and its ten counties
    plain = catalogue_tables(load_catalog(), as_of=date(2026, 10, 31), region="140100", judged={})
    assert set(plain["regions"]["geometry"].to_pylist()) == {None}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('boundaries = "none.geojson"', r"QC602: .*none\.geojson.*campaign\.toml:3"),
        ("boundaries = 1", r"QC107: .*boundaries"),
    ],
)
def test_a_campaign_that_names_no_file_of_boundaries_is_refused(tmp_path: Path, line: str, message: str):
    (tmp_path / "campaign.toml").write_text(f'name = "x"\nregion = "140100"\n{line}\n', "utf-8")
    with pytest.raises((CampaignError, ContentError), match=message):
        read_campaign(tmp_path)


# The four counties of the example.

DRAWN: Mapping[str, list[Point]] = {
    item["properties"]["adcode"]: [
        (Fraction(str(lon)), Fraction(str(lat))) for lon, lat in item["geometry"]["coordinates"][0]
    ]
    for item in json.loads(content("boundaries.geojson").read_text("utf-8"))["features"]
}


def edges(ring: list[Point]) -> list[tuple[Point, Point]]:
    return list(pairwise(ring))


def inside(point: Point, ring: list[Point]) -> bool:
    """Count crossings of a ray to the east, in exact arithmetic."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in edges(ring):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            odd = not odd
    return odd


def crossing(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Say whether two edges cross at a point inside both."""

    def side(a: Point, b: Point, c: Point) -> Fraction:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    (a, b), (c, d) = one, other
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def area(ring: list[Point]) -> Fraction:
    return sum((a[0] * b[1] - b[0] * a[1] for a, b in edges(ring)), Fraction(0)) / 2


def sites() -> list[dict[str, str]]:
    return list(csv.DictReader(content("sites.csv").read_text("utf-8").splitlines()))


def test_the_example_draws_its_four_counties_and_says_that_they_are_made_up():
    assert set(DRAWN) == {"990101", "990102", "990103", "990104"}
    text = content("boundaries.geojson").read_text("utf-8")
    assert text.count("示例数据") == 5
    catalog = load_catalog((Path(str(content("content"))),))
    for item in json.loads(text)["features"]:
        assert catalog.regions.get(item["properties"]["adcode"]).name == item["properties"]["name"]


@pytest.mark.parametrize("site", sites(), ids=lambda site: site["site"])
def test_every_site_lies_in_its_county_and_in_no_other(site: dict[str, str]):
    place = Fraction(site["lon"]), Fraction(site["lat"])
    assert [code for code, ring in DRAWN.items() if inside(place, ring)] == [site["county"]]


def test_no_county_crosses_itself_or_another():
    every = [(code, edge) for code, ring in DRAWN.items() for edge in edges(ring)]
    assert [(a, b) for n, a in enumerate(every) for b in every[:n] if crossing(a[1], b[1])] == []
    assert all(area(ring) > 0 for ring in DRAWN.values())  # outer rings run against the clock


def test_counties_share_their_borders_without_gap_or_overlap():
    """An edge is drawn once (outside) or twice, once each way (a border); the outside is one closed ring."""
    counted = Counter(edge for ring in DRAWN.values() for edge in edges(ring))
    assert set(counted.values()) == {1}
    outside = {a: b for a, b in counted if (b, a) not in counted}
    borders = [edge for edge in counted if edge[::-1] in counted]
    assert len(borders) >= 2 * 15
    start = next(iter(outside))
    around, here = [start], outside[start]
    while here != start:
        around.append(here)
        here = outside[here]
    assert len(around) == len(outside)
    assert area([*around, start]) == sum(area(ring) for ring in DRAWN.values())
