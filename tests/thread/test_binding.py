"""Binding: scopes of the real plans' wordings, deadlines, and every reason why a target stays unbound."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.errors import CampaignError, ContentError
from qingce.core.periods import Period
from qingce.core.records import Reason, Task
from qingce.thread import Binding, assessed_period, bind, resolve_scope
from qingce.thread.binding import period_text

SHANXI, DINGXI = "140000", "621100"
AS_OF = date(2026, 5, 31)


@pytest.fixture
def sites(made: SimpleNamespace) -> object:
    return made.sites(
        {"site": "A1", "name": "香泉桥", "roles": "国考"},
        {"site": "A2", "name": "桦林断面", "roles": "国考,省考"},
        {"site": "A3", "name": "南门闸（示例）", "roles": "省考", "county": "621121"},
        {"site": "B1", "name": "外地桥", "city": "620100", "county": "620102"},
        {"site": "S1", "name": "站点", "kind": "air_site", "roles": "评价点"},
    )


@pytest.fixture
def one(catalog: Catalog, made: SimpleNamespace, sites: object) -> object:
    """Bind a single target."""

    def bound(region: str = DINGXI, level: str = "city", settings: object = None, **fields: object) -> Binding:
        reading = made.reading(made.target(**fields), level=level)
        (found,) = bind([reading], catalog, sites, region=region, as_of=AS_OF, settings=settings)  # type: ignore[arg-type]
        return found

    return bound


# --- scope -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "region", "kind", "count", "first"),
    [
        ("", DINGXI, "region", 1, "621100"),
        ("全市", DINGXI, "region", 1, "621100"),
        ("市区", DINGXI, "region", 1, "621100"),
        ("全省", SHANXI, "regions", 11, "140100"),
        ("", "110000", "region", 1, "110000"),
        ("设区市", SHANXI, "regions", 11, "140100"),
        ("各设区市", SHANXI, "each", 11, "140100"),
        ("设区市", DINGXI, "region", 1, "621100"),
        ("县市区", DINGXI, "each", 7, "621102"),
        ("各县（区）", DINGXI, "each", 7, "621102"),
        ("晋中、运城、临汾、吕梁等汾渭平原城市", SHANXI, "regions", 4, "140700"),
        ("太原市", SHANXI, "region", 1, "140100"),
        ("太原和大同", SHANXI, "regions", 2, "140100"),
        ("全省平原地区", SHANXI, "regions", 11, "140100"),
    ],
)
def test_printed_scopes(catalog: Catalog, printed: str, region: str, kind: str, count: int, first: str) -> None:
    scope = resolve_scope(printed, region=region, medium="air", catalog=catalog)
    assert scope is not None
    assert (scope.kind, len(scope.subjects), scope.subjects[0]) == (kind, count, first)
    assert len(scope.names) == count


@pytest.mark.parametrize("printed", ["主要粮食作物", "行政村", "火星市", "太原、火星市"])
def test_a_scope_that_is_no_region(catalog: Catalog, printed: str) -> None:
    assert resolve_scope(printed, region=SHANXI, medium="air", catalog=catalog) is None


@pytest.mark.parametrize(
    ("printed", "quote", "sections"),
    [
        ("", "地表水国考断面优良水体比例达到100%", ("A1", "A2")),
        ("全市国考断面", "", ("A1", "A2")),
        ("", "国、省考断面优良水体比例", ("A1", "A2", "A3")),
        ("6个地表水国控断面", "", ("A1", "A2")),
        ("全市", "地表水优良比例", ("A1", "A2", "A3")),
        ("县市区", "地表水优良比例", ("A1", "A2", "A3")),
        ("", "香泉桥、桦林断面水质稳定保持Ⅱ类", ("A1", "A2")),
        ("南门闸", "", ("A3",)),
    ],
)
def test_sections(catalog: Catalog, sites: object, printed: str, quote: str, sections: tuple[str, ...]) -> None:
    rows = sites.to_pylist()  # type: ignore[attr-defined]
    scope = resolve_scope(printed, region=DINGXI, medium="water", catalog=catalog, sites=rows, quote=quote)
    assert scope is not None
    assert (scope.kind, scope.subjects) == ("sections", sections)


def test_a_class_is_never_asked_of_every_section_because_none_is_named(catalog: Catalog, sites: object) -> None:
    """全省入黄断面水质达到Ⅲ类: which sections flow into the Yellow River, no list says."""
    rows = sites.to_pylist()  # type: ignore[attr-defined]
    asked = {"region": DINGXI, "medium": "water", "catalog": catalog, "sites": rows, "named": True}
    assert resolve_scope("全市", quote="入黄断面水质达到Ⅲ类及以上标准", **asked) is None
    named = resolve_scope("全市", quote="国考断面水质达到Ⅲ类", **asked)
    assert named is not None
    assert named.code == "621100~国考"


@pytest.mark.parametrize("printed", ["入黄断面", "洮河干流", "重点河流"])
def test_sections_that_no_list_names(catalog: Catalog, sites: object, printed: str) -> None:
    rows = sites.to_pylist()  # type: ignore[attr-defined]
    assert resolve_scope(printed, region=DINGXI, medium="water", catalog=catalog, sites=rows) is None


def test_scope_codes_tell_roles_and_sections_apart(catalog: Catalog, sites: object) -> None:
    rows = sites.to_pylist()  # type: ignore[attr-defined]
    found = [
        resolve_scope(printed, region=DINGXI, medium="water", catalog=catalog, sites=rows)
        for printed in ("", "国考断面", "国、省考断面", "香泉桥、桦林", "香泉桥")
    ]
    assert [scope.code for scope in found if scope] == ["621100", "621100~国考", "621100~国考+省考", "A1+A2", "A1"]


# --- deadlines and periods -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deadline", "day", "period"),
    [
        ("2025", date(2025, 12, 31), "2025"),
        ("2026", date(2026, 12, 31), "2026"),
        ("2030", date(2030, 12, 31), "2026"),
        ("2025-12", date(2025, 12, 31), "2025"),
        ("2026-06-30", date(2026, 6, 30), "2026"),
        ("2024/2026", date(2026, 12, 31), "2026"),
        ("R/P1Y", date(2026, 12, 31), "2026"),
        ("R/--11-01/--03-31", date(2026, 3, 31), "2025-11-01/2026-03-31"),
    ],
)
def test_the_assessed_period(one: object, deadline: str, day: date, period: str) -> None:
    binding = one(deadline=deadline)  # type: ignore[operator]
    assert binding.deadline_day == day
    assert str(assessed_period(binding, AS_OF)) == period


def test_a_window_is_the_last_one_begun(one: object) -> None:
    binding = one(deadline="R/--11-01/--03-31")  # type: ignore[operator]
    assert str(assessed_period(binding, date(2026, 11, 1))) == "2026-11-01/2027-03-31"
    assert str(assessed_period(binding, date(2026, 10, 31))) == "2025-11-01/2026-03-31"


MONTHS = [
    ("2026-06", "2026年第二季度", "2026-Q2"),
    ("2026-06", "二季度", "2026-Q2"),
    ("2026-03", "2026年1季度", "2026-Q1"),
    ("2026-06", "2026年上半年", "2026-01-01/2026-06-30"),
    ("2026-12", "下半年", "2026-07-01/2026-12-31"),
    ("2025-10/2026-03", "2025年10月至2026年3月", "2025-10-01/2026-03-31"),
    ("2026-Q2", "", "2026-Q2"),
]
DATES = [
    ("2026-06", "2026年二季度末", "2026"),
    ("2026-06", "2026年6月底前", "2026"),
    ("2026-09", "2026年第二季度", "2026"),
    ("2026", "2026年第二季度", "2026"),
    ("2025/2026", "2025—2026年", "2026"),
    ("2021-01/2026-12", "2021年1月至2026年12月", "2026"),
    ("2026-01/2026-12", "2026年1月至12月", "2026"),
]


@pytest.mark.parametrize(("deadline", "words", "period"), [*MONTHS, *DATES])
def test_months_that_the_words_give_for_the_figure_itself(one: object, deadline: str, words: str, period: str) -> None:
    """Else a quarter's mean would be that of the year, with days left until December; a date by which stays a date."""
    reasons = (Reason("deadline", words, 0, "list_head"),) if words else ()
    given = {"deadline": deadline, "quote": "PM2.5平均浓度控制在45微克/立方米以下", "reasons": reasons}
    assert str(assessed_period(one(**given), AS_OF)) == period  # type: ignore[operator]
    yearly = one(**{**given, "quote": "PM2.5年均浓度控制在45微克/立方米以下"})  # type: ignore[operator]
    assert assessed_period(yearly, AS_OF) == Period.year(2026)


