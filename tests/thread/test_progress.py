"""Progress from hand-made values, days and months: every number here can be recomputed on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pyarrow as pa
import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.core.tables import OFFICIAL, PROGRESS, QUOTA, SERIES
from qingce.outlook import Quota
from qingce.thread import Progress, bind, progress
from qingce.thread.allowances.quotas import month_span
from qingce.thread.allowances.rest import _words
from qingce.thread.figures import Days

CITY = "621100"
AS_OF = date(2026, 10, 31)


@pytest.fixture
def judged(catalog: Catalog, made: SimpleNamespace) -> object:
    """Bind targets of a city and judge them from the tables given."""

    def run(*targets: object, **tables: object) -> Progress:
        settings, sites = tables.pop("settings", None), tables.pop("sites", None)
        as_of = tables.pop("as_of", AS_OF)
        level = tables.pop("level", "city")
        region = tables.pop("region", CITY)
        rows = sites if sites is not None else made.sites()
        bindings = bind(
            [made.reading(*targets, level=level)], catalog, rows, region=region, as_of=as_of, settings=settings
        )  # type: ignore[arg-type]
        values = tables.pop("values", made.values())
        return progress(bindings, values, catalog=catalog, as_of=as_of, sites=rows, **tables)  # type: ignore[arg-type]

    return run


def officials(*rows: dict[str, object]) -> pa.Table:
    blank = {**dict.fromkeys(OFFICIAL.names), "issuer": "总站", "number": "1号", "version": 1, "review": "assessed"}
    found = [{**blank, **row, "value": Decimal(str(row["value"]))} for row in rows]
    return pa.Table.from_pylist(found, schema=OFFICIAL)


def only(table: pa.Table) -> dict[str, object]:
    (row,) = table.to_pylist()
    return row  # type: ignore[no-any-return]


# --- shape -----------------------------------------------------------------------------------------------------------


def test_tables_have_their_schemas_even_when_empty(judged: object) -> None:
    found = judged()  # type: ignore[operator]
    assert (found.progress.schema, found.quota.schema, found.series.schema) == (PROGRESS, QUOTA, SERIES)
    assert found.progress.num_rows == 0


def test_an_unbound_target_keeps_its_sentence(judged: object, made: SimpleNamespace) -> None:
    row = only(judged(made.target(kind="placeholder", value=None, value_text="XX")).progress)  # type: ignore[operator]
    assert (row["bound"], row["status"], row["reason"]) == (False, "unbound", "placeholder")
    assert row["status_text"] == "未绑定：数值为占位符，文件没有给出（XX）"
    assert (row["quote"], row["start"], row["document_number"]) == (made.target().quote, 0, "示例〔2024〕1号")


def test_no_data_is_unbound_with_its_reason(judged: object, made: SimpleNamespace) -> None:
    row = only(judged(made.target()).progress)  # type: ignore[operator]
    assert (row["status"], row["reason"], row["bound"]) == ("unbound", "no_data", False)
    assert row["indicator_name"] == "PM2.5年均浓度"


def test_a_year_just_begun_waits_for_its_first_value(judged: object, made: SimpleNamespace) -> None:
    """Last year had its figure, this one has none yet: it is waited for, and not called unbound."""
    none = made.value("pm2_5_annual", CITY, period="2026-01-01/2026-01-02", n=0)
    last = made.value("pm2_5_annual", CITY, period="2025", exact=30)
    begun = judged(made.target(), as_of=date(2026, 1, 2), values=made.values(none, last))  # type: ignore[operator]
    row = only(begun.progress)
    assert (row["status"], row["reason"]) == ("awaiting", "no_value_yet")
    assert row["status_text"] == "待数据：时段刚开始，还没有数据"
    new = judged(made.target(), as_of=date(2026, 1, 2), values=made.values(none))  # type: ignore[operator]
    assert only(new.progress)["reason"] == "no_data"


# --- a mean, before and at the deadline ------------------------------------------------------------------------------


@pytest.fixture
def year(made: SimpleNamespace) -> dict[str, object]:
    """2025: 30 every day (10,950). 2026 to 31 October (304 days): 40 in the first 100 days, 30 after (10,120)."""
    days = [
        made.days([30] * 365, start=date(2025, 1, 1), subject=CITY),
        made.days([40] * 100 + [30] * 204, start=date(2026, 1, 1), subject=CITY),
    ]
    rows = [
        made.value("pm2_5_annual", CITY, period="2026-01-01/2026-10-31", exact="10120/304", n=304),
        made.value("pm2_5_annual", CITY, period="2025-01-01/2025-10-31", exact=30, n=304),
        made.value("pm2_5_annual", CITY, period="2024-01-01/2024-10-31", exact=32, n=305),
        made.value("pm2_5_annual", CITY, period="2025", exact=30),
    ]
    return {"days": pa.concat_tables(days), "values": made.values(*rows)}


def test_progress_of_a_mean(judged: object, made: SimpleNamespace, year: dict[str, object]) -> None:
    """61 days are left; (33·365 − 10120)/61 = 31.5574; last year's rest was 30: 10120 + 1830 = 11950 → 32.74."""
    found = judged(made.target(value=Decimal(33)), **year)  # type: ignore[operator]
    row = only(found.progress)
    assert row["own_value"] == Decimal("33.289474")
    assert (row["own_n"], row["own_text"], row["own_review"], row["own_label"]) == (304, "33.29", "national", "测算")
    assert (row["last_year_value"], row["change"]) == (30, Decimal("3.289474"))
    assert row["status"] == "on_track"
    assert row["status_text"] == (
        "年度进展（时限 2026 年）：进度正常，目前 33.29 > 33；若余下与去年同期相同（30.00），全年 32.74，可达标；"
        "剩余 61 天均值 ≤ 31.56"
    )
    assert row["pace_text"] == (
        "2026年1月1日至10月31日 33.29（有效 304 天）；去年同期 30.00，同比上升 3.29（11.0%）；更早同期 2024 年 32.00"
    )
    assert row["quota_text"] == "剩余 61 天均值 ≤ 31.56（严格比较）；< 34.55（先修约）"
    assert row["value_id"] == f"V:pm2_5_annual:{CITY}:2026-01-01/2026-10-31:measured"


