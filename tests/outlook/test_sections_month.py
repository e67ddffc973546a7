"""This month's sections: what is told is judged by evaluate's own month; the merge, the edge list, the chance."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.tables import MONTH_SECTION, OBSERVATION, SITE
from qingce.evaluate import evaluate_water_months
from qingce.outlook.quotas.sections import section_outlook
from qingce.outlook.quotas.sections_month import Watched, month_section_rows

AS_OF = date(2026, 10, 25)
MICRO = Decimal("0.000001")
FACTORS = ("ph", "do", "codmn", "nh3n", "tp")
FINE = {"ph": "7.5", "do": "8", "codmn": "3", "nh3n": "0.5", "tp": "0.1"}


@cache
def catalog() -> Catalog:
    return load_catalog()


def observed(*rows: tuple[str, str, datetime, str]) -> pa.Table:
    """Rows of (parameter, span, time, value) at section W."""
    found = [
        {"site": "W", "parameter": parameter, "span": span, "time": time, "value": Decimal(value)}
        for parameter, span, time, value in rows
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in OBSERVATION.names} for row in found], OBSERVATION)


def days(parameter: str, values: list[str], first: date = date(2026, 10, 1)) -> list[tuple[str, str, datetime, str]]:
    start = datetime(first.year, first.month, first.day)
    return [(parameter, "PT4H", start + timedelta(days=k), value) for k, value in enumerate(values)]


def watched(target: int = 3, **more: object) -> Watched:
    base: dict[str, object] = {"code": "W", "name": "某断面", "county": "某县", "kind": "river", "target": target}
    return Watched(**({"values": {}} | base | more))  # type: ignore[arg-type]


def told(
    table: pa.Table, section: Watched | None = None, as_of: date = AS_OF
) -> dict[tuple[str, str], dict[str, object]]:
    found = month_section_rows(table, [section or watched()], as_of=as_of, catalog=catalog())
    assert found.schema.equals(MONTH_SECTION)
    return {(row["span"], row["parameter"]): row for row in found.to_pylist()}


def test_ammonia_on_the_25th() -> None:
    """25 days at 1.04 sum to 26: the six days left may average (31·1.0 − 26)/6 = 0.8333."""
    rows = told(observed(*days("nh3n", ["1.04"] * 25)))
    row, whole = rows["month", "nh3n"], rows["month", ""]
    assert (row["exact"], row["done"], row["remaining"], row["how"]) == ("5/6", 25, 6, "automatic")
    assert (row["mean"], row["limit"], row["edge"], row["state"]) == (Decimal("1.04"), Decimal(1), "beyond", "open")
    assert (whole["class_now"], whole["edge"], whole["chance"], whole["chance_n"]) == (4, "beyond", None, 0)
    assert whole["text"] == "氨氮：剩余 6 天均值 ≤ 0.83"
    assert whole["note"] == "没有同月的历史，不给把握"


def test_a_floor_for_oxygen_and_two_limits_for_ph() -> None:
    rows = told(observed(*days("do", ["4.9"] * 25), *days("ph", ["9.5"] * 25)))
    assert rows["month", "do"]["bound"] == "ge"
    assert rows["month", "do"]["text"] == "剩余 6 天均值 ≥ 5.42"
    assert rows["month", "ph"]["text"] == "须在 6～9 之间"
    assert (rows["month", "ph"]["edge"], rows["month", "ph"]["state"]) == ("beyond", "open")
    assert rows["month", ""]["edge"] == "worst", "pH beyond 6–9 is worse than V"


@pytest.mark.parametrize(
    ("value", "verdict"), [("9.0", "达标"), ("9.01", "未达标"), ("6.0", "达标"), ("5.99", "未达标")]
)
def test_two_limits_of_a_month_that_is_over(value: str, verdict: str) -> None:
    over = told(observed(*days("ph", [value] * 31)), as_of=date(2026, 10, 31))["month", "ph"]
    assert (over["text"], over["remaining"]) == (f"时段已结束，{verdict}（须在 6～9 之间）", 0)


def test_a_factor_that_can_no_longer_be_saved() -> None:
    rows = told(observed(*days("tp", ["0.3"] * 25)))
    assert rows["month", "tp"]["state"] == rows["month", ""]["state"] == "lost"
    assert rows["month", "tp"]["text"] == "剩余 6 天即使为零也超标，已不能保持该类别"


def test_the_edge_begins_at_the_declared_share() -> None:
    below = told(observed(*days("nh3n", ["0.899"] * 25)))
    at = told(observed(*days("nh3n", ["0.9"] * 25)))
    assert (below["month", ""]["edge"], at["month", ""]["edge"]) == ("", "near")


def test_a_station_stands_before_a_sample_and_a_short_station_behind() -> None:
    """9+X: a station's days decide its factors; one with too few days left leaves the month to the sample."""
    sample = ("nh3n", "sample", datetime(2026, 10, 6, 10), "0.7")
    station = told(observed(sample, *days("nh3n", ["1.5"] * 25)))
    assert (station["month", "nh3n"]["how"], station["month", "nh3n"]["mean"]) == ("automatic", Decimal("1.5"))
    least = int(str(catalog().method("surface_water", day=AS_OF).option("automatic", "at_least_days")))
    late = days("nh3n", ["1.5"] * 2, date(2026, 10, 24))
    if least > 2 + 6:
        short = told(observed(sample, *late))
        assert (short["month", "nh3n"]["how"], short["month", "nh3n"]["mean"]) == ("manual", Decimal("0.7"))
    ended = told(observed(sample, *days("nh3n", ["1.5"] * 1, date(2026, 10, 31))), as_of=date(2026, 10, 31))
    judged = evaluate_water_months(
        observed(sample, *days("nh3n", ["1.5"] * 1, date(2026, 10, 31))), None, catalog=catalog()
    )
    assert ended["month", "nh3n"]["mean"] == judged["nh3n"][0].as_py()


