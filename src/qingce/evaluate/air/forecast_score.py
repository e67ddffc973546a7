"""Forecasts judged by what came: level, primary pollutant, heavy days, bias. 预报评估。

What counts as a hit stands in `data/methods` (family `forecast_score`). Whole numbers throughout: a score is a count
over a count, a bias a sum of millionths over a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method
from qingce.core.absence import Review
from qingce.core.errors import complain
from qingce.core.rounding import half_even_ratio
from qingce.core.tables import SCALE, VALUE_TYPE
from qingce.evaluate.air.rules import AQI, aqi_rules, spans
from qingce.evaluate.kernels import arrow
from qingce.evaluate.kernels.exact import Bools

__all__ = ["FORECAST_SCORE", "SCORE", "score_forecasts"]

FORECAST_SCORE = "forecast_score"
SCORE = pa.schema(
    [(name, pa.string()) for name in ("issuer", "scope", "parameter")]
    + [(name, pa.int64()) for name in ("lead", "n", "unjudged", "level_hits")]
    + [("level_accuracy", VALUE_TYPE), ("primary_n", pa.int64()), ("primary_hits", pa.int64())]
    + [("primary_accuracy", VALUE_TYPE)]
    + [(name, pa.int64()) for name in ("hits", "misses", "false_alarms", "quiet")]
    + [("threat_score", VALUE_TYPE), ("n_values", pa.int64()), ("bias", VALUE_TYPE), ("mean_error", VALUE_TYPE)]
    + [("first_day", pa.date32()), ("last_day", pa.date32())]
    + [(name, pa.string()) for name in ("review", "method", "note")]
)
"""One row per issuer, scope, parameter and lead [days]; accuracies in %, `bias` and `mean_error` in the parameter's
unit (forecast minus observed, and its size). `unjudged` forecasts met no observed day."""

Longs = NDArray[np.int64]
_EPOCH = date(1970, 1, 1)
_HUNDRED = 100
_INDEX = "aqi"
_NO_REVIEW = len(Review)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the method declares."""

    id: str
    series: str
    least_lead: int
    all_shared: bool
    heavy_from: int
    heavy_by: str
    note: str


@dataclass(frozen=True, slots=True)
class _Said:
    """The forecasts as arrays: places of words, days, values in millionths, levels (0: none), bits of pollutants."""

    issuer: Longs
    scope: Longs
    parameter: Longs
    lead: Longs
    day: Longs
    micro: Longs
    has_value: Bools
    low: Longs
    high: Longs
    primary: Longs
    words: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Came:
    """What was observed at each forecast: `there` where a judged value or level exists."""

    micro: Longs
    has_value: Bools
    level: Longs
    primary: Longs
    review: Longs


def score_forecasts(forecasts: pa.Table, days: pa.Table, *, catalog: Catalog) -> pa.Table:
    """Score FORECAST rows against judged days (`AirDays.city_days` or `.site_days`): one SCORE row per issuer, scope,
    parameter and lead.

    Of forecasts of one issuer, scope, parameter, day of issue and day the last known counts. A forecast for a day
    without a judged index (or value) is `unjudged`. Raises QC107 (levels upside down), QC110 (a pollutant's name).

    References
    ----------
    [HJ1130-2020]_ (not read: what counts as a hit is declared in `data/methods`).
    """
    if not forecasts.num_rows:
        return _table([], SCORE)
    numbers = arrow.whole(forecasts["day"])
    last = _EPOCH + timedelta(int(numbers.max()))
    rules = _rules(catalog.method(FORECAST_SCORE, day=last))
    said = _said(_last_known(forecasts), catalog=catalog, rules=rules)
    if said is None:
        return _table([], SCORE)
    came = _came(said, days.filter(pc.equal(days["series"], rules.series)), catalog=catalog)
    return _scores(said, came, rules)


def _rules(method: Method) -> _Rules:
    heavy, least = method.option("heavy", "from_level"), method.option("judged", "least_lead")
    if not isinstance(heavy, int) or not isinstance(least, int):
        raise complain("QC103", method.place, {"key": "heavy.from_level | judged.least_lead"})
    _one_of(method, "level.verb", ("within_range",))
    _one_of(method, "bias.verb", ("midpoint",))
    questions = [str(part["question"]) for part in method.options.values() if isinstance(part, dict)
                 and part.get("status") == "unread" and "question" in part]  # fmt: skip
    return _Rules(
        id=method.id,
        series=str(method.option("judged", "series")),
        least_lead=least,
        all_shared=_one_of(method, "primary.verb", ("any_shared", "all_shared")) == "all_shared",
        heavy_from=heavy,
        heavy_by=_one_of(method, "heavy.forecast", ("high", "low")),
        note="；".join(f"规则未核：{question}" for question in questions),
    )