def test_a_quarter_is_judged_by_its_own_days(judged: object, made: SimpleNamespace, year: dict[str, object]) -> None:
    """April to June 2026: ten days of 40 and 81 of 30; on 31 May 61 days are behind: (35·91 − 1930)/30 = 41.83."""
    behind = made.value("pm2_5_annual", CITY, period="2026-04-01/2026-05-31", exact="1930/61", n=61)
    target = made.target(value=Decimal(35), deadline="2026-Q2", quote="二季度PM2.5平均浓度不高于35微克/立方米")
    given = {"values": made.values(behind), "days": year["days"]}
    row = only(judged(target, as_of=date(2026, 5, 31), **given).progress)  # type: ignore[operator]
    assert row["quota_text"] == "剩余 30 天均值 ≤ 41.83（严格比较）；< 43.35（先修约）"
    assert row["status_text"].startswith("时段进展（2026年4月1日至6月30日）：进度正常，目前 31.64 ≤ 35")
    assert "，全时段 31.10，可达标" in row["status_text"]
    early = only(judged(target, as_of=date(2026, 3, 31), **given).progress)  # type: ignore[operator]
    assert (early["status"], early["reason"], early["quota_text"]) == ("awaiting", "not_begun", "")
    assert early["status_text"] == "待数据：时段未开始（2026年4月1日至6月30日）"


def test_parts_of_the_quota_sum_to_the_whole(judged: object, made: SimpleNamespace, year: dict[str, object]) -> None:
    rows = judged(made.target(value=Decimal(33)), **year).quota.to_pylist()  # type: ignore[operator]
    whole, other, *parts = rows
    assert (whole["rule"], other["rule"], [row["part"] for row in parts]) == (
        "strict",
        "rounded",
        ["2026-11", "2026-12"],
    )
    assert Fraction(whole["exact"]) == Fraction(33 * 365 - 10120, 61)
    assert sum(Fraction(row["exact"]) * row["remaining"] for row in parts) == Fraction(whole["exact"]) * 61
    assert {row["series"] for row in rows} == {"measured"}


def test_the_chart_ends_at_the_target(judged: object, made: SimpleNamespace, year: dict[str, object]) -> None:
    series = judged(made.target(value=Decimal(33)), **year).series.to_pylist()  # type: ignore[operator]
    assert len(series) == 365
    first, today, tomorrow, last = series[0], series[303], series[304], series[-1]
    assert (first["value"], first["cumulative"], first["last_year"], first["category"]) == (40, 40, 30, "1")
    assert today["cumulative"] == today["allowed"] == Decimal("33.289474")
    assert (tomorrow["value"], tomorrow["cumulative"]) == (None, None)
    assert (last["day"], last["allowed"], last["last_year"]) == (date(2026, 12, 31), 33, 30)


