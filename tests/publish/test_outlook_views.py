"""The outlook, today, this month's sections: rows picked from the tables, named and sorted, nothing else."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.publish import Results, compile_templates, render
from qingce.publish.charts import cumulative
from qingce.publish.results import SCHEMAS
from qingce.publish.rows import chance_text
from qingce.publish.views import ahead as views_ahead
from qingce.publish.views import outlook as views_outlook
from qingce.publish.views import thread as views

NEW = ("outlook.html", "today.html", "month.html", "what-if.html")


def table(name: str, *rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCHEMAS[name])


def html(path: str, results: Results, lang: str = "zh") -> str:
    return render(path, results, lang)[0].decode("utf-8")


def twin(path: str, results: Results) -> Any:
    return json.loads(render(path, results)[0])


# --- the outlook ----------------------------------------------------------------------------------------------------


def test_the_least_likely_target_stands_first_and_the_unforeseen_last(sample: Results) -> None:
    rows: Any = views_outlook.outlook(sample)["rows"]
    assert [row["probability"] for row in rows] == [0.0, 0.37, 0.9991, 1.0, None]
    assert [row["state"] for row in rows] == ["lost", "ok", "ok", "safe", "quota_only"]
    assert rows[1]["target"]["indicator_name"] == "PM2.5年均浓度"
    assert (rows[1]["p10"], rows[1]["p50"], rows[1]["p90"]) == ("37.4", "40.1", "43.9")


@pytest.mark.parametrize(
    ("year", "words", "english"),
    [(2025, "到期后延续对照", "deadline passed"), (2030, "期限未到，只看当年", "deadline in a later year")],
)
def test_a_target_of_another_year_is_named_and_has_no_chance(
    sample: Results, year: int, words: str, english: str
) -> None:
    """Its deadline is put years away: every page that foresees it says so, and its chance counts for nothing."""
    likely: Any = next(row for row in views_outlook.outlook(sample)["rows"] if row["probability"] == 0.37)  # type: ignore[attr-defined]
    identity = likely["target_id"]
    assert not likely["target"]["beside"]
    rows = [
        row | {"deadline_day": date(year, 12, 31)} if row["target_id"] == identity else row
        for row in sample["progress"].to_pylist()
    ]
    changed = Results(sample.tables | {"progress": table("progress", *rows)}, sample.run)
    found: Any = views_outlook.outlook(changed)["rows"]
    asides = [bool(row["target"]["beside"]) for row in found]
    assert asides == sorted(asides)  # they stand last
    assert next(row for row in found if row["target_id"] == identity)["target"]["beside"]
    for path in ("outlook.html", "what-if.html", f"targets/{identity}.html"):
        page = html(path, changed)
        assert words in page, path
        assert html(path, sample).count(words) < page.count(words), path
        assert "37%" in html(path, sample), path
    assert 'title="0.37"' not in html("outlook.html", changed).partition('id="targets"')[2]
    assert english in html("outlook.html", changed, "en")


def test_only_the_chosen_model_stands_in_the_list(sample: Results) -> None:
    rows: Any = views_outlook.outlook(sample)["rows"]
    assert len(rows) == sum(row["chosen"] for row in sample["outlook"].to_pylist()) == 5
    assert all(row["chosen"] for row in rows)


def test_a_row_about_a_target_that_is_gone_is_left_out(sample: Results) -> None:
    row = {**sample["outlook"].to_pylist()[0], "target_id": "T-old-001"}
    changed = sample.with_tables({"outlook": table("outlook", row)})
    assert views_outlook.outlook(changed)["rows"] == []


def test_warnings_stand_by_their_rank_with_the_target_they_are_about(sample: Results) -> None:
    rows: Any = views_outlook.warning_rows(sample)
    assert [row["rank"] for row in rows] == [1, 2]
    assert [row["target"]["target_text"] for row in rows] == ["≤ 39 μg/m³", "≤ 160 μg/m³"]
    assert rows[0]["needs"] == "剩余 214 天均值须 ≤ 36.89"


def test_the_models_stand_beside_each_other_with_their_back_test_of_that_month(sample: Results) -> None:
    found: Any = views_outlook.outlook_of(sample, "T-yz-001")
    assert [row["model"] for row in found["models"]] == ["block_bootstrap", "same_remaining_mean", "seasonal_ar"]
    assert found["chosen"]["model"] == "block_bootstrap"
    months = [row["backtest"] and row["backtest"]["month"] for row in found["models"]]
    assert months == [5, 5, None], "made on 31 May: the back-test of May"
    assert found["warning"]["week_ago"] == 0.58


def test_a_class_of_water_is_shown_by_its_word(sample: Results) -> None:
    row = sample["outlook"].to_pylist()[0] | {
        "unit": "class", "p10": Decimal(3), "p50": Decimal(4), "p90": Decimal(6), "text": "预计 4 class"
    }  # fmt: skip
    changed = sample.with_tables({"outlook": table("outlook", row)})
    for path in ("outlook.html", "targets/T-yz-001.html", "what-if.html"):
        page = html(path, changed)
        for word in ("Ⅲ类", "Ⅳ类", "劣Ⅴ类"):
            assert word in page, (path, word)
        assert "class）" not in page
    assert "预计 4 类" in html("targets/T-yz-001.html", changed)


def test_a_target_nobody_foresaw_has_no_outlook(sample: Results) -> None:
    assert views_outlook.outlook_of(sample, "T-yz-006") is None
    assert views.target(sample, "T-yz-006")["outlook"] is None
    assert 'id="outlook"' not in html("targets/T-yz-006.html", sample)


def test_a_target_that_only_warns_still_has_its_place(sample: Results) -> None:
    found: Any = views_outlook.outlook_of(sample, "T-yz-012")
    assert found["models"] == []
    assert found["chosen"] is None
    page = html("targets/T-yz-012.html", sample)
    assert 'id="outlook"' in page
    assert "由 71% 降到 55%" in page


def test_the_fan_begins_behind_the_last_day_and_is_of_the_chosen_model(sample: Results) -> None:
    fan = views_outlook.fan(sample, "T-yz-001")
    assert len(fan) == 214
    assert fan[0]["day"] == "2026-06-01"
    assert fan[-1] == {"day": "2026-12-31", "p10": Decimal("37.4"), "p50": Decimal("40.1"), "p90": Decimal("43.9")}
    assert views_outlook.fan(sample, "T-yz-006") == []
    other = sample["outlook_paths"].to_pylist()[0] | {"model": "seasonal_ar", "p50": Decimal(99)}
    both = pa.concat_tables([sample["outlook_paths"], table("outlook_paths", other)])
    assert views_outlook.fan(sample.with_tables({"outlook_paths": both}), "T-yz-001") == fan


def test_the_chart_carries_low_and_high_side_by_side(sample: Results) -> None:
    chart: Any = views.target(sample, "T-yz-001")["chart"]
    band = next(line for line in chart["series"] if line["style"] == "fan")
    first = chart["x"].index("2026-06-01")
    assert len(band["data"]) == len(band["high"]) == len(chart["x"])
    assert band["data"][:first] == [None] * first
    assert (band["data"][-1], band["high"][-1]) == ("37.4", "43.9")


def test_days_of_the_fan_beyond_the_series_lengthen_the_axis() -> None:
    series = [{"day": "2026-06-30", "cumulative": Decimal(80)}, {"day": "2026-07-31", "cumulative": Decimal(82)}]
    ahead = [{"day": "2026-08-31", "p10": Decimal(80), "p50": Decimal(82), "p90": Decimal(84)}]
    chart: Any = cumulative(series, {"unit": "%", "target_value": None, "target_text": None}, ahead)
    assert chart["x"] == ["2026-06-30", "2026-07-31", "2026-08-31"]
    assert [line["style"] for line in chart["series"]] == ["cumulative", "p50", "fan"]
    assert chart["series"][0]["data"] == ["80", "82", None]
    assert cumulative([], {}, ahead) is None, "a fan without a year so far hangs in the air"


# --- chances for the eye --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chance", "shown"),
    [
        (None, ""), (0, "0%"), (0.0, "0%"), (1, "100%"), (1.0, "100%"), (0.0001, "<1%"), (0.00999, "<1%"), (0.01, "1%"),
        (0.99, "99%"), (0.9901, ">99%"), (0.99999, ">99%"), (0.5, "50%"), (0.375, "38%"), (0.365, "36%"),
    ],
    ids=str,
)  # fmt: skip
def test_only_what_is_certain_is_printed_as_certain(chance: object, shown: str) -> None:
    assert chance_text(chance) == shown


@given(st.floats(min_value=0, max_value=1))
def test_a_chance_is_printed_within_one_per_cent(chance: float) -> None:
    shown = chance_text(chance)
    assert (shown == "0%") == (chance == 0)
    assert (shown == "100%") == (chance == 1)
    assert abs(float(shown.strip("<>%")) - chance * 100) <= 1


# --- today ----------------------------------------------------------------------------------------------------------


def test_places_stand_city_first_and_quantities_by_level(sample: Results) -> None:
    view: Any = views_ahead.today(sample)
    assert (view["day"], view["passed"], view["remaining"]) == ("2026-06-01", 15, 9)
    assert [group["kind"] for group in view["groups"]] == ["city", "county", "site"]
    city = view["groups"][0]["subjects"][0]
    assert [level["level_name"] for level in city["levels"]] == ["优", "良", "轻度污染"]
    assert [item["quantity"] for item in city["quantities"]] == ["pm2_5", "pm10", "o3_8h"]
    assert city["quantities"][0]["cells"]["2"]["allowed"] == "51.3"
    assert city["quantities"][0]["deciding"] == ["云西广场", "云泽师范学院"]
    assert city["whole"]["1"]["state"] == "lost"
    assert city["text"].startswith("PM2.5 其余 9 小时")


def test_levels_are_named_in_the_language_of_the_page(sample: Results) -> None:
    assert "轻度污染<small>AQI ≤ 150" in html("today.html", sample)
    english = html("today.html", sample, "en")
    assert "Lightly polluted<small>AQI ≤ 150" in english
    assert "轻度污染<small>" not in english


def test_only_the_last_day_is_shown(sample: Results) -> None:
    rows = sample["today"].to_pylist()
    older = [{**row, "day": row["day"] - timedelta(1), "subject_name": "昨日"} for row in rows]
    view = views_ahead.today(sample.with_tables({"today": table("today", *older, *rows)}))
    assert view == views_ahead.today(sample)


def test_a_place_with_too_few_hours_says_so(sample: Results) -> None:
    page = html("today.html", sample)
    assert "泽北县医院" in page
    assert "小时太少" in page


def test_the_rest_of_today_is_printed_with_its_sign(sample: Results) -> None:
    rows = sample["today"].to_pylist()
    assert "≤ 51.3</b>" in html("today.html", sample)
    for row in rows:
        row["inclusive"] = False
    assert "&lt; 51.3</b>" in html("today.html", sample.with_tables({"today": table("today", *rows)}))


def test_the_blended_forecast_goes_before_the_single_ones_and_the_newest_before_older(sample: Results) -> None:
    rows = views_ahead.forecast_rows(sample, after="2026-05-31")
    assert [row["day"] for row in rows] == ["2026-06-01", "2026-06-02", "2026-06-03"]
    assert {row["source"] for row in rows} == {"blend"}
    assert [row["aqi_low"] for row in rows] == ["65", "75", "85"]
    assert rows[0]["primary_names"] == ["O₃-8h"]


def test_the_sheet_of_the_build_goes_before_forecasts(sample: Results) -> None:
    said = {"subject": "990100", "day": date(2026, 6, 1), "aqi_low": 40, "aqi_high": 60, "primary": "pm10"}
    changed = sample.with_tables({"air_forecast": table("air_forecast", said)})
    rows = views_ahead.forecast_rows(changed, after="2026-05-31")
    assert [(row["aqi_low"], row["aqi_high"]) for row in rows] == [(40, 60)]


def test_how_forecasts_did_is_told_for_the_days_that_are_printed(sample: Results) -> None:
    rows: Any = views_ahead.today(sample)["scores"]
    assert [(row["issuer"], row["lead"]) for row in rows] == [
        ("blend", 1), ("blend", 2), ("blend", 3), ("市气象台", 1), ("市气象台", 2), ("市气象台", 3)
    ]  # fmt: skip
    page = html("today.html", sample)
    assert "级别准确率" in page
    assert '<td class="right">82.0</td>' in page
    assert "How the forecasts did" in html("today.html", sample, "en")


def test_without_forecasts_the_page_says_so(sample: Results) -> None:
    bare = sample.with_tables({"forecasts": table("forecasts")})
    assert views_ahead.forecast_rows(bare, after="2026-05-31") == []
    assert "没有预报数据" in html("today.html", bare)


# --- this month's sections ------------------------------------------------------------------------------------------


def test_the_worst_section_stands_first_with_its_factors(sample: Results) -> None:
    view: Any = views_ahead.month_sections(sample)
    assert view["period"] == "2026-05"
    assert [row["section"] for row in view["rows"]] == ["W4", "W3", "W2", "W1", "W6"]
    assert [row["edge"] for row in view["edges"]] == ["worst", "beyond", "near"]
    assert [item["parameter"] for item in view["rows"][0]["factors"]] == ["nh3n", "codmn", "do"]
    assert view["rows"][0]["factors"][0]["allowed"] == "0.82"
    assert [row["period"] for row in view["years"]] == ["2026-01/2026-05"] * 5


def test_only_the_last_month_is_shown(sample: Results) -> None:
    rows = sample["month_sections"].to_pylist()
    older = [{**row, "period": "2026-04", "section_name": "旧"} for row in rows if row["span"] == "month"]
    changed = sample.with_tables({"month_sections": table("month_sections", *older, *rows)})
    assert views_ahead.month_sections(changed) == views_ahead.month_sections(sample)


def test_the_bound_stands_before_the_limit(sample: Results) -> None:
    page = html("month.html", sample)
    assert "≥ 5" in page, "oxygen is a floor"
    assert "≤ 6" in page
    assert "汛期污染强度" in page
    assert ">1.04</span>" in page, "a mean beyond its limit is never printed as the limit"
    assert "4 个同期月" in page


def rank(subject: str, name: str, **more: object) -> dict[str, object]:
    base: dict[str, object] = {"kind": "county", "subject": subject, "subject_name": name, "period": "2026"}
    return base | {"now": Decimal("3.87"), "now_rank": 2, "regions": 2} | more


def test_ranks_of_counties_stand_in_their_order_with_the_range(sample: Results) -> None:
    """Both languages; a county that could not be drawn says why and has no rank."""
    told = {"p10": Decimal("3.93"), "p50": Decimal("4.01"), "p90": Decimal("4.10"), "rank_p10": 1, "rank_p50": 2,
            "rank_p90": 2, "first": 0.001, "last": 0.63}  # fmt: skip
    rows = [rank("990104", "临湖县", **told), rank("990105", "新县", reason="往年没有覆盖余下时段的数据", p50=None)]
    changed = sample.with_tables({"outlook_ranks": table("outlook_ranks", *rows)})
    (group,) = twin("outlook.json", changed)["ranks"]
    assert [row["subject"] for row in group["rows"]] == ["990104", "990105"]
    page = html("outlook.html", changed)
    for words in (
        "综合指数与排名",
        "<strong>4.01</strong>",
        "3.93 – 4.10",
        "1 – 2 / 2",
        "&lt;1%",
        "往年没有覆盖余下时段",
    ):
        assert words in page, words
    assert "Composite index and rank of the year" in html("en/outlook.html", changed, "en")
    assert "综合指数与排名" not in html("outlook.html", sample)
    assert "ranks" not in "".join(changed.public().tables)


# --- what if --------------------------------------------------------------------------------------------------------


def test_targets_with_something_left_can_be_tried(sample: Results) -> None:
    rows: Any = views_ahead.what_if(sample)["rows"]
    assert [row["target"]["target_id"] for row in rows] == ["T-yz-001"]
    assert rows[0]["outlook"]["probability"] == 0.37
    assert [item["rule"] for item in rows[0]["quota"]] == ["strict", "rounded"]


def test_what_a_line_may_move_is_listed_by_kind(sample: Results) -> None:
    view: Any = views_ahead.what_if(sample)
    assert [one["id"] for one in view["subjects"] if one["kind"] == "city"] == ["990100"]
    assert sum(one["kind"] == "section" for one in view["subjects"]) == 6
    own = sample["sites"].slice(0, 1).to_pylist()[0] | {"site": "990100", "kind": "air_site"}
    listed = pa.concat_tables([sample["sites"], pa.Table.from_pylist([own], schema=sample["sites"].schema)])
    again: Any = views_ahead.what_if(sample.with_tables({"sites": listed}))
    assert again["subjects"] == view["subjects"], "a city's own values listed as a site are the city, once"
    assert [one["id"] for one in view["quantities"]] == [
        "pm2_5", "pm10", "so2", "no2", "co", "o3_8h", "nh3n", "codmn", "do"
    ]  # fmt: skip


def test_the_served_page_draws_what_the_server_says(sample: Results) -> None:
    """The page itself knows no sliders: it asks for the levers, and has a place for them, undo and reset."""
    page = html("what-if.html", sample)
    assert 'type="range"' not in page
    for part in ('id="levers"', 'id="w-undo"', 'type="reset"', "what_if.js"):
        assert part in page, part
    assert '"url": "api/what-if"' in page
    assert '"url": "../api/what-if"' in html("en/what-if.html", sample)
    assert '"language": "en"' in html("en/what-if.html", sample)


def test_what_is_lost_cannot_be_tried(sample: Results) -> None:
    rows = [{**row, "state": "lost"} for row in sample["quota"].to_pylist()]
    assert views_ahead.what_if(sample.with_tables({"quota": table("quota", *rows)}))["rows"] == []


def test_a_static_page_says_how_to_try(site: Any) -> None:
    text = (site / "what-if.html").read_text("utf-8")
    assert "qingce serve ." in text
    assert 'type="range"' not in text


# --- every page of them ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", NEW)
def test_an_empty_campaign_has_every_page(path: str, lang: str) -> None:
    page = html(path, Results({}, {}), lang)
    assert "<h1>" in page
    assert 'class="absent"' in page


@pytest.mark.parametrize("path", NEW)
def test_a_twin_holds_what_the_page_shows(path: str, sample: Results) -> None:
    view = twin(path.replace(".html", ".json"), sample)
    assert view["ok"] is True
    assert view["path"] == path
    assert view["sample"] is True


@pytest.mark.parametrize("path", ["outlook.html", "month.html", "what-if.html", "targets/T-yz-001.html"])
def test_pages_with_chances_say_they_are_internal(path: str, sample: Results) -> None:
    page = html(path, sample)
    assert '<p class="internal" role="note"><strong>内部</strong> 不作为考核依据，不对外提供' in page
    assert "示例数据" in page
    assert "never part of an assessment" in html(path, sample, "en")


@pytest.mark.parametrize("path", ["index.html", "targets/T-yz-001.html"])
def test_public_pages_hold_no_chance(path: str, sample: Results) -> None:
    assert "<meter" in html(path, sample) or "chancelink" in html(path, sample)
    public = html(path, sample.public())
    assert "<meter" not in public
    assert "chancelink" not in public
    assert "37%" not in public


def test_the_scoreboard_leads_to_the_warnings_and_shows_chances(sample: Results) -> None:
    page = html("index.html", sample)
    assert '<a class="alarmlink" href="outlook.html#warnings">预警 2 项</a>' in page
    assert page.count("chancelink") == 4
    assert ">&gt;99%</a>" in page
    quiet = sample.with_tables({"warnings": table("warnings")})
    assert "alarmlink" not in html("index.html", quiet)


def test_the_shares_of_a_split_are_told_beside_the_parts(sample: Results) -> None:
    page = html("targets/T-yz-001.html", sample)
    assert "按月分解" in page
    assert "按县区分解" in page
    assert "分解比例（按往年同期）" in page
    assert "云西区</span> 58.8%" in page
    assert "分解比例（按人口）" in page


def test_every_template_compiles() -> None:
    assert compile_templates() >= 25


@pytest.mark.parametrize(
    ("deadline", "day", "as_of", "aside"),
    [
        ("2026-12", "2026-12-31", "2026-05-31", ""),
        ("2025-12", "2025-12-31", "2026-05-31", "after"),
        ("2030-12", "2030-12-31", "2026-05-31", "early"),
        ("R/--11-01/--03-31", "2027-03-31", "2026-11-05", ""),
        ("2025-10/2026-03", "2026-03-31", "2025-11-03", ""),
        ("2025-10/2026-03", "2026-03-31", "2026-05-31", "after"),
        ("2021-01/2026-12", "2026-12-31", "2025-05-31", "early"),
        ("2021/2026", "2026-12-31", "2025-05-31", "early"),
    ],
)
def test_a_chance_of_this_year_is_the_target_s_only_if_its_own_period_is_asked(
    deadline: str, day: str, as_of: str, aside: str
) -> None:
    target = {"deadline": deadline, "deadline_day": date.fromisoformat(day)}
    assert views_outlook.beside(target, Results(run={"as_of": as_of})) == aside