def test_a_period_in_words() -> None:
    assert period_text(Period.year(2026)) == "2026年"
    assert period_text(Period.year(2026).until(AS_OF)) == "2026年1月1日至5月31日"
    assert period_text(Period(date(2025, 11, 1), date(2026, 3, 31))) == "2025年11月1日至2026年3月31日"


# --- bound and unbound -----------------------------------------------------------------------------------------------


def test_a_target_is_bound(one: object) -> None:
    binding = one()  # type: ignore[operator]
    assert binding.bound
    assert binding.indicator.id == "pm2_5_annual"
    assert binding.scope.subjects == ("621100",)
    assert (binding.clause_id, binding.verb, binding.reason) == ("C-a-一/(一)", "mean", "")


def test_an_indicator_is_found_by_its_name(one: object) -> None:
    binding = one(indicator="空气质量优良天数比率", indicator_id="", unit="%", comparator=">=", value=Decimal("74.5"))  # type: ignore[operator]
    assert binding.indicator.id == "good_day_ratio"


@pytest.mark.parametrize(
    ("fields", "reason", "words"),
    [
        ({"kind": "placeholder", "value": None, "value_text": "XX"}, "placeholder", "数值为占位符，文件没有给出（XX）"),
        ({"kind": "delegated", "value": None, "value_text": ""}, "delegated", "数值由上级另行下达"),
        ({"kind": "qualitative", "value": None, "value_text": ""}, "qualitative", "定性表述"),
        ({"value": None, "value_text": ""}, "qualitative", "没有可比较的数值"),
        ({"indicator": "民生福祉指数", "indicator_id": ""}, "no_indicator", "没有对应的已登记指标（“民生福祉指数”不含"),
        ({"deadline": ""}, "no_deadline", "没有写明时限"),
        ({"deadline": "近期"}, "no_deadline", "“近期”不是日期"),
        ({"scope": "火星市"}, "ambiguous", "的范围“火星市”不能对应到行政区或断面清单"),
        ({"indicator_id": "section_class", "scope": "入黄断面", "quote": "入黄断面水质"}, "ambiguous", "入黄断面"),
    ],
)  # fmt: skip
def test_what_cannot_be_bound_says_why(one: object, fields: dict[str, object], reason: str, words: str) -> None:
    binding = one(**fields)  # type: ignore[operator]
    assert not binding.bound
    assert binding.reason == reason
    assert words in binding.reason_text