@pytest.mark.parametrize(
    ("target", "status"),
    [("34", "on_track"), ("32.7", "at_risk"), ("28", "at_risk"), ("27.72", "lost"), ("27.73", "at_risk")],
)
def test_statuses_along_the_target(
    judged: object, made: SimpleNamespace, year: dict[str, object], target: str, status: str
) -> None:
    """Even zeros for 61 days leave 10120/365 = 27.726: at 27.72 it is lost, at 27.73 just not."""
    row = only(judged(made.target(value=Decimal(target)), **year).progress)  # type: ignore[operator]
    assert row["status"] == status


def test_a_later_deadline_is_checked_by_the_year(
    judged: object, made: SimpleNamespace, year: dict[str, object]
) -> None:
    row = only(judged(made.target(value=Decimal(33), deadline="2030"), **year).progress)  # type: ignore[operator]
    assert row["status_text"].startswith("年度进展（时限 2030 年）")
    assert row["deadline_day"] == date(2030, 12, 31)


def test_a_deadline_passed_is_decided_and_still_held_to(
    judged: object, made: SimpleNamespace, year: dict[str, object]
) -> None:
    found = judged(made.target(value=Decimal(33), deadline="2025"), **year)  # type: ignore[operator]
    row = only(found.progress)
    assert (row["status"], row["own_n"]) == ("met", 365)
    assert row["status_text"] == "达标：30.00 ≤ 33（测算，待中国环境监测总站认定）"
    assert row["quota_text"].endswith("到期后延续对照：剩余 61 天均值 ≤ 31.56（严格比较）；< 34.55（先修约）")
    assert [r["part"] for r in found.quota.to_pylist()] == ["", "", "2026", "2026"]
    assert {r["day"].year for r in found.series.to_pylist()} == {2026}


def test_the_indicators_own_rounding_comes_first(
    judged: object, made: SimpleNamespace, year: dict[str, object]
) -> None:
    settings = {"pm2_5_annual": {"rounding": "integer"}}
    row = only(judged(made.target(value=Decimal(33)), settings=settings, **year).progress)  # type: ignore[operator]
    assert row["quota_text"] == "剩余 61 天均值 < 34.55（先修约）；≤ 31.56（严格比较）"
    assert "33.29（修约为 33） ≤ 33" in row["status_text"]
    assert (row["basis"], row["rounding"]) == ("实测；先修约到整数", "integer")


def test_an_allowance_that_rounding_does_not_change_is_told_once() -> None:
    same = Quota("days", "strict", "open", 304, 61, None, True, "<=", "d", "还可有 10 个非优良日（剩余 61 天）")
    assert _words([same, replace(same, rule="rounded")], "") == "还可有 10 个非优良日（剩余 61 天）（修约与否相同）"


# --- official values -------------------------------------------------------------------------------------------------


def test_the_official_value_wins_and_both_stay(judged: object, made: SimpleNamespace, year: dict[str, object]) -> None:
    official = officials({"indicator": "pm2_5_annual", "scope": CITY, "period": "2025", "value": "33.4"})
    row = only(judged(made.target(value=Decimal(33), deadline="2025"), official=official, **year).progress)  # type: ignore[operator]
    assert (row["status"], row["status_text"]) == ("not_met", "未达标：33.40 > 33（认定，总站）")
    assert (row["official_value"], row["own_value"], row["difference"]) == (Decimal("33.4"), 30, Decimal("3.4"))
    assert (row["official_review"], row["official_issuer"]) == ("assessed", "总站")
    assert row["official_number"] == "1号"
    assert row["difference_text"].startswith("认定比测算高 3.4；")


def test_an_official_value_of_another_period_is_shown_not_compared(
    judged: object, made: SimpleNamespace, year: dict[str, object]
) -> None:
    official = officials({"indicator": "pm2_5_annual", "scope": CITY, "period": "2026-01/2026-09", "value": "31"})
    row = only(judged(made.target(value=Decimal(33)), official=official, **year).progress)  # type: ignore[operator]
    assert row["difference"] is None
    assert row["difference_text"] == "认定值所属时段为2026年1月1日至9月30日，与测算时段不同，不作差"
    assert row["official_period"] == "2026-01/2026-09"
    assert "33.29 > 33" in row["status_text"]


