"""A build reads the hours of the air a year at a time: what is held at once does not grow with the years."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.evaluate.air_made import NO_EXCEPTIONS, catalog, daily, exceptions, observations
from tests.evaluate.air_made import sites as made_sites

from qingce.app.judging.judged import AREAS, judge, stuck_rules
from qingce.core.tables import SITE, shape
from qingce.evaluate import evaluate_air_days
from qingce.observe.quality import reach
from qingce.store import open_lake
from qingce.store.lake import SegmentLake

YEARS = range(2022, 2027)
AS_OF = date(2026, 10, 31)
SECTION = {"site": "W1", "name": "示例断面", "kind": "section", "city": "990100", "water_kind": "river",
           "target_class": 3}  # fmt: skip


def days_of(years: range) -> Iterator[date]:
    """Every third day of the years, up to the day asked for."""
    day = date(years.start, 1, 2)
    while day <= min(AS_OF, date(years.stop - 1, 12, 31)):
        yield day
        day += timedelta(3)


def rows_of(years: range) -> list[dict[str, object]]:
    """Three sites with reported days, one of which begins in the last year, and one that stands in no list."""
    found = []
    for place, day in enumerate(days_of(years)):
        for site in ("S0", "S1", "S2", "X9"):
            if site != "S2" or day.year == years.stop - 1:
                found.append(daily(site, "pm2_5", day, value=str(30 + (place * 7 + int(site[1])) % 90)))
                found.append(daily(site, "o3_8h", day, value=str(60 + (place * 11) % 120)))
    return found


def places() -> pa.Table:
    air = [row | {"kind": "air_site"} for row in made_sites(("S0", "S1", "S2")).to_pylist()]
    return shape(pa.Table.from_pylist([*air, SECTION]), SITE)


@contextmanager
def filled(folder: Path, years: range) -> Iterator[SegmentLake]:
    lake = open_lake(folder)
    lake.append("observation", observations(rows_of(years)), source="a")
    yield lake
    lake.close()


def largest_scan(lake: SegmentLake, monkeypatch: pytest.MonkeyPatch, exceptional: pa.Table) -> int:
    """Judge, and return the most rows of observations that were held at once."""
    sizes = []
    scan = SegmentLake.scan

    def counted(self: SegmentLake, kind: str, **words: object) -> pa.Table:
        found = scan(self, kind, **words)  # type: ignore[arg-type]
        sizes.append(found.num_rows)
        return found

    monkeypatch.setattr(SegmentLake, "scan", counted)
    judge(lake, places(), exceptional, catalog=catalog(), as_of=AS_OF)
    monkeypatch.undo()
    return max(sizes)


def test_no_more_than_a_year_with_its_edges_is_held_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path / "lake", YEARS) as lake:
        times = lake.scan("observation", columns=["time"])["time"]
        held = 0
        for year in YEARS:
            first, after = datetime(year - 1, 12, 31), datetime(year + 1, 1, 1) + timedelta(days=49)
            here = pc.and_(pc.greater_equal(times, pa.scalar(first)), pc.less(times, pa.scalar(after)))
            held = max(held, pc.sum(here).as_py())
        assert largest_scan(lake, monkeypatch, NO_EXCEPTIONS) <= held < len(times) / 3


def test_the_edges_are_as_long_as_the_declared_runs() -> None:
    rules = stuck_rules(catalog())
    assert reach(rules) == timedelta(days=max(rule.repeats for rule in rules.values()))
    assert reach({}) == timedelta(days=1)


@pytest.mark.parametrize("sand", [False, True], ids=["measured", "sand over the new year"])
def test_years_judged_one_by_one_are_all_years_judged_at_once(tmp_path: Path, sand: bool) -> None:
    events = NO_EXCEPTIONS
    if sand:
        events = exceptions({"scope": "990100", "start": date(2023, 12, 30), "end": date(2024, 1, 4)})
    with filled(tmp_path / "lake", YEARS) as lake:
        judged = judge(lake, places(), events, catalog=catalog(), as_of=AS_OF)
        air = lake.scan("observation", where={"site": ["S0", "S1", "S2"]})
    whole = evaluate_air_days(air, places(), events, catalog=catalog(), areas=AREAS)
    assert judged.site_days.equals(whole.site_days)
    assert judged.city_days.equals(whole.city_days)
    assert judged.unlisted == ("X9",)
    new = [row for row in judged.site_days.to_pylist() if row["subject"] == "S2" and row["day"] == date(2022, 1, 2)]
    assert {row["absent_pm2_5"] for row in new} == {"not_reported"}


def test_a_lake_of_nothing_of_the_air_judges_nothing(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake")
    empty = judge(lake, places(), NO_EXCEPTIONS, catalog=catalog(), as_of=AS_OF)
    assert (empty.site_days.num_rows, empty.quality.num_rows, empty.unlisted) == (0, 0, ())
    lake.append("observation", observations([daily("S0", "air_temp", AS_OF, value="20")]), source="a")
    weather = judge(lake, places(), NO_EXCEPTIONS, catalog=catalog(), as_of=AS_OF)
    assert weather.site_days.num_rows == 0
    assert [row["parameter"] for row in weather.quality.to_pylist()] == ["air_temp"]
    lake.close()
