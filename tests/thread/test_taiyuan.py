"""Story 1 number for number, on the real series and the real plan: read, ingest, judge, bind, progress, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.records import Reading
from qingce.core.tables import EXCEPTION, SITE, empty
from qingce.evaluate import evaluate_air_days
from qingce.observe import ingest
from qingce.plans import read_document
from qingce.thread import Progress, bind, cited_then, compute_values, progress, why

CITY, PROVINCE = "140100", "140000"
AS_OF = date(2026, 5, 31)
SAND = {
    "id": "示例-S",
    "scope": CITY,
    "kind": "sand",
    "start": date(2026, 2, 21),
    "end": date(2026, 2, 22),
    "parameters": "pm10,pm2_5",
    "status": "总站认定",
    "issuer": "中国环境监测总站",
    "number": "示例",
}
DEDUCTED = {"pm2_5_annual": {"series": "deducted"}, "pm10_annual": {"series": "deducted"}}


@dataclass(frozen=True)
class Built:
    """What a build of plan 000 with Taiyuan's series gives."""

    values: Mapping[str, Mapping[str, object]]
    progress: Progress
    tables: Mapping[str, pa.Table]

    def target(self, indicator: str) -> dict[str, object]:
        rows = [row for row in self.progress.progress.to_pylist() if row["indicator_id"] == indicator]
        return rows[0]

    def quotas(self, indicator: str, part: str) -> list[str]:
        name = self.target(indicator)["target_id"]
        rows = self.progress.quota.to_pylist()
        return [row["text"] for row in rows if row["target_id"] == name and row["part"] == part]


@pytest.fixture(scope="module")
def observations(shared: Path, catalog: Catalog) -> pa.Table:
    file = shared / "data" / "air_31capitals_daily_2025_2026" / "capital_daily.parquet"
    found = ingest(file, feed=catalog.feeds["capitals-daily-2025"], catalog=catalog)
    return found.observations.filter(pc.equal(found.observations["site"], CITY))


@pytest.fixture(scope="module")
def reading(shared: Path, catalog: Catalog) -> Reading:
    return read_document(shared / "plans" / "000_185d9810cba7eb36.txt", catalog)


@pytest.fixture(scope="module")
def build(observations: pa.Table, reading: Reading, catalog: Catalog) -> object:
    city = {"site": CITY, "name": "太原市", "kind": "air_site", "city": CITY, "city_name": "太原市", "roles": "评价点"}
    sites = pa.Table.from_pylist([city], schema=SITE)

    def run(*, sand: bool, region: str = PROVINCE, settings: Mapping[str, Mapping[str, str]] | None = None) -> Built:
        exceptions = pa.Table.from_pylist([SAND], schema=EXCEPTION) if sand else empty(EXCEPTION)
        days = evaluate_air_days(observations, sites, exceptions, catalog=catalog)
        bindings = bind([reading], catalog, sites, region=region, as_of=AS_OF, settings=settings)
        values = compute_values(bindings, days.city_days, pa.table({}), catalog=catalog, as_of=AS_OF)
        judged = progress(bindings, values, catalog=catalog, as_of=AS_OF, days=days.city_days, sites=sites)
        document = reading.document
        documents = [{"id": document.id, "title": document.title, "text": document.text}]
        listed = [{"id": name, "medium": "air", "parameter": "pm2_5"} for name in ("pm2_5_annual",)]
        tables = {
            "progress": judged.progress,
            "values": values,
            "air_city_days": days.city_days,
            "sites": sites,
            "documents": pa.Table.from_pylist(documents),
            "indicators": pa.Table.from_pylist(listed),
        }
        return Built({str(row["id"]): row for row in values.to_pylist()}, judged, tables)

    return run


@pytest.fixture(scope="module")
def measured(build: object) -> Built:
    return build(sand=False)  # type: ignore[operator, no-any-return]


@pytest.fixture(scope="module")
def deducted(build: object) -> Built:
    return build(sand=True, settings=DEDUCTED)  # type: ignore[operator, no-any-return]


def key(indicator: str, period: str, series: str, scope: str = CITY) -> str:
    return f"V:{indicator}:{scope}:{period}:{series}"


NOW = "2026-01-01/2026-05-31"


def test_151_days_sum_to_6341(measured: Built) -> None:
    value = measured.values[key("pm2_5_annual", NOW, "measured")]
    assert (value["exact"], value["n"], value["value"]) == ("6341/151", 151, Decimal("42.0"))


def test_the_remaining_quota_by_both_rules(measured: Built) -> None:
    assert measured.quotas("pm2_5_annual", f"{CITY}/2026") == ["剩余 214 天均值 ≤ 36.89", "剩余 214 天均值 < 37.74"]
    assert measured.target("pm2_5_annual")["quota_text"] == (
        "太原市 时段已结束，达标（严格比较）；"
        "到期后延续对照：太原市 剩余 214 天均值 ≤ 36.89（严格比较）；< 37.74（先修约）"
    )  # fmt: skip


