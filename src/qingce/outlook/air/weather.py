"""Weather apart from effort 天帮忙、人努力: how much of a change the weather did, for the briefing only 仅供内部会商。

The method and its limits stand in docs/why/weather.md; held-out skill is printed with every figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.catalog import Catalog
from qingce.catalog.outlook_settings import Settings, read_settings
from qingce.core.tables import SCALE
from qingce.evaluate.kernels import arrow
from qingce.outlook.air.weather_days import WeatherDays, weather_days
from qingce.outlook.models.deweather import Separation, installed, separate

__all__ = ["INTERNAL_NOTE", "WEATHER", "Pair", "skill", "usual_pairs", "weather_rows"]

_TEXT = "id indicator indicator_name scope period base unit"
_NUMBER = "base_value value observed weather effort effort_low effort_high slope skill"
_SKILL = "rmse mb nmb mge nmge r coe ioa"
WEATHER = pa.schema(
    [(name, pa.string()) for name in _TEXT.split()]
    + [(name, pa.float64()) for name in (*_NUMBER.split(), *_SKILL.split())]
    + [("n", pa.int64()), ("text", pa.string()), ("note", pa.string()), ("reason", pa.string())]
)
"""One row a quantity, city and pair of periods 气象与减排分解（内部）: changes in % of the base, `weather` in points.

`skill` is the held-out R2; `rmse` … `ioa` the other held-out figures; `slope` the mean effort in % a year."""

INTERNAL_NOTE = "内部，仅供会商，不作为考核依据 internal"
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
_EPOCH = date(1970, 1, 1)
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Pair:
    """Two periods to compare, both ends included."""

    base: tuple[date, date]
    now: tuple[date, date]

    def names(self) -> tuple[str, str]:
        """Return both as printed."""
        return f"{self.base[0]}/{self.base[1]}", f"{self.now[0]}/{self.now[1]}"


def weather_rows(
    days: pa.Table, weather: pa.Table, sites: pa.Table, *,
    catalog: Catalog, quantities: Sequence[str] | None = None, scopes: Sequence[str] | None = None,
    pairs: Sequence[Pair] | None = None,
) -> pa.Table:  # fmt: skip
    """Return WEATHER rows for the cities that have both judged days (`measured` series) and weather.

    `days` are `AirDays.city_days`, `weather` OBSERVATION rows, `sites` SITE rows that say which city a station is in.
    Quantities are those that the settings list unless others are asked for.
    Without pairs, the year so far is compared with last year's and the last twelve months with the first. What cannot
    be told apart (no scikit-learn, too few days, too little skill) has its `reason` and no figures.
    """
    rules = read_settings(catalog.roots, "weather")
    rows: list[dict[str, object]] = []
    for scope, known in sorted(weather_days(weather, sites, catalog=catalog).items()):
        if scopes is not None and scope not in scopes:
            continue
        mine = days.filter(pc.and_(pc.equal(days["subject"], scope), pc.equal(days["series"], "measured")))
        for name in quantities if quantities is not None else rules.names("quantities"):
            if mine.num_rows and name in mine.column_names:
                series = _series(mine, name)
                rows += _of_series(series, known, _Asked(name, scope, catalog, rules, pairs))
    return pa.Table.from_pylist(rows, WEATHER)


def usual_pairs(first: date, last: date) -> tuple[Pair, ...]:
    """Return the year so far against the same days of last year, and the last twelve months against the first."""
    start = date(last.year, 1, 1)
    shift = timedelta(days=_YEAR)
    found = []
    if start - shift >= first and last > start:
        found.append(Pair((date(last.year - 1, 1, 1), last - shift), (start, last)))
    year = timedelta(days=_YEAR - 1)
    if last - year > first + year:
        found.append(Pair((first, first + year), (last - year, last)))
    return tuple(found)


def skill(observed: Floats, expected: Floats) -> dict[str, float]:
    """Return the figures of held-out skill: R2, RMSE, MB, NMB, MGE, NMGE, r, COE and IOA.

    NMB and NMGE are shares of the observed mean; COE and the refined IOA compare with the spread of the observed.
    """
    error = expected - observed
    spread = observed - observed.mean()
    size, wide = float(np.abs(error).sum()), float(np.abs(spread).sum())
    mean = float(observed.mean())
    return {
        "skill": 1 - float((error**2).sum() / (spread**2).sum()),
        "rmse": float(np.sqrt((error**2).mean())),
        "mb": float(error.mean()),
        "nmb": float(error.mean()) / mean,
        "mge": float(np.abs(error).mean()),
        "nmge": float(np.abs(error).mean()) / mean,
        "r": float(np.corrcoef(observed, expected)[0, 1]) if np.ptp(expected) > 0 else 0.0,
        "coe": 1 - size / wide,
        "ioa": 1 - size / (2 * wide) if size <= 2 * wide else 2 * wide / size - 1,
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is told apart, where, by which rules."""

    quantity: str
    scope: str
    catalog: Catalog
    rules: Settings
    pairs: Sequence[Pair] | None

    def row(self, pair: Pair | None, **more: object) -> dict[str, object]:
        """Return a row with its head."""
        base, now = pair.names() if pair else ("", "")
        item = self.catalog.parameters[self.quantity]
        return {
            "id": f"W:{self.quantity}:{self.scope}:{now}", "indicator": self.quantity, "indicator_name": item.zh,
            "scope": self.scope, "period": now, "base": base, "unit": item.unit, "note": INTERNAL_NOTE, **more,
        }  # fmt: skip

    def refused(self, reason: str, pair: Pair | None = None, **more: object) -> dict[str, object]:
        """Return a row that says why there are no figures."""
        row = self.row(pair, reason=reason, **more)
        return row | {"text": f"{row['indicator_name']}：气象与减排未能分开：{reason}"}


