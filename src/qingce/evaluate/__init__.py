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
    from qingce.evaluate.air import evaluate_air
    from qingce.evaluate.air_counties import county_table
    from qingce.evaluate.air_days import AirDays, evaluate_air_days
    from qingce.evaluate.air_hours import evaluate_air_hours
    from qingce.evaluate.air_live import LiveDay
    from qingce.evaluate.air_media import (
        evaluate_air_change,
        evaluate_air_compliance,
        evaluate_air_exceedance,
        evaluate_air_improvement,
        evaluate_air_ranking,
        evaluate_air_tally,
        evaluate_air_trend,
    )
    from qingce.evaluate.air_year import AirYear, evaluate_air_year
    from qingce.evaluate.black_odorous import evaluate_black_odorous
    from qingce.evaluate.cwqi import evaluate_cwqi, index_of_places
    from qingce.evaluate.dustfall import evaluate_dustfall, evaluate_straw
    from qingce.evaluate.ecology import evaluate_ecology
    from qingce.evaluate.emissions import evaluate_emissions
    from qingce.evaluate.flood import evaluate_flood
    from qingce.evaluate.forecast_score import score_forecasts
    from qingce.evaluate.groundwater import evaluate_groundwater
    from qingce.evaluate.indicators import air_indicator, bad_days
    from qingce.evaluate.lakes import evaluate_lakes
    from qingce.evaluate.noise import evaluate_noise
    from qingce.evaluate.outlets import evaluate_source
    from qingce.evaluate.point_findings import POINT_MEDIA, points_found
    from qingce.evaluate.point_indicators import point_indicator
    from qingce.evaluate.point_values import (
        finding_counts,
        finding_indicator,
        finding_of,
        in_scope,
        is_finding,
        of_first,
    )
    from qingce.evaluate.ratios import evaluate_ratios
    from qingce.evaluate.soil import evaluate_soil
    from qingce.evaluate.sources import evaluate_sources
    from qingce.evaluate.water import evaluate_water, evaluate_water_months, evaluate_water_samples
    from qingce.evaluate.water_indicators import water_indicator
    from qingce.evaluate.water_scopes import evaluate_basins, evaluate_targets

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
    "AirDays": "air_days",
    "AirYear": "air_year",
    "LiveDay": "air_live",
    "POINT_MEDIA": "point_findings",
    "air_indicator": "indicators",
    "bad_days": "indicators",
    "county_table": "air_counties",
    "evaluate_air": "air",
    "evaluate_air_change": "air_media",
    "evaluate_air_compliance": "air_media",
    "evaluate_air_exceedance": "air_media",
    "evaluate_air_improvement": "air_media",
    "evaluate_air_ranking": "air_media",
    "evaluate_air_tally": "air_media",
    "evaluate_air_trend": "air_media",
    "evaluate_air_days": "air_days",
    "evaluate_air_hours": "air_hours",
    "evaluate_air_year": "air_year",
    "evaluate_basins": "water_scopes",
    "evaluate_black_odorous": "black_odorous",
    "evaluate_cwqi": "cwqi",
    "evaluate_dustfall": "dustfall",
    "evaluate_ecology": "ecology",
    "evaluate_emissions": "emissions",
    "evaluate_flood": "flood",
    "evaluate_groundwater": "groundwater",
    "evaluate_lakes": "lakes",
    "evaluate_noise": "noise",
    "evaluate_ratios": "ratios",
    "evaluate_soil": "soil",
    "evaluate_source": "outlets",
    "evaluate_sources": "sources",
    "evaluate_straw": "dustfall",
    "evaluate_targets": "water_scopes",
    "evaluate_water": "water",
    "evaluate_water_months": "water",
    "evaluate_water_samples": "water",
    "finding_counts": "point_values",
    "finding_indicator": "point_values",
    "finding_of": "point_values",
    "in_scope": "point_values",
    "index_of_places": "cwqi",
    "is_finding": "point_values",
    "of_first": "point_values",
    "point_indicator": "point_indicators",
    "points_found": "point_findings",
    "score_forecasts": "forecast_score",
    "water_indicator": "water",
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
