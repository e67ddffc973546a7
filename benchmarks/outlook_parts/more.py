"""Back-tests of the models that need more than days: the weather beside them, or figures that are only reported."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from outlook_parts.data import beijing_days, shared
from outlook_parts.priors import without
from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.outlook import Question
from qingce.outlook.air.weather_days import WeatherDays
from qingce.outlook.backtest import Trial, trials
from qingce.outlook.backtest_told import report_trials
from qingce.outlook.report_outlook import Report

EDITION = "hj633-2012"
WEATHER = ("temp_c", "pres_hpa", "dewp_c", "rain_mm", "wspd_ms")
RIVALS = ("same-remaining-mean", "season-bootstrap", "season-boosting")
FIRST, LAST = 2003, 2019
UNIT = "Mt"


def beijing_weather() -> dict[str, WeatherDays]:
    """Daily means of five facts of the weather at the twelve sites."""
    table = pq.read_table(shared() / "data/air_prsa_beijing/prsa_12sites_hourly.parquet").sort_by("datetime")
    found = {}
    for station in sorted(pc.unique(table["station"]).to_pylist()):
        mine = table.filter(pc.equal(table["station"], station))
        hours = np.column_stack([mine[name].to_numpy().astype(float) for name in WEATHER]).reshape(-1, 24, len(WEATHER))
        there = ~np.isnan(hours)
        count = there.sum(axis=1)
        facts = np.where(count > 0, np.where(there, hours, 0).sum(axis=1) / np.maximum(count, 1), np.nan)
        days = np.unique(mine["datetime"].cast(pa.date32()).to_numpy()).astype("datetime64[D]").astype(np.int64)
        found[str(station)] = WeatherDays(days, WEATHER, facts)
    return found


def weather_trials(
    catalog: Catalog, *, months: Sequence[int], years: Sequence[int] = (2015, 2016), scopes: Sequence[str] | None = None
) -> dict[str, dict[str, object]]:
    """The model of the weather beside the plain one, on the same sites, years and months."""
    days, weather = beijing_days(), beijing_weather()
    wanted = [catalog.indicator(name) for name in ("pm2_5_annual", "good_day_ratio")]
    models = [catalog.outlooks.models[name] for name in RIVALS]
    found = [trial for year in years
             for trial in trials(days, wanted, catalog=without(catalog, year), years=[year], months=months,
                                 models=models, scopes=scopes, edition=EDITION, weather=weather)]  # fmt: skip
    return {f"{indicator.id}/{model}": figures([t for t in found if (t.indicator, t.model) == (indicator.id, model)])
            for indicator in wanted for model in RIVALS}  # fmt: skip


def emissions() -> dict[str, list[Report]]:
    """Yearly carbon dioxide of provinces and of cities as reported figures [Mt]."""
    folder = shared() / "data/emissions_ceads"
    table = pq.read_table(folder / "province_sector_energy_1997_2019.parquet")
    whole = pc.and_(pc.equal(table["sector"], "Total Emissions"), pc.equal(table["energy"], "Scope 1 Total"))
    rows = {"provinces": [(row["province"], row["year"], row["mt_co2"]) for row in table.filter(whole).to_pylist()]}
    lines = gzip.decompress((folder / "city_total_1997_2019.csv.gz").read_bytes()).decode("utf-8").split()[1:]
    rows["cities"] = [(city, int(year), float(value)) for city, year, value in (line.split(",") for line in lines)]
    return {name: [Report("co2_total", str(scope), Period.year(year), Fraction(value).limit_denominator(1000), UNIT,
                          date(year + 1, 5, 31)) for scope, year, value in part if value > 0]
            for name, part in rows.items()}  # fmt: skip


def emission_trials(catalog: Catalog, *, most: int = 0) -> dict[str, dict[str, object]]:
    """Each year from 2003 foretold in June from the years before it: provinces, then cities (at most so many)."""
    indicator = replace(catalog.indicator("nox_cut"), id="co2_total", unit=UNIT, direction="lower")
    told = {}
    for name, rows in emissions().items():
        scopes = sorted({row.scope for row in rows})
        scopes = scopes[:: max(1, len(scopes) // most)] if most else scopes
        asked = [Question(f"T-{scope}", indicator, scope, Period.year(LAST), "<=", None) for scope in scopes]
        mine = [[row for row in rows if row.scope == one.scope] for one in asked]
        found = [
            trial
            for part, one in zip(mine, asked, strict=True)
            for trial in report_trials(part, [one], catalog=catalog, years=range(FIRST, LAST + 1), origins=[6])
        ]
        for model in ("report-pace", "report-last"):
            told[f"{name}/{model}"] = figures([trial for trial in found if trial.model == model])
    return told


def figures(found: Sequence[Trial]) -> dict[str, object]:
    """How many trials, how often the 80 % interval held, Brier, and the median CRPS as a share of what came."""
    return {
        "trials": len(found),
        "coverage_80": mean(trial.covered for trial in found),
        "brier": mean(trial.brier for trial in found),
        "crps_share": round(float(np.median([trial.crps / float(trial.actual) for trial in found])), 4),
    }


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean, rounded for print."""
    told = [float(value) for value in values]
    return round(sum(told) / max(len(told), 1), 4)