def test_a_sample_still_to_come_is_waited_for() -> None:
    """COD had one sample in September and two in most months: both are to come, and may average the limit itself."""
    section = watched(values={"cod": {"2026-09": Fraction(18)}}, samples={"cod": 2})
    row = told(observed(*days("nh3n", ["0.5"] * 25)), section)["month", "cod"]
    assert (row["done"], row["remaining"], row["text"], row["mean"]) == (0, 2, "剩余 2 次采样均值 ≤ 20.00", None)
    one = observed(("cod", "sample", datetime(2026, 10, 6), "26"))
    assert told(one, section)["month", "cod"]["text"] == "剩余 1 次采样均值 ≤ 14.00"
    assert ("month", "cod") not in told(
        observed(*days("nh3n", ["0.5"] * 25)), watched(values={"cod": {"2025-03": Fraction(9)}})
    )


def test_the_chance_repeats_each_earlier_october() -> None:
    """Six days left at 1.04 so far: 0.7 and 0.8 keep class III, 0.9 does not; 2022 knows no October."""
    history = {"2022-09": "0.1", "2023-10": "0.7", "2024-10": "0.8", "2025-10": "0.9"}
    section = watched(values={"nh3n": {month: Fraction(value) for month, value in history.items()}})
    whole = told(observed(*days("nh3n", ["1.04"] * 25)), section)["month", ""]
    assert (whole["chance"], whole["chance_n"]) == (2 / 3, 3)
    assert whole["note"] == "把握按本断面历史上同月的 3 年推算"
    over = told(observed(*days("nh3n", ["1.04"] * 31)), section, date(2026, 10, 31))["month", ""]
    assert (over["chance"], over["chance_n"], over["state"]) == (0.0, 0, "lost")


def test_the_year_has_the_quotas_of_the_targets() -> None:
    """Story 3: ten months sum to 10.40; two are left: ≤ 0.80. Earlier years' ends say how likely."""
    months = {f"2026-{m:02d}": Fraction("1.04") for m in range(1, 11)}
    ends = {"2024-11": Fraction("0.7"), "2024-12": Fraction("0.9"), "2025-11": Fraction("0.9"), "2025-12": Fraction(1)}
    year = section_outlook(
        "W", {"nh3n": list(months.values())}, grade="3", remaining=2, day=AS_OF, catalog=catalog(), place="river"
    )
    section = watched(values={"nh3n": months | ends}, year=year, year_months=["2026-11", "2026-12"])
    rows = told(observed(), section)
    assert rows["year", "nh3n"]["text"] == "剩余 2 个月均值 ≤ 0.80"
    assert rows["year", "nh3n"]["exact"] == "4/5"
    assert (rows["year", ""]["chance"], rows["year", ""]["chance_n"]) == (0.5, 2)


def test_a_section_without_data_says_so() -> None:
    whole = told(observed())["month", ""]
    assert (whole["state"], whole["class_now"], whole["note"]) == ("unknown", None, "本月还没有数据")


@settings(max_examples=30, deadline=None)
@given(
    done=st.integers(4, 29),
    factor=st.sampled_from(["do", "codmn", "nh3n", "tp"]),
    target=st.integers(2, 5),
    scale=st.integers(20, 160),
)
def test_what_is_told_is_the_last_that_evaluate_still_accepts(done: int, factor: str, target: int, scale: int) -> None:
    """Fill the days left with the allowance, then with one step more: evaluate's class of the month turns there."""
    limit = catalog().limit(factor, "sample", str(target), day=AS_OF, place="river")
    value = (limit.value * scale / 100).quantize(MICRO)
    as_of = date(2026, 10, done)
    table = days(factor, [str(value)] * done)
    row = told(observed(*table), watched(target), as_of)["month", factor]
    if row["state"] != "open":
        return
    floor = limit.bound == "ge"
    ways = (ROUND_CEILING, ROUND_FLOOR) if floor else (ROUND_FLOOR, ROUND_CEILING)
    exact = Fraction(str(row["exact"]))
    for way, beyond in zip(ways, (Decimal(0), -MICRO if floor else MICRO), strict=True):
        rest = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(MICRO, rounding=way) + beyond
        if rest < 0:
            continue
        whole = observed(*table, *days(factor, [str(rest)] * (31 - done), as_of + timedelta(1)))
        places = pa.Table.from_pylist(
            [{n: {"site": "W", "kind": "section", "water_kind": "river"}.get(n) for n in SITE.names}], SITE
        )
        (found,) = evaluate_water_months(whole, places, catalog=catalog()).to_pylist()
        assert (found[f"class_{factor}"] <= target) is not bool(beyond)


def test_a_section_s_words_name_the_nearest_factor_that_is_still_open() -> None:
    """Oxygen at 7 of 5 has used more of its limit than ammonia, but no longer can be lost."""
    table = observed(*days("do", ["7"] * 25), *days("nh3n", ["0.5"] * 25))
    found = told(table)
    assert found["month", "do"]["state"] == "safe"
    assert str(found["month", ""]["text"]).startswith("氨氮：剩余 6 天均值 ≤ 3.08")
