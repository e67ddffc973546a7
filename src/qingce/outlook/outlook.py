"""Where the official statistic of each target will stand at its deadline: distribution, chance, fan. 研判。

The chance is internal and never in a score. A target already lost or safe by exact arithmetic says so; where history
is too short the quota stands alone and the reason says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.core.errors import complain
from qingce.core.rounding import as_decimal, round_gbt8170
from qingce.core.tables import OUTLOOK, OUTLOOK_PATH
from qingce.outlook.air.air_outlook import air_answers
from qingce.outlook.air.breaks import exchanged
from qingce.outlook.air.mean_outlook import mean_answers
from qingce.outlook.air.panel import Near, Panel
from qingce.outlook.air.simulate import STATISTICS
from qingce.outlook.air.weather_days import WeatherDays
from qingce.outlook.answer import Answer
from qingce.outlook.choice import Score, best, own_scores
from qingce.outlook.given import Given
from qingce.outlook.question import OutlookTables, Question
from qingce.outlook.report_outlook import Report, Reports, report_answers, simulated
from qingce.outlook.water.water_index_outlook import INDICES, index_answers
from qingce.outlook.water.water_outlook import SHARES, Waters, water_answers

__all__ = ["outlook_rows"]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all questions share."""

    catalog: Catalog
    as_of: date
    models: tuple[OutlookModel, ...]
    own: dict[tuple[str, str, int], Score]
    edition: str
    paths: bool
    sites: Sequence[Mapping[str, object]] = ()

    def over(self, steps: str) -> list[OutlookModel]:
        """Return the models of `days`, or of `months`."""
        return [model for model in self.models if (model.word("over") or "days") == steps]


def outlook_rows(
    questions: Iterable[Question],
    days: pa.Table | None,
    months: pa.Table | None = None,
    *,
    catalog: Catalog,
    as_of: date,
    seed: int = 1,
    models: Sequence[str] | None = None,
    scores: pa.Table | None = None,
    near: Near | None = None,
    weather: Mapping[str, WeatherDays] | None = None,
    paths: bool = True,
    edition: str = "auto",
    reports: Iterable[Report] = (),
    given: Given | None = None,
    sites: pa.Table | None = None,
) -> OutlookTables:
    """Return the outlook of every question by every model, one of them chosen by its back-test.

    `days` are `AirDays.city_days` of several years, `months` section-months. `scores` (BACKTEST) stand before the
    packaged back-test; `near` gives the first days by a forecast, `weather` the weather by city, without which the
    models that need it are left out; `reports` are figures that only a decider gives; `sites` (SITE) tell which were
    exchanged. A question that no table answers gives no row.
    Raises QC110 for an unknown model, QC400 for a comparison with no single side.
    """
    listed = [] if sites is None else sites.to_pylist()
    desk = _Desk(catalog, as_of, _models(catalog, models), own_scores(scores), edition, paths, listed)
    waters = None if months is None or not months.num_rows else Waters(months, as_of, catalog, seed, edition, given)
    panel = None if days is None else Panel(days, as_of, catalog, seed, near, weather or {}, given or Given())
    joint = None if panel is None else replace(panel, joint=True, _drawn={})
    told = Reports.by(reports, as_of, seed)
    if given is not None:
        told = told.told(given, {name: one.unit for name, one in catalog.indicators.items()})
    rows: list[dict[str, object]] = []
    fans: list[dict[str, object]] = []
    for question in questions:
        answers: list[Answer] = []
        if question.verb in STATISTICS and panel is not None and question.mean:
            answers = mean_answers(question, joint or panel, desk.over("days"), edition=edition, paths=paths)
        elif question.verb in STATISTICS and panel is not None:
            answers = air_answers(question, panel, desk.over("days"), edition=edition, paths=paths)
        elif question.verb in SHARES and waters is not None:
            answers = water_answers(question, waters, desk.over("months"), paths=paths)
        elif question.verb in INDICES and waters is not None:
            answers = index_answers(question, waters, desk.over("months"), paths=paths)
        elif not simulated(question):
            answers = report_answers(question, told, desk.over("reports"))
        rows += _rows(question, answers, desk)
        fans += [
            {"target_id": question.target_id, "model": answer.model, "day": day,
             **{name: as_decimal(value) for name, value in zip(("p10", "p50", "p90"), values, strict=True)}}
            for answer in answers for day, values in answer.fan
        ]  # fmt: skip
    return OutlookTables(
        pa.Table.from_pylist(rows, schema=OUTLOOK),
        pa.Table.from_pylist(fans, schema=OUTLOOK_PATH),
    )


