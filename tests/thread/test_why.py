"""The way from a number to the sentence and the hours and back; what was said then; letters that must be corrected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.errors import CampaignError
from qingce.core.ports import Lake
from qingce.core.tables import EXCEPTION, OBSERVATION, empty
from qingce.evaluate import evaluate_air_days
from qingce.store import open_lake
from qingce.thread import Node, Why, bind, cited_then, compute_values, days_known, progress, why
from qingce.thread.tracing.names import Names
from qingce.thread.tracing.telling import downward, upward

CITY, DAY = "140100", date(2026, 4, 10)
REPORTED = datetime(2026, 4, 12, 1, tzinfo=UTC)
REVIEWED = datetime(2026, 5, 9, 1, tzinfo=UTC)
BETWEEN = datetime(2026, 5, 1, tzinfo=UTC)
DAILY = (73, 58, 60, 57, 57)
OTHERS = {"pm2_5": 0, "pm10": 60, "so2": 5, "no2": 20, "co": 1, "o3": 60}
TEXT = "前言。到2026年，全市细颗粒物（PM2.5）浓度降至39微克/立方米以下。后文。"
QUOTE = "细颗粒物（PM2.5）浓度降至39微克/立方米以下"
CITY_DAY = f"F:{CITY}:pm2_5:{DAY}:measured"


def hours(*, site: str, value: int, span: range, known: datetime, valid: bool = True) -> list[dict[str, object]]:
    start = datetime(DAY.year, DAY.month, DAY.day)
    return [
        {
            "site": site,
            "parameter": parameter,
            "time": start + timedelta(hours=hour),
            "span": "PT1H",
            "value": Decimal(value if parameter == "pm2_5" else low) if valid else None,
            "absent": None if valid else "invalid",
            "review": "preliminary" if known == REPORTED else "national",
            "source": "示例.csv",
            "line": hour,
            "reason": None if known == REPORTED else "总站复核：仪器校准",
            "known_at": known.replace(tzinfo=None),
        }
        for hour in span
        for parameter, low in OTHERS.items()
        if valid or parameter == "pm2_5"
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Story 2: five sites report; later the review takes six hours of the first away."""
    opened = open_lake(tmp_path_factory.mktemp("lake"))
    first = [
        row
        for i, value in enumerate(DAILY, 1)
        for row in hours(site=f"A{i}", value=value, span=range(24), known=REPORTED)
    ]
    opened.append("observation", pa.Table.from_pylist(first, schema=OBSERVATION), source="示例.csv")
    later = hours(site="A1", value=0, span=range(18, 24), known=REVIEWED, valid=False)
    opened.append("observation", pa.Table.from_pylist(later, schema=OBSERVATION), source="复核.csv")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def tables(lake: Lake, catalog: Catalog, made: SimpleNamespace) -> Mapping[str, pa.Table]:
    """What a build makes of the lake as it stands now."""
    sites = made.sites(
        *(
            {"site": f"A{i}", "name": f"第{i}站", "kind": "air_site", "city": CITY, "roles": "评价点"}
            for i in range(1, 6)
        )
    )
    days = evaluate_air_days(lake.scan("observation"), sites, empty(EXCEPTION), catalog=catalog)
    target = made.target(QUOTE, start=TEXT.index(QUOTE))
    bindings = bind([made.reading(target, text=TEXT)], catalog, sites, region=CITY, as_of=DAY)
    values = compute_values(bindings, days.city_days, pa.table({}), catalog=catalog, as_of=DAY)
    judged = progress(bindings, values, catalog=catalog, as_of=DAY, days=days.city_days)
    indicator = catalog.indicator("pm2_5_annual")
    listed = {"id": indicator.id, "medium": indicator.medium, "parameter": "pm2_5"}
    return {
        "progress": judged.progress,
        "quota": judged.quota,
        "values": values,
        "air_city_days": days.city_days,
        "air_site_days": days.site_days,
        "sites": sites,
        "exceptions": empty(EXCEPTION),
        "documents": pa.Table.from_pylist([{"id": "a", "title": "示例方案", "text": TEXT}]),
        "indicators": pa.Table.from_pylist([listed]),
    }


def kinds(node: Node, depth: int = 0) -> set[tuple[int, str]]:
    return {(depth, node.kind)}.union(*(kinds(child, depth + 1) for child in node.children))


