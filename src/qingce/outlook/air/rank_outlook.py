"""Where the composite index of every region will stand, and its rank among the others of its kind. 综合指数与排名研判。

A rank needs all regions in the same future: they share the weather and the years that are drawn, and each has its own
part. In every future the regions are ranked as the ranking of cities does it: rounded, ties 1, 1, 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlooks import OutlookModel
from qingce.core.periods import Period
from qingce.core.rounding import as_decimal, half_even_ratio
from qingce.core.tables import OUTLOOK_RANK
from qingce.evaluate.air.input import day_number
from qingce.evaluate.air.ranking import Scope, places
from qingce.outlook.air.panel import Panel
from qingce.outlook.air.simulate import AirCase, air_case, quantities_of, statistic
from qingce.outlook.answer import FAN, chance
from qingce.outlook.choice import best, own_scores
from qingce.outlook.members import Members, quantiles

__all__ = ["Group", "JOINT", "rank_rows"]

JOINT = ("bootstrap",)
"""Verbs of models that draw the same weather for every region of a panel."""
_NOUN = {"county": "县（市、区）", "city": "市"}


@dataclass(frozen=True, slots=True)
class Group:
    """Regions that are ranked among each other: their kind (county | city) and names by code."""

    kind: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One region: its days so far with the coming ones, the years of history, what stands in the way."""

    code: str
    case: AirCase
    years: int
    why_not: str


def rank_rows(
    groups: Sequence[Group],
    days: pa.Table,
    *,
    catalog: Catalog,
    as_of: date,
    seed: int = 1,
    scores: pa.Table | None = None,
) -> pa.Table:
    """Return OUTLOOK_RANK of the year for the regions of every group of two or more; `days` are `AirDays.city_days`.

    A region with too little history has its index to date and says what is missing; the others are ranked without it.

    References
    ----------
    [HBJC2018-19]_ (not read); ties 1, 1, 3 as provinces print them.
    """
    rows: list[dict[str, object]] = []
    period = Period.year(as_of.year)
    scope = Scope(days, period, catalog)
    for group in groups:
        names = {code: name for code, name in group.names.items() if code}
        if len(names) > 1 and days.num_rows:
            panel = Panel(days, as_of, catalog, seed, joint=True)
            seen = [_seen(code, panel, scope) for code in names]
            rows += _ranked(group, seen, panel, scope=scope, model=_model(scope, as_of, scores))
    return pa.Table.from_pylist(rows, schema=OUTLOOK_RANK)


def _model(scope: Scope, as_of: date, scores: pa.Table | None) -> OutlookModel | None:
    """Return the model with the best back-test of the index among those that draw regions together."""
    catalog = scope.catalog
    models = [model for model in catalog.outlooks.models.values() if model.verb in JOINT]
    verb = str(scope.indicator.statistic.get("verb"))
    name, _ = best(
        models, own_scores(scores), catalog.outlooks.skill,
        indicator=scope.indicator.id, kind=verb, month=as_of.month,
    )  # fmt: skip
    return next((model for model in models if model.id == name), None)


def _seen(code: str, panel: Panel, scope: Scope) -> _Seen:
    series = scope.chosen_series
    case = air_case(
        scope.indicator, panel.subject(code, series), period=scope.period, as_of=day_number(panel.as_of),
        catalog=panel.catalog,
    )  # fmt: skip
    years, past = panel.history(code, series, scope.period)
    lacking = [name for name in quantities_of(case) if name not in past.quantities or not past.valid.any()]
    why = f"历史中没有足够的{'、'.join(_named(lacking, panel.catalog))}日值" if lacking else ""
    if not why and case.ahead.size and not years:
        why = "往年没有覆盖余下时段的数据"
    return _Seen(code, case, years, why)


def _named(names: Sequence[str], catalog: Catalog) -> list[str]:
    return [catalog.parameters[name].zh if name in catalog.parameters else name for name in names]


