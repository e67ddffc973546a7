"""Forecasts blended by how well each did before; today goes on and the usual are members too. 预报按检验加权集合。

A member's bias is taken off, its weight is one over its mean square error, both learnt from days that are past on the
day of issue and from nothing else. A forecaster not yet verified takes no part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlook_settings import read_settings
from qingce.core.rounding import round_gbt8170
from qingce.core.tables import FORECAST, empty
from qingce.evaluate.air.rules import AQI, AqiRules, aqi_rules, spans
from qingce.outlook.air.forecast_cube import Cube, Floats, read_cube

__all__ = ["BLEND", "Blended", "Near", "blend", "blended", "draw", "nearer"]

BLEND = "blend"
"""The issuer under whose name the blend stands."""

_INDEX = "aqi"
_EPOCH = date(1970, 1, 1)
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Blended:
    """The blend for the coming days: `centre` and `spread` [subject, parameter, lead - 1] of logs, NaN where none.

    `weights` are [member, subject, parameter, lead - 1]; `errors` [subject, parameter, origin, lead - 1] what the same
    weights would have missed by on each past day of issue.
    """

    cube: Cube
    centre: Floats
    spread: Floats
    weights: Floats
    errors: Floats


@dataclass(frozen=True, slots=True)
class Near:
    """Draws of the next days at one place: `values[member, parameter, day]` in inside units, days since 1970-01-01."""

    subject: str
    parameters: tuple[str, ...]
    days: np.ndarray
    values: Floats


def blend(forecasts: pa.Table, days: pa.Table, *, as_of: date, catalog: Catalog) -> pa.Table:
    """Return FORECAST rows of issuer "blend", made on `as_of`, for each place and day a verified forecaster covers.

    `days` are judged days (`AirDays.city_days` or `.site_days`). `source` tells the members and their weights in per
    cent; `low` and `high` hold the middle half of the blend's own past errors. Nothing after `as_of` is looked at.
    """
    if not forecasts.num_rows:
        return empty(FORECAST)
    found = blended(forecasts, days, as_of=as_of, catalog=catalog)
    primary = _primaries(forecasts, found)
    rows = list(_rows(found, primary, catalog))
    return pa.Table.from_pylist(rows, FORECAST)


def nearer(
    forecasts: pa.Table, days: pa.Table, *, as_of: date, catalog: Catalog, seed: int = 1
) -> Callable[[str, Sequence[date], int], Mapping[str, Floats]] | None:
    """Return what `outlook_rows(near=…)` takes: (place, coming days, members) → draws by quantity, NaN beyond reach.

    None where there is no forecast to blend.
    """
    found = blended(forecasts, days, as_of=as_of, catalog=catalog) if forecasts.num_rows else None
    if found is None or np.isnan(found.centre).all():
        return None
    kept: dict[tuple[str, int], Near | None] = {}

    def near(scope: str, dates: Sequence[date], members: int) -> Mapping[str, Floats]:
        if scope not in found.cube.subjects:
            return {}
        key = scope, members
        if key not in kept:
            kept[key] = draw(found, found.cube.subjects.index(scope), members=members, seed=seed)
        drawn = kept[key]
        if drawn is None:
            return {}
        place = np.array([(day - _EPOCH).days for day in dates], np.int64) - int(drawn.days[0])
        inside = (place >= 0) & (place < drawn.days.size)
        values = np.full((members, len(drawn.parameters), len(dates)), np.nan)
        values[:, :, inside] = drawn.values[:, :, place[inside]]
        return {name: values[:, row] for row, name in enumerate(drawn.parameters)}

    return near


def blended(forecasts: pa.Table, days: pa.Table, *, as_of: date, catalog: Catalog) -> Blended:
    """Weigh the members for each place, parameter and lead, and combine their newest forecasts.

    One parameter after the other, as none tells of another: a nation of cities needs the room of one.
    """
    cube = read_cube(forecasts, days, as_of=as_of, rules=read_settings(catalog.roots, "blend"))
    found = [_weighed(cube.part(slice(at, at + 1))) for at in range(max(1, len(cube.parameters)))]
    centre, spread, errors = (
        np.concatenate([getattr(one, name) for one in found], axis=1) for name in ("centre", "spread", "errors")
    )
    return Blended(cube, centre, spread, np.concatenate([one.weights for one in found], axis=2), errors)


def _weighed(cube: Cube) -> Blended:
    bias, square, verified = _verification(cube)
    now, used = _newest(cube)
    bias, square = np.take_along_axis(bias, used, axis=3), np.take_along_axis(square, used, axis=3)
    verified = np.take_along_axis(verified, used, axis=3) & ~np.isnan(now)
    weights = np.where(verified, 1 / np.maximum(square, _TINY), 0.0)
    issuers = len(cube.issuers)
    weights = np.where(weights[:issuers].sum(axis=0) > 0, weights, 0.0)
    total = weights.sum(axis=0)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    centre = np.where(total > 0, (weights * np.where(weights > 0, now + bias, 0.0)).sum(axis=0), np.nan)
    errors = _errors(cube, weights, bias)
    return Blended(cube, centre, _spread(errors, centre, cube.rules.number("prior")), weights, errors)


def _verification(cube: Cube) -> tuple[Floats, Floats, np.ndarray]:
    """Return bias, mean square error and whether it is verified: [member, subject, parameter, lead - 1].

    Few pairs of a place are shrunk: its bias to none, its error to that of all places.
    """
    came, prior, least = cube.observed(), cube.rules.number("prior"), cube.rules.number("least")
    bias, square, verified = [], [], []
    for said in cube.forecasts():
        error = came - said
        there = ~np.isnan(error)
        error = np.where(there, error, 0.0)
        n = there.sum(axis=2)
        mine = error.sum(axis=2) / (n + prior)
        rest = np.where(there, (error - mine[:, :, None]) ** 2, 0.0).sum(axis=2)
        pooled = rest.sum(axis=0) / np.maximum(n.sum(axis=0), 1)
        bias.append(mine)
        square.append((rest + prior * pooled[None]) / (n + prior))
        verified.append(n >= least)
    return np.stack(bias), np.stack(square), np.stack(verified)


def _newest(cube: Cube) -> tuple[Floats, np.ndarray]:
    """Return each member's newest forecast of the coming days and the place of the lead it was made with."""
    values, used = [], []
    for said in cube.forecasts():
        last = said.shape[2] - 1
        found = np.array(said[:, :, last, :])
        lead = np.broadcast_to(np.arange(cube.leads), found.shape).copy()
        for back in range(1, min(cube.rules.whole("stale_days"), cube.leads - 1) + 1):
            older = np.full_like(found, np.nan)
            older[:, :, : cube.leads - back] = said[:, :, last - back, back:]
            fill = np.isnan(found) & ~np.isnan(older)
            found, lead = np.where(fill, older, found), np.where(fill, lead + back, lead)
        values.append(found)
        used.append(lead)
    return np.stack(values), np.stack(used)