def _one_of(method: Method, where: str, allowed: Sequence[str]) -> str:
    section, _, key = where.partition(".")
    value = method.option(section, key)
    if value not in allowed:
        words: dict[str, object] = {"key": where, "value": value, "expected": " | ".join(allowed)}
        raise complain("QC107", method.place, words)
    return str(value)


def _last_known(forecasts: pa.Table) -> pa.Table:
    """Keep of equal keys the row known last, of rows known alike the later one."""
    keys = [arrow.codes(forecasts[name])[0].astype(np.int64) for name in ("issuer", "site", "parameter")]
    keys += [arrow.whole(forecasts[name]) for name in ("made_on", "day")]
    known = np.where(arrow.validity(forecasts["known_at"]), arrow.whole(forecasts["known_at"]), -1)
    order = np.lexsort((np.arange(forecasts.num_rows), known, *reversed(keys)))
    sorted_keys = np.stack(keys)[:, order]
    last = np.append((sorted_keys[:, 1:] != sorted_keys[:, :-1]).any(axis=0), True)
    return forecasts.take(arrow.integers(order[last]))


def _said(table: pa.Table, *, catalog: Catalog, rules: _Rules) -> _Said | None:
    lead = arrow.whole(table["day"]) - arrow.whole(table["made_on"])
    if (lead < rules.least_lead).any():
        table = table.filter(arrow.whole(pa.chunked_array([arrow.integers(lead)])) >= rules.least_lead)
        lead = lead[lead >= rules.least_lead]
    if not table.num_rows:
        return None
    (issuer, issuers), (scope, scopes), (parameter, parameters) = (
        arrow.codes(table[name]) for name in ("issuer", "site", "parameter")
    )
    day = arrow.whole(table["day"])
    micro, has_value = _middle(table)
    index = np.array([word == _INDEX for word in parameters], bool)[parameter]
    low, high = _levels_said(table, index=index, day=day, catalog=catalog)
    text, texts = arrow.codes(table["primary"])
    bits = np.array([*(_bits(word or "", catalog) for word in texts), 0], np.int64)
    return _Said(
        issuer=issuer.astype(np.int64), scope=scope.astype(np.int64), parameter=parameter.astype(np.int64),
        lead=lead, day=day, micro=micro, has_value=has_value, low=low, high=high, primary=bits[text],
        words=(_plain(issuers), _plain(scopes), _plain(parameters)),
    )  # fmt: skip


def _middle(table: pa.Table) -> tuple[Longs, Bools]:
    """Return the value, or the middle of the range, in half millionths."""
    value, there = arrow.micro_of(table["value"])
    low, has_low = arrow.micro_of(table["low"])
    high, has_high = arrow.micro_of(table["high"])
    return np.where(there, 2 * value, low + high), there | (has_low & has_high)


def _levels_said(table: pa.Table, *, index: Bools, day: Longs, catalog: Catalog) -> tuple[Longs, Longs]:
    """Return the range of levels: as written, else those of the range of the index, else that of its value."""
    written = {name: arrow.validity(table[name]) for name in ("level_low", "level_high")}
    raw = {name: np.where(written[name], arrow.whole(table[name]), 0) for name in written}
    values = {name: arrow.micro_of(table[name]) for name in ("value", "low", "high")}
    levels = {name: np.where(ok & index, _level_of(micro, day, catalog), 0) for name, (micro, ok) in values.items()}
    low = _first(raw["level_low"], raw["level_high"], levels["low"], levels["value"], levels["high"])
    high = _first(raw["level_high"], raw["level_low"], levels["high"], levels["value"], levels["low"])
    if (low > high).any():
        at = int(np.argmax(low > high))
        words: dict[str, object] = {"key": "level_low", "value": int(low[at]), "expected": f"<= {int(high[at])}"}
        raise complain("QC107", str(table["source"][at].as_py() or ""), words)
    return np.where(index, low, 0), np.where(index, high, 0)


def _first(*choices: Longs) -> Longs:
    """Return elementwise the first that is not 0."""
    found = np.zeros_like(choices[0])
    for choice in choices:
        found = np.where(found == 0, choice, found)
    return found