def test_two_indicators_in_one_name_are_ambiguous(one: object) -> None:
    binding = one(indicator="细颗粒物浓度和臭氧浓度", indicator_id="")  # type: ignore[operator]
    assert binding.reason in ("ambiguous", "no_indicator")
    assert not binding.bound


def test_a_placeholder_is_a_placeholder_even_with_other_gaps(one: object) -> None:
    binding = one(kind="placeholder", value=None, value_text="XX", deadline="", indicator="不明", indicator_id="")  # type: ignore[operator]
    assert binding.reason == "placeholder"


def test_an_indicator_of_another_decider_needs_no_sections(one: object) -> None:
    binding = one(indicator_id="forest_cover", scope="主要林区", unit="%")  # type: ignore[operator]
    assert binding.bound
    assert (binding.scope.code, binding.scope.name) == ("621100", "主要林区")


# --- settings --------------------------------------------------------------------------------------------------------


def test_settings_name_indicator_scope_and_deadline(one: object) -> None:
    given = {"T-a-001": {"indicator": "pm10_annual", "scope": "621121", "deadline": "2027"}}
    binding = one(settings=given, indicator="不明", indicator_id="", deadline="", scope="火星市")  # type: ignore[operator]
    assert binding.bound
    assert (binding.indicator.id, binding.scope.name) == ("pm10_annual", "通渭县")
    assert binding.deadline_day == date(2027, 12, 31)


def test_settings_name_sections(one: object) -> None:
    given = {"T-a-001": {"sections": "A1, A3"}}
    binding = one(settings=given, indicator_id="section_class", scope="洮河干流", unit="类", value=Decimal(3))  # type: ignore[operator]
    assert binding.scope.subjects == ("A1", "A3")
    assert binding.scope.name == "香泉桥、南门闸（示例）"
    with pytest.raises(CampaignError, match=r"QC404: 口径设置“sections”的值“ZZ”不合法"):
        one(settings={"T-a-001": {"sections": "A1,ZZ"}})  # type: ignore[operator]


def test_an_unknown_indicator_in_settings_is_refused(one: object) -> None:
    with pytest.raises(ContentError, match=r"QC110: 没有名为“pm99”的指标"):
        one(settings={"T-a-001": {"indicator": "pm99"}})  # type: ignore[operator]


# --- document, owners, confirmation ----------------------------------------------------------------------------------


def test_a_province_document_in_a_city_campaign_speaks_of_the_province(one: object) -> None:
    binding = one(region="140100", level="province", scope="设区市")  # type: ignore[operator]
    assert len(binding.scope.subjects) == 11
    assert binding.scope.code == SHANXI
    own = one(region="140100", level="city", scope="设区市")  # type: ignore[operator]
    assert own.scope.subjects == ("140100",)


def test_document_regions_win(catalog: Catalog, made: SimpleNamespace, sites: object) -> None:
    (found,) = bind(
        [made.reading(made.target())], catalog, sites, region=DINGXI, as_of=AS_OF, document_regions={"a": "140200"}
    )  # type: ignore[arg-type]
    assert found.scope is not None
    assert found.scope.name == "大同市"


def test_owners_are_those_of_the_innermost_task(catalog: Catalog, made: SimpleNamespace, sites: object) -> None:
    tasks = (
        Task("一", "大", 0, 300, ("市政府",), (), ()),
        Task("一/(一)", "小", 0, 100, ("市生态环境局",), ("市气象局",), ("各县（区）人民政府", "市生态环境局")),
        Task("一/(二)", "旁", 100, 200, ("别家",), (), ()),
    )
    reading = made.reading(made.target(), tasks=tasks)
    first, second = (
        bind([each], catalog, sites, region=DINGXI, as_of=AS_OF, confirmed=["T-a-001"])[0]  # type: ignore[arg-type]
        for each in (reading, replace(reading, targets=(made.target(id="T-a-002", start=210),)))
    )
    assert first.owners == "市生态环境局、各县（区）人民政府"
    assert second.owners == "市政府"
    assert (first.confirmed, second.confirmed) == (True, False)
    assert second.clause_id == "C-a-一"