def _errors(cube: Cube, weights: Floats, bias: Floats) -> Floats:
    """Return what the blend with these weights missed by on each past day of issue, from the members there then."""
    came = cube.observed()
    total, number = np.zeros_like(came), np.zeros_like(came)
    for member, said in enumerate(cube.forecasts()):
        weight = weights[member][:, :, None, :] * ~np.isnan(said)
        total += weight * np.where(np.isnan(said), 0.0, said + bias[member][:, :, None, :])
        number += weight
    half = 1 / 2  # a day on which the members there hold less than half of the weight tells little of the blend
    found: Floats = np.where(number > half, came - total / np.maximum(number, _TINY), np.nan)
    return found


def _spread(errors: Floats, centre: Floats, prior: float) -> Floats:
    """Return the root mean square error of the blend, that of a place shrunk to that of all places."""
    there = ~np.isnan(errors)
    square = np.where(there, errors, 0.0) ** 2
    n = there.sum(axis=2)
    pooled = square.sum(axis=(0, 2)) / np.maximum(n.sum(axis=0), 1)
    found: Floats = np.where(np.isnan(centre), np.nan, np.sqrt((square.sum(axis=2) + prior * pooled) / (n + prior)))
    return found


def _rows(found: Blended, primary: Mapping[tuple[str, int], str], catalog: Catalog) -> Iterator[dict[str, object]]:
    cube, half = found.cube, found.cube.rules.number("half_width")
    rules = _rules_by_day(cube, catalog)
    for subject, parameter, lead in np.argwhere(~np.isnan(found.centre)).tolist():
        name, day = cube.parameters[parameter], cube.as_of + lead + 1
        decimals = 0 if name == _INDEX else catalog.parameters[name].decimals
        centre, spread = found.centre[subject, parameter, lead], found.spread[subject, parameter, lead]
        low, value, high = (_printed(np.exp(centre + side * half * spread), decimals) for side in (-1, 0, 1))
        row: dict[str, object] = {
            "issuer": BLEND, "site": cube.subjects[subject], "parameter": name, "made_on": _day(cube.as_of),
            "day": _day(day), "value": value, "low": low, "high": high,
            "source": _told(cube.members, found.weights[:, subject, parameter, lead]),
        }  # fmt: skip
        if name == _INDEX:
            levels = [_level(number, rules[day]) for number in (low, high)]
            row |= {"level_low": levels[0], "level_high": levels[1]}
            row["primary"] = primary.get((cube.subjects[subject], day), "") if value > rules[day].primary_above else ""
        yield row


def _rules_by_day(cube: Cube, catalog: Catalog) -> dict[int, AqiRules]:
    """Return the rules of the index on each coming day."""
    ends = _day(cube.as_of + 1), _day(cube.as_of + cube.leads)
    return {
        day: span.rules
        for span in spans(catalog, AQI, days=ends, edition="auto", read=aqi_rules)
        for day in range((span.start - _EPOCH).days, (span.end - _EPOCH).days + 1)
    }


