"""A block of hours says what a scan says, cell by cell, whatever the history and however it is packed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingce.core.absence import Review
from qingce.core.blocks import MISSING, HourBlock
from qingce.core.errors import StoreError
from qingce.core.tables import OBSERVATION
from qingce.store.kinds import KINDS
from qingce.store.lake import SegmentLake

Make = Callable[..., pa.Table]
Row = dict[str, object]
T0 = datetime(2026, 5, 1)
HOUR = timedelta(hours=1)
AIR = KINDS["observation"].grid.parameters  # type: ignore[union-attr]


def oracle(
    lake: SegmentLake, parameters: Sequence[str], *, start: date, end: date, known_at: datetime | None = None
) -> tuple[list[str], dict[tuple[str, int, str], Decimal], dict[tuple[int, str], int]]:
    """What a block should say, slowly, from a scan: sites, values by (parameter, hour, site), rank by (day, site)."""
    begin = datetime.combine(start, datetime.min.time())
    rows = lake.scan(
        "observation", start=begin, end=datetime.combine(end, datetime.min.time()), known_at=known_at,
        where={"span": "PT1H", "parameter": list(parameters)},
    ).to_pylist()  # fmt: skip
    values: dict[tuple[str, int, str], Decimal] = {}
    ranks: dict[tuple[int, str], int] = {}
    for row in rows:
        hour, rest = divmod(row["time"] - begin, HOUR)
        if rest or row["value"] is None or row["absent"] is not None or row["value"] < 0:
            continue
        values[row["parameter"], hour, row["site"]] = row["value"]
        rank = Review(row["review"]).rank if row["review"] in set(Review) else 0
        ranks[hour // 24, row["site"]] = min(rank, ranks.get((hour // 24, row["site"]), 127))
    return sorted({site for _, _, site in values}), values, ranks


def agree(block: HourBlock, lake: SegmentLake, *, known_at: datetime | None = None) -> None:
    """Hold a block against the oracle, and its shape against what a canonical block is."""
    end = block.start + timedelta(days=block.days)
    sites, values, ranks = oracle(lake, block.parameters, start=block.start, end=end, known_at=known_at)
    assert block.sites == tuple(sites)
    found = {}
    for name, plane, scale in zip(block.parameters, block.planes, block.scales, strict=True):
        assert plane.shape == (24 * block.days, len(sites))
        assert plane.min(initial=MISSING) == MISSING
        for hour, place in zip(*np.nonzero(plane != MISSING), strict=True):
            found[name, int(hour), sites[place]] = Decimal(int(plane[hour, place])) / scale
        told = plane[plane != MISSING]
        assert scale == 1 or (told % 10).any(), "a coarser scale would do"
        widest = next(kind for kind in (np.int16, np.int32, np.int64) if told.max(initial=0) <= np.iinfo(kind).max)
        assert plane.dtype == widest
    assert found == values
    review = {
        (int(day), sites[place]): int(block.review[day, place])
        for day, place in zip(*np.nonzero(block.review != 127), strict=True)
    }
    assert review == ranks


def observed(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of observation; what is not said is null or usual."""
    usual = {"site": "s1", "parameter": "pm2_5", "span": "PT1H", "review": "national"}
    made = [{name: (usual | dict(row)).get(name) for name in OBSERVATION.names} for row in rows]
    for row in made:
        row["value"] = None if row["value"] is None else Decimal(str(row["value"]))
    return pa.Table.from_pylist(made, schema=OBSERVATION)


def full(first: int, days: int, *, sites: Sequence[str] = ("s0", "s1"), names: Sequence[str] = AIR[:3]) -> list[Row]:
    """Every hour of some days, counted from 1 May."""
    return [
        {"site": site, "parameter": name, "time": T0 + hour * HOUR, "value": 1 + (hour * 7 + place) % 50}
        for hour in range(24 * first, 24 * (first + days))
        for place, site in enumerate(sites)
        for name in names
    ]


def appended(lake: SegmentLake, rows: Sequence[Row]) -> None:
    """Two halves, so that the day or month is merged."""
    half = len(rows) // 12 * 6
    for part in (rows[:half], rows[half:]):
        lake.append("observation", observed(part), source="x")


def test_an_empty_lake_has_a_block_of_no_sites(lake: SegmentLake) -> None:
    block = lake.hours(["o3", "co"], start=date(2026, 5, 1), end=date(2026, 5, 3))
    assert (block.sites, block.days, block.scales) == ((), 2, (1, 1))
    assert [plane.shape for plane in block.planes] == [(48, 0)] * 2
    agree(block, lake)