def test_an_indicator_only_its_decider_can_value(judged: object, made: SimpleNamespace) -> None:
    target = made.target(
        indicator_id="forest_cover",
        indicator="森林覆盖率",
        comparator=">=",
        value=Decimal("38.5"),
        unit="%",
        deadline="2025",
    )
    waiting = only(judged(target).progress)  # type: ignore[operator]
    assert (waiting["status"], waiting["reason"], waiting["bound"]) == ("awaiting", "awaiting_official", True)
    assert "待反馈" in waiting["status_text"]
    assert "认定单位：" in waiting["status_text"]
    early = officials({"indicator": "forest_cover", "scope": CITY, "period": "2024", "value": "38.6"})
    row = only(judged(target, official=early).progress)  # type: ignore[operator]
    assert row["status"] == "on_track"
    assert row["status_text"] == "年度进展（时限 2025 年）：进度正常，目前 38.6 ≥ 38.5"
    final = officials({"indicator": "forest_cover", "scope": CITY, "period": "2025", "value": "38.4"})
    row = only(judged(target, official=final).progress)  # type: ignore[operator]
    assert (row["status"], row["status_text"]) == ("not_met", "未达标：38.4 < 38.5（认定，总站）")


# --- relative targets ------------------------------------------------------------------------------------------------


def test_a_relative_target_waits_for_its_base_year(
    judged: object, made: SimpleNamespace, year: dict[str, object]
) -> None:
    fields = {"comparator": "decrease_by", "value": Decimal(12), "unit": "%", "value_text": "12%", "base_year": 2022}
    waiting = only(judged(made.target(**fields), **year).progress)  # type: ignore[operator]
    assert (waiting["status"], waiting["reason"]) == ("awaiting", "awaiting_baseline")
    assert "待基数：相对目标缺少基准年数值（PM2.5年均浓度，2022年）" in waiting["status_text"]
    assert waiting["own_value"] is not None
    official = officials({"indicator": "pm2_5_annual", "scope": CITY, "period": "2022", "value": "40"})
    row = only(judged(made.target(**fields), official=official, **year).progress)  # type: ignore[operator]
    assert row["target_text"] == "比2022年下降 12%（即 ≤ 35.2）"
    assert row["status"] == "on_track"
    settings = {"T-a-001": {"baseline": "30"}}
    row = only(judged(made.target(**fields), settings=settings, **year).progress)  # type: ignore[operator]
    assert row["target_text"] == "比2022年下降 12%（即 ≤ 26.4）"
    assert row["status"] == "lost"


# --- days ------------------------------------------------------------------------------------------------------------


def test_good_days(judged: object, made: SimpleNamespace) -> None:
    """304 days, 40 bad: 86.84 %. 84 % of 365 allows 58 bad days; last year's last 61 days had 5."""
    last = [80] * 304 + [120] * 5 + [80] * 56
    days = pa.concat_tables(
        [
            made.days(last, start=date(2025, 1, 1), subject=CITY, column="aqi"),
            made.days([120] * 40 + [80] * 264, start=date(2026, 1, 1), subject=CITY, column="aqi"),
        ]
    )
    values = made.values(
        made.value("good_day_ratio", CITY, period="2026-01-01/2026-10-31", exact=Fraction(26400, 304), unit="%", n=304)
    )
    target = made.target(indicator_id="good_day_ratio", comparator=">=", value=Decimal("84"), unit="%")
    found = judged(target, days=days, values=values)  # type: ignore[operator]
    row = only(found.progress)
    assert (
        row["quota_text"]
        == "还可有 18 个非优良日（剩余 61 天）（严格比较）；还可有 20 个非优良日（剩余 61 天）（先修约）"
    )
    assert row["status"] == "on_track"
    assert "全年 87.67" in row["status_text"]  # (365 − 45) / 365
    parts = [quota for quota in found.quota.to_pylist() if quota["part"]]
    assert [(part["part"], part["allowed"]) for part in parts] == [("2026-11", 18), ("2026-12", 0)]
    assert found.series.to_pylist()[40]["cumulative"] == Decimal("2.439024")  # one good day of 41