def _level_of(micro: Longs, day: Longs, catalog: Catalog) -> Longs:
    """Return the level of an index by the levels in force on each day; a fraction of the index is rounded up."""
    level = np.zeros(micro.shape, np.int64)
    ends = _EPOCH + timedelta(int(day.min())), _EPOCH + timedelta(int(day.max()))
    for span in spans(catalog, AQI, days=ends, edition="auto", read=aqi_rules):
        here = (day >= (span.start - _EPOCH).days) & (day <= (span.end - _EPOCH).days)
        highs = np.array([one.high for one in span.rules.levels], np.int64) * SCALE
        numbers = np.array([one.level for one in span.rules.levels], np.int64)
        level[here] = numbers[np.minimum(np.searchsorted(highs, micro[here]), len(highs) - 1)]
    return level


def _bits(text: str, catalog: Catalog) -> int:
    """Return the pollutants of a text joined by ',' as bits, whatever way they are written."""
    mask = 0
    for word in text.replace("，", ",").replace("、", ",").split(","):
        if word.strip() not in ("", "无", "—", "-", "none"):
            mask |= 1 << _place(word.strip(), catalog)
    return mask


def _place(word: str, catalog: Catalog) -> int:
    """Return the place of a pollutant among the parameters; the hours over which it is averaged do not matter."""
    for method in catalog.methods.values():
        for row in method.tables.get("items", []) if method.family == AQI else ():
            if word in (row.cells["zh"], row.cells["en"], row.cells["quantity"]):
                word = row.cells["parameter"]
    parameter = catalog.parameter(word)
    return list(catalog.parameters).index(parameter.base or parameter.id)


def _came(said: _Said, days: pa.Table, *, catalog: Catalog) -> _Came:
    """Look each forecast's day up among the judged days."""
    found = _rows_of(said, days)
    there = found >= 0
    at = np.where(there, found, 0)
    micro, has_value = np.zeros(said.day.shape, np.int64), np.zeros(said.day.shape, bool)
    for place, name in enumerate(said.words[2]):
        if name in days.column_names and days.num_rows:
            values, ok = arrow.micro_of(days[name])
            mine = there & (said.parameter == place)
            micro, has_value = np.where(mine, values[at], micro), np.where(mine, ok[at], has_value)
    if not days.num_rows:
        return _Came(micro, has_value, micro, micro, np.full(said.day.shape, _NO_REVIEW, np.int64))
    level = np.where(arrow.validity(days["level"]), arrow.whole(days["level"]), 0)
    text, texts = arrow.codes(days["primary"])
    bits = np.array([*(_bits(word or "", catalog) for word in texts), 0], np.int64)[text]
    rank, states = arrow.codes(days["review"])
    ranks = np.array([*(Review(str(state)).rank for state in states), _NO_REVIEW], np.int64)[rank]
    return _Came(
        micro=2 * micro,
        has_value=has_value,
        level=np.where(there, level[at], 0),
        primary=np.where(there, bits[at], 0),
        review=np.where(there, ranks[at], _NO_REVIEW),
    )


def _rows_of(said: _Said, days: pa.Table) -> Longs:
    """Return for each forecast the row of its subject and day, or -1."""
    code, subjects = arrow.codes(days["subject"])
    place = {str(word): at for at, word in enumerate(subjects)}
    mine = np.array([place.get(word, -1) for word in said.words[1]], np.int64)[said.scope]
    if not days.num_rows:
        return np.full(said.day.shape, -1, np.int64)
    number = arrow.whole(days["day"])
    first, width = min(int(number.min()), int(said.day.min())), _width(number, said.day)
    keys = code.astype(np.int64) * width + (number - first)
    order = np.argsort(keys, kind="stable")
    wanted = mine * width + (said.day - first)
    spot = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    hit = (mine >= 0) & (keys[order][spot] == wanted)
    return np.where(hit, order[spot], -1)


def _width(first: Longs, second: Longs) -> int:
    return max(int(first.max()), int(second.max())) - min(int(first.min()), int(second.min())) + 1


