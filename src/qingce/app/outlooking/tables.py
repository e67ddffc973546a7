"""The outlook of every bound target, now and a week ago, with what fell most. 目标研判与预警。"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.kept import code_digest, read_kept, write_kept
from qingce.app.outlooking.scores import Known, Shelf, enough, instead, own_backtest
from qingce.catalog import Catalog
from qingce.core.ports import Lake
from qingce.core.tables import BACKTEST, FORECAST, OBSERVATION, OUTLOOK, OUTLOOK_PATH, empty, shape
from qingce.outlook.question import Question
from qingce.thread.official import Officials

if TYPE_CHECKING:
    from qingce.outlook.air.rank_outlook import Group
    from qingce.outlook.report_outlook import Report

__all__ = [
    "Feeds",
    "backtest_table",
    "chosen",
    "cut",
    "feeds_of",
    "groups_of",
    "kept_outlook",
    "outlook_tables",
    "reports_of",
    "with_probability",
]

WEEK = timedelta(7)
AIR_SITE, ASSESSED = "air_site", "评价点"


@dataclass(frozen=True, slots=True)
class Feeds:
    """What comes from outside the judged days: forecasts (FORECAST) and weather (OBSERVATION), with the sites."""

    forecasts: pa.Table
    weather: pa.Table
    sites: pa.Table


def feeds_of(lake: Lake, sites: pa.Table, *, catalog: Catalog, as_of: date) -> Feeds:
    """Return the forecasts made and the weather observed up to a day."""
    forecasts = lake.scan("forecast")
    if forecasts.num_rows:
        forecasts = forecasts.filter(pc.less_equal(forecasts["made_on"], pa.scalar(as_of)))
    known = [name for name, item in catalog.parameters.items() if item.medium == "weather"]
    end = datetime.combine(as_of + timedelta(1), time())
    weather = lake.scan("observation", where={"parameter": known}, end=end) if known else empty(OBSERVATION)
    return Feeds(shape(forecasts, FORECAST), weather, sites)


def outlook_tables(
    questions: Sequence[Question],
    city_days: pa.Table,
    months: pa.Table,
    *,
    catalog: Catalog,
    as_of: date,
    feeds: Feeds | None = None,
    shelf: Shelf | None = None,
    official: pa.Table | None = None,
) -> dict[str, pa.Table]:
    """Return outlook, its paths and ranks, `before` (a week ago), backtest, forecasts, forecast_scores and weather.

    With a `shelf` the campaign's own back-test stands before the packaged one, and picks models where it is
    large enough. The blend of forecasts stands in the place of the first days that the models draw; it is an issuer.
    """
    from qingce.outlook.air.weather_days import weather_days

    days, past = cut(city_days, months, as_of=as_of)
    found = _forecast_tables(feeds, days, catalog=catalog, as_of=as_of)
    met = weather_days(feeds.weather, feeds.sites, catalog=catalog) if feeds and feeds.weather.num_rows else None
    told = reports_of(questions, official) if official is not None else []
    rest = Known(past, told, met or {})
    own = (
        own_backtest(questions, days, catalog=catalog, as_of=as_of, shelf=shelf, known=rest)
        if shelf
        else empty(BACKTEST)
    )
    found["backtest"] = instead(own, backtest_table(questions, catalog))
    scores = enough(own, least=catalog.outlooks.history.own_trials)
    if feeds is not None and days.num_rows:
        from qingce.outlook.air.rank_outlook import rank_rows

        found["outlook_ranks"] = rank_rows(
            groups_of(feeds.sites, as_of), days, catalog=catalog, as_of=as_of, scores=scores
        )
    if not questions:
        return found | {"outlook": empty(OUTLOOK), "outlook_paths": empty(OUTLOOK_PATH), "before": empty(OUTLOOK)}
    from qingce.outlook.air.blend import nearer
    from qingce.outlook.outlook import outlook_rows

    near = nearer(feeds.forecasts, days, as_of=as_of, catalog=catalog) if feeds and days.num_rows else None
    known = days if days.num_rows else None
    now = outlook_rows(questions, known, past, catalog=catalog, as_of=as_of, near=near, weather=met, scores=scores,
                       reports=told, sites=feeds.sites if feeds else None)  # fmt: skip
    then = as_of - WEEK
    week, earlier = cut(city_days, months, as_of=then)
    asked = [question for question in questions if question.period.start <= then]
    before = outlook_rows(
        asked, week if week.num_rows else None, earlier, catalog=catalog, as_of=then, paths=False, scores=scores,
        reports=told,
    ).outlook  # fmt: skip
    return found | {"outlook": now.outlook, "outlook_paths": now.paths, "before": before}


def groups_of(sites: pa.Table, day: date) -> list[Group]:
    """Return the counties and the cities that have assessed air sites on a day, each to be ranked among its own."""
    from qingce.outlook.air.rank_outlook import Group

    found: dict[str, dict[str, str]] = {"county": {}, "city": {}}
    for row in sites.to_pylist():
        held = (row["valid_from"] or day) <= day <= (row["valid_until"] or day)
        if row["kind"] == AIR_SITE and ASSESSED in str(row["roles"]) and held:
            for kind, names in found.items():
                if row[kind]:
                    names[str(row[kind])] = str(row[f"{kind}_name"] or row[kind])
    return [Group(kind, dict(sorted(names.items()))) for kind, names in found.items()]


def backtest_table(questions: Sequence[Question], catalog: Catalog) -> pa.Table:
    """Return BACKTEST rows of what is asked: how each model did before, as the content says for the kind of question.

    A figure for the indicator itself stands before that for its kind of statistic.
    """
    rows: list[dict[str, object]] = []
    asked = {question.indicator.id: question.verb for question in questions}
    for indicator, verb in sorted(asked.items()):
        known = catalog.outlooks.skill
        kind = indicator if any(one.kind == indicator for one in known) else verb
        naive = [one for one in known if one.kind == kind and one.model in catalog.outlooks.baselines]
        baseline = {month: min(one.brier for one in naive if one.month == month) for month in {o.month for o in naive}}
        rows += [
            {
                "indicator_id": indicator,
                "model": one.model,
                "month": one.month,
                "scopes": one.scopes,
                "coverage_80": one.coverage,
                "crps": one.crps,
                "brier": one.brier,
                "brier_baseline": baseline.get(one.month),
                "note": "随附回测 packaged back-test",
            }
            for one in known
            if one.kind == kind
        ]
    return pa.Table.from_pylist(rows, schema=BACKTEST)


def reports_of(questions: Sequence[Question], official: pa.Table) -> list[Report]:
    """Return the figures in force that were reported of what no days or months tell."""
    from qingce.outlook.report_outlook import Report, simulated

    found, known = {}, Officials(official)
    for question in questions:
        key = question.indicator.id, question.scope
        for row in () if simulated(question) else known.all(*key):
            best = known.find(key[0], [key[1]], period=row.period, series=question.series)
            if best is not None and best.value is not None:
                found[*key, row.period] = Report(*key, row.period, Fraction(best.value), best.unit, best.issued)
    return list(found.values())


def _forecast_tables(feeds: Feeds | None, days: pa.Table, *, catalog: Catalog, as_of: date) -> dict[str, pa.Table]:
    """Return the forecasts with their blend, how they did, and the weather apart from effort, where there are any."""
    if feeds is None or not days.num_rows:
        return {}
    found: dict[str, pa.Table] = {}
    if feeds.forecasts.num_rows:
        from qingce.evaluate import score_forecasts
        from qingce.outlook.air.blend import blend

        blended = blend(feeds.forecasts, days, as_of=as_of, catalog=catalog)
        found["forecasts"] = pa.concat_tables([feeds.forecasts, blended])
        found["forecast_scores"] = score_forecasts(feeds.forecasts, days, catalog=catalog)
    if feeds.weather.num_rows:
        from qingce.outlook.air.weather import weather_rows

        found["weather"] = weather_rows(days, feeds.weather, feeds.sites, catalog=catalog)
    return found


def kept_outlook(
    folder: Path, rests: str, questions: Sequence[Question], *, ask: Callable[[], dict[str, pa.Table]]
) -> dict[str, pa.Table]:
    """Return what was kept for the same questions over the same data, content and code, else ask and keep it."""
    words = [
        rests,
        code_digest(("outlook", "app/outlooking/tables.py", "app/outlooking/scores.py")),
        *(repr(question) for question in questions),
    ]
    key = hashlib.sha256("\0".join(words).encode()).hexdigest()
    found = read_kept(folder, key)
    if found is not None:
        return found[0]
    tables = ask()
    write_kept(folder, key, tables)
    return tables


def cut(city_days: pa.Table, months: pa.Table, *, as_of: date) -> tuple[pa.Table, pa.Table]:
    """Return what of the days and months was over on a day, as it is known now."""
    days, past = city_days, months
    if days.num_rows:
        days = days.filter(pc.less_equal(days["day"], pa.scalar(as_of)))
    if past.num_rows:
        past = past.filter(pc.less_equal(past["period"], f"{as_of:%Y-%m}"))
    return days, past


def chosen(outlook: pa.Table) -> dict[str, Mapping[str, object]]:
    """Return the chosen row of each target."""
    return {str(row["target_id"]): row for row in outlook.to_pylist() if row["chosen"]}


def with_probability(progress: pa.Table, outlook: pa.Table, *, as_of: date) -> pa.Table:
    """Fill PROGRESS.probability (internal) from the chosen rows of targets whose own period it is.

    A target whose deadline has passed, or lies years ahead of the year asked about, has none.
    """
    rows = chosen(outlook)
    found = [
        rows[target]["probability"] if target in rows and _own(rows[target], deadline, as_of=as_of) else None
        for target, deadline in zip(
            progress["target_id"].to_pylist(), progress["deadline_day"].to_pylist(), strict=True
        )
    ]
    place = progress.column_names.index("probability")
    return progress.set_column(place, "probability", pa.array(found, pa.float64()))


def _own(row: Mapping[str, object], deadline: date | None, *, as_of: date) -> bool:
    """Say whether the year asked about is the one of the deadline; a season reaches into its own next year."""
    period = str(row["period"])
    return deadline is None or (deadline > as_of and not (period.isdigit() and int(period) < deadline.year))