def test_heavy_days_are_counted_in_their_own_name(judged: object, made: SimpleNamespace) -> None:
    days = made.days([220] * 2 + [80] * 302, start=date(2026, 1, 1), subject=CITY, column="aqi")
    values = made.values(
        made.value("heavy_day_ratio", CITY, period="2026-01-01/2026-10-31", exact=Fraction(200, 304), unit="%", n=304)
    )
    target = made.target(indicator_id="heavy_day_ratio", comparator="<=", value=Decimal("0.8"), unit="%")
    row = only(judged(target, days=days, values=values).progress)  # type: ignore[operator]
    assert row["quota_text"].startswith(
        "还可有 0 个重度及以上污染日（剩余 61 天）（严格比较）；还可有 1 个重度及以上污染日"
    )
    assert row["status"] == "on_track"


# --- several regions -------------------------------------------------------------------------------------------------


def test_one_city_of_eleven_decides_nothing_for_the_province(judged: object, made: SimpleNamespace) -> None:
    days = made.days([36] * 365, start=date(2025, 1, 1), subject="140100")
    values = made.values(
        made.value("pm2_5_annual", "140100", period="2025", exact=36),
        made.value("pm2_5_annual", "140000", period="2025", n=1, note="11 市中仅 1 市有数据，不能判定全省"),
    )
    target = made.target(scope="设区市", deadline="2025")
    found = judged(target, region="140000", level="province", days=days, values=values)  # type: ignore[operator]
    row = only(found.progress)
    assert (row["status"], row["reason"], row["own_value"]) == ("awaiting", "incomplete", None)
    assert "11 市中仅 1 市有数据，不能判定全省；太原市 36.00，达标" in row["status_text"]
    assert row["own_text"] == "太原市 36.00，达标"
    assert {quota["part"] for quota in found.quota.to_pylist()} == {"140100"}


def test_every_county_must_meet_it(judged: object, made: SimpleNamespace) -> None:
    counties = ["621102", "621121", "621122", "621123", "621124", "621125", "621126"]
    values = [made.value("pm2_5_annual", code, period="2025", exact=30 + i) for i, code in enumerate(counties)]
    values.append(made.value("pm2_5_annual", CITY, period="2025", exact=33))
    row = only(
        judged(made.target(scope="各县区", value=Decimal(35), deadline="2025"), values=made.values(*values)).progress
    )  # type: ignore[operator]
    assert (row["status"], row["own_value"]) == ("not_met", 36)
    met = only(
        judged(made.target(scope="各县区", value=Decimal(36), deadline="2025"), values=made.values(*values)).progress
    )  # type: ignore[operator]
    assert met["status"] == "met"


# --- sections --------------------------------------------------------------------------------------------------------

NH3N = ["0.82", "0.86", "0.79", "0.84", "0.90", "0.94", "1.08", "1.22", "1.36", "1.59"]
STORY = ["1.02", "1.04", "1.04", "1.04", "1.05", "1.05", "1.04", "1.05", "1.05", "1.02"]


def months(**sections: list[str]) -> pa.Table:
    """Section-months of ammonia alone, class III up to 1.0."""
    rows = [
        {
            "section": section,
            "section_name": f"{section}断面",
            "period": f"2026-{month:02d}",
            "class": 3 if Decimal(value) <= 1 else 4,
            "class_nh3n": 3 if Decimal(value) <= 1 else 4,
            "nh3n": Decimal(value),
        }
        for section, values in sections.items()
        for month, value in enumerate(values, 1)
    ]
    fields = [(name, pa.string()) for name in ("section", "section_name", "period")]
    schema = pa.schema([*fields, ("class", pa.int64()), ("class_nh3n", pa.int64()), ("nh3n", pa.decimal128(18, 6))])
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.fixture
def six(made: SimpleNamespace) -> dict[str, object]:
    """Six sections, the first with NH3-N summing to 10.40 over ten months."""
    names = [f"S{i}" for i in range(1, 7)]
    tables = {name: (STORY if name == "S1" else ["0.50"] * 10) for name in names}
    value = made.value(
        "good_section_ratio", f"{CITY}~国考", period="2026-01-01/2026-10-31", exact=Fraction(500, 6), unit="%", n=6
    )
    return {
        "sites": made.sites(*({"site": name, "name": f"{name}断面"} for name in names)),
        "section_months": months(**tables),
        "values": made.values(value),
    }


