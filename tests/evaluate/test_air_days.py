"""Hours to site days to city days: validity at each edge, both series, corrections, editions by date."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.air_made import (
    NO_EXCEPTIONS,
    catalog,
    daily,
    day_of_hours,
    exceptions,
    observations,
    rows,
    sites,
)

from qingce.core.errors import QingceError
from qingce.core.tables import SITE, empty
from qingce.evaluate import AirDays, evaluate_air_days

DAY = date(2026, 4, 1)
NEXT = date(2026, 4, 2)
NONE_OF_ALL = empty(SITE)


def evaluated(made: list[dict[str, object]], *, places: pa.Table = NONE_OF_ALL, **more: object) -> AirDays:
    taken = more.pop("exceptions", NO_EXCEPTIONS)
    return evaluate_air_days(observations(made), places, taken, catalog=catalog(), **more)  # type: ignore[arg-type]


def site_row(made: list[dict[str, object]], **more: object) -> dict[str, object]:
    return rows(evaluated(made, **more).site_days)["A", DAY]


def hours(count: int, value: object = 50, *, parameter: str = "pm2_5") -> list[dict[str, object]]:
    return day_of_hours("A", parameter, DAY, values=[value] * count)


@pytest.mark.parametrize(("count", "expected"), [(24, 50), (20, 50), (19, None), (1, None)])
def test_a_day_needs_twenty_hours(count: int, expected: int | None) -> None:
    row = site_row(hours(count))
    assert (row["pm2_5"], row["n_pm2_5"]) == (expected, count)
    assert row["absent_pm2_5"] == (None if expected else "too_few")
    assert row["absent_pm10"] == "not_reported"


def test_the_mean_is_exact_and_never_rounded_on_the_way() -> None:
    row = site_row(day_of_hours("A", "pm2_5", DAY, values=[60] * 22 + [61]))
    assert row["pm2_5"] == Fraction(1381, 23)
    assert str(evaluated(hours(23) + hours(0)).site_days["pm2_5"][0]) == "50.000000"


def test_an_invalid_hour_is_no_value_even_where_a_number_stands() -> None:
    made = hours(24)
    for row in made[:5]:
        row["absent"] = "invalid"
    assert (site_row(made)["n_pm2_5"], site_row(made)["absent_pm2_5"]) == (19, "too_few")
    for row in made:
        row["absent"] = "invalid"
    assert site_row(made)["absent_pm2_5"] == "invalid"


def ozone(values: list[object]) -> dict[str, object]:
    return site_row(day_of_hours("A", "o3", DAY, values=values))


def test_windows_of_the_eight_hour_mean_lie_wholly_in_the_day() -> None:
    """Hours 0-7 at 180 make the first window; the same hours at the end of the day make the last (24:00)."""
    assert ozone([180] * 8 + [20] * 16)["o3_8h"] == 180
    assert ozone([20] * 16 + [180] * 8)["o3_8h"] == 180
    assert ozone([20] * 17 + [180] * 7)["o3_8h"] == Fraction(180 * 7 + 20, 8)
    assert ozone([20] * 24)["n_o3_8h"] == 17


@pytest.mark.parametrize(("missing", "windows", "valid"), [(4, 15, True), (5, 14, True), (6, 13, False)])
def test_fourteen_windows_are_enough_and_thirteen_are_not(missing: int, windows: int, valid: bool) -> None:
    row = ozone([None] * missing + [80] * (24 - missing))
    assert row["n_o3_8h"] == windows
    assert (row["o3_8h"] == 80) == valid
    assert row["absent_o3_8h"] == (None if valid else "too_few")


@pytest.mark.parametrize(("value", "expected"), [(160, None), ("160.000001", Fraction("160.000001")), (161, 161)])
def test_too_few_windows_count_when_the_value_exceeds_the_limit(value: object, expected: object) -> None:
    row = ozone([None] * 12 + [value] * 12)
    assert row["n_o3_8h"] == 7
    assert row["o3_8h"] == expected


def test_a_window_needs_six_of_its_hours() -> None:
    assert ozone([None, None, *[100] * 22])["n_o3_8h"] == 17
    assert ozone([None, None, None, *[100] * 21])["n_o3_8h"] == 16
    assert ozone([None, None, 90, *[100] * 21])["o3_8h"] == 100


def test_the_largest_mean_is_found_among_windows_of_different_counts() -> None:
    """Six hours of 100 beat eight hours that average 99.5, and a missing window never wins with a zero."""
    values: list[object] = [None, None, *[100] * 6, 96, *[99] * 15]
    assert ozone(values)["o3_8h"] == 100
    assert ozone([-5] * 24)["o3_8h"] == -5


def test_the_daily_maximum_of_one_hour() -> None:
    row = ozone([*range(100, 124)])
    assert (row["o3"], row["n_o3"]) == (123, 24)


def story_two(first_hours: int) -> dict[str, object]:
    made = day_of_hours("S0", "pm2_5", DAY, values=[73] * first_hours)
    for site, value in zip(("S1", "S2", "S3", "S4"), (58, 60, 57, 57), strict=True):
        made += day_of_hours(site, "pm2_5", DAY, values=[value] * 24)
    for site in ("S0", "S1", "S2", "S3", "S4"):
        for parameter, value in (("so2", 5), ("no2", 20), ("co", "0.6"), ("pm10", 50), ("o3", 40)):
            made += day_of_hours(site, parameter, DAY, values=[value] * 24)
    result = evaluated(made, places=sites(["S0", "S1", "S2", "S3", "S4"]))
    return rows(result.city_days)["990100", DAY]


def test_story_2_a_day_is_reviewed() -> None:
    """Five sites 73, 58, 60, 57, 57 → 61, AQI 101; the first left with 18 hours: four sites 58, AQI 96."""
    before, after = story_two(24), story_two(18)
    assert (before["pm2_5"], before["aqi"], before["level"], before["n_pm2_5"]) == (61, 101, 3, 5)
    assert (after["pm2_5"], after["aqi"], after["level"], after["n_pm2_5"]) == (58, 96, 2, 4)
    assert before["primary"] == after["primary"] == "细颗粒物(PM2.5)"
    assert (after["n_sites"], after["short"], after["edition"]) == (5, None, "hj633-2026+hj663-2026")


def test_the_city_is_the_mean_of_site_days_not_of_hours() -> None:
    made = day_of_hours("A", "pm2_5", DAY, values=[30] * 24) + day_of_hours("B", "pm2_5", DAY, values=[60] * 20)
    made += day_of_hours("A", "o3", DAY, values=[100] * 8 + [20] * 16)
    made += day_of_hours("B", "o3", DAY, values=[20] * 16 + [100] * 8)
    row = rows(evaluated(made, places=sites(["A", "B"])).city_days)["990100", DAY]
    assert row["pm2_5"] == 45  # the hours would average 43.6
    assert row["o3_8h"] == 100  # the city's hours would give 60


@pytest.mark.parametrize(
    ("members", "valid", "there"),
    [
        (4, 3, True),
        (4, 2, False),
        (3, 2, True),
        (3, 1, False),
        (2, 1, True),
        (1, 1, True),
        (12, 9, True),
        (12, 8, False),
    ],
)
def test_a_city_needs_three_quarters_of_its_sites(members: int, valid: int, there: bool) -> None:
    """Sites without any reading are members too; fewer than four sites need half."""
    names = [f"S{number:02d}" for number in range(members)]
    made = [row for name in names[:valid] for row in day_of_hours(name, "pm2_5", DAY, values=[70] * 24)]
    row = rows(evaluated(made, places=sites(names)).city_days)["990100", DAY]
    assert (row["pm2_5"], row["n_pm2_5"], row["n_sites"]) == (70 if there else None, valid, members)
    assert row["absent_pm2_5"] == (None if there else "too_few")
    assert row["short"] == (None if there else "pm2_5")


def test_only_assessed_sites_make_the_city_and_only_while_they_are_valid() -> None:
    made = [
        row
        for site, value in (("A", 40), ("B", 80), ("C", 500))
        for day in (DAY, NEXT)
        for row in day_of_hours(site, "pm2_5", day, values=[value] * 24)
    ]
    places = pa.concat_tables(
        [
            sites(["A"]),
            sites(["B"], valid_from=NEXT),
            sites(["C"], roles="对照点"),
            sites(["D"], valid_until=date(2025, 1, 1)),
        ]
    )
    result = evaluated(made, places=places)
    city = rows(result.city_days)
    assert [city["990100", day]["pm2_5"] for day in (DAY, NEXT)] == [40, 60]
    assert [city["990100", day]["n_sites"] for day in (DAY, NEXT)] == [1, 2]
    assert rows(result.site_days)["C", DAY]["pm2_5"] == 500


def test_counties_are_areas_when_asked_for() -> None:
    made = [row for site in ("A", "B") for row in day_of_hours(site, "pm10", DAY, values=[80] * 24)]
    places = pa.concat_tables([sites(["A"], county="990101", county_name="云溪区"), sites(["B"], county="990102")])
    result = evaluated(made, places=places, areas=("city", "county"))
    assert sorted(subject for subject, _ in rows(result.city_days)) == ["990100", "990101", "990102"]


CLEAN = {"so2": 5, "no2": 20, "co": "0.6", "o3_8h": 120}


def sandy(**more: object) -> list[dict[str, object]]:
    made = []
    for day, dust in ((DAY, 400), (NEXT, 60)):
        made += [daily("A", parameter, day, value=value, **more) for parameter, value in CLEAN.items()]
        made += [
            daily("A", "pm10", day, value=dust, **more),
            daily("A", "pm2_5", day, value=Fraction(dust, 4).__int__()),
        ]
    return made


def test_both_series_are_kept_and_the_index_is_recomputed() -> None:
    listed = exceptions({"scope": "990100", "start": DAY, "end": DAY})
    result = evaluated(sandy(), places=sites(["A"]), exceptions=listed)
    for table, subject in ((result.site_days, "A"), (result.city_days, "990100")):
        measured, deducted = rows(table)[subject, DAY], rows(table, series="deducted")[subject, DAY]
        assert (measured["pm10"], measured["aqi"], measured["primary"]) == (400, 272, "颗粒物(PM10)")
        assert (deducted["pm10"], deducted["absent_pm10"], deducted["absent_pm2_5"]) == (
            None, "excluded_event", "excluded_event",
        )  # fmt: skip
        assert (deducted["aqi"], deducted["primary"], deducted["excluded"]) == (67, "臭氧8小时", "S0")
        assert (measured["excluded"], deducted["so2"]) == (None, 5)
        assert rows(table, series="deducted")[subject, NEXT]["pm10"] == 60


def test_parameters_status_scope_and_corrections_of_an_event_count() -> None:
    cases = [
        ({"parameters": "pm10"}, ["pm10"]),
        ({"parameters": ""}, ["pm10", "pm2_5"]),
        ({"parameters": "o3"}, ["o3_8h"]),
        ({"status": "自报"}, []),
        ({"scope": "云泽市"}, ["pm10", "pm2_5"]),
        ({"scope": "A"}, ["pm10", "pm2_5"]),
        ({"scope": "990200"}, []),
        ({"start": NEXT, "end": NEXT}, []),
        ({"end": None}, ["pm10", "pm2_5"]),
    ]
    for change, taken in cases:
        listed = exceptions({"scope": "990100", "start": DAY, "end": DAY} | change)
        row = rows(evaluated(sandy(), places=sites(["A"]), exceptions=listed).city_days, series="deducted")[
            "990100", DAY
        ]
        assert [name for name in ("o3_8h", "pm10", "pm2_5") if row[f"absent_{name}"] == "excluded_event"] == taken


def test_the_last_known_row_of_an_event_wins() -> None:
    first = {"id": "S1", "scope": "A", "start": DAY, "end": DAY, "known_at": datetime(2026, 4, 3)}
    then = first | {"status": "withdrawn", "known_at": datetime(2026, 4, 9)}
    for listed in (exceptions(first, then), exceptions(then, first)):
        assert rows(evaluated(sandy(), exceptions=listed).site_days, series="deducted")["A", DAY]["pm10"] == 400
    assert rows(evaluated(sandy(), exceptions=exceptions(first)).site_days, series="deducted")["A", DAY]["pm10"] is None


def test_an_event_at_one_site_leaves_the_city_to_the_others() -> None:
    made = [daily(site, "pm10", DAY, value=value) for site, value in (("A", 300), ("B", 100), ("C", 200), ("D", 120))]
    listed = exceptions({"scope": "A", "start": DAY, "end": DAY})
    row = rows(evaluated(made, places=sites("ABCD"), exceptions=listed).city_days, series="deducted")["990100", DAY]
    assert (row["pm10"], row["n_pm10"], row["excluded"]) == (140, 3, "S0")


def test_a_reported_day_fills_in_or_is_trusted_more() -> None:
    """A daily value counts where the hours give none, or where its review state is higher."""
    reported = daily("A", "pm2_5", DAY, value=66, review="national")
    assert site_row([*hours(24), reported])["pm2_5"] == 66
    assert site_row([*hours(19), daily("A", "pm2_5", DAY, value=66)])["pm2_5"] == 66
    assert site_row([*hours(24), daily("A", "pm2_5", DAY, value=66)])["pm2_5"] == 50
    row = site_row([*hours(24), reported])
    assert (row["n_pm2_5"], row["review"]) == (None, "national")


def test_review_is_the_lowest_of_the_inputs() -> None:
    made = hours(24)
    for row in made:
        row["review"] = "national"
    assert site_row(made)["review"] == "national"
    made[7]["review"] = "preliminary"
    assert site_row(made)["review"] == "preliminary"
    other = day_of_hours("B", "pm2_5", DAY, values=[50] * 24, review="provincial")
    city = rows(evaluated(made + other, places=sites(["A", "B"])).city_days)["990100", DAY]
    assert city["review"] == "preliminary"


def test_a_correction_known_later_wins_whatever_the_order_of_rows() -> None:
    made = hours(24)
    later = [made[3] | {"value": 290, "known_at": datetime(2026, 4, 5), "reason": "更正"}]
    for table in (made + later, later + made):
        assert site_row(table)["pm2_5"] == 60


def test_two_values_of_one_hour_are_refused_and_the_same_twice_is_not() -> None:
    made = hours(24)
    assert site_row([*made, made[3]])["pm2_5"] == 50
    with pytest.raises(
        QingceError,
        match=r"QC251: 同一时刻有两个不同的值：A pm2_5 2026-04-01 03:00：50、51。.*let a later known_at say which",
    ):
        evaluated([*made, made[3] | {"value": 51}])


def test_the_edition_is_the_one_in_force_on_each_day() -> None:
    """70 µg/m³ is 94 on the last day of the old standard and 110 on the first of the new one."""
    last, first = date(2026, 2, 28), date(2026, 3, 1)
    made = [
        daily("A", parameter, day, value=value)
        for day in (last, first)
        for parameter, value in {**CLEAN, "o3": 100, "pm10": 60, "pm2_5": 70}.items()
    ]
    found = rows(evaluated(made).site_days)
    assert [found["A", day]["aqi"] for day in (last, first)] == [94, 110]
    assert [found["A", day]["edition"] for day in (last, first)] == [
        "hj633-2012+hj663-2013", "hj633-2026+hj663-2026",
    ]  # fmt: skip
    assert (found["A", last]["iaqi_o3"], found["A", first]["iaqi_o3"]) == (32, None)
    for edition, expected in (("hj633-2012", 94), ("hj633-2026", 110)):
        whatif = rows(evaluated(made, edition=edition).site_days)
        assert [whatif["A", day]["aqi"] for day in (last, first)] == [expected, expected]


def test_what_cannot_be_evaluated_says_why() -> None:
    with pytest.raises(QingceError, match=r"QC250: 没有可评价的数据：没有空气参数的行.*no row of an air pollutant"):
        evaluated([{"site": "A", "parameter": "cod", "time": datetime(2026, 4, 1), "value": 3}])
    with pytest.raises(QingceError, match=r"QC250: 没有可评价的数据：没有小时值或日值.*neither hourly nor daily"):
        evaluated([{"site": "A", "parameter": "pm10", "time": datetime(2026, 4, 1), "value": 3, "span": "P1M"}])
    with pytest.raises(QingceError, match=r"QC252: 时间“2026-04-01 00:30:00”不是整点.*Write the start of the hour"):
        evaluated([{"site": "A", "parameter": "pm10", "time": datetime(2026, 4, 1, 0, 30), "value": 3}])
    with pytest.raises(QingceError, match=r"QC105.*aqi"):
        evaluated([daily("A", "pm10", date(2010, 1, 1), value=3)], edition="hj663-2013")
