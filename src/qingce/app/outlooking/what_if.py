"""What-if over a built campaign: read the moves, judge anew what they touch, answer beside the unchanged. 情景推演。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.campaign import Campaign
from qingce.app.judging.judged import AIR
from qingce.app.outlooking.chances import Chances, chances
from qingce.app.outlooking.levers import Known, levers
from qingce.catalog import Catalog
from qingce.core.periods import parse_period
from qingce.core.rounding import as_decimal
from qingce.core.tables import EXCEPTION
from qingce.outlook.question import Question
from qingce.outlook.report_outlook import simulated
from qingce.publish import Results
from qingce.publish.results import SCHEMAS
from qingce.publish.sentences import english
from qingce.publish.views.outlook import beside
from qingce.store import open_lake
from qingce.thread.allowances.quotas import Months, months_of
from qingce.thread.figures import Days
from qingce.thread.official import Officials
from qingce.thread.what_if.answer import Answer, Ground, moved_days, what_if
from qingce.thread.what_if.given import given_of, moved_table, touches
from qingce.thread.what_if.moves import EXCEPTION as GRANT
from qingce.thread.what_if.moves import Move, read_moves
from qingce.thread.what_if.standing import Standing
from qingce.thread.what_if.whole import Wholes

__all__ = ["answer_moves", "asked_of", "questions_table", "told"]

LEVELS = ("city", "county")
SETTLED = {"met": 1.0, "safe": 1.0, "not_met": 0.0, "lost": 0.0}
"""Verdicts that nothing that remains can change."""
Row = dict[str, object]


def questions_table(questions: Sequence[Question]) -> pa.Table:
    """Return what a build asks as a table of its results: a what-if over these need not read the plans again."""
    rows = [
        {
            "target_id": one.target_id,
            "indicator": one.indicator.id,
            "scope": one.scope,
            "period": str(one.period),
            "comparator": one.comparator,
            "value": str(one.target_value),
            "step": None if one.step is None else str(one.step),
            "series": one.series,
            "subjects": list(one.subjects),
            "mean": one.mean,
            "unit": one.unit,
        }
        for one in questions
        if isinstance(one.target_value, Fraction)
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMAS["questions"])


def asked_of(results: Results, catalog: Catalog) -> list[Question]:
    """Return what the build of some results asked."""
    return [
        Question(
            target_id=row["target_id"],
            indicator=catalog.indicator(row["indicator"]),
            scope=row["scope"],
            period=parse_period(row["period"]),
            comparator=row["comparator"],
            target_value=Fraction(row["value"]),
            step=None if row["step"] is None else Decimal(row["step"]),
            series=row["series"],
            subjects=tuple(row["subjects"]),
            mean=row["mean"],
            unit=row["unit"],
        )
        for row in results["questions"].to_pylist()
    ]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What every answer over the same build reads."""

    sites: list[Row]
    names: dict[str, str]
    days: Days
    site_days: Days
    months: Mapping[str, Months]
    wholes: Wholes
    scopes: dict[str, str]


def _shelf(results: Results, catalog: Catalog) -> _Shelf:
    sites, months = results.rows("sites"), results["water_months"]
    water = [site for site in sites if site["kind"] == "section"]
    officials, as_of = Officials(results["official"]), date.fromisoformat(str(results.run["as_of"]))
    return _Shelf(
        sites=sites,
        names=_names(results["air_city_days"]),
        days=Days(results["air_city_days"], catalog),
        site_days=Days(results["air_site_days"], catalog),
        months=months_of(months, water, officials, until=as_of) if months.num_rows else {},
        wholes=Wholes(months, officials, _own_figures(results)),
        scopes={str(row["scope"]): str(row["scope_name"] or row["scope"]) for row in results.rows("progress")},
    )


def _own_figures(results: Results) -> dict[str, Fraction]:
    """Return our own figure to date of each target that has one, unrounded."""
    exact = {str(row["id"]): str(row["exact"] or "") for row in results.rows("values", columns=["id", "exact"])}
    pairs = ((str(row["target_id"]), exact.get(str(row["value_id"]), "")) for row in results.rows("progress"))
    return {target: Fraction(value) for target, value in pairs if value}