def test_two_sand_days_are_deducted(deducted: Built) -> None:
    fine, coarse = (deducted.values[key(name, NOW, "deducted")] for name in ("pm2_5_annual", "pm10_annual"))
    assert Fraction(str(fine["exact"])) == Fraction(6205, 149)
    assert [format(float(Fraction(str(row["exact"]))), ".2f") for row in (fine, coarse)] == ["41.64", "87.52"]
    assert format(float(Fraction(str(deducted.values[key("pm10_annual", NOW, "measured")]["exact"]))), ".2f") == "91.36"
    assert deducted.quotas("pm2_5_annual", f"{CITY}/2026")[0] == "剩余 214 天均值 ≤ 37.16"


def test_both_series_stay(deducted: Built) -> None:
    pair = [deducted.values[key("pm2_5_annual", NOW, series)]["n"] for series in ("measured", "deducted")]
    assert pair == [151, 149]


def test_days_not_good_by_pm_alone_under_each_edition(measured: Built) -> None:
    value = measured.values[key("good_day_ratio", NOW, "measured")]
    assert (value["value"], value["absent"]) == (None, "not_reported")
    note = str(value["note"])
    assert "臭氧未上报" in note
    assert "AQI 大于 100 的已有 26 天；若全期按 hj633-2012 则 23 天；若全期按 hj633-2026 则 34 天" in note


def test_the_official_good_day_ratio_is_refused_with_the_reason(build: object) -> None:
    name = "good_day_ratio"
    built = build(sand=False, settings={name: {"deadline": "2026"}})  # type: ignore[operator]
    row = built.target(name)
    assert (row["status"], row["reason"], row["own_value"], row["quota_text"]) == ("awaiting", "incomplete", None, "")
    assert "没有一个市可以判定，不能判定全省；太原市：臭氧未上报" in row["status_text"]
    assert [q for q in built.progress.quota.to_pylist() if q["target_id"] == row["target_id"]] == []


def test_2025_is_met_in_taiyuan_but_the_province_needs_eleven(measured: Built) -> None:
    value = measured.values[key("pm2_5_annual", "2025", "measured")]
    assert (value["exact"], value["n"]) == ("13091/365", 365)
    row = measured.target("pm2_5_annual")
    assert (row["status"], row["own_value"], row["own_text"]) == ("awaiting", None, "太原市 35.87，达标")
    assert "11 市中仅 1 市有数据，不能判定全省；太原市 35.87，达标" in str(row["status_text"])
    assert row["scope_name"] == "山西省11个市"


def test_a_city_campaign_is_decided_for_the_city(build: object, reading: Reading) -> None:
    (target,) = (t.id for t in reading.targets if t.indicator_id == "pm2_5_annual")
    built = build(sand=False, region=CITY, settings={target: {"scope": CITY}})  # type: ignore[operator]
    row = built.target("pm2_5_annual")
    assert (row["status"], row["own_text"], row["own_n"]) == ("met", "35.87", 365)
    assert row["status_text"] == "达标：35.87 ≤ 39（测算，待中国环境监测总站认定）"
    assert "去年同期 43.53，同比下降 1.54（3.5%）" in row["pace_text"]
    year = build(sand=False, region=CITY, settings={target: {"scope": CITY, "deadline": "2026"}})  # type: ignore[operator]
    row = year.target("pm2_5_annual")
    assert row["status_text"] == (
        "年度进展（时限 2026 年）：进度正常，目前 41.99 > 39；若余下与去年同期相同（30.46），全年 35.23，可达标；"
        "剩余 214 天均值 ≤ 36.89"
    )
    assert year.progress.series.num_rows >= 365


def test_what_cannot_be_bound_is_listed_with_its_reason(measured: Built, reading: Reading) -> None:
    rows = measured.progress.progress.to_pylist()
    assert len(rows) == len(reading.targets)
    assert all(row["bound"] or (row["reason"] and row["reason_text"]) for row in rows)
    by_name = {row["indicator_id"]: row["reason"] for row in rows}
    assert by_name["forest_cover"] == "awaiting_official"
    assert by_name["heavy_metal_cut"] == "awaiting_baseline"
    assert by_name["co2_per_gdp"] == "delegated"
    assert by_name["good_section_ratio"] == "no_data"


def test_every_sentence_stands_in_the_plan(measured: Built, reading: Reading) -> None:
    for row in measured.progress.progress.to_pylist():
        assert reading.document.text[row["start"] : row["end"]] == row["quote"]


def test_from_the_target_to_the_worst_day(measured: Built) -> None:
    row = measured.target("pm2_5_annual")
    found = why(key("pm2_5_annual", NOW, "measured"), measured.tables)
    assert [node.id for node in found.up] == [row["target_id"]]
    (sentence,) = found.sentences
    assert "细颗粒物" in sentence.quote
    assert len(found.down.children) == 151
    assert {node.kind for node in found.down.children} == {"finding"}


def test_a_letter_that_cited_the_measured_mean(measured: Built, deducted: Built) -> None:
    cited = [(key("pm2_5_annual", NOW, "measured"), Decimal("42.0"))]
    assert cited_then(cited, measured.tables) == ()
    day = f"F:{CITY}:pm2_5:2026-02-21:deducted"
    assert cited_then([(day, 53)], measured.tables) == ()
    (flag,) = cited_then([(day, 53)], deducted.tables)
    assert flag.text == "函件引用 53，现无有效数值，须更正"
