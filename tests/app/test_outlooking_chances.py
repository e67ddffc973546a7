"""Chances of a what-if over the built example: unmoved they are the build's own; moved they go the right way."""

from __future__ import annotations

from typing import Any

import pytest
from tests.app.conftest import Example

from qingce.app.campaign import read_campaign
from qingce.app.outlooking.chances import chances
from qingce.app.outlooking.tables import chosen
from qingce.app.outlooking.what_if import answer_moves, asked_of
from qingce.catalog import Catalog, load_catalog
from qingce.outlook.given import Given

CITY = "990100"


@pytest.fixture(scope="module")
def catalog(example: Example) -> Catalog:
    return load_catalog(read_campaign(example.folder).overlays)


def tried(example: Example, catalog: Catalog, *moves: str) -> list[Any]:
    """The targets that the moves change, those of this year's deadline."""
    answer: Any = answer_moves(moves, example.results, read_campaign(example.folder), catalog=catalog)
    return [row for row in answer["targets"] if row["changed"] and not row["beside"]]


def test_unmoved_every_chance_is_the_build_s(example: Example, catalog: Catalog) -> None:
    """Same model, dice and forecasts: not a digit differs."""
    campaign = read_campaign(example.folder)
    found = chances(
        asked_of(example.results, catalog), example.results, campaign, catalog=catalog,
        days=example.results["air_city_days"], given=Given(),
    )  # fmt: skip
    assert len(found) >= 15
    build = chosen(example.results["outlook"])
    for key, (before, after) in found.items():
        assert before == after == build[key]


KINDS = {
    "mean": (f"pm2_5@{CITY}@2026-11=60", "pm2_5_annual"),
    "percentile": (f"o3_8h@{CITY}@2026-11=300", "o3_p90"),
    "count-of-days": (f"bad_days@{CITY}@2026-11=25", "good_day_ratio"),
    "index-ahead": (f"aqi@{CITY}@2026-11=180", "good_day_ratio"),
    "index-over": (f"aqi@{CITY}@2026-02-05=180", "good_day_ratio"),
    "concentration-of-days": (f"pm10@{CITY}@2026-12=400", "good_day_ratio"),
    "day-over": (f"pm2_5@{CITY}@2026-08-05=300", "pm2_5_annual"),
    "section-ahead": ("nh3n@YZW03@2026-11=5", "section_class"),
    "section-over": ("nh3n@YZW03@2026-08=3", "section_class"),
    "share-of-sections": ("nh3n@YZW03@2026-11=5", "good_section_ratio"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_worse_is_never_likelier_whatever_is_moved(example: Example, catalog: Catalog, kind: str) -> None:
    move, indicator = KINDS[kind]
    rows = [row for row in tried(example, catalog, move) if row["indicator_id"] == indicator]
    assert rows, move
    for row in rows:
        before, after = row["before"], row["after"]
        assert None not in (before["probability"], after["probability"])
        assert after["probability"] <= before["probability"]
        assert (before["p10"], before["p90"]) != (None, None)
        assert (after["p10"], after["p50"], after["p90"]) != (None, None, None)
        assert after["outlook_text"]
    assert any(row["after"]["probability"] < row["before"]["probability"] for row in rows) or kind == "percentile"


def test_a_day_refused_and_a_day_granted_move_the_chance_of_the_deducted_series(
    example: Example, catalog: Catalog
) -> None:
    """Granting a dirty day helps the mean without it; refusing one that was granted hurts."""
    listed = example.results.rows("exceptions", where={"scope": CITY})
    start: Any = next(row["start"] for row in listed if row["start"].year == 2026)  # type: ignore[attr-defined]
    refused = tried(example, catalog, f"exception@{CITY}@{start:%Y-%m-%d}=no")
    granted = tried(example, catalog, f"exception@{CITY}@2026-01-10=yes")
    for rows, better in ((refused, False), (granted, True)):
        fine = [row for row in rows if row["indicator_id"] in ("pm2_5_annual", "pm10_annual")]
        assert fine
        assert all((row["after"]["probability"] >= row["before"]["probability"]) == better for row in fine)


def test_without_the_chance_only_what_is_exact_is_told(example: Example, catalog: Catalog) -> None:
    answer: Any = answer_moves(
        [f"pm2_5@{CITY}@2026-11=60"], example.results, read_campaign(example.folder), catalog=catalog, chance=False
    )
    rows = [row for row in answer["targets"] if row["changed"]]
    assert rows
    assert all(row["after"]["probability"] is None and row["after"]["p50"] is None for row in rows)


def test_a_report_set_by_hand_is_told_with_its_rest_and_a_whole_one_is_settled(
    example: Example, catalog: Catalog
) -> None:
    """Rural sewage: 43.1 % of 2025 against 45 % of 2026 (示例数据)."""
    for value, verdict, chance, left in (("44.9", "not_met", 0.0, "1/10"), ("45", "met", 1.0, "0")):
        (row,) = tried(example, catalog, f"rural_sewage@云泽市@2026={value}")
        before, after = row["before"], row["after"]
        assert (before["exact"], before["quota_exact"]) == ("431/10", "19/10")
        assert (after["verdict"], after["probability"], after["quota_exact"]) == (verdict, chance, left)
        assert (after["p10"], after["p90"]) == (after["p50"],) * 2
    (row,) = tried(example, catalog, "rural_sewage@云泽市@2026-01/2026-11=44.5")
    assert (row["after"]["verdict"], row["after"]["quota_exact"]) == ("not_met_so_far", "1/2")
    assert row["after"]["probability"] is None, "no earlier year told the same months"


def test_a_target_without_any_report_is_answered_by_the_first(example: Example, catalog: Catalog) -> None:
    (row,) = tried(example, catalog, "green_factories@990100@2026=16")
    assert (row["before"]["text"], row["before"]["verdict"], row["before"]["quota"]) == ("", "", "")
    assert (row["after"]["text"], row["after"]["verdict"], row["after"]["probability"]) == ("16", "met", 1.0)