def answer_moves(
    given: Sequence[object], results: Results, campaign: Campaign, *, catalog: Catalog, chance: bool = True
) -> Row:
    """Answer moves over the last build; `chance` also asks the outlook where the moves change its inputs.

    Raises QC408 for a move that cannot be.
    """
    shelf = results.keep("what_if", lambda: _shelf(results, catalog))
    questions = asked_of(results, catalog)
    labels = {str(row["target_id"]): row for row in results.rows("progress")}
    reported = _reported(questions, shelf.scopes)
    moves = read_moves(given, catalog=catalog, sites=shelf.sites, names=shelf.names, reported=reported)
    as_of = date.fromisoformat(str(results.run["as_of"]))
    days = results["air_city_days"]
    ground = Ground(
        days=shelf.days,
        after=shelf.days,
        site_days=shelf.site_days,
        months=shelf.months,
        sites=shelf.sites,
        catalog=catalog,
        as_of=as_of,
        wholes=shelf.wholes,
    )
    moved = moved_days(moves, ground)
    after = moved_table(_judged_again(moves, results, campaign, catalog=catalog), moved)
    if after is not days:
        ground = replace(ground, after=Days(after, catalog))
    answers = what_if(questions, moves, ground)
    given_ = given_of(questions, moves, ground)
    asked = [one.question for one in answers if one.changed or touches(one.question, given_, moved)]
    found = chances(asked, results, campaign, catalog=catalog, days=after, given=given_) if chance else {}
    aside = {key: beside(row, results) for key, row in labels.items()}
    return {
        "ok": True,
        "as_of": as_of.isoformat(),
        "moves": [{"text": move.text, "subject": move.subject, "quantity": move.quantity} for move in moves],
        "targets": [
            told(one, labels.get(one.question.target_id, {}), found, aside=aside.get(one.question.target_id, ""))
            for one in answers
        ],
        "levers": results.keep("what_if_levers", lambda: levers(questions, _known(shelf, results, ground))),
        "note": "情景推演，不保存，不作为认定或考核依据 a what-if: nothing is stored",
    }