def _scores(said: _Said, came: _Came, rules: _Rules) -> pa.Table:
    keys = np.stack([said.issuer, said.scope, said.parameter, said.lead])
    groups, group = np.unique(keys, axis=1, return_inverse=True)
    group, size = group.ravel(), groups.shape[1]
    index = np.array([word == _INDEX for word in said.words[2]], bool)
    facts = _facts(said, came, rules, index=index[said.parameter])
    counts = {name: np.bincount(group[fact], minlength=size).astype(np.int64) for name, fact in facts.items()}
    difference: Longs = np.where(facts["n_values"], said.micro - came.micro, 0)
    bias, error = _summed(difference, group, size), _summed(np.abs(difference), group, size)
    review = _least(came.review, group, size)
    first, last = _least(said.day, group, size), -_least(-said.day, group, size)
    rows = []
    for at in range(size):
        count = {name: int(values[at]) for name, values in counts.items()}
        rows.append({
            **_counted(count, index=bool(index[groups[2, at]])),
            "issuer": said.words[0][groups[0, at]], "scope": said.words[1][groups[1, at]],
            "parameter": said.words[2][groups[2, at]], "lead": int(groups[3, at]),
            "bias": _ratio(int(bias[at]), 2 * count["n_values"]),
            "mean_error": _ratio(int(error[at]), 2 * count["n_values"]),
            "first_day": int(first[at]), "last_day": int(last[at]),
            "review": None if review[at] == _NO_REVIEW else list(Review)[int(review[at])].value,
            "method": rules.id, "note": rules.note,
        })  # fmt: skip
    return _table(rows, SCORE)


def _facts(said: _Said, came: _Came, rules: _Rules, *, index: Bools) -> dict[str, Bools]:
    """Say of every forecast what it was."""
    judged = index & (came.level > 0) & (said.low > 0)
    values = said.has_value & came.has_value
    heavy = judged & (came.level >= rules.heavy_from)
    warned = judged & ((said.high if rules.heavy_by == "high" else said.low) >= rules.heavy_from)
    told = judged & (came.primary != 0) & (said.primary != 0)
    shared = said.primary == came.primary if rules.all_shared else (said.primary & came.primary) != 0
    counted = judged | (~index & values)
    return {
        "n": counted,
        "unjudged": ~counted,
        "level_hits": judged & (said.low <= came.level) & (came.level <= said.high),
        "primary_n": told,
        "primary_hits": told & shared,
        "hits": heavy & warned,
        "misses": heavy & ~warned,
        "false_alarms": warned & ~heavy,
        "quiet": judged & ~heavy & ~warned,
        "n_values": values,
    }


def _counted(count: dict[str, int], *, index: bool) -> dict[str, object]:
    """Return counts and shares; of a concentration only how many values there were."""
    if not index:
        return {name: count[name] for name in ("n", "unjudged", "n_values")}
    return {
        **count,
        "level_accuracy": _ratio(_HUNDRED * SCALE * count["level_hits"], count["n"]),
        "primary_accuracy": _ratio(_HUNDRED * SCALE * count["primary_hits"], count["primary_n"]),
        "threat_score": _ratio(SCALE * count["hits"], count["hits"] + count["misses"] + count["false_alarms"]),
    }


def _least(values: Longs, group: Longs, size: int) -> Longs:
    found = np.full(size, np.iinfo(np.int32).max, np.int64)
    np.minimum.at(found, group, values)
    return found


def _summed(values: Longs, group: Longs, size: int) -> Longs:
    found = np.zeros(size, np.int64)
    np.add.at(found, group, values)
    return found


def _ratio(numerator: int, denominator: int) -> int | None:
    """Divide to whole millionths, ties to even; None where there is nothing to divide by."""
    if denominator == 0:
        return None
    return int(half_even_ratio(np.array([numerator], object), np.array([denominator], object))[0])


def _table(rows: Sequence[dict[str, object]], schema: pa.Schema) -> pa.Table:
    columns: list[pa.Array] = []
    for part in schema:
        cells = [row.get(part.name) for row in rows]
        if pa.types.is_string(part.type):
            columns.append(arrow.text([None if cell is None else str(cell) for cell in cells]))
            continue
        there = np.array([cell is not None for cell in cells], bool)
        numbers = np.array([cell if isinstance(cell, int) else 0 for cell in cells], np.int64)
        if pa.types.is_decimal(part.type):
            columns.append(arrow.decimals(numbers, there))
        else:
            columns.append(arrow.days(numbers) if pa.types.is_date(part.type) else arrow.integers(numbers, there))
    return pa.Table.from_arrays(columns, schema=schema)


def _plain(words: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(str(word) for word in words)