def fact(node: Node, label: str) -> str:
    return dict(node.facts).get(label, "")


# --- story 2 ---------------------------------------------------------------------------------------------------------


def test_story_2_the_day_before_and_after_its_review(
    lake: Lake, tables: Mapping[str, pa.Table], catalog: Catalog
) -> None:
    then = days_known(
        lake, start=DAY, end=DAY, known_at=BETWEEN, sites=tables["sites"], catalog=catalog
    )[1].to_pylist()[0]  # fmt: skip
    now = tables["air_city_days"].to_pylist()[0]
    assert (then["pm2_5"], now["pm2_5"], then["n_pm2_5"], now["n_pm2_5"]) == (61, 58, 5, 4)
    assert (then["aqi"], now["aqi"], then["level"], now["level"]) == (101, 96, 3, 2)


def test_story_2_as_known_then_still_says_so(lake: Lake, tables: Mapping[str, pa.Table], catalog: Catalog) -> None:
    now = why(CITY_DAY, tables, lake=lake).down
    then = why(CITY_DAY, tables, lake=lake, known_at=BETWEEN, catalog=catalog).down
    assert fact(now, "数值") == fact(then, "数值") == "58"
    assert fact(then, "当时数值") == "61"
    assert fact(then, "当时AQI") == "101"
    assert [len([n for n in found.children if fact(n, "数值")]) for found in (now, then)] == [114, 120]


def test_story_2_a_letter_that_cited_it_is_flagged(tables: Mapping[str, pa.Table]) -> None:
    index = f"F:{CITY}:aqi:{DAY}:measured"
    (flag,) = cited_then([(index, 101), (CITY_DAY, Decimal("58"))], tables)
    assert (flag.id, flag.cited, flag.current) == (index, 101, 96)
    assert flag.text == "函件引用 101，现为 96，须更正"


# --- down ------------------------------------------------------------------------------------------------------------