def _ranked(
    group: Group, seen: Sequence[_Seen], panel: Panel, *, scope: Scope, model: OutlookModel | None
) -> Iterator[dict[str, object]]:
    """Yield a row a region, in the order of its median rank."""
    tie = str(scope.method.option("tie", "verb"))
    known = [one for one in seen if not one.why_not and model is not None]
    drawn = {one.code: _members(one, panel, scope=scope, model=model) for one in known if model is not None}
    table = np.array([_rounded(drawn[one.code], one.case.decimals) for one in known], np.int64)
    order = np.array([places([Decimal(int(v)) for v in column], verb=tie) for column in table.T], np.int64)
    ranks = {one.code: np.sort(order[:, place]) for place, one in enumerate(known)}
    now = [None if one.case.fixed is None else as_decimal(one.case.fixed, one.case.decimals) for one in seen]
    rows = []
    for one, value, place in zip(seen, now, places(now, verb=tie), strict=True):
        row: dict[str, object] = {
            "kind": group.kind,
            "subject": one.code,
            "subject_name": group.names[one.code],
            "indicator_id": scope.indicator.id,
            "period": str(scope.period),
            "made_on": panel.as_of,
            "model": model.id if model is not None else "",
            "regions": len(known),
            "history": one.years,
            "now": value,
            "now_rank": place,
            "reason": one.why_not,
        }
        if one.code in ranks:
            row |= _told(drawn[one.code], ranks[one.code], one, regions=len(known))
        row["text"] = _text(row, one)
        rows.append(row)
    rows.sort(key=lambda row: (row.get("rank_p50") is None, row.get("rank_p50") or 0, row.get("p50") or 0))
    yield from rows


def _members(one: _Seen, panel: Panel, *, scope: Scope, model: OutlookModel) -> Members:
    """Return the index of every future; a year that is over has the one that is known."""
    if not one.case.ahead.size:
        fixed = one.case.fixed or Fraction(0)
        return Members(np.full(int(model.number("members")), fixed.numerator), fixed.denominator)
    found = panel.drawn(one.code, scope.chosen_series, period=scope.period, model=model)
    return statistic(one.case, {name: found[name] for name in quantities_of(one.case)})


def _rounded(members: Members, decimals: int) -> np.ndarray:
    """Return the members as they are printed, in whole steps of the last decimal."""
    return half_even_ratio(np.asarray(members.num, object) * 10**decimals, np.full(len(members), members.den, object))


def _told(members: Members, ranks: np.ndarray, one: _Seen, *, regions: int) -> dict[str, object]:
    size = len(members)
    ends = [as_decimal(end, one.case.decimals) for end in quantiles(members, FAN)]
    at = [int(ranks[max(0, -(-percent * size // 100) - 1)]) for percent in FAN]
    return {
        "members": size,
        **dict(zip(("p10", "p50", "p90"), ends, strict=True)),
        **dict(zip(("rank_p10", "rank_p50", "rank_p90"), at, strict=True)),
        "first": chance(int((ranks == 1).sum()), size),
        "last": chance(int((ranks == regions).sum()), size),
    }


def _text(row: Mapping[str, object], one: _Seen) -> str:
    """Say it in one Chinese sentence."""
    places = one.case.decimals
    now = "" if row["now"] is None else f"目前 {row['now']:.{places}f}，第 {row['now_rank']} 位"
    if "rank_p50" not in row:
        return "；".join(part for part in (now, f"不作排名研判：{one.why_not or '没有可用的模型'}") if part)
    spread = f"全年预计 {row['p50']:.{places}f}（80% 区间 {row['p10']:.{places}f}—{row['p90']:.{places}f}）"
    low, high = row["rank_p10"], row["rank_p90"]
    reach = f"第 {low} 位" if low == high else f"第 {low}—{high} 位"
    noun = _NOUN.get(str(row["kind"]), "个地区")
    told = f"{spread}，在 {row['regions']} 个{noun}中排第 {row['rank_p50']} 位（80% 区间 {reach}）"
    return "；".join(part for part in (told, now) if part) + "（内部研判）"
