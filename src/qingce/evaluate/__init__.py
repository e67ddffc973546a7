"""Observations and dated standards become findings and indicator values. 评价。

One function a medium, found in a table and imported when first used; `evaluate` is the contract of `qingce evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qingce.core.errors import complain

if TYPE_CHECKING:
    import pyarrow as pa

    from qingce.catalog.catalog import Catalog
    from qingce.evaluate.air.counties import county_table
    from qingce.evaluate.air.days import AirDays, evaluate_air_days
    from qingce.evaluate.air.door import evaluate_air
    from qingce.evaluate.air.forecast_score import score_forecasts
    from qingce.evaluate.air.hours import evaluate_air_hours
    from qingce.evaluate.air.indicators import air_indicator, bad_days
    from qingce.evaluate.air.live import LiveDay
    from qingce.evaluate.air.media import (
        evaluate_air_change,
        evaluate_air_compliance,
        evaluate_air_exceedance,
        evaluate_air_improvement,
        evaluate_air_ranking,
        evaluate_air_tally,
        evaluate_air_trend,
    )
    from qingce.evaluate.air.year import AirYear, evaluate_air_year
    from qingce.evaluate.ecology import evaluate_ecology
    from qingce.evaluate.emissions import evaluate_emissions
    from qingce.evaluate.outlets.door import evaluate_source
    from qingce.evaluate.points.dustfall import evaluate_dustfall, evaluate_straw
    from qingce.evaluate.points.findings import POINT_MEDIA, points_found
    from qingce.evaluate.points.groundwater import evaluate_groundwater
    from qingce.evaluate.points.indicators import point_indicator
    from qingce.evaluate.points.noise import evaluate_noise
    from qingce.evaluate.points.soil import evaluate_soil
    from qingce.evaluate.points.sources import evaluate_sources
    from qingce.evaluate.points.values import (
        finding_counts,
        finding_indicator,
        finding_of,
        in_scope,
        is_finding,
        of_first,
    )
    from qingce.evaluate.ratios import evaluate_ratios
    from qingce.evaluate.water.black_odorous import evaluate_black_odorous
    from qingce.evaluate.water.cwqi import evaluate_cwqi, index_of_places
    from qingce.evaluate.water.door import evaluate_water, evaluate_water_months, evaluate_water_samples
    from qingce.evaluate.water.flood import evaluate_flood
    from qingce.evaluate.water.indicators import water_indicator
    from qingce.evaluate.water.lakes import evaluate_lakes
    from qingce.evaluate.water.scopes import evaluate_basins, evaluate_targets

__all__ = [
    "AirDays",
    "AirYear",
    "LiveDay",
    "MEDIA",
    "OPTIONS",
    "POINT_MEDIA",
    "air_indicator",
    "bad_days",
    "county_table",
    "evaluate",
    "evaluate_air",
    "evaluate_air_change",
    "evaluate_air_compliance",
    "evaluate_air_days",
    "evaluate_air_exceedance",
    "evaluate_air_hours",
    "evaluate_air_improvement",
    "evaluate_air_ranking",
    "evaluate_air_tally",
    "evaluate_air_trend",
    "evaluate_air_year",
    "evaluate_basins",
    "evaluate_black_odorous",
    "evaluate_cwqi",
    "evaluate_dustfall",
    "evaluate_ecology",
    "evaluate_emissions",
    "evaluate_flood",
    "evaluate_groundwater",
    "evaluate_lakes",
    "evaluate_noise",
    "evaluate_ratios",
    "evaluate_soil",
    "evaluate_source",
    "evaluate_sources",
    "evaluate_straw",
    "evaluate_targets",
    "evaluate_water",
    "evaluate_water_months",
    "evaluate_water_samples",
    "finding_counts",
    "finding_indicator",
    "finding_of",
    "in_scope",
    "index_of_places",
    "is_finding",
    "of_first",
    "point_indicator",
    "points_found",
    "score_forecasts",
    "water_indicator",
]

MEDIA = {
    "air": "evaluate_air",
    "air-change": "evaluate_air_change",
    "air-compliance": "evaluate_air_compliance",
    "air-exceedance": "evaluate_air_exceedance",
    "air-improvement": "evaluate_air_improvement",
    "air-ranking": "evaluate_air_ranking",
    "air-tally": "evaluate_air_tally",
    "air-trend": "evaluate_air_trend",
    "surface-water": "evaluate_water",
    "groundwater": "evaluate_groundwater",
    "noise": "evaluate_noise",
    "soil": "evaluate_soil",
    "drinking-water": "evaluate_sources",
    "basin": "evaluate_basins",
    "cwqi": "evaluate_cwqi",
    "section-target": "evaluate_targets",
    "flood-season": "evaluate_flood",
    "lake": "evaluate_lakes",
    "ratio": "evaluate_ratios",
    "black-odorous": "evaluate_black_odorous",
    "dustfall": "evaluate_dustfall",
    "straw": "evaluate_straw",
    "source": "evaluate_source",
    "ecology": "evaluate_ecology",
    "emissions": "evaluate_emissions",
}
"""Medium of the command line → the function that evaluates it."""

_DAYS = ("exceptions", "state")
OPTIONS = {
    **dict.fromkeys(("air", "air-change", "air-compliance", "air-exceedance", "air-tally", "air-trend"), _DAYS),
    **dict.fromkeys(("air-improvement", "air-ranking"), (*_DAYS, "scheme", "preview")),
}
"""Medium → what else it may be asked: a table of exceptional days, a state of gases, a scheme of weights, a preview."""

_HOME = {
    "AirDays": "air.days",
    "AirYear": "air.year",
    "LiveDay": "air.live",
    "POINT_MEDIA": "points.findings",
    "air_indicator": "air.indicators",
    "bad_days": "air.indicators",
    "county_table": "air.counties",
    "evaluate_air": "air.door",
    "evaluate_air_change": "air.media",
    "evaluate_air_compliance": "air.media",
    "evaluate_air_exceedance": "air.media",
    "evaluate_air_improvement": "air.media",
    "evaluate_air_ranking": "air.media",
    "evaluate_air_tally": "air.media",
    "evaluate_air_trend": "air.media",
    "evaluate_air_days": "air.days",
    "evaluate_air_hours": "air.hours",
    "evaluate_air_year": "air.year",
    "evaluate_basins": "water.scopes",
    "evaluate_black_odorous": "water.black_odorous",
    "evaluate_cwqi": "water.cwqi",
    "evaluate_dustfall": "points.dustfall",
    "evaluate_ecology": "ecology",
    "evaluate_emissions": "emissions",
    "evaluate_flood": "water.flood",
    "evaluate_groundwater": "points.groundwater",
    "evaluate_lakes": "water.lakes",
    "evaluate_noise": "points.noise",
    "evaluate_ratios": "ratios",
    "evaluate_soil": "points.soil",
    "evaluate_source": "outlets.door",
    "evaluate_sources": "points.sources",
    "evaluate_straw": "points.dustfall",
    "evaluate_targets": "water.scopes",
    "evaluate_water": "water.door",
    "evaluate_water_months": "water.door",
    "evaluate_water_samples": "water.door",
    "finding_counts": "points.values",
    "finding_indicator": "points.values",
    "finding_of": "points.values",
    "in_scope": "points.values",
    "index_of_places": "water.cwqi",
    "is_finding": "points.values",
    "of_first": "points.values",
    "point_indicator": "points.indicators",
    "points_found": "points.findings",
    "score_forecasts": "air.forecast_score",
    "water_indicator": "water.door",
}


def evaluate(
    medium: str,
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
    options: Mapping[str, object] | None = None,
) -> pa.Table:
    """Return the official statistics of a table of readings: the contract of `qingce evaluate` (DESIGN 8).

    `by` and `period` left empty take the medium's own defaults; `options` are those of `OPTIONS`. Raises QC254 for an
    unknown medium, QC262 for an option that the medium does not take, and what the medium's function raises.
    """
    if medium not in MEDIA:
        words: dict[str, object] = {"medium": medium, "by": by, "period": period, "allowed": ", ".join(MEDIA)}
        raise complain("QC254", words=words)
    given: dict[str, Any] = {name: value for name, value in (("by", by), ("period", period)) if value}
    for name, value in (options or {}).items():
        if name not in OPTIONS.get(medium, ()):
            allowed = ", ".join(one for one in OPTIONS if name in OPTIONS[one])
            raise complain("QC262", words={"medium": medium, "option": name, "allowed": allowed})
        given[name] = value
    function: Callable[..., pa.Table] = __getattr__(MEDIA[medium])
    return function(table, catalog=catalog, edition=edition, sites=sites, **given)


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is first used: water is not loaded for air, nor either for `--help`."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
