"""Every level of the rest of today: judged by the days that evaluate itself makes of the hours told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from functools import cache

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.tables import EXCEPTION, OBSERVATION, SITE, TODAY, empty
from qingce.evaluate import evaluate_air_days
from qingce.outlook.quotas.hold import Line, highest, hold
from qingce.outlook.quotas.today_levels import Subject, today_rows
from qingce.outlook.verdict import Bound

DAY = date(2026, 7, 10)
CITY = "140100"
MICRO = Decimal("0.000001")


@cache
def catalog() -> Catalog:
    return load_catalog()


def observations(hours: dict[tuple[str, str], list[Decimal | None]], day: date = DAY) -> pa.Table:
    start = datetime(day.year, day.month, day.day)
    rows = [
        {"site": site, "parameter": parameter, "time": start + timedelta(hours=h), "span": "PT1H", "value": value}
        for (site, parameter), values in hours.items()
        for h, value in enumerate(values)
        if value is not None
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in OBSERVATION.names} for row in rows], OBSERVATION)


def sites(codes: list[str]) -> pa.Table:
    rows = [{"site": code, "name": f"站{code}", "kind": "air_site", "city": CITY, "roles": "评价点"} for code in codes]
    return pa.Table.from_pylist([{name: row.get(name) for name in SITE.names} for row in rows], SITE)


def told(hours: dict[tuple[str, str], list[Decimal | None]], passed: int, day: date = DAY) -> list[dict[str, object]]:
    codes = sorted({site for site, _ in hours})
    names = {code: f"站{code}" for code in codes}
    subjects = [Subject(CITY, "某市", "city", names), *(Subject(c, names[c], "site", {c: names[c]}) for c in codes)]
    table = today_rows(observations(hours, day), subjects, day=day, passed=passed, catalog=catalog())
    assert table.schema.equals(TODAY)
    found: list[dict[str, object]] = table.to_pylist()
    return found


def of(rows: list[dict[str, object]], subject: str, quantity: str, aqi: int) -> dict[str, object]:
    (found,) = [r for r in rows if (r["subject"], r["quantity"], r["aqi"]) == (subject, quantity, aqi)]
    return found


def index_of(hours: dict[tuple[str, str], list[Decimal | None]], subject: str, quantity: str) -> int | None:
    """The index that evaluate gives the subject's whole day."""
    codes = sorted({site for site, _ in hours})
    days = evaluate_air_days(observations(hours), sites(codes), empty(EXCEPTION), catalog=catalog())
    table = days.city_days if subject == CITY else days.site_days
    rows = [r for r in table.to_pylist() if r["subject"] == subject and r["series"] == "measured" and r["day"] == DAY]
    return rows[0][f"iaqi_{quantity}"] if rows else None


def filled(
    hours: dict[tuple[str, str], list[Decimal | None]], parameter: str, value: Decimal
) -> dict[tuple[str, str], list[Decimal | None]]:
    return {
        key: [*values, *([value] * (24 - len(values)) if key[1] == parameter else [])] for key, values in hours.items()
    }


def test_story_2_nine_hours_may_average_51_3() -> None:
    rows = told({("A", "pm2_5"): [Decimal(66)] * 15}, 15)
    row = of(rows, "A", "pm2_5", 100)
    assert (row["text"], row["state"], row["remaining"]) == ("剩余 9 小时均值 ≤ 51.3", "open", 9)
    assert row["hour"] == datetime(2026, 7, 10, 14)
    assert of(rows, "A", "", 100)["text"] == (
        "须守住：细颗粒物(PM2.5)（缺测：二氧化硫、二氧化氮、颗粒物(PM10)、一氧化碳、臭氧8小时）"
    )


def test_every_level_has_its_row_and_the_highest_none() -> None:
    rows = told({("A", "pm2_5"): [Decimal(66)] * 15}, 15)
    mine = [row for row in rows if row["subject"] == "A" and row["quantity"] == "pm2_5"]
    assert [(row["aqi"], row["ceiling"], row["state"]) for row in mine] == [
        (50, Decimal("35"), "lost"),
        (100, Decimal("60"), "open"),
        (150, Decimal("115"), "open"),
        (200, Decimal("150"), "open"),
        (300, Decimal("250"), "open"),
    ]


def test_a_city_with_two_sites_is_told_for_ozone() -> None:
    """Windows to 14:00 are known; a site at 200 from 12:00 needs relief from the other."""
    hours = {("A", "o3"): [Decimal(100)] * 12 + [Decimal(200)] * 2, ("B", "o3"): [Decimal(50)] * 14}
    rows = told({key: list(values) for key, values in hours.items()}, 14)
    alone, city = of(rows, "A", "o3_8h", 100), of(rows, CITY, "o3_8h", 100)
    assert alone["text"] == "剩余 10 小时每小时 ≤ 147.3"
    assert Fraction(str(city["exact"])) > Fraction(str(alone["exact"]))
    assert city["deciding"] == "站A"
    for shift, kept in ((ROUND_FLOOR, True), (ROUND_CEILING, False)):
        level = as_micro(str(city["exact"]), shift) + (0 if kept else MICRO)
        index = index_of(filled({k: list(v) for k, v in hours.items()}, "o3", level), CITY, "o3_8h")
        assert (index is not None and index <= 100) is kept