def _printed(value: float, decimals: int) -> Decimal:
    return round_gbt8170(Decimal(repr(float(value))), Decimal(1).scaleb(-decimals))


def _level(value: Decimal, rules: AqiRules) -> int:
    return next((level.level for level in rules.levels if value <= level.high), rules.levels[-1].level)


def _told(members: Sequence[str], weights: Floats) -> str:
    """Tell the members by weight: `CMAQ 62%、persistence 38%`."""
    shares = [(int(100 * weight + 1 / 2), name) for name, weight in zip(members, weights.tolist(), strict=True)]
    return "、".join(
        f"{name} {share}%" for share, name in sorted(shares, key=lambda item: (-item[0], item[1])) if share
    )


def _primaries(forecasts: pa.Table, found: Blended) -> dict[tuple[str, int], str]:
    """Return the pollutants that enough of the weight names for the index of each place and coming day."""
    cube = found.cube
    if _INDEX not in cube.parameters:
        return {}
    said: dict[tuple[str, str, int], tuple[date, str]] = {}
    for row in _named_index(forecasts, _day(cube.as_of)).to_pylist():
        key = (row["issuer"], row["site"], (row["day"] - _EPOCH).days)
        said[key] = max(said.get(key, (date.min, "")), (row["made_on"], row["primary"]))
    votes: dict[tuple[str, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    totals: dict[tuple[str, int], float] = defaultdict(float)
    index = cube.parameters.index(_INDEX)
    for (issuer, site, day), (_, text) in sorted(said.items()):
        lead = day - cube.as_of - 1
        if lead >= cube.leads or issuer not in cube.issuers or site not in cube.subjects:
            continue
        weight = float(found.weights[cube.issuers.index(issuer), cube.subjects.index(site), index, lead])
        totals[site, day] += weight
        for name in text.split(","):
            votes[site, day][name] += weight
    share = cube.rules.number("primary_share")
    return {
        key: ",".join(sorted(name for name, weight in named.items() if weight >= share * totals[key] > 0))
        for key, named in votes.items()
    }


def _named_index(forecasts: pa.Table, as_of: date) -> pa.Table:
    """Return the forecasts of the index for coming days that name a pollutant."""
    now = pa.scalar(as_of, pa.date32())
    forecasts = forecasts.select(["issuer", "site", "parameter", "made_on", "day", "primary"])
    coming = pc.and_(pc.less_equal(forecasts["made_on"], now), pc.greater(forecasts["day"], now))
    named = pc.greater(pc.binary_length(pc.fill_null(forecasts["primary"], "")), 0)
    chosen = pc.and_(pc.and_(coming, named), pc.equal(forecasts["parameter"], _INDEX))
    return forecasts.filter(chosen).select(["issuer", "site", "made_on", "day", "primary"])


def draw(found: Blended, subject: int, *, members: int, seed: int) -> Near | None:
    """Draw the next days of a place from the blend and its past errors; None for a place without a blend.

    A draw takes the errors of one past day of issue for all days and pollutants together, so that they keep their
    dependence. The days run from the day after the origin as far as every parameter drawn is covered without a gap.
    """
    cube, name = found.cube, found.cube.subjects[subject]
    there = ~np.isnan(found.centre[subject])
    chosen = np.flatnonzero(there[:, 0])
    if not chosen.size:
        return None
    covered = there[chosen].all(axis=0)
    count = cube.leads if covered.all() else int(np.argmin(covered))
    rng = np.random.default_rng([seed, crc32(name.encode())])
    error = _drawn(found, subject, chosen, count=count, members=members, rng=rng)
    values = np.exp(found.centre[subject][chosen, :count][None] + error)
    return Near(name, tuple(cube.parameters[place] for place in chosen), cube.as_of + 1 + np.arange(count), values)


def _drawn(
    found: Blended, subject: int, chosen: np.ndarray, *, count: int, members: int, rng: np.random.Generator
) -> Floats:
    """Draw errors [member, parameter, day]: those of one past day of issue scaled to the spread, or noise if few."""
    errors = found.errors[subject][chosen][:, :, :count]
    spread = found.spread[subject][chosen, :count]
    full = np.flatnonzero(~np.isnan(errors).any(axis=(0, 2)))
    noise: Floats = rng.standard_normal((members, *spread.shape)) * spread
    if full.size < found.cube.rules.number("least"):
        return noise
    donors = errors[:, full]
    centred = donors - donors.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).mean(axis=1))
    scaled = centred * np.divide(spread, size, out=np.zeros_like(size), where=size > _TINY)[:, None, :]
    picked: Floats = scaled[:, rng.integers(0, full.size, members)].transpose(1, 0, 2)
    return picked


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