def _models(catalog: Catalog, names: Sequence[str] | None) -> tuple[OutlookModel, ...]:
    known = catalog.outlooks.models
    for name in names or ():
        if name not in known:
            raise complain("QC110", words={"name": name, "what": "研判模型", "allowed": ", ".join(known)})
    return tuple(known.values()) if names is None else tuple(known[name] for name in names)


def _rows(question: Question, answers: Sequence[Answer], desk: _Desk) -> list[dict[str, object]]:
    """Return the OUTLOOK rows of a question: one each model, the best one chosen."""
    there = [model for model in desk.models if any(answer.model == model.id for answer in answers)]
    chosen, scores = best(
        there, desk.own, desk.catalog.outlooks.skill,
        indicator=question.indicator.id, kind=question.verb, month=desk.as_of.month,
    )  # fmt: skip
    names = {model.id: model.zh for model in there}
    horizon = max(0, (question.period.end - desk.as_of).days)
    unit = desk.catalog.units.shown(question.indicator.unit)
    moved = exchanged(desk.sites, question.places, period=question.period, as_of=desk.as_of)
    rows: list[dict[str, object]] = []
    for answer in answers:
        shown = [_shown(value, answer.decimals) for value in answer.ends or (None, None, None)]
        score = scores.get(answer.model)
        picked = answer.model == chosen or len(answers) == 1
        rows.append(
            {
                "target_id": question.target_id,
                "indicator_id": question.indicator.id,
                "scope": question.scope,
                "period": str(question.period),
                "made_on": desk.as_of,
                "horizon_days": horizon,
                "model": answer.model,
                "model_name": names.get(answer.model, ""),
                "chosen": picked,
                "state": answer.state,
                "probability": answer.probability,
                **{name: value for name, (value, _) in zip(("p10", "p50", "p90"), shown, strict=True)},
                **{name: text for name, (_, text) in zip(("p10_text", "p50_text", "p90_text"), shown, strict=True)},
                "unit": question.indicator.unit,
                "members": answer.members,
                "history": answer.history,
                "skill": score.crps if score else None,
                "text": _text(question, answer, _said(answer, shown, unit)),
                "reason": "；".join(part for part in (answer.reason, moved, _by(score, picked)) if part),
            }
        )
    return rows


def _shown(value: Fraction | None, decimals: int) -> tuple[Decimal | None, str | None]:
    if value is None:
        return None, None
    rounded = round_gbt8170(value, Decimal(1).scaleb(-decimals))
    return as_decimal(value), f"{rounded:f}"


def _by(score: Score | None, picked: bool) -> str:
    if score is None or not picked:
        return ""
    return "按本工程回测选用" if score.own else "按随附回测选用"


def _said(answer: Answer, shown: Sequence[tuple[Decimal | None, str | None]], unit: str) -> str:
    """Return the distribution in words: 12.3 μg/m³（80% 区间 10.1—14.0）."""
    if not answer.ends:
        return ""
    low, middle, high = answer.words or [text or "" for _, text in shown]
    return f"{middle} {'' if answer.words else unit}".strip() + f"（80% 区间 {low}—{high}）"


def _text(question: Question, answer: Answer, said: str) -> str:
    """Say it in one Chinese sentence."""
    end = f"{question.period.end.year}年{question.period.end.month}月{question.period.end.day}日"
    if answer.state == "lost":
        return "已不可能实现：余下即使最好也不达标"
    if answer.state == "safe":
        return "已稳妥：余下即使最差也达标"
    if answer.state == "quota_only":
        return f"只给剩余允许值：{answer.reason}"
    spread = f"{end}预计 {said}"
    if answer.probability is None:
        return spread
    return f"{spread}，达标可能性{_percent(answer.probability)}（内部研判）"


def _percent(probability: float) -> str:
    """Never call certain what only all futures so far agree on."""
    whole = int(100 * probability + 1 / 2)
    return "小于 1%" if whole < 1 else "大于 99%" if whole > 99 else f"约 {whole}%"
