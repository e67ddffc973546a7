"""Story 3 through the judging of sections: samples to months to shares to quota."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pyarrow as pa
import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.tables import OBSERVATION, OFFICIAL
from qingce.evaluate import evaluate_water_months
from qingce.thread import Progress, bind, compute_values, progress

CITY, AS_OF = "621100", date(2026, 10, 31)
AMMONIA = ["1.02", "1.04", "1.04", "1.04", "1.05", "1.05", "1.04", "1.05", "1.05", "1.02"]
CLEAN = {"ph": "7.5", "do": "8.0", "codmn": "3.0", "nh3n": "0.40", "tp": "0.10"}
QUOTE = "地表水国考断面优良水体比例达到80%以上"


@pytest.fixture
def run(catalog: Catalog, made: SimpleNamespace) -> object:
    def go(*, ammonia: list[str] = AMMONIA, official: pa.Table | None = None) -> tuple[pa.Table, Progress]:
        sites = made.sites(*({"site": f"S{i}", "name": f"第{i}断面", "target_class": 3} for i in range(1, 7)))
        rows = [
            {
                "site": f"S{i}",
                "parameter": name,
                "time": datetime(2026, month, 6),
                "span": "sample",
                "value": Decimal(ammonia[month - 1] if (i, name) == (1, "nh3n") else value),
                "review": "national",
            }
            for i in range(1, 7)
            for month in range(1, 11)
            for name, value in CLEAN.items()
        ]
        months = evaluate_water_months(pa.Table.from_pylist(rows, schema=OBSERVATION), sites, catalog=catalog)
        target = made.target(
            QUOTE, indicator_id="good_section_ratio", comparator=">=", value=Decimal(80), unit="%", scope="全市"
        )
        bindings = bind([made.reading(target)], catalog, sites, region=CITY, as_of=AS_OF)
        values = compute_values(bindings, pa.table({}), months, catalog=catalog, as_of=AS_OF)
        found = progress(bindings, values, official, catalog=catalog, as_of=AS_OF, section_months=months, sites=sites)
        return values, found

    return go


def test_one_of_six_fails_and_may(run: object) -> None:
    values, found = run()  # type: ignore[operator]
    (value,) = values.to_pylist()
    assert (value["exact"], value["n"], value["scope"]) == ("250/3", 10, f"{CITY}~国考")
    (row,) = found.progress.to_pylist()
    assert row["status"] == "on_track"
    assert row["quota_text"] == "6 个断面最多可有 1 个不达标；目前 1 个；第1断面氨氮：剩余 2 个月均值 ≤ 0.80"


def test_the_chart_ends_where_evaluate_does(run: object) -> None:
    values, found = run()  # type: ignore[operator]
    last = found.series.to_pylist()[-1]
    assert (last["day"], last["cumulative"]) == (date(2026, 10, 1), Decimal("83.333333"))
    assert Decimal(values.to_pylist()[0]["value"]) == Decimal("83.3")


def test_a_revision_of_the_centre_and_our_own_station(run: object) -> None:
    blank = {**dict.fromkeys(OFFICIAL.names), "indicator": "nh3n", "scope": "S1", "period": "2026-10", "issuer": "总站"}
    rows = [
        {**blank, "number": "月报", "value": Decimal(value), "version": i} for i, value in ((1, "1.02"), (2, "0.92"))
    ]
    official = pa.Table.from_pylist(rows, schema=OFFICIAL)
    texts = [
        run(ammonia=[*AMMONIA[:9], october], official=official)[1].progress["quota_text"][0].as_py()  # type: ignore[operator]
        for october in ("1.02", "0.93")
    ]
    assert texts[0] == texts[1]
    assert texts[0].endswith("第1断面氨氮：剩余 2 个月均值 ≤ 0.85")