def test_the_hours_that_remain_can_no_longer_matter() -> None:
    """One hour left and the site's running means are low: nothing it brings lifts eight hours over the top level."""
    rows = told({("A", "o3"): [Decimal(20)] * 24}, 24)
    assert of(rows, "A", "o3_8h", 50)["text"] == "今日已结束，保持在该级别"
    assert of(rows, "A", "", 50)["text"].startswith("各项均不会超过")  # type: ignore[attr-defined]
    rows = told({("A", "o3"): [Decimal(300)] * 24}, 24)
    assert of(rows, "A", "o3_8h", 100)["text"] == "今日已结束，超过该级别"


def test_a_site_that_lost_its_day_leaves_the_city_to_the_others() -> None:
    """Site B has missed ten hours and can have no valid day: the city is what A has, as evaluate counts it."""
    gaps: list[Decimal | None] = [None] * 10
    two = {("A", "pm2_5"): [Decimal(40)] * 15, ("B", "pm2_5"): gaps + [Decimal(90)] * 5}
    rows = told({key: list(values) for key, values in two.items()}, 15)
    assert of(rows, "B", "pm2_5", 100)["state"] == "unknown"
    assert of(rows, "B", "pm2_5", 100)["text"] == "有效小时或站点不足，不能判定"
    assert of(rows, CITY, "pm2_5", 100)["exact"] == of(rows, "A", "pm2_5", 100)["exact"]


def test_the_2012_day_report_tells_the_highest_hour_too() -> None:
    """Until 2026-02-28 the day also has the one-hour maximum of ozone: every hour left must keep 200."""
    day = date(2025, 7, 10)
    rows = told({("A", "o3"): [Decimal(90)] * 14}, 14, day)
    assert of(rows, "A", "o3", 100)["text"] == "剩余 10 小时每小时 ≤ 200.0"


def test_no_hours_no_rows() -> None:
    nothing = observations({})
    assert not today_rows(
        nothing, [Subject("A", "站", "site", {"A": "站"})], day=DAY, passed=0, catalog=catalog()
    ).num_rows


def as_micro(exact: str, way: str) -> Decimal:
    value = Fraction(exact)
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(MICRO, rounding=way)


@st.composite
def site_days(draw: st.DrawFn, passed: int) -> list[Decimal | None]:
    """Hours so far with at most two missing: a site that can still have its valid day."""
    values: list[Decimal | None] = list(
        draw(st.lists(st.integers(0, 320).map(Decimal), min_size=passed, max_size=passed))
    )
    for gone in draw(st.lists(st.integers(0, passed - 1), max_size=2)):
        values[gone] = None
    return values


@settings(max_examples=25, deadline=None)
@given(
    data=st.data(),
    passed=st.integers(6, 23),
    count=st.integers(1, 4),
    parameter=st.sampled_from([("pm2_5", "pm2_5"), ("o3", "o3_8h")]),
    aqi=st.sampled_from([50, 100, 150, 200]),
)
def test_what_is_told_is_the_last_that_evaluate_still_accepts(
    data: st.DataObject, passed: int, count: int, parameter: tuple[str, str], aqi: int
) -> None:
    name, quantity = parameter
    hours: dict[tuple[str, str], list[Decimal | None]] = {
        (f"S{k}", name): data.draw(site_days(passed)) for k in range(count)
    }
    rows = [row for row in told(hours, passed) if (row["quantity"], row["aqi"]) == (quantity, aqi)]
    for row in rows:
        subject = str(row["subject"])
        if row["state"] == "unknown":
            continue
        lost = row["state"] == "lost"
        floor = Decimal(0) if lost or not row["exact"] else as_micro(str(row["exact"]), ROUND_FLOOR)
        if not row["inclusive"] and not lost and row["exact"] and Fraction(floor) == Fraction(str(row["exact"])):
            floor = max(floor - MICRO, Decimal(0))
        index = index_of(filled(hours, name, floor), subject, quantity)
        assert index is not None, "a subject that is told can have a valid day"
        assert (index > aqi) is lost
        if row["state"] == "open":
            beyond = as_micro(str(row["exact"]), ROUND_CEILING) + MICRO
            more = index_of(filled(hours, name, beyond), subject, quantity)
            assert more is None or more > aqi


LINES = st.lists(
    st.builds(Line, st.fractions(0, 50, max_denominator=8), st.fractions(0, 1, max_denominator=8)),
    min_size=1,
    max_size=6,
)


@given(sites=st.lists(LINES, min_size=1, max_size=5), top=st.integers(0, 60), inclusive=st.booleans())
def test_hold_meets_the_bound_exactly(sites: list[list[Line]], top: int, inclusive: bool) -> None:
    bound = Bound(Fraction(top), inclusive, "<=")

    def mean(level: Fraction) -> Fraction:
        return sum((max(line.at(level) for line in lines) for lines in sites), Fraction(0)) / len(sites)

    state, rest = hold(sites, bound)
    if state == "lost":
        assert not bound.accepts(mean(Fraction(0)))
    elif state == "safe":
        assert bound.accepts(mean(Fraction(10**9)))
    else:
        assert rest is not None
        assert mean(rest.value) == top
        assert mean(rest.value + Fraction(1, 10**9)) > top
        assert highest(sites[0], rest.value).at(rest.value) == max(line.at(rest.value) for line in sites[0])
