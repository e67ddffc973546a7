"""Chances as the build has them and as moves leave them: same model, same dice, same forecasts. 情景概率。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.campaign import Campaign
from qingce.app.outlooking.tables import chosen, cut, feeds_of, reports_of
from qingce.catalog import Catalog
from qingce.core.grouping import grouped
from qingce.outlook.given import Given
from qingce.outlook.question import Question
from qingce.publish import Results
from qingce.store import open_lake

if TYPE_CHECKING:
    from qingce.outlook.air.panel import Near
    from qingce.outlook.air.weather_days import WeatherDays

__all__ = ["Chances", "chances"]

WEATHER = "weather"
Chance = Mapping[str, object]
Chances = Mapping[str, tuple[Chance | None, Chance]]
"""Target → its chosen OUTLOOK row before, None without one, and after."""


def chances(
    questions: Sequence[Question],
    results: Results,
    campaign: Campaign,
    *,
    catalog: Catalog,
    days: pa.Table,
    given: Given,
) -> Chances:
    """Return the chance of each question as the build has it and with what is given; `days` are the days as moved.

    The model that the build chose for a target answers again, over the same forecasts and weather, so that only the
    moves make the difference. A question of which the build has no outlook is left out, unless its report is given.
    """
    before = {key: row for key, row in chosen(results["outlook"]).items() if row["members"] is not None}
    told = {question.target_id for question in questions if (question.indicator.id, question.scope) in given.reports}
    asked = [question for question in questions if question.target_id in before.keys() | told]
    if not asked:
        return {}
    from qingce.outlook.outlook import outlook_rows

    as_of = date.fromisoformat(str(results.run["as_of"]))
    models = sorted({str(row["model"]) for question in asked if (row := before.get(question.target_id))} - {""})
    seen, months = cut(days, results["water_months"], as_of=as_of)
    needs = [catalog.outlooks.models[name].word("needs") for name in models]
    found = outlook_rows(
        asked,
        seen if seen.num_rows else None,
        months,
        catalog=catalog,
        as_of=as_of,
        models=models or None,
        near=_near(results, catalog, as_of=as_of),
        weather=_weather(results, campaign, catalog=catalog, as_of=as_of) if WEATHER in needs else None,
        paths=False,
        reports=reports_of(asked, results["official"]),
        given=given,
        sites=results["sites"],
    )
    after = {key: _of(rows, before.get(key)) for key, rows in _by_target(found.outlook).items()}
    return {key: (before.get(key), row) for key, row in after.items()}


def _by_target(outlook: pa.Table) -> dict[str, list[Chance]]:
    return grouped(outlook.to_pylist(), lambda row: str(row["target_id"]))


def _of(rows: Sequence[Chance], before: Chance | None) -> Chance:
    """Return the row of the model that spoke before; where it says nothing any more, the chosen one."""
    same = [row for row in rows if before is not None and row["model"] == before["model"]]
    return (same or [row for row in rows if row["chosen"]] or list(rows))[0]


def _near(results: Results, catalog: Catalog, *, as_of: date) -> Near | None:
    """Return the blend of the forecasts that the build had, made once."""
    from qingce.outlook.air.blend import BLEND, nearer

    def read() -> Near | None:
        made = results["forecasts"]
        days, _ = cut(results["air_city_days"], results["water_months"], as_of=as_of)
        single = made.filter(pc.not_equal(made["issuer"], BLEND)) if made.num_rows else made
        return nearer(single, days, as_of=as_of, catalog=catalog) if single.num_rows and days.num_rows else None

    return results.keep("what_if_near", read)


def _weather(
    results: Results, campaign: Campaign, *, catalog: Catalog, as_of: date
) -> Mapping[str, WeatherDays] | None:
    """Return the weather of the lake by city, read once."""
    from qingce.outlook.air.weather_days import weather_days

    def read() -> Mapping[str, WeatherDays] | None:
        lake = open_lake(campaign.lake)
        try:
            feeds = feeds_of(lake, results["sites"], catalog=catalog, as_of=as_of)
        finally:
            lake.close()
        return weather_days(feeds.weather, feeds.sites, catalog=catalog) if feeds.weather.num_rows else None

    return results.keep("what_if_weather", read)
