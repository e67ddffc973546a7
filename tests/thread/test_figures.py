"""The daily figures are those evaluate counts: same days, same exact values, gaps and editions included."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pyarrow as pa
import pytest

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.tables import EXCEPTION, OBSERVATION, SITE
from qingce.evaluate import air_indicator, evaluate_air_days
from qingce.thread.figures import Days, column_of, is_bad, running, summed

CITY = "140100"
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
SCALES = {"so2": 30, "no2": 60, "co": 2, "o3_8h": 200, "pm10": 200, "pm2_5": 120}


@pytest.fixture(scope="module")
def days() -> pa.Table:
    """Two made years of one city by the day, each parameter missing now and then, with three sand days."""
    random = Random(20260531)
    rows = [
        {
            "site": CITY,
            "parameter": parameter,
            "time": datetime(2025, 1, 1) + timedelta(days=day),
            "span": "P1D",
            "value": Decimal(random.randrange(scale * 10)) / 10,
            "review": "national",
        }
        for day in range((LAST - FIRST).days + 1)
        for parameter, scale in SCALES.items()
        if random.random() > 0.03
    ]
    city = {"site": CITY, "name": "示例市", "kind": "air_site", "city": CITY, "city_name": "示例市", "roles": "评价点"}
    sand = {"id": "S", "scope": CITY, "kind": "sand", "start": date(2026, 4, 8), "end": date(2026, 4, 10),
            "parameters": "pm10,pm2_5", "status": "总站认定"}  # fmt: skip
    observed = pa.Table.from_pylist(rows, schema=OBSERVATION)
    sites, sands = pa.Table.from_pylist([city], schema=SITE), pa.Table.from_pylist([sand], schema=EXCEPTION)
    return evaluate_air_days(observed, sites, sands, catalog=load_catalog()).city_days


@pytest.mark.parametrize("series", ["measured", "deducted"])
@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.parametrize(
    "name",
    ["pm2_5_annual", "pm10_annual", "co_p95", "o3_p90", "good_day_ratio", "heavy_day_ratio", "heavy_days", "good_days"],
)
def test_the_last_running_figure_is_the_indicator(
    days: pa.Table, catalog: Catalog, name: str, year: int, series: str
) -> None:
    indicator = catalog.indicator(name)
    period = Period(date(year, 1, 1), date(year, 10, 31))
    value = air_indicator(
        indicator, days, scope=CITY, scope_name="", period=period, series=series, catalog=catalog, as_of=period.end
    ).to_pylist()[0]
    mine = Days(days, catalog).daily(CITY, series, column_of(indicator)).within(period)
    assert len(mine) == value["n"]
    *_, (last, figure) = running(indicator, mine)
    assert last == mine[-1][0]
    assert str(figure) == value["exact"]


def test_every_day_of_the_running_figure(days: pa.Table, catalog: Catalog) -> None:
    indicator = catalog.indicator("pm2_5_annual")
    mine = Days(days, catalog).daily(CITY, "measured", "pm2_5").within(Period.month(2026, 1))
    figures = dict(running(indicator, mine))
    for place, (day, _) in enumerate(mine, 1):
        assert figures[day] == sum(value for _, value in mine[:place]) / place


def test_a_city_mean_of_sites_stays_a_fraction() -> None:
    table = pa.table(
        {
            "subject": [CITY],
            "series": ["measured"],
            "day": pa.array([FIRST], pa.date32()),
            "pm2_5": [Decimal("61.333333")],
            "num_pm2_5": [184],
            "den_pm2_5": [3],
        }
    )
    assert Days(table).daily(CITY, "measured", "pm2_5").values == {FIRST: Fraction(184, 3)}


def test_what_is_not_there_is_empty() -> None:
    assert Days(None).subjects == Days(pa.table({})).subjects == frozenset()
    assert Days(None).daily(CITY, "measured", "pm2_5").values == {}
    assert summed([]) == (0, 0)


def test_bad_days_by_what_the_indicator_declares(catalog: Catalog) -> None:
    def bad(indicator: Indicator, *values: int) -> list[bool]:
        return [is_bad(indicator, Fraction(value)) for value in values]

    assert bad(catalog.indicator("good_day_ratio"), 100, 101) == [False, True]
    assert bad(catalog.indicator("heavy_days"), 200, 201) == [False, True]
    assert bad(catalog.indicator("pm2_5_annual"), 10**6) == [False]