def share(made: SimpleNamespace, **fields: object) -> object:
    return made.target(
        "地表水国考断面优良水体比例达到80%以上",
        **{"indicator_id": "good_section_ratio", "comparator": ">=", "value": Decimal(80), "unit": "%", **fields},
    )


def test_story_3_one_section_may_fail_and_what_its_factor_may_average(
    judged: object, made: SimpleNamespace, six: dict[str, object]
) -> None:
    assert sum(map(Decimal, STORY)) == Decimal("10.40")
    found = judged(share(made), **six)  # type: ignore[operator]
    row = only(found.progress)
    assert row["quota_text"] == "6 个断面最多可有 1 个不达标；目前 1 个；S1断面氨氮：剩余 2 个月均值 ≤ 0.80"
    first = {quota["part"]: quota for quota in found.quota.to_pylist()}
    assert (first[""]["kind"], first[""]["allowed"], first[""]["state"]) == ("sections", 1, "open")
    assert (first["S1/nh3n"]["exact"], first["S1/nh3n"]["text"]) == ("4/5", "剩余 2 个月均值 ≤ 0.80")
    assert first["S2/nh3n"]["text"] == "剩余 2 个月均值 ≤ 3.50"
    assert row["status"] == "on_track"


def test_story_3_the_centre_revises_october_and_our_own_station_changes_nothing(
    judged: object, made: SimpleNamespace, six: dict[str, object]
) -> None:
    one = {"indicator": "nh3n", "scope": "S1", "period": "2026-10", "unit": "mg/L"}
    revised = officials({**one, "value": "1.02", "version": 1}, {**one, "value": "0.92", "version": 2})
    row = only(judged(share(made), official=revised, **six).progress)  # type: ignore[operator]
    assert "S1断面氨氮：剩余 2 个月均值 ≤ 0.85" in row["quota_text"]
    ours = {
        **six,
        "section_months": months(**{"S1": [*STORY[:9], "0.93"], **{f"S{i}": ["0.50"] * 10 for i in range(2, 7)}}),
    }
    again = only(judged(share(made), official=revised, **ours).progress)  # type: ignore[operator]
    assert again["quota_text"] == row["quota_text"]


def test_two_failing_sections_must_turn(judged: object, made: SimpleNamespace, six: dict[str, object]) -> None:
    tables = {f"S{i}": (STORY if i <= 2 else ["0.50"] * 10) for i in range(1, 7)}
    value = made.value(
        "good_section_ratio", f"{CITY}~国考", period="2026-01-01/2026-10-31", exact=Fraction(400, 6), unit="%", n=6
    )
    given = {**six, "section_months": months(**tables), "values": made.values(value)}
    row = only(judged(share(made), **given).progress)  # type: ignore[operator]
    assert row["status"] == "at_risk"
    assert "目前 2 个，须有 1 个转好" in row["quota_text"]


def test_a_share_is_lost_when_too_many_cannot_come_back(
    judged: object, made: SimpleNamespace, six: dict[str, object]
) -> None:
    tables = {f"S{i}": (["2.00"] * 10 if i <= 2 else ["0.50"] * 10) for i in range(1, 7)}
    row = only(judged(share(made), **{**six, "section_months": months(**tables)}).progress)  # type: ignore[operator]
    assert row["status"] == "lost"
    assert "其中 2 个已无法转好，目标已不可能实现" in row["quota_text"]


def test_a_month_under_way_settles_nothing(judged: object, made: SimpleNamespace, six: dict[str, object]) -> None:
    """On 20 December eleven months are over; December's first days are known, and may still be anything."""
    clean = {f"S{i}": ["0.10"] * 12 for i in range(1, 7)}
    value = made.value("good_section_ratio", "140100", period="2026-01-01/2026-12-20", exact=100, n=11)
    given = {**six, "section_months": months(**clean), "values": made.values(value)}
    running = judged(share(made), **given, as_of=date(2026, 12, 20))  # type: ignore[operator]
    assert {row["state"] for row in running.quota.to_pylist()} == {"open"}
    before = judged(share(made), **{**given, "section_months": months(**{s: v[:11] for s, v in clean.items()})},
                    as_of=date(2026, 12, 20))  # type: ignore[operator]  # fmt: skip
    assert running.quota.to_pylist() == before.quota.to_pylist()
    over = judged(share(made), **given, as_of=date(2026, 12, 31))  # type: ignore[operator]
    assert {row["state"] for row in over.quota.to_pylist()} == {"safe"}