def test_values_of_the_tail_and_of_a_grid_stand_in_one_block(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    lake.append("observation", observed(full(32, 1, sites=("s1", "s2"))), source="tail")
    assert sorted(bool(segment.form) for segment in lake._manifest.live("observation")) == [False, True, True]
    for start, end in ((0, 33), (30, 33), (32, 33), (33, 40), (5, 5)):
        first = date(2026, 5, 1)
        agree(lake.hours(AIR[:3], start=first + timedelta(days=start), end=first + timedelta(days=end)), lake)


def test_a_site_that_joins_later_is_missing_before(lake: SegmentLake) -> None:
    appended(lake, full(0, 31, sites=("s1",)))
    appended(lake, full(31, 30, sites=("s0", "s1", "s9"), names=(AIR[0], AIR[5])))
    appended(lake, full(61, 1))
    lake.compact("observation")
    block = lake.hours(AIR, start=date(2026, 4, 30), end=date(2026, 7, 2))
    assert block.sites == ("s0", "s1", "s9")
    agree(block, lake)


@pytest.mark.parametrize(
    "values",
    [
        ["0.1"],
        ["0.1", "0.25"],
        ["32767"],
        ["32768"],
        ["3276.7", "0.01"],
        ["0.000001", "999999999"],
        ["-5"],
        ["10", "20"],
    ],
)
def test_scale_and_width_are_the_least_that_tell_every_value(lake: SegmentLake, values: list[str]) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    rows = [{"site": "s1", "parameter": AIR[2], "time": T0 + n * HOUR, "value": v} for n, v in enumerate(values)]
    lake.append("observation", observed(rows), source="late")
    for end in (2, 31, 40):
        agree(lake.hours(AIR[:3], start=date(2026, 5, 1), end=date(2026, 5, 1) + timedelta(days=end)), lake)


def test_grids_of_different_scales_meet_in_one_plane(lake: SegmentLake) -> None:
    june = full(31, 30)
    for row in june:
        row["value"] = Decimal(str(row["value"])) / 4
    for rows in (full(0, 31), june, full(61, 1)):
        appended(lake, rows)
    lake.compact("observation")
    forms = {segment.form for segment in lake._manifest.live("observation")}
    assert forms == {"so2:0:2 no2:0:2 co:0:2", "so2:2:2 no2:2:2 co:2:2"}
    agree(lake.hours(AIR[:3], start=date(2026, 5, 1), end=date(2026, 7, 2)), lake)


@pytest.mark.parametrize("known", [datetime(2020, 1, 1), None], ids=["before", "after"])
def test_a_correction_wins_only_if_it_is_known_later(lake: SegmentLake, known: datetime | None) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    row = {"site": "s0", "parameter": AIR[0], "time": T0 + 30 * HOUR, "value": 777, "known_at": known}
    lake.append("observation", observed([row]), source="late")
    block = lake.hours(AIR[:1], start=date(2026, 5, 1), end=date(2026, 5, 4))
    assert (int(block.planes[0][30, 0]) == 777) is (known is None)
    agree(block, lake)


def test_what_was_known_then_is_a_block_too(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    between = lake.known_until("observation")
    lake.append("observation", observed([full(0, 1)[0] | {"value": 900}]), source="late")
    lake.compact("observation")
    instants = sorted(set(lake.history("observation", {})["known_at"].to_pylist()))
    for known in (*instants, between, datetime(2020, 1, 1)):
        agree(lake.hours(AIR, start=date(2026, 5, 1), end=date(2026, 6, 2), known_at=known), lake, known_at=known)


def test_the_review_of_a_day_is_the_lowest_in_force(lake: SegmentLake) -> None:
    rows = full(0, 31, names=AIR[:2])
    for row in rows:
        row["review"] = "realtime" if row["time"] == T0 + 5 * HOUR else "national"
    appended(lake, rows)
    appended(lake, full(31, 1))
    lake.compact("observation")
    first, days = date(2026, 5, 1), {"start": date(2026, 5, 1), "end": date(2026, 6, 1)}
    assert lake.hours(AIR[:2], **days).review[0].tolist() == [0, 0]
    better = [
        {"site": "s0", "parameter": name, "time": T0 + 5 * HOUR, "value": 3, "review": "assessed"} for name in AIR[:2]
    ]
    lake.append("observation", observed(better[:1]), source="half of the hour")
    assert lake.hours(AIR[:2], **days).review[0].tolist() == [0, 0]
    lake.append("observation", observed(better[1:]), source="the other half")
    assert lake.hours(AIR[:2], **days).review[0].tolist() == [3, 0]
    lake.append(
        "observation", observed([better[0] | {"value": None, "absent": "invalid", "review": "realtime"}]), source="y"
    )
    agree(lake.hours(AIR[:2], **days), lake)
    agree(lake.hours(AIR[1:2], start=first, end=date(2026, 5, 2)), lake)


ROW = st.fixed_dictionaries(
    {
        "site": st.sampled_from(["s0", "s1", "s7"]),
        "parameter": st.sampled_from([*AIR[:2], "benzene"]),
        "time": st.integers(-3, 75).map(lambda hour: T0 + hour * HOUR) | st.just(T0 + timedelta(minutes=30)),
        "span": st.sampled_from(["PT1H"] * 5 + ["PT4H"]),
        "value": st.sampled_from([None, "1", "7.5", "-3", "0.000001", "40000", "20"]),
        "absent": st.sampled_from([None, None, None, "invalid"]),
        "review": st.sampled_from(["realtime", "national", "assessed", None]),
        "known_at": st.sampled_from([None, None, datetime(2026, 6, 1), datetime(2020, 1, 1)]),
    }
)


@given(st.lists(st.lists(ROW, max_size=8) | st.just("compact") | st.integers(0, 2), min_size=1, max_size=6), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_gives_the_block_of_its_scan(
    tmp_path_factory: pytest.TempPathFactory, steps: list[object], data: st.DataObject
) -> None:
    lake = SegmentLake(tmp_path_factory.mktemp("lake"))
    for step in steps:
        if step == "compact":
            lake.compact("observation")
        elif isinstance(step, int):
            appended(lake, full(step, 1, names=AIR[:2]))
        elif step:
            lake.append("observation", observed(step), source="x")  # type: ignore[arg-type]
    instants = sorted(set(lake.history("observation", {})["known_at"].to_pylist()))
    known = data.draw(st.sampled_from([None, *instants]))
    start = date(2026, 5, 1) + timedelta(days=data.draw(st.integers(-1, 2)))
    names = data.draw(st.sampled_from([AIR[:2], AIR[1:2], AIR]))
    agree(
        lake.hours(names, start=start, end=start + timedelta(days=data.draw(st.integers(0, 4))), known_at=known),
        lake,
        known_at=known,
    )
    lake.close()


@pytest.mark.parametrize(
    ("names", "days", "words"),
    [
        (["benzene", "o3"], (1, 2), r"QC515.*no: benzene.*so2, no2, co, o3, pm10, pm2_5"),
        (["o3"], (2, 1), r"QC515.*2026-05-02\.\.2026-05-01"),
    ],
)
def test_what_no_block_holds_is_refused(lake: SegmentLake, names: list[str], days: tuple[int, int], words: str) -> None:
    with pytest.raises(StoreError, match=words):
        lake.hours(names, start=date(2026, 5, days[0]), end=date(2026, 5, days[1]))


def test_a_damaged_and_a_missing_grid_are_named(lake: SegmentLake) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    path = next(path for path in lake.files("observation") if path.parent.name == "2026-05")
    whole = path.read_bytes()
    for torn in (whole[:-8], whole[: len(whole) // 2], b""):
        path.write_bytes(torn)
        with pytest.raises(StoreError, match=rf"QC504.*{path}"):
            lake.hours(AIR, start=date(2026, 5, 1), end=date(2026, 6, 1))
    path.unlink()
    with pytest.raises(StoreError, match=rf"QC510.*{path}"):
        lake.hours(AIR, start=date(2026, 5, 1), end=date(2026, 6, 1))


def test_a_reader_whose_grid_was_swept_asks_again(lake: SegmentLake, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(lake, full(0, 31))
    appended(lake, full(31, 1))
    lake.compact("observation")
    stale = lake._manifest.live("observation")
    appended(lake, full(2, 20))
    lake.append("observation", observed(full(62, 1)), source="x")
    lake.compact("observation")
    now = lake._manifest.live("observation")
    gone = [segment for segment in stale if segment not in now]
    assert gone
    for segment in gone:
        Path(lake.folder / segment.name).unlink()
    answers = [stale, now, now]
    monkeypatch.setattr(lake._manifest, "live", lambda kind: answers.pop(0) if answers else now)
    agree(lake.hours(AIR[:3], start=date(2026, 5, 1), end=date(2026, 6, 3)), lake)
