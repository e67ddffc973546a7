"""Sites as a file itself names them: their city as printed, and the role that the feed declares for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.catalog.feeds import SiteRule
from qingce.core.tables import SITE
from qingce.observe import Ingest, ingest
from qingce.observe.places import Named, Places, named_by

CATALOG = load_catalog()
Take = Callable[..., Ingest]

LONG = "site,city,city_name,name,parameter,time,value,unit\n"


def told(found: Ingest) -> list[tuple[object, ...]]:
    assert found.places.schema == SITE
    return [
        tuple(row[key] for key in ("site", "name", "city", "city_name", "roles")) for row in found.places.to_pylist()
    ]


@given(st.lists(st.tuples(st.integers(0, 3), *[st.sampled_from(("", " ", "a", "b ", "a b", None))] * 4), max_size=20))
def test_each_way_of_naming_a_place_is_told_once_in_the_order_met(rows: list[tuple[int, *tuple[str | None, ...]]]):
    """The slow way: row by row, what was not told before."""
    places = Places(["P", "Q", "R", "S"], {}, np.array([code for code, *_ in rows], np.int32))
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in range(1, 5)]
    want: dict[Named, None] = {}
    for code, *cells in rows:
        name, city, city_name, category = ((cell or "").strip() for cell in cells)
        if city or city_name or category:
            site = places.keys[code]
            want[Named(site, name or site, city or city_name, city_name or city, category)] = None
    assert named_by(columns, places, SiteRule(), regions=lambda: CATALOG.regions) == list(want)


def test_a_city_by_name_stays_as_printed(take: Take):
    found = take("site,city,time,pm2_5\nB,太原,2026-01-01 00:00,35\nA,太原,2026-01-01 00:00,36\n", "canonical-air-wide")
    assert told(found) == [("A", "A", "太原", "太原", "评价点"), ("B", "B", "太原", "太原", "评价点")]
    assert set(found.places["kind"].to_pylist()) == {"air_site"}
    assert found.rejected.num_rows == 0


def test_a_city_by_code_is_given_its_name(take: Take):
    found = take("site,city,time,pm2_5\nA,140100,2026-01-01 00:00,35\n", "canonical-air-wide")
    assert told(found) == [("A", "A", "140100", "太原市", "评价点")]


def test_a_code_that_no_list_holds_stays_and_its_printed_name_stands_beside_it(take: Take):
    found = take(LONG + "A,990100,云泽市,一中,pm2_5,2026-01-01 00:00,35,ug/m3\n", "canonical-long")
    assert told(found) == [("A", "一中", "990100", "云泽市", "评价点")]
    bare = take("site,city,time,pm2_5\nA,990100,2026-01-01 00:00,35\n", "canonical-air-wide")
    assert told(bare) == [("A", "A", "990100", "990100", "评价点")]


def test_chinese_headers_name_site_and_city(take: Take):
    found = take("站点编码,站点名称,城市,时间,PM2.5\n1081A,尖草坪,太原,2026-01-01 00:00,35\n", "canonical-air-wide")
    assert told(found) == [("1081A", "尖草坪", "太原", "太原", "评价点")]
    assert found.rejected.num_rows == 0
    assert found.observations.num_rows == 1


def test_without_a_city_there_are_no_places(take: Take):
    found = take("site,time,pm2_5\nA,2026-01-01 00:00,35\n", "canonical-air-wide")
    assert told(found) == []
    blank = take("site,city,time,pm2_5\nA,,2026-01-01 00:00,35\nB, ,2026-01-01 00:00,35\n", "canonical-air-wide")
    assert told(blank) == []


def test_an_empty_cell_in_one_row_is_told_by_another(take: Take):
    text = "site,city,time,pm2_5\nA,,2026-01-01 00:00,35\nA,太原,2026-01-01 01:00,35\n"
    found = take(text, "canonical-air-wide")
    assert told(found) == [("A", "A", "太原", "太原", "评价点")]
    assert found.notes == ()


def test_a_site_of_two_cities_is_said_and_the_first_counts(take: Take):
    text = "site,city,time,pm2_5\nA,莱芜,2026-01-01 00:00,35\nA,济南,2026-01-01 01:00,35\n"
    found = take(text, "canonical-air-wide")
    assert told(found) == [("A", "A", "莱芜", "莱芜", "评价点")]
    assert found.notes == (
        "A 写在几个城市名下，按先出现的计：莱芜、济南 site named under several cities; the first counts",
    )


def test_a_site_without_any_value_is_a_site_of_its_city_still(take: Take):
    """A city's members count with and without readings: three of four valid is not three of three."""
    text = "site,city,time,pm2_5\nA,太原,2026-01-01 00:00,35\nB,太原,2026-01-01 00:00,\n"
    assert [row[0] for row in told(take(text, "canonical-air-wide"))] == ["A", "B"]


