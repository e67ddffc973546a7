"""A later build that judges only what came since gives the tables of one that judges everything."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, observations
from tests.evaluate.blocks_made import PARAMETERS, as_table, made_block, some_cities
from tests.evaluate.test_air_year import without_empty

from qingce.app import kept as keeping
from qingce.app.campaign import Campaign
from qingce.app.judging.again import Earlier, judge_again
from qingce.app.judging.judged import Judged, judge
from qingce.core.ports import Lake
from qingce.core.tables import SITE, shape
from qingce.store import open_lake

START = date(2026, 2, 20)
DAYS = 16
SECTION = {"site": "W1", "name": "示例断面", "kind": "section", "city": "990100", "city_name": "云泽市",
           "roles": "国考", "water_kind": "river", "target_class": 3}  # fmt: skip


def places() -> pa.Table:
    """Five sites of the air in two cities, one more that never reports, and a section."""
    block = made_block(1, sites=5, days=DAYS, start=START)
    air = some_cities(block, cities=2).to_pylist()
    return shape(pa.Table.from_pylist([*(row | {"kind": "air_site"} for row in air), SECTION]), SITE)


def water(day: date, value: str, *, site: str = "W1") -> dict[str, object]:
    """One sample of a section."""
    return {"site": site, "parameter": "codmn", "span": "sample", "value": value, "review": "national",
            "time": datetime(day.year, day.month, day.day, 9)}  # fmt: skip


def filled(folder: Path) -> Lake:
    """A lake with a fortnight of air, a section and a site that stands in no list."""
    lake = open_lake(folder)
    lake.append("observation", as_table(without_empty(made_block(1, sites=5, days=DAYS, start=START))), source="a")
    more = [water(START + timedelta(n), "3.5") for n in (0, 14)] + [water(START, "3", site="X9")]
    lake.append("observation", observations(more), source="b")
    return lake


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[list[dict[str, object]], int]]:
    """Batches of rows, and by how many days the build after each has moved on."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        rows: dict[tuple[object, ...], dict[str, object]] = {}
        for _ in range(draw(st.integers(0, 3))):
            day = START + timedelta(draw(st.integers(-2, DAYS + 4)))
            kind = draw(st.sampled_from(("air", "air", "water", "unlisted")))
            value = draw(st.sampled_from(("0", "36", "80.5", "300")))
            if kind == "air":
                site, parameter = f"S{draw(st.integers(0, 4)):04d}", draw(st.sampled_from(PARAMETERS))
                first, last = sorted((draw(st.integers(0, 23)), draw(st.integers(0, 23))))
                for hour in range(first, last + 1):
                    time = datetime(day.year, day.month, day.day, hour)
                    rows[site, parameter, time] = {"site": site, "parameter": parameter, "time": time,
                                                   "value": value, "review": "national"}  # fmt: skip
            else:
                row = water(day, value, site="W1" if kind == "water" else f"X{draw(st.integers(7, 9))}")
                rows[row["site"], row["time"]] = row
        found.append((list(rows.values()), draw(st.integers(0, 2))))
    return found


def same(ours: Judged, theirs: Judged) -> None:
    """Table by table, row by row."""
    assert ours.unlisted == theirs.unlisted
    for name, table in theirs.tables().items():
        assert ours.tables()[name].to_pylist() == table.to_pylist(), name
        assert ours.tables()[name].schema.names == table.schema.names, name


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches())
def test_builds_that_judge_only_what_came_since_are_builds_from_the_beginning(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[list[dict[str, object]], int]]
) -> None:
    lake, sites = filled(tmp_path_factory.mktemp("again") / "lake"), places()
    as_of = START + timedelta(DAYS - 3)
    judged = judge(lake, sites, NO_EXCEPTIONS, catalog=catalog(), as_of=as_of)
    for rows, days in made:
        earlier = Earlier(judged, lake.version("observation"), as_of)
        if rows:
            lake.append("observation", observations(rows), source="c")
        as_of += timedelta(days)
        again = judge_again(lake, (sites, NO_EXCEPTIONS), earlier, catalog=catalog(), as_of=as_of)
        judged = judge(lake, sites, NO_EXCEPTIONS, catalog=catalog(), as_of=as_of)
        assert again is not None
        same(again, judged)
        judged = again
    lake.close()


def test_what_cannot_be_known_is_judged_from_the_beginning(tmp_path: Path) -> None:
    lake, sites = filled(tmp_path / "lake"), places()
    as_of = START + timedelta(DAYS)
    judged = judge(lake, sites, NO_EXCEPTIONS, catalog=catalog(), as_of=as_of)
    head = lake.version("observation")

    def again(earlier: Earlier, day: date = as_of) -> Judged | None:
        return judge_again(lake, (sites, NO_EXCEPTIONS), earlier, catalog=catalog(), as_of=day)

    assert again(Earlier(judged, "another lake", as_of)) is None
    assert again(Earlier(judged, head, as_of), as_of - timedelta(1)) is None
    new = {"site": "NOWHERE", "parameter": "o3", "time": datetime(2026, 2, 22, 3), "value": 50}
    lake.append("observation", observations([new]), source="d")
    assert again(Earlier(judged, head, as_of)) is None, "a site that had no readings"
    many = [new | {"site": "S0001", "time": datetime(2026, 2, 20 + n, 1)} for n in range(9)]
    lake.append("observation", observations(many), source="e")
    assert again(Earlier(judged, lake.version("observation"), as_of)) is not None
    assert again(Earlier(judged, head, as_of)) is None, "more than half of the days"
    lake.close()


def test_a_second_build_with_a_corrected_row_judges_that_day_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = Campaign(folder=tmp_path, name="示例", region="990100")
    lake, lists, as_of = filled(tmp_path / "lake"), (places(), NO_EXCEPTIONS), START + timedelta(DAYS)
    whole: list[date] = []
    real = keeping.judge

    def counted(*args: object, **more: object) -> Judged:
        whole.append(as_of)
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(keeping, "judge", counted)
    first = keeping.judged_of(campaign, lake, lists, catalog=catalog(), as_of=as_of)
    row = {"site": "S0002", "parameter": "pm2_5", "time": datetime(2026, 2, 25, 3), "value": 250, "reason": "订正",
           "review": "national"}  # fmt: skip
    lake.append("observation", observations([row]), source="f")
    second = keeping.judged_of(campaign, lake, lists, catalog=catalog(), as_of=as_of)
    assert len(whole) == 1
    same(second, real(lake, *lists, catalog=catalog(), as_of=as_of))
    assert second.site_days.to_pylist() != first.site_days.to_pylist()
    third = keeping.judged_of(campaign, lake, lists, catalog=catalog(), as_of=as_of + timedelta(1))
    assert len(whole) == 1
    same(third, real(lake, *lists, catalog=catalog(), as_of=as_of + timedelta(1)))
    shorter = (lists[0].slice(1), lists[1])
    keeping.judged_of(campaign, lake, shorter, catalog=catalog(), as_of=as_of)
    assert len(whole) == 2, "another list of sites is another ground"
    lake.close()