def _of_series(
    series: tuple[Longs, Floats], known: WeatherDays, asked: _Asked
) -> Iterator[dict[str, object]]:  # fmt: skip
    """Yield the rows of one quantity of one city."""
    days, values = series
    facts = known.at(days)
    facts = facts[:, ~np.isnan(facts).all(axis=0)]
    there = ~np.isnan(values) & ~np.isnan(facts).any(axis=1)
    least = asked.rules.whole("least_days")
    if not installed():
        yield asked.refused("未安装 scikit-learn（pip install 'qingce[outlook]'） scikit-learn is not installed")
        return
    if int(there.sum()) < least or not facts.shape[1]:
        words = f"有气象的有效日 {int(there.sum())} 天，少于 {least} 天 too few days with weather"
        yield asked.refused(words, n=int(there.sum()))
        return
    found = separate(days, facts, values, rules=asked.rules)
    held_out = skill(found.observed, found.expected)
    ends = _EPOCH + timedelta(days=int(found.days[0])), _EPOCH + timedelta(days=int(found.days[-1]))
    for pair in asked.pairs if asked.pairs is not None else usual_pairs(*ends):
        yield _row(found, pair, held_out, asked=asked)


def _row(found: Separation, pair: Pair, held_out: Mapping[str, float], *, asked: _Asked) -> dict[str, object]:
    base, now = (_inside(found.days, ends) for ends in (pair.base, pair.now))
    for part, ends in ((base, pair.base), (now, pair.now)):
        share = float(part.sum()) / ((ends[1] - ends[0]).days + 1)
        if share < asked.rules.number("coverage"):
            words = f"{ends[0]}/{ends[1]} 有效日不足 {100 * asked.rules.number('coverage'):.0f}% too few valid days"
            return asked.refused(words, pair, n=int(found.days.size))
    figures = dict(held_out) | {"n": int(found.days.size)}
    if held_out["skill"] < asked.rules.number("least_skill"):
        words = f"留出检验 R² {held_out['skill']:.2f} 过低 held-out skill too low"
        return asked.refused(words, pair, **figures)
    observed, effort, low, high = (
        100 * part for part in found.change(base, now, width=asked.rules.number("interval"))
    )  # fmt: skip
    figures |= {
        "base_value": float(found.observed[base].mean()), "value": float(found.observed[now].mean()),
        "observed": observed, "weather": observed - effort, "effort": effort, "effort_low": low, "effort_high": high,
        "slope": 100 * found.slope(),
    }  # fmt: skip
    return asked.row(pair, **figures, text=_text(figures, pair, asked))


def _text(figures: Mapping[str, float], pair: Pair, asked: _Asked) -> str:
    base, now = pair.names()
    name = asked.catalog.parameters[asked.quantity].zh
    return (
        f"{name} {now} 较 {base}：实测变化 {figures['observed']:+z.1f}%，"
        f"其中气象 {figures['weather']:+z.1f} 个百分点、减排 {figures['effort']:+z.1f}%"
        f"（90% 区间 {figures['effort_low']:+z.1f}～{figures['effort_high']:+z.1f}%）；"
        f"留出检验 R² {figures['skill']:.2f}、RMSE {figures['rmse']:.1f}、NMB {100 * figures['nmb']:+z.0f}%、"
        f"IOA {figures['ioa']:.2f}（{INTERNAL_NOTE}）"
    )


def _inside(days: Longs, ends: tuple[date, date]) -> NDArray[np.bool_]:
    first, last = ((end - _EPOCH).days for end in ends)
    return (days >= first) & (days <= last)


def _series(days: pa.Table, name: str) -> tuple[Longs, Floats]:
    """Return the days and values of a quantity, NaN where it has none."""
    number = arrow.whole(days["day"])
    micro, there = arrow.micro_of(days[name])
    order = np.argsort(number, kind="stable")
    return number[order], np.where(there, micro / SCALE, np.nan)[order]