def test_a_site_without_a_name_is_refused_and_no_place(take: Take):
    text = "site,city,time,pm2_5\n,太原,2026-01-01 00:00,35\nA,太原,2026-01-01 00:00,35\n"
    found = take(text, "canonical-air-wide")
    assert [row["code"] for row in found.rejected.to_pylist()] == ["QC215"]
    assert [row[0] for row in told(found)] == ["A"]


def test_only_the_places_asked_for_are_named(take: Take):
    text = "site,city,time,pm2_5\nA,太原,2026-01-01 00:00,35\nB,大同,2026-01-01 00:00,36\n"
    found = take(text, "canonical-air-wide", only={"B"})
    assert told(found) == [("B", "B", "大同", "大同", "评价点")]


def test_a_section_is_no_air_site(take: Take):
    found = take(LONG + "YZW01,,云泽市,青岭源头,cod,2026-01-01,12,mg/L\n", "canonical-long")
    assert told(found) == [("YZW01", "青岭源头", "云泽市", "云泽市", "评价点")]
    assert found.places["kind"].to_pylist() == [None]  # the feed holds any medium


def test_places_of_a_folder_are_told_once(tmp_path: Path):
    for name, hour in (("a.csv", 0), ("b.csv", 1)):
        (tmp_path / name).write_text(f"site,city,time,pm2_5\nA,太原,2026-01-01 0{hour}:00,35\n", "utf-8")
    found = ingest(tmp_path, feed=CATALOG.feeds["canonical-air-wide"], catalog=CATALOG)
    assert told(found) == [("A", "A", "太原", "太原", "评价点")]


@pytest.mark.parametrize("feed", ["cnemc-archive-city"])
def test_a_feed_of_cities_names_each_by_itself(take: Take, feed: str):
    found = take("date,hour,type,太原,大同\n20260102,1,PM2.5,35,36\n", feed)
    assert told(found) == [
        ("140100", "太原市", "140100", "太原市", "评价点"),
        ("140200", "大同市", "140200", "大同市", "评价点"),
    ]


def test_the_archive_of_sites_tells_no_city(take: Take):
    assert told(take("date,hour,type,1001A\n20260102,1,PM2.5,35\n", "cnemc-archive-site")) == []


def test_the_national_archive_of_april_2020_names_every_site(shared: Path):
    path = shared / "data/air_cnemc_hourly_20200402/city_site_hourly.parquet"
    found = ingest(path, feed=CATALOG.feeds["cnemc-pm25in-hourly"], catalog=CATALOG)
    table = pq.read_table(path, columns=["city", "site"])
    pairs = {(row["city"], row["site"]) for row in table.group_by(["city", "site"]).aggregate([]).to_pylist()}
    assert found.places.num_rows == len(pairs) == 1_808  # README
    assert {(row["city"], row["site"]) for row in found.places.to_pylist()} == {(c, f"{c}/{s}") for c, s in pairs}
    assert pa.compute.count_distinct(found.places["city"]).as_py() == len({city for city, _ in pairs})