def test_the_sections_chart(judged: object, made: SimpleNamespace, six: dict[str, object]) -> None:
    series = judged(share(made), **six).series.to_pylist()  # type: ignore[operator]
    assert [row["day"].month for row in series] == list(range(1, 11))
    assert series[0]["value"] == series[9]["cumulative"] == Decimal("83.333333")
    assert series[9]["category"] is None


def test_a_named_section_and_its_class(judged: object, made: SimpleNamespace, six: dict[str, object]) -> None:
    period = "2026-01-01/2026-10-31"
    value = made.value("section_class", "S1", period=period, exact=4, unit="class", text="Ⅳ", n=10)
    target = made.target(
        "S1断面水质达到Ⅲ类", indicator_id="section_class", comparator="<=", value=Decimal(3), unit="类", scope="S1"
    )
    found = judged(target, **{**six, "values": made.values(value)})  # type: ignore[operator]
    row = only(found.progress)
    assert (row["scope"], row["own_text"], row["status"]) == ("S1", "Ⅳ", "at_risk")
    assert (row["target_text"], row["target_value"]) == ("≤ Ⅲ类", "3")
    assert "有风险，目前 Ⅳ类 > Ⅲ类；S1断面氨氮：" in row["status_text"]
    assert row["quota_text"] == "S1断面氨氮：剩余 2 个月均值 ≤ 0.80"
    assert found.series.to_pylist()[0]["category"] == "4"


def test_a_class_is_lost_when_zero_would_not_help(
    judged: object, made: SimpleNamespace, six: dict[str, object]
) -> None:
    period = "2026-01-01/2026-10-31"
    value = made.value("section_class", "S1", period=period, exact=5, unit="class", text="Ⅴ", n=10)
    target = made.target(
        "S1断面水质达到Ⅲ类", indicator_id="section_class", comparator="<=", value=Decimal(3), unit="类", scope="S1"
    )
    given = {**six, "values": made.values(value), "section_months": months(S1=["1.50"] * 10)}
    row = only(judged(target, **given).progress)  # type: ignore[operator]
    assert row["status"] == "lost"
    assert row["quota_text"] == "S1断面氨氮：剩余 2 个月即使为零也超标，目标已不可能实现"


def test_no_section_worse_than_five(judged: object, made: SimpleNamespace, six: dict[str, object]) -> None:
    value = made.value("bad_section_ratio", f"{CITY}~国考", period="2026-01-01/2026-10-31", exact=0, unit="%", n=6)
    target = made.target(
        "全面消除国考断面劣Ⅴ类", indicator_id="bad_section_ratio", comparator="==", value=Decimal(0), unit="%"
    )
    found = judged(target, **{**six, "values": made.values(value)})  # type: ignore[operator]
    row = only(found.progress)
    assert row["scope"] == f"{CITY}~国考"
    assert row["quota_text"] == "6 个断面最多可有 0 个不达标；目前 0 个"
    assert row["status"] == "on_track"
    assert found.series.to_pylist()[9]["cumulative"] == 0


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (date(2026, 1, 1), date(2026, 10, 31), ("2026-01", "2026-10")),
        (date(2026, 1, 1), date(2026, 10, 30), ("2026-01", "2026-09")),
        (date(2025, 11, 1), date(2026, 2, 28), ("2025-11", "2026-02")),
        (date(2026, 1, 1), date(2026, 1, 20), ("2026-01", "2025-12")),
    ],
)
def test_months_count_when_they_are_over(start: date, end: date, span: tuple[str, str]) -> None:
    assert month_span(Period(start, end)) == span


def test_a_day_of_one_pollutant_is_coloured_by_its_own_index(catalog: Catalog) -> None:
    """A day that ozone made unhealthy is no bad day of fine dust."""
    table = pa.table(
        {
            "subject": [CITY] * 3,
            "series": ["measured"] * 3,
            "day": [date(2026, 6, day) for day in (1, 2, 3)],
            "pm2_5": [Decimal(20), Decimal(70), None],
            "iaqi_pm2_5": [29, 117, None],
            "aqi": [130, 130, 130],
            "level": [3, 3, 3],
        }
    )
    days = Days(table, catalog)
    assert list(days.daily(CITY, "measured", "pm2_5").levels.values()) == ["1", "3"]
    assert list(days.daily(CITY, "measured", "aqi").levels.values()) == ["3", "3", "3"]
