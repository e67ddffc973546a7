"""Tonnes and ratio points that only a decider values, tonnes by county; the room of a composite index."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.tables import OFFICIAL
from qingce.outlook.quotas.profile import Profile, Profiles
from qingce.thread.binding import bind
from qingce.thread.progress import Progress, progress

CITY, AS_OF = "140100", date(2026, 10, 31)
COUNTIES = {"140105": Decimal(3), "140106": Decimal(1)}


@pytest.fixture
def judged(catalog: Catalog, made: SimpleNamespace) -> Any:
    """Judge one target of a city with assessed sites in two counties."""

    def run(
        target: object,
        *,
        official: pa.Table | None = None,
        values: pa.Table | None = None,
        by: Profile | None = None,
        as_of: date = AS_OF,
    ) -> Progress:
        air = {"kind": "air_site", "city": CITY, "roles": "评价点"}
        rows = [air | {"site": code, "name": code, "county": code, "county_name": f"{code}区"} for code in COUNTIES]
        sites = made.sites(*rows)
        bindings = bind([made.reading(target)], catalog, sites, region=CITY, as_of=as_of)
        return progress(
            bindings, values if values is not None else made.values(), official, catalog=catalog, as_of=as_of,
            sites=sites, profiles=Profiles(by or Profile()),
        )  # fmt: skip

    return run


def official(indicator: str, value: str, unit: str, period: str = "2026-01/2026-09") -> pa.Table:
    row = dict.fromkeys(OFFICIAL.names) | {"issuer": "省厅", "number": "1号", "version": 1, "review": "assessed"}
    row |= {"indicator": indicator, "scope": CITY, "period": period, "value": Decimal(value), "unit": unit}
    return pa.Table.from_pylist([row], schema=OFFICIAL)


def tonnes(made: SimpleNamespace) -> object:
    return made.target(
        "氮氧化物重点工程减排量达到1000吨", indicator_id="nox_cut", comparator=">=", value=Decimal(1000), unit="吨"
    )


def test_what_is_missing_of_tonnes(judged: Any, made: SimpleNamespace) -> None:
    found = judged(tonnes(made), official=official("nox_cut", "620.5", "t"))
    quota = found.quota.to_pylist()[0]
    assert (quota["kind"], quota["exact"], quota["unit"], quota["state"]) == ("amount", "759/2", "t", "open")
    assert found.progress.to_pylist()[0]["quota_text"] == "距目标还差 379.5 吨（2026年1月1日至9月30日认定值）"


@pytest.mark.parametrize(
    ("printed", "value", "said"),
    [
        pytest.param("万吨", "0.1", "距目标还差 0.038 万吨", id="ten-thousand"),
        pytest.param("吨", "1000", "距目标还差 379.5 吨", id="tonnes"),
        pytest.param("", "1000", "距目标还差 379.5 吨", id="as-the-indicator-is-printed"),
    ],
)
def test_words_name_the_unit_that_the_plan_prints(
    judged: Any, made: SimpleNamespace, printed: str, value: str, said: str
) -> None:
    """The exact quota stays in tonnes; only the words follow the plan."""
    target = made.target("氮氧化物减排", indicator_id="nox_cut", comparator=">=", value=Decimal(value), unit=printed)
    found = judged(target, official=official("nox_cut", "620.5", "t"))
    quota = found.quota.to_pylist()[0]
    assert (quota["exact"], quota["unit"]) == ("759/2", "t")
    assert found.progress.to_pylist()[0]["quota_text"].startswith(said)


def parts_of(found: Progress, dimension: str) -> dict[str, Decimal]:
    """The parts of the whole quota along one dimension, by month or by county."""
    rows = [row for row in found.quota.to_pylist() if row["part"]]
    return {row["part"]: row["allowed"] for row in rows if ("-" in row["part"]) == (dimension == "month")}


def test_tonnes_over_counties_by_hand(judged: Any, made: SimpleNamespace) -> None:
    by = Profile(counties="hand", county_weights=COUNTIES)
    found = judged(tonnes(made), official=official("nox_cut", "620.5", "t"), by=by)
    parts = parts_of(found, "county")
    assert parts == {"140105": Decimal("284.6"), "140106": Decimal("94.9")}
    assert sum(parts.values()) == found.quota.to_pylist()[0]["allowed"] == Decimal("379.5")
    counties = [row for row in found.shares.to_pylist() if row["dimension"] == "county"]
    assert [(row["part"], row["share"], row["profile"]) for row in counties] == [
        ("140105", 75, "hand"),
        ("140106", 25, "hand"),
    ]


WEIGHTS = {month: Decimal(2 if month == 12 else 1) for month in range(1, 13)}


@pytest.mark.parametrize(
    ("by", "as_of", "wanted"),
    [
        pytest.param(Profile(), date(2026, 9, 30), ["127.9", "123.7", "127.9"], id="by-days"),
        pytest.param(Profile(), date(2026, 10, 15), ["78.9", "147.8", "152.8"], id="within-a-month"),
        pytest.param(Profile(), AS_OF, ["186.6", "192.9"], id="a-month-over"),
        pytest.param(Profile("hand", month_weights=WEIGHTS), AS_OF, ["126.5", "253"], id="by-hand"),
        pytest.param(Profile(), date(2026, 12, 1), [], id="one-month-left"),
    ],
)
def test_tonnes_over_the_months_ahead(
    judged: Any, made: SimpleNamespace, by: Profile, as_of: date, wanted: list[str]
) -> None:
    """379.5 t are missing: shared by the days or by hand over what is left, anew when a month is over."""
    found = judged(tonnes(made), official=official("nox_cut", "620.5", "t"), by=by, as_of=as_of)
    parts = parts_of(found, "month")
    assert [str(part.normalize()) for part in parts.values()] == [str(Decimal(one).normalize()) for one in wanted]
    assert sum(parts.values()) == (Decimal("379.5") if wanted else 0)
    months = [row for row in found.shares.to_pylist() if row["dimension"] == "month"]
    assert sum(Fraction(row["exact"]) for row in months) == (100 if wanted else 0)


@pytest.mark.parametrize("value", ["38.2", "38.123", "37"])
def test_ratio_points_are_what_each_county_adds(judged: Any, made: SimpleNamespace, value: str) -> None:
    target = made.target(
        "森林覆盖率达到38.5%以上", indicator_id="forest_cover", comparator=">=", value=Decimal("38.5"), unit="%"
    )
    by = Profile(counties="population", population=COUNTIES)
    found = judged(target, official=official("forest_cover", value, "%", "2025"), by=by)
    whole, left = found.quota.to_pylist()[0], Decimal("38.5") - Decimal(value)
    assert (whole["kind"], whole["allowed"]) == ("points", left)
    for dimension in ("county", "month"):
        assert sum(parts_of(found, dimension).values()) == left
    told = {row["part"]: row["text"] for row in found.quota.to_pylist()}
    if value == "38.2":
        assert told["140105"] == "140105区：须完成 0.2 个百分点"


def test_the_room_that_last_year_left_to_a_cap_is_not_this_year_s(judged: Any, made: SimpleNamespace) -> None:
    target = made.target(
        "煤炭消费总量控制在260万吨以内",
        indicator_id="coal_consumption",
        comparator="<=",
        value=Decimal(260),
        unit="万吨",
    )
    of_last = judged(target, official=official("coal_consumption", "2550000", "t", "2025"))
    of_this = judged(target, official=official("coal_consumption", "2050000", "t"))
    assert [row["text"] for row in of_last.quota.to_pylist()] == ["距上限还有 5 万吨"]
    assert sum(parts_of(of_this, "month").values()) == 550000
    assert of_this.quota.to_pylist()[1]["text"].startswith("2026-11：可用 27.")


def test_without_an_official_value_nothing_is_told(judged: Any, made: SimpleNamespace) -> None:
    found = judged(tonnes(made))
    assert (found.quota.num_rows, found.progress.to_pylist()[0]["quota_text"]) == (0, "")


@pytest.mark.parametrize(
    ("value", "text"), [("3.62", "距上限还有 0.38（按目前值）"), ("4.25", "已超出上限 0.25（按目前值）")]
)
def test_the_room_of_a_composite_index(judged: Any, made: SimpleNamespace, value: str, text: str) -> None:
    target = made.target(
        "环境空气质量综合指数降至4.0以下",
        indicator_id="composite_index",
        comparator="<=",
        value=Decimal("4.0"),
        unit="",
    )
    values = made.values(
        made.value("composite_index", CITY, period="2026-01-01/2026-10-31", exact=Decimal(value), unit="index", n=304)
    )
    found = judged(target, values=values)
    quotas = [quota for quota in found.quota.to_pylist() if quota["kind"] == "index"]
    assert len(quotas) == 1
    assert found.progress.to_pylist()[0]["quota_text"] == text