def test_from_the_target_to_the_hours_in_three_steps(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    found = why("T-a-001", tables, lake=lake)
    assert {(0, "target"), (1, "value"), (2, "finding"), (3, "observation")} == kinds(found.down)
    value = found.down.children[0]
    assert value.id == f"V:pm2_5_annual:{CITY}:2026-01-01/{DAY}:measured"
    assert value.children[0].id == CITY_DAY
    assert len(value.children[0].children) == 120
    assert value.children[0].children[0].id == f"O:A1:pm2_5:{DAY}T00:00"


def test_the_sentence_is_marked_in_its_place(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    for identifier in (
        "T-a-001",
        f"V:pm2_5_annual:{CITY}:2026-01-01/{DAY}:measured",
        CITY_DAY,
        f"O:A2:pm2_5:{DAY}T05:00",
    ):
        (sentence,) = why(identifier, tables, lake=lake).sentences
        assert TEXT[sentence.start : sentence.end] == sentence.quote == QUOTE
        assert (sentence.document_id, sentence.title) == ("a", "示例方案")
        assert sentence.before + sentence.quote + sentence.after == TEXT


# --- up --------------------------------------------------------------------------------------------------------------


def test_from_an_hour_to_the_targets_it_moves_in_three_steps(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    found = why(f"O:A2:pm2_5:{DAY}T05:00", tables, lake=lake)
    ids = {node.id for node in found.up}
    assert {f"F:A2:pm2_5:{DAY}:measured", CITY_DAY} <= ids
    city = next(node for node in found.up if node.id == CITY_DAY)
    assert {(0, "finding"), (1, "value"), (2, "target")} == kinds(city)


def test_an_observation_keeps_every_version(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    key = f"O:A1:pm2_5:{DAY}T20:00"
    found = why(key, tables, lake=lake).down
    assert [fact(node, "数值") for node in found.children] == ["73", ""]
    assert fact(found, "缺") == "无效"
    assert fact(found, "更正") == "总站复核：仪器校准"
    before = why(key, tables, lake=lake, known_at=BETWEEN).down
    assert (fact(before, "数值"), len(before.children)) == ("73", 1)


def test_a_value_names_its_targets(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    found = why(f"V:pm2_5_annual:{CITY}:2026-01-01/{DAY}:measured", tables, lake=lake)
    assert [node.id for node in found.up] == ["T-a-001"]
    assert {(0, "value"), (1, "finding"), (2, "observation")} == kinds(found.down)


# --- forms -----------------------------------------------------------------------------------------------------------


def test_as_json_and_as_text(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    found = why("T-a-001", tables, lake=lake, known_at=BETWEEN)
    facts = json.loads(json.dumps(found.to_dict(), ensure_ascii=False))
    assert facts["down"]["children"][0]["children"][0]["kind"] == "finding"
    assert facts["known_at"] == "2026-05-01T00:00:00+00:00"
    assert facts["sentences"][0]["quote"] == QUOTE
    text = found.to_text()
    assert f"…前言。到2026年，全市【{QUOTE}】。后文。…" in text
    assert "第1站 pm2_5 04-10 00:00 [O:A1:pm2_5:2026-04-10T00:00] 数值 73；审核 初审；来源 示例.csv" in text
    assert isinstance(found, Why)


def test_without_a_lake_the_way_ends_at_the_day(tables: Mapping[str, pa.Table]) -> None:
    found = why("T-a-001", tables)
    assert {(0, "target"), (1, "value"), (2, "finding")} == kinds(found.down)
    assert found.notes == ("没有打开数据湖，追溯止于日评价结果",)
    assert found.to_text().endswith("没有打开数据湖，追溯止于日评价结果")


def test_the_hours_kept_beside_the_pages_serve_too(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    kept = {**tables, "hours": lake.scan("observation")}
    assert len(why(CITY_DAY, kept).down.children) == 120


@pytest.mark.parametrize(
    "identifier",
    ["T-zzz", "V:pm2_5_annual:110000:2026:measured", "F:nobody:pm2_5:2026-04-10:measured", "F:140100:pm2_5",
     "O:A1:pm2_5:x", "O:A9:pm2_5:2026-04-10T00:00", "X:1", ""],
)  # fmt: skip
def test_an_id_that_is_nowhere(lake: Lake, tables: Mapping[str, pa.Table], identifier: str) -> None:
    with pytest.raises(CampaignError, match=r"QC405: 没有编号为“.*”的目标、数值、评价结果或观测。编号形如 T-doc-001"):
        why(identifier, tables, lake=lake)


# --- told on a screen ------------------------------------------------------------------------------------------------


def test_hours_are_told_by_site_and_the_rest_is_counted(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    text = why(CITY_DAY, tables, lake=lake).to_text()
    assert text.count("[O:") == 5, "one line a site, not one an hour"
    assert f"当日 24 个值：{' '.join(['58'] * 24)}" in text
    assert f"当日 24 个值：{' '.join(['73'] * 18 + ['无效'] * 6)}" in text


def test_many_days_are_counted_and_the_last_are_told() -> None:
    days = tuple(Node(f"F:1:x:2026-01-{day:02d}:measured", "finding", f"第{day}日") for day in range(1, 32))
    worst = Node(
        "F:1:x:2025-12-31:measured", "finding", "最差日", (("数值", "9"),), (Node("O:1", "observation", "时"),)
    )
    lines = list(downward(Node("V:1", "value", "全年", (("说明", "规则未核"),), (worst, *days))))
    assert lines[:4] == ["  全年 [V:1]", "      说明：规则未核", f"    最差日 [{worst.id}] 数值 9", "      时 [O:1]"]
    assert lines[4] == "    另有 31 个日（月）评价值，最近 6 个：（--json - 全部列出）"
    assert [line.strip()[:4] for line in lines[5:]] == ["第26日", "第27日", "第28日", "第29日", "第30日", "第31日"]


def test_what_is_moved_twice_is_told_once() -> None:
    target = Node("T-1", "target", "目标", (("状态", "有风险"), ("目标", "≤ 39"), ("剩余", "不提")))
    value = Node("V:1", "value", "均值", (("数值", "42"), ("说明", "不提")), (target,))
    other = Node("V:2", "value", "比例", (), (target,))
    days = [Node(f"F:{n}", "finding", f"第{n}个", (), (value,)) for n in (1, 2)]
    assert list(upward([*days, Node("F:3", "finding", "第3个", (), (value, other))])) == [
        "  第1个 [F:1]",
        "    均值 [V:1] 数值 42",
        "      目标 [T-1] 目标 ≤ 39",
        "          状态：有风险",
        "  第3个 [F:3]",
        "    均值 [V:1]（见上）",
        "    比例 [V:2]",
        "      目标 [T-1]（见上）",
    ]


def test_quantities_classes_and_editions_go_by_their_names(lake: Lake, tables: Mapping[str, pa.Table]) -> None:
    named = {
        **tables,
        "parameters": pa.Table.from_pylist([{"id": "pm2_5", "zh": "细颗粒物"}]),
        "editions": pa.Table.from_pylist([{"id": "hj633-2026", "number": "HJ 633-2026"}]),
        "levels": pa.Table.from_pylist([{"scale": "water_class", "level": 3, "zh": "Ⅲ类"}]),
    }
    found = why(CITY_DAY, named, lake=lake).down
    assert found.title == "140100 细颗粒物 2026-04-10 实测"
    assert "HJ 633-2026" in fact(found, "方法")
    assert (Names(named).grade(3), Names(named).grade(None), Names(named).quantity("class")) == (
        "Ⅲ类",
        "",
        "水质类别",
    )


# --- letters ---------------------------------------------------------------------------------------------------------


def test_a_letter_is_compared_as_precisely_as_it_was_written(tables: Mapping[str, pa.Table]) -> None:
    value = f"V:pm2_5_annual:{CITY}:2026-01-01/{DAY}:measured"
    assert cited_then([(value, Decimal("58")), (value, Decimal("58.0")), ("T-a-001", 58)], tables) == ()
    (flag,) = cited_then([(value, Decimal("58.4"))], tables)
    assert flag.text == "函件引用 58.4，现为 58，须更正"


def test_a_value_that_is_gone_is_flagged(tables: Mapping[str, pa.Table]) -> None:
    (flag,) = cited_then([(f"F:A1:pm2_5:{DAY}:measured", 73)], tables)
    assert (flag.current, flag.text) == (None, "函件引用 73，现无有效数值，须更正")


def test_a_letter_with_an_unknown_id(tables: Mapping[str, pa.Table]) -> None:
    with pytest.raises(CampaignError, match=r"QC405: 没有编号为“V:x”"):
        cited_then([("V:x", 1)], tables)


# --- sections --------------------------------------------------------------------------------------------------------


def test_a_section_goes_from_the_share_to_its_samples(tmp_path: Path, made: SimpleNamespace) -> None:
    sites = made.sites(
        {"site": "S1", "name": "香泉桥", "city": CITY, "roles": "国考"},
        {"site": "S2", "name": "南门闸", "city": CITY, "roles": "省考"},
    )
    months = pa.Table.from_pylist(
        [
            {"section": name, "section_name": name, "period": "2026-04", "class": grade, "class_nh3n": grade,
             "nh3n": Decimal("1.2"), "primary": "nh3n", "review": "national"} for name, grade in (("S1", 4), ("S2", 2))
        ]
    )  # fmt: skip
    key = f"V:good_section_ratio:{CITY}~国考:2026-01-01/2026-04-30:measured"
    value = made.value("good_section_ratio", f"{CITY}~国考", period="2026-01-01/2026-04-30", exact=0, unit="%")
    given = {
        "sites": sites,
        "water_months": months,
        "values": made.values(value),
        "indicators": pa.Table.from_pylist([{"id": "good_section_ratio", "medium": "water", "parameter": ""}]),
    }
    lake = open_lake(tmp_path)
    row = {**hours(site="S1", value=1, span=range(1), known=REPORTED)[0], "parameter": "nh3n", "span": "sample"}
    lake.append("observation", pa.Table.from_pylist([row], schema=OBSERVATION), source="x")
    found = why(key, given, lake=lake).down
    assert [node.id for node in found.children] == ["F:S1:class:2026-04:measured"]
    assert [node.id for node in found.children[0].children] == [f"O:S1:nh3n:{DAY}T00:00"]
    up = why(f"O:S1:nh3n:{DAY}T00:00", given, lake=lake).up
    assert {node.id for node in up} >= {"F:S1:nh3n:2026-04:measured", "F:S1:class:2026-04:measured"}
    assert all(key in {below.id for below in node.children} for node in up if node.id.endswith("measured"))
    lake.close()
