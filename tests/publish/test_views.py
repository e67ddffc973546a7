"""Views pick, join and label; they compute nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from types import ModuleType

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.core.errors import CampaignError
from qingce.publish import ROUTES, Results, charts, maps
from qingce.publish.i18n import words
from qingce.publish.results import SCHEMAS
from qingce.publish.rows import absent_label, cell, review_label, slug, split
from qingce.publish.views import content as views_content
from qingce.publish.views import place as views_place
from qingce.publish.views import plan as views_plan
from qingce.publish.views import thread as views
from qingce.publish.views import why as views_why

# --- segments -------------------------------------------------------------------------------------------------------

TEXTS = st.text(alphabet="甲乙丙a\n。", max_size=40)
SPANS = st.lists(st.tuples(st.integers(-2, 42), st.integers(-2, 42)), max_size=8)


def slow_ids(text: str, marks: list[tuple[int, int, str, str]]) -> list[set[str]]:
    """The ids over each character, asked one by one."""
    return [{m[3] for m in marks if 0 <= m[0] <= place < m[1] <= len(text)} for place in range(len(text))]


@given(TEXTS, SPANS)
def test_pieces_together_are_the_text_and_carry_every_span(text: str, spans: list[tuple[int, int]]) -> None:
    marks = [(start, end, "target", f"T{n}") for n, (start, end) in enumerate(spans)]
    lines = views_plan.segments(text, marks)
    pieces = [piece for line in lines for piece in line]
    assert "".join(str(piece["text"]) for piece in pieces) == text
    asked = slow_ids(text, marks)
    for piece in pieces:
        start = int(str(piece["start"]))
        for place in range(start, start + len(str(piece["text"]))):
            assert set(piece["ids"]) == asked[place]  # type: ignore[call-overload]


@given(TEXTS, SPANS)
def test_every_span_begins_once_and_no_piece_crosses_a_line(text: str, spans: list[tuple[int, int]]) -> None:
    marks = [(start, end, "target", f"T{n}") for n, (start, end) in enumerate(spans)]
    lines = views_plan.segments(text, marks)
    begun = [name for line in lines for piece in line for name in piece["starts"]]  # type: ignore[attr-defined]
    assert sorted(begun) == sorted(m[3] for m in marks if 0 <= m[0] < m[1] <= len(text))
    for line in lines:
        assert all("\n" not in str(piece["text"])[:-1] for piece in line)


def test_a_plan_shows_the_sentence_where_it_stands(sample: Results, made: ModuleType) -> None:
    view = views_plan.plan(sample, "yz")
    lines: list[dict[str, list[dict[str, object]]]] = view["lines"]  # type: ignore[assignment]
    pieces = [piece for line in lines for piece in line["pieces"]]
    assert "".join(str(piece["text"]) for piece in pieces) == made.PLAN_TEXT
    first = "".join(str(piece["text"]) for piece in pieces if "T-yz-001" in piece["ids"])  # type: ignore[operator]
    assert first == "全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下"


def test_overlapping_spans_both_show(sample: Results) -> None:
    view = views_plan.plan(sample, "yz")
    lines: list[dict[str, list[dict[str, object]]]] = view["lines"]  # type: ignore[assignment]
    both = [p for line in lines for p in line["pieces"] if {"target", "deadline"} <= set(p["kinds"])]  # type: ignore[call-overload]
    assert "".join(str(piece["text"]) for piece in both) == "地表水国考断面"


def test_clauses_stand_at_the_line_they_begin(sample: Results) -> None:
    lines: list[dict[str, object]] = views_plan.plan(sample, "yz")["lines"]  # type: ignore[assignment]
    named = {
        str(clause): "".join(p["text"] for p in line["pieces"])  # type: ignore[attr-defined]
        for line in lines
        for clause in line["clauses"]  # type: ignore[attr-defined]
    }
    assert named["C-yz-二"].startswith("二、深入打好蓝天保卫战")
    assert named["C-yz-二/(二)"].startswith("（二）强化扬尘管控")


def test_an_empty_document_has_an_empty_line() -> None:
    assert views_plan.segments("", [(0, 1, "target", "T")]) == [[]]


# --- scoreboard and target ------------------------------------------------------------------------------------------


def test_the_scoreboard_puts_first_what_waits(sample: Results) -> None:
    view = views.scoreboard(sample)
    first: list[dict[str, dict[str, object]]] = view["first"]  # type: ignore[assignment]
    assert {row["status"]["code"] for row in first} == {"awaiting", "unbound"}
    battles: list[dict[str, object]] = view["battles"]  # type: ignore[assignment]
    rest = [row for battle in battles for row in battle["rows"]]  # type: ignore[attr-defined]
    assert len(first) + len(rest) == sample["progress"].num_rows == 15
    assert not {row["status"]["code"] for row in rest} & {"awaiting", "unbound"}


def test_the_battles_stand_in_their_order(sample: Results) -> None:
    battles: list[dict[str, object]] = views.scoreboard(sample)["battles"]  # type: ignore[assignment]
    names = [battle["name"] for battle in battles]
    assert names == [name for name in views.BATTLES if name in names]
    assert names[0] == "蓝天"


def test_the_counts_count_rows(sample: Results) -> None:
    counts: dict[str, int] = views.scoreboard(sample)["counts"]  # type: ignore[assignment]
    rows = sample["progress"].to_pylist()
    assert counts["unconfirmed"] == sum(not row["confirmed"] for row in rows) == 5
    assert counts["unbound"] == sum(row["status"] == "unbound" or not row["bound"] for row in rows) == 4
    assert counts["waiting"] == 8
    statuses: list[dict[str, int]] = views.scoreboard(sample)["statuses"]  # type: ignore[assignment]
    assert sum(item["count"] for item in statuses) == 15


def test_a_target_says_what_is_official_and_what_is_ours(sample: Results) -> None:
    row: dict[str, dict[str, object]] = views.target(sample, "T-yz-004")["target"]  # type: ignore[assignment]
    assert row["official"]["value"] == "71"
    assert row["official"]["review"] == {"code": "national", "zh": "总站审核", "unreviewed": False}
    assert row["own"]["value"] == "71.36"
    assert row["own"]["review"] == {"code": "preliminary", "zh": "初审", "unreviewed": True}
    assert row["difference"] == "0.36"


def test_a_target_leads_to_its_sentence_and_its_hours(sample: Results) -> None:
    view = views.target(sample, "T-yz-001")
    document: dict[str, str] = view["document"]  # type: ignore[assignment]
    assert document["id"] == "yz"
    assert [clause["title"] for clause in view["clauses"]] == ["主要目标"]  # type: ignore[attr-defined]
    recent: dict[str, list[dict[str, object]]] = view["recent"]  # type: ignore[assignment]
    assert recent["days"][0]["day"] == "2026-05-31"
    assert {site["id"]: site["months"] for site in recent["sites"]}["A1"] == ["2026-05"]
    assert view["explained"] == ["T-yz-001"] or "T-yz-001" in view["explained"]  # type: ignore[operator]


def test_a_water_target_leads_to_sections(sample: Results) -> None:
    recent: dict[str, object] = views.target(sample, "T-yz-005")["recent"]  # type: ignore[assignment]
    assert recent["by"] == "period"
    assert recent["column"] == "class"
    assert [site["id"] for site in recent["sites"]] == [f"W{n}" for n in range(1, 7)]  # type: ignore[attr-defined]
    assert views.target(sample, "T-yz-005")["places"] == 1, "a share is told with the decimals of its indicator"


def test_allowances_name_the_part_they_are_for(sample: Results) -> None:
    rows = sample["quota"].to_pylist()
    rows[1] |= {"part": "W3/nh3n", "kind": "section_mean"}
    table = pa.Table.from_pylist(rows, schema=sample["quota"].schema)
    quota = views.target(sample.with_tables({"quota": table}), "T-yz-001")["quota"]
    assert [row["part_text"] for row in quota][:2] == ["", "清河出境 氨氮"]  # type: ignore[attr-defined]
    assert [row["group"] for row in quota] == ["whole", "site", *["month"] * 7, *["county"] * 3]  # type: ignore[attr-defined]
    assert [row["part_text"] for row in quota][-3:] == ["云东县", "云西区", "泽南县"]  # type: ignore[attr-defined]


def test_members_are_those_of_the_role(sample: Results) -> None:
    for scope, codes in (("990100~国考", ["W1", "W3", "W5"]), ("W2+W4", ["W2", "W4"]), ("990103", ["W3", "W4"])):
        found = views_place.recent(sample, scope, parameter="", medium="water")["sites"]
        assert [site["id"] for site in found] == codes  # type: ignore[attr-defined]


def test_an_official_value_names_its_period(sample: Results) -> None:
    row = next(row for row in views.target_rows(sample) if row["id"] == "T-yz-004")
    assert row["official"]["period"] == "2026-01/2026-05"  # type: ignore[index]


def test_a_target_without_a_series_has_no_chart(sample: Results) -> None:
    view = views.target(sample, "T-yz-010")
    assert view["chart"] is None
    assert view["calendar"] == []
    assert view["target"]["reason"] == {"code": "no_indicator", "zh": "目录中没有对应指标"}  # type: ignore[index]


def test_a_target_of_a_class_has_no_line_of_shares(sample: Results) -> None:
    """The series of a class is the share of sections that keep it: 100 % was once drawn over a target of 2."""
    progress = sample["progress"]
    at = progress["target_id"].to_pylist().index("T-yz-001")
    units = [*progress["unit"].to_pylist()]
    units[at] = "class"
    turned = progress.set_column(progress.column_names.index("unit"), "unit", pa.array(units, pa.string()))
    assert views.target(sample, "T-yz-001")["chart"] is not None
    assert views.target(sample.with_tables({"progress": turned}), "T-yz-001")["chart"] is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_quota_has_its_words(language: str) -> None:
    speak = words(language)
    for kind in ("mean", "days", "sections", "section_mean", "hours", "amount", "points"):
        assert speak.of("quota", kind) not in {"", kind}, kind


def test_an_unknown_target_is_refused(sample: Results) -> None:
    with pytest.raises(CampaignError, match=r"QC554: 页面种类“targets”里没有“T-none”.*open it from its list\.$"):
        views.target(sample, "T-none")


def test_unbound_targets_stand_by_reason(sample: Results) -> None:
    view = views.unbound(sample)
    assert view["count"] == 4
    codes = [reason["code"] for reason in view["reasons"]]  # type: ignore[attr-defined]
    assert sorted(codes) == ["delegated", "no_data", "no_indicator", "placeholder"]


def test_tasks_have_their_units_apart(sample: Results) -> None:
    view = views.tasks(sample)
    rows = view["documents"][0]["rows"]  # type: ignore[index]
    dust = next(row for row in rows if row["title"] == "强化扬尘管控")
    assert dust["lead"] == ["市住房城乡建设局"]
    assert dust["support"] == ["市交通运输局"]
    assert "市水务局" in view["units"]  # type: ignore[operator]


# --- places ---------------------------------------------------------------------------------------------------------


def test_a_city_has_calendar_course_and_spread(sample: Results) -> None:
    view = views_place.site(sample, "990100")
    assert view["kind"] == "air"
    years: list[dict[str, list[dict[str, list[dict[str, object] | None]]]]] = view["calendar"]  # type: ignore[assignment]
    assert [year["year"] for year in years] == ["2026", "2025"]
    february = years[0]["months"][1]["days"]
    assert february[27] is not None
    assert february[28:] == [None, None, None]
    days = sample.rows("air_city_days", where={"subject": "990100"})
    shown = [day for year in years for month in year["months"] for day in month["days"] if day]
    assert len(shown) == len(days)
    assert [member["site"] for member in view["members"]] == [f"A{n}" for n in range(1, 7)]  # type: ignore[attr-defined]


def test_an_absent_value_is_never_a_number(sample: Results) -> None:
    rows = [row for row in sample.rows("air_site_days", where={"subject": "A2"}) if row["aqi"] is None]
    days = {str(row["day"]) for row in rows}
    view = views_place.site(sample, "A2")
    calendar: list[dict[str, list[dict[str, list[dict[str, object] | None]]]]] = view["calendar"]  # type: ignore[assignment]
    shown = {d["day"]: d for year in calendar for month in year["months"] for d in month["days"] if d}
    assert days
    for day in days:
        assert shown[day]["value"] is None
        assert shown[day]["absent"] == "too_few"


def test_days_ahead_are_blank_in_the_calendar(sample: Results) -> None:
    years = views.target(sample, "T-yz-001")["calendar"]
    june = years[0]["months"][5]["days"]  # type: ignore[index]
    assert june == [None] * 31


def test_an_exceptional_day_says_what_it_was(sample: Results) -> None:
    years = views_place.site(sample, "990100")["calendar"]
    march = years[0]["months"][2]["days"]  # type: ignore[index]
    assert [day["day"] for day in march if day["mark"]] == ["2026-03-09", "2026-03-10"]
    assert march[8]["mark"] == ["sand"]


def test_a_section_has_months_and_deciding_factors(sample: Results) -> None:
    view = views_place.site(sample, "W4")
    assert view["kind"] == "water"
    april = next(row for row in view["months"] if row["period"] == "2026-04")  # type: ignore[attr-defined]
    assert april["class"] == 6
    assert april["primary"] == ["nh3n"]
    assert april["values"]["nh3n"]["exceed"] == "1.4"
    gone = next(row for row in views_place.site(sample, "W6")["months"] if row["class"] is None)  # type: ignore[attr-defined]
    assert gone["absent"] == {"code": "not_reported", "zh": "未上报"}


def test_a_site_without_judged_values_has_a_page_all_the_same(sample: Results) -> None:
    bare = Results({"sites": sample["sites"]}, sample.run)
    assert views_place.site(bare, "A1")["kind"] == "empty"
    with pytest.raises(CampaignError, match=r"QC554: 页面种类“sites”里没有“Z9”.*"):
        views_place.site(bare, "Z9")


def test_hours_are_laid_out_by_day_with_their_reasons(sample: Results) -> None:
    view = views_place.hours(sample, "A1", "2026-05")
    grids: list[dict[str, list[dict[str, object]]]] = view["grids"]  # type: ignore[assignment]
    assert [grid["parameter"]["symbol"] for grid in grids] == ["PM₂.₅", "PM₁₀", "O₃"]  # type: ignore[call-overload]
    seventh = next(day for day in grids[0]["days"] if day["day"] == "2026-05-07")
    assert len(grids[0]["slots"]) == 24
    assert seventh["cells"][3]["absent"] == {"code": "invalid", "zh": "无效"}  # type: ignore[index]
    assert seventh["cells"][3]["value"] is None  # type: ignore[index]
    water = views_place.hours(sample, "W2", "2026-05")["grids"]
    assert water[0]["slots"] == ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]  # type: ignore[index]
    with pytest.raises(CampaignError, match=r"QC554: 页面种类“hours”里没有“A1/2026-04”.*"):
        views_place.hours(sample, "A1", "2026-04")


def test_the_map_shows_the_last_judged_level(sample: Results) -> None:
    points = {str(point["site"]): point for point in maps.points(sample)}
    assert len(points) == 12
    last = sample.rows("air_site_days", where={"subject": "A1"})[-1]
    assert points["A1"]["last"]["value"] == last["aqi"]  # type: ignore[index]
    assert points["A1"]["last"]["when"] == "2026-05-31"  # type: ignore[index]
    assert points["W2"]["last"] == {
        "scale": "water_class",
        "when": "2026-05",
        "value": None,
        "level": 2,
        "review": {"code": "provincial", "zh": "省复核", "unreviewed": True},
    }
    assert len(maps.regions(sample)["features"]) == 2  # type: ignore[arg-type]


def test_a_site_without_a_place_is_not_on_the_map(sample: Results) -> None:
    rows = sample["sites"].to_pylist()
    rows[0]["lon"] = None
    table = pa.Table.from_pylist(rows, schema=sample["sites"].schema)
    assert len(maps.points(sample.with_tables({"sites": table}))) == 11


# --- content, quality, search, why ----------------------------------------------------------------------------------


def test_content_marks_what_is_unread_and_what_is_in_force(sample: Results) -> None:
    view = views_content.content(sample)
    assert [row["id"] for row in view["unread"]] == ["hj663-2026"]  # type: ignore[attr-defined]
    rows = {row["id"]: row for kind in view["kinds"] for row in kind["rows"]}  # type: ignore[attr-defined]
    assert rows["gb3095-2012"]["in_force"] is False
    assert rows["gb3095-2026"]["used_days"] == 92


def test_quality_and_rejected_show_every_row(sample: Results) -> None:
    view = views_content.quality(sample)
    assert view["month"] == "2026-05"
    assert sum(len(group["rows"]) for group in view["kinds"]) == 12  # type: ignore[attr-defined,misc]
    assert [(row["site"], row["month"]) for row in view["doubts"]] == [("A4", "2026-04")]  # type: ignore[attr-defined]
    view = views_content.rejected(sample)
    assert [group["code"] for group in view["codes"]] == ["QC211", "QC210"]  # type: ignore[attr-defined]


def test_an_indicator_shows_both_series_and_what_is_absent(sample: Results) -> None:
    view = views_content.indicator(sample, "o3_p90", "990100")
    values: list[dict[str, object]] = view["values"]  # type: ignore[assignment]
    assert values[0]["absent"] == {"code": "too_few", "zh": "有效数据不足"}
    assert values[0]["value"] is None
    chart: dict[str, list[dict[str, object]]] = views_content.indicator(sample, "pm2_5_annual", "990100")["chart"]  # type: ignore[assignment]
    assert [line["style"] for line in chart["series"]] == ["measured", "deducted"]
    assert chart["x"] == ["2022", "2023", "2024", "2025", "2026"]
    with pytest.raises(CampaignError, match=r"QC554: 页面种类“indicators”里没有“pm2_5_annual/1”.*"):
        views_content.indicator(sample, "pm2_5_annual", "1")


def test_a_scope_is_named_as_the_indicator_names_it() -> None:
    rows = [
        {
            "id": f"V:{name}",
            "indicator": name,
            "scope": "990100",
            "scope_name": told,
            "period": "2026",
            "series": "measured",
        }
        for name, told in (("pm2_5_annual", "云泽市"), ("bad_section_ratio", "云泽市考核断面"))
    ]
    results = Results({"values": pa.Table.from_pylist(rows, SCHEMAS["values"])}, {})
    for name, told in (("pm2_5_annual", "云泽市"), ("bad_section_ratio", "云泽市考核断面")):
        assert views_content.indicator(results, name, "990100")["scope"] == {"id": "990100", "name": told}


def test_an_indicator_without_a_catalog_row_still_has_a_name(sample: Results) -> None:
    view = views_content.indicator(sample, "forest_cover", "990100")
    assert view["indicator"]["zh"] == "森林覆盖率"  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "found"),
    [("pm2.5 云泽", {"targets", "plans", "sites", "indicators"}), ("扬尘", {"tasks"}), ("没有这个词", set())],
)
def test_search_wants_every_word(sample: Results, words: str, found: set[str]) -> None:
    rows: list[dict[str, object]] = views_content.search(sample, words)["rows"]  # type: ignore[assignment]
    assert {str(row["kind"]) for row in rows} <= found
    assert bool(rows) == bool(found)
    for row in rows:
        assert all(word in str(row["text"]).lower() for word in words.split())


def test_search_without_words_lists_everything(sample: Results) -> None:
    view = views_content.search(sample)
    assert view["count"] == len(view["rows"]) > 40  # type: ignore[arg-type]


def test_why_leads_from_the_sentence_to_the_hour(sample: Results, made: ModuleType) -> None:
    view = views_why.why(sample, "T-yz-001")
    assert view["sentences"][0]["quote"] == made.PLAN_TEXT[made.at("全市细颗粒物")[0] :][:30][:30]  # type: ignore[index]
    value = view["down"]["steps"][0]  # type: ignore[index]
    assert value["link"] == {"kind": "indicators", "ids": ["pm2_5_annual", "990100"], "anchor": ""}
    day = value["steps"][0]
    assert day["id"] == "F:A1:pm2_5:2026-05-31:measured"
    assert len(value["leaves"]) == 21
    assert day["leaves"][7]["link"] == {"kind": "hours", "ids": ["A1", "2026-05"], "anchor": "D2026-05-31"}
    assert value["columns"] == ["数值", "审核"]


def test_a_step_never_leads_to_a_page_that_is_not() -> None:
    node = {"id": "F:A1:pm2_5:2026-05-31:measured", "kind": "finding", "title": "x", "facts": [], "children": []}
    view = views_why.why_page({"id": "T-1", "down": {**node, "id": "T-1", "children": [node]}})
    assert view["down"]["link"] is None  # type: ignore[index]
    assert view["down"]["leaves"][0]["link"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    ("identity", "link"),
    [
        ("F:A1:pm2_5:2026-05-31:measured", ("hours", ["A1", "2026-05"], "D2026-05-31")),
        ("F:A1:pm2_5:2026-04-30:measured", ("sites", ["A1"], "")),
        ("F:W2:class:2026-05:measured", ("hours", ["W2", "2026-05"], "")),
        ("F:990100:pm2_5:2026-05-31:measured", ("sites", ["990100"], "")),
        ("O:A1:pm2_5:2026-05-31T08:00", ("hours", ["A1", "2026-05"], "D2026-05-31")),
        ("V:pm2_5_annual:990100:2026:measured", ("indicators", ["pm2_5_annual", "990100"], "")),
        ("T-yz-002", ("targets", ["T-yz-002"], "")),
    ],
)
def test_each_step_leads_to_its_own_page(sample: Results, identity: str, link: tuple[str, list[str], str]) -> None:
    kind, ids, anchor = link
    node = {"id": identity, "kind": "x", "title": "x", "facts": [], "children": []}
    tables = sample.with_tables({"whys": pa.table({"id": ["T"], "tree": [json.dumps({"id": "T", "down": node})]})})
    assert views_why.why(tables, "T")["down"]["link"] == {"kind": kind, "ids": ids, "anchor": anchor}  # type: ignore[index]


def test_a_bare_tree_is_laid_out_too() -> None:
    assert views_why.why_page({}) == {"id": "", "known_at": None, "sentences": [], "down": None, "up": [], "notes": []}


def test_an_unknown_tree_is_refused(sample: Results) -> None:
    with pytest.raises(CampaignError, match=r"QC554: 页面种类“why”里没有“V:x”.*"):
        views_why.why(sample, "V:x")


# --- nothing is computed --------------------------------------------------------------------------------------------


def decimals(value: object) -> Iterator[str]:
    """Every number written in a view."""
    if isinstance(value, dict):
        for part in value.values():
            yield from decimals(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from decimals(part)
    elif isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        yield value


def numbers(results: Results) -> set[Decimal]:
    """Every decimal that stands in a table, or in the text of a cell."""
    found: set[Decimal] = set()
    for table in results.tables.values():
        for name in table.column_names:
            if pa.types.is_decimal(table.schema.field(name).type):
                found |= {value for value in table[name].to_pylist() if value is not None}
            elif pa.types.is_string(table.schema.field(name).type):
                texts = (str(value) for value in table[name].unique().to_pylist() if value)
                found |= {Decimal(part) for text in texts for part in re.findall(r"-?\d+\.\d+", text)}
    return found


def test_every_number_of_every_view_stands_in_a_table(sample: Results) -> None:
    known = numbers(sample)
    for route in ROUTES:
        for ids in route.ids(sample):
            view = route.view(sample, *ids)
            strange = {text for text in decimals(view) if Decimal(text) not in known}
            assert strange <= {"0.1"}, (route.pattern, ids, strange)


def test_every_view_is_plain_json(sample: Results) -> None:
    for route in ROUTES:
        for ids in list(route.ids(sample))[:3]:
            view = route.view(sample, *ids)
            assert json.loads(json.dumps(view, ensure_ascii=False)) is not None


# --- labels ---------------------------------------------------------------------------------------------------------


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_a_number_is_written_without_loss(value: Decimal) -> None:
    written = str(cell(value))
    assert Decimal(written) == value
    assert "E" not in written
    assert not (written.endswith("0") and "." in written)


@pytest.mark.parametrize(
    ("state", "unreviewed"),
    [("realtime", True), ("preliminary", True), ("provincial", True), ("national", False), ("assessed", False)],
)
def test_below_national_is_unreviewed(state: str, unreviewed: bool) -> None:
    label = review_label(state)
    assert label is not None
    assert label["unreviewed"] is unreviewed


def test_absence_keeps_a_reason_it_does_not_know() -> None:
    assert absent_label("moved_away") == {"code": "moved_away", "zh": "moved_away"}
    assert absent_label(None) is None


def test_units_are_split_at_every_mark() -> None:
    assert split("市生态环境局、市财政局；县政府,") == ["市生态环境局", "市财政局", "县政府"]
    assert split(None) == []


@given(st.text(max_size=30))
def test_a_slug_is_a_file_name_everywhere(identity: str) -> None:
    assert not re.search(r'[\\/:*?"<>|\s]', slug(identity))


def test_a_chart_says_what_it_draws(sample: Results) -> None:
    chart: dict[str, list[dict[str, object]]] = views.target(sample, "T-yz-001")["chart"]  # type: ignore[assignment]
    lines = ("cumulative", "last_year", "allowed", "p50", "fan")
    assert [line["word"] for line in chart["series"]] == [f"chart.{line}" for line in lines]
    assert len(chart["x"]) == 365
    assert chart["target"] == "39"
    assert charts.cumulative([], {}) is None


def test_months_are_laid_out_from_periods_and_days() -> None:
    rows = [{"day": "2026-02-01", "value": Decimal("66.7"), "category": None}, {"period": "2025-12", "category": 3}]
    years = charts.month_grid(rows, level="category")
    assert [year["year"] for year in years] == ["2026", "2025"]
    assert years[0]["months"][1] == {"period": "2026-02", "value": "66.7", "level": None, "absent": None}  # type: ignore[index]
    assert years[1]["months"][11]["level"] == 3  # type: ignore[index]