def _reported(questions: Sequence[Question], names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the scopes, code → name, of each indicator that is only reported."""
    found: dict[str, dict[str, str]] = {}
    for one in questions:
        if not simulated(one):
            found.setdefault(one.indicator.id, {})[one.scope] = names.get(one.scope, one.scope)
    return found


def _known(shelf: _Shelf, results: Results, ground: Ground) -> Known:
    """Return what the levers are made of."""
    return Known(
        days=shelf.days,
        quotas=results.rows("quota"),
        exceptions=results.rows("exceptions"),
        names=shelf.names | {str(row["site"]): str(row["name"]) for row in shelf.sites} | shelf.scopes,
        catalog=ground.catalog,
        as_of=ground.as_of,
        months=shelf.months,
        wholes=shelf.wholes,
    )


def told(answer: Answer, label: Mapping[str, object], known: Chances, *, aside: str = "") -> Row:
    """Return one answer as JSON-able facts; a target that is `aside` of its deadline has no chance."""
    question = answer.question
    before, after = known.get(question.target_id, (None, None))
    return {
        "target_id": question.target_id,
        "indicator_id": question.indicator.id,
        "indicator_name": question.indicator.zh,
        "scope": question.scope,
        "scope_name": label.get("scope_name", ""),
        "target_text": label.get("target_text", ""),
        "period": str(question.period),
        "unit": question.indicator.unit,
        "changed": answer.changed or before != after,
        "before": _standing(answer.before, before, aside=aside),
        "after": _standing(answer.after, after, aside=aside),
        "beside": aside,
    }


def _standing(standing: Standing, ahead: Mapping[str, object] | None, *, aside: str) -> Row:
    """Return where a target stands, with its chance and 10/50/90 where the outlook was asked."""
    quota, chance = standing.quota, ahead["probability"] if ahead and not aside else None
    return {
        "value": None if standing.value is None else str(as_decimal(standing.value)),
        "exact": None if standing.value is None else str(standing.value),
        "text": standing.text,
        "quota": "" if quota is None else quota.text,
        "quota_en": None if quota is None else english(quota.text),
        "quota_exact": None if quota is None or quota.allowed is None else str(quota.allowed),
        "quota_state": "" if quota is None else quota.state,
        "remaining": None if quota is None else quota.remaining,
        "verdict": standing.verdict,
        "verdict_text": standing.verdict_text,
        "verdict_text_en": english(standing.verdict_text),
        "probability": None if chance is None else SETTLED.get(standing.verdict, chance),
        **{name: ahead[f"{name}_text"] if ahead else None for name in ("p10", "p50", "p90")},
        "outlook_state": ahead["state"] if ahead else None,
        "outlook_text": ahead["text"] if ahead else "",
    }


def _names(days: pa.Table) -> dict[str, str]:
    if not days.num_rows:
        return {}
    pairs = days.select(["subject", "subject_name"]).group_by(["subject", "subject_name"]).aggregate([])
    return {row["subject"]: row["subject_name"] or row["subject"] for row in pairs.to_pylist()}


# --- exceptional days ------------------------------------------------------------------------------------------------


def _judged_again(moves: Sequence[Move], results: Results, campaign: Campaign, *, catalog: Catalog) -> pa.Table:
    """Return the region days with those judged anew whose exceptional days are granted or refused otherwise."""
    days = results["air_city_days"]
    grants = [move for move in moves if move.kind == GRANT]
    if not grants or not days.num_rows:
        return days
    from qingce.evaluate import evaluate_air_days

    air = results["sites"].filter(pc.equal(results["sites"]["kind"], "air_site"))
    listed = _granted(results["exceptions"], grants)
    lake = open_lake(campaign.lake)
    try:
        for day in sorted({day for move in grants for day in move.period}):
            start = datetime.combine(day, time())
            rows = lake.scan(
                "observation", columns=AIR, where={"site": air["site"].to_pylist()}, start=start,
                end=start + timedelta(1),
            )  # fmt: skip
            if rows.num_rows:
                fresh = evaluate_air_days(rows, air, listed, catalog=catalog, areas=LEVELS).city_days
                kept = days.filter(pc.not_equal(days["day"], pa.scalar(day)))
                days = pa.concat_tables([kept, fresh.select(kept.column_names).cast(kept.schema)])
    finally:
        lake.close()
    return days.sort_by([("subject", "ascending"), ("day", "ascending"), ("series", "ascending")])


def _granted(exceptions: pa.Table, grants: Sequence[Move]) -> pa.Table:
    """Return the list of exceptional days with the moves in it: a refused day is cut out of its event."""
    rows: list[Row] = exceptions.to_pylist()
    for move in grants:
        rows = [part for row in rows for part in _without(row, move)]
        if move.value:
            model = next((row for row in rows if row["parameters"]), None)
            rows.append(
                dict.fromkeys(EXCEPTION.names)
                | {
                    "id": f"what-if-{move.subject}-{move.period}",
                    "scope": move.subject,
                    "kind": model["kind"] if model else "沙尘",
                    "start": move.period.start,
                    "end": move.period.end,
                    "parameters": model["parameters"] if model else "pm10,pm2_5",
                    "status": model["status"] if model else "",
                }
            )
    return pa.Table.from_pylist(rows, schema=EXCEPTION)


def _without(row: Row, move: Move) -> list[Row]:
    """Return an event without the days of a move: itself, or what is left before and after."""
    start, end = row["start"], row["end"]
    if row["scope"] not in (move.subject, move.name) or not isinstance(start, date) or not isinstance(end, date):
        return [row]
    if end < move.period.start or start > move.period.end:
        return [row]
    parts = [(start, move.period.start - timedelta(1)), (move.period.end + timedelta(1), end)]
    return [
        row | {"id": f"{row['id']}-{place}", "start": first, "end": last}
        for place, (first, last) in enumerate(parts)
        if first <= last
    ]
